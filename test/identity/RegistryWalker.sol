// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevicePermissions} from "../../contracts/identity/DevicePermissions.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {RegistryModel} from "./RegistryModel.sol";

/// @dev How a walk over the registries chooses who acts on what, and how it judges what came of it.
abstract contract RegistryWalker is RegistryModel {
    string internal constant IDN_01 = "IDN-01";
    string internal constant IDN_04 = "IDN-04";
    string internal constant IDN_05 = "IDN-05";
    string internal constant IDN_07 = "IDN-07";
    string internal constant IDN_09 = "IDN-09";
    string internal constant IDN_12 = "IDN-12";

    /// @dev Ranks of trust; 0 is that of a device that was not there.
    uint256 private constant RECALLED = 1;
    uint256 private constant ATTESTED = 3;

    struct Tally {
        uint256 attempts;
        uint256 successes;
    }

    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;
    /// @dev How often a walk came to what few acts in a row lead to.
    mapping(string situation => uint256 times) public met;
    mapping(uint256 deviceId => uint256 rank) internal _lastRank;

    /// @dev No act but an attestation, or MAKER_VERIFIER's, makes a device more trusted than it was.
    modifier raisesNoTrust() {
        _;
        _rankAll(0, false);
    }

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 successes) {
        return (_tallies[action].attempts, _tallies[action].successes);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function _claimFor(
        uint256 seed,
        uint256 key
    ) internal view returns (IDeviceRegistry.Claim memory claim, address sender, bool valid, uint24 lot) {
        IDeviceRegistry.Registration memory registration = _registration(_keys[key], _someone(seed, "owner"));
        bool vouched = true;
        if (_word(seed, "makes") % 4 != 0) {
            registration.makerId = _someMaker(seed);
            (claim.attestation, lot, vouched) = _wordFor(seed, registration.makerId, key);
        }
        bytes32 digest = _registrationDigest(registration, lot);
        bool willing;
        (sender, claim.ownerSignature, willing) = _consent(seed, registration.owner, digest);
        claim.registration = registration;
        claim.deviceSignature = _sign(_keys[key], digest);
        valid = vouched && willing;
    }

    function _ownerSigned(
        IDeviceRegistry.Registration memory registration,
        uint24 lot
    ) internal view returns (bytes memory) {
        for (uint256 i = 0; i < OWNERS; ++i) {
            if (actor(i) == registration.owner) return _signAs(_secretOf(i), _registrationDigest(registration, lot));
        }
        return "";
    }

    /// @dev The maker's word for a key: in its signer's lot, in a batch, or in a lot where it counts for nothing.
    function _wordFor(
        uint256 seed,
        uint32 makerId,
        uint256 key
    ) internal view returns (bytes memory attestation, uint24 lot, bool vouched) {
        Maker memory maker = _maker[makerId];
        lot = maker.signerLot;
        uint256 word = _word(seed, "lot");
        if (word % 8 == 0 || lot == 0) lot = uint24((word / 8) % (uint256(maker.lots) + 1));
        if (word % 2 == 1) {
            for (uint24 i = 0; i < maker.lots; ++i) {
                uint24 candidate = uint24((i + word / 8) % maker.lots) + 1;
                if (_isInBatch(makerId, candidate, key)) lot = candidate;
            }
        }
        Attestation memory value = Attestation(makerId, lot, _hashes[key], MODEL, NEVER);
        bytes memory evidence =
            _isInBatch(makerId, lot, key)
                ? _batchProof(_lot[makerId][lot].firstKey, key)
                : _evidence(value, maker.signer);
        return (abi.encodePacked(lot, evidence), lot, _isVouched(makerId, lot, key));
    }

    function _isVouched(uint32 makerId, uint24 lot, uint256 key) internal view returns (bool) {
        return (lot != 0 && lot == _maker[makerId].signerLot) || _isInBatch(makerId, lot, key);
    }

    /// @dev The owner sends or signs; or somebody else does.
    function _consent(
        uint256 seed,
        address owner,
        bytes32 digest
    ) internal view returns (address sender, bytes memory signature, bool willing) {
        uint256 manner = _word(seed, "consent") % 8;
        uint256 index = OWNERS;
        for (uint256 i = 0; i < OWNERS; ++i) if (actor(i) == owner) index = i;
        if (manner < 3 || index == OWNERS) return (owner, "", true);
        if (manner < 6) return (address(this), _signAs(_secretOf(index), digest), true);
        uint256 stranger = (index + 1) % OWNERS;
        return (actor(stranger), manner == 6 ? _signAs(_secretOf(stranger), digest) : bytes(""), false);
    }

    function _rotate(uint256 seed, uint256 deviceId, uint256 key, bytes memory oldSignature, bool ready) internal {
        bytes32 digest = _rotationOf(deviceId, key);
        (address sender, bytes memory consent, bool willing) = _consent(seed, _model[deviceId].owner, digest);
        Key memory newKey = _keys[key];
        bytes memory newSignature = _sign(newKey, digest);
        bool success = _act(
            sender,
            address(_devices),
            abi.encodeCall(
                IDeviceRegistry.rotateKey,
                (
                    IDeviceRegistry.KeyRotation(deviceId, newKey.keyType, _keyBytes(newKey), NEVER),
                    newSignature,
                    oldSignature,
                    consent
                )
            )
        );
        _judge(success, _isLive(deviceId) && _isFresh(key) && willing && ready, IDN_01);
        if (success && _isRecalled(deviceId)) ++met["rotated after a recall"];
        if (success) _noteRotated(deviceId, key);
    }

    function _attest(uint256 seed, uint256 deviceId, uint32 makerId) internal {
        Device memory device = _model[deviceId];
        (bytes memory attestation, uint24 lot, bool vouched) = _wordFor(seed, makerId, _current(deviceId));
        Acceptance memory value = Acceptance(deviceId, makerId, lot, MODEL, uint32(device.nonce), NEVER);
        (address sender, bytes memory signature, bool willing) = _consent(seed, device.owner, _acceptanceDigest(value));
        bool success = _act(
            sender,
            address(_devices),
            abi.encodeCall(
                IDeviceRegistry.attest,
                (IDeviceRegistry.AttestationAcceptance(deviceId, makerId, MODEL, NEVER), attestation, signature)
            )
        );
        bool signed = _isLive(deviceId) && vouched && willing;
        _judge(success, signed && _mayAttest(deviceId, makerId, lot), IDN_12);
        if (signed) _meetAttesting(deviceId, makerId, lot);
        if (success) _noteAttested(deviceId, makerId, lot);
        _rankAll(success ? deviceId : 0, false);
    }

    function _rotationOf(uint256 deviceId, uint256 key) internal view returns (bytes32) {
        bytes32 oldKeyHash = _hashes[_current(deviceId)];
        return _rotationDigest(Rotation(deviceId, oldKeyHash, _hashes[key], uint32(_model[deviceId].nonce), NEVER));
    }

    function _announce(address sender, uint256 deviceId, uint256 key) internal {
        bool success = _act(
            sender,
            address(_devices),
            abi.encodeCall(IDeviceRegistry.announceKeyRotation, (deviceId, _hashes[key]))
        );
        _judge(success, _isOwner(sender, deviceId) && _isFresh(key), IDN_04);
        if (!success) return;
        Device storage device = _model[deviceId];
        (device.announced, device.announcedKey, device.readyAt) = (true, key, vm.getBlockTimestamp() + 7 days);
    }

    function _moveStatus(uint256 seed, uint256 deviceId, bytes4 selector, bool fits, bool suspended) internal {
        address sender = _ownerOrStranger(seed, deviceId);
        bool permitted =
            _isOwner(sender, deviceId) || permissionsIn(deviceId, sender) & DevicePermissions.OPERATION != 0;
        bool success = _act(sender, address(_devices), abi.encodeWithSelector(selector, deviceId));
        _judge(success, permitted && fits, IDN_05);
        if (success) _model[deviceId].suspended = suspended;
    }

    function _move(address sender, uint256 deviceId, address to, bool allowed, bytes memory data) internal {
        bool success = _act(sender, address(_devices), data);
        _judge(success, allowed && _isLive(deviceId) && _mayMove(sender, deviceId), IDN_09);
        if (success) _noteTransferred(deviceId, to);
    }

    function _act(address sender, address target, bytes memory data) internal returns (bool success) {
        vm.prank(sender);
        (success, ) = target.call(data);
    }

    function _judge(bool success, bool expected, string memory property) internal {
        _count(success);
        if (success && !expected) _breach(property, "succeeded and must not");
        if (!success && expected) _breach(property, "failed and must not");
    }

    function _count(bool success) internal {
        ++_tallies[msg.sig].attempts;
        if (success) ++_tallies[msg.sig].successes;
    }

    function _breach(string memory property, string memory what) internal {
        _breaches[property] = string.concat(what, ": ", vm.toString(abi.encodePacked(msg.sig)));
    }

    /// @dev A sign of life that is good but for its timestamp, which may be stale; or one that is not.
    function _beatOf(uint256 seed) internal view returns (IDeviceRegistry.Heartbeat memory beat, bool valid) {
        beat.deviceId = _device(seed, _isActive);
        uint256 latest = block.timestamp + 5 minutes;
        beat.timestamp = uint48(latest + 1 - (_word(seed, "time") % 10 minutes));
        uint256 signer = seed % 8 == 0 ? _word(seed, "signer") % KEYS : _current(beat.deviceId);
        beat.signature = _sign(_keys[signer], _heartbeatDigest(beat.deviceId, beat.timestamp, 0));
        valid = _isActive(beat.deviceId) && signer == _current(beat.deviceId) && beat.timestamp <= latest;
    }

    /// @dev Only the device that was attested may rise; if a maker was verified, those he attested may, too.
    function _rankAll(uint256 attested, bool verified) internal {
        for (uint256 i = 0; i < _ids.length; ++i) {
            uint256 rank = _rank(_ids[i]);
            uint256 last = _lastRank[_ids[i]];
            bool mayRise = last == 0 || _ids[i] == attested || (verified && last == ATTESTED);
            if (rank > last && !mayRise) _breach(IDN_12, "trust rose");
            _lastRank[_ids[i]] = rank;
        }
    }

    function _rank(uint256 deviceId) internal view returns (uint256) {
        IDeviceRegistry.Trust trust = _devices.trustOf(deviceId);
        return trust == IDeviceRegistry.Trust.Recalled ? RECALLED : uint256(trust) + RECALLED + 1;
    }

    /// @dev The maker's word, with the owner's consent: which of the situations that matter is it?
    function _meetAttesting(uint256 deviceId, uint32 makerId, uint24 lot) internal {
        Device memory device = _model[deviceId];
        if (device.makerId == 0) return;
        bool recalled = _isRecalled(deviceId);
        if (device.makerId != makerId) ++met[recalled ? "another maker after a recall" : "another maker"];
        else if (!_mayAttest(deviceId, makerId, lot)) ++met[recalled ? "not cleared" : "back to before a recall"];
        else if (recalled) ++met["cleared"];
        else if (lot < device.lot) ++met["an older lot"];
    }

    /// @dev One that is as wanted, if there is any; at times any.
    function _device(uint256 seed, function(uint256) view returns (bool) wanted) internal view returns (uint256) {
        uint256 start = _word(seed, "device");
        for (uint256 i = 0; i < _ids.length && start % 8 != 0; ++i) {
            uint256 deviceId = _ids[(start + i) % _ids.length];
            if (wanted(deviceId)) return deviceId;
        }
        return _ids[start % _ids.length];
    }

    /// @dev One that is fresh, if there is any; at times any.
    function _anyKey(uint256 seed) internal view returns (uint256) {
        uint256 start = _word(seed, "key");
        for (uint256 i = 0; i < KEYS && start % 8 != 0; ++i) {
            if (_isFresh((start + i) % KEYS)) return (start + i) % KEYS;
        }
        return start % KEYS;
    }

    function _someMaker(uint256 seed) internal pure returns (uint32) {
        return uint32(_word(seed, "maker") % MAKERS) + 1;
    }

    function _someone(uint256 seed, string memory part) internal pure returns (address) {
        return actor(_word(seed, part) % OWNERS);
    }

    function _ownerOrStranger(uint256 seed, uint256 deviceId) internal view returns (address) {
        return _word(seed, "sender") % 4 == 0 ? _someone(seed, "stranger") : _model[deviceId].owner;
    }

    function _makersOwnerOrStranger(uint256 seed, uint32 makerId) internal view returns (address) {
        return _word(seed, "sender") % 4 == 0 ? _someone(seed, "stranger") : _maker[makerId].owner;
    }

    function _mover(uint256 seed, uint256 deviceId) internal view returns (address) {
        bool operated = _word(seed, "operated") % 4 == 0 && _model[deviceId].approved != address(0);
        return operated ? _model[deviceId].approved : _ownerOrStranger(seed, deviceId);
    }

    function _mayMove(address sender, uint256 deviceId) internal view returns (bool) {
        return _isLive(deviceId) && (_isOwner(sender, deviceId) || sender == _model[deviceId].approved);
    }

    function _isOwner(address sender, uint256 deviceId) internal view returns (bool) {
        return _isLive(deviceId) && sender == _model[deviceId].owner;
    }

    function _isLive(uint256 deviceId) internal view returns (bool) {
        return !_model[deviceId].retired;
    }

    function _isActive(uint256 deviceId) internal view returns (bool) {
        return _isLive(deviceId) && !_model[deviceId].suspended;
    }

    function _isSuspended(uint256 deviceId) internal view returns (bool) {
        return _isLive(deviceId) && _model[deviceId].suspended;
    }

    function _isInWallet(uint256 deviceId) internal view returns (bool) {
        return _isLive(deviceId) && _walletOf[_model[deviceId].owner] != 0;
    }

    function _hasMaker(uint256 deviceId) internal view returns (bool) {
        return _isLive(deviceId) && _model[deviceId].makerId != 0;
    }

    function _isRecalled(uint256 deviceId) internal view returns (bool) {
        return _isLive(deviceId) && trustIn(deviceId) == IDeviceRegistry.Trust.Recalled;
    }

    function _hasNotice(uint256 deviceId) internal view returns (bool) {
        return _model[deviceId].announced;
    }

    function _word(uint256 seed, string memory part) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, part)));
    }
}
