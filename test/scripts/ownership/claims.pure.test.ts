import { expect } from "chai";
import { getAddress } from "ethers";

import { NATIVE } from "../../../scripts/lib/identity.js";
import {
  BLOCK_GAS,
  itemsOf,
  largestThatFits,
  MAX_CALLDATA,
  sourcesOf,
} from "../../../scripts/lib/ownership/claims.js";

const A = getAddress("0x00000000000000000000000000000000000000aa");
const B = getAddress("0x00000000000000000000000000000000000000bb");

describe("claims, off chain", () => {
  it("have every currency of every machine once, a machine's together", () => {
    const sources = sourcesOf([
      { shares: A, currencies: [NATIVE, A, NATIVE.toLowerCase()] },
      { shares: B, currencies: [] },
      { shares: B, currencies: [A] },
      { shares: A.toLowerCase(), currencies: [B, A] },
    ]);
    expect(sources).to.deep.equal([
      { shares: A, currency: NATIVE },
      { shares: A, currency: A },
      { shares: A, currency: B },
      { shares: B, currency: A },
    ]);
  });

  it("are sent with a machine's address once", () => {
    const sources = [
      { shares: A, currency: NATIVE },
      { shares: A, currency: B },
      { shares: B, currency: NATIVE },
    ];
    expect(itemsOf(sources)).to.deep.equal([
      { shares: A, currencies: [NATIVE, B] },
      { shares: B, currencies: [NATIVE] },
    ]);
    expect(itemsOf([])).to.deep.equal([]);
  });

  it("fit IoTeX: a block's gas, and what a transaction carries", () => {
    expect(BLOCK_GAS).to.equal(25_000_000n);
    expect(MAX_CALLDATA).to.equal(49_152);
  });

  it("are cut by halving: the largest that fits, asked for in few questions", async () => {
    for (const most of [1, 2, 3, 10, 100]) {
      for (let limit = 0; limit <= most; ++limit) {
        let questions = 0;
        const found = await largestThatFits(most, async (count) => {
          ++questions;
          return count <= limit ? count * 10 : undefined;
        });
        const expected = limit === 0 ? undefined : { count: limit, measured: limit * 10 };
        expect(found, `${limit} of ${most}`).to.deep.equal(expected);
        expect(questions).to.be.at.most(limit === most ? 1 : 2 + Math.log2(most));
      }
    }
  });
});
