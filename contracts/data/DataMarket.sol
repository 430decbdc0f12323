// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Currency} from "../shared/Currency.sol";
import {DataDeliveries} from "./DataDeliveries.sol";
import {DataEscrow} from "./DataEscrow.sol";
import {DataSubscriptions} from "./DataSubscriptions.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferFlags} from "./OfferFlags.sol";

/// @title DataMarket
/// @notice See {IDataMarket}. Here: buying, quota and wrapping. Money is in {DataEscrow}, offers in {DataListings},
/// grants and exclusivity in {DataGrantBook}, subscriptions in {DataSubscriptions}, sealed keys in {DataDeliveries}.
contract DataMarket is DataSubscriptions, DataDeliveries {
    /// @param authority The suite's AccessManager.
    /// @param offers_ The suite's {IDataOffers}, which names assets and credits.
    /// @param treasury_ Who gets the fees.
    constructor(
        address authority,
        IDataOffers offers_,
        address treasury_
    ) AccessManaged(authority) DataEscrow(offers_, treasury_) {}

    /// @inheritdoc IDataMarket
    function buy(Purchase calldata purchase) external payable nonReentrant whenIntakeOpen {
        _buy(purchase, msg.sender);
    }

    /// @inheritdoc IDataMarket
    function buyFor(Purchase calldata purchase, address payer) external payable nonReentrant whenIntakeOpen {
        bool trusted = msg.sender == address(offers) || msg.sender == address(grants);
        require(trusted, DataMarketUnauthorized(msg.sender));
        _buy(purchase, payer);
    }

    /// @inheritdoc IDataMarket
    function recordUsage(bytes32 offerId, address holder, uint48 cumulative) external {
        require(msg.sender == address(grants), DataMarketUnauthorized(msg.sender));
        Grant storage grant = _grants[offerId][holder];
        bool rises = cumulative > grant.used && cumulative <= grant.quota;
        require(rises, DataMarketInvalidUsage(cumulative, grant.used, grant.quota));
        grant.used = cumulative;
        if (cumulative == grant.quota) _unbookOpen(_load(offerId), false);
        emit UsageRecorded(offerId, holder, cumulative);
    }

    /// @inheritdoc IDataMarket
    function wrap(bytes32 offerId) external nonReentrant returns (uint32 tokenId) {
        Listing memory listing = _load(offerId);
        Grant storage grant = _grants[offerId][msg.sender];
        bool wrappable =
            _is(listing, OfferFlags.TRANSFERABLE) &&
                grant.tokenId == 0 &&
                _deliveries[offerId][msg.sender].status == DeliveryStatus.None &&
                _isGranted(listing, offerId, msg.sender);
        require(wrappable, DataMarketNotWrappable(offerId, msg.sender));
        tokenId = grants.mint(msg.sender, offerId);
        grant.tokenId = tokenId;
    }

    /// @inheritdoc IDataMarket
    function unwrap(bytes32 offerId) external nonReentrant {
        Grant storage grant = _grants[offerId][msg.sender];
        uint32 tokenId = grant.tokenId;
        require(tokenId != 0, DataMarketNotWrappable(offerId, msg.sender));
        grant.tokenId = 0;
        grants.burn(tokenId);
    }

    /// @inheritdoc IDataMarket
    function moveGrant(bytes32 offerId, address from, address to) external nonReentrant {
        require(msg.sender == address(grants), DataMarketUnauthorized(msg.sender));
        Listing memory listing = _load(offerId);
        Grant storage source = _grants[offerId][from];
        Grant storage target = _grants[offerId][to];
        bool free =
            target.tokenId == 0 &&
                !_isGranted(listing, offerId, to) &&
                _deliveries[offerId][to].status == DeliveryStatus.None;
        require(free, DataMarketAlreadyHeld(offerId, to));
        _checkGate(offerId, listing, to);
        // What is due until now is due to each for himself.
        _refund(offerId, listing, from);
        _refund(offerId, listing, to);
        _moveGrant(source, target);
        emit GrantMoved(offerId, from, to);
    }

    /// @inheritdoc IDataMarket
    function previewBuy(
        Purchase calldata purchase,
        address payer
    ) external view returns (Currency currency, uint256 price) {
        Listing memory listing = _load(purchase.offerId);
        price = _checkPurchase(purchase, listing, payer);
        _checkFresh(listing, assets.standingOf(listing.assetId).transfers);
        return (listing.currency, price);
    }

    /// @inheritdoc IDataMarket
    function refundable(bytes32 offerId, address holder) external view returns (uint256 amount) {
        Listing memory listing = _load(offerId);
        (amount, ) = _due(listing, _grants[offerId][holder]);
        return amount + _dueOfDelivery(listing, _deliveries[offerId][holder]);
    }

    function _buy(Purchase calldata purchase, address payer) private {
        bytes32 offerId = purchase.offerId;
        Listing memory listing = _load(offerId);
        uint256 price = _checkPurchase(purchase, listing, payer);
        _countUnits(offerId, listing, purchase.units);
        emit GrantBought(offerId, purchase.recipient, payer, purchase.units, price, purchase.encryptionKey);
        if (listing.kind == IDataOffers.Kind.Subscription) {
            _subscribe(offerId, listing, purchase.recipient, uint256(purchase.units) * listing.period);
            return _collect(listing.currency, payer, price);
        }
        IDataAssets.Standing memory standing = assets.standingOf(listing.assetId);
        _checkFresh(listing, standing.transfers);
        bool earned = _grant(purchase, listing);
        _collect(listing.currency, payer, price);
        if (earned) _recognise(offerId, listing, standing, price, purchase.referrer, payer);
    }

    /// @dev Gives what has no end.
    /// @return earned Whether the price is the seller's at once.
    function _grant(Purchase calldata purchase, Listing memory listing) private returns (bool earned) {
        bytes32 offerId = purchase.offerId;
        address holder = purchase.recipient;
        Grant storage grant = _grants[offerId][holder];
        if (listing.kind == IDataOffers.Kind.Metered) {
            if (grant.used == grant.quota) _bookOpen(listing);
            grant.quota = SafeCast.toUint48(grant.quota + uint256(purchase.units) * listing.quota);
            return true;
        }
        require(!grant.held, DataMarketAlreadyHeld(offerId, holder));
        grant.held = true;
        if (_is(listing, OfferFlags.ENCRYPTED)) {
            _bookOpen(listing);
            _openDelivery(offerId, listing, holder, purchase.referrer);
            return false;
        }
        _book(listing, type(uint48).max, false);
        return true;
    }

    /// @dev Field by field: who had quota keeps count of it and has used it all, so that what he signed before is worth
    /// nothing if he buys again.
    function _moveGrant(Grant storage source, Grant storage target) private {
        target.start = source.start;
        target.end = source.end;
        target.refundTo = source.refundTo;
        target.quota = SafeCast.toUint48(uint256(target.quota) + source.quota - source.used);
        target.tokenId = source.tokenId;
        target.held = source.held;
        source.start = 0;
        source.end = 0;
        source.refundTo = 0;
        source.used = source.quota;
        source.tokenId = 0;
        source.held = false;
    }

    function _checkPurchase(
        Purchase calldata purchase,
        Listing memory listing,
        address payer
    ) private view returns (uint256 price) {
        _checkOpen(purchase.offerId, listing, purchase.units, purchase.recipient);
        bool own = purchase.recipient == payer;
        bool recipient = purchase.recipient != address(0) && (own || !_isCredits(listing.currency));
        require(recipient, DataMarketInvalidRecipient(purchase.recipient));
        _checkEncryptionKey(purchase, listing, own);
        uint256 multiple = listing.kind == IDataOffers.Kind.Subscription ? listing.period : 1;
        price = purchase.units * multiple * listing.price;
        require(price <= purchase.maxPay, DataMarketPriceTooHigh(price, purchase.maxPay));
    }

    /// @dev Only the holder says which key is his: with another's, who pays for him would get the content in his place.
    function _checkEncryptionKey(Purchase calldata purchase, Listing memory listing, bool own) private view {
        bytes32 key = purchase.encryptionKey;
        bool valid =
            !_is(listing, OfferFlags.ENCRYPTED)
                ? key == 0
                : key != 0 && (own || key == encryptionKeyOf(purchase.recipient));
        require(valid, DataMarketInvalidEncryptionKey(key));
    }
}
