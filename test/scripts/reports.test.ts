import { expect } from "chai";

import { parseLcov, readStatementShare } from "../../scripts/lib/coverageReport.js";
import { readTestCounts } from "../../scripts/lib/testCounts.js";

describe("reading what tools report", () => {
  it("finds the lines of each file that never ran", () => {
    const lcov =
      "TN:\nSF:contracts/A.sol\nDA:3,1\nDA:4,0\nLH:1\nLF:2\nend_of_record\n" +
      "SF:contracts/B.sol\nDA:9,2\nend_of_record\n";
    expect(parseLcov(lcov)).to.deep.equal([
      { path: "contracts/A.sol", lines: 2, uncovered: [4] },
      { path: "contracts/B.sol", lines: 1, uncovered: [] },
    ]);
  });

  it("finds nothing in an empty report", () => {
    expect(parseLcov("")).to.deep.equal([]);
  });

  it("finds the share of statements that ran in the table of coverage", () => {
    const table = "║ contracts/A.sol │ 100.00 │ 50.00 │ - ║\n║ Total │ 100.00 │ 99.10 │ ║\n";
    expect(readStatementShare(table)).to.equal("99.10");
    expect(readStatementShare("no table")).to.equal(undefined);
  });

  it("counts the passing tests of each kind", () => {
    const both = "  9 passing (1s)\n\n13 passing (4 solidity, 9 mocha)\n";
    expect(readTestCounts(both)).to.deep.equal({ solidity: 4, mocha: 9 });
    expect(readTestCounts("9 passing (9 mocha)")).to.deep.equal({ solidity: 0, mocha: 9 });
    expect(readTestCounts("no tests")).to.deep.equal({ solidity: 0, mocha: 0 });
  });
});
