// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICreditCurrency} from "../shared/ICreditCurrency.sol";

/// @title MockCredits
/// @notice Stands for the machine credits until they come: free to all, reserved by whom the holder allows, spent or
/// released.
contract MockCredits is ICreditCurrency {
    /// @notice The holder did not allow the market to reserve so much, or has not so much.
    error MockCreditsShort(uint256 amount);

    mapping(address holder => uint256) public free;
    mapping(address holder => mapping(address market => uint256)) public budget;
    mapping(address holder => mapping(address market => uint256)) public reserved;
    mapping(address provider => uint256) public earned;

    /// @notice Makes credits out of nothing.
    function mint(address holder, uint256 amount) external {
        free[holder] += amount;
    }

    /// @notice Allows a market to reserve so much in all.
    function allow(address market, uint256 amount) external {
        budget[msg.sender][market] = amount;
    }

    /// @inheritdoc ICreditCurrency
    function reserve(address holder, uint256 amount) external {
        require(budget[holder][msg.sender] >= amount && free[holder] >= amount, MockCreditsShort(amount));
        budget[holder][msg.sender] -= amount;
        free[holder] -= amount;
        reserved[holder][msg.sender] += amount;
    }

    /// @inheritdoc ICreditCurrency
    function spend(address holder, address provider, uint256 amount) external {
        reserved[holder][msg.sender] -= amount;
        earned[provider] += amount;
    }

    /// @inheritdoc ICreditCurrency
    function release(address holder, uint256 amount) external {
        reserved[holder][msg.sender] -= amount;
        free[holder] += amount;
    }
}
