import { parseEther, parseUnits } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import { MAGNITUDE } from "../../lib/staking/modules.js";

export type OperatorName = "alice" | "ivan";
export type ModuleName = "storage" | "compute" | "oracle";

/** The first two that register. */
export const OPERATORS: Readonly<Record<OperatorName, bigint>> = { alice: 1n, ivan: 2n };
export const OPERATOR_NAMES = ["alice", "ivan"] as const satisfies OperatorName[];

/** The first three that are registered. */
export const MODULES: Readonly<Record<ModuleName, bigint>> = {
  storage: 1n,
  compute: 2n,
  oracle: 3n,
};
export const MODULE_NAMES = ["storage", "compute", "oracle"] as const satisfies ModuleName[];

/** What an operator brings, and what he keeps of his stakers' rewards. */
export const TERMS: Readonly<Record<OperatorName, { bond: bigint; commissionBps: number }>> = {
  alice: { bond: parseEther("300"), commissionBps: 1_000 },
  ivan: { bond: parseEther("100"), commissionBps: 500 },
};

/** Twelve people; Bob does not put all his eggs in one basket. */
export const STAKES: readonly (readonly [
  who: AccountName,
  operator: OperatorName,
  coin: bigint,
])[] = [
  ["bob", "alice", parseEther("2000")],
  ["carol", "alice", parseEther("1500")],
  ["dave", "alice", parseEther("1000")],
  ["erin", "alice", parseEther("812.5")],
  ["maker", "alice", parseEther("500")],
  ["deployer", "alice", parseEther("250")],
  ["grace", "ivan", parseEther("1500")],
  ["heidi", "ivan", parseEther("1200")],
  ["bob", "ivan", parseEther("1000")],
  ["judy", "ivan", parseEther("900")],
  ["kim", "ivan", parseEther("787.5")],
  ["frank", "ivan", parseEther("700")],
  ["stranger", "ivan", parseEther("612.5")],
];

/** The twelve, each once. */
export const STAKERS: readonly AccountName[] = [...new Set(STAKES.map(([who]) => who))];

/** Who registers a module, proposes its slashes and pays for it; and who may veto them. */
export const OWNERS: Readonly<Record<ModuleName, AccountName>> = {
  storage: "maker",
  compute: "makerVerifier",
  oracle: "arbiter",
};
export const RESOLVERS: Readonly<Record<ModuleName, AccountName>> = {
  storage: "arbiter",
  compute: "arbiter",
  oracle: "makerVerifier",
};

/** In per cent of what an operator has. */
export const ALLOCATIONS: Readonly<Record<OperatorName, Readonly<Record<ModuleName, bigint>>>> = {
  alice: { storage: 40n, compute: 30n, oracle: 30n },
  ivan: { storage: 30n, compute: 20n, oracle: 20n },
};

/** What Ivan gives the oracle later on, in per cent. */
export const RISE = 50n;

export function percent(part: bigint): bigint {
  return (MAGNITUDE * part) / 100n;
}

/** What each module pays in a week in which it pays: in coin, or in a token of its own. */
export const PAY = {
  storage: parseEther("10000"),
  compute: parseUnits("2500", 6),
  oracle: parseEther("120"),
} as const;
/** In how many weeks of the story modules pay. */
export const WEEKS = 3n;

/** Where a proposal to slash is, as `ISlashCourt.Status` numbers it. */
export const Verdict = { Open: 1, Vetoed: 2, Executed: 3, Lapsed: 4 } as const;
