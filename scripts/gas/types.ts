import type { TransactionResponse } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";

import type { Accounts } from "../lib/accounts.js";
import type { Suite } from "../lib/deploy.js";

/** What a row finds: the suite, just deployed on a chain that the row has to itself. */
export interface GasContext {
  connection: NetworkConnection;
  accounts: Accounts;
  suite: Suite;
}

/** One line of the gas table: an operation, as a user sends it. */
export interface GasRow {
  /** Unique over all domains; it is the row's key in gas.json. */
  name: string;
  /** The most Ethereum gas it may use: of the whole transaction, or of each item where there are items. */
  ceiling: number;
  /** How many items the one transaction handles, for a row that is "each of N". */
  items?: number;
  /** The in-process chain to measure on: `osaka` has the P-256 precompile. By default `default`, Cancun. */
  network?: "default" | "osaka";
  /** Brings the chain to where the operation starts, then sends it and returns that transaction. */
  measure(context: GasContext): Promise<TransactionResponse>;
}
