// A content key on its way to one buyer: sealed to his X25519 key, by anyone, for one sale.
//
// ECIES as eciesjs has it (X25519, HKDF-SHA256, AES-256-GCM), put together from the library's own parts,
// because its `encrypt` takes no associated data: here that is the sale, so that what was sealed for one opens
// for no other. 92 bytes: ephemeral key 32, nonce 12, tag 16, content key 32.
import { PrivateKey, PublicKey } from "eciesjs";
import { Config } from "eciesjs/config";
import { symDecrypt, symEncrypt } from "eciesjs/utils";
import {
  type BytesLike,
  concat,
  dataLength,
  dataSlice,
  getBytes,
  hexlify,
  isHexString,
  toUtf8Bytes,
} from "ethers";

import { fail } from "../terminal.js";

const CURVE = "x25519";
const KEY_LENGTH = 32;
const SEALED_LENGTH = 92;
const PURPOSE = toUtf8Bytes("DeFIoT sealed content key v1");

/** An instance of our own: the library's default, which others may change, is not asked. */
const CONFIG = Object.assign(new Config(), { ellipticCurve: CURVE, symmetricNonceLength: 12 });

/** The sale that a sealed key belongs to. */
export interface Sale {
  /** The offer's id, 32 bytes. */
  offerId: string;
  /** Who holds the grant. */
  holder: string;
}

/** Seals a content key to a buyer's public encryption key, as his grant has it. */
export function seal(publicKey: string, contentKey: BytesLike, sale: Sale): string {
  if (!isHexString(publicKey, KEY_LENGTH)) {
    fail(
      "The buyer's encryption key is not 32 bytes in hexadecimal: ask for his X25519 public key.",
    );
  }
  if (dataLength(contentKey) !== KEY_LENGTH) {
    fail("The content key is not 32 bytes: take the one that the content was encrypted with.");
  }
  const ephemeral = new PrivateKey(undefined, CURVE);
  const shared = shareOf(() => ephemeral.encapsulate(new PublicKey(getBytes(publicKey), CURVE)));
  const sealed = symEncrypt(CONFIG, shared, getBytes(contentKey), contextOf(sale));
  return concat([ephemeral.publicKey.toBytes(), sealed]);
}

/** A buyer's key pair. */
export class EncryptionKey {
  /** What he gives when he buys: 32 bytes. */
  readonly publicKey: string;
  readonly #privateKey: PrivateKey;

  /** @param secret 32 bytes that {@link EncryptionKey.secret} gave. */
  constructor(secret: string) {
    if (!isHexString(secret, KEY_LENGTH)) fail("The secret is not 32 bytes in hexadecimal.");
    this.#privateKey = new PrivateKey(getBytes(secret), CURVE);
    this.publicKey = hexlify(this.#privateKey.publicKey.toBytes());
  }

  static generate(): EncryptionKey {
    return new EncryptionKey(hexlify(new PrivateKey(undefined, CURVE).secret));
  }

  /** The private half, to be kept: without it, what was bought cannot be opened. */
  get secret(): string {
    return hexlify(this.#privateKey.secret);
  }

  /** Opens a sealed content key of this very sale. */
  open(sealed: BytesLike, sale: Sale): Uint8Array {
    if (dataLength(sealed) !== SEALED_LENGTH) {
      fail(`The sealed key is not ${SEALED_LENGTH} bytes: dispute the delivery.`);
    }
    const context = contextOf(sale);
    const ephemeral = new PublicKey(getBytes(dataSlice(sealed, 0, KEY_LENGTH)), CURVE);
    const shared = shareOf(() => ephemeral.decapsulate(this.#privateKey));
    try {
      return symDecrypt(CONFIG, shared, getBytes(dataSlice(sealed, KEY_LENGTH)), context);
    } catch {
      return fail("The key was not sealed to this buyer for this sale: dispute the delivery.");
    }
  }
}

/** With a point of low order, such as zero, the secret would be zero, which everybody knows; the curve throws. */
function shareOf(derive: () => Uint8Array): Uint8Array {
  try {
    return derive();
  } catch {
    return fail("The public key is none that can keep a secret: ask for a proper X25519 key.");
  }
}

function contextOf({ offerId, holder }: Sale): Uint8Array {
  if (!isHexString(offerId, 32)) fail("The offer's id is not 32 bytes: take it from the market.");
  if (!isHexString(holder, 20)) fail("The holder is not an address: take it from the grant.");
  return getBytes(concat([PURPOSE, offerId, holder]));
}
