import { id } from "ethers";

import type { DeviceKey } from "../../lib/deviceKey.js";
import { short } from "../../lib/format.js";
import { type Heartbeat, signHeartbeat } from "../../lib/identity.js";
import { Status } from "../../lib/vocabulary.js";
import type { Story } from "../story.js";
import type { Fleet } from "./devices.js";
import { isBelieved, type Signed } from "./observations.js";

const FIRMWARE = id("WX-4 firmware 1.0.3");
const HOUR = 3_600;

/** A device's sign of life at a time, signed. */
export function beatOf({ suite }: Story, key: DeviceKey, timestamp: number): Promise<Heartbeat> {
  const { deviceId } = key;
  return signHeartbeat(suite.deviceRegistry, key, { deviceId, timestamp, firmwareHash: FIRMWARE });
}

/** Devices show that they are alive without holding a coin; a suspended one is not heard. */
export async function lifeChapter(story: Story, fleet: Fleet, signed: Signed): Promise<void> {
  story.chapter(
    "Signs of life",
    `A device has no coin and needs none: it signs a heartbeat, and anyone may carry a whole bundle
     of them to the chain. A stale one in the bundle is passed over and spoils nothing.`,
  );
  await beatTogether(story, fleet);
  await suspendAndResume(story, fleet, signed);
}

async function beatTogether(story: Story, fleet: Fleet): Promise<void> {
  const { deviceRegistry } = story.suite;
  const keys = [fleet.station, fleet.logger, fleet.phone];
  const first = await story.now();
  const beats = await Promise.all(keys.map((key) => beatOf(story, key, first)));
  const bundle = deviceRegistry.heartbeats.populateTransaction(beats);
  await story.act("relayer", `carries ${beats.length} heartbeats`, bundle);

  await story.pass(HOUR, "An hour goes by.");
  const second = await story.now();
  const stale = beats.at(1);
  if (stale === undefined) throw new Error("The logger has no heartbeat");
  const mixed = [
    await beatOf(story, fleet.station, second),
    stale,
    await beatOf(story, fleet.phone, second),
  ];
  await story.check(
    "Of the next three heartbeats, one an hour old, two will count",
    deviceRegistry.heartbeats.staticCall(mixed),
    2n,
  );
  const carried = deviceRegistry.heartbeats.populateTransaction(mixed);
  await story.act("relayer", "carries the next three", carried);
  const seen = (key: DeviceKey): Promise<bigint> => deviceRegistry.lastSeen(key.deviceId);
  await story.check("The station was seen just now", seen(fleet.station), second);
  await story.check("The phone, too", seen(fleet.phone), second);
  await story.check("The logger was last seen an hour ago", seen(fleet.logger), first);
  await story.refused(
    "relayer",
    "carries the logger's old heartbeat alone",
    deviceRegistry.heartbeat.populateTransaction(stale),
    {
      error: "DeviceRegistryInvalidTimestamp",
      args: [first, first],
      because: "the logger said that an hour ago, and was heard",
    },
  );
}

async function suspendAndResume(story: Story, fleet: Fleet, signed: Signed): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { deviceId, keyHash } = fleet.station;
  const suspend = deviceRegistry.suspend.populateTransaction(deviceId);
  const resume = deviceRegistry.resume.populateTransaction(deviceId);
  story.tell("The station reports snow in July. Alice wants to look at it first.");
  await story.act("alice", "suspends the station", suspend);
  const status = (): Promise<bigint> => deviceRegistry.statusOf(deviceId);
  await story.check("The station is suspended", status(), Status.Suspended);
  await story.check(
    "Its signature over the four years is not believed now",
    isBelieved(story, fleet, signed),
    false,
  );
  const beat = await beatOf(story, fleet.station, await story.now());
  await story.refused(
    "relayer",
    "carries a heartbeat of the suspended station",
    deviceRegistry.heartbeat.populateTransaction(beat),
    {
      error: "DeviceRegistryInvalidDeviceSignature",
      args: [keyHash],
      because: `nothing that key ${short(keyHash)} signs counts while the station is suspended`,
    },
  );
  await story.act("alice", "finds a blocked rain gauge, and resumes the station", resume);
  await story.check("The station is active", status(), Status.Active);
  await story.check("And believed again", isBelieved(story, fleet, signed));
}
