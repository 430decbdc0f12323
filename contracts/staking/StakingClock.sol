// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingClock} from "./IStakingClock.sol";

/// @title StakingClock
/// @notice See {IStakingClock}.
abstract contract StakingClock is IStakingClock {
    uint48 internal constant EPOCH_LENGTH = 7 days;

    /// @inheritdoc IStakingClock
    uint48 public immutable genesis;

    /// @param genesis_ When epoch 0 begins, in seconds; at least an epoch back.
    constructor(uint48 genesis_) {
        require(genesis_ + EPOCH_LENGTH <= block.timestamp, StakingClockGenesisTooLate(genesis_));
        genesis = genesis_;
    }

    /// @inheritdoc IStakingClock
    function epoch() public view returns (uint32 current) {
        return _epochAt(block.timestamp);
    }

    /// @inheritdoc IStakingClock
    function startOf(uint32 epoch_) public view returns (uint48 timestamp) {
        return genesis + uint48(epoch_) * EPOCH_LENGTH;
    }

    function _epochAt(uint256 timestamp) internal view returns (uint32) {
        return uint32((timestamp - genesis) / EPOCH_LENGTH);
    }
}
