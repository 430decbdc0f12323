import { formatEther, formatUnits, parseUnits } from "ethers";

import { type MockERC20, MockERC20__factory } from "../../../typechain-types/index.js";
import type { AccountName } from "../../lib/accounts.js";
import { iotx } from "../../lib/format.js";
import { NATIVE } from "../../lib/identity.js";
import type { Story } from "../story.js";
import type { Coin } from "./book.js";

/** The dollars of the story have six decimals, like most stablecoins. */
const DECIMALS = 6;
const usd = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat("en-US", {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: digits,
    maximumFractionDigits: DECIMALS,
  });
const [round, exact] = [usd(0), usd(2)];

/** So many dollars, in their smallest unit. */
export function inDollars(text: string): bigint {
  return parseUnits(text, DECIMALS);
}

/** `$50,000`, `$18.75`, `$4.283871`: as many digits as there are. */
export function dollars(amount: bigint): string {
  const format = amount % 10n ** BigInt(DECIMALS) === 0n ? round : exact;
  return format.format(Number(formatUnits(amount, DECIMALS)));
}

/** An amount of a coin, with its name. */
export function amountOf(coin: Coin, amount: bigint): string {
  return coin === "dollars" ? dollars(amount) : iotx(amount);
}

/** An amount to its last digit, in a column that names the coin. */
export function figureOf(coin: Coin, amount: bigint): string {
  if (coin === "dollars") return usd(DECIMALS).format(Number(formatUnits(amount, DECIMALS)));
  const [whole = "0", fraction = ""] = formatEther(amount).split(".");
  return `${whole}.${fraction.padEnd(18, "0")}`;
}

/** A coin as contracts name it. */
export function addressOf(coin: Coin, dollar: MockERC20): string {
  return coin === "dollars" ? (dollar.target as string) : NATIVE;
}

/** A new stablecoin; nobody has any. */
export function mintingDollar({ accounts }: Story): Promise<MockERC20> {
  return new MockERC20__factory(accounts.deployer).deploy(DECIMALS);
}

/** Gives somebody dollars, and has him let a contract take them: what happens before a story begins. */
export async function endow(
  { accounts }: Story,
  dollar: MockERC20,
  who: AccountName,
  amount: bigint,
  spender: { getAddress: () => Promise<string> },
): Promise<void> {
  await dollar.mint(accounts[who], amount);
  await dollar.connect(accounts[who]).approve(await spender.getAddress(), amount);
}

/** What somebody has of a coin. */
export function wealthOf(
  { accounts, connection }: Story,
  dollar: MockERC20,
  coin: Coin,
  who: AccountName,
): Promise<bigint> {
  return coin === "dollars"
    ? dollar.balanceOf(accounts[who])
    : connection.ethers.provider.getBalance(accounts[who]);
}
