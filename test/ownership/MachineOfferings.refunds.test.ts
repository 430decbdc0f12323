import { expect } from "chai";
import { parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { OfferingStatus, Stage } from "../../scripts/lib/ownership/machines.js";
import type { MachineShares } from "../../typechain-types/index.js";
import {
  ALL,
  COIN,
  contribute,
  createOffering,
  DAY,
  NO_PROOF,
  now,
  openOffering,
  type Ownership,
  workingMachine,
} from "./fixture.js";
import { endOf, goTo, inCoin, nextBlockAt, offerings } from "./offering.js";

describe("MachineOfferings: an offering that failed", () => {
  const PRICE = 7n;

  /** Bob has 60 shares, in two parts, and Carol 39: one is missing. */
  const load = offerings(async (its) => {
    const { accounts } = its;
    const draft = await createOffering(its);
    const shares = await openOffering(its, { offering: { price: PRICE } });
    await contribute(its, shares, accounts.bob, 11);
    await contribute(its, shares, accounts.carol, 39);
    await contribute(its, shares, accounts.bob, 49);
    const end = await endOf(its, shares);
    return { draft, shares, end };
  });

  const wrongStatus = (
    { machineOfferings }: Ownership,
    sending: Promise<unknown>,
    shares: MachineShares,
    status: number,
  ) =>
    expect(sending)
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(shares, status);

  describe("refunds", () => {
    it("R19 OWN-06 exactly what was paid, whatever else came in meanwhile", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, connection, shares } = its;
      const { alice, bob, carol } = accounts;
      await token.connect(alice).transfer(machineOfferings, 1_000n);
      await goTo(its, its.end);
      for (const [who, held] of [
        [bob, 60n],
        [carol, 39n],
      ] as const) {
        const asked = [shares, who, who] as const;
        const asHim = machineOfferings.connect(who);
        expect(await asHim.refund.staticCall(...asked)).to.equal(held * PRICE);
        const refunding = asHim.refund(...asked);
        await expect(refunding).to.changeTokenBalances(
          connection.ethers,
          token,
          [machineOfferings, who],
          [-held * PRICE, held * PRICE],
        );
        await expect(refunding)
          .to.emit(machineOfferings, "ContributionRefunded")
          .withArgs(shares, who, held * PRICE, who);
      }
      expect(await token.balanceOf(machineOfferings), "OWN-06: all went back").to.equal(1_000n);
      expect(await shares.totalSupply()).to.equal(0n);
    });

    it("OWN-07 for the shares: nobody keeps both", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      await goTo(its, its.end);
      await machineOfferings.connect(accounts.bob).refund(shares, accounts.bob, accounts.bob);
      expect(await shares.balanceOf(accounts.bob), "OWN-07").to.equal(0n);
      expect(await shares.balanceOf(accounts.carol), "OWN-07").to.equal(39n);
      expect(await shares.totalSupply()).to.equal(39n);
      expect(await shares.stage()).to.equal(Stage.Raising);
      await expect(shares.connect(accounts.carol).transfer(accounts.bob, 1))
        .to.be.revertedWithCustomError(shares, "DividendLedgerWrongPhase")
        .withArgs(0n);
    });

    it("R21 nobody twice, and nobody who paid nothing", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      const { bob, stranger } = accounts;
      await goTo(its, its.end);
      await machineOfferings.connect(bob).refund(shares, bob, bob);
      for (const who of [bob, stranger]) {
        await expect(machineOfferings.connect(who).refund(shares, who, who))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsNothingToRefund")
          .withArgs(who);
      }
    });

    it("to whom the account likes, at its own word", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, connection, shares } = its;
      const { bob, stranger } = accounts;
      await goTo(its, its.end);
      const refunding = machineOfferings.connect(bob).refund(shares, bob, stranger);
      await expect(refunding).to.changeTokenBalances(
        connection.ethers,
        token,
        [stranger, bob],
        [60n * PRICE, 0n],
      );
      await expect(refunding)
        .to.emit(machineOfferings, "ContributionRefunded")
        .withArgs(shares, bob, 60n * PRICE, stranger);
    });

    it("to the account, at anyone's word", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, connection, shares } = its;
      const { bob, stranger } = accounts;
      await goTo(its, its.end);
      await expect(
        machineOfferings.connect(stranger).refund(shares, bob, bob),
      ).to.changeTokenBalance(connection.ethers, token, bob, 60n * PRICE);
    });

    it("to nobody else, at anyone's word", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      const { bob, carol, alice } = accounts;
      await goTo(its, its.end);
      for (const [who, to] of [
        [carol, carol],
        [alice, alice],
        [carol, alice],
      ] as const) {
        await expect(machineOfferings.connect(who).refund(shares, bob, to))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnauthorized")
          .withArgs(who);
      }
    });

    it("from the end on, and not before", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares, end } = its;
      const refund = () =>
        machineOfferings.connect(accounts.bob).refund(shares, accounts.bob, accounts.bob);
      await nextBlockAt(its, end - 1);
      await wrongStatus(its, refund(), shares, OfferingStatus.Open);
      await nextBlockAt(its, end);
      await refund();
      expect(await shares.balanceOf(accounts.bob)).to.equal(0n);
    });

    it("nobody if the soft cap is reached, to the share", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares, end } = its;
      const refund = () =>
        machineOfferings.connect(accounts.bob).refund(shares, accounts.bob, accounts.bob);
      await contribute(its, shares, accounts.carol, 1);
      await goTo(its, end);
      await wrongStatus(its, refund(), shares, OfferingStatus.Funded);
      await machineOfferings.finalise(shares);
      await wrongStatus(its, refund(), shares, OfferingStatus.Releasing);
    });

    it("R33 while intake is paused as well", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares, end } = its;
      await goTo(its, end);
      await machineOfferings.connect(accounts.guardian).pauseIntake((await now(its)) + 10 * DAY);
      await machineOfferings.refund(shares, accounts.bob, accounts.bob);
      await machineOfferings.reclaim(shares);
      expect(await shares.balanceOf(accounts.bob), "R33").to.equal(0n);
    });

    it("R29 and asks neither treasury nor seller nor operator", async () => {
      const its = await load();
      const { connection, machineOfferings, accounts, deviceRegistry, charger } = its;
      const refusing = await connection.ethers.deployContract("RevertingReceiver");
      const operator = refusing.target as string;
      await goTo(its, its.end);
      await machineOfferings.reclaim(its.shares);
      const parts = inCoin({ machine: { operator }, offering: { attester: operator } });
      const shares = await openOffering(its, parts);
      await contribute(its, shares, accounts.bob, 1, COIN);
      await goTo(its, await endOf(its, shares));
      const asBob = machineOfferings.connect(accounts.bob);
      await expect(asBob.refund(shares, accounts.bob, accounts.bob)).to.changeEtherBalance(
        connection.ethers,
        accounts.bob,
        COIN,
      );
      await machineOfferings.reclaim(shares);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.alice.address);
    });
  });

  describe("R30 OWN-10: an account that cannot be paid", () => {
    it("harms itself only, and can be paid elsewhere, in coin", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection, end } = its;
      await goTo(its, end);
      await machineOfferings.reclaim(its.shares);
      const shares = await openOffering(its, inCoin());
      const refusing = await connection.ethers.deployContract("RevertingReceiver");
      const codec = machineOfferings.interface;
      const buying = codec.encodeFunctionData("contribute", [shares.target, 2, 0, NO_PROOF]);
      await refusing.execute(machineOfferings, buying, { value: 2n * COIN });
      await contribute(its, shares, accounts.bob, 3, 3n * COIN);
      await goTo(its, await endOf(its, shares));
      await expect(machineOfferings.refund(shares, refusing, refusing))
        .to.be.revertedWithCustomError(refusing, "ReceiverRefused")
        .withArgs(2n * COIN);
      expect(await shares.balanceOf(refusing)).to.equal(2n);
      await expect(
        machineOfferings.refund(shares, accounts.bob, accounts.bob),
        "OWN-10",
      ).to.changeEtherBalance(connection.ethers, accounts.bob, 3n * COIN);
      const elsewhere = codec.encodeFunctionData("refund", [
        shares.target,
        refusing.target,
        accounts.dave.address,
      ]);
      await expect(refusing.execute(machineOfferings, elsewhere)).to.changeEtherBalances(
        connection.ethers,
        [machineOfferings, accounts.dave],
        [-2n * COIN, 2n * COIN],
      );
      expect(await connection.ethers.provider.getBalance(machineOfferings)).to.equal(0n);
    });

    it("harms itself only, and can be paid elsewhere, in a token that freezes", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection, end } = its;
      const { bob, carol, dave } = accounts;
      await goTo(its, end);
      await machineOfferings.reclaim(its.shares);
      const token = await connection.ethers.deployContract("FreezingERC20");
      for (const who of [bob, carol]) {
        await token.mint(who, parseEther("100"));
        await token.connect(who).approve(machineOfferings, ALL);
      }
      const currency = token.target as string;
      const shares = await openOffering(its, { machine: { currency } });
      await contribute(its, shares, bob, 5);
      await contribute(its, shares, carol, 6);
      await goTo(its, await endOf(its, shares));
      await token.freeze(bob, true);
      await expect(machineOfferings.connect(bob).refund(shares, bob, bob))
        .to.be.revertedWithCustomError(token, "AccountFrozen")
        .withArgs(bob);
      const paying = machineOfferings.refund(shares, carol, carol);
      await expect(paying, "OWN-10").to.changeTokenBalance(
        connection.ethers,
        token,
        carol,
        6n * COIN,
      );
      const elsewhere = machineOfferings.connect(bob).refund(shares, bob, dave);
      await expect(elsewhere).to.changeTokenBalance(connection.ethers, token, dave, 5n * COIN);
    });
  });

  describe("gives the device back", () => {
    it("to its seller, at anyone's word, once", async () => {
      const its = await load();
      const { machineOfferings, deviceRegistry, charger, accounts, shares, end } = its;
      await goTo(its, end);
      const reclaiming = machineOfferings.connect(accounts.stranger).reclaim(shares);
      await expect(reclaiming)
        .to.emit(machineOfferings, "DeviceReclaimed")
        .withArgs(shares, accounts.alice);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.alice.address);
      expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Failed);
      await wrongStatus(its, machineOfferings.reclaim(shares), shares, OfferingStatus.Failed);
    });

    it("from the end on, before and after the refunds", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares, end } = its;
      const { bob, carol } = accounts;
      await nextBlockAt(its, end - 1);
      await wrongStatus(its, machineOfferings.reclaim(shares), shares, OfferingStatus.Open);
      await nextBlockAt(its, end);
      await machineOfferings.refund(shares, bob, bob);
      await machineOfferings.reclaim(shares);
      await machineOfferings.refund(shares, carol, carol);
      expect(await shares.totalSupply()).to.equal(0n);
    });

    it("R21 and leaves it where it is when it came back in another offering", async () => {
      const its = await load();
      const { machineOfferings, deviceRegistry, charger, accounts, shares, end } = its;
      await goTo(its, end);
      await machineOfferings.reclaim(shares);
      const next = await openOffering(its);
      await wrongStatus(its, machineOfferings.reclaim(shares), shares, OfferingStatus.Failed);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(machineOfferings.target);
      await contribute(its, next, accounts.bob, 1_000);
      await wrongStatus(its, machineOfferings.reclaim(shares), shares, OfferingStatus.Failed);
      await machineOfferings.finalise(next);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(next.target);
      await machineOfferings.refund(shares, accounts.bob, accounts.bob);
      expect(await shares.balanceOf(accounts.bob)).to.equal(0n);
      expect(await next.balanceOf(accounts.bob)).to.equal(1_000n);
    });

    it("OWN-06 and pays each of two offerings' refunds out of its own money", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares, end, token } = its;
      const { bob, carol } = accounts;
      await goTo(its, end);
      await machineOfferings.reclaim(shares);
      const next = await openOffering(its, { offering: { price: 1_000n } });
      await contribute(its, next, bob, 50);
      await goTo(its, await endOf(its, next));
      await machineOfferings.refund(next, bob, bob);
      await expect(machineOfferings.refund(next, carol, carol))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsNothingToRefund")
        .withArgs(carol);
      expect(await token.balanceOf(machineOfferings), "OWN-06").to.equal(99n * PRICE);
    });

    it("not while it is a draft, open or funded, nor from a machine at work", async () => {
      const its = await load();
      const { machineOfferings, accounts, draft, shares } = its;
      await wrongStatus(its, machineOfferings.reclaim(draft), draft, OfferingStatus.Draft);
      await wrongStatus(its, machineOfferings.reclaim(shares), shares, OfferingStatus.Open);
      await contribute(its, shares, accounts.bob, 901);
      await wrongStatus(its, machineOfferings.reclaim(shares), shares, OfferingStatus.Funded);
      await machineOfferings.finalise(shares);
      await wrongStatus(its, machineOfferings.reclaim(shares), shares, OfferingStatus.Releasing);
    });
  });

  it("is never finalised", async () => {
    const its = await load();
    const { machineOfferings, shares, end } = its;
    await goTo(its, end);
    await wrongStatus(its, machineOfferings.finalise(shares), shares, OfferingStatus.Failed);
    await machineOfferings.reclaim(shares);
    await wrongStatus(its, machineOfferings.finalise(shares), shares, OfferingStatus.Failed);
  });

  it("is one that sold nothing, too", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, charger, accounts } = its;
    await goTo(its, its.end);
    await machineOfferings.reclaim(its.shares);
    const shares = await openOffering(its);
    await goTo(its, await endOf(its, shares));
    expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Failed);
    await machineOfferings.reclaim(shares);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.alice.address);
  });

  it("leaves the machines of others alone", async () => {
    const its = await load();
    const { machineOfferings, token, accounts, shares, end } = its;
    await goTo(its, end);
    await machineOfferings.reclaim(shares);
    const working = await workingMachine(its);
    await machineOfferings.refund(shares, accounts.bob, accounts.bob);
    await machineOfferings.refund(shares, accounts.carol, accounts.carol);
    expect(await token.balanceOf(machineOfferings)).to.equal(1_000n * COIN);
    expect(await working.balanceOf(accounts.bob)).to.equal(600n);
    expect(await machineOfferings.claimable(NATIVE, accounts.alice)).to.equal(0n);
  });
});
