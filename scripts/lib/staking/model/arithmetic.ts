/** The smallest of some. */
export const least = (first: bigint, ...rest: bigint[]): bigint =>
  rest.reduce((low, one) => (one < low ? one : low), first);

/** The greatest of some. */
export const greatest = (first: bigint, ...rest: bigint[]): bigint =>
  rest.reduce((high, one) => (one > high ? one : high), first);

export const sum = (values: Iterable<bigint>): bigint => {
  let total = 0n;
  for (const value of values) total += value;
  return total;
};

/** The part of `whole` that `numerator` is of `denominator`, rounded down; all are at least 0. */
export const partOf = (whole: bigint, numerator: bigint, denominator: bigint): bigint =>
  (whole * numerator) / denominator;

/** As {@link partOf}, rounded up. */
export const partOfUp = (whole: bigint, numerator: bigint, denominator: bigint): bigint =>
  (whole * numerator + denominator - 1n) / denominator;

/** `a - b`, but never below 0. */
export const less = (a: bigint, b: bigint): bigint => (a > b ? a - b : 0n);
