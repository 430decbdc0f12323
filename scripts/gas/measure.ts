import hre from "hardhat";

import { namedAccounts } from "../lib/accounts.js";
import { deploySuite } from "../lib/deploy.js";
import { iotexGas } from "../lib/iotexGas.js";
import type { GasContext, GasRow } from "./types.js";

export interface Operation {
  /** Gas on Ethereum; of each item where the row has items, rounded up. */
  ethereum: number;
  iotex: number;
  ceiling: number;
}

/** Measures one row on a chain of its own, so that no row warms another's storage. */
export async function measureRow(row: GasRow): Promise<Operation> {
  const connection = await hre.network.create(row.network ?? "default");
  try {
    const context: GasContext = {
      connection,
      accounts: await namedAccounts(connection.ethers),
      suite: await deploySuite(connection),
    };
    const response = await row.measure(context);
    const receipt = await response.wait();
    if (receipt?.status !== 1) throw new Error(`"${row.name}" sent a transaction that failed`);

    const perItem = (gas: number): number => Math.ceil(gas / (row.items ?? 1));
    const gasUsed = Number(receipt.gasUsed);
    return {
      ethereum: perItem(gasUsed),
      iotex: perItem(iotexGas(response, gasUsed)),
      ceiling: row.ceiling,
    };
  } finally {
    await connection.close();
  }
}
