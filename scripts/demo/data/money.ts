import type { AccountName } from "../../lib/accounts.js";
import { iotx } from "../../lib/format.js";
import { NATIVE } from "../../lib/identity.js";
import { nameOf, type Story } from "../story.js";

/** A part of an amount. */
export function share(amount: bigint, bps: bigint): bigint {
  return (amount * bps) / 10_000n;
}

/** What the market has credited to somebody and not yet paid out. */
export function creditOf({ accounts, suite }: Story, who: AccountName): Promise<bigint> {
  return suite.dataMarket.claimable(NATIVE, accounts[who]);
}

/** Who is to be credited with how much, and why. */
export type Due = readonly [who: AccountName, amount: bigint, why: string];

/** Does something, and checks to the last wei whom it credited. */
export async function credits(
  story: Story,
  work: () => Promise<unknown>,
  dues: readonly Due[],
): Promise<void> {
  const before = await Promise.all(dues.map(([who]) => creditOf(story, who)));
  await work();
  for (const [index, [who, amount, why]] of dues.entries()) {
    await story.check(
      `${amount === 0n ? "Nothing" : iotx(amount)} is credited to ${nameOf(who)}: ${why}`,
      creditOf(story, who),
      (before[index] ?? 0n) + amount,
    );
  }
}

/** Has all that is somebody's paid out to him; anyone may, so it costs him nothing. */
export async function payOut(story: Story, who: AccountName, amount: bigint): Promise<void> {
  const { dataMarket } = story.suite;
  const { provider } = story.connection.ethers;
  const account = story.accounts[who];
  const before = await provider.getBalance(account);
  await story.act(
    "relayer",
    `has the market pay ${nameOf(who)}`,
    dataMarket.withdraw.populateTransaction(NATIVE, account, account),
  );
  await story.check(
    `${iotx(amount)} has arrived, exactly`,
    provider.getBalance(account),
    before + amount,
  );
}
