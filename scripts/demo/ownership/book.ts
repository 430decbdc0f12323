// What everybody ought to get, computed as one would on paper: at every dividend, for every holder, balance x amount.
// It is slow, and shares no idea with the contract that it is compared with.
import type { AccountName } from "../../lib/accounts.js";

export type Coin = "dollars" | "IOTX";
export const COINS: readonly Coin[] = ["dollars", "IOTX"];

/** Whose shares; the operator's that have not vested are nobody's yet. */
export type Holder = AccountName | "unvested";

/** Numbers by coin and holder, 0 at first. */
class Tally {
  readonly #numbers = new Map<string, bigint>();

  of(coin: Coin, holder: Holder): bigint {
    return this.#numbers.get(`${coin} of ${holder}`) ?? 0n;
  }

  set(coin: Coin, holder: Holder, number: bigint): void {
    this.#numbers.set(`${coin} of ${holder}`, number);
  }

  add(coin: Coin, holder: Holder, number: bigint): void {
    this.set(coin, holder, this.of(coin, holder) + number);
  }
}

/** Who holds how many shares, what those have earned, and what of that was paid. */
export class Book {
  readonly supply: bigint;
  readonly #balances: Map<Holder, bigint>;
  /** Sums of balance x amount, in parts of one share of all. */
  readonly #earned = new Tally();
  readonly #paid = new Tally();
  /** What did not go even, in the same parts. */
  readonly #left = new Map<Coin, bigint>();
  /** All that came in, by coin. */
  readonly #income = new Map<Coin, bigint>();

  constructor(balances: readonly (readonly [Holder, bigint])[]) {
    this.#balances = new Map(balances);
    this.supply = balances.reduce((sum, [, balance]) => sum + balance, 0n);
  }

  /** Everybody who holds shares, or has. */
  get holders(): AccountName[] {
    return [...this.#balances.keys()].filter((holder) => holder !== "unvested");
  }

  balanceOf(holder: Holder): bigint {
    return this.#balances.get(holder) ?? 0n;
  }

  move(from: Holder, to: Holder, amount: bigint): void {
    this.#balances.set(from, this.balanceOf(from) - amount);
    this.#balances.set(to, this.balanceOf(to) + amount);
  }

  /** A dividend is that of the shares that are somebody's, each alike; what does not go even waits for the next. */
  dividend(coin: Coin, amount: bigint): void {
    this.#income.set(coin, this.income(coin) + amount);
    const parts = amount * this.supply + (this.#left.get(coin) ?? 0n);
    const earning = this.supply - this.balanceOf("unvested");
    this.#left.set(coin, parts % earning);
    for (const holder of this.holders) {
      this.#earned.add(coin, holder, this.balanceOf(holder) * (parts / earning));
    }
  }

  /** What is a holder's and not yet paid. */
  due(coin: Coin, holder: Holder): bigint {
    return this.#earned.of(coin, holder) / this.supply - this.#paid.of(coin, holder);
  }

  income(coin: Coin): bigint {
    return this.#income.get(coin) ?? 0n;
  }

  paidTo(coin: Coin, holder: Holder): bigint {
    return this.#paid.of(coin, holder);
  }

  /** What was paid to all of them. */
  paid(coin: Coin): bigint {
    return this.holders.reduce((sum, holder) => sum + this.paidTo(coin, holder), 0n);
  }

  pay(coin: Coin, holder: Holder, amount: bigint): void {
    this.#paid.add(coin, holder, amount);
  }
}
