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
    uint96 private constant MOST_96 = type(uint96).max;
    uint128 private constant MOST_128 = type(uint128).max;
    uint48 private constant MOST_48 = type(uint48).max;
    uint32 private constant MOST_32 = type(uint32).max;

    function testFuzz_aHeadKeepsItsFields(
        uint96 supply,
        uint48 snapshotAt,
        uint32 epoch,
        uint8 phaseSeed,
        bool dirty
    ) public pure {
        DividendPhase phase = DividendPhase(phaseSeed % 3);
        Head head = DividendRecords.toHead(supply, snapshotAt, epoch, phase, dirty);
        assertEq(head.supply(), supply, "supply");
        assertEq(head.snapshotAt(), snapshotAt, "snapshotAt");
        assertEq(head.epoch(), epoch, "epoch");
        assertEq(uint8(head.phase()), uint8(phase), "phase");
        assertEq(head.dirty(), dirty, "dirty");
        bytes memory packed = abi.encodePacked(uint64(0), supply, snapshotAt, epoch, uint8(phase), dirty);
        assertEq(bytes32(Head.unwrap(head)), bytes32(packed), "layout");
    }

    function testFuzz_anAccountKeepsItsFields(
        uint96 balance,
        uint32 since,
        uint48 sinceTime,
        uint32 length
    ) public pure {
        Record account = DividendRecords.toAccount(balance, since, sinceTime, length);
        _assertAccount(account, balance, since, sinceTime, length);
        bytes memory packed = abi.encodePacked(uint48(0), balance, since, sinceTime, length);
        assertEq(bytes32(Record.unwrap(account)), bytes32(packed), "layout");
    }

    function testFuzz_anAccountWithMoreOrFewerSharesKeepsTheRest(
        uint96 balance,
        uint96 amount,
        uint32 since,
        uint48 sinceTime,
        uint32 length
    ) public pure {
        amount = uint96(bound(amount, 0, balance));
        Record full = DividendRecords.toAccount(balance, since, sinceTime, length);
        Record less = full.minus(amount);
        _assertAccount(less, balance - amount, since, sinceTime, length);
        _assertAccount(less.plus(amount), balance, since, sinceTime, length);
        _assertAccount(full.minus(balance).plus(MOST_96), MOST_96, since, sinceTime, length);
        _assertAccount(full.minus(balance), 0, since, sinceTime, length);
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

    function testFuzz_aCheckpointKeepsItsFields(uint128 total, uint32 epoch) public pure {
        Checkpoint checkpoint = DividendRecords.toCheckpoint(total, epoch);
        assertEq(checkpoint.total(), total, "total");
        assertEq(checkpoint.epoch(), epoch, "epoch");
        bytes memory packed = abi.encodePacked(uint96(0), total, epoch);
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
        DividendPhase frozen = DividendPhase.Frozen;
        _assertHead(DividendRecords.toHead(MOST_96, 0, 0, DividendPhase.Issuing, false), MOST_96, 0, 0, 0, false);
        _assertHead(DividendRecords.toHead(0, MOST_48, 0, DividendPhase.Issuing, false), 0, MOST_48, 0, 0, false);
        _assertHead(DividendRecords.toHead(0, 0, MOST_32, DividendPhase.Issuing, false), 0, 0, MOST_32, 0, false);
        _assertHead(DividendRecords.toHead(0, 0, 0, frozen, false), 0, 0, 0, 2, false);
        _assertHead(DividendRecords.toHead(0, 0, 0, DividendPhase.Issuing, true), 0, 0, 0, 0, true);
        _assertAccount(DividendRecords.toAccount(MOST_96, 0, 0, 0), MOST_96, 0, 0, 0);
        _assertAccount(DividendRecords.toAccount(0, MOST_32, 0, 0), 0, MOST_32, 0, 0);
        _assertAccount(DividendRecords.toAccount(0, 0, MOST_48, 0), 0, 0, MOST_48, 0);
        _assertAccount(DividendRecords.toAccount(0, 0, 0, MOST_32), 0, 0, 0, MOST_32);
        _assertWords(DividendRecords.toPot(MOST_96, 0, 0), [uint256(MOST_96), 0, 0]);
        _assertWords(DividendRecords.toPot(0, MOST_128, 0), [uint256(0), MOST_128, 0]);
        _assertWords(DividendRecords.toPot(0, 0, MOST_32), [uint256(0), 0, MOST_32]);
        _assertWords(DividendRecords.toCursor(MOST_128, 0, 0), [uint256(MOST_128), 0, 0]);
        _assertWords(DividendRecords.toCursor(0, MOST_96, 0), [uint256(0), MOST_96, 0]);
        _assertWords(DividendRecords.toCursor(0, 0, MOST_32), [uint256(0), 0, MOST_32]);
    }

    function _assertHead(
        Head head,
        uint96 supply,
        uint48 snapshotAt,
        uint32 epoch,
        uint8 phase,
        bool dirty
    ) private pure {
        assertEq(head.supply(), supply, "supply");
        assertEq(head.snapshotAt(), snapshotAt, "snapshotAt");
        assertEq(head.epoch(), epoch, "epoch");
        assertEq(uint8(head.phase()), phase, "phase");
        assertEq(head.dirty(), dirty, "dirty");
    }

    function _assertAccount(
        Record account,
        uint96 balance,
        uint32 since,
        uint48 sinceTime,
        uint32 length
    ) private pure {
        assertEq(account.balance(), balance, "balance");
        assertEq(account.since(), since, "since");
        assertEq(account.sinceTime(), sinceTime, "sinceTime");
        assertEq(account.length(), length, "length");
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
