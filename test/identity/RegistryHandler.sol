// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {DevicePermissions} from "../../contracts/identity/DevicePermissions.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {IERC4907} from "../../contracts/identity/IERC4907.sol";
import {IMakerRegistry} from "../../contracts/identity/IMakerRegistry.sol";
import {RegistryModel} from "./RegistryModel.sol";

/// @dev Acts on the registries, mostly as one may and sometimes as one may not. Of every act the model knows whether
/// it must succeed; what comes otherwise is a breach of the property that the act is about.
abstract contract RegistryHandler is RegistryModel {
    string private constant IDN_01 = "IDN-01";
    string private constant IDN_04 = "IDN-04";
    string private constant IDN_05 = "IDN-05";
    string private constant IDN_07 = "IDN-07";
    string private constant IDN_09 = "IDN-09";
    string private constant IDN_12 = "IDN-12";

    struct Tally {
        uint256 attempts;
        uint256 successes;
    }

    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;
    mapping(uint256 deviceId => uint256 rank) private _lastRank;

    /// @dev No act but a maker's, or MAKER_VERIFIER's, makes any device more trusted than it was.
    modifier notAMakersAct() {
        _;
        for (uint256 i = 0; i < _ids.length; ++i) {
            uint256 rank = _rank(_ids[i]);
            if (rank > _lastRank[_ids[i]]) _breach(IDN_12, "trust rose");
            _lastRank[_ids[i]] = rank;
        }
    }

    modifier makersAct() {
        _;
        for (uint256 i = 0; i < _ids.length; ++i) _lastRank[_ids[i]] = _rank(_ids[i]);
    }

    constructor() {
        _deploy();
        for (uint256 i = 0; i < KEYS; ++i) {
            _keys.push(Key(i % 8 == 7 ? P256_TYPE : SECP256K1, i + 1));
            _hashes.push(_keyHash(_keys[i]));
        }
        for (uint32 makerId = 1; makerId <= MAKERS; ++makerId) {
            _maker[makerId] = Maker(actor(makerId), makerId == 1, 1, 1, 0x51 + makerId);
            vm.prank(actor(makerId));
            _makers.register("maker", "", abi.encodePacked(vm.addr(0x51 + makerId)));
        }
        _makers.setVerified(1, true);
        for (uint256 i = 0; i < 5; ++i) {
            _register(_keys[i], actor(i % OWNERS));
            _noteRegistered(i, actor(i % OWNERS), 0, 0);
            _lastRank[_ids[i]] = _rank(_ids[i]);
        }
    }

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 successes) {
        return (_tallies[action].attempts, _tallies[action].successes);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function register(uint256 seed) external makersAct {
        uint256 key = _anyKey(seed);
        (IDeviceRegistry.Claim memory claim, address sender, bool valid, uint24 lot) = _claimFor(seed, key);
        bool success = _act(
            sender,
            address(_devices),
            abi.encodeCall(
                IDeviceRegistry.register,
                (claim.registration, claim.deviceSignature, claim.ownerSignature, claim.attestation)
            )
        );
        _judge(success, valid && _isFresh(key), IDN_01);
        if (success) _noteRegistered(key, claim.registration.owner, claim.registration.makerId, lot);
    }

    /// @dev Three claims, of which one at times comes twice; a relayer sends them.
    function registerMany(uint256 seed) external makersAct {
        IDeviceRegistry.Claim[] memory claims = new IDeviceRegistry.Claim[](3);
        uint256[3] memory keys;
        uint24[3] memory lots;
        bool allValid = true;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 word = _word(i == 2 && seed % 2 == 0 ? seed : seed + i, "claim");
            keys[i] = _anyKey(word);
            (claims[i], , , lots[i]) = _claimFor(word, keys[i]);
            IDeviceRegistry.Registration memory registration = claims[i].registration;
            claims[i].ownerSignature = _ownerSigned(registration);
            bool known = !_isFresh(keys[i]) || (i > 0 && keys[i] == keys[0]) || (i > 1 && keys[i] == keys[1]);
            uint32 makerId = registration.makerId;
            allValid = allValid && (known || makerId == 0 || _isVouched(makerId, lots[i], keys[i]));
        }
        bool success = _act(address(this), address(_devices), abi.encodeCall(IDeviceRegistry.registerMany, (claims)));
        _judge(success, allValid, IDN_01);
        for (uint256 i = 0; success && i < 3; ++i) {
            if (!_isFresh(keys[i])) continue;
            IDeviceRegistry.Registration memory registration = claims[i].registration;
            _noteRegistered(keys[i], registration.owner, registration.makerId, lots[i]);
        }
    }

    function transfer(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        bool toItself = seed % 11 == 0;
        address to = toItself ? _devices.accountOf(deviceId) : _someone(seed, "to");
        address sender = _mover(seed, deviceId);
        _move(
            sender,
            deviceId,
            to,
            !toItself,
            abi.encodeCall(IERC721.transferFrom, (_model[deviceId].owner, to, deviceId))
        );
    }

    /// @dev Into the wallet of a device, its own at times; or to an owner.
    function safeTransfer(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        uint256 parent = _ids[_word(seed, "parent") % _ids.length];
        uint256 grandparent = _walletOf[_model[parent].owner];
        if (grandparent != 0 && seed % 2 == 0) deviceId = grandparent; // which would close a cycle
        address to = _wallets.createAccount(address(_wallet), 0, block.chainid, address(_devices), parent);
        _walletOf[to] = parent;
        bool allowed = !_wouldBeCycle(deviceId, parent);
        if (seed % 4 == 0) (to, allowed) = (_someone(seed, "to"), true);
        _move(
            _mover(seed, deviceId),
            deviceId,
            to,
            allowed,
            abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", _model[deviceId].owner, to, deviceId)
        );
    }

    /// @dev The approval stays, so that other acts meet it.
    function approve(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _ownerOrStranger(seed, deviceId);
        address operator = _someone(seed, "operator");
        bool success = _act(sender, address(_devices), abi.encodeCall(IERC721.approve, (operator, deviceId)));
        _judge(success, _isOwner(sender, deviceId), IDN_09);
        if (success) _model[deviceId].approved = operator;
    }

    /// @dev An approval for all, used once; then it is withdrawn, and is worth nothing.
    function transferByOperator(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        address owner = _model[deviceId].owner;
        address operator = _someone(seed, "operator");
        vm.prank(owner);
        _devices.setApprovalForAll(operator, seed % 4 != 0);
        address to = _someone(seed, "to");
        bool allowed = seed % 4 != 0 || operator == owner || operator == _model[deviceId].approved;
        bool success = _act(operator, address(_devices), abi.encodeCall(IERC721.transferFrom, (owner, to, deviceId)));
        _judge(success, allowed && _isLive(deviceId), IDN_09);
        if (success) _noteTransferred(deviceId, to);
        vm.prank(owner);
        _devices.setApprovalForAll(operator, false);
    }

    function suspend(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isActive);
        _moveStatus(seed, deviceId, IDeviceRegistry.suspend.selector, _isActive(deviceId), true);
    }

    function resume(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isSuspended);
        if (seed % 2 == 0 && _isActive(deviceId)) {
            vm.prank(_model[deviceId].owner);
            _devices.suspend(deviceId);
            _model[deviceId].suspended = true;
        }
        _moveStatus(seed, deviceId, IDeviceRegistry.resume.selector, _isSuspended(deviceId), false);
    }

    /// @dev Leaves a few devices alive, so that there is something to act on.
    function retire(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        bool few = _ids.length - retiredCount < 4;
        address sender = few ? address(this) : _ownerOrStranger(seed, deviceId);
        bool success = _act(sender, address(_devices), abi.encodeCall(IDeviceRegistry.retire, (deviceId)));
        _judge(success, _isLive(deviceId) && sender == _model[deviceId].owner, IDN_05);
        if (!success) return;
        _noteTransferred(deviceId, _model[deviceId].owner);
        _model[deviceId].retired = true;
        ++retiredCount;
    }

    function setUser(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _mover(seed, deviceId);
        address user = _someone(seed, "user");
        uint64 until = uint64(block.timestamp + (_word(seed, "until") % 5 days));
        bool success = _act(sender, address(_devices), abi.encodeCall(IERC4907.setUser, (deviceId, user, until)));
        _judge(success, _mayMove(sender, deviceId), IDN_04);
        if (success) (_model[deviceId].user, _model[deviceId].userUntil) = (user, until);
    }

    function grant(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _ownerOrStranger(seed, deviceId);
        address grantee = _someone(seed, "grantee");
        uint128 permissions = uint128(_word(seed, "permissions") % 8);
        uint48 until = uint48(block.timestamp + (_word(seed, "until") % 5 days));
        bool success = _act(
            sender,
            address(_devices),
            abi.encodeCall(IDeviceRegistry.grantPermissions, (deviceId, grantee, permissions, until))
        );
        _judge(success, _isOwner(sender, deviceId), IDN_04);
        if (success) _granted[deviceId][grantee] = Grant(permissions, until);
    }

    function setPayee(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _ownerOrStranger(seed, deviceId);
        address payee = _someone(seed, "payee");
        bool success = _act(
            sender,
            address(_devices),
            abi.encodeCall(IDeviceRegistry.setRevenuePayee, (deviceId, payee))
        );
        _judge(success, _isOwner(sender, deviceId), IDN_04);
        if (success) _model[deviceId].payee = payee;
    }

    function revokeAll(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _ownerOrStranger(seed, deviceId);
        bool success = _act(sender, address(_devices), abi.encodeCall(IDeviceRegistry.revokeAllGrants, (deviceId)));
        _judge(success, _isOwner(sender, deviceId), IDN_04);
        if (success) _endGrants(deviceId);
    }

    function announce(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        _announce(_ownerOrStranger(seed, deviceId), deviceId, _anyKey(seed));
    }

    function cancel(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _hasNotice);
        if (seed % 2 == 0 && _isLive(deviceId)) _announce(_model[deviceId].owner, deviceId, _anyKey(seed));
        address sender = _ownerOrStranger(seed, deviceId);
        bool success = _act(sender, address(_devices), abi.encodeCall(IDeviceRegistry.cancelKeyRotation, (deviceId)));
        _judge(success, _isOwner(sender, deviceId) && _model[deviceId].announced, IDN_04);
        if (success) _model[deviceId].announced = false;
    }

    /// @dev With the old key's signature; at times another key signs in its place.
    function rotate(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _isLive);
        uint256 key = _anyKey(seed);
        uint256 signer = seed % 5 == 0 ? _word(seed, "signer") % KEYS : _current(deviceId);
        bytes32 digest = _rotationOf(deviceId, key);
        _rotate(seed, deviceId, key, _sign(_keys[signer], digest), signer == _current(deviceId));
    }

    /// @dev By the owner's notice, waited for or not.
    function rotateByNotice(uint256 seed) external notAMakersAct {
        uint256 deviceId = _device(seed, _hasNotice);
        Device storage device = _model[deviceId];
        if (!device.announced && _isLive(deviceId)) _announce(device.owner, deviceId, _anyKey(seed));
        if (seed % 4 != 0 && device.announced) vm.warp(vm.getBlockTimestamp() + 7 days - (seed % 16 == 1 ? 1 : 0));
        uint256 key = seed % 8 == 2 ? _anyKey(seed + 1) : device.announcedKey;
        bool ready = device.announced && key == device.announcedKey && vm.getBlockTimestamp() >= device.readyAt;
        _rotate(seed, deviceId, key, "", ready);
    }

    function attest(uint256 seed) external makersAct {
        uint256 deviceId = _device(seed, _isLive);
        Device memory device = _model[deviceId];
        uint32 makerId = device.makerId == 0 || seed % 8 == 0 ? _someMaker(seed) : device.makerId;
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
        bool advances = (device.makerId == 0 || device.makerId == makerId) && lot >= device.lot;
        _judge(success, _isLive(deviceId) && vouched && willing && advances, IDN_12);
        if (success) _noteAttested(deviceId, makerId, lot);
    }

    function recallLot(uint256 seed) external notAMakersAct {
        uint32 makerId = _someMaker(seed);
        uint24 lot = uint24(_word(seed, "lot") % (uint256(_maker[makerId].lots) + 2));
        for (uint256 i = 0; i < 3 && _lot[makerId][lot].recalled; ++i) ++lot;
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(sender, address(_makers), abi.encodeCall(IMakerRegistry.recallLot, (makerId, lot, "")));
        bool exists = lot != 0 && lot <= _maker[makerId].lots;
        bool isMaker = sender == _maker[makerId].owner;
        _judge(success, exists && isMaker && !_lot[makerId][lot].recalled, IDN_12);
        if (success) _lot[makerId][lot].recalled = true;
    }

    function recallDevice(uint256 seed) external notAMakersAct {
        uint32 makerId = _someMaker(seed);
        uint256 deviceId = _device(seed, _isLive);
        uint256 key = seed % 2 == 0 ? _current(deviceId) : _word(seed, "key") % KEYS;
        if (seed % 4 == 0 && _model[deviceId].makerId != 0) makerId = _model[deviceId].makerId;
        bytes32 keyHash = _hashes[key];
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(
            sender,
            address(_makers),
            abi.encodeCall(IMakerRegistry.recallDevice, (makerId, keyHash, ""))
        );
        _judge(success, sender == _maker[makerId].owner && !_recalledKey[makerId][keyHash], IDN_12);
        if (success) _recalledKey[makerId][keyHash] = true;
    }

    /// @dev At times to none.
    function setSigner(uint256 seed) external notAMakersAct {
        uint32 makerId = _someMaker(seed);
        uint256 secret = 1 + (_word(seed, "signer") % 1000);
        bytes memory signer = seed % 5 == 0 ? bytes("") : abi.encodePacked(vm.addr(secret));
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(sender, address(_makers), abi.encodeCall(IMakerRegistry.setSigner, (makerId, signer)));
        Maker storage maker = _maker[makerId];
        _judge(success, sender == maker.owner, IDN_12);
        if (!success) return;
        maker.signer = secret;
        maker.signerLot = signer.length == 0 ? 0 : ++maker.lots;
    }

    function publishBatch(uint256 seed) external notAMakersAct {
        uint32 makerId = _someMaker(seed);
        uint256 firstKey = _word(seed, "first") % KEYS;
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(
            sender,
            address(_makers),
            abi.encodeCall(IMakerRegistry.publishBatch, (makerId, _batchRoot(firstKey), uint32(BATCH), ""))
        );
        _judge(success, sender == _maker[makerId].owner, IDN_12);
        if (success) _lot[makerId][++_maker[makerId].lots] = Lot(true, false, firstKey);
    }

    function setVerified(uint256 seed) external makersAct {
        uint32 makerId = _someMaker(seed);
        bool verified = seed % 3 != 0;
        address sender = seed % 4 == 1 ? _maker[makerId].owner : address(this);
        bool success = _act(sender, address(_makers), abi.encodeCall(IMakerRegistry.setVerified, (makerId, verified)));
        _judge(success, sender == address(this), IDN_12);
        if (success) _maker[makerId].verified = verified;
    }

    function sellMaker(uint256 seed) external notAMakersAct {
        uint32 makerId = _someMaker(seed);
        address sender = _makersOwnerOrStranger(seed, makerId);
        address to = _someone(seed, "to");
        Maker storage maker = _maker[makerId];
        bool success = _act(sender, address(_makers), abi.encodeCall(IERC721.transferFrom, (maker.owner, to, makerId)));
        _judge(success, sender == maker.owner, IDN_12);
        if (success) (maker.owner, maker.verified, maker.signerLot) = (to, false, 0);
    }

    function heartbeat(uint256 seed) external notAMakersAct {
        (IDeviceRegistry.Heartbeat memory beat, bool valid) = _beatOf(seed);
        bool success = _act(address(this), address(_devices), abi.encodeCall(IDeviceRegistry.heartbeat, (beat)));
        _judge(success, valid && beat.timestamp > _model[beat.deviceId].lastSeen, IDN_07);
        if (success) _model[beat.deviceId].lastSeen = beat.timestamp;
    }

    /// @dev A success is a batch of which at least one was recorded.
    function heartbeats(uint256 seed) external notAMakersAct {
        IDeviceRegistry.Heartbeat[] memory beats = new IDeviceRegistry.Heartbeat[](3);
        uint256 expected;
        for (uint256 i = 0; i < 3; ++i) {
            bool valid;
            (beats[i], valid) = _beatOf(_word(seed, "beat") + i);
            if (!valid || beats[i].timestamp <= _model[beats[i].deviceId].lastSeen) continue;
            _model[beats[i].deviceId].lastSeen = beats[i].timestamp;
            ++expected;
        }
        uint256 recorded = _devices.heartbeats(beats);
        _count(recorded != 0);
        if (recorded != expected) _breach(IDN_07, "another number of heartbeats");
    }

    function warp(uint256 seed) external notAMakersAct {
        vm.warp(block.timestamp + (seed % 3 days));
        _count(true);
    }

    function _claimFor(
        uint256 seed,
        uint256 key
    ) private view returns (IDeviceRegistry.Claim memory claim, address sender, bool valid, uint24 lot) {
        IDeviceRegistry.Registration memory registration = _registration(_keys[key], _someone(seed, "owner"));
        bool vouched = true;
        if (_word(seed, "makes") % 3 != 0) {
            registration.makerId = _someMaker(seed);
            (claim.attestation, lot, vouched) = _wordFor(seed, registration.makerId, key);
        }
        bytes32 digest = _registrationDigest(registration);
        bool willing;
        (sender, claim.ownerSignature, willing) = _consent(seed, registration.owner, digest);
        claim.registration = registration;
        claim.deviceSignature = _sign(_keys[key], digest);
        valid = vouched && willing;
    }

    function _ownerSigned(IDeviceRegistry.Registration memory registration) private view returns (bytes memory) {
        for (uint256 i = 0; i < OWNERS; ++i) {
            if (actor(i) == registration.owner) return _signAs(_secretOf(i), _registrationDigest(registration));
        }
        return "";
    }

    /// @dev The maker's word for a key: in its signer's lot, in a batch, or in a lot where it counts for nothing.
    function _wordFor(
        uint256 seed,
        uint32 makerId,
        uint256 key
    ) private view returns (bytes memory attestation, uint24 lot, bool vouched) {
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

    function _isVouched(uint32 makerId, uint24 lot, uint256 key) private view returns (bool) {
        return (lot != 0 && lot == _maker[makerId].signerLot) || _isInBatch(makerId, lot, key);
    }

    /// @dev The owner sends or signs; or somebody else does.
    function _consent(
        uint256 seed,
        address owner,
        bytes32 digest
    ) private view returns (address sender, bytes memory signature, bool willing) {
        uint256 manner = _word(seed, "consent") % 8;
        uint256 index = OWNERS;
        for (uint256 i = 0; i < OWNERS; ++i) if (actor(i) == owner) index = i;
        if (manner < 3 || index == OWNERS) return (owner, "", true);
        if (manner < 6) return (address(this), _signAs(_secretOf(index), digest), true);
        uint256 stranger = (index + 1) % OWNERS;
        return (actor(stranger), manner == 6 ? _signAs(_secretOf(stranger), digest) : bytes(""), false);
    }

    function _rotate(uint256 seed, uint256 deviceId, uint256 key, bytes memory oldSignature, bool ready) private {
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
        if (success) _noteRotated(deviceId, key);
    }

    function _rotationOf(uint256 deviceId, uint256 key) private view returns (bytes32) {
        bytes32 oldKeyHash = _hashes[_current(deviceId)];
        return _rotationDigest(Rotation(deviceId, oldKeyHash, _hashes[key], uint32(_model[deviceId].nonce), NEVER));
    }

    function _announce(address sender, uint256 deviceId, uint256 key) private {
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

    function _moveStatus(uint256 seed, uint256 deviceId, bytes4 selector, bool fits, bool suspended) private {
        address sender = _ownerOrStranger(seed, deviceId);
        bool permitted =
            _isOwner(sender, deviceId) || permissionsIn(deviceId, sender) & DevicePermissions.OPERATION != 0;
        bool success = _act(sender, address(_devices), abi.encodeWithSelector(selector, deviceId));
        _judge(success, permitted && fits, IDN_05);
        if (success) _model[deviceId].suspended = suspended;
    }

    function _move(address sender, uint256 deviceId, address to, bool allowed, bytes memory data) private {
        bool success = _act(sender, address(_devices), data);
        _judge(success, allowed && _isLive(deviceId) && _mayMove(sender, deviceId), IDN_09);
        if (success) _noteTransferred(deviceId, to);
    }

    function _act(address sender, address target, bytes memory data) private returns (bool success) {
        vm.prank(sender);
        (success, ) = target.call(data);
    }

    function _judge(bool success, bool expected, string memory property) private {
        _count(success);
        if (success && !expected) _breach(property, "succeeded and must not");
        if (!success && expected) _breach(property, "failed and must not");
    }

    function _count(bool success) private {
        ++_tallies[msg.sig].attempts;
        if (success) ++_tallies[msg.sig].successes;
    }

    function _breach(string memory property, string memory what) private {
        _breaches[property] = string.concat(what, ": ", vm.toString(abi.encodePacked(msg.sig)));
    }

    /// @dev A sign of life that is good but for its timestamp, which may be stale; or one that is not.
    function _beatOf(uint256 seed) private view returns (IDeviceRegistry.Heartbeat memory beat, bool valid) {
        beat.deviceId = _device(seed, _isActive);
        uint256 latest = block.timestamp + 5 minutes;
        beat.timestamp = uint48(latest + 1 - (_word(seed, "time") % 10 minutes));
        uint256 signer = seed % 8 == 0 ? _word(seed, "signer") % KEYS : _current(beat.deviceId);
        beat.signature = _sign(_keys[signer], _heartbeatDigest(beat.deviceId, beat.timestamp, 0));
        valid = _isActive(beat.deviceId) && signer == _current(beat.deviceId) && beat.timestamp <= latest;
    }

    function _rank(uint256 deviceId) private view returns (uint256) {
        IDeviceRegistry.Trust trust = _devices.trustOf(deviceId);
        return trust == IDeviceRegistry.Trust.Recalled ? 0 : uint256(trust) + 1;
    }

    /// @dev One that is as wanted, if there is any; at times any.
    function _device(uint256 seed, function(uint256) view returns (bool) wanted) private view returns (uint256) {
        uint256 start = _word(seed, "device");
        for (uint256 i = 0; i < _ids.length && start % 8 != 0; ++i) {
            uint256 deviceId = _ids[(start + i) % _ids.length];
            if (wanted(deviceId)) return deviceId;
        }
        return _ids[start % _ids.length];
    }

    /// @dev One that is fresh, if there is any; at times any.
    function _anyKey(uint256 seed) private view returns (uint256) {
        uint256 start = _word(seed, "key");
        for (uint256 i = 0; i < KEYS && start % 8 != 0; ++i) {
            if (_isFresh((start + i) % KEYS)) return (start + i) % KEYS;
        }
        return start % KEYS;
    }

    function _someMaker(uint256 seed) private pure returns (uint32) {
        return uint32(_word(seed, "maker") % MAKERS) + 1;
    }

    function _someone(uint256 seed, string memory part) private pure returns (address) {
        return actor(_word(seed, part) % OWNERS);
    }

    function _ownerOrStranger(uint256 seed, uint256 deviceId) private view returns (address) {
        return _word(seed, "sender") % 4 == 0 ? _someone(seed, "stranger") : _model[deviceId].owner;
    }

    function _makersOwnerOrStranger(uint256 seed, uint32 makerId) private view returns (address) {
        return _word(seed, "sender") % 4 == 0 ? _someone(seed, "stranger") : _maker[makerId].owner;
    }

    function _mover(uint256 seed, uint256 deviceId) private view returns (address) {
        bool operated = _word(seed, "operated") % 4 == 0 && _model[deviceId].approved != address(0);
        return operated ? _model[deviceId].approved : _ownerOrStranger(seed, deviceId);
    }

    function _mayMove(address sender, uint256 deviceId) private view returns (bool) {
        return _isLive(deviceId) && (_isOwner(sender, deviceId) || sender == _model[deviceId].approved);
    }

    function _isOwner(address sender, uint256 deviceId) private view returns (bool) {
        return _isLive(deviceId) && sender == _model[deviceId].owner;
    }

    function _isLive(uint256 deviceId) private view returns (bool) {
        return !_model[deviceId].retired;
    }

    function _isActive(uint256 deviceId) private view returns (bool) {
        return _isLive(deviceId) && !_model[deviceId].suspended;
    }

    function _isSuspended(uint256 deviceId) private view returns (bool) {
        return _isLive(deviceId) && _model[deviceId].suspended;
    }

    function _hasNotice(uint256 deviceId) private view returns (bool) {
        return _model[deviceId].announced;
    }

    function _word(uint256 seed, string memory part) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, part)));
    }
}
