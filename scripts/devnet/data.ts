import { parseEther } from "ethers";

import { merkleTree, type Observation, readObservations, WEATHER } from "../demo/weather.js";
import {
  offerIdOf,
  offerOf,
  type Sale,
  SaleKind,
  saleOf,
  termsOf,
  Use,
} from "../lib/data/offers.js";
import {
  chainHead,
  datasetOf,
  prepareAppend,
  preparePublication,
  type Publication,
  streamOf,
} from "../lib/data/publishing.js";
import type { DeviceKey } from "../lib/deviceKey.js";
import type { SeedContext, SeededOffer, SeedStep } from "./seed.js";

const DAY = 86_400;
const USES = Use.Internal | Use.Commercial;

/**
 * A month of weather from Alice's station, for sale as a whole; and a stream of days, for sale by the day. The stream
 * is her logger's: its key is known to everybody, so anyone can go on with it.
 */
export const data: SeedStep = {
  text: "Publishing a dataset of Alice's station and a stream of her logger, with an offer on each",
  run: async (context) => {
    const days = (await readObservations()).slice(-31);
    await seedDataset(context, days);
    await seedStream(context, days);
  },
};

async function seedDataset(context: SeedContext, days: readonly Observation[]): Promise<void> {
  const { alice } = context.accounts;
  const publication = datasetOf(keyOf(context, "station"), alice.address, merkleTree(days).root, {
    ...describe(days),
    uri: "https://alice.example/seattle/2015-12",
  });
  const assetId = await publish(context, "station", publication);
  const offer = await list(context, assetId, parseEther("1"), {});
  context.assets.dataset = { ...signedBy(context, "station", assetId), offer };
}

/** Its first day was yesterday's, and has been delivered. */
async function seedStream(context: SeedContext, days: readonly Observation[]): Promise<void> {
  const { accounts, connection, suite } = context;
  const now = await connection.networkHelpers.time.latest();
  const firstEpochStart = now - (now % DAY) - DAY;
  const start = merkleTree(days.slice(0, 1)).root;
  const clock = { epochLength: DAY, firstEpochStart, grace: DAY };
  const publication = streamOf(keyOf(context, "logger"), accounts.alice.address, start, clock, {
    ...describe(days.slice(0, 1)),
    uri: "https://alice.example/seattle/live",
  });
  const assetId = await publish(context, "logger", publication);
  const link = { epoch: 0, root: merkleTree(days.slice(1, 2)).root, recordCount: 1 };
  const epoch = { assetId, previous: start, ...link };
  const append = await prepareAppend(suite.dataAssets, keyOf(context, "logger"), epoch);
  await (await accounts.relayer.sendTransaction(append)).wait();
  const sale = { kind: SaleKind.Subscription, period: 1 };
  const offer = await list(context, assetId, parseEther("0.1"), sale);
  const head = chainHead(start, link);
  context.assets.stream = { ...signedBy(context, "logger", assetId), head, offer };
}

/** What a publication says about its records. */
function describe(days: readonly Observation[]): Partial<Publication> {
  const from = days.at(0)?.time ?? 0;
  const to = (days.at(-1)?.time ?? 0) + DAY - 1;
  return { recordCount: days.length, schemaHash: WEATHER.hash, from, to };
}

async function publish(
  context: SeedContext,
  device: string,
  publication: Publication,
): Promise<bigint> {
  const { accounts, suite } = context;
  const { dataAssets } = suite;
  const prepared = await preparePublication(dataAssets, keyOf(context, device), publication);
  await (await accounts.relayer.sendTransaction(prepared)).wait();
  return dataAssets.assetOf(publication.deviceId, publication.contentRoot);
}

async function list(
  { accounts, suite }: SeedContext,
  assetId: bigint,
  price: bigint,
  rest: Partial<Sale>,
): Promise<SeededOffer> {
  const { dataOffers } = suite;
  const sale = saleOf(price, await dataOffers.fee(), rest);
  const offer = offerOf(assetId, termsOf({ uses: USES }), sale);
  await (await dataOffers.connect(accounts.alice).list(offer, [], "0x")).wait();
  const kind = sale.kind === SaleKind.OneOff ? "OneOff" : "Subscription";
  return { offerId: offerIdOf(offer), kind, price: price.toString(), uses: USES };
}

function signedBy(context: SeedContext, device: string, assetId: bigint) {
  const { keyHash: deviceId } = keyOf(context, device);
  return { assetId: assetId.toString(), deviceId, owner: context.accounts.alice.address };
}

function keyOf({ keys }: SeedContext, device: string): DeviceKey {
  const key = keys[device];
  if (key === undefined)
    throw new Error(`There is no ${device}: it is registered by an earlier step`);
  return key;
}
