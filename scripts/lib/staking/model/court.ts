import { least, less, partOf, partOfUp, sum } from "./arithmetic.js";
import { need, Refusal } from "./refusal.js";
import { RegistryModel } from "./registry.js";
import {
  BPS,
  EPOCH,
  GRACE,
  MAGNITUDE,
  type Operator,
  type Proposal,
  type Status,
} from "./state.js";

/** A proposal takes at least this of the allocation, or half of the limit. */
const LEAST_BPS = 100n;
/** An operator whose wei is so many shares takes no more stake. */
const MAX_SHARES_PER_WEI = 10n ** 6n;
/** Nor does one who has less magnitude left. */
const LEAST_MAGNITUDE = MAGNITUDE / 10_000n;

/** What a slash took, in wei. */
export interface Slashed {
  fromBond: bigint;
  fromActive: bigint;
  fromExits: bigint;
  /** What of the bond's part the victims were credited. */
  compensation: bigint;
  burned: bigint;
}

/** Proposals to slash, and slashes. Whoever acts comes first, where it matters who does. */
export abstract class CourtModel extends RegistryModel {
  /** The proposal's number. */
  propose(
    caller: string,
    module: bigint,
    operator: bigint,
    amount: bigint,
    offenceTime: number | bigint,
  ): bigint {
    const authority = this.findModule(module)?.terms.slashAuthority;
    need(authority === caller, "SlashCourtUnauthorized", caller);
    const { window } = this.terms(module);
    const offence = BigInt(offenceTime);
    need(offence <= this.time, "SlashCourtFutureOffence", offence);
    const readyAt = this.time + BigInt(window);
    const earliest = this.earliest(module);
    need(offence >= earliest, "SlashCourtTooLate", offence, earliest);

    const epoch = this.epochAt(offence);
    const magnitude = this.magnitudeOf(operator, module, epoch);
    const answering = this.answeringOf(operator, epoch);
    const atStake = magnitude > 0n && answering > 0n;
    need(atStake, "SlashCourtNothingAtStake", operator, module, epoch);

    const total = this.totalOf(operator);
    const rest = this.restOf(module, operator, epoch);
    const reserved = partOfUp(amount, total, answering);
    need(reserved <= rest, "SlashCourtAboveLimit", reserved, rest);
    const leastBps = least(2n * LEAST_BPS, BigInt(this.terms(module).maxSlashBps));
    const smallest = partOfUp(magnitude, leastBps, 2n * BPS);
    const takesRest = amount > 0n && partOfUp(amount + 1n, total, answering) > rest;
    need(reserved >= smallest || takesRest, "SlashCourtTooSmall", reserved, smallest);

    const id = BigInt(this.proposals.length) + 1n;
    this.proposals.push({
      id,
      module,
      operator,
      epoch,
      amount,
      readyAt,
      reserved,
      taken: 0n,
      written: "Open",
      vetoedWithAll: false,
    });
    return id;
  }

  veto(caller: string, id: bigint): void {
    const proposal = this.proposal(id);
    const resolver = proposal && this.terms(proposal.module).resolver;
    need(resolver === caller, "SlashCourtUnauthorized", caller);
    this.vetoOpen(id);
  }

  vetoAsGuardian(caller: string, id: bigint): void {
    this.needGuardian(caller);
    this.vetoOpen(id);
  }

  /** Vetoes all of a module's proposals that can be vetoed now; what they reserve is free after {@link release}. */
  vetoAll(caller: string, module: bigint): void {
    this.needGuardian(caller);
    for (const proposal of this.proposals) {
      const open = proposal.module === module && this.statusOf(proposal.id) === "Open";
      if (open && this.time < proposal.readyAt) proposal.vetoedWithAll = true;
    }
  }

  execute(id: bigint): Slashed {
    const proposal = this.open(id);
    need(this.time >= proposal.readyAt, "SlashCourtWrongTime", id, proposal.readyAt);
    proposal.written = "Executed";
    const its = this.operator(proposal.operator);
    const fromBond = least(proposal.amount, its.bond);
    its.bond -= fromBond;
    const { fromActive, fromExits } = this.slashStake(its, proposal, proposal.amount - fromBond);

    const { victims, victimBps } = this.terms(proposal.module);
    // The bond stands for every open proposal: victims share in what the others will leave of it.
    const free = less(fromBond + its.bond, this.pendingOf(its.id));
    const compensation = partOf(least(fromBond, free), BigInt(victimBps), BPS);
    this.compensations.set(victims, this.compensationOf(victims) + compensation);
    const burned = fromBond + fromActive + fromExits - compensation;
    this.burnedBy.pool += burned;
    return { fromBond, fromActive, fromExits, compensation, burned };
  }

  /** Frees what a proposal reserved that lapsed, or fell to {@link vetoAll}. */
  release(id: bigint): void {
    const status = this.statusOf(id);
    const proposal = this.proposal(id);
    const unreleased = proposal?.written === "Open" && status !== "Open";
    need(unreleased, "SlashCourtWrongStatus", id, status);
    proposal.written = status;
  }

  statusOf(id: bigint): Status {
    const proposal = this.proposal(id);
    if (proposal === undefined) return "None";
    if (proposal.written !== "Open") return proposal.written;
    if (proposal.vetoedWithAll) return "Vetoed";
    return this.time < this.lapseOf(proposal) ? "Open" : "Lapsed";
  }

  lapseOf({ readyAt }: Proposal): bigint {
    return readyAt + BigInt(GRACE);
  }

  /** A proposal as it was made; undefined if there is none. */
  proposalOf(id: bigint): Readonly<Proposal> | undefined {
    return this.proposal(id);
  }

  /** The most that a module may propose now for an offence in an epoch, in wei. */
  proposableOf(module: bigint, operator: bigint, epoch: bigint): bigint {
    const latest = this.startOf(epoch + 1n) - 1n;
    const offence = least(this.time, latest);
    const inTime = offence >= this.earliest(module) && offence >= this.startOf(epoch);
    if (!inTime) return 0n;
    const rest = this.restOf(module, operator, epoch);
    return partOf(this.answeringOf(operator, epoch), rest, this.totalOf(operator));
  }

  /** An offence before this, in seconds, cannot be proposed any more: its stake might mature too soon. */
  private earliest(module: bigint): bigint {
    return this.time + BigInt(this.terms(module).window + GRACE - EPOCH);
  }

  /** What of an operator's magnitude a module may still take for an epoch. */
  private restOf(module: bigint, operator: bigint, epoch: bigint): bigint {
    const those = this.proposals.filter(
      (one) => one.module === module && one.operator === operator && one.epoch === epoch,
    );
    const taken = sum(those.map((one) => one.taken));
    const reserving = those.filter(({ written }) => written === "Open" || written === "Executed");
    const whole = this.magnitudeOf(operator, module, epoch) + taken;
    const limit = partOf(whole, BigInt(this.terms(module).maxSlashBps), BPS);
    return less(limit, sum(reserving.map(({ reserved }) => reserved)));
  }

  /** Active stake and the buckets that answer lose in proportion; a bucket keeps a wei, and active pays the rest. */
  private slashStake(
    its: Operator,
    proposal: Proposal,
    asked: bigint,
  ): { fromActive: bigint; fromExits: bigint } {
    const { id: operator, active } = its;
    const answering = this.answeringOf(operator, proposal.epoch);
    const magnitude = this.magnitudeOf(operator, proposal.module, proposal.epoch);
    const slashable = partOf(answering, magnitude, its.magnitude);
    const amount = least(asked, slashable);
    if (amount === 0n) return { fromActive: 0n, fromExits: 0n };

    let fromExits = 0n;
    for (const epoch of [proposal.epoch, proposal.epoch + 1n]) {
      const bucket = its.buckets.get(epoch);
      if (bucket === undefined || bucket.assets === 0n) continue;
      const lost = least(partOf(amount, bucket.assets, answering), bucket.assets - 1n);
      bucket.assets -= lost;
      fromExits += lost;
    }
    const fromActive = least(amount - fromExits, active.assets);
    active.assets -= fromActive;
    its.touched = this.epoch;

    proposal.taken = partOfUp(amount, its.magnitude, answering);
    this.reduce(operator, proposal.module, proposal.taken);
    const dust = active.assets * MAX_SHARES_PER_WEI < active.shares;
    if (dust || its.magnitude < LEAST_MAGNITUDE) its.closed = true;
    return { fromActive, fromExits };
  }

  private vetoOpen(id: bigint): void {
    const proposal = this.open(id);
    need(this.time < proposal.readyAt, "SlashCourtWrongTime", id, proposal.readyAt);
    proposal.written = "Vetoed";
  }

  private open(id: bigint): Proposal {
    const proposal = this.proposal(id);
    const status = this.statusOf(id);
    if (proposal === undefined || status !== "Open") {
      throw new Refusal("SlashCourtWrongStatus", [id, status]);
    }
    return proposal;
  }

  private proposal(id: bigint): Proposal | undefined {
    return this.proposals[Number(id) - 1];
  }

  private needGuardian(caller: string): void {
    need(caller === this.guardian, "AccessManagedUnauthorized", caller);
  }
}
