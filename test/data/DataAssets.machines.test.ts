// What becomes of a stream when its device is sold: to many as a machine with a revenue payee, or to one without.
import { expect } from "chai";
import { type AddressLike, ZeroAddress, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { contribute, openOffering, type Ownership, workingMachine } from "../ownership/fixture.js";
import { anyDataset, everythingOf } from "./assets.js";
import { append, DAY, freshRoot, publish, publishStream } from "./fixture.js";
import {
  buy,
  claimsOf,
  coinOf,
  deliverEpochs,
  goTo,
  type Market,
  markets,
  nextAt,
  offerStream,
  type Subscription,
} from "./market.js";

describe("DataAssets: streams of a device that is sold", () => {
  const load = markets(async (market) => offerStream(market, 100n));

  type Stream = Pick<Subscription, "assetId" | "start" | "contentRoot">;

  /** Alice sells the station to Bob and Carol, who own it as a machine. */
  const sellToOwners = async (market: Market) => {
    const own: Ownership = { ...market, charger: market.station };
    return workingMachine(own, { native: true });
  };

  /** Sends the next epoch ten seconds after its end. */
  async function next(market: Market, stream: Stream, epoch: number): Promise<unknown> {
    const head = await market.dataAssets.headOf(stream.assetId);
    await nextAt(market, stream, epoch + 1, 10);
    return append(market, stream.assetId, epoch, head === ZeroHash ? stream.contentRoot : head);
  }

  const ends = ({ dataAssets }: Market, sending: Promise<unknown>, payee: AddressLike) =>
    expect(sending)
      .to.be.revertedWithCustomError(dataAssets, "DataAssetsFixedPayee")
      .withArgs(payee);

  async function goesOn(market: Market, stream: Stream, epoch: number): Promise<void> {
    await next(market, stream, epoch);
    expect((await market.dataAssets.streamOf(stream.assetId)).nextEpoch).to.equal(epoch + 1);
  }

  describe("to owners with a revenue payee", () => {
    it("end: none feeds past the owners a stream that pays the seller", async () => {
      const market = await load();
      const { dataAssets, deviceRegistry, station, assetId } = market;
      await goesOn(market, market, 0);
      const shares = await sellToOwners(market);
      const receiver = await shares.revenueReceiver();
      expect(await deviceRegistry.revenuePayeeOf(station.deviceId)).to.equal(receiver);
      const before = await everythingOf(dataAssets, assetId);
      await ends(market, next(market, market, 1), receiver);
      await ends(market, next(market, market, 2), receiver);
      expect(await everythingOf(dataAssets, assetId)).to.deep.equal(before);
    });

    it("end even if the seller names their payee, whom he could change again", async () => {
      const market = await load();
      const { dataAssets, accounts, assetId } = market;
      const shares = await sellToOwners(market);
      const receiver = await shares.revenueReceiver();
      await dataAssets.connect(accounts.alice).setPayee(assetId, receiver);
      await ends(market, next(market, market, 0), receiver);
    });

    it("DAT-10 have their subscribers refunded by the market, for all that was paid ahead", async () => {
      const market = await load();
      const { dataMarket, accounts, offerId, assetId } = market;
      const { bob } = accounts;
      await buy(market, bob, offerId, { units: 4 });
      await deliverEpochs(market, market, 0);
      const shares = await sellToOwners(market);
      await ends(market, next(market, market, 1), await shares.revenueReceiver());
      await goTo(market, market, 5, DAY);
      expect(await dataMarket.refund.staticCall(offerId, bob)).to.equal(300n);
      await expect(dataMarket.refund(offerId, bob))
        .to.emit(dataMarket, "Refunded")
        .withArgs(offerId, bob, 300n);
      await dataMarket.settle(offerId, 9);
      const { bob: refunded, ...others } = await claimsOf(market, NATIVE);
      expect(refunded).to.equal(300n);
      expect(
        Object.values(others).reduce((sum, amount) => sum + amount, 0n),
        "the epoch that came is the seller's and the protocol's",
      ).to.equal(100n);
      expect(await coinOf(market)).to.equal(400n);
      expect((await market.dataAssets.streamOf(assetId)).nextEpoch).to.equal(1n);
    });

    it("leave room for their own, which pays them", async () => {
      const market = await load();
      const { dataAssets } = market;
      const shares = await sellToOwners(market);
      const receiver = await shares.revenueReceiver();
      const stream = await publishStream(market);
      expect(await dataAssets.isPayeeFixed(stream.assetId)).to.equal(true);
      expect((await dataAssets.standingOf(stream.assetId)).payee).to.equal(receiver);
      await goesOn(market, stream, 0);
      await ends(market, next(market, market, 1), receiver);
    });

    it("are no concern of what was published once and for all", async () => {
      const market = await load();
      const { dataAssets, accounts } = market;
      const root = freshRoot();
      const assetId = await publish(market, anyDataset(market, { contentRoot: root }));
      await sellToOwners(market);
      expect((await dataAssets.standingOf(assetId)).payee).to.equal(accounts.alice.address);
    });
  });

  describe("to one with a revenue payee", () => {
    /** A stream that pays Carol, the station's payee, for ever. */
    async function fixed() {
      const market = await load();
      const { deviceRegistry, accounts, station } = market;
      const { alice, bob, carol } = accounts;
      await deviceRegistry.connect(alice).setRevenuePayee(station.deviceId, carol);
      const stream = await publishStream(market);
      await deviceRegistry.connect(alice).transferFrom(alice, bob, station.deviceId);
      const setPayee = (payee: AddressLike) =>
        deviceRegistry.connect(bob).setRevenuePayee(station.deviceId, payee);
      return { ...market, stream, setPayee };
    }

    it("go on if he is the one that they pay for ever", async () => {
      const market = await fixed();
      await market.setPayee(market.accounts.carol);
      await goesOn(market, market.stream, 0);
      await goesOn(market, market.stream, 1);
    });

    it("end if he is another, and go on while there is none", async () => {
      const market = await fixed();
      const { dave, carol } = market.accounts;
      await market.setPayee(dave);
      await ends(market, next(market, market.stream, 0), dave);
      await market.setPayee(ZeroAddress);
      await goesOn(market, market.stream, 1);
      await market.setPayee(dave);
      await ends(market, next(market, market.stream, 2), dave);
      await market.setPayee(carol);
      await goesOn(market, market.stream, 3);
    });
  });

  describe("to one without a revenue payee", () => {
    it("go on, until he names one", async () => {
      const market = await load();
      const { deviceRegistry, accounts, station } = market;
      const { alice, bob, dave } = accounts;
      await deviceRegistry.connect(alice).transferFrom(alice, bob, station.deviceId);
      await goesOn(market, market, 0);
      await deviceRegistry.connect(bob).setRevenuePayee(station.deviceId, dave);
      await ends(market, next(market, market, 1), dave);
    });
  });

  describe("to nobody", () => {
    it("go on, without a payee or with one named since", async () => {
      const market = await load();
      const { deviceRegistry, accounts, station } = market;
      await goesOn(market, market, 0);
      await deviceRegistry.connect(accounts.alice).setRevenuePayee(station.deviceId, accounts.dave);
      await goesOn(market, market, 1);
      expect((await market.dataAssets.standingOf(market.assetId)).payee).to.equal(
        accounts.alice.address,
      );
    });
  });

  it("stay with the seller when an offering of the device fails", async () => {
    const market = await load();
    const { machineOfferings, accounts, helpers } = market;
    const own: Ownership = { ...market, charger: market.station };
    const shares = await openOffering(own, { native: true });
    await contribute(own, shares, accounts.bob, 1, 10n ** 18n);
    await goesOn(market, market, 0);
    await helpers.time.increaseTo((await machineOfferings.termsOf(shares)).end);
    await machineOfferings.reclaim(shares);
    const epoch = Math.ceil(((await helpers.time.latest()) - market.start) / DAY);
    await goesOn(market, market, epoch);
  });
});
