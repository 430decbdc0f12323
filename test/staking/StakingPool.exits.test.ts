import { expect } from "chai";
import hre from "hardhat";

import type { Identity } from "../identity/fixture.js";
import { ALL, COIN, inEpoch, NO_PENDING, pass, registerOperator, STAKE, stake } from "./fixture.js";
import { asCourt, coinOf, eventsOf, forceCoin, fromDayOne, holdingOf, slashOf } from "./pool.js";

/** Bob and Carol have 1,000 each with an operator without a bond, since the epoch before. */
async function staked(its: Identity) {
  const operator = await registerOperator(its, { bond: 0n });
  const { stakingPool, accounts } = its;
  await stake(its, accounts.bob, operator);
  await stake(its, accounts.carol, operator);
  const epoch = await pass(its);
  const asBob = stakingPool.connect(accounts.bob);
  const asCarol = stakingPool.connect(accounts.carol);
  return { operator, epoch, asBob, asCarol, court: await asCourt(its) };
}

describe("StakingPool: asking stake out", () => {
  const load = fromDayOne(staked);

  it("moves it from active stake to the running epoch's bucket, and tells it", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts, connection } = its;
    const { bob, carol } = accounts;
    const answer = await asBob.requestExit.staticCall(operator, 400n);
    expect([...answer]).to.deep.equal([400n, 400n]);
    const asking = asBob.requestExit(operator, 400n);
    expect(await eventsOf(its, asking)).to.deep.equal([
      ["ExitRequested", operator, bob.address, epoch, 400n, 400n, 400n],
    ]);
    await expect(asking).to.changeEtherBalance(connection.ethers, pool, 0n);
    expect(await holdingOf(its, operator, bob, epoch)).to.deep.equal({
      shares: STAKE - 400n,
      stake: STAKE - 400n,
      exitShares: 400n,
      exit: 400n,
    });
    expect(await pool.stakeOf(operator, carol)).to.equal(STAKE);
    expect(await pool.votesOf(operator)).to.equal(2n * STAKE - 400n);
    expect([...(await pool.backingOf(operator))]).to.deep.equal([2n * STAKE, 0n]);
  });

  it("says when the bucket matures, whoever has something in it", async () => {
    const { stakingPool: pool, asBob, operator, epoch, accounts } = await load();
    await asBob.requestExit(operator, 400n);
    const start = await pool.startOf(epoch + 2n);
    expect((await pool.exitOf(operator, epoch, accounts.bob)).maturity).to.equal(start);
    const none = await pool.exitOf(operator, epoch, accounts.carol);
    expect([...none]).to.deep.equal([0n, 0n, start]);
    const before = await pool.exitOf(operator, epoch - 1n, accounts.bob);
    expect([...before]).to.deep.equal([0n, 0n, await pool.startOf(epoch + 1n)]);
  });

  it("takes from 1 share to all of them", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts } = its;
    await asBob.requestExit(operator, 1n);
    await asBob.requestExit(operator, STAKE - 1n);
    expect(await holdingOf(its, operator, accounts.bob, epoch)).to.deep.equal({
      shares: 0n,
      stake: 0n,
      exitShares: STAKE,
      exit: STAKE,
    });
    expect(await pool.votesOf(operator)).to.equal(STAKE);
  });

  it("takes neither none nor more than there are", async () => {
    const { stakingPool: pool, asBob, operator, accounts } = await load();
    for (const shares of [0n, STAKE + 1n, ALL]) {
      await expect(asBob.requestExit(operator, shares))
        .to.be.revertedWithCustomError(pool, "StakingPoolInvalidShares")
        .withArgs(shares, STAKE);
    }
    for (const [who, of] of [
      [accounts.stranger, operator],
      [accounts.alice, operator],
      [accounts.bob, operator + 1n],
    ] as const) {
      await expect(pool.connect(who).requestExit(of, 1n))
        .to.be.revertedWithCustomError(pool, "StakingPoolInvalidShares")
        .withArgs(1n, 0n);
    }
  });

  it("adds up within an epoch, and is apart in the next", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, accounts } = its;
    const { bob, carol } = accounts;
    await asBob.requestExit(operator, 1n);
    await asCarol.requestExit(operator, 10n);
    await asBob.requestExit(operator, 2n);
    await pass(its);
    await asBob.requestExit(operator, 4n);
    const exit = async (of: bigint, who: typeof bob) =>
      (await pool.exitOf(operator, of, who)).assets;
    expect(await exit(epoch, bob)).to.equal(3n);
    expect(await exit(epoch, carol)).to.equal(10n);
    expect(await exit(epoch + 1n, bob)).to.equal(4n);
    expect(await exit(epoch + 1n, carol)).to.equal(0n);
  });

  it("answers through the next epoch, and is out of it then", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch } = its;
    await asBob.requestExit(operator, 400n);
    const seen = async () => ({
      exposure: await pool.exposureOf(operator),
      backing: (await pool.backingOf(operator)).stake,
      before: await pool.answeringOf(operator, (await pool.epoch()) - 1n),
      running: await pool.answeringOf(operator, await pool.epoch()),
    });
    const [all, rest] = [2n * STAKE, 2n * STAKE - 400n];
    expect(await seen()).to.deep.equal({ exposure: all, backing: all, before: all, running: all });
    await inEpoch(its, epoch + 1n, 6 * 86_400);
    expect(await seen()).to.deep.equal({
      exposure: all,
      backing: rest,
      before: all,
      running: rest,
    });
    await inEpoch(its, epoch + 2n, 0);
    expect(await seen()).to.deep.equal({
      exposure: rest,
      backing: rest,
      before: rest,
      running: rest,
    });
  });

  it("is worth less after a slash, rounded down for those who stay", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, court, accounts } = its;
    await court.slash(slashOf(operator, epoch, STAKE + 1n));
    const left = STAKE - 1n;
    const assets = (999n * left) / (2n * STAKE);
    expect(assets).to.equal(499n);
    const asking = asBob.requestExit(operator, 999n);
    expect(await eventsOf(its, asking)).to.deep.equal([
      ["ExitRequested", operator, accounts.bob.address, epoch, 999n, 499n, 499n],
    ]);
    expect(await pool.votesOf(operator)).to.equal(left - 499n);
  });

  it("buys more of a bucket that was slashed, rounded down for those in it", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    const { bob, carol } = accounts;
    await asBob.requestExit(operator, STAKE);
    // A third of everything: the bucket keeps 666.66… of 1,000.
    await court.slash(slashOf(operator, epoch, (2n * STAKE) / 3n));
    const bucket = (await pool.exitOf(operator, epoch, bob)).assets;
    expect(bucket).to.equal(STAKE - STAKE / 3n);
    const { assets, exitShares } = await asCarol.requestExit.staticCall(operator, STAKE / 2n);
    expect(exitShares).to.equal((assets * STAKE) / bucket);
    expect(exitShares).to.be.greaterThan(assets);
    const asking = asCarol.requestExit(operator, STAKE / 2n);
    expect(await eventsOf(its, asking)).to.deep.equal([
      ["ExitRequested", operator, carol.address, epoch, STAKE / 2n, assets, exitShares],
    ]);
    expect((await pool.exitOf(operator, epoch, carol)).exitShares).to.equal(exitShares);
    const inBucket = (await pool.exitOf(operator, epoch, carol)).assets;
    expect(inBucket).to.be.lessThanOrEqual(assets);
    expect(inBucket).to.be.greaterThanOrEqual(assets - 1n);
  });

  it("R29 STK-10 calls nobody", async function () {
    // The probes of a coverage run are calls.
    if (hre.globalOptions.coverage) this.skip();
    const { asBob, operator, connection } = await load();
    const { hash } = await asBob.requestExit(operator, STAKE);
    const trace = (await connection.provider.request({
      method: "debug_traceTransaction",
      params: [hash, { disableStorage: true, disableStack: true, disableMemory: true }],
    })) as { structLogs: { op: string }[] };
    const operations = new Set(trace.structLogs.map(({ op }) => op));
    expect(operations).to.include("SSTORE");
    for (const call of ["CALL", "STATICCALL", "DELEGATECALL", "CALLCODE", "CREATE", "CREATE2"]) {
      expect(operations, "R29").not.to.include(call);
    }
  });
});

describe("StakingPool: claiming an exit", () => {
  /** Bob has asked 400 out. */
  const load = fromDayOne(async (its) => {
    const loaded = await staked(its);
    await loaded.asBob.requestExit(loaded.operator, 400n);
    return loaded;
  });

  it("pays from the start of the epoch after the next, and not a second before", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts, connection } = its;
    const { time } = connection.networkHelpers;
    const maturity = await pool.startOf(epoch + 2n);
    const refuse = () =>
      expect(asBob.claimExit(operator, epoch, accounts.bob))
        .to.be.revertedWithCustomError(pool, "StakingPoolImmature")
        .withArgs(epoch, maturity);
    await refuse();
    await inEpoch(its, epoch + 1n);
    await refuse();
    await time.setNextBlockTimestamp(maturity - 1n);
    await refuse();
    await time.setNextBlockTimestamp(maturity);
    await asBob.claimExit(operator, epoch, accounts.bob);
    expect(BigInt(await time.latest())).to.equal(maturity);
  });

  it("pays whom the staker names, and tells it", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts, connection } = its;
    const { bob, dave } = accounts;
    await pass(its, 2n);
    expect(await asBob.claimExit.staticCall(operator, epoch, dave)).to.equal(400n);
    const claiming = asBob.claimExit(operator, epoch, dave);
    expect(await eventsOf(its, claiming)).to.deep.equal([
      ["ExitClaimed", operator, bob.address, epoch, dave.address, 400n],
    ]);
    await expect(claiming).to.changeEtherBalances(
      connection.ethers,
      [pool, dave, bob],
      [-400n, 400n, 0n],
    );
    expect(await holdingOf(its, operator, bob, epoch)).to.deep.equal({
      shares: STAKE - 400n,
      stake: STAKE - 400n,
      exitShares: 0n,
      exit: 0n,
    });
  });

  it("pays the staker himself at anyone's word", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, accounts, connection } = its;
    const { bob, stranger } = accounts;
    await pass(its, 2n);
    const asStranger = pool.connect(stranger);
    expect(await asStranger.claimExitFor.staticCall(operator, epoch, bob)).to.equal(400n);
    const claiming = asStranger.claimExitFor(operator, epoch, bob);
    expect(await eventsOf(its, claiming)).to.deep.equal([
      ["ExitClaimed", operator, bob.address, epoch, bob.address, 400n],
    ]);
    await expect(claiming).to.changeEtherBalances(
      connection.ethers,
      [pool, bob, stranger],
      [-400n, 400n, 0n],
    );
  });

  it("pays nobody before its time at anyone's word", async () => {
    const { stakingPool: pool, operator, epoch, accounts } = await load();
    await expect(pool.connect(accounts.stranger).claimExitFor(operator, epoch, accounts.bob))
      .to.be.revertedWithCustomError(pool, "StakingPoolImmature")
      .withArgs(epoch, await pool.startOf(epoch + 2n));
  });

  it("R21 pays once", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts } = its;
    const { bob } = accounts;
    await pass(its, 2n);
    await asBob.claimExit(operator, epoch, bob);
    for (const again of [
      () => asBob.claimExit(operator, epoch, bob),
      () => pool.claimExitFor(operator, epoch, bob),
    ]) {
      await expect(again())
        .to.be.revertedWithCustomError(pool, "StakingPoolNoExit")
        .withArgs(operator, epoch, bob);
    }
  });

  it("pays nothing to who asked nothing out then, or of that operator", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, accounts } = its;
    await pass(its, 2n);
    for (const [who, of, when] of [
      [accounts.carol, operator, epoch],
      [accounts.bob, operator, epoch + 1n],
      [accounts.bob, operator, epoch - 1n],
      [accounts.bob, operator + 1n, epoch],
    ] as const) {
      await expect(pool.connect(who).claimExit(of, when, who))
        .to.be.revertedWithCustomError(pool, "StakingPoolNoExit")
        .withArgs(of, when, who);
      await expect(pool.claimExitFor(of, when, who))
        .to.be.revertedWithCustomError(pool, "StakingPoolNoExit")
        .withArgs(of, when, who);
    }
  });

  it("STK-05 pays what was in the bucket when it matured, whatever is slashed since, however late", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, court, accounts, connection } = its;
    await inEpoch(its, epoch + 2n, 0);
    for (const offence of [epoch + 1n, epoch + 2n]) {
      await court.slash(slashOf(operator, offence, STAKE / 2n));
    }
    await pass(its, 60n);
    expect((await pool.exitOf(operator, epoch, accounts.bob)).assets, "STK-05").to.equal(400n);
    await expect(asBob.claimExit(operator, epoch, accounts.dave), "STK-05").to.changeEtherBalance(
      connection.ethers,
      accounts.dave,
      400n,
    );
  });

  it("R22 pays no part of coin that was forced in", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts, connection } = its;
    await forceCoin(its, pool, 5n * COIN);
    await pass(its, 2n);
    await expect(asBob.claimExit(operator, epoch, accounts.dave), "R22").to.changeEtherBalance(
      connection.ethers,
      accounts.dave,
      400n,
    );
  });

  it("leaves the epochs before and after alone", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts } = its;
    await pass(its);
    await asBob.requestExit(operator, 30n);
    await pass(its);
    await asBob.requestExit(operator, 2n);
    await asBob.claimExit(operator, epoch, accounts.bob);
    const exit = async (of: bigint) => (await pool.exitOf(operator, of, accounts.bob)).assets;
    expect([await exit(epoch), await exit(epoch + 1n), await exit(epoch + 2n)]).to.deep.equal([
      0n,
      30n,
      2n,
    ]);
  });
});

describe("StakingPool: the last to leave", () => {
  const load = fromDayOne(staked);

  it("R24 takes all that is left, of active stake and of the bucket, to the last wei", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    const { bob, carol, dave } = accounts;
    await pool.connect(dave).stake(operator, NO_PENDING, { value: STAKE + 1n });
    await court.slash(slashOf(operator, epoch, STAKE + 1n));
    const left = 2n * STAKE;
    for (const [who, shares] of [
      [asBob, STAKE],
      [asCarol, STAKE],
      [pool.connect(dave), STAKE + 1n],
    ] as const) {
      await who.requestExit(operator, shares);
    }
    const { assets, shares } = await pool.operatorOf(operator);
    expect([assets, shares], "R24").to.deep.equal([0n, 0n]);
    expect((await pool.backingOf(operator)).stake, "R24").to.equal(left);
    await court.slash(slashOf(operator, epoch, 7n));
    await pass(its, 2n);
    for (const who of [bob, dave, carol]) await pool.claimExitFor(operator, epoch, who);
    expect(await coinOf(its, pool), "R24").to.equal(0n);
    expect(await pool.answeringOf(operator, epoch), "R24").to.equal(0n);
  });

  it("R24 gets the wei that others' rounding left", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    const { bob, carol } = accounts;
    await asBob.requestExit(operator, STAKE);
    await asCarol.requestExit(operator, STAKE);
    await court.slash(slashOf(operator, epoch, 1n));
    // 2,000 coins less a wei, halved: one of the two is a wei short, and it is the first.
    await pass(its, 2n);
    expect((await pool.exitOf(operator, epoch, carol)).assets).to.equal(STAKE - 1n);
    expect(await asBob.claimExit.staticCall(operator, epoch, bob)).to.equal(STAKE - 1n);
    await asBob.claimExit(operator, epoch, bob);
    expect((await pool.exitOf(operator, epoch, carol)).assets).to.equal(STAKE);
    expect(await asCarol.claimExit.staticCall(operator, epoch, carol), "R24").to.equal(STAKE);
  });
});
