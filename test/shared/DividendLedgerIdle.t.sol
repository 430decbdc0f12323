// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {Currency} from "../../contracts/shared/Currency.sol";
import {DividendLedger} from "../../contracts/shared/DividendLedger.sol";
import {Checkpoint, Cursor, DividendPhase, Entry, Head} from "../../contracts/shared/DividendRecords.sol";
import {DividendLedgerFixture} from "./DividendLedgerFixture.sol";

/// @dev One account, Alice's, whose shares earn nothing: the others get its part, and shares only ever leave it.
contract DividendLedgerIdleTest is DividendLedgerFixture {
    function test_anIdleAccountEarnsNothingAndTheOthersGetExactlyItsPart() public {
        _openIdle(6, 3, 1);
        _ledger.deposit(COIN, 100);
        assertEq(_ledger.claimable(ALICE, COIN), 0, "idle shares earned");
        assertEq(_ledger.claimable(BOB, COIN), 75, "3 of the 4 shares that earn");
        assertEq(_ledger.claimable(CAROL, COIN), 25, "1 of the 4 shares that earn");
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0, "idle shares were paid");
        assertEq(Cursor.unwrap(_ledger.cursor(ALICE, COIN)), 0, "an idle account has nothing to go through");
        assertEq(_ledger.heldOf(COIN), 100, "nothing is paid");
        assertEq(_ledger.claim(BOB, COIN, ALL), 75);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 25);
        assertEq(_ledger.heldOf(COIN), 0, "OWN-02");
    }

    function test_theRemainderIsCarriedToTheNextDividendOfItsCurrency() public {
        _openIdle(3, 4, 3);
        // 100 tenths among 7 shares: 14 each, and 2 are left.
        _ledger.deposit(COIN, 10);
        _assertCheckpoint(COIN, 0, [uint256(14), 2, 1]);
        // 10 and 2 tenths in the same epoch: 1 each, and 5 are left.
        _ledger.deposit(COIN, 1);
        _assertCheckpoint(COIN, 0, [uint256(15), 5, 1]);
        assertEq(_ledger.pot(COIN).length(), 1);
        // Another currency knows nothing of it.
        _ledger.deposit(TOKEN, 1);
        _assertCheckpoint(TOKEN, 0, [uint256(1), 3, 1]);

        _ledger.move(BOB, CAROL, 1);
        // 100 and 5 tenths in the next: 15 each, and nothing is left.
        _ledger.deposit(COIN, 10);
        _assertCheckpoint(COIN, 0, [uint256(15), 5, 1]);
        _assertCheckpoint(COIN, 1, [uint256(30), 0, 2]);
        assertEq(_ledger.pot(COIN).length(), 2);
        assertEq(_ledger.pot(COIN).held(), 21);
        assertEq(_ledger.pot(COIN).supply(), 10);
        // Bob: 4 x 15 and 3 x 15 tenths; Carol: 3 x 15 and 4 x 15.
        assertEq(_ledger.claim(BOB, COIN, ALL), 10, "OWN-03");
        assertEq(_ledger.claim(CAROL, COIN, ALL), 10, "OWN-03");
        assertEq(_ledger.cursor(BOB, COIN).carry(), 5);
        assertEq(_ledger.cursor(CAROL, COIN).carry(), 5);
        assertEq(_ledger.heldOf(COIN), 1, "OWN-02: what both have left");
    }

    function test_sharesThatLeaveItEarnFromThenOnAndNotBefore() public {
        _openIdle(6, 4, 0);
        _assertIdle(6);
        _ledger.deposit(COIN, 40);
        _ledger.move(ALICE, CAROL, 1);
        _assertIdle(5);
        assertEq(_ledger.claimable(CAROL, COIN), 0, "OWN-05: the shares earned before they left");
        assertEq(_ledger.claimable(ALICE, COIN), 0, "OWN-05: the shares earned for whom they left");
        _ledger.deposit(COIN, 50);
        assertEq(_ledger.claimable(CAROL, COIN), 10, "OWN-05: one of the 5 shares that earn");
        assertEq(_ledger.claimable(BOB, COIN), 40 + 40, "OWN-05");
        _ledger.move(ALICE, BOB, 5);
        _assertIdle(0);
        _ledger.deposit(COIN, 100);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 40 + 40 + 90, "OWN-05");
        assertEq(_ledger.claim(CAROL, COIN, ALL), 10 + 10, "OWN-05");
        assertEq(_ledger.heldOf(COIN), 0, "OWN-02");
    }

    function test_sharesLeaveItWithinAnEpochToo() public {
        _openIdle(6, 4, 0);
        _ledger.move(ALICE, CAROL, 1);
        _ledger.move(ALICE, BOB, 2);
        _assertIdle(3);
        _assertHead(DividendPhase.Open, 1, 0, false);
        // What others move changes nothing about it.
        _ledger.move(BOB, CAROL, 1);
        _assertIdle(3);
        _ledger.deposit(COIN, 7);
        assertEq(_ledger.claim(BOB, COIN, ALL), 5);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 2);
        assertEq(_ledger.heldOf(COIN), 0, "OWN-02");
    }

    function test_aRemainderOutlivesTheLastIdleShare() public {
        _openIdle(3, 7, 0);
        _ledger.deposit(COIN, 10);
        _assertCheckpoint(COIN, 0, [uint256(14), 2, 1]);
        _ledger.move(ALICE, BOB, 3);
        _ledger.deposit(COIN, 5);
        _assertCheckpoint(COIN, 1, [uint256(19), 2, 2]);
        // Bob: 98 and 50 tenths.
        assertEq(_ledger.claim(BOB, COIN, ALL), 14);
        assertEq(_ledger.cursor(BOB, COIN).carry(), 8);
        assertEq(_ledger.heldOf(COIN), 1, "OWN-02: 8 tenths of Bob's and the 2");
    }

    function test_noSharesComeToIt() public {
        _openIdle(6, 4, 0);
        vm.expectRevert(_invalidReceiver(ALICE));
        _ledger.move(BOB, ALICE, 1);
        vm.expectRevert(_invalidReceiver(ALICE));
        _ledger.move(BOB, ALICE, 4);
        _ledger.deposit(COIN, 4);
        vm.expectRevert(_invalidReceiver(ALICE));
        _ledger.move(BOB, ALICE, 1);
        // Nor when it has none any more.
        _ledger.move(ALICE, BOB, 6);
        vm.expectRevert(_invalidReceiver(ALICE));
        _ledger.move(BOB, ALICE, 1);
        assertEq(_ledger.balanceOf(ALICE), 0, "OWN-01");
        assertEq(_ledger.balanceOf(BOB), 10, "OWN-01");
    }

    function test_noSharesComeToAnIdleAccountThatNeverHadAny() public {
        _ledger.mint(BOB, 4);
        _ledger.open(ALICE);
        _assertIdle(0);
        assertTrue(_ledger.account(ALICE).isIdle());
        vm.expectRevert(_invalidReceiver(ALICE));
        _ledger.move(BOB, ALICE, 1);
        _ledger.deposit(COIN, 3);
        _assertCheckpoint(COIN, 0, [uint256(3), 0, 1]);
        assertEq(_ledger.claim(BOB, COIN, ALL), 3);
    }

    function test_whoLacksTheSharesIsToldSoFirst() public {
        _openIdle(6, 4, 0);
        vm.expectRevert(_insufficient(BOB, 4, 5));
        _ledger.move(BOB, ALICE, 5);
        vm.expectRevert(_insufficient(ALICE, 6, 7));
        _ledger.move(ALICE, BOB, 7);
        vm.expectRevert(_insufficient(ALICE, 6, 7));
        _ledger.move(ALICE, ALICE, 7);
    }

    function testFuzz_aMovementOfNothingToItOrOfItsOwnToItselfLeavesNoTrace(uint88 amount, bool paid) public {
        amount = uint88(bound(amount, 0, 6));
        _openIdle(6, 4, 0);
        if (paid) _ledger.deposit(COIN, 8);
        _ledger.takeSnapshot();
        vm.warp(START + 10);
        Head head = _ledger.head();
        _ledger.move(BOB, ALICE, 0);
        _ledger.move(ALICE, ALICE, amount);
        _ledger.move(ALICE, BOB, 0);
        assertEq(Head.unwrap(_ledger.head()), Head.unwrap(head), "the ledger changed");
        _assertAccount(ALICE, 6, 1, START, 0);
        _assertAccount(BOB, 4, 1, START, 0);
        assertTrue(_ledger.account(ALICE).isIdle(), "it is idle no more");
    }

    function test_itStaysIdleThroughAllEpochs() public {
        _openIdle(6, 4, 0);
        for (uint48 i = 1; i <= 6; ++i) {
            _ledger.deposit(COIN, 10);
            vm.warp(START + 10 * i);
            _ledger.move(ALICE, BOB, 1);
            _assertHead(DividendPhase.Open, i + 1, 0, false);
            _assertIdle(6 - i);
            _assertAccount(ALICE, 6 - i, i + 1, START + 10 * i, i);
            assertTrue(_ledger.account(ALICE).isIdle(), "it is idle no more");
            assertFalse(_ledger.account(BOB).isIdle(), "who got its shares is idle");
            Entry entry = _ledger.entry(ALICE, i - 1);
            assertEq(entry.balance(), 7 - i, "the entry's balance");
            assertEq(entry.from(), i, "the entry's first epoch");
            assertEq(entry.to(), i, "the entry's last epoch");
            assertEq(entry.fromTime(), START + 10 * (i - 1), "the entry's begin");
            assertEq(entry.untilTime(), START + 10 * i, "the entry's end");
        }
        // However few entries it asks for.
        assertEq(_ledger.claimable(ALICE, COIN), 0);
        assertEq(_ledger.claim(ALICE, COIN, 0), 0);
        assertEq(_ledger.claim(ALICE, COIN, 3), 0);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0);
        assertEq(Cursor.unwrap(_ledger.cursor(ALICE, COIN)), 0);
        // Steps of 25, 20, 16, 14, 13 and 11 for Bob's 4 to 9 shares: 597 tenths, and 3 are left.
        assertEq(_ledger.claim(BOB, COIN, ALL), 59, "OWN-03");
        assertEq(_ledger.cursor(BOB, COIN).carry(), 7);
        _assertCheckpoint(COIN, 5, [uint256(99), 3, 6]);
        assertEq(_ledger.heldOf(COIN), 1, "OWN-02: 7 tenths of Bob's and the 3");
    }

    function test_openedForNobodyAllSharesEarn() public {
        _openWith(3, 4, 3);
        _assertIdle(0);
        assertFalse(_ledger.account(ALICE).isIdle());
        assertFalse(_ledger.account(BOB).isIdle());
        _ledger.deposit(COIN, 7);
        _assertCheckpoint(COIN, 0, [uint256(7), 0, 1]);
        assertEq(_ledger.claimable(ALICE, COIN), 2);
        assertEq(_ledger.claimable(BOB, COIN), 2);
        _ledger.move(BOB, ALICE, 4);
        _ledger.move(CAROL, ALICE, 3);
        _assertIdle(0);
        _ledger.deposit(COIN, 10);
        _assertCheckpoint(COIN, 1, [uint256(17), 0, 2]);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 12);
    }

    function test_refusesToOpenWhenAllSharesAreIdle() public {
        vm.expectRevert(DividendLedger.DividendLedgerNoShares.selector);
        _ledger.open(ALICE);
        _ledger.mint(ALICE, 5);
        vm.expectRevert(DividendLedger.DividendLedgerNoShares.selector);
        _ledger.open(ALICE);
        _ledger.mint(BOB, 1);
        _ledger.burn(BOB, 1);
        vm.expectRevert(DividendLedger.DividendLedgerNoShares.selector);
        _ledger.open(ALICE);
        // The attempts left no trace: she can still get more.
        assertFalse(_ledger.account(ALICE).isIdle());
        assertEq(_ledger.mint(ALICE, 1), 6);
        _ledger.mint(BOB, 1);
        _ledger.open(ALICE);
        _assertHead(DividendPhase.Open, 1, 0, false);
        _assertIdle(6);
        assertEq(_ledger.supplyOf(), 7);
        _ledger.deposit(COIN, 9);
        assertEq(_ledger.claim(BOB, COIN, ALL), 9, "the only share that earns");
    }

    function test_onceFrozenItStaysIdle() public {
        _openIdle(6, 4, 0);
        _ledger.deposit(COIN, 4);
        _ledger.move(ALICE, CAROL, 1);
        _ledger.freeze();
        _assertIdle(5);
        assertEq(_ledger.supplyOf(), 10);
        _ledger.deposit(COIN, 10);
        _assertHead(DividendPhase.Frozen, 2, 0, true);
        _assertIdle(5);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 4 + 8);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 2);
        assertEq(_ledger.heldOf(COIN), 0, "OWN-02");
    }

    function test_OWN11_aSnapshotRemembersIdleSharesToo() public {
        _openIdle(6, 4, 0);
        vm.warp(START + 10);
        _ledger.takeSnapshot();
        _assertIdle(6);
        vm.warp(START + 20);
        _ledger.move(ALICE, CAROL, 2);
        _assertIdle(4);
        _assertHead(DividendPhase.Open, 2, 0, false);
        _ledger.takeSnapshot();
        _assertIdle(4);
        _ledger.move(ALICE, CAROL, 1);
        vm.warp(START + 30);
        _ledger.takeSnapshot();
        _assertHead(DividendPhase.Open, 2, START + 30, true);
        _ledger.move(CAROL, BOB, 1);
        _assertIdle(3);
        _ledger.move(ALICE, BOB, 3);
        assertEq(_ledger.pastBalanceOf(ALICE, START + 10), 6, "OWN-11");
        assertEq(_ledger.pastBalanceOf(ALICE, START + 20), 3, "OWN-11");
        assertEq(_ledger.pastBalanceOf(ALICE, START + 30), 0, "OWN-11");
        assertEq(_ledger.pastBalanceOf(CAROL, START + 10), 0, "OWN-11");
        assertEq(_ledger.pastBalanceOf(CAROL, START + 20), 3, "OWN-11");
        assertEq(_ledger.pastBalanceOf(BOB, START + 30), 8, "OWN-11");
        // Nothing is idle any more, but she who was has nothing to earn with.
        _assertIdle(0);
        _ledger.deposit(COIN, 10);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 8);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 2);
    }

    /// @dev Nearly all is idle: a wei is nearly 2^88 steps for the share that earns.
    function test_refusesStepsThatDoNotFitTheTotal() public {
        uint256 most = type(uint88).max;
        _openIdle(most - 1, 1, 0);
        uint256 fits = 1 << 40;
        vm.expectRevert(_downcast(128, (fits + 1) * most));
        _ledger.deposit(COIN, fits + 1);
        _ledger.deposit(COIN, fits);
        _assertCheckpoint(COIN, 0, [fits * most, 0, 1]);
        vm.expectRevert(_downcast(128, (fits + 1) * most));
        _ledger.deposit(COIN, 1);
        assertEq(_ledger.claim(BOB, COIN, ALL), fits);
        assertEq(_ledger.heldOf(COIN), 0);
    }

    /// @dev Nearly nothing is idle: each wei leaves one part of the supply, until they are one for each share.
    function test_R16_theRemainderIsExactUpToOnePartPerShare() public {
        uint256 earning = uint256(type(uint88).max) - 1;
        _openIdle(1, earning, 0);
        _ledger.deposit(COIN, 1);
        _assertCheckpoint(COIN, 0, [uint256(1), 1, 1]);
        assertEq(_ledger.claim(BOB, COIN, ALL), 0, "R16: one part of the supply is missing");
        _ledger.deposit(COIN, earning - 2);
        _assertCheckpoint(COIN, 0, [earning - 1, earning - 1, 1]);
        _ledger.deposit(COIN, 1);
        _assertCheckpoint(COIN, 0, [earning + 1, 0, 1]);
        assertEq(_ledger.claim(BOB, COIN, ALL), earning, "R16");
        assertEq(_ledger.heldOf(COIN), 0, "OWN-02");
    }

    /// @dev In parts of the supply, nothing is lost: what was paid in is what all have earned, and the remainder.
    function testFuzz_OWN02_nothingIsLostWhileSharesLeave(
        uint88[3] memory balances,
        uint64[6] memory amounts,
        uint88[6] memory leaving
    ) public {
        for (uint256 i = 0; i < 3; ++i) balances[i] = uint88(bound(balances[i], 1, 1 << (i == 0 ? 86 : 40)));
        _openIdle(balances[0], balances[1], balances[2]);
        uint256 supply = _ledger.supplyOf();
        uint256 idle = balances[0];
        (uint256 bobs, uint256 carry, uint256 sum, uint256 paid) = (0, 0, 0, 0);
        for (uint256 i = 0; i < amounts.length; ++i) {
            // For few shares that earn, an amount is many steps: keep their sum below the limit of a total.
            uint256 amount = amounts[i] % (1 << 36);
            _ledger.deposit(COIN, amount);
            uint256 step = amount == 0 ? 0 : (amount * supply + carry) / (supply - idle);
            if (amount != 0) carry = (amount * supply + carry) % (supply - idle);
            bobs += _ledger.balanceOf(BOB) * step;
            sum += amount;
            if (i % 2 == 0) paid += _ledger.claim(BOB, COIN, ALL);
            uint256 less = bound(leaving[i], 0, idle);
            _ledger.move(ALICE, i % 2 == 0 ? BOB : CAROL, less);
            idle -= less;
            _assertIdle(idle);
        }
        paid += _ledger.claim(BOB, COIN, ALL);
        assertEq(paid, bobs / supply, "OWN-03: not what a naive sum says");
        _ledger.claim(CAROL, COIN, ALL);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0, "idle shares were paid");
        uint256 left = carry + _ledger.cursor(BOB, COIN).carry() + _ledger.cursor(CAROL, COIN).carry();
        assertEq(_ledger.heldOf(COIN) * supply, left, "OWN-02: something is lost or made");
        assertLt(_ledger.heldOf(COIN), 3, "OWN-02: more than a remainder of each and of the division");
    }

    function _openIdle(uint256 alices, uint256 bobs, uint256 carols) private {
        _ledger.mint(ALICE, alices);
        _ledger.mint(BOB, bobs);
        if (carols != 0) _ledger.mint(CAROL, carols);
        _ledger.open(ALICE);
    }

    function _assertIdle(uint256 shares) private view {
        assertEq(_ledger.head().idle(), shares, "the idle shares");
    }

    /// @param fields Its total, its remainder and its epoch.
    function _assertCheckpoint(Currency currency, uint256 index, uint256[3] memory fields) private view {
        Checkpoint checkpoint = _ledger.checkpoint(currency, index);
        assertEq(checkpoint.total(), fields[0], "the checkpoint's total");
        assertEq(checkpoint.carry(), fields[1], "the checkpoint's remainder");
        assertEq(checkpoint.epoch(), fields[2], "the checkpoint's epoch");
    }

    function _invalidReceiver(address receiver) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, receiver);
    }

    function _insufficient(address holder, uint256 balance, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, balance, amount);
    }
}
