import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { type ContractTransactionResponse, sha256, toBeHex } from "ethers";

import {
  type MachineShares,
  type MockERC20,
  MockERC20__factory,
} from "../../typechain-types/index.js";
import { Secp256k1Key } from "../lib/deviceKey.js";
import { prepareRegistration } from "../lib/devices.js";
import { NATIVE } from "../lib/identity.js";
import {
  evidenceOf,
  type Machine,
  machineOf,
  milestoneOf,
  Motion,
  type Offering,
  offeringOf,
  openingData,
  payloadOf,
  sharesIn,
  signAttestedEvidence,
} from "../lib/ownership/machines.js";
import { buildSplit, receiverOf, type Split } from "../lib/ownership/splits.js";
import { rootOver } from "./merkle.js";
import type { GasContext, GasRow } from "./types.js";

const COIN = 10n ** 18n;
const DAY = 86_400;
/** A year after which every sale begins: rows do not depend on when they are measured. */
const START = 2_000_000_000;
/** The same key in every run, so that a figure changes only when a contract does. */
const CHARGER = new Secp256k1Key(sha256("0xec"));
const NO_PROOF: string[] = [];
const ALL = 2n ** 32n;

/** A row's world: Alice sells her charger for a token that Bob, Carol and Dave have and let everything take. */
interface World extends GasContext {
  token: MockERC20;
}

async function world(context: GasContext): Promise<World> {
  const { suite, accounts } = context;
  const { alice, bob, carol, dave } = accounts;
  const registration = { key: CHARGER, owner: alice };
  await alice.sendTransaction(await prepareRegistration(suite.deviceRegistry, registration));
  const token = await tokenFor(context);
  for (const spender of [suite.machineOfferings, suite.splitHub, suite.machineVotes]) {
    for (const account of [bob, carol, dave]) {
      await token.connect(account).approve(spender, 2n ** 256n - 1n);
    }
  }
  return { ...context, token };
}

async function tokenFor({ accounts }: GasContext): Promise<MockERC20> {
  const token = await new MockERC20__factory(accounts.alice).deploy(18);
  for (const account of [accounts.bob, accounts.carol, accounts.dave]) {
    await token.mint(account, 1_000_000n * COIN);
  }
  return token;
}

/** Three milestones, and a working balance. */
function terms({ accounts, token }: World, rest: Partial<Offering> = {}): [Machine, Offering] {
  const currency = token.target as string;
  const machine = machineOf(CHARGER.deviceId, accounts.alice.address, {
    symbol: "EVC-07",
    currency,
    workingBalances: [{ currency, amount: 100n * COIN }],
  });
  const late = START + 400 * DAY;
  const milestones = [milestoneOf(3_000, late), milestoneOf(3_000, late), milestoneOf(4_000, late)];
  const offering = offeringOf(COIN, 1_000, START, {
    softCap: 10,
    operatorShares: 50,
    attester: accounts.arbiter.address,
    milestones,
    ...rest,
  });
  return [machine, offering];
}

async function created(its: World, rest: Partial<Offering> = {}): Promise<MachineShares> {
  const offerings = its.suite.machineOfferings.connect(its.accounts.alice);
  return sharesOf(its, await offerings.create(...terms(its, rest)));
}

async function sharesOf(
  { suite }: World,
  transaction: ContractTransactionResponse,
): Promise<MachineShares> {
  const receipt = await transaction.wait();
  if (!receipt) throw new Error("No offering was created");
  return sharesIn(suite.machineOfferings, receipt);
}

function sendDevice({ suite, accounts }: World, shares: MachineShares): ReturnType<Measure> {
  const devices = suite.deviceRegistry.connect(accounts.alice);
  return devices["safeTransferFrom(address,address,uint256,bytes)"](
    accounts.alice,
    suite.machineOfferings,
    CHARGER.deviceId,
    openingData(shares.target as string),
  );
}

async function opened(its: World, rest: Partial<Offering> = {}): Promise<MachineShares> {
  const shares = await created(its, rest);
  await sendDevice(its, shares);
  await its.connection.networkHelpers.time.increaseTo(START);
  return shares;
}

/** A machine of Bob's and Carol's, at work. */
async function working(its: World): Promise<MachineShares> {
  const shares = await opened(its);
  const { suite, accounts, token } = its;
  const offerings = suite.machineOfferings;
  await offerings.connect(accounts.bob).contribute(shares, 600, 0, NO_PROOF);
  await offerings.connect(accounts.carol).contribute(shares, 400, 0, NO_PROOF);
  await offerings.finalise(shares);
  for (const account of [accounts.bob, accounts.carol, accounts.dave]) {
    await token.connect(account).approve(shares, 2n ** 256n - 1n);
  }
  return shares.connect(accounts.bob);
}

/** Carol pays a dividend in the row's token. */
function pay(its: World, shares: MachineShares): Promise<ContractTransactionResponse> {
  return shares.connect(its.accounts.carol).deposit(its.token, 10n * COIN);
}

/** Carol pays dividends in so many new currencies. */
async function payInMany(its: World, shares: MachineShares, count: number): Promise<void> {
  const { carol } = its.accounts;
  for (let i = 0; i < count; i += 1) {
    const token = await tokenFor(its);
    await token.connect(carol).approve(shares, 2n ** 256n - 1n);
    await shares.connect(carol).deposit(token, COIN);
  }
}

/** So many entries in Bob's history: each transfer after a dividend, of any currency, writes one. */
async function trade(its: World, shares: MachineShares, entries: number): Promise<void> {
  const { carol } = its.accounts;
  const dust = await tokenFor(its);
  await dust.connect(carol).approve(shares, 2n ** 256n - 1n);
  for (let i = 0; i < entries; i += 1) {
    await shares.connect(carol).deposit(dust, 1);
    await shares.transfer(carol, 1);
  }
}

type Measure = GasRow["measure"];

function machineRow(measure: (its: World, shares: MachineShares) => ReturnType<Measure>): Measure {
  return async (context) => {
    const its = await world(context);
    return measure(its, await working(its));
  };
}

function saleRow(measure: (its: World, shares: MachineShares) => ReturnType<Measure>): Measure {
  return async (context) => {
    const its = await world(context);
    return measure(its, await opened(its));
  };
}

/** A split of Bob's and 99 others', and Bob's proof. */
function hundred({ accounts }: GasContext): Split {
  const others = Array.from({ length: 99 }, (_, i) => ({
    address: toBeHex(0x1000 + i, 20),
    share: 1 + i,
  }));
  return buildSplit([{ address: accounts.bob.address, share: 500 }, ...others]);
}

function splitRow(
  measure: (its: World, split: Split) => ReturnType<Measure>,
  deposits = 0,
): Measure {
  return async (context) => {
    const its = await world(context);
    const split = hundred(its);
    const hub = its.suite.splitHub.connect(its.accounts.carol);
    for (let i = 0; i < deposits; i += 1) await hub.deposit(split.id, its.token, COIN);
    return measure(its, split);
  };
}

function release(its: World, split: Split): Promise<ContractTransactionResponse> {
  const { recipient, proof } = split.proofOf(its.accounts.bob.address);
  const hub = its.suite.splitHub.connect(its.accounts.relayer);
  return hub.release(split.terms, its.token, recipient, proof);
}

async function propose(
  its: World,
  shares: MachineShares,
  motion: keyof typeof Motion,
  ...values: unknown[]
): Promise<ContractTransactionResponse> {
  const votes = its.suite.machineVotes.connect(its.accounts.bob);
  return votes.propose(shares, Motion[motion], payloadOf(motion, ...values));
}

/** Bob brings a motion, which his shares alone carry, to the day on which it can be carried out. */
async function passed(
  its: World,
  shares: MachineShares,
  motion: keyof typeof Motion,
  ...values: unknown[]
): Promise<ContractTransactionResponse> {
  const { suite, accounts, connection } = its;
  await propose(its, shares, motion, ...values);
  for (const voter of [accounts.bob, accounts.carol]) {
    await suite.machineVotes.connect(voter).castVote(shares, 1, true);
  }
  await connection.networkHelpers.time.increase(4 * DAY + 60);
  return suite.machineVotes
    .connect(accounts.relayer)
    .execute(shares, 1, payloadOf(motion, ...values));
}

async function claimMilestone(
  { suite, accounts }: World,
  shares: MachineShares,
): Promise<ContractTransactionResponse> {
  const evidence = evidenceOf(shares.target as string, 0, sha256("0x01"));
  const signature = await signAttestedEvidence(suite.machineOfferings, accounts.arbiter, evidence);
  return suite.machineOfferings.connect(accounts.relayer).claimMilestone(evidence, signature);
}

const bid = ({ suite, accounts, connection }: World, shares: MachineShares): ReturnType<Measure> =>
  connection.networkHelpers.time
    .latest()
    .then((now) =>
      suite.machineVotes.connect(accounts.dave).bid(shares, 2_000n * COIN, now + 30 * DAY),
    );

export const ownership: readonly GasRow[] = [
  {
    name: "split: first deposit, ERC-20, any number of recipients",
    ceiling: 94_000,
    measure: splitRow(({ suite, accounts, token }, split) =>
      suite.splitHub.connect(accounts.carol).deposit(split.id, token, COIN),
    ),
  },
  {
    name: "split: deposit, ERC-20",
    ceiling: 59_000,
    measure: splitRow(
      ({ suite, accounts, token }, split) =>
        suite.splitHub.connect(accounts.carol).deposit(split.id, token, COIN),
      1,
    ),
  },
  {
    name: "split: release one of 100, ERC-20, his first",
    ceiling: 100_000,
    measure: splitRow(release, 1),
  },
  {
    name: "split: release one of 100, ERC-20",
    ceiling: 65_000,
    measure: splitRow(async (its, split) => {
      await release(its, split);
      await its.suite.splitHub.connect(its.accounts.carol).deposit(split.id, its.token, COIN);
      return release(its, split);
    }, 1),
  },
  {
    name: "split: deposit, native",
    ceiling: 36_000,
    measure: splitRow(async ({ suite, accounts }, split) => {
      const hub = suite.splitHub.connect(accounts.carol);
      await hub.deposit(split.id, NATIVE, COIN, { value: COIN });
      return hub.deposit(split.id, NATIVE, COIN, { value: COIN });
    }),
  },
  {
    name: "split: release many, each of 10 of 100, ERC-20, first",
    ceiling: 69_000,
    items: 10,
    measure: splitRow(({ suite, accounts, token }, split) => {
      const legs = Array.from({ length: 10 }, (_, i) => ({
        split: split.terms,
        currency: token,
        ...split.proofOf(toBeHex(0x1000 + i, 20)),
      }));
      return suite.splitHub.connect(accounts.relayer).releaseMany(legs);
    }, 1),
  },
  {
    name: "split: distribute to all of 16, each, ERC-20, first",
    ceiling: 60_000,
    items: 16,
    measure: async (context) => {
      const { suite, accounts, token } = await world(context);
      const address = (i: number): string => toBeHex(0x1000 + i, 20);
      const lines = Array.from({ length: 16 }, (_, i) => ({ address: address(i), share: 1 + i }));
      const split = buildSplit(lines);
      await suite.splitHub.connect(accounts.carol).deposit(split.id, token, COIN);
      const hub = suite.splitHub.connect(accounts.relayer);
      return hub.distribute(split.terms, token, split.recipients);
    },
  },
  {
    name: "split: name a successor",
    ceiling: 51_000,
    measure: async (context) => {
      const { suite, accounts } = context;
      const lines = [{ address: accounts.bob.address, share: 1 }];
      const split = buildSplit(lines, { controller: accounts.alice.address });
      const hub = suite.splitHub.connect(accounts.alice);
      return hub.setSuccessor(split.terms, hundred(context).id);
    },
  },
  {
    name: "split: flush a receiver, ERC-20, its first",
    ceiling: 134_000,
    measure: splitRow(async ({ suite, accounts, token }, split) => {
      await token.connect(accounts.carol).transfer(await receiverOf(suite.splitHub, split), COIN);
      return suite.splitHub.connect(accounts.relayer).flush(split.id, token);
    }),
  },
  {
    name: "split: flush a receiver, ERC-20",
    ceiling: 57_000,
    measure: splitRow(async ({ suite, accounts, token }, split) => {
      const receiver = await receiverOf(suite.splitHub, split);
      const hub = suite.splitHub.connect(accounts.relayer);
      await token.connect(accounts.carol).transfer(receiver, COIN);
      await hub.flush(split.id, token);
      await token.connect(accounts.carol).transfer(receiver, COIN);
      return hub.flush(split.id, token);
    }),
  },
  {
    name: "new machine and offering, 3 milestones (clone)",
    ceiling: 230_000,
    measure: async (context) => {
      const its = await world(context);
      return its.suite.machineOfferings.connect(its.accounts.alice).create(...terms(its));
    },
  },
  {
    name: "open an offering",
    ceiling: 87_000,
    measure: async (context) => {
      const its = await world(context);
      return sendDevice(its, await created(its));
    },
  },
  {
    name: "contribute, ERC-20, first",
    ceiling: 102_000,
    measure: saleRow(async ({ suite, accounts }, shares) => {
      await suite.machineOfferings.connect(accounts.carol).contribute(shares, 10, 0, NO_PROOF);
      return suite.machineOfferings.connect(accounts.bob).contribute(shares, 10, 0, NO_PROOF);
    }),
  },
  {
    name: "contribute, ERC-20, later",
    ceiling: 82_000,
    measure: saleRow(async ({ suite, accounts }, shares) => {
      await suite.machineOfferings.connect(accounts.bob).contribute(shares, 10, 0, NO_PROOF);
      return suite.machineOfferings.connect(accounts.bob).contribute(shares, 10, 0, NO_PROOF);
    }),
  },
  {
    name: "contribute, native, on an allow-list of a million",
    ceiling: 111_000,
    measure: async (context) => {
      const its = await world(context);
      const { alice, bob } = context.accounts;
      // A proof as long as one of 2^20 accounts, over siblings that nobody is.
      const siblings = Array.from({ length: 20 }, (_, i) => sha256(toBeHex(i, 32)));
      const leaf = StandardMerkleTree.of([[bob.address, "10"]], ["address", "uint96"]).root;
      const root = rootOver(leaf, siblings);
      const [machine, offering] = terms(its, { allowListRoot: root });
      const offerings = context.suite.machineOfferings;
      const transaction = await offerings
        .connect(alice)
        .create({ ...machine, currency: NATIVE }, offering);
      const shares = await sharesOf(its, transaction);
      await sendDevice(its, shares);
      await context.connection.networkHelpers.time.increaseTo(START);
      const value = COIN;
      return offerings.connect(bob).contribute(shares, 1, 10, siblings, { value });
    },
  },
  {
    name: "refund a contribution, ERC-20",
    ceiling: 68_000,
    measure: saleRow(async ({ suite, accounts, connection }, shares) => {
      const offerings = suite.machineOfferings.connect(accounts.bob);
      await offerings.contribute(shares, 5, 0, NO_PROOF);
      await connection.networkHelpers.time.increaseTo(START + 31 * DAY);
      return offerings.refund(shares, accounts.bob, accounts.bob);
    }),
  },
  {
    name: "reclaim the device of a failed offering",
    ceiling: 85_000,
    measure: saleRow(async ({ suite, accounts, connection }, shares) => {
      await connection.networkHelpers.time.increaseTo(START + 31 * DAY);
      return suite.machineOfferings.connect(accounts.relayer).reclaim(shares);
    }),
  },
  {
    name: "finalise an offering",
    ceiling: 290_000,
    measure: saleRow(async ({ suite, accounts }, shares) => {
      await suite.machineOfferings.connect(accounts.bob).contribute(shares, 1_000, 0, NO_PROOF);
      return suite.machineOfferings.connect(accounts.relayer).finalise(shares);
    }),
  },
  {
    name: "claim a milestone, attester's signature",
    ceiling: 89_000,
    measure: machineRow(claimMilestone),
  },
  {
    name: "veto a milestone",
    ceiling: 89_000,
    measure: machineRow(async (its, shares) => {
      await claimMilestone(its, shares);
      return its.suite.machineOfferings.connect(its.accounts.carol).veto(shares, 0);
    }),
  },
  {
    name: "release a milestone",
    ceiling: 171_000,
    measure: machineRow(async (its, shares) => {
      await claimMilestone(its, shares);
      await its.connection.networkHelpers.time.increase(4 * DAY);
      return its.suite.machineOfferings.connect(its.accounts.relayer).release(shares, 0);
    }),
  },
  {
    name: "expire a milestone, ERC-20",
    ceiling: 165_000,
    measure: machineRow(async ({ suite, accounts, connection }, shares) => {
      await connection.networkHelpers.time.increaseTo(START + 401 * DAY);
      return suite.machineOfferings.connect(accounts.relayer).expire(shares, 0);
    }),
  },
  {
    name: "withdraw a milestone's money, ERC-20",
    ceiling: 45_000,
    measure: machineRow(async (its, shares) => {
      await claimMilestone(its, shares);
      await its.connection.networkHelpers.time.increase(4 * DAY);
      const offerings = its.suite.machineOfferings.connect(its.accounts.alice);
      await offerings.release(shares, 0);
      await its.token.mint(its.accounts.alice, 1);
      return offerings.withdraw(its.token, its.accounts.alice, its.accounts.alice);
    }),
  },
  {
    name: "shares: transfer, no dividend since",
    ceiling: 42_000,
    measure: machineRow((its, shares) => shares.transfer(its.accounts.carol, 1)),
  },
  {
    name: "shares: transfer after dividends in 8 currencies, existing holder",
    ceiling: 90_000,
    measure: machineRow(async (its, shares) => {
      await payInMany(its, shares, 8);
      return shares.transfer(its.accounts.carol, 1);
    }),
  },
  {
    name: "shares: transfer after dividends in 8 currencies, new holder",
    ceiling: 85_000,
    measure: machineRow(async (its, shares) => {
      await payInMany(its, shares, 8);
      return shares.transfer(its.accounts.dave, 1);
    }),
  },
  {
    name: "shares: deposit a dividend, ERC-20, the currency's first",
    ceiling: 122_000,
    measure: machineRow(pay),
  },
  {
    name: "shares: deposit a dividend, ERC-20, new epoch",
    ceiling: 90_000,
    measure: machineRow(async (its, shares) => {
      await pay(its, shares);
      await trade(its, shares, 1);
      return pay(its, shares);
    }),
  },
  {
    name: "shares: deposit a dividend, ERC-20, same epoch",
    ceiling: 69_000,
    measure: machineRow(async (its, shares) => {
      await pay(its, shares);
      return pay(its, shares);
    }),
  },
  {
    name: "shares: claim one currency, ERC-20, first",
    ceiling: 84_000,
    measure: machineRow(async (its, shares) => {
      await pay(its, shares);
      return shares.claim(its.token, ALL);
    }),
  },
  {
    name: "shares: claim one currency, ERC-20, later",
    ceiling: 65_000,
    measure: machineRow(async (its, shares) => {
      await pay(its, shares);
      await shares.claim(its.token, ALL);
      await pay(its, shares);
      return shares.claim(its.token, ALL);
    }),
  },
  {
    name: "shares: claim one currency, ERC-20, later, 8 entries",
    ceiling: 85_000,
    measure: machineRow(async (its, shares) => {
      await pay(its, shares);
      await shares.claim(its.token, ALL);
      await pay(its, shares);
      await trade(its, shares, 8);
      return shares.claim(its.token, ALL);
    }),
  },
  {
    name: "shares: claim for many machines, each of 4, ERC-20",
    ceiling: 118_000,
    items: 4,
    measure: machineRow(async (its, shares) => {
      const currencies: MockERC20[] = [];
      for (let i = 0; i < 4; i += 1) {
        const token = await tokenFor(its);
        currencies.push(token);
        await token.connect(its.accounts.carol).approve(shares, 2n ** 256n - 1n);
        await shares.connect(its.accounts.carol).deposit(token, COIN);
      }
      const collector = its.suite.revenueCollector.connect(its.accounts.relayer);
      return collector.collectFor(its.accounts.bob, [{ shares, currencies }]);
    }),
  },
  {
    name: "shares: book what came plainly, ERC-20",
    ceiling: 50_000,
    measure: machineRow(async (its, shares) => {
      await pay(its, shares);
      await its.token.connect(its.accounts.carol).transfer(shares, COIN);
      return shares.sync(its.token);
    }),
  },
  {
    name: "shares: name a payout",
    ceiling: 52_000,
    measure: machineRow((its, shares) => shares.setPayout(its.accounts.dave)),
  },
  {
    name: "shares: collect from the split, ERC-20",
    ceiling: 113_000,
    measure: machineRow(async (its, shares) => {
      const receiver = await shares.revenueReceiver();
      for (let i = 0; i < 2; i += 1) {
        await its.token.connect(its.accounts.carol).transfer(receiver, COIN);
        if (i === 0) await shares.collect(its.token);
      }
      return shares.collect(its.token);
    }),
  },
  {
    name: "shares: sweep the wallet, native",
    ceiling: 90_000,
    measure: machineRow(async ({ suite, accounts }, shares) => {
      const to = await suite.deviceRegistry.accountOf(CHARGER.deviceId);
      await accounts.carol.sendTransaction({ to, value: COIN });
      await shares.sweepAccount(NATIVE);
      await accounts.carol.sendTransaction({ to, value: COIN });
      return shares.sweepAccount(NATIVE);
    }),
  },
  {
    name: "propose a motion",
    ceiling: 127_000,
    measure: machineRow((its, shares) =>
      propose(its, shares, "SetOperator", its.accounts.dave.address),
    ),
  },
  {
    name: "vote on a motion",
    ceiling: 78_000,
    measure: machineRow(async (its, shares) => {
      await propose(its, shares, "SetOperator", its.accounts.dave.address);
      return its.suite.machineVotes.connect(its.accounts.bob).castVote(shares, 1, true);
    }),
  },
  {
    name: "replace the operator",
    ceiling: 206_000,
    measure: machineRow((its, shares) =>
      passed(its, shares, "SetOperator", its.accounts.dave.address),
    ),
  },
  {
    name: "take a rejected bid back, ERC-20",
    ceiling: 59_000,
    measure: machineRow(async (its, shares) => {
      await bid(its, shares);
      await its.connection.networkHelpers.time.increase(31 * DAY);
      return its.suite.machineVotes.connect(its.accounts.relayer).withdrawBid(shares, 1);
    }),
  },
  {
    name: "unwrap a machine",
    ceiling: 100_000,
    measure: async (context) => {
      const its = await world(context);
      const shares = await opened(its, { operatorShares: 0 });
      const { bob } = context.accounts;
      await context.suite.machineOfferings.connect(bob).contribute(shares, 1_000, 0, NO_PROOF);
      await context.suite.machineOfferings.finalise(shares);
      return shares.connect(bob).unwrap(bob);
    },
  },
  { name: "bid for a machine, ERC-20", ceiling: 188_000, measure: machineRow(bid) },
  {
    name: "sell a machine, ERC-20",
    ceiling: 243_000,
    measure: machineRow(async (its, shares) => {
      await bid(its, shares);
      return passed(its, shares, "AcceptBid", 1);
    }),
  },
];
