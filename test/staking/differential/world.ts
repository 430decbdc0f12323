import { Interface, MaxUint256, parseEther, type Result } from "ethers";

import type { AccountName } from "../../../scripts/lib/accounts.js";
import { NATIVE } from "../../../scripts/lib/identity.js";
import { StakingModel, type StakingOptions } from "../../../scripts/lib/staking/model.js";
import {
  AccessManager__factory,
  IotxBurner__factory,
  MockERC20__factory,
  ModuleRegistry__factory,
  ModuleRewards__factory,
  SlashCourt__factory,
  StakingPool__factory,
} from "../../../typechain-types/index.js";
import { deployIdentity, type Identity } from "../../identity/fixture.js";

const CALLED = {
  pool: new Interface(StakingPool__factory.abi),
  registry: new Interface(ModuleRegistry__factory.abi),
  court: new Interface(SlashCourt__factory.abi),
  rewards: new Interface(ModuleRewards__factory.abi),
  burner: new Interface(IotxBurner__factory.abi),
  token: new Interface(MockERC20__factory.abi),
};

export type ContractName = keyof typeof CALLED;

/** All errors that the contracts may raise. */
const errors = new Interface(
  [AccessManager__factory.abi, ...Object.values(CALLED).map(({ fragments }) => fragments)]
    .flatMap((all) => [...all])
    .filter(({ type }) => type === "error"),
);

export const STAKERS = ["bob", "carol", "dave"] as const;
/** Who owns the operators 1 and 2. */
export const OWNERS = ["alice", "erin"] as const;
/** Who owns the modules 1, 2 and 3 and proposes their slashes. */
export const AUTHORITIES = ["arbiter", "frank", "heidi"] as const;
export const RESOLVER = "judy" as const;
/** Where modules 1 and 3 send what victims get. */
export const VICTIMS = ["kim", "grace"] as const;
/** Another account for an operator's rewards. */
export const PAYOUT = "ivan" as const;
export const GUARDIAN = "guardian" as const;
/** Who does what anyone may do, and brings all rewards. */
export const ANYONE = "relayer" as const;

/** Who may hold shares and exits: bond leaves as stake does. */
export const HOLDERS = [...STAKERS, ...OWNERS] as const;

/** All whose balances are compared. */
export const PLAYERS = [
  ...HOLDERS,
  ...AUTHORITIES,
  ...VICTIMS,
  RESOLVER,
  PAYOUT,
  GUARDIAN,
  ANYONE,
] as const satisfies readonly AccountName[];
export type Player = (typeof PLAYERS)[number];

export const OPERATORS = [1n, 2n] as const;
export const MODULES = [1n, 2n, 3n] as const;

/** In 2050, in the middle of an epoch, in seconds. */
const BEGINNING = 2_525_000_000;
const RICH = parseEther("1000000000000");
const PLENTY = MaxUint256 >> 1n;

/** The chain. */
export interface World {
  its: Identity;
  at: Record<ContractName, string>;
  currencies: readonly [native: string, token: string];
  players: Record<Player, string>;
  /** What each player had of each currency in the beginning, by both. */
  begun: ReadonlyMap<string, bigint>;
  options: StakingOptions;
}

/** Deploys the suite and makes everyone rich; nothing else has happened. */
export async function deployWorld(): Promise<World> {
  const its = await deployIdentity();
  const { accounts, connection, stakingPool, moduleRegistry, slashCourt, moduleRewards } = its;
  const { networkHelpers } = connection;
  const players = Object.fromEntries(
    PLAYERS.map((name) => [name, accounts[name].address]),
  ) as Record<Player, string>;
  // Where gas costs nothing, balances change by what the contracts pay and nothing else.
  await networkHelpers.setNextBlockBaseFeePerGas(0);
  for (const address of Object.values(players)) await networkHelpers.setBalance(address, RICH);
  const free = { gasPrice: 0 };
  const token = await new MockERC20__factory(accounts.deployer).deploy(6, free);
  await token.mint(players[ANYONE], PLENTY, free);
  await token.connect(accounts[ANYONE]).approve(moduleRewards, MaxUint256, free);
  // The same histories on any day.
  await networkHelpers.time.increaseTo(BEGINNING);
  return {
    its,
    at: {
      pool: await stakingPool.getAddress(),
      registry: await moduleRegistry.getAddress(),
      court: await slashCourt.getAddress(),
      rewards: await moduleRewards.getAddress(),
      burner: await its.iotxBurner.getAddress(),
      token: await token.getAddress(),
    },
    currencies: [NATIVE, await token.getAddress()],
    players,
    begun: new Map([
      ...Object.values(players).map((address) => [`${address} ${NATIVE}`, RICH] as const),
      [`${players[ANYONE]} ${await token.getAddress()}`, PLENTY],
    ]),
    options: {
      genesis: await stakingPool.genesis(),
      time: await networkHelpers.time.latest(),
      guardian: players[GUARDIAN],
      moduleBond: await moduleRegistry.bondOfModules(),
      burnBps: await moduleRewards.burnBps(),
    },
  };
}

export interface Call {
  contract: ContractName;
  method: string;
  args: readonly unknown[];
}

export const encode = ({ contract, method, args }: Call): string =>
  CALLED[contract].encodeFunctionData(method, args);

/** What a call gave back: its one value, or all of them. */
export function decode({ contract, method }: Call, data: string): unknown {
  const values: Result = CALLED[contract].decodeFunctionResult(method, data);
  return values.length === 1 ? (values[0] as unknown) : values;
}

/** A contract's error as the model says it. */
export function decodeRefusal(data: string): string {
  const error = errors.parseError(data);
  return error === null ? `unknown error ${data}` : `${error.name}(${shown(error.args)})`;
}

/** What the model says in words, as the contracts' numbers. */
const NUMBERS: Record<string, bigint> = {
  ...{ None: 0n, Asked: 1n, Member: 2n },
  ...{ Active: 0n, Retired: 1n, Closed: 2n },
  ...{ Open: 1n, Vetoed: 2n, Executed: 3n, Lapsed: 4n },
};

/** A value or a list of them in writing, the same for the chain's and the model's. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return String(typeof value === "string" ? (NUMBERS[value] ?? value) : value);
}

export const newModel = ({ options }: World): StakingModel => new StakingModel(options);
