import type { BlockTag, Provider } from "ethers";

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
  { blockTag = "latest" }: { blockTag?: BlockTag } = {},
): Promise<Ranked[]> {
  // All questions are about one block: between two of them the epoch may end.
  const at = { blockTag: await numberOf(blockTag, pool.runner?.provider) };
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

async function numberOf(blockTag: BlockTag, provider?: Provider | null): Promise<number> {
  if (!provider) throw new Error("Connect the pool to a node: operators are ranked by its state");
  const block = await provider.getBlock(blockTag);
  if (block === null) throw new Error(`The node has no block ${String(blockTag)}`);
  return block.number;
}
