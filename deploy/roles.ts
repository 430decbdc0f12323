/** The suite's roles in its AccessManager. Role 0 is the manager's own `ADMIN_ROLE`. */
export const Role = {
  /** Changes parameters inside the bounds that are constants in code; each change waits {@link ADMIN_DELAY}. */
  ADMIN: 0n,
  /** Pauses intake. Never moves money. */
  GUARDIAN: 1n,
  /** Marks a maker as verified. */
  MAKER_VERIFIER: 2n,
} as const;

/** Seconds between an ADMIN's scheduling of a change and its execution: three days. */
export const ADMIN_DELAY = 259_200;

/** The two other roles act at once. */
export const NO_DELAY = 0;
