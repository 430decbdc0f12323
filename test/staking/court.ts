// What the tests of modules and of the court share.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import {
  type AddressLike,
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  resolveAddress,
  Result,
} from "ethers";

import type { Identity } from "../identity/fixture.js";
import { nextBlockAt, plain } from "../identity/registry.js";
import { COIN, DAY, now, type Secured } from "./fixture.js";

export { nextBlockAt, plain };

export enum Membership {
  None,
  Asked,
  Member,
}

export enum Stage {
  Active,
  Retired,
  Closed,
}

export enum Status {
  None,
  Open,
  Vetoed,
  Executed,
  Lapsed,
}

/** What a module brings, and what of it is burned. */
export const MODULE_BOND = 1_000n * 10n ** 18n;
export const MODULE_BURN = MODULE_BOND / 10n;

/** Nothing was ever given, for a module that nobody works for. */
export const NOTHING = [0n, 0n, 0n, 0n];

const unpacked = (value: unknown): unknown => (value instanceof Result ? plain(value) : value);

/** Every event of a transaction's staking contracts and of the burner, in order: its name and its arguments. */
export async function storyOf(
  its: Identity,
  sending: Promise<ContractTransactionResponse>,
): Promise<unknown[][]> {
  const receipt = await receiptOf(sending);
  const { stakingPool, moduleRegistry, slashCourt, moduleRewards, iotxBurner } = its;
  const contracts = [stakingPool, moduleRegistry, slashCourt, moduleRewards, iotxBurner];
  return receipt.logs.map((log) => {
    const contract = contracts.find(({ target }) => target === log.address);
    const event = contract?.interface.parseLog(log);
    if (event === null || event === undefined) return ["unknown", log.address];
    return [event.name, ...[...(event.args as unknown[])].map(unpacked)];
  });
}

export async function receiptOf(
  sending: Promise<ContractTransactionResponse>,
): Promise<ContractTransactionReceipt> {
  const receipt = await (await sending).wait();
  if (receipt === null) throw new Error("a transaction that was never mined");
  return receipt;
}

/** What an account has of the native coin. */
export const coinOf = async ({ connection }: Identity, account: AddressLike): Promise<bigint> =>
  connection.ethers.provider.getBalance(account);

/** Acts as an account that has no key here, a contract of the suite; with coin for the gas. */
export async function as(its: Identity, account: AddressLike): Promise<HardhatEthersSigner> {
  const address = await resolveAddress(account);
  const { networkHelpers, ethers } = its.connection;
  await networkHelpers.setBalance(address, (await coinOf(its, address)) + COIN);
  await networkHelpers.impersonateAccount(address);
  return ethers.getSigner(address);
}

/** What an operator gives a module: in the epoch before, in this one, in the next and later. */
export async function lanesOf(
  { moduleRegistry }: Identity,
  { operator, module }: Pick<Secured, "operator" | "module">,
): Promise<bigint[]> {
  const its = await moduleRegistry.allocationOf(operator, module);
  return [its.previous, its.current, its.next, its.later];
}

export async function membershipOf(
  { moduleRegistry }: Identity,
  { operator, module }: Pick<Secured, "operator" | "module">,
): Promise<bigint> {
  return (await moduleRegistry.allocationOf(operator, module)).membership;
}

export async function standingOf(
  { moduleRegistry }: Identity,
  module: bigint,
): Promise<Record<string, unknown>> {
  return plain(await moduleRegistry.standingOf(module));
}

/** When a proposal can be carried out, in seconds: its first second. */
export async function readyAtOf({ slashCourt }: Identity, proposal: bigint): Promise<number> {
  return Number((await slashCourt.proposalOf(proposal)).readyAt);
}

/** Carries a proposal out in the first second in which that is possible, by a stranger. */
export async function carryOut(
  its: Identity,
  proposal: bigint,
): Promise<ContractTransactionResponse> {
  await nextBlockAt(its, await readyAtOf(its, proposal));
  return its.slashCourt.connect(its.accounts.stranger).execute(proposal);
}

/** Goes to a moment, in seconds: the newest block is of then. */
export async function goTo({ connection }: Identity, timestamp: number): Promise<void> {
  await connection.networkHelpers.time.increaseTo(timestamp);
}

/** Goes to the first second in which a proposal has lapsed. */
export async function lapse(its: Identity, proposal: bigint): Promise<void> {
  await goTo(its, (await readyAtOf(its, proposal)) + DAY);
}

/** The guardian stops all intake of the domain for as long as he can. */
export async function pauseAll(its: Identity): Promise<number> {
  const until = (await now(its)) + 14 * DAY;
  for (const contract of [its.stakingPool, its.moduleRegistry, its.moduleRewards]) {
    await contract.connect(its.accounts.guardian).pauseIntake(until);
  }
  return until;
}
