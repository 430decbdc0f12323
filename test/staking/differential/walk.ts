import { GRACE } from "../../../scripts/lib/staking/modules.js";
import { choose, pick } from "./choices.js";
import type { Draw, Kind } from "./draw.js";
import * as modules from "./modules.js";
import * as rewards from "./rewards.js";
import { type Action, perform, type Run, wait } from "./run.js";
import * as stakers from "./stakers.js";
import type { Tally } from "./tally.js";
import { differences } from "./views.js";

const COMMANDS: Record<Exclude<Kind, "wait">, (run: Run, draw: Draw) => Action | undefined> = {
  stake: stakers.stake,
  requestExit: stakers.requestExit,
  claimExit: stakers.claimExit,
  restakeExit: stakers.restakeExit,
  addBond: stakers.addBond,
  withdrawBond: stakers.withdrawBond,
  setCommission: stakers.setCommission,
  setPayout: stakers.setPayout,
  withdrawCompensation: stakers.withdrawCompensation,
  optIn: modules.optIn,
  accept: modules.accept,
  allocate: modules.allocate,
  optOut: modules.optOut,
  sync: modules.sync,
  retireModule: modules.retireModule,
  closeModule: modules.closeModule,
  propose: modules.propose,
  veto: modules.veto,
  vetoAsGuardian: modules.veto,
  vetoAll: modules.vetoAll,
  execute: modules.execute,
  release: modules.release,
  fund: rewards.fund,
  fundMany: rewards.fundMany,
  claim: rewards.claim,
  payOperator: rewards.payOperator,
};

/** Does what was drawn, one after the other, and compares everything after each. */
export async function walk(run: Run, draws: readonly Draw[], tally: Tally): Promise<void> {
  for (const draw of draws) await told(run, () => step(run, draw, tally));
}

/** Compares everything; whatever differs is an error. */
export async function agree(run: Run): Promise<void> {
  const found = await differences(run);
  if (found.length > 0) throw new Error(found.join("\n"));
}

/** An error of this work tells the whole story. */
export async function told(run: Run, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new Error(`${why}\n\nafter:\n${run.story.join("\n")}`, { cause: thrown });
  }
}

async function step(run: Run, draw: Draw, tally: Tally): Promise<void> {
  const { model } = run;
  const { kind } = draw;
  if (kind === "wait") {
    await wait(run, waitingTime(run, draw));
    tally.count(kind, { ok: true, value: undefined });
  } else {
    model.at(model.time + BigInt(draw.gap));
    const action = actionOf(run, draw, COMMANDS[kind]);
    if (action === undefined) return;
    if (action.notBefore !== undefined && action.notBefore > model.time) model.at(action.notBefore);
    tally.count(kind, await perform(run, action));
  }
  tally.look(model);
  await agree(run);
}

/** What to do; nothing if there is nothing to do it with, and mostly nothing wrong where nothing right could be done. */
function actionOf(
  run: Run,
  draw: Draw,
  command: (run: Run, draw: Draw) => Action | undefined,
): Action | undefined {
  const idle = draw.how % 4 !== 0 && command(run, { ...draw, aimed: true }) === undefined;
  return idle ? undefined : command(run, draw);
}

/** Waits until about an epoch's start, the end of a window or that of its grace, or just so long. */
function waitingTime({ model }: Run, { which, size, how }: Draw): bigint {
  const { time, epoch } = model;
  const ids = Array.from(
    { length: Number(model.counts().court) },
    (_, index) => BigInt(index) + 1n,
  );
  const turns = ids.flatMap((id) => {
    const readyAt = model.proposalOf(id)?.readyAt ?? 0n;
    return model.statusOf(id) === "Open" ? [readyAt, readyAt + BigInt(GRACE)] : [];
  });
  const epochs = [1n, 1n, 2n, 1n, 3n].map((passed) => model.startOf(epoch + passed));
  const moment =
    how % 3 === 0 ? pick(turns, which) : how % 3 === 1 ? pick(epochs, which) : undefined;
  const target = (moment ?? time + BigInt(size) ** 2n) + choose([-2n, -1n, 0n, 1n], size);
  return target > time ? target : time + 1n;
}
