import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { plain } from "../identity/registry.js";
import { BOND, COIN, inEpoch, NO_PENDING, now, pass, registerOperator } from "./fixture.js";
import { asCourt, everythingOf, fromDayOne, slashOf } from "./pool.js";

/** Alice's operator with a bond of 100, which Bob staked 1,000 with in the epoch before. */
async function voted(its: Identity) {
  const operator = await registerOperator(its);
  const { stakingPool, accounts } = its;
  const asBob = stakingPool.connect(accounts.bob);
  const add = (coins: bigint) => asBob.stake(operator, NO_PENDING, { value: coins * COIN });
  await add(1_000n);
  const epoch = await pass(its);
  const at = (of: bigint) => stakingPool.votesAt(operator, of);
  const refuse = (of: bigint, oldest: bigint) =>
    expect(at(of))
      .to.be.revertedWithCustomError(stakingPool, "StakingPoolUnknownEpoch")
      .withArgs(of, oldest);
  return { operator, epoch, asBob, add, at, refuse };
}

describe("StakingPool: votes", () => {
  const load = fromDayOne(voted);

  it("are active stake now, without the bond and what is on its way out", async () => {
    const { stakingPool: pool, operator, asBob, add } = await load();
    expect(await pool.votesOf(operator)).to.equal(1_000n * COIN);
    await add(50n);
    expect(await pool.votesOf(operator)).to.equal(1_050n * COIN);
    await asBob.requestExit(operator, 200n * COIN);
    expect(await pool.votesOf(operator)).to.equal(850n * COIN);
  });

  it("at an epoch's start are not moved by what happens in it", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, asBob, add, at } = its;
    const court = await asCourt(its);
    for (const act of [
      () => add(50n),
      () => asBob.requestExit(operator, 200n * COIN),
      () => asBob.restakeExit(operator, epoch, NO_PENDING),
      () => court.slash(slashOf(operator, epoch, 150n * COIN)),
      () => add(1n),
    ]) {
      await act();
      expect(await at(epoch)).to.equal(1_000n * COIN);
    }
    expect(await pool.votesOf(operator)).to.equal(1_001n * COIN);
  });

  it("at an epoch's start are not moved by a slash, be it the first to happen in it", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, at } = its;
    await (await asCourt(its)).slash(slashOf(operator, epoch, 150n * COIN));
    expect(await at(epoch)).to.equal(1_000n * COIN);
    expect(await pool.votesOf(operator)).to.equal(950n * COIN);
  });

  it("are known back to the epoch of the last touch, and to the running one", async () => {
    const its = await load();
    const { epoch, add, at, refuse } = its;
    // Bob's stake came in `epoch - 1`.
    expect(await at(epoch - 1n)).to.equal(0n);
    expect(await at(epoch)).to.equal(1_000n * COIN);
    await refuse(epoch + 1n, epoch - 1n);
    await refuse(epoch - 2n, epoch - 1n);
    await refuse(0n, epoch - 1n);
    await refuse(2n ** 32n - 1n, epoch - 1n);
    await add(1n);
    expect(await at(epoch)).to.equal(1_000n * COIN);
    await refuse(epoch - 1n, epoch);
    await refuse(epoch + 1n, epoch);
  });

  it("are the same at the start of every epoch in which nothing has happened since", async () => {
    const its = await load();
    const { epoch, add, at, refuse } = its;
    await add(50n);
    for (const passed of [1n, 1n, 30n]) await pass(its, passed);
    expect(await at(epoch)).to.equal(1_000n * COIN);
    for (const later of [1n, 2n, 3n, 32n]) {
      expect(await at(epoch + later), `${String(later)} later`).to.equal(1_050n * COIN);
    }
    await refuse(epoch + 33n, epoch);
    await add(5n);
    expect(await at(epoch + 32n)).to.equal(1_050n * COIN);
    await refuse(epoch + 31n, epoch + 32n);
  });

  it("change at an epoch's very first second, not before", async () => {
    const its = await load();
    const { stakingPool: pool, epoch, add, at, refuse, connection } = its;
    const start = await pool.startOf(epoch + 1n);
    await connection.networkHelpers.time.setNextBlockTimestamp(start - 1n);
    await add(5n);
    await refuse(epoch + 1n, epoch);
    await connection.networkHelpers.time.setNextBlockTimestamp(start);
    await add(7n);
    expect(BigInt(await now(its))).to.equal(start);
    expect(await at(epoch + 1n)).to.equal(1_005n * COIN);
    await inEpoch(its, epoch + 2n, 0);
    expect(await at(epoch + 2n)).to.equal(1_012n * COIN);
  });

  it("of a new operator are none in his first epoch, and unknown before", async () => {
    const its = await load();
    const { stakingPool: pool, epoch, accounts } = its;
    const fresh = await registerOperator(its, { owner: accounts.erin });
    expect(await pool.votesAt(fresh, epoch)).to.equal(0n);
    await expect(pool.votesAt(fresh, epoch - 1n))
      .to.be.revertedWithCustomError(pool, "StakingPoolUnknownEpoch")
      .withArgs(epoch - 1n, epoch);
    await pool.connect(accounts.bob).stake(fresh, NO_PENDING, { value: COIN });
    expect(await pool.votesAt(fresh, epoch)).to.equal(0n);
    await pass(its);
    expect(await pool.votesAt(fresh, epoch + 1n)).to.equal(COIN);
  });

  it("of an operator slashed to nothing are none", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, at } = its;
    await (await asCourt(its)).slash(slashOf(operator, epoch, BOND + 1_000n * COIN));
    expect(await pool.votesOf(operator)).to.equal(0n);
    await pass(its);
    expect(await at(epoch + 1n)).to.equal(0n);
  });
});

describe("StakingPool: what rewards are divided by", () => {
  const load = fromDayOne(voted);

  it("is the running epoch's start, however long nothing has happened", async () => {
    const its = await load();
    const { stakingPool: pool, operator, add } = its;
    const basis = async () => plain(await pool.rewardBasisOf(operator));
    const usual = { bond: BOND, commissionBps: 1_000n };
    const [thousand, more] = [1_000n * COIN, 1_050n * COIN];
    await add(50n);
    expect(await basis()).to.deep.equal({ assets: thousand, shares: thousand, ...usual });
    for (const passed of [1n, 1n, 40n]) {
      await pass(its, passed);
      expect(await basis()).to.deep.equal({ assets: more, shares: more, ...usual });
    }
  });

  it("keeps the start's price, though the pool is slashed in the epoch", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch } = its;
    await (await asCourt(its)).slash(slashOf(operator, epoch, 350n * COIN));
    const thousand = 1_000n * COIN;
    const basis = async () => plain(await pool.rewardBasisOf(operator));
    const usual = { bond: 0n, commissionBps: 1_000n };
    expect(await basis()).to.deep.equal({ assets: thousand, shares: thousand, ...usual });
    await pass(its);
    expect(await basis()).to.deep.equal({ assets: 750n * COIN, shares: thousand, ...usual });
  });
});

describe("StakingPool: time", () => {
  const load = fromDayOne(voted);

  it("R38 is measured in seconds: thousands of blocks change nothing by themselves", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, asBob, connection, accounts } = its;
    await asBob.requestExit(operator, 200n * COIN);
    await pool.connect(accounts.alice).setCommission(operator, 2_000);
    await (await asCourt(its)).openProposal(operator, 5n, epoch, epoch);
    const before = await everythingOf(its, operator);
    const block = await connection.ethers.provider.getBlockNumber();
    await connection.networkHelpers.mine(50_000, { interval: 1 });
    expect(await connection.ethers.provider.getBlockNumber()).to.equal(block + 50_000);
    expect(await everythingOf(its, operator), "R38").to.deep.equal(before);
    await expect(asBob.claimExit(operator, epoch, accounts.bob), "R38")
      .to.be.revertedWithCustomError(pool, "StakingPoolImmature")
      .withArgs(epoch, await pool.startOf(epoch + 2n));
  });

  it("R38 passes with one late block as with many", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, asBob, connection, accounts } = its;
    await asBob.requestExit(operator, 200n * COIN);
    await connection.networkHelpers.time.setNextBlockTimestamp(await pool.startOf(epoch + 2n));
    await asBob.claimExit(operator, epoch, accounts.bob);
    expect(await pool.epoch(), "R38").to.equal(epoch + 2n);
  });
});
