// An encrypted sale, step by step: offer, purchase, and the content key on its way through the chain.
import type { AccountName } from "../../lib/accounts.js";
import {
  offerIdOf,
  offerOf,
  purchaseOf,
  saleOf,
  type Terms,
  termsOf,
  Use,
} from "../../lib/data/offers.js";
import { type EncryptionKey, seal } from "../../lib/data/sealing.js";
import { iotx } from "../../lib/format.js";
import { nameOf, type Story } from "../story.js";
import type { Archive } from "./publish.js";
import type { Shop } from "./shop.js";

export const DAY = 86_400;

/** An encrypted offer of the archive. */
export interface Sealed {
  offerId: string;
  price: bigint;
}

/** Alice offers the archive, encrypted, with an arbiter and a day to object. */
export async function offerArchive(
  story: Story,
  shop: Shop,
  { assetId, content }: Archive,
  { price, terms }: { price: bigint; terms: Partial<Terms> },
): Promise<Sealed> {
  const { dataOffers } = story.suite;
  const arbiter = story.accounts.arbiter.address;
  const delivery = { arbiter, deliverWithin: DAY, challengeWindow: DAY };
  const sale = saleOf(price, await dataOffers.fee(), delivery);
  const offer = offerOf(assetId, termsOf(terms), sale);
  const what =
    Number(terms.uses) === Use.Internal ? "for internal use" : "to make products from it";
  await story.act(
    "alice",
    `offers the archive ${what}, for ${iotx(price)}`,
    dataOffers.list.populateTransaction(offer, [], "0x"),
  );
  const offerId = offerIdOf(offer);
  shop.stock(offerId, content);
  return { offerId, price };
}

/** Somebody buys with the key that the content key is to be sealed to. */
export async function buySealed(
  story: Story,
  who: AccountName,
  { offerId, price }: Sealed,
  { publicKey }: EncryptionKey,
): Promise<void> {
  const { dataMarket } = story.suite;
  const rest = { encryptionKey: publicKey, maxPay: price };
  const purchase = purchaseOf(offerId, story.accounts[who].address, rest);
  await story.act(
    who,
    `pays ${iotx(price)} and names an encryption key`,
    dataMarket.buy.populateTransaction(purchase, { value: price }),
  );
}

/** Alice reads the buyer's key off the chain and answers with the sealed content key; he opens it. */
export async function deliver(
  story: Story,
  archive: Archive,
  { offerId }: Sealed,
  who: AccountName,
  his: EncryptionKey,
): Promise<Uint8Array> {
  const { dataMarket } = story.suite;
  const holder = story.accounts[who].address;
  const sale = { offerId, holder };
  const [bought] = await dataMarket.queryFilter(dataMarket.filters.GrantBought(offerId, holder));
  const sealedKey = seal(bought?.args.encryptionKey ?? "", archive.key, sale);
  await story.act(
    "alice",
    `posts the content key, sealed to ${nameOf(who)}`,
    dataMarket.deliver.populateTransaction(offerId, holder, sealedKey),
  );
  const [posted] = await dataMarket.queryFilter(dataMarket.filters.KeyDelivered(offerId, holder));
  const key = his.open(posted?.args.sealedKey ?? "", sale);
  await story.check(
    `${nameOf(who)} finds it in the event, and opens it`,
    Buffer.from(key).equals(archive.key),
  );
  return key;
}
