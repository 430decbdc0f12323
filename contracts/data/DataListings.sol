// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataEscrow} from "./DataEscrow.sol";
import {IAccessGate} from "./IAccessGate.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferFlags} from "./OfferFlags.sol";
import {PackedListing, PackedListings} from "./PackedListing.sol";

/// @title DataListings
/// @notice The part of {IDataMarket} that keeps offers, and knows whether they can be bought. {IDataOffers} has checked
/// them.
abstract contract DataListings is DataEscrow {
    using PackedListings for *;

    uint256 private constant GATE_GAS = 100_000;

    mapping(bytes32 offerId => PackedListing) private _listings;

    modifier onlyOffers() {
        require(msg.sender == address(offers), DataMarketUnauthorized(msg.sender));
        _;
    }

    /// @inheritdoc IDataMarket
    function open(bytes32 offerId, PackedListing calldata packed) external onlyOffers {
        PackedListing storage kept = _listings[offerId];
        uint8 flags = kept.flags();
        require(flags & OfferFlags.WITHDRAWN == 0, DataMarketWithdrawnOffer(offerId));
        require(flags & OfferFlags.LISTED == 0, DataMarketKnownOffer(offerId));
        kept.sale = packed.sale;
        kept.deal = packed.deal;
        if (packed.delivery != 0) kept.delivery = packed.delivery;
        if (packed.limits != 0) kept.limits = packed.limits;
    }

    /// @inheritdoc IDataMarket
    function close(bytes32 offerId) external onlyOffers {
        PackedListing storage kept = _listings[offerId];
        require(kept.flags() & OfferFlags.WITHDRAWN == 0, DataMarketWithdrawnOffer(offerId));
        kept.withdraw();
    }

    /// @inheritdoc IDataMarket
    function listingOf(bytes32 offerId) external view returns (Listing memory listing) {
        return _load(offerId);
    }

    function _countUnits(bytes32 offerId, Listing memory listing, uint32 units) internal {
        if (_is(listing, OfferFlags.LIMITED)) _listings[offerId].count(units);
    }

    /// @dev A refunded unit may be sold again.
    function _uncountUnit(bytes32 offerId, Listing memory listing) internal {
        if (_is(listing, OfferFlags.LIMITED)) _listings[offerId].uncount();
    }

    /// @dev Everything about an offer that needs no other contract, but for its gate.
    function _checkOpen(bytes32 offerId, Listing memory listing, uint32 units, address holder) internal view {
        require(!_is(listing, OfferFlags.WITHDRAWN), DataMarketWithdrawnOffer(offerId));
        require(_is(listing, OfferFlags.LISTED), DataMarketUnknownOffer(offerId));
        require(block.timestamp <= listing.validUntil, DataMarketExpiredOffer(listing.validUntil));
        uint32 left = _is(listing, OfferFlags.LIMITED) ? listing.maxUnits - listing.sold : type(uint32).max;
        if (listing.kind == IDataOffers.Kind.OneOff && left > 1) left = 1;
        require(units != 0 && units <= left, DataMarketInvalidUnits(units, left));
        _checkGate(offerId, listing, holder);
    }

    /// @dev A call that fails, or answers anything but one word that is 1, is a no.
    function _checkGate(bytes32 offerId, Listing memory listing, address holder) internal view {
        if (!_is(listing, OfferFlags.GATED)) return;
        (bool success, bytes memory answer) = listing.gate.staticcall{gas: GATE_GAS}(
            abi.encodeCall(IAccessGate.mayHold, (offerId, holder))
        );
        bool admitted = success && answer.length == 32 && uint256(bytes32(answer)) == 1;
        require(admitted, DataMarketGateClosed(listing.gate, holder));
    }

    function _load(bytes32 offerId) internal view returns (Listing memory listing) {
        return _listings[offerId].load();
    }

    /// @dev An offer dies with a sale of its asset.
    function _checkFresh(Listing memory listing, uint32 transfers) internal pure {
        require(listing.transfers == transfers, DataMarketStaleOffer(listing.transfers, transfers));
    }

    function _is(Listing memory listing, uint8 flag) internal pure returns (bool) {
        return listing.flags & flag != 0;
    }
}
