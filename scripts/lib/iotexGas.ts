// What a transaction costs on IoTeX, computed from what it costs on Ethereum: the EVM's own work is the
// same on both, only what a transaction pays before it runs differs.
import { getBytes } from "ethers";

/** IoTeX charges the same for zero and non-zero bytes. */
const IOTEX = { base: 10_000, perByte: 100, floorPerByte: 250 } as const;

/** The least that IoTeX takes for a unit of gas, in wei; it is also what one pays. */
export const IOTEX_GAS_PRICE = 10n ** 12n;

const ETHEREUM = {
  base: 21_000,
  zeroByte: 4,
  nonzeroByte: 16,
  creation: 32_000,
  /** Per 32 bytes of creation code (EIP-3860). */
  initcodeWord: 2,
} as const;

export interface SentTransaction {
  /** Calldata, or the creation code with its arguments. */
  data: string;
  /** Null when the transaction creates a contract. */
  to: string | null;
}

/** What Ethereum (Cancun) charges before the first instruction runs, without access list. */
export function ethereumIntrinsicGas({ data, to }: SentTransaction): number {
  const bytes = getBytes(data);
  const zeros = bytes.filter((byte) => byte === 0).length;
  const calldata = ETHEREUM.zeroByte * zeros + ETHEREUM.nonzeroByte * (bytes.length - zeros);
  // IoTeX charges neither of these two for a transaction that creates a contract.
  const creation =
    to === null ? ETHEREUM.creation + ETHEREUM.initcodeWord * Math.ceil(bytes.length / 32) : 0;
  return ETHEREUM.base + calldata + creation;
}

/** Gas the transaction uses on IoTeX, given what it used on Ethereum. The cap on refunds is left out. */
export function iotexGas(transaction: SentTransaction, ethereumGasUsed: number): number {
  const length = getBytes(transaction.data).length;
  const execution = ethereumGasUsed - ethereumIntrinsicGas(transaction);
  const charged = IOTEX.base + IOTEX.perByte * length + execution;
  return Math.max(IOTEX.base + IOTEX.floorPerByte * length, charged);
}
