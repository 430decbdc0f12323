import { partOf, sum } from "./arithmetic.js";

/** Coin that belongs to some accounts, by shares. Everything rounds down, for those who stay. */
export class Pot {
  /** In wei. */
  assets = 0n;
  readonly holders = new Map<string, bigint>();

  get shares(): bigint {
    return sum(this.holders.values());
  }

  sharesOf(account: string): bigint {
    return this.holders.get(account) ?? 0n;
  }

  /** What so many shares are worth, in wei. */
  worth(shares: bigint): bigint {
    return shares === 0n ? 0n : partOf(this.assets, shares, this.shares);
  }

  /** Brings coin in; the shares it buys. */
  deposit(account: string, amount: bigint): bigint {
    const bought = this.shares === 0n ? amount : partOf(amount, this.shares, this.assets);
    this.assets += amount;
    this.holders.set(account, this.sharesOf(account) + bought);
    return bought;
  }

  /** Takes shares out; the coin they are worth. */
  redeem(account: string, shares: bigint): bigint {
    const amount = this.worth(shares);
    this.assets -= amount;
    this.holders.set(account, this.sharesOf(account) - shares);
    return amount;
  }
}
