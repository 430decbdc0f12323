// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";

/// @title SplitReceiver
/// @notice Where a split of the {ISplitHub} is paid by those who know nothing of splits. A clone per split, deployed by
/// the hub when there is something to flush; it gives all it has to the hub, and to nobody else.
contract SplitReceiver {
    /// @notice The only one to be flushed to.
    address public immutable hub;

    /// @notice Only the hub flushes.
    error SplitReceiverUnauthorized(address caller);

    constructor() {
        hub = msg.sender;
    }

    receive() external payable {}

    /// @notice Sends all of a currency to the hub; only the hub, which measures what arrives.
    /// Reverts with {SplitReceiverUnauthorized}, or as the currency does.
    function flush(Currency currency) external {
        require(msg.sender == hub, SplitReceiverUnauthorized(msg.sender));
        uint256 amount = currency.balanceOf(address(this));
        // Some tokens refuse to move nothing.
        if (amount != 0) currency.pay(hub, amount);
    }
}
