import { expect } from "chai";
import { ZeroAddress } from "ethers";

import type { Identity } from "../identity/fixture.js";
import { BOND, COIN, pass, registerOperator, STAKE, stake } from "./fixture.js";
import { asCourt, coinOf, eventsOf, forceCoin, fromDayOne, type Slash, slashOf } from "./pool.js";

/** Alice's bond is 100, Bob's stake 1,000; half of what is slashed of the bond is Kim's, unless told otherwise. */
async function prepare(its: Identity) {
  const operator = await registerOperator(its);
  await stake(its, its.accounts.bob, operator);
  const epoch = await pass(its);
  const court = await asCourt(its);
  const terms = (amount: bigint, rest: Partial<Slash> = {}) =>
    slashOf(operator, epoch, amount, { victims: its.accounts.kim, victimBps: 5_000, ...rest });
  return { operator, epoch, court, terms };
}

describe("StakingPool: compensation", () => {
  const load = fromDayOne(prepare);

  it("is the victims' part of what was taken from the bond; the rest is burned", async () => {
    const its = await load();
    const { stakingPool: pool, iotxBurner, operator, epoch, court, terms, connection } = its;
    const slashing = court.slash(terms(40n * COIN, { victimBps: 2_500 }));
    expect(await eventsOf(its, slashing)).to.deep.equal([
      ["Slashed", operator, epoch, 40n * COIN, 0n, 0n, 10n * COIN],
      ["Burned", pool.target, 30n * COIN],
    ]);
    await expect(slashing).to.changeEtherBalances(
      connection.ethers,
      [pool, iotxBurner],
      [-30n * COIN, 30n * COIN],
    );
    expect(await pool.compensationOf(its.accounts.kim)).to.equal(10n * COIN);
  });

  it("STK-14 is nothing of what was taken from stakers", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, terms, accounts } = its;
    const slashing = court.slash(terms(BOND + 70n * COIN));
    expect(await eventsOf(its, slashing), "STK-14").to.deep.equal([
      ["Slashed", operator, epoch, BOND, 70n * COIN, 0n, BOND / 2n],
      ["Burned", pool.target, BOND / 2n + 70n * COIN],
    ]);
    await court.slash(terms(70n * COIN));
    expect(await pool.compensationOf(accounts.kim), "STK-14").to.equal(BOND / 2n);
  });

  it("R25 is rounded down", async () => {
    const { stakingPool: pool, court, terms, accounts } = await load();
    for (const [amount, victimBps, credited] of [
      [1n, 5_000, 0n],
      [3n, 5_000, 1n],
      [3n, 3_333, 0n],
      [4n, 3_333, 1n],
      [9_999n, 1, 0n],
      [10_000n, 1, 1n],
    ] as const) {
      const before = await pool.compensationOf(accounts.kim);
      await court.slash(terms(amount, { victimBps }));
      const after = await pool.compensationOf(accounts.kim);
      expect(after - before, `${String(victimBps)} of ${String(amount)}`).to.equal(credited);
    }
  });

  it("is nobody's where a module names no victims", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court } = its;
    const slashing = court.slash(slashOf(operator, epoch, 40n * COIN));
    expect(await eventsOf(its, slashing)).to.deep.equal([
      ["Slashed", operator, epoch, 40n * COIN, 0n, 0n, 0n],
      ["Burned", pool.target, 40n * COIN],
    ]);
    expect(await pool.compensationOf(ZeroAddress)).to.equal(0n);
  });

  it("adds up for one address over modules and operators, and is apart for another", async () => {
    const its = await load();
    const { stakingPool: pool, epoch, court, terms, accounts } = its;
    const { kim, judy, erin } = accounts;
    const other = await registerOperator(its, { owner: erin });
    await court.slash(terms(10n * COIN));
    await court.slash(terms(6n * COIN, { victimBps: 1_000 }));
    await court.slash(slashOf(other, epoch, 4n * COIN, { victims: kim.address, victimBps: 5_000 }));
    await court.slash(terms(2n * COIN, { victims: judy.address }));
    expect(await pool.compensationOf(kim)).to.equal(7_600_000_000_000_000_000n);
    expect(await pool.compensationOf(judy)).to.equal(COIN);
  });

  describe("with other proposals open", () => {
    /** What a slash of 40 of the bond's 100 credits while others could take `open`. */
    async function credited(open: bigint, amount = 40n * COIN): Promise<bigint> {
      const its = await load();
      const { stakingPool: pool, operator, epoch, court, terms, accounts } = its;
      if (open > 1n) await court.openProposal(operator, open - 1n, epoch, epoch);
      if (open > 0n) await court.openProposal(operator, 1n, epoch + 1n, epoch);
      await court.slash(terms(amount));
      return pool.compensationOf(accounts.kim);
    }

    it("is whole while the bond that is left covers them", async () => {
      expect(await credited(0n)).to.equal(20n * COIN);
      expect(await credited(59n * COIN)).to.equal(20n * COIN);
      expect(await credited(60n * COIN)).to.equal(20n * COIN);
    });

    it("STK-14 is nothing of what they may still take of the bond", async () => {
      expect(await credited(60n * COIN + 2n), "STK-14").to.equal(20n * COIN - 1n);
      expect(await credited(80n * COIN), "STK-14").to.equal(10n * COIN);
      expect(await credited(100n * COIN - 2n), "STK-14").to.equal(1n);
      expect(await credited(100n * COIN), "STK-14").to.equal(0n);
      expect(await credited(101n * COIN), "STK-14").to.equal(0n);
      expect(await credited(STAKE), "STK-14").to.equal(0n);
    });

    it("STK-14 counts the whole bond, where the slash takes all of it", async () => {
      expect(await credited(0n, STAKE), "STK-14").to.equal(50n * COIN);
      expect(await credited(2n, STAKE), "STK-14").to.equal(50n * COIN - 1n);
      expect(await credited(100n * COIN, STAKE), "STK-14").to.equal(0n);
    });

    it("does not count the one that is carried out", async () => {
      const its = await load();
      const { stakingPool: pool, operator, epoch, court, terms, accounts } = its;
      await court.openProposal(operator, 40n * COIN, epoch, epoch);
      await court.openProposal(operator, 60n * COIN, epoch, epoch);
      await court.slash(terms(40n * COIN, { expiry: epoch }));
      expect(await pool.compensationOf(accounts.kim)).to.equal(20n * COIN);
      expect(await pool.pendingOf(operator)).to.equal(60n * COIN);
    });

    it("does not count those against another operator", async () => {
      const its = await load();
      const { stakingPool: pool, epoch, court, terms, accounts } = its;
      const other = await registerOperator(its, { owner: accounts.erin });
      await court.openProposal(other, STAKE, epoch, epoch);
      await court.slash(terms(40n * COIN));
      expect(await pool.compensationOf(accounts.kim)).to.equal(20n * COIN);
    });
  });
});

describe("StakingPool: withdrawing compensation", () => {
  /** 20 coins wait for Kim. */
  const load = fromDayOne(async (its) => {
    const prepared = await prepare(its);
    await prepared.court.slash(prepared.terms(40n * COIN));
    return { ...prepared, asKim: its.stakingPool.connect(its.accounts.kim) };
  });
  const OWED = 20n * COIN;

  it("pays all of it to whom the victim names, and tells it", async () => {
    const its = await load();
    const { stakingPool: pool, asKim, accounts, connection } = its;
    const { kim, dave } = accounts;
    expect(await asKim.withdrawCompensation.staticCall(dave)).to.equal(OWED);
    const withdrawing = asKim.withdrawCompensation(dave);
    expect(await eventsOf(its, withdrawing)).to.deep.equal([
      ["CompensationWithdrawn", kim.address, dave.address, OWED],
    ]);
    await expect(withdrawing).to.changeEtherBalances(
      connection.ethers,
      [pool, dave, kim],
      [-OWED, OWED, 0n],
    );
    expect(await pool.compensationOf(kim)).to.equal(0n);
  });

  it("pays the victim himself at anyone's word", async () => {
    const its = await load();
    const { stakingPool, accounts, connection } = its;
    const { kim, stranger } = accounts;
    const pool = stakingPool.connect(stranger);
    expect(await pool.withdrawCompensationFor.staticCall(kim)).to.equal(OWED);
    const withdrawing = pool.withdrawCompensationFor(kim);
    expect(await eventsOf(its, withdrawing)).to.deep.equal([
      ["CompensationWithdrawn", kim.address, kim.address, OWED],
    ]);
    await expect(withdrawing).to.changeEtherBalances(
      connection.ethers,
      [pool, kim, stranger],
      [-OWED, OWED, 0n],
    );
    expect(await pool.compensationOf(kim)).to.equal(0n);
  });

  it("pays nothing to who is owed nothing, and says nothing", async () => {
    const its = await load();
    const { stakingPool, accounts, connection } = its;
    const { stranger, kim } = accounts;
    const pool = stakingPool.connect(stranger);
    expect(await pool.withdrawCompensation.staticCall(kim)).to.equal(0n);
    for (const withdrawing of [
      pool.withdrawCompensation(kim),
      pool.withdrawCompensationFor(stranger),
      pool.withdrawCompensationFor(ZeroAddress),
    ]) {
      expect(await eventsOf(its, withdrawing)).to.deep.equal([]);
      await expect(withdrawing).to.changeEtherBalance(connection.ethers, pool, 0n);
    }
    expect(await pool.compensationOf(kim)).to.equal(OWED);
  });

  it("R21 pays once", async () => {
    const its = await load();
    const { stakingPool: pool, asKim, accounts, connection } = its;
    await asKim.withdrawCompensation(accounts.kim);
    for (const again of [
      asKim.withdrawCompensation(accounts.kim),
      pool.withdrawCompensationFor(accounts.kim),
    ]) {
      expect(await eventsOf(its, again)).to.deep.equal([]);
      await expect(again).to.changeEtherBalance(connection.ethers, pool, 0n);
    }
  });

  it("pays what comes later too", async () => {
    const its = await load();
    const { stakingPool: pool, asKim, court, terms, accounts } = its;
    await asKim.withdrawCompensation(accounts.kim);
    await court.slash(terms(2n * COIN));
    expect(await pool.compensationOf(accounts.kim)).to.equal(COIN);
    expect(await asKim.withdrawCompensation.staticCall(accounts.kim)).to.equal(COIN);
  });

  it("R22 STK-01 leaves everybody else's coin, and none of what was forced in is owed", async () => {
    const its = await load();
    const { stakingPool: pool, asKim, operator, accounts } = its;
    await forceCoin(its, pool, 3n * COIN);
    await asKim.withdrawCompensation(accounts.kim);
    const owed = (await pool.bondOf(operator)) + (await pool.votesOf(operator));
    expect(owed).to.equal(60n * COIN + STAKE);
    expect(await coinOf(its, pool), "STK-01").to.equal(owed + 3n * COIN);
  });
});
