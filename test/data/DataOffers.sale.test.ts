import { expect } from "chai";

import { purchaseOf, SaleKind } from "../../scripts/lib/data/offers.js";
import { encryptionKey, freshRoot, HOUR, list } from "./fixture.js";
import {
  buy,
  encrypted,
  MARKET,
  markets,
  MAX_UINT32,
  metered,
  offerDataset,
  offerStream,
  sellAsset,
  unitsSold,
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
      const { asBob, dataMarket, offerId, accounts } = loaded;
      for (const units of [0, 2, 2 ** 32 - 1]) {
        const purchase = purchaseOf(offerId, accounts.bob.address, { units });
        await expect(dataMarket.previewBuy(purchase, accounts.bob))
          .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
          .withArgs(units, 1);
        await expect(buy(loaded, accounts.bob, offerId, { units }))
          .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
          .withArgs(units, 1);
      }
      await buy(loaded, accounts.bob, offerId);
      await buy(loaded, accounts.carol, offerId);
      expect(await unitsSold(asBob, offerId)).to.equal(0n); // counted where they are limited
    });

    it("sells any number of other offers", async () => {
      const loaded = await load();
      const { dataMarket, accounts } = loaded;
      const { offerId } = await offerDataset(loaded, 0n, metered(1));
      await expect(buy(loaded, accounts.bob, offerId, { units: 0 }))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
        .withArgs(0, MAX_UINT32);
      await buy(loaded, accounts.bob, offerId, { units: MAX_UINT32 });
      expect((await dataMarket.grantOf(offerId, accounts.bob)).quota).to.equal(MAX_UINT32);
    });

    it("DAT-07 sells no more units than the offer has, to all together", async () => {
      const loaded = await load();
      const { asBob, accounts } = loaded;
      const { bob, carol } = accounts;
      const sale = { kind: SaleKind.Metered, quota: 5, maxUnits: 10 };
      const { offerId } = await offerDataset(loaded, PRICE, { sale });
      await buy(loaded, bob, offerId, { units: 4 });
      await buy(loaded, carol, offerId, { units: 3 });
      expect(await unitsSold(asBob, offerId)).to.equal(7n);
      await expect(buy(loaded, bob, offerId, { units: 4 }))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
        .withArgs(4, 3);
      await buy(loaded, bob, offerId, { units: 3 });
      expect(await unitsSold(asBob, offerId)).to.equal(10n);
      expect(await asBob.isOpen(offerId)).to.equal(false);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
        .withArgs(1, 0);
    });

    it("DAT-07 sells a limited one-off to so many, one each", async () => {
      const loaded = await load();
      const { asBob, accounts } = loaded;
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { maxUnits: 2 } });
      await expect(buy(loaded, accounts.bob, offerId, { units: 2 }))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
        .withArgs(2, 1);
      await buy(loaded, accounts.bob, offerId);
      expect(await asBob.isOpen(offerId)).to.equal(true);
      await buy(loaded, accounts.carol, offerId);
      await expect(buy(loaded, accounts.relayer, offerId))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
        .withArgs(1, 0);
    });

    it("DAT-07 sells a refunded unit again, and no more than that", async () => {
      const loaded = await load();
      const { dataMarket, dataOffers, accounts, helpers } = loaded;
      const { bob, carol } = accounts;
      const sale = { ...encrypted(loaded).sale, maxUnits: 1 };
      const { offerId } = await offerDataset(loaded, PRICE, { sale });
      const rest = { encryptionKey: encryptionKey() };
      await buy(loaded, bob, offerId, rest);
      await expect(buy(loaded, carol, offerId, rest))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
        .withArgs(1, 0);
      await helpers.time.increase(HOUR + 1);
      await dataMarket.closeDelivery(offerId, bob);
      expect(await unitsSold(dataOffers, offerId)).to.equal(0n);
      await buy(loaded, carol, offerId, rest);
      expect(await unitsSold(dataOffers, offerId)).to.equal(1n);
    });

    it("R05 is kept by the market for its own desk alone", async () => {
      const { dataMarket, accounts, offerId } = await load();
      const market = dataMarket.connect(accounts.alice);
      const packed = { sale: 0n, deal: 1n << 176n, delivery: 0n, limits: 0n };
      for (const attempt of [market.open(freshRoot(), packed), market.close(offerId)]) {
        await expect(attempt)
          .to.be.revertedWithCustomError(MARKET, "DataMarketUnauthorized")
          .withArgs(accounts.alice);
      }
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
        .to.be.revertedWithCustomError(MARKET, "DataMarketExpiredOffer")
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
        .to.be.revertedWithCustomError(MARKET, "DataMarketStaleOffer")
        .withArgs(0, 1);
      await dataAssets.connect(bob).transferFrom(bob, alice, assetId);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(MARKET, "DataMarketStaleOffer")
        .withArgs(0, 2);
    });

    it("with a withdrawal", async () => {
      const loaded = await load();
      const { dataOffers, accounts, offer, offerId } = loaded;
      await dataOffers.connect(accounts.alice).withdrawOffer(offer);
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
    });

    it("before it began: an unknown offer cannot be bought", async () => {
      const loaded = await load();
      const { accounts, dataMarket } = loaded;
      const unknown = `0x${"ab".repeat(32)}`;
      await expect(buy(loaded, accounts.bob, unknown))
        .to.be.revertedWithCustomError(MARKET, "DataMarketUnknownOffer")
        .withArgs(unknown);
      await expect(dataMarket.previewBuy(purchaseOf(unknown, accounts.bob.address), accounts.bob))
        .to.be.revertedWithCustomError(MARKET, "DataMarketUnknownOffer")
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
      const { gate, offerId, accounts, dataMarket } = loaded;
      const { bob, carol } = accounts;
      await gate.admit(carol, true);
      const refusal = [gate, bob] as const;
      for (const attempt of [
        () => buy(loaded, bob, offerId),
        () => buy(loaded, carol, offerId, { recipient: bob.address }),
        () => dataMarket.previewBuy(purchaseOf(offerId, bob.address), bob),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(MARKET, "DataMarketGateClosed")
          .withArgs(...refusal);
      }
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
        const { gate, offerId, accounts } = loaded;
        await gate.admit(accounts.bob, true);
        await gate.behave(index + 1);
        await expect(buy(loaded, accounts.bob, offerId))
          .to.be.revertedWithCustomError(MARKET, "DataMarketGateClosed")
          .withArgs(gate, accounts.bob);
        await gate.behave(0);
        await buy(loaded, accounts.bob, offerId);
      });
    }

    it("gives it 100,000 gas and no more", async () => {
      const loaded = await loadGated();
      const { gate, offerId, accounts } = loaded;
      await gate.behave(2); // burning all it gets
      const refused = buy(loaded, accounts.bob, offerId, {}, { gasLimit: 2_000_000n });
      await expect(refused).to.be.revertedWithCustomError(MARKET, "DataMarketGateClosed");
      const block = await loaded.connection.ethers.provider.getBlock("latest");
      expect(block?.gasUsed).to.be.within(100_000n, 250_000n);
    });

    it("stays shut where there is no gate", async () => {
      const loaded = await loadGated();
      const { accounts } = loaded;
      const gate = accounts.stranger.address;
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { gate } });
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(MARKET, "DataMarketGateClosed")
        .withArgs(gate, accounts.bob);
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
