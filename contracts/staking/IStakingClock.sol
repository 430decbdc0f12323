// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IStakingClock
/// @notice Time in staking: epochs of seven days, counted from one moment that all contracts of the domain share.
/// Epoch `n` is `[genesis + 7n days, genesis + 7(n + 1) days)`. The suite is deployed in epoch 1 or later, so that
/// epoch 0 means "never" everywhere.
interface IStakingClock {
    /// @notice The suite would begin before its first epoch: `genesis` (seconds) lies less than an epoch back.
    error StakingClockGenesisTooLate(uint48 genesis);

    /// @notice When epoch 0 began, in seconds.
    function genesis() external view returns (uint48 timestamp);

    /// @notice The running epoch.
    function epoch() external view returns (uint32 current);

    /// @notice The first second of an epoch.
    function startOf(uint32 epoch) external view returns (uint48 timestamp);
}
