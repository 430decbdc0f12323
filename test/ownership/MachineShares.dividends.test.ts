import { expect } from "chai";

import { NATIVE } from "../../scripts/lib/identity.js";
import type { MachineShares } from "../../typechain-types/index.js";
import {
  ALL,
  carryOut,
  COIN,
  contribute,
  openOffering,
  type Ownership,
  workingMachine,
} from "./fixture.js";
import {
  coinOf,
  EARNING,
  eventsBy,
  machines,
  releaseMilestone,
  SUPPLY,
  withOtherDevice,
} from "./machine.js";

const MAX_TOTAL = 2n ** 128n - 1n;

describe("MachineShares: dividends", () => {
  const load = machines(async (its) => {
    const shares = await workingMachine(its);
    return { shares, asCarol: shares.connect(its.accounts.carol) };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** What Bob, Carol and the issuer could claim now. */
  async function claimables({ shares, accounts, machineOfferings }: Loaded, currency: string) {
    const holders = [accounts.bob, accounts.carol, machineOfferings];
    return Promise.all(holders.map((holder) => shares.claimable(holder, currency)));
  }

  describe("deposited", () => {
    it("takes tokens, and owes them to the holders by their shares", async () => {
      const loaded = await load();
      const { shares, token, accounts } = loaded;
      const currency = token.target as string;
      expect(await shares.deposit.staticCall(token, EARNING)).to.equal(EARNING);
      expect(await eventsBy(shares, shares.deposit(token, EARNING))).to.deep.equal([
        ["DividendDeposited", currency, accounts.bob.address, EARNING],
      ]);
      expect(await token.balanceOf(shares)).to.equal(EARNING);
      expect(await shares.heldOf(token)).to.equal(EARNING);
      expect(await claimables(loaded, currency)).to.deep.equal([600n, 400n, 0n]);
      expect(await claimables(loaded, NATIVE)).to.deep.equal([0n, 0n, 0n]);
    });

    it("takes coin, exactly what it says", async () => {
      const loaded = await load();
      const { shares, accounts } = loaded;
      await expect(shares.deposit(NATIVE, EARNING, { value: EARNING - 1n }))
        .to.be.revertedWithCustomError(shares, "CurrencyWrongValue")
        .withArgs(EARNING, EARNING - 1n);
      await expect(shares.deposit(NATIVE, EARNING, { value: EARNING + 1n }))
        .to.be.revertedWithCustomError(shares, "CurrencyWrongValue")
        .withArgs(EARNING, EARNING + 1n);
      const sending = shares.deposit(NATIVE, EARNING, { value: EARNING });
      expect(await eventsBy(shares, sending)).to.deep.equal([
        ["DividendDeposited", NATIVE, accounts.bob.address, EARNING],
      ]);
      expect(await claimables(loaded, NATIVE)).to.deep.equal([600n, 400n, 0n]);
      expect(await shares.heldOf(NATIVE)).to.equal(EARNING);
    });

    it("takes no coin with a token", async () => {
      const { shares, token } = await load();
      await expect(shares.deposit(token, EARNING, { value: 1n }))
        .to.be.revertedWithCustomError(shares, "CurrencyWrongValue")
        .withArgs(0n, 1n);
    });

    it("counts of a token with a fee what arrives", async () => {
      const { shares, accounts, connection } = await load();
      const { bob } = accounts;
      const token = await connection.ethers.deployContract("FeeOnTransferERC20", [100]);
      await token.mint(bob, 10_000);
      await token.connect(bob).approve(shares, ALL);
      expect(await shares.deposit.staticCall(token, 10_000)).to.equal(9_900n);
      expect(await eventsBy(shares, shares.deposit(token, 10_000))).to.deep.equal([
        ["DividendDeposited", token.target, bob.address, 9_900n],
      ]);
      expect(await shares.heldOf(token)).to.equal(9_900n);
      expect(await shares.claimable(bob, token)).to.equal(5_940n);
      await shares.claim(token, ALL);
      expect(await shares.heldOf(token), "what left counts, not what came").to.equal(3_960n);
      expect(await token.balanceOf(bob)).to.equal(5_881n);
    });

    it("makes nothing of nothing", async () => {
      const { shares, token, accounts } = await load();
      expect(await eventsBy(shares, shares.deposit(token, 0))).to.deep.equal([
        ["DividendDeposited", token.target, accounts.bob.address, 0n],
      ]);
      await shares.transfer(accounts.carol, 1);
      expect(await shares.entriesOf(accounts.bob), "no epoch begins").to.equal(0n);
    });

    /** A token of which Bob has more than any ledger takes. */
    async function abundant({ connection, accounts }: Ownership, shares: MachineShares) {
      const token = await connection.ethers.deployContract("MockERC20", [24]);
      await token.mint(accounts.bob, 2n ** 129n);
      await token.connect(accounts.bob).approve(shares, ALL);
      return token;
    }

    it("sees 2^128 - 1 units of a currency, and refuses one more", async () => {
      const its = await withOtherDevice(await load());
      const { bob } = its.accounts;
      const shares = await workingMachine(its, { offering: { operatorShares: 0 } }, [[bob, 1_000]]);
      const token = await abundant(its, shares);
      await expect(shares.deposit(token, MAX_TOTAL + 1n))
        .to.be.revertedWithCustomError(shares, "SafeCastOverflowedUintDowncast")
        .withArgs(128, MAX_TOTAL + 1n);
      await shares.deposit(token, MAX_TOTAL);
      expect(await shares.claimable(bob, token)).to.equal(MAX_TOTAL);
      await shares.claim(token, ALL);
      await expect(shares.deposit(token, 1))
        .to.be.revertedWithCustomError(shares, "SafeCastOverflowedUintDowncast")
        .withArgs(128, MAX_TOTAL + 1n);
    });

    it("sees fewer where shares earn nothing, since the others earn more, and refuses one more", async () => {
      const its = await load();
      const { shares, accounts } = its;
      const token = await abundant(its, shares);
      const most = (MAX_TOTAL * EARNING) / SUPPLY;
      await expect(shares.deposit(token, most + 1n))
        .to.be.revertedWithCustomError(shares, "SafeCastOverflowedUintDowncast")
        .withArgs(128, MAX_TOTAL + 1n);
      await shares.deposit(token, most);
      expect(await shares.claimable(accounts.bob, token)).to.equal((most * 600n) / EARNING);
      await shares.claim(token, ALL);
      await expect(shares.deposit(token, 1))
        .to.be.revertedWithCustomError(shares, "SafeCastOverflowedUintDowncast")
        .withArgs(128, MAX_TOTAL + 1n);
    });

    it("refuses all dividends while raising", async () => {
      const its = await load();
      const { token, accounts } = its;
      const { bob } = accounts;
      const fresh = (await openOffering(await withOtherDevice(its))).connect(bob);
      await contribute(its, fresh, bob, 5);
      await token.connect(bob).approve(fresh, ALL);
      const refused = async (sending: Promise<unknown>) =>
        expect(sending)
          .to.be.revertedWithCustomError(fresh, "DividendLedgerWrongPhase")
          .withArgs(0);
      await refused(fresh.deposit(token, 1));
      await refused(fresh.deposit(token, 0));
      await refused(fresh.deposit(NATIVE, 1, { value: 1n }));
      expect(await fresh.sync.staticCall(token), "nothing to book").to.equal(0n);
      await token.connect(bob).transfer(fresh, 1);
      await refused(fresh.sync(token));
      expect(await fresh.claim.staticCall(token, ALL)).to.equal(0n);
      expect(await fresh.claimable(bob, token)).to.equal(0n);
    });
  });

  describe("claimed", () => {
    it("pays a holder what the view says, once", async () => {
      const { shares, token, accounts } = await load();
      const { bob } = accounts;
      await shares.deposit(token, EARNING);
      const before = await token.balanceOf(bob);
      expect(await shares.claimable(bob, token)).to.equal(600n);
      expect(await shares.claim.staticCall(token, ALL)).to.equal(600n);
      expect(await eventsBy(shares, shares.claim(token, ALL))).to.deep.equal([
        ["DividendClaimed", bob.address, token.target, bob.address, 600n],
      ]);
      expect(await token.balanceOf(bob)).to.equal(before + 600n);
      expect(await shares.heldOf(token)).to.equal(400n);
      expect(await shares.claimable(bob, token)).to.equal(0n);
      expect(await eventsBy(shares, shares.claim(token, ALL)), "R21").to.deep.equal([]);
      expect(await token.balanceOf(bob), "R21").to.equal(before + 600n);
    });

    it("pays coin too", async () => {
      const its = await load();
      const { shares, asCarol, accounts } = its;
      await shares.deposit(NATIVE, EARNING, { value: EARNING });
      const before = await coinOf(its, accounts.carol);
      const receipt = await (await asCarol.claim(NATIVE, ALL)).wait();
      const gas = receipt ? receipt.gasUsed * receipt.gasPrice : 0n;
      expect(await coinOf(its, accounts.carol)).to.equal(before - gas + 400n);
      expect(await coinOf(its, shares)).to.equal(600n);
    });

    it("pays nothing to who has no shares, and says nothing", async () => {
      const { shares, token, accounts } = await load();
      await shares.deposit(token, EARNING);
      const asDave = shares.connect(accounts.dave);
      expect(await asDave.claim.staticCall(token, ALL)).to.equal(0n);
      expect(await eventsBy(shares, asDave.claim(token, ALL))).to.deep.equal([]);
    });

    it("lets anyone have a holder paid, to himself", async () => {
      const { shares, token, accounts } = await load();
      const { carol, stranger } = accounts;
      await shares.deposit(token, EARNING);
      const asStranger = shares.connect(stranger);
      const before = await token.balanceOf(carol);
      expect(await asStranger.claimFor.staticCall(carol, token, ALL)).to.equal(400n);
      const sending = asStranger.claimFor(carol, token, ALL);
      expect(await eventsBy(shares, sending)).to.deep.equal([
        ["DividendClaimed", carol.address, token.target, carol.address, 400n],
      ]);
      expect(await token.balanceOf(carol)).to.equal(before + 400n);
      expect(await token.balanceOf(stranger)).to.equal(0n);
      expect(await shares.claimable(accounts.bob, token)).to.equal(600n);
    });

    it("pays many currencies at once", async () => {
      const { shares, token, accounts } = await load();
      const { bob } = accounts;
      await shares.deposit(token, EARNING);
      await shares.deposit(NATIVE, 3n * EARNING, { value: 3n * EARNING });
      const sending = shares.claimMany([NATIVE, token, NATIVE], ALL);
      expect(await eventsBy(shares, sending)).to.deep.equal([
        ["DividendClaimed", bob.address, NATIVE, bob.address, 1_800n],
        ["DividendClaimed", bob.address, token.target, bob.address, 600n],
      ]);
      expect(await shares.heldOf(NATIVE)).to.equal(1_200n);
      expect(await shares.heldOf(token)).to.equal(400n);
    });

    it("OWN-03 R16 R24 pays to the unit whatever the moments of the claims", async () => {
      const loaded = await load();
      const { shares, asCarol, token, accounts, machineOfferings } = loaded;
      const paid = { bob: 0n, carol: 0n };
      for (let round = 1n; round <= 20n; ++round) {
        await shares.deposit(token, 7);
        paid.bob += await shares.claim.staticCall(token, ALL);
        await shares.claim(token, ALL);
        // 1,500 parts a unit go to 1,000 shares, and then as many as each makes a unit.
        const due = (600n * ((7n * round * 1_500n) / 1_000n)) / 1_500n;
        expect(paid.bob, `Bob after round ${String(round)}`).to.equal(due);
      }
      paid.carol = await asCarol.claim.staticCall(token, ALL);
      await asCarol.claim(token, ALL);
      expect(paid, "OWN-03").to.deep.equal({ bob: 84n, carol: 56n });
      await shares.claimFor(machineOfferings, token, ALL);
      expect(await shares.heldOf(token), "R24: the last is not short").to.equal(0n);
      expect(await shares.claimable(accounts.bob, token)).to.equal(0n);
    });

    it("OWN-02 R20 never pays more than came in, however often it is called", async () => {
      const { shares, asCarol, token } = await load();
      await shares.deposit(token, 9);
      for (let round = 0; round < 3; ++round) {
        await shares.claim(token, ALL);
        await asCarol.claim(token, ALL);
      }
      // 5 of 5.4, 3 of 3.6, and a unit that is nobody's yet
      expect(await shares.heldOf(token)).to.equal(1n);
      expect(await token.balanceOf(shares)).to.equal(1n);
    });

    it("OWN-05 R17 gives a buyer nothing of earlier dividends, and takes a seller nothing", async () => {
      const { shares, token, accounts } = await load();
      const { bob, dave } = accounts;
      await shares.deposit(token, EARNING);
      await shares.transfer(dave, 600);
      expect(await shares.claimable(dave, token)).to.equal(0n);
      expect(await shares.claimable(bob, token), "sold everything").to.equal(600n);
      await shares.deposit(token, EARNING);
      expect(await shares.claimable(dave, token)).to.equal(600n);
      expect(await shares.claim.staticCall(token, ALL)).to.equal(600n);
      await shares.claim(token, ALL);
      expect(await shares.balanceOf(bob)).to.equal(0n);
      expect(await shares.claimable(bob, token)).to.equal(0n);
      await shares.connect(dave).claim(token, ALL);
      expect(await shares.heldOf(token)).to.equal(800n);
    });

    it("OWN-05 gives the operator nothing of what came before his shares vested", async () => {
      const its = await load();
      const { shares, token, accounts } = its;
      await shares.deposit(token, EARNING);
      await releaseMilestone(its, shares, 0);
      expect(await shares.balanceOf(accounts.alice)).to.equal(150n);
      expect(await shares.claimable(accounts.alice, token)).to.equal(0n);
      await shares.deposit(token, EARNING + 150n);
      expect(await shares.claimable(accounts.alice, token)).to.equal(150n);
    });

    describe("in parts", () => {
      /** Bob with 600, 500, 400 shares at a dividend each, and 300 now. */
      async function history() {
        const loaded = await load();
        const { shares, token, accounts } = loaded;
        for (let round = 0; round < 3; ++round) {
          await shares.deposit(token, EARNING);
          await shares.transfer(accounts.carol, 100);
        }
        return loaded;
      }

      const paysNext = async ({ shares, token }: Loaded, maxEntries: bigint) => {
        const amount = await shares.claim.staticCall(token, maxEntries);
        await shares.claim(token, maxEntries);
        return amount;
      };

      it("goes through as many entries as it is told, and on from there", async () => {
        const loaded = await history();
        const { shares, token, accounts } = loaded;
        expect(await shares.entriesOf(accounts.bob)).to.equal(3n);
        expect(await shares.claimable(accounts.bob, token)).to.equal(1_500n);
        expect(await paysNext(loaded, 0n)).to.equal(0n);
        expect(await paysNext(loaded, 1n)).to.equal(600n);
        expect(await shares.claimable(accounts.bob, token)).to.equal(900n);
        expect(await paysNext(loaded, 0n)).to.equal(0n);
        expect(await paysNext(loaded, 1n)).to.equal(500n);
        expect(await paysNext(loaded, 1n)).to.equal(400n);
        expect(await paysNext(loaded, 1n)).to.equal(0n);
        expect(await shares.heldOf(token)).to.equal(1_500n);
      });

      it("pays what the present shares earned once all entries are done", async () => {
        const loaded = await history();
        const { shares, token } = loaded;
        await shares.deposit(token, EARNING);
        expect(await paysNext(loaded, 2n)).to.equal(1_100n);
        expect(await paysNext(loaded, 1n)).to.equal(400n + 300n);
        expect(await paysNext(loaded, 0n)).to.equal(0n);
        await shares.deposit(token, EARNING);
        expect(await paysNext(loaded, 0n), "no entry is left").to.equal(300n);
      });

      it("takes exactly as many, more, or any number for all", async () => {
        for (const maxEntries of [3n, 4n, ALL]) {
          const loaded = await history();
          expect(await paysNext(loaded, maxEntries)).to.equal(1_500n);
        }
      });

      it("keeps what the division left from part to part", async () => {
        const loaded = await load();
        const { shares, token, accounts } = loaded;
        for (let round = 0; round < 4; ++round) {
          await shares.deposit(token, 1);
          await shares.transfer(accounts.carol, 1);
        }
        // Of 1,500 parts a unit: the first and the third unit make 1 for each share, the others 2, with what was left.
        // 600 + 2 x 599 + 598 + 2 x 597 = 3,590 parts
        const parts: bigint[] = [];
        for (let round = 0; round < 4; ++round) parts.push(await paysNext(loaded, 1n));
        expect(parts).to.deep.equal([0n, 1n, 0n, 1n]);
        await shares.deposit(token, 1);
        expect(await paysNext(loaded, ALL), "4,186 of 1,500").to.equal(0n);
        await shares.deposit(token, 1);
        expect(await paysNext(loaded, ALL), "5,378 of 1,500").to.equal(1n);
      });
    });
  });

  it("goes on after the machine is retired", async () => {
    const its = await load();
    const { shares, asCarol, token } = its;
    await shares.deposit(token, EARNING);
    await carryOut(its, shares, "Retire");
    await shares.deposit(token, EARNING);
    expect(await shares.claim.staticCall(token, ALL)).to.equal(1_200n);
    await asCarol.claim(token, ALL);
    expect(await shares.heldOf(token)).to.equal(1_200n);
  });

  it("R22 changes no share, price or claim by what is only sent here", async () => {
    const its = await load();
    const { shares, token, accounts } = its;
    const { bob, dave } = accounts;
    await shares.deposit(token, EARNING);
    const state = async () => [
      await shares.totalSupply(),
      await shares.balanceOf(bob),
      await shares.buyoutFloor(),
      await shares.heldOf(token),
      await shares.claimable(bob, token),
      await shares.claimable(bob, NATIVE),
      await shares.claim.staticCall(token, ALL),
    ];
    const before = await state();
    await token.connect(dave).transfer(shares, 1_000n * COIN);
    await dave.sendTransaction({ to: shares, value: COIN });
    expect(await state(), "R22").to.deep.equal(before);
  });
});
