import { hexlify, isHexString, keccak256, toUtf8Bytes } from "ethers";

import { fail } from "../terminal.js";

/** What is public of encrypted content: how to fetch it in parts, and which bytes it is. */
export interface Manifest {
  /** What the content is known by on chain: the root of its records' Merkle tree. */
  contentId: string;
  /** Bytes of content in each chunk but the last. */
  chunkSize: number;
  chunkCount: number;
  /** Bytes of content. */
  length: number;
  /** The SHA-256 of all encrypted chunks: which bytes the key was sold for, should that be disputed. */
  sha256: string;
}

/** Bytes by which AES-GCM's tag makes a chunk longer. */
export const TAG_LENGTH = 16;

/** A chunk is in memory as a whole, at the gateway and at the buyer. */
export const MAX_CHUNK_SIZE = 16 << 20;

/** Even empty content has a chunk: its tag is what says that there is nothing. */
export function countChunks(length: number, chunkSize: number): number {
  return Math.max(1, Math.ceil(length / chunkSize));
}

/** Bytes in an encrypted chunk. */
export function encryptedLength(
  { chunkSize, chunkCount, length }: Manifest,
  index: number,
): number {
  if (!Number.isInteger(index) || index < 0 || index >= chunkCount) {
    fail(`There is no chunk ${index}: take 0 to ${chunkCount - 1}.`);
  }
  return TAG_LENGTH + (index < chunkCount - 1 ? chunkSize : length - index * chunkSize);
}

/** What a publication may carry to be bound to these very bytes: the hash of the canonical JSON (RFC 8785). */
export function manifestHash(manifest: Manifest): string {
  const { chunkCount, chunkSize, contentId, length, sha256 } = manifest;
  return keccak256(
    toUtf8Bytes(JSON.stringify({ chunkCount, chunkSize, contentId, length, sha256 })),
  );
}

/** Takes a manifest from a file or from a gateway, neither of which is to be trusted. */
export function readManifest(value: unknown): Manifest {
  const { contentId, chunkSize, chunkCount, length, sha256 } = { ...(value as Partial<Manifest>) };
  if (
    isHexString(contentId, 32) &&
    isHexString(sha256, 32) &&
    isWithin(chunkSize, 1, MAX_CHUNK_SIZE) &&
    isWithin(length, 0, Number.MAX_SAFE_INTEGER) &&
    chunkCount === countChunks(length, chunkSize)
  ) {
    return {
      contentId: hexlify(contentId),
      chunkSize,
      chunkCount,
      length,
      sha256: hexlify(sha256),
    };
  }
  return fail("That is no manifest of encrypted content: fetch it again, or encrypt again.");
}

function isWithin(value: unknown, lowest: number, highest: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= lowest && Number(value) <= highest;
}
