// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeviceRegistry} from "../../contracts/identity/DeviceRegistry.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @dev What devices and makers ought to be, kept as simply as can be: what a transfer ends is deleted, not outdated, a
/// device remembers all its keys, and lots and recalls bear the hour they came at.
abstract contract RegistryModel is RegistryFixture {
    uint256 internal constant OWNERS = 4;
    uint256 internal constant KEYS = 18;
    uint256 internal constant BATCH = 4;
    uint32 internal constant MAKERS = 2;

    struct Device {
        bool retired;
        bool suspended;
        bool attested;
        address owner;
        address approved;
        uint256 nonce;
        uint256 lastSeen;
        uint32 makerId;
        uint24 lot;
        uint256[] keys;
        address user;
        uint256 userUntil;
        address payee;
        bool announced;
        uint256 announcedKey;
        uint256 readyAt;
    }

    struct Grant {
        uint128 permissions;
        uint256 until;
    }

    struct Maker {
        address owner;
        bool verified;
        uint24 lots;
        uint24 signerLot;
        uint256 signer;
        uint256 sales;
    }

    /// @param sales How often the maker had been sold when the lot was opened.
    /// @param recalled The hour of the recall; 0 for none.
    struct Lot {
        bool isBatch;
        uint256 firstKey;
        uint256 sales;
        uint256 opened;
        uint256 recalled;
    }

    uint256[] internal _ids;
    Key[] internal _keys;
    bytes32[] internal _hashes;
    mapping(uint256 deviceId => Device device) internal _model;
    mapping(uint256 deviceId => mapping(address grantee => Grant)) internal _granted;
    mapping(bytes32 keyHash => uint256 deviceId) internal _named;
    mapping(address wallet => uint256 deviceId) internal _walletOf;
    mapping(uint32 makerId => Maker maker) internal _maker;
    mapping(uint32 makerId => mapping(uint24 lot => Lot)) internal _lot;
    mapping(uint32 makerId => mapping(uint256 deviceId => uint256 hour)) internal _recalledDevice;
    uint256 private _hour;
    uint256 public retiredCount;

    function devices() external view returns (DeviceRegistry) {
        return _devices;
    }

    function ids() external view returns (uint256[] memory) {
        return _ids;
    }

    function modelOf(uint256 deviceId) external view returns (Device memory) {
        return _model[deviceId];
    }

    function keyHashes() external view returns (bytes32[] memory) {
        return _hashes;
    }

    /// @dev The device that a key ever served.
    function namedBy(bytes32 keyHash) external view returns (uint256 deviceId) {
        return _named[keyHash];
    }

    /// @dev A signature by the key in use.
    function signAsDevice(uint256 deviceId, bytes32 hash) external view returns (bytes memory) {
        return _sign(_keys[_current(deviceId)], hash);
    }

    function permissionsIn(uint256 deviceId, address grantee) public view returns (uint128) {
        Grant memory grant = _granted[deviceId][grantee];
        return block.timestamp <= grant.until ? grant.permissions : 0;
    }

    function userIn(uint256 deviceId) external view returns (address) {
        return block.timestamp <= _model[deviceId].userUntil ? _model[deviceId].user : address(0);
    }

    /// @dev Recalled is the device if its lot is, or if it is itself, since that lot was opened.
    function trustIn(uint256 deviceId) public view returns (IDeviceRegistry.Trust) {
        Device memory device = _model[deviceId];
        if (device.makerId == 0) return IDeviceRegistry.Trust.SelfCertified;
        Lot memory lot = _lot[device.makerId][device.lot];
        if (lot.recalled != 0) return IDeviceRegistry.Trust.Recalled;
        if (_recalledDevice[device.makerId][deviceId] > lot.opened) return IDeviceRegistry.Trust.Recalled;
        if (!device.attested) return IDeviceRegistry.Trust.SelfCertified;
        if (_isVerified(device.makerId, device.lot)) return IDeviceRegistry.Trust.AttestedByVerifiedMaker;
        return IDeviceRegistry.Trust.Attested;
    }

    /// @dev Everyone who acts: the owners, who are each other's strangers, operators and buyers.
    function actor(uint256 index) public pure returns (address) {
        return vm.addr(_secretOf(index));
    }

    function _noteRegistered(uint256 key, address owner, uint32 makerId, uint24 lot) internal {
        uint256 deviceId = uint256(_hashes[key]);
        _ids.push(deviceId);
        Device storage device = _model[deviceId];
        device.owner = owner;
        device.makerId = makerId;
        device.lot = lot;
        device.attested = makerId != 0;
        _noteKey(deviceId, key);
    }

    function _noteKey(uint256 deviceId, uint256 key) internal {
        _model[deviceId].keys.push(key);
        _named[_hashes[key]] = deviceId;
    }

    function _noteRotated(uint256 deviceId, uint256 key) internal {
        _noteKey(deviceId, key);
        _model[deviceId].attested = false;
        _model[deviceId].announced = false;
        ++_model[deviceId].nonce;
    }

    function _noteAttested(uint256 deviceId, uint32 makerId, uint24 lot) internal {
        Device storage device = _model[deviceId];
        (device.makerId, device.lot, device.attested) = (makerId, lot, true);
        ++device.nonce;
    }

    function _noteTransferred(uint256 deviceId, address to) internal {
        _model[deviceId].owner = to;
        delete _model[deviceId].approved;
        _endGrants(deviceId);
    }

    /// @dev All that an owner allowed others, one by one.
    function _endGrants(uint256 deviceId) internal {
        Device storage device = _model[deviceId];
        delete device.user;
        delete device.payee;
        delete device.announced;
        ++device.nonce;
        for (uint256 i = 0; i < OWNERS; ++i) delete _granted[deviceId][actor(i)];
    }

    function _noteLot(uint32 makerId, bool isBatch, uint256 firstKey) internal returns (uint24 lot) {
        lot = ++_maker[makerId].lots;
        _lot[makerId][lot] = Lot(isBatch, firstKey, _maker[makerId].sales, ++_hour, 0);
    }

    function _noteRecalledLot(uint32 makerId, uint24 lot) internal {
        _lot[makerId][lot].recalled = ++_hour;
    }

    function _noteRecalledDevice(uint32 makerId, uint256 deviceId) internal {
        _recalledDevice[makerId][deviceId] = ++_hour;
    }

    /// @dev The first maker stays, and after a recall only a lot opened later counts.
    function _mayAttest(uint256 deviceId, uint32 makerId, uint24 lot) internal view returns (bool) {
        Device memory device = _model[deviceId];
        if (device.makerId == 0) return true;
        uint256 opened = _lot[makerId][lot].opened;
        return
            device.makerId == makerId &&
            opened > _lot[makerId][device.lot].recalled &&
            opened > _recalledDevice[makerId][deviceId];
    }

    /// @dev The mark is the present owner's, for the lots of his time.
    function _isVerified(uint32 makerId, uint24 lot) internal view returns (bool) {
        return _maker[makerId].verified && _lot[makerId][lot].sales == _maker[makerId].sales;
    }

    function _isFresh(uint256 key) internal view returns (bool) {
        return _named[_hashes[key]] == 0;
    }

    function _current(uint256 deviceId) internal view returns (uint256 key) {
        uint256[] storage keys = _model[deviceId].keys;
        return keys[keys.length - 1];
    }

    /// @dev Whether a device would come to belong to itself by going to the wallet of `parent`.
    function _wouldBeCycle(uint256 deviceId, uint256 parent) internal view returns (bool) {
        for (uint256 depth = 0; depth < 8; ++depth) {
            if (parent == deviceId) return true;
            parent = _walletOf[_model[parent].owner];
            if (parent == 0) return false;
        }
        return true;
    }

    function _isInBatch(uint32 makerId, uint24 lot, uint256 key) internal view returns (bool) {
        Lot memory batch = _lot[makerId][lot];
        return batch.isBatch && (key + KEYS - batch.firstKey) % KEYS < BATCH;
    }

    /// @dev Four keys in a row, and their root.
    function _batchRoot(uint256 firstKey) internal view returns (bytes32) {
        return _parent(_parentOf(firstKey), _parentOf(firstKey + 2));
    }

    function _batchProof(uint256 firstKey, uint256 key) internal view returns (bytes memory) {
        uint256 place = (key + KEYS - firstKey) % KEYS;
        return abi.encodePacked(_leafOf(firstKey + (place ^ 1)), _parentOf(firstKey + 2 - (place & 2)));
    }

    function _secretOf(uint256 index) internal pure returns (uint256) {
        return 0xACC0 + index;
    }

    function _parentOf(uint256 key) private view returns (bytes32) {
        return _parent(_leafOf(key), _leafOf(key + 1));
    }

    function _leafOf(uint256 key) private view returns (bytes32) {
        return _leaf(_hashes[key % KEYS], MODEL);
    }
}
