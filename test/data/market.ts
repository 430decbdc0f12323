// What the tests of the data market share: who buys what of whom, and what the books say after it.
import {
  type AddressLike,
  type BaseContract,
  type BytesLike,
  type ContractTransactionResponse,
  MaxUint256,
  resolveAddress,
  type Signer,
  ZeroHash,
} from "ethers";

import type { AccountName } from "../../scripts/lib/accounts.js";
import {
  type Offer,
  type Purchase,
  purchaseOf,
  SaleKind,
  signUsage,
  type Usage,
} from "../../scripts/lib/data/offers.js";
import { type Publication } from "../../scripts/lib/data/publishing.js";
import { NATIVE, NEVER } from "../../scripts/lib/identity.js";
import {
  DataGrants__factory,
  type DataMarket,
  DataMarket__factory,
  type DataOffers,
  type MockERC20,
} from "../../typechain-types/index.js";
import { plain } from "../identity/registry.js";
import { startingOn } from "../shared/starting.js";
import {
  append,
  type Data,
  DAY,
  deployData,
  list,
  type OfferParts,
  publishDataset,
  publishStream,
} from "./fixture.js";

export const MAX_UINT48 = 2n ** 48n - 1n;
export const MAX_UINT32 = 2n ** 32n - 1n;
/** What Bob and Carol have of the token, and let the market take. */
export const PURSE = 10n ** 24n;

/** The suite with buyers: Bob and Carol have tokens, and let the market take them. */
export interface Market extends Data {
  helpers: Data["connection"]["networkHelpers"];
  token: MockERC20;
}

/** A stream that is offered by the epoch. */
export interface Subscription {
  assetId: bigint;
  /** When epoch 0 starts, in seconds. */
  start: number;
  contentRoot: string;
  offer: Offer;
  offerId: string;
}

/** Deploys once for a `describe`; every test then starts from what `prepare` left on that chain. */
export function markets<T extends object>(
  prepare: (market: Market) => Promise<T>,
): () => Promise<Market & T> {
  return startingOn(deployData, async (data) => {
    const market = await openMarket(data);
    return { ...market, ...(await prepare(market)) };
  });
}

async function openMarket(data: Data): Promise<Market> {
  const token = await data.connection.ethers.deployContract("MockERC20", [18]);
  await fund(data, token);
  return { ...data, helpers: data.connection.networkHelpers, token };
}

interface Mintable extends BaseContract {
  mint(to: AddressLike, amount: bigint): Promise<unknown>;
}

/** Gives Bob and Carol their purses of a token, and the market their approval. */
export async function fund({ accounts, dataMarket }: Data, token: Mintable): Promise<void> {
  for (const buyer of [accounts.bob, accounts.carol]) {
    await token.mint(buyer, PURSE);
    await token.connect(buyer).getFunction("approve")(dataMarket, MaxUint256);
  }
}

/** An offer of Alice on a dataset of its own. */
export async function offerDataset(
  market: Market,
  price: bigint,
  parts: OfferParts = {},
  publication: Partial<Publication> = {},
): Promise<{ assetId: bigint; offer: Offer; offerId: string }> {
  const assetId = await publishDataset(market, publication);
  return { assetId, ...(await list(market, assetId, price, parts)) };
}

/** An offer of Alice, by periods of one epoch, on a stream of its own: daily, with an hour of grace. */
export async function offerStream(
  market: Market,
  price: bigint,
  { terms, sale, rest }: OfferParts = {},
  clock: Parameters<typeof publishStream>[1] = {},
): Promise<Subscription> {
  const stream = await publishStream(market, clock);
  const parts = {
    terms: { cancellable: true, transferable: true, ...terms },
    sale: { kind: SaleKind.Subscription, period: 1, ...sale },
    ...(rest && { rest }),
  };
  return { ...stream, ...(await list(market, stream.assetId, price, parts)) };
}

/** What a metered offer is besides its price. */
export const metered = (quota: number, terms: OfferParts["terms"] = {}): OfferParts => ({
  terms,
  sale: { kind: SaleKind.Metered, quota },
});

/** What an encrypted offer is besides its price: an hour to deliver, a day to dispute, the relayer to rule. */
export const encrypted = (market: Market, { terms, sale }: OfferParts = {}): OfferParts => ({
  ...(terms && { terms }),
  sale: {
    arbiter: market.accounts.relayer.address,
    deliverWithin: 3_600,
    challengeWindow: DAY,
    ...sale,
  },
});

/** What a purchase costs in all, and the coin that has to come with it. */
async function costOf({ dataMarket }: Data, purchase: Purchase) {
  const deal = await dataMarket.listingOf(purchase.offerId);
  const cost = BigInt(purchase.units) * (deal.period === 0n ? 1n : deal.period) * deal.price;
  return { cost, value: deal.currency === NATIVE ? cost : 0n };
}

/** Buys one unit for whoever pays, with exactly the coin that it costs, unless told otherwise. */
export async function buy(
  market: Market,
  buyer: Signer,
  offerId: string,
  rest: Partial<Purchase> = {},
  overrides: { value?: bigint; gasLimit?: bigint } = {},
): Promise<ContractTransactionResponse> {
  const purchase = purchaseOf(offerId, await buyer.getAddress(), rest);
  const { value } = await costOf(market, purchase);
  return market.dataMarket.connect(buyer).buy(purchase, { value, ...overrides });
}

/** What is credited to whom: the named accounts, and those that are asked for; none with nothing. */
export async function claimsOf(
  { dataMarket, accounts }: Data,
  currency: AddressLike,
  others: Record<string, AddressLike> = {},
): Promise<Record<string, bigint>> {
  const claims: Record<string, bigint> = {};
  for (const [name, account] of Object.entries<AddressLike>({ ...accounts, ...others })) {
    const amount = await dataMarket.claimable(currency, account);
    if (amount !== 0n) claims[name] = amount;
  }
  return claims;
}

export type Claims = Partial<Record<AccountName, bigint>>;

export const sum = (amounts: Record<string, bigint>): bigint =>
  Object.values(amounts).reduce((total, amount) => total + amount, 0n);

/** What the market has of the native coin. */
export const coinOf = async ({ connection, dataMarket }: Data): Promise<bigint> =>
  connection.ethers.provider.getBalance(dataMarket);

/** Winds the clock to a second of an epoch: a block is mined there. */
export async function goTo(
  { helpers }: Market,
  { start }: Pick<Subscription, "start">,
  epoch: number,
  seconds = 60,
): Promise<void> {
  await helpers.time.increaseTo(start + epoch * DAY + seconds);
}

/** Makes the next block's time a second of an epoch. */
export async function nextAt(
  { helpers }: Market,
  { start }: Pick<Subscription, "start">,
  epoch: number,
  seconds = 0,
): Promise<void> {
  await helpers.time.setNextBlockTimestamp(start + epoch * DAY + seconds);
}

/** Delivers epochs of a stream, each ten seconds after its end; the clock goes along. */
export async function deliverEpochs(
  market: Market,
  stream: Pick<Subscription, "assetId" | "start" | "contentRoot">,
  ...epochs: number[]
): Promise<void> {
  for (const epoch of epochs) {
    const head = await market.dataAssets.headOf(stream.assetId);
    await nextAt(market, stream, epoch + 1, 10);
    await append(market, stream.assetId, epoch, head === ZeroHash ? stream.contentRoot : head);
  }
}

/** Whose errors are expected, whichever contract was called. */
export const MARKET = { interface: DataMarket__factory.createInterface() };
export const GRANTS = { interface: DataGrants__factory.createInterface() };

/** Whether a holder has a grant that is in force, for all that the offer allows. */
export async function inForce(
  market: DataMarket,
  offerId: string,
  holder: AddressLike,
): Promise<boolean> {
  const { uses } = await market.listingOf(offerId);
  const { start } = await market.grantOf(offerId, holder);
  return market.canAccess(offerId, holder, uses, start);
}

/** When a holder's access closes for certain. */
export async function accessUntil(
  market: DataMarket,
  offerId: string,
  holder: AddressLike,
): Promise<bigint> {
  const grants = DataGrants__factory.connect(await market.grants(), market.runner);
  return grants.accessUntil(offerId, holder);
}

/** How many units of a limited offer were sold. */
export async function unitsSold(offers: DataOffers, offerId: string): Promise<bigint> {
  const market = DataMarket__factory.connect(await offers.market(), offers.runner);
  return (await market.listingOf(offerId)).sold;
}

const NO_GRANT = {
  start: 0n,
  end: 0n,
  refundTo: 0n,
  quota: 0n,
  used: 0n,
  tokenId: 0n,
  held: false,
};

/** A grant with nothing in it but what is given. */
export const grant = (rest: Partial<typeof NO_GRANT> = {}) => ({ ...NO_GRANT, ...rest });

/** A holder's grant as a plain object. */
export async function grantOf(
  { dataMarket }: Data,
  offerId: string,
  holder: AddressLike,
): Promise<Record<string, unknown>> {
  return plain(await dataMarket.grantOf(offerId, holder));
}

/** A holder's word for what he used, sent by the relayer. */
export async function use(
  { dataGrants, accounts }: Data,
  holder: Signer,
  offerId: string,
  cumulative: number | bigint,
  rest: Partial<Usage> = {},
): Promise<ContractTransactionResponse> {
  const usage = {
    offerId,
    holder: await holder.getAddress(),
    cumulative,
    deadline: NEVER,
    ...rest,
  };
  const signature = await signUsage(dataGrants, holder, usage);
  return dataGrants.connect(accounts.relayer).recordUsage(usage, signature);
}

/** Sells an asset of Alice on; her offers end with it. */
export async function sellAsset(
  { dataAssets, accounts }: Data,
  assetId: bigint,
  to: AddressLike,
): Promise<void> {
  await dataAssets.connect(accounts.alice).transferFrom(accounts.alice, to, assetId);
}

/** Does what only ADMIN may, after the delay that its role has. */
export async function asAdmin(
  { accessManager, accounts, helpers }: Market,
  target: BaseContract,
  method: string,
  ...args: unknown[]
): Promise<ContractTransactionResponse> {
  const data: BytesLike = target.interface.encodeFunctionData(method, args);
  const manager = accessManager.connect(accounts.admin);
  await manager.schedule(target, data, 0);
  await helpers.time.increase(3 * DAY);
  return manager.execute(target, data);
}

/** Wraps a holder's grant, and gives the token's id. */
export async function wrap({ dataMarket }: Data, holder: Signer, offerId: string): Promise<bigint> {
  await dataMarket.connect(holder).wrap(offerId);
  return (await dataMarket.grantOf(offerId, holder)).tokenId;
}

/** Moves the token of a wrapped grant. */
export async function move(
  { dataGrants }: Data,
  from: Signer,
  to: AddressLike,
  tokenId: bigint,
): Promise<ContractTransactionResponse> {
  return dataGrants.connect(from).transferFrom(from, await resolveAddress(to), tokenId);
}
