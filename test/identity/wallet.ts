import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import {
  type AddressLike,
  id,
  type Interface,
  parseEther,
  resolveAddress,
  type Signer,
} from "ethers";

import { ERC6551_REGISTRY } from "../../scripts/lib/deploy.js";
import { type DeviceKey, Secp256k1Key } from "../../scripts/lib/deviceKey.js";
import { NATIVE, NEVER, signSpend, type Spend } from "../../scripts/lib/identity.js";
import {
  type DeviceAccount,
  DeviceAccount__factory,
  IERC6551Registry__factory,
  type MockERC20,
  type WalletTarget,
} from "../../typechain-types/index.js";
import { deployIdentity, deployWallet, type Identity, registerDevice } from "./fixture.js";

export const DAY = 86_400;
export const ALLOWANCE = 1_000n;
/** A plain payment, where a permission names a function. */
export const PAYMENT = "0x00000000";

/** Functions that give their first argument power over the caller's tokens, and where they stand. */
export const APPROVING = [
  ["approve(address,uint256)", "ERC-20 and ERC-721"],
  ["increaseAllowance(address,uint256)", "many ERC-20 tokens"],
  ["increaseApproval(address,uint256)", "older ERC-20 tokens"],
  ["setApprovalForAll(address,bool)", "ERC-721 and ERC-1155"],
  ["approveAndCall(address,uint256)", "ERC-1363"],
  ["approveAndCall(address,uint256,bytes)", "ERC-1363"],
  ["authorizeOperator(address)", "ERC-777"],
  ["approve(address,uint256,uint256)", "ERC-6909"],
  ["setOperator(address,bool)", "ERC-6909"],
] as const;

/** Functions that move a holder's tokens, or approve by his signature, and where they stand. */
export const MOVING = [
  ["transfer(address,uint256)", "ERC-20"],
  ["transferFrom(address,address,uint256)", "ERC-20 and ERC-721"],
  ["permit(address,address,uint256,uint256,uint8,bytes32,bytes32)", "ERC-2612"],
  ["permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)", "DAI"],
  ["safeTransferFrom(address,address,uint256)", "ERC-721"],
  ["safeTransferFrom(address,address,uint256,bytes)", "ERC-721"],
  ["safeTransferFrom(address,address,uint256,uint256,bytes)", "ERC-1155"],
  ["safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)", "ERC-1155"],
  ["transferAndCall(address,uint256)", "ERC-1363"],
  ["transferAndCall(address,uint256,bytes)", "ERC-1363"],
  ["transferFromAndCall(address,address,uint256)", "ERC-1363"],
  ["transferFromAndCall(address,address,uint256,bytes)", "ERC-1363"],
  ["send(address,uint256,bytes)", "ERC-777"],
  ["operatorSend(address,address,uint256,bytes,bytes)", "ERC-777"],
  ["transfer(address,uint256,uint256)", "ERC-6909"],
  ["transferFrom(address,address,uint256,uint256)", "ERC-6909"],
] as const;

/** The device, its wallet full of coin and tokens, and somebody to spend them at. */
export interface Machine extends Identity {
  helpers: Identity["connection"]["networkHelpers"];
  key: DeviceKey;
  /** The device's wallet, connected to Alice, who owns the device. */
  wallet: DeviceAccount;
  token: MockERC20;
  target: WalletTarget;
}

/** Alice's device; nobody gave it a policy yet. */
export async function deployMachine(identity: Identity): Promise<Machine> {
  const { ethers } = identity.connection;
  const helpers = identity.connection.networkHelpers;
  const key = await registerDevice(identity, new Secp256k1Key(id("a device")));
  const wallet = await deployWallet(identity, key.deviceId);
  const token = await ethers.deployContract("MockERC20", [18]);
  const target = await ethers.deployContract("WalletTarget");
  await token.mint(wallet, 100n * ALLOWANCE);
  await helpers.setBalance(await wallet.getAddress(), parseEther("1"));
  return { ...identity, helpers, key, wallet, token, target };
}

/** Gives every test of a file the same machine: `load()` winds the chain back to it. */
export function machines<T extends Machine = Machine>(
  prepare: (machine: Machine) => Promise<T> = (machine) => Promise.resolve(machine as T),
): () => Promise<T> {
  let identity: Identity;
  before(async () => {
    identity = await deployIdentity();
  });
  const fixture = async (): Promise<T> => prepare(await deployMachine(identity));
  return () => identity.connection.networkHelpers.loadFixture(fixture);
}

export interface Allowed {
  permissions: { target: string; selector: string }[];
  allowances: { currency: string; amount: bigint }[];
}

/** What most tests allow: every function of the target, payments to it and to Bob, and both currencies. */
export async function everything({ token, target, accounts }: Machine): Promise<Allowed> {
  const at = await target.getAddress();
  const selectors: string[] = [PAYMENT];
  target.interface.forEachFunction((method) => selectors.push(method.selector));
  return {
    permissions: [
      ...selectors.map((selector) => ({ target: at, selector })),
      { target: accounts.bob.address, selector: PAYMENT },
    ],
    allowances: [
      { currency: await token.getAddress(), amount: ALLOWANCE },
      { currency: NATIVE, amount: ALLOWANCE },
    ],
  };
}

/** Sets a policy of daily allowances for a year, as Alice; gives back when it began. */
export async function allow(
  machine: Machine,
  changes: Partial<Allowed> & { period?: number; expiry?: number; by?: Signer } = {},
): Promise<number> {
  const allowed = { ...(await everything(machine)), ...changes };
  const { period = DAY, expiry = (await machine.helpers.time.latest()) + 365 * DAY } = changes;
  const { by = machine.accounts.alice } = changes;
  await machine.wallet
    .connect(by)
    .setPolicy(period, expiry, allowed.permissions, allowed.allowances);
  return machine.helpers.time.latest();
}

/** The number of the policy in force; 0 if there is none. */
export async function policyOf({ wallet }: Machine): Promise<bigint> {
  return (await wallet.policy()).id;
}

/** For {@link machines}: the usual policy is in force, with its number and when it began. */
export async function withPolicy(machine: Machine) {
  const start = await allow(machine);
  return { ...machine, start, policy: await policyOf(machine) };
}

/** What changes in a request; contracts and accounts stand for their addresses. */
export type Changes = Omit<Partial<Spend>, "target" | "currency"> & {
  target?: AddressLike;
  currency?: AddressLike;
};

/** A request of the device: by default it pays one unit of the token to Bob. */
export async function requestOf(machine: Machine, changes: Changes = {}): Promise<Spend> {
  const { wallet, token, accounts } = machine;
  const { target = accounts.bob, currency = token } = changes;
  return {
    policy: await policyOf(machine),
    maximum: 1n,
    data: "0x",
    nonce: await wallet["nonces(address)"](wallet),
    deadline: NEVER,
    ...changes,
    target: await resolveAddress(target),
    currency: await resolveAddress(currency),
  };
}

/** Has the relayer send what the device signs; `key` may be another device's. */
export async function spend(
  machine: Machine,
  changes: Changes = {},
  key: DeviceKey = machine.key,
): Promise<ContractTransactionResponse> {
  const request = await requestOf(machine, changes);
  const signature = await signSpend(machine.wallet, key, request);
  return machine.wallet.connect(machine.accounts.relayer).spend(request, signature);
}

/** A call of the target. */
export function call(
  { target }: Machine,
  method: Parameters<WalletTarget["interface"]["getFunction"]>[0],
  args: readonly unknown[],
): { target: WalletTarget; data: string } {
  return { target, data: (target.interface as Interface).encodeFunctionData(method, args) };
}

/** An account of a device with this code, as anyone may deploy it: on another chain, under another salt. */
export async function deployAccount(
  { deviceAccount, deviceRegistry, accounts }: Identity,
  { chainId, salt, deviceId }: { chainId: number; salt: string; deviceId: bigint },
): Promise<DeviceAccount> {
  const registry = IERC6551Registry__factory.connect(ERC6551_REGISTRY, accounts.relayer);
  const args = [deviceAccount, salt, chainId, deviceRegistry, deviceId] as const;
  await registry.createAccount(...args);
  return DeviceAccount__factory.connect(await registry.account(...args), accounts.alice);
}

/** Whatever was refused left no trace: neither in the nonces nor in the budgets nor in the state. */
export async function untouched(
  { wallet, token }: Machine,
  { nonce, state, left }: { nonce: bigint; state: bigint; left: bigint } = {
    nonce: 0n,
    state: 1n,
    left: ALLOWANCE,
  },
): Promise<void> {
  expect(await wallet["nonces(address)"](wallet)).to.equal(nonce);
  expect(await wallet.state()).to.equal(state);
  expect(await wallet.remainingAllowance(token)).to.equal(left);
  expect(await wallet.remainingAllowance(NATIVE)).to.equal(ALLOWANCE);
}
