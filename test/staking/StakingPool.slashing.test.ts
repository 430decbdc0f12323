import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { BOND, COIN, inEpoch, MAGNITUDE, pass, registerOperator, STAKE, stake } from "./fixture.js";
import {
  as,
  asCourt,
  coinOf,
  eventsOf,
  everythingOf,
  fromDayOne,
  holdingOf,
  type Slash,
  slashOf,
} from "./pool.js";

/** What the burner has, of all and of the pool's. */
async function burned(its: Identity): Promise<bigint[]> {
  const { stakingPool, iotxBurner } = its;
  return [await coinOf(its, iotxBurner), await iotxBurner.burnedBy(stakingPool)];
}

describe("StakingPool: what only the court does", () => {
  const load = fromDayOne(async (its) => ({ operator: await registerOperator(its) }));

  it("R47 is done by nobody else", async () => {
    const its = await load();
    const { stakingPool, moduleRegistry, moduleRewards, operator, accounts } = its;
    const { deployer, admin, guardian, alice, arbiter, judy } = accounts;
    const epoch = await stakingPool.epoch();
    const contracts = [await as(its, moduleRegistry), await as(its, moduleRewards)];
    for (const who of [deployer, admin, guardian, alice, arbiter, judy, ...contracts]) {
      const pool = stakingPool.connect(who);
      for (const attempt of [
        () => pool.openProposal(operator, 1n, epoch, epoch),
        () => pool.closeProposal(operator, 1n, epoch),
        () => pool.slash(slashOf(operator, epoch, 1n)),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(pool, "StakingPoolUnauthorized")
          .withArgs(who);
      }
    }
  });
});

describe("StakingPool: a slash of the bond", () => {
  /** Alice's bond is 100, Bob has staked 1,000 with her. */
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its);
    await stake(its, its.accounts.bob, operator);
    const epoch = await pass(its);
    return { operator, epoch, court: await asCourt(its) };
  });

  it("takes the bond first, burns it, and leaves stakers alone", async () => {
    const its = await load();
    const { stakingPool: pool, iotxBurner, operator, epoch, court, connection } = its;
    const terms = slashOf(operator, epoch, 40n * COIN);
    const before = await everythingOf(its, operator);
    expect([...(await court.slash.staticCall(terms))]).to.deep.equal([40n * COIN, 0n, 0n]);
    const slashing = court.slash(terms);
    expect(await eventsOf(its, slashing)).to.deep.equal([
      ["Slashed", operator, epoch, 40n * COIN, 0n, 0n, 0n],
      ["Burned", pool.target, 40n * COIN],
    ]);
    await expect(slashing).to.changeEtherBalances(
      connection.ethers,
      [pool, iotxBurner],
      [-40n * COIN, 40n * COIN],
    );
    expect(await burned(its)).to.deep.equal([40n * COIN, 40n * COIN]);
    const left = 60n * COIN;
    expect(await everythingOf(its, operator)).to.deep.equal({
      ...before,
      details: { ...before.details, bond: left },
      bond: left,
      backing: [STAKE, left],
      exposure: STAKE + left,
      basis: { ...before.basis, bond: left },
    });
  });

  it("takes all of it before a wei of stake", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court } = its;
    await expect(court.slash(slashOf(operator, epoch, BOND)))
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, BOND, 0n, 0n, 0n);
    expect(await pool.votesOf(operator)).to.equal(STAKE);
    expect(await pool.bondOf(operator)).to.equal(0n);
  });

  it("takes a wei of stake where the bond is a wei short", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court } = its;
    const terms = slashOf(operator, epoch, BOND + 1n);
    // A wei of a thousand coins is a hundred-thousandth of a unit of magnitude, rounded up.
    expect([...(await court.slash.staticCall(terms))]).to.deep.equal([BOND, 1n, 1n]);
    await expect(court.slash(terms))
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, BOND, 1n, 0n, 0n);
    expect(await pool.votesOf(operator)).to.equal(STAKE - 1n);
    expect(await burned(its)).to.deep.equal([BOND + 1n, BOND + 1n]);
  });

  it("takes what there is, and says so", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court } = its;
    await court.slash(slashOf(operator, epoch, 2n * BOND + 2n * STAKE));
    expect(await burned(its)).to.deep.equal([BOND + STAKE, BOND + STAKE]);
    const nothing = court.slash(slashOf(operator, epoch, COIN));
    expect(await eventsOf(its, nothing)).to.deep.equal([
      ["Slashed", operator, epoch, 0n, 0n, 0n, 0n],
      ["Burned", pool.target, 0n],
    ]);
    expect(await coinOf(its, pool)).to.equal(0n);
  });

  it("takes nothing of another operator", async () => {
    const its = await load();
    const { operator, epoch, court } = its;
    const other = await registerOperator(its, { owner: its.accounts.erin });
    await stake(its, its.accounts.carol, other);
    const before = await everythingOf(its, other);
    await court.slash(slashOf(operator, epoch, BOND + STAKE));
    expect(await everythingOf(its, other)).to.deep.equal(before);
  });
});

describe("StakingPool: a slash of stake", () => {
  /**
   * Bob, Carol and Dave have 1,000 each with an operator without a bond. Of it, 100 went out in the epoch before, 500 in
   * the epoch of the offence and 300 in the running one: 2,900 answer.
   */
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its, { bond: 0n });
    const { stakingPool: pool, accounts } = its;
    const { bob, carol, dave } = accounts;
    for (const who of [bob, carol, dave]) await stake(its, who, operator);
    const before = await pass(its);
    await pool.connect(dave).requestExit(operator, 100n * COIN);
    const epoch = await pass(its);
    await pool.connect(bob).requestExit(operator, 500n * COIN);
    const running = await pass(its);
    await pool.connect(carol).requestExit(operator, 300n * COIN);
    const court = await asCourt(its);
    const exits = async () => [
      (await pool.exitOf(operator, before, dave)).assets,
      (await pool.exitOf(operator, epoch, bob)).assets,
      (await pool.exitOf(operator, running, carol)).assets,
    ];
    const slash = (amount: bigint, rest: Partial<Slash> = {}) =>
      slashOf(operator, epoch, amount, rest);
    return { operator, before, epoch, running, court, exits, slash };
  });
  const ACTIVE = 2_100n * COIN;
  const ANSWERING = 2_900n * COIN;

  it("falls on active stake and on the buckets of the offence's epoch and the next, in proportion", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, exits, slash } = its;
    expect(await pool.answeringOf(operator, epoch)).to.equal(ANSWERING);
    const answer = await court.slash.staticCall(slash(290n * COIN));
    expect([...answer]).to.deep.equal([0n, 290n * COIN, MAGNITUDE / 10n]);
    const slashing = court.slash(slash(290n * COIN));
    expect(await eventsOf(its, slashing)).to.deep.equal([
      ["Slashed", operator, epoch, 0n, 210n * COIN, 80n * COIN, 0n],
      ["Burned", pool.target, 290n * COIN],
    ]);
    expect(await pool.votesOf(operator)).to.equal(ACTIVE - 210n * COIN);
    expect(await exits()).to.deep.equal([100n * COIN, 450n * COIN, 270n * COIN]);
    expect(await burned(its)).to.deep.equal([290n * COIN, 290n * COIN]);
  });

  it("of the running epoch's offence does not fall on the bucket before", async () => {
    const its = await load();
    const { stakingPool: pool, operator, running, court, exits } = its;
    expect(await pool.answeringOf(operator, running)).to.equal(2_400n * COIN);
    await expect(court.slash(slashOf(operator, running, 240n * COIN)))
      .to.emit(pool, "Slashed")
      .withArgs(operator, running, 0n, 210n * COIN, 30n * COIN, 0n);
    expect(await exits()).to.deep.equal([100n * COIN, 500n * COIN, 270n * COIN]);
  });

  it("of the epoch before would fall on that epoch's bucket, and not on the running one's", async () => {
    const its = await load();
    const { stakingPool: pool, operator, before, court, exits } = its;
    expect(await pool.answeringOf(operator, before)).to.equal(2_700n * COIN);
    await court.slash(slashOf(operator, before, 270n * COIN));
    expect(await exits()).to.deep.equal([90n * COIN, 450n * COIN, 300n * COIN]);
  });

  it("is told in every view", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, running, court, slash, accounts } = its;
    await court.slash(slash(290n * COIN));
    expect(await pool.exposureOf(operator)).to.equal(2_610n * COIN);
    expect(await pool.answeringOf(operator, epoch)).to.equal(2_610n * COIN);
    expect(await pool.answeringOf(operator, running)).to.equal(2_160n * COIN);
    expect([...(await pool.backingOf(operator))]).to.deep.equal([2_160n * COIN, 0n]);
    const { assets, shares } = await pool.operatorOf(operator);
    expect([assets, shares]).to.deep.equal([1_890n * COIN, ACTIVE]);
    expect(await holdingOf(its, operator, accounts.bob, epoch)).to.deep.equal({
      shares: 500n * COIN,
      stake: 450n * COIN,
      exitShares: 500n * COIN,
      exit: 450n * COIN,
    });
  });

  it("R25 rounds down for buckets, and active stake takes the rest", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, exits, slash } = its;
    // 500 / 2,900 of 7 wei are 1.2 of them, 300 / 2,900 are 0.7.
    await expect(court.slash(slash(7n)))
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, 0n, 6n, 1n, 0n);
    expect(await pool.votesOf(operator), "R25").to.equal(ACTIVE - 6n);
    expect(await exits()).to.deep.equal([100n * COIN, 500n * COIN - 1n, 300n * COIN]);
    expect(await burned(its), "R25").to.deep.equal([7n, 7n]);
  });

  it("falls on active stake alone where no bucket's part is a wei", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, exits, slash } = its;
    await expect(court.slash(slash(5n)))
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, 0n, 5n, 0n, 0n);
    expect(await exits()).to.deep.equal([100n * COIN, 500n * COIN, 300n * COIN]);
  });

  it("STK-06 leaves a wei in each bucket, so it takes two less than everything", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, exits, slash } = its;
    const answer = await court.slash.staticCall(slash(ANSWERING));
    expect([...answer], "STK-06").to.deep.equal([0n, ANSWERING - 2n, MAGNITUDE]);
    const exited = 800n * COIN - 2n;
    expect(await eventsOf(its, court.slash(slash(ANSWERING)))).to.deep.equal([
      ["OperatorClosed", operator],
      ["Slashed", operator, epoch, 0n, ACTIVE, exited, 0n],
      ["Burned", pool.target, ANSWERING - 2n],
    ]);
    expect(await exits()).to.deep.equal([100n * COIN, 1n, 1n]);
    expect(await pool.votesOf(operator)).to.equal(0n);
    // And again: there is nothing to take.
    expect([...(await court.slash.staticCall(slash(ANSWERING)))]).to.deep.equal([
      0n,
      0n,
      MAGNITUDE,
    ]);
    await court.slash(slash(ANSWERING));
    expect(await exits(), "STK-06").to.deep.equal([100n * COIN, 1n, 1n]);
  });

  it("STK-06 takes everything but two wei to the wei", async () => {
    const its = await load();
    const { stakingPool: pool, operator, court, exits, slash } = its;
    const { fromStake } = await court.slash.staticCall(slash(ANSWERING - 2n));
    expect(fromStake, "STK-06").to.equal(ANSWERING - 2n);
    await court.slash(slash(ANSWERING - 3n));
    expect(await exits()).to.deep.equal([100n * COIN, 1n, 1n]);
    expect(await pool.votesOf(operator)).to.equal(1n);
  });

  it("STK-04 takes at most what is the module's", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, slash } = its;
    const third = { magnitude: 1n, total: 3n };
    const slashable = ANSWERING / 3n;
    expect(slashable * 3n).to.be.lessThan(ANSWERING);
    for (const [amount, taken] of [
      [slashable - 1n, slashable - 1n],
      [slashable, slashable],
      [slashable + 1n, slashable],
      [ANSWERING, slashable],
      [2n ** 96n - 1n, slashable],
    ] as const) {
      const answer = await court.slash.staticCall(slash(amount, third));
      expect([...answer], "STK-04").to.deep.equal([0n, taken, 1n]);
    }
    const exited = (slashable * 500n) / 2_900n + (slashable * 300n) / 2_900n;
    await expect(court.slash(slash(ANSWERING, third)))
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, 0n, slashable - exited, exited, 0n);
    expect(await pool.answeringOf(operator, epoch), "STK-04").to.equal(ANSWERING - slashable);
  });

  it("reduces the magnitude by what it took, rounded up", async () => {
    const { court, slash } = await load();
    const unit = ANSWERING / MAGNITUDE; // 290,000 wei
    expect(unit * MAGNITUDE).to.equal(ANSWERING);
    for (const [amount, reduction] of [
      [1n, 1n],
      [unit, 1n],
      [unit + 1n, 2n],
      [2n * unit, 2n],
      [1_000n * unit - 1n, 1_000n],
      [1_000n * unit, 1_000n],
    ] as const) {
      const answer = await court.slash.staticCall(slash(amount));
      expect([...answer]).to.deep.equal([0n, amount, reduction]);
    }
    // Of what is left of the operator's magnitude, not of what he began with.
    const half = { magnitude: MAGNITUDE / 4n, total: MAGNITUDE / 2n };
    const answer = await court.slash.staticCall(slash(ANSWERING / 10n, half));
    expect([...answer]).to.deep.equal([0n, ANSWERING / 10n, MAGNITUDE / 20n]);
  });

  it("STK-06 of a module with nothing, or of an operator with nothing left, takes nothing of it", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, slash } = its;
    await pool.connect(its.accounts.alice).addBond(operator, { value: 3n });
    for (const nothing of [{ magnitude: 0n }, { magnitude: 0n, total: 0n }, { total: 0n }]) {
      const before = await everythingOf(its, operator);
      const answer = await court.slash.staticCall(slash(5n, nothing));
      expect([...answer]).to.deep.equal([before.bond, 0n, 0n]);
      await expect(court.slash(slash(1n, nothing)), "STK-06")
        .to.emit(pool, "Slashed")
        .withArgs(operator, epoch, 1n, 0n, 0n, 0n);
      const { details, votesAtStart } = await everythingOf(its, operator);
      expect(details).to.deep.equal({ ...before.details, bond: before.bond - 1n });
      expect(votesAtStart).to.equal(before.votesAtStart);
    }
  });

  it("takes nothing where nothing is to be taken", async () => {
    const its = await load();
    const { operator, court, slash } = its;
    const before = await everythingOf(its, operator);
    expect([...(await court.slash.staticCall(slash(0n)))]).to.deep.equal([0n, 0n, 0n]);
    await court.slash(slash(0n));
    expect(await everythingOf(its, operator)).to.deep.equal(before);
  });

  it("STK-13 R34 falls on who asked out right after the offence, and not on who did before its epoch", async () => {
    const its = await load();
    const { stakingPool: pool, operator, before, epoch, court, slash, accounts } = its;
    const { bob, carol, dave } = accounts;
    await pool.connect(bob).requestExit(operator, 500n * COIN);
    await court.slash(slash(ANSWERING / 2n));
    expect((await pool.exitOf(operator, before, dave)).assets, "STK-13").to.equal(100n * COIN);
    expect((await pool.exitOf(operator, epoch, bob)).assets, "R34").to.equal(250n * COIN);
    expect((await pool.exitOf(operator, epoch + 1n, bob)).assets, "R34").to.equal(250n * COIN);
    expect(await pool.stakeOf(operator, carol), "R34").to.equal(350n * COIN);
    expect(await pool.stakeOf(operator, dave), "R34").to.equal(450n * COIN);
  });

  it("STK-05 falls on no bucket that has matured", async () => {
    const its = await load();
    const { operator, running, court, exits } = its;
    await inEpoch(its, running + 1n, 0);
    await court.slash(slashOf(operator, running, 240n * COIN));
    await court.slash(slashOf(operator, running + 1n, 210n * COIN));
    expect(await exits(), "STK-05").to.deep.equal([100n * COIN, 500n * COIN, 270n * COIN]);
  });

  it("falls on buckets where nobody is active any more", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, court, slash, exits, accounts } = its;
    for (const who of [accounts.bob, accounts.carol, accounts.dave]) {
      await pool.connect(who).requestExit(operator, await pool.sharesOf(operator, who));
    }
    // Carol and the two others share the running bucket: 2,400 with what she had in it.
    await expect(court.slash(slash(ANSWERING + COIN)))
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, 0n, 0n, ANSWERING - 2n, 0n);
    expect((await exits())[1]).to.equal(1n);
    expect(await pool.answeringOf(operator, epoch)).to.equal(2n);
  });

  it("takes nothing of a bucket of one wei", async () => {
    const its = await load();
    const { stakingPool: pool, running, court, accounts } = its;
    const other = await registerOperator(its, { owner: accounts.erin, bond: 0n });
    const asBob = pool.connect(accounts.bob);
    await stake(its, accounts.bob, other, COIN);
    await asBob.requestExit(other, 1n);
    await court.slash(slashOf(other, running, COIN));
    expect((await pool.exitOf(other, running, accounts.bob)).assets).to.equal(1n);
    expect(await pool.votesOf(other)).to.equal(0n);
  });

  it("takes a bucket's part exactly where nobody is active", async () => {
    const its = await load();
    const { stakingPool: pool, running, court, accounts } = its;
    const other = await registerOperator(its, { owner: accounts.erin, bond: 0n });
    await stake(its, accounts.bob, other, COIN);
    await pool.connect(accounts.bob).requestExit(other, COIN);
    await inEpoch(its, running + 1n);
    const half = { magnitude: 1n, total: 2n };
    const terms = slashOf(other, running, COIN, half);
    expect([...(await court.slash.staticCall(terms))]).to.deep.equal([0n, COIN / 2n, 1n]);
    await court.slash(terms);
    expect((await pool.exitOf(other, running, accounts.bob)).assets).to.equal(COIN / 2n);
  });
});
