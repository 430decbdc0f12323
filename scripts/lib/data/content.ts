// Content encrypted in chunks that can be fetched, checked and opened one by one: AES-256-GCM in the STREAM
// construction (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance", CRYPTO 2015), with the nonce laid out as the file format age lays it out.
//
// A chunk's nonce is its number and whether it is the last, so none opens in another's place and none can be
// missing at the end. The associated data is what the content is, so none opens as a part of other content.
// A nonce never repeats under a key, because every encryption draws a key of its own.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { type FileHandle, open, readFile, writeFile } from "node:fs/promises";

import { concat, getBytes, hexlify, isHexString, toBeHex } from "ethers";

import { fail } from "../terminal.js";
import {
  countChunks,
  encryptedLength,
  type Manifest,
  MAX_CHUNK_SIZE,
  readManifest,
  TAG_LENGTH,
} from "./manifest.js";
import { writeWhole } from "./wholeFile.js";

const CIPHER = "aes-256-gcm";
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;

/** Small enough to be checked before much was fetched, large enough for the tag not to count. */
export const CHUNK_SIZE = 256 << 10;

/** What a gateway hands out. */
export interface EncryptedContent {
  readonly manifest: Manifest;
  /** An encrypted chunk with its tag. */
  chunk(index: number): Promise<Uint8Array>;
}

/**
 * Encrypts content into `file`, chunk after chunk, and puts its manifest beside it as `file`.json. The key is
 * drawn here: encrypting twice under one key would repeat nonces, which breaks AES-GCM.
 */
export async function encryptContent(
  source: AsyncIterable<Uint8Array>,
  file: string,
  { contentId, chunkSize = CHUNK_SIZE }: { contentId: string; chunkSize?: number },
): Promise<{ key: Uint8Array; manifest: Manifest }> {
  if (!isHexString(contentId, 32)) fail("The content's id is not 32 bytes: take its Merkle root.");
  if (!Number.isInteger(chunkSize) || chunkSize < 1 || chunkSize > MAX_CHUNK_SIZE) {
    fail(`Chunks of ${chunkSize} bytes do not work: take 1 to ${MAX_CHUNK_SIZE}.`);
  }
  const key = new Uint8Array(randomBytes(KEY_LENGTH));
  const header = headerOf({ contentId, chunkSize });
  const hash = createHash("sha256");
  let length = 0;
  let index = 0;
  await writeWhole(file, async (partial) => {
    for await (const { bytes, isLast } of chunksOf(source, chunkSize)) {
      const cipher = createCipheriv(CIPHER, key, nonceOf(index, isLast)).setAAD(header);
      const parts = [cipher.update(bytes), cipher.final()];
      const encrypted = Buffer.concat([...parts, cipher.getAuthTag()]);
      hash.update(encrypted);
      await partial.appendFile(encrypted);
      length += bytes.length;
      index += 1;
    }
  });
  const sha256 = hexlify(hash.digest());
  const chunkCount = countChunks(length, chunkSize);
  const manifest = readManifest({ contentId, chunkSize, chunkCount, length, sha256 });
  await writeFile(`${file}.json`, JSON.stringify(manifest));
  return { key, manifest };
}

/** Opens one chunk; it must be the one of that number of that content, unchanged. */
export function decryptChunk(
  key: Uint8Array,
  manifest: Manifest,
  index: number,
  chunk: Uint8Array,
): Uint8Array {
  const end = encryptedLength(manifest, index) - TAG_LENGTH;
  const nonce = nonceOf(index, index === manifest.chunkCount - 1);
  try {
    // Without a stated length, Node would also take a tag of four bytes.
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_LENGTH });
    decipher.setAAD(headerOf(manifest)).setAuthTag(chunk.subarray(end));
    return Buffer.concat([decipher.update(chunk.subarray(0, end)), decipher.final()]);
  } catch {
    return fail(
      `Chunk ${index} is not what was encrypted under this key: fetch it again, or dispute the key.`,
    );
  }
}

/** Opens all chunks, and ends well only if every one came, in order, and they are those of the manifest. */
export async function* decryptContent(
  key: Uint8Array,
  manifest: Manifest,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let index = 0;
  for await (const chunk of chunks) {
    yield decryptChunk(key, manifest, index, chunk);
    hash.update(chunk);
    index += 1;
  }
  if (index < manifest.chunkCount) {
    fail(`Only ${index} of ${manifest.chunkCount} chunks came: fetch the rest.`);
  }
  if (hexlify(hash.digest()) !== manifest.sha256) {
    fail("The chunks are not those that the manifest names: fetch the manifest again.");
  }
}

/** Encrypted content on disk, until it is closed. */
export class EncryptedFile implements EncryptedContent {
  readonly manifest: Manifest;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, manifest: Manifest) {
    this.#file = file;
    this.manifest = manifest;
  }

  /** Opens what {@link encryptContent} wrote. */
  static async open(path: string): Promise<EncryptedFile> {
    const manifest = readManifest(JSON.parse(await readFile(`${path}.json`, "utf8")));
    const file = await open(path);
    const { size } = await file.stat();
    if (size === manifest.length + manifest.chunkCount * TAG_LENGTH) {
      return new EncryptedFile(file, manifest);
    }
    await file.close();
    return fail(`${path} is not as long as its manifest says: encrypt the content again.`);
  }

  async chunk(index: number): Promise<Uint8Array> {
    const chunk = Buffer.alloc(encryptedLength(this.manifest, index));
    const position = index * (this.manifest.chunkSize + TAG_LENGTH);
    const { bytesRead } = await this.#file.read(chunk, 0, chunk.length, position);
    return bytesRead === chunk.length
      ? chunk
      : fail("The file was cut: encrypt the content again.");
  }

  /** All chunks, in order. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < this.manifest.chunkCount; index++) yield this.chunk(index);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Full chunks and what is left. Only when more comes is it known that a full one was not the last. */
async function* chunksOf(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ bytes: Uint8Array; isLast: boolean }> {
  const buffer = Buffer.alloc(size);
  let used = 0;
  for await (const piece of source) {
    for (let rest = piece; rest.length > 0;) {
      if (used === size) {
        yield { bytes: buffer, isLast: false };
        used = 0;
      }
      const part = rest.subarray(0, size - used);
      buffer.set(part, used);
      used += part.length;
      rest = rest.subarray(part.length);
    }
  }
  yield { bytes: buffer.subarray(0, used), isLast: true };
}

/** 11 bytes of counter, of which four can be used, and a byte that is 1 for the last chunk. */
function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(NONCE_LENGTH);
  nonce.writeUInt32BE(index, 7); // throws rather than begins anew
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

function headerOf({ contentId, chunkSize }: Pick<Manifest, "contentId" | "chunkSize">): Uint8Array {
  return getBytes(concat([contentId, toBeHex(chunkSize, 4)]));
}
