import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { OfferingStatus } from "../../scripts/lib/ownership/machines.js";
import { ALL, COIN, contribute, createOffering, NO_PROOF, sendDevice } from "./fixture.js";
import { endOf, inCoin, nextBlockAt, offerings, openSale } from "./offering.js";

describe("MachineOfferings: contributions", () => {
  const load = offerings(async () => ({}));

  describe("in a token", () => {
    it("take the price of the shares exactly, and are told", async () => {
      const its = await load();
      const { machineOfferings, accounts, token, connection } = its;
      const { bob } = accounts;
      const { shares } = await openSale(its, { offering: { price: 7n } });
      const asBob = machineOfferings.connect(bob);
      expect(await asBob.contribute.staticCall(shares, 11, 0, NO_PROOF)).to.equal(11n);
      const contributing = asBob.contribute(shares, 11, 0, NO_PROOF);
      await expect(contributing).to.changeTokenBalances(
        connection.ethers,
        token,
        [bob, machineOfferings],
        [-77n, 77n],
      );
      await expect(contributing)
        .to.emit(machineOfferings, "Contributed")
        .withArgs(shares, bob, 11n, 77n);
      expect(await shares.balanceOf(bob)).to.equal(11n);
      expect(await shares.totalSupply()).to.equal(11n);
      expect((await machineOfferings.progressOf(shares)).sold).to.equal(11n);
    });

    it("add up, an account's and everybody's", async () => {
      const its = await load();
      const { accounts, machineOfferings, token } = its;
      const { shares, buy } = await openSale(its);
      await buy(accounts.bob, 3);
      await buy(accounts.carol, 5);
      await buy(accounts.bob, 4);
      expect(await shares.balanceOf(accounts.bob)).to.equal(7n);
      expect(await shares.balanceOf(accounts.carol)).to.equal(5n);
      expect((await machineOfferings.progressOf(shares)).sold).to.equal(12n);
      expect(await token.balanceOf(machineOfferings)).to.equal(12n * COIN);
    });

    it("come without coin", async () => {
      const its = await load();
      const { shares, buy } = await openSale(its);
      await expect(buy(its.accounts.bob, 1, 1n))
        .to.be.revertedWithCustomError(its.machineOfferings, "CurrencyWrongValue")
        .withArgs(0n, 1n);
      expect(await shares.totalSupply()).to.equal(0n);
    });

    it("are refused of a token that keeps a part, and of one that nobody let be taken", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection } = its;
      const { bob, dave } = accounts;
      const costly = await connection.ethers.deployContract("FeeOnTransferERC20", [100]);
      await costly.mint(bob, 1_000n);
      await costly.mint(dave, 1_000n);
      await costly.connect(bob).approve(machineOfferings, ALL);
      const currency = costly.target as string;
      const { shares, buy } = await openSale(its, {
        machine: { currency },
        offering: { price: 10n },
      });
      await expect(buy(bob, 10))
        .to.be.revertedWithCustomError(machineOfferings, "CurrencyInexactIntake")
        .withArgs(currency, 100n, 99n);
      await expect(buy(dave, 10))
        .to.be.revertedWithCustomError(costly, "ERC20InsufficientAllowance")
        .withArgs(machineOfferings, 0n, 100n);
      expect((await machineOfferings.progressOf(shares)).sold).to.equal(0n);
      expect(await shares.totalSupply()).to.equal(0n);
    });
  });

  describe("in coin", () => {
    it("take what is sent, if it is the price", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection } = its;
      const { bob } = accounts;
      const { shares, buy } = await openSale(its, inCoin({ offering: { price: 7n } }));
      await expect(buy(bob, 11, 77n)).to.changeEtherBalances(
        connection.ethers,
        [bob, machineOfferings],
        [-77n, 77n],
      );
      expect(await shares.balanceOf(bob)).to.equal(11n);
      expect((await machineOfferings.termsOf(shares)).currency).to.equal(NATIVE);
    });

    it("R27 return what is sent too much at once", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection } = its;
      const { bob } = accounts;
      const { shares, buy } = await openSale(its, inCoin({ offering: { price: 7n } }));
      const contributing = buy(bob, 11, 100n);
      await expect(contributing).to.changeEtherBalances(
        connection.ethers,
        [bob, machineOfferings],
        [-77n, 77n],
      );
      await expect(contributing)
        .to.emit(machineOfferings, "Contributed")
        .withArgs(shares, bob, 11n, 77n);
    });

    it("are refused with less than the price", async () => {
      const its = await load();
      const { buy } = await openSale(its, inCoin({ offering: { price: 7n } }));
      await expect(buy(its.accounts.bob, 11, 76n))
        .to.be.revertedWithCustomError(its.machineOfferings, "CurrencyWrongValue")
        .withArgs(77n, 76n);
    });
  });

  describe("at the limits", () => {
    it("begin at the start", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const shares = await createOffering(its);
      await sendDevice(its, shares);
      const { start } = await machineOfferings.termsOf(shares);
      await nextBlockAt(its, Number(start) - 1);
      await expect(contribute(its, shares, accounts.bob, 1))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsNotStarted")
        .withArgs(start);
      await nextBlockAt(its, Number(start));
      await contribute(its, shares, accounts.bob, 1);
      expect(await shares.balanceOf(accounts.bob)).to.equal(1n);
    });

    for (const [sold, status] of [
      [99, OfferingStatus.Failed],
      [100, OfferingStatus.Funded],
    ] as const) {
      it(`end before the end, with ${String(sold)} of 100 shares sold`, async () => {
        const its = await load();
        const { machineOfferings, accounts } = its;
        const { shares, buy } = await openSale(its);
        const end = await endOf(its, shares);
        await buy(accounts.bob, sold - 1);
        await nextBlockAt(its, end - 1);
        await buy(accounts.carol, 1);
        await nextBlockAt(its, end);
        await expect(buy(accounts.carol, 1))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
          .withArgs(shares, status);
        expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Open);
        await its.connection.networkHelpers.mine();
        expect(await machineOfferings.statusOf(shares)).to.equal(status);
      });
    }

    it("are for one share at least", async () => {
      const its = await load();
      const { buy } = await openSale(its);
      await expect(buy(its.accounts.bob, 0)).to.be.revertedWithCustomError(
        its.machineOfferings,
        "MachineOfferingsNoShares",
      );
    });

    it("take what is left, and pay for that only", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection, token } = its;
      const { bob, carol } = accounts;
      const { shares, buy } = await openSale(its);
      await buy(bob, 997);
      const asCarol = machineOfferings.connect(carol);
      expect(await asCarol.contribute.staticCall(shares, 10, 0, NO_PROOF)).to.equal(3n);
      const contributing = asCarol.contribute(shares, 10, 0, NO_PROOF);
      await expect(contributing).to.changeTokenBalances(
        connection.ethers,
        token,
        [carol, machineOfferings],
        [-3n * COIN, 3n * COIN],
      );
      await expect(contributing)
        .to.emit(machineOfferings, "Contributed")
        .withArgs(shares, carol, 3n, 3n * COIN);
      expect((await machineOfferings.progressOf(shares)).sold).to.equal(1_000n);
    });

    it("R27 return the coin for shares that were not left", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection } = its;
      const { shares, buy } = await openSale(its, inCoin({ offering: { price: 5n } }));
      await buy(accounts.bob, 999, 4_995n);
      await expect(buy(accounts.carol, 1_000, 5_000n)).to.changeEtherBalances(
        connection.ethers,
        [accounts.carol, machineOfferings],
        [-5n, 5n],
      );
      expect(await shares.balanceOf(accounts.carol)).to.equal(1n);
    });

    it("end at once when all is sold", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { shares, buy } = await openSale(its);
      await buy(accounts.bob, 999);
      expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Open);
      await buy(accounts.bob, 1);
      expect(await machineOfferings.statusOf(shares)).to.equal(OfferingStatus.Funded);
      await expect(buy(accounts.carol, 1))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
        .withArgs(shares, OfferingStatus.Funded);
    });

    it("leave shares that nobody can move before the offering is finalised", async () => {
      const its = await load();
      const { accounts, machineOfferings } = its;
      const { bob, dave } = accounts;
      const { shares, buy } = await openSale(its);
      await buy(bob, 1_000);
      const asBob = shares.connect(bob);
      await expect(asBob.transfer(dave, 1))
        .to.be.revertedWithCustomError(shares, "DividendLedgerWrongPhase")
        .withArgs(0n);
      await machineOfferings.finalise(shares);
      await asBob.transfer(dave, 1);
      expect(await shares.balanceOf(dave)).to.equal(1n);
    });

    it("sell the last share at the greatest sum there is", async () => {
      const its = await load();
      const { machineOfferings, accounts, token } = its;
      const { bob } = accounts;
      await token.mint(bob, 2n ** 128n);
      const offering = {
        price: 2n ** 127n,
        softCap: 1,
        hardCap: 1,
        operatorShares: 0,
      };
      const { shares, buy } = await openSale(its, { offering });
      await buy(bob, 2n ** 88n - 1n);
      await machineOfferings.finalise(shares);
      expect((await machineOfferings.progressOf(shares)).remaining).to.equal(2n ** 127n);
    });
  });
});
