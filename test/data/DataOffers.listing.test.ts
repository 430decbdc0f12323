import { expect } from "chai";
import { TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import {
  OFFER,
  type Offer,
  offerIdOf,
  offerOf,
  offersDomain,
  purchaseOf,
  SaleKind,
  saleOf,
  signOffer,
  termsOf,
  Use,
} from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf, malleated, plain } from "../identity/registry.js";
import { DAY, HOUR, list, publishDataset, publishStream } from "./fixture.js";
import { MARKET, markets, MAX_UINT32, sellAsset } from "./market.js";

const LEGAL = `0x${"1e".repeat(32)}`;
const FEE = 200n;

describe("DataOffers: listing", () => {
  const load = markets(async (market) => {
    const assetId = await publishDataset(market);
    const terms = { uses: 3, derivativeBps: 700, transferable: true, legalHash: LEGAL };
    const sale = { referrerBps: 500, maxUnits: 9, gate: market.accounts.stranger.address };
    const offer = offerOf(assetId, termsOf(terms), saleOf(1_000n, FEE, sale));
    const { dataOffers, accounts } = market;
    return {
      assetId,
      offer,
      offerId: offerIdOf(offer),
      asAlice: dataOffers.connect(accounts.alice),
      asRelayer: dataOffers.connect(accounts.relayer),
      signature: await signOffer(dataOffers, accounts.alice, offer),
    };
  });

  it("says its EIP-712 domain, its parts and the fee", async () => {
    const { dataOffers, dataAssets, dataMarket, accessManager } = await load();
    const { name, version, chainId, verifyingContract, fields } = await dataOffers.eip712Domain();
    expect([name, version, chainId, verifyingContract, fields]).to.deep.equal([
      "DeFIoT DataOffers",
      "1",
      31337n,
      await dataOffers.getAddress(),
      "0x0f",
    ]);
    expect(await dataOffers.assets()).to.equal(await dataAssets.getAddress());
    expect(await dataOffers.market()).to.equal(await dataMarket.getAddress());
    expect(await dataOffers.credits()).to.equal(ZeroAddress);
    expect(await dataOffers.authority()).to.equal(await accessManager.getAddress());
    expect(await dataOffers.fee()).to.equal(FEE);
  });

  it("names an offer and its terms by their EIP-712 hashes", async () => {
    const { dataOffers, offer } = await load();
    const id = TypedDataEncoder.hashStruct("Offer", OFFER, offer);
    expect(await dataOffers.offerIdOf(offer)).to.equal(id);
    const { Terms = [] } = OFFER;
    expect(await dataOffers.termsIdOf(offer.terms)).to.equal(
      TypedDataEncoder.hashStruct("Terms", { Terms }, offer.terms),
    );
  });

  it("is the owner's to send, without a signature", async () => {
    const { asAlice, offer, offerId, assetId } = await load();
    expect(await asAlice.list.staticCall(offer, [], "0x")).to.equal(offerId);
    expect(await eventsOf(asAlice, asAlice.list(offer, [], "0x"))).to.deep.equal([
      ["OfferListed", offerId, assetId, LEGAL],
    ]);
    expect(await asAlice.isOpen(offerId)).to.equal(true);
  });

  it("is anyone's to send with the owner's signature, once", async () => {
    const { asRelayer, dataMarket, offer, offerId, signature, accounts, assetId } = await load();
    await expect(asRelayer.list(offer, [], malleated(signature)))
      .to.be.revertedWithCustomError(asRelayer, "DataOffersInvalidOwnerSignature")
      .withArgs(accounts.alice);
    await asRelayer.list(offer, [], signature);
    expect((await dataMarket.listingOf(offerId)).assetId).to.equal(assetId);
    await expect(asRelayer.list(offer, [], signature))
      .to.be.revertedWithCustomError(MARKET, "DataMarketKnownOffer")
      .withArgs(offerId);
  });

  it("is refused without the owner's signature, or with another's", async () => {
    const { dataOffers, asRelayer, offer, accounts } = await load();
    const { alice, bob } = accounts;
    for (const signature of ["0x", "0x12", await signOffer(dataOffers, bob, offer)]) {
      await expect(asRelayer.list(offer, [], signature))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidOwnerSignature")
        .withArgs(alice);
    }
  });

  it("is not the former owner's any more, by sending or by signing", async () => {
    const market = await load();
    const { dataOffers, asAlice, asRelayer, offer, assetId, accounts } = market;
    const { alice, bob } = accounts;
    await sellAsset(market, assetId, bob);
    const later: Offer = { ...offer, transfers: 1 };
    for (const attempt of [
      () => asAlice.list(later, [], "0x"),
      async () => asRelayer.list(later, [], await signOffer(dataOffers, alice, later)),
    ]) {
      await expect(attempt())
        .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidOwnerSignature")
        .withArgs(bob);
    }
    await asRelayer.list(later, [], await signOffer(dataOffers, bob, later));
  });

  it("is a contract's to sign by ERC-1271, for as long as that says so", async () => {
    const market = await load();
    const { dataOffers, asRelayer, offer, assetId, accounts } = market;
    const { bob, carol } = accounts;
    const wallet = await market.connection.ethers.deployContract("Erc1271Wallet", [bob.address]);
    await sellAsset(market, assetId, wallet);
    const later: Offer = { ...offer, transfers: 1 };
    await expect(asRelayer.list(later, [], await signOffer(dataOffers, carol, later)))
      .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidOwnerSignature")
      .withArgs(wallet);
    const signature = await signOffer(dataOffers, bob, later);
    await wallet.setSigner(carol);
    await expect(asRelayer.list(later, [], signature))
      .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidOwnerSignature")
      .withArgs(wallet);
    await wallet.setSigner(bob);
    await asRelayer.list(later, [], signature);
  });

  it("DAT-03 signs every field: with another value the owner did not sign it", async () => {
    const market = await load();
    const { dataOffers, asRelayer, offer, signature, accounts } = market;
    const other = await publishDataset(market);
    const { terms, sale } = offer;
    const tampered: Offer[] = [
      { ...offer, assetId: other },
      { ...offer, transfers: 1 },
      { ...offer, validUntil: 2n ** 47n },
      ...Object.entries({
        uses: 7,
        derivativeBps: 701,
        exclusive: true,
        transferable: false,
        cancellable: true,
        legalHash: ZeroHash,
      }).map(([field, value]) => ({ ...offer, terms: { ...terms, [field]: value } })),
      ...Object.entries({
        kind: SaleKind.Metered,
        currency: accounts.bob.address,
        price: 999n,
        feeBps: 0,
        referrerBps: 501,
        period: 1,
        quota: 1,
        maxUnits: 10,
        gate: accounts.bob.address,
        arbiter: accounts.bob.address,
        deliverWithin: HOUR,
        challengeWindow: DAY,
      }).map(([field, value]) => ({ ...offer, sale: { ...sale, [field]: value } })),
    ];
    expect(tampered).to.have.length(3 + 6 + 12);
    const ids = new Set([offerIdOf(offer)]);
    for (const wrong of tampered) {
      ids.add(await dataOffers.offerIdOf(wrong));
      const refused = expect(asRelayer.list(wrong, [], signature)).to.be;
      if (wrong.transfers === offer.transfers) {
        await refused
          .revertedWithCustomError(dataOffers, "DataOffersInvalidOwnerSignature")
          .withArgs(accounts.alice);
      } else {
        await refused.revertedWithCustomError(dataOffers, "DataOffersStaleOffer");
      }
    }
    expect(ids.size).to.equal(1 + tampered.length);
  });

  it("is not signed for another chain, contract, name or version", async () => {
    const { dataOffers, dataMarket, asRelayer, offer, accounts } = await load();
    const domain = await offersDomain(dataOffers);
    for (const wrong of [
      { ...domain, chainId: 1n },
      { ...domain, verifyingContract: await dataMarket.getAddress() },
      { ...domain, name: "DeFIoT DataMarket" },
      { ...domain, version: "2" },
    ]) {
      const signature = await accounts.alice.signTypedData(wrong, OFFER, offer);
      await expect(asRelayer.list(offer, [], signature))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidOwnerSignature")
        .withArgs(accounts.alice);
    }
  });

  it("needs an asset", async () => {
    const { asAlice, offer, dataAssets } = await load();
    await expect(asAlice.list({ ...offer, assetId: 99 }, [], "0x"))
      .to.be.revertedWithCustomError(dataAssets, "ERC721NonexistentToken")
      .withArgs(99);
  });

  it("is listed until its last second, and not a second later", async () => {
    const { asAlice, offer, helpers } = await load();
    const validUntil = (await helpers.time.latest()) + 100;
    const ending: Offer = { ...offer, validUntil };
    const snapshot = await helpers.takeSnapshot();
    await helpers.time.setNextBlockTimestamp(validUntil);
    await asAlice.list(ending, [], "0x");
    await snapshot.restore();
    await helpers.time.setNextBlockTimestamp(validUntil + 1);
    await expect(asAlice.list(ending, [], "0x"))
      .to.be.revertedWithCustomError(asAlice, "DataOffersExpiredOffer")
      .withArgs(validUntil);
  });

  it("names how often the asset changed hands: no more and no less", async () => {
    const market = await load();
    const { dataOffers, offer, signature, asRelayer, assetId, accounts } = market;
    const { alice, bob } = accounts;
    await expect(dataOffers.connect(alice).list({ ...offer, transfers: 1 }, [], "0x"))
      .to.be.revertedWithCustomError(dataOffers, "DataOffersStaleOffer")
      .withArgs(1, 0);
    await sellAsset(market, assetId, bob);
    await market.dataAssets.connect(bob).transferFrom(bob, alice, assetId);
    // The same owner as when it was signed, but not the same ownership.
    await expect(asRelayer.list(offer, [], signature))
      .to.be.revertedWithCustomError(dataOffers, "DataOffersStaleOffer")
      .withArgs(0, 2);
  });

  describe("withdrawn", () => {
    it("only by the asset's owner of the moment", async () => {
      const market = await load();
      const { dataOffers, asAlice, offer, offerId, assetId, accounts } = market;
      await asAlice.list(offer, [], "0x");
      const { alice, bob, stranger } = accounts;
      await expect(dataOffers.connect(stranger).withdrawOffer(offer))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersUnauthorized")
        .withArgs(stranger);
      await sellAsset(market, assetId, bob);
      await expect(asAlice.withdrawOffer(offer))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersUnauthorized")
        .withArgs(alice);
      await expect(dataOffers.connect(bob).withdrawOffer(offer))
        .to.emit(dataOffers, "OfferWithdrawn")
        .withArgs(offerId);
      await expect(dataOffers.connect(bob).withdrawOffer({ ...offer, assetId: 99 }))
        .to.be.revertedWithCustomError(market.dataAssets, "ERC721NonexistentToken")
        .withArgs(99);
    });

    it("on chain: it stays readable, and is neither open nor listed again", async () => {
      const { asAlice, dataMarket, offer, offerId, accounts } = await load();
      await asAlice.list(offer, [], "0x");
      const before = plain(await dataMarket.listingOf(offerId));
      expect(await eventsOf(asAlice, asAlice.withdrawOffer(offer))).to.deep.equal([
        ["OfferWithdrawn", offerId],
      ]);
      expect(await asAlice.isOpen(offerId)).to.equal(false);
      const flags = Number(before.flags) | 2; // withdrawn
      expect(plain(await dataMarket.listingOf(offerId))).to.deep.equal({
        ...before,
        flags: BigInt(flags),
      });
      const { bob } = accounts;
      await expect(dataMarket.previewBuy(purchaseOf(offerId, bob.address), bob))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
      await expect(asAlice.list(offer, [], "0x"))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
      await expect(asAlice.withdrawOffer(offer))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
    });

    it("while it was only signed: it never comes on chain", async () => {
      const { asAlice, asRelayer, dataMarket, offer, offerId, signature, accounts } = await load();
      await asAlice.withdrawOffer(offer);
      await expect(asAlice.withdrawOffer(offer))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
      await expect(asRelayer.list(offer, [], signature))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
      await expect(asAlice.list(offer, [], "0x"))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
      expect(await asAlice.isOpen(offerId)).to.equal(false);
      const { bob } = accounts;
      await expect(dataMarket.previewBuy(purchaseOf(offerId, bob.address), bob))
        .to.be.revertedWithCustomError(MARKET, "DataMarketWithdrawnOffer")
        .withArgs(offerId);
      await asAlice.list({ ...offer, validUntil: 2n ** 47n }, [], "0x"); // another offer
    });
  });

  describe("read back", () => {
    it("is unknown before it is listed", async () => {
      const { dataOffers, dataMarket, offerId, accounts } = await load();
      const { bob } = accounts;
      expect(await dataOffers.isOpen(offerId)).to.equal(false);
      const nothing = Object.values(plain(await dataMarket.listingOf(offerId)));
      expect(nothing).to.have.lengthOf(19);
      for (const value of nothing) expect(value).to.be.oneOf([0n, ZeroAddress]);
      await expect(dataMarket.previewBuy(purchaseOf(offerId, bob.address), bob))
        .to.be.revertedWithCustomError(MARKET, "DataMarketUnknownOffer")
        .withArgs(offerId);
    });

    it("DAT-03 is the offer that was signed, but for the hash of the legal text", async () => {
      const market = await load();
      const { dataMarket, accounts } = market;
      const arbiter = accounts.carol.address;
      const gate = accounts.bob.address;
      const stream = await publishStream(market);
      const dataset = await publishDataset(market);
      const cases: [bigint, Parameters<typeof list>[3], bigint][] = [
        [dataset, {}, 1n],
        [
          dataset,
          {
            terms: { uses: 255, derivativeBps: 10_000, exclusive: true, transferable: true },
            sale: { currency: arbiter, referrerBps: 10_000, maxUnits: MAX_UINT32, gate },
            rest: { validUntil: 2n ** 40n },
          },
          1n | 4n | 8n | 64n | 128n,
        ],
        [
          stream.assetId,
          {
            terms: { cancellable: true, uses: Use.ModelTraining },
            sale: { kind: SaleKind.Subscription, period: 1_024, gate },
          },
          1n | 16n | 128n,
        ],
        [
          stream.assetId,
          { sale: { kind: SaleKind.Metered, quota: 2n ** 48n - 1n, maxUnits: 1 } },
          1n | 64n,
        ],
        [
          dataset,
          { sale: { arbiter, deliverWithin: 30 * DAY, challengeWindow: 14 * DAY } },
          1n | 32n,
        ],
      ];
      for (const [assetId, parts, flags] of cases) {
        const terms = { legalHash: LEGAL, ...parts?.terms };
        const { offer, offerId } = await list(market, assetId, 2n ** 128n - 1n, {
          ...parts,
          terms,
        });
        const { legalHash, exclusive, transferable, cancellable, ...licence } = offer.terms;
        expect([legalHash, exclusive, transferable, cancellable]).to.have.lengthOf(4); // in the flags
        const { assetId: id, transfers, validUntil, sale } = offer;
        expect(plain(await dataMarket.listingOf(offerId))).to.deep.equal({
          ...bigints({ assetId: id, transfers, validUntil, ...licence, ...sale }),
          flags,
          sold: 0n,
        });
      }
    });

    it("takes the native coin by ERC-7528's address", async () => {
      const { asAlice, dataMarket, offer, offerId } = await load();
      await asAlice.list(offer, [], "0x");
      expect((await dataMarket.listingOf(offerId)).currency).to.equal(NATIVE);
    });
  });
});

/** Numbers as the chain returns them. */
function bigints(values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === "number" ? BigInt(value) : value,
    ]),
  );
}
