import { expect } from "chai";

import { type Purchase, purchaseOf } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { startingWithStation } from "../data/assets.js";
import { append, COIN, DAY, list, publishDataset, publishStream } from "../data/fixture.js";
import { eventsOf, nextBlockAt, now } from "../identity/registry.js";

const MAX_PAUSE = 14 * DAY;
const INTERVAL = 60 * DAY;

describe("IntakePause, of the data market", () => {
  const load = startingWithStation(async (data) => {
    const { dataMarket, accounts } = data;
    const assetId = await publishDataset(data);
    const { offer, offerId } = await list(data, assetId, COIN);
    const purchase: Purchase = purchaseOf(offerId, accounts.bob.address);
    return {
      market: dataMarket,
      asGuardian: dataMarket.connect(accounts.guardian),
      assetId,
      offer,
      offerId,
      purchase,
      buy: () => dataMarket.connect(accounts.bob).buy(purchase, { value: COIN }),
    };
  });

  describe("while intake is open", () => {
    it("is so from the start", async () => {
      const { market, buy, offerId, accounts } = await load();
      expect(await market.intakePausedUntil()).to.equal(0n);
      await buy();
      expect((await market.grantOf(offerId, accounts.bob)).held).to.equal(true);
    });

    it("is closed by GUARDIAN until a time, which is said", async () => {
      const data = await load();
      const { market, asGuardian } = data;
      const until = (await now(data)) + 1000;
      expect(await eventsOf(market, asGuardian.pauseIntake(until))).to.deep.equal([
        ["IntakePaused", BigInt(until)],
      ]);
      expect(await market.intakePausedUntil()).to.equal(BigInt(until));
    });

    it("R47 is closed by nobody else, not even ADMIN", async () => {
      const data = await load();
      const { market, accounts } = data;
      const until = (await now(data)) + 1000;
      for (const who of [accounts.admin, accounts.deployer, accounts.makerVerifier, accounts.bob]) {
        await expect(market.connect(who).pauseIntake(until))
          .to.be.revertedWithCustomError(market, "AccessManagedUnauthorized")
          .withArgs(who);
      }
      expect(await market.intakePausedUntil()).to.equal(0n);
    });

    it("may be resumed for nothing", async () => {
      const { market, asGuardian, buy } = await load();
      expect(await eventsOf(market, asGuardian.resumeIntake())).to.deep.equal([["IntakeResumed"]]);
      expect(await market.intakePausedUntil()).to.equal(0n);
      await buy();
    });
  });

  describe("a pause", () => {
    /** The first pause, at `start`. */
    async function paused(length = MAX_PAUSE) {
      const data = await load();
      const start = (await now(data)) + 100;
      await nextBlockAt(data, start);
      await data.asGuardian.pauseIntake(start + length);
      /** Pauses in a block of this second. */
      const pauseAt = async (at: number, until: number) => {
        await nextBlockAt(data, at);
        return data.asGuardian.pauseIntake(until);
      };
      return { ...data, start, pauseAt };
    }

    it("refuses what would come in, to its last second", async () => {
      const data = await paused(1000);
      const { market, buy, start } = data;
      await expect(buy())
        .to.be.revertedWithCustomError(market, "IntakePauseActive")
        .withArgs(start + 1000);
      await nextBlockAt(data, start + 999);
      await expect(buy())
        .to.be.revertedWithCustomError(market, "IntakePauseActive")
        .withArgs(start + 1000);
      await nextBlockAt(data, start + 1000);
      await buy();
    });

    it("refuses it by every way in", async () => {
      const { market, dataOffers, accounts, purchase, offer, start } = await paused();
      const { bob } = accounts;
      const until = start + MAX_PAUSE;
      await expect(dataOffers.connect(bob).listAndBuy(offer, [], "0x", purchase, { value: COIN }))
        .to.be.revertedWithCustomError(market, "IntakePauseActive")
        .withArgs(until);
      await expect(market.connect(bob).buyFor(purchase, bob, { value: COIN }))
        .to.be.revertedWithCustomError(market, "IntakePauseActive")
        .withArgs(until);
    });

    it("R33 is ended by GUARDIAN at any time, and by nobody else", async () => {
      const { market, asGuardian, accounts, buy } = await paused();
      for (const who of [accounts.admin, accounts.deployer, accounts.bob]) {
        await expect(market.connect(who).resumeIntake())
          .to.be.revertedWithCustomError(market, "AccessManagedUnauthorized")
          .withArgs(who);
      }
      expect(await eventsOf(market, asGuardian.resumeIntake())).to.deep.equal([["IntakeResumed"]]);
      expect(await market.intakePausedUntil()).to.equal(0n);
      await buy();
    });

    it("is 14 days long at most, and not a second longer", async () => {
      const data = await load();
      const { market, asGuardian } = data;
      const start = (await now(data)) + 100;
      await nextBlockAt(data, start);
      await expect(asGuardian.pauseIntake(start + MAX_PAUSE + 1))
        .to.be.revertedWithCustomError(market, "IntakePauseTooLong")
        .withArgs(start + MAX_PAUSE + 1, start + MAX_PAUSE);
      await nextBlockAt(data, start + 1);
      await asGuardian.pauseIntake(start + 1 + MAX_PAUSE);
      expect(await market.intakePausedUntil()).to.equal(BigInt(start + 1 + MAX_PAUSE));
    });

    it("ends in the future", async () => {
      const data = await load();
      const { market, asGuardian } = data;
      const start = (await now(data)) + 100;
      for (const [at, until] of [
        [start, 0],
        [start + 1, start],
        [start + 2, start + 2],
      ] as const) {
        await nextBlockAt(data, at);
        await expect(asGuardian.pauseIntake(until))
          .to.be.revertedWithCustomError(market, "IntakePauseTooLong")
          .withArgs(until, at + MAX_PAUSE);
      }
      await nextBlockAt(data, start + 10);
      await asGuardian.pauseIntake(start + 11);
      expect(await market.intakePausedUntil()).to.equal(BigInt(start + 11));
    });

    it("may be cut, ended and begun again, within the 14 days that the first one opened", async () => {
      const { market, asGuardian, start, pauseAt } = await paused(5 * DAY);
      await pauseAt(start + DAY, start + 2 * DAY);
      expect(await market.intakePausedUntil()).to.equal(BigInt(start + 2 * DAY));
      await asGuardian.resumeIntake();
      await pauseAt(start + 3 * DAY, start + 10 * DAY);
      await pauseAt(start + 13 * DAY, start + MAX_PAUSE);
      expect(await market.intakePausedUntil()).to.equal(BigInt(start + MAX_PAUSE));
      await expect(pauseAt(start + 13 * DAY + 1, start + MAX_PAUSE + 1))
        .to.be.revertedWithCustomError(market, "IntakePauseTooLong")
        .withArgs(start + MAX_PAUSE + 1, start + MAX_PAUSE);
    });

    it("is not begun again between those 14 days and the 60th, although it was short", async () => {
      const { market, asGuardian, start, pauseAt } = await paused(1);
      await asGuardian.resumeIntake();
      for (const at of [start + MAX_PAUSE, start + 30 * DAY, start + INTERVAL - 1]) {
        await expect(pauseAt(at, at + 1))
          .to.be.revertedWithCustomError(market, "IntakePauseTooLong")
          .withArgs(at + 1, start + MAX_PAUSE);
      }
    });

    it("is begun anew 60 days after the last series began", async () => {
      const { market, start, pauseAt } = await paused();
      const second = start + INTERVAL;
      await pauseAt(second, second + MAX_PAUSE);
      expect(await market.intakePausedUntil()).to.equal(BigInt(second + MAX_PAUSE));
      await expect(pauseAt(second + INTERVAL - 1, second + INTERVAL))
        .to.be.revertedWithCustomError(market, "IntakePauseTooLong")
        .withArgs(second + INTERVAL, second + MAX_PAUSE);
      await pauseAt(second + INTERVAL + DAY, second + INTERVAL + DAY + MAX_PAUSE);
    });

    it("R33 stops nothing else: data is published, appended and sold, offers are made", async () => {
      const data = await paused();
      const { market, assetId, accounts, dataAssets, start } = data;
      const { alice, carol } = accounts;
      const second = await publishDataset(data);
      const stream = await publishStream(data);
      await dataAssets.connect(alice).setPayee(second, carol);
      await dataAssets.connect(alice).transferFrom(alice, carol, assetId);
      await list(data, second, COIN);
      await data.connection.networkHelpers.time.increaseTo(stream.start + DAY);
      await append(data, stream.assetId, 0, stream.contentRoot);
      expect(await dataAssets.isDelivered(stream.assetId, 0)).to.equal(true);
      expect(await now(data)).to.be.lessThan(start + MAX_PAUSE);
      expect(await market.intakePausedUntil()).to.equal(BigInt(start + MAX_PAUSE));
    });

    it("R33 stops no payout: what was earned before can leave", async () => {
      const data = await load();
      const { market, asGuardian, buy, accounts, connection } = data;
      const { alice } = accounts;
      await buy();
      const earned = await market.claimable(NATIVE, alice);
      expect(earned).to.equal((COIN * 98n) / 100n);
      await asGuardian.pauseIntake((await now(data)) + MAX_PAUSE);
      await expect(market.connect(alice).withdraw(NATIVE, alice, alice)).to.changeEtherBalance(
        connection.ethers,
        alice,
        earned,
      );
    });
  });
});
