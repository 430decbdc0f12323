// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {DataMarketFixture} from "./DataMarketFixture.sol";

/// @dev Beside the market stands what it must agree with: a table of who paid for which epoch, and whether it came.
contract DataMarketSubscriptionsTest is DataMarketFixture {
    uint256 private constant KEY = 7;
    uint256 private constant SUBSCRIBERS = 4;
    uint256 private constant MAX_EPOCHS = 1024;
    uint128 private constant PRICE = 101;
    uint16 private constant PERIOD = 3;

    /// @param kind What happens; `who` to whom, `amount` how much of it.
    struct Step {
        uint8 kind;
        uint8 who;
        uint8 amount;
        uint24 pause;
    }

    address private _seller;
    uint256 private _assetId;
    bytes32 private _offerId;
    uint256 private _first;
    uint256 private _grace;
    bytes32 private _head;
    uint256 private _next;
    uint256 private _settlements;
    mapping(uint256 who => mapping(uint256 epoch => bool)) private _paid;
    mapping(uint256 who => uint256) private _start;
    mapping(uint256 who => uint256) private _end;
    mapping(uint256 who => uint256) private _back;
    mapping(uint256 epoch => bool) private _came;
    uint256 private _last;

    function setUp() public {
        _deployData();
        _seller = _person(9);
        for (uint256 i = 0; i < SUBSCRIBERS; ++i) _endow(_person(i));
    }

    /// @dev Whatever the order of purchases, deliveries, settlements, refunds and cancellations: who paid for an epoch
    /// that came has paid the seller, and who paid for one that did not has his money back.
    function testFuzz_DAT02_DAT10_agreesWithATableOfEpochs(Step[40] memory steps, uint32 grace, uint32 age) public {
        // Every other time a border of the words of 256 epochs lies ahead.
        uint256 since = age % 2 == 0 ? age % 600 days : ((age % 3) + 1) * 256 days - (age % 30 days);
        _publishStream(uint32(bound(grace, 1, DAY)), since);
        for (uint256 i = 0; i < steps.length; ++i) _take(steps[i]);

        vm.warp(_first + (_last + 2) * DAY);
        for (uint256 i = steps.length; i > 0; --i) {
            Step memory step = steps[i - 1];
            if (step.kind % 2 == 0) _settle(step.amount % 9);
            else _refund(step.who % SUBSCRIBERS);
        }
        while (_settle(13) != 0) {}
        for (uint256 i = 0; i < SUBSCRIBERS; ++i) _refund(i);
        _compare();
    }

    /// @dev What a refund has to count never passes 1,024 epochs; what is final is refunded first.
    function testFuzz_DAT04_reachesNoFurtherThanOneRefundCounts(uint16 one, uint16 more, uint16 passed) public {
        _publishStream(1, 0);
        uint32 units = uint32(bound(one, 1, MAX_EPOCHS / PERIOD));
        uint32 further = uint32(bound(more, 1, MAX_EPOCHS));
        uint256 end = units * PERIOD;
        uint256 gone = bound(passed, 0, end);
        _buy(_offerId, units, _person(0));
        vm.warp(_first + gone * DAY);
        uint256 settled = gone == 0 ? 0 : gone - 1;
        uint256 after_ = end + uint256(further) * PERIOD;
        bool refunds = after_ > MAX_EPOCHS;
        uint256 reach = refunds ? after_ - settled : after_;
        if (reach > MAX_EPOCHS) {
            vm.expectRevert(abi.encodeWithSelector(IDataMarket.DataMarketTooManyEpochs.selector, reach));
        }
        vm.prank(_person(0));
        _market.buy(_purchaseOf(_offerId, further, _person(0)));
        IDataMarket.Grant memory grant = _market.grantOf(_offerId, _person(0));
        assertEq(grant.end, reach > MAX_EPOCHS ? end : after_, "DAT-04: units add whole periods");
        uint256 credited = reach <= MAX_EPOCHS && refunds ? settled * PRICE : 0;
        assertEq(_market.claimable(_inToken(), _person(0)), credited, "DAT-10: another refund");
    }

    function _take(Step memory step) private {
        uint256 kind = step.kind % 8;
        uint256 who = step.who % SUBSCRIBERS;
        if (kind == 0 || kind == 1) _subscribe(who, (step.amount % 4) + 1);
        else if (kind == 2) _settle(step.amount % 5);
        else if (kind == 3) _refund(who);
        else if (kind == 4 && step.amount % 3 == 0) _cancel(who);
        else if (kind < 7) _appendNow(step.amount % 7 != 0);
        else vm.warp(_now() + (step.pause % (3 * DAY)));
    }

    function _subscribe(uint256 who, uint256 units) private {
        uint256 current = _epoch();
        _buy(_offerId, uint32(units), _person(who));
        if (_end[who] <= _start[who] || _end[who] < current) (_start[who], _end[who]) = (current, current);
        for (uint256 i = 0; i < units * PERIOD; ++i) _paid[who][_end[who]++] = true;
        if (_end[who] > _last) _last = _end[who];
        IDataMarket.Grant memory grant = _market.grantOf(_offerId, _person(who));
        assertEq(grant.start, _start[who], "DAT-04: starts with another epoch");
        assertEq(grant.end, _end[who], "DAT-04: ends with another epoch");
    }

    function _cancel(uint256 who) private {
        uint256 end = _now() < _first ? 0 : _epoch() + 1;
        vm.prank(_person(who));
        try _market.cancel(_offerId, _person(who)) {
            assertLt(end, _end[who], "DAT-04: nothing was left to cancel");
            while (_end[who] > end) {
                _paid[who][--_end[who]] = false;
                _back[who] += PRICE;
            }
        } catch {
            assertGe(end, _end[who], "DAT-04: could not be cancelled");
        }
    }

    function _settle(uint256 max) private returns (uint256 settled) {
        ++_settlements;
        settled = _market.settle(_offerId, max);
        assertLe(settled, max);
    }

    /// @dev As much as the view said before, and then nothing.
    function _refund(uint256 who) private {
        uint256 due = _market.refundable(_offerId, _person(who));
        assertEq(_market.refund(_offerId, _person(who)), due, "DAT-10: the view says otherwise");
        assertEq(_market.refund(_offerId, _person(who)), 0, "DAT-10: refunded twice");
    }

    /// @dev The epoch that ended last: before its grace is over, or as soon as it is.
    function _appendNow(bool inTime) private {
        uint256 epoch = _now() < _first ? 0 : _epoch();
        if (epoch > 0 && epoch - 1 >= _next && _now() < _first + epoch * DAY + _grace) --epoch;
        uint256 end = _first + (epoch + 1) * DAY;
        if (_now() < end) vm.warp(end);
        if (!inTime) vm.warp(end + _grace);
        _head = _append(_deviceKey(KEY), _assetId, uint32(epoch), _head);
        _came[epoch] = inTime;
        _next = epoch + 1;
    }

    function _compare() private view {
        uint256 earned;
        uint256 escrow;
        for (uint256 i = 0; i < SUBSCRIBERS; ++i) {
            uint256 back = _back[i];
            for (uint256 epoch = _first > block.timestamp ? 0 : _lowest(); epoch < _last; ++epoch) {
                if (!_paid[i][epoch]) continue;
                if (_came[epoch]) earned += PRICE;
                else back += PRICE;
            }
            escrow += back;
            assertEq(_market.claimable(_inToken(), _person(i)), back, "DAT-10: refunded another sum than missed");
        }
        uint256 fee = _market.claimable(_inToken(), TREASURY);
        uint256 toSeller = _market.claimable(_inToken(), _seller);
        assertEq(fee + toSeller, earned, "DAT-02: earned another sum than delivered");
        assertGe(fee * WHOLE, earned * FEE, "DAT-08: the fee was evaded");
        assertLe(fee, (earned * FEE) / WHOLE + _settlements, "DAT-08: the fee is too high");
        assertEq(_token.balanceOf(address(_market)), escrow + earned, "DAT-01: the market holds another sum");
    }

    /// @dev Before the one that ran at the beginning nobody bought any.
    function _lowest() private view returns (uint256) {
        uint256 current = 1_800_000_000;
        return current < _first ? 0 : (current - _first) / DAY;
    }

    function _publishStream(uint32 grace, uint256 age) private {
        _grace = grace;
        // At times the first epoch has still to begin.
        _first = age == 0 ? _now() : _now() + 2 days - age;
        _assetId = _newStream(KEY, _seller, DAY, grace, uint48(_first));
        _head = _rootNow();
        IDataOffers.Offer memory offer = _offerOf(_assetId, IDataOffers.Kind.Subscription, _inToken(), PRICE);
        offer.sale.period = PERIOD;
        offer.terms.cancellable = true;
        _offerId = _list(offer);
    }

    /// @dev The root of the stream that was published last.
    function _rootNow() private view returns (bytes32 root) {
        for (uint256 i = 1; _assets.assetOf(_idOf(_deviceKey(KEY)), root) == 0; ++i) {
            root = keccak256(abi.encode("root", i));
        }
    }

    function _epoch() private view returns (uint256) {
        return _now() < _first ? 0 : (_now() - _first) / DAY;
    }

    function _now() private view returns (uint256) {
        return vm.getBlockTimestamp();
    }
}
