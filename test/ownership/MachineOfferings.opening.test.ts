import { expect } from "chai";
import { type AddressLike, id } from "ethers";

import { OfferingStatus, openingData } from "../../scripts/lib/ownership/machines.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf } from "../identity/registry.js";
import {
  contribute,
  createOffering,
  DAY,
  openOffering,
  type Ownership,
  sendDevice,
  workingMachine,
} from "./fixture.js";
import { endOf, goTo, nextBlockAt, offerings } from "./offering.js";

describe("MachineOfferings: opening", () => {
  const load = offerings(async (its) => {
    const shares = await createOffering(its);
    const { start } = await its.machineOfferings.termsOf(shares);
    return { shares, start: Number(start), end: await endOf(its, shares) };
  });

  /** Somebody sends a device of his with data. */
  function send(
    { deviceRegistry, machineOfferings, accounts, charger }: Ownership,
    data: string,
    deviceId = charger.deviceId,
    sender = accounts.alice,
  ) {
    const devices = deviceRegistry.connect(sender);
    return devices["safeTransferFrom(address,address,uint256,bytes)"](
      sender,
      machineOfferings,
      deviceId,
      data,
    );
  }

  const opening = (shares: MachineShares) => openingData(shares.target as string);

  const statusOf = ({ machineOfferings }: Ownership, shares: AddressLike) =>
    machineOfferings.statusOf(shares);

  it("comes with the device's token, and is told", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, charger, shares } = its;
    await expect(send(its, opening(shares)))
      .to.emit(machineOfferings, "OfferingOpened")
      .withArgs(shares);
    expect(await statusOf(its, shares)).to.equal(OfferingStatus.Open);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(machineOfferings.target);
  });

  it("may be sent by whom the seller lets move the device", async () => {
    const its = await load();
    const { deviceRegistry, machineOfferings, accounts, charger, shares } = its;
    await deviceRegistry.connect(accounts.alice).approve(accounts.bob, charger.deviceId);
    const devices = deviceRegistry.connect(accounts.bob);
    await devices["safeTransferFrom(address,address,uint256,bytes)"](
      accounts.alice,
      machineOfferings,
      charger.deviceId,
      opening(shares),
    );
    expect(await statusOf(its, shares)).to.equal(OfferingStatus.Open);
  });

  it("is possible until the second before the end, even after the start", async () => {
    const its = await load();
    await nextBlockAt(its, its.end - 1);
    await sendDevice(its, its.shares);
    expect(await its.deviceRegistry.ownerOf(its.charger.deviceId)).to.equal(
      its.machineOfferings.target,
    );
  });

  it("is refused at the end", async () => {
    const its = await load();
    const { machineOfferings, shares } = its;
    await nextBlockAt(its, its.end);
    await expect(sendDevice(its, shares))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(shares, OfferingStatus.Draft);
  });

  it("R05 is refused with a token of another collection", async () => {
    const its = await load();
    const { machineOfferings, charger, accounts, connection, shares } = its;
    const collectible = await connection.ethers.deployContract("MockCollectible");
    await expect(collectible.mint(machineOfferings, charger.deviceId))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOtherDevice")
      .withArgs(collectible, charger.deviceId);
    const { alice } = accounts;
    const pretending = machineOfferings
      .connect(alice)
      .onERC721Received(alice, alice, charger.deviceId, opening(shares));
    await expect(pretending)
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOtherDevice")
      .withArgs(alice, charger.deviceId);
    expect(await statusOf(its, shares)).to.equal(OfferingStatus.Draft);
  });

  it("is refused with another device of the seller's", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, shares } = its;
    const other = await registerDevice(its);
    await expect(send(its, opening(shares), other.deviceId))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOtherDevice")
      .withArgs(deviceRegistry, other.deviceId);
  });

  it("is refused to the device's next owner: the seller would get it back", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, charger, accounts, shares } = its;
    const { alice, bob } = accounts;
    await deviceRegistry.connect(alice).transferFrom(alice, bob, charger.deviceId);
    await expect(send(its, opening(shares), charger.deviceId, bob))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnauthorized")
      .withArgs(bob);
  });

  it("is refused with data that names no shares, or those of nobody", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, accounts } = its;
    for (const data of ["0x", "0x1234"]) {
      await expect(send(its, data))
        .to.be.revertedWithCustomError(deviceRegistry, "ERC721InvalidReceiver")
        .withArgs(machineOfferings);
    }
    const nobody = accounts.stranger.address;
    await expect(send(its, openingData(nobody)))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(nobody, OfferingStatus.None);
  });

  it("is not what a plain transfer does", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, charger, accounts, shares } = its;
    const { alice } = accounts;
    await deviceRegistry.connect(alice).transferFrom(alice, machineOfferings, charger.deviceId);
    expect(await statusOf(its, shares)).to.equal(OfferingStatus.Draft);
  });

  describe("twice", () => {
    /** Alice's other device, sent in the name of an offering that is elsewhere than a draft. */
    async function expectRefused(its: Ownership, shares: MachineShares, status: number) {
      const other = await registerDevice(its);
      expect(await statusOf(its, shares), "status").to.equal(status);
      await expect(send(its, opening(shares), other.deviceId))
        .to.be.revertedWithCustomError(its.machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(shares, status);
    }

    it("is refused while it is open, and once it failed", async () => {
      const its = await load();
      const { machineOfferings, shares } = its;
      await sendDevice(its, shares);
      await expectRefused(its, shares, OfferingStatus.Open);
      await goTo(its, its.end);
      await expectRefused(its, shares, OfferingStatus.Failed);
      await machineOfferings.reclaim(shares);
      await expectRefused(its, shares, OfferingStatus.Failed);
    });

    it("is refused once it is funded, and once the machine works", async () => {
      const its = await load();
      const { machineOfferings, shares, accounts } = its;
      await sendDevice(its, shares);
      await goTo(its, its.start);
      await contribute(its, shares, accounts.bob, 1_000);
      await expectRefused(its, shares, OfferingStatus.Funded);
      await machineOfferings.finalise(shares);
      await expectRefused(its, shares, OfferingStatus.Releasing);
    });
  });

  describe("cancelled", () => {
    const loadOpen = offerings(async (its) => {
      const shares = await createOffering(its);
      await sendDevice(its, shares);
      const { start } = await its.machineOfferings.termsOf(shares);
      return {
        shares,
        start: Number(start),
        end: await endOf(its, shares),
        asAlice: its.machineOfferings.connect(its.accounts.alice),
      };
    });

    it("is a draft again, and the device is back", async () => {
      const its = await loadOpen();
      const { machineOfferings, asAlice, deviceRegistry, charger, accounts, shares } = its;
      const cancelling = asAlice.cancel(shares);
      expect((await eventsOf(machineOfferings, cancelling))[0]).to.deep.equal([
        "OfferingCancelled",
        shares.target,
      ]);
      expect(await statusOf(its, shares)).to.equal(OfferingStatus.Draft);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.alice.address);
    });

    it("can be opened again, by nobody but its seller", async () => {
      const its = await loadOpen();
      const { asAlice, machineOfferings, accounts, shares } = its;
      await asAlice.cancel(shares);
      await expect(machineOfferings.connect(accounts.bob).contribute(shares, 1, 0, []))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(shares, OfferingStatus.Draft);
      await sendDevice(its, shares);
      expect(await statusOf(its, shares)).to.equal(OfferingStatus.Open);
      await goTo(its, its.start);
      await contribute(its, shares, accounts.bob, 1);
      expect(await shares.balanceOf(accounts.bob)).to.equal(1n);
    });

    it("makes room for another offering of the same device", async () => {
      const its = await loadOpen();
      await its.asAlice.cancel(its.shares);
      const next = await openOffering(its);
      expect(await statusOf(its, next)).to.equal(OfferingStatus.Open);
      expect(await statusOf(its, its.shares)).to.equal(OfferingStatus.Draft);
    });

    it("is possible in the second before the start", async () => {
      const its = await loadOpen();
      await nextBlockAt(its, its.start - 1);
      await its.asAlice.cancel(its.shares);
      expect(await statusOf(its, its.shares)).to.equal(OfferingStatus.Draft);
    });

    it("is impossible from the start on, with or without contributions", async () => {
      const its = await loadOpen();
      const { asAlice, machineOfferings, accounts, shares, start } = its;
      await nextBlockAt(its, start);
      const cancel = async (status: number) => {
        await expect(asAlice.cancel(shares))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
          .withArgs(shares, status);
      };
      await cancel(OfferingStatus.Open);
      await contribute(its, shares, accounts.bob, 99);
      await cancel(OfferingStatus.Open);
      await goTo(its, its.end);
      await cancel(OfferingStatus.Failed);
    });

    it("is impossible before it is open, and twice", async () => {
      const its = await loadOpen();
      const { asAlice, machineOfferings, shares } = its;
      await asAlice.cancel(shares);
      await expect(asAlice.cancel(shares))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(shares, OfferingStatus.Draft);
    });

    it("is nobody's but the seller's", async () => {
      const { machineOfferings, accounts, shares } = await loadOpen();
      for (const who of [accounts.bob, accounts.admin, accounts.guardian]) {
        await expect(machineOfferings.connect(who).cancel(shares))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnauthorized")
          .withArgs(who);
      }
    });

    it("is impossible once the machine works, whoever holds its shares", async () => {
      const its = await load();
      const { accounts, machineOfferings } = its;
      const shares = await workingMachine(its, {}, [[accounts.alice, 1_000]]);
      await expect(machineOfferings.connect(accounts.alice).cancel(shares))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(shares, OfferingStatus.Releasing);
    });
  });

  it("ends what the seller had prepared: user, grants, payee and a change of key", async () => {
    const its = await load();
    const { deviceRegistry, accounts, charger, shares } = its;
    const { alice, bob } = accounts;
    const devices = deviceRegistry.connect(alice);
    await devices.setUser(charger.deviceId, bob, 2n ** 48n - 1n);
    await devices.grantPermissions(charger.deviceId, bob, 7, 2n ** 48n - 1n);
    await devices.setRevenuePayee(charger.deviceId, bob);
    await devices.announceKeyRotation(charger.deviceId, id("a key in the drawer"));
    await sendDevice(its, shares);
    await goTo(its, its.start + 8 * DAY);
    expect(await devices.permissionsOf(charger.deviceId, bob)).to.equal(0n);
    expect((await devices.pendingKeyRotationOf(charger.deviceId)).readyAt).to.equal(0n);
    await contribute(its, shares, accounts.carol, 1_000);
    await its.machineOfferings.finalise(shares);
    expect(await devices.userOf(charger.deviceId)).to.equal(alice.address);
    expect(await devices.revenuePayeeOf(charger.deviceId)).to.equal(await shares.revenueReceiver());
  });
});
