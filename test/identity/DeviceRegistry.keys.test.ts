import { expect } from "chai";
import {
  concat,
  dataLength,
  hexlify,
  id,
  randomBytes,
  toBeHex,
  toBigInt,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import { ADMIN_DELAY } from "../../deploy/roles.js";
import { ERC6551_REGISTRY } from "../../scripts/lib/deploy.js";
import {
  type DeviceKey,
  keyHashOf,
  P256_ORDER,
  P256Key,
  Secp256k1Key,
} from "../../scripts/lib/deviceKey.js";
import { registrationOf, signHeartbeat } from "../../scripts/lib/identity.js";
import {
  AccessManager__factory,
  DeviceRegistry__factory,
  P256Verifier__factory,
} from "../../typechain-types/index.js";
import { type Identity, registerDevice } from "./fixture.js";
import {
  DAY,
  eventsOf,
  longSignature,
  malleated,
  nextBlockAt,
  now,
  rotate,
  rotationMessage,
  rotationOf,
  SECP256K1_ORDER,
  signRotation,
  startingFrom,
} from "./registry.js";

const HASH = id("something");
const MAGIC = "0x024ad318";
const YES = concat([MAGIC, toBeHex(0, 28)]);
const P256_GAS = 500_000n;
/** The call by which the registry asks a verifier. */
const verification = (key: string, hash: string, signature: string): string =>
  P256Verifier__factory.createInterface().encodeFunctionData("verify", [key, hash, signature]);
/** What a caller must leave for a verification that may take `gasCap`. */
const needed = (gasCap: bigint, key: string, signature: string): bigint =>
  (gasCap * 64n) / 63n + 5_000n + BigInt(dataLength(verification(key, HASH, signature)));

enum Manner {
  Return,
  Revert,
  Burn,
}

describe("DeviceRegistry: keys", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, accounts } = identity;
    const key = Secp256k1Key.generate();
    const p256Key = await P256Key.generate();
    await registerDevice(identity, key);
    await registerDevice(identity, p256Key);
    return {
      registry: deviceRegistry,
      asAlice: deviceRegistry.connect(accounts.alice),
      key,
      p256Key,
      is: (device: DeviceKey, signature: string, hash = HASH) =>
        deviceRegistry.isDeviceSignature(device.deviceId, hash, signature),
    };
  });

  describe("isDeviceSignature", () => {
    it("believes an active device about what it signed, and nothing else", async () => {
      const { registry, key, p256Key, is } = await load();
      for (const [device, other] of [
        [key, p256Key],
        [p256Key, key],
      ] as const) {
        const signature = await device.sign(HASH);
        expect(await is(device, signature)).to.equal(true);
        expect(await is(device, signature, id("something else"))).to.equal(false);
        expect(await is(other, signature)).to.equal(false);
        expect(await registry.isDeviceSignature(0, HASH, signature)).to.equal(false);
      }
      const stranger = Secp256k1Key.generate();
      expect(await is(stranger, await stranger.sign(HASH))).to.equal(false);
      expect(await is(key, await stranger.sign(HASH))).to.equal(false);
      expect(await is(p256Key, await (await P256Key.generate()).sign(HASH))).to.equal(false);
    });

    it("IDN-05 believes no device that is suspended or retired", async () => {
      const { asAlice, key, p256Key, is } = await load();
      for (const device of [key, p256Key]) {
        const signature = await device.sign(HASH);
        await asAlice.suspend(device.deviceId);
        expect(await is(device, signature)).to.equal(false);
        await asAlice.resume(device.deviceId);
        expect(await is(device, signature)).to.equal(true);
        await asAlice.retire(device.deviceId);
        expect(await is(device, signature)).to.equal(false);
      }
    });

    it("IDN-01 believes no key as a device of its own that serves another", async () => {
      const loaded = await load();
      const { key, is } = loaded;
      const next = Secp256k1Key.generate();
      await rotate(loaded, key.deviceId, key, next);
      expect(await is(next, await next.sign(HASH))).to.equal(false);
      expect(await is(key, await next.sign(HASH))).to.equal(true);
    });

    it("takes a secp256k1 signature in 64 bytes and in 65", async () => {
      const { key, is } = await load();
      const hashes = Array.from({ length: 8 }, (_, index) => id(String(index))); // both parities
      for (const hash of hashes) {
        const compact = await key.sign(hash);
        expect(await is(key, compact, hash)).to.equal(true);
        expect(await is(key, longSignature(compact), hash)).to.equal(true);
      }
    });

    it("R11 IDN-11 refuses a secp256k1 signature with a high s, a zero or another v", async () => {
      const { key, is } = await load();
      const compact = await key.sign(HASH);
      const long = longSignature(compact);
      const [r, s, v] = [long.slice(0, 66), `0x${long.slice(66, 130)}`, `0x${long.slice(130)}`];
      const otherV = v === "0x1b" ? "0x1c" : "0x1b";
      const highest = 2n ** 255n - 1n; // above n / 2, and fits EIP-2098
      expect(highest > SECP256K1_ORDER / 2n).to.equal(true);
      for (const wrong of [
        malleated(long),
        concat([r, s, otherV]),
        ...[0, 1, 2, 26, 29, 255].map((other) => concat([r, s, toBeHex(other, 1)])),
        concat([ZeroHash, s, v]),
        concat([r, ZeroHash, v]),
        concat([ZeroHash, ZeroHash, v]),
        concat([ZeroHash, ZeroHash]),
        concat([r, toBeHex(highest, 32)]),
        concat([toBeHex(SECP256K1_ORDER, 32), s, v]),
        toBeHex(0, 65),
      ]) {
        expect(await is(key, wrong), wrong).to.equal(false);
      }
    });

    it("R11 IDN-11 refuses a P-256 signature with a high s or a zero", async () => {
      const { p256Key, is } = await load();
      const signature = await p256Key.sign(HASH);
      const [r, s] = [signature.slice(0, 66), `0x${signature.slice(66)}`];
      for (const wrong of [
        concat([r, toBeHex(P256_ORDER - toBigInt(s), 32)]),
        concat([ZeroHash, s]),
        concat([r, ZeroHash]),
        concat([ZeroHash, ZeroHash]),
      ]) {
        expect(await is(p256Key, wrong), wrong).to.equal(false);
      }
    });

    it("IDN-11 is false for whatever is malformed, of any length", async () => {
      const { key, p256Key, is } = await load();
      for (const device of [key, p256Key]) {
        const good = await device.sign(HASH);
        for (const length of [0, 1, 31, 32, 63, 64, 65, 66, 96, 128, 1000]) {
          expect(await is(device, hexlify(randomBytes(length)))).to.equal(false);
        }
        const garbage = ["0x00", "0x1b", "0x1c", ZeroHash];
        for (const tail of garbage) {
          const trailed = concat([good, tail]);
          const isLong = device === key && longSignature(good) === trailed;
          if (!isLong) expect(await is(device, trailed), trailed).to.equal(false);
        }
        expect(await is(device, good.slice(0, -2))).to.equal(false);
        expect(await is(device, concat([longSignature(good), "0x00"]))).to.equal(false);
      }
    });

    it("takes a secp256k1 device's word by ECDSA only, whatever code its address gains", async () => {
      const { key, is, accounts, connection } = await load();
      const { networkHelpers, ethers } = connection;
      const wallet = await ethers.deployContract("Erc1271Wallet", [accounts.bob]);
      const walletAddress = await wallet.getAddress();
      const byBob = new Secp256k1Key(`0x${"22".repeat(32)}`);
      await wallet.setSigner(byBob.key);
      const foreign = longSignature(await byBob.sign(HASH));
      expect(await wallet.isValidSignature(HASH, foreign)).to.equal("0x1626ba7e");
      for (const code of [
        await ethers.provider.getCode(wallet),
        concat(["0xef0100", walletAddress]), // EIP-7702
      ]) {
        await networkHelpers.setCode(key.key, code);
        await networkHelpers.setStorageAt(key.key, 0, toBeHex(byBob.key, 32));
        expect(await is(key, foreign)).to.equal(false);
        expect(await is(key, await key.sign(HASH))).to.equal(true);
      }
    });
  });

  describe("for want of gas", () => {
    it("R50 IDN-11 reverts rather than to call a P-256 signature false, and says what it needs", async () => {
      const loaded = await load();
      const { registry, p256Key, asAlice } = loaded;
      const little = { gasLimit: 400_000 };
      const signature = await p256Key.sign(HASH);
      const refuse = (attempt: Promise<unknown>) =>
        expect(attempt)
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInsufficientGas")
          .withArgs(needed(P256_GAS, p256Key.key, signature));
      await refuse(
        registry.isDeviceSignature.staticCall(p256Key.deviceId, HASH, signature, little),
      );
      const beat = await signHeartbeat(registry, p256Key, {
        deviceId: p256Key.deviceId,
        timestamp: await now(loaded),
        firmwareHash: ZeroHash,
      });
      await refuse(registry.heartbeat(beat, little));
      await refuse(registry.heartbeats([beat], little));
      const next = await P256Key.generate();
      const registration = registrationOf(next, loaded.accounts.alice.address);
      await refuse(asAlice.register(registration, signature, "0x", "0x", little));
      const message = await rotationMessage(registry, p256Key.deviceId, next);
      const byNew = await signRotation(registry, next, message);
      await refuse(
        asAlice.rotateKey(rotationOf(p256Key.deviceId, next), byNew, "0x", "0x", little),
      );
      expect(await registry.lastSeen(p256Key.deviceId)).to.equal(0n);
    });

    it("asks nothing of who asks about a secp256k1 device or one that is not active", async () => {
      const { registry, asAlice, key, p256Key } = await load();
      const little = { gasLimit: 60_000 };
      const ask = async (device: DeviceKey) =>
        registry.isDeviceSignature.staticCall(
          device.deviceId,
          HASH,
          await device.sign(HASH),
          little,
        );
      expect(await ask(key)).to.equal(true);
      await asAlice.suspend(p256Key.deviceId);
      expect(await ask(p256Key)).to.equal(false);
      expect(await ask(await P256Key.generate())).to.equal(false);
    });
  });

  describe("of the first two types", () => {
    it("knows secp256k1 as 1 and P-256 as 2", async () => {
      const { registry, p256Verifier } = await load();
      expect(await registry.keyTypeOf(1)).to.deep.equal([ZeroAddress, 20n, 0n]);
      const cap = await p256Verifier.MAX_VERIFY_GAS();
      expect(await registry.keyTypeOf(2)).to.deep.equal([
        await p256Verifier.getAddress(),
        64n,
        cap,
      ]);
      expect(cap).to.equal(P256_GAS);
    });

    it("knows no others", async () => {
      const { registry } = await load();
      for (const keyType of [0n, 3n, 255n]) {
        await expect(registry.keyTypeOf(keyType))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnknownKeyType")
          .withArgs(keyType);
      }
    });
  });

  describe("addKeyType through the suite's AccessManager", () => {
    it("R47 is ADMIN's, 3 days after it was scheduled", async () => {
      const loaded = await load();
      const { registry, accessManager, accounts, connection } = loaded;
      expect(ADMIN_DELAY).to.equal(3 * DAY);
      const verifier = await connection.ethers.deployContract("AnyAnswerVerifier");
      const asAdmin = registry.connect(accounts.admin);
      const args = [await verifier.getAddress(), 96, 100_000] as const;
      const data = registry.interface.encodeFunctionData("addKeyType", [...args]);
      const operation = await accessManager.hashOperation(accounts.admin, registry, data);
      await expect(asAdmin.addKeyType(...args))
        .to.be.revertedWithCustomError(accessManager, "AccessManagerNotScheduled")
        .withArgs(operation);
      await accessManager.connect(accounts.admin).schedule(registry, data, 0);
      const readyAt = (await now(loaded)) + 3 * DAY;
      await nextBlockAt(loaded, readyAt - 1);
      await expect(asAdmin.addKeyType(...args))
        .to.be.revertedWithCustomError(accessManager, "AccessManagerNotReady")
        .withArgs(operation);
      await nextBlockAt(loaded, readyAt);
      await asAdmin.addKeyType(...args);
      expect(await registry.keyTypeOf(3)).to.deep.equal([
        await verifier.getAddress(),
        96n,
        100_000n,
      ]);
    });

    it("R47 is nobody else's", async () => {
      const { registry, accounts, p256Verifier } = await load();
      const { deployer, guardian, makerVerifier, maker, alice } = accounts;
      for (const who of [deployer, guardian, makerVerifier, maker, alice]) {
        await expect(registry.connect(who).addKeyType(p256Verifier, 64, 1))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(who);
      }
    });
  });

  describe("of types that were added", () => {
    const GAS_CAP = 100_000n;

    /** A registry of its own, whose ADMIN need not wait, with a verifier of 96-byte keys that says yes to all. */
    const loadOwn = startingFrom(async (identity: Identity) => {
      const { deployer } = identity.accounts;
      const { ethers } = identity.connection;
      const manager = await new AccessManager__factory(deployer).deploy(deployer);
      const registry = await new DeviceRegistry__factory(deployer).deploy(
        manager,
        identity.makerRegistry,
        identity.deviceAccount,
        ERC6551_REGISTRY,
        identity.p256Verifier,
      );
      const verifier = await ethers.deployContract("AnyAnswerVerifier");
      await verifier.answerWith(Manner.Return, YES);
      const key = hexlify(randomBytes(96));
      return { registry, verifier, key, deviceId: toBigInt(keyHashOf(3 as 1, key)) };
    });

    /** Alice's device of type 3. */
    async function registered() {
      const loaded = await loadOwn();
      const { registry, verifier, key, accounts } = loaded;
      await registry.addKeyType(verifier, 96, GAS_CAP);
      const asAlice = registry.connect(accounts.alice);
      const registration = {
        ...registrationOf(Secp256k1Key.generate(), accounts.alice.address),
        keyType: 3,
        key,
      };
      await asAlice.register(registration, "0x1234", "0x", "0x");
      return { ...loaded, asAlice };
    }

    it("numbers them in a row, and says so", async () => {
      const { registry, verifier, connection } = await loadOwn();
      const address = await verifier.getAddress();
      expect(await registry.addKeyType.staticCall(verifier, 96, GAS_CAP)).to.equal(3n);
      expect(await eventsOf(registry, registry.addKeyType(verifier, 96, GAS_CAP))).to.deep.equal([
        ["KeyTypeAdded", 3n, address, 96n, GAS_CAP],
      ]);
      expect(await registry.keyTypeOf(3)).to.deep.equal([address, 96n, GAS_CAP]);
      const another = await connection.ethers.deployContract("AnyAnswerVerifier");
      expect(await registry.addKeyType.staticCall(another, 96, GAS_CAP)).to.equal(4n);
    });

    it("IDN-01 refuses a verifier that a type has: one key would name two devices", async () => {
      const { registry, verifier, p256Verifier, connection } = await loadOwn();
      await registry.addKeyType(verifier, 96, GAS_CAP);
      const newest = await connection.ethers.deployContract("AnyAnswerVerifier");
      await registry.addKeyType(newest, 96, GAS_CAP);
      for (const [listed, length, gasCap] of [
        [p256Verifier, 64n, P256_GAS],
        [p256Verifier, 32n, 1n],
        [verifier, 96n, GAS_CAP],
        [verifier, 128n, GAS_CAP],
        [newest, 96n, GAS_CAP],
      ] as const) {
        await expect(registry.addKeyType(listed, length, gasCap))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidKeyType")
          .withArgs(listed, length, gasCap);
      }
    });

    it("takes 255 types, and refuses one more", async () => {
      const { registry, connection } = await loadOwn();
      const { networkHelpers } = connection;
      const add = async (index: number) => {
        const verifier = toBeHex(0x10000 + index, 20);
        await networkHelpers.setCode(verifier, "0x00");
        return registry.addKeyType(verifier, 32, 1);
      };
      for (let keyType = 3; keyType <= 255; keyType++) await add(keyType);
      expect((await registry.keyTypeOf(255)).keyLength).to.equal(32n);
      await expect(add(256))
        .to.be.revertedWithCustomError(registry, "SafeCastOverflowedUintDowncast")
        .withArgs(8n, 256n);
    });

    for (const [what, length, gasCap] of [
      ["the least", 32n, 1n],
      ["the most", 512n, 5_000_000n],
    ] as const) {
      it(`takes ${what} of length and gas`, async () => {
        const { registry, verifier } = await loadOwn();
        await registry.addKeyType(verifier, length, gasCap);
        const { keyLength, gasCap: cap } = await registry.keyTypeOf(3);
        expect([keyLength, cap]).to.deep.equal([length, gasCap]);
      });
    }

    for (const [what, length, gasCap] of [
      ["an empty key", 0n, 1n],
      ["a longer key", 544n, 1n],
      ["a key of broken words", 33n, 1n],
      ["no gas", 32n, 0n],
      ["too much gas", 32n, 5_000_001n],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const { registry, verifier } = await loadOwn();
        await expect(registry.addKeyType(verifier, length, gasCap))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidKeyType")
          .withArgs(verifier, length, gasCap);
      });
    }

    it("refuses a verifier without code", async () => {
      const { registry, accounts } = await loadOwn();
      for (const verifier of [ZeroAddress, accounts.stranger.address]) {
        await expect(registry.addKeyType(verifier, 32, 1))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidKeyType")
          .withArgs(verifier, 32n, 1n);
      }
    });

    it("registers a device by its verifier's word, and keeps every word of its key", async () => {
      const { registry, key, deviceId } = await registered();
      expect(await registry.keyOf(deviceId)).to.equal(key);
      expect(await registry.keyHashOf(deviceId)).to.equal(keyHashOf(3 as 1, key));
      expect((await registry.recordOf(deviceId)).keyType).to.equal(3n);
    });

    it("asks the verifier about the device's key, the hash and the whole signature", async () => {
      const { registry, verifier, key, deviceId } = await registered();
      const signature = hexlify(randomBytes(77));
      await verifier.expectInput(verification(key, HASH, signature));
      expect(await registry.isDeviceSignature(deviceId, HASH, signature)).to.equal(true);
      expect(await registry.isDeviceSignature(deviceId, ZeroHash, signature)).to.equal(false);
      expect(await registry.isDeviceSignature(deviceId, HASH, "0x")).to.equal(false);
    });

    const answers: [string, Manner, string, boolean][] = [
      ["the selector and zeros", Manner.Return, YES, true],
      ["nothing", Manner.Return, "0x", false],
      ["the selector alone", Manner.Return, MAGIC, false],
      ["a byte less than a word", Manner.Return, concat([MAGIC, toBeHex(0, 27)]), false],
      ["a byte more than a word", Manner.Return, concat([YES, "0x00"]), false],
      ["two words", Manner.Return, concat([YES, ZeroHash]), false],
      ["the selector and dirt", Manner.Return, concat([MAGIC, toBeHex(1, 28)]), false],
      ["true", Manner.Return, toBeHex(1, 32), false],
      ["another selector", Manner.Return, concat(["0x1626ba7e", toBeHex(0, 28)]), false],
      ["ERC-7913's no", Manner.Return, concat(["0xffffffff", toBeHex(0, 28)]), false],
      ["a revert with the selector", Manner.Revert, YES, false],
      ["a revert", Manner.Revert, "0x", false],
      ["all its gas burnt", Manner.Burn, YES, false],
    ];
    for (const [what, manner, answer, expected] of answers) {
      it(`IDN-11 takes ${what} for a ${expected ? "yes" : "no"}`, async () => {
        const { registry, verifier, deviceId } = await registered();
        await verifier.answerWith(manner, answer);
        expect(await registry.isDeviceSignature(deviceId, HASH, "0x")).to.equal(expected);
      });
    }

    it("IDN-11 takes a verifier that is gone for a no", async () => {
      const { registry, verifier, deviceId, connection } = await registered();
      await connection.networkHelpers.setCode(await verifier.getAddress(), "0x");
      expect(await registry.isDeviceSignature(deviceId, HASH, "0x")).to.equal(false);
    });

    for (const length of [0, 5_000]) {
      it(`IDN-11 gives a verifier its whole cap, or none: with the least gas for ${length} bytes too`, async () => {
        const { registry, verifier, key, deviceId } = await registered();
        const signature = hexlify(randomBytes(length));
        const ask = (gasLimit: bigint) =>
          registry.isDeviceSignature.staticCall(deviceId, HASH, signature, { gasLimit });
        /** The last of the numbers from `low` for which the answer is yes; at `high` it is no. */
        async function last(low: bigint, high: bigint, holds: (at: bigint) => Promise<boolean>) {
          while (high - low > 1n) {
            const middle = (low + high) / 2n;
            if (await holds(middle)) low = middle;
            else high = middle;
          }
          return low;
        }
        const most = await last(0n, GAS_CAP, async (least) => {
          await verifier.expectGas(least);
          return ask(3_000_000n);
        });
        expect(most > GAS_CAP - 5_000n).to.equal(true);
        await verifier.expectGas(most);

        const refused = await last(30_000n, 3_000_000n, (gasLimit) =>
          ask(gasLimit).then(
            () => false,
            () => true,
          ),
        );
        expect(await ask(refused + 1n)).to.equal(true);
        await expect(ask(refused))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryInsufficientGas")
          .withArgs(needed(GAS_CAP, key, signature));
        // The cap is a cap: with all the gas there is, the verifier has not one more.
        await verifier.expectGas(most + 1n);
        expect(await ask(10_000_000n)).to.equal(false);
        // And what is left is enough to say no, when it burns all it has.
        await verifier.answerWith(Manner.Burn, YES);
        expect(await ask(refused + 1n)).to.equal(false);
      });
    }

    it("rotates to such a key and away from it, by its word", async () => {
      const { registry, asAlice, verifier, key, deviceId } = await registered();
      const next = Secp256k1Key.generate();
      const message = await rotationMessage(registry, deviceId, next);
      expect(message.oldKeyHash).to.equal(keyHashOf(3 as 1, key));
      const byNew = await signRotation(registry, next, message);
      await verifier.answerWith(Manner.Return, "0x");
      await expect(asAlice.rotateKey(rotationOf(deviceId, next), byNew, "0x12", "0x"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(message.oldKeyHash);
      await verifier.answerWith(Manner.Return, YES);
      await asAlice.rotateKey(rotationOf(deviceId, next), byNew, "0x12", "0x");
      expect(await registry.keyOf(deviceId)).to.equal("0x");
      const back = hexlify(randomBytes(96));
      const rotation = { ...rotationOf(deviceId, next), newKeyType: 3, newKey: back };
      const digestOf = {
        ...(await rotationMessage(registry, deviceId, next)),
        newKeyHash: keyHashOf(3 as 1, back),
      };
      await asAlice.rotateKey(rotation, "0x34", await signRotation(registry, next, digestOf), "0x");
      expect(await registry.keyOf(deviceId)).to.equal(back);
    });
  });
});
