import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { plain } from "../identity/registry.js";
import { COIN, NO_PENDING, pass, registerOperator, STAKE, stake } from "./fixture.js";
import {
  asCourt,
  coinOf,
  eventsOf,
  everythingOf,
  forceCoin,
  fromDayOne,
  giveCoin,
  slashOf,
} from "./pool.js";

/** An operator without a bond of his own, so that a slash falls on stakers. */
async function unbonded(its: Identity) {
  const operator = await registerOperator(its, { bond: 0n });
  const epoch = await pass(its);
  const { stakingPool, accounts } = its;
  const asBob = stakingPool.connect(accounts.bob);
  const asCarol = stakingPool.connect(accounts.carol);
  return { operator, epoch, asBob, asCarol, court: await asCourt(its) };
}

describe("StakingPool: staking", () => {
  const load = fromDayOne(unbonded);

  it("buys a share for every wei, and tells it", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, accounts, connection } = its;
    const { bob } = accounts;
    const options = { value: STAKE };
    expect(await asBob.stake.staticCall(operator, NO_PENDING, options)).to.equal(STAKE);
    const staking = asBob.stake(operator, NO_PENDING, options);
    expect(await eventsOf(its, staking)).to.deep.equal([
      ["Staked", operator, bob.address, STAKE, STAKE],
    ]);
    await expect(staking).to.changeEtherBalances(connection.ethers, [bob, pool], [-STAKE, STAKE]);
    expect(await pool.sharesOf(operator, bob)).to.equal(STAKE);
    expect(await pool.stakeOf(operator, bob)).to.equal(STAKE);
    const { assets, shares } = await pool.operatorOf(operator);
    expect([assets, shares]).to.deep.equal([STAKE, STAKE]);
  });

  it("answers at once", async () => {
    const { stakingPool: pool, asBob, operator, epoch } = await load();
    await asBob.stake(operator, NO_PENDING, { value: STAKE });
    expect(await pool.votesOf(operator)).to.equal(STAKE);
    expect(await pool.exposureOf(operator)).to.equal(STAKE);
    expect([...(await pool.backingOf(operator))]).to.deep.equal([STAKE, 0n]);
    expect(await pool.answeringOf(operator, epoch)).to.equal(STAKE);
    expect(await pool.answeringOf(operator, epoch - 1n)).to.equal(STAKE);
  });

  it("STK-12 earns nothing in the epoch in which it came", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, epoch } = its;
    await asBob.stake(operator, NO_PENDING, { value: STAKE });
    const basis = async () => plain(await pool.rewardBasisOf(operator));
    const none = { assets: 0n, shares: 0n, bond: 0n, commissionBps: 1_000n };
    expect(await basis(), "STK-12").to.deep.equal(none);
    expect(await pool.votesAt(operator, epoch), "STK-12").to.equal(0n);
    await pass(its);
    await asBob.stake(operator, NO_PENDING, { value: 5n * COIN });
    expect(await basis(), "STK-12").to.deep.equal({ ...none, assets: STAKE, shares: STAKE });
  });

  it("R25 takes one coin, and not a wei less", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, accounts } = its;
    for (const value of [0n, 1n, COIN - 1n]) {
      await expect(asBob.stake(operator, NO_PENDING, { value }))
        .to.be.revertedWithCustomError(pool, "StakingPoolStakeTooSmall")
        .withArgs(value, COIN);
    }
    await asBob.stake(operator, NO_PENDING, { value: COIN });
    expect(await pool.stakeOf(operator, accounts.bob)).to.equal(COIN);
    // Also of who has stake already.
    await expect(asBob.stake(operator, NO_PENDING, { value: COIN - 1n }))
      .to.be.revertedWithCustomError(pool, "StakingPoolStakeTooSmall")
      .withArgs(COIN - 1n, COIN);
  });

  it("adds up for who stakes again, and apart for every staker and operator", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, accounts } = its;
    const { bob, carol, erin } = accounts;
    const other = await registerOperator(its, { owner: erin, bond: 0n });
    await asBob.stake(operator, NO_PENDING, { value: 2n * COIN });
    await asCarol.stake(operator, NO_PENDING, { value: 3n * COIN });
    await asBob.stake(operator, NO_PENDING, { value: 5n * COIN });
    await asBob.stake(other, NO_PENDING, { value: 7n * COIN });
    expect(await pool.stakeOf(operator, bob)).to.equal(7n * COIN);
    expect(await pool.stakeOf(operator, carol)).to.equal(3n * COIN);
    expect(await pool.stakeOf(other, bob)).to.equal(7n * COIN);
    expect(await pool.stakeOf(other, carol)).to.equal(0n);
    expect(await pool.votesOf(operator)).to.equal(10n * COIN);
    expect(await pool.votesOf(other)).to.equal(7n * COIN);
    expect(await coinOf(its, pool)).to.equal(17n * COIN);
  });

  it("is refused with an operator that is not there", async () => {
    const { stakingPool: pool, asBob, operator } = await load();
    for (const unknown of [0n, operator + 1n]) {
      await expect(asBob.stake(unknown, NO_PENDING, { value: COIN }))
        .to.be.revertedWithCustomError(pool, "StakingPoolUnknownOperator")
        .withArgs(unknown);
    }
  });

  it("holds as many wei as 96 bits count, and not one more", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, operator, accounts } = its;
    const most = 2n ** 96n - 1n;
    await giveCoin(its, accounts.bob, most + 10n * COIN);
    await expect(asBob.stake(operator, NO_PENDING, { value: most + 1n }))
      .to.be.revertedWithCustomError(pool, "SafeCastOverflowedUintDowncast")
      .withArgs(96, most + 1n);
    await asBob.stake(operator, NO_PENDING, { value: most });
    expect(await pool.stakeOf(operator, accounts.bob)).to.equal(most);
    const { assets, shares } = await pool.operatorOf(operator);
    expect([assets, shares]).to.deep.equal([most, most]);
    await asBob.requestExit(operator, most);
    expect(await pool.votesOf(operator)).to.equal(0n);
  });

  it("buys more shares after a slash, rounded down for those who are in", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    const { bob, carol } = accounts;
    await asBob.stake(operator, NO_PENDING, { value: 3n * COIN });
    await court.slash(slashOf(operator, epoch, COIN + 1n));
    const assets = 2n * COIN - 1n;
    const bought = (COIN * 3n * COIN) / assets; // 1.5 shares a wei, and a rest
    expect(bought * assets).to.be.lessThan(3n * COIN * COIN);
    const staking = asCarol.stake(operator, NO_PENDING, { value: COIN });
    expect(await eventsOf(its, staking)).to.deep.equal([
      ["Staked", operator, carol.address, COIN, bought],
    ]);
    expect(await pool.sharesOf(operator, carol)).to.equal(bought);
    expect(await pool.stakeOf(operator, carol)).to.equal(COIN - 1n);
    expect(await pool.stakeOf(operator, bob)).to.equal(assets);
    const { shares } = await pool.operatorOf(operator);
    expect(shares).to.equal(3n * COIN + bought);
  });

  it("begins anew at a share a wei once the last has left a slashed pool", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    await asBob.stake(operator, NO_PENDING, { value: 3n * COIN });
    await court.slash(slashOf(operator, epoch, 2n * COIN));
    await asBob.requestExit(operator, 3n * COIN);
    await asCarol.stake(operator, NO_PENDING, { value: COIN });
    expect(await pool.sharesOf(operator, accounts.carol)).to.equal(COIN);
    expect(await pool.stakeOf(operator, accounts.carol)).to.equal(COIN);
  });

  it("STK-07 then leaving at once gives back no more than came", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    await asBob.stake(operator, NO_PENDING, { value: 3n * COIN });
    await court.slash(slashOf(operator, epoch, COIN + 1n));
    for (const value of [COIN, COIN + 1n, 7n * COIN + 3n]) {
      const before = await pool.stakeOf(operator, accounts.bob);
      await asCarol.stake(operator, NO_PENDING, { value });
      const shares = await pool.sharesOf(operator, accounts.carol);
      const { assets } = await asCarol.requestExit.staticCall(operator, shares);
      expect(assets, "STK-07").to.be.lessThanOrEqual(value);
      expect(assets, "STK-07").to.be.greaterThanOrEqual(value - 1n);
      await asCarol.requestExit(operator, shares);
      const after = await pool.stakeOf(operator, accounts.bob);
      expect(after, "STK-07").to.be.greaterThanOrEqual(before);
      expect(after, "STK-08").to.be.lessThanOrEqual(before + 1n);
    }
  });
});

describe("StakingPool: a share's price", () => {
  const load = fromDayOne(unbonded);

  it("R22 STK-08 stays as it is when coin is forced in", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, accounts } = its;
    await asBob.stake(operator, NO_PENDING, { value: STAKE });
    const before = await everythingOf(its, operator);
    await forceCoin(its, pool, 500n * COIN);
    expect(await everythingOf(its, operator), "R22").to.deep.equal(before);
    await asCarol.stake(operator, NO_PENDING, { value: COIN });
    expect(await pool.sharesOf(operator, accounts.carol), "R22").to.equal(COIN);
    expect(await pool.stakeOf(operator, accounts.bob), "STK-08").to.equal(STAKE);
  });

  it("R23 is not raised by the first staker, whatever he forces in", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, accounts } = its;
    const { bob, carol } = accounts;
    await asBob.stake(operator, NO_PENDING, { value: COIN });
    await asBob.requestExit(operator, COIN - 1n);
    await forceCoin(its, pool, 1_000n * COIN);
    expect(await pool.stakeOf(operator, bob), "R23").to.equal(1n);
    await asCarol.stake(operator, NO_PENDING, { value: 2n * COIN - 1n });
    expect(await pool.sharesOf(operator, carol), "R23").to.equal(2n * COIN - 1n);
    expect(await pool.stakeOf(operator, carol), "R23").to.equal(2n * COIN - 1n);
    expect(await pool.stakeOf(operator, bob), "R23").to.equal(1n);
  });

  it("R23 stays below a wei after a slash left one share and one wei", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    await asBob.stake(operator, NO_PENDING, { value: COIN });
    await asBob.requestExit(operator, COIN - 2n);
    await pass(its, 2n);
    // Two shares of a wei: whoever comes next gets two for a wei, and cannot be outbid.
    await court.slash(slashOf(operator, epoch + 2n, 1n));
    expect(await pool.votesOf(operator)).to.equal(1n);
    await asCarol.stake(operator, NO_PENDING, { value: COIN });
    expect(await pool.sharesOf(operator, accounts.carol), "R23").to.equal(2n * COIN);
    expect(await pool.stakeOf(operator, accounts.carol), "R23").to.equal(COIN);
  });

  it("STK-08 is not moved by who comes and goes, but for the wei of their rounding", async () => {
    const its = await load();
    const { stakingPool: pool, asBob, asCarol, operator, epoch, court, accounts } = its;
    const { bob, carol } = accounts;
    await asBob.stake(operator, NO_PENDING, { value: STAKE + 7n });
    await court.slash(slashOf(operator, epoch, STAKE / 3n));
    let worth = await pool.stakeOf(operator, bob);
    for (const value of [COIN + 1n, 2n * COIN + 3n, 3n * COIN + 7n]) {
      await asCarol.stake(operator, NO_PENDING, { value });
      await asCarol.requestExit(operator, (await pool.sharesOf(operator, carol)) / 3n);
      const next = await pool.stakeOf(operator, bob);
      expect(next, "STK-08").to.be.greaterThanOrEqual(worth);
      expect(next, "STK-08").to.be.lessThanOrEqual(worth + 2n);
      worth = next;
    }
    const { assets, shares } = await pool.operatorOf(operator);
    expect(assets, "STK-08").to.be.lessThan(shares);
  });
});

describe("StakingPool: staking against open proposals", () => {
  const load = fromDayOne(async (its) => {
    const loaded = await unbonded(its);
    await stake(its, its.accounts.carol, loaded.operator);
    return loaded;
  });

  it("is refused where they add up to more than the staker accepts", async () => {
    const { stakingPool: pool, asBob, operator, epoch, court } = await load();
    await court.openProposal(operator, 70n, epoch, epoch);
    await court.openProposal(operator, 30n, epoch + 1n, epoch);
    for (const most of [NO_PENDING, 99n]) {
      await expect(asBob.stake(operator, most, { value: COIN }))
        .to.be.revertedWithCustomError(pool, "StakingPoolPendingSlash")
        .withArgs(operator, 100n, most);
    }
  });

  it("is taken where they add up to exactly that, or to less", async () => {
    const { stakingPool: pool, asBob, operator, epoch, court, accounts } = await load();
    await court.openProposal(operator, 70n, epoch, epoch);
    await court.openProposal(operator, 30n, epoch + 1n, epoch);
    await asBob.stake(operator, 100n, { value: COIN });
    await asBob.stake(operator, 101n, { value: COIN });
    expect(await pool.stakeOf(operator, accounts.bob)).to.equal(2n * COIN);
  });

  it("does not ask what is open against another operator", async () => {
    const its = await load();
    const { asBob, operator, epoch, court } = its;
    const other = await registerOperator(its);
    await court.openProposal(operator, 100n, epoch, epoch);
    await asBob.stake(other, NO_PENDING, { value: COIN });
    expect(await its.stakingPool.votesOf(other)).to.equal(COIN);
  });
});
