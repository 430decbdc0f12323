// The months of the stream, as the station signs them: in time, or too late.
import { writeFile } from "node:fs/promises";

import { chainHead, type Link, prepareAppend } from "../../lib/data/publishing.js";
import { buildTree, type Dataset } from "../../lib/data/records.js";
import type { Story } from "../story.js";
import { csvOf, WEATHER } from "../weather.js";
import type { Archive } from "./publish.js";
import { DAY } from "./sealed.js";
import type { Shop } from "./shop.js";

/** An epoch, and how long after it its data counts as delivered. */
export const MONTH = 30 * DAY;
export const GRACE = 7 * DAY;

/** The ones that the story is about, epoch by epoch. */
export const MONTHS = ["January", "February", "March", "April"] as const;

/** The stream, as far as it has come. */
export interface Stream extends Pick<Archive, "station"> {
  assetId: bigint;
  /** What it started from. */
  start: string;
  /** The months that were appended. */
  links: Link[];
}

/** January and February come in time, March when it does not count any more, April in time. */
export async function deliverMonths(story: Story, shop: Shop, stream: Stream): Promise<void> {
  const { dataAssets } = story.suite;
  const { prepared } = await prepareMonth(story, shop, stream, 0);
  const { firstEpochStart } = await dataAssets.streamOf(stream.assetId);
  await story.refused("relayer", "carries January while it lasts", prepared, {
    error: "DataAssetsEpochNotOver",
    args: [0, firstEpochStart + BigInt(MONTH)],
    because: "a month is signed off when it is over",
  });
  await story.pass(MONTH, "January goes by.");
  await appendInTime(story, shop, stream, 0);
  await story.pass(MONTH, "February goes by.");
  await appendInTime(story, shop, stream, 1);
  await story.pass(MONTH, "March goes by, and the station is silent.");
  await story.pass(GRACE, "So is it in the week in which March would still have counted.");
  await append(story, shop, stream, 2, " after all");
  const late = dataAssets.isDelivered(stream.assetId, 2);
  await story.check("March is kept, but it came too late to be paid for", late, false);
  await story.pass(MONTH - GRACE, "April goes by.");
  await appendInTime(story, shop, stream, 3);
}

async function appendInTime(story: Story, shop: Shop, stream: Stream, epoch: number) {
  await append(story, shop, stream, epoch);
  const delivered = story.suite.dataAssets.isDelivered(stream.assetId, epoch);
  await story.check(`${nameOfMonth(epoch)} came in time`, delivered);
}

async function prepareMonth(story: Story, shop: Shop, stream: Stream, epoch: number) {
  const month = `2015-${String(epoch + 1).padStart(2, "0")}`;
  const link = { epoch, ...(await buildMonth(shop, month)) };
  const previous = stream.links.reduce(chainHead, stream.start);
  const signed = { assetId: stream.assetId, previous, ...link };
  return { link, prepared: await prepareAppend(story.suite.dataAssets, stream.station, signed) };
}

async function append(story: Story, shop: Shop, stream: Stream, epoch: number, late = "") {
  const { link, prepared } = await prepareMonth(story, shop, stream, epoch);
  const did = `carries ${nameOfMonth(epoch)}${late}, ${link.recordCount} records`;
  await story.act("relayer", did, prepared);
  stream.links.push(link);
}

/** Whoever has all months can show that they are all. */
export async function verifyYear(story: Story, { assetId, start, links }: Stream): Promise<void> {
  const { dataAssets } = story.suite;
  await story.check(
    "The four months are all that the stream has: each root is chained to the one before",
    dataAssets.verifyChain(assetId, start, links),
  );
  const without = links.filter(({ epoch }) => epoch !== 1);
  await story.check(
    "Nobody can leave February out and say so",
    dataAssets.verifyChain(assetId, start, without),
    false,
  );
}

/** The tree over a month's records. */
export async function buildMonth(
  shop: Shop,
  month: string,
): Promise<Pick<Dataset, "root" | "recordCount">> {
  const file = shop.path(`${month}.csv`);
  await writeFile(file, await csvOf(month));
  const { root, recordCount } = await buildTree(file, WEATHER, shop.path(`${month}.tree`));
  return { root, recordCount };
}

function nameOfMonth(epoch: number): string {
  return MONTHS[epoch] ?? `Month ${epoch}`;
}
