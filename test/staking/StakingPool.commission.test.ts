import { expect } from "chai";

import { inEpoch, pass, registerOperator } from "./fixture.js";
import { asCourt, eventsOf, fromDayOne, slashOf } from "./pool.js";

describe("StakingPool: an operator's cut", () => {
  /** Alice's cut is 10 %, and it is the epoch after she registered. */
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its);
    const epoch = await pass(its);
    const { stakingPool: pool, accounts } = its;
    /** The cut now, the higher one that was asked for, and from when. */
    const cut = async () => {
      const { commissionBps, nextCommissionBps, nextCommissionEpoch } =
        await pool.operatorOf(operator);
      expect((await pool.rewardBasisOf(operator)).commissionBps).to.equal(commissionBps);
      return [commissionBps, nextCommissionBps, nextCommissionEpoch];
    };
    const set = (bps: number) => pool.connect(accounts.alice).setCommission(operator, bps);
    return { operator, epoch, cut, set };
  });

  it("is what the operator registered with, however many epochs pass", async () => {
    const its = await load();
    const { cut } = its;
    for (const epochs of [0n, 1n, 1n, 1n, 50n]) {
      if (epochs !== 0n) await pass(its, epochs);
      expect(await cut()).to.deep.equal([1_000n, 1_000n, 0n]);
    }
  });

  it("falls at once", async () => {
    const its = await load();
    const { cut, set, operator, epoch } = its;
    expect(await eventsOf(its, set(999))).to.deep.equal([["CommissionSet", operator, 999n, epoch]]);
    expect(await cut()).to.deep.equal([999n, 999n, 0n]);
    await set(0);
    expect(await cut()).to.deep.equal([0n, 0n, 0n]);
    await pass(its, 3n);
    expect(await cut()).to.deep.equal([0n, 0n, 0n]);
  });

  it("rises at the start of the epoch after the next, and not a second before", async () => {
    const its = await load();
    const { cut, set, operator, epoch, connection, stakingPool } = its;
    expect(await eventsOf(its, set(1_001))).to.deep.equal([
      ["CommissionSet", operator, 1_001n, epoch + 2n],
    ]);
    expect(await cut()).to.deep.equal([1_000n, 1_001n, epoch + 2n]);
    await inEpoch(its, epoch + 1n);
    expect(await cut()).to.deep.equal([1_000n, 1_001n, epoch + 2n]);
    const begins = await stakingPool.startOf(epoch + 2n);
    await connection.networkHelpers.time.increaseTo(begins - 1n);
    expect(await cut()).to.deep.equal([1_000n, 1_001n, epoch + 2n]);
    await connection.networkHelpers.time.increaseTo(begins);
    expect(await cut()).to.deep.equal([1_001n, 1_001n, 0n]);
    await pass(its, 30n);
    expect(await cut()).to.deep.equal([1_001n, 1_001n, 0n]);
  });

  it("rises in time also if other things are written down meanwhile", async () => {
    const its = await load();
    const { cut, set, operator, epoch, stakingPool, accounts } = its;
    const asAlice = stakingPool.connect(accounts.alice);
    await set(2_000);
    await asAlice.addBond(operator, { value: 1n });
    expect(await cut()).to.deep.equal([1_000n, 2_000n, epoch + 2n]);
    await pass(its);
    await asAlice.withdrawBond(operator, 1n);
    await (await asCourt(its)).slash(slashOf(operator, epoch, 1n));
    expect(await cut()).to.deep.equal([1_000n, 2_000n, epoch + 2n]);
    await pass(its);
    expect(await cut()).to.deep.equal([2_000n, 2_000n, 0n]);
    await asAlice.addBond(operator, { value: 1n });
    expect(await cut()).to.deep.equal([2_000n, 2_000n, 0n]);
  });

  it("rises in time also if the first to be written is long after", async () => {
    const its = await load();
    const { cut, set, operator, stakingPool, accounts } = its;
    await set(2_000);
    await pass(its, 5n);
    await stakingPool.connect(accounts.alice).addBond(operator, { value: 1n });
    expect(await cut()).to.deep.equal([2_000n, 2_000n, 0n]);
  });

  it("is replaced by a later rise, which has its own time", async () => {
    const its = await load();
    const { cut, set, operator, epoch } = its;
    await set(2_000);
    await set(3_000);
    expect(await cut()).to.deep.equal([1_000n, 3_000n, epoch + 2n]);
    await pass(its);
    expect(await eventsOf(its, set(1_500))).to.deep.equal([
      ["CommissionSet", operator, 1_500n, epoch + 3n],
    ]);
    expect(await cut()).to.deep.equal([1_000n, 1_500n, epoch + 3n]);
    await inEpoch(its, epoch + 2n);
    expect(await cut()).to.deep.equal([1_000n, 1_500n, epoch + 3n]);
    await inEpoch(its, epoch + 3n);
    expect(await cut()).to.deep.equal([1_500n, 1_500n, 0n]);
  });

  it("forgets a rise for a lower one", async () => {
    const its = await load();
    const { cut, set, operator, epoch } = its;
    await set(2_000);
    await pass(its);
    expect(await eventsOf(its, set(900))).to.deep.equal([
      ["CommissionSet", operator, 900n, epoch + 1n],
    ]);
    expect(await cut()).to.deep.equal([900n, 900n, 0n]);
    await pass(its, 2n);
    expect(await cut()).to.deep.equal([900n, 900n, 0n]);
  });

  it("forgets a rise if it is asked to be what it is", async () => {
    const its = await load();
    const { cut, set, operator, epoch } = its;
    await set(2_000);
    expect(await eventsOf(its, set(1_000))).to.deep.equal([
      ["CommissionSet", operator, 1_000n, epoch],
    ]);
    expect(await cut()).to.deep.equal([1_000n, 1_000n, 0n]);
    await pass(its, 2n);
    expect(await cut()).to.deep.equal([1_000n, 1_000n, 0n]);
  });

  it("does not rise again at once after it fell", async () => {
    const its = await load();
    const { cut, set, epoch } = its;
    await set(500);
    await set(1_000);
    expect(await cut()).to.deep.equal([500n, 1_000n, epoch + 2n]);
    await pass(its, 2n);
    expect(await cut()).to.deep.equal([1_000n, 1_000n, 0n]);
  });

  it("rises from what it is by then, not from what was written last", async () => {
    const its = await load();
    const { cut, set, operator, epoch } = its;
    await set(2_000);
    await pass(its, 2n);
    // Lower than the rise that has begun, though higher than the old cut: it falls.
    expect(await eventsOf(its, set(1_500))).to.deep.equal([
      ["CommissionSet", operator, 1_500n, epoch + 2n],
    ]);
    expect(await cut()).to.deep.equal([1_500n, 1_500n, 0n]);
  });

  it("is 30 % at most", async () => {
    const its = await load();
    const { stakingPool: pool, cut, set, epoch } = its;
    for (const bps of [3_001, 65_535]) {
      await expect(set(bps))
        .to.be.revertedWithCustomError(pool, "StakingPoolCommissionTooHigh")
        .withArgs(bps, 3_000);
    }
    await set(3_000);
    expect(await cut()).to.deep.equal([1_000n, 3_000n, epoch + 2n]);
    await inEpoch(its, epoch + 2n, 0);
    expect(await cut()).to.deep.equal([3_000n, 3_000n, 0n]);
  });

  it("is nobody else's to set", async () => {
    const { stakingPool: pool, operator, accounts } = await load();
    for (const who of [accounts.bob, accounts.admin, accounts.guardian]) {
      await expect(pool.connect(who).setCommission(operator, 0))
        .to.be.revertedWithCustomError(pool, "OwnedIdsUnauthorized")
        .withArgs(operator, who);
    }
  });

  it("leaves the bond as it is", async () => {
    const its = await load();
    const { stakingPool: pool, operator, set } = its;
    const before = await pool.rewardBasisOf(operator);
    await set(2_000);
    await set(5);
    expect(await pool.bondOf(operator)).to.equal(before.bond);
    expect((await pool.rewardBasisOf(operator)).bond).to.equal(before.bond);
  });
});
