import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import {
  milestoneOf,
  MilestoneStatus,
  OfferingStatus,
  Stage,
} from "../../scripts/lib/ownership/machines.js";
import { type MachineShares, MockERC20__factory } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { plain } from "../identity/registry.js";
import {
  ALL,
  carryOut,
  claimMilestone,
  COIN,
  DAY,
  now,
  openOffering,
  type Ownership,
  workingMachine,
} from "./fixture.js";
import {
  claimWith,
  creditsOf,
  evidence,
  goTo,
  inCoin,
  nextBlockAt,
  offerings,
  releaseClaimed,
  vetoEndOf,
} from "./offering.js";

describe("MachineOfferings: expiry", () => {
  const load = offerings(async (its) => {
    const start = (await now(its)) + 3_600;
    const deadline = start + 100 * DAY;
    const steps = [
      milestoneOf(3_000, deadline, { notBefore: start + DAY }),
      milestoneOf(3_000, deadline + 100 * DAY),
      milestoneOf(4_000, deadline),
    ];
    const shares = await workingMachine(its, { offering: { start, milestones: steps } });
    return {
      shares,
      deadline,
      notBefore: start + DAY,
      expire: (milestone: number) => its.machineOfferings.expire(shares, milestone),
    };
  });

  const untimely = (
    { machineOfferings }: Ownership,
    sending: Promise<unknown>,
    ...args: [number, number, number]
  ) =>
    expect(sending)
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUntimely")
      .withArgs(...args);

  const stateOf = async ({ machineOfferings }: Ownership, shares: MachineShares, milestone = 0) =>
    (await machineOfferings.milestoneStateOf(shares, milestone)).status;

  /** Dave offers to buy the machine, and Bob and Carol accept. */
  async function sell(its: Ownership, shares: MachineShares, price = 2_000n * COIN): Promise<void> {
    const { machineVotes, accounts } = its;
    const asDave = machineVotes.connect(accounts.dave);
    const expiry = (await now(its)) + 30 * DAY;
    const bidId = await asDave.bid.staticCall(shares, price, expiry);
    await asDave.bid(shares, price, expiry);
    await carryOut(its, shares, "AcceptBid", [bidId]);
  }

  describe("of a milestone that was not reached", () => {
    it("pays its money to the holders, and its shares to nobody, and is told", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, connection, shares, deadline } = its;
      await goTo(its, deadline + 1);
      const expiring = machineOfferings.connect(accounts.stranger).expire(shares, 0);
      await expect(expiring).to.changeTokenBalances(
        connection.ethers,
        token,
        [machineOfferings, shares],
        [-300n * COIN, 300n * COIN],
      );
      await expect(expiring)
        .to.emit(machineOfferings, "MilestoneExpired")
        .withArgs(shares, 0, 300n * COIN, 150n);
      await expect(expiring)
        .to.emit(shares, "DividendDeposited")
        .withArgs(token, ZeroAddress, 300n * COIN);
      await expect(expiring).not.to.emit(shares, "Transfer");
      expect(plain(await machineOfferings.progressOf(shares))).to.include({
        resolved: 1n,
        vesting: 350n,
        remaining: 700n * COIN,
      });
      expect(await machineOfferings.forfeitedOf(shares)).to.equal(150n);
      expect(await stateOf(its, shares)).to.equal(MilestoneStatus.Expired);
      expect(await creditsOf(its, token)).to.deep.equal({});
      expect(await shares.balanceOf(accounts.alice)).to.equal(0n);
    });

    it("comes after its deadline, not in its last second", async () => {
      const its = await load();
      const { machineOfferings, deadline, notBefore, expire } = its;
      await untimely(its, expire(0), 0, notBefore, deadline);
      await nextBlockAt(its, deadline);
      await untimely(its, expire(0), 0, notBefore, deadline);
      await nextBlockAt(its, deadline + 1);
      await expect(expire(0)).to.emit(machineOfferings, "MilestoneExpired");
      await untimely(its, expire(1), 1, 0, deadline + 100 * DAY);
    });

    it("R21 comes once, and for a milestone that is there", async () => {
      const its = await load();
      const { machineOfferings, deadline, expire } = its;
      await goTo(its, deadline + 1);
      await expire(0);
      await expect(expire(0))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongMilestone")
        .withArgs(0, MilestoneStatus.Expired);
      await expect(machineOfferings.release(its.shares, 0))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongMilestone")
        .withArgs(0, MilestoneStatus.Expired);
      await expect(expire(3))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnknownMilestone")
        .withArgs(3);
      const open = await openOffering({ ...its, charger: await registerDevice(its) });
      await expect(machineOfferings.expire(open, 0))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(open, OfferingStatus.Open);
    });

    it("R33 comes while intake is paused", async () => {
      const its = await load();
      const { machineOfferings, accounts, deadline, expire, shares } = its;
      await goTo(its, deadline + 1);
      await machineOfferings.connect(accounts.guardian).pauseIntake((await now(its)) + DAY);
      await expire(2);
      expect(await stateOf(its, shares, 2), "R33").to.equal(MilestoneStatus.Expired);
    });

    it("pays in coin", async () => {
      const its = await load();
      const { machineOfferings, connection, accounts } = its;
      const other = { ...its, charger: await registerDevice(its) };
      const shares = await workingMachine(other, inCoin());
      const { deadline } = await machineOfferings.milestoneOf(shares, 0);
      await goTo(its, deadline + 1n);
      await expect(machineOfferings.expire(shares, 2)).to.changeEtherBalances(
        connection.ethers,
        [machineOfferings, shares],
        [-400n * COIN, 400n * COIN],
      );
      await expect(shares.claimFor(accounts.bob, NATIVE, ALL)).to.changeEtherBalance(
        connection.ethers,
        accounts.bob,
        240n * COIN,
      );
    });

    it("brings no less because something lay with the shares already", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, shares, deadline, expire } = its;
      await token.connect(accounts.dave).transfer(shares, 15n * COIN);
      await goTo(its, deadline + 1);
      const expiring = expire(0);
      await expect(expiring)
        .to.emit(shares, "DividendDeposited")
        .withArgs(token, ZeroAddress, 315n * COIN);
      await expect(expiring)
        .to.emit(machineOfferings, "MilestoneExpired")
        .withArgs(shares, 0, 300n * COIN, 150n);
    });

    it("R30 OWN-10 is blocked by a currency that refuses the shares, and nothing else is", async () => {
      const its = await load();
      const { machineOfferings, connection, accounts } = its;
      const token = await connection.ethers.deployContract("FreezingERC20");
      const { alice, bob, carol } = accounts;
      for (const who of [bob, carol]) {
        await token.mint(who, 1_000n * COIN);
        await token.connect(who).approve(machineOfferings, ALL);
      }
      const asUsual = MockERC20__factory.connect(token.target as string, alice);
      const other = { ...its, token: asUsual, charger: await registerDevice(its) };
      const shares = await workingMachine(other);
      await claimMilestone(its, shares, 1);
      const { deadline } = await machineOfferings.milestoneOf(shares, 0);
      await goTo(its, deadline + 1n);
      await token.freeze(shares, true);
      await expect(machineOfferings.expire(shares, 0))
        .to.be.revertedWithCustomError(token, "AccountFrozen")
        .withArgs(shares);
      expect(await stateOf(its, shares, 0)).to.equal(MilestoneStatus.Pending);
      await machineOfferings.release(shares, 1);
      await machineOfferings.withdraw(token, alice, alice);
      expect(await token.balanceOf(alice), "OWN-10").to.equal(294n * COIN);
      await its.expire(0);
      await token.freeze(shares, false);
      await machineOfferings.expire(shares, 0);
    });
  });

  describe("leaves the holders", () => {
    it("R28 all of the money: what has not vested, or never will, earns nothing", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, shares, deadline, expire } = its;
      const { bob, carol } = accounts;
      await goTo(its, deadline + 1);
      await expire(0);
      expect(await shares.claimable(bob, token)).to.equal(180n * COIN);
      expect(await shares.claimable(carol, token)).to.equal(120n * COIN);
      expect(await shares.claimable(machineOfferings, token)).to.equal(0n);
      await shares.claimFor(bob, token, ALL);
      await shares.claimFor(carol, token, ALL);
      expect(await token.balanceOf(shares), "R28").to.equal(0n);
    });

    it("what anyone claims for the offerings: that is nothing, and moves nothing", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, shares, deadline, expire } = its;
      await goTo(its, deadline + 1);
      await expire(0);
      expect(await shares.claimFor.staticCall(machineOfferings, token, ALL)).to.equal(0n);
      const claiming = shares.claimFor(machineOfferings, token, ALL);
      await expect(claiming).not.to.emit(shares, "DividendClaimed");
      await expect(claiming).not.to.emit(token, "Transfer");
      expect(await shares.heldOf(token)).to.equal(300n * COIN);
      expect(await shares.claimable(accounts.bob, token)).to.equal(180n * COIN);
    });

    it("an operator without the shares of it, whatever he still reaches", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares, token, deadline, expire } = its;
      await claimMilestone(its, shares, 2);
      await releaseClaimed(its, shares, 2);
      await goTo(its, deadline + 1);
      await expire(0);
      await claimMilestone(its, shares, 1);
      await releaseClaimed(its, shares, 1);
      expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Closed);
      expect(await shares.balanceOf(accounts.alice)).to.equal(350n);
      expect(await shares.balanceOf(machineOfferings)).to.equal(150n);
      expect(await machineOfferings.forfeitedOf(shares)).to.equal(150n);
      expect(await creditsOf(its, token)).to.deep.equal({
        alice: 686n * COIN,
        treasury: 14n * COIN,
      });
      expect(await token.balanceOf(machineOfferings), "OWN-06").to.equal(700n * COIN);
    });

    it("a closed offering, if all expire", async () => {
      const its = await load();
      const { machineOfferings, token, shares, deadline, expire } = its;
      await goTo(its, deadline + 100 * DAY + 1);
      for (const milestone of [2, 0, 1]) await expire(milestone);
      expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Closed);
      expect(await machineOfferings.forfeitedOf(shares)).to.equal(500n);
      expect(await token.balanceOf(machineOfferings)).to.equal(0n);
      await expect(expire(0))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(shares, OfferingStatus.Closed);
    });
  });

  describe("of a machine that was retired", () => {
    it("comes at once, to holders who are still paid", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, shares, deadline, expire } = its;
      await carryOut(its, shares, "Retire");
      expect(await now(its)).to.be.lessThan(deadline);
      await expect(expire(0))
        .to.emit(machineOfferings, "MilestoneExpired")
        .withArgs(shares, 0, 300n * COIN, 150n);
      expect(await shares.claimable(accounts.bob, token)).to.equal(180n * COIN);
      expect(await shares.claimable(accounts.carol, token)).to.equal(120n * COIN);
    });
  });

  describe("of a machine that was sold", () => {
    it("comes at once, and its money joins the price", async () => {
      const its = await load();
      const { machineOfferings, deviceRegistry, charger, accounts, token, shares, expire } = its;
      await sell(its, shares);
      expect(await shares.stage()).to.equal(Stage.Ended);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.dave.address);
      await expect(expire(2))
        .to.emit(machineOfferings, "MilestoneExpired")
        .withArgs(shares, 2, 400n * COIN, 200n);
      expect(await shares.claimable(accounts.bob, token)).to.equal(1_440n * COIN);
      expect(await shares.claimable(accounts.carol, token)).to.equal(960n * COIN);
    });

    it("leaves nothing to claim any more", async () => {
      const its = await load();
      const { machineOfferings, shares, deadline, notBefore } = its;
      await sell(its, shares);
      expect(await now(its), "its time has come").to.be.greaterThan(notBefore);
      for (const milestone of [0, 1, 2]) {
        await expect(claimWith(its, evidence(shares, milestone)))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsMachineNotActive")
          .withArgs(shares);
      }
      await goTo(its, deadline + 1);
      await untimely(its, claimWith(its, evidence(shares)), 0, notBefore, deadline);
    });

    it("pays the operator for what was claimed, without the shares: they stand still", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, shares } = its;
      const { alice } = accounts;
      await claimMilestone(its, shares, 1);
      await sell(its, shares);
      await goTo(its, (await vetoEndOf(its, shares, 1)) + 10 * DAY);
      const releasing = machineOfferings.release(shares, 1);
      await expect(releasing)
        .to.emit(machineOfferings, "MilestoneReleased")
        .withArgs(shares, 1, alice, 294n * COIN, 6n * COIN, 0n);
      await expect(releasing).not.to.emit(shares, "Transfer");
      expect(await creditsOf(its, token)).to.deep.equal({
        alice: 294n * COIN,
        treasury: 6n * COIN,
      });
      expect(plain(await machineOfferings.progressOf(shares))).to.include({
        resolved: 1n,
        vesting: 350n,
        remaining: 700n * COIN,
      });
      expect(await machineOfferings.forfeitedOf(shares)).to.equal(150n);
      expect(await shares.balanceOf(alice)).to.equal(0n);
      await its.expire(0);
      await its.expire(2);
      expect(await machineOfferings.forfeitedOf(shares)).to.equal(500n);
      expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Closed);
    });

    it("lets the holders stop a claim all the same, whose money is theirs then", async () => {
      const its = await load();
      const { machineOfferings, accounts, token } = its;
      const { bob } = accounts;
      const other = { ...its, charger: await registerDevice(its) };
      const shares = await workingMachine(other, { offering: { vetoWindow: 30 * DAY } });
      await claimMilestone(its, shares, 0);
      await sell(its, shares);
      await machineOfferings.connect(bob).veto(shares, 0);
      await machineOfferings.expire(shares, 0);
      expect(await shares.heldOf(token)).to.equal(2_300n * COIN);
    });
  });

  describe("and who would take the device out alone", () => {
    const alone = async (its: Ownership) => {
      const charger = await registerDevice(its);
      const own = { ...its, charger };
      const shares = await workingMachine(own, {}, [[its.accounts.bob, 1_000]]);
      return { own, shares, asBob: shares.connect(its.accounts.bob) };
    };

    it("needs no share that was forfeited", async () => {
      const its = await load();
      const { machineOfferings, deviceRegistry, accounts } = its;
      const { bob } = accounts;
      const { own, shares, asBob } = await alone(its);
      const { deadline } = await machineOfferings.milestoneOf(shares, 0);
      await goTo(its, deadline + 1n);
      for (const [milestone, needed] of [
        [0, 1_500n],
        [2, 1_350n],
        [1, 1_150n],
      ] as const) {
        await expect(asBob.unwrap(bob))
          .to.be.revertedWithCustomError(shares, "MachineSharesNotSoleHolder")
          .withArgs(1_000n, needed);
        await machineOfferings.expire(shares, milestone);
      }
      await asBob.unwrap(bob);
      expect(await deviceRegistry.ownerOf(own.charger.deviceId)).to.equal(bob.address);
      expect(await shares.stage()).to.equal(Stage.Ended);
    });

    it("need not wait for milestones that no shares vest with: their money follows", async () => {
      const its = await load();
      const { machineOfferings, deviceRegistry, accounts, token } = its;
      const { alice, bob } = accounts;
      const own = { ...its, charger: await registerDevice(its) };
      const offering = { operatorShares: 0 };
      const shares = await workingMachine(own, { offering }, [[bob, 1_000]]);
      await claimMilestone(own, shares, 0);
      await shares.connect(bob).unwrap(bob);
      expect(await deviceRegistry.ownerOf(own.charger.deviceId)).to.equal(bob.address);
      await machineOfferings.expire(shares, 1);
      await machineOfferings.expire(shares, 2);
      expect(await shares.claimable(bob, token)).to.equal(700n * COIN);
      await goTo(its, await vetoEndOf(its, shares, 0));
      await expect(machineOfferings.release(shares, 0))
        .to.emit(machineOfferings, "MilestoneReleased")
        .withArgs(shares, 0, alice, 294n * COIN, 6n * COIN, 0n);
      expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Closed);
    });

    it("needs those that vested", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { alice, bob } = accounts;
      const { own, shares, asBob } = await alone(its);
      await claimMilestone(own, shares, 0);
      await releaseClaimed(own, shares, 0);
      const { deadline } = await machineOfferings.milestoneOf(shares, 1);
      await goTo(its, deadline + 1n);
      await machineOfferings.expire(shares, 1);
      await machineOfferings.expire(shares, 2);
      await expect(asBob.unwrap(bob))
        .to.be.revertedWithCustomError(shares, "MachineSharesNotSoleHolder")
        .withArgs(1_000n, 1_150n);
      await shares.connect(alice).transfer(bob, 150);
      await asBob.unwrap(bob);
      expect(await shares.stage()).to.equal(Stage.Ended);
    });
  });
});
