import { expect } from "chai";
import { ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import { DAY, list } from "./fixture.js";
import {
  buy,
  claimsOf,
  deliverEpochs,
  goTo,
  grant,
  grantOf,
  MARKET,
  markets,
  metered,
  offerDataset,
  offerStream,
  wrap,
} from "./market.js";

describe("DataGrants: renewing and cancelling by ERC-5643", () => {
  /** Bob's token of four epochs, by periods of two. */
  const load = markets(async (market) => {
    const { bob } = market.accounts;
    const stream = await offerStream(market, 100n, { sale: { period: 2 } });
    await buy(market, bob, stream.offerId, { units: 2 });
    const tokenId = await wrap(market, bob, stream.offerId);
    return { ...stream, tokenId, grants: market.dataGrants, asBob: market.dataGrants.connect(bob) };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const endAfter = ({ start }: Loaded, epochs: number) => BigInt(start + (epochs + 1) * DAY);

  describe("renewed", () => {
    it("go on for whole periods, whoever pays, and tell the new end", async () => {
      const loaded = await load();
      const { grants, dataMarket, tokenId, offerId, accounts, connection } = loaded;
      const { bob, carol } = accounts;
      const renewing = grants.connect(carol).renewSubscription(tokenId, 6 * DAY, { value: 600n });
      await expect(renewing)
        .to.emit(dataMarket, "GrantBought")
        .withArgs(offerId, bob, carol, 3, 600, ZeroHash);
      await expect(renewing)
        .to.emit(grants, "SubscriptionUpdate")
        .withArgs(tokenId, endAfter(loaded, 10));
      await expect(renewing).to.changeEtherBalances(
        connection.ethers,
        [carol, dataMarket, grants],
        [-600n, 600n, 0n],
      );
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant({ end: 10n, tokenId }));
      expect(await grants.expiresAt(tokenId)).to.equal(endAfter(loaded, 10));
    });

    it("R27 return too much coin to whoever pays, and take no less", async () => {
      const { grants, dataMarket, tokenId, accounts, connection } = await load();
      const asCarol = grants.connect(accounts.carol);
      const renewing = asCarol.renewSubscription(tokenId, 2 * DAY, { value: 999n });
      await expect(renewing).to.changeEtherBalances(
        connection.ethers,
        [accounts.carol, dataMarket, grants],
        [-200n, 200n, 0n],
      );
      await expect(asCarol.renewSubscription(tokenId, 2 * DAY, { value: 199n }))
        .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
        .withArgs(200, 199);
    });

    it("take tokens over the payer's approval to the market", async () => {
      const loaded = await load();
      const { grants, dataMarket, accounts, token, assetId, connection } = loaded;
      const { bob, carol } = accounts;
      const sale = { kind: 1, period: 1, currency: await token.getAddress() };
      const terms = { transferable: true };
      const { offerId } = await list(loaded, assetId, 7n, { terms, sale });
      await buy(loaded, bob, offerId);
      const tokenId = await wrap(loaded, bob, offerId);
      await token.connect(carol).approve(dataMarket, 0n);
      await expect(grants.connect(carol).renewSubscription(tokenId, DAY))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(dataMarket, 0, 7);
      await token.connect(carol).approve(dataMarket, 14n);
      const renewing = grants.connect(carol).renewSubscription(tokenId, 2 * DAY);
      await expect(renewing).to.changeTokenBalances(
        connection.ethers,
        token,
        [bob, carol, dataMarket],
        [0n, -14n, 14n],
      );
      await expect(grants.connect(bob).renewSubscription(tokenId, DAY, { value: 7n }))
        .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
        .withArgs(0, 7);
    });

    it("R37 take whole periods only", async () => {
      const { asBob, tokenId } = await load();
      for (const duration of [1, DAY, 2 * DAY - 1, 2 * DAY + 1, 3 * DAY]) {
        await expect(asBob.renewSubscription(tokenId, duration, { value: 600n }))
          .to.be.revertedWithCustomError(asBob, "DataGrantsInvalidDuration")
          .withArgs(duration, 2 * DAY);
      }
      await expect(asBob.renewSubscription(tokenId, 0))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUnits")
        .withArgs(0, 2n ** 32n - 1n);
    });

    it("reach 1,024 epochs, and no duration overflows", async () => {
      const { asBob, tokenId, dataMarket } = await load();
      await expect(asBob.renewSubscription(tokenId, 1_022 * DAY))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketTooManyEpochs")
        .withArgs(1_026);
      const tooLong = 2n ** 32n * BigInt(2 * DAY);
      await expect(asBob.renewSubscription(tokenId, tooLong))
        .to.be.revertedWithCustomError(asBob, "SafeCastOverflowedUintDowncast")
        .withArgs(32, 2n ** 32n);
      await asBob.renewSubscription(tokenId, 1_020 * DAY, { value: 102_000n });
    });

    it("begin anew after they lapsed, with the token's new end", async () => {
      const loaded = await load();
      const { asBob, grants, tokenId, offerId, accounts } = loaded;
      await goTo(loaded, loaded, 20);
      await expect(asBob.renewSubscription(tokenId, 2 * DAY, { value: 200n }))
        .to.emit(grants, "SubscriptionUpdate")
        .withArgs(tokenId, endAfter(loaded, 22));
      expect(await grantOf(loaded, offerId, accounts.bob)).to.deep.equal(
        grant({ start: 20n, end: 22n, refundTo: 20n, tokenId }),
      );
    });

    it("are not where there is nothing to renew", async () => {
      const loaded = await load();
      const { asBob, accounts } = loaded;
      const terms = { transferable: true };
      const once = await offerDataset(loaded, 100n, { terms });
      const quota = await offerDataset(loaded, 100n, metered(10, terms));
      for (const { offerId } of [once, quota]) {
        await buy(loaded, accounts.bob, offerId);
        const tokenId = await wrap(loaded, accounts.bob, offerId);
        for (const duration of [0, DAY]) {
          await expect(asBob.renewSubscription(tokenId, duration, { value: 100n }))
            .to.be.revertedWithCustomError(asBob, "DataGrantsInvalidDuration")
            .withArgs(duration, 0);
        }
      }
    });

    it("R36 are refused once the offer is closed", async () => {
      const { asBob, tokenId, dataOffers, accounts, offer, offerId } = await load();
      await dataOffers.connect(accounts.alice).withdrawOffer(offer);
      await expect(asBob.renewSubscription(tokenId, 2 * DAY, { value: 200n }))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
    });
  });

  it("tell their new end when the market sells an extension", async () => {
    const loaded = await load();
    const { grants, tokenId, offerId, accounts, dataMarket } = loaded;
    await expect(buy(loaded, accounts.carol, offerId, { recipient: accounts.bob.address }))
      .to.emit(grants, "SubscriptionUpdate")
      .withArgs(tokenId, endAfter(loaded, 6));
    await dataMarket.connect(accounts.bob).unwrap(offerId);
    await expect(buy(loaded, accounts.bob, offerId)).to.not.emit(grants, "SubscriptionUpdate");
  });

  describe("cancelled", () => {
    it("by the owner, who is credited, and tell the new end", async () => {
      const loaded = await load();
      const { asBob, grants, dataMarket, tokenId, offerId, accounts } = loaded;
      const { bob } = accounts;
      const cancelling = asBob.cancelSubscription(tokenId);
      const end = endAfter(loaded, 1);
      await expect(cancelling).to.emit(grants, "SubscriptionUpdate").withArgs(tokenId, end);
      await expect(cancelling)
        .to.emit(dataMarket, "SubscriptionCancelled")
        .withArgs(offerId, bob, 1);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 300n });
      expect(await grants.expiresAt(tokenId)).to.equal(end);
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant({ end: 1n, tokenId }));
    });

    it("by whom he approved, for the owner's account", async () => {
      for (const all of [true, false]) {
        const loaded = await load();
        const { asBob, grants, tokenId, accounts } = loaded;
        const { carol } = accounts;
        const asCarol = grants.connect(carol);
        await expect(asCarol.cancelSubscription(tokenId))
          .to.be.revertedWithCustomError(grants, "ERC721InsufficientApproval")
          .withArgs(carol, tokenId);
        await (all ? asBob.setApprovalForAll(carol, true) : asBob.approve(carol, tokenId));
        await asCarol.cancelSubscription(tokenId);
        expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 300n });
      }
    });

    it("tell their new end when the market cancels them", async () => {
      const loaded = await load();
      const { grants, dataMarket, tokenId, offerId, accounts } = loaded;
      const cancelling = dataMarket.connect(accounts.bob).cancel(offerId, accounts.bob);
      expect(await eventsOf(grants, cancelling)).to.deep.include([
        "SubscriptionUpdate",
        tokenId,
        endAfter(loaded, 1),
      ]);
    });

    it("take no coin, and nothing that has begun", async () => {
      const loaded = await load();
      const { asBob, dataMarket, tokenId, offerId, accounts } = loaded;
      await expect(asBob.cancelSubscription(tokenId, { value: 1n }))
        .to.be.revertedWithCustomError(asBob, "DataGrantsUnexpectedValue")
        .withArgs(1);
      await deliverEpochs(loaded, loaded, 0, 1, 2);
      await expect(asBob.cancelSubscription(tokenId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketNotCancellable")
        .withArgs(offerId, accounts.bob);
    });
  });
});
