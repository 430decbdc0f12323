// Why a contract of the suite refused something. Nodes differ in how they say it, and some (IoTeX's) do not
// always say it at all: the call is replayed, and where that is of no use either, the reason stays unknown.
import {
  type ErrorFragment,
  Interface,
  isError,
  isHexString,
  type JsonFragment,
  type Provider,
  type Result,
  type TransactionRequest,
} from "ethers";

import {
  AccessManager__factory,
  DataAssets__factory,
  DataGrants__factory,
  DataMarket__factory,
  DataOffers__factory,
  DeviceAccount__factory,
  DeviceRegistry__factory,
  MachineOfferings__factory,
  MachineShares__factory,
  MachineVotes__factory,
  MakerRegistry__factory,
  ModuleRegistry__factory,
  ModuleRewards__factory,
  P256Verifier__factory,
  RevenueCollector__factory,
  SlashCourt__factory,
  SplitHub__factory,
  SplitReceiver__factory,
  StakingPool__factory,
} from "../../typechain-types/index.js";
import { value } from "./format.js";

/** A contract's error, decoded. */
export interface ContractError {
  name: string;
  fragment: ErrorFragment;
  args: Result;
}

/** Every error that the suite can raise: contracts pass on what those they call raise. */
const errors = new Interface(
  [
    AccessManager__factory.abi,
    DataAssets__factory.abi,
    DataGrants__factory.abi,
    DataMarket__factory.abi,
    DataOffers__factory.abi,
    DeviceAccount__factory.abi,
    DeviceRegistry__factory.abi,
    MachineOfferings__factory.abi,
    MachineShares__factory.abi,
    MachineVotes__factory.abi,
    MakerRegistry__factory.abi,
    ModuleRegistry__factory.abi,
    ModuleRewards__factory.abi,
    P256Verifier__factory.abi,
    RevenueCollector__factory.abi,
    SlashCourt__factory.abi,
    SplitHub__factory.abi,
    SplitReceiver__factory.abi,
    StakingPool__factory.abi,
  ]
    .flatMap((abi): readonly JsonFragment[] => abi)
    .filter(({ type }) => type === "error"),
);

/** Decodes what a call reverted with; undefined if that is no error of the suite, nor Solidity's own. */
export function decodeError(data: string): ContractError | undefined {
  const parsed = errors.parseError(data);
  return parsed === null
    ? undefined
    : { name: parsed.name, fragment: parsed.fragment, args: parsed.args };
}

/** Finds the revert data in whatever a provider threw, however deep it lies. */
export function revertDataOf(thrown: unknown): string | undefined {
  for (let level = thrown, depth = 0; depth < 6 && isObject(level); depth += 1) {
    const { data } = level;
    if (typeof data === "string" && isHexString(data) && data.length >= 10) return data;
    level = [data, level.info, level.error, level.cause].find(isObject);
  }
  return undefined;
}

/** Whether a provider says that the chain refused a call, rather than that it could not be asked. */
function isRevert(thrown: unknown): boolean {
  if (revertDataOf(thrown) !== undefined || isError(thrown, "CALL_EXCEPTION")) return true;
  return thrown instanceof Error && /revert/i.test(thrown.message);
}

/** Says why a transaction was refused, from what its sending threw; rethrows what is not a refusal. */
export async function explainRefusal(
  thrown: unknown,
  provider: Provider,
  transaction: TransactionRequest,
): Promise<ContractError | undefined> {
  if (!isRevert(thrown)) throw thrown;
  const data = revertDataOf(thrown) ?? (await replay(provider, transaction));
  return data === undefined ? undefined : decodeError(data);
}

/** Asks the node again, by a call that changes nothing. */
async function replay(
  provider: Provider,
  transaction: TransactionRequest,
): Promise<string | undefined> {
  try {
    await provider.call(transaction);
    return undefined;
  } catch (thrown) {
    return revertDataOf(thrown);
  }
}

/** The error as a programmer writes it, with its values: `Name(deviceId 0x12ab…cd34, caller 0x…)`. */
export function describeError({ name, fragment, args }: ContractError): string {
  const given = fragment.inputs.map((input, index) => `${input.name} ${value(args[index])}`);
  return `${name}(${given.join(", ")})`;
}

function isObject(thing: unknown): thing is Record<string, unknown> {
  return typeof thing === "object" && thing !== null;
}
