// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOwnedIds} from "./IOwnedIds.sol";

/// @title OwnedIds
/// @notice See {IOwnedIds}.
abstract contract OwnedIds is IOwnedIds {
    /// @inheritdoc IOwnedIds
    uint32 public count;

    /// @inheritdoc IOwnedIds
    mapping(uint32 id => address owner) public ownerOf;

    /// @inheritdoc IOwnedIds
    mapping(uint32 id => address to) public pendingOwnerOf;

    modifier onlyOwnerOf(uint32 id) {
        require(msg.sender == ownerOf[id], OwnedIdsUnauthorized(id, msg.sender));
        _;
    }

    /// @inheritdoc IOwnedIds
    function offerOwnership(uint32 id, address to) external onlyOwnerOf(id) {
        pendingOwnerOf[id] = to;
        emit OwnershipOffered(id, msg.sender, to);
    }

    /// @inheritdoc IOwnedIds
    function acceptOwnership(uint32 id) external {
        require(msg.sender == pendingOwnerOf[id], OwnedIdsUnauthorized(id, msg.sender));
        delete pendingOwnerOf[id];
        emit OwnershipTransferred(id, ownerOf[id], msg.sender);
        ownerOf[id] = msg.sender;
    }

    /// @dev The next id, owned by `owner`.
    function _create(address owner) internal returns (uint32 id) {
        id = ++count;
        ownerOf[id] = owner;
        emit OwnershipTransferred(id, address(0), owner);
    }
}
