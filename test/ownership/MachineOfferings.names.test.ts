import { expect } from "chai";
import {
  concat,
  encodeBytes32String,
  getCreate2Address,
  keccak256,
  toBeHex,
  ZeroAddress,
  zeroPadValue,
} from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import {
  type Machine,
  type Offering,
  OfferingStatus,
  shortString,
} from "../../scripts/lib/ownership/machines.js";
import type { MachineOfferings } from "../../typechain-types/index.js";
import { createOffering, DAY, type Ownership, sendDevice, termsOf } from "./fixture.js";
import { createdBy, createWith, goTo, offerings, otherOfferings } from "./offering.js";

/** Numbers side by side in one word, the first one leftmost, each with its bits. */
const word = (...fields: (readonly [unknown, number])[]): string =>
  toBeHex(
    fields.reduce((sum, [value, bits]) => (sum << BigInt(bits)) | BigInt(String(value)), 0n),
    32,
  );

/** What stands in the code of the shares, as PackedMachine draws it. */
const packed = (machine: Machine, offering: Offering, feeBps: bigint, issuer: string): string =>
  concat([
    word([machine.deviceId, 256]),
    word([machine.symbol, 256]),
    word(
      [machine.operator, 160],
      [machine.operatorBps, 16],
      [machine.quorumBps, 16],
      [machine.majorityBps, 16],
      [machine.votingPeriod, 48],
    ),
    word(
      [machine.currency, 160],
      [offering.vetoWindow, 48],
      [offering.vetoBps, 16],
      [feeBps, 16],
      [offering.milestones.length, 8],
      [machine.workingBalances.length, 8],
    ),
    word([offering.price, 128], [machine.buyoutFloor, 128]),
    // 32 bits are spare, on the left of the caps.
    word([0, 32], [offering.softCap, 88], [offering.hardCap, 88], [offering.start, 48]),
    word([0, 32], [offering.walletCap, 88], [offering.operatorShares, 88], [offering.end, 48]),
    word([offering.attester, 256]),
    word([offering.allowListRoot, 256]),
    word([issuer, 256]),
    ...offering.milestones.map(({ requirement, bps, notBefore, deadline }) =>
      word([requirement, 144], [bps, 16], [notBefore, 48], [deadline, 48]),
    ),
    ...machine.workingBalances.map(({ currency, amount }) => word([currency, 160], [amount, 96])),
  ]);

/** Where a seller's shares will be: an ERC-1167 clone with the terms behind its code, his address for a salt. */
async function addressOf(
  its: MachineOfferings,
  seller: string,
  machine: Machine,
  offering: Offering,
): Promise<string> {
  const issuer = its.target as string;
  const terms = packed(machine, offering, await its.feeBps(), issuer);
  const length = toBeHex((terms.length - 2) / 2 + 45, 2);
  const code = concat([
    "0x61",
    length,
    "0x3d81600a3d39f3363d3d373d3d3d363d73",
    await its.sharesImplementation(),
    "0x5af43d82803e903d91602b57fd5bf3",
    terms,
  ]);
  return getCreate2Address(issuer, zeroPadValue(seller, 32), keccak256(code));
}

describe("MachineOfferings: what an offering is named by", () => {
  const load = offerings(async () => ({}));

  const createAs = async (
    { machineOfferings }: Ownership,
    seller: Ownership["accounts"]["alice"],
    machine: Machine,
    offering: Offering,
  ) => machineOfferings.connect(seller).create(machine, offering);

  it("is known before it is created: it is a hash of seller and terms", async () => {
    const its = await load();
    const { machineOfferings, accounts } = its;
    const { alice } = accounts;
    const usual = await termsOf(its);
    const workingBalances = [
      { currency: NATIVE, amount: 7n },
      { currency: its.token.target as string, amount: 2n ** 96n - 1n },
    ];
    for (const machine of [
      usual.machine,
      { ...usual.machine, buyoutFloor: 5n, workingBalances },
      { ...usual.machine, symbol: shortString("A") },
    ]) {
      const offering = { ...usual.offering, walletCap: 12, allowListRoot: `0x${"ab".repeat(32)}` };
      const foreseen = await addressOf(machineOfferings, alice.address, machine, offering);
      const asAlice = machineOfferings.connect(alice);
      expect(await asAlice.create.staticCall(machine, offering)).to.equal(foreseen);
      const shares = await createdBy(its, createAs(its, alice, machine, offering));
      expect(shares.target).to.equal(foreseen);
    }
  });

  it("names no two: the same terms by the same seller are offered once", async () => {
    const its = await load();
    const { machineOfferings, accounts } = its;
    const { alice } = accounts;
    const { machine, offering } = await termsOf(its);
    await createAs(its, alice, machine, offering);
    await expect(createAs(its, alice, machine, offering)).to.be.revertedWithCustomError(
      machineOfferings,
      "FailedDeployment",
    );
  });

  it("is not free again after the device was taken back, or the offering failed", async () => {
    const its = await load();
    const { machineOfferings, accounts } = its;
    const { alice } = accounts;
    const { machine, offering } = await termsOf(its);
    const again = () => createAs(its, alice, machine, offering);
    const taken = () =>
      expect(again()).to.be.revertedWithCustomError(machineOfferings, "FailedDeployment");
    const shares = await createdBy(its, again());
    await sendDevice(its, shares);
    await machineOfferings.connect(alice).cancel(shares);
    await taken();
    await sendDevice(its, shares);
    await goTo(its, Number(offering.end));
    await machineOfferings.reclaim(shares);
    // The same terms are out of bounds by now: the sale would be over.
    await expect(again())
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsOutOfBounds")
      .withArgs(
        encodeBytes32String("end"),
        offering.end,
        (value: bigint) => value > BigInt(Number(offering.end)),
        BigInt(Number(offering.start)) + BigInt(366 * DAY),
      );
  });

  it("is another's with another seller of the same device, on the same terms", async () => {
    const its = await load();
    const { machineOfferings, deviceRegistry, accounts, charger } = its;
    const { alice, bob } = accounts;
    const { machine, offering } = await termsOf(its);
    const first = await createdBy(its, createAs(its, alice, machine, offering));
    await deviceRegistry.connect(alice).transferFrom(alice, bob, charger.deviceId);
    const second = await createdBy(its, createAs(its, bob, machine, offering));
    expect(second.target).not.to.equal(first.target);
    expect(second.target).to.equal(
      await addressOf(machineOfferings, bob.address, machine, offering),
    );
    expect((await machineOfferings.progressOf(first)).seller).to.equal(alice.address);
    expect((await machineOfferings.progressOf(second)).seller).to.equal(bob.address);
  });

  it("is another with any other term", async () => {
    const its = await load();
    const { machine, offering } = await termsOf(its);
    const names = new Set<unknown>();
    const variants: [Partial<Machine>, Partial<Offering>][] = [
      [{}, {}],
      [{ symbol: shortString("EVC-08") }, {}],
      [{ operatorBps: 2_001 }, {}],
      [{ buyoutFloor: 1 }, {}],
      [{ workingBalances: [{ currency: NATIVE, amount: 0 }] }, {}],
      [{}, { price: 1 }],
      [{}, { softCap: 101 }],
      [{}, { hardCap: 1_001 }],
      [{}, { attester: ZeroAddress }],
      [{}, { start: Number(offering.start) + 1 }],
      [{}, { milestones: [...offering.milestones].reverse() }],
    ];
    for (const [part, rest] of variants) {
      const sending = createWith(its, { ...machine, ...part }, { ...offering, ...rest });
      names.add((await createdBy(its, sending)).target);
    }
    expect(names.size).to.equal(variants.length);
  });

  it("is another with other offerings, and another fee", async () => {
    const its = await load();
    const { alice } = its.accounts;
    const other = await otherOfferings(its, 0);
    const { machine, offering } = await termsOf(its);
    const first = await createdBy(its, createAs(its, alice, machine, offering));
    const own = { ...its, machineOfferings: other };
    const second = await createdBy(own, createAs(own, alice, machine, offering));
    expect(second.target).not.to.equal(first.target);
    expect(second.target).to.equal(await addressOf(other, alice.address, machine, offering));
    expect(await its.machineOfferings.statusOf(second)).to.equal(OfferingStatus.None);
  });

  it("is a machine's that others run: the offerings cannot", async () => {
    const its = await load();
    const { machineOfferings } = its;
    const operator = machineOfferings.target as string;
    await expect(createWith(its, { operator }))
      .to.be.revertedWithCustomError(machineOfferings, "MachineOfferingsInvalidOperator")
      .withArgs(operator);
    // A machine may be run by another machine: its holders would then decide through their own votes.
    const other = await createOffering(its);
    await createWith(its, { operator: other.target as string });
  });
});
