// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";
import {IStakingPool} from "../staking/IStakingPool.sol";

/// @title FailingRewards
/// @notice Stands where a vault expects the suite's rewards. It has none to pay, and from some moment on it does not
/// even say so.
contract FailingRewards {
    /// @notice Rewards are out of order.
    error RewardsFailed();

    IStakingPool public immutable pool;
    bool private _failing;

    constructor(IStakingPool pool_) {
        pool = pool_;
    }

    /// @notice Every question is refused from now on.
    function fail() external {
        _failing = true;
    }

    function claim(uint32, Currency, address, uint256) external view returns (uint256) {
        require(!_failing, RewardsFailed());
        return 0;
    }

    function claimableOf(uint32, Currency, address) external view returns (uint256, uint256) {
        require(!_failing, RewardsFailed());
        return (0, 0);
    }
}
