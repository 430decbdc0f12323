import { expect } from "chai";
import { ZeroHash } from "ethers";

import type { Parent, Publication } from "../../scripts/lib/data/publishing.js";
import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { registerDevice } from "../identity/fixture.js";
import { anyDataset, expectRefused, Kind, startingWithStation, submit } from "./assets.js";
import { publishDataset } from "./fixture.js";

const MAX_UINT32 = 2 ** 32 - 1;
const MAX_UINT48 = 2 ** 48 - 1;

describe("DataAssets: what may be published", () => {
  const load = startingWithStation(async (data) => {
    for (let i = 0; i < 6; i++) await publishDataset(data);
    return { assets: data.dataAssets };
  });

  /** Expects that a publication is refused, and what is said about it. */
  async function refuses(rest: Partial<Publication>, error: string, ...args: unknown[]) {
    const data = await load();
    const publication = anyDataset(data, rest);
    await expectRefused(data, submit(data, data.station, publication), publication, error, ...args);
  }

  /** Expects that a publication goes through, and gives its id. */
  async function accepts(rest: Partial<Publication>) {
    const data = await load();
    await submit(data, data.station, anyDataset(data, rest));
    expect(await data.assets.deviceOf(7n)).to.equal(data.station.deviceId);
    return { ...data, assetId: 7n };
  }

  describe("the content", () => {
    it("needs a root", async () => {
      await refuses({ contentRoot: ZeroHash }, "DataAssetsMissingRoot");
    });

    it("is published once by a device, whatever else the second publication says", async () => {
      const data = await load();
      const { station, accounts, assets, deviceRegistry } = data;
      const first = anyDataset(data);
      await submit(data, station, first);
      await deviceRegistry
        .connect(accounts.alice)
        .setUser(station.deviceId, accounts.bob, MAX_UINT48);
      const again = [
        {},
        { recordCount: 2, uri: "elsewhere" },
        { creator: accounts.bob.address },
        { kind: Kind.Stream, epochLength: 60, grace: 1 },
      ];
      for (const rest of again) {
        await expect(submit(data, station, { ...first, ...rest }))
          .to.be.revertedWithCustomError(assets, "DataAssetsKnownContent")
          .withArgs(station.deviceId, first.contentRoot, 7n);
      }
    });

    it("may be published by another device as well", async () => {
      const data = await load();
      const { assets, station } = data;
      const other = await registerDevice(data, Secp256k1Key.generate());
      const first = anyDataset(data);
      await submit(data, station, first);
      await submit(data, other, { ...first, deviceId: other.deviceId });
      expect(await assets.assetOf(station.deviceId, first.contentRoot)).to.equal(7n);
      expect(await assets.assetOf(other.deviceId, first.contentRoot)).to.equal(8n);
    });
  });

  describe("the period", () => {
    it("may be a second", async () => {
      await accepts({ from: 1000, to: 1000 });
    });

    it("does not end before it begins", async () => {
      await refuses({ from: 1000, to: 999 }, "DataAssetsInvalidPeriod", 1000, 999);
    });
  });

  describe("the royalty", () => {
    it("may be all of the price", async () => {
      const { assets, assetId, accounts } = await accepts({ royaltyBps: 10_000 });
      expect(await assets.royaltyInfo(assetId, 99n)).to.deep.equal([accounts.alice.address, 99n]);
    });

    it("is not more than that", async () => {
      await refuses({ royaltyBps: 10_001 }, "DataAssetsInvalidShare", 10_001);
    });
  });

  describe("the epochs of a stream", () => {
    const stream = (epochLength: number, grace: number, firstEpochStart = 0) => ({
      kind: Kind.Stream,
      epochLength,
      grace,
      firstEpochStart,
    });

    it("may be a second long, with a second of grace", async () => {
      await accepts(stream(1, 1));
    });

    it("may have grace until the next one ends", async () => {
      await accepts(stream(60, 60));
    });

    it("may be as long as 32 bits can say, from as late as 48 can", async () => {
      const { assets, assetId } = await accepts(stream(MAX_UINT32, MAX_UINT32, MAX_UINT48));
      const start = BigInt(MAX_UINT48);
      const length = BigInt(MAX_UINT32);
      expect(await assets.finalAt(assetId, 0)).to.equal(start + 2n * length);
      expect(await assets.finalAt(assetId, MAX_UINT32)).to.equal(start + (length + 2n) * length);
      expect(await assets.firstPendingEpoch(assetId)).to.equal(0n);
    });

    for (const [epochLength, grace, why] of [
      [60, 0, "no grace"],
      [60, 61, "grace of more than an epoch"],
      [0, 0, "no length"],
      [0, 1, "no length, but grace"],
    ] as const) {
      it(`are refused: ${why}`, async () => {
        const rest = stream(epochLength, grace, 5);
        await refuses(rest, "DataAssetsInvalidEpochs", epochLength, 5, grace);
      });
    }
  });

  describe("the epochs of a dataset", () => {
    for (const [field, args] of [
      ["epochLength", [60, 0, 0]],
      ["firstEpochStart", [0, 60, 0]],
      ["grace", [0, 0, 60]],
    ] as const) {
      it(`are none: ${field} is refused`, async () => {
        await refuses({ [field]: 60 }, "DataAssetsInvalidEpochs", ...args);
      });
    }
  });

  it("knows no third kind", async () => {
    const data = await load();
    const publication = anyDataset(data, { kind: 2 });
    await expect(submit(data, data.station, publication)).to.revert(data.connection.ethers);
  });

  describe("the parents", () => {
    const of = (...parents: [number, number][]): { parents: Parent[] } => ({
      parents: parents.map(([assetId, bps]) => ({ assetId, bps })),
    });

    for (const [count, parents] of [
      [0, []],
      [1, [[6, 0]]],
      [2, [[1, 10_000], [6, 0]]], // prettier-ignore
      [3, [[1, 0], [2, 1], [3, 2]]], // prettier-ignore
      [4, [[1, 0], [2, 9_999], [4, 0], [6, 1]]], // prettier-ignore
    ] as [number, [number, number][]][]) {
      it(`may be ${count}`, async () => {
        const { assets, assetId } = await accepts(of(...parents));
        const kept = (await assets.parentsOf(assetId)).map(({ assetId: parent, bps }) => [
          Number(parent),
          Number(bps),
        ]);
        expect(kept).to.deep.equal(parents);
        expect((await assets.standingOf(assetId)).derivative).to.equal(count !== 0);
      });
    }

    it("are not five", async () => {
      const five = of([1, 0], [2, 0], [3, 0], [4, 0], [5, 0]);
      await refuses(five, "DataAssetsTooManyParents", 5);
    });

    it("stand by rising id", async () => {
      await refuses(of([2, 0], [1, 0]), "DataAssetsInvalidParent", 1);
      await refuses(of([1, 0], [4, 0], [3, 0], [5, 0]), "DataAssetsInvalidParent", 3);
    });

    it("come once each", async () => {
      await refuses(of([2, 0], [2, 0]), "DataAssetsInvalidParent", 2);
    });

    it("exist", async () => {
      await refuses(of([1, 0], [8, 0]), "DataAssetsInvalidParent", 8);
      await refuses(of([MAX_UINT48, 0]), "DataAssetsInvalidParent", MAX_UINT48);
    });

    it("are not the asset itself", async () => {
      await refuses(of([7, 0]), "DataAssetsInvalidParent", 7);
    });

    it("R09 are not asset 0", async () => {
      await refuses(of([0, 0]), "DataAssetsInvalidParent", 0);
      await refuses(of([0, 0], [1, 0]), "DataAssetsInvalidParent", 0);
    });

    it("share all of the price, and not a bps more", async () => {
      await accepts(of([1, 4_000], [2, 6_000]));
      await refuses(of([1, 4_000], [2, 6_001]), "DataAssetsInvalidShare", 10_001);
      await refuses(of([1, 10_001]), "DataAssetsInvalidShare", 10_001);
      await refuses(
        of([1, 65_535], [2, 65_535], [3, 65_535], [4, 65_535]),
        "DataAssetsInvalidShare",
        4 * 65_535,
      );
    });

    it("may be somebody else's, and streams, and derived themselves", async () => {
      const data = await load();
      const { assets, accounts, station } = data;
      const other = await registerDevice(data, undefined, {}, accounts.bob);
      const theirs = anyDataset(data, {
        deviceId: other.deviceId,
        creator: accounts.bob.address,
        kind: Kind.Stream,
        epochLength: 1,
        grace: 1,
        ...of([1, 100]),
      });
      await submit(data, other, theirs);
      await submit(data, station, anyDataset(data, of([1, 50], [7, 100])));
      expect(await assets.parentsOf(8n)).to.deep.equal([
        [1n, 50n],
        [7n, 100n],
      ]);
    });
  });

  describe("what there is not", () => {
    it("R09 has no parents, no device, no payee and no clock", async () => {
      const { assets } = await load();
      for (const missing of [0n, 7n]) {
        expect(await assets.parentsOf(missing)).to.deep.equal([]);
        expect(await assets.deviceOf(missing)).to.equal(0n);
        expect(await assets.isPayeeFixed(missing)).to.equal(false);
        expect(await assets.streamOf(missing)).to.deep.equal([0n, 0n, 0n, 0n]);
        expect(await assets.headOf(missing)).to.equal(ZeroHash);
        expect(await assets.deliveredBits(missing, 0)).to.equal(0n);
        expect(await assets.deliveredBetween(missing, 0, 1000)).to.equal(0n);
      }
      expect(await assets.assetOf(0n, ZeroHash)).to.equal(0n);
    });
  });
});
