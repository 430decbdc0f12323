import type { AccountName } from "../../lib/accounts.js";
import { count } from "../../lib/format.js";
import { NOBODY } from "../../lib/identity.js";
import { Motion, Outcome, payloadOf, Stage } from "../../lib/ownership/machines.js";
import { say } from "../../lib/terminal.js";
import { nameOf, type Story } from "../story.js";
import { COINS } from "./book.js";
import { payEverybody } from "./claims.js";
import { capital, listOf, quietly, sayOfAll, table } from "./crowd.js";
import { amountOf, dollars, endow, figureOf, inDollars } from "./money.js";
import {
  DAY,
  HARD_CAP,
  OPERATOR_SHARES,
  PRICE,
  type Venture,
  VOTING_PERIOD,
  WORKING_BALANCE,
} from "./venture.js";

/** What people paid for a share, for each of all shares. */
const LOW = PRICE * (HARD_CAP + OPERATOR_SHARES);
const HIGH = inDollars("72000");
/** What is in the charger's wallet when it is sold. */
const CHANGE = inDollars("60");
const FROZEN = 2;

/** One bid is refused by vote, a second is accepted; the price is the last dividend. */
export async function buyoutChapter(story: Story, venture: Venture): Promise<void> {
  story.chapter(
    "The charger is sold",
    `The shareholders own the charger together, so they decide together. A bid has to be paid in
     full before anybody votes on it; it needs two thirds of all shares that have an owner, and
     for each share it cannot be lower than what people paid for one. After the vote there is a day
     to think, then anyone carries it out.`,
  );
  await fillWallet(story, venture);
  await refuseLowBid(story, venture);
  await rejectFirst(story, venture);
  await acceptSecond(story, venture);
  await settle(story, venture);
}

async function fillWallet(story: Story, { charger, dollar, shares }: Venture): Promise<void> {
  const wallet = await story.suite.deviceRegistry.accountOf(charger.deviceId);
  await dollar.mint(wallet, CHANGE);
  await story.check(
    `The charger's own wallet holds ${dollars(CHANGE)}, and may keep up to ${dollars(WORKING_BALANCE)} while it works`,
    [await dollar.balanceOf(wallet), await shares.sweepAccount.staticCall(dollar)],
    [CHANGE, 0n],
  );
}

async function refuseLowBid(story: Story, { dollar, shares }: Venture): Promise<void> {
  const { machineVotes } = story.suite;
  await endow(story, dollar, "ivan", LOW, machineVotes);
  await endow(story, dollar, "stranger", HIGH, machineVotes);
  const price = LOW - inDollars("0.01");
  const expiry = (await story.now()) + 30 * DAY;
  await story.refused(
    "ivan",
    `bids ${dollars(price)}`,
    machineVotes.bid.populateTransaction(shares, price, expiry),
    {
      error: "MachineVotesBelowFloor",
      args: [price, LOW],
      because: `the least is ${dollars(LOW)}, what people paid for a share times all shares`,
    },
  );
}

async function rejectFirst(story: Story, venture: Venture): Promise<void> {
  const { machineVotes } = story.suite;
  const { dollar, shares } = venture;
  const { ivan } = story.accounts;
  const before = await dollar.balanceOf(ivan);
  await bid(story, venture, "ivan", LOW);
  const proposal = await propose(story, venture, "ivan", 1n);
  await vote(story, venture, proposal, ["ivan", "judy"], ["bob", "dave", "frank"]);
  await story.refused(
    "ivan",
    "wants his money back before the vote is over",
    machineVotes.withdrawBid.populateTransaction(shares, 1),
    {
      error: "MachineVotesBidStands",
      args: [1],
      because: "who bids stands by it until the vote is over",
    },
  );
  await story.pass(VOTING_PERIOD, `${VOTING_PERIOD / DAY} days go by, and the vote is over.`);
  await story.check(
    "Two thirds were not for it",
    machineVotes.outcomeOf(shares, proposal),
    Outcome.Defeated,
  );
  await story.act(
    "relayer",
    "has Ivan's bid given back",
    machineVotes.withdrawBid.populateTransaction(shares, 1),
  );
  await story.check(`Ivan has his ${dollars(LOW)} again`, dollar.balanceOf(ivan), before);
}

async function acceptSecond(story: Story, venture: Venture): Promise<void> {
  const { deviceRegistry, machineVotes } = story.suite;
  const { charger, shares } = venture;
  await bid(story, venture, "stranger", HIGH);
  const proposal = await propose(story, venture, "bob", 2n);
  const yes = ["bob", "carol", "dave", "erin", "frank", "grace", "heidi", "kim"] as const;
  await vote(story, venture, proposal, yes, ["ivan"]);
  await story.pass(VOTING_PERIOD, `${VOTING_PERIOD / DAY} days go by, and the vote is over.`);
  await story.check(
    "Two thirds were for it",
    machineVotes.outcomeOf(shares, proposal),
    Outcome.Passed,
  );
  const payload = payloadOf("AcceptBid", 2n);
  const execute = machineVotes.execute.populateTransaction(shares, proposal, payload);
  await story.refused("stranger", "wants the charger now", execute, {
    error: "MachineVotesNotExecutable",
    args: [proposal],
    because: "there is a day between a vote and what it leads to",
  });
  await story.pass(DAY, "That day goes by.");
  await story.act("relayer", "carries out what was voted", execute);
  await story.check(
    "The charger is the stranger's, and so is what it earns from now on",
    [
      await deviceRegistry.ownerOf(charger.deviceId),
      await deviceRegistry.revenuePayeeOf(charger.deviceId),
      await deviceRegistry.userOf(charger.deviceId),
    ],
    [story.accounts.stranger.address, NOBODY, NOBODY],
  );
}

/** The price and what was in the wallet are the last dividend. */
async function settle(story: Story, venture: Venture): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { book, charger, dollar, shares } = venture;
  book.dividend("dollars", HIGH + CHANGE);
  await story.check(
    `Its wallet was emptied first: ${dollars(CHANGE)} is the shareholders', too`,
    dollar.balanceOf(await deviceRegistry.accountOf(charger.deviceId)),
    0n,
  );
  await story.check("The shares stand still", shares.stage(), Stage.Ended);
  await story.refused(
    "kim",
    "wants to sell a share of what is sold already",
    shares.transfer.populateTransaction(story.accounts.erin, 1),
    {
      error: "DividendLedgerWrongPhase",
      args: [FROZEN],
      because: "what a share still earns is for who held it at the end",
    },
  );
  story.tell(
    `What is there to share out: the third milestone's money, of which Bob has had his part; the last
     two sessions; what was in the wallet; and the price.`,
  );
  await payEverybody(story, venture);
  say("In all its life, the charger has paid for their shares:");
  table(
    ["Who", "Shares", "Dollars", "IOTX"],
    book.holders.map((who) => [
      capital(nameOf(who)),
      count(book.balanceOf(who)),
      ...COINS.map((coin) => figureOf(coin, book.paidTo(coin, who))),
    ]),
  );
  for (const coin of COINS) {
    const [paid, income] = [book.paid(coin), book.income(coin)];
    await story.check(
      `Together: ${amountOf(coin, paid)} of the ${amountOf(coin, income)} that came in`,
      income - paid < BigInt(book.holders.length),
    );
  }
}

async function bid(
  story: Story,
  { shares }: Venture,
  who: AccountName,
  price: bigint,
): Promise<void> {
  const { machineVotes } = story.suite;
  const expiry = (await story.now()) + 30 * DAY;
  await story.act(
    who,
    `bids ${dollars(price)} for the whole charger, and pays it in`,
    machineVotes.bid.populateTransaction(shares, price, expiry),
  );
}

async function propose(
  story: Story,
  { shares }: Venture,
  who: AccountName,
  bidId: bigint,
): Promise<bigint> {
  const { machineVotes } = story.suite;
  const payload = payloadOf("AcceptBid", bidId);
  await story.act(
    who,
    "has the others vote on that",
    machineVotes.propose.populateTransaction(shares, Motion.AcceptBid, payload),
  );
  return (await machineVotes.bidOf(shares, bidId)).proposalId;
}

async function vote(
  story: Story,
  { book, shares }: Venture,
  proposal: bigint,
  yes: readonly AccountName[],
  no: readonly AccountName[],
): Promise<void> {
  const { machineOfferings, machineVotes } = story.suite;
  const receipts = [];
  for (const [support, voters] of [
    [true, yes],
    [false, no],
  ] as const) {
    for (const who of voters) {
      const ballot = machineVotes.castVote.populateTransaction(shares, proposal, support);
      receipts.push(await quietly(story, who, `votes ${support ? "for" : "against"} it`, ballot));
    }
  }
  const weight = (voters: readonly AccountName[]): bigint =>
    voters.reduce((sum, who) => sum + book.balanceOf(who), 0n);
  const voting = book.supply - (await shares.balanceOf(machineOfferings));
  const needed = (voting * 2n + 2n) / 3n;
  sayOfAll(`${listOf(yes)} vote for it; ${listOf(no)} against it.`, receipts);
  const counted = await machineVotes.proposalOf(shares, proposal);
  await story.check(
    `${count(weight(yes))} shares are for it, ${count(weight(no))} against; it takes ${count(needed)} of ${count(voting)}`,
    [counted.yes, counted.no],
    [weight(yes), weight(no)],
  );
}
