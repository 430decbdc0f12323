// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Pot, PotLibrary} from "./Pot.sol";

/// @notice An operator's active stake: `assets 96 | shares 120 | epoch 32 | closed 8`, assets in wei.
/// Epoch: when it was touched last; what it was at that epoch's start stands apart. Closed: takes no more stake.
type Active is uint256;

/// @notice An operator's bond and cut: `bond 96 | start 96 | epoch 32 | commission 15 | next 15 | wait 2`.
/// Start: the bond at the start of the epoch in which it was touched last, in wei. Commission, next: in basis points.
/// Wait: how many epochs after `epoch` the next commission begins; 0 if none was asked for.
type Bond is uint256;

/// @notice What open proposals against an operator add up to, in wei: `current 112 | next 112 | epoch 32`.
/// Current: those that lapse in `epoch`. Next: those that lapse in the epoch after it.
type Pending is uint256;

/// @notice A staker's shares with an operator: `shares 128 | from 32 | length 32`.
/// From: the first epoch at whose start he has these; 0 if he never had any. Length: how many steps lie behind.
type Position is uint256;

using StakingRecords for Active global;
using StakingRecords for Bond global;
using StakingRecords for Pending global;
using StakingRecords for Position global;

/// @title StakingRecords
/// @notice The records of a {StakingPool}, one word each. Packed by hand: the compiler would write a struct to storage
/// field by field, each with a load and a store of its own. `asOf` tells what a record is in its own epoch or later.
library StakingRecords {
    /// @dev A new operator's, without stake.
    function emptyActive(uint32 epoch_) internal pure returns (Active) {
        return Active.wrap(uint256(epoch_) << 8);
    }

    function pot(Active its) internal pure returns (Pot) {
        return PotLibrary.toPot(Active.unwrap(its) >> 160, uint120(Active.unwrap(its) >> 40));
    }

    function epoch(Active its) internal pure returns (uint32) {
        return uint32(Active.unwrap(its) >> 8);
    }

    function closed(Active its) internal pure returns (bool) {
        return uint8(Active.unwrap(its)) != 0;
    }

    /// @dev The same in `epoch_`, with another pot.
    function withPot(Active its, uint32 epoch_, Pot pot_) internal pure returns (Active) {
        uint256 high =
            (uint256(SafeCast.toUint96(pot_.assets())) << 160) | (uint256(SafeCast.toUint120(pot_.shares())) << 40);
        return Active.wrap(high | (uint256(epoch_) << 8) | uint8(Active.unwrap(its)));
    }

    /// @dev The same, closed.
    function close(Active its) internal pure returns (Active) {
        return Active.wrap(Active.unwrap(its) | 1);
    }

    function toBond(
        uint256 bond_,
        uint256 start_,
        uint32 epoch_,
        uint256 commission_,
        uint256 next_,
        uint256 wait_
    ) internal pure returns (Bond) {
        uint256 high = (uint256(SafeCast.toUint96(bond_)) << 160) | (start_ << 64) | (uint256(epoch_) << 32);
        return Bond.wrap(high | (commission_ << 17) | (next_ << 2) | wait_);
    }

    function bond(Bond its) internal pure returns (uint256) {
        return Bond.unwrap(its) >> 160;
    }

    function start(Bond its) internal pure returns (uint256) {
        return uint96(Bond.unwrap(its) >> 64);
    }

    function epoch(Bond its) internal pure returns (uint32) {
        return uint32(Bond.unwrap(its) >> 32);
    }

    function commission(Bond its) internal pure returns (uint256) {
        return (Bond.unwrap(its) >> 17) & 0x7fff;
    }

    function next(Bond its) internal pure returns (uint256) {
        return (Bond.unwrap(its) >> 2) & 0x7fff;
    }

    function wait(Bond its) internal pure returns (uint256) {
        return Bond.unwrap(its) & 3;
    }

    /// @dev What it is in `epoch_`: the bond of then is the epoch's first, and a commission asked for may have begun.
    function asOf(Bond its, uint32 epoch_) internal pure returns (Bond) {
        uint256 passed = epoch_ - its.epoch();
        if (passed == 0) return its;
        bool begun = passed >= its.wait();
        return
            toBond(
                its.bond(),
                its.bond(),
                epoch_,
                begun ? its.next() : its.commission(),
                its.next(),
                begun ? 0 : its.wait() - passed
            );
    }

    /// @dev The same with another bond.
    function withBond(Bond its, uint256 bond_) internal pure returns (Bond) {
        return toBond(bond_, its.start(), its.epoch(), its.commission(), its.next(), its.wait());
    }

    /// @dev The same with another commission: a lower one now, a higher one two epochs later.
    function withCommission(Bond its, uint256 commission_) internal pure returns (Bond) {
        bool higher = commission_ > its.commission();
        uint256 present = higher ? its.commission() : commission_;
        return toBond(its.bond(), its.start(), its.epoch(), present, commission_, higher ? 2 : 0);
    }

    function toPending(uint256 current_, uint256 next_, uint32 epoch_) internal pure returns (Pending) {
        uint256 high = (uint256(SafeCast.toUint112(current_)) << 144) | (uint256(SafeCast.toUint112(next_)) << 32);
        return Pending.wrap(high | epoch_);
    }

    function current(Pending its) internal pure returns (uint256) {
        return Pending.unwrap(its) >> 144;
    }

    function next(Pending its) internal pure returns (uint256) {
        return uint112(Pending.unwrap(its) >> 32);
    }

    function epoch(Pending its) internal pure returns (uint32) {
        return uint32(Pending.unwrap(its));
    }

    /// @dev What is open in `epoch_`: what lapsed in an epoch that is over is not.
    function asOf(Pending its, uint32 epoch_) internal pure returns (Pending) {
        uint256 passed = epoch_ - its.epoch();
        if (passed == 0) return its;
        return toPending(passed == 1 ? its.next() : 0, 0, epoch_);
    }

    /// @dev With a proposal more that lapses in `expiry`: the record's own epoch or the next.
    function plus(Pending its, uint256 amount, uint32 expiry) internal pure returns (Pending) {
        if (expiry == its.epoch()) return toPending(its.current() + amount, its.next(), its.epoch());
        return toPending(its.current(), its.next() + amount, its.epoch());
    }

    /// @dev With a proposal less; one of an epoch that is over is forgotten already.
    function minus(Pending its, uint256 amount, uint32 expiry) internal pure returns (Pending) {
        if (expiry < its.epoch()) return its;
        if (expiry == its.epoch()) return toPending(its.current() - amount, its.next(), its.epoch());
        return toPending(its.current(), its.next() - amount, its.epoch());
    }

    function toPosition(uint256 shares_, uint32 from_, uint32 length_) internal pure returns (Position) {
        return Position.wrap((uint256(SafeCast.toUint128(shares_)) << 64) | (uint256(from_) << 32) | length_);
    }

    function shares(Position its) internal pure returns (uint256) {
        return Position.unwrap(its) >> 64;
    }

    function from(Position its) internal pure returns (uint32) {
        return uint32(Position.unwrap(its) >> 32);
    }

    function length(Position its) internal pure returns (uint32) {
        return uint32(Position.unwrap(its));
    }
}
