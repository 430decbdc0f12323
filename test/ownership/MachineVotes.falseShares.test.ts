import { expect } from "chai";

import { Motion, payloadOf, Stage } from "../../scripts/lib/ownership/machines.js";
import { COIN, DAY, now, workingMachine } from "./fixture.js";
import { machines, placeBid } from "./machine.js";

/** The price of a share for each of the usual machine's 1,500. */
const FLOOR = 1_500n * COIN;

describe("MachineVotes: for false shares", () => {
  const load = machines(async (its) => ({
    shares: await workingMachine(its),
    votes: its.machineVotes.connect(its.accounts.relayer),
  }));

  /** Dave's honest bid for a machine is in escrow, and Alice's for shares that she made herself. */
  async function falsely() {
    const its = await load();
    const { accounts, connection, votes, deviceRegistry, shares, token } = its;
    const { alice } = accounts;
    const worthless = await connection.ethers.deployContract("MockERC20", [18]);
    await worthless.mint(alice, FLOOR);
    await worthless.connect(alice).approve(votes, FLOOR);
    const fake = await connection.ethers.deployContract("FalseShares", [deviceRegistry, worthless]);
    await placeBid(its, shares, FLOOR);
    const expiry = (await now(its)) + 10 * DAY;
    await votes.connect(alice).bid(fake, FLOOR, expiry);
    await fake.setCurrency(token);
    return { ...its, fake, worthless };
  }

  it("give back what was taken, whatever they say later", async () => {
    const { votes, fake, worthless, token, accounts } = await falsely();
    const { alice } = accounts;
    const before = await token.balanceOf(alice);
    await fake.setStage(Stage.Ended);
    await votes.withdrawBid(fake, 1);
    expect(await worthless.balanceOf(alice)).to.equal(FLOOR);
    expect(await token.balanceOf(alice)).to.equal(before);
    expect(await token.balanceOf(votes), "Dave's").to.equal(FLOOR);
  });

  it("are paid what was taken, and reach no other bid while they are sold", async () => {
    const { votes, fake, worthless, token, accounts, connection, shares } = await falsely();
    const asAlice = votes.connect(accounts.alice);
    const payload = payloadOf("AcceptBid", 1);
    const inner = votes.interface.encodeFunctionData("withdrawBid", [shares.target, 1]);
    await fake.arm(votes, inner);
    await asAlice.propose(fake, Motion.AcceptBid, payload);
    await asAlice.castVote(fake, 1, true);
    await connection.networkHelpers.time.increase(2 * DAY + 60);
    await asAlice.execute(fake, 1, payload);
    expect(await worthless.balanceOf(fake)).to.equal(FLOOR);
    expect(await token.balanceOf(fake)).to.equal(0n);
    expect(await token.balanceOf(votes), "Dave's").to.equal(FLOOR);
    expect(await fake.succeeded()).to.equal(false);
    const locked = votes.interface.getError("ReentrancyGuardReentrantCall");
    expect(await fake.result()).to.equal(locked?.selector);
  });

  it("touch no proposal or bid of the machine they would pass for", async () => {
    const { votes, fake, shares, accounts } = await falsely();
    const { alice } = accounts;
    await votes.connect(alice).propose(fake, Motion.Retire, "0x");
    await expect(votes.proposalOf(shares, 1))
      .to.be.revertedWithCustomError(votes, "MachineVotesUnknownProposal")
      .withArgs(shares.target, 1);
    await expect(votes.connect(alice).propose(shares, Motion.Retire, "0x"))
      .to.be.revertedWithCustomError(votes, "MachineVotesBelowThreshold")
      .withArgs(0, 10);
    expect((await votes.bidOf(shares, 1)).price).to.equal(FLOOR);
  });
});
