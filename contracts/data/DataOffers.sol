// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {Currency} from "../shared/Currency.sol";
import {DataUses} from "./DataUses.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferChecks} from "./OfferChecks.sol";
import {OfferFlags} from "./OfferFlags.sol";
import {PackedListings} from "./PackedListing.sol";

/// @title DataOffers
/// @notice See {IDataOffers}. What makes an offer valid in itself is in {OfferChecks}.
contract DataOffers is IDataOffers, AccessManaged, EIP712 {
    bytes32 private constant TERMS_TYPEHASH = keccak256(
        "Terms(uint8 uses,uint16 derivativeBps,bool exclusive,bool transferable,bool cancellable,bytes32 legalHash)"
    );
    bytes32 private constant SALE_TYPEHASH = keccak256(
        "Sale(uint8 kind,address currency,uint128 price,uint16 feeBps,uint16 referrerBps,uint16 period,uint48 quota,"
        "uint32 maxUnits,address gate,address arbiter,uint24 deliverWithin,uint24 challengeWindow)"
    );
    bytes32 private constant OFFER_TYPEHASH = keccak256(
        "Offer(uint48 assetId,uint32 transfers,uint48 validUntil,Terms terms,Sale sale)"
        "Sale(uint8 kind,address currency,uint128 price,uint16 feeBps,uint16 referrerBps,uint16 period,uint48 quota,"
        "uint32 maxUnits,address gate,address arbiter,uint24 deliverWithin,uint24 challengeWindow)"
        "Terms(uint8 uses,uint16 derivativeBps,bool exclusive,bool transferable,bool cancellable,bytes32 legalHash)"
    );

    uint16 private constant MAX_FEE_BPS = 500;
    /// @inheritdoc IDataOffers
    IDataAssets public immutable assets;
    /// @inheritdoc IDataOffers
    address public immutable credits;
    address private immutable _deployer;

    /// @dev In one slot with the fee.
    /// @inheritdoc IDataOffers
    IDataMarket public market;
    /// @inheritdoc IDataOffers
    uint16 public fee;

    /// @param authority The suite's AccessManager.
    /// @param assets_ The suite's {IDataAssets}.
    /// @param credits_ The suite's machine credits; zero if there are none on this chain.
    /// @param feeBps The protocol's fee, 0 to 500 bps.
    constructor(
        address authority,
        IDataAssets assets_,
        address credits_,
        uint16 feeBps
    ) AccessManaged(authority) EIP712("DeFIoT DataOffers", "1") {
        require(address(assets_).code.length != 0, DataOffersNoCode(address(assets_)));
        require(credits_ == address(0) || credits_.code.length != 0, DataOffersNoCode(credits_));
        assets = assets_;
        credits = credits_;
        _deployer = msg.sender;
        _setFee(feeBps);
    }

    /// @inheritdoc IDataOffers
    function bind(IDataMarket market_) external {
        require(msg.sender == _deployer, DataOffersUnauthorized(msg.sender));
        require(address(market) == address(0), DataOffersBound(market));
        require(address(market_).code.length != 0, DataOffersNoCode(address(market_)));
        require(address(market_.offers()) == address(this), DataOffersForeignMarket(market_));
        market = market_;
    }

    /// @inheritdoc IDataOffers
    function list(
        Offer calldata offer,
        bytes32[] calldata parentOffers,
        bytes calldata ownerSignature
    ) external returns (bytes32 offerId) {
        offerId = offerIdOf(offer);
        _list(offerId, offer, parentOffers, ownerSignature);
    }

    /// @inheritdoc IDataOffers
    function listAndBuy(
        Offer calldata offer,
        bytes32[] calldata parentOffers,
        bytes calldata ownerSignature,
        IDataMarket.Purchase calldata purchase
    ) external payable {
        bytes32 offerId = offerIdOf(offer);
        require(offerId == purchase.offerId, DataOffersOtherOffer(purchase.offerId, offerId));
        if (market.listingOf(offerId).flags == 0) _list(offerId, offer, parentOffers, ownerSignature);
        market.buyFor{value: msg.value}(purchase, msg.sender);
    }

    /// @inheritdoc IDataOffers
    function withdrawOffer(Offer calldata offer) external {
        require(assets.ownerOf(offer.assetId) == msg.sender, DataOffersUnauthorized(msg.sender));
        bytes32 offerId = offerIdOf(offer);
        market.close(offerId);
        emit OfferWithdrawn(offerId);
    }

    /// @inheritdoc IDataOffers
    function setFee(uint16 feeBps) external restricted {
        _setFee(feeBps);
    }

    /// @inheritdoc IDataOffers
    function isOpen(bytes32 offerId) external view returns (bool) {
        IDataMarket.Listing memory listing = market.listingOf(offerId);
        return
            listing.flags & (OfferFlags.LISTED | OfferFlags.WITHDRAWN) == OfferFlags.LISTED &&
            block.timestamp <= listing.validUntil &&
            listing.transfers == assets.standingOf(listing.assetId).transfers &&
            (listing.maxUnits == 0 || listing.sold < listing.maxUnits);
    }

    /// @inheritdoc IDataOffers
    function offerIdOf(Offer calldata offer) public pure returns (bytes32 offerId) {
        return
            keccak256(
                abi.encode(
                    OFFER_TYPEHASH,
                    offer.assetId,
                    offer.transfers,
                    offer.validUntil,
                    termsIdOf(offer.terms),
                    keccak256(abi.encode(SALE_TYPEHASH, offer.sale))
                )
            );
    }

    /// @inheritdoc IDataOffers
    function termsIdOf(Terms calldata terms) public pure returns (bytes32 termsId) {
        return keccak256(abi.encode(TERMS_TYPEHASH, terms));
    }

    function _setFee(uint16 feeBps) private {
        require(feeBps <= MAX_FEE_BPS, DataOffersInvalidShare(feeBps));
        fee = feeBps;
        emit FeeSet(feeBps);
    }

    function _list(
        bytes32 offerId,
        Offer calldata offer,
        bytes32[] calldata parentOffers,
        bytes calldata ownerSignature
    ) private {
        require(block.timestamp <= offer.validUntil, DataOffersExpiredOffer(offer.validUntil));
        IDataAssets.Standing memory standing = assets.standingOf(offer.assetId);
        require(offer.transfers == standing.transfers, DataOffersStaleOffer(offer.transfers, standing.transfers));
        address seller = standing.owner;
        require(
            seller == msg.sender ||
                SignatureChecker.isValidSignatureNowCalldata(seller, _hashTypedDataV4(offerId), ownerSignature),
            DataOffersInvalidOwnerSignature(seller)
        );
        _check(offer, standing.derivative);
        if (standing.derivative || parentOffers.length != 0) _checkParents(offer, seller, parentOffers);
        market.open(offerId, PackedListings.pack(offer));
        emit OfferListed(offerId, offer.assetId, offer.terms.legalHash);
    }

    function _check(Offer calldata offer, bool derivative) private view {
        OfferChecks.checkTerms(offer.terms, offer.sale);
        OfferChecks.checkSale(offer.sale);
        bool inCredits = credits != address(0) && Currency.unwrap(offer.sale.currency) == credits;
        if (inCredits) OfferChecks.checkCreditSale(offer.sale, derivative);
        uint16 feeBps = inCredits ? 0 : fee;
        require(offer.sale.feeBps == feeBps, DataOffersInvalidFee(offer.sale.feeBps, feeBps));
        // A device's own payee is to get the device's whole income: nobody takes a part of it on the way.
        bool mayRefer = offer.sale.referrerBps == 0 || !assets.isPayeeFixed(offer.assetId);
        require(mayRefer, DataOffersInvalidShare(offer.sale.referrerBps));
        if (offer.sale.kind == Kind.Subscription) {
            bool isStream = assets.kindOf(offer.assetId) == IDataAssets.Kind.Stream;
            require(isStream, DataOffersNotAStream(offer.assetId));
        }
    }

    /// @dev Each parent is the seller's own, or licensed to him for no more than the asset pays it.
    function _checkParents(Offer calldata offer, address seller, bytes32[] calldata parentOffers) private view {
        IDataAssets.Parent[] memory parents = assets.parentsOf(offer.assetId);
        require(parentOffers.length == parents.length, DataOffersParentsMismatch(parentOffers.length, parents.length));
        for (uint256 i = 0; i < parents.length; ++i) {
            bool licensed =
                parentOffers[i] == 0
                    ? assets.ownerOf(parents[i].assetId) == seller
                    : _isLicensed(parentOffers[i], seller, parents[i], offer.validUntil);
            require(licensed, DataOffersUnlicensedParent(parents[i].assetId, parents[i].bps));
        }
    }

    /// @dev Whether `holder` has a grant that allows derivatives of the parent for no more than its share, as long as
    /// they are offered, and that he cannot give back: neither by cancelling, nor by a dispute, nor by using it up.
    function _isLicensed(
        bytes32 offerId,
        address holder,
        IDataAssets.Parent memory parent,
        uint48 validUntil
    ) private view returns (bool) {
        IDataMarket.Listing memory listing = market.listingOf(offerId);
        uint48 until = market.grants().accessUntil(offerId, holder);
        return
            listing.assetId == parent.assetId &&
            listing.uses & DataUses.DERIVATIVES != 0 &&
            listing.derivativeBps <= parent.bps &&
            listing.kind != Kind.Metered &&
            listing.flags & OfferFlags.CANCELLABLE == 0 &&
            market.deliveryOf(offerId, holder).status == IDataMarket.DeliveryStatus.None &&
            (validUntil < until || until == type(uint48).max);
    }
}
