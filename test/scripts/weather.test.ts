import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { expect } from "chai";

import { csvOf, isProven, merkleTree, readObservations } from "../../scripts/demo/weather.js";
import { Failure } from "../../scripts/lib/terminal.js";

const HEAD = "date,precipitation,temp_max,temp_min,wind,weather\n";

/** The sentence that reading a file ends with. */
async function failureOn(file: string): Promise<string> {
  try {
    await readObservations(pathToFileURL(file));
    return "";
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

describe("the weather that the demo is about", () => {
  it("is that of every day of four years, in integers", async () => {
    const days = await readObservations();
    expect(days).to.have.lengthOf(1_461);
    expect(days.at(0)).to.deep.equal({
      date: "2012-01-01",
      time: Date.UTC(2012, 0, 1) / 1000,
      precipitation: 0,
      high: 128,
      low: 50,
      wind: 47,
      weather: "drizzle",
    });
    expect(days.every(({ time }, index) => time === (days.at(0)?.time ?? 0) + index * 86_400)).to.be
      .true;
  });

  it("proves each day by its own record only", async () => {
    const days = (await readObservations()).slice(0, 5);
    const tree = merkleTree(days);
    days.forEach((day, index) => {
      const proof = tree.getProof(index);
      expect(isProven(tree.root, day, proof)).to.be.true;
      expect(isProven(tree.root, { ...day, wind: day.wind + 1 }, proof)).to.be.false;
    });
  });

  it("can be cut down to some years or months, line by line as it is", async () => {
    const text = await csvOf("2012-01", "2014");
    const lines = text.split("\n");
    expect(lines).to.have.lengthOf(1 + 31 + 365 + 1);
    expect(lines.slice(0, 2)).to.deep.equal([HEAD.trim(), "2012-01-01,0.0,12.8,5.0,4.7,drizzle"]);
    expect(lines.at(-2)).to.match(/^2014-12-31,/);
    expect(lines.at(-1)).to.equal("");
  });

  it("fails where days are missing, or the file is", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "defiot-"));
    const file = path.join(folder, "weather.csv");
    try {
      await writeFile(file, `${HEAD}2012-01-01,0.0,12.8,5.0,4.7,drizzle\n`);
      expect(await failureOn(file)).to.contain(
        "1 days of weather were read where 1461 are expected",
      );
      expect(await failureOn(path.join(folder, "none.csv"))).to.contain("run `npm ci`");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
