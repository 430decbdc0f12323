// Runs Hardhat's own command line as a child, on the Node that runs us, and hands back what it said.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";

import chalk from "chalk";

const cli = fileURLToPath(new URL("../../node_modules/hardhat/dist/src/cli.js", import.meta.url));

export interface Finished {
  ok: boolean;
  /** Standard output and standard error, in the order they came, without colour. */
  output: string;
}

export interface RunOptions {
  /** Show the output while it comes. Without it, the caller shows what matters. */
  echo?: boolean;
  env?: Record<string, string>;
}

/** Runs a Node program to its end. */
export async function runNode(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...(options.echo === true && chalk.level > 0 ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" }),
      ...options.env,
    },
  });
  let output = "";
  const collect = (target: NodeJS.WriteStream) => (chunk: Buffer) => {
    output += chunk.toString();
    if (options.echo === true) target.write(chunk);
  };
  child.stdout.on("data", collect(process.stdout));
  child.stderr.on("data", collect(process.stderr));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { ok: code === 0, output: stripVTControlCharacters(output) };
}

/** Runs `hardhat <args>` to its end. */
export function runHardhat(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return runNode([cli, ...args], options);
}
