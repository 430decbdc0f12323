// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataAssets} from "../../contracts/data/DataAssets.sol";
import {DataMarket} from "../../contracts/data/DataMarket.sol";
import {DataOffers} from "../../contracts/data/DataOffers.sol";
import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {DataMarketBuyers} from "./DataMarketBuyers.sol";
import {DataMarketSellers} from "./DataMarketSellers.sol";

/// @dev The market as a walk finds it: three sellers with seven assets and an offer or two on each, and what the tests
/// ask of the model.
abstract contract DataMarketHandler is DataMarketBuyers, DataMarketSellers {
    uint256 private constant FIRST_KEY = 11;

    constructor() {
        _deployData();
        for (uint256 i = 0; i < ACTORS; ++i) {
            _endow(_actor(i));
            _keyOf[_actor(i)] = bytes32(i + 1);
            vm.prank(_actor(i));
            _market.setEncryptionKey(bytes32(i + 1));
        }
        uint48 start = uint48(block.timestamp);
        _stockUp(0, 0, 0, 0);
        _stockUp(1, 0, 0, 0);
        _stockUp(0, DAY, DAY, start);
        _stockUp(1, DAY, 6 hours, start + 12 hours);
        _stockUp(2, 8 hours, 1, start - 250 * 8 hours);
        _stockUpDerivatives();
        for (uint256 i = 0; i < 14; ++i) {
            IDataOffers.Offer memory value = _someOffer(i, (i % 5) + 1);
            value.terms.exclusive = i == 10;
            _list(value);
            _noteListed(value);
        }
    }

    function market() external view returns (DataMarket) {
        return _market;
    }

    function offers() external view returns (DataOffers) {
        return _offers;
    }

    function assets() external view returns (DataAssets) {
        return _assets;
    }

    function actor(uint256 index) external view returns (address) {
        return _actor(index);
    }

    function account(uint256 index) external view returns (address) {
        return _account(index);
    }

    function currency(uint256 index) external view returns (Currency) {
        return _currency(index);
    }

    function offerIds() external view returns (bytes32[] memory) {
        return _offerIds;
    }

    function assetCount() external view returns (uint256) {
        return _assetCount;
    }

    function donated(uint256 index) external view returns (uint256) {
        return _donated[index];
    }

    function credited(uint256 index, address account_) external view returns (uint256) {
        return _credit[index][account_];
    }

    function listedAs(bytes32 offerId) external view returns (bytes32 hash, uint256 sold) {
        return (_listed[offerId].hash, _listed[offerId].sold);
    }

    function holdOf(bytes32 offerId, address holder) external view returns (Hold memory) {
        return _hold[offerId][holder];
    }

    function isOpen(bytes32 offerId) external view returns (bool) {
        return _isOpen(offerId);
    }

    function keptOffer(bytes32 offerId) external view returns (IDataOffers.Offer memory offer) {
        return _keptOffer(offerId);
    }

    function inForce(bytes32 offerId, address holder) external view returns (bool) {
        return _inForce(offerId, holder);
    }

    function isGranted(bytes32 offerId, address holder) external view returns (bool) {
        return _isGranted(offerId, holder);
    }

    function mayAccess(bytes32 offerId, address user, uint8 use, uint32 epoch) external view returns (bool) {
        return _mayAccess(offerId, user, use, epoch);
    }

    /// @dev What {IDataMarket-refund} or {IDataMarket-closeDelivery} owe now.
    function dueTo(bytes32 offerId, address holder) external view returns (uint256 amount) {
        bool refused = _isLate(offerId, holder) && !_isStatus(offerId, holder, IDataMarket.DeliveryStatus.Delivered);
        return _dueFor(offerId, holder) + (refused ? _waitingIn(offerId, holder) : 0);
    }

    /// @dev All that came in and is neither earned nor given back.
    function waiting(uint256 index) external view returns (uint256 amount) {
        for (uint256 i = 0; i < _offerIds.length; ++i) {
            bytes32 offerId = _offerIds[i];
            if (_indexOf(offerId) != index) continue;
            amount += _jar[offerId].length * _listed[offerId].offer.sale.price;
            for (uint256 j = 0; _isSealed(offerId) && j < ACTORS; ++j) amount += _waitingIn(offerId, _actor(j));
        }
    }

    /// @dev Whether an exclusive grant lives on an asset, and if so, how many the market knows there.
    function livingOn(uint256 assetId) external view returns (bool exclusive, uint256 count) {
        (exclusive, ) = _livingOn(assetId);
        for (uint256 i = 0; exclusive && i < _offerIds.length; ++i) {
            if (_listed[_offerIds[i]].offer.assetId != assetId) continue;
            for (uint256 j = 0; j < ACTORS; ++j) if (_inForce(_offerIds[i], _actor(j))) ++count;
        }
    }

    function streamIn(uint256 assetId) external view returns (uint256 next, bytes32 head) {
        bool started = _stock[assetId].next != 0;
        return (_stock[assetId].next, started ? _stock[assetId].head : bytes32(0));
    }

    function epochIn(uint256 assetId, uint256 epoch) external view returns (bytes32 root, bool came) {
        return (_rootOf[assetId][epoch], _came[assetId][epoch]);
    }

    /// @dev When the last deadline is over that the market has stated to anybody.
    function lastDeadline() public view returns (uint256 time) {
        time = _now();
        for (uint256 i = 0; i < _offerIds.length; ++i) {
            bytes32 offerId = _offerIds[i];
            Stock storage stock = _stockOf(offerId);
            for (uint256 j = 0; j < ACTORS; ++j) {
                Hold storage hold = _hold[offerId][_actor(j)];
                uint256 end = hold.end == 0 ? 0 : _endOf(stock, hold.end - 1) + stock.grace;
                if (hold.status != IDataMarket.DeliveryStatus.None) end = hold.deadline + 1;
                if (end > time) time = end;
            }
        }
    }

    /// @dev A stranger closes, settles, refunds and pays out everything at the first second when it must be possible.
    function drain() external {
        vm.warp(lastDeadline());
        for (uint256 i = 0; i < _offerIds.length; ++i) {
            bytes32 offerId = _offerIds[i];
            for (uint256 j = 0; j < ACTORS; ++j) {
                bool closed = _hold[offerId][_actor(j)].status == IDataMarket.DeliveryStatus.None;
                if (!closed) _market.closeDelivery(offerId, _actor(j));
                _market.refund(offerId, _actor(j));
            }
            while (_market.settle(offerId, 17) != 0) ++met["drained"];
        }
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            for (uint256 j = 0; j < ACTORS + 2; ++j) _market.withdraw(_currency(i), _account(j), _account(j));
        }
    }

    function _isStatus(bytes32 offerId, address holder, IDataMarket.DeliveryStatus status) private view returns (bool) {
        return _hold[offerId][holder].status == status;
    }

    function _stockUp(uint256 seller, uint32 length, uint32 grace, uint48 first) private {
        uint256 seed = FIRST_KEY + _assetCount * 2;
        _register(_deviceKey(seed), _actor(seller));
        IDataAssets.Publication memory value = _datasetOf(_deviceKey(seed), _actor(seller));
        if (length != 0) value = _streamOf(_deviceKey(seed), _actor(seller), length, grace, first);
        _noteStock(seed, value);
    }

    /// @dev A dataset made from one of the seller's own and one of others; and a stream made from two of others, of a
    /// machine whose income is not its operator's.
    function _stockUpDerivatives() private {
        Key memory key = _deviceKey(FIRST_KEY + _assetCount * 2);
        _register(key, _actor(0));
        IDataAssets.Publication memory value = _datasetOf(key, _actor(0));
        value.parents = new IDataAssets.Parent[](2);
        value.parents[0] = IDataAssets.Parent(1, 777);
        value.parents[1] = IDataAssets.Parent(4, 1_234);
        _noteStock(FIRST_KEY + _assetCount * 2, value);

        key = _deviceKey(FIRST_KEY + _assetCount * 2);
        uint256 deviceId = _register(key, _actor(1));
        vm.prank(_actor(1));
        _devices.setRevenuePayee(deviceId, MACHINE);
        value = _streamOf(key, _actor(1), 4 hours, 1 hours, uint48(block.timestamp));
        value.parents = new IDataAssets.Parent[](2);
        value.parents[0] = IDataAssets.Parent(2, 3_333);
        value.parents[1] = IDataAssets.Parent(3, 1_001);
        _noteStock(FIRST_KEY + _assetCount * 2, value);
    }

    function _noteStock(uint256 seed, IDataAssets.Publication memory value) private {
        uint256 assetId = _publish(_deviceKey(seed), value);
        Stock storage stock = _stock[assetId];
        (stock.key, stock.owner, stock.head) = (seed, value.creator, value.contentRoot);
        (stock.length, stock.grace, stock.first) = (value.epochLength, value.grace, value.firstEpochStart);
        stock.payee = _devices.revenuePayeeOf(value.deviceId);
        stock.payeeFixed = stock.payee != address(0);
        _assetCount = assetId;
    }
}
