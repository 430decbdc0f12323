import type { AccountName } from "../../lib/accounts.js";
import { nameOf, type Story } from "../story.js";
import { type OperatorName, OPERATORS } from "./cast.js";
import { amountOf } from "./coins.js";
import { act, epochOf, type World } from "./world.js";

/** Somebody asks out all that he has with an operator; what that is worth now, in wei. */
export async function leave(
  story: Story,
  world: World,
  who: AccountName,
  name: OperatorName,
): Promise<bigint> {
  const { stakingPool } = story.suite;
  const { address } = story.accounts[who];
  const operator = OPERATORS[name];
  const shares = await stakingPool.sharesOf(operator, address);
  const { reckoned } = await act(
    story,
    world,
    who,
    `asks out all that is with ${nameOf(name)}`,
    stakingPool.requestExit.populateTransaction(operator, shares),
    (model) => model.requestExit(address, operator, shares),
  );
  return reckoned.assets;
}

/** Has an exit of a week paid out, by anyone; what it pays by the model, in wei. */
export async function payExit(
  story: Story,
  world: World,
  who: AccountName,
  name: OperatorName,
  week: number,
): Promise<bigint> {
  const { stakingPool } = story.suite;
  const { provider } = story.connection.ethers;
  const { address } = story.accounts[who];
  const [operator, epoch] = [OPERATORS[name], epochOf(world, week)];
  const before = await provider.getBalance(address);
  const { reckoned } = await act(
    story,
    world,
    "relayer",
    `has ${nameOf(who)} paid out, as anyone may now`,
    stakingPool.claimExitFor.populateTransaction(operator, epoch, address),
    (model) => model.claimExit(address, operator, epoch),
  );
  await story.check(
    `${amountOf(reckoned)} has arrived, exactly`,
    provider.getBalance(address),
    before + reckoned,
  );
  return reckoned;
}
