// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {SpendingBudget} from "../../contracts/identity/SpendingBudget.sol";

/// @dev Beside the library stands what it must agree with: the sum of all charges, window by window.
contract SpendingBudgetTest is Test {
    using SpendingBudget for SpendingBudget.Budget;

    struct Charge {
        uint16 pause;
        uint128 amount;
    }

    mapping(uint48 window => uint256 sum) private _spentIn;

    function testFuzz_IDN10_agreesWithTheSumOfCharges(
        uint128 allowance,
        uint48 start,
        uint16 period,
        Charge[16] memory charges
    ) public {
        start = uint48(bound(start, 0, type(uint48).max / 2));
        period = uint16(bound(period, 1, type(uint16).max));
        SpendingBudget.Budget memory budget = SpendingBudget.Budget(allowance, 0, 0);
        uint48 time = start;
        for (uint256 i = 0; i < charges.length; ++i) {
            time += charges[i].pause;
            uint48 window = SpendingBudget.windowAt(start, period, time);
            uint256 left = allowance - _spentIn[window];
            assertEq(budget.remaining(window), left, "IDN-10: what remains is not what the charges leave");

            uint128 amount = uint128(bound(charges[i].amount, 0, left));
            budget = budget.charged(window, amount);
            _spentIn[window] += amount;
            assertEq(budget.allowance, allowance);
            assertEq(budget.window, window);
            assertEq(budget.spent, _spentIn[window]);
            assertLe(budget.spent, allowance, "IDN-10: more was spent than is allowed");
            assertEq(budget.remaining(window + 1), allowance, "IDN-10: another window is not whole");
        }
    }

    function testFuzz_IDN10_chargesNothingBeyondTheRest(
        uint128 allowance,
        uint128 first,
        uint128 second,
        bool same
    ) public {
        first = uint128(bound(first, 0, allowance));
        uint256 left = same ? allowance - first : allowance;
        vm.assume(left < type(uint128).max);
        second = uint128(bound(second, left + 1, type(uint128).max));
        vm.expectRevert();
        this.chargeTwice(allowance, first, second, same ? 0 : 1);
    }

    function testFuzz_windowsAreOneAfterAnotherAndAllAsLong(uint48 start, uint48 period, uint48 number) public pure {
        start = uint48(bound(start, 0, type(uint48).max - 1));
        uint48 span = type(uint48).max - start;
        period = uint48(bound(period, 1, span));
        number = uint48(bound(number, 0, span / period));
        uint48 begin = start + number * period;
        assertEq(SpendingBudget.windowAt(start, period, begin), number);
        if (number > 0) assertEq(SpendingBudget.windowAt(start, period, begin - 1), number - 1);
        if (type(uint48).max - begin >= period - 1) {
            assertEq(SpendingBudget.windowAt(start, period, begin + (period - 1)), number);
        }
    }

    function testFuzz_windowsOnlyGoOn(uint48 start, uint48 period, uint48 time, uint48 later) public pure {
        period = uint48(bound(period, 1, type(uint48).max));
        later = uint48(bound(later, start, type(uint48).max));
        time = uint48(bound(time, start, later));
        uint48 first = SpendingBudget.windowAt(start, period, time);
        assertLe(first, SpendingBudget.windowAt(start, period, later));
        assertLe(first, (later - start) / period);
    }

    /// @dev Any span as long as a period meets two windows at most.
    function testFuzz_IDN10_aSlidingPeriodMeetsTwoWindows(uint48 start, uint48 period, uint48 time) public pure {
        period = uint48(bound(period, 1, type(uint48).max / 4));
        start = uint48(bound(start, 0, type(uint48).max / 4));
        time = uint48(bound(time, start, type(uint48).max / 2));
        uint48 first = SpendingBudget.windowAt(start, period, time);
        uint48 last = SpendingBudget.windowAt(start, period, time + (period - 1));
        assertLe(last - first, 1, "IDN-10: a period meets three windows");
    }

    function test_refusesATimeBeforeTheStart() public {
        vm.expectRevert();
        this.windowAt(10, 5, 9);
        assertEq(this.windowAt(10, 5, 10), 0);
    }

    function chargeTwice(uint128 allowance, uint128 first, uint128 second, uint48 window) external pure {
        SpendingBudget.Budget(allowance, 0, 0).charged(0, first).charged(window, second);
    }

    function windowAt(uint48 start, uint48 period, uint48 time) external pure returns (uint48) {
        return SpendingBudget.windowAt(start, period, time);
    }
}
