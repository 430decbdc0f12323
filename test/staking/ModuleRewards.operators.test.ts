import { expect } from "chai";
import { parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import type { Identity } from "../identity/fixture.js";
import { eventsOf } from "../identity/registry.js";
import {
  allocate,
  COIN,
  inEpoch,
  type OperatorParts,
  pass,
  pools,
  propose,
  registerModule,
  registerOperator,
  stake,
  untilReady,
} from "./fixture.js";
import {
  claimableOf,
  claimFor,
  type Currency,
  earning,
  fund,
  leave,
  tokenOf,
  UNIT,
} from "./rewards.js";

const HUNDRED = parseEther("100");
/** Prime, so that nearly every division has a rest. */
const AMOUNT = 1_000_000_007n;

describe("ModuleRewards: the operator's part", () => {
  const load = pools(async (its) => ({ token: await tokenOf(its, 18) }));
  type Loaded = Awaited<ReturnType<typeof load>>;

  /** Alice's operator, with stake of Bob's if any; a day after the start of the next epoch. */
  const staked = async (its: Identity, parts: OperatorParts, amount = 4n * UNIT) => {
    const operator = await registerOperator(its, parts);
    if (amount !== 0n) await stake(its, its.accounts.bob, operator, amount);
    await pass(its);
    return operator;
  };

  /** What the operator and Bob get of an amount that is funded now. */
  const divided = async (its: Loaded, operator: bigint, amount = HUNDRED, currency?: Currency) => {
    const { moduleRewards, accounts, token } = its;
    const what = currency ?? token;
    const credit = await moduleRewards.creditOf(operator, what);
    const [, before] = await claimableOf(its, operator, what, accounts.bob);
    await fund(its, operator, what, amount);
    const [, after] = await claimableOf(its, operator, what, accounts.bob);
    return [(await moduleRewards.creditOf(operator, what)) - credit, after - before];
  };

  describe("of stakers' rewards", () => {
    for (const [bond, commissionBps, part] of [
      [0n, 0, "0"],
      [0n, 1, "0.01"],
      [0n, 3_000, "30"],
      [4n * UNIT, 0, "50"],
      [4n * UNIT, 3_000, "65"],
      [12n * UNIT, 1_000, "77.5"],
    ] as const) {
      it(`is ${part} of 100 with a cut of ${commissionBps} bps and ${bond / UNIT} of bond to 4 of stake`, async () => {
        const its = await load();
        const operator = await staked(its, { bond, commissionBps });
        const expected = [parseEther(part), HUNDRED - parseEther(part)];
        expect(await divided(its, operator)).to.deep.equal(expected);
      });
    }

    it("rounds down twice, for the stakers", async () => {
      const its = await load();
      const [bond, assets] = [3n * COIN + 1n, 7n * COIN + 2n];
      const operator = await staked(its, { bond, commissionBps: 1_234 }, assets);
      const cut = (AMOUNT * 1_234n) / 10_000n;
      const part = cut + ((AMOUNT - cut) * bond) / (bond + assets);
      const [credit] = await divided(its, operator, AMOUNT);
      expect(credit).to.equal(part);
    });

    it("of a single unit is nothing", async () => {
      const its = await load();
      const operator = await staked(its, { bond: 4n * UNIT, commissionBps: 3_000 });
      expect(await divided(its, operator, 1n)).to.deep.equal([0n, 1n]);
    });

    it("of coin is taken of what is not burned", async () => {
      const its = await load();
      const operator = await staked(its, { bond: 4n * UNIT, commissionBps: 1_000 });
      expect(await divided(its, operator, HUNDRED, NATIVE)).to.deep.equal([
        parseEther("52.25"),
        parseEther("42.75"),
      ]);
    });
  });

  describe("by what was there when the epoch began", () => {
    it("is not changed by stake that comes in or goes out", async () => {
      const its = await load();
      const operator = await staked(its, { bond: 4n * UNIT, commissionBps: 0 });
      await stake(its, its.accounts.carol, operator, 100n * UNIT);
      expect(await divided(its, operator)).to.deep.equal([HUNDRED / 2n, HUNDRED / 2n]);
      await leave(its, its.accounts.bob, operator);
      expect(await divided(its, operator)).to.deep.equal([HUNDRED / 2n, HUNDRED / 2n]);
    });

    it("is not raised by bond that came since, until the next epoch", async () => {
      const its = await load();
      const { stakingPool, accounts } = its;
      const operator = await staked(its, { bond: 0n, commissionBps: 0 });
      await stakingPool.connect(accounts.alice).addBond(operator, { value: 12n * UNIT });
      expect(await divided(its, operator)).to.deep.equal([0n, HUNDRED]);
      await pass(its);
      expect(await divided(its, operator)).to.deep.equal([(HUNDRED * 3n) / 4n, HUNDRED / 4n]);
    });

    it("is lowered by bond that was asked out since, at once", async () => {
      const its = await load();
      const { stakingPool, accounts } = its;
      const operator = await staked(its, { bond: 12n * UNIT, commissionBps: 0 });
      await stakingPool.connect(accounts.alice).withdrawBond(operator, 8n * UNIT);
      expect(await divided(its, operator)).to.deep.equal([HUNDRED / 2n, HUNDRED / 2n]);
      // What comes back in the same epoch counts again, up to what was there at its start.
      await stakingPool.connect(accounts.alice).addBond(operator, { value: 100n * UNIT });
      expect(await divided(its, operator)).to.deep.equal([(HUNDRED * 3n) / 4n, HUNDRED / 4n]);
    });

    it("is lowered by bond that was slashed since, at once", async () => {
      const its = await load();
      const { slashCourt, accounts } = its;
      const operator = await registerOperator(its, { bond: 4n * UNIT, commissionBps: 0 });
      await stake(its, accounts.bob, operator, 4n * UNIT);
      const module = await registerModule(its);
      await allocate(its, operator, module);
      await pass(its, 2n);
      // A fifth of the stake, all of it out of the bond.
      const proposal = await propose(its, { operator, module }, (4n * UNIT) / 5n);
      await untilReady(its, proposal);
      await slashCourt.execute(proposal);
      const bond = 4n * UNIT - (4n * UNIT) / 5n;
      expect(await its.stakingPool.bondOf(operator)).to.equal(bond);
      const [credit] = await divided(its, operator);
      expect(credit).to.equal((HUNDRED * bond) / (bond + 4n * UNIT));
    });
  });

  describe("by his cut", () => {
    const partOf = async (its: Loaded, operator: bigint) => (await divided(its, operator))[0];

    it("is less at once when the cut falls", async () => {
      const its = await load();
      const operator = await staked(its, { bond: 0n, commissionBps: 2_000 });
      expect(await partOf(its, operator)).to.equal(parseEther("20"));
      await its.stakingPool.connect(its.accounts.alice).setCommission(operator, 500);
      expect(await partOf(its, operator)).to.equal(parseEther("5"));
    });

    it("is more two epochs after a rise was asked for, and not a second before", async () => {
      const its = await load();
      const operator = await staked(its, { bond: 0n, commissionBps: 1_000 });
      const { time } = its.connection.networkHelpers;
      const epoch = await its.stakingPool.epoch();
      await its.stakingPool.connect(its.accounts.alice).setCommission(operator, 3_000);
      expect(await partOf(its, operator)).to.equal(parseEther("10"));
      await inEpoch(its, epoch + 1n);
      expect(await partOf(its, operator)).to.equal(parseEther("10"));
      const start = await its.stakingPool.startOf(epoch + 2n);
      await time.setNextBlockTimestamp(start - 1n);
      await fund(its, operator, its.token, HUNDRED);
      expect(await its.moduleRewards.creditOf(operator, its.token)).to.equal(parseEther("30"));
      await time.setNextBlockTimestamp(start);
      await fund(its, operator, its.token, HUNDRED);
      expect(await its.moduleRewards.creditOf(operator, its.token)).to.equal(parseEther("60"));
    });
  });

  describe("without stake when the epoch began", () => {
    it("is all of it, if he has a bond", async () => {
      const its = await load();
      const operator = await staked(its, { bond: 1n, commissionBps: 0 }, 0n);
      expect(await divided(its, operator, AMOUNT)).to.deep.equal([AMOUNT, 0n]);
    });

    it("is all of it, though stake has come since", async () => {
      const its = await load();
      const operator = await staked(its, { bond: 1n, commissionBps: 0 }, 0n);
      await stake(its, its.accounts.bob, operator, UNIT);
      expect(await divided(its, operator, AMOUNT)).to.deep.equal([AMOUNT, 0n]);
      await pass(its);
      expect(await claimFor(its, operator, its.token, its.accounts.bob)).to.equal(0n);
    });

    it("R28 refuses rewards if he has no bond either, and takes nothing", async () => {
      const its = await load();
      const { moduleRewards, token, accounts } = its;
      const operator = await staked(its, { bond: 0n }, 0n);
      const epoch = await moduleRewards.epoch();
      const before = await token.balanceOf(accounts.grace);
      await expect(fund(its, operator, token, HUNDRED), "R28")
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsNobodyEarns")
        .withArgs(operator, epoch);
      expect(await token.balanceOf(accounts.grace), "R28").to.equal(before);
      await expect(fund(its, operator, NATIVE, HUNDRED), "R28")
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsNobodyEarns")
        .withArgs(operator, epoch);
    });

    it("R28 refuses rewards while all stake and bond came in the running epoch", async () => {
      const its = await load();
      const { moduleRewards, stakingPool, token, accounts } = its;
      const operator = await staked(its, { bond: 0n, commissionBps: 0 }, 0n);
      await stake(its, accounts.bob, operator, UNIT);
      await stakingPool.connect(accounts.alice).addBond(operator, { value: UNIT });
      const epoch = await moduleRewards.epoch();
      await expect(fund(its, operator, token, HUNDRED), "R28")
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsNobodyEarns")
        .withArgs(operator, epoch);
      await pass(its);
      expect(await divided(its, operator)).to.deep.equal([HUNDRED / 2n, HUNDRED / 2n]);
    });

    it("R28 refuses rewards after all have left, and after the bond too", async () => {
      const its = await load();
      const { moduleRewards, stakingPool, token, accounts } = its;
      const operator = await staked(its, { bond: UNIT, commissionBps: 0 });
      await leave(its, accounts.bob, operator);
      const epoch = await pass(its);
      expect(await divided(its, operator)).to.deep.equal([HUNDRED, 0n]);
      await stakingPool.connect(accounts.alice).withdrawBond(operator, UNIT);
      await expect(fund(its, operator, token, HUNDRED), "R28")
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsNobodyEarns")
        .withArgs(operator, epoch);
    });
  });

  describe("of shares that a slash left worth nothing", () => {
    /** Bob asks out all but a share; of the slash, the wei that rounding leaves falls on that one. */
    const worthless = async (its: Loaded) => {
      const { stakingPool, slashCourt, accounts } = its;
      const operator = await registerOperator(its, { bond: 0n, commissionBps: 1_000 });
      await stake(its, accounts.bob, operator, 4n * UNIT);
      const module = await registerModule(its);
      await allocate(its, operator, module);
      await pass(its, 2n);
      await leave(its, accounts.bob, operator, 4n * UNIT - 1n);
      const proposal = await propose(its, { operator, module }, (4n * UNIT) / 5n);
      await untilReady(its, proposal);
      await slashCourt.execute(proposal);
      expect(await stakingPool.votesOf(operator)).to.equal(0n);
      expect(await stakingPool.sharesOf(operator, accounts.bob)).to.equal(1n);
      return operator;
    };

    it("is his cut and no more, without a bond: who holds the shares gets the rest", async () => {
      const its = await load();
      const operator = await worthless(its);
      await pass(its);
      expect(await divided(its, operator)).to.deep.equal([HUNDRED / 10n, (HUNDRED * 9n) / 10n]);
      await pass(its);
      const claimed = await claimFor(its, operator, its.token, its.accounts.bob);
      expect(claimed).to.equal((HUNDRED * 9n) / 10n);
    });

    it("is all of it, with a bond", async () => {
      const its = await load();
      const operator = await worthless(its);
      await its.stakingPool.connect(its.accounts.alice).addBond(operator, { value: 1n });
      await pass(its);
      expect(await divided(its, operator, AMOUNT)).to.deep.equal([AMOUNT, 0n]);
    });
  });

  describe("when it is paid", () => {
    const earned = async () => {
      const its = await load();
      const { operator } = await earning(its, { bond: UNIT, payout: its.accounts.ivan });
      await fund(its, operator, its.token, HUNDRED);
      await fund(its, operator, NATIVE, HUNDRED);
      return { ...its, operator, rewards: its.moduleRewards.connect(its.accounts.relayer) };
    };

    it("goes in the same epoch, by anybody's hand, to the payout, and is said", async () => {
      const { rewards, operator, token, accounts, connection } = await earned();
      const { ethers } = connection;
      const { ivan } = accounts;
      const part = parseEther("28");
      expect(await rewards.payOperator.staticCall(operator, token)).to.equal(part);
      const paying = rewards.payOperator(operator, token);
      await expect(paying).to.changeTokenBalances(ethers, token, [rewards, ivan], [-part, part]);
      expect((await eventsOf(rewards, paying))[0]).to.deep.equal([
        "OperatorPaid",
        operator,
        token.target,
        ivan.address,
        part,
      ]);
      expect(await rewards.creditOf(operator, token)).to.equal(0n);
    });

    it("goes in coin, and leaves the tokens", async () => {
      const { rewards, operator, token, accounts, connection } = await earned();
      const { ivan } = accounts;
      const part = parseEther("26.6");
      const paying = rewards.payOperator(operator, NATIVE);
      await expect(paying).to.changeEtherBalances(
        connection.ethers,
        [rewards, ivan],
        [-part, part],
      );
      await expect(paying).to.emit(rewards, "OperatorPaid").withArgs(operator, NATIVE, ivan, part);
      expect(await rewards.creditOf(operator, token)).to.equal(parseEther("28"));
    });

    it("goes to the payout of the moment, also what was credited before", async () => {
      const { rewards, stakingPool, operator, token, accounts, connection } = await earned();
      const { alice, ivan, heidi } = accounts;
      await stakingPool.connect(alice).setPayout(operator, heidi);
      const paying = rewards.payOperator(operator, token);
      await expect(paying).to.changeTokenBalances(
        connection.ethers,
        token,
        [ivan, heidi],
        [0n, parseEther("28")],
      );
      await expect(paying)
        .to.emit(rewards, "OperatorPaid")
        .withArgs(operator, token, heidi, parseEther("28"));
    });

    it("R21 goes once, and then what came since", async () => {
      const its = await earned();
      const { rewards, operator, token, accounts } = its;
      await rewards.payOperator(operator, token);
      expect(await rewards.payOperator.staticCall(operator, token), "R21").to.equal(0n);
      expect(await eventsOf(rewards, rewards.payOperator(operator, token)), "R21").to.deep.equal(
        [],
      );
      await fund(its, operator, token, HUNDRED);
      await rewards.payOperator(operator, token);
      expect(await token.balanceOf(accounts.ivan)).to.equal(parseEther("56"));
    });

    it("is nothing for an operator who is not there, or has earned nothing", async () => {
      const { rewards, operator, token } = await earned();
      const unknown = operator + 1n;
      expect(await rewards.creditOf(unknown, token)).to.equal(0n);
      expect(await rewards.payOperator.staticCall(unknown, token)).to.equal(0n);
      expect(await eventsOf(rewards, rewards.payOperator(unknown, token))).to.deep.equal([]);
    });
  });
});
