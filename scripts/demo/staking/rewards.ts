import type { TransactionReceipt } from "ethers";

import { rankOperators } from "../../lib/staking/ranking.js";
import { say } from "../../lib/terminal.js";
import { capital, sayOfAll, table } from "../ownership/crowd.js";
import { nameOf, type Prepared, type Story } from "../story.js";
import { agree } from "./agreement.js";
import {
  MODULE_NAMES,
  type ModuleName,
  MODULES,
  OPERATOR_NAMES,
  type OperatorName,
  OPERATORS,
  OWNERS,
  PAY,
} from "./cast.js";
import { claimFor, isClose } from "./claims.js";
import { addressOf, amountOf, figureOf, PAID_IN } from "./coins.js";
import { act, actQuietly, Day, goTo, type Reckoned, type World } from "./world.js";

const LATE = 500n * 10n ** 18n;

/** Operators are ranked, and three modules pay in three currencies those who were there when the week began. */
export async function rewardsChapter(story: Story, world: World): Promise<void> {
  story.chapter(
    "Rewards in three currencies",
    `The modules pay for a week of work: storage in its token BYTE, computation in its token PROOF, the
     oracle in IOTX. Who pays need not know the stakers. The money belongs to those who had stake when
     the week began, in proportion, and can be claimed when the week is over.`,
  );
  say("Who has more votes when the week begins is ranked higher, and paid more:");
  await rank(story, world);
  await fundAll(story, world, act);
  await showDivision(story, world);
  await stakeLate(story, world);
  await agree(story, world);
  await goTo(story, world, [4, Day.Monday, 9], "Monday comes: the week is over.");
  await claimFirst(story, world);
}

/** Ranks the operators by the votes that they had when the week began. */
export async function rank(story: Story, world: World): Promise<void> {
  const { stakingPool } = story.suite;
  const epoch = await stakingPool.epoch();
  const ranked = await rankOperators(stakingPool);
  const nameAt = (operator: bigint): OperatorName =>
    OPERATOR_NAMES.find((name) => OPERATORS[name] === operator) ?? "alice";
  table(
    ["Rank", "Operator", "Votes when the week began"],
    ranked.map(({ rank: place, operator, votes }) => [
      String(place),
      capital(nameOf(nameAt(operator))),
      amountOf(votes),
    ]),
  );
  const expected = OPERATOR_NAMES.map((name) => OPERATORS[name])
    .map((operator) => ({ operator, votes: world.model.votesAt(operator, epoch) }))
    .sort((one, other) => (one.votes > other.votes ? -1 : 1));
  await story.check(
    `The ranking for epoch ${epoch} takes the chain's state and nothing else; by the model it is the same`,
    ranked.flatMap(({ operator, votes }) => [operator, votes]),
    expected.flatMap(({ operator, votes }) => [operator, votes]),
  );
}

/** Each module pays both operators by their votes. */
async function fundAll(story: Story, world: World, how: typeof act): Promise<TransactionReceipt[]> {
  const receipts = [];
  for (const module of MODULE_NAMES) {
    const coin = PAID_IN[module];
    const { receipt } = await how(
      story,
      world,
      OWNERS[module],
      `divides ${amountOf(PAY[module], coin)} between both operators`,
      ...(await funding(story, world, module)),
    );
    receipts.push(receipt);
  }
  return receipts;
}

/** Another week's work is paid for, told in a line. */
export async function payAgain(story: Story, world: World): Promise<void> {
  sayOfAll(
    "The modules pay for this week's work, as they did before.",
    await fundAll(story, world, actQuietly),
  );
}

async function funding(
  { accounts, suite }: Story,
  world: World,
  module: ModuleName,
): Promise<[Prepared, Reckoned<void>]> {
  const { moduleRewards, stakingPool } = suite;
  const { tokens } = world;
  const [coin, amount, id] = [PAID_IN[module], PAY[module], MODULES[module]];
  const currency = addressOf(coin, tokens);
  const epoch = await stakingPool.epoch();
  const votes = await Promise.all(
    OPERATOR_NAMES.map((operator) => stakingPool.votesAt(OPERATORS[operator], epoch)),
  );
  const [alices = 0n, ivans = 0n] = votes;
  const forAlice = (amount * alices) / (alices + ivans);
  const parts = { alice: forAlice, ivan: amount - forAlice };
  const fundings = OPERATOR_NAMES.map((operator) => ({
    operator: OPERATORS[operator],
    amount: parts[operator],
  }));
  const value = coin === "IOTX" ? amount : 0n;
  const prepared = moduleRewards.fundMany.populateTransaction(id, currency, fundings, { value });
  return [
    prepared,
    (model) => {
      for (const operator of OPERATOR_NAMES) {
        const paid = parts[operator];
        const from = accounts[OWNERS[module]].address;
        const { burned, toOperator, toStakers } = model.fund(
          from,
          id,
          OPERATORS[operator],
          paid,
          currency,
        );
        const { commissionBps } = model.rewardBasisOf(OPERATORS[operator]);
        const commission = ((paid - burned) * commissionBps) / 10_000n;
        const forBond = toOperator - commission;
        world.divisions.push({ operator, coin, paid, burned, commission, forBond, toStakers });
      }
    },
  ];
}

async function showDivision(story: Story, { divisions, tokens }: World): Promise<void> {
  const { moduleRewards } = story.suite;
  table(
    ["For the work of", "Paid", "Burned", "Commission", "For the bond", "For stakers"],
    divisions.map(({ operator, coin, paid, burned, commission, forBond, toStakers }) => [
      capital(nameOf(operator)),
      ...[paid, burned, commission, forBond, toStakers].map((part) => figureOf(part, coin, 4)),
      coin,
    ]),
  );
  const credits = divisions.map(({ operator, coin }) =>
    moduleRewards.creditOf(OPERATORS[operator], addressOf(coin, tokens)),
  );
  await story.check(
    "Commission and the bond's part are credited to the operators at once",
    Promise.all(credits),
    divisions.map(({ commission, forBond }) => commission + forBond),
  );
}

/** Who comes after seeing the money gets none of it. */
async function stakeLate(story: Story, world: World): Promise<void> {
  const { moduleRewards, stakingPool } = story.suite;
  const { address } = story.accounts.dave;
  const currency = addressOf("IOTX", world.tokens);
  const running = async (): Promise<bigint> =>
    (await moduleRewards.claimableOf(OPERATORS.alice, currency, address)).running;
  const before = await running();
  await act(
    story,
    world,
    "dave",
    `sees the money, and stakes ${amountOf(LATE)} more with Alice`,
    stakingPool.stake.populateTransaction(OPERATORS.alice, 0, { value: LATE }),
    (model) => model.stake(address, OPERATORS.alice, LATE, 0n),
  );
  await story.check(
    `Of this week's money that gives him nothing more: it stays at ${amountOf(before)}`,
    running(),
    before,
  );
}

/** Bob claims at once what the oracle paid for Ivan's work. */
async function claimFirst(story: Story, world: World): Promise<void> {
  const did = "claims at once what his stake with Ivan has earned in IOTX";
  const { claimed } = await claimFor(story, world, act, "bob", ["bob", "ivan", "IOTX"], did);
  await story.check(
    `${amountOf(claimed.paid)} has arrived, as the model says; all else is left where it is, for now`,
    isClose(claimed.paid, claimed.reckoned),
  );
}
