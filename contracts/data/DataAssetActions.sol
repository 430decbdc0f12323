// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {IDataAssets} from "./IDataAssets.sol";

/// @title DataAssetActions
/// @notice The part of {IDataAssets} that knows what devices sign: one EIP-712 struct for each action.
abstract contract DataAssetActions is IDataAssets, EIP712 {
    bytes32 private constant PARENT_TYPEHASH = keccak256("Parent(uint48 assetId,uint16 bps)");
    bytes32 private constant PUBLICATION_TYPEHASH = keccak256(
        "Publication(uint256 deviceId,address creator,uint8 kind,bytes32 contentRoot,uint64 recordCount,"
        "bytes32 metadataHash,bytes32 schemaHash,uint48 from,uint48 to,Parent[] parents,address payee,"
        "uint16 royaltyBps,uint32 epochLength,uint48 firstEpochStart,uint32 grace,string uri,uint48 deadline)"
        "Parent(uint48 assetId,uint16 bps)"
    );
    bytes32 private constant APPEND_TYPEHASH = keccak256(
        "Append(uint256 assetId,uint32 epoch,bytes32 root,bytes32 previous,uint64 recordCount)"
    );

    /// @inheritdoc IDataAssets
    IDeviceRegistry public immutable devices;

    constructor(IDeviceRegistry devices_) EIP712("DeFIoT DataAssets", "1") {
        require(address(devices_).code.length != 0, DataAssetsNoCode(address(devices_)));
        devices = devices_;
    }

    function _checkSigned(Publication calldata publication, bytes calldata signature) internal view {
        require(block.timestamp <= publication.deadline, DataAssetsExpiredSignature(publication.deadline));
        bytes32 structHash = keccak256(bytes.concat(_encodeContent(publication), _encodeSale(publication)));
        _checkSigned(publication.deviceId, structHash, signature);
    }

    function _checkSigned(
        uint256 deviceId,
        uint256 assetId,
        Link memory link,
        bytes32 previous,
        bytes calldata signature
    ) internal view {
        bytes32 structHash = keccak256(
            abi.encode(APPEND_TYPEHASH, assetId, link.epoch, link.root, previous, link.recordCount)
        );
        _checkSigned(deviceId, structHash, signature);
    }

    function _checkSigned(uint256 deviceId, bytes32 structHash, bytes calldata signature) private view {
        bool signed = devices.isDeviceSignature(deviceId, _hashTypedDataV4(structHash), signature);
        require(signed, DataAssetsInvalidDeviceSignature(deviceId));
    }

    /// @dev The struct in two halves: as one, it is more than the stack holds.
    function _encodeContent(Publication calldata publication) private pure returns (bytes memory encoded) {
        return
            abi.encode(
                PUBLICATION_TYPEHASH,
                publication.deviceId,
                publication.creator,
                publication.kind,
                publication.contentRoot,
                publication.recordCount,
                publication.metadataHash,
                publication.schemaHash,
                publication.from,
                publication.to
            );
    }

    function _encodeSale(Publication calldata publication) private pure returns (bytes memory encoded) {
        return
            abi.encode(
                _hashOf(publication.parents),
                publication.payee,
                publication.royaltyBps,
                publication.epochLength,
                publication.firstEpochStart,
                publication.grace,
                keccak256(bytes(publication.uri)),
                publication.deadline
            );
    }

    function _hashOf(Parent[] calldata parents) private pure returns (bytes32 hash) {
        bytes32[] memory hashes = new bytes32[](parents.length);
        for (uint256 i = 0; i < parents.length; ++i) {
            hashes[i] = keccak256(abi.encode(PARENT_TYPEHASH, parents[i].assetId, parents[i].bps));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
