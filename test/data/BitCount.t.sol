// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {BitCount} from "../../contracts/data/BitCount.sol";

contract BitCountTest is Test {
    function testFuzz_countsWhatOneWouldCountBitByBit(uint256 word) public pure {
        assertEq(BitCount.popcount(word), _count(word, 0, 256));
    }

    /// @dev Random words have about 128 bits set: here few or almost all, of any place.
    function testFuzz_countsSparseAndDenseWords(uint256 word, uint256 holes, uint256 more) public pure {
        assertEq(BitCount.popcount(word & holes & more), _count(word & holes & more, 0, 256));
        assertEq(BitCount.popcount(word | holes | more), _count(word | holes | more, 0, 256));
    }

    function test_countsEachBitAloneAndEachRunOfBits() public pure {
        assertEq(BitCount.popcount(0), 0);
        assertEq(BitCount.popcount(type(uint256).max), 256);
        for (uint256 i = 0; i < 256; ++i) {
            assertEq(BitCount.popcount(1 << i), 1);
            assertEq(BitCount.popcount(type(uint256).max >> i), 256 - i);
            assertEq(BitCount.popcount(type(uint256).max << i), 256 - i);
        }
    }

    function testFuzz_countsARangeAsOneWouldBitByBit(uint256 word, uint256 from, uint256 to) public pure {
        from = bound(from, 0, 255);
        to = bound(to, 0, 256);
        assertEq(BitCount.popcount(word, from, to), _count(word, from, to));
    }

    /// @dev Two ranges that meet are the one they make.
    function testFuzz_countsTwoPartsAsTheirWhole(uint256 word, uint256 middle) public pure {
        middle = bound(middle, 0, 255);
        uint256 parts = BitCount.popcount(word, 0, middle) + BitCount.popcount(word, middle, 256);
        assertEq(parts, BitCount.popcount(word));
    }

    function test_countsEveryRangeOfAFullWord() public pure {
        for (uint256 from = 0; from < 256; ++from) {
            for (uint256 to = from; to <= 256; to += 1 + (to * 7) / 32) {
                assertEq(BitCount.popcount(type(uint256).max, from, to), to - from);
            }
            assertEq(BitCount.popcount(type(uint256).max, from, 256), 256 - from);
        }
    }

    function _count(uint256 word, uint256 from, uint256 to) private pure returns (uint256 count) {
        for (uint256 i = from; i < to; ++i) {
            if ((word >> i) & 1 == 1) ++count;
        }
    }
}
