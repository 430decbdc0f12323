// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {Account as Record, DividendPhase, Head} from "../../contracts/shared/DividendRecords.sol";
import {DividendLedgerHarness} from "./DividendLedgerHarness.sol";

/// @dev A ledger, three holders and three currencies.
abstract contract DividendLedgerFixture is Test {
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);
    address internal constant CAROL = address(0xCA201);
    Currency internal constant COIN = CurrencyLibrary.NATIVE;
    Currency internal constant TOKEN = Currency.wrap(address(0x70CE4));
    Currency internal constant OTHER = Currency.wrap(address(0x07432));
    uint48 internal constant START = 1_000_000;
    /// @dev Enough to go through any history.
    uint256 internal constant ALL = type(uint256).max;

    DividendLedgerHarness internal _ledger;

    function setUp() public virtual {
        vm.warp(START);
        _ledger = new DividendLedgerHarness();
    }

    function _openWith(uint256 alices, uint256 bobs, uint256 carols) internal {
        _ledger.mint(ALICE, alices);
        if (bobs != 0) _ledger.mint(BOB, bobs);
        if (carols != 0) _ledger.mint(CAROL, carols);
        _ledger.open(address(0));
    }

    function _assertHead(DividendPhase phase, uint256 epoch, uint256 snapshotAt, bool dirty) internal view {
        Head head = _ledger.head();
        assertEq(uint8(head.phase()), uint8(phase), "the phase");
        assertEq(head.epoch(), epoch, "the epoch");
        assertEq(head.snapshotAt(), snapshotAt, "the snapshot");
        assertEq(head.dirty(), dirty, "whether a dividend was paid in the epoch");
    }

    function _assertAccount(
        address holder,
        uint256 balance,
        uint256 since,
        uint256 sinceTime,
        uint256 length
    ) internal view {
        Record account = _ledger.account(holder);
        assertEq(account.balance(), balance, "the balance");
        assertEq(account.since(), since, "the balance's first epoch");
        assertEq(account.sinceTime(), sinceTime, "when the balance began");
        assertEq(account.length(), length, "how many entries lie behind");
    }

    function _downcast(uint8 bits, uint256 value) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, bits, value);
    }
}
