// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title IMakerRegistry
/// @notice Who makes devices, and which devices they vouch for. One ERC-721 token per maker: its owner runs the maker.
///
/// A maker vouches in *lots*. There are two kinds, numbered in one row from 1:
///
/// - **signer lot**: one generation of the maker's attesting signer. It signs `Attestation(makerId, lot, keyHash,
///   modelHash, deadline)` for each device. Setting another signer closes the lot for new devices and opens the next.
/// - **batch lot**: the Merkle root of a production run. One transaction vouches for any number of devices.
///
/// A lot, or a single device, can be recalled. No attestation that could be had at that time helps against it: the
/// maker has to vouch anew, in a lot that it opened after the recall. Names are claims and need not be unique:
/// `verified`, which the role MAKER_VERIFIER sets, is what tells a maker from an impostor. It covers the lots of the
/// present owner of the maker's token; those of a former one stay attested, and unverified.
interface IMakerRegistry is IERC721 {
    /// @notice What is known of a maker.
    /// @param verified The role MAKER_VERIFIER has checked who the maker is.
    /// @param signerLot The lot the present signer attests in; 0 when the maker has no signer.
    /// @param lots How many lots were opened; the newest has this number.
    /// @param verifiableFrom The first lot that the present owner opened or can open: earlier ones are not covered by
    /// `verified`.
    /// @param nameHash keccak256 of the maker's name as it stood in the {MakerRegistered} event.
    /// @param signer An account (20 bytes; ERC-1271 too) or an ERC-7913 signer (verifier's address, then the key).
    struct Maker {
        bool verified;
        uint24 signerLot;
        uint24 lots;
        uint24 verifiableFrom;
        bytes32 nameHash;
        bytes signer;
    }

    /// @notice A maker was registered.
    event MakerRegistered(
        uint32 indexed makerId,
        address indexed owner,
        bytes32 indexed nameHash,
        string name,
        string uri
    );
    /// @notice A maker took another signer and attests in `lot` from now on; none and lot 0 when the maker has no
    /// signer.
    event MakerSignerSet(uint32 indexed makerId, uint24 indexed lot, bytes signer);
    /// @notice A maker published a production run of `count` devices, listed at `uri`.
    event BatchPublished(uint32 indexed makerId, uint24 indexed lot, bytes32 root, uint32 count, string uri);
    /// @notice A maker recalled every device of a lot.
    event LotRecalled(uint32 indexed makerId, uint24 indexed lot, string reason);
    /// @notice A maker recalled one device.
    event DeviceRecalled(uint32 indexed makerId, uint256 indexed deviceId, string reason);
    /// @notice A maker was marked as verified, or the mark was taken away.
    event MakerVerificationSet(uint32 indexed makerId, bool verified);

    /// @notice `caller` is not the owner of the maker.
    error MakerRegistryNotOwner(uint32 makerId, address caller);
    /// @notice The maker's token does not belong to `owner`, who was looked at.
    error MakerRegistryOwnerChanged(uint32 makerId, address owner);
    /// @notice A signer is an account (20 bytes) or an ERC-7913 signer (more than 20 bytes), or empty for none.
    error MakerRegistryInvalidSigner(bytes signer);
    /// @notice A batch has a root and at least one device.
    error MakerRegistryEmptyBatch(bytes32 root, uint32 count);
    /// @notice The maker opened no such lot.
    error MakerRegistryUnknownLot(uint32 makerId, uint24 lot);
    /// @notice The lot was recalled before.
    error MakerRegistryLotAlreadyRecalled(uint32 makerId, uint24 lot);
    /// @notice The attestation could be used until `deadline` (seconds).
    error MakerRegistryExpiredAttestation(uint48 deadline);
    /// @notice The evidence does not show that the maker vouches for this key and model in this lot.
    error MakerRegistryInvalidAttestation(uint32 makerId, uint24 lot, bytes32 keyHash, bytes32 modelHash);

    /// @notice Registers a maker; anyone may. The caller gets the maker's token.
    /// @param makerName A claim, not a proof. Its hash is stored, the text is in the event.
    /// @param uri Where the maker describes itself; in the event only.
    /// @param signer Who attests devices in lot 1; empty for none yet.
    /// @return makerId Rising from 1.
    /// Reverts with {MakerRegistryInvalidSigner}.
    function register(
        string calldata makerName,
        string calldata uri,
        bytes calldata signer
    ) external returns (uint32 makerId);

    /// @notice Sets the maker's attesting signer; only the maker's owner. The lot of the former signer takes no new
    /// device, also not with attestations signed before; devices already in it stay attested.
    /// @param signer An account (20 bytes), an ERC-7913 signer (more), or empty for none.
    /// @return lot The lot the signer attests in, 0 if none.
    /// Reverts with {MakerRegistryNotOwner}, {MakerRegistryInvalidSigner}.
    function setSigner(uint32 makerId, bytes calldata signer) external returns (uint24 lot);

    /// @notice Vouches for a production run at once; only the maker's owner.
    /// @param root Root of the Merkle tree whose leaves are keccak256(keccak256(abi.encode(keyHash, modelHash))), nodes
    /// hashed in sorted pairs: OpenZeppelin's StandardMerkleTree of ["bytes32", "bytes32"].
    /// @param count How many devices the maker declares to be in the tree; at least 1.
    /// @param uri Where the leaves are kept; in the event only.
    /// @return lot The new lot.
    /// Reverts with {MakerRegistryNotOwner}, {MakerRegistryEmptyBatch}.
    function publishBatch(
        uint32 makerId,
        bytes32 root,
        uint32 count,
        string calldata uri
    ) external returns (uint24 lot);

    /// @notice Recalls every device attested in a lot, now or later; only the maker's owner; for good. A device that
    /// stands in several lots may be attested in another before its lot is recalled: {recallDevice} holds in all.
    /// @param reason Text for people; in the event only.
    /// Reverts with {MakerRegistryNotOwner}, {MakerRegistryUnknownLot}, {MakerRegistryLotAlreadyRecalled}.
    function recallLot(uint32 makerId, uint24 lot, string calldata reason) external;

    /// @notice Recalls one device, registered or not, in every lot there is; only the maker's owner. A device that was
    /// vouched for anew can be recalled again.
    /// @param deviceId The hash of its first key; {IDeviceRegistry-deviceOf} tells it of any key it had.
    /// @param reason Text for people; in the event only.
    /// Reverts with {MakerRegistryNotOwner}, and {MakerRegistryUnknownLot} with lot 0 if the maker has opened none: it
    /// has vouched for nothing.
    function recallDevice(uint32 makerId, uint256 deviceId, string calldata reason) external;

    /// @notice Marks a maker as verified, or takes the mark away; only the role MAKER_VERIFIER. Selling the maker's
    /// token takes it away too, and the signer with it.
    /// @param owner Whom the verifier looked at: the mark does not go to a buyer who came in between.
    /// Reverts with {MakerRegistryOwnerChanged}, ERC721NonexistentToken, AccessManagedUnauthorized.
    function setVerified(uint32 makerId, address owner, bool verified) external;

    /// @notice Passes if the maker vouches for a key and a model in a lot, and reverts if not. A recall is not looked
    /// at here: {standingOf} tells it.
    /// @param lot The maker's present signer lot, or any of its batch lots.
    /// @param evidence Signer lot: the deadline as 6 bytes (seconds, big-endian), then the signature. Batch lot: the
    /// Merkle proof, its nodes of 32 bytes one after the other.
    /// Reverts with {MakerRegistryExpiredAttestation}, {MakerRegistryInvalidAttestation}.
    function checkAttestation(
        uint32 makerId,
        uint24 lot,
        bytes32 keyHash,
        bytes32 modelHash,
        bytes calldata evidence
    ) external view;

    /// @notice How a device stands with its maker.
    /// @param lot The lot it is attested in.
    /// @return verified The maker is verified today, and the lot is covered by it.
    /// @return recalled The lot is recalled, or the device was when this lot was open already.
    function standingOf(
        uint32 makerId,
        uint24 lot,
        uint256 deviceId
    ) external view returns (bool verified, bool recalled);

    /// @notice The newest lot there was when a lot or a device was recalled: only a later one can clear the device.
    /// @param lot The lot the device is attested in.
    /// @return newest 0 if neither was recalled.
    function recalledUpTo(uint32 makerId, uint24 lot, uint256 deviceId) external view returns (uint24 newest);

    /// @notice What is known of a maker; all zero for one that does not exist.
    function makerOf(uint32 makerId) external view returns (Maker memory maker);

    /// @notice The Merkle root of a batch lot; zero for a signer lot or no lot.
    function batchRootOf(uint32 makerId, uint24 lot) external view returns (bytes32 root);

    /// @notice How many makers there are; the newest has this id.
    function makerCount() external view returns (uint32 count);
}
