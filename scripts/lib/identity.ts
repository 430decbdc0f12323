import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import {
  concat,
  dataSlice,
  hexlify,
  type Signer,
  toBeHex,
  toBigInt,
  type TypedDataDomain,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import type { IDeviceAccount } from "../../typechain-types/contracts/identity/DeviceAccount.js";
import type { IDeviceRegistry } from "../../typechain-types/contracts/identity/DeviceRegistry.js";
import type { DeviceAccount, DeviceRegistry, MakerRegistry } from "../../typechain-types/index.js";
import { type DeviceKey, keyHashOf, type KeyType } from "./deviceKey.js";
import { domainOf, signAsDevice, struct } from "./typedData.js";

export type Registration = IDeviceRegistry.RegistrationStruct;
/** A maker's word for a device: the lot in 3 bytes, then the evidence. */
export type Attestation = string;
export type Heartbeat = IDeviceRegistry.HeartbeatStruct;
export type Spend = IDeviceAccount.SpendStruct;

/** The struct type of each action of the identity domain, as its contract hashes it. */
export const REGISTRATION = struct(
  "Registration",
  "uint256 deviceId",
  "address owner",
  "uint32 makerId",
  "uint24 lot",
  "bytes32 modelHash",
  "bytes32 documentHash",
  "string documentURI",
  "uint48 deadline",
);
export const ATTESTATION = struct(
  "Attestation",
  "uint32 makerId",
  "uint24 lot",
  "bytes32 keyHash",
  "bytes32 modelHash",
  "uint48 deadline",
);
export const ATTESTATION_ACCEPTANCE = struct(
  "AttestationAcceptance",
  "uint256 deviceId",
  "uint32 makerId",
  "uint24 lot",
  "bytes32 modelHash",
  "uint32 nonce",
  "uint48 deadline",
);
export const KEY_ROTATION = struct(
  "KeyRotation",
  "uint256 deviceId",
  "bytes32 oldKeyHash",
  "bytes32 newKeyHash",
  "uint32 nonce",
  "uint48 deadline",
);
export const HEARTBEAT = struct(
  "Heartbeat",
  "uint256 deviceId",
  "uint48 timestamp",
  "bytes32 firmwareHash",
);
export const SPEND = struct(
  "Spend",
  "uint64 policy",
  "address target",
  "address currency",
  "uint128 maximum",
  "bytes data",
  "uint256 nonce",
  "uint48 deadline",
);

/** ERC-7528's address of the native coin, which `Currency` uses. */
export const NATIVE = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE";

/** The last second that a uint48 can name: a deadline that never comes. */
export const NEVER = 2 ** 48 - 1;

/** The attestation of a self-certified device. */
export const NO_ATTESTATION: Attestation = "0x";

/** An attestation starts with its lot, in so many bytes. */
const LOT_LENGTH = 3;

export const deviceDomain = (registry: DeviceRegistry): Promise<TypedDataDomain> =>
  domainOf(registry, "DeFIoT DeviceRegistry");
export const makerDomain = (registry: MakerRegistry): Promise<TypedDataDomain> =>
  domainOf(registry, "DeFIoT MakerRegistry");
export const accountDomain = (account: DeviceAccount): Promise<TypedDataDomain> =>
  domainOf(account, "DeFIoT DeviceAccount");

/** A registration of a device for an owner; what is not given is empty, and it never expires. */
export function registrationOf(
  key: DeviceKey,
  owner: string,
  rest: Partial<Registration> = {},
): Registration {
  return {
    keyType: key.keyType,
    key: key.key,
    owner,
    makerId: 0,
    modelHash: ZeroHash,
    documentHash: ZeroHash,
    documentURI: "",
    deadline: NEVER,
    ...rest,
  };
}

/** What is signed of a registration: the id stands for key type and key, and the attestation's lot is added. */
export function signedPart(
  { keyType, key, ...rest }: Registration,
  attestation: Attestation = NO_ATTESTATION,
): object {
  return {
    deviceId: keyHashOf(Number(keyType) as KeyType, hexlify(key)),
    lot: attestation === NO_ATTESTATION ? 0n : toBigInt(dataSlice(attestation, 0, LOT_LENGTH)),
    ...rest,
  };
}

/** The device's consent to be registered just so. */
export async function signRegistration(
  registry: DeviceRegistry,
  key: DeviceKey,
  registration: Registration,
  attestation?: Attestation,
): Promise<string> {
  const signed = signedPart(registration, attestation);
  return signAsDevice(key, await deviceDomain(registry), REGISTRATION, signed);
}

/** The owner's consent, where somebody else sends the transaction. */
export async function signOwnership(
  registry: DeviceRegistry,
  owner: Signer,
  registration: Registration,
  attestation?: Attestation,
): Promise<string> {
  const signed = signedPart(registration, attestation);
  return owner.signTypedData(await deviceDomain(registry), REGISTRATION, signed);
}

/** A sign of life, signed. */
export async function signHeartbeat(
  registry: DeviceRegistry,
  key: DeviceKey,
  beat: Omit<Heartbeat, "signature">,
): Promise<Heartbeat> {
  return {
    ...beat,
    signature: await signAsDevice(key, await deviceDomain(registry), HEARTBEAT, beat),
  };
}

/** A maker's word for one device, in its signer's lot: the evidence is the deadline in 6 bytes, then the signature. */
export async function signAttestation(
  registry: MakerRegistry,
  signer: Signer,
  attestation: {
    makerId: number;
    lot: number;
    keyHash: string;
    modelHash: string;
    deadline: number;
  },
): Promise<Attestation> {
  const domain = await makerDomain(registry);
  const signature = await signer.signTypedData(domain, ATTESTATION, attestation);
  return concat([
    toBeHex(attestation.lot, LOT_LENGTH),
    toBeHex(attestation.deadline, 6),
    signature,
  ]);
}

/** A device's request to its wallet, signed. */
export async function signSpend(
  account: DeviceAccount,
  key: DeviceKey,
  request: Spend,
): Promise<string> {
  return signAsDevice(key, await accountDomain(account), SPEND, request);
}

/** A production run: every key with its model, and the root that vouches for them all at once. */
export class Batch {
  readonly #tree: StandardMerkleTree<[keyHash: string, modelHash: string]>;

  constructor(devices: readonly { keyHash: string; modelHash: string }[]) {
    const leaves = devices.map((device): [string, string] => [device.keyHash, device.modelHash]);
    this.#tree = StandardMerkleTree.of(leaves, ["bytes32", "bytes32"]);
  }

  get root(): string {
    return this.#tree.root;
  }

  get count(): number {
    return this.#tree.length;
  }

  /** A device's attestation in the lot that the batch was published as. */
  attest(lot: number, keyHash: string, modelHash: string): Attestation {
    return concat([toBeHex(lot, LOT_LENGTH), ...this.#tree.getProof([keyHash, modelHash])]);
  }
}

/** Nobody: as a payee or a user it means that there is none. */
export const NOBODY = ZeroAddress;
