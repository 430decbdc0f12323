import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import { ALL, claimMilestone, workingMachine } from "./fixture.js";
import {
  as,
  coinOf,
  EARNING,
  eventsBy,
  giveCoin,
  machines,
  releaseMilestone,
  SUPPLY,
  withOtherDevice,
} from "./machine.js";

describe("MachineShares: shares that have not vested", () => {
  const load = machines(async (its) => ({ shares: await workingMachine(its) }));
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What Bob, Carol, Alice and the issuer could claim now. */
  async function claimables(
    { shares, accounts, machineOfferings, token }: Loaded,
    currency = token.target as string,
  ) {
    const holders = [accounts.bob, accounts.carol, accounts.alice, machineOfferings];
    return Promise.all(holders.map((holder) => shares.claimable(holder, currency)));
  }

  describe("earn nothing", () => {
    it("OWN-02 OWN-03 but all others their part at once, to the unit", async () => {
      const loaded = await load();
      const { shares, token, accounts } = loaded;
      await shares.deposit(token, SUPPLY);
      expect(await claimables(loaded), "OWN-03").to.deep.equal([900n, 600n, 0n, 0n]);
      expect(await shares.claim.staticCall(token, ALL)).to.equal(900n);
      await shares.claim(token, ALL);
      await shares.connect(accounts.stranger).claimFor(accounts.carol, token, ALL);
      expect(await shares.heldOf(token), "OWN-02").to.equal(0n);
      expect(await token.balanceOf(shares), "OWN-02").to.equal(0n);
    });

    it("in each currency, and whichever way it comes", async () => {
      const loaded = await load();
      const { shares, token, accounts, deviceRegistry, charger } = loaded;
      const due = [600n, 400n, 0n, 0n];
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      expect(await claimables(loaded, NATIVE)).to.deep.equal(due);
      expect(await claimables(loaded)).to.deep.equal([0n, 0n, 0n, 0n]);
      await token.connect(accounts.dave).transfer(shares, EARNING);
      await shares.sync(token);
      expect(await claimables(loaded)).to.deep.equal(due);
      await giveCoin(loaded, await deviceRegistry.accountOf(charger.deviceId), EARNING);
      await shares.sweepAccount(NATIVE);
      expect(await claimables(loaded, NATIVE)).to.deep.equal(due.map((amount) => 2n * amount));
      const receiver = await shares.revenueReceiver();
      await token.connect(accounts.dave).transfer(receiver, (EARNING * 10n) / 8n);
      await shares.collect(token);
      expect(await claimables(loaded)).to.deep.equal(due.map((amount) => 2n * amount));
    });

    it("OWN-03 and leave the others to the unit what divides evenly in the end", async () => {
      const loaded = await load();
      const { shares, token, accounts } = loaded;
      for (let round = 0; round < 9; ++round) {
        await shares.deposit(token, 7);
        await shares.claim(token, ALL);
      }
      await shares.deposit(token, EARNING - 63n);
      await shares.claim(token, ALL);
      await shares.connect(accounts.carol).claim(token, ALL);
      // Of ten deposits, nine of which left something over.
      expect(await shares.heldOf(token), "OWN-03").to.equal(0n);
    });

    it("OWN-02 and never more than came, where it divides unevenly", async () => {
      const loaded = await load();
      const { shares, token } = loaded;
      await shares.deposit(token, 1);
      // 1,500 parts for 1,000 shares: one each, and 500 for the next time.
      expect(await claimables(loaded)).to.deep.equal([0n, 0n, 0n, 0n]);
      await shares.deposit(token, 1);
      expect(await claimables(loaded), "600 x 3 of 1,500").to.deep.equal([1n, 0n, 0n, 0n]);
      await shares.deposit(token, 3);
      expect(await claimables(loaded), "600 x 7 of 1,500").to.deep.equal([2n, 1n, 0n, 0n]);
      expect(await shares.heldOf(token), "OWN-02").to.equal(5n);
    });

    it("not though somebody claims for the issuer, which pays, moves and says nothing", async () => {
      const loaded = await load();
      const { shares, token, accounts, machineOfferings } = loaded;
      const asStranger = shares.connect(accounts.stranger);
      await shares.deposit(token, SUPPLY);
      await shares.deposit(NATIVE, SUPPLY, { value: SUPPLY });
      const before = await token.balanceOf(machineOfferings);
      for (const currency of [token.target as string, NATIVE]) {
        for (const maxEntries of [0n, 1n, ALL]) {
          const args = [machineOfferings, currency, maxEntries] as const;
          expect(await asStranger.claimFor.staticCall(...args)).to.equal(0n);
          expect(await eventsBy(shares, asStranger.claimFor(...args))).to.deep.equal([]);
        }
        expect(await claimables(loaded, currency)).to.deep.equal([900n, 600n, 0n, 0n]);
        expect(await shares.heldOf(currency)).to.equal(SUPPLY);
        expect(await shares.sync.staticCall(currency), "nothing became free").to.equal(0n);
      }
      expect(await token.balanceOf(machineOfferings)).to.equal(before);
      expect(await coinOf(loaded, machineOfferings)).to.equal(0n);
    });

    it("nor does a claim by the issuer itself pay, before and after shares left it", async () => {
      const loaded = await load();
      const { shares, token, machineOfferings } = loaded;
      const asIssuer = shares.connect(await as(loaded, machineOfferings));
      await shares.deposit(token, SUPPLY);
      expect(await asIssuer.claim.staticCall(token, ALL)).to.equal(0n);
      await releaseMilestone(loaded, shares, 0);
      await shares.deposit(token, SUPPLY);
      expect(await asIssuer.claim.staticCall(token, ALL)).to.equal(0n);
      expect(await eventsBy(shares, asIssuer.claimMany([token, NATIVE], ALL))).to.deep.equal([]);
    });
  });

  describe("leave the issuer and never come back", () => {
    it("by no transfer of a holder, of any number but nothing", async () => {
      const loaded = await load();
      const { shares, machineOfferings } = loaded;
      const issuer = machineOfferings.target as string;
      for (const amount of [1, 600]) {
        await expect(shares.transfer(issuer, amount))
          .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
          .withArgs(issuer);
      }
      await expect(shares.transfer(issuer, 601))
        .to.be.revertedWithCustomError(shares, "ERC20InsufficientBalance")
        .withArgs(loaded.accounts.bob.address, 600n, 601n);
      expect(await shares.balanceOf(issuer)).to.equal(500n);
      await shares.transfer(issuer, 0);
    });

    it("by no transfer of who is approved, which is not used up", async () => {
      const { shares, accounts, machineOfferings } = await load();
      const { bob, carol } = accounts;
      const issuer = machineOfferings.target as string;
      await shares.approve(carol, 10);
      await expect(shares.connect(carol).transferFrom(bob, issuer, 10))
        .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
        .withArgs(issuer);
      expect(await shares.allowance(bob, carol)).to.equal(10n);
      expect(await shares.balanceOf(bob)).to.equal(600n);
    });

    it("nor once all of them have gone", async () => {
      const loaded = await load();
      const { shares, machineOfferings } = loaded;
      const issuer = machineOfferings.target as string;
      for (const milestone of [0, 1, 2]) await releaseMilestone(loaded, shares, milestone);
      expect(await shares.balanceOf(issuer)).to.equal(0n);
      await expect(shares.transfer(issuer, 1))
        .to.be.revertedWithCustomError(shares, "ERC20InvalidReceiver")
        .withArgs(issuer);
    });
  });

  describe("earn once they have vested", () => {
    it("OWN-05 from then on, and nothing of what came before", async () => {
      const loaded = await load();
      const { shares, token, accounts } = loaded;
      const { alice } = accounts;
      await shares.deposit(token, EARNING);
      await releaseMilestone(loaded, shares, 0);
      expect(await shares.balanceOf(alice)).to.equal(150n);
      expect(await claimables(loaded), "OWN-05").to.deep.equal([600n, 400n, 0n, 0n]);
      await shares.deposit(token, 1_150);
      expect(await claimables(loaded), "OWN-05").to.deep.equal([1_200n, 800n, 150n, 0n]);
      await releaseMilestone(loaded, shares, 1);
      await shares.deposit(token, 1_300);
      expect(await claimables(loaded), "OWN-05").to.deep.equal([1_800n, 1_200n, 450n, 0n]);
      await releaseMilestone(loaded, shares, 2);
      await shares.deposit(token, SUPPLY);
      expect(await claimables(loaded), "OWN-05").to.deep.equal([2_400n, 1_600n, 950n, 0n]);
      for (const holder of [accounts.bob, accounts.carol, alice]) {
        await shares.claimFor(holder, token, ALL);
      }
      expect(await shares.heldOf(token), "OWN-02").to.equal(0n);
    });

    it("OWN-05 with a remainder that is divided among the shares of the next dividend", async () => {
      const loaded = await load();
      const { shares, token } = loaded;
      await shares.deposit(token, 1);
      await releaseMilestone(loaded, shares, 0);
      await shares.deposit(token, 1_150n);
      // The 500 parts left are less than one for each of 1,150 shares.
      expect(await claimables(loaded)).to.deep.equal([600n, 400n, 150n, 0n]);
      expect(await shares.heldOf(token)).to.equal(1_151n);
    });
  });

  describe("of a milestone that failed", () => {
    it("earn nothing for good, and the others all", async () => {
      const loaded = await load();
      const { shares, machineOfferings, connection } = loaded;
      const { deadline } = await machineOfferings.milestoneOf(shares, 0);
      await connection.networkHelpers.time.increaseTo(deadline + 1n);
      for (const milestone of [0, 1, 2]) await machineOfferings.expire(shares, milestone);
      expect(await machineOfferings.forfeitedOf(shares)).to.equal(500n);
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      expect(await claimables(loaded, NATIVE)).to.deep.equal([600n, 400n, 0n, 0n]);
    });
  });

  describe("attacked", () => {
    it("OWN-05 the operator who has everything released takes none of what came before", async () => {
      const loaded = await load();
      const { shares, token, accounts, machineOfferings } = loaded;
      const { alice } = accounts;
      await shares.deposit(token, SUPPLY);
      await shares.deposit(NATIVE, SUPPLY, { value: SUPPLY });
      for (const milestone of [0, 1, 2]) await releaseMilestone(loaded, shares, milestone);
      expect(await shares.balanceOf(alice)).to.equal(500n);
      const asAlice = shares.connect(alice);
      for (const currency of [token.target as string, NATIVE]) {
        await asAlice.claimFor(machineOfferings, currency, ALL);
        await asAlice.sync(currency);
        expect(await asAlice.claim.staticCall(currency, ALL), "OWN-05").to.equal(0n);
        expect(await claimables(loaded, currency), "OWN-05").to.deep.equal([900n, 600n, 0n, 0n]);
        expect(await shares.heldOf(currency), "OWN-05").to.equal(SUPPLY);
      }
    });

    it("OWN-05 who buys, triggers all that anyone can, and sells has gained nothing", async () => {
      const loaded = await load();
      const { shares, token, accounts, machineOfferings } = loaded;
      const { bob, dave } = accounts;
      await shares.deposit(token, SUPPLY);
      await claimMilestone(loaded, shares, 0);
      const { vetoWindow } = await machineOfferings.termsOf(shares);
      await loaded.connection.networkHelpers.time.increase(vetoWindow);

      await shares.transfer(dave, 600);
      const asDave = shares.connect(dave);
      await asDave.claimFor(machineOfferings, token, ALL);
      await asDave.sync(token);
      await asDave.collect(token);
      await asDave.sweepAccount(token);
      await machineOfferings.connect(dave).release(shares, 0);
      expect(await asDave.claim.staticCall(token, ALL), "OWN-05").to.equal(0n);
      await asDave.claim(token, ALL);
      await asDave.transfer(bob, 600);

      expect(await shares.claimable(dave, token), "OWN-05").to.equal(0n);
      expect(await claimables(loaded), "OWN-05").to.deep.equal([900n, 600n, 0n, 0n]);
      expect(await shares.heldOf(token), "OWN-02").to.equal(SUPPLY);
    });
  });

  it("are as many as were announced in proportion to what was sold", async () => {
    const its = await withOtherDevice(await load());
    const { accounts, machineOfferings, token } = its;
    const shares = await workingMachine(its, {}, [[accounts.bob, 501]]);
    expect(await shares.balanceOf(machineOfferings)).to.equal(250n);
    expect(await shares.totalSupply()).to.equal(751n);
    await shares.deposit(token, 501);
    expect(await shares.claimable(accounts.bob, token)).to.equal(501n);
    await shares.claim(token, ALL);
    expect(await shares.heldOf(token)).to.equal(0n);
  });
});
