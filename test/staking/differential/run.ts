import { toQuantity } from "ethers";

import { revertDataOf } from "../../../scripts/lib/errors.js";
import { attempt, type Outcome, type StakingModel } from "../../../scripts/lib/staking/model.js";
import {
  type Call,
  decodeRefusal,
  encode,
  newModel,
  type Player,
  shown,
  type World,
} from "./world.js";

/** What somebody does, on the chain and in the model. */
export interface Action extends Call {
  by: Player;
  /** Coin that comes along, in wei. */
  value?: bigint;
  inModel: (model: StakingModel) => unknown;
  /** Not before this moment, in seconds. */
  notBefore?: bigint;
  /** Whose rewards it pays: the only amount that may differ a little. */
  pays?: Reward & { to: string };
}

/** Rewards of a staker, in a currency. */
export interface Reward {
  operator: bigint;
  account: string;
  currency: string;
}

/** One history. */
export interface Run {
  world: World;
  model: StakingModel;
  /** What was done, to be done again in another model. */
  past: { time: bigint; inModel: (model: StakingModel) => unknown }[];
  /** What claims paid on the chain, by reward. */
  paid: Map<string, bigint>;
  /** What of that is more than in the model, by who got it and the currency. */
  rounding: Map<string, bigint>;
  /** What was done, in words. */
  story: string[];
}

/** Where several histories begin. */
export interface Stage {
  world: World;
  past: Run["past"];
  restore: () => Promise<void>;
}

export const rewardKey = ({ operator, account, currency }: Reward): string =>
  `${operator} ${account} ${currency}`;

/** Goes back to a stage and begins a history there. */
export async function begin({ world, past, restore }: Stage): Promise<Run> {
  await restore();
  const model = newModel(world);
  for (const { time, inModel } of past) attempt(() => inModel(model.at(time)));
  return { world, model, past: [...past], paid: new Map(), rounding: new Map(), story: [] };
}

/** Keeps a history as it is, for others to go on from. */
export async function stageOf({ world, past }: Run): Promise<Stage> {
  const snapshot = await world.its.connection.networkHelpers.takeSnapshot();
  return { world, past: [...past], restore: () => snapshot.restore() };
}

/** Begins the first history, on a chain where nothing has happened. */
export function beginAnew(world: World): Run {
  return {
    world,
    model: newModel(world),
    past: [],
    paid: new Map(),
    rounding: new Map(),
    story: [],
  };
}

/** Lets time pass, to a moment that is still to come. */
export async function wait(run: Run, time: bigint): Promise<void> {
  run.story.push(`until ${time} (${moment(run.model, time)})`);
  run.model.at(time);
  run.past.push({ time, inModel: () => undefined });
  await setTime(run, time);
  await request(run, "evm_mine");
}

/** Does something at the model's time, on the chain and in the model, and compares how it went; tells how. */
export async function perform(run: Run, action: Action): Promise<Outcome<unknown>> {
  const { world, model } = run;
  const { players } = world;
  const line = `${model.time} (${moment(model, model.time)}): ${tell(world, action)}`;
  run.story.push(line);
  const { pays } = action;
  const to = pays && { account: pays.to, currency: pays.currency };
  const before = to && (await balanceOf(world, to));
  await setTime(run, model.time);
  const refused = await refusalOf(
    request(run, "eth_sendTransaction", {
      from: players[action.by],
      to: world.at[action.contract],
      data: encode(action),
      value: toQuantity(action.value ?? 0n),
      gas: toQuantity(5_000_000),
      gasPrice: "0x0",
    }),
  );
  run.past.push({ time: model.time, inModel: action.inModel });
  const outcome = attempt(() => action.inModel(model));
  if (pays !== undefined && to !== undefined && before !== undefined && outcome.ok) {
    const amount = (await balanceOf(world, to)) - before;
    raise(run.paid, rewardKey(pays), amount);
    raise(run.rounding, `${to.account} ${to.currency}`, amount - (outcome.value as bigint));
  }
  const expected = outcome.ok ? undefined : `${outcome.reason}(${shown(outcome.values)})`;
  run.story.push(`  ${expected ?? "done"}`);
  if (refused !== expected) {
    throw new Error(`the chain says ${refused ?? "yes"}, the model ${expected ?? "yes"}`);
  }
  return outcome;
}

const raise = (amounts: Map<string, bigint>, key: string, amount: bigint): unknown =>
  amounts.set(key, (amounts.get(key) ?? 0n) + amount);

/** What a player has of a currency. */
export async function balanceOf(
  world: World,
  { account, currency }: Pick<Reward, "account" | "currency">,
): Promise<bigint> {
  const { provider } = world.its.connection;
  if (currency === world.currencies[0]) {
    const params = [account, "latest"];
    return BigInt((await provider.request({ method: "eth_getBalance", params })) as string);
  }
  return BigInt(await callRaw(world, { contract: "token", method: "balanceOf", args: [account] }));
}

/** The same is asked over and over. */
const questions = new Map<string, string>();

/** Calls without changing anything; what comes back is not decoded. */
export async function callRaw({ its, at }: World, call: Call): Promise<string> {
  const key = `${call.contract} ${call.method} ${shown(call.args)}`;
  const data = questions.get(key) ?? encode(call);
  questions.set(key, data);
  const params = [{ to: at[call.contract], data }, "latest"];
  return (await its.connection.provider.request({ method: "eth_call", params })) as string;
}

/** Why the chain refused something; undefined if it did not. */
export async function refusalOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    const data = revertDataOf(thrown);
    if (data === undefined) throw thrown;
    return decodeRefusal(data);
  }
}

const request = ({ world }: Run, method: string, ...params: unknown[]): Promise<unknown> =>
  world.its.connection.provider.request({ method, params });

const setTime = (run: Run, time: bigint): Promise<unknown> =>
  request(run, "evm_setNextBlockTimestamp", toQuantity(time));

const moment = (model: StakingModel, time: bigint): string => {
  const epoch = model.epochAt(time);
  return `epoch ${epoch} + ${time - model.startOf(epoch)} s`;
};

/** An action in words, with players by their names. */
function tell({ players }: World, { by, contract, method, args, value = 0n }: Action): string {
  const names = new Map(Object.entries(players).map(([name, address]) => [address, name]));
  const given = args.map((arg) => names.get(String(arg)) ?? shown(arg)).join(", ");
  return `${by} ${contract}.${method}(${given})${value === 0n ? "" : ` with ${value} wei`}`;
}
