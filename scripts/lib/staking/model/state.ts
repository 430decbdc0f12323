import { NATIVE } from "../../identity.js";
import { EPOCH, GRACE, MAGNITUDE } from "../modules.js";
import type { Plan } from "./plan.js";
import { Pot } from "./pot.js";
import { need } from "./refusal.js";

export const BPS = 10_000n;

/** What an operator's pool was when an epoch began. */
export interface Start {
  /** Active stake, in wei. */
  assets: bigint;
  /** Who held how many shares of it. */
  holders: ReadonlyMap<string, bigint>;
  bond: bigint;
}

/** Shares that an account held, from the start of an epoch until its next step. */
export interface Step {
  from: bigint;
  shares: bigint;
}

/** A reward, as it was divided when it came. */
export interface Distribution {
  epoch: bigint;
  currency: string;
  /** What stakers share, in the currency's smallest unit. */
  amount: bigint;
  holders: ReadonlyMap<string, bigint>;
}

/** How far an account has claimed a currency: steps that are done, and the last epoch that is. */
export interface Progress {
  step: number;
  paidThrough: bigint;
}

export type Membership = "None" | "Asked" | "Member";

export interface Allocated {
  membership: Membership;
  plan: Plan;
  /** What of the operator's magnitude it bound when somebody touched it last. */
  bound: bigint;
}

export interface Operator {
  id: bigint;
  owner: string;
  payout: string;
  active: Pot;
  /** The last epoch in which active stake changed. */
  touched: bigint;
  /** Takes no more stake. */
  closed: boolean;
  bond: bigint;
  commissionBps: bigint;
  /** A higher cut that was asked for, and when it begins. */
  rise: { commissionBps: bigint; epoch: bigint } | undefined;
  /** Those who leave, by the epoch in which they asked. */
  buckets: Map<bigint, Pot>;
  /** By epoch. */
  starts: Map<bigint, Start>;
  /** By account. */
  steps: Map<string, Step[]>;
  /** What is left of the operator's magnitude. */
  magnitude: bigint;
  /** By module. */
  allocations: Map<bigint, Allocated>;
  distributions: Distribution[];
  /** The operator's own part of rewards, by currency. */
  credits: Map<string, bigint>;
  /** By currency, then account. */
  claims: Map<string, Map<string, Progress>>;
}

/** A module's terms, as far as the model needs them. */
export interface Terms {
  slashAuthority: string;
  resolver: string;
  /** In seconds. */
  window: number;
  maxSlashBps: number;
  minBondBps: number;
  victimBps: number;
  open: boolean;
  victims: string;
  minUserStake: bigint;
}

/** Active: operators can join. Retired: none can. Closed: it is over. */
export type Stage = "Active" | "Retired" | "Closed";

export interface Module {
  id: bigint;
  owner: string;
  terms: Terms;
  /** What its owner gets back in the end, in wei. */
  bond: bigint;
  members: bigint;
  /** The last epoch in which an operator left who had an allocation that may still be slashed. */
  lastLeft: bigint;
  stage: Stage;
}

export type Status = "None" | "Open" | "Vetoed" | "Executed" | "Lapsed";

export interface Proposal {
  id: bigint;
  module: bigint;
  operator: bigint;
  /** Of the offence. */
  epoch: bigint;
  /** In wei. */
  amount: bigint;
  /** The end of the veto window, in seconds. */
  readyAt: bigint;
  /** What it reserves of the most that the module may take. */
  reserved: bigint;
  /** What it took of the operator's magnitude, once it was carried out. */
  taken: bigint;
  /** As somebody wrote it down: a proposal that lapsed, or fell to {@link vetoedWithAll}, is open until its release. */
  written: Status;
  vetoedWithAll: boolean;
}

/** Who the coin came from that was burned. */
export type Burner = "pool" | "registry" | "rewards";

export interface StakingOptions {
  /** When epoch 0 began, in seconds. */
  genesis: number | bigint;
  /** Now, in seconds. */
  time: number | bigint;
  /** Who may veto everything. */
  guardian: string;
  /** What a module brings, in wei. */
  moduleBond?: bigint;
  /** What of rewards in native coin is burned, in basis points. */
  burnBps?: bigint;
}

/**
 * All that is true of staking, and its time. Whatever an epoch's start fixes is written down when that epoch starts, so
 * nobody has to work out later what it was.
 */
export abstract class StakingState {
  readonly genesis: bigint;
  readonly guardian: string;
  readonly moduleBond: bigint;
  readonly burnBps: bigint;
  /** Now, in seconds. */
  time: bigint;

  protected readonly operators: Operator[] = [];
  protected readonly modules: Module[] = [];
  protected readonly proposals: Proposal[] = [];
  protected readonly compensations = new Map<string, bigint>();
  protected readonly burnedBy: Record<Burner, bigint> = { pool: 0n, registry: 0n, rewards: 0n };
  /** By currency, then account: what he got less what he paid. */
  private readonly flows = new Map<string, Map<string, bigint>>();

  constructor(options: StakingOptions) {
    this.genesis = BigInt(options.genesis);
    this.time = BigInt(options.time);
    this.guardian = options.guardian;
    this.moduleBond = options.moduleBond ?? 10n ** 21n;
    this.burnBps = options.burnBps ?? 500n;
  }

  get epoch(): bigint {
    return this.epochAt(this.time);
  }

  epochAt(time: bigint): bigint {
    return (time - this.genesis) / BigInt(EPOCH);
  }

  startOf(epoch: bigint): bigint {
    return this.genesis + epoch * BigInt(EPOCH);
  }

  /** Goes to a time, in seconds: now or later. */
  at(time: number | bigint): this {
    const target = BigInt(time);
    if (target < this.time) throw new Error(`time runs from ${this.time} to ${target}`);
    const last = this.epoch;
    this.time = target;
    for (let epoch = last + 1n; epoch <= this.epoch; epoch += 1n) {
      for (const operator of this.operators) begin(operator, epoch);
    }
    return this;
  }

  /** What an account got of a currency, from all contracts together, less what he paid in. */
  flowOf(account: string, currency = NATIVE): bigint {
    return this.flows.get(currency)?.get(account) ?? 0n;
  }

  /** Coin that is gone, in wei: by which contract, or in all. */
  burned(by?: Burner): bigint {
    const { pool, registry, rewards } = this.burnedBy;
    return by === undefined ? pool + registry + rewards : this.burnedBy[by];
  }

  /** How many operators, modules and proposals there are. */
  counts(): { pool: bigint; registry: bigint; court: bigint } {
    return {
      pool: BigInt(this.operators.length),
      registry: BigInt(this.modules.length),
      court: BigInt(this.proposals.length),
    };
  }

  protected pays(account: string, amount: bigint, currency = NATIVE): void {
    const flows = this.flows.get(currency) ?? new Map<string, bigint>();
    this.flows.set(currency, flows);
    flows.set(account, (flows.get(account) ?? 0n) - amount);
  }

  protected gets(account: string, amount: bigint, currency = NATIVE): void {
    this.pays(account, -amount, currency);
  }

  protected find(operator: bigint): Operator | undefined {
    return this.operators[Number(operator) - 1];
  }

  protected operator(operator: bigint): Operator {
    const its = this.find(operator);
    need(its !== undefined, "StakingPoolUnknownOperator", operator);
    return its;
  }

  protected findModule(module: bigint): Module | undefined {
    return this.modules[Number(module) - 1];
  }
}

export function newOperator(id: bigint, owner: string, payout: string, epoch: bigint): Operator {
  const nothing: Start = { assets: 0n, holders: new Map(), bond: 0n };
  return {
    id,
    owner,
    payout,
    active: new Pot(),
    touched: epoch,
    closed: false,
    bond: 0n,
    commissionBps: 0n,
    rise: undefined,
    buckets: new Map(),
    starts: new Map([[epoch, nothing]]),
    steps: new Map(),
    magnitude: MAGNITUDE,
    allocations: new Map(),
    distributions: [],
    credits: new Map(),
    claims: new Map(),
  };
}

function begin(operator: Operator, epoch: bigint): void {
  const { active, bond, rise } = operator;
  if (rise?.epoch === epoch) {
    operator.commissionBps = rise.commissionBps;
    operator.rise = undefined;
  }
  operator.starts.set(epoch, { assets: active.assets, holders: new Map(active.holders), bond });
}

export { EPOCH, GRACE, MAGNITUDE };
