import {
  type Addressable,
  Contract,
  Interface,
  isCallException,
  type Provider,
  zeroPadBytes,
} from "ethers";

import { IDataMarket__factory } from "../../../typechain-types/index.js";

/** What a gateway asks the chain; nothing else decides who may read. */
export interface ChainAccess {
  /** Whether `user` may now use the data of an epoch of an offer. */
  canAccess(offerId: string, user: string, use: number, epoch: number): Promise<boolean>;
  /** Whether the contract at `user` takes a signature for its own (ERC-1271). Without this, only keys can sign. */
  isValidSignature?(user: string, digest: string, signature: string): Promise<boolean>;
}

const ERC1271 = new Interface(["function isValidSignature(bytes32, bytes) view returns (bytes4)"]);

/** ERC-1271's answer for yes, as a whole word: what follows the four bytes must be zero. */
const MAGIC = zeroPadBytes("0x1626ba7e", 32);

/** Asks the market at an address. */
export function chainAccess(market: string | Addressable, provider: Provider): ChainAccess {
  const canAccess = new Contract(market, IDataMarket__factory.abi, provider).getFunction(
    "canAccess",
  );
  return {
    canAccess: async (offerId, user, use, epoch) =>
      (await canAccess.staticCall(offerId, user, use, epoch)) === true,
    isValidSignature: async (user, digest, signature) => {
      const data = ERC1271.encodeFunctionData("isValidSignature", [digest, signature]);
      try {
        return (await provider.call({ to: user, data })) === MAGIC;
      } catch (error) {
        if (isCallException(error)) return false;
        throw error; // no answer is not a no
      }
    },
  };
}
