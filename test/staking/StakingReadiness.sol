// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Membership} from "../../contracts/staking/Allocation.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {StakingMeasures} from "./StakingMeasures.sol";

/// @dev Leads a walk to where an act makes sense, if it is not there and there is a way. What is done for that is noted
/// in the model, but counts for no action.
abstract contract StakingReadiness is StakingMeasures {
    uint256 private constant KINDS = 3;

    function _readyToExit(uint256 seed) internal {
        if (_anyPosition(_isStaker)) return;
        uint256 operator = _operator(seed, _isTaking);
        if (_isTaking(operator)) _stakeQuietly(operator, _someone(seed, "staker"), 5 ether);
    }

    function _readyToRestake(uint256 seed) internal {
        if (_anyExit(_isAnyBucket)) return;
        _readyToExit(seed);
        (uint256 operator, address account) = _position(seed, _isStaker);
        if (_isStaker(operator, account)) _exitQuietly(operator, account, _shares[operator][account]);
    }

    function _readyToClaimExit(uint256 seed) internal {
        if (_anyExit(_isMature)) return;
        _readyToRestake(seed);
        uint256 first = type(uint256).max;
        for (uint256 i = 1; i < _desks.length; ++i) {
            if (_bucketsOf[i].length != 0 && _bucketsOf[i][0] < first) first = _bucketsOf[i][0];
        }
        if (first != type(uint256).max) _warpTo(_startOf(first + 2));
    }

    /// @dev An operator leaves all his modules, and two epochs pass.
    function _readyToWithdrawBond(uint256 seed) internal {
        if (_any(_isFree, _desks.length)) return;
        if (_desks.length <= MOST_OPERATORS) return _registerQuietly(_actor(seed % 3), 3 ether, 500);
        uint256 operator = 1 + (seed % (_desks.length - 1));
        for (uint256 module = 1; module < _trades.length; ++module) {
            if (!_isJoined(operator, module)) continue;
            vm.prank(_desks[operator].owner);
            _registry.optOut(uint32(operator), uint32(module));
            _noteOptedOut(operator, module);
        }
        _warpTo(_startOf(_epoch() + 2));
        for (uint256 module = 1; module < _trades.length; ++module) _syncQuietly(operator, module);
        if (_desks[operator].bond == 0) _bondQuietly(operator, 3 ether);
    }

    function _readyToJoin(uint256 seed) internal {
        if (!_anyPair(_isJoinable) && _trades.length <= MOST_MODULES) _moduleQuietly(seed);
    }

    function _readyToAccept(uint256 seed) internal {
        if (_anyPair(_isAsking)) return;
        for (uint256 i = 1; i < _desks.length; ++i) {
            uint256 operator = 1 + ((seed + i) % (_desks.length - 1));
            for (uint256 module = 1; module < _trades.length; ++module) {
                if (_trades[module].terms.open || !_isJoinable(operator, module)) continue;
                return _joinQuietly(operator, module);
            }
        }
        if (_trades.length <= MOST_MODULES) _moduleQuietly(1);
    }

    function _readyToAllocate(uint256 seed) internal {
        if (_anyPair(_isMember)) return;
        _readyToJoin(seed);
        (uint256 operator, uint256 module) = _pair(seed, _isJoinable);
        if (_isJoinable(operator, module)) _joinQuietly(operator, module);
    }

    /// @dev Somebody stakes, and the operator gives a module half of what he can.
    function _readyToPropose(uint256 seed) internal {
        if (_anyPair(_isPunishable)) return;
        uint256 operator = _operator(seed, _isTaking);
        if (!_isTaking(operator)) return;
        if (_active[operator].shares == 0) _stakeQuietly(operator, _someone(seed, "staker"), 700 ether);
        uint256 module = 1 + 2 * (seed % 2);
        if (!_isActive(module)) return;
        if (!_isMember(operator, module)) _joinQuietly(operator, module);
        for (uint256 m = 1; m < _trades.length; ++m) _syncQuietly(operator, m);
        uint256 others = _boundBy(operator) - _pledges[operator][module].bound;
        _bondQuietly(operator, _answering(operator, _epoch()) / 20);
        _allocateQuietly(operator, module, (_left(operator) - others + 1) / 2);
        _warpTo(_startOf(_epoch() + 2));
    }

    function _readyToVeto(uint256 seed) internal {
        if (!_any(_isVetoable, _charges.length)) _accuse(seed);
    }

    function _readyToExecute(uint256 seed) internal {
        if (_any(_isExecutable, _charges.length)) return;
        _readyToVeto(seed);
        if (seed % 3 == 0) _accuse(_word(seed, "again"));
        uint256 id = _charge(seed, _isVetoable);
        if (id == 0 || !_isVetoable(id)) return;
        _leaveQuietly(seed / 7, _charges[id].operator);
        _warpTo(_charges[id].readyAt + (seed % 5 == 0 ? 0 : seed % GRACE));
        _leaveQuietly(seed / 11, _charges[id].operator);
    }

    function _readyToRelease(uint256 seed) internal {
        if (_any(_isReleasable, _charges.length)) return;
        _readyToVeto(seed);
        uint256 id = _charge(seed, _isVetoable);
        if (id == 0 || !_isVetoable(id)) return;
        if (seed % 2 == 0) return _warpTo(_charges[id].readyAt + GRACE);
        _court.vetoAll(uint32(_charges[id].module));
        _noteFelled(_charges[id].module);
    }

    /// @dev At times all stakers of an operator leave before.
    function _readyToFund(uint256 seed) internal {
        if (!_any(_isEarning, _desks.length)) {
            _readyToExit(seed);
            _warpTo(_startOf(_epoch() + 1));
        }
        if (seed % 16 != 1) return;
        uint256 operator = _operator(seed, _isEarning);
        for (uint256 i = 0; i < ACTORS; ++i) _exitQuietly(operator, _actor(i), _shares[operator][_actor(i)]);
    }

    /// @dev Proposes what can be proposed.
    function _accuse(uint256 seed) internal {
        _readyToPropose(seed);
        (uint256 operator, uint256 module) = _pair(seed, _isPunishable);
        if (_isPunishable(operator, module)) _proposeQuietly(operator, module);
    }

    /// @dev All that the module may take, for now.
    function _proposeQuietly(uint256 operator, uint256 module) internal returns (uint256 id) {
        uint256 epoch = _epoch();
        uint96 amount = uint96(_court.proposableOf(uint32(module), uint32(operator), uint32(epoch)));
        if (amount == 0) return 0;
        vm.prank(_trades[module].terms.slashAuthority);
        id = _court.propose(uint32(module), uint32(operator), amount, uint48(_now()), EVIDENCE);
        _noteProposed(_chargeOf(operator, module, epoch, amount));
    }

    function _executeQuietly(uint256 id) internal {
        Blow memory blow = _blowOf(id);
        _court.execute(id);
        _noteExecuted(id, blow);
    }

    function _stakeQuietly(uint256 operator, address account, uint256 amount) internal {
        _resumeQuietly();
        vm.prank(account);
        _pool.stake{value: amount}(uint32(operator), ALL);
        _noteStaked(operator, account, amount, amount);
        _brought[account] += amount;
    }

    /// @dev Every other time, somebody asks half of what he has out.
    function _leaveQuietly(uint256 seed, uint256 operator) internal {
        for (uint256 i = 0; i < ACTORS && seed % 2 == 0; ++i) {
            address account = _actor((seed / 2 + i) % ACTORS);
            if (_shares[operator][account] > 1) return _exitQuietly(operator, account, _shares[operator][account] / 2);
        }
    }

    function _exitQuietly(uint256 operator, address account, uint256 shares) internal {
        if (shares == 0) return;
        vm.prank(account);
        _pool.requestExit(uint32(operator), shares);
        _noteLeft(operator, account, shares);
    }

    function _registerQuietly(address owner, uint256 bond, uint256 commission) internal {
        _resumeQuietly();
        vm.prank(owner);
        _pool.registerOperator{value: bond}(owner, uint16(commission), "");
        _noteOperator(owner, bond, commission);
    }

    function _bondQuietly(uint256 operator, uint256 amount) internal {
        _resumeQuietly();
        vm.prank(_desks[operator].owner);
        _pool.addBond{value: amount}(uint32(operator));
        _desks[operator].bond += amount;
        _brought[_desks[operator].owner] += amount;
    }

    function _moduleQuietly(uint256 kind) internal {
        _resumeQuietly();
        IModuleRegistry.Terms memory terms = _termsOf(kind);
        address owner = _moduleOwner(_trades.length);
        vm.deal(owner, PLENTY);
        vm.prank(owner);
        _registry.registerModule{value: MODULE_BOND}(terms, "");
        _noteModule(owner, terms);
    }

    function _joinQuietly(uint256 operator, uint256 module) internal {
        vm.prank(_desks[operator].owner);
        _registry.optIn(uint32(operator), uint32(module));
        if (_trades[module].terms.open) _noteMember(operator, module);
        else _pledges[operator][module].membership = Membership.Asked;
    }

    function _allocateQuietly(uint256 operator, uint256 module, uint256 magnitude) internal {
        vm.prank(_desks[operator].owner);
        _registry.allocate(uint32(operator), uint32(module), uint64(magnitude));
        _noteAsked(operator, module, magnitude);
    }

    function _syncQuietly(uint256 operator, uint256 module) internal {
        _registry.sync(uint32(operator), uint32(module));
        _noteSynced(operator, module);
    }

    function _resumeQuietly() internal {
        for (uint256 i = 0; i < 3; ++i) {
            address target = _pausable(i);
            if (!_isPaused(target)) continue;
            if (target == address(_pool)) _pool.resumeIntake();
            else if (target == address(_registry)) _registry.resumeIntake();
            else _rewards.resumeIntake();
            _pausedUntil[target] = 0;
        }
    }

    function _pausable(uint256 index) internal view returns (address) {
        return [address(_pool), address(_registry), address(_rewards)][index % 3];
    }

    /// @dev As if proposed now.
    function _chargeOf(
        uint256 operator,
        uint256 module,
        uint256 epoch,
        uint256 amount
    ) internal view returns (Charge memory charge) {
        charge.operator = operator;
        charge.module = module;
        charge.epoch = epoch;
        charge.amount = amount;
        charge.readyAt = _now() + _trades[module].terms.window;
        charge.magnitude = _partOf(operator, epoch, amount);
        charge.written = ISlashCourt.Status.Open;
    }

    function _moduleOwner(uint256 module) internal pure returns (address) {
        return address(uint160(0x30D00000 + module));
    }

    /// @dev The shortest window with the highest limit, one by acceptance and without victims, and the longest window
    /// with a low limit.
    function _termsOf(uint256 kind) internal pure returns (IModuleRegistry.Terms memory terms) {
        uint160 number = uint160(kind % KINDS);
        terms = _terms();
        terms.slashAuthority = address(0xA0700000 + number);
        terms.resolver = address(0x4E500000 + number);
        terms.victims = address(0xF1C00000 + number);
        if (number == 0) {
            (terms.window, terms.maxSlashBps, terms.minBondBps) = (2 days, 2000, 500);
        } else if (number == 1) {
            (terms.window, terms.maxSlashBps, terms.open) = (3 days, 1000, false);
            (terms.victims, terms.victimBps) = (address(0), 0);
        } else {
            (terms.window, terms.maxSlashBps, terms.victimBps) = (4 days, 100, 2001);
        }
    }
}
