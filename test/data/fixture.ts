import { hexlify, keccak256, randomBytes, toBeHex } from "ethers";

import type { Accounts } from "../../scripts/lib/accounts.js";
import {
  type Offer,
  offerIdOf,
  offerOf,
  type Sale,
  saleOf,
  type Terms,
  termsOf,
} from "../../scripts/lib/data/offers.js";
import {
  type Clock,
  datasetOf,
  type Epoch,
  prepareAppend,
  preparePublication,
  type Publication,
  streamOf,
} from "../../scripts/lib/data/publishing.js";
import type { Suite } from "../../scripts/lib/deploy.js";
import type { DeviceKey } from "../../scripts/lib/deviceKey.js";
import { deployIdentity, type Identity, registerDevice } from "../identity/fixture.js";

export const HOUR = 3_600;
export const DAY = 86_400;
export const COIN = 10n ** 18n;

/** The suite, and Alice's station, which publishes. */
export interface Data extends Identity {
  station: DeviceKey;
}

/** Deploys the suite on a fresh in-process chain and registers Alice's station. */
export async function deployData(): Promise<Data> {
  const identity = await deployIdentity();
  return { ...identity, station: await registerDevice(identity) };
}

/** A root that nobody has published yet. */
export const freshRoot = (): string => keccak256(randomBytes(32));

/** The chain's time, in seconds. */
export const now = ({ connection }: Identity): Promise<number> =>
  connection.networkHelpers.time.latest();

/** Publishes a dataset of Alice's station, and gives its id. */
export async function publishDataset(data: Data, rest: Partial<Publication> = {}): Promise<bigint> {
  return publish(data, datasetOf(data.station, data.accounts.alice.address, freshRoot(), rest));
}

/** Publishes a stream of Alice's station, whose first epoch begins with the next block, and gives its id. */
export async function publishStream(
  data: Data,
  clock: Partial<Clock> = {},
  rest: Partial<Publication> = {},
): Promise<{ assetId: bigint; start: number; contentRoot: string }> {
  const start = Number(clock.firstEpochStart ?? (await now(data)) + 1);
  const full = { epochLength: DAY, grace: HOUR, ...clock, firstEpochStart: start };
  const contentRoot = freshRoot();
  const { alice } = data.accounts;
  const assetId = await publish(
    data,
    streamOf(data.station, alice.address, contentRoot, full, rest),
  );
  return { assetId, start, contentRoot };
}

/** Publishes what Alice's station signs, and gives its id. */
export async function publish(data: Data, publication: Publication): Promise<bigint> {
  const { dataAssets, station, accounts } = data;
  await accounts.relayer.sendTransaction(
    await preparePublication(dataAssets, station, publication),
  );
  return dataAssets.assetOf(publication.deviceId, publication.contentRoot);
}

/** Appends an epoch, by default with a root of its own, and gives what was signed. */
export async function append(
  data: Data,
  assetId: bigint,
  epoch: number,
  previous: string,
  rest: Partial<Epoch> = {},
): Promise<Epoch> {
  const signed = { assetId, epoch, root: freshRoot(), previous, recordCount: 1, ...rest };
  const transaction = await prepareAppend(data.dataAssets, data.station, signed);
  await data.accounts.relayer.sendTransaction(transaction);
  return signed;
}

/** An offer by Alice on an asset, with the fee in force, put on chain. */
export async function list(
  { dataOffers, accounts }: Suite & { accounts: Accounts },
  assetId: bigint,
  price: bigint,
  { terms = {}, sale = {}, rest = {} }: OfferParts = {},
): Promise<{ offer: Offer; offerId: string }> {
  const offer = offerOf(assetId, termsOf(terms), saleOf(price, await dataOffers.fee(), sale), rest);
  await dataOffers.connect(accounts.alice).list(offer, [], "0x");
  return { offer, offerId: offerIdOf(offer) };
}

/** What of an offer is not as usual. */
export interface OfferParts {
  terms?: Partial<Terms>;
  sale?: Partial<Sale>;
  rest?: Partial<Offer>;
}

/** The n-th X25519 key of a test: any 32 bytes, to the chain. */
export const encryptionKey = (n = 1): string => toBeHex(n, 32);

/** Some bytes in the place of a sealed key. */
export const sealedKey = (): string => hexlify(randomBytes(92));
