import { short } from "../../lib/format.js";
import { say } from "../../lib/terminal.js";
import { table } from "../ownership/crowd.js";
import type { Story } from "../story.js";
import { agree } from "./agreement.js";
import { MODULES, OPERATORS, OWNERS } from "./cast.js";
import { amountOf } from "./coins.js";
import {
  degrees,
  type Evidence,
  evidenceOf,
  examine,
  openStation,
  report,
  type Station,
} from "./evidence.js";
import { leave } from "./exits.js";
import { payAgain } from "./rewards.js";
import { act, Day, epochOf, goTo, type World } from "./world.js";

/** The week of the lie. */
export const LIE_WEEK = 7;
export const LIE_PROPOSAL = 1n;
/** What Ivan says that it was, in tenths of a degree. */
const LIE = 384;
/** What Kim would stake more. */
export const MORE = 200n * 10n ** 18n;

/** Ivan reports a temperature that was never measured, and the oracle proposes to slash him. */
export async function offenceChapter(story: Story, world: World): Promise<Station> {
  story.chapter(
    "A temperature that nobody measured",
    `The oracle answers questions about Seattle's weather; an insurance against heat pays by it, from
     38 °C on. Operators sign their answers. What is true is what a station has measured
     and signed: the four years of real weather once more. So anyone can hold an answer against the record.`,
  );
  const station = await openStation(story);
  await goTo(story, world, [LIE_WEEK, Day.Tuesday, 9], "It is Tuesday.");
  await payAgain(story, world);
  await goTo(story, world, [LIE_WEEK, Day.Thursday, 10], "It is Thursday.");
  const evidence = await answer(story, station);
  const offenceTime = await story.now();
  await goTo(story, world, [LIE_WEEK, Day.Thursday, 12], "Two hours go by.");
  await proposeSlash(story, world, evidence, offenceTime);
  await refuseHaste(story);
  await goTo(story, world, [LIE_WEEK, Day.Friday, 9], "It is Friday. Everybody can see it by now.");
  await comeAndGo(story, world);
  await agree(story, world);
  return station;
}

/** Both are asked for the hottest day; only one goes by the record. */
async function answer(story: Story, station: Station): Promise<Evidence> {
  const hottest = station.days.reduce((one, other) => (other.high > one.high ? other : one));
  const alices = await report(story, "alice", hottest, hottest.high);
  const ivans = await report(story, "ivan", hottest, LIE);
  say(`The oracle is asked how hot it was on ${hottest.date}. Both answer at once:`);
  table(
    ["Who", `High of ${hottest.date}`],
    [
      ["The station measured", degrees(hottest.high)],
      ["Alice says", degrees(alices.high)],
      ["Ivan says", degrees(ivans.high)],
    ],
  );
  const evidence = evidenceOf(station, hottest, ivans);
  const { measured, reported, agree: same } = await examine(story, station, evidence);
  await story.check(
    `The station signed a root that the record leads to, through ${evidence.proof.length} hashes`,
    measured,
  );
  await story.check("Ivan signed his answer, so he cannot deny it", reported);
  await story.check(
    `He is ${degrees(LIE - hottest.high)} off, and the insurance has paid`,
    same,
    false,
  );
  return evidence;
}

async function proposeSlash(
  story: Story,
  world: World,
  { hash }: Evidence,
  offenceTime: number,
): Promise<void> {
  const { slashCourt, stakingPool } = story.suite;
  const epoch = epochOf(world, LIE_WEEK);
  const amount = await slashCourt.proposableOf(MODULES.oracle, OPERATORS.ivan, epoch);
  const ids = [MODULES.oracle, OPERATORS.ivan, amount, offenceTime] as const;
  await act(
    story,
    world,
    OWNERS.oracle,
    `proposes to slash Ivan by ${amountOf(amount)}, the most that the oracle may take`,
    slashCourt.propose.populateTransaction(...ids, hash),
    (model) => model.propose(story.accounts[OWNERS.oracle].address, ...ids),
  );
  const proposed = await slashCourt.queryFilter(slashCourt.filters.SlashProposed(LIE_PROPOSAL));
  await story.check(
    `Record, proof and answer are in a file with the hash ${short(hash)}, which the proposal names`,
    proposed.map(({ args }) => args.evidenceHash),
    [hash],
  );
  await story.check(
    "All who think of staking with Ivan can see that it is pending",
    stakingPool.pendingOf(OPERATORS.ivan),
    amount,
  );
}

async function refuseHaste(story: Story): Promise<void> {
  const { moduleRegistry, slashCourt, stakingPool } = story.suite;
  const { ivan } = story.accounts;
  const bond = await stakingPool.bondOf(OPERATORS.ivan);
  const { readyAt } = await slashCourt.proposalOf(LIE_PROPOSAL);
  await story.refused("ivan", "vetoes it", slashCourt.veto.populateTransaction(LIE_PROPOSAL), {
    error: "SlashCourtUnauthorized",
    args: [ivan.address],
    because: "only the verifier may, whom the oracle's terms name",
  });
  await story.refused(
    "ivan",
    `wants his bond of ${amountOf(bond)} back`,
    stakingPool.withdrawBond.populateTransaction(OPERATORS.ivan, bond),
    {
      error: "StakingPoolBondEncumbered",
      args: [OPERATORS.ivan, await moduleRegistry.encumberedOf(OPERATORS.ivan)],
      because: "it answers as long as anything of his is allocated, and for two weeks after",
    },
  );
  await story.refused(
    "stranger",
    "wants to see it done now",
    slashCourt.execute.populateTransaction(LIE_PROPOSAL),
    {
      error: "SlashCourtWrongTime",
      args: [LIE_PROPOSAL, readyAt],
      because: "it may be vetoed until Monday noon",
    },
  );
}

/** Nobody stakes into a slash unawares, and nobody gets out of one by leaving after it. */
async function comeAndGo(story: Story, world: World): Promise<void> {
  const { stakingPool } = story.suite;
  const pending = await stakingPool.pendingOf(OPERATORS.ivan);
  await story.refused(
    "kim",
    `stakes ${amountOf(MORE)} more with Ivan, unless a slash is pending`,
    stakingPool.stake.populateTransaction(OPERATORS.ivan, 0, { value: MORE }),
    {
      error: "StakingPoolPendingSlash",
      args: [OPERATORS.ivan, pending, 0],
      because: `one of ${amountOf(pending)} is, and Kim accepts none`,
    },
  );
  const worth = await leave(story, world, "judy", "ivan");
  await story.check(
    `Her ${amountOf(worth)} leave, but they were with Ivan in the week of the lie: they answer for it`,
    stakingPool.answeringOf(OPERATORS.ivan, epochOf(world, LIE_WEEK)),
    world.model.votesOf(OPERATORS.ivan) + worth,
  );
}
