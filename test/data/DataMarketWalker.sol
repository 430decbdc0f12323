// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {DataMarketModel} from "./DataMarketModel.sol";

/// @dev How a walk over the market chooses who acts on what, and how it judges what came of it.
abstract contract DataMarketWalker is DataMarketModel {
    string internal constant DAT_01 = "DAT-01";
    string internal constant DAT_02 = "DAT-02";
    string internal constant DAT_03 = "DAT-03";
    string internal constant DAT_04 = "DAT-04";
    string internal constant DAT_05 = "DAT-05";
    string internal constant DAT_07 = "DAT-07";
    string internal constant DAT_08 = "DAT-08";
    string internal constant DAT_10 = "DAT-10";
    string internal constant DAT_12 = "DAT-12";

    struct Tally {
        uint256 attempts;
        uint256 successes;
    }

    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;
    /// @dev How often a walk came to what few acts in a row lead to.
    mapping(string situation => uint256 times) public met;
    /// @dev Acts so far.
    uint256 public steps;
    bytes internal _answer;

    /// @dev What one act credits to all accounts, by currency: each unit of a price once.
    modifier creditsAsTheModel() {
        _;
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            for (uint256 j = 0; j < ACTORS + 2; ++j) {
                address account = _account(j);
                bool agrees = _market.claimable(_currency(i), account) == _credit[i][account];
                if (!agrees) _breach(DAT_08, "credited otherwise than the price splits");
            }
        }
    }

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 successes) {
        return (_tallies[action].attempts, _tallies[action].successes);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function _act(address sender, address target, uint256 value, bytes memory data) internal returns (bool success) {
        vm.prank(sender);
        (success, _answer) = target.call{value: value}(data);
    }

    function _onMarket(address sender, bytes memory data) internal returns (bool success) {
        return _act(sender, address(_market), 0, data);
    }

    function _judge(bool success, bool expected, string memory property) internal {
        ++steps;
        ++_tallies[msg.sig].attempts;
        if (success) ++_tallies[msg.sig].successes;
        if (success && !expected) _breach(property, "succeeded and must not");
        if (!success && expected) _breach(property, string.concat("failed and must not: ", vm.toString(_answer)));
    }

    function _breach(string memory property, string memory what) internal {
        _breaches[property] = string.concat(what, ": ", vm.toString(abi.encodePacked(msg.sig)));
    }

    /// @dev A purchase that is mostly good.
    function _orderFor(
        uint256 seed,
        bytes32 offerId,
        address payer,
        address recipient
    ) internal view returns (IDataMarket.Purchase memory purchase, uint256 price, bool valid) {
        IDataOffers.Sale memory sale = _listed[offerId].offer.sale;
        purchase.offerId = offerId;
        purchase.recipient = recipient;
        purchase.units = sale.kind == IDataOffers.Kind.OneOff ? 1 : uint32(_word(seed, "units") % 3) + 1;
        if (seed % 31 == 0) purchase.units = uint32(seed % 2) * 9;
        price = uint256(purchase.units) * (sale.period == 0 ? 1 : sale.period) * sale.price;
        purchase.maxPay = price + (_word(seed, "most") % 3);
        if (seed % 29 == 0 && price != 0) purchase.maxPay = price - 1;
        if (_word(seed, "referred") % 2 == 0) purchase.referrer = _someone(seed, "referrer");
        if (_isSealed(offerId)) purchase.encryptionKey = _keyOf[recipient];
        if (seed % 27 == 0) purchase.encryptionKey = bytes32(_word(seed, "key"));
        valid = _isValidOrder(purchase, price, payer);
    }

    /// @dev Coin to send along: as much as it costs, and at times more or less.
    function _coinFor(uint256 seed, bytes32 offerId, uint256 price) internal view returns (uint256 value, bool enough) {
        bool inCoin = _indexOf(offerId) == 0;
        value = inCoin ? price : 0;
        uint256 manner = _word(seed, "coin") % 16;
        if (manner < 4 && inCoin) value += manner;
        if (manner == 4 && value > 0) --value;
        if (manner == 5 && !inCoin) ++value;
        return (value, inCoin ? value >= price : value == 0);
    }

    function _isValidOrder(
        IDataMarket.Purchase memory purchase,
        uint256 price,
        address payer
    ) internal view returns (bool) {
        bytes32 offerId = purchase.offerId;
        address holder = purchase.recipient;
        bool oneOff = _kind(offerId) == IDataOffers.Kind.OneOff;
        if (!_isOpen(offerId) || price > purchase.maxPay || purchase.units == 0) return false;
        if (purchase.units > _left(offerId) || (oneOff && purchase.units != 1)) return false;
        if (oneOff && _hold[offerId][holder].held) return false;
        if (!_isSealed(offerId)) return purchase.encryptionKey == 0 && !_isKeptOut(offerId, holder);
        bool ownKey = holder == payer || purchase.encryptionKey == _keyOf[holder];
        return purchase.encryptionKey != 0 && ownKey && !_isKeptOut(offerId, holder);
    }

    /// @dev Something that the owner of an asset could offer.
    function _someOffer(uint256 seed, uint256 assetId) internal view returns (IDataOffers.Offer memory offer) {
        Stock storage stock = _stock[assetId];
        uint256 kind = _word(seed, "kind") % (stock.length == 0 ? 3 : 6);
        IDataOffers.Kind sold = IDataOffers.Kind(
            kind > 2
                ? 1
                : kind == 1 && stock.length == 0
                    ? 0
                    : kind
        );
        offer = _offerOf(assetId, sold, _currency(_word(seed, "currency") % 2), uint128(_word(seed, "price") % 1_000));
        offer.transfers = stock.transfers;
        offer.validUntil = uint48(_now() + 10 days + (_word(seed, "valid") % 60 days));
        offer.terms.uses = uint8(_word(seed, "uses") % 8) | 16;
        offer.terms.derivativeBps = uint16(_word(seed, "bps") % 1_200);
        offer.terms.transferable = _word(seed, "moves") % 4 != 0;
        offer.terms.exclusive = _word(seed, "exclusive") % 6 == 0;
        // No two are the same.
        offer.terms.legalHash = bytes32(_offerIds.length);
        if (sold == IDataOffers.Kind.Metered) offer.sale.quota = uint48(_word(seed, "quota") % 9) + 1;
        if (_word(seed, "limit") % 4 == 0) offer.sale.maxUnits = uint32(_word(seed, "limit") % 5) + 1;
        if (sold == IDataOffers.Kind.Subscription) {
            offer.sale.period = uint16(_word(seed, "period") % 12) + 1;
            offer.terms.cancellable = offer.sale.maxUnits == 0 && _word(seed, "cancel") % 4 != 0;
            return offer;
        }
        if (sold == IDataOffers.Kind.Metered) return offer;
        if (!stock.payeeFixed) offer.sale.referrerBps = uint16(_word(seed, "referrerBps") % 10_001);
        if (_word(seed, "sealed") % 2 == 0) {
            offer.sale.arbiter = _someone(seed, "arbiter");
            offer.sale.deliverWithin = uint24(1 hours + (_word(seed, "within") % 4 days));
            offer.sale.challengeWindow = uint24(1 days + (_word(seed, "window") % 2 days));
        }
    }

    /// @dev For each parent an offer that the seller holds; and whether he has one, or the parent, of each.
    function _licencesFor(
        IDataOffers.Offer memory offered,
        address seller
    ) internal view returns (bytes32[] memory licences, bool licensed) {
        IDataAssets.Parent[] memory parents = _assets.parentsOf(offered.assetId);
        licences = new bytes32[](parents.length);
        licensed = true;
        for (uint256 i = 0; i < parents.length; ++i) {
            if (_stock[parents[i].assetId].owner == seller) continue;
            for (uint256 j = 0; j < _offerIds.length && licences[i] == 0; ++j) {
                if (_isLicence(_offerIds[j], seller, parents[i], offered.validUntil)) licences[i] = _offerIds[j];
            }
            licensed = licensed && licences[i] != 0;
        }
    }

    /// @dev In force until after the offer ends, and nothing that can be given back or used up.
    function _isLicence(
        bytes32 offerId,
        address seller,
        IDataAssets.Parent memory parent,
        uint256 validUntil
    ) private view returns (bool) {
        IDataOffers.Offer storage offer = _listed[offerId].offer;
        Hold storage hold = _hold[offerId][seller];
        bool fits = offer.assetId == parent.assetId && offer.terms.derivativeBps <= parent.bps;
        if (!fits || offer.terms.uses & 16 == 0 || !_isGranted(offerId, seller)) return false;
        if (_isSubscription(offerId)) {
            return !offer.terms.cancellable && validUntil < _endOf(_stockOf(offerId), hold.end);
        }
        return _kind(offerId) == IDataOffers.Kind.OneOff && hold.status == IDataMarket.DeliveryStatus.None;
    }

    function _noteListed(IDataOffers.Offer memory offer) internal returns (bytes32 offerId) {
        offerId = _offerHash(offer);
        _offerIds.push(offerId);
        _listed[offerId].offer = offer;
        // Of the legal text only the offer's hash knows.
        offer.terms.legalHash = 0;
        _listed[offerId].hash = keccak256(abi.encode(offer));
    }

    /// @dev An offer that is as wanted, if there is any; at times any.
    function _offer(uint256 seed, function(bytes32) view returns (bool) wanted) internal view returns (bytes32) {
        uint256 start = _word(seed, "offer");
        for (uint256 i = 0; i < _offerIds.length && start % 16 != 0; ++i) {
            bytes32 offerId = _offerIds[(start + i) % _offerIds.length];
            if (wanted(offerId)) return offerId;
        }
        return _offerIds[start % _offerIds.length];
    }

    /// @dev Somebody's grant that is as wanted, if there is any; at times anybody's of anything.
    function _pair(
        uint256 seed,
        function(bytes32, address) view returns (bool) wanted
    ) internal view returns (bytes32 offerId, address holder) {
        uint256 start = _word(seed, "pair");
        uint256 pairs = _offerIds.length * ACTORS;
        for (uint256 i = 0; i < pairs && start % 16 != 0; ++i) {
            uint256 pair = (start + i) % pairs;
            (offerId, holder) = (_offerIds[pair / ACTORS], _actor(pair % ACTORS));
            if (wanted(offerId, holder)) return (offerId, holder);
        }
        return (_offerIds[(start % pairs) / ACTORS], _actor(start % ACTORS));
    }

    function _openSubscription(bytes32 offerId) internal view returns (bool) {
        return _isSubscription(offerId) && _isOpen(offerId);
    }

    function _openSealed(bytes32 offerId) internal view returns (bool) {
        return _isSealed(offerId) && _isOpen(offerId);
    }

    function _isBegun(bytes32 offerId) internal view returns (bool) {
        return _listed[offerId].begun;
    }

    function _isPending(bytes32 offerId, address holder) internal view returns (bool) {
        return _isWaiting(offerId, holder, IDataMarket.DeliveryStatus.Pending);
    }

    function _isDelivered(bytes32 offerId, address holder) internal view returns (bool) {
        return _isWaiting(offerId, holder, IDataMarket.DeliveryStatus.Delivered);
    }

    function _isDisputed(bytes32 offerId, address holder) internal view returns (bool) {
        return _isWaiting(offerId, holder, IDataMarket.DeliveryStatus.Disputed);
    }

    function _isLate(bytes32 offerId, address holder) internal view returns (bool) {
        Hold storage hold = _hold[offerId][holder];
        return hold.status != IDataMarket.DeliveryStatus.None && _now() > hold.deadline;
    }

    function _isDeliveryOn(bytes32 offerId, address holder) internal view returns (bool) {
        return _hold[offerId][holder].status != IDataMarket.DeliveryStatus.None;
    }

    function _isWaiting(
        bytes32 offerId,
        address holder,
        IDataMarket.DeliveryStatus status
    ) internal view returns (bool) {
        return _hold[offerId][holder].status == status && _now() <= _hold[offerId][holder].deadline;
    }

    function _hasUses(bytes32 offerId, address holder) internal view returns (bool) {
        return _hold[offerId][holder].left != 0;
    }

    function _isDue(bytes32 offerId, address holder) internal view returns (bool) {
        return _jar[offerId].length != 0 && _dueFor(offerId, holder) != 0;
    }

    function _mayCancel(bytes32 offerId, address holder) internal view returns (bool) {
        if (!_listed[offerId].offer.terms.cancellable) return false;
        Stock storage stock = _stockOf(offerId);
        return _hold[offerId][holder].end > (_now() < stock.first ? 0 : _epochNow(stock) + 1);
    }

    function _mayWrap(bytes32 offerId, address holder) internal view returns (bool) {
        Hold storage hold = _hold[offerId][holder];
        return
            _listed[offerId].offer.terms.transferable &&
            hold.tokenId == 0 &&
            hold.status == IDataMarket.DeliveryStatus.None &&
            _isGranted(offerId, holder);
    }

    function _isWrapped(bytes32 offerId, address holder) internal view returns (bool) {
        return _hold[offerId][holder].tokenId != 0;
    }

    function _mayRenew(bytes32 offerId, address holder) internal view returns (bool) {
        return _isWrapped(offerId, holder) && _openSubscription(offerId);
    }

    function _mayCancelToken(bytes32 offerId, address holder) internal view returns (bool) {
        return _isWrapped(offerId, holder) && _mayCancel(offerId, holder);
    }

    function _someone(uint256 seed, string memory part) internal view returns (address) {
        return _actor(_word(seed, part) % ACTORS);
    }

    function _orStranger(uint256 seed, address right) internal view returns (address) {
        return _word(seed, "sender") % 6 == 0 ? _someone(seed, "stranger") : right;
    }

    function _word(uint256 seed, string memory part) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, part)));
    }
}
