// Proves the asserts of a Solidity file with the compiler's own SMTChecker: solc turns each into a query,
// z3 answers it. For pure arithmetic this holds for every input, where a fuzz test tries some.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import solc from "solc";

/** Seconds that z3 may think about one assert. */
const TIMEOUT = 60;

/** What makes z3's Horn solver find the invariants that solc's queries need. */
const Z3_ARGUMENTS = [
  "-smt2",
  "-in",
  `-T:${TIMEOUT}`,
  "rewriter.pull_cheap_ite=true",
  "fp.spacer.q3.use_qgen=true",
  "fp.spacer.mbqi=false",
  "fp.spacer.ground_pobs=false",
];

/** solc's code for a target that was proved; it says so only where it is asked to. */
const PROVED = "9576";

type Answer = { contents: string } | { error: string };

interface Message {
  errorCode?: string;
  formattedMessage: string;
  message: string;
  severity: "error" | "warning" | "info";
}

const compile = solc.compile as (
  input: string,
  callbacks: { import: (file: string) => Answer; smtSolver: (query: string) => Answer },
) => string;

export interface Proof {
  /** How many asserts hold for every input. */
  proved: number;
  /** What solc says about each that does not, or that it could not decide. */
  unproved: string[];
}

export function hasZ3(): boolean {
  return spawnSync("z3", ["--version"], { stdio: "ignore" }).status === 0;
}

/** Proves the asserts of every contract in `source`, whose imports are resolved as `file`'s are. */
export function prove(file: string, source: string): Proof {
  const contracts = [...source.matchAll(/^contract\s+(\w+)/gm)].map(([, name]) => name);
  const input = {
    language: "Solidity",
    sources: { [file]: { content: source } },
    settings: {
      modelChecker: {
        contracts: { [file]: contracts },
        engine: "chc",
        solvers: ["smtlib2"],
        targets: ["assert"],
        showProvedSafe: true,
        showUnproved: true,
      },
      outputSelection: {},
    },
  };
  const output = compile(JSON.stringify(input), { import: readImport, smtSolver: askZ3 });
  const { errors = [] } = JSON.parse(output) as { errors?: Message[] };

  // Everything else that the checker says means that something stayed without proof.
  const said = errors.filter(
    ({ message, severity }) => severity === "error" || /\b(CHC|SMT|solver)\b/.test(message),
  );
  const unproved = said.filter(({ errorCode }) => errorCode !== PROVED);
  return {
    proved: said.length - unproved.length,
    unproved: unproved.map(({ formattedMessage }) => formattedMessage.trim()),
  };
}

function readImport(file: string): Answer {
  const found = [file, path.join("node_modules", file)].find((candidate) => existsSync(candidate));
  return found === undefined
    ? { error: `${file} is neither here nor in node_modules` }
    : { contents: readFileSync(found, "utf8") };
}

function askZ3(query: string): Answer {
  // z3 ends with an error when it is asked for a model that does not exist; its answer stands all the same.
  const { stdout, error } = spawnSync("z3", Z3_ARGUMENTS, { input: query, encoding: "utf8" });
  if (error !== undefined) return { error: error.message };
  return /^(sat|unsat|unknown|timeout)/.test(stdout) ? { contents: stdout } : { error: stdout };
}
