import { id, parseEther, parseUnits } from "ethers";

import {
  type DeviceAccount,
  type ElectricityMeter,
  ElectricityMeter__factory,
  type MockERC20,
  MockERC20__factory,
} from "../../../typechain-types/index.js";
import { prepareSpending, prepareWallet, walletOf } from "../../lib/devices.js";
import { count, iotx, short } from "../../lib/format.js";
import { NATIVE, NEVER } from "../../lib/identity.js";
import type { Story } from "../story.js";
import type { Fleet } from "./devices.js";

const DAY = 86_400;
/** Stands for a plain payment in a policy. */
const PAYMENT = "0x00000000";
const METER = id("meter 17");

const FUNDS = parseEther("10");
const DAILY = parseEther("2");
const KILOWATT_HOUR = parseEther("0.5");
const BILL = parseEther("1.5");

/** The dollars of the story have six decimals, like most. */
const DECIMALS = 6;
const DOLLARS = parseUnits("20", DECIMALS);
const DAILY_DOLLARS = parseUnits("1", DECIMALS);
const DOLLARS_PER_KILOWATT_HOUR = parseUnits("0.20", DECIMALS);
const DOLLAR_BILL = parseUnits("0.60", DECIMALS);

/** The station's wallet, and what is in it besides coin. */
export interface Purse {
  wallet: DeviceAccount;
  dollar: MockERC20;
}

interface Power extends Purse {
  meter: ElectricityMeter;
}

/** The station pays for its electricity itself, as far as its owner lets it and no further. */
export async function walletChapter(story: Story, fleet: Fleet): Promise<Purse> {
  story.chapter(
    "The station pays its own bills",
    `Every device has a wallet at an address that follows from its name. Its owner rules it. The
     device itself may spend from it by signature, within a policy: whom it may call, and how much
     it may spend in a day. Whoever likes to carries the request to the chain.`,
  );
  const power = await connectToPower(story, fleet);
  await setPolicy(story, power);
  await payInCoin(story, fleet, power);
  await payInDollars(story, fleet, power);
  await refuseDetours(story, fleet, power);
  return power;
}

async function connectToPower(story: Story, { station }: Fleet): Promise<Power> {
  const { deviceRegistry } = story.suite;
  const { alice, deployer } = story.accounts;
  const { provider } = story.connection.ethers;
  const dollar = await new MockERC20__factory(deployer).deploy(DECIMALS);
  const prices = [KILOWATT_HOUR, DOLLARS_PER_KILOWATT_HOUR] as const;
  const meter = await new ElectricityMeter__factory(deployer).deploy(dollar, ...prices);
  const wallet = await walletOf(deviceRegistry, station.deviceId);
  const address = await wallet.getAddress();

  await dollar.mint(address, DOLLARS);
  story.tell(
    `The station's wallet is at ${short(address)}. Customers have paid ${dollars(DOLLARS)} for data
     there, though nobody has built the wallet yet.`,
  );
  const { deviceId } = station;
  await story.act(
    "relayer",
    "builds the station's wallet",
    prepareWallet(deviceRegistry, deviceId),
  );
  await story.check("The wallet obeys Alice", wallet.owner(), alice.address);
  await story.act("alice", `gives the wallet ${iotx(FUNDS)}`, { to: address, value: FUNDS });
  await story.check(`It holds ${iotx(FUNDS)}`, provider.getBalance(address), FUNDS);
  await story.check(
    `And the ${dollars(DOLLARS)} that were waiting`,
    dollar.balanceOf(address),
    DOLLARS,
  );
  return { wallet, dollar, meter };
}

async function setPolicy(story: Story, { wallet, dollar, meter }: Power): Promise<void> {
  const selectors = (["charge", "chargeInToken"] as const).map(
    (name) => meter.interface.getFunction(name).selector,
  );
  const expiry = (await story.now()) + 90 * DAY;
  const target = await meter.getAddress();
  await story.act(
    "alice",
    `lets the station spend ${iotx(DAILY)} and ${dollars(DAILY_DOLLARS)} a day at its meter`,
    wallet.setPolicy.populateTransaction(
      DAY,
      expiry,
      selectors.map((selector) => ({ target, selector })),
      [
        { currency: NATIVE, amount: DAILY },
        { currency: dollar, amount: DAILY_DOLLARS },
      ],
    ),
  );
  await story.check(
    `The station may spend ${iotx(DAILY)} today`,
    wallet.remainingAllowance(NATIVE),
    DAILY,
  );
}

async function payInCoin(story: Story, { station }: Fleet, { wallet, meter }: Power) {
  const request = {
    target: await meter.getAddress(),
    currency: NATIVE,
    maximum: BILL,
    data: meter.interface.encodeFunctionData("charge", [METER]),
    deadline: NEVER,
  };
  const bought = (BILL * 1_000n) / KILOWATT_HOUR;
  const first = await prepareSpending(wallet, station, request);
  await story.act("relayer", `carries the station's first payment, ${iotx(BILL)}`, first);
  await story.check(
    `The meter was credited with ${count(bought)} watt-hours`,
    meter.wattHoursOf(METER),
    bought,
  );
  await story.check(
    `${iotx(DAILY - BILL)} is left for today`,
    wallet.remainingAllowance(NATIVE),
    DAILY - BILL,
  );

  await story.refused("relayer", "carries the same request again", first, {
    error: "InvalidAccountNonce",
    args: [await wallet.getAddress(), await wallet["nonces(address)"](wallet)],
    because: "the wallet has had that one, and waits for number 1",
  });
  const second = await prepareSpending(wallet, station, request);
  await story.refused("relayer", `carries a second payment of ${iotx(BILL)}`, second, {
    error: "DeviceAccountAllowanceExceeded",
    args: [NATIVE, BILL, DAILY - BILL],
    because: `it asks for ${iotx(BILL)}, and ${iotx(DAILY - BILL)} is left for today`,
  });
  await story.pass(DAY, "A day goes by.");
  await story.act("relayer", "carries that second payment again", second);
  await story.check(
    `The meter stands at ${count(2n * bought)} watt-hours`,
    meter.wattHoursOf(METER),
    2n * bought,
  );
}

async function payInDollars(story: Story, { station }: Fleet, power: Power): Promise<void> {
  const { wallet, dollar, meter } = power;
  const before = await meter.wattHoursOf(METER);
  const bought = (DOLLAR_BILL * 1_000n) / DOLLARS_PER_KILOWATT_HOUR;
  const payment = prepareSpending(wallet, station, {
    target: await meter.getAddress(),
    currency: await dollar.getAddress(),
    maximum: DOLLAR_BILL,
    data: meter.interface.encodeFunctionData("chargeInToken", [METER, DOLLAR_BILL]),
    deadline: NEVER,
  });
  await story.act(
    "relayer",
    `carries a payment of ${dollars(DOLLAR_BILL)} in a stablecoin`,
    payment,
  );
  await story.check(
    `That bought another ${count(bought)} watt-hours`,
    meter.wattHoursOf(METER),
    before + bought,
  );
  await story.check("No approval is left behind", dollar.allowance(wallet, meter), 0n);
}

async function refuseDetours(story: Story, { station, phone }: Fleet, { wallet, meter }: Power) {
  const { stranger } = story.accounts;
  const payment = { currency: NATIVE, maximum: 1n, data: "0x", deadline: NEVER };
  await story.refused(
    "relayer",
    "carries the station's request to pay a stranger",
    prepareSpending(wallet, station, { ...payment, target: stranger.address }),
    {
      error: "DeviceAccountNotPermitted",
      args: [stranger.address, PAYMENT],
      because: `${short(stranger.address)} is not in the policy`,
    },
  );
  const data = meter.interface.encodeFunctionData("charge", [METER]);
  const target = await meter.getAddress();
  await story.refused(
    "relayer",
    "carries a request that the phone signed in the station's name",
    prepareSpending(wallet, phone, { ...payment, target, data }),
    {
      error: "DeviceAccountInvalidDeviceSignature",
      args: [station.deviceId],
      because: `device ${short(station.deviceId)} did not sign it`,
    },
  );
}

function dollars(amount: bigint): string {
  return `$${(Number(amount) / 10 ** DECIMALS).toFixed(2)}`;
}
