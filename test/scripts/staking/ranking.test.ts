import { expect } from "chai";

import { rankOperators } from "../../../scripts/lib/staking/ranking.js";
import { StakingPool__factory } from "../../../typechain-types/index.js";
import type { Identity } from "../../identity/fixture.js";
import {
  ALL,
  allocate,
  COIN,
  pass,
  pools,
  propose,
  registerModule,
  registerOperator,
  stake,
  untilReady,
} from "../../staking/fixture.js";
import { leave } from "../../staking/rewards.js";
import { failsWith } from "../data/failure.js";

describe("The ranking of operators", () => {
  /** What each of the operators has when the epoch begins, in coins; the last has none but a bond. */
  const STAKES = [300n, 500n, 300n, 200n, 1_000n, 0n];

  const load = pools(async (its) => {
    for (const amount of STAKES) {
      const operator = await registerOperator(its, { bond: 400n * COIN });
      if (amount !== 0n) await stake(its, its.accounts.bob, operator, amount * COIN);
    }
    await pass(its);
    return {};
  });

  /** Operators from the first place to the last, with their votes in coins. */
  const rankedBy = async (its: Identity, options?: { blockTag?: number | string }) => {
    const ranked = await rankOperators(its.stakingPool, options);
    expect(ranked.map(({ rank }) => rank)).to.deep.equal(ranked.map((_, index) => index + 1));
    return ranked.map(({ operator, votes }) => [operator, votes / COIN]);
  };

  const BEGINNING = [
    [5n, 1_000n],
    [2n, 500n],
    [1n, 300n],
    [3n, 300n],
    [4n, 200n],
    [6n, 0n],
  ];

  it("goes by stake, then by age, and has those without stake last, whatever their bond", async () => {
    expect(await rankedBy(await load())).to.deep.equal(BEGINNING);
  });

  it("tells places, operators and votes in wei", async () => {
    const [first] = await rankOperators((await load()).stakingPool);
    expect(first).to.deep.equal({ rank: 1, operator: 5n, votes: 1_000n * COIN });
  });

  it("is empty before the first has registered", async () => {
    const its = await load();
    const { accounts, accessManager, stakingPool, iotxBurner } = its;
    const pool = await new StakingPool__factory(accounts.deployer).deploy(
      accessManager,
      await stakingPool.genesis(),
      iotxBurner,
    );
    await pool.waitForDeployment();
    expect(await rankOperators(pool)).to.deep.equal([]);
  });

  it("tells a wei of difference among many coins", async () => {
    const its = await load();
    const much = 5_000n * COIN;
    await stake(its, its.accounts.carol, 3n, much - 300n * COIN);
    await stake(its, its.accounts.dave, 4n, much - 200n * COIN + 1n);
    await stake(its, its.accounts.erin, 1n, much - 300n * COIN - 1n);
    await pass(its);
    const ranked = await rankOperators(its.stakingPool);
    expect(ranked.slice(0, 3)).to.deep.equal([
      { rank: 1, operator: 4n, votes: much + 1n },
      { rank: 2, operator: 3n, votes: much },
      { rank: 3, operator: 1n, votes: much - 1n },
    ]);
  });

  it("ranks equal ones by age, also from the ninth to the eleventh", async () => {
    const its = await load();
    for (let index = 0; index < 6; ++index) await registerOperator(its);
    const ranked = await rankOperators(its.stakingPool);
    expect(ranked.slice(5).map(({ operator }) => operator)).to.deep.equal([
      6n,
      7n,
      8n,
      9n,
      10n,
      11n,
      12n,
    ]);
  });

  it("is not changed by stake that came, left or moved since, until the next epoch", async () => {
    const its = await load();
    const { accounts } = its;
    await stake(its, accounts.carol, 6n, 2_000n * COIN);
    await leave(its, accounts.bob, 5n);
    const late = await registerOperator(its, { owner: accounts.frank });
    await stake(its, accounts.carol, late, 700n * COIN);
    expect(await rankedBy(its)).to.deep.equal([...BEGINNING, [late, 0n]]);
    await pass(its);
    expect(await rankedBy(its)).to.deep.equal([
      [6n, 2_000n],
      [late, 700n],
      [2n, 500n],
      [1n, 300n],
      [3n, 300n],
      [4n, 200n],
      [5n, 0n],
    ]);
  });

  it("is not changed by a slash until the next epoch", async () => {
    const its = await load();
    const { accounts, slashCourt } = its;
    const operator = await registerOperator(its, { bond: 0n });
    await stake(its, accounts.bob, operator, 310n * COIN);
    const module = await registerModule(its);
    await allocate(its, operator, module);
    await pass(its, 2n);
    const proposal = await propose(its, { operator, module }, 60n * COIN);
    await untilReady(its, proposal);
    await slashCourt.execute(proposal);
    const placeOf = async () => (await rankedBy(its)).findIndex(([one]) => one === operator) + 1;
    expect(await its.stakingPool.votesOf(operator)).to.equal(250n * COIN);
    expect(await placeOf()).to.equal(3);
    await pass(its);
    expect(await placeOf()).to.equal(5);
  });

  it("of an epoch that is over is had from a block of it, first or last", async () => {
    const its = await load();
    const { accounts, connection, stakingPool } = its;
    const { provider } = connection.ethers;
    const early = await provider.getBlockNumber();
    await stake(its, accounts.carol, 6n, 2_000n * COIN);
    await leave(its, accounts.bob, 5n);
    await registerOperator(its);
    const late = await provider.getBlockNumber();
    await pass(its);
    expect((await rankedBy(its))[0]).to.deep.equal([6n, 2_000n]);
    expect(await rankedBy(its, { blockTag: early })).to.deep.equal(BEGINNING);
    const blockTag = `0x${late.toString(16)}`;
    expect(await rankedBy(its, { blockTag })).to.deep.equal([...BEGINNING, [7n, 0n]]);
    // The chain's newest state has forgotten it.
    const epoch = await stakingPool.epoch();
    await stake(its, accounts.carol, 6n, COIN);
    await expect(stakingPool.votesAt(6n, epoch - 1n))
      .to.be.revertedWithCustomError(stakingPool, "StakingPoolUnknownEpoch")
      .withArgs(epoch - 1n, epoch);
  });

  it("is of one block, though the epoch ends while it is asked for", async () => {
    const its = await load();
    const { accounts, stakingPool } = its;
    // Answers for the epoch, and then lets the next begin, in which operators are staked with.
    const slow = new Proxy(stakingPool, {
      get(target, name) {
        if (name !== "epoch") return Reflect.get(target, name, target) as unknown;
        return async (at: { blockTag: number }) => {
          const epoch = await target.epoch(at);
          await pass(its);
          await target.connect(accounts.carol).stake(6n, ALL, { value: 2_000n * COIN });
          await registerOperator(its);
          return epoch;
        };
      },
    });
    const ranked = await rankOperators(slow);
    expect(ranked.map(({ operator, votes }) => [operator, votes / COIN])).to.deep.equal(BEGINNING);
  });

  it("cannot be had without a node, or of a block that has not come", async () => {
    const its = await load();
    const { stakingPool } = its;
    const alone = StakingPool__factory.connect(await stakingPool.getAddress());
    await failsWith(rankOperators(alone), "Connect the pool to a node");
    const blockTag = (await its.connection.ethers.provider.getBlockNumber()) + 1;
    await failsWith(rankOperators(stakingPool, { blockTag }), `no block ${String(blockTag)}`);
  });
});
