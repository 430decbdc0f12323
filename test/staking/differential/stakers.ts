import { MaxUint256 } from "ethers";

import { COIN } from "../fixture.js";
import { amountOf, choose, pairs, partOf, pick, stakeOf } from "./choices.js";
import type { Draw } from "./draw.js";
import type { Action, Run } from "./run.js";
import {
  ANYONE,
  HOLDERS,
  OPERATORS,
  OWNERS,
  PAYOUT,
  type Player,
  STAKERS,
  VICTIMS,
} from "./world.js";

const UNKNOWN = 9n;

const ownerOf = (operator: bigint): Player => OWNERS[Number(operator) - 1] ?? ANYONE;

/** Whoever is not the owner. */
const otherThan = (player: Player): Player => (player === "alice" ? "erin" : "alice");

const call = (
  by: Player,
  method: string,
  args: readonly unknown[],
  inModel: Action["inModel"],
  value = 0n,
): Action => ({ by, contract: "pool", method, args, inModel, value });

export function stake({ model, world }: Run, { aimed, which, size, how }: Draw): Action {
  const by = choose(STAKERS, which);
  const taking = OPERATORS.filter((one) => !model.activeOf(one).closed);
  const operator = pick(aimed ? taking : [...OPERATORS, UNKNOWN], how) ?? 1n;
  const pending = model.pendingOf(operator);
  const amount = aimed ? stakeOf(size) : choose([COIN - 1n, 0n, COIN], size);
  // The bound is the very sum of what is open, or just below.
  const bounds = aimed ? [MaxUint256, pending] : [pending - 1n, MaxUint256];
  const maxPending =
    pick(
      bounds.filter((bound) => bound >= 0n),
      which + size,
    ) ?? MaxUint256;
  const account = world.players[by];
  return call(
    by,
    "stake",
    [operator, maxPending],
    (its) => ({ amount, shares: its.stake(account, operator, amount, maxPending) }),
    amount,
  );
}

export function requestExit(
  { model, world }: Run,
  { aimed, which, size }: Draw,
): Action | undefined {
  const all = pairs(HOLDERS, [...OPERATORS, ...(aimed ? [] : [UNKNOWN])]);
  const held = (name: Player, operator: bigint): bigint =>
    model.sharesOf(operator, world.players[name]);
  const possible = all.filter(([name, operator]) => !aimed || held(name, operator) > 0n);
  const picked = pick(possible, which);
  if (picked === undefined) return undefined;
  const [by, operator] = picked;
  const balance = held(by, operator);
  const shares = aimed ? partOf(balance, size) : choose([balance + 1n, 0n], size);
  return call(by, "requestExit", [operator, shares], (its) => ({
    ...its.requestExit(world.players[by], operator, shares),
    shares,
  }));
}

/** All exits that are left, and some that never were. */
function exits(run: Run, aimed: boolean): { by: Player; operator: bigint; epoch: bigint }[] {
  const { model, world } = run;
  return pairs(HOLDERS, OPERATORS).flatMap(([by, operator]) =>
    [...model.bucketsOf(operator), ...(aimed ? [] : [0n, model.epoch, model.epoch + 1n])]
      .filter((epoch) => !aimed || model.exitOf(operator, epoch, world.players[by]).exitShares > 0n)
      .map((epoch) => ({ by, operator, epoch })),
  );
}

/** Pays out what has matured, or waits for the first second in which it has. */
export function claimExit(run: Run, { aimed, which, how }: Draw): Action | undefined {
  const { model, world } = run;
  const all = exits(run, aimed);
  const matured = all.filter(
    ({ by, operator, epoch }) =>
      model.exitOf(operator, epoch, world.players[by]).maturity <= model.time,
  );
  const picked = pick(aimed && matured.length > 0 ? matured : all, which);
  if (picked === undefined) return undefined;
  const { by, operator, epoch } = picked;
  const account = world.players[by];
  const { maturity } = model.exitOf(operator, epoch, account);
  const notBefore = aimed ? maturity : 0n;
  if (how % 3 === 0) {
    const claiming = call(ANYONE, "claimExitFor", [operator, epoch, account], (its) =>
      its.claimExit(account, operator, epoch),
    );
    return { ...claiming, notBefore };
  }
  const to = world.players[choose([by, PAYOUT], how)];
  const claiming = call(by, "claimExit", [operator, epoch, to], (its) =>
    its.claimExit(account, operator, epoch, to),
  );
  return { ...claiming, notBefore };
}

export function restakeExit(run: Run, { aimed, which, size }: Draw): Action | undefined {
  const possible = exits(run, aimed).filter(
    ({ operator }) => !aimed || !run.model.activeOf(operator).closed,
  );
  const picked = pick(possible, which);
  if (picked === undefined) return undefined;
  const { by, operator, epoch } = picked;
  const pending = run.model.pendingOf(operator);
  const bounds = aimed ? [MaxUint256, pending] : [pending - 1n, 0n];
  const maxPending =
    pick(
      bounds.filter((bound) => bound >= 0n),
      size,
    ) ?? 0n;
  return call(by, "restakeExit", [operator, epoch, maxPending], (its) =>
    its.restakeExit(run.world.players[by], operator, epoch, maxPending),
  );
}

export function addBond({ world }: Run, { aimed, which, size }: Draw): Action {
  const operator = choose(OPERATORS, which);
  const by = aimed ? ownerOf(operator) : otherThan(ownerOf(operator));
  const amount = amountOf(size);
  return call(
    by,
    "addBond",
    [operator],
    (its) => {
      its.addBond(world.players[by], operator, amount);
    },
    amount,
  );
}

export function withdrawBond({ model, world }: Run, draw: Draw): Action | undefined {
  const { aimed, which, size, how } = draw;
  const free = OPERATORS.filter((operator) => !aimed || model.encumberedOf(operator) === 0n);
  const operator = pick(free, which);
  if (operator === undefined) return undefined;
  const owner = ownerOf(operator);
  const by = aimed ? owner : choose([owner, owner, otherThan(owner)], how);
  const bond = model.bondOf(operator);
  const amount = aimed ? partOf(bond, size) : bond + 1n;
  return call(by, "withdrawBond", [operator, amount], (its) =>
    its.withdrawBond(world.players[by], operator, amount),
  );
}

export function setCommission({ model, world }: Run, { aimed, which, size, how }: Draw): Action {
  const operator = choose(OPERATORS, which);
  const owner = ownerOf(operator);
  const by = aimed ? owner : choose([owner, otherThan(owner)], how);
  const { commissionBps } = model.commissionOf(operator);
  const good = [commissionBps, 3_000n, 0n, commissionBps + 1n, commissionBps - 1n, BigInt(size)];
  const valid = good.filter((bps) => bps >= 0n && bps <= 3_000n);
  const bps = aimed ? (pick(valid, size) ?? 0n) : 3_001n;
  return call(by, "setCommission", [operator, bps], (its) =>
    its.setCommission(world.players[by], operator, bps),
  );
}

export function setPayout({ world }: Run, { aimed, which, how }: Draw): Action {
  const operator = choose(OPERATORS, which);
  const by = aimed ? ownerOf(operator) : otherThan(ownerOf(operator));
  const payout = world.players[choose([by, PAYOUT], how)];
  return call(by, "setPayout", [operator, payout], (its) => {
    its.setPayout(world.players[by], operator, payout);
  });
}

export function withdrawCompensation({ world }: Run, { which, how }: Draw): Action {
  const by = choose([...VICTIMS, "bob"], which);
  const account = world.players[by];
  if (how % 2 === 0) {
    return call(ANYONE, "withdrawCompensationFor", [account], (its) =>
      its.withdrawCompensation(account),
    );
  }
  const to = world.players[PAYOUT];
  return call(by, "withdrawCompensation", [to], (its) => its.withdrawCompensation(account, to));
}
