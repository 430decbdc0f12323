import { expect } from "chai";
import { encodeBytes32String } from "ethers";

import { type Motion, Outcome } from "../../scripts/lib/ownership/machines.js";
import { ALL, createOffering, now, PRICE, workingMachine } from "./fixture.js";
import { bring, machines, placeBid, releaseMilestone, vote, withOtherDevice } from "./machine.js";

/** What all shares cost at the price of the sale: 1,000 of the contributors, and as many of the operator. */
const FLOOR = 2_000n * PRICE;

describe("MachineVotes: an operator with as many shares as one can have", () => {
  /** Alice runs the machine, and all her 1,000 shares have vested; Bob has 600, Carol 399, Dave one. */
  const load = machines(async (its) => {
    const { bob, carol, dave } = its.accounts;
    const offering = { operatorShares: 1_000 };
    const shares = await workingMachine(its, { offering }, [
      [bob, 600],
      [carol, 399],
      [dave, 1],
    ]);
    for (const milestone of [0, 1, 2]) await releaseMilestone(its, shares, milestone);
    return { shares, votes: its.machineVotes };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What Alice's motion comes to, with these voters beside her and these against. */
  async function decided(
    its: Loaded,
    motion: keyof typeof Motion,
    values: unknown[],
    yes: Loaded["accounts"]["bob"][],
    no: Loaded["accounts"]["bob"][],
  ) {
    const { shares, votes, accounts } = its;
    const brought = await bring(its, shares, motion, values, accounts.alice);
    await vote(its, shares, brought, [accounts.alice, ...yes], no);
    await its.connection.networkHelpers.time.increaseTo(brought.locked + 1);
    const executing = votes.execute(shares, brought.proposalId, brought.payload);
    return { ...brought, executing };
  }

  it("has no more than half of them, whatever he announced", async () => {
    const its = await load();
    const { shares, accounts, machineOfferings } = its;
    expect(await shares.balanceOf(accounts.alice)).to.equal(1_000n);
    expect(await shares.totalSupply()).to.equal(2_000n);
    expect(await shares.balanceOf(machineOfferings)).to.equal(0n);
    const offering = { operatorShares: 1_001 };
    await expect(createOffering(await withOtherDevice(its), { offering }))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOutOfBounds")
      .withArgs(encodeBytes32String("operatorShares"), 1_001, 0, 1_000);
  });

  it("cannot bid less than the others paid for each share", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const expiry = (await now(its)) + 1_000_000;
    const asAlice = votes.connect(accounts.alice);
    for (const price of [1_000n * PRICE, FLOOR - 1n]) {
      await expect(asAlice.bid(shares, price, expiry))
        .to.be.revertedWithCustomError(votes, "MachineVotesBelowFloor")
        .withArgs(price, FLOOR);
    }
    await asAlice.bid(shares, FLOOR, expiry);
  });

  it("cannot sell the machine to himself alone, whether others vote or not", async () => {
    const its = await load();
    const { shares, votes, accounts, deviceRegistry, charger } = its;
    const { alice, bob, carol, dave } = accounts;
    for (const against of [[], [bob, carol, dave]]) {
      const bidId = await placeBid(its, shares, FLOOR, { bidder: alice });
      const { executing, proposalId } = await decided(its, "AcceptBid", [bidId], [], against);
      await expect(executing)
        .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
        .withArgs(proposalId);
      expect(await votes.outcomeOf(shares, proposalId)).to.equal(Outcome.Defeated);
    }
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(shares.target);
  });

  it("cannot buy it with two thirds less a share, and pays all others their price with two thirds", async () => {
    const its = await load();
    const { shares, votes, accounts, token, deviceRegistry, charger } = its;
    const { alice, bob, carol, dave } = accounts;
    // Of 2,000 it takes 1,334.
    for (const [carols, passes] of [
      [333n, false],
      [334n, true],
    ] as const) {
      const held = await shares.balanceOf(carol);
      if (held > carols) await shares.connect(carol).transfer(bob, held - carols);
      else await shares.transfer(carol, carols - held);
      const bidId = await placeBid(its, shares, FLOOR, { bidder: alice });
      const made = await decided(its, "AcceptBid", [bidId], [carol], [bob, dave]);
      if (passes) await made.executing;
      else {
        await expect(made.executing)
          .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
          .withArgs(made.proposalId);
      }
    }
    expect(await deviceRegistry.ownerOf(charger.deviceId)).to.equal(alice.address);
    for (const holder of [bob, carol, dave]) {
      const paid = await shares.claimFor.staticCall(holder, token, ALL);
      expect(paid >= (await shares.balanceOf(holder)) * PRICE, "what he paid for them").to.equal(
        true,
      );
    }
  });

  it("cannot pass a motion of simple majority against all others", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { alice, bob, carol, dave } = accounts;
    for (const [motion, values] of [
      ["SetOperator", [alice.address]],
      ["Retire", []],
    ] as const) {
      const made = await decided(its, motion, [...values], [], [bob, carol, dave]);
      await expect(made.executing)
        .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
        .withArgs(made.proposalId);
      expect(await votes.outcomeOf(shares, made.proposalId)).to.equal(Outcome.Defeated);
    }
  });

  it("passes one where a single share of theirs does not vote", async () => {
    const its = await load();
    const { shares, accounts } = its;
    const { bob, carol } = accounts;
    const made = await decided(its, "SetOperator", [accounts.arbiter.address], [], [bob, carol]);
    await made.executing;
    expect(await shares.operator()).to.equal(accounts.arbiter.address);
  });
});
