import { expect } from "chai";

import { carryOut } from "./court.js";
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

describe("ModuleRegistry: what it tells", () => {
  describe("of what a module could slash", () => {
    const load = pools((its) => secured(its, { magnitude: MAGNITUDE / 4n }));

    it("is the running epoch's part of the stake, without the bond", async () => {
      const { moduleRegistry, operator, module } = await load();
      expect(await moduleRegistry.slashableOf(operator, module)).to.equal(500n * COIN);
    });

    it("is nothing before an allocation begins, and nothing from the epoch after an end", async () => {
      const its = await load();
      const { moduleRegistry, operator, accounts } = its;
      const other = await registerModule(its);
      await allocate(its, operator, other, MAGNITUDE / 2n);
      for (const [epochs, worth] of [
        [0n, 0n],
        [1n, 0n],
        [1n, 1_000n * COIN],
      ] as const) {
        if (epochs !== 0n) await pass(its, epochs);
        expect(await moduleRegistry.slashableOf(operator, other)).to.equal(worth);
      }
      await moduleRegistry.connect(accounts.alice).optOut(operator, other);
      expect(await moduleRegistry.slashableOf(operator, other)).to.equal(1_000n * COIN);
      await pass(its);
      expect(await moduleRegistry.slashableOf(operator, other)).to.equal(0n);
    });

    it("R34 counts what was asked out in the running epoch, and none of the epoch before", async () => {
      const its = await load();
      const { moduleRegistry, stakingPool, operator, module, accounts } = its;
      await stakingPool.connect(accounts.bob).requestExit(operator, 1_000n * COIN);
      expect(await moduleRegistry.slashableOf(operator, module), "R34").to.equal(500n * COIN);
      await pass(its);
      expect(await moduleRegistry.slashableOf(operator, module), "R34").to.equal(250n * COIN);
    });

    it("is of all that is left of the magnitude, and rounded down", async () => {
      const its = await load();
      const { moduleRegistry, stakingPool, operator, module, accounts } = its;
      // The bond pays it all.
      await propose(its, its, 100n * COIN);
      await carryOut(its, 1n);
      expect(await moduleRegistry.slashableOf(operator, module)).to.equal(500n * COIN);
      await stakingPool.connect(accounts.bob).stake(operator, 0, { value: COIN + 1n });
      expect(await moduleRegistry.slashableOf(operator, module)).to.equal((2_001n * COIN) / 4n);
    });

    it("falls with stake and magnitude together once the bond is gone", async () => {
      const its = await load();
      const { moduleRegistry, operator, module } = its;
      await propose(its, its, 100n * COIN);
      await carryOut(its, 1n);
      await pass(its);
      await propose(its, its, 100n * COIN);
      await carryOut(its, 2n);
      expect(await moduleRegistry.totalOf(operator)).to.equal((MAGNITUDE * 95n) / 100n);
      expect(await moduleRegistry.slashableOf(operator, module)).to.equal(400n * COIN);
    });

    it("is nothing of operators and for modules that do not exist", async () => {
      const { moduleRegistry, operator, module } = await load();
      expect(await moduleRegistry.slashableOf(operator + 1n, module)).to.equal(0n);
      expect(await moduleRegistry.slashableOf(operator, module + 1n)).to.equal(0n);
      expect(await moduleRegistry.totalOf(operator + 1n)).to.equal(MAGNITUDE);
      expect(await moduleRegistry.encumberedOf(operator + 1n)).to.equal(0n);
    });
  });

  describe("of the stake that a module asks of its users", () => {
    const load = pools((its) => secured(its, { terms: { minUserStake: 1_000n * COIN } }));

    it("is met by as much, with an operator who works for it", async () => {
      const its = await load();
      const { moduleRegistry, stakingPool, operator, module, accounts } = its;
      const { bob, carol, dave, erin } = accounts;
      expect(await moduleRegistry.meetsMinStake(module, bob, operator)).to.equal(true);
      expect(await moduleRegistry.meetsMinStake(module, dave, operator)).to.equal(false);
      await stake(its, erin, operator, 1_000n * COIN - 1n);
      expect(await moduleRegistry.meetsMinStake(module, erin, operator)).to.equal(false);
      await stakingPool.connect(carol).requestExit(operator, 1);
      expect(await moduleRegistry.meetsMinStake(module, carol, operator)).to.equal(false);
    });

    it("is not met any more after a slash of it", async () => {
      const its = await load();
      const { moduleRegistry, operator, module, accounts } = its;
      // The bond pays the first 100.
      await carryOut(its, await propose(its, its, 100n * COIN));
      expect(await moduleRegistry.meetsMinStake(module, accounts.bob, operator)).to.equal(true);
      await pass(its);
      await carryOut(its, await propose(its, its, 20n * COIN));
      expect(await moduleRegistry.meetsMinStake(module, accounts.bob, operator)).to.equal(false);
    });

    it("is not met with an operator who does not work for it, has only asked, or has left", async () => {
      const its = await load();
      const { moduleRegistry, operator, module, accounts } = its;
      const { alice, arbiter, bob, dave } = accounts;
      const elsewhere = await registerOperator(its, { owner: dave });
      await stake(its, bob, elsewhere);
      expect(await moduleRegistry.meetsMinStake(module, bob, elsewhere)).to.equal(false);
      const chosen = await registerModule(its, { open: false });
      expect(await moduleRegistry.meetsMinStake(chosen, bob, operator)).to.equal(false);
      await moduleRegistry.connect(alice).optIn(operator, chosen);
      expect(await moduleRegistry.meetsMinStake(chosen, bob, operator)).to.equal(false);
      await moduleRegistry.connect(arbiter).accept(operator, chosen);
      expect(await moduleRegistry.meetsMinStake(chosen, bob, operator)).to.equal(true);
      await moduleRegistry.connect(alice).optOut(operator, chosen);
      expect(await moduleRegistry.meetsMinStake(chosen, bob, operator)).to.equal(false);
    });

    it("is met by anybody where nothing is asked", async () => {
      const its = await load();
      const { moduleRegistry, operator, accounts } = its;
      const free = await registerModule(its);
      await moduleRegistry.connect(accounts.alice).optIn(operator, free);
      expect(await moduleRegistry.meetsMinStake(free, accounts.stranger, operator)).to.equal(true);
      expect(await moduleRegistry.meetsMinStake(free + 1n, accounts.bob, operator)).to.equal(false);
    });
  });
});
