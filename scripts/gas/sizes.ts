import { readFile } from "node:fs/promises";

import { dataLength } from "ethers";
import hre from "hardhat";

/** The most bytes of code a contract may have on chain (EIP-170). */
export const SIZE_CEILING = 24_576;

/** What can be called. A library of internal functions has none of these, and nobody deploys it. */
const ENTRY_POINTS = new Set(["function", "fallback", "receive"]);

interface BuildInfo {
  input: { settings: { viaIR?: boolean; optimizer?: { runs?: number } } };
}

/** Bytes on chain of every contract that deploy/ may deploy, by name, sorted. */
export async function deployedSizes(): Promise<Record<string, number>> {
  const names = [...(await hre.artifacts.getAllFullyQualifiedNames())].sort();
  const sizes: Record<string, number> = {};
  for (const name of names) {
    if (!name.startsWith("contracts/") || name.startsWith("contracts/mocks/")) continue;
    const { abi, contractName, deployedBytecode } = await hre.artifacts.readArtifact(name);
    const isCallable = abi.some(({ type }: { type: string }) => ENTRY_POINTS.has(type));
    if (deployedBytecode === "0x" || !isCallable) continue;
    await assertProduction(name);
    sizes[contractName] = dataLength(deployedBytecode);
  }
  return sizes;
}

/** Throws unless the artifact was compiled as what is deployed is: figures of another
 * build would be about nothing. */
export async function assertProduction(fullyQualifiedName: string): Promise<void> {
  const id = await hre.artifacts.getBuildInfoId(fullyQualifiedName);
  const file = id === undefined ? undefined : await hre.artifacts.getBuildInfoPath(id);
  if (file === undefined) throw new Error(`${fullyQualifiedName} has no build info`);

  const { settings } = (JSON.parse(await readFile(file, "utf8")) as BuildInfo).input;
  if (settings.viaIR !== true) {
    throw new Error(`${fullyQualifiedName} was not compiled with the production profile`);
  }
}
