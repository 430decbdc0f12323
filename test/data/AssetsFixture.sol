// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataAssets} from "../../contracts/data/DataAssets.sol";
import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {RegistryFixture} from "../identity/RegistryFixture.sol";

/// @dev {DataAssets} with devices that sign for it. As there, the digests are spelled out here anew.
abstract contract AssetsFixture is RegistryFixture {
    /// @dev What a device signs to append.
    struct Append {
        uint256 assetId;
        uint32 epoch;
        bytes32 root;
        bytes32 previous;
        uint64 recordCount;
    }

    DataAssets internal _assets;

    function _deployAssets() internal {
        _deploy();
        _assets = new DataAssets(_devices);
    }

    /// @dev Nothing is in it that need not be.
    function _dataset(
        uint256 deviceId,
        address creator,
        bytes32 root
    ) internal pure returns (IDataAssets.Publication memory publication) {
        publication.deviceId = deviceId;
        publication.creator = creator;
        publication.contentRoot = root;
        publication.deadline = NEVER;
    }

    /// @dev Its first epoch starts now.
    function _stream(
        uint256 deviceId,
        address creator,
        bytes32 root,
        uint32 epochLength,
        uint32 grace
    ) internal view returns (IDataAssets.Publication memory publication) {
        publication = _dataset(deviceId, creator, root);
        publication.kind = IDataAssets.Kind.Stream;
        publication.epochLength = epochLength;
        publication.firstEpochStart = uint48(vm.getBlockTimestamp());
        publication.grace = grace;
    }

    function _publish(Key memory key, IDataAssets.Publication memory publication) internal returns (uint256 assetId) {
        return _assets.publish(publication, _sign(key, _publicationDigest(publication)));
    }

    function _append(Key memory key, Append memory value) internal {
        _submit(value, _sign(key, _appendDigest(value)));
    }

    function _submit(Append memory value, bytes memory signature) internal {
        _assets.append(value.assetId, value.epoch, value.root, value.previous, value.recordCount, signature);
    }

    function _publicationDigest(IDataAssets.Publication memory value) internal view returns (bytes32) {
        bytes32[18] memory words;
        words[0] = keccak256(
            "Publication(uint256 deviceId,address creator,uint8 kind,bytes32 contentRoot,uint64 recordCount,bytes32 metadataHash,bytes32 schemaHash,uint48 from,uint48 to,Parent[] parents,address payee,uint16 royaltyBps,uint32 epochLength,uint48 firstEpochStart,uint32 grace,string uri,uint48 deadline)Parent(uint48 assetId,uint16 bps)"
        );
        words[1] = bytes32(value.deviceId);
        words[2] = bytes32(uint256(uint160(value.creator)));
        words[3] = bytes32(uint256(value.kind));
        words[4] = value.contentRoot;
        words[5] = bytes32(uint256(value.recordCount));
        words[6] = value.metadataHash;
        words[7] = value.schemaHash;
        words[8] = bytes32(uint256(value.from));
        words[9] = bytes32(uint256(value.to));
        words[10] = _parentsHash(value.parents);
        words[11] = bytes32(uint256(uint160(value.payee)));
        words[12] = bytes32(uint256(value.royaltyBps));
        words[13] = bytes32(uint256(value.epochLength));
        words[14] = bytes32(uint256(value.firstEpochStart));
        words[15] = bytes32(uint256(value.grace));
        words[16] = keccak256(bytes(value.uri));
        words[17] = bytes32(uint256(value.deadline));
        return _assetsDigest(keccak256(abi.encode(words)));
    }

    function _appendDigest(Append memory value) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Append(uint256 assetId,uint32 epoch,bytes32 root,bytes32 previous,uint64 recordCount)"
        );
        return _assetsDigest(keccak256(abi.encode(typeHash, value)));
    }

    function _assetsDigest(bytes32 structHash) internal view returns (bytes32) {
        return _typedDigest("DeFIoT DataAssets", address(_assets), structHash);
    }

    function _chained(bytes32 previous, Append memory value) internal pure returns (bytes32 head) {
        return keccak256(abi.encode(previous, value.epoch, value.root, value.recordCount));
    }

    function _parentsHash(IDataAssets.Parent[] memory parents) private pure returns (bytes32) {
        bytes memory hashes;
        for (uint256 i = 0; i < parents.length; ++i) {
            bytes32 typeHash = keccak256("Parent(uint48 assetId,uint16 bps)");
            hashes = bytes.concat(hashes, keccak256(abi.encode(typeHash, parents[i].assetId, parents[i].bps)));
        }
        return keccak256(hashes);
    }
}
