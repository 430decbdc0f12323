import { expect } from "chai";

import { Outcome } from "../../scripts/lib/ownership/machines.js";
import { nextBlockAt, plain } from "../identity/registry.js";
import { carryOut, DAY, now, workingMachine } from "./fixture.js";
import {
  bring,
  coinOf,
  eventsBy,
  FLOOR,
  forSale,
  machines,
  NO_BID,
  placeBid,
  TIMELOCK,
  vote,
  VOTING,
  withOtherDevice,
} from "./machine.js";

describe("MachineVotes: bids that go back", () => {
  const load = machines(forSale);

  it("goes back to its bidder by anyone's call once it has expired, not before, and once", async () => {
    const its = await load();
    const { shares, votes, token, accounts } = its;
    const { dave } = accounts;
    const expiry = (await now(its)) + 1_000;
    const bidId = await placeBid(its, shares, FLOOR, { expiry });
    await placeBid(its, shares, FLOOR + 1n);
    await nextBlockAt(its, expiry);
    for (const contract of [votes, votes.connect(dave)]) {
      await expect(contract.withdrawBid(shares, bidId))
        .to.be.revertedWithCustomError(votes, "MachineVotesBidStands")
        .withArgs(bidId);
    }
    await nextBlockAt(its, expiry + 1);
    const before = await token.balanceOf(dave);
    expect(await eventsBy(votes, votes.withdrawBid(shares, bidId))).to.deep.equal([
      ["BidWithdrawn", shares.target, bidId, dave.address, FLOOR],
    ]);
    expect(await token.balanceOf(dave)).to.equal(before + FLOOR);
    expect(await token.balanceOf(votes), "another stays").to.equal(FLOOR + 1n);
    expect(plain(await votes.bidOf(shares, bidId))).to.deep.equal(NO_BID);
    await expect(votes.withdrawBid(shares, bidId), "R21")
      .to.be.revertedWithCustomError(votes, "MachineVotesUnknownBid")
      .withArgs(shares.target, bidId);
  });

  it("is one that there is", async () => {
    const its = await load();
    const { shares, votes } = its;
    await placeBid(its, shares, FLOOR);
    for (const bidId of [0, 2]) {
      await expect(votes.withdrawBid(shares, bidId))
        .to.be.revertedWithCustomError(votes, "MachineVotesUnknownBid")
        .withArgs(shares.target, bidId);
    }
  });

  it("goes back when the holders have rejected it", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob, carol } = accounts;
    const bidId = await placeBid(its, shares, FLOOR);
    const brought = await bring(its, shares, "AcceptBid", [bidId]);
    await vote(its, shares, brought, [bob], [carol]);
    await nextBlockAt(its, brought.end);
    await expect(votes.withdrawBid(shares, bidId), "the vote is open")
      .to.be.revertedWithCustomError(votes, "MachineVotesBidStands")
      .withArgs(bidId);
    await nextBlockAt(its, brought.end + 1);
    await votes.withdrawBid(shares, bidId);
    expect(await votes.outcomeOf(shares, brought.proposalId)).to.equal(Outcome.Defeated);
  });

  it("stands while it has passed and may yet be carried out", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob, carol } = accounts;
    const bidId = await placeBid(its, shares, FLOOR);
    const brought = await bring(its, shares, "AcceptBid", [bidId]);
    await vote(its, shares, brought, [bob, carol]);
    for (const time of [brought.end + 1, brought.locked + 1, brought.last]) {
      await nextBlockAt(its, time);
      await expect(votes.withdrawBid(shares, bidId))
        .to.be.revertedWithCustomError(votes, "MachineVotesBidStands")
        .withArgs(bidId);
    }
  });

  it("goes back when nobody carried it out in time, a second after the last of it", async () => {
    const its = await load();
    const { shares, votes, token, accounts } = its;
    const { bob, carol, dave } = accounts;
    const bidId = await placeBid(its, shares, FLOOR);
    const brought = await bring(its, shares, "AcceptBid", [bidId]);
    await vote(its, shares, brought, [bob, carol]);
    const lapse = brought.snapshot + VOTING + DAY + 14 * DAY;
    await nextBlockAt(its, lapse);
    await expect(votes.withdrawBid(shares, bidId))
      .to.be.revertedWithCustomError(votes, "MachineVotesBidStands")
      .withArgs(bidId);
    await nextBlockAt(its, lapse + 1);
    await expect(votes.execute(shares, brought.proposalId, brought.payload))
      .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
      .withArgs(brought.proposalId);
    const before = await token.balanceOf(dave);
    expect(await eventsBy(votes, votes.withdrawBid(shares, bidId))).to.deep.equal([
      ["BidWithdrawn", shares.target, bidId, dave.address, FLOOR],
    ]);
    expect(await token.balanceOf(dave)).to.equal(before + FLOOR);
    expect(await votes.outcomeOf(shares, brought.proposalId)).to.equal(Outcome.Passed);
  });

  it("goes back in the very second after, where the vote took as long as the terms say", async () => {
    const its = await withOtherDevice(await load());
    const { votes, accounts } = its;
    const { bob, carol } = accounts;
    const shares = await workingMachine(its, { machine: { votingPeriod: DAY } });
    const bidId = await placeBid(its, shares, FLOOR);
    const brought = await bring(its, shares, "AcceptBid", [bidId]);
    await vote(its, shares, brought, [bob, carol]);
    await nextBlockAt(its, brought.snapshot + 16 * DAY);
    await expect(votes.withdrawBid(shares, bidId))
      .to.be.revertedWithCustomError(votes, "MachineVotesBidStands")
      .withArgs(bidId);
    await nextBlockAt(its, brought.snapshot + 16 * DAY + 1);
    await votes.withdrawBid(shares, bidId);
    expect((await votes.bidOf(shares, bidId)).price).to.equal(0n);
  });

  it("stands for good without a vote, until it expires", async () => {
    const its = await load();
    const { shares, votes } = its;
    const bidId = await placeBid(its, shares, FLOOR);
    await nextBlockAt(its, (await now(its)) + 100 * DAY);
    await expect(votes.withdrawBid(shares, bidId))
      .to.be.revertedWithCustomError(votes, "MachineVotesBidStands")
      .withArgs(bidId);
  });

  it("is carried out no more after it has expired, though it passed", async () => {
    const its = await load();
    const { shares, votes, token, accounts } = its;
    const { bob, carol } = accounts;
    const expiry = (await now(its)) + VOTING + TIMELOCK + 2 * DAY;
    const bidId = await placeBid(its, shares, FLOOR, { expiry });
    const brought = await bring(its, shares, "AcceptBid", [bidId]);
    await vote(its, shares, brought, [bob, carol]);
    await nextBlockAt(its, expiry + 1);
    await expect(votes.execute(shares, brought.proposalId, brought.payload))
      .to.be.revertedWithCustomError(votes, "MachineVotesInvalidExpiry")
      .withArgs(expiry);
    await nextBlockAt(its, expiry + 1);
    await votes.withdrawBid(shares, bidId);
    await expect(votes.execute(shares, brought.proposalId, brought.payload))
      .to.be.revertedWithCustomError(votes, "MachineVotesUnknownBid")
      .withArgs(shares.target, bidId);
    expect(await token.balanceOf(votes)).to.equal(0n);
  });

  it("goes back when it was beaten by another", async () => {
    const its = await load();
    const { shares, votes, token, accounts } = its;
    const { alice } = accounts;
    const beaten = await placeBid(its, shares, FLOOR, { bidder: alice });
    const voted = await placeBid(its, shares, FLOOR, { bidder: alice });
    const best = await placeBid(its, shares, 2n * FLOOR);
    await bring(its, shares, "AcceptBid", [voted]);
    await carryOut(its, shares, "AcceptBid", [best]);
    const before = await token.balanceOf(alice);
    await votes.withdrawBid(shares, beaten);
    await votes.withdrawBid(shares, voted);
    expect(await token.balanceOf(alice)).to.equal(before + 2n * FLOOR);
    await expect(votes.withdrawBid(shares, best), "R21")
      .to.be.revertedWithCustomError(votes, "MachineVotesUnknownBid")
      .withArgs(shares.target, best);
    expect(await token.balanceOf(votes)).to.equal(0n);
  });

  it("goes back when the device was unwrapped", async () => {
    const its = await withOtherDevice(await load());
    const { votes, token, accounts } = its;
    const { bob } = accounts;
    const shares = await workingMachine(its, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
    const bidId = await placeBid(its, shares, FLOOR);
    await shares.unwrap(bob);
    await votes.withdrawBid(shares, bidId);
    expect(await token.balanceOf(votes)).to.equal(0n);
  });

  it("OWN-10 R29 R30 harms nobody else when a bidder refuses his coin", async () => {
    const its = await withOtherDevice(await load());
    const { votes, connection, accounts } = its;
    const { dave } = accounts;
    const shares = await workingMachine(its, { native: true });
    const bidder = await connection.ethers.deployContract("RevertingReceiver");
    const expiry = (await now(its)) + 1_000;
    const bid = votes.interface.encodeFunctionData("bid", [shares.target, FLOOR, expiry]);
    await bidder.execute(votes, bid, { value: FLOOR });
    await placeBid(its, shares, FLOOR, { expiry, value: FLOOR });
    const best = await placeBid(its, shares, FLOOR, { value: FLOOR });
    await nextBlockAt(its, expiry + 1);
    await expect(votes.withdrawBid(shares, 1))
      .to.be.revertedWithCustomError(bidder, "ReceiverRefused")
      .withArgs(FLOOR);
    const before = await coinOf(its, dave);
    await votes.withdrawBid(shares, 2);
    expect(await coinOf(its, dave)).to.equal(before + FLOOR);
    await carryOut(its, shares, "AcceptBid", [best]);
    await bidder.accept(true);
    await votes.withdrawBid(shares, 1);
    expect(await coinOf(its, bidder)).to.equal(FLOOR);
  });
});
