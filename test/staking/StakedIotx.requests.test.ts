import { expect } from "chai";
import { MaxUint256, parseEther, ZeroAddress } from "ethers";

import { StakedIotx__factory } from "../../typechain-types/index.js";
import { DAY, inEpoch, now, pass, propose, registerOperator } from "./fixture.js";
import {
  COIN,
  deposit,
  mostOf,
  partOf,
  redeemAll,
  request,
  reward,
  secure,
  SHARES,
  slash,
  stateOf,
  vaults,
} from "./vault.js";

const THOUSAND = parseEther("1000");
const LATER = THOUSAND * SHARES;

describe("StakedIotx: requesting out", () => {
  /** Bob has 1,000 in it, but for a wei's shares. */
  const load = vaults(async (its) => {
    await deposit(its, its.accounts.bob, THOUSAND);
    const epoch = await pass(its);
    return { epoch, all: LATER - SHARES };
  });

  describe("what it takes", () => {
    it("burns the shares and asks their part out of the pool", async () => {
      const its = await load();
      const { vault, stakingPool, operator, accounts, epoch, all } = its;
      const shares = 400n * COIN * SHARES + 7n;
      const leaving = 400n * COIN;
      const sending = vault.requestRedeem(shares, accounts.bob, accounts.bob);
      await expect(sending)
        .to.emit(vault, "RedeemRequest")
        .withArgs(accounts.bob, accounts.bob, 0n, accounts.bob, shares);
      await expect(sending)
        .to.emit(vault, "RedeemPriced")
        .withArgs(accounts.bob, epoch, leaving, leaving, 0n);
      await expect(sending).to.emit(vault, "Transfer").withArgs(accounts.bob, ZeroAddress, shares);
      await expect(sending)
        .to.emit(stakingPool, "ExitRequested")
        .withArgs(operator, vault, epoch, leaving, leaving, leaving);
      expect(await vault.balanceOf(accounts.bob)).to.equal(all - shares);
      expect(await stateOf(its)).to.deep.equal({
        assets: 600n * COIN,
        shares: all - shares,
        idle: 0n,
      });
    });

    it("gives every request the number 0", async () => {
      const { vault, accounts } = await load();
      const ask = () => vault.requestRedeem.staticCall(SHARES, accounts.bob, accounts.bob);
      expect(await ask()).to.equal(0n);
      await vault.requestRedeem(SHARES, accounts.bob, accounts.bob);
      expect(await ask()).to.equal(0n);
    });

    it("sets aside the same part of idle coin, after claiming what epochs that are over brought", async () => {
      const its = await load();
      const { vault, accounts, all } = its;
      await reward(its, 100n * COIN);
      const epoch = await pass(its);
      expect((await stateOf(its)).idle).to.equal(0n);
      const earned = 100n * COIN - 1n;
      const coin = partOf(earned, all / 4n, all);
      const leaving = partOf(THOUSAND, all / 4n, all);
      expect(await vault.previewRequest(all / 4n)).to.deep.equal([leaving, coin]);
      await expect(request(its, accounts.bob, all / 4n))
        .to.emit(vault, "RedeemPriced")
        .withArgs(accounts.bob, epoch, leaving, leaving, coin);
      expect((await stateOf(its)).idle).to.equal(earned - coin);
      expect(await vault.requestOf(accounts.bob, epoch)).to.deep.equal([
        all / 4n,
        leaving + coin,
        await vault.startOf(epoch + 2n),
      ]);
    });

    it("leaves to the vault what the running epoch has earned", async () => {
      const its = await load();
      const { vault, accounts, all } = its;
      await reward(its, 100n * COIN);
      const before = await vault.convertToAssets(all / 2n);
      const [stake, coin] = await vault.previewRequest(all / 2n);
      expect([stake, coin]).to.deep.equal([partOf(THOUSAND, all / 2n, all), 0n]);
      await request(its, accounts.bob, all / 2n);
      expect((await stateOf(its)).assets).to.equal(THOUSAND - stake + 100n * COIN - 1n);
      expect(await vault.convertToAssets(all / 2n)).to.be.greaterThan(before);
    });

    it("previews nothing for nothing", async () => {
      const { vault } = await load();
      expect(await vault.previewRequest(0n)).to.deep.equal([0n, 0n]);
    });

    it("previews nothing where nobody has staked", async () => {
      const its = await load();
      const empty = await registerOperator(its);
      const vault = await new StakedIotx__factory(its.accounts.bob).deploy(
        its.moduleRewards,
        empty,
      );
      expect(await vault.previewRequest(0n)).to.deep.equal([0n, 0n]);
    });

    it("previews stake at the pool's price, which slashes have lowered", async () => {
      const its = await load();
      const { vault, accounts, all } = its;
      const module = await secure(its);
      await pass(its, 2n);
      await slash(its, module, 200n * COIN);
      const [stake, coin] = await vault.previewRequest(all);
      expect([stake, coin]).to.deep.equal([((THOUSAND - 1n) * 800n) / 1_000n, 0n]);
      await expect(request(its, accounts.bob))
        .to.emit(vault, "RedeemPriced")
        .withArgs(accounts.bob, await vault.epoch(), stake, stake, 0n);
    });
  });

  describe("who may", () => {
    it("refuses a request of no shares", async () => {
      const { vault, accounts } = await load();
      await expect(
        vault.requestRedeem(0n, accounts.bob, accounts.bob),
      ).to.be.revertedWithCustomError(vault, "StakedIotxMissingShares");
    });

    it("refuses a share more than the owner has", async () => {
      const its = await load();
      const { vault, accounts, all } = its;
      await expect(request(its, accounts.bob, all + 1n))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientBalance")
        .withArgs(accounts.bob, all, all + 1n);
      await request(its, accounts.bob, all);
      expect(await vault.totalSupply()).to.equal(0n);
    });

    it("refuses a stranger, also one who would be the controller", async () => {
      const { vault, accounts } = await load();
      const stranger = vault.connect(accounts.stranger);
      for (const controller of [accounts.bob, accounts.stranger]) {
        await expect(stranger.requestRedeem(5n, controller, accounts.bob))
          .to.be.revertedWithCustomError(vault, "ERC20InsufficientAllowance")
          .withArgs(accounts.stranger, 0n, 5n);
      }
    });

    it("lets who has the owner's approval, and uses it up", async () => {
      const its = await load();
      const { vault, accounts } = its;
      await vault.approve(accounts.carol, 100n);
      const carols = vault.connect(accounts.carol);
      await expect(carols.requestRedeem(60n, accounts.bob, accounts.bob))
        .to.emit(vault, "RedeemRequest")
        .withArgs(accounts.bob, accounts.bob, 0n, accounts.carol, 60n);
      expect(await vault.allowance(accounts.bob, accounts.carol)).to.equal(40n);
      await expect(carols.requestRedeem(41n, accounts.bob, accounts.bob))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientAllowance")
        .withArgs(accounts.carol, 40n, 41n);
      const taking = carols.requestRedeem(40n, accounts.carol, accounts.bob);
      await expect(taking)
        .to.emit(vault, "RedeemRequest")
        .withArgs(accounts.carol, accounts.bob, 0n, accounts.carol, 40n);
      await expect(taking)
        .to.emit(vault, "RedeemPriced")
        .withArgs(accounts.carol, its.epoch, 0n, 0n, 0n);
      expect(await vault.pendingRedeemRequest(0, accounts.bob)).to.equal(60n);
      expect(await vault.pendingRedeemRequest(0, accounts.carol)).to.equal(40n);
    });

    it("does not use up an approval without end", async () => {
      const { vault, accounts } = await load();
      await vault.approve(accounts.carol, MaxUint256);
      await vault.connect(accounts.carol).requestRedeem(60n, accounts.bob, accounts.bob);
      expect(await vault.allowance(accounts.bob, accounts.carol)).to.equal(MaxUint256);
    });

    it("lets the owner's operator without any approval, and uses none up", async () => {
      const { vault, accounts } = await load();
      await vault.approve(accounts.carol, 100n);
      await vault.setOperator(accounts.carol, true);
      await vault.connect(accounts.carol).requestRedeem(160n, accounts.bob, accounts.bob);
      expect(await vault.allowance(accounts.bob, accounts.carol)).to.equal(100n);
      expect(await vault.pendingRedeemRequest(0, accounts.bob)).to.equal(160n);
    });

    it("does not take the owner for his operator's operator", async () => {
      const { vault, accounts } = await load();
      await vault.connect(accounts.carol).setOperator(accounts.bob, true);
      await expect(vault.connect(accounts.carol).requestRedeem(5n, accounts.bob, accounts.bob))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientAllowance")
        .withArgs(accounts.carol, 0n, 5n);
    });

    it("R31 refuses to burden a controller who has not agreed", async () => {
      const { vault, accounts } = await load();
      await expect(vault.requestRedeem(5n, accounts.carol, accounts.bob))
        .to.be.revertedWithCustomError(vault, "StakedIotxUnauthorized")
        .withArgs(accounts.carol, accounts.bob);
      await vault.setOperator(accounts.carol, true);
      await expect(
        vault.requestRedeem(5n, accounts.carol, accounts.bob),
        "his operator has not agreed by that",
      )
        .to.be.revertedWithCustomError(vault, "StakedIotxUnauthorized")
        .withArgs(accounts.carol, accounts.bob);
    });

    it("lets the owner name a controller whose operator he is", async () => {
      const { vault, accounts } = await load();
      await vault.connect(accounts.carol).setOperator(accounts.bob, true);
      await vault.requestRedeem(5n, accounts.carol, accounts.bob);
      expect(await vault.pendingRedeemRequest(0, accounts.carol)).to.equal(5n);
      expect(await vault.pendingRedeemRequest(0, accounts.bob)).to.equal(0n);
    });

    it("makes operators and ends it, which is said", async () => {
      const { vault, accounts } = await load();
      expect(await vault.setOperator.staticCall(accounts.carol, true)).to.equal(true);
      await expect(vault.setOperator(accounts.carol, true))
        .to.emit(vault, "OperatorSet")
        .withArgs(accounts.bob, accounts.carol, true);
      expect(await vault.isOperator(accounts.bob, accounts.carol)).to.equal(true);
      expect(await vault.isOperator(accounts.carol, accounts.bob)).to.equal(false);
      expect(await vault.setOperator.staticCall(accounts.carol, false)).to.equal(true);
      await expect(vault.setOperator(accounts.carol, false))
        .to.emit(vault, "OperatorSet")
        .withArgs(accounts.bob, accounts.carol, false);
      expect(await vault.isOperator(accounts.bob, accounts.carol)).to.equal(false);
    });
  });

  describe("how it waits", () => {
    it("is pending until the start of the epoch after the next, and claimable from then on", async () => {
      const its = await load();
      const { vault, accounts, epoch, connection } = its;
      await request(its, accounts.bob, 5n * SHARES);
      const maturity = await vault.startOf(epoch + 2n);
      const seen = async () => [
        await vault.pendingRedeemRequest(0, accounts.bob),
        await vault.claimableRedeemRequest(0, accounts.bob),
        await vault.maxRedeem(accounts.bob),
        await vault.maxWithdraw(accounts.bob),
      ];
      expect(await seen()).to.deep.equal([5n * SHARES, 0n, 0n, 0n]);
      await connection.networkHelpers.time.increaseTo(maturity - 1n);
      expect(await seen()).to.deep.equal([5n * SHARES, 0n, 0n, 0n]);
      expect(await vault.requestOf(accounts.bob, epoch)).to.deep.equal([5n * SHARES, 5n, maturity]);
      await connection.networkHelpers.time.increaseTo(maturity);
      expect(await seen()).to.deep.equal([0n, 5n * SHARES, 5n * SHARES, 5n]);
      expect(await vault.requestOf(accounts.bob, epoch)).to.deep.equal([5n * SHARES, 5n, maturity]);
    });

    it("knows no request by another number than 0", async () => {
      const its = await load();
      const { vault, accounts, epoch } = its;
      await request(its, accounts.bob, 5n * SHARES);
      for (const id of [1n, epoch]) {
        expect(await vault.pendingRedeemRequest(id, accounts.bob)).to.equal(0n);
      }
      await pass(its, 2n);
      for (const id of [1n, epoch]) {
        expect(await vault.claimableRedeemRequest(id, accounts.bob)).to.equal(0n);
      }
      expect(await vault.claimableRedeemRequest(0n, accounts.bob)).to.equal(5n * SHARES);
    });

    it("adds up those of an epoch, and keeps those of the next apart", async () => {
      const its = await load();
      const { vault, accounts, epoch } = its;
      await request(its, accounts.bob, 5n * SHARES);
      await request(its, accounts.bob, 6n * SHARES);
      await pass(its);
      await request(its, accounts.bob, 8n * SHARES);
      expect(await vault.pendingRedeemRequest(0, accounts.bob)).to.equal(19n * SHARES);
      expect(await vault.requestOf(accounts.bob, epoch)).to.deep.equal([
        11n * SHARES,
        11n,
        await vault.startOf(epoch + 2n),
      ]);
      expect(await vault.requestOf(accounts.bob, epoch + 1n)).to.deep.equal([
        8n * SHARES,
        8n,
        await vault.startOf(epoch + 3n),
      ]);
      await pass(its);
      expect(await vault.pendingRedeemRequest(0, accounts.bob)).to.equal(8n * SHARES);
      expect(await vault.claimableRedeemRequest(0, accounts.bob)).to.equal(11n * SHARES);
      expect(await vault.maxWithdraw(accounts.bob)).to.equal(11n);
    });

    it("adds up coin that was set aside in an epoch", async () => {
      const its = await load();
      const { vault, accounts, all } = its;
      await reward(its, 100n * COIN);
      const epoch = await pass(its);
      const first = await vault.previewRequest(all / 4n);
      await request(its, accounts.bob, all / 4n);
      const second = await vault.previewRequest(all / 4n);
      await request(its, accounts.bob, all / 4n);
      const [, assets] = await vault.requestOf(accounts.bob, epoch);
      expect(assets).to.equal(first.stake + first.coin + second.stake + second.coin);
      expect(first.coin).to.be.greaterThan(24n * COIN);
    });

    it("tells nothing of epochs in which there was no request", async () => {
      const its = await load();
      const { vault, accounts, epoch } = its;
      await request(its, accounts.bob, 5n * SHARES);
      for (const other of [epoch - 2n, epoch - 1n, epoch + 1n, epoch + 2n, 0n]) {
        expect(await vault.requestOf(accounts.bob, other)).to.deep.equal([
          0n,
          0n,
          await vault.startOf(other + 2n),
        ]);
      }
    });

    it("keeps what matured before a new request of the controller", async () => {
      const its = await load();
      const { vault, accounts, epoch } = its;
      await request(its, accounts.bob, 5n * SHARES);
      await inEpoch(its, epoch + 2n);
      await request(its, accounts.bob, 9n * SHARES);
      expect(await vault.pendingRedeemRequest(0, accounts.bob)).to.equal(9n * SHARES);
      expect(await vault.claimableRedeemRequest(0, accounts.bob)).to.equal(5n * SHARES);
      expect(await vault.maxWithdraw(accounts.bob)).to.equal(5n);
      const [before] = await vault.requestOf(accounts.bob, epoch);
      expect(before).to.equal(0n);
      await inEpoch(its, epoch + 5n);
      await request(its, accounts.bob, 11n * SHARES);
      expect(await vault.pendingRedeemRequest(0, accounts.bob)).to.equal(11n * SHARES);
      expect(await vault.claimableRedeemRequest(0, accounts.bob)).to.equal(14n * SHARES);
      expect(await vault.maxWithdraw(accounts.bob)).to.equal(14n);
    });
  });

  describe("STK-10: it is never refused", () => {
    it("R33 while intake everywhere is paused", async () => {
      const its = await load();
      const { accounts, stakingPool, moduleRewards, vault } = its;
      const until = (await now(its)) + 14 * DAY;
      await stakingPool.connect(accounts.guardian).pauseIntake(until);
      await moduleRewards.connect(accounts.guardian).pauseIntake(until);
      const epoch = await stakingPool.epoch();
      await request(its, accounts.bob, 5n * SHARES);
      await its.connection.networkHelpers.time.increaseTo(await vault.startOf(epoch + 2n));
      const sending = redeemAll(its, accounts.bob);
      await expect(sending, "R33").to.changeEtherBalance(its.connection.ethers, accounts.bob, 5n);
    });

    it("while a slash is proposed; and the slash finds it", async () => {
      const its = await load();
      const { accounts, vault, all } = its;
      const module = await secure(its);
      const epoch = await pass(its, 2n);
      await propose(its, { operator: its.operator, module }, 100n * COIN);
      await request(its, accounts.bob, all / 2n);
      const [, before] = await vault.requestOf(accounts.bob, epoch);
      await slash(its, module, 100n * COIN);
      const [, after] = await vault.requestOf(accounts.bob, epoch);
      expect(before).to.equal(partOf(THOUSAND, all / 2n, all));
      expect(after).to.be.closeTo((before * 9n) / 10n, 1n);
    });

    it("R24 for a single share, which is worth nothing", async () => {
      const its = await load();
      const { accounts, vault, epoch } = its;
      await expect(request(its, accounts.bob, 1n))
        .to.emit(vault, "RedeemPriced")
        .withArgs(accounts.bob, epoch, 0n, 0n, 0n);
      await request(its, accounts.bob, SHARES - 1n);
      await pass(its, 2n);
      expect(await vault.maxRedeem(accounts.bob)).to.equal(SHARES);
      expect(await vault.maxWithdraw(accounts.bob)).to.equal(0n);
      await expect(redeemAll(its, accounts.bob))
        .to.emit(vault, "Withdraw")
        .withArgs(accounts.bob, accounts.bob, accounts.bob, 0n, SHARES);
      expect(await vault.maxRedeem(accounts.bob)).to.equal(0n);
    });

    it("for shares worth nothing beside others that are worth something", async () => {
      const its = await load();
      const { accounts, vault } = its;
      await request(its, accounts.bob, 1n);
      await vault.transfer(accounts.carol, 9n * SHARES);
      await request(its, accounts.carol, 9n * SHARES);
      await pass(its, 2n);
      await redeemAll(its, accounts.bob);
      const sending = redeemAll(its, accounts.carol);
      await expect(sending).to.changeEtherBalance(its.connection.ethers, accounts.carol, 9n);
    });

    it("when the operator is closed, and his stake is nearly gone", async () => {
      const its = await load();
      const { accounts, vault, stakingPool } = its;
      const module = await secure(its);
      await pass(its, 2n);
      for (let closed = false; !closed;) {
        await slash(its, module, await mostOf(its, module));
        await pass(its);
        ({ closed } = await stakingPool.operatorOf(its.operator));
      }
      const { assets } = await stateOf(its);
      const epoch = await vault.epoch();
      await request(its, accounts.bob);
      expect((await stateOf(its)).shares).to.equal(0n);
      await inEpoch(its, epoch + 2n);
      const paid = await vault.maxWithdraw(accounts.bob);
      expect(paid).to.be.closeTo(assets, 1n);
      const sending = redeemAll(its, accounts.bob);
      await expect(sending).to.changeEtherBalance(its.connection.ethers, accounts.bob, paid);
    });
  });
});
