import { readFile, rm } from "node:fs/promises";
import path from "node:path";

import { parseLcov, readStatementShare } from "./lib/coverageReport.js";
import { runHardhat } from "./lib/hardhat.js";
import { fail, heading, main, say, success } from "./lib/terminal.js";
import { readTestCounts } from "./lib/testCounts.js";

const REPORT = path.resolve("coverage/lcov.info");

await main(async () => {
  heading("Coverage", "runs every test and demands that each line and statement of contracts/ ran");
  say("First it compiles with a probe in every line, for about half a minute.");
  // A report of an earlier run must never be taken for this one's.
  await rm(path.dirname(REPORT), { recursive: true, force: true });

  const { ok, output } = await runHardhat(["test", "--coverage"], { echo: true });
  if (!ok)
    fail("Coverage counts only when every test passes: run `npm test` and correct it first.");
  const { solidity, mocha } = readTestCounts(output);
  if (solidity + mocha === 0) fail("No test ran, so nothing was measured: run `npm test`.");

  // The configuration already leaves out contracts/mocks; npm's files and tests are never measured.
  const report = await readFile(REPORT, "utf8").catch(() => "");
  const files = parseLcov(report).filter(({ path: file }) => file.startsWith("contracts/"));
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  if (lines === 0) fail("Nothing was measured: run `npx hardhat clean`, then `npm run coverage`.");

  const uncovered = files.flatMap((file) => file.uncovered.map((line) => `${file.path}:${line}`));
  const statements = readStatementShare(output);
  if (uncovered.length > 0) {
    console.error(`${uncovered.length} of ${lines} lines never ran:`);
    for (const place of uncovered) console.error(`    ${place}`);
    fail("Write a test that reaches each line above, or delete the line.");
  }
  if (statements !== "100.00") {
    fail(
      `Hardhat reports ${statements ?? "no share"} % of statements: look at coverage/html/index.html for the rest.`,
    );
  }
  success(`All ${lines} lines and all statements of ${files.length} files ran.`);
});
