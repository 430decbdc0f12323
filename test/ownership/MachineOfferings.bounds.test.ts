import { expect } from "chai";
import { encodeBytes32String, ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { type Machine, milestoneOf, type Offering } from "../../scripts/lib/ownership/machines.js";
import { DAY, now, type Ownership } from "./fixture.js";
import { createWith, milestones, nextBlockAt, offerings } from "./offering.js";

const MAX_UINT128 = 2n ** 128n - 1n;
const MAX_UINT88 = 2n ** 88n - 1n;
const MAX_SALE = 366 * DAY;
const MAX_BUILD = 5 * 365 * DAY;

describe("MachineOfferings: the bounds of what is created", () => {
  const load = offerings(async () => ({}));

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
      field: "operatorShares",
      least: 0n,
      most: 1_000n,
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

  describe("all shares together", () => {
    const field = "all shares";
    const least = 1n;

    for (const [price, most] of [
      [2n ** 100n, 2n ** 28n - 1n],
      [2n ** 100n + 1n, 2n ** 28n - 1n],
      [2n ** 100n - 1n, 2n ** 28n],
      [MAX_UINT128, 1n],
      [MAX_UINT128 / 2n, 2n],
      [MAX_UINT128 / 2n + 1n, 1n],
    ] as const) {
      it(`cost less than 2^128, at ${String(price)} each`, async () => {
        const at = (hardCap: bigint): Terms => [
          {},
          { price, softCap: 1, hardCap, operatorShares: 0 },
        ];
        await check(await load(), { field, least, most, at, skip: "below" });
      });
    }

    it("cost less than 2^128 with the operator's, of which nobody buys any", async () => {
      const at = (all: bigint): Terms => {
        const operatorShares = all / 2n;
        return [
          {},
          { price: 2n ** 100n, softCap: 1, hardCap: all - operatorShares, operatorShares },
        ];
      };
      await check(await load(), { field, least, most: 2n ** 28n - 1n, at, skip: "below" });
    });

    it("are fewer than 2^88, sold or the operator's, however cheap", async () => {
      for (const price of [1n, 2n ** 40n]) {
        const its = await load();
        const most = MAX_UINT88;
        const sold = (hardCap: bigint): Terms => [
          {},
          { price, softCap: 1, hardCap, operatorShares: 0 },
        ];
        // One more for sale does not fit into the type.
        await accepted(its, sold(most));
        await refused(
          its,
          [{}, { ...sold(most)[1], operatorShares: 1 }],
          field,
          most + 1n,
          1n,
          most,
        );
        const half = (all: bigint): Terms => [
          {},
          { price, softCap: 1, hardCap: all - all / 2n, operatorShares: all / 2n },
        ];
        await check(its, { field, least, most, at: half, skip: "below" });
      }
    });

    it("are fewer than 2^88 before their price counts", async () => {
      const its = await load();
      const price = 2n ** 40n + 1n;
      const most = MAX_UINT128 / price;
      expect(most).to.be.lessThan(MAX_UINT88);
      const at = (hardCap: bigint): Terms => [
        {},
        { price, softCap: 1, hardCap, operatorShares: 0 },
      ];
      await check(its, { field, least, most, at, skip: "below" });
    });
  });

  it("allow no share at all only if none is for sale", async () => {
    const its = await load();
    await refused(its, [{}, { softCap: 1, hardCap: 0, operatorShares: 0 }], "softCap", 1n, 1n, 0n);
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
        milestones: [milestoneOf(4_000, deadline + 5), milestoneOf(6_000, deadline, { notBefore })],
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
