import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { inEpoch, pools, stake } from "./fixture.js";
import { claimableOf, claimFor, type Earning, fund, leave, sharing, UNIT } from "./rewards.js";

/** Marks of 256 epochs are in a word. */
const WORD = 256n;

describe("ModuleRewards: distributions with epochs between them", () => {
  const load = pools(async (its) => {
    const start = await sharing(its);
    // The last epoch of a word that is at least one ahead.
    return { ...start, last: (start.epoch / WORD + 1n) * WORD - 1n };
  });
  type Loaded = Identity & Earning & { last: bigint };

  /** Funds four units for each of Bob's in an epoch. */
  const fundIn = async (its: Loaded, epoch: bigint, bobs: bigint): Promise<void> => {
    if (epoch !== (await its.moduleRewards.epoch())) await inEpoch(its, epoch);
    await fund(its, its.operator, its.token, 4n * bobs);
  };
  const claim = (its: Loaded, who = its.accounts.bob): Promise<bigint> =>
    claimFor(its, its.operator, its.token, who);

  it("are each in their epoch, whoever claims before, between or after", async () => {
    const its = await load();
    const { epoch } = its;
    await fundIn(its, epoch, 1n);
    await fundIn(its, epoch + 4n, 10n);
    expect(await claim(its)).to.equal(1n);
    await inEpoch(its, epoch + 5n);
    expect(await claim(its)).to.equal(10n);
    await fundIn(its, epoch + 9n, 100n);
    await fundIn(its, epoch + 10n, 1_000n);
    expect(await claim(its)).to.equal(100n);
    await inEpoch(its, epoch + 20n);
    expect(await claim(its)).to.equal(1_000n);
    expect(await claim(its, its.accounts.carol)).to.equal(3_333n);
  });

  it("give nothing to who left before and was not there in between", async () => {
    const its = await load();
    const { epoch, operator, accounts } = its;
    await fundIn(its, epoch, 1n);
    await leave(its, accounts.carol, operator, 2n * UNIT);
    await leave(its, accounts.bob, operator);
    await inEpoch(its, epoch + 3n);
    await fund(its, operator, its.token, 100n);
    await stake(its, accounts.bob, operator, UNIT);
    await inEpoch(its, epoch + 7n);
    await fund(its, operator, its.token, 20n);
    await inEpoch(its, epoch + 8n);
    expect(await claim(its)).to.equal(1n + 10n);
    expect(await claim(its, accounts.carol)).to.equal(3n + 100n + 10n);
  });

  for (const [where, words] of [
    ["the first", 0n],
    ["the second", 1n],
  ] as const) {
    it(`are kept apart at the end of ${where} word of marks`, async () => {
      const its = await load();
      const { operator, accounts } = its;
      const last = its.last + words * WORD;
      await fundIn(its, last - 1n, 1n);
      await fundIn(its, last, 10n);
      // Carol is there through the last epoch of the word, Bob through the first of the next.
      await leave(its, accounts.carol, operator);
      await inEpoch(its, last + 1n);
      expect(await claim(its)).to.equal(11n);
      await fund(its, operator, its.token, 100n);
      await leave(its, accounts.bob, operator);
      await stake(its, accounts.dave, operator, UNIT);
      await inEpoch(its, last + 2n);
      await fund(its, operator, its.token, 1_000n);
      await inEpoch(its, last + 3n);
      expect(await claim(its)).to.equal(100n);
      expect(await claim(its, accounts.carol)).to.equal(33n);
      expect(await claim(its, accounts.dave)).to.equal(1_000n);
    });
  }

  for (const [where, words] of [
    ["the next", 0n],
    ["the one after", 1n],
  ] as const) {
    it(`are found over a border of words when only one lies in the first epoch of ${where}`, async () => {
      const its = await load();
      const first = its.last + 1n + words * WORD;
      await inEpoch(its, first - 1n);
      expect(await claim(its)).to.equal(0n);
      await fundIn(its, first, 7n);
      expect(await claimableOf(its, its.operator, its.token, its.accounts.bob)).to.deep.equal([
        0n,
        7n,
      ]);
      await inEpoch(its, first + 1n);
      expect(await claim(its)).to.equal(7n);
      expect(await claim(its, its.accounts.carol)).to.equal(21n);
    });

    it(`are found over a border of words when only one lies in the last epoch before ${where}`, async () => {
      const its = await load();
      const last = its.last + words * WORD;
      await fundIn(its, last, 7n);
      await inEpoch(its, last + 1n);
      expect(await claim(its)).to.equal(7n);
      await inEpoch(its, last + 2n);
      expect(await claim(its)).to.equal(0n);
      expect(await claim(its, its.accounts.carol)).to.equal(21n);
    });
  }

  it("are found over words without any", async () => {
    const its = await load();
    const { epoch, accounts, operator } = its;
    await fundIn(its, epoch, 5n);
    await leave(its, accounts.carol, operator);
    const far = epoch + 3n * WORD;
    await inEpoch(its, far);
    expect(await claim(its)).to.equal(5n);
    await fund(its, operator, its.token, 6n);
    await inEpoch(its, far + 1n);
    expect(await claim(its)).to.equal(6n);
    expect(await claim(its, accounts.carol)).to.equal(15n);
  });

  it("are not taken for those of other epochs with the same place in their words", async () => {
    const its = await load();
    const { epoch, accounts, operator } = its;
    await fundIn(its, epoch, 1n);
    await inEpoch(its, epoch + 1n);
    await leave(its, accounts.bob, operator);
    await stake(its, accounts.carol, operator, UNIT);
    await inEpoch(its, epoch + WORD);
    await fund(its, operator, its.token, 40n);
    await inEpoch(its, epoch + WORD + 1n);
    expect(await claim(its)).to.equal(1n);
    expect(await claim(its, accounts.carol)).to.equal(3n + 40n);
  });

  it("add up over a hundred epochs in a row", async () => {
    const its = await load();
    for (let index = 0n; index < 100n; ++index) await fundIn(its, its.epoch + index, index + 1n);
    await inEpoch(its, its.epoch + 100n);
    expect(await claim(its)).to.equal(5_050n);
    expect(await claim(its, its.accounts.carol)).to.equal(3n * 5_050n);
  });
});
