import type { TransactionReceipt } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import { nameOf, type Story } from "../story.js";
import { type OperatorName, OPERATORS } from "./cast.js";
import { addressOf, type Coin } from "./coins.js";
import type { act, Claimed, World } from "./world.js";

/** Enough to go through any history. */
const ALL = 2n ** 256n - 1n;

/** Has all that is a staker's of one coin paid to him; anyone may send it. */
export async function claimFor(
  story: Story,
  world: World,
  how: typeof act,
  sender: AccountName,
  [who, name, coin]: readonly [who: AccountName, operator: OperatorName, coin: Coin],
  did = `has ${nameOf(who)} paid in ${coin}`,
): Promise<{ receipt: TransactionReceipt; claimed: Claimed }> {
  const { moduleRewards } = story.suite;
  const { address } = story.accounts[who];
  const [operator, currency] = [OPERATORS[name], addressOf(coin, world.tokens)];
  const { receipt, reckoned } = await how(
    story,
    world,
    sender,
    did,
    moduleRewards.claimFor.populateTransaction(operator, currency, address, ALL),
    (model) => model.claim(address, operator, currency),
  );
  const events = receipt.logs.map((log) => moduleRewards.interface.parseLog(log));
  const paid = events.find((event) => event?.name === "Claimed")?.args.amount as bigint | undefined;
  const claimed = { who, coin, paid: paid ?? 0n, reckoned };
  world.claims.push(claimed);
  return { receipt, claimed };
}

/** Whether both say the same of a reward. The chain cuts off after 96 fractional bits, the model does not: they may differ by a unit. */
export function isClose(chain: bigint, model: bigint): boolean {
  return chain - model <= 1n && model - chain <= 1n;
}
