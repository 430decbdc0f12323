// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../../contracts/shared/Currency.sol";
import {DividendLedger} from "../../contracts/shared/DividendLedger.sol";
import {
    Account as Record,
    Checkpoint,
    Cursor,
    DividendPhase,
    Entry,
    Head,
    Pot
} from "../../contracts/shared/DividendRecords.sol";

/// @dev A ledger without machines, money or rights: all that the library does, and the records that it leaves.
contract DividendLedgerHarness {
    using DividendLedger for DividendLedger.Ledger;

    DividendLedger.Ledger private _ledger;

    function mint(address holder, uint256 amount) external returns (uint256 balance) {
        return _ledger.mint(holder, amount);
    }

    function burn(address holder, uint256 amount) external {
        _ledger.burn(holder, amount);
    }

    function open(address idle) external {
        _ledger.open(idle);
    }

    function freeze() external {
        _ledger.freeze();
    }

    function move(address from, address to, uint256 amount) external {
        _ledger.move(from, to, amount);
    }

    function deposit(Currency currency, uint256 amount) external {
        _ledger.deposit(currency, amount);
    }

    function claim(address holder, Currency currency, uint256 maxEntries) external returns (uint256 amount) {
        return _ledger.claim(holder, currency, maxEntries);
    }

    function takeSnapshot() external {
        _ledger.takeSnapshot();
    }

    function phaseOf() external view returns (DividendPhase) {
        return _ledger.phaseOf();
    }

    function supplyOf() external view returns (uint256) {
        return _ledger.supplyOf();
    }

    function heldOf(Currency currency) external view returns (uint256) {
        return _ledger.heldOf(currency);
    }

    function entriesOf(address holder) external view returns (uint256) {
        return _ledger.entriesOf(holder);
    }

    function balanceOf(address holder) external view returns (uint256) {
        return _ledger.balanceOf(holder);
    }

    function pastBalanceOf(address holder, uint48 timestamp) external view returns (uint256) {
        return _ledger.pastBalanceOf(holder, timestamp);
    }

    function claimable(address holder, Currency currency) external view returns (uint256) {
        return _ledger.claimable(holder, currency);
    }

    function head() external view returns (Head) {
        return _ledger.head;
    }

    function account(address holder) external view returns (Record) {
        return _ledger.accounts[holder];
    }

    function entry(address holder, uint256 index) external view returns (Entry) {
        return _ledger.entries[holder][index];
    }

    function pot(Currency currency) external view returns (Pot) {
        return _ledger.pots[currency];
    }

    function checkpoint(Currency currency, uint256 index) external view returns (Checkpoint) {
        return _ledger.checkpoints[currency][index];
    }

    function cursor(address holder, Currency currency) external view returns (Cursor) {
        return _ledger.cursors[holder][currency];
    }
}
