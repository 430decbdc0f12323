import { expect } from "chai";
import { ZeroHash } from "ethers";

import { grantsDomain, signUsage, USAGE, type Usage } from "../../scripts/lib/data/offers.js";
import { NATIVE, NEVER } from "../../scripts/lib/identity.js";
import { eventsOf, malleated } from "../identity/registry.js";
import { list } from "./fixture.js";
import {
  accessUntil,
  buy,
  claimsOf,
  grantOf,
  GRANTS,
  inForce,
  MARKET,
  markets,
  MAX_UINT32,
  MAX_UINT48,
  metered,
  move,
  offerDataset,
  use,
  wrap,
} from "./market.js";

describe("DataMarket: metered use", () => {
  const load = markets(async (market) => ({
    ...(await offerDataset(market, 100n, metered(10, { transferable: true }))),
    asRelayer: market.dataGrants.connect(market.accounts.relayer),
  }));
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What Bob has used, in his words. */
  async function said({ dataGrants, accounts, offerId }: Loaded, rest: Partial<Usage> = {}) {
    const { bob } = accounts;
    const usage: Usage = { offerId, holder: bob.address, cumulative: 3, deadline: NEVER, ...rest };
    return { usage, signature: await signUsage(dataGrants, bob, usage) };
  }

  describe("quota", () => {
    it("is bought by the unit, earned at once, and adds up", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts, assetId } = loaded;
      const { alice, bob } = accounts;
      const buying = buy(loaded, bob, offerId, { units: 2 });
      expect(await eventsOf(dataMarket, buying)).to.deep.equal([
        ["GrantBought", offerId, bob.address, bob.address, 2n, 200n, ZeroHash],
        ["PriceRecognised", offerId, alice.address, 200n, 4n, 0n, 0n],
      ]);
      expect(await grantOf(loaded, offerId, bob)).to.deep.include({ quota: 20n, used: 0n });
      await use(loaded, bob, offerId, 5);
      await buy(loaded, bob, offerId);
      expect(await grantOf(loaded, offerId, bob)).to.deep.include({ quota: 30n, used: 5n });
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 294n, treasury: 6n });
      expect((await dataMarket.exclusivityOf(assetId)).open).to.equal(1n); // one holder
    });

    it("opens every epoch, for the uses allowed, until it is used up", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts } = loaded;
      const { bob } = accounts;
      expect(await dataMarket.canAccess(offerId, bob, 1, 0)).to.equal(false);
      await buy(loaded, bob, offerId);
      for (const epoch of [0, 7, 2 ** 32 - 1])
        expect(await dataMarket.canAccess(offerId, bob, 1, epoch)).to.equal(true);
      expect(await dataMarket.canAccess(offerId, bob, 2, 0)).to.equal(false);
      expect(await dataMarket.canAccess(offerId, bob, 0, 0)).to.equal(false);
      expect(await accessUntil(dataMarket, offerId, bob)).to.equal(MAX_UINT48);
      await use(loaded, bob, offerId, 9);
      expect(await inForce(dataMarket, offerId, bob)).to.equal(true);
      await use(loaded, bob, offerId, 10);
      expect(await inForce(dataMarket, offerId, bob)).to.equal(false);
      expect(await dataMarket.canAccess(offerId, bob, 1, 0)).to.equal(false);
      expect(await accessUntil(dataMarket, offerId, bob)).to.equal(0n);
      await buy(loaded, bob, offerId);
      expect(await inForce(dataMarket, offerId, bob)).to.equal(true);
    });

    it("DAT-04 does not overflow", async () => {
      const loaded = await load();
      const { dataMarket, accounts, assetId } = loaded;
      const { offerId } = await list(loaded, assetId, 0n, metered(2 ** 47));
      await buy(loaded, accounts.bob, offerId);
      for (const [units, quota] of [
        [1, 2n ** 48n],
        [Number(MAX_UINT32), 2n ** 47n * (MAX_UINT32 + 1n)],
      ] as const) {
        await expect(buy(loaded, accounts.bob, offerId, { units }))
          .to.be.revertedWithCustomError(dataMarket, "SafeCastOverflowedUintDowncast")
          .withArgs(48, quota);
      }
      expect((await dataMarket.grantOf(offerId, accounts.bob)).quota).to.equal(2n ** 47n);
    });
  });

  describe("recorded", () => {
    it("is sent by anyone, with the holder's signature", async () => {
      const loaded = await load();
      const { asRelayer, offerId, accounts } = loaded;
      await buy(loaded, accounts.bob, offerId);
      const { usage, signature } = await said(loaded);
      await expect(asRelayer.recordUsage(usage, malleated(signature)))
        .to.be.revertedWithCustomError(GRANTS, "DataGrantsInvalidHolderSignature")
        .withArgs(accounts.bob);
      expect(
        await eventsOf(loaded.dataMarket, asRelayer.recordUsage(usage, signature)),
      ).to.deep.equal([["UsageRecorded", offerId, accounts.bob.address, 3n]]);
      const expected = { quota: 10n, used: 3n };
      expect(await grantOf(loaded, offerId, accounts.bob)).to.deep.include(expected);
    });

    it("needs his word: not even the seller or the holder himself does without", async () => {
      const loaded = await load();
      const { dataGrants, offerId, accounts } = loaded;
      const { alice, bob, carol } = accounts;
      await buy(loaded, bob, offerId);
      const { usage } = await said(loaded);
      for (const sender of [alice, bob]) {
        for (const signature of ["0x", await signUsage(dataGrants, carol, usage)]) {
          await expect(dataGrants.connect(sender).recordUsage(usage, signature))
            .to.be.revertedWithCustomError(GRANTS, "DataGrantsInvalidHolderSignature")
            .withArgs(bob);
        }
      }
    });

    it("is signed by a contract through ERC-1271", async () => {
      const loaded = await load();
      const { asRelayer, dataMarket, dataGrants, offerId, accounts, connection } = loaded;
      const { bob, carol } = accounts;
      const wallet = await connection.ethers.deployContract("Erc1271Wallet", [bob.address]);
      const holder = await wallet.getAddress();
      await buy(loaded, bob, offerId, { recipient: holder });
      const usage = { offerId, holder, cumulative: 3, deadline: NEVER };
      const signature = await signUsage(dataGrants, bob, usage);
      await wallet.setSigner(carol);
      await expect(asRelayer.recordUsage(usage, signature))
        .to.be.revertedWithCustomError(GRANTS, "DataGrantsInvalidHolderSignature")
        .withArgs(holder);
      await wallet.setSigner(bob);
      await asRelayer.recordUsage(usage, signature);
      expect((await dataMarket.grantOf(offerId, holder)).used).to.equal(3n);
    });

    it("is good until its last second", async () => {
      const loaded = await load();
      const { asRelayer, offerId, accounts, helpers } = loaded;
      await buy(loaded, accounts.bob, offerId);
      const deadline = (await helpers.time.latest()) + 100;
      const { usage, signature } = await said(loaded, { deadline });
      const snapshot = await helpers.takeSnapshot();
      await helpers.time.setNextBlockTimestamp(deadline);
      await asRelayer.recordUsage(usage, signature);
      await snapshot.restore();
      await helpers.time.setNextBlockTimestamp(deadline + 1);
      await expect(asRelayer.recordUsage(usage, signature))
        .to.be.revertedWithCustomError(GRANTS, "DataGrantsExpiredSignature")
        .withArgs(deadline);
    });

    it("rises, up to the quota", async () => {
      const loaded = await load();
      const { offerId, accounts } = loaded;
      const { bob } = accounts;
      const refusal = async (cumulative: number, used: number, quota: number) => {
        await expect(use(loaded, bob, offerId, cumulative))
          .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUsage")
          .withArgs(cumulative, used, quota);
      };
      await refusal(1, 0, 0); // nothing bought
      await refusal(0, 0, 0);
      await buy(loaded, bob, offerId);
      await refusal(0, 0, 10);
      await refusal(11, 0, 10);
      await use(loaded, bob, offerId, 4);
      for (const cumulative of [3, 4, 11]) await refusal(cumulative, 4, 10);
      await use(loaded, bob, offerId, 10);
      for (const cumulative of [10, 11]) await refusal(cumulative, 10, 10);
    });

    it("is of one-offs and subscriptions never", async () => {
      const loaded = await load();
      const { accounts } = loaded;
      const { offerId } = await offerDataset(loaded, 1n);
      await buy(loaded, accounts.bob, offerId);
      await expect(use(loaded, accounts.bob, offerId, 1))
        .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUsage")
        .withArgs(1, 0, 0);
    });

    it("binds every field of what was signed", async () => {
      const loaded = await load();
      const { asRelayer, accounts, assetId, offerId } = loaded;
      const { bob, carol } = accounts;
      const other = await list(loaded, assetId, 101n, metered(10));
      for (const id of [offerId, other.offerId]) {
        await buy(loaded, bob, id);
        await buy(loaded, carol, id);
      }
      const { usage, signature } = await said(loaded);
      for (const tampered of [
        { offerId: other.offerId },
        { holder: carol.address },
        { cumulative: 4 },
        { cumulative: 2 },
        { deadline: 2n ** 47n },
      ]) {
        const wrong = { ...usage, ...tampered };
        await expect(asRelayer.recordUsage(wrong, signature))
          .to.be.revertedWithCustomError(GRANTS, "DataGrantsInvalidHolderSignature")
          .withArgs(wrong.holder);
      }
    });

    it("R40 is signed for this chain and contract", async () => {
      const loaded = await load();
      const { asRelayer, dataGrants, dataOffers, accounts, offerId } = loaded;
      const { bob } = accounts;
      await buy(loaded, bob, offerId);
      const { usage } = await said(loaded);
      const domain = await grantsDomain(dataGrants);
      for (const wrong of [
        { ...domain, chainId: 1n },
        { ...domain, verifyingContract: await dataOffers.getAddress() },
        { ...domain, name: "DeFIoT DataOffers" },
        { ...domain, version: "2" },
      ]) {
        const signature = await bob.signTypedData(wrong, USAGE, usage);
        await expect(asRelayer.recordUsage(usage, signature))
          .to.be.revertedWithCustomError(GRANTS, "DataGrantsInvalidHolderSignature")
          .withArgs(bob);
      }
    });
  });

  describe("R40 R41 a voucher", () => {
    it("counts once, also after more was bought", async () => {
      const loaded = await load();
      const { asRelayer, accounts, offerId } = loaded;
      const { bob } = accounts;
      await buy(loaded, bob, offerId);
      const { usage, signature } = await said(loaded);
      await asRelayer.recordUsage(usage, signature);
      await use(loaded, bob, offerId, 10);
      for (const bought of [10, 20, 30]) {
        await expect(asRelayer.recordUsage(usage, signature))
          .to.be.revertedWithCustomError(MARKET, "DataMarketInvalidUsage")
          .withArgs(3, 10, bought);
        await buy(loaded, bob, offerId);
      }
    });

    it("cannot be escaped: nothing that the holder does lowers his quota", async () => {
      const loaded = await load();
      const { asRelayer, dataMarket, accounts, offerId } = loaded;
      const { bob } = accounts;
      await buy(loaded, bob, offerId);
      const { usage, signature } = await said(loaded);
      await dataMarket.refund(offerId, bob);
      await expect(dataMarket.connect(bob).cancel(offerId, bob)).to.be.revertedWithCustomError(
        dataMarket,
        "DataMarketNotCancellable",
      );
      await asRelayer.recordUsage(usage, signature);
    });

    it("that was recorded never lives again when the grant went away and was bought again", async () => {
      const loaded = await load();
      const { asRelayer, accounts, offerId } = loaded;
      const { bob, carol } = accounts;
      await buy(loaded, bob, offerId);
      const { usage, signature } = await said(loaded);
      await asRelayer.recordUsage(usage, signature);
      await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
      await expect(asRelayer.recordUsage(usage, signature)).to.be.revertedWithCustomError(
        MARKET,
        "DataMarketInvalidUsage",
      );
      await buy(loaded, bob, offerId);
      await expect(asRelayer.recordUsage(usage, signature)).to.be.revertedWithCustomError(
        MARKET,
        "DataMarketInvalidUsage",
      );
      const carols = { quota: 7n, used: 0n, tokenId: 1n };
      expect(await grantOf(loaded, offerId, carol)).to.deep.include(carols);
    });

    it("that was never recorded is worth nothing once the grant went away", async () => {
      const loaded = await load();
      const { asRelayer, dataMarket, accounts, offerId } = loaded;
      const { bob, carol } = accounts;
      await buy(loaded, bob, offerId);
      await use(loaded, bob, offerId, 2);
      const { usage, signature } = await said(loaded, { cumulative: 8 });
      await move(loaded, bob, carol, await wrap(loaded, bob, offerId));
      await expect(asRelayer.recordUsage(usage, signature)).to.be.revertedWithCustomError(
        MARKET,
        "DataMarketInvalidUsage",
      );
      await buy(loaded, bob, offerId); // ten new ones, of which he has used none
      await expect(asRelayer.recordUsage(usage, signature)).to.be.revertedWithCustomError(
        MARKET,
        "DataMarketInvalidUsage",
      );
      const { quota, used } = await dataMarket.grantOf(offerId, bob);
      expect(quota - used).to.equal(10n);
    });

    it("of a grant that came back is worth nothing either", async () => {
      const loaded = await load();
      const { asRelayer, accounts, offerId } = loaded;
      const { bob, carol } = accounts;
      await buy(loaded, bob, offerId);
      await use(loaded, bob, offerId, 2);
      const { usage, signature } = await said(loaded, { cumulative: 8 });
      const tokenId = await wrap(loaded, bob, offerId);
      await move(loaded, bob, carol, tokenId);
      await move(loaded, carol, bob, tokenId);
      await expect(asRelayer.recordUsage(usage, signature)).to.be.revertedWithCustomError(
        MARKET,
        "DataMarketInvalidUsage",
      );
    });
  });
});
