import { expect } from "chai";

import { ALL, COIN, NO_PENDING, pass, registerOperator } from "./fixture.js";
import { asCourt, fromDayOne, slashOf, stepsOf } from "./pool.js";

describe("StakingPool: a staker's steps", () => {
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its, { bond: 0n });
    const epoch = await pass(its);
    const { stakingPool, accounts } = its;
    const asBob = stakingPool.connect(accounts.bob);
    const add = (coins: bigint) => asBob.stake(operator, NO_PENDING, { value: coins * COIN });
    return { operator, epoch, asBob, add };
  });

  it("are none for who never staked", async () => {
    const its = await load();
    const { operator, add, accounts } = its;
    expect(await stepsOf(its, operator, accounts.bob)).to.deep.equal([]);
    await add(1n);
    expect(await stepsOf(its, operator, accounts.carol)).to.deep.equal([]);
    expect(await stepsOf(its, operator + 1n, accounts.bob)).to.deep.equal([]);
  });

  it("STK-12 begin with the epoch after the first stake", async () => {
    const its = await load();
    const { operator, epoch, add, accounts } = its;
    await add(3n);
    const first: [bigint, bigint][] = [[3n * COIN, epoch + 1n]];
    expect(await stepsOf(its, operator, accounts.bob), "STK-12").to.deep.equal(first);
    await pass(its, 9n);
    expect(await stepsOf(its, operator, accounts.bob)).to.deep.equal(first);
  });

  it("are one for an epoch, whatever happens in it", async () => {
    const its = await load();
    const { operator, epoch, asBob, add, accounts } = its;
    await add(3n);
    await add(2n);
    await asBob.requestExit(operator, COIN);
    await asBob.requestExit(operator, 1n);
    await asBob.restakeExit(operator, epoch, NO_PENDING);
    await asBob.requestExit(operator, 2n * COIN);
    expect(await stepsOf(its, operator, accounts.bob)).to.deep.equal([[3n * COIN, epoch + 1n]]);
  });

  it("keep every epoch in which something happened, and no other", async () => {
    const its = await load();
    const { operator, epoch, asBob, add, accounts } = its;
    await add(3n);
    await pass(its);
    await add(1n);
    await add(1n);
    await pass(its, 4n);
    await asBob.requestExit(operator, 5n * COIN);
    await pass(its, 2n);
    await add(7n);
    expect(await stepsOf(its, operator, accounts.bob)).to.deep.equal([
      [3n * COIN, epoch + 1n],
      [5n * COIN, epoch + 2n],
      [0n, epoch + 6n],
      [7n * COIN, epoch + 8n],
    ]);
  });

  it("are told in parts, from any, as many as are wanted", async () => {
    const its = await load();
    const { operator, epoch, add, accounts } = its;
    for (let i = 0; i < 3; ++i) {
      await add(1n);
      await pass(its);
    }
    const all: [bigint, bigint][] = [
      [COIN, epoch + 1n],
      [2n * COIN, epoch + 2n],
      [3n * COIN, epoch + 3n],
    ];
    const part = (start: bigint, limit: bigint) =>
      stepsOf(its, operator, accounts.bob, start, limit);
    for (const start of [0n, 1n, 2n, 3n]) {
      for (const limit of [0n, 1n, 2n, 3n, 4n, ALL]) {
        const end = limit === ALL ? 99 : Number(start + limit);
        expect(await part(start, limit), `${String(limit)} from ${String(start)}`).to.deep.equal(
          all.slice(Number(start), end),
        );
      }
    }
    expect(await part(4n, 1n)).to.deep.equal([]);
    expect(await part(ALL, ALL)).to.deep.equal([]);
    // From the last stored one, and from the one that is his shares now.
    expect(await part(1n, 1n)).to.deep.equal([all[1]]);
    expect(await part(2n, 1n)).to.deep.equal([all[2]]);
  });

  it("R31 are nobody else's to add to", async () => {
    const its = await load();
    const { stakingPool: pool, operator, epoch, asBob, add, accounts } = its;
    await add(3n);
    await pass(its);
    await asBob.requestExit(operator, COIN);
    await pass(its);
    const before = await stepsOf(its, operator, accounts.bob);
    expect(before).to.deep.equal([
      [3n * COIN, epoch + 1n],
      [2n * COIN, epoch + 2n],
    ]);
    await pool.connect(accounts.carol).stake(operator, NO_PENDING, { value: COIN });
    await (await asCourt(its)).slash(slashOf(operator, epoch + 2n, COIN));
    await pass(its);
    await pool.connect(accounts.carol).claimExitFor(operator, epoch + 1n, accounts.bob);
    expect(await stepsOf(its, operator, accounts.bob), "R31").to.deep.equal(before);
  });

  it("are apart for every operator", async () => {
    const its = await load();
    const { operator, epoch, asBob, add, accounts } = its;
    const other = await registerOperator(its, { owner: accounts.erin });
    await add(3n);
    await pass(its);
    await asBob.stake(other, NO_PENDING, { value: 5n * COIN });
    expect(await stepsOf(its, operator, accounts.bob)).to.deep.equal([[3n * COIN, epoch + 1n]]);
    expect(await stepsOf(its, other, accounts.bob)).to.deep.equal([[5n * COIN, epoch + 2n]]);
  });
});
