import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { id, parseEther } from "ethers";

import {
  EPOCH,
  MAGNITUDE,
  type ModuleTerms,
  moduleTerms,
} from "../../scripts/lib/staking/modules.js";
import { deployIdentity, type Identity } from "../identity/fixture.js";
import { startingOn } from "../shared/starting.js";

export const DAY = 86_400;
export const COIN = 10n ** 18n;
export const BOND = parseEther("100");
export const STAKE = parseEther("1000");
/** Enough to go through any history. */
export const ALL = 2n ** 256n - 1n;
export const NO_PENDING = 0n;
export const EVIDENCE = id("what the oracle saw");

/** Deploys the suite once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function pools<T extends object>(
  prepare: (its: Identity) => Promise<T>,
): () => Promise<Identity & T> {
  return startingOn(deployIdentity, prepare);
}

/** The chain's time, in seconds. */
export const now = ({ connection }: Identity): Promise<number> =>
  connection.networkHelpers.time.latest();

/** Goes to a moment of a later epoch, by default a day after its start: the next block is of then. */
export async function inEpoch(its: Identity, epoch: bigint, offset = DAY): Promise<void> {
  const start = await its.stakingPool.startOf(epoch);
  await its.connection.networkHelpers.time.setNextBlockTimestamp(start + BigInt(offset));
  await its.connection.networkHelpers.mine();
}

/** Goes so many epochs on, to a day after the start. */
export async function pass(its: Identity, epochs = 1n): Promise<bigint> {
  const epoch = (await its.stakingPool.epoch()) + epochs;
  await inEpoch(its, epoch);
  return epoch;
}

/** What of an operator is not as usual. */
export interface OperatorParts {
  owner?: HardhatEthersSigner;
  payout?: HardhatEthersSigner;
  commissionBps?: number;
  bond?: bigint;
}

/** Alice becomes an operator, with a bond of 100 and a cut of 10 %, unless told otherwise. */
export async function registerOperator(its: Identity, parts: OperatorParts = {}): Promise<bigint> {
  const { owner = its.accounts.alice, commissionBps = 1_000, bond = BOND } = parts;
  const { payout = owner } = parts;
  const pool = its.stakingPool.connect(owner);
  await pool.registerOperator(payout, commissionBps, "an operator", { value: bond });
  return its.stakingPool.count();
}

/** The arbiter's module, which Judy may veto for, with Kim as the victims (half of the bond), unless told otherwise. */
export async function registerModule(
  its: Identity,
  rest: Partial<ModuleTerms> = {},
  owner = its.accounts.arbiter,
): Promise<bigint> {
  const { arbiter, judy, kim } = its.accounts;
  const registry = its.moduleRegistry.connect(owner);
  const terms = moduleTerms(arbiter, judy, { victims: kim, victimBps: 5_000, ...rest });
  await registry.registerModule(terms, "a module", { value: await registry.bondOfModules() });
  return its.moduleRegistry.count();
}

/** Stakes 1,000, unless told otherwise. */
export async function stake(
  its: Identity,
  account: HardhatEthersSigner,
  operator: bigint,
  amount = STAKE,
): Promise<void> {
  await its.stakingPool.connect(account).stake(operator, ALL, { value: amount });
}

/** An operator opts in to an open module and gives it a magnitude, by default all; it begins two epochs later. */
export async function allocate(
  its: Identity,
  operator: bigint,
  module: bigint,
  magnitude = MAGNITUDE,
  owner = its.accounts.alice,
): Promise<void> {
  const registry = its.moduleRegistry.connect(owner);
  await registry.optIn(operator, module);
  await registry.allocate(operator, module, magnitude);
}

/** An operator, a module, and their numbers. */
export interface Secured {
  operator: bigint;
  module: bigint;
  /** The running epoch. */
  epoch: bigint;
}

/** Alice's operator, with 1,000 each of Bob's and Carol's, all of it securing the arbiter's module; day 1 of an epoch. */
export async function secured(
  its: Identity,
  {
    operator: operatorParts = {},
    terms = {},
    magnitude = MAGNITUDE,
  }: {
    operator?: OperatorParts;
    terms?: Partial<ModuleTerms>;
    magnitude?: bigint;
  } = {},
): Promise<Secured> {
  const operator = await registerOperator(its, operatorParts);
  const module = await registerModule(its, terms);
  await stake(its, its.accounts.bob, operator);
  await stake(its, its.accounts.carol, operator);
  await allocate(its, operator, module, magnitude, operatorParts.owner);
  const epoch = await pass(its, 2n);
  return { operator, module, epoch };
}

/** Proposes to slash for an offence of an hour ago, unless told otherwise; the proposal's number. */
export async function propose(
  its: Identity,
  { operator, module }: Pick<Secured, "operator" | "module">,
  amount: bigint,
  offenceTime?: number,
): Promise<bigint> {
  const court = its.slashCourt.connect(its.accounts.arbiter);
  const time = offenceTime ?? (await now(its)) - 3_600;
  await court.propose(module, operator, amount, time, EVIDENCE);
  return its.slashCourt.count();
}

/** Goes to the first second in which a proposal can be carried out. */
export async function untilReady(its: Identity, proposal: bigint): Promise<void> {
  const { readyAt } = await its.slashCourt.proposalOf(proposal);
  await its.connection.networkHelpers.time.setNextBlockTimestamp(readyAt);
}

export { EPOCH, MAGNITUDE };
