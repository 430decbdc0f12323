import chalk from "chalk";
import Table from "cli-table3";

import { count } from "../lib/format.js";
import { IOTEX_GAS_PRICE } from "../lib/iotexGas.js";

/** What one transaction of the story cost. */
export interface Entry {
  chapter: string;
  who: string;
  did: string;
  /** Gas on Ethereum. */
  ethereum: number;
  /** Gas on IoTeX. */
  iotex: number;
}

type Cost = Pick<Entry, "ethereum" | "iotex">;

/** Columns for a sentence of the table, so that the whole fits into 100. */
const SENTENCE = 58;

/** What gas costs on IoTeX, in coin, at the least price it takes. */
function coin(iotexGas: number): string {
  return (Number(BigInt(iotexGas) * IOTEX_GAS_PRICE) / 1e18).toFixed(4);
}

/** The cost of one transaction, in figures that stand under one another. */
export function costLine({ ethereum, iotex }: Cost): string {
  const gas = (figure: number): string => count(figure).padStart(9);
  return `Ethereum${gas(ethereum)} gas   IoTeX${gas(iotex)} gas = ${coin(iotex)} IOTX`;
}

/** Every transaction of the story with its price, chapter by chapter, and the sum. */
export function ledgerTable(entries: readonly Entry[]): string {
  const head = ["Who did what", "Ethereum gas", "IoTeX gas", "IOTX"];
  const table = new Table({
    head: head.map((title) => chalk.cyan(title)),
    colAligns: ["left", "right", "right", "right"],
    colWidths: [SENTENCE],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  let chapter = "";
  for (const entry of entries) {
    if (entry.chapter !== chapter)
      table.push([{ colSpan: head.length, content: chalk.bold(entry.chapter) }]);
    chapter = entry.chapter;
    table.push([`${entry.who} ${entry.did}`, ...figures(entry)]);
  }
  const sum = (of: keyof Cost): number => entries.reduce((total, entry) => total + entry[of], 0);
  const total = figures({ ethereum: sum("ethereum"), iotex: sum("iotex") });
  table.push([`${entries.length} transactions`, ...total].map((cell) => chalk.bold(cell)));
  return table.toString();
}

function figures({ ethereum, iotex }: Cost): string[] {
  return [count(ethereum), count(iotex), coin(iotex)];
}
