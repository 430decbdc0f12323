import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { Motion, payloadOf } from "../../scripts/lib/ownership/machines.js";
import { nextBlockAt, plain } from "../identity/registry.js";
import { ALL, COIN, DAY, now, openOffering, workingMachine } from "./fixture.js";
import {
  as,
  bring,
  coinOf,
  eventsBy,
  FLOOR,
  forSale,
  machines,
  NO_BID,
  placeBid,
  TIMELOCK,
  VOTING,
  withOtherDevice,
} from "./machine.js";

describe("MachineVotes: bids", () => {
  const load = machines(forSale);

  describe("placed", () => {
    it("puts the price into escrow, exactly", async () => {
      const { shares, votes, asDave, token, accounts, expiry } = await load();
      const { dave } = accounts;
      const before = await token.balanceOf(dave);
      expect(await asDave.bid.staticCall(shares, FLOOR + 1n, expiry)).to.equal(1n);
      expect(await eventsBy(votes, asDave.bid(shares, FLOOR + 1n, expiry))).to.deep.equal([
        ["BidPlaced", shares.target, 1n, dave.address, FLOOR + 1n, BigInt(expiry)],
      ]);
      expect(await token.balanceOf(votes)).to.equal(FLOOR + 1n);
      expect(await token.balanceOf(dave)).to.equal(before - FLOOR - 1n);
      expect(plain(await votes.bidOf(shares, 1))).to.deep.equal({
        bidder: dave.address,
        expiry: BigInt(expiry),
        proposalId: 0n,
        price: FLOOR + 1n,
        currency: token.target,
      });
    });

    it("puts coin into escrow, neither more nor less", async () => {
      const its = await withOtherDevice(await load());
      const { votes, asDave, expiry } = its;
      const shares = await workingMachine(its, { native: true });
      for (const value of [0n, FLOOR - 1n, FLOOR + 1n]) {
        await expect(asDave.bid(shares, FLOOR, expiry, { value }))
          .to.be.revertedWithCustomError(votes, "CurrencyWrongValue")
          .withArgs(FLOOR, value);
      }
      await asDave.bid(shares, FLOOR, expiry, { value: FLOOR });
      expect(await coinOf(its, votes)).to.equal(FLOOR);
      expect((await votes.bidOf(shares, 1)).currency).to.equal(NATIVE);
    });

    it("R22 is not paid with coin or tokens that lie there", async () => {
      const its = await withOtherDevice(await load());
      const { votes, asDave, token, connection, accounts, expiry } = its;
      const { ethers } = connection;
      await ethers.deployContract("ForceSender", [votes.target], { value: FLOOR });
      await token.mint(votes, FLOOR);
      const forCoin = await workingMachine(its, { native: true });
      await expect(asDave.bid(forCoin, FLOOR, expiry))
        .to.be.revertedWithCustomError(votes, "CurrencyWrongValue")
        .withArgs(FLOOR, 0n);
      await expect(votes.connect(accounts.stranger).bid(its.shares, FLOOR, expiry))
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(votes.target, 0n, FLOOR);
    });

    it("takes no coin for a machine that is sold in a token", async () => {
      const { shares, votes, asDave, expiry } = await load();
      await expect(asDave.bid(shares, FLOOR, expiry, { value: 1n }))
        .to.be.revertedWithCustomError(votes, "CurrencyWrongValue")
        .withArgs(0n, 1n);
    });

    it("takes no token that delivers less", async () => {
      const its = await load();
      const { votes, accounts, connection, expiry } = its;
      const token = await connection.ethers.deployContract("FeeOnTransferERC20", [100]);
      const fake = await connection.ethers.deployContract("FalseShares", [
        its.deviceRegistry,
        token,
      ]);
      await token.mint(accounts.dave, 100n);
      await token.connect(accounts.dave).approve(votes, ALL);
      await expect(votes.connect(accounts.dave).bid(fake, 100, expiry))
        .to.be.revertedWithCustomError(votes, "CurrencyInexactIntake")
        .withArgs(token.target, 100n, 99n);
    });

    it("is at least the floor: what was paid for a share for each, or what was named if that is more", async () => {
      const its = await load();
      const { shares, votes, accounts, asDave, expiry } = its;
      await expect(asDave.bid(shares, FLOOR - 1n, expiry))
        .to.be.revertedWithCustomError(votes, "MachineVotesBelowFloor")
        .withArgs(FLOOR - 1n, FLOOR);
      await asDave.bid(shares, FLOOR, expiry);
      const floor = 1_501n * COIN;
      const dearer = await workingMachine(await withOtherDevice(its), {
        machine: { buyoutFloor: floor },
      });
      await expect(votes.connect(accounts.carol).bid(dearer, floor - 1n, expiry))
        .to.be.revertedWithCustomError(votes, "MachineVotesBelowFloor")
        .withArgs(floor - 1n, floor);
      await votes.connect(accounts.carol).bid(dearer, floor, expiry);
    });

    it("lasts until later than now", async () => {
      const its = await load();
      const { shares, votes, asDave } = its;
      const time = (await now(its)) + 10;
      for (const expiry of [0, time - 1, time]) {
        await nextBlockAt(its, time);
        await expect(asDave.bid(shares, FLOOR, expiry))
          .to.be.revertedWithCustomError(votes, "MachineVotesInvalidExpiry")
          .withArgs(expiry);
      }
      await nextBlockAt(its, time);
      await asDave.bid(shares, FLOOR, time + 1);
    });

    it("is refused from the device's own wallet, and from the shares", async () => {
      const its = await load();
      const { shares, votes, token, deviceRegistry, charger, expiry } = its;
      for (const account of [
        await deviceRegistry.accountOf(charger.deviceId),
        shares.target as string,
      ]) {
        const bidder = await as(its, account);
        await token.mint(bidder, FLOOR);
        await token.connect(bidder).approve(votes, FLOOR);
        await expect(votes.connect(bidder).bid(shares, FLOOR, expiry))
          .to.be.revertedWithCustomError(votes, "MachineVotesInvalidBidder")
          .withArgs(account);
      }
    });

    it("is for a machine at work", async () => {
      const its = await load();
      const { votes, asDave, accounts, expiry } = its;
      const raising = await openOffering(await withOtherDevice(its));
      const sole = await workingMachine(
        await withOtherDevice(its),
        { offering: { operatorShares: 0 } },
        [[accounts.bob, 1_000]],
      );
      await sole.unwrap(accounts.bob);
      for (const shares of [raising, sole]) {
        await expect(asDave.bid(shares, FLOOR, expiry))
          .to.be.revertedWithCustomError(votes, "MachineVotesNotActive")
          .withArgs(shares.target);
      }
    });

    it("stands beside others, each counted by itself", async () => {
      const its = await load();
      const { shares, votes, token, accounts } = its;
      const { alice, dave, carol } = accounts;
      expect(await placeBid(its, shares, FLOOR, { bidder: dave })).to.equal(1n);
      expect(await placeBid(its, shares, FLOOR, { bidder: alice })).to.equal(2n);
      expect(await placeBid(its, shares, FLOOR + 5n, { bidder: dave })).to.equal(3n);
      const other = await withOtherDevice(its);
      const machine = await workingMachine(other);
      expect(await placeBid(other, machine, FLOOR + 7n, { bidder: carol })).to.equal(1n);
      expect(await token.balanceOf(votes)).to.equal(4n * FLOOR + 12n);
      const bidders = [1, 2, 3].map(async (bidId) => (await votes.bidOf(shares, bidId)).bidder);
      expect(await Promise.all(bidders)).to.deep.equal([dave.address, alice.address, dave.address]);
      expect((await votes.bidOf(machine, 1)).price).to.equal(FLOOR + 7n);
    });

    it("is all zero where there is none", async () => {
      const its = await load();
      const { shares, votes } = its;
      await placeBid(its, shares, FLOOR);
      for (const bidId of [0, 2]) {
        expect(plain(await votes.bidOf(shares, bidId))).to.deep.equal(NO_BID);
      }
    });
  });

  describe("put to the vote", () => {
    it("names its one vote", async () => {
      const its = await load();
      const { shares, votes, accounts } = its;
      await bring(its, shares, "Retire");
      const bidId = await placeBid(its, shares, FLOOR);
      const { proposalId } = await bring(its, shares, "AcceptBid", [bidId]);
      expect(proposalId).to.equal(2n);
      expect((await votes.bidOf(shares, bidId)).proposalId).to.equal(2n);
      const asBob = votes.connect(accounts.bob);
      await expect(asBob.propose(shares, Motion.AcceptBid, payloadOf("AcceptBid", bidId)))
        .to.be.revertedWithCustomError(votes, "MachineVotesBidStands")
        .withArgs(bidId);
    });

    it("is one that there is", async () => {
      const its = await load();
      const { shares, votes, accounts } = its;
      const asBob = votes.connect(accounts.bob);
      const refused = async (bidId: number) =>
        expect(asBob.propose(shares, Motion.AcceptBid, payloadOf("AcceptBid", bidId)))
          .to.be.revertedWithCustomError(votes, "MachineVotesUnknownBid")
          .withArgs(shares.target, bidId);
      await refused(0);
      await refused(1);
      const expiry = (await now(its)) + 100;
      await placeBid(its, shares, FLOOR, { expiry });
      await refused(2);
      await nextBlockAt(its, expiry + 1);
      await votes.withdrawBid(shares, 1);
      await refused(1);
    });

    it("outlasts vote and timelock by a day", async () => {
      const its = await load();
      const { shares, votes, accounts, asDave } = its;
      const time = (await now(its)) + 1_000;
      const needed = time + VOTING + TIMELOCK + DAY;
      await asDave.bid(shares, FLOOR, needed - 1);
      await asDave.bid(shares, FLOOR, needed);
      const asBob = votes.connect(accounts.bob);
      await nextBlockAt(its, time);
      await expect(asBob.propose(shares, Motion.AcceptBid, payloadOf("AcceptBid", 1)))
        .to.be.revertedWithCustomError(votes, "MachineVotesInvalidExpiry")
        .withArgs(needed - 1);
      await nextBlockAt(its, time);
      await asBob.propose(shares, Motion.AcceptBid, payloadOf("AcceptBid", 2));
    });
  });
});
