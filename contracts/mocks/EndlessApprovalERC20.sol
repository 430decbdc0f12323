// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title EndlessApprovalERC20
/// @notice A token for which every approval above zero is without end, as the largest one is for many (for UNI and
/// COMP that is 2^96 - 1): using it leaves no trace in it.
contract EndlessApprovalERC20 is MockERC20 {
    constructor() MockERC20(18) {}

    function _spendAllowance(address owner, address spender, uint256 value) internal view override {
        uint256 allowed = allowance(owner, spender);
        require(allowed != 0, ERC20InsufficientAllowance(spender, allowed, value));
    }
}
