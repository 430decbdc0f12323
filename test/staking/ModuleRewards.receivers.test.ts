import { expect } from "chai";
import type { Addressable } from "ethers";
import { parseEther } from "ethers";

import { NATIVE } from "../../scripts/lib/identity.js";
import { ALL, pass, pools } from "./fixture.js";
import { balanceOf, claimableOf, claimFor, earning, equip, fund, PLAIN, UNIT } from "./rewards.js";

const HUNDRED = parseEther("100");
/** What a good part of the stakers have: of 95, nine tenths of four fifths, by eighths. */
const EIGHTH = parseEther("8.55");

describe("ModuleRewards: whoever is paid", () => {
  /** Beside Bob and Carol, two contracts: one that refuses coin (three units), one that calls back (one unit). */
  const load = pools(async (its) => {
    const { connection, stakingPool, accounts } = its;
    const { ethers } = connection;
    const earnings = await earning(its, { bond: 2n * UNIT });
    const { operator } = earnings;
    const refusing = await ethers.deployContract("RevertingReceiver");
    const calling = await ethers.deployContract("ReentrantReceiver");
    const stake = stakingPool.interface.encodeFunctionData("stake", [operator, ALL]);
    await refusing.execute(stakingPool, stake, { value: 3n * UNIT });
    await calling.execute(stakingPool, stake, { value: UNIT });
    const hooked = await equip(its, await ethers.deployContract("HookedERC20"));
    return {
      ...earnings,
      epoch: await pass(its),
      refusing,
      calling,
      hooked,
      rewards: its.moduleRewards.connect(accounts.relayer),
    };
  });
  type Loaded = Awaited<ReturnType<typeof load>>;

  describe("and does not take it", () => {
    const funded = async () => {
      const its = await load();
      await fund(its, its.operator, NATIVE, HUNDRED);
      await pass(its);
      return its;
    };

    it("R30 gets nothing, loses nothing, and is in nobody's way", async () => {
      const its = await funded();
      const { rewards, operator, refusing, accounts } = its;
      await expect(rewards.claimFor(operator, NATIVE, refusing, ALL), "R30")
        .to.be.revertedWithCustomError(refusing, "ReceiverRefused")
        .withArgs(3n * EIGHTH);
      expect(await claimFor(its, operator, NATIVE, accounts.bob), "R30").to.equal(EIGHTH);
      expect(await claimFor(its, operator, NATIVE, accounts.carol)).to.equal(3n * EIGHTH);
      expect(await claimableOf(its, operator, NATIVE, refusing)).to.deep.equal([3n * EIGHTH, 0n]);
      await refusing.accept(true);
      expect(await claimFor(its, operator, NATIVE, refusing)).to.equal(3n * EIGHTH);
    });

    it("can have it paid to somebody who does", async () => {
      const its = await funded();
      const { rewards, operator, refusing, accounts, connection } = its;
      const { ivan } = accounts;
      const claim = rewards.interface.encodeFunctionData("claim", [
        operator,
        NATIVE,
        ivan.address,
        ALL,
      ]);
      const claiming = refusing.execute(rewards, claim);
      await expect(claiming).to.changeEtherBalance(connection.ethers, ivan, 3n * EIGHTH);
      await expect(claiming)
        .to.emit(rewards, "Claimed")
        .withArgs(operator, refusing, NATIVE, ivan, 3n * EIGHTH);
    });

    for (const name of ["RevertingReceiver", "GasBurningReceiver", "ReturnBombReceiver"]) {
      it(`R30 harms only the claim that named a ${name}`, async () => {
        const its = await funded();
        const { moduleRewards, operator, accounts, connection } = its;
        const { ethers } = connection;
        const { bob, carol } = accounts;
        const receiver = await ethers.deployContract(name);
        const rewards = moduleRewards.connect(bob);
        const options = { gasLimit: 2_000_000n };
        await expect(rewards.claim(operator, NATIVE, receiver, ALL, options)).to.be.revert(ethers);
        expect(await claimFor(its, operator, NATIVE, carol), "R30").to.equal(3n * EIGHTH);
        expect(await claimFor(its, operator, NATIVE, bob), "R30").to.equal(EIGHTH);
      });

      it(`R30 keeps an operator's credit while his payout is a ${name}, and no staker's rewards`, async () => {
        const its = await funded();
        const { rewards, stakingPool, operator, accounts, connection } = its;
        const { ethers } = connection;
        const { alice, bob, heidi } = accounts;
        const credit = await rewards.creditOf(operator, NATIVE);
        const receiver: Addressable = await ethers.deployContract(name);
        await stakingPool.connect(alice).setPayout(operator, receiver);
        const options = { gasLimit: 2_000_000n };
        await expect(rewards.payOperator(operator, NATIVE, options)).to.be.revert(ethers);
        expect(await rewards.creditOf(operator, NATIVE)).to.equal(credit);
        expect(await claimFor(its, operator, NATIVE, bob), "R30").to.equal(EIGHTH);
        await fund(its, operator, NATIVE, HUNDRED);
        await stakingPool.connect(alice).setPayout(operator, heidi);
        const due = await rewards.creditOf(operator, NATIVE);
        await expect(rewards.payOperator(operator, NATIVE)).to.changeEtherBalance(
          ethers,
          heidi,
          due,
        );
      });
    }
  });

  describe("and calls back meanwhile", () => {
    /** Everything that moves money, called by whoever is being paid. */
    const CALLS: Record<string, (its: Loaded) => string> = {
      fund: ({ rewards, operator, hooked }) =>
        rewards.interface.encodeFunctionData("fund", [PLAIN, operator, hooked.target, 1]),
      fundMany: ({ rewards, operator, hooked }) =>
        rewards.interface.encodeFunctionData("fundMany", [
          PLAIN,
          hooked.target,
          [{ operator, amount: 1 }],
        ]),
      claim: ({ rewards, operator, calling }) =>
        rewards.interface.encodeFunctionData("claim", [operator, NATIVE, calling.target, ALL]),
      claimFor: ({ rewards, operator, accounts }) =>
        rewards.interface.encodeFunctionData("claimFor", [
          operator,
          NATIVE,
          accounts.carol.address,
          ALL,
        ]),
      payOperator: ({ rewards, operator }) =>
        rewards.interface.encodeFunctionData("payOperator", [operator, NATIVE]),
    };

    /** The inner call was made, and the lock refused it. */
    const locked = async (
      { rewards }: Loaded,
      made: Pick<Loaded["calling"], "succeeded" | "result">,
    ) => {
      expect(await made.succeeded()).to.equal(false);
      const error = rewards.interface.getError("ReentrancyGuardReentrantCall");
      expect(await made.result()).to.equal(error?.selector);
    };

    for (const [name, dataOf] of Object.entries(CALLS)) {
      it(`R21 refuses ${name} while coin is claimed`, async () => {
        const its = await load();
        const { rewards, operator, calling } = its;
        await fund(its, operator, NATIVE, HUNDRED);
        await pass(its);
        await calling.arm(rewards, dataOf(its));
        expect(await claimFor(its, operator, NATIVE, calling)).to.equal(EIGHTH);
        await locked(its, calling);
        expect(await claimFor(its, operator, NATIVE, calling), "R21").to.equal(0n);
      });

      it(`R21 refuses ${name} while the operator is paid`, async () => {
        const its = await load();
        const { rewards, stakingPool, operator, calling, accounts } = its;
        await fund(its, operator, NATIVE, HUNDRED);
        await stakingPool.connect(accounts.alice).setPayout(operator, calling);
        await calling.arm(rewards, dataOf(its));
        const credit = await rewards.creditOf(operator, NATIVE);
        await rewards.payOperator(operator, NATIVE);
        await locked(its, calling);
        expect(await balanceOf(its, NATIVE, calling), "R21").to.equal(credit);
      });

      it(`refuses ${name} while a token is funded, and while it is claimed`, async () => {
        const its = await load();
        const { rewards, operator, hooked, accounts } = its;
        await fund(its, operator, NATIVE, HUNDRED);
        await hooked.arm(rewards, dataOf(its));
        await fund(its, operator, hooked, HUNDRED);
        await locked(its, hooked);
        await pass(its);
        await hooked.arm(rewards, dataOf(its));
        await claimFor(its, operator, hooked, accounts.bob);
        await locked(its, hooked);
        expect(await hooked.balanceOf(accounts.bob)).to.equal(parseEther("9"));
        expect(await hooked.balanceOf(rewards)).to.equal(HUNDRED - parseEther("9"));
      });

      it(`refuses ${name} while many are funded`, async () => {
        const its = await load();
        const { rewards, operator, hooked, accounts } = its;
        await hooked.arm(rewards, dataOf(its));
        const many = [{ operator, amount: HUNDRED }];
        await rewards.connect(accounts.grace).fundMany(PLAIN, hooked, many);
        await locked(its, hooked);
      });

      it(`refuses ${name} while somebody claims for himself`, async () => {
        const its = await load();
        const { rewards, operator, calling } = its;
        await fund(its, operator, NATIVE, HUNDRED);
        await pass(its);
        await calling.arm(rewards, dataOf(its));
        const claim = rewards.interface.encodeFunctionData("claim", [
          operator,
          NATIVE,
          calling.target,
          ALL,
        ]);
        await calling.execute(rewards, claim);
        await locked(its, calling);
        expect(await balanceOf(its, NATIVE, calling)).to.equal(EIGHTH);
      });
    }

    it("sees its own rewards as paid already", async () => {
      const its = await load();
      const { rewards, operator, calling } = its;
      await fund(its, operator, NATIVE, HUNDRED);
      await pass(its);
      const look = rewards.interface.encodeFunctionData("claimableOf", [
        operator,
        NATIVE,
        calling.target,
      ]);
      await calling.arm(rewards, look);
      await claimFor(its, operator, NATIVE, calling);
      expect(await calling.succeeded()).to.equal(true);
      const seen = rewards.interface.decodeFunctionResult("claimableOf", await calling.result());
      expect([...seen]).to.deep.equal([0n, 0n]);
    });
  });
});
