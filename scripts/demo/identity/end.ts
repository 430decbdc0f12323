import { prepareRegistration, prepareSpending } from "../../lib/devices.js";
import { iotx, short } from "../../lib/format.js";
import { NATIVE, NEVER } from "../../lib/identity.js";
import { Status, Trust } from "../../lib/vocabulary.js";
import type { Story } from "../story.js";
import type { Fleet } from "./devices.js";
import { beatOf } from "./life.js";
import type { Production } from "./maker.js";
import { isBelieved, type Signed } from "./observations.js";
import type { Purse } from "./wallet.js";

/** The maker recalls the batch: every device of it shows it, whoever owns it, claimed or not. */
export async function recallChapter(
  story: Story,
  production: Production,
  { station, logger, phone }: Fleet,
): Promise<void> {
  const { deviceRegistry, makerRegistry } = story.suite;
  const { makerId, lot, model, batch, spare } = production;
  story.chapter(
    "The maker recalls the batch",
    `Cascade finds a fault in the rain gauges of the run. One transaction tells everyone who asks,
     whatever the number of devices and whoever owns them by now.`,
  );
  const recall = makerRegistry.recallLot.populateTransaction(makerId, lot, "Rain gauges may block");
  await story.act("maker", `recalls the whole batch, lot ${lot}`, recall);
  const trust = (id: bigint): Promise<bigint> => deviceRegistry.trustOf(id);
  await story.check("Alice's station shows as recalled", trust(station.deviceId), Trust.Recalled);
  await story.check("Bob's logger, too", trust(logger.deviceId), Trust.Recalled);
  const claim = prepareRegistration(deviceRegistry, {
    key: spare,
    owner: story.accounts.carol,
    registration: { makerId, modelHash: model },
    attestation: batch.attest(lot, spare.keyHash, model),
  });
  await story.act("carol", "claims another device of that batch only now", claim);
  await story.check("It shows as recalled from the start", trust(spare.deviceId), Trust.Recalled);
  await story.check(
    "Bob's phone does not: it is not Cascade's",
    trust(phone.deviceId),
    Trust.SelfCertified,
  );
}

/** The station is retired. Its key never comes back, and its money does. */
export async function retirementChapter(
  story: Story,
  fleet: Fleet,
  signed: Signed,
  purse: Purse,
): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { station } = fleet;
  const { deviceId } = station;
  story.chapter(
    "The station retires",
    `A retired device is gone for good: its token is burnt and its key never names another. What is
     in its wallet stays its last owner's.`,
  );
  const policy = (await purse.wallet.policy()).id;
  await story.act(
    "alice",
    "retires the station",
    deviceRegistry.retire.populateTransaction(deviceId),
  );
  await story.check("The station is retired", deviceRegistry.statusOf(deviceId), Status.Retired);
  await story.check("Its signature is not believed", isBelieved(story, fleet, signed), false);
  await refuseTheDead(story, fleet, purse, policy);
  await emptyWallet(story, purse);
}

async function refuseTheDead(story: Story, { station }: Fleet, purse: Purse, policy: bigint) {
  const { deviceRegistry } = story.suite;
  const { alice } = story.accounts;
  const { keyHash } = station;
  const beat = await beatOf(story, station, await story.now());
  await story.refused(
    "relayer",
    "carries a heartbeat of the retired station",
    deviceRegistry.heartbeat.populateTransaction(beat),
    {
      error: "DeviceRegistryInvalidDeviceSignature",
      args: [keyHash],
      because: `nothing that key ${short(keyHash)} signs counts any more`,
    },
  );
  await story.refused(
    "alice",
    "registers the station anew",
    prepareRegistration(deviceRegistry, { key: station, owner: alice }),
    {
      error: "DeviceRegistryKnownKey",
      args: [keyHash],
      because: `key ${short(keyHash)} named a device before`,
    },
  );
  await story.refused(
    "relayer",
    "carries one more payment of the station",
    prepareSpending(purse.wallet, station, {
      policy,
      target: alice.address,
      currency: NATIVE,
      maximum: 1n,
      data: "0x",
      deadline: NEVER,
    }),
    {
      error: "DeviceAccountPolicyNotInForce",
      args: [policy],
      because: `policy ${policy} ended with the station`,
    },
  );
}

async function emptyWallet(story: Story, { wallet, dollar }: Purse): Promise<void> {
  const { alice } = story.accounts;
  const { provider } = story.connection.ethers;
  const coins = await provider.getBalance(wallet);
  const dollars = await dollar.balanceOf(wallet);
  await story.check("The wallet still obeys Alice", wallet.owner(), alice.address);
  await story.act(
    "alice",
    `takes the last ${iotx(coins)} out of the station's wallet`,
    wallet.execute.populateTransaction(alice, coins, "0x", 0),
  );
  const transfer = dollar.interface.encodeFunctionData("transfer", [alice.address, dollars]);
  await story.act(
    "alice",
    "takes the wallet's dollars, too",
    wallet.execute.populateTransaction(dollar, 0, transfer, 0),
  );
  await story.check("The wallet is empty of coin", provider.getBalance(wallet), 0n);
  await story.check("And of dollars: Alice has them", dollar.balanceOf(alice), dollars);
}
