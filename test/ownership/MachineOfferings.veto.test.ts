import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import {
  MilestoneStatus,
  OfferingStatus,
  signAttestedEvidence,
} from "../../scripts/lib/ownership/machines.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf, plain } from "../identity/registry.js";
import {
  carryOut,
  claimMilestone,
  type Contributions,
  DAY,
  openOffering,
  type Ownership,
  type Parts,
  workingMachine,
} from "./fixture.js";
import { evidence, offerings, releaseClaimed } from "./offering.js";

describe("MachineOfferings: vetoes", () => {
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

  const noVeto = (
    { machineOfferings }: Ownership,
    sending: Promise<unknown>,
    who: HardhatEthersSigner,
  ) =>
    expect(sending)
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsNoVeto")
      .withArgs(who);

  const stateOf = async ({ machineOfferings }: Ownership, shares: MachineShares, milestone = 0) =>
    plain(await machineOfferings.milestoneStateOf(shares, milestone));

  describe("against a claim", () => {
    it("are told with the shares behind them, and add up", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { bob, carol, dave } = accounts;
      const contributions = [
        [bob, 800],
        [carol, 120],
        [dave, 80],
      ] as const;
      const { shares } = await machine(its, contributions);
      await claimMilestone(its, shares, 0);
      const { claimedAt } = await machineOfferings.milestoneStateOf(shares, 0);
      expect(await eventsOf(machineOfferings, veto(its, shares, carol))).to.deep.equal([
        ["VetoCast", shares.target, 0n, carol.address, 120n],
      ]);
      const claimed = { status: BigInt(MilestoneStatus.Claimed), claimedAt, round: 0n };
      expect(await stateOf(its, shares)).to.deep.equal({ ...claimed, vetoes: 120n });
      await veto(its, shares, dave);
      expect(await stateOf(its, shares)).to.deep.equal({ ...claimed, vetoes: 200n });
      await veto(its, shares, bob);
      const pending = { status: BigInt(MilestoneStatus.Pending), claimedAt, round: 1n };
      expect(await stateOf(its, shares)).to.deep.equal({ ...pending, vetoes: 0n });
    });

    it("stop it when they are enough, and the milestone is pending again", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      await claimMilestone(its, shares, 1);
      const { claimedAt } = await machineOfferings.milestoneStateOf(shares, 1);
      const { bob } = accounts;
      expect(await eventsOf(machineOfferings, veto(its, shares, bob, 1))).to.deep.equal([
        ["VetoCast", shares.target, 1n, bob.address, 600n],
        ["MilestoneVetoed", shares.target, 1n, 0n],
      ]);
      expect(await stateOf(its, shares, 1)).to.deep.equal({
        status: BigInt(MilestoneStatus.Pending),
        claimedAt,
        round: 1n,
        vetoes: 0n,
      });
    });

    it("of the same holder count once", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { bob, carol } = accounts;
      const { shares } = await machine(its, [
        [bob, 800],
        [carol, 200],
      ]);
      await claimMilestone(its, shares, 0);
      await veto(its, shares, carol);
      await expect(veto(its, shares, carol))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsAlreadyVetoed")
        .withArgs(carol);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).vetoes).to.equal(200n);
    });

    it("of one milestone say nothing of another", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { bob, carol } = accounts;
      const { shares } = await machine(its, [
        [bob, 800],
        [carol, 200],
      ]);
      await claimMilestone(its, shares, 0);
      await claimMilestone(its, shares, 2);
      await veto(its, shares, carol, 0);
      await veto(its, shares, carol, 2);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).vetoes).to.equal(200n);
      expect((await machineOfferings.milestoneStateOf(shares, 2)).vetoes).to.equal(200n);
      await veto(its, shares, bob, 2);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).status).to.equal(
        MilestoneStatus.Claimed,
      );
    });
  });

  describe("are enough", () => {
    for (const [carols, others, enough] of [
      [250, 1_000, true],
      [249, 1_000, false],
      [250, 999, true],
      [249, 999, false], // of 249.75
    ] as const) {
      const verdict = enough ? "is enough" : "is not enough";
      it(`with 2,500 bps: ${String(carols)} of ${String(others)} ${verdict}`, async () => {
        const its = await load();
        const { machineOfferings, accounts } = its;
        const { shares } = await machine(its, [
          [accounts.bob, others - carols],
          [accounts.carol, carols],
        ]);
        await claimMilestone(its, shares, 0);
        await veto(its, shares, accounts.carol);
        const { status } = await machineOfferings.milestoneStateOf(shares, 0);
        expect(status === BigInt(MilestoneStatus.Pending)).to.equal(enough);
      });
    }

    it("by the shares of others than the operator: his are neither for nor against", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { alice, bob, carol, dave } = accounts;
      const { shares } = await machine(its, [
        [alice, 200],
        [bob, 401],
        [carol, 199],
        [dave, 200],
      ]);
      await claimMilestone(its, shares, 0);
      await noVeto(its, veto(its, shares, alice), alice);
      await veto(its, shares, carol);
      // It takes 200, a quarter of 800: not 250 of 1,000, nor 375 of all 1,500.
      expect((await machineOfferings.milestoneStateOf(shares, 0)).status).to.equal(
        MilestoneStatus.Claimed,
      );
      await claimMilestone(its, shares, 2);
      await veto(its, shares, dave, 2);
      expect((await machineOfferings.milestoneStateOf(shares, 2)).status).to.equal(
        MilestoneStatus.Pending,
      );
    });

    it("by the operator's of the moment: who was it before may veto, who is it now may not", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { alice, bob, carol, dave } = accounts;
      const parts = { offering: { vetoWindow: 30 * DAY, vetoBps: 4_000 } };
      const { shares } = await machine(
        its,
        [
          [alice, 300],
          [bob, 400],
          [carol, 100],
          [dave, 200],
        ],
        parts,
      );
      await claimMilestone(its, shares, 0);
      await noVeto(its, veto(its, shares, alice), alice);
      await carryOut(its, shares, "SetOperator", [dave.address]);
      await noVeto(its, veto(its, shares, dave), dave);
      await veto(its, shares, alice);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).vetoes).to.equal(300n);
      // 400 of 800 now count, of which it takes 320.
      await veto(its, shares, carol);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).round).to.equal(1n);
      expect(await shares.balanceOf(bob)).to.equal(400n);
    });

    it("by the offerings' shares neither: they have not vested", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { bob, carol } = accounts;
      const offering = { vetoBps: 10_000, operatorShares: 900 };
      const { shares } = await machine(
        its,
        [
          [bob, 400],
          [carol, 600],
        ],
        { offering },
      );
      await claimMilestone(its, shares, 0);
      await veto(its, shares, bob);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).vetoes).to.equal(400n);
      await veto(its, shares, carol);
      expect((await machineOfferings.milestoneStateOf(shares, 0)).round).to.equal(1n);
    });

    it("by what the offerings held at the claim, whatever vested since", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { bob, carol } = accounts;
      const { shares } = await machine(its, [
        [bob, 750],
        [carol, 250],
      ]);
      await claimMilestone(its, shares, 0);
      await its.connection.networkHelpers.time.increase(DAY);
      await claimMilestone(its, shares, 1);
      await releaseClaimed(its, shares, 0);
      expect(await shares.balanceOf(machineOfferings)).to.equal(350n);
      // 250 of 1,000, not of the 1,150 that others than the offerings hold now.
      await veto(its, shares, carol, 1);
      expect((await machineOfferings.milestoneStateOf(shares, 1)).round).to.equal(1n);
    });

    it("by what the operator had at the claim, vested or bought", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { alice, bob, carol } = accounts;
      const { shares } = await machine(its, [
        [bob, 760],
        [carol, 240],
      ]);
      await claimMilestone(its, shares, 0);
      await releaseClaimed(its, shares, 0); // 150 of the operator's 500 shares
      expect(await shares.balanceOf(alice)).to.equal(150n);
      await shares.connect(bob).transfer(alice, 40);
      await claimMilestone(its, shares, 1);
      // What he sells now does not come back into the count: 240 of 960.
      await shares.connect(alice).transfer(bob, 190);
      await veto(its, shares, carol, 1);
      expect((await machineOfferings.milestoneStateOf(shares, 1)).round).to.equal(1n);
    });
  });

  describe("are not drowned by what vested and was passed on", () => {
    /** Alice has 150 vested shares and passes on so many of them, then claims the second milestone. */
    async function afterVesting(its: Ownership, carols: number, passedOn: number) {
      const { alice, bob, carol, dave } = its.accounts;
      const own = await machine(its, [
        [bob, 1_000 - carols],
        [carol, carols],
      ]);
      await claimMilestone(own, own.shares, 0);
      await releaseClaimed(own, own.shares, 0);
      if (passedOn !== 0) await own.shares.connect(alice).transfer(dave, passedOn);
      await claimMilestone(own, own.shares, 1);
      return own;
    }

    for (const [carols, passedOn, enough] of [
      [250, 0, true],
      [249, 0, false],
      [250, 1, true], // of 1,000, not of 1,001
      [250, 150, true], // of 1,000, not of 1,150
      [249, 150, false],
    ] as const) {
      const verdict = enough ? "are enough" : "are not enough";
      it(`${String(carols)} of 1,000 sold ${verdict}, with ${String(passedOn)} passed on`, async () => {
        const its = await load();
        const { machineOfferings, accounts } = its;
        const { carol } = accounts;
        const { shares } = await afterVesting(its, carols, passedOn);
        await veto(its, shares, carol, 1);
        const state = await machineOfferings.milestoneStateOf(shares, 1);
        expect(state.status).to.equal(enough ? MilestoneStatus.Pending : MilestoneStatus.Claimed);
        expect(state.vetoes).to.equal(enough ? 0n : BigInt(carols));
      });
    }

    it("and who has them has a veto himself", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { shares } = await afterVesting(its, 100, 150);
      expect(await eventsOf(machineOfferings, veto(its, shares, accounts.dave, 1))).to.deep.equal([
        ["VetoCast", shares.target, 1n, accounts.dave.address, 150n],
      ]);
      expect(
        await eventsOf(machineOfferings, veto(its, shares, accounts.carol, 1)),
        "250 of 1,000",
      ).to.deep.equal([
        ["VetoCast", shares.target, 1n, accounts.carol.address, 100n],
        ["MilestoneVetoed", shares.target, 1n, 0n],
      ]);
    });

    it("nor by what was announced and never sold", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const { alice, bob, carol, dave } = accounts;
      // 400 sold and 200 for the operator, of whose shares 60 vest.
      const { shares } = await machine(its, [
        [bob, 300],
        [carol, 100],
      ]);
      await claimMilestone(its, shares, 0);
      await releaseClaimed(its, shares, 0);
      await shares.connect(alice).transfer(dave, 60);
      await claimMilestone(its, shares, 1);
      await veto(its, shares, carol, 1);
      expect((await machineOfferings.milestoneStateOf(shares, 1)).round).to.equal(1n);
    });
  });

  describe("R26 R48 OWN-08: by the shares at the end of the claim's block", () => {
    it("moved shares veto once, where they were", async () => {
      const its = await load();
      const { accounts, machineOfferings } = its;
      const { bob, carol, dave } = accounts;
      const { shares } = await machine(its, [
        [bob, 800],
        [carol, 200],
      ]);
      await claimMilestone(its, shares, 0);
      await veto(its, shares, carol);
      await shares.connect(carol).transfer(dave, 200);
      await noVeto(its, veto(its, shares, dave), dave);
      const { vetoes } = await machineOfferings.milestoneStateOf(shares, 0);
      expect(vetoes, "OWN-08").to.equal(200n);
    });

    it("who sold after the claim still has his say, who bought has none", async () => {
      const its = await load();
      const { accounts, machineOfferings, shares } = its;
      const { carol, dave } = accounts;
      await claimMilestone(its, shares, 0);
      await shares.connect(carol).transfer(dave, 400);
      await noVeto(its, veto(its, shares, dave), dave);
      await expect(veto(its, shares, carol), "R26")
        .to.emit(machineOfferings, "VetoCast")
        .withArgs(shares, 0, carol, 400n);
    });

    it("shares lent and given back within the block count where they are at its end", async () => {
      const its = await load();
      const { accounts, machineOfferings, connection, shares } = its;
      const { bob, carol, dave, arbiter, relayer } = accounts;
      const signed = evidence(shares);
      const signature = await signAttestedEvidence(machineOfferings, arbiter, signed);
      const automine = (on: boolean) =>
        connection.provider.request({ method: "evm_setAutomine", params: [on] });
      const gasLimit = 500_000;
      await automine(false);
      await shares.connect(bob).transfer(dave, 600, { gasLimit });
      const asRelayer = machineOfferings.connect(relayer);
      const claiming = await asRelayer.claimMilestone(signed, signature, { gasLimit });
      await shares.connect(carol).transfer(dave, 50, { gasLimit });
      await connection.networkHelpers.mine();
      const giving = await shares.connect(dave).transfer(bob, 600, { gasLimit });
      await connection.networkHelpers.mine();
      await automine(true);
      expect((await claiming.wait())?.status).to.equal(1);
      expect((await giving.wait())?.blockNumber).to.equal(
        Number((await claiming.wait())?.blockNumber) + 1,
      );
      await noVeto(its, veto(its, shares, bob), bob);
      await veto(its, shares, dave);
      const events = await machineOfferings.queryFilter(machineOfferings.filters.VetoCast(shares));
      expect(events.map(({ args }) => [args.holder, args.weight])).to.deep.equal([
        [dave.address, 650n],
      ]);
    });

    it("is refused to who had none", async () => {
      const its = await load();
      await claimMilestone(its, its.shares, 0);
      for (const who of [its.accounts.stranger, its.accounts.arbiter]) {
        await noVeto(its, veto(its, its.shares, who), who);
      }
    });
  });

  it("are refused against what is not claimed, or is no milestone", async () => {
    const its = await load();
    const { machineOfferings, accounts, shares } = its;
    await expect(veto(its, shares, accounts.bob))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongMilestone")
      .withArgs(0, MilestoneStatus.Pending);
    await expect(veto(its, shares, accounts.bob, 3))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUnknownMilestone")
      .withArgs(3);
    await claimMilestone(its, shares, 0);
    await releaseClaimed(its, shares, 0);
    await expect(veto(its, shares, accounts.bob))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongMilestone")
      .withArgs(0, MilestoneStatus.Released);
    const open = await openOffering({ ...its, charger: await registerDevice(its) });
    await expect(veto(its, open, accounts.bob))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
      .withArgs(open, OfferingStatus.Open);
  });
});
