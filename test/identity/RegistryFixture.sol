// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {ERC6551Registry} from "erc6551/ERC6551Registry.sol";
import {Test} from "forge-std/Test.sol";

import {DeviceAccount} from "../../contracts/identity/DeviceAccount.sol";
import {DeviceRegistry} from "../../contracts/identity/DeviceRegistry.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {MakerRegistry} from "../../contracts/identity/MakerRegistry.sol";
import {P256Verifier} from "../../contracts/identity/P256Verifier.sol";

/// @dev The two registries, and hands that sign for them. The digests are spelled out here anew, from the types that
/// the interfaces name: nothing is asked of the contracts.
abstract contract RegistryFixture is Test {
    uint8 internal constant SECP256K1 = 1;
    uint8 internal constant P256_TYPE = 2;
    uint48 internal constant NEVER = type(uint48).max;
    bytes32 internal constant MODEL = keccak256("model");

    struct Key {
        uint8 keyType;
        uint256 secret;
    }

    /// @dev What a key's three signers sign to change it.
    struct Rotation {
        uint256 deviceId;
        bytes32 oldKeyHash;
        bytes32 newKeyHash;
        uint32 nonce;
        uint48 deadline;
    }

    /// @dev What an owner signs to accept his maker's word.
    struct Acceptance {
        uint256 deviceId;
        uint32 makerId;
        uint24 lot;
        bytes32 modelHash;
        uint32 nonce;
        uint48 deadline;
    }

    /// @dev What a maker's signer signs.
    struct Attestation {
        uint32 makerId;
        uint24 lot;
        bytes32 keyHash;
        bytes32 modelHash;
        uint48 deadline;
    }

    AccessManager internal _manager;
    P256Verifier internal _verifier;
    MakerRegistry internal _makers;
    DeviceRegistry internal _devices;
    DeviceAccount internal _wallet;
    ERC6551Registry internal _wallets;

    /// @dev With this contract as ADMIN, which holds every role.
    function _deploy() internal {
        vm.warp(1_800_000_000);
        _manager = new AccessManager(address(this));
        _verifier = new P256Verifier();
        _makers = new MakerRegistry(address(_manager));
        _wallet = new DeviceAccount();
        _wallets = new ERC6551Registry();
        _devices = _newDeviceRegistry();
    }

    function _newDeviceRegistry() internal returns (DeviceRegistry) {
        return new DeviceRegistry(address(_manager), _makers, address(_wallet), address(_wallets), _verifier);
    }

    function _secp256k1(uint256 seed) internal pure returns (Key memory) {
        return Key(SECP256K1, bound(seed, 1, SECP256K1_ORDER - 1));
    }

    function _p256(uint256 seed) internal pure returns (Key memory) {
        return Key(P256_TYPE, bound(seed, 1, P256.N - 1));
    }

    function _keyBytes(Key memory key) internal pure returns (bytes memory) {
        if (key.keyType == SECP256K1) return abi.encodePacked(vm.addr(key.secret));
        (uint256 x, uint256 y) = vm.publicKeyP256(key.secret);
        return abi.encode(x, y);
    }

    function _keyHash(Key memory key) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(key.keyType, _keyBytes(key)));
    }

    function _idOf(Key memory key) internal pure returns (uint256) {
        return uint256(_keyHash(key));
    }

    /// @dev A signature as the registry takes it from this kind of key.
    function _sign(Key memory key, bytes32 digest) internal pure returns (bytes memory) {
        if (key.keyType == SECP256K1) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(key.secret, digest);
            return abi.encodePacked(r, s, v);
        }
        (bytes32 r2, bytes32 s2) = vm.signP256(key.secret, sha256(abi.encodePacked(digest)));
        if (uint256(s2) > P256.N / 2) s2 = bytes32(P256.N - uint256(s2));
        return abi.encodePacked(r2, s2);
    }

    /// @dev Of an account.
    function _signAs(uint256 secret, bytes32 digest) internal pure returns (bytes memory) {
        return _sign(Key(SECP256K1, secret), digest);
    }

    function _registration(Key memory key, address owner) internal pure returns (IDeviceRegistry.Registration memory) {
        return
            IDeviceRegistry.Registration({
                keyType: key.keyType,
                key: _keyBytes(key),
                owner: owner,
                makerId: 0,
                modelHash: MODEL,
                documentHash: 0,
                documentURI: "",
                deadline: NEVER
            });
    }

    /// @dev Self-certified; the owner sends it.
    function _register(Key memory key, address owner) internal returns (uint256 deviceId) {
        IDeviceRegistry.Registration memory registration = _registration(key, owner);
        bytes memory signature = _sign(key, _registrationDigest(registration, 0));
        vm.prank(owner);
        return _devices.register(registration, signature, "", "");
    }

    /// @dev With a maker's word; the owner sends it.
    function _registerIn(
        Key memory key,
        address owner,
        uint32 makerId,
        bytes memory attestation
    ) internal returns (uint256 deviceId) {
        IDeviceRegistry.Registration memory registration = _registration(key, owner);
        registration.makerId = makerId;
        bytes memory signature = _sign(key, _registrationDigest(registration, uint24(bytes3(attestation))));
        vm.prank(owner);
        return _devices.register(registration, signature, "", attestation);
    }

    /// @dev With the old key's agreement; the owner sends it.
    function _rotateKey(uint256 deviceId, Key memory key, Key memory newKey) internal {
        bytes32 digest = _nextRotationDigest(deviceId, newKey);
        bytes memory newSignature = _sign(newKey, digest);
        bytes memory oldSignature = _sign(key, digest);
        vm.prank(_devices.ownerOf(deviceId));
        _devices.rotateKey(
            IDeviceRegistry.KeyRotation(deviceId, newKey.keyType, _keyBytes(newKey), NEVER),
            newSignature,
            oldSignature,
            ""
        );
    }

    function _newWallet(uint256 deviceId, bytes32 salt) internal returns (address) {
        return _wallets.createAccount(address(_wallet), salt, block.chainid, address(_devices), deviceId);
    }

    function _deviceDigest(bytes32 structHash) internal view returns (bytes32) {
        return _typedDigest("DeFIoT DeviceRegistry", address(_devices), structHash);
    }

    /// @param lot What the attestation starts with; 0 without one.
    function _registrationDigest(
        IDeviceRegistry.Registration memory value,
        uint24 lot
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Registration(uint256 deviceId,address owner,uint32 makerId,uint24 lot,bytes32 modelHash,bytes32 documentHash,string documentURI,uint48 deadline)"
        );
        return
            _deviceDigest(
                keccak256(
                    abi.encode(
                        typeHash,
                        keccak256(abi.encodePacked(value.keyType, value.key)),
                        value.owner,
                        value.makerId,
                        lot,
                        value.modelHash,
                        value.documentHash,
                        keccak256(bytes(value.documentURI)),
                        value.deadline
                    )
                )
            );
    }

    function _rotationDigest(Rotation memory value) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "KeyRotation(uint256 deviceId,bytes32 oldKeyHash,bytes32 newKeyHash,uint32 nonce,uint48 deadline)"
        );
        return _deviceDigest(keccak256(abi.encode(typeHash, value)));
    }

    /// @dev From the key in use and at the nonce the device is at.
    function _nextRotationDigest(uint256 deviceId, Key memory newKey) internal view returns (bytes32) {
        uint32 nonce = _devices.recordOf(deviceId).nonce;
        return _rotationDigest(Rotation(deviceId, _devices.keyHashOf(deviceId), _keyHash(newKey), nonce, NEVER));
    }

    function _acceptanceDigest(Acceptance memory value) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "AttestationAcceptance(uint256 deviceId,uint32 makerId,uint24 lot,bytes32 modelHash,uint32 nonce,uint48 deadline)"
        );
        return _deviceDigest(keccak256(abi.encode(typeHash, value)));
    }

    function _heartbeatDigest(uint256 deviceId, uint48 timestamp, bytes32 firmware) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Heartbeat(uint256 deviceId,uint48 timestamp,bytes32 firmwareHash)");
        return _deviceDigest(keccak256(abi.encode(typeHash, deviceId, timestamp, firmware)));
    }

    function _attestationDigest(Attestation memory value) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Attestation(uint32 makerId,uint24 lot,bytes32 keyHash,bytes32 modelHash,uint48 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, value));
        return _typedDigest("DeFIoT MakerRegistry", address(_makers), structHash);
    }

    /// @dev A signer lot's evidence.
    function _evidence(Attestation memory value, uint256 secret) internal view returns (bytes memory) {
        return abi.encodePacked(value.deadline, _signAs(secret, _attestationDigest(value)));
    }

    function _other(uint256 value, uint256 noise, uint256 max) internal pure returns (uint256 other) {
        other = bound(noise, 0, max);
        if (other == value) other = value == max ? 0 : value + 1;
    }

    function _resize(bytes memory data, uint256 length) internal pure returns (bytes memory resized) {
        resized = new bytes(length);
        for (uint256 i = 0; i < length && i < data.length; ++i) {
            resized[i] = data[i];
        }
    }

    /// @dev Two keys of one type, never the same.
    function _keyPair(uint256 seed, bool p256) internal pure returns (Key memory one, Key memory other) {
        seed = bound(seed, 1, type(uint248).max);
        return p256 ? (_p256(seed), _p256(seed + 1)) : (_secp256k1(seed), _secp256k1(seed + 1));
    }

    function _leaf(bytes32 keyHash, bytes32 modelHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(keyHash, modelHash))));
    }

    function _parent(bytes32 one, bytes32 other) internal pure returns (bytes32) {
        return one < other ? keccak256(abi.encode(one, other)) : keccak256(abi.encode(other, one));
    }

    function _typedDigest(string memory name, address target, bytes32 structHash) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                block.chainid,
                target
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
