import { expect } from "chai";
import { MaxUint256 } from "ethers";

import { chainHead } from "../../scripts/lib/data/publishing.js";
import { nextBlockAt } from "../identity/registry.js";
import { startingWithStation } from "./assets.js";
import { append, publishDataset, publishStream } from "./fixture.js";

const LENGTH = 100;
const GRACE = 30;

/** One bit for each epoch in [from, to). */
function bits(from: number, to: number): bigint {
  return (1n << BigInt(to)) - (1n << BigInt(from));
}

describe("DataAssets: when an epoch is final", () => {
  const load = startingWithStation(async (data) => {
    const stream = await publishStream(data, { epochLength: LENGTH, grace: GRACE });
    const { assetId, start } = stream;
    const { networkHelpers } = data.connection;
    const endOf = (epoch: number): number => start + (epoch + 1) * LENGTH;
    /** What the market would be told in the block of this second. */
    const pendingAt = async (timestamp: number): Promise<number> => {
      await networkHelpers.time.increaseTo(timestamp);
      return Number(await data.dataAssets.firstPendingEpoch(assetId));
    };
    return { assets: data.dataAssets, ...stream, endOf, pendingAt };
  });

  describe("by time alone", () => {
    it("is so from the end of grace on", async () => {
      const { assets, assetId, start } = await load();
      expect(await assets.finalAt(assetId, 0)).to.equal(start + LENGTH + GRACE);
      expect(await assets.finalAt(assetId, 7)).to.equal(start + 8 * LENGTH + GRACE);
    });

    it("leaves epoch 0 pending until its grace ends, then the next one", async () => {
      const { start, endOf, pendingAt } = await load();
      expect(await pendingAt(start + 5)).to.equal(0);
      expect(await pendingAt(endOf(0) + GRACE - 1)).to.equal(0);
      expect(await pendingAt(endOf(0) + GRACE)).to.equal(1);
      expect(await pendingAt(endOf(1) + GRACE - 1)).to.equal(1);
      expect(await pendingAt(endOf(8) + GRACE)).to.equal(9);
    });

    it("leaves epoch 0 pending before the stream begins", async () => {
      const data = await load();
      const firstEpochStart = data.start + 1_000_000;
      const { assetId } = await publishStream(data, { firstEpochStart });
      expect(await data.assets.firstPendingEpoch(assetId)).to.equal(0n);
      await data.connection.networkHelpers.time.increaseTo(firstEpochStart);
      expect(await data.assets.firstPendingEpoch(assetId)).to.equal(0n);
    });
  });

  describe("by delivery", () => {
    it("is so at once", async () => {
      const data = await load();
      const { assetId, contentRoot, endOf, pendingAt } = data;
      await nextBlockAt(data, endOf(0));
      const first = await append(data, assetId, 0, contentRoot);
      expect(await pendingAt(endOf(0) + 1)).to.equal(1);
      expect(await pendingAt(endOf(0) + GRACE - 1)).to.equal(1);
      // Not two, although it is both delivered and past its grace.
      expect(await pendingAt(endOf(0) + GRACE)).to.equal(1);
      await nextBlockAt(data, endOf(1));
      await append(data, assetId, 1, chainHead(contentRoot, first));
      expect(await pendingAt(endOf(1) + 1)).to.equal(2);
    });

    it("is not hurried by what comes after an epoch that was left out", async () => {
      const data = await load();
      const { assetId, contentRoot, endOf, pendingAt } = data;
      await nextBlockAt(data, endOf(1));
      await append(data, assetId, 1, contentRoot);
      expect(await pendingAt(endOf(1) + 1)).to.equal(2);
    });

    it("is not so by what came late", async () => {
      const data = await load();
      const { assets, assetId, contentRoot, endOf, pendingAt } = data;
      await nextBlockAt(data, endOf(0) + GRACE);
      await append(data, assetId, 0, contentRoot);
      expect(await pendingAt(endOf(1))).to.equal(1);
      expect(await assets.isDelivered(assetId, 0)).to.equal(false);
    });
  });

  describe("with grace as long as an epoch", () => {
    it("is never about two epochs at once", async () => {
      const data = await load();
      const { assets } = data;
      const { assetId, start, contentRoot } = await publishStream(data, {
        epochLength: LENGTH,
        grace: LENGTH,
      });
      await nextBlockAt(data, start + 2 * LENGTH - 1);
      const first = await append(data, assetId, 0, contentRoot);
      expect(await assets.firstPendingEpoch(assetId)).to.equal(1n);
      // Epoch 0 ends to be deliverable with the second in which epoch 1 begins to be.
      await nextBlockAt(data, start + 2 * LENGTH);
      await append(data, assetId, 1, chainHead(contentRoot, first));
      expect(await assets.firstPendingEpoch(assetId)).to.equal(2n);
    });
  });

  describe("over the borders of the words that hold 256 epochs", () => {
    const DELIVERED = [0, 1, 254, 255, 256, 257, 511, 512, 700];

    /** A stream of short epochs, of which these are delivered, and 300 came late. */
    const loadLong = startingWithStation(async (data) => {
      const { assetId, start, contentRoot } = await publishStream(data, {
        epochLength: 10,
        grace: 10,
      });
      const late = 300;
      let head = contentRoot;
      for (const epoch of [...DELIVERED, late].sort((a, b) => a - b)) {
        await nextBlockAt(data, start + (epoch + 1) * 10 + (epoch === late ? 10 : 0));
        head = chainHead(head, await append(data, assetId, epoch, head));
      }
      return { assets: data.dataAssets, assetId };
    });

    it("keeps each epoch's bit in its place, and no other", async () => {
      const { assets, assetId } = await loadLong();
      const words = [0n, 0n, 0n, 0n];
      for (const epoch of DELIVERED) {
        const index = Math.floor(epoch / 256);
        words[index] = (words[index] ?? 0n) | bits(epoch % 256, (epoch % 256) + 1);
      }
      for (const [index, word] of words.entries()) {
        expect(await assets.deliveredBits(assetId, index)).to.equal(word);
      }
      for (const epoch of [0, 1, 2, 253, 254, 255, 256, 257, 258, 300, 510, 511, 512, 513, 700]) {
        const isDelivered = DELIVERED.includes(epoch);
        expect(await assets.isDelivered(assetId, epoch), String(epoch)).to.equal(isDelivered);
      }
      expect(await assets.isDelivered(assetId, 2 ** 32 - 1)).to.equal(false);
    });

    it("counts what was delivered in any range", async () => {
      const { assets, assetId } = await loadLong();
      const marks = [
        0, 1, 2, 254, 255, 256, 257, 258, 300, 301, 511, 512, 513, 700, 701, 768, 1100,
      ];
      for (const from of marks) {
        for (const to of marks) {
          const count = DELIVERED.filter((epoch) => epoch >= from && epoch < to).length;
          const counted = await assets.deliveredBetween(assetId, from, to);
          expect(counted, `[${from}, ${to})`).to.equal(BigInt(count));
        }
      }
    });

    it("counts nothing in a range that is empty or backwards, wherever it is", async () => {
      const { assets, assetId } = await loadLong();
      for (const [from, to] of [
        [0, 0],
        [255, 255],
        [256, 256],
        [256, 0],
        [257, 255],
        [MaxUint256, MaxUint256],
        [MaxUint256, 0],
      ] as const) {
        expect(await assets.deliveredBetween(assetId, from, to)).to.equal(0n);
      }
    });

    it("is of one stream alone", async () => {
      const data = await loadLong();
      const { assets } = data;
      const { assetId } = await publishStream(data);
      const dataset = await publishDataset(data);
      for (const other of [assetId, dataset, 0n]) {
        expect(await assets.deliveredBetween(other, 0, 1100)).to.equal(0n);
        expect(await assets.deliveredBits(other, 0)).to.equal(0n);
        expect(await assets.isDelivered(other, 0)).to.equal(false);
      }
    });
  });
});
