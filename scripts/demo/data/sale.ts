import { parseEther } from "ethers";

import { abiEncode } from "../../lib/data/leaf.js";
import { manifestHash } from "../../lib/data/manifest.js";
import { MerkleFile } from "../../lib/data/merkleFile.js";
import { DeliveryStatus, Use } from "../../lib/data/offers.js";
import { buildTree, readRecords } from "../../lib/data/records.js";
import type { Value } from "../../lib/data/schema.js";
import { EncryptionKey } from "../../lib/data/sealing.js";
import { count, iotx } from "../../lib/format.js";
import type { Story } from "../story.js";
import { WEATHER } from "../weather.js";
import { credits, payOut, share } from "./money.js";
import type { Archive } from "./publish.js";
import { buySealed, DAY, deliver, offerArchive, type Sealed } from "./sealed.js";
import { enter, fetchTo, knock, type Shop } from "./shop.js";

const PRICE = parseEther("20");

/** The column of the lowest temperature. */
const LOW = 3;

/** Bob buys the three years: the price waits until he has the key, and has had time to object. */
export async function saleChapter(story: Story, shop: Shop, archive: Archive): Promise<Sealed> {
  story.chapter(
    "A gas trader buys the archive",
    `How cold it was says how much gas was burnt, so Bob wants the archive. He pays into the market,
     not to Alice. She seals the content's key to his key and posts it on chain, where only he can
     open it. He then has a day to object, before an arbiter, and only after that she is paid.`,
  );
  const terms = { uses: Use.Internal };
  const sealed = await offerArchive(story, shop, archive, { price: PRICE, terms });
  const { offerId } = sealed;
  const bob = EncryptionKey.generate();
  await buySealed(story, "bob", sealed, bob);
  await story.check(
    "As long as there is no key for him, nothing is open to Bob",
    story.suite.dataMarket.canAccess(offerId, story.accounts.bob, Use.Internal, 0),
    false,
  );
  const key = await deliver(story, archive, sealed, "bob", bob);
  await readArchive(story, shop, archive, { offerId, key });
  await refuseOthers(story, shop, sealed);
  await earn(story, sealed);
  return sealed;
}

/** What he fetches is what the station signed, to the last record. */
async function readArchive(
  story: Story,
  shop: Shop,
  { assetId, root }: Archive,
  { offerId, key }: { offerId: string; key: Uint8Array },
): Promise<void> {
  const { dataAssets } = story.suite;
  const visitor = { who: "bob", offerId, use: Use.Internal } as const;
  story.tell(
    `The file is at a gateway: here a web server on this machine. It has no key to anything, and lets
     in whoever signs a request and holds a grant on chain.`,
  );
  const manifest = await enter(story, shop, visitor);
  const [published] = await dataAssets.queryFilter(dataAssets.filters.AssetPublished(assetId));
  await story.check(
    `The gateway lets Bob in: ${manifest.chunkCount} encrypted chunks, the very file that the station signed`,
    published?.args.publication.metadataHash,
    manifestHash(manifest),
  );
  const file = shop.path("bobs.csv");
  await fetchTo(file, story, shop, { ...visitor, key, contentId: root });
  const rebuilt = await buildTree(file, WEATHER, shop.path("bobs.tree"));
  await story.check(
    `He fetches and decrypts them. The tree over his ${count(rebuilt.recordCount)} records has the root on chain`,
    dataAssets.verifyRoot(assetId, 0, rebuilt.root),
  );
  await proveColdestNight(story, shop, assetId, file);
}

async function proveColdestNight(story: Story, shop: Shop, assetId: bigint, file: string) {
  const { dataAssets } = story.suite;
  const records: Value[][] = [];
  for await (const record of readRecords(file, WEATHER)) records.push(record);
  const lowest = (record: Value[]): bigint => BigInt(record[LOW] ?? 0n);
  const coldest = records.reduce((one, other) => (lowest(other) < lowest(one) ? other : one));
  const tree = await MerkleFile.open(shop.path("bobs.tree"));
  const proof = await tree.proof(records.indexOf(coldest)).finally(() => tree.close());
  const date = new Date(Number(coldest[0]) * 1000).toISOString().slice(0, 10);
  const verify = (record: Value[]): Promise<boolean> =>
    dataAssets.verifyRecord(assetId, 0, abiEncode(WEATHER.types, record), proof);
  await story.check(
    `The chain confirms the coldest night, ${date}, ${Number(lowest(coldest)) / 10} °C: one record and ${proof.length} hashes`,
    verify(coldest),
  );
  const warmer = coldest.with(LOW, lowest(coldest) + 10n);
  await story.check("The same night, a degree warmer, it does not", verify(warmer), false);
}

async function refuseOthers(story: Story, shop: Shop, { offerId, price }: Sealed): Promise<void> {
  const { dataMarket } = story.suite;
  const { bob } = story.accounts;
  await story.check(
    "A stranger, who signs just such a request, is sent away with 403",
    knock(story, shop, { who: "stranger", offerId, use: Use.Internal }),
    403,
  );
  await story.check(
    "So is Bob when he asks for commercial use: he paid for internal use",
    knock(story, shop, { who: "bob", offerId, use: Use.Commercial }),
    403,
  );
  const { deadline } = await dataMarket.deliveryOf(offerId, bob);
  await story.refused(
    "alice",
    `wants her ${iotx(price)} at once`,
    dataMarket.closeDelivery.populateTransaction(offerId, bob),
    {
      error: "DataMarketWrongDelivery",
      args: [DeliveryStatus.Delivered, deadline],
      because: "Bob has a day to object",
    },
  );
}

async function earn(story: Story, { offerId, price }: Sealed): Promise<void> {
  const { dataMarket, dataOffers } = story.suite;
  const { bob } = story.accounts;
  const fee = await dataOffers.fee();
  const toTreasury = share(price, fee);
  await story.pass(DAY + 1, "A day goes by, and Bob does not object.");
  const close = (): Promise<unknown> =>
    story.act(
      "relayer",
      "closes the delivery, as anyone may now",
      dataMarket.closeDelivery.populateTransaction(offerId, bob),
    );
  await credits(story, close, [
    ["treasury", toTreasury, `the protocol's fee of ${Number(fee) / 100} %`],
    ["alice", price - toTreasury, "the rest of the price"],
  ]);
  await payOut(story, "alice", price - toTreasury);
}
