import { expect } from "chai";
import type { BytesLike } from "ethers";

import { purchaseOf } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { DAY, encryptionKey, HOUR, list } from "./fixture.js";
import {
  buy,
  claimsOf,
  coinOf,
  encrypted,
  fund,
  goTo,
  inForce,
  type Market,
  markets,
  metered,
  offerDataset,
  offerStream,
  wrap,
} from "./market.js";

const PRICE = 100n;
const KEY = encryptionKey();

describe("DataMarket: re-entered", () => {
  /** A buyer that calls back when coin comes, and a token that calls when it moves. */
  const load = markets(async (market) => {
    const { ethers } = market.connection;
    const buyer = await ethers.deployContract("ReentrantReceiver");
    const token = await ethers.deployContract("HookedERC20");
    await fund(market, token);
    const currency = await token.getAddress();
    const { assetId, offerId } = await offerDataset(market, PRICE);
    const inTokens = await list(market, assetId, PRICE, { sale: { currency } });
    const market_ = market.dataMarket.interface;
    const self = await buyer.getAddress();
    const call = (data: BytesLike, value = 0n) => buyer.execute(market.dataMarket, data, { value });
    return {
      buyer,
      hooked: token,
      self,
      offerId,
      inTokens: inTokens.offerId,
      codec: market_,
      call,
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Everything that moves money or grants, called by whoever is being paid. */
  async function everyCall(loaded: Loaded): Promise<[string, string][]> {
    const { codec, self, offerId, accounts } = loaded;
    const purchase = purchaseOf(offerId, self);
    return [
      ["buy", codec.encodeFunctionData("buy", [purchase])],
      ["withdraw", codec.encodeFunctionData("withdraw", [NATIVE, self, self])],
      ["refund", codec.encodeFunctionData("refund", [offerId, self])],
      ["settle", codec.encodeFunctionData("settle", [offerId, 1])],
      ["cancel", codec.encodeFunctionData("cancel", [offerId, self])],
      ["dispute", codec.encodeFunctionData("dispute", [offerId])],
      ["rule", codec.encodeFunctionData("rule", [offerId, self, true])],
      ["closeDelivery", codec.encodeFunctionData("closeDelivery", [offerId, self])],
      ["wrap", codec.encodeFunctionData("wrap", [offerId])],
      ["unwrap", codec.encodeFunctionData("unwrap", [offerId])],
      ["moveGrant", codec.encodeFunctionData("moveGrant", [offerId, self, accounts.bob.address])],
      ["buyFor", codec.encodeFunctionData("buyFor", [purchase, self])],
    ];
  }

  const NAMES = [
    ...["buy", "withdraw", "refund", "settle", "cancel", "dispute", "rule"],
    ...["closeDelivery", "wrap", "unwrap", "moveGrant", "buyFor"],
  ];

  async function dataOf(loaded: Loaded, name: string): Promise<string> {
    const data = Object.fromEntries(await everyCall(loaded))[name];
    if (data === undefined) throw new Error(`no such call: ${name}`);
    return data;
  }

  /** The inner call was made, and the lock refused it. */
  async function locked(
    { dataMarket }: Loaded,
    made: Pick<Loaded["buyer"], "succeeded" | "result">,
  ) {
    expect(await made.succeeded()).to.equal(false);
    const error = dataMarket.interface.getError("ReentrancyGuardReentrantCall");
    expect(await made.result()).to.equal(error?.selector);
  }

  for (const name of NAMES) {
    it(`refuses ${name} while change is returned`, async () => {
      const loaded = await load();
      const { buyer, self, codec, offerId, call } = loaded;
      await buyer.arm(loaded.dataMarket, await dataOf(loaded, name));
      await call(codec.encodeFunctionData("buy", [purchaseOf(offerId, self)]), PRICE + 1n);
      await locked(loaded, buyer);
      expect(await coinOf(loaded)).to.equal(PRICE);
      expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 98n, treasury: 2n });
    });

    it(`refuses ${name} while a token is taken`, async () => {
      const loaded = await load();
      const { hooked, accounts, inTokens, dataMarket } = loaded;
      await hooked.arm(dataMarket, await dataOf(loaded, name));
      await buy(loaded, accounts.bob, inTokens);
      await locked(loaded, hooked);
      expect(await claimsOf(loaded, hooked)).to.deep.equal({ alice: 98n, treasury: 2n });
    });

    it(`refuses ${name} while a withdrawal is paid`, async () => {
      const loaded = await load();
      const { buyer, self, dataMarket } = loaded;
      await earn(loaded);
      await buyer.arm(dataMarket, await dataOf(loaded, name));
      await dataMarket.withdraw(NATIVE, self, self);
      await locked(loaded, buyer);
      expect(await coinOf(loaded)).to.equal(2n);
      expect(await dataMarket.claimable(NATIVE, self)).to.equal(0n);
    });

    it(`refuses ${name} while a bond's change is returned`, async () => {
      const loaded = await load();
      const { buyer, self, codec, accounts, dataMarket, call } = loaded;
      const { offerId } = await offerDataset(loaded, PRICE, encrypted(loaded));
      const purchase = purchaseOf(offerId, self, { encryptionKey: KEY });
      await call(codec.encodeFunctionData("buy", [purchase]), PRICE);
      await dataMarket.connect(accounts.alice).deliver(offerId, self, "0x01");
      await buyer.arm(dataMarket, await dataOf(loaded, name));
      await call(codec.encodeFunctionData("dispute", [offerId]), 11n);
      await locked(loaded, buyer);
      expect(await coinOf(loaded)).to.equal(110n);
    });
  }

  /** The buyer is paid for a sale of Alice's. */
  async function earn(market: Market & { self: string; offerId: string }): Promise<void> {
    const { dataAssets, dataMarket, accounts } = market;
    const { assetId } = await dataMarket.listingOf(market.offerId);
    await dataAssets.connect(accounts.alice).setPayee(assetId, market.self);
    await buy(market, accounts.bob, market.offerId);
  }

  it("R21 pays a withdrawal in tokens once, though the token calls back", async () => {
    const loaded = await load();
    const { hooked, accounts, inTokens, dataMarket, codec } = loaded;
    const { alice, bob } = accounts;
    await buy(loaded, bob, inTokens);
    const again = [await hooked.getAddress(), alice.address, alice.address] as const;
    await hooked.arm(dataMarket, codec.encodeFunctionData("withdraw", [...again]));
    await dataMarket.withdraw(hooked, alice, alice);
    await locked(loaded, hooked);
    expect(await hooked.balanceOf(alice)).to.equal(98n);
  });

  it("moves no wrapped grant while it takes money", async () => {
    const loaded = await load();
    const { hooked, accounts, dataMarket, dataGrants } = loaded;
    const { bob, carol } = accounts;
    const parts = metered(5, { transferable: true });
    const { offerId } = await offerDataset(loaded, 1n, parts);
    await buy(loaded, bob, offerId);
    const tokenId = await wrap(loaded, bob, offerId);
    await dataGrants.connect(bob).approve(hooked, tokenId);
    const args = [bob.address, carol.address, tokenId] as const;
    const data = dataGrants.interface.encodeFunctionData("transferFrom", [...args]);
    await hooked.arm(dataGrants, data);
    await buy(loaded, carol, loaded.inTokens);
    await locked(loaded, hooked);
    expect(await dataGrants.ownerOf(tokenId)).to.equal(bob.address);
    expect(await inForce(dataMarket, offerId, bob)).to.equal(true);
  });

  it("buys nothing within a purchase over the offers or the grants either", async () => {
    const loaded = await load();
    const { hooked, accounts, dataOffers, dataGrants, inTokens } = loaded;
    const { bob, carol } = accounts;
    const stream = await offerStream(loaded, 0n);
    await buy(loaded, bob, stream.offerId);
    const tokenId = await wrap(loaded, bob, stream.offerId);
    const renewing = [tokenId, DAY] as const;
    await hooked.arm(
      dataGrants,
      dataGrants.interface.encodeFunctionData("renewSubscription", [...renewing]),
    );
    await buy(loaded, bob, inTokens);
    await locked(loaded, hooked);
    const purchase = purchaseOf(stream.offerId, await hooked.getAddress());
    const listing = dataOffers.interface.encodeFunctionData("listAndBuy", [
      stream.offer,
      [],
      "0x",
      purchase,
    ]);
    await hooked.arm(dataOffers, listing);
    await buy(loaded, carol, inTokens);
    await locked(loaded, hooked);
  });

  it("lets whoever is paid come back afterwards", async () => {
    const loaded = await load();
    const { self, codec, call, dataMarket, offerId } = loaded;
    const stream = await offerStream(loaded, PRICE);
    const purchase = purchaseOf(stream.offerId, self, { units: 3 });
    await call(codec.encodeFunctionData("buy", [purchase]), 3n * PRICE);
    await goTo(loaded, stream, 1, 2 * HOUR);
    await call(codec.encodeFunctionData("cancel", [stream.offerId, self]));
    expect(await dataMarket.claimable(NATIVE, self)).to.equal(2n * PRICE);
    await call(codec.encodeFunctionData("withdraw", [NATIVE, self, self]));
    await call(codec.encodeFunctionData("buy", [purchaseOf(offerId, self)]), PRICE);
    expect(await inForce(dataMarket, offerId, self)).to.equal(true);
  });
});
