import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { AbiCoder, concat, id, keccak256, ZeroHash } from "ethers";

import { chainHead, type Link } from "../../scripts/lib/data/publishing.js";
import { startingWithStation } from "./assets.js";
import { append, publishDataset, publishStream } from "./fixture.js";

type Reading = [timestamp: number, celsius: number, where: string];
const FIELDS = ["uint48", "int16", "string"];

const reading = (n: number): Reading => [1_800_000_000 + n * 60, 200 - n, `hall ${n}`];
const encode = (record: Reading): string => AbiCoder.defaultAbiCoder().encode(FIELDS, record);
const treeOf = (first: number, count: number): StandardMerkleTree<Reading> =>
  StandardMerkleTree.of(
    Array.from({ length: count }, (_, n) => reading(first + n)),
    FIELDS,
  );

describe("DataAssets: proofs", () => {
  describe("DAT-11 of records", () => {
    const load = startingWithStation(async (data) => {
      const tree = treeOf(0, 11);
      const epochTree = treeOf(100, 6);
      const assetId = await publishDataset(data, { contentRoot: tree.root, recordCount: 11 });
      const stream = await publishStream(data);
      await data.connection.networkHelpers.time.increaseTo(stream.start + 4 * 86_400);
      await append(data, stream.assetId, 3, stream.contentRoot, { root: epochTree.root });
      return {
        assets: data.dataAssets,
        tree,
        epochTree,
        assetId,
        streamId: stream.assetId,
        stream,
      };
    });

    it("hold for every record of a dataset", async () => {
      const { assets, tree, assetId } = await load();
      for (const [index, record] of tree.entries()) {
        const proof = tree.getProof(index);
        expect(await assets.verifyRecord(assetId, 0, encode(record), proof)).to.equal(true);
      }
    });

    it("hold for every record of a stream's epoch", async () => {
      const { assets, epochTree, streamId } = await load();
      for (const [index, record] of epochTree.entries()) {
        const proof = epochTree.getProof(index);
        expect(await assets.verifyRecord(streamId, 3, encode(record), proof)).to.equal(true);
      }
    });

    it("do not hold for another record, nor for a record at another's place", async () => {
      const { assets, tree, assetId } = await load();
      for (const [index, record] of tree.entries()) {
        const proof = tree.getProof(index);
        const [timestamp, celsius, where] = record;
        for (const other of [
          reading(index + 100),
          reading((index + 1) % 11),
          [timestamp, celsius + 1, where],
        ] satisfies Reading[]) {
          expect(await assets.verifyRecord(assetId, 0, encode(other), proof)).to.equal(false);
        }
      }
    });

    it("do not hold with a proof that is shorter, longer or reordered", async () => {
      const { assets, tree, assetId } = await load();
      const record = encode(reading(0));
      const proof = tree.getProof(reading(0));
      expect(proof).not.to.have.lengthOf(0);
      for (const other of [
        [],
        proof.slice(1),
        proof.slice(0, -1),
        [...proof, ZeroHash],
        [...proof, tree.root],
        [...proof].reverse(),
      ]) {
        expect(await assets.verifyRecord(assetId, 0, record, other)).to.equal(false);
      }
    });

    it("R02 do not hold for an inner node given as a record (second preimage)", async () => {
      const { assets, tree, assetId } = await load();
      const nodes = tree.dump().tree;
      const hash = (node: number): string => String(nodes[node]);
      for (let node = 0; 2 * node + 2 < nodes.length; node++) {
        const children = [hash(2 * node + 1), hash(2 * node + 2)].sort();
        expect(keccak256(concat(children))).to.equal(hash(node));
        const proof: string[] = [];
        for (let at = node; at > 0; at = (at - 1) >> 1) {
          proof.push(hash(at % 2 === 1 ? at + 1 : at - 1));
        }
        for (const record of [concat(children), hash(node)]) {
          expect(await assets.verifyRecord(assetId, 0, record, proof)).to.equal(false);
        }
      }
    });

    it("do not hold for a leaf given as a record", async () => {
      const { assets, tree, assetId } = await load();
      const proof = tree.getProof(reading(0));
      for (const record of [tree.leafHash(reading(0)), keccak256(encode(reading(0)))]) {
        expect(await assets.verifyRecord(assetId, 0, record, proof)).to.equal(false);
      }
    });

    it("do not hold in another epoch or another asset", async () => {
      const { assets, tree, epochTree, assetId, streamId } = await load();
      const record = encode(reading(0));
      const proof = tree.getProof(reading(0));
      for (const [asset, epoch] of [
        [assetId, 1],
        [assetId, 3],
        [streamId, 0],
        [streamId, 3],
        [0n, 0],
        [9n, 0],
      ] as const) {
        expect(await assets.verifyRecord(asset, epoch, record, proof)).to.equal(false);
      }
      const inEpoch = epochTree.getProof(reading(100));
      for (const epoch of [0, 2, 4]) {
        const held = await assets.verifyRecord(streamId, epoch, encode(reading(100)), inEpoch);
        expect(held).to.equal(false);
      }
    });

    it("are empty for the only record of a dataset", async () => {
      const data = await load();
      const alone = treeOf(50, 1);
      const assetId = await publishDataset(data, { contentRoot: alone.root });
      const { assets } = data;
      expect(await assets.verifyRecord(assetId, 0, encode(reading(50)), [])).to.equal(true);
      expect(await assets.verifyRecord(assetId, 0, encode(reading(51)), [])).to.equal(false);
      expect(await assets.verifyRecord(assetId, 0, "0x", [])).to.equal(false);
    });

    it("do not hold under the root that a stream starts from", async () => {
      const data = await load();
      const tree = treeOf(200, 3);
      const { assetId } = await publishStream(data, {}, { contentRoot: tree.root });
      const proof = tree.getProof(reading(200));
      expect(await data.assets.verifyRecord(assetId, 0, encode(reading(200)), proof)).to.equal(
        false,
      );
    });

    it("hold for ever: also after sales, and the device's end", async () => {
      const { assets, tree, assetId, accounts, deviceRegistry, station } = await load();
      const { alice, bob } = accounts;
      await assets.connect(alice).transferFrom(alice, bob, assetId);
      await deviceRegistry.connect(alice).retire(station.deviceId);
      const proof = tree.getProof(reading(3));
      expect(await assets.verifyRecord(assetId, 0, encode(reading(3)), proof)).to.equal(true);
    });
  });

  describe("of roots", () => {
    const load = startingWithStation(async (data) => {
      const contentRoot = id("a dataset");
      const assetId = await publishDataset(data, { contentRoot });
      const stream = await publishStream(data);
      await data.connection.networkHelpers.time.increaseTo(stream.start + 3 * 86_400);
      const { root } = await append(data, stream.assetId, 1, stream.contentRoot);
      return { assets: data.dataAssets, assetId, contentRoot, stream, root: String(root) };
    });

    it("know a dataset's one root, as that of epoch 0", async () => {
      const { assets, assetId, contentRoot, stream } = await load();
      expect(await assets.verifyRoot(assetId, 0, contentRoot)).to.equal(true);
      expect(await assets.verifyRoot(assetId, 1, contentRoot)).to.equal(false);
      expect(await assets.verifyRoot(assetId, 0, ZeroHash)).to.equal(false);
      expect(await assets.verifyRoot(assetId, 0, id("another"))).to.equal(false);
      expect(await assets.verifyRoot(assetId, 0, stream.contentRoot)).to.equal(false);
    });

    it("know the root of each epoch that was appended", async () => {
      const { assets, stream, root, contentRoot } = await load();
      expect(await assets.verifyRoot(stream.assetId, 1, root)).to.equal(true);
      expect(await assets.verifyRoot(stream.assetId, 0, root)).to.equal(false);
      expect(await assets.verifyRoot(stream.assetId, 2, root)).to.equal(false);
      for (const other of [contentRoot, stream.contentRoot, ZeroHash, id("another")]) {
        for (const epoch of [0, 1, 2]) {
          expect(await assets.verifyRoot(stream.assetId, epoch, other)).to.equal(false);
        }
      }
    });

    it("R09 know none of asset 0 or of what is not there", async () => {
      const { assets, contentRoot, root } = await load();
      for (const missing of [0n, 3n]) {
        for (const any of [contentRoot, root, ZeroHash]) {
          expect(await assets.verifyRoot(missing, 0, any)).to.equal(false);
          expect(await assets.verifyRoot(missing, 1, any)).to.equal(false);
        }
      }
    });
  });

  describe("DAT-05 of chains", () => {
    const load = startingWithStation(async (data) => {
      const stream = await publishStream(data);
      const { assetId, contentRoot, start } = stream;
      await data.connection.networkHelpers.time.increaseTo(start + 6 * 86_400);
      const links: Link[] = [];
      let head = contentRoot;
      for (const epoch of [0, 1, 4]) {
        const link = await append(data, assetId, epoch, head, { recordCount: epoch + 1 });
        links.push({ epoch, root: link.root, recordCount: link.recordCount });
        head = chainHead(head, link);
      }
      const [first, second, third] = links as [Link, Link, Link];
      const verify = (chain: Link[], from = contentRoot): Promise<boolean> =>
        data.dataAssets.verifyChain(assetId, from, chain);
      return { assets: data.dataAssets, ...stream, links, first, second, third, head, verify };
    });

    it("hold for all epochs in order, from the start", async () => {
      const { assets, assetId, head, links, verify } = await load();
      expect(await assets.headOf(assetId)).to.equal(head);
      expect(await verify(links)).to.equal(true);
    });

    it("do not hold with one left out, at whichever place", async () => {
      const { first, second, third, verify } = await load();
      for (const chain of [[second, third], [first, third], [first, second], [first], []]) {
        expect(await verify(chain)).to.equal(false);
      }
    });

    it("do not hold with one added, one twice, or two in another order", async () => {
      const { first, second, third, links, verify } = await load();
      const invented: Link = { epoch: 5, root: id("invented"), recordCount: 1 };
      for (const chain of [
        [...links, invented],
        [invented, ...links],
        [first, second, second, third],
        [second, first, third],
        [first, third, second],
      ]) {
        expect(await verify(chain)).to.equal(false);
      }
    });

    it("do not hold with anything changed: a root, an epoch's number, a count", async () => {
      const { first, second, third, verify } = await load();
      for (const change of [
        { root: id("another") },
        { epoch: 2 },
        { recordCount: 3 },
      ] satisfies Partial<Link>[]) {
        expect(await verify([first, { ...second, ...change }, third])).to.equal(false);
      }
    });

    it("do not hold from another start, or from the middle", async () => {
      const { contentRoot, first, second, third, links, verify } = await load();
      expect(await verify(links, ZeroHash)).to.equal(false);
      expect(await verify(links, id("another"))).to.equal(false);
      expect(await verify([second, third], chainHead(contentRoot, first))).to.equal(false);
    });

    it("are empty while a stream has no epoch, and hold from its own start only", async () => {
      const data = await load();
      const { assets, contentRoot, first } = data;
      const fresh = await publishStream(data);
      expect(await assets.verifyChain(fresh.assetId, fresh.contentRoot, [])).to.equal(true);
      expect(await assets.verifyChain(fresh.assetId, fresh.contentRoot, [first])).to.equal(false);
      expect(await assets.verifyChain(fresh.assetId, contentRoot, [])).to.equal(false);
      expect(await assets.verifyChain(fresh.assetId, ZeroHash, [])).to.equal(false);
    });

    it("R09 hold for no other asset: not for 0, nor for what is not there", async () => {
      const { assets, contentRoot, links } = await load();
      for (const missing of [0n, 2n]) {
        for (const start of [contentRoot, ZeroHash]) {
          expect(await assets.verifyChain(missing, start, links)).to.equal(false);
          expect(await assets.verifyChain(missing, start, [])).to.equal(false);
        }
      }
    });
  });
});
