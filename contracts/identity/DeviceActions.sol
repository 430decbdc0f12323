// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {DeviceKeys} from "./DeviceKeys.sol";

/// @title DeviceActions
/// @notice The part of {IDeviceRegistry} that knows what is signed: one EIP-712 struct for each action, and whether
/// owner and device have agreed to it.
abstract contract DeviceActions is DeviceKeys, EIP712 {
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "Registration(uint256 deviceId,address owner,uint32 makerId,uint24 lot,bytes32 modelHash,"
        "bytes32 documentHash,string documentURI,uint48 deadline)"
    );
    bytes32 private constant ATTESTATION_ACCEPTANCE_TYPEHASH = keccak256(
        "AttestationAcceptance(uint256 deviceId,uint32 makerId,uint24 lot,bytes32 modelHash,"
        "uint32 nonce,uint48 deadline)"
    );
    bytes32 private constant KEY_ROTATION_TYPEHASH = keccak256(
        "KeyRotation(uint256 deviceId,bytes32 oldKeyHash,bytes32 newKeyHash,uint32 nonce,uint48 deadline)"
    );
    bytes32 private constant HEARTBEAT_TYPEHASH = keccak256(
        "Heartbeat(uint256 deviceId,uint48 timestamp,bytes32 firmwareHash)"
    );

    constructor() EIP712("DeFIoT DeviceRegistry", "1") {}

    function _digestOf(
        bytes32 keyHash,
        Registration calldata registration,
        uint24 lot
    ) internal view returns (bytes32 digest) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        REGISTRATION_TYPEHASH,
                        keyHash,
                        registration.owner,
                        registration.makerId,
                        lot,
                        registration.modelHash,
                        registration.documentHash,
                        keccak256(bytes(registration.documentURI)),
                        registration.deadline
                    )
                )
            );
    }

    function _digestOf(AttestationAcceptance calldata acceptance, uint24 lot) internal view returns (bytes32 digest) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        ATTESTATION_ACCEPTANCE_TYPEHASH,
                        acceptance.deviceId,
                        acceptance.makerId,
                        lot,
                        acceptance.modelHash,
                        _records[acceptance.deviceId].nonce,
                        acceptance.deadline
                    )
                )
            );
    }

    function _digestOf(
        KeyRotation calldata rotation,
        bytes32 oldKeyHash,
        bytes32 newKeyHash
    ) internal view returns (bytes32 digest) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        KEY_ROTATION_TYPEHASH,
                        rotation.deviceId,
                        oldKeyHash,
                        newKeyHash,
                        _records[rotation.deviceId].nonce,
                        rotation.deadline
                    )
                )
            );
    }

    function _digestOf(Heartbeat calldata beat) internal view returns (bytes32 digest) {
        return
            _hashTypedDataV4(
                keccak256(abi.encode(HEARTBEAT_TYPEHASH, beat.deviceId, beat.timestamp, beat.firmwareHash))
            );
    }

    function _checkDeadline(uint48 deadline) internal view {
        require(block.timestamp <= deadline, DeviceRegistryExpiredSignature(deadline));
    }

    function _checkOwnerConsent(address owner, bytes32 digest, bytes calldata signature) internal view {
        require(
            owner == msg.sender || SignatureChecker.isValidSignatureNowCalldata(owner, digest, signature),
            DeviceRegistryInvalidOwnerSignature(owner)
        );
    }

    function _checkNewKey(
        uint8 keyType,
        bytes calldata key,
        bytes32 keyHash,
        bytes32 digest,
        bytes calldata signature
    ) internal view {
        bool signed = _isSignedByNewKey(keyType, key, keyHash, digest, signature);
        require(signed, DeviceRegistryInvalidDeviceSignature(keyHash));
    }

    function _checkOldKey(uint256 deviceId, bytes32 keyHash, bytes32 digest, bytes calldata signature) internal view {
        bool signed = _isSignedByCurrentKey(deviceId, _records[deviceId], digest, signature);
        require(signed, DeviceRegistryInvalidDeviceSignature(keyHash));
    }
}
