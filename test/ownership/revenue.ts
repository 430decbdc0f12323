// What the tests of revenue share: machines that earn, and what their holders are owed.
import type { AddressLike, ContractTransactionResponse } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import type { SplitTerms } from "../../scripts/lib/ownership/splits.js";
import type { MachineShares, RevenueCollector } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { startingOn } from "../shared/starting.js";
import { deployOwnership, type Ownership, type Parts, workingMachine } from "./fixture.js";

/** Deploys the suite once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function owners<T extends object>(
  prepare: (its: Ownership) => Promise<T>,
): () => Promise<Ownership & T> {
  return startingOn(deployOwnership, prepare);
}

/** The charger at work, for 1,000 shares that Bob (600) and Carol (400) hold: no others are to vest. */
export function earningMachine(its: Ownership, parts: Parts = {}): Promise<MachineShares> {
  const offering = { operatorShares: 0, ...parts.offering };
  return workingMachine(its, { ...parts, offering });
}

/** Another device of Alice's at work, on the same terms. */
export async function anotherMachine(its: Ownership, parts: Parts = {}): Promise<MachineShares> {
  return earningMachine({ ...its, charger: await registerDevice(its) }, parts);
}

/** Alice pays a machine plainly, at its receiver, of which its holders get 80 %. */
export async function payPlainly(
  { accounts, token }: Ownership,
  to: AddressLike,
  amount: bigint,
  currency: string = NATIVE,
): Promise<void> {
  if (currency === NATIVE) await accounts.alice.sendTransaction({ to, value: amount });
  else await token.connect(accounts.alice).transfer(to, amount);
}

/** The split of a machine's holders and an operator. */
export async function splitTermsOf(
  shares: MachineShares,
  operator: AddressLike,
): Promise<SplitTerms> {
  const { root, total, controller, salt } = await shares.splitOf(operator);
  return { root, total, controller, salt };
}

/** What a collection passed over: [shares, currency, holder] each. */
export async function skippedIn(
  collector: RevenueCollector,
  sending: Promise<ContractTransactionResponse>,
): Promise<unknown[][]> {
  const receipt = await (await sending).wait();
  return (receipt?.logs ?? [])
    .filter((log) => log.address === collector.target)
    .map((log) => [...(collector.interface.parseLog(log)?.args ?? [])] as unknown[]);
}
