import { expect } from "chai";
import hre from "hardhat";

import { namedAccounts } from "../../scripts/lib/accounts.js";
import { ethereumIntrinsicGas, iotexGas } from "../../scripts/lib/iotexGas.js";

const to = "0x000000000000000000000000000000000000dEaD";

describe("what a transaction costs on IoTeX", () => {
  it("is 10,000 for a plain transfer", () => {
    // Ethereum: 21,000, all of it before execution.
    expect(iotexGas({ data: "0x", to }, 21_000)).to.equal(10_000);
  });

  it("replaces what Ethereum charges for calldata, zero bytes too", () => {
    // Two non-zero and two zero bytes: Ethereum 21,000 + 2*16 + 2*4 = 21,040, and 30,000 of execution.
    const data = "0x01000200";
    expect(ethereumIntrinsicGas({ data, to })).to.equal(21_040);
    // 10,000 + 4*100 + 30,000.
    expect(iotexGas({ data, to }, 51_040)).to.equal(40_400);
  });

  it("never falls below 10,000 and 250 per byte", () => {
    // 100 zero bytes and 500 of execution: charged 10,000 + 10,000 + 500, floor 10,000 + 25,000.
    const data = `0x${"00".repeat(100)}`;
    expect(iotexGas({ data, to }, 21_000 + 400 + 500)).to.equal(35_000);
  });

  it("leaves out what only Ethereum charges for creating a contract", () => {
    // 33 non-zero bytes are two words: Ethereum 21,000 + 32,000 + 33*16 + 2*2 = 53,532.
    const data = `0x${"ff".repeat(33)}`;
    expect(ethereumIntrinsicGas({ data, to: null })).to.equal(53_532);
    // 10,000 + 33*100 + 10,000 of execution.
    expect(iotexGas({ data, to: null }, 63_532)).to.equal(23_300);
  });

  it("knows what the in-process chain charges before a transaction runs", async () => {
    const { ethers } = await hre.network.create();
    const { alice } = await namedAccounts(ethers);
    // Calldata to an account without code: nothing executes.
    const call = await alice.sendTransaction({ to, data: "0x0001020300" });
    expect((await call.wait())?.gasUsed).to.equal(BigInt(ethereumIntrinsicGas(call)));
    // Creation code that is one STOP leaves an empty contract: nothing executes, nothing is stored.
    const creation = await alice.sendTransaction({ data: "0x00" });
    expect((await creation.wait())?.gasUsed).to.equal(BigInt(ethereumIntrinsicGas(creation)));
  });
});
