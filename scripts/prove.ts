import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { hasZ3, prove } from "./lib/smt.js";
import { fail, heading, main, step, success } from "./lib/terminal.js";

const FOLDER = "test";
const SUFFIX = ".prove.sol";

await main(async () => {
  heading(
    "Prove",
    `proves, for every input, the asserts of the contracts in ${FOLDER}/**/*${SUFFIX}`,
  );
  if (!hasZ3()) {
    fail(
      "Install the z3 solver (Debian and Ubuntu: `apt-get install z3`, macOS: `brew install z3`).",
    );
  }

  const files = (await readdir(FOLDER, { recursive: true }))
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => path.posix.join(FOLDER, file.replaceAll("\\", "/")))
    .sort();

  let total = 0;
  const unproved: string[] = [];
  for (const file of files) {
    const source = await readFile(file, "utf8");
    await step(`Proving ${file}`, () => {
      const result = prove(file, source);
      total += result.proved;
      unproved.push(...result.unproved);
      if (result.proved === 0) unproved.push(`${file}: no assert was proved`);
      return Promise.resolve(result.unproved.length === 0 && result.proved > 0);
    });
  }
  if (unproved.length > 0) {
    console.error(`\n${unproved.join("\n\n")}`);
    fail("Correct the code or the claim at each place above: it does not hold for every input.");
  }
  if (total === 0) fail(`Nothing was proved: write the first ${FOLDER}/<domain>/<Name>${SUFFIX}.`);
  success(`All ${total} asserts of ${files.length} files hold for every input.`);
});
