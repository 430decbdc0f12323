// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DividendLedger} from "../../contracts/shared/DividendLedger.sol";
import {Cursor, DividendPhase, Pot} from "../../contracts/shared/DividendRecords.sol";
import {DividendLedgerFixture} from "./DividendLedgerFixture.sol";

/// @dev What one account gives to all others.
contract DividendLedgerForgoTest is DividendLedgerFixture {
    function test_givesAllButARemainderToTheOthersByTheirShares() public {
        _openWith(6, 3, 1);
        _ledger.deposit(COIN, 100);
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.claimable(ALICE, COIN), 0, "the account keeps nothing");
        assertEq(_ledger.claimable(BOB, COIN), 75, "30 of his own and 45 of the 60");
        assertEq(_ledger.claimable(CAROL, COIN), 25, "10 of her own and 15 of the 60");
        assertEq(_ledger.heldOf(COIN), 100, "nothing is paid");
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 75);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 25);
        assertEq(_ledger.heldOf(COIN), 0);
    }

    function test_raisesTheTotalInThisEpochByWholeStepsPerShareAndKeepsTheRemainder() public {
        _openWith(3, 4, 3);
        _ledger.deposit(COIN, 10);
        _ledger.move(BOB, CAROL, 1);
        _assertHead(DividendPhase.Open, 2, 0, false);
        // 30 tenths among 7 shares: 4 each, and 2 are left.
        _ledger.forgo(ALICE, COIN);
        _assertHead(DividendPhase.Open, 2, 0, true);
        Pot pot = _ledger.pot(COIN);
        assertEq(pot.length(), 2);
        assertEq(pot.held(), 10);
        assertEq(pot.supply(), 10);
        assertEq(_ledger.checkpoint(COIN, 1).total(), 14);
        assertEq(_ledger.checkpoint(COIN, 1).epoch(), 2);
        _assertCursor(14, 2, 0);
        // Bob: 4 x 10 + 3 x 4 tenths; Carol: 3 x 10 + 4 x 4.
        assertEq(_ledger.claim(BOB, COIN, ALL), 5);
        assertEq(_ledger.cursor(BOB, COIN).carry(), 2);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 4);
        assertEq(_ledger.cursor(CAROL, COIN).carry(), 6);
        assertEq(_ledger.heldOf(COIN), 1, "the three remainders");
        // Again in the same epoch: 30 and 2 tenths, 4 each, 4 left.
        _ledger.deposit(COIN, 10);
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.pot(COIN).length(), 2);
        assertEq(_ledger.checkpoint(COIN, 1).total(), 28);
        _assertCursor(28, 4, 0);
    }

    function test_withNothingNewItChangesNothing() public {
        _openWith(6, 4, 0);
        _ledger.forgo(ALICE, COIN);
        assertEq(Pot.unwrap(_ledger.pot(COIN)), 0);
        _ledger.deposit(COIN, 9);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 5);
        _ledger.move(BOB, CAROL, 1);
        uint256 pot = Pot.unwrap(_ledger.pot(COIN));
        uint256 cursor = Cursor.unwrap(_ledger.cursor(ALICE, COIN));
        _ledger.forgo(ALICE, COIN);
        assertEq(Pot.unwrap(_ledger.pot(COIN)), pot);
        assertEq(Cursor.unwrap(_ledger.cursor(ALICE, COIN)), cursor);
        _assertHead(DividendPhase.Open, 2, 0, false);
    }

    function test_refusesWhereThereIsNobodyElse() public {
        _openWith(6, 0, 0);
        // Nothing to give: no reason to refuse.
        _ledger.forgo(ALICE, COIN);
        _ledger.deposit(COIN, 9);
        vm.expectRevert(DividendLedger.DividendLedgerNoShares.selector);
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.claimable(ALICE, COIN), 9);
        _ledger.move(ALICE, BOB, 1);
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.claimable(ALICE, COIN), 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 9);
    }

    function test_whoHasSoldAllGivesToAll() public {
        _openWith(6, 4, 0);
        _ledger.deposit(COIN, 50);
        _ledger.move(ALICE, CAROL, 6);
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.claimable(ALICE, COIN), 0);
        assertEq(_ledger.claimable(BOB, COIN), 20 + 12);
        assertEq(_ledger.claimable(CAROL, COIN), 18);
    }

    function test_lessThanAStepPerShareIsKeptUntilItIsOne() public {
        _openWith(1, 999, 0);
        for (uint256 i = 1; i <= 9; ++i) {
            _ledger.deposit(COIN, 100);
            _ledger.move(BOB, CAROL, 1);
            _ledger.forgo(ALICE, COIN);
            _assertHead(DividendPhase.Open, i + 1, 0, false);
            _assertCursor(100 * i, 100 * i, 0);
        }
        _ledger.deposit(COIN, 98);
        _ledger.forgo(ALICE, COIN);
        _assertCursor(998, 998, 0);
        _ledger.deposit(COIN, 1);
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.checkpoint(COIN, 9).total(), 1_000, "one step more than was paid in");
        _assertCursor(1_000, 0, 0);
    }

    function test_whatAClaimLeftIsGivenToo() public {
        _openWith(6, 4, 0);
        _ledger.deposit(COIN, 9);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 5);
        _assertCursor(9, 4, 0);
        _ledger.deposit(COIN, 2);
        // 4 and 12 tenths: 4 for each of the 4 shares.
        _ledger.forgo(ALICE, COIN);
        _assertCursor(15, 0, 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 6);
        assertEq(_ledger.heldOf(COIN), 0);
    }

    function test_givesAllOfALongHistory() public {
        _openWith(6, 4, 0);
        for (uint256 i = 0; i < 6; ++i) {
            _ledger.deposit(COIN, 10);
            _ledger.move(ALICE, BOB, 1);
        }
        assertEq(_ledger.entriesOf(ALICE), 6);
        assertEq(_ledger.claim(ALICE, COIN, 2), 11);
        _ledger.forgo(ALICE, COIN);
        // 10 is left: one for each share.
        _assertCursor(70, 0, 6);
        assertEq(_ledger.claimable(BOB, COIN), 39 + 10);
    }

    function test_itIsADividendForTheHoldersOfThisMoment() public {
        _openWith(5, 5, 0);
        _ledger.deposit(COIN, 10);
        _ledger.move(BOB, CAROL, 4);
        _ledger.forgo(ALICE, COIN);
        _ledger.move(CAROL, BOB, 4);
        assertEq(_ledger.claim(BOB, COIN, ALL), 5 + 1, "OWN-05");
        assertEq(_ledger.claim(CAROL, COIN, ALL), 4, "OWN-05: a seller lost what was given to him");
        assertEq(_ledger.heldOf(COIN), 0);
        // Others know nothing of it.
        assertEq(_ledger.heldOf(TOKEN), 0);
        assertEq(_ledger.claimable(BOB, TOKEN), 0);
    }

    function test_theAccountEarnsOnAfterwards() public {
        _openWith(5, 5, 0);
        _ledger.deposit(COIN, 10);
        _ledger.forgo(ALICE, COIN);
        _ledger.deposit(COIN, 10);
        assertEq(_ledger.claimable(ALICE, COIN), 5);
        _ledger.move(ALICE, BOB, 5);
        _ledger.deposit(COIN, 10);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 5);
        assertEq(_ledger.claim(BOB, COIN, ALL), 25);
    }

    function test_givesOnceFrozen() public {
        _openWith(5, 5, 0);
        _ledger.freeze();
        _ledger.deposit(COIN, 10);
        _ledger.forgo(ALICE, COIN);
        _assertHead(DividendPhase.Frozen, 1, 0, true);
        assertEq(_ledger.claimable(BOB, COIN), 10);
    }

    function test_refusesStepsThatDoNotFitTheTotal() public {
        uint256 most = type(uint96).max;
        _openWith(most - 1, 1, 0);
        // All of it for a single share: nearly 2^96 steps per unit.
        uint256 amount = (1 << 32) + 1;
        _ledger.deposit(COIN, amount);
        vm.expectRevert(_downcast(128, amount * most));
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.claim(ALICE, COIN, ALL), amount - 1);
        _ledger.deposit(COIN, 1);
        _ledger.forgo(ALICE, COIN);
        assertEq(_ledger.claimable(ALICE, COIN), 0);
        // One unit less fits, with all that is there.
        _ledger.deposit(TOKEN, amount - 1);
        _ledger.forgo(ALICE, TOKEN);
        assertEq(_ledger.checkpoint(TOKEN, 0).total(), (amount - 1) * most);
        assertEq(_ledger.claim(BOB, TOKEN, ALL), amount - 1);
    }

    /// @dev In parts of the supply, nothing is lost: what is held is what all have earned, remainders and all.
    function testFuzz_OWN02_nothingIsLostOverManyTimes(
        uint96[3] memory balances,
        uint64[6] memory amounts,
        uint8 claims
    ) public {
        for (uint256 i = 0; i < 3; ++i) balances[i] = uint96(bound(balances[i], 1, 1 << 40));
        _openWith(balances[0], balances[1], balances[2]);
        uint256 others = uint256(balances[1]) + balances[2];
        uint256 supply = others + balances[0];
        uint256 kept = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            _ledger.deposit(COIN, amounts[i]);
            kept += uint256(balances[0]) * amounts[i];
            if (claims & (1 << i) != 0) {
                assertEq(_ledger.claim(ALICE, COIN, ALL), kept / supply);
                kept %= supply;
                continue;
            }
            _ledger.forgo(ALICE, COIN);
            if (amounts[i] != 0) kept %= others;
            assertEq(_ledger.claimable(ALICE, COIN), 0, "the account keeps more than a remainder");
            assertEq(_ledger.cursor(ALICE, COIN).carry(), kept, "the remainder is another");
        }
        _ledger.claim(BOB, COIN, ALL);
        _ledger.claim(CAROL, COIN, ALL);
        uint256 sum = kept + _ledger.cursor(BOB, COIN).carry() + _ledger.cursor(CAROL, COIN).carry();
        assertEq(_ledger.heldOf(COIN) * supply, sum, "OWN-02: something is lost or made");
    }

    function _assertCursor(uint256 total, uint256 carry, uint256 index) private view {
        Cursor cursor = _ledger.cursor(ALICE, COIN);
        assertEq(cursor.total(), total, "how far it is settled");
        assertEq(cursor.carry(), carry, "the remainder");
        assertEq(cursor.index(), index, "the next entry");
    }
}
