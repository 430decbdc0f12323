// What the tests of rewards share: stakes and bonds that are powers of two, so that nothing rounds unless a test wants
// it to, and Grace, who pays.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { type Addressable, type ContractTransactionResponse, resolveAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { type MockERC20, MockERC20__factory } from "../../typechain-types/index.js";
import type { Identity } from "../identity/fixture.js";
import { eventsOf } from "../identity/registry.js";
import { ALL, type OperatorParts, pass, registerOperator, stake } from "./fixture.js";

/** A little more than a coin; sums of 2, 4, 8 of these divide any amount without a rest. */
export const UNIT = 2n ** 60n;

/** Rewards of no module: for staking itself. */
export const PLAIN = 0n;

export type Currency = string | Addressable;

/** An operator with stake, at the start of whose running epoch Bob had one part of four and Carol three. */
export interface Earning {
  operator: bigint;
  /** The running epoch. */
  epoch: bigint;
  /** A token of 18 decimals, of which Grace has much. */
  token: MockERC20;
}

/** What of a token the payer can part with. */
export interface Payable {
  mint(to: HardhatEthersSigner, amount: bigint): Promise<unknown>;
  connect(signer: HardhatEthersSigner): {
    approve(spender: Addressable, amount: bigint): Promise<unknown>;
  };
}

/** Gives Grace much of a token, and the rewards her approval. */
export async function equip<T extends Payable>(
  { accounts, moduleRewards }: Identity,
  token: T,
  amount = 10n ** 40n,
): Promise<T> {
  await token.mint(accounts.grace, amount);
  await token.connect(accounts.grace).approve(moduleRewards, ALL);
  return token;
}

/** A token of so many decimals that Grace can pay in. */
export async function tokenOf(its: Identity, decimals: number): Promise<MockERC20> {
  return equip(its, await new MockERC20__factory(its.accounts.deployer).deploy(decimals));
}

/** Alice's operator; Bob with a unit and Carol with three; a day after the start of the next epoch. */
export async function earning(its: Identity, parts: OperatorParts = {}): Promise<Earning> {
  const operator = await registerOperator(its, parts);
  await stake(its, its.accounts.bob, operator, UNIT);
  await stake(its, its.accounts.carol, operator, 3n * UNIT);
  return { operator, token: await tokenOf(its, 18), epoch: await pass(its) };
}

/** As {@link earning}, but the operator takes nothing: whatever comes in a token is the stakers'. */
export const sharing = (its: Identity): Promise<Earning> =>
  earning(its, { bond: 0n, commissionBps: 0 });

/** Grace pays rewards, with as much coin as it takes. */
export function fund(
  { moduleRewards, accounts }: Identity,
  operator: bigint,
  currency: Currency,
  amount: bigint,
  module = PLAIN,
): Promise<ContractTransactionResponse> {
  const value = currency === NATIVE ? amount : 0n;
  return moduleRewards.connect(accounts.grace).fund(module, operator, currency, amount, { value });
}

/** What an account could claim now, and what the running epoch holds for it. */
export async function claimableOf(
  { moduleRewards }: Identity,
  operator: bigint,
  currency: Currency,
  account: Currency,
): Promise<[claimable: bigint, running: bigint]> {
  return [...(await moduleRewards.claimableOf(operator, currency, account))] as [bigint, bigint];
}

/** What an account has of a currency. */
export async function balanceOf(
  { connection }: Identity,
  currency: Currency,
  account: Currency,
): Promise<bigint> {
  const { provider } = connection.ethers;
  const holder = await resolveAddress(account);
  if (currency === NATIVE) return provider.getBalance(holder);
  return MockERC20__factory.connect(await resolveAddress(currency), provider).balanceOf(holder);
}

/** The relayer claims for an account; gives back what arrived there, which the call and the event told as well. */
export async function claimFor(
  its: Identity,
  operator: bigint,
  currency: Currency,
  account: Currency,
  maxSteps = ALL,
): Promise<bigint> {
  const rewards = its.moduleRewards.connect(its.accounts.relayer);
  const told = await rewards.claimFor.staticCall(operator, currency, account, maxSteps);
  const before = await balanceOf(its, currency, account);
  const claiming = rewards.claimFor(operator, currency, account, maxSteps);
  const events = (await eventsOf(rewards, claiming)).filter(([name]) => name !== "unknown");
  const arrived = (await balanceOf(its, currency, account)) - before;
  const holder = await resolveAddress(account);
  const name = await resolveAddress(currency);
  const expected = arrived === 0n ? [] : [["Claimed", operator, holder, name, holder, arrived]];
  expect(events).to.deep.equal(expected);
  expect(told).to.equal(arrived);
  return arrived;
}

/** Asks all or some of an account's shares out. */
export async function leave(
  { stakingPool }: Identity,
  account: HardhatEthersSigner,
  operator: bigint,
  shares?: bigint,
): Promise<void> {
  const all = shares ?? (await stakingPool.sharesOf(operator, account));
  await stakingPool.connect(account).requestExit(operator, all);
}

/** How far an account has claimed, as a plain object. */
export async function progressOf(
  { moduleRewards }: Identity,
  operator: bigint,
  currency: Currency,
  account: Currency,
): Promise<{ step: bigint; paidThrough: bigint; carry: bigint }> {
  const { step, paidThrough, carry } = await moduleRewards.claimOf(operator, currency, account);
  return { step, paidThrough, carry };
}
