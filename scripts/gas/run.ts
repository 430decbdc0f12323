import { fail, step } from "../lib/terminal.js";
import { data } from "./data.js";
import { identity } from "./identity.js";
import { measureRow, type Operation } from "./measure.js";
import { ownership } from "./ownership.js";
import type { GasReport } from "./report.js";
import { assertProduction, deployedSizes } from "./sizes.js";
import { staking } from "./staking.js";
import type { GasRow } from "./types.js";

/** Every domain, in the order of the table. */
const DOMAINS: readonly (readonly GasRow[])[] = [identity, data, ownership, staking];

/** Measures every row of every domain, and every contract's size. */
export async function measureAll(rows: readonly GasRow[] = DOMAINS.flat()): Promise<GasReport> {
  if (rows.length === 0) fail("Nothing was measured: add rows to a domain under scripts/gas/.");
  await assertProduction("@openzeppelin/contracts/access/manager/AccessManager.sol:AccessManager");

  const operations: Record<string, Operation> = {};
  for (const row of rows) {
    if (row.name in operations) fail(`Two rows are called "${row.name}": give one another name.`);
    operations[row.name] = await step(row.name, () => measureRow(row));
  }
  const sizes = await step("Reading the size of each contract", deployedSizes);
  if (Object.keys(sizes).length === 0) {
    fail("No contract of contracts/ was found in artifacts/: run `npm run build -- --production`.");
  }
  return { operations, sizes };
}
