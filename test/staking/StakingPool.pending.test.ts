import { expect } from "chai";

import {
  BOND,
  COIN,
  DAY,
  inEpoch,
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
import { asCourt, fromDayOne, slashOf } from "./pool.js";

describe("StakingPool: open proposals, as the court notes them", () => {
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its);
    const epoch = await pass(its);
    const court = await asCourt(its);
    const pending = () => its.stakingPool.pendingOf(operator);
    const open = (amount: bigint, expiry: bigint) =>
      court.openProposal(operator, amount, expiry, epoch);
    const close = (amount: bigint, expiry: bigint) => court.closeProposal(operator, amount, expiry);
    return { operator, epoch, court, pending, open, close };
  });

  it("add up, those that lapse in this epoch and those that lapse in the next", async () => {
    const { epoch, pending, open } = await load();
    expect(await pending()).to.equal(0n);
    await open(1n, epoch);
    await open(20n, epoch + 1n);
    await open(300n, epoch);
    await open(4_000n, epoch + 1n);
    expect(await pending()).to.equal(4_321n);
  });

  it("are forgotten when the epoch in which they lapse is over", async () => {
    const its = await load();
    const { epoch, pending, open, stakingPool, connection } = its;
    await open(1n, epoch);
    await open(20n, epoch + 1n);
    const next = await stakingPool.startOf(epoch + 1n);
    await connection.networkHelpers.time.increaseTo(next - 1n);
    expect(await pending()).to.equal(21n);
    await connection.networkHelpers.time.increaseTo(next);
    expect(await pending()).to.equal(20n);
    await inEpoch(its, epoch + 2n, 0);
    expect(await pending()).to.equal(0n);
    await pass(its, 20n);
    expect(await pending()).to.equal(0n);
  });

  it("are forgotten at once if nobody looked for two epochs", async () => {
    const its = await load();
    const { epoch, pending, open } = its;
    await open(1n, epoch);
    await open(20n, epoch + 1n);
    await pass(its, 2n);
    expect(await pending()).to.equal(0n);
    await open(5n, epoch + 2n);
    expect(await pending()).to.equal(5n);
  });

  it("of this epoch join those that were to lapse in it when it was the next", async () => {
    const its = await load();
    const { epoch, pending, open, close } = its;
    await open(1n, epoch);
    await open(20n, epoch + 1n);
    await pass(its);
    await open(300n, epoch + 1n);
    await open(4_000n, epoch + 2n);
    expect(await pending()).to.equal(4_320n);
    await close(20n, epoch + 1n);
    expect(await pending()).to.equal(4_300n);
    await pass(its);
    expect(await pending()).to.equal(4_000n);
    await pass(its);
    expect(await pending()).to.equal(0n);
  });

  it("are less by one that is closed, in the epoch in which it would have lapsed", async () => {
    const its = await load();
    const { epoch, pending, open, close } = its;
    await open(1n, epoch);
    await open(20n, epoch + 1n);
    await open(300n, epoch);
    await open(4_000n, epoch + 1n);
    await close(1n, epoch);
    expect(await pending()).to.equal(4_320n);
    await close(4_000n, epoch + 1n);
    expect(await pending()).to.equal(320n);
    await pass(its);
    expect(await pending()).to.equal(20n);
    await close(20n, epoch + 1n);
    expect(await pending()).to.equal(0n);
  });

  it("stay as they are when one is closed that they have forgotten", async () => {
    const its = await load();
    const { epoch, pending, open, close } = its;
    await open(1n, epoch);
    await open(20n, epoch + 1n);
    await pass(its);
    await close(1n, epoch);
    expect(await pending()).to.equal(20n);
    await open(300n, epoch + 2n);
    await pass(its);
    await close(20n, epoch + 1n);
    await close(1n, epoch);
    expect(await pending()).to.equal(300n);
    await pass(its, 2n);
    await close(300n, epoch + 2n);
    expect(await pending()).to.equal(0n);
  });

  it("are less by one that is carried out", async () => {
    const { operator, epoch, court, pending, open } = await load();
    await open(7n, epoch);
    await open(20n, epoch + 1n);
    await court.slash(slashOf(operator, epoch, 7n, { expiry: epoch }));
    expect(await pending()).to.equal(20n);
    await court.slash(slashOf(operator, epoch, 20n, { expiry: epoch + 1n }));
    expect(await pending()).to.equal(0n);
  });

  it("come with what answers for the offence, the bond apart", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, accounts } = its;
    const asBob = pool.connect(accounts.bob);
    const answering = (offence: bigint) =>
      court.openProposal.staticCall(operator, 1n, epoch, offence);
    await asBob.stake(operator, NO_PENDING, { value: 10n * COIN });
    await asBob.requestExit(operator, 3n * COIN);
    await pass(its);
    await asBob.requestExit(operator, 2n * COIN);
    await pass(its);
    await asBob.requestExit(operator, 1n * COIN);
    expect(await answering(epoch + 1n)).to.equal(7n * COIN);
    expect(await answering(epoch + 2n)).to.equal(5n * COIN);
  });

  it("count for this operator only", async () => {
    const its = await load();
    const { stakingPool: pool, open, epoch } = its;
    const other = await registerOperator(its, { owner: its.accounts.erin });
    await open(5n, epoch);
    expect(await pool.pendingOf(other)).to.equal(0n);
  });
});

describe("StakingPool: open proposals, as a staker meets them", () => {
  /** Alice's operator, with 1,000 each of Bob's and Carol's, all of it securing the arbiter's module. */
  const load = fromDayOne(async (its) => {
    const loaded = await secured(its);
    const asDave = its.stakingPool.connect(its.accounts.dave);
    const { operator } = loaded;
    const join = (most: bigint) => asDave.stake(operator, most, { value: COIN });
    const refuse = (pending: bigint, most: bigint) =>
      expect(join(most))
        .to.be.revertedWithCustomError(asDave, "StakingPoolPendingSlash")
        .withArgs(operator, pending, most);
    return { ...loaded, join, refuse };
  });
  const AMOUNT = 50n * COIN;

  it("keep him out from the moment of the proposal, unless he accepts them", async () => {
    const its = await load();
    const { join, refuse } = its;
    await join(NO_PENDING);
    await propose(its, its, AMOUNT);
    await propose(its, its, AMOUNT);
    await refuse(2n * AMOUNT, NO_PENDING);
    await refuse(2n * AMOUNT, 2n * AMOUNT - 1n);
    await join(2n * AMOUNT);
  });

  it("let him in after a veto", async () => {
    const its = await load();
    const { slashCourt, join, refuse, accounts } = its;
    const proposal = await propose(its, its, AMOUNT);
    await propose(its, its, AMOUNT + 1n);
    await slashCourt.connect(accounts.judy).veto(proposal);
    await refuse(AMOUNT + 1n, AMOUNT);
    await join(AMOUNT + 1n);
  });

  it("let him in once they were carried out", async () => {
    const its = await load();
    const { slashCourt, join, refuse } = its;
    const proposal = await propose(its, its, AMOUNT);
    await refuse(AMOUNT, NO_PENDING);
    await untilReady(its, proposal);
    await slashCourt.execute(proposal);
    await join(NO_PENDING);
  });

  it("keep him out when they have lapsed, until somebody releases them", async () => {
    const its = await load();
    const { stakingPool: pool, slashCourt, join, refuse, connection } = its;
    const proposal = await propose(its, its, AMOUNT);
    const { readyAt } = await slashCourt.proposalOf(proposal);
    await connection.networkHelpers.time.increaseTo(Number(readyAt) + DAY);
    expect(await pool.epoch(), "still the epoch in which it lapsed").to.equal(its.epoch);
    expect(await slashCourt.statusOf(proposal)).to.equal(4n);
    await refuse(AMOUNT, NO_PENDING);
    await slashCourt.connect(its.accounts.stranger).release(proposal);
    await join(NO_PENDING);
  });

  it("let him in when the epoch in which they lapsed is over, released or not", async () => {
    const its = await load();
    const { stakingPool: pool, slashCourt, epoch, join, refuse, accounts } = its;
    // Ready on the eighth day, so it lapses in the next epoch.
    await inEpoch(its, epoch, 4 * DAY);
    const proposal = await propose(its, its, AMOUNT, (await now(its)) - DAY);
    await inEpoch(its, epoch + 1n, 6 * DAY);
    await refuse(AMOUNT, NO_PENDING);
    await inEpoch(its, epoch + 2n, 0);
    await join(NO_PENDING);
    await slashCourt.connect(accounts.stranger).release(proposal);
    expect(await pool.pendingOf(its.operator)).to.equal(0n);
  });

  it("STK-06 R34 take their part of who asked out after the offence, first of the bond", async () => {
    const its = await load();
    const { stakingPool: pool, slashCourt, moduleRegistry, operator, epoch, accounts } = its;
    const { bob, carol, kim } = accounts;
    const proposal = await propose(its, its, 300n * COIN);
    await pool.connect(bob).requestExit(operator, STAKE);
    await untilReady(its, proposal);
    await expect(slashCourt.execute(proposal), "R34")
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, BOND, 100n * COIN, 100n * COIN, BOND / 2n);
    expect(await pool.bondOf(operator)).to.equal(0n);
    expect((await pool.exitOf(operator, epoch, bob)).assets, "R34").to.equal(900n * COIN);
    expect(await pool.stakeOf(operator, carol)).to.equal(900n * COIN);
    expect(await pool.compensationOf(kim)).to.equal(BOND / 2n);
    expect(await moduleRegistry.totalOf(operator)).to.equal(9n * 10n ** 15n);
  });

  it("STK-14 of another module keep the victims' part of the bond from the first that is carried out", async () => {
    const its = await load();
    const { stakingPool: pool, slashCourt, moduleRegistry, operator, module, accounts } = its;
    const { alice, kim, erin } = accounts;
    // Half of the magnitude goes over to a second module, whose victims are Erin's.
    const other = await registerModule(its, { victims: erin });
    const registry = moduleRegistry.connect(alice);
    await registry.allocate(operator, module, 5n * 10n ** 15n);
    await pass(its, 2n);
    await moduleRegistry.sync(operator, module);
    await registry.optIn(operator, other);
    await registry.allocate(operator, other, 5n * 10n ** 15n);
    await pass(its, 2n);
    const first = await propose(its, its, 60n * COIN);
    const second = await propose(its, { operator, module: other }, 70n * COIN);
    await untilReady(its, first);
    await slashCourt.execute(first);
    // Of the bond of 100, the second may still take 70: 30 are free, and half of them are the victims'.
    expect(await pool.compensationOf(kim), "STK-14").to.equal(15n * COIN);
    await untilReady(its, second);
    await slashCourt.execute(second);
    expect(await pool.compensationOf(erin), "STK-14").to.equal(20n * COIN);
  });
});
