import { expect } from "chai";
import { type ContractTransactionResponse, parseEther } from "ethers";
import hre from "hardhat";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import { ALL, DAY, inEpoch, now, pass, propose, STAKE, stake, untilReady } from "./fixture.js";
import {
  COIN,
  deposit,
  mostOf,
  partOf,
  redeemAll,
  request,
  reward,
  rewardsOf,
  secure,
  SHARES,
  slash,
  stateOf,
  type Vault,
  vaults,
} from "./vault.js";

const THOUSAND = parseEther("1000");
/** Of a later request of an epoch, in gas. */
const MOST_OF_A_REQUEST = 105_000n;

/** What all receipts of an account are worth. */
async function worthOf({ vault }: Vault, account: { address: string }): Promise<bigint> {
  return vault.convertToAssets(await vault.balanceOf(account.address));
}

describe("StakedIotx: rewards", () => {
  /** Bob has 1,000 in it since before the epoch. */
  const load = vaults(async (its) => {
    await deposit(its, its.accounts.bob, THOUSAND);
    return { epoch: await pass(its) };
  });

  describe("in the price", () => {
    it("count from the moment they are funded, through every way they take", async () => {
      const its = await load();
      const { vault, moduleRewards, operator, accounts } = its;
      expect((await stateOf(its)).assets).to.equal(THOUSAND);
      await reward(its, 100n * COIN);
      const earned = (await rewardsOf(its)).running;
      expect(earned).to.be.closeTo(100n * COIN, 1n);
      expect((await stateOf(its)).assets, "running").to.equal(THOUSAND + earned);
      await pass(its);
      expect(await rewardsOf(its)).to.deep.equal({ claimable: earned, running: 0n });
      expect((await stateOf(its)).assets, "claimable").to.equal(THOUSAND + earned);
      await moduleRewards.connect(accounts.stranger).claimFor(operator, NATIVE, vault, ALL);
      expect((await stateOf(its)).idle).to.equal(earned);
      expect((await stateOf(its)).assets, "idle").to.equal(THOUSAND + earned);
      await vault.compound();
      expect(await stateOf(its), "staked").to.deep.equal({
        assets: THOUSAND + earned,
        shares: (THOUSAND - 1n) * SHARES,
        idle: 0n,
      });
    });

    it("STK-12 give nothing to who comes after seeing the money", async () => {
      const its = await load();
      const { accounts } = its;
      await reward(its, 100n * COIN);
      const before = await worthOf(its, accounts.bob);
      await deposit(its, accounts.carol, 9n * THOUSAND);
      expect(await worthOf(its, accounts.bob)).to.be.closeTo(before, 1n);
      await pass(its, 2n);
      expect(await worthOf(its, accounts.carol), "STK-12").to.be.closeTo(9n * THOUSAND, 2n);
      expect(await worthOf(its, accounts.bob)).to.be.closeTo(before, 1n);
    });

    it("STK-07 bring nothing to who comes and goes in one epoch, even before they are funded", async () => {
      const its = await load();
      const { accounts, vault } = its;
      await deposit(its, accounts.carol, THOUSAND);
      await reward(its, 100n * COIN);
      const epoch = await vault.epoch();
      await request(its, accounts.carol);
      await inEpoch(its, epoch + 2n);
      const paid = await vault.maxWithdraw(accounts.carol);
      expect(paid, "STK-07").to.be.lessThan(THOUSAND);
      expect(paid).to.be.closeTo(THOUSAND, 2n);
    });

    it("of the rest of an epoch are shared with who came in during it, as who goes out leaves his", async () => {
      const its = await load();
      const { accounts } = its;
      await deposit(its, accounts.carol, THOUSAND);
      await reward(its, 100n * COIN);
      expect(await worthOf(its, accounts.carol)).to.be.closeTo(1_050n * COIN, COIN / 1_000n);
      await request(its, accounts.carol);
      expect(await worthOf(its, accounts.bob)).to.be.closeTo(1_100n * COIN, COIN / 1_000n);
    });

    it("go to the vault and others who stake with the operator, by their stake", async () => {
      const its = await load();
      const { accounts, operator } = its;
      await stake(its, accounts.carol, operator, 3n * STAKE);
      await pass(its);
      await reward(its, 100n * COIN);
      expect((await rewardsOf(its)).running).to.be.closeTo(25n * COIN, 1n);
    });
  });

  describe("claimed on the way", () => {
    for (const [what, act] of [
      ["a deposit", (its: Vault) => deposit(its, its.accounts.carol, COIN)],
      [
        "a deposit of so many shares",
        (its: Vault) => its.vault.mint(COIN * SHARES, its.accounts.bob, { value: 2n * COIN }),
      ],
      ["a request", (its: Vault) => request(its, its.accounts.bob, SHARES)],
      ["a compounding", (its: Vault) => its.vault.compound()],
    ] as const) {
      it(`come with ${what}, once in an epoch`, async () => {
        const its = await load();
        const { moduleRewards, vault, operator } = its;
        for (const amount of [100n * COIN, 10n * COIN]) {
          await reward(its, amount);
          await pass(its);
          const { claimable } = await rewardsOf(its);
          expect(claimable).to.be.closeTo(amount, 1n);
          await expect(act(its))
            .to.emit(moduleRewards, "Claimed")
            .withArgs(operator, vault, NATIVE, vault, claimable);
          const { paidThrough } = await moduleRewards.claimOf(operator, NATIVE, vault);
          expect(paidThrough).to.equal((await vault.epoch()) - 1n);
          await act(its);
        }
      });
    }

    it("are not asked for a second time in an epoch, which would cost more than 10,000 gas", async function () {
      if (hre.globalOptions.coverage) this.skip();
      const its = await load();
      const { accounts, moduleRewards, operator, vault } = its;
      const gasOf = async (sending: Promise<ContractTransactionResponse>) =>
        (await (await sending).wait())?.gasUsed ?? 0n;
      const requesting = () => gasOf(request(its, accounts.bob, SHARES));
      await requesting();
      const again = await requesting();
      await pass(its, 2n);
      await requesting();
      expect(await requesting()).to.be.closeTo(again, 1_000n);
      const asking = await gasOf(moduleRewards.claimFor(operator, NATIVE, vault, ALL));
      expect(again).to.be.lessThan(MOST_OF_A_REQUEST);
      expect(asking - 21_000n).to.be.greaterThan(10_000n);
    });

    it("are all there, of however many epochs", async () => {
      const its = await load();
      const { vault, accounts } = its;
      let earned = 0n;
      for (let epoch = 0; epoch < 3; ++epoch) {
        await reward(its, 10n * COIN);
        await deposit(its, accounts.carol, COIN);
        earned += 10n * COIN;
        await pass(its);
      }
      await request(its, accounts.bob, SHARES);
      expect((await rewardsOf(its)).claimable).to.equal(0n);
      expect(await vault.idle()).to.be.closeTo(earned, 10n);
    });
  });

  describe("compounded", () => {
    it("are staked by anyone, which is said", async () => {
      const its = await load();
      const { vault, stakingPool, operator, accounts } = its;
      await reward(its, 100n * COIN);
      const { running } = await rewardsOf(its);
      await pass(its);
      const anyones = vault.connect(accounts.stranger);
      expect(await anyones.compound.staticCall()).to.equal(running);
      const sending = anyones.compound();
      await expect(sending).to.emit(vault, "Compounded").withArgs(running);
      await expect(sending)
        .to.emit(stakingPool, "Staked")
        .withArgs(operator, vault, running, running);
      expect(await stakingPool.stakeOf(operator, vault)).to.equal(THOUSAND + running);
      expect(await vault.idle()).to.equal(0n);
    });

    it("earn from the next epoch on", async () => {
      const its = await load();
      const { vault, accounts, operator } = its;
      await stake(its, accounts.carol, operator, STAKE);
      await reward(its, 1_000n * COIN);
      await pass(its);
      await vault.compound();
      await pass(its);
      await reward(its, 300n * COIN);
      expect((await rewardsOf(its)).running, "2,000 of 3,000").to.be.closeTo(200n * COIN, 2n);
    });

    it("wait below 1 IOTX, and go with the wei that makes it so", async () => {
      const its = await load();
      const { vault, moduleRewards, connection } = its;
      const rewards = await moduleRewards.getAddress();
      await connection.networkHelpers.impersonateAccount(rewards);
      await connection.networkHelpers.setBalance(rewards, 3n * COIN);
      const payer = await connection.ethers.getSigner(rewards);
      await payer.sendTransaction({ to: vault, value: COIN - 1n });
      expect(await vault.compound.staticCall()).to.equal(0n);
      expect(await eventsOf(vault, vault.compound())).to.deep.equal([]);
      expect(await vault.idle()).to.equal(COIN - 1n);
      await payer.sendTransaction({ to: vault, value: 1n });
      await expect(vault.compound()).to.emit(vault, "Compounded").withArgs(COIN);
      expect(await stateOf(its)).to.deep.equal({
        assets: THOUSAND + COIN,
        shares: (THOUSAND - 1n) * SHARES,
        idle: 0n,
      });
    });

    it("wait while a slash is proposed, out of its reach, and nothing reverts", async () => {
      const its = await load();
      const { vault } = its;
      const module = await secure(its);
      await pass(its, 2n);
      await reward(its, 100n * COIN);
      const { running } = await rewardsOf(its);
      await pass(its);
      const proposal = await propose(its, { operator: its.operator, module }, 200n * COIN);
      await expect(vault.compound()).to.not.emit(vault, "Compounded");
      expect(await vault.idle()).to.equal(running);
      await untilReady(its, proposal);
      await its.slashCourt.execute(proposal);
      expect(await vault.idle(), "the slash took of the stake alone").to.equal(running);
      await expect(vault.compound()).to.emit(vault, "Compounded").withArgs(running);
    });

    it("wait while the pool's intake is paused", async () => {
      const its = await load();
      const { vault, stakingPool, accounts, connection } = its;
      await reward(its, 100n * COIN);
      const { running } = await rewardsOf(its);
      await pass(its);
      const until = (await now(its)) + DAY;
      await stakingPool.connect(accounts.guardian).pauseIntake(until);
      await expect(vault.compound()).to.not.emit(vault, "Compounded");
      expect(await vault.idle()).to.equal(running);
      await connection.networkHelpers.time.increaseTo(until);
      await expect(vault.compound()).to.emit(vault, "Compounded").withArgs(running);
    });

    it("wait for good when the operator is closed, and leave with those who leave", async () => {
      const its = await load();
      const { vault, stakingPool, accounts, connection } = its;
      const module = await secure(its);
      await pass(its, 2n);
      for (let closed = false; !closed;) {
        await slash(its, module, await mostOf(its, module));
        await pass(its);
        ({ closed } = await stakingPool.operatorOf(its.operator));
      }
      await reward(its, 100n * COIN);
      await pass(its);
      await expect(vault.compound()).to.not.emit(vault, "Compounded");
      expect(await vault.idle()).to.be.closeTo(100n * COIN, COIN / 1_000_000n);
      const epoch = await vault.epoch();
      await request(its, accounts.bob);
      await inEpoch(its, epoch + 2n);
      const paid = await vault.maxWithdraw(accounts.bob);
      expect(paid).to.be.closeTo(100n * COIN, COIN);
      const sending = redeemAll(its, accounts.bob);
      await expect(sending).to.changeEtherBalance(connection.ethers, accounts.bob, paid);
    });

    it("do not take what was set aside for requests", async () => {
      const its = await load();
      const { vault, accounts, connection } = its;
      await reward(its, 100n * COIN);
      const epoch = await pass(its);
      const all = await vault.balanceOf(accounts.bob);
      await request(its, accounts.bob, all / 2n);
      const coin = partOf(100n * COIN - 1n, all / 2n, all);
      const { idle } = await stateOf(its);
      expect(idle).to.equal(100n * COIN - 1n - coin);
      await expect(vault.compound()).to.emit(vault, "Compounded").withArgs(idle);
      expect(await connection.ethers.provider.getBalance(vault)).to.equal(coin);
      await inEpoch(its, epoch + 2n);
      await redeemAll(its, accounts.bob);
      expect(await connection.ethers.provider.getBalance(vault)).to.equal(0n);
    });
  });

  describe("when all shares are out", () => {
    /** Bob has left all of it, in an epoch that earned 100; 50 more came later. */
    const loadLeft = vaults(async (its) => {
      await deposit(its, its.accounts.bob, THOUSAND);
      await pass(its);
      await reward(its, 100n * COIN);
      await request(its, its.accounts.bob);
      await reward(its, 50n * COIN);
      return {};
    });

    it("R28 belong to whoever deposits next, at the first price", async () => {
      const its = await loadLeft();
      const { vault, accounts } = its;
      const left = (await stateOf(its)).assets;
      expect(left).to.be.closeTo(150n * COIN, 2n);
      expect(await vault.convertToShares(COIN)).to.equal(COIN * SHARES);
      expect(await vault.convertToAssets(COIN * SHARES)).to.equal(COIN);
      expect(await vault.previewMint(COIN * SHARES)).to.equal(COIN + 1n);
      await deposit(its, accounts.carol, 10n * COIN);
      expect(await vault.balanceOf(accounts.carol)).to.equal((10n * COIN - 1n) * SHARES);
      expect(await worthOf(its, accounts.carol), "R28").to.be.closeTo(10n * COIN + left, 100n);
    });

    it("do not touch what those who left are owed", async () => {
      const its = await loadLeft();
      const { vault, accounts, connection } = its;
      const epoch = await vault.epoch();
      await deposit(its, accounts.carol, 10n * COIN);
      await inEpoch(its, epoch + 2n);
      await vault.compound();
      const sending = redeemAll(its, accounts.bob);
      await expect(sending).to.changeEtherBalance(connection.ethers, accounts.bob, THOUSAND - 1n);
    });
  });
});
