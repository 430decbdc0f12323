// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title SpendingBudget
/// @notice An allowance of one currency that starts anew in every period: fixed windows, counted from the policy's
/// start. Within one window never more than the allowance is charged; a span as long as a period, laid anywhere, meets
/// two windows at most and so sees at most twice the allowance.
library SpendingBudget {
    /// @notice What may be spent, and what was.
    /// @param allowance Per window, in the currency's smallest unit.
    /// @param spent In the window of the last charge, in the currency's smallest unit; never above `allowance`.
    /// @param window Number of the window of the last charge.
    struct Budget {
        uint128 allowance;
        uint128 spent;
        uint48 window;
    }

    /// @notice The number of the window that a time falls in, from 0.
    /// @param start When window 0 began, in seconds; not after `time`.
    /// @param period Length of a window, in seconds; above 0.
    /// @param time In seconds.
    function windowAt(uint48 start, uint48 period, uint48 time) internal pure returns (uint48) {
        return (time - start) / period;
    }

    /// @notice What is left to spend in a window not before the last charge's.
    function remaining(Budget memory budget, uint48 window) internal pure returns (uint128) {
        return window == budget.window ? budget.allowance - budget.spent : budget.allowance;
    }

    /// @notice The budget after a charge. The caller has checked that `amount` is at most {remaining}; above it this
    /// panics.
    function charged(Budget memory budget, uint48 window, uint128 amount) internal pure returns (Budget memory) {
        uint128 left = remaining(budget, window) - amount;
        return Budget(budget.allowance, budget.allowance - left, window);
    }
}
