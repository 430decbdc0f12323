// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {DataGrantBook} from "./DataGrantBook.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";

/// @title DataDeliveries
/// @notice The part of {IDataMarket} that holds the price of encrypted content until its key was delivered and not
/// disputed. Every status has a deadline after which anyone may close it: nobody's silence holds the money.
abstract contract DataDeliveries is DataGrantBook {
    uint256 private constant BOND_BPS = 1_000;
    uint48 private constant RULING_TIME = 14 days;

    mapping(address account => bytes32) private _encryptionKeys;

    /// @inheritdoc IDataMarket
    function deliver(bytes32 offerId, address holder, bytes calldata sealedKey) external {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        Delivery storage delivery = _deliveries[offerId][holder];
        _checkInTime(delivery, DeliveryStatus.Pending);
        require(assets.ownerOf(deal.assetId) == msg.sender, DataMarketUnauthorized(msg.sender));
        require(sealedKey.length != 0, DataMarketEmptyKey());
        _move(delivery, DeliveryStatus.Delivered, deal.challengeWindow);
        emit KeyDelivered(offerId, holder, sealedKey);
    }

    /// @inheritdoc IDataMarket
    function dispute(bytes32 offerId) external payable nonReentrant {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        Delivery storage delivery = _deliveries[offerId][msg.sender];
        _checkInTime(delivery, DeliveryStatus.Delivered);
        _move(delivery, DeliveryStatus.Disputed, RULING_TIME);
        uint256 bond = _bondOf(deal);
        emit DeliveryDisputed(offerId, msg.sender, bond);
        _collect(deal.currency, msg.sender, bond);
    }

    /// @inheritdoc IDataMarket
    function rule(bytes32 offerId, address holder, bool forSeller) external nonReentrant {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        Delivery storage delivery = _deliveries[offerId][holder];
        _checkInTime(delivery, DeliveryStatus.Disputed);
        require(deal.arbiter == msg.sender, DataMarketUnauthorized(msg.sender));
        _close(offerId, holder, forSeller, true);
    }

    /// @inheritdoc IDataMarket
    function closeDelivery(bytes32 offerId, address holder) external nonReentrant {
        Delivery storage delivery = _deliveries[offerId][holder];
        DeliveryStatus status = delivery.status;
        bool over = status != DeliveryStatus.None && block.timestamp > delivery.deadline;
        require(over, DataMarketWrongDelivery(status, delivery.deadline));
        _close(offerId, holder, status == DeliveryStatus.Delivered, status == DeliveryStatus.Disputed);
    }

    /// @inheritdoc IDataMarket
    function setEncryptionKey(bytes32 encryptionKey) external {
        _encryptionKeys[msg.sender] = encryptionKey;
        emit EncryptionKeySet(msg.sender, encryptionKey);
    }

    /// @inheritdoc IDataMarket
    function encryptionKeyOf(address account) public view returns (bytes32 encryptionKey) {
        return _encryptionKeys[account];
    }

    function _openDelivery(bytes32 offerId, IDataOffers.Deal memory deal, address holder, address referrer) internal {
        Delivery storage delivery = _deliveries[offerId][holder];
        delivery.referrer = referrer;
        _move(delivery, DeliveryStatus.Pending, deal.deliverWithin);
    }

    /// @dev What a holder gets back if his delivery is closed now.
    function _dueOfDelivery(
        IDataOffers.Deal memory deal,
        Delivery storage delivery
    ) internal view returns (uint256 amount) {
        DeliveryStatus status = delivery.status;
        if (status == DeliveryStatus.None || status == DeliveryStatus.Delivered) return 0;
        if (block.timestamp <= delivery.deadline) return 0;
        return deal.price + (status == DeliveryStatus.Disputed ? _bondOf(deal) : 0);
    }

    function _close(bytes32 offerId, address holder, bool earned, bool bonded) private {
        IDataOffers.Deal memory deal = _dealOf(offerId);
        address referrer = _deliveries[offerId][holder].referrer;
        delete _deliveries[offerId][holder];
        uint256 bond = bonded ? _bondOf(deal) : 0;
        emit DeliveryClosed(offerId, holder, earned);
        if (earned) {
            if (bonded) _forfeit(deal, holder, bond);
            _recognise(offerId, deal, deal.price, referrer, holder);
        } else {
            _grants[offerId][holder].held = false;
            _unbookEndless(deal);
            _giveBack(deal.currency, holder, deal.price + bond);
            emit Refunded(offerId, holder, deal.price + bond);
        }
    }

    function _move(Delivery storage delivery, DeliveryStatus status, uint48 time) private {
        delivery.status = status;
        delivery.deadline = uint48(block.timestamp) + time;
    }

    function _checkInTime(Delivery storage delivery, DeliveryStatus status) private view {
        bool inTime = delivery.status == status && block.timestamp <= delivery.deadline;
        require(inTime, DataMarketWrongDelivery(delivery.status, delivery.deadline));
    }

    function _bondOf(IDataOffers.Deal memory deal) private pure returns (uint256 bond) {
        return Math.mulDiv(deal.price, BOND_BPS, BPS, Math.Rounding.Ceil);
    }
}
