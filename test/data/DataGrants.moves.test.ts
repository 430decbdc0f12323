import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf, plain } from "../identity/registry.js";
import { encryptionKey, HOUR, type OfferParts } from "./fixture.js";
import {
  buy,
  claimsOf,
  deliverEpochs,
  encrypted,
  goTo,
  grant,
  grantOf,
  inForce,
  MARKET,
  type Market,
  markets,
  metered,
  move,
  offerDataset,
  offerStream,
  sum,
  use,
  wrap,
} from "./market.js";

const TRANSFERABLE = { transferable: true };

describe("DataGrants: moves", () => {
  const load = markets(async (market) => {
    const { bob, carol } = market.accounts;
    return { stream: await offerStream(market, 100n), bob, carol };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Bob's wrapped grant of a new offer. */
  async function wrapped(market: Market, parts: OfferParts) {
    const { offerId } = await offerDataset(market, 100n, parts);
    await buy(market, market.accounts.bob, offerId);
    return { offerId, tokenId: await wrap(market, market.accounts.bob, offerId) };
  }

  async function refused(loaded: Loaded, offerId: string, tokenId: bigint): Promise<void> {
    const { dataMarket, bob, carol } = loaded;
    await expect(move(loaded, bob, carol, tokenId))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketAlreadyHeld")
      .withArgs(offerId, carol);
  }

  describe("of a one-off", () => {
    it("take it from one and give it to the other", async () => {
      const loaded = await load();
      const { dataMarket, dataGrants, bob, carol } = loaded;
      const { offerId, tokenId } = await wrapped(loaded, { terms: TRANSFERABLE });
      expect(await eventsOf(dataMarket, move(loaded, bob, carol, tokenId))).to.deep.equal([
        ["unknown", await dataGrants.getAddress()],
        ["GrantMoved", offerId, bob.address, carol.address],
      ]);
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant());
      expect(await grantOf(loaded, offerId, carol)).to.deep.equal(grant({ held: true, tokenId }));
      expect(await dataMarket.canAccess(offerId, bob, 1, 0)).to.equal(false);
      expect(await dataMarket.canAccess(offerId, carol, 1, 0)).to.equal(true);
      await expect(dataMarket.connect(bob).unwrap(offerId)).to.be.revertedWithCustomError(
        dataMarket,
        "DataMarketNotWrappable",
      );
      await dataMarket.connect(carol).unwrap(offerId);
    });

    it("leave the former holder free to buy and wrap again", async () => {
      const loaded = await load();
      const { bob, carol } = loaded;
      const { offerId, tokenId } = await wrapped(loaded, { terms: TRANSFERABLE });
      await move(loaded, bob, carol, tokenId);
      await buy(loaded, bob, offerId);
      expect(await wrap(loaded, bob, offerId)).to.equal(tokenId + 1n);
      await refused(loaded, offerId, tokenId + 1n);
    });

    it("are refused to who holds the same, wrapped or not, or waits for its key", async () => {
      const loaded = await load();
      const { dataMarket, accounts, helpers, bob, carol } = loaded;
      const { offerId } = await offerDataset(
        loaded,
        100n,
        encrypted(loaded, { terms: TRANSFERABLE }),
      );
      const key = { encryptionKey: encryptionKey() };
      await buy(loaded, bob, offerId, key);
      await dataMarket.connect(accounts.alice).deliver(offerId, bob, "0x01");
      await helpers.time.increase(25 * HOUR);
      await dataMarket.closeDelivery(offerId, bob);
      const tokenId = await wrap(loaded, bob, offerId);
      await buy(loaded, carol, offerId, key);
      await refused(loaded, offerId, tokenId); // pending
      await dataMarket.connect(accounts.alice).deliver(offerId, carol, "0x01");
      await refused(loaded, offerId, tokenId); // delivered
      await dataMarket.connect(carol).dispute(offerId, { value: 10n });
      await refused(loaded, offerId, tokenId); // disputed
      await dataMarket.connect(accounts.relayer).rule(offerId, carol, true);
      await refused(loaded, offerId, tokenId); // held
      await wrap(loaded, carol, offerId);
      await refused(loaded, offerId, tokenId); // wrapped
    });

    it("do not reach encrypted content's refund", async () => {
      const loaded = await load();
      const { dataMarket, accounts, bob, carol, helpers } = loaded;
      const parts = encrypted(loaded, { terms: TRANSFERABLE });
      const { offerId } = await offerDataset(loaded, 100n, parts);
      await buy(loaded, bob, offerId, { encryptionKey: encryptionKey() });
      await dataMarket.connect(accounts.alice).deliver(offerId, bob, "0x01");
      await helpers.time.increase(25 * HOUR);
      await dataMarket.closeDelivery(offerId, bob);
      await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
      for (const account of [bob, carol]) {
        await expect(dataMarket.closeDelivery(offerId, account)).to.be.revertedWithCustomError(
          dataMarket,
          "DataMarketWrongDelivery",
        );
      }
      expect(await inForce(dataMarket, offerId, carol)).to.equal(true);
    });
  });

  describe("of quota", () => {
    it("move what is left, beside what the other ever had and used", async () => {
      const loaded = await load();
      const { dataMarket, bob, carol } = loaded;
      const { offerId, tokenId } = await wrapped(loaded, metered(10, TRANSFERABLE));
      await use(loaded, bob, offerId, 4);
      await buy(loaded, carol, offerId);
      await use(loaded, carol, offerId, 9);
      await refused(loaded, offerId, tokenId); // one is left to her
      await use(loaded, carol, offerId, 10);
      await move(loaded, bob, carol, tokenId);
      const { quota, used } = await dataMarket.grantOf(offerId, carol);
      expect(quota - used).to.equal(6n);
      expect(await inForce(dataMarket, offerId, bob)).to.equal(false);
      await use(loaded, carol, offerId, 16);
      await expect(use(loaded, carol, offerId, 17))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUsage")
        .withArgs(17, 16, 16);
    });

    it("move a token whose quota is used up, with nothing", async () => {
      const loaded = await load();
      const { dataMarket, dataGrants, bob, carol } = loaded;
      const { offerId, tokenId } = await wrapped(loaded, metered(10, TRANSFERABLE));
      await use(loaded, bob, offerId, 10);
      await move(loaded, bob, carol, tokenId);
      expect(await dataGrants.ownerOf(tokenId)).to.equal(carol.address);
      const none = { quota: 0n, used: 0n, tokenId };
      expect(await grantOf(loaded, offerId, carol)).to.deep.include(none);
      expect(await inForce(dataMarket, offerId, carol)).to.equal(false);
      await buy(loaded, carol, offerId);
      expect(await inForce(dataMarket, offerId, carol)).to.equal(true);
    });
  });

  describe("of a subscription", () => {
    it("move its epochs, and leave what was missed before to the former holder", async () => {
      const loaded = await load();
      const { dataMarket, stream, bob, carol } = loaded;
      const { offerId } = stream;
      await buy(loaded, bob, offerId, { units: 6 });
      const tokenId = await wrap(loaded, bob, offerId);
      await deliverEpochs(loaded, stream, 1);
      await goTo(loaded, stream, 3, 2 * HOUR); // 0 and 2 were missed
      await expect(move(loaded, bob, carol, tokenId))
        .to.emit(dataMarket, "Refunded")
        .withArgs(offerId, bob, 200);
      expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant());
      expect(await grantOf(loaded, offerId, carol)).to.deep.equal(
        grant({ end: 6n, refundTo: 3n, tokenId }),
      );
      await deliverEpochs(loaded, stream, 4);
      await goTo(loaded, stream, 9);
      await dataMarket.refund(offerId, bob);
      await dataMarket.refund(offerId, carol); // 3 and 5
      await dataMarket.settle(offerId, 100);
      const claims = await claimsOf(loaded, NATIVE);
      expect(claims).to.deep.equal({ bob: 200n, carol: 200n, alice: 196n, treasury: 4n });
      expect(sum(claims)).to.equal(600n);
    });

    it("give what was due to the other before, and then replace it", async () => {
      const loaded = await load();
      const { dataMarket, stream, bob, carol } = loaded;
      const { offerId } = stream;
      await buy(loaded, carol, offerId, { units: 2 });
      await goTo(loaded, stream, 3); // hers has lapsed, and both epochs were missed
      await buy(loaded, bob, offerId, { units: 4 });
      await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ carol: 200n });
      expect(await grantOf(loaded, offerId, carol)).to.deep.equal(
        grant({ start: 3n, end: 7n, refundTo: 3n, tokenId: 1n }),
      );
      expect(await dataMarket.canAccess(offerId, carol, 1, 0)).to.equal(false);
      expect(await dataMarket.canAccess(offerId, carol, 1, 6)).to.equal(true);
    });

    it("are refused to who is subscribed, until his access is over", async () => {
      const loaded = await load();
      const { stream, bob, carol } = loaded;
      const { offerId } = stream;
      await buy(loaded, bob, offerId, { units: 9 });
      await buy(loaded, carol, offerId, { units: 2 });
      const tokenId = await wrap(loaded, bob, offerId);
      await goTo(loaded, stream, 3, -2);
      await refused(loaded, offerId, tokenId);
      await goTo(loaded, stream, 3, 0);
      await move(loaded, bob, carol, tokenId);
    });

    it("move one that lapsed too, with what was due before it", async () => {
      const loaded = await load();
      const { dataMarket, stream, bob, carol } = loaded;
      const { offerId } = stream;
      await buy(loaded, bob, offerId, { units: 2 });
      const tokenId = await wrap(loaded, bob, offerId);
      await goTo(loaded, stream, 30);
      await move(loaded, bob, carol, tokenId);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ bob: 200n });
      expect(await inForce(dataMarket, offerId, carol)).to.equal(false);
      expect(await dataMarket.refundable(offerId, carol)).to.equal(0n);
      await buy(loaded, carol, offerId);
      expect(await grantOf(loaded, offerId, carol)).to.deep.equal(
        grant({ start: 30n, end: 31n, refundTo: 30n, tokenId }),
      );
    });

    it("are refused to the holder of a token that lapsed, until he unwraps it", async () => {
      const loaded = await load();
      const { dataMarket, stream, bob, carol } = loaded;
      const { offerId } = stream;
      await buy(loaded, carol, offerId, { units: 2 });
      await wrap(loaded, carol, offerId);
      await goTo(loaded, stream, 5);
      await buy(loaded, bob, offerId, { units: 2 });
      const tokenId = await wrap(loaded, bob, offerId);
      await refused(loaded, offerId, tokenId);
      await dataMarket.connect(carol).unwrap(offerId);
      await move(loaded, bob, carol, tokenId);
    });

    it("do not change what the seller earns", async () => {
      const loaded = await load();
      const { dataMarket, stream, bob, carol } = loaded;
      const { offerId } = stream;
      await buy(loaded, bob, offerId, { units: 4 });
      const tokenId = await wrap(loaded, bob, offerId);
      await deliverEpochs(loaded, stream, 0);
      await move(loaded, bob, carol, tokenId);
      await deliverEpochs(loaded, stream, 1);
      await buy(loaded, bob, offerId, { units: 2 }); // 2 and 3, beside Carol's
      await deliverEpochs(loaded, stream, 2, 3);
      await dataMarket.settle(offerId, 100);
      expect(plain(await dataMarket.ledgerOf(offerId))).to.deep.include({ active: 2n });
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 588n, treasury: 12n });
    });

    it("let the new holder cancel, and not the former one", async () => {
      const loaded = await load();
      const { dataMarket, stream, bob, carol } = loaded;
      const { offerId } = stream;
      await buy(loaded, bob, offerId, { units: 4 });
      await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
      await expect(dataMarket.connect(bob).cancel(offerId, bob))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketNotCancellable")
        .withArgs(offerId, bob);
      await dataMarket.connect(carol).cancel(offerId, carol);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ carol: 300n });
    });
  });

  it("ask the gate about the new holder, and nobody about the old", async () => {
    const loaded = await load();
    const { bob, carol, connection } = loaded;
    const gate = await connection.ethers.deployContract("MockGate");
    await gate.admit(bob, true);
    const sale = { gate: await gate.getAddress() };
    const { offerId, tokenId } = await wrapped(loaded, { terms: TRANSFERABLE, sale });
    await expect(move(loaded, bob, carol, tokenId))
      .to.be.revertedWithCustomError(MARKET, "DataMarketGateClosed")
      .withArgs(gate, carol);
    await gate.admit(carol, true);
    await gate.admit(bob, false);
    await move(loaded, bob, carol, tokenId);
    expect(await inForce(loaded.dataMarket, offerId, carol)).to.equal(true);
  });
});
