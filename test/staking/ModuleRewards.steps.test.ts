import { expect } from "chai";
import { parseEther } from "ethers";

import type { Identity } from "../identity/fixture.js";
import { ALL, pass, pools, stake } from "./fixture.js";
import {
  claimableOf,
  claimFor,
  type Earning,
  fund,
  leave,
  progressOf,
  sharing,
  tokenOf,
  UNIT,
} from "./rewards.js";

const ONE = parseEther("1");

describe("ModuleRewards: a claim that walks the steps of who came and went", () => {
  /**
   * What Bob does in the n-th epoch after a distribution in it, and what of that distribution is his. He and Carol
   * together always begin an epoch with a number of units that divides it.
   */
  const HISTORY: {
    funded: bigint;
    bobs: bigint;
    act?: (its: Identity & Earning) => Promise<void>;
  }[] = [
    {
      funded: 400n,
      bobs: 100n,
      // Comes and goes: what he has in the end counts, and it is one step.
      act: async (its) => {
        const { bob } = its.accounts;
        await stake(its, bob, its.operator, 7n * UNIT);
        await leave(its, bob, its.operator, 5n * UNIT);
        await stake(its, bob, its.operator, 2n * UNIT);
      },
    },
    {
      funded: 800n,
      bobs: 500n,
      act: async (its) => {
        await leave(its, its.accounts.bob, its.operator);
        await stake(its, its.accounts.carol, its.operator, UNIT);
      },
    },
    { funded: 400n, bobs: 0n },
    {
      funded: 400n,
      bobs: 0n,
      act: (its) => stake(its, its.accounts.bob, its.operator, 4n * UNIT),
    },
    { funded: 800n, bobs: 400n },
    {
      funded: 1_600n,
      bobs: 800n,
      // All out and back in: a step, after which he has as much as before.
      act: async (its) => {
        await leave(its, its.accounts.bob, its.operator);
        await stake(its, its.accounts.bob, its.operator, 4n * UNIT);
      },
    },
    { funded: 3_200n, bobs: 1_600n },
    {
      funded: 6_400n,
      bobs: 3_200n,
      act: (its) => leave(its, its.accounts.bob, its.operator),
    },
  ];
  const TOTAL = HISTORY.reduce((sum, { bobs }) => sum + bobs, 0n) * ONE;
  /** What he earned until each of his steps began, and after the last. */
  const STEPS = [100n, 500n, 0n, 400n + 800n, 1_600n + 3_200n, 0n].map((amount) => amount * ONE);

  const lived = async (
    its: Identity & Earning,
    after?: (epoch: number) => Promise<void>,
  ): Promise<void> => {
    for (const [index, { funded, act }] of HISTORY.entries()) {
      await fund(its, its.operator, its.token, funded * ONE);
      await act?.(its);
      await pass(its);
      await after?.(index);
    }
  };

  const fresh = pools(sharing);
  const load = pools(async (its) => {
    const start = await sharing(its);
    await lived({ ...its, ...start });
    return start;
  });

  it("begins with six steps, one for each epoch in which he moved", async () => {
    const { stakingPool, operator, accounts, epoch } = await load();
    const steps = await stakingPool.stepsOf(operator, accounts.bob, 0, ALL);
    expect(steps.map(({ shares, from }) => [shares / UNIT, from - epoch])).to.deep.equal([
      [1n, 0n],
      [5n, 1n],
      [0n, 2n],
      [4n, 4n],
      [4n, 6n],
      [0n, 8n],
    ]);
  });

  it("is the whole at once", async () => {
    const its = await load();
    const { operator, token, accounts, epoch } = its;
    const { bob } = accounts;
    expect(await claimableOf(its, operator, token, bob)).to.deep.equal([TOTAL, 0n]);
    expect(await claimFor(its, operator, token, bob)).to.equal(TOTAL);
    expect(await progressOf(its, operator, token, bob)).to.deep.equal({
      step: 5n,
      paidThrough: epoch + 7n,
      carry: 0n,
    });
  });

  it("is nothing for no steps, and changes nothing", async () => {
    const its = await load();
    const { operator, token, accounts } = its;
    const before = await progressOf(its, operator, token, accounts.bob);
    expect(await claimFor(its, operator, token, accounts.bob, 0n)).to.equal(0n);
    expect(await progressOf(its, operator, token, accounts.bob)).to.deep.equal(before);
    expect((await claimableOf(its, operator, token, accounts.bob))[0]).to.equal(TOTAL);
  });

  it("is a step's worth for a step, and goes on where it stopped", async () => {
    const its = await load();
    const { operator, token, accounts, epoch } = its;
    const { bob } = accounts;
    const through = [0n, 1n, 3n, 5n, 7n, 7n];
    let left = TOTAL;
    for (const [index, amount] of STEPS.entries()) {
      expect(await claimFor(its, operator, token, bob, 1n), `step ${index}`).to.equal(amount);
      const { step, paidThrough } = await progressOf(its, operator, token, bob);
      expect(step).to.equal(BigInt(Math.min(index + 1, 5)));
      expect(paidThrough - epoch).to.equal(through[index]);
      left -= amount;
      expect((await claimableOf(its, operator, token, bob))[0]).to.equal(left);
    }
    expect(left).to.equal(0n);
  });

  it("is two steps' worth for two", async () => {
    const its = await load();
    const { operator, token, accounts } = its;
    for (let index = 0; index < STEPS.length; index += 2) {
      const both = (STEPS[index] ?? 0n) + (STEPS[index + 1] ?? 0n);
      expect(await claimFor(its, operator, token, accounts.bob, 2n)).to.equal(both);
    }
  });

  for (const sizes of [[6n], [5n], [7n], [3n, 3n], [1n, 5n], [4n, 1n, 1n], [0n, 2n, 0n, ALL]]) {
    it(`comes to the same by ${sizes.map((size) => (size === ALL ? "all" : size)).join(", ")}`, async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      let sum = 0n;
      for (const size of sizes) sum += await claimFor(its, operator, token, accounts.bob, size);
      expect(sum).to.equal(TOTAL);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(0n);
    });
  }

  for (const [often, steps] of [
    [1, 1n],
    [1, ALL],
    [2, 1n],
    [3, ALL],
    [5, 2n],
  ] as const) {
    it(`comes to the same if he claims every ${often} epochs, ${steps === ALL ? "all" : steps} at most`, async () => {
      const its = await fresh();
      const { operator, token, accounts } = its;
      let sum = 0n;
      await lived(its, async (index) => {
        if (index % often === 0) sum += await claimFor(its, operator, token, accounts.bob, steps);
      });
      sum += await claimFor(its, operator, token, accounts.bob);
      expect(sum).to.equal(TOTAL);
      expect(await claimFor(its, operator, token, accounts.carol)).to.equal(14_000n * ONE - TOTAL);
      expect(await token.balanceOf(its.moduleRewards)).to.equal(0n);
    });
  }

  it("reads a step that is running when it comes as far as it has run", async () => {
    const its = await fresh();
    const { operator, token, accounts } = its;
    const { bob } = accounts;
    await fund(its, operator, token, 4n * ONE);
    await pass(its);
    await fund(its, operator, token, 8n * ONE);
    // His next step begins with the next epoch; the one before is not over.
    await leave(its, bob, operator);
    expect(await claimFor(its, operator, token, bob, 1n)).to.equal(ONE);
    expect((await progressOf(its, operator, token, bob)).step).to.equal(0n);
    expect(await claimableOf(its, operator, token, bob)).to.deep.equal([0n, 2n * ONE]);
    await pass(its);
    expect(await claimFor(its, operator, token, bob, 1n)).to.equal(2n * ONE);
    expect((await progressOf(its, operator, token, bob)).step).to.equal(1n);
  });

  it("leaves the steps of a currency that comes later to be walked from the first", async () => {
    const its = await load();
    const { operator, token, accounts } = its;
    const { carol, bob } = accounts;
    await claimFor(its, operator, token, bob);
    const late = await tokenOf(its, 6);
    await fund(its, operator, late, 4_000n);
    await pass(its);
    expect(await claimFor(its, operator, late, bob)).to.equal(0n);
    expect(await claimFor(its, operator, late, carol)).to.equal(4_000n);
  });
});
