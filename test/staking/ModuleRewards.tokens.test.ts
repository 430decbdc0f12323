import { expect } from "chai";
import { parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { ALL, pass, pools } from "./fixture.js";
import { balanceOf, claimFor, earning, equip, fund, sharing } from "./rewards.js";

const HUNDRED = parseEther("100");
const [BOBS, CAROLS] = [parseEther("25"), parseEther("75")];

describe("ModuleRewards: currencies that misbehave", () => {
  const load = pools(sharing);
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Whatever happens to another currency: a good token and the coin pay what they owe, to the unit. */
  const unharmed = async (its: Loaded): Promise<void> => {
    const { operator, token, accounts, moduleRewards } = its;
    const { bob, carol } = accounts;
    expect(await claimFor(its, operator, token, bob)).to.equal(BOBS);
    expect(await claimFor(its, operator, token, carol)).to.equal(CAROLS);
    expect(await claimFor(its, operator, NATIVE, bob)).to.equal((BOBS * 95n) / 100n);
    expect(await claimFor(its, operator, NATIVE, carol)).to.equal((CAROLS * 95n) / 100n);
    expect(await balanceOf(its, token, moduleRewards)).to.equal(0n);
    expect(await balanceOf(its, NATIVE, moduleRewards)).to.equal(0n);
  };

  /** Funds a good token and the coin, so that there is something to be harmed. */
  const fundGood = async (its: Loaded): Promise<void> => {
    await fund(its, its.operator, its.token, HUNDRED);
    await fund(its, its.operator, NATIVE, HUNDRED);
  };

  for (const [bps, received] of [
    [1n, HUNDRED - HUNDRED / 10_000n],
    [10_000n, 0n],
  ] as const) {
    it(`refuses a token that keeps ${bps} bps of every transfer`, async () => {
      const its = await load();
      const { operator, moduleRewards, connection, accounts } = its;
      const token = await equip(
        its,
        await connection.ethers.deployContract("FeeOnTransferERC20", [bps]),
      );
      await expect(fund(its, operator, token, HUNDRED))
        .to.be.revertedWithCustomError(moduleRewards, "CurrencyInexactIntake")
        .withArgs(token, HUNDRED, received);
      const many = [
        { operator, amount: HUNDRED / 4n },
        { operator, amount: (HUNDRED * 3n) / 4n },
      ];
      await expect(moduleRewards.connect(accounts.grace).fundMany(0n, token, many))
        .to.be.revertedWithCustomError(moduleRewards, "CurrencyInexactIntake")
        .withArgs(token, HUNDRED, received);
      expect(await token.balanceOf(moduleRewards)).to.equal(0n);
      await fundGood(its);
      await pass(its);
      await unharmed(its);
    });
  }

  it("lacks for the last claim what a token takes on top of the first, until somebody makes up for it", async () => {
    const its = await load();
    const { operator, moduleRewards, connection, accounts } = its;
    const { bob, carol } = accounts;
    const fee = parseEther("1");
    const token = await equip(its, await connection.ethers.deployContract("FeeOnTopERC20", [fee]));
    await fundGood(its);
    await fund(its, operator, token, HUNDRED);
    await pass(its);
    expect(await claimFor(its, operator, token, bob)).to.equal(BOBS);
    await expect(moduleRewards.claimFor(operator, token, carol, ALL))
      .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
      .withArgs(moduleRewards, CAROLS - fee, CAROLS);
    await unharmed(its);
    await token.mint(moduleRewards, 2n * fee);
    expect(await claimFor(its, operator, token, carol)).to.equal(CAROLS);
  });

  it("refuses a token that says no without reverting, and claims of it lose nothing", async () => {
    const its = await load();
    const { operator, moduleRewards, connection, accounts } = its;
    const { bob, alice } = accounts;
    const token = await equip(its, await connection.ethers.deployContract("ReturnsFalseERC20"));
    await expect(fund(its, operator, token, HUNDRED))
      .to.be.revertedWithCustomError(moduleRewards, "SafeERC20FailedOperation")
      .withArgs(token);
    await its.stakingPool.connect(alice).setCommission(operator, 2_000);
    await pass(its, 2n);
    await token.accept(true);
    await fund(its, operator, token, HUNDRED);
    await pass(its);
    await token.accept(false);
    for (const paying of [
      moduleRewards.claimFor(operator, token, bob, ALL),
      moduleRewards.payOperator(operator, token),
    ]) {
      await expect(paying)
        .to.be.revertedWithCustomError(moduleRewards, "SafeERC20FailedOperation")
        .withArgs(token);
    }
    expect(await moduleRewards.creditOf(operator, token)).to.equal(HUNDRED / 5n);
    await token.accept(true);
    expect(await claimFor(its, operator, token, bob)).to.equal((BOBS * 4n) / 5n);
    await expect(moduleRewards.payOperator(operator, token)).to.changeTokenBalance(
      connection.ethers,
      token,
      alice,
      HUNDRED / 5n,
    );
  });

  it("pays in a token that returns nothing as in any other", async () => {
    const its = await load();
    const { operator, moduleRewards, connection, accounts } = its;
    const token = await equip(its, await connection.ethers.deployContract("ReturnsNothingERC20"));
    await fund(its, operator, token, HUNDRED);
    await pass(its);
    expect(await claimFor(its, operator, token, accounts.bob)).to.equal(BOBS);
    expect(await claimFor(its, operator, token, accounts.carol)).to.equal(CAROLS);
    expect(await token.balanceOf(moduleRewards)).to.equal(0n);
  });

  describe("in a token whose balances all move at once", () => {
    const rebasing = async () => {
      const its = await load();
      const token = await its.connection.ethers.deployContract("RebasingERC20");
      await fundGood(its);
      return { its, shaky: await equip(its, token) };
    };

    it("harms who comes last when they shrink, and nobody who is owed something else", async () => {
      const { its, shaky } = await rebasing();
      const { operator, moduleRewards, accounts } = its;
      const { bob, carol } = accounts;
      await fund(its, operator, shaky, HUNDRED);
      await pass(its);
      await shaky.rebase(parseEther("0.5"));
      expect(await claimFor(its, operator, shaky, bob)).to.equal(BOBS);
      // Of 50 that were left, 25 are gone; in its shares that is twice as many.
      await expect(moduleRewards.claimFor(operator, shaky, carol, ALL))
        .to.be.revertedWithCustomError(shaky, "ERC20InsufficientBalance")
        .withArgs(moduleRewards, parseEther("50"), parseEther("150"));
      await unharmed(its);
    });

    it("pays what was funded and no more when they grow", async () => {
      const { its, shaky } = await rebasing();
      const { operator, moduleRewards, accounts } = its;
      await fund(its, operator, shaky, HUNDRED);
      await pass(its);
      await shaky.rebase(parseEther("2"));
      expect(await claimFor(its, operator, shaky, accounts.bob)).to.equal(BOBS);
      expect(await claimFor(its, operator, shaky, accounts.carol)).to.equal(CAROLS);
      expect(await shaky.balanceOf(moduleRewards)).to.equal(HUNDRED);
      await unharmed(its);
    });

    it("refuses a payment of which a unit is lost on the way", async () => {
      const { its, shaky } = await rebasing();
      const { operator, moduleRewards } = its;
      await shaky.rebase(parseEther("1.5"));
      await expect(fund(its, operator, shaky, 100n))
        .to.be.revertedWithCustomError(moduleRewards, "CurrencyInexactIntake")
        .withArgs(shaky, 100n, 99n);
    });
  });

  describe("in a token whose issuer freezes accounts", () => {
    const frozen = async () => {
      const its = await load();
      const token = await equip(its, await its.connection.ethers.deployContract("FreezingERC20"));
      await fund(its, its.operator, token, HUNDRED);
      await fundGood(its);
      await pass(its);
      return { its, cold: token };
    };

    it("R30 keeps from a frozen staker what is his, and from nobody else", async () => {
      const { its, cold } = await frozen();
      const { operator, moduleRewards, accounts } = its;
      const { bob, carol } = accounts;
      await cold.freeze(bob, true);
      await expect(moduleRewards.claimFor(operator, cold, bob, ALL), "R30")
        .to.be.revertedWithCustomError(cold, "AccountFrozen")
        .withArgs(bob);
      expect(await claimFor(its, operator, cold, carol), "R30").to.equal(CAROLS);
      await unharmed(its);
      await cold.freeze(bob, false);
      expect(await claimFor(its, operator, cold, bob)).to.equal(BOBS);
    });

    it("R30 pays a frozen staker where he says", async () => {
      const { its, cold } = await frozen();
      const { operator, moduleRewards, accounts, connection } = its;
      const { bob, ivan } = accounts;
      await cold.freeze(bob, true);
      await expect(
        moduleRewards.connect(bob).claim(operator, cold, ivan, ALL),
      ).to.changeTokenBalance(connection.ethers, cold, ivan, BOBS);
    });

    it("R29 keeps nobody's stake when the rewards themselves are frozen", async () => {
      const { its, cold } = await frozen();
      const { operator, moduleRewards, stakingPool, accounts } = its;
      const { bob } = accounts;
      await cold.freeze(moduleRewards, true);
      await cold.burnGas(true);
      await expect(
        moduleRewards.claimFor(operator, cold, bob, ALL, { gasLimit: 1_000_000n }),
      ).to.be.revert(its.connection.ethers);
      await unharmed(its);
      const epoch = await stakingPool.epoch();
      const shares = await stakingPool.sharesOf(operator, bob);
      await stakingPool.connect(bob).requestExit(operator, shares);
      await pass(its, 2n);
      await expect(
        stakingPool.connect(bob).claimExit(operator, epoch, bob),
        "R29",
      ).to.changeEtherBalance(its.connection.ethers, bob, shares);
    });

    it("R30 keeps from a frozen operator what is his, until he names another payout", async () => {
      const its = await load();
      const { operator } = await earning(its);
      const { moduleRewards, stakingPool, accounts, connection } = its;
      const { alice, heidi } = accounts;
      const cold = await equip(its, await connection.ethers.deployContract("FreezingERC20"));
      await fund(its, operator, cold, HUNDRED);
      await cold.freeze(alice, true);
      const credit = await moduleRewards.creditOf(operator, cold);
      await expect(moduleRewards.payOperator(operator, cold), "R30")
        .to.be.revertedWithCustomError(cold, "AccountFrozen")
        .withArgs(alice);
      await stakingPool.connect(alice).setPayout(operator, heidi);
      await expect(moduleRewards.payOperator(operator, cold)).to.changeTokenBalance(
        connection.ethers,
        cold,
        heidi,
        credit,
      );
    });
  });
});
