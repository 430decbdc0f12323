// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title FeeOnTransferERC20
/// @notice Burns a part of every transfer, and says that all went well. At 10,000 bps nothing arrives.
contract FeeOnTransferERC20 is MockERC20 {
    uint256 private immutable _FEE_BPS;

    constructor(uint256 feeBps) MockERC20(18) {
        _FEE_BPS = feeBps;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) _burn(to, (value * _FEE_BPS) / 10_000);
    }
}
