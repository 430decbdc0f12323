import { writeFile } from "node:fs/promises";

import { parseEther } from "ethers";

import { offerIdOf, offerOf, purchaseOf, saleOf, termsOf, Use } from "../../lib/data/offers.js";
import { datasetOf, preparePublication } from "../../lib/data/publishing.js";
import { buildTree, readRecords } from "../../lib/data/records.js";
import { EncryptionKey } from "../../lib/data/sealing.js";
import { P256Key } from "../../lib/deviceKey.js";
import { prepareRegistration } from "../../lib/devices.js";
import { count, iotx } from "../../lib/format.js";
import type { Story } from "../story.js";
import { WEATHER } from "../weather.js";
import { FORECAST, type Forecast, forecastOf } from "./climate.js";
import { credits, payOut, share } from "./money.js";
import type { Archive } from "./publish.js";
import { buySealed, DAY, deliver, offerArchive, type Sealed } from "./sealed.js";
import { fetchTo, knock, type Shop } from "./shop.js";

const LICENCE = parseEther("60");
export const PRICE = parseEther("40");

/** What a derivative owes the archive, in parts of 10,000 of its sales. */
export const SHARE = 1_500n;

/** A forecast that is for sale. */
export interface Product {
  assetId: bigint;
  offerId: string;
}

/** Carol licenses the archive, makes a forecast from it, and each sale of that pays the archive's owner. */
export async function forecastChapter(
  story: Story,
  shop: Shop,
  archive: Archive,
  cheap: Sealed,
): Promise<Product> {
  story.chapter(
    "A forecast is made from it",
    `Carol forecasts the weather. For more money, Alice lets the archive be made into something new,
     and asks ${Number(SHARE) / 100} % of what that sells for. Carol's own computer is a device, too: it signs what it
     made, and from what.`,
  );
  const terms = {
    uses: Use.Internal | Use.Commercial | Use.Derivatives,
    derivativeBps: SHARE,
  };
  const licence = await offerArchive(story, shop, archive, { price: LICENCE, terms });
  await refuseBob(story, shop, cheap, licence);
  const carol = EncryptionKey.generate();
  await buySealed(story, "carol", licence, carol);
  const key = await deliver(story, archive, licence, "carol", carol);
  const file = shop.path("carols.csv");
  const visitor = { who: "carol", offerId: licence.offerId, use: Use.Derivatives } as const;
  await fetchTo(file, story, shop, { ...visitor, key, contentId: archive.root });
  const product = await publishForecast(
    story,
    shop,
    archive,
    await forecastOf(readRecords(file, WEATHER)),
  );
  const offerId = await offerForecast(story, product, archive, licence);
  await sellForecast(story, { ...product, offerId });
  return { ...product, offerId };
}

/** He paid for the cheap offer, which does not open the dear one. */
async function refuseBob(story: Story, shop: Shop, cheap: Sealed, licence: Sealed): Promise<void> {
  const { dataMarket } = story.suite;
  const { bob } = story.accounts;
  const uses = Use.Derivatives;
  await story.check(
    "Bob's cheap grant does not let him make products",
    dataMarket.canAccess(cheap.offerId, bob, uses, 0),
    false,
  );
  await story.check(
    "Nor does he hold the dear one",
    dataMarket.canAccess(licence.offerId, bob, uses, 0),
    false,
  );
  await story.check(
    "The gateway answers him with 403",
    knock(story, shop, { who: "bob", offerId: licence.offerId, use: uses }),
    403,
  );
}

async function publishForecast(
  story: Story,
  shop: Shop,
  { assetId: parent }: Archive,
  { csv, error }: Forecast,
): Promise<Pick<Product, "assetId">> {
  const { dataAssets, deviceRegistry } = story.suite;
  const { carol } = story.accounts;
  const file = shop.path("forecast.csv");
  await writeFile(file, csv);
  const { root, recordCount, schemaHash } = await buildTree(
    file,
    FORECAST,
    shop.path("forecast.tree"),
  );
  story.tell(
    `She fetched and decrypted it as Bob did. Her forecast for a day of 2015 is the mean of that day
     in the three years before. Its highs turned out to be ${error.toFixed(1)} °C off on average, which is
     about what one gets for so little work.`,
  );
  const computer = await P256Key.generate();
  const claim = prepareRegistration(deviceRegistry, { key: computer, owner: carol });
  await story.act("carol", "registers her computer", claim);
  const publication = datasetOf(computer, carol.address, root, {
    recordCount,
    schemaHash,
    from: Date.UTC(2015, 0, 1) / 1000,
    to: Date.UTC(2016, 0, 1) / 1000 - 1,
    parents: [{ assetId: parent, bps: SHARE }],
    uri: "https://carol.example/forecasts/2015",
  });
  await story.act(
    "carol",
    `publishes ${count(recordCount)} days of forecast, made from asset ${parent}`,
    preparePublication(dataAssets, computer, publication),
  );
  const assetId = await dataAssets.assetOf(computer.deviceId, root);
  const [only] = await dataAssets.parentsOf(assetId);
  await story.check(
    `The chain knows its parent, and that ${Number(SHARE) / 100} % goes there`,
    [only?.assetId, only?.bps],
    [parent, SHARE],
  );
  return { assetId };
}

/** Nobody sells what is made from another's data without a licence that he cannot give back any more. */
async function offerForecast(
  story: Story,
  { assetId }: Pick<Product, "assetId">,
  { assetId: parent }: Archive,
  { offerId: licence, price }: Sealed,
): Promise<string> {
  const { dataMarket, dataOffers } = story.suite;
  const { carol } = story.accounts;
  const fee = await dataOffers.fee();
  const offer = offerOf(
    assetId,
    termsOf({ uses: Use.Internal | Use.Commercial }),
    saleOf(PRICE, fee),
  );
  const list = dataOffers.list.populateTransaction(offer, [licence], "0x");
  await story.refused("carol", "offers the forecast right away", list, {
    error: "DataOffersUnlicensedParent",
    args: [parent, SHARE],
    because: "she could still object to the key, and have her money back",
  });
  await story.pass(DAY + 1, "A day goes by.");
  const close = (): Promise<unknown> =>
    story.act(
      "relayer",
      "closes Carol's delivery",
      dataMarket.closeDelivery.populateTransaction(licence, carol),
    );
  await credits(story, close, [["alice", price - share(price, fee), "the licence, less the fee"]]);
  await story.act("carol", `offers the forecast for ${iotx(PRICE)}`, list);
  return offerIdOf(offer);
}

async function sellForecast(story: Story, { offerId }: Product): Promise<void> {
  const { dataMarket, dataOffers } = story.suite;
  const { dave } = story.accounts;
  const bps = await dataOffers.fee();
  const fee = share(PRICE, bps);
  const toParent = share(PRICE - fee, SHARE);
  const purchase = purchaseOf(offerId, dave.address, { maxPay: PRICE });
  const buy = (): Promise<unknown> =>
    story.act(
      "dave",
      `buys it for ${iotx(PRICE)}`,
      dataMarket.buy.populateTransaction(purchase, { value: PRICE }),
    );
  await credits(story, buy, [
    ["treasury", fee, "the fee"],
    ["alice", toParent, `${Number(SHARE) / 100} % of what is left, for the archive`],
    ["carol", PRICE - fee - toParent, "the rest"],
  ]);
  await story.check(
    "Dave may use it at once: what is not encrypted needs no key",
    dataMarket.canAccess(offerId, dave, Use.Commercial, 0),
  );
  await payOut(story, "carol", PRICE - fee - toParent);
  await payOut(story, "alice", LICENCE - share(LICENCE, bps) + toParent);
}
