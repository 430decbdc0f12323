import { expect } from "chai";
import { parseEther } from "ethers";

import { inEpoch, pass } from "./fixture.js";
import {
  COIN,
  deposit,
  redeemAll,
  request,
  reward,
  secure,
  SHARES,
  slash,
  type Vault,
  vaults,
} from "./vault.js";

const THOUSAND = parseEther("1000");

describe("StakedIotx: claiming what was requested", () => {
  /** Bob asked 100 out of his 1,000, two epochs ago. */
  const load = vaults(async (its) => {
    await deposit(its, its.accounts.bob, THOUSAND);
    const epoch = await pass(its);
    await request(its, its.accounts.bob, 100n * SHARES);
    await pass(its, 2n);
    return { epoch };
  });

  it("redeems all for all there is, and says so", async () => {
    const its = await load();
    const { vault, stakingPool, operator, accounts, epoch, connection } = its;
    const { bob, carol } = accounts;
    expect(await vault.redeem.staticCall(100n * SHARES, carol, bob)).to.equal(100n);
    const sending = vault.redeem(100n * SHARES, carol, bob);
    await expect(sending)
      .to.emit(vault, "Withdraw")
      .withArgs(bob, carol, bob, 100n, 100n * SHARES);
    await expect(sending)
      .to.emit(stakingPool, "ExitClaimed")
      .withArgs(operator, vault, epoch, vault, 100n);
    await expect(sending).to.changeEtherBalances(
      connection.ethers,
      [stakingPool, vault, carol, bob],
      [-100n, 0n, 100n, 0n],
    );
  });

  it("R21 pays nothing a second time", async () => {
    const its = await load();
    const { vault, accounts } = its;
    await redeemAll(its, accounts.bob);
    await expect(vault.redeem(1n, accounts.bob, accounts.bob), "R21")
      .to.be.revertedWithCustomError(vault, "StakedIotxExceedsClaimable")
      .withArgs(accounts.bob, 1n, 0n);
    await expect(vault.withdraw(1n, accounts.bob, accounts.bob), "R21")
      .to.be.revertedWithCustomError(vault, "StakedIotxExceedsClaimable")
      .withArgs(accounts.bob, 1n, 0n);
    const sending = redeemAll(its, accounts.bob);
    await expect(sending).to.changeEtherBalance(its.connection.ethers, accounts.bob, 0n);
  });

  it("pays nothing before maturity", async () => {
    const its = await load();
    const { vault, accounts, connection } = its;
    await redeemAll(its, accounts.bob);
    const epoch = await vault.epoch();
    await request(its, accounts.bob, 100n * SHARES);
    const maturity = await vault.startOf(epoch + 2n);
    await connection.networkHelpers.time.setNextBlockTimestamp(maturity - 1n);
    await expect(vault.redeem(1n, accounts.bob, accounts.bob))
      .to.be.revertedWithCustomError(vault, "StakedIotxExceedsClaimable")
      .withArgs(accounts.bob, 1n, 0n);
    await connection.networkHelpers.time.setNextBlockTimestamp(maturity);
    const sending = vault.redeem(100n * SHARES, accounts.bob, accounts.bob);
    await expect(sending).to.changeEtherBalance(connection.ethers, accounts.bob, 100n);
  });

  it("redeems a part, rounding down, and the rest with the last share", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const { bob } = accounts;
    await expect(vault.redeem(100n * SHARES + 1n, bob, bob))
      .to.be.revertedWithCustomError(vault, "StakedIotxExceedsClaimable")
      .withArgs(bob, 100n * SHARES + 1n, 100n * SHARES);
    const part = 34n * SHARES - 1n;
    await expect(vault.redeem(part, bob, bob))
      .to.emit(vault, "Withdraw")
      .withArgs(bob, bob, bob, 33n, part);
    expect(await vault.maxRedeem(bob)).to.equal(66n * SHARES + 1n);
    expect(await vault.maxWithdraw(bob)).to.equal(67n);
    expect(await vault.claimableRedeemRequest(0, bob)).to.equal(66n * SHARES + 1n);
    await expect(vault.redeem(66n * SHARES + 1n, bob, bob))
      .to.emit(vault, "Withdraw")
      .withArgs(bob, bob, bob, 67n, 66n * SHARES + 1n);
    expect(await vault.maxRedeem(bob)).to.equal(0n);
  });

  it("withdraws a part, for shares rounded up, and the rest for the last of them", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const { bob, carol } = accounts;
    await vault.redeem(34n * SHARES - 1n, bob, bob);
    await expect(vault.withdraw(68n, bob, bob))
      .to.be.revertedWithCustomError(vault, "StakedIotxExceedsClaimable")
      .withArgs(bob, 68n, 67n);
    // 66,000,001 shares are worth 67 wei.
    const shares = (66_000_001n * 10n + 66n) / 67n;
    expect(await vault.withdraw.staticCall(10n, carol, bob)).to.equal(shares);
    const sending = vault.withdraw(10n, carol, bob);
    await expect(sending).to.emit(vault, "Withdraw").withArgs(bob, carol, bob, 10n, shares);
    await expect(sending).to.changeEtherBalances(its.connection.ethers, [carol, bob], [10n, 0n]);
    expect(await vault.maxRedeem(bob)).to.equal(66_000_001n - shares);
    await expect(vault.withdraw(57n, bob, bob))
      .to.emit(vault, "Withdraw")
      .withArgs(bob, bob, bob, 57n, 66_000_001n - shares);
    expect([await vault.maxRedeem(bob), await vault.maxWithdraw(bob)]).to.deep.equal([0n, 0n]);
  });

  it("pays nothing for nothing", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const { bob, dave } = accounts;
    await expect(vault.redeem(0n, bob, bob))
      .to.emit(vault, "Withdraw")
      .withArgs(bob, bob, bob, 0n, 0n);
    await expect(vault.withdraw(0n, bob, bob))
      .to.emit(vault, "Withdraw")
      .withArgs(bob, bob, bob, 0n, 0n);
    expect(await vault.maxRedeem(bob)).to.equal(100n * SHARES);
    await expect(vault.connect(dave).redeem(0n, dave, dave), "who has no request at all")
      .to.emit(vault, "Withdraw")
      .withArgs(dave, dave, dave, 0n, 0n);
  });

  it("R24 leaves no wei behind where a share is worth many, and wei are withdrawn", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const { bob, erin } = accounts;
    await request(its, bob);
    await deposit(its, erin, COIN);
    await pass(its);
    await request(its, erin, (await vault.balanceOf(erin)) - 3n);
    await reward(its, THOUSAND);
    await pass(its, 2n);
    await redeemAll(its, erin);
    await request(its, erin, 3n);
    await pass(its, 2n);
    const erins = vault.connect(erin);
    const all = await vault.maxWithdraw(erin);
    expect(all).to.be.closeTo((3n * THOUSAND) / 1_000_003n, 3n);
    await erins.withdraw(all - 1n, erin, erin);
    expect([await vault.maxRedeem(erin), await vault.maxWithdraw(erin)]).to.deep.equal([0n, 1n]);
    await expect(erins.redeem(0n, erin, erin), "R24")
      .to.emit(vault, "Withdraw")
      .withArgs(erin, erin, erin, 1n, 0n);
    expect(await vault.maxWithdraw(erin)).to.equal(0n);
  });

  it("withdraws nothing for shares that are worth nothing, and takes them all", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const { erin } = accounts;
    await vault.transfer(erin, 5n);
    await request(its, erin);
    await pass(its, 2n);
    await expect(vault.connect(erin).withdraw(0n, erin, erin))
      .to.emit(vault, "Withdraw")
      .withArgs(erin, erin, erin, 0n, 5n);
    expect(await vault.maxRedeem(erin)).to.equal(0n);
  });

  it("pays only at the word of the controller or his operator", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const { bob, carol } = accounts;
    const carols = vault.connect(carol);
    await carols.setOperator(bob, true);
    await vault.approve(carol, 100n * SHARES);
    await expect(carols.redeem(1n, carol, bob))
      .to.be.revertedWithCustomError(vault, "StakedIotxUnauthorized")
      .withArgs(bob, carol);
    await expect(carols.withdraw(1n, carol, bob))
      .to.be.revertedWithCustomError(vault, "StakedIotxUnauthorized")
      .withArgs(bob, carol);
    await vault.setOperator(carol, true);
    await expect(carols.redeem(50n * SHARES, carol, bob))
      .to.emit(vault, "Withdraw")
      .withArgs(carol, carol, bob, 50n, 50n * SHARES);
    await expect(carols.withdraw(50n, bob, bob))
      .to.emit(vault, "Withdraw")
      .withArgs(carol, bob, bob, 50n, 50n * SHARES);
  });

  it("claims the requests of several epochs at once", async () => {
    const its = await load();
    const { vault, accounts, connection } = its;
    const { bob } = accounts;
    const epoch = await vault.epoch();
    await request(its, bob, 20n * SHARES);
    await pass(its);
    await request(its, bob, 3n * SHARES);
    await inEpoch(its, epoch + 2n);
    expect(await vault.maxRedeem(bob)).to.equal(120n * SHARES);
    await inEpoch(its, epoch + 3n);
    expect(await vault.maxRedeem(bob)).to.equal(123n * SHARES);
    const sending = redeemAll(its, bob);
    await expect(sending).to.changeEtherBalance(connection.ethers, bob, 123n);
  });

  it("leaves a younger request pending when an older one is claimed", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const { bob } = accounts;
    await request(its, bob, 20n * SHARES);
    await redeemAll(its, bob);
    expect(await vault.pendingRedeemRequest(0, bob)).to.equal(20n * SHARES);
    await pass(its);
    await expect(vault.redeem(1n, bob, bob)).to.be.revertedWithCustomError(
      vault,
      "StakedIotxExceedsClaimable",
    );
    await pass(its);
    expect(await vault.maxWithdraw(bob)).to.equal(20n);
  });

  it("R30 harms nobody else when a receiver refuses the coin, and he may name another", async () => {
    const its = await load();
    const { vault, accounts, connection } = its;
    const { bob, carol } = accounts;
    const refusing = await connection.ethers.deployContract("RevertingReceiver");
    await expect(vault.redeem(100n * SHARES, refusing, bob))
      .to.be.revertedWithCustomError(refusing, "ReceiverRefused")
      .withArgs(100n);
    expect(await vault.maxRedeem(bob), "R30").to.equal(100n * SHARES);
    const sending = vault.redeem(100n * SHARES, carol, bob);
    await expect(sending).to.changeEtherBalance(connection.ethers, carol, 100n);
  });

  describe("of an exit that several share", () => {
    /** Bob, Carol and Dave asked out thirds of a stake in which nothing divides evenly, in one epoch. */
    const loadThree = vaults(async (its) => {
      const { accounts, vault } = its;
      const people = [accounts.bob, accounts.carol, accounts.dave] as const;
      for (const account of people) await deposit(its, account, 333n * COIN + 7n);
      const module = await secure(its);
      const epoch = await pass(its, 2n);
      for (const account of people)
        await request(its, account, (await vault.balanceOf(account)) / 3n);
      return { people, module, epoch };
    });

    /** What the pool would pay the vault for an epoch. */
    async function exitOf({ stakingPool, operator, vault }: Vault, epoch: bigint): Promise<bigint> {
      return (await stakingPool.exitOf(operator, epoch, vault)).assets;
    }

    it("claims it once, for all", async () => {
      const its = await loadThree();
      const { stakingPool, people, epoch } = its;
      await inEpoch(its, epoch + 2n);
      await expect(redeemAll(its, people[1])).to.emit(stakingPool, "ExitClaimed");
      await expect(redeemAll(its, people[0])).to.not.emit(stakingPool, "ExitClaimed");
      await expect(redeemAll(its, people[2])).to.not.emit(stakingPool, "ExitClaimed");
    });

    it("lets a slash before maturity lower it, for all alike, and divides it to the last wei", async () => {
      const its = await loadThree();
      const { vault, people, module, epoch, connection } = its;
      const before = await exitOf(its, epoch);
      await slash(its, module, 100n * COIN + 1n);
      await inEpoch(its, epoch + 2n);
      const exit = await exitOf(its, epoch);
      expect(exit).to.be.closeTo((before * 899n) / 999n, 10n);
      let paid = 0n;
      for (const account of people) {
        const due = await vault.maxWithdraw(account);
        expect(due).to.be.closeTo(exit / 3n, 2n);
        const sending = redeemAll(its, account);
        await expect(sending).to.changeEtherBalance(connection.ethers, account, due);
        paid += due;
      }
      expect(paid, "R24: the last gets the rest").to.equal(exit);
      expect(await connection.ethers.provider.getBalance(vault)).to.equal(0n);
    });

    it("STK-05 does not let a slash touch it once it has matured, claimed or not", async () => {
      const its = await loadThree();
      const { vault, people, module, epoch } = its;
      await inEpoch(its, epoch + 2n);
      const dues = await Promise.all(people.map((account) => vault.maxWithdraw(account)));
      await redeemAll(its, people[0]);
      await slash(its, module, 100n * COIN);
      expect(await vault.maxWithdraw(people[1]), "STK-05").to.equal(dues[1]);
      expect(await vault.maxWithdraw(people[2]), "STK-05").to.equal(dues[2]);
    });

    it("gives who asked after a slash of the same epoch his own price", async () => {
      const its = await loadThree();
      const { vault, people, module, epoch, accounts } = its;
      await slash(its, module, 199n * COIN);
      expect(await vault.epoch()).to.equal(epoch);
      await vault.transfer(accounts.erin, 90n * COIN * SHARES);
      const { stakingPool, operator } = its;
      const shared = await stakingPool.exitOf(operator, epoch, vault);
      const [stake] = await vault.previewRequest(90n * COIN * SHARES);
      const exitShares = (stake * shared.exitShares) / shared.assets;
      expect(exitShares, "a share of the bucket is worth less than a wei").to.be.greaterThan(stake);
      await expect(request(its, accounts.erin))
        .to.emit(vault, "RedeemPriced")
        .withArgs(accounts.erin, epoch, stake, exitShares, 0n);
      const [, before] = await vault.requestOf(people[0], epoch);
      const [, late] = await vault.requestOf(accounts.erin, epoch);
      expect(late).to.be.closeTo((90n * COIN * 800n) / 999n, COIN);
      await inEpoch(its, epoch + 2n);
      expect(await vault.maxWithdraw(people[0])).to.equal(before);
      expect(await vault.maxWithdraw(accounts.erin)).to.equal(late);
      for (const account of [accounts.erin, ...people]) await redeemAll(its, account);
      expect(await its.connection.ethers.provider.getBalance(vault)).to.equal(0n);
    });

    it("keeps coin that was set aside for each from being slashed or shared", async () => {
      const its = await loadThree();
      const { vault, people, module, accounts } = its;
      await reward(its, 90n * COIN);
      const epoch = await pass(its);
      const [, coin] = await vault.previewRequest(await vault.balanceOf(people[0]));
      await request(its, people[0]);
      const [, asked] = await vault.requestOf(people[0], epoch);
      await vault.connect(people[1]).transfer(accounts.erin, SHARES);
      await request(its, accounts.erin);
      await slash(its, module, await its.slashCourt.proposableOf(module, its.operator, epoch));
      await inEpoch(its, epoch + 2n);
      const [, left] = await vault.requestOf(people[0], epoch);
      expect(coin).to.be.closeTo(30n * COIN, COIN);
      expect(left - coin).to.be.closeTo(((asked - coin) * 8n) / 10n, 10n);
    });
  });
});
