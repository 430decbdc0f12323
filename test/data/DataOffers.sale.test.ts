import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { purchaseOf, SaleKind } from "../../scripts/lib/data/offers.js";
import { list } from "./fixture.js";
import {
  buy,
  markets,
  MAX_UINT32,
  metered,
  offerDataset,
  offerStream,
  sellAsset,
} from "./market.js";

const PRICE = 1_000n;

describe("DataOffers: sale", () => {
  const load = markets(async (market) => ({
    ...(await offerDataset(market, PRICE)),
    asBob: market.dataOffers.connect(market.accounts.bob),
  }));

  describe("of units", () => {
    it("sells one of a one-off, to each", async () => {
      const loaded = await load();
      const { asBob, offerId, accounts } = loaded;
      for (const units of [0, 2, 2 ** 32 - 1]) {
        await expect(asBob.checkSale(offerId, units, accounts.bob))
          .to.be.revertedWithCustomError(asBob, "DataOffersInvalidUnits")
          .withArgs(units, 1);
        await expect(buy(loaded, accounts.bob, offerId, { units }))
          .to.be.revertedWithCustomError(asBob, "DataOffersInvalidUnits")
          .withArgs(units, 1);
      }
      await buy(loaded, accounts.bob, offerId);
      await buy(loaded, accounts.carol, offerId);
      expect(await asBob.unitsSold(offerId)).to.equal(0n); // counted where they are limited
    });

    it("sells any number of other offers", async () => {
      const loaded = await load();
      const { asBob, accounts } = loaded;
      const { offerId } = await offerDataset(loaded, 0n, metered(1));
      await expect(asBob.checkSale(offerId, 0, accounts.bob))
        .to.be.revertedWithCustomError(asBob, "DataOffersInvalidUnits")
        .withArgs(0, MAX_UINT32);
      expect((await asBob.checkSale(offerId, MAX_UINT32, accounts.bob)).quota).to.equal(1n);
    });

    it("DAT-07 sells no more units than the offer has, to all together", async () => {
      const loaded = await load();
      const { asBob, accounts } = loaded;
      const { bob, carol } = accounts;
      const sale = { kind: SaleKind.Metered, quota: 5, maxUnits: 10 };
      const { offerId } = await offerDataset(loaded, PRICE, { sale });
      await buy(loaded, bob, offerId, { units: 4 });
      await buy(loaded, carol, offerId, { units: 3 });
      expect(await asBob.unitsSold(offerId)).to.equal(7n);
      await expect(buy(loaded, bob, offerId, { units: 4 }))
        .to.be.revertedWithCustomError(asBob, "DataOffersInvalidUnits")
        .withArgs(4, 3);
      await buy(loaded, bob, offerId, { units: 3 });
      expect(await asBob.unitsSold(offerId)).to.equal(10n);
      expect(await asBob.isOpen(offerId)).to.equal(false);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(asBob, "DataOffersInvalidUnits")
        .withArgs(1, 0);
    });

    it("DAT-07 sells a limited one-off to so many, one each", async () => {
      const loaded = await load();
      const { asBob, accounts } = loaded;
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { maxUnits: 2 } });
      await expect(buy(loaded, accounts.bob, offerId, { units: 2 }))
        .to.be.revertedWithCustomError(asBob, "DataOffersInvalidUnits")
        .withArgs(2, 1);
      await buy(loaded, accounts.bob, offerId);
      expect(await asBob.isOpen(offerId)).to.equal(true);
      await buy(loaded, accounts.carol, offerId);
      await expect(buy(loaded, accounts.relayer, offerId))
        .to.be.revertedWithCustomError(asBob, "DataOffersInvalidUnits")
        .withArgs(1, 0);
    });

    it("R05 is the market's to count: a stranger cannot use up a limited offer", async () => {
      const loaded = await load();
      const { asBob, accounts, offerId: unlimited } = loaded;
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { maxUnits: 2 } });
      await expect(asBob.sell(offerId, 1, accounts.bob))
        .to.be.revertedWithCustomError(asBob, "DataOffersUnauthorized")
        .withArgs(accounts.bob);
      expect(await asBob.unitsSold(offerId)).to.equal(0n);
      await asBob.sell(unlimited, 1, accounts.bob); // counts nothing, and grants nothing
      expect(await loaded.dataMarket.isGranted(unlimited, accounts.bob)).to.equal(false);
    });
  });

  describe("ends", () => {
    it("after its last second", async () => {
      const loaded = await load();
      const { asBob, accounts, helpers, assetId } = loaded;
      const validUntil = (await helpers.time.latest()) + 1_000;
      const { offerId } = await list(loaded, assetId, PRICE, { rest: { validUntil } });
      const snapshot = await helpers.takeSnapshot();
      await helpers.time.setNextBlockTimestamp(validUntil);
      await buy(loaded, accounts.bob, offerId);
      expect(await asBob.isOpen(offerId)).to.equal(true);
      await snapshot.restore();
      await helpers.time.increaseTo(validUntil + 1);
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(asBob, "DataOffersExpiredOffer")
        .withArgs(validUntil);
      expect(await asBob.isOpen(offerId)).to.equal(false);
    });

    it("with the sale of the asset, even if it comes back", async () => {
      const loaded = await load();
      const { asBob, accounts, assetId, offerId, dataAssets } = loaded;
      const { alice, bob } = accounts;
      await sellAsset(loaded, assetId, bob);
      expect(await asBob.isOpen(offerId)).to.equal(false);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(asBob, "DataOffersStaleOffer")
        .withArgs(0, 1);
      await dataAssets.connect(bob).transferFrom(bob, alice, assetId);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(asBob, "DataOffersStaleOffer")
        .withArgs(0, 2);
    });

    it("with a withdrawal", async () => {
      const loaded = await load();
      const { dataOffers, accounts, offer, offerId } = loaded;
      await dataOffers.connect(accounts.alice).withdraw(offer);
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersWithdrawnOffer")
        .withArgs(offerId);
    });

    it("before it began: an unknown offer cannot be bought", async () => {
      const loaded = await load();
      const { asBob, accounts, dataMarket } = loaded;
      const unknown = `0x${"ab".repeat(32)}`;
      await expect(buy(loaded, accounts.bob, unknown))
        .to.be.revertedWithCustomError(asBob, "DataOffersUnknownOffer")
        .withArgs(unknown);
      await expect(dataMarket.previewBuy(purchaseOf(unknown, accounts.bob.address), accounts.bob))
        .to.be.revertedWithCustomError(asBob, "DataOffersUnknownOffer")
        .withArgs(unknown);
    });
  });

  describe("through a gate", () => {
    const loadGated = markets(async (market) => {
      const gate = await market.connection.ethers.deployContract("MockGate");
      const sale = { gate: await gate.getAddress() };
      return { gate, ...(await offerDataset(market, PRICE, { sale })) };
    });

    it("lets in whom it admits: the holder, whoever pays", async () => {
      const loaded = await loadGated();
      const { gate, offerId, accounts, dataOffers, dataMarket } = loaded;
      const { bob, carol } = accounts;
      await gate.admit(carol, true);
      const refusal = [gate, bob] as const;
      for (const attempt of [
        () => buy(loaded, bob, offerId),
        () => buy(loaded, carol, offerId, { recipient: bob.address }),
        () => dataOffers.checkGate(offerId, bob),
        () => dataOffers.checkSale(offerId, 1, bob),
        () => dataMarket.previewBuy(purchaseOf(offerId, bob.address), bob),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(dataOffers, "DataOffersGateClosed")
          .withArgs(...refusal);
      }
      await dataOffers.checkGate(offerId, carol);
      await buy(loaded, bob, offerId, { recipient: carol.address });
    });

    const MANNERS = [
      "Reverting",
      "BurningAllGas",
      "WithTwo",
      "WithAShortWord",
      "WithTwoWords",
    ] as const;
    for (const [index, manner] of MANNERS.entries()) {
      it(`takes an answer for a no: ${manner}`, async () => {
        const loaded = await loadGated();
        const { gate, offerId, accounts, dataOffers } = loaded;
        await gate.admit(accounts.bob, true);
        await gate.behave(index + 1);
        await expect(buy(loaded, accounts.bob, offerId))
          .to.be.revertedWithCustomError(dataOffers, "DataOffersGateClosed")
          .withArgs(gate, accounts.bob);
        await gate.behave(0);
        await buy(loaded, accounts.bob, offerId);
      });
    }

    it("gives it 100,000 gas and no more", async () => {
      const loaded = await loadGated();
      const { gate, offerId, accounts, dataOffers } = loaded;
      await gate.behave(2); // burning all it gets
      const refused = buy(loaded, accounts.bob, offerId, {}, { gasLimit: 2_000_000n });
      await expect(refused).to.be.revertedWithCustomError(dataOffers, "DataOffersGateClosed");
      const block = await loaded.connection.ethers.provider.getBlock("latest");
      expect(block?.gasUsed).to.be.within(100_000n, 250_000n);
    });

    it("stays shut where there is no gate", async () => {
      const loaded = await loadGated();
      const { accounts, dataOffers } = loaded;
      const gate = accounts.stranger.address;
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { gate } });
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersGateClosed")
        .withArgs(gate, accounts.bob);
    });

    it("asks nobody about an offer without one, known or not", async () => {
      const loaded = await load();
      await loaded.dataOffers.checkGate(loaded.offerId, ZeroAddress);
      await loaded.dataOffers.checkGate(`0x${"ab".repeat(32)}`, ZeroAddress);
    });
  });

  it("opens what is listed, in time, of this owner and not sold out", async () => {
    const loaded = await load();
    const { dataOffers, offerId } = loaded;
    const stream = await offerStream(loaded, PRICE);
    for (const open of [offerId, stream.offerId])
      expect(await dataOffers.isOpen(open)).to.equal(true);
  });
});
