import { expect } from "chai";
import { encodeBytes32String, type Result, ZeroAddress, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import {
  type Machine,
  milestoneOf,
  type Offering,
  OfferingStatus,
  sharesIn,
  shortString,
  Stage,
} from "../../scripts/lib/ownership/machines.js";
import { eventsOf, plain } from "../identity/registry.js";
import { COIN, createOffering, DAY, now, type Ownership, termsOf } from "./fixture.js";
import { createdBy, createWith, milestones, nextBlockAt, offerings } from "./offering.js";

const MAX_UINT128 = 2n ** 128n - 1n;
const MAX_UINT88 = 2n ** 88n - 1n;
const MAX_SALE = 366 * DAY;
const MAX_BUILD = 5 * 365 * DAY;

describe("MachineOfferings: creation", () => {
  const load = offerings(async () => ({}));

  it("is the device's owner's, and makes a draft that holds nothing", async () => {
    const its = await load();
    const { machineOfferings, accounts, charger, token, deviceRegistry } = its;
    const { machine, offering } = await termsOf(its);
    const asAlice = machineOfferings.connect(accounts.alice);
    const creating = asAlice.create(machine, offering);
    const receipt = await (await creating).wait();
    if (!receipt) throw new Error("No offering was created");
    const shares = sharesIn(asAlice, receipt);
    expect(await eventsOf(machineOfferings, creating)).to.deep.equal([
      [
        "OfferingCreated",
        shares.target,
        charger.deviceId,
        accounts.alice.address,
        token.target,
        COIN,
        1_000n,
        BigInt(offering.start),
        BigInt(offering.end),
      ],
    ]);
    expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Draft);
    expect(plain(await machineOfferings.progressOf(shares))).to.deep.equal({
      seller: accounts.alice.address,
      sold: 0n,
      resolved: 0n,
      forfeited: 0n,
      remaining: 0n,
    });
    expect(await shares.issuer()).to.equal(machineOfferings.target);
    expect(await shares.symbol()).to.equal("EVC-07");
    expect(await shares.stage()).to.equal(Stage.Raising);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.alice.address);
  });

  it("returns the shares, of which each offering has its own", async () => {
    const its = await load();
    const { machine, offering } = await termsOf(its);
    const asAlice = its.machineOfferings.connect(its.accounts.alice);
    const foreseen = await asAlice.create.staticCall(machine, offering);
    const first = await createdBy(its, asAlice.create(machine, offering));
    const second = await createdBy(its, asAlice.create(machine, offering));
    expect(first.target).to.equal(foreseen);
    expect(second.target).not.to.equal(first.target);
  });

  it("is nobody else's, not even of whom the owner lets move the device", async () => {
    const its = await load();
    const { machineOfferings, accounts, deviceRegistry } = its;
    await deviceRegistry.connect(accounts.alice).setApprovalForAll(accounts.bob, true);
    const { machine, offering } = await termsOf(its);
    for (const who of [accounts.bob, accounts.admin]) {
      await expect(machineOfferings.connect(who).create(machine, offering))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnauthorized")
        .withArgs(who);
    }
  });

  it("R09 refuses a device that was never registered", async () => {
    const its = await load();
    await expect(createWith(its, { deviceId: 0 }))
      .to.be.revertedWithCustomError(its.deviceRegistry, "ERC721NonexistentToken")
      .withArgs(0n);
  });

  it("knows nothing of shares that are not its own", async () => {
    const its = await load();
    const { machineOfferings, accounts, machineShares } = its;
    for (const stranger of [accounts.bob.address, machineShares.target as string]) {
      expect(await machineOfferings.statusOf(stranger)).to.equal(OfferingStatus.None);
      expect(await machineOfferings.forfeitedOf(stranger)).to.equal(0n);
      expect((await machineOfferings.progressOf(stranger)).seller).to.equal(ZeroAddress);
      for (const ask of [
        (): Promise<unknown> => machineOfferings.termsOf(stranger),
        () => machineOfferings.milestoneOf(stranger, 0),
        () => machineOfferings.cancel(stranger),
        () => machineOfferings.contribute(stranger, 1, 0, []),
        () => machineOfferings.refund(stranger, accounts.bob, accounts.bob),
        () => machineOfferings.reclaim(stranger),
        () => machineOfferings.finalise(stranger),
        () => machineOfferings.veto(stranger, 0),
        () => machineOfferings.release(stranger, 0),
        () => machineOfferings.expire(stranger, 0),
      ]) {
        await expect(ask())
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
          .withArgs(stranger, OfferingStatus.None);
      }
    }
  });

  describe("the terms", () => {
    /** What is read back of a machine, with its lists as plain objects. */
    async function readBack(its: Ownership, machine: Machine, offering: Offering) {
      const asAlice = its.machineOfferings.connect(its.accounts.alice);
      const shares = await createdBy(its, asAlice.create(machine, offering));
      const { milestones: steps, ...rest } = offering;
      const count = steps.length;
      const read = await Promise.all(
        steps.map((_, i) => its.machineOfferings.milestoneOf(shares, i)),
      );
      const machineRead = await shares.machine();
      return {
        shares,
        written: {
          ...rest,
          currency: machine.currency,
          feeBps: 200n,
          milestoneCount: BigInt(count),
        },
        terms: plain(await its.machineOfferings.termsOf(shares)),
        steps: read.map(plain),
        machine: {
          ...plain(machineRead),
          workingBalances: machineRead.workingBalances.map((its) =>
            plain(its as unknown as Result),
          ),
        },
      };
    }

    async function expectKept(its: Ownership, machine: Machine, offering: Offering): Promise<void> {
      const read = await readBack(its, machine, offering);
      expect(read.terms, "terms").to.deep.equal(read.written);
      expect(read.steps, "milestones").to.deep.equal(offering.milestones);
      expect(read.machine, "machine").to.deep.equal(machine);
    }

    /** With every field a bigint or a string, as they are read back. */
    function machineLike(its: Ownership, rest: Partial<Machine>): Machine {
      return {
        deviceId: its.charger.deviceId,
        symbol: shortString("S"),
        operator: "0x1111111111111111111111111111111111111111",
        operatorBps: 2_345n,
        quorumBps: 3_456n,
        majorityBps: 6_789n,
        votingPeriod: 123_456n,
        currency: "0x2222222222222222222222222222222222222222",
        buyoutFloor: 0x33333333333333333333333333333333n,
        workingBalances: [],
        ...rest,
      };
    }

    it("are kept field by field, and mixed up with nothing", async () => {
      const its = await load();
      const start = BigInt(await now(its)) + 0x12345n;
      const end = start + 0x54321n;
      const step = (i: number) => ({
        bps: BigInt(1_000 + i),
        notBefore: BigInt(0x010203040506 % (i + 7)),
        deadline: end + BigInt(1_000 * (i + 1)),
        requirement: `0x${String(i + 1).repeat(36)}`,
      });
      const steps = [0, 1, 2].map(step);
      const rest = 10_000n - steps.reduce((sum, { bps }) => sum + bps, 0n);
      await expectKept(
        its,
        machineLike(its, {
          workingBalances: [
            { currency: NATIVE, amount: 0x0a0b0c0d0e0fn },
            { currency: "0x4444444444444444444444444444444444444444", amount: 5n },
          ],
        }),
        {
          price: 0x0102030405060708090an,
          softCap: 0x0b0c0dn,
          hardCap: 0x0e0f1011n,
          walletCap: 0x121314n,
          operatorShares: 0x151617n,
          start,
          end,
          allowListRoot: `0x${"5".repeat(64)}`,
          attester: "0x6666666666666666666666666666666666666666",
          vetoBps: 0x0777n,
          vetoWindow: 0x0fffffn,
          milestones: [...steps, { ...step(3), bps: rest }],
        },
      );
    });

    it("are kept at the greatest each of them can be", async () => {
      const its = await load();
      const last = 2n ** 48n - 1n;
      const end = last - BigInt(MAX_BUILD);
      const most = "0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF";
      const machine = machineLike(its, {
        symbol: shortString("ABCDEFGHIJKLMNOPQRSTUVWXYZ-2345"),
        operator: most,
        operatorBps: 9_999n,
        quorumBps: 10_000n,
        majorityBps: 9_999n,
        votingPeriod: BigInt(30 * DAY),
        currency: most,
        buyoutFloor: MAX_UINT128,
        workingBalances: Array.from({ length: 8 }, () => ({
          currency: most,
          amount: 2n ** 96n - 1n,
        })),
      });
      const steps = Array.from({ length: 16 }, () => ({
        bps: 625n,
        notBefore: last,
        deadline: last,
        requirement: `0x${"f".repeat(36)}`,
      }));
      const offering = {
        price: 2n ** 40n,
        softCap: MAX_UINT88,
        hardCap: MAX_UINT88,
        walletCap: MAX_UINT88,
        operatorShares: MAX_UINT88,
        start: end - BigInt(MAX_SALE),
        end,
        allowListRoot: `0x${"f".repeat(64)}`,
        attester: most,
        vetoBps: 10_000n,
        vetoWindow: BigInt(30 * DAY),
        milestones: steps,
      };
      await expectKept(its, machine, offering);
      const dear = {
        ...offering,
        price: MAX_UINT128,
        softCap: 1n,
        hardCap: 1n,
        operatorShares: 9n,
      };
      await expectKept(its, machine, dear);
    });

    it("are kept at the least each of them can be", async () => {
      const its = await load();
      const end = BigInt(await now(its)) + 1_000n;
      const machine = machineLike(its, {
        operator: "0x0000000000000000000000000000000000000001",
        operatorBps: 0n,
        quorumBps: 1n,
        majorityBps: 5_000n,
        votingPeriod: BigInt(DAY),
        currency: ZeroAddress,
        buyoutFloor: 0n,
      });
      await expectKept(its, machine, {
        price: 1n,
        softCap: 1n,
        hardCap: 1n,
        walletCap: 0n,
        operatorShares: 0n,
        start: end - 1n,
        end,
        allowListRoot: ZeroHash,
        attester: ZeroAddress,
        vetoBps: 1n,
        vetoWindow: BigInt(3 * DAY),
        milestones: [
          { bps: 10_000n, notBefore: 0n, deadline: end + 1n, requirement: `0x${"0".repeat(36)}` },
        ],
      });
    });

    it("have no milestone beyond the last", async () => {
      const its = await load();
      const shares = await createOffering(its);
      expect((await its.machineOfferings.milestoneOf(shares, 2)).bps).to.equal(4_000n);
      for (const milestone of [3, 255]) {
        await expect(its.machineOfferings.milestoneOf(shares, milestone))
          .to.be.revertedWithCustomError(its.machineOfferings, "MachineOfferingsUnknownMilestone")
          .withArgs(milestone);
      }
    });
  });

  describe("the bounds", () => {
    type Terms = [Partial<Machine>, Partial<Offering>];

    interface Bound {
      field: string;
      least: bigint;
      most: bigint;
      /** What is written to have the field at a value. */
      at: (value: bigint) => Terms;
      /** Not asked for, where the type has no such value or another check comes first. */
      skip?: "below" | "above";
    }

    async function refused(
      its: Ownership,
      [machine, offering]: Terms,
      ...args: [string, bigint, bigint, bigint]
    ): Promise<void> {
      const [field, ...values] = args;
      await expect(createWith(its, machine, offering), `${field} at ${String(values[0])}`)
        .to.be.revertedWithCustomError(its.machineOfferings, "MachineOfferingsOutOfBounds")
        .withArgs(encodeBytes32String(field), ...values);
    }

    async function accepted(its: Ownership, [machine, offering]: Terms): Promise<void> {
      await expect(createWith(its, machine, offering)).to.emit(
        its.machineOfferings,
        "OfferingCreated",
      );
    }

    async function check(its: Ownership, { field, least, most, at, skip }: Bound): Promise<void> {
      await accepted(its, at(least));
      await accepted(its, at(most));
      if (skip !== "below") await refused(its, at(least - 1n), field, least - 1n, least, most);
      if (skip !== "above") await refused(its, at(most + 1n), field, most + 1n, least, most);
    }

    const symbolOf = (length: bigint) =>
      `0x${"41".repeat(31)}${length.toString(16).padStart(2, "0")}`;
    const balances = (count: bigint) =>
      Array.from({ length: Number(count) }, () => ({ currency: NATIVE, amount: 1n }));

    const MACHINE: Bound[] = [
      { field: "symbol", least: 1n, most: 31n, at: (v) => [{ symbol: symbolOf(v) }, {}] },
      {
        field: "operatorBps",
        least: 0n,
        most: 9_999n,
        at: (v) => [{ operatorBps: v }, {}],
        skip: "below",
      },
      { field: "quorumBps", least: 1n, most: 10_000n, at: (v) => [{ quorumBps: v }, {}] },
      { field: "majorityBps", least: 5_000n, most: 9_999n, at: (v) => [{ majorityBps: v }, {}] },
      {
        field: "votingPeriod",
        least: BigInt(DAY),
        most: BigInt(30 * DAY),
        at: (v) => [{ votingPeriod: v }, {}],
      },
      {
        field: "workingBalances",
        least: 0n,
        most: 8n,
        at: (v) => [{ workingBalances: balances(v) }, {}],
        skip: "below",
      },
    ];

    for (const bound of MACHINE) {
      it(`keep the machine's ${bound.field} where holders can rely on it`, async () => {
        await check(await load(), bound);
      });
    }

    it("want an operator", async () => {
      const its = await load();
      const most = 2n ** 160n - 1n;
      await refused(its, [{ operator: ZeroAddress }, {}], "operator", 0n, 1n, most);
      await accepted(its, [{ operator: "0x0000000000000000000000000000000000000001" }, {}]);
    });

    const OFFERING: Bound[] = [
      {
        field: "price",
        least: 1n,
        most: MAX_UINT128,
        at: (price) => [{}, { price, softCap: 1, hardCap: 1, operatorShares: 0 }],
        skip: "above",
      },
      {
        field: "softCap",
        least: 1n,
        most: 1_000n,
        at: (softCap) => [{}, { softCap, hardCap: 1_000, operatorShares: 0 }],
      },
      {
        field: "hardCap",
        least: 1n,
        most: 2n ** 28n - 1n,
        at: (hardCap) => [{}, { price: 2n ** 100n, softCap: 1, hardCap, operatorShares: 0 }],
        skip: "below",
      },
      {
        field: "operatorShares",
        least: 0n,
        most: 63n,
        at: (operatorShares) => [{}, { softCap: 7, hardCap: 1_000, operatorShares }],
        skip: "below",
      },
      { field: "vetoBps", least: 1n, most: 10_000n, at: (vetoBps) => [{}, { vetoBps }] },
      {
        field: "vetoWindow",
        least: BigInt(3 * DAY),
        most: BigInt(30 * DAY),
        at: (vetoWindow) => [{}, { vetoWindow }],
      },
    ];

    for (const bound of OFFERING) {
      it(`keep the offering's ${bound.field} where contributors can rely on it`, async () => {
        await check(await load(), bound);
      });
    }

    it("allow no share at all only if none is for sale", async () => {
      const its = await load();
      await refused(
        its,
        [{}, { softCap: 1, hardCap: 0, operatorShares: 0 }],
        "softCap",
        1n,
        1n,
        0n,
      );
    });

    it("have a sale last from a second to 366 days", async () => {
      const its = await load();
      const start = BigInt(await now(its)) + 10_000n;
      const at = (end: bigint): Terms => [
        {},
        { start, end, milestones: milestones([10_000], Number(end) + DAY) },
      ];
      await check(its, {
        field: "end",
        least: start + 1n,
        most: start + BigInt(MAX_SALE),
        at,
      });
    });

    it("have a sale that began already end later than now", async () => {
      const its = await load();
      const time = (await now(its)) + 100;
      const start = BigInt(time) - 5_000n;
      const at = (end: bigint): Terms => [
        {},
        { start, end, milestones: milestones([10_000], Number(end) + DAY) },
      ];
      const most = start + BigInt(MAX_SALE);
      for (const end of [BigInt(time) - 1n, BigInt(time)]) {
        const next = (await now(its)) + 1;
        await nextBlockAt(its, Math.max(next, time));
        await refused(its, at(end), "end", end, BigInt(Math.max(next, time)) + 1n, most);
      }
      const next = (await now(its)) + 10;
      await nextBlockAt(its, next);
      await accepted(its, at(BigInt(next) + 1n));
    });

    it("have 1 to 16 milestones", async () => {
      const its = await load();
      const start = (await now(its)) + 10_000;
      const at = (count: bigint): Terms => {
        const parts = Array.from({ length: Number(count) }, () => 1);
        if (parts.length > 0) parts[0] = 10_001 - parts.length;
        return [{}, { start, end: start + DAY, milestones: milestones(parts, start + 2 * DAY) }];
      };
      await check(its, { field: "milestones", least: 1n, most: 16n, at });
    });

    it("have every milestone take something, and no more than all", async () => {
      const its = await load();
      const start = (await now(its)) + 10_000;
      const at = (...parts: number[]): Terms => [
        {},
        { start, end: start + DAY, milestones: milestones(parts, start + 2 * DAY) },
      ];
      await accepted(its, at(10_000));
      await accepted(its, at(9_999, 1));
      for (const parts of [
        [0, 10_000],
        [10_000, 0],
        [5_000, 5_000, 0],
      ]) {
        await refused(its, at(...parts), "milestone bps", 0n, 1n, 10_000n);
      }
      await refused(its, at(10_001), "milestone bps", 10_001n, 1n, 10_000n);
    });

    it("have the parts sum to the whole", async () => {
      const its = await load();
      const start = (await now(its)) + 10_000;
      const at = (...parts: number[]): Terms => [
        {},
        { start, end: start + DAY, milestones: milestones(parts, start + 2 * DAY) },
      ];
      const field = "milestones' sum of bps";
      await accepted(its, at(3_333, 3_333, 3_334));
      await refused(its, at(3_333, 3_333, 3_333), field, 9_999n, 10_000n, 10_000n);
      await refused(its, at(3_333, 3_334, 3_334), field, 10_001n, 10_000n, 10_000n);
      const twice = Array.from({ length: 2 }, () => 10_000);
      await refused(its, at(...twice), field, 20_000n, 10_000n, 10_000n);
    });

    it("have each milestone's deadline after the sale, by five years at most", async () => {
      const its = await load();
      const start = (await now(its)) + 10_000;
      const end = start + DAY;
      for (const which of [0, 1]) {
        const at = (deadline: bigint): Terms => {
          const steps = milestones([4_000, 6_000], end + DAY);
          steps[which] = milestoneOf(which === 0 ? 4_000 : 6_000, Number(deadline));
          return [{}, { start, end, milestones: steps }];
        };
        await check(its, {
          field: "milestone deadline",
          least: BigInt(end) + 1n,
          most: BigInt(end + MAX_BUILD),
          at,
        });
      }
    });

    it("have each milestone possible before its deadline is over", async () => {
      const its = await load();
      const start = (await now(its)) + 10_000;
      const end = start + DAY;
      const deadline = end + DAY;
      const at = (notBefore: bigint): Terms => [
        {},
        {
          start,
          end,
          milestones: [
            milestoneOf(4_000, deadline + 5),
            milestoneOf(6_000, deadline, { notBefore }),
          ],
        },
      ];
      await check(its, {
        field: "milestone notBefore",
        least: 0n,
        most: BigInt(deadline),
        at,
        skip: "below",
      });
    });
  });

  it("takes the same device's next draft as well: which one opens is the seller's choice", async () => {
    const its = await load();
    const first = await createOffering(its);
    const second = await createOffering(its, { offering: { operatorShares: 0 } });
    for (const shares of [first, second]) {
      expect(await its.machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Draft);
    }
  });
});
