import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { id } from "ethers";

import { type DeviceKey, P256Key, Secp256k1Key } from "../lib/deviceKey.js";
import { prepareRegistration } from "../lib/devices.js";
import { didDocumentOf } from "../lib/did.js";
import { Batch } from "../lib/identity.js";
import type { SeedContext, SeedStep } from "./seed.js";

const MODEL = id("Cascade WX-4");
const BATCH = "https://cascade.example/batches/1.json";

/** How many devices of the maker's batch are loggers; the private key of each is in {@link loggerKey}. */
const LOGGERS = 99;

/** A key that everybody knows, as everybody knows the accounts' keys: number 0 is Alice's logger's. */
function loggerKey(index: number): string {
  return id(`DeFIoT devnet logger ${index}`);
}

const PHONE_KEY = id("DeFIoT devnet phone");

interface Vouched {
  makerId: bigint;
  lot: number;
  batch: Batch;
}

/** A verified maker with a batch, two devices of it for Alice, and a phone for Bob. */
export const identity: SeedStep = {
  text: "Registering a maker with a batch, a station and a logger for Alice, a phone for Bob",
  run: async (context) => {
    const { alice, bob } = context.accounts;
    const station = await P256Key.generate();
    const loggers = Array.from({ length: LOGGERS }, (_, n) => new Secp256k1Key(loggerKey(n)));
    const vouched = await openMaker(context, [station, ...loggers]);

    await claim(context, "station", alice, station, vouched);
    const key = new Secp256k1Key(loggerKey(0));
    await claim(context, "logger", alice, key, vouched, loggerKey(0));
    await claim(context, "phone", bob, new Secp256k1Key(PHONE_KEY), undefined, PHONE_KEY);
  },
};

async function openMaker(
  { accounts, suite }: SeedContext,
  keys: readonly DeviceKey[],
): Promise<Vouched> {
  const { maker, makerVerifier } = accounts;
  const registry = suite.makerRegistry;
  const uri = "https://cascade.example";
  await (await registry.connect(maker).register("Cascade Instruments", uri, maker.address)).wait();
  const makerId = await registry.makerCount();
  await (await registry.connect(makerVerifier).setVerified(makerId, maker.address, true)).wait();

  const batch = new Batch(keys.map(({ keyHash }) => ({ keyHash, modelHash: MODEL })));
  const { root, count } = batch;
  await (await registry.connect(maker).publishBatch(makerId, root, count, BATCH)).wait();
  const { lots } = await registry.makerOf(makerId);
  return { makerId, lot: Number(lots), batch };
}

async function claim(
  { devices, keys, suite }: SeedContext,
  name: string,
  owner: HardhatEthersSigner,
  key: DeviceKey,
  vouched: Vouched | undefined,
  privateKey?: string,
): Promise<void> {
  const { deviceRegistry } = suite;
  const { hash } = await didDocumentOf(deviceRegistry, key);
  const document = { documentHash: hash, documentURI: `https://cascade.example/did/${name}.json` };
  const maker = vouched && { makerId: vouched.makerId, modelHash: MODEL };
  const word = vouched && { attestation: vouched.batch.attest(vouched.lot, key.keyHash, MODEL) };
  const registration = { ...document, ...maker };
  const transaction = prepareRegistration(deviceRegistry, { key, owner, registration, ...word });
  await (await owner.sendTransaction(await transaction)).wait();
  keys[name] = key;
  devices[name] = {
    deviceId: key.keyHash,
    owner: owner.address,
    wallet: await deviceRegistry.accountOf(key.deviceId),
    ...(privateKey === undefined ? {} : { privateKey }),
  };
}
