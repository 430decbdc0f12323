// What the tests of the split hub share: a hub, somebody who pays, and splits that are honest or are not.
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { type AddressLike, resolveAddress, ZeroAddress, ZeroHash } from "ethers";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { type Accounts, namedAccounts } from "../../scripts/lib/accounts.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import {
  buildSplit,
  payeeOf,
  type Recipient,
  type Split,
  splitId,
  type SplitOptions,
  type SplitTerms,
} from "../../scripts/lib/ownership/splits.js";
import {
  type MockERC20,
  MockERC20__factory,
  type SplitHub,
  SplitHub__factory,
} from "../../typechain-types/index.js";
import { startingOn } from "../shared/starting.js";

export const MAX_UINT128 = 2n ** 128n - 1n;
/** The largest that is an address and not the id of a split. */
export const LAST_ADDRESS = 2n ** 160n - 1n;

/** A hub, called by the relayer, to whom nothing is due; Alice has a token and lets the hub take it. */
export interface Hub {
  connection: NetworkConnection;
  accounts: Accounts;
  hub: SplitHub;
  token: MockERC20;
}

/** Deploys a hub once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function hubs<T extends object>(prepare: (its: Hub) => Promise<T>): () => Promise<Hub & T> {
  return startingOn(deployHub, prepare);
}

async function deployHub(): Promise<Hub> {
  const connection = await hre.network.create();
  const accounts = await namedAccounts(connection.ethers);
  const hub = await new SplitHub__factory(accounts.relayer).deploy();
  const token = await new MockERC20__factory(accounts.alice).deploy(18);
  await fund(accounts, hub, token);
  return { connection, accounts, hub, token };
}

/** Gives Alice much of a token, and the hub her approval. */
export async function fund({ alice }: Accounts, hub: SplitHub, token: MockERC20): Promise<void> {
  await token.mint(alice, 10n ** 24n);
  await token.connect(alice).approve(hub, 2n ** 256n - 1n);
}

/** Who gets what: accounts, contracts, or the ids of splits. */
export type Parts = readonly (readonly [AddressLike, bigint | number])[];

/** A split of these parts. */
export async function splitAmong(parts: Parts, options: SplitOptions = {}): Promise<Split> {
  const list = parts.map(async ([to, share]) => ({ address: await nameOf(to), share }));
  return buildSplit(await Promise.all(list), options);
}

const nameOf = async (to: AddressLike): Promise<string> =>
  typeof to === "string" ? to : resolveAddress(to);

/** As the library names a recipient, but for nobody, to whom it refuses to give anything. */
const rawPayeeOf = async (to: AddressLike): Promise<string> =>
  to === ZeroHash ? ZeroHash : payeeOf(await nameOf(to));

/** A split that the library would not build: doubled recipients, a total that is not the sum. */
export interface RawSplit {
  id: string;
  terms: SplitTerms;
  /** What the n-th line takes to be released. */
  proofAt(line: number): { recipient: Recipient; proof: string[] };
}

/** Builds a tree from lines as they are, under a total that need not be their sum. */
export async function rawSplit(parts: Parts, total: bigint | number): Promise<RawSplit> {
  const named = parts.map(async ([to, shares]): Promise<[string, string]> => [
    await rawPayeeOf(to),
    shares.toString(),
  ]);
  const lines = await Promise.all(named);
  const tree = StandardMerkleTree.of(lines, ["bytes32", "uint96"]);
  const terms = { root: tree.root, total, controller: ZeroAddress, salt: ZeroHash };
  return {
    id: splitId(terms),
    terms,
    proofAt(line) {
      const leaf = lines[line];
      if (leaf === undefined) throw new Error(`the tree has no line ${line}`);
      const [payee, shares] = leaf;
      return { recipient: { payee, shares }, proof: tree.getProof(leaf) };
    },
  };
}

/** Alice pays into a split, in coin unless told otherwise. */
export async function pay(
  { hub, accounts }: Pick<Hub, "hub" | "accounts">,
  { id }: Pick<Split, "id">,
  amount: bigint | number,
  currency: AddressLike = NATIVE,
): Promise<void> {
  const value = currency === NATIVE ? amount : 0;
  await hub.connect(accounts.alice).deposit(id, currency, amount, { value });
}

/** What came into a split and left it: [cumulative, released]. */
export async function potOf(
  { hub }: Pick<Hub, "hub">,
  { id }: Pick<Split, "id">,
  currency: AddressLike = NATIVE,
): Promise<[bigint, bigint]> {
  const { cumulative, released } = await hub.potOf(id, currency);
  return [cumulative, released];
}

/** What the hub has of the native coin. */
export const coinOf = ({ connection, hub }: Pick<Hub, "connection" | "hub">): Promise<bigint> =>
  connection.ethers.provider.getBalance(hub);

/** Releases somebody's part; the relayer sends it. */
export function release(
  { hub }: Pick<Hub, "hub">,
  split: Split,
  to: string,
  currency: AddressLike = NATIVE,
) {
  const { recipient, proof } = split.proofOf(to);
  return hub.release(split.terms, currency, recipient, proof);
}
