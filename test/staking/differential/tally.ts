import type { Outcome, Slashed, StakingModel } from "../../../scripts/lib/staking/model.js";
import type { Kind } from "./draw.js";
import { OPERATORS } from "./world.js";

/** What has to be seen at least once, or the histories were too tame. */
export const SIGHTS = [
  "a slash of a bond",
  "a slash of active stake",
  "a slash of exits",
  "compensation",
  "a claim that pays",
  "an exit below par",
  "a stake below par",
  "a proposal that lapsed",
  "a proposal that fell with all",
  "a commission that is to rise",
  "an operator who takes no more stake",
  "shares that are worth nothing",
] as const;

type Sight = (typeof SIGHTS)[number];

/** How often each kind of command was tried and succeeded, and why not, over all histories. */
export class Tally {
  readonly tries = new Map<Kind, number>();
  readonly successes = new Map<Kind, number>();
  readonly reasons = new Map<string, number>();
  readonly seen = new Map<Sight, number>();

  count(kind: Kind, outcome: Outcome<unknown>): void {
    raise(this.tries, kind);
    if (!outcome.ok) raise(this.reasons, outcome.reason);
    else {
      raise(this.successes, kind);
      this.see(kind, outcome.value);
    }
  }

  /** Looks for what is rare in a history's state. */
  look(model: StakingModel): void {
    for (const operator of OPERATORS) {
      const { assets, shares, closed } = model.activeOf(operator);
      this.note("an operator who takes no more stake", closed);
      this.note("shares that are worth nothing", assets === 0n && shares > 0n);
      const { nextCommissionEpoch } = model.commissionOf(operator);
      this.note("a commission that is to rise", nextCommissionEpoch > 0n);
    }
    for (let id = model.counts().court; id > 0n; id -= 1n) {
      const proposal = model.proposalOf(id);
      this.note("a proposal that lapsed", model.statusOf(id) === "Lapsed");
      this.note("a proposal that fell with all", proposal?.vetoedWithAll === true);
    }
  }

  private see(kind: Kind, value: unknown): void {
    if (kind === "execute") {
      const { fromBond, fromActive, fromExits, compensation } = value as Slashed;
      this.note("a slash of a bond", fromBond > 0n);
      this.note("a slash of active stake", fromActive > 0n);
      this.note("a slash of exits", fromExits > 0n);
      this.note("compensation", compensation > 0n);
    }
    if (kind === "claim") this.note("a claim that pays", (value as bigint) > 0n);
    if (kind === "requestExit") {
      const { assets, shares } = value as { assets: bigint; shares: bigint };
      this.note("an exit below par", assets < shares);
    }
    if (kind === "stake") {
      const { shares, amount } = value as { shares: bigint; amount: bigint };
      this.note("a stake below par", shares > amount);
    }
  }

  private note(sight: Sight, there: boolean): void {
    if (there) raise(this.seen, sight);
  }
}

const raise = <K>(counts: Map<K, number>, key: K): unknown =>
  counts.set(key, (counts.get(key) ?? 0) + 1);
