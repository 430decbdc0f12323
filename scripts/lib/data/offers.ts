// What sellers, buyers and holders say to the data market.
import { type Signer, type TypedDataDomain, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import type { IDataGrants } from "../../../typechain-types/contracts/data/DataGrants.js";
import type { IDataMarket } from "../../../typechain-types/contracts/data/DataMarket.js";
import type { IDataOffers } from "../../../typechain-types/contracts/data/DataOffers.js";
import type { DataGrants, DataOffers } from "../../../typechain-types/index.js";
import { NATIVE, NEVER } from "../identity.js";
import { type ActionType, domainOf, struct } from "../typedData.js";
import { Use } from "./accessRequest.js";

export type Offer = IDataOffers.OfferStruct;
export type Terms = IDataOffers.TermsStruct;
export type Sale = IDataOffers.SaleStruct;
export type Purchase = IDataMarket.PurchaseStruct;
export type Usage = IDataGrants.UsageStruct;

export { Use };

/** How an offer sells, as `IDataOffers.Kind` numbers it. */
export const SaleKind = { OneOff: 0, Subscription: 1, Metered: 2 } as const;

/** Where the delivery of a sealed key is, as `IDataMarket.DeliveryStatus` numbers it. */
export const DeliveryStatus = { None: 0, Pending: 1, Delivered: 2, Disputed: 3 } as const;

/** The struct types of the selling half of the data domain, as the contracts hash them. */
export const OFFER: ActionType = {
  ...struct(
    "Offer",
    "uint48 assetId",
    "uint32 transfers",
    "uint48 validUntil",
    "Terms terms",
    "Sale sale",
  ),
  ...struct(
    "Terms",
    "uint8 uses",
    "uint16 derivativeBps",
    "bool exclusive",
    "bool transferable",
    "bool cancellable",
    "bytes32 legalHash",
  ),
  ...struct(
    "Sale",
    "uint8 kind",
    "address currency",
    "uint128 price",
    "uint16 feeBps",
    "uint16 referrerBps",
    "uint16 period",
    "uint48 quota",
    "uint32 maxUnits",
    "address gate",
    "address arbiter",
    "uint24 deliverWithin",
    "uint24 challengeWindow",
  ),
};
export const USAGE = struct(
  "Usage",
  "bytes32 offerId",
  "address holder",
  "uint48 cumulative",
  "uint48 deadline",
);

export const offersDomain = (offers: DataOffers): Promise<TypedDataDomain> =>
  domainOf(offers, "DeFIoT DataOffers");
export const grantsDomain = (grants: DataGrants): Promise<TypedDataDomain> =>
  domainOf(grants, "DeFIoT DataGrants");

/** Terms for internal use, and nothing else, unless given. */
export function termsOf(rest: Partial<Terms> = {}): Terms {
  return {
    uses: Use.Internal,
    derivativeBps: 0,
    exclusive: false,
    transferable: false,
    cancellable: false,
    legalHash: ZeroHash,
    ...rest,
  };
}

/** A one-off sale for the native coin, unless given; `feeBps` is `DataOffers.fee()`. */
export function saleOf(price: bigint, feeBps: bigint, rest: Partial<Sale> = {}): Sale {
  return {
    kind: SaleKind.OneOff,
    currency: NATIVE,
    price,
    feeBps,
    referrerBps: 0,
    period: 0,
    quota: 0,
    maxUnits: 0,
    gate: ZeroAddress,
    arbiter: ZeroAddress,
    deliverWithin: 0,
    challengeWindow: 0,
    ...rest,
  };
}

/** An offer on an asset that has not changed hands, and that never ends, unless given. */
export function offerOf(
  assetId: bigint,
  terms: Terms,
  sale: Sale,
  rest: Partial<Offer> = {},
): Offer {
  return { assetId, transfers: 0, validUntil: NEVER, terms, sale, ...rest };
}

/** What names an offer, on chain or not: the hash of all of it. */
export function offerIdOf(offer: Offer): string {
  return TypedDataEncoder.hashStruct("Offer", OFFER, offer);
}

/** An owner's word for an offer, with which anyone puts it on chain. */
export async function signOffer(offers: DataOffers, owner: Signer, offer: Offer): Promise<string> {
  return owner.signTypedData(await offersDomain(offers), OFFER, offer);
}

/** One unit for the recipient, at any price, unless given. */
export function purchaseOf(
  offerId: string,
  recipient: string,
  rest: Partial<Purchase> = {},
): Purchase {
  return {
    offerId,
    units: 1,
    maxPay: 2n ** 256n - 1n,
    recipient,
    encryptionKey: ZeroHash,
    referrer: ZeroAddress,
    ...rest,
  };
}

/** A holder's word for what he has used so far. */
export async function signUsage(grants: DataGrants, holder: Signer, usage: Usage): Promise<string> {
  return holder.signTypedData(await grantsDomain(grants), USAGE, usage);
}
