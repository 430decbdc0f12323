import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { offerIdOf, offerOf, saleOf, termsOf } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import { HOUR, list, publishDataset } from "./fixture.js";
import {
  asAdmin,
  buy,
  claimsOf,
  coinOf,
  encrypted,
  type Market,
  markets,
  offerDataset,
  sellAsset,
  sum,
} from "./market.js";

describe("DataMarket: where the price goes", () => {
  const load = markets((market) => Promise.resolve(market));

  /** Alice's originals, and a dataset of hers made from them; each parent is paid to an account of its own. */
  async function family(market: Market, price: bigint, shares: number[], sale = {}) {
    const { accounts } = market;
    const payees = ["bob", "relayer", "stranger", "maker"] as const;
    const parents: { assetId: bigint; bps: number }[] = [];
    for (const [index, bps] of shares.entries()) {
      const payee = accounts[payees[index] ?? "alice"].address;
      parents.push({ assetId: await publishDataset(market, { payee }), bps });
    }
    const assetId = await publishDataset(market, { parents });
    const { dataOffers } = market;
    const { offer, offerId } = await signedFamily(market, assetId, price, sale);
    const zeros = shares.map(() => `0x${"00".repeat(32)}`);
    await dataOffers.connect(accounts.alice).list(offer, zeros, "0x");
    return { assetId, offerId };
  }

  async function signedFamily(
    { dataOffers }: Market,
    assetId: bigint,
    price: bigint,
    sale: Parameters<typeof saleOf>[2],
  ) {
    const offer = offerOf(assetId, termsOf(), saleOf(price, await dataOffers.fee(), sale));
    return { offer, offerId: offerIdOf(offer) };
  }

  it("DAT-08 fee + parents + referrer + payee = price", async () => {
    const loaded = await load();
    const { accounts, dataMarket } = loaded;
    // 10,000 - 2 % = 9,800; parents 10 % + 5 % of it; 20 % of the remaining 8,330 to the referrer.
    const { offerId } = await family(loaded, 10_000n, [1_000, 500], { referrerBps: 2_000 });
    const { carol, guardian, alice } = accounts;
    const buying = buy(loaded, carol, offerId, { referrer: guardian.address });
    expect((await eventsOf(dataMarket, buying))[1]).to.deep.equal([
      "PriceRecognised",
      offerId,
      alice.address,
      10_000n,
      200n,
      1_470n,
      1_666n,
    ]);
    const claims = await claimsOf(loaded, NATIVE);
    expect(claims).to.deep.equal({
      treasury: 200n,
      bob: 980n,
      relayer: 490n,
      guardian: 1_666n,
      alice: 6_664n,
    });
    expect(sum(claims)).to.equal(10_000n);
    expect(await coinOf(loaded)).to.equal(10_000n);
  });

  it("DAT-08 rounds fee and parents up, and the referrer down", async () => {
    const loaded = await load();
    const { carol, guardian } = loaded.accounts;
    // 333: fee 6.66 -> 7 of it; 326: 0.33 % of it 1.0758 -> 2; 324: a third 107.9 -> 107.
    const { offerId } = await family(loaded, 333n, [33], { referrerBps: 3_333 });
    await buy(loaded, carol, offerId, { referrer: guardian.address });
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
      treasury: 7n,
      bob: 2n,
      guardian: 107n,
      alice: 217n,
    });
  });

  for (const [price, claims] of [
    [1n, { treasury: 1n }],
    [2n, { treasury: 1n, bob: 1n }],
    [3n, { treasury: 1n, bob: 1n, relayer: 1n }],
    [4n, { treasury: 1n, bob: 1n, relayer: 1n, alice: 1n }],
    [50n, { treasury: 1n, bob: 1n, relayer: 1n, alice: 47n }],
    [51n, { treasury: 2n, bob: 1n, relayer: 1n, alice: 47n }],
  ] as const) {
    it(`R25 DAT-08 a price of ${price} evades neither fee nor parents`, async () => {
      const loaded = await load();
      const { offerId } = await family(loaded, price, [100, 100]);
      await buy(loaded, loaded.accounts.carol, offerId);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal(claims);
    });
  }

  it("DAT-08 pays four parents to whom all of it belongs, the last a unit less by rounding", async () => {
    const loaded = await load();
    const { offerId } = await family(loaded, 103n, [3_333, 3_333, 3_333, 1]);
    await buy(loaded, loaded.accounts.carol, offerId);
    // 103 - 3 = 100: 33.33 -> 34, twice, then the 32 that are left, and none for the fourth.
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
      treasury: 3n,
      bob: 34n,
      relayer: 34n,
      stranger: 32n,
    });
  });

  it("pays nothing to a parent without a share", async () => {
    const loaded = await load();
    const { offerId } = await family(loaded, 100n, [0, 5_000]);
    await buy(loaded, loaded.accounts.carol, offerId);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
      treasury: 2n,
      relayer: 49n,
      alice: 49n,
    });
  });

  it("pays direct parents only, to their payees of the moment", async () => {
    const loaded = await load();
    const { accounts, dataAssets, dataOffers } = loaded;
    const { alice, stranger, maker, carol } = accounts;
    const grandparent = await publishDataset(loaded, { payee: stranger.address });
    const parent = await publishDataset(loaded, {
      payee: maker.address,
      parents: [{ assetId: grandparent, bps: 5_000 }],
    });
    const child = await publishDataset(loaded, { parents: [{ assetId: parent, bps: 5_000 }] });
    const { offer, offerId } = await signedFamily(loaded, child, 100n, {});
    await dataOffers.connect(alice).list(offer, [`0x${"00".repeat(32)}`], "0x");
    await buy(loaded, carol, offerId);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 2n, maker: 49n, alice: 49n });
    await dataAssets.connect(alice).transferFrom(alice, accounts.admin, parent);
    await buy(loaded, stranger, offerId);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
      treasury: 4n,
      maker: 49n,
      admin: 49n,
      alice: 98n,
    });
  });

  it("pays no referrer where there is none, or where the offer gives none", async () => {
    const loaded = await load();
    const { carol, guardian } = loaded.accounts;
    const given = await offerDataset(loaded, 100n, { sale: { referrerBps: 5_000 } });
    await buy(loaded, carol, given.offerId, { referrer: ZeroAddress });
    const none = await offerDataset(loaded, 100n);
    await buy(loaded, carol, none.offerId, { referrer: guardian.address });
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 4n, alice: 196n });
  });

  it("may leave all but the fee to the referrer", async () => {
    const loaded = await load();
    const { carol, guardian } = loaded.accounts;
    const referrer = guardian.address;
    const whole = await offerDataset(loaded, 100n, { sale: { referrerBps: 10_000 } });
    await buy(loaded, carol, whole.offerId, { referrer });
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 2n, guardian: 98n });
  });

  it("remembers the referrer of encrypted content until the price is earned", async () => {
    const loaded = await load();
    const { dataMarket, accounts, helpers } = loaded;
    const { alice, carol, guardian } = accounts;
    const { offerId } = await offerDataset(
      loaded,
      100n,
      encrypted(loaded, { sale: { referrerBps: 5_000 } }),
    );
    const key = `0x${"01".repeat(32)}`;
    await buy(loaded, carol, offerId, { referrer: guardian.address, encryptionKey: key });
    expect((await dataMarket.deliveryOf(offerId, carol)).referrer).to.equal(guardian.address);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
    await dataMarket.connect(alice).deliver(offerId, carol, "0x01");
    await helpers.time.increase(25 * HOUR);
    await dataMarket.closeDelivery(offerId, carol);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
      treasury: 2n,
      guardian: 49n,
      alice: 49n,
    });
  });

  describe("to the payee", () => {
    it("that the publication named, until the asset is sold", async () => {
      const loaded = await load();
      const { accounts } = loaded;
      const { bob, carol, maker } = accounts;
      const { assetId, offerId } = await offerDataset(loaded, 100n, {}, { payee: maker.address });
      await buy(loaded, carol, offerId);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 2n, maker: 98n });
      await sellAsset(loaded, assetId, bob);
      const { dataOffers } = loaded;
      const later = offerOf(assetId, termsOf(), saleOf(100n, 200n), { transfers: 1 });
      await dataOffers.connect(bob).list(later, [], "0x");
      await buy(loaded, carol, offerIdOf(later));
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 4n, maker: 98n, bob: 98n });
    });

    it("that the owner names", async () => {
      const loaded = await load();
      const { accounts, dataAssets } = loaded;
      const { assetId, offerId } = await offerDataset(loaded, 100n);
      await dataAssets.connect(accounts.alice).setPayee(assetId, accounts.stranger);
      await buy(loaded, accounts.carol, offerId);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 2n, stranger: 98n });
    });

    it("that the device has, for the asset's life, whoever owns it", async () => {
      const loaded = await load();
      const { accounts, dataOffers, deviceRegistry, station } = loaded;
      const { alice, bob, carol, maker } = accounts;
      await deviceRegistry.connect(alice).setRevenuePayee(station.deviceId, maker);
      const assetId = await publishDataset(loaded);
      await sellAsset(loaded, assetId, bob);
      const offer = offerOf(assetId, termsOf(), saleOf(100n, 200n), { transfers: 1 });
      await dataOffers.connect(bob).list(offer, [], "0x");
      await buy(loaded, carol, offerIdOf(offer));
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ treasury: 2n, maker: 98n });
    });
  });

  describe("the fee", () => {
    it("is frozen in the offer, and goes to the treasury of the moment", async () => {
      const loaded = await load();
      const { accounts, dataMarket, dataOffers } = loaded;
      const { bob, carol, guardian } = accounts;
      const { offerId, assetId } = await offerDataset(loaded, 100n);
      await asAdmin(loaded, dataOffers, "setFee", 500);
      await expect(asAdmin(loaded, dataMarket, "setTreasury", guardian.address))
        .to.emit(dataMarket, "TreasurySet")
        .withArgs(guardian);
      expect(await dataMarket.treasury()).to.equal(guardian.address);
      await buy(loaded, bob, offerId);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ guardian: 2n, alice: 98n });
      const { offerId: dearer } = await list(loaded, assetId, 100n);
      await buy(loaded, carol, dearer);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ guardian: 7n, alice: 193n });
    });

    it("may be nothing", async () => {
      const loaded = await load();
      await asAdmin(loaded, loaded.dataOffers, "setFee", 0);
      const { offerId } = await offerDataset(loaded, 100n);
      await buy(loaded, loaded.accounts.bob, offerId);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 100n });
    });

    it("has a treasury, which only ADMIN names", async () => {
      const loaded = await load();
      const { accounts, dataMarket } = loaded;
      for (const account of [accounts.deployer, accounts.guardian, accounts.treasury]) {
        await expect(dataMarket.connect(account).setTreasury(account))
          .to.be.revertedWithCustomError(dataMarket, "AccessManagedUnauthorized")
          .withArgs(account);
      }
      await expect(
        asAdmin(loaded, dataMarket, "setTreasury", ZeroAddress),
      ).to.be.revertedWithCustomError(dataMarket, "DataMarketMissingTreasury");
    });
  });
});
