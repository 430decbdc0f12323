import { expect } from "chai";
import { Interface, toBeHex, ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { IDataGrants__factory, IERC5643__factory } from "../../typechain-types/index.js";
import { eventsOf } from "../identity/registry.js";
import { DAY, encryptionKey, list } from "./fixture.js";
import {
  buy,
  claimsOf,
  encrypted,
  goTo,
  grant,
  grantOf,
  inForce,
  markets,
  MAX_UINT48,
  metered,
  move,
  offerDataset,
  offerStream,
  use,
  wrap,
} from "./market.js";

const TRANSFERABLE = { transferable: true };

describe("DataGrants", () => {
  /** Bob has four epochs of a stream, a one-off and quota of Alice, all of which may move. */
  const load = markets(async (market) => {
    const { bob } = market.accounts;
    const stream = await offerStream(market, 100n);
    const once = await offerDataset(market, 100n, { terms: TRANSFERABLE });
    const quota = await offerDataset(market, 100n, metered(10, TRANSFERABLE));
    await buy(market, bob, stream.offerId, { units: 4 });
    await buy(market, bob, once.offerId);
    await buy(market, bob, quota.offerId);
    return {
      stream,
      once: once.offerId,
      quota: quota.offerId,
      grants: market.dataGrants,
      asBob: market.dataMarket.connect(bob),
    };
  });

  it("are an ERC-721 with a name, of one market", async () => {
    const { grants, dataMarket } = await load();
    expect(await grants.name()).to.equal("DeFIoT Data Grant");
    expect(await grants.symbol()).to.equal("GRANT");
    expect(await grants.market()).to.equal(await dataMarket.getAddress());
  });

  it("support what they say, ERC-5643 among it, and nothing else", async () => {
    const { grants } = await load();
    let erc5643 = 0n;
    IERC5643__factory.createInterface().forEachFunction(({ selector }) => {
      erc5643 ^= BigInt(selector);
    });
    expect(toBeHex(erc5643, 4)).to.equal("0x8c65f84d");
    // An interface's id leaves out what it inherits: here ERC-721, ERC-5643 and ERC-165.
    let own = 0x80ac58cdn ^ 0x8c65f84dn ^ 0x01ffc9a7n;
    IDataGrants__factory.createInterface().forEachFunction(({ selector }) => {
      own ^= BigInt(selector);
    });
    const inherited = ["0x01ffc9a7", "0x80ac58cd", "0x5b5e139f", "0x8c65f84d"];
    for (const known of [...inherited, toBeHex(own, 4)])
      expect(await grants.supportsInterface(known), known).to.equal(true);
    const erc4907 = "0xad092b5c"; // two of its views only
    for (const unknown of ["0xffffffff", "0x00000000", erc4907, "0x780e9d63"])
      expect(await grants.supportsInterface(unknown), unknown).to.equal(false);
  });

  it("are made, burnt and announced by the market alone", async () => {
    const { grants, accounts, once } = await load();
    const { bob } = accounts;
    const asBob = grants.connect(bob);
    for (const attempt of [
      () => asBob.mint(bob, once),
      () => asBob.burn(1),
      () => asBob.announce(1, 1),
    ]) {
      await expect(attempt())
        .to.be.revertedWithCustomError(grants, "DataGrantsUnauthorized")
        .withArgs(bob);
    }
  });

  it("R05 move in the books by themselves alone", async () => {
    const { dataMarket, accounts, once } = await load();
    const { alice, bob, carol } = accounts;
    for (const account of [alice, bob, carol]) {
      await expect(dataMarket.connect(account).moveGrant(once, bob, carol))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketUnauthorized")
        .withArgs(account);
    }
  });

  it("say nothing about tokens that are not there", async () => {
    const { grants } = await load();
    for (const attempt of [
      () => grants.offerOf(1),
      () => grants.expiresAt(1),
      () => grants.isRenewable(1),
      () => grants.userOf(1),
      () => grants.userExpires(1),
      () => grants.renewSubscription(1, DAY),
      () => grants.cancelSubscription(1),
    ] as (() => Promise<unknown>)[]) {
      await expect(attempt())
        .to.be.revertedWithCustomError(grants, "ERC721NonexistentToken")
        .withArgs(1);
    }
  });

  describe("wrapped", () => {
    it("are tokens of their holder, with rising ids", async () => {
      const { grants, asBob, accounts, once, quota, stream } = await load();
      const { bob } = accounts;
      let id = 0n;
      for (const offerId of [once, quota, stream.offerId]) {
        expect(await asBob.wrap.staticCall(offerId)).to.equal(id + 1n);
        const until = await grants.accessUntil(offerId, bob);
        expect(await eventsOf(grants, asBob.wrap(offerId))).to.deep.equal([
          ["Transfer", ZeroAddress, bob.address, ++id],
          ["SubscriptionUpdate", id, until],
        ]);
        expect(await grants.ownerOf(id)).to.equal(bob.address);
        expect(await grants.offerOf(id)).to.equal(offerId);
        expect((await asBob.grantOf(offerId, bob)).tokenId).to.equal(id);
        expect(await inForce(asBob, offerId, bob)).to.equal(true);
      }
      expect(await grants.balanceOf(bob)).to.equal(3n);
    });

    it("take no callback, since the market asks nobody", async () => {
      const loaded = await load();
      const { dataMarket, accounts, once, connection } = loaded;
      const holder = await connection.ethers.deployContract("RevertingReceiver");
      await buy(loaded, accounts.carol, once, { recipient: await holder.getAddress() });
      await holder.execute(dataMarket, dataMarket.interface.encodeFunctionData("wrap", [once]));
      expect(await loaded.grants.ownerOf(1)).to.equal(await holder.getAddress());
    });

    it("only if they are there, may move, and are not wrapped already", async () => {
      const loaded = await load();
      const { dataMarket, asBob, accounts, once, quota, stream } = loaded;
      const { bob, carol } = accounts;
      const fixed = await offerDataset(loaded, 1n);
      await buy(loaded, bob, fixed.offerId);
      await asBob.wrap(once);
      await use(loaded, bob, quota, 10);
      await goTo(loaded, stream, 5, 0);
      for (const [holder, offerId] of [
        [carol, once], // never bought
        [bob, fixed.offerId], // may not move
        [bob, once], // is wrapped
        [bob, quota], // used up
        [bob, stream.offerId], // over
        [bob, `0x${"ab".repeat(32)}`],
      ] as const) {
        await expect(dataMarket.connect(holder).wrap(offerId))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketNotWrappable")
          .withArgs(offerId, holder);
      }
    });

    it("only once the delivery of their key is over", async () => {
      const loaded = await load();
      const { dataMarket, asBob, accounts, helpers } = loaded;
      const { alice, bob } = accounts;
      const { offerId } = await offerDataset(
        loaded,
        100n,
        encrypted(loaded, { terms: TRANSFERABLE }),
      );
      await buy(loaded, bob, offerId, { encryptionKey: encryptionKey() });
      const refused = async () => {
        await expect(asBob.wrap(offerId))
          .to.be.revertedWithCustomError(dataMarket, "DataMarketNotWrappable")
          .withArgs(offerId, bob);
      };
      await refused();
      await dataMarket.connect(alice).deliver(offerId, bob, "0x01");
      await refused();
      await helpers.time.increase(DAY + 1);
      await refused();
      await dataMarket.closeDelivery(offerId, bob);
      await asBob.wrap(offerId);
    });

    it("and unwrapped by the holder, who keeps the grant", async () => {
      const loaded = await load();
      const { grants, asBob, accounts, once } = loaded;
      const { bob, carol } = accounts;
      const id = await wrap(loaded, bob, once);
      await grants.connect(bob).approve(carol, id);
      await expect(loaded.dataMarket.connect(carol).unwrap(once))
        .to.be.revertedWithCustomError(asBob, "DataMarketNotWrappable")
        .withArgs(once, carol);
      expect(await eventsOf(grants, asBob.unwrap(once))).to.deep.equal([
        ["Transfer", bob.address, ZeroAddress, id],
      ]);
      expect(await grantOf(loaded, once, bob)).to.deep.equal(grant({ held: true }));
      await expect(grants.offerOf(id)).to.be.revertedWithCustomError(
        grants,
        "ERC721NonexistentToken",
      );
      await expect(asBob.unwrap(once))
        .to.be.revertedWithCustomError(asBob, "DataMarketNotWrappable")
        .withArgs(once, bob);
      expect(await wrap(loaded, bob, once)).to.equal(id + 1n); // no id comes twice
    });

    it("may be unwrapped after they lapsed", async () => {
      const loaded = await load();
      const { asBob, accounts, stream } = loaded;
      await wrap(loaded, accounts.bob, stream.offerId);
      await goTo(loaded, stream, 20);
      await asBob.unwrap(stream.offerId);
      expect((await asBob.grantOf(stream.offerId, accounts.bob)).tokenId).to.equal(0n);
    });
  });

  describe("as subscriptions and rentals (ERC-5643, ERC-4907)", () => {
    it("say when access ends, and whose it is", async () => {
      const loaded = await load();
      const { grants, accounts, stream } = loaded;
      const { bob } = accounts;
      const id = await wrap(loaded, bob, stream.offerId);
      const end = BigInt(stream.start + 5 * DAY);
      const state = async () => [
        await grants.expiresAt(id),
        await grants.userExpires(id),
        await grants.userOf(id),
      ];
      expect(await state()).to.deep.equal([end, end - 1n, bob.address]);
      await goTo(loaded, stream, 5, -1);
      expect(await state()).to.deep.equal([end, end - 1n, bob.address]);
      await goTo(loaded, stream, 5, 0);
      expect(await state()).to.deep.equal([0n, 0n, ZeroAddress]);
      expect(await grants.isRenewable(id)).to.equal(true);
    });

    it("have no end where a grant has none", async () => {
      const loaded = await load();
      const { grants, accounts, once, quota } = loaded;
      const { bob } = accounts;
      for (const offerId of [once, quota]) {
        const id = await wrap(loaded, bob, offerId);
        expect(await grants.expiresAt(id)).to.equal(MAX_UINT48);
        expect(await grants.userExpires(id)).to.equal(MAX_UINT48 - 1n);
        expect(await grants.userOf(id)).to.equal(bob.address);
        expect(await grants.isRenewable(id)).to.equal(false);
      }
      await use(loaded, bob, quota, 10);
      expect(await grants.expiresAt(2)).to.equal(0n);
      expect(await grants.userOf(2)).to.equal(ZeroAddress);
    });

    it("are renewable while the offer is open", async () => {
      const loaded = await load();
      const { grants, dataOffers, accounts, stream } = loaded;
      const id = await wrap(loaded, accounts.bob, stream.offerId);
      await dataOffers.connect(accounts.alice).withdrawOffer(stream.offer);
      expect(await grants.isRenewable(id)).to.equal(false);
      expect(await grants.userOf(id)).to.equal(accounts.bob.address);
    });
  });

  it("go by approval, and ask a safe transfer's receiver", async () => {
    const loaded = await load();
    const { grants, accounts, once, connection } = loaded;
    const { bob, carol, relayer } = accounts;
    const id = await wrap(loaded, bob, once);
    await expect(grants.connect(relayer).transferFrom(bob, carol, id))
      .to.be.revertedWithCustomError(grants, "ERC721InsufficientApproval")
      .withArgs(relayer, id);
    await grants.connect(bob).approve(relayer, id);
    await grants.connect(relayer).transferFrom(bob, carol, id);
    expect(await grants.getApproved(id)).to.equal(ZeroAddress);
    await grants.connect(carol).setApprovalForAll(relayer, true);
    const safely = grants.connect(relayer)["safeTransferFrom(address,address,uint256)"];
    const deaf = await connection.ethers.deployContract("Erc1271Wallet", [bob.address]);
    await expect(safely(carol, deaf, id))
      .to.be.revertedWithCustomError(grants, "ERC721InvalidReceiver")
      .withArgs(deaf);
    expect((await grantOf(loaded, once, deaf)).held).to.equal(false);
    const owner = await connection.ethers.deployContract("ContractOwner", [bob.address]);
    await safely(carol, owner, id);
    expect(await grantOf(loaded, once, owner)).to.deep.equal(grant({ held: true, tokenId: id }));
    await expect(grants.connect(relayer).transferFrom(owner, ZeroAddress, id))
      .to.be.revertedWithCustomError(grants, "ERC721InvalidReceiver")
      .withArgs(ZeroAddress);
  });

  it("are the receiver's before it is asked", async () => {
    const loaded = await load();
    const { grants, dataMarket, accounts, once, connection } = loaded;
    const id = await wrap(loaded, accounts.bob, once);
    const receiver = await connection.ethers.deployContract("AnyAnswerVerifier");
    await receiver.answerWith(0, `0x150b7a02${"00".repeat(28)}`);
    const callback = new Interface([
      "function onERC721Received(address operator, address from, uint256 id, bytes data)",
    ]);
    const { bob } = accounts;
    const args = [bob.address, bob.address, id, "0x12"];
    await receiver.expectInput(callback.encodeFunctionData("onERC721Received", args));
    const safely = grants.connect(bob)["safeTransferFrom(address,address,uint256,bytes)"];
    await safely(bob, receiver, id, "0x12");
    expect(await inForce(dataMarket, once, receiver)).to.equal(true);
  });

  it("to oneself stay where they are", async () => {
    const loaded = await load();
    const { grants, accounts, once } = loaded;
    const { bob } = accounts;
    const id = await wrap(loaded, bob, once);
    expect(await eventsOf(grants, move(loaded, bob, bob, id))).to.deep.equal([
      ["Transfer", bob.address, bob.address, id],
    ]);
    expect(await grantOf(loaded, once, bob)).to.deep.equal(grant({ held: true, tokenId: id }));
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 196n, treasury: 4n });
  });

  it("of another offer on the same asset are others", async () => {
    const loaded = await load();
    const { accounts, stream } = loaded;
    const { bob, carol } = accounts;
    const sale = { kind: 1, period: 1 };
    const other = await list(loaded, stream.assetId, 1n, { terms: TRANSFERABLE, sale });
    await buy(loaded, carol, other.offerId);
    await move(loaded, bob, carol, await wrap(loaded, bob, stream.offerId));
    expect((await grantOf(loaded, other.offerId, carol)).end).to.equal(1n);
  });
});
