import { webcrypto } from "node:crypto";

import {
  computeAddress,
  concat,
  dataSlice,
  getBytes,
  hexlify,
  keccak256,
  SigningKey,
  toBeHex,
  toBigInt,
} from "ethers";

/** The number by which `DeviceRegistry` knows a curve, an encoding and a verifier. */
export const KeyType = { Secp256k1: 1, P256: 2 } as const;
export type KeyType = (typeof KeyType)[keyof typeof KeyType];

/** The order of P-256: a signature's `s` above half of it is replaced by `n - s`, which signs the same. */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** What a device does with its key: it is known by it, and it signs with it. */
export interface DeviceKey {
  readonly keyType: KeyType;
  /** The public key as the registry takes it: a 20-byte account, or `x | y`. */
  readonly key: string;
  /** `keccak256(uint8 keyType | key)`: the same on every chain, known before the device is registered. */
  readonly keyHash: string;
  /** {@link keyHash} as the token id. */
  readonly deviceId: bigint;
  /** Signs 32 bytes, usually an EIP-712 digest; 64 bytes come back. */
  sign(digest: string): Promise<string>;
}

/** The hash that names a device for ever, and that attestations and batches are made of. */
export function keyHashOf(keyType: KeyType, key: string): string {
  return keccak256(concat([toBeHex(keyType, 1), key]));
}

/** A key on the curve of accounts. Signs the digest as it is; EIP-2098 puts the signature into 64 bytes. */
export class Secp256k1Key implements DeviceKey {
  readonly keyType = KeyType.Secp256k1;
  readonly key: string;
  readonly keyHash: string;
  readonly deviceId: bigint;
  readonly #signer: SigningKey;

  constructor(privateKey: string) {
    this.#signer = new SigningKey(privateKey);
    this.key = computeAddress(this.#signer).toLowerCase();
    this.keyHash = keyHashOf(this.keyType, this.key);
    this.deviceId = toBigInt(this.keyHash);
  }

  static generate(): Secp256k1Key {
    return new Secp256k1Key(hexlify(webcrypto.getRandomValues(new Uint8Array(32))));
  }

  async sign(digest: string): Promise<string> {
    return this.#signer.sign(digest).compactSerialized;
  }
}

/**
 * A key on the curve of secure elements, phones and TPMs. The private half never leaves WebCrypto, as it never
 * leaves the chip. WebCrypto hashes what it signs, so the digest's 32 bytes are the message (ES256).
 */
export class P256Key implements DeviceKey {
  readonly keyType = KeyType.P256;
  readonly key: string;
  readonly keyHash: string;
  readonly deviceId: bigint;
  readonly #privateKey: webcrypto.CryptoKey;

  private constructor(privateKey: webcrypto.CryptoKey, key: string) {
    this.#privateKey = privateKey;
    this.key = key;
    this.keyHash = keyHashOf(this.keyType, key);
    this.deviceId = toBigInt(this.keyHash);
  }

  static async generate(): Promise<P256Key> {
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    const pair = await webcrypto.subtle.generateKey(curve, false, ["sign", "verify"]);
    const point = await webcrypto.subtle.exportKey("raw", pair.publicKey);
    return new P256Key(pair.privateKey, dataSlice(hexlify(new Uint8Array(point)), 1)); // without the leading 0x04
  }

  async sign(digest: string): Promise<string> {
    const es256 = { name: "ECDSA", hash: "SHA-256" };
    const signature = await webcrypto.subtle.sign(es256, this.#privateKey, getBytes(digest));
    return withLowS(hexlify(new Uint8Array(signature)));
  }
}

/** About half of all signers' signatures have an `s` that `P256Verifier` refuses as malleable: flips it. */
export function withLowS(signature: string): string {
  const s = toBigInt(dataSlice(signature, 32));
  return s <= P256_ORDER / 2n
    ? signature
    : concat([dataSlice(signature, 0, 32), toBeHex(P256_ORDER - s, 32)]);
}
