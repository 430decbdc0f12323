import type { Story } from "../story.js";
import { devicesChapter } from "./devices.js";
import { recallChapter, retirementChapter } from "./end.js";
import { lifeChapter } from "./life.js";
import { makerChapter } from "./maker.js";
import { observationsChapter } from "./observations.js";
import { useChapter } from "./use.js";
import { walletChapter } from "./wallet.js";

/** The life of a weather station, from the factory to the scrapyard. Each chapter hands on what the next ones need. */
export async function identity(story: Story): Promise<void> {
  const production = await makerChapter(story);
  const fleet = await devicesChapter(story, production);
  const signed = await observationsChapter(story, fleet);
  await lifeChapter(story, fleet, signed);
  await useChapter(story, fleet);
  const purse = await walletChapter(story, fleet);
  await recallChapter(story, production, fleet);
  await retirementChapter(story, fleet, signed, purse);
}
