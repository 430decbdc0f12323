// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";

/// @title IDataAssets
/// @notice Data as ERC-721 tokens. Every asset was signed by a device of the {IDeviceRegistry} that was active in that
/// block; its creator owns it and may sell it. An asset is never burnt, and what was published never changes.
///
/// A *dataset* is one Merkle root. A *stream* is cut into epochs of equal length, and gets one root for each:
///
/// ```
///             firstEpochStart          + epochLength             + 2 x epochLength
///   ────────────────┼────────────────────────┼────────────────────────┼──────────▶ time
///                   │        epoch 0         │  grace  │              │
///                                            ├─────────┤
///                    append of epoch 0 in here: delivered (subscribers pay for it)
///                                                      ├──────────────────────▶
///                                 append from here on: stored, but missed (nobody pays for it)
/// ```
///
/// An epoch is *final* once it is delivered, or from `finalAt` on, when it can no longer be.
interface IDataAssets is IERC2981, IERC4906 {
    /// @notice What an asset is.
    enum Kind {
        Dataset,
        Stream
    }

    /// @notice An asset that another was made from, and the share of the other's sales that it gets.
    /// @param assetId A published asset.
    /// @param bps Share of each recognised price after the protocol's fee, 0 to 10,000 bps.
    struct Parent {
        uint48 assetId;
        uint16 bps;
    }

    /// @notice What a device signs to publish. EIP-712 type: `Publication(uint256 deviceId,address creator,uint8 kind,
    /// bytes32 contentRoot,uint64 recordCount,bytes32 metadataHash,bytes32 schemaHash,uint48 from,uint48 to,
    /// Parent[] parents,address payee,uint16 royaltyBps,uint32 epochLength,uint48 firstEpochStart,uint32 grace,
    /// string uri,uint48 deadline)Parent(uint48 assetId,uint16 bps)`. Device and content root are its nonce.
    /// @param deviceId The device that signs.
    /// @param creator Becomes the owner: the device's owner, its user, or who holds {DevicePermissions-DATA} on it.
    /// @param contentRoot Root of a standard Merkle tree (leaves hashed twice) over the records; not 0. Of a stream:
    /// over a sample, a header or whatever else starts its chain.
    /// @param recordCount Records under the root.
    /// @param metadataHash Hash of a description; 0 for none.
    /// @param schemaHash Hash of the records' schema; 0 for none.
    /// @param from First second that the data is about.
    /// @param to Last second that the data is about, not before `from`.
    /// @param parents At most 4, by rising id; their shares add up to 10,000 bps at most.
    /// @param payee Who is paid for sales; zero for the owner of the moment. Zero, or the device's own payee, where
    /// the device has one.
    /// @param royaltyBps ERC-2981 royalty on sales of the token, 0 to 10,000 bps.
    /// @param epochLength Seconds of an epoch; 0 for a dataset.
    /// @param firstEpochStart When epoch 0 starts, in seconds; 0 for a dataset.
    /// @param grace Seconds after an epoch's end in which it counts as delivered, 1 to `epochLength`; 0 for a dataset.
    /// @param uri Where data and description are; in the event only.
    /// @param deadline Last second at which the signature is good.
    struct Publication {
        uint256 deviceId;
        address creator;
        Kind kind;
        bytes32 contentRoot;
        uint64 recordCount;
        bytes32 metadataHash;
        bytes32 schemaHash;
        uint48 from;
        uint48 to;
        Parent[] parents;
        address payee;
        uint16 royaltyBps;
        uint32 epochLength;
        uint48 firstEpochStart;
        uint32 grace;
        string uri;
        uint48 deadline;
    }

    /// @notice A stream's clock, in one slot; all zero for a dataset.
    /// @param epochLength Seconds.
    /// @param grace Seconds.
    /// @param firstEpochStart Seconds.
    /// @param nextEpoch The first epoch that may still be appended.
    struct Stream {
        uint32 epochLength;
        uint32 grace;
        uint48 firstEpochStart;
        uint32 nextEpoch;
    }

    /// @notice What a market needs to know of an asset.
    /// @param owner Whose it is now.
    /// @param payee Who is paid for its sales now; never zero.
    /// @param transfers How often it changed hands; a transfer to oneself counts.
    /// @param derivative Whether it has parents.
    struct Standing {
        address owner;
        address payee;
        uint32 transfers;
        bool derivative;
    }

    /// @notice One epoch of a stream's chain, as {verifyChain} takes it.
    struct Link {
        uint32 epoch;
        bytes32 root;
        uint64 recordCount;
    }

    /// @notice A device published an asset. Where the device has a payee of its own, that is the asset's.
    event AssetPublished(
        uint256 indexed assetId,
        uint256 indexed deviceId,
        address indexed creator,
        Publication publication
    );
    /// @notice A device appended an epoch to its stream. `head` is the chain's new end.
    event EpochAppended(
        uint256 indexed assetId,
        uint32 indexed epoch,
        bytes32 root,
        bytes32 head,
        uint64 recordCount,
        bool delivered
    );
    /// @notice The owner named who is paid; zero for the owner of the moment. A transfer ends it.
    event PayeeSet(uint256 indexed assetId, address indexed payee);

    /// @notice The signature could be used until `deadline` (seconds).
    error DataAssetsExpiredSignature(uint48 deadline);
    /// @notice The device is not active, or did not sign just this.
    error DataAssetsInvalidDeviceSignature(uint256 deviceId);
    /// @notice The creator is neither the device's owner nor its user and lacks {DevicePermissions-DATA}.
    error DataAssetsUnauthorizedCreator(uint256 deviceId, address creator);
    /// @notice The device published this root before.
    error DataAssetsKnownContent(uint256 deviceId, bytes32 contentRoot, uint256 assetId);
    /// @notice A root cannot be 0.
    error DataAssetsMissingRoot();
    /// @notice The period ends before it begins (seconds).
    error DataAssetsInvalidPeriod(uint48 from, uint48 to);
    /// @notice A stream needs 0 < grace <= epochLength (seconds); a dataset has none of the three.
    error DataAssetsInvalidEpochs(uint32 epochLength, uint48 firstEpochStart, uint32 grace);
    /// @notice A share is at most 10,000 bps, and so is the sum of the parents' shares.
    error DataAssetsInvalidShare(uint256 bps);
    /// @notice An asset has at most 4 parents.
    error DataAssetsTooManyParents(uint256 count);
    /// @notice Parents exist and stand by rising id.
    error DataAssetsInvalidParent(uint256 assetId);
    /// @notice The device has a payee of its own: he is this asset's payee for ever, and only the device's owner may
    /// promise parents a share; a stream of a former owner's, with another payee, ends.
    error DataAssetsFixedPayee(address payee);
    /// @notice The caller does not own the asset.
    error DataAssetsUnauthorized(uint256 assetId, address caller);
    /// @notice The asset is a dataset.
    error DataAssetsNotAStream(uint256 assetId);
    /// @notice The epoch, or a later one, was appended before.
    error DataAssetsStaleEpoch(uint32 epoch, uint32 nextEpoch);
    /// @notice The epoch ends at `end` (seconds).
    error DataAssetsEpochNotOver(uint32 epoch, uint256 end);
    /// @notice This is not the end of the stream's chain.
    error DataAssetsBrokenChain(uint256 assetId, bytes32 previous);
    /// @notice A part of the suite is not where the constructor was told.
    error DataAssetsNoCode(address part);

    /// @notice Publishes data; anyone may send it. The token is minted to the creator without a callback.
    /// @param deviceSignature By the device that `publication` names, see {IDeviceRegistry-isDeviceSignature}.
    /// @return assetId Sequential, from 1.
    /// Reverts with {DataAssetsExpiredSignature}, {DataAssetsMissingRoot}, {DataAssetsInvalidPeriod},
    /// {DataAssetsInvalidEpochs}, {DataAssetsInvalidShare}, {DataAssetsTooManyParents}, {DataAssetsInvalidParent},
    /// {DataAssetsKnownContent}, {DataAssetsFixedPayee}, {DataAssetsInvalidDeviceSignature},
    /// {DataAssetsUnauthorizedCreator}, ERC721InvalidReceiver, and DeviceRegistryInsufficientGas.
    function publish(
        Publication calldata publication,
        bytes calldata deviceSignature
    ) external returns (uint256 assetId);

    /// @notice Adds an epoch to a stream; anyone may send it, and nothing can pause it. In time it is delivered, later
    /// it is only stored, see {IDataAssets}. Epochs may be left out, but not made up for: they only rise.
    /// EIP-712 type: `Append(uint256 assetId,uint32 epoch,bytes32 root,bytes32 previous,uint64 recordCount)`.
    /// @param root Root of a standard Merkle tree over the epoch's records; not 0.
    /// @param previous End of the chain so far: {headOf}, or the stream's content root while it has no epoch.
    /// @param recordCount Records under the root; the chain binds it.
    /// @param deviceSignature By the stream's device, with the key that it uses now.
    /// Reverts with {DataAssetsNotAStream}, {DataAssetsMissingRoot}, {DataAssetsStaleEpoch}, {DataAssetsEpochNotOver},
    /// {DataAssetsBrokenChain}, {DataAssetsInvalidDeviceSignature}, {DataAssetsFixedPayee},
    /// DeviceRegistryInsufficientGas, and SafeCastOverflowedUintDowncast for the last epoch that 32 bits can name.
    function append(
        uint256 assetId,
        uint32 epoch,
        bytes32 root,
        bytes32 previous,
        uint64 recordCount,
        bytes calldata deviceSignature
    ) external;

    /// @notice Names who is paid for the asset's sales; only the owner, and only where the payee is not fixed.
    /// @param payee Zero for the owner of the moment.
    /// Reverts with {DataAssetsUnauthorized}, {DataAssetsFixedPayee}.
    function setPayee(uint256 assetId, address payee) external;

    /// @notice Whether a record belongs to a dataset (epoch 0), or to an epoch of a stream.
    /// @param record ABI encoding of the record's fields, as `@openzeppelin/merkle-tree` hashes it (twice): an inner
    /// node of the tree never passes for a record.
    /// @param proof From the record's leaf to the root.
    function verifyRecord(
        uint256 assetId,
        uint32 epoch,
        bytes calldata record,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice Whether this is the root of a dataset (epoch 0), or of an epoch of a stream.
    function verifyRoot(uint256 assetId, uint32 epoch, bytes32 root) external view returns (bool);

    /// @notice Whether these are all the epochs that a stream has, in order and from its start: nothing left out,
    /// added or changed.
    /// @param start The stream's content root.
    function verifyChain(uint256 assetId, bytes32 start, Link[] calldata links) external view returns (bool);

    /// @notice End of a stream's chain: `keccak256(abi.encode(previous, epoch, root, recordCount))` of its last
    /// epoch; 0 while it has none.
    function headOf(uint256 assetId) external view returns (bytes32 head);

    /// @notice Root of a stream's epoch; 0 if it was not appended.
    function epochRootOf(uint256 assetId, uint32 epoch) external view returns (bytes32 root);

    /// @notice The asset that a device published with this content root; 0 for none.
    function assetOf(uint256 deviceId, bytes32 contentRoot) external view returns (uint256 assetId);

    /// @notice The device that signed an asset; 0 if there is no such asset.
    function deviceOf(uint256 assetId) external view returns (uint256 deviceId);

    /// @notice Whether an asset is a dataset or a stream.
    /// Reverts with ERC721NonexistentToken.
    function kindOf(uint256 assetId) external view returns (Kind kind);

    /// @notice What an asset was made from; empty for an original.
    function parentsOf(uint256 assetId) external view returns (Parent[] memory parents);

    /// @notice Who vouches today for the device that signed an asset.
    /// Reverts with ERC721NonexistentToken.
    function trustOf(uint256 assetId) external view returns (IDeviceRegistry.Trust trust);

    /// @notice What a market needs to know of an asset.
    /// Reverts with ERC721NonexistentToken.
    function standingOf(uint256 assetId) external view returns (Standing memory standing);

    /// @notice What a market needs to know of a stream; all zero for what is none.
    /// @return transfers How often it changed hands.
    /// @return stream Its clock.
    function streamStandingOf(uint256 assetId) external view returns (uint32 transfers, Stream memory stream);

    /// @notice Whether no transfer and no setter ever changes who is paid.
    function isPayeeFixed(uint256 assetId) external view returns (bool);

    /// @notice A stream's clock; all zero for a dataset.
    function streamOf(uint256 assetId) external view returns (Stream memory stream);

    /// @notice Whether an epoch was appended in time. Once true it stays; from {finalAt} on it is final either way.
    function isDelivered(uint256 assetId, uint32 epoch) external view returns (bool);

    /// @notice The first second at which an epoch can no longer be delivered.
    /// Reverts with {DataAssetsNotAStream}.
    function finalAt(uint256 assetId, uint32 epoch) external view returns (uint256 timestamp);

    /// @notice The first epoch that is not final yet: neither delivered nor too late for it.
    /// Reverts with {DataAssetsNotAStream}.
    function firstPendingEpoch(uint256 assetId) external view returns (uint256 epoch);

    /// @notice Delivered bits of epochs `256 * index` to `256 * index + 255`, the lowest bit first.
    function deliveredBits(uint256 assetId, uint256 index) external view returns (uint256 bits);

    /// @notice How many epochs in [from, to) were delivered; neither is above 2^32. Costs one slot for each 256 epochs.
    function deliveredBetween(uint256 assetId, uint256 from, uint256 to) external view returns (uint256 count);

    /// @notice The devices whose signatures count here.
    function devices() external view returns (IDeviceRegistry registry);
}
