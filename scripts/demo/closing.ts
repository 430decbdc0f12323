import { count } from "../lib/format.js";
import { fail, heading, note, say, success } from "../lib/terminal.js";
import { ledgerTable } from "./ledger.js";
import type { Story } from "./story.js";

/** The last page: what everything cost, and whether it was all true. Fails if anything was not, or if nothing was checked. */
export function close({
  ledger,
  passed,
  failures,
}: Pick<Story, "ledger" | "passed" | "failures">): void {
  heading("What it all cost", "IOTX at IoTeX's lowest gas price, which is what one pays");
  console.log(ledgerTable(ledger));
  console.log();
  const verdict = `${count(passed)} checks passed, ${count(failures.length)} failed.`;
  if (failures.length > 0) {
    say(verdict);
    fail(`Look at the first red line above: ${failures.at(0) ?? ""}`);
  }
  if (passed === 0) fail("Nothing was checked: a demo has a chapter under scripts/demo/.");
  success(verdict);
  note("Next: `npm run devnet` for a chain to build on; docs/ for what each domain promises.");
}
