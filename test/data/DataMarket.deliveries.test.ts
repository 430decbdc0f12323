import { expect } from "chai";
import { ZeroAddress, ZeroHash } from "ethers";

import { DeliveryStatus, purchaseOf } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf, plain } from "../identity/registry.js";
import { DAY, encryptionKey, HOUR, list, sealedKey } from "./fixture.js";
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
  MAX_UINT48,
  offerDataset,
  sellAsset,
} from "./market.js";

const PRICE = 1_001n;
const BOND = 101n; // 10 %, rounded up
const KEY = encryptionKey();
const RULING_TIME = 14 * DAY;

describe("DataMarket: sealed keys", () => {
  /** Bob has paid for encrypted content of Alice; the relayer is the arbiter. */
  const load = markets(async (market: Market) => {
    const sold = await offerDataset(market, PRICE, encrypted(market));
    const { dataMarket, accounts } = market;
    await buy(market, accounts.bob, sold.offerId, { encryptionKey: KEY });
    return {
      ...sold,
      asAlice: dataMarket.connect(accounts.alice),
      asBob: dataMarket.connect(accounts.bob),
      asArbiter: dataMarket.connect(accounts.relayer),
      asStranger: dataMarket.connect(accounts.stranger),
      boughtAt: await market.helpers.time.latest(),
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  const deliver = ({ asAlice, offerId, accounts }: Loaded) =>
    asAlice.deliver(offerId, accounts.bob, sealedKey());
  const dispute = ({ asBob, offerId }: Loaded, value = BOND) => asBob.dispute(offerId, { value });
  const latest = ({ helpers }: Loaded) => helpers.time.latest();
  const statusOf = async ({ dataMarket, offerId, accounts }: Loaded) =>
    plain(await dataMarket.deliveryOf(offerId, accounts.bob));
  const opens = ({ dataMarket, offerId, accounts }: Loaded) =>
    dataMarket.canAccess(offerId, accounts.bob, 1, 0);

  /** Every move that the status does not allow is refused with it. */
  async function refused(loaded: Loaded, status: number, deadline: number, ...moves: string[]) {
    const { asAlice, asBob, asArbiter, asStranger, offerId, accounts } = loaded;
    const attempts: Record<string, () => Promise<unknown>> = {
      deliver: () => asAlice.deliver(offerId, accounts.bob, "0x01"),
      dispute: () => asBob.dispute(offerId, { value: BOND }),
      rule: () => asArbiter.rule(offerId, accounts.bob, true),
      closeDelivery: () => asStranger.closeDelivery(offerId, accounts.bob),
    };
    for (const move of moves) {
      const attempt = attempts[move];
      if (attempt === undefined) throw new Error(`no such move: ${move}`);
      await expect(attempt(), move)
        .to.be.revertedWithCustomError(asAlice, "DataMarketWrongDelivery")
        .withArgs(status, deadline);
    }
  }

  describe("bought", () => {
    it("wait for delivery: the grant is there, and opens nothing; the price is nobody's", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts, boughtAt } = loaded;
      const expected = { referrer: ZeroAddress, deadline: BigInt(boughtAt + HOUR), status: 1n };
      expect(await statusOf(loaded)).to.deep.equal(expected);
      expect(await grantOf(loaded, offerId, accounts.bob)).to.deep.equal(grant({ held: true }));
      expect(await opens(loaded)).to.equal(false);
      expect(await inForce(dataMarket, offerId, accounts.bob)).to.equal(false);
      expect(await accessUntil(dataMarket, offerId, accounts.bob)).to.equal(0n);
      expect(await dataMarket.refundable(offerId, accounts.bob)).to.equal(0n);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
      expect(await coinOf(loaded)).to.equal(PRICE);
    });

    it("are bought once while they wait, are delivered, or disputed", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts } = loaded;
      const again = async () => {
        await expect(buy(loaded, accounts.bob, offerId, { encryptionKey: KEY }))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketAlreadyHeld")
          .withArgs(offerId, accounts.bob);
      };
      await again();
      await deliver(loaded);
      await again();
      await dispute(loaded);
      await again();
    });

    it("name the key in the event, to which the content's is sealed", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts } = loaded;
      const { carol } = accounts;
      await expect(buy(loaded, carol, offerId, { encryptionKey: encryptionKey(7) }))
        .to.emit(dataMarket, "GrantBought")
        .withArgs(offerId, carol, carol, 1, PRICE, encryptionKey(7));
    });

    it("need a key of the payer, or the one that the recipient has set", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts } = loaded;
      const { carol, maker } = accounts;
      const gift = { recipient: maker.address };
      const refusal = async (rest: object, key: string) => {
        const purchase = { ...rest, encryptionKey: key };
        await expect(buy(loaded, carol, offerId, purchase))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketInvalidEncryptionKey")
          .withArgs(key);
        const full = purchaseOf(offerId, carol.address, purchase);
        await expect(dataMarket.previewBuy(full, carol)).to.be.revertedWithCustomError(
          dataMarket,
          "DataMarketInvalidEncryptionKey",
        );
      };
      await refusal({}, ZeroHash);
      await refusal(gift, ZeroHash); // he has set none, which is no key either
      await refusal(gift, encryptionKey(7));
      await expect(dataMarket.connect(maker).setEncryptionKey(encryptionKey(8)))
        .to.emit(dataMarket, "EncryptionKeySet")
        .withArgs(maker, encryptionKey(8));
      expect(await dataMarket.encryptionKeyOf(maker)).to.equal(encryptionKey(8));
      await refusal(gift, encryptionKey(7));
      await buy(loaded, carol, offerId, { ...gift, encryptionKey: encryptionKey(8) });
      await dataMarket.connect(carol).setEncryptionKey(encryptionKey(9));
      await buy(loaded, carol, offerId, { encryptionKey: encryptionKey(10) }); // one's own: any
      await dataMarket.connect(maker).setEncryptionKey(ZeroHash);
      expect(await dataMarket.encryptionKeyOf(maker)).to.equal(ZeroHash);
    });
  });

  describe("delivered", () => {
    it("by the owner open the content, and the challenge window", async () => {
      const loaded = await load();
      const { asAlice, offerId, accounts, dataMarket } = loaded;
      const key = sealedKey();
      const delivering = asAlice.deliver(offerId, accounts.bob, key);
      expect(await eventsOf(asAlice, delivering)).to.deep.equal([
        ["KeyDelivered", offerId, accounts.bob.address, key],
      ]);
      const deadline = BigInt((await latest(loaded)) + DAY);
      const expected = { referrer: ZeroAddress, deadline, status: 2n };
      expect(await statusOf(loaded)).to.deep.equal(expected);
      expect(await opens(loaded)).to.equal(true);
      expect(await accessUntil(dataMarket, offerId, accounts.bob)).to.equal(MAX_UINT48);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
    });

    it("until the deadline's last second", async () => {
      const loaded = await load();
      const { helpers, boughtAt } = loaded;
      const deadline = boughtAt + HOUR;
      const snapshot = await helpers.takeSnapshot();
      await helpers.time.setNextBlockTimestamp(deadline);
      await deliver(loaded);
      await snapshot.restore();
      await helpers.time.setNextBlockTimestamp(deadline + 1);
      await refused(loaded, DeliveryStatus.Pending, deadline, "deliver");
    });

    it("have some bytes, and are the owner's of the moment to deliver", async () => {
      const loaded = await load();
      const { asAlice, asStranger, dataMarket, offerId, accounts, assetId } = loaded;
      const { alice, bob, stranger } = accounts;
      await expect(asAlice.deliver(offerId, bob, "0x")).to.be.revertedWithCustomError(
        dataMarket,
        "DataMarketEmptyKey",
      );
      await expect(asStranger.deliver(offerId, bob, "0x01"))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketUnauthorized")
        .withArgs(stranger);
      await sellAsset(loaded, assetId, stranger);
      await expect(asAlice.deliver(offerId, bob, "0x01"))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketUnauthorized")
        .withArgs(alice);
      await asStranger.deliver(offerId, bob, "0x01");
      await loaded.helpers.time.increase(DAY + 1);
      await dataMarket.closeDelivery(offerId, bob);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ stranger: 980n, treasury: 21n });
    });

    it("R34 and not disputed are the seller's after the window, to the second", async () => {
      const loaded = await load();
      const { asStranger, offerId, accounts, helpers, dataMarket, assetId } = loaded;
      const { alice, bob } = accounts;
      await deliver(loaded);
      const deadline = (await latest(loaded)) + DAY;
      await helpers.time.increaseTo(deadline - 1);
      await refused(loaded, DeliveryStatus.Delivered, deadline, "closeDelivery");
      await helpers.time.increaseTo(deadline + 1);
      expect(await dataMarket.refundable(offerId, bob)).to.equal(0n);
      const closing = asStranger.closeDelivery(offerId, bob);
      expect(await eventsOf(dataMarket, closing)).to.deep.equal([
        ["DeliveryClosed", offerId, bob.address, true],
        ["PriceRecognised", offerId, alice.address, PRICE, 21n, 0n, 0n],
      ]);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 980n, treasury: 21n });
      expect(await opens(loaded)).to.equal(true);
      const none = { referrer: ZeroAddress, deadline: 0n, status: 0n };
      expect(await statusOf(loaded)).to.deep.equal(none);
      const forEver = 2n ** 48n - 1n;
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([forEver, 0n, 0n]);
    });
  });

  describe("not delivered", () => {
    it("DAT-12 are refunded by anyone after the deadline, to the second", async () => {
      const loaded = await load();
      const { asStranger, dataMarket, offerId, accounts, helpers, boughtAt, assetId } = loaded;
      const { bob } = accounts;
      const deadline = boughtAt + HOUR;
      await helpers.time.increaseTo(deadline - 1);
      await refused(loaded, DeliveryStatus.Pending, deadline, "closeDelivery");
      await helpers.time.increaseTo(deadline);
      expect(await dataMarket.refundable(offerId, bob)).to.equal(0n);
      await helpers.time.increaseTo(deadline + 1);
      expect(await dataMarket.refundable(offerId, bob)).to.equal(PRICE);
      expect(await eventsOf(dataMarket, asStranger.closeDelivery(offerId, bob))).to.deep.equal([
        ["DeliveryClosed", offerId, bob.address, false],
        ["Refunded", offerId, bob.address, PRICE],
      ]);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: PRICE });
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant());
      expect(await opens(loaded)).to.equal(false);
      expect(await dataMarket.refundable(offerId, bob)).to.equal(0n);
      expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([0n, 0n, 0n]);
    });

    it("R21 are refunded once, and may be bought again", async () => {
      const loaded = await load();
      const { asStranger, offerId, accounts, helpers } = loaded;
      await helpers.time.increase(HOUR + 1);
      await asStranger.closeDelivery(offerId, accounts.bob);
      await refused(loaded, DeliveryStatus.None, 0, "closeDelivery", "deliver", "dispute", "rule");
      await buy(loaded, accounts.bob, offerId, { encryptionKey: KEY });
      await deliver(loaded);
      expect(await opens(loaded)).to.equal(true);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: PRICE });
    });

    it("are given back to whom the gift was for", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts, helpers } = loaded;
      const { carol, maker } = accounts;
      await dataMarket.connect(maker).setEncryptionKey(KEY);
      await buy(loaded, carol, offerId, { recipient: maker.address, encryptionKey: KEY });
      await helpers.time.increase(HOUR + 1);
      await dataMarket.closeDelivery(offerId, maker);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ maker: PRICE });
    });
  });

  describe("in each status", () => {
    it("refuse what it does not allow", async () => {
      const loaded = await load();
      const { boughtAt, helpers } = loaded;
      const { Pending, Delivered, Disputed } = DeliveryStatus;
      await refused(loaded, Pending, boughtAt + HOUR, "dispute", "rule", "closeDelivery");
      await deliver(loaded);
      const disputable = (await latest(loaded)) + DAY;
      await refused(loaded, Delivered, disputable, "deliver", "rule", "closeDelivery");
      await dispute(loaded);
      const decidable = (await latest(loaded)) + RULING_TIME;
      await refused(loaded, Disputed, decidable, "deliver", "dispute", "closeDelivery");
      await helpers.time.increaseTo(decidable + 1);
      await refused(loaded, Disputed, decidable, "deliver", "dispute", "rule");
    });

    it("are not there for what is not encrypted, or was not bought", async () => {
      const loaded = await load();
      const { asAlice, asBob, accounts, assetId } = loaded;
      const { offerId } = await list(loaded, assetId, PRICE);
      await buy(loaded, accounts.bob, offerId);
      for (const id of [offerId, `0x${"ab".repeat(32)}`]) {
        for (const attempt of [
          () => asAlice.deliver(id, accounts.bob, "0x01"),
          () => asBob.dispute(id, { value: BOND }),
          () => asBob.rule(id, accounts.bob, true),
          () => asBob.closeDelivery(id, accounts.bob),
        ]) {
          await expect(attempt())
            .to.be.revertedWithCustomError(asAlice, "DataMarketWrongDelivery")
            .withArgs(0, 0);
        }
      }
      expect(await asBob.canAccess(offerId, accounts.bob, 1, 0)).to.equal(true);
    });
  });
});
