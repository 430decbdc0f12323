// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {DividendLedger} from "../../contracts/shared/DividendLedger.sol";
import {Account as Record, DividendPhase, Entry, Head} from "../../contracts/shared/DividendRecords.sol";
import {DividendLedgerFixture} from "./DividendLedgerFixture.sol";

/// @dev The life of a ledger: issuing, open, frozen; and how shares come, go and move.
contract DividendLedgerTest is DividendLedgerFixture {
    function test_beginsIssuingAndWithNothing() public view {
        assertEq(uint8(_ledger.phaseOf()), uint8(DividendPhase.Issuing));
        assertEq(_ledger.supplyOf(), 0);
        assertEq(_ledger.balanceOf(ALICE), 0);
        assertEq(_ledger.heldOf(COIN), 0);
        assertEq(_ledger.entriesOf(ALICE), 0);
        assertEq(_ledger.claimable(ALICE, COIN), 0);
        assertEq(_ledger.pastBalanceOf(ALICE, 0), 0);
    }

    function testFuzz_OWN01_mintsAndBurnsUntilItOpens(uint88 first, uint88 second, uint88 burnt) public {
        first = uint88(bound(first, 1, type(uint88).max));
        second = uint88(bound(second, 0, type(uint88).max - first));
        burnt = uint88(bound(burnt, 0, first - 1));
        assertEq(_ledger.mint(ALICE, first), first, "the new balance");
        vm.warp(START + 5);
        assertEq(_ledger.mint(BOB, second), second, "the new balance");
        _ledger.burn(ALICE, burnt);
        assertEq(_ledger.mint(ALICE, burnt), first, "the new balance");
        _ledger.burn(ALICE, burnt);
        assertEq(_ledger.balanceOf(ALICE), first - burnt, "OWN-01");
        assertEq(_ledger.balanceOf(BOB), second, "OWN-01");
        assertEq(_ledger.supplyOf(), uint256(first) + second - burnt, "OWN-01: not the sum of all balances");
        assertEq(_ledger.entriesOf(ALICE), 0, "issuing leaves no entries");
        _assertAccount(ALICE, first - burnt, 1, START, 0);
        _assertHead(DividendPhase.Issuing, 1, 0, false);
        _ledger.open(address(0));
        assertEq(_ledger.supplyOf(), uint256(first) + second - burnt, "OWN-01: opening changed the supply");
        _assertHead(DividendPhase.Open, 1, 0, false);
    }

    function test_mintsUpTo88BitsInAll() public {
        uint256 most = type(uint88).max;
        assertEq(_ledger.mint(ALICE, most - 1), most - 1);
        assertEq(_ledger.mint(BOB, 1), 1);
        vm.expectRevert(_downcast(88, most + 1));
        _ledger.mint(BOB, 1);
        _ledger.burn(ALICE, 1);
        assertEq(_ledger.mint(BOB, 1), 2);
        assertEq(_ledger.supplyOf(), most);
        assertEq(_ledger.balanceOf(ALICE), most - 2);
    }

    function testFuzz_refusesToMintMoreThan88BitsAtOnce(uint256 amount) public {
        amount = bound(amount, uint256(type(uint88).max) + 1, type(uint256).max);
        vm.expectRevert(_downcast(88, amount));
        _ledger.mint(ALICE, amount);
    }

    function testFuzz_refusesToBurnMoreThanThereIs(uint88 balance, uint256 amount) public {
        amount = bound(amount, uint256(balance) + 1, type(uint256).max);
        _ledger.mint(ALICE, balance);
        _ledger.mint(BOB, type(uint88).max - balance);
        vm.expectRevert(_insufficient(ALICE, balance, amount));
        _ledger.burn(ALICE, amount);
        _ledger.burn(ALICE, balance);
        assertEq(_ledger.balanceOf(ALICE), 0);
        assertEq(_ledger.balanceOf(BOB), type(uint88).max - balance);
    }

    function test_R28_refusesToOpenWithoutShares() public {
        vm.expectRevert(DividendLedger.DividendLedgerNoShares.selector);
        _ledger.open(address(0));
        _ledger.mint(ALICE, 3);
        _ledger.burn(ALICE, 3);
        vm.expectRevert(DividendLedger.DividendLedgerNoShares.selector);
        _ledger.open(address(0));
        _ledger.mint(ALICE, 1);
        _ledger.open(address(0));
        assertEq(uint8(_ledger.phaseOf()), uint8(DividendPhase.Open));
    }

    function test_whileIssuingNothingMovesEarnsFreezesOrIsRemembered() public {
        _ledger.mint(ALICE, 3);
        bytes memory wrong = _wrongPhase(DividendPhase.Issuing);
        vm.expectRevert(wrong);
        _ledger.move(ALICE, BOB, 1);
        vm.expectRevert(wrong);
        _ledger.move(ALICE, ALICE, 0);
        vm.expectRevert(wrong);
        _ledger.freeze();
        vm.expectRevert(wrong);
        _ledger.takeSnapshot();
        _assertHead(DividendPhase.Issuing, 1, 0, false);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0);
        assertEq(_ledger.balanceOf(ALICE), 3);
    }

    function test_R23_R28_refusesDividendsUntilAllSharesAreThere() public {
        bytes memory wrong = _wrongPhase(DividendPhase.Issuing);
        vm.expectRevert(wrong);
        _ledger.deposit(COIN, 1);
        _ledger.mint(ALICE, 1);
        vm.expectRevert(wrong);
        _ledger.deposit(COIN, 1e18);
        vm.expectRevert(wrong);
        _ledger.deposit(COIN, 0);
        // So the first holder cannot make shares dear before the second comes.
        _ledger.mint(BOB, 1);
        _ledger.open(address(0));
        _ledger.deposit(COIN, 10);
        assertEq(_ledger.claimable(ALICE, COIN), 5, "R23: the first holder earns more by share");
        assertEq(_ledger.claimable(BOB, COIN), 5, "R23: the second holder earns less by share");
    }

    function test_onceOpenNoSharesComeOrGoAndItOpensNoMore() public {
        _openWith(3, 2, 1);
        bytes memory wrong = _wrongPhase(DividendPhase.Open);
        vm.expectRevert(wrong);
        _ledger.mint(ALICE, 1);
        vm.expectRevert(wrong);
        _ledger.mint(ALICE, 0);
        vm.expectRevert(wrong);
        _ledger.burn(ALICE, 1);
        vm.expectRevert(wrong);
        _ledger.open(address(0));
        assertEq(_ledger.supplyOf(), 6);
    }

    function test_onceFrozenSharesStandStillAndEarn() public {
        _openWith(3, 2, 1);
        _ledger.deposit(COIN, 60);
        _ledger.takeSnapshot();
        _ledger.freeze();
        _assertHead(DividendPhase.Frozen, 1, START, true);
        bytes memory wrong = _wrongPhase(DividendPhase.Frozen);
        vm.expectRevert(wrong);
        _ledger.mint(ALICE, 1);
        vm.expectRevert(wrong);
        _ledger.burn(ALICE, 1);
        vm.expectRevert(wrong);
        _ledger.open(address(0));
        vm.expectRevert(wrong);
        _ledger.freeze();
        vm.expectRevert(wrong);
        _ledger.move(ALICE, BOB, 1);
        vm.expectRevert(wrong);
        _ledger.move(ALICE, ALICE, 0);
        _ledger.deposit(COIN, 12);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 36);
        assertEq(_ledger.claim(BOB, COIN, ALL), 24);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 12);
        assertEq(_ledger.heldOf(COIN), 0);
        assertEq(_ledger.supplyOf(), 6);
        assertEq(uint8(_ledger.phaseOf()), uint8(DividendPhase.Frozen));
    }

    function test_aCleanLedgerFreezesClean() public {
        _openWith(3, 2, 1);
        _ledger.freeze();
        _assertHead(DividendPhase.Frozen, 1, 0, false);
        _ledger.deposit(COIN, 1);
        _assertHead(DividendPhase.Frozen, 1, 0, true);
        vm.warp(START + 1);
        _ledger.takeSnapshot();
        _assertHead(DividendPhase.Frozen, 1, START + 1, true);
    }

    function testFuzz_refusesToMoveMoreThanThereIs(uint88 balance, uint256 amount, bool toOneself) public {
        balance = uint88(bound(balance, 0, type(uint88).max - 1));
        amount = bound(amount, uint256(balance) + 1, type(uint256).max);
        _ledger.mint(ALICE, balance);
        _ledger.mint(BOB, type(uint88).max - balance);
        _ledger.open(address(0));
        vm.expectRevert(_insufficient(ALICE, balance, amount));
        _ledger.move(ALICE, toOneself ? ALICE : BOB, amount);
        _ledger.move(ALICE, BOB, balance);
        assertEq(_ledger.balanceOf(ALICE), 0, "OWN-01");
        assertEq(_ledger.balanceOf(BOB), type(uint88).max, "OWN-01");
    }

    function testFuzz_OWN01_movesExactlyTheAmount(uint88 from, uint88 to, uint88 amount, bool paid) public {
        from = uint88(bound(from, 1, type(uint88).max));
        to = uint88(bound(to, 0, type(uint88).max - from));
        amount = uint88(bound(amount, 0, from));
        _openWith(from, to, 0);
        if (paid) _ledger.deposit(COIN, 1);
        _ledger.move(ALICE, BOB, amount);
        assertEq(_ledger.balanceOf(ALICE), from - amount, "OWN-01");
        assertEq(_ledger.balanceOf(BOB), uint256(to) + amount, "OWN-01");
        assertEq(_ledger.supplyOf(), uint256(from) + to, "OWN-01: a movement changed the supply");
    }

    function test_withoutADividendMovementsLeaveNoEntries() public {
        _openWith(5, 3, 0);
        vm.warp(START + 10);
        _ledger.move(ALICE, BOB, 2);
        _ledger.move(BOB, CAROL, 1);
        _assertHead(DividendPhase.Open, 1, 0, false);
        _assertAccount(ALICE, 3, 1, START, 0);
        _assertAccount(BOB, 4, 1, START, 0);
        // Who never had any: his time begins with the first.
        _assertAccount(CAROL, 1, 1, START + 10, 0);
    }

    function test_theFirstMovementAfterADividendWritesDownOneEntryPerSide() public {
        _openWith(5, 3, 0);
        vm.warp(START + 10);
        _ledger.deposit(COIN, 8);
        _assertHead(DividendPhase.Open, 1, 0, true);
        _ledger.move(ALICE, CAROL, 2);
        _assertHead(DividendPhase.Open, 2, 0, false);
        _assertAccount(ALICE, 3, 2, START + 10, 1);
        _assertEntry(ALICE, 0, [uint256(5), 1, 1, START, START + 10]);
        // He had nothing, so there is nothing to write down.
        _assertAccount(CAROL, 2, 2, START + 10, 0);
        _assertAccount(BOB, 3, 1, START, 0);

        vm.warp(START + 20);
        _ledger.move(ALICE, CAROL, 1);
        _assertAccount(ALICE, 2, 2, START + 10, 1);
        _assertAccount(CAROL, 3, 2, START + 10, 0);

        _ledger.deposit(COIN, 8);
        vm.warp(START + 30);
        _ledger.move(CAROL, BOB, 3);
        _assertHead(DividendPhase.Open, 3, 0, false);
        _assertAccount(ALICE, 2, 2, START + 10, 1);
        _assertAccount(CAROL, 0, 3, START + 30, 1);
        _assertEntry(CAROL, 0, [uint256(3), 2, 2, START + 10, START + 30]);
        _assertAccount(BOB, 6, 3, START + 30, 1);
        _assertEntry(BOB, 0, [uint256(3), 1, 2, START, START + 30]);
    }

    function test_manyDividendsBetweenTwoMovementsAreOneEntry() public {
        _openWith(5, 3, 0);
        _ledger.deposit(COIN, 8);
        _ledger.deposit(TOKEN, 8);
        _ledger.deposit(COIN, 8);
        _ledger.move(ALICE, BOB, 1);
        _assertHead(DividendPhase.Open, 2, 0, false);
        assertEq(_ledger.entriesOf(ALICE), 1);
        assertEq(_ledger.entriesOf(BOB), 1);
    }

    function testFuzz_aMovementOfNothingOrToOneselfLeavesNoTrace(uint88 amount, bool paid, bool snapped) public {
        amount = uint88(bound(amount, 0, 5));
        _openWith(5, 3, 0);
        if (paid) _ledger.deposit(COIN, 8);
        if (snapped) _ledger.takeSnapshot();
        vm.warp(START + 10);
        Head head = _ledger.head();
        Record alice = _ledger.account(ALICE);
        Record bob = _ledger.account(BOB);
        _ledger.move(ALICE, ALICE, amount);
        _ledger.move(ALICE, BOB, 0);
        _ledger.move(CAROL, ALICE, 0);
        assertEq(Head.unwrap(_ledger.head()), Head.unwrap(head), "the ledger changed");
        assertEq(Record.unwrap(_ledger.account(ALICE)), Record.unwrap(alice), "Alice's account changed");
        assertEq(Record.unwrap(_ledger.account(BOB)), Record.unwrap(bob), "Bob's account changed");
        assertEq(Record.unwrap(_ledger.account(CAROL)), 0, "Carol's account began");
    }

    function _assertEntry(address holder, uint256 index, uint256[5] memory fields) private view {
        Entry entry = _ledger.entry(holder, index);
        assertEq(entry.balance(), fields[0], "the entry's balance");
        assertEq(entry.from(), fields[1], "the entry's first epoch");
        assertEq(entry.to(), fields[2], "the entry's last epoch");
        assertEq(entry.fromTime(), fields[3], "the entry's begin");
        assertEq(entry.untilTime(), fields[4], "the entry's end");
    }

    function _insufficient(address holder, uint256 balance, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, balance, amount);
    }

    function _wrongPhase(DividendPhase phase) private pure returns (bytes memory) {
        return abi.encodeWithSelector(DividendLedger.DividendLedgerWrongPhase.selector, phase);
    }
}
