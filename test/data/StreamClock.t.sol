// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {StreamClock} from "../../contracts/data/StreamClock.sol";

/// @dev Against clocks that tick second by second, and against the definitions where there is too much time to tick.
contract StreamClockTest is Test {
    using StreamClock for IDataAssets.Stream;

    uint256 private constant SECONDS = 700;

    function testFuzz_theEpochIsTheOneThatTicksNow(
        uint256 length,
        uint256 grace,
        uint256 first,
        uint256 time
    ) public pure {
        IDataAssets.Stream memory stream = _short(length, grace, first);
        time = bound(time, 0, SECONDS);
        (uint256 epoch, uint256 begun) = _tick(stream, time);
        assertEq(stream.epochAt(time), epoch, "the epoch that runs");
        assertEq(stream.nextEpochAt(time), begun, "the first epoch that has not begun");
    }

    function testFuzz_anEpochStartsWithItsFirstTick(
        uint256 length,
        uint256 grace,
        uint256 first,
        uint256 epoch
    ) public pure {
        IDataAssets.Stream memory stream = _short(length, grace, first);
        epoch = bound(epoch, 0, 50);
        uint256 start = stream.firstEpochStart;
        for (uint256 i = 0; i < epoch; ++i) start += stream.epochLength;
        assertEq(stream.startOf(epoch), start, "the start");
        assertEq(stream.finalAt(epoch), start + stream.epochLength + stream.grace, "the end of grace");
    }

    function testFuzz_overdueIsWhatIsFinalBySheerTime(
        uint256 length,
        uint256 grace,
        uint256 first,
        uint256 time
    ) public pure {
        IDataAssets.Stream memory stream = _short(length, grace, first);
        time = bound(time, 0, SECONDS);
        uint256 count = 0;
        uint256 end = uint256(stream.firstEpochStart) + stream.epochLength;
        while (time >= end + stream.grace) {
            ++count;
            end += stream.epochLength;
        }
        assertEq(stream.overdueAt(time), count);
    }

    /// @dev With grace no longer than an epoch, of the epochs that are over at most one is not overdue.
    function testFuzz_atMostOneEpochIsOverAndNotOverdue(IDataAssets.Stream memory stream, uint256 time) public pure {
        _makeValid(stream);
        time = bound(time, 0, type(uint64).max);
        uint256 over = time < stream.firstEpochStart ? 0 : stream.epochAt(time);
        uint256 overdue = stream.overdueAt(time);
        assertLe(overdue, over);
        assertLe(over, overdue + 1);
    }

    function testFuzz_anyTimeIsWithinItsEpoch(IDataAssets.Stream memory stream, uint256 time) public pure {
        _makeValid(stream);
        time = bound(time, stream.firstEpochStart, type(uint64).max);
        uint256 epoch = stream.epochAt(time);
        assertLe(stream.startOf(epoch), time);
        assertLt(time, stream.startOf(epoch + 1));
        assertEq(stream.nextEpochAt(time), epoch + 1);
    }

    function testFuzz_theFirstEpochNotOverdueIsTheFirstWhoseFinalityIsAhead(
        IDataAssets.Stream memory stream,
        uint256 time
    ) public pure {
        _makeValid(stream);
        time = bound(time, 0, type(uint64).max);
        uint256 count = stream.overdueAt(time);
        assertLt(time, stream.finalAt(count));
        if (count != 0) assertGe(time, stream.finalAt(count - 1));
    }

    /// @dev Of the largest values that the types allow.
    function testFuzz_nothingOverflows(IDataAssets.Stream memory stream, uint32 epoch, uint256 time) public pure {
        if (stream.epochLength == 0) stream.epochLength = type(uint32).max;
        stream.overdueAt(time);
        stream.epochAt(time);
        stream.nextEpochAt(time % type(uint128).max);
        uint256 start = uint256(stream.firstEpochStart) + uint256(epoch) * stream.epochLength;
        assertEq(stream.startOf(epoch), start);
        assertEq(stream.finalAt(epoch), start + stream.epochLength + stream.grace);
    }

    function test_nothingOverflowsWhereAllIsAsLargeAsCanBe() public pure {
        uint256 length = type(uint32).max;
        IDataAssets.Stream memory stream = IDataAssets.Stream(uint32(length), uint32(length), type(uint48).max, 0);
        uint256 finalAt = type(uint48).max + (length + 2) * length;
        assertEq(stream.finalAt(length), finalAt);
        assertEq(stream.overdueAt(finalAt), length + 1);
        assertEq(stream.overdueAt(finalAt - 1), length);
        assertEq(stream.epochAt(finalAt), length + 2);
    }

    function test_theBoundariesToTheSecond() public pure {
        IDataAssets.Stream memory stream = IDataAssets.Stream(100, 10, 1000, 0);
        assertEq(stream.epochAt(999), 0);
        assertEq(stream.nextEpochAt(999), 0);
        assertEq(stream.epochAt(1000), 0);
        assertEq(stream.nextEpochAt(1000), 1);
        assertEq(stream.epochAt(1099), 0);
        assertEq(stream.epochAt(1100), 1);
        assertEq(stream.nextEpochAt(1100), 2);
        assertEq(stream.startOf(3), 1300);
        assertEq(stream.finalAt(3), 1410);
        assertEq(stream.overdueAt(0), 0);
        assertEq(stream.overdueAt(1009), 0);
        assertEq(stream.overdueAt(1109), 0);
        assertEq(stream.overdueAt(1110), 1);
        assertEq(stream.overdueAt(1209), 1);
        assertEq(stream.overdueAt(1210), 2);
    }

    /// @dev Counts the seconds: which epoch runs, and how many have begun.
    function _tick(IDataAssets.Stream memory stream, uint256 time) private pure returns (uint256 epoch, uint256 begun) {
        uint256 within = 0;
        for (uint256 second = stream.firstEpochStart; second <= time; ++second) {
            if (begun == 0) begun = 1;
            if (within == stream.epochLength) {
                within = 0;
                ++epoch;
                ++begun;
            }
            ++within;
        }
    }

    function _short(uint256 length, uint256 grace, uint256 first) private pure returns (IDataAssets.Stream memory) {
        length = bound(length, 1, 60);
        return IDataAssets.Stream(uint32(length), uint32(bound(grace, 1, length)), uint48(bound(first, 0, SECONDS)), 0);
    }

    function _makeValid(IDataAssets.Stream memory stream) private pure {
        stream.epochLength = uint32(bound(stream.epochLength, 1, type(uint32).max));
        stream.grace = uint32(bound(stream.grace, 1, stream.epochLength));
    }
}
