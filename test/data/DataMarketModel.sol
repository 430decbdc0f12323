// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {DataMarketFixture} from "./DataMarketFixture.sol";

/// @dev What the market ought to hold and owe, kept as simply as can be: each epoch that somebody paid for is a coin of
/// its own in a jar, which leaves it when it is earned, missed or cancelled. Nothing is summed up beforehand.
abstract contract DataMarketModel is DataMarketFixture {
    uint256 internal constant ACTORS = 6;
    uint256 internal constant CURRENCIES = 2;
    address internal constant MACHINE = address(0x3AC41);
    uint256 private constant BOND_PART = 10;

    /// @param payee Zero for the owner of the moment.
    struct Stock {
        uint256 key;
        address owner;
        address payee;
        bool payeeFixed;
        uint32 transfers;
        uint256 length;
        uint256 grace;
        uint256 first;
        uint32 next;
        bytes32 head;
        uint256 soldUntil;
    }

    struct Listed {
        IDataOffers.Offer offer;
        bool withdrawn;
        uint256 sold;
        bytes32 hash;
        bool begun;
        uint256 settledTo;
    }

    /// @param held A one-off, or a metered grant, which is there for ever once it was bought.
    /// @param left Uses that are still his.
    struct Hold {
        bool held;
        uint256 left;
        uint256 used;
        uint256 start;
        uint256 end;
        IDataMarket.DeliveryStatus status;
        uint256 deadline;
        address referrer;
        uint32 tokenId;
    }

    /// @dev The price of one epoch of one subscriber.
    struct Coin {
        uint256 epoch;
        address holder;
    }

    /// @dev Kept, since an address costs the curve.
    address[] private _actors;
    bytes32[] internal _offerIds;
    uint256 internal _assetCount;
    mapping(uint256 assetId => Stock stock) internal _stock;
    mapping(uint256 assetId => mapping(uint256 epoch => bool came)) internal _came;
    mapping(uint256 assetId => mapping(uint256 epoch => bytes32 root)) internal _rootOf;
    mapping(bytes32 offerId => Listed listed) internal _listed;
    mapping(bytes32 offerId => mapping(address holder => Hold hold)) internal _hold;
    mapping(bytes32 offerId => Coin[] coins) internal _jar;
    /// @dev By currency and account: what is credited and not withdrawn.
    mapping(uint256 currency => mapping(address account => uint256 amount)) internal _credit;
    mapping(uint256 currency => uint256 amount) internal _donated;
    mapping(address account => bytes32 key) internal _keyOf;
    address internal _treasury = TREASURY;

    constructor() {
        for (uint256 i = 0; i < ACTORS; ++i) _actors.push(_person(i));
    }

    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _currency(uint256 index) internal view returns (Currency) {
        return index == 0 ? _inCoin() : _inToken();
    }

    function _indexOf(bytes32 offerId) internal view returns (uint256) {
        return _listed[offerId].offer.sale.currency == _inCoin() ? 0 : 1;
    }

    function _actor(uint256 index) internal view returns (address) {
        return _actors[index];
    }

    /// @dev Everybody whom the market may ever owe something.
    function _account(uint256 index) internal view returns (address) {
        if (index < ACTORS) return _actor(index);
        return index == ACTORS ? TREASURY : MACHINE;
    }

    function _kind(bytes32 offerId) internal view returns (IDataOffers.Kind) {
        return _listed[offerId].offer.sale.kind;
    }

    function _isSubscription(bytes32 offerId) internal view returns (bool) {
        return _kind(offerId) == IDataOffers.Kind.Subscription;
    }

    function _isSealed(bytes32 offerId) internal view returns (bool) {
        return _listed[offerId].offer.sale.deliverWithin != 0;
    }

    function _stockOf(bytes32 offerId) internal view returns (Stock storage) {
        return _stock[_listed[offerId].offer.assetId];
    }

    function _payeeOf(uint256 assetId) internal view returns (address) {
        Stock storage stock = _stock[assetId];
        return stock.payee == address(0) ? stock.owner : stock.payee;
    }

    function _epochNow(Stock storage stock) internal view returns (uint256) {
        return _now() < stock.first ? 0 : (_now() - stock.first) / stock.length;
    }

    function _endOf(Stock storage stock, uint256 epoch) internal view returns (uint256) {
        return stock.first + (epoch + 1) * stock.length;
    }

    function _isOverdue(Stock storage stock, uint256 epoch) internal view returns (bool) {
        return _now() >= _endOf(stock, epoch) + stock.grace;
    }

    function _isOpen(bytes32 offerId) internal view returns (bool) {
        Listed storage listed = _listed[offerId];
        return
            !listed.withdrawn &&
            _now() <= listed.offer.validUntil &&
            listed.offer.transfers == _stockOf(offerId).transfers &&
            _left(offerId) != 0;
    }

    function _left(bytes32 offerId) internal view returns (uint256) {
        uint256 most = _listed[offerId].offer.sale.maxUnits;
        return most == 0 ? type(uint256).max : most - _listed[offerId].sold;
    }

    /// @dev A subscription that is still open; the data of its last epoch comes in the one after it.
    function _isRunning(bytes32 offerId, address holder) internal view returns (bool) {
        Hold storage hold = _hold[offerId][holder];
        return hold.end > hold.start && _now() < _endOf(_stockOf(offerId), hold.end);
    }

    /// @dev Whether a grant lives, be it that its key has not come yet.
    function _lives(bytes32 offerId, address holder) internal view returns (bool) {
        if (_isSubscription(offerId)) return _isRunning(offerId, holder);
        Hold storage hold = _hold[offerId][holder];
        return _kind(offerId) == IDataOffers.Kind.Metered ? hold.left != 0 : hold.held;
    }

    function _isGranted(bytes32 offerId, address holder) internal view returns (bool) {
        Hold storage hold = _hold[offerId][holder];
        IDataOffers.Kind kind = _kind(offerId);
        if (kind == IDataOffers.Kind.Subscription) return _isRunning(offerId, holder);
        if (kind == IDataOffers.Kind.Metered) return hold.left != 0;
        return
            hold.held &&
            hold.status != IDataMarket.DeliveryStatus.Pending &&
            hold.status != IDataMarket.DeliveryStatus.Disputed;
    }

    function _mayAccess(bytes32 offerId, address user, uint8 use, uint256 epoch) internal view returns (bool) {
        Hold storage hold = _hold[offerId][user];
        if (use == 0 || use & ~_listed[offerId].offer.terms.uses != 0) return false;
        if (_isSubscription(offerId) && (epoch < hold.start || epoch >= hold.end)) return false;
        return _isGranted(offerId, user);
    }

    /// @dev Whether exclusivity, somebody else's or the offer's own, keeps a holder from buying.
    function _isKeptOut(bytes32 offerId, address holder) internal view returns (bool) {
        Listed storage listed = _listed[offerId];
        if (_lives(offerId, holder) && listed.offer.terms.exclusive) return false;
        (bool exclusive, bool endless) = _livingOn(listed.offer.assetId);
        if (exclusive) return true;
        return listed.offer.terms.exclusive && (endless || _now() < _stock[listed.offer.assetId].soldUntil);
    }

    function _livingOn(uint256 assetId) internal view returns (bool exclusive, bool endless) {
        for (uint256 i = 0; i < _offerIds.length; ++i) {
            bytes32 offerId = _offerIds[i];
            if (_listed[offerId].offer.assetId != assetId) continue;
            for (uint256 j = 0; j < ACTORS; ++j) {
                if (!_lives(offerId, _actor(j))) continue;
                if (_listed[offerId].offer.terms.exclusive) exclusive = true;
                if (!_isSubscription(offerId)) endless = true;
            }
        }
    }

    function _noteBought(bytes32 offerId, address holder, uint256 units, address referrer) internal {
        Listed storage listed = _listed[offerId];
        Hold storage hold = _hold[offerId][holder];
        IDataOffers.Sale storage sale = listed.offer.sale;
        if (sale.maxUnits != 0) listed.sold += units;
        if (sale.kind == IDataOffers.Kind.Subscription) return _noteSubscribed(offerId, holder, units * sale.period);
        hold.held = true;
        if (sale.kind == IDataOffers.Kind.Metered) hold.left += units * sale.quota;
        if (sale.deliverWithin == 0) return _earn(offerId, units * sale.price, referrer);
        hold.referrer = referrer;
        _wait(hold, IDataMarket.DeliveryStatus.Pending, sale.deliverWithin);
    }

    function _wait(Hold storage hold, IDataMarket.DeliveryStatus status, uint256 time) internal {
        (hold.status, hold.deadline) = (status, _now() + time);
    }

    /// @dev The delivery is over, and so is what the holder waited for.
    function _noteClosed(bytes32 offerId, address holder, bool earned) internal {
        Hold storage hold = _hold[offerId][holder];
        uint256 price = _listed[offerId].offer.sale.price;
        uint256 bond = hold.status == IDataMarket.DeliveryStatus.Disputed ? _bondOf(offerId) : 0;
        address referrer = hold.referrer;
        (hold.status, hold.deadline, hold.referrer) = (IDataMarket.DeliveryStatus.None, 0, address(0));
        if (earned) {
            _credit[_indexOf(offerId)][_payeeOf(_listed[offerId].offer.assetId)] += bond;
            return _earn(offerId, price, referrer);
        }
        hold.held = false;
        if (_listed[offerId].offer.sale.maxUnits != 0) --_listed[offerId].sold;
        _credit[_indexOf(offerId)][holder] += price + bond;
    }

    function _bondOf(bytes32 offerId) internal view returns (uint256) {
        uint256 price = _listed[offerId].offer.sale.price;
        return price / BOND_PART + (price % BOND_PART == 0 ? 0 : 1);
    }

    /// @dev What waits in a delivery, with the bond of a dispute.
    function _waitingIn(bytes32 offerId, address holder) internal view returns (uint256) {
        IDataMarket.DeliveryStatus status = _hold[offerId][holder].status;
        if (status == IDataMarket.DeliveryStatus.None) return 0;
        uint256 price = _listed[offerId].offer.sale.price;
        return status == IDataMarket.DeliveryStatus.Disputed ? price + _bondOf(offerId) : price;
    }

    /// @dev What comes for missed epochs.
    function _dueFor(bytes32 offerId, address holder) internal view returns (uint256 amount) {
        Coin[] storage jar = _jar[offerId];
        for (uint256 i = 0; i < jar.length; ++i) {
            if (jar[i].holder == holder && _isMissed(offerId, jar[i].epoch)) {
                amount += _listed[offerId].offer.sale.price;
            }
        }
    }

    function _isMissed(bytes32 offerId, uint256 epoch) internal view returns (bool) {
        uint256 assetId = _listed[offerId].offer.assetId;
        return !_came[assetId][epoch] && _isOverdue(_stock[assetId], epoch);
    }

    function _noteRefunded(bytes32 offerId, address holder) internal returns (uint256 amount) {
        Coin[] storage jar = _jar[offerId];
        for (uint256 i = jar.length; i > 0; --i) {
            Coin storage coin = jar[i - 1];
            if (coin.holder != holder || !_isMissed(offerId, coin.epoch)) continue;
            amount += _listed[offerId].offer.sale.price;
            _takeOut(jar, i - 1);
        }
        _credit[_indexOf(offerId)][holder] += amount;
    }

    /// @dev How many epochs a settlement passes: those from where it stands that are final, and no more than `max`.
    function _noteSettled(bytes32 offerId, uint256 max) internal returns (uint256 settled) {
        Listed storage listed = _listed[offerId];
        uint256 assetId = listed.offer.assetId;
        if (!listed.begun) return 0;
        while (settled < max) {
            uint256 epoch = listed.settledTo;
            if (!_came[assetId][epoch] && !_isOverdue(_stock[assetId], epoch)) break;
            ++listed.settledTo;
            ++settled;
        }
        uint256 earned;
        Coin[] storage jar = _jar[offerId];
        for (uint256 i = jar.length; i > 0; --i) {
            uint256 epoch = jar[i - 1].epoch;
            if (epoch >= listed.settledTo || !_came[assetId][epoch]) continue;
            ++earned;
            _takeOut(jar, i - 1);
        }
        _earn(offerId, earned * listed.offer.sale.price, address(0));
    }

    function _noteCancelled(bytes32 offerId, address holder) internal {
        Stock storage stock = _stockOf(offerId);
        Hold storage hold = _hold[offerId][holder];
        uint256 end = _now() < stock.first ? 0 : _epochNow(stock) + 1;
        _noteRefunded(offerId, holder);
        Coin[] storage jar = _jar[offerId];
        for (uint256 i = jar.length; i > 0; --i) {
            if (jar[i - 1].holder != holder || jar[i - 1].epoch < end) continue;
            _credit[_indexOf(offerId)][holder] += _listed[offerId].offer.sale.price;
            _takeOut(jar, i - 1);
        }
        hold.end = end;
        if (!_listed[offerId].offer.terms.exclusive) return;
        stock.soldUntil = end > hold.start ? _endOf(stock, end) : _now();
    }

    function _noteMoved(bytes32 offerId, address from, address to) internal {
        _noteRefunded(offerId, from);
        _noteRefunded(offerId, to);
        Hold storage source = _hold[offerId][from];
        Hold storage target = _hold[offerId][to];
        (target.held, target.start, target.end) = (source.held, source.start, source.end);
        (target.left, target.tokenId) = (source.left, source.tokenId);
        // All that he ever had counts as used: what he signed before is worth nothing if he buys again.
        source.used += source.left;
        (source.held, source.start, source.end, source.left, source.tokenId) = (false, 0, 0, 0, 0);
        Coin[] storage jar = _jar[offerId];
        for (uint256 i = 0; i < jar.length; ++i) {
            if (jar[i].holder == from) jar[i].holder = to;
        }
    }

    function _earn(bytes32 offerId, uint256 price, address referrer) private {
        IDataOffers.Offer storage offer = _listed[offerId].offer;
        uint256 index = _indexOf(offerId);
        uint256 rest = price;
        rest -= _share(index, _treasury, price, offer.sale.feeBps, price);
        uint256 net = rest;
        IDataAssets.Parent[] memory parents = _assets.parentsOf(offer.assetId);
        for (uint256 i = 0; i < parents.length; ++i) {
            rest -= _share(index, _payeeOf(parents[i].assetId), net, parents[i].bps, rest);
        }
        if (referrer != address(0)) {
            uint256 toReferrer = (rest * offer.sale.referrerBps) / WHOLE;
            _credit[index][referrer] += toReferrer;
            rest -= toReferrer;
        }
        _credit[index][_payeeOf(offer.assetId)] += rest;
    }

    /// @dev Rounded up, but no more than is there.
    function _share(uint256 index, address to, uint256 of_, uint256 bps, uint256 most) private returns (uint256 share) {
        share = (of_ * bps + WHOLE - 1) / WHOLE;
        if (share > most) share = most;
        _credit[index][to] += share;
    }

    function _noteSubscribed(bytes32 offerId, address holder, uint256 epochs) private {
        Stock storage stock = _stockOf(offerId);
        Listed storage listed = _listed[offerId];
        Hold storage hold = _hold[offerId][holder];
        uint256 current = _epochNow(stock);
        if (!listed.begun) (listed.begun, listed.settledTo) = (true, current);
        if (!_isRunning(offerId, holder)) {
            _noteRefunded(offerId, holder);
            (hold.start, hold.end) = (current, current);
        }
        for (uint256 i = 0; i < epochs; ++i) _jar[offerId].push(Coin(hold.end++, holder));
        uint256 until = _endOf(stock, hold.end);
        if (until > stock.soldUntil) stock.soldUntil = until;
    }

    function _takeOut(Coin[] storage jar, uint256 index) private {
        jar[index] = jar[jar.length - 1];
        jar.pop();
    }
}
