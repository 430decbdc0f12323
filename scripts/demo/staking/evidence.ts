// What an oracle's operators report, what a station has measured, and how anyone can tell that they differ.
import { keccak256, toUtf8Bytes, TypedDataEncoder, verifyTypedData } from "ethers";

import { type DeviceKey, P256Key } from "../../lib/deviceKey.js";
import { prepareRegistration } from "../../lib/devices.js";
import { domainOf, struct } from "../../lib/typedData.js";
import type { Story } from "../story.js";
import { isProven, merkleTree, type Observation, readObservations } from "../weather.js";
import { type OperatorName, OPERATORS } from "./cast.js";

/** An operator's answer to how hot it was on a day, in tenths of a degree. */
const REPORT = struct("HighOfDay", "uint32 operator", "uint48 day", "int32 high");
/** A station's word for all that it has measured. */
const ARCHIVE = struct("Archive", "uint256 deviceId", "bytes32 root");

/** A station, what it has measured, and its word for it. */
export interface Station {
  key: DeviceKey;
  days: readonly Observation[];
  tree: ReturnType<typeof merkleTree>;
  signature: string;
}

/** What an operator said and signed. */
export interface Report {
  operator: OperatorName;
  high: number;
  signature: string;
}

/** A temperature as people read it. */
export function degrees(tenths: number): string {
  return `${(tenths / 10).toFixed(1)} °C`;
}

/** All that it takes to convict an operator, or to acquit him. */
export interface Evidence {
  record: Observation;
  /** Leads from the record to the root that the station signed. */
  proof: string[];
  report: Report;
  /** Of all of it as a file: the chain keeps this. */
  hash: string;
}

/** The oracle's own station registers, and signs the root of four years of real weather. */
export async function openStation(story: Story): Promise<Station> {
  const { deviceRegistry } = story.suite;
  const key = await P256Key.generate();
  const claim = prepareRegistration(deviceRegistry, { key, owner: story.accounts.arbiter });
  await story.act("arbiter", "registers the oracle's weather station", claim);
  const days = await readObservations();
  const tree = merkleTree(days);
  const signature = await key.sign(await archiveDigest(story, key, tree.root));
  return { key, days, tree, signature };
}

/** An operator answers, and signs his answer. */
export async function report(
  story: Story,
  operator: OperatorName,
  { time }: Observation,
  high: number,
): Promise<Report> {
  const answer = { operator: OPERATORS[operator], day: time, high };
  const account = story.accounts[operator];
  const signature = await account.signTypedData(await oracleDomain(story), REPORT, answer);
  return { operator, high, signature };
}

export function evidenceOf(station: Station, record: Observation, said: Report): Evidence {
  const proof = station.tree.getProof(station.days.indexOf(record));
  const { root } = station.tree;
  const file = { record, proof, root, signature: station.signature, report: said };
  return { record, proof, report: said, hash: keccak256(toUtf8Bytes(JSON.stringify(file))) };
}

/** What anyone who has the evidence can check on his own. */
export interface Findings {
  /** The station signed the root, and the record leads to it. */
  measured: boolean;
  /** The operator's owner signed the report. */
  reported: boolean;
  /** The two say the same. */
  agree: boolean;
}

export async function examine(
  story: Story,
  { key, tree, signature }: Station,
  { record, proof, report: said }: Evidence,
): Promise<Findings> {
  const { deviceRegistry, stakingPool } = story.suite;
  const digest = await archiveDigest(story, key, tree.root);
  const signed = await deviceRegistry.isDeviceSignature(key.deviceId, digest, signature);
  const operator = OPERATORS[said.operator];
  const answer = { operator, day: record.time, high: said.high };
  const signer = verifyTypedData(await oracleDomain(story), REPORT, answer, said.signature);
  return {
    measured: signed && isProven(tree.root, record, proof),
    reported: signer === (await stakingPool.ownerOf(operator)),
    agree: said.high === record.high,
  };
}

async function archiveDigest({ suite }: Story, { deviceId }: DeviceKey, root: string) {
  const domain = await domainOf(suite.deviceRegistry, "Seattle weather");
  return TypedDataEncoder.hash(domain, ARCHIVE, { deviceId, root });
}

function oracleDomain({ suite }: Story) {
  return domainOf(suite.moduleRegistry, "Seattle oracle");
}
