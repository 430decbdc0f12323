// Things that many people do alike: told in one line, and each of them on the bill.
import chalk from "chalk";
import Table from "cli-table3";
import type { TransactionReceipt } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import { count } from "../../lib/format.js";
import { iotexGas } from "../../lib/iotexGas.js";
import { note, say } from "../../lib/terminal.js";
import { nameOf, type Prepared, type Story } from "../story.js";

/** Somebody does what others have just been shown doing: nothing is printed, and it is on the bill like all else. */
export async function quietly(
  { accounts, ledger }: Story,
  who: AccountName,
  did: string,
  prepared: Prepared,
): Promise<TransactionReceipt> {
  const response = await accounts[who].sendTransaction(await prepared);
  const receipt = await response.wait();
  if (receipt?.status !== 1) throw new Error(`"${nameOf(who)} ${did}" did not go through`);
  const ethereum = Number(receipt.gasUsed);
  const chapter = ledger.at(-1)?.chapter ?? "";
  ledger.push({
    chapter,
    who: capital(nameOf(who)),
    did,
    ethereum,
    iotex: iotexGas(response, ethereum),
  });
  return receipt;
}

/** What many did, and what it cost each of them. */
export function sayOfAll(text: string, receipts: readonly TransactionReceipt[]): void {
  const gas = receipts.map(({ gasUsed }) => Number(gasUsed));
  const [least, most] = [Math.min(...gas), Math.max(...gas)];
  const range = least === most ? count(least) : `${count(least)} to ${count(most)}`;
  say(`▸ ${text}`);
  note(`Ethereum ${range} gas each`);
}

/** Figures under one another; the first column is names. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const printed = new Table({
    head: head.map((title) => chalk.cyan(title)),
    colAligns: head.map((_, index) => (index === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) printed.push([...row]);
  console.log();
  console.log(printed.toString().replace(/^/gm, "  "));
}

/** `Bob, Carol and Dave`. */
export function listOf(names: readonly AccountName[]): string {
  const said = names.map(nameOf);
  const last = said.pop() ?? "nobody";
  return said.length === 0 ? last : `${said.join(", ")} and ${last}`;
}

export function capital(text: string): string {
  return text.replace(/^./, (letter) => letter.toUpperCase());
}
