import type { NetworkConnection } from "hardhat/types/network";

import type { Accounts } from "../lib/accounts.js";
import type { Suite } from "../lib/deploy.js";
import type { DeviceKey } from "../lib/deviceKey.js";
import { data } from "./data.js";
import { identity } from "./identity.js";
import { ownership } from "./ownership.js";
import { staking } from "./staking.js";

/** A device that is on the local chain when a person arrives. */
export interface SeededDevice {
  deviceId: string;
  owner: string;
  wallet: string;
  /** To sign as the device; a key that is in WebCrypto stays there. */
  privateKey?: string;
}

/** Data that is for sale on the local chain when a person arrives. */
export interface SeededAsset {
  assetId: string;
  /** The device that signed it. */
  deviceId: string;
  owner: string;
  /** Of a stream: the end of its chain, on which its device signs the next epoch. */
  head?: string;
  offer: SeededOffer;
}

/** An offer that anyone may buy of, for the native coin. */
export interface SeededOffer {
  offerId: string;
  kind: "OneOff" | "Subscription";
  /** In wei: of the whole, or of an epoch. */
  price: string;
  /** Bits of `DataUses` that it allows. */
  uses: number;
}

/** A machine that is sold in shares, for the native coin. */
export interface SeededMachine {
  /** Its ERC-20, by which its offering is named, too. */
  shares: string;
  deviceId: string;
  /** Where its offering is: `Open` to contribute to, or `Releasing`, when the machine is at work. */
  status: "Open" | "Releasing";
  /** Of a share, in wei. */
  price: string;
  operator: string;
  /** Where it is paid by plain transfer. */
  revenueReceiver: string;
}

/** An operator whom one can stake with. */
export interface SeededOperator {
  /** His number. */
  operator: number;
  owner: string;
  /** What he began with, in wei. */
  bond: string;
  commissionBps: number;
}

/** A module that operators can work for. */
export interface SeededModule {
  /** Its number. */
  module: number;
  /** Its owner, too. */
  slashAuthority: string;
  /** Who may veto slashes. */
  resolver: string;
  /** Whether it takes every operator; otherwise its owner accepts each. */
  open: boolean;
}

export interface SeedContext {
  connection: NetworkConnection;
  accounts: Accounts;
  suite: Suite;
  /** By name; the steps add to it. */
  devices: Record<string, SeededDevice>;
  /** The devices' keys, by the same names; for later steps only. */
  keys: Record<string, DeviceKey>;
  /** By name, too. */
  assets: Record<string, SeededAsset>;
  /** By the names of their devices. */
  machines: Record<string, SeededMachine>;
  /** By the names of their owners. */
  operators: Record<string, SeededOperator>;
  /** By name. */
  modules: Record<string, SeededModule>;
}

/** Something that has already happened on the local chain when a person arrives. */
export interface SeedStep {
  /** Shown while it runs: who does what. */
  text: string;
  run(context: SeedContext): Promise<void>;
}

/** In order: a later step may count on an earlier one. Staking takes weeks, which have to be over before the others. */
export const seed: readonly SeedStep[] = [staking, identity, data, ownership];
