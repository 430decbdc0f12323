// What the tests of the staking pool share: a quiet day to begin on, the court's voice, and what the pool says.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import {
  type AddressLike,
  type ContractTransactionResponse,
  resolveAddress,
  ZeroAddress,
} from "ethers";

import type { IStakingPool } from "../../typechain-types/contracts/staking/StakingPool.js";
import type { StakingPool } from "../../typechain-types/index.js";
import type { Identity } from "../identity/fixture.js";
import { plain } from "../identity/registry.js";
import { MAGNITUDE, pass, pools } from "./fixture.js";

export type Slash = IStakingPool.SlashStruct;

/** An expiry that is over: the pool has nothing to forget. */
export const FORGOTTEN = 0n;

/** As `pools`, from the second day of an epoch on: no test runs into the end of one. */
export function fromDayOne<T extends object>(
  prepare: (its: Identity) => Promise<T>,
): () => Promise<Identity & T> {
  return pools(async (its) => {
    await pass(its);
    return prepare(its);
  });
}

/** What an account has of the native coin. */
export const coinOf = async ({ connection }: Identity, account: AddressLike): Promise<bigint> =>
  connection.ethers.provider.getBalance(account);

/** Sets what an account has of the native coin. */
export async function giveCoin(
  { connection }: Identity,
  account: AddressLike,
  amount: bigint,
): Promise<void> {
  await connection.networkHelpers.setBalance(await resolveAddress(account), amount);
}

/** Sends coin that nobody asked for to an account. */
export async function forceCoin(its: Identity, to: AddressLike, value: bigint): Promise<void> {
  const factory = await its.connection.ethers.getContractFactory("ForceSender");
  await factory.deploy(to, { value });
}

/** Acts as an account that has no key here: a contract of the suite. */
export async function as(its: Identity, account: AddressLike): Promise<HardhatEthersSigner> {
  const address = await resolveAddress(account);
  await giveCoin(its, address, 10n ** 18n);
  await its.connection.networkHelpers.impersonateAccount(address);
  return its.connection.ethers.getSigner(address);
}

/** The pool as the court calls it. */
export const asCourt = async (its: Identity): Promise<StakingPool> =>
  its.stakingPool.connect(await as(its, its.slashCourt));

/** A slash by a module that all of the operator's stake secures, for nobody's benefit, unless told otherwise. */
export function slashOf(
  operator: bigint,
  epoch: bigint,
  amount: bigint,
  rest: Partial<Slash> = {},
): Slash {
  return {
    operator,
    epoch,
    amount,
    magnitude: MAGNITUDE,
    total: MAGNITUDE,
    expiry: FORGOTTEN,
    victims: ZeroAddress,
    victimBps: 0,
    ...rest,
  };
}

/** Every event of a transaction, of the pool or the burner, in order: its name and its arguments. */
export async function eventsOf(
  { stakingPool, iotxBurner }: Identity,
  sending: Promise<ContractTransactionResponse>,
): Promise<unknown[][]> {
  const receipt = await (await sending).wait();
  return (receipt?.logs ?? []).map((log) => {
    const event = stakingPool.interface.parseLog(log) ?? iotxBurner.interface.parseLog(log);
    if (event === null) throw new Error("an event that neither the pool nor the burner knows");
    return [event.name, ...(event.args as unknown[])];
  });
}

/** What the pool says of an operator, whole: two of these are equal if nothing changed. */
export async function everythingOf({ stakingPool: pool }: Identity, operator: bigint) {
  const epoch = await pool.epoch();
  return {
    owner: await pool.ownerOf(operator),
    pendingOwner: await pool.pendingOwnerOf(operator),
    details: plain(await pool.operatorOf(operator)),
    payout: await pool.payoutOf(operator),
    bond: await pool.bondOf(operator),
    backing: [...(await pool.backingOf(operator))],
    votes: await pool.votesOf(operator),
    votesAtStart: await pool.votesAt(operator, epoch),
    exposure: await pool.exposureOf(operator),
    answering: await pool.answeringOf(operator, epoch),
    answeredBefore: await pool.answeringOf(operator, epoch - 1n),
    pending: await pool.pendingOf(operator),
    basis: plain(await pool.rewardBasisOf(operator)),
  };
}

/** What a staker has with an operator, and in the bucket of an epoch. */
export async function holdingOf(
  { stakingPool: pool }: Identity,
  operator: bigint,
  account: AddressLike,
  epoch: bigint,
) {
  const { exitShares, assets } = await pool.exitOf(operator, epoch, account);
  return {
    shares: await pool.sharesOf(operator, account),
    stake: await pool.stakeOf(operator, account),
    exitShares,
    exit: assets,
  };
}

/** A staker's steps, as pairs of shares and the first epoch. */
export async function stepsOf(
  { stakingPool }: Identity,
  operator: bigint,
  account: AddressLike,
  start = 0n,
  limit = 2n ** 256n - 1n,
): Promise<[bigint, bigint][]> {
  const steps = await stakingPool.stepsOf(operator, account, start, limit);
  return steps.map(({ shares, from }) => [shares, from]);
}
