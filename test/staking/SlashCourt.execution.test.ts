import { expect } from "chai";

import type { Identity } from "../identity/fixture.js";
import {
  carryOut,
  coinOf,
  goTo,
  lanesOf,
  lapse,
  nextBlockAt,
  pauseAll,
  readyAtOf,
  Status,
  storyOf,
} from "./court.js";
import {
  COIN,
  DAY,
  inEpoch,
  MAGNITUDE,
  NO_PENDING,
  now,
  pass,
  pools,
  propose,
  type Secured,
  secured,
  stake,
} from "./fixture.js";

describe("SlashCourt: carrying a slash out", () => {
  const load = pools((its) => secured(its, { terms: { window: 2 * DAY } }));
  const exitOf = async ({ stakingPool, operator, accounts }: Identity & Secured, epoch: bigint) =>
    (await stakingPool.exitOf(operator, epoch, accounts.bob)).assets;

  describe("in time", () => {
    it("is refused before the window's end, and possible from then on", async () => {
      const its = await load();
      const { slashCourt } = its;
      const proposal = await propose(its, its, 100n * COIN);
      const readyAt = await readyAtOf(its, proposal);
      await expect(slashCourt.execute(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongTime")
        .withArgs(proposal, readyAt);
      await nextBlockAt(its, readyAt - 1);
      await expect(slashCourt.execute(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongTime")
        .withArgs(proposal, readyAt);
      await nextBlockAt(its, readyAt);
      await slashCourt.execute(proposal);
      expect(await slashCourt.statusOf(proposal)).to.equal(Status.Executed);
    });

    it("is possible to the last second of the day", async () => {
      const its = await load();
      const { slashCourt } = its;
      const proposal = await propose(its, its, 100n * COIN);
      await nextBlockAt(its, (await readyAtOf(its, proposal)) + DAY - 1);
      await slashCourt.execute(proposal);
      expect(await slashCourt.statusOf(proposal)).to.equal(Status.Executed);
    });

    it("is over after a day: the proposal has lapsed, by itself", async () => {
      const its = await load();
      const { slashCourt, stakingPool, operator } = its;
      const proposal = await propose(its, its, 100n * COIN);
      const end = (await readyAtOf(its, proposal)) + DAY;
      await goTo(its, end - 1);
      expect(await slashCourt.statusOf(proposal)).to.equal(Status.Open);
      await nextBlockAt(its, end);
      await expect(slashCourt.execute(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.Lapsed);
      await goTo(its, end);
      expect(await slashCourt.statusOf(proposal)).to.equal(Status.Lapsed);
      expect((await slashCourt.proposalOf(proposal)).status).to.equal(Status.Open);
      expect(await stakingPool.votesOf(operator)).to.equal(2_000n * COIN);
    });

    it("happens once", async () => {
      const its = await load();
      const { slashCourt } = its;
      const proposal = await propose(its, its, 100n * COIN);
      await carryOut(its, proposal);
      await expect(slashCourt.execute(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.Executed);
      await lapse(its, proposal);
      expect(await slashCourt.statusOf(proposal)).to.equal(Status.Executed);
      await expect(slashCourt.release(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.Executed);
    });

    it("is of proposals that exist", async () => {
      const { slashCourt } = await load();
      for (const act of [slashCourt.execute, slashCourt.release]) {
        await expect(act(1))
          .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
          .withArgs(1, Status.None);
      }
    });
  });

  it("is anyone's", async () => {
    const its = await load();
    const { slashCourt, accounts } = its;
    const everybody = [accounts.stranger, accounts.alice, accounts.arbiter, accounts.bob];
    for (const account of everybody) {
      const proposal = await propose(its, its, 20n * COIN);
      await nextBlockAt(its, await readyAtOf(its, proposal));
      await slashCourt.connect(account).execute(proposal);
      expect(await slashCourt.statusOf(proposal)).to.equal(Status.Executed);
      await pass(its);
    }
  });

  it("tells what it took, before and after", async () => {
    const its = await load();
    const { slashCourt, stakingPool, iotxBurner, connection, operator, module, epoch, accounts } =
      its;
    const proposal = await propose(its, its, 250n * COIN);
    await nextBlockAt(its, await readyAtOf(its, proposal));
    const executing = slashCourt.connect(accounts.stranger).execute(proposal);
    const magnitude = (MAGNITUDE * 150n) / 2_000n;
    expect(await storyOf(its, executing)).to.deep.equal([
      ["Slashed", operator, epoch, 100n * COIN, 150n * COIN, 0n, 50n * COIN],
      ["Burned", stakingPool.target, 200n * COIN],
      ["AllocationReduced", operator, module, magnitude],
      ["SlashExecuted", proposal, 100n * COIN, 150n * COIN],
    ]);
    await expect(executing).to.changeEtherBalances(
      connection.ethers,
      [stakingPool, iotxBurner, slashCourt],
      [-200n * COIN, 200n * COIN, 0n],
    );
    expect(await stakingPool.compensationOf(accounts.kim)).to.equal(50n * COIN);
    expect(await lanesOf(its, its)).to.deep.equal([
      0n,
      MAGNITUDE - magnitude,
      MAGNITUDE - magnitude,
      MAGNITUDE - magnitude,
    ]);
    expect(await stakingPool.pendingOf(operator)).to.equal(0n);
  });

  it("gives back what it took", async () => {
    const its = await load();
    const { slashCourt } = its;
    const proposal = await propose(its, its, 250n * COIN);
    await goTo(its, await readyAtOf(its, proposal));
    expect([...(await slashCourt.execute.staticCall(proposal))]).to.deep.equal([
      100n * COIN,
      150n * COIN,
    ]);
  });

  describe("through bond, then stake", () => {
    it("takes all of it from the bond if that is enough, to the wei, and no magnitude", async () => {
      const its = await load();
      const { stakingPool, moduleRegistry, operator, epoch, accounts } = its;
      const proposal = await propose(its, its, 100n * COIN);
      await nextBlockAt(its, await readyAtOf(its, proposal));
      expect(await storyOf(its, its.slashCourt.execute(proposal))).to.deep.equal([
        ["Slashed", operator, epoch, 100n * COIN, 0n, 0n, 50n * COIN],
        ["Burned", stakingPool.target, 50n * COIN],
        ["SlashExecuted", proposal, 100n * COIN, 0n],
      ]);
      expect(await stakingPool.bondOf(operator)).to.equal(0n);
      expect(await stakingPool.stakeOf(operator, accounts.bob)).to.equal(1_000n * COIN);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE);
    });

    it("takes a wei from stakers if the bond is a wei short, and the magnitude for it, rounded up", async () => {
      const its = await load();
      const { stakingPool, moduleRegistry, operator, epoch } = its;
      const proposal = await propose(its, its, 100n * COIN + 1n);
      await nextBlockAt(its, await readyAtOf(its, proposal));
      expect(await storyOf(its, its.slashCourt.execute(proposal))).to.deep.equal([
        ["Slashed", operator, epoch, 100n * COIN, 1n, 0n, 50n * COIN],
        ["Burned", stakingPool.target, 50n * COIN + 1n],
        ["AllocationReduced", operator, its.module, 1n],
        ["SlashExecuted", proposal, 100n * COIN, 1n],
      ]);
      expect(await moduleRegistry.totalOf(operator)).to.equal(MAGNITUDE - 1n);
    });

    it("takes from all stakers alike", async () => {
      const its = await load();
      const { stakingPool, operator, accounts } = its;
      await stake(its, accounts.dave, operator, 2_000n * COIN);
      await carryOut(its, await propose(its, its, 500n * COIN));
      for (const [account, left] of [
        [accounts.bob, 900n],
        [accounts.carol, 900n],
        [accounts.dave, 1_800n],
      ] as const) {
        expect(await stakingPool.stakeOf(operator, account)).to.equal(left * COIN);
      }
    });

    it("takes what there is of a bond that has shrunk since", async () => {
      const its = await load();
      const [first, second] = [
        await propose(its, its, 80n * COIN),
        await propose(its, its, 80n * COIN),
      ];
      await carryOut(its, first);
      await carryOut(its, second);
      expect(await its.stakingPool.bondOf(its.operator)).to.equal(0n);
      expect(await its.stakingPool.votesOf(its.operator)).to.equal(1_940n * COIN);
    });
  });

  describe("of those who leave", () => {
    it("R34 STK-13 takes from who asked out after the offence as from who stayed", async () => {
      const its = await load();
      const { stakingPool, operator, epoch, accounts } = its;
      const offence = (await now(its)) - 1;
      await stakingPool.connect(accounts.bob).requestExit(operator, 1_000n * COIN);
      const proposal = await propose(its, its, 300n * COIN, offence);
      await nextBlockAt(its, await readyAtOf(its, proposal));
      expect((await storyOf(its, its.slashCourt.execute(proposal)))[0], "R34").to.deep.equal([
        "Slashed",
        operator,
        epoch,
        100n * COIN,
        100n * COIN,
        100n * COIN,
        50n * COIN,
      ]);
      expect(await exitOf(its, epoch), "STK-13").to.equal(900n * COIN);
      expect(await stakingPool.stakeOf(operator, accounts.carol)).to.equal(900n * COIN);
    });

    it("R34 STK-13 takes from who asked out in the next epoch's first second, in the last one there is", async () => {
      const its = await load();
      const { stakingPool, slashCourt, operator, epoch, accounts } = its;
      const end = Number(await stakingPool.startOf(epoch + 1n));
      await nextBlockAt(its, end);
      await stakingPool.connect(accounts.bob).requestExit(operator, 1_000n * COIN);
      // Four days are the last moment for a window of two: it can be carried out in the epoch's last second.
      await nextBlockAt(its, end - 1 + 4 * DAY);
      const proposal = await propose(its, its, 300n * COIN, end - 1);
      await nextBlockAt(its, end - 2 + 7 * DAY);
      await slashCourt.execute(proposal);
      expect(await stakingPool.epoch(), "R34").to.equal(epoch + 1n);
      expect(await exitOf(its, epoch + 1n), "STK-13").to.equal(900n * COIN);
    });

    it("STK-13 STK-05 takes nothing from who asked out in the epoch before the offence", async () => {
      const its = await load();
      const { stakingPool, operator, epoch, accounts } = its;
      await nextBlockAt(its, Number(await stakingPool.startOf(epoch + 1n)) - 1);
      await stakingPool.connect(accounts.bob).requestExit(operator, 1_000n * COIN);
      const start = Number(await stakingPool.startOf(epoch + 1n));
      await inEpoch(its, epoch + 1n);
      // His bucket has not matured, and the offence is of a second after his request.
      await carryOut(its, await propose(its, its, 200n * COIN, start));
      expect(await exitOf(its, epoch), "STK-13").to.equal(1_000n * COIN);
      expect(await stakingPool.votesOf(operator), "STK-13").to.equal(900n * COIN);
      await inEpoch(its, epoch + 2n, 0);
      await expect(
        stakingPool.connect(accounts.bob).claimExit(operator, epoch, accounts.bob),
        "STK-05",
      ).to.changeEtherBalance(its.connection.ethers, accounts.bob, 1_000n * COIN);
    });

    it("STK-13 takes from both buckets that may answer, and from no other", async () => {
      const its = await load();
      const { stakingPool, operator, epoch, accounts } = its;
      const { bob, carol, dave } = accounts;
      await stake(its, dave, operator, 1_000n * COIN);
      const asked = (account: typeof bob) =>
        stakingPool.connect(account).requestExit(operator, 500n * COIN);
      await asked(bob);
      await inEpoch(its, epoch + 1n);
      await asked(bob);
      await inEpoch(its, epoch + 2n);
      await asked(carol);
      // An offence of the epoch before: 500 of Bob's bucket then, 500 of Carol's now, and 1,500 answer.
      const offence = Number(await stakingPool.startOf(epoch + 2n)) - 1;
      expect(await stakingPool.answeringOf(operator, epoch + 1n)).to.equal(2_500n * COIN);
      const proposal = await propose(its, its, 350n * COIN, offence);
      await nextBlockAt(its, await readyAtOf(its, proposal));
      expect((await storyOf(its, its.slashCourt.execute(proposal)))[0]).to.deep.equal([
        "Slashed",
        operator,
        epoch + 1n,
        100n * COIN,
        150n * COIN,
        100n * COIN,
        50n * COIN,
      ]);
      expect(await exitOf(its, epoch)).to.equal(500n * COIN);
      expect(await exitOf(its, epoch + 1n)).to.equal(450n * COIN);
      expect((await stakingPool.exitOf(operator, epoch + 2n, carol)).assets).to.equal(450n * COIN);
    });

    it("shares it with who staked between the offence and the proposal, and was told so", async () => {
      const its = await load();
      const { stakingPool, operator, accounts } = its;
      const offence = (await now(its)) - 1;
      await stakingPool
        .connect(accounts.dave)
        .stake(operator, NO_PENDING, { value: 2_000n * COIN });
      const proposal = await propose(its, its, 500n * COIN, offence);
      await expect(stakingPool.connect(accounts.erin).stake(operator, NO_PENDING, { value: COIN }))
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolPendingSlash")
        .withArgs(operator, 500n * COIN, NO_PENDING);
      await carryOut(its, proposal);
      expect(await stakingPool.stakeOf(operator, accounts.dave)).to.equal(1_800n * COIN);
    });
  });

  describe("of an operator whom everybody leaves", () => {
    it("STK-06 takes what he gave in the offence's epoch, though he gives nothing now", async () => {
      const its = await load();
      const { stakingPool, moduleRegistry, slashCourt, operator, module, accounts } = its;
      await moduleRegistry.connect(accounts.alice).optOut(operator, module);
      const offence = Number(await stakingPool.startOf(its.epoch + 1n)) - 1;
      await inEpoch(its, its.epoch + 1n);
      await carryOut(its, await propose(its, its, 400n * COIN, offence));
      expect(await stakingPool.votesOf(operator), "STK-06").to.equal(1_700n * COIN);
      expect(await moduleRegistry.totalOf(operator), "STK-06").to.equal((MAGNITUDE * 85n) / 100n);
      expect(await slashCourt.proposableOf(module, operator, its.epoch + 1n)).to.equal(0n);
      expect(await lanesOf(its, its)).to.deep.equal([(MAGNITUDE * 85n) / 100n, 0n, 0n, 0n]);
    });

    it("STK-06 takes all of it from exits when no stake is active", async () => {
      const its = await load();
      const { stakingPool, slashCourt, operator, epoch, accounts } = its;
      const proposal = await propose(its, its, 400n * COIN);
      for (const account of [accounts.bob, accounts.carol]) {
        await stakingPool.connect(account).requestExit(operator, 1_000n * COIN);
      }
      await nextBlockAt(its, await readyAtOf(its, proposal));
      const [slashed] = await storyOf(its, slashCourt.execute(proposal));
      const taken = [100n * COIN, 0n, 300n * COIN, 50n * COIN];
      expect(slashed, "STK-06").to.deep.equal(["Slashed", operator, epoch, ...taken]);
      expect(await exitOf(its, epoch)).to.equal(850n * COIN);
      expect(await coinOf(its, stakingPool), "STK-01").to.equal(1_750n * COIN);
    });
  });

  describe("and letting go of what was not", () => {
    it("frees a lapsed one from its first second, by anyone, once", async () => {
      const its = await load();
      const { slashCourt, stakingPool, operator, accounts } = its;
      const proposal = await propose(its, its, 100n * COIN);
      const asStranger = slashCourt.connect(accounts.stranger);
      const end = (await readyAtOf(its, proposal)) + DAY;
      await nextBlockAt(its, end - 1);
      await expect(asStranger.release(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.Open);
      await nextBlockAt(its, end);
      expect(await storyOf(its, asStranger.release(proposal))).to.deep.equal([
        ["SlashReleased", proposal, BigInt(Status.Lapsed)],
      ]);
      expect((await slashCourt.proposalOf(proposal)).status).to.equal(Status.Lapsed);
      expect(await stakingPool.pendingOf(operator)).to.equal(0n);
      await expect(asStranger.release(proposal))
        .to.be.revertedWithCustomError(slashCourt, "SlashCourtWrongStatus")
        .withArgs(proposal, Status.Lapsed);
    });

    it("counts one as pending until its epoch is over, and never longer", async () => {
      const its = await load();
      const { slashCourt, stakingPool, operator, epoch } = its;
      const proposal = await propose(its, its, 100n * COIN);
      await lapse(its, proposal);
      expect(await stakingPool.epoch()).to.equal(epoch);
      expect(await stakingPool.pendingOf(operator)).to.equal(100n * COIN);
      await inEpoch(its, epoch + 1n, 0);
      expect(await stakingPool.pendingOf(operator)).to.equal(0n);
      await inEpoch(its, epoch + 3n, 0);
      await slashCourt.release(proposal);
      expect(await stakingPool.pendingOf(operator)).to.equal(0n);
      expect(await slashCourt.statusOf(proposal)).to.equal(Status.Lapsed);
    });

    for (const [name, offset, kept] of [
      ["the epoch's last second", -1, 0n],
      ["the next epoch's first second", 0, 100n * COIN],
    ] as const) {
      it(`counts one that lapses in ${name} until that one's epoch is over`, async () => {
        const its = await load();
        const { slashCourt, stakingPool, operator, epoch } = its;
        const start = Number(await stakingPool.startOf(epoch + 1n));
        await nextBlockAt(its, start + offset - 3 * DAY);
        const proposal = await propose(its, its, 100n * COIN);
        await inEpoch(its, epoch + 1n, -1);
        expect(await stakingPool.pendingOf(operator)).to.equal(100n * COIN);
        await inEpoch(its, epoch + 1n, 0);
        expect(await slashCourt.statusOf(proposal)).to.equal(Status.Lapsed);
        expect(await stakingPool.pendingOf(operator)).to.equal(kept);
        await inEpoch(its, epoch + 2n, -1);
        expect(await stakingPool.pendingOf(operator)).to.equal(kept);
        await inEpoch(its, epoch + 2n, 0);
        expect(await stakingPool.pendingOf(operator)).to.equal(0n);
      });
    }

    it("leaves the others' that are pending", async () => {
      const its = await load();
      const { slashCourt, stakingPool, operator, epoch } = its;
      const first = await propose(its, its, 100n * COIN);
      await goTo(its, Number(await stakingPool.startOf(epoch)) + 5 * DAY);
      const second = await propose(its, its, 30n * COIN);
      expect(await stakingPool.pendingOf(operator)).to.equal(130n * COIN);
      await slashCourt.release(first);
      expect(await stakingPool.pendingOf(operator)).to.equal(30n * COIN);
      await inEpoch(its, epoch + 1n, 0);
      expect(await stakingPool.pendingOf(operator)).to.equal(30n * COIN);
      await carryOut(its, second);
      expect(await stakingPool.pendingOf(operator)).to.equal(0n);
    });
  });

  it("R33 is not touched by any pause, and neither is anything else of the court", async () => {
    const its = await load();
    const { slashCourt, accounts, stakingPool } = its;
    const until = await pauseAll(its);
    const carried = await propose(its, its, 100n * COIN);
    const vetoed = await propose(its, its, 100n * COIN);
    const lapsed = await propose(its, its, 100n * COIN);
    await slashCourt.connect(accounts.judy).veto(vetoed);
    await carryOut(its, carried);
    await lapse(its, lapsed);
    await slashCourt.release(lapsed);
    await slashCourt.connect(accounts.guardian).vetoAll(its.module);
    expect(await stakingPool.intakePausedUntil(), "R33").to.equal(BigInt(until));
    expect(await now(its), "R33").to.be.lessThan(until);
    const names = new Set<string>();
    slashCourt.interface.forEachFunction(({ name }) => names.add(name));
    expect(names.has("pauseIntake"), "R33").to.equal(false);
  });
});
