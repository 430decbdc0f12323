import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import {
  COIN,
  MAGNITUDE,
  NO_PENDING,
  pass,
  propose,
  registerOperator,
  secured,
  STAKE,
  stake,
  untilReady,
} from "./fixture.js";
import { asCourt, eventsOf, fromDayOne, giveCoin, slashOf } from "./pool.js";

/** Bob has 1,000 with an operator without a bond. */
async function staked(its: Identity) {
  const operator = await registerOperator(its, { bond: 0n });
  await stake(its, its.accounts.bob, operator);
  const epoch = await pass(its);
  const { stakingPool: pool } = its;
  const closed = async () => (await pool.operatorOf(operator)).closed;
  return { operator, epoch, court: await asCourt(its), closed };
}

describe("StakingPool: an operator whom slashes have left too little", () => {
  const load = fromDayOne(staked);
  /** What 1,000 coins' shares are worth at a millionth of a wei each. */
  const LEAST_ASSETS = STAKE / 1_000_000n;
  const LEAST_MAGNITUDE = MAGNITUDE / 10_000n;
  /** A magnitude of which a millionth is enough, so that only the price may close him. */
  const PLENTY = { magnitude: 1_000n * MAGNITUDE, total: 1_000n * MAGNITUDE };

  it("is open while a share is worth a millionth of a wei", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, closed, accounts } = its;
    const slashing = court.slash(slashOf(operator, epoch, STAKE - LEAST_ASSETS, PLENTY));
    expect(await eventsOf(its, slashing)).to.deep.equal([
      ["Slashed", operator, epoch, 0n, STAKE - LEAST_ASSETS, 0n, 0n],
      ["Burned", pool.target, STAKE - LEAST_ASSETS],
    ]);
    expect(await closed()).to.equal(false);
    const asCarol = pool.connect(accounts.carol);
    await asCarol.stake(operator, NO_PENDING, { value: COIN });
    expect(await pool.sharesOf(operator, accounts.carol)).to.equal(COIN * 1_000_000n);
  });

  it("is closed once it is worth less", async () => {
    const its = await load();
    const { operator, epoch, court, closed } = its;
    const slashing = court.slash(slashOf(operator, epoch, STAKE - LEAST_ASSETS + 1n, PLENTY));
    expect((await eventsOf(its, slashing)).slice(0, 2)).to.deep.equal([
      ["OperatorClosed", operator],
      ["Slashed", operator, epoch, 0n, STAKE - LEAST_ASSETS + 1n, 0n, 0n],
    ]);
    expect(await closed()).to.equal(true);
  });

  it("is open while he has a ten-thousandth of his magnitude", async () => {
    const { stakingPool: pool, operator, epoch, court, closed } = await load();
    const total = 2n * LEAST_MAGNITUDE;
    const terms = { ...slashOf(operator, epoch, STAKE / 2n), magnitude: total, total };
    const { reduction } = await court.slash.staticCall(terms);
    expect(reduction).to.equal(LEAST_MAGNITUDE);
    await expect(court.slash(terms)).not.to.emit(pool, "OperatorClosed");
    expect(await closed()).to.equal(false);
  });

  it("is closed once he has a unit less", async () => {
    const { stakingPool: pool, operator, epoch, court, closed } = await load();
    const total = 2n * LEAST_MAGNITUDE;
    const terms = { ...slashOf(operator, epoch, STAKE / 2n + 1n), magnitude: total, total };
    const { reduction } = await court.slash.staticCall(terms);
    expect(reduction).to.equal(LEAST_MAGNITUDE + 1n);
    await expect(court.slash(terms)).to.emit(pool, "OperatorClosed").withArgs(operator);
    expect(await closed()).to.equal(true);
  });

  it("is closed by his magnitude also where nobody is active", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, closed, accounts } = its;
    await pool.connect(accounts.bob).requestExit(operator, STAKE);
    await expect(court.slash(slashOf(operator, epoch, STAKE / 2n))).not.to.emit(
      pool,
      "OperatorClosed",
    );
    expect(await closed(), "no share, so no price").to.equal(false);
    const few = { magnitude: LEAST_MAGNITUDE, total: LEAST_MAGNITUDE };
    await expect(court.slash(slashOf(operator, epoch, 1n, few)))
      .to.emit(pool, "OperatorClosed")
      .withArgs(operator);
    expect(await closed()).to.equal(true);
  });

  it("is closed by the wei of a rounding where next to nothing is active", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, closed, accounts } = its;
    await pool.connect(accounts.bob).requestExit(operator, STAKE - 1n);
    // Buckets round down, so that the last wei of stake pays what they do not.
    await expect(court.slash(slashOf(operator, epoch, STAKE / 5n)))
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, 0n, 1n, STAKE / 5n - 1n, 0n);
    expect(await closed()).to.equal(true);
  });

  it("is not closed by a slash that only the bond paid", async () => {
    const { stakingPool: pool, operator, epoch, court, closed, accounts } = await load();
    await pool.connect(accounts.alice).addBond(operator, { value: COIN });
    const few = { magnitude: 1n, total: 1n };
    await expect(court.slash(slashOf(operator, epoch, COIN, few))).not.to.emit(
      pool,
      "OperatorClosed",
    );
    expect(await closed()).to.equal(false);
  });

  describe("once he is closed", () => {
    const closing = async () => {
      const its = await load();
      await its.court.slash(slashOf(its.operator, its.epoch, STAKE - 5n));
      expect(await its.closed()).to.equal(true);
      return its;
    };

    it("takes no stake, be the price what it may", async () => {
      const its = await closing();
      const { stakingPool: pool, operator, accounts } = its;
      for (const later of [0n, 1n, 10n]) {
        if (later !== 0n) await pass(its, later);
        await expect(pool.connect(accounts.carol).stake(operator, NO_PENDING, { value: COIN }))
          .to.be.revertedWithCustomError(pool, "StakingPoolOperatorClosed")
          .withArgs(operator);
      }
      // Even when nobody is left.
      await pool.connect(accounts.bob).requestExit(operator, STAKE);
      await expect(pool.connect(accounts.carol).stake(operator, NO_PENDING, { value: COIN }))
        .to.be.revertedWithCustomError(pool, "StakingPoolOperatorClosed")
        .withArgs(operator);
    });

    it("STK-10 lets all of it out, and pays it", async () => {
      const its = await closing();
      const { stakingPool: pool, operator, epoch, accounts } = its;
      const asBob = pool.connect(accounts.bob);
      await asBob.requestExit(operator, STAKE - 1n);
      await asBob.requestExit(operator, 1n);
      expect((await pool.exitOf(operator, epoch, accounts.bob)).assets, "STK-10").to.equal(5n);
      expect((await pool.operatorOf(operator)).closed).to.equal(true);
      await pass(its, 2n);
      await expect(asBob.claimExit(operator, epoch, accounts.bob), "STK-10")
        .to.emit(pool, "ExitClaimed")
        .withArgs(operator, accounts.bob, epoch, accounts.bob, 5n);
    });

    it("is slashed on, and told to be closed no second time", async () => {
      const its = await closing();
      const { stakingPool: pool, operator, epoch, court } = its;
      expect(await eventsOf(its, court.slash(slashOf(operator, epoch, 5n)))).to.deep.equal([
        ["Slashed", operator, epoch, 0n, 5n, 0n, 0n],
        ["Burned", pool.target, 5n],
      ]);
    });

    it("STK-10 lets go also who has nothing left", async () => {
      const its = await closing();
      const { stakingPool: pool, operator, epoch, court, accounts } = its;
      await court.slash(slashOf(operator, epoch, 5n));
      const asking = pool.connect(accounts.bob).requestExit(operator, STAKE);
      expect(await eventsOf(its, asking), "STK-10").to.deep.equal([
        ["ExitRequested", operator, accounts.bob.address, epoch, STAKE, 0n, 0n],
      ]);
      expect(await pool.sharesOf(operator, accounts.bob)).to.equal(0n);
      expect(await pool.stakeOf(operator, accounts.bob)).to.equal(0n);
      await pass(its, 2n);
      await expect(pool.connect(accounts.bob).claimExit(operator, epoch, accounts.bob))
        .to.be.revertedWithCustomError(pool, "StakingPoolNoExit")
        .withArgs(operator, epoch, accounts.bob);
    });

    it("leaves his owner free to register anew", async () => {
      const its = await closing();
      const { stakingPool: pool, operator } = its;
      const next = await registerOperator(its, { bond: 0n });
      expect(next).to.equal(operator + 1n);
      await stake(its, its.accounts.carol, next);
      expect(await pool.stakeOf(next, its.accounts.carol)).to.equal(STAKE);
    });
  });
});

describe("StakingPool: an operator whom one module slashes for all it may, epoch after epoch", () => {
  const load = fromDayOne(async (its) => secured(its, { operator: { bond: 0n } }));

  it("is closed by the first slash that leaves less than a ten-thousandth", async function () {
    this.timeout(60_000);
    const its = await load();
    const { stakingPool: pool, moduleRegistry, slashCourt, operator, module, accounts } = its;
    await giveCoin(its, accounts.arbiter, 1_000n * COIN);
    let slashes = 0;
    for (let epoch = its.epoch; !(await pool.operatorOf(operator)).closed; ++slashes) {
      expect(await moduleRegistry.totalOf(operator)).to.be.greaterThanOrEqual(MAGNITUDE / 10_000n);
      const amount = await slashCourt.proposableOf(module, operator, epoch);
      const proposal = await propose(its, { operator, module }, amount);
      await untilReady(its, proposal);
      await slashCourt.execute(proposal);
      epoch = await pass(its);
    }
    // 0.8 to the power of 41 is above 1e-4, of 42 below it.
    expect(slashes).to.equal(42);
    expect(await moduleRegistry.totalOf(operator)).to.be.lessThan(MAGNITUDE / 10_000n);
    const { assets, shares } = await pool.operatorOf(operator);
    expect(assets * 1_000_000n, "it is not the price that closed him").to.be.greaterThan(shares);
    // What is left can leave.
    const { bob, carol } = accounts;
    for (const who of [bob, carol]) {
      await pool.connect(who).requestExit(operator, await pool.sharesOf(operator, who));
    }
    expect(await pool.votesOf(operator)).to.equal(0n);
  });
});
