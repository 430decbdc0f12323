import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { MilestoneStatus, OfferingStatus, Stage } from "../../scripts/lib/ownership/machines.js";
import { registerDevice } from "../identity/fixture.js";
import { plain } from "../identity/registry.js";
import {
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
  creditsOf,
  goTo,
  inCoin,
  nextBlockAt,
  offerings,
  releaseClaimed,
  vetoEndOf,
} from "./offering.js";

describe("MachineOfferings: releases", () => {
  const load = offerings(async (its) => {
    const shares = await workingMachine(its);
    return {
      shares,
      release: (milestone: number) => its.machineOfferings.release(shares, milestone),
    };
  });

  const wrongMilestone = (
    { machineOfferings }: Ownership,
    sending: Promise<unknown>,
    ...args: [number, number]
  ) =>
    expect(sending)
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongMilestone")
      .withArgs(...args);

  it("credit the operator less the fee, give him his shares, and are told", async () => {
    const its = await load();
    const { machineOfferings, accounts, token, shares, release } = its;
    const { alice } = accounts;
    await claimMilestone(its, shares, 1);
    await goTo(its, await vetoEndOf(its, shares, 1));
    const releasing = release(1);
    await expect(releasing)
      .to.emit(machineOfferings, "MilestoneReleased")
      .withArgs(shares, 1, alice, 294n * COIN, 6n * COIN, 150n);
    await expect(releasing).to.emit(shares, "Transfer").withArgs(machineOfferings, alice, 150n);
    expect(await creditsOf(its, token)).to.deep.equal({ alice: 294n * COIN, treasury: 6n * COIN });
    expect(await shares.balanceOf(alice)).to.equal(150n);
    expect(await shares.balanceOf(machineOfferings)).to.equal(350n);
    expect(plain(await machineOfferings.progressOf(shares))).to.include({
      resolved: 1n,
      vesting: 350n,
      remaining: 700n * COIN,
    });
    expect((await machineOfferings.milestoneStateOf(shares, 1)).status).to.equal(
      MilestoneStatus.Released,
    );
    expect(await token.balanceOf(machineOfferings), "nothing has left").to.equal(1_000n * COIN);
  });

  it("come in any order, and close the offering when they are all", async () => {
    const its = await load();
    const { machineOfferings, accounts, token, shares, release } = its;
    for (const milestone of [2, 0]) {
      await claimMilestone(its, shares, milestone);
      await releaseClaimed(its, shares, milestone);
    }
    expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Releasing);
    await claimMilestone(its, shares, 1);
    await releaseClaimed(its, shares, 1);
    expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Closed);
    expect(plain(await machineOfferings.progressOf(shares))).to.include({
      resolved: 3n,
      vesting: 0n,
      remaining: 0n,
    });
    expect(await shares.balanceOf(accounts.alice)).to.equal(500n);
    expect(await creditsOf(its, token)).to.deep.equal({ alice: 980n * COIN, treasury: 20n * COIN });
    const { bob } = accounts;
    for (const trying of [
      () => release(1),
      () => machineOfferings.expire(shares, 1),
      () => machineOfferings.connect(bob).veto(shares, 1),
      () => claimMilestone(its, shares, 1),
    ]) {
      await expect(trying())
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(shares, OfferingStatus.Closed);
    }
  });

  it("come when the window is over, not a second before", async () => {
    const its = await load();
    const { machineOfferings, shares, release } = its;
    await claimMilestone(its, shares, 0);
    const end = await vetoEndOf(its, shares, 0);
    await nextBlockAt(its, end - 1);
    await expect(release(0))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsVetoWindow")
      .withArgs(end);
    await nextBlockAt(its, end);
    await expect(release(0)).to.emit(machineOfferings, "MilestoneReleased");
  });

  it("come by anyone, however late", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares } = its;
    await claimMilestone(its, shares, 0);
    await goTo(its, (await vetoEndOf(its, shares, 0)) + 400 * DAY);
    const asStranger = machineOfferings.connect(accounts.stranger);
    await expect(asStranger.release(shares, 0)).to.emit(machineOfferings, "MilestoneReleased");
  });

  it("R21 come once, and only after a claim", async () => {
    const its = await load();
    const { machineOfferings, token, shares, release } = its;
    await wrongMilestone(its, release(0), 0, MilestoneStatus.Pending);
    await claimMilestone(its, shares, 0);
    await releaseClaimed(its, shares, 0);
    await wrongMilestone(its, release(0), 0, MilestoneStatus.Released);
    expect(await creditsOf(its, token)).to.deep.equal({ alice: 294n * COIN, treasury: 6n * COIN });
    await expect(release(3))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnknownMilestone")
      .withArgs(3);
    const open = await openOffering({ ...its, charger: await registerDevice(its) });
    await expect(machineOfferings.release(open, 0))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(open, OfferingStatus.Open);
  });

  it("do not end with the milestone's deadline, once it was claimed", async () => {
    const its = await load();
    const { machineOfferings, shares, release } = its;
    const { deadline } = await machineOfferings.milestoneOf(shares, 0);
    await nextBlockAt(its, Number(deadline));
    await claimMilestone(its, shares, 0);
    await goTo(its, deadline + 1n);
    await wrongMilestone(its, machineOfferings.expire(shares, 0), 0, MilestoneStatus.Claimed);
    await goTo(its, await vetoEndOf(its, shares, 0));
    await release(0);
    await wrongMilestone(its, machineOfferings.expire(shares, 0), 0, MilestoneStatus.Released);
  });

  it("are for the machine's operator of the moment: money and shares", async () => {
    const its = await load();
    const { machineOfferings, accounts, token, shares, release } = its;
    const { dave } = accounts;
    await claimMilestone(its, shares, 0);
    await releaseClaimed(its, shares, 0);
    await claimMilestone(its, shares, 1);
    await carryOut(its, shares, "SetOperator", [dave.address]);
    await goTo(its, (await vetoEndOf(its, shares, 1)) + 10 * DAY);
    await expect(release(1))
      .to.emit(machineOfferings, "MilestoneReleased")
      .withArgs(shares, 1, dave, 294n * COIN, 6n * COIN, 150n);
    expect(await creditsOf(its, token)).to.deep.equal({
      alice: 294n * COIN,
      dave: 294n * COIN,
      treasury: 12n * COIN,
    });
    expect(await shares.balanceOf(dave)).to.equal(150n);
  });

  it("give the fee to the treasury of the moment", async () => {
    const its = await load();
    const { machineOfferings, accessManager, accounts, connection, token, shares, release } = its;
    await claimMilestone(its, shares, 0);
    await releaseClaimed(its, shares, 0);
    const { carol, admin } = accounts;
    const codec = machineOfferings.interface;
    const data = codec.encodeFunctionData("setTreasury", [carol.address]);
    await accessManager.connect(admin).schedule(machineOfferings, data, 0);
    await connection.networkHelpers.time.increase(3 * DAY);
    await accessManager.connect(admin).execute(machineOfferings, data);
    await claimMilestone(its, shares, 1);
    await goTo(its, await vetoEndOf(its, shares, 1));
    await release(1);
    expect(await creditsOf(its, token)).to.include({ treasury: 6n * COIN, carol: 6n * COIN });
  });

  it("R33 go on while intake is paused", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares } = its;
    await machineOfferings.connect(accounts.guardian).pauseIntake((await now(its)) + 14 * DAY - 60);
    await claimMilestone(its, shares, 0);
    await releaseClaimed(its, shares, 0);
    await claimMilestone(its, shares, 1);
    await machineOfferings.connect(accounts.carol).veto(shares, 1);
    const { alice } = accounts;
    await machineOfferings.withdraw(its.token, alice, alice);
    expect(await machineOfferings.claimable(its.token, alice), "R33").to.equal(0n);
  });

  it("R30 OWN-10 reach an operator who refuses coin: his part waits, nobody else's does", async () => {
    const its = await load();
    const { connection, machineOfferings, accounts } = its;
    const refusing = await connection.ethers.deployContract("RevertingReceiver");
    const operator = refusing.target as string;
    const other = { ...its, charger: await registerDevice(its) };
    const shares = await workingMachine(other, inCoin({ machine: { operator } }));
    for (const milestone of [0, 1, 2]) {
      await claimMilestone(its, shares, milestone);
      await releaseClaimed(its, shares, milestone);
    }
    expect(await machineOfferings.claimable(NATIVE, refusing), "OWN-10").to.equal(980n * COIN);
    expect(await shares.balanceOf(refusing)).to.equal(500n);
    await expect(machineOfferings.withdraw(NATIVE, refusing, refusing))
      .to.be.revertedWithCustomError(refusing, "ReceiverRefused")
      .withArgs(980n * COIN);
    const { treasury, dave } = accounts;
    await expect(machineOfferings.withdraw(NATIVE, treasury, treasury)).to.changeEtherBalance(
      connection.ethers,
      treasury,
      20n * COIN,
    );
    const data = machineOfferings.interface.encodeFunctionData("withdraw", [
      NATIVE,
      operator,
      dave.address,
    ]);
    await expect(refusing.execute(machineOfferings, data)).to.changeEtherBalance(
      connection.ethers,
      dave,
      980n * COIN,
    );
  });

  it("of a retired machine pay and vest as ever", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares, release } = its;
    await claimMilestone(its, shares, 0);
    await carryOut(its, shares, "Retire");
    expect(await shares.stage()).to.equal(Stage.Retired);
    await goTo(its, (await vetoEndOf(its, shares, 0)) + 5 * DAY);
    await expect(release(0))
      .to.emit(machineOfferings, "MilestoneReleased")
      .withArgs(shares, 0, accounts.alice, 294n * COIN, 6n * COIN, 150n);
    expect(await shares.balanceOf(accounts.alice)).to.equal(150n);
    expect(await machineOfferings.forfeitedOf(shares)).to.equal(0n);
  });
});
