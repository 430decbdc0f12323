import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { type ModuleTerms, moduleTerms } from "../../scripts/lib/staking/modules.js";
import { ModuleRegistry__factory } from "../../typechain-types/index.js";
import {
  as,
  coinOf,
  MODULE_BOND,
  MODULE_BURN,
  nextBlockAt,
  plain,
  Stage,
  standingOf,
  storyOf,
} from "./court.js";
import { DAY, now, pass, pools, registerModule } from "./fixture.js";

describe("ModuleRegistry: registering a module", () => {
  const load = pools(async (its) => {
    const { arbiter, judy, kim, maker } = its.accounts;
    return {
      asArbiter: its.moduleRegistry.connect(arbiter),
      terms: (rest: Partial<ModuleTerms> = {}): ModuleTerms =>
        moduleTerms(arbiter.address, judy.address, {
          window: 3 * DAY,
          maxSlashBps: 1_234,
          minBondBps: 567,
          victimBps: 4_321,
          open: false,
          minUserStake: 2n ** 96n - 1n,
          victims: kim.address,
          meter: maker.address,
          ...rest,
        }),
    };
  });

  it("takes the bond, burns a tenth of it, and says the terms", async () => {
    const its = await load();
    const { moduleRegistry, iotxBurner, asArbiter, terms, accounts, connection } = its;
    const registering = asArbiter.registerModule(terms(), "ipfs://a", { value: MODULE_BOND });
    const asStored = Object.fromEntries(
      Object.entries(terms()).map(([name, value]) => [
        name,
        typeof value === "number" ? BigInt(value) : value,
      ]),
    );
    expect(await storyOf(its, registering)).to.deep.equal([
      ["OwnershipTransferred", 1n, ZeroAddress, accounts.arbiter.address],
      ["ModuleRegistered", 1n, asStored, "ipfs://a", MODULE_BOND - MODULE_BURN, MODULE_BURN],
      ["Burned", moduleRegistry.target, MODULE_BURN],
    ]);
    await expect(registering).to.changeEtherBalances(
      connection.ethers,
      [accounts.arbiter, moduleRegistry, iotxBurner],
      [-MODULE_BOND, MODULE_BOND - MODULE_BURN, MODULE_BURN],
    );
    expect(await iotxBurner.burnedBy(moduleRegistry)).to.equal(MODULE_BURN);
    expect(plain(await moduleRegistry.termsOf(1))).to.deep.equal(asStored);
    expect(await standingOf(its, 1n)).to.deep.equal({
      bond: MODULE_BOND - MODULE_BURN,
      members: 0n,
      lastLeft: 0n,
      stage: BigInt(Stage.Active),
    });
    expect(await moduleRegistry.ownerOf(1)).to.equal(accounts.arbiter);
    expect(await moduleRegistry.count()).to.equal(1n);
  });

  it("tells the court and everybody else what they ask of the terms", async () => {
    const { moduleRegistry, asArbiter, terms, accounts } = await load();
    const { arbiter, judy, kim } = accounts;
    await asArbiter.registerModule(terms(), "", { value: MODULE_BOND });
    expect([...(await moduleRegistry.slashingOf(1))]).to.deep.equal([
      arbiter.address,
      BigInt(3 * DAY),
      1_234n,
    ]);
    expect(await moduleRegistry.resolverOf(1)).to.equal(judy);
    expect([...(await moduleRegistry.victimsOf(1))]).to.deep.equal([kim.address, 4_321n]);
  });

  it("knows nothing of modules that do not exist", async () => {
    const its = await load();
    const { moduleRegistry } = its;
    expect([...(await moduleRegistry.slashingOf(1))]).to.deep.equal([ZeroAddress, 0n, 0n]);
    expect(await moduleRegistry.resolverOf(1)).to.equal(ZeroAddress);
    expect([...(await moduleRegistry.victimsOf(1))]).to.deep.equal([ZeroAddress, 0n]);
    expect(await moduleRegistry.ownerOf(1)).to.equal(ZeroAddress);
    expect(await moduleRegistry.count()).to.equal(0n);
    expect(await standingOf(its, 1n)).to.include({ bond: 0n, members: 0n });
  });

  it("numbers modules from 1, each with terms of its own", async () => {
    const { moduleRegistry, asArbiter, terms, accounts } = await load();
    const value = { value: MODULE_BOND };
    expect(await asArbiter.registerModule.staticCall(terms(), "", value)).to.equal(1n);
    await asArbiter.registerModule(terms(), "", value);
    const asDave = moduleRegistry.connect(accounts.dave);
    expect(await asDave.registerModule.staticCall(terms(), "", value)).to.equal(2n);
    await asDave.registerModule(terms({ maxSlashBps: 7 }), "", value);
    expect(await moduleRegistry.ownerOf(2)).to.equal(accounts.dave);
    expect((await moduleRegistry.termsOf(1)).maxSlashBps).to.equal(1_234n);
    expect((await moduleRegistry.termsOf(2)).maxSlashBps).to.equal(7n);
    expect(await moduleRegistry.count()).to.equal(2n);
  });

  it("refuses any other amount of coin", async () => {
    const { moduleRegistry, asArbiter, terms } = await load();
    for (const value of [0n, MODULE_BOND - 1n, MODULE_BOND + 1n]) {
      await expect(asArbiter.registerModule(terms(), "", { value }))
        .to.be.revertedWithCustomError(moduleRegistry, "CurrencyWrongValue")
        .withArgs(MODULE_BOND, value);
    }
    expect(await moduleRegistry.count()).to.equal(0n);
  });

  const BOUNDS: [keyof ModuleTerms, number, number, number[]][] = [
    ["window", 2 * DAY, 4 * DAY, [0, 2 * DAY - 1, 4 * DAY + 1, 2 ** 32 - 1]],
    ["maxSlashBps", 1, 2_000, [0, 2_001, 65_535]],
    ["minBondBps", 0, 10_000, [10_001, 65_535]],
    ["victimBps", 0, 5_000, [5_001, 65_535]],
  ];

  for (const [field, least, most, outside] of BOUNDS) {
    it(`refuses a ${field} outside ${least} to ${most}, and takes both ends`, async () => {
      const { moduleRegistry, asArbiter, terms } = await load();
      for (const value of outside) {
        await expect(
          asArbiter.registerModule(terms({ [field]: value }), "", { value: MODULE_BOND }),
        )
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryTermOutOfBounds")
          .withArgs(field, value, least, most);
      }
      for (const value of [least, most]) {
        // Without a part for them there are no victims.
        const victims = field === "victimBps" && value === 0 ? { victims: ZeroAddress } : {};
        const its = terms({ [field]: value, ...victims });
        await asArbiter.registerModule(its, "", { value: MODULE_BOND });
        const stored = await moduleRegistry.termsOf(await moduleRegistry.count());
        expect(plain(stored)[field]).to.equal(BigInt(value));
      }
    });
  }

  it("refuses a slash authority of zero", async () => {
    const { moduleRegistry, asArbiter, terms } = await load();
    const its = terms({ slashAuthority: ZeroAddress });
    await expect(asArbiter.registerModule(its, "", { value: MODULE_BOND }))
      .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInvalidAddress")
      .withArgs("slashAuthority", ZeroAddress);
  });

  it("refuses a resolver of zero, and the authority as its own resolver", async () => {
    const { moduleRegistry, asArbiter, terms, accounts } = await load();
    for (const resolver of [ZeroAddress, accounts.arbiter.address]) {
      await expect(asArbiter.registerModule(terms({ resolver }), "", { value: MODULE_BOND }))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInvalidAddress")
        .withArgs("resolver", resolver);
    }
  });

  it("refuses victims without a part, and a part without victims", async () => {
    const { moduleRegistry, asArbiter, terms, accounts } = await load();
    for (const [victims, victimBps] of [
      [accounts.kim.address, 0],
      [ZeroAddress, 1],
    ] as const) {
      const its = terms({ victims, victimBps });
      await expect(asArbiter.registerModule(its, "", { value: MODULE_BOND }))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInvalidAddress")
        .withArgs("victims", victims);
    }
  });

  it("takes a module with nobody to compensate, nobody to measure and nothing asked of users", async () => {
    const { moduleRegistry, asArbiter, accounts } = await load();
    const plainTerms = moduleTerms(accounts.arbiter, accounts.judy);
    await asArbiter.registerModule(plainTerms, "", { value: MODULE_BOND });
    expect(plain(await moduleRegistry.termsOf(1))).to.include({
      victims: ZeroAddress,
      victimBps: 0n,
      meter: ZeroAddress,
      minUserStake: 0n,
      open: true,
    });
  });

  it("belongs to the suite's pool, clock and bond", async () => {
    const { moduleRegistry, stakingPool } = await load();
    expect(await moduleRegistry.pool()).to.equal(stakingPool.target);
    expect(await moduleRegistry.bondOfModules()).to.equal(MODULE_BOND);
    expect(await moduleRegistry.genesis()).to.equal(await stakingPool.genesis());
    expect(await moduleRegistry.epoch()).to.equal(await stakingPool.epoch());
    expect(await moduleRegistry.startOf(3)).to.equal(await stakingPool.startOf(3));
  });

  describe("with another bond", () => {
    for (const [bond, burned] of [
      [0n, 0n],
      [9n, 0n],
      [19n, 1n],
    ] as const) {
      it(`burns ${burned} wei of ${bond}, and keeps the rest`, async () => {
        const its = await load();
        const { accessManager, stakingPool, iotxBurner, terms, accounts } = its;
        const factory = new ModuleRegistry__factory(accounts.arbiter);
        const registry = await factory.deploy(accessManager, stakingPool, bond);
        await registry.registerModule(terms(), "", { value: bond });
        expect((await registry.standingOf(1)).bond).to.equal(bond - burned);
        expect(await iotxBurner.burnedBy(registry)).to.equal(burned);
        await registry.closeModule(1, accounts.dave);
        expect(await coinOf(its, registry)).to.equal(0n);
      });
    }
  });

  describe("while intake is paused", () => {
    it("is refused to the last second, and then goes on", async () => {
      const its = await load();
      const { moduleRegistry, asArbiter, terms, accounts } = its;
      const until = (await now(its)) + 1_000;
      await moduleRegistry.connect(accounts.guardian).pauseIntake(until);
      const register = () => asArbiter.registerModule(terms(), "", { value: MODULE_BOND });
      await nextBlockAt(its, until - 1);
      await expect(register())
        .to.be.revertedWithCustomError(moduleRegistry, "IntakePauseActive")
        .withArgs(until);
      await nextBlockAt(its, until);
      await register();
      expect(await moduleRegistry.count()).to.equal(1n);
    });

    it("R33 nothing else of the registry is", async () => {
      const its = await load();
      const { moduleRegistry, stakingPool, accounts, asArbiter } = its;
      const { alice, guardian, dave } = accounts;
      await stakingPool.connect(alice).registerOperator(alice, 0, "", { value: 1 });
      await registerModule(its, { open: false });
      await registerModule(its);
      await pass(its);
      const until = (await now(its)) + 14 * DAY;
      await moduleRegistry.connect(guardian).pauseIntake(until);
      const asAlice = moduleRegistry.connect(alice);
      await asAlice.optIn(1, 1);
      await asArbiter.accept(1, 1);
      await asAlice.allocate(1, 1, 5);
      await moduleRegistry.sync(1, 1);
      await asAlice.optOut(1, 1);
      await asArbiter.retireModule(2);
      await asArbiter.closeModule(2, dave);
      await asArbiter.offerOwnership(1, dave);
      await moduleRegistry.connect(dave).acceptOwnership(1);
      await moduleRegistry.connect(await as(its, await stakingPool.court())).reduce(1, 1, 0);
      expect(await moduleRegistry.intakePausedUntil()).to.equal(BigInt(until));
      expect(await now(its)).to.be.lessThan(until);
    });
  });

  describe("and handing it on", () => {
    const loadOwned = pools(async (its) => ({ module: await registerModule(its) }));

    it("takes an offer and its acceptance", async () => {
      const its = await loadOwned();
      const { moduleRegistry, module, accounts } = its;
      const { arbiter, dave } = accounts;
      const offering = moduleRegistry.connect(arbiter).offerOwnership(module, dave);
      expect(await storyOf(its, offering)).to.deep.equal([
        ["OwnershipOffered", module, arbiter.address, dave.address],
      ]);
      expect(await moduleRegistry.ownerOf(module)).to.equal(arbiter);
      expect(await moduleRegistry.pendingOwnerOf(module)).to.equal(dave);
      expect(
        await storyOf(its, moduleRegistry.connect(dave).acceptOwnership(module)),
      ).to.deep.equal([["OwnershipTransferred", module, arbiter.address, dave.address]]);
      expect(await moduleRegistry.ownerOf(module)).to.equal(dave);
      expect(await moduleRegistry.pendingOwnerOf(module)).to.equal(ZeroAddress);
    });

    it("leaves the old owner nothing, and the terms as they are", async () => {
      const { moduleRegistry, module, accounts } = await loadOwned();
      const { arbiter, dave } = accounts;
      await moduleRegistry.connect(arbiter).offerOwnership(module, dave);
      await moduleRegistry.connect(dave).acceptOwnership(module);
      const asArbiter = moduleRegistry.connect(arbiter);
      for (const act of [
        () => asArbiter.offerOwnership(module, arbiter),
        () => asArbiter.retireModule(module),
        () => asArbiter.closeModule(module, arbiter),
        () => asArbiter.accept(1, module),
      ]) {
        await expect(act())
          .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
          .withArgs(module, arbiter);
      }
      expect((await moduleRegistry.slashingOf(module)).slashAuthority).to.equal(arbiter);
    });

    it("is refused to everybody but the owner, and its acceptance to everybody but whom he chose", async () => {
      const { moduleRegistry, module, accounts } = await loadOwned();
      const { arbiter, dave, guardian, stranger } = accounts;
      await moduleRegistry.connect(arbiter).offerOwnership(module, dave);
      for (const account of [dave, guardian, stranger]) {
        await expect(moduleRegistry.connect(account).offerOwnership(module, account))
          .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
          .withArgs(module, account);
      }
      for (const account of [arbiter, guardian, stranger]) {
        await expect(moduleRegistry.connect(account).acceptOwnership(module))
          .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
          .withArgs(module, account);
      }
      expect(await moduleRegistry.ownerOf(module)).to.equal(arbiter);
    });

    it("is taken back by an offer to nobody, and an offer is accepted once", async () => {
      const its = await loadOwned();
      const { moduleRegistry, module, accounts } = its;
      const { arbiter, dave, erin } = accounts;
      const asArbiter = moduleRegistry.connect(arbiter);
      await asArbiter.offerOwnership(module, dave);
      await asArbiter.offerOwnership(module, ZeroAddress);
      await expect(moduleRegistry.connect(dave).acceptOwnership(module))
        .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
        .withArgs(module, dave);
      await asArbiter.offerOwnership(module, dave);
      await moduleRegistry.connect(dave).acceptOwnership(module);
      await moduleRegistry.connect(dave).offerOwnership(module, erin);
      await moduleRegistry.connect(erin).acceptOwnership(module);
      await expect(moduleRegistry.connect(dave).acceptOwnership(module))
        .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
        .withArgs(module, dave);
      expect(await moduleRegistry.ownerOf(module)).to.equal(erin);
    });
  });

  it("takes coin by registration alone", async () => {
    const its = await load();
    const { moduleRegistry, slashCourt, accounts } = its;
    for (const to of [moduleRegistry.target, slashCourt.target]) {
      await expect(accounts.bob.sendTransaction({ to, value: 1 })).to.be.rejected;
      expect(await coinOf(its, to)).to.equal(0n);
    }
  });
});
