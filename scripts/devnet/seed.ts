import type { NetworkConnection } from "hardhat/types/network";

import type { Accounts } from "../lib/accounts.js";
import type { Suite } from "../lib/deploy.js";
import { identity } from "./identity.js";

/** A device that is on the local chain when a person arrives. */
export interface SeededDevice {
  deviceId: string;
  owner: string;
  wallet: string;
  /** To sign as the device; a key that is in WebCrypto stays there. */
  privateKey?: string;
}

export interface SeedContext {
  connection: NetworkConnection;
  accounts: Accounts;
  suite: Suite;
  /** By name; the steps add to it. */
  devices: Record<string, SeededDevice>;
}

/** Something that has already happened on the local chain when a person arrives. */
export interface SeedStep {
  /** Shown while it runs: who does what. */
  text: string;
  run(context: SeedContext): Promise<void>;
}

/** In order: a later step may count on an earlier one. */
export const seed: readonly SeedStep[] = [identity];
