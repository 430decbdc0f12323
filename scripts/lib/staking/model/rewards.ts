import { MaxUint256 } from "ethers";

import { NATIVE } from "../../identity.js";
import { least, partOf, sum } from "./arithmetic.js";
import { CourtModel } from "./court.js";
import { type Fraction, minus, NOTHING, plus, roundDown } from "./fraction.js";
import { need } from "./refusal.js";
import { BPS, type Distribution, type Progress } from "./state.js";

/** The contract counts what a share earns in parts of a smallest unit: 96 bits after the point. */
const PARTS = 2n ** 96n;

/** Between what and what an amount lies, both included, in a currency's smallest unit. */
export interface Bounds {
  least: bigint;
  most: bigint;
}

/** How a reward was divided, in the currency's smallest unit. */
export interface Funding {
  burned: bigint;
  toOperator: bigint;
  toStakers: bigint;
}

/**
 * Rewards, as a list of all that ever came. Amounts of stakers are exact, rounded down; the contract may differ by what
 * its 96 fractional bits cannot hold: see {@link earnedBounds}. Whoever acts comes first, where it matters who does.
 */
export abstract class RewardsModel extends CourtModel {
  private readonly held = new Map<string, bigint>();

  fund(from: string, module: bigint, operator: bigint, amount: bigint, currency = NATIVE): Funding {
    this.checkModule(module);
    this.checkFunding(operator, amount);
    return this.divide(from, operator, amount, currency);
  }

  /** Several operators at once, or none. */
  fundMany(
    from: string,
    module: bigint,
    fundings: readonly { operator: bigint; amount: bigint }[],
    currency = NATIVE,
  ): Funding[] {
    this.checkModule(module);
    for (const { operator, amount } of fundings) this.checkFunding(operator, amount);
    return fundings.map(({ operator, amount }) => this.divide(from, operator, amount, currency));
  }

  /** What it pays an account, exact and rounded down. Walks so many steps of his shares at most. */
  claim(
    account: string,
    operator: bigint,
    currency = NATIVE,
    maxSteps = MaxUint256,
    to = account,
  ): bigint {
    const before = this.claimedOf(operator, account, currency);
    const progress = this.walk(operator, currency, account, maxSteps);
    const its = this.find(operator);
    const claims = its?.claims.get(currency) ?? new Map<string, Progress>();
    its?.claims.set(currency, claims);
    claims.set(account, progress);
    const amount = this.claimedOf(operator, account, currency) - before;
    this.gets(to, amount, currency);
    this.hold(currency, -amount);
    return amount;
  }

  /** What it pays. */
  payOperator(operator: bigint, currency = NATIVE): bigint {
    const its = this.find(operator);
    const amount = this.creditOf(operator, currency);
    if (its === undefined) return 0n;
    its.credits.set(currency, 0n);
    this.gets(its.payout, amount, currency);
    this.hold(currency, -amount);
    return amount;
  }

  creditOf(operator: bigint, currency = NATIVE): bigint {
    return this.find(operator)?.credits.get(currency) ?? 0n;
  }

  /** What an account could claim now, and what the running epoch holds for him so far; exact, rounded down. */
  claimableOf(
    operator: bigint,
    account: string,
    currency = NATIVE,
  ): { claimable: bigint; running: bigint } {
    const { paidThrough } = this.walk(operator, currency, account, MaxUint256);
    const earned = roundDown(this.earned(operator, currency, account, 0n, paidThrough));
    const running = this.earned(operator, currency, account, this.epoch, this.epoch);
    const claimable = earned - this.claimedOf(operator, account, currency);
    return { claimable, running: roundDown(running) };
  }

  /**
   * What the contract may say that an account earned in some epochs. It adds up what a share earns in 2^-96 of a
   * unit. What a division leaves, less than one of these for each share there is, is divided with the next amount. So
   * for every distribution an account may get too little by as many of these as it has shares, and too much by its
   * part of what the division before left. As long as there are far fewer than 2^96 shares, which is 79 billion coins
   * that were never slashed, that is far less than a unit, and the bounds are mostly one and the same number.
   */
  earnedBounds(
    operator: bigint,
    account: string,
    currency: string,
    first: bigint,
    last: bigint,
  ): Bounds {
    const exact = this.earned(operator, currency, account, first, last);
    const its = this.find(operator);
    const all = (its?.distributions ?? []).filter(
      (one) => one.currency === currency && one.amount > 0n,
    );
    let [little, much] = [NOTHING, NOTHING];
    let rest = 0n;
    for (const { epoch, holders } of all) {
      const whole = sum(holders.values());
      if (epoch >= first && epoch <= last) {
        const shares = holders.get(account) ?? 0n;
        little = plus(little, { numerator: shares, denominator: PARTS });
        much = plus(much, { numerator: rest * shares, denominator: whole * PARTS });
      }
      rest = whole;
    }
    return { least: roundDown(minus(exact, little)), most: roundDown(plus(exact, much)) };
  }

  progressOf(operator: bigint, account: string, currency = NATIVE): Progress {
    const progress = this.find(operator)?.claims.get(currency)?.get(account);
    return progress ?? { step: 0, paidThrough: 0n };
  }

  /** What an account was paid, exact and rounded down. */
  claimedOf(operator: bigint, account: string, currency = NATIVE): bigint {
    const { paidThrough } = this.progressOf(operator, account, currency);
    return roundDown(this.earned(operator, currency, account, 0n, paidThrough));
  }

  rewardBasisOf(operator: bigint): {
    assets: bigint;
    shares: bigint;
    bond: bigint;
    commissionBps: bigint;
  } {
    const its = this.find(operator);
    const start = its?.starts.get(this.epoch);
    return {
      assets: start?.assets ?? 0n,
      shares: sum(start?.holders.values() ?? []),
      bond: least(its?.bond ?? 0n, start?.bond ?? 0n),
      commissionBps: its?.commissionBps ?? 0n,
    };
  }

  /** What the contract of rewards holds of a currency. */
  rewardsBalance(currency = NATIVE): bigint {
    return this.held.get(currency) ?? 0n;
  }

  private checkModule(module: bigint): void {
    const known = module === 0n || this.findModule(module) !== undefined;
    need(known, "ModuleRewardsUnknownModule", module);
  }

  private checkFunding(operator: bigint, amount: bigint): void {
    need(amount > 0n, "ModuleRewardsMissingAmount");
    const { shares, bond } = this.rewardBasisOf(operator);
    const earns = shares > 0n || bond > 0n;
    need(earns, "ModuleRewardsNobodyEarns", operator, this.epoch);
  }

  private divide(from: string, operator: bigint, amount: bigint, currency: string): Funding {
    const its = this.operator(operator);
    const { assets, shares, bond, commissionBps } = this.rewardBasisOf(operator);
    const burned = currency === NATIVE ? partOf(amount, this.burnBps, BPS) : 0n;
    const rest = amount - burned;
    const commission = partOf(rest, commissionBps, BPS);
    const ofBond = assets + bond === 0n ? 0n : partOf(rest - commission, bond, bond + assets);
    const toOperator = shares === 0n ? rest : commission + ofBond;
    const toStakers = rest - toOperator;

    const holders = its.starts.get(this.epoch)?.holders ?? new Map<string, bigint>();
    its.distributions.push({ epoch: this.epoch, currency, amount: toStakers, holders });
    its.credits.set(currency, this.creditOf(operator, currency) + toOperator);
    this.burnedBy.rewards += burned;
    this.pays(from, amount, currency);
    this.hold(currency, rest);
    return { burned, toOperator, toStakers };
  }

  private hold(currency: string, amount: bigint): void {
    this.held.set(currency, this.rewardsBalance(currency) + amount);
  }

  /** From where it stopped, on to the end of the last step it may walk, or of the last epoch that is over. */
  private walk(operator: bigint, currency: string, account: string, maxSteps: bigint): Progress {
    let { step, paidThrough } = this.progressOf(operator, account, currency);
    const steps = this.stepsOf(operator, account);
    for (let walked = 0n; walked < maxSteps; walked += 1n) {
      const here = steps[step];
      if (here === undefined || here.from >= this.epoch) break;
      const next = steps[step + 1]?.from ?? MaxUint256;
      paidThrough = least(next, this.epoch) - 1n;
      if (next > this.epoch) break;
      step += 1;
    }
    return { step, paidThrough };
  }

  /** What an account earned from the start of one epoch to the end of another. */
  private earned(
    operator: bigint,
    currency: string,
    account: string,
    first: bigint,
    last: bigint,
  ): Fraction {
    const all = this.find(operator)?.distributions ?? [];
    return all
      .filter((one) => one.currency === currency && one.epoch >= first && one.epoch <= last)
      .map((one) => shareOf(one, account))
      .reduce(plus, NOTHING);
  }
}

function shareOf({ amount, holders }: Distribution, account: string): Fraction {
  const shares = holders.get(account) ?? 0n;
  if (shares === 0n) return NOTHING;
  return { numerator: amount * shares, denominator: sum(holders.values()) };
}
