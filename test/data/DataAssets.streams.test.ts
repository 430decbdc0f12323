import { expect } from "chai";
import { id, ZeroHash } from "ethers";

import { chainHead, type Epoch } from "../../scripts/lib/data/publishing.js";
import { Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf, nextBlockAt } from "../identity/registry.js";
import { everythingOf, startingWithStation, submitEpoch, UNSIGNED } from "./assets.js";
import { append, freshRoot, publishDataset, publishStream } from "./fixture.js";

const LENGTH = 1000;
const GRACE = 300;
const MAX_UINT32 = 2 ** 32 - 1;

describe("DataAssets: growing streams", () => {
  const load = startingWithStation(async (data) => {
    const stream = await publishStream(data, { epochLength: LENGTH, grace: GRACE });
    const { assetId, contentRoot, start } = stream;
    /** An epoch that follows on what the chain was when the stream was published. */
    const epochOf = (epoch: number, rest: Partial<Epoch> = {}): Epoch => ({
      assetId,
      epoch,
      root: freshRoot(),
      previous: contentRoot,
      recordCount: 9,
      ...rest,
    });
    const endOf = (epoch: number): number => start + (epoch + 1) * LENGTH;
    return { assets: data.dataAssets, ...stream, epochOf, endOf };
  });

  describe("an epoch", () => {
    it("is appended from its end on: root, head and next epoch are kept, and all is said", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, station, epochOf, endOf, start } = data;
      const before = await everythingOf(assets, assetId);
      const epoch = epochOf(0);
      const head = chainHead(contentRoot, epoch);
      await nextBlockAt(data, endOf(0));
      expect(await eventsOf(assets, submitEpoch(data, station, epoch))).to.deep.equal([
        ["EpochAppended", assetId, 0n, epoch.root, head, 9n, true],
        ["MetadataUpdate", assetId],
      ]);
      expect(await everythingOf(assets, assetId)).to.deep.equal({
        ...before,
        stream: {
          epochLength: BigInt(LENGTH),
          grace: BigInt(GRACE),
          firstEpochStart: BigInt(start),
          nextEpoch: 1n,
        },
        head,
        bits: 1n,
        roots: [epoch.root, ZeroHash, ZeroHash, ZeroHash],
      });
    });

    it("R38 is not appended in its last second", async () => {
      const data = await load();
      const { assets, station, epochOf, endOf } = data;
      await nextBlockAt(data, endOf(0) - 1);
      await expect(submitEpoch(data, station, epochOf(0)))
        .to.be.revertedWithCustomError(assets, "DataAssetsEpochNotOver")
        .withArgs(0, endOf(0));
      await nextBlockAt(data, endOf(1) - 1);
      await expect(submitEpoch(data, station, epochOf(1)))
        .to.be.revertedWithCustomError(assets, "DataAssetsEpochNotOver")
        .withArgs(1, endOf(1));
    });

    it("is not appended before the stream begins, however far away that is", async () => {
      const data = await load();
      const { assets, station } = data;
      const clock = { epochLength: 1, grace: 1, firstEpochStart: 2 ** 48 - 1 };
      const { assetId, contentRoot: previous } = await publishStream(data, clock);
      const epoch = { assetId, epoch: MAX_UINT32, root: id("root"), previous, recordCount: 0 };
      await expect(submitEpoch(data, station, epoch))
        .to.be.revertedWithCustomError(assets, "DataAssetsEpochNotOver")
        .withArgs(MAX_UINT32, 2 ** 48 - 1 + 2 ** 32);
    });

    it("counts as delivered in the last second of grace", async () => {
      const data = await load();
      const { assets, assetId, station, epochOf, endOf } = data;
      await nextBlockAt(data, endOf(0) + GRACE - 1);
      const events = await eventsOf(assets, submitEpoch(data, station, epochOf(0)));
      expect(events[0]?.[6]).to.equal(true);
      expect(await assets.isDelivered(assetId, 0)).to.equal(true);
      expect(await assets.deliveredBits(assetId, 0)).to.equal(1n);
    });

    it("is stored, and not delivered, a second later", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, station, epochOf, endOf } = data;
      await nextBlockAt(data, endOf(0) + GRACE);
      const epoch = epochOf(0);
      const head = chainHead(contentRoot, epoch);
      expect(await eventsOf(assets, submitEpoch(data, station, epoch))).to.deep.equal([
        ["EpochAppended", assetId, 0n, epoch.root, head, 9n, false],
        ["MetadataUpdate", assetId],
      ]);
      expect(await assets.isDelivered(assetId, 0)).to.equal(false);
      expect(await assets.deliveredBits(assetId, 0)).to.equal(0n);
      expect(await assets.epochRootOf(assetId, 0)).to.equal(epoch.root);
      expect(await assets.verifyRoot(assetId, 0, epoch.root)).to.equal(true);
      expect((await assets.streamOf(assetId)).nextEpoch).to.equal(1n);
    });

    it("may be left out, and is then not made up for", async () => {
      const data = await load();
      const { assets, assetId, station, epochOf, endOf } = data;
      await nextBlockAt(data, endOf(2));
      const third = epochOf(2);
      await submitEpoch(data, station, third);
      expect((await assets.streamOf(assetId)).nextEpoch).to.equal(3n);
      expect(await assets.deliveredBits(assetId, 0)).to.equal(0b100n);
      const previous = await assets.headOf(assetId);
      for (const stale of [0, 1, 2]) {
        await expect(submitEpoch(data, station, epochOf(stale, { previous })))
          .to.be.revertedWithCustomError(assets, "DataAssetsStaleEpoch")
          .withArgs(stale, 3);
      }
      expect(await assets.epochRootOf(assetId, 0)).to.equal(ZeroHash);
    });

    it("follows a late one, on the same chain", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, endOf } = data;
      await nextBlockAt(data, endOf(1));
      const late = await append(data, assetId, 0, contentRoot);
      await append(data, assetId, 1, chainHead(contentRoot, late));
      expect(await assets.deliveredBits(assetId, 0)).to.equal(0b10n);
    });

    it("needs a root", async () => {
      const data = await load();
      const { assets, station, epochOf, endOf } = data;
      await nextBlockAt(data, endOf(0));
      await expect(
        submitEpoch(data, station, epochOf(0, { root: ZeroHash })),
      ).to.be.revertedWithCustomError(assets, "DataAssetsMissingRoot");
    });

    it("may have the root of another epoch, or the stream's own", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, endOf } = data;
      await nextBlockAt(data, endOf(1));
      const first = await append(data, assetId, 0, contentRoot, { root: contentRoot });
      const head = chainHead(contentRoot, first);
      await append(data, assetId, 1, head, { root: contentRoot });
      expect(await assets.verifyRoot(assetId, 0, contentRoot)).to.equal(true);
      expect(await assets.verifyRoot(assetId, 1, contentRoot)).to.equal(true);
    });

    it("is appended by nobody but the stream's own device", async () => {
      const data = await load();
      const { assets, station, epochOf, endOf } = data;
      const other = await registerDevice(data, Secp256k1Key.generate());
      await nextBlockAt(data, endOf(0));
      await expect(submitEpoch(data, other, epochOf(0)))
        .to.be.revertedWithCustomError(assets, UNSIGNED)
        .withArgs(station.deviceId);
    });

    it("goes on being appended when asset and device are sold, each to another", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, accounts, station, deviceRegistry, endOf } = data;
      const { alice, bob, carol } = accounts;
      await assets.connect(alice).transferFrom(alice, bob, assetId);
      await deviceRegistry.connect(alice).transferFrom(alice, carol, station.deviceId);
      await nextBlockAt(data, endOf(0));
      await append(data, assetId, 0, contentRoot);
      expect(await assets.isDelivered(assetId, 0)).to.equal(true);
      expect(await assets.ownerOf(assetId)).to.equal(bob.address);
    });
  });

  describe("the chain", () => {
    it("starts from the stream's own content root", async () => {
      const data = await load();
      const { assets, assetId, station, epochOf, endOf } = data;
      const other = await publishStream(data, { epochLength: LENGTH, grace: GRACE });
      await nextBlockAt(data, endOf(0));
      for (const previous of [ZeroHash, id("another"), other.contentRoot]) {
        await expect(submitEpoch(data, station, epochOf(0, { previous })))
          .to.be.revertedWithCustomError(assets, "DataAssetsBrokenChain")
          .withArgs(assetId, previous);
      }
    });

    it("goes on from its end only", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, station, epochOf, endOf } = data;
      await nextBlockAt(data, endOf(2));
      const first = await append(data, assetId, 0, contentRoot);
      const firstHead = chainHead(contentRoot, first);
      await append(data, assetId, 1, firstHead);
      for (const previous of [contentRoot, firstHead, String(first.root), ZeroHash]) {
        await expect(submitEpoch(data, station, epochOf(2, { previous })))
          .to.be.revertedWithCustomError(assets, "DataAssetsBrokenChain")
          .withArgs(assetId, previous);
      }
    });

    it("is not that of another device, though the roots are the same", async () => {
      const data = await load();
      const { assets, contentRoot, start } = data;
      const other = await registerDevice(data, Secp256k1Key.generate());
      const clock = { epochLength: LENGTH, grace: GRACE, firstEpochStart: start };
      const theirs = { ...data, station: other };
      const { assetId } = await publishStream(theirs, clock);
      await nextBlockAt(data, start + LENGTH);
      await expect(append(theirs, assetId, 0, contentRoot))
        .to.be.revertedWithCustomError(assets, "DataAssetsBrokenChain")
        .withArgs(assetId, contentRoot);
    });
  });

  describe("DAT-05 R49 a root", () => {
    it("never changes: no later epoch, and no second try, touches it", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, station, epochOf, endOf } = data;
      await nextBlockAt(data, endOf(3));
      const roots = [ZeroHash, ZeroHash, ZeroHash, ZeroHash];
      let head = contentRoot;
      for (const epoch of [0, 1, 3]) {
        const appended = await append(data, assetId, epoch, head);
        head = chainHead(head, appended);
        roots[epoch] = String(appended.root);
        for (let again = 0; again <= epoch; again++) {
          await expect(submitEpoch(data, station, epochOf(again, { previous: head })))
            .to.be.revertedWithCustomError(assets, "DataAssetsStaleEpoch")
            .withArgs(again, epoch + 1);
        }
        for (const [known, root] of roots.entries()) {
          expect(await assets.epochRootOf(assetId, known)).to.equal(root);
        }
      }
      expect(await assets.verifyRoot(assetId, 2, ZeroHash)).to.equal(false);
    });
  });

  describe("where there is no stream", () => {
    it("R09 appends nothing: to a dataset, to what is not there, to asset 0", async () => {
      const data = await load();
      const { assets, station, epochOf, endOf } = data;
      const dataset = await publishDataset(data);
      await nextBlockAt(data, endOf(0));
      for (const assetId of [dataset, dataset + 1n, 0n]) {
        await expect(submitEpoch(data, station, epochOf(0, { assetId })))
          .to.be.revertedWithCustomError(assets, "DataAssetsNotAStream")
          .withArgs(assetId);
        await expect(assets.finalAt(assetId, 0))
          .to.be.revertedWithCustomError(assets, "DataAssetsNotAStream")
          .withArgs(assetId);
        await expect(assets.firstPendingEpoch(assetId))
          .to.be.revertedWithCustomError(assets, "DataAssetsNotAStream")
          .withArgs(assetId);
      }
    });
  });

  describe("at the end of what 32 bits can name", () => {
    it("appends the last epoch but one, and refuses the last", async () => {
      const data = await load();
      const { assets, station, connection } = data;
      const clock = { epochLength: 1, grace: 1, firstEpochStart: 0 };
      const { assetId, contentRoot } = await publishStream(data, clock);
      const last = {
        assetId,
        epoch: MAX_UINT32,
        root: id("root"),
        previous: contentRoot,
        recordCount: 0,
      };
      await connection.networkHelpers.time.increaseTo(2 ** 32 + 10);
      await expect(submitEpoch(data, station, last))
        .to.be.revertedWithCustomError(assets, "SafeCastOverflowedUintDowncast")
        .withArgs(32, 2 ** 32);
      await submitEpoch(data, station, { ...last, epoch: MAX_UINT32 - 1 });
      expect((await assets.streamOf(assetId)).nextEpoch).to.equal(BigInt(MAX_UINT32));
    });
  });
});
