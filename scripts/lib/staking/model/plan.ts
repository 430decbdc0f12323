import { greatest, least, less } from "./arithmetic.js";

/** How much magnitude an operator gives a module, by epoch. */
export class Plan {
  /** From which epoch on how much, each until the next. */
  private readonly changes: Map<bigint, bigint>;

  constructor(changes: Iterable<readonly [bigint, bigint]> = []) {
    this.changes = new Map(changes);
  }

  at(epoch: bigint): bigint {
    const begun = [...this.changes.keys()].filter((from) => from <= epoch);
    return begun.length === 0 ? 0n : (this.changes.get(greatest(0n, ...begun)) ?? 0n);
  }

  /** The plan once something else was asked for in an epoch: less begins with the next, more with the one after it. */
  asked(epoch: bigint, magnitude: bigint): Plan {
    const next = least(this.at(epoch + 1n), magnitude);
    return new Plan([...this.changes, [epoch + 1n, next], [epoch + 2n, magnitude]]);
  }

  /** The plan once a slash in an epoch took so much of all that may still be slashed or is to come. */
  reduced(epoch: bigint, magnitude: bigint): Plan {
    const still = epoch - 1n;
    const changes = [...this.changes, [still, this.at(still)] as const];
    return new Plan(
      changes.map(([from, value]) => [from, from < still ? value : less(value, magnitude)]),
    );
  }

  /** The most that it is in any epoch that may still be slashed or is to come. */
  bindsIn(epoch: bigint): bigint {
    return greatest(this.at(epoch - 1n), this.at(epoch), this.at(epoch + 1n), this.at(epoch + 2n));
  }
}
