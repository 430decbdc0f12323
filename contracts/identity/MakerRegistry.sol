// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {IMakerRegistry} from "./IMakerRegistry.sol";

/// @title MakerRegistry
/// @notice See {IMakerRegistry}.
contract MakerRegistry is IMakerRegistry, ERC721, EIP712, AccessManaged {
    bytes32 private constant ATTESTATION_TYPEHASH = keccak256(
        "Attestation(uint32 makerId,uint24 lot,bytes32 keyHash,bytes32 modelHash,uint48 deadline)"
    );

    /// @dev Bytes of the deadline that stands before the signature in a signer lot's evidence.
    uint256 private constant DEADLINE_LENGTH = 6;

    uint32 private _makerCount;
    /// @dev Slot 0 holds `verified`, `signerLot`, `lots` and `verifiableFrom`; a 20-byte signer takes one slot: two
    /// reads to attest.
    mapping(uint32 makerId => Maker) private _makers;
    mapping(uint32 makerId => mapping(uint24 lot => bytes32)) private _batchRoots;
    /// @dev The newest lot at the time of the recall, which is never 0.
    mapping(uint32 makerId => mapping(uint24 lot => uint24 newest)) private _recalledLots;
    mapping(uint32 makerId => mapping(uint256 deviceId => uint24 newest)) private _recalledDevices;

    modifier onlyMaker(uint32 makerId) {
        require(_ownerOf(makerId) == msg.sender, MakerRegistryNotOwner(makerId, msg.sender));
        _;
    }

    /// @param authority The suite's AccessManager.
    constructor(
        address authority
    ) ERC721("DeFIoT Maker", "MAKER") EIP712("DeFIoT MakerRegistry", "1") AccessManaged(authority) {}

    /// @inheritdoc IMakerRegistry
    function register(
        string calldata makerName,
        string calldata uri,
        bytes calldata signer
    ) external returns (uint32 makerId) {
        makerId = ++_makerCount;
        bytes32 nameHash = keccak256(bytes(makerName));
        _makers[makerId].nameHash = nameHash;
        emit MakerRegistered(makerId, msg.sender, nameHash, makerName, uri);
        if (signer.length != 0) _setSigner(makerId, signer);
        _mint(msg.sender, makerId);
    }

    /// @inheritdoc IMakerRegistry
    function setSigner(uint32 makerId, bytes calldata signer) external onlyMaker(makerId) returns (uint24 lot) {
        return _setSigner(makerId, signer);
    }

    /// @inheritdoc IMakerRegistry
    function publishBatch(
        uint32 makerId,
        bytes32 root,
        uint32 count,
        string calldata uri
    ) external onlyMaker(makerId) returns (uint24 lot) {
        require(root != 0 && count != 0, MakerRegistryEmptyBatch(root, count));
        lot = ++_makers[makerId].lots;
        _batchRoots[makerId][lot] = root;
        emit BatchPublished(makerId, lot, root, count, uri);
    }

    /// @inheritdoc IMakerRegistry
    function recallLot(uint32 makerId, uint24 lot, string calldata reason) external onlyMaker(makerId) {
        require(lot != 0 && lot <= _makers[makerId].lots, MakerRegistryUnknownLot(makerId, lot));
        require(_recalledLots[makerId][lot] == 0, MakerRegistryLotAlreadyRecalled(makerId, lot));
        _recalledLots[makerId][lot] = _makers[makerId].lots;
        emit LotRecalled(makerId, lot, reason);
    }

    /// @inheritdoc IMakerRegistry
    function recallDevice(uint32 makerId, uint256 deviceId, string calldata reason) external onlyMaker(makerId) {
        uint24 newest = _makers[makerId].lots;
        require(newest != 0, MakerRegistryUnknownLot(makerId, newest));
        _recalledDevices[makerId][deviceId] = newest;
        emit DeviceRecalled(makerId, deviceId, reason);
    }

    /// @inheritdoc IMakerRegistry
    function setVerified(uint32 makerId, address owner, bool verified) external restricted {
        require(_requireOwned(makerId) == owner, MakerRegistryOwnerChanged(makerId, owner));
        _makers[makerId].verified = verified;
        emit MakerVerificationSet(makerId, verified);
    }

    /// @inheritdoc IMakerRegistry
    function checkAttestation(
        uint32 makerId,
        uint24 lot,
        bytes32 keyHash,
        bytes32 modelHash,
        bytes calldata evidence
    ) external view {
        bool valid =
            lot == _makers[makerId].signerLot
                ? _isSignedByMaker(makerId, lot, keyHash, modelHash, evidence)
                : _isInBatch(_batchRoots[makerId][lot], keyHash, modelHash, evidence);
        require(valid, MakerRegistryInvalidAttestation(makerId, lot, keyHash, modelHash));
    }

    /// @inheritdoc IMakerRegistry
    function standingOf(
        uint32 makerId,
        uint24 lot,
        uint256 deviceId
    ) external view returns (bool verified, bool recalled) {
        Maker storage maker = _makers[makerId];
        verified = maker.verified && lot >= maker.verifiableFrom;
        recalled = lot != 0 && recalledUpTo(makerId, lot, deviceId) >= lot;
    }

    /// @inheritdoc IMakerRegistry
    function recalledUpTo(uint32 makerId, uint24 lot, uint256 deviceId) public view returns (uint24 newest) {
        uint24 withLot = _recalledLots[makerId][lot];
        uint24 alone = _recalledDevices[makerId][deviceId];
        return withLot > alone ? withLot : alone;
    }

    /// @inheritdoc IMakerRegistry
    function makerOf(uint32 makerId) external view returns (Maker memory maker) {
        return _makers[makerId];
    }

    /// @inheritdoc IMakerRegistry
    function batchRootOf(uint32 makerId, uint24 lot) external view returns (bytes32 root) {
        return _batchRoots[makerId][lot];
    }

    /// @inheritdoc IMakerRegistry
    function makerCount() external view returns (uint32 count) {
        return _makerCount;
    }

    /// @dev A sold maker is another maker until MAKER_VERIFIER has looked again, and the seller's signer is not the
    /// buyer's.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from == address(0)) return from;

        uint32 makerId = uint32(tokenId); // ids are minted from a uint32
        Maker storage maker = _makers[makerId];
        if (maker.verified) {
            maker.verified = false;
            emit MakerVerificationSet(makerId, false);
        }
        if (maker.signerLot != 0) _clearSigner(makerId);
        maker.verifiableFrom = maker.lots + 1;
    }

    function _setSigner(uint32 makerId, bytes calldata signer) private returns (uint24 lot) {
        if (signer.length == 0) {
            _clearSigner(makerId);
            return 0;
        }
        require(signer.length >= 20, MakerRegistryInvalidSigner(signer));
        Maker storage maker = _makers[makerId];
        lot = ++maker.lots;
        maker.signerLot = lot;
        maker.signer = signer;
        emit MakerSignerSet(makerId, lot, signer);
    }

    function _clearSigner(uint32 makerId) private {
        Maker storage maker = _makers[makerId];
        maker.signerLot = 0;
        delete maker.signer;
        emit MakerSignerSet(makerId, 0, "");
    }

    function _isSignedByMaker(
        uint32 makerId,
        uint24 lot,
        bytes32 keyHash,
        bytes32 modelHash,
        bytes calldata evidence
    ) private view returns (bool) {
        if (evidence.length < DEADLINE_LENGTH) return false;

        uint48 deadline = uint48(bytes6(evidence[:DEADLINE_LENGTH]));
        require(block.timestamp <= deadline, MakerRegistryExpiredAttestation(deadline));
        bytes32 structHash = keccak256(abi.encode(ATTESTATION_TYPEHASH, makerId, lot, keyHash, modelHash, deadline));
        return
            SignatureChecker.isValidSignatureNow(
                _makers[makerId].signer, // none in lot 0: then nothing is valid
                _hashTypedDataV4(structHash),
                evidence[DEADLINE_LENGTH:]
            );
    }

    /// @dev OpenZeppelin's MerkleProof over nodes that stand one after the other: as a `bytes32[]` the empty proof of
    /// every other kind of registration would cost two words of calldata.
    function _isInBatch(
        bytes32 root,
        bytes32 keyHash,
        bytes32 modelHash,
        bytes calldata proof
    ) private pure returns (bool) {
        if (proof.length % 32 != 0) return false;
        // Hashed twice, so that no inner node of the tree can pass for a leaf.
        bytes32 node = keccak256(bytes.concat(keccak256(abi.encode(keyHash, modelHash))));
        for (uint256 i = 0; i < proof.length; i += 32) {
            node = Hashes.commutativeKeccak256(node, bytes32(proof[i:i + 32]));
        }
        return node == root;
    }
}
