// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Currency} from "../shared/Currency.sol";
import {DataDeliveries} from "./DataDeliveries.sol";
import {DataEscrow} from "./DataEscrow.sol";
import {DataSubscriptions} from "./DataSubscriptions.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {OfferFlags} from "./OfferFlags.sol";

/// @title DataMarket
/// @notice See {IDataMarket}. Here: buying, metered use and wrapping. Money is in {DataEscrow}, grants and exclusivity
/// in {DataGrantBook}, subscriptions in {DataSubscriptions}, sealed keys in {DataDeliveries}.
contract DataMarket is DataSubscriptions, DataDeliveries, EIP712 {
    bytes32 private constant USAGE_TYPEHASH = keccak256(
        "Usage(bytes32 offerId,address holder,uint48 cumulative,uint48 deadline)"
    );

    /// @param authority The suite's AccessManager.
    /// @param offers_ The suite's {IDataOffers}, which names assets and credits.
    /// @param treasury_ Who gets the fees.
    constructor(
        address authority,
        IDataOffers offers_,
        address treasury_
    ) AccessManaged(authority) DataEscrow(offers_, treasury_) EIP712("DeFIoT DataMarket", "1") {}

    /// @inheritdoc IDataMarket
    function buy(Purchase calldata purchase) external payable nonReentrant whenIntakeOpen {
        _buy(purchase, msg.sender);
    }

    /// @inheritdoc IDataMarket
    function buyFor(Purchase calldata purchase, address payer) external payable nonReentrant whenIntakeOpen {
        bool trusted = msg.sender == address(offers) || msg.sender == address(grants);
        require(trusted, DataMarketUnauthorized(msg.sender));
        _buy(purchase, payer);
    }

    /// @inheritdoc IDataMarket
    function recordUsage(Usage calldata usage, bytes calldata holderSignature) external {
        require(block.timestamp <= usage.deadline, DataMarketExpiredSignature(usage.deadline));
        Grant storage grant = _grants[usage.offerId][usage.holder];
        bool rises = usage.cumulative > grant.used && usage.cumulative <= grant.quota;
        require(rises, DataMarketInvalidUsage(usage.cumulative, grant.used, grant.quota));
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(USAGE_TYPEHASH, usage)));
        bool signed = SignatureChecker.isValidSignatureNowCalldata(usage.holder, digest, holderSignature);
        require(signed, DataMarketInvalidHolderSignature(usage.holder));
        grant.used = usage.cumulative;
        emit UsageRecorded(usage.offerId, usage.holder, usage.cumulative);
    }

    /// @inheritdoc IDataMarket
    function wrap(bytes32 offerId) external nonReentrant returns (uint32 tokenId) {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        Grant storage grant = _grants[offerId][msg.sender];
        bool wrappable =
            deal.flags & OfferFlags.TRANSFERABLE != 0 &&
                grant.tokenId == 0 &&
                _deliveries[offerId][msg.sender].status == DeliveryStatus.None &&
                _isGranted(deal, offerId, msg.sender);
        require(wrappable, DataMarketNotWrappable(offerId, msg.sender));
        tokenId = grants.mint(msg.sender, offerId);
        grant.tokenId = tokenId;
    }

    /// @inheritdoc IDataMarket
    function unwrap(bytes32 offerId) external nonReentrant {
        Grant storage grant = _grants[offerId][msg.sender];
        uint32 tokenId = grant.tokenId;
        require(tokenId != 0, DataMarketNotWrappable(offerId, msg.sender));
        grant.tokenId = 0;
        grants.burn(tokenId);
    }

    /// @inheritdoc IDataMarket
    function moveGrant(bytes32 offerId, address from, address to) external nonReentrant {
        require(msg.sender == address(grants), DataMarketUnauthorized(msg.sender));
        IDataOffers.Deal memory deal = _dealOf(offerId);
        Grant storage source = _grants[offerId][from];
        Grant storage target = _grants[offerId][to];
        bool free =
            target.tokenId == 0 &&
                !_isGranted(deal, offerId, to) &&
                _deliveries[offerId][to].status == DeliveryStatus.None;
        require(free, DataMarketAlreadyHeld(offerId, to));
        offers.checkGate(offerId, to);
        // What is due until now is due to each for himself.
        _refund(offerId, deal, from);
        _refund(offerId, deal, to);
        _moveGrant(source, target);
        emit GrantMoved(offerId, from, to);
    }

    /// @inheritdoc IDataMarket
    function previewBuy(
        Purchase calldata purchase,
        address payer
    ) external view returns (Currency currency, uint256 price) {
        IDataOffers.Deal memory deal = offers.checkSale(purchase.offerId, purchase.units, purchase.recipient);
        price = _checkPurchase(purchase, deal, payer);
        return (deal.currency, price);
    }

    /// @inheritdoc IDataMarket
    function refundable(bytes32 offerId, address holder) external view returns (uint256 amount) {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        (amount, ) = _due(deal, _grants[offerId][holder]);
        return amount + _dueOfDelivery(deal, _deliveries[offerId][holder]);
    }

    function _buy(Purchase calldata purchase, address payer) private {
        bytes32 offerId = purchase.offerId;
        IDataOffers.Deal memory deal = offers.sell(offerId, purchase.units, purchase.recipient);
        uint256 price = _checkPurchase(purchase, deal, payer);
        bool earned = _grant(purchase, deal);
        emit GrantBought(offerId, purchase.recipient, payer, purchase.units, price, purchase.encryptionKey);
        _collect(deal.currency, payer, price);
        if (earned) _recognise(offerId, deal, price, purchase.referrer, payer);
    }

    /// @return earned Whether the price is the seller's at once.
    function _grant(Purchase calldata purchase, IDataOffers.Deal memory deal) private returns (bool earned) {
        bytes32 offerId = purchase.offerId;
        address holder = purchase.recipient;
        if (deal.kind == IDataOffers.Kind.Subscription) {
            _subscribe(offerId, deal, holder, uint256(purchase.units) * deal.period);
            return false;
        }
        Grant storage grant = _grants[offerId][holder];
        if (deal.kind == IDataOffers.Kind.Metered) {
            _bookEndless(deal, grant.quota != 0);
            grant.quota = SafeCast.toUint48(grant.quota + uint256(purchase.units) * deal.quota);
            return true;
        }
        require(!grant.held, DataMarketAlreadyHeld(offerId, holder));
        _bookEndless(deal, false);
        grant.held = true;
        if (!_isEncrypted(deal)) return true;
        _openDelivery(offerId, deal, holder, purchase.referrer);
        return false;
    }

    /// @dev Field by field: a holder who had quota keeps count of what he ever bought and used, so that what he signed
    /// then is worth nothing later.
    function _moveGrant(Grant storage source, Grant storage target) private {
        target.start = source.start;
        target.end = source.end;
        target.refundTo = source.refundTo;
        target.quota = SafeCast.toUint48(uint256(target.used) + source.quota - source.used);
        target.tokenId = source.tokenId;
        target.held = source.held;
        source.start = 0;
        source.end = 0;
        source.refundTo = 0;
        source.quota = source.used;
        source.tokenId = 0;
        source.held = false;
    }

    function _checkPurchase(
        Purchase calldata purchase,
        IDataOffers.Deal memory deal,
        address payer
    ) private view returns (uint256 price) {
        bool own = purchase.recipient == payer;
        bool recipient = purchase.recipient != address(0) && (own || !_isCredits(deal.currency));
        require(recipient, DataMarketInvalidRecipient(purchase.recipient));
        _checkEncryptionKey(purchase, deal, own);
        uint256 multiple = deal.kind == IDataOffers.Kind.Subscription ? deal.period : 1;
        price = purchase.units * multiple * deal.price;
        require(price <= purchase.maxPay, DataMarketPriceTooHigh(price, purchase.maxPay));
    }

    /// @dev Only the holder says which key is his: with another's, who pays for him would get the content in his place.
    function _checkEncryptionKey(Purchase calldata purchase, IDataOffers.Deal memory deal, bool own) private view {
        bytes32 key = purchase.encryptionKey;
        bool valid = !_isEncrypted(deal) ? key == 0 : key != 0 && (own || key == encryptionKeyOf(purchase.recipient));
        require(valid, DataMarketInvalidEncryptionKey(key));
    }
}
