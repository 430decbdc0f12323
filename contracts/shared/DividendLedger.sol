// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Currency} from "./Currency.sol";
import {Account, Checkpoint, Cursor, DividendPhase, DividendRecords, Entry, Head, Pot} from "./DividendRecords.sol";

/// @title DividendLedger
/// @notice The books of shares that earn in any number of currencies: exact to the wei, with transfers that cost the
/// same whatever was paid out before, and with past balances to vote by. It moves no money and knows nothing of what
/// is shared.
///
/// ```
///   Issuing: mint, burn ──open──▶ Open: transfers, deposits, claims ──freeze──▶ Frozen: deposits, claims
/// ```
///
/// The supply S is fixed when the ledger opens. Time is cut into epochs: within one, balances move first and dividends
/// come after, so that one number per account and epoch says what it earned on. The first movement after a dividend
/// begins the next epoch, and whoever moves for the first time in an epoch writes down what he had until then: one
/// entry, for all currencies at once. A currency keeps a checkpoint of its running total C per epoch it was paid in.
/// An account has earned in a currency
///
///   floor(Σ over entries: balance x (C(end of the entry) - C(before it)) / S)
///
/// and the ledger carries the remainder of that division from one claim to the next, so that neither the number of
/// claims nor their moments change the sum by a unit.
///
/// One account may be idle: what it has when the ledger opens earns nothing, and only ever leaves it. A dividend d is
/// that of the E shares which earn, C grows by d x S / E, and the remainder of that division is carried to the next
/// dividend. Without idle shares, C grows by d.
///
/// A snapshot is the balances at the end of a block: it makes the next movement in a later block begin an epoch, so
/// that the entries remember them.
library DividendLedger {
    struct Ledger {
        Head head;
        mapping(address account => Account) accounts;
        mapping(address account => mapping(uint256 index => Entry)) entries;
        mapping(Currency currency => Pot) pots;
        mapping(Currency currency => mapping(uint256 index => Checkpoint)) checkpoints;
        mapping(address account => mapping(Currency currency => Cursor)) cursors;
    }

    /// @dev A walk along an account's entries and a currency's checkpoints; both are in order of time.
    /// @param length How many checkpoints there are.
    /// @param latest The total after the last of them.
    /// @param count The walk stands after so many checkpoints.
    /// @param total The total there.
    /// @param next The epoch of the next checkpoint; 0 before the first look.
    /// @param index The account's next entry.
    /// @param done Everything up to this total is in `earned`.
    /// @param earned What the account has earned, in units of one part of the supply.
    struct Walk {
        uint256 length;
        uint256 latest;
        uint256 count;
        uint256 total;
        uint256 next;
        uint256 index;
        uint256 done;
        uint256 earned;
    }

    /// @notice The ledger is in another phase than this needs.
    error DividendLedgerWrongPhase(DividendPhase phase);
    /// @notice There are no shares that could earn.
    error DividendLedgerNoShares();

    /// @notice Makes shares, before the ledger opens.
    /// @return balance What the account has then.
    /// Reverts with {DividendLedgerWrongPhase}, SafeCastOverflowedUintDowncast above 2^88 - 1 shares in all.
    function mint(Ledger storage ledger, address account, uint256 amount) internal returns (uint256 balance) {
        Head head = _headIn(ledger, DividendPhase.Issuing);
        uint88 supply = SafeCast.toUint88(head.supply() + amount);
        ledger.head = DividendRecords.toHead(supply, 0, 0, 1, DividendPhase.Issuing, false);
        Account its = ledger.accounts[account];
        if (its.since() == 0) its = DividendRecords.toAccount(0, 1, uint48(block.timestamp), 0);
        its = its.plus(amount);
        ledger.accounts[account] = its;
        return its.balance();
    }

    /// @notice Takes shares away, before the ledger opens.
    /// Reverts with {DividendLedgerWrongPhase}, ERC20InsufficientBalance.
    function burn(Ledger storage ledger, address account, uint256 amount) internal {
        Head head = _headIn(ledger, DividendPhase.Issuing);
        Account its = ledger.accounts[account];
        _checkHas(account, its, amount);
        ledger.accounts[account] = its.minus(amount);
        ledger.head = DividendRecords.toHead(head.supply() - amount, 0, 0, 1, DividendPhase.Issuing, false);
    }

    /// @notice Fixes the supply and lets shares move and earn.
    /// @param idle Whose shares earn nothing, as long as they are his; he never gets more. Zero for nobody's.
    /// Reverts with {DividendLedgerWrongPhase}, {DividendLedgerNoShares} if there are none that could earn.
    function open(Ledger storage ledger, address idle) internal {
        Head head = _headIn(ledger, DividendPhase.Issuing);
        Account its = ledger.accounts[idle];
        uint256 supply = head.supply();
        require(supply != its.balance(), DividendLedgerNoShares());
        ledger.accounts[idle] = its.asIdle();
        ledger.head = DividendRecords.toHead(supply, its.balance(), 0, 1, DividendPhase.Open, false);
    }

    /// @notice Stops all movements for good; what is paid in goes on to be earned.
    /// Reverts with {DividendLedgerWrongPhase}.
    function freeze(Ledger storage ledger) internal {
        Head head = _headIn(ledger, DividendPhase.Open);
        ledger.head = DividendRecords.toHead(
            head.supply(),
            head.idle(),
            head.snapshotAt(),
            head.epoch(),
            DividendPhase.Frozen,
            head.dirty()
        );
    }

    /// @notice Moves shares. A movement of nothing, or to oneself, leaves no trace.
    /// Reverts with {DividendLedgerWrongPhase}, ERC20InsufficientBalance, ERC20InvalidReceiver for an idle account.
    function move(Ledger storage ledger, address from, address to, uint256 amount) internal {
        Head head = _headIn(ledger, DividendPhase.Open);
        Account its = ledger.accounts[from];
        _checkHas(from, its, amount);
        if (amount == 0 || from == to) return;
        Head next = _advanced(head);
        if (its.isIdle()) next = next.minusIdle(amount);
        if (Head.unwrap(next) != Head.unwrap(head)) ledger.head = next;

        uint32 epoch = next.epoch();
        if (its.since() != epoch) its = _entered(ledger, from, its, epoch);
        ledger.accounts[from] = its.minus(amount);
        its = ledger.accounts[to];
        require(!its.isIdle(), IERC20Errors.ERC20InvalidReceiver(to));
        if (its.since() != epoch) its = _entered(ledger, to, its, epoch);
        ledger.accounts[to] = its.plus(amount);
    }

    /// @notice Pays a dividend on the earning balances of this moment.
    /// @param amount In the currency's smallest unit; nothing happens at 0.
    /// Reverts with {DividendLedgerWrongPhase} while issuing, SafeCastOverflowedUintDowncast (or a panic, far beyond)
    /// when a currency's total has seen 2^128 units.
    function deposit(Ledger storage ledger, Currency currency, uint256 amount) internal {
        Head head = ledger.head;
        require(head.phase() != DividendPhase.Issuing, DividendLedgerWrongPhase(head.phase()));
        if (amount == 0) return;
        Pot pot = ledger.pots[currency];
        mapping(uint256 => Checkpoint) storage checkpoints = ledger.checkpoints[currency];
        uint32 length = pot.length();
        uint256 parts = amount * head.supply();
        uint256 total = 0;
        if (length != 0) {
            Checkpoint last = checkpoints[length - 1];
            total = last.total();
            parts += last.carry();
            if (last.epoch() == head.epoch()) --length;
        }
        // Never 0: shares only leave the idle account.
        uint256 earning = head.supply() - head.idle();
        uint128 raised = SafeCast.toUint128(total + parts / earning);
        checkpoints[length] = DividendRecords.toCheckpoint(raised, uint96(parts % earning), head.epoch());
        uint128 held = SafeCast.toUint128(pot.held() + amount);
        ledger.pots[currency] = DividendRecords.toPot(head.supply(), held, length + 1);
        if (!head.dirty()) ledger.head = head.asDirty();
    }

    /// @notice Books what an account has earned as paid; the caller pays it.
    /// @param maxEntries The most entries to go through; one more call goes on where this one stopped.
    /// @return amount In the currency's smallest unit.
    function claim(
        Ledger storage ledger,
        address account,
        Currency currency,
        uint256 maxEntries
    ) internal returns (uint256 amount) {
        Pot pot = ledger.pots[currency];
        Walk memory walk = _begin(ledger, account, currency, pot);
        if (walk.done == walk.latest) return 0;
        _accrue(ledger, account, currency, walk, maxEntries);
        uint96 supply = pot.supply();
        amount = walk.earned / supply;
        ledger.cursors[account][currency] = DividendRecords.toCursor(
            uint128(walk.done),
            uint96(walk.earned % supply),
            uint32(walk.index)
        );
        if (amount == 0) return 0;
        ledger.pots[currency] = DividendRecords.toPot(supply, pot.held() - uint128(amount), pot.length());
    }

    /// @notice Remembers the balances at the end of this block.
    /// Reverts with {DividendLedgerWrongPhase} while issuing, which writes nothing down.
    function takeSnapshot(Ledger storage ledger) internal {
        Head head = ledger.head;
        require(head.phase() != DividendPhase.Issuing, DividendLedgerWrongPhase(head.phase()));
        // The last one is not written down yet: the next movement must begin an epoch even in this very block.
        bool dirty = head.dirty() || (head.snapshotAt() != 0 && block.timestamp > head.snapshotAt());
        uint48 time = uint48(block.timestamp);
        ledger.head = DividendRecords.toHead(head.supply(), head.idle(), time, head.epoch(), head.phase(), dirty);
    }

    /// @notice Where the ledger is in its life.
    function phaseOf(Ledger storage ledger) internal view returns (DividendPhase phase) {
        return ledger.head.phase();
    }

    /// @notice All shares.
    function supplyOf(Ledger storage ledger) internal view returns (uint256 supply) {
        return ledger.head.supply();
    }

    /// @notice What is there of a currency and owed to accounts, in its smallest unit.
    function heldOf(Ledger storage ledger, Currency currency) internal view returns (uint256 amount) {
        return ledger.pots[currency].held();
    }

    /// @notice How many entries an account has: what {claim} goes through.
    function entriesOf(Ledger storage ledger, address account) internal view returns (uint256 count) {
        return ledger.accounts[account].length();
    }

    /// @notice An account's shares.
    function balanceOf(Ledger storage ledger, address account) internal view returns (uint256 balance) {
        return ledger.accounts[account].balance();
    }

    /// @notice An account's shares at the end of the block of a snapshot.
    /// @param timestamp That block's, in seconds; in the past. Means nothing where no snapshot was taken.
    function pastBalanceOf(
        Ledger storage ledger,
        address account,
        uint48 timestamp
    ) internal view returns (uint256 balance) {
        Account its = ledger.accounts[account];
        if (its.sinceTime() <= timestamp) return its.balance();
        // The last entry that began by then; it counts if it had not ended.
        uint256 low = 0;
        uint256 high = its.length();
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (ledger.entries[account][middle].fromTime() <= timestamp) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return 0;
        Entry entry = ledger.entries[account][low - 1];
        return timestamp < entry.untilTime() ? entry.balance() : 0;
    }

    /// @notice What {claim} without a bound would book now, in the currency's smallest unit.
    function claimable(
        Ledger storage ledger,
        address account,
        Currency currency
    ) internal view returns (uint256 amount) {
        Walk memory walk = _begin(ledger, account, currency, ledger.pots[currency]);
        if (walk.done == walk.latest) return 0;
        _accrue(ledger, account, currency, walk, type(uint256).max);
        return walk.earned / ledger.head.supply();
    }

    /// @dev Brings an account into a later epoch, and writes down what it had until then.
    function _entered(Ledger storage ledger, address account, Account its, uint32 epoch) private returns (Account) {
        uint48 time = uint48(block.timestamp);
        uint96 balance = its.balance();
        uint32 length = its.length();
        if (balance != 0) {
            Entry entry = DividendRecords.toEntry(balance, its.since(), epoch - 1, its.sinceTime(), time);
            ledger.entries[account][length++] = entry;
        }
        Account entered = DividendRecords.toAccount(balance, epoch, time, length);
        return its.isIdle() ? entered.asIdle() : entered;
    }

    function _begin(
        Ledger storage ledger,
        address account,
        Currency currency,
        Pot pot
    ) private view returns (Walk memory walk) {
        Cursor cursor = ledger.cursors[account][currency];
        walk.length = pot.length();
        if (walk.length != 0) walk.latest = ledger.checkpoints[currency][walk.length - 1].total();
        walk.index = cursor.index();
        walk.done = cursor.total();
        walk.earned = cursor.carry();
    }

    /// @dev Adds up what an account has earned beyond its cursor.
    function _accrue(
        Ledger storage ledger,
        address account,
        Currency currency,
        Walk memory walk,
        uint256 maxEntries
    ) private view {
        Account its = ledger.accounts[account];
        if (its.isIdle()) return;
        mapping(uint256 => Entry) storage entries = ledger.entries[account];
        mapping(uint256 => Checkpoint) storage checkpoints = ledger.checkpoints[currency];
        uint256 length = its.length();
        uint256 end = maxEntries < length - walk.index ? walk.index + maxEntries : length;
        for (uint256 i = walk.index; i < end; ++i) {
            Entry entry = entries[i];
            // Most entries are due to other currencies: nothing was paid in this one meanwhile.
            if (entry.to() < walk.next) continue;
            _walkTo(checkpoints, walk, entry.from() - 1);
            uint256 before = walk.total;
            _walkTo(checkpoints, walk, entry.to());
            _earn(walk, before, walk.total, entry.balance());
        }
        walk.index = end;
        if (end != length) return;
        uint96 balance = its.balance();
        if (balance != 0) {
            _walkTo(checkpoints, walk, its.since() - 1);
            _earn(walk, walk.total, walk.latest, balance);
        }
        walk.done = walk.latest;
    }

    /// @dev Goes on to the end of an epoch; most often there is nothing on the way.
    function _walkTo(mapping(uint256 => Checkpoint) storage checkpoints, Walk memory walk, uint32 epoch) private view {
        if (epoch < walk.next) return;
        uint256 length = walk.length;
        uint256 count =
            walk.next == 0 ? _countDown(checkpoints, length, epoch) : _countUp(checkpoints, walk.count, length, epoch);
        walk.count = count;
        walk.total = count == 0 ? 0 : checkpoints[count - 1].total();
        walk.next = count == length ? type(uint256).max : checkpoints[count].epoch();
    }

    /// @dev How many checkpoints are of epochs up to `epoch`, knowing that it is `count` at least: in steps that
    /// double, since it is seldom many more.
    function _countUp(
        mapping(uint256 => Checkpoint) storage checkpoints,
        uint256 count,
        uint256 length,
        uint32 epoch
    ) private view returns (uint256) {
        uint256 step = 1;
        while (count + step <= length && checkpoints[count + step - 1].epoch() <= epoch) {
            count += step;
            step *= 2;
        }
        uint256 high = count + step - 1;
        return _countBetween(checkpoints, count, high < length ? high : length, epoch);
    }

    /// @dev The same from the end, since an account is seldom far behind.
    function _countDown(
        mapping(uint256 => Checkpoint) storage checkpoints,
        uint256 length,
        uint32 epoch
    ) private view returns (uint256) {
        uint256 high = length;
        uint256 step = 1;
        while (step <= high && checkpoints[high - step].epoch() > epoch) {
            high -= step;
            step *= 2;
        }
        return _countBetween(checkpoints, step <= high ? high - step + 1 : 0, high, epoch);
    }

    function _countBetween(
        mapping(uint256 => Checkpoint) storage checkpoints,
        uint256 low,
        uint256 high,
        uint32 epoch
    ) private view returns (uint256 count) {
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (checkpoints[middle].epoch() <= epoch) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// @dev Begins an epoch where the running one has to be remembered.
    function _advanced(Head head) private view returns (Head) {
        uint48 snapshotAt = head.snapshotAt();
        bool passed = snapshotAt != 0 && block.timestamp > snapshotAt;
        if (!head.dirty() && !passed) return head;
        if (passed) snapshotAt = 0;
        uint32 epoch = head.epoch() + 1;
        return DividendRecords.toHead(head.supply(), head.idle(), snapshotAt, epoch, DividendPhase.Open, false);
    }

    function _headIn(Ledger storage ledger, DividendPhase phase) private view returns (Head head) {
        head = ledger.head;
        require(head.phase() == phase, DividendLedgerWrongPhase(head.phase()));
    }

    /// @dev From `low`, or from what is done if that is more, to `high`.
    function _earn(Walk memory walk, uint256 low, uint256 high, uint96 balance) private pure {
        if (low < walk.done) low = walk.done;
        if (high <= low) return;
        walk.earned += balance * (high - low);
        walk.done = high;
    }

    function _checkHas(address account, Account its, uint256 amount) private pure {
        uint96 balance = its.balance();
        require(amount <= balance, IERC20Errors.ERC20InsufficientBalance(account, balance, amount));
    }
}
