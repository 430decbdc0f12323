// A forecast as plain as one can be made, and how good it was.
import { RecordSchema, type Value } from "../../lib/data/schema.js";
import { type Observation, readObservations } from "../weather.js";

/** Records of a forecast. */
export const FORECAST = new RecordSchema([
  { name: "date", type: "time" },
  { name: "temp_max", type: "int32", decimals: 1 },
  { name: "temp_min", type: "int32", decimals: 1 },
]);

export interface Forecast {
  csv: string;
  /** By how many degrees its highs were off, on average. */
  error: number;
}

/** Sums over the years of one day, in tenths of a degree. */
interface Day {
  years: number;
  high: number;
  low: number;
}

/** Forecasts each day of 2015 by the mean of that day in the years before, and compares it with what came. */
export async function forecastOf(records: AsyncIterable<Value[]>): Promise<Forecast> {
  const days = new Map<string, Day>();
  for await (const [time, , high, low] of records) {
    const name = new Date(Number(time) * 1000).toISOString().slice(5, 10);
    const day = days.get(name) ?? { years: 0, high: 0, low: 0 };
    const sums = { high: day.high + Number(high), low: day.low + Number(low) };
    days.set(name, { years: day.years + 1, ...sums });
  }
  const mean = ({ years, high }: Day): number => Math.round(high / years);
  const actual = (await readObservations()).filter(({ date }) => date.startsWith("2015"));
  const dayOf = ({ date }: Observation): Day => {
    const day = days.get(date.slice(5));
    if (day === undefined) throw new Error(`The archive has no ${date.slice(5)}`);
    return day;
  };
  const lines = actual.map((day) => {
    const { years, high, low } = dayOf(day);
    return [day.date, tenths(high / years), tenths(low / years)].join(",");
  });
  const off = actual.map((day) => Math.abs(mean(dayOf(day)) - day.high));
  return {
    csv: ["date,temp_max,temp_min", ...lines, ""].join("\n"),
    error: off.reduce((sum, each) => sum + each, 0) / off.length / 10,
  };
}

function tenths(amount: number): string {
  return (Math.round(amount) / 10).toFixed(1);
}
