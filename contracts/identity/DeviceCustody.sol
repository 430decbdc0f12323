// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/interfaces/IERC721.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC6551AccountLib} from "erc6551/lib/ERC6551AccountLib.sol";

import {DeviceUse} from "./DeviceUse.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";

/// @title DeviceCustody
/// @notice The part of {IDeviceRegistry} that knows whose a device is, where its wallet is, and what a transfer ends.
abstract contract DeviceCustody is DeviceUse {
    /// @dev How many wallets deep a safe transfer looks for a cycle.
    uint256 private constant MAX_OWNERSHIP_DEPTH = 8;

    /// @inheritdoc IDeviceRegistry
    address public immutable accountImplementation;
    /// @inheritdoc IDeviceRegistry
    address public immutable erc6551Registry;
    /// @dev The chain that wallets are bound to stays the one of the deployment: after a chain split both sides keep
    /// their wallets, and EIP-712 keeps their signatures apart.
    uint256 private immutable _accountChainId;

    mapping(uint256 deviceId => address) private _lastOwners;

    constructor(address accountImplementation_, address erc6551Registry_) {
        require(accountImplementation_.code.length != 0, DeviceRegistryNoCode(accountImplementation_));
        require(erc6551Registry_.code.length != 0, DeviceRegistryNoCode(erc6551Registry_));
        accountImplementation = accountImplementation_;
        erc6551Registry = erc6551Registry_;
        _accountChainId = block.chainid;
    }

    /// @inheritdoc ERC721
    /// @dev Besides the receiver's consent: a device must not come to belong to itself, over other wallets.
    function safeTransferFrom(
        address from,
        address to,
        uint256 deviceId,
        bytes memory data
    ) public override(ERC721, IERC721) {
        _checkNoCycle(deviceId, to);
        super.safeTransferFrom(from, to, deviceId, data);
    }

    /// @inheritdoc IDeviceRegistry
    function controllerOf(uint256 deviceId) public view returns (address controller) {
        controller = _ownerOf(deviceId);
        if (controller == address(0)) controller = _lastOwners[deviceId];
    }

    /// @inheritdoc IDeviceRegistry
    function accountOf(uint256 deviceId) public view returns (address account) {
        return
            ERC6551AccountLib.computeAddress(
                erc6551Registry,
                accountImplementation,
                0,
                _accountChainId,
                address(this),
                deviceId
            );
    }

    function _update(address to, uint256 deviceId, address auth) internal override returns (address from) {
        from = super._update(to, deviceId, auth);
        // A device that is only being registered has no wallet yet that could have consented to own it.
        if (from == address(0)) return from;
        require(to != accountOf(deviceId), DeviceRegistryOwnAccount(deviceId));
        if (to == address(0)) _lastOwners[deviceId] = from;
        _bumpVersion(deviceId);
    }

    /// @dev Reads the receiver's code, never calls it: a wallet's code says which device it serves, and the computed
    /// address says that it says so truly. The device's own wallet is known without code, others' are not.
    function _checkNoCycle(uint256 deviceId, address receiver) private view {
        address own = accountOf(deviceId);
        address holder = receiver;
        for (uint256 depth = 0; holder == own || _isDeviceAccount(holder); ++depth) {
            require(holder != own && depth != MAX_OWNERSHIP_DEPTH, DeviceRegistryOwnershipCycle(deviceId, receiver));
            (, , uint256 held) = ERC6551AccountLib.token(holder);
            require(held != deviceId, DeviceRegistryOwnershipCycle(deviceId, receiver)); // its wallet of another salt
            holder = controllerOf(held);
        }
    }

    function _isDeviceAccount(address holder) private view returns (bool) {
        if (!ERC6551AccountLib.isERC6551Account(holder, accountImplementation, erc6551Registry)) return false;
        (uint256 chainId, address tokenContract, ) = ERC6551AccountLib.token(holder);
        return chainId == _accountChainId && tokenContract == address(this);
    }
}
