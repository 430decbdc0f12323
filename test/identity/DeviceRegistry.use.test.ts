import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NEVER, NOBODY } from "../../scripts/lib/identity.js";
import type { DeviceRegistry } from "../../typechain-types/index.js";
import { registerDevice } from "./fixture.js";
import {
  eventsOf,
  everythingOf,
  FRESH_RECORD,
  nextBlockAt,
  now,
  Permission,
  recordOf,
  startingFrom,
} from "./registry.js";

const DOCUMENT = id("a document");
const EVERYTHING = 2n ** 128n - 1n;

describe("DeviceRegistry: use", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, accounts } = identity;
    const key = Secp256k1Key.generate();
    await registerDevice(identity, key);
    return {
      registry: deviceRegistry,
      asAlice: deviceRegistry.connect(accounts.alice),
      asBob: deviceRegistry.connect(accounts.bob),
      deviceId: key.deviceId,
      other: (await registerDevice(identity)).deviceId,
      time: await now(identity),
    };
  });

  describe("the user (ERC-4907)", () => {
    it("R38 R39 is set by the owner until a time, inclusive", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, deviceId, other, time, connection } = loaded;
      const state = await everythingOf(registry, deviceId);
      const until = time + 1000;
      expect(
        await eventsOf(registry, asAlice.setUser(deviceId, accounts.bob, until)),
      ).to.deep.equal([["UpdateUser", deviceId, accounts.bob.address, BigInt(until)]]);
      expect(await everythingOf(registry, deviceId)).to.deep.equal({
        ...state,
        user: accounts.bob.address,
        expires: BigInt(until),
      });
      expect(await registry.userOf(other)).to.equal(ZeroAddress);
      await connection.networkHelpers.time.increaseTo(until);
      expect(await registry.userOf(deviceId)).to.equal(accounts.bob.address);
      expect(await registry.userExpires(deviceId)).to.equal(until);
      await connection.networkHelpers.time.increaseTo(until + 1);
      expect(await registry.userOf(deviceId)).to.equal(ZeroAddress);
      expect(await registry.userExpires(deviceId)).to.equal(0n);
    });

    it("may be set by who is approved for the token, or for all", async () => {
      const { registry, asAlice, asBob, accounts, deviceId } = await load();
      await asAlice.approve(accounts.bob, deviceId);
      await asBob.setUser(deviceId, accounts.carol, NEVER);
      await asAlice.setApprovalForAll(accounts.relayer, true);
      await registry.connect(accounts.relayer).setUser(deviceId, accounts.bob, NEVER);
      expect(await registry.userOf(deviceId)).to.equal(accounts.bob.address);
    });

    it("R06 is set by nobody else, also not by the user or a grantee", async () => {
      const { registry, asAlice, asBob, accounts, deviceId } = await load();
      await asAlice.setUser(deviceId, accounts.bob, NEVER);
      await asAlice.grantPermissions(deviceId, accounts.bob, EVERYTHING, NEVER);
      await expect(asBob.setUser(deviceId, accounts.carol, NEVER))
        .to.be.revertedWithCustomError(registry, "ERC721InsufficientApproval")
        .withArgs(accounts.bob, deviceId);
      expect(await registry.userOf(deviceId)).to.equal(accounts.bob.address);
    });

    it("R09 is not set where there is no device", async () => {
      const { registry, asAlice, accounts } = await load();
      for (const missing of [0n, 1n]) {
        await expect(asAlice.setUser(missing, accounts.bob, NEVER))
          .to.be.revertedWithCustomError(registry, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });

    it("may end now, and not a second ago, unless there is none", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, deviceId, time } = loaded;
      const at = time + 10;
      await nextBlockAt(loaded, at);
      await asAlice.setUser(deviceId, accounts.bob, at);
      expect(await registry.userOf(deviceId)).to.equal(accounts.bob.address);
      await nextBlockAt(loaded, at + 5);
      await expect(asAlice.setUser(deviceId, accounts.carol, at + 4))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidExpiry")
        .withArgs(BigInt(at + 4));
      expect(await eventsOf(registry, asAlice.setUser(deviceId, NOBODY, 0))).to.deep.equal([
        ["UpdateUser", deviceId, ZeroAddress, 0n],
      ]);
      expect(await registry.userOf(deviceId)).to.equal(ZeroAddress);
      expect(await registry.userExpires(deviceId)).to.equal(0n);
    });

    it("has no expiry while there is none, whatever was set", async () => {
      const { registry, asAlice, deviceId } = await load();
      await asAlice.setUser(deviceId, NOBODY, NEVER);
      expect(await registry.userOf(deviceId)).to.equal(ZeroAddress);
      expect(await registry.userExpires(deviceId)).to.equal(0n);
    });

    it("refuses a time beyond uint48 rather than to store another one", async () => {
      const { registry, asAlice, accounts, deviceId } = await load();
      await asAlice.setUser(deviceId, accounts.bob, NEVER);
      expect(await registry.userExpires(deviceId)).to.equal(NEVER);
      await expect(asAlice.setUser(deviceId, accounts.bob, NEVER + 1))
        .to.be.revertedWithCustomError(registry, "SafeCastOverflowedUintDowncast")
        .withArgs(48n, BigInt(NEVER + 1));
    });
  });

  describe("permissions", () => {
    it("R38 R39 are granted by the owner until a time, inclusive", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, deviceId, other, time, connection } = loaded;
      const { bob, carol } = accounts;
      const until = time + 1000;
      const bits = 1n | (1n << 127n);
      expect(
        await eventsOf(registry, asAlice.grantPermissions(deviceId, bob, bits, until)),
      ).to.deep.equal([["PermissionsGranted", deviceId, bob.address, bits, BigInt(until)]]);
      expect(await recordOf(registry, deviceId)).to.deep.equal(FRESH_RECORD);
      expect(await registry.permissionsOf(deviceId, carol)).to.equal(0n);
      expect(await registry.permissionsOf(deviceId, accounts.alice)).to.equal(0n);
      expect(await registry.permissionsOf(other, bob)).to.equal(0n);
      await connection.networkHelpers.time.increaseTo(until);
      expect(await registry.permissionsOf(deviceId, bob)).to.equal(bits);
      await connection.networkHelpers.time.increaseTo(until + 1);
      expect(await registry.permissionsOf(deviceId, bob)).to.equal(0n);
    });

    it("replace what there was, and do not add up", async () => {
      const { registry, asAlice, accounts, deviceId } = await load();
      await asAlice.grantPermissions(deviceId, accounts.bob, Permission.Data, NEVER);
      await asAlice.grantPermissions(deviceId, accounts.carol, Permission.Data, NEVER);
      await asAlice.grantPermissions(deviceId, accounts.bob, Permission.Document, NEVER);
      expect(await registry.permissionsOf(deviceId, accounts.bob)).to.equal(Permission.Document);
      expect(await registry.permissionsOf(deviceId, accounts.carol)).to.equal(Permission.Data);
    });

    it("may end now, and not a second ago, unless none are left", async () => {
      const loaded = await load();
      const { registry, asAlice, accounts, deviceId, time } = loaded;
      const at = time + 10;
      await nextBlockAt(loaded, at);
      await asAlice.grantPermissions(deviceId, accounts.bob, Permission.Data, at);
      expect(await registry.permissionsOf(deviceId, accounts.bob)).to.equal(Permission.Data);
      await nextBlockAt(loaded, at + 5);
      await expect(asAlice.grantPermissions(deviceId, accounts.bob, Permission.Document, at + 4))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryInvalidExpiry")
        .withArgs(BigInt(at + 4));
      const revoking = asAlice.grantPermissions(deviceId, accounts.bob, 0, 0);
      expect(await eventsOf(registry, revoking)).to.deep.equal([
        ["PermissionsGranted", deviceId, accounts.bob.address, 0n, 0n],
      ]);
      expect(await registry.permissionsOf(deviceId, accounts.bob)).to.equal(0n);
    });
  });

  describe("the document", () => {
    it("is replaced by the owner, and taken away", async () => {
      const { registry, asAlice, deviceId } = await load();
      const state = await everythingOf(registry, deviceId);
      const setting = asAlice.setDocument(deviceId, DOCUMENT, "ipfs://document");
      expect(await eventsOf(registry, setting)).to.deep.equal([
        ["DocumentSet", deviceId, DOCUMENT, "ipfs://document"],
        ["MetadataUpdate", deviceId],
      ]);
      expect(await everythingOf(registry, deviceId)).to.deep.equal({
        ...state,
        documentHash: DOCUMENT,
      });
      expect(await eventsOf(registry, asAlice.setDocument(deviceId, ZeroHash, ""))).to.deep.equal([
        ["DocumentSet", deviceId, ZeroHash, ""],
        ["MetadataUpdate", deviceId],
      ]);
      expect(await registry.documentHashOf(deviceId)).to.equal(ZeroHash);
    });

    it("may have a hash and no place, and never a place and no hash", async () => {
      const { registry, asAlice, deviceId } = await load();
      await asAlice.setDocument(deviceId, DOCUMENT, "");
      await expect(asAlice.setDocument(deviceId, ZeroHash, "ipfs://document"))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryDocumentWithoutHash")
        .withArgs("ipfs://document");
      expect(await registry.documentHashOf(deviceId)).to.equal(DOCUMENT);
    });

    it("is replaced by who holds DOCUMENT, and by who holds everything else is not", async () => {
      const { registry, asAlice, asBob, accounts, deviceId, other } = await load();
      const { bob } = accounts;
      await asAlice.grantPermissions(deviceId, bob, Permission.Document, NEVER);
      await asBob.setDocument(deviceId, DOCUMENT, "");
      await expect(asBob.setDocument(other, DOCUMENT, ""))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
        .withArgs(other, bob);
      await asAlice.grantPermissions(deviceId, bob, EVERYTHING - Permission.Document, NEVER);
      await asAlice.setUser(deviceId, bob, NEVER);
      await asAlice.approve(bob, deviceId);
      await expect(asBob.setDocument(deviceId, ZeroHash, ""))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
        .withArgs(deviceId, bob);
    });

    it("is closed to a grantee a second after his time", async () => {
      const loaded = await load();
      const { registry, asAlice, asBob, accounts, deviceId, time } = loaded;
      const until = time + 100;
      await asAlice.grantPermissions(deviceId, accounts.bob, Permission.Document, until);
      await nextBlockAt(loaded, until);
      await asBob.setDocument(deviceId, DOCUMENT, "");
      await nextBlockAt(loaded, until + 1);
      await expect(asBob.setDocument(deviceId, ZeroHash, ""))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
        .withArgs(deviceId, accounts.bob);
    });
  });

  describe("the payee", () => {
    it("is fixed by the owner, replaced, and left open", async () => {
      const { registry, asAlice, accounts, deviceId, other } = await load();
      const state = await everythingOf(registry, deviceId);
      const { carol, bob } = accounts;
      expect(await eventsOf(registry, asAlice.setRevenuePayee(deviceId, carol))).to.deep.equal([
        ["RevenuePayeeSet", deviceId, carol.address],
      ]);
      expect(await everythingOf(registry, deviceId)).to.deep.equal({
        ...state,
        payee: carol.address,
      });
      expect(await registry.revenuePayeeOf(other)).to.equal(ZeroAddress);
      await asAlice.setRevenuePayee(deviceId, bob);
      expect(await registry.revenuePayeeOf(deviceId)).to.equal(bob.address);
      expect(await eventsOf(registry, asAlice.setRevenuePayee(deviceId, NOBODY))).to.deep.equal([
        ["RevenuePayeeSet", deviceId, ZeroAddress],
      ]);
      expect(await registry.revenuePayeeOf(deviceId)).to.equal(ZeroAddress);
    });
  });

  const ownersOnly: [string, (registry: DeviceRegistry, deviceId: bigint) => Promise<unknown>][] = [
    ["grantPermissions", (r, deviceId) => r.grantPermissions(deviceId, ZeroAddress, 1, NEVER)],
    ["revoking permissions", (r, deviceId) => r.grantPermissions(deviceId, ZeroAddress, 0, 0)],
    ["revokeAllGrants", (r, deviceId) => r.revokeAllGrants(deviceId)],
    ["setRevenuePayee", (r, deviceId) => r.setRevenuePayee(deviceId, ZeroAddress)],
  ];
  for (const [name, act] of ownersOnly) {
    it(`R06 R09 keeps ${name} to the owner of a device`, async () => {
      const { registry, asAlice, accounts, deviceId } = await load();
      const { bob, carol, relayer, stranger } = accounts;
      await asAlice.grantPermissions(deviceId, bob, EVERYTHING, NEVER);
      await asAlice.setUser(deviceId, bob, NEVER);
      await asAlice.approve(carol, deviceId);
      await asAlice.setApprovalForAll(relayer, true);
      for (const who of [bob, carol, relayer, stranger]) {
        await expect(act(registry.connect(who), deviceId))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(deviceId, who);
      }
      for (const missing of [0n, 1n]) {
        await expect(act(asAlice, missing))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(missing, accounts.alice);
      }
    });
  }

  describe("revokeAllGrants", () => {
    async function granted() {
      const loaded = await load();
      const { asAlice, accounts, deviceId, other } = loaded;
      for (const device of [deviceId, other]) {
        await asAlice.setUser(device, accounts.bob, NEVER);
        await asAlice.grantPermissions(device, accounts.bob, EVERYTHING, NEVER);
        await asAlice.grantPermissions(device, accounts.carol, EVERYTHING, NEVER);
        await asAlice.setRevenuePayee(device, accounts.carol);
        await asAlice.announceKeyRotation(device, id("a key"));
      }
      await asAlice.setDocument(deviceId, DOCUMENT, "");
      return loaded;
    }

    it("ends user, grants, payee and notice at once, and keeps everything else", async () => {
      const { registry, asAlice, accounts, deviceId, other } = await granted();
      const [state, others] = [
        await everythingOf(registry, deviceId),
        await everythingOf(registry, other),
      ];
      expect(await eventsOf(registry, asAlice.revokeAllGrants(deviceId))).to.deep.equal([
        ["AllGrantsRevoked", deviceId, 1n],
      ]);
      expect(await everythingOf(registry, deviceId)).to.deep.equal({
        ...state,
        record: { ...FRESH_RECORD, version: 1n, nonce: 1n },
        pending: [ZeroHash, 0n],
        user: ZeroAddress,
        expires: 0n,
        payee: ZeroAddress,
      });
      expect(await registry.permissionsOf(deviceId, accounts.bob)).to.equal(0n);
      expect(await registry.permissionsOf(deviceId, accounts.carol)).to.equal(0n);
      expect(await registry.versionOf(deviceId)).to.equal(1n);
      expect(await everythingOf(registry, other)).to.deep.equal(others);
      expect(await registry.permissionsOf(other, accounts.bob)).to.equal(EVERYTHING);
      expect(await eventsOf(registry, asAlice.revokeAllGrants(deviceId))).to.deep.equal([
        ["AllGrantsRevoked", deviceId, 2n],
      ]);
    });

    it("does not end what is granted afterwards", async () => {
      const { registry, asAlice, accounts, deviceId } = await granted();
      await asAlice.revokeAllGrants(deviceId);
      await asAlice.setUser(deviceId, accounts.carol, NEVER);
      await asAlice.grantPermissions(deviceId, accounts.bob, Permission.Data, NEVER);
      await asAlice.setRevenuePayee(deviceId, accounts.bob);
      expect(await registry.userOf(deviceId)).to.equal(accounts.carol.address);
      expect(await registry.permissionsOf(deviceId, accounts.bob)).to.equal(Permission.Data);
      expect(await registry.permissionsOf(deviceId, accounts.carol)).to.equal(0n);
      expect(await registry.revenuePayeeOf(deviceId)).to.equal(accounts.bob.address);
    });

    it("IDN-04 is what every transfer does, also one to oneself and back", async () => {
      const { registry, asAlice, asBob, accounts, deviceId } = await granted();
      const gone = async (version: bigint) => {
        expect(await registry.userOf(deviceId)).to.equal(ZeroAddress);
        expect(await registry.userExpires(deviceId)).to.equal(0n);
        expect(await registry.permissionsOf(deviceId, accounts.bob)).to.equal(0n);
        expect(await registry.permissionsOf(deviceId, accounts.carol)).to.equal(0n);
        expect(await registry.revenuePayeeOf(deviceId)).to.equal(ZeroAddress);
        expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([ZeroHash, 0n]);
        expect(await recordOf(registry, deviceId)).to.deep.equal({
          ...FRESH_RECORD,
          version,
          nonce: version,
        });
      };
      await asAlice.transferFrom(accounts.alice, accounts.alice, deviceId);
      await gone(1n);
      await asAlice.setUser(deviceId, accounts.bob, NEVER);
      await asAlice.setRevenuePayee(deviceId, accounts.carol);
      await asAlice.grantPermissions(deviceId, accounts.bob, EVERYTHING, NEVER);
      const safely = asAlice["safeTransferFrom(address,address,uint256)"];
      await safely(accounts.alice, accounts.bob, deviceId);
      await gone(2n);
      await asBob.transferFrom(accounts.bob, accounts.alice, deviceId);
      await gone(3n);
      expect(await registry.documentHashOf(deviceId)).to.equal(DOCUMENT);
    });
  });
});
