// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";

/// @dev Trees of splits as npm's @openzeppelin/merkle-tree builds them, written anew: all nodes in an array, the root
/// first, the leaves last and backwards.
library SplitHubProofs {
    function treeOf(ISplitHub.Recipient[] memory recipients) internal pure returns (bytes32[] memory tree) {
        uint256 count = recipients.length;
        tree = new bytes32[](2 * count - 1);
        for (uint256 i = tree.length; i > 0; --i) {
            uint256 node = i - 1;
            if (node + 1 >= count) tree[node] = leafOf(recipients[tree.length - 1 - node]);
            else tree[node] = pairOf(tree[2 * node + 1], tree[2 * node + 2]);
        }
    }

    function proofOf(
        ISplitHub.Recipient[] memory recipients,
        uint256 index
    ) internal pure returns (bytes32[] memory proof) {
        bytes32[] memory tree = treeOf(recipients);
        uint256 depth = 0;
        for (uint256 node = tree.length - 1 - index; node > 0; node = (node - 1) / 2) ++depth;
        proof = new bytes32[](depth);
        depth = 0;
        for (uint256 node = tree.length - 1 - index; node > 0; node = (node - 1) / 2) {
            proof[depth++] = tree[node % 2 == 1 ? node + 1 : node - 1];
        }
    }

    /// @dev In the order of the leaves' hashes.
    function sort(ISplitHub.Recipient[] memory recipients) internal pure {
        for (uint256 i = 1; i < recipients.length; ++i) {
            for (uint256 j = i; j > 0 && leafOf(recipients[j]) < leafOf(recipients[j - 1]); --j) {
                (recipients[j], recipients[j - 1]) = (recipients[j - 1], recipients[j]);
            }
        }
    }

    function leafOf(ISplitHub.Recipient memory recipient) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(recipient.payee, recipient.shares))));
    }

    function pairOf(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return left < right ? keccak256(abi.encode(left, right)) : keccak256(abi.encode(right, left));
    }
}
