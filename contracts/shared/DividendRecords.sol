// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a {DividendLedger} is in its life.
enum DividendPhase {
    Issuing,
    Open,
    Frozen
}

/// @notice Where a ledger is: `supply 88 | idle 88 | snapshotAt 40 | epoch 32 | phase 4 | dirty 4`, the low bit last.
/// Supply: all shares. Idle: those that earn nothing. Snapshot: the newest that no movement has come after, in seconds;
/// 0 for none. Epoch: the running one; 0 before the first mint, then from 1. Dirty: a dividend was paid in this epoch,
/// so the next movement begins another.
type Head is uint256;

/// @notice What an account has now: `idle 1 | balance 96 | since 32 | sinceTime 48 | length 32`.
/// Idle: its shares earn nothing, and none come to it. Since: first epoch of this balance, and when it moved first in
/// it (seconds); 0 if it never had any. Length: how many entries lie behind.
type Account is uint256;

/// @notice What an account had: `balance 96 | from 32 | to 32 | fromTime 48 | untilTime 48`.
/// From epoch `from` to epoch `to`, and from `fromTime` until before `untilTime` (seconds).
type Entry is uint256;

/// @notice A currency: `supply 96 | held 128 | length 32`.
/// Supply: all shares, a copy that spares a claim the head; it is final before the first dividend. Held: what is there
/// and owed, in its smallest unit. Length: how many checkpoints it has.
type Pot is uint256;

/// @notice A currency's running total at the end of an epoch, in its smallest unit: `total 128 | carry 96 | epoch 32`.
/// Carry: what the division among the earning shares left, in units of one part of the supply.
type Checkpoint is uint256;

/// @notice How far an account has claimed a currency: `total 128 | carry 96 | index 32`.
/// Everything up to this total, and the entries before this index, are done. Carry: what the division left, in units of
/// one part of the supply.
type Cursor is uint256;

using DividendRecords for Head global;
using DividendRecords for Account global;
using DividendRecords for Entry global;
using DividendRecords for Pot global;
using DividendRecords for Checkpoint global;
using DividendRecords for Cursor global;

/// @title DividendRecords
/// @notice The records of a {DividendLedger}, one word each. Packed by hand: the compiler would write a struct to
/// storage field by field, each with a load and a store of its own.
library DividendRecords {
    function toHead(
        uint256 supply_,
        uint256 idle_,
        uint48 snapshotAt_,
        uint32 epoch_,
        DividendPhase phase_,
        bool dirty_
    ) internal pure returns (Head) {
        uint256 low = (uint256(epoch_) << 8) | (uint256(phase_) << 4) | (dirty_ ? 1 : 0);
        return Head.wrap((supply_ << 168) | (idle_ << 80) | (uint256(snapshotAt_) << 40) | low);
    }

    function supply(Head its) internal pure returns (uint88) {
        return uint88(Head.unwrap(its) >> 168);
    }

    function idle(Head its) internal pure returns (uint88) {
        return uint88(Head.unwrap(its) >> 80);
    }

    function snapshotAt(Head its) internal pure returns (uint40) {
        return uint40(Head.unwrap(its) >> 40);
    }

    function epoch(Head its) internal pure returns (uint32) {
        return uint32(Head.unwrap(its) >> 8);
    }

    function phase(Head its) internal pure returns (DividendPhase) {
        return DividendPhase((Head.unwrap(its) >> 4) & 15);
    }

    function dirty(Head its) internal pure returns (bool) {
        return Head.unwrap(its) & 15 != 0;
    }

    /// @dev The same, dirty.
    function asDirty(Head its) internal pure returns (Head) {
        return Head.wrap(Head.unwrap(its) | 1);
    }

    /// @dev With fewer idle shares; there must be as many.
    function minusIdle(Head its, uint256 amount) internal pure returns (Head) {
        return Head.wrap(Head.unwrap(its) - (amount << 80));
    }

    function toAccount(
        uint96 balance_,
        uint32 since_,
        uint48 sinceTime_,
        uint32 length_
    ) internal pure returns (Account) {
        uint256 low = (uint256(since_) << 80) | (uint256(sinceTime_) << 32) | length_;
        return Account.wrap((uint256(balance_) << 112) | low);
    }

    function isIdle(Account its) internal pure returns (bool) {
        return Account.unwrap(its) >> 208 != 0;
    }

    /// @dev The same, idle from now on.
    function asIdle(Account its) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(its) | (1 << 208));
    }

    function balance(Account its) internal pure returns (uint96) {
        return uint96(Account.unwrap(its) >> 112);
    }

    function since(Account its) internal pure returns (uint32) {
        return uint32(Account.unwrap(its) >> 80);
    }

    function sinceTime(Account its) internal pure returns (uint48) {
        return uint48(Account.unwrap(its) >> 32);
    }

    function length(Account its) internal pure returns (uint32) {
        return uint32(Account.unwrap(its));
    }

    /// @dev With more shares; the sum must fit 96 bits.
    function plus(Account its, uint256 amount) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(its) + (amount << 112));
    }

    /// @dev With fewer shares; there must be as many.
    function minus(Account its, uint256 amount) internal pure returns (Account) {
        return Account.wrap(Account.unwrap(its) - (amount << 112));
    }

    function toEntry(
        uint96 balance_,
        uint32 from_,
        uint32 to_,
        uint48 fromTime_,
        uint48 untilTime_
    ) internal pure returns (Entry) {
        uint256 low = (uint256(to_) << 96) | (uint256(fromTime_) << 48) | untilTime_;
        return Entry.wrap((uint256(balance_) << 160) | (uint256(from_) << 128) | low);
    }

    function balance(Entry its) internal pure returns (uint96) {
        return uint96(Entry.unwrap(its) >> 160);
    }

    function from(Entry its) internal pure returns (uint32) {
        return uint32(Entry.unwrap(its) >> 128);
    }

    function to(Entry its) internal pure returns (uint32) {
        return uint32(Entry.unwrap(its) >> 96);
    }

    function fromTime(Entry its) internal pure returns (uint48) {
        return uint48(Entry.unwrap(its) >> 48);
    }

    function untilTime(Entry its) internal pure returns (uint48) {
        return uint48(Entry.unwrap(its));
    }

    function toPot(uint96 supply_, uint128 held_, uint32 length_) internal pure returns (Pot) {
        return Pot.wrap((uint256(supply_) << 160) | (uint256(held_) << 32) | length_);
    }

    function supply(Pot its) internal pure returns (uint96) {
        return uint96(Pot.unwrap(its) >> 160);
    }

    function held(Pot its) internal pure returns (uint128) {
        return uint128(Pot.unwrap(its) >> 32);
    }

    function length(Pot its) internal pure returns (uint32) {
        return uint32(Pot.unwrap(its));
    }

    function toCheckpoint(uint128 total_, uint96 carry_, uint32 epoch_) internal pure returns (Checkpoint) {
        return Checkpoint.wrap((uint256(total_) << 128) | (uint256(carry_) << 32) | epoch_);
    }

    function total(Checkpoint its) internal pure returns (uint128) {
        return uint128(Checkpoint.unwrap(its) >> 128);
    }

    function carry(Checkpoint its) internal pure returns (uint96) {
        return uint96(Checkpoint.unwrap(its) >> 32);
    }

    function epoch(Checkpoint its) internal pure returns (uint32) {
        return uint32(Checkpoint.unwrap(its));
    }

    function toCursor(uint128 total_, uint96 carry_, uint32 index_) internal pure returns (Cursor) {
        return Cursor.wrap((uint256(total_) << 128) | (uint256(carry_) << 32) | index_);
    }

    function total(Cursor its) internal pure returns (uint128) {
        return uint128(Cursor.unwrap(its) >> 128);
    }

    function carry(Cursor its) internal pure returns (uint96) {
        return uint96(Cursor.unwrap(its) >> 32);
    }

    function index(Cursor its) internal pure returns (uint32) {
        return uint32(Cursor.unwrap(its));
    }
}
