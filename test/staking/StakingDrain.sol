// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIntakePause} from "../../contracts/shared/IIntakePause.sol";
import {StakingActorsCourt} from "./StakingActorsCourt.sol";
import {StakingActorsOperators} from "./StakingActorsOperators.sol";
import {StakingActorsRewards} from "./StakingActorsRewards.sol";
import {StakingActorsStakers} from "./StakingActorsStakers.sol";

/// @dev The end of a walk: everybody leaves with all that is his, from whatever state the walk came to, while intake is
/// paused and proposals are open. What must succeed reverts the walk if it does not.
abstract contract StakingDrain is
    StakingActorsStakers,
    StakingActorsOperators,
    StakingActorsCourt,
    StakingActorsRewards
{
    function drain() external {
        for (uint256 i = 0; i < 3; ++i) _pauseIfPossible(_pausable(i));
        _leave(0);
        _drainCourt();
        _leave(1);
        for (uint256 i = 1; i < _desks.length; ++i) _leaveModules(i);
        _warpTo(_startOf(_epoch() + 2));
        for (uint256 i = 1; i < _desks.length; ++i) _drainBond(i);
        _drainExits();
        _warpTo(_startOf(_epoch() + 2));
        _drainExits();
        for (uint256 i = 0; i < 3; ++i) _drainCompensation(_termsOf(i).victims);
        for (uint256 i = 1; i < _trades.length; ++i) _drainModule(i);
        for (uint256 i = 1; i < _desks.length; ++i) {
            for (uint256 j = 0; j < CURRENCIES; ++j) _drainRewards(i, j);
        }
    }

    /// @dev How many may have a part of a smallest unit that cannot be paid, and the rests of divisions.
    function fractionsIn(uint256 currency_) external view returns (uint256 count) {
        for (uint256 operator = 1; operator < _desks.length; ++operator) {
            if (_fundedIn[operator][currency_].length == 0) continue;
            ++count;
            for (uint256 i = 0; i < ACTORS; ++i) {
                if (_earnedBefore(operator, currency_, _actor(i), type(uint256).max) != 0) ++count;
            }
        }
    }

    function _pauseIfPossible(address target) private {
        uint256 until = _now() + 1 days;
        (bool success, ) = target.call(abi.encodeCall(IIntakePause.pauseIntake, (uint48(until))));
        if (success) _pausedUntil[target] = until;
    }

    /// @dev Every other staker asks everything out.
    function _leave(uint256 first) private {
        for (uint256 operator = 1; operator < _desks.length; ++operator) {
            for (uint256 i = first; i < ACTORS; i += 2) {
                uint256 shares = _shares[operator][_actor(i)];
                if (shares == 0) continue;
                Measure memory before = _measure(operator);
                _exitQuietly(operator, _actor(i), shares);
                _assertFair(before, _actor(i), 0, 0);
            }
        }
    }

    /// @dev What can still be carried out is, one after another, as time allows.
    function _drainCourt() private {
        for (uint256 id = 1; id < _charges.length; ++id) {
            if (_isVetoable(id)) _warpTo(_charges[id].readyAt);
            if (_isExecutable(id)) _executeQuietly(id);
        }
        _noteEnds();
    }

    function _leaveModules(uint256 operator) private {
        for (uint256 module = 1; module < _trades.length; ++module) {
            if (!_isJoined(operator, module)) continue;
            vm.prank(_trades[module].owner);
            _registry.optOut(uint32(operator), uint32(module));
            _noteOptedOut(operator, module);
        }
    }

    function _drainBond(uint256 operator) private {
        for (uint256 module = 1; module < _trades.length; ++module) _syncQuietly(operator, module);
        Desk storage desk = _desks[operator];
        if (desk.bond == 0) return;
        vm.prank(desk.owner);
        _pool.withdrawBond(uint32(operator), desk.bond);
        _noteExit(operator, desk.owner, desk.bond);
        desk.bond = 0;
    }

    /// @dev A stranger sees to it for all but the one who refuses coin.
    function _drainExits() private {
        for (uint256 operator = 1; operator < _desks.length; ++operator) {
            uint256[] memory epochs = _bucketsOf[operator];
            for (uint256 i = 0; i < epochs.length; ++i) {
                for (uint256 j = 0; j < ACTORS && _isMature(epochs[i]); ++j) {
                    _drainExit(uint32(operator), uint32(epochs[i]), _actor(j));
                }
            }
        }
    }

    function _drainExit(uint32 operator, uint32 epoch, address account) private {
        if (_exits[operator][epoch][account] == 0) return;
        bool hostile = account == _hostile();
        address payable to = payable(hostile ? _actor(0) : account);
        uint256 balance = to.balance;
        if (hostile) vm.prank(account);
        if (hostile) _pool.claimExit(operator, epoch, to);
        else _pool.claimExitFor(operator, epoch, to);
        uint256 assets = _noteExitTaken(operator, epoch, account);
        _taken[account] += assets;
        require(to.balance - balance == assets, "STK-10: who leaves gets another sum");
    }

    function _drainCompensation(address victims) private {
        uint256 balance = victims.balance;
        uint256 due = _compensation[victims];
        _pool.withdrawCompensationFor(payable(victims));
        require(victims.balance - balance == due, "STK-10: victims get another sum");
        _compensation[victims] = 0;
    }

    function _drainModule(uint256 module) private {
        if (!_isClosable(module)) return;
        vm.prank(_trades[module].owner);
        _registry.closeModule(uint32(module), payable(_trades[module].owner));
        _trades[module].standing.bond = 0;
    }

    function _drainRewards(uint256 operator, uint256 currency) private {
        for (uint256 i = 0; i < ACTORS; ++i) {
            address account = _actor(i);
            vm.prank(account);
            uint256 amount = _rewards.claim(uint32(operator), _currency(currency), _actor(0), ALL);
            _notePaid(operator, currency, account, amount);
        }
        if (_refuses(_desks[operator].payout, currency)) {
            vm.prank(_desks[operator].owner);
            _pool.setPayout(uint32(operator), _actor(0));
            _desks[operator].payout = _actor(0);
        }
        uint256 due = _rewards.payOperator(uint32(operator), _currency(currency));
        require(due == _credit[operator][currency], "STK-11: an operator gets another sum");
        _paid[currency] += due;
        _credit[operator][currency] = 0;
    }
}
