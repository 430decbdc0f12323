import { expect } from "chai";
import { parseUnits, ZeroAddress, ZeroHash } from "ethers";

import { purchaseOf } from "../../scripts/lib/data/offers.js";
import { NATIVE } from "../../scripts/lib/identity.js";
import { DataMarket__factory } from "../../typechain-types/index.js";
import { eventsOf } from "../identity/registry.js";
import { encryptionKey } from "./fixture.js";
import {
  accessUntil,
  buy,
  claimsOf,
  coinOf,
  fund,
  grant,
  grantOf,
  inForce,
  markets,
  metered,
  offerDataset,
  offerStream,
} from "./market.js";

const PRICE = 1_000n;

describe("DataMarket: buying", () => {
  const load = markets(async (market) => {
    const currency = await market.token.getAddress();
    return {
      ...(await offerDataset(market, PRICE)),
      inTokens: await offerDataset(market, PRICE, { sale: { currency } }),
      asBob: market.dataMarket.connect(market.accounts.bob),
    };
  });

  it("says its parts and the treasury", async () => {
    const { dataMarket, dataOffers, dataAssets, dataGrants, accounts, accessManager } =
      await load();
    expect(await dataMarket.offers()).to.equal(await dataOffers.getAddress());
    expect(await dataMarket.assets()).to.equal(await dataAssets.getAddress());
    expect(await dataMarket.grants()).to.equal(await dataGrants.getAddress());
    expect(await dataMarket.credits()).to.equal(ZeroAddress);
    expect(await dataMarket.treasury()).to.equal(accounts.treasury.address);
    expect(await dataMarket.authority()).to.equal(await accessManager.getAddress());
  });

  it("is deployed on offers that are there, with a treasury", async () => {
    const { dataMarket, dataOffers, accounts, accessManager } = await load();
    const { deployer, bob, treasury } = accounts;
    const factory = new DataMarket__factory(deployer);
    await expect(factory.deploy(accessManager, bob, treasury))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketNoCode")
      .withArgs(bob);
    await expect(
      factory.deploy(accessManager, dataOffers, ZeroAddress),
    ).to.be.revertedWithCustomError(dataMarket, "DataMarketMissingTreasury");
    const market = await factory.deploy(accessManager, dataOffers, treasury);
    await expect(market.deploymentTransaction()).to.emit(market, "TreasurySet").withArgs(treasury);
  });

  it("DAT-08 sells a one-off for the native coin, at once the seller's, for ever the buyer's", async () => {
    const loaded = await load();
    const { dataMarket, offerId, accounts, assetId } = loaded;
    const { alice, bob } = accounts;
    expect(await eventsOf(dataMarket, buy(loaded, bob, offerId))).to.deep.equal([
      ["GrantBought", offerId, bob.address, bob.address, 1n, PRICE, ZeroHash],
      ["PriceRecognised", offerId, alice.address, PRICE, 20n, 0n, 0n],
    ]);
    expect(await coinOf(loaded)).to.equal(PRICE);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({ alice: 980n, treasury: 20n });
    expect(await grantOf(loaded, offerId, bob)).to.deep.equal(grant({ held: true }));
    expect(await accessUntil(dataMarket, offerId, bob)).to.equal(2n ** 48n - 1n);
    const forEver = 2n ** 48n - 1n;
    expect([...(await dataMarket.exclusivityOf(assetId))]).to.deep.equal([forEver, 0n, 0n]);
  });

  it("sells for tokens, and takes no coin with them", async () => {
    const loaded = await load();
    const { dataMarket, accounts, token, inTokens, connection } = loaded;
    const { bob } = accounts;
    await expect(buy(loaded, bob, inTokens.offerId, {}, { value: 1n }))
      .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
      .withArgs(0, 1);
    await expect(buy(loaded, bob, inTokens.offerId)).to.changeTokenBalances(
      connection.ethers,
      token,
      [bob, dataMarket],
      [-PRICE, PRICE],
    );
    expect(await claimsOf(loaded, token)).to.deep.equal({ alice: 980n, treasury: 20n });
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
  });

  it("refuses a second one-off to the same holder, whoever pays", async () => {
    const loaded = await load();
    const { dataMarket, offerId, accounts } = loaded;
    const { bob, carol } = accounts;
    await buy(loaded, bob, offerId);
    for (const buyer of [bob, carol]) {
      await expect(buy(loaded, buyer, offerId, { recipient: bob.address }))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketAlreadyHeld")
        .withArgs(offerId, bob);
    }
  });

  it("gives to a recipient what another pays", async () => {
    const loaded = await load();
    const { dataMarket, offerId, accounts } = loaded;
    const { bob, carol } = accounts;
    await expect(buy(loaded, bob, offerId, { recipient: carol.address }))
      .to.emit(dataMarket, "GrantBought")
      .withArgs(offerId, carol, bob, 1, PRICE, ZeroHash);
    expect(await inForce(dataMarket, offerId, carol)).to.equal(true);
    expect(await inForce(dataMarket, offerId, bob)).to.equal(false);
    await expect(buy(loaded, bob, offerId, { recipient: ZeroAddress }))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketInvalidRecipient")
      .withArgs(ZeroAddress);
  });

  it("charges no more than the buyer allows", async () => {
    const loaded = await load();
    const { dataMarket, offerId, accounts } = loaded;
    await expect(buy(loaded, accounts.bob, offerId, { maxPay: PRICE - 1n }))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketPriceTooHigh")
      .withArgs(PRICE, PRICE - 1n);
    await buy(loaded, accounts.bob, offerId, { maxPay: PRICE });
  });

  it("wants no encryption key for content that is open", async () => {
    const loaded = await load();
    const { dataMarket, offerId, accounts } = loaded;
    await expect(buy(loaded, accounts.bob, offerId, { encryptionKey: encryptionKey() }))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketInvalidEncryptionKey")
      .withArgs(encryptionKey());
  });

  it("sells for nothing, and recognises nothing", async () => {
    const loaded = await load();
    const { dataMarket, accounts } = loaded;
    const { bob } = accounts;
    const { offerId } = await offerDataset(loaded, 0n);
    const buying = buy(loaded, bob, offerId, { maxPay: 0n });
    expect(await eventsOf(dataMarket, buying)).to.deep.equal([
      ["GrantBought", offerId, bob.address, bob.address, 1n, 0n, ZeroHash],
    ]);
    expect(await claimsOf(loaded, NATIVE)).to.deep.equal({});
  });

  it("previews what it charges: currency, units and periods", async () => {
    const loaded = await load();
    const { dataMarket, accounts, offerId, inTokens, token } = loaded;
    const { bob } = accounts;
    const stream = await offerStream(loaded, 7n, { sale: { period: 30 } });
    const quota = await offerDataset(loaded, 3n, metered(100));
    for (const [id, units, currency, price] of [
      [offerId, 1, NATIVE, PRICE],
      [inTokens.offerId, 1, await token.getAddress(), PRICE],
      [stream.offerId, 5, NATIVE, 7n * 30n * 5n],
      [quota.offerId, 9, NATIVE, 27n],
    ] as const) {
      const purchase = purchaseOf(id, bob.address, { units, maxPay: price });
      expect([...(await dataMarket.previewBuy(purchase, bob))]).to.deep.equal([currency, price]);
      await expect(dataMarket.previewBuy({ ...purchase, maxPay: price - 1n }, bob))
        .to.be.revertedWithCustomError(dataMarket, "DataMarketPriceTooHigh")
        .withArgs(price, price - 1n);
      await buy(loaded, bob, id, { units, maxPay: price });
    }
    await expect(dataMarket.previewBuy(purchaseOf(offerId, ZeroAddress), bob))
      .to.be.revertedWithCustomError(dataMarket, "DataMarketInvalidRecipient")
      .withArgs(ZeroAddress);
  });

  it("is done for others only by the offers and the grants of the suite", async () => {
    const { asBob, offerId, accounts } = await load();
    const purchase = purchaseOf(offerId, accounts.bob.address);
    await expect(asBob.buyFor(purchase, accounts.carol, { value: PRICE }))
      .to.be.revertedWithCustomError(asBob, "DataMarketUnauthorized")
      .withArgs(accounts.bob);
  });

  describe("takes exactly the price", () => {
    it("and not less of the native coin", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts } = loaded;
      for (const value of [0n, PRICE - 1n]) {
        await expect(buy(loaded, accounts.bob, offerId, {}, { value }))
          .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
          .withArgs(PRICE, value);
      }
    });

    it("R27 and gives back what comes in too much, to whoever pays", async () => {
      const loaded = await load();
      const { dataMarket, offerId, accounts, connection } = loaded;
      const { bob, carol } = accounts;
      const buying = buy(loaded, bob, offerId, { recipient: carol.address }, { value: 5n * PRICE });
      await expect(buying).to.changeEtherBalances(
        connection.ethers,
        [bob, carol, dataMarket],
        [-PRICE, 0n, PRICE],
      );
    });

    it("R27 and keeps no change of a payer that refuses coin: his purchase fails, till it fits", async () => {
      const { dataMarket, offerId, connection } = await load();
      const payer = await connection.ethers.deployContract("RevertingReceiver");
      const purchase = purchaseOf(offerId, await payer.getAddress());
      const data = dataMarket.interface.encodeFunctionData("buy", [purchase]);
      await expect(payer.execute(dataMarket, data, { value: PRICE + 1n }))
        .to.be.revertedWithCustomError(payer, "ReceiverRefused")
        .withArgs(1);
      await payer.execute(dataMarket, data, { value: PRICE });
      expect(await inForce(dataMarket, offerId, payer)).to.equal(true);
    });

    for (const decimals of [0, 6, 8, 18, 24]) {
      it(`of a token with ${decimals} decimals`, async () => {
        const loaded = await load();
        const { accounts, connection, dataMarket } = loaded;
        const token = await connection.ethers.deployContract("MockERC20", [decimals]);
        await token.mint(accounts.bob, parseUnits("100", decimals));
        await token.connect(accounts.bob).approve(dataMarket, parseUnits("100", decimals));
        const price = parseUnits("50", decimals);
        const currency = await token.getAddress();
        const { offerId } = await offerDataset(loaded, price, { sale: { currency } });
        await buy(loaded, accounts.bob, offerId);
        expect(await token.balanceOf(dataMarket)).to.equal(price);
        expect(await claimsOf(loaded, token)).to.deep.equal({
          alice: parseUnits("49", decimals),
          treasury: parseUnits("1", decimals),
        });
      });
    }

    it("so no token with a fee on transfer", async () => {
      const loaded = await load();
      const { accounts, connection, dataMarket } = loaded;
      const token = await connection.ethers.deployContract("FeeOnTransferERC20", [100]);
      await fund(loaded, token);
      const currency = await token.getAddress();
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { currency } });
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "CurrencyInexactIntake")
        .withArgs(token, PRICE, 990);
      expect(await inForce(dataMarket, offerId, accounts.bob)).to.equal(false);
    });

    it("and no token that says false, until it moves", async () => {
      const loaded = await load();
      const { accounts, connection, dataMarket } = loaded;
      const token = await connection.ethers.deployContract("ReturnsFalseERC20");
      await fund(loaded, token);
      const currency = await token.getAddress();
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { currency } });
      await expect(buy(loaded, accounts.bob, offerId))
        .to.be.revertedWithCustomError(dataMarket, "SafeERC20FailedOperation")
        .withArgs(token);
      await token.accept(true);
      await buy(loaded, accounts.bob, offerId);
    });

    it("of a token that returns nothing", async () => {
      const loaded = await load();
      const { accounts, connection, dataMarket } = loaded;
      const token = await connection.ethers.deployContract("ReturnsNothingERC20");
      await fund(loaded, token);
      const currency = await token.getAddress();
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { currency } });
      await buy(loaded, accounts.bob, offerId);
      expect(await token.balanceOf(dataMarket)).to.equal(PRICE);
      await dataMarket.withdraw(token, accounts.alice, accounts.alice);
      expect(await token.balanceOf(accounts.alice)).to.equal(980n);
    });

    it("of a token with a fee on top, which the payer bears", async () => {
      const loaded = await load();
      const { accounts, connection, dataMarket } = loaded;
      const token = await connection.ethers.deployContract("FeeOnTopERC20", [3]);
      await fund(loaded, token);
      const currency = await token.getAddress();
      const { offerId } = await offerDataset(loaded, PRICE, { sale: { currency } });
      await expect(buy(loaded, accounts.bob, offerId)).to.changeTokenBalances(
        connection.ethers,
        token,
        [accounts.bob, dataMarket],
        [-1_003n, PRICE],
      );
    });

    it("of a token that rebases, unless a unit is lost on the way", async () => {
      const loaded = await load();
      const { accounts, connection, dataMarket } = loaded;
      const token = await connection.ethers.deployContract("RebasingERC20");
      await fund(loaded, token);
      await token.rebase(13n * 10n ** 17n); // a share is worth 1.3
      const sale = { currency: await token.getAddress() };
      const odd = await offerDataset(loaded, 100n, { sale });
      await expect(buy(loaded, accounts.bob, odd.offerId))
        .to.be.revertedWithCustomError(dataMarket, "CurrencyInexactIntake")
        .withArgs(token, 100, 98);
      const even = await offerDataset(loaded, 130n, { sale });
      await buy(loaded, accounts.bob, even.offerId);
      await token.rebase(2n * 10n ** 18n);
      expect(await claimsOf(loaded, token)).to.deep.equal({ alice: 127n, treasury: 3n });
    });

    it("and nothing where there is no token", async () => {
      const loaded = await load();
      const { accounts, connection, dataMarket } = loaded;
      const currency = accounts.stranger.address;
      for (const price of [0n, PRICE]) {
        const { offerId } = await offerDataset(loaded, price, { sale: { currency } });
        await expect(buy(loaded, accounts.bob, offerId)).to.revert(connection.ethers);
        expect(await inForce(dataMarket, offerId, accounts.bob)).to.equal(false);
      }
    });

    it("R22 whatever coin or tokens were forced upon it", async () => {
      const loaded = await load();
      const { dataMarket, offerId, inTokens, accounts, token, connection } = loaded;
      const { bob } = accounts;
      const market = await dataMarket.getAddress();
      await connection.ethers.deployContract("ForceSender", [market], { value: 10n * PRICE });
      await token.mint(market, 10n * PRICE);
      await expect(buy(loaded, bob, offerId, {}, { value: 0n }))
        .to.be.revertedWithCustomError(dataMarket, "CurrencyWrongValue")
        .withArgs(PRICE, 0);
      await token.connect(bob).approve(dataMarket, 0n);
      await expect(buy(loaded, bob, inTokens.offerId)).to.be.revertedWithCustomError(
        token,
        "ERC20InsufficientAllowance",
      );
      await token.connect(bob).approve(dataMarket, PRICE);
      for (const [id, currency] of [
        [offerId, NATIVE],
        [inTokens.offerId, token],
      ] as const) {
        await buy(loaded, bob, id);
        expect(await claimsOf(loaded, currency)).to.deep.equal({ alice: 980n, treasury: 20n });
      }
      await dataMarket.withdraw(NATIVE, accounts.alice, accounts.alice);
      expect(await coinOf(loaded)).to.equal(10n * PRICE + 20n);
      await expect(bob.sendTransaction({ to: market, value: 1n })).to.revert(connection.ethers);
    });
  });
});
