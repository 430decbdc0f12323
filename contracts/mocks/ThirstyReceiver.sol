// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ThirstyReceiver
/// @notice Takes coin, after it burnt as much gas as it was told to.
contract ThirstyReceiver {
    uint256 private _thirst;

    /// @notice What gas came with the coin that it took last.
    uint256 public given;

    receive() external payable {
        uint256 start = gasleft();
        given = start;
        while (start - gasleft() < _thirst) continue;
    }

    /// @notice Sets what it burns from now on.
    function drink(uint256 gasToBurn) external {
        _thirst = gasToBurn;
    }
}
