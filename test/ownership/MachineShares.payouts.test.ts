import { expect } from "chai";
import { type BaseContract, parseEther, ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { type MachineShares } from "../../typechain-types/index.js";
import { ALL, contribute, openOffering, workingMachine } from "./fixture.js";
import { coinOf, EARNING, eventsBy, machines, withOtherDevice } from "./machine.js";

describe("MachineShares: where revenue is paid", () => {
  const load = machines(async (its) => ({ shares: await workingMachine(its) }));
  type Loaded = Awaited<ReturnType<typeof load>>;

  interface Payee extends BaseContract {
    execute(target: string, data: string): Promise<unknown>;
  }

  /** A contract that anyone may order about has 300 of Bob's shares. */
  async function contractHolder<T extends Payee>({ shares }: Loaded, holder: T): Promise<T> {
    await shares.transfer(holder, 300);
    return holder;
  }

  const order = async (
    { shares }: Loaded,
    holder: Payee,
    name: "claim" | "setPayout",
    args: unknown[],
  ) => {
    const codec: MachineShares["interface"] = shares.interface;
    const data =
      name === "claim"
        ? codec.encodeFunctionData("claim", args as [string, bigint])
        : codec.encodeFunctionData("setPayout", args as [string]);
    return holder.execute(shares.target as string, data);
  };

  it("is to the holder himself at first", async () => {
    const { shares, accounts } = await load();
    expect(await shares.payoutOf(accounts.bob)).to.equal(ZeroAddress);
  });

  it("R18 is where he says, whoever claims for him, and again to himself", async () => {
    const { shares, token, accounts } = await load();
    const { bob, dave, stranger } = accounts;
    await shares.deposit(token, EARNING);
    expect(await eventsBy(shares, shares.setPayout(dave))).to.deep.equal([
      ["PayoutSet", bob.address, dave.address],
    ]);
    expect(await shares.payoutOf(bob)).to.equal(dave.address);
    expect(await shares.payoutOf(accounts.carol), "only his").to.equal(ZeroAddress);
    const before = await token.balanceOf(dave);
    const sending = shares.connect(stranger).claimFor(bob, token, ALL);
    expect(await eventsBy(shares, sending)).to.deep.equal([
      ["DividendClaimed", bob.address, token.target, dave.address, 600n],
    ]);
    expect(await token.balanceOf(dave)).to.equal(before + 600n);
    expect(await shares.claimable(dave, token), "a payout is no holder").to.equal(0n);
    expect(await eventsBy(shares, shares.setPayout(ZeroAddress))).to.deep.equal([
      ["PayoutSet", bob.address, ZeroAddress],
    ]);
    await shares.deposit(token, EARNING);
    expect(await eventsBy(shares, shares.claim(token, ALL))).to.deep.equal([
      ["DividendClaimed", bob.address, token.target, bob.address, 600n],
    ]);
  });

  it("stays his when he sells: the buyer is paid himself", async () => {
    const { shares, token, accounts } = await load();
    const { bob, dave, stranger } = accounts;
    await shares.setPayout(stranger);
    await shares.transfer(dave, 600);
    await shares.deposit(token, EARNING);
    await shares.connect(stranger).claimFor(dave, token, ALL);
    expect(await token.balanceOf(stranger)).to.equal(0n);
    expect(await shares.payoutOf(bob)).to.equal(stranger.address);
  });

  it("may be said while raising, and can be a contract", async () => {
    const its = await load();
    const { connection, accounts } = its;
    const other = await withOtherDevice(its);
    const fresh = (await openOffering(other)).connect(accounts.bob);
    const wallet = await connection.ethers.deployContract("ContractOwner", [accounts.bob]);
    await contribute(other, fresh, accounts.bob, 1_000);
    await fresh.setPayout(wallet);
    await other.machineOfferings.finalise(fresh);
    await fresh.deposit(NATIVE, EARNING, { value: EARNING });
    await fresh.claim(NATIVE, ALL);
    expect(await coinOf(its, wallet)).to.equal(1_000n);
  });

  it("pays contracts that are holders", async () => {
    const loaded = await load();
    const { shares, token, connection, accounts } = loaded;
    const wallet = await contractHolder(
      loaded,
      await connection.ethers.deployContract("ContractOwner", [accounts.bob]),
    );
    await shares.deposit(NATIVE, EARNING, { value: EARNING });
    await shares.deposit(token, EARNING);
    await order(loaded, wallet, "claim", [NATIVE, ALL]);
    await shares.claimFor(wallet, token, ALL);
    expect(await coinOf(loaded, wallet)).to.equal(300n);
    expect(await token.balanceOf(wallet)).to.equal(300n);
  });

  describe("OWN-10 R29 R30", () => {
    it("harms nobody but himself when a holder refuses coin, who may have it elsewhere", async () => {
      const loaded = await load();
      const { shares, token, connection, accounts } = loaded;
      const { bob, carol, stranger } = accounts;
      const holder = await contractHolder(
        loaded,
        await connection.ethers.deployContract("RevertingReceiver"),
      );
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      await shares.deposit(token, EARNING);
      await expect(shares.claimFor(holder, NATIVE, ALL))
        .to.be.revertedWithCustomError(holder, "ReceiverRefused")
        .withArgs(300n);
      expect(await shares.claimable(holder, NATIVE), "nothing is lost").to.equal(300n);
      await shares.claimFor(holder, token, ALL);
      expect(await token.balanceOf(holder), "other currencies are paid").to.equal(300n);
      await shares.claim(NATIVE, ALL);
      await shares.claimFor(carol, NATIVE, ALL);
      await shares.transfer(stranger, 1);
      expect(await shares.claimable(bob, NATIVE)).to.equal(0n);
      await order(loaded, holder, "setPayout", [stranger.address]);
      const before = await coinOf(loaded, stranger);
      await shares.claimFor(holder, NATIVE, ALL);
      expect(await coinOf(loaded, stranger)).to.equal(before + 300n);
    });

    it("harms nobody else when a receiver burns all gas", async () => {
      const { shares, connection, accounts } = await load();
      const { carol, dave } = accounts;
      const burner = await connection.ethers.deployContract("GasBurningReceiver");
      await shares.connect(carol).setPayout(burner);
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      await expect(
        shares.claimFor(carol, NATIVE, ALL, { gasLimit: 1_000_000n }),
      ).to.be.revertedWithCustomError(shares, "FailedCall");
      await shares.claim(NATIVE, ALL);
      await shares.connect(carol).transfer(dave, 400);
      expect(await shares.claimable(carol, NATIVE)).to.equal(400n);
    });

    it("harms no other holder and no other currency when a token freezes a holder", async () => {
      const { shares, token, connection, accounts } = await load();
      const { bob, carol } = accounts;
      const frozen = await connection.ethers.deployContract("FreezingERC20");
      await frozen.mint(shares, EARNING);
      await shares.sync(frozen);
      await shares.deposit(token, EARNING);
      await frozen.freeze(bob, true);
      await expect(shares.claim(frozen, ALL))
        .to.be.revertedWithCustomError(frozen, "AccountFrozen")
        .withArgs(bob.address);
      await expect(shares.claimMany([token, frozen], ALL), "one that fails reverts all")
        .to.be.revertedWithCustomError(frozen, "AccountFrozen")
        .withArgs(bob.address);
      expect(await shares.claimable(bob, token)).to.equal(600n);
      await shares.claimMany([token], ALL);
      await shares.claimFor(carol, frozen, ALL);
      expect(await frozen.balanceOf(carol)).to.equal(400n);
      await frozen.freeze(bob, false);
      await shares.claim(frozen, ALL);
      expect(await frozen.balanceOf(bob)).to.equal(600n);
    });

    it("harms no other currency when a token pays nothing and says so, or is none", async () => {
      const { shares, token, connection, accounts } = await load();
      const liar = await connection.ethers.deployContract("ReturnsFalseERC20");
      await liar.mint(shares, EARNING);
      await shares.sync(liar);
      await shares.deposit(token, EARNING);
      await expect(shares.claim(liar, ALL))
        .to.be.revertedWithCustomError(shares, "SafeERC20FailedOperation")
        .withArgs(liar.target);
      await shares.claim(token, ALL);
      await liar.accept(true);
      await shares.claim(liar, ALL);
      expect(await liar.balanceOf(accounts.bob)).to.equal(600n);
    });

    it("pays a token that returns nothing", async () => {
      const { shares, connection, accounts } = await load();
      const old = await connection.ethers.deployContract("ReturnsNothingERC20");
      await old.mint(accounts.bob, EARNING);
      await old.connect(accounts.bob).approve(shares, EARNING);
      await shares.deposit(old, EARNING);
      await shares.claim(old, ALL);
      expect(await old.balanceOf(accounts.bob)).to.equal(600n);
    });
  });

  describe("sync", () => {
    it("books coin and tokens that arrived plainly, once", async () => {
      const { shares, token, accounts } = await load();
      const { dave, stranger } = accounts;
      const asStranger = shares.connect(stranger);
      await token.connect(dave).transfer(shares, EARNING);
      await dave.sendTransaction({ to: shares, value: 2n * EARNING });
      for (const [currency, amount] of [
        [token.target as string, EARNING],
        [NATIVE, 2n * EARNING],
      ] as const) {
        expect(await shares.heldOf(currency)).to.equal(0n);
        expect(await asStranger.sync.staticCall(currency)).to.equal(amount);
        expect(await eventsBy(shares, asStranger.sync(currency))).to.deep.equal([
          ["DividendDeposited", currency, ZeroAddress, amount],
        ]);
        expect(await shares.heldOf(currency)).to.equal(amount);
        expect(await asStranger.sync.staticCall(currency), "R21").to.equal(0n);
        expect(await eventsBy(shares, asStranger.sync(currency)), "R21").to.deep.equal([]);
      }
      expect(await shares.claimable(accounts.bob, token)).to.equal(600n);
      expect(await shares.claimable(accounts.bob, NATIVE)).to.equal(1_200n);
    });

    it("books only what is above what is owed", async () => {
      const { shares, token, accounts } = await load();
      await shares.deposit(token, EARNING);
      await shares.claim(token, ALL);
      expect(await shares.sync.staticCall(token)).to.equal(0n);
      await token.connect(accounts.dave).transfer(shares, 1);
      expect(await shares.sync.staticCall(token)).to.equal(1n);
      await shares.sync(token);
      expect(await shares.heldOf(token)).to.equal(401n);
    });

    it("R22 books coin that nobody asked the machine for", async () => {
      const { shares, connection, accounts } = await load();
      await connection.ethers.deployContract("ForceSender", [shares.target], { value: EARNING });
      expect(await shares.claimable(accounts.bob, NATIVE)).to.equal(0n);
      await shares.sync(NATIVE);
      expect(await shares.claimable(accounts.bob, NATIVE)).to.equal(600n);
    });

    it("OWN-10 books nothing of a token that shrank, which is short of itself alone", async () => {
      const { shares, token, connection, accounts } = await load();
      const { bob, carol } = accounts;
      const rebasing = await connection.ethers.deployContract("RebasingERC20");
      await rebasing.mint(shares, 2n * EARNING);
      await shares.sync(rebasing);
      await shares.deposit(token, EARNING);
      await rebasing.rebase(parseEther("0.5"));
      expect(await shares.sync.staticCall(rebasing)).to.equal(0n);
      expect(await eventsBy(shares, shares.sync(rebasing))).to.deep.equal([]);
      await shares.claimFor(carol, rebasing, ALL);
      expect(await rebasing.balanceOf(carol)).to.equal(800n);
      await expect(shares.claim(rebasing, ALL))
        .to.be.revertedWithCustomError(rebasing, "ERC20InsufficientBalance")
        .withArgs(shares.target, 400n, 2_400n);
      await shares.claim(token, ALL);
      expect(await shares.claimable(bob, token)).to.equal(0n);
      await rebasing.rebase(parseEther("4"));
      expect(await shares.sync.staticCall(rebasing), "what it grew by").to.equal(400n);
    });

    it("books its own shares as any other token, whose it has become the holder of", async () => {
      const { shares, accounts } = await load();
      const { bob, carol } = accounts;
      await shares.transfer(shares, 300);
      expect(await shares.sync.staticCall(shares)).to.equal(300n);
      await shares.sync(shares);
      // 300 of 1,000 are the shares' own.
      expect(await shares.claimable(carol, shares)).to.equal(120n);
      await shares.connect(carol).claim(shares, ALL);
      expect(await shares.balanceOf(carol)).to.equal(520n);
      await shares.claim(shares, ALL);
      expect(await shares.balanceOf(bob)).to.equal(390n);
    });
  });
});
