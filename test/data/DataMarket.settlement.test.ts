import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf, plain } from "../identity/registry.js";
import { append, HOUR } from "./fixture.js";
import {
  buy,
  claimsOf,
  coinOf,
  deliverEpochs,
  goTo,
  grantOf,
  markets,
  nextAt,
  offerDataset,
  offerStream,
  sellAsset,
  sum,
} from "./market.js";

const PRICE = 100n;

describe("DataMarket: settlement", () => {
  const load = markets(async (market) => offerStream(market, PRICE));
  type Loaded = Awaited<ReturnType<typeof load>>;

  const settle = async (loaded: Loaded, max = 1_000, { offerId } = loaded) =>
    loaded.dataMarket.connect(loaded.accounts.stranger).settle(offerId, max);
  const refund = async (loaded: Loaded, holder = loaded.accounts.bob) =>
    loaded.dataMarket.connect(loaded.accounts.stranger).refund(loaded.offerId, holder);

  describe("with the seller", () => {
    it("DAT-08 pays for delivered epochs, once", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await deliverEpochs(loaded, loaded, 0, 1);
      expect(await dataMarket.settle.staticCall(offerId, 9)).to.equal(2n);
      expect(await eventsOf(dataMarket, settle(loaded))).to.deep.equal([
        ["SubscriptionSettled", offerId, 2n],
        ["PriceRecognised", offerId, accounts.alice.address, 200n, 4n, 0n, 0n],
      ]);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 196n, treasury: 4n });
      const ledger = { settledTo: 2n, active: 1n, begun: true };
      expect(plain(await dataMarket.ledgerOf(offerId))).to.deep.equal(ledger);
    });

    it("R21 R19 pays no epoch twice", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await deliverEpochs(loaded, loaded, 0, 1);
      await settle(loaded);
      expect(await dataMarket.settle.staticCall(offerId, 9)).to.equal(0n);
      expect(await eventsOf(dataMarket, settle(loaded))).to.deep.equal([]);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 196n, treasury: 4n });
    });

    it("does nothing, and says nothing, where nothing is asked of it", async () => {
      const loaded = await load();
      const { dataMarket, accounts } = loaded;
      await buy(loaded, accounts.bob, loaded.offerId);
      await deliverEpochs(loaded, loaded, 0);
      expect(await eventsOf(dataMarket, settle(loaded, 0))).to.deep.equal([]);
      expect((await dataMarket.ledgerOf(loaded.offerId)).settledTo).to.equal(0n);
    });

    it("pays as soon as an epoch is delivered, and waits for one that may still come", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await goTo(loaded, loaded, 1, HOUR - 1);
      expect(await dataMarket.settle.staticCall(offerId, 9)).to.equal(0n);
      await goTo(loaded, loaded, 1, HOUR);
      expect(await dataMarket.settle.staticCall(offerId, 9)).to.equal(1n); // missed
      await deliverEpochs(loaded, loaded, 1);
      expect(await dataMarket.settle.staticCall(offerId, 9)).to.equal(2n);
    });

    it("pays nothing for missed epochs", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await goTo(loaded, loaded, 5);
      expect(await eventsOf(dataMarket, settle(loaded))).to.deep.equal([
        ["SubscriptionSettled", offerId, 4n],
      ]);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
    });

    it("settles no more than it is told, in order, whoever calls", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 4 });
      await deliverEpochs(loaded, loaded, 0, 2, 3);
      for (const [max, settledTo, alice] of [
        [0, 0n, undefined],
        [1, 1n, 98n],
        [1, 2n, 98n],
        [2, 4n, 294n],
        [1, 4n, 294n],
      ] as const) {
        await settle(loaded, max);
        expect((await dataMarket.ledgerOf(offerId)).settledTo).to.equal(settledTo);
        expect((await claimsOf(loaded, NATIVE)).alice).to.equal(alice);
      }
    });

    it("counts many subscribers, who come and go, epoch by epoch", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      const { bob, carol, relayer, maker } = accounts;
      await buy(loaded, bob, offerId, { units: 2 }); // 0 1
      await buy(loaded, carol, offerId, { units: 5 }); // 0 1 2 3 4
      await deliverEpochs(loaded, loaded, 0); // 2
      await buy(loaded, relayer, offerId, { units: 1 }); // 1
      await deliverEpochs(loaded, loaded, 1); // 3
      await buy(loaded, maker, offerId, { units: 9 }); // 2 to 10
      await deliverEpochs(loaded, loaded, 2, 4, 8); // 2, 2, 1; missed: 3, 5, 6, 7
      await settle(loaded);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 980n, treasury: 20n });
      const owed = { bob: 0n, carol: 100n, relayer: 0n, maker: 400n };
      for (const [name, amount] of Object.entries(owed)) {
        const holder = accounts[name as keyof typeof owed];
        expect(await dataMarket.refundable(offerId, holder), name).to.equal(amount);
        await refund(loaded, holder);
      }
      const claims = await claimsOf(loaded, NATIVE);
      expect(sum(claims)).to.equal(1_500n);
      expect(await coinOf(loaded)).to.equal(1_700n); // DAT-01: two of Maker's epochs are to come
    });

    it("settles across words of 256 delivered bits and 8 deltas", async () => {
      const loaded = await load();
      const { dataMarket, dataAssets, accounts, offerId } = loaded;
      const { bob, carol } = accounts;
      await buy(loaded, bob, offerId, { units: 600 }); // 0 to 599
      await goTo(loaded, loaded, 250);
      await buy(loaded, carol, offerId, { units: 10 }); // 250 to 259
      await deliverEpochs(loaded, loaded, 254, 255, 257, 258, 260, 511, 512);
      expect(await dataAssets.deliveredBits(loaded.assetId, 1)).to.equal((1n << 255n) + 22n);
      for (const max of [250, 5, 300]) await settle(loaded, max);
      expect((await dataMarket.ledgerOf(offerId)).settledTo).to.equal(513n);
      // Bob: 7 epochs, Carol: 254, 255, 257 and 258.
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 1_078n, treasury: 22n });
      await refund(loaded, bob);
      await refund(loaded, carol);
      const owed = { bob: (513n - 7n) * PRICE, carol: 6n * PRICE };
      expect(await claimsOf(loaded, NATIVE)).to.deep.include(owed);
    });

    it("begins with the first subscriber, however old the stream is", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await deliverEpochs(loaded, loaded, 0, 1, 2);
      expect(await eventsOf(dataMarket, settle(loaded))).to.deep.equal([]);
      await buy(loaded, accounts.bob, offerId);
      expect((await dataMarket.ledgerOf(offerId)).settledTo).to.equal(3n);
      await deliverEpochs(loaded, loaded, 3);
      expect(await dataMarket.settle.staticCall(offerId, 9)).to.equal(1n);
    });

    it("is nothing for offers that are not subscriptions, or not there", async () => {
      const loaded = await load();
      const { dataMarket, accounts } = loaded;
      const { offerId } = await offerDataset(loaded, PRICE);
      await buy(loaded, accounts.bob, offerId);
      for (const other of [offerId, `0x${"ab".repeat(32)}`]) {
        expect(await dataMarket.settle.staticCall(other, 9)).to.equal(0n);
        expect(await eventsOf(dataMarket, dataMarket.settle(other, 9))).to.deep.equal([]);
        expect(await dataMarket.refund.staticCall(other, accounts.bob)).to.equal(0n);
        expect(await eventsOf(dataMarket, dataMarket.refund(other, accounts.bob))).to.deep.equal(
          [],
        );
        expect(await dataMarket.refundable(other, accounts.bob)).to.equal(0n);
      }
    });

    it("goes with the asset: whoever owns it when it is settled is paid", async () => {
      const loaded = await load();
      const { accounts, assetId, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await deliverEpochs(loaded, loaded, 0);
      await settle(loaded);
      await deliverEpochs(loaded, loaded, 1);
      await sellAsset(loaded, assetId, accounts.stranger);
      await deliverEpochs(loaded, loaded, 2);
      await settle(loaded);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
        alice: 98n,
        stranger: 196n,
        treasury: 6n,
      });
    });
  });

  describe("with the subscriber", () => {
    it("DAT-10 credits exactly the missed epochs, to the holder", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      const { bob, carol } = accounts;
      await buy(loaded, carol, offerId, { units: 5, recipient: bob.address });
      await deliverEpochs(loaded, loaded, 1, 3);
      expect(await dataMarket.refundable(offerId, bob)).to.equal(200n);
      expect(await dataMarket.refund.staticCall(offerId, bob)).to.equal(200n);
      expect(await eventsOf(dataMarket, refund(loaded))).to.deep.equal([
        ["Refunded", offerId, bob.address, 200n],
      ]);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 200n });
      expect((await dataMarket.grantOf(offerId, bob)).refundTo).to.equal(4n);
    });

    it("R21 R19 credits no epoch twice", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 5 });
      await deliverEpochs(loaded, loaded, 1);
      await refund(loaded);
      expect(await dataMarket.refundable(offerId, accounts.bob)).to.equal(0n);
      expect(await eventsOf(dataMarket, refund(loaded))).to.deep.equal([]);
      await goTo(loaded, loaded, 3);
      expect(await dataMarket.refundable(offerId, accounts.bob)).to.equal(0n); // 2 may still come
      await goTo(loaded, loaded, 3, HOUR);
      await refund(loaded);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 200n });
    });

    it("waits until an epoch can no longer be delivered, to the second", async () => {
      const loaded = await load();
      const { dataMarket, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId);
      await goTo(loaded, loaded, 1, HOUR - 1);
      expect(await dataMarket.refundable(offerId, accounts.bob)).to.equal(0n);
      await goTo(loaded, loaded, 1, HOUR);
      expect(await dataMarket.refundable(offerId, accounts.bob)).to.equal(PRICE);
    });

    it("takes an epoch that came too late for a missed one", async () => {
      for (const [seconds, bob, alice] of [
        [HOUR - 1, undefined, 98n],
        [HOUR, 100n, undefined],
      ] as const) {
        const loaded = await load();
        const { accounts, assetId, contentRoot } = loaded;
        await buy(loaded, accounts.bob, loaded.offerId);
        await nextAt(loaded, loaded, 1, seconds);
        await append(loaded, assetId, 0, contentRoot);
        await goTo(loaded, loaded, 2);
        await refund(loaded);
        await settle(loaded);
        const claims = await claimsOf(loaded, NATIVE);
        expect([claims.bob, claims.alice]).to.deep.equal([bob, alice]);
      }
    });

    it("credits all that was missed long after the end, and nothing after it", async () => {
      const loaded = await load();
      const { accounts, offerId, dataMarket } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 3 });
      await deliverEpochs(loaded, loaded, 2);
      await goTo(loaded, loaded, 500);
      await refund(loaded);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 200n });
      expect((await dataMarket.grantOf(offerId, accounts.bob)).refundTo).to.equal(3n);
      await goTo(loaded, loaded, 600);
      expect(await dataMarket.refundable(offerId, accounts.bob)).to.equal(0n);
    });

    it("owes strangers nothing, and changes nothing of them", async () => {
      const loaded = await load();
      const { accounts } = loaded;
      await buy(loaded, accounts.bob, loaded.offerId, { units: 3 });
      await goTo(loaded, loaded, 9);
      const before = await grantOf(loaded, loaded.offerId, accounts.carol);
      await refund(loaded, accounts.carol);
      expect(await grantOf(loaded, loaded.offerId, accounts.carol)).to.deep.equal(before);
    });
  });

  describe("in any order", () => {
    // Bob has 0 to 5, of which 0, 2 and 3 come; in epoch 4 he cancels 5. Alice has earned 3, he gets back 2.
    const steps = {
      settle: (loaded: Loaded) => settle(loaded),
      settleOne: (loaded: Loaded) => settle(loaded, 1),
      refund: (loaded: Loaded) => refund(loaded),
      cancel: (loaded: Loaded) =>
        loaded.dataMarket.connect(loaded.accounts.bob).cancel(loaded.offerId, loaded.accounts.bob),
    } as const;
    type Step = keyof typeof steps;
    const orders: Step[][] = [
      ["settle", "refund", "cancel"],
      ["settle", "cancel", "refund"],
      ["refund", "settle", "cancel"],
      ["refund", "cancel", "settle"],
      ["cancel", "settle", "refund"],
      ["cancel", "refund", "settle"],
      ["settleOne", "refund", "settleOne", "cancel", "settleOne", "refund", "settle"],
      ["refund", "refund", "cancel", "refund", "settle", "settle", "refund"],
    ];
    for (const order of orders) {
      it(`DAT-01 DAT-02 DAT-10 pays each side the same: ${order.join(", ")}`, async () => {
        const loaded = await load();
        const { accounts, offerId } = loaded;
        await buy(loaded, accounts.bob, offerId, { units: 6 });
        await deliverEpochs(loaded, loaded, 0, 2, 3);
        for (const step of order) await steps[step](loaded);
        expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
          alice: 294n,
          treasury: 6n,
          bob: 200n,
        });
        expect(await coinOf(loaded)).to.equal(600n); // epoch 4 is to come
        await goTo(loaded, loaded, 5, 2 * HOUR);
        for (const step of order.filter((step) => step !== "cancel")) await steps[step](loaded);
        expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
          alice: 294n,
          treasury: 6n,
          bob: 300n,
        });
        await goTo(loaded, loaded, 90);
        await settle(loaded);
        await refund(loaded);
        expect(sum(await claimsOf(loaded, NATIVE))).to.equal(await coinOf(loaded));
      });
    }
  });
});
