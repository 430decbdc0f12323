import type { AccountName } from "../../lib/accounts.js";
import { capital, table } from "../ownership/crowd.js";
import { nameOf, type Story } from "../story.js";
import { agree } from "./agreement.js";
import { MODULE_NAMES, MODULES, OPERATORS, Verdict } from "./cast.js";
import { amountOf } from "./coins.js";
import { payExit } from "./exits.js";
import { LIE_PROPOSAL, LIE_WEEK } from "./offence.js";
import { act, Day, epochOf, goTo, type World } from "./world.js";

/** Who has what with Ivan, and where it is. */
const WITH_IVAN: readonly (readonly [who: AccountName, where: string, exit?: number])[] = [
  ["bob", "stays"],
  ["kim", "stays"],
  ["frank", "stays"],
  ["stranger", "stays"],
  ["judy", "left too late", LIE_WEEK],
  ["heidi", "left in time", LIE_WEEK - 1],
];

/** How little another module's amount may move: a part in so many. */
const HARDLY = 10n ** 15n;

/** The window is over, and the slash takes Ivan's bond, then what answers with it. */
export async function slashChapter(story: Story, world: World): Promise<void> {
  story.chapter(
    "Who answers, and who does not",
    `Until Monday noon the verifier can veto the slash, and so can the guardian. They have the evidence, and do
     not. Then anyone may carry it out, for a day. It takes Ivan's bond first, half of which is for those
     who were harmed. The rest comes from all who were with Ivan in the week of the lie, in proportion,
     and is burned: no operator and no module gains by a slash.`,
  );
  await goTo(story, world, [LIE_WEEK + 1, Day.Monday, 13], "It is Monday, an hour after noon.");
  const before = await holdings(story, world);
  const secured = await securedBy(story);
  await carryOut(story, world);
  await compare(story, world, before);
  await checkOthers(story, secured);
  await compensate(story, world);
  await payExit(story, world, "heidi", "ivan", LIE_WEEK - 1);
  await agree(story, world);
}

/** The bond, and what each has with Ivan. */
async function holdings({ accounts, suite }: Story, world: World): Promise<bigint[]> {
  const { stakingPool } = suite;
  const theirs = WITH_IVAN.map(async ([who, , week]) => {
    if (week === undefined) return stakingPool.stakeOf(OPERATORS.ivan, accounts[who]);
    const { assets } = await stakingPool.exitOf(
      OPERATORS.ivan,
      epochOf(world, week),
      accounts[who],
    );
    return assets;
  });
  return [await stakingPool.bondOf(OPERATORS.ivan), ...(await Promise.all(theirs))];
}

/** What each module could slash of Ivan's stakers. */
function securedBy({ suite }: Story): Promise<bigint[]> {
  return Promise.all(
    MODULE_NAMES.map((module) => suite.moduleRegistry.slashableOf(OPERATORS.ivan, MODULES[module])),
  );
}

async function carryOut(story: Story, world: World): Promise<void> {
  const { iotxBurner, slashCourt, stakingPool } = story.suite;
  const { amount } = await slashCourt.proposalOf(LIE_PROPOSAL);
  const { reckoned } = await act(
    story,
    world,
    "stranger",
    "carries the slash out, as anyone may now",
    slashCourt.execute.populateTransaction(LIE_PROPOSAL),
    (model) => model.execute(LIE_PROPOSAL),
  );
  const { fromBond, fromActive, fromExits, burned } = reckoned;
  const [taken] = await slashCourt.queryFilter(slashCourt.filters.SlashExecuted(LIE_PROPOSAL));
  await story.check(
    `${amountOf(amount)} are taken: ${amountOf(fromBond)} of the bond, and ${amountOf(fromActive + fromExits)} of stakers`,
    [taken?.args.fromBond, taken?.args.fromStake],
    [fromBond, fromActive + fromExits],
  );
  await story.check(
    `${amountOf(burned)} of it are burned`,
    iotxBurner.burnedBy(stakingPool),
    burned,
  );
  await story.check(
    "The proposal is done with",
    slashCourt.statusOf(LIE_PROPOSAL),
    Verdict.Executed,
  );
}

async function compare(story: Story, world: World, before: readonly bigint[]): Promise<void> {
  const { model } = world;
  const after = await holdings(story, world);
  const lost = (index: number): bigint => (before[index] ?? 0n) - (after[index] ?? 0n);
  table(
    ["With Ivan", "", "Before", "After", "Lost"],
    [["Ivan", "his bond"], ...WITH_IVAN.map(([who, where]) => [capital(nameOf(who)), where])].map(
      (head, index) => [
        ...head,
        ...[before[index] ?? 0n, after[index] ?? 0n, lost(index)].map((coin) => amountOf(coin)),
      ],
    ),
  );
  const expected = WITH_IVAN.map(([who, , week]) => {
    const { address } = story.accounts[who];
    if (week === undefined) return model.stakeOf(OPERATORS.ivan, address);
    return model.exitOf(OPERATORS.ivan, epochOf(world, week), address).assets;
  });
  await story.check("Everybody has what the model says, to the last wei", after, [0n, ...expected]);
  const [heidi, judy] = [WITH_IVAN.length, WITH_IVAN.length - 1];
  await story.check(
    "Judy has lost as much of what she had as those who stayed; Heidi, a day earlier, nothing",
    [lost(judy) * (before[1] ?? 0n) === lost(1) * (before[judy] ?? 0n), lost(heidi)],
    [true, 0n],
  );
}

/** A slash for one module is no other module's loss. */
async function checkOthers(story: Story, before: readonly bigint[]): Promise<void> {
  const after = await securedBy(story);
  const moved = MODULE_NAMES.filter((module, index) => {
    const [had, has] = [before[index] ?? 0n, after[index] ?? 0n];
    const change = had > has ? had - has : has - had;
    return module !== "oracle" && change * HARDLY > had;
  });
  const [storage = 0n, compute = 0n] = before;
  await story.check(
    `Storage and computation are as secure as before, by ${amountOf(storage)} and ${amountOf(compute)}`,
    moved,
    [],
  );
}

async function compensate(story: Story, world: World): Promise<void> {
  const { stakingPool } = story.suite;
  const { provider } = story.connection.ethers;
  const { treasury } = story.accounts;
  const before = await provider.getBalance(treasury);
  const { reckoned } = await act(
    story,
    world,
    "relayer",
    "has the treasury paid, for the insurance",
    stakingPool.withdrawCompensationFor.populateTransaction(treasury),
    (model) => model.withdrawCompensation(treasury.address),
  );
  await story.check(
    `${amountOf(reckoned)} has arrived: half of the bond`,
    provider.getBalance(treasury),
    before + reckoned,
  );
}
