// What the tests of machines, their votes and their bids share.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import {
  type AddressLike,
  type BaseContract,
  concat,
  type ContractTransactionResponse,
  resolveAddress,
  toBeHex,
  ZeroAddress,
} from "ethers";

import { type Motion, payloadOf, shortString } from "../../scripts/lib/ownership/machines.js";
import { type MachineShares, MachineShares__factory } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { startingOn } from "../shared/starting.js";
import {
  claimMilestone,
  COIN,
  DAY,
  deployOwnership,
  now,
  type Ownership,
  propose,
  workingMachine,
} from "./fixture.js";

/** Time between the end of a vote and the first second after which it is carried out. */
export const TIMELOCK = DAY;
/** How long it may be carried out from then on. */
export const WINDOW = 14 * DAY;
/** How long the usual machine votes. */
export const VOTING = 3 * DAY;
/** Shares of the usual machine: 1,000 sold and 500 for the operator. */
export const SUPPLY = 1_500n;
/** How many of them earn at first: those of the contributors. */
export const EARNING = 1_000n;

/** Deploys once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function machines<T extends object>(
  prepare: (its: Ownership) => Promise<T>,
): () => Promise<Ownership & T> {
  return startingOn(deployOwnership, prepare);
}

/** The price of a share for each of the usual machine's 1,500. */
export const FLOOR = 1_500n * COIN;
/** A bid that is gone or never was. */
export const NO_BID = {
  bidder: ZeroAddress,
  expiry: 0n,
  proposalId: 0n,
  price: 0n,
  currency: ZeroAddress,
};

/** The usual machine at work, somebody who bids for it, and a time until when. */
export async function forSale(its: Ownership) {
  const shares = await workingMachine(its);
  const { dave, relayer } = its.accounts;
  return {
    shares,
    votes: its.machineVotes.connect(relayer),
    asDave: its.machineVotes.connect(dave),
    expiry: (await now(its)) + 100 * DAY,
  };
}

/** The same suite, and another device of Alice in the charger's place. */
export async function withOtherDevice<T extends Ownership>(its: T): Promise<T> {
  return { ...its, charger: await registerDevice(its) };
}

/** Every event of one contract in a transaction, in order: its name and its arguments. */
export async function eventsBy(
  contract: BaseContract,
  sending: Promise<ContractTransactionResponse>,
): Promise<unknown[][]> {
  const receipt = await (await sending).wait();
  return (receipt?.logs ?? [])
    .filter(({ address }) => address === contract.target)
    .map((log) => {
      const event = contract.interface.parseLog(log);
      if (event === null) throw new Error("an event that its interface does not know");
      return [event.name, ...(event.args as unknown[])];
    });
}

/** What an account has of the native coin. */
export const coinOf = async ({ connection }: Ownership, account: AddressLike): Promise<bigint> =>
  connection.ethers.provider.getBalance(account);

/** Sets what an account has of the native coin. */
export async function giveCoin(
  { connection }: Ownership,
  account: AddressLike,
  amount: bigint,
): Promise<void> {
  await connection.networkHelpers.setBalance(await resolveAddress(account), amount);
}

/** Acts as an account that has no key here: a contract of the suite. */
export async function as(its: Ownership, account: AddressLike): Promise<HardhatEthersSigner> {
  const address = await resolveAddress(account);
  await giveCoin(its, address, 10n ** 18n);
  await its.connection.networkHelpers.impersonateAccount(address);
  return its.connection.ethers.getSigner(address);
}

/** Puts all of these transactions into one block, in this order. */
export async function inOneBlock(
  { connection }: Ownership,
  ...sendings: (() => Promise<ContractTransactionResponse>)[]
): Promise<ContractTransactionResponse[]> {
  const { provider, networkHelpers } = connection;
  await provider.request({ method: "evm_setAutomine", params: [false] });
  try {
    const sent: ContractTransactionResponse[] = [];
    for (const send of sendings) sent.push(await send());
    await networkHelpers.mine();
    return sent;
  } finally {
    await provider.request({ method: "evm_setAutomine", params: [true] });
  }
}

/** What a block's transactions need to be told when nothing is mined in between. */
export const GAS = { gasLimit: 2_000_000n };

/**
 * Anybody's clone of the suite's shares, of which he says who issues it: ERC-1167 code with the machine's words behind
 * it, as OpenZeppelin's `Clones` lays it out.
 */
export async function cloneShares(
  { machineShares, charger, accounts, token }: Ownership,
  issuer: string,
  operator = accounts.alice.address,
): Promise<MachineShares> {
  const words = Array<bigint>(10).fill(0n);
  const terms = (2_000n << 80n) | (2_000n << 64n) | (5_000n << 48n) | BigInt(VOTING);
  words[0] = charger.deviceId;
  words[1] = BigInt(shortString("FALSE"));
  words[2] = (BigInt(operator) << 96n) | terms;
  words[3] = BigInt(token.target as string) << 96n;
  words[9] = BigInt(issuer);
  const args = concat(words.map((word) => toBeHex(word, 32)));
  const code = concat([
    "0x61",
    toBeHex(45 + 32 * words.length, 2),
    "0x3d81600a3d39f3363d3d373d3d3d363d73",
    machineShares.target as string,
    "0x5af43d82803e903d91602b57fd5bf3",
    args,
  ]);
  const receipt = await (await accounts.stranger.sendTransaction({ data: code })).wait();
  if (!receipt?.contractAddress) throw new Error("No clone was deployed");
  return MachineShares__factory.connect(receipt.contractAddress, accounts.stranger);
}

/** A milestone is claimed and released, and the operator's shares vest with it. */
export async function releaseMilestone(
  its: Ownership,
  shares: MachineShares,
  milestone: number,
): Promise<void> {
  await claimMilestone(its, shares, milestone);
  const { vetoWindow } = await its.machineOfferings.termsOf(shares);
  await its.connection.networkHelpers.time.increase(vetoWindow);
  await its.machineOfferings.connect(its.accounts.relayer).release(shares, milestone);
}

/** A motion before the holders, and the seconds that matter to it. */
export interface Brought {
  proposalId: bigint;
  payload: string;
  snapshot: number;
  /** Last second of the vote. */
  end: number;
  /** Last second of the timelock. */
  locked: number;
  /** Last second at which it is carried out. */
  last: number;
}

/** Brings a motion, by Bob unless told otherwise. */
export async function bring(
  its: Ownership,
  shares: MachineShares,
  motion: keyof typeof Motion,
  values: unknown[] = [],
  proposer = its.accounts.bob,
): Promise<Brought> {
  const proposalId = await propose(its, shares, motion, values, proposer);
  const snapshot = await now(its);
  const end = snapshot + Number((await shares.machine()).votingPeriod);
  const locked = end + TIMELOCK;
  const payload = payloadOf(motion, ...values);
  return { proposalId, payload, snapshot, end, locked, last: locked + WINDOW };
}

/** Has accounts vote for a motion, or against it. */
export async function vote(
  { machineVotes }: Ownership,
  shares: MachineShares,
  { proposalId }: Pick<Brought, "proposalId">,
  yes: HardhatEthersSigner[],
  no: HardhatEthersSigner[] = [],
): Promise<void> {
  for (const voter of yes) {
    await machineVotes.connect(voter).castVote(shares, proposalId, true);
  }
  for (const voter of no) {
    await machineVotes.connect(voter).castVote(shares, proposalId, false);
  }
}

/** A bid by Dave, unless told otherwise, good for a year; gives its number. */
export async function placeBid(
  its: Ownership,
  shares: MachineShares,
  price: bigint,
  {
    bidder = its.accounts.dave,
    expiry,
    value = 0n,
  }: { bidder?: HardhatEthersSigner; expiry?: number; value?: bigint } = {},
): Promise<bigint> {
  const votes = its.machineVotes.connect(bidder);
  const until = expiry ?? (await now(its)) + 365 * DAY;
  const bidId = await votes.bid.staticCall(shares, price, until, { value });
  await votes.bid(shares, price, until, { value });
  return bidId;
}
