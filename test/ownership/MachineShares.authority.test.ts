import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";

import { Motion, payloadOf, shortString, Stage } from "../../scripts/lib/ownership/machines.js";
import type { MachineShares } from "../../typechain-types/index.js";
import { plain } from "../identity/registry.js";
import { COIN, openOffering, type Ownership, workingMachine } from "./fixture.js";
import { as, cloneShares, eventsBy, machines, withOtherDevice } from "./machine.js";

const MAX_SHARES = 2n ** 88n - 1n;

describe("MachineShares: who may do what", () => {
  const load = machines(async (its) => ({ shares: await workingMachine(its) }));

  /** What only a contract of the suite may do, done by somebody else. */
  const FORBIDDEN: Record<string, (shares: MachineShares, caller: string) => Promise<unknown>> = {
    mint: (shares, caller) => shares.mint(caller, 1),
    burn: (shares, caller) => shares.burn(caller, 1),
    seal: (shares) => shares.seal(1),
    takeSnapshot: (shares) => shares.takeSnapshot(),
    carryOut: (shares) => shares.carryOut(Motion.Retire, payloadOf("Retire")),
    sell: (shares, caller) => shares.sell(caller),
    sweepBeforeSale: (shares, caller) => shares.sweepBeforeSale(0, caller),
  };

  for (const [name, act] of Object.entries(FORBIDDEN)) {
    it(`R13 refuses ${name} by strangers, on a machine and on the implementation`, async () => {
      const { shares, machineShares, accounts } = await load();
      for (const account of [accounts.stranger, accounts.alice, accounts.bob, accounts.admin]) {
        for (const contract of [shares, machineShares]) {
          await expect(act(contract.connect(account), account.address))
            .to.be.revertedWithCustomError(shares, "MachineSharesUnauthorized")
            .withArgs(account.address);
        }
      }
    });
  }

  it("R13 keeps the issuer from what is the votes', and the votes from what is the issuer's", async () => {
    const its = await load();
    const { shares, machineOfferings, machineVotes } = its;
    for (const [contract, names] of [
      [machineOfferings, ["carryOut", "sell", "sweepBeforeSale"]],
      [machineVotes, ["mint", "burn", "seal", "sweepBeforeSale"]],
    ] as const) {
      const caller = await as(its, contract);
      for (const name of names) {
        await expect(FORBIDDEN[name]?.(shares.connect(caller), caller.address), name)
          .to.be.revertedWithCustomError(shares, "MachineSharesUnauthorized")
          .withArgs(caller.address);
      }
    }
  });

  it("lets issuer and votes take snapshots", async () => {
    const its = await load();
    const { shares, machineOfferings, machineVotes, accounts } = its;
    for (const contract of [machineOfferings, machineVotes]) {
      await shares.connect(await as(its, contract)).takeSnapshot();
      const entries = await shares.entriesOf(accounts.bob);
      await shares.transfer(accounts.carol, 1);
      expect(await shares.entriesOf(accounts.bob)).to.equal(entries + 1n);
    }
  });

  it("remembers nothing while raising, whoever of the two asks", async () => {
    const its = await withOtherDevice(await load());
    const { machineOfferings, machineVotes } = its;
    const raising = await openOffering(its);
    for (const contract of [machineOfferings, machineVotes]) {
      await expect(raising.connect(await as(its, contract)).takeSnapshot())
        .to.be.revertedWithCustomError(raising, "DividendLedgerWrongPhase")
        .withArgs(0);
    }
  });

  it("R13 seals the supply for life: the issuer itself makes, burns and seals no more", async () => {
    const its = await load();
    const { shares, machineOfferings, accounts } = its;
    const asIssuer = shares.connect(await as(its, machineOfferings));
    for (const act of [
      () => asIssuer.mint(accounts.alice, 1),
      () => asIssuer.burn(accounts.bob, 1),
      () => asIssuer.seal(1),
    ]) {
      await expect(act())
        .to.be.revertedWithCustomError(shares, "DividendLedgerWrongPhase")
        .withArgs(1);
    }
    expect(await shares.totalSupply()).to.equal(1_500n);
  });

  it("stands where it was deployed: the suite's registry, hub and votes", async () => {
    const { shares, machineShares, deviceRegistry, splitHub, machineVotes } = await load();
    for (const contract of [shares, machineShares]) {
      expect(await contract.registry()).to.equal(deviceRegistry.target);
      expect(await contract.hub()).to.equal(splitHub.target);
      expect(await contract.votes()).to.equal(machineVotes.target);
    }
  });

  it("tells what was fixed at creation", async () => {
    const its = await load();
    const { accounts, token, charger } = its;
    const other = await withOtherDevice(its);
    const balances = [
      { currency: token.target as string, amount: 5n },
      { currency: accounts.dave.address, amount: 2n ** 96n - 1n },
    ];
    const shares = await workingMachine(other, {
      machine: {
        operator: accounts.arbiter.address,
        operatorBps: 9_999,
        quorumBps: 10_000,
        majorityBps: 9_998,
        votingPeriod: 2_592_000,
        buyoutFloor: 2n ** 128n - 1n,
        workingBalances: balances,
      },
    });
    const { symbol, workingBalances, ...terms } = plain(await shares.machine());
    expect(symbol).to.equal(shortString("EVC-07"));
    expect([...(workingBalances as unknown[])].map(plain)).to.deep.equal(balances);
    expect(terms).to.deep.equal({
      deviceId: other.charger.deviceId,
      operator: accounts.arbiter.address,
      operatorBps: 9_999n,
      quorumBps: 10_000n,
      majorityBps: 9_998n,
      votingPeriod: 2_592_000n,
      currency: token.target,
      buyoutFloor: 2n ** 128n - 1n,
    });
    expect(await shares.workingBalanceOf(token)).to.equal(5n);
    expect(await shares.workingBalanceOf(accounts.dave)).to.equal(2n ** 96n - 1n);
    expect(await shares.workingBalanceOf(accounts.bob)).to.equal(0n);
    expect(charger.deviceId).to.not.equal(terms.deviceId);
  });

  describe("on a clone that somebody else made", () => {
    /** The stranger's clone, of which he is the issuer. */
    async function own() {
      const its = await withOtherDevice(await load());
      const { stranger } = its.accounts;
      const clone = await cloneShares(its, stranger.address);
      return { ...its, clone };
    }

    /** Alice gives it the device. */
    const giveDevice = ({ deviceRegistry, accounts, charger }: Ownership, clone: MachineShares) =>
      deviceRegistry.connect(accounts.alice).transferFrom(accounts.alice, clone, charger.deviceId);

    it("R13 shows its own issuer: it is none of the suite's", async () => {
      const { clone, accounts, machineOfferings } = await own();
      expect(await clone.issuer()).to.equal(accounts.stranger.address);
      expect(await machineOfferings.statusOf(clone)).to.equal(0n);
      await expect(clone.connect(accounts.alice).mint(accounts.alice, 1))
        .to.be.revertedWithCustomError(clone, "MachineSharesUnauthorized")
        .withArgs(accounts.alice.address);
    });

    it("makes and takes away shares while raising, up to 2^88 - 1", async () => {
      const { clone, accounts } = await own();
      const { stranger, bob } = accounts;
      expect(await clone.mint.staticCall(bob, 7)).to.equal(7n);
      expect(await eventsBy(clone, clone.mint(bob, 7))).to.deep.equal([
        ["Transfer", ZeroAddress, bob.address, 7n],
      ]);
      expect(await clone.mint.staticCall(bob, 3)).to.equal(10n);
      await expect(clone.burn(bob, 8))
        .to.be.revertedWithCustomError(clone, "ERC20InsufficientBalance")
        .withArgs(bob.address, 7n, 8n);
      expect(await eventsBy(clone, clone.burn(bob, 5))).to.deep.equal([
        ["Transfer", bob.address, ZeroAddress, 5n],
      ]);
      expect(await clone.totalSupply()).to.equal(2n);
      await expect(clone.mint(stranger, MAX_SHARES - 1n))
        .to.be.revertedWithCustomError(clone, "SafeCastOverflowedUintDowncast")
        .withArgs(88, MAX_SHARES + 1n);
      await clone.mint(stranger, MAX_SHARES - 2n);
      expect(await clone.totalSupply()).to.equal(MAX_SHARES);
      await expect(clone.mint(ZeroAddress, 1))
        .to.be.revertedWithCustomError(clone, "ERC20InvalidReceiver")
        .withArgs(ZeroAddress);
    });

    it("is sealed only with its device", async () => {
      const its = await own();
      const { clone, charger, accounts } = its;
      await clone.mint(accounts.bob, 10);
      await expect(clone.seal(1))
        .to.be.revertedWithCustomError(clone, "MachineSharesNoDevice")
        .withArgs(charger.deviceId);
      await giveDevice(its, clone);
      await clone.seal(1);
      expect(await clone.stage()).to.equal(Stage.Active);
      await expect(clone.seal(1))
        .to.be.revertedWithCustomError(clone, "DividendLedgerWrongPhase")
        .withArgs(1);
    });

    it("R28 is never sealed without shares, so no dividend goes to nobody", async () => {
      const its = await own();
      const { clone, token, accounts } = its;
      await giveDevice(its, clone);
      await expect(clone.seal(1)).to.be.revertedWithCustomError(clone, "DividendLedgerNoShares");
      const asBob = clone.connect(accounts.bob);
      await token.connect(accounts.bob).approve(clone, MaxUint256);
      await expect(asBob.deposit(token, 1))
        .to.be.revertedWithCustomError(clone, "DividendLedgerWrongPhase")
        .withArgs(0);
      await clone.mint(accounts.carol, 1);
      await clone.burn(accounts.carol, 1);
      await expect(clone.seal(1)).to.be.revertedWithCustomError(clone, "DividendLedgerNoShares");
    });

    it("R28 is never sealed with the issuer as its only holder, since nobody would earn", async () => {
      const its = await own();
      const { clone, token, accounts } = its;
      await clone.mint(accounts.stranger, 10);
      await giveDevice(its, clone);
      await expect(clone.seal(1)).to.be.revertedWithCustomError(clone, "DividendLedgerNoShares");
      expect(await clone.stage()).to.equal(Stage.Raising);
      await clone.mint(accounts.bob, 1);
      await clone.seal(1);
      await token.connect(accounts.dave).transfer(clone, 100);
      await clone.sync(token);
      expect(await clone.claimable(accounts.bob, token)).to.equal(100n);
    });

    it("takes as its floor what was paid for a share for each, or what was named if that is more", async () => {
      const its = await own();
      const { clone, accounts } = its;
      await clone.mint(accounts.bob, 10);
      await giveDevice(its, clone);
      expect(await eventsBy(clone, clone.seal(3n * COIN + 1n))).to.deep.include([
        "MachineSealed",
        10n,
        30n * COIN + 10n,
      ]);
      expect(await clone.buyoutFloor()).to.equal(30n * COIN + 10n);
      const { bob, carol } = accounts;
      for (const [named, sold, floor] of [
        [1_500n * COIN - 1n, 1_000, 1_500n * COIN],
        [1_500n * COIN, 1_000, 1_500n * COIN],
        [1_500n * COIN + 1n, 1_000, 1_500n * COIN + 1n],
        // Of 201, the operator's 500 of 1,000 are 100.
        [0n, 201, 301n * COIN],
        [301n * COIN + 1n, 201, 301n * COIN + 1n],
      ] as const) {
        const other = await withOtherDevice(its);
        const shares = await workingMachine(other, { machine: { buyoutFloor: named } }, [
          [bob, sold - 1],
          [carol, 1],
        ]);
        expect(await shares.buyoutFloor()).to.equal(floor);
      }
    });
  });
});
