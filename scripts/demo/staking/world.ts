import type { TransactionReceipt } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import { StakingModel } from "../../lib/staking/model.js";
import { quietly } from "../ownership/crowd.js";
import type { Prepared, Story } from "../story.js";
import { OPERATOR_NAMES, type OperatorName, OWNERS, PAY, STAKERS, WEEKS } from "./cast.js";
import { balanceOf, type Coin, endow, mintTokens, type Tokens } from "./coins.js";

export const HOUR = 3_600;
export const DAY = 24 * HOUR;

/** Monday is the first, since a week of staking begins on it. */
export const Day = {
  Monday: 0,
  Tuesday: 1,
  Wednesday: 2,
  Thursday: 3,
  Friday: 4,
  Saturday: 5,
  Sunday: 6,
} as const;

/** What the chapters hand on. */
export interface World {
  tokens: Tokens;
  /** Computes on its own what the chain ought to say. */
  model: StakingModel;
  /** The epoch that the story calls its first week. */
  first: bigint;
  purses: Map<AccountName, Purse>;
  /** What was paid for each operator's work, and how it was divided. */
  divisions: Division[];
  /** What stakers were paid of it. */
  claims: Claimed[];
}

/** What somebody claimed: by the chain, and by the model, in the coin's smallest unit. */
export interface Claimed {
  who: AccountName;
  coin: Coin;
  paid: bigint;
  reckoned: bigint;
}

/** What of somebody's money the model does not know. */
export interface Purse {
  /** What he had when the story began. */
  before: Readonly<Record<Coin, bigint>>;
  /** What he has paid for gas since, in wei. */
  fees: bigint;
}

/** How a payment was divided, in the coin's smallest unit. */
export interface Division {
  operator: OperatorName;
  coin: Coin;
  paid: bigint;
  burned: bigint;
  /** The operator's cut of what stakers earn. */
  commission: bigint;
  /** What his bond earns, as if it were stake. */
  forBond: bigint;
  toStakers: bigint;
}

/** Opens the story on the Monday that comes next. */
export async function openWorld(story: Story): Promise<World> {
  const { moduleRegistry, moduleRewards, stakingPool } = story.suite;
  const tokens = await mintTokens(story);
  await endow(story, tokens.BYTE, OWNERS.storage, WEEKS * PAY.storage);
  await endow(story, tokens.PROOF, OWNERS.compute, WEEKS * PAY.compute);
  const purses: World["purses"] = new Map();
  for (const who of [...STAKERS, ...OPERATOR_NAMES]) {
    const { address } = story.accounts[who];
    const [IOTX, BYTE, PROOF] = await Promise.all([
      balanceOf(story, tokens, "IOTX", address),
      balanceOf(story, tokens, "BYTE", address),
      balanceOf(story, tokens, "PROOF", address),
    ]);
    purses.set(who, { before: { IOTX, BYTE, PROOF }, fees: 0n });
  }
  const model = new StakingModel({
    genesis: await stakingPool.genesis(),
    time: await story.now(),
    guardian: story.accounts.guardian.address,
    moduleBond: await moduleRegistry.bondOfModules(),
    burnBps: await moduleRewards.burnBps(),
  });
  return {
    tokens,
    model,
    first: (await stakingPool.epoch()) + 1n,
    purses,
    divisions: [],
    claims: [],
  };
}

/** The epoch that is a week of the story. */
export function epochOf({ first }: World, week: number): bigint {
  return first + BigInt(week - 1);
}

/** When a moment of a week is, in seconds. */
export function momentOf(world: World, week: number, day: number, hour: number): number {
  return Number(world.model.startOf(epochOf(world, week))) + day * DAY + hour * HOUR;
}

/** Goes to a moment of a week. */
export async function goTo(
  story: Story,
  world: World,
  [week, day, hour]: readonly [week: number, day: number, hour: number],
  said: string,
): Promise<void> {
  await story.pass(momentOf(world, week, day, hour) - (await story.now()), said);
  world.model.at(await story.now());
}

/** Work of the model's: what the chain is to come to. */
export type Reckoned<T> = (model: StakingModel) => T;

/** Somebody does something on the chain, and the model does the same at the same second. */
export async function act<T>(
  story: Story,
  world: World,
  who: AccountName,
  did: string,
  prepared: Prepared,
  reckon: Reckoned<T>,
): Promise<{ receipt: TransactionReceipt; reckoned: T }> {
  return follow(world, who, await story.act(who, did, prepared), reckon);
}

/** The same, and nothing is printed. */
export async function actQuietly<T>(
  story: Story,
  world: World,
  who: AccountName,
  did: string,
  prepared: Prepared,
  reckon: Reckoned<T>,
): Promise<{ receipt: TransactionReceipt; reckoned: T }> {
  return follow(world, who, await quietly(story, who, did, prepared), reckon);
}

async function follow<T>(
  { model, purses }: World,
  who: AccountName,
  receipt: TransactionReceipt,
  reckon: Reckoned<T>,
): Promise<{ receipt: TransactionReceipt; reckoned: T }> {
  const purse = purses.get(who);
  if (purse !== undefined) purse.fees += receipt.fee;
  const { timestamp } = await receipt.getBlock();
  return { receipt, reckoned: reckon(model.at(timestamp)) };
}
