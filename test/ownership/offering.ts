// What the tests of the offerings share: what is written into them, who vouches for a device, and what is left.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { type AddressLike, id } from "ethers";

import { P256Key, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NEVER, signAttestation } from "../../scripts/lib/identity.js";
import {
  type Evidence,
  evidenceOf,
  type Machine,
  milestoneOf,
  type Offering,
  sharesIn,
  signAttestedEvidence,
} from "../../scripts/lib/ownership/machines.js";
import {
  type MachineOfferings,
  MachineOfferings__factory,
  type MachineShares,
} from "../../typechain-types/index.js";
import { registerAttested, registerMaker } from "../identity/registry.js";
import { startingOn } from "../shared/starting.js";
import {
  DAY,
  deployOwnership,
  NO_PROOF,
  openOffering,
  type Ownership,
  type Parts,
  termsOf,
} from "./fixture.js";

export { nextBlockAt } from "../identity/registry.js";

const MODEL = id("charger");
export const EVIDENCE = id("commissioning report");
/** The usual offering's veto window, in seconds. */
export const WINDOW = 3 * DAY;

/** Deploys once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function offerings<T extends object>(
  prepare: (its: Ownership) => Promise<T>,
): () => Promise<Ownership & T> {
  return startingOn(deployOwnership, prepare);
}

/** Alice creates an offering that differs from the usual one in these fields, as the contract takes them. */
export async function createWith(
  its: Ownership,
  machine: Partial<Machine> = {},
  offering: Partial<Offering> = {},
) {
  const usual = await termsOf(its);
  return its.machineOfferings
    .connect(its.accounts.alice)
    .create({ ...usual.machine, ...machine }, { ...usual.offering, ...offering });
}

/** The shares that a transaction of Alice's created. */
export async function createdBy(
  its: Ownership,
  sending: ReturnType<typeof createWith>,
): Promise<MachineShares> {
  const receipt = await (await sending).wait();
  if (!receipt) throw new Error("No offering was created");
  return sharesIn(its.machineOfferings.connect(its.accounts.alice), receipt);
}

/** Waits until a block of this second. */
export async function goTo({ connection }: Ownership, timestamp: bigint | number): Promise<void> {
  await connection.networkHelpers.time.increaseTo(timestamp);
}

/** The first second after the sale. */
export const endOf = async ({ machineOfferings }: Ownership, shares: MachineShares) =>
  Number((await machineOfferings.termsOf(shares)).end);

/** Milestones of these parts, all with the same deadline. */
export const milestones = (parts: readonly number[], deadline: number) =>
  parts.map((bps) => milestoneOf(bps, deadline));

/** An offering of the usual machine in the native coin. */
export const inCoin = (parts: Parts = {}): Parts => ({ ...parts, native: true });

/** The maker is verified from now on, or no longer. */
export async function setVerified(
  { makerRegistry, accounts }: Ownership,
  makerId: number,
  verified: boolean,
): Promise<void> {
  const asVerifier = makerRegistry.connect(accounts.makerVerifier);
  await asVerifier.setVerified(makerId, accounts.maker, verified);
}

/** Alice's charger is another device, for which a maker vouches, who is verified unless told otherwise. */
export async function withVouchedDevice(
  its: Ownership,
  kind: "secp256k1" | "P-256",
  verified = true,
): Promise<Ownership & { makerId: number }> {
  const charger = kind === "P-256" ? await P256Key.generate() : Secp256k1Key.generate();
  const makerId = await registerMaker(its);
  if (verified) await setVerified(its, makerId, true);
  await registerAttested(its, charger, { makerId, lot: 1, modelHash: MODEL });
  return { ...its, charger, makerId };
}

/** The maker's word for a device that is registered already, given through its shares by their operator. */
export async function vouchLater(
  { makerRegistry, accounts, charger }: Ownership,
  shares: MachineShares,
  makerId: number,
): Promise<void> {
  const attestation = await signAttestation(makerRegistry, accounts.maker, {
    makerId,
    lot: 1,
    keyHash: charger.keyHash,
    modelHash: MODEL,
    deadline: NEVER,
  });
  const acceptance = {
    deviceId: charger.deviceId,
    makerId,
    modelHash: MODEL,
    deadline: NEVER,
  };
  await shares.connect(accounts.alice).attest(acceptance, attestation);
}

/** Evidence of a milestone of these shares. */
export const evidence = (
  shares: MachineShares,
  milestone = 0,
  rest: Partial<Evidence> = {},
): Evidence => evidenceOf(shares.target as string, milestone, EVIDENCE, rest);

/** Somebody, the attester unless told otherwise, signs, and a relayer claims. */
export async function claimWith(
  { machineOfferings, accounts }: Ownership,
  its: Evidence,
  signer: HardhatEthersSigner = accounts.arbiter,
) {
  const signature = await signAttestedEvidence(machineOfferings, signer, its);
  return machineOfferings.connect(accounts.relayer).claimMilestone(its, signature);
}

/** When the window of a milestone's last claim ends, in seconds. */
export async function vetoEndOf(
  { machineOfferings }: Ownership,
  shares: MachineShares,
  milestone: number,
): Promise<number> {
  const { claimedAt } = await machineOfferings.milestoneStateOf(shares, milestone);
  const { vetoWindow } = await machineOfferings.termsOf(shares);
  return Number(claimedAt + vetoWindow);
}

/** Waits for the end of a claim's window, and releases the milestone. */
export async function releaseClaimed(
  its: Ownership,
  shares: MachineShares,
  milestone: number,
): Promise<void> {
  const end = await vetoEndOf(its, shares, milestone);
  const { time } = its.connection.networkHelpers;
  if ((await time.latest()) < end) await goTo(its, end);
  await its.machineOfferings.connect(its.accounts.relayer).release(shares, milestone);
}

/** Offerings beside those of the suite, which take another fee; everybody lets them take the token. */
export async function otherOfferings(its: Ownership, feeBps: number): Promise<MachineOfferings> {
  const { accessManager, deviceRegistry, machineShares, accounts, token } = its;
  const factory = new MachineOfferings__factory(accounts.deployer);
  const { treasury } = accounts;
  const made = await factory.deploy(accessManager, deviceRegistry, machineShares, treasury, feeBps);
  for (const account of [accounts.alice, accounts.bob, accounts.carol, accounts.dave]) {
    await token.connect(account).approve(made, 2n ** 256n - 1n);
  }
  return made;
}

/** What is credited to whom of the named accounts; none with nothing. */
export async function creditsOf(
  { machineOfferings, accounts }: Ownership,
  currency: AddressLike,
): Promise<Record<string, bigint>> {
  const credits: Record<string, bigint> = {};
  for (const [name, account] of Object.entries(accounts)) {
    const amount = await machineOfferings.claimable(currency, account);
    if (amount !== 0n) credits[name] = amount;
  }
  return credits;
}

/** An offering that is open, and how somebody buys of it. */
export interface Sale {
  shares: MachineShares;
  buy: (who: HardhatEthersSigner, amount: bigint | number, value?: bigint) => Promise<unknown>;
}

/** Opens an offering that anyone may contribute to. */
export async function openSale(its: Ownership, parts: Parts = {}): Promise<Sale> {
  const shares = await openOffering(its, parts);
  return {
    shares,
    buy: (who, amount, value = 0n) =>
      its.machineOfferings.connect(who).contribute(shares, amount, 0, NO_PROOF, { value }),
  };
}
