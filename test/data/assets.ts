import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import {
  APPEND,
  assetsDomain,
  datasetOf,
  type Epoch,
  PUBLICATION,
  type Publication,
  signAppend,
  signPublication,
} from "../../scripts/lib/data/publishing.js";
import type { DeviceKey } from "../../scripts/lib/deviceKey.js";
import { signAsDevice } from "../../scripts/lib/typedData.js";
import type { DataAssets } from "../../typechain-types/index.js";
import { type Identity, registerDevice } from "../identity/fixture.js";
import { plain, startingFrom } from "../identity/registry.js";
import { type Data, freshRoot } from "./fixture.js";

export enum Kind {
  Dataset,
  Stream,
}

/** Alice's station on a chain of its own: like `startingFrom` of the identity domain. */
export function startingWithStation<T extends object>(
  prepare: (data: Data) => Promise<T>,
): () => Promise<Data & T> {
  return startingFrom(async (identity: Identity) => {
    const data = { ...identity, station: await registerDevice(identity) };
    return { station: data.station, ...(await prepare(data)) };
  });
}

/** Any dataset that Alice's station may publish. */
export const anyDataset = (data: Data, rest: Partial<Publication> = {}): Publication =>
  datasetOf(data.station, data.accounts.alice.address, freshRoot(), rest);

/** Sends what a device signed, through somebody who has nothing to do with it. */
export async function submit(
  { dataAssets, accounts }: Identity,
  key: DeviceKey,
  publication: Publication,
  signature?: string,
): Promise<ContractTransactionResponse> {
  const signed = signature ?? (await signPublication(dataAssets, key, publication));
  return dataAssets.connect(accounts.relayer).publish(publication, signed);
}

/** Sends an epoch that a device signed, through somebody who has nothing to do with it. */
export async function submitEpoch(
  { dataAssets, accounts }: Identity,
  key: DeviceKey,
  epoch: Epoch,
  signature?: string,
): Promise<ContractTransactionResponse> {
  const signed = signature ?? (await signAppend(dataAssets, key, epoch));
  const { assetId, root, previous, recordCount } = epoch;
  return dataAssets
    .connect(accounts.relayer)
    .append(assetId, epoch.epoch, root, previous, recordCount, signed);
}

/** A device's signature for another chain or contract. */
export async function signElsewhere(
  assets: DataAssets,
  key: DeviceKey,
  value: Publication | Epoch,
  domain: { chainId?: bigint; verifyingContract?: string; name?: string; version?: string },
): Promise<string> {
  const type = "deviceId" in value ? PUBLICATION : APPEND;
  return signAsDevice(key, { ...(await assetsDomain(assets)), ...domain }, type, value);
}

/** Expects the refusal of a publication with an error and its arguments, and that nothing was published. */
export async function expectRefused(
  data: Identity,
  sending: Promise<unknown>,
  publication: Publication,
  error: string,
  ...args: unknown[]
): Promise<void> {
  const { dataAssets } = data;
  await expect(sending)
    .to.be.revertedWithCustomError(dataAssets, error)
    .withArgs(...args);
  const { deviceId, contentRoot } = publication;
  expect(await dataAssets.assetOf(deviceId, contentRoot)).to.equal(0n);
}

/** The error of a signature that is not good. */
export const UNSIGNED = "DataAssetsInvalidDeviceSignature";

/** Everything that the chain keeps of an asset: two of these are equal if nothing changed. */
export async function everythingOf(assets: DataAssets, assetId: bigint) {
  return {
    owner: await assets.ownerOf(assetId),
    device: await assets.deviceOf(assetId),
    kind: await assets.kindOf(assetId),
    standing: plain(await assets.standingOf(assetId)),
    fixed: await assets.isPayeeFixed(assetId),
    parents: [...(await assets.parentsOf(assetId))],
    royalty: [...(await assets.royaltyInfo(assetId, 10_000))],
    stream: plain(await assets.streamOf(assetId)),
    head: await assets.headOf(assetId),
    bits: await assets.deliveredBits(assetId, 0),
    roots: await Promise.all([0, 1, 2, 3].map((epoch) => assets.epochRootOf(assetId, epoch))),
  };
}

/** Who is paid for an asset, how often it changed hands, and whether it has parents. */
export async function standingOf(
  assets: DataAssets,
  assetId: bigint,
): Promise<[payee: string, transfers: bigint, derivative: boolean]> {
  const { payee, transfers, derivative } = await assets.standingOf(assetId);
  return [payee, transfers, derivative];
}
