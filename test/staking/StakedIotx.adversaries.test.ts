import { expect } from "chai";
import { type BytesLike, type Interface, parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { StakedIotx__factory } from "../../typechain-types/index.js";
import { ALL, DAY, inEpoch, pass, registerModule } from "./fixture.js";
import {
  COIN,
  deposit,
  mostOf,
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

describe("StakedIotx: coin that nobody asked for", () => {
  /** Bob has 1,000 in it and asked 100 out, which have matured. */
  const load = vaults(async (its) => {
    await deposit(its, its.accounts.bob, THOUSAND);
    const epoch = await pass(its);
    await request(its, its.accounts.bob, 100n * COIN * SHARES);
    await pass(its, 2n);
    return { epoch };
  });

  it("R22 is refused", async () => {
    const { vault, accounts } = await load();
    for (const value of [COIN, 0n]) {
      await expect(accounts.stranger.sendTransaction({ to: vault, value }), "R22")
        .to.be.revertedWithCustomError(vault, "StakedIotxUnexpectedCoin")
        .withArgs(accounts.stranger);
    }
  });

  it("R22 changes nothing when it is forced", async () => {
    const its = await load();
    const { vault, accounts, connection } = its;
    const before = await stateOf(its);
    const due = await vault.maxWithdraw(accounts.bob);
    await connection.ethers.deployContract("ForceSender", [vault.target], { value: 77n * COIN });
    expect(await stateOf(its), "R22").to.deep.equal(before);
    expect(await vault.maxWithdraw(accounts.bob), "R22").to.equal(due);
    await vault.compound();
    expect(await stateOf(its), "R22").to.deep.equal(before);
    await redeemAll(its, accounts.bob);
    expect(await connection.ethers.provider.getBalance(vault), "R22").to.equal(77n * COIN);
  });

  it("is refused of the pool, when a stranger has it pay the vault's exit", async () => {
    const its = await load();
    const { vault, stakingPool, operator, epoch, accounts, connection } = its;
    await expect(stakingPool.connect(accounts.stranger).claimExitFor(operator, epoch, vault.target))
      .to.be.revertedWithCustomError(vault, "StakedIotxUnexpectedCoin")
      .withArgs(stakingPool);
    const sending = redeemAll(its, accounts.bob);
    await expect(sending).to.changeEtherBalance(connection.ethers, accounts.bob, 100n * COIN);
  });

  it("is refused of the pool while somebody is paid, and after", async () => {
    const its = await load();
    const { vault, stakingPool, operator, accounts, connection } = its;
    const epoch = await vault.epoch();
    await request(its, accounts.bob, 50n * COIN * SHARES);
    await inEpoch(its, epoch + 2n);
    await redeemAll(its, accounts.bob);
    const later = await vault.epoch();
    const receiver = await connection.ethers.deployContract("ReentrantReceiver");
    await vault.transfer(accounts.carol, 30n * COIN * SHARES);
    await request(its, accounts.carol, 30n * COIN * SHARES);
    await pass(its);
    await request(its, accounts.bob, 20n * COIN * SHARES);
    await inEpoch(its, later + 3n);
    const push = stakingPool.interface.encodeFunctionData("claimExitFor", [
      operator,
      later + 1n,
      vault.target,
    ]);
    await receiver.arm(stakingPool, push);
    await vault.connect(accounts.carol).redeem(30n * COIN * SHARES, receiver, accounts.carol);
    expect(await receiver.succeeded()).to.equal(false);
    expect(await receiver.result()).to.equal(
      vault.interface.encodeErrorResult("StakedIotxUnexpectedCoin", [stakingPool.target]),
    );
    const sending = redeemAll(its, accounts.bob);
    await expect(sending).to.changeEtherBalance(connection.ethers, accounts.bob, 20n * COIN);
  });

  it("is refused of the pool as compensation, which stays there", async () => {
    const its = await load();
    const { vault, stakingPool, moduleRegistry, accounts, operator } = its;
    await stakingPool.connect(accounts.alice).addBond(operator, { value: 100n * COIN });
    const victims = { victims: vault, victimBps: 5_000, window: 2 * DAY };
    const module = await registerModule(its, victims);
    await moduleRegistry.connect(accounts.alice).optIn(operator, module);
    await moduleRegistry.connect(accounts.alice).allocate(operator, module, 10n ** 16n);
    await pass(its, 2n);
    await slash(its, module, 10n * COIN);
    expect(await stakingPool.compensationOf(vault)).to.equal(5n * COIN);
    await expect(stakingPool.withdrawCompensationFor(vault.target))
      .to.be.revertedWithCustomError(vault, "StakedIotxUnexpectedCoin")
      .withArgs(stakingPool);
  });

  it("counts as income when the rewards pay it, whoever asked them to", async () => {
    const its = await load();
    const { vault, stakingPool, moduleRewards, accounts, operator } = its;
    await stakingPool.connect(accounts.alice).addBond(operator, { value: 100n * COIN });
    await pass(its);
    await reward(its, 100n * COIN);
    await stakingPool.connect(accounts.alice).setPayout(operator, vault);
    const credit = await moduleRewards.creditOf(operator, NATIVE);
    await moduleRewards.connect(accounts.stranger).payOperator(operator, NATIVE);
    expect(credit).to.be.greaterThan(9n * COIN);
    expect(await vault.idle()).to.equal(credit);
  });
});

describe("StakedIotx: re-entered", () => {
  const CALLS = [
    ...["redeem", "withdraw", "requestRedeem", "compound"],
    ...["deposit", "deposit and accept", "mint"],
  ] as const;

  /** A contract that calls back when coin comes: it has 1,000 in the vault, and 100 of it matured. */
  const load = vaults(async (its) => {
    const { vault, connection } = its;
    const receiver = await connection.ethers.deployContract("ReentrantReceiver");
    const self = receiver.target as string;
    await deposit(its, its.accounts.bob, THOUSAND, self);
    await pass(its);
    const codec: Interface = vault.interface;
    const asking = [100n * COIN * SHARES, self, self];
    await receiver.execute(vault, codec.encodeFunctionData("requestRedeem", asking));
    await pass(its, 2n);
    return { receiver, self, codec };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  function dataOf({ codec, self }: Loaded, name: (typeof CALLS)[number]): BytesLike {
    switch (name) {
      case "redeem":
      case "withdraw":
      case "requestRedeem":
        return codec.encodeFunctionData(name, [1n, self, self]);
      case "compound":
        return codec.encodeFunctionData(name);
      case "deposit":
        return codec.encodeFunctionData("deposit(uint256,address)", [0n, self]);
      case "deposit and accept":
        return codec.encodeFunctionData("deposit(uint256,address,uint256)", [0n, self, 0n]);
      case "mint":
        return codec.encodeFunctionData(name, [1n, self]);
    }
  }

  async function refused({ vault, receiver }: Loaded): Promise<void> {
    expect(await receiver.succeeded()).to.equal(false);
    expect(await receiver.result()).to.equal(
      vault.interface.encodeErrorResult("ReentrancyGuardReentrantCall"),
    );
  }

  for (const name of CALLS) {
    it(`R21 refuses ${name} while a claim is paid`, async () => {
      const loaded = await load();
      const { vault, receiver, self, codec, connection } = loaded;
      for (const claim of ["redeem", "withdraw"] as const) {
        await receiver.arm(vault, dataOf(loaded, name));
        const amount = claim === "redeem" ? 40n * COIN * SHARES : 60n * COIN;
        const data = codec.encodeFunctionData(claim, [amount, self, self]);
        await receiver.execute(vault, data);
        await refused(loaded);
      }
      expect(await connection.ethers.provider.getBalance(receiver), "R21").to.equal(100n * COIN);
      expect(await vault.maxRedeem(self), "R21").to.equal(0n);
    });

    it(`refuses ${name} while change is given`, async () => {
      const loaded = await load();
      const { vault, receiver, self } = loaded;
      await receiver.arm(vault, dataOf(loaded, name));
      const cost = await vault.previewMint(5n * COIN * SHARES);
      const data = vault.interface.encodeFunctionData("mint", [5n * COIN * SHARES, self]);
      await receiver.execute(vault, data, { value: cost + 1n });
      await refused(loaded);
      expect(await vault.balanceOf(self)).to.equal(905n * COIN * SHARES - SHARES);
    });
  }

  it("opens again after every call", async () => {
    const { vault, receiver, self, codec } = await load();
    for (const claim of ["redeem", "withdraw", "requestRedeem"] as const) {
      await receiver.execute(vault, codec.encodeFunctionData(claim, [1n, self, self]));
    }
    await vault.compound();
    await vault.mint(COIN * SHARES, self, { value: 2n * COIN });
    await vault["deposit(uint256,address)"](COIN, self, { value: COIN });
    await vault["deposit(uint256,address,uint256)"](COIN, self, 0n, { value: COIN });
    expect(await vault.balanceOf(self)).to.be.greaterThan(900n * COIN * SHARES);
  });
});

describe("StakedIotx: attacks on its price", () => {
  /** Erin has a single share of an empty vault, which she has given `gift` through rewards. */
  async function inflate(its: Vault, gift: bigint): Promise<bigint> {
    const { vault, accounts, connection } = its;
    await connection.networkHelpers.setBalance(accounts.grace.address, 2n * gift + COIN);
    await deposit(its, accounts.erin, COIN);
    await pass(its);
    await request(its, accounts.erin, (await vault.balanceOf(accounts.erin)) - 1n);
    await reward(its, gift);
    expect(await vault.totalSupply()).to.equal(1n);
    return (await stateOf(its)).assets;
  }

  const load = vaults(() => Promise.resolve({}));

  it("R23 let the first depositor take no more than a millionth of his gift", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const given = await inflate(its, THOUSAND);
    expect(given).to.be.closeTo(THOUSAND, 2n);
    await deposit(its, accounts.bob, 10n * COIN);
    const worth = await vault.convertToAssets(await vault.balanceOf(accounts.bob));
    expect(worth, "R23").to.be.closeTo(10n * COIN, given / 1_000_000n);
    expect(await vault.convertToAssets(1n), "R23").to.be.lessThan(given / 1_000_000n + 1n);
  });

  it("R25 let no deposit buy nothing", async () => {
    const its = await load();
    const { vault, accounts } = its;
    const given = await inflate(its, 1_200_000n * COIN);
    expect(await vault.previewDeposit(COIN)).to.equal(0n);
    await expect(deposit(its, accounts.bob, COIN), "R25")
      .to.be.revertedWithCustomError(vault, "StakedIotxWorthlessDeposit")
      .withArgs(COIN);
    const least = given / 1_000_001n + 2n;
    expect(await vault.previewDeposit(least)).to.equal(1n);
    await deposit(its, accounts.bob, least);
    expect(await vault.balanceOf(accounts.bob), "R25").to.equal(1n);
  });

  it("R23 are over when the last share leaves: the next depositor has the first price", async () => {
    const its = await load();
    const { vault, accounts } = its;
    await inflate(its, THOUSAND);
    await request(its, accounts.erin);
    await deposit(its, accounts.bob, 10n * COIN);
    expect(await vault.balanceOf(accounts.bob)).to.equal((10n * COIN - 1n) * SHARES);
    const worth = await vault.convertToAssets(await vault.balanceOf(accounts.bob));
    expect(worth).to.be.closeTo(THOUSAND + 10n * COIN, 1_000n);
  });

  it("R23 do not come of slashes: who deposits after many gets out what he put in", async () => {
    const its = await load();
    const { vault, stakingPool, accounts, operator } = its;
    await deposit(its, accounts.bob, THOUSAND);
    const module = await secure(its);
    await pass(its, 2n);
    for (let round = 0; round < 30; ++round) {
      await slash(its, module, await mostOf(its, module));
      await pass(its);
    }
    expect((await stakingPool.operatorOf(operator)).closed).to.equal(false);
    expect((await stateOf(its)).assets).to.be.lessThan(2n * COIN);
    const before = await vault.convertToAssets(await vault.balanceOf(accounts.bob));
    await deposit(its, accounts.carol, THOUSAND);
    const after = await vault.convertToAssets(await vault.balanceOf(accounts.bob));
    expect(after, "STK-07").to.be.closeTo(before, 1n);
    const epoch = await vault.epoch();
    await request(its, accounts.carol);
    await inEpoch(its, epoch + 2n);
    const paid = await vault.maxWithdraw(accounts.carol);
    expect(paid, "STK-07").to.be.lessThan(THOUSAND);
    expect(paid).to.be.closeTo(THOUSAND, 3n);
  });
});

describe("StakedIotx: rewards that fail", () => {
  const load = vaults(async (its) => {
    const { connection, accounts, stakingPool, operator } = its;
    const failing = await connection.ethers.deployContract("FailingRewards", [stakingPool.target]);
    const vault = await new StakedIotx__factory(accounts.bob).deploy(failing.target, operator);
    return { failing, vault };
  });

  it("R29 keep nobody from leaving with his stake", async () => {
    const its = await load();
    const { vault, failing, accounts, connection } = its;
    await deposit(its, accounts.bob, THOUSAND);
    await failing.fail();
    const epoch = await pass(its);
    await request(its, accounts.bob);
    await inEpoch(its, epoch + 2n);
    const sending = redeemAll(its, accounts.bob);
    await expect(sending, "R29").to.changeEtherBalance(
      connection.ethers,
      accounts.bob,
      THOUSAND - 1n,
    );
    expect(await vault.compound.staticCall()).to.equal(0n);
  });

  it("let nobody in, for the price is unknown", async () => {
    const its = await load();
    const { failing, accounts } = its;
    await deposit(its, accounts.bob, THOUSAND);
    await failing.fail();
    await expect(deposit(its, accounts.carol, COIN)).to.be.revertedWithCustomError(
      failing,
      "RewardsFailed",
    );
  });
});

describe("StakedIotx: claims that somebody keeps it from", () => {
  /** A staker who calls the vault while he is paid rewards of his own: then the rewards take no claim of the vault. */
  const load = vaults(async (its) => {
    const { vault, stakingPool, operator, connection, accounts } = its;
    const receiver = await connection.ethers.deployContract("ReentrantReceiver");
    const self = receiver.target as string;
    const staking = stakingPool.interface.encodeFunctionData("stake", [operator, 0n]);
    await receiver.execute(stakingPool, staking, { value: THOUSAND });
    await deposit(its, accounts.bob, THOUSAND);
    await deposit(its, accounts.bob, COIN, self);
    await pass(its);
    const codec: Interface = vault.interface;
    const data = codec.encodeFunctionData("requestRedeem", [SHARES, self, self]);
    return { receiver, self, data };
  });

  it("are made up for with the next, of however many epochs he did so", async () => {
    const its = await load();
    const { vault, moduleRewards, receiver, self, data, operator, accounts } = its;
    const earned: bigint[] = [];
    for (let round = 0; round < 5; ++round) {
      await reward(its, 20n * COIN);
      earned.push((await rewardsOf(its)).running);
      await pass(its);
      await receiver.arm(vault, data);
      await moduleRewards.connect(accounts.stranger).claimFor(operator, NATIVE, self, ALL);
      expect(await receiver.succeeded()).to.equal(true);
      expect(await vault.idle()).to.equal(0n);
      await pass(its);
    }
    const { claimable } = await rewardsOf(its);
    expect(claimable).to.be.closeTo(50n * COIN, COIN);
    const [, coin] = await vault.previewRequest(THOUSAND * SHARES - SHARES);
    await expect(request(its, accounts.bob))
      .to.emit(moduleRewards, "Claimed")
      .withArgs(operator, vault, NATIVE, vault, claimable);
    const [, assets] = await vault.requestOf(accounts.bob, await vault.epoch());
    expect(assets).to.be.closeTo(THOUSAND + coin, 5n);
    expect(coin).to.be.closeTo((claimable * 1_000n) / 1_001n, 10n);
  });

  it("are not taken for made: the next call of the epoch claims", async () => {
    const its = await load();
    const { vault, moduleRewards, receiver, self, data, operator, accounts } = its;
    await reward(its, 20n * COIN);
    const { running } = await rewardsOf(its);
    await pass(its);
    await receiver.arm(vault, data);
    await moduleRewards.connect(accounts.stranger).claimFor(operator, NATIVE, self, ALL);
    await expect(request(its, accounts.bob, SHARES))
      .to.emit(moduleRewards, "Claimed")
      .withArgs(operator, vault, NATIVE, vault, running);
  });
});
