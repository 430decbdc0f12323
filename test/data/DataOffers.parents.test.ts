import { expect } from "chai";
import { ZeroHash } from "ethers";

import {
  offerIdOf,
  offerOf,
  saleOf,
  signOffer,
  termsOf,
  Use,
} from "../../scripts/lib/data/offers.js";
import {
  DAY,
  encryptionKey,
  HOUR,
  list,
  type OfferParts,
  publishDataset,
  sealedKey,
} from "./fixture.js";
import {
  buy,
  encrypted,
  goTo,
  type Market,
  markets,
  MAX_UINT48,
  metered,
  offerDataset,
  offerStream,
  sellAsset,
} from "./market.js";

const FEE = 200n;

describe("DataOffers: parents", () => {
  const licence = (rest: OfferParts["terms"] = {}) => ({
    uses: Use.Internal | Use.Derivatives,
    derivativeBps: 1_000,
    ...rest,
  });

  /** Alice's dataset made from others, each for a share, which Bob then buys: he is the one to offer it. */
  async function derive(market: Market, parents: [bigint, number][]): Promise<bigint> {
    const assetId = await publishDataset(market, {
      parents: parents.map(([parent, bps]) => ({ assetId: parent, bps })),
    });
    await sellAsset(market, assetId, market.accounts.bob);
    return assetId;
  }

  const load = markets(async (market) => {
    const { dataOffers, accounts } = market;
    const asBob = dataOffers.connect(accounts.bob);
    const offering = (assetId: bigint) =>
      offerOf(assetId, termsOf(), saleOf(500n, FEE), { transfers: 1 });
    return {
      asBob,
      offering,
      /** Bob offers a derivative over these offers on its parents. */
      listOver: (assetId: bigint, ...parentOffers: string[]) =>
        asBob.list(offering(assetId), parentOffers, "0x"),
    };
  });

  type Loaded = Awaited<ReturnType<typeof load>>;

  async function refuses(
    { asBob, listOver }: Loaded,
    [derivative, parentOffer]: [bigint, string],
    [parent, bps]: [bigint, number],
  ): Promise<void> {
    await expect(listOver(derivative, parentOffer))
      .to.be.revertedWithCustomError(asBob, "DataOffersUnlicensedParent")
      .withArgs(parent, bps);
  }

  it("are licensed to whoever owns them", async () => {
    const loaded = await load();
    const { accounts, listOver, asBob } = loaded;
    const parent = await publishDataset(loaded);
    const derivative = await derive(loaded, [[parent, 0]]);
    await refuses(loaded, [derivative, ZeroHash], [parent, 0]); // Alice's
    await sellAsset(loaded, parent, accounts.bob);
    await expect(listOver(derivative, ZeroHash)).to.emit(asBob, "OfferListed");
  });

  it("count for the asset's owner, not for whoever sends what he signed", async () => {
    const loaded = await load();
    const { accounts, dataOffers, offering } = loaded;
    const { bob, carol } = accounts;
    const { assetId, offerId } = await offerDataset(loaded, 1n, { terms: licence() });
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await buy(loaded, carol, offerId);
    const signature = await signOffer(dataOffers, bob, offering(derivative));
    await expect(dataOffers.connect(carol).list(offering(derivative), [offerId], signature))
      .to.be.revertedWithCustomError(dataOffers, "DataOffersUnlicensedParent")
      .withArgs(assetId, 1_000);
    await buy(loaded, bob, offerId);
    await dataOffers.connect(carol).list(offering(derivative), [offerId], signature);
  });

  it("are licensed by a one-off grant that allows derivatives", async () => {
    const loaded = await load();
    const { accounts, listOver, asBob } = loaded;
    const { assetId, offerId } = await offerDataset(loaded, 1n, { terms: licence() });
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await refuses(loaded, [derivative, offerId], [assetId, 1_000]); // not bought yet
    await buy(loaded, accounts.carol, offerId);
    await refuses(loaded, [derivative, offerId], [assetId, 1_000]); // by Bob
    await buy(loaded, accounts.bob, offerId);
    await expect(listOver(derivative, offerId)).to.emit(asBob, "OfferListed");
  });

  it("are not licensed by quota, which can be used up", async () => {
    const loaded = await load();
    const { assetId, offerId } = await offerDataset(loaded, 1n, metered(2, licence()));
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await buy(loaded, loaded.accounts.bob, offerId);
    await refuses(loaded, [derivative, offerId], [assetId, 1_000]);
  });

  it("are licensed by a subscription, for offers that end before it", async () => {
    const loaded = await load();
    const { accounts, asBob, offering, dataGrants } = loaded;
    const { bob, carol } = accounts;
    const terms = licence({ cancellable: false });
    const stream = await offerStream(loaded, 1n, { terms });
    const derivative = await derive(loaded, [[stream.assetId, 1_000]]);
    const until = (validUntil: bigint) => ({ ...offering(derivative), validUntil });
    const listUntil = (validUntil: bigint) => asBob.list(until(validUntil), [stream.offerId], "0x");
    await buy(loaded, bob, stream.offerId, { units: 3 });
    const closed = await dataGrants.accessUntil(stream.offerId, bob);
    for (const validUntil of [closed, MAX_UINT48]) {
      await expect(listUntil(validUntil))
        .to.be.revertedWithCustomError(asBob, "DataOffersUnlicensedParent")
        .withArgs(stream.assetId, 1_000);
    }
    await listUntil(closed - 1n);
    await goTo(loaded, stream, 3, 80_000); // the licence is in its last hours, the offer too
    await buy(loaded, carol, offerIdOf(until(closed - 1n)));
  });

  it("are not licensed by a subscription that could be cancelled, or has lapsed", async () => {
    const loaded = await load();
    const { accounts, asBob, offering } = loaded;
    for (const cancellable of [true, false]) {
      const stream = await offerStream(loaded, 1n, { terms: licence({ cancellable }) });
      const derivative = await derive(loaded, [[stream.assetId, 1_000]]);
      await buy(loaded, accounts.bob, stream.offerId);
      if (!cancellable) await goTo(loaded, stream, 2, 0);
      const validUntil = (await loaded.helpers.time.latest()) + HOUR;
      await expect(asBob.list({ ...offering(derivative), validUntil }, [stream.offerId], "0x"))
        .to.be.revertedWithCustomError(asBob, "DataOffersUnlicensedParent")
        .withArgs(stream.assetId, 1_000);
    }
  });

  it("are licensed by an encrypted grant once its delivery is closed, and cannot be disputed", async () => {
    const loaded = await load();
    const { accounts, listOver, dataMarket, helpers } = loaded;
    const { alice, bob } = accounts;
    const parts = encrypted(loaded, { terms: licence() });
    const { assetId, offerId } = await offerDataset(loaded, 1n, parts);
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await buy(loaded, bob, offerId, { encryptionKey: encryptionKey() });
    await refuses(loaded, [derivative, offerId], [assetId, 1_000]);
    await dataMarket.connect(alice).deliver(offerId, bob, sealedKey());
    await refuses(loaded, [derivative, offerId], [assetId, 1_000]);
    await helpers.time.increase(DAY + 1);
    await dataMarket.closeDelivery(offerId, bob);
    await listOver(derivative, offerId);
  });

  it("are not licensed by a key that never came", async () => {
    const loaded = await load();
    const { accounts, dataMarket, helpers } = loaded;
    const parts = encrypted(loaded, { terms: licence() });
    const { assetId, offerId } = await offerDataset(loaded, 1n, parts);
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await buy(loaded, accounts.bob, offerId, { encryptionKey: encryptionKey() });
    await helpers.time.increase(HOUR + 1);
    await dataMarket.closeDelivery(offerId, accounts.bob);
    await refuses(loaded, [derivative, offerId], [assetId, 1_000]);
  });

  it("are not licensed by terms without derivatives", async () => {
    const loaded = await load();
    const uses = 255 - Use.Derivatives;
    const { assetId, offerId } = await offerDataset(loaded, 1n, { terms: licence({ uses }) });
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await buy(loaded, loaded.accounts.bob, offerId);
    await refuses(loaded, [derivative, offerId], [assetId, 1_000]);
  });

  it("get no less than their terms ask", async () => {
    const loaded = await load();
    const { accounts, listOver } = loaded;
    const { assetId, offerId } = await offerDataset(loaded, 1n, { terms: licence() });
    await buy(loaded, accounts.bob, offerId);
    const cheap = await derive(loaded, [[assetId, 999]]);
    await refuses(loaded, [cheap, offerId], [assetId, 999]);
    for (const bps of [1_000, 1_001]) {
      await listOver(await derive(loaded, [[assetId, bps]]), offerId);
    }
  });

  it("are not licensed by a grant on another asset, or by no offer at all", async () => {
    const loaded = await load();
    const { assetId } = await offerDataset(loaded, 1n, { terms: licence() });
    const other = await offerDataset(loaded, 1n, { terms: licence() });
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await buy(loaded, loaded.accounts.bob, other.offerId);
    await refuses(loaded, [derivative, other.offerId], [assetId, 1_000]);
    await refuses(
      loaded,
      [derivative, offerIdOf(other.offer).replace(/.$/, "0")],
      [assetId, 1_000],
    );
    await refuses(loaded, [derivative, encryptionKey(7)], [assetId, 1_000]);
  });

  it("each need an offer of their own, in order", async () => {
    const loaded = await load();
    const { accounts, asBob, listOver } = loaded;
    const first = await offerDataset(loaded, 1n, { terms: licence() });
    const second = await offerDataset(loaded, 1n, { terms: licence({ derivativeBps: 10 }) });
    const own = await publishDataset(loaded);
    await sellAsset(loaded, own, accounts.bob);
    const derivative = await derive(loaded, [
      [first.assetId, 1_000],
      [second.assetId, 10],
      [own, 5],
    ]);
    await buy(loaded, accounts.bob, first.offerId);
    for (const given of [
      [],
      [first.offerId],
      [first.offerId, second.offerId, ZeroHash, ZeroHash],
    ]) {
      await expect(listOver(derivative, ...given))
        .to.be.revertedWithCustomError(asBob, "DataOffersParentsMismatch")
        .withArgs(given.length, 3);
    }
    for (const [given, parent, bps] of [
      [[second.offerId, first.offerId, ZeroHash], first.assetId, 1_000],
      [[first.offerId, second.offerId, ZeroHash], second.assetId, 10], // not bought
      [[first.offerId, first.offerId, ZeroHash], second.assetId, 10],
    ] as const) {
      await expect(listOver(derivative, ...given))
        .to.be.revertedWithCustomError(asBob, "DataOffersUnlicensedParent")
        .withArgs(parent, bps);
    }
    await buy(loaded, accounts.bob, second.offerId);
    await expect(listOver(derivative, first.offerId, second.offerId, first.offerId))
      .to.be.revertedWithCustomError(asBob, "DataOffersUnlicensedParent")
      .withArgs(own, 5);
    await listOver(derivative, first.offerId, second.offerId, ZeroHash);
  });

  it("may have been sold, and their offers be dead: the licence lives", async () => {
    const loaded = await load();
    const { accounts, listOver } = loaded;
    const { assetId, offerId } = await offerDataset(loaded, 1n, { terms: licence() });
    const derivative = await derive(loaded, [[assetId, 1_000]]);
    await buy(loaded, accounts.bob, offerId);
    await sellAsset(loaded, assetId, accounts.stranger);
    await listOver(derivative, offerId);
  });

  it("leave an original to anyone's own offers", async () => {
    const loaded = await load();
    const assetId = await publishDataset(loaded);
    await list(loaded, assetId, 1n);
  });
});
