// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {AssetsFixture} from "./AssetsFixture.sol";

/// @dev Small trees of random records: what is a leaf verifies, and nothing else does.
contract DataProofsTest is AssetsFixture {
    uint256 private constant MAX_LEAVES = 20;
    uint32 private constant EPOCH = 3;
    address private constant ALICE = address(0xA11CE);

    Key private _key;
    uint256 private _deviceId;

    function setUp() public {
        _deployAssets();
        _key = Key(SECP256K1, 1);
        _deviceId = _register(_key, ALICE);
    }

    function testFuzz_DAT11_everyLeafOfTheTreeVerifies(uint256 seed, uint256 count, bool stream) public {
        (bytes[] memory records, bytes32[] memory tree) = _grow(seed, count);
        (uint256 assetId, uint32 epoch) = _publishRoot(tree[0], stream);
        for (uint256 i = 0; i < records.length; ++i) {
            bytes32[] memory proof = _proofOf(tree, i);
            assertTrue(_assets.verifyRecord(assetId, epoch, records[i], proof), "DAT-11: a leaf does not verify");
            assertFalse(_assets.verifyRecord(assetId, epoch + 1, records[i], proof), "DAT-11: verifies elsewhere");
            assertFalse(_assets.verifyRecord(assetId + 1, epoch, records[i], proof), "DAT-11: verifies elsewhere");
        }
    }

    function testFuzz_DAT11_noOtherRecordVerifies(
        uint256 seed,
        uint256 count,
        uint256 leaf,
        bytes memory record,
        bool stream
    ) public {
        (bytes[] memory records, bytes32[] memory tree) = _grow(seed, count);
        leaf = bound(leaf, 0, records.length - 1);
        (uint256 assetId, uint32 epoch) = _publishRoot(tree[0], stream);
        _refuse(assetId, epoch, record, _proofOf(tree, leaf));
        bytes memory near = records[leaf];
        near[uint256(keccak256(record)) % near.length] ^= bytes1(uint8(1 << (record.length % 8)));
        _refuse(assetId, epoch, near, _proofOf(tree, leaf));
    }

    function testFuzz_DAT11_noOtherProofVerifies(
        uint256 seed,
        uint256 count,
        uint256 leaf,
        uint256 how,
        bytes32[] memory random,
        bool stream
    ) public {
        (bytes[] memory records, bytes32[] memory tree) = _grow(seed, count);
        leaf = bound(leaf, 0, records.length - 1);
        (uint256 assetId, uint32 epoch) = _publishRoot(tree[0], stream);
        bytes32[] memory proof = _proofOf(tree, leaf);
        if (proof.length == 0) {
            if (random.length != 0) _refuse(assetId, epoch, records[leaf], random);
            return;
        }
        _refuse(assetId, epoch, records[leaf], random);
        how = bound(how, 0, 2);
        if (how == 0) proof[seed % proof.length] ^= bytes32(1 << (seed % 256));
        else if (how == 1) proof = _cut(proof, seed % proof.length);
        else proof = _proofOf(tree, (leaf + 1) % records.length);
        _refuse(assetId, epoch, records[leaf], proof);
    }

    /// @dev The two children of an inner node, which hash to it once, given as a record: the second preimage.
    function testFuzz_DAT11_R02_noInnerNodePassesForARecord(
        uint256 seed,
        uint256 count,
        uint256 node,
        bool stream
    ) public {
        (bytes[] memory records, bytes32[] memory tree) = _grow(seed, bound(count, 2, MAX_LEAVES));
        node = bound(node, 0, records.length - 2);
        (uint256 assetId, uint32 epoch) = _publishRoot(tree[0], stream);
        (bytes32 left, bytes32 right) = (tree[2 * node + 1], tree[2 * node + 2]);
        if (right < left) (left, right) = (right, left);
        assertEq(keccak256(abi.encode(left, right)), tree[node]);
        bytes32[] memory proof = _climb(tree, node);
        _refuse(assetId, epoch, abi.encode(left, right), proof);
        _refuse(assetId, epoch, abi.encode(tree[node]), proof);
        _refuse(assetId, epoch, abi.encodePacked(keccak256(abi.encode(left, right))), proof);
    }

    /// @dev Under a root that nobody published nothing verifies, whatever the asset.
    function testFuzz_DAT11_R09_nothingVerifiesWhereNothingWasPublished(
        uint256 assetId,
        uint32 epoch,
        bytes memory record,
        bytes32[] memory proof,
        bytes32 root
    ) public {
        (uint256 published, uint32 appended) = _publishRoot(keccak256("a root"), true);
        _refuse(assetId, epoch, record, proof);
        bool known = assetId == published && epoch == appended && root == keccak256("a root");
        assertEq(_assets.verifyRoot(assetId, epoch, root), known, "DAT-11: an unknown root verifies");
        _refuse(0, 0, record, proof);
        assertFalse(_assets.verifyRoot(0, 0, root), "R09: asset 0 has a root");
        assertFalse(_assets.verifyRoot(0, 0, 0), "R09: asset 0 has the root 0");
        assertFalse(_assets.verifyRoot(published, epoch == appended ? epoch + 1 : epoch, 0), "the root 0 verifies");
        IDataAssets.Link[] memory none = new IDataAssets.Link[](0);
        assertFalse(_assets.verifyChain(0, root, none), "R09: asset 0 has a chain");
        assertFalse(_assets.verifyChain(0, 0, none), "R09: asset 0 has a chain");
    }

    function _refuse(uint256 assetId, uint32 epoch, bytes memory record, bytes32[] memory proof) private view {
        assertFalse(_assets.verifyRecord(assetId, epoch, record, proof), "DAT-11: what is no leaf verifies");
    }

    /// @dev As a dataset, or as an epoch of a stream.
    function _publishRoot(bytes32 root, bool stream) private returns (uint256 assetId, uint32 epoch) {
        if (!stream) return (_publish(_key, _dataset(_deviceId, ALICE, root)), 0);
        bytes32 start = keccak256("start");
        assetId = _publish(_key, _stream(_deviceId, ALICE, start, 60, 30));
        vm.warp(vm.getBlockTimestamp() + 60 * (uint256(EPOCH) + 1));
        _append(_key, Append(assetId, EPOCH, root, start, 1));
        return (assetId, EPOCH);
    }

    /// @dev Laid out as `@openzeppelin/merkle-tree` does: the root first, the leaves last and backwards.
    function _grow(uint256 seed, uint256 count) private pure returns (bytes[] memory records, bytes32[] memory tree) {
        records = new bytes[](bound(count, 1, MAX_LEAVES));
        tree = new bytes32[](2 * records.length - 1);
        for (uint256 i = 0; i < records.length; ++i) {
            records[i] = abi.encode(i, keccak256(abi.encode(seed, i)));
            tree[tree.length - 1 - i] = keccak256(abi.encode(keccak256(records[i])));
        }
        for (uint256 i = records.length - 1; i > 0; --i) {
            tree[i - 1] = _parent(tree[2 * i - 1], tree[2 * i]);
        }
    }

    function _proofOf(bytes32[] memory tree, uint256 leaf) private pure returns (bytes32[] memory proof) {
        return _climb(tree, tree.length - 1 - leaf);
    }

    function _climb(bytes32[] memory tree, uint256 node) private pure returns (bytes32[] memory proof) {
        uint256 depth = 0;
        for (uint256 i = node; i > 0; i = (i - 1) / 2) ++depth;
        proof = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            proof[i] = tree[node % 2 == 1 ? node + 1 : node - 1];
            node = (node - 1) / 2;
        }
    }

    function _cut(bytes32[] memory proof, uint256 length) private pure returns (bytes32[] memory cut) {
        cut = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) cut[i] = proof[i];
    }
}
