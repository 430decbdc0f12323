import { createHash } from "node:crypto";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";

import { expect } from "chai";
import { hexlify, id, keccak256, randomBytes, toUtf8Bytes } from "ethers";

import {
  decryptChunk,
  decryptContent,
  encryptContent,
  EncryptedFile,
} from "../../../scripts/lib/data/content.js";
import { type Manifest, manifestHash, readManifest } from "../../../scripts/lib/data/manifest.js";
import { failsWith } from "./failure.js";
import { type TemporaryFolder, temporaryFolder } from "./temporary.js";

const CONTENT_ID = id("weather of 2012");
const SIZE = 16;
const NOT_GENUINE = "is not what was encrypted under this key";

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const gathered: Uint8Array[] = [];
  for await (const piece of pieces) gathered.push(piece);
  return Buffer.concat(gathered);
}

/** Content in pieces of `step` bytes. */
function inPieces(content: Uint8Array, step: number): Readable {
  const count = Math.ceil(content.length / step);
  return Readable.from(
    Array.from({ length: count }, (_, i) => content.subarray(i * step, (i + 1) * step)),
  );
}

describe("encrypted content", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** Encrypts content and hands back all that there is of it. */
  async function encrypt(
    content: Uint8Array,
    { chunkSize = SIZE, step = 7, name = "content" } = {},
  ) {
    const file = folder.path(name);
    const result = await encryptContent(inPieces(content, step), file, {
      contentId: CONTENT_ID,
      chunkSize,
    });
    const opened = await EncryptedFile.open(file);
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.chunks()) chunks.push(chunk);
    await opened.close();
    return { ...result, file, chunks };
  }

  it("comes back, whatever its length and the pieces it came in", async () => {
    for (const length of [0, 1, SIZE - 1, SIZE, SIZE + 1, 3 * SIZE - 1, 3 * SIZE, 3 * SIZE + 1]) {
      for (const step of [1, 7, SIZE, 100]) {
        const content = randomBytes(length);
        const { key, manifest, chunks, file } = await encrypt(content, { step });
        const encrypted = await readFile(file);
        expect(manifest).to.deep.equal({
          contentId: CONTENT_ID,
          chunkSize: SIZE,
          chunkCount: Math.max(1, Math.ceil(length / SIZE)),
          length,
          sha256: hexlify(createHash("sha256").update(encrypted).digest()),
        });
        expect(encrypted).to.have.lengthOf(length + 16 * manifest.chunkCount);
        const decrypted = await gather(decryptContent(key, manifest, Readable.from(chunks)));
        expect(hexlify(decrypted)).to.equal(hexlify(content));
      }
    }
  });

  it("has a key of its own each time, so nothing repeats", async () => {
    const [first, second] = [
      await encrypt(new Uint8Array(SIZE)),
      await encrypt(new Uint8Array(SIZE)),
    ];
    expect(hexlify(first.key)).not.to.equal(hexlify(second.key));
    expect(hexlify(first.chunks[0] ?? "0x")).not.to.equal(hexlify(second.chunks[0] ?? "0x"));
  });

  it("opens by the chunk, in any order", async () => {
    const content = randomBytes(3 * SIZE + 5);
    const { key, manifest, chunks } = await encrypt(content);
    for (const index of [3, 0, 2, 1]) {
      const opened = decryptChunk(key, manifest, index, chunks[index] ?? new Uint8Array());
      expect(hexlify(opened)).to.equal(hexlify(content.subarray(index * SIZE, (index + 1) * SIZE)));
    }
    expect(() => decryptChunk(key, manifest, 4, new Uint8Array(16))).to.throw(
      "There is no chunk 4",
    );
    expect(() => decryptChunk(key, manifest, -1, new Uint8Array(16))).to.throw(
      "There is no chunk -1",
    );
  });

  it("does not open with a bit changed anywhere", async () => {
    const { key, manifest, chunks } = await encrypt(randomBytes(2 * SIZE));
    const chunk = chunks[1] ?? new Uint8Array();
    for (let bit = 0; bit < chunk.length * 8; bit++) {
      const changed = Uint8Array.from(chunk);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => decryptChunk(key, manifest, 1, changed)).to.throw(NOT_GENUINE);
    }
  });

  describe("of three chunks", () => {
    let key: Uint8Array;
    let manifest: Manifest;
    let a: Uint8Array, b: Uint8Array, c: Uint8Array;
    beforeEach(async () => {
      const encrypted = await encrypt(randomBytes(3 * SIZE));
      ({ key, manifest } = encrypted);
      [a, b, c] = encrypted.chunks as [Uint8Array, Uint8Array, Uint8Array];
    });

    const open = (chunks: Uint8Array[], claims: Partial<Manifest> = {}): Promise<Buffer> =>
      gather(decryptContent(key, { ...manifest, ...claims }, Readable.from(chunks)));

    it("does not open reordered, doubled, or with a chunk left out", async () => {
      await failsWith(open([b, a, c]), NOT_GENUINE);
      await failsWith(open([a, a, c]), NOT_GENUINE);
      await failsWith(open([a, c]), NOT_GENUINE);
      await failsWith(open([a, b, c, c]), "There is no chunk 3");
      await failsWith(open([a, b]), "Only 2 of 3 chunks came");
      await failsWith(open([]), "Only 0 of 3 chunks came");
    });

    it("does not open cut or extended, though the manifest lies too", async () => {
      await failsWith(open([a, b], { chunkCount: 2, length: 2 * SIZE }), NOT_GENUINE);
      await failsWith(open([a, b, c, c], { chunkCount: 4, length: 4 * SIZE }), NOT_GENUINE);
      await failsWith(open([a, b, c.subarray(0, 20)], { length: 2 * SIZE + 4 }), NOT_GENUINE);
    });

    it("does not open as other content, or in chunks of another size", async () => {
      await failsWith(open([a, b, c], { contentId: id("another") }), NOT_GENUINE);
      const other = { ...manifest, chunkSize: SIZE + 1, length: 3 * SIZE + 1 };
      const forged = Buffer.concat([a.subarray(0, SIZE), Buffer.alloc(1), a.subarray(SIZE)]);
      expect(() => decryptChunk(key, other, 0, forged)).to.throw(NOT_GENUINE);
      // The length fits a last chunk here, the header does not.
      const last = { ...manifest, chunkSize: SIZE + 1, chunkCount: 3, length: 3 * SIZE + 2 };
      expect(() => decryptChunk(key, last, 2, c)).to.throw(NOT_GENUINE);
    });

    it("does not open with another key, or with a key that is none", () => {
      expect(() => decryptChunk(randomBytes(32), manifest, 0, a)).to.throw(NOT_GENUINE);
      expect(() => decryptChunk(randomBytes(16), manifest, 0, a)).to.throw(NOT_GENUINE);
    });

    it("does not open with a shortened tag", () => {
      for (const length of [0, 16, 20, 31, 33]) {
        const chunk = new Uint8Array(length);
        chunk.set(a.subarray(0, length));
        expect(() => decryptChunk(key, manifest, 0, chunk)).to.throw(NOT_GENUINE);
      }
    });

    it("tells that the manifest names other bytes", async () => {
      await failsWith(
        open([a, b, c], { sha256: id("other") }),
        "not those that the manifest names",
      );
    });
  });

  describe("in a file", () => {
    it("is not opened when it was cut, or has no proper manifest", async () => {
      const { file } = await encrypt(randomBytes(50));
      await truncate(file, 60);
      await failsWith(EncryptedFile.open(file), "not as long as its manifest says");
      await writeFile(`${file}.json`, "{}");
      await failsWith(EncryptedFile.open(file), "no manifest");
    });

    it("leaves nothing behind when its source fails", async () => {
      const source = async function* (): AsyncGenerator<Uint8Array> {
        yield randomBytes(100);
        throw new Error("The cable was pulled");
      };
      const file = folder.path("content");
      await failsWith(encryptContent(source(), file, { contentId: CONTENT_ID }), "cable");
      expect(await readdir(path.dirname(file))).to.deep.equal([]);
    });

    it("is refused with chunks of no size, or an id that is none", async () => {
      for (const chunkSize of [0, -1, 1.5, NaN, (16 << 20) + 1]) {
        await failsWith(encrypt(randomBytes(1), { chunkSize }), "Chunks of");
      }
      const nameless = encryptContent(inPieces(randomBytes(1), 1), folder.path("x"), {
        contentId: "0x12",
      });
      await failsWith(nameless, "The content's id is not 32 bytes");
    });
  });

  describe("has a manifest that", () => {
    const manifest: Manifest = {
      contentId: CONTENT_ID,
      chunkSize: 10,
      chunkCount: 3,
      length: 21,
      sha256: id("bytes"),
    };

    it("has one hash, in whatever order it is written", () => {
      const json = `{"chunkCount":3,"chunkSize":10,"contentId":"${CONTENT_ID}","length":21,"sha256":"${id("bytes")}"}`;
      expect(manifestHash(manifest)).to.equal(keccak256(toUtf8Bytes(json)));
      expect(readManifest({ ...JSON.parse(json), more: 1 })).to.deep.equal(manifest);
    });

    it("is refused when its figures are not those of any content", () => {
      const faulty: unknown[] = [
        null,
        undefined,
        "x",
        [],
        { ...manifest, contentId: 5 },
        { ...manifest, sha256: "0x" },
        { ...manifest, chunkSize: 0 },
        { ...manifest, chunkSize: 1 << 30, chunkCount: 1 },
        { ...manifest, chunkSize: "10" },
        { ...manifest, chunkCount: 2 },
        { ...manifest, chunkCount: 0, length: 0 },
        { ...manifest, length: -1 },
        { ...manifest, length: 1e300, chunkCount: 1e299 },
      ];
      for (const value of faulty) expect(() => readManifest(value)).to.throw("no manifest");
    });
  });
});
