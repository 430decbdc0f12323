import { expect } from "chai";
import { ZeroHash } from "ethers";

import { Use } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf, plain } from "../identity/registry.js";
import { DAY, list, now } from "./fixture.js";
import {
  accessUntil,
  buy,
  claimsOf,
  coinOf,
  deliverEpochs,
  goTo,
  grant,
  grantOf,
  inForce,
  MARKET,
  markets,
  nextAt,
  offerStream,
  sellAsset,
  type Subscription,
} from "./market.js";

const PRICE = 100n;

describe("DataMarket: subscriptions", () => {
  const load = markets(async (market) => offerStream(market, PRICE));
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Which of the first ten epochs a holder has access to, now. */
  async function openEpochs(
    { dataMarket }: Loaded,
    { offerId }: Pick<Subscription, "offerId">,
    holder: string,
  ): Promise<number[]> {
    const open: number[] = [];
    for (let epoch = 0; epoch < 10; epoch++)
      if (await dataMarket.canAccess(offerId, holder, Use.Internal, epoch)) open.push(epoch);
    return open;
  }

  const endOf = ({ start }: Pick<Subscription, "start">, epoch: number) =>
    BigInt(start + (epoch + 1) * DAY);

  describe("bought", () => {
    it("begins with the running epoch, whole, and is nobody's income yet", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts, assetId } = loaded;
      const { bob } = accounts;
      await goTo(loaded, loaded, 2, DAY - 10);
      const buying = buy(loaded, bob, offerId, { units: 3 });
      expect(await eventsOf(dataMarket, buying)).to.deep.equal([
        ["GrantBought", offerId, bob.address, bob.address, 3n, 300n, ZeroHash],
      ]);
      const expected = grant({ start: 2n, end: 5n, refundTo: 2n });
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(expected);
      expect(await openEpochs(loaded, loaded, bob.address)).to.deep.equal([2, 3, 4]);
      expect(await coinOf(loaded)).to.equal(300n);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
      const ledger = { settledTo: 2n, active: 0n, begun: true };
      expect(plain(await dataMarket.ledgerOf(offerId))).to.deep.equal(ledger);
      const until = endOf(loaded, 5);
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([until, 0n, 0n]);
    });

    it("begins with epoch 0 before the stream does", async () => {
      const loaded = await load();
      const { accounts, dataMarket } = loaded;
      const firstEpochStart = (await now(loaded)) + 10 * DAY;
      const stream = await offerStream(loaded, PRICE, {}, { firstEpochStart });
      await buy(loaded, accounts.bob, stream.offerId, { units: 2 });
      const expected = grant({ end: 2n });
      expect(await grantOf(loaded, stream.offerId, accounts.bob)).to.deep.equal(expected);
      expect(await openEpochs(loaded, stream, accounts.bob.address)).to.deep.equal([0, 1]);
      expect(await accessUntil(dataMarket, stream.offerId, accounts.bob)).to.equal(
        endOf(stream, 2),
      );
      await buy(loaded, accounts.bob, stream.offerId);
      expect(await openEpochs(loaded, stream, accounts.bob.address)).to.deep.equal([0, 1, 2]);
      await goTo(loaded, stream, 3, DAY - 1);
      expect(await openEpochs(loaded, stream, accounts.bob.address)).to.deep.equal([0, 1, 2]);
      await goTo(loaded, stream, 4, 0);
      expect(await openEpochs(loaded, stream, accounts.bob.address)).to.deep.equal([]);
    });

    it("begins with the epoch whose first second it is, not with the one before", async () => {
      for (const [seconds, epoch] of [
        [-1, 3n],
        [0, 4n],
      ] as const) {
        const loaded = await load();
        await nextAt(loaded, loaded, 4, seconds);
        await buy(loaded, loaded.accounts.bob, loaded.offerId);
        const { start } = await loaded.dataMarket.grantOf(loaded.offerId, loaded.accounts.bob);
        expect(start).to.equal(epoch);
      }
    });

    it("R37 R39 DAT-04 ends exactly so many periods later, for any number of units", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob } = accounts;
      for (const [period, units] of [
        [1, 1],
        [1, 1_024],
        [7, 1],
        [7, 3],
        [30, 12],
        [1_024, 1],
      ] as const) {
        const terms = { cancellable: true };
        const rest = { validUntil: 2 ** 40 + units }; // an offer each
        const parts = { terms, sale: { kind: 1, period }, rest };
        const { offerId } = await list(loaded, assetId, 1n, parts);
        await buy(loaded, bob, offerId, { units });
        const { start, end } = await dataMarket.grantOf(offerId, bob);
        expect(end - start).to.equal(BigInt(period * units));
        expect(await accessUntil(dataMarket, offerId, bob)).to.equal(endOf(loaded, Number(end)));
      }
    });

    it("costs the price of each of its epochs", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const sale = { kind: 1, period: 7 };
      const { offerId } = await list(loaded, assetId, 11n, { sale });
      await expect(buy(loaded, accounts.bob, offerId, { units: 3 }, { value: 230n }))
        .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
        .withArgs(231, 230);
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      expect(await coinOf(loaded)).to.equal(231n);
    });

    it("reaches 1,024 epochs and no further", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await expect(buy(loaded, accounts.bob, offerId, { units: 1_025 }))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketTooManyEpochs")
        .withArgs(1_025);
      await buy(loaded, accounts.bob, offerId, { units: 1_024 });
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketTooManyEpochs")
        .withArgs(1_025);
    });

    it("for another is the other's", async () => {
      const loaded = await load();
      const { accounts, offerId } = loaded;
      const { bob, carol } = accounts;
      await buy(loaded, bob, offerId, { recipient: carol.address });
      expect(await openEpochs(loaded, loaded, carol.address)).to.deep.equal([0]);
      expect(await openEpochs(loaded, loaded, bob.address)).to.deep.equal([]);
    });
  });

  describe("extended", () => {
    it("DAT-04 goes on where it would have ended, however often", async () => {
      const loaded = await load();
      const { accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 2 });
      await goTo(loaded, loaded, 1);
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await buy(loaded, accounts.carol, offerId, { units: 1, recipient: accounts.bob.address });
      const expected = grant({ end: 6n });
      expect(await grantOf(loaded, offerId, accounts.bob)).to.deep.equal(expected);
      expect(await openEpochs(loaded, loaded, accounts.bob.address)).to.deep.equal([
        0, 1, 2, 3, 4, 5,
      ]);
    });

    it("in the epoch after its last one, begins with that", async () => {
      const loaded = await load();
      const { accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 2 });
      await nextAt(loaded, loaded, 3, -1);
      await buy(loaded, accounts.bob, offerId, { units: 2 });
      const expected = grant({ end: 4n });
      expect(await grantOf(loaded, offerId, accounts.bob)).to.deep.equal(expected);
      expect(await openEpochs(loaded, loaded, accounts.bob.address)).to.deep.equal([0, 1, 2, 3]);
    });

    it("a second later has lapsed: it begins anew, and the old epochs are closed", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 2 });
      await nextAt(loaded, loaded, 3, 0);
      const buying = buy(loaded, accounts.bob, offerId, { units: 2 });
      await expect(buying).to.emit(dataMarket, "Refunded").withArgs(offerId, accounts.bob, 200);
      const expected = grant({ start: 3n, end: 5n, refundTo: 3n });
      expect(await grantOf(loaded, offerId, accounts.bob)).to.deep.equal(expected);
      expect(await openEpochs(loaded, loaded, accounts.bob.address)).to.deep.equal([3, 4]);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 200n }); // both missed
    });

    it("after a lapse counts nobody in between", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 2 });
      await deliverEpochs(loaded, loaded, 0, 1, 2, 3, 4, 5);
      await buy(loaded, accounts.bob, offerId, { units: 2 });
      await deliverEpochs(loaded, loaded, 6, 7, 8);
      await dataMarket.settle(offerId, 100);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 392n, treasury: 8n });
      expect(await coinOf(loaded)).to.equal(400n);
    });

    it("refunds where it has no room else, and reaches 1,024 epochs past that", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      const { bob } = accounts;
      await buy(loaded, bob, offerId, { units: 1_020 });
      await deliverEpochs(loaded, loaded, 0);
      await goTo(loaded, loaded, 4); // epochs 1 and 2 are missed for good, 3 may still come
      await expect(buy(loaded, bob, offerId, { units: 8 }))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketTooManyEpochs")
        .withArgs(1_025);
      expect((await dataMarket.grantOf(offerId, bob)).refundTo).to.equal(0n);
      await buy(loaded, bob, offerId, { units: 4 });
      expect((await dataMarket.grantOf(offerId, bob)).refundTo).to.equal(0n); // there was room
      const buying = buy(loaded, bob, offerId, { units: 3 });
      await expect(buying).to.emit(dataMarket, "Refunded").withArgs(offerId, bob, 200);
      const expected = grant({ end: 1_027n, refundTo: 3n });
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(expected);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketTooManyEpochs")
        .withArgs(1_025);
    });
  });

  describe("open", () => {
    it("R38 until the end of the epoch after the last, and not a second longer", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      const { bob } = accounts;
      await buy(loaded, bob, offerId, { units: 2 });
      expect(await accessUntil(dataMarket, offerId, bob)).to.equal(endOf(loaded, 2));
      await goTo(loaded, loaded, 2, DAY - 1);
      expect(await openEpochs(loaded, loaded, bob.address)).to.deep.equal([0, 1]);
      expect(await inForce(dataMarket, offerId, bob)).to.equal(true);
      await goTo(loaded, loaded, 3, 0);
      expect(await openEpochs(loaded, loaded, bob.address)).to.deep.equal([]);
      expect(await inForce(dataMarket, offerId, bob)).to.equal(false);
      expect(await accessUntil(dataMarket, offerId, bob)).to.equal(0n);
    });

    it("DAT-09 to holders, for all the uses asked, each allowed", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const uses = Use.Internal | Use.ModelTraining | 128;
      const sale = { kind: 1, period: 1 };
      const { offerId } = await list(loaded, assetId, 1n, { terms: { uses }, sale });
      await buy(loaded, bob, offerId, { units: 4 });
      const asked = Array.from({ length: 256 }, (_, use) => use);
      const answers = await Promise.all(
        asked.map((use) => dataMarket.canAccess(offerId, bob, use, 3)),
      );
      const allowed = asked.filter((use) => answers[use]);
      expect(allowed).to.deep.equal([1, 4, 5, 128, 129, 132, 133]);
      expect(await dataMarket.canAccess(offerId, bob, 1, 4)).to.equal(false);
      expect(await dataMarket.canAccess(offerId, carol, 1, 0)).to.equal(false);
      expect(await dataMarket.canAccess(ZeroHash, bob, 1, 0)).to.equal(false);
      expect(await inForce(dataMarket, ZeroHash, bob)).to.equal(false);
      expect(await accessUntil(dataMarket, ZeroHash, bob)).to.equal(0n);
    });

    it("R35 under the offer that was bought, and no other of the asset", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId, offerId } = loaded;
      const sale = { kind: 1, period: 1 };
      const cheap = await list(loaded, assetId, 1n, { sale });
      await buy(loaded, accounts.bob, cheap.offerId);
      expect(await dataMarket.canAccess(cheap.offerId, accounts.bob, 1, 0)).to.equal(true);
      expect(await dataMarket.canAccess(offerId, accounts.bob, 1, 0)).to.equal(false);
      expect(await inForce(dataMarket, offerId, accounts.bob)).to.equal(false);
    });

    it("R36 DAT-03 whatever the seller offers later", async () => {
      const loaded = await load();
      const { dataMarket, dataOffers, accounts, assetId, offer, offerId } = loaded;
      const { alice, bob } = accounts;
      await buy(loaded, bob, offerId, { units: 5 });
      const before = await grantOf(loaded, offerId, bob);
      await dataOffers.connect(alice).withdrawOffer(offer);
      const sale = { kind: 1, period: 3 };
      const dear = await list(loaded, assetId, 10n * PRICE, { sale });
      expect(dear.offerId).to.not.equal(offerId);
      await buy(loaded, accounts.carol, dear.offerId);
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(before);
      await goTo(loaded, loaded, 5, DAY - 1);
      expect(await openEpochs(loaded, loaded, bob.address)).to.deep.equal([0, 1, 2, 3, 4]);
      expect(await dataMarket.refundable(offerId, bob)).to.equal(5n * PRICE); // at the old price
    });

    it("though the asset was sold, and its offers with it", async () => {
      const loaded = await load();
      const { accounts, assetId, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await sellAsset(loaded, assetId, accounts.stranger);
      expect(await openEpochs(loaded, loaded, accounts.bob.address)).to.deep.equal([0, 1, 2]);
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(MARKET, "DataMarketStaleOffer")
        .withArgs(0, 1);
    });
  });
});
