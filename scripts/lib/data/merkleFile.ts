// A standard Merkle tree in a file: built in one pass with a few kilobytes of memory, whatever its size, and
// read back a proof at a time.
//
// The file holds the nodes, 32 bytes each, and nothing else: the n leaves in order, then node n + k as the
// parent of nodes 2k and 2k + 1, to the root, which is the last. So the builder only ever appends, and reads
// behind itself. It is @openzeppelin/merkle-tree's array back to front, with `sortLeaves: false`.
import { type FileHandle, open } from "node:fs/promises";

import { hexlify } from "ethers";

import { fail } from "../terminal.js";
import { nodeHash } from "./leaf.js";
import { writeWhole } from "./wholeFile.js";

const NODE = 32;

/** Nodes that are read or written at once. */
const BATCH = 4_096;

/** Writes the tree of some leaves, and says what it proves and how many there are. */
export async function writeTree(
  leaves: AsyncIterable<Uint8Array>,
  treeFile: string,
): Promise<{ root: string; recordCount: number }> {
  return writeWhole(treeFile, async (file) => {
    const recordCount = await appendAll(file, leaves);
    await appendParents(file, recordCount);
    const root = hexlify(await readNodes(file, 2 * recordCount - 2, 1));
    return { root, recordCount };
  });
}

/** A tree on disk, until it is closed. */
export class MerkleFile {
  readonly root: string;
  readonly recordCount: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, root: string, recordCount: number) {
    this.#file = file;
    this.root = root;
    this.recordCount = recordCount;
  }

  static async open(treeFile: string): Promise<MerkleFile> {
    const file = await open(treeFile);
    try {
      const { size } = await file.stat();
      const nodes = size / NODE;
      if (nodes % 2 !== 1) fail(`${treeFile} is no tree, or a part of one: build it again.`);
      return new MerkleFile(file, hexlify(await readNodes(file, nodes - 1, 1)), (nodes + 1) / 2);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The leaf of a record, counted from 0. */
  async leaf(index: number): Promise<string> {
    return hexlify(await this.#leaf(index));
  }

  /** The nodes that lead from a record's leaf to the root. */
  async proof(index: number): Promise<string[]> {
    const proof: Uint8Array[] = [];
    let node = await this.#leaf(index);
    for (
      let at = index;
      at < 2 * this.recordCount - 2;
      at = this.recordCount + Math.floor(at / 2)
    ) {
      const sibling = await readNodes(this.#file, at % 2 === 0 ? at + 1 : at - 1, 1);
      proof.push(sibling);
      node = nodeHash(node, sibling);
    }
    if (hexlify(node) !== this.root) {
      fail(`The tree is damaged: record ${index} does not lead to its root. Build it again.`);
    }
    return proof.map((sibling) => hexlify(sibling));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #leaf(index: number): Promise<Uint8Array> {
    if (!Number.isInteger(index) || index < 0 || index >= this.recordCount) {
      fail(`There is no record ${index}: take 0 to ${this.recordCount - 1}.`);
    }
    return readNodes(this.#file, index, 1);
  }
}

async function appendAll(file: FileHandle, leaves: AsyncIterable<Uint8Array>): Promise<number> {
  const batch = new Batch(file);
  let count = 0;
  for await (const leaf of leaves) {
    count += 1;
    if (batch.push(leaf)) await batch.flush();
  }
  await batch.flush();
  return count === 0 ? fail("There are no records: a tree needs one at least.") : count;
}

/** Works through the file as through a queue: two nodes are taken, their parent joins, one is left. */
async function appendParents(file: FileHandle, leaves: number): Promise<void> {
  const batch = new Batch(file);
  let taken = 0;
  let written = leaves;
  while (written - taken > 1) {
    const pairs = Math.min(BATCH / 2, Math.floor((written - taken) / 2));
    const nodes = await readNodes(file, taken, 2 * pairs);
    for (let at = 0; at < nodes.length; at += 2 * NODE) {
      batch.push(nodeHash(nodes.subarray(at, at + NODE), nodes.subarray(at + NODE, at + 2 * NODE)));
    }
    await batch.flush();
    taken += 2 * pairs;
    written += pairs;
  }
}

/** Nodes on their way to the end of a file. */
class Batch {
  readonly #nodes = Buffer.alloc(BATCH * NODE);
  #used = 0;

  constructor(readonly file: FileHandle) {}

  /** Whether the batch is full now. */
  push(node: Uint8Array): boolean {
    this.#nodes.set(node, this.#used);
    this.#used += NODE;
    return this.#used === this.#nodes.length;
  }

  async flush(): Promise<void> {
    await this.file.appendFile(this.#nodes.subarray(0, this.#used));
    this.#used = 0;
  }
}

async function readNodes(file: FileHandle, first: number, count: number): Promise<Buffer> {
  const nodes = Buffer.alloc(count * NODE);
  const { bytesRead } = await file.read(nodes, 0, nodes.length, first * NODE);
  if (bytesRead < nodes.length) fail("The tree's file ended too soon: build it again.");
  return nodes;
}
