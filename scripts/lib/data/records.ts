// Records from a CSV or JSON-lines file, one at a time, and the Merkle tree of them all: neither the file nor
// its hashes are ever in memory as a whole.
import { createReadStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream";

import { parse } from "csv-parse";

import { fail } from "../terminal.js";
import { writeTree } from "./merkleFile.js";
import { Numeral, type RecordSchema, type Value } from "./schema.js";

/** What is published of a file of records. */
export interface Dataset {
  root: string;
  recordCount: number;
  schemaHash: string;
}

/** Letters in a record: one that never ends must not fill the memory. */
const MAX_RECORD = 1 << 20;

/** Builds the tree of a file's records, for {@link MerkleFile} to prove them from. */
export async function buildTree(
  file: string,
  schema: RecordSchema,
  treeFile: string,
): Promise<Dataset> {
  if (path.resolve(file) === path.resolve(treeFile)) {
    fail(`The tree would replace ${file}: give it a file of its own.`);
  }
  return { ...(await writeTree(leavesOf(file, schema), treeFile)), schemaHash: schema.hash };
}

/** The records of a `.csv` file with a header, or of a `.jsonl` or `.ndjson` file, in order. */
export function readRecords(file: string, schema: RecordSchema): AsyncGenerator<Value[]> {
  switch (path.extname(file).toLowerCase()) {
    case ".csv":
      return readCsv(file, schema);
    case ".jsonl":
    case ".ndjson":
      return readJsonLines(file, schema);
    default:
      return fail(`${file} is of no known kind: name it .csv, .jsonl or .ndjson.`);
  }
}

async function* leavesOf(file: string, schema: RecordSchema): AsyncGenerator<Uint8Array> {
  for await (const values of readRecords(file, schema)) yield schema.leaf(values);
}

async function* readCsv(file: string, schema: RecordSchema): AsyncGenerator<Value[]> {
  const options = { max_record_size: MAX_RECORD };
  // An error destroys the last stream, from which it is thrown: the callback has nothing to add.
  const rows = pipeline(textOf(file), parse(options), () => undefined) as AsyncIterable<string[]>;
  let order: number[] | undefined;
  let row = 0;
  try {
    for await (const cells of rows) {
      if (order === undefined) {
        schema.checkNames(cells, file);
        order = schema.columns.map(({ name }) => cells.indexOf(name));
        continue;
      }
      row += 1;
      const ordered = order.map((index) => cells[index]);
      yield schema.read(ordered, `${file}, row ${row}`);
    }
  } catch (error) {
    if (!isCsvError(error)) throw error;
    fail(`${file}: ${error.message}; correct it, then start again.`);
  }
}

async function* readJsonLines(file: string, schema: RecordSchema): AsyncGenerator<Value[]> {
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    const where = `${file}, line ${line}`;
    yield schema.readRow(parseObject(text, where), where);
  }
}

function parseObject(text: string, where: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parseExactly(text, (_, value, { source }) =>
      typeof value === "number" ? new Numeral(source ?? "") : value,
    );
  } catch {
    fail(`${where} is not JSON: write one object on each line, and no empty line.`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    fail(`${where} is not a JSON object: write one object on each line.`);
  }
  return parsed as Record<string, unknown>;
}

/** `JSON.parse` with the source of each number, which TypeScript does not know of yet. */
const parseExactly = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/** node:readline would also end a line at U+2028, which JSON allows in a string, and knows no longest line. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of textOf(file)) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_RECORD)
      fail(`${file} has a line of over ${MAX_RECORD} letters: split it.`);
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** A file's text without its byte-order mark; where it is no UTF-8, two files could have one text. */
async function* textOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (piece?: Uint8Array): string => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      fail(`${file} is not UTF-8: convert it, then start again.`);
    }
  };
  for await (const piece of createReadStream(file)) yield decode(piece as Buffer);
  yield decode();
}

function isCsvError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("CSV_");
}
