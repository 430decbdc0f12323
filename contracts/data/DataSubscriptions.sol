// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DataGrantBook} from "./DataGrantBook.sol";
import {EpochDeltas} from "./EpochDeltas.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferFlags} from "./OfferFlags.sol";
import {StreamClock} from "./StreamClock.sol";

/// @title DataSubscriptions
/// @notice The part of {IDataMarket} in which subscriptions pay for delivery. Both sides read the same bits of
/// {IDataAssets}, which never change once an epoch is final: the seller earns `active x price` of each delivered epoch
/// by {settle}, each subscriber gets back the price of each missed one by {refund}. Neither waits for the other.
///
/// How many are active is kept as its change from epoch to epoch: whoever subscribes for [s, e) adds one at s and takes
/// one away at e. So nothing grows with the number of subscribers.
abstract contract DataSubscriptions is DataGrantBook {
    using EpochDeltas for mapping(uint256 index => uint256 lanes);
    using StreamClock for IDataAssets.Stream;

    /// @dev How far a subscription reaches past the first epoch that is not settled with its holder: what one refund
    /// has to count.
    uint256 private constant MAX_EPOCHS = 1024;

    mapping(bytes32 offerId => Ledger) private _ledgers;
    mapping(bytes32 offerId => mapping(uint256 index => uint256 lanes)) private _deltas;

    /// @inheritdoc IDataMarket
    function settle(bytes32 offerId, uint256 max) external nonReentrant returns (uint256 settled) {
        Ledger storage ledger = _ledgers[offerId];
        if (!ledger.begun) return 0;
        IDataOffers.Deal memory deal = _dealOf(offerId);
        uint256 from = ledger.settledTo;
        uint256 to = assets.firstPendingEpoch(deal.assetId);
        if (to <= from) return 0;
        settled = Math.min(max, to - from);
        (uint256 active, uint256 earned) = _count(_deltas[offerId], deal.assetId, ledger, from + settled);

        ledger.settledTo = SafeCast.toUint32(from + settled);
        ledger.active = SafeCast.toUint32(active);
        emit SubscriptionSettled(offerId, ledger.settledTo);
        _recognise(offerId, deal, earned * deal.price, address(0), address(0));
    }

    /// @inheritdoc IDataMarket
    function refund(bytes32 offerId, address holder) external nonReentrant returns (uint256 amount) {
        return _refund(offerId, _dealOf(offerId), holder);
    }

    /// @inheritdoc IDataMarket
    function cancel(bytes32 offerId, address holder) external nonReentrant returns (uint256 amount) {
        require(msg.sender == holder || msg.sender == address(grants), DataMarketUnauthorized(msg.sender));
        IDataOffers.Deal memory deal = _dealOf(offerId);
        Grant storage grant = _grants[offerId][holder];
        require(deal.flags & OfferFlags.CANCELLABLE != 0, DataMarketNotCancellable(offerId, holder));
        IDataAssets.Stream memory stream = _streamOf(deal);
        uint256 end = stream.nextEpochAt(block.timestamp);
        uint256 oldEnd = grant.end;
        require(end < oldEnd, DataMarketNotCancellable(offerId, holder));

        amount = _refund(offerId, deal, holder);
        _deltas[offerId].add(oldEnd, 1);
        _deltas[offerId].add(end, -1);
        grant.end = uint32(end);
        uint256 price = (oldEnd - end) * deal.price;
        _giveBack(deal.currency, holder, price);
        // Before the stream's first epoch nothing is left of it.
        uint48 until = end > grant.start ? _closedAt(stream, end) : uint48(block.timestamp);
        _unbookUntil(deal, until);
        emit SubscriptionCancelled(offerId, holder, uint32(end));
        emit Refunded(offerId, holder, price);
        _announce(grant, until);
        return amount + price;
    }

    /// @inheritdoc IDataMarket
    function ledgerOf(bytes32 offerId) external view returns (Ledger memory ledger) {
        return _ledgers[offerId];
    }

    /// @dev Subscribes `holder` for `epochs`, from the running one or from where his subscription ends.
    function _subscribe(bytes32 offerId, IDataOffers.Deal memory deal, address holder, uint256 epochs) internal {
        IDataAssets.Stream memory stream = _streamOf(deal);
        uint256 current = stream.epochAt(block.timestamp);
        _begin(_ledgers[offerId], current);
        Grant storage grant = _grants[offerId][holder];
        bool extended = grant.end > grant.start && grant.end >= current;
        if (grant.end < current) {
            // All of it is final: the first epoch after its last one is over, and no grace is longer than that.
            _refund(offerId, deal, holder);
            grant.start = SafeCast.toUint32(current);
            grant.refundTo = grant.start;
            grant.end = grant.start;
        }
        uint256 end = grant.end + epochs;
        if (end - grant.refundTo > MAX_EPOCHS) _refund(offerId, deal, holder);
        require(end - grant.refundTo <= MAX_EPOCHS, DataMarketTooManyEpochs(end - grant.refundTo));

        _deltas[offerId].add(grant.end, 1);
        _deltas[offerId].add(end, -1);
        grant.end = SafeCast.toUint32(end);
        uint48 until = _closedAt(stream, end);
        _bookUntil(deal, until, extended);
        _announce(grant, until);
    }

    /// @dev Credits the holder with his missed epochs, as far as they are final.
    function _refund(bytes32 offerId, IDataOffers.Deal memory deal, address holder) internal returns (uint256 amount) {
        Grant storage grant = _grants[offerId][holder];
        uint256 to;
        (amount, to) = _due(deal, grant);
        grant.refundTo = uint32(to);
        if (amount == 0) return 0;
        _giveBack(deal.currency, holder, amount);
        emit Refunded(offerId, holder, amount);
    }

    /// @dev What is due to a holder for the epochs before `to`, which are final.
    function _due(
        IDataOffers.Deal memory deal,
        Grant storage grant
    ) internal view returns (uint256 amount, uint256 to) {
        uint256 from = grant.refundTo;
        if (from == grant.end) return (0, from);
        to = Math.min(assets.firstPendingEpoch(deal.assetId), grant.end);
        if (to <= from) return (0, from);
        uint256 missed = to - from - assets.deliveredBetween(deal.assetId, from, to);
        return (missed * deal.price, to);
    }

    /// @dev Only a wrapped grant has a token to tell of its new end.
    function _announce(Grant storage grant, uint48 until) private {
        uint32 tokenId = grant.tokenId;
        if (tokenId != 0) grants.announce(tokenId, until);
    }

    function _begin(Ledger storage ledger, uint256 current) private {
        if (ledger.begun) return;
        ledger.begun = true;
        ledger.settledTo = SafeCast.toUint32(current);
    }

    /// @dev Walks the epochs from the ledger's to `to`.
    /// @return active Subscribers of the last epoch.
    /// @return earned Epochs that were delivered, each counted once for every subscriber it had.
    function _count(
        mapping(uint256 index => uint256 lanes) storage deltas,
        uint256 assetId,
        Ledger storage ledger,
        uint256 to
    ) private view returns (uint256 active, uint256 earned) {
        uint256 epoch = ledger.settledTo;
        active = ledger.active;
        uint256 bits = assets.deliveredBits(assetId, epoch / 256);
        for (; epoch < to; ++epoch) {
            if (epoch % 256 == 0) bits = assets.deliveredBits(assetId, epoch / 256);
            active = uint256(int256(active) + deltas.deltaAt(epoch));
            if ((bits >> (epoch % 256)) & 1 != 0) earned += active;
        }
    }
}
