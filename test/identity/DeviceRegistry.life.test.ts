import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";

import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NEVER } from "../../scripts/lib/identity.js";
import { deployWallet, registerDevice } from "./fixture.js";
import {
  eventsOf,
  everythingOf,
  FRESH_RECORD,
  NO_RECORD,
  Permission,
  recordOf,
  rotate,
  startingFrom,
  Status,
} from "./registry.js";

const DOCUMENT = id("a document");

describe("DeviceRegistry: life", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, accounts } = identity;
    const key = Secp256k1Key.generate();
    await registerDevice(identity, key, { documentHash: DOCUMENT });
    return {
      registry: deviceRegistry,
      asAlice: deviceRegistry.connect(accounts.alice),
      asBob: deviceRegistry.connect(accounts.bob),
      key,
      deviceId: key.deviceId,
    };
  });
  type Registry = Awaited<ReturnType<typeof load>>["registry"];

  const moves: [
    string,
    Status,
    Status,
    (registry: Registry, deviceId: bigint) => Promise<unknown>,
  ][] = [
    ["suspend", Status.Active, Status.Suspended, (r, deviceId) => r.suspend(deviceId)],
    ["resume", Status.Suspended, Status.Active, (r, deviceId) => r.resume(deviceId)],
  ];

  for (const [name, from, to, move] of moves) {
    describe(name, () => {
      async function before() {
        const loaded = await load();
        if (from === Status.Suspended) await loaded.asAlice.suspend(loaded.deviceId);
        return loaded;
      }

      it("lets the owner", async () => {
        const { registry, asAlice, deviceId } = await before();
        const state = await everythingOf(registry, deviceId);
        const sending =
          from === Status.Active ? asAlice.suspend(deviceId) : asAlice.resume(deviceId);
        expect(await eventsOf(registry, sending)).to.deep.equal([
          ["DeviceStatusSet", deviceId, BigInt(to)],
        ]);
        expect(await everythingOf(registry, deviceId)).to.deep.equal({
          ...state,
          record: { ...FRESH_RECORD, status: BigInt(to) },
        });
        expect(await registry.statusOf(deviceId)).to.equal(to);
      });

      it("lets who holds OPERATION, among other permissions", async () => {
        const { registry, asAlice, asBob, accounts, deviceId } = await before();
        await asAlice.grantPermissions(deviceId, accounts.bob, 2n ** 128n - 1n, NEVER);
        await move(asBob, deviceId);
        expect(await registry.statusOf(deviceId)).to.equal(to);
      });

      it("refuses who holds everything else", async () => {
        const { registry, asAlice, asBob, accounts, deviceId } = await before();
        const rest = 2n ** 128n - 1n - Permission.Operation;
        await asAlice.grantPermissions(deviceId, accounts.bob, rest, NEVER);
        await asAlice.setUser(deviceId, accounts.bob, NEVER);
        await asAlice.approve(accounts.bob, deviceId);
        await asAlice.setApprovalForAll(accounts.bob, true);
        await expect(move(asBob, deviceId))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(deviceId, accounts.bob);
        expect(await registry.statusOf(deviceId)).to.equal(from);
      });

      it("refuses a second time", async () => {
        const { registry, asAlice, deviceId } = await before();
        await move(asAlice, deviceId);
        await expect(move(asAlice, deviceId))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryWrongStatus")
          .withArgs(deviceId, to);
      });

      it("R07 IDN-05 refuses once it is retired, and where there is nothing", async () => {
        const { registry, asAlice, accounts, deviceId } = await before();
        await asAlice.grantPermissions(deviceId, accounts.alice, Permission.Operation, NEVER);
        await asAlice.retire(deviceId);
        for (const gone of [deviceId, 0n, 1n]) {
          await expect(move(asAlice, gone))
            .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
            .withArgs(gone, accounts.alice);
        }
        expect(await registry.statusOf(deviceId)).to.equal(Status.Retired);
      });
    });
  }

  it("carries a suspension over a transfer", async () => {
    const { registry, asAlice, asBob, accounts, deviceId } = await load();
    await asAlice.suspend(deviceId);
    await asAlice.transferFrom(accounts.alice, accounts.bob, deviceId);
    expect(await registry.statusOf(deviceId)).to.equal(Status.Suspended);
    await asBob.resume(deviceId);
    expect(await registry.statusOf(deviceId)).to.equal(Status.Active);
  });

  describe("retire", () => {
    for (const from of [Status.Active, Status.Suspended] as const) {
      it(`IDN-05 R07 burns the token of a device that is ${Status[from]}, and keeps its record`, async () => {
        const { registry, asAlice, accounts, key, deviceId } = await load();
        if (from === Status.Suspended) await asAlice.suspend(deviceId);
        const state = await everythingOf(registry, deviceId);
        expect(await eventsOf(registry, asAlice.retire(deviceId))).to.deep.equal([
          ["DeviceStatusSet", deviceId, BigInt(Status.Retired)],
          ["Transfer", accounts.alice.address, ZeroAddress, deviceId],
        ]);
        expect(await everythingOf(registry, deviceId)).to.deep.equal({
          ...state,
          record: { ...FRESH_RECORD, status: BigInt(Status.Retired), version: 1n, nonce: 1n },
          controller: accounts.alice.address,
        });
        await expect(registry.ownerOf(deviceId))
          .to.be.revertedWithCustomError(registry, "ERC721NonexistentToken")
          .withArgs(deviceId);
        expect(await registry.balanceOf(accounts.alice)).to.equal(0n);
        expect(await registry.deviceOf(key.keyHash)).to.equal(deviceId);
      });
    }

    it("IDN-04 IDN-05 ends user, grants, payee and notice", async () => {
      const { registry, asAlice, accounts, deviceId } = await load();
      await asAlice.setUser(deviceId, accounts.bob, NEVER);
      await asAlice.grantPermissions(deviceId, accounts.bob, Permission.Data, NEVER);
      await asAlice.setRevenuePayee(deviceId, accounts.carol);
      await asAlice.announceKeyRotation(deviceId, id("a key"));
      await asAlice.retire(deviceId);
      expect(await registry.userOf(deviceId)).to.equal(ZeroAddress);
      expect(await registry.userExpires(deviceId)).to.equal(0n);
      expect(await registry.permissionsOf(deviceId, accounts.bob)).to.equal(0n);
      expect(await registry.revenuePayeeOf(deviceId)).to.equal(ZeroAddress);
      expect(await registry.pendingKeyRotationOf(deviceId)).to.deep.equal([ZeroHash, 0n]);
    });

    it("R06 is for the owner alone", async () => {
      const { registry, asAlice, accounts, deviceId } = await load();
      await asAlice.grantPermissions(deviceId, accounts.bob, 2n ** 128n - 1n, NEVER);
      await asAlice.approve(accounts.carol, deviceId);
      await asAlice.setApprovalForAll(accounts.relayer, true);
      const { bob, carol, relayer, stranger } = accounts;
      for (const who of [bob, carol, relayer, stranger]) {
        await expect(registry.connect(who).retire(deviceId))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(deviceId, who);
      }
      for (const missing of [0n, 1n]) {
        await expect(asAlice.retire(missing))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(missing, accounts.alice);
      }
    });

    it("IDN-05 is final: whatever the last owner tries is refused", async () => {
      const { registry, asAlice, accounts, deviceId } = await load();
      await asAlice.retire(deviceId);
      const state = await everythingOf(registry, deviceId);
      for (const attempt of [
        () => asAlice.suspend(deviceId),
        () => asAlice.resume(deviceId),
        () => asAlice.retire(deviceId),
        () => asAlice.setDocument(deviceId, DOCUMENT, ""),
        () => asAlice.grantPermissions(deviceId, accounts.bob, 1, NEVER),
        () => asAlice.revokeAllGrants(deviceId),
        () => asAlice.setRevenuePayee(deviceId, accounts.bob),
        () => asAlice.announceKeyRotation(deviceId, id("a key")),
        () => asAlice.cancelKeyRotation(deviceId),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
          .withArgs(deviceId, accounts.alice);
      }
      for (const attempt of [
        () => asAlice.transferFrom(accounts.alice, accounts.bob, deviceId),
        () => asAlice.approve(accounts.bob, deviceId),
        () => asAlice.setUser(deviceId, accounts.bob, NEVER),
        () => asAlice.tokenURI(deviceId),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(registry, "ERC721NonexistentToken")
          .withArgs(deviceId);
      }
      expect(await everythingOf(registry, deviceId)).to.deep.equal(state);
    });

    it("IDN-05 leaves the wallet to the last owner, who is not the first", async () => {
      const loaded = await load();
      const { registry, asAlice, asBob, accounts, deviceId } = loaded;
      const wallet = await deployWallet(loaded, deviceId);
      await asAlice.transferFrom(accounts.alice, accounts.bob, deviceId);
      expect(await registry.controllerOf(deviceId)).to.equal(accounts.bob.address);
      await asBob.retire(deviceId);
      expect(await registry.controllerOf(deviceId)).to.equal(accounts.bob.address);
      await accounts.relayer.sendTransaction({ to: wallet, value: 5n });
      const paying = wallet.connect(accounts.bob).execute(accounts.carol, 5n, "0x", 0);
      await expect(paying).to.changeEtherBalances(
        loaded.connection.ethers,
        [wallet, accounts.carol],
        [-5n, 5n],
      );
    });

    it("is not the end of other devices", async () => {
      const loaded = await load();
      const { registry, asAlice, deviceId } = loaded;
      const other = await registerDevice(loaded);
      await asAlice.retire(deviceId);
      expect(await recordOf(registry, other.deviceId)).to.deep.equal(FRESH_RECORD);
    });
  });

  describe("of what was never registered", () => {
    it("R09 IDN-01 knows nothing of it, nor of id 0", async () => {
      const { registry } = await load();
      for (const unknown of [0n, 1n, 2n ** 256n - 1n]) {
        expect(await everythingOf(registry, unknown)).to.deep.equal({
          record: { ...FRESH_RECORD, status: 0n, keyType: 0n },
          controller: ZeroAddress,
          keyHash: ZeroHash,
          key: "0x",
          documentHash: ZeroHash,
          pending: [ZeroHash, 0n],
          user: ZeroAddress,
          expires: 0n,
          payee: ZeroAddress,
        });
        expect(await registry.statusOf(unknown)).to.equal(Status.None);
        expect(await registry.deviceOf(`0x${unknown.toString(16).padStart(64, "0")}`)).to.equal(0n);
        expect(await registry.lastSeen(unknown)).to.equal(0n);
        expect(await registry.versionOf(unknown)).to.equal(0n);
      }
    });

    it("IDN-01 tells a reserved key from a device", async () => {
      const loaded = await load();
      const { registry, key, deviceId } = loaded;
      const [second, third] = [Secp256k1Key.generate(), Secp256k1Key.generate()];
      await rotate(loaded, deviceId, key, second);
      await rotate(loaded, deviceId, second, third);
      for (const { deviceId: reserved, keyHash } of [second, third]) {
        expect(await registry.statusOf(reserved)).to.equal(Status.Reserved);
        expect(await recordOf(registry, reserved)).to.deep.equal({
          ...NO_RECORD,
          status: BigInt(Status.Reserved),
        });
        expect(await registry.deviceOf(keyHash)).to.equal(deviceId);
        expect(await registry.keyHashOf(reserved)).to.equal(ZeroHash);
        expect(await registry.keyOf(reserved)).to.equal("0x");
        expect(await registry.controllerOf(reserved)).to.equal(ZeroAddress);
      }
      expect(await registry.deviceOf(key.keyHash)).to.equal(deviceId);
      expect(await registry.statusOf(deviceId)).to.equal(Status.Active);
    });
  });
});
