// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DividendPhase} from "../../contracts/shared/DividendRecords.sol";
import {DividendLedgerFixture} from "./DividendLedgerFixture.sol";

/// @dev Balances at the end of the block of a snapshot, by which votes count (OWN-08, OWN-11).
contract DividendLedgerSnapshotsTest is DividendLedgerFixture {
    string private constant OWN_11 = "OWN-11: not the balance at the end of the snapshot's block";

    function setUp() public override {
        super.setUp();
        _openWith(5, 3, 0);
    }

    function test_OWN11_remembersBalancesThroughLaterMovements() public {
        vm.warp(START + 10);
        _ledger.takeSnapshot();
        _assertHead(DividendPhase.Open, 1, START + 10, false);
        _assertPast(START + 10, 5, 3, 0);
        vm.warp(START + 11);
        _assertPast(START + 10, 5, 3, 0);
        _ledger.move(ALICE, CAROL, 2);
        // It was written down, so no movement after this one need be.
        _assertHead(DividendPhase.Open, 2, 0, false);
        _assertPast(START + 10, 5, 3, 0);
        _ledger.move(CAROL, BOB, 1);
        vm.warp(START + 30);
        _ledger.move(BOB, ALICE, 4);
        _assertHead(DividendPhase.Open, 2, 0, false);
        _assertPast(START + 10, 5, 3, 0);
        assertEq(_ledger.entriesOf(ALICE), 1);
        assertEq(_ledger.entriesOf(BOB), 1);
        assertEq(_ledger.entriesOf(CAROL), 0);
    }

    function test_OWN11_movementsInTheBlockOfTheSnapshotCount() public {
        vm.warp(START + 10);
        _ledger.move(ALICE, BOB, 1);
        _ledger.takeSnapshot();
        _ledger.move(ALICE, CAROL, 2);
        _assertHead(DividendPhase.Open, 1, START + 10, false);
        vm.warp(START + 20);
        _ledger.move(CAROL, ALICE, 2);
        _assertPast(START + 10, 2, 4, 2);
    }

    /// @dev OWN-08: what is borrowed and returned within the block does not count.
    function test_OWN08_borrowedSharesDoNotCount() public {
        vm.warp(START + 10);
        _ledger.move(ALICE, CAROL, 5);
        _ledger.takeSnapshot();
        _ledger.move(CAROL, ALICE, 5);
        vm.warp(START + 11);
        _ledger.move(ALICE, CAROL, 5);
        assertEq(_ledger.pastBalanceOf(CAROL, START + 10), 0, "OWN-08: borrowed shares count");
        assertEq(_ledger.pastBalanceOf(ALICE, START + 10), 5, "OWN-08: lent shares do not count");
    }

    function test_OWN11_aMovementInTheBlockOfASnapshotAfterADividend() public {
        vm.warp(START + 10);
        _ledger.takeSnapshot();
        _ledger.deposit(COIN, 8);
        _ledger.move(ALICE, CAROL, 2);
        _assertHead(DividendPhase.Open, 2, START + 10, false);
        _assertPast(START + 10, 3, 3, 2);
        // Again in the same block: an entry that lasted no time.
        _ledger.deposit(COIN, 8);
        _ledger.move(ALICE, CAROL, 1);
        assertEq(_ledger.entriesOf(ALICE), 2);
        _assertHead(DividendPhase.Open, 3, START + 10, false);
        vm.warp(START + 11);
        _ledger.move(ALICE, BOB, 2);
        _assertHead(DividendPhase.Open, 4, 0, false);
        _assertPast(START + 10, 2, 3, 3);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 5 + 3, "OWN-05");
        assertEq(_ledger.claim(CAROL, COIN, ALL), 2, "OWN-05");
        assertEq(_ledger.claim(BOB, COIN, ALL), 6, "OWN-05");
    }

    function test_OWN11_twoSnapshotsInOneBlockAreOne() public {
        vm.warp(START + 10);
        _ledger.takeSnapshot();
        _ledger.move(ALICE, CAROL, 1);
        _ledger.takeSnapshot();
        _assertHead(DividendPhase.Open, 1, START + 10, false);
        vm.warp(START + 20);
        _ledger.move(CAROL, BOB, 1);
        _assertPast(START + 10, 4, 3, 1);
        assertEq(_ledger.entriesOf(CAROL), 1);
    }

    function test_OWN11_aSecondSnapshotBeforeAnyMovement() public {
        vm.warp(START + 10);
        _ledger.takeSnapshot();
        vm.warp(START + 20);
        _ledger.takeSnapshot();
        // The first is not written down, so even a movement in this very block begins an epoch.
        _assertHead(DividendPhase.Open, 1, START + 20, true);
        _ledger.move(ALICE, CAROL, 2);
        _assertHead(DividendPhase.Open, 2, START + 20, false);
        _assertPast(START + 10, 5, 3, 0);
        _assertPast(START + 20, 3, 3, 2);
        vm.warp(START + 21);
        _ledger.move(ALICE, BOB, 3);
        _assertHead(DividendPhase.Open, 3, 0, false);
        _assertPast(START + 10, 5, 3, 0);
        _assertPast(START + 20, 3, 3, 2);
    }

    function test_OWN11_aSnapshotAfterAMovementThatWroteTheLastDownIsClean() public {
        vm.warp(START + 10);
        _ledger.takeSnapshot();
        vm.warp(START + 20);
        _ledger.move(ALICE, CAROL, 1);
        _ledger.takeSnapshot();
        _assertHead(DividendPhase.Open, 2, START + 20, false);
        _ledger.move(ALICE, CAROL, 1);
        _assertHead(DividendPhase.Open, 2, START + 20, false);
        vm.warp(START + 30);
        _ledger.move(ALICE, CAROL, 1);
        _assertPast(START + 10, 5, 3, 0);
        _assertPast(START + 20, 3, 3, 2);
    }

    function test_OWN11_aDividendIsNotForgottenByASnapshot() public {
        _ledger.deposit(COIN, 8);
        _ledger.takeSnapshot();
        _assertHead(DividendPhase.Open, 1, START, true);
        _ledger.move(ALICE, CAROL, 5);
        assertEq(_ledger.claimable(ALICE, COIN), 5, "OWN-05");
        assertEq(_ledger.claimable(CAROL, COIN), 0, "OWN-05");
        _assertHead(DividendPhase.Open, 2, START, false);
    }

    function test_OWN11_theMomentOfAMovementBelongsToWhatFollows() public {
        // An entry from START until START + 10, then nothing until START + 20.
        vm.warp(START + 9);
        _ledger.takeSnapshot();
        vm.warp(START + 10);
        _ledger.move(ALICE, BOB, 5);
        _ledger.takeSnapshot();
        vm.warp(START + 19);
        _ledger.takeSnapshot();
        vm.warp(START + 20);
        _ledger.move(BOB, ALICE, 1);
        assertEq(_ledger.pastBalanceOf(ALICE, START - 1), 0, OWN_11);
        assertEq(_ledger.pastBalanceOf(ALICE, START), 5, OWN_11);
        assertEq(_ledger.pastBalanceOf(ALICE, START + 9), 5, OWN_11);
        assertEq(_ledger.pastBalanceOf(ALICE, START + 10), 0, OWN_11);
        assertEq(_ledger.pastBalanceOf(ALICE, START + 19), 0, OWN_11);
        assertEq(_ledger.pastBalanceOf(ALICE, START + 20), 1, OWN_11);
        assertEq(_ledger.pastBalanceOf(CAROL, START + 20), 0, OWN_11);
    }

    /// @dev A snapshot in each block, and one more share each time: any number of entries is searched.
    function test_OWN11_findsEachOfManySnapshots() public {
        address[2] memory holders = [address(0xD1), address(0xD2)];
        for (uint48 i = 1; i <= 5; ++i) {
            vm.warp(START + 10 * i);
            _ledger.move(ALICE, holders[i % 2], 1);
            _ledger.takeSnapshot();
            for (uint48 j = 1; j <= i; ++j) {
                assertEq(_ledger.pastBalanceOf(ALICE, START + 10 * j), 5 - j, OWN_11);
                assertEq(_ledger.pastBalanceOf(ALICE, START + 10 * j + 9), 5 - j, OWN_11);
                assertEq(_ledger.pastBalanceOf(holders[0], START + 10 * j), j / 2, OWN_11);
                assertEq(_ledger.pastBalanceOf(holders[1], START + 10 * j), (j + 1) / 2, OWN_11);
            }
        }
    }

    function testFuzz_OWN11_anyLengthOfHistoryIsSearched(uint8 length, uint8 asked) public {
        length = uint8(bound(length, 1, 40));
        asked = uint8(bound(asked, 1, length));
        _ledger.takeSnapshot();
        for (uint48 i = 1; i <= length; ++i) {
            vm.warp(START + i);
            // In turn she has 4 and 3 shares, after 5 at first.
            _ledger.move(i % 2 == 1 ? ALICE : BOB, i % 2 == 1 ? BOB : ALICE, i == 1 ? 2 : 1);
            _ledger.takeSnapshot();
        }
        assertEq(_ledger.pastBalanceOf(ALICE, START + asked), asked % 2 == 1 ? 3 : 4, OWN_11);
        assertEq(_ledger.pastBalanceOf(ALICE, START), 5, OWN_11);
    }

    function _assertPast(uint48 timestamp, uint256 alices, uint256 bobs, uint256 carols) private view {
        assertEq(_ledger.pastBalanceOf(ALICE, timestamp), alices, OWN_11);
        assertEq(_ledger.pastBalanceOf(BOB, timestamp), bobs, OWN_11);
        assertEq(_ledger.pastBalanceOf(CAROL, timestamp), carols, OWN_11);
    }
}
