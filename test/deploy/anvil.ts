import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

/** A node that shares no code with Hardhat's. */
export interface Anvil {
  url: string;
  stop(): Promise<void>;
}

/**
 * Where Anvil's program is: npm's own package on Linux x64, elsewhere whatever is on the PATH.
 * Undefined when there is none.
 */
export function findAnvil(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve("@foundry-rs/anvil-linux-amd64/bin/anvil");
  } catch {
    const found = spawnSync("anvil", ["--version"], { stdio: "ignore" }).status === 0;
    return found ? "anvil" : undefined;
  }
}

/** Starts Anvil on a free port of this machine only. */
export async function startAnvil(program: string): Promise<Anvil> {
  const args = [
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "--hardfork",
    "cancun",
    "--chain-id",
    "31337",
    // As many as Hardhat's node has: we name more than Anvil's ten.
    "--accounts",
    "20",
  ];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill();
    await exited;
  };
  return { url: await listeningUrl(child), stop };
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("Anvil's output is not piped");
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /Listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address === undefined) continue;
    child.stdout.resume();
    return `http://${address}`;
  }
  throw new Error(`Anvil ended before it listened, with code ${String(child.exitCode)}`);
}
