import { expect } from "chai";
import { type Result, ZeroAddress, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import {
  type Machine,
  type Offering,
  OfferingStatus,
  sharesIn,
  shortString,
  Stage,
} from "../../scripts/lib/ownership/machines.js";
import { eventsOf, plain } from "../identity/registry.js";
import { COIN, createOffering, DAY, now, type Ownership, termsOf } from "./fixture.js";
import { createdBy, createWith, offerings } from "./offering.js";

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
      vesting: 0n,
      remaining: 0n,
    });
    expect(await machineOfferings.forfeitedOf(shares)).to.equal(0n);
    expect(await shares.issuer()).to.equal(machineOfferings.target);
    expect(await shares.symbol()).to.equal("EVC-07");
    expect(await shares.stage()).to.equal(Stage.Raising);
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(accounts.alice.address);
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
    expect(await machineOfferings.forfeitedOf(machineShares)).to.equal(0n);
    for (const stranger of [accounts.bob.address, machineShares.target as string]) {
      expect(await machineOfferings.statusOf(stranger)).to.equal(OfferingStatus.None);
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
        operatorShares: 0n,
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
      };
      await expectKept(its, machine, dear);
      const half = 2n ** 87n;
      const shared = { ...offering, softCap: half, hardCap: half, operatorShares: half - 1n };
      await expectKept(its, machine, shared);
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

  it("takes the same device's next draft as well: which one opens is the seller's choice", async () => {
    const its = await load();
    const first = await createOffering(its);
    const second = await createOffering(its, { offering: { operatorShares: 0 } });
    for (const shares of [first, second]) {
      expect(await its.machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Draft);
    }
  });
});
