// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title EpochDeltas
/// @notice By how much a count changes with each epoch: 32 bits with a sign, eight lanes to a slot.
library EpochDeltas {
    /// @notice Epochs in a slot.
    uint256 internal constant LANES = 8;
    uint256 private constant LANE_BITS = 32;

    /// @notice Adds `change` to the delta of `epoch`.
    /// Reverts with SafeCastOverflowedIntDowncast past 32 bits.
    function add(mapping(uint256 index => uint256 lanes) storage self, uint256 epoch, int256 change) internal {
        uint256 shift = (epoch % LANES) * LANE_BITS;
        uint256 lanes = lanesAt(self, epoch);
        uint256 delta = uint32(SafeCast.toInt32(deltaAt(lanes, epoch) + change));
        self[epoch / LANES] = (lanes & ~(uint256(type(uint32).max) << shift)) | (delta << shift);
    }

    /// @notice The slot in which `epoch` is.
    function lanesAt(
        mapping(uint256 index => uint256 lanes) storage self,
        uint256 epoch
    ) internal view returns (uint256 lanes) {
        return self[epoch / LANES];
    }

    /// @notice The delta of `epoch`, in its slot.
    function deltaAt(uint256 lanes, uint256 epoch) internal pure returns (int256 delta) {
        return int32(uint32(lanes >> ((epoch % LANES) * LANE_BITS)));
    }
}
