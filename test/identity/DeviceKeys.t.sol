// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";

import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {P256Verifier} from "../../contracts/identity/P256Verifier.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @dev Says yes only if it got the whole of the gas it was promised.
contract HungryVerifier {
    uint256 private constant CAP = 1_000_000;

    fallback(bytes calldata) external returns (bytes memory) {
        bool whole = gasleft() + 200 >= CAP; // 200 for what came before this line
        return abi.encode(whole ? IERC7913SignatureVerifier.verify.selector : bytes4(0xffffffff));
    }
}

contract DeviceKeysTest is RegistryFixture {
    uint8 private constant P256_AGAIN = 3;
    address private constant OWNER = address(0xA11CE);

    function setUp() public {
        _deploy();
        _devices.addKeyType(address(new P256Verifier()), 64, uint32(_verifier.MAX_VERIFY_GAS()));
    }

    /// @dev The formula, spelled out: one byte of type, then the key.
    function testFuzz_IDN01_theIdIsTheHashOfTypeAndKey(uint256 seed, bool p256) public {
        Key memory key = p256 ? _p256(seed) : _secp256k1(seed);
        bytes memory packed = new bytes(p256 ? 65 : 21);
        packed[0] = p256 ? bytes1(0x02) : bytes1(0x01);
        bytes memory raw = _keyBytes(key);
        for (uint256 i = 0; i < raw.length; ++i) packed[i + 1] = raw[i];

        uint256 deviceId = _register(key, OWNER);
        assertEq(deviceId, uint256(keccak256(packed)), "IDN-01: another id");
        assertEq(_devices.deviceOf(bytes32(deviceId)), deviceId, "IDN-01: the key does not name its device");
        assertEq(_devices.keyHashOf(deviceId), bytes32(deviceId), "IDN-01: another key hash");
        assertEq(_devices.keyOf(deviceId), p256 ? raw : bytes(""), "IDN-01: another key");
    }

    /// @dev The same key under two types of one length names two devices, as two types are two verifiers.
    function testFuzz_IDN01_theTypeIsPartOfTheId(uint256 seed) public {
        Key memory key = _p256(seed);
        Key memory again = Key(P256_AGAIN, key.secret);
        uint256 one = _register(key, OWNER);
        uint256 other = _register(again, OWNER);
        assertEq(other, uint256(keccak256(abi.encodePacked(P256_AGAIN, _keyBytes(key)))), "IDN-01: another id");
        assertTrue(one != other, "IDN-01: two key types gave one id");
    }

    function testFuzz_IDN11_noOneSignsForAnUnknownDevice(
        uint256 deviceId,
        bytes32 hash,
        bytes memory signature
    ) public {
        _register(_secp256k1(1), OWNER);
        _register(_p256(1), OWNER);
        assertFalse(_devices.isDeviceSignature(deviceId, hash, signature), "IDN-11: an unknown device signed");
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryInvalidDeviceSignature.selector, bytes32(0))
        );
        _devices.heartbeat(IDeviceRegistry.Heartbeat(0, uint48(block.timestamp), hash, signature));
    }

    function testFuzz_IDN11_randomBytesAreNoSignature(
        uint256 seed,
        bool p256,
        bytes32 hash,
        bytes memory signature,
        bytes32[2] memory words,
        uint8 v
    ) public {
        uint256 deviceId = _register(p256 ? _p256(seed) : _secp256k1(seed), OWNER);
        bytes memory compact = abi.encodePacked(words);
        bytes memory full = abi.encodePacked(words, v);
        assertFalse(_devices.isDeviceSignature(deviceId, hash, signature), "IDN-11: random bytes signed");
        assertFalse(_devices.isDeviceSignature(deviceId, hash, compact), "IDN-11: random words signed");
        assertFalse(_devices.isDeviceSignature(deviceId, hash, full), "IDN-11: random words signed");
    }

    function testFuzz_IDN11_everyFlippedBitSpoilsASignature(
        uint256 seed,
        bool p256,
        bool compact,
        bytes32 hash,
        uint256 bit
    ) public {
        Key memory key = p256 ? _p256(seed) : _secp256k1(seed);
        uint256 deviceId = _register(key, OWNER);
        bytes memory signature = _sign(key, hash);
        if (compact && !p256) signature = _compact(key, hash);
        assertTrue(_devices.isDeviceSignature(deviceId, hash, signature), "IDN-11: a good signature was refused");
        signature[(bit / 8) % signature.length] ^= bytes1(uint8(1 << (bit % 8)));
        assertFalse(_devices.isDeviceSignature(deviceId, hash, signature), "IDN-11: a flipped bit went unnoticed");
        assertFalse(_devices.isDeviceSignature(deviceId ^ (1 << (bit % 256)), hash, signature), "IDN-11: another id");
    }

    function testFuzz_IDN11_everyOtherLengthSpoilsASignature(
        uint256 seed,
        bool p256,
        bytes32 hash,
        uint8 length
    ) public {
        Key memory key = p256 ? _p256(seed) : _secp256k1(seed);
        uint256 deviceId = _register(key, OWNER);
        bytes memory signature = _sign(key, hash);
        vm.assume(length != signature.length);
        if (!p256 && length == 64) length = 66; // cut to r and s it is the compact form, if v is 27
        assertFalse(
            _devices.isDeviceSignature(deviceId, hash, _resize(signature, length)),
            "IDN-11: another length was accepted"
        );
        if (!p256) {
            bytes memory compact = _compact(key, hash);
            if (length == 64) ++length;
            assertFalse(
                _devices.isDeviceSignature(deviceId, hash, _resize(compact, length)),
                "IDN-11: another length was accepted"
            );
        }
    }

    function testFuzz_IDN11_R11_theOtherSIsRefused(uint256 seed, bool p256, bytes32 hash) public {
        Key memory key = p256 ? _p256(seed) : _secp256k1(seed);
        uint256 deviceId = _register(key, OWNER);
        bytes memory signature = _sign(key, hash);
        uint256 order = p256 ? 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551 : SECP256K1_ORDER;
        uint256 s;
        assembly ("memory-safe") {
            s := mload(add(signature, 64))
            mstore(add(signature, 64), sub(order, s))
        }
        if (!p256) signature[64] = signature[64] == bytes1(uint8(27)) ? bytes1(uint8(28)) : bytes1(uint8(27));
        assertFalse(
            _devices.isDeviceSignature(deviceId, hash, signature),
            "IDN-11: a malleated signature was accepted"
        );
    }

    /// @dev However little gas a relayer gives, he gets a yes or nothing.
    function testFuzz_IDN11_littleGasIsNeverANo(uint256 seed, bool p256, bytes32 hash, uint256 gasGiven) public {
        Key memory key = p256 ? _p256(seed) : _secp256k1(seed);
        uint256 deviceId = _register(key, OWNER);
        bytes memory call_ = abi.encodeCall(IDeviceRegistry.isDeviceSignature, (deviceId, hash, _sign(key, hash)));
        uint256 enough = p256 ? _verifier.MAX_VERIFY_GAS() + 80_000 : 50_000;
        gasGiven = bound(gasGiven, 0, enough);
        (bool success, bytes memory result) = address(_devices).staticcall{gas: gasGiven}(call_);
        if (success) assertTrue(abi.decode(result, (bool)), "IDN-11: little gas made a yes a no");
        (success, result) = address(_devices).staticcall{gas: enough}(call_);
        assertTrue(success && abi.decode(result, (bool)), "IDN-11: the gas it asks for is too little");
    }

    function testFuzz_IDN11_littleGasSpoilsNoHeartbeat(uint256 seed, bool p256, uint256 gasGiven) public {
        Key memory key = p256 ? _p256(seed) : _secp256k1(seed);
        uint256 deviceId = _register(key, OWNER);
        uint48 now_ = uint48(block.timestamp);
        IDeviceRegistry.Heartbeat[] memory beats = new IDeviceRegistry.Heartbeat[](1);
        bytes memory signature = _sign(key, _heartbeatDigest(deviceId, now_, 0));
        beats[0] = IDeviceRegistry.Heartbeat(deviceId, now_, 0, signature);
        gasGiven = bound(gasGiven, 0, p256 ? 700_000 : 80_000);
        (bool success, bytes memory result) = address(_devices).call{gas: gasGiven}(
            abi.encodeCall(IDeviceRegistry.heartbeats, (beats))
        );
        if (success) assertEq(abi.decode(result, (uint256)), 1, "IDN-11: little gas passed a heartbeat over");
    }

    /// @dev At the very threshold, where what stands between the check and the call counts most, with signatures from
    /// a short one to the longest that is meant to outlive quantum computers (SLH-DSA-256f).
    function testFuzz_IDN11_theVerifierGetsItsWholeCap(uint256 length, uint256 gasGiven) public {
        uint256 deviceId = _registerHungry();
        bytes memory signature = new bytes(bound(length, 1, 49_856));
        bytes memory data = abi.encodeCall(IDeviceRegistry.isDeviceSignature, (deviceId, bytes32(0), signature));
        gasGiven = bound(gasGiven, 1_015_000, 1_100_000);
        (bool success, bytes memory result) = address(_devices).staticcall{gas: gasGiven}(data);
        if (success) assertTrue(abi.decode(result, (bool)), "IDN-11: the verifier got less than its cap");
        else assertTrue(gasGiven < 1_090_000, "IDN-11: the gas it asks for is too much");
    }

    /// @dev Behind two numbers one verifier would let one key name two devices.
    function testFuzz_IDN01_aVerifierIsListedOnce(uint8 keyType, uint16 words, uint32 gasCap) public {
        keyType = uint8(bound(keyType, P256_TYPE, P256_AGAIN));
        uint16 length = uint16(32 * bound(words, 1, 16));
        gasCap = uint32(bound(gasCap, 1, 5_000_000));
        address verifier = _devices.keyTypeOf(keyType).verifier;
        vm.expectRevert(
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryInvalidKeyType.selector, verifier, length, gasCap)
        );
        _devices.addKeyType(verifier, length, gasCap);
    }

    /// @dev What came to serve a device names nothing, and nobody acts for it.
    function testFuzz_IDN01_aReservedIdAnswersNothing(uint256 seed, bool p256, bytes32 hash) public {
        (Key memory key, Key memory newKey) = _keyPair(seed, p256);
        uint256 deviceId = _register(key, OWNER);
        uint256 reserved = _idOf(newKey);
        _rotateKey(deviceId, key, newKey);
        assertEq(uint8(_devices.statusOf(reserved)), uint8(IDeviceRegistry.Status.Reserved));
        assertEq(_devices.deviceOf(bytes32(reserved)), deviceId, "IDN-01: the key does not name its device");
        assertEq(_devices.deviceOf(bytes32(deviceId)), deviceId, "IDN-01: the first key names it no more");
        assertEq(_devices.keyHashOf(reserved), bytes32(0), "IDN-01: a reserved id has a key");
        assertEq(_devices.keyOf(reserved), "", "IDN-01: a reserved id has a key");
        assertEq(_devices.controllerOf(reserved), address(0), "IDN-01: a reserved id is controlled");
        assertFalse(_devices.isDeviceSignature(reserved, hash, _sign(newKey, hash)), "IDN-11: a reserved id signed");
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryUnknownDevice.selector, reserved));
        _devices.trustOf(reserved);

        IDeviceRegistry.Registration memory registration = _registration(newKey, OWNER);
        bytes memory signature = _sign(newKey, _registrationDigest(registration, 0));
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryKnownKey.selector, bytes32(reserved)));
        _devices.register(registration, signature, "", "");
    }

    /// @dev From words to a hash, or back: nothing of the former key is left to be believed.
    function testFuzz_IDN11_aRotationForgetsTheFormerKey(
        uint256 seed,
        bool fromP256,
        bool toP256,
        bytes32 hash
    ) public {
        (Key memory key, ) = _keyPair(seed, fromP256);
        (, Key memory newKey) = _keyPair(seed, toP256);
        uint256 deviceId = _register(key, OWNER);
        _rotateKey(deviceId, key, newKey);
        assertEq(_devices.keyOf(deviceId), toP256 ? _keyBytes(newKey) : bytes(""), "IDN-11: another key is kept");
        assertTrue(_devices.isDeviceSignature(deviceId, hash, _sign(newKey, hash)), "IDN-11: the new key is refused");
        assertFalse(_devices.isDeviceSignature(deviceId, hash, _sign(key, hash)), "IDN-11: the former key signed");
    }

    function _registerHungry() private returns (uint256 deviceId) {
        uint8 keyType = _devices.addKeyType(address(new HungryVerifier()), 32, 1_000_000);
        IDeviceRegistry.Registration memory registration = _registration(Key(SECP256K1, 1), OWNER);
        (registration.keyType, registration.key) = (keyType, abi.encode(1));
        vm.prank(OWNER);
        return _devices.register(registration, hex"01", "", "");
    }

    function _compact(Key memory key, bytes32 hash) private pure returns (bytes memory) {
        (bytes32 r, bytes32 vs) = vm.signCompact(key.secret, hash);
        return abi.encodePacked(r, vs);
    }
}
