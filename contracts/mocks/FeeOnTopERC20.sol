// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title FeeOnTopERC20
/// @notice Takes a fee from the sender beside every transfer: his balance falls by more than he sent.
contract FeeOnTopERC20 is MockERC20 {
    uint256 private immutable _FEE;

    constructor(uint256 fee) MockERC20(18) {
        _FEE = fee;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) _burn(from, _FEE);
    }
}
