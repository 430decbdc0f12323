import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { randomBytes, sha256 } from "ethers";

import type { DeviceKey } from "../../scripts/lib/deviceKey.js";
import {
  evidenceOf,
  type Machine,
  machineOf,
  milestoneOf,
  Motion,
  type Offering,
  offeringOf,
  openingData,
  payloadOf,
  sharesIn,
  signAttestedEvidence,
} from "../../scripts/lib/ownership/machines.js";
import {
  type MachineShares,
  type MockERC20,
  MockERC20__factory,
} from "../../typechain-types/index.js";
import { deployIdentity, type Identity, registerDevice } from "../identity/fixture.js";

export const DAY = 86_400;
export const COIN = 10n ** 18n;
/** The price of a share in the usual offering. */
export const PRICE = COIN;
/** Enough to go through any history. */
export const ALL = 2n ** 256n - 1n;
export const NO_PROOF: string[] = [];

/** The suite, Alice's charger, and a token that Bob, Carol, Dave and Alice have and let every contract take. */
export interface Ownership extends Identity {
  charger: DeviceKey;
  token: MockERC20;
}

/** Deploys the suite on a fresh in-process chain and registers Alice's charger. */
export async function deployOwnership(): Promise<Ownership> {
  const identity = await deployIdentity();
  const { accounts, machineOfferings, machineVotes, splitHub } = identity;
  const token = await new MockERC20__factory(accounts.alice).deploy(18);
  for (const account of [accounts.alice, accounts.bob, accounts.carol, accounts.dave]) {
    await token.mint(account, 1_000_000n * COIN);
    for (const spender of [machineOfferings, machineVotes, splitHub]) {
      await token.connect(account).approve(spender, ALL);
    }
  }
  return { ...identity, token, charger: await registerDevice(identity) };
}

/** The chain's time, in seconds. */
export const now = ({ connection }: Identity): Promise<number> =>
  connection.networkHelpers.time.latest();

/** What of a machine and its offering is not as usual. */
export interface Parts {
  machine?: Parameters<typeof machineOf>[2];
  offering?: Partial<Offering>;
  /** In the native coin instead of the token. */
  native?: boolean;
}

/**
 * The usual machine: Alice's, run by Alice for 20 %, 1,000 shares at one coin of the token, at least 100 of them, 500
 * shares for the operator, three milestones of 30, 30 and 40 %, the arbiter as attester, on sale for 30 days from an
 * hour ahead.
 */
export async function termsOf(
  its: Ownership,
  { machine = {}, offering = {}, native = false }: Parts = {},
): Promise<{ machine: Machine; offering: Offering }> {
  const start = Number(offering.start ?? (await now(its)) + 3_600);
  const deadline = start + 200 * DAY;
  const currency = native ? {} : { currency: its.token.target as string };
  return {
    machine: machineOf(its.charger.deviceId, its.accounts.alice.address, {
      symbol: "EVC-07",
      ...currency,
      ...machine,
    }),
    offering: offeringOf(PRICE, 1_000, start, {
      softCap: 100,
      operatorShares: 500,
      attester: its.accounts.arbiter.address,
      milestones: [
        milestoneOf(3_000, deadline),
        milestoneOf(3_000, deadline),
        milestoneOf(4_000, deadline),
      ],
      ...offering,
    }),
  };
}

/** Creates an offering, which is a draft. */
export async function createOffering(its: Ownership, parts: Parts = {}): Promise<MachineShares> {
  const { machine, offering } = await termsOf(its, parts);
  const offerings = its.machineOfferings.connect(its.accounts.alice);
  const receipt = await (await offerings.create(machine, offering)).wait();
  if (!receipt) throw new Error("No offering was created");
  return sharesIn(offerings, receipt);
}

/** Alice sends the charger to the offerings, which opens this one. */
export async function sendDevice(
  { deviceRegistry, machineOfferings, accounts, charger }: Ownership,
  shares: MachineShares,
): Promise<void> {
  const devices = deviceRegistry.connect(accounts.alice);
  const opening = openingData(shares.target as string);
  await devices["safeTransferFrom(address,address,uint256,bytes)"](
    accounts.alice,
    machineOfferings,
    charger.deviceId,
    opening,
  );
}

/** Creates and opens an offering, and waits for its start. */
export async function openOffering(its: Ownership, parts: Parts = {}): Promise<MachineShares> {
  const shares = await createOffering(its, parts);
  await sendDevice(its, shares);
  const { start } = await its.machineOfferings.termsOf(shares);
  const { time } = its.connection.networkHelpers;
  if (BigInt(await time.latest()) < start) await time.increaseTo(start);
  return shares;
}

/** Somebody contributes to an offering that anyone may contribute to. */
export async function contribute(
  { machineOfferings }: Ownership,
  shares: MachineShares,
  account: HardhatEthersSigner,
  amount: bigint | number,
  value = 0n,
): Promise<void> {
  await machineOfferings.connect(account).contribute(shares, amount, 0, NO_PROOF, { value });
}

/** Who contributes how many shares; by default Bob 600 and Carol 400. */
export type Contributions = readonly (readonly [HardhatEthersSigner, number])[];

/** A machine at work: sold out, finalised, and its shares allowed to take the token from everybody. */
export async function workingMachine(
  its: Ownership,
  parts: Parts = {},
  contributions?: Contributions,
): Promise<MachineShares> {
  const { accounts, machineOfferings, token, connection } = its;
  const shares = await openOffering(its, parts);
  const { price, currency, end } = await machineOfferings.termsOf(shares);
  const native = currency !== (token.target as string);
  for (const [account, amount] of contributions ??
    ([
      [accounts.bob, 600],
      [accounts.carol, 400],
    ] as const)) {
    await contribute(its, shares, account, amount, native ? price * BigInt(amount) : 0n);
  }
  const { time } = connection.networkHelpers;
  const { sold } = await machineOfferings.progressOf(shares);
  const { hardCap } = await machineOfferings.termsOf(shares);
  if (sold < hardCap) await time.increaseTo(end);
  await machineOfferings.connect(accounts.relayer).finalise(shares);
  for (const account of [accounts.alice, accounts.bob, accounts.carol, accounts.dave]) {
    await token.connect(account).approve(shares, ALL);
  }
  return shares.connect(accounts.bob);
}

/** The attester signs for a milestone, and a relayer claims it. */
export async function claimMilestone(
  { machineOfferings, accounts }: Ownership,
  shares: MachineShares,
  milestone: number,
  round = 0,
): Promise<void> {
  const evidence = evidenceOf(shares.target as string, milestone, sha256(randomBytes(32)), {
    round,
  });
  const signature = await signAttestedEvidence(machineOfferings, accounts.arbiter, evidence);
  await machineOfferings.connect(accounts.relayer).claimMilestone(evidence, signature);
}

/** Brings a motion to the vote, by Bob unless told otherwise; the number of the proposal. */
export async function propose(
  { machineVotes, accounts }: Ownership,
  shares: MachineShares,
  motion: keyof typeof Motion,
  values: unknown[] = [],
  proposer = accounts.bob,
): Promise<bigint> {
  const votes = machineVotes.connect(proposer);
  const proposed = [shares, Motion[motion], payloadOf(motion, ...values)] as const;
  const proposalId = await votes.propose.staticCall(...proposed);
  await votes.propose(...proposed);
  return proposalId;
}

/** Brings a motion, has these vote for it, and waits for the end of the timelock; by default Bob and Carol. */
export async function passMotion(
  its: Ownership,
  shares: MachineShares,
  motion: keyof typeof Motion,
  values: unknown[] = [],
  voters = [its.accounts.bob, its.accounts.carol],
): Promise<{ proposalId: bigint; payload: string }> {
  const proposalId = await propose(its, shares, motion, values);
  for (const voter of voters) {
    await its.machineVotes.connect(voter).castVote(shares, proposalId, true);
  }
  const { votingPeriod } = await shares.machine();
  await its.connection.networkHelpers.time.increase(votingPeriod + BigInt(DAY) + 60n);
  return { proposalId, payload: payloadOf(motion, ...values) };
}

/** Passes a motion and carries it out. */
export async function carryOut(
  its: Ownership,
  shares: MachineShares,
  motion: keyof typeof Motion,
  values: unknown[] = [],
): Promise<void> {
  const { proposalId, payload } = await passMotion(its, shares, motion, values);
  await its.machineVotes.connect(its.accounts.relayer).execute(shares, proposalId, payload);
}
