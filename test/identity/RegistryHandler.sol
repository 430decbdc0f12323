// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {IERC4907} from "../../contracts/identity/IERC4907.sol";
import {IMakerRegistry} from "../../contracts/identity/IMakerRegistry.sol";
import {RegistryWalker} from "./RegistryWalker.sol";

/// @dev Acts on the registries, mostly as one may and sometimes as one may not. Of every act the model knows whether
/// it must succeed; what comes otherwise is a breach of the property that the act is about.
abstract contract RegistryHandler is RegistryWalker {
    constructor() {
        _deploy();
        for (uint256 i = 0; i < KEYS; ++i) {
            _keys.push(Key(i % 8 == 7 ? P256_TYPE : SECP256K1, i + 1));
            _hashes.push(_keyHash(_keys[i]));
        }
        for (uint32 makerId = 1; makerId <= MAKERS; ++makerId) {
            _maker[makerId] = Maker(actor(makerId), makerId == 1, 0, 1, 0x51 + makerId, 0);
            _noteLot(makerId, false, 0);
            vm.prank(actor(makerId));
            _makers.register("maker", "", abi.encodePacked(vm.addr(0x51 + makerId)));
        }
        _makers.setVerified(1, actor(1), true);
        for (uint256 i = 0; i < 5; ++i) {
            _register(_keys[i], actor(i % OWNERS));
            _noteRegistered(i, actor(i % OWNERS), 0, 0);
            _lastRank[_ids[i]] = _rank(_ids[i]);
        }
    }

    function register(uint256 seed) external raisesNoTrust {
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
    function registerMany(uint256 seed) external raisesNoTrust {
        IDeviceRegistry.Claim[] memory claims = new IDeviceRegistry.Claim[](3);
        uint256[3] memory keys;
        uint24[3] memory lots;
        bool allValid = true;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 word = _word(i == 2 && seed % 2 == 0 ? seed : seed + i, "claim");
            keys[i] = _anyKey(word);
            (claims[i], , , lots[i]) = _claimFor(word, keys[i]);
            IDeviceRegistry.Registration memory registration = claims[i].registration;
            claims[i].ownerSignature = _ownerSigned(registration, lots[i]);
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

    function transfer(uint256 seed) external raisesNoTrust {
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
    function safeTransfer(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isLive);
        uint256 parent = _ids[_word(seed, "parent") % _ids.length];
        if (_word(seed, "cycle") % 3 == 0) {
            uint256 child = _device(seed, _isInWallet);
            if (_isInWallet(child)) (deviceId, parent) = (_walletOf[_model[child].owner], child);
        }
        address to = _wallets.createAccount(address(_wallet), 0, block.chainid, address(_devices), parent);
        _walletOf[to] = parent;
        bool allowed = !_wouldBeCycle(deviceId, parent);
        if (_word(seed, "plain") % 4 == 0) (to, allowed) = (_someone(seed, "to"), true);
        _move(
            _mover(seed, deviceId),
            deviceId,
            to,
            allowed,
            abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", _model[deviceId].owner, to, deviceId)
        );
    }

    /// @dev The approval stays, so that other acts meet it.
    function approve(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _ownerOrStranger(seed, deviceId);
        address operator = _someone(seed, "operator");
        bool success = _act(sender, address(_devices), abi.encodeCall(IERC721.approve, (operator, deviceId)));
        _judge(success, _isOwner(sender, deviceId), IDN_09);
        if (success) _model[deviceId].approved = operator;
    }

    /// @dev An approval for all, used once; then it is withdrawn, and is worth nothing.
    function transferByOperator(uint256 seed) external raisesNoTrust {
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

    function suspend(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isActive);
        _moveStatus(seed, deviceId, IDeviceRegistry.suspend.selector, _isActive(deviceId), true);
    }

    function resume(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isSuspended);
        if (seed % 2 == 0 && _isActive(deviceId)) {
            vm.prank(_model[deviceId].owner);
            _devices.suspend(deviceId);
            _model[deviceId].suspended = true;
        }
        _moveStatus(seed, deviceId, IDeviceRegistry.resume.selector, _isSuspended(deviceId), false);
    }

    /// @dev Leaves a few devices alive, so that there is something to act on.
    function retire(uint256 seed) external raisesNoTrust {
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

    function setUser(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _mover(seed, deviceId);
        address user = _someone(seed, "user");
        uint64 until = uint64(block.timestamp + (_word(seed, "until") % 5 days));
        bool success = _act(sender, address(_devices), abi.encodeCall(IERC4907.setUser, (deviceId, user, until)));
        _judge(success, _mayMove(sender, deviceId), IDN_04);
        if (success) (_model[deviceId].user, _model[deviceId].userUntil) = (user, until);
    }

    function grant(uint256 seed) external raisesNoTrust {
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

    function setPayee(uint256 seed) external raisesNoTrust {
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

    function revokeAll(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isLive);
        address sender = _ownerOrStranger(seed, deviceId);
        bool success = _act(sender, address(_devices), abi.encodeCall(IDeviceRegistry.revokeAllGrants, (deviceId)));
        _judge(success, _isOwner(sender, deviceId), IDN_04);
        if (success) _endGrants(deviceId);
    }

    function announce(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isLive);
        _announce(_ownerOrStranger(seed, deviceId), deviceId, _anyKey(seed));
    }

    function cancel(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _hasNotice);
        if (seed % 2 == 0 && _isLive(deviceId)) _announce(_model[deviceId].owner, deviceId, _anyKey(seed));
        address sender = _ownerOrStranger(seed, deviceId);
        bool success = _act(sender, address(_devices), abi.encodeCall(IDeviceRegistry.cancelKeyRotation, (deviceId)));
        _judge(success, _isOwner(sender, deviceId) && _model[deviceId].announced, IDN_04);
        if (success) _model[deviceId].announced = false;
    }

    /// @dev With the old key's signature; at times another key signs in its place.
    function rotate(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _isLive);
        uint256 key = _anyKey(seed);
        uint256 signer = seed % 5 == 0 ? _word(seed, "signer") % KEYS : _current(deviceId);
        bytes32 digest = _rotationOf(deviceId, key);
        _rotate(seed, deviceId, key, _sign(_keys[signer], digest), signer == _current(deviceId));
    }

    /// @dev By the owner's notice, waited for or not.
    function rotateByNotice(uint256 seed) external raisesNoTrust {
        uint256 deviceId = _device(seed, _hasNotice);
        Device storage device = _model[deviceId];
        if (!device.announced && _isLive(deviceId)) _announce(device.owner, deviceId, _anyKey(seed));
        if (seed % 4 != 0 && device.announced) vm.warp(vm.getBlockTimestamp() + 7 days - (seed % 16 == 1 ? 1 : 0));
        uint256 key = seed % 8 == 2 ? _anyKey(seed + 1) : device.announcedKey;
        bool ready = device.announced && key == device.announcedKey && vm.getBlockTimestamp() >= device.readyAt;
        _rotate(seed, deviceId, key, "", ready);
    }

    /// @dev Recalled devices more than others.
    function attest(uint256 seed) external {
        uint256 deviceId = _word(seed, "recalled") % 2 == 0 ? _device(seed, _isRecalled) : _device(seed, _isLive);
        uint32 makerId = _model[deviceId].makerId;
        _attest(seed, deviceId, makerId == 0 || seed % 5 == 0 ? _someMaker(seed) : makerId);
    }

    /// @dev What a maker and the owner do when something is wrong with a device, and what the owner does on his own.
    function attestAfterRecall(uint256 seed) external {
        uint256 deviceId = _device(seed, _hasMaker);
        uint32 makerId = _model[deviceId].makerId;
        if (makerId == 0) makerId = _someMaker(seed);
        vm.startPrank(_maker[makerId].owner);
        if (_word(seed, "before") % 2 == 0) _publishFor(makerId, deviceId);
        uint256 manner = _word(seed, "recall") % 4;
        uint24 lot = _model[deviceId].makerId == makerId ? _model[deviceId].lot : 0;
        if (manner == 1 && lot != 0 && _lot[makerId][lot].recalled == 0) {
            _makers.recallLot(makerId, lot, "");
            _noteRecalledLot(makerId, lot);
        } else if (manner > 1) {
            _makers.recallDevice(makerId, deviceId, "");
            _noteRecalledDevice(makerId, deviceId);
        }
        if (_word(seed, "after") % 2 == 0) _publishFor(makerId, deviceId);
        vm.stopPrank();
        _rankAll(0, false);
        _attest(seed, deviceId, seed % 4 == 0 ? _someMaker(seed) : makerId);
    }

    function recallLot(uint256 seed) external raisesNoTrust {
        uint32 makerId = _someMaker(seed);
        uint24 lot = uint24(_word(seed, "lot") % (uint256(_maker[makerId].lots) + 2));
        for (uint256 i = 0; i < 3 && _lot[makerId][lot].recalled != 0; ++i) ++lot;
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(sender, address(_makers), abi.encodeCall(IMakerRegistry.recallLot, (makerId, lot, "")));
        bool fits = lot != 0 && lot <= _maker[makerId].lots && _lot[makerId][lot].recalled == 0;
        _judge(success, fits && sender == _maker[makerId].owner, IDN_12);
        if (success) _noteRecalledLot(makerId, lot);
    }

    /// @dev By its id; at times a key's hash that is no device's id, or none yet, is given for one.
    function recallDevice(uint256 seed) external raisesNoTrust {
        uint256 deviceId = seed % 4 == 0 ? uint256(_hashes[_word(seed, "key") % KEYS]) : _device(seed, _isLive);
        uint32 makerId = _model[deviceId].makerId;
        if (seed % 8 == 1 || makerId == 0) makerId = _someMaker(seed);
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(
            sender,
            address(_makers),
            abi.encodeCall(IMakerRegistry.recallDevice, (makerId, deviceId, ""))
        );
        _judge(success, sender == _maker[makerId].owner, IDN_12);
        if (!success) return;
        _noteRecalledDevice(makerId, deviceId);
    }

    /// @dev At times to none.
    function setSigner(uint256 seed) external raisesNoTrust {
        uint32 makerId = _someMaker(seed);
        uint256 secret = 1 + (_word(seed, "signer") % 1000);
        bytes memory signer = seed % 5 == 0 ? bytes("") : abi.encodePacked(vm.addr(secret));
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(sender, address(_makers), abi.encodeCall(IMakerRegistry.setSigner, (makerId, signer)));
        Maker storage maker = _maker[makerId];
        _judge(success, sender == maker.owner, IDN_12);
        if (!success) return;
        maker.signer = secret;
        maker.signerLot = signer.length == 0 ? 0 : _noteLot(makerId, false, 0);
    }

    function publishBatch(uint256 seed) external raisesNoTrust {
        uint32 makerId = _someMaker(seed);
        uint256 firstKey = _word(seed, "first") % KEYS;
        address sender = _makersOwnerOrStranger(seed, makerId);
        bool success = _act(
            sender,
            address(_makers),
            abi.encodeCall(IMakerRegistry.publishBatch, (makerId, _batchRoot(firstKey), uint32(BATCH), ""))
        );
        _judge(success, sender == _maker[makerId].owner, IDN_12);
        if (success) _noteLot(makerId, true, firstKey);
    }

    /// @dev At times another than the owner is meant.
    function setVerified(uint256 seed) external {
        uint32 makerId = _someMaker(seed);
        bool verified = seed % 3 != 0;
        address owner = _maker[makerId].owner;
        address sender = seed % 4 == 1 ? owner : address(this);
        address meant = _word(seed, "meant") % 4 == 0 ? _someone(seed, "meant") : owner;
        bool success = _act(
            sender,
            address(_makers),
            abi.encodeCall(IMakerRegistry.setVerified, (makerId, meant, verified))
        );
        _judge(success, sender == address(this) && meant == owner, IDN_12);
        if (success) _maker[makerId].verified = verified;
        _rankAll(0, success && verified);
        for (uint256 i = 0; success && verified && i < _ids.length; ++i) {
            Device memory device = _model[_ids[i]];
            bool former = device.makerId == makerId && device.attested && !_isVerified(makerId, device.lot);
            if (former && !_isRecalled(_ids[i])) ++met["a former owner's lot"];
        }
    }

    function sellMaker(uint256 seed) external raisesNoTrust {
        uint32 makerId = _someMaker(seed);
        address sender = _makersOwnerOrStranger(seed, makerId);
        address to = _someone(seed, "to");
        Maker storage maker = _maker[makerId];
        bool success = _act(sender, address(_makers), abi.encodeCall(IERC721.transferFrom, (maker.owner, to, makerId)));
        _judge(success, sender == maker.owner, IDN_12);
        if (!success) return;
        (maker.owner, maker.verified, maker.signerLot) = (to, false, 0);
        ++maker.sales;
    }

    function heartbeat(uint256 seed) external raisesNoTrust {
        (IDeviceRegistry.Heartbeat memory beat, bool valid) = _beatOf(seed);
        bool success = _act(address(this), address(_devices), abi.encodeCall(IDeviceRegistry.heartbeat, (beat)));
        _judge(success, valid && beat.timestamp > _model[beat.deviceId].lastSeen, IDN_07);
        if (success) _model[beat.deviceId].lastSeen = beat.timestamp;
    }

    /// @dev A success is a batch of which at least one was recorded.
    function heartbeats(uint256 seed) external raisesNoTrust {
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

    function warp(uint256 seed) external raisesNoTrust {
        vm.warp(block.timestamp + (seed % 3 days));
        _count(true);
    }

    function _publishFor(uint32 makerId, uint256 deviceId) private {
        uint256 key = _current(deviceId);
        _makers.publishBatch(makerId, _batchRoot(key), uint32(BATCH), "");
        _noteLot(makerId, true, key);
    }
}
