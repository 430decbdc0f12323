import { sha256, toBeHex, type TransactionResponse } from "ethers";

import {
  type MockERC20,
  MockERC20__factory,
  MockGate__factory,
} from "../../typechain-types/index.js";
import {
  type Offer,
  offerIdOf,
  offerOf,
  type Purchase,
  purchaseOf,
  type Sale,
  SaleKind,
  saleOf,
  signOffer,
  signUsage,
  type Terms,
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
import { Secp256k1Key } from "../lib/deviceKey.js";
import { prepareRegistration } from "../lib/devices.js";
import { NATIVE, NEVER } from "../lib/identity.js";
import type { GasContext, GasRow } from "./types.js";

const COIN = 10n ** 18n;
const HOUR = 3_600;
const DAY = 86_400;
/** A year after which every row's stream begins: rows do not depend on when they are measured. */
const START = 2_000_000_000;
const URI = "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
/** As long as a content key is that was sealed to an X25519 key. */
const SEALED_KEY = `0x${"5e".repeat(92)}`;

/** The same key and the same roots in every run, so that a figure changes only when a contract does. */
const STATION = new Secp256k1Key(sha256("0x57"));
const root = (n: number): string => sha256(toBeHex(n, 32));

const DESCRIPTION = {
  recordCount: 1_096,
  metadataHash: root(1_001),
  schemaHash: root(1_002),
  from: 1_325_376_000,
  to: 1_419_984_000,
  uri: URI,
};

/** A row's world: Alice's station has published one dataset, and Bob and Carol have a token that the market may take. */
interface Trade extends GasContext {
  token: MockERC20;
}

async function trade(context: GasContext): Promise<Trade> {
  const { suite, accounts } = context;
  const { alice, bob, carol } = accounts;
  const registration = { key: STATION, owner: alice };
  await alice.sendTransaction(await prepareRegistration(suite.deviceRegistry, registration));
  await publish(context, datasetOf(STATION, alice.address, root(0), DESCRIPTION));

  const token = await new MockERC20__factory(alice).deploy(18);
  for (const buyer of [bob, carol]) {
    await token.mint(buyer, 1_000n * COIN);
    await token.connect(buyer).approve(suite.dataMarket, 2n ** 256n - 1n);
  }
  return { ...context, token };
}

async function publish(
  { suite, accounts }: GasContext,
  publication: Publication,
): Promise<TransactionResponse> {
  const transaction = await preparePublication(suite.dataAssets, STATION, publication);
  return accounts.relayer.sendTransaction(transaction);
}

/** A stream of days, whose first has just begun. */
async function publishStream(context: GasContext): Promise<bigint> {
  const { suite, accounts, connection } = context;
  const clock = { epochLength: DAY, grace: HOUR, firstEpochStart: START };
  await publish(context, streamOf(STATION, accounts.alice.address, root(1), clock, DESCRIPTION));
  await connection.networkHelpers.time.increaseTo(START);
  return suite.dataAssets.assetOf(STATION.deviceId, root(1));
}

/** Appends the first epochs of the stream, and gives the end of its chain. */
async function appendEpochs(
  { suite, accounts, connection }: GasContext,
  assetId: bigint,
  count: number,
): Promise<{ head: string; last: TransactionResponse | undefined }> {
  let head = root(1);
  let last: TransactionResponse | undefined;
  for (let epoch = 0; epoch < count; epoch += 1) {
    await connection.networkHelpers.time.increaseTo(START + (epoch + 1) * DAY);
    const link = { epoch, root: root(100 + epoch), recordCount: 24 };
    const transaction = await prepareAppend(suite.dataAssets, STATION, {
      assetId,
      previous: head,
      ...link,
    });
    last = await accounts.relayer.sendTransaction(transaction);
    head = chainHead(head, link);
  }
  return { head, last };
}

interface Parts {
  assetId?: bigint;
  terms?: Partial<Terms>;
  sale?: Partial<Sale>;
}

const TERMS = { uses: Use.Internal | Use.Commercial, legalHash: root(1_003) };

/** An offer of Alice's, for the token unless told otherwise. */
async function offerFor(
  { suite, token }: Trade,
  { assetId = 1n, terms, sale }: Parts,
): Promise<Offer> {
  const fee = await suite.dataOffers.fee();
  const currency = token.target as string;
  return offerOf(
    assetId,
    termsOf({ ...TERMS, ...terms }),
    saleOf(COIN, fee, { currency, ...sale }),
  );
}

async function list(context: Trade, parts: Parts = {}): Promise<string> {
  const offer = await offerFor(context, parts);
  const { dataOffers } = context.suite;
  await dataOffers.connect(context.accounts.alice).list(offer, [], "0x");
  return offerIdOf(offer);
}

function buy(
  { suite, accounts }: Trade,
  offerId: string,
  rest: Partial<Purchase> = {},
  { buyer = accounts.carol, value = 0n } = {},
): Promise<TransactionResponse> {
  const purchase = purchaseOf(offerId, buyer.address, { maxPay: 100n * COIN, ...rest });
  return suite.dataMarket.connect(buyer).buy(purchase, { value });
}

/** A row about listing one offer, when its asset has another already. */
function listing(parts: (context: Trade) => Promise<Parts>): GasRow["measure"] {
  return async (context) => {
    const its = await trade(context);
    await list(its, { terms: { uses: 255 } });
    const offer = await offerFor(its, await parts(its));
    return its.suite.dataOffers.connect(its.accounts.alice).list(offer, [], "0x");
  };
}

/** A row about buying: what the seller offers, what Bob bought before, and what Carol buys now. */
function buying(
  parts: Parts,
  { before = 0, rest = {}, native = false }: Buying = {},
): GasRow["measure"] {
  return async (context) => {
    const its = await trade(context);
    const sale = { ...parts.sale, ...(native ? { currency: NATIVE } : {}) };
    const offerId = await list(its, { ...parts, sale });
    const value = native ? COIN : 0n;
    const { alice, bob } = its.accounts;
    // The market, the treasury and Alice have been paid in this currency by somebody before.
    await buy(its, await list(its, { terms: { uses: 255 }, sale }), rest, { buyer: bob, value });
    if (before === 0) await its.suite.dataAssets.connect(alice).setPayee(1, its.accounts.maker);
    else await buy(its, offerId, rest, { buyer: bob, value });
    return buy(its, offerId, rest, { value });
  };
}

interface Buying {
  /** How many have bought of the offer before; if none has, the payee was never paid in the currency. */
  before?: 0 | 1;
  rest?: Partial<Purchase>;
  native?: boolean;
}

const SUBSCRIPTION = { kind: SaleKind.Subscription, period: 1 };
const ENCRYPTED = { deliverWithin: DAY, challengeWindow: 2 * DAY };

/** A row about a stream's subscription that Bob has for 2 epochs, from the first one on. */
function subscription(
  act: (its: Trade, offerId: string, assetId: bigint) => Promise<TransactionResponse>,
  { native = false, terms = {} }: { native?: boolean; terms?: Partial<Terms> } = {},
): GasRow["measure"] {
  return async (context) => {
    const its = await trade(context);
    const assetId = await publishStream(its);
    const sale = { ...SUBSCRIPTION, ...(native ? { currency: NATIVE } : {}) };
    const offerId = await list(its, { assetId, terms, sale });
    const value = native ? 2n * COIN : 0n;
    await buy(its, offerId, { units: 2 }, { buyer: its.accounts.bob, value });
    return act(its, offerId, assetId);
  };
}

/** A row about an encrypted one-off that Bob has bought. */
function delivery(
  act: (its: Trade, offerId: string) => Promise<TransactionResponse>,
): GasRow["measure"] {
  return async (context) => {
    const its = await trade(context);
    const arbiter = its.accounts.maker.address;
    const offerId = await list(its, { sale: { ...ENCRYPTED, arbiter } });
    await buy(its, offerId, { encryptionKey: root(7) }, { buyer: its.accounts.bob });
    return act(its, offerId);
  };
}

async function deliver({ suite, accounts }: Trade, offerId: string): Promise<TransactionResponse> {
  return suite.dataMarket.connect(accounts.alice).deliver(offerId, accounts.bob, SEALED_KEY);
}

/** A row about money that is credited to Alice. */
function withdrawal(fresh: boolean): GasRow["measure"] {
  return async (context) => {
    const its = await trade(context);
    await buy(its, await list(its), {}, { buyer: its.accounts.bob });
    await buy(its, await list(its, { terms: { uses: 1 } }), {}, { buyer: its.accounts.bob });
    const { alice } = its.accounts;
    if (!fresh) await its.token.mint(alice, 1n);
    return its.suite.dataMarket.connect(alice).withdraw(its.token, alice, alice);
  };
}

/** A row about Bob's transferable grant, which he has wrapped unless told otherwise. */
function wrapped(
  act: (its: Trade, offerId: string) => Promise<TransactionResponse>,
  before = true,
): GasRow["measure"] {
  return async (context) => {
    const its = await trade(context);
    const { bob } = its.accounts;
    const other = await list(its, { terms: { uses: 1, transferable: true } });
    const offerId = await list(its, { terms: { transferable: true } });
    for (const id of [other, offerId]) await buy(its, id, {}, { buyer: bob });
    await its.suite.dataMarket.connect(bob).wrap(other);
    if (before) await its.suite.dataMarket.connect(bob).wrap(offerId);
    return act(its, offerId);
  };
}

export const data: readonly GasRow[] = [
  {
    name: "publish a dataset, no parents",
    ceiling: 168_000,
    measure: async (context) => {
      const { accounts } = await trade(context);
      return publish(context, datasetOf(STATION, accounts.alice.address, root(2), DESCRIPTION));
    },
  },
  {
    name: "publish a dataset, 4 parents",
    ceiling: 198_000,
    measure: async (context) => {
      const { accounts } = await trade(context);
      const original = (n: number): Publication =>
        datasetOf(STATION, accounts.alice.address, root(n), DESCRIPTION);
      for (const n of [2, 3, 4]) await publish(context, original(n));
      const parents = [1, 2, 3, 4].map((assetId) => ({ assetId, bps: 1_000 }));
      return publish(context, { ...original(5), parents });
    },
  },
  {
    name: "publish a stream",
    ceiling: 168_000,
    measure: async (context) => {
      const { accounts } = await trade(context);
      const clock = { epochLength: DAY, grace: HOUR, firstEpochStart: START };
      const stream = streamOf(STATION, accounts.alice.address, root(2), clock, DESCRIPTION);
      return publish(context, stream);
    },
  },
  {
    name: "append an epoch, the first of a stream",
    ceiling: 120_000,
    measure: async (context) => {
      const its = await trade(context);
      const { last } = await appendEpochs(its, await publishStream(its), 1);
      if (last === undefined) throw new Error("No epoch was appended");
      return last;
    },
  },
  {
    name: "append an epoch",
    ceiling: 84_000,
    measure: async (context) => {
      const its = await trade(context);
      const { last } = await appendEpochs(its, await publishStream(its), 3);
      if (last === undefined) throw new Error("No epoch was appended");
      return last;
    },
  },
  { name: "offer, plain", ceiling: 92_000, measure: listing(() => Promise.resolve({})) },
  {
    name: "offer, encrypted, with arbiter",
    ceiling: 114_000,
    measure: listing(({ accounts }) =>
      Promise.resolve({ sale: { ...ENCRYPTED, arbiter: accounts.maker.address } }),
    ),
  },
  {
    name: "offer, with gate",
    ceiling: 114_000,
    measure: listing(async ({ accounts }) => {
      const gate = await new MockGate__factory(accounts.alice).deploy();
      return { sale: { gate: gate.target } };
    }),
  },
  {
    name: "offer, with maxUnits",
    ceiling: 114_000,
    measure: listing(() => Promise.resolve({ sale: { maxUnits: 10 } })),
  },
  {
    name: "buy a one-off, ERC-20, the payee's first",
    ceiling: 130_000,
    measure: buying({}),
  },
  { name: "buy a one-off, ERC-20", ceiling: 110_000, measure: buying({}, { before: 1 }) },
  {
    name: "buy a one-off, native",
    ceiling: 90_000,
    measure: buying({}, { before: 1, native: true }),
  },
  {
    name: "buy a one-off, ERC-20, with key delivery",
    ceiling: 136_000,
    measure: async (context) => {
      const arbiter = context.accounts.maker.address;
      const rest = { encryptionKey: root(7) };
      const sale = { ...ENCRYPTED, arbiter };
      return buying({ sale }, { before: 1, rest })(context);
    },
  },
  {
    name: "buy quota, ERC-20",
    ceiling: 110_000,
    measure: buying({ sale: { kind: SaleKind.Metered, quota: 1_000 } }, { before: 1 }),
  },
  {
    name: "first buyer lists a signed offer and buys, ERC-20",
    ceiling: 184_000,
    measure: async (context) => {
      const its = await trade(context);
      await buy(its, await list(its), {}, { buyer: its.accounts.bob });
      const offer = await offerFor(its, { terms: { uses: 255 } });
      const { alice, carol } = its.accounts;
      const signature = await signOffer(its.suite.dataOffers, alice, offer);
      const purchase = purchaseOf(offerIdOf(offer), carol.address);
      return its.suite.dataOffers.connect(carol).listAndBuy(offer, [], signature, purchase);
    },
  },
  {
    name: "subscribe, ERC-20, later",
    ceiling: 122_000,
    measure: subscription((its, offerId) => buy(its, offerId, { units: 2 })),
  },
  {
    name: "subscribe, ERC-20, new delta words",
    ceiling: 145_000,
    measure: subscription(async (its, offerId) => {
      await its.connection.networkHelpers.time.increaseTo(START + 8 * DAY);
      return buy(its, offerId, { units: 8 });
    }),
  },
  {
    name: "extend a subscription, ERC-20",
    ceiling: 84_000,
    measure: subscription((its, offerId) =>
      buy(its, offerId, { units: 2 }, { buyer: its.accounts.bob }),
    ),
  },
  {
    name: "extend a subscription, native",
    ceiling: 62_000,
    measure: subscription(
      (its, offerId) =>
        buy(its, offerId, { units: 2 }, { buyer: its.accounts.bob, value: 2n * COIN }),
      { native: true },
    ),
  },
  {
    name: "settle a delivered epoch",
    ceiling: 72_000,
    measure: subscription(async (its, offerId, assetId) => {
      await appendEpochs(its, assetId, 2);
      const market = its.suite.dataMarket.connect(its.accounts.relayer);
      await market.settle(offerId, 1);
      return market.settle(offerId, 1);
    }),
  },
  {
    name: "refund two missed epochs",
    ceiling: 72_000,
    measure: subscription(async (its, offerId) => {
      await its.connection.networkHelpers.time.increaseTo(START + 4 * DAY);
      return its.suite.dataMarket.connect(its.accounts.relayer).refund(offerId, its.accounts.bob);
    }),
  },
  {
    name: "cancel a subscription",
    ceiling: 82_000,
    measure: subscription(
      ({ suite, accounts }, offerId) =>
        suite.dataMarket.connect(accounts.bob).cancel(offerId, accounts.bob),
      { terms: { cancellable: true } },
    ),
  },
  {
    name: "record usage",
    ceiling: 45_000,
    measure: async (context) => {
      const its = await trade(context);
      const { bob, relayer } = its.accounts;
      const offerId = await list(its, { sale: { kind: SaleKind.Metered, quota: 1_000 } });
      await buy(its, offerId, {}, { buyer: bob });
      const usage = { offerId, holder: bob.address, cumulative: 10, deadline: NEVER };
      const signature = await signUsage(its.suite.dataGrants, bob, usage);
      return its.suite.dataGrants.connect(relayer).recordUsage(usage, signature);
    },
  },
  { name: "deliver a sealed key", ceiling: 49_000, measure: delivery(deliver) },
  {
    name: "dispute a delivery, ERC-20",
    ceiling: 60_000,
    measure: delivery(async (its, offerId) => {
      await deliver(its, offerId);
      return its.suite.dataMarket.connect(its.accounts.bob).dispute(offerId);
    }),
  },
  {
    name: "rule for the holder",
    ceiling: 64_000,
    measure: delivery(async (its, offerId) => {
      await deliver(its, offerId);
      await its.suite.dataMarket.connect(its.accounts.bob).dispute(offerId);
      const market = its.suite.dataMarket.connect(its.accounts.maker);
      return market.rule(offerId, its.accounts.bob, false);
    }),
  },
  {
    name: "close a delivery that nobody disputed",
    ceiling: 102_000,
    measure: delivery(async (its, offerId) => {
      await deliver(its, offerId);
      await its.connection.networkHelpers.time.increase(3 * DAY);
      const market = its.suite.dataMarket.connect(its.accounts.relayer);
      return market.closeDelivery(offerId, its.accounts.bob);
    }),
  },
  { name: "withdraw a token", ceiling: 52_000, measure: withdrawal(false) },
  { name: "withdraw a token, fresh account", ceiling: 69_000, measure: withdrawal(true) },
  {
    name: "wrap a grant",
    ceiling: 115_000,
    measure: wrapped(
      ({ suite, accounts }, offerId) => suite.dataMarket.connect(accounts.bob).wrap(offerId),
      false,
    ),
  },
  {
    name: "transfer a wrapped grant",
    ceiling: 107_000,
    measure: wrapped(({ suite, accounts }) =>
      suite.dataGrants.connect(accounts.bob).transferFrom(accounts.bob, accounts.carol, 2),
    ),
  },
];
