import { expect } from "chai";

import { measureRow } from "../../scripts/gas/measure.js";
import { changedForTheWorse, type GasReport, overCeiling } from "../../scripts/gas/report.js";
import { measureAll } from "../../scripts/gas/run.js";
import type { GasRow } from "../../scripts/gas/types.js";

const transfer: GasRow = {
  name: "transfer of coin",
  ceiling: 21_000,
  measure: ({ accounts }) => accounts.alice.sendTransaction({ to: accounts.bob, value: 1n }),
};

function report(ethereum: number, size = 1_000): GasReport {
  return {
    operations: { register: { ethereum, iotex: 2 * ethereum, ceiling: 110 } },
    sizes: { Registry: size },
  };
}

describe("the gas report", () => {
  it("measures a row's transaction in both columns", async () => {
    const measured = { ethereum: 21_000, iotex: 10_000, ceiling: 21_000 };
    expect(await measureRow(transfer)).to.deep.equal(measured);
  });

  it("divides by the number of items, and rounds up", async () => {
    const { ethereum, iotex } = await measureRow({ ...transfer, items: 8 });
    expect([ethereum, iotex]).to.deep.equal([2_625, 1_250]);
    expect((await measureRow({ ...transfer, items: 9 })).ethereum).to.equal(2_334);
  });

  it("refuses to measure nothing", async () => {
    await expect(measureAll([])).to.be.rejectedWith("Nothing was measured");
  });

  it("names each operation and contract over its ceiling", () => {
    expect(overCeiling(report(110, 24_576))).to.deep.equal([]);
    expect(overCeiling(report(111, 24_577))).to.deep.equal([
      "register: 111 gas is over its ceiling of 110",
      "Registry: 24577 bytes is over its ceiling of 24576",
    ]);
  });

  it("accepts a figure up to 1 % worse than the committed one, in either column", () => {
    expect(changedForTheWorse(report(101, 1_010), report(100))).to.deep.equal([]);
    expect(changedForTheWorse(report(50, 10), report(100))).to.deep.equal([]);
    expect(changedForTheWorse(report(102, 1_011), report(100))).to.deep.equal([
      "register (Ethereum gas): 102, which is 2.0 % more than the 100 in gas.json",
      "register (IoTeX gas): 204, which is 2.0 % more than the 200 in gas.json",
      "Registry (bytes): 1011, which is 1.1 % more than the 1000 in gas.json",
    ]);
  });

  it("names a row that came, and one that vanished", () => {
    const none: GasReport = { operations: {}, sizes: { Registry: 1_000 } };
    expect(changedForTheWorse(report(100), none)).to.deep.equal([
      "register (Ethereum gas): not in gas.json yet",
      "register (IoTeX gas): not in gas.json yet",
    ]);
    expect(changedForTheWorse(none, report(100))).to.deep.equal([
      "register (Ethereum gas): in gas.json, but no longer measured",
      "register (IoTeX gas): in gas.json, but no longer measured",
    ]);
  });
});
