// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {DataMarketFixture} from "./DataMarketFixture.sol";

/// @dev Who is kept out by whom, to the second.
contract DataMarketExclusiveStreamsTest is DataMarketFixture {
    string private constant DAT_07 = "DAT-07: kept out for another time";

    address private _first;
    address private _second;
    address private _third;
    uint256 private _assetId;
    uint256 private _start;

    function setUp() public {
        _deployData();
        (_first, _second, _third) = (_person(2), _person(3), _person(4));
        _endow(_first);
        _endow(_second);
        _endow(_third);
    }

    /// @dev The exclusive holder's end, as bought, extended or cancelled, is when others may buy; not a second before.
    function testFuzz_DAT07_othersBuyWhenTheExclusiveHoldersTimeIsOver(
        uint24 age,
        uint8 units,
        uint8 more,
        uint32 later,
        bool cancels
    ) public {
        _publishStream(age);
        bytes32 exclusive = _subscriptionOf(true);
        bytes32 plain = _subscriptionOf(false);
        uint32 bought = uint32(bound(units, 1, 50));
        uint256 end = _epoch() + bought;
        _buy(exclusive, bought, _first);
        vm.warp(block.timestamp + bound(later, 0, _closing(end) - 1 - block.timestamp));
        if (more % 2 == 1) {
            _buy(exclusive, more, _first);
            end += more;
        }
        uint256 until = _closing(end);
        uint256 next = vm.getBlockTimestamp() < _start ? 0 : _epoch() + 1;
        if (cancels && next < end) {
            vm.prank(_first);
            _market.cancel(exclusive, _first);
            // Of a stream that has not begun nothing is left.
            until = next == 0 ? vm.getBlockTimestamp() : _closing(next);
        }
        if (until > vm.getBlockTimestamp()) {
            vm.warp(until - 1);
            _assertKeptOut(plain, _second, until);
            _assertKeptOut(exclusive, _second, until);
        }
        vm.warp(until);
        _buy(exclusive, 1, _second);
        assertFalse(_inForce(exclusive, _first), "DAT-07: two hold an exclusive grant");
        _assertKeptOut(plain, _first, _closing(_epoch() + 1));
    }

    /// @dev An exclusive grant is sold when the last of all others is over, whoever bought last.
    function testFuzz_DAT07_anExclusiveOneWaitsForAllOthers(uint24 age, uint8 one, uint8 other, uint8 more) public {
        _publishStream(age);
        bytes32 exclusive = _subscriptionOf(true);
        bytes32 plain = _subscriptionOf(false);
        uint256 current = _epoch();
        (uint256 a, uint256 b) = (bound(one, 1, 50), bound(other, 1, 50));
        _buy(plain, uint32(a), _first);
        _buy(plain, uint32(b), _second);
        if (more % 2 == 1) {
            _buy(plain, more, _first);
            a += more;
        }
        uint256 until = _closing(current + (a > b ? a : b));
        _assertKeptOut(exclusive, _third, until);
        vm.warp(until - 1);
        _assertKeptOut(exclusive, _third, until);
        _assertKeptOut(exclusive, _first, until);
        vm.warp(until);
        _buy(exclusive, 1, _third);
        _assertKeptOut(plain, _first, _closing(_epoch() + 1));
    }

    /// @dev A one-off is for ever, unless its key does not come: then all is as it was before.
    function testFuzz_DAT07_aRefundLetsOthersIn(bool exclusive, bool delivered, uint8 units) public {
        _publishStream(0);
        IDataOffers.Offer memory offer = _sealedOfferOf(_assetId, _inToken(), 5, address(this));
        offer.terms.exclusive = exclusive;
        bytes32 sealed_ = _list(offer);
        bytes32 waiting = _subscriptionOf(!exclusive);
        IDataMarket.Purchase memory purchase = _purchaseOf(sealed_, 1, _first);
        purchase.encryptionKey = bytes32(uint256(1));
        _pay(purchase, _first);
        _assertKeptOut(waiting, _second, type(uint48).max);
        if (delivered) {
            vm.prank(_person(1));
            _market.deliver(sealed_, _first, "key");
        }
        vm.warp(block.timestamp + 3 days);
        _market.closeDelivery(sealed_, _first);
        if (delivered) return _assertKeptOut(waiting, _second, type(uint48).max);
        _buy(waiting, uint32(units) + 1, _second);
        assertTrue(_inForce(waiting, _second), DAT_07);
    }

    function _assertKeptOut(bytes32 offerId, address buyer, uint256 until) private {
        vm.expectRevert(
            abi.encodeWithSelector(IDataMarket.DataMarketExclusive.selector, _assetId, uint48(until)),
            address(_market)
        );
        vm.prank(buyer);
        _market.buy(_purchaseOf(offerId, 1, buyer));
    }

    function _subscriptionOf(bool exclusive) private returns (bytes32 offerId) {
        IDataOffers.Offer memory offer = _offerOf(_assetId, IDataOffers.Kind.Subscription, _inToken(), 3);
        offer.terms.exclusive = exclusive;
        offer.terms.cancellable = true;
        return _list(offer);
    }

    /// @dev With its first epoch up to two days ahead, or long ago.
    function _publishStream(uint24 age) private {
        _start = block.timestamp + 2 days - (age % 60 days);
        _assetId = _newStream(5, _person(1), DAY, 1 hours, uint48(_start));
    }

    function _epoch() private view returns (uint256) {
        return vm.getBlockTimestamp() < _start ? 0 : (vm.getBlockTimestamp() - _start) / DAY;
    }

    /// @dev The end of epoch `end`, in which the data of the last one comes.
    function _closing(uint256 end) private view returns (uint256) {
        return _start + (end + 1) * DAY;
    }
}
