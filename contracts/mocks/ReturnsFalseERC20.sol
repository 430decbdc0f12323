// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {MockERC20} from "./MockERC20.sol";

/// @title ReturnsFalseERC20
/// @notice Where others revert, this token moves nothing and returns false. It refuses every transfer until told
/// otherwise.
contract ReturnsFalseERC20 is MockERC20 {
    bool private _accepts;

    constructor() MockERC20(18) {}

    /// @notice Transfers from now on, or refuses to again.
    function accept(bool accepts) external {
        _accepts = accepts;
    }

    /// @inheritdoc ERC20
    function transfer(address to, uint256 value) public override returns (bool) {
        return _accepts && super.transfer(to, value);
    }

    /// @inheritdoc ERC20
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return _accepts && super.transferFrom(from, to, value);
    }
}
