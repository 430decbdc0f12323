import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { eventsOf } from "../identity/registry.js";
import { ALL, inEpoch, NO_PENDING, pass, pools, stake } from "./fixture.js";
import { claimableOf, claimFor, fund, leave, progressOf, sharing, UNIT } from "./rewards.js";

const HUNDRED = parseEther("100");
const [BOBS, CAROLS] = [parseEther("25"), parseEther("75")];

describe("ModuleRewards: who earns, and when it is his", () => {
  const load = pools(sharing);

  describe("whoever had shares when the epoch began", () => {
    it("earns in proportion, to the unit", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(BOBS);
      expect(await claimFor(its, operator, token, accounts.carol)).to.equal(CAROLS);
      expect(await token.balanceOf(its.moduleRewards)).to.equal(0n);
    });

    it("STK-12 earns nothing in the epoch in which he came, however early in it", async () => {
      const its = await load();
      const { operator, token, accounts, epoch } = its;
      await its.connection.networkHelpers.time.setNextBlockTimestamp(
        await its.stakingPool.startOf(epoch + 1n),
      );
      await stake(its, accounts.dave, operator, 4n * UNIT);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.dave), "STK-12").to.equal(0n);
      expect(await claimFor(its, operator, token, accounts.bob), "STK-12").to.equal(BOBS);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.dave)).to.equal(HUNDRED / 2n);
    });

    it("STK-12 earns nothing by coming after he saw the money", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await fund(its, operator, token, HUNDRED);
      await stake(its, accounts.dave, operator, 400n * UNIT);
      await stake(its, accounts.bob, operator, 4n * UNIT);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.dave), "STK-12").to.equal(0n);
      expect(await claimFor(its, operator, token, accounts.bob), "STK-12").to.equal(BOBS);
      expect(await claimFor(its, operator, token, accounts.carol), "STK-12").to.equal(CAROLS);
    });

    it("STK-12 earns from the next epoch on if he came in the last second of this one", async () => {
      const its = await load();
      const { operator, token, accounts, epoch } = its;
      const { time } = its.connection.networkHelpers;
      const start = await its.stakingPool.startOf(epoch + 1n);
      await time.setNextBlockTimestamp(start - 1n);
      await stake(its, accounts.dave, operator, 4n * UNIT);
      await time.setNextBlockTimestamp(start);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.dave)).to.equal(HUNDRED / 2n);
    });

    it("earns in the epoch in which he asks out, also of what comes after, and not in the next", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await fund(its, operator, token, HUNDRED);
      await leave(its, accounts.carol, operator);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.carol)).to.equal(2n * CAROLS);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(2n * BOBS + HUNDRED);
    });

    it("R26 is paid by what he had then, not by what he has when he claims", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      await stake(its, accounts.bob, operator, 60n * UNIT);
      await leave(its, accounts.carol, operator);
      expect(await claimFor(its, operator, token, accounts.bob), "R26").to.equal(BOBS);
      expect(await claimFor(its, operator, token, accounts.carol), "R26").to.equal(CAROLS);
    });

    it("R26 is paid years after he left, and the exit waits for no claim", async () => {
      const its = await load();
      const { operator, token, accounts, stakingPool, epoch } = its;
      const { bob } = accounts;
      await fund(its, operator, token, HUNDRED);
      await leave(its, bob, operator);
      await pass(its, 2n);
      await stakingPool.connect(bob).claimExit(operator, epoch, bob);
      await pass(its, 200n);
      expect(await claimFor(its, operator, token, bob), "R26").to.equal(BOBS);
    });

    it("earns nothing while an exit waits, and again from the epoch after he took it back", async () => {
      const its = await load();
      const { operator, token, accounts, stakingPool, epoch } = its;
      await leave(its, accounts.carol, operator);
      await pass(its);
      await stakingPool.connect(accounts.carol).restakeExit(operator, epoch, NO_PENDING);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.carol)).to.equal(0n);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.carol)).to.equal(CAROLS);
    });
  });

  describe("what was earned", () => {
    it("is not his in the last second of the epoch, and is in the first of the next", async () => {
      const its = await load();
      const { operator, token, accounts, epoch, connection, moduleRewards } = its;
      const { time, mine } = connection.networkHelpers;
      const { bob } = accounts;
      await fund(its, operator, token, HUNDRED);
      const start = await its.stakingPool.startOf(epoch + 1n);
      await time.setNextBlockTimestamp(start - 1n);
      const early = moduleRewards.connect(bob).claim(operator, token, bob, ALL);
      expect(await eventsOf(moduleRewards, early)).to.deep.equal([]);
      expect(await claimableOf(its, operator, token, bob)).to.deep.equal([0n, BOBS]);
      await time.setNextBlockTimestamp(start);
      await mine();
      expect(await claimableOf(its, operator, token, bob)).to.deep.equal([BOBS, 0n]);
      expect(await claimFor(its, operator, token, bob)).to.equal(BOBS);
      expect(await claimableOf(its, operator, token, bob)).to.deep.equal([0n, 0n]);
    });

    it("is paid in the first second of the next epoch itself", async () => {
      const its = await load();
      const { operator, token, accounts, epoch, connection, moduleRewards } = its;
      const { bob } = accounts;
      await fund(its, operator, token, HUNDRED);
      const start = await its.stakingPool.startOf(epoch + 1n);
      await connection.networkHelpers.time.setNextBlockTimestamp(start);
      await expect(
        moduleRewards.connect(bob).claim(operator, token, bob, ALL),
      ).to.changeTokenBalance(connection.ethers, token, bob, BOBS);
    });

    it("is told apart from what the running epoch holds so far", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await fund(its, operator, token, HUNDRED);
      await stake(its, accounts.bob, operator, 4n * UNIT);
      await pass(its);
      expect(await claimableOf(its, operator, token, accounts.bob)).to.deep.equal([BOBS, 0n]);
      await fund(its, operator, token, 8n * HUNDRED);
      const running = 5n * HUNDRED;
      expect(await claimableOf(its, operator, token, accounts.bob)).to.deep.equal([BOBS, running]);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(BOBS);
      expect(await claimableOf(its, operator, token, accounts.bob)).to.deep.equal([0n, running]);
      await leave(its, accounts.bob, operator);
      expect(await claimableOf(its, operator, token, accounts.bob)).to.deep.equal([0n, running]);
      await pass(its);
      expect(await claimableOf(its, operator, token, accounts.bob)).to.deep.equal([running, 0n]);
      await fund(its, operator, token, HUNDRED);
      expect(await claimableOf(its, operator, token, accounts.bob)).to.deep.equal([running, 0n]);
    });

    it("holds nothing for who came in the running epoch, and nothing for who never came", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await stake(its, accounts.dave, operator, 4n * UNIT);
      await fund(its, operator, token, HUNDRED);
      for (const who of [accounts.dave, accounts.stranger, ZeroAddress]) {
        expect(await claimableOf(its, operator, token, who)).to.deep.equal([0n, 0n]);
        expect(await progressOf(its, operator, token, who)).to.deep.equal({
          step: 0n,
          paidThrough: 0n,
          carry: 0n,
        });
      }
      expect(await claimFor(its, operator, token, accounts.stranger)).to.equal(0n);
      expect(await claimFor(its, operator, token, accounts.dave)).to.equal(0n);
    });

    it("is not begun by a claim before the first epoch of his is over", async () => {
      const its = await load();
      const { operator, token, accounts, epoch } = its;
      const none = { step: 0n, paidThrough: 0n, carry: 0n };
      await fund(its, operator, token, HUNDRED);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(0n);
      expect(await progressOf(its, operator, token, accounts.bob)).to.deep.equal(none);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(BOBS);
      expect(await progressOf(its, operator, token, accounts.bob)).to.deep.equal({
        ...none,
        paidThrough: epoch,
      });
    });

    it("is kept whole by a claim that comes too early", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await stake(its, accounts.dave, operator, 4n * UNIT);
      await fund(its, operator, token, HUNDRED);
      for (const who of [accounts.bob, accounts.dave, accounts.erin]) {
        expect(await claimFor(its, operator, token, who)).to.equal(0n);
      }
      await pass(its);
      await stake(its, accounts.erin, operator, 8n * UNIT);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.dave)).to.equal((HUNDRED * 3n) / 4n);
      expect(await claimFor(its, operator, token, accounts.erin)).to.equal(HUNDRED / 2n);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(
        BOBS + HUNDRED / 8n + HUNDRED / 16n,
      );
    });
  });

  describe("a claim", () => {
    it("pays the caller's rewards to whom he says, and tells it", async () => {
      const its = await load();
      const { operator, token, accounts, moduleRewards, connection } = its;
      const { bob, ivan } = accounts;
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      const rewards = moduleRewards.connect(bob);
      expect(await rewards.claim.staticCall(operator, token, ivan, ALL)).to.equal(BOBS);
      const claiming = rewards.claim(operator, token, ivan, ALL);
      await expect(claiming).to.changeTokenBalances(
        connection.ethers,
        token,
        [rewards, bob, ivan],
        [-BOBS, 0n, BOBS],
      );
      expect((await eventsOf(rewards, claiming))[0]).to.deep.equal([
        "Claimed",
        operator,
        bob.address,
        token.target,
        ivan.address,
        BOBS,
      ]);
    });

    it("pays coin as it pays tokens, less what was burned", async () => {
      const its = await load();
      const { operator, accounts, moduleRewards, connection } = its;
      const { bob, carol, ivan } = accounts;
      await fund(its, operator, NATIVE, HUNDRED);
      await pass(its);
      const bobs = (BOBS * 95n) / 100n;
      await expect(
        moduleRewards.connect(bob).claim(operator, NATIVE, ivan, ALL),
      ).to.changeEtherBalances(connection.ethers, [moduleRewards, ivan], [-bobs, bobs]);
      expect(await claimFor(its, operator, NATIVE, carol)).to.equal(3n * bobs);
    });

    it("R18 by somebody else pays the account, and never the caller", async () => {
      const its = await load();
      const { operator, token, accounts, moduleRewards, connection } = its;
      const { bob, carol } = accounts;
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      // The caller is a staker himself: his own rewards stay where they are.
      const claiming = moduleRewards.connect(carol).claimFor(operator, token, bob, ALL);
      await expect(claiming, "R18").to.changeTokenBalances(
        connection.ethers,
        token,
        [bob, carol],
        [BOBS, 0n],
      );
      expect(await claimableOf(its, operator, token, carol), "R18").to.deep.equal([CAROLS, 0n]);
      expect(await progressOf(its, operator, token, carol)).to.deep.equal({
        step: 0n,
        paidThrough: 0n,
        carry: 0n,
      });
    });

    it("R21 pays once", async () => {
      const its = await load();
      const { operator, token, accounts, moduleRewards } = its;
      const { bob } = accounts;
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      await claimFor(its, operator, token, bob);
      const again = moduleRewards.connect(bob).claim(operator, token, bob, ALL);
      expect(await eventsOf(moduleRewards, again), "R21").to.deep.equal([]);
      await pass(its, 3n);
      expect(await claimFor(its, operator, token, bob), "R21").to.equal(0n);
      expect(await token.balanceOf(moduleRewards)).to.equal(CAROLS);
    });

    it("pays one currency and one operator, and leaves the others", async () => {
      const its = await load();
      const { operator, token, accounts } = its;
      await fund(its, operator, token, HUNDRED);
      await fund(its, operator, NATIVE, HUNDRED);
      await pass(its);
      expect(await claimFor(its, operator + 1n, token, accounts.bob)).to.equal(0n);
      await claimFor(its, operator, token, accounts.bob);
      const [left] = await claimableOf(its, operator, NATIVE, accounts.bob);
      expect(left).to.equal((BOBS * 95n) / 100n);
    });

    it("is of epochs without a distribution nothing, and loses nothing of those with one", async () => {
      const its = await load();
      const { operator, token, accounts, epoch } = its;
      await pass(its);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(0n);
      expect((await progressOf(its, operator, token, accounts.bob)).paidThrough).to.equal(epoch);
      await fund(its, operator, token, HUNDRED);
      await inEpoch(its, epoch + 5n);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(BOBS);
      await fund(its, operator, token, 2n * HUNDRED);
      await inEpoch(its, epoch + 9n);
      expect(await claimFor(its, operator, token, accounts.bob)).to.equal(2n * BOBS);
      expect((await progressOf(its, operator, token, accounts.bob)).paidThrough).to.equal(
        epoch + 8n,
      );
    });
  });
});
