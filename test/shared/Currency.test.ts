import { expect } from "chai";
import { MaxUint256, parseEther, ZeroAddress } from "ethers";
import { network } from "hardhat";

import { namedAccounts } from "../../scripts/lib/accounts.js";
import type {
  CurrencyHarness,
  FeeOnTransferERC20,
  MockERC20,
  RebasingERC20,
  ReturnsNothingERC20,
} from "../../typechain-types/index.js";

const NATIVE = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"; // ERC-7528
const PRICE = 1_000_000n;

describe("Currency", () => {
  async function fixture() {
    const { ethers } = connection;
    const [payer, recipient] = await ethers.getSigners();
    if (payer === undefined || recipient === undefined)
      throw new Error("the chain has no accounts");
    const harness = await ethers.deployContract("CurrencyHarness");
    return { ethers, harness, payer, recipient, book: await harness.getAddress() };
  }

  let connection: Awaited<ReturnType<typeof network.create>>;

  before(async () => {
    connection = await network.create("hardhat");
  });

  /** A payer who holds `PRICE` of the token and lets the harness take everything. */
  async function funded<T extends MockERC20 | ReturnsNothingERC20>(
    token: T,
    harness: CurrencyHarness,
  ): Promise<T> {
    const { deployer: payer } = await namedAccounts(connection.ethers);
    await token.mint(payer, PRICE);
    await token.approve(harness, MaxUint256);
    return token;
  }

  const load = () => connection.networkHelpers.loadFixture(fixture);

  describe("as a type", () => {
    it("knows the native coin by ERC-7528's address, and takes every other for a token", async () => {
      const { harness, recipient } = await load();
      expect(await harness.native()).to.equal(NATIVE);
      expect(await harness.isNative(NATIVE)).to.equal(true);
      expect(await harness.isNative(recipient)).to.equal(false);
      expect(await harness.isNative(ZeroAddress)).to.equal(false);
    });

    it("compares by address", async () => {
      const { harness, payer, recipient } = await load();
      expect(await harness.equal(payer, payer)).to.equal(true);
      expect(await harness.equal(payer, recipient)).to.equal(false);
    });
  });

  describe("balanceOf", () => {
    it("reads coin, force-sent coin included", async () => {
      const { ethers, harness, book } = await load();
      expect(await harness.balanceOf(NATIVE, book)).to.equal(0n);
      await ethers.deployContract("ForceSender", [book], { value: 7n });
      expect(await harness.balanceOf(NATIVE, book)).to.equal(7n);
    });

    it("reads a token", async () => {
      const { ethers, harness, recipient } = await load();
      const token = await ethers.deployContract("MockERC20", [18]);
      expect(await harness.balanceOf(token, recipient)).to.equal(0n);
      await token.mint(recipient, 5n);
      expect(await harness.balanceOf(token, recipient)).to.equal(5n);
    });

    it("reverts where there is no token", async () => {
      const { harness, ethers, payer, recipient } = await load();
      await expect(harness.balanceOf(recipient, payer)).to.revert(ethers);
      await expect(harness.balanceOf(ZeroAddress, payer)).to.revert(ethers);
    });
  });

  describe("take of the native coin", () => {
    it("takes exactly the value sent", async () => {
      const { ethers, harness, payer, recipient } = await load();
      const taking = harness.take(NATIVE, recipient, PRICE, { value: PRICE });
      await expect(taking).to.changeEtherBalances(ethers, [payer, harness], [-PRICE, PRICE]);
    });

    for (const [name, sent] of [
      ["too little", PRICE - 1n],
      ["too much", PRICE + 1n],
      ["nothing", 0n],
    ] as const) {
      it(`refuses ${name}`, async () => {
        const { harness, payer } = await load();
        await expect(harness.take(NATIVE, payer, PRICE, { value: sent }))
          .to.be.revertedWithCustomError(harness, "CurrencyWrongValue")
          .withArgs(PRICE, sent);
      });
    }

    it("takes it from contracts", async () => {
      const { ethers, harness } = await load();
      const buyers = [
        await ethers.deployContract("RevertingReceiver"),
        await ethers.deployContract("ReentrantReceiver"),
      ];
      for (const buyer of buyers) {
        const take = harness.interface.encodeFunctionData("take", [
          NATIVE,
          await buyer.getAddress(),
          PRICE,
        ]);
        const taking = buyer.execute(harness, take, { value: PRICE });
        await expect(taking).to.changeEtherBalances(ethers, [buyer, harness], [0n, PRICE]);
      }
    });

    it("takes zero, and then no value", async () => {
      const { harness, payer } = await load();
      await harness.take(NATIVE, payer, 0n);
      await expect(harness.take(NATIVE, payer, 0n, { value: 1n }))
        .to.be.revertedWithCustomError(harness, "CurrencyWrongValue")
        .withArgs(0n, 1n);
    });

    it("R22 takes no account of coin that is there already", async () => {
      const { ethers, harness, payer, book } = await load();
      await ethers.deployContract("ForceSender", [book], { value: PRICE });
      await expect(harness.take(NATIVE, payer, PRICE))
        .to.be.revertedWithCustomError(harness, "CurrencyWrongValue")
        .withArgs(PRICE, 0n);
    });
  });

  describe("take of a token", () => {
    for (const decimals of [0, 6, 8, 18, 24]) {
      it(`takes exactly the price of a token with ${decimals} decimals`, async () => {
        const { ethers, harness, payer, recipient } = await load();
        const token = await ethers.deployContract("MockERC20", [decimals]);
        expect(await token.decimals()).to.equal(decimals);
        const price = 3n * 10n ** BigInt(decimals);
        await token.mint(payer, price);
        await token.approve(harness, price);
        const taking = harness.connect(recipient).take(token, payer, price);
        await expect(taking).to.changeTokenBalances(
          ethers,
          token,
          [payer, harness],
          [-price, price],
        );
      });
    }

    it("refuses coin beside it", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(await ethers.deployContract("MockERC20", [18]), harness);
      await expect(harness.take(token, payer, PRICE, { value: 1n }))
        .to.be.revertedWithCustomError(harness, "CurrencyWrongValue")
        .withArgs(0n, 1n);
    });

    it("takes zero", async () => {
      const { ethers, harness, payer } = await load();
      const token = await ethers.deployContract("MockERC20", [18]);
      await expect(harness.take(token, payer, 0n)).to.changeTokenBalances(
        ethers,
        token,
        [harness],
        [0n],
      );
    });

    it("measures what arrived, not what is there", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(await ethers.deployContract("MockERC20", [18]), harness);
      await token.mint(harness, 12_345n);
      const taking = harness.take(token, payer, PRICE);
      await expect(taking).to.changeTokenBalances(ethers, token, [payer, harness], [-PRICE, PRICE]);
    });

    it("passes on why a token reverts", async () => {
      const { ethers, harness, payer } = await load();
      const token = await ethers.deployContract("MockERC20", [18]);
      await expect(harness.take(token, payer, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(harness, 0n, 1n);
    });

    it("refuses a payer who is the contract itself", async () => {
      const { ethers, harness } = await load();
      const token: MockERC20 = await ethers.deployContract("MockERC20", [18]);
      const self = await harness.getAddress();
      await token.mint(self, PRICE);
      await connection.networkHelpers.impersonateAccount(self);
      await connection.networkHelpers.setBalance(self, parseEther("1"));
      await token.connect(await ethers.getSigner(self)).approve(self, PRICE);
      await expect(harness.take(token, self, PRICE))
        .to.be.revertedWithCustomError(harness, "CurrencyInexactIntake")
        .withArgs(token, PRICE, 0n);
    });

    it("refuses a fee on transfer, and says what arrived", async () => {
      const { ethers, harness, payer } = await load();
      const token: FeeOnTransferERC20 = await funded(
        await ethers.deployContract("FeeOnTransferERC20", [100]),
        harness,
      );
      await expect(harness.take(token, payer, PRICE))
        .to.be.revertedWithCustomError(harness, "CurrencyInexactIntake")
        .withArgs(token, PRICE, (PRICE * 99n) / 100n);
    });

    it("refuses a token that says it moved and delivers nothing", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(
        await ethers.deployContract("FeeOnTransferERC20", [10_000]),
        harness,
      );
      await expect(harness.take(token, payer, PRICE))
        .to.be.revertedWithCustomError(harness, "CurrencyInexactIntake")
        .withArgs(token, PRICE, 0n);
    });

    it("takes a fee-on-transfer token whose fee rounds to nothing", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(await ethers.deployContract("FeeOnTransferERC20", [100]), harness);
      await expect(harness.take(token, payer, 99n)).to.changeTokenBalances(
        ethers,
        token,
        [harness],
        [99n],
      );
    });

    it("refuses a rebasing token that delivers a unit less, and takes it when it delivers all", async () => {
      const { ethers, harness, payer } = await load();
      const token: RebasingERC20 = await funded(
        await ethers.deployContract("RebasingERC20"),
        harness,
      );
      await token.rebase(parseEther("1.3"));
      await expect(harness.take(token, payer, 100n))
        .to.be.revertedWithCustomError(harness, "CurrencyInexactIntake")
        .withArgs(token, 100n, 98n); // 76 shares
      await expect(harness.take(token, payer, 130n)).to.changeTokenBalances(
        ethers,
        token,
        [harness],
        [130n],
      );
    });

    it("refuses what a hook of the token adds to the price", async () => {
      const { ethers, harness, payer } = await load();
      const token = await ethers.deployContract("HookedERC20");
      await token.mint(payer, PRICE);
      await token.approve(harness, MaxUint256);
      await token.arm(
        token,
        token.interface.encodeFunctionData("mint", [await harness.getAddress(), 1n]),
      );
      await expect(harness.take(token, payer, PRICE))
        .to.be.revertedWithCustomError(harness, "CurrencyInexactIntake")
        .withArgs(token, PRICE, PRICE + 1n);
    });

    it("refuses a token that returns false", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(await ethers.deployContract("ReturnsFalseERC20"), harness);
      await expect(harness.take(token, payer, PRICE))
        .to.be.revertedWithCustomError(harness, "SafeERC20FailedOperation")
        .withArgs(token);
      await token.accept(true);
      await expect(harness.take(token, payer, PRICE)).to.changeTokenBalances(
        ethers,
        token,
        [harness],
        [PRICE],
      );
    });

    it("takes a token that returns nothing", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(await ethers.deployContract("ReturnsNothingERC20"), harness);
      await harness.take(token, payer, PRICE);
      expect(await token.balanceOf(harness)).to.equal(PRICE);
      expect(await token.balanceOf(payer)).to.equal(0n);
    });

    it("reverts where there is no token", async () => {
      const { ethers, harness, payer, recipient } = await load();
      await expect(harness.take(recipient, payer, 0n)).to.revert(ethers);
    });
  });

  describe("takeMeasured", () => {
    it("takes exactly the coin that was announced", async () => {
      const { ethers, harness, payer } = await load();
      const taking = harness.takeMeasured(NATIVE, payer, PRICE, { value: PRICE });
      await expect(taking).to.changeEtherBalances(ethers, [payer, harness], [-PRICE, PRICE]);
      expect(await harness.received()).to.equal(PRICE);
      await expect(harness.takeMeasured(NATIVE, payer, PRICE, { value: PRICE - 1n }))
        .to.be.revertedWithCustomError(harness, "CurrencyWrongValue")
        .withArgs(PRICE, PRICE - 1n);
    });

    it("tells what arrives of a token with a fee, whatever is there already", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(await ethers.deployContract("FeeOnTransferERC20", [100]), harness);
      await token.mint(harness, 12_345n);
      await harness.takeMeasured(token, payer, PRICE);
      expect(await harness.received()).to.equal((PRICE * 99n) / 100n);
    });

    it("refuses coin beside a token", async () => {
      const { ethers, harness, payer } = await load();
      const token = await funded(await ethers.deployContract("MockERC20", [18]), harness);
      await expect(harness.takeMeasured(token, payer, PRICE, { value: 1n }))
        .to.be.revertedWithCustomError(harness, "CurrencyWrongValue")
        .withArgs(0n, 1n);
    });

    it("credits nothing to a contract that takes from itself", async () => {
      const { ethers, harness } = await load();
      const token: MockERC20 = await ethers.deployContract("MockERC20", [18]);
      const self = await harness.getAddress();
      await token.mint(self, PRICE);
      await connection.networkHelpers.impersonateAccount(self);
      await connection.networkHelpers.setBalance(self, parseEther("1"));
      await token.connect(await ethers.getSigner(self)).approve(self, PRICE);
      await harness.takeMeasured(token, self, PRICE);
      expect(await harness.received()).to.equal(0n);
    });
  });

  describe("pay", () => {
    async function filled() {
      const loaded = await load();
      await loaded.payer.sendTransaction({ to: loaded.book, value: PRICE });
      return loaded;
    }

    it("pays the native coin", async () => {
      const { ethers, harness, recipient } = await filled();
      const paying = harness.pay(NATIVE, recipient, PRICE);
      await expect(paying).to.changeEtherBalances(ethers, [harness, recipient], [-PRICE, PRICE]);
    });

    it("pays zero of the native coin", async () => {
      const { ethers, harness, recipient } = await filled();
      await expect(harness.pay(NATIVE, recipient, 0n)).to.changeEtherBalances(
        ethers,
        [recipient],
        [0n],
      );
    });

    it("refuses to pay coin that is not there", async () => {
      const { harness, recipient } = await filled();
      await expect(harness.pay(NATIVE, recipient, PRICE + 1n))
        .to.be.revertedWithCustomError(harness, "InsufficientBalance")
        .withArgs(PRICE, PRICE + 1n);
    });

    it("passes on why a receiver refuses, and pays once it accepts", async () => {
      const { ethers, harness } = await filled();
      const receiver = await ethers.deployContract("RevertingReceiver");
      await expect(harness.pay(NATIVE, receiver, PRICE))
        .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
        .withArgs(PRICE);
      await receiver.accept(true);
      await expect(harness.pay(NATIVE, receiver, PRICE)).to.changeEtherBalances(
        ethers,
        [receiver],
        [PRICE],
      );
    });

    it("reverts when a receiver burns the gas", async () => {
      const { ethers, harness } = await filled();
      const receiver = await ethers.deployContract("GasBurningReceiver");
      await expect(
        harness.pay(NATIVE, receiver, PRICE, { gasLimit: 1_000_000 }),
      ).to.be.revertedWithCustomError(harness, "FailedCall");
    });

    it("lets a receiver call, with all the gas", async () => {
      const { ethers, harness, recipient } = await filled();
      const receiver = await ethers.deployContract("ReentrantReceiver");
      await expect(harness.pay(NATIVE, receiver, 2n)).to.changeEtherBalances(
        ethers,
        [receiver],
        [2n],
      );
      await receiver.arm(
        harness,
        harness.interface.encodeFunctionData("pay", [NATIVE, recipient.address, 1n]),
      );
      const paying = harness.pay(NATIVE, receiver, 2n);
      await expect(paying).to.changeEtherBalances(
        ethers,
        [receiver, recipient, harness],
        [2n, 1n, -3n],
      );
      expect(await receiver.succeeded()).to.equal(true);
    });

    it("pays a token", async () => {
      const { ethers, harness, recipient } = await load();
      const token = await ethers.deployContract("MockERC20", [6]);
      await token.mint(harness, PRICE);
      const paying = harness.pay(token, recipient, PRICE);
      await expect(paying).to.changeTokenBalances(
        ethers,
        token,
        [harness, recipient],
        [-PRICE, PRICE],
      );
    });

    it("pays zero of a token", async () => {
      const { ethers, harness, recipient } = await load();
      const token = await ethers.deployContract("MockERC20", [6]);
      await expect(harness.pay(token, recipient, 0n)).to.changeTokenBalances(
        ethers,
        token,
        [recipient],
        [0n],
      );
    });

    it("passes on why a token reverts", async () => {
      const { ethers, harness, recipient } = await load();
      const token = await ethers.deployContract("MockERC20", [6]);
      await expect(harness.pay(token, recipient, 1n))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
        .withArgs(harness, 0n, 1n);
    });

    it("refuses a token that returns false", async () => {
      const { ethers, harness, recipient } = await load();
      const token = await ethers.deployContract("ReturnsFalseERC20");
      await token.mint(harness, PRICE);
      await expect(harness.pay(token, recipient, PRICE))
        .to.be.revertedWithCustomError(harness, "SafeERC20FailedOperation")
        .withArgs(token);
    });

    it("pays a token that returns nothing", async () => {
      const { ethers, harness, recipient } = await load();
      const token = await ethers.deployContract("ReturnsNothingERC20");
      await token.mint(harness, PRICE);
      await harness.pay(token, recipient, PRICE);
      expect(await token.balanceOf(recipient)).to.equal(PRICE);
    });

    it("reverts where there is no token", async () => {
      const { harness, payer, recipient } = await load();
      await expect(harness.pay(recipient, payer, 1n))
        .to.be.revertedWithCustomError(harness, "SafeERC20FailedOperation")
        .withArgs(recipient);
    });
  });
});
