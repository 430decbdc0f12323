import { MaxUint256 } from "ethers";

import { attempt } from "../../../scripts/lib/staking/model.js";
import { balanceOf, callRaw, refusalOf, rewardKey, type Run } from "./run.js";
import { type Call, decode, HOLDERS, MODULES, OPERATORS, PLAYERS, shown } from "./world.js";

/** Something that the chain tells, and what the model says of it. */
interface View extends Call {
  expected: () => unknown;
}

/** Compares everything that the chain tells with the model; says what differs. */
export async function differences(run: Run): Promise<string[]> {
  const views = [
    ...OPERATORS.flatMap((operator) => [
      ...operatorViews(run, operator),
      ...MODULES.flatMap((module) => moduleViews(run, operator, module)),
      ...HOLDERS.flatMap((name) => stakerViews(run, operator, run.world.players[name])),
    ]),
    ...proposalViews(run),
    ...commonViews(run),
  ];
  const found = await Promise.all([
    ...views.map((view) => compare(run, view)),
    ...OPERATORS.flatMap((operator) =>
      HOLDERS.flatMap((name) =>
        run.world.currencies.map((currency) => {
          const account = run.world.players[name];
          return compareRewards(run, { operator, account, currency });
        }),
      ),
    ),
    ...run.world.currencies.flatMap((currency) => [
      ...PLAYERS.map((name) => comparePlayer(run, run.world.players[name], currency)),
      compareBalance(run, run.world.at.rewards, currency, rewardsHeld(run, currency)),
    ]),
    compareBalance(run, run.world.at.pool, run.world.currencies[0], run.model.poolBalance()),
    compareBalance(
      run,
      run.world.at.registry,
      run.world.currencies[0],
      run.model.registryBalance(),
    ),
  ]);
  return found.flat();
}

function operatorViews({ model, world }: Run, operator: bigint): View[] {
  const { epoch } = model;
  const view = (method: string, args: unknown[], expected: () => unknown): View => ({
    contract: "pool",
    method,
    args: [operator, ...args],
    expected,
  });
  const recent = [epoch - 2n, epoch - 1n, epoch, epoch + 1n];
  return [
    view("operatorOf", [], () => {
      const { commissionBps, nextCommissionBps, nextCommissionEpoch } =
        model.commissionOf(operator);
      const { closed, assets, shares } = model.activeOf(operator);
      const cut = [commissionBps, nextCommissionBps, nextCommissionEpoch];
      return [model.payoutOf(operator), model.bondOf(operator), cut, closed, assets, shares];
    }),
    ...recent.map((of) => view("votesAt", [of], () => model.votesAt(operator, of))),
    ...recent.map((of) => view("answeringOf", [of], () => model.answeringOf(operator, of))),
    view("votesOf", [], () => model.votesOf(operator)),
    view("bondOf", [], () => model.bondOf(operator)),
    view("backingOf", [], () => Object.values(model.backingOf(operator))),
    view("exposureOf", [], () => model.exposureOf(operator)),
    view("pendingOf", [], () => model.pendingOf(operator)),
    view("rewardBasisOf", [], () => Object.values(model.rewardBasisOf(operator))),
    {
      ...view("encumberedOf", [], () => model.encumberedOf(operator)),
      contract: "registry",
    },
    { ...view("totalOf", [], () => model.totalOf(operator)), contract: "registry" },
    ...world.currencies.map((currency): View => ({
      ...view("creditOf", [currency], () => model.creditOf(operator, currency)),
      contract: "rewards",
    })),
  ];
}

function moduleViews({ model, world }: Run, operator: bigint, module: bigint): View[] {
  const { epoch } = model;
  return [
    {
      contract: "registry",
      method: "allocationOf",
      args: [operator, module],
      expected: () => Object.values(model.allocationOf(operator, module)),
    },
    {
      contract: "registry",
      method: "slashableOf",
      args: [operator, module],
      expected: () => model.slashableOf(operator, module),
    },
    ...HOLDERS.map((name): View => ({
      contract: "registry",
      method: "meetsMinStake",
      args: [module, world.players[name], operator],
      expected: () => model.meetsMinStake(module, world.players[name], operator),
    })),
    ...[epoch - 2n, epoch - 1n, epoch, epoch + 1n].map((of): View => ({
      contract: "court",
      method: "proposableOf",
      args: [module, operator, of],
      expected: () => model.proposableOf(module, operator, of),
    })),
  ];
}

function stakerViews({ model }: Run, operator: bigint, account: string): View[] {
  const view = (method: string, args: unknown[], expected: () => unknown): View => ({
    contract: "pool",
    method,
    args,
    expected,
  });
  return [
    view("sharesOf", [operator, account], () => model.sharesOf(operator, account)),
    view("stakeOf", [operator, account], () => model.stakeOf(operator, account)),
    view("stepsOf", [operator, account, 0n, MaxUint256], () =>
      model.stepsOf(operator, account).map(({ from, shares }) => [shares, from]),
    ),
    ...[...model.bucketsOf(operator), model.epoch].map((epoch) =>
      view("exitOf", [operator, epoch, account], () =>
        Object.values(model.exitOf(operator, epoch, account)),
      ),
    ),
  ];
}

function proposalViews({ model }: Run): View[] {
  const count = Number(model.counts().court);
  const all = Array.from({ length: count + 1 }, (_, id) => BigInt(id));
  // What was written down as over long ago stays as it was then.
  const ids = all.filter(
    (id) => model.proposalOf(id)?.written === "Open" || count - Number(id) < 8,
  );
  return ids.flatMap((id): View[] => [
    { contract: "court", method: "statusOf", args: [id], expected: () => model.statusOf(id) },
    {
      contract: "court",
      method: "proposalOf",
      args: [id],
      expected: () => {
        const its = model.proposalOf(id);
        if (its === undefined) return [0n, 0n, 0n, 0n, 0n, "None", 0n];
        const { amount, operator, module, epoch, readyAt, written, reserved } = its;
        return [amount, operator, module, epoch, readyAt, written, reserved];
      },
    },
  ]);
}

function commonViews({ model, world }: Run): View[] {
  const burned = (["pool", "registry", "rewards"] as const).map((by): View => ({
    contract: "burner",
    method: "burnedBy",
    args: [world.at[by]],
    expected: () => model.burned(by),
  }));
  const credited = PLAYERS.map((name): View => ({
    contract: "pool",
    method: "compensationOf",
    args: [world.players[name]],
    expected: () => model.compensationOf(world.players[name]),
  }));
  const standings = MODULES.map((module): View => ({
    contract: "registry",
    method: "standingOf",
    args: [module],
    expected: () => Object.values(model.standingOf(module)),
  }));
  // Nobody has this number.
  const unknown: View = {
    contract: "pool",
    method: "rewardBasisOf",
    args: [9n],
    expected: () => Object.values(model.rewardBasisOf(9n)),
  };
  const epoch: View = { contract: "pool", method: "epoch", args: [], expected: () => model.epoch };
  const count = (["pool", "registry", "court"] as const).map((contract): View => ({
    contract,
    method: "count",
    args: [],
    expected: () => model.counts()[contract],
  }));
  return [...burned, ...credited, ...standings, ...count, unknown, epoch];
}

async function compare({ world }: Run, { expected, ...call }: View): Promise<string[]> {
  let actual = "";
  const refused = await refusalOf(
    callRaw(world, call).then((data) => {
      actual = shown(decode(call, data));
    }),
  );
  const outcome = attempt(expected);
  const said = outcome.ok ? shown(outcome.value) : `${outcome.reason}(${shown(outcome.values)})`;
  const name = `${call.contract}.${call.method}(${shown(call.args)})`;
  return differs(name, refused ?? actual, said);
}

/** What a staker was paid and can claim lies where 96 fractional bits allow; so does what the epoch holds for him. */
async function compareRewards(
  { world, model, paid }: Run,
  reward: { operator: bigint; account: string; currency: string },
): Promise<string[]> {
  const { operator, account, currency } = reward;
  const of = { contract: "rewards", args: [operator, currency, account] } as const;
  const claimableOf = { ...of, method: "claimableOf" };
  const claimOf = { ...of, method: "claimOf" };
  const [claimable, running] = decode(claimableOf, await callRaw(world, claimableOf)) as [
    bigint,
    bigint,
  ];
  const [step, paidThrough] = decode(claimOf, await callRaw(world, claimOf)) as [bigint, bigint];
  const got = paid.get(rewardKey(reward)) ?? 0n;
  const progress = model.progressOf(operator, account, currency);
  const bounds = (first: bigint, last: bigint): { least: bigint; most: bigint } =>
    model.earnedBounds(operator, account, currency, first, last);
  const within = (what: string, amount: bigint, { least, most }: ReturnType<typeof bounds>) =>
    amount >= least && amount <= most
      ? []
      : [`${what} for ${rewardKey(reward)}: ${amount}, not from ${least} to ${most}`];
  return [
    ...within("paid", got, bounds(0n, progress.paidThrough)),
    ...within("earned", got + claimable, bounds(0n, model.epoch - 1n)),
    ...within("running", running, bounds(model.epoch, model.epoch)),
    ...differs(`steps done of ${rewardKey(reward)}`, shown(step), shown(progress.step)),
    ...differs(
      `paid through of ${rewardKey(reward)}`,
      shown(paidThrough),
      shown(progress.paidThrough),
    ),
  ];
}

/** What somebody has is what he began with and what the model says he got, with claims as the chain paid them. */
async function comparePlayer(run: Run, account: string, currency: string): Promise<string[]> {
  const { model, world, rounding } = run;
  const key = `${account} ${currency}`;
  const expected = (world.begun.get(key) ?? 0n) + model.flowOf(account, currency);
  return compareBalance(run, account, currency, expected + (rounding.get(key) ?? 0n));
}

const rewardsHeld = ({ model, rounding }: Run, currency: string): bigint => {
  let held = model.rewardsBalance(currency);
  for (const [key, amount] of rounding) if (key.endsWith(currency)) held -= amount;
  return held;
};

async function compareBalance(
  { world }: Run,
  account: string,
  currency: string,
  expected: bigint,
): Promise<string[]> {
  const actual = await balanceOf(world, { account, currency });
  return differs(`balance of ${account} in ${currency}`, shown(actual), shown(expected));
}

const differs = (what: string, actual: string, expected: string): string[] =>
  actual === expected ? [] : [`${what}: the chain says ${actual}, the model ${expected}`];
