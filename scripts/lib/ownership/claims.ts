// All that one holder is owed, by many machines in many currencies, in as few transactions as will do.
import { type ContractTransaction, dataLength, getAddress, isAddress, type Provider } from "ethers";

import type { IRevenueCollector } from "../../../typechain-types/contracts/ownership/RevenueCollector.js";
import {
  type MachineShares,
  MachineShares__factory,
  type RevenueCollector,
} from "../../../typechain-types/index.js";
import { providerOf } from "../provider.js";

/** A machine, and the currencies in which it may owe something. */
export interface MachineCurrencies {
  /** The address of the machine's shares. */
  shares: string;
  currencies: readonly string[];
}

/** A currency of a machine. */
export interface Source {
  shares: string;
  currency: string;
}

export interface Payment extends Source {
  /** In the currency's smallest unit; at least so much, if more comes in before it is sent. */
  amount: bigint;
}

/** Ready to be sent by anyone. */
export interface ClaimTransaction {
  transaction: ContractTransaction;
  pays: Payment[];
}

/** Why a currency of a machine is in no transaction: it owes nothing, or it cannot be paid. */
export interface LeftOut extends Source {
  reason: "nothing owed" | "cannot be paid";
}

export interface ClaimPlan {
  /** To be sent in this order. */
  transactions: ClaimTransaction[];
  leftOut: LeftOut[];
}

export interface ClaimLimits {
  /** The most gas that a transaction may ask for; what the node's calls are limited to, if that is less. */
  gasLimit?: bigint;
  /** The most bytes of calldata. */
  calldata?: number;
}

/** What a block of IoTeX takes. */
export const BLOCK_GAS = 25_000_000n;
/** What a transaction of IoTeX may carry. */
export const MAX_CALLDATA = 48 * 1024;

/**
 * Gas that a transaction gets for each 4 that its estimate used. Every call within passes on 63 parts in 64 only, and
 * the collector passes over what runs out of gas: just enough for it not to fail is not enough for it to pay.
 */
const MARGIN = 5n;

/**
 * Plans how a holder gets all that these machines owe him. What owes nothing or fails is left out, so that no
 * transaction pays for it. A history that is too long for one transaction is claimed in several.
 */
export async function planClaims(
  collector: RevenueCollector,
  holder: string,
  machines: readonly MachineCurrencies[],
  limits: ClaimLimits = {},
): Promise<ClaimPlan> {
  const sources = sourcesOf(machines);
  const planner = await Planner.create(collector, addressOf(holder, "the holder"), limits);
  return planner.plan(sources);
}

/** Every currency of every machine, once. */
export function sourcesOf(machines: readonly MachineCurrencies[]): Source[] {
  const byName = new Map<string, Source>();
  for (const machine of machines) {
    const shares = addressOf(machine.shares, "a machine's shares");
    for (const each of machine.currencies) {
      const currency = addressOf(each, "a currency");
      byName.set(`${shares}${currency}`, { shares, currency });
    }
  }
  // The currencies of a machine stand together, so that its address is sent once.
  const machineOrder = [...new Set([...byName.values()].map(({ shares }) => shares))];
  return machineOrder.flatMap((shares) =>
    [...byName.values()].filter((its) => its.shares === shares),
  );
}

/** Sources as the collector takes them: the currencies of a machine together. */
export function itemsOf(sources: readonly Source[]): IRevenueCollector.ItemStruct[] {
  const items: { shares: string; currencies: string[] }[] = [];
  for (const { shares, currency } of sources) {
    const last = items.at(-1);
    if (last?.shares === shares) last.currencies.push(currency);
    else items.push({ shares, currencies: [currency] });
  }
  return items;
}

/** What a plan pays in all, by currency. */
export function totalsOf({ transactions }: Pick<ClaimPlan, "transactions">): Map<string, bigint> {
  const totals = new Map<string, bigint>();
  for (const { currency, amount } of transactions.flatMap(({ pays }) => pays)) {
    totals.set(currency, (totals.get(currency) ?? 0n) + amount);
  }
  return totals;
}

class Planner {
  readonly #collector: RevenueCollector;
  readonly #provider: Provider;
  readonly #holder: string;
  readonly #limits: Required<ClaimLimits>;

  private constructor(
    collector: RevenueCollector,
    provider: Provider,
    holder: string,
    limits: ClaimLimits,
  ) {
    this.#collector = collector;
    this.#provider = provider;
    this.#holder = holder;
    this.#limits = { gasLimit: BLOCK_GAS, calldata: MAX_CALLDATA, ...limits };
  }

  static async create(
    collector: RevenueCollector,
    holder: string,
    limits: ClaimLimits,
  ): Promise<Planner> {
    const provider = providerOf(collector, "revenue collector");
    const address = await collector.getAddress();
    if ((await provider.getCode(address)) === "0x") {
      throw new Error(`There is no revenue collector at ${address}: check address and network`);
    }
    return new Planner(collector, provider, holder, limits);
  }

  async plan(sources: readonly Source[]): Promise<ClaimPlan> {
    const { paying, silent, alone } = await this.#sort(sources);
    const leftOut = await Promise.all(silent.map((source) => this.#explain(source)));
    const transactions = await this.#cut(paying);
    for (const source of alone) {
      const parts = await this.#claimInParts(source);
      if (parts.length === 0) leftOut.push(await this.#explain(source));
      transactions.push(...parts);
    }
    return { transactions, leftOut };
  }

  /**
   * Tells who pays, who does not, and what no transaction holds. A currency that burns all gas silences those that
   * come after it, and then the estimate is beyond any limit: halving finds it.
   */
  async #sort(
    sources: readonly Source[],
  ): Promise<{ paying: Source[]; silent: Source[]; alone: Source[] }> {
    if (sources.length === 0) return { paying: [], silent: [], alone: [] };
    const measured = await this.#measure(sources);
    if (measured !== undefined) {
      const silent = measured.pays.filter(({ amount }) => amount === 0n);
      return { paying: measured.pays.filter(({ amount }) => amount !== 0n), silent, alone: [] };
    }
    if (sources.length === 1) return { paying: [], silent: [], alone: [...sources] };
    const middle = Math.ceil(sources.length / 2);
    const first = await this.#sort(sources.slice(0, middle));
    const second = await this.#sort(sources.slice(middle));
    return {
      paying: [...first.paying, ...second.paying],
      silent: [...first.silent, ...second.silent],
      alone: [...first.alone, ...second.alone],
    };
  }

  /** Cuts those who pay into transactions: each takes as many as fit. */
  async #cut(paying: readonly Source[]): Promise<ClaimTransaction[]> {
    const transactions: ClaimTransaction[] = [];
    let rest = paying;
    while (rest.length > 0) {
      const { transaction, count } = await this.#largest(rest);
      transactions.push(transaction);
      rest = rest.slice(count);
    }
    return transactions;
  }

  async #largest(
    sources: readonly Source[],
  ): Promise<{ transaction: ClaimTransaction; count: number }> {
    const fits = await largestThatFits(sources.length, (count) =>
      this.#measure(sources.slice(0, count)),
    );
    if (fits === undefined) {
      throw new Error("The machines changed while the claims were planned: plan them again");
    }
    const { gas, pays } = fits.measured;
    const items = itemsOf(pays);
    const transaction = await this.#collector.collectFor.populateTransaction(this.#holder, items, {
      gasLimit: gas,
    });
    return { transaction: { transaction, pays }, count: fits.count };
  }

  /** What one transaction for all of these would use and pay; nothing if there is no such transaction. */
  async #measure(
    sources: readonly Source[],
  ): Promise<{ gas: bigint; pays: Payment[] } | undefined> {
    const collect = this.#collector.collectFor;
    const called = [this.#holder, itemsOf(sources)] as const;
    const data = this.#collector.interface.encodeFunctionData("collectFor", [...called]);
    if (dataLength(data) > this.#limits.calldata) return undefined;
    const { gasLimit } = this.#limits;
    const estimate = await this.#gasFor((options) => collect.estimateGas(...called, options));
    if (estimate === undefined) return undefined;
    const ask = (gas: bigint) => collect.staticCall(...called, { gasLimit: gas });
    const due = (await this.#attempt(() => ask(gasLimit)))?.flat();
    if (due === undefined) return undefined;
    // Nodes look for the gas with which a call does not fail; this one does not fail for want of it, it pays less.
    for (let gas = estimate; gas <= gasLimit; gas *= 2n) {
      const amounts = (await this.#attempt(() => ask(gas)))?.flat();
      const whole = due.every((amount, n) => (amounts?.[n] ?? -1n) >= amount);
      if (whole) return { gas, pays: sources.map((its, n) => ({ ...its, amount: due[n] ?? 0n })) };
    }
    return undefined;
  }

  /** Claims directly, through so much of a history at a time as fits. */
  async #claimInParts({ shares: address, currency }: Source): Promise<ClaimTransaction[]> {
    const shares = MachineShares__factory.connect(address, this.#provider);
    const entries = await this.#attempt(() => shares.entriesOf(this.#holder));
    if (entries === undefined) return [];
    const claim = (count: bigint) => [this.#holder, currency, count] as const;
    const fits = await largestThatFits(Math.max(Number(entries), 1), (count) =>
      this.#gasFor((options) => shares.claimFor.estimateGas(...claim(BigInt(count)), options)),
    );
    if (fits === undefined) return [];
    const parts: ClaimTransaction[] = [];
    let before = 0n;
    for (let seen = 0n; seen === 0n || seen < entries; seen += BigInt(fits.count)) {
      const sofar = claim(seen + BigInt(fits.count));
      // What so many parts pay together is what one would that goes as far: the shares carry every remainder.
      const paid = await this.#attempt(() => shares.claimFor.staticCall(...sofar));
      const amount = (paid ?? before) - before;
      before += amount;
      const transaction = await shares.claimFor.populateTransaction(...claim(BigInt(fits.count)), {
        gasLimit: fits.measured,
      });
      parts.push({ transaction, pays: [{ shares: address, currency, amount }] });
    }
    if (before === 0n) return [];
    return [...(await this.#bringIn(shares, currency)), ...parts];
  }

  /** Books what waits for the holders at the split hub, where there is something. */
  async #bringIn(shares: MachineShares, currency: string): Promise<ClaimTransaction[]> {
    const gasLimit = await this.#gasFor((options) => shares.collect.estimateGas(currency, options));
    if (gasLimit === undefined) return [];
    const waiting = await this.#attempt(() => shares.collect.staticCall(currency, { gasLimit }));
    if (waiting === undefined || waiting === 0n) return [];
    const transaction = await shares.collect.populateTransaction(currency, { gasLimit });
    return [{ transaction, pays: [] }];
  }

  async #explain({ shares, currency }: Source): Promise<LeftOut> {
    const machine = MachineShares__factory.connect(shares, this.#provider);
    const owed = await this.#attempt(() => machine.claimable(this.#holder, currency));
    return { shares, currency, reason: owed === 0n ? "nothing owed" : "cannot be paid" };
  }

  /** The gas to send something with; nothing if it fails or does not fit. */
  async #gasFor(
    estimate: (options: { gasLimit: bigint }) => Promise<bigint>,
  ): Promise<bigint | undefined> {
    const { gasLimit } = this.#limits;
    const used = await this.#attempt(() => estimate({ gasLimit }));
    if (used === undefined) return undefined;
    const gas = (used * MARGIN) / 4n;
    return gas > gasLimit ? undefined : gas;
  }

  /** What a node answers; nothing if it says that the call fails. Nodes say so in too many ways to read. */
  async #attempt<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (cause) {
      // A node that does not answer has said nothing about the call.
      await this.#provider.getBlockNumber().catch(() => {
        const advice = "check the connection and plan the claims again";
        throw new Error(`The chain does not answer: ${advice}`, { cause });
      });
      return undefined;
    }
  }
}

/** The largest count from 1 to `most` that can be measured, by halving; nothing if 1 cannot. */
export async function largestThatFits<T>(
  most: number,
  measure: (count: number) => Promise<T | undefined>,
): Promise<{ count: number; measured: T } | undefined> {
  let best: { count: number; measured: T } | undefined;
  let low = 1;
  let high = most;
  let count = most; // in the ordinary case, all fit
  while (low <= high) {
    const measured = await measure(count);
    if (measured === undefined) high = count - 1;
    else {
      best = { count, measured };
      low = count + 1;
    }
    count = Math.floor((low + high) / 2);
  }
  return best;
}

function addressOf(text: string, whose: string): string {
  const valid: boolean = isAddress(text);
  if (valid) return getAddress(text);
  throw new Error(`"${text}" is no address of ${whose}: give 0x and 40 hexadecimal digits`);
}
