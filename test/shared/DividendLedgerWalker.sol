// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DividendLedgerModel} from "./DividendLedgerModel.sol";

/// @dev Five holders, one of them idle or none, who move, pay in and claim as a seed says, and a judge who compares
/// with the model.
abstract contract DividendLedgerWalker is DividendLedgerModel {
    uint256 private constant MOST_SHARES = type(uint88).max;

    /// @param useful How often it did something.
    struct Tally {
        uint256 attempts;
        uint256 useful;
    }

    /// @dev How large deposits may be: up to so many bits.
    uint256 private immutable _bits;
    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;
    bytes private _answer;

    /// @dev No movement changes what anybody can claim.
    modifier changesNoClaims() {
        uint256[] memory before = _claims();
        _;
        uint256[] memory afterwards = _claims();
        for (uint256 i = 0; i < before.length; ++i) {
            if (before[i] != afterwards[i]) _breach("OWN-05", "a movement changed what somebody can claim");
        }
    }

    constructor(uint256[] memory balances, address idle, uint256 bits) DividendLedgerModel(balances, idle) {
        _bits = bits;
    }

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 useful) {
        return (_tallies[action].attempts, _tallies[action].useful);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function move(uint256 seed) external {
        (address from, address to) = (_holder(seed), _someone(seed, "to"));
        uint256 balance = _balance[from];
        uint256 amount = _word(seed, "amount") % (balance + 1);
        if (seed % 8 == 0) amount = seed % 3;
        if (seed % 8 == 1) amount = balance;
        if (seed % 16 == 2) amount = balance + 1 + (_word(seed, "more") % MOST_SHARES);
        _move(from, to, amount);
    }

    /// @dev Somebody sells all he has.
    function sellAll(uint256 seed) external {
        address from = _holder(seed);
        _move(from, _someone(seed, "to"), _balance[from]);
    }

    /// @dev Some of the idle shares, if there are any, begin to earn.
    function leaveIdle(uint256 seed) external {
        uint256 balance = _balance[idle];
        uint256 amount = _word(seed, "amount") % (balance / 4 + 2);
        _move(idle, _someone(seed, "to"), amount);
    }

    function deposit(uint256 seed) external {
        uint256 index = _index(seed);
        uint256 amount = _word(seed, "amount") >> (256 - (_word(seed, "bits") % _bits));
        if (seed % 4 == 0) amount = _word(seed, "few") % 8;
        bool expected = _fits(index, amount);
        bool success = _call(abi.encodeCall(ledger.deposit, (currency(index), amount)));
        if (success) _credit(index, amount);
        _judge(success, expected, success && amount != 0, "OWN-03");
    }

    function claim(uint256 seed) external {
        (uint256 index, address holder) = _due(seed);
        uint256 amount = ledger.claim(holder, currency(index), type(uint256).max);
        if (amount != _dueTo(index, holder)) _breach("OWN-03", "a claim paid another amount");
        _pay(index, holder, amount);
        _judge(true, true, amount != 0, "OWN-03");
    }

    /// @dev Goes through a few entries only. What it leaves is still due, and what it pays is no more than is due.
    function claimPart(uint256 seed) external {
        (uint256 index, address holder) = _due(seed);
        uint256 most = seed % 3;
        uint256 left = _entriesLeft(index, holder);
        uint256 due = _dueTo(index, holder);
        uint256 amount = ledger.claim(holder, currency(index), most);
        uint256 gone = left - _entriesLeft(index, holder);
        bool rest = _isNew(index, holder);
        if (gone > most) _breach("OWN-03", "a claim went too far");
        if (amount > due || (amount < due && !rest)) _breach("OWN-03", "a part was more than the whole");
        if (most >= left && (rest || amount != due)) _breach("OWN-03", "a claim left what it had to pay");
        if (most < left && gone != most && gone != 0) _breach("OWN-03", "a claim went less far than it may");
        _pay(index, holder, amount);
        _judge(true, true, amount != 0, "OWN-03");
    }

    function takeSnapshot(uint256) external {
        ledger.takeSnapshot();
        _noteSnapshot();
        _judge(true, true, true, "OWN-11");
    }

    function pass(uint256 seed) external {
        vm.warp(vm.getBlockTimestamp() + (seed % 4) + 1);
        _judge(true, true, true, "OWN-11");
    }

    /// @dev The last dividend of a ledger that stands still, and everybody takes what is his, some one first.
    function drain(uint256 seed) external {
        ledger.freeze();
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            if (!_fits(i, 100)) continue;
            ledger.deposit(currency(i), 100);
            _credit(i, 100);
        }
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            for (uint256 j = 0; j < ACTORS; ++j) {
                address holder = actor((j + seed) % ACTORS);
                uint256 due = _dueTo(i, holder);
                bool success = _call(abi.encodeCall(ledger.claim, (holder, currency(i), type(uint256).max)));
                if (!success) _breach("R24", "a claim failed");
                else if (abi.decode(_answer, (uint256)) != due) _breach("R24", "a claimer is short");
                _pay(i, holder, due);
            }
        }
    }

    function _move(address from, address to, uint256 amount) private changesNoClaims {
        _finishBlock();
        bool useful = amount != 0 && from != to;
        bool expected = amount <= _balance[from] && (!useful || to != idle);
        bool success = _call(abi.encodeCall(ledger.move, (from, to, amount)));
        if (success) {
            _balance[from] -= amount;
            _balance[to] += amount;
        }
        _judge(success, expected, success && useful, "OWN-01");
    }

    function _call(bytes memory data) private returns (bool success) {
        (success, _answer) = address(ledger).call(data);
    }

    function _judge(bool success, bool expected, bool useful, string memory property) private {
        ++_tallies[msg.sig].attempts;
        if (useful) ++_tallies[msg.sig].useful;
        if (success && !expected) _breach(property, "succeeded and must not");
        if (!success && expected) _breach(property, string.concat("failed and must not: ", vm.toString(_answer)));
    }

    function _breach(string memory property, string memory what) private {
        _breaches[property] = string.concat(what, ": ", vm.toString(abi.encodePacked(msg.sig)));
    }

    function _claims() private view returns (uint256[] memory claims) {
        claims = new uint256[](ACTORS * CURRENCIES);
        for (uint256 i = 0; i < claims.length; ++i) {
            claims[i] = ledger.claimable(actor(i % ACTORS), currency(i / ACTORS));
        }
    }

    /// @dev Mostly somebody who has shares that earn.
    function _holder(uint256 seed) private view returns (address) {
        uint256 start = _word(seed, "from");
        for (uint256 i = 0; i < ACTORS && start % 16 != 0; ++i) {
            address holder = actor((start + i) % ACTORS);
            if (_balance[holder] != 0 && holder != idle) return holder;
        }
        return actor(start % ACTORS);
    }

    /// @dev Mostly somebody to whom something is due.
    function _due(uint256 seed) private view returns (uint256 index, address holder) {
        uint256 start = _word(seed, "due");
        uint256 pairs = ACTORS * CURRENCIES;
        for (uint256 i = 0; i < pairs && start % 8 != 0; ++i) {
            uint256 pair = (start + i) % pairs;
            (index, holder) = (pair / ACTORS, actor(pair % ACTORS));
            if (_dueTo(index, holder) != 0) return (index, holder);
        }
        return ((start % pairs) / ACTORS, actor(start % ACTORS));
    }

    function _index(uint256 seed) private pure returns (uint256) {
        return _word(seed, "currency") % CURRENCIES;
    }

    function _someone(uint256 seed, string memory part) private pure returns (address) {
        return actor(_word(seed, part) % ACTORS);
    }

    function _word(uint256 seed, string memory part) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, part)));
    }
}
