import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { dataSlice, id } from "ethers";

import { type MachineShares, MachineShares__factory } from "../../../typechain-types/index.js";
import { P256Key, Secp256k1Key } from "../../lib/deviceKey.js";
import { prepareRegistration } from "../../lib/devices.js";
import { count } from "../../lib/format.js";
import { Batch } from "../../lib/identity.js";
import {
  machineOf,
  milestoneOf,
  type Offering,
  offeringOf,
  OfferingStatus,
  openingData,
  Stage,
} from "../../lib/ownership/machines.js";
import { Trust } from "../../lib/vocabulary.js";
import { nameOf, type Story } from "../story.js";
import { Book } from "./book.js";
import { capital, quietly, sayOfAll, table } from "./crowd.js";
import { dollars, endow, inDollars, mintingDollar } from "./money.js";
import {
  DAY,
  HARD_CAP,
  INVESTORS,
  MILESTONES,
  OPERATOR_BPS,
  OPERATOR_SHARES,
  PRICE,
  RAISED,
  SOFT_CAP,
  type Venture,
  VETO_WINDOW,
  VOTING_PERIOD,
  WORKING_BALANCE,
} from "./venture.js";

const MODEL = id("Cascade EVC-07");
const RUN = 50;
const SALE = 30 * DAY;

/** Who may buy, and how much: one root stands for the whole list. */
interface AllowList {
  root: string;
  proofOf(account: string): string[];
}

/** The terms are fixed, the charger's token comes in, eleven people pay, and the charger is theirs. */
export async function raiseChapter(story: Story): Promise<Venture> {
  story.chapter(
    "A charger, and eleven people who pay for it",
    `Alice wants to put up an EV charger. It costs ${dollars(RAISED)}, which she does not have. So she sells
     it before she builds it, in ${count(HARD_CAP)} shares of ${dollars(PRICE)}. A contract keeps the money until the
     charger itself reports that it is there. If fewer than ${count(SOFT_CAP)} shares are sold, everybody gets
     their money back.`,
  );
  const charger = await registerCharger(story);
  const dollar = await mintingDollar(story);
  const list = allowList(story);
  const shares = await openSale(story, charger, dollar.target as string, list.root);
  const offerings = story.suite.machineOfferings;
  await endow(story, dollar, "stranger", inDollars("5000"), offerings);
  for (const [who] of INVESTORS) {
    await endow(story, dollar, who, inDollars("10000"), offerings);
  }
  const venture = { charger, dollar, shares, book: openBook() };
  await refuseSome(story, venture, list);
  await sellOut(story, venture, list);
  await finalise(story, venture);
  return venture;
}

async function registerCharger(story: Story): Promise<P256Key> {
  const { deviceRegistry, makerRegistry } = story.suite;
  const { alice } = story.accounts;
  const charger = await P256Key.generate();
  const others = Array.from({ length: RUN - 1 }, () => Secp256k1Key.generate());
  const keys = [charger, ...others];
  const batch = new Batch(keys.map(({ keyHash }) => ({ keyHash, modelHash: MODEL })));
  // Cascade is the only maker in the story.
  const makerId = await makerRegistry.makerCount();
  const uri = "https://cascade.example/batches/chargers.json";
  await story.act(
    "maker",
    `vouches for the keys of ${RUN} chargers that it builds`,
    makerRegistry.publishBatch.populateTransaction(makerId, batch.root, batch.count, uri),
  );
  const lot = Number((await makerRegistry.makerOf(makerId)).lots);
  const claim = prepareRegistration(deviceRegistry, {
    key: charger,
    owner: alice,
    registration: { makerId, modelHash: MODEL },
    attestation: batch.attest(lot, charger.keyHash, MODEL),
  });
  await story.act("alice", "registers one of them", claim);
  await story.check(
    "A verified maker vouches for it, so what it signs is evidence",
    deviceRegistry.trustOf(charger.deviceId),
    Trust.AttestedByVerifiedMaker,
  );
  return charger;
}

function allowList({ accounts }: Story): AllowList {
  const leaves = INVESTORS.map(([who, , cap]): [string, string] => [
    accounts[who].address,
    cap.toString(),
  ]);
  const tree = StandardMerkleTree.of(leaves, ["address", "uint96"]);
  return {
    root: tree.root,
    proofOf: (account) => {
      const leaf = leaves.findIndex(([listed]) => listed === account);
      return leaf < 0 ? [] : tree.getProof(leaf);
    },
  };
}

async function openSale(
  story: Story,
  { deviceId }: P256Key,
  currency: string,
  allowListRoot: string,
): Promise<MachineShares> {
  const { deviceRegistry, machineOfferings } = story.suite;
  const { alice, deployer } = story.accounts;
  const start = await story.now();
  const machine = machineOf(deviceId, alice.address, {
    symbol: "EVC-07",
    currency,
    operatorBps: OPERATOR_BPS,
    votingPeriod: VOTING_PERIOD,
    workingBalances: [{ currency, amount: WORKING_BALANCE }],
  });
  const terms: Partial<Offering> = {
    softCap: SOFT_CAP,
    operatorShares: OPERATOR_SHARES,
    end: start + SALE,
    allowListRoot,
    vetoWindow: VETO_WINDOW,
    milestones: MILESTONES.map(({ bps, days, goal }) =>
      milestoneOf(Number(bps), start + days * DAY, { requirement: dataSlice(id(goal), 0, 18) }),
    ),
  };
  story.tell(
    `She writes the terms down, and nobody can change them any more. Her money comes in three parts:
     one when the charger ${MILESTONES.map(({ bps, goal }) => `${goal} (${Number(bps) / 100} %)`).join(", one when it ")}.
     She runs the charger for ${Number(OPERATOR_BPS) / 100} % of what it earns, and has ${count(OPERATOR_SHARES)} shares of her own,
     which become hers milestone by milestone. To begin, she hands in the charger's token: it is the
     title to it, so that who holds the token owns the charger.`,
  );
  await story.act(
    "alice",
    "creates the offering",
    machineOfferings.create.populateTransaction(machine, offeringOf(PRICE, HARD_CAP, start, terms)),
  );
  const created = machineOfferings.filters.OfferingCreated(undefined, deviceId);
  const [event] = await machineOfferings.queryFilter(created);
  const shares = MachineShares__factory.connect(event?.args.shares ?? "", deployer);
  const send = deviceRegistry["safeTransferFrom(address,address,uint256,bytes)"];
  await story.act(
    "alice",
    "hands in the charger's token, which opens the sale",
    send.populateTransaction(
      alice,
      machineOfferings,
      deviceId,
      openingData(shares.target as string),
    ),
  );
  await story.check("The sale is open", machineOfferings.statusOf(shares), OfferingStatus.Open);
  await story.check(
    "Alice cannot run off with the charger: the offering holds it",
    deviceRegistry.ownerOf(deviceId),
    await machineOfferings.getAddress(),
  );
  return shares;
}

function openBook(): Book {
  const sold = INVESTORS.map(([who, amount]) => [who, amount] as const);
  return new Book([...sold, ["unvested", OPERATOR_SHARES], ["alice", 0n]]);
}

async function refuseSome(story: Story, { shares }: Venture, list: AllowList): Promise<void> {
  const { machineOfferings } = story.suite;
  const { stranger, kim } = story.accounts;
  story.tell(
    `Eleven people are on a list, each with the most that he may take. The chain knows the list by one
     hash; who buys shows that he is on it. They pay in a stablecoin,
     and have allowed the offerings to take it.`,
  );
  await story.refused(
    "stranger",
    "wants 100 shares",
    machineOfferings.contribute.populateTransaction(shares, 100, 100, []),
    {
      error: "MachineOfferingsNotAllowed",
      args: [stranger.address, 100],
      because: "the stranger is not on the list",
    },
  );
  await story.refused(
    "kim",
    "wants 60 shares",
    machineOfferings.contribute.populateTransaction(shares, 60, 50, list.proofOf(kim.address)),
    {
      error: "MachineOfferingsOverCap",
      args: [kim.address, 60, 50],
      because: "Kim is on the list with 50",
    },
  );
}

async function sellOut(story: Story, venture: Venture, list: AllowList): Promise<void> {
  const { machineOfferings } = story.suite;
  const { shares, dollar } = venture;
  const buy = (index: number, wanted?: bigint) => {
    const [who, amount, cap] = INVESTORS[index] ?? ["stranger", 0n, 0n];
    const proof = list.proofOf(story.accounts[who].address);
    const asked = wanted ?? amount;
    return machineOfferings.contribute.populateTransaction(shares, asked, cap, proof);
  };
  const did = (amount: bigint) => `takes ${count(amount)} shares for ${dollars(amount * PRICE)}`;
  const [first, ...rest] = INVESTORS.map(([who, amount]) => ({ who, amount }));
  if (first === undefined) throw new Error("Nobody is on the list");
  await story.act(first.who, did(first.amount), buy(0));
  const receipts = [];
  for (const [index, { who, amount }] of rest.slice(0, -1).entries()) {
    receipts.push(await quietly(story, who, did(amount), buy(index + 1)));
  }
  const [left, asked] = [rest.at(-1)?.amount ?? 0n, 60n];
  sayOfAll(
    `Nine others do the same, Kim among them, with 50. ${count(left)} shares are left.`,
    receipts,
  );
  const last = buy(INVESTORS.length - 1, asked);
  const before = await dollar.balanceOf(story.accounts.maker);
  await story.act("maker", `asks for ${count(asked)}, to have a stake in what it built`, last);
  await story.check(
    `It gets the last ${count(left)}, and pays ${dollars(left * PRICE)} for them`,
    [await shares.balanceOf(story.accounts.maker), await dollar.balanceOf(story.accounts.maker)],
    [left, before - left * PRICE],
  );
  table(
    ["Who", "Shares", "Paid"],
    INVESTORS.map(([who, amount]) => [
      capital(nameOf(who)),
      count(amount),
      dollars(amount * PRICE),
    ]),
  );
  const held = INVESTORS.map(([who]) => shares.balanceOf(story.accounts[who]));
  await story.check(
    "Each of the eleven has what he paid for",
    Promise.all(held),
    INVESTORS.map(([, amount]) => amount),
  );
  await story.check(
    `The offering keeps ${dollars(RAISED)}, and no more can be sold`,
    [await dollar.balanceOf(machineOfferings), await machineOfferings.statusOf(shares)],
    [RAISED, OfferingStatus.Funded],
  );
}

async function finalise(story: Story, { charger, shares }: Venture): Promise<void> {
  const { deviceRegistry, machineOfferings } = story.suite;
  const { deviceId } = charger;
  await story.act(
    "relayer",
    "closes the sale, as anyone may now",
    machineOfferings.finalise.populateTransaction(shares),
  );
  await story.check(
    "The charger belongs to its shares, and they are at work",
    [await deviceRegistry.ownerOf(deviceId), await shares.stage()],
    [shares.target, Stage.Active],
  );
  await story.check(
    `There are ${count(HARD_CAP + OPERATOR_SHARES)} shares, and there will never be more`,
    shares.totalSupply(),
    HARD_CAP + OPERATOR_SHARES,
  );
  await story.check(
    "Alice runs it, but none of her shares is hers yet",
    [
      await deviceRegistry.userOf(deviceId),
      await shares.balanceOf(story.accounts.alice),
      await shares.balanceOf(machineOfferings),
    ],
    [story.accounts.alice.address, 0n, OPERATOR_SHARES],
  );
  await story.check(
    "What the charger earns goes to an address that divides it; Alice cannot change that",
    deviceRegistry.revenuePayeeOf(deviceId),
    await shares.revenueReceiver(),
  );
}
