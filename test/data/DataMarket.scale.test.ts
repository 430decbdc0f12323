import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { buy, deliverEpochs, goTo, markets, offerStream } from "./market.js";

/** What a slot of the payee, cold or warm, makes of a difference; a dearer growth would show. */
const SLACK = 3_000;

/** What nothing that others do makes dearer: their number is theirs. */
describe("DataMarket: many buyers", () => {
  const load = markets(async (market) => offerStream(market, 100n));
  type Loaded = Awaited<ReturnType<typeof load>>;

  async function gasOf(sent: Promise<ContractTransactionResponse>): Promise<number> {
    const receipt = await (await sent).wait();
    return Number(receipt?.gasUsed);
  }

  /** Strangers subscribe by the dozen, each for 3 epochs. */
  async function crowd(loaded: Loaded): Promise<void> {
    const { accounts, connection, offerId } = loaded;
    for (let i = 0; i < 24; i += 1) {
      const recipient = connection.ethers.Wallet.createRandom().address;
      await buy(loaded, accounts.carol, offerId, { recipient, units: 3 });
    }
  }

  for (const id of ["R31", "R32"] as const) {
    const what = id === "R31" ? "a refund" : "a settlement";
    it(`${id} make ${what} no dearer`, async () => {
      const spent: number[] = [];
      for (const crowded of [false, true]) {
        const loaded = await load();
        const { dataMarket, accounts, offerId } = loaded;
        await buy(loaded, accounts.bob, offerId, { units: 3 });
        if (crowded) await crowd(loaded);
        await deliverEpochs(loaded, loaded, 0, 1);
        await goTo(loaded, loaded, 5);
        const asStranger = dataMarket.connect(accounts.stranger);
        const sent =
          id === "R31" ? asStranger.refund(offerId, accounts.bob) : asStranger.settle(offerId, 9);
        spent.push(await gasOf(sent));
      }
      const [alone = 0, among = 0] = spent;
      expect(alone).to.be.greaterThan(40_000);
      expect(Math.abs(among - alone)).to.be.lessThan(SLACK);
    });
  }
});
