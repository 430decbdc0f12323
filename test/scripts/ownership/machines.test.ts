import { readFile } from "node:fs/promises";

import { expect } from "chai";
import { AbiCoder, dataSlice, decodeBytes32String, id, toUtf8String, Wallet } from "ethers";
import { network } from "hardhat";

import { namedAccounts } from "../../../scripts/lib/accounts.js";
import { P256Key, Secp256k1Key } from "../../../scripts/lib/deviceKey.js";
import { NATIVE, NEVER } from "../../../scripts/lib/identity.js";
import {
  evidenceOf,
  machineOf,
  milestoneOf,
  MilestoneStatus,
  Motion,
  offeringOf,
  OfferingStatus,
  openingData,
  Outcome,
  payloadOf,
  sharesIn,
  shortString,
  signAttestedEvidence,
  signEvidence,
  Stage,
} from "../../../scripts/lib/ownership/machines.js";
import {
  DeviceAccount__factory,
  MachineOfferings__factory,
} from "../../../typechain-types/index.js";
import { deployIdentity, registerDevice } from "../../identity/fixture.js";

const SHARES = "0x1111111111111111111111111111111111111111";

describe("machines and their offerings, as they are written", () => {
  describe("a symbol", () => {
    /** What OpenZeppelin's ShortStrings reads out of the word. */
    const read = (word: string): string =>
      toUtf8String(dataSlice(word, 0, Number(dataSlice(word, 31))));

    for (const length of [1, 6, 30, 31]) {
      it(`of ${String(length)} letters is kept whole`, () => {
        const text = "EVC-07abcdefghijklmnopqrstuvwxyz".slice(0, length);
        const word = shortString(text);
        expect(word).to.have.lengthOf(66);
        expect(Number(dataSlice(word, 31))).to.equal(length);
        expect(read(word)).to.equal(text);
        expect(decodeBytes32String(`${dataSlice(word, 0, 31)}00`)).to.equal(text);
      });
    }

    it("counts bytes, not letters", () => {
      expect(read(shortString("Ladesäule"))).to.equal("Ladesäule");
      expect(Number(dataSlice(shortString("Ladesäule"), 31))).to.equal(10);
      expect(read(shortString("ä".repeat(15)))).to.equal("ä".repeat(15));
      expect(() => shortString("ä".repeat(16))).to.throw("takes 32 bytes: shorten it to 31");
    });

    it("is refused without a letter, and with 32, in a sentence that says what to do", () => {
      expect(() => shortString("")).to.throw(
        "The symbol is empty: give the machine one of 1 to 31 letters",
      );
      const long = "x".repeat(32);
      const sentence =
        `The symbol "${long}" takes 32 bytes: shorten it to 31 ` +
        "(a letter from A to Z takes one)";
      expect(() => shortString(long)).to.throw(sentence);
      expect(() => machineOf(1n, SHARES, { symbol: "" })).to.throw("The symbol is empty");
      expect(() => machineOf(1n, SHARES, { symbol: long })).to.throw(sentence);
    });

    it("is what the machine's shares are called on the chain", async () => {
      const identity = await deployIdentity();
      const { machineOfferings, accounts, connection } = identity;
      const { deviceId } = await registerDevice(identity);
      const asAlice = machineOfferings.connect(accounts.alice);
      const start = await connection.networkHelpers.time.latest();
      for (const symbol of ["X", "EVC-07", "ABCDEFGHIJKLMNOPQRSTUVWXYZ-2345", "Ladesäule"]) {
        const machine = machineOf(deviceId, accounts.alice.address, { symbol });
        const creating = await asAlice.create(machine, offeringOf(1n, 10, start));
        const receipt = await creating.wait();
        if (!receipt) throw new Error("No offering was created");
        expect(await sharesIn(asAlice, receipt).symbol()).to.equal(symbol);
      }
    });
  });

  describe("a machine and an offering", () => {
    it("have the usual terms where nothing else is said", () => {
      expect(machineOf(5n, SHARES)).to.deep.equal({
        deviceId: 5n,
        symbol: shortString("MACHINE"),
        operator: SHARES,
        operatorBps: 2_000,
        quorumBps: 2_000,
        majorityBps: 5_000,
        votingPeriod: 259_200,
        currency: NATIVE,
        buyoutFloor: 0,
        workingBalances: [],
      });
      const offering = offeringOf(7n, 100, 1_000);
      const end = 1_000 + 30 * 86_400;
      expect(offering).to.include({ price: 7n, softCap: 100, hardCap: 100, start: 1_000, end });
      expect(offering.milestones).to.deep.equal([
        {
          bps: 10_000,
          notBefore: 0,
          deadline: end + 90 * 86_400,
          requirement: `0x${"00".repeat(18)}`,
        },
      ]);
    });

    it("have what is said", () => {
      expect(machineOf(5n, SHARES, { operatorBps: 1, symbol: "A" })).to.include({
        operatorBps: 1,
        symbol: shortString("A"),
      });
      expect(offeringOf(7n, 100, 1_000, { end: 2_000 })).to.include({ end: 2_000 });
      expect(offeringOf(7n, 100, 1_000, { end: 2_000 }).milestones[0]?.deadline).to.equal(
        2_000 + 90 * 86_400,
      );
      expect(milestoneOf(3, 4, { notBefore: 2 })).to.include({ bps: 3, deadline: 4, notBefore: 2 });
    });
  });

  it("opens an offering with data that the contract reads as an address", () => {
    expect(AbiCoder.defaultAbiCoder().decode(["address"], openingData(SHARES))).to.deep.equal([
      SHARES,
    ]);
  });

  it("finds the shares that a transaction created, and says so if there are none", async () => {
    const identity = await deployIdentity();
    const { machineOfferings, accounts, connection } = identity;
    const { deviceId } = await registerDevice(identity);
    const asAlice = machineOfferings.connect(accounts.alice);
    const start = await connection.networkHelpers.time.latest();
    const machine = machineOf(deviceId, accounts.alice.address);
    const terms = [machine, offeringOf(1n, 10, start)] as const;
    const foreseen = await asAlice.create.staticCall(...terms);
    const receipt = await (await asAlice.create(...terms)).wait();
    const other = await (await asAlice.withdraw(NATIVE, accounts.alice, accounts.alice)).wait();
    if (!receipt || !other) throw new Error("A transaction was not mined");
    expect(sharesIn(asAlice, receipt).target).to.equal(foreseen);
    expect(() => sharesIn(asAlice, other)).to.throw("This transaction created no offering");
  });

  describe("evidence", () => {
    it("is of the first round and good for ever, unless told otherwise", () => {
      const hash = id("report");
      expect(evidenceOf(SHARES, 2, hash)).to.deep.equal({
        shares: SHARES,
        milestone: 2,
        round: 0,
        evidenceHash: hash,
        deadline: NEVER,
      });
      expect(evidenceOf(SHARES, 2, hash, { round: 3, deadline: 9 })).to.include({
        round: 3,
        deadline: 9,
      });
    });

    it("is signed by an attester in 65 bytes, and by a device in 64, whatever its key", async () => {
      const { ethers } = await network.create();
      const { arbiter, alice } = await namedAccounts(ethers);
      const offerings = MachineOfferings__factory.connect(SHARES, alice);
      const its = evidenceOf(SHARES, 0, id("report"));
      expect(await signAttestedEvidence(offerings, arbiter, its)).to.have.lengthOf(2 + 130);
      for (const key of [Secp256k1Key.generate(), await P256Key.generate()]) {
        expect(await signEvidence(offerings, key, its)).to.have.lengthOf(2 + 128);
      }
    });

    it("cannot be signed without a chain", async () => {
      const offerings = MachineOfferings__factory.connect(SHARES);
      const its = evidenceOf(SHARES, 0, id("report"));
      await expect(signAttestedEvidence(offerings, Wallet.createRandom(), its)).to.be.rejectedWith(
        "DeFIoT MachineOfferings is not connected to a chain",
      );
    });
  });

  describe("a motion's payload", () => {
    const decode = (types: string[], payload: string): unknown[] =>
      AbiCoder.defaultAbiCoder().decode(types, payload).toArray(true);

    it("names an operator, a key or a bid", () => {
      expect(decode(["address"], payloadOf("SetOperator", SHARES))).to.deep.equal([SHARES]);
      expect(decode(["bytes32"], payloadOf("RotateKey", id("key")))).to.deep.equal([id("key")]);
      expect(decode(["uint256"], payloadOf("AcceptBid", 7n))).to.deep.equal([7n]);
    });

    it("is empty to retire", () => {
      expect(payloadOf("Retire")).to.equal("0x");
    });

    it("is the arguments of the wallet's setPolicy, as they stand in a call", () => {
      const permissions = [{ target: SHARES, selector: "0x12345678" }];
      const allowances = [{ currency: NATIVE, amount: 5n }];
      const codec = DeviceAccount__factory.createInterface();
      const policy = [86_400, NEVER, permissions, allowances] as const;
      const call = codec.encodeFunctionData("setPolicy", [...policy]);
      expect(payloadOf("SetPolicy", ...policy)).to.equal(dataSlice(call, 4));
    });

    it("takes as many values as the motion has", () => {
      expect(() => payloadOf("SetOperator")).to.throw("types/values length mismatch");
      expect(() => payloadOf("Retire", 1)).to.throw("types/values length mismatch");
    });
  });

  describe("stages, motions, outcomes and statuses", () => {
    for (const [file, name, names] of [
      ["IMachineShares", "Stage", Stage],
      ["IMachineShares", "Motion", Motion],
      ["IMachineVotes", "Outcome", Outcome],
      ["IMachineOfferings", "Status", OfferingStatus],
      ["IMachineOfferings", "MilestoneStatus", MilestoneStatus],
    ] as const) {
      it(`are numbered as ${file}.${name} numbers them`, async () => {
        const path = new URL(`../../../contracts/ownership/${file}.sol`, import.meta.url);
        const source = await readFile(path, "utf8");
        const members = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(source)?.[1]?.split(",");
        const numbered = members?.map((member, index) => [member.trim(), index]);
        expect(Object.entries(names)).to.deep.equal(numbered);
      });
    }
  });
});
