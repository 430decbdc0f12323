import { id, parseEther, type TransactionResponse } from "ethers";

import {
  type MockERC20,
  MockERC20__factory,
  type StakedIotx,
  StakedIotx__factory,
} from "../../typechain-types/index.js";
import { NATIVE } from "../lib/identity.js";
import { MAGNITUDE, type ModuleTerms, moduleTerms } from "../lib/staking/modules.js";
import type { GasContext, GasRow } from "./types.js";

const DAY = 86_400;
const OPERATOR = 1;
const MODULE = 1;
const EVIDENCE = id("evidence");
const NO_PENDING = 0;
const ALL_STEPS = 100;
const STAKE = parseEther("1000");
const REWARD = parseEther("10");
/** The epoch in which rows begin, ahead of when they are measured; and 50 later ones share a word of marks with it. */
const FIRST = 520n;

type Sent = Promise<TransactionResponse>;

/** Alice is an operator with a bond and a stake that has been there for some epochs. */
async function world(context: GasContext): Promise<GasContext> {
  const { alice, heidi } = context.accounts;
  const pool = context.suite.stakingPool;
  await pool.connect(alice).registerOperator(alice, 1_000, "", { value: STAKE });
  for (const epoch of [FIRST - 2n, FIRST - 1n]) {
    await inEpoch(context, epoch);
    await pool.connect(heidi).stake(OPERATOR, NO_PENDING, { value: STAKE });
  }
  await inEpoch(context, FIRST);
  return context;
}

/** Goes to the first day of an epoch. */
async function inEpoch({ suite, connection }: GasContext, epoch: bigint): Promise<void> {
  const start = await suite.stakingPool.startOf(epoch);
  await connection.networkHelpers.time.increaseTo(start + BigInt(DAY));
}

function stake(its: GasContext, name: "bob" | "carol"): Sent {
  const pool = its.suite.stakingPool.connect(its.accounts[name]);
  return pool.stake(OPERATOR, NO_PENDING, { value: STAKE });
}

function requestExit(its: GasContext, name: "bob" | "carol"): Sent {
  return its.suite.stakingPool.connect(its.accounts[name]).requestExit(OPERATOR, STAKE / 4n);
}

async function registerModule(its: GasContext, rest: Partial<ModuleTerms> = {}): Promise<void> {
  const { arbiter, judy, kim } = its.accounts;
  const registry = its.suite.moduleRegistry.connect(arbiter);
  const terms = moduleTerms(arbiter, judy, { victims: kim, victimBps: 5_000, ...rest });
  await registry.registerModule(terms, "", { value: await registry.bondOfModules() });
}

function optIn(its: GasContext, module: number): Sent {
  return its.suite.moduleRegistry.connect(its.accounts.alice).optIn(OPERATOR, module);
}

function allocate(its: GasContext, module: number, magnitude: bigint): Sent {
  return its.suite.moduleRegistry.connect(its.accounts.alice).allocate(OPERATOR, module, magnitude);
}

/** The operator's whole stake secures a module, and has for two epochs. */
async function secured(context: GasContext): Promise<GasContext> {
  const its = await world(context);
  await stake(its, "bob");
  await stake(its, "carol");
  await registerModule(its);
  await optIn(its, MODULE);
  await allocate(its, MODULE, MAGNITUDE / 2n);
  await inEpoch(its, FIRST + 3n);
  return its;
}

async function propose(its: GasContext, amount: bigint): Promise<TransactionResponse> {
  const { suite, accounts, connection } = its;
  const court = suite.slashCourt.connect(accounts.arbiter);
  const now = await connection.networkHelpers.time.latest();
  return court.propose(MODULE, OPERATOR, amount, now - 3_600, EVIDENCE);
}

/** A slash was carried out before, another waits: of more than the bond, and some of the stakers have asked out. */
async function ready(context: GasContext): Promise<{ its: GasContext; id: bigint }> {
  const its = await secured(context);
  await propose(its, parseEther("20"));
  await its.connection.networkHelpers.time.increase(4 * DAY);
  await its.suite.slashCourt.execute(1);
  await inEpoch(its, FIRST + 5n);
  await propose(its, parseEther("20"));
  await its.suite.stakingPool.connect(its.accounts.alice).setPayout(OPERATOR, its.accounts.dave);
  await requestExit(its, "bob");
  await its.connection.networkHelpers.time.increase(4 * DAY);
  return { its, id: 2n };
}

async function rewardToken({ accounts, suite }: GasContext): Promise<MockERC20> {
  const token = await new MockERC20__factory(accounts.dave).deploy(18);
  await token.mint(accounts.dave, STAKE);
  await token.connect(accounts.dave).approve(suite.moduleRewards, 2n ** 256n - 1n);
  return token;
}

function fund(its: GasContext, token?: MockERC20, module = MODULE): Sent {
  const rewards = its.suite.moduleRewards.connect(its.accounts.dave);
  if (token) return rewards.fund(module, OPERATOR, token, REWARD);
  return rewards.fund(module, OPERATOR, NATIVE, REWARD, { value: REWARD });
}

/** Bob's and Carol's stake earns, and a module pays for it. */
async function earning(context: GasContext): Promise<GasContext> {
  const its = await world(context);
  await registerModule(its);
  await stake(its, "bob");
  await stake(its, "carol");
  await inEpoch(its, FIRST + 1n);
  return its;
}

/** Bob's claim of so many epochs' rewards, each paid `each` times; he has claimed before. */
async function claimAfter(its: GasContext, epochs: number, token?: MockERC20): Sent {
  const rewards = its.suite.moduleRewards.connect(its.accounts.bob);
  const currency = token ?? NATIVE;
  await fund(its, token);
  await inEpoch(its, FIRST + 2n);
  await fund(its, token);
  await rewards.claim(OPERATOR, currency, its.accounts.bob, ALL_STEPS);
  await rewards
    .connect(its.accounts.carol)
    .claim(OPERATOR, currency, its.accounts.carol, ALL_STEPS);
  for (let i = 0; i < epochs; i += 1) {
    await inEpoch(its, FIRST + 3n + BigInt(i));
    await fund(its, token);
  }
  await inEpoch(its, FIRST + 3n + BigInt(epochs));
  return rewards.claim(OPERATOR, currency, its.accounts.bob, ALL_STEPS);
}

/** A receipt vault with the operator, which Carol and Bob are in. */
async function receipts(context: GasContext): Promise<{ its: GasContext; vault: StakedIotx }> {
  const its = await world(context);
  const { bob, carol, stranger } = its.accounts;
  const { moduleRewards } = its.suite;
  const vault = await new StakedIotx__factory(stranger).deploy(moduleRewards, OPERATOR);
  for (const account of [carol, bob]) await deposit(vault.connect(account), account.address);
  await inEpoch(its, FIRST + 1n);
  await deposit(vault.connect(carol), carol.address);
  await inEpoch(its, FIRST + 2n);
  return { its, vault: vault.connect(bob) };
}

function deposit(vault: StakedIotx, to: string): Sent {
  return vault["deposit(uint256,address)"](STAKE, to, { value: STAKE });
}

function requestRedeem(vault: StakedIotx, account: string): Sent {
  return vault.requestRedeem(STAKE * 10n ** 5n, account, account);
}

export const staking: GasRow[] = [
  {
    name: "Stake, new user",
    ceiling: 78_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "carol");
      await inEpoch(its, FIRST + 2n);
      return stake(its, "bob");
    },
  },
  {
    name: "Stake again, same epoch",
    ceiling: 57_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "bob");
      return stake(its, "bob");
    },
  },
  {
    name: "Stake again, new epoch",
    ceiling: 78_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "bob");
      await inEpoch(its, FIRST + 2n);
      return stake(its, "bob");
    },
  },
  {
    name: "Request exit, later in the epoch",
    ceiling: 100_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "bob");
      await stake(its, "carol");
      await inEpoch(its, FIRST + 2n);
      await requestExit(its, "carol");
      return requestExit(its, "bob");
    },
  },
  {
    name: "Request exit, first of the epoch",
    ceiling: 117_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "bob");
      await inEpoch(its, FIRST + 2n);
      return requestExit(its, "bob");
    },
  },
  {
    name: "Claim exit",
    ceiling: 48_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "bob");
      await stake(its, "carol");
      await requestExit(its, "carol");
      await requestExit(its, "bob");
      await inEpoch(its, FIRST + 2n);
      return its.suite.stakingPool
        .connect(its.accounts.bob)
        .claimExit(OPERATOR, FIRST, its.accounts.bob);
    },
  },
  {
    name: "Restake an exit",
    ceiling: 78_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "bob");
      await requestExit(its, "bob");
      await inEpoch(its, FIRST + 1n);
      return its.suite.stakingPool
        .connect(its.accounts.bob)
        .restakeExit(OPERATOR, FIRST, NO_PENDING);
    },
  },
  {
    name: "Operator: opt in to a module",
    ceiling: 62_000,
    measure: async (context) => {
      const its = await world(context);
      await registerModule(its);
      await registerModule(its);
      await optIn(its, 2);
      return optIn(its, MODULE);
    },
  },
  {
    name: "Operator: allocate, first",
    ceiling: 77_000,
    measure: async (context) => {
      const its = await world(context);
      await stake(its, "bob");
      await registerModule(its, { minBondBps: 1_000 });
      await optIn(its, MODULE);
      return allocate(its, MODULE, MAGNITUDE / 2n);
    },
  },
  {
    name: "Operator: allocate, later",
    ceiling: 52_000,
    measure: async (context) => {
      const its = await secured(context);
      return allocate(its, MODULE, MAGNITUDE / 4n);
    },
  },
  {
    name: "Slash: propose, later",
    ceiling: 138_000,
    measure: async (context) => {
      const its = await secured(context);
      await propose(its, parseEther("20"));
      await inEpoch(its, FIRST + 5n);
      return propose(its, parseEther("20"));
    },
  },
  {
    name: "Slash: execute, later",
    ceiling: 131_000,
    measure: async (context) => {
      const { its, id } = await ready(context);
      return its.suite.slashCourt.execute(id);
    },
  },
  {
    name: "Rewards: fund, later in the epoch, native",
    ceiling: 77_000,
    measure: async (context) => {
      const its = await earning(context);
      await fund(its);
      return fund(its);
    },
  },
  {
    name: "Rewards: fund, later in the epoch, ERC-20",
    ceiling: 87_000,
    measure: async (context) => {
      const its = await earning(context);
      const token = await rewardToken(its);
      await fund(its, token);
      return fund(its, token);
    },
  },
  ...[1, 50].flatMap((epochs): GasRow[] => [
    {
      name: `Rewards: claim, later, native, after ${String(epochs)} distributions`,
      ceiling: 70_000,
      measure: async (context) => claimAfter(await earning(context), epochs),
    },
    {
      name: `Rewards: claim, later, ERC-20, after ${String(epochs)} distributions`,
      ceiling: 87_000,
      measure: async (context) => {
        const its = await earning(context);
        return claimAfter(its, epochs, await rewardToken(its));
      },
    },
  ]),
  {
    name: "Rewards: pay an operator, native",
    ceiling: 50_000,
    measure: async (context) => {
      const its = await earning(context);
      await fund(its);
      return its.suite.moduleRewards.payOperator(OPERATOR, NATIVE);
    },
  },
  {
    name: "Operator: register",
    ceiling: 190_000,
    measure: (context) =>
      context.suite.stakingPool
        .connect(context.accounts.dave)
        .registerOperator(context.accounts.dave, 1_000, "ipfs://operator", { value: STAKE }),
  },
  {
    name: "Operator: ask bond out",
    ceiling: 100_000,
    measure: async (context) => {
      const its = await world(context);
      return its.suite.stakingPool.connect(its.accounts.alice).withdrawBond(OPERATOR, STAKE);
    },
  },
  {
    name: "Slash: veto",
    ceiling: 60_000,
    measure: async (context) => {
      const its = await secured(context);
      await propose(its, parseEther("20"));
      return its.suite.slashCourt.connect(its.accounts.judy).veto(1);
    },
  },
  {
    name: "Receipt: deposit, later",
    ceiling: 180_000,
    measure: async (context) => {
      const { its, vault } = await receipts(context);
      return deposit(vault, its.accounts.bob.address);
    },
  },
  {
    name: "Receipt: request a redemption",
    ceiling: 250_000,
    measure: async (context) => {
      const { its, vault } = await receipts(context);
      return requestRedeem(vault, its.accounts.bob.address);
    },
  },
  {
    name: "Receipt: redeem",
    ceiling: 120_000,
    measure: async (context) => {
      const { its, vault } = await receipts(context);
      const { bob } = its.accounts;
      await requestRedeem(vault, bob.address);
      await inEpoch(its, FIRST + 4n);
      return vault.redeem(STAKE * 10n ** 5n, bob, bob);
    },
  },
  {
    name: "Receipt: compound",
    ceiling: 200_000,
    measure: async (context) => {
      const { its, vault } = await receipts(context);
      await fund(its, undefined, 0);
      await inEpoch(its, FIRST + 3n);
      return vault.compound();
    },
  },
];
