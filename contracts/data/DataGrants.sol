// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IDataAssets} from "./IDataAssets.sol";
import {IDataGrants} from "./IDataGrants.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {IERC5643} from "./IERC5643.sol";
import {StreamClock} from "./StreamClock.sol";

/// @title DataGrants
/// @notice See {IDataGrants}. Deployed by the market's constructor, for it alone.
contract DataGrants is ERC721, EIP712, IDataGrants {
    bytes32 private constant USAGE_TYPEHASH = keccak256(
        "Usage(bytes32 offerId,address holder,uint48 cumulative,uint48 deadline)"
    );

    using StreamClock for IDataAssets.Stream;

    /// @inheritdoc IDataGrants
    IDataMarket public immutable market;

    uint32 private _lastId;
    mapping(uint256 tokenId => bytes32) private _offers;

    modifier onlyMarket() {
        require(msg.sender == address(market), DataGrantsUnauthorized(msg.sender));
        _;
    }

    constructor() ERC721("DeFIoT Data Grant", "GRANT") EIP712("DeFIoT DataGrants", "1") {
        market = IDataMarket(msg.sender);
    }

    /// @inheritdoc IDataGrants
    function recordUsage(Usage calldata usage, bytes calldata holderSignature) external {
        require(block.timestamp <= usage.deadline, DataGrantsExpiredSignature(usage.deadline));
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(USAGE_TYPEHASH, usage)));
        bool signed = SignatureChecker.isValidSignatureNowCalldata(usage.holder, digest, holderSignature);
        require(signed, DataGrantsInvalidHolderSignature(usage.holder));
        market.recordUsage(usage.offerId, usage.holder, usage.cumulative);
    }

    /// @inheritdoc IDataGrants
    function mint(address holder, bytes32 offerId) external onlyMarket returns (uint32 tokenId) {
        tokenId = ++_lastId;
        _offers[tokenId] = offerId;
        _mint(holder, tokenId);
        emit SubscriptionUpdate(tokenId, expiresAt(tokenId));
    }

    /// @inheritdoc IDataGrants
    function burn(uint32 tokenId) external onlyMarket {
        _burn(tokenId);
        delete _offers[tokenId];
    }

    /// @inheritdoc IDataGrants
    function announce(uint32 tokenId, uint64 expiration) external onlyMarket {
        emit SubscriptionUpdate(tokenId, expiration);
    }

    /// @notice Extends the subscription of a token; whoever calls it pays, in the offer's currency, of which he has
    /// approved the market. What comes in too much of the native coin returns to him.
    /// @param duration Seconds: whole units of the offer.
    /// Reverts with ERC721NonexistentToken, {DataGrantsInvalidDuration}, and as {IDataMarket-buy} does.
    function renewSubscription(uint256 tokenId, uint64 duration) external payable {
        IDataMarket.Purchase memory purchase;
        purchase.offerId = offerOf(tokenId);
        purchase.units = _unitsOf(purchase.offerId, duration);
        purchase.maxPay = type(uint256).max;
        purchase.recipient = ownerOf(tokenId);
        market.buyFor{value: msg.value}(purchase, msg.sender);
    }

    /// @notice Cancels the epochs that have not begun; the token's owner, or whom he approved for it. The money is
    /// credited to the owner.
    /// Reverts with ERC721NonexistentToken, ERC721InsufficientApproval, {DataGrantsUnexpectedValue}, and as
    /// {IDataMarket-cancel} does.
    function cancelSubscription(uint256 tokenId) external payable {
        require(msg.value == 0, DataGrantsUnexpectedValue(msg.value));
        address owner = _requireOwned(tokenId);
        _checkAuthorized(owner, msg.sender, tokenId);
        market.cancel(_offers[tokenId], owner);
    }

    /// @notice When the token's access is closed for certain, in seconds: 0 if it is closed, the greatest uint48 if it
    /// has no end.
    /// Reverts with ERC721NonexistentToken.
    function expiresAt(uint256 tokenId) public view returns (uint64 expiration) {
        return accessUntil(offerOf(tokenId), ownerOf(tokenId));
    }

    /// @notice Whether the token is a subscription whose offer is open.
    /// Reverts with ERC721NonexistentToken.
    function isRenewable(uint256 tokenId) external view returns (bool) {
        bytes32 offerId = offerOf(tokenId);
        return market.offers().isOpen(offerId) && market.listingOf(offerId).kind == IDataOffers.Kind.Subscription;
    }

    /// @inheritdoc IDataGrants
    function userOf(uint256 tokenId) external view returns (address user) {
        return expiresAt(tokenId) == 0 ? address(0) : ownerOf(tokenId);
    }

    /// @inheritdoc IDataGrants
    function userExpires(uint256 tokenId) external view returns (uint256 expires) {
        uint256 end = expiresAt(tokenId);
        return end == 0 ? 0 : end - 1;
    }

    /// @inheritdoc IDataGrants
    function offerOf(uint256 tokenId) public view returns (bytes32 offerId) {
        _requireOwned(tokenId);
        return _offers[tokenId];
    }

    /// @inheritdoc IDataGrants
    function accessUntil(bytes32 offerId, address holder) public view returns (uint48 timestamp) {
        IDataMarket.Grant memory grant = market.grantOf(offerId, holder);
        IDataMarket.Listing memory listing = market.listingOf(offerId);
        if (!market.canAccess(offerId, holder, listing.uses, grant.start)) return 0;
        if (listing.kind != IDataOffers.Kind.Subscription) return type(uint48).max;
        return SafeCast.toUint48(market.assets().streamOf(listing.assetId).startOf(uint256(grant.end) + 1));
    }

    /// @inheritdoc ERC721
    function supportsInterface(bytes4 interfaceId) public view override(ERC721, IERC165) returns (bool) {
        return
            interfaceId == type(IDataGrants).interfaceId ||
            interfaceId == type(IERC5643).interfaceId ||
            super.supportsInterface(interfaceId);
    }

    /// @dev A transfer moves the grant in the market's books, or does not happen.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from != address(0) && to != address(0) && from != to) market.moveGrant(_offers[tokenId], from, to);
    }

    function _unitsOf(bytes32 offerId, uint64 duration) private view returns (uint32 units) {
        IDataMarket.Listing memory listing = market.listingOf(offerId);
        uint256 unit = uint256(listing.period) * market.assets().streamOf(listing.assetId).epochLength;
        require(unit != 0 && duration % unit == 0, DataGrantsInvalidDuration(duration, unit));
        return SafeCast.toUint32(duration / unit);
    }
}
