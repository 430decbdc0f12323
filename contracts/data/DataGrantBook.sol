// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DataGrants} from "./DataGrants.sol";
import {DataListings} from "./DataListings.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataGrants} from "./IDataGrants.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferFlags} from "./OfferFlags.sol";
import {StreamClock} from "./StreamClock.sol";

/// @title DataGrantBook
/// @notice The part of {IDataMarket} that knows who holds what, what that opens, and what it keeps others from buying.
abstract contract DataGrantBook is DataListings {
    using StreamClock for IDataAssets.Stream;

    /// @inheritdoc IDataMarket
    IDataGrants public immutable grants = new DataGrants();

    mapping(bytes32 offerId => mapping(address holder => Grant)) internal _grants;
    mapping(bytes32 offerId => mapping(address holder => Delivery)) internal _deliveries;
    mapping(uint256 assetId => Exclusivity) private _exclusivities;

    /// @inheritdoc IDataMarket
    function canAccess(bytes32 offerId, address user, uint8 use, uint32 epoch) external view returns (bool) {
        Listing memory listing = _load(offerId);
        if (use == 0 || listing.uses & use != use) return false;
        if (listing.kind == IDataOffers.Kind.Subscription) {
            Grant storage grant = _grants[offerId][user];
            if (epoch < grant.start || epoch >= grant.end) return false;
        }
        return _isGranted(listing, offerId, user);
    }

    /// @inheritdoc IDataMarket
    function grantOf(bytes32 offerId, address holder) external view returns (Grant memory grant) {
        return _grants[offerId][holder];
    }

    /// @inheritdoc IDataMarket
    function deliveryOf(bytes32 offerId, address holder) external view returns (Delivery memory delivery) {
        return _deliveries[offerId][holder];
    }

    /// @inheritdoc IDataMarket
    function exclusivityOf(uint256 assetId) external view returns (Exclusivity memory exclusivity) {
        return _exclusivities[assetId];
    }

    /// @dev Encrypted content is open from the delivery of its key on, unless that is disputed.
    function _isGranted(Listing memory listing, bytes32 offerId, address holder) internal view returns (bool) {
        Grant storage grant = _grants[offerId][holder];
        if (listing.kind == IDataOffers.Kind.Metered) return grant.used < grant.quota;
        if (listing.kind == IDataOffers.Kind.Subscription) return _isSubscribed(listing, grant);
        if (!grant.held || !_is(listing, OfferFlags.ENCRYPTED)) return grant.held;
        DeliveryStatus status = _deliveries[offerId][holder].status;
        return status == DeliveryStatus.None || status == DeliveryStatus.Delivered;
    }

    /// @dev Until the end of epoch `end`: the data of the last one that was bought comes after it is over.
    function _isSubscribed(Listing memory listing, Grant storage grant) private view returns (bool) {
        uint256 end = grant.end;
        return end > grant.start && assets.streamOf(listing.assetId).epochAt(block.timestamp) <= end;
    }

    /// @dev Books a grant until `until`.
    /// @param extended It goes on from one of the same offer that is in force: then, if it is exclusive, all others are
    /// kept out already.
    function _book(Listing memory listing, uint48 until, bool extended) internal {
        Exclusivity storage book = _exclusivities[listing.assetId];
        bool exclusive = _is(listing, OfferFlags.EXCLUSIVE);
        if (!extended || !exclusive) _checkExclusivity(listing, book, exclusive);
        if (until > book.grantsUntil) book.grantsUntil = until;
        if (exclusive) book.exclusiveUntil = until;
    }

    /// @dev A grant ends before its time. That of an exclusive one is exact, since it is the only one.
    function _unbook(Listing memory listing, uint48 until) internal {
        if (!_is(listing, OfferFlags.EXCLUSIVE)) return;
        Exclusivity storage book = _exclusivities[listing.assetId];
        book.grantsUntil = until;
        book.exclusiveUntil = until;
    }

    /// @dev Books a grant that ends by what happens, not by time: a key that does not come, or quota that is used up.
    function _bookOpen(Listing memory listing) internal {
        Exclusivity storage book = _exclusivities[listing.assetId];
        bool exclusive = _is(listing, OfferFlags.EXCLUSIVE);
        _checkExclusivity(listing, book, exclusive);
        ++book.open;
        if (exclusive) book.exclusiveUntil = type(uint48).max;
    }

    /// @param forever The grant stays for ever; otherwise it is over.
    function _unbookOpen(Listing memory listing, bool forever) internal {
        Exclusivity storage book = _exclusivities[listing.assetId];
        --book.open;
        if (forever) book.grantsUntil = type(uint48).max;
        else if (_is(listing, OfferFlags.EXCLUSIVE)) book.exclusiveUntil = 0;
    }

    function _closedAt(IDataAssets.Stream memory stream, uint256 end) internal pure returns (uint48 timestamp) {
        return SafeCast.toUint48(stream.startOf(end + 1));
    }

    function _checkExclusivity(Listing memory listing, Exclusivity storage book, bool exclusive) private view {
        uint48 until = book.exclusiveUntil;
        if (exclusive) until = book.open == 0 ? book.grantsUntil : type(uint48).max;
        require(block.timestamp >= until, DataMarketExclusive(listing.assetId, until));
    }
}
