// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {IRevenueCollector} from "../../contracts/ownership/IRevenueCollector.sol";
import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {SplitTree} from "../../contracts/ownership/SplitTree.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {MachineReadiness} from "./MachineReadiness.sol";

/// @dev What holders and payers do with shares and dividends, and time.
abstract contract MachineHolders is MachineReadiness {
    struct Claim {
        uint256 m;
        uint256 currency;
        address holder;
        uint256 most;
    }

    /// @dev Neither side gains or loses what was earned before.
    function transfer(uint256 seed) external {
        if (seed % 8 != 0) _readyToWork(seed);
        uint256 m = _machine(seed, _isMoving);
        address from = _holder(seed, m);
        address to = _account(m, _word(seed, "to") % (seed % 32 == 0 ? ACCOUNTS : ACTORS));
        if (seed % 12 == 1) to = address(_offerings);
        uint256 amount = _someShares(seed, _balance[m][from]);
        // The issuer's shares only ever become fewer.
        bool taken = to != address(_offerings) || amount == 0;
        bool expected = _isMoving(m) && amount <= _balance[m][from] && taken;
        if (_isMoving(m) && !taken) ++met["offered to the issuer"];
        uint256[CURRENCIES] memory mine = _claimables(m, from);
        uint256[CURRENCIES] memory his = _claimables(m, to);
        bool success = _onShares(m, from, abi.encodeCall(IERC20.transfer, (to, amount)));
        _judge(success, expected, OWN_01);
        if (!success) return;
        _noteMoved(m, from, to, amount);
        uint256[CURRENCIES] memory mineThen = _claimables(m, from);
        uint256[CURRENCIES] memory hisThen = _claimables(m, to);
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            _same(mineThen[i], mine[i], OWN_05, "a seller has");
            _same(hisThen[i], his[i], OWN_05, "a buyer has");
        }
    }

    function deposit(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        uint256 amount = _someMoney(seed);
        uint256 value = currency == 0 ? amount : 0;
        bool wrong = _word(seed, "coin") % 16 == 0;
        if (wrong) ++value;
        address payer = _someone(seed, "payer");
        bool success = _act(
            payer,
            address(_machines[m].shares),
            value,
            abi.encodeCall(IMachineShares.deposit, (_currency(currency), amount))
        );
        _judge(success, _isEarning(m) && !wrong, OWN_03);
        if (!success) return;
        _same(abi.decode(_answer, (uint256)), _arriving(currency, amount), OWN_03, "a deposit brought");
        _noteDeposited(m, currency, _arriving(currency, amount));
        if (_carry[m][currency] != 0) ++met["carried"];
    }

    /// @dev To the shares, to the receiver of the split, to the split itself, to the device's wallet, or by force to
    /// those who owe nothing for it.
    function send(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        Ghost storage ghost = _machines[m];
        uint256 manner = _word(seed, "where") % 16;
        uint256 currency = manner > 12 ? ghost.currency : _word(seed, "currency") % CURRENCIES;
        uint256 amount = _someMoney(seed);
        uint256 arriving = _arriving(currency, amount);
        address payer = _someone(seed, "payer");
        if (manner < 4) {
            _send(payer, currency, address(ghost.shares), amount);
            _unbooked[m][currency] += arriving;
        } else if (manner < 8) {
            _send(payer, currency, ghost.receiver, amount);
            _waiting[m][currency] += arriving;
        } else if (manner < 11 && _isEarning(m)) {
            bytes32 id = SplitTree.idOf(ghost.shares.splitOf(ghost.firstOperator));
            vm.prank(payer);
            _hub.deposit{value: currency == 0 ? amount : 0}(id, _currency(currency), amount);
            _jarOf[m][ghost.operator][currency].cumulative += arriving;
        } else if (manner < 15) {
            _send(payer, currency, ghost.wallet, amount);
            _inWallet[ghost.deviceId][currency] += arriving;
        } else {
            _donate(seed, amount);
        }
        _judge(true, true, OWN_02);
    }

    function sync(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        uint256 due = _unbooked[m][currency];
        bool success = _onShares(m, _someone(seed, "s"), abi.encodeCall(IMachineShares.sync, (_currency(currency))));
        _judge(success, due == 0 || _isEarning(m), OWN_02);
        if (!success) return;
        _same(abi.decode(_answer, (uint256)), due, OWN_02, "synced");
        _noteSynced(m, currency);
    }

    function collect(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        if (!_isEarning(m)) return;
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        bytes memory data = abi.encodeCall(IMachineShares.collect, (_currency(currency)));
        bool success = _onShares(m, _someone(seed, "sender"), data);
        _judge(success, true, OWN_10);
        if (!success) return;
        _noteFlushed(m, currency);
        uint256 due = _noteReleasedToHolders(m, _machines[m].operator, currency);
        if (due != 0) ++met["collected"];
        uint256 booked = _noteSynced(m, currency);
        _same(abi.decode(_answer, (uint256)), booked, OWN_02, "collected");
    }

    /// @dev One machine's one currency, for anybody: never fails, and pays unless the payout refuses.
    function collectFor(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        if (!_isEarning(m)) return;
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        address holder = _holder(seed, m);
        IRevenueCollector.Item[] memory items = new IRevenueCollector.Item[](1);
        items[0] = IRevenueCollector.Item(_machines[m].shares, new Currency[](1));
        items[0].currencies[0] = _currency(currency);
        bytes memory data = abi.encodeCall(IRevenueCollector.collectFor, (holder, items));
        bool success = _act(_someone(seed, "sender"), address(_collector), 0, data);
        _judge(success, true, OWN_10);
        if (!success) return;
        _noteFlushed(m, currency);
        _noteReleasedToHolders(m, _machines[m].operator, currency);
        _noteSynced(m, currency);
        uint256 due = _refuses(_payeeOf(m, holder), currency) ? 0 : _claimableOf(m, currency, holder);
        _same(abi.decode(_answer, (uint256[][]))[0][0], due, OWN_03, "collected for a holder");
        _noteClaimed(m, currency, holder, due);
    }

    /// @dev Of the split of any operator there ever was.
    function releaseSplit(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        if (!_isEarning(m)) return;
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        address operator = _operatorsOf[m][_word(seed, "operator") % _operatorsOf[m].length];
        bool toHolders = seed % 2 == 0;
        uint256 due = toHolders ? _dueToHolders(m, operator, currency) : _dueToOperator(m, operator, currency);
        bool expected = toHolders || due == 0 || !_refuses(operator, currency);
        bool success = _act(_someone(seed, "sender"), address(_hub), 0, _releaseData(m, operator, toHolders, currency));
        _judge(success, expected, OWN_10);
        if (!success) return;
        _same(abi.decode(_answer, (uint256)), due, OWN_10, "released");
        if (toHolders) _noteReleasedToHolders(m, operator, currency);
        else _jarOf[m][operator][currency].operator += due;
    }

    function claim(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        if (!_isEarning(m)) return;
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        address holder = _holder(seed, m);
        uint256 most = seed % 2 == 0 ? ALL : _word(seed, "most") % 4;
        bytes memory data = abi.encodeCall(IMachineShares.claim, (_currency(currency), most));
        _claim(Claim(m, currency, holder, most), holder, data);
    }

    function claimFor(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isEarning)) _readyToWork(seed);
        uint256 m = _machine(seed, _isEarning);
        if (!_isEarning(m)) return;
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        address holder = _account(m, _word(seed, "holder") % ACCOUNTS);
        uint256 most = seed % 2 == 0 ? ALL : _word(seed, "most") % 4;
        bytes memory data = abi.encodeCall(IMachineShares.claimFor, (holder, _currency(currency), most));
        _claim(Claim(m, currency, holder, most), _someone(seed, "sender"), data);
    }

    function setPayout(uint256 seed) external {
        uint256 m = _machine(seed, _isEarning);
        address holder = _holder(seed, m);
        address payout = seed % 2 == 0 ? address(0) : _account(m, _word(seed, "payout") % ACCOUNTS);
        if (payout == address(_offerings)) payout = address(_machines[m].shares);
        bool success = _onShares(m, holder, abi.encodeCall(IMachineShares.setPayout, (payout)));
        _judge(success, true, OWN_10);
        if (success) _payout[m][holder] = payout;
    }

    function sweepAccount(uint256 seed) external {
        if (seed % 8 != 0 && !_any(_isMoving)) _readyToWork(seed);
        uint256 m = _machine(seed, _isMoving);
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        uint256 kept = _keptIn(m, currency);
        uint256 surplus = _inWallet[_machines[m].deviceId][currency];
        surplus = surplus > kept ? surplus - kept : 0;
        bytes memory data = abi.encodeCall(IMachineShares.sweepAccount, (_currency(currency)));
        bool success = _onShares(m, _someone(seed, "sender"), data);
        _judge(success, _isMoving(m), OWN_02);
        if (!success) return;
        _same(abi.decode(_answer, (uint256)), _arriving(currency, surplus), OWN_02, "swept");
        _inWallet[_machines[m].deviceId][currency] -= surplus;
        _noteDeposited(m, currency, _arriving(currency, surplus));
    }

    function unwrap(uint256 seed) external {
        if (seed % 8 != 0) _readyToUnwrap(seed);
        uint256 m = _machine(seed, seed % 8 != 0 ? _isGatherable : _isMoving);
        address holder = _greatest(m);
        bool whole = _balance[m][holder] == _machines[m].supply - _machines[m].forfeited;
        // Contracts have to say that they take it; none here does.
        address to = _word(seed, "taker") % 4 == 0 ? _account(m, _word(seed, "to") % ACCOUNTS) : holder;
        bool expected = _isActive(m) && whole && to.code.length == 0;
        bool success = _onShares(m, holder, abi.encodeCall(IMachineShares.unwrap, (to)));
        _judge(success, expected, OWN_07);
        if (!success) return;
        _machines[m].ended = true;
        ++met["unwrapped"];
        if (_devices.controllerOf(_machines[m].deviceId) != to) _breach(OWN_07, "unwrapped for somebody else");
    }

    function warp(uint256 seed) external {
        uint256 manner = seed % 16;
        uint256 most = 2 days;
        if (manner == 0) most = 20 days;
        else if (manner < 8) most = 2 hours;
        _warpTo(_now() + (_word(seed, "time") % most));
        _judge(true, true, OWN_11);
    }

    function _keptIn(uint256 m, uint256 currency) internal view returns (uint256) {
        IMachineShares.WorkingBalance storage kept = _rulesOf[m].workingBalances[0];
        return kept.currency == _currency(currency) && !_machines[m].retired ? kept.amount : 0;
    }

    function _releaseData(
        uint256 m,
        address operator,
        bool toHolders,
        uint256 currency
    ) internal view returns (bytes memory) {
        IMachineShares shares = _machines[m].shares;
        uint96 bps = _rulesOf[m].operatorBps;
        bytes32[2] memory payees = [bytes32(uint256(uint160(address(shares)))), bytes32(uint256(uint160(operator)))];
        uint96[2] memory parts = [uint96(WHOLE) - bps, bps];
        (uint256 one, uint256 other) = toHolders ? (0, 1) : (1, 0);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = SplitTree.leafOf(payees[other], parts[other]);
        ISplitHub.Recipient memory recipient = ISplitHub.Recipient(payees[one], parts[one]);
        return abi.encodeCall(ISplitHub.release, (shares.splitOf(operator), _currency(currency), recipient, proof));
    }

    /// @dev Whole, it pays what the model says; bounded, no more than that, and the rest stays.
    function _claim(Claim memory its, address sender, bytes memory data) private {
        uint256 due = _claimableOf(its.m, its.currency, its.holder);
        address to = _payeeOf(its.m, its.holder);
        uint256 before = _currency(its.currency).balanceOf(to);
        bool success = _onShares(its.m, sender, data);
        // What a bounded claim comes to is known afterwards only, and where nothing is paid nobody can refuse.
        bool refused = _refuses(to, its.currency) && (its.most == ALL ? due != 0 : !success);
        _judge(success, !refused, OWN_10);
        if (!success) return;
        uint256 amount = abi.decode(_answer, (uint256));
        if (its.most == ALL) _same(amount, due, OWN_03, "claimed");
        if (amount > due) _breach(OWN_03, "claimed more than is due");
        if (to != address(_machines[its.m].shares)) {
            uint256 arrived = _currency(its.currency).balanceOf(to) - before;
            _same(arrived, _arriving(its.currency, amount), OWN_03, "a claim brought");
        }
        _noteClaimed(its.m, its.currency, its.holder, amount);
        if (its.most != ALL && amount != 0) ++met["claimed in parts"];
    }

    function _send(address from, uint256 currency, address to, uint256 amount) private {
        vm.prank(from);
        if (currency == 0) {
            (bool sent, ) = to.call{value: amount}("");
            require(sent, "nothing refuses plain coin here");
        } else {
            IERC20(currency == 1 ? address(_token) : address(_odd)).transfer(to, amount);
        }
    }

    /// @dev Nobody's.
    function _donate(uint256 seed, uint256 amount) private {
        address to = [address(_offerings), address(_votes), address(_hub)][_word(seed, "beggar") % 3];
        uint256 currency = seed % 2;
        _donated[to][currency] += amount;
        if (currency == 1) return _token.mint(to, amount);
        vm.deal(address(this), amount);
        new ForceSender{value: amount}(payable(to));
    }

    function _claimables(uint256 m, address account) private view returns (uint256[CURRENCIES] memory amounts) {
        IMachineShares shares = _machines[m].shares;
        for (uint256 i = 0; i < CURRENCIES && _isEarning(m); ++i) amounts[i] = shares.claimable(account, _currency(i));
    }

    /// @dev All, one, none, more than there is, or any part.
    function _someShares(uint256 seed, uint256 balance) private pure returns (uint256) {
        uint256 manner = _word(seed, "manner") % 16;
        if (manner < 3) return balance;
        if (manner < 6) return 1;
        if (manner == 6) return 0;
        if (manner == 7) return balance + 1;
        return _word(seed, "amount") % (balance + 1);
    }

    /// @dev None, dust, or much.
    function _someMoney(uint256 seed) private pure returns (uint256) {
        uint256 manner = _word(seed, "size") % 8;
        if (manner == 0) return 0;
        if (manner < 4) return _word(seed, "money") % 1_000;
        return _word(seed, "money") % (manner < 7 ? 1e9 : 1e24);
    }
}
