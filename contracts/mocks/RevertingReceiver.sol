// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title RevertingReceiver
/// @notice Refuses coin until told otherwise, and does what anyone orders, so that it can be a buyer or a holder.
contract RevertingReceiver {
    /// @notice Coin was sent to a contract that refuses it.
    error ReceiverRefused(uint256 amount);

    bool private _accepts;

    receive() external payable {
        require(_accepts, ReceiverRefused(msg.value));
    }

    /// @notice Accepts coin from now on, or refuses it again.
    function accept(bool accepts) external {
        _accepts = accepts;
    }

    /// @notice Calls `target` with the coin that came along.
    function execute(address target, bytes calldata data) external payable returns (bytes memory) {
        return Address.functionCallWithValue(target, data, msg.value);
    }
}
