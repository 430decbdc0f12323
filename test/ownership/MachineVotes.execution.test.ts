import { expect } from "chai";
import { id, keccak256 } from "ethers";

import { Outcome, payloadOf, Stage } from "../../scripts/lib/ownership/machines.js";
import { nextBlockAt } from "../identity/registry.js";
import { DAY, passMotion, workingMachine } from "./fixture.js";
import { bring, eventsBy, machines, vote, withOtherDevice } from "./machine.js";

describe("MachineVotes: carrying a motion out", () => {
  const load = machines(async (its) => {
    const shares = await workingMachine(its);
    const { relayer, dave } = its.accounts;
    return {
      shares,
      votes: its.machineVotes.connect(relayer),
      operator: [dave.address],
    };
  });

  /** A motion for another operator has the votes it needs. */
  async function passing() {
    const its = await load();
    const brought = await bring(its, its.shares, "SetOperator", its.operator);
    await vote(its, its.shares, brought, [its.accounts.bob]);
    return { ...its, ...brought };
  }

  it("is anyone's, once", async () => {
    const its = await passing();
    const { shares, votes, proposalId, payload, locked } = its;
    await nextBlockAt(its, locked + 1);
    expect(await eventsBy(votes, votes.execute(shares, proposalId, payload))).to.deep.equal([
      ["ProposalExecuted", shares.target, proposalId],
    ]);
    expect(await shares.operator()).to.equal(its.operator[0]);
    expect((await votes.proposalOf(shares, proposalId)).executed).to.equal(true);
    expect(await votes.outcomeOf(shares, proposalId)).to.equal(Outcome.Passed);
    await expect(votes.execute(shares, proposalId, payload), "R21")
      .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
      .withArgs(proposalId);
  });

  it("is not possible before a day after the vote", async () => {
    const its = await passing();
    const { shares, votes, proposalId, payload, snapshot, end, locked } = its;
    for (const time of [snapshot + 100, end, end + 1, locked]) {
      await nextBlockAt(its, time);
      await expect(votes.execute(shares, proposalId, payload))
        .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
        .withArgs(proposalId);
    }
    await nextBlockAt(its, locked + 1);
    await votes.execute(shares, proposalId, payload);
  });

  it("is possible to the last second of fifteen days after the vote", async () => {
    const its = await passing();
    const { shares, votes, proposalId, payload, end, last } = its;
    expect(last).to.equal(end + 15 * DAY);
    await nextBlockAt(its, last);
    await votes.execute(shares, proposalId, payload);
  });

  it("is too late a second after", async () => {
    const its = await passing();
    const { shares, votes, proposalId, payload, last } = its;
    await nextBlockAt(its, last + 1);
    await expect(votes.execute(shares, proposalId, payload))
      .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
      .withArgs(proposalId);
    await its.connection.networkHelpers.mine();
    expect(await votes.outcomeOf(shares, proposalId)).to.equal(Outcome.Passed);
  });

  it("is counted from the end of the vote that the machine's terms say", async () => {
    const its = await withOtherDevice(await load());
    const { votes, accounts, operator } = its;
    const shares = await workingMachine(its, { machine: { votingPeriod: DAY } });
    const { proposalId, payload, snapshot } = await bring(its, shares, "SetOperator", operator);
    await vote(its, shares, { proposalId }, [accounts.bob]);
    await nextBlockAt(its, snapshot + 2 * DAY);
    await expect(votes.execute(shares, proposalId, payload))
      .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
      .withArgs(proposalId);
    await nextBlockAt(its, snapshot + 2 * DAY + 1);
    await votes.execute(shares, proposalId, payload);
  });

  it("is not possible where the motion was defeated", async () => {
    const its = await load();
    const { shares, votes, operator, accounts } = its;
    const { bob, carol } = accounts;
    const voters: [(typeof bob)[], (typeof bob)[]][] = [
      [[carol], [bob]],
      [[], []],
    ];
    for (const [yes, no] of voters) {
      const brought = await bring(its, shares, "SetOperator", operator);
      await vote(its, shares, brought, yes, no);
      await nextBlockAt(its, brought.locked + 1);
      await expect(votes.execute(shares, brought.proposalId, brought.payload))
        .to.be.revertedWithCustomError(votes, "MachineVotesNotExecutable")
        .withArgs(brought.proposalId);
    }
  });

  it("takes the payload that was voted on", async () => {
    const its = await load();
    const { shares, votes, operator, accounts } = its;
    const { proposalId, payload } = await passMotion(its, shares, "SetOperator", operator);
    for (const other of [
      payloadOf("SetOperator", accounts.stranger.address),
      "0x",
      `${payload}00`,
    ]) {
      await expect(votes.execute(shares, proposalId, other))
        .to.be.revertedWithCustomError(votes, "MachineVotesWrongPayload")
        .withArgs(keccak256(other));
    }
    await votes.execute(shares, proposalId, payload);
  });

  describe("of several of the same kind", () => {
    /** Motions for Dave, the arbiter and Carol as operators have passed, in this order. */
    async function several() {
      const its = await load();
      const { shares, accounts } = its;
      const { bob, carol, dave, arbiter } = accounts;
      const brought = [];
      for (const operator of [dave, arbiter, carol]) {
        const motion = await bring(its, shares, "SetOperator", [operator.address]);
        await vote(its, shares, motion, [bob]);
        brought.push(motion);
      }
      const [first, second, third] = brought;
      if (!first || !second || !third) throw new Error("three were brought");
      return { ...its, first, second, third };
    }
    type Several = Awaited<ReturnType<typeof several>>;

    const carry = ({ votes, shares }: Several, { proposalId, payload }: Several["first"]) =>
      votes.execute(shares, proposalId, payload);

    async function refused(its: Several, brought: Several["first"]) {
      await expect(carry(its, brought))
        .to.be.revertedWithCustomError(its.votes, "MachineVotesNotExecutable")
        .withArgs(brought.proposalId);
    }

    it("carries out each in the order in which they were brought", async () => {
      const its = await several();
      const { shares, accounts, first, second, third } = its;
      await nextBlockAt(its, third.locked + 1);
      for (const [motion, operator] of [
        [first, accounts.dave],
        [second, accounts.arbiter],
        [third, accounts.carol],
      ] as const) {
        await carry(its, motion);
        expect(await shares.operator()).to.equal(operator.address);
      }
    });

    it("carries out none that is older than one that was carried out, nor the newest again", async () => {
      const its = await several();
      const { shares, votes, accounts, first, second, third } = its;
      await nextBlockAt(its, third.locked + 1);
      await carry(its, second);
      await refused(its, first);
      await refused(its, second);
      expect(await shares.operator()).to.equal(accounts.arbiter.address);
      expect((await votes.proposalOf(shares, first.proposalId)).executed).to.equal(false);
      await carry(its, third);
      for (const motion of [first, second, third]) await refused(its, motion);
      expect(await shares.operator()).to.equal(accounts.carol.address);
    });

    it("carries out an older one while the newer has only passed, or has failed", async () => {
      const its = await load();
      const { shares, votes, accounts } = its;
      const { bob, dave } = accounts;
      const older = await bring(its, shares, "SetOperator", [dave.address]);
      const newer = await bring(its, shares, "SetOperator", [shares.target]);
      for (const motion of [older, newer]) await vote(its, shares, motion, [bob]);
      await nextBlockAt(its, newer.locked + 1);
      await expect(votes.execute(shares, newer.proposalId, newer.payload))
        .to.be.revertedWithCustomError(shares, "MachineSharesInvalidOperator")
        .withArgs(shares.target);
      await votes.execute(shares, older.proposalId, older.payload);
      expect(await shares.operator()).to.equal(dave.address);
    });

    it("carries out older ones of other kinds, and of other machines", async () => {
      const its = await load();
      const { shares, votes, accounts, deviceRegistry, charger } = its;
      const { bob, dave } = accounts;
      const key = id("a key");
      const other = await withOtherDevice(its);
      const elsewhere = await workingMachine(other);
      const otherKind = await bring(its, shares, "RotateKey", [key]);
      const otherMachine = await bring(other, elsewhere, "SetOperator", [dave.address]);
      const newest = await bring(its, shares, "SetOperator", [dave.address]);
      for (const motion of [otherKind, newest]) await vote(its, shares, motion, [bob]);
      await vote(other, elsewhere, otherMachine, [bob]);
      await nextBlockAt(its, newest.locked + 1);
      await votes.execute(shares, newest.proposalId, newest.payload);
      await votes.execute(shares, otherKind.proposalId, otherKind.payload);
      expect((await deviceRegistry.pendingKeyRotationOf(charger.deviceId))[0]).to.equal(key);
      await votes.execute(elsewhere, otherMachine.proposalId, otherMachine.payload);
      expect(await elsewhere.operator()).to.equal(dave.address);
    });
  });

  it("may be tried again where it failed, while there is time", async () => {
    const its = await load();
    const { shares, votes } = its;
    const { proposalId, payload } = await passMotion(its, shares, "RotateKey", [
      its.charger.keyHash,
    ]);
    await expect(votes.execute(shares, proposalId, payload))
      .to.be.revertedWithCustomError(its.deviceRegistry, "DeviceRegistryKnownKey")
      .withArgs(its.charger.keyHash);
    expect((await votes.proposalOf(shares, proposalId)).executed).to.equal(false);
    expect(await shares.stage()).to.equal(Stage.Active);
  });

  it("fails where the payload is none of its motion, and harms nothing", async () => {
    const its = await load();
    const { shares, votes, accounts, connection } = its;
    const payload = "0x1234";
    const asBob = its.machineVotes.connect(accounts.bob);
    await asBob.propose(shares, 0, payload);
    await asBob.castVote(shares, 1, true);
    await connection.networkHelpers.time.increase(4 * DAY + 60);
    await expect(votes.execute(shares, 1, payload)).to.be.revertedWithoutReason(connection.ethers);
    expect(await shares.operator()).to.equal(accounts.alice.address);
  });
});
