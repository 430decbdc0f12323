import type { AccountName } from "../../lib/accounts.js";
import { count } from "../../lib/format.js";
import { nameOf, type Story } from "../story.js";
import { type Coin, COINS } from "./book.js";
import { capital, quietly, sayOfAll, table } from "./crowd.js";
import { addressOf, figureOf, wealthOf } from "./money.js";
import type { Venture } from "./venture.js";

/** Pays everybody all that is his, in every coin, and compares it with the book to the last unit. */
export async function payEverybody(story: Story, venture: Venture): Promise<void> {
  const { shares, dollar, book } = venture;
  const { revenueCollector } = story.suite;
  const currencies = COINS.map((coin) => addressOf(coin, dollar));
  const people = book.holders;
  const wealth = (): Promise<bigint[][]> =>
    Promise.all(
      people.map((who) =>
        Promise.all(COINS.map(async (coin) => wealthOf(story, dollar, coin, who))),
      ),
    );
  const before = await wealth();
  const prepare = (who: AccountName) =>
    revenueCollector.collectFor.populateTransaction(story.accounts[who], [{ shares, currencies }]);
  const [first, ...others] = people;
  if (first === undefined) throw new Error("Nobody holds shares");
  const did = (who: AccountName) => `has ${nameOf(who)} paid, in every coin`;
  await story.act("relayer", `${did(first)}, as anyone may`, prepare(first));
  const receipts = [];
  for (const who of others) receipts.push(await quietly(story, "relayer", did(who), prepare(who)));
  sayOfAll(`So are the ${others.length} others, which costs them nothing.`, receipts);

  const after = await wealth();
  const paid = (row: number, column: number): bigint =>
    (after[row]?.[column] ?? 0n) - (before[row]?.[column] ?? 0n);
  table(
    ["Paid to", "Shares now", "Dollars", "IOTX"],
    people.map((who, row) => [
      capital(nameOf(who)),
      count(book.balanceOf(who)),
      ...COINS.map((coin, column) => figureOf(coin, paid(row, column))),
    ]),
  );
  await story.check(
    "Everybody holds the shares that the book says",
    Promise.all(people.map((who) => shares.balanceOf(story.accounts[who]))),
    people.map((who) => book.balanceOf(who)),
  );
  for (const [column, coin] of COINS.entries()) {
    await story.check(
      `Each of the ${people.length} got the ${coin} that the book says, to the last ${unitOf(coin, 1n)}`,
      people.map((_, row) => paid(row, column)),
      people.map((who) => book.due(coin, who)),
    );
    people.forEach((who, row) => {
      book.pay(coin, who, paid(row, column));
    });
    const dust = await shares.heldOf(addressOf(coin, dollar));
    await story.check(
      `${count(dust)} ${unitOf(coin, dust)} do not divide evenly, and stay where they are`,
      [dust, dust <= BigInt(people.length)],
      [book.income(coin) - book.paid(coin), true],
    );
  }
}

function unitOf(coin: Coin, amount: bigint): string {
  if (coin === "IOTX") return "wei";
  return amount === 1n ? "millionth of a dollar" : "millionths of a dollar";
}
