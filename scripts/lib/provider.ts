import type { BaseContract, Provider } from "ethers";

/** The chain that a contract is connected to; `name` is what its user calls it. */
export function providerOf({ runner }: BaseContract, name: string): Provider {
  if (runner?.provider) return runner.provider;
  throw new Error(`The ${name} is not connected to a chain: connect it to a provider or a signer`);
}
