import { createWriteStream } from "node:fs";
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";

import { MerkleFile, writeTree } from "../../../scripts/lib/data/merkleFile.js";
import { buildTree } from "../../../scripts/lib/data/records.js";
import { RecordSchema } from "../../../scripts/lib/data/schema.js";
import { runNode } from "../../../scripts/lib/hardhat.js";
import { failsWith } from "./failure.js";
import { type TemporaryFolder, temporaryFolder } from "./temporary.js";

const WEATHER = new RecordSchema([
  { name: "time", type: "time" },
  { name: "temperature", type: "int32", decimals: 1 },
  { name: "weather", type: "string" },
]);

/** Record `index` of a made-up station, as values and as a line of CSV. */
function observation(index: number): { values: [bigint, bigint, string]; line: string } {
  const tenths = BigInt((index * 37) % 700) - 350n;
  const digits = String(tenths < 0n ? -tenths : tenths).padStart(2, "0");
  const degrees = `${tenths < 0n ? "-" : ""}${digits.slice(0, -1)}.${digits.slice(-1)}`;
  const weather = "drizzle ☂ ".repeat(index % 9);
  const time = 1_700_000_000n + 60n * BigInt(index);
  return { values: [time, tenths, weather], line: `${String(time)},${degrees},${weather}\n` };
}

async function* leaves(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield WEATHER.leaf(observation(index).values);
}

/** A CSV of so many records, each with `padding` more letters. */
async function writeCsv(file: string, count: number, padding = 0): Promise<void> {
  const weather = "x".repeat(padding);
  const text = function* (): Generator<string> {
    yield "time,temperature,weather\n";
    for (let row = 0; row < count; row += 1_000) {
      yield Array.from({ length: 1_000 }, (_, i) => `${row + i},${row % 90}.5,${weather}\n`).join(
        "",
      );
    }
  };
  await pipeline(Readable.from(text()), createWriteStream(file));
}

describe("a Merkle tree in a file", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  const library = (count: number): StandardMerkleTree<[bigint, bigint, string]> =>
    StandardMerkleTree.of(
      Array.from({ length: count }, (_, index) => observation(index).values),
      [...WEATHER.types],
      { sortLeaves: false },
    );

  /** Compares root, every leaf and every proof with the library's; says how many there were. */
  async function compare(count: number): Promise<number> {
    const file = folder.path(`${count}.tree`);
    const expected = library(count);
    expect(await writeTree(leaves(count), file)).to.deep.equal({
      root: expected.root,
      recordCount: count,
    });
    const tree = await MerkleFile.open(file);
    try {
      expect([tree.root, tree.recordCount]).to.deep.equal([expected.root, count]);
      for (let index = 0; index < count; index++) {
        const { values } = observation(index);
        const proof = await tree.proof(index);
        expect(await tree.leaf(index)).to.equal(expected.leafHash(values));
        expect(proof).to.deep.equal(expected.getProof(index));
        expect(StandardMerkleTree.verify(tree.root, [...WEATHER.types], values, proof)).to.be.true;
      }
    } finally {
      await tree.close();
    }
    return count;
  }

  it("is the library's, to every leaf and proof, for 1 to 65 records and for hundreds", async () => {
    for (let count = 1; count <= 65; count++) await compare(count);
    for (const count of [127, 128, 129, 300, 513]) await compare(count);
  });

  it("has the library's root where it is written and read in several batches", async () => {
    for (const count of [4_096, 4_097, 8_195]) {
      const { root } = await writeTree(leaves(count), folder.path("tree"));
      expect(root, String(count)).to.equal(library(count).root);
    }
  });

  it("is built from a file of records", async () => {
    const lines = Array.from({ length: 100 }, (_, index) => observation(index).line).join("");
    const csv = await folder.write("station.csv", `time,temperature,weather\n${lines}`);
    expect(await buildTree(csv, WEATHER, folder.path("tree"))).to.deep.equal({
      root: library(100).root,
      recordCount: 100,
      schemaHash: WEATHER.hash,
    });
  });

  it("refuses a record that it does not have", async () => {
    await writeTree(leaves(3), folder.path("tree"));
    const tree = await MerkleFile.open(folder.path("tree"));
    try {
      for (const index of [-1, 3, 0.5, NaN]) {
        await failsWith(tree.proof(index), `no record ${index}: take 0 to 2`);
        await failsWith(tree.leaf(index), `no record ${index}`);
      }
    } finally {
      await tree.close();
    }
  });

  it("refuses to be of nothing, and leaves nothing behind", async () => {
    await failsWith(writeTree(leaves(0), folder.path("tree")), "There are no records");
    expect(await readdir(path.dirname(folder.path("tree")))).to.deep.equal([]);
  });

  it("keeps the old tree when the new one's records fail halfway", async () => {
    await writeTree(leaves(5), folder.path("tree"));
    const before = await readFile(folder.path("tree"));
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* leaves(5_000);
      throw new Error("The disk was unplugged");
    };
    await failsWith(writeTree(failing(), folder.path("tree")), "unplugged");
    expect(await readdir(path.dirname(folder.path("tree")))).to.deep.equal(["tree"]);
    expect(await readFile(folder.path("tree"))).to.deep.equal(before);
  });

  it("refuses to replace the file that it is made of", async () => {
    const csv = await folder.write("station.csv", "time,temperature,weather\n");
    await failsWith(buildTree(csv, WEATHER, csv), "give it a file of its own");
  });

  it("notices a file that was cut, or of which a node was changed", async () => {
    const file = folder.path("tree");
    await writeTree(leaves(8), file);
    const whole = await readFile(file);

    for (const size of [0, 31, 32 * 14, 32 * 15 - 1]) {
      await truncate(file, size);
      await failsWith(MerkleFile.open(file), "is no tree");
      await writeFile(file, whole);
    }

    whole.writeUInt8(whole.readUInt8(32 * 9) ^ 1, 32 * 9);
    await writeFile(file, whole);
    const tree = await MerkleFile.open(file);
    await failsWith(tree.proof(0), "The tree is damaged");
    await tree.close();
  });

  it("takes little memory for a file of any size", async function () {
    this.timeout(60_000);
    const [csv, treeFile] = [folder.path("big.csv"), folder.path("big.tree")];
    const count = 160_000;
    await writeCsv(csv, count, 500);
    const MIB = 1 << 20;
    expect((await stat(csv)).size).to.be.greaterThan(75 * MIB);

    // In a process of its own, whose peak is then of this alone.
    const url = (file: string): string =>
      new URL(`../../../scripts/lib/data/${file}`, import.meta.url).href;
    const program = `
      import { buildTree } from "${url("records.ts")}";
      import { RecordSchema } from "${url("schema.ts")}";
      const schema = new RecordSchema(${JSON.stringify(WEATHER.columns)});
      const before = process.resourceUsage().maxRSS;
      const { recordCount } = await buildTree("${csv}", schema, "${treeFile}");
      console.log(JSON.stringify({ recordCount, growth: process.resourceUsage().maxRSS - before }));
    `;
    const { ok, output } = await runNode(
      ["--max-old-space-size=48", "--import", "tsx", "--input-type=module", "-e", program],
      { env: { HARDHAT_COVERAGE: "false" } },
    );
    expect(ok, output).to.be.true;
    const { recordCount, growth } = JSON.parse(output) as { recordCount: number; growth: number };
    expect(recordCount).to.equal(count);
    expect((await stat(treeFile)).size).to.equal(32 * (2 * count - 1));
    expect(growth / 1024, "MiB").to.be.lessThan(48);
  });
});
