// Splits: who gets which part of what is paid to them. A split is its hash, so all of this is done off chain.
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import {
  AbiCoder,
  isAddress,
  isHexString,
  keccak256,
  ZeroAddress,
  ZeroHash,
  zeroPadValue,
} from "ethers";

import type { ISplitHub } from "../../../typechain-types/contracts/ownership/SplitHub.js";
import type { SplitHub } from "../../../typechain-types/index.js";

export type SplitTerms = ISplitHub.SplitStruct;
export type Recipient = ISplitHub.RecipientStruct;

/** A line of a split: an account, or the id of another split, and its parts of the whole. */
export interface Share {
  address: string;
  share: bigint | number;
}

export interface SplitOptions {
  /** Who may name a successor; nobody if not given. */
  controller?: string;
  /** Tells splits apart that are otherwise the same; 0 if not given. */
  salt?: string;
}

/** A split, whole: what the hub needs to be told, and what tells the recipients apart. */
export interface Split {
  id: string;
  terms: SplitTerms;
  /** In the order of their leaves, as `SplitHub.distribute` takes them. */
  recipients: Recipient[];
  /** The proof for a recipient, an account or the id of a split. */
  proofOf(address: string): { recipient: Recipient; proof: string[] };
}

interface Listed {
  payee: string;
  shares: bigint;
}

const LEAF = ["bytes32", "uint96"];
const MAX_TOTAL = 2n ** 96n - 1n;
const SPLIT = ["tuple(bytes32 root, uint96 total, address controller, bytes32 salt)"];

/** A recipient as the hub names him: an address in the low 160 bits, or a split's id as it is. */
export function payeeOf(address: string): string {
  const name = address.toLowerCase();
  if (isHexString(name, 32)) return name;
  if (isAddress(name)) return zeroPadValue(name, 32);
  throw new Error(`"${address}" is neither an address nor the id of a split`);
}

/** Builds a split from a plain list. One line per recipient: the hub counts what each was paid by his name. */
export function buildSplit(shares: readonly Share[], options: SplitOptions = {}): Split {
  if (shares.length === 0) throw new Error("A split needs somebody to pay");
  const byPayee = new Map<string, bigint>();
  for (const { address, share } of shares) {
    const payee = payeeOf(address);
    if (BigInt(share) <= 0n) throw new Error(`The share of ${address} must be above 0`);
    if (byPayee.has(payee)) throw new Error(`${address} is listed twice: give it one share`);
    byPayee.set(payee, BigInt(share));
  }
  const total = [...byPayee.values()].reduce((sum, share) => sum + share, 0n);
  if (total > MAX_TOTAL) throw new Error("The shares must sum to less than 2^96");

  const recipients = [...byPayee].map(([payee, shares]) => ({ payee, shares }));
  const leafOf = ({ payee, shares }: Listed): [string, string] => [payee, shares.toString()];
  const tree = StandardMerkleTree.of(recipients.map(leafOf), LEAF);
  const hashes = new Map(recipients.map((its) => [its, tree.leafHash(leafOf(its))]));
  const hashOf = (its: Listed): bigint => BigInt(hashes.get(its) ?? 0);
  const { controller = ZeroAddress, salt = ZeroHash } = options;
  const terms = { root: tree.root, total, controller, salt };
  return {
    id: splitId(terms),
    terms,
    recipients: recipients.sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1)),
    proofOf(address) {
      const payee = payeeOf(address);
      const shares = byPayee.get(payee);
      if (shares === undefined) throw new Error(`${address} is not in the split`);
      const recipient = { payee, shares };
      return { recipient, proof: tree.getProof(leafOf(recipient)) };
    },
  };
}

/** A split's id, as `SplitHub.idOf` computes it. */
export function splitId(terms: SplitTerms): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(SPLIT, [terms]));
}

/** Where a split is paid by plain transfer. */
export function receiverOf(hub: SplitHub, split: Split): Promise<string> {
  return hub.receiverOf(split.id);
}
