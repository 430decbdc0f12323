// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDeviceRegistry} from "./IDeviceRegistry.sol";
import {IP256Verifier} from "./IP256Verifier.sol";

/// @title DeviceKeys
/// @notice The part of {IDeviceRegistry} that knows keys: their types, where they are kept, and what they signed.
abstract contract DeviceKeys is AccessManaged, IDeviceRegistry {
    uint8 internal constant SECP256K1 = 1;

    uint256 private constant SECP256K1_KEY_LENGTH = 20;
    uint256 private constant P256_KEY_LENGTH = 64;

    uint256 private constant MAX_KEY_LENGTH = 512;
    uint256 private constant MAX_GAS_CAP = 5_000_000;
    /// @dev What the call to a verifier costs before the verifier has its gas: a cold account and some memory.
    uint256 private constant CALL_OVERHEAD = 5_000;

    KeyType[] private _keyTypes;

    mapping(uint256 deviceId => Record) internal _records;
    /// @dev Key of a device, in words, by {KeyType-keyLength}. A secp256k1 key is not kept: what it signs is recovered
    /// and hashed, and compared with the hash that stands as the id or in `_rotatedKeyHash`.
    mapping(uint256 deviceId => mapping(uint256 index => bytes32 word)) private _keyWords;
    mapping(uint256 deviceId => bytes32 keyHash) private _rotatedKeyHash;
    /// @dev Written by rotations and never cleared. The first key needs no entry: its hash is the id.
    mapping(bytes32 keyHash => uint256 deviceId) private _servedBy;

    constructor(IP256Verifier p256Verifier) {
        _keyTypes.push(KeyType(address(0), uint16(SECP256K1_KEY_LENGTH), 0));
        emit KeyTypeAdded(SECP256K1, address(0), uint16(SECP256K1_KEY_LENGTH), 0);
        uint32 gasCap = SafeCast.toUint32(p256Verifier.MAX_VERIFY_GAS());
        _addKeyType(address(p256Verifier), uint16(P256_KEY_LENGTH), gasCap);
    }

    /// @inheritdoc IDeviceRegistry
    function addKeyType(address verifier, uint16 keyLength, uint32 gasCap) external restricted returns (uint8 keyType) {
        return _addKeyType(verifier, keyLength, gasCap);
    }

    /// @inheritdoc IDeviceRegistry
    function isDeviceSignature(uint256 deviceId, bytes32 hash, bytes calldata signature) external view returns (bool) {
        return _isDeviceSignature(deviceId, _records[deviceId], hash, signature);
    }

    /// @inheritdoc IDeviceRegistry
    function deviceOf(bytes32 keyHash) external view returns (uint256 deviceId) {
        deviceId = _servedBy[keyHash];
        if (deviceId == 0 && !_isFresh(keyHash)) return uint256(keyHash);
    }

    /// @inheritdoc IDeviceRegistry
    function recordOf(uint256 deviceId) external view returns (Record memory record) {
        return _records[deviceId];
    }

    /// @inheritdoc IDeviceRegistry
    function statusOf(uint256 deviceId) external view returns (Status status) {
        return _records[deviceId].status;
    }

    /// @inheritdoc IDeviceRegistry
    function lastSeen(uint256 deviceId) external view returns (uint48 timestamp) {
        return _records[deviceId].lastSeen;
    }

    /// @inheritdoc IDeviceRegistry
    function versionOf(uint256 deviceId) external view returns (uint32 version) {
        return _records[deviceId].version;
    }

    /// @inheritdoc IDeviceRegistry
    function keyHashOf(uint256 deviceId) external view returns (bytes32 keyHash) {
        Record storage record = _records[deviceId];
        return record.keyType == 0 ? bytes32(0) : _currentKeyHash(deviceId, record);
    }

    /// @inheritdoc IDeviceRegistry
    function keyOf(uint256 deviceId) external view returns (bytes memory key) {
        uint8 keyType = _records[deviceId].keyType;
        return keyType <= SECP256K1 ? bytes("") : _loadKey(deviceId, _keyTypes[keyType - 1].keyLength);
    }

    /// @inheritdoc IDeviceRegistry
    function keyTypeOf(uint8 keyType) external view returns (KeyType memory info) {
        return _requireKeyType(keyType);
    }

    /// @dev Puts another key in the place of a device's key.
    function _storeRotatedKey(uint256 deviceId, uint8 keyType, bytes calldata key, bytes32 keyHash) internal {
        _records[deviceId].keyType = keyType;
        _records[deviceId].rotated = true;
        _rotatedKeyHash[deviceId] = keyHash;
        _servedBy[keyHash] = deviceId;
        _records[uint256(keyHash)].status = Status.Reserved;
        if (keyType != SECP256K1) _storeKey(deviceId, key);
    }

    function _storeKey(uint256 deviceId, bytes calldata key) internal {
        for (uint256 i = 0; i < key.length; i += 32) {
            _keyWords[deviceId][i / 32] = bytes32(key[i:i + 32]);
        }
    }

    /// @dev Takes the record as a pointer, as the functions below: the compiler then loads its slot once, not once a
    /// field.
    function _isDeviceSignature(
        uint256 deviceId,
        Record storage record,
        bytes32 hash,
        bytes calldata signature
    ) internal view returns (bool) {
        return record.status == Status.Active && _isSignedByCurrentKey(deviceId, record, hash, signature);
    }

    /// @dev Whatever the device's status: a suspended device may still agree to its key's successor.
    function _isSignedByCurrentKey(
        uint256 deviceId,
        Record storage record,
        bytes32 hash,
        bytes calldata signature
    ) internal view returns (bool) {
        if (record.keyType == SECP256K1) {
            return _isSecp256k1Signature(_currentKeyHash(deviceId, record), hash, signature);
        }
        KeyType memory info = _keyTypes[record.keyType - 1];
        return _isVerified(info, _loadKey(deviceId, info.keyLength), hash, signature);
    }

    /// @dev For a key that no device has yet.
    function _isSignedByNewKey(
        uint8 keyType,
        bytes calldata key,
        bytes32 keyHash,
        bytes32 hash,
        bytes calldata signature
    ) internal view returns (bool) {
        if (keyType == SECP256K1) return _isSecp256k1Signature(keyHash, hash, signature);
        return _isVerified(_keyTypes[keyType - 1], key, hash, signature);
    }

    /// @dev The hash that names a key, after its type and length were checked: with both fixed, two keys never meet.
    function _checkedKeyHash(uint8 keyType, bytes calldata key) internal view returns (bytes32 keyHash) {
        uint256 length = keyType == SECP256K1 ? SECP256K1_KEY_LENGTH : _requireKeyType(keyType).keyLength;
        require(key.length == length, DeviceRegistryInvalidKeyLength(keyType, key.length));
        return keccak256(abi.encodePacked(keyType, key));
    }

    function _currentKeyHash(uint256 deviceId, Record storage record) internal view returns (bytes32 keyHash) {
        return record.rotated ? _rotatedKeyHash[deviceId] : bytes32(deviceId);
    }

    /// @dev A key that ever named or served a device never names another.
    function _isFresh(bytes32 keyHash) internal view returns (bool) {
        return _records[uint256(keyHash)].status == Status.None;
    }

    function _addKeyType(address verifier, uint16 keyLength, uint32 gasCap) private returns (uint8 keyType) {
        bool valid =
            verifier.code.length != 0 &&
                keyLength != 0 &&
                keyLength <= MAX_KEY_LENGTH &&
                keyLength % 32 == 0 &&
                gasCap != 0 &&
                gasCap <= MAX_GAS_CAP;
        // Behind two types one verifier would let one key name two devices.
        for (uint256 i = 0; i < _keyTypes.length; ++i) valid = valid && _keyTypes[i].verifier != verifier;
        require(valid, DeviceRegistryInvalidKeyType(verifier, keyLength, gasCap));
        _keyTypes.push(KeyType(verifier, keyLength, gasCap));
        keyType = SafeCast.toUint8(_keyTypes.length);
        emit KeyTypeAdded(keyType, verifier, keyLength, gasCap);
    }

    function _loadKey(uint256 deviceId, uint256 length) private view returns (bytes memory key) {
        for (uint256 i = 0; i < length; i += 32) {
            key = bytes.concat(key, _keyWords[deviceId][i / 32]);
        }
    }

    function _requireKeyType(uint8 keyType) private view returns (KeyType memory info) {
        require(keyType != 0 && keyType <= _keyTypes.length, DeviceRegistryUnknownKeyType(keyType));
        return _keyTypes[keyType - 1];
    }

    /// @dev ECDSA only, whatever code the address has since gained (ERC-1271, EIP-7702): a chip has no code.
    function _isSecp256k1Signature(
        bytes32 keyHash,
        bytes32 hash,
        bytes calldata signature
    ) private pure returns (bool) {
        address signer;
        ECDSA.RecoverError err;
        if (signature.length == 64) {
            (signer, err, ) = ECDSA.tryRecover(hash, bytes32(signature[:32]), bytes32(signature[32:]));
        } else {
            (signer, err, ) = ECDSA.tryRecoverCalldata(hash, signature); // 65 bytes, nothing else
        }
        return err == ECDSA.RecoverError.NoError && keccak256(abi.encodePacked(SECP256K1, signer)) == keyHash;
    }

    function _isVerified(
        KeyType memory info,
        bytes memory key,
        bytes32 hash,
        bytes calldata signature
    ) private view returns (bool) {
        bytes memory data = abi.encodeCall(IERC7913SignatureVerifier.verify, (key, hash, signature));
        // EIP-150 keeps a 64th back. Without the whole cap the verifier might fail for want of gas, and a relayer could
        // make a valid signature look false. A gas for each byte is more than it costs to copy the call once again.
        uint256 needed = (uint256(info.gasCap) * 64) / 63 + CALL_OVERHEAD + data.length;
        require(gasleft() >= needed, DeviceRegistryInsufficientGas(needed));
        (bool success, bytes memory result) = info.verifier.staticcall{gas: info.gasCap}(data);
        // A whole word that is the selector and zeros: not empty, not dirty, not a longer answer.
        return success && result.length == 32 && bytes32(result) == bytes32(IERC7913SignatureVerifier.verify.selector);
    }
}
