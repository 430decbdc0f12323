import { expect } from "chai";

import {
  ALL,
  allocate,
  BOND,
  COIN,
  inEpoch,
  MAGNITUDE,
  NO_PENDING,
  now,
  pass,
  registerModule,
  registerOperator,
  stake,
} from "./fixture.js";
import { asCourt, coinOf, eventsOf, everythingOf, fromDayOne, giveCoin, slashOf } from "./pool.js";

describe("StakingPool: an operator's bond", () => {
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its);
    const epoch = await pass(its);
    return { operator, epoch, asAlice: its.stakingPool.connect(its.accounts.alice) };
  });

  describe("that grows", () => {
    it("takes all that comes along, and tells it", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, accounts, connection } = its;
      const adding = asAlice.addBond(operator, { value: 7n * COIN });
      expect(await eventsOf(its, adding)).to.deep.equal([["BondAdded", operator, 7n * COIN]]);
      await expect(adding).to.changeEtherBalances(
        connection.ethers,
        [accounts.alice, pool],
        [-7n * COIN, 7n * COIN],
      );
      expect(await pool.bondOf(operator)).to.equal(107n * COIN);
      expect((await pool.operatorOf(operator)).bond).to.equal(107n * COIN);
      expect([...(await pool.backingOf(operator))]).to.deep.equal([0n, 107n * COIN]);
      expect(await pool.exposureOf(operator)).to.equal(107n * COIN);
    });

    it("may grow by nothing", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator } = its;
      const before = await everythingOf(its, operator);
      await expect(asAlice.addBond(operator)).to.emit(pool, "BondAdded").withArgs(operator, 0n);
      expect(await everythingOf(its, operator)).to.deep.equal(before);
    });

    it("gives no votes and no shares", async () => {
      const { stakingPool: pool, asAlice, operator, accounts } = await load();
      await asAlice.addBond(operator, { value: COIN });
      expect(await pool.votesOf(operator)).to.equal(0n);
      expect(await pool.sharesOf(operator, accounts.alice)).to.equal(0n);
      expect((await pool.operatorOf(operator)).assets).to.equal(0n);
    });

    it("holds as many wei as 96 bits count, and not one more", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, accounts } = its;
      const most = 2n ** 96n - 1n - BOND;
      await giveCoin(its, accounts.alice, most + 1_000n * COIN);
      await expect(asAlice.addBond(operator, { value: most + 1n }))
        .to.be.revertedWithCustomError(pool, "SafeCastOverflowedUintDowncast")
        .withArgs(96, 2n ** 96n);
      await asAlice.addBond(operator, { value: most });
      expect(await pool.bondOf(operator)).to.equal(2n ** 96n - 1n);
      expect((await pool.operatorOf(operator)).commissionBps).to.equal(1_000n);
    });
  });

  describe("as it earns", () => {
    const earning = async (its: Awaited<ReturnType<typeof load>>) =>
      (await its.stakingPool.rewardBasisOf(its.operator)).bond;

    it("does not in the epoch in which the operator begins", async () => {
      const its = await load();
      const { stakingPool: pool } = its;
      const fresh = await registerOperator(its, { bond: 5n });
      expect((await pool.rewardBasisOf(fresh)).bond).to.equal(0n);
      await pass(its);
      expect((await pool.rewardBasisOf(fresh)).bond).to.equal(5n);
    });

    it("STK-12 counts what was there at the epoch's start: what comes in the epoch counts from the next", async () => {
      const its = await load();
      const { asAlice, operator } = its;
      expect(await earning(its), "STK-12").to.equal(BOND);
      await asAlice.addBond(operator, { value: 7n });
      await asAlice.addBond(operator, { value: 8n });
      expect(await earning(its), "STK-12").to.equal(BOND);
      await pass(its);
      expect(await earning(its), "STK-12").to.equal(BOND + 15n);
    });

    it("counts no more of it than is there now", async () => {
      const its = await load();
      const { asAlice, operator } = its;
      await asAlice.withdrawBond(operator, 60n * COIN);
      expect(await earning(its)).to.equal(40n * COIN);
      await asAlice.addBond(operator, { value: 50n * COIN });
      expect(await earning(its)).to.equal(90n * COIN);
      await asAlice.addBond(operator, { value: 50n * COIN });
      expect(await earning(its)).to.equal(BOND);
      await pass(its, 5n);
      expect(await earning(its)).to.equal(140n * COIN);
    });

    it("keeps the epoch's start through a slash and a new cut", async () => {
      const its = await load();
      const { asAlice, operator, epoch } = its;
      await asAlice.addBond(operator, { value: 50n * COIN });
      const court = await asCourt(its);
      await court.slash(slashOf(operator, epoch, 20n * COIN));
      await asAlice.setCommission(operator, 500);
      expect(await earning(its)).to.equal(BOND);
      await court.slash(slashOf(operator, epoch, 40n * COIN));
      expect(await earning(its)).to.equal(90n * COIN);
      await pass(its);
      expect(await earning(its)).to.equal(90n * COIN);
    });

    it("is what a slash left of it, from the first slash of an epoch on", async () => {
      const its = await load();
      const { asAlice, operator, epoch } = its;
      await (await asCourt(its)).slash(slashOf(operator, epoch, 30n * COIN));
      expect(await earning(its)).to.equal(70n * COIN);
      await asAlice.addBond(operator, { value: 50n * COIN });
      expect(await earning(its)).to.equal(BOND);
    });
  });

  describe("that leaves", () => {
    it("goes into the running epoch's bucket, for the owner", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, epoch, accounts, connection } = its;
      const { alice } = accounts;
      expect(await asAlice.withdrawBond.staticCall(operator, 30n)).to.equal(30n);
      const withdrawing = asAlice.withdrawBond(operator, 30n);
      expect(await eventsOf(its, withdrawing)).to.deep.equal([
        ["BondWithdrawn", operator, alice.address, epoch, 30n, 30n],
      ]);
      await expect(withdrawing).to.changeEtherBalance(connection.ethers, pool, 0n);
      expect(await pool.bondOf(operator)).to.equal(BOND - 30n);
      const maturity = await pool.startOf(epoch + 2n);
      expect([...(await pool.exitOf(operator, epoch, alice))]).to.deep.equal([30n, 30n, maturity]);
      expect(await pool.exposureOf(operator)).to.equal(BOND);
      expect([...(await pool.backingOf(operator))]).to.deep.equal([30n, BOND - 30n]);
    });

    it("is paid two epochs later, as any exit", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, epoch, accounts, connection } = its;
      await asAlice.withdrawBond(operator, BOND);
      const maturity = await pool.startOf(epoch + 2n);
      await inEpoch(its, epoch + 1n);
      await expect(asAlice.claimExit(operator, epoch, accounts.bob))
        .to.be.revertedWithCustomError(pool, "StakingPoolImmature")
        .withArgs(epoch, maturity);
      await inEpoch(its, epoch + 2n, 0);
      await expect(asAlice.claimExit(operator, epoch, accounts.bob)).to.changeEtherBalances(
        connection.ethers,
        [pool, accounts.bob],
        [-BOND, BOND],
      );
      expect(await coinOf(its, pool)).to.equal(0n);
    });

    it("may become stake", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, epoch, accounts } = its;
      await asAlice.withdrawBond(operator, 30n * COIN);
      await asAlice.restakeExit(operator, epoch, NO_PENDING);
      expect(await pool.stakeOf(operator, accounts.alice)).to.equal(30n * COIN);
      expect(await pool.bondOf(operator)).to.equal(70n * COIN);
    });

    it("shares the bucket with stakers, in parts that add up", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, epoch, accounts } = its;
      const { alice, bob } = accounts;
      await stake(its, bob, operator, 10n * COIN);
      await pool.connect(bob).requestExit(operator, 4n * COIN);
      await asAlice.withdrawBond(operator, 6n * COIN);
      await asAlice.withdrawBond(operator, 1n * COIN);
      expect((await pool.exitOf(operator, epoch, bob)).assets).to.equal(4n * COIN);
      expect((await pool.exitOf(operator, epoch, alice)).assets).to.equal(7n * COIN);
    });

    it("buys a slashed bucket's shares at their price", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, epoch, accounts } = its;
      const { alice, bob } = accounts;
      await stake(its, bob, operator, 10n * COIN);
      await pool.connect(bob).requestExit(operator, 10n * COIN);
      await (await asCourt(its)).slash(slashOf(operator, epoch, BOND + 5n * COIN));
      await asAlice.addBond(operator, { value: 3n * COIN });
      expect(await asAlice.withdrawBond.staticCall(operator, 3n * COIN)).to.equal(6n * COIN);
      await expect(asAlice.withdrawBond(operator, 3n * COIN))
        .to.emit(pool, "BondWithdrawn")
        .withArgs(operator, alice, epoch, 3n * COIN, 6n * COIN);
      expect((await pool.exitOf(operator, epoch, alice)).assets).to.equal(3n * COIN);
      expect((await pool.exitOf(operator, epoch, bob)).assets).to.equal(5n * COIN);
    });

    it("is as much as there is, and not a wei more", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, epoch } = its;
      for (const amount of [BOND + 1n, ALL]) {
        await expect(asAlice.withdrawBond(operator, amount))
          .to.be.revertedWithCustomError(pool, "StakingPoolInsufficientBond")
          .withArgs(operator, amount, BOND);
      }
      await asAlice.withdrawBond(operator, BOND);
      expect(await pool.bondOf(operator)).to.equal(0n);
      await expect(asAlice.withdrawBond(operator, 1n))
        .to.be.revertedWithCustomError(pool, "StakingPoolInsufficientBond")
        .withArgs(operator, 1n, 0n);
      await expect(asAlice.withdrawBond(operator, 0n))
        .to.emit(pool, "BondWithdrawn")
        .withArgs(operator, its.accounts.alice, epoch, 0n, 0n);
    });

    it("does so also from an operator who takes no more stake", async () => {
      const its = await load();
      const { stakingPool: pool, asAlice, operator, epoch, accounts } = its;
      await stake(its, accounts.bob, operator);
      await (await asCourt(its)).slash(slashOf(operator, epoch, BOND + 1_000n * COIN));
      expect((await pool.operatorOf(operator)).closed).to.equal(true);
      await asAlice.addBond(operator, { value: 5n });
      await asAlice.withdrawBond(operator, 5n);
      expect((await pool.exitOf(operator, epoch, accounts.alice)).assets).to.equal(5n);
    });
  });

  describe("that is encumbered", () => {
    const bound = async () => {
      const its = await load();
      const module = await registerModule(its);
      const registry = its.moduleRegistry.connect(its.accounts.alice);
      return { ...its, module, registry };
    };

    it("does not leave from the moment an allocation is asked for", async () => {
      const its = await bound();
      const { stakingPool: pool, asAlice, operator, module, registry } = its;
      await registry.optIn(operator, module);
      await asAlice.withdrawBond(operator, 1n);
      await registry.allocate(operator, module, 1n);
      for (const amount of [0n, 1n, BOND + 1n]) {
        await expect(asAlice.withdrawBond(operator, amount))
          .to.be.revertedWithCustomError(pool, "StakingPoolBondEncumbered")
          .withArgs(operator, 1n);
      }
    });

    it("says how much of the magnitude binds it", async () => {
      const its = await bound();
      const { stakingPool: pool, asAlice, operator, module } = its;
      const other = await registerModule(its);
      await allocate(its, operator, module, MAGNITUDE / 2n);
      await allocate(its, operator, other, MAGNITUDE / 4n);
      await expect(asAlice.withdrawBond(operator, 1n))
        .to.be.revertedWithCustomError(pool, "StakingPoolBondEncumbered")
        .withArgs(operator, (MAGNITUDE * 3n) / 4n);
    });

    it("R34 leaves in the second epoch after the last that had an allocation, once somebody syncs", async () => {
      const its = await bound();
      const { stakingPool: pool, moduleRegistry, asAlice, operator, module, registry } = its;
      await allocate(its, operator, module);
      const last = await pass(its, 3n);
      await registry.allocate(operator, module, 0n);
      const refuse = () =>
        expect(asAlice.withdrawBond(operator, 1n), "R34")
          .to.be.revertedWithCustomError(pool, "StakingPoolBondEncumbered")
          .withArgs(operator, MAGNITUDE);
      await refuse();
      // To the end of the epoch after it, whoever syncs.
      await inEpoch(its, last + 1n, 6 * 86_400);
      await moduleRegistry.sync(operator, module);
      await refuse();
      await inEpoch(its, last + 2n, 0);
      await refuse();
      await moduleRegistry.connect(its.accounts.stranger).sync(operator, module);
      await asAlice.withdrawBond(operator, BOND);
      expect(await pool.bondOf(operator)).to.equal(0n);
    });

    it("can be added to all the while", async () => {
      const its = await bound();
      const { stakingPool: pool, asAlice, operator, module } = its;
      await allocate(its, operator, module);
      await asAlice.addBond(operator, { value: 1n });
      expect(await pool.bondOf(operator)).to.equal(BOND + 1n);
    });
  });

  it("STK-12 is, at an epoch's very first second, what it was before", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, operator, epoch, connection } = its;
    const start = await pool.startOf(epoch + 1n);
    await connection.networkHelpers.time.setNextBlockTimestamp(start);
    await asAlice.addBond(operator, { value: 9n });
    expect(BigInt(await now(its))).to.equal(start);
    expect((await pool.rewardBasisOf(operator)).bond, "STK-12").to.equal(BOND);
  });
});
