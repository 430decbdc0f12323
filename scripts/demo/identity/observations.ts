import { hashMessage, type TypedDataDomain, TypedDataEncoder } from "ethers";

import { type DeviceKey, P256Key } from "../../lib/deviceKey.js";
import { count, short } from "../../lib/format.js";
import { deviceDomain } from "../../lib/identity.js";
import { struct } from "../../lib/typedData.js";
import type { Story } from "../story.js";
import { isProven, merkleTree, type Observation, readObservations } from "../weather.js";
import type { Fleet } from "./devices.js";

/** What a station says about a series of observations, in the demo's own words. */
const OBSERVATIONS = struct(
  "Observations",
  "uint256 deviceId",
  "bytes32 root",
  "uint32 count",
  "uint48 from",
  "uint48 to",
);

/** The digest that the station signed, and its signature over it. */
export interface Signed {
  digest: string;
  signature: string;
}

/** The station signs four years of weather at once, and is believed; nobody else is. */
export async function observationsChapter(story: Story, fleet: Fleet): Promise<Signed> {
  const observations = await readObservations();
  const first = edge(observations.at(0));
  const last = edge(observations.at(-1));
  story.chapter(
    "Four years of weather, one signature",
    `These are real observations: Seattle's weather on ${count(observations.length)} days, from
     ${first.date} to ${last.date}, recorded by NOAA. The station puts them into a Merkle tree and
     signs its root. Asking the registry whether it did so is free.`,
  );
  const tree = merkleTree(observations);
  const domain = { ...(await deviceDomain(story.suite.deviceRegistry)), name: "Seattle weather" };
  const statement = {
    deviceId: fleet.station.deviceId,
    root: tree.root,
    count: observations.length,
    from: first.time,
    to: last.time,
  };
  const signed = await sign(fleet.station, domain, statement);
  await story.check(
    `The registry confirms that the station signed the root ${short(tree.root)}`,
    isBelieved(story, fleet, signed),
  );

  await proveOneDay(story, tree, observations);
  await refuseForgeries(story, fleet, signed, { domain, statement });
  return signed;
}

/** Whether the registry confirms that the station signed. */
export function isBelieved(
  { suite }: Story,
  { station }: Fleet,
  { digest, signature }: Signed,
): Promise<boolean> {
  return suite.deviceRegistry.isDeviceSignature(station.deviceId, digest, signature);
}

async function proveOneDay(
  story: Story,
  tree: ReturnType<typeof merkleTree>,
  observations: readonly Observation[],
): Promise<void> {
  const wettest = observations.reduce((one, other) =>
    other.precipitation > one.precipitation ? other : one,
  );
  const proof = tree.getProof(observations.indexOf(wettest));
  const { date, precipitation, high } = wettest;
  story.tell(
    `The wettest day was ${date}: ${precipitation / 10} mm of ${wettest.weather}, at most
     ${high / 10} °C. To prove it takes that one record and ${proof.length} hashes.`,
  );
  await story.check(
    `${date} is proven to be in what the station signed`,
    isProven(tree.root, wettest, proof),
  );
  const dry = { ...wettest, precipitation: 0 };
  await story.check("The same day without its rain is not", isProven(tree.root, dry, proof), false);
}

interface Statement {
  domain: TypedDataDomain;
  statement: Record<string, unknown>;
}

async function refuseForgeries(
  story: Story,
  fleet: Fleet,
  signed: Signed,
  { domain, statement }: Statement,
): Promise<void> {
  const tampered = { ...statement, root: hashMessage("sunshine every day") };
  const digest = TypedDataEncoder.hash(domain, OBSERVATIONS, tampered);
  const believed = (forgery: Signed): Promise<boolean> => isBelieved(story, fleet, forgery);
  await story.check(
    "Its signature under a tampered root is not believed",
    believed({ digest, signature: signed.signature }),
    false,
  );
  await story.check(
    "A stranger's signature over the true root is not believed",
    believed(await sign(await P256Key.generate(), domain, statement)),
    false,
  );
  await story.check(
    "Nor is the phone's, though the phone is a device itself",
    believed(await sign(fleet.phone, domain, statement)),
    false,
  );
}

async function sign(
  key: DeviceKey,
  domain: TypedDataDomain,
  statement: Record<string, unknown>,
): Promise<Signed> {
  const digest = TypedDataEncoder.hash(domain, OBSERVATIONS, statement);
  return { digest, signature: await key.sign(digest) };
}

function edge(observation: Observation | undefined): Observation {
  if (observation === undefined) throw new Error("There is no observation");
  return observation;
}
