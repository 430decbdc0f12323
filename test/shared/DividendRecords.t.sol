// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {
    Account as Record,
    Checkpoint,
    Cursor,
    DividendPhase,
    DividendRecords,
    Entry,
    Head,
    Pot
} from "../../contracts/shared/DividendRecords.sol";

/// @dev Each field is read back as it was written, whatever its neighbours hold; and each stands where the record's
/// description says, so that nobody who reads the storage from outside is surprised.
contract DividendRecordsTest is Test {
    uint88 private constant MOST_88 = type(uint88).max;
    uint96 private constant MOST_96 = type(uint96).max;
    uint128 private constant MOST_128 = type(uint128).max;
    uint48 private constant MOST_48 = type(uint48).max;
    uint40 private constant MOST_40 = type(uint40).max;
    uint32 private constant MOST_32 = type(uint32).max;

    function testFuzz_aHeadKeepsItsFields(
        uint88[2] memory shares,
        uint40 snapshotAt,
        uint32 epoch,
        uint8 phaseSeed,
        bool dirty
    ) public pure {
        DividendPhase phase = DividendPhase(phaseSeed % 3);
        Head head = DividendRecords.toHead(shares[0], shares[1], snapshotAt, epoch, phase, dirty);
        _assertHead(head, shares, [snapshotAt, epoch, uint8(phase)], dirty);
        uint8 low = (uint8(phase) << 4) | (dirty ? 1 : 0);
        bytes memory packed = abi.encodePacked(shares[0], shares[1], snapshotAt, epoch, low);
        assertEq(packed.length, 32, "the record is one word");
        assertEq(bytes32(Head.unwrap(head)), bytes32(packed), "layout");
    }

    function testFuzz_aHeadMadeDirtyKeepsTheRest(
        uint88[2] memory shares,
        uint40 snapshotAt,
        uint32 epoch,
        uint8 phaseSeed,
        bool dirty
    ) public pure {
        DividendPhase phase = DividendPhase(phaseSeed % 3);
        Head head = DividendRecords.toHead(shares[0], shares[1], snapshotAt, epoch, phase, dirty).asDirty();
        _assertHead(head, shares, [snapshotAt, epoch, uint8(phase)], true);
        assertEq(Head.unwrap(head.asDirty()), Head.unwrap(head), "dirtier than dirty");
    }

    function testFuzz_aHeadWithFewerIdleSharesKeepsTheRest(
        uint88[2] memory shares,
        uint88 amount,
        uint40 snapshotAt,
        uint32 epoch,
        bool dirty
    ) public pure {
        amount = uint88(bound(amount, 0, shares[1]));
        uint40[3] memory rest = [snapshotAt, epoch, uint8(DividendPhase.Open)];
        Head head = DividendRecords.toHead(shares[0], shares[1], snapshotAt, epoch, DividendPhase.Open, dirty);
        _assertHead(head.minusIdle(amount), [shares[0], shares[1] - amount], rest, dirty);
        _assertHead(head.minusIdle(shares[1]), [shares[0], 0], rest, dirty);
        _assertHead(head.minusIdle(0), shares, rest, dirty);
    }

    function testFuzz_anAccountKeepsItsFields(
        uint96 balance,
        uint32 since,
        uint48 sinceTime,
        uint32 length
    ) public pure {
        Record account = DividendRecords.toAccount(balance, since, sinceTime, length);
        _assertAccount(account, balance, [since, sinceTime, length], false);
        bytes memory packed = abi.encodePacked(uint48(0), balance, since, sinceTime, length);
        assertEq(bytes32(Record.unwrap(account)), bytes32(packed), "layout");
    }

    function testFuzz_anIdleAccountKeepsTheRest(
        uint96 balance,
        uint96 amount,
        uint32 since,
        uint48 sinceTime,
        uint32 length
    ) public pure {
        amount = uint96(bound(amount, 0, balance));
        uint48[3] memory rest = [since, sinceTime, length];
        Record account = DividendRecords.toAccount(balance, since, sinceTime, length).asIdle();
        _assertAccount(account, balance, rest, true);
        assertEq(Record.unwrap(account.asIdle()), Record.unwrap(account), "more idle than idle");
        bytes memory packed = abi.encodePacked(uint48(1), balance, since, sinceTime, length);
        assertEq(bytes32(Record.unwrap(account)), bytes32(packed), "layout");
        _assertAccount(account.minus(amount), balance - amount, rest, true);
        _assertAccount(account.minus(amount).plus(amount), balance, rest, true);
        _assertAccount(account.minus(balance), 0, rest, true);
        _assertAccount(account.minus(balance).plus(MOST_96), MOST_96, rest, true);
    }

    function testFuzz_anAccountWithMoreOrFewerSharesKeepsTheRest(
        uint96 balance,
        uint96 amount,
        uint32 since,
        uint48 sinceTime,
        uint32 length
    ) public pure {
        amount = uint96(bound(amount, 0, balance));
        uint48[3] memory rest = [since, sinceTime, length];
        Record full = DividendRecords.toAccount(balance, since, sinceTime, length);
        Record less = full.minus(amount);
        _assertAccount(less, balance - amount, rest, false);
        _assertAccount(less.plus(amount), balance, rest, false);
        _assertAccount(full.minus(balance).plus(MOST_96), MOST_96, rest, false);
        _assertAccount(full.minus(balance), 0, rest, false);
    }

    function testFuzz_anEntryKeepsItsFields(
        uint96 balance,
        uint32 from,
        uint32 to,
        uint48 fromTime,
        uint48 untilTime
    ) public pure {
        Entry entry = DividendRecords.toEntry(balance, from, to, fromTime, untilTime);
        assertEq(entry.balance(), balance, "balance");
        assertEq(entry.from(), from, "from");
        assertEq(entry.to(), to, "to");
        assertEq(entry.fromTime(), fromTime, "fromTime");
        assertEq(entry.untilTime(), untilTime, "untilTime");
        bytes memory packed = abi.encodePacked(balance, from, to, fromTime, untilTime);
        assertEq(bytes32(Entry.unwrap(entry)), bytes32(packed), "layout");
    }

    function testFuzz_aPotKeepsItsFields(uint96 supply, uint128 held, uint32 length) public pure {
        Pot pot = DividendRecords.toPot(supply, held, length);
        assertEq(pot.supply(), supply, "supply");
        assertEq(pot.held(), held, "held");
        assertEq(pot.length(), length, "length");
        assertEq(bytes32(Pot.unwrap(pot)), bytes32(abi.encodePacked(supply, held, length)), "layout");
    }

    function testFuzz_aCheckpointKeepsItsFields(uint128 total, uint96 carry, uint32 epoch) public pure {
        Checkpoint checkpoint = DividendRecords.toCheckpoint(total, carry, epoch);
        _assertWords(checkpoint, [uint256(total), carry, epoch]);
        bytes memory packed = abi.encodePacked(total, carry, epoch);
        assertEq(bytes32(Checkpoint.unwrap(checkpoint)), bytes32(packed), "layout");
    }

    function testFuzz_aCursorKeepsItsFields(uint128 total, uint96 carry, uint32 index) public pure {
        Cursor cursor = DividendRecords.toCursor(total, carry, index);
        assertEq(cursor.total(), total, "total");
        assertEq(cursor.carry(), carry, "carry");
        assertEq(cursor.index(), index, "index");
        assertEq(bytes32(Cursor.unwrap(cursor)), bytes32(abi.encodePacked(total, carry, index)), "layout");
    }

    /// @dev One field full, all others empty: what fuzzing seldom draws.
    function test_aFullFieldLeaksIntoNoNeighbour() public pure {
        DividendPhase none = DividendPhase.Issuing;
        DividendPhase frozen = DividendPhase.Frozen;
        _assertHead(DividendRecords.toHead(MOST_88, 0, 0, 0, none, false), [MOST_88, 0], [uint40(0), 0, 0], false);
        _assertHead(DividendRecords.toHead(0, MOST_88, 0, 0, none, false), [0, MOST_88], [uint40(0), 0, 0], false);
        _assertHead(DividendRecords.toHead(0, 0, MOST_40, 0, none, false), [uint88(0), 0], [MOST_40, 0, 0], false);
        _assertHead(
            DividendRecords.toHead(0, 0, 0, MOST_32, none, false),
            [uint88(0), 0],
            [uint40(0), MOST_32, 0],
            false
        );
        _assertHead(DividendRecords.toHead(0, 0, 0, 0, frozen, false), [uint88(0), 0], [uint40(0), 0, 2], false);
        _assertHead(DividendRecords.toHead(0, 0, 0, 0, none, true), [uint88(0), 0], [uint40(0), 0, 0], true);
        _assertAccount(DividendRecords.toAccount(MOST_96, 0, 0, 0), MOST_96, [uint48(0), 0, 0], false);
        _assertAccount(DividendRecords.toAccount(0, MOST_32, 0, 0), 0, [uint48(MOST_32), 0, 0], false);
        _assertAccount(DividendRecords.toAccount(0, 0, MOST_48, 0), 0, [uint48(0), MOST_48, 0], false);
        _assertAccount(DividendRecords.toAccount(0, 0, 0, MOST_32), 0, [uint48(0), 0, MOST_32], false);
        _assertAccount(DividendRecords.toAccount(0, 0, 0, 0).asIdle(), 0, [uint48(0), 0, 0], true);
        _assertWords(DividendRecords.toCheckpoint(MOST_128, 0, 0), [uint256(MOST_128), 0, 0]);
        _assertWords(DividendRecords.toCheckpoint(0, MOST_96, 0), [uint256(0), MOST_96, 0]);
        _assertWords(DividendRecords.toCheckpoint(0, 0, MOST_32), [uint256(0), 0, MOST_32]);
        _assertWords(DividendRecords.toPot(MOST_96, 0, 0), [uint256(MOST_96), 0, 0]);
        _assertWords(DividendRecords.toPot(0, MOST_128, 0), [uint256(0), MOST_128, 0]);
        _assertWords(DividendRecords.toPot(0, 0, MOST_32), [uint256(0), 0, MOST_32]);
        _assertWords(DividendRecords.toCursor(MOST_128, 0, 0), [uint256(MOST_128), 0, 0]);
        _assertWords(DividendRecords.toCursor(0, MOST_96, 0), [uint256(0), MOST_96, 0]);
        _assertWords(DividendRecords.toCursor(0, 0, MOST_32), [uint256(0), 0, MOST_32]);
    }

    /// @param shares All, and the idle ones.
    /// @param rest When the snapshot was, the epoch and the phase.
    function _assertHead(Head head, uint88[2] memory shares, uint40[3] memory rest, bool dirty) private pure {
        assertEq(head.supply(), shares[0], "supply");
        assertEq(head.idle(), shares[1], "idle");
        assertEq(head.snapshotAt(), rest[0], "snapshotAt");
        assertEq(head.epoch(), rest[1], "epoch");
        assertEq(uint8(head.phase()), rest[2], "phase");
        assertEq(head.dirty(), dirty, "dirty");
    }

    /// @param rest The first epoch, its time and how many entries lie behind.
    function _assertAccount(Record account, uint96 balance, uint48[3] memory rest, bool idle) private pure {
        assertEq(account.isIdle(), idle, "idle");
        assertEq(account.balance(), balance, "balance");
        assertEq(account.since(), rest[0], "since");
        assertEq(account.sinceTime(), rest[1], "sinceTime");
        assertEq(account.length(), rest[2], "length");
    }

    function _assertWords(Checkpoint checkpoint, uint256[3] memory fields) private pure {
        assertEq(checkpoint.total(), fields[0], "total");
        assertEq(checkpoint.carry(), fields[1], "carry");
        assertEq(checkpoint.epoch(), fields[2], "epoch");
    }

    function _assertWords(Pot pot, uint256[3] memory fields) private pure {
        assertEq(pot.supply(), fields[0], "supply");
        assertEq(pot.held(), fields[1], "held");
        assertEq(pot.length(), fields[2], "length");
    }

    function _assertWords(Cursor cursor, uint256[3] memory fields) private pure {
        assertEq(cursor.total(), fields[0], "total");
        assertEq(cursor.carry(), fields[1], "carry");
        assertEq(cursor.index(), fields[2], "index");
    }
}
