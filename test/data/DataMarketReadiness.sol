// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {DataMarketWalker} from "./DataMarketWalker.sol";

/// @dev Leads a walk to where an act makes sense, if it is not there and there is a way. What is done for that is noted
/// in the model, but counts for no action.
abstract contract DataMarketReadiness is DataMarketWalker {
    function _readyToCancel(uint256 seed) internal {
        if (!_anyPair(_mayCancel)) _buyQuietly(seed, _openCancellable);
    }

    function _readyToUse(uint256 seed) internal {
        if (!_anyPair(_hasUses)) _buyQuietly(seed, _openMetered);
    }

    function _readyToDeliver(uint256 seed) internal {
        if (!_anyPair(_isPending)) _buyQuietly(seed, _openSealed);
    }

    function _readyToDispute(uint256 seed) internal {
        if (_anyPair(_isDelivered)) return;
        _readyToDeliver(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isPending);
        if (!_isPending(offerId, holder)) return;
        vm.prank(_stockOf(offerId).owner);
        _market.deliver(offerId, holder, "sealed");
        uint256 window = _listed[offerId].offer.sale.challengeWindow;
        _wait(_hold[offerId][holder], IDataMarket.DeliveryStatus.Delivered, window);
    }

    function _readyToRule(uint256 seed) internal {
        if (_anyPair(_isDisputed)) return;
        _readyToDispute(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isDelivered);
        if (!_isDelivered(offerId, holder)) return;
        uint256 bond = _listed[offerId].offer.sale.currency == CurrencyLibrary.NATIVE ? _bondOf(offerId) : 0;
        vm.prank(holder);
        _market.dispute{value: bond}(offerId);
        _wait(_hold[offerId][holder], IDataMarket.DeliveryStatus.Disputed, 14 days);
    }

    function _readyToClose(uint256 seed) internal {
        uint256 manner = _word(seed, "close") % 3;
        if (manner == 0) _readyToDeliver(seed);
        else if (manner == 1) _readyToDispute(seed);
        else _readyToRule(seed);
    }

    function _readyToMove(uint256 seed) internal {
        if (_anyPair(_isWrapped)) return;
        if (!_anyPair(_mayWrap)) _buyQuietly(seed, _openTransferable);
        _wrapQuietly(seed, _mayWrap);
    }

    function _readyToRenew(uint256 seed) internal {
        if (_anyPair(_mayRenew)) return;
        if (!_anyPair(_mayWrapToRenew)) _buyQuietly(seed, _openRenewable);
        _wrapQuietly(seed, _mayWrapToRenew);
    }

    function _readyToCancelToken(uint256 seed) internal {
        if (_anyPair(_mayCancelToken)) return;
        if (!_anyPair(_mayWrapToCancel)) _buyQuietly(seed, _openCancellableToken);
        _wrapQuietly(seed, _mayWrapToCancel);
    }

    /// @dev The owner of a derivative holds a licence that lasts, of each parent that is not his, as far as nobody's
    /// exclusivity keeps him from buying it.
    function _readyToDerive(uint256 assetId) internal {
        address seller = _stock[assetId].owner;
        IDataAssets.Parent[] memory parents = _assets.parentsOf(assetId);
        for (uint256 i = 0; i < parents.length; ++i) {
            if (_stock[parents[i].assetId].owner == seller) continue;
            IDataOffers.Offer memory licence = _offerOf(
                parents[i].assetId,
                IDataOffers.Kind.OneOff,
                _inToken(),
                uint128(parents[i].bps)
            );
            licence.terms.legalHash = bytes32(_offerIds.length);
            bytes32 offerId = _list(licence);
            _noteListed(licence);
            IDataMarket.Purchase memory purchase = _purchaseOf(offerId, 1, seller);
            if (!_isValidOrder(purchase, 0, seller)) continue;
            _pay(purchase, seller);
            _noteBought(offerId, seller, 1, address(0));
        }
    }

    function _wrapQuietly(uint256 seed, function(bytes32, address) view returns (bool) wanted) private {
        (bytes32 offerId, address holder) = _pair(seed, wanted);
        if (!wanted(offerId, holder)) return;
        vm.prank(holder);
        _hold[offerId][holder].tokenId = _market.wrap(offerId);
    }

    /// @dev Somebody for whom it is possible buys one unit of an offer as wanted.
    function _buyQuietly(uint256 seed, function(bytes32) view returns (bool) wanted) private {
        uint256 start = _word(seed, "quietly");
        uint256 pairs = _offerIds.length * ACTORS;
        for (uint256 i = 0; i < pairs; ++i) {
            uint256 pair = (start + i) % pairs;
            bytes32 offerId = _offerIds[pair / ACTORS];
            address holder = _actor(pair % ACTORS);
            if (!wanted(offerId)) continue;
            IDataMarket.Purchase memory purchase = _purchaseOf(offerId, 1, holder);
            if (_isSealed(offerId)) purchase.encryptionKey = _keyOf[holder];
            if (!_isValidOrder(purchase, 0, holder)) continue;
            _pay(purchase, holder);
            return _noteBought(offerId, holder, 1, address(0));
        }
    }

    function _anyPair(function(bytes32, address) view returns (bool) wanted) private view returns (bool) {
        for (uint256 i = 0; i < _offerIds.length; ++i) {
            for (uint256 j = 0; j < ACTORS; ++j) if (wanted(_offerIds[i], _actor(j))) return true;
        }
        return false;
    }

    function _openMetered(bytes32 offerId) private view returns (bool) {
        return _kind(offerId) == IDataOffers.Kind.Metered && _isOpen(offerId);
    }

    function _openCancellable(bytes32 offerId) private view returns (bool) {
        return _listed[offerId].offer.terms.cancellable && _isOpen(offerId);
    }

    function _openTransferable(bytes32 offerId) private view returns (bool) {
        return _listed[offerId].offer.terms.transferable && !_isSealed(offerId) && _isOpen(offerId);
    }

    function _openRenewable(bytes32 offerId) private view returns (bool) {
        return _isSubscription(offerId) && _openTransferable(offerId);
    }

    function _openCancellableToken(bytes32 offerId) private view returns (bool) {
        return _openCancellable(offerId) && _openTransferable(offerId);
    }

    function _mayWrapToRenew(bytes32 offerId, address holder) private view returns (bool) {
        return _openSubscription(offerId) && _mayWrap(offerId, holder);
    }

    function _mayWrapToCancel(bytes32 offerId, address holder) private view returns (bool) {
        return _mayCancel(offerId, holder) && _mayWrap(offerId, holder);
    }
}
