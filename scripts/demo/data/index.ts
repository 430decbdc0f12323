import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Story } from "../story.js";
import { forecastChapter } from "./forecast.js";
import { handoverChapter } from "./handover.js";
import { publishChapter } from "./publish.js";
import { saleChapter } from "./sale.js";
import { openShop } from "./shop.js";
import { streamChapter } from "./stream.js";

/** A station's data: signed, published, sold, delivered, made into more. Each chapter hands on what the next ones need. */
export async function data(story: Story): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "defiot-demo-"));
  const shop = await openShop(story, folder);
  try {
    const archive = await publishChapter(story, shop);
    const sealed = await saleChapter(story, shop, archive);
    await streamChapter(story, shop, archive);
    const forecast = await forecastChapter(story, shop, archive, sealed);
    await handoverChapter(story, archive, sealed, forecast);
  } finally {
    await shop.close();
    await rm(folder, { recursive: true });
  }
}
