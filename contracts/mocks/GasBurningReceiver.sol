// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title GasBurningReceiver
/// @notice Takes coin only to burn all the gas that comes with it.
contract GasBurningReceiver {
    receive() external payable {
        while (true) {}
    }
}
