import type { AddressLike } from "ethers";
import { ZeroAddress } from "ethers";

import type { IModuleRegistry } from "../../../typechain-types/contracts/staking/ModuleRegistry.js";

export type ModuleTerms = IModuleRegistry.TermsStruct;

const DAY = 86_400;

/** Seven days: staking counts time in these. */
export const EPOCH = 7 * DAY;

/** For how long a slash can be carried out after its window, in seconds. */
export const GRACE = DAY;

/** All of an operator's magnitude, as he begins: an allocation is a part of it. */
export const MAGNITUDE = 10n ** 16n;

/** A module's terms: by default the longest window, a fifth as the most, nothing for victims, and open to all. */
export function moduleTerms(
  slashAuthority: AddressLike,
  resolver: AddressLike,
  rest: Partial<ModuleTerms> = {},
): ModuleTerms {
  return {
    slashAuthority,
    resolver,
    window: 4 * DAY,
    maxSlashBps: 2_000,
    minBondBps: 0,
    victimBps: 0,
    open: true,
    victims: ZeroAddress,
    meter: ZeroAddress,
    minUserStake: 0,
    ...rest,
  };
}
