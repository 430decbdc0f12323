// Splits: who gets which part of what is paid to them. A split is its hash, so all of this is done off chain.
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import {
  AbiCoder,
  type ContractTransaction,
  getAddress,
  getCreate2Address,
  getCreateAddress,
  isAddress,
  isHexString,
  keccak256,
  solidityPackedKeccak256,
  ZeroAddress,
  ZeroHash,
  zeroPadValue,
} from "ethers";

import type { ISplitHub } from "../../../typechain-types/contracts/ownership/SplitHub.js";
import type { SplitHub } from "../../../typechain-types/index.js";

export type SplitTerms = ISplitHub.SplitStruct;
export type Recipient = ISplitHub.RecipientStruct;
export type Leg = ISplitHub.LegStruct;

/** A line of a split: an account, or the id of another split, and its parts of the whole. */
export interface Share {
  address: string;
  /** A whole number above 0; in digits where it comes out of JSON and is large. */
  share: bigint | number | string;
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

/** The most recipients that `SplitHub.distribute` takes. */
export const MAX_LIST = 16;

const LEAF = ["bytes32", "uint96"];
const MAX_TOTAL = 2n ** 96n - 1n;
const SPLIT = ["tuple(bytes32 root, uint96 total, address controller, bytes32 salt)"];

/** A recipient as the hub names him: an address in the low 160 bits, or a split's id as it is. */
export function payeeOf(address: string): string {
  const payee = isHexString(address, 32) ? address.toLowerCase() : paddedAddress(address);
  if (BigInt(payee) !== 0n) return payee;
  throw new Error("The zero address gets nothing out of a split: name who is to be paid");
}

/** Builds a split from a plain list. One line per recipient: the hub counts what each was paid by his name. */
export function buildSplit(shares: readonly Share[], options: SplitOptions = {}): Split {
  if (shares.length === 0) throw new Error("A split needs somebody to pay: list one at least");
  const byPayee = new Map<string, bigint>();
  for (const { address, share } of shares) {
    const payee = payeeOf(address);
    if (byPayee.has(payee)) {
      throw new Error(`${address} is listed twice: give it one line with the sum of its shares`);
    }
    byPayee.set(payee, wholeShare(address, share));
  }
  const total = [...byPayee.values()].reduce((sum, share) => sum + share, 0n);
  if (total > MAX_TOTAL) {
    throw new Error("The shares sum to 2^96 or more: divide them all by the same number");
  }

  const recipients = [...byPayee].map(([payee, shares]) => ({ payee, shares }));
  const leafOf = ({ payee, shares }: Listed): [string, string] => [payee, shares.toString()];
  const tree = StandardMerkleTree.of(recipients.map(leafOf), LEAF);
  const hashes = new Map(recipients.map((its) => [its.payee, BigInt(tree.leafHash(leafOf(its)))]));
  const hashOf = ({ payee }: Listed): bigint => hashes.get(payee) ?? 0n;
  const terms = { root: tree.root, total, ...checkedOptions(options) };
  return {
    id: splitId(terms),
    terms,
    recipients: recipients.sort((a, b) => (hashOf(a) < hashOf(b) ? -1 : 1)),
    proofOf(address) {
      const payee = payeeOf(address);
      const shares = byPayee.get(payee);
      if (shares === undefined) {
        throw new Error(`${address} is not in the split: look it up in the list it was built from`);
      }
      const recipient = { payee, shares };
      return { recipient, proof: tree.getProof(leafOf(recipient)) };
    },
  };
}

/** A split's id, as `SplitHub.idOf` computes it. */
export function splitId(terms: SplitTerms): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(SPLIT, [terms]));
}

/** Where a split is paid by plain transfer, as the hub says. */
export function receiverOf(hub: SplitHub, split: Pick<Split, "id">): Promise<string> {
  return hub.receiverOf(split.id);
}

/**
 * Where a split is paid by plain transfer, computed from the hub's address alone. The receiver is an ERC-1167 clone,
 * with the split's id for a salt, of the one contract that the hub deployed.
 */
export function receiverAddress(hub: string, id: string): string {
  if (!isSplitId(id)) {
    throw new Error(`"${id}" is not the id of a split: compute it with buildSplit or splitId`);
  }
  const deployer = getAddress(hub);
  const implementation = getCreateAddress({ from: deployer, nonce: 1 });
  const code = solidityPackedKeccak256(
    ["bytes20", "address", "bytes15"],
    [
      "0x3d602d80600a3d3981f3363d3d373d3d3d363d73",
      implementation,
      "0x5af43d82803e903d91602b57fd5bf3",
    ],
  );
  return getCreate2Address(deployer, id, code);
}

/** One release of several, for `SplitHub.releaseMany`. */
export function legOf(split: Split, currency: string, address: string): Leg {
  return { split: split.terms, currency, ...split.proofOf(address) };
}

/** Releases one recipient's part; anyone may send it. */
export function prepareRelease(
  hub: SplitHub,
  split: Split,
  currency: string,
  address: string,
): Promise<ContractTransaction> {
  const { recipient, proof } = split.proofOf(address);
  return hub.release.populateTransaction(split.terms, currency, recipient, proof);
}

/** Releases all parts of a small split; anyone may send it. */
export async function prepareDistribution(
  hub: SplitHub,
  split: Split,
  currency: string,
): Promise<ContractTransaction> {
  const count = split.recipients.length;
  if (count > MAX_LIST) {
    throw new Error(
      `A split of ${count} cannot be distributed as a list of at most ${MAX_LIST}: ` +
        "use releaseMany with the legs of those to be paid",
    );
  }
  return hub.distribute.populateTransaction(split.terms, currency, split.recipients);
}

function isSplitId(name: string): boolean {
  return isHexString(name, 32) && BigInt(name) >> 160n !== 0n;
}

function paddedAddress(address: string): string {
  // ethers also takes an address without its 0x, and the one of a bank.
  if (isHexString(address, 20) && isAddress(address)) {
    return zeroPadValue(address.toLowerCase(), 32);
  }
  const why = isHexString(address, 20)
    ? "has a letter in the wrong case, so it may be mistyped: copy the address again"
    : "is neither an address nor the id of a split: give 0x and 40 or 64 hexadecimal digits";
  throw new Error(`"${address}" ${why}`);
}

function wholeShare(address: string, share: Share["share"]): bigint {
  const whole = typeof share === "string" ? /^\d+$/.test(share) : isWhole(share);
  if (!whole) {
    throw new Error(
      `The share of ${address} is ${share}: give a whole number, as a bigint or in digits if it is large`,
    );
  }
  if (BigInt(share) > 0n) return BigInt(share);
  throw new Error(`The share of ${address} is ${share}: leave it out, or give it more than 0`);
}

function isWhole(share: bigint | number): boolean {
  return typeof share === "bigint" || Number.isSafeInteger(share);
}

function checkedOptions({ controller = ZeroAddress, salt = ZeroHash }: SplitOptions) {
  if (!isHexString(controller, 20) || !isAddress(controller)) {
    throw new Error(`"${controller}" is no address of a controller: leave it out if there is none`);
  }
  if (!isHexString(salt, 32)) {
    throw new Error(`"${salt}" is no salt: give 32 bytes in hexadecimal, such as id("my salt")`);
  }
  return { controller: getAddress(controller), salt };
}
