import { MaxUint256, parseEther, ZeroAddress } from "ethers";

import { sum } from "./arithmetic.js";
import { Pot } from "./pot.js";
import { need } from "./refusal.js";
import {
  newOperator,
  type Operator,
  type Proposal,
  StakingState,
  type Status,
  type Step,
} from "./state.js";

const MIN_STAKE = parseEther("1");
const MAX_COMMISSION = 3_000n;
/** For how many epochs, its own the first, a bucket answers. */
const EXIT_EPOCHS = 2n;

/** Operators, their bonds, and who stakes with them. Whoever acts comes first. */
export abstract class PoolModel extends StakingState {
  registerOperator(
    owner: string,
    {
      payout = owner,
      commissionBps = 0n,
      bond = 0n,
    }: { payout?: string; commissionBps?: bigint; bond?: bigint } = {},
  ): bigint {
    checkCommission(commissionBps);
    need(payout !== ZeroAddress, "StakingPoolMissingPayout");
    const operator = newOperator(BigInt(this.operators.length) + 1n, owner, payout, this.epoch);
    operator.commissionBps = commissionBps;
    operator.bond = bond;
    this.operators.push(operator);
    this.pays(owner, bond);
    return operator.id;
  }

  setPayout(caller: string, operator: bigint, payout: string): void {
    const its = this.owned(caller, operator);
    need(payout !== ZeroAddress, "StakingPoolMissingPayout");
    its.payout = payout;
  }

  /** The epoch in which the cut begins: the running one if it is not higher than now. */
  setCommission(caller: string, operator: bigint, commissionBps: bigint): bigint {
    const its = this.owned(caller, operator);
    checkCommission(commissionBps);
    if (commissionBps > its.commissionBps) {
      its.rise = { commissionBps, epoch: this.epoch + 2n };
      return its.rise.epoch;
    }
    its.commissionBps = commissionBps;
    its.rise = undefined;
    return this.epoch;
  }

  addBond(caller: string, operator: bigint, amount: bigint): void {
    this.owned(caller, operator).bond += amount;
    this.pays(caller, amount);
  }

  /** Bond leaves as stake does: the shares it is of the bucket of the running epoch. */
  withdrawBond(caller: string, operator: bigint, amount: bigint): bigint {
    const its = this.owned(caller, operator);
    const bound = this.encumberedOf(operator);
    need(bound === 0n, "StakingPoolBondEncumbered", operator, bound);
    need(amount <= its.bond, "StakingPoolInsufficientBond", operator, amount, its.bond);
    its.bond -= amount;
    return this.bucket(its, this.epoch).deposit(caller, amount);
  }

  /** The shares it buys. */
  stake(account: string, operator: bigint, amount: bigint, maxPending = MaxUint256): bigint {
    need(amount >= MIN_STAKE, "StakingPoolStakeTooSmall", amount, MIN_STAKE);
    const shares = this.join(this.taking(operator, maxPending), account, amount);
    this.pays(account, amount);
    return shares;
  }

  requestExit(
    account: string,
    operator: bigint,
    shares: bigint,
  ): { assets: bigint; exitShares: bigint } {
    const balance = this.sharesOf(operator, account);
    need(shares > 0n && shares <= balance, "StakingPoolInvalidShares", shares, balance);
    const its = this.operator(operator);
    const assets = its.active.redeem(account, shares);
    this.moved(its, account);
    return { assets, exitShares: this.bucket(its, this.epoch).deposit(account, assets) };
  }

  /** What it pays, in wei. */
  claimExit(account: string, operator: bigint, epoch: bigint, to = account): bigint {
    const bucket = this.leaving(account, operator, epoch);
    const maturity = this.startOf(epoch + EXIT_EPOCHS);
    need(this.time >= maturity, "StakingPoolImmature", epoch, maturity);
    const assets = bucket.redeem(account, bucket.sharesOf(account));
    this.gets(to, assets);
    return assets;
  }

  /** The shares it buys. */
  restakeExit(account: string, operator: bigint, epoch: bigint, maxPending = MaxUint256): bigint {
    const bucket = this.leaving(account, operator, epoch);
    const shares = bucket.sharesOf(account);
    need(bucket.worth(shares) > 0n, "StakingPoolWorthless", operator, epoch);
    const its = this.taking(operator, maxPending);
    return this.join(its, account, bucket.redeem(account, shares));
  }

  /** What it pays, in wei. */
  withdrawCompensation(account: string, to = account): bigint {
    const amount = this.compensationOf(account);
    this.compensations.delete(account);
    this.gets(to, amount);
    return amount;
  }

  sharesOf(operator: bigint, account: string): bigint {
    return this.find(operator)?.active.sharesOf(account) ?? 0n;
  }

  stakeOf(operator: bigint, account: string): bigint {
    return this.find(operator)?.active.worth(this.sharesOf(operator, account)) ?? 0n;
  }

  exitOf(
    operator: bigint,
    epoch: bigint,
    account: string,
  ): { exitShares: bigint; assets: bigint; maturity: bigint } {
    const bucket = this.find(operator)?.buckets.get(epoch) ?? new Pot();
    const exitShares = bucket.sharesOf(account);
    const maturity = this.startOf(epoch + EXIT_EPOCHS);
    return { exitShares, assets: bucket.worth(exitShares), maturity };
  }

  /** Active stake and its shares, and whether the operator takes more. */
  activeOf(operator: bigint): { assets: bigint; shares: bigint; closed: boolean } {
    const { active, closed } = this.operator(operator);
    return { assets: active.assets, shares: active.shares, closed };
  }

  /** The cut now, and a higher one that was asked for. */
  commissionOf(operator: bigint): {
    commissionBps: bigint;
    nextCommissionBps: bigint;
    nextCommissionEpoch: bigint;
  } {
    const { commissionBps, rise } = this.operator(operator);
    return {
      commissionBps,
      nextCommissionBps: rise?.commissionBps ?? commissionBps,
      nextCommissionEpoch: rise?.epoch ?? 0n,
    };
  }

  /** What those leaving who asked in an epoch have, all together, in wei. */
  bucketOf(operator: bigint, epoch: bigint): bigint {
    return this.find(operator)?.buckets.get(epoch)?.assets ?? 0n;
  }

  /** The epochs in which somebody asked out. */
  bucketsOf(operator: bigint): bigint[] {
    return [...(this.find(operator)?.buckets.keys() ?? [])];
  }

  payoutOf(operator: bigint): string {
    return this.operator(operator).payout;
  }

  bondOf(operator: bigint): bigint {
    return this.find(operator)?.bond ?? 0n;
  }

  votesOf(operator: bigint): bigint {
    return this.find(operator)?.active.assets ?? 0n;
  }

  votesAt(operator: bigint, epoch: bigint): bigint {
    const { touched, starts } = this.operator(operator);
    const known = epoch >= touched && epoch <= this.epoch;
    need(known, "StakingPoolUnknownEpoch", epoch, touched);
    return starts.get(epoch)?.assets ?? 0n;
  }

  /** What could be slashed for an offence now: the stake, and apart from it the bond. */
  backingOf(operator: bigint): { stake: bigint; bond: bigint } {
    const stake = this.votesOf(operator) + this.bucketOf(operator, this.epoch);
    return { stake, bond: this.bondOf(operator) };
  }

  /** What answers for an offence in an epoch, without the bond, in wei. */
  answeringOf(operator: bigint, epoch: bigint): bigint {
    return (
      this.votesOf(operator) + this.bucketOf(operator, epoch) + this.bucketOf(operator, epoch + 1n)
    );
  }

  exposureOf(operator: bigint): bigint {
    return this.answeringOf(operator, this.epoch - 1n) + this.bondOf(operator);
  }

  /** What proposals against an operator add up to: each until it is written down as over, or its epoch is. */
  pendingOf(operator: bigint): bigint {
    const open = this.proposals.filter(
      (proposal) =>
        proposal.operator === operator &&
        proposal.written === "Open" &&
        this.epochAt(this.lapseOf(proposal)) >= this.epoch,
    );
    return sum(open.map(({ amount }) => amount));
  }

  compensationOf(account: string): bigint {
    return this.compensations.get(account) ?? 0n;
  }

  /** How an account's shares changed, by the epochs at whose start it had them. */
  stepsOf(operator: bigint, account: string): readonly Step[] {
    return this.find(operator)?.steps.get(account) ?? [];
  }

  /** All coin that the pool holds, in wei. */
  poolBalance(): bigint {
    const held = this.operators.map(
      ({ active, bond, buckets }) =>
        active.assets + bond + sum([...buckets.values()].map(({ assets }) => assets)),
    );
    return sum(held) + sum(this.compensations.values());
  }

  abstract encumberedOf(operator: bigint): bigint;
  abstract statusOf(id: bigint): Status;
  /** The first second in which a proposal cannot be carried out any more. */
  abstract lapseOf(proposal: Proposal): bigint;

  /** The operator, if he takes stake. */
  private taking(operator: bigint, maxPending: bigint): Operator {
    const pending = this.pendingOf(operator);
    need(pending <= maxPending, "StakingPoolPendingSlash", operator, pending, maxPending);
    const its = this.operator(operator);
    need(!its.closed, "StakingPoolOperatorClosed", operator);
    return its;
  }

  private join(its: Operator, account: string, amount: bigint): bigint {
    const shares = its.active.deposit(account, amount);
    this.moved(its, account);
    return shares;
  }

  /** An account's shares changed: at the next epoch's start it has these. */
  private moved(its: Operator, account: string): void {
    its.touched = this.epoch;
    const from = this.epoch + 1n;
    const steps = (its.steps.get(account) ?? []).filter((step) => step.from < from);
    its.steps.set(account, [...steps, { from, shares: its.active.sharesOf(account) }]);
  }

  private bucket(its: Operator, epoch: bigint): Pot {
    const bucket = its.buckets.get(epoch) ?? new Pot();
    its.buckets.set(epoch, bucket);
    return bucket;
  }

  /** The bucket of an epoch, if the account has something in it. */
  private leaving(account: string, operator: bigint, epoch: bigint): Pot {
    const bucket = this.find(operator)?.buckets.get(epoch) ?? new Pot();
    need(bucket.sharesOf(account) > 0n, "StakingPoolNoExit", operator, epoch, account);
    return bucket;
  }

  private owned(caller: string, operator: bigint): Operator {
    const its = this.find(operator);
    need(its?.owner === caller, "OwnedIdsUnauthorized", operator, caller);
    return this.operator(operator);
  }
}

function checkCommission(commissionBps: bigint): void {
  need(
    commissionBps <= MAX_COMMISSION,
    "StakingPoolCommissionTooHigh",
    commissionBps,
    MAX_COMMISSION,
  );
}
