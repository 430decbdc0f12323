// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../../contracts/shared/Currency.sol";
import {Checkpoint, Cursor, DividendPhase, Pot} from "../../contracts/shared/DividendRecords.sol";
import {DividendLedgerFixture} from "./DividendLedgerFixture.sol";

/// @dev What comes in, and who gets it.
contract DividendLedgerClaimsTest is DividendLedgerFixture {
    address private constant DAVE = address(0xDA7E);

    function test_aDepositOfNothingLeavesNoTrace() public {
        _openWith(5, 3, 0);
        _ledger.deposit(COIN, 0);
        _assertHead(DividendPhase.Open, 1, 0, false);
        assertEq(Pot.unwrap(_ledger.pot(COIN)), 0);
        _ledger.deposit(COIN, 8);
        uint256 before = Pot.unwrap(_ledger.pot(COIN));
        _ledger.move(ALICE, BOB, 1);
        _ledger.deposit(COIN, 0);
        assertEq(Pot.unwrap(_ledger.pot(COIN)), before);
        _assertHead(DividendPhase.Open, 2, 0, false);
    }

    function test_depositsInOneEpochOverwriteTheCheckpoint() public {
        _openWith(5, 3, 0);
        _ledger.deposit(COIN, 8);
        _ledger.deposit(TOKEN, 100);
        _ledger.deposit(COIN, 16);
        _assertPot(COIN, 24, 1);
        _assertCheckpoint(COIN, 0, 24, 1);
        _assertCheckpoint(COIN, 1, 0, 0);
        _assertPot(TOKEN, 100, 1);
        _assertCheckpoint(TOKEN, 0, 100, 1);

        _ledger.move(ALICE, BOB, 1);
        _ledger.deposit(COIN, 1);
        _ledger.deposit(COIN, 2);
        _assertPot(COIN, 27, 2);
        _assertCheckpoint(COIN, 0, 24, 1);
        _assertCheckpoint(COIN, 1, 27, 2);
        _assertCheckpoint(COIN, 2, 0, 0);
        _assertPot(TOKEN, 100, 1);

        // An epoch in which this currency was not paid has no checkpoint of it.
        _ledger.move(ALICE, BOB, 1);
        _ledger.deposit(COIN, 1);
        _ledger.move(ALICE, BOB, 1);
        _ledger.deposit(TOKEN, 1);
        _assertPot(TOKEN, 101, 2);
        _assertCheckpoint(TOKEN, 1, 101, 4);
    }

    function test_acceptsTotalsUpTo128BitsPerCurrency() public {
        uint256 most = type(uint128).max;
        _openWith(1, 0, 0);
        vm.expectRevert(_downcast(128, most + 1));
        _ledger.deposit(COIN, most + 1);
        _ledger.deposit(COIN, most - 1);
        _ledger.deposit(COIN, 1);
        vm.expectRevert(_downcast(128, most + 1));
        _ledger.deposit(COIN, 1);
        assertEq(_ledger.heldOf(COIN), most);
        assertEq(_ledger.claim(ALICE, COIN, ALL), most);
        // What was ever paid in counts, not what is left of it.
        vm.expectRevert(_downcast(128, most + 1));
        _ledger.deposit(COIN, 1);
        _ledger.deposit(TOKEN, most);
        assertEq(_ledger.claim(ALICE, TOKEN, ALL), most);
    }

    function test_OWN03_paysByBalanceAndCarriesTheRemainder() public {
        _openWith(5, 3, 2);
        _ledger.deposit(COIN, 7);
        assertEq(_ledger.claimable(ALICE, COIN), 3);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 3, "OWN-03: 35/10");
        _assertCursor(ALICE, COIN, 7, 5, 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 2, "OWN-03: 21/10");
        assertEq(_ledger.claim(CAROL, COIN, ALL), 1, "OWN-03: 14/10");
        assertEq(_ledger.heldOf(COIN), 1, "OWN-02: the dust");
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0, "a second claim");
        _assertCursor(ALICE, COIN, 7, 5, 0);

        _ledger.deposit(COIN, 1);
        assertEq(_ledger.claimable(ALICE, COIN), 1);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 1, "OWN-03: 40/10 in all");
        _assertCursor(ALICE, COIN, 8, 0, 0);
        assertEq(_ledger.claim(BOB, COIN, ALL), 0, "OWN-03: 24/10 in all");
        _assertCursor(BOB, COIN, 8, 4, 0);
        assertEq(_ledger.claim(CAROL, COIN, ALL), 0, "OWN-03: 16/10 in all");
        _assertCursor(CAROL, COIN, 8, 6, 0);
        assertEq(_ledger.heldOf(COIN), 1, "OWN-02: the dust");
    }

    function test_OWN05_aBuyerGetsNothingOfEarlierDepositsAndASellerLosesNothing() public {
        _openWith(5, 5, 0);
        _ledger.deposit(COIN, 100);
        _ledger.move(ALICE, CAROL, 5);
        assertEq(_ledger.claimable(ALICE, COIN), 50, "OWN-05: the seller lost what he had earned");
        assertEq(_ledger.claimable(CAROL, COIN), 0, "OWN-05: the buyer got of an earlier deposit");
        _ledger.deposit(COIN, 40);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 50, "OWN-05");
        assertEq(_ledger.claim(CAROL, COIN, ALL), 20, "OWN-05");
        assertEq(_ledger.claim(BOB, COIN, ALL), 70, "OWN-05");
        assertEq(_ledger.heldOf(COIN), 0);
    }

    function test_OWN03_anAccountThatHadNothingInBetweenEarnsOnlyWhileItHad() public {
        _openWith(10, 10, 0);
        _ledger.deposit(COIN, 20);
        _ledger.move(ALICE, BOB, 10);
        _ledger.deposit(COIN, 200);
        _ledger.move(BOB, CAROL, 1);
        _ledger.deposit(COIN, 2_000);
        _ledger.move(BOB, ALICE, 10);
        _ledger.deposit(COIN, 20_000);
        assertEq(_ledger.entriesOf(ALICE), 1, "no entry for what it did not have");
        assertEq(_ledger.claimable(ALICE, COIN), 10 + 10_000, "OWN-03");
        assertEq(_ledger.claimable(CAROL, COIN), 100 + 1_000, "OWN-03");
        assertEq(_ledger.claimable(BOB, COIN), 10 + 200 + 1_900 + 9_000, "OWN-03");
        assertEq(_ledger.claim(ALICE, COIN, 0), 0, "no entry may be gone through");
        _assertCursor(ALICE, COIN, 0, 0, 0);
        assertEq(_ledger.claim(ALICE, COIN, 1), 10_010, "OWN-03");
    }

    function test_OWN05_whoFirstReceivesLongAfterTheFirstDepositEarnsFromThenOn() public {
        _openWith(10, 10, 0);
        for (uint256 i = 0; i < 40; ++i) {
            _ledger.deposit(COIN, 20);
            _ledger.move(ALICE, BOB, 1);
            _ledger.move(BOB, ALICE, 1);
        }
        _ledger.move(ALICE, CAROL, 4);
        assertEq(_ledger.claimable(CAROL, COIN), 0, "OWN-05");
        _ledger.deposit(COIN, 20);
        assertEq(_ledger.claimable(CAROL, COIN), 4, "OWN-05");
        // One who comes and goes between two deposits.
        _ledger.move(ALICE, DAVE, 2);
        _ledger.move(DAVE, ALICE, 2);
        _ledger.deposit(COIN, 20);
        assertEq(_ledger.claimable(DAVE, COIN), 0, "OWN-05");
        assertEq(_ledger.claimable(CAROL, COIN), 8, "OWN-05");
    }

    function test_claimsInBoundedSteps() public {
        _openWith(10, 10, 0);
        for (uint256 i = 0; i < 5; ++i) {
            _ledger.deposit(COIN, 20 * 10 ** i);
            _ledger.move(ALICE, BOB, 1);
            _ledger.move(BOB, ALICE, 1);
        }
        _ledger.deposit(COIN, 20 * 10 ** 5);
        assertEq(_ledger.entriesOf(ALICE), 5);
        assertEq(_ledger.claimable(ALICE, COIN), 1_111_110);
        assertEq(_ledger.claim(ALICE, COIN, 0), 0);
        _assertCursor(ALICE, COIN, 0, 0, 0);
        assertEq(_ledger.claim(ALICE, COIN, 1), 10);
        _assertCursor(ALICE, COIN, 20, 0, 1);
        assertEq(_ledger.claim(ALICE, COIN, 2), 1_100);
        _assertCursor(ALICE, COIN, 2_220, 0, 3);
        assertEq(_ledger.claimable(ALICE, COIN), 1_110_000);
        assertEq(_ledger.claim(ALICE, COIN, 1), 10_000);
        assertEq(_ledger.claim(ALICE, COIN, 0), 0);
        _assertCursor(ALICE, COIN, 22_220, 0, 4);
        // As many as are left: the balance of now is in it.
        assertEq(_ledger.claim(ALICE, COIN, 1), 1_100_000);
        _assertCursor(ALICE, COIN, 2_222_220, 0, 5);
        assertEq(_ledger.heldOf(COIN), 1_111_110);
        assertEq(_ledger.claim(BOB, COIN, ALL), 1_111_110);
        assertEq(_ledger.heldOf(COIN), 0);
        // With no entry to go through, none has to be allowed.
        _ledger.deposit(COIN, 20);
        assertEq(_ledger.claim(ALICE, COIN, 0), 10);
    }

    function test_aClaimWhoseCurrencyHasNotGrownChangesNothing() public {
        _openWith(10, 10, 0);
        _ledger.deposit(COIN, 20);
        _ledger.move(ALICE, BOB, 1);
        _ledger.deposit(TOKEN, 20);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 10);
        _ledger.move(ALICE, BOB, 1);
        assertEq(_ledger.entriesOf(ALICE), 2);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0);
        _assertCursor(ALICE, COIN, 20, 0, 1);
        assertEq(_ledger.claim(ALICE, OTHER, ALL), 0);
        _assertCursor(ALICE, OTHER, 0, 0, 0);
    }

    /// @dev Each epoch pays twice what the one before paid, so the sum tells which epochs are in it. For each pair of
    /// epochs there is somebody who held one share between them.
    function test_OWN03_OWN05_findsTheRightCheckpointsForAnyStay() public {
        uint256 epochs = 18;
        uint256 supply = 1_000;
        _openWith(supply, 0, 0);
        for (uint256 i = 0; i < epochs; ++i) {
            _ledger.deposit(COIN, supply << i);
            // What is paid in another currency only makes epochs without a checkpoint.
            if (i % 3 == 0) {
                _ledger.move(ALICE, BOB, 1);
                _ledger.move(BOB, ALICE, 1);
                _ledger.deposit(TOKEN, supply);
            }
            for (uint256 j = i + 1; j < epochs; ++j) _ledger.move(ALICE, _stay(i, j), 1);
            for (uint256 j = 0; j < i; ++j) _ledger.move(_stay(j, i), ALICE, 1);
        }
        uint256 held = _ledger.heldOf(COIN);
        for (uint256 i = 0; i < epochs; ++i) {
            for (uint256 j = i + 1; j < epochs; ++j) {
                uint256 expected = (uint256(2) << j) - (uint256(2) << i);
                assertEq(_ledger.claimable(_stay(i, j), COIN), expected, "OWN-03, OWN-05");
                assertEq(_ledger.claim(_stay(i, j), COIN, ALL), expected, "OWN-03, OWN-05");
                held -= expected;
            }
        }
        assertEq(_ledger.claim(ALICE, COIN, ALL), held, "OWN-03");
        assertEq(_ledger.heldOf(COIN), 0, "OWN-02");
    }

    /// @dev The same with two stays, from whose first to whose second a claim has to go on; at once and in pieces.
    function test_OWN03_OWN05_findsTheRightCheckpointsForAnyTwoStays() public {
        uint256 epochs = 11;
        uint256 supply = 10_000;
        _openWith(supply, 0, 0);
        for (uint256 i = 0; i < epochs; ++i) {
            _ledger.deposit(COIN, supply << i);
            _comeAndGo(i, epochs);
        }
        uint256 count = 0;
        for (uint256 stays = 0; stays < 1 << epochs; ++stays) {
            if (_bits(stays) != 4) continue;
            uint256 expected = _earnedIn(stays, epochs);
            uint256 amount = 0;
            if (++count % 2 == 0) amount = _ledger.claim(_visitor(stays), COIN, 1);
            amount += _ledger.claim(_visitor(stays), COIN, 1);
            assertEq(amount + _ledger.claim(_visitor(stays), COIN, 1), expected, "OWN-03, OWN-05");
        }
        assertEq(count, 330, "all of them");
    }

    /// @dev One share in 2^88 - 1, and one wei a time: nothing is scaled, so nothing vanishes.
    function test_R16_dustOnAHugeSupplyIsExact() public {
        uint256 half = uint256(type(uint88).max) / 2;
        _openWith(half + 1, half, 0);
        _ledger.deposit(COIN, 1);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0, "R16: slightly more than half a wei");
        assertEq(_ledger.claim(BOB, COIN, ALL), 0, "R16: slightly less than half a wei");
        _ledger.deposit(COIN, 1);
        assertEq(_ledger.claim(ALICE, COIN, ALL), 1, "R16: slightly more than one wei");
        assertEq(_ledger.claim(BOB, COIN, ALL), 0, "R16: slightly less than one wei");
        _ledger.deposit(COIN, 1);
        assertEq(_ledger.claim(BOB, COIN, ALL), 1, "R16: slightly less than one and a half");
        assertEq(_ledger.claim(ALICE, COIN, ALL), 0, "R16: slightly more than one and a half");
        assertEq(_ledger.heldOf(COIN), 1, "OWN-02");
    }

    function testFuzz_R16_anyDepositOnAnySupplyIsExact(
        uint88 alices,
        uint88 bobs,
        uint128 first,
        uint128 second
    ) public {
        alices = uint88(bound(alices, 1, type(uint88).max));
        bobs = uint88(bound(bobs, 0, type(uint88).max - alices));
        second = uint128(bound(second, 0, type(uint128).max - first));
        uint256 supply = uint256(alices) + bobs;
        _openWith(alices, bobs, 0);
        _ledger.deposit(COIN, first);
        uint256 claimed = _ledger.claim(ALICE, COIN, ALL);
        assertEq(claimed, (uint256(alices) * first) / supply, "R16, OWN-03");
        _ledger.deposit(COIN, second);
        uint256 total = uint256(first) + second;
        claimed += _ledger.claim(ALICE, COIN, ALL);
        assertEq(claimed, (uint256(alices) * total) / supply, "R16, OWN-03: the carry is lost");
        assertEq(_ledger.claim(BOB, COIN, ALL), (uint256(bobs) * total) / supply, "R16, OWN-03");
        assertLe(_ledger.heldOf(COIN), 1, "OWN-02: dust of two holders");
    }

    function testFuzz_R16_hugeDepositsOnATinySupplyAreExact(uint8 alices, uint128 amount) public {
        alices = uint8(bound(alices, 1, 7));
        amount = uint128(bound(amount, type(uint128).max / 2, type(uint128).max));
        _openWith(alices, 8 - alices, 0);
        _ledger.deposit(COIN, amount);
        _ledger.move(ALICE, BOB, alices);
        assertEq(_ledger.claim(ALICE, COIN, ALL), (uint256(alices) * amount) / 8, "R16");
        assertEq(_ledger.claim(BOB, COIN, ALL), (uint256(8 - alices) * amount) / 8, "R16");
        assertLe(_ledger.heldOf(COIN), 1, "OWN-02");
    }

    /// @dev R24: whoever comes last is paid in full, and with all remainders there what is left is no whole unit each.
    function testFuzz_R24_theLastClaimerIsNeverShort(uint88[8] memory balances, uint64[4] memory amounts) public {
        uint256 supply = 0;
        for (uint256 i = 0; i < balances.length; ++i) {
            balances[i] = uint88(bound(balances[i], 1, type(uint88).max / 8));
            supply += balances[i];
            _ledger.mint(_visitor(i), balances[i]);
        }
        _ledger.open(address(0));
        uint256 total = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            _ledger.deposit(COIN, amounts[i]);
            total += amounts[i];
            // Some claim each time, some only at the end.
            for (uint256 j = 0; j < i; ++j) _ledger.claim(_visitor(j), COIN, ALL);
        }
        for (uint256 i = balances.length; i > 0; --i) {
            uint256 expected = _ledger.claimable(_visitor(i - 1), COIN);
            assertLe(expected, _ledger.heldOf(COIN), "R24: not enough is left");
            assertEq(_ledger.claim(_visitor(i - 1), COIN, ALL), expected, "R24");
        }
        assertLt(_ledger.heldOf(COIN), balances.length, "OWN-02: more dust than holders");
    }

    function _comeAndGo(uint256 epoch, uint256 epochs) private {
        for (uint256 stays = 0; stays < 1 << epochs; ++stays) {
            if (_bits(stays) != 4 || stays & (1 << epoch) == 0) continue;
            bool comes = _bits(stays & ((1 << epoch) - 1)) % 2 == 0;
            if (comes) _ledger.move(ALICE, _visitor(stays), 1);
            else _ledger.move(_visitor(stays), ALICE, 1);
        }
    }

    function _assertPot(Currency currency, uint256 held, uint256 length) private view {
        Pot pot = _ledger.pot(currency);
        assertEq(pot.supply(), _ledger.supplyOf(), "the pot's supply");
        assertEq(pot.held(), held, "what is held");
        assertEq(_ledger.heldOf(currency), held, "what is held");
        assertEq(pot.length(), length, "how many checkpoints");
    }

    function _assertCheckpoint(Currency currency, uint256 index, uint256 total, uint256 epoch) private view {
        Checkpoint checkpoint = _ledger.checkpoint(currency, index);
        assertEq(checkpoint.total(), total, "the checkpoint's total");
        assertEq(checkpoint.epoch(), epoch, "the checkpoint's epoch");
    }

    function _assertCursor(
        address holder,
        Currency currency,
        uint256 total,
        uint256 carry,
        uint256 index
    ) private view {
        Cursor cursor = _ledger.cursor(holder, currency);
        assertEq(cursor.total(), total, "how far it is claimed");
        assertEq(cursor.carry(), carry, "the remainder");
        assertEq(cursor.index(), index, "the next entry");
    }

    /// @dev Who holds one share from after deposit `first` until after deposit `last`.
    function _stay(uint256 first, uint256 last) private pure returns (address) {
        return address(uint160(0x57A400 + first * 0x100 + last + 0x57A4000000));
    }

    /// @dev Who comes and goes after the deposits whose bits are set, in turn.
    function _visitor(uint256 stays) private pure returns (address) {
        return address(uint160(0x1517000000 + stays));
    }

    function _earnedIn(uint256 stays, uint256 epochs) private pure returns (uint256 sum) {
        bool here = false;
        for (uint256 i = 0; i < epochs; ++i) {
            if (here) sum += 1 << i;
            if (stays & (1 << i) != 0) here = !here;
        }
    }

    function _bits(uint256 word) private pure returns (uint256 count) {
        for (; word != 0; word &= word - 1) ++count;
    }
}
