import { parseEther } from "ethers";

import type { AccountName } from "../lib/accounts.js";
import { NATIVE } from "../lib/identity.js";
import { EPOCH, MAGNITUDE, moduleTerms } from "../lib/staking/modules.js";
import type { SeedContext, SeedStep } from "./seed.js";

/** An allocation takes up to two epochs to begin, and a reward is claimable when its epoch is over. */
export const EPOCHS_BEFORE = 3;

const HOUR = 3_600;
const NO_PENDING = 0;
const REWARD = parseEther("100");

/** Who is an operator, with which bond, for which part of his stakers' rewards. */
const OPERATORS: readonly (readonly [AccountName, bigint, commissionBps: number])[] = [
  ["alice", parseEther("300"), 1_000],
  ["ivan", parseEther("100"), 500],
];

/** Who stakes how much with whom. */
const STAKES: readonly (readonly [AccountName, operator: "alice" | "ivan", bigint])[] = [
  ["bob", "alice", parseEther("1000")],
  ["carol", "alice", parseEther("500")],
  ["dave", "ivan", parseEther("800")],
  ["erin", "ivan", parseEther("200")],
];

/** Whose each module is, and who may veto what he proposes; half of what the oracle takes of a bond is for victims. */
const MODULES: readonly (readonly [string, owner: AccountName, resolver: AccountName])[] = [
  ["storage", "maker", "arbiter"],
  ["compute", "makerVerifier", "arbiter"],
  ["oracle", "arbiter", "makerVerifier"],
];

/**
 * Two operators with stakers, and three modules. Half of what Alice has secures the oracle, which has paid for a week of
 * it; Ivan has asked to work for the oracle, and its owner has not said yes. It begins weeks before the other steps, and
 * ends now.
 */
export const staking: SeedStep = {
  text: "Staking with two operators, one of whom works for an oracle and has been paid",
  run: async (context) => {
    const { connection, suite } = context;
    const { time } = connection.networkHelpers;
    for (const operator of OPERATORS) await register(context, operator);
    for (const stake of STAKES) await stakeWith(context, stake);
    for (const module of MODULES) await open(context, module);
    await work(context);
    const epoch = await suite.stakingPool.epoch();
    await time.increaseTo((await suite.stakingPool.startOf(epoch + 2n)) + BigInt(HOUR));
    await pay(context);
    await time.increaseTo(Math.floor(Date.now() / 1000));
  },
};

/** When the chain has to begin, so that it ends in the present. */
export function beforeStaking(): Date {
  return new Date(Date.now() - EPOCHS_BEFORE * EPOCH * 1_000);
}

async function register(
  { accounts, operators, suite }: SeedContext,
  [name, bond, commissionBps]: (typeof OPERATORS)[number],
): Promise<void> {
  const owner = accounts[name];
  const pool = suite.stakingPool.connect(owner);
  const uri = `https://${name}.example/operator`;
  await (await pool.registerOperator(owner, commissionBps, uri, { value: bond })).wait();
  operators[name] = {
    operator: Number(await pool.count()),
    owner: owner.address,
    bond: bond.toString(),
    commissionBps,
  };
}

async function stakeWith(
  { accounts, operators, suite }: SeedContext,
  [who, name, value]: (typeof STAKES)[number],
): Promise<void> {
  const pool = suite.stakingPool.connect(accounts[who]);
  await (await pool.stake(idOf(operators, name).operator, NO_PENDING, { value })).wait();
}

async function open(
  { accounts, modules, suite }: SeedContext,
  [name, owner, resolver]: (typeof MODULES)[number],
): Promise<void> {
  const registry = suite.moduleRegistry.connect(accounts[owner]);
  const oracle = name === "oracle";
  const victims = oracle ? { victims: accounts.treasury, victimBps: 5_000 } : {};
  const terms = moduleTerms(accounts[owner], accounts[resolver], { open: !oracle, ...victims });
  const value = await registry.bondOfModules();
  await (await registry.registerModule(terms, `https://${name}.example`, { value })).wait();
  modules[name] = {
    module: Number(await registry.count()),
    slashAuthority: accounts[owner].address,
    resolver: accounts[resolver].address,
    open: !oracle,
  };
}

/** Alice is accepted, and allocates; Ivan only asks. */
async function work({ accounts, modules, operators, suite }: SeedContext): Promise<void> {
  const { alice, arbiter, ivan } = accounts;
  const registry = suite.moduleRegistry;
  const { module } = idOf(modules, "oracle");
  const { operator } = idOf(operators, "alice");
  await (await registry.connect(alice).optIn(operator, module)).wait();
  await (await registry.connect(arbiter).accept(operator, module)).wait();
  await (await registry.connect(alice).allocate(operator, module, MAGNITUDE / 2n)).wait();
  await (await registry.connect(ivan).optIn(idOf(operators, "ivan").operator, module)).wait();
}

async function pay({ accounts, modules, operators, suite }: SeedContext): Promise<void> {
  const rewards = suite.moduleRewards.connect(accounts.arbiter);
  const ids = [idOf(modules, "oracle").module, idOf(operators, "alice").operator] as const;
  await (await rewards.fund(...ids, NATIVE, REWARD, { value: REWARD })).wait();
}

function idOf<T>(known: Record<string, T>, name: string): T {
  const found = known[name];
  if (found === undefined) throw new Error(`There is no ${name}: it is registered first`);
  return found;
}
