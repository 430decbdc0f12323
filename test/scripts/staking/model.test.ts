import { expect } from "chai";
import { parseEther, ZeroAddress } from "ethers";

import {
  attempt,
  Refusal,
  StakingModel,
  type StakingOptions,
  type Terms,
} from "../../../scripts/lib/staking/model.js";
import { EPOCH, MAGNITUDE } from "../../../scripts/lib/staking/modules.js";

const DAY = 86_400;
const HALF = MAGNITUDE / 2n;
const coin = (amount: number): bigint => parseEther(String(amount));

const TERMS: Terms = {
  slashAuthority: "oracle",
  resolver: "judge",
  window: 2 * DAY,
  maxSlashBps: 2_000,
  minBondBps: 0,
  victimBps: 5_000,
  open: true,
  victims: "victims",
  minUserStake: 0n,
};

/** Day 1 of an epoch, when nothing has happened. */
const inEpoch = (epoch: number, rest: Partial<StakingOptions> = {}): StakingModel =>
  new StakingModel({ genesis: 0, time: epoch * EPOCH + DAY, guardian: "guardian", ...rest });

/** Day 1 of a later epoch. */
const pass = (model: StakingModel, epochs = 1): StakingModel =>
  model.at(model.startOf(model.epoch + BigInt(epochs)) + BigInt(DAY));

/** Bond 100, Bob's 600 and Carol's 400; half of the magnitude for each of two modules; day 1 of epoch 10. */
function secured(terms: Partial<Terms> = {}): StakingModel {
  const model = inEpoch(8);
  model.registerOperator("olga", { commissionBps: 1_000n, bond: coin(100) });
  model.stake("bob", 1n, coin(600));
  model.stake("carol", 1n, coin(400));
  for (const module of [1n, 2n]) {
    model.registerModule("owner", { ...TERMS, ...terms });
    model.optIn("olga", 1n, module);
    model.allocate("olga", 1n, module, HALF);
  }
  return pass(model, 2);
}

/** The oracle takes so much, for an offence of a second ago; the first moment in which it can. */
function slash(
  model: StakingModel,
  amount: bigint,
  module = 1n,
): ReturnType<StakingModel["execute"]> {
  const id = model.propose("oracle", module, 1n, amount, model.time - 1n);
  return model.at(model.time + BigInt(2 * DAY)).execute(id);
}

/** What the model refuses, and why. */
const refusal = (work: () => unknown): unknown[] => {
  const outcome = attempt(work);
  return outcome.ok ? ["done"] : [outcome.reason, ...outcome.values];
};

describe("the staking model", () => {
  describe("the worked example of docs/staking.md", () => {
    it("takes the bond first, and halves it between victims and nobody", () => {
      const model = secured();
      const id = model.propose("oracle", 1n, 1n, coin(100), model.time);
      model.requestExit("carol", 1n, coin(400));
      const slashed = model.at(model.time + BigInt(2 * DAY)).execute(id);
      expect(slashed).to.deep.equal({
        fromBond: coin(100),
        fromActive: 0n,
        fromExits: 0n,
        compensation: coin(50),
        burned: coin(50),
      });
      expect(model.stakeOf(1n, "bob")).to.equal(coin(600));
      expect(model.exitOf(1n, 10n, "carol").assets).to.equal(coin(400));
      expect(model.slashableOf(1n, 2n)).to.equal(coin(500));
      expect(model.compensationOf("victims")).to.equal(coin(50));
      expect(model.burned("pool")).to.equal(coin(50));
      expect(model.burned("registry")).to.equal(coin(200));
    });

    it("spares in the next epoch who asked out before it, and no other module's amount moves", () => {
      const model = secured();
      const id = model.propose("oracle", 1n, 1n, coin(100), model.time);
      model.requestExit("carol", 1n, coin(400));
      model.at(model.time + BigInt(2 * DAY)).execute(id);
      pass(model);
      expect(model.proposableOf(1n, 1n, 11n)).to.equal(coin(60));
      expect(slash(model, coin(60))).to.include({ fromBond: 0n, fromActive: coin(60) });
      expect(model.stakeOf(1n, "bob")).to.equal(coin(540));
      expect(model.exitOf(1n, 10n, "carol").assets).to.equal(coin(400));
      expect(model.totalOf(1n)).to.equal((MAGNITUDE * 9n) / 10n);
      expect(model.slashableOf(1n, 1n)).to.equal(coin(240));
      expect(model.slashableOf(1n, 2n)).to.equal(coin(300));
      pass(model);
      expect(model.claimExit("carol", 1n, 10n)).to.equal(coin(400));
      expect(model.flowOf("carol")).to.equal(0n);
    });
  });

  describe("exits", () => {
    it("answer for the epoch of the request, and lose in proportion", () => {
      const model = secured({ victimBps: 0, victims: ZeroAddress });
      model.requestExit("carol", 1n, coin(400));
      expect(slash(model, coin(100))).to.include({ fromBond: coin(100), burned: coin(100) });
      const more = model.proposableOf(2n, 1n, 10n);
      expect(more).to.equal(coin(100));
      const slashed = slash(model, more, 2n);
      expect(slashed).to.include({ fromBond: 0n, fromActive: coin(60), fromExits: coin(40) });
    });

    it("mature at the start of the epoch after the next, to the second", () => {
      const model = secured();
      model.requestExit("bob", 1n, 1n);
      const maturity = model.startOf(12n);
      model.at(maturity - 1n);
      expect(refusal(() => model.claimExit("bob", 1n, 10n))).to.deep.equal([
        "StakingPoolImmature",
        10n,
        maturity,
      ]);
      expect(model.at(maturity).claimExit("bob", 1n, 10n)).to.equal(1n);
    });

    it("leave what rounding left to whoever takes the last share", () => {
      const model = secured();
      slash(model, coin(100));
      const odd = slash(model, 10_000_000_000_000_000_001n, 2n);
      expect(odd.fromActive).to.equal(10_000_000_000_000_000_001n);
      const bob = model.requestExit("bob", 1n, coin(600)).assets;
      const carol = model.requestExit("carol", 1n, coin(400)).assets;
      expect(bob).to.equal(593_999_999_999_999_999_999n);
      expect(bob + carol).to.equal(coin(1_000) - odd.fromActive);
      expect(model.activeOf(1n)).to.deep.equal({ assets: 0n, shares: 0n, closed: false });
    });
  });

  describe("allocations", () => {
    it("rise in the epoch after the next and fall in the next, and bind until nothing answers", () => {
      const model = inEpoch(5);
      model.registerOperator("olga");
      model.registerModule("owner", TERMS);
      model.optIn("olga", 1n, 1n);
      model.allocate("olga", 1n, 1n, 20n);
      const values = (): bigint[] => {
        const { previous, current, next, later } = model.allocationOf(1n, 1n);
        return [previous, current, next, later];
      };
      expect(values()).to.deep.equal([0n, 0n, 0n, 20n]);
      pass(model, 2);
      expect(values()).to.deep.equal([0n, 20n, 20n, 20n]);
      model.allocate("olga", 1n, 1n, 4n);
      expect(values()).to.deep.equal([0n, 20n, 4n, 4n]);
      pass(model).sync(1n, 1n);
      expect(model.encumberedOf(1n)).to.equal(20n);
      pass(model);
      expect(model.encumberedOf(1n)).to.equal(20n);
      model.sync(1n, 1n);
      expect(model.encumberedOf(1n)).to.equal(4n);
    });

    it("are never more than what is left, all together", () => {
      const model = secured();
      expect(
        refusal(() => {
          model.allocate("olga", 1n, 2n, HALF + 1n);
        }),
      ).to.deep.equal(["ModuleRegistryOverAllocated", 1n, MAGNITUDE + 1n, MAGNITUDE]);
      expect(model.allocationOf(1n, 2n).later).to.equal(HALF);
      expect(model.encumberedOf(1n)).to.equal(MAGNITUDE);
    });
  });

  describe("bonds and cuts", () => {
    it("leave through the exits, and only when nothing is encumbered", () => {
      const model = secured();
      expect(refusal(() => model.withdrawBond("olga", 1n, 1n))).to.deep.equal([
        "StakingPoolBondEncumbered",
        1n,
        MAGNITUDE,
      ]);
      model.optOut("olga", 1n, 1n);
      model.optOut("owner", 1n, 2n);
      pass(model, 2);
      model.sync(1n, 1n);
      model.sync(1n, 2n);
      model.withdrawBond("olga", 1n, coin(100));
      expect(model.bondOf(1n)).to.equal(0n);
      pass(model, 2);
      expect(model.claimExit("olga", 1n, 12n)).to.equal(coin(100));
    });

    it("rise in the epoch after the next, and fall at once", () => {
      const model = secured();
      expect(model.setCommission("olga", 1n, 2_000n)).to.equal(12n);
      expect(pass(model).commissionOf(1n).commissionBps).to.equal(1_000n);
      expect(pass(model).commissionOf(1n).commissionBps).to.equal(2_000n);
      expect(model.setCommission("olga", 1n, 500n)).to.equal(12n);
      expect(model.commissionOf(1n).commissionBps).to.equal(500n);
    });
  });

  describe("proposals", () => {
    it("are counted as pending until their epoch is over, or somebody releases them", () => {
      const model = secured();
      const id = model.propose("oracle", 1n, 1n, coin(10), model.time);
      expect(model.pendingOf(1n)).to.equal(coin(10));
      model.at(model.time + BigInt(3 * DAY) - 1n);
      expect(model.statusOf(id)).to.equal("Open");
      model.at(model.time + 1n);
      expect(model.statusOf(id)).to.equal("Lapsed");
      expect(model.pendingOf(1n)).to.equal(coin(10));
      model.release(id);
      expect(model.pendingOf(1n)).to.equal(0n);
      expect(
        refusal(() => {
          model.release(id);
        }),
      ).to.deep.equal(["SlashCourtWrongStatus", id, "Lapsed"]);
    });

    it("fall all at once before they are ready, and not after", () => {
      const model = secured();
      const first = model.propose("oracle", 1n, 1n, coin(10), model.time);
      const second = model.at(model.time + 1n).propose("oracle", 1n, 1n, coin(10), model.time);
      model.at(model.time + BigInt(2 * DAY) - 1n).vetoAll("guardian", 1n);
      expect([model.statusOf(first), model.statusOf(second)]).to.deep.equal(["Open", "Vetoed"]);
      expect(model.execute(first).fromBond).to.equal(coin(10));
    });

    it("stand for the bond: victims get nothing of what the others may take", () => {
      const model = secured();
      const other = model.propose("oracle", 2n, 1n, coin(70), model.time);
      expect(slash(model, coin(60))).to.include({ compensation: coin(15), burned: coin(45) });
      expect(model.execute(other)).to.include({ fromBond: coin(40), compensation: coin(20) });
    });
  });

  describe("rewards", () => {
    it("go to the operator and to those who held shares when the epoch began", () => {
      const model = secured();
      model.stake("dave", 1n, coin(1_000));
      const { burned, toOperator, toStakers } = model.fund("payer", 1n, 1n, coin(110));
      // 5 % burned, a tenth of the rest cut, and an eleventh of what is left for the bond.
      expect(burned).to.equal(coin(5.5));
      expect(toOperator).to.equal(coin(10.45) + coin(94.05) / 11n);
      expect(burned + toOperator + toStakers).to.equal(coin(110));
      expect(model.creditOf(1n)).to.equal(toOperator);
      expect(model.claimableOf(1n, "bob")).to.deep.equal({
        claimable: 0n,
        running: (toStakers * 6n) / 10n,
      });
      pass(model);
      expect(model.claimableOf(1n, "dave")).to.deep.equal({ claimable: 0n, running: 0n });
      expect(model.claim("bob", 1n)).to.equal((toStakers * 6n) / 10n);
      expect(model.claim("bob", 1n)).to.equal(0n);
      expect(model.payOperator(1n)).to.equal(toOperator);
      expect(model.rewardsBalance()).to.equal(toStakers - (toStakers * 6n) / 10n);
    });

    it("add up over distributions before they are rounded", () => {
      const model = secured();
      for (let times = 0; times < 10; times += 1) model.fund("payer", 0n, 1n, 3n, "token");
      pass(model);
      // Six tenths of 3 each time; one by one it would be 1.
      expect(model.claimableOf(1n, "bob", "token").claimable).to.equal(18n);
      // Where the exact amount is a whole number, the contract may just miss it.
      const bounds = model.earnedBounds(1n, "bob", "token", 0n, 10n);
      expect(bounds).to.deep.equal({ least: 17n, most: 18n });
    });

    it("are walked step by step as far as asked", () => {
      const model = secured();
      for (let epoch = 0; epoch < 3; epoch += 1) {
        model.fund("payer", 0n, 1n, 10_000n, "token");
        model.stake("bob", 1n, coin(1));
        pass(model);
      }
      const all = model.claimableOf(1n, "bob", "token").claimable;
      expect(model.claim("bob", 1n, "token", 0n)).to.equal(0n);
      const first = model.claim("bob", 1n, "token", 1n);
      expect(first).to.be.greaterThan(0n);
      expect(first).to.be.lessThan(all);
      expect(first + model.claim("bob", 1n, "token")).to.equal(all);
    });

    it("are the operator's alone where nobody had stake, and nobody's where he had no bond either", () => {
      const model = inEpoch(5);
      model.registerOperator("olga", { bond: 1n });
      expect(refusal(() => model.fund("payer", 0n, 1n, 100n, "token"))).to.deep.equal([
        "ModuleRewardsNobodyEarns",
        1n,
        5n,
      ]);
      pass(model);
      expect(model.fund("payer", 0n, 1n, 100n, "token").toOperator).to.equal(100n);
    });
  });

  describe("a refusal", () => {
    it("names the contract's error and its arguments, and changes nothing", () => {
      const model = secured();
      const before = [model.poolBalance(), model.sharesOf(1n, "bob"), model.flowOf("bob")];
      const work = (): unknown => model.stake("bob", 1n, coin(1) - 1n);
      expect(work).to.throw(Refusal, "StakingPoolStakeTooSmall");
      expect(refusal(work)).to.deep.equal(["StakingPoolStakeTooSmall", coin(1) - 1n, coin(1)]);
      const after = [model.poolBalance(), model.sharesOf(1n, "bob"), model.flowOf("bob")];
      expect(after).to.deep.equal(before);
    });

    it("is not made of any other error", () => {
      expect(() => attempt(() => inEpoch(5).at(0))).to.throw("time runs from");
    });
  });

  it("holds what it owes, whatever happened", () => {
    const model = secured();
    model.requestExit("bob", 1n, coin(100));
    slash(model, coin(90));
    model.fund("payer", 0n, 1n, coin(10));
    const paid = ["olga", "bob", "carol", "owner", "payer"].map((who) => -model.flowOf(who));
    const total = paid.reduce((a, b) => a + b);
    const held = model.poolBalance() + model.registryBalance() + model.rewardsBalance();
    expect(held + model.burned()).to.equal(total);
  });
});
