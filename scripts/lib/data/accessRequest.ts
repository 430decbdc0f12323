// What a holder signs to be let in, as EIP-712 has it: one use of one offer's data, of one epoch, at one gateway,
// for a few minutes.
import { getAddress, hexlify, isAddress, isHexString, type TypedDataDomain } from "ethers";

import { struct } from "../typedData.js";
import { Refusal } from "./refusal.js";

/** What data may be used for: the bits of `AccessRequest.use` and of an offer's terms. */
export const Use = {
  Internal: 1,
  Commercial: 2,
  ModelTraining: 4,
  Resale: 8,
  Derivatives: 16,
} as const;

/** The struct type that is signed. */
export const ACCESS_REQUEST = struct(
  "AccessRequest",
  "bytes32 offerId",
  "address user",
  "uint8 use",
  "uint32 epoch",
  "string gateway",
  "bytes32 nonce",
  "uint48 deadline",
);

export interface AccessRequest {
  offerId: string;
  user: string;
  /** Bits of {@link Use}, one at least. */
  use: number;
  /** The epoch whose data is wanted; 0 for a dataset. */
  epoch: number;
  /** The public origin of the gateway, such as `https://data.example`: elsewhere the request is worth nothing. */
  gateway: string;
  /** 32 random bytes. */
  nonce: string;
  /** In seconds. */
  deadline: number;
}

export interface SignedAccessRequest {
  request: AccessRequest;
  signature: string;
}

/** The market that decides who may read. */
export function marketDomain(chainId: bigint | number, market: string): TypedDataDomain {
  return { name: "DeFIoT DataMarket", version: "1", chainId, verifyingContract: market };
}

/** Reads what a stranger sent: exactly these fields, of exactly these types. */
export function readSignedRequest(body: unknown): SignedAccessRequest {
  const { request, signature } = fieldsOf(body, "The body", ["request", "signature"]);
  const names = Object.values(ACCESS_REQUEST).flatMap((fields) => fields.map(({ name }) => name));
  const fields = fieldsOf(request, "The request", names);
  if (typeof fields.gateway !== "string") throw malformed("Field gateway is not a string");
  return {
    request: {
      offerId: word("offerId", fields.offerId),
      user: address("user", fields.user),
      use: integer("use", fields.use, 1, 2 ** 8),
      epoch: integer("epoch", fields.epoch, 0, 2 ** 32),
      gateway: fields.gateway,
      nonce: word("nonce", fields.nonce),
      deadline: integer("deadline", fields.deadline, 0, 2 ** 48),
    },
    signature: bytes("signature", signature),
  };
}

function fieldsOf(value: unknown, what: string, names: string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw malformed(`${what} is not an object`);
  if (Object.keys(value).sort().join() !== names.sort().join()) {
    throw malformed(`${what} has other fields than ${names.join(", ")}`);
  }
  return value as Record<string, unknown>;
}

function bytes(name: string, value: unknown, length: number | true = true): string {
  if (isHexString(value, length)) return hexlify(value);
  const size = length === true ? "bytes" : `${length} bytes`;
  throw malformed(`Field ${name} is not ${size} in hexadecimal`);
}

function word(name: string, value: unknown): string {
  return bytes(name, value, 32);
}

function address(name: string, value: unknown): string {
  const text = bytes(name, value, 20);
  if (!isAddress(value)) throw malformed(`Field ${name} has a wrong checksum`);
  return getAddress(text);
}

function integer(name: string, value: unknown, lowest: number, end: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value < end) {
    return value;
  }
  throw malformed(`Field ${name} is not an integer from ${lowest} to ${end - 1}`);
}

function malformed(what: string): Refusal {
  return new Refusal(400, "MalformedRequest", `${what}: correct it and send it again.`);
}
