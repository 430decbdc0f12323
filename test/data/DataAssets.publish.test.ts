import { expect } from "chai";
import { id, ZeroAddress, ZeroHash } from "ethers";

import { type Publication, signPublication, streamOf } from "../../scripts/lib/data/publishing.js";
import { P256Key, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NEVER } from "../../scripts/lib/identity.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf, nextBlockAt, Permission, plain } from "../identity/registry.js";
import {
  anyDataset,
  everythingOf,
  expectRefused,
  Kind,
  standingOf,
  startingWithStation,
  submit,
} from "./assets.js";
import { DAY, freshRoot, HOUR, now, publishDataset } from "./fixture.js";

const EVERYTHING_ELSE = 2n ** 128n - 1n - Permission.Data;

describe("DataAssets: publishing", () => {
  const load = startingWithStation(async (data) => ({ assets: data.dataAssets }));

  describe("a dataset", () => {
    it("becomes a token of its creator, whoever sends it, and says all that was signed", async () => {
      const data = await load();
      const { assets, accounts, station } = data;
      const publication = anyDataset(data, {
        recordCount: 12,
        metadataHash: id("metadata"),
        schemaHash: id("schema"),
        from: 1000,
        to: 2000,
        royaltyBps: 250,
        payee: accounts.carol.address,
        uri: "ipfs://data",
      });
      const signature = await signPublication(assets, station, publication);
      expect(
        await assets.connect(accounts.relayer).publish.staticCall(publication, signature),
      ).to.equal(1n);
      const receipt = await (await submit(data, station, publication, signature)).wait();
      const events = (receipt?.logs ?? []).map((log) => assets.interface.parseLog(log));
      expect(events.map((event) => event?.name)).to.deep.equal(["Transfer", "AssetPublished"]);
      expect([...(events[0]?.args ?? [])]).to.deep.equal([ZeroAddress, accounts.alice.address, 1n]);
      const [assetId, deviceId, creator, said] = (events[1]?.args ?? []) as unknown[];
      expect([assetId, deviceId, creator]).to.deep.equal([
        1n,
        station.deviceId,
        accounts.alice.address,
      ]);
      const encode = (value: Publication): string =>
        assets.interface.encodeFunctionData("publish", [value, "0x"]);
      expect(encode(said as Publication)).to.equal(encode(publication));

      expect(await everythingOf(assets, 1n)).to.deep.equal({
        owner: accounts.alice.address,
        device: station.deviceId,
        kind: BigInt(Kind.Dataset),
        standing: {
          owner: accounts.alice.address,
          payee: accounts.carol.address,
          transfers: 0n,
          derivative: false,
        },
        fixed: false,
        parents: [],
        royalty: [accounts.alice.address, 250n],
        stream: { epochLength: 0n, grace: 0n, firstEpochStart: 0n, nextEpoch: 0n },
        head: ZeroHash,
        bits: 0n,
        roots: [ZeroHash, ZeroHash, ZeroHash, ZeroHash],
      });
      expect(await assets.assetOf(station.deviceId, publication.contentRoot)).to.equal(1n);
    });

    it("names no payee where it is the owner of the moment", async () => {
      const data = await load();
      const { assets, accounts, station } = data;
      const publication = anyDataset(data);
      const events = await eventsOf(assets, submit(data, station, publication));
      expect(events[1]?.slice(0, 4)).to.deep.equal([
        "AssetPublished",
        1n,
        station.deviceId,
        accounts.alice.address,
      ]);
      expect((await assets.standingOf(1n)).payee).to.equal(accounts.alice.address);
    });

    it("gets the next id, from 1", async () => {
      const data = await load();
      for (const expected of [1n, 2n, 3n]) expect(await publishDataset(data)).to.equal(expected);
    });

    it("gets no id and no token when it is refused", async () => {
      const data = await load();
      const { assets, station, accounts } = data;
      const missing = anyDataset(data, { contentRoot: ZeroHash });
      const refused = submit(data, station, missing);
      await expectRefused(data, refused, missing, "DataAssetsMissingRoot");
      expect(await assets.balanceOf(accounts.alice)).to.equal(0n);
      expect(await publishDataset(data)).to.equal(1n);
    });
  });

  describe("a stream", () => {
    it("keeps its clock, and has no epoch yet", async () => {
      const data = await load();
      const { assets, accounts, station } = data;
      const clock = { epochLength: DAY, grace: HOUR, firstEpochStart: 1_800_000_000 };
      const stream = streamOf(station, accounts.alice.address, freshRoot(), clock);
      await submit(data, station, stream);
      expect(await assets.kindOf(1n)).to.equal(BigInt(Kind.Stream));
      expect(plain(await assets.streamOf(1n))).to.deep.equal({
        epochLength: BigInt(DAY),
        grace: BigInt(HOUR),
        firstEpochStart: 1_800_000_000n,
        nextEpoch: 0n,
      });
      expect(await assets.headOf(1n)).to.equal(ZeroHash);
      expect(await standingOf(assets, 1n)).to.deep.equal([accounts.alice.address, 0n, false]);
    });
  });

  describe("by a device", () => {
    for (const chain of ["secp256k1", "P-256"] as const) {
      it(`works with a key of ${chain}`, async () => {
        const data = await load();
        const key = chain === "P-256" ? await P256Key.generate() : Secp256k1Key.generate();
        await registerDevice(data, key);
        const publication = anyDataset(data, { deviceId: key.deviceId });
        await submit(data, key, publication);
        expect(await data.assets.deviceOf(1n)).to.equal(key.deviceId);
      });
    }
  });

  describe("the creator", () => {
    it("may be the device's owner, and after a sale is the new one", async () => {
      const data = await load();
      const { assets, accounts, station, deviceRegistry } = data;
      const { alice, bob } = accounts;
      await deviceRegistry.connect(alice).transferFrom(alice, bob, station.deviceId);
      const old = anyDataset(data);
      await expectRefused(
        data,
        submit(data, station, old),
        old,
        "DataAssetsUnauthorizedCreator",
        station.deviceId,
        alice,
      );
      await submit(data, station, { ...old, creator: bob.address });
      expect(await assets.ownerOf(1n)).to.equal(bob.address);
    });

    it("R38 may be the device's user, to the last second of his time", async () => {
      const data = await load();
      const { assets, accounts, station, deviceRegistry } = data;
      const { alice, bob } = accounts;
      const until = (await now(data)) + 1000;
      await deviceRegistry.connect(alice).setUser(station.deviceId, bob, until);
      await nextBlockAt(data, until);
      await submit(data, station, anyDataset(data, { creator: bob.address }));
      expect(await assets.ownerOf(1n)).to.equal(bob.address);

      const late = anyDataset(data, { creator: bob.address });
      await nextBlockAt(data, until + 1);
      await expectRefused(
        data,
        submit(data, station, late),
        late,
        "DataAssetsUnauthorizedCreator",
        station.deviceId,
        bob,
      );
    });

    it("R38 may be who holds DATA, to the last second of the grant", async () => {
      const data = await load();
      const { assets, accounts, station, deviceRegistry } = data;
      const { alice, bob } = accounts;
      const until = (await now(data)) + 1000;
      const granting = deviceRegistry.connect(alice);
      await granting.grantPermissions(station.deviceId, bob, Permission.Data, until);
      await nextBlockAt(data, until);
      await submit(data, station, anyDataset(data, { creator: bob.address }));
      expect(await assets.ownerOf(1n)).to.equal(bob.address);

      const late = anyDataset(data, { creator: bob.address });
      await nextBlockAt(data, until + 1);
      await expectRefused(
        data,
        submit(data, station, late),
        late,
        "DataAssetsUnauthorizedCreator",
        station.deviceId,
        bob,
      );
    });

    it("is not who holds every other permission", async () => {
      const data = await load();
      const { accounts, station, deviceRegistry } = data;
      const { alice, bob } = accounts;
      const granting = deviceRegistry.connect(alice);
      await granting.grantPermissions(station.deviceId, bob, EVERYTHING_ELSE, NEVER);
      const publication = anyDataset(data, { creator: bob.address });
      await expectRefused(
        data,
        submit(data, station, publication),
        publication,
        "DataAssetsUnauthorizedCreator",
        station.deviceId,
        bob,
      );
    });

    it("is not a stranger, an approved account or the device's own wallet", async () => {
      const data = await load();
      const { accounts, station, deviceRegistry } = data;
      const { alice, bob, carol, stranger } = accounts;
      await deviceRegistry.connect(alice).approve(bob, station.deviceId);
      await deviceRegistry.connect(alice).setApprovalForAll(carol, true);
      const wallet = await deviceRegistry.accountOf(station.deviceId);
      for (const creator of [bob.address, carol.address, stranger.address, wallet]) {
        const publication = anyDataset(data, { creator });
        await expectRefused(
          data,
          submit(data, station, publication),
          publication,
          "DataAssetsUnauthorizedCreator",
          station.deviceId,
          creator,
        );
      }
    });

    it("R09 is not nobody, also while the device has no user", async () => {
      const data = await load();
      const publication = anyDataset(data, { creator: ZeroAddress });
      await expectRefused(
        data,
        submit(data, data.station, publication),
        publication,
        "ERC721InvalidReceiver",
        ZeroAddress,
      );
    });

    it("holds what is right for one device, not for another of the same owner", async () => {
      const data = await load();
      const { accounts, station, deviceRegistry } = data;
      const { alice, bob } = accounts;
      const other = await registerDevice(data);
      await deviceRegistry.connect(alice).setUser(station.deviceId, bob, NEVER);
      const publication = anyDataset(data, { creator: bob.address, deviceId: other.deviceId });
      await expectRefused(
        data,
        submit(data, other, publication),
        publication,
        "DataAssetsUnauthorizedCreator",
        other.deviceId,
        bob,
      );
    });

    it("may be a contract that knows nothing of tokens, and is not called", async () => {
      const data = await load();
      const { assets, station, deviceRegistry, accounts, accessManager } = data;
      const contract = await accessManager.getAddress();
      await deviceRegistry.connect(accounts.alice).setUser(station.deviceId, contract, NEVER);
      await submit(data, station, anyDataset(data, { creator: contract }));
      expect(await assets.ownerOf(1n)).to.equal(contract);
    });
  });
});
