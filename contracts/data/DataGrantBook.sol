// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DataEscrow} from "./DataEscrow.sol";
import {DataGrants} from "./DataGrants.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataGrants} from "./IDataGrants.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferFlags} from "./OfferFlags.sol";
import {StreamClock} from "./StreamClock.sol";

/// @title DataGrantBook
/// @notice The part of {IDataMarket} that knows who holds what, what that opens, and what it keeps others from buying.
abstract contract DataGrantBook is DataEscrow {
    using StreamClock for IDataAssets.Stream;

    /// @inheritdoc IDataMarket
    IDataGrants public immutable grants = new DataGrants();

    mapping(bytes32 offerId => mapping(address holder => Grant)) internal _grants;
    mapping(bytes32 offerId => mapping(address holder => Delivery)) internal _deliveries;
    mapping(uint256 assetId => Exclusivity) private _exclusivities;

    /// @inheritdoc IDataMarket
    function canAccess(bytes32 offerId, address user, uint8 use, uint32 epoch) external view returns (bool) {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        if (use == 0 || deal.uses & use != use) return false;
        if (deal.kind == IDataOffers.Kind.Subscription) {
            Grant storage grant = _grants[offerId][user];
            if (epoch < grant.start || epoch >= grant.end) return false;
        }
        return _isGranted(deal, offerId, user);
    }

    /// @inheritdoc IDataMarket
    function accessUntil(bytes32 offerId, address holder) external view returns (uint48 timestamp) {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        if (!_isGranted(deal, offerId, holder)) return 0;
        if (deal.kind != IDataOffers.Kind.Subscription) return type(uint48).max;
        return _closedAt(_streamOf(deal), _grants[offerId][holder].end);
    }

    /// @inheritdoc IDataMarket
    function isGranted(bytes32 offerId, address holder) external view returns (bool) {
        return _isGranted(_dealOf(offerId), offerId, holder);
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
    function _isGranted(IDataOffers.Deal memory deal, bytes32 offerId, address holder) internal view returns (bool) {
        Grant storage grant = _grants[offerId][holder];
        if (deal.kind == IDataOffers.Kind.Metered) return grant.used < grant.quota;
        if (deal.kind == IDataOffers.Kind.Subscription) return _isSubscribed(deal, grant);
        if (!grant.held || !_isEncrypted(deal)) return grant.held;
        DeliveryStatus status = _deliveries[offerId][holder].status;
        return status == DeliveryStatus.None || status == DeliveryStatus.Delivered;
    }

    /// @dev Until the end of epoch `end`: the data of the last one that was bought comes after it is over.
    function _isSubscribed(IDataOffers.Deal memory deal, Grant storage grant) private view returns (bool) {
        uint256 end = grant.end;
        return end > grant.start && _streamOf(deal).epochAt(block.timestamp) <= end;
    }

    /// @dev Books an endless grant; a holder's second one, of more quota, is no other grant.
    function _bookEndless(IDataOffers.Deal memory deal, bool extended) internal {
        if (extended) return;
        Exclusivity storage book = _exclusivities[deal.assetId];
        _checkExclusivity(deal, book);
        ++book.endless;
        if (deal.flags & OfferFlags.EXCLUSIVE != 0) book.exclusiveUntil = type(uint48).max;
    }

    /// @dev Books a subscription until `until`.
    /// @param extended It goes on from one that is in force: then, if it is exclusive, all others are kept out already.
    function _bookUntil(IDataOffers.Deal memory deal, uint48 until, bool extended) internal {
        Exclusivity storage book = _exclusivities[deal.assetId];
        if (!extended || deal.flags & OfferFlags.EXCLUSIVE == 0) _checkExclusivity(deal, book);
        book.grantsUntil = uint48(Math.max(book.grantsUntil, until));
        if (deal.flags & OfferFlags.EXCLUSIVE != 0) book.exclusiveUntil = until;
    }

    /// @dev A grant ends before its time. That of an exclusive one is exact, since it is the only one.
    function _unbookUntil(IDataOffers.Deal memory deal, uint48 until) internal {
        if (deal.flags & OfferFlags.EXCLUSIVE == 0) return;
        Exclusivity storage book = _exclusivities[deal.assetId];
        book.grantsUntil = until;
        book.exclusiveUntil = until;
    }

    /// @dev An endless grant was refunded.
    function _unbookEndless(IDataOffers.Deal memory deal) internal {
        Exclusivity storage book = _exclusivities[deal.assetId];
        --book.endless;
        if (deal.flags & OfferFlags.EXCLUSIVE != 0) book.exclusiveUntil = 0;
    }

    function _closedAt(IDataAssets.Stream memory stream, uint256 end) internal pure returns (uint48 timestamp) {
        return SafeCast.toUint48(stream.startOf(end + 1));
    }

    function _isEncrypted(IDataOffers.Deal memory deal) internal pure returns (bool) {
        return deal.flags & OfferFlags.ENCRYPTED != 0;
    }

    function _checkExclusivity(IDataOffers.Deal memory deal, Exclusivity storage book) private view {
        uint48 until = book.exclusiveUntil;
        if (deal.flags & OfferFlags.EXCLUSIVE != 0) {
            until = book.endless != 0 ? type(uint48).max : uint48(Math.max(until, book.grantsUntil));
        }
        require(block.timestamp >= until, DataMarketExclusive(deal.assetId, until));
    }
}
