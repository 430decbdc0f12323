import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { AddressLike, ContractTransactionResponse } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { type StakedIotx, StakedIotx__factory } from "../../typechain-types/index.js";
import type { Identity } from "../identity/fixture.js";
import {
  COIN,
  DAY,
  MAGNITUDE,
  type OperatorParts,
  pools,
  propose,
  registerModule,
  registerOperator,
  untilReady,
} from "./fixture.js";

/** Shares that a wei buys at first. */
export const SHARES = 10n ** 6n;
/** Shares that nobody has, and that count along in every price. */
export const VIRTUAL = 10n ** 6n;
/** What of rewards in coin is burned, in basis points: as deploy/parameters/localhost.json has it. */
const BURN_BPS = 500n;

/** A vault on Alice's operator, connected to Bob. */
export interface Vault extends Identity {
  vault: StakedIotx;
  operator: bigint;
}

/** Deploys the suite and a vault on an operator without bond and commission, unless told otherwise. */
export function vaults<T extends object>(
  prepare: (its: Vault) => Promise<T>,
  parts: OperatorParts = {},
): () => Promise<Vault & T> {
  return pools(async (identity) => {
    const operator = await registerOperator(identity, { commissionBps: 0, bond: 0n, ...parts });
    const { accounts, moduleRewards } = identity;
    const deployed = await new StakedIotx__factory(accounts.bob).deploy(moduleRewards, operator);
    const its = { ...identity, vault: deployed, operator };
    return { ...its, ...(await prepare(its)) };
  });
}

/** Pays in; by default for himself. */
export function deposit(
  { vault }: Vault,
  account: HardhatEthersSigner,
  assets: bigint,
  receiver: AddressLike = account,
): Promise<ContractTransactionResponse> {
  return vault.connect(account)["deposit(uint256,address)"](assets, receiver, { value: assets });
}

/** Requests out for himself; by default all that he has. */
export async function request(
  { vault }: Vault,
  account: HardhatEthersSigner,
  shares?: bigint,
): Promise<ContractTransactionResponse> {
  const asked = shares ?? (await vault.balanceOf(account));
  return vault.connect(account).requestRedeem(asked, account, account);
}

/** Claims for himself all that can be claimed. */
export async function redeemAll(
  { vault }: Vault,
  account: HardhatEthersSigner,
): Promise<ContractTransactionResponse> {
  return vault.connect(account).redeem(await vault.maxRedeem(account), account, account);
}

/** Pays the operator rewards of which `amount` is left for his stakers, if he has neither bond nor commission. */
export async function reward(
  { moduleRewards, accounts, operator }: Vault,
  amount: bigint,
): Promise<void> {
  const whole = (amount * 10_000n) / (10_000n - BURN_BPS);
  const rewards = moduleRewards.connect(accounts.grace);
  await rewards.fund(0, operator, NATIVE, whole, { value: whole });
}

/** What the vault could claim now, and what the running epoch holds for it. */
export async function rewardsOf({ moduleRewards, operator, vault }: Vault) {
  const [claimable, running] = await moduleRewards.claimableOf(operator, NATIVE, vault);
  return { claimable, running };
}

/** A module of the arbiter's, with the shortest window, to which the operator gives everything two epochs later. */
export async function secure(its: Vault): Promise<bigint> {
  const module = await registerModule(its, { window: 2 * DAY });
  const registry = its.moduleRegistry.connect(its.accounts.alice);
  await registry.optIn(its.operator, module);
  await registry.allocate(its.operator, module, MAGNITUDE);
  return module;
}

/** Slashes the operator for what he did an hour ago; it takes two days. */
export async function slash(its: Vault, module: bigint, amount: bigint): Promise<void> {
  const proposal = await propose(its, { operator: its.operator, module }, amount);
  await untilReady(its, proposal);
  await its.slashCourt.connect(its.accounts.relayer).execute(proposal);
}

/** The most that the module may propose for an offence of the running epoch. */
export async function mostOf({ slashCourt, operator }: Vault, module: bigint): Promise<bigint> {
  return slashCourt.proposableOf(module, operator, await slashCourt.epoch());
}

/** Everything that the vault says of itself. */
export async function stateOf({ vault }: Vault) {
  return {
    assets: await vault.totalAssets(),
    shares: await vault.totalSupply(),
    idle: await vault.idle(),
  };
}

/** What a request of so many shares takes of an amount, as the vault rounds it. */
export const partOf = (amount: bigint, shares: bigint, supply: bigint): bigint =>
  (amount * shares) / (supply + VIRTUAL);

export { COIN };
