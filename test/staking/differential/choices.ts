import { COIN } from "../fixture.js";

/** The n-th of some, over and over; undefined if there are none. */
export const pick = <const T>(from: readonly T[], n: number): T | undefined =>
  from[n % from.length];

/** As {@link pick}, where there are some for sure. */
export function choose<const T>(from: readonly [T, ...T[]], n: number): T {
  return pick(from, n) ?? from[0];
}

/** All pairs. */
export const pairs = <A, B>(as: readonly A[], bs: readonly B[]): [A, B][] =>
  as.flatMap((a) => bs.map((b): [A, B] => [a, b]));

/** A part of a whole, from 1 to all of it, and next to both ends more often than not. */
export function partOf(whole: bigint, n: number): bigint {
  const parts = [whole, 1n, whole - 1n, whole / 2n, whole / 3n, whole - 2n, whole / 10n + 1n];
  const real = parts.filter((part) => part > 0n && part <= whole);
  return pick(real, n) ?? whole;
}

/** What is staked: from the least that may be to more than there will ever be in one hand, round and odd. */
export const stakeOf = (n: number): bigint =>
  choose(
    [
      COIN,
      COIN + 1n,
      1_000n * COIN,
      3n * COIN + 7n,
      BigInt(n) ** 7n + COIN,
      123_456_789_012_345_678_901_234n,
      500_000_000n * COIN,
    ],
    n,
  );

/** What is paid or posted: from a unit to a lot. */
export const amountOf = (n: number): bigint =>
  choose([1n, 7n, 1_000_001n, COIN, BigInt(n) ** 6n + 1n, 98_765n * COIN + 1n, 10n ** 26n], n);
