import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Addressable } from "ethers";

import type {
  SeedContext,
  SeededAsset,
  SeededDevice,
  SeededMachine,
  SeededModule,
  SeededOperator,
} from "./seed.js";

/** Where everything and everybody is, for a dApp or a script to read. */
export interface Addresses {
  chainId: number;
  url: string;
  contracts: Record<string, string>;
  accounts: Record<string, string>;
  devices: Record<string, SeededDevice>;
  assets: Record<string, SeededAsset>;
  machines: Record<string, SeededMachine>;
  operators: Record<string, SeededOperator>;
  modules: Record<string, SeededModule>;
}

async function addressesOf(things: object): Promise<Record<string, string>> {
  const named = Object.entries(things as Record<string, Addressable>);
  return Object.fromEntries(
    await Promise.all(
      named.map(async ([name, thing]) => [name, await thing.getAddress()] as const),
    ),
  );
}

/** Writes the addresses to `file` and hands them back. */
export async function writeAddresses(
  file: string,
  url: string,
  { connection, suite, accounts, devices, assets, machines, operators, modules }: SeedContext,
): Promise<Addresses> {
  const { chainId } = await connection.ethers.provider.getNetwork();
  const addresses: Addresses = {
    chainId: Number(chainId),
    url,
    contracts: await addressesOf(suite),
    accounts: await addressesOf(accounts),
    devices,
    assets,
    machines,
    operators,
    modules,
  };
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(addresses, null, 2)}\n`);
  return addresses;
}
