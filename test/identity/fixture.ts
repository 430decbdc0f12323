import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { type Accounts, namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite, type Suite } from "../../scripts/lib/deploy.js";
import { type DeviceKey, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { prepareRegistration, prepareWallet, walletOf } from "../../scripts/lib/devices.js";
import type { Registration } from "../../scripts/lib/identity.js";
import type { DeviceAccount } from "../../typechain-types/index.js";

/** The suite, just deployed on a chain of its own, and who is who there. */
export interface Identity extends Suite {
  connection: NetworkConnection;
  accounts: Accounts;
}

/** Deploys the suite on a fresh in-process chain: `default` is Cancun, `osaka` has the P-256 precompile. */
export async function deployIdentity(network: "default" | "osaka" = "default"): Promise<Identity> {
  const connection = await hre.network.create(network);
  const suite = await deploySuite(connection);
  return { ...suite, connection, accounts: await namedAccounts(connection.ethers) };
}

/** Registers a self-certified device whose owner sends the transaction: Alice, unless told otherwise. */
export async function registerDevice(
  { deviceRegistry, accounts }: Identity,
  key: DeviceKey = Secp256k1Key.generate(),
  rest: Partial<Registration> = {},
  owner = accounts.alice,
): Promise<DeviceKey> {
  const claim = { key, owner, registration: rest };
  await owner.sendTransaction(await prepareRegistration(deviceRegistry, claim));
  return key;
}

/** Deploys a device's wallet at its address; anyone may. */
export async function deployWallet(
  { deviceRegistry, accounts }: Identity,
  deviceId: bigint,
): Promise<DeviceAccount> {
  await accounts.relayer.sendTransaction(await prepareWallet(deviceRegistry, deviceId));
  return (await walletOf(deviceRegistry, deviceId)).connect(accounts.alice);
}
