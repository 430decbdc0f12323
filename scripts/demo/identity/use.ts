import { id } from "ethers";

import { short } from "../../lib/format.js";
import { NOBODY } from "../../lib/identity.js";
import { Permission } from "../../lib/vocabulary.js";
import type { Story } from "../story.js";
import type { Fleet } from "./devices.js";

const DAY = 86_400;
const ALL = Permission.Data | Permission.Document | Permission.Operation;

/** A logger is let, its keys are lent, and a sale ends it all. */
export async function useChapter(story: Story, fleet: Fleet): Promise<void> {
  story.chapter(
    "A tenant, a helper, and a new owner",
    `Owning a device, using it and looking after it are three things. Whatever an owner allows to
     others ends when its time is up, and at the latest when the device is sold.`,
  );
  await rent(story, fleet);
  await grant(story, fleet);
  await sell(story, fleet);
}

async function rent(story: Story, { logger }: Fleet): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { alice, carol } = story.accounts;
  const { deviceId } = logger;
  const until = (await story.now()) + 7 * DAY;
  const lease = deviceRegistry.setUser.populateTransaction(deviceId, carol, until);
  await story.act("alice", "lets the logger to Carol for a week", lease);
  await story.check("Carol is the logger's user", deviceRegistry.userOf(deviceId), carol.address);
  await story.check("Alice is still its owner", deviceRegistry.ownerOf(deviceId), alice.address);
  await story.pass(7 * DAY, "A week goes by.");
  await story.check(
    "The logger has no user; nobody had to do anything",
    deviceRegistry.userOf(deviceId),
    NOBODY,
  );
}

async function grant(story: Story, { logger }: Fleet): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { alice, carol } = story.accounts;
  const { deviceId } = logger;
  const until = (await story.now()) + 365 * DAY;
  await story.act(
    "alice",
    "lets Carol publish data, edit the document, and operate it",
    deviceRegistry.grantPermissions.populateTransaction(deviceId, carol, ALL, until),
  );
  const granted = deviceRegistry.permissionsOf(deviceId, carol);
  await story.check("Carol holds the three permissions", granted, ALL);
  await story.act(
    "alice",
    "lets the logger to Carol for a year, too",
    deviceRegistry.setUser.populateTransaction(deviceId, carol, until),
  );
  await story.act(
    "alice",
    "has the logger's income paid to herself only",
    deviceRegistry.setRevenuePayee.populateTransaction(deviceId, alice),
  );

  const moved = id("The logger stands in Tacoma now");
  const edit = deviceRegistry.setDocument.populateTransaction(
    deviceId,
    moved,
    "https://carol.example/logger.json",
  );
  await story.act("carol", "edits the logger's document", edit);
  await story.check(
    `The document's hash is ${short(moved)}`,
    deviceRegistry.documentHashOf(deviceId),
    moved,
  );
}

async function sell(story: Story, { logger }: Fleet): Promise<void> {
  const { deviceRegistry } = story.suite;
  const { alice, bob, carol } = story.accounts;
  const { deviceId } = logger;
  const sale = deviceRegistry["safeTransferFrom(address,address,uint256)"];
  await story.act(
    "alice",
    "sells the logger to Bob",
    sale.populateTransaction(alice, bob, deviceId),
  );
  await story.check("The logger is Bob's", deviceRegistry.ownerOf(deviceId), bob.address);
  await story.check(
    "Carol's permissions are gone",
    deviceRegistry.permissionsOf(deviceId, carol),
    0n,
  );
  await story.check("She is not its user any more", deviceRegistry.userOf(deviceId), NOBODY);
  await story.check(
    "Its income is Bob's to direct",
    deviceRegistry.revenuePayeeOf(deviceId),
    NOBODY,
  );
  for (const [who, address] of [
    ["carol", carol.address],
    ["alice", alice.address],
  ] as const) {
    await story.refused(
      who,
      "tries to suspend Bob's logger",
      deviceRegistry.suspend.populateTransaction(deviceId),
      {
        error: "DeviceRegistryUnauthorized",
        args: [deviceId, address],
        because: `${short(address)} neither owns device ${short(deviceId)} nor operates it`,
      },
    );
  }
}
