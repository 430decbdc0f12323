import { expect } from "chai";
import { type ContractTransactionResponse, parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { actionsOf, eventsOf } from "../identity/registry.js";
import { now, pass, pools, registerModule, registerOperator, stake } from "./fixture.js";
import { balanceOf, claimableOf, earning, fund, PLAIN, tokenOf, UNIT } from "./rewards.js";

const HUNDRED = parseEther("100");
const MOST = 2n ** 128n - 1n;

describe("ModuleRewards: funding", () => {
  /** A bond of a unit beside four of stake, and a cut of a tenth. */
  const load = pools(async (its) => ({
    ...(await earning(its, { bond: UNIT })),
    module: await registerModule(its),
  }));

  it("knows its pool, its registry, its burned part and its time", async () => {
    const { moduleRewards, stakingPool, moduleRegistry, epoch } = await load();
    expect(await moduleRewards.pool()).to.equal(stakingPool.target);
    expect(await moduleRewards.registry()).to.equal(moduleRegistry.target);
    expect(await moduleRewards.burnBps()).to.equal(500n);
    expect(await moduleRewards.genesis()).to.equal(await stakingPool.genesis());
    expect(await moduleRewards.epoch()).to.equal(epoch);
    expect(await moduleRewards.startOf(epoch)).to.equal(await stakingPool.startOf(epoch));
  });

  it("R17 has nothing that could take a currency away from those who earned it", async () => {
    const { moduleRewards } = await load();
    expect([...actionsOf(moduleRewards.interface)].sort()).to.deep.equal([
      "claim",
      "claimFor",
      "fund",
      "fundMany",
      "pauseIntake",
      "payOperator",
      "resumeIntake",
      "setAuthority",
    ]);
  });

  describe("in coin", () => {
    it("burns a twentieth, credits the operator, and keeps the rest for who has staked", async () => {
      const its = await load();
      const { moduleRewards, iotxBurner, operator, module, epoch, accounts, connection } = its;
      const funding = fund(its, operator, NATIVE, HUNDRED, module);
      await expect(funding).to.changeEtherBalances(
        connection.ethers,
        [accounts.grace, moduleRewards, iotxBurner],
        [-HUNDRED, parseEther("95"), parseEther("5")],
      );
      // A tenth of 95, and a fifth of the rest.
      const toOperator = parseEther("9.5") + parseEther("17.1");
      const { grace, bob, carol } = accounts;
      expect(await eventsOf(moduleRewards, funding)).to.deep.equal([
        [
          "Funded",
          module,
          operator,
          NATIVE,
          epoch,
          grace.address,
          HUNDRED,
          parseEther("5"),
          toOperator,
        ],
        ["unknown", iotxBurner.target],
      ]);
      expect(await iotxBurner.burnedBy(moduleRewards)).to.equal(parseEther("5"));
      expect(await moduleRewards.creditOf(operator, NATIVE)).to.equal(toOperator);
      const running = async (who: typeof bob) => claimableOf(its, operator, NATIVE, who);
      expect(await running(bob)).to.deep.equal([0n, parseEther("17.1")]);
      expect(await running(carol)).to.deep.equal([0n, parseEther("51.3")]);
    });

    for (const [amount, burned] of [
      [1n, 0n],
      [19n, 0n],
      [20n, 1n],
      [39n, 1n],
      [40n, 2n],
      [1_000_019n, 50_000n],
    ] as const) {
      it(`burns ${burned} wei of ${amount}`, async () => {
        const its = await load();
        const { moduleRewards, iotxBurner, operator } = its;
        const events = await eventsOf(moduleRewards, fund(its, operator, NATIVE, amount));
        const [funded] = events;
        expect(funded?.slice(6, 8)).to.deep.equal([amount, burned]);
        expect(await iotxBurner.burnedBy(moduleRewards)).to.equal(burned);
        expect(await balanceOf(its, NATIVE, moduleRewards)).to.equal(amount - burned);
        expect(events, "who burns nothing calls nobody").to.have.lengthOf(burned === 0n ? 1 : 2);
      });
    }

    for (const [what, off] of [
      ["less", -1n],
      ["more", 1n],
    ] as const) {
      it(`refuses ${what} coin than it is told of`, async () => {
        const { moduleRewards, operator } = await load();
        const sent = HUNDRED + off;
        await expect(moduleRewards.fund(PLAIN, operator, NATIVE, HUNDRED, { value: sent }))
          .to.be.revertedWithCustomError(moduleRewards, "CurrencyWrongValue")
          .withArgs(HUNDRED, sent);
      });
    }

    it("R22 is not what is sent without being told of: bare coin is refused, forced coin is nobody's", async () => {
      const its = await load();
      const { moduleRewards, operator, accounts, connection } = its;
      const { bob } = accounts;
      await expect(
        bob.sendTransaction({ to: moduleRewards, value: 1n }),
      ).to.be.revertedWithoutReason(connection.ethers);
      await connection.ethers.deployContract("ForceSender", [moduleRewards], { value: HUNDRED });
      expect(await claimableOf(its, operator, NATIVE, bob), "R22").to.deep.equal([0n, 0n]);
      await fund(its, operator, NATIVE, HUNDRED);
      expect((await claimableOf(its, operator, NATIVE, bob))[1]).to.equal(parseEther("17.1"));
    });
  });

  describe("in a token", () => {
    it("burns nothing, whatever is burned of coin", async () => {
      const its = await load();
      const { moduleRewards, iotxBurner, operator, epoch, token, accounts, connection } = its;
      const { grace, bob, carol } = accounts;
      const funding = fund(its, operator, token, HUNDRED);
      await expect(funding).to.changeTokenBalances(
        connection.ethers,
        token,
        [grace, moduleRewards],
        [-HUNDRED, HUNDRED],
      );
      const toOperator = parseEther("10") + parseEther("18");
      await expect(funding)
        .to.emit(moduleRewards, "Funded")
        .withArgs(PLAIN, operator, token, epoch, grace, HUNDRED, 0n, toOperator);
      expect(await iotxBurner.burnedBy(moduleRewards)).to.equal(0n);
      expect(await moduleRewards.creditOf(operator, token)).to.equal(toOperator);
      expect(await claimableOf(its, operator, token, bob)).to.deep.equal([0n, parseEther("18")]);
      expect(await claimableOf(its, operator, token, carol)).to.deep.equal([0n, parseEther("54")]);
      expect(await claimableOf(its, operator, NATIVE, bob)).to.deep.equal([0n, 0n]);
      expect(await moduleRewards.creditOf(operator, NATIVE)).to.equal(0n);
    });

    it("refuses coin beside it", async () => {
      const { moduleRewards, operator, token, accounts } = await load();
      const paying = moduleRewards
        .connect(accounts.grace)
        .fund(PLAIN, operator, token, HUNDRED, { value: 1n });
      await expect(paying)
        .to.be.revertedWithCustomError(moduleRewards, "CurrencyWrongValue")
        .withArgs(0n, 1n);
    });

    it("refuses what the payer did not approve", async () => {
      const { moduleRewards, operator, token, accounts } = await load();
      await token.mint(accounts.stranger, HUNDRED);
      const paying = moduleRewards.connect(accounts.stranger).fund(PLAIN, operator, token, HUNDRED);
      await expect(paying)
        .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
        .withArgs(moduleRewards, 0n, HUNDRED);
    });

    it("refuses an address that is no token", async () => {
      const { moduleRewards, operator, accounts, connection } = await load();
      const paying = moduleRewards.connect(accounts.grace).fund(PLAIN, operator, accounts.bob, 1n);
      await expect(paying).to.be.revertedWithoutReason(connection.ethers);
    });

    it("takes as much as can be named, and shares it to the last unit", async () => {
      const its = await load();
      const { moduleRewards, operator, token, accounts } = its;
      await fund(its, operator, token, MOST);
      const cut = MOST / 10n;
      const credit = cut + (MOST - cut) / 5n;
      expect(await moduleRewards.creditOf(operator, token)).to.equal(credit);
      const running = async (who: typeof accounts.bob) =>
        (await claimableOf(its, operator, token, who))[1];
      expect(await running(accounts.bob)).to.equal((MOST - credit) / 4n);
      expect(await running(accounts.carol)).to.equal(((MOST - credit) * 3n) / 4n);
    });
  });

  it("adds up what comes in one epoch, from whoever it is", async () => {
    const its = await load();
    const { moduleRewards, operator, module, accounts } = its;
    await fund(its, operator, NATIVE, HUNDRED, module);
    await moduleRewards.connect(accounts.heidi).fund(PLAIN, operator, NATIVE, HUNDRED, {
      value: HUNDRED,
    });
    expect(await moduleRewards.creditOf(operator, NATIVE)).to.equal(parseEther("53.2"));
    const [, running] = await claimableOf(its, operator, NATIVE, accounts.bob);
    expect(running).to.equal(parseEther("34.2"));
  });

  it("keeps operators apart", async () => {
    const its = await load();
    const { moduleRewards, operator, token, accounts } = its;
    const other = await registerOperator(its, { owner: accounts.frank });
    await stake(its, accounts.bob, other, UNIT);
    await fund(its, operator, token, HUNDRED);
    expect(await moduleRewards.creditOf(other, token)).to.equal(0n);
    expect(await claimableOf(its, other, token, accounts.bob)).to.deep.equal([0n, 0n]);
  });

  it("refuses nothing as an amount, in coin and in a token", async () => {
    const its = await load();
    const { moduleRewards, operator, token } = its;
    for (const currency of [NATIVE, token]) {
      await expect(fund(its, operator, currency, 0n))
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsMissingAmount")
        .withArgs();
    }
  });

  it("refuses a module that does not exist", async () => {
    const its = await load();
    const { moduleRewards, operator, module } = its;
    await expect(fund(its, operator, NATIVE, HUNDRED, module + 1n))
      .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsUnknownModule")
      .withArgs(module + 1n);
  });

  describe("before there is a module", () => {
    const unsecured = pools((its) => earning(its));

    it("refuses the first, and takes rewards for staking itself", async () => {
      const its = await unsecured();
      const { moduleRewards, operator } = its;
      await expect(fund(its, operator, NATIVE, HUNDRED, 1n))
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsUnknownModule")
        .withArgs(1n);
      await fund(its, operator, NATIVE, HUNDRED, PLAIN);
      expect(await moduleRewards.creditOf(operator, NATIVE)).not.to.equal(0n);
    });
  });

  it("takes what a closed module still owes, to an operator who never worked for it", async () => {
    const its = await load();
    const { moduleRegistry, moduleRewards, operator, module, accounts } = its;
    const { arbiter } = accounts;
    await moduleRegistry.connect(arbiter).closeModule(module, arbiter);
    await fund(its, operator, NATIVE, HUNDRED, module);
    expect(await moduleRewards.creditOf(operator, NATIVE)).to.equal(parseEther("26.6"));
  });

  it("refuses an operator who does not exist, and takes nothing", async () => {
    const its = await load();
    const { moduleRewards, operator, epoch, token } = its;
    for (const unknown of [0n, operator + 1n]) {
      await expect(fund(its, unknown, token, HUNDRED))
        .to.be.revertedWithCustomError(moduleRewards, "ModuleRewardsNobodyEarns")
        .withArgs(unknown, epoch);
    }
    expect(await token.balanceOf(moduleRewards)).to.equal(0n);
  });

  describe("while intake is paused", () => {
    const paused = async () => {
      const its = await load();
      const { moduleRewards, operator, token, accounts } = its;
      await fund(its, operator, NATIVE, HUNDRED);
      await fund(its, operator, token, HUNDRED);
      await pass(its);
      const until = (await now(its)) + 1_000;
      await moduleRewards.connect(accounts.guardian).pauseIntake(until);
      return { ...its, until };
    };
    type Paused = Awaited<ReturnType<typeof paused>>;

    const INTAKES: Record<string, (its: Paused) => Promise<ContractTransactionResponse>> = {
      fund: (its) => fund(its, its.operator, its.token, HUNDRED),
      fundMany: ({ moduleRewards, accounts, operator, token }) =>
        moduleRewards
          .connect(accounts.grace)
          .fundMany(PLAIN, token, [{ operator, amount: HUNDRED }]),
    };
    for (const [name, pay] of Object.entries(INTAKES)) {
      it(`R33 refuses ${name} to the last second`, async () => {
        const its = await paused();
        const { moduleRewards, token, until, connection } = its;
        const { time } = connection.networkHelpers;
        await time.setNextBlockTimestamp(until - 1);
        await expect(pay(its))
          .to.be.revertedWithCustomError(moduleRewards, "IntakePauseActive")
          .withArgs(until);
        await time.setNextBlockTimestamp(until);
        await pay(its);
        expect(await token.balanceOf(moduleRewards)).to.equal(2n * HUNDRED);
      });
    }

    it("R33 pays whoever is owed", async () => {
      const { moduleRewards, operator, token, accounts, connection } = await paused();
      const { alice, bob, carol, ivan } = accounts;
      const { ethers } = connection;
      await expect(
        moduleRewards.connect(bob).claim(operator, NATIVE, ivan, 9n),
        "R33",
      ).to.changeEtherBalance(ethers, ivan, parseEther("17.1"));
      await expect(moduleRewards.claimFor(operator, token, carol, 9n), "R33").to.changeTokenBalance(
        ethers,
        token,
        carol,
        parseEther("54"),
      );
      await expect(moduleRewards.payOperator(operator, NATIVE), "R33").to.changeEtherBalance(
        ethers,
        alice,
        parseEther("26.6"),
      );
    });
  });

  it("divides any number of decimals alike", async () => {
    const its = await load();
    const { moduleRewards, operator, accounts } = its;
    for (const decimals of [0, 6, 18, 24]) {
      const token = await tokenOf(its, decimals);
      const whole = 100n * 10n ** BigInt(decimals);
      await fund(its, operator, token, whole);
      expect(await moduleRewards.creditOf(operator, token)).to.equal((whole * 28n) / 100n);
      const [, running] = await claimableOf(its, operator, token, accounts.bob);
      expect(running).to.equal((whole * 18n) / 100n);
    }
  });
});
