import type { StakingPool } from "../../../typechain-types/index.js";

/** An operator's place among all, for one epoch. */
export interface Ranked {
  /** From 1; nobody shares a place. */
  rank: number;
  operator: bigint;
  /** Stake that was with him when the epoch began, in wei. */
  votes: bigint;
}

/**
 * Ranks all operators by their votes at the start of the running epoch, from the chain's state alone; of equal ones the
 * older is first. For an epoch that is over, give a block of it: `{ blockTag }` of an archive node.
 */
export async function rankOperators(
  pool: StakingPool,
  { blockTag = "latest" }: { blockTag?: string | number } = {},
): Promise<Ranked[]> {
  const at = { blockTag };
  const epoch = await pool.epoch(at);
  const count = await pool.count(at);
  const operators = Array.from({ length: Number(count) }, (_, index) => BigInt(index) + 1n);
  const votes = await Promise.all(operators.map((operator) => pool.votesAt(operator, epoch, at)));
  return operators
    .map((operator, index) => ({ operator, votes: votes[index] ?? 0n }))
    .sort((a, b) =>
      a.votes === b.votes ? Number(a.operator - b.operator) : a.votes > b.votes ? -1 : 1,
    )
    .map((one, index) => ({ rank: index + 1, ...one }));
}
