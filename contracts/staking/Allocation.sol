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
    uint256 private constant LANES_MASK = (1 << (LANES * LANE_BITS)) - 1;
    /// @dev Where the last lane lies; each earlier one is higher.
    uint256 private constant OFFSET = 40;

    function epoch(Allocation its) internal pure returns (uint32) {
        return uint32(Allocation.unwrap(its) >> 8);
    }

    function membership(Allocation its) internal pure returns (Membership) {
        return Membership(uint8(Allocation.unwrap(its)));
    }

    /// @dev What it gives in `epoch_`, which is the one before the record's own or later.
    function valueAt(Allocation its, uint256 epoch_) internal pure returns (uint256) {
        uint256 lane = Math.min(epoch_ + 1 - its.epoch(), LANES - 1);
        return (_lanes(its) >> ((LANES - 1 - lane) * LANE_BITS)) & LANE_MASK;
    }

    /// @dev The greatest of the four values: what it binds of the operator's magnitude.
    function greatest(Allocation its) internal pure returns (uint256 value) {
        for (uint256 lanes = _lanes(its); lanes != 0; lanes >>= LANE_BITS) {
            value = Math.max(value, lanes & LANE_MASK);
        }
    }

    /// @dev The same, seen from a later epoch: the lanes move up, and the last fills those behind it.
    function asOf(Allocation its, uint32 epoch_) internal pure returns (Allocation) {
        uint256 lanes = _lanes(its);
        for (uint256 passed = Math.min(epoch_ - its.epoch(), LANES - 1); passed != 0; --passed) {
            lanes = ((lanes << LANE_BITS) | (lanes & LANE_MASK)) & LANES_MASK;
        }
        return _pack(lanes, epoch_, its.membership());
    }

    /// @dev The same with `value` asked for in the record's own epoch.
    function ask(Allocation its, uint256 value) internal pure returns (Allocation) {
        uint256 lanes = _lanes(its);
        uint256 next = Math.min((lanes >> LANE_BITS) & LANE_MASK, value);
        uint256 kept = lanes >> (2 * LANE_BITS);
        return _pack((((kept << LANE_BITS) | next) << LANE_BITS) | value, its.epoch(), its.membership());
    }

    /// @dev The same with `amount` less in every epoch, or none.
    function reduce(Allocation its, uint256 amount) internal pure returns (Allocation) {
        uint256 lanes = _lanes(its);
        uint256 reduced = 0;
        for (uint256 bit = 0; bit < LANES * LANE_BITS; bit += LANE_BITS) {
            reduced |= Math.saturatingSub((lanes >> bit) & LANE_MASK, amount) << bit;
        }
        return _pack(reduced, its.epoch(), its.membership());
    }

    /// @dev The same with another membership.
    function withMembership(Allocation its, Membership membership_) internal pure returns (Allocation) {
        return _pack(_lanes(its), its.epoch(), membership_);
    }

    function _lanes(Allocation its) private pure returns (uint256) {
        return Allocation.unwrap(its) >> OFFSET;
    }

    function _pack(uint256 lanes, uint32 epoch_, Membership membership_) private pure returns (Allocation) {
        return Allocation.wrap((lanes << OFFSET) | (uint256(epoch_) << 8) | uint256(membership_));
    }
}
