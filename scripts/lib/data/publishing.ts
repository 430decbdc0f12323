// What a device signs to publish data, and transactions that carry it.
import {
  AbiCoder,
  type ContractTransaction,
  keccak256,
  type TypedDataDomain,
  ZeroAddress,
  ZeroHash,
} from "ethers";

import type { IDataAssets } from "../../../typechain-types/contracts/data/DataAssets.js";
import type { DataAssets } from "../../../typechain-types/index.js";
import type { DeviceKey } from "../deviceKey.js";
import { NEVER } from "../identity.js";
import { type ActionType, domainOf, signAsDevice, struct } from "../typedData.js";

export type Publication = IDataAssets.PublicationStruct;
export type Parent = IDataAssets.ParentStruct;
export type Link = IDataAssets.LinkStruct;

/** What an asset is, as `IDataAssets.Kind` numbers it. */
export const AssetKind = { Dataset: 0, Stream: 1 } as const;

/** The struct types of the publishing half of the data domain, as the contract hashes them. */
export const PUBLICATION: ActionType = {
  ...struct(
    "Publication",
    "uint256 deviceId",
    "address creator",
    "uint8 kind",
    "bytes32 contentRoot",
    "uint64 recordCount",
    "bytes32 metadataHash",
    "bytes32 schemaHash",
    "uint48 from",
    "uint48 to",
    "Parent[] parents",
    "address payee",
    "uint16 royaltyBps",
    "uint32 epochLength",
    "uint48 firstEpochStart",
    "uint32 grace",
    "string uri",
    "uint48 deadline",
  ),
  ...struct("Parent", "uint48 assetId", "uint16 bps"),
};
export const APPEND = struct(
  "Append",
  "uint256 assetId",
  "uint32 epoch",
  "bytes32 root",
  "bytes32 previous",
  "uint64 recordCount",
);

export const assetsDomain = (assets: DataAssets): Promise<TypedDataDomain> =>
  domainOf(assets, "DeFIoT DataAssets");

/** A dataset of a device; what is not given is empty, and the signature never expires. */
export function datasetOf(
  key: DeviceKey,
  creator: string,
  contentRoot: string,
  rest: Partial<Publication> = {},
): Publication {
  return {
    deviceId: key.deviceId,
    creator,
    kind: AssetKind.Dataset,
    contentRoot,
    recordCount: 0,
    metadataHash: ZeroHash,
    schemaHash: ZeroHash,
    from: 0,
    to: 0,
    parents: [],
    payee: ZeroAddress,
    royaltyBps: 0,
    epochLength: 0,
    firstEpochStart: 0,
    grace: 0,
    uri: "",
    deadline: NEVER,
    ...rest,
  };
}

/** A stream's clock, in seconds. */
export type Clock = Pick<Publication, "epochLength" | "firstEpochStart" | "grace">;

/** A stream of a device; what is not given is empty, and the signature never expires. */
export function streamOf(
  key: DeviceKey,
  creator: string,
  contentRoot: string,
  clock: Clock,
  rest: Partial<Publication> = {},
): Publication {
  return datasetOf(key, creator, contentRoot, { kind: AssetKind.Stream, ...clock, ...rest });
}

/** The device's word for an asset. */
export async function signPublication(
  assets: DataAssets,
  key: DeviceKey,
  publication: Publication,
): Promise<string> {
  return signAsDevice(key, await assetsDomain(assets), PUBLICATION, publication);
}

/** Publishes an asset, signed by its device; anyone may send it. */
export async function preparePublication(
  assets: DataAssets,
  key: DeviceKey,
  publication: Publication,
): Promise<ContractTransaction> {
  const signature = await signPublication(assets, key, publication);
  return assets.publish.populateTransaction(publication, signature);
}

/** An epoch of a stream; `previous` is the end of its chain so far. */
export interface Epoch extends Link {
  assetId: bigint;
  previous: string;
}

/** The device's word for an epoch. */
export async function signAppend(
  assets: DataAssets,
  key: DeviceKey,
  epoch: Epoch,
): Promise<string> {
  return signAsDevice(key, await assetsDomain(assets), APPEND, epoch);
}

/** Appends an epoch, signed by the stream's device; anyone may send it. */
export async function prepareAppend(
  assets: DataAssets,
  key: DeviceKey,
  epoch: Epoch,
): Promise<ContractTransaction> {
  const signature = await signAppend(assets, key, epoch);
  return assets.append.populateTransaction(
    epoch.assetId,
    epoch.epoch,
    epoch.root,
    epoch.previous,
    epoch.recordCount,
    signature,
  );
}

/** The end of a stream's chain after another epoch: what the next one has to be signed on. */
export function chainHead(previous: string, { epoch, root, recordCount }: Link): string {
  const link = [previous, epoch, root, recordCount];
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(["bytes32", "uint32", "bytes32", "uint64"], link),
  );
}
