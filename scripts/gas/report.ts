import type { Operation } from "./measure.js";
import { SIZE_CEILING } from "./sizes.js";

/** What gas.json holds. */
export interface GasReport {
  operations: Record<string, Operation>;
  /** Bytes of deployed code. */
  sizes: Record<string, number>;
}

/** A figure may be this much worse than the committed one before the check fails. */
const TOLERANCE = 0.01;

/** One sentence for each figure over its ceiling. */
export function overCeiling({ operations, sizes }: GasReport): string[] {
  const over = (name: string, value: number, ceiling: number, unit: string): string[] =>
    value > ceiling ? [`${name}: ${value} ${unit} is over its ceiling of ${ceiling}`] : [];
  return [
    ...Object.entries(operations).flatMap(([name, { ethereum, ceiling }]) =>
      over(name, ethereum, ceiling, "gas"),
    ),
    ...Object.entries(sizes).flatMap(([name, size]) => over(name, size, SIZE_CEILING, "bytes")),
  ];
}

/** One sentence for each figure that got worse, came or went since the committed report. */
export function changedForTheWorse(measured: GasReport, committed: GasReport): string[] {
  const now = figures(measured);
  const before = figures(committed);
  const worse = [...now].flatMap(([name, value]) => {
    const old = before.get(name);
    if (old === undefined) return [`${name}: not in gas.json yet`];
    if (value <= old * (1 + TOLERANCE)) return [];
    const percent = ((value / old - 1) * 100).toFixed(1);
    return [`${name}: ${value}, which is ${percent} % more than the ${old} in gas.json`];
  });
  const gone = [...before.keys()].filter((name) => !now.has(name));
  return [...worse, ...gone.map((name) => `${name}: in gas.json, but no longer measured`)];
}

/** Every figure of a report under one name. */
function figures({ operations, sizes }: GasReport): Map<string, number> {
  return new Map([
    ...Object.entries(operations).flatMap(([name, { ethereum, iotex }]): [string, number][] => [
      [`${name} (Ethereum gas)`, ethereum],
      [`${name} (IoTeX gas)`, iotex],
    ]),
    ...Object.entries(sizes).map(([name, size]): [string, number] => [`${name} (bytes)`, size]),
  ]);
}
