// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DeviceKeys} from "./DeviceKeys.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";
import {IERC4907} from "./IERC4907.sol";

/// @title DeviceUse
/// @notice The part of {IDeviceRegistry} that knows what an owner lets others do: user, grants, payee. Each entry
/// carries the device's version and counts only while the device still has it, so one bump ends them all.
abstract contract DeviceUse is ERC721, DeviceKeys {
    /// @dev One slot.
    struct Use {
        address user;
        uint48 until;
        uint32 version;
    }

    /// @dev One slot.
    struct Grant {
        uint128 permissions;
        uint48 until;
        uint32 version;
    }

    /// @dev One slot.
    struct Payee {
        address payee;
        uint32 version;
    }

    mapping(uint256 deviceId => Use) private _uses;
    mapping(uint256 deviceId => mapping(address grantee => Grant)) private _grants;
    mapping(uint256 deviceId => Payee) private _payees;

    modifier onlyDeviceOwner(uint256 deviceId) {
        require(_ownerOf(deviceId) == msg.sender, DeviceRegistryUnauthorized(deviceId, msg.sender));
        _;
    }

    /// @dev The owner, or who holds the permission. Grants die with the token, so nobody passes for a device that was
    /// never registered or is retired.
    modifier onlyPermitted(uint256 deviceId, uint128 permission) {
        bool permitted = _ownerOf(deviceId) == msg.sender || permissionsOf(deviceId, msg.sender) & permission != 0;
        require(permitted, DeviceRegistryUnauthorized(deviceId, msg.sender));
        _;
    }

    /// @inheritdoc IERC4907
    function setUser(uint256 deviceId, address user, uint64 expires) external {
        _checkAuthorized(_requireOwned(deviceId), msg.sender, deviceId);
        require(user == address(0) || expires >= block.timestamp, DeviceRegistryInvalidExpiry(expires));
        _uses[deviceId] = Use(user, SafeCast.toUint48(expires), _records[deviceId].version);
        emit UpdateUser(deviceId, user, expires);
    }

    /// @inheritdoc IDeviceRegistry
    function grantPermissions(
        uint256 deviceId,
        address grantee,
        uint128 permissions,
        uint48 until
    ) external onlyDeviceOwner(deviceId) {
        require(permissions == 0 || until >= block.timestamp, DeviceRegistryInvalidExpiry(until));
        _grants[deviceId][grantee] = Grant(permissions, until, _records[deviceId].version);
        emit PermissionsGranted(deviceId, grantee, permissions, until);
    }

    /// @inheritdoc IDeviceRegistry
    function setRevenuePayee(uint256 deviceId, address payee) external onlyDeviceOwner(deviceId) {
        _payees[deviceId] = Payee(payee, _records[deviceId].version);
        emit RevenuePayeeSet(deviceId, payee);
    }

    /// @inheritdoc IDeviceRegistry
    function revokeAllGrants(uint256 deviceId) external onlyDeviceOwner(deviceId) {
        emit AllGrantsRevoked(deviceId, _bumpVersion(deviceId));
    }

    /// @inheritdoc IERC4907
    function userOf(uint256 deviceId) public view returns (address user) {
        Use memory use = _uses[deviceId];
        bool inForce = use.version == _records[deviceId].version && block.timestamp <= use.until;
        return inForce ? use.user : address(0);
    }

    /// @inheritdoc IERC4907
    function userExpires(uint256 deviceId) external view returns (uint256 expires) {
        return userOf(deviceId) == address(0) ? 0 : _uses[deviceId].until;
    }

    /// @inheritdoc IDeviceRegistry
    function permissionsOf(uint256 deviceId, address grantee) public view returns (uint128 permissions) {
        Grant memory grant = _grants[deviceId][grantee];
        bool inForce = grant.version == _records[deviceId].version && block.timestamp <= grant.until;
        return inForce ? grant.permissions : 0;
    }

    /// @inheritdoc IDeviceRegistry
    function revenuePayeeOf(uint256 deviceId) external view returns (address payee) {
        Payee memory fixedPayee = _payees[deviceId];
        return fixedPayee.version == _records[deviceId].version ? fixedPayee.payee : address(0);
    }

    /// @dev Ends everything an owner allowed others, and every action that was signed and not yet used.
    function _bumpVersion(uint256 deviceId) internal returns (uint32 version) {
        Record storage record = _records[deviceId];
        ++record.nonce;
        return ++record.version;
    }
}
