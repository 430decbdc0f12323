import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import {
  coinOf,
  fund,
  hubs,
  LAST_ADDRESS,
  MAX_UINT128,
  pay,
  potOf,
  splitAmong,
} from "./splitting.js";

describe("SplitHub: deposits", () => {
  const load = hubs(async ({ accounts, hub }) => {
    const split = await splitAmong([
      [accounts.bob, 1],
      [accounts.carol, 2],
    ]);
    const other = await splitAmong([[accounts.bob, 1]]);
    return { split, other, asAlice: hub.connect(accounts.alice) };
  });

  it("credits coin to the split's pot, and says so", async () => {
    const { asAlice, hub, split, accounts, connection } = await load();
    const { alice } = accounts;
    const paid = [split.id, NATIVE, 100n, { value: 100n }] as const;
    expect(await asAlice.deposit.staticCall(...paid)).to.equal(100n);
    const depositing = asAlice.deposit(...paid);
    await expect(depositing).to.changeEtherBalances(connection.ethers, [alice, hub], [-100n, 100n]);
    expect(await eventsOf(hub, depositing)).to.deep.equal([
      ["SplitDeposited", split.id, split.id, NATIVE, alice.address, 100n],
    ]);
    expect(await potOf({ hub }, split)).to.deep.equal([100n, 0n]);
  });

  it("credits a token to the split's pot of that token", async () => {
    const { asAlice, hub, split, accounts, token, connection } = await load();
    const { alice } = accounts;
    const address = await token.getAddress();
    expect(await asAlice.deposit.staticCall(split.id, token, 100n)).to.equal(100n);
    const depositing = asAlice.deposit(split.id, token, 100n);
    await expect(depositing).to.changeTokenBalances(
      connection.ethers,
      token,
      [alice, hub],
      [-100n, 100n],
    );
    await expect(depositing)
      .to.emit(hub, "SplitDeposited")
      .withArgs(split.id, split.id, address, alice.address, 100n);
    expect(await potOf({ hub }, split, token)).to.deep.equal([100n, 0n]);
    expect(await potOf({ hub }, split), "coin").to.deep.equal([0n, 0n]);
  });

  it("adds up in a pot, and touches no other split's", async () => {
    const loaded = await load();
    await pay(loaded, loaded.split, 100n);
    await pay(loaded, loaded.split, 23n);
    await pay(loaded, loaded.other, 7n);
    expect(await potOf(loaded, loaded.split)).to.deep.equal([123n, 0n]);
    expect(await potOf(loaded, loaded.other)).to.deep.equal([7n, 0n]);
  });

  it("SPL-01 credits what arrived of a token that takes a fee", async () => {
    const { asAlice, hub, split, accounts, connection } = await load();
    const token = await connection.ethers.deployContract("FeeOnTransferERC20", [250]);
    await fund(accounts, hub, token);
    expect(await asAlice.deposit.staticCall(split.id, token, 1_000n)).to.equal(975n);
    await expect(asAlice.deposit(split.id, token, 1_000n))
      .to.emit(hub, "SplitDeposited")
      .withArgs(split.id, split.id, await token.getAddress(), accounts.alice.address, 975n);
    expect(await potOf({ hub }, split, token)).to.deep.equal([975n, 0n]);
    expect(await token.balanceOf(hub), "SPL-01").to.equal(975n);
  });

  it("SPL-01 credits nothing of a token that never arrives", async () => {
    const { asAlice, hub, split, accounts, connection } = await load();
    const token = await connection.ethers.deployContract("FeeOnTransferERC20", [10_000]);
    await fund(accounts, hub, token);
    await asAlice.deposit(split.id, token, 1_000n);
    expect(await potOf({ hub }, split, token), "SPL-01").to.deep.equal([0n, 0n]);
  });

  it("takes a token that returns nothing", async () => {
    const { asAlice, hub, split, accounts, connection } = await load();
    const token = await connection.ethers.deployContract("ReturnsNothingERC20");
    await token.mint(accounts.alice, 10n);
    await token.connect(accounts.alice).approve(hub, 10n);
    await asAlice.deposit(split.id, token, 10n);
    expect(await potOf({ hub }, split, token)).to.deep.equal([10n, 0n]);
  });

  it("refuses a token that returns false", async () => {
    const { asAlice, hub, split, accounts, connection } = await load();
    const token = await connection.ethers.deployContract("ReturnsFalseERC20");
    await fund(accounts, hub, token);
    await expect(asAlice.deposit(split.id, token, 10n))
      .to.be.revertedWithCustomError(hub, "SafeERC20FailedOperation")
      .withArgs(await token.getAddress());
  });

  it("R27 refuses coin that is not the amount", async () => {
    const { asAlice, hub, split } = await load();
    for (const value of [0n, 99n, 101n]) {
      await expect(asAlice.deposit(split.id, NATIVE, 100n, { value }))
        .to.be.revertedWithCustomError(hub, "CurrencyWrongValue")
        .withArgs(100n, value);
    }
  });

  it("R27 refuses coin that comes with a token", async () => {
    const { asAlice, hub, split, token } = await load();
    await expect(asAlice.deposit(split.id, token, 100n, { value: 1n }))
      .to.be.revertedWithCustomError(hub, "CurrencyWrongValue")
      .withArgs(0n, 1n);
  });

  it("R09 refuses ids that are no hash: zero and addresses", async () => {
    const { asAlice, hub, accounts } = await load();
    const address = toBeHex(accounts.bob.address, 32);
    for (const id of [ZeroHash, toBeHex(1n, 32), address, toBeHex(LAST_ADDRESS, 32)]) {
      await expect(asAlice.deposit(id, NATIVE, 1n, { value: 1n }))
        .to.be.revertedWithCustomError(hub, "SplitHubInvalidId")
        .withArgs(id);
    }
    expect(await coinOf(await load())).to.equal(0n);
  });

  it("takes the smallest id that is no address", async () => {
    const loaded = await load();
    const id = toBeHex(LAST_ADDRESS + 1n, 32);
    await pay(loaded, { id }, 1n);
    expect(await potOf(loaded, { id })).to.deep.equal([1n, 0n]);
  });

  it("takes nothing, which changes nothing", async () => {
    const loaded = await load();
    await pay(loaded, loaded.split, 0n);
    expect(await potOf(loaded, loaded.split)).to.deep.equal([0n, 0n]);
  });

  it("ends when a pot has seen 2^128 - 1 units, for that currency of that split alone", async () => {
    const loaded = await load();
    const { asAlice, hub, split, other, accounts, token } = loaded;
    await token.mint(accounts.alice, MAX_UINT128);
    await pay(loaded, split, MAX_UINT128, token);
    expect(await potOf(loaded, split, token)).to.deep.equal([MAX_UINT128, 0n]);
    await expect(asAlice.deposit(split.id, token, 1n))
      .to.be.revertedWithCustomError(hub, "SafeCastOverflowedUintDowncast")
      .withArgs(128, MAX_UINT128 + 1n);
    await pay(loaded, split, 1n);
    await pay(loaded, other, 1n, token);
  });

  it("R22 takes no coin that is plainly sent, from anybody", async () => {
    const { hub, accounts, split } = await load();
    for (const sender of [accounts.alice, accounts.relayer]) {
      await expect(sender.sendTransaction({ to: hub, value: 1n }))
        .to.be.revertedWithCustomError(hub, "SplitHubUnauthorized")
        .withArgs(sender);
    }
    expect(await potOf({ hub }, split)).to.deep.equal([0n, 0n]);
  });

  it("R32 costs the same for two recipients and for ten thousand", async () => {
    const { asAlice, split, accounts } = await load();
    const people = Array.from({ length: 10_000 }, (_, n) => {
      return [toBeHex(0x1234567890n + BigInt(n), 20), n + 1] as const;
    });
    const crowd = await splitAmong([...people, [accounts.bob, 5]]);
    const gasOf = async (id: string): Promise<bigint> => {
      const sent = await asAlice.deposit(id, NATIVE, 5n, { value: 5n });
      return (await sent.wait())?.gasUsed ?? 0n;
    };
    const difference = (await gasOf(crowd.id)) - (await gasOf(split.id));
    // Only the id's zero bytes, at 12 gas each, can make one.
    expect(Math.abs(Number(difference)), "R32").to.be.at.most(200);
  });
});
