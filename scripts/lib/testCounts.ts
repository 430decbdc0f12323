export interface TestCounts {
  solidity: number;
  mocha: number;
}

/** Reads how many tests passed, of each kind, from the last lines of `hardhat test`. */
export function readTestCounts(output: string): TestCounts {
  const summary = /^\d+ passing \((.*)\)$/m.exec(output)?.[1] ?? "";
  const count = (kind: string): number =>
    Number(new RegExp(`(\\d+) ${kind}\\b`).exec(summary)?.[1] ?? 0);
  return { solidity: count("solidity"), mocha: count("mocha") };
}
