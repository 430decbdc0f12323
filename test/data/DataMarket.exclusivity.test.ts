import { expect } from "chai";

import { SaleKind } from "../../scripts/lib/data/offers.js";
import { DAY, encryptionKey, HOUR, list, now, type OfferParts, publishStream } from "./fixture.js";
import {
  buy,
  encrypted,
  goTo,
  inForce,
  type Market,
  markets,
  MAX_UINT48,
  move,
  nextAt,
  use,
  wrap,
} from "./market.js";

const FOR_EVER = MAX_UINT48;

describe("DataMarket: exclusivity", () => {
  const load = markets(async (market) => publishStream(market));
  type Loaded = Awaited<ReturnType<typeof load>>;

  type Kind = "one-off" | "metered" | "subscription" | "encrypted";
  const parts = (market: Market, kind: Kind, exclusive: boolean): OfferParts => {
    const terms = { exclusive, transferable: true, cancellable: kind === "subscription" };
    if (kind === "encrypted") return encrypted(market, { terms });
    if (kind === "metered") return { terms, sale: { kind: SaleKind.Metered, quota: 10 } };
    if (kind === "subscription") return { terms, sale: { kind: SaleKind.Subscription, period: 1 } };
    return { terms };
  };

  /** An offer on the stream; each price makes another one. */
  const offer = async (loaded: Loaded, kind: Kind, exclusive: boolean, price = 100n) =>
    (await list(loaded, loaded.assetId, price, parts(loaded, kind, exclusive))).offerId;

  const purchase = (kind: Kind, units = 1) =>
    kind === "encrypted" ? { encryptionKey: encryptionKey() } : { units };

  /** The second an exclusive, or any, subscription of so many epochs from epoch 0 is over for certain. */
  const closedAt = ({ start }: Loaded, end: number) => BigInt(start + (end + 1) * DAY);

  const kinds: Kind[] = ["one-off", "metered", "subscription", "encrypted"];

  for (const first of kinds) {
    for (const second of kinds) {
      it(`DAT-07 an exclusive ${first} grant rules out any ${second} one, to others and to its holder`, async () => {
        const loaded = await load();
        const { dataMarket, accounts, assetId } = loaded;
        const { bob, carol } = accounts;
        const units = first === "subscription" ? 3 : 1;
        await buy(loaded, bob, await offer(loaded, first, true), purchase(first, units));
        const until = first === "subscription" ? closedAt(loaded, 3) : FOR_EVER;
        for (const exclusive of [true, false]) {
          const offerId = await offer(loaded, second, exclusive, 200n);
          for (const buyer of [bob, carol]) {
            await expect(buy(loaded, buyer, offerId, purchase(second)))
              .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
              .withArgs(assetId, until);
          }
        }
      });

      it(`DAT-07 a ${first} grant rules out an exclusive ${second} one, and no other`, async () => {
        const loaded = await load();
        const { dataMarket, accounts, assetId } = loaded;
        const { bob, carol } = accounts;
        const units = first === "subscription" ? 3 : 1;
        await buy(loaded, bob, await offer(loaded, first, false), purchase(first, units));
        const until = first === "subscription" ? closedAt(loaded, 3) : FOR_EVER;
        const offerId = await offer(loaded, second, true, 200n);
        for (const buyer of [bob, carol]) {
          await expect(buy(loaded, buyer, offerId, purchase(second)))
            .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
            .withArgs(assetId, until);
        }
        await buy(loaded, carol, await offer(loaded, second, false, 300n), purchase(second));
      });
    }
  }

  it("leaves other assets alone", async () => {
    const loaded = await load();
    const { bob, carol } = loaded.accounts;
    await buy(loaded, bob, await offer(loaded, "one-off", true));
    const other = await publishStream(loaded);
    const { offerId } = await list(loaded, other.assetId, 1n, parts(loaded, "metered", true));
    await buy(loaded, carol, offerId);
  });

  describe("of a subscription", () => {
    it("ends with its access, to the second", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const exclusive = await offer(loaded, "subscription", true);
      await buy(loaded, bob, exclusive, { units: 2 });
      const until = closedAt(loaded, 2);
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([until, until, 0n]);
      const others = [
        await offer(loaded, "subscription", false),
        await offer(loaded, "metered", true),
        exclusive,
      ];
      const { helpers } = loaded;
      for (const offerId of others) {
        const snapshot = await helpers.takeSnapshot();
        await goTo(loaded, loaded, 3, -2);
        expect(await inForce(dataMarket, exclusive, bob)).to.equal(true);
        await expect(buy(loaded, carol, offerId))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
          .withArgs(assetId, until);
        await nextAt(loaded, loaded, 3);
        await buy(loaded, carol, offerId);
        expect(await inForce(dataMarket, exclusive, bob)).to.equal(false);
        await snapshot.restore();
      }
    });

    it("goes on when its holder extends it, also in the epoch after its last", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const offerId = await offer(loaded, "subscription", true);
      await buy(loaded, bob, offerId, { units: 2 });
      await buy(loaded, bob, offerId, { units: 1 });
      await goTo(loaded, loaded, 3, DAY - 100);
      await buy(loaded, carol, offerId, { units: 1, recipient: bob.address });
      const until = closedAt(loaded, 4);
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([until, until, 0n]);
      await goTo(loaded, loaded, 5, -2);
      await expect(buy(loaded, carol, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, until);
    });

    it("is not its former holder's to extend, once others hold grants", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const offerId = await offer(loaded, "subscription", true);
      await buy(loaded, bob, offerId);
      await goTo(loaded, loaded, 2, 0);
      await buy(loaded, carol, await offer(loaded, "subscription", false), { units: 3 });
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, closedAt(loaded, 5));
    });

    it("ends earlier if it is cancelled", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const offerId = await offer(loaded, "subscription", true);
      await buy(loaded, bob, offerId, { units: 50 });
      await dataMarket.connect(bob).cancel(offerId, bob);
      const until = closedAt(loaded, 1);
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([until, until, 0n]);
      await expect(buy(loaded, carol, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, until);
      await buy(loaded, bob, offerId); // he still holds it
      await goTo(loaded, loaded, 3, 0);
      await buy(loaded, carol, offerId);
    });

    it("ends at once if it is cancelled before the stream begins", async () => {
      const loaded = await load();
      const { dataMarket, accounts } = loaded;
      const { bob, carol } = accounts;
      const firstEpochStart = (await now(loaded)) + DAY;
      const { assetId } = await publishStream(loaded, { firstEpochStart });
      const { offerId } = await list(loaded, assetId, 1n, parts(loaded, "subscription", true));
      await buy(loaded, bob, offerId, { units: 5 });
      const until = BigInt(firstEpochStart + 6 * DAY);
      await expect(buy(loaded, carol, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, until);
      await dataMarket.connect(bob).cancel(offerId, bob);
      await buy(loaded, carol, offerId);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, BigInt(firstEpochStart + 2 * DAY));
    });

    it("waits for the longest of those that were sold, cancelled or not", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const shared = await offer(loaded, "subscription", false);
      await buy(loaded, bob, shared, { units: 5 });
      await buy(loaded, carol, shared, { units: 2 });
      await dataMarket.connect(bob).cancel(shared, bob);
      const exclusive = await offer(loaded, "subscription", true);
      const until = closedAt(loaded, 5);
      await goTo(loaded, loaded, 6, -2);
      await expect(buy(loaded, carol, exclusive))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, until);
      await nextAt(loaded, loaded, 6);
      await buy(loaded, carol, exclusive);
    });

    it("moves with its token, and its former holder buys no other", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const offerId = await offer(loaded, "subscription", true);
      await buy(loaded, bob, offerId, { units: 4 });
      await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, closedAt(loaded, 4));
      await buy(loaded, carol, offerId);
    });
  });

  describe("of quota", () => {
    it("lets its holder buy more, and nobody else until it is used up", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const offerId = await offer(loaded, "metered", true);
      await buy(loaded, bob, offerId);
      await buy(loaded, bob, offerId);
      await use(loaded, bob, offerId, 19);
      await expect(buy(loaded, carol, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, FOR_EVER);
      const held = [0n, FOR_EVER, 1n];
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal(held);
      await use(loaded, bob, offerId, 20);
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([0n, 0n, 0n]);
      await buy(loaded, carol, offerId);
      await expect(buy(loaded, bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, FOR_EVER);
    });

    it("counts each holder's, until it is used up", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { bob, carol } = accounts;
      const offerId = await offer(loaded, "metered", false);
      const open = async () => (await dataMarket.exclusivityOf(assetId)).open;
      for (const buyer of [bob, bob, carol]) await buy(loaded, buyer, offerId);
      expect(await open()).to.equal(2n);
      await use(loaded, bob, offerId, 20);
      expect(await open()).to.equal(1n);
      await buy(loaded, bob, offerId);
      expect(await open()).to.equal(2n);
    });

    for (const used of [0, 4]) {
      it(`DAT-07 moves with its token: its former holder, who used ${used}, buys no more`, async () => {
        const loaded = await load();
        const { dataMarket, accounts, assetId } = loaded;
        const { bob, carol } = accounts;
        const offerId = await offer(loaded, "metered", true);
        await buy(loaded, bob, offerId);
        if (used !== 0) await use(loaded, bob, offerId, used);
        await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
        await expect(buy(loaded, bob, offerId))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
          .withArgs(assetId, FOR_EVER);
        await buy(loaded, carol, offerId); // hers to extend
      });
    }
  });

  describe("of encrypted content", () => {
    for (const exclusive of [true, false]) {
      it(`ends with a refund, where ${exclusive ? "it" : "no grant"} was exclusive`, async () => {
        const loaded = await load();
        const { dataMarket, accounts, helpers, assetId } = loaded;
        const { bob, carol } = accounts;
        const offerId = await offer(loaded, "encrypted", exclusive);
        await buy(loaded, bob, offerId, purchase("encrypted"));
        await helpers.time.increase(HOUR + 1);
        const next = await offer(loaded, "metered", true);
        await expect(buy(loaded, carol, next)).to.be.revertedWithCustomError(
          dataMarket,
          "DataMarketExclusive",
        );
        await dataMarket.closeDelivery(offerId, bob);
        expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([0n, 0n, 0n]);
        await buy(loaded, carol, next);
      });
    }

    it("is not freed by the refund of one of several", async () => {
      const loaded = await load();
      const { dataMarket, accounts, helpers, assetId } = loaded;
      const { alice, bob, carol } = accounts;
      const offerId = await offer(loaded, "encrypted", false);
      await buy(loaded, bob, offerId, purchase("encrypted"));
      await buy(loaded, carol, offerId, purchase("encrypted"));
      await dataMarket.connect(alice).deliver(offerId, carol, "0x01");
      await helpers.time.increase(HOUR + 1);
      await dataMarket.closeDelivery(offerId, bob);
      expect((await dataMarket.exclusivityOf(assetId)).open).to.equal(1n);
      await expect(buy(loaded, bob, await offer(loaded, "metered", true)))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
        .withArgs(assetId, FOR_EVER);
    });
  });

  it("survives the sale of the asset", async () => {
    const loaded = await load();
    const { dataMarket, dataAssets, dataOffers, accounts, assetId } = loaded;
    const { alice, bob, carol } = accounts;
    await buy(loaded, bob, await offer(loaded, "one-off", true));
    await dataAssets.connect(alice).transferFrom(alice, carol, assetId);
    await dataAssets.connect(carol).transferFrom(carol, alice, assetId);
    expect(await dataOffers.fee()).to.equal(200n);
    const rest = { rest: { transfers: 2 } };
    const { offerId } = await list(loaded, assetId, 1n, rest);
    await expect(buy(loaded, carol, offerId))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketExclusive")
      .withArgs(assetId, FOR_EVER);
  });
});
