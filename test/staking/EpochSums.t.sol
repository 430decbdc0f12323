// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {EpochSums} from "../../contracts/staking/EpochSums.sol";

/// @dev Beside the series stands a list of all that came: when, and how much for each share.
contract EpochSumsTest is Test {
    using EpochSums for EpochSums.Series;

    uint256 private constant STEPS = 16;

    struct Step {
        uint16 gap;
        uint8 kind;
        uint128 amount;
        uint96 shares;
    }

    EpochSums.Series private _series;
    /// @dev The epoch of each distribution, and the sum of all per share up to it.
    uint256[] private _epochs;
    uint256[] private _sums;
    uint256 private _added;
    uint256 private _divided;

    function testFuzz_STK11_agreesWithAListOfSums(Step[16] memory steps, uint16 first) public {
        uint256 epoch = uint256(first) + 1;
        for (uint256 i = 0; i < steps.length; ++i) {
            epoch += _gap(steps[i]);
            _add(steps[i].amount, uint256(steps[i].shares) + 1, uint32(epoch));
            _assertAround(epoch);
        }
        for (uint256 i = 0; i < _epochs.length; ++i) _assertAround(_epochs[i]);
        for (uint256 word = 0; word <= epoch / 256 + 1; ++word) _assertAround(word * 256 + 1);
        assertEq(_series.last, epoch, "the newest epoch");
    }

    /// @dev What was divided, and what waits for the next division, are all that was added; and what waits is less than
    /// a unit.
    function testFuzz_STK11_nothingIsMadeAndLessThanAUnitWaits(Step[16] memory steps) public {
        uint256 epoch = 1;
        for (uint256 i = 0; i < steps.length; ++i) {
            epoch += _gap(steps[i]);
            _add(steps[i].amount, uint256(steps[i].shares) + 1, uint32(epoch));
            assertEq(_divided + _series.rest, _added << 96, "STK-11: what is divided is not what was added");
            assertLt(_series.rest, uint256(1) << 96, "R16: a unit or more waits");
        }
    }

    /// @dev The same shares at all times: everyone's part, and so the sum of all parts.
    function testFuzz_R16_theSharesOfAStayerAreWorthAllThatCame(uint128[12] memory amounts, uint96 shares) public {
        uint256 supply = uint256(shares) + 1;
        for (uint256 i = 0; i < amounts.length; ++i) {
            _add(amounts[i], supply, uint32(250 + i));
            uint256 parts = supply * _series.sumAt(250 + i);
            assertLe(parts, _added << 96, "STK-11: more is divided than was added");
            assertLt((_added << 96) - parts, uint256(1) << 96, "R16: a unit or more is lost");
        }
    }

    function testFuzz_reachesOverWordBoundaries(uint128 amount, uint96 shares, uint8 where, uint8 gap) public {
        uint256[9] memory edges = [uint256(1), 254, 255, 256, 257, 510, 511, 512, 513];
        uint256 first = edges[where % 9];
        uint256 second = first + edges[gap % 9];
        uint256 supply = uint256(shares) + 1;
        uint256 sum = (uint256(amount) << 96) / supply;
        _add(amount, supply, uint32(first));
        assertEq(_series.sumAt(first - 1), 0);
        for (uint256 i = first; i < first + 1300; i += 1 + (i % 17)) assertEq(_series.sumAt(i), sum);
        _add(amount, supply, uint32(second));
        for (uint256 i = 0; i < 9; ++i) {
            _assertAround(edges[i]);
            _assertAround(first + edges[i]);
            _assertAround(second + edges[i]);
        }
        assertEq((_series.marks[first / 256] >> (first % 256)) & 1, 1, "an epoch is not marked");
        assertEq((_series.marks[second / 256] >> (second % 256)) & 1, 1, "an epoch is not marked");
    }

    function testFuzz_whatComesTwiceInAnEpochIsOneSum(uint128 one, uint128 two, uint96 shares, uint32 epoch) public {
        epoch = uint32(bound(epoch, 1, 5_000));
        uint256 supply = uint256(shares) + 1;
        _add(one, supply, epoch);
        uint256 marks = _series.marks[epoch / 256];
        _add(two, supply, epoch);
        assertEq(_series.marks[epoch / 256], marks, "another epoch is marked");
        assertEq(marks, 1 << (epoch % 256));
        assertEq(_series.sumAt(epoch), ((uint256(one) + two) << 96) / supply, "the parts do not add up");
        assertEq(_series.sumAt(epoch - 1), 0, "an earlier epoch has it");
    }

    function test_nothingCameBeforeTheFirst() public view {
        assertEq(_series.sumAt(0), 0);
        assertEq(_series.sumAt(1_000), 0);
    }

    function _add(uint256 amount, uint256 shares, uint32 epoch) private {
        uint256 count = _sums.length;
        uint256 before = count == 0 ? 0 : _sums[count - 1];
        uint256 rest = (_added << 96) - _divided;
        uint256 perShare = ((amount << 96) + rest) / shares;
        _added += amount;
        _divided += perShare * shares;
        _epochs.push(epoch);
        _sums.push(before + perShare);
        _series.add(amount, shares, epoch);
    }

    function _assertAround(uint256 epoch) private view {
        for (uint256 i = epoch - 1; i <= epoch + 1; ++i) {
            assertEq(_series.sumAt(i), _naiveAt(i), "STK-11: the sum at the end of an epoch differs");
        }
    }

    function _naiveAt(uint256 epoch) private view returns (uint256 sum) {
        for (uint256 i = 0; i < _epochs.length && _epochs[i] <= epoch; ++i) sum = _sums[i];
    }

    /// @dev The same epoch again, the next, to the edge of a word, or far ahead.
    function _gap(Step memory step) private pure returns (uint256) {
        uint256 kind = step.kind % 8;
        if (kind < 2) return 0;
        if (kind < 4) return 1;
        if (kind == 4) return 255 + (step.gap % 3);
        if (kind == 5) return 511 + (step.gap % 3);
        return kind == 6 ? step.gap % 1_500 : step.gap % 40;
    }
}
