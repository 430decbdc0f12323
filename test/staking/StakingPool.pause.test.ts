import { expect } from "chai";

import { actionsOf, eventsOf, nextBlockAt } from "../identity/registry.js";
import {
  BOND,
  COIN,
  DAY,
  NO_PENDING,
  now,
  pass,
  propose,
  registerModule,
  registerOperator,
  secured,
  STAKE,
  untilReady,
} from "./fixture.js";
import { asCourt, fromDayOne } from "./pool.js";

const MAX_PAUSE = 14 * DAY;

describe("StakingPool: pausing intake", () => {
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its);
    const { stakingPool, accounts } = its;
    const asBob = stakingPool.connect(accounts.bob);
    const add = () => asBob.stake(operator, NO_PENDING, { value: COIN });
    return { operator, add, asGuardian: stakingPool.connect(accounts.guardian) };
  });

  it("is done by GUARDIAN until a time, which is said", async () => {
    const its = await load();
    const { stakingPool: pool, asGuardian } = its;
    expect(await pool.intakePausedUntil()).to.equal(0n);
    const until = (await now(its)) + 1_000;
    expect(await eventsOf(pool, asGuardian.pauseIntake(until))).to.deep.equal([
      ["IntakePaused", BigInt(until)],
    ]);
    expect(await pool.intakePausedUntil()).to.equal(until);
    expect(await eventsOf(pool, asGuardian.resumeIntake())).to.deep.equal([["IntakeResumed"]]);
    expect(await pool.intakePausedUntil()).to.equal(0n);
  });

  it("R47 is done and ended by nobody else", async () => {
    const its = await load();
    const { stakingPool, accounts } = its;
    const until = (await now(its)) + 1_000;
    for (const who of [accounts.admin, accounts.deployer, accounts.alice]) {
      const pool = stakingPool.connect(who);
      for (const attempt of [() => pool.pauseIntake(until), () => pool.resumeIntake()]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized")
          .withArgs(who);
      }
    }
  });

  it("lasts 14 days at most, and no second longer", async () => {
    const its = await load();
    const { stakingPool: pool, asGuardian, add } = its;
    const start = (await now(its)) + 100;
    await nextBlockAt(its, start);
    await expect(asGuardian.pauseIntake(start + MAX_PAUSE + 1))
      .to.be.revertedWithCustomError(pool, "IntakePauseTooLong")
      .withArgs(start + MAX_PAUSE + 1, start + MAX_PAUSE);
    await nextBlockAt(its, start);
    await asGuardian.pauseIntake(start + MAX_PAUSE);
    await nextBlockAt(its, start + MAX_PAUSE - 1);
    await expect(add())
      .to.be.revertedWithCustomError(pool, "IntakePauseActive")
      .withArgs(start + MAX_PAUSE);
    await nextBlockAt(its, start + MAX_PAUSE);
    await add();
  });
});

describe("StakingPool: while intake is paused", () => {
  /**
   * Alice's operator secures a module, Bob has an exit that has matured and one that has not, Kim is owed half of what
   * was slashed of the bond, and Dave is offered an operator of Alice's that nothing encumbers.
   */
  const load = fromDayOne(async (its) => {
    const loaded = await secured(its, { operator: { bond: 10n * BOND } });
    const { operator } = loaded;
    const { stakingPool: pool, slashCourt, accounts } = its;
    const { alice, bob, dave, guardian } = accounts;
    const free = await registerOperator(its);
    await pool.connect(alice).offerOwnership(free, dave);
    const matured = await pool.epoch();
    await pool.connect(bob).requestExit(operator, 100n);
    const proposal = await propose(its, loaded, 100n * COIN);
    await untilReady(its, proposal);
    await slashCourt.execute(proposal);
    const running = await pass(its, 2n);
    await pool.connect(bob).requestExit(operator, 50n);
    const until = (await now(its)) + MAX_PAUSE;
    await pool.connect(guardian).pauseIntake(until);
    return { ...loaded, free, matured, running, until };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What comes in, by name. */
  const incoming = ({ stakingPool: pool, operator, running, accounts }: Loaded) => {
    const [asAlice, asBob] = [pool.connect(accounts.alice), pool.connect(accounts.bob)];
    return {
      registerOperator: () => asBob.registerOperator(accounts.bob, 0, "", { value: 1n }),
      addBond: () => asAlice.addBond(operator, { value: 1n }),
      stake: () => asBob.stake(operator, NO_PENDING, { value: COIN }),
      restakeExit: () => asBob.restakeExit(operator, running, NO_PENDING),
    };
  };

  /** Everything else that somebody may do who has no role, by name. */
  const outgoing = (its: Loaded) => {
    const { stakingPool: pool, operator, free, matured, running, accounts } = its;
    const { alice, bob, dave, kim, stranger } = accounts;
    const [asAlice, asBob] = [pool.connect(alice), pool.connect(bob)];
    const asStranger = pool.connect(stranger);
    return {
      requestExit: () => asBob.requestExit(operator, STAKE - 150n),
      claimExit: () => asBob.claimExit(operator, matured, dave),
      claimExitFor: () => asStranger.claimExitFor(operator, matured, bob),
      withdrawBond: () => asAlice.withdrawBond(free, BOND),
      withdrawCompensation: () => pool.connect(kim).withdrawCompensation(kim),
      withdrawCompensationFor: () => asStranger.withdrawCompensationFor(kim),
      describeOperator: () => asAlice.describeOperator(operator, "still here"),
      setPayout: () => asAlice.setPayout(operator, dave),
      setCommission: () => asAlice.setCommission(operator, 3_000),
      offerOwnership: () => asAlice.offerOwnership(operator, dave),
      acceptOwnership: () => pool.connect(dave).acceptOwnership(free),
      openProposal: async () => (await asCourt(its)).openProposal(operator, 1n, running, running),
      closeProposal: async () => (await asCourt(its)).closeProposal(operator, 1n, running - 1n),
    };
  };

  it("is everything tried here that can be done, but what roles, the court and the deployer do", async () => {
    const its = await load();
    const others = ["bind", "setAuthority", "pauseIntake", "resumeIntake", "slash"];
    expect([...actionsOf(its.stakingPool.interface)]).to.have.members([
      ...Object.keys(incoming(its)),
      ...Object.keys(outgoing(its)),
      ...others,
    ]);
  });

  for (const name of ["registerOperator", "addBond", "stake", "restakeExit"] as const) {
    it(`${name} waits until it is over`, async () => {
      const its = await load();
      const { stakingPool: pool, until } = its;
      const attempt = incoming(its)[name];
      const refuse = () =>
        expect(attempt()).to.be.revertedWithCustomError(pool, "IntakePauseActive").withArgs(until);
      await refuse();
      await nextBlockAt(its, until - 1);
      await refuse();
      await nextBlockAt(its, until);
      await attempt();
    });

    it(`${name} goes on when GUARDIAN ends it`, async () => {
      const its = await load();
      await its.stakingPool.connect(its.accounts.guardian).resumeIntake();
      await incoming(its)[name]();
    });
  }

  for (const [name, event] of [
    ["requestExit", "ExitRequested"],
    ["claimExit", "ExitClaimed"],
    ["claimExitFor", "ExitClaimed"],
    ["withdrawBond", "BondWithdrawn"],
    ["withdrawCompensation", "CompensationWithdrawn"],
    ["withdrawCompensationFor", "CompensationWithdrawn"],
    ["describeOperator", "OperatorDescribed"],
    ["setPayout", "PayoutSet"],
    ["setCommission", "CommissionSet"],
    ["offerOwnership", "OwnershipOffered"],
    ["acceptOwnership", "OwnershipTransferred"],
  ] as const) {
    it(`R33 STK-10 ${name} goes on`, async () => {
      const its = await load();
      await expect(outgoing(its)[name](), "R33").to.emit(its.stakingPool, event);
    });
  }

  it("R33 what is out of the bucket goes on to be paid, and bond too", async () => {
    const its = await load();
    const { stakingPool: pool, operator, free, running, accounts, connection } = its;
    const { alice, bob } = accounts;
    await outgoing(its).withdrawBond();
    await outgoing(its).requestExit();
    await connection.networkHelpers.time.increaseTo(await pool.startOf(running + 2n));
    expect(await pool.intakePausedUntil()).to.be.greaterThan(await now(its));
    await pool.connect(alice).claimExit(free, running, alice);
    await pool.connect(bob).claimExit(operator, running, bob);
    expect(await pool.stakeOf(operator, bob), "R33").to.equal(0n);
  });

  it("R33 the court goes on: proposing, vetoing, carrying out and releasing", async () => {
    const its = await load();
    const { stakingPool: pool, slashCourt, operator, accounts, connection, running } = its;
    const first = await propose(its, its, 100n * COIN);
    const second = await propose(its, its, 100n * COIN);
    const third = await propose(its, its, 100n * COIN);
    expect(await pool.pendingOf(operator)).to.equal(300n * COIN);
    await slashCourt.connect(accounts.judy).veto(first);
    expect(await pool.pendingOf(operator), "R33").to.equal(200n * COIN);
    await untilReady(its, second);
    await expect(slashCourt.execute(second), "R33")
      .to.emit(pool, "Slashed")
      .withArgs(operator, running, 100n * COIN, 0n, 0n, 50n * COIN);
    const { readyAt } = await slashCourt.proposalOf(third);
    await connection.networkHelpers.time.increaseTo(Number(readyAt) + DAY);
    await slashCourt.release(third);
    expect(await pool.pendingOf(operator), "R33").to.equal(0n);
    expect(await pool.intakePausedUntil()).to.be.greaterThan(await now(its));
  });

  it("does not reach who is not in the pool: other intake has pauses of its own", async () => {
    const its = await load();
    const module = await registerModule(its);
    expect(await its.moduleRegistry.ownerOf(module)).to.equal(its.accounts.arbiter.address);
  });
});
