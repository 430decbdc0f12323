import { expect } from "chai";

import { as, carryOut, lanesOf, Membership, membershipOf, storyOf } from "./court.js";
import {
  allocate,
  COIN,
  MAGNITUDE,
  pass,
  pools,
  propose,
  registerModule,
  registerOperator,
  secured,
  stake,
} from "./fixture.js";

describe("ModuleRegistry: bonds, and what slashes leave", () => {
  describe("allocations with a bond that the module asks for", () => {
    /** 10 % of what the allocation is worth; a bond of 100 is enough for 1,000 of 2,000. */
    const loadBonded = pools((its) =>
      secured(its, { terms: { minBondBps: 1_000 }, magnitude: 0n }),
    );

    it("rise as far as the bond is enough, to the wei", async () => {
      const { operator, module, moduleRegistry, accounts } = await loadBonded();
      const asAlice = moduleRegistry.connect(accounts.alice);
      const half = MAGNITUDE / 2n;
      // A unit more is worth 200,000 wei more, and a tenth of that is asked for.
      await expect(asAlice.allocate(operator, module, half + 1n))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInsufficientBond")
        .withArgs(operator, 100n * COIN, 100n * COIN + 20_000n);
      await asAlice.allocate(operator, module, half);
      expect(await moduleRegistry.encumberedOf(operator)).to.equal(half);
    });

    it("ask for a bond that is rounded up", async () => {
      const its = await loadBonded();
      const { operator, module, moduleRegistry, accounts, stakingPool } = its;
      await stake(its, accounts.dave, operator, COIN + 1n);
      // Half of 2,001 and a wei, which is rounded down; a tenth of it.
      const least = (1_000n * COIN + COIN / 2n) / 10n;
      const asAlice = moduleRegistry.connect(accounts.alice);
      const rise = () => asAlice.allocate(operator, module, MAGNITUDE / 2n);
      await stakingPool.connect(accounts.alice).addBond(operator, { value: COIN / 20n - 1n });
      await expect(rise())
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInsufficientBond")
        .withArgs(operator, least - 1n, least);
      await stake(its, accounts.dave, operator, COIN + 1n);
      await stakingPool.connect(accounts.alice).addBond(operator, { value: COIN / 20n + 1n });
      // 1,001 and a wei now: a tenth of it is 100.1 and a tenth of a wei.
      await expect(rise())
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInsufficientBond")
        .withArgs(operator, least + COIN / 20n, least + COIN / 20n + 1n);
      await stakingPool.connect(accounts.alice).addBond(operator, { value: 1 });
      await rise();
    });

    it("count what was asked out in the running epoch, and nothing of an earlier one", async () => {
      const its = await loadBonded();
      const { operator, module, moduleRegistry, accounts, stakingPool } = its;
      const asAlice = moduleRegistry.connect(accounts.alice);
      await stakingPool.connect(accounts.bob).requestExit(operator, 1_000n * COIN);
      await expect(asAlice.allocate(operator, module, MAGNITUDE))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInsufficientBond")
        .withArgs(operator, 100n * COIN, 200n * COIN);
      await pass(its);
      await asAlice.allocate(operator, module, MAGNITUDE);
    });

    it("neither stay nor fall nor end for want of it", async () => {
      const its = await loadBonded();
      const { operator, module, moduleRegistry, accounts } = its;
      const asAlice = moduleRegistry.connect(accounts.alice);
      await asAlice.allocate(operator, module, MAGNITUDE / 2n);
      await stake(its, accounts.bob, operator);
      for (const magnitude of [MAGNITUDE / 2n, MAGNITUDE / 2n - 1n]) {
        await asAlice.allocate(operator, module, magnitude);
        expect((await lanesOf(its, its))[3]).to.equal(magnitude);
      }
      await expect(asAlice.allocate(operator, module, MAGNITUDE / 2n))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInsufficientBond")
        .withArgs(operator, 100n * COIN, 150n * COIN);
      await asAlice.optOut(operator, module);
    });

    it("share one bond among all modules", async () => {
      const its = await loadBonded();
      const { operator, module, moduleRegistry, accounts } = its;
      const other = await registerModule(its, { minBondBps: 1_000 });
      const asAlice = moduleRegistry.connect(accounts.alice);
      await asAlice.optIn(operator, other);
      await asAlice.allocate(operator, module, MAGNITUDE / 2n);
      await asAlice.allocate(operator, other, MAGNITUDE / 2n);
      expect(await moduleRegistry.encumberedOf(operator)).to.equal(MAGNITUDE);
    });
  });

  describe("allocations after a slash", () => {
    const loadSlashed = pools(async (its) => {
      const base = await secured(its, { operator: { bond: 0n } });
      await carryOut(its, await propose(its, base, 200n * COIN));
      return base;
    });
    const LEFT = MAGNITUDE - MAGNITUDE / 10n;

    it("are of what is left", async () => {
      const its = await loadSlashed();
      const { operator, moduleRegistry } = its;
      expect(await moduleRegistry.totalOf(operator)).to.equal(LEFT);
      expect(await its.moduleRegistry.encumberedOf(operator)).to.equal(LEFT);
      expect(await lanesOf(its, its)).to.deep.equal([0n, LEFT, LEFT, LEFT]);
    });

    it("STK-03 are refused beyond it, also together", async () => {
      const its = await loadSlashed();
      const { operator, module, moduleRegistry, accounts } = its;
      const asAlice = moduleRegistry.connect(accounts.alice);
      await expect(asAlice.allocate(operator, module, LEFT + 1n), "STK-03")
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryOverAllocated")
        .withArgs(operator, LEFT + 1n, LEFT);
      const other = await registerModule(its);
      await asAlice.optIn(operator, other);
      await expect(asAlice.allocate(operator, other, 1), "STK-03")
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryOverAllocated")
        .withArgs(operator, LEFT + 1n, LEFT);
    });
  });

  describe("allocations reduced by the court", () => {
    const loadFour = pools(async (its) => {
      const operator = await registerOperator(its);
      const module = await registerModule(its);
      const asAlice = its.moduleRegistry.connect(its.accounts.alice);
      await allocate(its, operator, module, 10n);
      await pass(its, 2n);
      await asAlice.allocate(operator, module, 7);
      await pass(its);
      await asAlice.allocate(operator, module, 5);
      await asAlice.allocate(operator, module, 8);
      const court = await as(its, its.slashCourt);
      return { operator, module, asCourt: its.moduleRegistry.connect(court) };
    });

    it("lose as much in every epoch, or all they have there", async () => {
      const its = await loadFour();
      const { operator, module, asCourt, moduleRegistry } = its;
      expect(await lanesOf(its, its)).to.deep.equal([10n, 7n, 5n, 8n]);
      expect(await storyOf(its, asCourt.reduce(operator, module, 6))).to.deep.equal([
        ["AllocationReduced", operator, module, 6n],
      ]);
      expect(await lanesOf(its, its)).to.deep.equal([4n, 1n, 0n, 2n]);
      expect(await its.moduleRegistry.encumberedOf(operator)).to.equal(4n);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE - 6n);
      await asCourt.reduce(operator, module, 1);
      expect(await lanesOf(its, its)).to.deep.equal([3n, 0n, 0n, 1n]);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE - 7n);
    });

    it("lose it as seen from the running epoch", async () => {
      const its = await loadFour();
      const { operator, module, asCourt } = its;
      await pass(its);
      await asCourt.reduce(operator, module, 6);
      expect(await lanesOf(its, its)).to.deep.equal([1n, 0n, 2n, 2n]);
      expect(await its.moduleRegistry.encumberedOf(operator)).to.equal(2n);
    });

    it("leave his membership as it is, also when he has left", async () => {
      const its = await loadFour();
      const { operator, module, asCourt, moduleRegistry, accounts } = its;
      await moduleRegistry.connect(accounts.alice).optOut(operator, module);
      await asCourt.reduce(operator, module, 1);
      expect(await membershipOf(its, its)).to.equal(Membership.None);
      await moduleRegistry.connect(accounts.alice).optIn(operator, module);
      await asCourt.reduce(operator, module, 1);
      expect(await membershipOf(its, its)).to.equal(Membership.Member);
      expect(await lanesOf(its, its)).to.deep.equal([8n, 5n, 0n, 0n]);
    });

    it("are so by nobody else", async () => {
      const { operator, module, moduleRegistry, accounts } = await loadFour();
      const { alice, arbiter, admin, guardian, deployer, judy } = accounts;
      for (const account of [alice, arbiter, admin, guardian, deployer, judy]) {
        await expect(moduleRegistry.connect(account).reduce(operator, module, 1))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnauthorized")
          .withArgs(account);
      }
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE);
    });
  });
});
