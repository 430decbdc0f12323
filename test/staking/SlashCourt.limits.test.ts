import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { carryOut, goTo, lapse, readyAtOf } from "./court.js";
import { COIN, DAY, inEpoch, MAGNITUDE, pools, propose, type Secured, secured } from "./fixture.js";

/** What a unit of magnitude is worth of a stake of 2,000, in wei. */
const UNIT = (2_000n * COIN) / MAGNITUDE;
const LIMIT = MAGNITUDE / 5n;
const LEAST = MAGNITUDE / 100n;

describe("SlashCourt: limits of proposals", () => {
  const load = pools((its) => secured(its, { operator: { bond: 0n }, terms: { window: 2 * DAY } }));

  /** Proposes for an offence of the first second of the epoch in which the allocation began. */
  const proposeFirst = async (its: Identity & Secured, amount: bigint) =>
    propose(its, its, amount, Number(await its.slashCourt.startOf(its.epoch)));

  const refusesMore = async (its: Identity & Secured, amount: bigint, part: bigint, rest: bigint) =>
    expect(proposeFirst(its, amount))
      .to.be.revertedWithCustomError(its.slashCourt, "SlashCourtAboveLimit")
      .withArgs(part, rest);

  const refusesLess = async (
    its: Identity & Secured,
    amount: bigint,
    part: bigint,
    least = LEAST,
  ) =>
    expect(proposeFirst(its, amount))
      .to.be.revertedWithCustomError(its.slashCourt, "SlashCourtTooSmall")
      .withArgs(part, least);

  const proposable = ({ slashCourt, module, operator, epoch }: Identity & Secured) =>
    slashCourt.proposableOf(module, operator, epoch);

  describe("at most", () => {
    it("allow a fifth of the allocation, and not a wei more", async () => {
      const its = await load();
      expect(await proposable(its)).to.equal(400n * COIN);
      await refusesMore(its, 400n * COIN + 1n, LIMIT + 1n, LIMIT);
      await proposeFirst(its, 400n * COIN);
      expect(await proposable(its)).to.equal(0n);
      expect((await its.slashCourt.proposalOf(1)).magnitude).to.equal(LIMIT);
    });

    it("R25 count a part of a unit as a whole one", async () => {
      const its = await load();
      await proposeFirst(its, 100n * COIN + 1n);
      expect((await its.slashCourt.proposalOf(1)).magnitude, "R25").to.equal(MAGNITUDE / 20n + 1n);
      expect(await proposable(its), "R25").to.equal(300n * COIN - UNIT);
    });

    it("are for all proposals of an offence epoch together", async () => {
      const its = await load();
      await proposeFirst(its, 250n * COIN);
      expect(await proposable(its)).to.equal(150n * COIN);
      const rest = (LIMIT * 150n) / 400n;
      await refusesMore(its, 150n * COIN + 1n, rest + 1n, rest);
      await proposeFirst(its, 150n * COIN);
      await refusesMore(its, 1n, 1n, 0n);
    });

    it("are another epoch's anew", async () => {
      const its = await load();
      const { slashCourt, module, operator, epoch } = its;
      await inEpoch(its, epoch + 1n, DAY);
      const start = Number(await slashCourt.startOf(epoch + 1n));
      await propose(its, its, 400n * COIN, start - 1);
      expect(await proposable(its)).to.equal(0n);
      expect(await slashCourt.proposableOf(module, operator, epoch + 1n)).to.equal(400n * COIN);
      await propose(its, its, 400n * COIN, start);
    });

    it("are those of the module's part alone", async () => {
      const its = await load();
      await its.moduleRegistry
        .connect(its.accounts.alice)
        .allocate(its.operator, its.module, MAGNITUDE / 4n);
      const offence = Number(await its.slashCourt.startOf(its.epoch + 1n));
      await inEpoch(its, its.epoch + 1n);
      const limit = LIMIT / 4n;
      await expect(propose(its, its, 100n * COIN + 1n, offence))
        .to.be.revertedWithCustomError(its.slashCourt, "SlashCourtAboveLimit")
        .withArgs(limit + 1n, limit);
      await propose(its, its, 100n * COIN, offence);
    });

    it("do not depend on what was carried out before, whatever the order", async () => {
      const its = await load();
      const { slashCourt, stakingPool, moduleRegistry, operator } = its;
      await proposeFirst(its, 100n * COIN);
      await carryOut(its, 1n);
      // A twentieth of stake and magnitude is gone: what is left of the limit is worth what it was.
      expect(await proposable(its)).to.equal(300n * COIN);
      const rest = (LIMIT * 3n) / 4n;
      await refusesMore(its, 300n * COIN + 1n, rest + 1n, rest);
      await proposeFirst(its, 300n * COIN);
      await carryOut(its, 2n);
      expect(await stakingPool.votesOf(operator)).to.equal(1_600n * COIN);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE - LIMIT);
      expect(await slashCourt.proposableOf(its.module, operator, its.epoch)).to.equal(0n);
    });

    for (const order of [
      [1n, 2n, 3n],
      [3n, 2n, 1n],
      [2n, 3n, 1n],
    ]) {
      it(`end in the same when three are carried out in the order ${order.join(", ")}`, async () => {
        const its = await load();
        const { slashCourt, stakingPool, moduleRegistry, operator, module, accounts } = its;
        for (const amount of [150n, 50n, 200n]) await proposeFirst(its, amount * COIN);
        await stakingPool.connect(accounts.bob).requestExit(operator, 500n * COIN);
        await goTo(its, await readyAtOf(its, 3n));
        for (const proposal of order) await slashCourt.execute(proposal);
        expect(await stakingPool.votesOf(operator)).to.equal(1_200n * COIN);
        expect(await stakingPool.exitOf(operator, its.epoch, accounts.bob)).to.deep.include(
          400n * COIN,
        );
        expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE - LIMIT);
        const { current } = await moduleRegistry.allocationOf(operator, module);
        expect(current).to.equal(MAGNITUDE - LIMIT);
      });
    }

    it("stay taken by what the bond paid", async () => {
      const its = await load();
      const { stakingPool, moduleRegistry, operator, accounts } = its;
      await stakingPool.connect(accounts.alice).addBond(operator, { value: 500n * COIN });
      await proposeFirst(its, 100n * COIN);
      await carryOut(its, 1n);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE);
      expect(await proposable(its)).to.equal(300n * COIN);
    });

    it("grow with stake that comes in, which answers too", async () => {
      const its = await load();
      await its.stakingPool
        .connect(its.accounts.dave)
        .stake(its.operator, 0, { value: 1_000n * COIN });
      expect(await proposable(its)).to.equal(600n * COIN);
      await proposeFirst(its, 600n * COIN);
    });

    it("are free again after a veto, a lapse or a veto of all", async () => {
      const its = await load();
      const { slashCourt, accounts, module } = its;
      const asGuardian = slashCourt.connect(accounts.guardian);
      await proposeFirst(its, 400n * COIN);
      await slashCourt.connect(accounts.judy).veto(1);
      expect(await proposable(its)).to.equal(400n * COIN);
      await proposeFirst(its, 300n * COIN);
      await asGuardian.vetoAsGuardian(2);
      expect(await proposable(its)).to.equal(400n * COIN);
      await proposeFirst(its, 200n * COIN);
      await asGuardian.vetoAll(module);
      expect(await proposable(its)).to.equal(200n * COIN);
      await slashCourt.release(3);
      expect(await proposable(its)).to.equal(400n * COIN);
      await proposeFirst(its, 100n * COIN);
      await lapse(its, 4n);
      expect(await proposable(its)).to.equal(300n * COIN);
      await slashCourt.release(4);
      expect(await proposable(its)).to.equal(400n * COIN);
    });
  });

  describe("at least", () => {
    it("ask for a hundredth of the allocation, to the wei", async () => {
      const its = await load();
      await refusesLess(its, 20n * COIN - UNIT, LEAST - 1n);
      await refusesLess(its, 1n, 1n);
      await proposeFirst(its, 20n * COIN - UNIT + 1n);
      expect((await its.slashCourt.proposalOf(1)).magnitude).to.equal(LEAST);
      await proposeFirst(its, 20n * COIN);
      expect((await its.slashCourt.proposalOf(2)).magnitude).to.equal(LEAST);
    });

    it("R25 never take nothing, not even when nothing is left", async () => {
      const its = await load();
      await refusesLess(its, 0n, 0n);
      await proposeFirst(its, 400n * COIN);
      await refusesLess(its, 0n, 0n);
    });

    it("take less when it is all that the module may still take, to the wei", async () => {
      const its = await load();
      await proposeFirst(its, 390n * COIN);
      expect(await proposable(its)).to.equal(10n * COIN);
      const rest = LIMIT / 40n;
      await refusesLess(its, 10n * COIN - 1n, rest);
      await refusesLess(its, 10n * COIN - UNIT, rest - 1n);
      await refusesMore(its, 10n * COIN + 1n, rest + 1n, rest);
      await proposeFirst(its, 10n * COIN);
    });

    it("take what a module may still take although that is no whole unit", async () => {
      const its = await load();
      await its.stakingPool.connect(its.accounts.dave).stake(its.operator, 0, { value: COIN + 1n });
      await proposeFirst(its, 400n * COIN);
      const rest = await proposable(its);
      await refusesLess(its, rest - 1n, await partOf(its, rest - 1n), LEAST);
      await proposeFirst(its, rest);
      expect(await proposable(its)).to.equal(0n);
    });

    /** What an amount is of the magnitude, rounded up. */
    const partOf = async ({ stakingPool, operator, epoch }: Identity & Secured, amount: bigint) => {
      const answering = await stakingPool.answeringOf(operator, epoch);
      return (amount * MAGNITUDE + answering - 1n) / answering;
    };

    it("are of what the operator gave when he did it, and of what is left", async () => {
      const its = await load();
      await proposeFirst(its, 100n * COIN);
      await carryOut(its, 1n);
      const left = MAGNITUDE - MAGNITUDE / 20n;
      await refusesLess(its, 19n * COIN - UNIT, left / 100n - 1n, left / 100n);
      await proposeFirst(its, 19n * COIN);
    });
  });

  describe("narrow", () => {
    for (const [bps, limit, least] of [
      [1, MAGNITUDE / 10_000n, MAGNITUDE / 20_000n],
      [100, MAGNITUDE / 100n, MAGNITUDE / 200n],
      [199, (MAGNITUDE * 199n) / 10_000n, (MAGNITUDE * 199n) / 20_000n],
      [200, MAGNITUDE / 50n, MAGNITUDE / 100n],
      [201, (MAGNITUDE * 201n) / 10_000n, MAGNITUDE / 100n],
    ] as const) {
      describe(`of ${bps} basis points`, () => {
        const loadNarrow = pools((its) =>
          secured(its, { operator: { bond: 0n }, terms: { maxSlashBps: bps, window: 2 * DAY } }),
        );

        it("take amounts from half of the limit or a hundredth of all, whichever is less", async () => {
          const its = await loadNarrow();
          expect(await proposable(its)).to.equal(limit * UNIT);
          await refusesMore(its, limit * UNIT + 1n, limit + 1n, limit);
          await refusesLess(its, (least - 1n) * UNIT, least - 1n, least);
          await proposeFirst(its, (least - 1n) * UNIT + 1n);
          expect((await its.slashCourt.proposalOf(1)).magnitude).to.equal(least);
          await proposeFirst(its, limit * UNIT - least * UNIT);
          expect(await proposable(its)).to.equal(0n);
        });
      });
    }
  });

  describe("of a tiny allocation", () => {
    const loadTiny = (magnitude: bigint) =>
      pools((its) =>
        secured(its, { operator: { bond: 0n }, magnitude, terms: { window: 2 * DAY } }),
      );
    const loadHundred = loadTiny(101n);
    const loadFour = loadTiny(4n);
    const loadFive = loadTiny(5n);

    it("round the least up and the most down", async () => {
      const its = await loadHundred();
      await refusesLess(its, UNIT, 1n, 2n);
      await refusesMore(its, 20n * UNIT + 1n, 21n, 20n);
      await proposeFirst(its, UNIT + 1n);
      await proposeFirst(its, 18n * UNIT);
      expect(await proposable(its)).to.equal(0n);
    });

    it("R25 take what was proposed of it from stakers, and of both magnitudes", async () => {
      const its = await loadHundred();
      const { stakingPool, moduleRegistry, operator, module } = its;
      await proposeFirst(its, 20n * UNIT);
      await carryOut(its, 1n);
      expect(await stakingPool.votesOf(operator), "R25").to.equal(2_000n * COIN - 20n * UNIT);
      expect(await moduleRegistry.totalOf(operator), "R25").to.equal(MAGNITUDE - 20n);
      expect((await moduleRegistry.allocationOf(operator, module)).current).to.equal(81n);
    });

    it("leave nothing to take of four units, and one of five", async () => {
      const four = await loadFour();
      expect(await proposable(four)).to.equal(0n);
      await refusesMore(four, 1n, 1n, 0n);
      const five = await loadFive();
      expect(await proposable(five)).to.equal(UNIT);
      await proposeFirst(five, UNIT);
    });
  });

  it("refuses the greatest amount there is for what it is", async () => {
    const its = await load();
    const most = 2n ** 96n - 1n;
    const stake = 2_000n * COIN;
    await refusesMore(its, most, (most * MAGNITUDE + stake - 1n) / stake, LIMIT);
  });
});
