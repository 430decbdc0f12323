// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SpendingBudget} from "../../contracts/identity/SpendingBudget.sol";

/// @title SpendingBudgetProof
/// @notice What holds of {SpendingBudget} for every input. A budget that keeps `spent <= allowance` is called sound:
/// an unused one is, and every charge keeps it so.
contract SpendingBudgetProof {
    using SpendingBudget for SpendingBudget.Budget;

    /// @notice IDN-10: what remains is never more than the allowance.
    function remainsWithinTheAllowance(SpendingBudget.Budget memory budget, uint48 window) external pure {
        require(budget.spent <= budget.allowance);
        assert(budget.remaining(window) <= budget.allowance);
    }

    /// @notice IDN-10: what remains of a window, and what was spent in it, are the allowance.
    function remainsWhatWasNotSpent(SpendingBudget.Budget memory budget) external pure {
        require(budget.spent <= budget.allowance);
        assert(uint256(budget.remaining(budget.window)) + budget.spent == budget.allowance);
    }

    /// @notice IDN-10: another window is whole.
    function remainsWholeElsewhere(SpendingBudget.Budget memory budget, uint48 window) external pure {
        require(budget.spent <= budget.allowance && window != budget.window);
        assert(budget.remaining(window) == budget.allowance);
    }

    /// @notice IDN-10: a charge keeps a budget sound, its allowance as it was, and is booked in its window.
    function staysSound(SpendingBudget.Budget memory budget, uint48 window, uint128 amount) external pure {
        require(budget.spent <= budget.allowance);
        SpendingBudget.Budget memory next = budget.charged(window, amount);
        assert(next.spent <= next.allowance);
        assert(next.allowance == budget.allowance);
        assert(next.window == window);
    }

    /// @notice IDN-10: a charge takes exactly its amount from what remains, and is never above that.
    function chargesItsAmount(SpendingBudget.Budget memory budget, uint48 window, uint128 amount) external pure {
        require(budget.spent <= budget.allowance);
        uint128 before = budget.remaining(window);
        uint128 left = budget.charged(window, amount).remaining(window);
        assert(amount <= before);
        assert(left == before - amount);
    }

    /// @notice IDN-10: two charges in one window are together never above the allowance.
    function twoChargesFit(
        SpendingBudget.Budget memory budget,
        uint48 window,
        uint128 first,
        uint128 second
    ) external pure {
        require(budget.spent <= budget.allowance);
        SpendingBudget.Budget memory next = budget.charged(window, first).charged(window, second);
        assert(uint256(first) + second <= budget.allowance);
        assert(next.spent >= uint256(first) + second);
    }

    /// @notice IDN-10: giving back what a call did not use keeps a budget sound, as {IDeviceAccount-spend} does it.
    function staysSoundAfterARefund(
        SpendingBudget.Budget memory budget,
        uint48 window,
        uint128 maximum,
        uint128 used
    ) external pure {
        require(budget.spent <= budget.allowance && used <= maximum);
        uint128 before = budget.remaining(window);
        SpendingBudget.Budget memory next = budget.charged(window, maximum);
        next.spent -= maximum - used;
        assert(next.spent <= next.allowance);
        assert(next.remaining(window) == before - used);
    }

    /// @notice A later second is never in an earlier window. For the periods that people set: a division by any number
    /// is beyond the prover, and is left to the fuzz test.
    function windowsOnlyGoOn(uint48 start, uint48 time, uint48 later) external pure {
        require(start <= time && time <= later);
        assert(SpendingBudget.windowAt(start, 1, time) <= SpendingBudget.windowAt(start, 1, later));
        assert(SpendingBudget.windowAt(start, 1 hours, time) <= SpendingBudget.windowAt(start, 1 hours, later));
        assert(SpendingBudget.windowAt(start, 1 days, time) <= SpendingBudget.windowAt(start, 1 days, later));
        assert(SpendingBudget.windowAt(start, 30 days, time) <= SpendingBudget.windowAt(start, 30 days, later));
    }

    /// @notice The first period is window 0, and the next second is in window 1.
    function windowsBeginAtTheStart(uint48 start, uint48 period) external pure {
        require(period > 0 && uint256(start) + period <= type(uint48).max);
        assert(SpendingBudget.windowAt(start, period, start) == 0);
        assert(SpendingBudget.windowAt(start, period, start + (period - 1)) == 0);
        assert(SpendingBudget.windowAt(start, period, start + period) == 1);
    }
}
