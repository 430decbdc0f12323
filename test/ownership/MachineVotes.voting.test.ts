import { expect } from "chai";

import { Motion, Outcome } from "../../scripts/lib/ownership/machines.js";
import { nextBlockAt } from "../identity/registry.js";
import { claimMilestone, DAY, workingMachine } from "./fixture.js";
import {
  as,
  bring,
  type Brought,
  eventsBy,
  GAS,
  inOneBlock,
  machines,
  placeBid,
  releaseMilestone,
  vote,
  withOtherDevice,
} from "./machine.js";

describe("MachineVotes: voting", () => {
  const load = machines(async (its) => {
    const shares = await workingMachine(its);
    return { shares, votes: its.machineVotes };
  });

  it("counts all shares of a holder, for or against", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob, carol } = accounts;
    const { proposalId } = await bring(its, shares, "Retire");
    const asBob = votes.connect(bob).castVote(shares, proposalId, true);
    expect(await eventsBy(votes, asBob)).to.deep.equal([
      ["VoteCast", shares.target, proposalId, bob.address, true, 600n],
    ]);
    expect(await votes.hasVoted(shares, proposalId, bob)).to.equal(true);
    expect(await votes.hasVoted(shares, proposalId, carol)).to.equal(false);
    const asCarol = votes.connect(carol).castVote(shares, proposalId, false);
    expect(await eventsBy(votes, asCarol)).to.deep.equal([
      ["VoteCast", shares.target, proposalId, carol.address, false, 400n],
    ]);
    const { yes, no } = await votes.proposalOf(shares, proposalId);
    expect([yes, no]).to.deep.equal([600n, 400n]);
  });

  it("OWN-08 takes one vote of each, whatever it was", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob } = accounts;
    const { proposalId } = await bring(its, shares, "Retire");
    await vote(its, shares, { proposalId }, [], [bob]);
    for (const support of [true, false]) {
      await expect(votes.connect(bob).castVote(shares, proposalId, support), "OWN-08")
        .to.be.revertedWithCustomError(votes, "MachineVotesAlreadyVoted")
        .withArgs(proposalId, bob.address);
    }
    const second = await bring(its, shares, "Retire");
    await vote(its, shares, second, [bob]);
    const other = await withOtherDevice(its);
    const machine = await workingMachine(other);
    const third = await bring(other, machine, "Retire");
    expect(third.proposalId).to.equal(proposalId);
    await vote(other, machine, third, [bob]);
  });

  it("is open after the block of the proposal, to the last second", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob, carol } = accounts;
    const { proposalId, end } = await bring(its, shares, "Retire");
    await vote(its, shares, { proposalId }, [bob]);
    await nextBlockAt(its, end);
    await vote(its, shares, { proposalId }, [carol]);
    expect(await votes.outcomeOf(shares, proposalId)).to.equal(Outcome.Open);
    const late = await bring(its, shares, "Retire");
    await nextBlockAt(its, late.end + 1);
    await expect(votes.connect(bob).castVote(shares, late.proposalId, true))
      .to.be.revertedWithCustomError(votes, "MachineVotesVotingClosed")
      .withArgs(late.proposalId, late.end);
  });

  it("is open as long as the machine's terms say", async () => {
    const its = await withOtherDevice(await load());
    const { votes, accounts } = its;
    const { bob, carol } = accounts;
    const shares = await workingMachine(its, { machine: { votingPeriod: 30 * DAY } });
    const { proposalId, snapshot } = await bring(its, shares, "Retire");
    await nextBlockAt(its, snapshot + 30 * DAY);
    await vote(its, shares, { proposalId }, [bob]);
    await nextBlockAt(its, snapshot + 30 * DAY + 1);
    await expect(votes.connect(carol).castVote(shares, proposalId, true))
      .to.be.revertedWithCustomError(votes, "MachineVotesVotingClosed")
      .withArgs(proposalId, snapshot + 30 * DAY);
  });

  it("R48 is closed in the block of the proposal", async () => {
    const its = await load();
    const { shares, votes, accounts, connection } = its;
    const { bob, carol } = accounts;
    const [proposed, voted] = await inOneBlock(
      its,
      () => votes.connect(bob).propose(shares, Motion.Retire, "0x", GAS),
      () => votes.connect(carol).castVote(shares, 1, true, GAS),
    );
    const receipts = [proposed, voted].map((sent) =>
      connection.ethers.provider.getTransactionReceipt(sent?.hash ?? ""),
    );
    const [first, second] = await Promise.all(receipts);
    expect([first?.status, second?.status]).to.deep.equal([1, 0]);
    expect(second?.blockNumber).to.equal(first?.blockNumber);
    expect(await votes.hasVoted(shares, 1, carol)).to.equal(false);
    await vote(its, shares, { proposalId: 1n }, [carol]);
  });

  it("R26 counts the shares of the snapshot, not of the moment", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob, carol, stranger } = accounts;
    const { proposalId, snapshot } = await bring(its, shares, "Retire");
    await shares.transfer(carol, 600);
    await vote(its, shares, { proposalId }, [bob], [carol]);
    const { yes, no } = await votes.proposalOf(shares, proposalId);
    expect([yes, no], "R26").to.deep.equal([600n, 400n]);
    await shares.connect(carol).transfer(stranger, 1_000);
    await expect(votes.connect(stranger).castVote(shares, proposalId, true))
      .to.be.revertedWithCustomError(votes, "MachineVotesNoVotes")
      .withArgs(stranger.address, snapshot);
  });

  it("R48 OWN-08 lets shares that were lent out vote once, where they were", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob, dave } = accounts;
    await shares.transfer(dave, 600);
    const { proposalId, snapshot } = await bring(its, shares, "Retire", [], dave);
    await shares.connect(dave).transfer(bob, 600);
    await expect(votes.connect(bob).castVote(shares, proposalId, true), "OWN-08")
      .to.be.revertedWithCustomError(votes, "MachineVotesNoVotes")
      .withArgs(bob.address, snapshot);
    await vote(its, shares, { proposalId }, [dave]);
    expect((await votes.proposalOf(shares, proposalId)).yes, "OWN-08").to.equal(600n);
  });

  it("takes no vote of the issuer", async () => {
    const its = await load();
    const { shares, votes, machineOfferings } = its;
    const { proposalId, snapshot } = await bring(its, shares, "Retire");
    const issuer = await as(its, machineOfferings);
    await expect(votes.connect(issuer).castVote(shares, proposalId, true))
      .to.be.revertedWithCustomError(votes, "MachineVotesNoVotes")
      .withArgs(issuer.address, snapshot);
  });

  it("takes votes of shares that have vested", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    await releaseMilestone(its, shares, 0);
    const { proposalId } = await bring(its, shares, "Retire");
    await vote(its, shares, { proposalId }, [accounts.alice]);
    expect((await votes.proposalOf(shares, proposalId)).yes).to.equal(150n);
  });

  describe("comes to", () => {
    /** What a motion comes to with so many shares for it, and so many against, of 1,000 and more terms. */
    async function outcome(
      yes: number,
      no: number,
      machine: { quorumBps?: number; majorityBps?: number } = {},
      isBid = false,
    ): Promise<bigint> {
      const its = await withOtherDevice(await load());
      const { accounts, votes, connection } = its;
      const { alice, bob, carol, dave } = accounts;
      const rest = 1_000 - yes - no;
      const holders = [[bob, yes] as const, [carol, no] as const, [dave, rest] as const].filter(
        ([, amount]) => amount !== 0,
      );
      const shares = await workingMachine(its, { machine }, holders);
      let brought: Brought;
      if (isBid) {
        const bidId = await placeBid(its, shares, await shares.buyoutFloor(), { bidder: alice });
        brought = await bring(its, shares, "AcceptBid", [bidId]);
      } else brought = await bring(its, shares, "Retire");
      await vote(its, shares, brought, [bob], no === 0 ? [] : [carol]);
      await connection.networkHelpers.time.increaseTo(brought.end);
      expect(await votes.outcomeOf(shares, brought.proposalId)).to.equal(Outcome.Open);
      await connection.networkHelpers.time.increaseTo(brought.end + 1);
      return votes.outcomeOf(shares, brought.proposalId);
    }

    it("nothing without a quorum, and something with it", async () => {
      expect(await outcome(199, 0)).to.equal(Outcome.Defeated);
      expect(await outcome(200, 0)).to.equal(Outcome.Passed);
    });

    it("something where votes against make the quorum", async () => {
      expect(await outcome(150, 49)).to.equal(Outcome.Defeated);
      expect(await outcome(150, 50)).to.equal(Outcome.Passed);
    });

    it("something with all shares only, where the terms say so", async () => {
      const machine = { quorumBps: 10_000 };
      expect(await outcome(999, 0, machine)).to.equal(Outcome.Defeated);
      expect(await outcome(900, 100, machine)).to.equal(Outcome.Passed);
    });

    it("something with a share or two where a quorum is next to nothing", async () => {
      expect(await outcome(10, 0, { quorumBps: 1 })).to.equal(Outcome.Passed);
    });

    it("nothing with just the majority, and something with more", async () => {
      expect(await outcome(300, 300)).to.equal(Outcome.Defeated);
      expect(await outcome(301, 300)).to.equal(Outcome.Passed);
      expect(await outcome(300, 301)).to.equal(Outcome.Defeated);
      const machine = { majorityBps: 6_000 };
      expect(await outcome(300, 200, machine)).to.equal(Outcome.Defeated);
      expect(await outcome(301, 200, machine)).to.equal(Outcome.Passed);
    });

    it("a sale with two thirds of all voting shares, whoever voted", async () => {
      expect(await outcome(666, 0, {}, true)).to.equal(Outcome.Defeated);
      expect(await outcome(667, 0, {}, true)).to.equal(Outcome.Passed);
      expect(await outcome(667, 333, {}, true)).to.equal(Outcome.Passed);
      const harsh = { quorumBps: 10_000, majorityBps: 9_999 };
      expect(await outcome(667, 333, harsh, true), "other terms are not read").to.equal(
        Outcome.Passed,
      );
    });

    it("a sale with exactly two thirds", async () => {
      const its = await withOtherDevice(await load());
      const { accounts, votes, connection } = its;
      const { bob, carol } = accounts;
      for (const [yes, expected] of [
        [599, Outcome.Defeated],
        [600, Outcome.Passed],
      ] as const) {
        const other = await withOtherDevice(its);
        const shares = await workingMachine(other, { offering: { hardCap: 900 } }, [
          [bob, yes],
          [carol, 900 - yes],
        ]);
        const bidId = await placeBid(other, shares, await shares.buyoutFloor());
        const brought = await bring(other, shares, "AcceptBid", [bidId]);
        await vote(other, shares, brought, [bob], [carol]);
        await connection.networkHelpers.time.increaseTo(brought.end + 1);
        expect(await votes.outcomeOf(shares, brought.proposalId)).to.equal(expected);
      }
    });

    it("what it would without what the issuer held at the snapshot, and none of it later", async () => {
      const its = await load();
      const { shares, votes, accounts, machineOfferings, connection } = its;
      const { bob, carol } = accounts;
      const { time } = connection.networkHelpers;
      await shares.connect(carol).transfer(bob, 100); // 700 of 1,000, or of 1,150
      const bids = [];
      for (let index = 0; index < 2; ++index) {
        bids.push(await placeBid(its, shares, await shares.buyoutFloor()));
      }
      await claimMilestone(its, shares, 0);
      await time.increase(2 * DAY);
      const before = await bring(its, shares, "AcceptBid", [bids[0]]);
      await time.increase(DAY);
      await machineOfferings.release(shares, 0);
      const after = await bring(its, shares, "AcceptBid", [bids[1]]);
      for (const brought of [before, after]) await vote(its, shares, brought, [bob]);
      await time.increaseTo(after.end + 1);
      expect(await votes.outcomeOf(shares, before.proposalId)).to.equal(Outcome.Passed);
      expect(await votes.outcomeOf(shares, after.proposalId)).to.equal(Outcome.Defeated);
    });

    it("a decision that stands though shares move on", async () => {
      const its = await load();
      const { shares, votes, accounts, connection } = its;
      const brought = await bring(its, shares, "Retire");
      await vote(its, shares, brought, [accounts.bob]);
      await connection.networkHelpers.time.increaseTo(brought.end + 1);
      await shares.transfer(accounts.stranger, 600);
      expect(await votes.outcomeOf(shares, brought.proposalId)).to.equal(Outcome.Passed);
      const none = await bring(its, shares, "Retire", [], accounts.carol);
      await connection.networkHelpers.time.increaseTo(none.end + 1);
      expect(await votes.outcomeOf(shares, none.proposalId), "nobody voted").to.equal(
        Outcome.Defeated,
      );
    });
  });
});
