import { expect } from "chai";

import { hasZ3, prove } from "../../scripts/lib/smt.js";

/** A proof file that claims `claim` of `x` and `half(x)`. */
function claiming(claim: string): string {
  return `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Comparators} from "@openzeppelin/contracts/utils/Comparators.sol";

library Halves {
    function half(uint256 x) internal pure returns (uint256) {
        return Comparators.lt(x / 2, x) ? x / 2 : 0;
    }
}

contract HalvesProof {
    function claim(uint256 x) external pure {
        assert(${claim});
    }
}
`;
}

describe("proving asserts", () => {
  before(function () {
    if (hasZ3()) return;
    console.log("      skipped: install the z3 solver to run this");
    this.skip();
  });

  it("proves what holds for every input", () => {
    const source = claiming("Halves.half(x) <= x");
    expect(prove("test/shared/Halves.prove.sol", source)).to.deep.equal({
      proved: 1,
      unproved: [],
    });
  });

  it("refutes what fails for a single input", () => {
    const { proved, unproved } = prove(
      "test/shared/Halves.prove.sol",
      claiming("Halves.half(x) < x"),
    );
    expect(proved).to.equal(0);
    expect(unproved).to.have.lengthOf(1);
    expect(unproved[0]).to.include("Assertion violation happens here");
  });

  it("proves nothing of a file that does not compile", () => {
    const { proved, unproved } = prove("test/shared/Halves.prove.sol", claiming("missing(x)"));
    expect(proved).to.equal(0);
    expect(unproved[0]).to.include("Undeclared identifier");
  });
});
