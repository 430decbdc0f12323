/** Which lines of a source file tests can reach, and which none reached. */
export interface MeasuredFile {
  path: string;
  lines: number;
  uncovered: number[];
}

/** Reads an lcov report. */
export function parseLcov(report: string): MeasuredFile[] {
  const files: MeasuredFile[] = [];
  let file: MeasuredFile | undefined;
  for (const line of report.split("\n")) {
    const [, keyword, value = ""] = /^(\w+):(.*)$/.exec(line) ?? [];
    if (keyword === "SF") {
      file = { path: value.replaceAll("\\", "/"), lines: 0, uncovered: [] };
      files.push(file);
    } else if (keyword === "DA" && file !== undefined) {
      const [number, hits] = value.split(",").map(Number);
      file.lines += 1;
      if (hits === 0 && number !== undefined) file.uncovered.push(number);
    }
  }
  return files;
}

/**
 * The share of statements, which Hardhat only prints. Its lcov report has lines alone; a line counts as
 * covered when every statement on it ran.
 */
export function readStatementShare(output: string): string | undefined {
  return /^.*\bTotal\b[^\d\n]*[\d.]+[^\d\n]+([\d.]+)[^\d\n]*$/m.exec(output)?.[1];
}
