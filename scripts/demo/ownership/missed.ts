import { count } from "../../lib/format.js";
import { MilestoneStatus, OfferingStatus } from "../../lib/ownership/machines.js";
import type { Story } from "../story.js";
import { charge, inCoin, inUsd } from "./charging.js";
import { dollars } from "./money.js";
import { OPERATOR_SHARES, partOf, RAISED, type Venture } from "./venture.js";

const THIRD = 2;

/** The third milestone is not reached in time: its money goes to the holders, and its shares to nobody. */
export async function missedChapter(story: Story, venture: Venture): Promise<void> {
  const { machineOfferings } = story.suite;
  const { shares, dollar, book } = venture;
  const [part, lost] = [partOf(RAISED, THIRD), partOf(OPERATOR_SHARES, THIRD)];
  story.chapter(
    "The third milestone is missed",
    `The square stays locked at night, and the third milestone's deadline comes. Its ${dollars(part)} goes back
     to the shareholders, as a dividend.`,
  );
  const { notBefore, deadline } = await machineOfferings.milestoneOf(shares, THIRD);
  const expire = machineOfferings.expire.populateTransaction(shares, THIRD);
  await story.refused("relayer", "wants to end it before its deadline", expire, {
    error: "MachineOfferingsUntimely",
    args: [THIRD, notBefore, deadline],
    because: "Alice has until then to reach it",
  });
  const left = Number(deadline) - (await story.now());
  await story.pass(left + 1, "The deadline goes by.");
  await story.act("relayer", "ends the third milestone, as anyone may now", expire);
  book.dividend("dollars", part);
  const { status } = await machineOfferings.milestoneStateOf(shares, THIRD);
  await story.check("It is over", status, MilestoneStatus.Expired);
  await story.check(
    `The ${count(lost)} shares that Alice would have had for it will never be hers`,
    machineOfferings.forfeitedOf(shares),
    lost,
  );
  await story.check(
    "All milestones are over, and nothing of the money raised is left in the offering",
    [
      await machineOfferings.statusOf(shares),
      (await machineOfferings.progressOf(shares)).remaining,
      await dollar.balanceOf(machineOfferings),
    ],
    [OfferingStatus.Closed, 0n, 0n],
  );
  for (const who of ["alice", "bob"] as const) {
    const name = who === "alice" ? "Alice" : "Bob";
    await story.check(
      `${name} may claim ${dollars(book.due("dollars", who))} for ${count(book.balanceOf(who))} shares`,
      shares.claimable(story.accounts[who], dollar),
      book.due("dollars", who),
    );
  }
  await claimNow(story, venture);
  story.tell("Cars keep coming. Alice leaves her fifth of it where it is, for now.");
  await charge(story, venture, [inUsd("heidi", "22.35"), inCoin("judy", "18.2", "two hours")]);
}

/** Bob does not wait for the others, which changes nothing for anybody. */
async function claimNow(story: Story, { shares, dollar, book }: Venture): Promise<void> {
  const { bob } = story.accounts;
  const due = book.due("dollars", "bob");
  const before = await dollar.balanceOf(bob);
  const claim = shares.claim.populateTransaction(dollar, 2n ** 256n - 1n);
  await story.act("bob", "claims his at once; the others leave theirs for now", claim);
  await story.check(`${dollars(due)} has arrived`, dollar.balanceOf(bob), before + due);
  book.pay("dollars", "bob", due);
}
