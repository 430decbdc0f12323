import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { plain } from "../identity/registry.js";
import { BOND, COIN, NO_PENDING, pass, registerOperator, stake } from "./fixture.js";
import { eventsOf, everythingOf, fromDayOne } from "./pool.js";

const URI = "https://operator.example";

describe("StakingPool: registering an operator", () => {
  const load = fromDayOne((its) =>
    Promise.resolve({ asAlice: its.stakingPool.connect(its.accounts.alice) }),
  );

  it("makes the caller its owner and the coin its bond, and tells it", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, accounts, connection } = its;
    const { alice, erin } = accounts;
    const registering = asAlice.registerOperator(erin, 1_234, URI, { value: BOND });
    expect(await eventsOf(its, registering)).to.deep.equal([
      ["OwnershipTransferred", 1n, ZeroAddress, alice.address],
      ["OperatorRegistered", 1n, erin.address, 1_234n, URI],
      ["BondAdded", 1n, BOND],
      ["PayoutSet", 1n, erin.address],
    ]);
    await expect(registering).to.changeEtherBalances(
      connection.ethers,
      [alice, pool],
      [-BOND, BOND],
    );
    expect(await pool.count()).to.equal(1n);
    expect(await everythingOf(its, 1n)).to.deep.equal({
      owner: alice.address,
      pendingOwner: ZeroAddress,
      details: {
        payout: erin.address,
        bond: BOND,
        commissionBps: 1_234n,
        nextCommissionBps: 1_234n,
        nextCommissionEpoch: 0n,
        closed: false,
        assets: 0n,
        shares: 0n,
      },
      payout: erin.address,
      bond: BOND,
      backing: [0n, BOND],
      votes: 0n,
      votesAtStart: 0n,
      exposure: BOND,
      answering: 0n,
      answeredBefore: 0n,
      pending: 0n,
      basis: { assets: 0n, shares: 0n, bond: 0n, commissionBps: 1_234n },
    });
  });

  it("numbers operators from 1, each with books of his own", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, accounts } = its;
    const { alice, bob, carol } = accounts;
    expect(await asAlice.registerOperator.staticCall(alice, 0, "")).to.equal(1n);
    await asAlice.registerOperator(alice, 100, "", { value: 3n });
    expect(await asAlice.registerOperator.staticCall(alice, 0, "")).to.equal(2n);
    await pool.connect(bob).registerOperator(carol, 200, "", { value: 5n });
    await asAlice.registerOperator(alice, 300, "");
    expect(await pool.count()).to.equal(3n);
    const [first, second, third] = [
      await everythingOf(its, 1n),
      await everythingOf(its, 2n),
      await everythingOf(its, 3n),
    ];
    expect([first.owner, second.owner, third.owner]).to.deep.equal([
      alice.address,
      bob.address,
      alice.address,
    ]);
    expect([first.payout, second.payout]).to.deep.equal([alice.address, carol.address]);
    expect([first.bond, second.bond, third.bond]).to.deep.equal([3n, 5n, 0n]);
    expect([first, second, third].map(({ details }) => details.commissionBps)).to.deep.equal([
      100n,
      200n,
      300n,
    ]);
  });

  it("asks for no bond", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, accounts } = its;
    const events = await eventsOf(its, asAlice.registerOperator(accounts.alice, 0, ""));
    expect(events[2]).to.deep.equal(["BondAdded", 1n, 0n]);
    expect(await pool.bondOf(1)).to.equal(0n);
    await stake(its, accounts.bob, 1n);
    expect(await pool.votesOf(1)).to.equal(1_000n * COIN);
  });

  it("asks for somebody to pay", async () => {
    const { stakingPool: pool, asAlice } = await load();
    await expect(asAlice.registerOperator(ZeroAddress, 0, "")).to.be.revertedWithCustomError(
      pool,
      "StakingPoolMissingPayout",
    );
    expect(await pool.count()).to.equal(0n);
  });

  it("takes a cut of 30 %, and not a basis point more", async () => {
    const { stakingPool: pool, asAlice, accounts } = await load();
    for (const cut of [3_001, 65_535]) {
      await expect(asAlice.registerOperator(accounts.alice, cut, ""))
        .to.be.revertedWithCustomError(pool, "StakingPoolCommissionTooHigh")
        .withArgs(cut, 3_000);
    }
    await asAlice.registerOperator(accounts.alice, 3_000, "");
    expect((await pool.operatorOf(1)).commissionBps).to.equal(3_000n);
  });

  it("is known from then on, and nobody else is", async () => {
    const its = await load();
    const { stakingPool: pool } = its;
    await registerOperator(its);
    await pool.operatorOf(1);
    for (const unknown of [0n, 2n]) {
      await expect(pool.operatorOf(unknown))
        .to.be.revertedWithCustomError(pool, "StakingPoolUnknownOperator")
        .withArgs(unknown);
      await expect(pool.votesAt(unknown, await pool.epoch()))
        .to.be.revertedWithCustomError(pool, "StakingPoolUnknownOperator")
        .withArgs(unknown);
      expect(await pool.bondOf(unknown)).to.equal(0n);
      expect(await pool.votesOf(unknown)).to.equal(0n);
      expect(await pool.exposureOf(unknown)).to.equal(0n);
      expect(await pool.pendingOf(unknown)).to.equal(0n);
      expect([...(await pool.backingOf(unknown))]).to.deep.equal([0n, 0n]);
      expect(await pool.payoutOf(unknown)).to.equal(ZeroAddress);
      expect(plain(await pool.rewardBasisOf(unknown))).to.deep.equal({
        assets: 0n,
        shares: 0n,
        bond: 0n,
        commissionBps: 0n,
      });
    }
  });
});

describe("StakingPool: an operator's owner", () => {
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its);
    return { operator, asAlice: its.stakingPool.connect(its.accounts.alice) };
  });

  it("describes the operator anew, in an event only", async () => {
    const its = await load();
    const { asAlice, operator } = its;
    const before = await everythingOf(its, operator);
    expect(await eventsOf(its, asAlice.describeOperator(operator, URI))).to.deep.equal([
      ["OperatorDescribed", operator, URI],
    ]);
    expect(await everythingOf(its, operator)).to.deep.equal(before);
  });

  it("names another payout", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, operator, accounts } = its;
    const { dave } = accounts;
    expect(await eventsOf(its, asAlice.setPayout(operator, dave))).to.deep.equal([
      ["PayoutSet", operator, dave.address],
    ]);
    expect(await pool.payoutOf(operator)).to.equal(dave.address);
    expect((await pool.operatorOf(operator)).payout).to.equal(dave.address);
    expect(await pool.ownerOf(operator)).to.equal(accounts.alice.address);
  });

  it("does not name nobody", async () => {
    const { stakingPool: pool, asAlice, operator, accounts } = await load();
    await expect(asAlice.setPayout(operator, ZeroAddress)).to.be.revertedWithCustomError(
      pool,
      "StakingPoolMissingPayout",
    );
    expect(await pool.payoutOf(operator)).to.equal(accounts.alice.address);
  });

  it("is the only one who does anything with the operator, and with no other", async () => {
    const its = await load();
    const { stakingPool, operator, accounts } = its;
    const { bob, admin, guardian, deployer, dave } = accounts;
    await registerOperator(its, { owner: bob, payout: dave });
    const before = await everythingOf(its, operator);
    for (const who of [bob, dave, admin, guardian, deployer]) {
      const pool = stakingPool.connect(who);
      for (const attempt of [
        () => pool.describeOperator(operator, URI),
        () => pool.setPayout(operator, who),
        () => pool.setCommission(operator, 0),
        () => pool.addBond(operator, { value: 1n }),
        () => pool.withdrawBond(operator, 1n),
        () => pool.offerOwnership(operator, who),
        () => pool.acceptOwnership(operator),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(pool, "OwnedIdsUnauthorized")
          .withArgs(operator, who);
      }
    }
    expect(await everythingOf(its, operator)).to.deep.equal(before);
  });

  it("is nobody for an operator that is not there", async () => {
    const { asAlice, accounts } = await load();
    const { alice } = accounts;
    for (const unknown of [0n, 2n]) {
      for (const attempt of [
        () => asAlice.describeOperator(unknown, URI),
        () => asAlice.setPayout(unknown, alice),
        () => asAlice.setCommission(unknown, 0),
        () => asAlice.addBond(unknown, { value: 1n }),
        () => asAlice.withdrawBond(unknown, 0n),
        () => asAlice.offerOwnership(unknown, alice),
        () => asAlice.acceptOwnership(unknown),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(asAlice, "OwnedIdsUnauthorized")
          .withArgs(unknown, alice);
      }
    }
  });
});

describe("StakingPool: handing an operator on", () => {
  const load = fromDayOne(async (its) => {
    const operator = await registerOperator(its);
    const { stakingPool, accounts } = its;
    return {
      operator,
      asAlice: stakingPool.connect(accounts.alice),
      asDave: stakingPool.connect(accounts.dave),
    };
  });

  it("begins with an offer, which changes nothing yet", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, operator, accounts } = its;
    const { alice, dave } = accounts;
    expect(await eventsOf(its, asAlice.offerOwnership(operator, dave))).to.deep.equal([
      ["OwnershipOffered", operator, alice.address, dave.address],
    ]);
    expect(await pool.pendingOwnerOf(operator)).to.equal(dave.address);
    expect(await pool.ownerOf(operator)).to.equal(alice.address);
    await expect(pool.connect(dave).setPayout(operator, dave))
      .to.be.revertedWithCustomError(pool, "OwnedIdsUnauthorized")
      .withArgs(operator, dave);
  });

  it("ends with an acceptance, and all goes along but the payout", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, asDave, operator, accounts } = its;
    const { alice, dave } = accounts;
    await asAlice.offerOwnership(operator, dave);
    const before = await everythingOf(its, operator);
    expect(await eventsOf(its, asDave.acceptOwnership(operator))).to.deep.equal([
      ["OwnershipTransferred", operator, alice.address, dave.address],
    ]);
    expect(await everythingOf(its, operator)).to.deep.equal({
      ...before,
      owner: dave.address,
      pendingOwner: ZeroAddress,
    });
    await asDave.withdrawBond(operator, BOND);
    expect((await pool.exitOf(operator, await pool.epoch(), dave)).assets).to.equal(BOND);
    await expect(asAlice.setPayout(operator, alice))
      .to.be.revertedWithCustomError(pool, "OwnedIdsUnauthorized")
      .withArgs(operator, alice);
  });

  it("is accepted once", async () => {
    const { stakingPool: pool, asAlice, asDave, operator, accounts } = await load();
    const { alice, dave } = accounts;
    await asAlice.offerOwnership(operator, dave);
    await asDave.acceptOwnership(operator);
    await asDave.offerOwnership(operator, alice);
    await asAlice.acceptOwnership(operator);
    await expect(asDave.acceptOwnership(operator))
      .to.be.revertedWithCustomError(pool, "OwnedIdsUnauthorized")
      .withArgs(operator, dave);
  });

  it("is accepted by nobody but who it was offered to last", async () => {
    const { stakingPool: pool, asAlice, asDave, operator, accounts } = await load();
    const { alice, bob, dave } = accounts;
    await asAlice.offerOwnership(operator, dave);
    await asAlice.offerOwnership(operator, bob);
    for (const who of [dave, alice]) {
      await expect(pool.connect(who).acceptOwnership(operator))
        .to.be.revertedWithCustomError(pool, "OwnedIdsUnauthorized")
        .withArgs(operator, who);
    }
    await pool.connect(bob).acceptOwnership(operator);
    expect(await pool.ownerOf(operator)).to.equal(bob.address);
    await expect(asDave.acceptOwnership(operator)).to.be.revertedWithCustomError(
      pool,
      "OwnedIdsUnauthorized",
    );
  });

  it("is taken back with an offer to nobody", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, asDave, operator, accounts } = its;
    const { alice, dave } = accounts;
    await asAlice.offerOwnership(operator, dave);
    expect(await eventsOf(its, asAlice.offerOwnership(operator, ZeroAddress))).to.deep.equal([
      ["OwnershipOffered", operator, alice.address, ZeroAddress],
    ]);
    await expect(asDave.acceptOwnership(operator))
      .to.be.revertedWithCustomError(pool, "OwnedIdsUnauthorized")
      .withArgs(operator, dave);
  });

  it("leaves the exits of the old owner his", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, asDave, operator, accounts, connection } = its;
    const { alice, bob, dave } = accounts;
    const epoch = await pool.epoch();
    await asAlice.withdrawBond(operator, 30n * COIN);
    await asAlice.offerOwnership(operator, dave);
    await asDave.acceptOwnership(operator);
    await asDave.withdrawBond(operator, 70n * COIN);
    await pass(its, 2n);
    await expect(asAlice.claimExit(operator, epoch, bob)).to.changeEtherBalance(
      connection.ethers,
      bob,
      30n * COIN,
    );
    await expect(asDave.claimExit(operator, epoch, bob)).to.changeEtherBalance(
      connection.ethers,
      bob,
      70n * COIN,
    );
    expect((await pool.exitOf(operator, epoch, alice)).exitShares).to.equal(0n);
  });

  it("changes nothing for stakers, who go on as before", async () => {
    const its = await load();
    const { stakingPool: pool, asAlice, asDave, operator, accounts } = its;
    const { bob, dave } = accounts;
    await stake(its, bob, operator);
    await asAlice.offerOwnership(operator, dave);
    await asDave.acceptOwnership(operator);
    await pool.connect(bob).stake(operator, NO_PENDING, { value: COIN });
    await pool.connect(bob).requestExit(operator, 1_001n * COIN);
    expect(await pool.votesOf(operator)).to.equal(0n);
  });
});
