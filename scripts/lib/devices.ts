// Transactions of the identity domain, signed by whom they must be and ready to be sent by anyone.
import { type ContractTransaction, type Signer, ZeroHash } from "ethers";

import {
  type DeviceAccount,
  DeviceAccount__factory,
  type DeviceRegistry,
  IERC6551Registry__factory,
} from "../../typechain-types/index.js";
import type { DeviceKey } from "./deviceKey.js";
import {
  type Attestation,
  NO_ATTESTATION,
  type Registration,
  registrationOf,
  signOwnership,
  signRegistration,
  signSpend,
  type Spend,
} from "./identity.js";
import { providerOf } from "./provider.js";

/** What it takes to register a device. */
export interface DeviceClaim {
  key: DeviceKey;
  owner: Signer;
  /** Maker, model and document; none of them if not given. */
  registration?: Partial<Registration>;
  /** The maker's word; none if not given. */
  attestation?: Attestation;
  /** The owner signs, so that somebody else may send and pay. By default the owner sends. */
  relayed?: boolean;
}

/** Registers a device: signed by the device, and by its owner if somebody else is to send it. */
export async function prepareRegistration(
  registry: DeviceRegistry,
  { key, owner, registration = {}, attestation = NO_ATTESTATION, relayed = false }: DeviceClaim,
): Promise<ContractTransaction> {
  const full = registrationOf(key, await owner.getAddress(), registration);
  const deviceSignature = await signRegistration(registry, key, full, attestation);
  const consent = relayed ? await signOwnership(registry, owner, full, attestation) : "0x";
  return registry.register.populateTransaction(full, deviceSignature, consent, attestation);
}

/** Puts a device's wallet at its address; anyone may, once. */
export async function prepareWallet(
  registry: DeviceRegistry,
  deviceId: bigint,
): Promise<ContractTransaction> {
  const wallets = IERC6551Registry__factory.connect(await registry.erc6551Registry());
  const { chainId } = await providerOf(registry, "device registry").getNetwork();
  const implementation = await registry.accountImplementation();
  const token = await registry.getAddress();
  return wallets.createAccount.populateTransaction(
    implementation,
    ZeroHash,
    chainId,
    token,
    deviceId,
  );
}

/** A device's wallet; it has an address, and can be paid, before anyone puts it there. */
export async function walletOf(registry: DeviceRegistry, deviceId: bigint): Promise<DeviceAccount> {
  return DeviceAccount__factory.connect(await registry.accountOf(deviceId), registry.runner);
}

/** The device's request to its wallet, signed: under the policy in force, with the next nonce, unless told otherwise. */
export async function prepareSpending(
  wallet: DeviceAccount,
  key: DeviceKey,
  request: Omit<Spend, "policy" | "nonce"> & Partial<Spend>,
): Promise<ContractTransaction> {
  const { id } = await wallet.policy();
  const nonce = await wallet["nonces(address)"](wallet);
  const full = { policy: id, nonce, ...request };
  return wallet.spend.populateTransaction(full, await signSpend(wallet, key, full));
}
