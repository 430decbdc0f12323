// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ForceSender
/// @notice Sends the coin it is deployed with to an account that is not asked.
contract ForceSender {
    constructor(address payable to) payable {
        // solc-ignore-next-line 5159
        selfdestruct(to);
    }
}
