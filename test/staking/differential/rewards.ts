import { MaxUint256 } from "ethers";

import { amountOf, choose, pairs, pick } from "./choices.js";
import type { Draw } from "./draw.js";
import type { Action, Run } from "./run.js";
import { ANYONE, HOLDERS, OPERATORS, PAYOUT } from "./world.js";

const UNKNOWN = 9n;

export function fund({ model, world }: Run, { aimed, which, size, how }: Draw): Action | undefined {
  const currency = choose(world.currencies, size);
  const earning = OPERATORS.filter((operator) => {
    const { shares, bond } = model.rewardBasisOf(operator);
    return !aimed || shares > 0n || bond > 0n;
  });
  const operator = pick(aimed ? earning : [...earning, UNKNOWN], which);
  if (operator === undefined) return undefined;
  const module = choose(aimed ? [0n, 1n, 2n, 3n] : [UNKNOWN, 0n, 1n], how);
  const amount = aimed ? amountOf(how) : choose([0n, 1n], size + how);
  const native = currency === world.currencies[0];
  return {
    by: ANYONE,
    contract: "rewards",
    method: "fund",
    args: [module, operator, currency, amount],
    value: native ? amount : 0n,
    inModel: (its) => its.fund(world.players[ANYONE], module, operator, amount, currency),
  };
}

export function fundMany({ world }: Run, { aimed, which, size, how }: Draw): Action {
  const currency = choose(world.currencies, size);
  const module = choose(aimed ? [0n, 1n, 2n, 3n] : [UNKNOWN, 0n], how);
  const last = aimed ? 1n : choose([0n, 1n], which);
  const fundings = [
    { operator: 1n, amount: amountOf(which) },
    { operator: choose([2n, 1n, aimed ? 2n : UNKNOWN], how), amount: amountOf(size) },
    { operator: 1n, amount: last },
  ].slice(0, 1 + (which % 3));
  const native = currency === world.currencies[0];
  return {
    by: ANYONE,
    contract: "rewards",
    method: "fundMany",
    args: [module, currency, fundings.map(({ operator, amount }) => [operator, amount])],
    value: native ? fundings.reduce((total, { amount }) => total + amount, 0n) : 0n,
    inModel: (its) => its.fundMany(world.players[ANYONE], module, fundings, currency),
  };
}

export function claim({ model, world }: Run, { aimed, which, size, how }: Draw): Action {
  const currency = choose(world.currencies, size);
  const all = pairs(HOLDERS, OPERATORS);
  const owed = all.filter(
    ([name, operator]) => model.claimableOf(operator, world.players[name], currency).claimable > 0n,
  );
  const [by, operator] = pick(aimed && owed.length > 0 ? owed : all, which) ?? ["bob", 1n];
  const account = world.players[by];
  const maxSteps = choose([MaxUint256, 1n, 2n, 0n, MaxUint256], how);
  const pays = { operator, account, currency, to: account };
  const inModel: Action["inModel"] = (its) =>
    its.claim(account, operator, currency, maxSteps, pays.to);
  if (how % 2 === 0) {
    const args = [operator, currency, account, maxSteps];
    return { by: ANYONE, contract: "rewards", method: "claimFor", args, pays, inModel };
  }
  pays.to = world.players[choose([by, by, PAYOUT], how)];
  const args = [operator, currency, pays.to, maxSteps];
  return { by, contract: "rewards", method: "claim", args, pays, inModel };
}

export function payOperator({ world }: Run, { which, size }: Draw): Action {
  const operator = choose([...OPERATORS, UNKNOWN], which);
  const currency = choose(world.currencies, size);
  return {
    by: ANYONE,
    contract: "rewards",
    method: "payOperator",
    args: [operator, currency],
    inModel: (its) => its.payOperator(operator, currency),
  };
}
