import { parseEther, ZeroAddress } from "ethers";

import type { Terms } from "../../lib/staking/model.js";
import { MAGNITUDE } from "../../lib/staking/modules.js";
import { capital, sayOfAll, table } from "../ownership/crowd.js";
import { nameOf, type Story } from "../story.js";
import { agree } from "./agreement.js";
import {
  ALLOCATIONS,
  MODULE_NAMES,
  type ModuleName,
  MODULES,
  OPERATOR_NAMES,
  OPERATORS,
  OWNERS,
  percent,
  RESOLVERS,
} from "./cast.js";
import { amountOf } from "./coins.js";
import { act, actQuietly, DAY, Day, goTo, type World } from "./world.js";

/** What is said of a module. */
const WORK: Readonly<Record<ModuleName, string>> = {
  storage: "storage",
  compute: "proofs of computation",
  oracle: "a weather oracle",
};

/** What of each module's terms is not as usual. */
function restOf(module: ModuleName, treasury: string): Partial<Terms> {
  if (module === "storage") return { window: 3 * DAY, maxSlashBps: 500, minUserStake: USERS_STAKE };
  if (module === "compute") return { window: 2 * DAY, maxSlashBps: 1_000 };
  const victims = { victims: treasury, victimBps: 5_000 };
  return { window: 4 * DAY, maxSlashBps: 2_000, minBondBps: 200, open: false, ...victims };
}

/** What the storage asks of its users. */
const USERS_STAKE = parseEther("100");

/** Three modules register, and both operators divide what they have among them. */
export async function modulesChapter(story: Story, world: World): Promise<void> {
  story.chapter(
    "One stake secures three modules",
    `A module is a network that wants such operators. Its terms are fixed for good: who may propose to
     slash, who may veto that and for how long, how much a slash may take. An operator divides what he
     has among modules, in parts that never add up to more than all of it: no coin secures two
     modules at once.`,
  );
  for (const module of MODULE_NAMES) await register(story, world, module);
  await showTerms(story);
  await join(story, world);
  await allocateAll(story, world);
  await refuseTooMuch(story);
  await goTo(story, world, [3, Day.Monday, 9], "Two weeks go by. The allocations take effect.");
  await showAllocations(story);
  await checkUsers(story);
  await agree(story, world);
}

/** By default nothing is for victims, no bond is asked for, and the module is open to every operator. */
function termsOf({ accounts }: Story, module: ModuleName): Terms {
  return {
    slashAuthority: accounts[OWNERS[module]].address,
    resolver: accounts[RESOLVERS[module]].address,
    window: 4 * DAY,
    maxSlashBps: 2_000,
    minBondBps: 0,
    victimBps: 0,
    open: true,
    victims: ZeroAddress,
    minUserStake: 0n,
    ...restOf(module, accounts.treasury.address),
  };
}

async function register(story: Story, world: World, module: ModuleName): Promise<void> {
  const { moduleRegistry } = story.suite;
  const owner = OWNERS[module];
  const terms = termsOf(story, module);
  const bond = await moduleRegistry.bondOfModules();
  const uri = `https://${module}.example`;
  await act(
    story,
    world,
    owner,
    `registers a module for ${WORK[module]}, with ${amountOf(bond)}`,
    moduleRegistry.registerModule.populateTransaction({ ...terms, meter: ZeroAddress }, uri, {
      value: bond,
    }),
    (model) => model.registerModule(story.accounts[owner].address, terms),
  );
}

async function showTerms(story: Story): Promise<void> {
  const { iotxBurner, moduleRegistry } = story.suite;
  const bond = await moduleRegistry.bondOfModules();
  const all = await Promise.all(
    MODULE_NAMES.map((module) => moduleRegistry.termsOf(MODULES[module])),
  );
  table(
    ["Module", "Proposes slashes", "May veto them", "For", "At most", "To victims"],
    all.map((terms, index) => {
      const module = MODULE_NAMES[index] ?? "storage";
      return [
        capital(module),
        capital(nameOf(OWNERS[module])),
        capital(nameOf(RESOLVERS[module])),
        `${terms.window / BigInt(DAY)} days`,
        `${Number(terms.maxSlashBps) / 100} %`,
        terms.victims === ZeroAddress ? "" : `${Number(terms.victimBps) / 100} % of the bond`,
      ];
    }),
  );
  const burned = (bond * BigInt(all.length)) / 10n;
  await story.check(
    `A tenth of that is burned, ${amountOf(burned)} in all; the rest comes back when a module closes`,
    iotxBurner.burnedBy(moduleRegistry),
    burned,
  );
}

async function join(story: Story, world: World): Promise<void> {
  const { moduleRegistry } = story.suite;
  const receipts = [];
  for (const operator of OPERATOR_NAMES) {
    for (const module of MODULE_NAMES) {
      const { receipt } = await actQuietly(
        story,
        world,
        operator,
        `offers to work for the ${module} module`,
        moduleRegistry.optIn.populateTransaction(OPERATORS[operator], MODULES[module]),
        (model) => {
          model.optIn(story.accounts[operator].address, OPERATORS[operator], MODULES[module]);
        },
      );
      receipts.push(receipt);
    }
  }
  sayOfAll("Alice and Ivan offer to work for all three.", receipts);
  for (const operator of OPERATOR_NAMES) {
    await act(
      story,
      world,
      "arbiter",
      `accepts ${nameOf(operator)} for the oracle, which takes only whom its owner knows`,
      moduleRegistry.accept.populateTransaction(OPERATORS[operator], MODULES.oracle),
      (model) => {
        model.accept(story.accounts.arbiter.address, OPERATORS[operator], MODULES.oracle);
      },
    );
  }
}

async function allocateAll(story: Story, world: World): Promise<void> {
  const { moduleRegistry } = story.suite;
  const receipts = [];
  for (const operator of OPERATOR_NAMES) {
    for (const module of MODULE_NAMES) {
      const part = ALLOCATIONS[operator][module];
      const ids = [OPERATORS[operator], MODULES[module], percent(part)] as const;
      const { receipt } = await actQuietly(
        story,
        world,
        operator,
        `allocates ${part} % to the ${module} module`,
        moduleRegistry.allocate.populateTransaction(...ids),
        (model) => {
          model.allocate(story.accounts[operator].address, ...ids);
        },
      );
      receipts.push(receipt);
    }
  }
  sayOfAll(
    "They allocate parts of what they have to each, from the week after the next.",
    receipts,
  );
}

async function refuseTooMuch(story: Story): Promise<void> {
  const { moduleRegistry } = story.suite;
  const { storage, compute } = ALLOCATIONS.ivan;
  const wanted = 60n;
  const asked = percent(wanted);
  await story.refused(
    "ivan",
    `wants to give the oracle ${wanted} % instead of ${ALLOCATIONS.ivan.oracle}`,
    moduleRegistry.allocate.populateTransaction(OPERATORS.ivan, MODULES.oracle, asked),
    {
      error: "ModuleRegistryOverAllocated",
      args: [OPERATORS.ivan, percent(storage + compute + wanted), MAGNITUDE],
      because: `with ${storage} and ${compute} % for the others, that is more than all he has`,
    },
  );
}

async function showAllocations(story: Story): Promise<void> {
  const { moduleRegistry, stakingPool } = story.suite;
  const rows = await Promise.all(
    OPERATOR_NAMES.map((operator) =>
      Promise.all(
        MODULE_NAMES.map((module) =>
          moduleRegistry.slashableOf(OPERATORS[operator], MODULES[module]),
        ),
      ),
    ),
  );
  table(
    ["Stake that secures", ...MODULE_NAMES.map(capital), "Nothing yet"],
    await Promise.all(
      OPERATOR_NAMES.map(async (operator, row) => {
        const secured = rows[row] ?? [];
        const all = await stakingPool.votesOf(OPERATORS[operator]);
        const idle = secured.reduce((left, each) => left - each, all);
        return [
          `With ${capital(nameOf(operator))}`,
          ...[...secured, idle].map((coin) => amountOf(coin)),
        ];
      }),
    ),
  );
}

/** A module may ask its users to have something at stake themselves. */
async function checkUsers(story: Story): Promise<void> {
  const { moduleRegistry } = story.suite;
  const { maker, relayer } = story.accounts;
  const meets = (account: string): Promise<boolean> =>
    moduleRegistry.meetsMinStake(MODULES.storage, account, OPERATORS.alice);
  await story.check(
    `The storage asks ${amountOf(USERS_STAKE)} at stake of its users: Cascade has it, the relayer does not`,
    [await meets(maker.address), await meets(relayer.address)],
    [true, false],
  );
}
