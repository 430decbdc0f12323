import { expect } from "chai";

import { milestoneOf, OfferingStatus } from "../../scripts/lib/ownership/machines.js";
import type { MachineOfferings } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf } from "../identity/registry.js";
import { claimMilestone, COIN, DAY, now, type Ownership, workingMachine } from "./fixture.js";
import {
  creditsOf,
  goTo,
  milestones,
  offerings,
  otherOfferings,
  releaseClaimed,
  vetoEndOf,
} from "./offering.js";

describe("MachineOfferings: accounting", () => {
  const load = offerings(async () => ({}));

  describe("OWN-06: released + fees + failed milestones + remaining = raised, whatever is rounded", () => {
    interface Row {
      price: bigint;
      sold: number;
      /** As many as are sold, unless told otherwise. */
      hardCap?: number;
      /** Announced, for all of the hard cap. */
      operatorShares: number;
      parts: number[];
      /** The milestones that are claimed and released, in this order; then those that expire. */
      released: number[];
      expired: number[];
      feeBps?: number;
    }

    const sixteen = Array.from({ length: 16 }, (_, i) => (i === 15 ? 9_355 : 43));
    const ROWS: Row[] = [
      {
        price: 1n,
        sold: 1,
        operatorShares: 1,
        parts: [3_333, 3_333, 3_334],
        released: [0, 1, 2],
        expired: [],
      },
      {
        price: 1n,
        sold: 1,
        hardCap: 9,
        operatorShares: 9,
        parts: [1, 9_998, 1],
        released: [2, 0, 1],
        expired: [],
      },
      {
        price: 1n,
        sold: 7,
        operatorShares: 7,
        parts: [3_333, 3_333, 3_334],
        released: [2, 0],
        expired: [1],
      },
      {
        price: 3n,
        sold: 101,
        operatorShares: 13,
        parts: [1_111, 2_222, 6_667],
        released: [1, 0],
        expired: [2],
      },
      {
        price: 7n,
        sold: 333,
        hardCap: 1_000,
        operatorShares: 997,
        parts: [9_999, 1],
        released: [1],
        expired: [0],
      },
      {
        price: 49n,
        sold: 1,
        operatorShares: 1,
        parts: [5_000, 5_000],
        released: [0, 1],
        expired: [],
      },
      { price: 50n, sold: 1, operatorShares: 1, parts: [10_000], released: [0], expired: [] },
      { price: 51n, sold: 1, operatorShares: 0, parts: [10_000], released: [0], expired: [] },
      {
        price: 10_007n,
        sold: 997,
        operatorShares: 503,
        parts: [10_000],
        released: [],
        expired: [0],
      },
      {
        price: 13n,
        sold: 999,
        operatorShares: 10,
        parts: [1_234, 4_321, 4_445],
        released: [],
        expired: [2, 1, 0],
      },
      {
        price: 999_983n,
        sold: 13,
        hardCap: 101,
        operatorShares: 100,
        parts: sixteen,
        released: [15, 3, 0],
        expired: [1],
      },
      {
        price: 10n ** 18n + 1n,
        sold: 17,
        operatorShares: 3,
        parts: [7, 9_993],
        released: [1, 0],
        expired: [],
        feeBps: 0,
      },
      {
        price: 99n,
        sold: 3,
        operatorShares: 3,
        parts: [4_999, 5_001],
        released: [1],
        expired: [0],
        feeBps: 500,
      },
      {
        price: 1n,
        sold: 3,
        operatorShares: 3,
        parts: [5_000, 5_000],
        released: [0, 1],
        expired: [],
        feeBps: 1,
      },
    ];

    /** A machine of these offerings that sold exactly so many shares. */
    async function machine(its: Ownership, row: Row) {
      const { price, sold, hardCap = sold, operatorShares, parts, feeBps } = row;
      const machineOfferings: MachineOfferings =
        feeBps === undefined ? its.machineOfferings : await otherOfferings(its, feeBps);
      const own = { ...its, machineOfferings, charger: await registerDevice(its) };
      const deadline = (await now(its)) + 400 * DAY;
      const offering = {
        price,
        softCap: sold,
        hardCap,
        operatorShares,
        milestones: milestones(parts, deadline),
      };
      const shares = await workingMachine(own, { offering }, [[its.accounts.bob, sold]]);
      return { own, shares, deadline };
    }

    const naive = (total: bigint, parts: readonly number[], index: number): bigint => {
      const sumOf = (count: number) => parts.slice(0, count).reduce((sum, bps) => sum + bps, 0);
      const upTo = (count: number) => (total * BigInt(sumOf(count))) / 10_000n;
      return upTo(index + 1) - upTo(index);
    };

    for (const row of ROWS) {
      const { price, sold, hardCap = sold, operatorShares, parts, feeBps = 200 } = row;
      const { released, expired } = row;
      const label = `${String(sold)} shares at ${String(price)}, parts ${parts.join("/")}`;
      const fates = `${released.join() || "none"} released, ${expired.join() || "none"} expired`;
      it(`R25 holds for ${label}: ${fates}, at ${String(feeBps)} bps`, async () => {
        const its = await load();
        const { own, shares, deadline } = await machine(its, row);
        const { machineOfferings, token, accounts } = own;
        const { alice, treasury } = accounts;
        const raised = price * BigInt(sold);
        const reserved = (BigInt(operatorShares) * BigInt(sold)) / BigInt(hardCap);
        const totals = { paid: 0n, fees: 0n, failed: 0n, vested: 0n, forfeited: 0n };
        const balances = async () => {
          const { remaining, vesting } = await machineOfferings.progressOf(shares);
          const { paid, fees, failed, vested, forfeited } = totals;
          expect(paid + fees + failed + remaining, "OWN-06").to.equal(raised);
          expect(vested + forfeited + vesting, "OWN-06").to.equal(reserved);
          expect(await machineOfferings.forfeitedOf(shares)).to.equal(forfeited);
          expect(await machineOfferings.claimable(token, alice)).to.equal(paid);
          expect(await machineOfferings.claimable(token, treasury)).to.equal(fees);
          expect(await shares.heldOf(token)).to.equal(failed);
          expect(await shares.balanceOf(alice)).to.equal(totals.vested);
        };
        const partOf = (milestone: number) => ({
          amount: naive(raised, parts, milestone),
          tranche: naive(reserved, parts, milestone),
        });
        for (const milestone of released) {
          const { amount, tranche } = partOf(milestone);
          const fee = (amount * BigInt(feeBps) + 9_999n) / 10_000n;
          await claimMilestone(own, shares, milestone);
          await goTo(own, await vetoEndOf(own, shares, milestone));
          await expect(machineOfferings.release(shares, milestone))
            .to.emit(machineOfferings, "MilestoneReleased")
            .withArgs(shares, milestone, alice, amount - fee, fee, tranche);
          totals.paid += amount - fee;
          totals.fees += fee;
          totals.vested += tranche;
          await balances();
        }
        await goTo(own, deadline + 1);
        for (const milestone of expired) {
          const { amount, tranche } = partOf(milestone);
          await expect(machineOfferings.expire(shares, milestone))
            .to.emit(machineOfferings, "MilestoneExpired")
            .withArgs(shares, milestone, amount, tranche);
          totals.failed += amount;
          totals.forfeited += tranche;
          await balances();
        }
        const over = released.length + expired.length === parts.length;
        const { remaining } = await machineOfferings.progressOf(shares);
        if (over) expect(remaining, "OWN-06: nothing is left over").to.equal(0n);
        expect(await machineOfferings.statusOf(shares)).to.equal(
          over ? OfferingStatus.Closed : OfferingStatus.Releasing,
        );
        if (over) {
          const held = await shares.balanceOf(machineOfferings);
          expect(held, "what never vests is all that the offerings hold").to.equal(
            totals.forfeited,
          );
          expect(totals.vested + totals.forfeited).to.equal(reserved);
        }
      });
    }
  });

  it("OWN-06 keep the money of many machines apart", async () => {
    const its = await load();
    const { machineOfferings, accounts, token } = its;
    const { alice, treasury } = accounts;
    const shares = await workingMachine(its);
    const other = await workingMachine(
      { ...its, charger: await registerDevice(its) },
      { offering: { price: 3n } },
    );
    for (const machine of [shares, other]) {
      for (const milestone of [0, 1, 2]) {
        await claimMilestone(its, machine, milestone);
        await releaseClaimed(its, machine, milestone);
      }
    }
    expect(await creditsOf(its, token)).to.deep.equal({
      alice: 980n * COIN + 2_940n,
      treasury: 20n * COIN + 60n,
    });
    await machineOfferings.withdraw(token, alice, alice);
    await machineOfferings.withdraw(token, treasury, treasury);
    expect(await token.balanceOf(machineOfferings), "OWN-06").to.equal(0n);
  });

  it("charge the fee that the offering was created with", async () => {
    const its = await load();
    const { accounts } = its;
    const free = await otherOfferings(its, 0);
    const own = { ...its, machineOfferings: free, charger: await registerDevice(its) };
    const deadline = (await now(its)) + 100 * DAY;
    const parts = [milestoneOf(10_000, deadline)];
    const shares = await workingMachine(own, { offering: { milestones: parts } });
    expect((await free.termsOf(shares)).feeBps).to.equal(0n);
    await claimMilestone(own, shares, 0);
    await goTo(own, await vetoEndOf(own, shares, 0));
    expect(await eventsOf(free, free.release(shares, 0))).to.deep.include([
      "MilestoneReleased",
      shares.target,
      0n,
      accounts.alice.address,
      1_000n * COIN,
      0n,
      500n,
    ]);
    expect(await creditsOf(own, its.token)).to.deep.equal({ alice: 1_000n * COIN });
  });
});
