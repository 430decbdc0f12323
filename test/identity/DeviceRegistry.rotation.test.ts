import { expect } from "chai";
import { concat, id, keccak256, toBeHex, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import { type DeviceKey, P256Key, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { deviceDomain, KEY_ROTATION, NEVER, signHeartbeat } from "../../scripts/lib/identity.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import { registerDevice } from "./fixture.js";
import {
  DAY,
  eventsOf,
  everythingOf,
  FRESH_RECORD,
  nextBlockAt,
  now,
  recordOf,
  rotate,
  rotationMessage,
  rotationOf,
  signRotation,
  signRotationAsOwner,
  startingFrom,
  Status,
} from "./registry.js";

const NOTICE = 7 * DAY;

describe("DeviceRegistry: key rotation", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, accounts } = identity;
    const [key, next] = [Secp256k1Key.generate(), Secp256k1Key.generate()];
    await registerDevice(identity, key);
    return {
      registry: deviceRegistry,
      asAlice: deviceRegistry.connect(accounts.alice),
      asBob: deviceRegistry.connect(accounts.bob),
      asRelayer: deviceRegistry.connect(accounts.relayer),
      key,
      next,
      deviceId: key.deviceId,
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** A rotation from `key` to `next`, signed by whoever can sign it. */
  async function signed(
    { registry, accounts, key, deviceId }: Loaded,
    next: DeviceKey,
    deadline = NEVER,
  ) {
    const message = await rotationMessage(registry, deviceId, next, deadline);
    return {
      rotation: rotationOf(deviceId, next, deadline),
      message,
      byNew: await signRotation(registry, next, message),
      byOld: await signRotation(registry, key, message),
      byOwner: await signRotationAsOwner(registry, accounts.alice, message),
    };
  }

  /** A rotation whose notice has been given and waited for. */
  async function announced() {
    const loaded = await load();
    await loaded.asAlice.announceKeyRotation(loaded.deviceId, loaded.next.keyHash);
    const readyAt = (await now(loaded)) + NOTICE;
    return { ...loaded, readyAt, ...(await signed(loaded, loaded.next)) };
  }

  it("hashes the struct that the interface names, with the same text for all three", async () => {
    const { registry, asRelayer, accounts, key, next, deviceId } = await load();
    const type =
      "KeyRotation(uint256 deviceId,bytes32 oldKeyHash,bytes32 newKeyHash,uint32 nonce," +
      "uint48 deadline)";
    const encoder = TypedDataEncoder.from(KEY_ROTATION);
    expect(encoder.encodeType("KeyRotation")).to.equal(type);
    await registry.connect(accounts.alice).revokeAllGrants(deviceId); // nonce 1
    const word = (value: number | bigint) => toBeHex(value, 32);
    const structHash = keccak256(
      concat([id(type), word(deviceId), key.keyHash, next.keyHash, word(1), word(NEVER)]),
    );
    const domainHash = TypedDataEncoder.hashDomain(await deviceDomain(registry));
    const digest = keccak256(concat(["0x1901", domainHash, structHash]));
    const message = await rotationMessage(registry, deviceId, next);
    expect(encoder.hash(message)).to.equal(structHash);
    await asRelayer.rotateKey(
      rotationOf(deviceId, next),
      await next.sign(digest),
      await key.sign(digest),
      await signRotationAsOwner(registry, accounts.alice, message),
    );
    expect(await registry.keyHashOf(deviceId)).to.equal(next.keyHash);
  });

  describe("with the old key", () => {
    it("gives a device another key at once, and changes nothing else", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key, next, deviceId } = loaded;
      await asAlice.setUser(deviceId, accounts.bob, NEVER);
      await asAlice.setRevenuePayee(deviceId, accounts.carol);
      const state = await everythingOf(registry, deviceId);
      const { rotation, byNew, byOld } = await signed(loaded, next);
      const sending = asAlice.rotateKey(rotation, byNew, byOld, "0x");
      expect(await eventsOf(registry, sending)).to.deep.equal([
        ["KeyRotated", deviceId, key.keyHash, next.keyHash, 1n, next.key],
        ["MetadataUpdate", deviceId],
      ]);
      expect(await everythingOf(registry, deviceId)).to.deep.equal({
        ...state,
        record: { ...FRESH_RECORD, rotated: true, nonce: 1n },
        keyHash: next.keyHash,
      });
      expect(await registry.deviceOf(next.keyHash)).to.equal(deviceId);
      expect(await registry.deviceOf(key.keyHash)).to.equal(deviceId);
      expect(await registry.ownerOf(deviceId)).to.equal(accounts.alice.address);
      expect(await registry.statusOf(next.deviceId)).to.equal(Status.Reserved);
    });

    it("believes the new key from then on, and the old one no more", async () => {
      const loaded = await load();
      const { registry, key, next, deviceId } = loaded;
      const hash = id("something");
      await rotate(loaded, deviceId, key, next);
      const is = async (by: DeviceKey) =>
        registry.isDeviceSignature(deviceId, hash, await by.sign(hash));
      expect(await is(next)).to.equal(true);
      expect(await is(key)).to.equal(false);
      const timestamp = await now(loaded);
      const beat = { deviceId, timestamp, firmwareHash: ZeroHash };
      await expect(registry.heartbeat(await signHeartbeat(registry, key, beat)))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(next.keyHash);
      await registry.heartbeat(await signHeartbeat(registry, next, beat));
    });

    it("goes from curve to curve, and back", async () => {
      const loaded = await load();
      const { registry, key, deviceId } = loaded;
      const keys = [await P256Key.generate(), await P256Key.generate(), Secp256k1Key.generate()];
      let current: DeviceKey = key;
      let nonce = 0n;
      for (const next of keys) {
        await rotate(loaded, deviceId, current, next);
        current = next;
        nonce += 1n;
        expect(await recordOf(registry, deviceId)).to.deep.equal({
          ...FRESH_RECORD,
          rotated: true,
          keyType: BigInt(next.keyType),
          nonce,
        });
        expect(await registry.keyHashOf(deviceId)).to.equal(next.keyHash);
        const kept = next.keyType === 2 ? next.key : "0x";
        expect(await registry.keyOf(deviceId)).to.equal(kept);
        const hash = id(`something ${nonce}`);
        expect(await registry.isDeviceSignature(deviceId, hash, await next.sign(hash))).to.equal(
          true,
        );
      }
    });

    it("lets anyone relay it with the owner's signature", async () => {
      const loaded = await load();
      const { registry, asRelayer, next, deviceId } = loaded;
      const { rotation, byNew, byOld, byOwner } = await signed(loaded, next);
      await asRelayer.rotateKey(rotation, byNew, byOld, byOwner);
      expect(await registry.keyHashOf(deviceId)).to.equal(next.keyHash);
    });

    it("serves a suspended device too, which stays suspended", async () => {
      const loaded = await load();
      const { registry, asAlice, key, next, deviceId } = loaded;
      await asAlice.suspend(deviceId);
      await rotate(loaded, deviceId, key, next);
      expect(await registry.statusOf(deviceId)).to.equal(Status.Suspended);
    });

    it("voids a notice that was given", async () => {
      const loaded = await announced();
      const { registry, asAlice, key, deviceId } = loaded;
      const other = Secp256k1Key.generate();
      await rotate(loaded, deviceId, key, other);
      expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([ZeroHash, 0n]);
      await expect(asAlice.cancelKeyRotation(deviceId))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryNoPendingRotation")
        .withArgs(deviceId);
    });

    it("is good at its deadline, and refused one second later", async () => {
      const loaded = await load();
      const { registry, asAlice, next } = loaded;
      const deadline = (await now(loaded)) + 100;
      const { rotation, byNew, byOld } = await signed(loaded, next, deadline);
      const { networkHelpers } = loaded.connection;
      const snapshot = await networkHelpers.takeSnapshot();
      await nextBlockAt(loaded, deadline);
      await asAlice.rotateKey(rotation, byNew, byOld, "0x");
      await snapshot.restore();
      await nextBlockAt(loaded, deadline + 1);
      await expect(asAlice.rotateKey(rotation, byNew, byOld, "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryExpiredSignature")
        .withArgs(BigInt(deadline));
    });

    it("IDN-09 R06 refuses the device alone: the owner neither sends nor signs it", async () => {
      const loaded = await load();
      const { registry, asRelayer, accounts, key, next } = loaded;
      const { rotation, message, byNew, byOld } = await signed(loaded, next);
      const byBob = await signRotationAsOwner(registry, accounts.bob, message);
      for (const consent of ["0x", byOld, byNew, byBob, await key.sign(id("no"))]) {
        await expect(asRelayer.rotateKey(rotation, byNew, byOld, consent))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      }
    });

    it("refuses what the new key did not sign", async () => {
      const loaded = await load();
      const { registry, asAlice, next } = loaded;
      const { rotation, byOld } = await signed(loaded, next);
      for (const wrong of ["0x", byOld, toBeHex(0, 64)]) {
        await expect(asAlice.rotateKey(rotation, wrong, byOld, "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(next.keyHash);
      }
    });

    it("refuses what the old key did not sign, though a notice has run out", async () => {
      const loaded = await announced();
      const { registry, asAlice, key, rotation, byNew, readyAt } = loaded;
      await nextBlockAt(loaded, readyAt);
      for (const wrong of ["0x00", byNew, toBeHex(0, 64)]) {
        await expect(asAlice.rotateKey(rotation, byNew, wrong, "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
      }
    });

    it("refuses a P-256 device's other keys", async () => {
      const loaded = await load();
      const { registry, asAlice, next } = loaded;
      const key = await P256Key.generate();
      await registerDevice(loaded, key);
      const message = await rotationMessage(registry, key.deviceId, next);
      const byNew = await signRotation(registry, next, message);
      const byOther = await signRotation(registry, await P256Key.generate(), message);
      await expect(asAlice.rotateKey(rotationOf(key.deviceId, next), byNew, byOther, "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
    });

    it("IDN-02 refuses another device, key or deadline than was signed", async () => {
      const loaded = await load();
      const { registry, asAlice, key, next, deviceId } = loaded;
      const other = await registerDevice(loaded);
      const { rotation, byNew, byOld } = await signed(loaded, next);
      const third = Secp256k1Key.generate();
      for (const [altered, blamed] of [
        [{ ...rotation, deviceId: other.deviceId }, next.keyHash],
        [{ ...rotation, newKey: third.key }, third.keyHash],
        [{ ...rotation, deadline: NEVER - 1 }, next.keyHash],
      ] as const) {
        await expect(asAlice.rotateKey(altered, byNew, byOld, "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(blamed);
      }
      expect(await registry.keyHashOf(deviceId)).to.equal(key.keyHash);
    });

    it("IDN-03 R03 refuses signatures that a transfer has outrun", async () => {
      const loaded = await load();
      const { registry, asAlice, asBob, asRelayer, accounts, next, deviceId } = loaded;
      const { rotation, byNew, byOld, byOwner } = await signed(loaded, next);
      await asAlice.transferFrom(accounts.alice, accounts.bob, deviceId);
      await expect(asRelayer.rotateKey(rotation, byNew, byOld, byOwner))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(accounts.bob);
      await asBob.transferFrom(accounts.bob, accounts.alice, deviceId);
      await expect(asRelayer.rotateKey(rotation, byNew, byOld, byOwner))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(accounts.alice);
      await expect(asAlice.rotateKey(rotation, byNew, byOld, "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(next.keyHash);
    });

    it("R01 R04 is not for another action, chain or registry", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, key, next, makerRegistry, deviceId } = loaded;
      const { rotation, message, byNew, byOld } = await signed(loaded, next);
      const domain = await deviceDomain(registry);
      for (const other of [
        { ...domain, chainId: 1 },
        { ...domain, verifyingContract: await makerRegistry.getAddress() },
      ]) {
        const sign = (by: DeviceKey) => signAsDevice(by, other, KEY_ROTATION, message);
        await expect(asAlice.rotateKey(rotation, await sign(next), byOld, "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(next.keyHash);
        await expect(asAlice.rotateKey(rotation, byNew, await sign(key), "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
        const byOwner = await accounts.alice.signTypedData(other, KEY_ROTATION, message);
        await expect(registry.connect(accounts.relayer).rotateKey(rotation, byNew, byOld, byOwner))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
          .withArgs(accounts.alice);
      }
      const beat = { deviceId, timestamp: await now(loaded), firmwareHash: ZeroHash };
      const foreign = (await signHeartbeat(registry, key, beat)).signature;
      await expect(asAlice.rotateKey(rotation, byNew, foreign, "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
      await expect(registry.heartbeat({ ...beat, signature: byOld }))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
    });

    it("R09 refuses a device that is not there", async () => {
      const loaded = await load();
      const { registry, asAlice, next, deviceId } = loaded;
      await asAlice.retire(deviceId);
      for (const missing of [0n, 1n, deviceId]) {
        await expect(asAlice.rotateKey(rotationOf(missing, next), "0x", "0x", "0x"))
          .to.be.revertedWithCustomError(registry, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });

    it("refuses keys that do not fit their type", async () => {
      const { registry, asAlice, next, deviceId } = await load();
      const rotation = rotationOf(deviceId, next);
      for (const newKeyType of [0n, 3n]) {
        await expect(asAlice.rotateKey({ ...rotation, newKeyType }, "0x", "0x", "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnknownKeyType")
          .withArgs(newKeyType);
      }
      await expect(asAlice.rotateKey({ ...rotation, newKeyType: 2 }, "0x", "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidKeyLength")
        .withArgs(2n, 20n);
    });
  });

  it("IDN-01 R07 takes no key that names, named, serves or served a device", async () => {
    const loaded = await load();
    const { registry, asAlice, key, next, deviceId } = loaded;
    const [other, gone] = [await registerDevice(loaded), await registerDevice(loaded)];
    await asAlice.retire(gone.deviceId);
    await rotate(loaded, deviceId, key, next);
    const last = Secp256k1Key.generate();
    await rotate(loaded, deviceId, next, last);
    for (const known of [key, next, last, other, gone]) {
      for (const target of [deviceId, other.deviceId]) {
        await expect(asAlice.rotateKey(rotationOf(target, known), "0x", "0x", "0x"))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryKnownKey")
          .withArgs(known.keyHash);
        await expect(asAlice.announceKeyRotation(target, known.keyHash))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryKnownKey")
          .withArgs(known.keyHash);
      }
    }
  });

  describe("announceKeyRotation", () => {
    it("gives notice of 7 days, and stores what it says", async () => {
      const loaded = await load();
      const { registry, asAlice, next, deviceId } = loaded;
      const state = await everythingOf(registry, deviceId);
      const at = (await now(loaded)) + 10;
      await nextBlockAt(loaded, at);
      const sending = asAlice.announceKeyRotation(deviceId, next.keyHash);
      const readyAt = BigInt(at + 604_800);
      expect(await eventsOf(registry, sending)).to.deep.equal([
        ["KeyRotationAnnounced", deviceId, next.keyHash, readyAt],
      ]);
      expect(await everythingOf(registry, deviceId)).to.deep.equal({
        ...state,
        pending: [next.keyHash, readyAt],
      });
      // Notice reserves nothing: the key may still name a device of its own.
      expect(await registry.statusOf(next.deviceId)).to.equal(Status.None);
    });

    it("replaces an older notice, and its time", async () => {
      const loaded = await announced();
      const { registry, asAlice, deviceId, next, rotation, byNew, readyAt } = loaded;
      const other = id("another key");
      await nextBlockAt(loaded, readyAt);
      await asAlice.announceKeyRotation(deviceId, other);
      expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([
        other,
        BigInt(readyAt + NOTICE),
      ]);
      await expect(asAlice.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryRotationNotReady")
        .withArgs(deviceId, next.keyHash, 0n);
    });

    it("R06 is for the owner alone", async () => {
      const { registry, asAlice, accounts, next, deviceId } = await load();
      await asAlice.grantPermissions(deviceId, accounts.bob, 2n ** 128n - 1n, NEVER);
      await asAlice.approve(accounts.carol, deviceId);
      for (const who of [accounts.bob, accounts.carol, accounts.relayer]) {
        await expect(registry.connect(who).announceKeyRotation(deviceId, next.keyHash))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(deviceId, who);
        await expect(registry.connect(who).cancelKeyRotation(deviceId))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(deviceId, who);
      }
    });
  });

  describe("cancelKeyRotation", () => {
    it("withdraws the notice", async () => {
      const loaded = await announced();
      const { registry, asAlice, next, deviceId, rotation, byNew, readyAt } = loaded;
      expect(await eventsOf(registry, asAlice.cancelKeyRotation(deviceId))).to.deep.equal([
        ["KeyRotationCancelled", deviceId],
      ]);
      expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([ZeroHash, 0n]);
      expect(await recordOf(registry, deviceId)).to.deep.equal(FRESH_RECORD);
      await nextBlockAt(loaded, readyAt);
      await expect(asAlice.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryRotationNotReady")
        .withArgs(deviceId, next.keyHash, 0n);
    });

    it("refuses when nothing is announced, a second time too", async () => {
      const { registry, asAlice, deviceId, next } = await load();
      const refuse = async () =>
        expect(asAlice.cancelKeyRotation(deviceId))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryNoPendingRotation")
          .withArgs(deviceId);
      await refuse();
      await asAlice.announceKeyRotation(deviceId, next.keyHash);
      await asAlice.cancelKeyRotation(deviceId);
      await refuse();
      await asAlice.announceKeyRotation(deviceId, next.keyHash);
      await asAlice.revokeAllGrants(deviceId);
      await refuse();
    });
  });

  describe("on notice, without the old key", () => {
    it("R38 R39 is refused a second before the 7 days are over, and done when they are", async () => {
      const loaded = await announced();
      const { registry, asAlice, key, next, deviceId, rotation, byNew, readyAt } = loaded;
      expect((await registry.pendingKeyRotationOf(deviceId)).readyAt).to.equal(readyAt);
      await nextBlockAt(loaded, readyAt - 1);
      await expect(asAlice.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryRotationNotReady")
        .withArgs(deviceId, next.keyHash, BigInt(readyAt));
      await nextBlockAt(loaded, readyAt);
      expect(
        await eventsOf(registry, asAlice.rotateKey(rotation, byNew, "0x", "0x")),
      ).to.deep.equal([
        ["KeyRotated", deviceId, key.keyHash, next.keyHash, 1n, next.key],
        ["MetadataUpdate", deviceId],
      ]);
      expect(await registry.keyHashOf(deviceId)).to.equal(next.keyHash);
      expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([ZeroHash, 0n]);
    });

    it("can be relayed, and asks for the owner's word", async () => {
      const loaded = await announced();
      const { registry, asRelayer, accounts, next, deviceId, rotation, byNew, byOwner, readyAt } =
        loaded;
      await nextBlockAt(loaded, readyAt);
      await expect(asRelayer.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidOwnerSignature")
        .withArgs(accounts.alice);
      await asRelayer.rotateKey(rotation, byNew, "0x", byOwner);
      expect(await registry.keyHashOf(deviceId)).to.equal(next.keyHash);
    });

    it("asks for the new key's word too", async () => {
      const loaded = await announced();
      const { registry, asAlice, next, rotation, byOld, readyAt } = loaded;
      await nextBlockAt(loaded, readyAt);
      await expect(asAlice.rotateKey(rotation, byOld, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(next.keyHash);
    });

    it("is of the key that was announced, and of no other", async () => {
      const loaded = await announced();
      const { registry, asAlice, deviceId, readyAt } = loaded;
      const other = Secp256k1Key.generate();
      const { rotation, byNew } = await signed(loaded, other);
      await nextBlockAt(loaded, readyAt + NOTICE);
      await expect(asAlice.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryRotationNotReady")
        .withArgs(deviceId, other.keyHash, 0n);
    });

    it("is refused without notice, with readyAt 0", async () => {
      const loaded = await load();
      const { registry, asAlice, next, deviceId } = loaded;
      const { rotation, byNew } = await signed(loaded, next);
      await expect(asAlice.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryRotationNotReady")
        .withArgs(deviceId, next.keyHash, 0n);
    });

    it("IDN-04 R03 dies with a transfer, also when the device comes back", async () => {
      const loaded = await announced();
      const { registry, asAlice, asBob, accounts, next, deviceId, readyAt } = loaded;
      await asAlice.transferFrom(accounts.alice, accounts.bob, deviceId);
      expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([ZeroHash, 0n]);
      await asBob.transferFrom(accounts.bob, accounts.alice, deviceId);
      await nextBlockAt(loaded, readyAt);
      const { rotation, byNew } = await signed(loaded, next);
      await expect(asAlice.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryRotationNotReady")
        .withArgs(deviceId, next.keyHash, 0n);
    });

    it("IDN-04 is a notice of the version it was given in", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, next, deviceId } = loaded;
      await asAlice.revokeAllGrants(deviceId); // version 1
      await asAlice.announceKeyRotation(deviceId, next.keyHash);
      expect((await registry.pendingKeyRotationOf(deviceId)).newKeyHash).to.equal(next.keyHash);
      await asAlice.transferFrom(accounts.alice, accounts.alice, deviceId); // to herself
      expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([ZeroHash, 0n]);
    });

    it("is outrun by whoever registers the key first", async () => {
      const loaded = await announced();
      const { registry, asAlice, accounts, next, rotation, byNew, readyAt } = loaded;
      await registerDevice(loaded, next, {}, accounts.bob);
      await nextBlockAt(loaded, readyAt);
      await expect(asAlice.rotateKey(rotation, byNew, "0x", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryKnownKey")
        .withArgs(next.keyHash);
      expect(await registry.controllerOf(next.deviceId)).to.not.equal(ZeroAddress);
    });
  });
});
