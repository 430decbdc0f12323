import { expect } from "chai";
import { ZeroHash } from "ethers";

import {
  offerOf,
  purchaseOf,
  type Sale,
  SaleKind,
  saleOf,
  termsOf,
} from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import {
  DataGrants__factory,
  DataMarket__factory,
  DataOffers__factory,
} from "../../typechain-types/index.js";
import { eventsOf } from "../identity/registry.js";
import { DAY, encryptionKey, HOUR, list, publishDataset, publishStream } from "./fixture.js";
import {
  buy,
  claimsOf,
  coinOf,
  encrypted,
  fund,
  grant,
  grantOf,
  type Market,
  markets,
  metered,
  move,
  offerDataset,
  sellAsset,
  use,
  wrap,
} from "./market.js";

const PRICE = 1_001n;
const BOND = 101n;
const KEY = { encryptionKey: encryptionKey() };

describe("DataMarket: for machine credits", () => {
  /** Offers and a market of their own, which know credits; Bob has 10,000, and lets the market reserve them. */
  async function withCredits(market: Market) {
    const { accessManager, dataAssets, accounts, connection } = market;
    const { deployer, treasury, bob } = accounts;
    const credits = await connection.ethers.deployContract("MockCredits");
    const dataOffers = await new DataOffers__factory(deployer).deploy(
      accessManager,
      dataAssets,
      credits,
      200,
    );
    const dataMarket = await new DataMarket__factory(deployer).deploy(
      accessManager,
      dataOffers,
      treasury,
    );
    await dataOffers.bind(dataMarket);
    const dataGrants = DataGrants__factory.connect(await dataMarket.grants(), deployer);
    await credits.mint(bob, 10_000n);
    await credits.connect(bob).allow(dataMarket, 10_000n);
    const currency = await credits.getAddress();
    return { dataOffers, dataMarket, dataGrants, credits, currency };
  }

  const load = markets(async (market) => {
    const own = await withCredits(market);
    const { dataOffers, accounts } = { ...market, ...own };
    const asAlice = dataOffers.connect(accounts.alice);
    return {
      ...own,
      asAlice,
      /** An offer of Alice for credits, without a fee. */
      offer: async (assetId: bigint, sale: Partial<Sale> = {}, terms = {}, price = PRICE) => {
        const offer = offerOf(
          assetId,
          termsOf(terms),
          saleOf(price, 0n, { currency: own.currency, ...sale }),
        );
        await asAlice.list(offer, [], "0x");
        return asAlice.offerIdOf(offer);
      },
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What Bob has free, what the market has reserved of him, and what Alice has earned. */
  async function creditsOf({ credits, dataMarket, accounts }: Loaded) {
    const { alice, bob } = accounts;
    return {
      free: await credits.free(bob),
      reserved: await credits.reserved(bob, dataMarket),
      earned: await credits.earned(alice),
    };
  }

  it("names them", async () => {
    const { dataMarket, dataOffers, currency } = await load();
    expect(await dataMarket.credits()).to.equal(currency);
    expect(await dataOffers.credits()).to.equal(currency);
  });

  it("sells a one-off: reserved and spent, without a fee, and no claim", async () => {
    const loaded = await load();
    const { dataMarket, accounts, credits, offer } = loaded;
    const { alice, bob } = accounts;
    const offerId = await offer(await publishDataset(loaded));
    expect(await eventsOf(dataMarket, buy(loaded, bob, offerId))).to.deep.equal([
      ["GrantBought", offerId, bob.address, bob.address, 1n, PRICE, ZeroHash],
      ["PriceRecognised", offerId, alice.address, PRICE, 0n, 0n, 0n],
    ]);
    const expected = { free: 8_999n, reserved: 0n, earned: PRICE };
    expect(await creditsOf(loaded)).to.deep.equal(expected);
    expect(await claimsOf(loaded, credits)).to.deep.equal({});
    expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant({ held: true }));
  });

  it("sells quota, which the holder may wrap and move", async () => {
    const loaded = await load();
    const { accounts, offer } = loaded;
    const { bob, carol } = accounts;
    const { sale } = metered(10);
    const assetId = await publishDataset(loaded);
    const offerId = await offer(assetId, sale, { transferable: true });
    await buy(loaded, bob, offerId, { units: 2 });
    const expected = { free: 7_998n, reserved: 0n, earned: 2n * PRICE };
    expect(await creditsOf(loaded)).to.deep.equal(expected);
    await use(loaded, bob, offerId, 5);
    await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
    const moved = { quota: 15n, used: 0n, tokenId: 1n };
    expect(await grantOf(loaded, offerId, carol)).to.deep.include(moved);
  });

  it("spends them on the payee of the asset", async () => {
    const loaded = await load();
    const { accounts, credits, offer } = loaded;
    const { bob, maker } = accounts;
    const offerId = await offer(await publishDataset(loaded, { payee: maker.address }));
    await buy(loaded, bob, offerId);
    expect(await credits.earned(maker)).to.equal(PRICE);
    expect((await creditsOf(loaded)).earned).to.equal(0n);
  });

  it("sells for nothing", async () => {
    const loaded = await load();
    const { accounts, offer } = loaded;
    const assetId = await publishDataset(loaded);
    await buy(loaded, accounts.bob, await offer(assetId, {}, {}, 0n));
    const expected = { free: 10_000n, reserved: 0n, earned: 0n };
    expect(await creditsOf(loaded)).to.deep.equal(expected);
  });

  it("takes no coin with them, for a price or a bond", async () => {
    const loaded = await load();
    const { dataMarket, accounts, offer } = loaded;
    const { alice, bob } = accounts;
    const assetId = await publishDataset(loaded);
    await expect(buy(loaded, bob, await offer(assetId), {}, { value: 1n }))
      .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
      .withArgs(0, 1);
    const offerId = await offer(assetId, encrypted(loaded).sale);
    await buy(loaded, bob, offerId, KEY);
    await dataMarket.connect(alice).deliver(offerId, bob, "0x01");
    await expect(dataMarket.connect(bob).dispute(offerId, { value: BOND }))
      .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
      .withArgs(0, BOND);
    expect(await coinOf(loaded)).to.equal(0n);
  });

  it("sells to whoever pays, and to nobody else", async () => {
    const loaded = await load();
    const { dataMarket, accounts, offer } = loaded;
    const { bob, carol } = accounts;
    const offerId = await offer(await publishDataset(loaded));
    const gift = { recipient: carol.address };
    await expect(buy(loaded, bob, offerId, gift))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketInvalidRecipient")
      .withArgs(carol);
    await expect(dataMarket.previewBuy(purchaseOf(offerId, carol.address), bob))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketInvalidRecipient")
      .withArgs(carol);
  });

  it("reserves only what the holder allows, and has", async () => {
    const loaded = await load();
    const { dataMarket, accounts, credits, offer } = loaded;
    const { bob, carol } = accounts;
    const offerId = await offer(await publishDataset(loaded));
    await credits.connect(bob).allow(dataMarket, PRICE - 1n);
    for (const buyer of [bob, carol]) {
      await expect(buy(loaded, buyer, offerId))
        .to.be.revertedWithCustomError(credits, "MockCreditsShort")
        .withArgs(PRICE);
    }
  });

  it("still sells for coin and tokens, with the fee", async () => {
    const loaded = await load();
    const { accounts, token } = loaded;
    await fund(loaded, token);
    const { offerId } = await offerDataset(loaded, 100n);
    const currency = await token.getAddress();
    const inTokens = await offerDataset(loaded, 100n, { sale: { currency } });
    for (const [id, paid] of [
      [offerId, NATIVE],
      [inTokens.offerId, token],
    ] as const) {
      await buy(loaded, accounts.bob, id);
      expect(await claimsOf(loaded, paid)).to.deep.equal({ alice: 98n, treasury: 2n });
    }
  });

  describe("refuses an offer", () => {
    const refused = async (
      { asAlice, currency }: Loaded,
      assetId: bigint,
      sale: Partial<Sale>,
      [error, ...values]: [string, ...unknown[]],
    ) => {
      const feeBps = BigInt(sale.feeBps ?? 0);
      const offer = offerOf(assetId, termsOf(), saleOf(PRICE, feeBps, { currency, ...sale }));
      await expect(asAlice.list(offer, [], "0x"))
        .to.be.revertedWithCustomError(asAlice, error)
        .withArgs(...values);
    };

    it("with a fee or a referrer", async () => {
      const loaded = await load();
      const assetId = await publishDataset(loaded);
      await refused(loaded, assetId, { feeBps: 200 }, ["DataOffersInvalidFee", 200, 0]);
      await refused(loaded, assetId, { referrerBps: 1 }, ["DataOffersInvalidShare", 1]);
    });

    it("by the epoch, or on an asset with parents", async () => {
      const loaded = await load();
      const { assetId } = await publishStream(loaded);
      const sale = { kind: SaleKind.Subscription, period: 1 };
      await refused(loaded, assetId, sale, ["DataOffersNotForCredits", 1, false]);
      const child = await publishDataset(loaded, { parents: [{ assetId, bps: 0 }] });
      await refused(loaded, child, {}, ["DataOffersNotForCredits", 0, true]);
      const quota = { kind: SaleKind.Metered, quota: 1 };
      await refused(loaded, child, quota, ["DataOffersNotForCredits", 2, true]);
    });
  });

  describe("sells encrypted content", () => {
    const sold = async (loaded: Loaded) => {
      const assetId = await publishDataset(loaded);
      const offerId = await loaded.offer(assetId, encrypted(loaded).sale);
      await buy(loaded, loaded.accounts.bob, offerId, KEY);
      return { assetId, offerId };
    };
    const deliver = ({ dataMarket, accounts }: Loaded, offerId: string) =>
      dataMarket.connect(accounts.alice).deliver(offerId, accounts.bob, "0x01");

    it("by a reserve, spent when it is earned", async () => {
      const loaded = await load();
      const { dataMarket, accounts, helpers } = loaded;
      const { offerId } = await sold(loaded);
      expect(await creditsOf(loaded)).to.deep.equal({ free: 8_999n, reserved: PRICE, earned: 0n });
      await deliver(loaded, offerId);
      await helpers.time.increase(DAY + 1);
      await dataMarket.closeDelivery(offerId, accounts.bob);
      expect(await creditsOf(loaded)).to.deep.equal({ free: 8_999n, reserved: 0n, earned: PRICE });
    });

    it("DAT-12 by a reserve, released when no key comes", async () => {
      const loaded = await load();
      const { dataMarket, accounts, helpers } = loaded;
      const { offerId } = await sold(loaded);
      await helpers.time.increase(HOUR + 1);
      expect(await dataMarket.refundable(offerId, accounts.bob)).to.equal(PRICE);
      await expect(dataMarket.closeDelivery(offerId, accounts.bob))
        .to.emit(dataMarket, "Refunded")
        .withArgs(offerId, accounts.bob, PRICE);
      expect(await creditsOf(loaded)).to.deep.equal({ free: 10_000n, reserved: 0n, earned: 0n });
    });

    for (const [forSeller, after] of [
      [true, { free: 8_898n, reserved: 0n, earned: PRICE + BOND }],
      [false, { free: 10_000n, reserved: 0n, earned: 0n }],
    ] as const) {
      it(`with a bond in credits, ruled for the ${forSeller ? "seller" : "holder"}`, async () => {
        const loaded = await load();
        const { dataMarket, accounts } = loaded;
        const { bob, relayer } = accounts;
        const { offerId } = await sold(loaded);
        await deliver(loaded, offerId);
        await dataMarket.connect(bob).dispute(offerId);
        const reserved = PRICE + BOND;
        expect(await creditsOf(loaded)).to.deep.equal({ free: 8_898n, reserved, earned: 0n });
        await dataMarket.connect(relayer).rule(offerId, bob, forSeller);
        expect(await creditsOf(loaded)).to.deep.equal(after);
        expect(await claimsOf(loaded, loaded.credits)).to.deep.equal({});
      });
    }

    it("whose lost bond goes to the payee of the moment", async () => {
      const loaded = await load();
      const { dataMarket, accounts, credits } = loaded;
      const { bob, relayer, stranger } = accounts;
      const { offerId, assetId } = await sold(loaded);
      await deliver(loaded, offerId);
      await dataMarket.connect(bob).dispute(offerId);
      await sellAsset(loaded, assetId, stranger);
      await dataMarket.connect(relayer).rule(offerId, bob, true);
      expect(await credits.earned(stranger)).to.equal(PRICE + BOND);
    });
  });

  it("does not take the suite's other tokens for credits", async () => {
    const loaded = await load();
    const assetId = await publishDataset(loaded);
    const currency = await loaded.token.getAddress();
    await expect(
      list(loaded, assetId, 1n, { sale: { currency, feeBps: 0 } }),
    ).to.be.revertedWithCustomError(loaded.dataOffers, "DataOffersInvalidFee");
  });
});
