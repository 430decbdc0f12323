import { expect } from "chai";
import { AbiCoder } from "ethers";

import type { Identity } from "../identity/fixture.js";
import { COIN, NO_PENDING, pass, registerOperator, STAKE, stake } from "./fixture.js";
import { asCourt, coinOf, fromDayOne, holdingOf, slashOf } from "./pool.js";

/** A contract that does what it is told, and takes coin in a way of its own. */
interface Receiver {
  target: unknown;
  execute: (target: string, data: string, options: { value: bigint }) => Promise<unknown>;
}

/** It has 20 coins staked beside Bob's 1,000, and 10 that it asked out and can claim; 20 it is owed as a victim. */
async function withExit<T extends Receiver>(its: Identity, receiver: T) {
  const operator = await registerOperator(its);
  await stake(its, its.accounts.bob, operator);
  const epoch = await pass(its);
  const court = await asCourt(its);
  const self = receiver.target as string;
  const codec = its.stakingPool.interface;
  const call = (data: string, value = 0n) =>
    receiver.execute(its.stakingPool.target as string, data, { value });
  await call(codec.encodeFunctionData("stake", [operator, NO_PENDING]), 30n * COIN);
  await call(codec.encodeFunctionData("requestExit", [operator, 10n * COIN]));
  await court.slash(slashOf(operator, epoch, 40n * COIN, { victims: self, victimBps: 5_000 }));
  await pass(its, 2n);
  return { operator, epoch, receiver, self, codec, court, call };
}

describe("StakingPool: a receiver that calls back", () => {
  const load = fromDayOne(async (its) =>
    withExit(its, await its.connection.ethers.deployContract("ReentrantReceiver")),
  );

  it("R21 is paid an exit once, by whichever way it asks again", async () => {
    for (const name of ["claimExit", "claimExitFor", "restakeExit"] as const) {
      const its = await load();
      const { stakingPool: pool, receiver, self, codec, operator, epoch } = its;
      const again = {
        claimExit: () => codec.encodeFunctionData("claimExit", [operator, epoch, self]),
        claimExitFor: () => codec.encodeFunctionData("claimExitFor", [operator, epoch, self]),
        restakeExit: () => codec.encodeFunctionData("restakeExit", [operator, epoch, NO_PENDING]),
      };
      await receiver.arm(pool, again[name]());
      const before = await coinOf(its, pool);
      await pool.claimExitFor(operator, epoch, self);
      expect(await receiver.succeeded(), name).to.equal(false);
      const expected = codec.encodeErrorResult("StakingPoolNoExit", [operator, epoch, self]);
      expect(await receiver.result(), name).to.equal(expected);
      expect(await coinOf(its, receiver), name).to.equal(10n * COIN);
      expect(await coinOf(its, pool), name).to.equal(before - 10n * COIN);
    }
  });

  it("R21 is paid compensation once, by whichever way it asks again", async () => {
    for (const name of ["withdrawCompensation", "withdrawCompensationFor"] as const) {
      const its = await load();
      const { stakingPool: pool, receiver, self, codec } = its;
      const again = {
        withdrawCompensation: () => codec.encodeFunctionData("withdrawCompensation", [self]),
        withdrawCompensationFor: () => codec.encodeFunctionData("withdrawCompensationFor", [self]),
      };
      await receiver.arm(pool, again[name]());
      const before = await coinOf(its, pool);
      await pool.withdrawCompensationFor(self);
      expect(await receiver.succeeded(), name).to.equal(true);
      const nothing = AbiCoder.defaultAbiCoder().encode(["uint256"], [0n]);
      expect(await receiver.result(), name).to.equal(nothing);
      expect(await coinOf(its, receiver), name).to.equal(20n * COIN);
      expect(await coinOf(its, pool), name).to.equal(before - 20n * COIN);
    }
  });

  it("gets from within only what it would get afterwards", async () => {
    const its = await load();
    const { stakingPool: pool, receiver, self, codec, operator, epoch, accounts } = its;
    await receiver.arm(pool, codec.encodeFunctionData("withdrawCompensation", [self]));
    await pool.claimExitFor(operator, epoch, self);
    expect(await receiver.succeeded()).to.equal(true);
    expect(await coinOf(its, receiver)).to.equal(30n * COIN);
    expect(await holdingOf(its, operator, self, epoch)).to.deep.equal({
      shares: 20n * COIN,
      stake: 20n * COIN,
      exitShares: 0n,
      exit: 0n,
    });
    expect(await pool.stakeOf(operator, accounts.bob)).to.equal(STAKE);
  });

  it("asks more out from within at the price of the moment", async () => {
    const its = await load();
    const { stakingPool: pool, receiver, self, codec, operator, epoch } = its;
    const all = codec.encodeFunctionData("requestExit", [operator, 20n * COIN]);
    await receiver.arm(pool, all);
    await pool.claimExitFor(operator, epoch, self);
    expect(await receiver.succeeded()).to.equal(true);
    expect(await pool.votesOf(operator)).to.equal(STAKE);
    expect((await pool.exitOf(operator, epoch + 2n, self)).assets).to.equal(20n * COIN);
  });
});

describe("StakingPool: a receiver that refuses coin", () => {
  const load = fromDayOne(async (its) =>
    withExit(its, await its.connection.ethers.deployContract("RevertingReceiver")),
  );

  it("R29 R30 harms only itself: its exit waits, and can be sent elsewhere", async () => {
    const its = await load();
    const { stakingPool: pool, receiver, self, codec, operator, epoch, call, accounts } = its;
    const { bob, dave } = accounts;
    const refused = () =>
      expect(pool.claimExitFor(operator, epoch, self))
        .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
        .withArgs(10n * COIN);
    await refused();
    await refused();
    expect((await pool.exitOf(operator, epoch, self)).assets, "R29").to.equal(10n * COIN);
    await pool.connect(bob).requestExit(operator, STAKE);
    const before = await coinOf(its, dave);
    await call(codec.encodeFunctionData("claimExit", [operator, epoch, dave.address]));
    expect((await coinOf(its, dave)) - before, "R29").to.equal(10n * COIN);
    expect((await pool.exitOf(operator, epoch, self)).exitShares).to.equal(0n);
  });

  it("R29 is paid once it takes coin", async () => {
    const its = await load();
    const { stakingPool: pool, receiver, self, operator, epoch } = its;
    await expect(pool.claimExitFor(operator, epoch, self)).to.be.revertedWithCustomError(
      receiver,
      "ReceiverRefused",
    );
    await receiver.accept(true);
    await pool.claimExitFor(operator, epoch, self);
    expect(await coinOf(its, receiver)).to.equal(10n * COIN);
  });

  it("R29 who names one that refuses can name another", async () => {
    const its = await load();
    const { stakingPool, receiver, operator, accounts, connection } = its;
    const { bob, dave } = accounts;
    const pool = stakingPool.connect(bob);
    const epoch = await pool.epoch();
    await pool.requestExit(operator, 7n * COIN);
    await pass(its, 2n);
    await expect(pool.claimExit(operator, epoch, receiver))
      .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
      .withArgs(7n * COIN);
    await expect(pool.claimExit(operator, epoch, dave)).to.changeEtherBalance(
      connection.ethers,
      dave,
      7n * COIN,
    );
  });

  it("R30 stops no slash by being the victims, and is owed its part still", async () => {
    const its = await load();
    const { stakingPool: pool, receiver, self, codec, operator, call, court, accounts } = its;
    const epoch = await pool.epoch();
    await expect(pool.withdrawCompensationFor(self))
      .to.be.revertedWithCustomError(receiver, "ReceiverRefused")
      .withArgs(20n * COIN);
    await expect(
      court.slash(slashOf(operator, epoch, 10n * COIN, { victims: self, victimBps: 5_000 })),
      "R30",
    )
      .to.emit(pool, "Slashed")
      .withArgs(operator, epoch, 10n * COIN, 0n, 0n, 5n * COIN);
    expect(await pool.compensationOf(self), "R30").to.equal(25n * COIN);
    const before = await coinOf(its, accounts.dave);
    await call(codec.encodeFunctionData("withdrawCompensation", [accounts.dave.address]));
    expect((await coinOf(its, accounts.dave)) - before, "R30").to.equal(25n * COIN);
    expect(await pool.compensationOf(self)).to.equal(0n);
  });

  it("R30 keeps nobody else from leaving the same bucket", async () => {
    const its = await load();
    const { stakingPool, receiver, self, codec, operator, call, accounts, connection } = its;
    const pool = stakingPool.connect(accounts.bob);
    const epoch = await pool.epoch();
    await call(codec.encodeFunctionData("requestExit", [operator, COIN]));
    await pool.requestExit(operator, COIN);
    await pass(its, 2n);
    await expect(pool.claimExitFor(operator, epoch, self)).to.be.revertedWithCustomError(
      receiver,
      "ReceiverRefused",
    );
    await expect(pool.claimExit(operator, epoch, accounts.dave), "R30").to.changeEtherBalance(
      connection.ethers,
      accounts.dave,
      COIN,
    );
  });
});
