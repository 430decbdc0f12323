/** An exact amount. */
export interface Fraction {
  numerator: bigint;
  /** Above 0. */
  denominator: bigint;
}

export const NOTHING: Fraction = { numerator: 0n, denominator: 1n };

export function plus(a: Fraction, b: Fraction): Fraction {
  const denominator = a.denominator * b.denominator;
  if (a.denominator === b.denominator) {
    return { numerator: a.numerator + b.numerator, denominator: a.denominator };
  }
  return { numerator: a.numerator * b.denominator + b.numerator * a.denominator, denominator };
}

/** `a - b`, but never below 0. */
export function minus(a: Fraction, b: Fraction): Fraction {
  const { numerator, denominator } = plus(a, { ...b, numerator: -b.numerator });
  return numerator > 0n ? { numerator, denominator } : NOTHING;
}

export const roundDown = ({ numerator, denominator }: Fraction): bigint => numerator / denominator;
