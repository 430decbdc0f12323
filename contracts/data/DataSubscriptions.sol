// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {DataGrantBook} from "./DataGrantBook.sol";
import {EpochDeltas} from "./EpochDeltas.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";
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
        Listing memory listing = _load(offerId);
        uint256 from = ledger.settledTo;
        uint256 to = assets.firstPendingEpoch(listing.assetId);
        if (max == 0 || to <= from) return 0;
        settled = Math.min(max, to - from);
        (uint256 active, uint256 earned) = _count(_deltas[offerId], listing.assetId, ledger, from + settled);

        ledger.settledTo = SafeCast.toUint32(from + settled);
        ledger.active = SafeCast.toUint32(active);
        emit SubscriptionSettled(offerId, ledger.settledTo);
        IDataAssets.Standing memory standing = assets.standingOf(listing.assetId);
        _recognise(offerId, listing, standing, earned * listing.price, address(0), address(0));
    }

    /// @inheritdoc IDataMarket
    function refund(bytes32 offerId, address holder) external nonReentrant returns (uint256 amount) {
        return _refund(offerId, _load(offerId), holder);
    }

    /// @inheritdoc IDataMarket
    function cancel(bytes32 offerId, address holder) external nonReentrant returns (uint256 amount) {
        require(msg.sender == holder || msg.sender == address(grants), DataMarketUnauthorized(msg.sender));
        Listing memory listing = _load(offerId);
        Grant storage grant = _grants[offerId][holder];
        require(_is(listing, OfferFlags.CANCELLABLE), DataMarketNotCancellable(offerId, holder));
        IDataAssets.Stream memory stream = assets.streamOf(listing.assetId);
        uint256 end = stream.nextEpochAt(block.timestamp);
        uint256 oldEnd = grant.end;
        require(end < oldEnd, DataMarketNotCancellable(offerId, holder));

        amount = _refund(offerId, listing, holder);
        _deltas[offerId].add(oldEnd, 1);
        _deltas[offerId].add(end, -1);
        grant.end = uint32(end);
        uint256 price = (oldEnd - end) * listing.price;
        emit SubscriptionCancelled(offerId, holder, uint32(end));
        _giveBack(offerId, listing.currency, holder, price);
        // Before the stream's first epoch nothing is left of it.
        uint48 until = end > grant.start ? _closedAt(stream, end) : uint48(block.timestamp);
        _unbook(listing, until);
        _announce(grant, until);
        return amount + price;
    }

    /// @inheritdoc IDataMarket
    function ledgerOf(bytes32 offerId) external view returns (Ledger memory ledger) {
        return _ledgers[offerId];
    }

    /// @dev Subscribes `holder` for `epochs`, from the running one or from where his subscription ends.
    function _subscribe(bytes32 offerId, Listing memory listing, address holder, uint256 epochs) internal {
        (uint32 transfers, IDataAssets.Stream memory stream) = assets.streamStandingOf(listing.assetId);
        _checkFresh(listing, transfers);
        uint256 current = stream.epochAt(block.timestamp);
        Grant storage grant = _grants[offerId][holder];
        uint256 from = grant.end;
        bool extended = from > grant.start && from >= current;
        if (!extended) {
            _start(offerId, listing, holder, SafeCast.toUint32(current));
            from = current;
        }
        uint256 end = from + epochs;
        if (end - grant.refundTo > MAX_EPOCHS) {
            _refund(offerId, listing, holder);
            require(end - grant.refundTo <= MAX_EPOCHS, DataMarketTooManyEpochs(end - grant.refundTo));
        }
        _deltas[offerId].add(from, 1);
        _deltas[offerId].add(end, -1);
        grant.end = SafeCast.toUint32(end);
        uint48 until = _closedAt(stream, end);
        _book(listing, until, extended);
        _announce(grant, until);
    }

    /// @dev Credits the holder with his missed epochs, as far as they are final.
    function _refund(bytes32 offerId, Listing memory listing, address holder) internal returns (uint256 amount) {
        Grant storage grant = _grants[offerId][holder];
        uint256 to;
        (amount, to) = _due(listing, grant);
        grant.refundTo = uint32(to);
        _giveBack(offerId, listing.currency, holder, amount);
    }

    /// @dev What is due to a holder for the epochs before `to`, which are final.
    function _due(Listing memory listing, Grant storage grant) internal view returns (uint256 amount, uint256 to) {
        uint256 from = grant.refundTo;
        if (from == grant.end) return (0, from);
        to = Math.min(assets.firstPendingEpoch(listing.assetId), grant.end);
        if (to <= from) return (0, from);
        uint256 missed = to - from - assets.deliveredBetween(listing.assetId, from, to);
        return (missed * listing.price, to);
    }

    /// @dev Starts a grant at the running epoch, and the offer's ledger if it is the first of all.
    function _start(bytes32 offerId, Listing memory listing, address holder, uint32 current) private {
        // All of a former grant is final: the first epoch after its last one is over, and no grace is longer than that.
        _refund(offerId, listing, holder);
        Grant storage grant = _grants[offerId][holder];
        grant.start = current;
        grant.refundTo = current;
        Ledger storage ledger = _ledgers[offerId];
        if (ledger.begun) return;
        ledger.begun = true;
        ledger.settledTo = current;
    }

    /// @dev Only a wrapped grant has a token to tell of its new end.
    function _announce(Grant storage grant, uint48 until) private {
        uint32 tokenId = grant.tokenId;
        if (tokenId != 0) grants.announce(tokenId, until);
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
        uint256 lanes = deltas.lanesAt(epoch);
        for (; epoch < to; ++epoch) {
            if (epoch % 256 == 0) bits = assets.deliveredBits(assetId, epoch / 256);
            if (epoch % EpochDeltas.LANES == 0) lanes = deltas.lanesAt(epoch);
            active = uint256(int256(active) + EpochDeltas.deltaAt(lanes, epoch));
            if ((bits >> (epoch % 256)) & 1 != 0) earned += active;
        }
    }
}
