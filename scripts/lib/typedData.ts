import {
  type BaseContract,
  type Provider,
  type TypedDataDomain,
  TypedDataEncoder,
  type TypedDataField,
} from "ethers";

import type { DeviceKey } from "./deviceKey.js";

/** The one struct type that an action is signed as. */
export type ActionType = Record<string, TypedDataField[]>;

/** A contract of the suite as an EIP-712 domain: its own name, version 1, this chain, this address. */
export async function domainOf(contract: BaseContract, name: string): Promise<TypedDataDomain> {
  const provider: Provider | null | undefined = contract.runner?.provider;
  if (!provider) throw new Error(`${name} is not connected to a chain, so it has no domain`);
  const { chainId } = await provider.getNetwork();
  return { name, version: "1", chainId, verifyingContract: await contract.getAddress() };
}

/** Signs an action with a device's key: the EIP-712 digest is what the chip gets to see. */
export function signAsDevice(
  key: DeviceKey,
  domain: TypedDataDomain,
  type: ActionType,
  value: object,
): Promise<string> {
  return key.sign(TypedDataEncoder.hash(domain, type, value));
}

/** Shorthand for a struct type: `struct("Heartbeat", "uint256 deviceId", "uint48 timestamp")`. */
export function struct(name: string, ...fields: string[]): ActionType {
  return {
    [name]: fields.map((field) => {
      const [type, fieldName] = field.split(" ");
      if (type === undefined || fieldName === undefined) throw new Error(`Not a field: ${field}`);
      return { type, name: fieldName };
    }),
  };
}
