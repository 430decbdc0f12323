// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title HookedERC20
/// @notice A token that makes one call before it next moves, as ERC-777's hooks let a sender or a receiver do.
contract HookedERC20 is MockERC20 {
    address private _target;
    bytes private _data;

    /// @notice True if the call from within the transfer was made and went through.
    bool public succeeded;

    /// @notice What that call returned, or reverted with.
    bytes public result;

    constructor() MockERC20(18) {}

    /// @notice Sets the call to make when the token next moves. The token itself is the caller.
    function arm(address target, bytes calldata data) external {
        (_target, _data, succeeded) = (target, data, false);
        delete result;
    }

    function _update(address from, address to, uint256 value) internal override {
        address target = _target;
        if (target != address(0)) {
            delete _target; // once
            (succeeded, result) = target.call(_data);
        }
        super._update(from, to, value);
    }
}
