// How figures, addresses and hashes look to a person.
import { formatEther, isHexString } from "ethers";

const grouped = new Intl.NumberFormat("en-US");

/** Below this a number is read digit by digit; from here on it is an amount in wei, or a hash. */
const LONG = 10n ** 15n;
const HASH = 2n ** 128n;

/** A count, with its thousands apart. */
export function count(value: number | bigint): string {
  return grouped.format(value);
}

/** `0x12ab…cd34`: enough of an address or a hash to tell it from another. */
export function short(hex: string | bigint): string {
  const text = typeof hex === "bigint" ? `0x${hex.toString(16).padStart(64, "0")}` : hex;
  return text.length <= 14 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`;
}

/** An amount in wei, as coin, with as many digits as it has. */
export function iotx(wei: bigint): string {
  return `${formatEther(wei).replace(/\.0$/, "")} IOTX`;
}

/** Whatever a contract says, in a line: long words are shortened, large numbers are in powers of ten. */
export function value(of: unknown): string {
  if (typeof of === "bigint") {
    if (of >= HASH) return short(of);
    return of >= LONG ? Number(of).toExponential().replace("e+", "e") : count(of);
  }
  if (typeof of === "string") return isHexString(of) ? short(of) : `"${of}"`;
  return Array.isArray(of) ? `[${of.map(value).join(", ")}]` : String(of);
}
