// Machines and their offerings, as sellers write them and devices and attesters sign for them.
import {
  AbiCoder,
  type ContractTransactionReceipt,
  encodeBytes32String,
  type Signer,
  toBeHex,
  toUtf8Bytes,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import type {
  IMachineOfferings,
  IMachineShares,
} from "../../../typechain-types/contracts/ownership/MachineOfferings.js";
import {
  type MachineOfferings,
  type MachineShares,
  MachineShares__factory,
} from "../../../typechain-types/index.js";
import type { DeviceKey } from "../deviceKey.js";
import { NATIVE, NEVER } from "../identity.js";
import { domainOf, signAsDevice, struct } from "../typedData.js";

export type Machine = IMachineShares.MachineStruct;
export type Offering = IMachineOfferings.OfferingStruct;
export type Milestone = IMachineOfferings.MilestoneStruct;
export type Evidence = IMachineOfferings.MilestoneEvidenceStruct;

/** Where a machine is, as `IMachineShares.Stage` numbers it. */
export const Stage = { Raising: 0, Active: 1, Retired: 2, Ended: 3 } as const;
/** What holders vote on, as `IMachineShares.Motion` numbers it. */
export const Motion = {
  SetOperator: 0,
  RotateKey: 1,
  SetPolicy: 2,
  Retire: 3,
  AcceptBid: 4,
} as const;
/** What votes came to, as `IMachineVotes.Outcome` numbers it. */
export const Outcome = { Open: 0, Defeated: 1, Passed: 2 } as const;
/** Where an offering is, as `IMachineOfferings.Status` numbers it. */
export const OfferingStatus = {
  None: 0,
  Draft: 1,
  Open: 2,
  Failed: 3,
  Funded: 4,
  Releasing: 5,
  Closed: 6,
} as const;
/** Where a milestone is, as `IMachineOfferings.MilestoneStatus` numbers it. */
export const MilestoneStatus = { Pending: 0, Claimed: 1, Released: 2, Expired: 3 } as const;

/** What a device or an attester signs, as the contract hashes it. */
export const MILESTONE_EVIDENCE = struct(
  "MilestoneEvidence",
  "address shares",
  "uint8 milestone",
  "uint32 round",
  "bytes32 evidenceHash",
  "uint48 deadline",
);

const DAY = 86_400;
const MAX_SYMBOL = 31;

/** A symbol as the chain keeps it: 1 to 31 bytes of UTF-8, the last byte of the word their number. */
export function shortString(text: string): string {
  const { length } = toUtf8Bytes(text);
  if (length === 0) throw new Error("The symbol is empty: give the machine one of 1 to 31 letters");
  if (length > MAX_SYMBOL) {
    throw new Error(
      `The symbol "${text}" takes ${String(length)} bytes: shorten it to 31 (a letter from A to Z takes one)`,
    );
  }
  return toBeHex(BigInt(encodeBytes32String(text)) | BigInt(length), 32);
}

/** A machine's terms: 20 % for the operator, decisions by half of a fifth within 3 days, in the native coin. */
export function machineOf(
  deviceId: bigint,
  operator: string,
  rest: Partial<Omit<Machine, "symbol">> & { symbol?: string } = {},
): Machine {
  return {
    deviceId,
    operator,
    operatorBps: 2_000,
    quorumBps: 2_000,
    majorityBps: 5_000,
    votingPeriod: 3 * DAY,
    currency: NATIVE,
    buyoutFloor: 0,
    workingBalances: [],
    ...rest,
    symbol: shortString(rest.symbol ?? "MACHINE"),
  };
}

/** An offering's terms: one milestone that takes it all, no caps but the hard one, anyone may contribute. */
export function offeringOf(
  price: bigint,
  hardCap: bigint | number,
  start: number,
  rest: Partial<Offering> = {},
): Offering {
  const end = Number(rest.end ?? start + 30 * DAY);
  return {
    price,
    softCap: hardCap,
    hardCap,
    walletCap: 0,
    operatorShares: 0,
    start,
    end,
    allowListRoot: ZeroHash,
    attester: ZeroAddress,
    vetoBps: 2_500,
    vetoWindow: 3 * DAY,
    milestones: [milestoneOf(10_000, end + 90 * DAY)],
    ...rest,
  };
}

/** A milestone that may be claimed at any time until its deadline. */
export function milestoneOf(
  bps: number,
  deadline: number,
  rest: Partial<Milestone> = {},
): Milestone {
  return { bps, notBefore: 0, deadline, requirement: `0x${"00".repeat(18)}`, ...rest };
}

/** The data to send a device's token with, to open an offering. */
export function openingData(shares: string): string {
  return AbiCoder.defaultAbiCoder().encode(["address"], [shares]);
}

/** The shares that a transaction which called `create` made. */
export function sharesIn(
  offerings: MachineOfferings,
  receipt: ContractTransactionReceipt,
): MachineShares {
  const created = receipt.logs
    .filter((log) => log.address === offerings.target)
    .map((log) => offerings.interface.parseLog(log))
    .find((event) => event?.name === "OfferingCreated");
  if (!created) throw new Error("This transaction created no offering");
  return MachineShares__factory.connect(created.args.shares as string, offerings.runner);
}

/** Evidence of a milestone, in its first round, good for ever, unless told otherwise. */
export function evidenceOf(
  shares: string,
  milestone: number,
  evidenceHash: string,
  rest: Partial<Evidence> = {},
): Evidence {
  return { shares, milestone, round: 0, evidenceHash, deadline: NEVER, ...rest };
}

/** The machine's device signs evidence. */
export async function signEvidence(
  offerings: MachineOfferings,
  key: DeviceKey,
  evidence: Evidence,
): Promise<string> {
  const domain = await domainOf(offerings, "DeFIoT MachineOfferings");
  return signAsDevice(key, domain, MILESTONE_EVIDENCE, evidence);
}

/** The attester signs evidence. */
export async function signAttestedEvidence(
  offerings: MachineOfferings,
  attester: Signer,
  evidence: Evidence,
): Promise<string> {
  const domain = await domainOf(offerings, "DeFIoT MachineOfferings");
  return attester.signTypedData(domain, MILESTONE_EVIDENCE, evidence);
}

const PAYLOADS = {
  SetOperator: ["address"],
  RotateKey: ["bytes32"],
  SetPolicy: [
    "uint48",
    "uint48",
    "tuple(address target, bytes4 selector)[]",
    "tuple(address currency, uint128 amount)[]",
  ],
  Retire: [],
  AcceptBid: ["uint256"],
} as const;

/** A motion's payload, as `IMachineShares.Motion` describes it. */
export function payloadOf(motion: keyof typeof PAYLOADS, ...values: unknown[]): string {
  return AbiCoder.defaultAbiCoder().encode([...PAYLOADS[motion]], values);
}
