// Real input: what a weather station in Seattle observed on every day of four years (NOAA), as the npm package
// vega-datasets carries it.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { parse } from "csv-parse/sync";

import { RecordSchema } from "../lib/data/schema.js";
import { fail } from "../lib/terminal.js";

const FILE = new URL("../data/seattle-weather.csv", import.meta.resolve("vega-datasets"));

/** Every day of 2012 to 2015. */
const DAYS = 1_461;

/** A day's observation as the station signs it: integers, since a hash has no patience with 0.1 + 0.2. */
export interface Observation {
  date: string;
  /** Midnight UTC, in seconds. */
  time: number;
  /** In tenths of a millimetre. */
  precipitation: number;
  /** In tenths of a degree Celsius. */
  high: number;
  low: number;
  /** In tenths of a metre per second. */
  wind: number;
  weather: string;
}

/** The file's columns, and how a record of it is hashed. */
export const WEATHER = new RecordSchema([
  { name: "date", type: "time" },
  { name: "precipitation", type: "uint32", decimals: 1 },
  { name: "temp_max", type: "int32", decimals: 1 },
  { name: "temp_min", type: "int32", decimals: 1 },
  { name: "wind", type: "uint32", decimals: 1 },
  { name: "weather", type: "string" },
]);

/** A leaf: time, precipitation, high, low, wind, weather. */
const LEAF = [...WEATHER.types];

/** Reads the observations; there are 1,461 or there is no story. */
export async function readObservations(file = FILE): Promise<Observation[]> {
  const text = await readText(file);
  const rows: Record<string, string>[] = parse(text, { columns: true });
  if (rows.length !== DAYS) {
    fail(`${rows.length} days of weather were read where ${DAYS} are expected: run \`npm ci\`.`);
  }
  return rows.map(readRow);
}

/** The file cut down to the days whose dates begin in one of these ways, such as `2014` or `2015-01`. */
export async function csvOf(...beginnings: string[]): Promise<string> {
  const [head = "", ...days] = (await readText(FILE)).trimEnd().split("\n");
  const wanted = days.filter((day) => beginnings.some((beginning) => day.startsWith(beginning)));
  return [head, ...wanted, ""].join("\n");
}

/** The tree whose root the station signs. */
export function merkleTree(
  observations: readonly Observation[],
): StandardMerkleTree<ReturnType<typeof leafOf>> {
  return StandardMerkleTree.of(observations.map(leafOf), LEAF);
}

/** Whether a proof leads from an observation to the root; that needs neither the other days nor a chain. */
export function isProven(root: string, observation: Observation, proof: string[]): boolean {
  return StandardMerkleTree.verify(root, LEAF, leafOf(observation), proof);
}

export function leafOf(day: Observation): (number | string)[] {
  return [day.time, day.precipitation, day.high, day.low, day.wind, day.weather];
}

function readText(file: URL): Promise<string> {
  return readFile(file, "utf8").catch(() =>
    fail(`There is no ${fileURLToPath(file)}: run \`npm ci\`, which installs vega-datasets.`),
  );
}

function readRow(row: Record<string, string>): Observation {
  const text = (column: string): string =>
    row[column] ?? fail(`seattle-weather.csv has no column "${column}": run \`npm ci\`.`);
  const tenths = (column: string): number => {
    const figure = Math.round(Number(text(column)) * 10);
    return Number.isInteger(figure)
      ? figure
      : fail(`"${text(column)}" is no ${column}: run \`npm ci\`.`);
  };
  const date = text("date");
  return {
    date,
    time: Date.parse(`${date}T00:00:00Z`) / 1000,
    precipitation: tenths("precipitation"),
    high: tenths("temp_max"),
    low: tenths("temp_min"),
    wind: tenths("wind"),
    weather: text("weather"),
  };
}
