// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title FreezingERC20
/// @notice A token whose issuer freezes accounts (USDC): what they have or would get does not move. A frozen sender may
/// also have all gas burnt instead of being told.
contract FreezingERC20 is MockERC20 {
    /// @notice A frozen account was to send or to receive.
    error AccountFrozen(address account);

    mapping(address account => bool) private _frozen;
    bool private _burnsGas;

    constructor() MockERC20(18) {}

    /// @notice Freezes an account, or lets it go.
    function freeze(address account, bool frozen) external {
        _frozen[account] = frozen;
    }

    /// @notice Burns all gas of a frozen sender's transfer from now on, or reverts again.
    function burnGas(bool burns) external {
        _burnsGas = burns;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (_frozen[from] && _burnsGas) while (true) {}
        require(!_frozen[from], AccountFrozen(from));
        require(!_frozen[to], AccountFrozen(to));
        super._update(from, to, value);
    }
}
