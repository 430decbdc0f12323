import { partOf, partOfUp, sum } from "./arithmetic.js";
import { Plan } from "./plan.js";
import { PoolModel } from "./pool.js";
import { need, Refusal } from "./refusal.js";
import { type Allocated, BPS, type Membership, type Module, type Terms } from "./state.js";

const BURNED_BPS = 1_000n;
/** For how many epochs, its own the first, what an operator did for a module can be slashed. */
const ANSWERING_EPOCHS = 2n;

/** Modules, and how much of each operator's stake secures which. Whoever acts comes first. */
export abstract class RegistryModel extends PoolModel {
  /** The terms are taken to be within their bounds. */
  registerModule(owner: string, terms: Terms): bigint {
    const burned = partOf(this.moduleBond, BURNED_BPS, BPS);
    const id = BigInt(this.modules.length) + 1n;
    const bond = this.moduleBond - burned;
    this.modules.push({ id, owner, terms, bond, members: 0n, lastLeft: 0n, stage: "Active" });
    this.pays(owner, this.moduleBond);
    this.burnedBy.registry += burned;
    return id;
  }

  retireModule(caller: string, module: bigint): void {
    const its = this.ownedModule(caller, module);
    checkActive(its);
    its.stage = "Retired";
  }

  closeModule(caller: string, module: bigint, to = caller): void {
    const its = this.ownedModule(caller, module);
    need(its.stage !== "Closed", "ModuleRegistryNotActive", module, its.stage);
    const earliest = its.members > 0n ? 0n : its.lastLeft + ANSWERING_EPOCHS;
    const unused = its.members === 0n && this.epoch >= earliest;
    need(unused, "ModuleRegistryInUse", module, its.members, earliest);
    this.gets(to, its.bond);
    its.bond = 0n;
    its.stage = "Closed";
  }

  optIn(caller: string, operator: bigint, module: bigint): void {
    this.needOperator(caller, operator);
    this.needMembership(operator, module, "None");
    const its = this.findModule(module);
    need(its !== undefined, "ModuleRegistryUnknownModule", module);
    checkActive(its);
    if (its.terms.open) this.admit(operator, its);
    else this.allocated(operator, module).membership = "Asked";
  }

  accept(caller: string, operator: bigint, module: bigint): void {
    const its = this.ownedModule(caller, module);
    this.needMembership(operator, module, "Asked");
    checkActive(its);
    this.admit(operator, its);
  }

  optOut(caller: string, operator: bigint, module: bigint): void {
    const its = this.findModule(module);
    const either = its?.owner === caller || this.find(operator)?.owner === caller;
    need(either, "ModuleRegistryUnauthorized", caller);
    const membership = this.membershipOf(operator, module);
    need(membership !== "None", "ModuleRegistryWrongMembership", operator, module, membership);
    const allocated = this.allocated(operator, module);
    if (membership === "Member" && its !== undefined) {
      its.members -= 1n;
      allocated.plan = allocated.plan.asked(this.epoch, 0n);
      this.bind(allocated);
      if (allocated.bound > 0n) its.lastLeft = this.epoch;
    }
    allocated.membership = "None";
  }

  allocate(caller: string, operator: bigint, module: bigint, magnitude: bigint): void {
    this.needOperator(caller, operator);
    this.needMembership(operator, module, "Member");
    const total = this.totalOf(operator);
    need(magnitude <= total, "ModuleRegistryOverAllocated", operator, magnitude, total);
    const allocated = this.allocated(operator, module);
    const plan = allocated.plan.asked(this.epoch, magnitude);
    const rises = magnitude > allocated.plan.at(this.epoch + 2n);
    if (rises) {
      const binds = plan.bindsIn(this.epoch);
      const used = this.encumberedOf(operator) - allocated.bound + binds;
      need(used <= total, "ModuleRegistryOverAllocated", operator, used, total);
      this.checkBond(operator, module, magnitude);
    }
    allocated.plan = plan;
    this.bind(allocated);
  }

  sync(operator: bigint, module: bigint): void {
    if (this.find(operator)?.allocations.has(module) !== true) return;
    this.bind(this.allocated(operator, module));
  }

  membershipOf(operator: bigint, module: bigint): Membership {
    return this.find(operator)?.allocations.get(module)?.membership ?? "None";
  }

  /** What an operator gives a module in an epoch, of 1e16. */
  magnitudeOf(operator: bigint, module: bigint, epoch = this.epoch): bigint {
    return this.find(operator)?.allocations.get(module)?.plan.at(epoch) ?? 0n;
  }

  allocationOf(
    operator: bigint,
    module: bigint,
  ): { membership: Membership; previous: bigint; current: bigint; next: bigint; later: bigint } {
    const at = (offset: bigint): bigint => this.magnitudeOf(operator, module, this.epoch + offset);
    const membership = this.membershipOf(operator, module);
    return { membership, previous: at(-1n), current: at(0n), next: at(1n), later: at(2n) };
  }

  encumberedOf(operator: bigint): bigint {
    return sum([...(this.find(operator)?.allocations.values() ?? [])].map(({ bound }) => bound));
  }

  totalOf(operator: bigint): bigint {
    return this.operator(operator).magnitude;
  }

  slashableOf(operator: bigint, module: bigint): bigint {
    const total = this.totalOf(operator);
    if (total === 0n) return 0n;
    return partOf(this.backingOf(operator).stake, this.magnitudeOf(operator, module), total);
  }

  meetsMinStake(module: bigint, account: string, operator: bigint): boolean {
    const asked = this.findModule(module)?.terms.minUserStake ?? 0n;
    const works = this.membershipOf(operator, module) === "Member";
    return works && this.stakeOf(operator, account) >= asked;
  }

  standingOf(module: bigint): Pick<Module, "bond" | "members" | "lastLeft" | "stage"> {
    const its = this.findModule(module);
    const { bond = 0n, members = 0n, lastLeft = 0n, stage = "Active" } = its ?? {};
    return { bond, members, lastLeft, stage };
  }

  /** Coin that the registry holds, in wei. */
  registryBalance(): bigint {
    return sum(this.modules.map(({ bond }) => bond));
  }

  /** What a slash took of an operator's magnitude, it took of the module's part. */
  protected reduce(operator: bigint, module: bigint, magnitude: bigint): void {
    const allocated = this.allocated(operator, module);
    allocated.plan = allocated.plan.reduced(this.epoch, magnitude);
    this.bind(allocated);
    this.operator(operator).magnitude -= magnitude;
  }

  private checkBond(operator: bigint, module: bigint, magnitude: bigint): void {
    const { stake, bond } = this.backingOf(operator);
    const { minBondBps } = this.terms(module);
    const worth = partOf(stake, magnitude, this.totalOf(operator));
    const least = partOfUp(worth, BigInt(minBondBps), BPS);
    need(bond >= least, "ModuleRegistryInsufficientBond", operator, bond, least);
  }

  private admit(operator: bigint, its: Module): void {
    its.members += 1n;
    this.allocated(operator, its.id).membership = "Member";
  }

  private bind(allocated: Allocated): void {
    allocated.bound = allocated.plan.bindsIn(this.epoch);
  }

  protected terms(module: bigint): Terms {
    const its = this.findModule(module);
    need(its !== undefined, "ModuleRegistryUnknownModule", module);
    return its.terms;
  }

  private allocated(operator: bigint, module: bigint): Allocated {
    const { allocations } = this.operator(operator);
    const its = allocations.get(module) ?? { membership: "None", plan: new Plan(), bound: 0n };
    allocations.set(module, its);
    return its;
  }

  private needOperator(caller: string, operator: bigint): void {
    need(this.find(operator)?.owner === caller, "ModuleRegistryUnauthorized", caller);
  }

  private needMembership(operator: bigint, module: bigint, needed: Membership): void {
    const membership = this.membershipOf(operator, module);
    need(membership === needed, "ModuleRegistryWrongMembership", operator, module, membership);
  }

  private ownedModule(caller: string, module: bigint): Module {
    const its = this.findModule(module);
    if (its?.owner !== caller) throw new Refusal("OwnedIdsUnauthorized", [module, caller]);
    return its;
  }
}

function checkActive({ id, stage }: Module): void {
  need(stage === "Active", "ModuleRegistryNotActive", id, stage);
}
