// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {P256Verifier} from "../../contracts/identity/P256Verifier.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

contract DeviceRegistryTest is RegistryFixture {
    uint8 private constant P256_AGAIN = 3;
    uint256 private constant REGISTRATION_FIELDS = 9;
    uint256 private constant ROTATION_FIELDS = 5;
    uint256 private constant ACCEPTANCE_FIELDS = 6;
    uint256 private constant OWNER = 0xA11CE;
    uint256 private constant MAKER_SIGNER = 0x516;
    address private constant RELAYER = address(0xBEE);

    /// @dev Everything that {register} takes, made from fuzzed words.
    struct Draft {
        Key key;
        IDeviceRegistry.Registration registration;
        bytes attestation;
    }

    /// @dev The error that the next act by a helper is to end in. Signing for P-256 calls a precompile, which would
    /// meet the expectation instead: so the helpers set it last.
    bytes private _expected;

    function setUp() public {
        _deploy();
        _devices.addKeyType(address(new P256Verifier()), 64, uint32(_verifier.MAX_VERIFY_GAS()));
        for (uint256 i = 0; i < 2; ++i) _makers.register("maker", "", abi.encodePacked(vm.addr(MAKER_SIGNER)));
    }

    function testFuzz_IDN02_aRegistrationIsGoodAsSigned(uint256 seed, bool p256, bool relayed) public {
        Draft memory draft = _draft(seed, p256);
        bytes32 digest = _digestOf(draft);
        uint256 deviceId = _submit(
            draft,
            _sign(draft.key, digest),
            relayed ? _signAs(OWNER, digest) : bytes(""),
            relayed
        );
        assertEq(_devices.ownerOf(deviceId), vm.addr(OWNER));
        assertEq(_devices.documentHashOf(deviceId), draft.registration.documentHash);
        assertEq(_devices.recordOf(deviceId).makerId, draft.registration.makerId);
    }

    /// @dev The owner agrees to the changed registration, the device does not.
    function testFuzz_IDN02_changingAnyFieldSpoilsTheDevicesSignature(
        uint256 seed,
        bool p256,
        uint256 field,
        uint256 noise,
        bool relayed
    ) public {
        Draft memory draft = _draft(seed, p256);
        bytes memory deviceSignature = _sign(draft.key, _digestOf(draft));
        uint256 owner = _change(draft, field, noise);
        bytes memory ownerSignature = _signAs(owner, _digestOf(draft));
        bytes32 keyHash = keccak256(abi.encodePacked(draft.registration.keyType, draft.registration.key));
        _expectBadKey(keyHash);
        _submit(draft, deviceSignature, ownerSignature, relayed);
    }

    /// @dev The device agrees to the changed registration, the owner does not.
    function testFuzz_IDN02_changingAnyFieldSpoilsTheOwnersSignature(
        uint256 seed,
        bool p256,
        uint256 field,
        uint256 noise
    ) public {
        Draft memory draft = _draft(seed, p256);
        bytes memory ownerSignature = _signAs(OWNER, _digestOf(draft));
        _change(draft, field, noise);
        bytes memory deviceSignature = _sign(draft.key, _digestOf(draft));
        _expectNoConsent(draft.registration.owner);
        _submit(draft, deviceSignature, ownerSignature, true);
    }

    /// @dev A relayer can put nothing in the place of the maker's word.
    function testFuzz_IDN02_anotherAttestationReverts(uint256 seed, bool p256, uint256 bit) public {
        Draft memory draft = _draft(seed, p256);
        bytes32 digest = _digestOf(draft);
        bytes memory attestation = draft.attestation;
        if (attestation.length == 0) attestation = abi.encodePacked(bit);
        else attestation[(bit / 8) % attestation.length] ^= bytes1(uint8(1 << (bit % 8)));
        draft.attestation = attestation;
        bytes memory deviceSignature = _sign(draft.key, digest);
        vm.expectRevert();
        _submit(draft, deviceSignature, _signAs(OWNER, digest), true);
    }

    /// @dev Each of the three signs another rotation once, while the two others sign this one.
    function testFuzz_IDN02_changingAnyFieldOfARotationReverts(
        uint256 seed,
        uint256 field,
        uint256 noise,
        uint256 party,
        bool p256
    ) public {
        (Key memory oldKey, Key memory newKey) = _keyPair(seed, p256);
        Rotation memory value = _rotation(_register(oldKey, vm.addr(OWNER)), newKey);
        bytes32 digest = _rotationDigest(value);
        bytes[3] memory signatures = [_sign(newKey, digest), _sign(oldKey, digest), _signAs(OWNER, digest)];

        field = bound(field, 0, ROTATION_FIELDS - 1);
        if (field == 0) value.deviceId = _other(value.deviceId, noise, type(uint256).max);
        else if (field == 1) value.oldKeyHash = bytes32(_other(uint256(value.oldKeyHash), noise, type(uint256).max));
        else if (field == 2) value.newKeyHash = bytes32(_other(uint256(value.newKeyHash), noise, type(uint256).max));
        else if (field == 3) value.nonce = uint32(_other(value.nonce, noise, type(uint32).max));
        else value.deadline = uint48(_other(value.deadline, noise, NEVER));
        digest = _rotationDigest(value);

        party = bound(party, 0, 2);
        uint256 deviceId = _idOf(oldKey);
        bytes[3] memory changed = [_sign(newKey, digest), _sign(oldKey, digest), _signAs(OWNER, digest)];
        bytes memory good = signatures[party];
        signatures[party] = changed[party];
        if (party == 2) _expectNoConsent(vm.addr(OWNER));
        else _expectBadKey(party == 0 ? _keyHash(newKey) : bytes32(deviceId));
        _rotate(deviceId, newKey, signatures);

        signatures[party] = good;
        _rotate(deviceId, newKey, signatures);
        assertEq(_devices.keyHashOf(deviceId), _keyHash(newKey), "IDN-02: a good rotation did nothing");
    }

    function testFuzz_IDN02_changingAnyFieldOfAnAcceptanceReverts(uint256 seed, uint256 field, uint256 noise) public {
        uint256 deviceId = _register(_secp256k1(seed), vm.addr(OWNER));
        Acceptance memory value = Acceptance(deviceId, 1, 1, MODEL, 0, NEVER);
        Acceptance memory changed = Acceptance(deviceId, 1, 1, MODEL, 0, NEVER);
        field = bound(field, 0, ACCEPTANCE_FIELDS - 1);
        if (field == 0) changed.deviceId = _other(deviceId, noise, type(uint256).max);
        else if (field == 1) changed.makerId = uint32(_other(1, noise, type(uint32).max));
        else if (field == 2) changed.lot = uint24(_other(1, noise, type(uint24).max));
        else if (field == 3) changed.modelHash = bytes32(_other(uint256(MODEL), noise, type(uint256).max));
        else if (field == 4) changed.nonce = uint32(_other(0, noise, type(uint32).max));
        else changed.deadline = uint48(_other(NEVER, noise, NEVER));

        bytes memory attestation = _attestation(1, bytes32(deviceId));
        _expectNoConsent(vm.addr(OWNER));
        _accept(value, attestation, _signAs(OWNER, _acceptanceDigest(changed)));
        assertEq(uint8(_devices.trustOf(deviceId)), uint8(IDeviceRegistry.Trust.SelfCertified));
        _accept(value, attestation, _signAs(OWNER, _acceptanceDigest(value)));
        assertEq(uint8(_devices.trustOf(deviceId)), uint8(IDeviceRegistry.Trust.Attested));
    }

    function testFuzz_IDN02_changingAnyFieldOfAHeartbeatReverts(
        uint256 seed,
        uint256 field,
        uint256 noise,
        bytes32 firmware,
        bool p256
    ) public {
        (Key memory key, Key memory neighbour) = _keyPair(seed, p256);
        uint256 deviceId = _register(key, vm.addr(OWNER));
        uint256 otherId = _register(neighbour, vm.addr(OWNER));
        uint48 now_ = uint48(block.timestamp);
        bytes memory signature = _sign(key, _heartbeatDigest(deviceId, now_, firmware));
        IDeviceRegistry.Heartbeat memory beat = IDeviceRegistry.Heartbeat(deviceId, now_, firmware, signature);

        field = bound(field, 0, 2);
        if (field == 0) beat.deviceId = otherId;
        else if (field == 1) beat.timestamp = uint48(_other(now_, noise, uint256(now_) + 5 minutes));
        else beat.firmwareHash = bytes32(_other(uint256(firmware), noise, type(uint256).max));
        if (beat.timestamp == 0) beat.timestamp = 1;
        IDeviceRegistry.Heartbeat[] memory beats = new IDeviceRegistry.Heartbeat[](1);
        beats[0] = beat;
        assertEq(_devices.heartbeats(beats), 0, "IDN-02: a changed heartbeat was recorded");
        _expectBadKey(bytes32(beat.deviceId));
        _beat(beat);

        _beat(IDeviceRegistry.Heartbeat(deviceId, now_, firmware, signature));
        assertEq(_devices.lastSeen(deviceId), now_, "IDN-02: a good heartbeat did nothing");
    }

    function testFuzz_IDN03_aRegistrationWorksOnce(uint256 seed, bool p256, bool retired, bool rotated) public {
        Draft memory draft = _draft(seed, p256);
        bytes32 digest = _digestOf(draft);
        bytes memory deviceSignature = _sign(draft.key, digest);
        bytes memory ownerSignature = _signAs(OWNER, digest);
        uint256 deviceId = _submit(draft, deviceSignature, ownerSignature, true);
        if (rotated) _rotateAsOwner(deviceId, draft.key, _stranger(seed));
        vm.prank(vm.addr(OWNER));
        if (retired) _devices.retire(deviceId);
        else _devices.transferFrom(vm.addr(OWNER), RELAYER, deviceId);

        _expected = abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryKnownKey.selector, bytes32(deviceId));
        _submit(draft, deviceSignature, ownerSignature, true);
        IDeviceRegistry.Claim[] memory claims = new IDeviceRegistry.Claim[](1);
        claims[0] = IDeviceRegistry.Claim(draft.registration, deviceSignature, ownerSignature, draft.attestation);
        vm.expectEmit(address(_devices));
        emit IDeviceRegistry.RegistrationSkipped(bytes32(deviceId));
        _devices.registerMany(claims);
        assertEq(_devices.balanceOf(vm.addr(OWNER)), 0, "IDN-03: a registration was replayed");
    }

    /// @dev Elsewhere: on another chain, or in another registry of the same chain.
    function testFuzz_IDN03_signaturesAreForOneChainAndContract(
        uint256 seed,
        bool p256,
        uint256 chain,
        bool moved
    ) public {
        Draft memory draft = _draft(seed, p256);
        draft.registration.makerId = 0;
        draft.attestation = "";
        bytes32 digest = _digestOf(draft);
        bytes memory ownerSignature = _signAs(OWNER, digest);
        (Key memory key, Key memory newKey) = _keyPair(seed ^ 2, false);
        uint256 deviceId = _register(key, vm.addr(OWNER));
        bytes32 rotation = _rotationDigest(_rotation(deviceId, newKey));
        bytes[3] memory signatures = [_sign(newKey, rotation), _sign(key, rotation), _signAs(OWNER, rotation)];
        uint48 now_ = uint48(block.timestamp);
        bytes memory beat = _sign(key, _heartbeatDigest(deviceId, now_, 0));
        Acceptance memory acceptance = Acceptance(deviceId, 1, 1, MODEL, 0, NEVER);
        bytes memory consent = _signAs(OWNER, _acceptanceDigest(acceptance));

        chain = _other(block.chainid, chain, type(uint64).max);
        if (moved) {
            _devices = _newDeviceRegistry();
            _register(key, vm.addr(OWNER));
        } else {
            vm.chainId(chain);
        }
        bytes memory attestation = _attestation(1, bytes32(deviceId)); // the maker's word is good there

        _expectNoConsent(vm.addr(OWNER));
        _submit(draft, _sign(draft.key, digest), ownerSignature, true);
        _expectBadKey(_keyHash(draft.key));
        _submit(draft, _sign(draft.key, digest), "", false);
        _expectNoConsent(vm.addr(OWNER));
        _rotate(deviceId, newKey, signatures);
        _expectBadKey(bytes32(deviceId));
        _beat(IDeviceRegistry.Heartbeat(deviceId, now_, 0, beat));
        _expectNoConsent(vm.addr(OWNER));
        _accept(acceptance, attestation, consent);
    }

    function testFuzz_IDN03_signaturesEndWithTheirDeadline(uint256 seed, bool p256, uint256 late) public {
        Draft memory draft = _draft(seed, p256);
        uint48 deadline = uint48(bound(draft.registration.deadline, block.timestamp, NEVER - 1));
        draft.registration.deadline = deadline;
        bytes32 digest = _digestOf(draft);
        (Key memory key, Key memory newKey) = _keyPair(seed ^ 2, false);
        uint256 deviceId = _register(key, vm.addr(OWNER));
        Rotation memory rotation = _rotation(deviceId, newKey);
        rotation.deadline = deadline;
        bytes32 rotationDigest = _rotationDigest(rotation);
        Acceptance memory acceptance = Acceptance(deviceId, 1, 1, MODEL, 0, deadline);
        bytes memory attestation = _attestation(1, bytes32(deviceId));

        vm.warp(bound(late, uint256(deadline) + 1, NEVER));
        _expectExpired(deadline);
        _submit(draft, _sign(draft.key, digest), _signAs(OWNER, digest), true);
        bytes[3] memory signatures = [
            _sign(newKey, rotationDigest),
            _sign(key, rotationDigest),
            _signAs(OWNER, rotationDigest)
        ];
        _expectExpired(deadline);
        _rotateUntil(deviceId, newKey, signatures, deadline);
        _expectExpired(deadline);
        _accept(acceptance, attestation, _signAs(OWNER, _acceptanceDigest(acceptance)));

        vm.warp(deadline);
        _submit(draft, _sign(draft.key, digest), _signAs(OWNER, digest), true);
        _accept(acceptance, attestation, _signAs(OWNER, _acceptanceDigest(acceptance)));
        rotation.nonce = 1;
        rotationDigest = _rotationDigest(rotation);
        signatures = [_sign(newKey, rotationDigest), _sign(key, rotationDigest), _signAs(OWNER, rotationDigest)];
        _rotateUntil(deviceId, newKey, signatures, deadline);
    }

    /// @dev Whatever a device signed for one action is worth nothing for the others, nor for {isDeviceSignature} of
    /// another hash.
    function testFuzz_IDN03_R01_aSignatureIsForOneAction(uint256 seed, bool p256, uint256 which) public {
        (Key memory key, Key memory newKey) = _keyPair(seed, p256);
        uint256 deviceId = _register(key, vm.addr(OWNER));
        which = bound(which, 0, 3);
        bytes32 digest = _digestOfAction(which, key, newKey);

        if (which != 0) {
            _expectNoConsent(vm.addr(OWNER));
            Draft memory draft = Draft(newKey, _registration(newKey, vm.addr(OWNER)), "");
            _submit(draft, _sign(newKey, digest), _signAs(OWNER, digest), true);
            _expectBadKey(_keyHash(newKey));
            _submit(draft, _sign(newKey, digest), "", false);
        }
        if (which != 1) _refuseToRotate(key, newKey, digest);
        if (which != 2) {
            bytes memory attestation = _attestation(1, bytes32(deviceId));
            _expectNoConsent(vm.addr(OWNER));
            _accept(Acceptance(deviceId, 1, 1, MODEL, 0, NEVER), attestation, _signAs(OWNER, digest));
        }
        if (which != 3) {
            _expectBadKey(bytes32(deviceId));
            _beat(IDeviceRegistry.Heartbeat(deviceId, uint48(block.timestamp), 0, _sign(key, digest)));
        }
        for (uint256 i = 0; i < 4; ++i) {
            bool good = _devices.isDeviceSignature(deviceId, _digestOfAction(i, key, newKey), _sign(key, digest));
            assertEq(good, i == which, "IDN-03: a signature was worth more than one action");
        }
    }

    /// @dev Signed before: an act of each kind, a sale, or the end of all grants; none leaves an acceptance or a
    /// rotation good that it had not.
    function testFuzz_IDN03_anActionIsSignedForOneNonce(uint256 seed, uint256 between) public {
        (Key memory key, Key memory newKey) = _keyPair(seed, false);
        address owner = vm.addr(OWNER);
        uint256 deviceId = _register(key, owner);
        bytes32 rotation = _rotationDigest(_rotation(deviceId, newKey));
        bytes[3] memory signatures = [_sign(newKey, rotation), _sign(key, rotation), _signAs(OWNER, rotation)];
        Acceptance memory acceptance = Acceptance(deviceId, 1, 1, MODEL, 0, NEVER);
        bytes memory consent = _signAs(OWNER, _acceptanceDigest(acceptance));
        bytes memory attestation = _attestation(1, bytes32(deviceId));

        between = bound(between, 0, 3);
        if (between == 0) {
            vm.prank(owner);
            _devices.revokeAllGrants(deviceId);
        } else if (between == 1) {
            vm.prank(owner);
            _devices.transferFrom(owner, RELAYER, deviceId);
            vm.prank(RELAYER);
            _devices.transferFrom(RELAYER, owner, deviceId);
        } else if (between == 2) {
            _accept(acceptance, attestation, consent);
        } else {
            _rotateAsOwner(deviceId, key, _stranger(seed));
        }
        _expectNoConsent(owner);
        _rotate(deviceId, newKey, signatures);
        _expectNoConsent(owner);
        _accept(acceptance, attestation, consent);
        // The signatures by keys are stale, too: the owner's own word does not make up for them.
        signatures[2] = _signAs(OWNER, _nextRotationDigest(deviceId, newKey));
        _expectBadKey(_keyHash(newKey));
        _rotate(deviceId, newKey, signatures);
        signatures[0] = _sign(newKey, _nextRotationDigest(deviceId, newKey));
        _expectBadKey(_devices.keyHashOf(deviceId));
        _rotate(deviceId, newKey, signatures);
    }

    function testFuzz_IDN03_aHeartbeatWorksOnce(uint256 seed, bool p256, bool transferred) public {
        Key memory key = p256 ? _p256(seed) : _secp256k1(seed);
        uint256 deviceId = _register(key, vm.addr(OWNER));
        uint48 now_ = uint48(block.timestamp);
        IDeviceRegistry.Heartbeat memory beat = IDeviceRegistry.Heartbeat(
            deviceId,
            now_,
            0,
            _sign(key, _heartbeatDigest(deviceId, now_, 0))
        );
        _devices.heartbeat(beat);
        vm.prank(vm.addr(OWNER));
        if (transferred) _devices.transferFrom(vm.addr(OWNER), RELAYER, deviceId);
        else _devices.revokeAllGrants(deviceId);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryInvalidTimestamp.selector, now_, now_));
        _devices.heartbeat(beat);
    }

    /// @dev Two sign the rotation, and one in its turn signed something else.
    function _refuseToRotate(Key memory key, Key memory newKey, bytes32 digest) private {
        uint256 deviceId = _idOf(key);
        bytes32 rotation = _rotationDigest(_rotation(deviceId, newKey));
        bytes memory consent = _signAs(OWNER, rotation);
        _expectBadKey(bytes32(deviceId));
        _rotate(deviceId, newKey, [_sign(newKey, rotation), _sign(key, digest), consent]);
        _expectBadKey(_keyHash(newKey));
        _rotate(deviceId, newKey, [_sign(newKey, digest), _sign(key, rotation), consent]);
        _expectNoConsent(vm.addr(OWNER));
        _rotate(deviceId, newKey, [_sign(newKey, rotation), _sign(key, rotation), _signAs(OWNER, digest)]);
    }

    /// @dev Registration, rotation, acceptance, heartbeat.
    function _digestOfAction(uint256 which, Key memory key, Key memory newKey) private view returns (bytes32) {
        uint256 deviceId = _idOf(key);
        if (which == 0) return _registrationDigest(_registration(key, vm.addr(OWNER)), 0);
        if (which == 1) return _rotationDigest(_rotation(deviceId, newKey));
        if (which == 2) return _acceptanceDigest(Acceptance(deviceId, 1, 1, MODEL, 0, NEVER));
        return _heartbeatDigest(deviceId, uint48(block.timestamp), 0);
    }

    /// @dev With its maker's word for one seed in two.
    function _draft(uint256 seed, bool p256) private view returns (Draft memory draft) {
        draft.key = p256 ? _p256(seed) : _secp256k1(seed);
        uint256 word = uint256(keccak256(abi.encode(seed)));
        draft.registration = IDeviceRegistry.Registration({
            keyType: draft.key.keyType,
            key: _keyBytes(draft.key),
            owner: vm.addr(OWNER),
            makerId: uint32(word % 2),
            modelHash: MODEL,
            documentHash: bytes32(word),
            documentURI: vm.toString(word % 1000),
            deadline: uint48(bound(word, block.timestamp, NEVER))
        });
        if (word % 2 == 1) draft.attestation = _attestation(1, _keyHash(draft.key));
    }

    /// @dev With the lot of the word that goes with it, if a maker is named.
    function _digestOf(Draft memory draft) private view returns (bytes32) {
        bool named = draft.registration.makerId != 0;
        return _registrationDigest(draft.registration, named ? uint24(bytes3(draft.attestation)) : 0);
    }

    /// @dev Changes one field, and the hands that sign with it.
    function _change(Draft memory draft, uint256 field, uint256 noise) private view returns (uint256 owner) {
        IDeviceRegistry.Registration memory registration = draft.registration;
        owner = OWNER;
        field = bound(field, 0, REGISTRATION_FIELDS - 1);
        if (field == 0 && draft.key.keyType == P256_TYPE) {
            registration.keyType = P256_AGAIN; // the other type of the same length
            draft.key.keyType = P256_AGAIN;
        } else if (field <= 1) {
            draft.key.secret = draft.key.secret == 1 ? 2 : draft.key.secret - 1;
            registration.key = _keyBytes(draft.key);
        } else if (field == 2) {
            owner = OWNER + 1 + (noise % 1000);
            registration.owner = vm.addr(owner);
        } else if (field == 3) {
            if (registration.makerId == 0) draft.attestation = abi.encodePacked(uint24(0));
            registration.makerId = uint32(_other(registration.makerId, noise, type(uint32).max));
        } else if (field == 8 && registration.makerId != 0) {
            uint24 lot = uint24(bytes3(draft.attestation));
            draft.attestation = abi.encodePacked(uint24(_other(lot, noise, type(uint24).max)));
        } else if (field == 4) {
            registration.modelHash = bytes32(_other(uint256(MODEL), noise, type(uint256).max));
        } else if (field == 5) {
            registration.documentHash = bytes32(
                _other(uint256(registration.documentHash), noise | 1, type(uint256).max)
            );
        } else if (field == 6) {
            registration.documentURI = string.concat(registration.documentURI, vm.toString(noise));
        } else {
            uint256 deadline = bound(noise, block.timestamp, NEVER);
            if (deadline == registration.deadline) deadline = deadline == NEVER ? deadline - 1 : deadline + 1;
            registration.deadline = uint48(deadline);
        }
    }

    function _submit(
        Draft memory draft,
        bytes memory deviceSignature,
        bytes memory ownerSignature,
        bool relayed
    ) private returns (uint256 deviceId) {
        address sender = relayed ? RELAYER : draft.registration.owner;
        _arm();
        vm.prank(sender);
        return _devices.register(draft.registration, deviceSignature, ownerSignature, draft.attestation);
    }

    /// @dev Signatures: the new key's, the old key's, the owner's.
    function _rotate(uint256 deviceId, Key memory newKey, bytes[3] memory signatures) private {
        _rotateUntil(deviceId, newKey, signatures, NEVER);
    }

    function _rotateUntil(uint256 deviceId, Key memory newKey, bytes[3] memory signatures, uint48 deadline) private {
        bytes memory key = _keyBytes(newKey);
        _arm();
        _devices.rotateKey(
            IDeviceRegistry.KeyRotation(deviceId, newKey.keyType, key, deadline),
            signatures[0],
            signatures[1],
            signatures[2]
        );
    }

    function _rotateAsOwner(uint256 deviceId, Key memory key, Key memory newKey) private {
        bytes32 digest = _rotationDigest(_rotation(deviceId, newKey));
        _rotate(deviceId, newKey, [_sign(newKey, digest), _sign(key, digest), _signAs(OWNER, digest)]);
    }

    function _accept(Acceptance memory value, bytes memory attestation, bytes memory signature) private {
        _arm();
        _devices.attest(
            IDeviceRegistry.AttestationAcceptance(value.deviceId, value.makerId, value.modelHash, value.deadline),
            attestation,
            signature
        );
    }

    function _beat(IDeviceRegistry.Heartbeat memory beat) private {
        _arm();
        _devices.heartbeat(beat);
    }

    function _expectNoConsent(address owner) private {
        _expected = abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryInvalidOwnerSignature.selector, owner);
    }

    function _expectBadKey(bytes32 keyHash) private {
        _expected = abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryInvalidDeviceSignature.selector, keyHash);
    }

    function _expectExpired(uint48 deadline) private {
        _expected = abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryExpiredSignature.selector, deadline);
    }

    function _arm() private {
        if (_expected.length == 0) return;
        vm.expectRevert(_expected);
        delete _expected;
    }

    function _rotation(uint256 deviceId, Key memory newKey) private pure returns (Rotation memory) {
        return Rotation(deviceId, bytes32(deviceId), _keyHash(newKey), 0, NEVER);
    }

    function _attestation(uint32 makerId, bytes32 keyHash) private view returns (bytes memory) {
        Attestation memory value = Attestation(makerId, 1, keyHash, MODEL, NEVER);
        return abi.encodePacked(value.lot, _evidence(value, MAKER_SIGNER));
    }

    function _stranger(uint256 seed) private pure returns (Key memory) {
        return _secp256k1(uint256(keccak256(abi.encode("stranger", seed))));
    }
}
