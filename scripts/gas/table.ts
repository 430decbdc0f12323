import chalk from "chalk";
import Table from "cli-table3";

import type { GasReport } from "./report.js";
import { SIZE_CEILING } from "./sizes.js";

const number = new Intl.NumberFormat("en-US");

function headroom(value: number, ceiling: number): string {
  const text = `${((1 - value / ceiling) * 100).toFixed(1)} %`;
  return value > ceiling ? chalk.red(text) : text;
}

function render(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    head: head.map((title) => chalk.cyan(title)),
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) {
    table.push(row.map((cell) => (typeof cell === "number" ? number.format(cell) : cell)));
  }
  return table.toString();
}

/** The two tables: what each operation costs, and how large each contract is. */
export function gasTables({ operations, sizes }: GasReport): string {
  const costs = Object.entries(operations).map(([name, { ethereum, iotex, ceiling }]) => [
    name,
    ethereum,
    iotex,
    ceiling,
    headroom(ethereum, ceiling),
  ]);
  const bytes = Object.entries(sizes).map(([name, size]) => [
    name,
    size,
    SIZE_CEILING,
    headroom(size, SIZE_CEILING),
  ]);
  return [
    render(["Operation", "Ethereum gas", "IoTeX gas", "Ceiling (Ethereum)", "Headroom"], costs),
    render(["Contract", "Bytes on chain", "Ceiling", "Headroom"], bytes),
  ].join("\n\n");
}

/** The same for docs/gas.md, in Markdown, without the headroom. */
export function gasMarkdown({ operations, sizes }: GasReport): string {
  const rows = (head: string, lines: readonly (readonly [string, ...number[]])[]): string =>
    [
      head,
      ...lines.map(
        ([name, ...figures]) =>
          `| ${[name, ...figures.map((n) => number.format(n))].join(" | ")} |`,
      ),
    ].join("\n");
  const costs = rows(
    "| Operation | Ethereum gas | IoTeX gas | Ceiling (Ethereum) |\n| --- | --: | --: | --: |",
    Object.entries(operations).map(([name, { ethereum, iotex, ceiling }]) => [
      name,
      ethereum,
      iotex,
      ceiling,
    ]),
  );
  const bytes = rows(
    "| Contract | Bytes on chain |\n| --- | --: |",
    Object.entries(sizes).map(([name, size]) => [name, size]),
  );
  return `# What it costs

Written by \`npm run gas\`: whole transactions, intrinsic gas and calldata included, on the bytecode that is deployed.
On IoTeX, 1 M gas costs 1 IOTX at the lowest price. A ceiling is a promise; CI holds every figure to it, and to within
1 % of what stands here.

${costs}

A contract may have ${number.format(SIZE_CEILING)} bytes.

${bytes}
`;
}
