// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {IMachineVotes} from "../../contracts/ownership/IMachineVotes.sol";
import {MachineHolders} from "./MachineHolders.sol";
import {MachineSellers} from "./MachineSellers.sol";
import {MachineVoters} from "./MachineVoters.sol";

/// @dev The end of a walk: whatever the one who refuses coin does, all others get all that is theirs. Everything that
/// must succeed reverts the walk if it does not; what must fail is tried.
abstract contract MachineDrain is MachineSellers, MachineHolders, MachineVoters {
    /// @dev A stranger closes, refunds and pays out everything when every deadline is over.
    function drain() external {
        _warpTo(_now() + 900 days);
        for (uint256 m = 0; m < _machines.length; ++m) {
            if (_isFunded(m)) {
                _offerings.finalise(_machines[m].shares);
                _noteSealed(m);
            }
            if (_isStatus(m, IMachineOfferings.Status.Failed)) _drainFailed(m);
            _drainBids(m);
            if (!_isEarning(m)) continue;
            _drainMilestones(m);
            for (uint256 currency = 0; currency < CURRENCIES; ++currency) {
                _drainSplits(m, currency);
                _drainDividends(m, currency);
            }
        }
        for (uint256 i = 0; i < 2 * ACTORS; ++i) _withdraw(i % 2, _actor(i / 2));
        _withdraw(0, TREASURY);
        _withdraw(1, TREASURY);
    }

    /// @dev What only the one who refuses coin could still take from a machine, and what its own shares earned last.
    function leftIn(uint256 m, uint256 currency) external view returns (uint256 amount) {
        amount = _claimableOf(m, currency, address(_machines[m].shares));
        if (_refuses(_payeeOf(m, _hostile()), currency)) amount += _claimableOf(m, currency, _hostile());
    }

    /// @dev How many accounts there are that a unit may be divided among and not paid to, and the carry.
    function fractionsIn(uint256 m, uint256 currency) external view returns (uint256 count) {
        if (_carry[m][currency] != 0) ++count;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (_earned[m][currency][_account(m, i)] % _machines[m].supply != 0) ++count;
        }
    }

    function leftAtOfferings(uint256 currency) external view returns (uint256 amount) {
        amount = _donated[address(_offerings)][currency];
        if (currency == 0) amount += _credit[0][_hostile()];
        for (uint256 m = 0; m < _machines.length && currency == 0; ++m) {
            bool coin = _machines[m].currency == 0 && !_isEarning(m);
            if (coin) amount += _balance[m][_hostile()] * _termsOf[m].price;
        }
    }

    function leftAtVotes(uint256 currency) external view returns (uint256 amount) {
        amount = _donated[address(_votes)][currency];
        for (uint256 m = 0; m < _machines.length && currency == 0; ++m) {
            for (uint256 i = 0; i < _bidsOf[m].length && _machines[m].currency == 0; ++i) {
                Escrow storage its = _bidsOf[m][i];
                if (its.bidder == _hostile() && !its.gone) amount += its.price;
            }
        }
    }

    function _drainFailed(uint256 m) private {
        IMachineShares shares = _machines[m].shares;
        for (uint256 i = 0; i < ACTORS; ++i) {
            address account = _actor(i);
            uint256 due = _balance[m][account] * _termsOf[m].price;
            bool refuses = _refuses(account, _machines[m].currency);
            if (due == 0) continue;
            _mustPay(
                refuses,
                account,
                _machines[m].currency,
                due,
                address(_offerings),
                abi.encodeCall(IMachineOfferings.refund, (shares, account, account))
            );
            if (!refuses) _noteRefunded(m, account, due);
        }
        if (_machines[m].mark != Mark.Open) return;
        _offerings.reclaim(shares);
        _machines[m].mark = Mark.Reclaimed;
    }

    function _drainBids(uint256 m) private {
        for (uint256 i = 0; i < _bidsOf[m].length; ++i) {
            Escrow storage its = _bidsOf[m][i];
            bool refuses = _refuses(its.bidder, _machines[m].currency);
            if (its.gone) continue;
            _mustPay(
                refuses,
                its.bidder,
                _machines[m].currency,
                its.price,
                address(_votes),
                abi.encodeCall(IMachineVotes.withdrawBid, (_machines[m].shares, i + 1))
            );
            if (!refuses) its.gone = true;
        }
    }

    function _drainMilestones(uint256 m) private {
        for (uint8 i = 0; i < _stepsOf[m].length; ++i) {
            if (_isReleasable(m, i)) {
                _offerings.release(_machines[m].shares, i);
                _noteReleased(m, i);
            } else if (_isExpirable(m, i)) {
                _offerings.expire(_machines[m].shares, i);
                _noteExpired(m, i);
            }
        }
    }

    /// @dev Brings in what waits at the hub, for the operators of all times too.
    function _drainSplits(uint256 m, uint256 currency) private {
        _machines[m].shares.collect(_currency(currency));
        _noteFlushed(m, currency);
        _noteReleasedToHolders(m, _machines[m].operator, currency);
        for (uint256 i = 0; i < _operatorsOf[m].length; ++i) {
            address operator = _operatorsOf[m][i];
            (bool success, ) = address(_hub).call(_releaseData(m, operator, true, currency));
            require(success, "OWN-10: holders wait for their part of a split");
            _noteReleasedToHolders(m, operator, currency);
            uint256 due = _dueToOperator(m, operator, currency);
            if (due == 0) continue;
            bool refuses = _refuses(operator, currency);
            bytes memory data = _releaseData(m, operator, false, currency);
            _mustPay(refuses, operator, currency, due, address(_hub), data);
            if (!refuses) _jarOf[m][operator][currency].operator += due;
        }
        if (_isMoving(m)) {
            uint256 kept = _keptIn(m, currency);
            uint256 there = _inWallet[_machines[m].deviceId][currency];
            uint256 surplus = there > kept ? there - kept : 0;
            _machines[m].shares.sweepAccount(_currency(currency));
            _inWallet[_machines[m].deviceId][currency] -= surplus;
            _noteDeposited(m, currency, _arriving(currency, surplus));
        }
        _machines[m].shares.sync(_currency(currency));
        _noteSynced(m, currency);
    }

    /// @dev What the shares hold of themselves is brought in once more, and the rest of that is theirs.
    function _drainDividends(uint256 m, uint256 currency) private {
        IMachineShares shares = _machines[m].shares;
        for (uint256 i = 0; i < ACTORS; ++i) {
            address account = _actor(i);
            if (account == _hostile() || _payout[m][account] == address(0)) continue;
            vm.prank(account);
            shares.setPayout(address(0));
            _payout[m][account] = address(0);
        }
        _noteClaimed(m, currency, address(shares), shares.claimFor(address(shares), _currency(currency), ALL));
        shares.sync(_currency(currency));
        _noteSynced(m, currency);
        for (uint256 i = 0; i < ACTORS; ++i) _drainDividend(m, currency, _actor(i));
    }

    function _drainDividend(uint256 m, uint256 currency, address account) private {
        uint256 due = _claimableOf(m, currency, account);
        address to = _payeeOf(m, account);
        bytes memory data = abi.encodeCall(IMachineShares.claimFor, (account, _currency(currency), ALL));
        bool refuses = due != 0 && _refuses(to, currency);
        address shares = address(_machines[m].shares);
        if (to == shares) {
            (bool success, ) = shares.call(data);
            require(success, "OWN-10: a holder cannot leave");
        } else {
            _mustPay(refuses, to, currency, due, shares, data);
        }
        if (!refuses) _noteClaimed(m, currency, account, due);
    }

    function _withdraw(uint256 currency, address account) private {
        uint256 due = _credit[currency][account];
        if (due == 0) return;
        bool refuses = _refuses(account, currency);
        bytes memory data = abi.encodeCall(IMachineOfferings.withdraw, (_currency(currency), account, account));
        _mustPay(refuses, account, currency, due, address(_offerings), data);
        if (!refuses) _credit[currency][account] = 0;
    }

    /// @dev Sent by a stranger.
    function _mustPay(
        bool refuses,
        address to,
        uint256 currency,
        uint256 amount,
        address target,
        bytes memory data
    ) private {
        uint256 before = _currency(currency).balanceOf(to);
        (bool success, ) = target.call(data);
        require(success != refuses, "OWN-10: what must be paid is not, or the other way round");
        uint256 arrived = _currency(currency).balanceOf(to) - before;
        require(arrived == (refuses ? 0 : _arriving(currency, amount)), "OWN-10: another sum is paid");
    }
}
