import { expect } from "chai";
import { id } from "ethers";

import { as, nextBlockAt, plain, Status, storyOf } from "./court.js";
import {
  COIN,
  DAY,
  EVIDENCE,
  inEpoch,
  MAGNITUDE,
  now,
  pass,
  pools,
  propose,
  registerModule,
  registerOperator,
  secured,
} from "./fixture.js";

const AMOUNT = 100n * COIN;

describe("SlashCourt: proposing a slash", () => {
  const load = pools(async (its) => ({
    ...(await secured(its)),
    asAuthority: its.slashCourt.connect(its.accounts.arbiter),
  }));

  it("reserves a part of the limit, and says when it is ready", async () => {
    const its = await load();
    const { slashCourt, stakingPool, asAuthority, operator, module, epoch } = its;
    const time = (await now(its)) + 10;
    await nextBlockAt(its, time);
    const evidence = id("a photograph");
    const proposing = asAuthority.propose(module, operator, AMOUNT, time - 7, evidence);
    const readyAt = BigInt(time + 4 * DAY);
    expect(await storyOf(its, proposing)).to.deep.equal([
      ["SlashProposed", 1n, module, operator, AMOUNT, BigInt(time - 7), readyAt, evidence],
    ]);
    expect(plain(await slashCourt.proposalOf(1))).to.deep.equal({
      amount: AMOUNT,
      operator,
      module,
      epoch,
      readyAt,
      status: BigInt(Status.Open),
      magnitude: MAGNITUDE / 20n,
    });
    expect(await slashCourt.statusOf(1)).to.equal(Status.Open);
    expect(await slashCourt.count()).to.equal(1n);
    expect(await stakingPool.pendingOf(operator)).to.equal(AMOUNT);
    expect(await slashCourt.proposableOf(module, operator, epoch)).to.equal(300n * COIN);
  });

  it("numbers proposals from 1, over all modules", async () => {
    const its = await load();
    const { slashCourt, asAuthority, operator, module } = its;
    const time = (await now(its)) - 1;
    for (const number of [1n, 2n]) {
      expect(
        await asAuthority.propose.staticCall(module, operator, AMOUNT, time, EVIDENCE),
      ).to.equal(number);
      await asAuthority.propose(module, operator, AMOUNT, time, EVIDENCE);
    }
    expect(await slashCourt.count()).to.equal(2n);
  });

  it("is the slash authority's alone", async () => {
    const its = await load();
    const { slashCourt, operator, module, accounts } = its;
    const { admin, guardian, judy, kim, alice, deployer } = accounts;
    const time = (await now(its)) - 1;
    for (const account of [admin, guardian, judy, kim, alice, deployer]) {
      await expect(slashCourt.connect(account).propose(module, operator, AMOUNT, time, EVIDENCE))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtUnauthorized")
        .withArgs(account);
    }
  });

  it("is no module owner's who is not its authority, and no other module's authority's", async () => {
    const its = await load();
    const { slashCourt, asAuthority, operator, accounts } = its;
    const { dave, arbiter } = accounts;
    const other = await registerModule(its, { slashAuthority: dave.address });
    const time = (await now(its)) - 1;
    await expect(asAuthority.propose(other, operator, AMOUNT, time, EVIDENCE))
      .to.be.revertedWithCustomError(slashCourt, "SlashCourtUnauthorized")
      .withArgs(arbiter);
    await expect(asAuthority.propose(9, operator, AMOUNT, time, EVIDENCE))
      .to.be.revertedWithCustomError(slashCourt, "SlashCourtUnauthorized")
      .withArgs(arbiter);
    await expect(slashCourt.connect(dave).propose(other, operator, AMOUNT, time, EVIDENCE))
      .to.be.revertedWithCustomError(slashCourt, "SlashCourtNothingAtStake")
      .withArgs(operator, other, its.epoch);
  });

  describe("in time", () => {
    it("takes an offence of this second, and none of the next", async () => {
      const its = await load();
      const { slashCourt, asAuthority, operator, module } = its;
      const time = (await now(its)) + 10;
      await nextBlockAt(its, time);
      await expect(asAuthority.propose(module, operator, AMOUNT, time + 1, EVIDENCE))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtFutureOffence")
        .withArgs(time + 1);
      await nextBlockAt(its, time + 1);
      await asAuthority.propose(module, operator, AMOUNT, time + 1, EVIDENCE);
    });

    for (const [days, reach] of [
      [2, 4],
      [3, 3],
      [4, 2],
    ] as const) {
      it(`R34 takes offences of the last ${reach} days for a window of ${days}, to the second`, async () => {
        const its = await load();
        const { slashCourt, operator, accounts } = its;
        const { arbiter, alice } = accounts;
        const module = await registerModule(its, { window: days * DAY });
        await its.moduleRegistry.connect(alice).allocate(operator, its.module, 0);
        const epoch = await pass(its, 2n);
        await its.moduleRegistry.sync(operator, its.module);
        const asAlice = its.moduleRegistry.connect(alice);
        await asAlice.optIn(operator, module);
        await asAlice.allocate(operator, module, MAGNITUDE);
        await inEpoch(its, epoch + 3n, 5 * DAY);
        const time = (await now(its)) + 10;
        const asArbiter = slashCourt.connect(arbiter);
        const offence = time - reach * DAY;
        await nextBlockAt(its, time);
        await expect(asArbiter.propose(module, operator, AMOUNT, offence - 1, EVIDENCE), "R34")
          .to.be.revertedWithCustomError(slashCourt, "SlashCourtTooLate")
          .withArgs(offence - 1, offence);
        await nextBlockAt(its, time + 1);
        await asArbiter.propose(module, operator, AMOUNT, offence + 1, EVIDENCE);
        const { readyAt } = await slashCourt.proposalOf(1);
        expect(Number(readyAt) + DAY, "R34").to.equal(offence + 1 + 7 * DAY);
      });
    }

    it("refuses an offence long ago", async () => {
      const its = await load();
      const { slashCourt, asAuthority, operator, module } = its;
      const time = (await now(its)) + 10;
      await nextBlockAt(its, time);
      await expect(asAuthority.propose(module, operator, AMOUNT, 0, EVIDENCE))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtTooLate")
        .withArgs(0, time - 2 * DAY);
    });
  });

  describe("for an offence of the epoch before", () => {
    /** Day 1 of the epoch after the one in which the allocation began. */
    const loadNext = pools(async (its) => {
      const base = await secured(its);
      await pass(its);
      const start = Number(await its.stakingPool.startOf(base.epoch + 1n));
      return { ...base, start, asAuthority: its.slashCourt.connect(its.accounts.arbiter) };
    });

    it("counts it for that epoch, to its last second", async () => {
      const { slashCourt, asAuthority, operator, module, epoch, start } = await loadNext();
      await asAuthority.propose(module, operator, AMOUNT, start - 1, EVIDENCE);
      await asAuthority.propose(module, operator, AMOUNT, start, EVIDENCE);
      expect((await slashCourt.proposalOf(1)).epoch).to.equal(epoch);
      expect((await slashCourt.proposalOf(2)).epoch).to.equal(epoch + 1n);
    });

    it("goes by what the operator gave then", async () => {
      const its = await loadNext();
      const { slashCourt, asAuthority, operator, module, epoch, start, accounts } = its;
      await its.moduleRegistry.connect(accounts.alice).optOut(operator, module);
      await pass(its);
      const next = start + 7 * DAY;
      await expect(asAuthority.propose(module, operator, AMOUNT, next, EVIDENCE))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtNothingAtStake")
        .withArgs(operator, module, epoch + 2n);
      expect(await slashCourt.proposableOf(module, operator, epoch + 2n)).to.equal(0n);
      await asAuthority.propose(module, operator, AMOUNT, next - 1, EVIDENCE);
      expect((await slashCourt.proposalOf(1)).magnitude).to.equal(MAGNITUDE / 20n);
    });

    it("STK-13 takes nobody to account for an epoch before his allocation began", async () => {
      const its = await loadNext();
      const { slashCourt, asAuthority, operator, accounts } = its;
      const asAlice = its.moduleRegistry.connect(accounts.alice);
      await asAlice.allocate(operator, its.module, 0);
      await pass(its, 2n);
      const module = await registerModule(its);
      await its.moduleRegistry.sync(operator, its.module);
      await asAlice.optIn(operator, module);
      await asAlice.allocate(operator, module, MAGNITUDE);
      const first = await pass(its, 2n);
      const start = Number(await its.stakingPool.startOf(first));
      await expect(asAuthority.propose(module, operator, AMOUNT, start - 1, EVIDENCE), "STK-13")
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtNothingAtStake")
        .withArgs(operator, module, first - 1n);
      await asAuthority.propose(module, operator, AMOUNT, start, EVIDENCE);
    });
  });

  describe("against nothing", () => {
    it("is refused for an operator who does not exist, and one without an allocation", async () => {
      const its = await load();
      const { slashCourt, asAuthority, module, epoch, accounts } = its;
      const second = await registerOperator(its, { owner: accounts.dave });
      const time = (await now(its)) - 1;
      for (const operator of [second, second + 1n]) {
        await expect(asAuthority.propose(module, operator, AMOUNT, time, EVIDENCE))
          .to.be.revertedWithCustomError(slashCourt, "SlashCourtNothingAtStake")
          .withArgs(operator, module, epoch);
      }
      expect(await slashCourt.count()).to.equal(0n);
    });

    it("is refused where an allocation is of no stake, although there is a bond", async () => {
      const its = await load();
      const { slashCourt, stakingPool, asAuthority, operator, module, epoch, accounts } = its;
      for (const account of [accounts.bob, accounts.carol]) {
        await stakingPool.connect(account).requestExit(operator, 1_000n * COIN);
      }
      const time = (await now(its)) - 1;
      await asAuthority.propose(module, operator, AMOUNT, time, EVIDENCE);
      await pass(its, 2n);
      await expect(asAuthority.propose(module, operator, AMOUNT, (await now(its)) - 1, EVIDENCE))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtNothingAtStake")
        .withArgs(operator, module, epoch + 2n);
      expect(await slashCourt.proposableOf(module, operator, epoch + 2n)).to.equal(0n);
    });
  });

  describe("the most that can be", () => {
    it("is nothing for epochs that are to come, or over for longer than one", async () => {
      const its = await load();
      const { slashCourt, operator, module, epoch } = its;
      await inEpoch(its, epoch + 3n, 3_600);
      for (const [when, most] of [
        [epoch, 0n],
        [epoch + 1n, 0n],
        [epoch + 2n, 400n * COIN],
        [epoch + 3n, 400n * COIN],
        [epoch + 4n, 0n],
      ] as const) {
        expect(await slashCourt.proposableOf(module, operator, when), `epoch ${when}`).to.equal(
          most,
        );
      }
    });

    it("is nothing of an operator who has no magnitude left", async () => {
      const its = await load();
      const { slashCourt, moduleRegistry, operator, module, epoch, asAuthority } = its;
      // No history of slashes comes so far: the court itself says so here.
      const asCourt = moduleRegistry.connect(await as(its, slashCourt));
      await asCourt.reduce(operator, module, MAGNITUDE);
      expect(await moduleRegistry.totalOf(operator)).to.equal(0n);
      expect(await slashCourt.proposableOf(module, operator, epoch)).to.equal(0n);
      expect(await moduleRegistry.slashableOf(operator, module)).to.equal(0n);
      const time = (await now(its)) - 1;
      await expect(asAuthority.propose(module, operator, AMOUNT, time, EVIDENCE))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtNothingAtStake")
        .withArgs(operator, module, epoch);
    });

    it("is nothing for the epoch before once it is too late for its last second", async () => {
      const its = await load();
      const { slashCourt, asAuthority, operator, module, epoch } = its;
      const start = Number(await slashCourt.startOf(epoch + 1n));
      // A window of four days and a day to carry it out: until the second before the end of the second day.
      for (const [offset, most] of [
        [2 * DAY - 1, 400n * COIN],
        [2 * DAY, 0n],
      ] as const) {
        await inEpoch(its, epoch + 1n, offset);
        expect(await slashCourt.proposableOf(module, operator, epoch)).to.equal(most);
        expect(await slashCourt.proposableOf(module, operator, epoch + 1n)).to.equal(400n * COIN);
      }
      await expect(asAuthority.propose(module, operator, AMOUNT, start - 1, EVIDENCE))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtTooLate")
        .withArgs(start - 1, start + 1);
    });

    it("is nothing for modules and operators that do not exist", async () => {
      const { slashCourt, operator, module, epoch } = await load();
      expect(await slashCourt.proposableOf(module + 1n, operator, epoch)).to.equal(0n);
      expect(await slashCourt.proposableOf(module, operator + 1n, epoch)).to.equal(0n);
    });
  });

  it("knows nothing of proposals that do not exist", async () => {
    const { slashCourt } = await load();
    expect(await slashCourt.statusOf(0)).to.equal(Status.None);
    expect(await slashCourt.statusOf(1)).to.equal(Status.None);
    expect(plain(await slashCourt.proposalOf(1))).to.include({ amount: 0n, operator: 0n });
    expect(await slashCourt.count()).to.equal(0n);
  });

  it("belongs to the suite's registry, pool and clock", async () => {
    const { slashCourt, moduleRegistry, stakingPool } = await load();
    expect(await slashCourt.registry()).to.equal(moduleRegistry.target);
    expect(await slashCourt.pool()).to.equal(stakingPool.target);
    expect(await slashCourt.genesis()).to.equal(await stakingPool.genesis());
    expect(await stakingPool.court()).to.equal(slashCourt.target);
  });

  it("R38 counts time in seconds and epochs, not in blocks", async () => {
    const its = await load();
    const { slashCourt, connection } = its;
    const proposal = await propose(its, its, AMOUNT);
    await connection.networkHelpers.mine(10_000, { interval: 0 });
    expect(await slashCourt.statusOf(proposal), "R38").to.equal(Status.Open);
    await expect(slashCourt.execute(proposal), "R38").to.be.revertedWithCustomError(
      slashCourt,
      "SlashCourtWrongTime",
    );
  });
});
