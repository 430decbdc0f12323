// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title EpochSums
/// @notice A running sum per share that grows in epochs and is asked what it was at the end of any: one word for each
/// epoch in which something came, and a bit that says so. It makes no difference how often something came.
library EpochSums {
    /// @dev Fractional bits of a sum. Fewer than 2^96 shares divide every unit without loss, whatever its decimals.
    uint256 internal constant FRACTION = 96;

    /// @dev The sum of everything per share, at the end of each epoch in which something came.
    /// @param sums By epoch, with {FRACTION} bits after the point.
    /// @param marks Bit `n % 256` of word `n / 256`: there is a sum for epoch n.
    /// @param last The newest epoch that has a sum.
    /// @param rest What the last division left, with {FRACTION} bits after the point; it counts in the next.
    struct Series {
        mapping(uint256 epoch => uint256) sums;
        mapping(uint256 word => uint256) marks;
        uint128 last;
        uint128 rest;
    }

    /// @dev Divides `amount` among `shares` in the running epoch.
    /// @param amount In the smallest unit.
    /// @param shares Above 0 and below 2^128.
    function add(Series storage its, uint256 amount, uint256 shares, uint32 epoch) internal {
        (uint256 last, uint256 rest) = (its.last, its.rest);
        uint256 parts = (amount << FRACTION) + rest;
        uint256 sum = its.sums[last];
        if (last != epoch) its.marks[epoch >> 8] |= 1 << (epoch & 0xff);
        its.sums[epoch] = sum + parts / shares;
        (its.last, its.rest) = (epoch, uint128(parts % shares));
    }

    /// @dev The sum at the end of an epoch: that of the newest marked epoch up to it.
    function sumAt(Series storage its, uint256 epoch) internal view returns (uint256 sum) {
        uint256 word = epoch >> 8;
        uint256 marks = its.marks[word] & (type(uint256).max >> (0xff - (epoch & 0xff)));
        // A word holds almost five years.
        while (marks == 0) {
            if (word == 0) return 0;
            marks = its.marks[--word];
        }
        return its.sums[(word << 8) | Math.log2(marks)];
    }
}
