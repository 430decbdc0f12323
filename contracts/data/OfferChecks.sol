// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataOffers} from "./IDataOffers.sol";
import {OfferFlags} from "./OfferFlags.sol";

/// @title OfferChecks
/// @notice What makes an offer valid in itself, whoever makes it and whenever.
library OfferChecks {
    uint256 private constant BPS = 10_000;
    uint16 private constant MAX_PERIOD = 1024;
    uint24 private constant MIN_DELIVERY = 1 hours;
    uint24 private constant MAX_DELIVERY = 30 days;
    uint24 private constant MIN_CHALLENGE = 1 days;
    uint24 private constant MAX_CHALLENGE = 14 days;

    /// @notice Terms allow something, and only what is sold by the epoch can be cancelled.
    /// Reverts with {IDataOffers-DataOffersInvalidTerms}, {IDataOffers-DataOffersInvalidShare}.
    function checkTerms(IDataOffers.Terms calldata terms, IDataOffers.Kind kind) internal pure {
        bool valid = terms.uses != 0 && (!terms.cancellable || kind == IDataOffers.Kind.Subscription);
        require(valid, IDataOffers.DataOffersInvalidTerms(terms.uses, terms.cancellable));
        require(terms.derivativeBps <= BPS, IDataOffers.DataOffersInvalidShare(terms.derivativeBps));
    }

    /// @notice Each kind has what belongs to it and nothing else.
    /// Reverts with {IDataOffers-DataOffersInvalidPeriod}, {IDataOffers-DataOffersInvalidQuota},
    /// {IDataOffers-DataOffersInvalidDelivery}, {IDataOffers-DataOffersInvalidShare}.
    function checkSale(IDataOffers.Sale calldata sale) internal pure {
        bool subscription = sale.kind == IDataOffers.Kind.Subscription;
        bool validPeriod = subscription ? sale.period != 0 && sale.period <= MAX_PERIOD : sale.period == 0;
        require(validPeriod, IDataOffers.DataOffersInvalidPeriod(sale.period));
        bool validQuota = (sale.quota != 0) == (sale.kind == IDataOffers.Kind.Metered);
        require(validQuota, IDataOffers.DataOffersInvalidQuota(sale.quota));
        require(
            _isValidDelivery(sale),
            IDataOffers.DataOffersInvalidDelivery(sale.arbiter, sale.deliverWithin, sale.challengeWindow)
        );
        uint256 maxShare = subscription ? 0 : BPS;
        require(sale.referrerBps <= maxShare, IDataOffers.DataOffersInvalidShare(sale.referrerBps));
    }

    /// @notice Credits go to one provider, whole.
    /// Reverts with {IDataOffers-DataOffersNotForCredits}, {IDataOffers-DataOffersInvalidShare}.
    function checkCreditSale(IDataOffers.Sale calldata sale, bool derivative) internal pure {
        bool whole = sale.kind != IDataOffers.Kind.Subscription && !derivative;
        require(whole, IDataOffers.DataOffersNotForCredits(sale.kind, derivative));
        require(sale.referrerBps == 0, IDataOffers.DataOffersInvalidShare(sale.referrerBps));
    }

    /// @notice What is true of an offer that is on chain, as bits of {OfferFlags}.
    function flagsOf(
        IDataOffers.Terms calldata terms,
        IDataOffers.Sale calldata sale
    ) internal pure returns (uint8 flags) {
        flags = OfferFlags.LISTED;
        if (terms.exclusive) flags |= OfferFlags.EXCLUSIVE;
        if (terms.transferable) flags |= OfferFlags.TRANSFERABLE;
        if (terms.cancellable) flags |= OfferFlags.CANCELLABLE;
        if (sale.deliverWithin != 0) flags |= OfferFlags.ENCRYPTED;
        if (sale.maxUnits != 0) flags |= OfferFlags.LIMITED;
        if (sale.gate != address(0)) flags |= OfferFlags.GATED;
    }

    function _isValidDelivery(IDataOffers.Sale calldata sale) private pure returns (bool) {
        if (sale.deliverWithin == 0) return sale.arbiter == address(0) && sale.challengeWindow == 0;
        return
            sale.kind == IDataOffers.Kind.OneOff &&
            sale.arbiter != address(0) &&
            sale.deliverWithin >= MIN_DELIVERY &&
            sale.deliverWithin <= MAX_DELIVERY &&
            sale.challengeWindow >= MIN_CHALLENGE &&
            sale.challengeWindow <= MAX_CHALLENGE;
    }
}
