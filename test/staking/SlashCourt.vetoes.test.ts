import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import { carryOut, goTo, lapse, nextBlockAt, readyAtOf, Status, storyOf } from "./court.js";
import {
  allocate,
  COIN,
  DAY,
  MAGNITUDE,
  pools,
  propose,
  registerModule,
  secured,
} from "./fixture.js";

const AMOUNT = 100n * COIN;

describe("SlashCourt: vetoes", () => {
  const load = pools(async (its) => {
    const base = await secured(its);
    const proposal = await propose(its, base, AMOUNT);
    return {
      ...base,
      proposal,
      readyAt: await readyAtOf(its, proposal),
      asResolver: its.slashCourt.connect(its.accounts.judy),
      asGuardian: its.slashCourt.connect(its.accounts.guardian),
    };
  });
  type Its = Awaited<ReturnType<typeof load>>;

  /** The two who may veto one proposal. */
  const VETOES: Record<
    string,
    (its: Its, proposal?: bigint) => ReturnType<Its["asResolver"]["veto"]>
  > = {
    "the resolver": (its, proposal = its.proposal) => its.asResolver.veto(proposal),
    "the guardian": (its, proposal = its.proposal) => its.asGuardian.vetoAsGuardian(proposal),
  };

  for (const [name, veto] of Object.entries(VETOES)) {
    describe(`by ${name}`, () => {
      it("end a proposal for good, and free what it reserved", async () => {
        const its = await load();
        const { slashCourt, stakingPool, proposal, operator, module, epoch, accounts } = its;
        const by = name === "the resolver" ? accounts.judy : accounts.guardian;
        expect(await storyOf(its, veto(its))).to.deep.equal([
          ["SlashVetoed", proposal, by.address],
        ]);
        expect(await slashCourt.statusOf(proposal)).to.equal(Status.Vetoed);
        expect((await slashCourt.proposalOf(proposal)).status).to.equal(Status.Vetoed);
        expect(await stakingPool.pendingOf(operator)).to.equal(0n);
        expect(await slashCourt.proposableOf(module, operator, epoch)).to.equal(400n * COIN);
        await nextBlockAt(its, its.readyAt);
        await expect(slashCourt.execute(proposal))
          .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
          .withArgs(proposal, Status.Vetoed);
        await lapse(its, proposal);
        expect(await slashCourt.statusOf(proposal)).to.equal(Status.Vetoed);
        await expect(slashCourt.release(proposal))
          .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
          .withArgs(proposal, Status.Vetoed);
      });

      it("take until the second before the window's end", async () => {
        const its = await load();
        await nextBlockAt(its, its.readyAt - 1);
        await veto(its);
        expect(await its.slashCourt.statusOf(its.proposal)).to.equal(Status.Vetoed);
      });

      it("are refused at the window's end, and later", async () => {
        const its = await load();
        const { slashCourt, proposal, readyAt } = its;
        for (const time of [readyAt, readyAt + 1, readyAt + DAY - 1]) {
          await nextBlockAt(its, time);
          await expect(veto(its))
            .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongTime")
            .withArgs(proposal, readyAt);
        }
      });

      it("are refused a second time, and after an execution or a lapse", async () => {
        const its = await load();
        const { slashCourt, proposal } = its;
        const [vetoed, lapsed] = [await propose(its, its, AMOUNT), await propose(its, its, AMOUNT)];
        await veto(its, vetoed);
        await carryOut(its, proposal);
        await lapse(its, lapsed);
        for (const [which, status] of [
          [vetoed, Status.Vetoed],
          [proposal, Status.Executed],
          [lapsed, Status.Lapsed],
        ] as const) {
          await expect(veto(its, which))
            .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
            .withArgs(which, status);
        }
      });
    });
  }

  it("are nobody else's: neither the authority's, the owner's, the operator's nor another resolver's", async () => {
    const its = await load();
    const { slashCourt, proposal, accounts } = its;
    const { arbiter, alice, admin, guardian, deployer, stranger, dave } = accounts;
    await registerModule(its, { resolver: dave.address });
    for (const account of [arbiter, alice, admin, guardian, deployer, stranger, dave]) {
      await expect(slashCourt.connect(account).veto(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtUnauthorized")
        .withArgs(account);
    }
    for (const account of [arbiter, alice, admin, deployer, stranger, accounts.judy]) {
      await expect(slashCourt.connect(account).vetoAsGuardian(proposal))
        .to.be.revertedWithCustomError(slashCourt, "AccessManagedUnauthorized")
        .withArgs(account);
      await expect(slashCourt.connect(account).vetoAll(its.module))
        .to.be.revertedWithCustomError(slashCourt, "AccessManagedUnauthorized")
        .withArgs(account);
    }
    expect(await slashCourt.statusOf(proposal)).to.equal(Status.Open);
  });

  it("are of proposals that exist", async () => {
    const { slashCourt, asResolver, asGuardian, accounts } = await load();
    for (const proposal of [0n, 2n]) {
      await expect(asResolver.veto(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtUnauthorized")
        .withArgs(accounts.judy);
      await expect(asGuardian.vetoAsGuardian(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.None);
    }
  });

  describe("of all proposals of a module", () => {
    const statuses = async ({ slashCourt }: Identity, ...proposals: bigint[]) =>
      Promise.all(proposals.map(async (one) => Number(await slashCourt.statusOf(one))));

    it("end every one at once, and write down none", async () => {
      const its = await load();
      const { slashCourt, stakingPool, asGuardian, operator, module, proposal } = its;
      const second = await propose(its, its, AMOUNT);
      expect(await storyOf(its, asGuardian.vetoAll(module))).to.deep.equal([
        ["ModuleVetoed", module],
      ]);
      expect(await statuses(its, proposal, second)).to.deep.equal([Status.Vetoed, Status.Vetoed]);
      expect((await slashCourt.proposalOf(proposal)).status).to.equal(Status.Open);
      expect(await stakingPool.pendingOf(operator)).to.equal(2n * AMOUNT);
      for (const refused of [
        () => asGuardian.vetoAsGuardian(second),
        () => its.asResolver.veto(second),
        () => slashCourt.execute(second),
      ]) {
        await expect(refused())
          .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
          .withArgs(second, Status.Vetoed);
      }
      await goTo(its, (await readyAtOf(its, second)) + 1);
      await expect(slashCourt.execute(second))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(second, Status.Vetoed);
    });

    it("leave it to anyone to free each, once", async () => {
      const its = await load();
      const { slashCourt, stakingPool, asGuardian, operator, module, proposal, accounts } = its;
      const asStranger = slashCourt.connect(accounts.stranger);
      await expect(asStranger.release(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.Open);
      await asGuardian.vetoAll(module);
      expect(await storyOf(its, asStranger.release(proposal))).to.deep.equal([
        ["SlashReleased", proposal, BigInt(Status.Vetoed)],
      ]);
      expect((await slashCourt.proposalOf(proposal)).status).to.equal(Status.Vetoed);
      expect(await stakingPool.pendingOf(operator)).to.equal(0n);
      await expect(asStranger.release(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.Vetoed);
    });

    it("leave those of other modules alone", async () => {
      const its = await load();
      const { asGuardian, asResolver, operator, module, proposal, accounts } = its;
      await its.moduleRegistry.connect(accounts.alice).allocate(operator, module, MAGNITUDE / 2n);
      const other = await registerModule(its);
      await asResolver.veto(proposal);
      const mine = await propose(its, its, AMOUNT);
      await asGuardian.vetoAll(other);
      expect(await statuses(its, mine)).to.deep.equal([Status.Open]);
      await asGuardian.vetoAll(module);
      expect(await statuses(its, mine)).to.deep.equal([Status.Vetoed]);
    });

    it("leave a later proposal alone, in whatever second", async () => {
      const its = await load();
      const { asGuardian, module, proposal } = its;
      await asGuardian.vetoAll(module);
      const later = await propose(its, its, AMOUNT);
      expect(await statuses(its, proposal, later)).to.deep.equal([Status.Vetoed, Status.Open]);
      await carryOut(its, later);
      expect(await statuses(its, proposal, later)).to.deep.equal([Status.Vetoed, Status.Executed]);
    });

    it("leave what is ready alone, to the second", async () => {
      const its = await load();
      const { slashCourt, asGuardian, module, proposal, readyAt } = its;
      await nextBlockAt(its, readyAt);
      await asGuardian.vetoAll(module);
      expect(await statuses(its, proposal)).to.deep.equal([Status.Open]);
      await slashCourt.execute(proposal);
      expect(await statuses(its, proposal)).to.deep.equal([Status.Executed]);
    });

    it("end what is ready a second later", async () => {
      const its = await load();
      const { asGuardian, module, proposal, readyAt } = its;
      await nextBlockAt(its, readyAt - 1);
      await asGuardian.vetoAll(module);
      expect(await statuses(its, proposal)).to.deep.equal([Status.Vetoed]);
      await lapse(its, proposal);
      expect(await statuses(its, proposal)).to.deep.equal([Status.Vetoed]);
    });

    it("say so each time, also without any proposal and for modules that do not exist", async () => {
      const its = await load();
      const { asGuardian, module } = its;
      for (const which of [module, module, module + 1n, 0n]) {
        expect(await storyOf(its, asGuardian.vetoAll(which))).to.deep.equal([
          ["ModuleVetoed", which],
        ]);
      }
    });
  });

  it("STK-04 of one module leave the proposals and limits of another", async () => {
    const its = await load();
    const { slashCourt, asGuardian, operator, module, proposal, accounts, stakingPool } = its;
    const asAlice = its.moduleRegistry.connect(accounts.alice);
    await asAlice.allocate(operator, module, MAGNITUDE / 2n);
    await lapse(its, proposal);
    const day = DAY;
    await its.connection.networkHelpers.time.increase(14 * day);
    await its.moduleRegistry.sync(operator, module);
    const other = await registerModule(its);
    await allocate(its, operator, other, MAGNITUDE / 2n);
    await its.connection.networkHelpers.time.increase(14 * day);
    const mine = await propose(its, its, AMOUNT);
    const theirs = await propose(its, { operator, module: other }, AMOUNT);
    await asGuardian.vetoAll(module);
    await slashCourt.release(mine);
    expect(await slashCourt.statusOf(theirs), "STK-04").to.equal(Status.Open);
    expect(await stakingPool.pendingOf(operator), "STK-04").to.equal(AMOUNT);
    const epoch = await stakingPool.epoch();
    expect(await slashCourt.proposableOf(other, operator, epoch), "STK-04").to.equal(100n * COIN);
    await carryOut(its, theirs);
    expect(await slashCourt.statusOf(theirs), "STK-04").to.equal(Status.Executed);
  });
});
