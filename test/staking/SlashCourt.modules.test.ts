import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { carryOut, goTo, lanesOf, readyAtOf, storyOf } from "./court.js";
import {
  allocate,
  COIN,
  DAY,
  inEpoch,
  MAGNITUDE,
  pass,
  pools,
  propose,
  registerModule,
  registerOperator,
  stake,
} from "./fixture.js";

/** What each module has of the magnitude, in percent. */
const SHARES = [50n, 30n, 15n];
const PERCENT = MAGNITUDE / 100n;

describe("SlashCourt: several modules at once", () => {
  /** One operator's stake of 2,000 secures three modules; a twentieth secures none. */
  const bonded = (bond: bigint) =>
    pools(async (its) => {
      const { accounts } = its;
      const operator = await registerOperator(its, { bond });
      await stake(its, accounts.bob, operator);
      await stake(its, accounts.carol, operator);
      const modules: bigint[] = [];
      for (const share of SHARES) {
        const module = await registerModule(its, { window: 2 * DAY });
        await allocate(its, operator, module, share * PERCENT);
        modules.push(module);
      }
      const epoch = await pass(its, 2n);
      return { operator, modules, epoch };
    });
  const load = bonded(0n);
  type Its = Awaited<ReturnType<typeof load>>;

  const worthOf = async ({ moduleRegistry, operator, modules }: Its) =>
    Promise.all(modules.map((module) => moduleRegistry.slashableOf(operator, module)));

  const against = (its: Its, index: number) => ({
    operator: its.operator,
    module: its.modules[index] ?? 0n,
  });

  const byStakeOf = async ({ stakingPool }: Identity, operator: bigint) =>
    stakingPool.votesOf(operator);

  /** A ten-to-the-fifteenth of the pool. */
  const TOLERANCE = (2_000n * COIN) / 10n ** 15n;

  it("each secure their part of the stake", async () => {
    const its = await load();
    expect(await worthOf(its)).to.deep.equal([1_000n * COIN, 600n * COIN, 300n * COIN]);
    for (const [index, most] of [200n, 120n, 60n].entries()) {
      const { operator, module } = against(its, index);
      expect(await its.slashCourt.proposableOf(module, operator, its.epoch)).to.equal(most * COIN);
    }
  });

  it("STK-04 a slash takes from its own module's part, and no other amount moves", async () => {
    const its = await load();
    const { moduleRegistry, operator } = its;
    await carryOut(its, await propose(its, against(its, 0), 200n * COIN));
    expect(await worthOf(its), "STK-04").to.deep.equal([800n * COIN, 600n * COIN, 300n * COIN]);
    expect(await byStakeOf(its, operator)).to.equal(1_800n * COIN);
    expect(await moduleRegistry.totalOf(operator)).to.equal(90n * PERCENT);
    expect(await lanesOf(its, against(its, 1))).to.deep.equal([0n, 30n, 30n, 30n].map(percent));
    expect(await moduleRegistry.encumberedOf(operator)).to.equal(85n * PERCENT);
  });

  const percent = (share: bigint) => share * PERCENT;

  it("STK-04 slashes by all of them take what each may, in whatever order", async () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const its = await load();
      const amounts = [200n, 120n, 60n];
      const proposals = new Map<number, bigint>();
      for (const [index, amount] of amounts.entries()) {
        proposals.set(index, await propose(its, against(its, index), amount * COIN));
      }
      await goTo(its, await readyAtOf(its, 3n));
      for (const index of order) await its.slashCourt.execute(proposals.get(index) ?? 0n);
      expect(await worthOf(its), `STK-04 ${order.join()}`).to.deep.equal([
        800n * COIN,
        480n * COIN,
        240n * COIN,
      ]);
      expect(await byStakeOf(its, its.operator)).to.equal(1_620n * COIN);
    }
  });

  it("STK-04 slashes of odd amounts move others by a rounding at most", async () => {
    const its = await load();
    const before = await worthOf(its);
    const odd = 123n * COIN + 456_789_012_345_678_901n;
    await carryOut(its, await propose(its, against(its, 0), odd));
    const after = await worthOf(its);
    for (const index of [1, 2]) {
      const moved = (before[index] ?? 0n) - (after[index] ?? 0n);
      expect(moved <= TOLERANCE && moved >= -TOLERANCE, `STK-04 moved by ${moved}`).to.equal(true);
    }
    expect((before[0] ?? 0n) - (after[0] ?? 0n) >= odd - TOLERANCE, "R25").to.equal(true);
    expect(await byStakeOf(its, its.operator), "R25").to.equal(2_000n * COIN - odd);
  });

  it("STK-04 a module takes at most its fifth, although others have more", async () => {
    const its = await load();
    const limit = (15n * PERCENT) / 5n;
    await expect(propose(its, against(its, 2), 60n * COIN + 1n), "STK-04")
      .to.be.revertedWithCustomError(its.slashCourt, "SlashCourtAboveLimit")
      .withArgs(limit + 1n, limit);
    await propose(its, against(its, 2), 60n * COIN);
    const { operator } = its;
    const { module } = against(its, 1);
    expect(await its.slashCourt.proposableOf(module, operator, its.epoch)).to.equal(120n * COIN);
  });

  it("another operator's stake, bond, magnitude and proposals stay as they are", async () => {
    const its = await load();
    const { accounts, moduleRegistry, stakingPool, slashCourt } = its;
    const second = await registerOperator(its, { owner: accounts.dave, bond: 7n * COIN });
    await stake(its, accounts.bob, second);
    const { operator, module } = against(its, 0);
    await allocate(its, second, module, MAGNITUDE, accounts.dave);
    const epoch = await pass(its, 2n);
    const theirs = await propose(its, { operator: second, module }, 100n * COIN);
    await carryOut(its, await propose(its, { operator, module }, 200n * COIN));
    expect(await stakingPool.votesOf(second)).to.equal(1_000n * COIN);
    expect(await stakingPool.bondOf(second)).to.equal(7n * COIN);
    expect(await moduleRegistry.totalOf(second)).to.equal(MAGNITUDE);
    expect(await stakingPool.pendingOf(second)).to.equal(100n * COIN);
    expect(await slashCourt.proposableOf(module, second, epoch)).to.equal(100n * COIN);
    await slashCourt.execute(theirs);
    expect(await stakingPool.votesOf(second)).to.equal(907n * COIN);
    expect(await stakingPool.votesOf(operator)).to.equal(1_800n * COIN);
  });

  it("an allocation that moves on does not dodge: the old module's part of then is slashed", async () => {
    const its = await load();
    const { accounts, moduleRegistry, operator, epoch, stakingPool } = its;
    const asAlice = moduleRegistry.connect(accounts.alice);
    const first = against(its, 0);
    await asAlice.allocate(operator, first.module, 0);
    const end = Number(await stakingPool.startOf(epoch + 1n)) - 1;
    await inEpoch(its, epoch + 1n);
    const proposal = await propose(its, first, 200n * COIN, end);
    // What is left for others is still bound, so no stake answers twice.
    await expect(asAlice.allocate(operator, its.modules[1] ?? 0n, 35n * PERCENT + 1n), "STK-03")
      .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryOverAllocated")
      .withArgs(operator, MAGNITUDE + 1n, MAGNITUDE);
    await carryOut(its, proposal);
    expect(await byStakeOf(its, operator), "R34").to.equal(1_800n * COIN);
    expect(await lanesOf(its, first)).to.deep.equal([40n * PERCENT, 0n, 0n, 0n]);
  });

  it("a slash reduces what was asked for and has not begun", async () => {
    const its = await load();
    const { accounts, moduleRegistry, operator } = its;
    const first = against(its, 0);
    await moduleRegistry.connect(accounts.alice).allocate(operator, first.module, 55n * PERCENT);
    await carryOut(its, await propose(its, first, 200n * COIN));
    expect(await lanesOf(its, first)).to.deep.equal([0n, 40n, 40n, 45n].map(percent));
    expect(await moduleRegistry.encumberedOf(operator), "STK-03").to.equal(90n * PERCENT);
    expect(await moduleRegistry.totalOf(operator), "STK-03").to.equal(90n * PERCENT);
  });

  describe("with a bond", () => {
    const loadBonded = bonded(100n * COIN);

    it("STK-04 whoever comes first takes it, and nobody's amount moves by that", async () => {
      const its = await loadBonded();
      const { stakingPool, operator, moduleRegistry } = its;
      await carryOut(its, await propose(its, against(its, 0), 100n * COIN));
      expect(await worthOf(its), "STK-04").to.deep.equal([1_000n * COIN, 600n * COIN, 300n * COIN]);
      expect(await stakingPool.bondOf(operator)).to.equal(0n);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE);
      await carryOut(its, await propose(its, against(its, 1), 120n * COIN));
      expect(await worthOf(its), "STK-04").to.deep.equal([1_000n * COIN, 480n * COIN, 300n * COIN]);
    });
  });

  it("a second slash in the next epoch is of what is left", async () => {
    const its = await load();
    const { slashCourt, operator, epoch } = its;
    await carryOut(its, await propose(its, against(its, 0), 200n * COIN));
    await pass(its);
    const { module } = against(its, 0);
    expect(await slashCourt.proposableOf(module, operator, epoch + 1n)).to.equal(160n * COIN);
    const proposal = await propose(its, against(its, 0), 160n * COIN);
    await goTo(its, await readyAtOf(its, proposal));
    const [slashed] = await storyOf(its, slashCourt.execute(proposal));
    expect(slashed).to.deep.equal(["Slashed", operator, epoch + 1n, 0n, 160n * COIN, 0n, 0n]);
    expect(await worthOf(its)).to.deep.equal([640n * COIN, 600n * COIN, 300n * COIN]);
  });
});
