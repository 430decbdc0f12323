import fc from "fast-check";

/** What may be drawn, and how often compared with the others. */
const WEIGHTS = {
  wait: 7,
  stake: 9,
  requestExit: 11,
  claimExit: 5,
  restakeExit: 10,
  addBond: 3,
  withdrawBond: 12,
  setCommission: 8,
  setPayout: 4,
  optIn: 5,
  accept: 6,
  allocate: 8,
  optOut: 2,
  sync: 3,
  retireModule: 1,
  closeModule: 10,
  propose: 28,
  veto: 14,
  vetoAsGuardian: 14,
  vetoAll: 14,
  execute: 30,
  release: 8,
  withdrawCompensation: 3,
  fund: 10,
  fundMany: 8,
  claim: 10,
  payOperator: 3,
} as const;

export type Kind = keyof typeof WEIGHTS;
export const KINDS = Object.keys(WEIGHTS) as Kind[];

/** A command before it is known what it can be about. */
export interface Draw {
  kind: Kind;
  /** Meant to succeed, if there is anything that it can succeed with; otherwise meant to be at odds with the rules. */
  aimed: boolean;
  /** Which of those that it could be about. */
  which: number;
  /** Which of the amounts that matter. */
  size: number;
  /** Any further choice. */
  how: number;
  /** Seconds since the command before. */
  gap: number;
}

const drawn = fc.record<Draw>({
  kind: fc.oneof(...KINDS.map((kind) => ({ weight: WEIGHTS[kind], arbitrary: fc.constant(kind) }))),
  aimed: fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  which: fc.nat(1_000),
  size: fc.nat(1_000),
  how: fc.nat(1_000),
  gap: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 40_000 }) },
  ),
});

/** Commands: half of `most` on average, of which a third finds nothing to be about. */
export const draws = (most: number): fc.Arbitrary<Draw[]> =>
  fc.array(drawn, { minLength: 1, maxLength: most, size: "max" });
