import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { changedForTheWorse, type GasReport, overCeiling } from "./gas/report.js";
import { gasMarkdown, gasTables } from "./gas/table.js";
import { build } from "./lib/build.js";
import { fail, heading, main, success } from "./lib/terminal.js";

const FILE = "gas.json";
const PAGE = "docs/gas.md";

async function readCommitted(): Promise<GasReport> {
  const text = await readFile(FILE, "utf8").catch(() =>
    fail(`There is no ${FILE} to compare with: run \`npm run gas\` and commit it.`),
  );
  return JSON.parse(text) as GasReport;
}

await main(async () => {
  const { values } = parseArgs({ options: { check: { type: "boolean" } } });
  const checking = values.check === true;
  heading(
    "Gas",
    checking
      ? `measures every operation and compares it with its ceiling and with ${FILE}`
      : `measures every operation and writes ${FILE} and ${PAGE}`,
  );

  await build("production");
  // Only now: the typings that the rows deploy through carry the bytecode just built.
  const { measureAll } = await import("./gas/run.js");
  const report = await measureAll();
  console.log(`\n${gasTables(report)}\n`);

  const over = overCeiling(report);
  const worse = checking ? changedForTheWorse(report, await readCommitted()) : [];
  if (!checking) {
    await writeFile(FILE, `${JSON.stringify(report, null, 2)}\n`);
    await writeFile(PAGE, gasMarkdown(report));
  }
  for (const sentence of [...over, ...worse]) console.error(`  ${sentence}`);

  if (over.length > 0) fail("Make what is over its ceiling cheaper: a ceiling is a promise.");
  if (worse.length > 0) {
    fail(
      `Undo what made it worse, or say why in the commit and run \`npm run gas\` to renew ${FILE}.`,
    );
  }
  success(
    checking ? `Every figure is as ${FILE} has it, or better.` : `Wrote ${FILE} and ${PAGE}.`,
  );
});
