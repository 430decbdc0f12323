import { RewardsModel } from "./model/rewards.js";

/**
 * The whole staking domain in plain TypeScript: what the contracts should do, said in the simplest way, for tests and
 * demos to compare with. Amounts and numbers are `bigint` as ethers gives them, time is in seconds, and accounts are
 * whatever strings the caller names them by. Tell it the time with `at` before each command. A command that a contract
 * would refuse throws a {@link Refusal} that names the contract's error, and changes nothing; {@link attempt} makes an
 * outcome of it.
 *
 * Amounts are exact to the wei, but for stakers' rewards: those are exact before they are rounded down, where the
 * contract keeps 96 fractional bits.
 */
export class StakingModel extends RewardsModel {}

export type { Slashed } from "./model/court.js";
export { attempt, type Outcome, Refusal } from "./model/refusal.js";
export type { Bounds, Funding } from "./model/rewards.js";
export type {
  Burner,
  Membership,
  Proposal,
  Stage,
  StakingOptions,
  Status,
  Step,
  Terms,
} from "./model/state.js";
