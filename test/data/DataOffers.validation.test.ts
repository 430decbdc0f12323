import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  offerOf,
  type Sale,
  SaleKind,
  saleOf,
  type Terms,
  termsOf,
} from "../../scripts/lib/data/offers.js";
import { DataMarket__factory, DataOffers__factory } from "../../typechain-types/index.js";
import { DAY, HOUR, publishDataset, publishStream } from "./fixture.js";
import { asAdmin, type Market, markets } from "./market.js";

const FEE = 200n;
const MAX_UINT24 = 2 ** 24 - 1;

describe("DataOffers: what is valid", () => {
  const load = markets(async (market) => {
    const dataset = await publishDataset(market);
    const { assetId: stream } = await publishStream(market);
    const { dataOffers, accounts } = market;
    const asAlice = dataOffers.connect(accounts.alice);
    return {
      dataset,
      stream,
      asAlice,
      listOn: (assetId: bigint, terms: Partial<Terms>, sale: Partial<Sale>) =>
        asAlice.list(offerOf(assetId, termsOf(terms), saleOf(1_000n, FEE, sale)), [], "0x"),
    };
  });

  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Each listed in turn, on a stream, which takes every kind of offer. */
  async function valid(cases: [Partial<Terms>, Partial<Sale>][]): Promise<void> {
    const { listOn, stream, asAlice } = await load();
    for (const [terms, sale] of cases) {
      await expect(listOn(stream, terms, sale)).to.emit(asAlice, "OfferListed");
    }
  }

  async function invalid(
    loaded: Loaded,
    cases: [Partial<Terms>, Partial<Sale>, string, unknown[]][],
  ): Promise<void> {
    for (const [terms, sale, error, values] of cases) {
      await expect(loaded.listOn(loaded.stream, terms, sale))
        .to.be.revertedWithCustomError(loaded.asAlice, error)
        .withArgs(...values);
    }
  }

  const subscription = (period = 1): Partial<Sale> => ({ kind: SaleKind.Subscription, period });
  const sealed = (
    { accounts }: Market,
    deliverWithin: number = HOUR,
    challengeWindow: number = DAY,
  ) => ({ arbiter: accounts.carol.address, deliverWithin, challengeWindow });

  it("terms allow some use: any bit of eight", async () => {
    await invalid(await load(), [[{ uses: 0 }, {}, "DataOffersInvalidTerms", [0, false]]]);
    await valid([
      [{ uses: 1 }, {}],
      [{ uses: 128 }, {}],
      [{ uses: 255 }, {}],
    ]);
  });

  it("only subscriptions without a limit can be cancelled", async () => {
    const { Metered } = SaleKind;
    await invalid(await load(), [
      [{ cancellable: true }, {}, "DataOffersInvalidTerms", [1, true]],
      [{ cancellable: true }, { kind: Metered, quota: 1 }, "DataOffersInvalidTerms", [1, true]],
      [{ uses: 0, cancellable: true }, subscription(), "DataOffersInvalidTerms", [0, true]],
      // Or whoever buys and cancels uses the units up for nothing.
      [
        { cancellable: true },
        { ...subscription(), maxUnits: 9 },
        "DataOffersInvalidTerms",
        [1, true],
      ],
    ]);
    await valid([
      [{ cancellable: true }, subscription()],
      [{}, { ...subscription(), maxUnits: 9 }],
    ]);
  });

  it("shares are whole at most, and referrers get one of one-offs alone", async () => {
    await invalid(await load(), [
      [{ derivativeBps: 10_001 }, {}, "DataOffersInvalidShare", [10_001]],
      [{ derivativeBps: 65_535 }, {}, "DataOffersInvalidShare", [65_535]],
      [{}, { referrerBps: 10_001 }, "DataOffersInvalidShare", [10_001]],
      [{}, { ...subscription(), referrerBps: 1 }, "DataOffersInvalidShare", [1]],
      [{}, { kind: SaleKind.Metered, quota: 1, referrerBps: 1 }, "DataOffersInvalidShare", [1]],
    ]);
    await valid([[{ derivativeBps: 10_000 }, { referrerBps: 10_000 }]]);
  });

  it("referrers get nothing of what has a fixed payee", async () => {
    const loaded = await load();
    const { deviceRegistry, accounts, station, listOn, asAlice } = loaded;
    await deviceRegistry.connect(accounts.alice).setRevenuePayee(station.deviceId, accounts.carol);
    const fixed = await publishDataset(loaded);
    await expect(listOn(fixed, {}, { referrerBps: 1 }))
      .to.be.revertedWithCustomError(asAlice, "DataOffersInvalidShare")
      .withArgs(1);
    await expect(listOn(fixed, {}, {})).to.emit(asAlice, "OfferListed");
  });

  it("subscriptions have a period of 1 to 1,024 epochs, other offers none", async () => {
    await invalid(await load(), [
      [{}, subscription(0), "DataOffersInvalidPeriod", [0]],
      [{}, subscription(1_025), "DataOffersInvalidPeriod", [1_025]],
      [{}, { period: 1 }, "DataOffersInvalidPeriod", [1]],
      [{}, { kind: SaleKind.Metered, quota: 1, period: 1 }, "DataOffersInvalidPeriod", [1]],
    ]);
    await valid([
      [{}, subscription(1)],
      [{}, subscription(1_024)],
    ]);
  });

  it("metered offers have a quota, other offers none", async () => {
    await invalid(await load(), [
      [{}, { kind: SaleKind.Metered, quota: 0 }, "DataOffersInvalidQuota", [0]],
      [{}, { quota: 1 }, "DataOffersInvalidQuota", [1]],
      [{}, { ...subscription(), quota: 7 }, "DataOffersInvalidQuota", [7]],
    ]);
    await valid([
      [{}, { kind: SaleKind.Metered, quota: 1 }],
      [{}, { kind: SaleKind.Metered, quota: 2n ** 48n - 1n }],
    ]);
  });

  it("sealed keys have an arbiter, 1 hour to 30 days, and 1 to 14 days", async () => {
    const loaded = await load();
    const arbiter = loaded.accounts.carol.address;
    const error = "DataOffersInvalidDelivery";
    const within = (
      deliverWithin: number,
      challengeWindow: number,
    ): Parameters<typeof invalid>[1] => [
      [
        {},
        sealed(loaded, deliverWithin, challengeWindow),
        error,
        [arbiter, deliverWithin, challengeWindow],
      ],
    ];
    await invalid(loaded, [
      ...within(HOUR - 1, DAY),
      ...within(1, DAY),
      ...within(30 * DAY + 1, DAY),
      ...within(MAX_UINT24, DAY),
      ...within(HOUR, DAY - 1),
      ...within(HOUR, 0),
      ...within(HOUR, 14 * DAY + 1),
      ...within(HOUR, MAX_UINT24),
      ...within(0, DAY),
      ...within(0, 0),
      [{}, { deliverWithin: HOUR, challengeWindow: DAY }, error, [ZeroAddress, HOUR, DAY]],
      [{}, { challengeWindow: DAY }, error, [ZeroAddress, 0, DAY]],
    ]);
    await valid([
      [{}, sealed(loaded)],
      [{}, sealed(loaded, 30 * DAY, 14 * DAY)],
    ]);
  });

  it("sealed keys are for one-off offers only", async () => {
    const loaded = await load();
    const values = [loaded.accounts.carol.address, HOUR, DAY];
    const keys = sealed(loaded);
    await invalid(loaded, [
      [{}, { ...subscription(), ...keys }, "DataOffersInvalidDelivery", values],
      [{}, { ...keys, kind: SaleKind.Metered, quota: 1 }, "DataOffersInvalidDelivery", values],
    ]);
  });

  it("only streams have subscriptions; every other kind sells datasets and streams", async () => {
    const { listOn, dataset, stream, asAlice } = await load();
    await expect(listOn(dataset, {}, subscription()))
      .to.be.revertedWithCustomError(asAlice, "DataOffersNotAStream")
      .withArgs(dataset);
    for (const assetId of [dataset, stream]) {
      await listOn(assetId, {}, {});
      await listOn(assetId, {}, { kind: SaleKind.Metered, quota: 1 });
    }
  });

  it("refuses a kind that there is not", async () => {
    const { listOn, dataset, connection } = await load();
    await expect(listOn(dataset, {}, { kind: 3 })).to.revert(connection.ethers);
  });

  it("originals have no parents to license", async () => {
    const { asAlice, dataset } = await load();
    const offer = offerOf(dataset, termsOf(), saleOf(1n, FEE));
    await expect(asAlice.list(offer, [`0x${"00".repeat(32)}`], "0x"))
      .to.be.revertedWithCustomError(asAlice, "DataOffersParentsMismatch")
      .withArgs(1, 0);
  });

  describe("the fee", () => {
    it("of an offer is the one in force, no less and no more", async () => {
      const loaded = await load();
      await invalid(loaded, [
        [{}, { feeBps: 199 }, "DataOffersInvalidFee", [199, 200]],
        [{}, { feeBps: 201 }, "DataOffersInvalidFee", [201, 200]],
        [{}, { feeBps: 0 }, "DataOffersInvalidFee", [0, 200]],
      ]);
    });

    it("is changed by ADMIN for offers to come, to 500 bps at most", async () => {
      const loaded = await load();
      const { dataOffers, listOn, dataset } = loaded;
      await listOn(dataset, {}, {});
      await expect(asAdmin(loaded, dataOffers, "setFee", 500))
        .to.emit(dataOffers, "FeeSet")
        .withArgs(500);
      expect(await dataOffers.fee()).to.equal(500);
      await invalid(loaded, [[{}, {}, "DataOffersInvalidFee", [200, 500]]]);
      await valid500(loaded);
      await expect(asAdmin(loaded, dataOffers, "setFee", 501))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidShare")
        .withArgs(501);
      await asAdmin(loaded, dataOffers, "setFee", 0);
      expect(await dataOffers.fee()).to.equal(0);
    });

    it("is nobody else's to change", async () => {
      const { dataOffers, accounts } = await load();
      for (const account of [accounts.deployer, accounts.guardian, accounts.alice]) {
        await expect(dataOffers.connect(account).setFee(0))
          .to.be.revertedWithCustomError(dataOffers, "AccessManagedUnauthorized")
          .withArgs(account);
      }
    });

    const valid500 = async ({ listOn, dataset, asAlice }: Loaded) => {
      await expect(listOn(dataset, {}, { feeBps: 500 })).to.emit(asAlice, "OfferListed");
    };
  });

  describe("its parts", () => {
    it("are contracts, and the first fee is 500 bps at most", async () => {
      const { dataAssets, accessManager, accounts, dataOffers } = await load();
      const { deployer, bob } = accounts;
      const factory = new DataOffers__factory(deployer);
      for (const [assets, credits, missing] of [
        [bob, ZeroAddress, bob],
        [dataAssets, bob, bob],
      ] as const) {
        await expect(factory.deploy(accessManager, assets, credits, 0))
          .to.be.revertedWithCustomError(dataOffers, "DataOffersNoCode")
          .withArgs(missing);
      }
      await expect(factory.deploy(accessManager, dataAssets, ZeroAddress, 501))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersInvalidShare")
        .withArgs(501);
      const offers = await factory.deploy(accessManager, dataAssets, dataAssets, 500);
      await expect(offers.deploymentTransaction()).to.emit(offers, "FeeSet").withArgs(500);
      expect(await offers.credits()).to.equal(await dataAssets.getAddress());
    });

    it("R05 are bound to a market once, by the deployer alone", async () => {
      const { dataAssets, accessManager, accounts, dataOffers, dataMarket } = await load();
      const { deployer, bob, treasury } = accounts;
      const offers = await new DataOffers__factory(deployer).deploy(
        accessManager,
        dataAssets,
        ZeroAddress,
        0,
      );
      const market = await new DataMarket__factory(deployer).deploy(
        accessManager,
        offers,
        treasury,
      );
      await expect(offers.connect(bob).bind(market))
        .to.be.revertedWithCustomError(offers, "DataOffersUnauthorized")
        .withArgs(bob);
      await expect(offers.bind(bob))
        .to.be.revertedWithCustomError(offers, "DataOffersNoCode")
        .withArgs(bob);
      await expect(offers.bind(dataMarket))
        .to.be.revertedWithCustomError(offers, "DataOffersForeignMarket")
        .withArgs(dataMarket);
      await offers.bind(market);
      expect(await offers.market()).to.equal(await market.getAddress());
      await expect(offers.bind(market))
        .to.be.revertedWithCustomError(offers, "DataOffersBound")
        .withArgs(market);
      await expect(dataOffers.connect(deployer).bind(market))
        .to.be.revertedWithCustomError(dataOffers, "DataOffersBound")
        .withArgs(dataMarket);
    });
  });
});
