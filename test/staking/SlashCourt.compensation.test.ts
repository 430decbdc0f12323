import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { RevertingReceiver__factory } from "../../typechain-types/index.js";
import type { Identity } from "../identity/fixture.js";
import { carryOut, coinOf, goTo, lapse, storyOf } from "./court.js";
import {
  allocate,
  COIN,
  DAY,
  MAGNITUDE,
  now,
  pass,
  pools,
  propose,
  registerModule,
  type Secured,
  secured,
} from "./fixture.js";

describe("SlashCourt: what victims get", () => {
  const load = pools((its) => secured(its, { terms: { window: 2 * DAY } }));

  const creditOf = ({ stakingPool, accounts }: Identity) =>
    stakingPool.compensationOf(accounts.kim);

  /** Carries out a slash of so many coins; what its victims were credited, in wei. */
  async function compensated(
    its: Identity & Secured,
    coins: bigint,
    module = its.module,
  ): Promise<bigint> {
    const before = await creditOf(its);
    await carryOut(its, await propose(its, { ...its, module }, coins * COIN));
    return (await creditOf(its)) - before;
  }

  describe("of one slash", () => {
    it("is their part of what came from the bond, and nothing of what came from stakers", async () => {
      const its = await load();
      const { stakingPool, iotxBurner } = its;
      const burned = await coinOf(its, iotxBurner);
      expect(await compensated(its, 400n)).to.equal(50n * COIN);
      expect((await coinOf(its, iotxBurner)) - burned).to.equal(350n * COIN);
      expect(await coinOf(its, stakingPool)).to.equal(1_750n * COIN);
    });

    it("STK-14 is nothing without a bond", async () => {
      const its = await load();
      await compensated(its, 100n);
      expect(await its.stakingPool.bondOf(its.operator)).to.equal(0n);
      await pass(its);
      expect(await compensated(its, 200n), "STK-14").to.equal(0n);
    });

    for (const [bps, part] of [
      [0, 0n],
      [1, 1n],
      [1_234, 1_234n],
      [5_000, 5_000n],
    ] as const) {
      it(`is ${bps} basis points of it, rounded down, as the module's terms say`, async () => {
        const its = await load();
        const { stakingPool, moduleRegistry, operator, accounts } = its;
        await moduleRegistry.connect(accounts.alice).optOut(operator, its.module);
        await pass(its, 2n);
        await moduleRegistry.sync(operator, its.module);
        const terms = { victims: bps === 0 ? ZeroAddress : accounts.dave.address, victimBps: bps };
        const module = await registerModule(its, { ...terms, window: 2 * DAY });
        await allocate(its, operator, module);
        await pass(its, 2n);
        const amount = 60n * COIN + 9_999n;
        const proposal = await propose(its, { operator, module }, amount);
        await carryOut(its, proposal);
        const due = (amount * part) / 10_000n;
        expect(await stakingPool.compensationOf(accounts.dave)).to.equal(due);
        expect(await stakingPool.compensationOf(ZeroAddress)).to.equal(0n);
        expect(await creditOf(its)).to.equal(0n);
      });
    }

    it("adds up", async () => {
      const its = await load();
      await compensated(its, 60n);
      expect(await creditOf(its)).to.equal(30n * COIN);
      await pass(its);
      await compensated(its, 40n);
      expect(await creditOf(its)).to.equal(50n * COIN);
    });
  });

  describe("while other proposals are open", () => {
    /** A slash of 60 of a bond of 100, and what the victims of it get while so much is open besides. */
    async function whileOpen(its: Identity & Secured, others: bigint[]): Promise<bigint> {
      const first = await propose(its, its, 60n * COIN);
      for (const amount of others) await propose(its, its, amount);
      await carryOut(its, first);
      return creditOf(its);
    }

    for (const [name, others, due] of [
      ["as much as the rest of the bond", [40n * COIN], 30n * COIN],
      ["two wei more than that", [40n * COIN + 2n], 30n * COIN - 1n],
      ["a part of what was taken", [70n * COIN], 15n * COIN],
      ["as much as the whole bond, but for two wei", [100n * COIN - 2n], 1n],
      ["as much as the whole bond", [50n * COIN, 50n * COIN], 0n],
      ["more than the bond", [50n * COIN, 100n * COIN, 150n * COIN], 0n],
    ] as [string, bigint[], bigint][]) {
      it(`is nothing of what they may still take: ${name}`, async () => {
        const its = await load();
        expect(await whileOpen(its, others)).to.equal(due);
        expect(await its.stakingPool.bondOf(its.operator)).to.equal(40n * COIN);
      });
    }

    it("STK-14 counts proposals of every module", async () => {
      const its = await load();
      const { moduleRegistry, operator, accounts } = its;
      await moduleRegistry.connect(accounts.alice).allocate(operator, its.module, MAGNITUDE / 2n);
      await pass(its, 2n);
      await moduleRegistry.sync(operator, its.module);
      // The accomplice's, who would be glad to take half of the bond before the honest one does.
      const accomplices = await registerModule(its, {
        victims: accounts.frank.address,
        window: 2 * DAY,
      });
      await allocate(its, operator, accomplices, MAGNITUDE / 2n);
      await pass(its, 2n);
      const theirs = await propose(its, { operator, module: accomplices }, 100n * COIN);
      await propose(its, its, 100n * COIN);
      await carryOut(its, theirs);
      expect(await its.stakingPool.compensationOf(accounts.frank), "STK-14").to.equal(0n);
      expect(await its.stakingPool.bondOf(operator)).to.equal(0n);
    });

    it("is whole again once they are vetoed, carried out, released or of an epoch that is over", async () => {
      for (const ending of ["veto", "execute", "release", "time"] as const) {
        const its = await load();
        const { slashCourt, stakingPool, accounts } = its;
        const other = await propose(its, its, 40n * COIN);
        if (ending === "veto") await slashCourt.connect(accounts.judy).veto(other);
        if (ending === "execute") await carryOut(its, other);
        if (ending === "release") {
          await lapse(its, other);
          await slashCourt.release(other);
        }
        if (ending === "time") await pass(its);
        const bond = await stakingPool.bondOf(its.operator);
        await carryOut(its, await propose(its, its, bond));
        expect(await creditOf(its), ending).to.equal(50n * COIN);
      }
    });

    it("is less while one that has lapsed was not released, in its epoch", async () => {
      const its = await load();
      const other = await propose(its, its, 100n * COIN);
      await goTo(its, (await now(its)) + DAY / 2);
      const first = await propose(its, its, 60n * COIN);
      await lapse(its, other);
      await its.slashCourt.execute(first);
      expect(await creditOf(its)).to.equal(0n);
      expect(await its.stakingPool.bondOf(its.operator)).to.equal(40n * COIN);
    });
  });

  describe("and their way out", () => {
    const loadCredited = pools(async (its) => {
      const base = await secured(its);
      await carryOut(its, await propose(its, base, 100n * COIN));
      return base;
    });

    it("is to whom they say, once", async () => {
      const its = await loadCredited();
      const { stakingPool, accounts, connection } = its;
      const asKim = stakingPool.connect(accounts.kim);
      expect(await asKim.withdrawCompensation.staticCall(accounts.dave)).to.equal(50n * COIN);
      const withdrawing = asKim.withdrawCompensation(accounts.dave);
      expect(await storyOf(its, withdrawing)).to.deep.equal([
        ["CompensationWithdrawn", accounts.kim.address, accounts.dave.address, 50n * COIN],
      ]);
      await expect(withdrawing).to.changeEtherBalances(
        connection.ethers,
        [stakingPool, accounts.dave],
        [-50n * COIN, 50n * COIN],
      );
      expect(await storyOf(its, asKim.withdrawCompensation(accounts.dave)), "R21").to.deep.equal(
        [],
      );
      expect(await coinOf(its, stakingPool)).to.equal(2_000n * COIN);
    });

    it("is for anyone to open, to themselves", async () => {
      const its = await loadCredited();
      const { stakingPool, accounts, connection } = its;
      const asStranger = stakingPool.connect(accounts.stranger);
      const paying = asStranger.withdrawCompensationFor(accounts.kim);
      expect(await storyOf(its, paying)).to.deep.equal([
        ["CompensationWithdrawn", accounts.kim.address, accounts.kim.address, 50n * COIN],
      ]);
      await expect(paying).to.changeEtherBalance(connection.ethers, accounts.kim, 50n * COIN);
      expect(await storyOf(its, asStranger.withdrawCompensation(accounts.stranger))).to.deep.equal(
        [],
      );
    });

    it("R30 blocks no slash when they refuse coin", async () => {
      const its = await load();
      const { operator, accounts, stakingPool, moduleRegistry, connection } = its;
      await moduleRegistry.connect(accounts.alice).optOut(operator, its.module);
      await pass(its, 2n);
      await moduleRegistry.sync(operator, its.module);
      const refusing = await new RevertingReceiver__factory(accounts.dave).deploy();
      const victims = await refusing.getAddress();
      const module = await registerModule(its, { victims });
      await allocate(its, operator, module);
      await pass(its, 2n);
      await carryOut(its, await propose(its, { operator, module }, 100n * COIN));
      expect(await stakingPool.compensationOf(refusing), "R30").to.equal(50n * COIN);
      await expect(stakingPool.withdrawCompensationFor(refusing))
        .to.be.revertedWithCustomError(refusing, "ReceiverRefused")
        .withArgs(50n * COIN);
      const call = stakingPool.interface.encodeFunctionData("withdrawCompensation", [
        accounts.dave.address,
      ]);
      await expect(refusing.execute(stakingPool, call), "R30").to.changeEtherBalance(
        connection.ethers,
        accounts.dave,
        50n * COIN,
      );
    });
  });
});
