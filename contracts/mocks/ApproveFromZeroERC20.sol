// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {MockERC20} from "./MockERC20.sol";

/// @title ApproveFromZeroERC20
/// @notice An approval that stands must be withdrawn before another is given (USDT on Ethereum).
contract ApproveFromZeroERC20 is MockERC20 {
    /// @notice There is an approval already.
    error ApprovalStands(uint256 standing);

    constructor() MockERC20(18) {}

    /// @inheritdoc ERC20
    function approve(address spender, uint256 value) public override returns (bool) {
        uint256 standing = allowance(msg.sender, spender);
        require(value == 0 || standing == 0, ApprovalStands(standing));
        return super.approve(spender, value);
    }
}
