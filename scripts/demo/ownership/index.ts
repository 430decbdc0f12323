import type { Story } from "../story.js";
import { buyoutChapter } from "./buyout.js";
import { hundredChapter } from "./hundred.js";
import { milestonesChapter } from "./milestones.js";
import { missedChapter } from "./missed.js";
import { raiseChapter } from "./raise.js";
import { refundChapter } from "./refund.js";
import { sessionsChapter } from "./sessions.js";

/** A machine that many own: paid for, built, at work, sold. Each chapter hands on what the next ones need. */
export async function ownership(story: Story): Promise<void> {
  const venture = await raiseChapter(story);
  await milestonesChapter(story, venture);
  await sessionsChapter(story, venture);
  await missedChapter(story, venture);
  await buyoutChapter(story, venture);
  await refundChapter(story, venture.dollar);
  await hundredChapter(story, venture.dollar);
}
