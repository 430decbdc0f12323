import { dataSlice, getAddress, id, type TransactionReceipt } from "ethers";

import type { MockERC20 } from "../../../typechain-types/index.js";
import { count, short } from "../../lib/format.js";
import { buildSplit, type Share, type Split } from "../../lib/ownership/splits.js";
import type { Story } from "../story.js";
import { dollars, endow, inDollars } from "./money.js";

const AMOUNT = inDollars("1000");
const NEIGHBOURS = 100;
const ONE = 42;

/** Money for a hundred: nothing to set up, and to pay in costs the same as for two. */
export async function hundredChapter(story: Story, dollar: MockERC20): Promise<void> {
  const { splitHub } = story.suite;
  story.chapter(
    "A hundred neighbours share a thousand dollars",
    `Alice promised the street something for its patience: each house gets a part, by the length of
     its fence. A list of who gets what is known by one hash, so there is nothing to set up: the
     hash is computed at home, and money can be paid to it at once.`,
  );
  const street = Array.from({ length: NEIGHBOURS }, (_, house) => houseOf(house));
  const hundred = buildSplit(street);
  const two = buildSplit(street.slice(0, 2));
  await endow(story, dollar, "alice", 3n * AMOUNT, splitHub);
  await story.check(
    `The list of ${NEIGHBOURS} is ${short(hundred.id)}; making it took no transaction, and no gas`,
    splitHub.idOf(hundred.terms),
    hundred.id,
  );
  // The hub has dollars already, Alice's: the first of a coin would cost whoever pays them a little more.
  const few = await pay(story, dollar, two, "two neighbours");
  const many = await pay(story, dollar, hundred, "all hundred of them");
  const [forTwo, forAll] = [Number(few.gasUsed), Number(many.gasUsed)];
  await story.check(
    `It costs the same: ${count(forTwo)} gas for two, ${count(forAll)} for a hundred`,
    Math.abs(forAll - forTwo) < forTwo / 100,
  );
  await releaseOne(story, dollar, hundred, street);
}

/** A house, and the length of its fence in metres. */
function houseOf(house: number): Share {
  const address = getAddress(dataSlice(id(`neighbour ${house}`), 12));
  return { address, share: 10 + ((house * 7) % 40) };
}

async function pay(
  story: Story,
  dollar: MockERC20,
  { id: splitId }: Split,
  whom: string,
): Promise<TransactionReceipt> {
  const { splitHub } = story.suite;
  const receipt = await story.act(
    "alice",
    `pays ${dollars(AMOUNT)} to ${whom}`,
    splitHub.deposit.populateTransaction(splitId, dollar, AMOUNT),
  );
  const { cumulative } = await splitHub.potOf(splitId, dollar);
  await story.check(`${dollars(AMOUNT)} waits for them`, cumulative, AMOUNT);
  return receipt;
}

/** Each gets his part when he likes, or when anybody likes: the others do not matter. */
async function releaseOne(
  story: Story,
  dollar: MockERC20,
  split: Split,
  street: readonly Share[],
): Promise<void> {
  const { splitHub } = story.suite;
  const { address, share } = street[ONE] ?? houseOf(ONE);
  const { recipient, proof } = split.proofOf(address);
  const total = street.reduce((sum, each) => sum + BigInt(each.share), 0n);
  await story.act(
    "relayer",
    `has neighbour ${ONE} paid, with a proof of ${proof.length} hashes`,
    splitHub.release.populateTransaction(split.terms, dollar, recipient, proof),
  );
  const part = (AMOUNT * BigInt(share)) / total;
  await story.check(
    `${dollars(part)} has arrived: ${share} metres of ${count(total)}`,
    dollar.balanceOf(address),
    part,
  );
}
