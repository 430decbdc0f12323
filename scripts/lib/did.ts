// The W3C DID document of a device: kept off chain, behind the hash that its registration carries.
import { dataSlice, encodeBase64, keccak256, toUtf8Bytes } from "ethers";

import type { DeviceRegistry } from "../../typechain-types/index.js";
import { type DeviceKey, KeyType } from "./deviceKey.js";
import { deviceDomain } from "./identity.js";

export interface DidDocument {
  did: string;
  /** The document, byte by byte as it was hashed. */
  json: string;
  /** What the chain keeps of it. */
  hash: string;
}

/** The document of a device with this key, registered or not: its name and the key it signs with. */
export async function didDocumentOf(
  registry: DeviceRegistry,
  key: DeviceKey,
): Promise<DidDocument> {
  const { chainId, verifyingContract } = await deviceDomain(registry);
  const chain = String(chainId);
  const did = `did:defiot:${chain}:${String(verifyingContract).toLowerCase()}:${key.keyHash}`;
  const method = { id: `${did}#key-1`, controller: did, ...publicKeyOf(key, chain) };
  const json = JSON.stringify({
    "@context": "https://www.w3.org/ns/did/v1",
    id: did,
    verificationMethod: [method],
    assertionMethod: [method.id],
  });
  return { did, json, hash: keccak256(toUtf8Bytes(json)) };
}

function publicKeyOf({ keyType, key }: DeviceKey, chainId: string): object {
  if (keyType === KeyType.Secp256k1) {
    const type = "EcdsaSecp256k1RecoveryMethod2020";
    return { type, blockchainAccountId: `eip155:${chainId}:${key}` };
  }
  const jwk = { kty: "EC", crv: "P-256", x: base64url(key, 0), y: base64url(key, 32) };
  return { type: "JsonWebKey", publicKeyJwk: jwk };
}

/** 32 bytes of a key as JSON Web Keys have them. */
function base64url(key: string, start: number): string {
  const base64 = encodeBase64(dataSlice(key, start, start + 32));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
