import { expect } from "chai";
import { toBeHex, ZeroHash } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { receiverAddress } from "../../scripts/lib/ownership/splits.js";
import { eventsOf } from "../identity/registry.js";
import { coinOf, hubs, LAST_ADDRESS, MAX_UINT128, pay, potOf, splitAmong } from "./splitting.js";

describe("SplitHub: receivers and flushes", () => {
  /** Coin and tokens wait at the receiver of a split, which nobody has deployed. */
  const load = hubs(async ({ accounts, hub, token }) => {
    const split = await splitAmong([
      [accounts.bob, 1],
      [accounts.carol, 2],
    ]);
    const receiver = await hub.receiverOf(split.id);
    await accounts.alice.sendTransaction({ to: receiver, value: 70n });
    await token.connect(accounts.alice).transfer(receiver, 50n);
    return { split, receiver };
  });

  it("has an address to be paid at before it is there, and the same after", async () => {
    const { hub, split, receiver, connection } = await load();
    const { provider } = connection.ethers;
    expect(receiver).to.equal(receiverAddress(await hub.getAddress(), split.id));
    expect(await provider.getCode(receiver)).to.equal("0x");
    await hub.flush(split.id, NATIVE);
    expect(await provider.getCode(receiver)).to.have.lengthOf(2 + 2 * 45);
    expect(await hub.receiverOf(split.id)).to.equal(receiver);
  });

  it("is another address for each split", async () => {
    const { hub, split, accounts } = await load();
    const other = await splitAmong([[accounts.bob, 1]]);
    expect(await hub.receiverOf(other.id)).to.not.equal(await hub.receiverOf(split.id));
  });

  it("credits the coin that waits there, and says from where", async () => {
    const { hub, split, receiver, connection } = await load();
    expect(await hub.flush.staticCall(split.id, NATIVE)).to.equal(70n);
    const flushing = hub.flush(split.id, NATIVE);
    const { ethers } = connection;
    await expect(flushing).to.changeEtherBalances(ethers, [receiver, hub], [-70n, 70n]);
    expect(await eventsOf(hub, flushing)).to.deep.equal([
      ["SplitDeposited", split.id, split.id, NATIVE, receiver, 70n],
    ]);
    expect(await potOf({ hub }, split)).to.deep.equal([70n, 0n]);
  });

  it("credits the tokens that wait there, and leaves the coin", async () => {
    const { hub, split, receiver, token, connection } = await load();
    expect(await hub.flush.staticCall(split.id, token)).to.equal(50n);
    const flushing = hub.flush(split.id, token);
    const { ethers } = connection;
    await expect(flushing).to.changeTokenBalances(ethers, token, [receiver, hub], [-50n, 50n]);
    await expect(flushing)
      .to.emit(hub, "SplitDeposited")
      .withArgs(split.id, split.id, token.target, receiver, 50n);
    expect(await potOf({ hub }, split, token)).to.deep.equal([50n, 0n]);
    expect(await potOf({ hub }, split)).to.deep.equal([0n, 0n]);
    expect(await ethers.provider.getBalance(receiver)).to.equal(70n);
  });

  it("deploys the receiver with the first flush and not again", async () => {
    const { hub, split, receiver, accounts, connection } = await load();
    const { provider } = connection.ethers;
    const gasOf = async (): Promise<number> =>
      Number((await (await hub.flush(split.id, NATIVE)).wait())?.gasUsed);
    const first = await gasOf();
    const code = await provider.getCode(receiver);
    await accounts.alice.sendTransaction({ to: receiver, value: 3n });
    const second = await gasOf();
    expect(first - second).to.be.above(32_000);
    expect(await provider.getCode(receiver)).to.equal(code);
    expect(await potOf({ hub }, split)).to.deep.equal([73n, 0n]);
  });

  it("credits nothing where nothing waits, and deploys the receiver all the same", async () => {
    const { hub, accounts, connection } = await load();
    const empty = await splitAmong([[accounts.dave, 1]]);
    expect(await hub.flush.staticCall(empty.id, NATIVE)).to.equal(0n);
    await hub.flush(empty.id, NATIVE);
    expect(await potOf({ hub }, empty)).to.deep.equal([0n, 0n]);
    const code = await connection.ethers.provider.getCode(await hub.receiverOf(empty.id));
    expect(code).to.not.equal("0x");
  });

  it("SPL-01 credits what arrived of a token that takes a fee", async () => {
    const { hub, split, receiver, connection } = await load();
    const token = await connection.ethers.deployContract("FeeOnTransferERC20", [250]);
    await token.mint(receiver, 1_000n);
    expect(await hub.flush.staticCall(split.id, token)).to.equal(975n);
    await expect(hub.flush(split.id, token))
      .to.emit(hub, "SplitDeposited")
      .withArgs(split.id, split.id, token.target, receiver, 975n);
    expect(await potOf({ hub }, split, token)).to.deep.equal([975n, 0n]);
    expect(await token.balanceOf(hub), "SPL-01").to.equal(975n);
  });

  it("SPL-01 credits only what the receiver brought, whatever the hub holds", async () => {
    const loaded = await load();
    const { hub, split, accounts, token } = loaded;
    const other = await splitAmong([[accounts.dave, 1]]);
    await pay(loaded, other, 1_000n);
    await pay(loaded, other, 1_000n, token);
    await hub.flush(split.id, NATIVE);
    await hub.flush(split.id, token);
    expect(await potOf(loaded, split)).to.deep.equal([70n, 0n]);
    expect(await potOf(loaded, split, token)).to.deep.equal([50n, 0n]);
    expect(await coinOf(loaded), "SPL-01").to.equal(1_070n);
  });

  it("R22 credits nobody with coin or tokens that were forced on the hub", async () => {
    const loaded = await load();
    const { hub, split, accounts, token, connection } = loaded;
    await connection.ethers.deployContract("ForceSender", [hub], { value: 999n });
    await token.connect(accounts.alice).transfer(hub, 999n);
    await hub.flush(split.id, NATIVE);
    await hub.flush(split.id, token);
    expect(await potOf(loaded, split), "R22").to.deep.equal([70n, 0n]);
    expect(await potOf(loaded, split, token), "R22").to.deep.equal([50n, 0n]);
  });

  it("R09 refuses ids that are no hash", async () => {
    const { hub, accounts, token } = await load();
    for (const id of [ZeroHash, toBeHex(accounts.bob.address, 32), toBeHex(LAST_ADDRESS, 32)]) {
      for (const currency of [NATIVE, await token.getAddress()]) {
        await expect(hub.flush(id, currency))
          .to.be.revertedWithCustomError(hub, "SplitHubInvalidId")
          .withArgs(id);
      }
    }
    const smallest = toBeHex(LAST_ADDRESS + 1n, 32);
    expect(await hub.flush.staticCall(smallest, NATIVE)).to.equal(0n);
  });

  it("leaves at the receiver what a token refuses to move, until it moves it", async () => {
    const { hub, split, receiver, connection } = await load();
    const token = await connection.ethers.deployContract("ReturnsFalseERC20");
    await token.mint(receiver, 10n);
    await expect(hub.flush(split.id, token))
      .to.be.revertedWithCustomError(hub, "SafeERC20FailedOperation")
      .withArgs(await token.getAddress());
    expect(await connection.ethers.provider.getCode(receiver), "all of it undone").to.equal("0x");
    await token.accept(true);
    await hub.flush(split.id, token);
    expect(await potOf({ hub }, split, token)).to.deep.equal([10n, 0n]);
  });

  it("leaves at the receiver what would overflow the pot", async () => {
    const loaded = await load();
    const { hub, split, receiver, accounts, token } = loaded;
    await token.mint(accounts.alice, MAX_UINT128);
    await pay(loaded, split, MAX_UINT128 - 49n, token);
    await expect(hub.flush(split.id, token))
      .to.be.revertedWithCustomError(hub, "SafeCastOverflowedUintDowncast")
      .withArgs(128, MAX_UINT128 + 1n);
    expect(await token.balanceOf(receiver)).to.equal(50n);
    await hub.flush(split.id, NATIVE);
  });
});
