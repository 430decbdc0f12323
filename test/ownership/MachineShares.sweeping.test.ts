import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { Stage } from "../../scripts/lib/ownership/machines.js";
import { MachineShares__factory } from "../../typechain-types/index.js";
import { deployWallet } from "../identity/fixture.js";
import { nextBlockAt } from "../identity/registry.js";
import {
  ALL,
  carryOut,
  DAY,
  now,
  openOffering,
  type Ownership,
  workingMachine,
} from "./fixture.js";
import { coinOf, EARNING, eventsBy, giveCoin, machines, withOtherDevice } from "./machine.js";

const KEPT = 10n;

describe("MachineShares: what the device's wallet has too much", () => {
  const load = machines(async (its) => {
    const workingBalances = [
      { currency: NATIVE, amount: 2n * KEPT },
      { currency: its.token.target as string, amount: KEPT },
    ];
    const shares = await workingMachine(its, { machine: { workingBalances } });
    const account = await its.deviceRegistry.accountOf(its.charger.deviceId);
    return { shares, account };
  });

  it("goes to the holders, by anyone's call, and the working balance stays", async () => {
    const { shares, token, account, accounts } = await load();
    await token.mint(account, EARNING + KEPT);
    const asStranger = shares.connect(accounts.stranger);
    expect(await asStranger.sweepAccount.staticCall(token)).to.equal(EARNING);
    expect(await eventsBy(shares, asStranger.sweepAccount(token))).to.deep.equal([
      ["AccountSwept", token.target, EARNING],
    ]);
    expect(await token.balanceOf(account)).to.equal(KEPT);
    expect(await token.balanceOf(shares)).to.equal(EARNING);
    expect(await shares.heldOf(token)).to.equal(EARNING);
    expect(await shares.claimable(accounts.bob, token)).to.equal(600n);
  });

  it("is counted for each currency by itself", async () => {
    const its = await load();
    const { shares, token, account, connection } = its;
    const unlisted = await connection.ethers.deployContract("MockERC20", [6]);
    for (const [currency, kept] of [
      [NATIVE, 2n * KEPT],
      [token.target as string, KEPT],
      [unlisted.target as string, 0n],
    ] as const) {
      expect(await shares.workingBalanceOf(currency)).to.equal(kept);
    }
    await giveCoin(its, account, 2n * KEPT + 1n);
    await unlisted.mint(account, 1n);
    expect(await shares.sweepAccount.staticCall(NATIVE)).to.equal(1n);
    await shares.sweepAccount(NATIVE);
    await shares.sweepAccount(unlisted);
    expect(await coinOf(its, account)).to.equal(2n * KEPT);
    expect(await shares.heldOf(NATIVE)).to.equal(1n);
    expect(await shares.heldOf(unlisted)).to.equal(1n);
    expect(await shares.heldOf(token)).to.equal(0n);
  });

  it("is nothing at the working balance and below, and then nothing is done", async () => {
    const { shares, token, account, connection } = await load();
    for (const amount of [0n, KEPT - 1n, 1n]) {
      await token.mint(account, amount);
      expect(await shares.sweepAccount.staticCall(token)).to.equal(0n);
      expect(await eventsBy(shares, shares.sweepAccount(token))).to.deep.equal([]);
    }
    expect(await token.balanceOf(account)).to.equal(KEPT);
    expect(await connection.ethers.provider.getCode(account)).to.equal("0x");
  });

  it("is fetched from a wallet that was not deployed yet, and from one that was", async () => {
    const its = await load();
    const { shares, token, account, charger, connection } = its;
    await token.mint(account, KEPT + 1n);
    await shares.sweepAccount(token);
    expect(await connection.ethers.provider.getCode(account)).to.not.equal("0x");
    await token.mint(account, 5n);
    expect(await shares.sweepAccount.staticCall(token)).to.equal(5n);
    await shares.sweepAccount(token);
    const other = await withOtherDevice(its);
    const fresh = await workingMachine(other);
    const wallet = await deployWallet(other, other.charger.deviceId);
    expect(charger.deviceId).to.not.equal(other.charger.deviceId);
    await giveCoin(other, wallet, 7n);
    await fresh.sweepAccount(NATIVE);
    expect(await fresh.heldOf(NATIVE)).to.equal(7n);
  });

  it("counts as what arrives of it, and nothing that was here", async () => {
    const { shares, account, connection } = await load();
    const token = await connection.ethers.deployContract("FeeOnTransferERC20", [1_000]);
    await token.mint(account, 1_000n);
    await token.mint(shares, 500n);
    expect(await eventsBy(shares, shares.sweepAccount(token))).to.deep.equal([
      ["AccountSwept", token.target, 900n],
    ]);
    expect(await shares.heldOf(token)).to.equal(900n);
    expect(await shares.sync.staticCall(token)).to.equal(500n);
  });

  it("fails as the currency does, and for that currency alone", async () => {
    const { shares, token, account, connection } = await load();
    const frozen = await connection.ethers.deployContract("FreezingERC20");
    await frozen.mint(account, 5n);
    await token.mint(account, KEPT + 1n);
    await frozen.freeze(account, true);
    await expect(shares.sweepAccount(frozen))
      .to.be.revertedWithCustomError(frozen, "AccountFrozen")
      .withArgs(account);
    await shares.sweepAccount(token);
    expect(await shares.heldOf(token)).to.equal(1n);
  });

  it("waits for the lock that the seller put on the wallet", async () => {
    const its = await withOtherDevice(await load());
    const { token, accounts, charger } = its;
    const wallet = await deployWallet(its, charger.deviceId);
    const until = (await now(its)) + 20 * DAY;
    await wallet.connect(accounts.alice).lock(until);
    const shares = await workingMachine(its);
    await token.mint(wallet, 5n);
    await nextBlockAt(its, until - 1);
    await expect(shares.sweepAccount(token))
      .to.be.revertedWithCustomError(wallet, "DeviceAccountLocked")
      .withArgs(until);
    await nextBlockAt(its, until);
    await shares.sweepAccount(token);
    expect(await shares.heldOf(token)).to.equal(5n);
  });

  it("is refused while raising, and once the device is gone", async () => {
    const its = await load();
    const { token, accounts, account } = its;
    const other = await withOtherDevice(its);
    const raising = await openOffering(other);
    await expect(raising.sweepAccount(token))
      .to.be.revertedWithCustomError(raising, "MachineSharesWrongStage")
      .withArgs(Stage.Raising);
    const sole = await ended(its);
    await expect(sole.sweepAccount(token))
      .to.be.revertedWithCustomError(sole, "MachineSharesWrongStage")
      .withArgs(Stage.Ended);
    expect(await token.balanceOf(account)).to.equal(0n);
    expect(await sole.balanceOf(accounts.bob)).to.equal(1_000n);
  });

  it("is everything once the device is retired", async () => {
    const its = await load();
    const { shares, token, account } = its;
    await token.mint(account, KEPT);
    await giveCoin(its, account, KEPT);
    await carryOut(its, shares, "Retire");
    expect(await shares.workingBalanceOf(token)).to.equal(0n);
    expect(await shares.workingBalanceOf(NATIVE)).to.equal(0n);
    for (const currency of [token.target as string, NATIVE]) {
      await shares.sweepAccount(currency);
      expect(await shares.heldOf(currency)).to.equal(KEPT);
    }
    await shares.claimMany([token, NATIVE], ALL);
  });

  /** Another machine, which Bob, who had everything, has unwrapped. */
  async function ended(its: Ownership) {
    const { bob } = its.accounts;
    const other = await withOtherDevice(its);
    const shares = await workingMachine(other, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
    await shares.unwrap(bob);
    return MachineShares__factory.connect(shares.target as string, bob);
  }
});
