import { expect } from "chai";
import { dataSlice, id, parseEther, ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { StakedIotx__factory } from "../../typechain-types/index.js";
import { actionsOf } from "../identity/registry.js";
import { DAY, now, pass, propose, STAKE, stake } from "./fixture.js";
import {
  COIN,
  deposit,
  mostOf,
  reward,
  secure,
  SHARES,
  slash,
  stateOf,
  vaults,
  VIRTUAL,
} from "./vault.js";

const THOUSAND = parseEther("1000");
/** The most that the pool's records hold of one operator, in wei. */
const MOST = 2n ** 96n - 1n;

describe("StakedIotx: what it is", () => {
  const load = vaults(() => Promise.resolve({}));

  it("says with whom it stakes, who pays it, and in what", async () => {
    const { vault, stakingPool, moduleRewards, operator } = await load();
    expect(await vault.pool()).to.equal(await stakingPool.getAddress());
    expect(await vault.rewards()).to.equal(await moduleRewards.getAddress());
    expect(await vault.stakingOperator()).to.equal(operator);
    expect(await vault.asset()).to.equal(NATIVE);
    expect(await vault.share()).to.equal(await vault.getAddress());
  });

  it("is a token named after its operator, with 24 decimals", async () => {
    const { vault } = await load();
    expect(await vault.name()).to.equal("Staked IOTX, operator 1");
    expect(await vault.symbol()).to.equal("stIOTX-1");
    expect(await vault.decimals()).to.equal(24n);
  });

  it("counts time as the pool does", async () => {
    const { vault, stakingPool } = await load();
    expect(await vault.genesis()).to.equal(await stakingPool.genesis());
    expect(await vault.epoch()).to.equal(await stakingPool.epoch());
    expect(await vault.startOf(9)).to.equal(await stakingPool.startOf(9));
  });

  it("is not deployed for an operator whom nobody knows", async () => {
    const { accounts, moduleRewards, stakingPool } = await load();
    await expect(new StakedIotx__factory(accounts.bob).deploy(moduleRewards, 2))
      .to.be.revertedWithCustomError(stakingPool, "StakingPoolUnknownOperator")
      .withArgs(2);
  });

  it("can be changed by nobody: its only actions are those of holders and of everybody", async () => {
    const { vault } = await load();
    expect([...actionsOf(vault.interface)].sort()).to.deep.equal([
      ...["approve", "compound", "deposit", "mint", "redeem", "requestRedeem"],
      ...["setOperator", "transfer", "transferFrom", "withdraw"],
    ]);
  });

  for (const [name, interfaceId] of [
    ["ERC-165", "0x01ffc9a7"],
    ["a vault with operators after ERC-7540", "0xe3bc4e65"],
    ["a vault with asynchronous redemption after ERC-7540", "0x620ee8e4"],
    ["a vault after ERC-7575", "0x2f0a18c5"],
  ] as const) {
    it(`is ${name}, ${interfaceId}`, async () => {
      const { vault } = await load();
      expect(await vault.supportsInterface(interfaceId)).to.equal(true);
    });
  }

  for (const [name, interfaceId] of [
    ["anything at all", "0xffffffff"],
    ["a vault with asynchronous deposits", "0xce3bbe50"],
    ["anything without a name", "0x00000000"],
  ] as const) {
    it(`is not ${name}, ${interfaceId}`, async () => {
      const { vault } = await load();
      expect(await vault.supportsInterface(interfaceId)).to.equal(false);
    });
  }

  it("has every function of ERC-4626 by its selector", async () => {
    const { vault } = await load();
    const names = new Set<string>();
    vault.interface.forEachFunction((fragment) => names.add(fragment.selector));
    for (const signature of [
      ...["asset()", "totalAssets()", "convertToShares(uint256)", "convertToAssets(uint256)"],
      ...["maxDeposit(address)", "previewDeposit(uint256)", "deposit(uint256,address)"],
      ...["maxMint(address)", "previewMint(uint256)", "mint(uint256,address)"],
      ...["maxWithdraw(address)", "previewWithdraw(uint256)", "withdraw(uint256,address,address)"],
      ...["maxRedeem(address)", "previewRedeem(uint256)", "redeem(uint256,address,address)"],
    ]) {
      expect([...names], signature).to.include(dataSlice(id(signature), 0, 4));
    }
  });

  it("does not tell what a redemption brings before it was requested", async () => {
    const { vault } = await load();
    await expect(vault.previewRedeem(1n)).to.be.revertedWithCustomError(
      vault,
      "StakedIotxAsynchronous",
    );
    await expect(vault.previewWithdraw(1n)).to.be.revertedWithCustomError(
      vault,
      "StakedIotxAsynchronous",
    );
  });
});

describe("StakedIotx: paying in", () => {
  const load = vaults(() => Promise.resolve({}));

  describe("into an empty vault", () => {
    it("stakes it, and gives a million shares for each wei but one", async () => {
      const its = await load();
      const { vault, stakingPool, operator, accounts } = its;
      const shares = (THOUSAND - 1n) * SHARES;
      expect(await vault.previewDeposit(THOUSAND)).to.equal(shares);
      const sending = deposit(its, accounts.bob, THOUSAND, accounts.carol);
      await expect(sending)
        .to.emit(vault, "Deposit")
        .withArgs(accounts.bob, accounts.carol, THOUSAND, shares);
      await expect(sending)
        .to.emit(vault, "Transfer")
        .withArgs(ZeroAddress, accounts.carol, shares);
      await expect(sending)
        .to.emit(stakingPool, "Staked")
        .withArgs(operator, vault, THOUSAND, THOUSAND);
      await expect(sending).to.changeEtherBalances(
        its.connection.ethers,
        [accounts.bob, vault, stakingPool],
        [-THOUSAND, 0n, THOUSAND],
      );
      expect(await vault.balanceOf(accounts.carol)).to.equal(shares);
      expect(await vault.balanceOf(accounts.bob)).to.equal(0n);
      expect(await stateOf(its)).to.deep.equal({ assets: THOUSAND, shares, idle: 0n });
    });

    it("gives back the number of shares", async () => {
      const { vault, accounts } = await load();
      const deposits = vault["deposit(uint256,address)"];
      const shares = await deposits.staticCall(COIN, accounts.bob, { value: COIN });
      expect(shares).to.equal((COIN - 1n) * SHARES);
    });

    it("takes what the shares cost, and a wei, when told how many", async () => {
      const its = await load();
      const { vault, accounts } = its;
      const shares = 5n * COIN * SHARES;
      const cost = 5n * COIN + 1n;
      expect(await vault.previewMint(shares)).to.equal(cost);
      expect(await vault.mint.staticCall(shares, accounts.carol, { value: cost })).to.equal(cost);
      const sending = vault.mint(shares, accounts.carol, { value: cost });
      await expect(sending)
        .to.emit(vault, "Deposit")
        .withArgs(accounts.bob, accounts.carol, cost, shares);
      await expect(sending).to.changeEtherBalance(its.connection.ethers, accounts.bob, -cost);
      expect(await stateOf(its)).to.deep.equal({ assets: cost, shares, idle: 0n });
      expect(await vault.balanceOf(accounts.carol)).to.equal(shares);
    });

    it("R25 rounds what shares cost up, to the wei", async () => {
      const { vault } = await load();
      expect(await vault.previewMint(5n * SHARES)).to.equal(6n);
      expect(await vault.previewMint(5n * SHARES + 1n)).to.equal(7n);
      expect(await vault.previewMint(6n * SHARES)).to.equal(7n);
      expect(await vault.previewDeposit(0n)).to.equal(0n);
      expect(await vault.previewDeposit(1n)).to.equal(0n);
      expect(await vault.previewDeposit(2n)).to.equal(SHARES);
    });

    it("R27 gives back what came along beyond the cost", async () => {
      const its = await load();
      const { vault, accounts } = its;
      const shares = 5n * COIN * SHARES;
      await expect(vault.mint(shares, accounts.carol, { value: 7n * COIN })).to.changeEtherBalances(
        its.connection.ethers,
        [accounts.bob, accounts.carol, vault],
        [-5n * COIN - 1n, 0n, 0n],
      );
    });

    it("asks no change of who brings the exact cost, so he need not be able to take any", async () => {
      const { vault, accounts, connection } = await load();
      const payer = await connection.ethers.deployContract("RevertingReceiver");
      const shares = 5n * COIN * SHARES;
      const data = vault.interface.encodeFunctionData("mint", [shares, accounts.bob.address]);
      await payer.execute(vault, data, { value: 5n * COIN + 1n });
      expect(await vault.balanceOf(accounts.bob)).to.equal(shares);
      const cost = await vault.previewMint(shares);
      await expect(payer.execute(vault, data, { value: cost + 1n }))
        .to.be.revertedWithCustomError(payer, "ReceiverRefused")
        .withArgs(1n);
    });

    it("refuses a wei less than the shares cost", async () => {
      const { vault, accounts } = await load();
      const cost = 5n * COIN + 1n;
      await expect(vault.mint(5n * COIN * SHARES, accounts.bob, { value: cost - 1n }))
        .to.be.revertedWithCustomError(vault, "CurrencyWrongValue")
        .withArgs(cost, cost - 1n);
    });

    for (const [what, sent] of [
      ["less", THOUSAND - 1n],
      ["more", THOUSAND + 1n],
    ] as const) {
      it(`refuses to be told of ${what} coin than comes along`, async () => {
        const { vault, accounts } = await load();
        await expect(vault["deposit(uint256,address)"](THOUSAND, accounts.bob, { value: sent }))
          .to.be.revertedWithCustomError(vault, "CurrencyWrongValue")
          .withArgs(THOUSAND, sent);
        await expect(
          vault["deposit(uint256,address,uint256)"](THOUSAND, accounts.bob, 0n, { value: sent }),
        )
          .to.be.revertedWithCustomError(vault, "CurrencyWrongValue")
          .withArgs(THOUSAND, sent);
      });
    }

    it("takes 1 IOTX, and refuses a wei less", async () => {
      const its = await load();
      const { stakingPool, vault, accounts } = its;
      await deposit(its, accounts.bob, COIN);
      await expect(deposit(its, accounts.bob, COIN - 1n))
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolStakeTooSmall")
        .withArgs(COIN - 1n, COIN);
      await expect(vault.mint(0n, accounts.bob, { value: COIN }))
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolStakeTooSmall")
        .withArgs(1n, COIN);
    });

    it("refuses to give shares to nobody", async () => {
      const its = await load();
      await expect(deposit(its, its.accounts.bob, COIN, ZeroAddress))
        .to.be.revertedWithCustomError(its.vault, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });
  });

  describe("into one that has earned", () => {
    /** Carol has 1,000 in it, which has earned 100. */
    const loadEarned = vaults(async (its) => {
      await deposit(its, its.accounts.carol, THOUSAND);
      await pass(its);
      await reward(its, 100n * COIN);
      await pass(its);
      const { assets, shares } = await stateOf(its);
      return { assets, shares };
    });

    it("buys at the price of what is there, and a million shares more", async () => {
      const its = await loadEarned();
      const { vault, accounts, assets, shares } = its;
      expect(assets).to.equal(1_100n * COIN - 1n);
      const bought = ((THOUSAND - 1n) * (shares + VIRTUAL)) / (assets + 1n);
      expect(await vault.previewDeposit(THOUSAND)).to.equal(bought);
      await deposit(its, accounts.bob, THOUSAND);
      expect(await vault.balanceOf(accounts.bob)).to.equal(bought);
      expect(await stateOf(its)).to.deep.equal({
        assets: assets + THOUSAND,
        shares: shares + bought,
        idle: 100n * COIN - 1n,
      });
    });

    it("converts both ways at that price, rounding down", async () => {
      const { vault, assets, shares } = await loadEarned();
      const of = (amount: bigint) => (amount * (assets + 1n)) / (shares + VIRTUAL);
      expect(await vault.convertToShares(7n)).to.equal((7n * (shares + VIRTUAL)) / (assets + 1n));
      expect(await vault.convertToAssets(10n ** 7n + 3n)).to.equal(of(10n ** 7n + 3n));
      expect(await vault.convertToAssets(shares)).to.equal(of(shares));
    });

    it("STK-07 costs and gives what the preview says, and nobody else loses by it", async () => {
      const its = await loadEarned();
      const { vault, accounts } = its;
      const before = await vault.convertToAssets(await vault.balanceOf(accounts.carol));
      const shares = 123_456_789n * 10n ** 18n + 7n;
      const cost = await vault.previewMint(shares);
      await vault.mint(shares, accounts.bob, { value: cost });
      expect(await vault.balanceOf(accounts.bob)).to.equal(shares);
      const after = await vault.convertToAssets(await vault.balanceOf(accounts.carol));
      expect(after >= before, "STK-07: another's deposit takes nothing").to.equal(true);
      expect(await vault.convertToAssets(shares), "STK-07").to.be.lessThan(cost);
    });
  });

  describe("while a slash is proposed", () => {
    const loadPending = vaults(async (its) => {
      await deposit(its, its.accounts.carol, THOUSAND);
      const module = await secure(its);
      await pass(its, 2n);
      await propose(its, { operator: its.operator, module }, 200n * COIN);
      return { module };
    });

    it("shows how much", async () => {
      const { vault } = await loadPending();
      expect(await vault.pendingSlash()).to.equal(200n * COIN);
    });

    it("refuses", async () => {
      const its = await loadPending();
      const { vault, stakingPool, accounts } = its;
      await expect(deposit(its, accounts.bob, THOUSAND))
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolPendingSlash")
        .withArgs(1n, 200n * COIN, 0n);
      await expect(vault.mint(COIN * 2n * SHARES, accounts.bob, { value: THOUSAND }))
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolPendingSlash")
        .withArgs(1n, 200n * COIN, 0n);
      expect(await vault.maxDeposit(accounts.bob)).to.equal(0n);
      expect(await vault.maxMint(accounts.bob)).to.equal(0n);
    });

    it("takes who accepts that much, and nobody who accepts a wei less", async () => {
      const { vault, stakingPool, accounts } = await loadPending();
      const accepting = vault["deposit(uint256,address,uint256)"];
      await expect(
        accepting(THOUSAND, accounts.dave, 200n * COIN - 1n, { value: THOUSAND }),
      ).to.be.revertedWithCustomError(stakingPool, "StakingPoolPendingSlash");
      const shares = await vault.previewDeposit(THOUSAND);
      await expect(accepting(THOUSAND, accounts.dave, 200n * COIN, { value: THOUSAND }))
        .to.emit(vault, "Deposit")
        .withArgs(accounts.bob, accounts.dave, THOUSAND, shares);
      expect(await vault.balanceOf(accounts.dave)).to.equal(shares);
    });
  });

  describe("when intake is closed", () => {
    it("says that it takes all there can be, and nothing while the pool's intake is paused", async () => {
      const its = await load();
      const { vault, stakingPool, accounts, connection } = its;
      await stake(its, accounts.carol, its.operator);
      expect(await vault.maxDeposit(accounts.bob)).to.equal(MOST - STAKE);
      expect(await vault.maxMint(accounts.bob)).to.equal((MOST - STAKE - 1n) * SHARES);
      const until = (await now(its)) + DAY;
      await stakingPool.connect(accounts.guardian).pauseIntake(until);
      expect(await vault.maxDeposit(accounts.bob)).to.equal(0n);
      expect(await vault.maxMint(accounts.bob)).to.equal(0n);
      await expect(deposit(its, accounts.bob, COIN))
        .to.be.revertedWithCustomError(stakingPool, "IntakePauseActive")
        .withArgs(until);
      await connection.networkHelpers.time.increaseTo(until - 1);
      expect(await vault.maxDeposit(accounts.bob)).to.equal(0n);
      await connection.networkHelpers.time.increaseTo(until);
      expect(await vault.maxDeposit(accounts.bob)).to.equal(MOST - STAKE);
      await deposit(its, accounts.bob, COIN);
    });

    it("takes nothing for an operator whom slashes have closed", async () => {
      const its = await load();
      const { vault, stakingPool, accounts } = its;
      await deposit(its, accounts.carol, THOUSAND);
      const module = await secure(its);
      await pass(its, 2n);
      for (let closed = false; !closed;) {
        await slash(its, module, await mostOf(its, module));
        await pass(its);
        ({ closed } = await stakingPool.operatorOf(its.operator));
        if (!closed) expect(await vault.maxDeposit(accounts.bob)).to.not.equal(0n);
      }
      expect(await vault.pendingSlash()).to.equal(0n);
      expect(await vault.maxDeposit(accounts.bob)).to.equal(0n);
      await expect(deposit(its, accounts.bob, COIN))
        .to.be.revertedWithCustomError(stakingPool, "StakingPoolOperatorClosed")
        .withArgs(its.operator);
    });
  });
});
