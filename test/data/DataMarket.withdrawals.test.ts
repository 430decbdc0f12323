import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import { purchaseOf } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import { DAY, encryptionKey, HOUR, list } from "./fixture.js";
import {
  buy,
  claimsOf,
  coinOf,
  deliverEpochs,
  encrypted,
  goTo,
  markets,
  metered,
  move,
  offerDataset,
  offerStream,
  sum,
  use,
  wrap,
} from "./market.js";

describe("DataMarket: withdrawals and the pause", () => {
  const load = markets(async (market) => {
    const { accounts, dataMarket, token } = market;
    const currency = await token.getAddress();
    const { assetId, offerId } = await offerDataset(market, 1_000n);
    const { offerId: inTokens } = await list(market, assetId, 1_000n, { sale: { currency } });
    await buy(market, accounts.bob, offerId);
    await buy(market, accounts.bob, inTokens);
    return {
      assetId,
      offerId,
      inTokens,
      asAlice: dataMarket.connect(accounts.alice),
      asStranger: dataMarket.connect(accounts.stranger),
    };
  });

  describe("a withdrawal", () => {
    it("pays all that is credited, once, in coin", async () => {
      const loaded = await load();
      const { asAlice, dataMarket, accounts, connection } = loaded;
      const { alice } = accounts;
      expect(await asAlice.withdraw.staticCall(NATIVE, alice, alice)).to.equal(980n);
      const withdrawing = asAlice.withdraw(NATIVE, alice, alice);
      await expect(withdrawing).to.changeEtherBalances(
        connection.ethers,
        [dataMarket, alice],
        [-980n, 980n],
      );
      expect(await eventsOf(dataMarket, withdrawing)).to.deep.equal([
        ["Withdrawn", NATIVE, alice.address, alice.address, 980n],
      ]);
      expect(await dataMarket.claimable(NATIVE, alice)).to.equal(0n);
      expect(await asAlice.withdraw.staticCall(NATIVE, alice, alice)).to.equal(0n);
      const again = asAlice.withdraw(NATIVE, alice, alice);
      expect(await eventsOf(dataMarket, again)).to.deep.equal([]);
      expect(await coinOf(loaded)).to.equal(20n);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 20n });
    });

    it("pays tokens, and leaves the coin", async () => {
      const loaded = await load();
      const { asAlice, dataMarket, accounts, token, connection } = loaded;
      const { alice } = accounts;
      await expect(asAlice.withdraw(token, alice, alice)).to.changeTokenBalances(
        connection.ethers,
        token,
        [dataMarket, alice],
        [-980n, 980n],
      );
      expect(await dataMarket.claimable(NATIVE, alice)).to.equal(980n);
      expect(await dataMarket.claimable(token, alice)).to.equal(0n);
    });

    it("pays to whom the account likes", async () => {
      const { asAlice, dataMarket, accounts, connection } = await load();
      const { alice, maker } = accounts;
      const withdrawing = asAlice.withdraw(NATIVE, alice, maker);
      await expect(withdrawing).to.changeEtherBalances(
        connection.ethers,
        [dataMarket, maker],
        [-980n, 980n],
      );
      await expect(withdrawing)
        .to.emit(dataMarket, "Withdrawn")
        .withArgs(NATIVE, alice, maker, 980);
    });

    it("is anyone's to make for the account, to itself and to nobody else", async () => {
      const { asStranger, dataMarket, accounts, connection } = await load();
      const { alice, stranger } = accounts;
      for (const to of [stranger.address, ZeroAddress, await dataMarket.getAddress()]) {
        await expect(asStranger.withdraw(NATIVE, alice, to))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketUnauthorized")
          .withArgs(stranger);
      }
      await expect(asStranger.withdraw(NATIVE, alice, alice)).to.changeEtherBalances(
        connection.ethers,
        [dataMarket, alice],
        [-980n, 980n],
      );
    });

    it("of nothing pays nothing", async () => {
      const { asStranger, dataMarket, accounts } = await load();
      const { stranger } = accounts;
      const withdrawing = asStranger.withdraw(NATIVE, stranger, stranger);
      expect(await eventsOf(dataMarket, withdrawing)).to.deep.equal([]);
    });

    for (const name of ["RevertingReceiver", "GasBurningReceiver"] as const) {
      it(`R30 of a ${name} harms only itself, and keeps what is its`, async () => {
        const loaded = await load();
        const { asStranger, dataMarket, dataAssets, accounts, assetId, connection } = loaded;
        const { alice, carol, treasury } = accounts;
        const receiver = await connection.ethers.deployContract(name);
        await dataAssets.connect(alice).setPayee(assetId, receiver);
        await buy(loaded, carol, loaded.offerId); // a sale does not ask the payee
        expect(await dataMarket.claimable(NATIVE, receiver)).to.equal(980n);
        await expect(
          asStranger.withdraw(NATIVE, receiver, receiver, { gasLimit: 1_000_000 }),
        ).to.revert(connection.ethers);
        expect(await dataMarket.claimable(NATIVE, receiver)).to.equal(980n);
        for (const other of [alice, treasury]) await asStranger.withdraw(NATIVE, other, other);
        expect(await coinOf(loaded)).to.equal(980n);
      });
    }

    it("R30 may be sent elsewhere by an account that cannot take it", async () => {
      const loaded = await load();
      const { dataMarket, dataAssets, accounts, assetId, connection } = loaded;
      const { alice, carol, maker } = accounts;
      const receiver = await connection.ethers.deployContract("RevertingReceiver");
      await dataAssets.connect(alice).setPayee(assetId, receiver);
      await buy(loaded, carol, loaded.offerId);
      await expect(dataMarket.withdraw(NATIVE, receiver, receiver))
        .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
        .withArgs(980);
      const data = dataMarket.interface.encodeFunctionData("withdraw", [
        NATIVE,
        await receiver.getAddress(),
        maker.address,
      ]);
      await expect(receiver.execute(dataMarket, data)).to.changeEtherBalances(
        connection.ethers,
        [maker],
        [980n],
      );
    });

    it("R22 DAT-01 pays no force-sent coin and no donation", async () => {
      const loaded = await load();
      const { asStranger, dataMarket, token, accounts, connection } = loaded;
      const market = await dataMarket.getAddress();
      await connection.ethers.deployContract("ForceSender", [market], { value: parseEther("1") });
      await token.mint(market, 5_000n);
      for (const currency of [NATIVE, token]) {
        expect(sum(await claimsOf(loaded, currency))).to.equal(1_000n);
        for (const account of [accounts.alice, accounts.treasury])
          await asStranger.withdraw(currency, account, account);
      }
      expect(await coinOf(loaded)).to.equal(parseEther("1"));
      expect(await token.balanceOf(dataMarket)).to.equal(5_000n);
    });

    it("R24 pays each to the last unit, after many sales of odd prices", async () => {
      const loaded = await load();
      const { asStranger, accounts, assetId } = loaded;
      const { alice, carol, maker, treasury } = accounts;
      for (const price of [1n, 3n, 7n, 49n, 51n, 333n, 9_999n]) {
        const { offerId } = await list(loaded, assetId, price, { sale: { referrerBps: 777 } });
        await buy(loaded, carol, offerId, { referrer: maker.address });
      }
      expect(sum(await claimsOf(loaded, NATIVE))).to.equal(await coinOf(loaded));
      for (const account of [maker, alice, treasury])
        await asStranger.withdraw(NATIVE, account, account);
      expect(await coinOf(loaded)).to.equal(0n);
    });
  });

  describe("the pause", () => {
    it("is the guardian's, and stops buying in every way", async () => {
      const loaded = await load();
      const { dataMarket, dataOffers, accounts, offerId, assetId, helpers } = loaded;
      const { alice, guardian, carol } = accounts;
      await expect(dataMarket.connect(alice).pauseIntake(1))
        .to.be.revertedWithCustomError(dataMarket, "AccessManagedUnauthorized")
        .withArgs(alice);
      await expect(dataMarket.connect(alice).resumeIntake())
        .to.be.revertedWithCustomError(dataMarket, "AccessManagedUnauthorized")
        .withArgs(alice);
      const until = (await helpers.time.latest()) + 14 * DAY;
      await expect(dataMarket.connect(guardian).pauseIntake(until))
        .to.emit(dataMarket, "IntakePaused")
        .withArgs(until);
      expect(await dataMarket.intakePausedUntil()).to.equal(until);
      const { offer, offerId: listed } = await list(loaded, assetId, 5n);
      const purchase = purchaseOf(listed, carol.address);
      const snapshot = await helpers.takeSnapshot();
      await helpers.time.increaseTo(until - 2);
      for (const attempt of [
        () => buy(loaded, carol, offerId),
        () => dataOffers.connect(carol).listAndBuy(offer, [], "0x", purchase, { value: 5n }),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(dataMarket, "IntakePauseActive")
          .withArgs(until);
      }
      await helpers.time.setNextBlockTimestamp(until);
      await buy(loaded, carol, offerId);
      await snapshot.restore();
      await expect(dataMarket.connect(guardian).resumeIntake()).to.emit(
        dataMarket,
        "IntakeResumed",
      );
      await buy(loaded, carol, offerId);
    });

    it("R33 stops nothing else", async () => {
      const loaded = await load();
      const { dataMarket, dataOffers, dataGrants, accounts, asStranger } = loaded;
      const { alice, bob, carol, guardian, relayer } = accounts;
      const key = { encryptionKey: encryptionKey() };
      const sealed = await offerDataset(loaded, 100n, encrypted(loaded));
      const late = await offerDataset(loaded, 100n, encrypted(loaded));
      const quota = await offerDataset(loaded, 100n, metered(10, { transferable: true }));
      const stream = await offerStream(loaded, 100n);
      await buy(loaded, bob, sealed.offerId, key);
      await buy(loaded, bob, late.offerId, key);
      await buy(loaded, bob, quota.offerId);
      await buy(loaded, bob, stream.offerId, { units: 9 });
      await buy(loaded, carol, stream.offerId, { units: 9 });
      const until = (await loaded.helpers.time.latest()) + 14 * DAY;
      await dataMarket.connect(guardian).pauseIntake(until);

      const once = await list(loaded, late.assetId, 7n);
      await dataOffers.connect(alice).withdrawOffer(once.offer);
      await dataMarket.connect(bob).setEncryptionKey(encryptionKey(2));
      await dataMarket.connect(alice).deliver(sealed.offerId, bob, "0x01");
      await dataMarket.connect(bob).dispute(sealed.offerId, { value: 10n });
      await dataMarket.connect(relayer).rule(sealed.offerId, bob, false);
      await use(loaded, bob, quota.offerId, 4);
      await move(loaded, bob, carol, await wrap(loaded, bob, quota.offerId));
      await dataMarket.connect(carol).unwrap(quota.offerId);
      await deliverEpochs(loaded, stream, 0, 2);
      await asStranger.closeDelivery(late.offerId, bob);
      await asStranger.settle(stream.offerId, 10);
      await asStranger.refund(stream.offerId, bob);
      await dataMarket.connect(bob).cancel(stream.offerId, bob);
      const tokenId = await wrap(loaded, carol, stream.offerId);
      await dataGrants.connect(carol).cancelSubscription(tokenId);
      for (const account of [alice, bob, accounts.treasury])
        await asStranger.withdraw(NATIVE, account, account);
      await expect(buy(loaded, carol, stream.offerId)).to.be.revertedWithCustomError(
        dataMarket,
        "IntakePauseActive",
      );
      const renewing = dataGrants.connect(carol).renewSubscription(tokenId, DAY, { value: 100n });
      await expect(renewing).to.be.revertedWithCustomError(dataMarket, "IntakePauseActive");
      await goTo(loaded, stream, 4, 2 * HOUR);
      expect(await dataMarket.intakePausedUntil()).to.equal(until);
    });

    it("lasts 14 days in any 60 at most", async () => {
      const { dataMarket, accounts, helpers } = await load();
      const asGuardian = dataMarket.connect(accounts.guardian);
      const start = (await helpers.time.latest()) + 10;
      await helpers.time.setNextBlockTimestamp(start);
      await asGuardian.pauseIntake(start + 14 * DAY);
      await expect(asGuardian.pauseIntake(start + 14 * DAY + 1))
        .to.be.revertedWithCustomError(dataMarket, "IntakePauseTooLong")
        .withArgs(start + 14 * DAY + 1, start + 14 * DAY);
      await helpers.time.increaseTo(start + 59 * DAY);
      await expect(asGuardian.pauseIntake(start + 61 * DAY))
        .to.be.revertedWithCustomError(dataMarket, "IntakePauseTooLong")
        .withArgs(start + 61 * DAY, start + 14 * DAY);
      await helpers.time.setNextBlockTimestamp(start + 60 * DAY);
      await asGuardian.pauseIntake(start + 74 * DAY);
    });
  });
});
