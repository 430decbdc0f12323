import type { AccountName } from "../../lib/accounts.js";
import { note, say } from "../../lib/terminal.js";
import { capital, sayOfAll, table } from "../ownership/crowd.js";
import { nameOf, type Story } from "../story.js";
import { agree } from "./agreement.js";
import { OPERATOR_NAMES, OPERATORS, STAKERS, STAKES } from "./cast.js";
import { claimFor, isClose } from "./claims.js";
import { addressOf, amountOf, balanceOf, type Coin, COINS, figureOf } from "./coins.js";
import { payExit } from "./exits.js";
import { LIE_WEEK } from "./offence.js";
import { rank } from "./rewards.js";
import { actQuietly, Day, goTo, type Purse, type World } from "./world.js";

/** Everybody is paid all that he has earned, in every coin, and every account is compared with the model. */
export async function settlementChapter(story: Story, world: World): Promise<void> {
  story.chapter(
    "Everybody is paid",
    `What is left to pay is paid: Judy's exit, the operators' parts, and what twelve people have earned
     in three currencies. Whoever stays leaves his stake where it is.`,
  );
  await goTo(story, world, [LIE_WEEK + 2, Day.Monday, 9], "It is Monday of the ninth week.");
  say("After a slash and three exits, the operators have changed places:");
  await rank(story, world);
  await payExit(story, world, "judy", "ivan", LIE_WEEK);
  await payOperators(story, world);
  await payStakers(story, world);
  await checkPurses(story, world);
  await checkDust(story, world);
  await agree(story, world);
}

async function payOperators(story: Story, world: World): Promise<void> {
  const { moduleRewards } = story.suite;
  const { divisions, tokens } = world;
  const receipts = [];
  const differences: string[] = [];
  const rows: string[][] = [];
  for (const name of OPERATOR_NAMES) {
    for (const coin of COINS) {
      const currency = addressOf(coin, tokens);
      const { address } = story.accounts[name];
      const before = await balanceOf(story, tokens, coin, address);
      const { receipt, reckoned } = await actQuietly(
        story,
        world,
        "relayer",
        `has ${nameOf(name)} paid for the work, in ${coin}`,
        moduleRewards.payOperator.populateTransaction(OPERATORS[name], currency),
        (model) => model.payOperator(OPERATORS[name], currency),
      );
      receipts.push(receipt);
      const after = await balanceOf(story, tokens, coin, address);
      if (after - before !== reckoned) differences.push(`${nameOf(name)}'s ${coin}`);
      const theirs = divisions.filter((one) => one.operator === name && one.coin === coin);
      const commission = theirs.reduce((sum, one) => sum + one.commission, 0n);
      const forBond = theirs.reduce((sum, one) => sum + one.forBond, 0n);
      if (commission + forBond !== reckoned) differences.push(`the parts of ${nameOf(name)}`);
      rows.push([
        capital(nameOf(name)),
        ...[commission, forBond, reckoned].map((part) => figureOf(part, coin, 6)),
        coin,
      ]);
    }
  }
  sayOfAll("The relayer has both operators paid, in each currency.", receipts);
  table(["Operator", "Commission", "For the bond", "Together", ""], rows);
  await story.check("All of it has arrived, to the last unit", differences, []);
}

async function payStakers(story: Story, world: World): Promise<void> {
  const receipts = [];
  for (const [who, operator] of STAKES) {
    for (const coin of COINS) {
      const { receipt } = await claimFor(story, world, actQuietly, "relayer", [
        who,
        operator,
        coin,
      ]);
      receipts.push(receipt);
    }
  }
  sayOfAll("It has the twelve paid, too, which costs them nothing.", receipts);
  const { claims } = world;
  const earned = (who: AccountName, coin: Coin): bigint =>
    claims
      .filter((claim) => claim.who === who && claim.coin === coin)
      .reduce((sum, { paid }) => sum + paid, 0n);
  table(
    ["Has earned", ...COINS],
    STAKERS.map((who) => [
      capital(nameOf(who)),
      ...COINS.map((coin) => figureOf(earned(who, coin), coin)),
    ]),
  );
  await story.check(
    `Each of the ${claims.length} payments is what the model says, give or take the last digit`,
    claims
      .filter(({ paid, reckoned }) => !isClose(paid, reckoned))
      .map(({ who, coin }) => `${nameOf(who)}'s ${coin}`),
    [],
  );
}

/** What everybody had before and has now, in his wallet and with the operators. */
async function checkPurses(story: Story, world: World): Promise<void> {
  const { stakingPool } = story.suite;
  const brought = await stakingPool.queryFilter(stakingPool.filters.Staked());
  const left = await stakingPool.queryFilter(stakingPool.filters.ExitClaimed());
  const sumOf = (events: typeof brought | typeof left, address: string): bigint =>
    events
      .filter(({ args }) => args.account === address)
      .reduce((sum, { args }) => sum + args.assets, 0n);
  const rows: string[][] = [];
  let lost = 0n;
  for (const who of STAKERS) {
    const { address } = story.accounts[who];
    const purse = purseOf(world, who);
    const stakes = OPERATOR_NAMES.map((name) => stakingPool.stakeOf(OPERATORS[name], address));
    const stays = (await Promise.all(stakes)).reduce((sum, stake) => sum + stake, 0n);
    const loss = sumOf(brought, address) - sumOf(left, address) - stays;
    const after = await balanceOf(story, world.tokens, "IOTX", address);
    const figures = [purse.before.IOTX, after, stays, loss];
    rows.push([capital(nameOf(who)), ...figures.map((coin) => figureOf(coin, "IOTX", 4))]);
    lost += loss;
  }
  say("The twelve's IOTX: in their wallets before and after all this, and with the operators now:");
  table(["Who", "Before", "After", "Still staked", "Slashed"], rows);
  note("Cascade has paid for its module, too.");
  const slashes = await stakingPool.queryFilter(stakingPool.filters.Slashed());
  const taken = slashes.reduce((sum, { args }) => sum + args.fromActive + args.fromExits, 0n);
  const rounded = lost - taken;
  await story.check(
    `Together they have lost the ${amountOf(taken)} that the slash took of stakers, and ${rounded} wei by rounding`,
    [rounded >= 0n, rounded < BigInt(STAKES.length)],
    [true, true],
  );
  await story.check(
    "In every wallet is what it had and was paid, less what it paid, in every currency, exactly",
    await differencesOf(story, world),
    [],
  );
}

/** Whose wallets do not have what the model says. */
export async function differencesOf(story: Story, world: World): Promise<string[]> {
  const { claims, model, tokens } = world;
  const differences: string[] = [];
  for (const who of [...STAKERS, ...OPERATOR_NAMES]) {
    const { address } = story.accounts[who];
    const { before, fees } = purseOf(world, who);
    for (const coin of COINS) {
      // What the claims were off, which has been looked at.
      const off = claims
        .filter((claim) => claim.who === who && claim.coin === coin)
        .reduce((sum, { paid, reckoned }) => sum + paid - reckoned, 0n);
      const flow = model.flowOf(address, addressOf(coin, tokens));
      const expected = before[coin] + flow + off - (coin === "IOTX" ? fees : 0n);
      const found = await balanceOf(story, tokens, coin, address);
      if (found !== expected)
        differences.push(`${nameOf(who)} has ${found} of ${coin}, not ${expected}`);
    }
  }
  return differences;
}

function purseOf({ purses }: World, who: AccountName): Purse {
  const purse = purses.get(who);
  if (purse === undefined) throw new Error(`Nobody knows what ${nameOf(who)} had`);
  return purse;
}

/** What does not divide evenly is less than a unit for each who was paid. */
async function checkDust(story: Story, { tokens }: World): Promise<void> {
  const { moduleRewards } = story.suite;
  const dust = await Promise.all(
    COINS.map((coin) => balanceOf(story, tokens, coin, moduleRewards.target as string)),
  );
  const [coin, bytes, proofs] = dust;
  await story.check(
    `Of the three currencies ${coin}, ${bytes} and ${proofs} smallest units did not divide evenly, and are left`,
    dust.filter((left) => left > BigInt(STAKES.length)),
    [],
  );
}
