import { expect } from "chai";

/** Expects `work` to fail with a message that contains `message`; tells `about` what otherwise. */
export async function failsWith(
  work: Promise<unknown>,
  message: string | RegExp,
  about?: string,
): Promise<void> {
  const outcome = await work.then(
    () => "It did not fail",
    (error: unknown) => (error instanceof Error ? error.message : error),
  );
  if (typeof message === "string") expect(outcome, about).to.contain(message);
  else expect(outcome, about).to.match(message);
}
