import { parseArgs } from "node:util";

import { build } from "./lib/build.js";
import { runHardhat } from "./lib/hardhat.js";
import { fail, heading, main } from "./lib/terminal.js";
import { readTestCounts } from "./lib/testCounts.js";

await main(async () => {
  const { values, positionals } = parseArgs({
    options: { deep: { type: "boolean" }, grep: { type: "string" } },
    allowPositionals: true,
  });
  const deep = values.deep === true;
  heading(
    deep ? "Test, deeply" : "Test",
    deep
      ? "behaviour, then long fuzz and invariant runs: what we do before a release"
      : "behaviour (TypeScript), fuzz and invariants (Solidity)",
  );

  await build("fast");
  const selection = [...(values.grep === undefined ? [] : ["--grep", values.grep]), ...positionals];
  const { ok, output } = await runHardhat(["test", ...selection], {
    echo: true,
    ...(deep ? { env: { DEEP: "1" } } : {}),
  });
  const { solidity, mocha } = readTestCounts(output);
  if (!ok)
    fail("Look at the first failure above: `npm test -- --grep <name>` runs one test alone.");
  if (solidity + mocha === 0) fail("No test ran: check the names given after `npm test --`.");
  if (selection.length === 0 && (solidity === 0 || mocha === 0)) {
    fail("One kind of test did not run at all: look for *.t.sol and *.test.ts under test/.");
  }
  console.log(
    `All ${solidity + mocha} tests pass: ${mocha} in TypeScript, ${solidity} in Solidity.`,
  );
});
