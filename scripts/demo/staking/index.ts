import type { Story } from "../story.js";
import { modulesChapter } from "./modules.js";
import { offenceChapter } from "./offence.js";
import { rewardsChapter } from "./rewards.js";
import { riseChapter } from "./rise.js";
import { settlementChapter } from "./settlement.js";
import { slashChapter } from "./slash.js";
import { stakersChapter } from "./stakers.js";
import { verdictsChapter } from "./verdicts.js";

/** Coin that stands behind operators: staked, earning, slashed, paid back. Each chapter hands on what the next ones need. */
export async function staking(story: Story): Promise<void> {
  const world = await stakersChapter(story);
  await modulesChapter(story, world);
  await rewardsChapter(story, world);
  await riseChapter(story, world);
  const station = await offenceChapter(story, world);
  await slashChapter(story, world);
  await verdictsChapter(story, world, station);
  await settlementChapter(story, world);
}
