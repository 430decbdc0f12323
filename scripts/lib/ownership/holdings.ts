// Which machines somebody has or had shares of, read out of a chain's events.
import { getAddress, id, type Provider, toBeHex, zeroPadValue } from "ethers";

import { type MachineOfferings, MachineShares__factory } from "../../../typechain-types/index.js";

/** A machine of which somebody got shares. */
export interface Holding {
  /** The address of the machine's shares. */
  shares: string;
  /** What he has of them now: with none left, the machine may still owe him what they earned before. */
  balance: bigint;
}

/** Which blocks to look into. */
export interface BlockRange {
  /** Where the suite was deployed, to miss no machine. */
  fromBlock: number;
  /** The newest if not given. */
  toBlock?: number;
  /** How many blocks to ask for at once; 10,000 if not given. */
  chunk?: number;
}

const TRANSFER = id("Transfer(address,address,uint256)");
const CHUNK = 10_000;
/** Addresses in one question. */
const ADDRESSES = 500;

/** The machines of which a holder got shares in these blocks, from the oldest. */
export async function machinesHeldBy(
  offerings: MachineOfferings,
  holder: string,
  { fromBlock, toBlock, chunk = CHUNK }: BlockRange,
): Promise<Holding[]> {
  const provider = offerings.runner?.provider;
  if (!provider) {
    throw new Error("The offerings are not connected to a chain: connect them to a provider");
  }
  const ranges = blockRanges(fromBlock, toBlock ?? (await provider.getBlockNumber()), chunk);
  const created = await offerings.filters.OfferingCreated().getTopicFilter();
  const machines = (await logsOf(provider, ranges, [await offerings.getAddress()], created)).map(
    ({ topics }) => getAddress(`0x${String(topics[1]).slice(-40)}`),
  );
  const to = zeroPadValue(toBeHex(BigInt(getAddress(holder)), 20), 32);
  const held = new Set<string>();
  for (let first = 0; first < machines.length; first += ADDRESSES) {
    const some = machines.slice(first, first + ADDRESSES);
    const arrivals = await logsOf(provider, ranges, some, [TRANSFER, null, to]);
    for (const { address } of arrivals) held.add(getAddress(address));
  }
  const holdings = machines
    .filter((shares) => held.has(shares))
    .map(async (shares) => ({
      shares,
      balance: await MachineShares__factory.connect(shares, provider).balanceOf(holder),
    }));
  return Promise.all(holdings);
}

/** Cuts a range of blocks, both ends included, into pieces of at most `chunk`. */
export function blockRanges(
  fromBlock: number,
  toBlock: number,
  chunk: number,
): { fromBlock: number; toBlock: number }[] {
  if (!Number.isSafeInteger(chunk) || chunk < 1) {
    throw new Error(`Logs of ${chunk} blocks at once cannot be asked for: give 1 or more`);
  }
  if (fromBlock < 0 || fromBlock > toBlock) {
    throw new Error(
      `There are no blocks from ${fromBlock} to ${toBlock}: give the lower one first`,
    );
  }
  const ranges = [];
  for (let from = fromBlock; from <= toBlock; from += chunk) {
    ranges.push({ fromBlock: from, toBlock: Math.min(from + chunk - 1, toBlock) });
  }
  return ranges;
}

async function logsOf(
  provider: Provider,
  ranges: readonly { fromBlock: number; toBlock: number }[],
  address: string[],
  topics: (string | string[] | null)[],
) {
  const logs = [];
  for (const range of ranges) {
    try {
      logs.push(...(await provider.getLogs({ ...range, address, topics })));
    } catch (cause) {
      const { fromBlock, toBlock } = range;
      const asked = `the logs of blocks ${fromBlock} to ${toBlock}`;
      throw new Error(`The node gave no answer for ${asked}: try again with a smaller chunk`, {
        cause,
      });
    }
  }
  return logs;
}
