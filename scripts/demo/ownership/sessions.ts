import { parseEther, type TransactionReceipt } from "ethers";

import { MockERC20__factory } from "../../../typechain-types/index.js";
import type { AccountName } from "../../lib/accounts.js";
import { count } from "../../lib/format.js";
import { buildSplit } from "../../lib/ownership/splits.js";
import { nameOf, type Story } from "../story.js";
import { type Coin, COINS } from "./book.js";
import { charge, chargeFirst, fifth, inCoin, inUsd } from "./charging.js";
import { payEverybody } from "./claims.js";
import { addressOf, amountOf, inDollars, wealthOf } from "./money.js";
import { OPERATOR_BPS, type Venture } from "./venture.js";

/** Customers pay, shares change hands in between, and everybody gets what his shares earned while they were his. */
export async function sessionsChapter(story: Story, venture: Venture): Promise<void> {
  story.chapter(
    "Cars come, and twelve owners are paid",
    `Drivers pay as one pays anybody: by a plain transfer to the charger's address, in dollars or in
     IOTX. Four fifths of it are for the shares, one fifth is for Alice, who runs it. Meanwhile
     shares are sold. The demo keeps a book of its own: for each session and each holder, balance
     times amount. In the end the chain and the book have to agree to the last digit.`,
  );
  await endowDrivers(story, venture);
  const total = await work(story, venture);
  await payOperator(story, venture, total);
  story.tell(
    `A fifth of Alice's shares is not hers yet. Until it is, it earns nothing, and the others that
     much more.`,
  );
  await payEverybody(story, venture);
}

async function endowDrivers(story: Story, { dollar }: Venture): Promise<void> {
  for (const who of ["dave", "grace", "heidi", "maker", "stranger"] as const) {
    await dollar.mint(story.accounts[who], inDollars("3000"));
  }
}

/** The sessions and the sales, in order; what was paid in all. */
async function work(story: Story, venture: Venture): Promise<Record<Coin, bigint>> {
  const first = inUsd("dave", "18.75");
  const before = [inCoin("ivan", "41.5"), inUsd("grace", "7.31", "a quick stop")];
  const between = [inCoin("judy", "33.33"), inUsd("stranger", "26.40")];
  const after = [
    inCoin("erin", "12.000000000000000005"),
    inUsd("maker", "1284.65", "a month of its vans"),
  ];
  await chargeFirst(story, venture, first);
  story.tell("From here on, somebody brings in each payment right after it.");
  await charge(story, venture, before);
  await sell(story, venture, "carol", "kim", 60n);
  await charge(story, venture, between);
  const few = await sell(story, venture, "bob", "frank", 35n);
  await payInMoreCoins(story, venture);
  const many = await sell(story, venture, "grace", "heidi", 10n);
  await compare(story, few, many);
  await charge(story, venture, after);
  const all = [first, ...before, ...between, ...after];
  const sum = (of: Coin): bigint =>
    all.reduce((total, { coin, amount }) => (coin === of ? total + amount : total), 0n);
  return { dollars: sum("dollars"), IOTX: sum("IOTX") };
}

async function sell(
  story: Story,
  { shares, book }: Venture,
  from: AccountName,
  to: AccountName,
  amount: bigint,
): Promise<TransactionReceipt> {
  const receipt = await story.act(
    from,
    `sells ${count(amount)} shares to ${nameOf(to)}`,
    shares.transfer.populateTransaction(story.accounts[to], amount),
  );
  book.move(from, to, amount);
  return receipt;
}

/** Coins that a machine has never seen; the book does not follow them. */
async function payInMoreCoins(story: Story, { shares }: Venture): Promise<void> {
  const { deployer } = story.accounts;
  for (let i = 0; i < 8; i += 1) {
    const token = await new MockERC20__factory(deployer).deploy(18);
    await token.mint(shares, parseEther("1"));
    await shares.sync(token);
  }
  story.tell("Eight clubs pay a little as well, each in a coin of its own: ten coins by now.");
}

async function compare(
  story: Story,
  few: TransactionReceipt,
  many: TransactionReceipt,
): Promise<void> {
  const [before, after] = [few, many].map(({ gasUsed }) => Number(gasUsed)) as [number, number];
  await story.check(
    `A sale costs the same: ${count(before)} gas after dividends in two coins, ${count(after)} after eight more`,
    Math.abs(after - before) < before / 100,
  );
}

async function payOperator(
  story: Story,
  { shares, dollar }: Venture,
  total: Record<Coin, bigint>,
): Promise<void> {
  const { splitHub } = story.suite;
  const { alice } = story.accounts;
  const parts = [
    { address: shares.target as string, share: 10_000n - OPERATOR_BPS },
    { address: alice.address, share: OPERATOR_BPS },
  ];
  const split = buildSplit(parts, { controller: shares.target as string });
  const { recipient, proof } = split.proofOf(alice.address);
  for (const coin of COINS) {
    const before = await wealthOf(story, dollar, coin, "alice");
    await story.act(
      "relayer",
      `has Alice's fifth of the ${coin} paid out`,
      splitHub.release.populateTransaction(split.terms, addressOf(coin, dollar), recipient, proof),
    );
    const part = fifth(total[coin]);
    await story.check(
      `${amountOf(coin, part)} has arrived: a fifth of ${amountOf(coin, total[coin])}`,
      wealthOf(story, dollar, coin, "alice"),
      before + part,
    );
  }
}
