// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {DeviceActions} from "./DeviceActions.sol";
import {DeviceCustody} from "./DeviceCustody.sol";
import {DeviceKeys} from "./DeviceKeys.sol";
import {DevicePermissions} from "./DevicePermissions.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";
import {IERC4907} from "./IERC4907.sol";
import {IMakerRegistry} from "./IMakerRegistry.sol";
import {IP256Verifier} from "./IP256Verifier.sol";

/// @title DeviceRegistry
/// @notice See {IDeviceRegistry}. Here: registration, attestation, life, key rotation and heartbeats. Keys are in
/// {DeviceKeys}, users and grants in {DeviceUse}, transfers and wallets in {DeviceCustody}, what is signed in
/// {DeviceActions}.
contract DeviceRegistry is DeviceCustody, DeviceActions {
    /// @dev Public notice before an owner may change a key alone: long enough for a buyer or a renter to see it.
    uint48 private constant ROTATION_NOTICE = 7 days;
    /// @dev How far a device's clock may run ahead.
    uint48 private constant MAX_CLOCK_DRIFT = 5 minutes;
    /// @dev Bytes of the lot that stands first in an attestation.
    uint256 private constant LOT_LENGTH = 3;

    /// @dev Named by the standard: an interface of events alone has no id of its own.
    bytes4 private constant ERC4906_INTERFACE_ID = 0x49064906;

    struct PendingRotation {
        bytes32 newKeyHash;
        uint48 readyAt;
        uint32 version;
    }

    /// @inheritdoc IDeviceRegistry
    IMakerRegistry public immutable makers;
    mapping(uint256 deviceId => bytes32) private _documentHashes;
    mapping(uint256 deviceId => PendingRotation) private _pendingRotations;

    /// @param authority The suite's AccessManager.
    /// @param makers_ The suite's {IMakerRegistry}.
    /// @param accountImplementation_ The code of every device's wallet, see {IDeviceAccount}.
    /// @param erc6551Registry_ The canonical ERC-6551 registry.
    /// @param p256Verifier The suite's {IP256Verifier}.
    constructor(
        address authority,
        IMakerRegistry makers_,
        address accountImplementation_,
        address erc6551Registry_,
        IP256Verifier p256Verifier
    )
        ERC721("DeFIoT Device", "DEVICE")
        AccessManaged(authority)
        DeviceKeys(p256Verifier)
        DeviceCustody(accountImplementation_, erc6551Registry_)
    {
        require(address(makers_).code.length != 0, DeviceRegistryNoCode(address(makers_)));
        makers = makers_;
    }

    /// @inheritdoc IDeviceRegistry
    function register(
        Registration calldata registration,
        bytes calldata deviceSignature,
        bytes calldata ownerSignature,
        bytes calldata attestation
    ) external returns (uint256 deviceId) {
        bytes32 keyHash = _checkedKeyHash(registration.keyType, registration.key);
        require(_isFresh(keyHash), DeviceRegistryKnownKey(keyHash));
        _register(keyHash, registration, deviceSignature, ownerSignature, attestation);
        return uint256(keyHash);
    }

    /// @inheritdoc IDeviceRegistry
    function registerMany(Claim[] calldata claims) external {
        for (uint256 i = 0; i < claims.length; ++i) {
            Claim calldata claim = claims[i];
            Registration calldata registration = claim.registration;
            bytes32 keyHash = _checkedKeyHash(registration.keyType, registration.key);
            if (_isFresh(keyHash)) {
                _register(keyHash, registration, claim.deviceSignature, claim.ownerSignature, claim.attestation);
            } else {
                emit RegistrationSkipped(keyHash);
            }
        }
    }

    /// @inheritdoc IDeviceRegistry
    function attest(
        AttestationAcceptance calldata acceptance,
        bytes calldata attestation,
        bytes calldata ownerSignature
    ) external {
        uint256 deviceId = acceptance.deviceId;
        _checkDeadline(acceptance.deadline);
        uint24 lot = _lotOf(attestation);
        bytes32 digest = _digestOf(acceptance, lot);
        _checkOwnerConsent(_requireOwned(deviceId), digest, ownerSignature);
        Record storage record = _records[deviceId];
        _checkMayAttest(deviceId, record, acceptance.makerId, lot);
        bytes32 keyHash = _currentKeyHash(deviceId, record);
        _checkVouched(acceptance.makerId, lot, keyHash, acceptance.modelHash, attestation);

        record.makerId = acceptance.makerId;
        record.lot = lot;
        record.unattested = false;
        ++record.nonce;
        emit DeviceAttested(deviceId, acceptance.makerId, lot, keyHash, acceptance.modelHash);
    }

    /// @inheritdoc IDeviceRegistry
    function suspend(uint256 deviceId) external onlyPermitted(deviceId, DevicePermissions.OPERATION) {
        _moveStatus(deviceId, Status.Active, Status.Suspended);
    }

    /// @inheritdoc IDeviceRegistry
    function resume(uint256 deviceId) external onlyPermitted(deviceId, DevicePermissions.OPERATION) {
        _moveStatus(deviceId, Status.Suspended, Status.Active);
    }

    /// @inheritdoc IDeviceRegistry
    function retire(uint256 deviceId) external onlyDeviceOwner(deviceId) {
        _records[deviceId].status = Status.Retired;
        emit DeviceStatusSet(deviceId, Status.Retired);
        _burn(deviceId);
    }

    /// @inheritdoc IDeviceRegistry
    function announceKeyRotation(uint256 deviceId, bytes32 newKeyHash) external onlyDeviceOwner(deviceId) {
        require(_isFresh(newKeyHash), DeviceRegistryKnownKey(newKeyHash));
        uint48 readyAt = uint48(block.timestamp) + ROTATION_NOTICE;
        _pendingRotations[deviceId] = PendingRotation(newKeyHash, readyAt, _records[deviceId].version);
        emit KeyRotationAnnounced(deviceId, newKeyHash, readyAt);
    }

    /// @inheritdoc IDeviceRegistry
    function cancelKeyRotation(uint256 deviceId) external onlyDeviceOwner(deviceId) {
        (, uint48 readyAt) = pendingKeyRotationOf(deviceId);
        require(readyAt != 0, DeviceRegistryNoPendingRotation(deviceId));
        delete _pendingRotations[deviceId];
        emit KeyRotationCancelled(deviceId);
    }

    /// @inheritdoc IDeviceRegistry
    function rotateKey(
        KeyRotation calldata rotation,
        bytes calldata newKeySignature,
        bytes calldata oldKeySignature,
        bytes calldata ownerSignature
    ) external {
        _checkDeadline(rotation.deadline);
        bytes32 oldKeyHash = _currentKeyHash(rotation.deviceId, _records[rotation.deviceId]);
        bytes32 newKeyHash = _checkedKeyHash(rotation.newKeyType, rotation.newKey);
        require(_isFresh(newKeyHash), DeviceRegistryKnownKey(newKeyHash));

        bytes32 digest = _digestOf(rotation, oldKeyHash, newKeyHash);
        _checkOwnerConsent(_requireOwned(rotation.deviceId), digest, ownerSignature);
        _checkNewKey(rotation.newKeyType, rotation.newKey, newKeyHash, digest, newKeySignature);
        if (oldKeySignature.length == 0) _checkNotice(rotation.deviceId, newKeyHash);
        else _checkOldKey(rotation.deviceId, oldKeyHash, digest, oldKeySignature);
        _rotate(rotation, oldKeyHash, newKeyHash);
    }

    /// @inheritdoc IDeviceRegistry
    function heartbeat(Heartbeat calldata beat) external {
        Record storage record = _records[beat.deviceId];
        bool timely = _isTimely(beat.timestamp, record.lastSeen);
        require(timely, DeviceRegistryInvalidTimestamp(beat.timestamp, record.lastSeen));
        bool signed = _isDeviceSignature(beat.deviceId, record, _digestOf(beat), beat.signature);
        require(signed, DeviceRegistryInvalidDeviceSignature(_currentKeyHash(beat.deviceId, record)));
        _recordBeat(beat);
    }

    /// @inheritdoc IDeviceRegistry
    function heartbeats(Heartbeat[] calldata beats) external returns (uint256 recorded) {
        for (uint256 i = 0; i < beats.length; ++i) {
            Heartbeat calldata beat = beats[i];
            Record storage record = _records[beat.deviceId];
            if (
                _isTimely(beat.timestamp, record.lastSeen) &&
                _isDeviceSignature(beat.deviceId, record, _digestOf(beat), beat.signature)
            ) {
                _recordBeat(beat);
                ++recorded;
            }
        }
    }

    /// @inheritdoc IDeviceRegistry
    function setDocument(
        uint256 deviceId,
        bytes32 documentHash,
        string calldata documentURI
    ) external onlyPermitted(deviceId, DevicePermissions.DOCUMENT) {
        _checkDocument(documentHash, documentURI);
        _documentHashes[deviceId] = documentHash;
        emit DocumentSet(deviceId, documentHash, documentURI);
        emit MetadataUpdate(deviceId);
    }

    /// @inheritdoc IDeviceRegistry
    function trustOf(uint256 deviceId) external view returns (Trust trust) {
        Record storage record = _records[deviceId];
        bool known = record.status != Status.None && record.status != Status.Reserved;
        require(known, DeviceRegistryUnknownDevice(deviceId));
        if (record.makerId == 0) return Trust.SelfCertified;

        (bool verified, bool recalled) = makers.standingOf(record.makerId, record.lot, deviceId);
        // A recall is of the hardware, by its id: another key does not shake it off.
        if (recalled) return Trust.Recalled;
        if (record.unattested) return Trust.SelfCertified;
        return verified ? Trust.AttestedByVerifiedMaker : Trust.Attested;
    }

    /// @inheritdoc IDeviceRegistry
    function documentHashOf(uint256 deviceId) external view returns (bytes32 documentHash) {
        return _documentHashes[deviceId];
    }

    /// @notice The device's DID, `did:defiot:<chain id>:<registry>:<device id>`: a URI that needs no storage and that
    /// a resolver answers with the device's keys and document.
    /// Reverts with ERC721NonexistentToken.
    function tokenURI(uint256 deviceId) public view override returns (string memory uri) {
        _requireOwned(deviceId);
        return
            string.concat(
                "did:defiot:",
                Strings.toString(block.chainid),
                ":",
                Strings.toHexString(address(this)),
                ":",
                Strings.toHexString(deviceId, 32)
            );
    }

    /// @inheritdoc IDeviceRegistry
    function pendingKeyRotationOf(uint256 deviceId) public view returns (bytes32 newKeyHash, uint48 readyAt) {
        PendingRotation memory pending = _pendingRotations[deviceId];
        if (pending.version == _records[deviceId].version) return (pending.newKeyHash, pending.readyAt);
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return
            interfaceId == type(IDeviceRegistry).interfaceId ||
            interfaceId == ERC4906_INTERFACE_ID ||
            interfaceId == type(IERC4907).interfaceId ||
            super.supportsInterface(interfaceId);
    }

    function _register(
        bytes32 keyHash,
        Registration calldata registration,
        bytes calldata deviceSignature,
        bytes calldata ownerSignature,
        bytes calldata attestation
    ) private {
        _checkDeadline(registration.deadline);
        _checkDocument(registration.documentHash, registration.documentURI);
        uint24 lot = registration.makerId == 0 ? 0 : _lotOf(attestation);
        bytes32 digest = _digestOf(keyHash, registration, lot);
        _checkOwnerConsent(registration.owner, digest, ownerSignature);
        _checkNewKey(registration.keyType, registration.key, keyHash, digest, deviceSignature);
        // Maker and lot are part of what was signed, so a relayer can neither add, change nor take away a word.
        if (registration.makerId == 0) {
            require(attestation.length == 0, DeviceRegistryUnexpectedAttestation(attestation));
        } else {
            _checkVouched(registration.makerId, lot, keyHash, registration.modelHash, attestation);
        }
        _mintDevice(uint256(keyHash), registration, lot);
    }

    function _mintDevice(uint256 deviceId, Registration calldata registration, uint24 lot) private {
        // Field by field: the compiler would write the zero ones too, each with a load and a store of its own.
        Record storage record = _records[deviceId];
        record.status = Status.Active;
        record.keyType = registration.keyType;
        if (registration.makerId != 0) {
            record.makerId = registration.makerId;
            record.lot = lot;
        }
        if (registration.keyType != SECP256K1) _storeKey(deviceId, registration.key);
        if (registration.documentHash != 0) _documentHashes[deviceId] = registration.documentHash;
        _mint(registration.owner, deviceId);
        emit DeviceRegistered(
            deviceId,
            registration.makerId,
            lot,
            registration.keyType,
            registration.key,
            registration.modelHash,
            registration.documentHash,
            registration.documentURI
        );
    }

    function _rotate(KeyRotation calldata rotation, bytes32 oldKeyHash, bytes32 newKeyHash) private {
        uint256 deviceId = rotation.deviceId;
        Record storage record = _records[deviceId];
        record.unattested = record.makerId != 0;
        ++record.nonce;
        delete _pendingRotations[deviceId];
        _storeRotatedKey(deviceId, rotation.newKeyType, rotation.newKey, newKeyHash);
        emit KeyRotated(deviceId, oldKeyHash, newKeyHash, rotation.newKeyType, rotation.newKey);
        emit MetadataUpdate(deviceId);
    }

    function _moveStatus(uint256 deviceId, Status from, Status to) private {
        Status status = _records[deviceId].status;
        require(status == from, DeviceRegistryWrongStatus(deviceId, status));
        _records[deviceId].status = to;
        emit DeviceStatusSet(deviceId, to);
    }

    function _recordBeat(Heartbeat calldata beat) private {
        _records[beat.deviceId].lastSeen = beat.timestamp;
        emit HeartbeatRecorded(beat.deviceId, beat.timestamp, beat.firmwareHash);
    }

    function _isTimely(uint48 timestamp, uint48 seen) private view returns (bool) {
        return timestamp > seen && timestamp <= block.timestamp + MAX_CLOCK_DRIFT;
    }

    /// @dev The first maker stays, or a recall could be washed off by another. And a recalled device needs a lot that
    /// was not open at the recall, or it could be washed off by a word given before.
    function _checkMayAttest(uint256 deviceId, Record storage record, uint32 makerId, uint24 lot) private view {
        if (record.makerId == 0) return;
        require(record.makerId == makerId, DeviceRegistryOtherMaker(deviceId, record.makerId));
        uint24 recalledUpTo = makers.recalledUpTo(makerId, record.lot, deviceId);
        require(lot > recalledUpTo, DeviceRegistryStaleAttestation(deviceId, lot, recalledUpTo));
    }

    function _checkVouched(
        uint32 makerId,
        uint24 lot,
        bytes32 keyHash,
        bytes32 modelHash,
        bytes calldata attestation
    ) private view {
        makers.checkAttestation(makerId, lot, keyHash, modelHash, attestation[LOT_LENGTH:]);
    }

    function _checkNotice(uint256 deviceId, bytes32 newKeyHash) private view {
        (bytes32 announced, uint48 readyAt) = pendingKeyRotationOf(deviceId);
        if (announced != newKeyHash) readyAt = 0;
        bool ready = readyAt != 0 && block.timestamp >= readyAt;
        require(ready, DeviceRegistryRotationNotReady(deviceId, newKeyHash, readyAt));
    }

    function _lotOf(bytes calldata attestation) private pure returns (uint24 lot) {
        require(attestation.length >= LOT_LENGTH, DeviceRegistryMalformedAttestation(attestation));
        return uint24(bytes3(attestation));
    }

    function _checkDocument(bytes32 documentHash, string calldata documentURI) private pure {
        bool valid = documentHash != 0 || bytes(documentURI).length == 0;
        require(valid, DeviceRegistryDocumentWithoutHash(documentURI));
    }
}
