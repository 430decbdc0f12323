// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {Currency} from "../shared/Currency.sol";
import {DataUses} from "./DataUses.sol";
import {IAccessGate} from "./IAccessGate.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferChecks} from "./OfferChecks.sol";
import {OfferFlags} from "./OfferFlags.sol";

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
    uint256 private constant GATE_GAS = 100_000;

    /// @dev What is kept of an offer, a slot for each paragraph. The third is filled for encrypted and metered offers,
    /// the fourth for gated and limited ones; the flags say which to read.
    struct Listing {
        Currency currency;
        uint48 assetId;
        uint48 validUntil;
        uint128 price;
        uint32 transfers;
        Kind kind;
        uint8 uses;
        uint8 flags;
        uint16 derivativeBps;
        uint16 feeBps;
        uint16 referrerBps;
        uint16 period;
        address arbiter;
        uint24 deliverWithin;
        uint24 challengeWindow;
        uint48 quota;
        address gate;
        uint32 maxUnits;
        uint32 sold;
    }

    /// @inheritdoc IDataOffers
    IDataAssets public immutable assets;
    /// @inheritdoc IDataOffers
    address public immutable credits;
    address private immutable _deployer;

    /// @inheritdoc IDataOffers
    IDataMarket public market;
    /// @inheritdoc IDataOffers
    uint16 public fee;
    mapping(bytes32 offerId => Listing) private _listings;

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
        market = market_;
    }

    /// @inheritdoc IDataOffers
    function list(
        Offer calldata offer,
        bytes32[] calldata parentOffers,
        bytes calldata ownerSignature
    ) external returns (bytes32 offerId) {
        offerId = offerIdOf(offer);
        require(!_isListed(offerId), DataOffersKnownOffer(offerId));
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
        if (!_isListed(offerId)) _list(offerId, offer, parentOffers, ownerSignature);
        market.buyFor{value: msg.value}(purchase, msg.sender);
    }

    /// @inheritdoc IDataOffers
    function withdraw(Offer calldata offer) external {
        require(assets.ownerOf(offer.assetId) == msg.sender, DataOffersUnauthorized(msg.sender));
        bytes32 offerId = offerIdOf(offer);
        Listing storage listing = _listings[offerId];
        require(listing.flags & OfferFlags.WITHDRAWN == 0, DataOffersWithdrawnOffer(offerId));
        listing.flags |= OfferFlags.WITHDRAWN;
        emit OfferWithdrawn(offerId);
    }

    /// @inheritdoc IDataOffers
    function sell(bytes32 offerId, uint32 units, address holder) external returns (Deal memory deal) {
        Listing storage listing = _listings[offerId];
        _checkSale(offerId, listing, units, holder);
        if (listing.flags & OfferFlags.LIMITED != 0) {
            require(msg.sender == address(market), DataOffersUnauthorized(msg.sender));
            listing.sold += units;
        }
        return _dealOf(listing);
    }

    /// @inheritdoc IDataOffers
    function setFee(uint16 feeBps) external restricted {
        _setFee(feeBps);
    }

    /// @inheritdoc IDataOffers
    function checkSale(bytes32 offerId, uint32 units, address holder) external view returns (Deal memory deal) {
        Listing storage listing = _listings[offerId];
        _checkSale(offerId, listing, units, holder);
        return _dealOf(listing);
    }

    /// @inheritdoc IDataOffers
    function checkGate(bytes32 offerId, address holder) external view {
        _checkGate(offerId, _listings[offerId], holder);
    }

    /// @inheritdoc IDataOffers
    function dealOf(bytes32 offerId) external view returns (Deal memory deal) {
        if (_isListed(offerId)) return _dealOf(_listings[offerId]);
    }

    /// @inheritdoc IDataOffers
    function offerOf(bytes32 offerId) external view returns (Offer memory offer) {
        require(_isListed(offerId), DataOffersUnknownOffer(offerId));
        Listing storage listing = _listings[offerId];
        offer.assetId = listing.assetId;
        offer.transfers = listing.transfers;
        offer.validUntil = listing.validUntil;
        _loadTerms(listing, offer.terms);
        _loadSale(listing, offer.sale);
    }

    /// @inheritdoc IDataOffers
    function isOpen(bytes32 offerId) external view returns (bool) {
        Listing storage listing = _listings[offerId];
        uint8 flags = listing.flags;
        return
            flags & (OfferFlags.LISTED | OfferFlags.WITHDRAWN) == OfferFlags.LISTED &&
            block.timestamp <= listing.validUntil &&
            listing.transfers == assets.standingOf(listing.assetId).transfers &&
            _leftOf(listing) != 0;
    }

    /// @inheritdoc IDataOffers
    function unitsSold(bytes32 offerId) external view returns (uint32 units) {
        return _listings[offerId].sold;
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
        Listing storage listing = _listings[offerId];
        require(listing.flags & OfferFlags.WITHDRAWN == 0, DataOffersWithdrawnOffer(offerId));
        require(block.timestamp <= offer.validUntil, DataOffersExpiredOffer(offer.validUntil));
        address seller = assets.ownerOf(offer.assetId);
        require(
            seller == msg.sender ||
                SignatureChecker.isValidSignatureNowCalldata(seller, _hashTypedDataV4(offerId), ownerSignature),
            DataOffersInvalidOwnerSignature(seller)
        );
        _check(offer, seller, parentOffers);
        _store(listing, offer);
        emit OfferListed(offerId, offer.assetId, seller, termsIdOf(offer.terms), offer.terms.legalHash);
    }

    function _store(Listing storage listing, Offer calldata offer) private {
        Terms calldata terms = offer.terms;
        Sale calldata sale = offer.sale;
        listing.currency = sale.currency;
        listing.assetId = offer.assetId;
        listing.validUntil = offer.validUntil;
        listing.price = sale.price;
        listing.transfers = offer.transfers;
        listing.kind = sale.kind;
        listing.uses = terms.uses;
        listing.flags = OfferChecks.flagsOf(terms, sale);
        listing.derivativeBps = terms.derivativeBps;
        listing.feeBps = sale.feeBps;
        listing.referrerBps = sale.referrerBps;
        listing.period = sale.period;
        if (sale.deliverWithin != 0 || sale.quota != 0) {
            listing.arbiter = sale.arbiter;
            listing.deliverWithin = sale.deliverWithin;
            listing.challengeWindow = sale.challengeWindow;
            listing.quota = sale.quota;
        }
        if (sale.gate != address(0) || sale.maxUnits != 0) {
            listing.gate = sale.gate;
            listing.maxUnits = sale.maxUnits;
        }
    }

    function _check(Offer calldata offer, address seller, bytes32[] calldata parentOffers) private view {
        IDataAssets.Standing memory standing = assets.standingOf(offer.assetId);
        require(offer.transfers == standing.transfers, DataOffersStaleOffer(offer.transfers, standing.transfers));
        OfferChecks.checkTerms(offer.terms, offer.sale.kind);
        OfferChecks.checkSale(offer.sale);
        bool inCredits = credits != address(0) && Currency.unwrap(offer.sale.currency) == credits;
        if (inCredits) OfferChecks.checkCreditSale(offer.sale, standing.derivative);
        uint16 feeBps = inCredits ? 0 : fee;
        require(offer.sale.feeBps == feeBps, DataOffersInvalidFee(offer.sale.feeBps, feeBps));
        if (offer.sale.kind == Kind.Subscription) {
            bool isStream = assets.kindOf(offer.assetId) == IDataAssets.Kind.Stream;
            require(isStream, DataOffersNotAStream(offer.assetId));
        }
        _checkParents(offer.assetId, seller, parentOffers, standing.derivative);
    }

    /// @dev Each parent is the seller's own, or licensed to him for no more than the asset pays it.
    function _checkParents(
        uint256 assetId,
        address seller,
        bytes32[] calldata parentOffers,
        bool derivative
    ) private view {
        IDataAssets.Parent[] memory parents;
        if (derivative) parents = assets.parentsOf(assetId);
        require(parentOffers.length == parents.length, DataOffersParentsMismatch(parentOffers.length, parents.length));
        for (uint256 i = 0; i < parents.length; ++i) {
            bool licensed =
                parentOffers[i] == 0
                    ? assets.ownerOf(parents[i].assetId) == seller
                    : _isLicensed(parentOffers[i], seller, parents[i]);
            require(licensed, DataOffersUnlicensedParent(parents[i].assetId, parents[i].bps));
        }
    }

    function _isLicensed(
        bytes32 offerId,
        address seller,
        IDataAssets.Parent memory parent
    ) private view returns (bool) {
        Listing storage listing = _listings[offerId];
        return
            listing.assetId == parent.assetId &&
            listing.uses & DataUses.DERIVATIVES != 0 &&
            listing.derivativeBps <= parent.bps &&
            market.isGranted(offerId, seller);
    }

    function _checkSale(bytes32 offerId, Listing storage listing, uint32 units, address holder) private view {
        uint8 flags = listing.flags;
        require(flags & OfferFlags.LISTED != 0, DataOffersUnknownOffer(offerId));
        require(flags & OfferFlags.WITHDRAWN == 0, DataOffersWithdrawnOffer(offerId));
        require(block.timestamp <= listing.validUntil, DataOffersExpiredOffer(listing.validUntil));
        uint32 transfers = assets.standingOf(listing.assetId).transfers;
        require(listing.transfers == transfers, DataOffersStaleOffer(listing.transfers, transfers));
        uint32 left = _leftOf(listing);
        if (listing.kind == Kind.OneOff && left > 1) left = 1;
        require(units != 0 && units <= left, DataOffersInvalidUnits(units, left));
        _checkGate(offerId, listing, holder);
    }

    /// @dev A call that fails, or answers anything but one word that is 1, is a no.
    function _checkGate(bytes32 offerId, Listing storage listing, address holder) private view {
        if (listing.flags & OfferFlags.GATED == 0) return;
        address gate = listing.gate;
        (bool success, bytes memory answer) = gate.staticcall{gas: GATE_GAS}(
            abi.encodeCall(IAccessGate.mayHold, (offerId, holder))
        );
        bool open = success && answer.length == 32 && uint256(bytes32(answer)) == 1;
        require(open, DataOffersGateClosed(gate, holder));
    }

    function _isListed(bytes32 offerId) private view returns (bool) {
        return _listings[offerId].flags & OfferFlags.LISTED != 0;
    }

    function _leftOf(Listing storage listing) private view returns (uint32 units) {
        return listing.flags & OfferFlags.LIMITED == 0 ? type(uint32).max : listing.maxUnits - listing.sold;
    }

    /// @dev Reads the third slot only where there is something in it.
    function _dealOf(Listing storage listing) private view returns (Deal memory deal) {
        deal.assetId = listing.assetId;
        deal.currency = listing.currency;
        deal.price = listing.price;
        deal.kind = listing.kind;
        deal.uses = listing.uses;
        deal.flags = listing.flags;
        deal.feeBps = listing.feeBps;
        deal.referrerBps = listing.referrerBps;
        deal.period = listing.period;
        if (deal.kind != Kind.Metered && deal.flags & OfferFlags.ENCRYPTED == 0) return deal;
        deal.quota = listing.quota;
        deal.arbiter = listing.arbiter;
        deal.deliverWithin = listing.deliverWithin;
        deal.challengeWindow = listing.challengeWindow;
    }

    function _loadTerms(Listing storage listing, Terms memory terms) private view {
        uint8 flags = listing.flags;
        terms.uses = listing.uses;
        terms.derivativeBps = listing.derivativeBps;
        terms.exclusive = flags & OfferFlags.EXCLUSIVE != 0;
        terms.transferable = flags & OfferFlags.TRANSFERABLE != 0;
        terms.cancellable = flags & OfferFlags.CANCELLABLE != 0;
    }

    function _loadSale(Listing storage listing, Sale memory sale) private view {
        sale.kind = listing.kind;
        sale.currency = listing.currency;
        sale.price = listing.price;
        sale.feeBps = listing.feeBps;
        sale.referrerBps = listing.referrerBps;
        sale.period = listing.period;
        sale.quota = listing.quota;
        sale.maxUnits = listing.maxUnits;
        sale.gate = listing.gate;
        sale.arbiter = listing.arbiter;
        sale.deliverWithin = listing.deliverWithin;
        sale.challengeWindow = listing.challengeWindow;
    }
}
