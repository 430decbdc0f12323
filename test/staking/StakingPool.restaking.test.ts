import { expect } from "chai";

import { COIN, inEpoch, NO_PENDING, pass, registerOperator, STAKE, stake } from "./fixture.js";
import { asCourt, coinOf, eventsOf, fromDayOne, holdingOf, slashOf, stepsOf } from "./pool.js";

describe("StakingPool: staking an exit again", () => {
  /** Bob and Carol have 1,000 each with an operator without a bond; Bob has asked 400 coins of his out. */
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its, { bond: 0n });
    const { stakingPool, accounts } = its;
    await stake(its, accounts.bob, operator);
    await stake(its, accounts.carol, operator);
    const epoch = await pass(its);
    const asBob = stakingPool.connect(accounts.bob);
    await asBob.requestExit(operator, 400n * COIN);
    return { operator, epoch, asBob, court: await asCourt(its) };
  });

  it("moves it from the bucket to active stake, and tells it", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts, connection } = its;
    const { bob } = accounts;
    const shares = await asBob.restakeExit.staticCall(operator, epoch, NO_PENDING);
    expect(shares).to.equal(400n * COIN);
    const restaking = asBob.restakeExit(operator, epoch, NO_PENDING);
    expect(await eventsOf(its, restaking)).to.deep.equal([
      ["ExitRestaked", operator, bob.address, epoch, 400n * COIN, 400n * COIN],
    ]);
    await expect(restaking).to.changeEtherBalances(connection.ethers, [pool, bob], [0n, 0n]);
    expect(await holdingOf(its, operator, bob, epoch)).to.deep.equal({
      shares: STAKE,
      stake: STAKE,
      exitShares: 0n,
      exit: 0n,
    });
    expect(await pool.votesOf(operator)).to.equal(2n * STAKE);
    expect((await pool.backingOf(operator)).stake).to.equal(2n * STAKE);
  });

  it("can be done in the next epoch too, and once the bucket has matured", async () => {
    for (const later of [1n, 2n, 30n]) {
      const its = await load();
      const { stakingPool: pool, asBob, operator, epoch, accounts } = its;
      await pass(its, later);
      await asBob.restakeExit(operator, epoch, NO_PENDING);
      expect(await pool.stakeOf(operator, accounts.bob)).to.equal(STAKE);
      expect(await pool.answeringOf(operator, epoch + later)).to.equal(2n * STAKE);
      expect(await coinOf(its, pool)).to.equal(2n * STAKE);
    }
  });

  it("asks for no least amount", async () => {
    const { stakingPool: pool, asBob, operator, epoch, accounts } = await load();
    await asBob.restakeExit(operator, epoch, NO_PENDING);
    await asBob.requestExit(operator, 1n);
    await asBob.restakeExit(operator, epoch, NO_PENDING);
    expect(await pool.stakeOf(operator, accounts.bob)).to.equal(STAKE);
  });

  it("R21 is done once, and not after a claim", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts } = its;
    const { bob } = accounts;
    await asBob.restakeExit(operator, epoch, NO_PENDING);
    const refuse = (of: bigint) =>
      expect(asBob.restakeExit(operator, of, NO_PENDING))
        .to.be.revertedWithCustomError(pool, "StakingPoolNoExit")
        .withArgs(operator, of, bob);
    await refuse(epoch);
    await pass(its, 2n);
    await expect(asBob.claimExit(operator, epoch, bob))
      .to.be.revertedWithCustomError(pool, "StakingPoolNoExit")
      .withArgs(operator, epoch, bob);
    await asBob.requestExit(operator, COIN);
    await pass(its, 2n);
    await asBob.claimExit(operator, epoch + 2n, bob);
    await refuse(epoch + 2n);
  });

  it("takes nobody else's exit, and of no other operator", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, accounts } = its;
    const other = await registerOperator(its);
    for (const [who, of] of [
      [accounts.carol, operator],
      [accounts.alice, operator],
      [accounts.bob, other],
      [accounts.bob, 0n],
    ] as const) {
      await expect(pool.connect(who).restakeExit(of, epoch, NO_PENDING))
        .to.be.revertedWithCustomError(pool, "StakingPoolNoExit")
        .withArgs(of, epoch, who);
    }
  });

  it("buys at both prices of the day: what the bucket lost is lost", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, court, accounts } = its;
    const { bob } = accounts;
    // Half of everything for an offence of the bucket's epoch, and half again of what is active only.
    await court.slash(slashOf(operator, epoch, STAKE));
    await inEpoch(its, epoch + 2n);
    await court.slash(slashOf(operator, epoch + 2n, 400n * COIN));
    expect(await pool.votesOf(operator)).to.equal(400n * COIN);
    await expect(asBob.restakeExit(operator, epoch, NO_PENDING))
      .to.emit(pool, "ExitRestaked")
      .withArgs(operator, bob, epoch, 200n * COIN, 800n * COIN);
    expect(await pool.sharesOf(operator, bob)).to.equal(1_400n * COIN);
    expect(await pool.stakeOf(operator, bob)).to.equal(350n * COIN);
    expect(await pool.stakeOf(operator, accounts.carol)).to.equal(250n * COIN);
  });

  it("STK-12 earns from the next epoch on", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, accounts } = its;
    await pass(its, 2n);
    await asBob.restakeExit(operator, epoch, NO_PENDING);
    expect((await pool.rewardBasisOf(operator)).shares, "STK-12").to.equal(1_600n * COIN);
    expect(await stepsOf(its, operator, accounts.bob), "STK-12").to.deep.equal([
      [STAKE, epoch],
      [600n * COIN, epoch + 1n],
      [STAKE, epoch + 3n],
    ]);
  });

  it("answers again for what active stake answers for", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, court, accounts } = its;
    await pass(its, 2n);
    await asBob.restakeExit(operator, epoch, NO_PENDING);
    await court.slash(slashOf(operator, epoch + 2n, STAKE));
    expect(await pool.stakeOf(operator, accounts.bob)).to.equal(STAKE / 2n);
  });

  it("is refused where open proposals are more than the staker accepts, and taken where not", async () => {
    const { stakingPool: pool, asBob, operator, epoch, court, accounts } = await load();
    await court.openProposal(operator, 100n, epoch, epoch);
    for (const most of [NO_PENDING, 99n]) {
      await expect(asBob.restakeExit(operator, epoch, most))
        .to.be.revertedWithCustomError(pool, "StakingPoolPendingSlash")
        .withArgs(operator, 100n, most);
    }
    await asBob.restakeExit(operator, epoch, 100n);
    expect(await pool.stakeOf(operator, accounts.bob)).to.equal(STAKE);
  });

  it("is refused with an operator who takes no more stake, and can be claimed still", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, court, accounts } = its;
    const { bob } = accounts;
    await pass(its, 2n);
    await court.slash(slashOf(operator, epoch + 2n, 2n * STAKE));
    await expect(asBob.restakeExit(operator, epoch, NO_PENDING))
      .to.be.revertedWithCustomError(pool, "StakingPoolOperatorClosed")
      .withArgs(operator);
    expect(await asBob.claimExit.staticCall(operator, epoch, bob)).to.equal(400n * COIN);
    await asBob.claimExit(operator, epoch, bob);
  });

  it("is refused where it is worth nothing, and the last one's is worth the rest", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch, court, accounts } = its;
    const { bob, carol } = accounts;
    await pool.connect(carol).requestExit(operator, 400n * COIN);
    // Takes all of the bucket but the wei it keeps.
    await court.slash(slashOf(operator, epoch, 2n * STAKE));
    expect([...(await pool.exitOf(operator, epoch, bob))].slice(0, 2)).to.deep.equal([
      400n * COIN,
      0n,
    ]);
    for (const later of [0n, 2n]) {
      if (later !== 0n) await pass(its, later);
      await expect(asBob.restakeExit(operator, epoch, NO_PENDING))
        .to.be.revertedWithCustomError(pool, "StakingPoolWorthless")
        .withArgs(operator, epoch);
    }
    expect(await asBob.claimExit.staticCall(operator, epoch, bob)).to.equal(0n);
    await expect(asBob.claimExit(operator, epoch, bob))
      .to.emit(pool, "ExitClaimed")
      .withArgs(operator, bob, epoch, bob, 0n);
    expect((await pool.exitOf(operator, epoch, carol)).assets).to.equal(1n);
    await expect(pool.claimExitFor(operator, epoch, carol))
      .to.emit(pool, "ExitClaimed")
      .withArgs(operator, carol, epoch, carol, 1n);
    expect(await coinOf(its, pool)).to.equal(0n);
  });
});
