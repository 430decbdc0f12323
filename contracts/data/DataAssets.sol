// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {DevicePermissions} from "../identity/DevicePermissions.sol";
import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {BitCount} from "./BitCount.sol";
import {DataAssetActions} from "./DataAssetActions.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {StreamClock} from "./StreamClock.sol";

/// @title DataAssets
/// @notice See {IDataAssets}. What devices sign is in {DataAssetActions}, when epochs end in {StreamClock}.
contract DataAssets is ERC721, DataAssetActions {
    using StreamClock for Stream;

    uint256 private constant MAX_PARENTS = 4;
    uint256 private constant BPS = 10_000;
    /// @dev Bits of one parent in {Asset-parents}: id and share.
    uint256 private constant PARENT_BITS = 64;

    /// @dev Named by the standard: an interface of events alone has no id of its own.
    bytes4 private constant ERC4906_INTERFACE_ID = 0x49064906;

    /// @dev A slot for each paragraph; most assets fill two of them. In the first stands all that a market asks for at
    /// each purchase. The root of a dataset, and the one that a stream starts from, is not kept: `_published` knows it,
    /// and whoever asks has it at hand.
    struct Asset {
        uint32 epochLength;
        uint32 grace;
        uint48 firstEpochStart;
        uint32 nextEpoch;
        uint32 transfers;
        uint16 royaltyBps;
        Kind kind;
        bool derivative;
        bool payeeNamed;
        bool payeeFixed;
        uint32 version;
        uint256 deviceId;
        address payee;
        address royaltyReceiver;
        uint256 parents;
        bytes32 head;
    }

    uint256 private _lastId;
    mapping(uint256 assetId => Asset) private _assets;
    mapping(uint256 deviceId => mapping(bytes32 contentRoot => uint256 assetId)) private _published;
    mapping(uint256 assetId => mapping(uint256 epoch => bytes32 root)) private _epochRoots;
    mapping(uint256 assetId => mapping(uint256 index => uint256 bits)) private _delivered;

    /// @param devices_ The suite's {IDeviceRegistry}.
    constructor(IDeviceRegistry devices_) ERC721("DeFIoT Data", "DATA") DataAssetActions(devices_) {}

    /// @inheritdoc IDataAssets
    function publish(
        Publication calldata publication,
        bytes calldata deviceSignature
    ) external returns (uint256 assetId) {
        assetId = _lastId + 1;
        _checkPublication(publication);
        uint256 parents = _checkedParents(publication.parents, assetId);
        _checkSigned(publication, deviceSignature);
        _checkCreator(publication.deviceId, publication.creator);
        address fixedPayee = _checkPayee(publication);

        _lastId = assetId;
        _published[publication.deviceId][publication.contentRoot] = assetId;
        _store(_assets[assetId], publication, fixedPayee, parents);
        _mint(publication.creator, assetId);
        emit AssetPublished(assetId, publication.deviceId, publication.creator, publication);
    }

    /// @inheritdoc IDataAssets
    function append(
        uint256 assetId,
        uint32 epoch,
        bytes32 root,
        bytes32 previous,
        uint64 recordCount,
        bytes calldata deviceSignature
    ) external {
        Asset storage asset = _assets[assetId];
        Stream memory stream = _streamOf(asset);
        require(stream.epochLength != 0, DataAssetsNotAStream(assetId));
        require(root != 0, DataAssetsMissingRoot());
        require(epoch >= stream.nextEpoch, DataAssetsStaleEpoch(epoch, stream.nextEpoch));
        uint256 end = stream.startOf(uint256(epoch) + 1);
        require(block.timestamp >= end, DataAssetsEpochNotOver(epoch, end));
        require(_isHead(asset, assetId, previous), DataAssetsBrokenChain(assetId, previous));
        Link memory link = Link(epoch, root, recordCount);
        _checkAppendable(asset, assetId, link, previous, deviceSignature);

        bool inTime = block.timestamp < stream.finalAt(epoch);
        if (inTime) _delivered[assetId][epoch / 256] |= 1 << (epoch % 256);
        // After the last epoch that 32 bits can name there is none.
        asset.nextEpoch = SafeCast.toUint32(uint256(epoch) + 1);
        _epochRoots[assetId][epoch] = root;
        bytes32 head = _chain(previous, link);
        asset.head = head;
        emit EpochAppended(assetId, epoch, root, head, recordCount, inTime);
        emit MetadataUpdate(assetId);
    }

    /// @inheritdoc IDataAssets
    function setPayee(uint256 assetId, address payee) external {
        require(_requireOwned(assetId) == msg.sender, DataAssetsUnauthorized(assetId, msg.sender));
        Asset storage asset = _assets[assetId];
        require(!asset.payeeFixed, DataAssetsFixedPayee(asset.payee));
        asset.payee = payee;
        asset.payeeNamed = payee != address(0);
        emit PayeeSet(assetId, payee);
    }

    /// @inheritdoc IDataAssets
    function verifyRecord(
        uint256 assetId,
        uint32 epoch,
        bytes calldata record,
        bytes32[] calldata proof
    ) external view returns (bool) {
        bytes32 leaf = keccak256(bytes.concat(keccak256(record)));
        return verifyRoot(assetId, epoch, MerkleProof.processProofCalldata(proof, leaf));
    }

    /// @inheritdoc IDataAssets
    function verifyChain(uint256 assetId, bytes32 start, Link[] calldata links) external view returns (bool) {
        Asset storage asset = _assets[assetId];
        if (!_isStart(asset, assetId, start)) return false;
        bytes32 head = start;
        for (uint256 i = 0; i < links.length; ++i) head = _chain(head, links[i]);
        return head == (asset.head == 0 ? start : asset.head);
    }

    /// @inheritdoc IDataAssets
    function headOf(uint256 assetId) external view returns (bytes32 head) {
        return _assets[assetId].head;
    }

    /// @inheritdoc IDataAssets
    function epochRootOf(uint256 assetId, uint32 epoch) external view returns (bytes32 root) {
        return _epochRoots[assetId][epoch];
    }

    /// @inheritdoc IDataAssets
    function assetOf(uint256 deviceId, bytes32 contentRoot) external view returns (uint256 assetId) {
        return _published[deviceId][contentRoot];
    }

    /// @inheritdoc IDataAssets
    function deviceOf(uint256 assetId) external view returns (uint256 deviceId) {
        return _assets[assetId].deviceId;
    }

    /// @inheritdoc IDataAssets
    function kindOf(uint256 assetId) external view returns (Kind kind) {
        _requireOwned(assetId);
        return _assets[assetId].kind;
    }

    /// @inheritdoc IDataAssets
    function parentsOf(uint256 assetId) external view returns (Parent[] memory parents) {
        uint256 packed = _assets[assetId].parents;
        uint256 count = 0;
        while (packed >> (count * PARENT_BITS) != 0) ++count;
        parents = new Parent[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 parent = packed >> (i * PARENT_BITS);
            parents[i] = Parent(uint48(parent >> 16), uint16(parent));
        }
    }

    /// @inheritdoc IDataAssets
    function trustOf(uint256 assetId) external view returns (IDeviceRegistry.Trust trust) {
        _requireOwned(assetId);
        return devices.trustOf(_assets[assetId].deviceId);
    }

    /// @inheritdoc IDataAssets
    function standingOf(uint256 assetId) external view returns (Standing memory standing) {
        Asset storage asset = _assets[assetId];
        address owner = _requireOwned(assetId);
        address payee = asset.payeeNamed ? asset.payee : owner;
        return Standing(owner, payee, asset.transfers, asset.derivative);
    }

    /// @inheritdoc IDataAssets
    function streamStandingOf(uint256 assetId) external view returns (uint32 transfers, Stream memory stream) {
        return (_assets[assetId].transfers, _streamOf(_assets[assetId]));
    }

    /// @inheritdoc IDataAssets
    function isPayeeFixed(uint256 assetId) external view returns (bool) {
        return _assets[assetId].payeeFixed;
    }

    /// @inheritdoc IDataAssets
    function streamOf(uint256 assetId) external view returns (Stream memory stream) {
        return _streamOf(_assets[assetId]);
    }

    /// @inheritdoc IDataAssets
    function finalAt(uint256 assetId, uint32 epoch) external view returns (uint256 timestamp) {
        return _requireStream(assetId).finalAt(epoch);
    }

    /// @inheritdoc IDataAssets
    /// @dev As grace is no longer than an epoch, at most one epoch is over and not yet overdue.
    function firstPendingEpoch(uint256 assetId) external view returns (uint256 epoch) {
        epoch = _requireStream(assetId).overdueAt(block.timestamp);
        if (_isDelivered(assetId, epoch)) ++epoch;
    }

    /// @inheritdoc IDataAssets
    function deliveredBits(uint256 assetId, uint256 index) external view returns (uint256 bits) {
        return _delivered[assetId][index];
    }

    /// @inheritdoc IDataAssets
    function deliveredBetween(uint256 assetId, uint256 from, uint256 to) external view returns (uint256 count) {
        while (from < to) {
            uint256 index = from / 256;
            uint256 past = to / 256 == index ? to % 256 : 256;
            count += BitCount.popcount(_delivered[assetId][index], from % 256, past);
            from = (index + 1) * 256;
        }
    }

    /// @inheritdoc IERC2981
    /// @dev To the device's payee where it has one: that is where alone the device's income may go.
    function royaltyInfo(
        uint256 assetId,
        uint256 salePrice
    ) external view returns (address receiver, uint256 royaltyAmount) {
        _requireOwned(assetId);
        Asset storage asset = _assets[assetId];
        return (asset.royaltyReceiver, Math.mulDiv(salePrice, asset.royaltyBps, BPS));
    }

    /// @inheritdoc IDataAssets
    function isDelivered(uint256 assetId, uint32 epoch) external view returns (bool) {
        return _isDelivered(assetId, epoch);
    }

    /// @inheritdoc IDataAssets
    function verifyRoot(uint256 assetId, uint32 epoch, bytes32 root) public view returns (bool) {
        Asset storage asset = _assets[assetId];
        if (asset.kind == Kind.Stream) return root != 0 && _epochRoots[assetId][epoch] == root;
        return epoch == 0 && _isStart(asset, assetId, root);
    }

    /// @notice A `data:` URI that any wallet shows: what the asset is, which device signed it, how far a stream got.
    /// Reverts with ERC721NonexistentToken.
    function tokenURI(uint256 assetId) public view override returns (string memory uri) {
        _requireOwned(assetId);
        Asset storage asset = _assets[assetId];
        bool isStream = asset.kind == Kind.Stream;
        string memory json = string.concat(
            '{"name":"DeFIoT Data ',
            Strings.toString(assetId),
            '","description":"',
            isStream ? "A stream" : "A dataset",
            " signed by device ",
            Strings.toHexString(asset.deviceId, 32),
            '","attributes":[{"trait_type":"Kind","value":"',
            isStream ? "Stream" : "Dataset",
            '"},{"trait_type":"Next epoch","value":',
            Strings.toString(asset.nextEpoch),
            "}]}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return
            interfaceId == type(IDataAssets).interfaceId ||
            interfaceId == type(IERC2981).interfaceId ||
            interfaceId == ERC4906_INTERFACE_ID ||
            super.supportsInterface(interfaceId);
    }

    /// @dev A payee that the seller named ends with his ownership, and so does what depends on `transfers`.
    function _update(address to, uint256 assetId, address auth) internal override returns (address from) {
        from = super._update(to, assetId, auth);
        if (from == address(0)) return from;
        Asset storage asset = _assets[assetId];
        ++asset.transfers;
        if (!asset.payeeFixed) asset.payeeNamed = false;
    }

    function _store(
        Asset storage asset,
        Publication calldata publication,
        address fixedPayee,
        uint256 parents
    ) private {
        // Field by field: the compiler would write the zero ones too, each with a load and a store of its own.
        asset.kind = publication.kind;
        address payee = fixedPayee == address(0) ? publication.payee : fixedPayee;
        if (payee != address(0)) {
            asset.payeeFixed = fixedPayee != address(0);
            asset.payeeNamed = true;
            asset.payee = payee;
        }
        asset.deviceId = publication.deviceId;
        if (publication.royaltyBps != 0) {
            asset.royaltyReceiver = fixedPayee == address(0) ? publication.creator : fixedPayee;
            asset.royaltyBps = publication.royaltyBps;
        }
        if (parents != 0) {
            asset.derivative = true;
            asset.parents = parents;
        }
        if (publication.kind == Kind.Stream) {
            asset.epochLength = publication.epochLength;
            asset.grace = publication.grace;
            asset.firstEpochStart = publication.firstEpochStart;
            asset.version = devices.versionOf(publication.deviceId);
        }
    }

    /// @dev Everything that needs no call: the cheapest refusals first.
    function _checkPublication(Publication calldata publication) private view {
        require(publication.contentRoot != 0, DataAssetsMissingRoot());
        require(publication.from <= publication.to, DataAssetsInvalidPeriod(publication.from, publication.to));
        require(publication.royaltyBps <= BPS, DataAssetsInvalidShare(publication.royaltyBps));
        _checkEpochs(publication);
        uint256 known = _published[publication.deviceId][publication.contentRoot];
        require(known == 0, DataAssetsKnownContent(publication.deviceId, publication.contentRoot, known));
    }

    function _checkCreator(uint256 deviceId, address creator) private view {
        bool permitted =
            devices.ownerOf(deviceId) == creator ||
                devices.userOf(deviceId) == creator ||
                devices.permissionsOf(deviceId, creator) & DevicePermissions.DATA != 0;
        require(permitted, DataAssetsUnauthorizedCreator(deviceId, creator));
    }

    /// @return fixedPayee The device's own payee, to whom alone its income may go; zero if it has none.
    function _checkPayee(Publication calldata publication) private view returns (address fixedPayee) {
        uint256 deviceId = publication.deviceId;
        fixedPayee = devices.revenuePayeeOf(deviceId);
        if (fixedPayee == address(0)) return fixedPayee;
        // Parents are paid before the payee: a share for them is the device owner's to promise, nobody else's.
        bool valid =
            (publication.payee == address(0) || publication.payee == fixedPayee) &&
                (publication.parents.length == 0 || devices.ownerOf(deviceId) == publication.creator);
        require(valid, DataAssetsFixedPayee(fixedPayee));
    }

    /// @dev A device that changed hands, and has a payee of its own since, does not go on feeding a stream past him.
    function _checkAppendable(
        Asset storage asset,
        uint256 assetId,
        Link memory link,
        bytes32 previous,
        bytes calldata deviceSignature
    ) private view {
        uint256 deviceId = asset.deviceId;
        _checkSigned(deviceId, assetId, link, previous, deviceSignature);
        if (devices.versionOf(deviceId) == asset.version) return;
        address fixedPayee = devices.revenuePayeeOf(deviceId);
        bool goesOn = fixedPayee == address(0) || (asset.payeeFixed && asset.payee == fixedPayee);
        require(goesOn, DataAssetsFixedPayee(fixedPayee));
    }

    function _requireStream(uint256 assetId) private view returns (Stream memory stream) {
        stream = _streamOf(_assets[assetId]);
        require(stream.epochLength != 0, DataAssetsNotAStream(assetId));
    }

    function _streamOf(Asset storage asset) private view returns (Stream memory stream) {
        return Stream(asset.epochLength, asset.grace, asset.firstEpochStart, asset.nextEpoch);
    }

    function _isDelivered(uint256 assetId, uint256 epoch) private view returns (bool) {
        return (_delivered[assetId][epoch / 256] >> (epoch % 256)) & 1 != 0;
    }

    /// @dev Whether the asset was published with this content root. No asset 0 was.
    function _isStart(Asset storage asset, uint256 assetId, bytes32 root) private view returns (bool) {
        return assetId != 0 && _published[asset.deviceId][root] == assetId;
    }

    function _isHead(Asset storage asset, uint256 assetId, bytes32 previous) private view returns (bool) {
        bytes32 head = asset.head;
        return head == 0 ? _isStart(asset, assetId, previous) : head == previous;
    }

    function _chain(bytes32 previous, Link memory link) private pure returns (bytes32 head) {
        return keccak256(abi.encode(previous, link.epoch, link.root, link.recordCount));
    }

    function _checkEpochs(Publication calldata publication) private pure {
        bool valid =
            publication.kind == Kind.Stream
                ? publication.grace != 0 && publication.grace <= publication.epochLength
                : publication.grace == 0 && publication.epochLength == 0 && publication.firstEpochStart == 0;
        require(
            valid,
            DataAssetsInvalidEpochs(publication.epochLength, publication.firstEpochStart, publication.grace)
        );
    }

    /// @dev Rising ids below the asset's own: parents exist, come once each, and never close a circle.
    /// @return packed As {Asset-parents} keeps them.
    function _checkedParents(Parent[] calldata parents, uint256 assetId) private pure returns (uint256 packed) {
        require(parents.length <= MAX_PARENTS, DataAssetsTooManyParents(parents.length));
        uint256 last = 0;
        uint256 sum = 0;
        for (uint256 i = 0; i < parents.length; ++i) {
            (uint256 id, uint256 bps) = (parents[i].assetId, parents[i].bps);
            require(id > last && id < assetId, DataAssetsInvalidParent(id));
            last = id;
            sum += bps;
            packed |= ((id << 16) | bps) << (i * PARENT_BITS);
        }
        require(sum <= BPS, DataAssetsInvalidShare(sum));
    }
}
