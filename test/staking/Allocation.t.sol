// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {Allocation, Membership} from "../../contracts/staking/Allocation.sol";

/// @dev Beside the record stand a value for each epoch, and the list of what was asked for and when.
contract AllocationTest is Test {
    uint256 private constant FIRST = 5;
    uint256 private constant STEPS = 24;
    /// @dev More epochs than any walk passes.
    uint256 private constant HORIZON = FIRST + STEPS * 5 + 3;
    uint256 private constant MOST = 2 ** 54 - 1;

    struct Step {
        uint8 action;
        uint8 passing;
        uint64 amount;
    }

    mapping(uint256 epoch => uint256 value) private _values;
    uint256[] private _asked;
    uint256[] private _askedIn;

    function testFuzz_STK03_agreesWithAValueForEachEpoch(Step[24] memory steps) public {
        Allocation its;
        uint256 epoch = FIRST;
        for (uint256 i = 0; i < steps.length; ++i) {
            epoch += _passing(steps[i]);
            uint256 amount = steps[i].amount % (MOST + 1);
            uint256 action = steps[i].action % 4;
            // Records are read as they lie, and only moved to the running epoch when they are written.
            if (action != 0) its = its.asOf(uint32(epoch));
            if (action == 1) its = _ask(its, epoch, amount);
            if (action == 2) its = _reduce(its, epoch, amount);
            // A reduction is smaller than the allocation, mostly.
            if (action == 3) its = _reduce(its, epoch, _values[epoch] == 0 ? 0 : amount % _values[epoch]);
            _assertAgrees(its, epoch);
        }
    }

    /// @dev The rule itself: in an epoch counts what was asked for last before the epoch before it, or less, if less
    /// was asked for in that one.
    function testFuzz_aRiseBeginsTwoEpochsLaterAndACutInTheNext(Step[24] memory steps) public {
        Allocation its;
        uint256 epoch = FIRST;
        for (uint256 i = 0; i < steps.length; ++i) {
            epoch += _passing(steps[i]);
            uint256 amount = steps[i].amount % (MOST + 1);
            its = its.asOf(uint32(epoch)).ask(amount);
            _asked.push(amount);
            _askedIn.push(epoch);
            uint256 bind = 0;
            for (uint256 each = epoch - 1; each < epoch + 4; ++each) {
                uint256 value = _ruleAt(each);
                assertEq(its.valueAt(each), value, "not what the rule says");
                if (value > bind) bind = value;
            }
            assertEq(its.greatest(), bind, "STK-03: what answers is not bound");
        }
    }

    function testFuzz_whatIsBoundIsFreeTwoEpochsAfterACut(uint64 value, uint64 less, uint8 passing) public pure {
        value = uint64(bound(value, 1, MOST));
        less = uint64(bound(less, 0, value - 1));
        Allocation its = Allocation.wrap(0).asOf(uint32(FIRST)).ask(value);
        uint32 cut = uint32(FIRST + 2 + passing);
        its = its.asOf(cut).ask(less);
        assertEq(its.valueAt(cut - 1), passing == 0 ? 0 : value);
        assertEq(its.valueAt(cut), value, "a cut takes effect at once");
        assertEq(its.valueAt(cut + 1), less, "a cut has no effect in the next epoch");
        assertEq(its.greatest(), value, "STK-03: what answers is free");
        assertEq(its.asOf(cut + 1).greatest(), value, "STK-03: what answers is free");
        assertEq(its.asOf(cut + 2).greatest(), less, "STK-03: what does not answer is bound");
    }

    function testFuzz_holdsItsFieldsSideBySide(
        uint64[4] memory lanes,
        uint32 epoch,
        uint8 member,
        uint8 other,
        uint8 passing
    ) public pure {
        epoch = uint32(bound(epoch, 1, type(uint32).max - 4));
        uint256 word = 0;
        for (uint256 i = 0; i < 4; ++i) word = (word << 54) | (lanes[i] & MOST);
        word = (word << 32) | epoch;
        Allocation its = Allocation.wrap((word << 8) | (member % 3));
        for (uint256 i = 0; i < 4; ++i) assertEq(its.valueAt(epoch - 1 + i), lanes[i] & MOST, "a value");
        assertEq(its.valueAt(uint256(epoch) + 3 + passing), lanes[3] & MOST, "the last value");
        assertEq(its.epoch(), epoch, "the epoch");
        assertEq(uint8(its.membership()), member % 3, "the membership");
        assertEq(
            Allocation.unwrap(its.withMembership(Membership(other % 3))),
            (word << 8) | (other % 3),
            "more than the membership changes"
        );
        assertEq(Allocation.unwrap(its.asOf(epoch)), Allocation.unwrap(its), "it changes within its epoch");
        _assertMembershipStays(its.asOf(epoch + 2), epoch + 2, its.membership());
        _assertMembershipStays(its.ask(lanes[0] & MOST), epoch, its.membership());
        _assertMembershipStays(its.reduce(lanes[1]), epoch, its.membership());
    }

    function testFuzz_manyEpochsAreAsGoodAsThree(uint64[4] memory lanes, uint32 passed) public pure {
        uint256 word = 0;
        for (uint256 i = 0; i < 4; ++i) word = (word << 54) | (lanes[i] & MOST);
        Allocation its = Allocation.wrap(((word << 32) | FIRST) << 8).asOf(
            uint32(FIRST + bound(passed, 3, type(uint32).max - FIRST))
        );
        for (uint256 i = 0; i < 5; ++i) assertEq(its.valueAt(uint256(its.epoch()) + i - 1), lanes[3] & MOST);
        assertEq(its.greatest(), lanes[3] & MOST);
    }

    function _ask(Allocation its, uint256 epoch, uint256 value) private returns (Allocation) {
        if (value < _values[epoch + 1]) _values[epoch + 1] = value;
        for (uint256 each = epoch + 2; each <= HORIZON; ++each) _values[each] = value;
        return its.ask(value);
    }

    function _reduce(Allocation its, uint256 epoch, uint256 amount) private returns (Allocation) {
        for (uint256 each = epoch - 1; each <= HORIZON; ++each) {
            _values[each] = _values[each] < amount ? 0 : _values[each] - amount;
        }
        return its.reduce(amount);
    }

    function _assertAgrees(Allocation its, uint256 epoch) private view {
        Allocation moved = its.asOf(uint32(epoch));
        uint256 greatest = 0;
        for (uint256 each = epoch - 1; each < epoch + 5; ++each) {
            assertEq(moved.valueAt(each), _values[each], "an epoch's value differs");
            assertEq(its.valueAt(each), _values[each], "an epoch's value differs in a record that was not moved");
            if (_values[each] > greatest) greatest = _values[each];
        }
        assertEq(moved.greatest(), greatest, "STK-03: not the greatest is bound");
        assertEq(moved.epoch(), epoch);
    }

    function _ruleAt(uint256 epoch) private view returns (uint256 value) {
        for (uint256 i = 0; i < _asked.length && _askedIn[i] + 2 <= epoch; ++i) value = _asked[i];
        for (uint256 i = 0; i < _asked.length; ++i) {
            if (_askedIn[i] + 1 == epoch && _asked[i] < value) value = _asked[i];
        }
    }

    /// @dev Mostly none, at times a few.
    function _passing(Step memory step) private pure returns (uint256) {
        uint256 passing = step.passing % 12;
        return passing > 5 ? 0 : passing;
    }

    function _assertMembershipStays(Allocation its, uint32 epoch, Membership membership) private pure {
        assertEq(its.epoch(), epoch, "the epoch");
        assertEq(uint8(its.membership()), uint8(membership), "the membership");
    }
}
