// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice Whether an operator works for a module.
/// None: no. Asked: he would, and the module has not said yes. Member: yes.
enum Membership {
    None,
    Asked,
    Member
}

/// @notice How much magnitude an operator gives a module, and whether he works for it:
/// `before 54 | current 54 | next 54 | later 54 | epoch 32 | membership 8`.
/// Before: in the epoch before `epoch`. Current: in `epoch`. Next: in the one after it. Later: in all after that.
type Allocation is uint256;

using AllocationLibrary for Allocation global;

/// @title AllocationLibrary
/// @notice An {Allocation} over the epochs. What is asked for begins in the epoch after the next if it is more, and in
/// the next if it is less: so nobody answers for a rise he had no time to leave from, and nobody gets out of what he
/// answers for. An offence is punished until the end of the epoch after it, so all four values bind magnitude, and the
/// greatest of them counts.
library AllocationLibrary {
    uint256 private constant LANES = 4;
    uint256 private constant LANE_BITS = 54;
    uint256 private constant LANE_MASK = (1 << LANE_BITS) - 1;
    /// @dev Where the last lane lies; each earlier one is higher.
    uint256 private constant OFFSET = 40;

    function toAllocation(
        uint256[LANES] memory values,
        uint32 epoch_,
        Membership membership_
    ) internal pure returns (Allocation) {
        uint256 packed;
        for (uint256 i = 0; i < LANES; ++i) packed = (packed << LANE_BITS) | values[i];
        return Allocation.wrap((packed << OFFSET) | (uint256(epoch_) << 8) | uint256(membership_));
    }

    function epoch(Allocation its) internal pure returns (uint32) {
        return uint32(Allocation.unwrap(its) >> 8);
    }

    function membership(Allocation its) internal pure returns (Membership) {
        return Membership(uint8(Allocation.unwrap(its)));
    }

    /// @dev What it gives in `epoch_`, which is the one before the record's own or later.
    function valueAt(Allocation its, uint256 epoch_) internal pure returns (uint256) {
        return _lane(its, Math.min(epoch_ + 1 - its.epoch(), LANES - 1));
    }

    /// @dev The greatest of the four values: what it binds of the operator's magnitude.
    function greatest(Allocation its) internal pure returns (uint256 value) {
        for (uint256 i = 0; i < LANES; ++i) value = Math.max(value, _lane(its, i));
    }

    /// @dev The same, seen from a later epoch.
    function asOf(Allocation its, uint32 epoch_) internal pure returns (Allocation) {
        uint256[LANES] memory values;
        for (uint256 i = 0; i < LANES; ++i) values[i] = its.valueAt(epoch_ + i - 1);
        return toAllocation(values, epoch_, its.membership());
    }

    /// @dev The same with `value` asked for in the record's own epoch.
    function ask(Allocation its, uint256 value) internal pure returns (Allocation) {
        uint256[LANES] memory values = [_lane(its, 0), _lane(its, 1), Math.min(_lane(its, 2), value), value];
        return toAllocation(values, its.epoch(), its.membership());
    }

    /// @dev The same with `amount` less in every epoch, or none.
    function reduce(Allocation its, uint256 amount) internal pure returns (Allocation) {
        uint256[LANES] memory values;
        for (uint256 i = 0; i < LANES; ++i) values[i] = Math.saturatingSub(_lane(its, i), amount);
        return toAllocation(values, its.epoch(), its.membership());
    }

    /// @dev The same with another membership.
    function withMembership(Allocation its, Membership membership_) internal pure returns (Allocation) {
        return Allocation.wrap(((Allocation.unwrap(its) >> 8) << 8) | uint256(membership_));
    }

    function _lane(Allocation its, uint256 index) private pure returns (uint256) {
        return (Allocation.unwrap(its) >> (OFFSET + (LANES - 1 - index) * LANE_BITS)) & LANE_MASK;
    }
}
