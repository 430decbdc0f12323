import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  type Offer,
  offerIdOf,
  offerOf,
  purchaseOf,
  saleOf,
  signOffer,
  termsOf,
} from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { DataOffers__factory } from "../../typechain-types/index.js";
import { eventsOf } from "../identity/registry.js";
import { publishDataset } from "./fixture.js";
import { claimsOf, inForce, MARKET, markets } from "./market.js";

const FEE = 200n;
const PRICE = 1_000n;

describe("DataOffers: bought with the listing", () => {
  const load = markets(async (market) => {
    const { dataOffers, accounts, token } = market;
    const assetId = await publishDataset(market);
    const offer = offerOf(assetId, termsOf(), saleOf(PRICE, FEE));
    const inTokens: Offer = {
      ...offer,
      sale: { ...offer.sale, currency: await token.getAddress() },
    };
    const signer = accounts.alice;
    return {
      assetId,
      offer,
      offerId: offerIdOf(offer),
      signature: await signOffer(dataOffers, signer, offer),
      inTokens,
      inTokensSignature: await signOffer(dataOffers, signer, inTokens),
    };
  });

  it("lists for the first buyer, and sells to the second", async () => {
    const loaded = await load();
    const { dataOffers, dataMarket, accounts, offer, offerId, signature, assetId } = loaded;
    const { bob, carol } = accounts;
    const first = purchaseOf(offerId, bob.address);
    const listing = dataOffers
      .connect(bob)
      .listAndBuy(offer, [], signature, first, { value: PRICE });
    expect((await eventsOf(dataOffers, listing))[0]).to.deep.equal([
      "OfferListed",
      offerId,
      assetId,
      offer.terms.legalHash,
    ]);
    await expect(listing)
      .to.emit(dataMarket, "GrantBought")
      .withArgs(offerId, bob, bob, 1, PRICE, first.encryptionKey);
    const second = purchaseOf(offerId, carol.address);
    const again = dataOffers
      .connect(carol)
      .listAndBuy(offer, [], signature, second, { value: PRICE });
    await expect(again).to.not.emit(dataOffers, "OfferListed");
    for (const buyer of [bob, carol])
      expect(await inForce(dataMarket, offerId, buyer)).to.equal(true);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 1_960n, treasury: 40n });
  });

  it("R27 returns too much coin to the buyer, and keeps none", async () => {
    const { dataOffers, dataMarket, accounts, offer, offerId, signature, connection } =
      await load();
    const { bob } = accounts;
    const buying = dataOffers
      .connect(bob)
      .listAndBuy(offer, [], signature, purchaseOf(offerId, bob.address), { value: PRICE + 7n });
    await expect(buying).to.changeEtherBalances(
      connection.ethers,
      [bob, dataMarket, dataOffers],
      [-PRICE, PRICE, 0n],
    );
  });

  it("takes tokens over the buyer's approval to the market", async () => {
    const loaded = await load();
    const { dataOffers, dataMarket, accounts, token, connection } = loaded;
    const { bob } = accounts;
    const purchase = purchaseOf(offerIdOf(loaded.inTokens), bob.address);
    const none: string[] = [];
    const args = [loaded.inTokens, none, loaded.inTokensSignature, purchase] as const;
    await token.connect(bob).approve(dataMarket, PRICE - 1n);
    await expect(dataOffers.connect(bob).listAndBuy(...args))
      .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
      .withArgs(dataMarket, PRICE - 1n, PRICE);
    await token.connect(bob).approve(dataMarket, PRICE);
    await expect(dataOffers.connect(bob).listAndBuy(...args)).to.changeTokenBalances(
      connection.ethers,
      token,
      [bob, dataMarket],
      [-PRICE, PRICE],
    );
    await expect(dataOffers.connect(bob).listAndBuy(...args, { value: 1n }))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketAlreadyHeld")
      .withArgs(purchase.offerId, bob);
  });

  it("buys a gift, which the sender pays", async () => {
    const { dataOffers, dataMarket, accounts, offer, offerId, signature } = await load();
    const { bob, carol } = accounts;
    await dataOffers
      .connect(bob)
      .listAndBuy(offer, [], signature, purchaseOf(offerId, carol.address), { value: PRICE });
    expect(await inForce(dataMarket, offerId, carol)).to.equal(true);
    expect(await inForce(dataMarket, offerId, bob)).to.equal(false);
  });

  it("R35 refuses a purchase of another offer", async () => {
    const loaded = await load();
    const { dataOffers, accounts, offer, offerId, signature, inTokens } = loaded;
    const other = offerIdOf(inTokens);
    const purchase = purchaseOf(other, accounts.bob.address);
    const buying = dataOffers.connect(accounts.bob).listAndBuy(offer, [], signature, purchase);
    await expect(buying)
      .to.be.revertedWithCustomError(dataOffers, "DataOffersOtherOffer")
      .withArgs(other, offerId);
  });

  it("leaves nothing listed if the purchase fails, and needs a valid signature", async () => {
    const { dataOffers, dataMarket, accounts, offer, offerId, signature } = await load();
    const { alice, bob } = accounts;
    const asBob = dataOffers.connect(bob);
    const purchase = purchaseOf(offerId, bob.address);
    await expect(asBob.listAndBuy(offer, [], signature, purchase, { value: PRICE - 1n }))
      .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
      .withArgs(PRICE, PRICE - 1n);
    await expect(asBob.listAndBuy(offer, [], "0x", purchase, { value: PRICE }))
      .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidOwnerSignature")
      .withArgs(alice);
    expect((await dataMarket.listingOf(offerId)).flags).to.equal(0n);
  });

  it("does not bring back what was withdrawn after it was listed", async () => {
    const { dataOffers, accounts, offer, offerId, signature } = await load();
    const { alice, bob } = accounts;
    await dataOffers.connect(alice).list(offer, [], "0x");
    await dataOffers.connect(alice).withdrawOffer(offer);
    const purchase = purchaseOf(offerId, bob.address);
    await expect(
      dataOffers.connect(bob).listAndBuy(offer, [], signature, purchase, { value: PRICE }),
    )
      .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
      .withArgs(offerId);
  });

  it("sells nothing before the market is bound", async () => {
    const loaded = await load();
    const { dataAssets, accessManager, accounts, offer, offerId, connection } = loaded;
    const unbound = await new DataOffers__factory(accounts.alice).deploy(
      accessManager,
      dataAssets,
      ZeroAddress,
      FEE,
    );
    const purchase = purchaseOf(offerId, accounts.alice.address);
    await expect(unbound.listAndBuy(offer, [], "0x", purchase, { value: PRICE })).to.revert(
      connection.ethers,
    );
  });
});
