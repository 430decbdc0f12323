// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";

import {Currency} from "../../contracts/shared/Currency.sol";
import {Account as Record} from "../../contracts/shared/DividendRecords.sol";
import {DividendLedgerHarness} from "./DividendLedgerHarness.sol";

/// @dev What a ledger ought to owe and to remember, kept as simply as can be: at each dividend everybody is credited
/// with his balance times what each earning share gets, in parts of the supply, and no other division is done before
/// somebody asks. At the end of each block with a snapshot everybody's balance is written down.
abstract contract DividendLedgerModel is CommonBase {
    uint256 public constant ACTORS = 5;
    uint256 public constant CURRENCIES = 3;
    uint256 private constant TOTALS = 1 << 128;

    DividendLedgerHarness public immutable ledger;
    uint256 public immutable supply;
    /// @dev Whose shares earn nothing; no actor if they all earn.
    address public immutable idle;

    mapping(address holder => uint256 balance) internal _balance;
    /// @dev In parts of the supply, since the beginning.
    mapping(uint256 currency => mapping(address holder => uint256 parts)) internal _earned;
    mapping(uint256 currency => mapping(address holder => uint256 amount)) internal _claimed;
    /// @dev What each share that earned all the time has earned, in parts of the supply.
    mapping(uint256 currency => uint256 steps) private _total;
    /// @dev What was too little for a step of all earning shares, in parts of the supply.
    mapping(uint256 currency => uint256 parts) private _carry;
    mapping(uint256 currency => uint256 amount) internal _held;
    uint48[] private _snapshots;
    mapping(uint48 snapshot => mapping(address holder => uint256 balance)) private _past;
    /// @dev A snapshot that is not written down yet; 0 for none.
    uint48 private _snappedAt;

    constructor(uint256[] memory balances, address idle_) {
        ledger = new DividendLedgerHarness();
        uint256 sum = 0;
        for (uint256 i = 0; i < ACTORS; ++i) {
            _balance[actor(i)] = balances[i];
            sum += balances[i];
            if (balances[i] != 0) ledger.mint(actor(i), balances[i]);
        }
        ledger.open(idle_);
        supply = sum;
        idle = idle_;
    }

    function balanceIn(address holder) external view returns (uint256) {
        return _balance[holder];
    }

    function heldIn(uint256 currency_) external view returns (uint256) {
        return _held[currency_];
    }

    /// @dev What was earned and not claimed, in parts of the supply.
    function partsIn(uint256 currency_, address holder) external view returns (uint256) {
        return _partsOf(currency_, holder);
    }

    /// @dev What was paid in and nobody earned yet, in parts of the supply.
    function carryIn(uint256 currency_) external view returns (uint256) {
        return _carry[currency_];
    }

    function dueIn(uint256 currency_, address holder) external view returns (uint256) {
        return _dueTo(currency_, holder);
    }

    /// @dev The snapshots after which something moved, or another was taken.
    function snapshots() external view returns (uint48[] memory) {
        return _snapshots;
    }

    function pastIn(uint48 snapshot, address holder) external view returns (uint256) {
        return _past[snapshot][holder];
    }

    function actor(uint256 index) public pure returns (address) {
        return address(uint160(0xAC704000 + index));
    }

    function currency(uint256 index) public pure returns (Currency) {
        return Currency.wrap(address(uint160(0xC0170000 + index)));
    }

    function _credit(uint256 currency_, uint256 amount) internal {
        if (amount == 0) return;
        (uint256 step, uint256 carry) = _divided(currency_, amount);
        _held[currency_] += amount;
        _total[currency_] += step;
        _carry[currency_] = carry;
        for (uint256 i = 0; i < ACTORS; ++i) {
            if (actor(i) != idle) _earned[currency_][actor(i)] += _balance[actor(i)] * step;
        }
    }

    function _pay(uint256 currency_, address holder, uint256 amount) internal {
        _claimed[currency_][holder] += amount;
        _held[currency_] -= amount;
    }

    function _noteSnapshot() internal {
        _finishBlock();
        _snappedAt = uint48(vm.getBlockTimestamp());
    }

    /// @dev Before anything moves in a later block: the balances at the end of its block are what a snapshot is about.
    function _finishBlock() internal {
        uint48 time = _snappedAt;
        if (time == 0 || time == vm.getBlockTimestamp()) return;
        _snapshots.push(time);
        for (uint256 i = 0; i < ACTORS; ++i) _past[time][actor(i)] = _balance[actor(i)];
        _snappedAt = 0;
    }

    function _partsOf(uint256 currency_, address holder) internal view returns (uint256) {
        return _earned[currency_][holder] - supply * _claimed[currency_][holder];
    }

    function _dueTo(uint256 currency_, address holder) internal view returns (uint256) {
        return _partsOf(currency_, holder) / supply;
    }

    function _fits(uint256 currency_, uint256 amount) internal view returns (bool) {
        (uint256 step, ) = _divided(currency_, amount);
        return amount == 0 || _total[currency_] + step < TOTALS;
    }

    /// @dev Whether there is anything that the ledger has not gone through for this account.
    function _isNew(uint256 currency_, address holder) internal view returns (bool) {
        return holder != idle && ledger.cursor(holder, currency(currency_)).total() != _total[currency_];
    }

    function _entriesLeft(uint256 currency_, address holder) internal view returns (uint256) {
        Record record = ledger.account(holder);
        return record.length() - ledger.cursor(holder, currency(currency_)).index();
    }

    /// @dev What each earning share gets of an amount, and what is left for the next one.
    function _divided(uint256 currency_, uint256 amount) private view returns (uint256 step, uint256 carry) {
        uint256 earning = supply - _balance[idle];
        uint256 parts = amount * supply + _carry[currency_];
        return (parts / earning, parts % earning);
    }
}
