import { ZeroAddress } from "ethers";

import type { Terms } from "../../../scripts/lib/staking/model.js";
import { COIN, DAY, MAGNITUDE } from "../fixture.js";
import { WINDOWS } from "./modules.js";
import { type Action, perform, type Run, wait } from "./run.js";
import { agree } from "./walk.js";
import {
  ANYONE,
  AUTHORITIES,
  MODULES,
  OPERATORS,
  OWNERS,
  type Player,
  RESOLVER,
  STAKERS,
} from "./world.js";

/** What each module is: they differ in all that matters. */
const TERMS = [
  { maxSlashBps: 2_000, minBondBps: 0, victimBps: 5_000, victims: "kim", open: true },
  { maxSlashBps: 1_999, minBondBps: 500, victimBps: 0, victims: undefined, open: true },
  { maxSlashBps: 150, minBondBps: 1, victimBps: 1_234, victims: "grace", open: false },
] as const;

/** Does what must succeed. */
async function succeed(run: Run, action: Action): Promise<void> {
  run.model.at(run.model.time + 1n);
  const outcome = await perform(run, action);
  if (!outcome.ok) throw new Error(`the stage is not set: ${outcome.reason}`);
}

/** Two operators and three modules, and nothing else. */
export async function populate(run: Run): Promise<void> {
  const { players } = run.world;
  const operators = [
    { payout: players.ivan, commissionBps: 1_000n, bond: 100n * COIN },
    { payout: players.erin, commissionBps: 0n, bond: 0n },
  ];
  for (const [index, parts] of operators.entries()) {
    const by = OWNERS[index] ?? ANYONE;
    await succeed(run, {
      by,
      contract: "pool",
      method: "registerOperator",
      args: [parts.payout, parts.commissionBps, ""],
      value: parts.bond,
      inModel: (its) => its.registerOperator(players[by], parts),
    });
  }
  for (const [index, { victims, ...rest }] of TERMS.entries()) {
    const by = AUTHORITIES[index] ?? ANYONE;
    const terms: Terms = {
      ...rest,
      slashAuthority: players[by],
      resolver: players[RESOLVER],
      window: WINDOWS[index] ?? 0,
      victims: victims === undefined ? ZeroAddress : players[victims],
      minUserStake: 10n * COIN,
    };
    await succeed(run, {
      by,
      contract: "registry",
      method: "registerModule",
      args: [{ ...terms, meter: ZeroAddress }, ""],
      value: run.model.moduleBond,
      inModel: (its) => its.registerModule(players[by], terms),
    });
  }
  await agree(run);
}

/**
 * Both operators have stake and work for modules: the first for all three with all there is, the second for one with a
 * part, and waiting to be accepted by another.
 */
export async function engage(run: Run): Promise<void> {
  const stakes: [Player, bigint, bigint][] = [
    ["bob", 1n, 1_000n * COIN],
    ["carol", 1n, 2_345_678_901_234_567_890_123n],
    ["dave", 1n, COIN],
    ["carol", 2n, 777n * COIN],
  ];
  for (const [by, operator, value] of stakes) {
    await succeed(run, {
      by,
      contract: "pool",
      method: "stake",
      args: [operator, 0n],
      value,
      inModel: (its) => its.stake(run.world.players[by], operator, value, 0n),
    });
  }
  const parts: [bigint, bigint, bigint][] = [
    [1n, 1n, MAGNITUDE / 2n],
    [1n, 2n, (MAGNITUDE * 3n) / 10n],
    [1n, 3n, MAGNITUDE / 5n],
    [2n, 1n, MAGNITUDE / 3n],
  ];
  for (const [operator, module, magnitude] of parts) await employ(run, operator, module, magnitude);
  await ask(run, 2n, 3n);
  const { model } = run;
  await wait(run, model.startOf(model.epoch + 2n) + BigInt(DAY));
  await agree(run);
}

async function employ(
  run: Run,
  operator: bigint,
  module: bigint,
  magnitude: bigint,
): Promise<void> {
  const { players } = run.world;
  await ask(run, operator, module);
  const by = AUTHORITIES[Number(module) - 1] ?? ANYONE;
  if (run.model.membershipOf(operator, module) === "Asked") {
    await succeed(run, {
      by,
      contract: "registry",
      method: "accept",
      args: [operator, module],
      inModel: (its) => {
        its.accept(players[by], operator, module);
      },
    });
  }
  await allocate(run, operator, module, magnitude);
}

async function ask(run: Run, operator: bigint, module: bigint): Promise<void> {
  const by = OWNERS[Number(operator) - 1] ?? ANYONE;
  await succeed(run, {
    by,
    contract: "registry",
    method: "optIn",
    args: [operator, module],
    inModel: (its) => {
      its.optIn(run.world.players[by], operator, module);
    },
  });
}

async function allocate(
  run: Run,
  operator: bigint,
  module: bigint,
  magnitude: bigint,
): Promise<void> {
  const by = OWNERS[Number(operator) - 1] ?? ANYONE;
  await succeed(run, {
    by,
    contract: "registry",
    method: "allocate",
    args: [operator, module, magnitude],
    inModel: (its) => {
      its.allocate(run.world.players[by], operator, module, magnitude);
    },
  });
}

/** The first operator gives the module that takes little next to nothing, and the first module what is free then. */
export async function expose(run: Run): Promise<void> {
  const { model } = run;
  const little = MAGNITUDE / 20_000n;
  await allocate(run, 1n, 3n, little);
  await wait(run, model.startOf(model.epoch + 2n));
  await allocate(run, 1n, 3n, little);
  await allocate(run, 1n, 1n, (MAGNITUDE * 7n) / 10n - little);
  await wait(run, model.startOf(model.epoch + 2n) + BigInt(DAY));
  await agree(run);
}

/** All of the first operator's stakers leave, in two epochs, but for a single share. */
export async function leave(run: Run): Promise<void> {
  const { model, world } = run;
  const last = STAKERS[0];
  for (const by of [...STAKERS].reverse()) {
    const account = world.players[by];
    if (by === last) await wait(run, model.startOf(model.epoch + 1n));
    const shares = model.sharesOf(1n, account) - (by === last ? 1n : 0n);
    await succeed(run, {
      by,
      contract: "pool",
      method: "requestExit",
      args: [1n, shares],
      inModel: (its) => its.requestExit(account, 1n, shares),
    });
  }
  await agree(run);
}

/**
 * Every module takes all that it may of every operator, for offences in an epoch; what each asked for and took, in wei.
 */
export async function slashAll(
  run: Run,
  epoch = run.model.epoch,
): Promise<{ asked: bigint; taken: bigint }[]> {
  const { model, world } = run;
  const ids: bigint[] = [];
  for (const module of MODULES) {
    for (const operator of OPERATORS) {
      const amount = model.proposableOf(module, operator, epoch);
      if (amount === 0n) continue;
      const by = AUTHORITIES[Number(module) - 1] ?? ANYONE;
      const end = model.startOf(epoch + 1n) - 1n;
      const offence = model.time < end ? model.time : end;
      await succeed(run, {
        by,
        contract: "court",
        method: "propose",
        args: [module, operator, amount, offence, `0x${"11".repeat(32)}`],
        inModel: (its) => its.propose(world.players[by], module, operator, amount, offence),
      });
      ids.push(model.counts().court);
    }
  }
  await agree(run);
  // The longest window is over, and the first's grace is not: two days after the shortest window's is too late.
  const byReadiness = ids
    .map((id) => ({ id, readyAt: model.proposalOf(id)?.readyAt ?? 0n }))
    .sort((a, b) => Number(a.readyAt - b.readyAt));
  const slashes: { asked: bigint; taken: bigint }[] = [];
  for (const { id, readyAt } of byReadiness) {
    if (readyAt > model.time) model.at(readyAt - 1n);
    await succeed(run, {
      by: ANYONE,
      contract: "court",
      method: "execute",
      args: [id],
      inModel: (its) => {
        const { fromBond, fromActive, fromExits } = its.execute(id);
        const asked = its.proposalOf(id)?.amount ?? 0n;
        // It is done again in the model of each history that begins here.
        if (its === model) slashes.push({ asked, taken: fromBond + fromActive + fromExits });
      },
    });
  }
  await wait(run, model.startOf(model.epoch + 1n) + 1n);
  await agree(run);
  return slashes;
}
