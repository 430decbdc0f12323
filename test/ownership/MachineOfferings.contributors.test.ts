import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";

import { OfferingStatus } from "../../scripts/lib/ownership/machines.js";
import { eventsOf } from "../identity/registry.js";
import {
  COIN,
  createOffering,
  DAY,
  NO_PROOF,
  now,
  openOffering,
  type Ownership,
} from "./fixture.js";
import { goTo, nextBlockAt, offerings, openSale } from "./offering.js";

describe("MachineOfferings: who may contribute", () => {
  const load = offerings(async () => ({}));

  describe("under a cap per wallet", () => {
    it("reach it exactly, and no further, in one or in many", async () => {
      const its = await load();
      const { machineOfferings, accounts, token } = its;
      const { bob, carol } = accounts;
      const { shares, buy } = await openSale(its, { offering: { walletCap: 10 } });
      await expect(buy(bob, 11))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOverCap")
        .withArgs(bob, 11n, 10n);
      await buy(bob, 10);
      await buy(carol, 4);
      await buy(carol, 6);
      for (const who of [bob, carol]) {
        await expect(buy(who, 1))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOverCap")
          .withArgs(who, 11n, 10n);
        expect(await shares.balanceOf(who)).to.equal(10n);
      }
      expect((await machineOfferings.progressOf(shares)).sold).to.equal(20n);
      expect(await token.balanceOf(machineOfferings)).to.equal(20n * COIN);
    });

    it("count what is bought, not what was wanted", async () => {
      const its = await load();
      const { shares, buy } = await openSale(its, { offering: { walletCap: 990 } });
      await buy(its.accounts.bob, 990);
      await buy(its.accounts.carol, 1_000);
      expect(await shares.balanceOf(its.accounts.carol)).to.equal(10n);
    });
  });

  describe("by a list", () => {
    async function listed(its: Ownership, walletCap = 0) {
      const { machineOfferings, accounts } = its;
      const { bob, carol, dave } = accounts;
      const caps: [string, number][] = [
        [bob.address, 10],
        [carol.address, 20],
        [dave.address, 0],
      ];
      const tree = StandardMerkleTree.of(caps, ["address", "uint96"]);
      const shares = await openOffering(its, {
        offering: { allowListRoot: tree.root, walletCap },
      });
      const proofs = new Map([...tree.entries()].map(([i, [who]]) => [who, tree.getProof(i)]));
      const buy = (
        who: HardhatEthersSigner,
        amount: number,
        cap: number,
        proof = proofs.get(who.address) ?? NO_PROOF,
      ) => machineOfferings.connect(who).contribute(shares, amount, cap, proof);
      const refused = (sending: Promise<unknown>, who: HardhatEthersSigner, cap: number) =>
        expect(sending)
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsNotAllowed")
          .withArgs(who, cap);
      const over = (
        sending: Promise<unknown>,
        who: HardhatEthersSigner,
        held: number,
        cap: number,
      ) =>
        expect(sending)
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOverCap")
          .withArgs(who, held, cap);
      return { shares, buy, proofs, refused, over };
    }

    it("are whose is on it, up to his cap", async () => {
      const its = await load();
      const { bob, carol, dave } = its.accounts;
      const { shares, buy, over } = await listed(its);
      await over(buy(bob, 11, 10), bob, 11, 10);
      await buy(bob, 10, 10);
      await over(buy(bob, 1, 10), bob, 11, 10);
      await buy(carol, 20, 20);
      await over(buy(dave, 1, 0), dave, 1, 0);
      expect(await shares.balanceOf(bob)).to.equal(10n);
      expect(await shares.balanceOf(carol)).to.equal(20n);
    });

    it("R49 are nobody else's: not with another's proof, another's cap, or none", async () => {
      const its = await load();
      const { bob, carol, stranger } = its.accounts;
      const { buy, proofs, refused } = await listed(its);
      const carols = proofs.get(carol.address) ?? NO_PROOF;
      await refused(buy(stranger, 1, 20, carols), stranger, 20);
      await refused(buy(bob, 1, 20, carols), bob, 20);
      await refused(buy(bob, 1, 10, carols), bob, 10);
      await refused(buy(bob, 1, 11), bob, 11);
      await refused(buy(bob, 1, 9), bob, 9);
      await refused(buy(bob, 1, 10, NO_PROOF), bob, 10);
    });

    it("stay under both caps: the wallets' if it is less", async () => {
      const its = await load();
      const { bob, carol } = its.accounts;
      const { buy, over } = await listed(its, 15);
      await over(buy(bob, 11, 10), bob, 11, 10);
      await buy(bob, 10, 10);
      await over(buy(carol, 16, 20), carol, 16, 15);
      await buy(carol, 15, 20);
    });

    it("need neither cap nor proof where there is no list", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { shares } = await openSale(its, { offering: { walletCap: 5 } });
      const nonsense = [`0x${"12".repeat(32)}`];
      await machineOfferings.connect(accounts.bob).contribute(shares, 2, 1, nonsense);
      expect(await shares.balanceOf(accounts.bob)).to.equal(2n);
    });
  });

  describe("while the guardian has paused intake", () => {
    async function paused(its: Ownership) {
      const sale = await openSale(its);
      const { machineOfferings, accounts } = its;
      const until = (await now(its)) + DAY;
      const asGuardian = machineOfferings.connect(accounts.guardian);
      expect(await eventsOf(machineOfferings, asGuardian.pauseIntake(until))).to.deep.equal([
        ["IntakePaused", BigInt(until)],
      ]);
      return { ...sale, until, asGuardian };
    }

    it("are refused until the pause ends", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { buy, until } = await paused(its);
      expect(await machineOfferings.intakePausedUntil()).to.equal(BigInt(until));
      await nextBlockAt(its, until - 1);
      await expect(buy(accounts.bob, 1))
        .to.be.revertedWithCustomError(machineOfferings, "IntakePauseActive")
        .withArgs(until);
      await nextBlockAt(its, until);
      await buy(accounts.bob, 1);
    });

    it("go on when he ends it", async () => {
      const its = await load();
      const { buy, asGuardian } = await paused(its);
      await asGuardian.resumeIntake();
      await buy(its.accounts.bob, 1);
    });

    it("are refused for 14 days at most", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const asGuardian = machineOfferings.connect(accounts.guardian);
      const time = (await now(its)) + 100;
      const latest = time + 14 * DAY;
      await nextBlockAt(its, time);
      await expect(asGuardian.pauseIntake(latest + 1))
        .to.be.revertedWithCustomError(machineOfferings, "IntakePauseTooLong")
        .withArgs(latest + 1, latest);
      await nextBlockAt(its, time + 1);
      await asGuardian.pauseIntake(latest + 1);
      await goTo(its, latest + 1);
      const again = latest + 100;
      await nextBlockAt(its, again - 50);
      await expect(asGuardian.pauseIntake(again))
        .to.be.revertedWithCustomError(machineOfferings, "IntakePauseTooLong")
        .withArgs(again, latest + 1);
    });

    it("R47 can be paused by nobody else", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const until = (await now(its)) + DAY;
      for (const who of [accounts.admin, accounts.deployer, accounts.alice]) {
        const pausing = machineOfferings.connect(who).pauseIntake(until);
        await expect(pausing)
          .to.be.revertedWithCustomError(machineOfferings, "AccessManagedUnauthorized")
          .withArgs(who);
      }
    });

    it("leave offerings that are created, opened, cancelled and finalised all the same", async () => {
      const its = await load();
      const { machineOfferings, accounts, deviceRegistry, charger } = its;
      const draft = await createOffering(its);
      const sale = await openSale(its);
      await sale.buy(accounts.bob, 1_000);
      const guardian = machineOfferings.connect(accounts.guardian);
      await guardian.pauseIntake((await now(its)) + DAY);
      await machineOfferings.finalise(sale.shares);
      expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(sale.shares.target);
      expect(await machineOfferings.statusOf(draft)).to.equal(OfferingStatus.Draft);
    });
  });
});
