/** What a gateway answers instead: a status, a name that programs compare, a sentence that says what to do. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    override readonly name: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
