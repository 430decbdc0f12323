import { writeFile } from "node:fs/promises";

import { id, ZeroHash } from "ethers";

import { manifestHash } from "../../lib/data/manifest.js";
import {
  datasetOf,
  preparePublication,
  type Publication,
  signPublication,
} from "../../lib/data/publishing.js";
import { buildTree, type Dataset } from "../../lib/data/records.js";
import { P256Key } from "../../lib/deviceKey.js";
import { prepareRegistration } from "../../lib/devices.js";
import { count, short } from "../../lib/format.js";
import { Trust } from "../../lib/vocabulary.js";
import type { Story } from "../story.js";
import { csvOf, WEATHER } from "../weather.js";
import type { Encrypted, Shop } from "./shop.js";

/** First and last second of the three years. */
const FROM = Date.UTC(2012, 0, 1) / 1000;
const TO = Date.UTC(2015, 0, 1) / 1000 - 1;

/** Three years of weather, as an asset on chain and as a file that is for sale. */
export interface Archive extends Dataset, Encrypted {
  /** Alice's, and the one that signed. */
  station: P256Key;
  assetId: bigint;
}

/** Alice's new station publishes three years of its weather; nobody else can in its name. */
export async function publishChapter(story: Story, shop: Shop): Promise<Archive> {
  story.chapter(
    "Three years of weather become an asset",
    `What a device signed can be owned and sold. Alice has a new station, and the years 2012 to 2014
     of the same observations. The chain gets the root of the Merkle tree over all records, and the
     hash of the encrypted file; the file itself stays at home.`,
  );
  const station = await registerStation(story);
  const file = shop.path("2012-2014.csv");
  await writeFile(file, await csvOf("2012", "2013", "2014"));
  const dataset = await buildTree(file, WEATHER, shop.path("2012-2014.tree"));
  const encrypted = await shop.encrypt(file, dataset.root);
  const publication = datasetOf(station, story.accounts.alice.address, dataset.root, {
    recordCount: dataset.recordCount,
    schemaHash: dataset.schemaHash,
    metadataHash: manifestHash(encrypted.content.manifest),
    from: FROM,
    to: TO,
    uri: "https://alice.example/seattle/2012-2014",
  });
  await refuseForgeries(story, station, publication);
  const assetId = await publish(story, station, publication);
  return { station, assetId, ...dataset, ...encrypted };
}

async function registerStation(story: Story): Promise<P256Key> {
  const { deviceRegistry } = story.suite;
  const station = await P256Key.generate();
  const claim = prepareRegistration(deviceRegistry, { key: station, owner: story.accounts.alice });
  await story.act("alice", "registers a station that she built herself", claim);
  return station;
}

async function publish(story: Story, key: P256Key, publication: Publication): Promise<bigint> {
  const { dataAssets } = story.suite;
  const { contentRoot, schemaHash, recordCount } = publication;
  const prepared = await preparePublication(dataAssets, key, publication);
  await story.act("relayer", "carries what the station signed to the chain", prepared);
  const assetId = await dataAssets.assetOf(key.deviceId, contentRoot);
  await story.check(
    `Asset ${assetId} is Alice's, who did not have to send it`,
    dataAssets.ownerOf(assetId),
    story.accounts.alice.address,
  );
  await story.check(
    `Its root is ${short(String(contentRoot))}`,
    dataAssets.verifyRoot(assetId, 0, contentRoot),
  );
  const [published] = await dataAssets.queryFilter(dataAssets.filters.AssetPublished(assetId));
  const said = published?.args.publication;
  await story.check(
    `It is ${count(Number(recordCount))} records of 2012-01-01 to 2014-12-31, in the format ${short(String(schemaHash))}`,
    [said?.recordCount, said?.schemaHash, said?.from, said?.to],
    [1_096n, schemaHash, FROM, TO],
  );
  await story.check(
    "Whoever looks sees that no maker vouches for this station",
    dataAssets.trustOf(assetId),
    Trust.SelfCertified,
  );
  await story.refused("relayer", "carries the same once more", prepared, {
    error: "DataAssetsKnownContent",
    args: [key.deviceId, contentRoot, assetId],
    because: `the station has published this root as asset ${assetId}`,
  });
  return assetId;
}

/** Before the true publication is on chain: a thief could have seen it on its way. */
async function refuseForgeries(story: Story, key: P256Key, publication: Publication) {
  const { dataAssets } = story.suite;
  const { stranger } = story.accounts;
  const signature = await signPublication(dataAssets, key, publication);
  const forgeries: readonly [tried: string, change: Partial<Publication>][] = [
    ["sees the publication on its way, and sends it as his own", { creator: stranger.address }],
    ["publishes a sunnier Seattle under the station's signature", { contentRoot: id("sunshine") }],
    ["leaves out what ties it to the encrypted file", { metadataHash: ZeroHash }],
  ];
  for (const [tried, change] of forgeries) {
    const forged = { ...publication, ...change };
    await story.refused(
      "stranger",
      tried,
      dataAssets.publish.populateTransaction(forged, signature),
      {
        error: "DataAssetsInvalidDeviceSignature",
        args: [key.deviceId],
        because: `device ${short(key.deviceId)} did not sign just this`,
      },
    );
  }
}
