import { EPOCH, GRACE } from "../../../scripts/lib/staking/modules.js";
import { DAY, EVIDENCE } from "../fixture.js";
import { choose, pairs, partOf, pick } from "./choices.js";
import type { Draw } from "./draw.js";
import type { Action, Run } from "./run.js";
import {
  ANYONE,
  AUTHORITIES,
  GUARDIAN,
  MODULES,
  OPERATORS,
  OWNERS,
  type Player,
  RESOLVER,
} from "./world.js";

const UNKNOWN = 9n;
const PAIRS = pairs(OPERATORS, MODULES);

/** The modules' windows, in seconds. */
export const WINDOWS = [4 * DAY, 2 * DAY, 3 * DAY] as const;

/** The least that each module may propose of an allocation, in basis points. */
const LEAST_BPS = [100n, 100n, 75n] as const;

const ownerOf = (operator: bigint): Player => OWNERS[Number(operator) - 1] ?? ANYONE;
const authorityOf = (module: bigint): Player => AUTHORITIES[Number(module) - 1] ?? ANYONE;
const windowOf = (module: bigint): bigint => BigInt(WINDOWS[Number(module) - 1] ?? 0);

const inRegistry = (
  by: Player,
  method: string,
  args: readonly unknown[],
  inModel: Action["inModel"],
): Action => ({ by, contract: "registry", method, args, inModel });

const inCourt = (
  by: Player,
  method: string,
  args: readonly unknown[],
  inModel: Action["inModel"],
): Action => ({ by, contract: "court", method, args, inModel });

/** The pairs of operator and module that stand so, or any. */
const standing = ({ model }: Run, aimed: boolean, membership: string): [bigint, bigint][] =>
  PAIRS.filter(
    ([operator, module]) => !aimed || model.membershipOf(operator, module) === membership,
  );

/** Whether the module of a pair takes operators. */
const joinable =
  ({ model }: Run, aimed: boolean) =>
  ([, module]: [bigint, bigint]): boolean =>
    !aimed || model.standingOf(module).stage === "Active";

export function optIn(run: Run, { aimed, which, how }: Draw): Action | undefined {
  const possible = standing(run, aimed, "None").filter(joinable(run, aimed));
  const odd: [bigint, bigint][] = [
    [1n, UNKNOWN],
    [UNKNOWN, 1n],
  ];
  const picked = pick(aimed ? possible : [...possible, ...odd], which);
  if (picked === undefined) return undefined;
  const [operator, module] = picked;
  const by = aimed ? ownerOf(operator) : choose([ownerOf(operator), ANYONE], how);
  return inRegistry(by, "optIn", [operator, module], (its) => {
    its.optIn(run.world.players[by], operator, module);
  });
}

export function accept(run: Run, { aimed, which, how }: Draw): Action | undefined {
  const picked = pick(standing(run, aimed, "Asked").filter(joinable(run, aimed)), which);
  if (picked === undefined) return undefined;
  const [operator, module] = picked;
  const by = aimed ? authorityOf(module) : choose([authorityOf(module), ANYONE], how);
  return inRegistry(by, "accept", [operator, module], (its) => {
    its.accept(run.world.players[by], operator, module);
  });
}

export function optOut(run: Run, { aimed, which, how }: Draw): Action | undefined {
  const { model, world } = run;
  const possible = PAIRS.filter(
    ([operator, module]) => !aimed || model.membershipOf(operator, module) !== "None",
  );
  const picked = pick(possible, which);
  if (picked === undefined) return undefined;
  const [operator, module] = picked;
  const either = [ownerOf(operator), authorityOf(module)] as const;
  const by = aimed ? choose(either, how) : choose([...either, ANYONE], how);
  return inRegistry(by, "optOut", [operator, module], (its) => {
    its.optOut(world.players[by], operator, module);
  });
}

export function allocate(run: Run, { aimed, which, size, how }: Draw): Action | undefined {
  const { model, world } = run;
  const picked = pick(standing(run, aimed, "Member"), which);
  if (picked === undefined) return undefined;
  const [operator, module] = picked;
  const by = aimed ? ownerOf(operator) : choose([ownerOf(operator), ANYONE], how);
  const total = model.totalOf(operator);
  const { previous, current, next, later } = model.allocationOf(operator, module);
  const own = [previous, current, next, later].reduce((a, b) => (a > b ? a : b));
  const most = total - model.encumberedOf(operator) + own;
  const good = [most, partOf(most, how), total / 3n, later + 1n, later - 1n, 0n, total / 2n];
  const bad = [total + 1n, most + 1n, 1n];
  const wanted = (aimed ? good : bad).filter((magnitude) => magnitude >= 0n);
  const magnitude = pick(wanted, size) ?? 0n;
  return inRegistry(by, "allocate", [operator, module, magnitude], (its) => {
    its.allocate(world.players[by], operator, module, magnitude);
  });
}

export function retireModule(
  { model, world }: Run,
  { aimed, which, how }: Draw,
): Action | undefined {
  const active = MODULES.filter((module) => !aimed || model.standingOf(module).stage === "Active");
  const module = pick(active, which);
  if (module === undefined) return undefined;
  const by = aimed ? authorityOf(module) : choose([authorityOf(module), ANYONE], how);
  return inRegistry(by, "retireModule", [module], (its) => {
    its.retireModule(world.players[by], module);
  });
}

export function closeModule(
  { model, world }: Run,
  { aimed, which, how }: Draw,
): Action | undefined {
  const unused = MODULES.filter((module) => {
    const { members, lastLeft, stage } = model.standingOf(module);
    return !aimed || (members === 0n && lastLeft + 2n <= model.epoch && stage !== "Closed");
  });
  const module = pick(unused, which);
  if (module === undefined) return undefined;
  const by = aimed ? authorityOf(module) : choose([authorityOf(module), ANYONE], how);
  const to = world.players[choose([by, ANYONE], how)];
  return inRegistry(by, "closeModule", [module, to], (its) => {
    its.closeModule(world.players[by], module, to);
  });
}

export function sync(_: Run, { which }: Draw): Action {
  const [operator, module] = choose([[1n, 1n], ...PAIRS], which);
  return inRegistry(ANYONE, "sync", [operator, module], (its) => {
    its.sync(operator, module);
  });
}

/** When an offence of an epoch may have been, to be proposed now: first and last second, if there is any. */
function offenceTimes({ model }: Run, module: bigint, epoch: bigint): [bigint, bigint] | undefined {
  const earliest = model.time + windowOf(module) + BigInt(GRACE - EPOCH);
  const [start, end] = [model.startOf(epoch), model.startOf(epoch + 1n) - 1n];
  const first = earliest > start ? earliest : start;
  const last = model.time < end ? model.time : end;
  return first <= last ? [first, last] : undefined;
}

export function propose(run: Run, draw: Draw): Action | undefined {
  const { model } = run;
  const possible = pairs(PAIRS, [model.epoch, model.epoch - 1n]).flatMap(
    ([[operator, module], epoch]) => {
      const times = offenceTimes(run, module, epoch);
      const most = model.proposableOf(module, operator, epoch);
      const good = times !== undefined && most > 0n;
      return good ? [{ operator, module, epoch, times, most }] : [];
    },
  );
  const picked = pick(possible, draw.which);
  if (!draw.aimed) return proposeBadly(run, draw, picked);
  if (picked === undefined) return undefined;
  const { operator, module, epoch, times, most } = picked;
  // From the least that is allowed to all.
  const bps = choose(LEAST_BPS, Number(module) - 1);
  const part = (model.magnitudeOf(operator, module, epoch) * bps + 9_999n) / 10_000n - 1n;
  const smallest = (part * model.answeringOf(operator, epoch)) / model.totalOf(operator) + 1n;
  const wanted = [most, most / 2n, smallest, most, most - 1n, most / 7n];
  const amount =
    pick(
      wanted.filter((one) => one >= smallest && one <= most),
      draw.size,
    ) ?? most;
  const offence = choose([times[1], times[0], (times[0] + times[1]) / 2n], draw.how);
  return proposal(run, authorityOf(module), module, operator, amount, offence);
}

/** Somebody else, too much or too little, too early or too late, or of nothing. */
function proposeBadly(
  run: Run,
  { which, size, how }: Draw,
  near: { operator: bigint; module: bigint; epoch: bigint; most: bigint } | undefined,
): Action {
  const { model } = run;
  const [operator, module] = near
    ? [near.operator, near.module]
    : choose([[1n, 1n], ...PAIRS], which);
  const earliest = model.time + windowOf(module) + BigInt(GRACE - EPOCH);
  const most = near?.most ?? 0n;
  const amount = choose([most + 1n, 1n, 0n, most * 2n], size);
  const offence = choose([model.time, earliest, model.time + 1n, earliest - 1n], how);
  const by = choose([authorityOf(module), authorityOf(module), ANYONE], which);
  const other = choose([module, module, UNKNOWN], which + size);
  return proposal(run, by, other, operator, amount, offence);
}

const proposal = (
  { world }: Run,
  by: Player,
  module: bigint,
  operator: bigint,
  amount: bigint,
  offence: bigint,
): Action =>
  inCourt(by, "propose", [module, operator, amount, offence, EVIDENCE], (its) =>
    its.propose(world.players[by], module, operator, amount, offence),
  );

/** Proposals that can be vetoed or carried out, and with which the draw would fail. */
function ids({ model }: Run): { open: bigint[]; over: bigint[]; all: bigint[] } {
  const count = Number(model.counts().court);
  const all = Array.from({ length: count }, (_, index) => BigInt(index) + 1n);
  const open = all.filter((id) => model.statusOf(id) === "Open");
  const over = all.filter(
    (id) => model.statusOf(id) !== "Open" && model.proposalOf(id)?.written === "Open",
  );
  return { open, over, all: count === 0 ? [] : [...all, 0n, BigInt(count) + 1n] };
}

/** Those that can be vetoed. */
const early = (run: Run): bigint[] =>
  ids(run).open.filter((id) => run.model.time < (run.model.proposalOf(id)?.readyAt ?? 0n));

export function veto(run: Run, { kind, aimed, which, how }: Draw): Action | undefined {
  const id = pick(aimed ? early(run) : ids(run).all, which);
  if (id === undefined) return undefined;
  const right = kind === "veto" ? RESOLVER : GUARDIAN;
  const by = aimed ? right : choose([right, ANYONE], how);
  const method = kind === "veto" ? "veto" : "vetoAsGuardian";
  return inCourt(by, method, [id], (its) => {
    its[method](run.world.players[by], id);
  });
}

/** Vetoes what a module has proposed: now, in the last second in which that does anything, or in the next. */
export function vetoAll(run: Run, { aimed, which, how }: Draw): Action | undefined {
  const { model, world } = run;
  const proposal = model.proposalOf(pick(early(run), which) ?? 0n);
  if (aimed && proposal === undefined) return undefined;
  const module = (aimed ? proposal?.module : undefined) ?? choose(MODULES, which);
  const readyAt = proposal?.readyAt ?? 0n;
  const by = aimed ? GUARDIAN : RESOLVER;
  const vetoing = inCourt(by, "vetoAll", [module], (its) => {
    its.vetoAll(world.players[by], module);
  });
  return { ...vetoing, notBefore: choose([0n, readyAt - 1n, readyAt], how) };
}

/** Carries a proposal out, in the first second, the last, or between; waits for it if it is to succeed. */
export function execute(run: Run, { aimed, which, how }: Draw): Action | undefined {
  const { model } = run;
  const { open, all } = ids(run);
  const id = pick(aimed ? open : all, which);
  if (id === undefined) return undefined;
  const { readyAt = model.time } = model.proposalOf(id) ?? {};
  const end = readyAt + BigInt(GRACE);
  const good = [readyAt, end - 1n, (readyAt + end) / 2n] as const;
  const time = aimed ? choose(good, how) : choose([model.time, readyAt - 1n, end], how);
  return { ...inCourt(ANYONE, "execute", [id], (its) => its.execute(id)), notBefore: time };
}

/** Frees what a proposal reserved; sometimes waits for one to lapse. */
export function release(run: Run, { aimed, which, how }: Draw): Action | undefined {
  const { model } = run;
  const { open, over, all } = ids(run);
  const id = pick(aimed ? (how % 4 === 0 ? [...over, ...open] : over) : all, which);
  if (id === undefined) return undefined;
  const { readyAt = 0n } = model.proposalOf(id) ?? {};
  const end = readyAt + BigInt(GRACE);
  const freeing = inCourt(ANYONE, "release", [id], (its) => {
    its.release(id);
  });
  return aimed && model.statusOf(id) === "Open" ? { ...freeing, notBefore: end } : freeing;
}
