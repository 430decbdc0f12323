import { ZeroHash } from "ethers";
import hre from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { type Accounts, namedAccounts } from "../../scripts/lib/accounts.js";
import { deploySuite, ERC6551_REGISTRY, type Suite } from "../../scripts/lib/deploy.js";
import { type DeviceKey, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import {
  NO_ATTESTATION,
  type Registration,
  registrationOf,
  signRegistration,
} from "../../scripts/lib/identity.js";
import {
  type DeviceAccount,
  DeviceAccount__factory,
  IERC6551Registry__factory,
} from "../../typechain-types/index.js";

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
  const registration = registrationOf(key, owner.address, rest);
  const signature = await signRegistration(deviceRegistry, key, registration);
  await deviceRegistry.connect(owner).register(registration, signature, "0x", NO_ATTESTATION);
  return key;
}

/** Deploys a device's wallet at its address; anyone may. */
export async function deployWallet(
  { deviceAccount, deviceRegistry, accounts }: Identity,
  deviceId: bigint,
): Promise<DeviceAccount> {
  const registry = IERC6551Registry__factory.connect(ERC6551_REGISTRY, accounts.relayer);
  await registry.createAccount(deviceAccount, ZeroHash, 31337, deviceRegistry, deviceId);
  return DeviceAccount__factory.connect(await deviceRegistry.accountOf(deviceId), accounts.alice);
}
