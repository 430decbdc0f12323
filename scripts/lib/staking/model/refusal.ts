/** The model does not do what it was told, as the contract would not: `reason` is the name of the contract's error. */
export class Refusal extends Error {
  constructor(
    readonly reason: string,
    /** The error's arguments. */
    readonly values: readonly unknown[],
  ) {
    super(`${reason}(${values.map(String).join(", ")})`);
    this.name = "Refusal";
  }
}

/** Refuses for the named reason, unless `granted`. */
export function need(granted: boolean, reason: string, ...values: unknown[]): asserts granted {
  if (!granted) throw new Refusal(reason, values);
}

export type Outcome<T> =
  { ok: true; value: T } | { ok: false; reason: string; values: readonly unknown[] };

/** Does something with the model and tells how it went; a refused command leaves the model as it was. */
export function attempt<T>(work: () => T): Outcome<T> {
  try {
    return { ok: true, value: work() };
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return { ok: false, reason: thrown.reason, values: thrown.values };
  }
}
