// Whether the chain says what the model says, figure by figure.
import { count } from "../../lib/format.js";
import { nameOf, type Story } from "../story.js";
import {
  MODULE_NAMES,
  MODULES,
  OPERATOR_NAMES,
  type OperatorName,
  OPERATORS,
  STAKES,
} from "./cast.js";
import { isClose } from "./claims.js";
import { addressOf, balanceOf, COINS } from "./coins.js";
import type { World } from "./world.js";

/** Something that both have an opinion on. */
interface Figure {
  what: string;
  chain: bigint;
  model: bigint;
  /** When they are alike; by default, when they are the same. */
  alike?: (chain: bigint, model: bigint) => boolean;
}

/** Compares all that the chain says of staking with the model. */
export async function agree(story: Story, world: World): Promise<void> {
  world.model.at(await story.now());
  const figures = [
    ...(await ofContracts(story, world)),
    ...(await inTurn(OPERATOR_NAMES, (operator) => ofOperator(story, world, operator))),
    ...(await inTurn(STAKES, ([who, operator]) => ofStaker(story, world, who, operator))),
  ];
  const differences = figures
    .filter(({ chain, model, alike }) => !(alike?.(chain, model) ?? chain === model))
    .map(({ what, chain, model }) => `${what} is ${chain}, by the model ${model}`);
  await story.check(
    `Chain and model agree on all ${count(figures.length)} figures`,
    differences,
    [],
  );
}

async function ofContracts(story: Story, { model, tokens }: World): Promise<Figure[]> {
  const { iotxBurner, moduleRegistry, moduleRewards, stakingPool } = story.suite;
  const { address: treasury } = story.accounts.treasury;
  const held = (contract: { target: unknown }): Promise<bigint> =>
    balanceOf(story, tokens, "IOTX", contract.target as string);
  return [
    { what: "Coin in the pool", chain: await held(stakingPool), model: model.poolBalance() },
    { what: "Coin of modules", chain: await held(moduleRegistry), model: model.registryBalance() },
    {
      what: "Coin burned by slashes",
      chain: await iotxBurner.burnedBy(stakingPool),
      model: model.burned("pool"),
    },
    {
      what: "Coin burned by modules",
      chain: await iotxBurner.burnedBy(moduleRegistry),
      model: model.burned("registry"),
    },
    {
      what: "Coin burned of rewards",
      chain: await iotxBurner.burnedBy(moduleRewards),
      model: model.burned("rewards"),
    },
    {
      what: "What waits for victims",
      chain: await stakingPool.compensationOf(treasury),
      model: model.compensationOf(treasury),
    },
  ];
}

async function ofOperator(
  { suite }: Story,
  { model, tokens }: World,
  name: OperatorName,
): Promise<Figure[]> {
  const { moduleRegistry, moduleRewards, stakingPool } = suite;
  const operator = OPERATORS[name];
  const { assets, shares, bond } = await stakingPool.operatorOf(operator);
  const active = model.activeOf(operator);
  const of = (what: string, chain: bigint, said: bigint): Figure => {
    return { what: `${what} of ${nameOf(name)}`, chain, model: said };
  };
  const figures = [
    of("The stake", assets, active.assets),
    of("The shares", shares, active.shares),
    of("The bond", bond, model.bondOf(operator)),
    of("The exposure", await stakingPool.exposureOf(operator), model.exposureOf(operator)),
    of("What is pending", await stakingPool.pendingOf(operator), model.pendingOf(operator)),
    of("The magnitude", await moduleRegistry.totalOf(operator), model.totalOf(operator)),
    of("What is bound", await moduleRegistry.encumberedOf(operator), model.encumberedOf(operator)),
  ];
  for (const module of MODULE_NAMES) {
    const ids = [operator, MODULES[module]] as const;
    const { previous, current, next, later } = await moduleRegistry.allocationOf(...ids);
    const said = model.allocationOf(...ids);
    figures.push(
      of(`Last week's part for ${module}`, previous, said.previous),
      of(`This week's part for ${module}`, current, said.current),
      of(`Next week's part for ${module}`, next, said.next),
      of(`The part for ${module}`, later, said.later),
      of(
        `What ${module} could slash`,
        await moduleRegistry.slashableOf(...ids),
        model.slashableOf(...ids),
      ),
    );
  }
  for (const coin of COINS) {
    const currency = addressOf(coin, tokens);
    const credit = await moduleRewards.creditOf(operator, currency);
    figures.push(of(`The ${coin}`, credit, model.creditOf(operator, currency)));
  }
  return figures;
}

async function ofStaker(
  { accounts, suite }: Story,
  { first, model, tokens }: World,
  who: (typeof STAKES)[number][0],
  name: OperatorName,
): Promise<Figure[]> {
  const { moduleRewards, stakingPool } = suite;
  const operator = OPERATORS[name];
  const { address } = accounts[who];
  const of = (what: string, chain: bigint, said: bigint): Figure => {
    return { what: `${what} of ${nameOf(who)} with ${nameOf(name)}`, chain, model: said };
  };
  const shares = await stakingPool.sharesOf(operator, address);
  const stake = await stakingPool.stakeOf(operator, address);
  const figures = [
    of("The shares", shares, model.sharesOf(operator, address)),
    of("The stake", stake, model.stakeOf(operator, address)),
  ];
  for (let epoch = first; epoch <= model.epoch; epoch += 1n) {
    const { assets } = await stakingPool.exitOf(operator, epoch, address);
    const said = model.exitOf(operator, epoch, address);
    figures.push(of(`The exit of week ${epoch - first + 1n}`, assets, said.assets));
  }
  for (const coin of COINS) {
    const currency = addressOf(coin, tokens);
    const due = await moduleRewards.claimableOf(operator, currency, address);
    const said = model.claimableOf(operator, address, currency);
    figures.push(
      { ...of(`The ${coin} due`, due.claimable, said.claimable), alike: isClose },
      { ...of(`This week's ${coin}`, due.running, said.running), alike: isClose },
    );
  }
  return figures;
}

async function inTurn<T>(things: readonly T[], figuresOf: (thing: T) => Promise<Figure[]>) {
  const all: Figure[] = [];
  for (const thing of things) all.push(...(await figuresOf(thing)));
  return all;
}
