// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Test} from "forge-std/Test.sol";

import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {SplitTree} from "../../contracts/ownership/SplitTree.sol";
import {SplitHubProofs} from "./SplitHubProofs.sol";

/// @dev Against a tree that is built from the root down, node by node, and against OpenZeppelin's verifier.
contract SplitTreeTest is Test {
    uint256 private constant MOST = 16;

    function testFuzz_theRootIsThatOfATreeBuiltFromTheRootDown(uint256 seed) public view {
        for (uint256 count = 1; count <= MOST; ++count) {
            ISplitHub.Recipient[] memory recipients = _recipients(seed, count);
            assertEq(this.rootOf(recipients), _nodeOf(recipients, 0), "the root");
        }
    }

    function testFuzz_everyLeafIsProvenAndNoOther(uint256 seed) public view {
        for (uint256 count = 1; count <= MOST; ++count) {
            ISplitHub.Recipient[] memory recipients = _recipients(seed, count);
            bytes32 root = this.rootOf(recipients);
            for (uint256 i = 0; i < count; ++i) {
                bytes32[] memory proof = SplitHubProofs.proofOf(recipients, i);
                bytes32 payee = recipients[i].payee;
                uint96 shares = recipients[i].shares;
                assertTrue(MerkleProof.verify(proof, root, SplitTree.leafOf(payee, shares)), "a leaf");
                assertFalse(MerkleProof.verify(proof, root, SplitTree.leafOf(payee, shares ^ 1)), "other shares");
                bytes32 another = bytes32(uint256(payee) ^ 1);
                assertFalse(MerkleProof.verify(proof, root, SplitTree.leafOf(another, shares)), "another payee");
            }
        }
    }

    function testFuzz_eachRecipientCounts(uint256 seed, uint256 count, uint256 index) public view {
        count = bound(count, 1, MOST);
        index = bound(index, 0, count - 1);
        ISplitHub.Recipient[] memory recipients = _recipients(seed, count);
        bytes32 root = this.rootOf(recipients);
        ++recipients[index].shares;
        assertNotEq(this.rootOf(recipients), root, "a recipient's shares make no difference");
        --recipients[index].shares;
        recipients[index].payee = bytes32(uint256(recipients[index].payee) ^ 1);
        assertNotEq(this.rootOf(recipients), root, "a recipient makes no difference");
    }

    /// @dev Two hashes: 64 bytes, an inner node's, never make a leaf.
    function testFuzz_aLeafIsHashedTwice(bytes32 payee, uint96 shares) public pure {
        bytes32 once = keccak256(abi.encode(payee, uint256(shares)));
        assertEq(SplitTree.leafOf(payee, shares), keccak256(abi.encode(once)));
    }

    /// @dev Roots that npm's @openzeppelin/merkle-tree 1.0.8 made of ["bytes32", "uint96"] for recipients 0x1111 x i
    /// with 100 x i shares, i from 1.
    function test_agreesWithTheTreesThatApplicationsBuild() public view {
        assertEq(this.rootOf(_sorted(1)), 0xffce8806faa082c86e79d5b612369c0fe5f4082340a61d33724266a97b31931c);
        assertEq(this.rootOf(_sorted(2)), 0xb18e23e4f94adceec0176085817e9e9d198c2f848a867deebbeec2f42eed9238);
        assertEq(this.rootOf(_sorted(5)), 0xc488ef7a7a3812574f3ad19756b33faefd1ec516a1757405cec3f4f5898682b7);
        assertEq(this.rootOf(_sorted(16)), 0x1f00a42521761549e9104f4eed042cacc6b037e98992ae7b7a648dce81c97508);
    }

    function testFuzz_anIdIsTheHashOfAllFourFields(ISplitHub.Split memory split) public pure {
        bytes32 id = SplitTree.idOf(split);
        assertEq(id, keccak256(abi.encode(split.root, split.total, split.controller, split.salt)));
        assertNotEq(SplitTree.idOf(_with(split, bytes32(uint256(split.root) ^ 1), 0, 0, 0)), id, "root");
        assertNotEq(SplitTree.idOf(_with(split, split.root, 1, 0, 0)), id, "total");
        assertNotEq(SplitTree.idOf(_with(split, split.root, 0, 1, 0)), id, "controller");
        assertNotEq(SplitTree.idOf(_with(split, split.root, 0, 0, 1)), id, "salt");
    }

    function rootOf(ISplitHub.Recipient[] calldata recipients) external pure returns (bytes32) {
        return SplitTree.rootOf(recipients);
    }

    /// @dev The node at an index of a complete tree whose leaves stand at the end, the first one last.
    function _nodeOf(ISplitHub.Recipient[] memory recipients, uint256 index) private pure returns (bytes32) {
        uint256 count = recipients.length;
        if (index + 1 >= count) {
            ISplitHub.Recipient memory recipient = recipients[2 * count - 2 - index];
            return keccak256(abi.encode(keccak256(abi.encode(recipient.payee, recipient.shares))));
        }
        bytes32 left = _nodeOf(recipients, 2 * index + 1);
        bytes32 right = _nodeOf(recipients, 2 * index + 2);
        return left < right ? keccak256(abi.encode(left, right)) : keccak256(abi.encode(right, left));
    }

    function _recipients(uint256 seed, uint256 count) private pure returns (ISplitHub.Recipient[] memory recipients) {
        recipients = new ISplitHub.Recipient[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            recipients[i] = ISplitHub.Recipient(bytes32(word), uint96(word % 10_000) + 1);
        }
    }

    function _sorted(uint256 count) private pure returns (ISplitHub.Recipient[] memory recipients) {
        recipients = new ISplitHub.Recipient[](count);
        for (uint256 i = 0; i < count; ++i) {
            recipients[i] = ISplitHub.Recipient(bytes32((i + 1) * 0x1111), uint96((i + 1) * 100));
        }
        SplitHubProofs.sort(recipients);
    }

    function _with(
        ISplitHub.Split memory split,
        bytes32 root,
        uint96 total,
        uint160 controller,
        uint256 salt
    ) private pure returns (ISplitHub.Split memory) {
        address other = address(uint160(split.controller) ^ controller);
        return ISplitHub.Split(root, split.total ^ total, other, bytes32(uint256(split.salt) ^ salt));
    }
}
