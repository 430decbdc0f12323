// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";

import {IERC4907} from "./IERC4907.sol";
import {IMakerRegistry} from "./IMakerRegistry.sol";

/// @title IDeviceRegistry
/// @notice Devices as ERC-721 tokens, named by the hardware key they hold. What the rest of the suite asks: is this
/// device alive, who owns it, did it sign this?
///
/// A device's id is `uint256(keccak256(abi.encodePacked(uint8 keyType, key)))`: unique by construction, computable
/// offline, the same on every chain. Key type 1 is secp256k1 (`key` is the 20-byte account), key type 2 is P-256
/// (`key` is x ‖ y, signatures are ES256 over the 32-byte digest, see {IP256Verifier}).
///
/// ```
///   register (device signs, owner consents; makers may vouch)
///      │
///      ▼        suspend (owner, or grantee of OPERATION)
///   Active ────────────────────────────────────────────▶ Suspended
///      │   ◀────────────────────────────────────────────    │
///      │        resume (owner, or grantee of OPERATION)     │
///      └──────────────┬─────────────────────────────────────┘
///                     ▼ retire (owner)
///                  Retired: token burnt, record kept, wallet obeys the last owner
/// ```
///
/// Every transfer raises the device's `version` and `nonce`: user, grants, pending key rotation, payee, the wallet's
/// spending policy and every signed but unused action of the seller die with it.
interface IDeviceRegistry is IERC4906, IERC4907 {
    /// @notice Where a device is in its life. Only Active devices are believed.
    /// `Reserved` is no device: the hash of a key that came to serve another device, and so can never name one.
    enum Status {
        None,
        Active,
        Suspended,
        Retired,
        Reserved
    }

    /// @notice Who vouches for a device, as of now: recalls and verification show at once.
    enum Trust {
        SelfCertified,
        Attested,
        AttestedByVerifiedMaker,
        Recalled
    }

    /// @notice What the chain keeps of a device, in one slot.
    /// @param status Where the device is in its life.
    /// @param keyType Type of the key in use.
    /// @param rotated The key in use is not the one that gave the id.
    /// @param unattested The maker attested an earlier key, not the one in use.
    /// @param makerId The maker that attested the device; 0 for none. Once set it stays.
    /// @param lot The maker's lot the device was attested in.
    /// @param version Rises with every transfer and every {revokeAllGrants}.
    /// @param nonce Rises with every signed action (heartbeats excepted) and with every version.
    /// @param lastSeen Timestamp of the newest heartbeat, in seconds; 0 for none; never falls.
    struct Record {
        Status status;
        uint8 keyType;
        bool rotated;
        bool unattested;
        uint32 makerId;
        uint24 lot;
        uint32 version;
        uint32 nonce;
        uint48 lastSeen;
    }

    /// @notice One kind of key: one curve, one encoding, one verifier. Appended by ADMIN, never changed.
    /// @param verifier ERC-7913 verifier; the zero address for secp256k1, which the registry recovers itself.
    /// @param keyLength Length of a key, in bytes.
    /// @param gasCap Gas a verification gets, and needs.
    struct KeyType {
        address verifier;
        uint16 keyLength;
        uint32 gasCap;
    }

    /// @notice What a device signs to be registered, and its owner if he does not send the transaction himself.
    /// EIP-712 type: `Registration(uint256 deviceId,address owner,uint32 makerId,uint24 lot,bytes32 modelHash,bytes32
    /// documentHash,string documentURI,uint48 deadline)`, where the id stands for key type and key, whose hash it is,
    /// and the lot is the one that the attestation starts with, 0 without one.
    /// @param keyType Number of a {KeyType}, from 1.
    /// @param key The device's public key in the encoding of its type.
    /// @param owner Who gets the device's token.
    /// @param makerId The maker that vouches for the device, 0 for none.
    /// @param modelHash What the maker calls the model, hashed; free for self-certified devices.
    /// @param documentHash Hash of the device's DID document; 0 for none.
    /// @param documentURI Where the document is; empty if there is none.
    /// @param deadline Last second at which the signatures are good.
    struct Registration {
        uint8 keyType;
        bytes key;
        address owner;
        uint32 makerId;
        bytes32 modelHash;
        bytes32 documentHash;
        string documentURI;
        uint48 deadline;
    }

    /// @notice One item of {registerMany}: what {register} takes.
    struct Claim {
        Registration registration;
        bytes deviceSignature;
        bytes ownerSignature;
        bytes attestation;
    }

    /// @notice An attestation for a device that is registered already. The owner's EIP-712 type:
    /// `AttestationAcceptance(uint256 deviceId,uint32 makerId,uint24 lot,bytes32 modelHash,uint32 nonce,uint48
    /// deadline)`.
    /// @param deadline Last second at which the owner's signature is good.
    struct AttestationAcceptance {
        uint256 deviceId;
        uint32 makerId;
        bytes32 modelHash;
        uint48 deadline;
    }

    /// @notice A device's change of key. EIP-712 type, for the new key, the old key and the owner alike:
    /// `KeyRotation(uint256 deviceId,bytes32 oldKeyHash,bytes32 newKeyHash,uint32 nonce,uint48 deadline)`.
    /// @param deadline Last second at which the signatures are good.
    struct KeyRotation {
        uint256 deviceId;
        uint8 newKeyType;
        bytes newKey;
        uint48 deadline;
    }

    /// @notice A sign of life. EIP-712 type: `Heartbeat(uint256 deviceId,uint48 timestamp,bytes32 firmwareHash)`.
    /// @param timestamp When the device signed, in seconds: after the last one, at most 5 minutes ahead of the chain.
    /// @param firmwareHash Hash of the firmware the device runs; in the event only.
    /// @param signature By the device.
    struct Heartbeat {
        uint256 deviceId;
        uint48 timestamp;
        bytes32 firmwareHash;
        bytes signature;
    }

    /// @notice A device was registered. Its owner is in the ERC-721 Transfer of the same transaction.
    event DeviceRegistered(
        uint256 indexed deviceId,
        uint32 indexed makerId,
        uint24 lot,
        uint8 keyType,
        bytes key,
        bytes32 modelHash,
        bytes32 documentHash,
        string documentURI
    );
    /// @notice {registerMany} passed over a key that is known already.
    event RegistrationSkipped(bytes32 indexed keyHash);
    /// @notice A maker vouches for a registered device with this key.
    event DeviceAttested(
        uint256 indexed deviceId,
        uint32 indexed makerId,
        uint24 indexed lot,
        bytes32 keyHash,
        bytes32 modelHash
    );
    /// @notice A device became Active, Suspended or Retired.
    event DeviceStatusSet(uint256 indexed deviceId, Status status);
    /// @notice A device has another document.
    event DocumentSet(uint256 indexed deviceId, bytes32 documentHash, string documentURI);
    /// @notice A device showed that it is alive.
    event HeartbeatRecorded(uint256 indexed deviceId, uint48 timestamp, bytes32 firmwareHash);
    /// @notice The owner gave public notice: from `readyAt` (seconds) he may change the key without the old one.
    event KeyRotationAnnounced(uint256 indexed deviceId, bytes32 indexed newKeyHash, uint48 readyAt);
    /// @notice The owner withdrew his notice.
    event KeyRotationCancelled(uint256 indexed deviceId);
    /// @notice A device has another key.
    event KeyRotated(
        uint256 indexed deviceId,
        bytes32 indexed oldKeyHash,
        bytes32 indexed newKeyHash,
        uint8 newKeyType,
        bytes newKey
    );
    /// @notice The owner granted permissions until a time (seconds); none revokes.
    event PermissionsGranted(uint256 indexed deviceId, address indexed grantee, uint128 permissions, uint48 until);
    /// @notice User, grants, payee, pending rotation and spending policy were revoked at once, without a transfer.
    event AllGrantsRevoked(uint256 indexed deviceId, uint32 version);
    /// @notice The device's income goes to `payee` only; to whoever is named if zero.
    event RevenuePayeeSet(uint256 indexed deviceId, address indexed payee);
    /// @notice A key type was appended.
    event KeyTypeAdded(uint8 indexed keyType, address verifier, uint16 keyLength, uint32 gasCap);

    /// @notice There is no device with this id.
    error DeviceRegistryUnknownDevice(uint256 deviceId);
    /// @notice There is no such key type.
    error DeviceRegistryUnknownKeyType(uint8 keyType);
    /// @notice A key of this type has another length.
    error DeviceRegistryInvalidKeyLength(uint8 keyType, uint256 length);
    /// @notice A key type needs a verifier with code that no other type has, a key of 1 to 16 whole words (32 bytes
    /// each), and 1 to 5,000,000 gas.
    error DeviceRegistryInvalidKeyType(address verifier, uint16 keyLength, uint32 gasCap);
    /// @notice The key names or named a device, or was spoken for.
    error DeviceRegistryKnownKey(bytes32 keyHash);
    /// @notice The signature could be used until `deadline` (seconds).
    error DeviceRegistryExpiredSignature(uint48 deadline);
    /// @notice This is not a signature by the key over what was to be signed.
    error DeviceRegistryInvalidDeviceSignature(bytes32 keyHash);
    /// @notice The owner neither sent the transaction nor signed.
    error DeviceRegistryInvalidOwnerSignature(address owner);
    /// @notice A device with maker 0 comes without an attestation.
    error DeviceRegistryUnexpectedAttestation(bytes attestation);
    /// @notice An attestation starts with the lot, 3 bytes.
    error DeviceRegistryMalformedAttestation(bytes attestation);
    /// @notice A document is a hash, and perhaps where it is; a place without a hash is none.
    error DeviceRegistryDocumentWithoutHash(string documentURI);
    /// @notice The caller is neither the owner nor holds the permission.
    error DeviceRegistryUnauthorized(uint256 deviceId, address caller);
    /// @notice The device is not in the state this needs.
    error DeviceRegistryWrongStatus(uint256 deviceId, Status status);
    /// @notice The device's maker is another one, and stays.
    error DeviceRegistryOtherMaker(uint256 deviceId, uint32 makerId);
    /// @notice The device is recalled, and only a lot after `recalledUpTo` can clear it.
    error DeviceRegistryStaleAttestation(uint256 deviceId, uint24 lot, uint24 recalledUpTo);
    /// @notice The heartbeat is not newer than the last, or more than 5 minutes ahead of the chain (seconds).
    error DeviceRegistryInvalidTimestamp(uint48 timestamp, uint48 lastSeen);
    /// @notice The owner has not announced this key, or not 7 days ago: `readyAt` in seconds, 0 if not announced.
    error DeviceRegistryRotationNotReady(uint256 deviceId, bytes32 newKeyHash, uint48 readyAt);
    /// @notice Nothing is announced.
    error DeviceRegistryNoPendingRotation(uint256 deviceId);
    /// @notice The end lies in the past (seconds).
    error DeviceRegistryInvalidExpiry(uint256 until);
    /// @notice A device cannot belong to its own wallet, see {accountOf}.
    error DeviceRegistryOwnAccount(uint256 deviceId);
    /// @notice The receiver is a wallet that belongs, over others, to the device itself, or stands over 8 deep.
    error DeviceRegistryOwnershipCycle(uint256 deviceId, address receiver);
    /// @notice The call left less gas than the key type's verifier needs: its answer could be a false no.
    error DeviceRegistryInsufficientGas(uint256 needed);
    /// @notice A part of the suite is not where the constructor was told.
    error DeviceRegistryNoCode(address part);

    /// @notice Registers a device; anyone may send it. The device signs `registration`, so nobody can change a word of
    /// it; the owner sends the transaction or signs it too (an account or ERC-1271). The token is minted to the owner
    /// without a callback.
    /// @param deviceSignature By the key in `registration`.
    /// @param ownerSignature Not read if the owner is the sender.
    /// @param attestation The maker's word: the lot as 3 bytes (big-endian), then the evidence as
    /// {IMakerRegistry-checkAttestation} takes it. Empty if no maker is named.
    /// @return deviceId The hash of the key.
    /// Reverts with {DeviceRegistryExpiredSignature}, {DeviceRegistryUnknownKeyType}, {DeviceRegistryInvalidKeyLength},
    /// {DeviceRegistryKnownKey}, {DeviceRegistryDocumentWithoutHash}, {DeviceRegistryInvalidOwnerSignature},
    /// {DeviceRegistryInvalidDeviceSignature}, {DeviceRegistryUnexpectedAttestation},
    /// {DeviceRegistryMalformedAttestation}, {DeviceRegistryInsufficientGas}, ERC721InvalidReceiver, and the errors of
    /// {IMakerRegistry-checkAttestation}.
    function register(
        Registration calldata registration,
        bytes calldata deviceSignature,
        bytes calldata ownerSignature,
        bytes calldata attestation
    ) external returns (uint256 deviceId);

    /// @notice Registers a fleet. A key that is known already is passed over with {RegistrationSkipped}, so that
    /// nobody stops a fleet by registering one device of it first; anything else that is wrong reverts the whole, as
    /// in {register}.
    function registerMany(Claim[] calldata claims) external;

    /// @notice Records a maker's word for a registered device: for one that had none, for a rotated key, for another
    /// lot, or after a recall. The owner sends or signs it.
    /// @param attestation As in {register}, for the key in use.
    /// @param ownerSignature Not read if the owner is the sender.
    /// Reverts with {DeviceRegistryExpiredSignature}, {DeviceRegistryInvalidOwnerSignature},
    /// {DeviceRegistryMalformedAttestation}, {DeviceRegistryOtherMaker}, {DeviceRegistryStaleAttestation},
    /// ERC721NonexistentToken, and the errors of {IMakerRegistry-checkAttestation}.
    function attest(
        AttestationAcceptance calldata acceptance,
        bytes calldata attestation,
        bytes calldata ownerSignature
    ) external;

    /// @notice Suspends an active device: its signatures count for nothing. Owner or grantee of OPERATION.
    /// Reverts with {DeviceRegistryUnauthorized}, {DeviceRegistryWrongStatus}.
    function suspend(uint256 deviceId) external;

    /// @notice Makes a suspended device active again. Owner or grantee of OPERATION.
    /// Reverts with {DeviceRegistryUnauthorized}, {DeviceRegistryWrongStatus}.
    function resume(uint256 deviceId) external;

    /// @notice Ends a device for good: burns its token and keeps its record, so that its key never comes back. Only the
    /// owner, whom the device's wallet goes on to obey.
    /// Reverts with {DeviceRegistryUnauthorized}.
    function retire(uint256 deviceId) external;

    /// @notice Gives notice that the owner will change the key without the old one's signature, in 7 days. For a lost
    /// or broken key; a newer notice takes the place of the former; a transfer voids it. Only the owner.
    /// Reverts with {DeviceRegistryUnauthorized}, {DeviceRegistryKnownKey}.
    function announceKeyRotation(uint256 deviceId, bytes32 newKeyHash) external;

    /// @notice Withdraws the notice. Only the owner. A rotation that he signed and the old key agrees to stays good
    /// until its deadline; {revokeAllGrants} voids that too.
    /// Reverts with {DeviceRegistryUnauthorized}, {DeviceRegistryNoPendingRotation}.
    function cancelKeyRotation(uint256 deviceId) external;

    /// @notice Gives a device another key, signed by that key. At once if the old key signs too; without it 7 days
    /// after {announceKeyRotation} of the same key. The owner sends or signs it. The device's id stays; an attested
    /// device is self-certified until its maker attests the new key.
    /// @param newKeySignature By the new key.
    /// @param oldKeySignature By the key in use; empty to rely on the notice.
    /// @param ownerSignature Not read if the owner is the sender.
    /// Reverts with {DeviceRegistryExpiredSignature}, {DeviceRegistryUnknownKeyType}, {DeviceRegistryInvalidKeyLength},
    /// {DeviceRegistryKnownKey}, {DeviceRegistryInvalidOwnerSignature}, {DeviceRegistryInvalidDeviceSignature},
    /// {DeviceRegistryRotationNotReady}, {DeviceRegistryInsufficientGas}, ERC721NonexistentToken.
    function rotateKey(
        KeyRotation calldata rotation,
        bytes calldata newKeySignature,
        bytes calldata oldKeySignature,
        bytes calldata ownerSignature
    ) external;

    /// @notice Records a sign of life; anyone may relay it. It works once, since time only goes on.
    /// Reverts with {DeviceRegistryInvalidTimestamp}, {DeviceRegistryInvalidDeviceSignature} (also for a device that
    /// is not active), {DeviceRegistryInsufficientGas}.
    function heartbeat(Heartbeat calldata beat) external;

    /// @notice Records signs of life of many devices. What {heartbeat} would refuse is passed over, so that no device
    /// spoils a relayer's batch. As a device may change to a key type that needs more gas, the relayer sends the
    /// largest cap on top of what he estimates, and gets back what is left.
    /// @return recorded How many were recorded.
    /// Reverts with {DeviceRegistryInsufficientGas}.
    function heartbeats(Heartbeat[] calldata beats) external returns (uint256 recorded);

    /// @notice Replaces the device's document. Owner or grantee of DOCUMENT.
    /// @param documentHash 0 for none.
    /// @param documentURI In the event only.
    /// Reverts with {DeviceRegistryUnauthorized}, {DeviceRegistryDocumentWithoutHash}.
    function setDocument(uint256 deviceId, bytes32 documentHash, string calldata documentURI) external;

    /// @notice Grants permissions to an account; replaces what it had. Only the owner.
    /// @param permissions Bits of {DevicePermissions}, or an application's own; 0 revokes.
    /// @param until Last second of the grant; not in the past unless it revokes.
    /// Reverts with {DeviceRegistryUnauthorized}, {DeviceRegistryInvalidExpiry}.
    function grantPermissions(uint256 deviceId, address grantee, uint128 permissions, uint48 until) external;

    /// @notice Revokes user, grants, payee, pending rotation and spending policy at once, as a transfer does. Only the
    /// owner.
    /// Reverts with {DeviceRegistryUnauthorized}.
    function revokeAllGrants(uint256 deviceId) external;

    /// @notice Fixes where the device's income goes; markets and channels then pay to nobody else. Only the owner.
    /// @param payee Zero to leave it open.
    /// Reverts with {DeviceRegistryUnauthorized}.
    function setRevenuePayee(uint256 deviceId, address payee) external;

    /// @notice Appends a key type; only ADMIN. None is ever changed or removed.
    /// @param verifier ERC-7913 verifier, for a curve and encoding that no other type has. Its code must never
    /// change, its yes is believed, and its answers are one word: it is ADMIN who sees to that, once.
    /// @param keyLength In bytes: 32 to 512, a multiple of 32 (an encoding is padded to whole words).
    /// @param gasCap 1 to 5,000,000 gas.
    /// @return keyType The new type's number.
    /// Reverts with {DeviceRegistryInvalidKeyType}, AccessManagedUnauthorized, SafeCastOverflowedUintDowncast after
    /// 255.
    function addKeyType(address verifier, uint16 keyLength, uint32 gasCap) external returns (uint8 keyType);

    /// @notice Whether an active device signed `hash` with the key it uses now. False for what is unknown, suspended,
    /// retired or malformed. The caller binds chain, contract, action and nonce into `hash` (EIP-712).
    /// @param signature secp256k1: 64 bytes (EIP-2098) or 65; P-256: 64 bytes, low s; other types: their verifier's.
    /// Reverts only with {DeviceRegistryInsufficientGas}, when called with less gas than the key type's cap, so that
    /// nobody turns a valid signature into a false one by giving little gas.
    function isDeviceSignature(uint256 deviceId, bytes32 hash, bytes calldata signature) external view returns (bool);

    /// @notice The device that a key names or named; 0 if it never did.
    function deviceOf(bytes32 keyHash) external view returns (uint256 deviceId);

    /// @notice Where a device is in its life; None if it was never registered, Reserved if it never can be.
    function statusOf(uint256 deviceId) external view returns (Status status);

    /// @notice Who vouches for a device today.
    /// Reverts with {DeviceRegistryUnknownDevice}.
    function trustOf(uint256 deviceId) external view returns (Trust trust);

    /// @notice Timestamp of the device's newest heartbeat, in seconds; 0 for none.
    function lastSeen(uint256 deviceId) external view returns (uint48 timestamp);

    /// @notice Whom the device's wallet obeys: the owner, or the last owner of a retired device; zero if unknown.
    function controllerOf(uint256 deviceId) external view returns (address controller);

    /// @notice Address of the device's wallet (ERC-6551, salt 0), deployed or not, registered or not.
    function accountOf(uint256 deviceId) external view returns (address account);

    /// @notice To whom alone the device's income may go; zero if that is open.
    function revenuePayeeOf(uint256 deviceId) external view returns (address payee);

    /// @notice The permissions an account holds now, without those of an owner.
    function permissionsOf(uint256 deviceId, address grantee) external view returns (uint128 permissions);

    /// @notice A counter that rises whenever what an owner allowed others ends.
    function versionOf(uint256 deviceId) external view returns (uint32 version);

    /// @notice What the chain keeps of a device; all zero if unknown, but for the status if the id is reserved.
    function recordOf(uint256 deviceId) external view returns (Record memory record);

    /// @notice Hash of the key a device uses now: `keccak256(abi.encodePacked(keyType, key))`; 0 if unknown.
    function keyHashOf(uint256 deviceId) external view returns (bytes32 keyHash);

    /// @notice The key a device uses now; empty for secp256k1, which is kept as a hash only (the text of the key is in
    /// {DeviceRegistered} or {KeyRotated}).
    function keyOf(uint256 deviceId) external view returns (bytes memory key);

    /// @notice Hash of the device's document; 0 for none.
    function documentHashOf(uint256 deviceId) external view returns (bytes32 documentHash);

    /// @notice The owner's notice of a key change: the new key's hash and when it may be done (seconds); zero for none.
    function pendingKeyRotationOf(uint256 deviceId) external view returns (bytes32 newKeyHash, uint48 readyAt);

    /// @notice A key type.
    /// Reverts with {DeviceRegistryUnknownKeyType}.
    function keyTypeOf(uint8 keyType) external view returns (KeyType memory info);

    /// @notice The makers whose attestations count here.
    function makers() external view returns (IMakerRegistry registry);

    /// @notice The code of every device's wallet.
    function accountImplementation() external view returns (address implementation);

    /// @notice The ERC-6551 registry that deploys the wallets.
    function erc6551Registry() external view returns (address registry);
}
