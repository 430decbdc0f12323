import { webcrypto } from "node:crypto";

import { concat, getBytes, sha256, toBeHex, toBigInt } from "ethers";

import { P256_ORDER as n } from "../../scripts/lib/deviceKey.js";

/** P-256 in the plainest affine arithmetic: what makes a signature with any wanted `r` and `s`, and its key. */
export const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const G: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

export interface Point {
  x: bigint;
  y: bigint;
}

const mod = (a: bigint, m: bigint): bigint => ((a % m) + m) % m;

function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n;
  for (let square = mod(base, m); exponent > 0n; exponent >>= 1n, square = (square * square) % m) {
    if (exponent & 1n) result = (result * square) % m;
  }
  return result;
}

/** The point with this x and an even y, if there is one. */
export function pointAt(x: bigint): Point | undefined {
  const square = mod(x ** 3n - 3n * x + b, p);
  const y = power(square, (p + 1n) / 4n, p);
  return mod(y * y, p) === square ? { x, y: y % 2n === 0n ? y : p - y } : undefined;
}

function add(one: Point | undefined, other: Point | undefined): Point | undefined {
  if (one === undefined) return other;
  if (other === undefined) return one;
  if (one.x === other.x && mod(one.y + other.y, p) === 0n) return undefined;
  const slope =
    one.x === other.x
      ? (3n * one.x ** 2n - 3n) * power(2n * one.y, p - 2n, p)
      : (other.y - one.y) * power(other.x - one.x, p - 2n, p);
  const x = mod(slope ** 2n - one.x - other.x, p);
  return { x, y: mod(slope * (one.x - x) - one.y, p) };
}

export function multiply(point: Point, scalar: bigint): Point | undefined {
  let result: Point | undefined;
  let power2: Point | undefined = point;
  for (let k = mod(scalar, n); k > 0n; k >>= 1n, power2 = add(power2, power2)) {
    if (k & 1n) result = add(result, power2);
  }
  return result;
}

export const generator = G;

export const join = (left: bigint, right: bigint): string =>
  concat([toBeHex(left, 32), toBeHex(right, 32)]);

/** The key by which the signature with this `s`, and this point's x as `r`, is valid for `hash` (ES256). */
export function keyFor(hash: string, R: Point, s: bigint): string {
  const inverse = power(mod(R.x, n), n - 2n, n);
  const key = add(multiply(R, s * inverse), multiply(G, -toBigInt(sha256(hash)) * inverse));
  if (key === undefined) throw new Error("no key: try another hash");
  return join(key.x, key.y);
}

/** Signs with a private key and a nonce of the caller's choice. Not for keys that matter. */
export function signWith(
  privateKey: bigint,
  nonce: bigint,
  hash: string,
): { r: bigint; s: bigint } {
  const R = multiply(G, nonce);
  if (R === undefined) throw new Error("no nonce");
  const r = mod(R.x, n);
  return { r, s: mod(power(nonce, n - 2n, n) * (toBigInt(sha256(hash)) + r * privateKey), n) };
}

/** What WebCrypto (OpenSSL) says of an ES256 signature: the judge that shares no code with the contract. */
export async function webCryptoAccepts(
  key: string,
  hash: string,
  signature: string,
): Promise<boolean> {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const point = getBytes(concat(["0x04", key]));
  try {
    const imported = await webcrypto.subtle.importKey("raw", point, curve, false, ["verify"]);
    const es256 = { name: "ECDSA", hash: "SHA-256" };
    return await webcrypto.subtle.verify(es256, imported, getBytes(signature), getBytes(hash));
  } catch {
    return false; // no point of the curve
  }
}
