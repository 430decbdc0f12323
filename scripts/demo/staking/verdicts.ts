import { id } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import type { Story } from "../story.js";
import { agree } from "./agreement.js";
import { type ModuleName, MODULES, type OperatorName, OPERATORS, OWNERS, Verdict } from "./cast.js";
import { amountOf } from "./coins.js";
import { degrees, evidenceOf, examine, report, type Station } from "./evidence.js";
import { LIE_WEEK, MORE } from "./offence.js";
import { act, Day, goTo, type World } from "./world.js";

const WEEK = LIE_WEEK + 1;
const MISTAKE = 2n;
const FORGOTTEN = 3n;
/** What the second and the third are to take. */
const SMALL = 40n * 10n ** 18n;
const SMALLER = 20n * 10n ** 18n;

/** One proposal is a mistake, and is vetoed; nobody stands behind another, and it lapses. */
export async function verdictsChapter(story: Story, world: World, station: Station): Promise<void> {
  story.chapter(
    "A mistake, and a slash that nobody wants",
    `A proposal ends in one of three ways. It is carried out, as Ivan's was. Or it is vetoed within its
     window. Or nobody carries it out within a day after that, and it lapses: a slash that nobody
     stands behind does not hang over anybody for ever.`,
  );
  await vetoMistake(story, world, station);
  await letLapse(story, world);
  await agree(story, world);
}

async function propose(
  story: Story,
  world: World,
  [module, operator, amount]: readonly [ModuleName, OperatorName, bigint],
  { time, hash, did }: { time: number; hash: string; did: string },
): Promise<void> {
  const { slashCourt } = story.suite;
  const who: AccountName = OWNERS[module];
  const ids = [MODULES[module], OPERATORS[operator], amount, time] as const;
  await act(story, world, who, did, slashCourt.propose.populateTransaction(...ids, hash), (model) =>
    model.propose(story.accounts[who].address, ...ids),
  );
}

/** The arbiter looks up the wrong day; the verifier looks up the right one. */
async function vetoMistake(story: Story, world: World, station: Station): Promise<void> {
  const { slashCourt } = story.suite;
  await goTo(story, world, [WEEK, Day.Tuesday, 10], "It is Tuesday.");
  const coldest = station.days.reduce((one, other) => (other.high < one.high ? other : one));
  const next = station.days[station.days.indexOf(coldest) + 1] ?? coldest;
  const said = await report(story, "alice", coldest, coldest.high);
  const time = await story.now();
  story.tell(
    `The oracle is asked for the coldest day, ${coldest.date}. Alice answers ${degrees(said.high)}. The arbiter
     holds it against the record of ${next.date}, which says ${degrees(next.high)}.`,
  );
  const wrong = evidenceOf(station, next, said);
  await propose(story, world, ["oracle", "alice", SMALL], {
    time,
    hash: wrong.hash,
    did: `proposes to slash Alice by ${amountOf(SMALL)}`,
  });
  const findings = [wrong, evidenceOf(station, coldest, said)].map((each) =>
    examine(story, station, each),
  );
  await story.check(
    `What Alice signed is no answer for ${next.date}; for ${coldest.date} it is, and a true one`,
    (await Promise.all(findings)).flatMap(({ reported, agree: same }) => [reported, same]),
    [false, false, true, true],
  );
  await goTo(story, world, [WEEK, Day.Wednesday, 10], "It is Wednesday. The verifier looks it up.");
  const { address } = story.accounts.makerVerifier;
  await act(
    story,
    world,
    "makerVerifier",
    "vetoes it",
    slashCourt.veto.populateTransaction(MISTAKE),
    (model) => {
      model.veto(address, MISTAKE);
    },
  );
  await story.refused(
    "arbiter",
    "wants it carried out all the same",
    slashCourt.execute.populateTransaction(MISTAKE),
    {
      error: "SlashCourtWrongStatus",
      args: [MISTAKE, Verdict.Vetoed],
      because: "it was vetoed, and that is for good",
    },
  );
}

/** Nobody cares enough about the third to carry it out. */
async function letLapse(story: Story, world: World): Promise<void> {
  const { slashCourt, stakingPool } = story.suite;
  story.tell(
    `The same day the compute module accuses Ivan of a proof that came an hour late. Its window is two
     days. Nobody vetoes it, and nobody finds it worth a transaction.`,
  );
  await propose(story, world, ["compute", "ivan", SMALLER], {
    time: await story.now(),
    hash: id("Proof 4711 came an hour late"),
    did: `proposes to slash Ivan by ${amountOf(SMALLER)}`,
  });
  await goTo(
    story,
    world,
    [WEEK, Day.Saturday, 11],
    "It is Saturday: the window is over, and so is the day after it.",
  );
  await story.refused(
    "makerVerifier",
    "wants to carry it out now",
    slashCourt.execute.populateTransaction(FORGOTTEN),
    {
      error: "SlashCourtWrongStatus",
      args: [FORGOTTEN, Verdict.Lapsed],
      because: "it has lapsed",
    },
  );
  await act(
    story,
    world,
    "relayer",
    "has it taken off the list, as anyone may",
    slashCourt.release.populateTransaction(FORGOTTEN),
    (model) => {
      model.release(FORGOTTEN);
    },
  );
  const { address } = story.accounts.kim;
  await act(
    story,
    world,
    "kim",
    `stakes the ${amountOf(MORE)} with Ivan, now that nothing is pending`,
    stakingPool.stake.populateTransaction(OPERATORS.ivan, 0, { value: MORE }),
    (model) => model.stake(address, OPERATORS.ivan, MORE, 0n),
  );
  await story.check(
    "One proposal was carried out, one vetoed, and one has lapsed",
    Promise.all([1, 2, 3].map((proposal) => slashCourt.statusOf(proposal))),
    [Verdict.Executed, Verdict.Vetoed, Verdict.Lapsed],
  );
}
