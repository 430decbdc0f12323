import {
  type BaseContract,
  concat,
  type ContractTransactionResponse,
  dataSlice,
  type Interface,
  type Result,
  type Signer,
  toBeHex,
  toBigInt,
} from "ethers";

import type { DeviceKey } from "../../scripts/lib/deviceKey.js";
import {
  type Attestation,
  ATTESTATION_ACCEPTANCE,
  deviceDomain,
  KEY_ROTATION,
  NEVER,
  NO_ATTESTATION,
  type Registration,
  registrationOf,
  signAttestation,
  signRegistration,
} from "../../scripts/lib/identity.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import type { IDeviceRegistry } from "../../typechain-types/contracts/identity/DeviceRegistry.js";
import type { DeviceRegistry } from "../../typechain-types/index.js";
import { startingOn } from "../shared/starting.js";
import { deployIdentity, type Identity } from "./fixture.js";

export type KeyRotation = IDeviceRegistry.KeyRotationStruct;
export type Acceptance = IDeviceRegistry.AttestationAcceptanceStruct;

export enum Status {
  None,
  Active,
  Suspended,
  Retired,
  Reserved,
}

export enum Trust {
  SelfCertified,
  Attested,
  AttestedByVerifiedMaker,
  Recalled,
}

export const Permission = { Data: 1n, Document: 2n, Operation: 4n } as const;

export const MINUTE = 60;
export const DAY = 86_400;

/** The order of secp256k1. */
export const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The record of a self-certified secp256k1 device that was just registered. */
export const FRESH_RECORD = {
  status: BigInt(Status.Active),
  keyType: 1n,
  rotated: false,
  unattested: false,
  makerId: 0n,
  lot: 0n,
  version: 0n,
  nonce: 0n,
  lastSeen: 0n,
};

/** The record of what was never registered. */
export const NO_RECORD = { ...FRESH_RECORD, status: BigInt(Status.None), keyType: 0n };

/** Deploys the suite once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function startingFrom<T extends object>(
  prepare: (its: Identity) => Promise<T>,
): () => Promise<Identity & T> {
  return startingOn(deployIdentity, prepare);
}

/** What can change the chain, by name. */
export function actionsOf(contract: Interface): Set<string> {
  const names = new Set<string>();
  contract.forEachFunction((fragment) => {
    if (!fragment.constant) names.add(fragment.name);
  });
  return names;
}

/** Every event of a transaction, of whatever contract, in order: its name and its arguments. */
export async function eventsOf(
  contract: BaseContract,
  sending: Promise<ContractTransactionResponse>,
): Promise<unknown[][]> {
  const receipt = await (await sending).wait();
  return (receipt?.logs ?? []).map((log) => {
    const event = contract.interface.parseLog(log);
    return event === null ? ["unknown", log.address] : [event.name, ...(event.args as unknown[])];
  });
}

/** A struct that a contract returned as a plain object, to compare it whole. */
export function plain(struct: unknown): Record<string, unknown> {
  return (struct as Result).toObject() as Record<string, unknown>;
}

/** A device's record as a plain object. */
export async function recordOf(
  registry: DeviceRegistry,
  deviceId: bigint,
): Promise<Record<string, unknown>> {
  return plain(await registry.recordOf(deviceId));
}

/** What the chain says of a device, whole: two of these are equal if nothing changed. */
export async function everythingOf(registry: DeviceRegistry, deviceId: bigint) {
  return {
    record: await recordOf(registry, deviceId),
    controller: await registry.controllerOf(deviceId),
    keyHash: await registry.keyHashOf(deviceId),
    key: await registry.keyOf(deviceId),
    documentHash: await registry.documentHashOf(deviceId),
    pending: [...(await registry.pendingKeyRotationOf(deviceId))],
    user: await registry.userOf(deviceId),
    expires: await registry.userExpires(deviceId),
    payee: await registry.revenuePayeeOf(deviceId),
  };
}

/** Sets the time of the next block, in seconds. */
export function nextBlockAt({ connection }: Identity, timestamp: number): Promise<void> {
  return connection.networkHelpers.time.setNextBlockTimestamp(timestamp);
}

/** The time of the newest block, in seconds. */
export function now({ connection }: Identity): Promise<number> {
  return connection.networkHelpers.time.latest();
}

/** A claim of {@link DeviceRegistry.registerMany}: signed by the device, without the owner's consent. */
export async function claimOf(
  registry: DeviceRegistry,
  key: DeviceKey,
  owner: string,
  rest: Partial<Registration> = {},
  attestation: Attestation = NO_ATTESTATION,
): Promise<IDeviceRegistry.ClaimStruct & { registration: Registration }> {
  const registration = registrationOf(key, owner, rest);
  return {
    registration,
    deviceSignature: await signRegistration(registry, key, registration, attestation),
    ownerSignature: "0x",
    attestation,
  };
}

/** Registers a maker of the account `maker`, whose signer it is itself; gives back its id. */
export async function registerMaker(
  { makerRegistry, accounts }: Identity,
  signer: string = accounts.maker.address,
  owner = accounts.maker,
): Promise<number> {
  await makerRegistry.connect(owner).register("Acme", "https://acme.example", signer);
  return Number(await makerRegistry.makerCount());
}

/** Registers a device of Alice that the maker's signer, the account `maker`, attested. */
export async function registerAttested(
  { deviceRegistry, makerRegistry, accounts }: Identity,
  key: DeviceKey,
  attested: { makerId: number; lot: number; modelHash: string },
): Promise<void> {
  const { makerId, lot, modelHash } = attested;
  const attestation = await signAttestation(makerRegistry, accounts.maker, {
    makerId,
    lot,
    keyHash: key.keyHash,
    modelHash,
    deadline: NEVER,
  });
  const registration = registrationOf(key, accounts.alice.address, { makerId, modelHash });
  const signature = await signRegistration(deviceRegistry, key, registration, attestation);
  await deviceRegistry.connect(accounts.alice).register(registration, signature, "0x", attestation);
}

/** What the key `to` and the key in use sign, and the owner if he does not send it. */
export async function rotationMessage(
  registry: DeviceRegistry,
  deviceId: bigint,
  to: DeviceKey,
  deadline = NEVER,
) {
  return {
    deviceId,
    oldKeyHash: await registry.keyHashOf(deviceId),
    newKeyHash: to.keyHash,
    nonce: (await registry.recordOf(deviceId)).nonce,
    deadline,
  };
}

export type RotationMessage = Awaited<ReturnType<typeof rotationMessage>>;

export const rotationOf = (deviceId: bigint, to: DeviceKey, deadline = NEVER): KeyRotation => ({
  deviceId,
  newKeyType: to.keyType,
  newKey: to.key,
  deadline,
});

/** A device key's word for a change of key. */
export async function signRotation(
  registry: DeviceRegistry,
  key: DeviceKey,
  message: RotationMessage,
): Promise<string> {
  return signAsDevice(key, await deviceDomain(registry), KEY_ROTATION, message);
}

/** The owner's word for a change of key. */
export async function signRotationAsOwner(
  registry: DeviceRegistry,
  owner: Signer,
  message: RotationMessage,
): Promise<string> {
  return owner.signTypedData(await deviceDomain(registry), KEY_ROTATION, message);
}

/** Changes a device's key at once: the old key signs, and Alice sends it. */
export async function rotate(
  { deviceRegistry, accounts }: Identity,
  deviceId: bigint,
  from: DeviceKey,
  to: DeviceKey,
): Promise<ContractTransactionResponse> {
  const message = await rotationMessage(deviceRegistry, deviceId, to);
  return deviceRegistry
    .connect(accounts.alice)
    .rotateKey(
      rotationOf(deviceId, to),
      await signRotation(deviceRegistry, to, message),
      await signRotation(deviceRegistry, from, message),
      "0x",
    );
}

/** The owner's word for an attestation. */
export async function signAcceptance(
  registry: DeviceRegistry,
  owner: Signer,
  acceptance: Acceptance,
  lot: number,
): Promise<string> {
  const { nonce } = await registry.recordOf(acceptance.deviceId);
  return owner.signTypedData(await deviceDomain(registry), ATTESTATION_ACCEPTANCE, {
    ...acceptance,
    lot,
    nonce,
  });
}

/** The same ECDSA signature in 65 bytes, from EIP-2098's 64. */
export function longSignature(compact: string): string {
  const yParityAndS = toBigInt(dataSlice(compact, 32));
  const s = yParityAndS & (2n ** 255n - 1n);
  return concat([
    dataSlice(compact, 0, 32),
    toBeHex(s, 32),
    toBeHex(27n + (yParityAndS >> 255n), 1),
  ]);
}

/** The other signature by the same secp256k1 key over the same digest: `n - s`, and the other parity. */
export function malleated(long: string): string {
  const s = toBigInt(dataSlice(long, 32, 64));
  const v = toBigInt(dataSlice(long, 64));
  return concat([
    dataSlice(long, 0, 32),
    toBeHex(SECP256K1_ORDER - s, 32),
    toBeHex(v === 27n ? 28n : 27n, 1),
  ]);
}
