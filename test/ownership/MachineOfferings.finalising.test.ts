import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { OfferingStatus, Stage } from "../../scripts/lib/ownership/machines.js";
import { plain } from "../identity/registry.js";
import { COIN, contribute, createOffering, DAY, openOffering, sendDevice } from "./fixture.js";
import { creditsOf, endOf, goTo, inCoin, nextBlockAt, offerings } from "./offering.js";

describe("MachineOfferings: finalising", () => {
  const load = offerings(async (its) => {
    const draft = await createOffering(its);
    const shares = await openOffering(its);
    return { draft, shares, end: await endOf(its, shares) };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const refusedAt = ({ machineOfferings, shares }: Loaded, status: number) =>
    expect(machineOfferings.finalise(shares))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(shares, status);

  it("gives the machine to its holders, and keeps the money and the operator's shares", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, accounts, charger, token, shares } = its;
    const { alice, bob, carol, stranger } = accounts;
    await contribute(its, shares, bob, 600);
    await contribute(its, shares, carol, 400);
    const finalising = machineOfferings.connect(stranger).finalise(shares);
    await expect(finalising)
      .to.emit(machineOfferings, "OfferingFinalised")
      .withArgs(shares, 1_000n, 1_000n * COIN);
    await expect(finalising)
      .to.emit(shares, "MachineSealed")
      .withArgs(1_500n, 1_500n * COIN);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(shares.target);
    expect(await shares.stage()).to.equal(Stage.Active);
    expect(await shares.operator()).to.equal(alice.address);
    expect(await shares.totalSupply()).to.equal(1_500n);
    expect(await shares.balanceOf(machineOfferings)).to.equal(500n);
    expect(await shares.balanceOf(alice)).to.equal(0n);
    expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Releasing);
    expect(plain(await machineOfferings.progressOf(shares))).to.deep.equal({
      seller: alice.address,
      sold: 1_000n,
      resolved: 0n,
      vesting: 500n,
      remaining: 1_000n * COIN,
    });
    expect(await token.balanceOf(machineOfferings)).to.equal(1_000n * COIN);
  });

  it("R29 R30 pays nobody: neither operator nor treasury", async () => {
    const its = await load();
    const { machineOfferings, token, shares, connection, accounts } = its;
    await contribute(its, shares, accounts.bob, 1_000);
    const { alice, treasury } = accounts;
    await expect(machineOfferings.finalise(shares), "R30").to.changeTokenBalances(
      connection.ethers,
      token,
      [machineOfferings, shares, alice, treasury],
      [0n, 0n, 0n, 0n],
    );
    expect(await creditsOf(its, token)).to.deep.equal({});
  });

  it("R29 R30 asks nobody: operator and attester may refuse whatever they are sent", async () => {
    const its = await load();
    const { machineOfferings, connection, accounts, shares: first, end } = its;
    await goTo(its, end);
    await machineOfferings.reclaim(first);
    const refusing = await connection.ethers.deployContract("RevertingReceiver");
    const operator = refusing.target as string;
    const shares = await openOffering(its, inCoin({ machine: { operator } }));
    await contribute(its, shares, accounts.bob, 1_000, 1_000n * COIN);
    await machineOfferings.finalise(shares);
    expect(await shares.operator()).to.equal(operator);
    expect(await connection.ethers.provider.getBalance(machineOfferings)).to.equal(1_000n * COIN);
  });

  it("waits for the end unless all is sold", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares, end } = its;
    await refusedAt(its, OfferingStatus.Open);
    await contribute(its, shares, accounts.bob, 999);
    await refusedAt(its, OfferingStatus.Open);
    await nextBlockAt(its, end - 1);
    await refusedAt(its, OfferingStatus.Open);
    await nextBlockAt(its, end);
    await machineOfferings.finalise(shares);
    expect((await machineOfferings.progressOf(shares)).remaining).to.equal(999n * COIN);
    // 499.5 of the operator's 500.
    expect(await shares.totalSupply()).to.equal(1_498n);
  });

  it("takes the soft cap, to the share", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares, end } = its;
    await contribute(its, shares, accounts.bob, 100);
    await goTo(its, end);
    expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Funded);
    await expect(machineOfferings.finalise(shares))
      .to.emit(machineOfferings, "OfferingFinalised")
      .withArgs(shares, 100n, 100n * COIN);
  });

  it("fails one share below the soft cap", async () => {
    const its = await load();
    const { accounts, shares, end } = its;
    await contribute(its, shares, accounts.bob, 99);
    await goTo(its, end);
    await refusedAt(its, OfferingStatus.Failed);
  });

  it("can wait for years", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares, end } = its;
    await contribute(its, shares, accounts.bob, 100);
    await goTo(its, end + 900 * DAY);
    await machineOfferings.finalise(shares);
    expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Releasing);
  });

  it("R21 happens once", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares } = its;
    await contribute(its, shares, accounts.bob, 1_000);
    await machineOfferings.finalise(shares);
    await refusedAt(its, OfferingStatus.Releasing);
    expect(await shares.totalSupply()).to.equal(1_500n);
  });

  it("is nothing for a draft", async () => {
    const its = await load();
    await refusedAt({ ...its, shares: its.draft }, OfferingStatus.Draft);
  });

  it("OWN-07 leaves nobody who could have his money back", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares, end } = its;
    await contribute(its, shares, accounts.bob, 1_000);
    await machineOfferings.finalise(shares);
    await goTo(its, end);
    await expect(machineOfferings.refund(shares, accounts.bob, accounts.bob), "OWN-07")
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(shares, OfferingStatus.Releasing);
    await expect(machineOfferings.connect(accounts.bob).contribute(shares, 1, 0, []))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(shares, OfferingStatus.Releasing);
  });

  it("makes no shares for an operator who gets none", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares: first, end } = its;
    await goTo(its, end);
    await machineOfferings.reclaim(first);
    const shares = await openOffering(its, { offering: { operatorShares: 0 } });
    await contribute(its, shares, accounts.bob, 1_000);
    await expect(machineOfferings.finalise(shares)).not.to.emit(shares, "Transfer");
    expect(await shares.totalSupply()).to.equal(1_000n);
    expect(await shares.entriesOf(machineOfferings)).to.equal(0n);
  });

  it("R28 lets nothing be paid to the holders before it, as there are none", async () => {
    const its = await load();
    const { machineOfferings, accounts, token, shares } = its;
    const { bob, dave } = accounts;
    await contribute(its, shares, bob, 1_000);
    await token.connect(dave).approve(shares, 10n);
    await expect(shares.connect(dave).deposit(token, 10n), "R28")
      .to.be.revertedWithCustomError(shares, "DividendLedgerWrongPhase")
      .withArgs(0n);
    await token.connect(dave).transfer(shares, 15n);
    await expect(shares.sync(token), "R28")
      .to.be.revertedWithCustomError(shares, "DividendLedgerWrongPhase")
      .withArgs(0n);
    await machineOfferings.finalise(shares);
    await shares.sync(token);
    // 22.5 parts of 1,500 for each share that earns: the half waits for the next dividend.
    expect(await shares.claimable(bob, token), "R28: what came early is not lost").to.equal(14n);
    await shares.connect(dave).deposit(token, 1n);
    expect(await shares.claimable(bob, token), "R28").to.equal(16n);
  });

  it("works for a device that its seller had suspended", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, accounts, charger, shares: first, end } = its;
    await goTo(its, end);
    await machineOfferings.reclaim(first);
    const shares = await createOffering(its);
    await deviceRegistry.connect(accounts.alice).suspend(charger.deviceId);
    await sendDevice(its, shares);
    await goTo(its, (await machineOfferings.termsOf(shares)).start);
    await contribute(its, shares, accounts.bob, 1_000);
    await machineOfferings.finalise(shares);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(shares.target);
    await deviceRegistry.connect(accounts.alice).resume(charger.deviceId);
  });

  it("starts from a machine that belongs to nobody's pocket", async () => {
    const its = await load();
    const { accounts, shares, deviceRegistry, charger, machineOfferings } = its;
    await contribute(its, shares, accounts.bob, 1_000);
    await machineOfferings.finalise(shares);
    expect(await deviceRegistry.getApproved(charger.deviceId)).to.equal(ZeroAddress);
    const { alice } = accounts;
    await expect(
      deviceRegistry.connect(alice).transferFrom(shares, alice, charger.deviceId),
    ).to.be.revertedWithCustomError(deviceRegistry, "ERC721InsufficientApproval");
  });
});
