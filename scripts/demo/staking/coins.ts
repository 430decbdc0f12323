import { formatUnits } from "ethers";

import { type MockERC20, MockERC20__factory } from "../../../typechain-types/index.js";
import type { AccountName } from "../../lib/accounts.js";
import { count } from "../../lib/format.js";
import { NATIVE } from "../../lib/identity.js";
import type { Story } from "../story.js";
import type { ModuleName } from "./cast.js";

/** Tokens that modules pay in. */
export type TokenName = "BYTE" | "PROOF";
export type Coin = "IOTX" | TokenName;
export const COINS: readonly Coin[] = ["IOTX", "BYTE", "PROOF"];

/** What each module pays in. */
export const PAID_IN: Readonly<Record<ModuleName, Coin>> = {
  storage: "BYTE",
  compute: "PROOF",
  oracle: "IOTX",
};

const DECIMALS: Readonly<Record<Coin, number>> = { IOTX: 18, BYTE: 18, PROOF: 6 };

export type Tokens = Readonly<Record<TokenName, MockERC20>>;

/** The modules' tokens; nobody has any. */
export async function mintTokens({ accounts }: Story): Promise<Tokens> {
  const factory = new MockERC20__factory(accounts.deployer);
  return {
    BYTE: await factory.deploy(DECIMALS.BYTE),
    PROOF: await factory.deploy(DECIMALS.PROOF),
  };
}

/** An amount with its coin, and as many digits as it has: `2,000 IOTX`. */
export function amountOf(amount: bigint, coin: Coin = "IOTX"): string {
  const [whole = "0", fraction = "0"] = formatUnits(amount, DECIMALS[coin]).split(".");
  return `${count(BigInt(whole))}${fraction === "0" ? "" : `.${fraction}`} ${coin}`;
}

/** An amount in a column that names the coin, cut off after so many digits; by default none is. Nothing is left blank. */
export function figureOf(amount: bigint, coin: Coin = "IOTX", digits = DECIMALS[coin]): string {
  if (amount === 0n) return "";
  const [whole = "0", fraction = ""] = formatUnits(amount, DECIMALS[coin]).split(".");
  return `${count(BigInt(whole))}.${fraction.padEnd(DECIMALS[coin], "0").slice(0, digits)}`;
}

/** A coin as contracts name it. */
export function addressOf(coin: Coin, tokens: Tokens): string {
  return coin === "IOTX" ? NATIVE : (tokens[coin].target as string);
}

/** What an account has of a coin. */
export function balanceOf(
  { connection }: Story,
  tokens: Tokens,
  coin: Coin,
  account: string,
): Promise<bigint> {
  return coin === "IOTX"
    ? connection.ethers.provider.getBalance(account)
    : tokens[coin].balanceOf(account);
}

/** Gives somebody tokens, and has him let the rewards take them: what happens before a story begins. */
export async function endow(
  { accounts, suite }: Story,
  token: MockERC20,
  who: AccountName,
  amount: bigint,
): Promise<void> {
  await token.mint(accounts[who], amount);
  await token.connect(accounts[who]).approve(suite.moduleRewards, amount);
}
