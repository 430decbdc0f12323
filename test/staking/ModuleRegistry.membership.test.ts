import { expect } from "chai";

import { RevertingReceiver__factory } from "../../typechain-types/index.js";
import {
  lanesOf,
  Membership,
  membershipOf,
  MODULE_BOND,
  MODULE_BURN,
  NOTHING,
  Stage,
  standingOf,
  storyOf,
} from "./court.js";
import {
  allocate,
  inEpoch,
  MAGNITUDE,
  pass,
  pools,
  registerModule,
  registerOperator,
  stake,
} from "./fixture.js";

const PAID_BACK = MODULE_BOND - MODULE_BURN;

describe("ModuleRegistry: joining and leaving", () => {
  const load = pools(async (its) => {
    const { accounts, moduleRegistry } = its;
    const operator = await registerOperator(its);
    const open = await registerModule(its);
    const chosen = await registerModule(its, { open: false });
    await stake(its, accounts.bob, operator);
    return {
      operator,
      open,
      chosen,
      epoch: await pass(its),
      asAlice: moduleRegistry.connect(accounts.alice),
      asArbiter: moduleRegistry.connect(accounts.arbiter),
    };
  });

  describe("opting in", () => {
    it("makes the operator a member of an open module at once", async () => {
      const its = await load();
      const { operator, open, asAlice } = its;
      expect(await membershipOf(its, { operator, module: open })).to.equal(Membership.None);
      expect(await storyOf(its, asAlice.optIn(operator, open))).to.deep.equal([
        ["MembershipChanged", operator, open, BigInt(Membership.Member)],
      ]);
      expect(await membershipOf(its, { operator, module: open })).to.equal(Membership.Member);
      expect(await standingOf(its, open)).to.include({ members: 1n, lastLeft: 0n });
      expect(await lanesOf(its, { operator, module: open })).to.deep.equal(NOTHING);
    });

    it("asks a module that chooses, whose owner says yes", async () => {
      const its = await load();
      const { operator, chosen, asAlice, asArbiter } = its;
      expect(await storyOf(its, asAlice.optIn(operator, chosen))).to.deep.equal([
        ["MembershipChanged", operator, chosen, BigInt(Membership.Asked)],
      ]);
      expect(await membershipOf(its, { operator, module: chosen })).to.equal(Membership.Asked);
      expect(await standingOf(its, chosen)).to.include({ members: 0n });
      expect(await storyOf(its, asArbiter.accept(operator, chosen))).to.deep.equal([
        ["MembershipChanged", operator, chosen, BigInt(Membership.Member)],
      ]);
      expect(await membershipOf(its, { operator, module: chosen })).to.equal(Membership.Member);
      expect(await standingOf(its, chosen)).to.include({ members: 1n });
    });

    it("counts each operator of a module, and each module of an operator apart", async () => {
      const its = await load();
      const { operator, open, chosen, asAlice, accounts, moduleRegistry } = its;
      const second = await registerOperator(its, { owner: accounts.dave });
      await asAlice.optIn(operator, open);
      await moduleRegistry.connect(accounts.dave).optIn(second, open);
      expect(await standingOf(its, open)).to.include({ members: 2n });
      expect(await standingOf(its, chosen)).to.include({ members: 0n });
      expect(await membershipOf(its, { operator, module: chosen })).to.equal(Membership.None);
    });

    it("is the operator's owner's alone", async () => {
      const { operator, open, moduleRegistry, accounts } = await load();
      const { arbiter, bob, guardian, stranger } = accounts;
      for (const account of [arbiter, bob, guardian, stranger]) {
        await expect(moduleRegistry.connect(account).optIn(operator, open))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnauthorized")
          .withArgs(account);
      }
    });

    it("is refused for an operator and for a module that do not exist", async () => {
      const { operator, open, asAlice, moduleRegistry, accounts } = await load();
      await expect(asAlice.optIn(operator + 1n, open))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnauthorized")
        .withArgs(accounts.alice);
      for (const module of [0n, 3n]) {
        await expect(asAlice.optIn(operator, module))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnknownModule")
          .withArgs(module);
      }
    });

    it("is refused to whom has asked, and to who is a member", async () => {
      const { operator, open, chosen, asAlice, asArbiter, moduleRegistry } = await load();
      const refuses = (module: bigint, membership: Membership) =>
        expect(asAlice.optIn(operator, module))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryWrongMembership")
          .withArgs(operator, module, membership);
      await asAlice.optIn(operator, open);
      await refuses(open, Membership.Member);
      await asAlice.optIn(operator, chosen);
      await refuses(chosen, Membership.Asked);
      await asArbiter.accept(operator, chosen);
      await refuses(chosen, Membership.Member);
    });

    it("is accepted by the module's owner alone, and only if he was asked", async () => {
      const { operator, open, chosen, asAlice, asArbiter, moduleRegistry, accounts } = await load();
      const refuses = (module: bigint, membership: Membership) =>
        expect(asArbiter.accept(operator, module))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryWrongMembership")
          .withArgs(operator, module, membership);
      await refuses(chosen, Membership.None);
      await asAlice.optIn(operator, chosen);
      for (const account of [accounts.alice, accounts.judy, accounts.guardian]) {
        await expect(moduleRegistry.connect(account).accept(operator, chosen))
          .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
          .withArgs(chosen, account);
      }
      await asArbiter.accept(operator, chosen);
      await refuses(chosen, Membership.Member);
      await asAlice.optIn(operator, open);
      await refuses(open, Membership.Member);
    });
  });

  describe("opting out", () => {
    it("takes an allocation to nothing from the next epoch on, by the operator's owner", async () => {
      const its = await load();
      const { operator, open: module, asAlice, epoch } = its;
      await allocate(its, operator, module, 7n);
      await pass(its, 2n);
      expect(await storyOf(its, asAlice.optOut(operator, module))).to.deep.equal([
        ["AllocationAsked", operator, module, 0n, epoch + 2n],
        ["MembershipChanged", operator, module, BigInt(Membership.None)],
      ]);
      expect(await lanesOf(its, { operator, module })).to.deep.equal([0n, 7n, 0n, 0n]);
      expect(await membershipOf(its, { operator, module })).to.equal(Membership.None);
      expect(await standingOf(its, module)).to.include({ members: 0n, lastLeft: epoch + 2n });
    });

    it("is the module's owner's right too", async () => {
      const its = await load();
      const { operator, open: module, asArbiter, epoch } = its;
      await allocate(its, operator, module, 7n);
      expect(await storyOf(its, asArbiter.optOut(operator, module))).to.deep.equal([
        ["AllocationAsked", operator, module, 0n, epoch],
        ["MembershipChanged", operator, module, BigInt(Membership.None)],
      ]);
      expect(await membershipOf(its, { operator, module })).to.equal(Membership.None);
    });

    it("takes back that somebody asked, by either, and counts nobody", async () => {
      const its = await load();
      const { operator, chosen, asAlice, asArbiter } = its;
      for (const asEither of [asAlice, asArbiter]) {
        await asAlice.optIn(operator, chosen);
        expect(await storyOf(its, asEither.optOut(operator, chosen))).to.deep.equal([
          ["MembershipChanged", operator, chosen, BigInt(Membership.None)],
        ]);
        expect(await standingOf(its, chosen)).to.include({ members: 0n, lastLeft: 0n });
      }
    });

    it("is refused to everybody else", async () => {
      const { operator, open, asAlice, moduleRegistry, accounts } = await load();
      await asAlice.optIn(operator, open);
      for (const account of [accounts.bob, accounts.judy, accounts.guardian, accounts.admin]) {
        await expect(moduleRegistry.connect(account).optOut(operator, open))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnauthorized")
          .withArgs(account);
      }
    });

    it("is refused to who neither asked nor joined, and twice", async () => {
      const { operator, open, asAlice, moduleRegistry } = await load();
      const refused = () =>
        expect(asAlice.optOut(operator, open))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryWrongMembership")
          .withArgs(operator, open, Membership.None);
      await refused();
      await asAlice.optIn(operator, open);
      await asAlice.optOut(operator, open);
      await refused();
    });

    it("is no way for the owner of one module into another's", async () => {
      const its = await load();
      const { operator, open, asAlice, moduleRegistry, accounts } = its;
      const daves = await registerModule(its, {}, accounts.dave);
      await asAlice.optIn(operator, open);
      await asAlice.optIn(operator, daves);
      await expect(moduleRegistry.connect(accounts.dave).optOut(operator, open))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryUnauthorized")
        .withArgs(accounts.dave);
      await moduleRegistry.connect(accounts.dave).optOut(operator, daves);
    });

    it("lets nobody be waited for who bound nothing", async () => {
      const its = await load();
      const { operator, open: module, asAlice } = its;
      await asAlice.optIn(operator, module);
      await asAlice.optOut(operator, module);
      expect(await standingOf(its, module)).to.include({ lastLeft: 0n });
      // A rise that has not begun binds nobody any more once it is taken back.
      await allocate(its, operator, module, 7n);
      await asAlice.optOut(operator, module);
      expect(await standingOf(its, module)).to.include({ lastLeft: 0n });
    });

    it("lets somebody be waited for as long as he may still be slashed", async () => {
      const its = await load();
      const { operator, open: module, asAlice, epoch } = its;
      await allocate(its, operator, module, 7n);
      await pass(its, 2n);
      await asAlice.allocate(operator, module, 0);
      await pass(its, 1n);
      expect(await lanesOf(its, { operator, module })).to.deep.equal([7n, 0n, 0n, 0n]);
      await asAlice.optOut(operator, module);
      expect(await standingOf(its, module)).to.include({ lastLeft: epoch + 3n });
    });

    it("lets nobody be waited for whose last allocation ended two epochs ago", async () => {
      const its = await load();
      const { operator, open: module, asAlice } = its;
      await allocate(its, operator, module, 7n);
      await pass(its, 2n);
      await asAlice.allocate(operator, module, 0);
      await pass(its, 2n);
      await asAlice.optOut(operator, module);
      expect(await standingOf(its, module)).to.include({ lastLeft: 0n });
    });

    it("R34 lets him come back at once, and what he answers for stays", async () => {
      const its = await load();
      const { operator, open: module, asAlice } = its;
      await allocate(its, operator, module, 7n);
      await pass(its, 2n);
      await asAlice.optOut(operator, module);
      await asAlice.optIn(operator, module);
      expect(await lanesOf(its, { operator, module }), "R34").to.deep.equal([0n, 7n, 0n, 0n]);
      await asAlice.allocate(operator, module, 9);
      expect(await lanesOf(its, { operator, module }), "R34").to.deep.equal([0n, 7n, 0n, 9n]);
    });
  });

  describe("retiring a module", () => {
    it("lets nobody join any more, and those who are there go on", async () => {
      const its = await load();
      const { operator, chosen: module, asAlice, asArbiter, moduleRegistry, accounts } = its;
      const second = await registerOperator(its, { owner: accounts.dave });
      const third = await registerOperator(its, { owner: accounts.erin });
      await asAlice.optIn(operator, module);
      await asArbiter.accept(operator, module);
      await moduleRegistry.connect(accounts.dave).optIn(second, module);
      expect(await storyOf(its, asArbiter.retireModule(module))).to.deep.equal([
        ["ModuleRetired", module],
      ]);
      expect(await standingOf(its, module)).to.deep.equal({
        bond: PAID_BACK,
        members: 1n,
        lastLeft: 0n,
        stage: BigInt(Stage.Retired),
      });
      for (const joining of [
        () => asArbiter.accept(second, module),
        () => moduleRegistry.connect(accounts.erin).optIn(third, module),
      ]) {
        await expect(joining())
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryNotActive")
          .withArgs(module, Stage.Retired);
      }
      await asAlice.allocate(operator, module, 5);
      expect(await lanesOf(its, { operator, module })).to.deep.equal([0n, 0n, 0n, 5n]);
      await moduleRegistry.connect(accounts.dave).optOut(second, module);
      await asAlice.optOut(operator, module);
      await expect(asAlice.optIn(operator, module))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryNotActive")
        .withArgs(module, Stage.Retired);
    });

    it("is the owner's, once", async () => {
      const { open: module, asArbiter, moduleRegistry, accounts } = await load();
      for (const account of [accounts.alice, accounts.guardian, accounts.admin]) {
        await expect(moduleRegistry.connect(account).retireModule(module))
          .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
          .withArgs(module, account);
      }
      await asArbiter.retireModule(module);
      await expect(asArbiter.retireModule(module))
        .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryNotActive")
        .withArgs(module, Stage.Retired);
    });
  });

  describe("closing a module", () => {
    it("pays its bond to whom its owner names, and ends it for good", async () => {
      const its = await load();
      const { operator, chosen: module, asAlice, asArbiter, moduleRegistry, accounts } = its;
      await asAlice.optIn(operator, module);
      const closing = asArbiter.closeModule(module, accounts.dave);
      expect(await storyOf(its, closing)).to.deep.equal([
        ["ModuleClosed", module, accounts.dave.address, PAID_BACK],
      ]);
      await expect(closing).to.changeEtherBalances(
        its.connection.ethers,
        [accounts.dave, moduleRegistry],
        [PAID_BACK, -PAID_BACK],
      );
      expect(await standingOf(its, module)).to.deep.equal({
        bond: 0n,
        members: 0n,
        lastLeft: 0n,
        stage: BigInt(Stage.Closed),
      });
      const second = await registerOperator(its, { owner: accounts.erin });
      for (const act of [
        () => asArbiter.closeModule(module, accounts.dave),
        () => asArbiter.retireModule(module),
        () => asArbiter.accept(operator, module),
        () => moduleRegistry.connect(accounts.erin).optIn(second, module),
      ]) {
        await expect(act())
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryNotActive")
          .withArgs(module, Stage.Closed);
      }
      await asAlice.optOut(operator, module);
      expect(await moduleRegistry.ownerOf(module)).to.equal(accounts.arbiter);
    });

    it("is the owner's alone", async () => {
      const { open: module, moduleRegistry, accounts } = await load();
      for (const account of [accounts.alice, accounts.guardian, accounts.admin]) {
        await expect(moduleRegistry.connect(account).closeModule(module, account))
          .to.be.revertedWithCustomError(moduleRegistry, "OwnedIdsUnauthorized")
          .withArgs(module, account);
      }
    });

    it("is refused while operators work for it", async () => {
      const its = await load();
      const { operator, open: module, asAlice, asArbiter, moduleRegistry, accounts } = its;
      await asAlice.optIn(operator, module);
      const second = await registerOperator(its, { owner: accounts.dave });
      await allocate(its, second, module, 5n, accounts.dave);
      const refused = (members: bigint) =>
        expect(asArbiter.closeModule(module, accounts.arbiter))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInUse")
          .withArgs(module, members, 0);
      await refused(2n);
      await pass(its, 2n);
      await asArbiter.optOut(second, module);
      await refused(1n);
      await pass(its, 5n);
      await refused(1n);
      await asArbiter.optOut(operator, module);
      await asArbiter.closeModule(module, accounts.arbiter);
    });

    it("waits for two epochs after the last one left who may be slashed, to the second", async () => {
      const its = await load();
      const { operator, open: module, asAlice, asArbiter, moduleRegistry, accounts, epoch } = its;
      await allocate(its, operator, module, MAGNITUDE);
      await pass(its, 2n);
      await asArbiter.retireModule(module);
      await asAlice.optOut(operator, module);
      const refused = () =>
        expect(asArbiter.closeModule(module, accounts.arbiter))
          .to.be.revertedWithCustomError(moduleRegistry, "ModuleRegistryInUse")
          .withArgs(module, 0, epoch + 4n);
      await refused();
      await inEpoch(its, epoch + 4n, -2);
      await refused();
      await inEpoch(its, epoch + 4n, 0);
      expect(await storyOf(its, asArbiter.closeModule(module, accounts.erin))).to.deep.equal([
        ["ModuleClosed", module, accounts.erin.address, PAID_BACK],
      ]);
    });

    it("is possible at once when those who left bound nothing", async () => {
      const its = await load();
      const { operator, open: module, asAlice, asArbiter, accounts } = its;
      await allocate(its, operator, module, MAGNITUDE);
      await asAlice.optOut(operator, module);
      await asArbiter.closeModule(module, accounts.arbiter);
      expect(await standingOf(its, module)).to.include({ stage: BigInt(Stage.Closed) });
    });

    it("fails with a receiver that refuses the coin, and works with another", async () => {
      const its = await load();
      const { open: module, asArbiter, accounts, moduleRegistry } = its;
      const refusing = await new RevertingReceiver__factory(accounts.dave).deploy();
      await expect(asArbiter.closeModule(module, refusing))
        .to.be.revertedWithCustomError(refusing, "ReceiverRefused")
        .withArgs(PAID_BACK);
      expect(await standingOf(its, module)).to.include({ stage: BigInt(Stage.Active) });
      await expect(asArbiter.closeModule(module, accounts.dave)).to.changeEtherBalance(
        its.connection.ethers,
        moduleRegistry,
        -PAID_BACK,
      );
    });

    it("R21 pays one bond once, and leaves the other modules theirs", async () => {
      const its = await load();
      const { open, chosen, asArbiter, accounts, moduleRegistry, connection } = its;
      await asArbiter.closeModule(open, accounts.arbiter);
      await expect(asArbiter.closeModule(open, accounts.arbiter), "R21").to.be.revert(
        connection.ethers,
      );
      expect(await connection.ethers.provider.getBalance(moduleRegistry), "R21").to.equal(
        PAID_BACK,
      );
      expect(await standingOf(its, chosen)).to.include({ bond: PAID_BACK });
    });
  });
});
