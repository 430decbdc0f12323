// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataOffers} from "./IDataOffers.sol";

/// @title OfferChecks
/// @notice What makes an offer valid in itself, whoever makes it and whenever.
library OfferChecks {
    uint256 private constant BPS = 10_000;
    uint16 private constant MAX_PERIOD = 1024;
    uint24 private constant MIN_DELIVERY = 1 hours;
    uint24 private constant MAX_DELIVERY = 30 days;
    uint24 private constant MIN_CHALLENGE = 1 days;
    uint24 private constant MAX_CHALLENGE = 14 days;

    /// @notice Terms allow something. Only what is sold by the epoch can be cancelled, and only where units are not
    /// limited: or one who buys and cancels would use them up for nothing.
    /// Reverts with {IDataOffers-DataOffersInvalidTerms}, {IDataOffers-DataOffersInvalidShare}.
    function checkTerms(IDataOffers.Terms calldata terms, IDataOffers.Sale calldata sale) internal pure {
        (uint8 uses, bool cancellable, uint16 derivativeBps) = (terms.uses, terms.cancellable, terms.derivativeBps);
        bool mayCancel = !cancellable || (sale.kind == IDataOffers.Kind.Subscription && sale.maxUnits == 0);
        require(uses != 0 && mayCancel, IDataOffers.DataOffersInvalidTerms(uses, cancellable));
        require(derivativeBps <= BPS, IDataOffers.DataOffersInvalidShare(derivativeBps));
    }

    /// @notice Each kind has what belongs to it and nothing else.
    /// Reverts with {IDataOffers-DataOffersInvalidPeriod}, {IDataOffers-DataOffersInvalidQuota},
    /// {IDataOffers-DataOffersInvalidDelivery}, {IDataOffers-DataOffersInvalidShare}.
    function checkSale(IDataOffers.Sale calldata sale) internal pure {
        IDataOffers.Kind kind = sale.kind;
        (uint16 period, uint48 quota, uint16 referrerBps) = (sale.period, sale.quota, sale.referrerBps);
        bool validPeriod = kind == IDataOffers.Kind.Subscription ? period != 0 && period <= MAX_PERIOD : period == 0;
        require(validPeriod, IDataOffers.DataOffersInvalidPeriod(period));
        bool validQuota = (quota != 0) == (kind == IDataOffers.Kind.Metered);
        require(validQuota, IDataOffers.DataOffersInvalidQuota(quota));
        uint256 maxShare = kind == IDataOffers.Kind.OneOff ? BPS : 0;
        require(referrerBps <= maxShare, IDataOffers.DataOffersInvalidShare(referrerBps));
        _checkDelivery(kind, sale.arbiter, sale.deliverWithin, sale.challengeWindow);
    }

    /// @notice Credits go to one provider, whole.
    /// Reverts with {IDataOffers-DataOffersNotForCredits}, {IDataOffers-DataOffersInvalidShare}.
    function checkCreditSale(IDataOffers.Sale calldata sale, bool derivative) internal pure {
        bool whole = sale.kind != IDataOffers.Kind.Subscription && !derivative;
        require(whole, IDataOffers.DataOffersNotForCredits(sale.kind, derivative));
        require(sale.referrerBps == 0, IDataOffers.DataOffersInvalidShare(sale.referrerBps));
    }

    function _checkDelivery(
        IDataOffers.Kind kind,
        address arbiter,
        uint24 deliverWithin,
        uint24 challengeWindow
    ) private pure {
        bool valid =
            deliverWithin == 0
                ? arbiter == address(0) && challengeWindow == 0
                : kind == IDataOffers.Kind.OneOff &&
                    arbiter != address(0) &&
                    deliverWithin >= MIN_DELIVERY &&
                    deliverWithin <= MAX_DELIVERY &&
                    challengeWindow >= MIN_CHALLENGE &&
                    challengeWindow <= MAX_CHALLENGE;
        require(valid, IDataOffers.DataOffersInvalidDelivery(arbiter, deliverWithin, challengeWindow));
    }
}
