import { id } from "ethers";

import type { AccountName } from "../../lib/accounts.js";
import { type DeviceKey, P256Key } from "../../lib/deviceKey.js";
import { count, short } from "../../lib/format.js";
import { evidenceOf, MilestoneStatus, signEvidence } from "../../lib/ownership/machines.js";
import { share } from "../data/money.js";
import type { Prepared, Story } from "../story.js";
import { dollars } from "./money.js";
import {
  DAY,
  HARD_CAP,
  MILESTONES,
  OPERATOR_SHARES,
  partOf,
  RAISED,
  type Venture,
  VETO_WINDOW,
} from "./venture.js";

/** Two milestones are reached, by the charger's own word; holders stop the third. */
export async function milestonesChapter(story: Story, venture: Venture): Promise<void> {
  story.chapter(
    "The money follows the charger's word",
    `Nobody has to believe Alice. The charger signs what it has reached with the key that was made in
     it; after that, the shareholders have ${VETO_WINDOW / DAY} days to object. Only then does the money move.`,
  );
  await story.pass(21 * DAY, "Three weeks go by. The charger is put up.");
  await refuseForgery(story, venture);
  await claim(story, venture, 0);
  await refuseHaste(story, venture);
  await release(story, venture, 0);
  await story.pass(45 * DAY, "Six weeks go by, and a hundred cars.");
  await claim(story, venture, 1);
  await release(story, venture, 1);
  await payOut(story, venture);
  await stopThird(story, venture);
}

/** The report that a signature is about; the chain sees its hash. */
function prepareClaim(
  { suite }: Story,
  { shares }: Venture,
  key: DeviceKey,
  milestone: number,
): Prepared {
  const { machineOfferings } = suite;
  const report = id(`The charger ${MILESTONES[milestone]?.goal ?? ""}`);
  const evidence = evidenceOf(shares.target as string, milestone, report);
  return signEvidence(machineOfferings, key, evidence).then((signature) =>
    machineOfferings.claimMilestone.populateTransaction(evidence, signature),
  );
}

async function refuseForgery(story: Story, venture: Venture): Promise<void> {
  const key = await P256Key.generate();
  await story.refused(
    "alice",
    "reports the first milestone with a key of her own",
    prepareClaim(story, venture, key, 0),
    {
      error: "MachineOfferingsInvalidEvidence",
      args: [venture.shares.target, 0],
      because: `device ${short(venture.charger.deviceId)} did not sign it`,
    },
  );
}

async function claim(story: Story, venture: Venture, milestone: number): Promise<void> {
  await story.act(
    "relayer",
    `carries the charger's signed word: it ${MILESTONES[milestone]?.goal ?? ""}`,
    prepareClaim(story, venture, venture.charger, milestone),
  );
}

async function refuseHaste(story: Story, { shares }: Venture): Promise<void> {
  const { machineOfferings } = story.suite;
  const { claimedAt } = await machineOfferings.milestoneStateOf(shares, 0);
  await story.refused(
    "alice",
    "wants the money at once",
    machineOfferings.release.populateTransaction(shares, 0),
    {
      error: "MachineOfferingsVetoWindow",
      args: [claimedAt + BigInt(VETO_WINDOW)],
      because: `the shareholders have ${VETO_WINDOW / DAY} days to object`,
    },
  );
}

async function release(story: Story, venture: Venture, milestone: number): Promise<void> {
  const { machineOfferings } = story.suite;
  const { alice, treasury } = story.accounts;
  const { shares, dollar, book } = venture;
  const [part, vested] = [partOf(RAISED, milestone), partOf(OPERATOR_SHARES, milestone)];
  const bps = await machineOfferings.feeBps();
  const fee = share(part, bps);
  const credited = (): Promise<bigint[]> =>
    Promise.all([alice, treasury].map((who) => machineOfferings.claimable(dollar, who)));
  const [hers = 0n, fees = 0n] = await credited();
  await story.pass(VETO_WINDOW, `${VETO_WINDOW / DAY} days go by, and nobody objects.`);
  await story.act(
    "relayer",
    `has milestone ${milestone + 1} paid, as anyone may now`,
    machineOfferings.release.populateTransaction(shares, milestone),
  );
  book.move("unvested", "alice", vested);
  await story.check(
    `${dollars(part - fee)} is credited to Alice, and the protocol's fee of ${Number(bps) / 100} %, ${dollars(fee)}, to the treasury`,
    credited(),
    [hers + part - fee, fees + fee],
  );
  await story.check(
    `${count(vested)} shares more are hers now: ${count(book.balanceOf("alice"))}`,
    shares.balanceOf(alice),
    book.balanceOf("alice"),
  );
}

async function payOut(story: Story, { dollar }: Venture): Promise<void> {
  const { machineOfferings } = story.suite;
  const bps = await machineOfferings.feeBps();
  const released = partOf(RAISED, 0) + partOf(RAISED, 1);
  const fees = share(released, bps);
  const dues: readonly [AccountName, bigint, string][] = [
    ["alice", released - fees, "has her two parts paid out"],
    ["treasury", fees, "has its fees paid out"],
  ];
  for (const [who, amount, did] of dues) {
    const account = story.accounts[who];
    const before = await dollar.balanceOf(account);
    await story.act(
      who,
      did,
      machineOfferings.withdraw.populateTransaction(dollar, account, account),
    );
    const after = dollar.balanceOf(account);
    await story.check(`${dollars(amount)} has arrived, exactly`, after, before + amount);
  }
}

/** The charger says that it is never closed, and its owners know better. */
async function stopThird(story: Story, venture: Venture): Promise<void> {
  const { machineOfferings } = story.suite;
  const { shares, book } = venture;
  story.tell(
    `The third milestone is that the charger is open day and night. It says so of itself, but the
     market square is locked after dark. A quarter of the ${count(HARD_CAP)} shares that
     were sold is enough to stop the payment; Alice's do not count.`,
  );
  await claim(story, venture, 2);
  const veto = machineOfferings.veto.populateTransaction(shares, 2);
  const state = () => machineOfferings.milestoneStateOf(shares, 2);
  await story.act("bob", `objects with his ${count(book.balanceOf("bob"))} shares`, veto);
  await story.check(
    "That is not enough: the claim stands",
    (await state()).status,
    MilestoneStatus.Claimed,
  );
  await story.act("carol", `objects with her ${count(book.balanceOf("carol"))}`, veto);
  await story.check(
    "That is: the milestone is open again, and may be claimed anew until its deadline",
    (await state()).status,
    MilestoneStatus.Pending,
  );
  await story.refused(
    "alice",
    "wants the third part all the same",
    machineOfferings.release.populateTransaction(shares, 2),
    {
      error: "MachineOfferingsWrongMilestone",
      args: [2, MilestoneStatus.Pending],
      because: "the claim was stopped",
    },
  );
}
