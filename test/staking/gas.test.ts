import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import hre from "hardhat";

import { NATIVE } from "../../scripts/lib/identity.js";
import { moduleTerms } from "../../scripts/lib/staking/modules.js";
import type { Identity } from "../identity/fixture.js";
import {
  ALL,
  allocate,
  BOND,
  COIN,
  EVIDENCE,
  inEpoch,
  MAGNITUDE,
  pass,
  pools,
  registerModule,
  registerOperator,
  stake,
  untilReady,
} from "./fixture.js";
import {
  type Currency,
  type Earning,
  earning,
  fund,
  leave,
  PLAIN,
  tokenOf,
  UNIT,
} from "./rewards.js";

const FEW = 1;
const MANY = 30;
const AMOUNT = 1_000_003n;

describe("Staking: what its operations cost", () => {
  before(function () {
    // Code instrumented for coverage costs more.
    if (hre.globalOptions.coverage) this.skip();
  });

  const gasOf = async (sending: Promise<ContractTransactionResponse>): Promise<bigint> => {
    const receipt = await (await sending).wait();
    if (receipt === null) throw new Error("not mined");
    return receipt.gasUsed;
  };

  describe("a claim", () => {
    const load = pools(async (its) => {
      const start = await earning(its);
      // Early in a word of marks, so that no border of words comes between: that costs a read, every five years.
      const epoch = (start.epoch / 256n + 1n) * 256n + 8n;
      await inEpoch(its, epoch);
      return { ...start, epoch };
    });
    type Loaded = Identity & Earning;

    const CURRENCIES: Record<string, (its: Loaded) => Currency> = {
      coin: () => NATIVE,
      tokens: ({ token }) => token,
    };

    const claim = (its: Loaded, currency: Currency, steps = ALL): Promise<bigint> =>
      gasOf(its.moduleRewards.claimFor(its.operator, currency, its.accounts.bob, steps));

    for (const [name, currencyOf] of Object.entries(CURRENCIES)) {
      it(`R32 of ${name} costs the same after 1 and after 50 distributions in an epoch`, async () => {
        const costAfter = async (count: number): Promise<bigint> => {
          const its = await load();
          const currency = currencyOf(its);
          for (let index = 0; index < count; ++index) {
            await fund(its, its.operator, currency, AMOUNT);
          }
          await pass(its);
          return claim(its, currency);
        };
        expect(await costAfter(50), "R32").to.equal(await costAfter(1));
      });

      it(`R32 of ${name} costs the same after 1 and after 50 epochs with a distribution each`, async () => {
        const costAfter = async (epochs: number): Promise<bigint> => {
          const its = await load();
          const currency = currencyOf(its);
          await fund(its, its.operator, currency, AMOUNT);
          await pass(its);
          await claim(its, currency);
          for (let index = 0; index < epochs; ++index) {
            await fund(its, its.operator, currency, AMOUNT);
            await pass(its);
          }
          return claim(its, currency);
        };
        expect(await costAfter(50), "R32").to.equal(await costAfter(1));
      });

      it(`R32 of ${name} costs the same after 1 and after 50 epochs without a distribution`, async () => {
        const costAfter = async (epochs: bigint): Promise<bigint> => {
          const its = await load();
          const currency = currencyOf(its);
          await fund(its, its.operator, currency, AMOUNT);
          await pass(its, epochs);
          return claim(its, currency);
        };
        expect(await costAfter(50n), "R32").to.equal(await costAfter(1n));
      });

      it(`R32 of ${name} for one step costs the same with 2 steps to come and with 20`, async () => {
        const costWith = async (steps: number): Promise<bigint> => {
          const its = await load();
          const currency = currencyOf(its);
          await fund(its, its.operator, currency, AMOUNT);
          for (let index = 0; index < steps; ++index) {
            await stake(its, its.accounts.bob, its.operator, UNIT);
            await pass(its);
          }
          return claim(its, currency, 1n);
        };
        expect(await costWith(20), "R32").to.equal(await costWith(2));
      });
    }
  });

  describe("stake, exit and return", () => {
    const load = pools((its) => earning(its));

    it("R29 cost the same with 1 and with 20 currencies of rewards", async () => {
      const costWith = async (currencies: number) => {
        const its = await load();
        const { operator, stakingPool, accounts, moduleRewards } = its;
        const { bob } = accounts;
        for (let index = 0; index < currencies; ++index) {
          const token = await tokenOf(its, 18);
          await fund(its, operator, token, AMOUNT);
          await moduleRewards.claimFor(operator, token, bob, ALL);
        }
        const epoch = await pass(its);
        const asBob = stakingPool.connect(bob);
        return {
          stake: await gasOf(asBob.stake(operator, ALL, { value: UNIT })),
          requestExit: await gasOf(asBob.requestExit(operator, UNIT)),
          restakeExit: await gasOf(asBob.restakeExit(operator, epoch, ALL)),
        };
      };
      expect(await costWith(20), "R29").to.deep.equal(await costWith(1));
    });
  });

  describe("every operation", () => {
    /** Alice's operator secures the arbiter's module with half of all; Bob and Carol have staked. */
    const load = pools(async (its) => {
      const operator = await registerOperator(its, { bond: 10n * BOND });
      const module = await registerModule(its);
      await stake(its, its.accounts.bob, operator);
      await stake(its, its.accounts.carol, operator);
      await allocate(its, operator, module, MAGNITUDE / 2n);
      return { operator, module, token: await tokenOf(its, 18) };
    });
    type Loaded = Awaited<ReturnType<typeof load>>;

    const strangersOf = async ({ connection }: Identity, count: number) => {
      const { ethers, networkHelpers } = connection;
      const strangers = [];
      for (let index = 1; index <= count; ++index) {
        const address = ethers.getCreateAddress({
          from: "0x000000000000000000000000000000000000c0de",
          nonce: index,
        });
        await networkHelpers.impersonateAccount(address);
        await networkHelpers.setBalance(address, 1_000n * COIN);
        strangers.push(await ethers.getSigner(address));
      }
      return strangers;
    };

    /** What there may be many of, beside those that the operations are about. */
    const CROWDS: Record<string, (its: Loaded, count: number) => Promise<void>> = {
      "stakers of the operator": async (its, count) => {
        for (const one of await strangersOf(its, count)) await stake(its, one, its.operator, UNIT);
      },
      "stakers who leave": async (its, count) => {
        for (const one of await strangersOf(its, count)) {
          await stake(its, one, its.operator, UNIT);
          await leave(its, one, its.operator);
        }
      },
      operators: async (its, count) => {
        for (let index = 0; index < count; ++index) {
          const other = await registerOperator(its, { owner: its.accounts.frank, bond: UNIT });
          await stake(its, its.accounts.heidi, other, UNIT);
        }
      },
      "modules of the operator": async (its, count) => {
        const { erin } = its.accounts;
        const bond = await its.moduleRegistry.bondOfModules();
        await its.connection.networkHelpers.setBalance(erin.address, bond * BigInt(count + 1));
        for (let index = 0; index < count; ++index) {
          const other = await registerModule(its, {}, erin);
          await allocate(its, its.operator, other, MAGNITUDE / 100n);
        }
      },
      currencies: async (its, count) => {
        await pass(its);
        for (let index = 0; index < count; ++index) {
          await fund(its, its.operator, await tokenOf(its, 18), AMOUNT, its.module);
        }
      },
      distributions: async (its, count) => {
        await pass(its);
        for (let index = 0; index < count; ++index) await fund(its, its.operator, NATIVE, AMOUNT);
      },
    };

    /** The cost of everything, one after another, two epochs later. */
    const costs = async (its: Loaded): Promise<Record<string, bigint>> => {
      const { stakingPool, moduleRegistry, slashCourt, moduleRewards, accounts } = its;
      const { operator, module, token } = its;
      const { alice, bob, arbiter, ivan, grace, judy } = accounts;
      const start = await stakingPool.epoch();
      const epoch = await pass(its, 2n);
      const offence = (await stakingPool.startOf(epoch)) + 3_600n;
      const [asAlice, asBob] = [stakingPool.connect(alice), stakingPool.connect(bob)];
      const court = slashCourt.connect(arbiter);
      const cost: Record<string, bigint> = { epochs: epoch - start };
      const note = async (name: string, sending: Promise<ContractTransactionResponse>) => {
        cost[name] = await gasOf(sending);
      };
      await note("fund, coin", fund(its, operator, NATIVE, AMOUNT, module));
      await note("fund, token", fund(its, operator, token, AMOUNT, module));
      const one = [{ operator, amount: AMOUNT }];
      await note("fundMany", moduleRewards.connect(grace).fundMany(PLAIN, token, one));
      await note("payOperator", moduleRewards.payOperator(operator, token));
      await note("stake", asBob.stake(operator, ALL, { value: UNIT }));
      await note("stake, new", stakingPool.connect(ivan).stake(operator, ALL, { value: UNIT }));
      await note("addBond", asAlice.addBond(operator, { value: UNIT }));
      await note("setCommission", asAlice.setCommission(operator, 2_000));
      const registering = stakingPool.connect(ivan).registerOperator(ivan, 0, "", { value: UNIT });
      await note("registerOperator", registering);
      const terms = moduleTerms(judy, arbiter);
      const bond = { value: await moduleRegistry.bondOfModules() };
      await note("registerModule", moduleRegistry.connect(judy).registerModule(terms, "", bond));
      const propose = () => court.propose(module, operator, 100n * COIN, offence, EVIDENCE);
      await note("propose", propose());
      await note("propose again", propose());
      await note("veto", slashCourt.connect(judy).veto(2n));
      await note("requestExit", asBob.requestExit(operator, UNIT));
      await untilReady(its, 1n);
      await note("execute", court.execute(1n));
      await pass(its);
      await note("claimFor, token", moduleRewards.claimFor(operator, token, bob, ALL));
      await note("restakeExit", asBob.restakeExit(operator, epoch, ALL));
      await note("requestExit again", asBob.requestExit(operator, UNIT));
      await note(
        "allocate",
        moduleRegistry.connect(alice).allocate(operator, module, MAGNITUDE / 4n),
      );
      await pass(its, 2n);
      await note("sync", moduleRegistry.sync(operator, module));
      await note("claimExit", asBob.claimExit(operator, epoch + 1n, ivan));
      return cost;
    };

    for (const [name, gather] of Object.entries(CROWDS)) {
      it(`R31 R32 costs the same beside ${FEW} and beside ${MANY} ${name}`, async () => {
        const beside = async (count: number) => {
          const its = await load();
          await gather(its, count);
          return costs(its);
        };
        expect(await beside(MANY), "R32").to.deep.equal(await beside(FEW));
      });
    }
  });
});
