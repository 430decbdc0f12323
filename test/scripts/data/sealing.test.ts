import { createPrivateKey, createPublicKey } from "node:crypto";

import { expect } from "chai";
import { ECIES_CONFIG } from "eciesjs";
import { dataLength, getBytes, hexlify, id, randomBytes, toBeHex, ZeroHash } from "ethers";

import { EncryptionKey, type Sale, seal } from "../../../scripts/lib/data/sealing.js";

const SALE: Sale = { offerId: id("offer"), holder: "0x00000000000000000000000000000000000000A1" };
const P = 2n ** 255n - 19n;

/** The u-coordinates of X25519's points of low order, with those that are only written differently. */
const LOW_ORDER = [
  0n,
  1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  P - 1n,
  P,
  P + 1n,
].map((u) => hexlify(getBytes(toBeHex(u, 32)).reverse()));

describe("a sealed content key", () => {
  const buyer = EncryptionKey.generate();
  const contentKey = hexlify(randomBytes(32));

  it("opens for its buyer and its sale, and is small", () => {
    const sealed = seal(buyer.publicKey, contentKey, SALE);
    expect(dataLength(sealed)).to.equal(92);
    expect(hexlify(buyer.open(sealed, SALE))).to.equal(contentKey);
    const spelt = { ...SALE, holder: SALE.holder.toLowerCase() };
    expect(hexlify(buyer.open(sealed, spelt))).to.equal(contentKey);
  });

  it("opens with the key that was kept", () => {
    const kept = new EncryptionKey(buyer.secret);
    expect(kept.publicKey).to.equal(buyer.publicKey);
    expect(hexlify(kept.open(seal(buyer.publicKey, contentKey, SALE), SALE))).to.equal(contentKey);
  });

  it("has the public key that OpenSSL finds for the secret", () => {
    // PKCS #8 and SPKI of X25519 (RFC 8410) are these bytes before the key.
    const key = Buffer.concat([
      Buffer.from("302e020100300506032b656e04220420", "hex"),
      getBytes(buyer.secret),
    ]);
    const secret = createPrivateKey({ key, format: "der", type: "pkcs8" });
    const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
    expect(hexlify(spki.subarray(12))).to.equal(buyer.publicKey);
  });

  it("is another each time", () => {
    expect(seal(buyer.publicKey, contentKey, SALE)).not.to.equal(
      seal(buyer.publicKey, contentKey, SALE),
    );
  });

  it("opens for nobody else and for no other sale", () => {
    const sealed = seal(buyer.publicKey, contentKey, SALE);
    const refusal = "not sealed to this buyer for this sale";
    expect(() => EncryptionKey.generate().open(sealed, SALE)).to.throw(refusal);
    expect(() => buyer.open(sealed, { ...SALE, offerId: id("another") })).to.throw(refusal);
    const holder = "0x00000000000000000000000000000000000000b2";
    expect(() => buyer.open(sealed, { ...SALE, holder })).to.throw(refusal);
  });

  it("does not open with a bit changed anywhere", () => {
    const sealed = getBytes(seal(buyer.publicKey, contentKey, SALE));
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      // Not the highest bit of a byte: X25519 ignores it in the last byte of a key.
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => buyer.open(changed, SALE), String(at)).to.throw("dispute the delivery");
    }
  });

  it("does not open cut, lengthened or empty", () => {
    const sealed = seal(buyer.publicKey, contentKey, SALE);
    for (const faulty of ["0x", sealed.slice(0, -2), `${sealed}00`]) {
      expect(() => buyer.open(faulty, SALE)).to.throw("is not 92 bytes");
    }
  });

  it("is not made for a public key that keeps no secret", () => {
    for (const publicKey of LOW_ORDER) {
      expect(() => seal(publicKey, contentKey, SALE), publicKey).to.throw("can keep a secret");
    }
  });

  it("is not opened when its ephemeral key keeps no secret", () => {
    const sealed = seal(buyer.publicKey, contentKey, SALE);
    for (const ephemeral of LOW_ORDER) {
      expect(() => buyer.open(ephemeral + sealed.slice(66), SALE)).to.throw("can keep a secret");
    }
  });

  it("is not made of or for anything malformed", () => {
    for (const publicKey of [
      "",
      "0x",
      buyer.publicKey.slice(0, -2),
      `${buyer.publicKey}00`,
      "key",
    ]) {
      expect(() => seal(publicKey, contentKey, SALE)).to.throw("is not 32 bytes in hexadecimal");
    }
    expect(() => seal(buyer.publicKey, "0x12", SALE)).to.throw("The content key is not 32 bytes");
    for (const sale of [
      { ...SALE, offerId: "0x12" },
      { ...SALE, holder: ZeroHash },
    ]) {
      expect(() => seal(buyer.publicKey, contentKey, sale)).to.throw(/offer's id|not an address/);
      const sealed = seal(buyer.publicKey, contentKey, SALE);
      expect(() => buyer.open(sealed, sale)).to.throw(/offer's id|not an address/);
    }
    expect(() => new EncryptionKey("0x12")).to.throw("The secret is not 32 bytes");
  });

  it("leaves the library's settings, which others share, as they were", () => {
    expect(ECIES_CONFIG.ellipticCurve).to.equal("secp256k1");
    expect(ECIES_CONFIG.symmetricNonceLength).to.equal(16);
  });
});
