import { expect } from "chai";
import {
  AbiCoder,
  concat,
  id,
  keccak256,
  type TypedDataDomain,
  TypedDataEncoder,
  ZeroAddress,
} from "ethers";

import {
  type Evidence,
  MILESTONE_EVIDENCE,
  milestoneOf,
  MilestoneStatus,
  type Offering,
  OfferingStatus,
  signAttestedEvidence,
  signEvidence,
} from "../../scripts/lib/ownership/machines.js";
import { domainOf } from "../../scripts/lib/typedData.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { registerDevice } from "../identity/fixture.js";
import { eventsOf, plain, registerMaker, Trust } from "../identity/registry.js";
import {
  carryOut,
  contribute,
  createOffering,
  DAY,
  now,
  openOffering,
  type Ownership,
  workingMachine,
} from "./fixture.js";
import {
  claimWith,
  EVIDENCE,
  evidence,
  goTo,
  nextBlockAt,
  offerings,
  otherOfferings,
  releaseClaimed,
  setVerified,
  vouchLater,
  WINDOW,
  withVouchedDevice,
} from "./offering.js";

describe("MachineOfferings: evidence", () => {
  const load = offerings(async (its) => {
    const start = (await now(its)) + 3_600;
    const deadline = start + 200 * DAY;
    const offering = {
      start,
      milestones: [
        milestoneOf(3_000, deadline),
        milestoneOf(3_000, deadline + DAY, { notBefore: start + 100 * DAY }),
        milestoneOf(4_000, deadline),
      ],
    };
    const shares = await workingMachine(its, { offering });
    return { shares, start, deadline };
  });

  const invalid = (
    { machineOfferings }: Ownership,
    sending: Promise<unknown>,
    shares: MachineShares,
    milestone = 0,
  ) =>
    expect(sending)
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsInvalidEvidence")
      .withArgs(shares, milestone);

  const submit = ({ machineOfferings, accounts }: Ownership, its: Evidence, signature: string) =>
    machineOfferings.connect(accounts.relayer).claimMilestone(its, signature);

  describe("by the attester", () => {
    it("claims a milestone, relayed by anyone, and is told", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      const signed = evidence(shares, 2);
      const signature = await signAttestedEvidence(machineOfferings, accounts.arbiter, signed);
      const time = (await now(its)) + 50;
      await nextBlockAt(its, time);
      const claiming = machineOfferings
        .connect(accounts.stranger)
        .claimMilestone(signed, signature);
      expect(await eventsOf(machineOfferings, claiming)).to.deep.equal([
        ["MilestoneClaimed", shares.target, 2n, 0n, EVIDENCE, BigInt(time + WINDOW)],
      ]);
      expect(plain(await machineOfferings.milestoneStateOf(shares, 2))).to.deep.equal({
        status: BigInt(MilestoneStatus.Claimed),
        claimedAt: BigInt(time),
        round: 0n,
        vetoes: 0n,
      });
      for (const other of [0, 1]) {
        const { status } = await machineOfferings.milestoneStateOf(shares, other);
        expect(status).to.equal(MilestoneStatus.Pending);
      }
      expect((await machineOfferings.progressOf(shares)).remaining).to.equal(1_000n * 10n ** 18n);
    });

    it("is hashed as the interface says", async () => {
      const its = await load();
      const { machineOfferings, accounts, connection, shares } = its;
      const signed = evidence(shares, 2, { deadline: 2n ** 40n });
      const type =
        "MilestoneEvidence(address shares,uint8 milestone,uint32 round,bytes32 evidenceHash,uint48 deadline)";
      const values = [id(type), shares.target, 2, 0, EVIDENCE, 2n ** 40n];
      const types = ["bytes32", "address", "uint8", "uint32", "bytes32", "uint48"];
      const structHash = keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
      const domain = {
        name: "DeFIoT MachineOfferings",
        version: "1",
        chainId: (await connection.ethers.provider.getNetwork()).chainId,
        verifyingContract: machineOfferings.target as string,
      };
      const parts = ["0x1901", TypedDataEncoder.hashDomain(domain), structHash];
      const digest = keccak256(concat(parts));
      expect(TypedDataEncoder.hash(domain, MILESTONE_EVIDENCE, signed)).to.equal(digest);
      const described = await machineOfferings.eip712Domain();
      expect([described.name, described.version]).to.deep.equal([domain.name, domain.version]);
      await claimWith(its, signed, accounts.arbiter);
    });

    it("may come from a wallet by ERC-1271, as long as it says so", async () => {
      const its = await load();
      const { accounts, connection } = its;
      const { bob, carol } = accounts;
      const wallet = await connection.ethers.deployContract("Erc1271Wallet", [bob]);
      const charger = await registerDevice(its);
      const attester = wallet.target as string;
      const shares = await workingMachine({ ...its, charger }, { offering: { attester } });
      await invalid(its, claimWith(its, evidence(shares), carol), shares);
      await wallet.setSigner(carol);
      await invalid(its, claimWith(its, evidence(shares), bob), shares);
      await claimWith(its, evidence(shares), carol);
      expect((await its.machineOfferings.milestoneStateOf(shares, 0)).status).to.equal(
        MilestoneStatus.Claimed,
      );
    });

    it("comes from nobody else: not the operator, the owner of all shares, or an admin", async () => {
      const its = await load();
      const { alice, bob, admin, relayer, stranger } = its.accounts;
      for (const who of [alice, bob, admin, relayer, stranger]) {
        await invalid(its, claimWith(its, evidence(its.shares), who), its.shares);
      }
    });

    it("R10 comes from nobody where there is no attester", async () => {
      const its = await load();
      const charger = await registerDevice(its);
      const shares = await workingMachine(
        { ...its, charger },
        { offering: { attester: ZeroAddress } },
      );
      const signed = evidence(shares);
      const nonsense = `0x${"11".repeat(64)}1b`;
      const zeros = `0x${"00".repeat(65)}`;
      for (const signature of ["0x", zeros, nonsense]) {
        await invalid(its, submit(its, signed, signature), shares);
      }
      await invalid(its, claimWith(its, signed), shares);
    });
  });

  describe("mutated", () => {
    it("R01 R02 is refused, field by field", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      const other = await workingMachine({ ...its, charger: await registerDevice(its) });
      const signed = evidence(shares, 0, { deadline: 2n ** 40n });
      const signature = await signAttestedEvidence(machineOfferings, accounts.arbiter, signed);
      const mutated: [Partial<Evidence>, MachineShares, number][] = [
        [{ shares: other.target }, other, 0],
        [{ milestone: 2 }, shares, 2],
        [{ evidenceHash: id("another report") }, shares, 0],
        [{ deadline: 2n ** 40n + 1n }, shares, 0],
        [{ deadline: 2n ** 40n - 1n }, shares, 0],
      ];
      for (const [mutation, named, milestone] of mutated) {
        const label = Object.keys(mutation).join();
        const sending = submit(its, { ...signed, ...mutation }, signature);
        await expect(sending, label)
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsInvalidEvidence")
          .withArgs(named, milestone);
      }
      await submit(its, signed, signature);
    });

    it("R03 is refused for another round, whichever is named", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      const next = evidence(shares, 0, { round: 1 });
      const signature = await signAttestedEvidence(machineOfferings, accounts.arbiter, next);
      await expect(submit(its, next, signature))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongRound")
        .withArgs(1n);
      await invalid(its, submit(its, { ...next, round: 0 }, signature), shares);
    });

    it("R04 is refused if it is for another domain", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      const other = await otherOfferings(its, 0);
      const domain = await domainOf(machineOfferings, "DeFIoT MachineOfferings");
      const domains: TypedDataDomain[] = [
        { ...domain, chainId: 4_689 },
        { ...domain, verifyingContract: other.target as string },
        { ...domain, verifyingContract: shares.target as string },
        { ...domain, name: "DeFIoT MachineShares" },
        { ...domain, version: "2" },
      ];
      const signed = evidence(shares);
      for (const wrong of domains) {
        const signature = await accounts.arbiter.signTypedData(wrong, MILESTONE_EVIDENCE, signed);
        await invalid(its, submit(its, signed, signature), shares);
      }
      const right = await accounts.arbiter.signTypedData(domain, MILESTONE_EVIDENCE, signed);
      await submit(its, signed, right);
    });

    it("is refused if the signature is not whole", async () => {
      const its = await load();
      const { machineOfferings, accounts, shares } = its;
      const signed = evidence(shares);
      const signature = await signAttestedEvidence(machineOfferings, accounts.arbiter, signed);
      for (const wrong of ["0x", signature.slice(0, -2), `${signature}00`]) {
        await invalid(its, submit(its, signed, wrong), shares);
      }
    });
  });

  describe("by the device", () => {
    for (const kind of ["secp256k1", "P-256"] as const) {
      it(`counts if a verified maker vouches for it, with a key on ${kind}`, async () => {
        const its = await withVouchedDevice(await load(), kind);
        const { machineOfferings, charger } = its;
        const shares = await workingMachine(its, { offering: { attester: ZeroAddress } });
        const signed = evidence(shares);
        const signature = await signEvidence(machineOfferings, charger, signed);
        const wrong = submit(its, { ...signed, evidenceHash: id("another") }, signature);
        await invalid(its, wrong, shares);
        await expect(submit(its, signed, signature)).to.emit(machineOfferings, "MilestoneClaimed");
      });

      it(`counts beside an attester, on ${kind}`, async () => {
        const its = await withVouchedDevice(await load(), kind);
        const { machineOfferings, charger, deviceRegistry } = its;
        const shares = await workingMachine(its);
        expect(await deviceRegistry.trustOf(charger.deviceId)).to.equal(
          Trust.AttestedByVerifiedMaker,
        );
        const signed = evidence(shares);
        const signature = await signEvidence(machineOfferings, charger, signed);
        await expect(submit(its, signed, signature)).to.emit(machineOfferings, "MilestoneClaimed");
        await claimWith(its, evidence(shares, 1));
      });
    }

    for (const kind of ["secp256k1", "P-256"] as const) {
      it(`does not count if its maker is not verified, until he is, on ${kind}`, async () => {
        const its = await withVouchedDevice(await load(), kind, false);
        const { machineOfferings, charger, deviceRegistry, makerId } = its;
        const shares = await workingMachine(its);
        expect(await deviceRegistry.trustOf(charger.deviceId)).to.equal(Trust.Attested);
        const signed = evidence(shares);
        const signature = await signEvidence(machineOfferings, charger, signed);
        await invalid(its, submit(its, signed, signature), shares);
        await setVerified(its, makerId, true);
        await submit(its, signed, signature);
      });
    }

    it("does not count any more once its maker is not verified any more", async () => {
      const its = await withVouchedDevice(await load(), "secp256k1");
      const { machineOfferings, charger, makerId } = its;
      const shares = await workingMachine(its);
      const signed = evidence(shares);
      const signature = await signEvidence(machineOfferings, charger, signed);
      const second = evidence(shares, 1);
      await submit(its, second, await signEvidence(machineOfferings, charger, second));
      await setVerified(its, makerId, false);
      await invalid(its, submit(its, signed, signature), shares);
      await claimWith(its, signed);
    });

    it("does not count by a maker of the operator's own, whom he cannot bring in", async () => {
      const its = await load();
      const { machineOfferings, deviceRegistry, charger, shares } = its;
      const own = await registerMaker(its);
      const known = await registerMaker(its);
      await setVerified(its, known, true);
      await expect(vouchLater(its, shares, own))
        .to.be.revertedWithCustomError(shares, "MachineSharesUnverifiedMaker")
        .withArgs(own);
      expect(await deviceRegistry.trustOf(charger.deviceId)).to.equal(Trust.SelfCertified);
      await vouchLater(its, shares, known);
      const signed = evidence(shares);
      await submit(its, signed, await signEvidence(machineOfferings, charger, signed));
    });

    it("does not count if nobody vouches for it, until somebody does", async () => {
      const its = await load();
      const { machineOfferings, charger, shares } = its;
      const makerId = await registerMaker(its);
      await setVerified(its, makerId, true);
      const signed = evidence(shares);
      const signature = await signEvidence(machineOfferings, charger, signed);
      await invalid(its, submit(its, signed, signature), shares);
      await vouchLater(its, shares, makerId);
      await submit(its, signed, signature);
    });

    it("does not count once its maker recalls it, or its lot", async () => {
      for (const what of ["device", "lot"] as const) {
        const its = await withVouchedDevice(await load(), "secp256k1");
        const { machineOfferings, makerRegistry, accounts, charger, makerId } = its;
        const shares = await workingMachine(its);
        const signed = evidence(shares);
        const signature = await signEvidence(machineOfferings, charger, signed);
        const asMaker = makerRegistry.connect(accounts.maker);
        if (what === "device") await asMaker.recallDevice(makerId, charger.deviceId, "");
        else await asMaker.recallLot(makerId, 1, "");
        await invalid(its, submit(its, signed, signature), shares);
        await claimWith(its, signed);
      }
    });

    it("does not count while it is suspended", async () => {
      const its = await withVouchedDevice(await load(), "secp256k1");
      const { machineOfferings, deviceRegistry, accounts, charger } = its;
      const shares = await workingMachine(its);
      const asOperator = deviceRegistry.connect(accounts.alice);
      await asOperator.suspend(charger.deviceId);
      const signed = evidence(shares);
      const signature = await signEvidence(machineOfferings, charger, signed);
      await invalid(its, submit(its, signed, signature), shares);
      await asOperator.resume(charger.deviceId);
      await submit(its, signed, signature);
    });

    it("does not count of another device, vouched for as it may be", async () => {
      const first = await withVouchedDevice(await load(), "secp256k1");
      const shares = await workingMachine(first);
      const second = await withVouchedDevice(first, "secp256k1");
      const signed = evidence(shares);
      const signature = await signEvidence(first.machineOfferings, second.charger, signed);
      await invalid(first, submit(first, signed, signature), shares);
    });

    it("cannot be made to look false by who gives too little gas", async () => {
      const its = await withVouchedDevice(await load(), "P-256");
      const { machineOfferings, deviceRegistry, accounts, charger } = its;
      const shares = await workingMachine(its);
      const signed = evidence(shares);
      const signature = await signEvidence(machineOfferings, charger, signed);
      const { gasCap } = await deviceRegistry.keyTypeOf(2);
      const asRelayer = machineOfferings.connect(accounts.relayer);
      await expect(
        asRelayer.claimMilestone(signed, signature, { gasLimit: gasCap }),
      ).to.be.revertedWithCustomError(deviceRegistry, "DeviceRegistryInsufficientGas");
      await asRelayer.claimMilestone(signed, signature);
    });
  });

  describe("in time", () => {
    it("is refused a second after the signature's deadline", async () => {
      const its = await load();
      const { machineOfferings, shares } = its;
      const deadline = (await now(its)) + 1_000;
      await nextBlockAt(its, deadline + 1);
      await expect(claimWith(its, evidence(shares, 0, { deadline })))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsExpiredSignature")
        .withArgs(deadline);
    });

    it("is taken at the signature's deadline", async () => {
      const its = await load();
      const deadline = (await now(its)) + 1_000;
      await nextBlockAt(its, deadline);
      await expect(claimWith(its, evidence(its.shares, 0, { deadline }))).to.emit(
        its.machineOfferings,
        "MilestoneClaimed",
      );
    });

    it("is taken from the milestone's first second on", async () => {
      const its = await load();
      const { machineOfferings, shares, start, deadline } = its;
      const notBefore = start + 100 * DAY;
      await nextBlockAt(its, notBefore - 1);
      await expect(claimWith(its, evidence(shares, 1)))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUntimely")
        .withArgs(1, notBefore, deadline + DAY);
      await nextBlockAt(its, notBefore);
      await claimWith(its, evidence(shares, 1));
      expect((await machineOfferings.milestoneStateOf(shares, 1)).claimedAt).to.equal(notBefore);
    });

    it("is taken until the milestone's last second", async () => {
      const its = await load();
      const { machineOfferings, shares, start, deadline } = its;
      await nextBlockAt(its, deadline);
      await claimWith(its, evidence(shares, 0));
      await nextBlockAt(its, deadline + 1);
      await expect(claimWith(its, evidence(shares, 2)))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUntimely")
        .withArgs(2, 0, deadline);
      await nextBlockAt(its, deadline + DAY + 1);
      await expect(claimWith(its, evidence(shares, 1)))
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUntimely")
        .withArgs(1, start + 100 * DAY, deadline + DAY);
    });

    it("is worth nothing for a machine that was retired", async () => {
      const its = await load();
      const { machineOfferings, shares, start, deadline } = its;
      await carryOut(its, shares, "Retire");
      const inactive = (milestone: number) =>
        expect(claimWith(its, evidence(shares, milestone)))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsMachineNotActive")
          .withArgs(shares);
      await inactive(0);
      await inactive(2);
      await expect(claimWith(its, evidence(shares, 1)), "its time has not come")
        .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsUntimely")
        .withArgs(1, start + 100 * DAY, deadline + DAY);
      await nextBlockAt(its, deadline + DAY);
      await inactive(1);
    });
  });

  describe("of a milestone", () => {
    it("that does not exist is refused", async () => {
      const its = await load();
      for (const milestone of [3, 255]) {
        await expect(claimWith(its, evidence(its.shares, milestone)))
          .to.be.revertedWithCustomError(its.machineOfferings, "MachineOfferingsUnknownMilestone")
          .withArgs(milestone);
      }
    });

    it("R21 that is claimed, released or expired is refused", async () => {
      const its = await load();
      const { machineOfferings, shares, deadline } = its;
      const again = (milestone: number, status: number) =>
        expect(claimWith(its, evidence(shares, milestone, { evidenceHash: id("again") })))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongMilestone")
          .withArgs(milestone, status);
      await claimWith(its, evidence(shares, 0));
      await again(0, MilestoneStatus.Claimed);
      await releaseClaimed(its, shares, 0);
      await again(0, MilestoneStatus.Released);
      await goTo(its, deadline + 1);
      await machineOfferings.expire(shares, 2);
      await again(2, MilestoneStatus.Expired);
    });

    it("is refused before the machine works", async () => {
      const its = await load();
      const { machineOfferings, accounts } = its;
      const wrongStatus = (shares: MachineShares, status: number) =>
        expect(claimWith(its, evidence(shares)))
          .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsWrongStatus")
          .withArgs(shares, status);
      const other = { ...its, charger: await registerDevice(its) };
      const softCap: Partial<Offering> = { softCap: 1_000 };
      const draft = await createOffering(other);
      await wrongStatus(draft, OfferingStatus.Draft);
      const shares = await openOffering(other, { offering: softCap });
      await wrongStatus(shares, OfferingStatus.Open);
      await contribute(its, shares, accounts.bob, 999);
      await contribute(its, shares, accounts.bob, 1);
      await wrongStatus(shares, OfferingStatus.Funded);
      const third = { ...its, charger: await registerDevice(its) };
      const failed = await openOffering(third);
      await goTo(its, (await machineOfferings.termsOf(failed)).end);
      await wrongStatus(failed, OfferingStatus.Failed);
    });
  });
});
