import type { AccountName } from "../../lib/accounts.js";
import { purchaseOf, Use } from "../../lib/data/offers.js";
import { iotx } from "../../lib/format.js";
import type { Story } from "../story.js";
import { PRICE, type Product, SHARE } from "./forecast.js";
import { creditOf, credits, payOut, share } from "./money.js";
import type { Archive } from "./publish.js";
import type { Sealed } from "./sealed.js";

/** The archive is sold: who bought goes on, who has not does not buy at the old price, and income moves with it. */
export async function handoverChapter(
  story: Story,
  { assetId }: Archive,
  sealed: Sealed,
  forecast: Product,
): Promise<void> {
  const { dataAssets, dataMarket } = story.suite;
  const { alice, bob, maker } = story.accounts;
  story.chapter(
    "The archive changes hands",
    `An asset is a token, and can be sold like one. What was bought stays bought. Offers of the old
     owner end, because the new one has not made them; later income is the new one's.`,
  );
  await story.act(
    "alice",
    "sells the archive to Cascade",
    dataAssets["safeTransferFrom(address,address,uint256)"].populateTransaction(
      alice,
      maker,
      assetId,
    ),
  );
  await story.check("The archive is Cascade's", dataAssets.ownerOf(assetId), maker.address);
  await story.check(
    "Bob still reads it",
    dataMarket.canAccess(sealed.offerId, bob, Use.Internal, 0),
  );
  await refuseOldOffer(story, sealed);
  await sellForecast(story, forecast);
  await emptyMarket(story);
}

async function refuseOldOffer(story: Story, { offerId, price }: Sealed): Promise<void> {
  const { dataMarket } = story.suite;
  const { dave } = story.accounts;
  const purchase = purchaseOf(offerId, dave.address, { encryptionKey: `0x${"01".repeat(32)}` });
  await story.refused(
    "dave",
    `wants the archive, too, at Alice's ${iotx(price)}`,
    dataMarket.buy.populateTransaction(purchase, { value: price }),
    {
      error: "DataMarketStaleOffer",
      args: [0, 1],
      because: "since that offer the archive has changed hands once",
    },
  );
}

async function sellForecast(story: Story, { offerId }: Product): Promise<void> {
  const { dataMarket, dataOffers } = story.suite;
  const { bob } = story.accounts;
  const fee = share(PRICE, await dataOffers.fee());
  const toParent = share(PRICE - fee, SHARE);
  const purchase = purchaseOf(offerId, bob.address, { maxPay: PRICE });
  const buy = (): Promise<unknown> =>
    story.act(
      "bob",
      `buys Carol's forecast for ${iotx(PRICE)}`,
      dataMarket.buy.populateTransaction(purchase, { value: PRICE }),
    );
  await credits(story, buy, [
    ["alice", 0n, "the archive is not hers any more"],
    ["maker", toParent, "the archive's share"],
    ["carol", PRICE - fee - toParent, "the rest, after the fee"],
  ]);
}

async function emptyMarket(story: Story): Promise<void> {
  const { provider } = story.connection.ethers;
  for (const who of ["maker", "carol", "treasury"] as const) {
    await payOut(story, who, await creditOf(story, who));
  }
  await story.check(
    "Everybody has been paid, and not one wei is left in the market",
    provider.getBalance(story.suite.dataMarket),
    0n,
  );
  const names = Object.keys(story.accounts) as AccountName[];
  const owed = await Promise.all(names.map((who) => creditOf(story, who)));
  const none = names.map(() => 0n);
  await story.check("Nor is anybody owed one", owed, none);
}
