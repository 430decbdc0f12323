import type { Story } from "../story.js";
import { agree } from "./agreement.js";
import { ALLOCATIONS, MODULES, OPERATORS, percent, RISE, STAKES } from "./cast.js";
import { isClose } from "./claims.js";
import { amountOf } from "./coins.js";
import { leave, payExit } from "./exits.js";
import { payAgain } from "./rewards.js";
import { act, Day, epochOf, goTo, momentOf, type World } from "./world.js";

/** The week in which Grace asks out. */
const HER_WEEK = 5;

/** Ivan wants to risk more, and Grace does not: she is out before it begins. */
export async function riseChapter(story: Story, world: World): Promise<void> {
  story.chapter(
    "Who dislikes a risk can leave before it begins",
    `Ivan wants to do more for the oracle, and so to let it slash more of what is with him. A rise
     begins at the start of the week after the next, so his stakers can be out before it. Whoever asks out
     answers until that week is over, and for nothing that comes later; the coin is there a week after that.`,
  );
  await askRise(story, world);
  await goTo(story, world, [HER_WEEK, Day.Tuesday, 9], "It is Tuesday of the week after.");
  await payAgain(story, world);
  await goTo(story, world, [HER_WEEK, Day.Sunday, 20], "It is Sunday evening.");
  await leaveAtLast(story, world);
  await goTo(story, world, [HER_WEEK + 1, Day.Monday, 9], "It is Monday: the rise takes effect.");
  await checkRise(story, world);
  await leaveInTime(story, world);
}

async function askRise(story: Story, world: World): Promise<void> {
  const { moduleRegistry } = story.suite;
  const { oracle } = ALLOCATIONS.ivan;
  const ids = [OPERATORS.ivan, MODULES.oracle, percent(RISE)] as const;
  await act(
    story,
    world,
    "ivan",
    `asks to give the oracle ${RISE} % instead of ${oracle}`,
    moduleRegistry.allocate.populateTransaction(...ids),
    (model) => {
      model.allocate(story.accounts.ivan.address, ...ids);
    },
  );
  const { current, next, later } = await moduleRegistry.allocationOf(
    OPERATORS.ivan,
    MODULES.oracle,
  );
  await story.check(
    `It stays at ${oracle} % this week and the next, and is ${RISE} % after that`,
    [current, next, later],
    [percent(oracle), percent(oracle), percent(RISE)],
  );
}

async function leaveAtLast(story: Story, world: World): Promise<void> {
  const { moduleRewards, stakingPool } = story.suite;
  const { address } = story.accounts.grace;
  const epoch = epochOf(world, HER_WEEK);
  const worth = await leave(story, world, "grace", "ivan");
  const maturity = momentOf(world, HER_WEEK + 2, Day.Monday, 0);
  await story.refused(
    "grace",
    `wants her ${amountOf(worth)} at once`,
    stakingPool.claimExit.populateTransaction(OPERATORS.ivan, epoch, address),
    {
      error: "StakingPoolImmature",
      args: [epoch, maturity],
      because: "until Monday in a week it answers for what Ivan has done so far",
    },
  );
  const currency = world.tokens.BYTE;
  const { running } = await moduleRewards.claimableOf(OPERATORS.ivan, currency, address);
  const said = world.model.claimableOf(OPERATORS.ivan, address, currency.target as string);
  await story.check(
    `This week she still earns, since she still answers for it: ${amountOf(running, "BYTE")}`,
    running > 0n && isClose(running, said.running),
  );
}

async function checkRise(story: Story, world: World): Promise<void> {
  const { moduleRegistry, stakingPool } = story.suite;
  const stay = STAKES.filter(([who, operator]) => operator === "ivan" && who !== "grace");
  const left = stay.reduce((sum, [, , coin]) => sum + coin, 0n);
  await story.check(
    `${amountOf(left)} answer for Ivan from now on, and Grace's are not among them`,
    stakingPool.answeringOf(OPERATORS.ivan, epochOf(world, HER_WEEK + 1)),
    left,
  );
  await story.check(
    `${RISE} % of it secure the oracle: ${amountOf((left * RISE) / 100n)}`,
    moduleRegistry.slashableOf(OPERATORS.ivan, MODULES.oracle),
    (left * RISE) / 100n,
  );
  await agree(story, world);
}

/** Heidi happens to leave on the last day before the week of the lie. */
async function leaveInTime(story: Story, world: World): Promise<void> {
  await goTo(story, world, [HER_WEEK + 1, Day.Sunday, 15], "It is Sunday. Heidi needs a new roof.");
  await leave(story, world, "heidi", "ivan");
  await goTo(story, world, [HER_WEEK + 2, Day.Monday, 9], "It is Monday.");
  await payExit(story, world, "grace", "ivan", HER_WEEK);
}
