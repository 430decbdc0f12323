import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { ALL, openOffering, workingMachine } from "./fixture.js";
import { eventsBy, machines, releaseMilestone, SUPPLY, withOtherDevice } from "./machine.js";

describe("MachineShares: what shares earn that have not vested", () => {
  const load = machines(async (its) => ({ shares: await workingMachine(its) }));
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What Bob, Carol, Alice and the issuer could claim now. */
  async function claimables({ shares, accounts, machineOfferings, token }: Loaded) {
    const holders = [accounts.bob, accounts.carol, accounts.alice, machineOfferings];
    return Promise.all(holders.map((holder) => shares.claimable(holder, token)));
  }

  it("goes to all others by their shares, and to nobody twice", async () => {
    const loaded = await load();
    const { shares, token, accounts } = loaded;
    await shares.deposit(token, SUPPLY);
    expect(await claimables(loaded)).to.deep.equal([600n, 400n, 0n, 500n]);
    const recycle = () => shares.connect(accounts.stranger).recycle(token);
    expect(await eventsBy(shares, recycle())).to.deep.equal([["DividendRecycled", token.target]]);
    expect(await claimables(loaded)).to.deep.equal([900n, 600n, 0n, 0n]);
    expect(await shares.heldOf(token), "nothing came or went").to.equal(SUPPLY);
    await recycle();
    expect(await claimables(loaded), "R21").to.deep.equal([900n, 600n, 0n, 0n]);
  });

  it("does so in the currency that is named, and no other", async () => {
    const loaded = await load();
    const { shares, token, accounts, machineOfferings } = loaded;
    await shares.deposit(token, SUPPLY);
    await shares.deposit(NATIVE, SUPPLY, { value: SUPPLY });
    await shares.recycle(NATIVE);
    expect(await claimables(loaded)).to.deep.equal([600n, 400n, 0n, 500n]);
    expect(await shares.claimable(accounts.bob, NATIVE)).to.equal(900n);
    expect(await shares.claimable(machineOfferings, NATIVE)).to.equal(0n);
  });

  it("OWN-03 comes out the same however often it is done", async () => {
    const sums: bigint[][] = [];
    for (const often of [true, false]) {
      const loaded = await load();
      const { shares, token } = loaded;
      for (let round = 0; round < 10; ++round) {
        await shares.deposit(token, 7);
        if (often) await shares.recycle(token);
      }
      await shares.recycle(token);
      sums.push(await claimables(loaded));
    }
    expect(sums[0], "OWN-03").to.deep.equal([42n, 28n, 0n, 0n]);
    expect(sums[1], "OWN-03").to.deep.equal(sums[0]);
  });

  it("keeps of a remainder what cannot be divided yet", async () => {
    const loaded = await load();
    const { shares, token } = loaded;
    await shares.deposit(token, 1);
    await shares.recycle(token);
    // The issuer's 500 of 1,500 parts are less than one unit for each of 1,000 shares.
    expect(await shares.heldOf(token)).to.equal(1n);
    await shares.deposit(token, 1);
    await shares.recycle(token);
    expect(await shares.heldOf(token)).to.equal(2n);
    await shares.deposit(token, SUPPLY - 2n);
    await shares.recycle(token);
    expect(await claimables(loaded)).to.deep.equal([900n, 600n, 0n, 0n]);
  });

  it("pays who held shares at the time of the recycling, and who claimed before as well", async () => {
    const loaded = await load();
    const { shares, token, accounts } = loaded;
    await shares.deposit(token, SUPPLY);
    await shares.claim(token, ALL);
    await shares.transfer(accounts.alice, 300);
    await shares.recycle(token);
    expect(await claimables(loaded)).to.deep.equal([150n, 600n, 150n, 0n]);
  });

  it("OWN-05 is not the operator's when his shares vest later", async () => {
    const loaded = await load();
    const { shares, token } = loaded;
    await shares.deposit(token, SUPPLY);
    await shares.recycle(token);
    await releaseMilestone(loaded, shares, 0);
    expect(await claimables(loaded)).to.deep.equal([900n, 600n, 0n, 0n]);
    await shares.deposit(token, SUPPLY);
    await shares.recycle(token);
    // 350 of 1,500 have not vested, and go to 1,150.
    expect(await claimables(loaded)).to.deep.equal([1_682n, 1_121n, 195n, 0n]);
  });

  it("is given out though some shares have vested since it was earned", async () => {
    const loaded = await load();
    const { shares, token } = loaded;
    await shares.deposit(token, SUPPLY);
    await releaseMilestone(loaded, shares, 0);
    await shares.recycle(token);
    // The issuer's 500 go to the 1,150 shares of the others, which the operator's 150 are among by now.
    expect(await claimables(loaded)).to.deep.equal([860n, 573n, 65n, 0n]);
    expect(await shares.heldOf(token)).to.equal(SUPPLY);
  });

  it("does nothing where nothing was earned, nor while raising", async () => {
    const loaded = await load();
    const { shares, token } = loaded;
    await shares.recycle(token);
    expect(await claimables(loaded)).to.deep.equal([0n, 0n, 0n, 0n]);
    const fresh = await openOffering(await withOtherDevice(loaded));
    await fresh.recycle(token);
    expect(await fresh.heldOf(token)).to.equal(0n);
  });

  describe("claimed for the issuer", () => {
    it("stays with the machine, and comes back to all when it is booked", async () => {
      const loaded = await load();
      const { shares, token, accounts, machineOfferings } = loaded;
      const issuer = machineOfferings.target as string;
      expect(await shares.payoutOf(issuer)).to.equal(shares.target);
      await shares.deposit(token, SUPPLY);
      const claim = shares.connect(accounts.stranger).claimFor(issuer, token, ALL);
      expect(await eventsBy(shares, claim)).to.deep.equal([
        ["DividendClaimed", issuer, token.target, shares.target, 500n],
      ]);
      expect(await token.balanceOf(shares)).to.equal(SUPPLY);
      expect(await shares.heldOf(token)).to.equal(1_000n);
      expect(await eventsBy(shares, shares.sync(token))).to.deep.equal([
        ["DividendDeposited", token.target, ZeroAddress, 500n],
      ]);
      // Of the 500, 200 and 133 and, again, 166 for the issuer.
      expect(await claimables(loaded)).to.deep.equal([800n, 533n, 0n, 166n]);
      await shares.recycle(token);
      expect(await claimables(loaded)).to.deep.equal([900n, 600n, 0n, 0n]);
    });

    it("does so in coin", async () => {
      const { shares, machineOfferings } = await load();
      await shares.deposit(NATIVE, SUPPLY, { value: SUPPLY });
      await shares.claimFor(machineOfferings, NATIVE, ALL);
      expect(await shares.sync.staticCall(NATIVE)).to.equal(500n);
    });
  });
});
