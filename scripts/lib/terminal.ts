// What every script says to the person who runs it: what it does, how long it takes, and at a failure
// the one thing to do next. Plain lines where nobody watches (CI, a pipe); a spinner where somebody does.
import { setTimeout as sleep } from "node:timers/promises";

import chalk from "chalk";
import ora from "ora";

const isWatched = process.stdout.isTTY && process.env.CI === undefined;

/** Letters in a line of prose. */
const LINE = 88;

/** A failure whose message already says what to do: it is printed alone, without a stack trace. */
export class Failure extends Error {
  override name = "Failure";
}

/** Ends the script with one sentence that says what to do next. */
export function fail(sentence: string): never {
  throw new Failure(sentence);
}

/** The opening line of a script: its name and, in plain words, what it is about to do. */
export function heading(title: string, purpose?: string): void {
  console.log(
    `\n${chalk.bold.cyan(title)}${purpose === undefined ? "" : chalk.dim(`  ${purpose}`)}\n`,
  );
}

/** Opens a chapter of a narrated script. */
export function chapter(number: number, title: string): void {
  const line = `${String(number)}. ${title}`;
  console.log(`\n${chalk.bold.cyan(line)}\n${chalk.dim("─".repeat(Math.max(line.length, 40)))}`);
}

/** A sentence of the story: who did what. */
export function say(text: string): void {
  console.log(`  ${text}`);
}

/** Some sentences together, in lines that a person's eye can follow. */
export function paragraph(text: string): void {
  const lines = text.split(/\s+/).reduce<string[]>((sofar, word) => {
    const line = sofar.at(-1);
    if (line === undefined || line.length + 1 + word.length > LINE) return [...sofar, word];
    return [...sofar.slice(0, -1), `${line} ${word}`];
  }, []);
  for (const line of lines) say(line);
}

/** Something checked and found true. */
export function success(text: string): void {
  console.log(`  ${chalk.green("✔")} ${text}`);
}

/** Something refused, as it should be. */
export function refused(text: string): void {
  console.log(`  ${chalk.yellow("✖")} ${text}`);
}

/** Something checked and found false. */
export function wrong(text: string): void {
  console.log(`  ${chalk.red("✘")} ${text}`);
}

/** A side remark: a figure, an address, a path. */
export function note(text: string): void {
  console.log(`    ${chalk.dim(text)}`);
}

/** Something a person may copy and run. */
export function command(text: string): void {
  console.log(`    ${chalk.bold(text)}`);
}

/** Milliseconds as a person reads them. */
export function duration(milliseconds: number): string {
  return milliseconds < 60_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${String(Math.floor(milliseconds / 60_000))} min ${String(Math.floor((milliseconds % 60_000) / 1000))} s`;
}

/**
 * Runs `work`, showing that it goes on and how long it has taken. Marks the step as failed when `work`
 * throws, and rethrows; or when it answers false.
 */
export async function step<T>(text: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const elapsed = (): string => duration(performance.now() - started);
  if (!isWatched) console.log(`  ${text} ...`);

  const failed = (): void => {
    wrong(`${text} ${chalk.dim(`(${elapsed()})`)}`);
  };
  const spinner = isWatched ? ora({ text, indent: 2 }).start() : undefined;
  const clock = setInterval(() => {
    if (spinner !== undefined) spinner.text = `${text} ${chalk.dim(elapsed())}`;
  }, 500);
  try {
    // Lets the spinner draw once before work that may keep the thread busy.
    if (spinner !== undefined) await sleep(20);
    const result = await work();
    spinner?.stop();
    if (result === false) failed();
    else success(`${text} ${chalk.dim(`(${elapsed()})`)}`);
    return result;
  } catch (error) {
    spinner?.stop();
    failed();
    throw error;
  } finally {
    clearInterval(clock);
  }
}

/** Runs a script's body and turns what it throws into its last line and a non-zero exit. */
export async function main(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof Failure)) console.error(error);
    const sentence =
      error instanceof Failure
        ? error.message
        : "This failure was not foreseen: read the error above, and report it as an issue if it is not yours.";
    console.error(`\n${chalk.red.bold("Failed.")} ${sentence}`);
    process.exitCode = 1;
  }
}
