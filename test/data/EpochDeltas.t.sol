// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

import {EpochDeltas} from "../../contracts/data/EpochDeltas.sol";

/// @dev Beside the library stands what it must agree with: one number for each epoch.
contract EpochDeltasTest is Test {
    using EpochDeltas for mapping(uint256 index => uint256 lanes);

    uint256 private constant EPOCHS = 40;

    struct Change {
        uint8 epoch;
        int32 change;
    }

    mapping(uint256 index => uint256 lanes) private _deltas;
    mapping(uint256 epoch => int256 delta) private _naive;

    function testFuzz_DAT02_agreesWithOneNumberForEachEpoch(Change[24] memory changes, uint32 base) public {
        for (uint256 i = 0; i < changes.length; ++i) {
            uint256 epoch = uint256(base) + (changes[i].epoch % EPOCHS);
            int256 change = changes[i].change;
            if (_fits(_naive[epoch] + change)) {
                _deltas.add(epoch, change);
                _naive[epoch] += change;
            } else {
                int256 sum = _naive[epoch] + change;
                vm.expectRevert(
                    abi.encodeWithSelector(SafeCast.SafeCastOverflowedIntDowncast.selector, uint8(32), sum)
                );
                this.add(epoch, change);
            }
        }
        for (uint256 i = 0; i < EPOCHS; ++i) {
            uint256 epoch = uint256(base) + i;
            assertEq(
                EpochDeltas.deltaAt(_deltas.lanesAt(epoch), epoch),
                _naive[epoch],
                "DAT-02: the delta of an epoch is not the sum of changes"
            );
        }
    }

    /// @dev The neighbours within the word, and those beyond its borders, stay as they were.
    function testFuzz_DAT02_changesOneLaneOnly(uint32 epoch, int32 change, int32 around) public {
        epoch = uint32(bound(epoch, 8, type(uint32).max));
        uint256 word = epoch / 8;
        for (uint256 i = (word - 1) * 8; i < (word + 2) * 8; ++i) {
            if (i != epoch) _deltas.add(i, around);
        }
        _deltas.add(epoch, change);
        for (uint256 i = (word - 1) * 8; i < (word + 2) * 8; ++i) {
            assertEq(
                EpochDeltas.deltaAt(_deltas.lanesAt(i), i),
                i == epoch ? change : around,
                "DAT-02: another epoch's delta changed"
            );
        }
        _deltas.add(epoch, -int256(change));
        assertEq(EpochDeltas.deltaAt(_deltas.lanesAt(epoch), epoch), 0, "DAT-02: a change taken back is not gone");
    }

    function testFuzz_DAT02_reachesTheEndsOfALaneAndNoFurther(uint32 epoch) public {
        _deltas.add(epoch, type(int32).max);
        assertEq(EpochDeltas.deltaAt(_deltas.lanesAt(epoch), epoch), type(int32).max);
        vm.expectRevert();
        this.add(epoch, 1);
        _deltas.add(epoch, -int256(type(int32).max) - 1);
        assertEq(EpochDeltas.deltaAt(_deltas.lanesAt(epoch), epoch), -1);
        _deltas.add(epoch, int256(type(int32).min) + 1);
        assertEq(EpochDeltas.deltaAt(_deltas.lanesAt(epoch), epoch), type(int32).min);
        vm.expectRevert();
        this.add(epoch, -1);
    }

    function add(uint256 epoch, int256 change) external {
        _deltas.add(epoch, change);
    }

    function _fits(int256 sum) private pure returns (bool) {
        return sum >= type(int32).min && sum <= type(int32).max;
    }
}
