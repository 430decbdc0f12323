import { parseEther } from "ethers";

import {
  offerIdOf,
  offerOf,
  purchaseOf,
  SaleKind,
  saleOf,
  termsOf,
  Use,
} from "../../lib/data/offers.js";
import { type Clock, preparePublication, streamOf } from "../../lib/data/publishing.js";
import { iotx } from "../../lib/format.js";
import type { Story } from "../story.js";
import { credits, payOut, share } from "./money.js";
import {
  buildMonth,
  deliverMonths,
  GRACE,
  MONTH,
  MONTHS,
  type Stream,
  verifyYear,
} from "./months.js";
import type { Archive } from "./publish.js";
import type { Shop } from "./shop.js";

const PRICE = parseEther("3");
const PAID = BigInt(MONTHS.length);

/** Dave pays for four months, and gets back the one in which the station was silent. */
export async function streamChapter(story: Story, shop: Shop, { station }: Archive): Promise<void> {
  story.chapter(
    "Month after month, and one goes missing",
    `The year 2015 comes as a stream, a root a month. Months last 30 days here and begin now, by this
     chain's clock; their records are those of January 2015 and on. Dave grows apples and fears
     frost: he subscribes. The market keeps his money and pays month by month, for what came.`,
  );
  const stream = await openStream(story, shop, station);
  const offerId = await subscribe(story, stream);
  await deliverMonths(story, shop, stream);
  await verifyYear(story, stream);
  await divide(story, offerId);
  await endSubscription(story, offerId);
}

async function openStream(story: Story, shop: Shop, station: Archive["station"]): Promise<Stream> {
  const { dataAssets } = story.suite;
  const { root: start } = await buildMonth(shop, "2014-12");
  const clock: Clock = { epochLength: MONTH, grace: GRACE, firstEpochStart: await story.now() };
  const rest = { uri: "https://alice.example/seattle/2015" };
  const publication = streamOf(station, story.accounts.alice.address, start, clock, rest);
  await story.act(
    "relayer",
    "carries the station's word for a stream, with December 2014 as a sample",
    preparePublication(dataAssets, station, publication),
  );
  const assetId = await dataAssets.assetOf(station.deviceId, start);
  await story.check(
    "The stream is Alice's",
    dataAssets.ownerOf(assetId),
    story.accounts.alice.address,
  );
  return { station, assetId, start, links: [] };
}

async function subscribe(story: Story, { assetId }: Stream): Promise<string> {
  const { dataMarket, dataOffers } = story.suite;
  const { dave } = story.accounts;
  const sale = saleOf(PRICE, await dataOffers.fee(), { kind: SaleKind.Subscription, period: 1 });
  const offer = offerOf(assetId, termsOf(), sale);
  const offerId = offerIdOf(offer);
  await story.act(
    "alice",
    `offers it for ${iotx(PRICE)} a month`,
    dataOffers.list.populateTransaction(offer, [], "0x"),
  );
  const value = PAID * PRICE;
  const purchase = purchaseOf(offerId, dave.address, { units: PAID, maxPay: value });
  await story.act(
    "dave",
    `subscribes for ${PAID} months and pays ${iotx(value)}`,
    dataMarket.buy.populateTransaction(purchase, { value }),
  );
  const opens = (epoch: number): Promise<boolean> =>
    dataMarket.canAccess(offerId, dave, Use.Internal, epoch);
  await story.check("January to April are open to him", Promise.all([0, 1, 2, 3].map(opens)), [
    true,
    true,
    true,
    true,
  ]);
  await story.check("May is not", opens(4), false);
  return offerId;
}

/** Both sides read the same delivered bits: what one earns is what the other does not get back. */
async function divide(story: Story, offerId: string): Promise<void> {
  const { dataMarket, dataOffers } = story.suite;
  const { dave } = story.accounts;
  const earned = (PAID - 1n) * PRICE;
  const fee = share(earned, await dataOffers.fee());
  story.tell("Three months came and one did not. Anyone may have that settled, in any order.");
  const settle = (): Promise<unknown> =>
    story.act(
      "relayer",
      `has the ${PAID} months settled`,
      dataMarket.settle.populateTransaction(offerId, PAID),
    );
  await credits(story, settle, [
    ["treasury", fee, "its fee"],
    ["alice", earned - fee, `three months of ${iotx(PRICE)}, less the fee`],
  ]);
  const refund = (): Promise<unknown> =>
    story.act(
      "relayer",
      "has Dave refunded",
      dataMarket.refund.populateTransaction(offerId, dave.address),
    );
  await credits(story, refund, [["dave", PRICE, "March, and nothing else"]]);
  await story.check(
    "A second refund would give him nothing",
    dataMarket.refund.staticCall(offerId, dave),
    0n,
  );
  await payOut(story, "dave", PRICE);
  await payOut(story, "alice", earned - fee);
}

/** The last month's data comes after it is over, so access lasts a month longer. */
async function endSubscription(story: Story, offerId: string): Promise<void> {
  const { dataMarket } = story.suite;
  const { dave } = story.accounts;
  const reads = (): Promise<boolean> => dataMarket.canAccess(offerId, dave, Use.Internal, 3);
  await story.check("In May, Dave still reads April", reads());
  await story.pass(MONTH, "May goes by.");
  await story.check("In June he does not: nobody had to end it", reads(), false);
}
