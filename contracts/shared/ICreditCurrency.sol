// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ICreditCurrency
/// @notice Machine credits, as a market sees them: never transferred, but reserved in the holder's own balance, and
/// then spent on who provided something, or released.
///
/// What a caller relies on: each function does just that or reverts; one market's reserve is out of reach of the
/// holder and of every other caller; and `spend` and `release` never fail on an amount that was reserved.
interface ICreditCurrency {
    /// @notice Reserves credits of `holder` for the caller. The holder has given the caller a budget that covers it.
    function reserve(address holder, uint256 amount) external;

    /// @notice Spends credits that the caller had reserved on a provider, who is paid for them in time.
    function spend(address holder, address provider, uint256 amount) external;

    /// @notice Gives credits that the caller had reserved back to their holder.
    function release(address holder, uint256 amount) external;
}
