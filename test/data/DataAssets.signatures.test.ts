import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";
import hre from "hardhat";

import { namedAccounts } from "../../scripts/lib/accounts.js";
import {
  assetsDomain,
  type Epoch,
  PUBLICATION,
  type Publication,
  signAppend,
  signPublication,
} from "../../scripts/lib/data/publishing.js";
import { P256Key, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import { DataAssets__factory, DeviceRegistry__factory } from "../../typechain-types/index.js";
import { deployIdentity, registerDevice } from "../identity/fixture.js";
import { longSignature, malleated, nextBlockAt, rotate } from "../identity/registry.js";
import {
  anyDataset,
  expectRefused,
  Kind,
  signElsewhere,
  startingWithStation,
  submit,
  submitEpoch,
  UNSIGNED,
} from "./assets.js";
import { freshRoot, now, publishDataset, publishStream } from "./fixture.js";

describe("DataAssets: signatures", () => {
  const load = startingWithStation(async (data) => {
    const parents = [await publishDataset(data), await publishDataset(data)] as const;
    const { assetId, start, contentRoot } = await publishStream(data);
    return { assets: data.dataAssets, parents, assetId, start, contentRoot };
  });

  async function loadWithEpoch() {
    const data = await load();
    const { assetId, contentRoot, start, connection } = data;
    await connection.networkHelpers.time.increaseTo(start + 86_400);
    const epoch: Epoch = {
      assetId,
      epoch: 0,
      root: freshRoot(),
      previous: contentRoot,
      recordCount: 5,
    };
    return { ...data, epoch };
  }

  describe("DAT-06 R02 a publication of which anything was changed on its way", () => {
    /** A stream of two parents, with no field left empty. */
    async function signed() {
      const data = await load();
      const { station, accounts, parents } = data;
      const publication = anyDataset(data, {
        kind: Kind.Stream,
        recordCount: 12,
        metadataHash: id("metadata"),
        schemaHash: id("schema"),
        from: 1000,
        to: 2000,
        parents: parents.map((assetId) => ({ assetId, bps: 100 })),
        payee: accounts.carol.address,
        royaltyBps: 250,
        epochLength: 60,
        firstEpochStart: 1000,
        grace: 30,
        uri: "ipfs://data",
        deadline: (await now(data)) + 1000,
      });
      const signature = await signPublication(data.assets, station, publication);
      const other = await registerDevice(data);
      return { ...data, publication, signature, other };
    }

    type Signed = Awaited<ReturnType<typeof signed>>;
    const changes: Record<keyof Publication, (data: Signed) => Partial<Publication>> = {
      deviceId: ({ other }) => ({ deviceId: other.deviceId }),
      creator: ({ accounts }) => ({ creator: accounts.bob.address }),
      kind: () => ({ kind: Kind.Dataset, epochLength: 0, firstEpochStart: 0, grace: 0 }),
      contentRoot: () => ({ contentRoot: id("another") }),
      recordCount: () => ({ recordCount: 13 }),
      metadataHash: () => ({ metadataHash: ZeroHash }),
      schemaHash: () => ({ schemaHash: ZeroHash }),
      from: () => ({ from: 1001 }),
      to: () => ({ to: 2001 }),
      parents: ({ parents: [first] }) => ({ parents: [{ assetId: first, bps: 100 }] }),
      payee: () => ({ payee: ZeroAddress }),
      royaltyBps: () => ({ royaltyBps: 0 }),
      epochLength: () => ({ epochLength: 61 }),
      firstEpochStart: () => ({ firstEpochStart: 1001 }),
      grace: () => ({ grace: 31 }),
      uri: () => ({ uri: "ipfs://other" }),
      deadline: ({ publication }) => ({ deadline: Number(publication.deadline) + 1 }),
    };

    it("knows every field", async () => {
      const { publication } = await signed();
      expect(Object.keys(changes)).to.deep.equal(Object.keys(publication));
      expect(PUBLICATION.Publication?.map(({ name }) => name)).to.have.members(
        Object.keys(changes),
      );
    });

    for (const [field, change] of Object.entries(changes)) {
      it(`is refused: ${field}`, async () => {
        const data = await signed();
        const { station, publication, signature } = data;
        const changed = { ...publication, ...change(data) };
        const refused = submit(data, station, changed, signature);
        await expectRefused(data, refused, changed, UNSIGNED, changed.deviceId);
        await submit(data, station, publication, signature);
      });
    }

    it("is refused: a parent's share, a parent more, none", async () => {
      const data = await signed();
      const { station, publication, signature, parents, assetId } = data;
      const [first, second] = parents;
      for (const others of [
        [
          { assetId: first, bps: 100 },
          { assetId: second, bps: 99 },
        ],
        [...publication.parents, { assetId, bps: 0 }],
        [],
      ]) {
        const changed = { ...publication, parents: others };
        const refused = submit(data, station, changed, signature);
        await expectRefused(data, refused, changed, UNSIGNED, station.deviceId);
      }
    });
  });

  describe("DAT-06 R02 an epoch of which anything was changed on its way", () => {
    const changes: Record<string, (data: { parents: readonly bigint[] }) => Partial<Epoch>> = {
      epoch: () => ({ epoch: 1 }),
      root: () => ({ root: id("another") }),
      recordCount: () => ({ recordCount: 6 }),
    };
    for (const [field, change] of Object.entries(changes)) {
      it(`is refused: ${field}`, async () => {
        const data = await loadWithEpoch();
        const { assets, assetId, station, epoch, start } = data;
        await data.connection.networkHelpers.time.increaseTo(start + 2 * 86_400);
        const signature = await signAppend(assets, station, epoch);
        await expect(submitEpoch(data, station, { ...epoch, ...change(data) }, signature))
          .to.be.revertedWithCustomError(assets, UNSIGNED)
          .withArgs(station.deviceId);
        expect(await assets.headOf(assetId)).to.equal(ZeroHash);
        await submitEpoch(data, station, epoch, signature);
      });
    }

    it("is refused for another stream of the same device, though it starts at the same place", async () => {
      const data = await loadWithEpoch();
      const { assets, station, epoch, start, accounts } = data;
      const clock = { firstEpochStart: start, epochLength: 86_400, grace: 3_600 };
      const { assetId: second, contentRoot } = await publishStream(data, clock);
      const signature = await signAppend(assets, station, { ...epoch, previous: contentRoot });
      const asAnybody = assets.connect(accounts.relayer);
      await expect(asAnybody.append(second, 0, epoch.root, contentRoot, 5, signature))
        .to.be.revertedWithCustomError(assets, UNSIGNED)
        .withArgs(station.deviceId);
    });
  });

  describe("R03 the deadline", () => {
    it("lets a publication through in its last second", async () => {
      const data = await load();
      const deadline = (await now(data)) + 100;
      const publication = anyDataset(data, { deadline });
      const signature = await signPublication(data.assets, data.station, publication);
      await nextBlockAt(data, deadline);
      await submit(data, data.station, publication, signature);
      expect(await data.assets.deviceOf(4n)).to.equal(data.station.deviceId);
    });

    it("refuses it a second later", async () => {
      const data = await load();
      const deadline = (await now(data)) + 100;
      const publication = anyDataset(data, { deadline });
      const signature = await signPublication(data.assets, data.station, publication);
      await nextBlockAt(data, deadline + 1);
      const refused = submit(data, data.station, publication, signature);
      await expectRefused(data, refused, publication, "DataAssetsExpiredSignature", deadline);
    });
  });

  describe("R03 a used signature", () => {
    it("publishes nothing a second time, also after the asset was sold", async () => {
      const data = await load();
      const { assets, station, accounts } = data;
      const publication = anyDataset(data);
      const signature = await signPublication(assets, station, publication);
      await submit(data, station, publication, signature);
      await assets.connect(accounts.alice).transferFrom(accounts.alice, accounts.bob, 4n);
      await expect(submit(data, station, publication, signature))
        .to.be.revertedWithCustomError(assets, "DataAssetsKnownContent")
        .withArgs(station.deviceId, publication.contentRoot, 4n);
    });

    it("appends nothing a second time", async () => {
      const data = await loadWithEpoch();
      const { assets, station, epoch } = data;
      const signature = await signAppend(assets, station, epoch);
      await submitEpoch(data, station, epoch, signature);
      await expect(submitEpoch(data, station, epoch, signature))
        .to.be.revertedWithCustomError(assets, "DataAssetsStaleEpoch")
        .withArgs(0, 1);
    });
  });

  describe("R01 one action", () => {
    it("is not another: what publishes does not append, and the other way round", async () => {
      const data = await loadWithEpoch();
      const { assets, station, epoch } = data;
      const publication = anyDataset(data);
      const toPublish = await signPublication(assets, station, publication);
      const toAppend = await signAppend(assets, station, epoch);
      await expect(submitEpoch(data, station, epoch, toPublish))
        .to.be.revertedWithCustomError(assets, UNSIGNED)
        .withArgs(station.deviceId);
      const refused = submit(data, station, publication, toAppend);
      await expectRefused(data, refused, publication, UNSIGNED, station.deviceId);
    });

    it("R06 moves no token: a device's key sells neither its asset nor its device", async () => {
      const data = await load();
      const { assets, station, accounts } = data;
      const wallet = await data.deviceRegistry.accountOf(station.deviceId);
      for (const who of [wallet, station.key]) {
        await data.connection.networkHelpers.impersonateAccount(who);
        await data.connection.networkHelpers.setBalance(who, 10n ** 18n);
        const signer = await data.connection.ethers.getSigner(who);
        await expect(assets.connect(signer).transferFrom(accounts.alice, who, 1n))
          .to.be.revertedWithCustomError(assets, "ERC721InsufficientApproval")
          .withArgs(signer, 1n);
        await expect(assets.connect(signer).setPayee(1n, who))
          .to.be.revertedWithCustomError(assets, "DataAssetsUnauthorized")
          .withArgs(1n, signer);
      }
    });
  });

  describe("R04 R14 a signature meant for elsewhere", () => {
    const elsewhere = {
      "another chain": { chainId: 1n },
      "another contract": { verifyingContract: `0x${"11".repeat(20)}` },
      "another name": { name: "DeFIoT DataMarket" },
      "another version": { version: "2" },
    };
    for (const [where, domain] of Object.entries(elsewhere)) {
      it(`is refused: ${where}`, async () => {
        const data = await loadWithEpoch();
        const { assets, station, epoch } = data;
        const publication = anyDataset(data);
        const toPublish = await signElsewhere(assets, station, publication, domain);
        const refused = submit(data, station, publication, toPublish);
        await expectRefused(data, refused, publication, UNSIGNED, station.deviceId);
        const toAppend = await signElsewhere(assets, station, epoch, domain);
        await expect(submitEpoch(data, station, epoch, toAppend))
          .to.be.revertedWithCustomError(assets, UNSIGNED)
          .withArgs(station.deviceId);
      });
    }

    it("is one of before a chain split: the contract asks for the chain it is on", async () => {
      const data = await load();
      const { assets, deviceRegistry } = data;
      const other = await hre.network.create({ network: "default", override: { chainId: 31338 } });
      const code = await data.connection.ethers.provider.getCode(assets);
      await other.networkHelpers.setCode(await assets.getAddress(), code);
      const registryCode = await data.connection.ethers.provider.getCode(deviceRegistry);
      const registry = await deviceRegistry.getAddress();
      await other.networkHelpers.setCode(registry, registryCode);
      const { alice, relayer } = await namedAccounts(other.ethers);
      const key = Secp256k1Key.generate();
      const there = DataAssets__factory.connect(await assets.getAddress(), relayer);
      const identity = {
        ...data,
        deviceRegistry: DeviceRegistry__factory.connect(registry, relayer),
        accounts: { ...data.accounts, alice },
      };
      await registerDevice(identity, key);
      const publication = anyDataset({ ...data, station: key });
      const here = await signPublication(assets, key, publication);
      await expect(there.publish(publication, here))
        .to.be.revertedWithCustomError(there, UNSIGNED)
        .withArgs(key.deviceId);
      const domain = { ...(await assetsDomain(assets)), chainId: 31338n };
      await there.publish(publication, await signAsDevice(key, domain, PUBLICATION, publication));
      expect(await there.deviceOf(1n)).to.equal(key.deviceId);
    });
  });

  describe("DAT-06 the device", () => {
    it("R08 has to be registered", async () => {
      const data = await load();
      const key = Secp256k1Key.generate();
      const publication = anyDataset(data, { deviceId: key.deviceId });
      const refused = submit(data, key, publication);
      await expectRefused(data, refused, publication, UNSIGNED, key.deviceId);
      const nothing = anyDataset(data, { deviceId: 0n });
      await expectRefused(data, submit(data, key, nothing), nothing, UNSIGNED, 0n);
    });

    it("R07 has to be active in that block: not suspended, not retired", async () => {
      const data = await loadWithEpoch();
      const { assets, station, deviceRegistry, accounts, epoch } = data;
      const asAlice = deviceRegistry.connect(accounts.alice);
      const publication = anyDataset(data);
      const refuseAll = async () => {
        const refused = submit(data, station, publication);
        await expectRefused(data, refused, publication, UNSIGNED, station.deviceId);
        await expect(submitEpoch(data, station, epoch))
          .to.be.revertedWithCustomError(assets, UNSIGNED)
          .withArgs(station.deviceId);
      };
      await asAlice.suspend(station.deviceId);
      await refuseAll();
      await asAlice.resume(station.deviceId);
      await submit(data, station, publication);
      publication.contentRoot = freshRoot();
      await asAlice.retire(station.deviceId);
      await refuseAll();
    });

    it("signs with the key that it uses now, under the id that it had from the start", async () => {
      const data = await loadWithEpoch();
      const { assets, station, epoch } = data;
      const next = Secp256k1Key.generate();
      await rotate(data, station.deviceId, station, next);
      const publication = anyDataset(data);
      const refused = submit(data, station, publication);
      await expectRefused(data, refused, publication, UNSIGNED, station.deviceId);
      await expect(submitEpoch(data, station, epoch))
        .to.be.revertedWithCustomError(assets, UNSIGNED)
        .withArgs(station.deviceId);
      await submit(data, next, publication);
      await submitEpoch(data, next, epoch);
      expect(await assets.deviceOf(4n)).to.equal(station.deviceId);
      expect(await assets.epochRootOf(epoch.assetId, 0)).to.equal(epoch.root);
    });

    it("R08 is not another one: neither neighbours nor the owner can sign for it", async () => {
      const data = await loadWithEpoch();
      const { assets, station, accounts, epoch } = data;
      const other = await registerDevice(data);
      const publication = anyDataset(data);
      const refused = submit(data, other, publication);
      await expectRefused(data, refused, publication, UNSIGNED, station.deviceId);
      const domain = await assetsDomain(assets);
      const byOwner = await accounts.alice.signTypedData(domain, PUBLICATION, publication);
      const alsoRefused = submit(data, station, publication, byOwner);
      await expectRefused(data, alsoRefused, publication, UNSIGNED, station.deviceId);
      await expect(submitEpoch(data, other, epoch))
        .to.be.revertedWithCustomError(assets, UNSIGNED)
        .withArgs(station.deviceId);
    });

    it("R10 R11 signs in 64 or 65 bytes, never with zeros, nothing or a high s", async () => {
      const data = await load();
      const { assets, station } = data;
      const publication = anyDataset(data);
      const compact = await signPublication(assets, station, publication);
      const long = longSignature(compact);
      const zeros = `0x${"00".repeat(65)}`;
      for (const bad of ["0x", zeros, zeros.slice(0, -2), malleated(long), `${compact}0000`]) {
        const refused = submit(data, station, publication, bad);
        await expectRefused(data, refused, publication, UNSIGNED, station.deviceId);
      }
      await submit(data, station, publication, long);
    });
  });

  describe("DAT-06 a P-256 signature checked with too little gas", () => {
    it("is not called bad: the transaction says that gas is missing", async () => {
      const data = await load();
      const { assets, deviceRegistry, accounts } = data;
      const key = await P256Key.generate();
      await registerDevice(data, key);
      const publication = anyDataset(data, { deviceId: key.deviceId });
      const signature = await signPublication(assets, key, publication);
      const asAnybody = assets.connect(accounts.relayer);
      await expect(asAnybody.publish(publication, signature, { gasLimit: 400_000 }))
        .to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryInsufficientGas")
        .withArgs((needed: bigint) => needed > 500_000n);
      await asAnybody.publish(publication, signature);
      expect(await assets.deviceOf(4n)).to.equal(key.deviceId);
    });
  });

  for (const network of ["default", "osaka"] as const) {
    describe(`DAT-06 a device with a P-256 key, on the chain "${network}"`, () => {
      it("publishes and appends what it signed, and nothing else", async () => {
        const identity = await deployIdentity(network);
        const key = await P256Key.generate();
        const data = { ...identity, station: await registerDevice(identity, key) };
        const { dataAssets } = data;
        const { assetId, contentRoot, start } = await publishStream(data);
        await data.connection.networkHelpers.time.increaseTo(start + 86_400);
        const epoch = {
          assetId,
          epoch: 0,
          root: freshRoot(),
          previous: contentRoot,
          recordCount: 1,
        };
        const signature = await signAppend(dataAssets, key, epoch);
        await expect(submitEpoch(data, key, { ...epoch, recordCount: 2 }, signature))
          .to.be.revertedWithCustomError(dataAssets, UNSIGNED)
          .withArgs(key.deviceId);
        await submitEpoch(data, key, epoch, signature);
        expect(await dataAssets.isDelivered(assetId, 0)).to.equal(true);
      });
    });
  }
});
