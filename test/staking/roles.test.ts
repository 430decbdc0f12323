import { isDeepStrictEqual } from "node:util";

import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { BaseContract } from "ethers";

import { ADMIN_DELAY, Role } from "../../deploy/roles.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import {
  type AccessManager,
  AccessManager__factory,
  RevertingReceiver__factory,
} from "../../typechain-types/index.js";
import type { Identity } from "../identity/fixture.js";
import { goTo, Status } from "./court.js";
import { ALL, COIN, DAY, now, pass, pools, propose } from "./fixture.js";
import {
  type Action,
  actionsIn,
  belongings,
  contractsOf,
  functionsOf,
  type Name,
  type World,
  world,
} from "./powers.js";

/** What is anybody's by a role alone. */
const RESTRICTED: Record<Name, string[]> = {
  stakingPool: ["pauseIntake", "resumeIntake"],
  moduleRegistry: ["pauseIntake", "resumeIntake"],
  slashCourt: ["vetoAll", "vetoAsGuardian"],
  moduleRewards: ["pauseIntake", "resumeIntake"],
};
const NAMES = Object.keys(RESTRICTED) as Name[];
const NONE = Object.fromEntries(NAMES.map((name) => [name, []]));
/** What the authority itself may besides: name another. */
const AS_AUTHORITY = Object.fromEntries(
  NAMES.map((name) => [name, [...RESTRICTED[name], "setAuthority"].sort()]),
);

type Moment = Identity & World & { actions: Record<Name, Record<string, Action>> };
type Belongings = Awaited<ReturnType<typeof belongings>>;

async function prepare(deployed: Identity): Promise<Moment> {
  const its = { ...deployed, ...(await world(deployed)) };
  return { ...its, actions: await actionsIn(its) };
}

const everyFunction = (its: Moment): { name: Name; func: string; action: Action }[] =>
  NAMES.flatMap((name) =>
    functionsOf(contractsOf(its)[name]).map(({ name: func }) => {
      const action = its.actions[name][func];
      if (action === undefined) throw new Error(`nothing is known of ${name}.${func}`);
      return { name, func, action };
    }),
  );

type Call = ReturnType<typeof everyFunction>[number];
/** How a call is made. */
type Route = (its: Moment, call: Call, caller: HardhatEthersSigner) => Promise<unknown>;

const gasLimit = 2_000_000;

function dataOf(its: Moment, { name, func, action }: Call, caller: HardhatEthersSigner): string {
  const contract: BaseContract = contractsOf(its)[name];
  return contract.interface.encodeFunctionData(func, action.args(caller.address));
}

const directly: Route = async (its, call, caller) => {
  const { target } = contractsOf(its)[call.name];
  const { value = 0n } = call.action;
  return caller.sendTransaction({ to: target, data: dataOf(its, call, caller), value, gasLimit });
};

const through =
  (manager: AccessManager): Route =>
  async (its, call, caller) => {
    const { target } = contractsOf(its)[call.name];
    const { value = 0n } = call.action;
    const data = dataOf(its, call, caller);
    return manager.connect(caller).execute(target, data, { value, gasLimit });
  };

/** Does something and takes it back; tells whether it went through, and what belonged to whom then. */
async function tried(
  its: Moment,
  act: () => Promise<unknown>,
): Promise<{ done: boolean; after?: Belongings }> {
  const snapshot = await its.connection.networkHelpers.takeSnapshot();
  try {
    await act();
  } catch {
    await snapshot.restore();
    return { done: false };
  }
  const after = await belongings(its);
  await snapshot.restore();
  return { done: true, after };
}

/**
 * Whatever `caller` does takes nothing from anybody: it fails, or it does what it does for a stranger, or it changes
 * nothing of what belongs to somebody. What he can do and a stranger could not.
 */
async function powersOf(
  its: Moment,
  caller: HardhatEthersSigner,
  route: Route = directly,
): Promise<Record<string, string[]>> {
  const before = await belongings(its);
  const powers: Record<string, string[]> = structuredClone(NONE);
  for (const call of everyFunction(its)) {
    const what = `R47 ${call.name}.${call.func}`;
    const { done, after } = await tried(its, () => route(its, call, caller));
    if (!done) continue;
    const strangers = await tried(its, () => directly(its, call, its.accounts.stranger));
    expect(after, what).to.deep.equal(strangers.done ? strangers.after : before);
    if (!strangers.done) powers[call.name]?.push(call.func);
  }
  for (const functions of Object.values(powers)) functions.sort();
  return powers;
}

/** The admin does something to the suite's roles, after his three days. */
async function asAdmin(
  { accessManager, accounts, connection }: Identity,
  calls: string[],
): Promise<void> {
  const manager = accessManager.connect(accounts.admin);
  for (const call of calls) await manager.schedule(accessManager, call, 0);
  await connection.networkHelpers.time.increase(ADMIN_DELAY);
  for (const call of calls) await manager.execute(accessManager, call);
}

/** Stake, rewards and compensation leave; slashes are proposed, vetoed, carried out and released. */
async function expectFree(its: Moment): Promise<void> {
  const { stakingPool, moduleRewards, slashCourt, accounts, connection } = its;
  const { bob, carol, kim, dave, judy, stranger } = accounts;
  const { operator, matured, open, ready, lapsed } = its;
  const paid = async (sending: Promise<unknown>, who: HardhatEthersSigner, amount: bigint) =>
    expect(sending, "R33").to.changeEtherBalance(connection.ethers, who, amount);

  const asBob = stakingPool.connect(bob);
  await paid(asBob.claimExit(operator, matured, dave), dave, 100n * COIN);
  await paid(stakingPool.connect(kim).withdrawCompensation(dave), dave, 25n * COIN);
  const [rewards] = await moduleRewards.claimableOf(operator, NATIVE, bob);
  expect(rewards, "R33").to.be.greaterThan(0n);
  await paid(moduleRewards.connect(bob).claim(operator, NATIVE, dave, ALL), dave, rewards);
  await moduleRewards.payOperator(operator, NATIVE);

  const proposed = await propose(its, its, 20n * COIN);
  await slashCourt.connect(judy).veto(proposed);
  await slashCourt.connect(judy).veto(open);
  await slashCourt.connect(stranger).execute(ready);
  await slashCourt.connect(stranger).release(lapsed);
  for (const [proposal, status] of [
    [proposed, Status.Vetoed],
    [open, Status.Vetoed],
    [ready, Status.Executed],
    [lapsed, Status.Lapsed],
  ] as const) {
    expect(await slashCourt.statusOf(proposal), "R33").to.equal(status);
  }

  const worth = await stakingPool.stakeOf(operator, bob);
  await asBob.requestExit(operator, await stakingPool.sharesOf(operator, bob));
  const asked = await stakingPool.epoch();
  const { assets } = await stakingPool.exitOf(operator, asked, bob);
  expect(worth - assets <= 1n, "R33").to.equal(true);
  await pass(its, 2n);
  await paid(asBob.claimExit(operator, asked, dave), dave, assets);
  const others = await stakingPool.exitOf(operator, asked, carol);
  await paid(stakingPool.claimExitFor(operator, asked, carol), carol, others.assets);
}

describe("Staking: no role takes stake", function () {
  this.timeout(300_000);
  const load = pools(prepare);

  describe("what is tried", () => {
    it("is every function that changes something, with a call that its rightful caller can make", async () => {
      const its = await load();
      for (const name of NAMES) {
        const functions = functionsOf(contractsOf(its)[name]).map((fragment) => fragment.name);
        expect(Object.keys(its.actions[name]).sort(), name).to.deep.equal(functions.sort());
      }
      const impossible: string[] = [];
      for (const call of everyFunction(its)) {
        const { by } = call.action;
        const { done } =
          by === undefined ? { done: false } : await tried(its, () => directly(its, call, by));
        if (!done) impossible.push(call.func);
      }
      expect(impossible).to.deep.equal(["bind"]);
    });

    it("would be seen, if the wrong one could: most of these calls change what belongs to somebody", async () => {
      const its = await load();
      // The court pays for its gas where it calls itself.
      const of = (all?: Belongings) => ({ ...all, "coin of slashCourt": 0n });
      const before = of(await belongings(its));
      const unseen: string[] = [];
      for (const call of everyFunction(its)) {
        const { by } = call.action;
        if (by === undefined) continue;
        const { after } = await tried(its, () => directly(its, call, by));
        if (isDeepStrictEqual(of(after), before)) unseen.push(`${call.name}.${call.func}`);
      }
      expect(unseen.sort()).to.deep.equal(
        [
          // What a role may, and what its authority may.
          ...NAMES.flatMap((name) => AS_AUTHORITY[name]?.map((func) => `${name}.${func}`)),
          "moduleRegistry.offerOwnership",
          "moduleRegistry.sync",
          "slashCourt.propose",
          "slashCourt.release",
          "slashCourt.veto",
          "stakingPool.closeProposal",
          "stakingPool.describeOperator",
          "stakingPool.offerOwnership",
          "stakingPool.openProposal",
        ].sort(),
      );
    });
  });

  it("R47 only pausing intake and vetoes are anybody's by a role", async () => {
    const its = await load();
    const { stranger } = its.accounts;
    let restricted = 0;
    for (const call of everyFunction(its)) {
      const contract = contractsOf(its)[call.name];
      const snapshot = await its.connection.networkHelpers.takeSnapshot();
      const calling = expect(directly(its, call, stranger), `R47 ${call.name}.${call.func}`);
      if (AS_AUTHORITY[call.name]?.includes(call.func)) {
        await calling.to.be
          .revertedWithCustomError(contract, "AccessManagedUnauthorized")
          .withArgs(stranger);
        ++restricted;
      } else {
        await calling.not.to.be.revertedWithCustomError(contract, "AccessManagedUnauthorized");
      }
      await snapshot.restore();
    }
    expect(restricted, "R47").to.equal(12);
  });

  for (const role of ["deployer", "admin", "makerVerifier"] as const) {
    it(`R47 the ${role} can do nothing that a stranger could not`, async () => {
      const its = await load();
      expect(await powersOf(its, its.accounts[role]), "R47").to.deep.equal(NONE);
    });
  }

  it("R47 the guardian can pause intake and veto, and moves nothing by it", async () => {
    const its = await load();
    expect(await powersOf(its, its.accounts.guardian), "R47").to.deep.equal(RESTRICTED);
  });

  it("R47 the access manager can name another authority for the admin, after his delay, and no more", async () => {
    const its = await load();
    const { accessManager, accounts, connection } = its;
    const { admin } = accounts;
    const route = through(accessManager);
    expect(await powersOf(its, admin, route), "R47").to.deep.equal(NONE);
    let scheduled = 0;
    for (const call of everyFunction(its)) {
      const { target } = contractsOf(its)[call.name];
      const scheduling = accessManager.connect(admin).schedule(target, dataOf(its, call, admin), 0);
      // What is the guardian's is not the admin's.
      if (RESTRICTED[call.name].includes(call.func)) {
        await expect(scheduling, "R47").to.be.revertedWithCustomError(
          accessManager,
          "AccessManagerUnauthorizedCall",
        );
      } else {
        await scheduling;
        ++scheduled;
      }
    }
    expect(scheduled, "R47").to.be.greaterThan(40);
    await connection.networkHelpers.time.increase(ADMIN_DELAY);
    const naming = Object.fromEntries(NAMES.map((name) => [name, ["setAuthority"]]));
    expect(await powersOf(its, admin, route), "R47").to.deep.equal(naming);
  });

  it("R47 the deployer cannot bind the pool to another court", async () => {
    const { stakingPool, moduleRegistry, slashCourt, accounts } = await load();
    await expect(
      stakingPool.connect(accounts.deployer).bind(moduleRegistry, slashCourt),
      "R47",
    ).to.be.revertedWithCustomError(stakingPool, "StakingPoolAlreadyBound");
    for (const account of [accounts.admin, accounts.guardian, accounts.stranger]) {
      await expect(stakingPool.connect(account).bind(moduleRegistry, slashCourt), "R47")
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolUnauthorized")
        .withArgs(account);
    }
  });

  it("R33 the guardian pauses for 14 days in 60 at most, and holds nobody back meanwhile", async () => {
    const its = await load();
    const { accounts, stakingPool, moduleRegistry, moduleRewards } = its;
    const start = (await now(its)) + 100;
    await goTo(its, start - 1);
    const until = start + 14 * DAY;
    const contracts = [stakingPool, moduleRegistry, moduleRewards];
    for (const contract of contracts) {
      const asGuardian = contract.connect(accounts.guardian);
      await expect(asGuardian.pauseIntake(until + DAY), "R33").to.be.revertedWithCustomError(
        contract,
        "IntakePauseTooLong",
      );
      await asGuardian.pauseIntake(until);
    }
    await expectFree(its);
    await goTo(its, start + 59 * DAY);
    for (const contract of contracts) {
      const asGuardian = contract.connect(accounts.guardian);
      await expect(
        asGuardian.pauseIntake(start + 59 * DAY + 3_600),
        "R33",
      ).to.be.revertedWithCustomError(contract, "IntakePauseTooLong");
    }
    await stakingPool.connect(accounts.bob).stake(its.operator, ALL, { value: COIN });
  });

  describe("even with every role there is", () => {
    /** The admin gives Grace all roles, without a delay, and to his own the right to every function. */
    const loadTaken = pools(async (its) => {
      const { accessManager, accounts } = its;
      const { interface: abi } = accessManager;
      const { grace } = accounts;
      const grants = Object.values(Role).map((role) =>
        abi.encodeFunctionData("grantRole", [role, grace.address, 0]),
      );
      const rights = Object.values(contractsOf(its)).map((contract) => {
        // That one is the authority's for ever.
        const functions = functionsOf(contract).filter(({ name }) => name !== "setAuthority");
        const selectors = functions.map(({ selector }) => selector);
        const parameters = [contract.target, selectors, Role.ADMIN] as const;
        return abi.encodeFunctionData("setTargetFunctionRole", [...parameters]);
      });
      await asAdmin(its, [...grants, ...rights]);
      return prepare(its);
    });

    it("R47 somebody can pause and veto, and moves nothing", async () => {
      const its = await loadTaken();
      expect(await powersOf(its, its.accounts.grace), "R47").to.deep.equal(RESTRICTED);
    });

    it("R47 the access manager can no more in his name", async () => {
      const its = await loadTaken();
      const route = through(its.accessManager);
      expect(await powersOf(its, its.accounts.grace, route), "R47").to.deep.equal(AS_AUTHORITY);
    });

    it("R47 nor can an access manager of his own, put in its place", async () => {
      const its = await loadTaken();
      const { accessManager, accounts } = its;
      const own = await new AccessManager__factory(accounts.grace).deploy(accounts.grace);
      for (const contract of Object.values(contractsOf(its))) {
        await accessManager.connect(accounts.grace).updateAuthority(contract, own);
        expect(await contract.authority()).to.equal(own.target);
      }
      expect(await powersOf(its, accounts.grace), "R47").to.deep.equal(RESTRICTED);
      const route = through(own);
      expect(await powersOf(its, accounts.grace, route), "R47").to.deep.equal(AS_AUTHORITY);
      await expectFree(its);
    });
  });

  describe("whatever the admin does to the contracts' authority", () => {
    const loadBare = pools(async () => ({}));
    const MEANS: Record<string, (its: Identity) => Promise<string[]>> = {
      "closes all four": async (its) =>
        Object.values(contractsOf(its)).map(({ target }) =>
          its.accessManager.interface.encodeFunctionData("setTargetClosed", [target, true]),
        ),
      "puts one in its place that answers nothing": async (its) => {
        const broken = await new RevertingReceiver__factory(its.accounts.admin).deploy();
        return Object.values(contractsOf(its)).map(({ target }) =>
          its.accessManager.interface.encodeFunctionData("updateAuthority", [
            target,
            broken.target,
          ]),
        );
      },
    };

    for (const [name, means] of Object.entries(MEANS)) {
      it(`R33 stake leaves and slashes go on when he ${name}`, async () => {
        const deployed = await loadBare();
        await asAdmin(deployed, await means(deployed));
        const its = await prepare(deployed);
        const { slashCourt, accounts } = its;
        await expect(slashCourt.connect(accounts.guardian).vetoAll(its.module), "R33").to.be.revert(
          its.connection.ethers,
        );
        await expectFree(its);
      });
    }
  });
});
