import { parseEther } from "ethers";

import { count } from "../../lib/format.js";
import { capital, sayOfAll, table } from "../ownership/crowd.js";
import { nameOf, type Story } from "../story.js";
import { agree } from "./agreement.js";
import { OPERATOR_NAMES, type OperatorName, OPERATORS, STAKERS, STAKES, TERMS } from "./cast.js";
import { amountOf } from "./coins.js";
import { act, actQuietly, Day, goTo, openWorld, type World } from "./world.js";

/** Two operators with bonds, and twelve people who stake with them. */
export async function stakersChapter(story: Story): Promise<World> {
  story.chapter(
    "Two operators, and twelve who stake with them",
    `Networks of machines need operators whom strangers can rely on. So coin stands behind each
     operator: a bond of his own, and what other people stake with him. His work earns for all of
     it; his faults cost all of it, his bond first. Staking counts in weeks, from Monday to Monday.
     The demo keeps a model of it all, which works in another way than
     the contracts do; at the end of each chapter, chain and model have to agree, wei by wei.`,
  );
  const world = await openWorld(story);
  await goTo(story, world, [1, Day.Monday, 9], "It is Monday: the first week begins.");
  for (const operator of OPERATOR_NAMES) await register(story, world, operator);
  await stakeAll(story, world);
  await agree(story, world);
  return world;
}

async function register(story: Story, world: World, who: OperatorName): Promise<void> {
  const { stakingPool } = story.suite;
  const { address } = story.accounts[who];
  const { bond, commissionBps } = TERMS[who];
  const uri = `https://${who}.example/operator`;
  await act(
    story,
    world,
    who,
    `becomes an operator: a bond of ${amountOf(bond)}, and ${commissionBps / 100} % of what stakers earn`,
    stakingPool.registerOperator.populateTransaction(address, commissionBps, uri, { value: bond }),
    (model) => model.registerOperator(address, { commissionBps: BigInt(commissionBps), bond }),
  );
  await story.check(
    `${capital(nameOf(who))} is operator ${OPERATORS[who]}`,
    stakingPool.ownerOf(OPERATORS[who]),
    address,
  );
}

async function stakeAll(story: Story, world: World): Promise<void> {
  const { stakingPool } = story.suite;
  const crumb = parseEther("0.5");
  const least = parseEther("1");
  await story.refused(
    "carol",
    `stakes ${amountOf(crumb)}`,
    stakingPool.stake.populateTransaction(OPERATORS.alice, 0, { value: crumb }),
    {
      error: "StakingPoolStakeTooSmall",
      args: [crumb, least],
      because: `the least is ${amountOf(least)}`,
    },
  );
  const receipts = [];
  for (const [index, [who, operator, coin]] of STAKES.entries()) {
    const { address } = story.accounts[who];
    const { receipt } = await (index === 0 ? act : actQuietly)(
      story,
      world,
      who,
      `stakes ${amountOf(coin)} with ${nameOf(operator)}`,
      stakingPool.stake.populateTransaction(OPERATORS[operator], 0, { value: coin }),
      (model) => model.stake(address, OPERATORS[operator], coin, 0n),
    );
    receipts.push(receipt);
  }
  sayOfAll("Eleven others do the same. Bob stakes with Ivan, too.", receipts.slice(1));
  table(
    ["Who", "With Alice", "With Ivan"],
    STAKERS.map((who) => [
      capital(nameOf(who)),
      ...OPERATOR_NAMES.map((operator) => stakeIn(who, operator)),
    ]),
  );
  for (const operator of OPERATOR_NAMES) {
    const with_ = STAKES.filter(([, theirs]) => theirs === operator);
    const total = with_.reduce((sum, [, , coin]) => sum + coin, 0n);
    await story.check(
      `${capital(nameOf(operator))} has ${amountOf(total)} of ${count(with_.length)} people; each wei has bought a share`,
      stakingPool.operatorOf(OPERATORS[operator]).then(({ assets, shares }) => [assets, shares]),
      [total, total],
    );
  }
}

function stakeIn(who: string, operator: OperatorName): string {
  const [found] = STAKES.filter(([staker, theirs]) => staker === who && theirs === operator);
  return found === undefined ? "" : amountOf(found[2]);
}
