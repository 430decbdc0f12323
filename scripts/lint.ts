import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { build } from "./lib/build.js";
import { runNode } from "./lib/hardhat.js";
import { fail, heading, main, step } from "./lib/terminal.js";

interface Linter {
  purpose: string;
  /** The program, under node_modules, and its arguments. */
  check: readonly string[];
  /** What it takes to let the program correct what it can. */
  fix?: readonly string[];
}

const eslint = ["eslint/bin/eslint.js", ".", "--max-warnings", "0"];
const solhint = ["solhint/solhint.js", "--max-warnings", "0", "--noPoster", "--disc"];

const linters: readonly Linter[] = [
  {
    purpose: "Correctness and import order of the TypeScript (eslint)",
    check: eslint,
    fix: [...eslint, "--fix"],
  },
  {
    purpose: "Layout of every file (prettier)",
    check: ["prettier/bin/prettier.cjs", "--check", "."],
    fix: ["prettier/bin/prettier.cjs", "--write", "."],
  },
  {
    purpose: "Rules for the contracts (solhint)",
    check: [...solhint, "--config", ".solhint.json", "contracts/!(mocks)/**/*.sol"],
  },
  {
    purpose: "Rules for test doubles and tests in Solidity (solhint)",
    check: [...solhint, "--config", "test/.solhint.json", "{contracts/mocks,test}/**/*.sol"],
  },
  {
    purpose: "Types (tsc)",
    check: ["typescript/bin/tsc", "--noEmit"],
  },
];

function run(args: readonly string[]): ReturnType<typeof runNode> {
  const [program, ...rest] = args;
  return runNode([
    fileURLToPath(new URL(`../node_modules/${String(program)}`, import.meta.url)),
    ...rest,
  ]);
}

await main(async () => {
  const { values } = parseArgs({ options: { fix: { type: "boolean" } } });
  const fixing = values.fix === true;
  if (fixing) heading("Format", "lets eslint and prettier correct what they can");
  else heading("Lint", "checks layout, rules and types; a warning counts as an error");

  // The types to check are those of the contracts as they are now.
  if (!fixing) await build("fast");

  const complaints: string[] = [];
  for (const { purpose, check, fix } of linters) {
    const args = fixing ? fix : check;
    if (args === undefined) continue;
    await step(purpose, async () => {
      const { ok, output } = await run(args);
      if (!ok) complaints.push(output);
      return ok;
    });
  }
  if (complaints.length === 0) return;
  console.error(`\n${complaints.join("\n")}`);
  fail(
    fixing
      ? "Correct by hand what is listed above: it could not be corrected by itself."
      : "Run `npm run format` for what can be corrected by itself, and correct the rest by hand.",
  );
});
