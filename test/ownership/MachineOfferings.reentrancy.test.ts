import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { evidenceOf } from "../../scripts/lib/ownership/machines.js";
import { MockERC20__factory } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import {
  ALL,
  claimMilestone,
  COIN,
  contribute,
  NO_PROOF,
  openOffering,
  type Ownership,
  workingMachine,
} from "./fixture.js";
import { endOf, EVIDENCE, goTo, inCoin, offerings, releaseClaimed, vetoEndOf } from "./offering.js";

/** The functions that the lock covers, as whoever is paid would call them. */
const NAMES = ["contribute", "refund", "finalise", "release", "expire", "withdraw"] as const;
type Name = (typeof NAMES)[number];

describe("MachineOfferings: re-entered", () => {
  /** An account that calls back when coin comes, a token that calls when it moves, and machines in both. */
  const load = offerings(async (its) => {
    const { connection, accounts, machineOfferings } = its;
    const { alice, bob, carol } = accounts;
    const caller = await connection.ethers.deployContract("ReentrantReceiver");
    const hooked = await connection.ethers.deployContract("HookedERC20");
    for (const who of [bob, carol]) {
      await hooked.mint(who, 100_000n * COIN);
      await hooked.connect(who).approve(machineOfferings, ALL);
    }
    const self = caller.target as string;
    const token = MockERC20__factory.connect(hooked.target as string, alice);
    const next = async () => ({ ...its, token, charger: await registerDevice(its) });
    const codec = machineOfferings.interface;
    const call = (data: string, value = 0n) => caller.execute(machineOfferings, data, { value });
    const buying = (shares: string, amount: number) =>
      codec.encodeFunctionData("contribute", [shares, amount, 0, NO_PROOF]);
    return { caller, hooked, self, next, codec, call, buying };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const dataOf = (
    { codec, self }: Loaded,
    shares: string,
    currency: string,
    name: Name,
  ): string => {
    switch (name) {
      case "contribute":
        return codec.encodeFunctionData("contribute", [shares, 1, 0, NO_PROOF]);
      case "refund":
        return codec.encodeFunctionData("refund", [shares, self, self]);
      case "withdraw":
        return codec.encodeFunctionData("withdraw", [currency, self, self]);
      case "finalise":
        return codec.encodeFunctionData("finalise", [shares]);
      case "release":
        return codec.encodeFunctionData("release", [shares, 0]);
      case "expire":
        return codec.encodeFunctionData("expire", [shares, 0]);
    }
  };

  /** The inner call was made, and the lock refused it. */
  async function expectLocked(
    { machineOfferings }: Ownership,
    made: { succeeded: () => Promise<boolean>; result: () => Promise<string> },
  ): Promise<void> {
    expect(await made.succeeded()).to.equal(false);
    const error = machineOfferings.interface.getError("ReentrancyGuardReentrantCall");
    expect(await made.result()).to.equal(error?.selector);
  }

  for (const name of NAMES) {
    it(`refuses ${name} while change is returned`, async () => {
      const its = await load();
      const { machineOfferings, caller, self, next, call, buying } = its;
      const shares = await openOffering(await next(), inCoin());
      const target = shares.target as string;
      await caller.arm(machineOfferings, dataOf(its, target, NATIVE, name));
      await call(buying(target, 3), 4n * COIN);
      await expectLocked(its, caller);
      expect(await shares.balanceOf(self)).to.equal(3n);
      expect((await machineOfferings.progressOf(shares)).sold).to.equal(3n);
    });

    it(`refuses ${name} while a token is taken`, async () => {
      const its = await load();
      const { machineOfferings, accounts, hooked, next } = its;
      const shares = await openOffering(await next());
      const target = shares.target as string;
      await hooked.arm(machineOfferings, dataOf(its, target, hooked.target as string, name));
      await contribute(its, shares, accounts.bob, 3);
      await expectLocked(its, hooked);
      expect(await hooked.balanceOf(machineOfferings)).to.equal(3n * COIN);
      expect((await machineOfferings.progressOf(shares)).sold).to.equal(3n);
    });

    it(`R21 OWN-06 refuses ${name} while a refund is paid in coin`, async () => {
      const its = await load();
      const { machineOfferings, connection, accounts, caller, self, next, call, buying } = its;
      const shares = await openOffering(await next(), inCoin());
      const target = shares.target as string;
      await call(buying(target, 3), 3n * COIN);
      await contribute(its, shares, accounts.bob, 5, 5n * COIN);
      await goTo(its, await endOf(its, shares));
      await caller.arm(machineOfferings, dataOf(its, target, NATIVE, name));
      await machineOfferings.refund(shares, self, self);
      await expectLocked(its, caller);
      const left = await connection.ethers.provider.getBalance(machineOfferings);
      expect(left, "OWN-06").to.equal(5n * COIN);
    });

    it(`refuses ${name} while a withdrawal is paid in coin`, async () => {
      const its = await load();
      const { machineOfferings, connection, caller, self, next } = its;
      const own = await next();
      const shares = await workingMachine(own, inCoin({ machine: { operator: self } }));
      await claimMilestone(own, shares, 0);
      await releaseClaimed(own, shares, 0);
      await caller.arm(machineOfferings, dataOf(its, shares.target as string, NATIVE, name));
      await machineOfferings.withdraw(NATIVE, self, self);
      await expectLocked(its, caller);
      const left = await connection.ethers.provider.getBalance(machineOfferings);
      expect(left).to.equal(706n * COIN);
    });

    it(`refuses ${name} while an expired milestone's tokens move`, async () => {
      const its = await load();
      const { machineOfferings, hooked, next } = its;
      const own = await next();
      const shares = await workingMachine(own);
      const { deadline } = await machineOfferings.milestoneOf(shares, 0);
      await goTo(its, deadline + 1n);
      const target = shares.target as string;
      await hooked.arm(machineOfferings, dataOf(its, target, hooked.target as string, name));
      await machineOfferings.expire(shares, 1);
      await expectLocked(its, hooked);
      expect(await hooked.balanceOf(machineOfferings)).to.equal(700n * COIN);
    });
  }

  it("OWN-06 takes no refund's shares again, though the token calls back into the machine", async () => {
    const its = await load();
    const { machineOfferings, accounts, hooked, next } = its;
    const { bob, carol } = accounts;
    const shares = await openOffering(await next());
    await contribute(its, shares, bob, 5);
    await contribute(its, shares, carol, 7);
    await goTo(its, await endOf(its, shares));
    const moving = shares.interface.encodeFunctionData("transfer", [bob.address, 0]);
    await hooked.arm(shares, moving);
    await machineOfferings.refund(shares, bob, bob);
    expect(await hooked.succeeded()).to.equal(false);
    await machineOfferings.refund(shares, carol, carol);
    expect(await hooked.balanceOf(machineOfferings), "OWN-06").to.equal(0n);
  });

  it("gives a device back once, though a token calls back for it", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, accounts, hooked, next, codec } = its;
    const own = await next();
    const shares = await openOffering(own);
    await contribute(its, shares, accounts.bob, 5);
    await goTo(its, await endOf(its, shares));
    const data = codec.encodeFunctionData("reclaim", [shares.target]);
    await hooked.arm(machineOfferings, data);
    await machineOfferings.refund(shares, accounts.bob, accounts.bob);
    expect(await hooked.succeeded()).to.equal(true);
    expect(await deviceRegistry.ownerOf(own.charger.deviceId)).to.equal(accounts.alice.address);
    await hooked.arm(machineOfferings, data);
    await hooked.mint(accounts.bob, 1n);
    expect(await hooked.succeeded()).to.equal(false);
  });

  it("settles an expiry before its money moves: no veto or claim from within changes it", async () => {
    const its = await load();
    const { machineOfferings, hooked, next, codec } = its;
    const own = await next();
    const shares = await workingMachine(own);
    const { deadline } = await machineOfferings.milestoneOf(shares, 0);
    await goTo(its, deadline + 1n);
    const again = evidenceOf(shares.target as string, 0, EVIDENCE);
    await hooked.arm(machineOfferings, codec.encodeFunctionData("claimMilestone", [again, "0x"]));
    await machineOfferings.expire(shares, 0);
    expect(await hooked.succeeded()).to.equal(false);
    const expected = codec.encodeErrorResult("MachineOfferingsWrongMilestone", [0, 3]);
    expect(await hooked.result()).to.equal(expected);
  });

  it("lets whoever is paid come back afterwards", async () => {
    const its = await load();
    const { machineOfferings, caller, self, next, call, buying } = its;
    const own = await next();
    const shares = await workingMachine(own, inCoin({ machine: { operator: self } }));
    await claimMilestone(own, shares, 0);
    await goTo(its, await vetoEndOf(its, shares, 0));
    await machineOfferings.release(shares, 0);
    await machineOfferings.withdraw(NATIVE, self, self);
    const open = await openOffering(await next(), inCoin());
    await call(buying(open.target as string, 2), 2n * COIN);
    expect(await open.balanceOf(caller)).to.equal(2n);
  });
});
