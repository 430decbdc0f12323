// A charging session: somebody pays plainly, and what the shares get of it is booked.
import { parseEther } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import { nameOf, type Story } from "../story.js";
import type { Coin } from "./book.js";
import { quietly } from "./crowd.js";
import { addressOf, amountOf, inDollars } from "./money.js";
import { OPERATOR_BPS, type Venture } from "./venture.js";

/** Who charges, and what he pays: an amount whose fifth is whole. */
export interface Session {
  who: AccountName;
  coin: Coin;
  amount: bigint;
  what: string;
}

export function inUsd(who: AccountName, amount: string, what = "an hour"): Session {
  return { who, coin: "dollars", amount: inDollars(amount), what };
}

export function inCoin(who: AccountName, amount: string, what = "an hour"): Session {
  return { who, coin: "IOTX", amount: parseEther(amount), what };
}

/** The operator's part. */
export function fifth(amount: bigint): bigint {
  return (amount * OPERATOR_BPS) / 10_000n;
}

/** They pay, one after the other, and each payment is brought in before anything else happens. */
export async function charge(
  story: Story,
  venture: Venture,
  sessions: readonly Session[],
): Promise<void> {
  for (const session of sessions) {
    await pay(story, venture, session);
    await quietly(story, "relayer", ...collecting(venture, session));
    venture.book.dividend(session.coin, session.amount - fifth(session.amount));
  }
}

/** The same for the first time, with everything shown. */
export async function chargeFirst(story: Story, venture: Venture, session: Session): Promise<void> {
  const { shares, dollar, book } = venture;
  const { coin, amount } = session;
  const forHolders = amount - fifth(amount);
  await pay(story, venture, session);
  await story.act("relayer", ...collecting(venture, session));
  book.dividend(coin, forHolders);
  await story.check(
    `${amountOf(coin, forHolders)} of it is for the shares`,
    shares.heldOf(addressOf(coin, dollar)),
    forHolders,
  );
}

/** The payer knows nothing of shares: for him it is an address. */
async function pay(story: Story, venture: Venture, { who, coin, amount, what }: Session) {
  const { shares, dollar } = venture;
  const receiver = await shares.revenueReceiver();
  const payment =
    coin === "IOTX"
      ? { to: receiver, value: amount }
      : dollar.transfer.populateTransaction(receiver, amount);
  await story.act(who, `charges for ${what} and pays ${amountOf(coin, amount)}`, payment);
}

function collecting({ shares, dollar }: Venture, { who, coin }: Session) {
  const collect = shares.collect.populateTransaction(addressOf(coin, dollar));
  return [`brings in what ${nameOf(who)} paid`, collect] as const;
}
