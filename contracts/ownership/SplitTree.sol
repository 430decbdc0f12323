// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {ISplitHub} from "./ISplitHub.sol";

/// @title SplitTree
/// @notice The Merkle trees of splits, as npm's @openzeppelin/merkle-tree builds them.
library SplitTree {
    /// @notice A split's id.
    function idOf(ISplitHub.Split memory split) internal pure returns (bytes32 id) {
        return keccak256(abi.encode(split));
    }

    /// @notice A recipient's leaf: hashed twice, so that no inner node passes for one.
    function leafOf(bytes32 payee, uint96 shares) internal pure returns (bytes32 leaf) {
        return keccak256(bytes.concat(keccak256(abi.encode(payee, shares))));
    }

    /// @notice The root over some recipients, at least one, given in the order of their leaves' hashes.
    function rootOf(ISplitHub.Recipient[] calldata recipients) internal pure returns (bytes32 root) {
        uint256 count = recipients.length;
        // A complete binary tree in an array: the children of i are 2i + 1 and 2i + 2, the leaves stand at its end,
        // the first leaf last.
        bytes32[] memory nodes = new bytes32[](2 * count - 1);
        for (uint256 i = 0; i < count; ++i) {
            nodes[2 * count - 2 - i] = leafOf(recipients[i].payee, recipients[i].shares);
        }
        for (uint256 i = count - 1; i > 0; --i) {
            nodes[i - 1] = Hashes.commutativeKeccak256(nodes[2 * i - 1], nodes[2 * i]);
        }
        return nodes[0];
    }
}
