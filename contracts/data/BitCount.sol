// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title BitCount
/// @notice Counts set bits.
library BitCount {
    uint256 private constant EVERY_2ND_BIT = type(uint256).max / 3; // 0x5555…
    uint256 private constant LOW_2_OF_4 = type(uint256).max / 5; // 0x3333…
    uint256 private constant LOW_4_OF_8 = type(uint256).max / 17; // 0x0f0f…
    uint256 private constant LOW_8_OF_16 = type(uint256).max / 257; // 0x00ff00ff…
    uint256 private constant ONE_OF_16 = type(uint256).max / 65535; // 0x00010001…

    /// @notice How many bits of `word` are set, 0 to 256. Adds neighbours in lanes twice as wide at each step, then
    /// all lanes by a multiplication (Warren, Hacker's Delight, 5-1).
    function popcount(uint256 word) internal pure returns (uint256 count) {
        unchecked {
            word -= (word >> 1) & EVERY_2ND_BIT;
            word = (word & LOW_2_OF_4) + ((word >> 2) & LOW_2_OF_4);
            word = (word + (word >> 4)) & LOW_4_OF_8;
            word = (word + (word >> 8)) & LOW_8_OF_16;
            return (word * ONE_OF_16) >> 240;
        }
    }

    /// @notice How many bits of `word` are set at positions in [from, to), with `from < 256` and `to <= 256`.
    function popcount(uint256 word, uint256 from, uint256 to) internal pure returns (uint256 count) {
        return popcount((word & (type(uint256).max >> (256 - to))) >> from);
    }
}
