// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataAssets} from "../../contracts/data/DataAssets.sol";
import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {AssetsFixture} from "./AssetsFixture.sol";

/// @dev What a device signs, and nothing else, is what becomes of it.
contract DataAssetsTest is AssetsFixture {
    uint256 private constant PUBLICATION_FIELDS = 21;
    uint256 private constant APPEND_FIELDS = 5;
    address private constant ALICE = address(0xA11CE);
    address private constant RELAYER = address(0xBEE);

    enum Life {
        Active,
        Suspended,
        Retired,
        Unknown,
        Rotated
    }

    function setUp() public {
        _deployAssets();
    }

    /// @dev The device signs something else than what is submitted, which is valid in itself.
    function testFuzz_DAT06_R02_changingAnyFieldOfAPublicationIsRefused(
        uint256 seed,
        uint256 field,
        uint256 noise,
        bool p256
    ) public {
        (Key memory key, Key memory neighbour) = _keyPair(seed, p256);
        IDataAssets.Publication memory good = _derivedStream(key, neighbour);
        IDataAssets.Publication memory changed = _derivedStream(key, neighbour);
        _change(changed, bound(field, 0, PUBLICATION_FIELDS - 1), noise, _idOf(neighbour));
        bytes memory signature = _sign(key, _publicationDigest(changed));
        _expectUnsigned(good.deviceId);
        vm.prank(RELAYER);
        _assets.publish(good, signature);
        assertEq(_assets.assetOf(good.deviceId, good.contentRoot), 0, "DAT-06: published unsigned");

        signature = _sign(key, _publicationDigest(good));
        vm.prank(RELAYER);
        uint256 assetId = _assets.publish(good, signature);
        assertEq(_assets.assetOf(good.deviceId, good.contentRoot), assetId, "DAT-06: a good signature did nothing");
        assertEq(_assets.ownerOf(assetId), ALICE, "DAT-06: the creator is another");
    }

    function testFuzz_DAT06_R02_changingAnyFieldOfAnAppendIsRefused(
        uint256 seed,
        uint256 field,
        uint256 noise,
        bool p256
    ) public {
        (Key memory key, ) = _keyPair(seed, p256);
        (Append memory good, Append memory changed) = _twoAppends(key);
        field = bound(field, 0, APPEND_FIELDS - 1);
        if (field == 0) changed.assetId = _other(good.assetId, noise, type(uint256).max);
        else if (field == 1) changed.epoch = uint32(_other(good.epoch, noise, type(uint32).max));
        else if (field == 2) changed.root = bytes32(_other(uint256(good.root), noise, type(uint256).max));
        else if (field == 3) changed.previous = bytes32(_other(uint256(good.previous), noise, type(uint256).max));
        else changed.recordCount = uint64(_other(good.recordCount, noise, type(uint64).max));
        bytes memory signature = _sign(key, _appendDigest(changed));
        _expectUnsigned(_idOf(key));
        _submit(good, signature);
        assertEq(_assets.headOf(good.assetId), 0, "DAT-06: appended unsigned");
        _append(key, good);
        assertEq(_assets.headOf(good.assetId), _chained(good.previous, good), "DAT-06: a good signature did nothing");
    }

    /// @dev One bit of the signature, or its length.
    function testFuzz_DAT06_anotherSignatureIsRefused(uint256 seed, uint256 bit, uint256 length, bool p256) public {
        (Key memory key, ) = _keyPair(seed, p256);
        uint256 deviceId = _register(key, ALICE);
        IDataAssets.Publication memory publication = _dataset(deviceId, ALICE, keccak256("root"));
        bytes memory signature = _sign(key, _publicationDigest(publication));
        // Of 65 bytes the first 64 may be the same signature in its short form (EIP-2098).
        bytes memory cut = _resize(signature, bound(length, 0, 63));
        _expectUnsigned(deviceId);
        _assets.publish(publication, cut);
        signature[(bit / 8) % signature.length] ^= bytes1(uint8(1 << (bit % 8)));
        _expectUnsigned(deviceId);
        _assets.publish(publication, signature);
    }

    /// @dev Whatever became of the device before: it publishes if and only if it is active in that block.
    function testFuzz_DAT06_onlyAnActiveDevicePublishes(uint256 seed, uint256 life, bool p256) public {
        (Key memory key, Key memory next) = _keyPair(seed, p256);
        Life state = Life(bound(life, 0, uint256(type(Life).max)));
        uint256 deviceId = state == Life.Unknown ? _idOf(key) : _register(key, ALICE);
        IDataAssets.Publication memory publication = _dataset(deviceId, ALICE, keccak256("root"));
        bytes memory signature = _sign(key, _publicationDigest(publication));
        _live(deviceId, key, next, state);
        if (state != Life.Active) _expectUnsigned(deviceId);
        _assets.publish(publication, signature);
        bool published = _assets.assetOf(deviceId, publication.contentRoot) != 0;
        assertEq(published, state == Life.Active, "DAT-06: published by a device that was not active");
        if (state != Life.Rotated) return;
        _publish(next, publication);
        assertEq(_assets.deviceOf(1), deviceId, "DAT-06: refused the key in use");
    }

    function testFuzz_DAT06_onlyAnActiveDeviceAppends(uint256 seed, uint256 life, bool p256) public {
        (Key memory key, Key memory next) = _keyPair(seed, p256);
        Life state = Life(bound(life, 0, uint256(type(Life).max)));
        if (state == Life.Unknown) state = Life.Active;
        (Append memory good, ) = _twoAppends(key);
        bytes memory signature = _sign(key, _appendDigest(good));
        _live(_idOf(key), key, next, state);
        if (state != Life.Active) _expectUnsigned(_idOf(key));
        _submit(good, signature);
        bool appended = _assets.headOf(good.assetId) != 0;
        assertEq(appended, state == Life.Active, "DAT-06: appended by a device that was not active");
        if (state == Life.Rotated) _append(next, good);
    }

    /// @dev Elsewhere: on another chain, or in another contract of the same chain.
    function testFuzz_R04_signaturesAreForOneChainAndContract(uint256 seed, uint64 chain, bool p256) public {
        (Key memory key, ) = _keyPair(seed, p256);
        (Append memory good, ) = _twoAppends(key);
        IDataAssets.Publication memory publication = _dataset(_idOf(key), ALICE, keccak256("another"));
        bytes memory signature = _sign(key, _publicationDigest(publication));
        bytes memory appendSignature = _sign(key, _appendDigest(good));
        DataAssets elsewhere = new DataAssets(_devices);
        _expectUnsigned(publication.deviceId);
        elsewhere.publish(publication, signature);

        uint256 home = block.chainid;
        vm.chainId(_other(home, chain, type(uint64).max - 1) + (chain == 0 ? 1 : 0));
        if (block.chainid != home) {
            _expectUnsigned(publication.deviceId);
            _assets.publish(publication, signature);
            _expectUnsigned(publication.deviceId);
            _submit(good, appendSignature);
        }
        vm.chainId(home);
        _assets.publish(publication, signature);
        _submit(good, appendSignature);
    }

    /// @dev As long as nothing is named, the royalty and the shares are what was signed.
    function testFuzz_keepsWhatWasPublished(uint256 seed, uint16 royaltyBps, uint256 price, bool p256) public {
        (Key memory key, Key memory neighbour) = _keyPair(seed, p256);
        IDataAssets.Publication memory publication = _derivedStream(key, neighbour);
        publication.royaltyBps = uint16(bound(royaltyBps, 1, 10_000));
        price = bound(price, 0, type(uint128).max);
        uint256 assetId = _publish(key, publication);
        (address receiver, uint256 royalty) = _assets.royaltyInfo(assetId, price);
        assertEq(receiver, ALICE);
        assertEq(royalty, (price * publication.royaltyBps) / 10_000);
        IDataAssets.Parent[] memory parents = _assets.parentsOf(assetId);
        assertEq(abi.encode(parents), abi.encode(publication.parents));
        IDataAssets.Stream memory stream = _assets.streamOf(assetId);
        assertEq(stream.epochLength, publication.epochLength);
        assertEq(stream.grace, publication.grace);
        assertEq(stream.firstEpochStart, publication.firstEpochStart);
        assertEq(stream.nextEpoch, 0);
    }

    /// @dev Any number of parents, with any ids and shares: packed and unpacked without loss, or refused.
    function testFuzz_keepsAllParentsOrRefusesThem(
        uint256 count,
        uint48[6] memory ids,
        uint16[6] memory shares
    ) public {
        Key memory key = Key(SECP256K1, 1);
        uint256 deviceId = _register(key, ALICE);
        for (uint256 i = 0; i < 9; ++i) _publish(key, _dataset(deviceId, ALICE, bytes32(i + 1)));
        IDataAssets.Publication memory publication = _dataset(deviceId, ALICE, "derived");
        publication.parents = new IDataAssets.Parent[](bound(count, 0, 6));
        bool valid = publication.parents.length <= 4;
        uint256 last = 0;
        uint256 sum = 0;
        for (uint256 i = 0; i < publication.parents.length; ++i) {
            // Mostly rising, mostly existing.
            uint48 id = uint48(bound(ids[i], last, last + 4));
            uint16 bps = uint16(bound(shares[i], 0, 3500));
            publication.parents[i] = IDataAssets.Parent(id, bps);
            valid = valid && id > last && id < 10;
            last = id;
            sum += bps;
        }
        valid = valid && sum <= 10_000;
        bytes memory signature = _sign(key, _publicationDigest(publication));
        if (!valid) vm.expectRevert();
        uint256 assetId = _assets.publish(publication, signature);
        if (!valid) return;
        assertEq(abi.encode(_assets.parentsOf(assetId)), abi.encode(publication.parents));
        assertEq(_assets.standingOf(assetId).derivative, publication.parents.length != 0);
    }

    /// @dev A stream of two parents, with no field left empty.
    function _derivedStream(
        Key memory key,
        Key memory neighbour
    ) private returns (IDataAssets.Publication memory publication) {
        uint256 deviceId = _idOf(key);
        if (_assets.assetOf(deviceId, "one") == 0) {
            _register(key, ALICE);
            _register(neighbour, ALICE);
            _publish(key, _dataset(deviceId, ALICE, "one"));
            _publish(key, _dataset(deviceId, ALICE, "two"));
            _publish(key, _dataset(deviceId, ALICE, "three"));
        }
        publication = _stream(deviceId, ALICE, keccak256("root"), 1 hours, 10 minutes);
        publication.recordCount = 12;
        publication.metadataHash = keccak256("metadata");
        publication.schemaHash = keccak256("schema");
        publication.from = 1000;
        publication.to = 2000;
        publication.parents = new IDataAssets.Parent[](2);
        publication.parents[0] = IDataAssets.Parent(1, 1000);
        publication.parents[1] = IDataAssets.Parent(2, 500);
        publication.payee = address(0xCAFE);
        publication.royaltyBps = 250;
        publication.uri = "ipfs://data";
        publication.deadline = uint48(vm.getBlockTimestamp());
    }

    function _change(
        IDataAssets.Publication memory value,
        uint256 field,
        uint256 noise,
        uint256 neighbour
    ) private pure {
        if (field == 0) value.deviceId = neighbour;
        else if (field == 1) value.creator = address(uint160(_other(uint160(value.creator), noise, type(uint160).max)));
        else if (field == 2) value.kind = IDataAssets.Kind.Dataset;
        else if (field == 3) value.contentRoot = _otherHash(value.contentRoot, noise);
        else if (field == 4) value.recordCount = uint64(_other(value.recordCount, noise, type(uint64).max));
        else if (field == 5) value.metadataHash = _otherHash(value.metadataHash, noise);
        else if (field == 6) value.schemaHash = _otherHash(value.schemaHash, noise);
        else if (field == 7) value.from = uint48(_other(value.from, noise, NEVER));
        else if (field == 8) value.to = uint48(_other(value.to, noise, NEVER));
        else if (field == 9) value.payee = address(uint160(_other(uint160(value.payee), noise, type(uint160).max)));
        else if (field == 10) value.royaltyBps = uint16(_other(value.royaltyBps, noise, type(uint16).max));
        else if (field == 11) value.epochLength = uint32(_other(value.epochLength, noise, type(uint32).max));
        else if (field == 12) value.firstEpochStart = uint48(_other(value.firstEpochStart, noise, NEVER));
        else if (field == 13) value.grace = uint32(_other(value.grace, noise, type(uint32).max));
        else if (field == 14) value.uri = string(bytes.concat(bytes(value.uri), bytes1(uint8(noise))));
        else if (field == 15) value.deadline = uint48(_other(value.deadline, noise, NEVER));
        else _changeParents(value, field - 16, noise);
    }

    function _changeParents(IDataAssets.Publication memory value, uint256 how, uint256 noise) private pure {
        IDataAssets.Parent[] memory parents = value.parents;
        if (how == 0) parents[noise % 2].assetId = uint48(_other(parents[noise % 2].assetId, noise, NEVER));
        else if (how == 1) parents[noise % 2].bps = uint16(_other(parents[noise % 2].bps, noise, type(uint16).max));
        else if (how == 2) (parents[0], parents[1]) = (parents[1], parents[0]);
        else {
            value.parents = new IDataAssets.Parent[](how == 3 ? 1 : 3);
            for (uint256 i = 0; i < 2 && i < value.parents.length; ++i) value.parents[i] = parents[i];
            if (how == 4) value.parents[2] = IDataAssets.Parent(3, uint16(noise));
        }
    }

    /// @dev Two equal ones, of a stream whose first epoch is over.
    function _twoAppends(Key memory key) private returns (Append memory one, Append memory other) {
        uint256 deviceId = _register(key, ALICE);
        bytes32 start = keccak256("start");
        uint256 assetId = _publish(key, _stream(deviceId, ALICE, start, 1 hours, 10 minutes));
        vm.warp(vm.getBlockTimestamp() + 1 hours);
        one = Append(assetId, 0, keccak256("epoch 0"), start, 7);
        other = Append(assetId, 0, keccak256("epoch 0"), start, 7);
    }

    function _live(uint256 deviceId, Key memory key, Key memory next, Life state) private {
        if (state == Life.Rotated) return _rotateKey(deviceId, key, next);
        vm.startPrank(ALICE);
        if (state == Life.Suspended) _devices.suspend(deviceId);
        if (state == Life.Retired) _devices.retire(deviceId);
        vm.stopPrank();
    }

    function _expectUnsigned(uint256 deviceId) private {
        vm.expectRevert(abi.encodeWithSelector(IDataAssets.DataAssetsInvalidDeviceSignature.selector, deviceId));
    }

    function _otherHash(bytes32 value, uint256 noise) private pure returns (bytes32) {
        return bytes32(_other(uint256(value), noise, type(uint256).max));
    }
}
