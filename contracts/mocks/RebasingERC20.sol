// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {MockERC20} from "./MockERC20.sol";

/// @title RebasingERC20
/// @notice A token whose balances all grow or shrink at once. Held in shares, so that a transfer may deliver a unit
/// less than it says (stETH).
contract RebasingERC20 is MockERC20 {
    uint256 private constant WAD = 1e18;

    uint256 private _index = WAD;

    constructor() MockERC20(18) {}

    /// @notice Sets what a share is worth, in WAD: 1e18 at first.
    function rebase(uint256 index) external {
        _index = index;
    }

    /// @inheritdoc ERC20
    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * _index) / WAD;
    }

    /// @inheritdoc ERC20
    function totalSupply() public view override returns (uint256) {
        return (super.totalSupply() * _index) / WAD;
    }

    function _update(address from, address to, uint256 value) internal override {
        _updateShares(from, to, (value * WAD) / _index);
    }

    function _updateShares(address from, address to, uint256 shares) private {
        super._update(from, to, shares);
    }
}
