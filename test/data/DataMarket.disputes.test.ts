import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { DeliveryStatus } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf, plain } from "../identity/registry.js";
import { DAY, encryptionKey, list, sealedKey } from "./fixture.js";
import {
  accessUntil,
  buy,
  claimsOf,
  coinOf,
  encrypted,
  grant,
  grantOf,
  inForce,
  type Market,
  markets,
  offerDataset,
  sellAsset,
  sum,
} from "./market.js";

const PRICE = 1_001n;
const BOND = 101n; // 10 %, rounded up
const KEY = encryptionKey();
const RULING_TIME = 14 * DAY;

describe("DataMarket: disputes", () => {
  /** Bob has got his key; the relayer is the arbiter. */
  const load = markets(async (market: Market) => {
    const sale = { referrerBps: 1_000 };
    const sold = await offerDataset(market, PRICE, encrypted(market, { sale }));
    const { dataMarket, accounts } = market;
    const { alice, bob, relayer, maker } = accounts;
    const purchase = { encryptionKey: KEY, referrer: maker.address };
    await buy(market, bob, sold.offerId, purchase);
    await dataMarket.connect(alice).deliver(sold.offerId, bob, sealedKey());
    return {
      ...sold,
      asBob: dataMarket.connect(bob),
      asArbiter: dataMarket.connect(relayer),
      deadline: (await market.helpers.time.latest()) + DAY,
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const dispute = ({ asBob, offerId }: Loaded, value = BOND) => asBob.dispute(offerId, { value });

  describe("opened", () => {
    it("by the holder with a bond, close the content and wait for the arbiter", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts, helpers } = loaded;
      const { bob, maker } = accounts;
      expect(await eventsOf(dataMarket, dispute(loaded))).to.deep.equal([
        ["DeliveryDisputed", offerId, bob.address, BOND],
      ]);
      const deadline = BigInt((await helpers.time.latest()) + RULING_TIME);
      const expected = { referrer: maker.address, deadline, status: 3n };
      expect(plain(await dataMarket.deliveryOf(offerId, bob))).to.deep.equal(expected);
      expect(await dataMarket.canAccess(offerId, bob, 1, 0)).to.equal(false);
      expect(await inForce(dataMarket, offerId, bob)).to.equal(false);
      expect(await accessUntil(dataMarket, offerId, bob)).to.equal(0n);
      expect(await coinOf(loaded)).to.equal(PRICE + BOND);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
    });

    it("only by the holder", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts } = loaded;
      for (const account of [accounts.alice, accounts.stranger, accounts.relayer]) {
        await expect(dataMarket.connect(account).dispute(offerId, { value: BOND }))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketWrongDelivery")
          .withArgs(0, 0);
      }
    });

    it("until the window's last second", async () => {
      const loaded = await load();
      const { helpers, deadline, dataMarket } = loaded;
      const snapshot = await helpers.takeSnapshot();
      await helpers.time.setNextBlockTimestamp(deadline);
      await dispute(loaded);
      await snapshot.restore();
      await helpers.time.setNextBlockTimestamp(deadline + 1);
      await expect(dispute(loaded))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketWrongDelivery")
        .withArgs(DeliveryStatus.Delivered, deadline);
    });

    it("R27 for exactly the bond: less is refused, more comes back", async () => {
      const loaded = await load();
      const { dataMarket, accounts, connection } = loaded;
      for (const value of [0n, BOND - 1n]) {
        await expect(dispute(loaded, value))
          .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
          .withArgs(BOND, value);
      }
      await expect(dispute(loaded, 3n * BOND)).to.changeEtherBalances(
        connection.ethers,
        [accounts.bob, dataMarket],
        [-BOND, BOND],
      );
    });

    for (const [price, bond] of [
      [0n, 0n],
      [1n, 1n],
      [10n, 1n],
      [11n, 2n],
      [1_000n, 100n],
    ] as const) {
      it(`R25 for a bond of ${bond} on a price of ${price}, in tokens`, async () => {
        const loaded = await load();
        const { dataMarket, accounts, assetId, token, connection } = loaded;
        const { alice, bob } = accounts;
        const currency = await token.getAddress();
        const { offerId } = await list(
          loaded,
          assetId,
          price,
          encrypted(loaded, { sale: { currency } }),
        );
        await buy(loaded, bob, offerId, { encryptionKey: KEY });
        await dataMarket.connect(alice).deliver(offerId, bob, "0x01");
        await expect(dataMarket.connect(bob).dispute(offerId, { value: 1n }))
          .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
          .withArgs(0, 1);
        const disputing = dataMarket.connect(bob).dispute(offerId);
        await expect(disputing).to.changeTokenBalances(
          connection.ethers,
          token,
          [bob, dataMarket],
          [-bond, bond],
        );
        await dataMarket.connect(accounts.relayer).rule(offerId, bob, false);
        const credited = price + bond;
        expect(await claimsOf(loaded, token)).to.deep.equal(
          credited === 0n ? {} : { bob: credited },
        );
      });
    }
  });

  describe("ruled", () => {
    it("DAT-08 for the seller, pay the price to its parts and the bond to the payee", async () => {
      const loaded = await load();
      const { dataMarket, asArbiter, offerId, accounts } = loaded;
      const { alice, bob } = accounts;
      await dispute(loaded);
      expect(await eventsOf(dataMarket, asArbiter.rule(offerId, bob, true))).to.deep.equal([
        ["DeliveryClosed", offerId, bob.address, true],
        ["PriceRecognised", offerId, alice.address, PRICE, 21n, 0n, 98n],
      ]);
      // 1,001 - 21 = 980, a tenth of it to the referrer; and the bond.
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
        alice: 882n + BOND,
        maker: 98n,
        treasury: 21n,
      });
      expect(await coinOf(loaded)).to.equal(PRICE + BOND);
      expect(await dataMarket.canAccess(offerId, bob, 1, 0)).to.equal(true);
      const none = { referrer: ZeroAddress, deadline: 0n, status: 0n };
      expect(plain(await dataMarket.deliveryOf(offerId, bob))).to.deep.equal(none);
    });

    it("for the holder, give him the price and the bond, and take the grant", async () => {
      const loaded = await load();
      const { dataMarket, asArbiter, offerId, accounts, assetId } = loaded;
      const { bob } = accounts;
      await dispute(loaded);
      expect(await eventsOf(dataMarket, asArbiter.rule(offerId, bob, false))).to.deep.equal([
        ["DeliveryClosed", offerId, bob.address, false],
        ["Refunded", offerId, bob.address, PRICE + BOND],
      ]);
      const claims = await claimsOf(loaded, NATIVE);
      expect(claims).to.deep.equal({ bob: PRICE + BOND });
      expect(sum(claims)).to.equal(await coinOf(loaded));
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant());
      expect(await dataMarket.canAccess(offerId, bob, 1, 0)).to.equal(false);
      expect((await dataMarket.exclusivityOf(assetId)).open).to.equal(0n);
    });

    it("only by the offer's arbiter", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts } = loaded;
      await dispute(loaded);
      for (const account of [accounts.alice, accounts.bob, accounts.admin, accounts.guardian]) {
        await expect(dataMarket.connect(account).rule(offerId, accounts.bob, true))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketUnauthorized")
          .withArgs(account);
      }
    });

    it("until the last second of 14 days", async () => {
      const loaded = await load();
      const { dataMarket, asArbiter, offerId, accounts, helpers } = loaded;
      await dispute(loaded);
      const deadline = (await helpers.time.latest()) + RULING_TIME;
      const snapshot = await helpers.takeSnapshot();
      await helpers.time.setNextBlockTimestamp(deadline);
      await asArbiter.rule(offerId, accounts.bob, true);
      await snapshot.restore();
      await helpers.time.setNextBlockTimestamp(deadline + 1);
      await expect(asArbiter.rule(offerId, accounts.bob, true))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketWrongDelivery")
        .withArgs(DeliveryStatus.Disputed, deadline);
    });

    it("R21 once", async () => {
      const loaded = await load();
      const { dataMarket, asArbiter, offerId, accounts } = loaded;
      await dispute(loaded);
      await asArbiter.rule(offerId, accounts.bob, false);
      await expect(asArbiter.rule(offerId, accounts.bob, false))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketWrongDelivery")
        .withArgs(0, 0);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: PRICE + BOND });
    });

    it("for the payee of the moment, if the asset was sold meanwhile", async () => {
      const loaded = await load();
      const { asArbiter, offerId, accounts, assetId } = loaded;
      await dispute(loaded);
      await sellAsset(loaded, assetId, accounts.stranger);
      await asArbiter.rule(offerId, accounts.bob, true);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({
        stranger: 882n + BOND,
        maker: 98n,
        treasury: 21n,
      });
    });
  });

  it("DAT-12 left alone by the arbiter, are refunded after 14 days by anyone", async () => {
    const loaded = await load();
    const { dataMarket, offerId, accounts, helpers } = loaded;
    const { bob, stranger } = accounts;
    await dispute(loaded);
    const deadline = (await helpers.time.latest()) + RULING_TIME;
    await helpers.time.increaseTo(deadline);
    expect(await dataMarket.refundable(offerId, bob)).to.equal(0n);
    await helpers.time.increaseTo(deadline + 1);
    expect(await dataMarket.refundable(offerId, bob)).to.equal(PRICE + BOND);
    const closing = dataMarket.connect(stranger).closeDelivery(offerId, bob);
    expect(await eventsOf(dataMarket, closing)).to.deep.equal([
      ["DeliveryClosed", offerId, bob.address, false],
      ["Refunded", offerId, bob.address, PRICE + BOND],
    ]);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: PRICE + BOND });
  });
});
