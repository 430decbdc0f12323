import type { MachineShares, MockERC20 } from "../../../typechain-types/index.js";
import type { AccountName } from "../../lib/accounts.js";
import type { P256Key } from "../../lib/deviceKey.js";
import type { Book } from "./book.js";
import { inDollars } from "./money.js";

export const DAY = 86_400;

/** A machine that is owned in shares, and what it ought to pay to whom. */
export interface Venture {
  charger: P256Key;
  dollar: MockERC20;
  shares: MachineShares;
  book: Book;
}

/** Whom the offering is for: what each takes, and the most he may take. */
export const INVESTORS: readonly (readonly [who: AccountName, shares: bigint, cap: bigint])[] = [
  ["bob", 150n, 150n],
  ["carol", 120n, 150n],
  ["dave", 120n, 120n],
  ["erin", 100n, 150n],
  ["frank", 100n, 100n],
  ["grace", 90n, 100n],
  ["heidi", 90n, 100n],
  ["ivan", 80n, 100n],
  ["judy", 60n, 60n],
  ["kim", 50n, 50n],
  ["maker", 40n, 100n],
];

export const PRICE = inDollars("50");
export const SOFT_CAP = 600n;
export const HARD_CAP = 1_000n;
/** Alice's own, which she has to earn. */
export const OPERATOR_SHARES = 240n;
export const OPERATOR_BPS = 2_000n;
export const RAISED = HARD_CAP * PRICE;
/** What the charger's wallet may keep to work with. */
export const WORKING_BALANCE = inDollars("100");
export const VETO_WINDOW = 3 * DAY;
export const VOTING_PERIOD = 3 * DAY;

/** What the charger has to reach, for which part of the money, within so many days of the sale's beginning. */
export const MILESTONES = [
  { bps: 4_000n, days: 120, goal: "stands at the market square" },
  { bps: 4_000n, days: 150, goal: "has charged a hundred cars" },
  { bps: 2_000n, days: 180, goal: "is open day and night" },
] as const;

/** A milestone's part of an amount, on the condition that parts are whole. */
export function partOf(amount: bigint, milestone: number): bigint {
  return (amount * (MILESTONES[milestone]?.bps ?? 0n)) / 10_000n;
}
