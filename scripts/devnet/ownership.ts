import { id, parseEther } from "ethers";

import type { MachineShares } from "../../typechain-types/index.js";
import type { AccountName } from "../lib/accounts.js";
import { Secp256k1Key } from "../lib/deviceKey.js";
import { prepareRegistration } from "../lib/devices.js";
import { Batch, NATIVE } from "../lib/identity.js";
import {
  machineOf,
  milestoneOf,
  type Offering,
  offeringOf,
  openingData,
  sharesIn,
} from "../lib/ownership/machines.js";
import type { SeedContext, SeededMachine, SeedStep } from "./seed.js";

const DAY = 86_400;
const MODEL = id("Cascade EVC-07");
const BATCH = "https://cascade.example/batches/chargers.json";
const PRICE = parseEther("0.1");

/** Keys that everybody knows, so that anybody may sign as these devices: evidence of a milestone, for instance. */
const KEYS = {
  charger: id("DeFIoT devnet charger"),
  kiosk: id("DeFIoT devnet kiosk"),
} as const;

/** Who holds shares of the charger: it is sold out. */
const HOLDERS: readonly (readonly [AccountName, bigint])[] = [
  ["bob", 500n],
  ["carol", 300n],
  ["dave", 200n],
];

/** What drivers have paid to the charger, of which 80 % is the holders'. */
const REVENUE = parseEther("12.5");

/**
 * Two devices of Cascade's, both run by Alice: a charger that is at work for its holders, and a kiosk whose shares are
 * on sale. All of it is in the native coin, so that nothing has to be approved.
 */
export const ownership: SeedStep = {
  text: "Selling a charger of Alice's in shares, with a dividend to claim, and offering her kiosk",
  run: async (context) => {
    await registerBoth(context);
    await seedCharger(context);
    await seedKiosk(context);
  },
};

async function registerBoth({ accounts, devices, keys, suite }: SeedContext): Promise<void> {
  const { deviceRegistry, makerRegistry } = suite;
  const { alice, maker } = accounts;
  const known = Object.entries(KEYS).map(([name, secret]) => {
    return { name, secret, key: new Secp256k1Key(secret) };
  });
  const batch = new Batch(known.map(({ key }) => ({ keyHash: key.keyHash, modelHash: MODEL })));
  // The only maker here: it was registered by an earlier step.
  const makerId = await makerRegistry.makerCount();
  const { root, count } = batch;
  await (await makerRegistry.connect(maker).publishBatch(makerId, root, count, BATCH)).wait();
  const lot = Number((await makerRegistry.makerOf(makerId)).lots);
  for (const { name, secret, key } of known) {
    const claim = prepareRegistration(deviceRegistry, {
      key,
      owner: alice,
      registration: { makerId, modelHash: MODEL },
      attestation: batch.attest(lot, key.keyHash, MODEL),
    });
    await (await alice.sendTransaction(await claim)).wait();
    keys[name] = key;
    devices[name] = {
      deviceId: key.keyHash,
      owner: alice.address,
      wallet: await deviceRegistry.accountOf(key.deviceId),
      privateKey: secret,
    };
  }
}

/** Sold out, so that it could be finalised at once; it has earned, and nobody has claimed. */
async function seedCharger(context: SeedContext): Promise<void> {
  const { accounts, suite } = context;
  const { machineOfferings } = suite;
  const shares = await openSale(context, "charger", { softCap: 600, operatorShares: 250 });
  for (const [who, amount] of HOLDERS) await contribute(context, shares, who, amount);
  await (await machineOfferings.connect(accounts.relayer).finalise(shares)).wait();
  const receiver = await shares.revenueReceiver();
  await (await accounts.stranger.sendTransaction({ to: receiver, value: REVENUE })).wait();
  await (await shares.connect(accounts.relayer).collect(NATIVE)).wait();
  await noteOwner(context, "charger");
  context.machines.charger = await describe(context, "charger", shares, "Releasing");
}

/** Anyone may contribute for a year. */
async function seedKiosk(context: SeedContext): Promise<void> {
  const shares = await openSale(context, "kiosk", { softCap: 400 });
  await contribute(context, shares, "bob", 60n);
  await noteOwner(context, "kiosk");
  context.machines.kiosk = await describe(context, "kiosk", shares, "Open");
}

async function openSale(
  { accounts, connection, keys, suite }: SeedContext,
  name: keyof typeof KEYS,
  rest: Partial<Offering>,
): Promise<MachineShares> {
  const { alice } = accounts;
  const offerings = suite.machineOfferings.connect(alice);
  const registry = suite.deviceRegistry.connect(alice);
  const deviceId = keys[name]?.deviceId ?? 0n;
  const start = await connection.networkHelpers.time.latest();
  const end = start + 365 * DAY;
  const milestones = [milestoneOf(6_000, end + 90 * DAY), milestoneOf(4_000, end + 180 * DAY)];
  const machine = machineOf(deviceId, alice.address, { symbol: name.toUpperCase() });
  const terms = { end, attester: accounts.arbiter.address, milestones, ...rest };
  const created = await offerings.create(machine, offeringOf(PRICE, 1_000, start, terms));
  const receipt = await created.wait();
  if (!receipt) throw new Error(`The offering of the ${name} was not created`);
  const shares = sharesIn(offerings, receipt);
  const send = registry["safeTransferFrom(address,address,uint256,bytes)"];
  const data = openingData(shares.target as string);
  await (await send(alice, offerings, deviceId, data)).wait();
  return shares;
}

async function contribute(
  { accounts, suite }: SeedContext,
  shares: MachineShares,
  who: AccountName,
  amount: bigint,
): Promise<void> {
  const offerings = suite.machineOfferings.connect(accounts[who]);
  const value = amount * PRICE;
  await (await offerings.contribute(shares, amount, 0, [], { value })).wait();
}

/** The shares own the one, and the offerings hold the other. */
async function noteOwner({ devices, keys, suite }: SeedContext, name: keyof typeof KEYS) {
  const [device, key] = [devices[name], keys[name]];
  if (device === undefined || key === undefined) throw new Error(`There is no ${name}`);
  device.owner = await suite.deviceRegistry.ownerOf(key.deviceId);
}

async function describe(
  { accounts, keys }: SeedContext,
  name: keyof typeof KEYS,
  shares: MachineShares,
  status: SeededMachine["status"],
): Promise<SeededMachine> {
  return {
    shares: shares.target as string,
    deviceId: keys[name]?.keyHash ?? "",
    status,
    price: PRICE.toString(),
    operator: accounts.alice.address,
    revenueReceiver: await shares.revenueReceiver(),
  };
}
