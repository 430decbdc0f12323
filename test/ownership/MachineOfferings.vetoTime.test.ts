import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import { id } from "ethers";

import {
  milestoneOf,
  MilestoneStatus,
  signAttestedEvidence,
} from "../../scripts/lib/ownership/machines.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf, plain } from "../identity/registry.js";
import {
  claimMilestone,
  type Contributions,
  DAY,
  now,
  type Ownership,
  type Parts,
  workingMachine,
} from "./fixture.js";
import {
  claimWith,
  evidence,
  goTo,
  nextBlockAt,
  offerings,
  releaseClaimed,
  vetoEndOf,
} from "./offering.js";

describe("MachineOfferings: the time of vetoes, and what follows", () => {
  const load = offerings(async (its) => ({ shares: await workingMachine(its) }));

  /** Another machine, with these contributions. */
  async function machine(its: Ownership, contributions: Contributions, parts: Parts = {}) {
    const charger = await registerDevice(its);
    const shares = await workingMachine({ ...its, charger }, parts, contributions);
    return { ...its, charger, shares };
  }

  const veto = (
    { machineOfferings }: Ownership,
    shares: MachineShares,
    who: HardhatEthersSigner,
    milestone = 0,
  ) => machineOfferings.connect(who).veto(shares, milestone);

  const stateOf = async ({ machineOfferings }: Ownership, shares: MachineShares, milestone = 0) =>
    plain(await machineOfferings.milestoneStateOf(shares, milestone));

  describe("in time", () => {
    it("are possible from the second after the claim", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection, shares } = its;
      const { bob, arbiter } = accounts;
      const signed = evidence(shares);
      const signature = await signAttestedEvidence(machineOfferings, arbiter, signed);
      const automine = (on: boolean) =>
        connection.provider.request({ method: "evm_setAutomine", params: [on] });
      const gasLimit = 500_000;
      await automine(false);
      const claiming = await machineOfferings.claimMilestone(signed, signature, { gasLimit });
      const early = await machineOfferings.connect(bob).veto(shares, 0, { gasLimit });
      await connection.networkHelpers.mine();
      await automine(true);
      const block = (await claiming.wait())?.blockNumber;
      const receipt = await connection.ethers.provider.getTransactionReceipt(early.hash);
      expect([receipt?.blockNumber, receipt?.status]).to.deep.equal([block, 0]);
      const { claimedAt } = await machineOfferings.milestoneStateOf(shares, 0);
      await nextBlockAt(its, Number(claimedAt) + 1);
      await expect(veto(its, shares, bob)).to.emit(machineOfferings, "VetoCast");
    });

    it("are refused in the claim's own second", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection, shares } = its;
      await claimMilestone(its, shares, 0);
      const end = await vetoEndOf(its, shares, 0);
      const asBob = machineOfferings.connect(accounts.bob);
      // A call runs in the newest block, which is the claim's.
      expect(await connection.networkHelpers.time.latest()).to.equal(
        Number((await machineOfferings.milestoneStateOf(shares, 0)).claimedAt),
      );
      const request = await asBob.veto.populateTransaction(shares, 0);
      await expect(
        connection.ethers.provider.call({ ...request, from: accounts.bob, blockTag: "latest" }),
      )
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsVetoWindow")
        .withArgs(end);
    });

    it("are possible until the second before the window's end", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      await claimMilestone(its, shares, 0);
      await nextBlockAt(its, (await vetoEndOf(its, shares, 0)) - 1);
      await expect(veto(its, shares, accounts.carol)).to.emit(machineOfferings, "MilestoneVetoed");
    });

    it("are refused at the window's end, and later", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      await claimMilestone(its, shares, 0);
      const end = await vetoEndOf(its, shares, 0);
      for (const time of [end, end + 1]) {
        await nextBlockAt(its, time);
        await expect(veto(its, shares, accounts.bob))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsVetoWindow")
          .withArgs(end);
      }
    });

    it("are possible as long as the offering says", async () => {
      const its = await load();
      const { accounts, machineOfferings } = its;
      const { shares } = await machine(its, [[accounts.bob, 1_000]], {
        offering: { vetoWindow: 30 * DAY },
      });
      await claimMilestone(its, shares, 0);
      const { claimedAt } = await machineOfferings.milestoneStateOf(shares, 0);
      await nextBlockAt(its, Number(claimedAt) + 30 * DAY - 1);
      await expect(veto(its, shares, accounts.bob)).to.emit(machineOfferings, "MilestoneVetoed");
    });
  });

  describe("once a claim was stopped", () => {
    const loadVetoed = offerings(async (its) => {
      const { accounts, machineOfferings } = its;
      const { bob, carol } = accounts;
      const deadline = (await now(its)) + 100 * DAY;
      const parts = [milestoneOf(6_000, deadline), milestoneOf(4_000, deadline)];
      const shares = await workingMachine(its, { offering: { milestones: parts } }, [
        [bob, 750],
        [carol, 250],
      ]);
      const signed = evidence(shares);
      const signature = await signAttestedEvidence(machineOfferings, accounts.arbiter, signed);
      await machineOfferings.claimMilestone(signed, signature);
      await veto(its, shares, carol);
      return { shares, signed, signature, deadline };
    });

    it("R03 its evidence is worth nothing any more", async () => {
      const { machineOfferings, signed, signature } = await loadVetoed();
      await expect(machineOfferings.claimMilestone(signed, signature), "R03")
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongRound")
        .withArgs(0n);
    });

    it("it is neither vetoed nor released", async () => {
      const its = await loadVetoed();
      const { machineOfferings, accounts, shares } = its;
      await goTo(its, (await vetoEndOf(its, shares, 0)) + 1);
      for (const trying of [
        () => veto(its, shares, accounts.bob),
        () => machineOfferings.release(shares, 0),
      ]) {
        await expect(trying())
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongMilestone")
          .withArgs(0, MilestoneStatus.Pending);
      }
    });

    it("new evidence claims it again, with a window and a count of its own", async () => {
      const its = await loadVetoed();
      const { machineOfferings, accounts, shares } = its;
      const { bob, carol } = accounts;
      const time = (await now(its)) + 20 * DAY;
      await nextBlockAt(its, time);
      const next = evidence(shares, 0, { round: 1, evidenceHash: id("repaired") });
      expect(await eventsOf(machineOfferings, claimWith(its, next))).to.deep.equal([
        ["MilestoneClaimed", shares.target, 0n, 1n, id("repaired"), BigInt(time + 3 * DAY)],
      ]);
      expect(await stateOf(its, shares)).to.deep.equal({
        status: BigInt(MilestoneStatus.Claimed),
        claimedAt: BigInt(time),
        round: 1n,
        vetoes: 0n,
      });
      await shares.connect(bob).transfer(carol, 1);
      await veto(its, shares, carol);
      expect(await stateOf(its, shares)).to.include({ round: 2n, vetoes: 0n });
    });

    it("who vetoed may veto the next claim, once", async () => {
      const its = await loadVetoed();
      const { machineOfferings, accounts, shares } = its;
      const { bob, carol } = accounts;
      await shares.connect(carol).transfer(bob, 50);
      await claimMilestone(its, shares, 0, 1);
      await veto(its, shares, carol);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).vetoes).to.equal(200n);
      await expect(veto(its, shares, carol))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsAlreadyVetoed")
        .withArgs(carol);
      await veto(its, shares, bob);
      await claimMilestone(its, shares, 0, 2);
      await releaseClaimed(its, shares, 0);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).round).to.equal(2n);
    });

    it("it expires as any other, after its deadline", async () => {
      const its = await loadVetoed();
      const { machineOfferings, shares, deadline } = its;
      await nextBlockAt(its, deadline + 1);
      await machineOfferings.expire(shares, 0);
      expect((await machineOfferings.progressOf(shares)).resolved).to.equal(1n);
    });
  });
});
