import { expect } from "chai";
import { concat, id, keccak256, toBeHex, TypedDataEncoder, ZeroHash } from "ethers";

import { type DeviceKey, P256Key, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { deviceDomain, HEARTBEAT, signHeartbeat } from "../../scripts/lib/identity.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import { registerDevice } from "./fixture.js";
import {
  eventsOf,
  everythingOf,
  FRESH_RECORD,
  MINUTE,
  nextBlockAt,
  now,
  rotate,
  startingFrom,
} from "./registry.js";

const FIRMWARE = id("firmware");
const DRIFT = 5 * MINUTE;

describe("DeviceRegistry: heartbeats", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, accounts } = identity;
    const key = Secp256k1Key.generate();
    const p256Key = await P256Key.generate();
    await registerDevice(identity, key);
    await registerDevice(identity, p256Key);
    return {
      registry: deviceRegistry,
      asAlice: deviceRegistry.connect(accounts.alice),
      asRelayer: deviceRegistry.connect(accounts.relayer),
      key,
      p256Key,
      deviceId: key.deviceId,
      time: await now(identity),
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const beatOf = ({ registry }: Loaded, key: DeviceKey, timestamp: number) =>
    signHeartbeat(registry, key, { deviceId: key.deviceId, timestamp, firmwareHash: FIRMWARE });

  it("hashes the struct that the interface names", async () => {
    const { registry, asRelayer, key, deviceId, time } = await load();
    const type = "Heartbeat(uint256 deviceId,uint48 timestamp,bytes32 firmwareHash)";
    expect(TypedDataEncoder.from(HEARTBEAT).encodeType("Heartbeat")).to.equal(type);
    const structHash = keccak256(
      concat([id(type), toBeHex(deviceId, 32), toBeHex(time, 32), FIRMWARE]),
    );
    const domainHash = TypedDataEncoder.hashDomain(await deviceDomain(registry));
    const signature = await key.sign(keccak256(concat(["0x1901", domainHash, structHash])));
    await asRelayer.heartbeat({ deviceId, timestamp: time, firmwareHash: FIRMWARE, signature });
    expect(await registry.lastSeen(deviceId)).to.equal(time);
  });

  describe("heartbeat", () => {
    it("R39 records what it says, from anyone, and nothing else", async () => {
      const loaded = await load();
      const { registry, asRelayer, key, p256Key, time } = loaded;
      for (const signer of [key, p256Key]) {
        const { deviceId } = signer;
        const state = await everythingOf(registry, deviceId);
        const beat = await beatOf(loaded, signer, time - 1000); // old, but newer than the last
        expect(await eventsOf(registry, asRelayer.heartbeat(beat))).to.deep.equal([
          ["HeartbeatRecorded", deviceId, BigInt(time - 1000), FIRMWARE],
        ]);
        expect(await registry.lastSeen(deviceId)).to.equal(time - 1000);
        const record = {
          ...FRESH_RECORD,
          keyType: BigInt(signer.keyType),
          lastSeen: BigInt(time - 1000),
        };
        expect(await everythingOf(registry, deviceId)).to.deep.equal({ ...state, record });
      }
    });

    it("IDN-07 R03 works once: time only goes on", async () => {
      const loaded = await load();
      const { registry, asRelayer, key, deviceId, time } = loaded;
      const beat = await beatOf(loaded, key, time);
      await asRelayer.heartbeat(beat);
      for (const timestamp of [time, time - 1, 0]) {
        await expect(asRelayer.heartbeat(await beatOf(loaded, key, timestamp)))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidTimestamp")
          .withArgs(BigInt(timestamp), BigInt(time));
      }
      expect(await registry.lastSeen(deviceId)).to.equal(time);
      await asRelayer.heartbeat(await beatOf(loaded, key, time + 1));
      expect(await registry.lastSeen(deviceId)).to.equal(time + 1);
    });

    it("refuses the time 0, and takes the time 1", async () => {
      const loaded = await load();
      const { registry, asRelayer, key } = loaded;
      await expect(asRelayer.heartbeat(await beatOf(loaded, key, 0)))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidTimestamp")
        .withArgs(0n, 0n);
      await asRelayer.heartbeat(await beatOf(loaded, key, 1));
    });

    it("R38 takes a clock 5 minutes ahead, and refuses one a second more", async () => {
      const loaded = await load();
      const { registry, asRelayer, key, deviceId, time } = loaded;
      const at = time + 100;
      await nextBlockAt(loaded, at);
      await expect(asRelayer.heartbeat(await beatOf(loaded, key, at + DRIFT + 1)))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidTimestamp")
        .withArgs(BigInt(at + 301), 0n);
      await nextBlockAt(loaded, at + 1);
      await asRelayer.heartbeat(await beatOf(loaded, key, at + 1 + DRIFT));
      expect(await registry.lastSeen(deviceId)).to.equal(at + 301);
    });

    it("R01 R02 refuses what the device did not sign so", async () => {
      const loaded = await load();
      const { registry, asRelayer, key, p256Key, deviceId, time } = loaded;
      const beat = await beatOf(loaded, key, time);
      const ofOther = await beatOf(loaded, p256Key, time);
      for (const wrong of [
        { ...beat, timestamp: time - 1 },
        { ...beat, firmwareHash: ZeroHash },
        { ...beat, signature: ofOther.signature },
        { ...ofOther, deviceId },
        { ...beat, signature: "0x" },
        { ...beat, signature: concat([beat.signature.toString(), "0x00"]) },
      ]) {
        await expect(asRelayer.heartbeat(wrong))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
      }
      await expect(asRelayer.heartbeat({ ...beat, deviceId: p256Key.deviceId }))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(p256Key.keyHash);
      expect(await registry.lastSeen(deviceId)).to.equal(0n);
    });

    it("R04 refuses one for another chain or registry", async () => {
      const { registry, asRelayer, key, deviceId, time, makerRegistry } = await load();
      const domain = await deviceDomain(registry);
      const beat = { deviceId, timestamp: time, firmwareHash: FIRMWARE };
      for (const other of [
        { ...domain, chainId: 4690 },
        { ...domain, verifyingContract: await makerRegistry.getAddress() },
      ]) {
        const signature = await signAsDevice(key, other, HEARTBEAT, beat);
        await expect(asRelayer.heartbeat({ ...beat, signature }))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(key.keyHash);
      }
    });

    it("refuses one of a device that is suspended, and takes it once it is active again", async () => {
      const loaded = await load();
      const { registry, asAlice, asRelayer, key, deviceId, time } = loaded;
      const beat = await beatOf(loaded, key, time);
      await asAlice.suspend(deviceId);
      await expect(asRelayer.heartbeat(beat))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
      await asAlice.resume(deviceId);
      await asRelayer.heartbeat(beat);
      expect(await registry.lastSeen(deviceId)).to.equal(time);
    });

    it("IDN-05 refuses one of a retired device", async () => {
      const loaded = await load();
      const { registry, asAlice, asRelayer, key, deviceId, time } = loaded;
      await asAlice.retire(deviceId);
      await expect(asRelayer.heartbeat(await beatOf(loaded, key, time)))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
    });

    it("R08 R09 refuses one of what is no device: unknown, 0, reserved", async () => {
      const loaded = await load();
      const { registry, asRelayer, key, deviceId, time } = loaded;
      const next = Secp256k1Key.generate();
      await rotate(loaded, deviceId, key, next);
      for (const [signer, id] of [
        [Secp256k1Key.generate(), undefined],
        [next, undefined],
        [key, 0n],
      ] as const) {
        const beat = { deviceId: id ?? signer.deviceId, timestamp: time, firmwareHash: FIRMWARE };
        await expect(asRelayer.heartbeat(await signHeartbeat(registry, signer, beat)))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
          .withArgs(toBeHex(beat.deviceId, 32));
        expect(await registry.lastSeen(beat.deviceId)).to.equal(0n);
      }
    });

    it("outlives a transfer: it is the device's word, not the owner's", async () => {
      const loaded = await load();
      const { registry, asAlice, asRelayer, accounts, key, deviceId, time } = loaded;
      const beat = await beatOf(loaded, key, time);
      await asAlice.transferFrom(accounts.alice, accounts.bob, deviceId);
      await asRelayer.heartbeat(beat);
      expect(await registry.lastSeen(deviceId)).to.equal(time);
    });
  });

  describe("heartbeats", () => {
    it("records what is good, passes over what is not, and counts", async () => {
      const loaded = await load();
      const { registry, asRelayer, asAlice, key, p256Key, time } = loaded;
      const [suspended, late] = [await registerDevice(loaded), await registerDevice(loaded)];
      await asAlice.suspend(suspended.deviceId);
      await asRelayer.heartbeat(await beatOf(loaded, late, time));
      const good = await beatOf(loaded, key, time);
      const beats = [
        good,
        good, // the same again
        { ...(await beatOf(loaded, p256Key, time)), firmwareHash: ZeroHash },
        await beatOf(loaded, late, time),
        await beatOf(loaded, suspended, time),
        await beatOf(loaded, Secp256k1Key.generate(), time),
        await beatOf(loaded, key, time + 100 * MINUTE),
        await beatOf(loaded, p256Key, time - 1),
        await beatOf(loaded, key, time + 1),
      ];
      expect(await asRelayer.heartbeats.staticCall(beats)).to.equal(3n);
      expect(await eventsOf(registry, asRelayer.heartbeats(beats))).to.deep.equal([
        ["HeartbeatRecorded", key.deviceId, BigInt(time), FIRMWARE],
        ["HeartbeatRecorded", p256Key.deviceId, BigInt(time - 1), FIRMWARE],
        ["HeartbeatRecorded", key.deviceId, BigInt(time + 1), FIRMWARE],
      ]);
      expect(await registry.lastSeen(key.deviceId)).to.equal(time + 1);
      expect(await registry.lastSeen(p256Key.deviceId)).to.equal(time - 1);
      expect(await registry.lastSeen(late.deviceId)).to.equal(time);
      expect(await registry.lastSeen(suspended.deviceId)).to.equal(0n);
    });

    it("R38 takes a clock 5 minutes ahead, and passes over one a second more", async () => {
      const loaded = await load();
      const { registry, asRelayer, key, p256Key, time } = loaded;
      await nextBlockAt(loaded, time + 100);
      await asRelayer.heartbeats([
        await beatOf(loaded, key, time + 401),
        await beatOf(loaded, p256Key, time + 400),
      ]);
      expect(await registry.lastSeen(key.deviceId)).to.equal(0n);
      expect(await registry.lastSeen(p256Key.deviceId)).to.equal(time + 400);
    });

    it("does nothing with nothing", async () => {
      const { registry, asRelayer } = await load();
      expect(await asRelayer.heartbeats.staticCall([])).to.equal(0n);
      expect(await eventsOf(registry, asRelayer.heartbeats([]))).to.deep.equal([]);
    });

    it("IDN-07 never lets lastSeen fall, in whatever order they come", async () => {
      const loaded = await load();
      const { registry, asRelayer, key, deviceId, time } = loaded;
      const beats = await Promise.all(
        [5, 3, 9, 9, 1, 7, 10].map((second) => beatOf(loaded, key, time + second)),
      );
      const heard = (await eventsOf(registry, asRelayer.heartbeats(beats))).map(
        (event) => event[2],
      );
      expect(heard).to.deep.equal([5, 9, 10].map((second) => BigInt(time + second)));
      expect(await registry.lastSeen(deviceId)).to.equal(time + 10);
    });
  });
});
