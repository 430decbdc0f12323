// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

import {IMakerRegistry} from "../../contracts/identity/IMakerRegistry.sol";
import {MakerRegistry} from "../../contracts/identity/MakerRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @dev An ERC-1271 signer that says yes to one signature over one digest.
contract OneSignatureWallet is IERC1271 {
    bytes32 private immutable _digest;
    bytes32 private immutable _signatureHash;

    constructor(bytes32 digest, bytes memory signature) {
        _digest = digest;
        _signatureHash = keccak256(signature);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bool valid = hash == _digest && keccak256(signature) == _signatureHash;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

contract MakerRegistryTest is RegistryFixture {
    uint256 private constant FIELDS = 5;
    address private constant MAKER = address(0xACE);
    address private constant BUYER = address(0xB0B);

    function setUp() public {
        _deploy();
    }

    function testFuzz_IDN02_anAttestationIsGoodAsSigned(Attestation memory value, uint256 seed) public {
        uint256 secret = _ready(value, seed);
        _check(value, _evidence(value, secret));
    }

    function testFuzz_IDN02_changingAnyFieldOfAnAttestationReverts(
        Attestation memory value,
        uint256 seed,
        uint256 field,
        uint256 noise
    ) public {
        uint256 secret = _ready(value, seed);
        bytes memory evidence = _evidence(value, secret);
        _registerMaker(vm.addr(secret)); // the signer signs for another maker, too

        field = bound(field, 0, FIELDS - 1);
        if (field == 0) value.makerId = 2;
        else if (field == 1) value.lot = uint24(_other(value.lot, noise, type(uint24).max));
        else if (field == 2) value.keyHash = bytes32(_other(uint256(value.keyHash), noise, type(uint256).max));
        else if (field == 3) value.modelHash = bytes32(_other(uint256(value.modelHash), noise, type(uint256).max));
        else evidence = _withDeadline(evidence, uint48(_otherDeadline(value.deadline, noise)));
        _expectInvalid(value);
        _check(value, evidence);
    }

    function testFuzz_IDN02_anAttestationIsSpoiltByEveryFlippedBit(
        Attestation memory value,
        uint256 seed,
        uint256 bit
    ) public {
        bytes memory evidence = _evidence(value, _ready(value, seed));
        bit = bound(bit, 0, evidence.length * 8 - 1);
        evidence[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool success, bytes memory reason) = _tryCheck(value, evidence);
        assertFalse(success, "IDN-02: a changed attestation was accepted");
        // A deadline may have been flipped into the past.
        bytes4 expected =
            bit < 48 && uint48(bytes6(evidence)) < block.timestamp
                ? IMakerRegistry.MakerRegistryExpiredAttestation.selector
                : IMakerRegistry.MakerRegistryInvalidAttestation.selector;
        assertEq(bytes4(reason), expected, "IDN-02: the wrong error");
    }

    function testFuzz_IDN02_anAttestationIsSpoiltByEveryOtherLength(
        Attestation memory value,
        uint256 seed,
        uint8 length
    ) public {
        bytes memory evidence = _evidence(value, _ready(value, seed));
        vm.assume(length != evidence.length);
        _expectInvalid(value);
        _check(value, _resize(evidence, length));
    }

    /// @dev A deadline in the past is told before the signature is looked at.
    function testFuzz_IDN03_anAttestationEndsWithItsDeadline(
        Attestation memory value,
        uint256 seed,
        uint256 late
    ) public {
        uint256 secret = _ready(value, seed);
        value.deadline = uint48(bound(value.deadline, block.timestamp, NEVER - 1));
        bytes memory evidence = _evidence(value, secret);
        vm.warp(value.deadline);
        _check(value, evidence);
        vm.warp(bound(late, uint256(value.deadline) + 1, NEVER));
        vm.expectRevert(
            abi.encodeWithSelector(IMakerRegistry.MakerRegistryExpiredAttestation.selector, value.deadline)
        );
        _check(value, evidence);
    }

    function testFuzz_IDN03_anAttestationIsForOneChain(Attestation memory value, uint256 seed, uint256 chain) public {
        bytes memory evidence = _evidence(value, _ready(value, seed));
        chain = bound(chain, 1, type(uint64).max);
        vm.assume(chain != block.chainid);
        vm.chainId(chain);
        _expectInvalid(value);
        _check(value, evidence);
    }

    function testFuzz_IDN03_anAttestationIsForOneContract(Attestation memory value, uint256 seed) public {
        uint256 secret = _ready(value, seed);
        bytes memory evidence = _evidence(value, secret);
        _makers = new MakerRegistry(address(_manager));
        _registerMaker(vm.addr(secret));
        _expectInvalid(value);
        _check(value, evidence);
    }

    function testFuzz_IDN12_theFormerSignersWordIsOver(
        Attestation memory value,
        uint256 seed,
        uint256 nextSeed,
        bool sold
    ) public {
        uint256 secret = _ready(value, seed);
        bytes memory evidence = _evidence(value, secret);
        uint256 next = _secp256k1(nextSeed).secret;
        if (sold) _sell();
        vm.prank(sold ? BUYER : MAKER);
        uint24 lot = _makers.setSigner(1, abi.encodePacked(vm.addr(next)));
        assertEq(lot, 2);

        _expectInvalid(value);
        _check(value, evidence);
        value.lot = lot;
        if (next != secret) {
            _expectInvalid(value);
            _check(value, _evidence(value, secret));
        }
        _check(value, _evidence(value, next));
    }

    function testFuzz_IDN12_noSignerMeansNoWord(Attestation memory value, uint256 seed, bool sold, uint24 lot) public {
        uint256 secret = _ready(value, seed);
        if (sold) {
            _sell();
        } else {
            vm.prank(MAKER);
            _makers.setSigner(1, "");
        }
        _expectInvalid(value);
        _check(value, _evidence(value, secret));
        value.lot = lot % 3;
        _expectInvalid(value);
        _check(value, _evidence(value, secret));
        _expectInvalid(value);
        _check(value, abi.encodePacked(value.deadline));
    }

    /// @dev No maker, no lot: not even the empty proof, nor an empty signature.
    function testFuzz_IDN12_noMakerMeansNoWord(Attestation memory value, uint256 seed, bytes32[] memory proof) public {
        vm.assume(value.makerId != 1);
        uint48 deadline = uint48(bound(value.deadline, block.timestamp, NEVER));
        uint256 secret = _secp256k1(seed).secret;
        _registerMaker(vm.addr(secret));
        value.deadline = deadline;
        _expectInvalid(value);
        _check(value, _evidence(value, secret));
        if (value.lot == 0) value.lot = 1; // in lot 0 the evidence would be a deadline
        _expectInvalid(value);
        _check(value, abi.encodePacked(proof));
    }

    /// @dev A batch's lot takes no signature, and a signer's lot no proof.
    function testFuzz_IDN12_theTwoKindsOfLotDoNotMix(Attestation memory value, uint256 seed) public {
        uint256 secret = _ready(value, seed);
        bytes32 leaf = _leaf(value.keyHash, value.modelHash);
        vm.prank(MAKER);
        uint24 batch = _makers.publishBatch(1, leaf, 1, "");
        assertEq(_makers.batchRootOf(1, batch), leaf);
        assertEq(_makers.batchRootOf(1, 1), bytes32(0));

        _expectInvalid(value);
        _check(value, "");
        value.lot = batch;
        _check(value, "");
        _expectInvalid(value);
        _check(value, _evidence(value, secret));
    }

    function testFuzz_IDN02_aWalletSignsForItsMaker(
        Attestation memory value,
        bytes memory signature,
        uint256 bit
    ) public {
        _ready(value, 1);
        value.lot = 2;
        address wallet = address(new OneSignatureWallet(_attestationDigest(value), signature));
        vm.prank(MAKER);
        _makers.setSigner(1, abi.encodePacked(wallet));
        bytes memory evidence = abi.encodePacked(value.deadline, signature);
        _check(value, evidence);
        value.modelHash ^= bytes32(uint256(1) << (bit % 256));
        _expectInvalid(value);
        _check(value, evidence);
    }

    function testFuzz_IDN02_aP256KeySignsForItsMaker(Attestation memory value, uint256 seed, uint256 bit) public {
        _ready(value, 1);
        value.lot = 2;
        Key memory key = _p256(seed);
        vm.prank(MAKER);
        _makers.setSigner(1, abi.encodePacked(address(_verifier), _keyBytes(key)));
        bytes memory evidence = abi.encodePacked(value.deadline, _sign(key, _attestationDigest(value)));
        _check(value, evidence);
        value.keyHash ^= bytes32(uint256(1) << (bit % 256));
        _expectInvalid(value);
        _check(value, evidence);
    }

    function testFuzz_IDN12_everyLeafOfABatchProves(bytes32 seed, uint256 size, uint256 index) public {
        size = bound(size, 1, 64);
        index = bound(index, 0, size - 1);
        bytes32[][] memory tree = _tree(seed, size);
        uint24 lot = _publish(tree);
        Attestation memory value = _claim(seed, index, lot);
        _check(value, abi.encodePacked(_proof(tree, index)));
    }

    /// @dev Nothing else does: another key, another model, another leaf's proof, a node more or less or changed.
    function testFuzz_IDN12_nothingElseProves(bytes32 seed, uint256 size, uint256 index, uint256 noise) public {
        size = bound(size, 1, 64);
        index = bound(index, 0, size - 1);
        bytes32[][] memory tree = _tree(seed, size);
        Attestation memory value = _claim(seed, index, _publish(tree));
        bytes32[] memory proof = _proof(tree, index);

        Attestation memory changed = _claim(seed, index, value.lot);
        changed.keyHash = _keyOf(seed, size + (noise % 64));
        _refuse(changed, abi.encodePacked(proof));
        changed = _claim(seed, index, value.lot);
        changed.modelHash = bytes32(_other(uint256(value.modelHash), noise, type(uint256).max));
        _refuse(changed, abi.encodePacked(proof));
        for (uint256 i = 0; i < size; ++i) {
            if (i != index && _isOther(proof, _proof(tree, i))) _refuse(value, abi.encodePacked(_proof(tree, i)));
        }
        _refuse(value, abi.encodePacked(proof, bytes32(noise)));
        _refuse(value, abi.encodePacked(proof, tree[tree.length - 1][0]));
        bytes memory packed = abi.encodePacked(proof);
        _refuse(value, _resize(packed, packed.length + 1 + (noise % 31)));
        if (packed.length == 0) return;
        _refuse(value, _resize(packed, noise % packed.length));
        packed[noise % packed.length] ^= bytes1(uint8(1 << (noise % 8)));
        _refuse(value, packed);
    }

    /// @dev An inner node, or its two halves, given for a key and a model.
    function testFuzz_IDN12_noInnerNodeIsADevice(bytes32 seed, uint256 size, uint256 level, uint256 place) public {
        size = bound(size, 2, 64);
        bytes32[][] memory tree = _tree(seed, size);
        Attestation memory value = _claim(seed, 0, _publish(tree));
        level = bound(level, 0, tree.length - 2);
        place = bound(place, 0, tree[level].length / 2 - 1);
        bytes32[] memory rest = _proofFrom(tree, level + 1, place);
        for (uint256 i = 0; i < 2; ++i) {
            value.keyHash = tree[level][2 * place + i];
            value.modelHash = tree[level][2 * place + 1 - i];
            _refuse(value, abi.encodePacked(rest));
        }
        value.keyHash = tree[level + 1][place];
        _refuse(value, abi.encodePacked(rest));
    }

    /// @dev R49: the verifier looked at one owner, and another got the token in between.
    function testFuzz_IDN12_R49_theMarkIsForWhomTheVerifierLookedAt(address meant, bool verified, bool sold) public {
        uint32 makerId = _registerMaker(address(0));
        if (sold) _sell();
        address owner = sold ? BUYER : MAKER;
        if (uint160(meant) % 2 == 0) meant = sold ? MAKER : BUYER;
        vm.assume(meant != owner);
        vm.expectRevert(abi.encodeWithSelector(IMakerRegistry.MakerRegistryOwnerChanged.selector, makerId, meant));
        _makers.setVerified(makerId, meant, verified);
        assertFalse(_makers.makerOf(makerId).verified, "IDN-12: somebody nobody looked at is verified");
        _makers.setVerified(makerId, owner, verified);
        assertEq(_makers.makerOf(makerId).verified, verified, "IDN-12: the mark was not set");
    }

    /// @dev The lots of the present owner's time, and no other, are covered by the mark; a sale to oneself is one.
    function testFuzz_IDN12_aSaleEndsWhatTheMarkCovers(uint8 before, uint8 since, bool toItself) public {
        uint32 makerId = _registerMaker(address(1));
        for (uint256 i = before % 4; i > 0; --i) _publishAs(MAKER, makerId);
        uint24 sold = _makers.makerOf(makerId).lots;
        address owner = toItself ? MAKER : BUYER;
        vm.prank(MAKER);
        _makers.transferFrom(MAKER, owner, makerId);
        assertEq(_makers.makerOf(makerId).signer, "", "IDN-12: the seller's signer stayed");
        for (uint256 i = since % 4; i > 0; --i) _publishAs(owner, makerId);
        _makers.setVerified(makerId, owner, true);
        for (uint24 lot = 1; lot <= _makers.makerOf(makerId).lots; ++lot) {
            (bool verified, ) = _makers.standingOf(makerId, lot, 1);
            assertEq(verified, lot > sold, "IDN-12: the mark covers another's lot, or not the owner's");
        }
    }

    /// @dev Once for a lot, again and again for a device; each time up to the newest lot there is.
    function testFuzz_IDN12_aRecallReachesTheNewestLot(uint8 before, uint8 since, uint256 deviceId) public {
        uint32 makerId = _registerMaker(address(1));
        for (uint256 i = before % 4; i > 0; --i) _publishAs(MAKER, makerId);
        uint24 newest = _makers.makerOf(makerId).lots;
        vm.startPrank(MAKER);
        _makers.recallDevice(makerId, deviceId, "");
        _makers.recallLot(makerId, 1, "");
        vm.expectRevert(
            abi.encodeWithSelector(IMakerRegistry.MakerRegistryLotAlreadyRecalled.selector, makerId, uint24(1))
        );
        _makers.recallLot(makerId, 1, "");
        vm.stopPrank();
        for (uint256 i = since % 4; i > 0; --i) _publishAs(MAKER, makerId);
        uint24 lots = _makers.makerOf(makerId).lots;
        for (uint24 lot = 1; lot <= lots; ++lot) {
            assertEq(_makers.recalledUpTo(makerId, lot, deviceId), newest, "IDN-12: another mark");
            assertEq(_isRecalled(makerId, lot, deviceId), lot <= newest, "IDN-12: the device's recall");
            assertEq(_isRecalled(makerId, lot, ~deviceId), lot == 1, "IDN-12: the lot's recall");
        }
        vm.prank(MAKER);
        _makers.recallDevice(makerId, deviceId, "again");
        assertEq(_makers.recalledUpTo(makerId, lots, deviceId), lots, "IDN-12: the device was not recalled again");
    }

    /// @dev A maker whose signer's secret it gives, with lot 1; the fields are what that signer attests.
    function _ready(Attestation memory value, uint256 seed) private returns (uint256 secret) {
        secret = _secp256k1(seed).secret;
        value.makerId = _registerMaker(vm.addr(secret));
        value.lot = 1;
        value.deadline = uint48(bound(value.deadline, block.timestamp, NEVER));
    }

    function _registerMaker(address signer) private returns (uint32 makerId) {
        vm.prank(MAKER);
        return _makers.register("maker", "", abi.encodePacked(signer));
    }

    function _publishAs(address owner, uint32 makerId) private {
        vm.prank(owner);
        _makers.publishBatch(makerId, bytes32(uint256(1)), 1, "");
    }

    function _sell() private {
        vm.prank(MAKER);
        _makers.transferFrom(MAKER, BUYER, 1);
    }

    function _check(Attestation memory value, bytes memory evidence) private view {
        _makers.checkAttestation(value.makerId, value.lot, value.keyHash, value.modelHash, evidence);
    }

    function _isRecalled(uint32 makerId, uint24 lot, uint256 deviceId) private view returns (bool recalled) {
        (, recalled) = _makers.standingOf(makerId, lot, deviceId);
    }

    function _tryCheck(Attestation memory value, bytes memory evidence) private view returns (bool, bytes memory) {
        return
            address(_makers).staticcall(
                abi.encodeCall(
                    IMakerRegistry.checkAttestation,
                    (value.makerId, value.lot, value.keyHash, value.modelHash, evidence)
                )
            );
    }

    function _refuse(Attestation memory value, bytes memory evidence) private view {
        (bool success, bytes memory reason) = _tryCheck(value, evidence);
        assertFalse(success, "IDN-12: a device that is in no batch was proven");
        assertEq(bytes4(reason), IMakerRegistry.MakerRegistryInvalidAttestation.selector, "IDN-12: the wrong error");
    }

    function _expectInvalid(Attestation memory value) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMakerRegistry.MakerRegistryInvalidAttestation.selector,
                value.makerId,
                value.lot,
                value.keyHash,
                value.modelHash
            )
        );
    }

    function _publish(bytes32[][] memory tree) private returns (uint24 lot) {
        vm.startPrank(MAKER);
        uint32 makerId = _makers.register("maker", "", "");
        lot = _makers.publishBatch(makerId, tree[tree.length - 1][0], uint32(tree[0].length), "");
        vm.stopPrank();
    }

    function _withDeadline(bytes memory evidence, uint48 deadline) private pure returns (bytes memory) {
        bytes6 head = bytes6(deadline);
        for (uint256 i = 0; i < 6; ++i) {
            evidence[i] = head[i];
        }
        return evidence;
    }

    function _otherDeadline(uint48 deadline, uint256 noise) private view returns (uint256) {
        uint256 other = bound(noise, block.timestamp, NEVER);
        if (other != deadline) return other;
        return deadline == NEVER ? deadline - 1 : deadline + 1;
    }

    function _keyOf(bytes32 seed, uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(seed, index));
    }

    function _claim(bytes32 seed, uint256 index, uint24 lot) private pure returns (Attestation memory) {
        return Attestation({makerId: 1, lot: lot, keyHash: _keyOf(seed, index), modelHash: seed, deadline: 0});
    }

    /// @dev Level by level; a node without a neighbour goes up as it is.
    function _tree(bytes32 seed, uint256 size) private pure returns (bytes32[][] memory tree) {
        uint256 depth = 1;
        for (uint256 width = size; width > 1; width = (width + 1) / 2) ++depth;
        tree = new bytes32[][](depth);
        tree[0] = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) tree[0][i] = _leaf(_keyOf(seed, i), seed);
        for (uint256 level = 1; level < depth; ++level) {
            bytes32[] memory below = tree[level - 1];
            tree[level] = new bytes32[]((below.length + 1) / 2);
            for (uint256 i = 0; i < tree[level].length; ++i) {
                bool paired = 2 * i + 1 < below.length;
                tree[level][i] = paired ? _parent(below[2 * i], below[2 * i + 1]) : below[2 * i];
            }
        }
    }

    function _proof(bytes32[][] memory tree, uint256 index) private pure returns (bytes32[] memory) {
        return _proofFrom(tree, 0, index);
    }

    function _proofFrom(
        bytes32[][] memory tree,
        uint256 level,
        uint256 index
    ) private pure returns (bytes32[] memory proof) {
        bytes32[] memory nodes = new bytes32[](tree.length);
        uint256 length;
        for (; level < tree.length; ++level) {
            uint256 neighbour = index ^ 1;
            if (neighbour < tree[level].length) nodes[length++] = tree[level][neighbour];
            index /= 2;
        }
        proof = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) proof[i] = nodes[i];
    }

    function _isOther(bytes32[] memory one, bytes32[] memory other) private pure returns (bool) {
        return keccak256(abi.encodePacked(one)) != keccak256(abi.encodePacked(other));
    }
}
