import { expect } from "chai";
import fc from "fast-check";

import { type Draw, draws, KINDS } from "./differential/draw.js";
import { begin, beginAnew, type Stage, stageOf } from "./differential/run.js";
import { engage, expose, leave, populate, slashAll } from "./differential/stages.js";
import { SIGHTS, Tally } from "./differential/tally.js";
import { told, walk } from "./differential/walk.js";
import { deployWorld } from "./differential/world.js";
import { MAGNITUDE } from "./fixture.js";

const DEEP = process.env.DEEP === "1";
const SEED = 0xdef107;
/** Commands that are drawn for a history at most. */
const MOST = 160;
/** How many times as many histories before a release. */
const FACTOR = DEEP ? 10 : 1;
/** A kind of command that is refused more often proves little. */
const LEAST_RATE = 0.2;
/** So often every kind must have succeeded, and so many of the contracts' reasons to refuse must have come up. */
const LEAST_SUCCESSES = 2;
const LEAST_REASONS = 20;

describe("staking, compared with its model", function () {
  this.timeout(DEEP ? 3_600_000 : 300_000);

  const tally = new Tally();
  let fresh: Stage;
  let working: Stage;
  let dust: Stage;

  before(async function () {
    const run = beginAnew(await deployWorld());
    await told(run, () => populate(run));
    fresh = await stageOf(run);
  });

  /** Random histories from a stage; a failure tells the shortest that was found. */
  async function check(stage: Stage, runs: number): Promise<void> {
    const history = fc.asyncProperty(draws(MOST), async (drawn: Draw[]) => {
      await walk(await begin(stage), drawn, tally);
    });
    await fc.assert(history, {
      seed: SEED,
      numRuns: runs * FACTOR,
      unbiased: true,
      includeErrorInReport: true,
      interruptAfterTimeLimit: DEEP ? 3_000_000 : 150_000,
      markInterruptAsFailure: true,
    });
  }

  it("STK-01, STK-11: does the same in histories that begin with nobody's stake", async () => {
    await check(fresh, 5);
  });

  it("does the same in histories of operators who work for several modules", async () => {
    const run = await begin(fresh);
    await told(run, () => engage(run));
    working = await stageOf(run);
    await check(working, 10);
  });

  it("does the same when operators are slashed to almost nothing, and after that", async () => {
    const run = await begin(working);
    let slashes = 0;
    await told(run, async () => {
      await expose(run);
      while (run.model.totalOf(1n) > MAGNITUDE / 8_000n) slashes += (await slashAll(run)).length;
    });
    expect(slashes).to.be.greaterThan(100);
    expect(run.model.activeOf(1n).closed).to.be.false;
    dust = await stageOf(run);
    await check(dust, 4);
  });

  it("does the same for an operator who takes no more stake", async () => {
    const run = await begin(dust);
    await told(run, async () => {
      while (!run.model.activeOf(1n).closed) await slashAll(run);
    });
    await check(await stageOf(run), 3);
  });

  it("STK-06: does the same when nearly all have left before a slash", async () => {
    const run = await begin(working);
    await told(run, async () => {
      await leave(run);
      const slashes = await slashAll(run, run.model.epoch - 1n);
      // The only active wei is soon gone; slashes that follow miss what two buckets round.
      expect(slashes.some(({ asked, taken }) => taken < asked)).to.be.true;
      expect(slashes.every(({ asked, taken }) => taken + 2n >= asked)).to.be.true;
    });
    const { assets, shares, closed } = run.model.activeOf(1n);
    expect({ assets, shares, closed }).to.deep.equal({ assets: 0n, shares: 1n, closed: true });
    await check(await stageOf(run), 3);
  });

  it("succeeded with every kind of command often enough to mean something", function () {
    const rates = KINDS.map((kind) => {
      const [tries = 0, successes = 0] = [tally.tries.get(kind), tally.successes.get(kind)];
      return { kind, tries, successes, rate: successes / tries };
    });
    const counts = rates.map(({ kind, tries, successes }) => `${kind} ${successes} of ${tries}`);
    const list = (all: Iterable<[string, number]>): string =>
      [...all].map(([what, count]) => `${what} ${count}`).join(", ");
    console.log(`      commands: ${counts.join(", ")}`);
    console.log(`      refused by: ${list(tally.reasons)}`);
    console.log(`      seen: ${list(tally.seen)}`);
    for (const { kind, successes, rate } of rates) {
      expect(rate, kind).to.be.at.least(LEAST_RATE);
      expect(successes, kind).to.be.at.least(LEAST_SUCCESSES);
    }
    expect([...tally.seen.keys()]).to.have.members(SIGHTS);
    expect(tally.reasons.size).to.be.at.least(LEAST_REASONS);
  });
});
