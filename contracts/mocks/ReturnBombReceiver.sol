// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ReturnBombReceiver
/// @notice Refuses coin with as much return data as it can pay for, so that whoever copies it runs out of gas.
contract ReturnBombReceiver {
    receive() external payable {
        // Memory costs 3 a word and a word's square by 512: this much takes most of the gas, and leaves a little.
        uint256 words = _squareRoot(gasleft() * 384);
        bytes memory bomb = new bytes(words * 16);
        assembly ("memory-safe") {
            revert(bomb, mload(bomb))
        }
    }

    function _squareRoot(uint256 x) private pure returns (uint256 root) {
        root = x;
        for (uint256 next = x / 2 + 1; next < root; next = (x / next + next) / 2) root = next;
    }
}
