import { expect } from "chai";
import { keccak256, ZeroHash } from "ethers";

import { Motion, Outcome, payloadOf, Stage } from "../../scripts/lib/ownership/machines.js";
import { plain } from "../identity/registry.js";
import { now, openOffering, propose, workingMachine } from "./fixture.js";
import {
  bring,
  eventsBy,
  GAS,
  inOneBlock,
  machines,
  releaseMilestone,
  vote,
  withOtherDevice,
} from "./machine.js";

describe("MachineVotes: bringing a motion", () => {
  /** Of 1,000 voting shares, Dave has 10 and Alice 9. */
  const load = machines(async (its) => {
    const { bob, carol, dave, alice } = its.accounts;
    const holders = [
      [bob, 600],
      [carol, 381],
      [dave, 10],
      [alice, 9],
    ] as const;
    const shares = await workingMachine(its, {}, holders);
    return { shares, votes: its.machineVotes };
  });

  it("takes a snapshot, and says what is to be decided", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { bob, dave } = accounts;
    const payload = payloadOf("SetOperator", dave.address);
    const asBob = votes.connect(bob);
    const proposed = [shares, Motion.SetOperator, payload] as const;
    expect(await asBob.propose.staticCall(...proposed)).to.equal(1n);
    const events = await eventsBy(votes, asBob.propose(...proposed));
    const snapshot = BigInt(await now(its));
    expect(events).to.deep.equal([
      ["ProposalCreated", shares.target, 1n, bob.address, 0n, payload, snapshot],
    ]);
    expect(plain(await votes.proposalOf(shares, 1))).to.deep.equal({
      motion: BigInt(Motion.SetOperator),
      executed: false,
      snapshot,
      yes: 0n,
      no: 0n,
      payloadHash: keccak256(payload),
    });
    expect(await votes.outcomeOf(shares, 1)).to.equal(Outcome.Open);
  });

  it("is numbered from 1, for each machine by itself", async () => {
    const its = await load();
    const { shares, votes } = its;
    expect(await propose(its, shares, "Retire")).to.equal(1n);
    expect(await propose(its, shares, "RotateKey", [ZeroHash])).to.equal(2n);
    const { motion } = await votes.proposalOf(shares, 2);
    expect(motion).to.equal(Motion.RotateKey);
    const other = await withOtherDevice(its);
    const second = await workingMachine(other);
    expect(await propose(other, second, "Retire")).to.equal(1n);
  });

  it("knows no proposal 0, none that was not made, and none of another machine", async () => {
    const its = await load();
    const { shares, votes } = its;
    await propose(its, shares, "Retire");
    const unknown = [0, 2];
    for (const proposalId of unknown) {
      for (const act of [
        votes.proposalOf(shares, proposalId),
        votes.outcomeOf(shares, proposalId),
        votes.castVote(shares, proposalId, true),
        votes.execute(shares, proposalId, "0x"),
      ]) {
        await expect(act)
          .to.be.revertedWithCustomError(votes, "MachineVotesUnknownProposal")
          .withArgs(shares.target, proposalId);
      }
      expect(await votes.hasVoted(shares, proposalId, its.accounts.bob)).to.equal(false);
    }
    const second = await workingMachine(await withOtherDevice(its));
    await expect(votes.proposalOf(second, 1))
      .to.be.revertedWithCustomError(votes, "MachineVotesUnknownProposal")
      .withArgs(second.target, 1);
  });

  it("takes 1 % of the voting shares, exactly", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    const { alice, dave, stranger } = accounts;
    for (const [account, balance] of [
      [alice, 9],
      [stranger, 0],
    ] as const) {
      await expect(votes.connect(account).propose(shares, Motion.Retire, "0x"))
        .to.be.revertedWithCustomError(votes, "MachineVotesBelowThreshold")
        .withArgs(balance, 10);
    }
    await votes.connect(dave).propose(shares, Motion.Retire, "0x");
  });

  it("takes a whole share more where 1 % is broken", async () => {
    const its = await withOtherDevice(await load());
    const { votes, accounts } = its;
    const { bob, carol, dave } = accounts;
    const shares = await workingMachine(its, { offering: { hardCap: 1_001 } }, [
      [bob, 980],
      [carol, 11],
      [dave, 10],
    ]);
    await expect(votes.connect(dave).propose(shares, Motion.Retire, "0x"))
      .to.be.revertedWithCustomError(votes, "MachineVotesBelowThreshold")
      .withArgs(10, 11);
    await votes.connect(carol).propose(shares, Motion.Retire, "0x");
  });

  it("counts what the issuer holds at this moment for nothing", async () => {
    const its = await load();
    const { shares, votes, accounts } = its;
    // 150 vest: of 1,150 voting shares, 1 % is 11.5.
    await releaseMilestone(its, shares, 0);
    await shares.transfer(accounts.dave, 1);
    await expect(votes.connect(accounts.dave).propose(shares, Motion.Retire, "0x"))
      .to.be.revertedWithCustomError(votes, "MachineVotesBelowThreshold")
      .withArgs(11, 12);
    await shares.transfer(accounts.dave, 1);
    await votes.connect(accounts.dave).propose(shares, Motion.Retire, "0x");
  });

  it("is for a machine at work", async () => {
    const its = await load();
    const { votes, accounts } = its;
    const { bob } = accounts;
    const raising = await openOffering(await withOtherDevice(its));
    const other = await withOtherDevice(its);
    const sole = await workingMachine(other, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
    await sole.unwrap(bob);
    expect(await sole.stage()).to.equal(Stage.Ended);
    for (const shares of [raising, sole]) {
      await expect(votes.connect(bob).propose(shares, Motion.Retire, "0x"))
        .to.be.revertedWithCustomError(votes, "MachineVotesNotActive")
        .withArgs(shares.target);
    }
  });

  describe("R48 OWN-08 OWN-11 counts the shares at the end of its block", () => {
    it("where they were moved after it in the same block", async () => {
      const its = await load();
      const { shares, votes, accounts } = its;
      const { bob, carol, stranger } = accounts;
      await inOneBlock(
        its,
        () => votes.connect(bob).propose(shares, Motion.Retire, "0x", GAS),
        () => shares.transfer(stranger, 250, GAS),
        () => shares.connect(carol).transfer(bob, 81, GAS),
      );
      const { snapshot } = await votes.proposalOf(shares, 1);
      expect(snapshot, "one block").to.equal(BigInt(await now(its)));
      const held = async (account: typeof bob) => shares.pastBalanceOf(account, snapshot);
      expect(await held(bob), "OWN-11").to.equal(431n);
      expect(await held(stranger), "OWN-11").to.equal(250n);
      expect(await held(carol), "OWN-11").to.equal(300n);
      await vote(its, shares, { proposalId: 1n }, [bob, stranger], [carol]);
      const { yes, no } = await votes.proposalOf(shares, 1);
      expect([yes, no], "OWN-08").to.deep.equal([681n, 300n]);
    });

    it("for each of several motions in one block, and in blocks without movements", async () => {
      const its = await load();
      const { shares, votes, accounts } = its;
      const { bob, carol, stranger } = accounts;
      await inOneBlock(
        its,
        () => votes.connect(bob).propose(shares, Motion.Retire, "0x", GAS),
        () => shares.transfer(stranger, 100, GAS),
        () => votes.connect(carol).propose(shares, Motion.Retire, "0x", GAS),
        () => shares.transfer(stranger, 100, GAS),
      );
      const third = await bring(its, shares, "Retire");
      await shares.transfer(stranger, 50);
      const fourth = await bring(its, shares, "Retire");
      await shares.transfer(stranger, 50);
      const { snapshot } = await votes.proposalOf(shares, 1);
      const held = async (time: bigint | number) => shares.pastBalanceOf(stranger, time);
      expect((await votes.proposalOf(shares, 2)).snapshot).to.equal(snapshot);
      expect(await held(snapshot), "OWN-11").to.equal(200n);
      expect(await held(third.snapshot), "OWN-11").to.equal(200n);
      expect(await held(fourth.snapshot), "OWN-11").to.equal(250n);
      expect(await shares.balanceOf(stranger)).to.equal(300n);
      for (const [proposalId, weight] of [
        [1n, 200n],
        [2n, 200n],
        [third.proposalId, 200n],
        [fourth.proposalId, 250n],
      ] as const) {
        await vote(its, shares, { proposalId }, [stranger]);
        expect((await votes.proposalOf(shares, proposalId)).yes, "OWN-08").to.equal(weight);
      }
    });

    it("remembers a snapshot that another follows before anything moves", async () => {
      const its = await load();
      const { shares, votes, accounts } = its;
      const { bob, stranger } = accounts;
      const first = await bring(its, shares, "Retire");
      await inOneBlock(
        its,
        () => votes.connect(bob).propose(shares, Motion.Retire, "0x", GAS),
        () => shares.transfer(stranger, 100, GAS),
      );
      const { snapshot } = await votes.proposalOf(shares, 2);
      expect(await shares.pastBalanceOf(bob, first.snapshot), "OWN-11").to.equal(600n);
      expect(await shares.pastBalanceOf(bob, snapshot), "OWN-11").to.equal(500n);
      expect(await shares.pastBalanceOf(stranger, first.snapshot), "OWN-11").to.equal(0n);
    });
  });
});
