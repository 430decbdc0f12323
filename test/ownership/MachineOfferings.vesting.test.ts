import { expect } from "chai";

import { registerDevice } from "../identity/fixture.js";
import {
  ALL,
  claimMilestone,
  COIN,
  contribute,
  DAY,
  now,
  openOffering,
  type Ownership,
  type Parts,
  workingMachine,
} from "./fixture.js";
import { endOf, goTo, milestones, offerings, releaseClaimed, vetoEndOf } from "./offering.js";

describe("MachineOfferings: the operator's shares", () => {
  const load = offerings(async () => ({}));

  /** A machine of which Bob bought so many shares. */
  async function sold(its: Ownership, amount: bigint, parts: Parts["offering"]) {
    const own = { ...its, charger: await registerDevice(its) };
    const offering = { price: 1n, softCap: 1, ...parts };
    const shares = await openOffering(own, { offering });
    await contribute(own, shares, its.accounts.bob, amount);
    await goTo(its, await endOf(its, shares));
    return { own, shares };
  }

  describe("are as many fewer as fewer are sold, rounded down", () => {
    const BIG = 2n ** 78n;
    for (const [hardCap, amount, operatorShares, reserved] of [
      [1_000n, 1_000n, 500n, 500n],
      [1_000n, 999n, 500n, 499n], // of 499.5
      [1_000n, 998n, 500n, 499n],
      [1_000n, 997n, 500n, 498n], // of 498.5
      [1_000n, 1_000n, 1_000n, 1_000n],
      [1_000n, 1n, 1_000n, 1n],
      [1_000n, 1n, 999n, 0n], // of 0.999
      [1_000n, 500n, 0n, 0n],
      [3n, 1n, 1n, 0n],
      [3n, 2n, 1n, 0n],
      [3n, 3n, 1n, 1n],
      [3n, 2n, 2n, 1n], // of 1.33
      [7n, 3n, 5n, 2n], // of 2.14
      [7n, 6n, 5n, 4n], // of 4.29
      [997n, 991n, 503n, 499n], // of 499.97
      [997n, 2n, 498n, 0n], // of 0.999
      [997n, 2n, 499n, 1n], // of 1.001
      [BIG, BIG - 1n, BIG - 1n, BIG - 2n],
    ] as const) {
      const label = `${String(operatorShares)} of ${String(hardCap)}, with ${String(amount)} sold`;
      it(`${label}: ${String(reserved)}`, async () => {
        const its = await load();
        const { machineOfferings, accounts } = its;
        const { shares } = await sold(its, amount, { hardCap, operatorShares });
        const finalising = machineOfferings.finalise(shares);
        await expect(finalising)
          .to.emit(shares, "MachineSealed")
          .withArgs(amount + reserved, amount + reserved);
        expect((await machineOfferings.progressOf(shares)).vesting).to.equal(reserved);
        expect((await machineOfferings.progressOf(shares)).sold).to.equal(amount);
        expect(await shares.balanceOf(machineOfferings)).to.equal(reserved);
        expect(await machineOfferings.forfeitedOf(shares)).to.equal(0n);
        expect(await shares.balanceOf(accounts.alice)).to.equal(0n);
        expect(await shares.totalSupply()).to.equal(amount + reserved);
      });
    }
  });

  describe("vest with the milestones: what is rounded off is in the last part", () => {
    // 499 in parts of 33.33, 33.33 and 33.34 %: the running sums are 166.3, 332.6 and 499.
    const TRANCHES = [166n, 166n, 167n] as const;
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ] as const) {
      it(`in the order ${order.join()}`, async () => {
        const its = await load();
        const { machineOfferings, accounts } = its;
        const { alice } = accounts;
        const deadline = (await now(its)) + 400 * DAY;
        const { own, shares } = await sold(its, 999n, {
          hardCap: 1_000,
          operatorShares: 500,
          milestones: milestones([3_333, 3_333, 3_334], deadline),
        });
        await machineOfferings.finalise(shares);
        let vesting = 499n;
        let vested = 0n;
        for (const milestone of order) {
          const tranche = TRANCHES[milestone];
          await claimMilestone(own, shares, milestone);
          await goTo(its, await vetoEndOf(its, shares, milestone));
          await expect(machineOfferings.release(shares, milestone))
            .to.emit(shares, "Transfer")
            .withArgs(machineOfferings, alice, tranche);
          vesting -= tranche;
          vested += tranche;
          expect((await machineOfferings.progressOf(shares)).vesting).to.equal(vesting);
          expect(await shares.balanceOf(alice)).to.equal(vested);
          expect(await shares.balanceOf(machineOfferings)).to.equal(vesting);
          expect(await machineOfferings.forfeitedOf(shares)).to.equal(0n);
        }
        expect(vested).to.equal(499n);
      });
    }

    it("or are forfeited with them, and vest no more", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const deadline = (await now(its)) + 100 * DAY;
      const { own, shares } = await sold(its, 999n, {
        hardCap: 1_000,
        operatorShares: 500,
        milestones: milestones([3_333, 3_333, 3_334], deadline),
      });
      await machineOfferings.finalise(shares);
      await claimMilestone(own, shares, 1);
      await releaseClaimed(own, shares, 1);
      await goTo(its, deadline + 1);
      for (const [milestone, vesting, forfeited] of [
        [2, 166n, 167n],
        [0, 0n, 333n],
      ] as const) {
        await machineOfferings.expire(shares, milestone);
        expect((await machineOfferings.progressOf(shares)).vesting).to.equal(vesting);
        expect(await machineOfferings.forfeitedOf(shares)).to.equal(forfeited);
      }
      expect(await shares.balanceOf(accounts.alice)).to.equal(166n);
      expect(await shares.balanceOf(machineOfferings)).to.equal(333n);
    });

    it("and nothing vests where the part is less than a share", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const deadline = (await now(its)) + 400 * DAY;
      const { own, shares } = await sold(its, 2n, {
        hardCap: 3,
        operatorShares: 2,
        milestones: milestones([9_999, 1], deadline),
      });
      await machineOfferings.finalise(shares);
      for (const [milestone, vested] of [
        [0, 0n],
        [1, 1n],
      ] as const) {
        await claimMilestone(own, shares, milestone);
        await releaseClaimed(own, shares, milestone);
        expect(await shares.balanceOf(accounts.alice)).to.equal(vested);
      }
    });
  });

  describe("OWN-05 R28 earn nothing before they vest", () => {
    /** Bob has 600 shares, Carol 400, and 500 may vest. */
    async function machine(its: Ownership) {
      const shares = await workingMachine({ ...its, charger: await registerDevice(its) });
      const { alice, bob, carol, dave } = its.accounts;
      const pay = (amount: bigint) => shares.connect(dave).deposit(its.token, amount);
      const earned = () =>
        Promise.all(
          [bob, carol, alice, its.machineOfferings].map((who) => shares.claimable(who, its.token)),
        );
      return { shares, pay, earned };
    }

    it("all of a dividend is the others', and from then on a part is his", async () => {
      const its = await load();
      const { shares, pay, earned } = await machine(its);
      await pay(1_000n);
      expect(await earned()).to.deep.equal([600n, 400n, 0n, 0n]);
      await claimMilestone(its, shares, 0);
      await releaseClaimed(its, shares, 0);
      expect(await earned(), "vesting brings nothing of the past").to.deep.equal([
        600n,
        400n,
        0n,
        0n,
      ]);
      await pay(1_150n);
      expect(await earned()).to.deep.equal([1_200n, 800n, 150n, 0n]);
    });

    it("who releases all milestones collects nothing of what was earned before", async () => {
      const its = await load();
      const { accounts, machineOfferings, token } = its;
      const { alice, bob, carol, dave } = accounts;
      const { shares, pay, earned } = await machine(its);
      await pay(999n * COIN);
      for (const milestone of [0, 1, 2]) await claimMilestone(its, shares, milestone);
      for (const milestone of [0, 1, 2]) await releaseClaimed(its, shares, milestone);
      expect(await shares.balanceOf(alice)).to.equal(500n);
      expect(await earned()).to.deep.equal([599_400n * 10n ** 15n, 399_600n * 10n ** 15n, 0n, 0n]);
      const before = await token.balanceOf(alice);
      await shares.connect(alice).claim(token, ALL);
      await shares.claimFor(machineOfferings, token, ALL);
      await shares.connect(alice).transfer(dave, 500);
      for (const who of [alice, dave, machineOfferings]) {
        expect(await shares.claimFor.staticCall(who, token, ALL)).to.equal(0n);
      }
      expect(await token.balanceOf(alice)).to.equal(before);
      await shares.claimFor(bob, token, ALL);
      await shares.claimFor(carol, token, ALL);
      expect(await token.balanceOf(shares), "R28").to.equal(0n);
    });

    it("nobody makes them earn, or a veto smaller, by sending shares to the offerings", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { alice, bob, carol } = accounts;
      const { shares } = await machine(its);
      await claimMilestone(its, shares, 0);
      await releaseClaimed(its, shares, 0);
      for (const who of [alice, bob]) {
        await expect(shares.connect(who).transfer(machineOfferings, 1))
          .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
          .withArgs(machineOfferings);
      }
      await shares.connect(bob).approve(carol, 600);
      await expect(shares.connect(carol).transferFrom(bob, machineOfferings, 600))
        .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
        .withArgs(machineOfferings);
      expect(await shares.balanceOf(machineOfferings)).to.equal(350n);
    });

    it("nobody sends any where the offerings never held one, or hold none any more", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const refused = (shares: Awaited<ReturnType<typeof machine>>["shares"]) =>
        expect(shares.connect(accounts.bob).transfer(machineOfferings, 1))
          .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
          .withArgs(machineOfferings);
      const other = { ...its, charger: await registerDevice(its) };
      await refused(await workingMachine(other, { offering: { operatorShares: 0 } }));
      const { shares } = await machine(its);
      for (const milestone of [0, 1, 2]) {
        await claimMilestone(its, shares, milestone);
        await releaseClaimed(its, shares, milestone);
      }
      expect(await shares.balanceOf(machineOfferings)).to.equal(0n);
      await refused(shares);
    });
  });

  describe("count in the floor: the price of a share times all shares", () => {
    const ALL_SHARES = 600n + 300n;
    const PRICE = 7n;
    for (const [given, floor] of [
      [0n, PRICE * ALL_SHARES],
      [PRICE * 600n, PRICE * ALL_SHARES],
      [PRICE * ALL_SHARES - 1n, PRICE * ALL_SHARES],
      [PRICE * ALL_SHARES, PRICE * ALL_SHARES],
      [PRICE * ALL_SHARES + 1n, PRICE * ALL_SHARES + 1n],
      [2n ** 128n - 1n, 2n ** 128n - 1n],
    ] as const) {
      it(`given ${String(given)} it is ${String(floor)}`, async () => {
        const its = await load();
        const { machineOfferings, accounts } = its;
        const shares = await openOffering(its, {
          machine: { buyoutFloor: given },
          offering: { price: PRICE },
        });
        await contribute(its, shares, accounts.bob, 600);
        await goTo(its, await endOf(its, shares));
        await expect(machineOfferings.finalise(shares))
          .to.emit(shares, "MachineSealed")
          .withArgs(ALL_SHARES, floor);
        expect(await shares.buyoutFloor()).to.equal(floor);
      });
    }
  });
});
