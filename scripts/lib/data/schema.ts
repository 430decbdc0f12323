// What a record is: named columns, each of an ABI type. A value is read from text exactly or not at all:
// what a device signed must be the same number on every machine, and floats are not.
import { keccak256, toUtf8Bytes } from "ethers";

import { fail } from "../terminal.js";
import { leafHash } from "./leaf.js";

/** `time` is an ISO 8601 date, or time with its offset, or seconds; it becomes a `uint48` of seconds. */
export type ColumnType = `uint${number}` | `int${number}` | "string" | "bytes32" | "bool" | "time";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Places after the point that an integer stands for: with 1, `12.8` is 128. None if not given. */
  readonly decimals?: number;
}

/** A column's value as it is hashed. */
export type Value = bigint | string | boolean;

/** A number as JSON wrote it: `JSON.parse` alone would make a float of it. */
export class Numeral {
  constructor(readonly text: string) {}
}

type Reader = (cell: unknown) => Value;

/** The largest integer has 78 digits; a longer text is an attack on whoever parses it. */
const DECIMAL = /^(-?\d{1,78})(?:\.(\d{1,78}))?$/;
const MAX_DECIMALS = 77;
const DATE = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d:\d\d(?:\.0+)?(?:Z|[+-]\d\d:\d\d))?$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Letters of a faulty value that an error repeats. */
const QUOTED = 40;

/** The columns of a file of records, and how each is read and hashed. */
export class RecordSchema {
  readonly columns: readonly Required<Column>[];
  /** The ABI types of a leaf, in order. */
  readonly types: readonly string[];
  /** What a publication carries: the Keccak-256 of the columns as canonical JSON (RFC 8785). */
  readonly hash: string;
  readonly #readers: readonly Reader[];

  constructor(columns: readonly Column[]) {
    if (columns.length === 0) fail("A schema needs a column: name one at least.");
    if (new Set(columns.map(({ name }) => name)).size !== columns.length) {
      fail("Two columns of the schema have the same name: rename one.");
    }
    this.#readers = columns.map(readerOf);
    // RFC 8785 sorts keys by name; written in that order, JSON.stringify is canonical.
    this.columns = columns.map(({ name, type, decimals = 0 }) => ({ decimals, name, type }));
    this.types = columns.map(({ type }) => (type === "time" ? "uint48" : type));
    this.hash = keccak256(toUtf8Bytes(JSON.stringify(this.columns)));
  }

  /** Reads a record's cells, in the order of the columns; `where` says in an error what was being read. */
  read(cells: readonly unknown[], where: string): Value[] {
    return this.#readers.map((reader, index) => {
      try {
        return reader(cells[index]);
      } catch (error) {
        const column = JSON.stringify(this.columns[index]?.name);
        fail(
          `${where}, column ${column}: ${error instanceof Error ? error.message : "unreadable"}`,
        );
      }
    });
  }

  /** Reads a record given by its columns' names; each must be there, and nothing else. */
  readRow(row: Readonly<Record<string, unknown>>, where = "The record"): Value[] {
    this.checkNames(Object.keys(row), where);
    const cells = this.columns.map(({ name }) => row[name]);
    return this.read(cells, where);
  }

  /** Refuses names that are not exactly the columns: what the schema leaves out, nobody would have signed. */
  checkNames(names: readonly string[], where: string): void {
    const given = new Set(names);
    const missing = this.columns.find(({ name }) => !given.has(name));
    if (missing !== undefined) {
      fail(
        `${where} has no column ${JSON.stringify(missing.name)}: add it, or take it out of the schema.`,
      );
    }
    if (names.length === this.columns.length) return;
    const known = new Set(this.columns.map(({ name }) => name));
    const surplus =
      names.find((name) => !known.has(name)) ?? names.find((name, i) => names.indexOf(name) !== i);
    fail(
      `${where} has a surplus column ${quote(surplus ?? "")}: drop it, or add it to the schema.`,
    );
  }

  /** The leaf of a record in a standard Merkle tree. */
  leaf(values: readonly Value[]): Uint8Array {
    return leafHash(this.types, values);
  }
}

function readerOf({ name, type, decimals = 0 }: Column): Reader {
  const [, unsigned, bits] = /^(u?)int([1-9]\d*)$/.exec(type) ?? [];
  if (LONE_SURROGATE.test(name)) fail("A column's name is not Unicode: rename it.");
  if (bits !== undefined) {
    return integerReader(name, unsigned === "u", Number(bits), decimals);
  }
  if (decimals !== 0) fail(`Column ${quote(name)} is no integer: it has no decimals.`);
  switch (type) {
    case "string":
      return readString;
    case "bytes32":
      return readBytes32;
    case "bool":
      return readBool;
    case "time":
      return readTime;
    default:
      return fail(`Column ${quote(name)} has the unknown type ${quote(type)}: take an ABI type.`);
  }
}

function integerReader(name: string, unsigned: boolean, bits: number, decimals: number): Reader {
  if (bits < 8 || bits > 256 || bits % 8 !== 0) {
    fail(`Column ${quote(name)} has ${bits} bits: take a multiple of 8 up to 256.`);
  }
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > MAX_DECIMALS) {
    fail(`Column ${quote(name)} has ${decimals} decimals: take 0 to ${MAX_DECIMALS}.`);
  }
  const range = 1n << BigInt(unsigned ? bits : bits - 1);
  const lowest = unsigned ? 0n : -range;
  return (cell) => {
    const text = textOf(cell);
    const [, whole, fraction = ""] = DECIMAL.exec(text) ?? [];
    if (whole === undefined) throw new Error(`${quote(text)} is not a plain decimal number.`);
    if (fraction.length > decimals) {
      throw new Error(
        `${quote(text)} has more decimals than the ${decimals} declared: round it, or declare more.`,
      );
    }
    const value = BigInt(whole + fraction.padEnd(decimals, "0"));
    if (value < lowest || value >= range) {
      throw new Error(
        `${quote(text)} does not fit ${unsigned ? "u" : ""}int${bits}: widen the type.`,
      );
    }
    return value;
  };
}

function readTime(cell: unknown): bigint {
  const text = textOf(cell);
  if (/^\d{1,14}$/.test(text)) return BigInt(text);
  const day = DATE.exec(text)?.[1];
  const milliseconds = day !== undefined && isDay(day) ? Date.parse(text) : NaN;
  if (!(milliseconds >= 0)) {
    throw new Error(
      `${quote(text)} is no time since 1970: write 2026-01-31, 2026-01-31T12:00:00Z or seconds.`,
    );
  }
  return BigInt(milliseconds / 1000);
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDay(day: string): boolean {
  const milliseconds = Date.parse(day);
  return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(day);
}

function readString(cell: unknown): string {
  if (typeof cell !== "string") throw new Error(`${quote(cell)} is not a string.`);
  if (LONE_SURROGATE.test(cell)) throw new Error(`${quote(cell)} is not Unicode.`);
  return cell;
}

function readBytes32(cell: unknown): string {
  if (typeof cell !== "string" || !/^0x[0-9a-f]{64}$/i.test(cell)) {
    throw new Error(`${quote(cell)} is not 0x and 64 hexadecimal digits.`);
  }
  return cell.toLowerCase();
}

function readBool(cell: unknown): boolean {
  if (cell === true || cell === "true") return true;
  if (cell === false || cell === "false") return false;
  throw new Error(`${quote(cell)} is neither true nor false.`);
}

/** A number as it was written; a program may also give integers. */
function textOf(cell: unknown): string {
  if (typeof cell === "string") return cell;
  if (cell instanceof Numeral) return cell.text;
  if (typeof cell === "bigint" || Number.isSafeInteger(cell)) return String(cell);
  throw new Error(`${quote(cell)} is not a number.`);
}

function quote(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = value instanceof Numeral ? value.text : JSON.stringify(value);
  return text.length <= QUOTED ? text : `${text.slice(0, QUOTED)}…`;
}
