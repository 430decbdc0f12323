import { expect } from "chai";
import { id, toBeHex, ZeroAddress, ZeroHash } from "ethers";
import hre from "hardhat";

import { namedAccounts } from "../../scripts/lib/accounts.js";
import { ERC6551_REGISTRY } from "../../scripts/lib/deploy.js";
import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import {
  deviceDomain,
  NEVER,
  REGISTRATION,
  registrationOf,
  signedPart,
  signRegistration,
} from "../../scripts/lib/identity.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import { type DeviceRegistry, DeviceRegistry__factory } from "../../typechain-types/index.js";
import { registerDevice } from "./fixture.js";
import { actionsOf, claimOf, everythingOf, rotationOf, startingFrom } from "./registry.js";

describe("DeviceRegistry", () => {
  const load = startingFrom(async (identity) => {
    const { deviceRegistry, accounts } = identity;
    const key = Secp256k1Key.generate();
    await registerDevice(identity, key);
    return {
      registry: deviceRegistry,
      asAlice: deviceRegistry.connect(accounts.alice),
      key,
      deviceId: key.deviceId,
    };
  });

  describe("when it is deployed", () => {
    it("keeps the parts it was given, and announces its two key types", async () => {
      const identity = await load();
      const { registry, makerRegistry, deviceAccount, accessManager, p256Verifier } = identity;
      expect(await registry.makers()).to.equal(await makerRegistry.getAddress());
      expect(await registry.accountImplementation()).to.equal(await deviceAccount.getAddress());
      expect(await registry.erc6551Registry()).to.equal(ERC6551_REGISTRY);
      expect(await registry.authority()).to.equal(await accessManager.getAddress());
      const added = await registry.queryFilter(registry.filters.KeyTypeAdded());
      expect(added.map(({ args }) => [...args])).to.deep.equal([
        [1n, ZeroAddress, 20n, 0n],
        [2n, await p256Verifier.getAddress(), 64n, 500_000n],
      ]);
    });

    for (const missing of [1, 2, 3]) {
      it(`refuses part ${missing} if there is no code`, async () => {
        const { accessManager, makerRegistry, deviceAccount, p256Verifier, accounts, registry } =
          await load();
        const parts = [makerRegistry, deviceAccount, ERC6551_REGISTRY] as const;
        const nothing = accounts.stranger.address;
        const [makers, account, erc6551] = parts.map((part, index) =>
          index + 1 === missing ? nothing : part,
        );
        if (!makers || !account || !erc6551) throw new Error("three parts");
        const factory = new DeviceRegistry__factory(accounts.deployer);
        await expect(factory.deploy(accessManager, makers, account, erc6551, p256Verifier))
          .to.be.revertedWithCustomError(registry, "DeviceRegistryNoCode")
          .withArgs(nothing);
      });
    }

    it("refuses a P-256 verifier that is none", async () => {
      const { accessManager, makerRegistry, deviceAccount, accounts, connection } = await load();
      const factory = new DeviceRegistry__factory(accounts.deployer);
      for (const none of [accounts.stranger.address, await makerRegistry.getAddress()]) {
        const deploying = factory.deploy(
          accessManager,
          makerRegistry,
          deviceAccount,
          ERC6551_REGISTRY,
          none,
        );
        await expect(deploying).to.revert(connection.ethers);
      }
    });
  });

  describe("R47 for ADMIN, GUARDIAN, MAKER_VERIFIER and the deployer", () => {
    it("has nothing that touches another's device: they try it all", async () => {
      const loaded = await load();
      const { registry, accounts, deviceId, key, p256Verifier, accessManager } = loaded;
      const fresh = Secp256k1Key.generate();
      const { alice, admin, guardian, makerVerifier, deployer } = accounts;
      const claim = await claimOf(registry, fresh, alice.address);
      const { registration, deviceSignature } = claim;
      const acceptance = { deviceId, makerId: 1, modelHash: ZeroHash, deadline: NEVER };
      const beat = { deviceId, timestamp: 1, firmwareHash: ZeroHash, signature: "0x" };
      const until = NEVER;
      const attempts: Record<string, (by: DeviceRegistry, to: string) => Promise<unknown>> = {
        addKeyType: (by) => by.addKeyType(p256Verifier, 64, 1),
        announceKeyRotation: (by) => by.announceKeyRotation(deviceId, id("a key")),
        approve: (by, to) => by.approve(to, deviceId),
        attest: (by) => by.attest(acceptance, "0x000001", "0x"),
        cancelKeyRotation: (by) => by.cancelKeyRotation(deviceId),
        grantPermissions: (by, to) => by.grantPermissions(deviceId, to, 7, until),
        heartbeat: (by) => by.heartbeat(beat),
        register: (by) => by.register(registration, deviceSignature, "0x", "0x"),
        registerMany: (by) => by.registerMany([claim]),
        resume: (by) => by.resume(deviceId),
        retire: (by) => by.retire(deviceId),
        revokeAllGrants: (by) => by.revokeAllGrants(deviceId),
        rotateKey: (by) => by.rotateKey(rotationOf(deviceId, fresh), "0x", "0x", "0x"),
        safeTransferFrom: (by, to) =>
          by["safeTransferFrom(address,address,uint256)"](alice, to, deviceId),
        setAuthority: (by) => by.setAuthority(accessManager),
        setDocument: (by) => by.setDocument(deviceId, id("a document"), ""),
        setRevenuePayee: (by, to) => by.setRevenuePayee(deviceId, to),
        setUser: (by, to) => by.setUser(deviceId, to, until),
        suspend: (by) => by.suspend(deviceId),
        transferFrom: (by, to) => by.transferFrom(alice, to, deviceId),
      };
      const harmless: typeof attempts = {
        heartbeats: (by) => by.heartbeats([beat]),
        setApprovalForAll: (by) => by.setApprovalForAll(alice, true),
      };
      // A new function has to be tried here too.
      const tried = new Set([...Object.keys(attempts), ...Object.keys(harmless)]);
      expect(actionsOf(registry.interface)).to.deep.equal(tried);

      const before = await everythingOf(registry, deviceId);
      for (const who of [admin, guardian, makerVerifier, deployer]) {
        const by = registry.connect(who);
        for (const [name, attempt] of Object.entries(attempts)) {
          const refused: unknown = await attempt(by, who.address).catch((error: unknown) => error);
          expect(refused, `${name} by ${who.address}`).to.be.an.instanceOf(Error);
        }
        for (const attempt of Object.values(harmless)) await attempt(by, who.address);
      }
      expect(await everythingOf(registry, deviceId)).to.deep.equal(before);
      expect(await registry.ownerOf(deviceId)).to.equal(alice.address);
      expect(await registry.getApproved(deviceId)).to.equal(ZeroAddress);
      expect(await registry.keyTypeOf(1)).to.deep.equal([ZeroAddress, 20n, 0n]);
      expect(
        await registry.isDeviceSignature(deviceId, ZeroHash, await key.sign(ZeroHash)),
      ).to.equal(true);
    });

    it("takes another authority from its authority only", async () => {
      const { registry, accounts } = await load();
      for (const who of [accounts.admin, accounts.deployer, accounts.alice]) {
        await expect(registry.connect(who).setAuthority(accounts.stranger))
          .to.be.revertedWithCustomError(registry, "AccessManagedUnauthorized")
          .withArgs(who);
      }
    });
  });

  describe("R50 when it refuses", () => {
    it("says why through the typings: from a call, an estimate and a transaction", async () => {
      const { registry, accounts, deviceId } = await load();
      const asBob = registry.connect(accounts.bob);
      const refusals: (() => Promise<unknown>)[] = [
        () => asBob.grantPermissions.staticCall(deviceId, ZeroAddress, 1n, NEVER),
        () => asBob.grantPermissions.estimateGas(deviceId, ZeroAddress, 1n, NEVER),
      ];
      for (const refused of refusals) {
        const error: unknown = await refused().catch((reason: unknown) => reason);
        expect(error).to.have.property("data");
        const { data } = error as { data: string };
        const decoded = registry.interface.parseError(data);
        expect(decoded?.name).to.equal("DeviceRegistryUnauthorized");
        expect(decoded?.args.toObject()).to.deep.equal({
          deviceId,
          caller: accounts.bob.address,
        });
      }
      await expect(asBob.grantPermissions(deviceId, ZeroAddress, 1n, NEVER))
        .to.be.revertedWithCustomError(registry, "DeviceRegistryUnauthorized")
        .withArgs(deviceId, accounts.bob);
    });
  });

  describe("R14 R04 IDN-03 after a chain split", () => {
    /** The same code at the same address, immutables and all, where the chain has another id. */
    async function split() {
      const identity = await load();
      const { registry, connection } = identity;
      const other = await hre.network.create({ network: "default", override: { chainId: 31338 } });
      const address = await registry.getAddress();
      const code = await connection.ethers.provider.getCode(address);
      await other.networkHelpers.setCode(address, code);
      const { alice } = await namedAccounts(other.ethers);
      return { ...identity, there: DeviceRegistry__factory.connect(address, alice), alice };
    }

    it("asks for signatures of the chain it is on", async () => {
      const { registry, there, alice } = await split();
      const key = Secp256k1Key.generate();
      const registration = registrationOf(key, alice.address);
      const here = await signRegistration(registry, key, registration);
      await expect(there.register(registration, here, "0x", "0x"))
        .to.be.revertedWithCustomError(there, "DeviceRegistryInvalidDeviceSignature")
        .withArgs(key.keyHash);
      expect((await there.eip712Domain()).chainId).to.equal(31338n);
      const domain = { ...(await deviceDomain(registry)), chainId: 31338n };
      const signature = await signAsDevice(key, domain, REGISTRATION, signedPart(registration));
      await there.register(registration, signature, "0x", "0x");
      expect(await there.ownerOf(key.deviceId)).to.equal(alice.address);
    });

    it("keeps its wallets where they are, and names its devices by the chain it is on", async () => {
      const { registry, there, alice, key, deviceId } = await split();
      expect(await there.accountOf(deviceId)).to.equal(await registry.accountOf(deviceId));
      const registration = registrationOf(key, alice.address);
      const domain = { ...(await deviceDomain(registry)), chainId: 31338n };
      const signature = await signAsDevice(key, domain, REGISTRATION, signedPart(registration));
      await there.register(registration, signature, "0x", "0x");
      const address = (await there.getAddress()).toLowerCase();
      expect(await there.tokenURI(deviceId)).to.equal(
        `did:defiot:31338:${address}:${toBeHex(deviceId, 32)}`,
      );
    });
  });
});
