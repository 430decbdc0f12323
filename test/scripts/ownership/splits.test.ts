import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { getAddress, id, toBeHex, ZeroAddress, ZeroHash, zeroPadValue } from "ethers";
import hre from "hardhat";

import { namedAccounts } from "../../../scripts/lib/accounts.js";
import { NATIVE } from "../../../scripts/lib/identity.js";
import {
  buildSplit,
  legOf,
  MAX_LIST,
  payeeOf,
  prepareDistribution,
  prepareRelease,
  receiverAddress,
  receiverOf,
  type Share,
  type Split,
  splitId,
} from "../../../scripts/lib/ownership/splits.js";
import { type SplitHub, SplitHub__factory } from "../../../typechain-types/index.js";
import { failsWith } from "../data/failure.js";

const ALICE = "0x000000000000000000000000000000000000a11c";
const BOB = "0x0000000000000000000000000000000000000B0b";
const MIXED = getAddress("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
const MAX_TOTAL = 2n ** 96n - 1n;

/** Somebody's address, the n-th. */
const somebody = (n: number): string => getAddress(toBeHex(0xabcdef0000 + n, 20));

const equalShares = (count: number): Share[] =>
  Array.from({ length: count }, (_, n) => ({ address: somebody(n), share: 1 }));

const failure = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "It did not fail";
};

async function deployHub(): Promise<SplitHub> {
  const { ethers } = await hre.network.create();
  const { deployer } = await namedAccounts(ethers);
  return new SplitHub__factory(deployer).deploy();
}

describe("splits, off chain", () => {
  describe("a recipient's name", () => {
    it("is his address in the low 160 bits, however its letters are written", () => {
      const name = zeroPadValue(MIXED.toLowerCase(), 32);
      expect(payeeOf(MIXED)).to.equal(name);
      expect(payeeOf(MIXED.toLowerCase())).to.equal(name);
      expect(payeeOf(name.toUpperCase().replace("0X", "0x"))).to.equal(name);
    });

    it("is the id of another split as it is", () => {
      expect(payeeOf(id("a split"))).to.equal(id("a split"));
    });

    it("is not read out of an address with a letter in the wrong case", () => {
      const mistyped = MIXED.replace("5aA", "5AA");
      expect(mistyped).to.not.equal(MIXED);
      expect(failure(() => payeeOf(mistyped))).to.equal(
        `"${mistyped}" has a letter in the wrong case, so it may be mistyped: copy the address again`,
      );
    });

    for (const wrong of [
      "alice.eth",
      "",
      "0x",
      MIXED.slice(2),
      MIXED.slice(0, -1),
      `${MIXED}00`,
      `${id("a split")}0`,
    ]) {
      it(`is not "${wrong}"`, () => {
        expect(failure(() => payeeOf(wrong))).to.equal(
          `"${wrong}" is neither an address nor the id of a split: give 0x and 40 or 64 hexadecimal digits`,
        );
      });
    }

    for (const nobody of [ZeroAddress, ZeroHash]) {
      it(`is not zero, in ${nobody.length === 42 ? "20" : "32"} bytes`, () => {
        expect(failure(() => payeeOf(nobody))).to.equal(
          "The zero address gets nothing out of a split: name who is to be paid",
        );
      });
    }
  });

  describe("a list", () => {
    it("makes a tree that anyone builds with npm's @openzeppelin/merkle-tree", () => {
      const nested = id("another split");
      const split = buildSplit([
        { address: ALICE, share: 3 },
        { address: nested, share: 4n },
        { address: BOB, share: "5" },
      ]);
      const leaves = [
        [payeeOf(ALICE), "3"],
        [nested, "4"],
        [payeeOf(BOB), "5"],
      ] satisfies [string, string][];
      const tree = StandardMerkleTree.of(leaves, ["bytes32", "uint96"]);
      expect(split.terms).to.deep.equal({
        root: tree.root,
        total: 12n,
        controller: ZeroAddress,
        salt: ZeroHash,
      });
      for (const [payee, shares] of leaves) {
        const { recipient, proof } = split.proofOf(payee);
        expect(recipient).to.deep.equal({ payee, shares: BigInt(shares) });
        expect(tree.verify([payee, shares], proof)).to.equal(true);
      }
    });

    it("makes the same split in whatever order it is written", () => {
      const list = equalShares(20);
      const split = buildSplit(list);
      const other = buildSplit([...list].reverse());
      expect(other.id).to.equal(split.id);
      expect(other.recipients).to.deep.equal(split.recipients);
    });

    it("of one is a split, whose recipient needs no proof", () => {
      const split = buildSplit([{ address: ALICE, share: 1 }]);
      expect(split.proofOf(ALICE)).to.deep.equal({
        recipient: { payee: payeeOf(ALICE), shares: 1n },
        proof: [],
      });
    });

    it("of nobody is refused", () => {
      expect(failure(() => buildSplit([]))).to.equal(
        "A split needs somebody to pay: list one at least",
      );
    });

    for (const [how, again] of [
      ["as he is", MIXED],
      ["in small letters", MIXED.toLowerCase()],
      ["in 32 bytes", payeeOf(MIXED)],
    ] as const) {
      it(`that names somebody twice, ${how}, is refused`, () => {
        const list = [
          { address: MIXED, share: 1 },
          { address: BOB, share: 1 },
          { address: again, share: 2 },
        ];
        expect(failure(() => buildSplit(list))).to.equal(
          `${again} is listed twice: give it one line with the sum of its shares`,
        );
      });
    }

    for (const share of [1.5, NaN, Infinity, 2 ** 53, "1.5", "0x10", "", "-1"]) {
      it(`with a share of ${typeof share} "${share}" is refused: it is no whole number`, () => {
        expect(failure(() => buildSplit([{ address: ALICE, share }]))).to.equal(
          `The share of ${ALICE} is ${share}: give a whole number, as a bigint or in digits if it is large`,
        );
      });
    }

    for (const share of [0, 0n, "0", -1, -1n]) {
      it(`with a share of ${typeof share} ${share} is refused: it is not above 0`, () => {
        expect(failure(() => buildSplit([{ address: ALICE, share }]))).to.equal(
          `The share of ${ALICE} is ${share}: leave it out, or give it more than 0`,
        );
      });
    }

    it("may sum to 2^96 - 1 and not to more", () => {
      const list = (share: bigint) => [
        { address: ALICE, share },
        { address: BOB, share: 1 },
      ];
      expect(buildSplit(list(MAX_TOTAL - 1n)).terms.total).to.equal(MAX_TOTAL);
      expect(failure(() => buildSplit(list(MAX_TOTAL)))).to.equal(
        "The shares sum to 2^96 or more: divide them all by the same number",
      );
    });

    it("takes the largest safe number, and any number of digits", () => {
      const largest = { address: ALICE, share: Number.MAX_SAFE_INTEGER };
      expect(buildSplit([largest]).terms.total).to.equal(2n ** 53n - 1n);
      const digits = { address: ALICE, share: MAX_TOTAL.toString() };
      expect(buildSplit([digits]).terms.total).to.equal(MAX_TOTAL);
    });

    it("has a controller and a salt if they are given, and another id with each", () => {
      const list = equalShares(2);
      const salt = id("salt");
      const split = buildSplit(list, { controller: MIXED.toLowerCase(), salt });
      expect(split.terms).to.include({ controller: MIXED, salt });
      const ids = [
        buildSplit(list),
        buildSplit(list, { controller: MIXED }),
        buildSplit(list, { salt }),
        split,
      ].map((its) => its.id);
      expect(new Set(ids).size).to.equal(4);
    });

    it("refuses a controller and a salt that are none", () => {
      const list = equalShares(2);
      for (const controller of ["alice.eth", MIXED.slice(2), MIXED.replace("5aA", "5AA")]) {
        expect(failure(() => buildSplit(list, { controller }))).to.equal(
          `"${controller}" is no address of a controller: leave it out if there is none`,
        );
      }
      expect(failure(() => buildSplit(list, { salt: "0x01" }))).to.equal(
        '"0x01" is no salt: give 32 bytes in hexadecimal, such as id("my salt")',
      );
    });

    it("gives no proof for somebody who is not in it", () => {
      expect(failure(() => buildSplit(equalShares(3)).proofOf(ALICE))).to.equal(
        `${ALICE} is not in the split: look it up in the list it was built from`,
      );
    });

    it("of 10,000 gives each his proof", () => {
      const split = buildSplit(equalShares(10_000));
      expect(split.terms.total).to.equal(10_000n);
      const leaf = [payeeOf(somebody(9_999)), "1"];
      const { proof } = split.proofOf(somebody(9_999));
      expect(proof.length).to.be.within(13, 14);
      const { root } = split.terms;
      const proven = StandardMerkleTree.verify(String(root), ["bytes32", "uint96"], leaf, proof);
      expect(proven).to.equal(true);
    });
  });

  describe("beside the hub", () => {
    let hub: SplitHub;
    before(async () => {
      hub = await deployHub();
    });

    const splits = (): Split[] => [
      buildSplit(equalShares(1)),
      buildSplit(equalShares(2), { controller: MIXED }),
      buildSplit(equalShares(17), { salt: id("salt") }),
      buildSplit([
        { address: buildSplit(equalShares(3)).id, share: MAX_TOTAL - 1n },
        { address: ALICE, share: 1 },
      ]),
    ];

    it("has the id that the hub computes", async () => {
      for (const split of splits()) {
        expect(await hub.idOf(split.terms)).to.equal(split.id);
        expect(splitId(split.terms)).to.equal(split.id);
      }
    });

    it("has the receiver that the hub computes, without asking it", async () => {
      for (const split of splits()) {
        const receiver = await receiverOf(hub, split);
        expect(receiverAddress(await hub.getAddress(), split.id)).to.equal(receiver);
      }
      const { id: last } = buildSplit(equalShares(2));
      const lowerCase = (await hub.getAddress()).toLowerCase();
      expect(receiverAddress(lowerCase, last)).to.equal(await hub.receiverOf(last));
    });

    it("has no receiver for what is no id: an address, or zero", () => {
      for (const wrong of [MIXED, payeeOf(MIXED), ZeroHash, toBeHex(2n ** 160n - 1n, 32)]) {
        expect(failure(() => receiverAddress(BOB, wrong))).to.equal(
          `"${wrong}" is not the id of a split: compute it with buildSplit or splitId`,
        );
      }
      expect(receiverAddress(BOB, toBeHex(2n ** 160n, 32))).to.be.properAddress;
    });

    for (const count of [1, 2, 3, 5, 8, 11, MAX_LIST]) {
      it(`lists ${count} recipients as the hub distributes to them`, async () => {
        const split = buildSplit(
          Array.from({ length: count }, (_, n) => ({ address: somebody(n), share: n + 1 })),
        );
        const amount = BigInt(count * (count + 1)) / 2n;
        await hub.deposit(split.id, NATIVE, amount, { value: amount });
        const runner = hub.runner;
        if (!runner?.sendTransaction) throw new Error("the hub is connected to a signer");
        await runner.sendTransaction(await prepareDistribution(hub, split, NATIVE));
        const { cumulative, released } = await hub.potOf(split.id, NATIVE);
        expect([cumulative, released]).to.deep.equal([amount, amount]);
      });
    }

    it("does not list 17, and says what to do", async () => {
      const preparing = prepareDistribution(hub, buildSplit(equalShares(17)), NATIVE);
      await failsWith(
        preparing,
        "A split of 17 cannot be distributed as a list of at most 16: " +
          "use releaseMany with the legs of those to be paid",
      );
    });

    it("prepares a release, and legs of many, as the hub takes them", async () => {
      const split = buildSplit(equalShares(40), { salt: id("legs") });
      await hub.deposit(split.id, NATIVE, 400n, { value: 400n });
      const runner = hub.runner;
      if (!runner?.sendTransaction) throw new Error("the hub is connected to a signer");
      await runner.sendTransaction(await prepareRelease(hub, split, NATIVE, somebody(0)));
      expect((await hub.potOf(split.id, NATIVE)).released).to.equal(10n);
      await hub.releaseMany([1, 2, 3].map((n) => legOf(split, NATIVE, somebody(n))));
      expect((await hub.potOf(split.id, NATIVE)).released).to.equal(40n);
    });

    it("pays through a split within a split, to whom the inner one names", async () => {
      const inner = buildSplit([{ address: ALICE, share: 1 }], { salt: id("inner") });
      const outer = buildSplit([
        { address: inner.id, share: 1 },
        { address: BOB, share: 1 },
      ]);
      await hub.deposit(outer.id, NATIVE, 10n, { value: 10n });
      await hub.releaseMany([legOf(outer, NATIVE, inner.id), legOf(inner, NATIVE, ALICE)]);
      expect((await hub.potOf(outer.id, NATIVE)).released).to.equal(5n);
      expect((await hub.potOf(inner.id, NATIVE)).released).to.equal(5n);
    });
  });
});
