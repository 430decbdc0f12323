import { expect } from "chai";

import { SaleKind } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
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
  markets,
  metered,
  nextAt,
  offerDataset,
  offerStream,
} from "./market.js";

const PRICE = 100n;

describe("DataMarket: cancelling a subscription", () => {
  const load = markets(async (market) => ({
    ...(await offerStream(market, PRICE)),
    asBob: market.dataMarket.connect(market.accounts.bob),
  }));

  it("gives back the epochs that have not begun, and leaves the running one", async () => {
    const loaded = await load();
    const { asBob, accounts, offerId } = loaded;
    const { bob } = accounts;
    await buy(loaded, bob, offerId, { units: 10 });
    await deliverEpochs(loaded, loaded, 0, 1);
    expect(await asBob.cancel.staticCall(offerId, bob)).to.equal(700n);
    expect(await eventsOf(asBob, asBob.cancel(offerId, bob))).to.deep.equal([
      ["SubscriptionCancelled", offerId, bob.address, 3n],
      ["Refunded", offerId, bob.address, 700n],
    ]);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 700n });
    const expected = grant({ end: 3n, refundTo: 2n });
    expect(await grantOf(loaded, offerId, bob)).to.deep.equal(expected);
    expect(await accessUntil(asBob, offerId, bob)).to.equal(loaded.start + 4 * DAY);
    expect(await asBob.canAccess(offerId, bob, 1, 2)).to.equal(true);
    expect(await asBob.canAccess(offerId, bob, 1, 3)).to.equal(false);
  });

  it("DAT-10 gives back what was missed as well, and says so", async () => {
    const loaded = await load();
    const { asBob, accounts, offerId } = loaded;
    const { bob } = accounts;
    await buy(loaded, bob, offerId, { units: 10 });
    await deliverEpochs(loaded, loaded, 1);
    expect(await asBob.cancel.staticCall(offerId, bob)).to.equal(800n);
    expect(await eventsOf(asBob, asBob.cancel(offerId, bob))).to.deep.equal([
      ["Refunded", offerId, bob.address, 100n],
      ["SubscriptionCancelled", offerId, bob.address, 3n],
      ["Refunded", offerId, bob.address, 700n],
    ]);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 800n });
  });

  it("counts an epoch as begun from its first second", async () => {
    for (const [seconds, end, back] of [
      [-1, 4n, 600n],
      [0, 5n, 500n],
    ] as const) {
      const loaded = await load();
      const { asBob, accounts, offerId } = loaded;
      await buy(loaded, accounts.bob, offerId, { units: 10 });
      await deliverEpochs(loaded, loaded, 0, 1, 2);
      await nextAt(loaded, loaded, 4, seconds);
      await asBob.cancel(offerId, accounts.bob);
      const { refundTo, ...rest } = await grantOf(loaded, offerId, accounts.bob);
      expect(refundTo).to.equal(3n); // the last one is not over, or may still come
      expect(rest.end).to.equal(end);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: back });
    }
  });

  it("gives all of it back before the stream's first epoch, and nothing is left to see", async () => {
    const loaded = await load();
    const { asBob, accounts } = loaded;
    const { bob } = accounts;
    const firstEpochStart = (await now(loaded)) + DAY;
    const { offerId } = await offerStream(loaded, PRICE, {}, { firstEpochStart });
    await buy(loaded, bob, offerId, { units: 3 });
    expect(await inForce(asBob, offerId, bob)).to.equal(true);
    await asBob.cancel(offerId, bob);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 300n });
    expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant());
    expect(await inForce(asBob, offerId, bob)).to.equal(false);
    expect(await accessUntil(asBob, offerId, bob)).to.equal(0n);
    await expect(asBob.cancel(offerId, bob)).to.be.revertedWithCustomError(
      asBob,
      "DataMarketNotCancellable",
    );
    await buy(loaded, bob, offerId, { units: 2 });
    expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant({ end: 2n }));
  });

  it("leaves the first epoch from its first second on", async () => {
    for (const [seconds, back, end] of [
      [-1, 300n, 0n],
      [0, 200n, 1n],
    ] as const) {
      const loaded = await load();
      const { asBob, accounts } = loaded;
      const firstEpochStart = (await now(loaded)) + DAY;
      const stream = await offerStream(loaded, PRICE, {}, { firstEpochStart });
      await buy(loaded, accounts.bob, stream.offerId, { units: 3 });
      await nextAt(loaded, stream, 0, seconds);
      await asBob.cancel(stream.offerId, accounts.bob);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: back });
      expect((await asBob.grantOf(stream.offerId, accounts.bob)).end).to.equal(end);
    }
  });

  it("DAT-01 leaves the seller what he earned, and the other subscribers theirs", async () => {
    const loaded = await load();
    const { asBob, accounts, offerId } = loaded;
    const { bob, carol } = accounts;
    await buy(loaded, bob, offerId, { units: 6 });
    await buy(loaded, carol, offerId, { units: 6 });
    await deliverEpochs(loaded, loaded, 0);
    await asBob.cancel(offerId, bob); // keeps epoch 1
    await deliverEpochs(loaded, loaded, 1, 2, 3, 4, 5);
    await asBob.settle(offerId, 100);
    // Bob 2 and Carol 6 epochs: 800, of which 16 are the fee.
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
      alice: 784n,
      treasury: 16n,
      bob: 400n,
    });
    expect(await coinOf(loaded)).to.equal(1_200n);
    expect(await asBob.refundable(offerId, carol)).to.equal(0n);
  });

  it("may be done again after an extension, which goes on from the earlier end", async () => {
    const loaded = await load();
    const { asBob, accounts, offerId } = loaded;
    const { bob } = accounts;
    await buy(loaded, bob, offerId, { units: 5 });
    await asBob.cancel(offerId, bob);
    await buy(loaded, bob, offerId, { units: 2 });
    expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant({ end: 3n }));
    await asBob.cancel(offerId, bob);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 600n });
    await goTo(loaded, loaded, 9);
    await asBob.settle(offerId, 100);
    await asBob.refund(offerId, bob);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 700n });
  });

  describe("is refused", () => {
    it("to anyone but the holder", async () => {
      const loaded = await load();
      const { asBob, dataMarket, accounts, offerId } = loaded;
      const { alice, bob, carol } = accounts;
      await buy(loaded, carol, offerId, { units: 5, recipient: bob.address });
      for (const account of [alice, carol]) {
        await expect(dataMarket.connect(account).cancel(offerId, bob))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketUnauthorized")
          .withArgs(account);
      }
      await asBob.cancel(offerId, bob); // though Carol paid
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 400n });
    });

    it("when all epochs have begun, or are over", async () => {
      const loaded = await load();
      const { asBob, accounts, offerId } = loaded;
      const { bob } = accounts;
      const refusal = async () => {
        await expect(asBob.cancel(offerId, bob))
          .to.be.revertedWithCustomError(asBob, "DataMarketNotCancellable")
          .withArgs(offerId, bob);
      };
      await refusal(); // nothing bought
      await buy(loaded, bob, offerId, { units: 2 });
      await goTo(loaded, loaded, 1);
      await refusal();
      await goTo(loaded, loaded, 2);
      await refusal();
      await goTo(loaded, loaded, 50);
      await refusal();
    });

    it("where the terms do not say so", async () => {
      const loaded = await load();
      const { asBob, accounts, assetId } = loaded;
      const { bob } = accounts;
      const sale = { kind: SaleKind.Subscription, period: 1 };
      const { offerId } = await list(loaded, assetId, PRICE, { sale });
      await buy(loaded, bob, offerId, { units: 5 });
      const once = await offerDataset(loaded, PRICE);
      await buy(loaded, bob, once.offerId);
      const quota = await offerDataset(loaded, PRICE, metered(5));
      await buy(loaded, bob, quota.offerId);
      for (const id of [offerId, once.offerId, quota.offerId, `0x${"ab".repeat(32)}`]) {
        await expect(asBob.cancel(id, bob))
          .to.be.revertedWithCustomError(asBob, "DataMarketNotCancellable")
          .withArgs(id, bob);
      }
    });
  });
});
