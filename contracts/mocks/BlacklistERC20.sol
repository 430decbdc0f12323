// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title BlacklistERC20
/// @notice A token that moves to nobody whom anyone has put on its list, as issuers of stable coins may decide.
contract BlacklistERC20 is MockERC20 {
    mapping(address account => bool) private _listed;

    /// @notice The account is on the list.
    error Blacklisted(address account);

    constructor() MockERC20(18) {}

    /// @notice Puts an account on the list, or takes it off.
    function blacklist(address account, bool listed) external {
        _listed[account] = listed;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!_listed[to], Blacklisted(to));
        super._update(from, to, value);
    }
}
