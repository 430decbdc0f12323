// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {DataGrantBook} from "./DataGrantBook.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";

/// @title DataDeliveries
/// @notice The part of {IDataMarket} that holds the price of encrypted content until its key was delivered and not
/// disputed. Every status has a deadline after which anyone may close it: nobody's silence holds the money.
abstract contract DataDeliveries is DataGrantBook {
    uint256 private constant BOND_BPS = 1_000;
    uint48 private constant RULING_TIME = 14 days;

    mapping(address account => bytes32) private _encryptionKeys;

    /// @inheritdoc IDataMarket
    function deliver(bytes32 offerId, address holder, bytes calldata sealedKey) external {
        Listing memory listing = _load(offerId);
        Delivery storage delivery = _deliveries[offerId][holder];
        _checkInTime(delivery, DeliveryStatus.Pending);
        require(assets.ownerOf(listing.assetId) == msg.sender, DataMarketUnauthorized(msg.sender));
        require(sealedKey.length != 0, DataMarketEmptyKey());
        _move(delivery, DeliveryStatus.Delivered, listing.challengeWindow);
        emit KeyDelivered(offerId, holder, sealedKey);
    }

    /// @inheritdoc IDataMarket
    function dispute(bytes32 offerId) external payable nonReentrant {
        Listing memory listing = _load(offerId);
        Delivery storage delivery = _deliveries[offerId][msg.sender];
        _checkInTime(delivery, DeliveryStatus.Delivered);
        _move(delivery, DeliveryStatus.Disputed, RULING_TIME);
        uint256 bond = _bondOf(listing);
        emit DeliveryDisputed(offerId, msg.sender, bond);
        _collect(listing.currency, msg.sender, bond);
    }

    /// @inheritdoc IDataMarket
    function rule(bytes32 offerId, address holder, bool forSeller) external nonReentrant {
        Listing memory listing = _load(offerId);
        Delivery storage delivery = _deliveries[offerId][holder];
        _checkInTime(delivery, DeliveryStatus.Disputed);
        require(listing.arbiter == msg.sender, DataMarketUnauthorized(msg.sender));
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

    function _openDelivery(bytes32 offerId, Listing memory listing, address holder, address referrer) internal {
        Delivery storage delivery = _deliveries[offerId][holder];
        delivery.referrer = referrer;
        _move(delivery, DeliveryStatus.Pending, listing.deliverWithin);
    }

    /// @dev What a holder gets back if his delivery is closed now.
    function _dueOfDelivery(Listing memory listing, Delivery storage delivery) internal view returns (uint256 amount) {
        DeliveryStatus status = delivery.status;
        if (status == DeliveryStatus.None || status == DeliveryStatus.Delivered) return 0;
        if (block.timestamp <= delivery.deadline) return 0;
        return listing.price + (status == DeliveryStatus.Disputed ? _bondOf(listing) : 0);
    }

    function _close(bytes32 offerId, address holder, bool earned, bool bonded) private {
        Listing memory listing = _load(offerId);
        address referrer = _deliveries[offerId][holder].referrer;
        delete _deliveries[offerId][holder];
        uint256 bond = bonded ? _bondOf(listing) : 0;
        _unbookOpen(listing, earned);
        emit DeliveryClosed(offerId, holder, earned);
        if (earned) {
            IDataAssets.Standing memory standing = assets.standingOf(listing.assetId);
            if (bonded) _forfeit(listing, standing.payee, holder, bond);
            _recognise(offerId, listing, standing, listing.price, referrer, holder);
        } else {
            _grants[offerId][holder].held = false;
            _uncountUnit(offerId, listing);
            _giveBack(offerId, listing.currency, holder, listing.price + bond);
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

    function _bondOf(Listing memory listing) private pure returns (uint256 bond) {
        return Math.ceilDiv(listing.price * BOND_BPS, BPS);
    }
}
