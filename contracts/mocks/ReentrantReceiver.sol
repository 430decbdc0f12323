// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title ReentrantReceiver
/// @notice Takes coin, and makes one call while it does: back into the contract that pays it, for instance.
contract ReentrantReceiver {
    address private _target;
    bytes private _data;

    /// @notice True if the call from within {receive} was made and went through.
    bool public succeeded;

    /// @notice What that call returned, or reverted with.
    bytes public result;

    receive() external payable {
        address target = _target;
        if (target == address(0)) return;
        delete _target; // once
        (succeeded, result) = target.call(_data);
    }

    /// @notice Sets the call to make when coin next comes in.
    function arm(address target, bytes calldata data) external {
        (_target, _data, succeeded) = (target, data, false);
        delete result;
    }

    /// @notice Calls `target` with the coin that came along, so that this contract can be a buyer or a holder.
    function execute(address target, bytes calldata data) external payable returns (bytes memory) {
        return Address.functionCallWithValue(target, data, msg.value);
    }
}
