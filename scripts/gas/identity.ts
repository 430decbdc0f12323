import type { GasRow } from "./types.js";

/** What makers, owners and devices do with their identities. */
export const identity: readonly GasRow[] = [];
