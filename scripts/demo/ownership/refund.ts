import {
  type MachineShares,
  MachineShares__factory,
  type MockERC20,
} from "../../../typechain-types/index.js";
import type { AccountName } from "../../lib/accounts.js";
import { type DeviceKey, Secp256k1Key } from "../../lib/deviceKey.js";
import { prepareRegistration } from "../../lib/devices.js";
import { count } from "../../lib/format.js";
import {
  machineOf,
  offeringOf,
  OfferingStatus,
  openingData,
} from "../../lib/ownership/machines.js";
import { nameOf, type Story } from "../story.js";
import { dollars, endow, inDollars } from "./money.js";
import { DAY } from "./venture.js";

const PRICE = inDollars("99.99");
const [SOFT_CAP, HARD_CAP] = [300n, 500n];
const SALE = 30 * DAY;
const BUYERS: readonly (readonly [AccountName, bigint])[] = [
  ["erin", 120n],
  ["frank", 100n],
  ["judy", 45n],
];

/** Too few want it: everybody has his money back, and the seller his device. */
export async function refundChapter(story: Story, dollar: MockERC20): Promise<void> {
  story.chapter(
    "An offering that too few want",
    `Dave tries the same with a solar roof: ${count(HARD_CAP)} shares at ${dollars(PRICE)}, and at least ${count(SOFT_CAP)} have to be
     sold. No maker vouches for what he built, so here it is an arbiter who would have to sign for
     it. It does not come to that.`,
  );
  const roof = Secp256k1Key.generate();
  const shares = await open(story, roof, dollar);
  const before = await Promise.all(BUYERS.map(([who]) => dollar.balanceOf(story.accounts[who])));
  await buy(story, shares);
  await giveBack(story, dollar, shares, before);
  await reclaim(story, roof, shares);
}

async function open(story: Story, roof: DeviceKey, dollar: MockERC20): Promise<MachineShares> {
  const { deviceRegistry, machineOfferings } = story.suite;
  const { arbiter, dave, deployer } = story.accounts;
  const { deviceId } = roof;
  const claim = prepareRegistration(deviceRegistry, { key: roof, owner: dave });
  await story.act("dave", "registers his solar roof", claim);
  const start = await story.now();
  const machine = machineOf(deviceId, dave.address, {
    symbol: "SUN-01",
    currency: dollar.target as string,
  });
  const terms = { softCap: SOFT_CAP, end: start + SALE, attester: arbiter.address };
  await story.act(
    "dave",
    "creates an offering, for anyone",
    machineOfferings.create.populateTransaction(machine, offeringOf(PRICE, HARD_CAP, start, terms)),
  );
  const created = machineOfferings.filters.OfferingCreated(undefined, deviceId);
  const [event] = await machineOfferings.queryFilter(created);
  const shares = MachineShares__factory.connect(event?.args.shares ?? "", deployer);
  const send = deviceRegistry["safeTransferFrom(address,address,uint256,bytes)"];
  const data = openingData(shares.target as string);
  await story.act(
    "dave",
    "hands in the roof's token",
    send.populateTransaction(dave, machineOfferings, deviceId, data),
  );
  for (const [who, amount] of BUYERS) {
    await endow(story, dollar, who, amount * PRICE, machineOfferings);
  }
  return shares;
}

async function buy(story: Story, shares: MachineShares): Promise<void> {
  const { machineOfferings } = story.suite;
  for (const [who, amount] of BUYERS) {
    await story.act(
      who,
      `takes ${count(amount)} shares for ${dollars(amount * PRICE)}`,
      machineOfferings.contribute.populateTransaction(shares, amount, 0, []),
    );
  }
  await story.pass(SALE, "Thirty days go by.");
  const sold = BUYERS.reduce((sum, [, amount]) => sum + amount, 0n);
  await story.check(
    `${count(sold)} shares were sold, which is too few: the offering has failed, and nobody had to do anything`,
    [await shares.totalSupply(), await machineOfferings.statusOf(shares)],
    [sold, OfferingStatus.Failed],
  );
}

async function giveBack(
  story: Story,
  dollar: MockERC20,
  shares: MachineShares,
  before: readonly bigint[],
): Promise<void> {
  const { machineOfferings } = story.suite;
  for (const [index, [who, amount]] of BUYERS.entries()) {
    const account = story.accounts[who];
    // The first asks for herself; the others need not do anything.
    await story.act(
      index === 0 ? who : "relayer",
      index === 0 ? "asks for her money back" : `has ${nameOf(who)} refunded`,
      machineOfferings.refund.populateTransaction(shares, account, account),
    );
    await story.check(
      `${nameOf(who)} has ${dollars(amount * PRICE)} back, all that was paid, and no shares`,
      [await dollar.balanceOf(account), await shares.balanceOf(account)],
      [before[index], 0n],
    );
  }
  const { erin } = story.accounts;
  await story.refused(
    "erin",
    "asks once more",
    machineOfferings.refund.populateTransaction(shares, erin, erin),
    {
      error: "MachineOfferingsNothingToRefund",
      args: [erin.address],
      because: "she has had it",
    },
  );
  await story.check("Not a cent is left in the offerings", dollar.balanceOf(machineOfferings), 0n);
}

async function reclaim(story: Story, { deviceId }: DeviceKey, shares: MachineShares) {
  const { deviceRegistry, machineOfferings } = story.suite;
  await story.act(
    "relayer",
    "has the roof given back",
    machineOfferings.reclaim.populateTransaction(shares),
  );
  await story.check(
    "The roof is Dave's again",
    deviceRegistry.ownerOf(deviceId),
    story.accounts.dave.address,
  );
}
