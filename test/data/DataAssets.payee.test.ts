import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { registerDevice } from "../identity/fixture.js";
import { eventsOf } from "../identity/registry.js";
import { anyDataset, expectRefused, standingOf, startingWithStation, submit } from "./assets.js";
import { append, publish, publishDataset, publishStream } from "./fixture.js";

describe("DataAssets: who is paid", () => {
  const load = startingWithStation(async (data) => {
    const { dataAssets, accounts } = data;
    return {
      assets: dataAssets,
      asAlice: dataAssets.connect(accounts.alice),
      asBob: dataAssets.connect(accounts.bob),
      assetId: await publishDataset(data, { royaltyBps: 250 }),
    };
  });

  describe("for an asset of a device without a payee", () => {
    it("is the owner of the moment", async () => {
      const { assets, asAlice, assetId, accounts } = await load();
      expect(await assets.isPayeeFixed(assetId)).to.equal(false);
      const standing = [accounts.alice.address, 0n, false];
      expect((await assets.standingOf(assetId)).owner).to.equal(accounts.alice.address);
      expect(await standingOf(assets, assetId)).to.deep.equal(standing);
      await asAlice.transferFrom(accounts.alice, accounts.bob, assetId);
      expect(await standingOf(assets, assetId)).to.deep.equal([accounts.bob.address, 1n, false]);
    });

    it("is whom the publication names", async () => {
      const data = await load();
      const { assets, accounts } = data;
      const assetId = await publishDataset(data, { payee: accounts.carol.address });
      expect((await assets.standingOf(assetId)).payee).to.equal(accounts.carol.address);
      expect(await assets.isPayeeFixed(assetId)).to.equal(false);
    });

    it("is whom the owner names, until he names nobody", async () => {
      const { assets, asAlice, assetId, accounts } = await load();
      const { alice, carol } = accounts;
      expect(await eventsOf(assets, asAlice.setPayee(assetId, carol))).to.deep.equal([
        ["PayeeSet", assetId, carol.address],
      ]);
      expect((await assets.standingOf(assetId)).payee).to.equal(carol.address);
      expect(await eventsOf(assets, asAlice.setPayee(assetId, ZeroAddress))).to.deep.equal([
        ["PayeeSet", assetId, ZeroAddress],
      ]);
      expect((await assets.standingOf(assetId)).payee).to.equal(alice.address);
    });

    it("is named by nobody else: not by whom the owner approved, nor by the payee", async () => {
      const { assets, asAlice, assetId, accounts, station, deviceRegistry } = await load();
      const { alice, bob, carol, stranger } = accounts;
      await asAlice.approve(bob, assetId);
      await asAlice.setApprovalForAll(carol, true);
      await asAlice.setPayee(assetId, stranger);
      await deviceRegistry.connect(alice).setUser(station.deviceId, accounts.relayer, 2 ** 48 - 1);
      for (const who of [bob, carol, stranger, accounts.relayer, accounts.deployer]) {
        await expect(assets.connect(who).setPayee(assetId, who))
          .to.be.revertedWithCustomError(assets, "DataAssetsUnauthorized")
          .withArgs(assetId, who);
      }
      expect((await assets.standingOf(assetId)).payee).to.equal(stranger.address);
    });

    it("R09 is not named where there is no asset", async () => {
      const { assets, asAlice, accounts } = await load();
      for (const missing of [0n, 2n]) {
        await expect(asAlice.setPayee(missing, accounts.alice))
          .to.be.revertedWithCustomError(assets, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });

    it("is the buyer after a sale, whomever the seller or the publication named", async () => {
      const data = await load();
      const { assets, asAlice, accounts } = data;
      const { alice, bob, carol } = accounts;
      const named = await publishDataset(data, { payee: carol.address });
      const set = await publishDataset(data);
      await asAlice.setPayee(set, carol);
      for (const assetId of [named, set]) {
        await asAlice.transferFrom(alice, bob, assetId);
        expect(await standingOf(assets, assetId)).to.deep.equal([bob.address, 1n, false]);
      }
    });

    it("does not come back when the asset does", async () => {
      const { assets, asAlice, asBob, assetId, accounts } = await load();
      const { alice, bob, carol } = accounts;
      await asAlice.setPayee(assetId, carol);
      await asAlice["safeTransferFrom(address,address,uint256)"](alice, bob, assetId);
      await asBob.transferFrom(bob, alice, assetId);
      expect(await standingOf(assets, assetId)).to.deep.equal([alice.address, 2n, false]);
    });

    it("is no longer whom the owner named when he sends the asset to himself", async () => {
      const { assets, asAlice, assetId, accounts } = await load();
      const { alice, carol } = accounts;
      await asAlice.setPayee(assetId, carol);
      await asAlice.transferFrom(alice, alice, assetId);
      expect(await standingOf(assets, assetId)).to.deep.equal([alice.address, 1n, false]);
    });

    it("stays when the device gets a payee later, or is sold", async () => {
      const { assets, asAlice, assetId, accounts, station, deviceRegistry } = await load();
      const { alice, bob, carol } = accounts;
      await deviceRegistry.connect(alice).setRevenuePayee(station.deviceId, carol);
      await deviceRegistry.connect(alice).transferFrom(alice, bob, station.deviceId);
      expect(await assets.isPayeeFixed(assetId)).to.equal(false);
      expect(await standingOf(assets, assetId)).to.deep.equal([alice.address, 0n, false]);
      await asAlice.setPayee(assetId, bob);
      expect((await assets.standingOf(assetId)).payee).to.equal(bob.address);
    });
  });

  describe("for an asset of a device with a payee", () => {
    /** Carol is the station's payee: a vault, say, whose shares others hold. */
    async function fixed() {
      const data = await load();
      const { deviceRegistry, accounts, station } = data;
      const { alice, carol } = accounts;
      await deviceRegistry.connect(alice).setRevenuePayee(station.deviceId, carol);
      const silent = await publishDataset(data, { royaltyBps: 1000 });
      const named = await publishDataset(data, { royaltyBps: 1000, payee: carol.address });
      return { ...data, silent, named };
    }

    it("is the device's payee, whether the publication names it or nobody", async () => {
      const { assets, silent, named, accounts } = await fixed();
      for (const assetId of [silent, named]) {
        expect(await assets.isPayeeFixed(assetId)).to.equal(true);
        expect(await standingOf(assets, assetId)).to.deep.equal([
          accounts.carol.address,
          0n,
          false,
        ]);
      }
    });

    it("shares with parents only what the device's owner promises, not its user", async () => {
      const data = await fixed();
      const { assets, accounts, station, deviceRegistry } = data;
      const { alice, bob, carol } = accounts;
      const parents = [{ assetId: await publishDataset(data), bps: 10_000 }];
      await deviceRegistry.connect(alice).setUser(station.deviceId, bob, 2 ** 48 - 1);
      const byUser = { ...anyDataset(data), creator: bob.address, parents };
      await expect(submit(data, station, byUser))
        .to.be.revertedWithCustomError(assets, "DataAssetsFixedPayee")
        .withArgs(carol);
      await submit(data, station, { ...byUser, parents: [] });
      await submit(data, station, { ...anyDataset(data), parents });
    });

    it("is nobody else: a publication that names another is refused", async () => {
      const data = await fixed();
      const { accounts } = data;
      const { alice, carol } = accounts;
      const publication = anyDataset(data, { payee: alice.address });
      const refused = submit(data, data.station, publication);
      await expectRefused(data, refused, publication, "DataAssetsFixedPayee", carol.address);
    });

    it("is not changed by the owner, not even to the same", async () => {
      const { assets, asAlice, silent, accounts } = await fixed();
      const { alice, carol } = accounts;
      for (const payee of [alice.address, carol.address, ZeroAddress]) {
        await expect(asAlice.setPayee(silent, payee))
          .to.be.revertedWithCustomError(assets, "DataAssetsFixedPayee")
          .withArgs(carol.address);
      }
    });

    it("is not changed by sales, which are counted all the same", async () => {
      const { assets, asAlice, asBob, silent, accounts } = await fixed();
      const { alice, bob, carol } = accounts;
      await asAlice.transferFrom(alice, bob, silent);
      await asBob.transferFrom(bob, alice, silent);
      expect(await standingOf(assets, silent)).to.deep.equal([carol.address, 2n, false]);
      await expect(asAlice.setPayee(silent, alice))
        .to.be.revertedWithCustomError(assets, "DataAssetsFixedPayee")
        .withArgs(carol.address);
    });

    it("is not changed with the device's own payee, nor by the device's sale or end", async () => {
      const data = await fixed();
      const { assets, silent, accounts, deviceRegistry, station } = data;
      const { alice, bob, carol } = accounts;
      const asAlice = deviceRegistry.connect(alice);
      await asAlice.setRevenuePayee(station.deviceId, alice);
      expect((await assets.standingOf(silent)).payee).to.equal(carol.address);
      await asAlice.setRevenuePayee(station.deviceId, ZeroAddress);
      await asAlice.transferFrom(alice, bob, station.deviceId);
      await deviceRegistry.connect(bob).retire(station.deviceId);
      expect(await standingOf(assets, silent)).to.deep.equal([carol.address, 0n, false]);
      expect(await assets.isPayeeFixed(silent)).to.equal(true);
    });

    it("gets the royalty, also after a sale", async () => {
      const { assets, asAlice, silent, named, accounts } = await fixed();
      const { alice, bob, carol } = accounts;
      await asAlice.transferFrom(alice, bob, silent);
      for (const assetId of [silent, named]) {
        expect(await assets.royaltyInfo(assetId, 1000n)).to.deep.equal([carol.address, 100n]);
      }
    });

    it("is of that device alone", async () => {
      const data = await fixed();
      const { assets, accounts } = data;
      const { alice } = accounts;
      const other = await registerDevice(data);
      await submit(data, other, anyDataset(data, { deviceId: other.deviceId }));
      expect(await assets.isPayeeFixed(4n)).to.equal(false);
      expect((await assets.standingOf(4n)).payee).to.equal(alice.address);
    });
  });

  describe("the royalty (ERC-2981)", () => {
    it("R16 R25 is a share of the price in bps, rounded down, for the creator and after a sale too", async () => {
      const { assets, asAlice, assetId, accounts } = await load();
      const { alice, bob } = accounts;
      for (const [price, royalty] of [
        [0n, 0n],
        [39n, 0n],
        [40n, 1n],
        [79n, 1n],
        [10n ** 24n, 25n * 10n ** 21n],
      ] as const) {
        const due = [alice.address, royalty];
        expect(await assets.royaltyInfo(assetId, price)).to.deep.equal(due);
      }
      await asAlice.setPayee(assetId, bob);
      await asAlice.transferFrom(alice, bob, assetId);
      expect(await assets.royaltyInfo(assetId, 40n)).to.deep.equal([alice.address, 1n]);
    });

    it("is none, for nobody, where none was signed", async () => {
      const data = await load();
      const assetId = await publishDataset(data);
      expect(await data.assets.royaltyInfo(assetId, 10_000n)).to.deep.equal([ZeroAddress, 0n]);
    });

    it("R09 is not known where there is no asset", async () => {
      const { assets } = await load();
      for (const missing of [0n, 2n]) {
        await expect(assets.royaltyInfo(missing, 1n))
          .to.be.revertedWithCustomError(assets, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });
  });

  describe("the standing", () => {
    it("R09 is not known where there is no asset", async () => {
      const { assets } = await load();
      for (const missing of [0n, 2n]) {
        await expect(assets.standingOf(missing))
          .to.be.revertedWithCustomError(assets, "ERC721NonexistentToken")
          .withArgs(missing);
      }
    });

    it("says of what has parents that it is derived", async () => {
      const data = await load();
      const { assets, assetId, station, accounts } = data;
      const parents = [{ assetId, bps: 0 }];
      const derived = await publish(data, anyDataset(data, { parents }));
      expect(await standingOf(assets, derived)).to.deep.equal([accounts.alice.address, 0n, true]);
      expect(await assets.deviceOf(derived)).to.equal(station.deviceId);
    });

    it("is of each asset alone, also of a stream that grows", async () => {
      const data = await load();
      const { assets, asAlice, assetId, accounts } = data;
      const { alice, bob, carol } = accounts;
      const stream = await publishStream(data);
      await asAlice.setPayee(stream.assetId, carol);
      await asAlice.transferFrom(alice, bob, assetId);
      await data.connection.networkHelpers.time.increaseTo(stream.start + 86_400);
      await append(data, stream.assetId, 0, stream.contentRoot);
      expect(await standingOf(assets, stream.assetId)).to.deep.equal([carol.address, 0n, false]);
    });
  });
});
