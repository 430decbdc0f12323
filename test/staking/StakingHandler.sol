// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {ModuleRegistry} from "../../contracts/staking/ModuleRegistry.sol";
import {ModuleRewards} from "../../contracts/staking/ModuleRewards.sol";
import {SlashCourt} from "../../contracts/staking/SlashCourt.sol";
import {StakingPool} from "../../contracts/staking/StakingPool.sol";
import {StakingDrain} from "./StakingDrain.sol";

/// @dev Staking as a walk finds it: modules of each kind and operators who work for them, one of whom was slashed so
/// often that the next time is the last; and what the tests ask of the model.
abstract contract StakingHandler is StakingDrain {
    /// @param ruin Whether the first operator was; 2 for beyond the last time.
    constructor(uint256 ruin) {
        _deployStaking();
        _warpTo(_now());
        _tokens = [new MockERC20(6), new MockERC20(18)];
        for (uint256 i = 0; i < ACTORS; ++i) _endow(_actor(i));
        for (uint256 i = 0; i < 3; ++i) _moduleQuietly(i);
        for (uint256 i = 0; i < 3; ++i) _registerQuietly(_actor(i), i * 7 ether, i * 700);
        for (uint256 i = 0; i < 6; ++i) _stakeQuietly(1 + (i % 3), _actor(2 + i), (i + 1) * 60 ether + i);
        _joinAndAllocate(3, 1, MAGNITUDE / 2);
        _joinAndAllocate(3, 3, MAGNITUDE / 3);
        _joinAndAllocate(2, 3, MAGNITUDE);
        _bondQuietly(1, 16 ether);
        _joinAndAllocate(1, 1, MAGNITUDE);
        _warpTo(_startOf(_epoch() + 2));
        if (ruin != 0) _ruin(ruin == 1 ? LEAST_MAGNITUDE : 0);
    }

    function pool() external view returns (StakingPool) {
        return _pool;
    }

    function registry() external view returns (ModuleRegistry) {
        return _registry;
    }

    function court() external view returns (SlashCourt) {
        return _court;
    }

    function rewards() external view returns (ModuleRewards) {
        return _rewards;
    }

    function burner() external view returns (address) {
        return address(_burner);
    }

    function currency(uint256 index) external view returns (Currency) {
        return _currency(index);
    }

    function actor(uint256 index) external view returns (address) {
        return _actor(index);
    }

    function operatorCount() external view returns (uint256) {
        return _desks.length - 1;
    }

    function deskOf(uint256 operator) external view returns (Desk memory) {
        return _desks[operator];
    }

    function activeOf(uint256 operator) external view returns (Jar memory) {
        return _active[operator];
    }

    function activeAt(uint256 operator, uint256 epoch) external view returns (Jar memory) {
        return _activeAt[operator][epoch];
    }

    function earningBondOf(uint256 operator) external view returns (uint256) {
        return _earningBond(operator);
    }

    function bucketsOf(uint256 operator) external view returns (uint256[] memory) {
        return _bucketsOf[operator];
    }

    function bucketOf(uint256 operator, uint256 epoch) external view returns (Jar memory) {
        return _bucket[operator][epoch];
    }

    function exitSharesOf(uint256 operator, uint256 epoch, address account) external view returns (uint256) {
        return _exits[operator][epoch][account];
    }

    function sharesOf(uint256 operator, address account) external view returns (uint256) {
        return _shares[operator][account];
    }

    function sharesAt(uint256 operator, address account, uint256 epoch) external view returns (uint256) {
        return _sharesAt[operator][account][epoch];
    }

    function stepsOf(uint256 operator, address account) external view returns (uint256[] memory) {
        return _stepsOf[operator][account];
    }

    function answering(uint256 operator, uint256 epoch) external view returns (uint256) {
        return _answering(operator, epoch);
    }

    function pendingOf(uint256 operator) external view returns (uint256) {
        return _pending(operator);
    }

    /// @dev What an account brought, and what it had out again.
    function flowsOf(address account) external view returns (uint256 brought, uint256 taken) {
        return (_brought[account], _taken[account]);
    }

    function moduleCount() external view returns (uint256) {
        return _trades.length - 1;
    }

    function tradeOf(uint256 module) external view returns (Trade memory) {
        return _trades[module];
    }

    function pledgeOf(uint256 operator, uint256 module) external view returns (Pledge memory) {
        return _pledges[operator][module];
    }

    function givenOf(uint256 operator, uint256 module, uint256 epoch) external view returns (uint256) {
        return _given[operator][module][epoch];
    }

    function greatestOf(uint256 operator, uint256 module) external view returns (uint256) {
        return _greatest(operator, module);
    }

    /// @dev What a module may propose for an epoch at most, in wei.
    function proposableOf(uint256 operator, uint256 module, uint256 epoch) external view returns (uint256) {
        uint256 end = _startOf(_epoch() + 1);
        bool tooLate = epoch < _epoch() && _now() + _trades[module].terms.window + GRACE >= end;
        if (tooLate) return 0;
        return (_rest(operator, module, epoch) * _answering(operator, epoch)) / _left(operator);
    }

    function chargeCount() external view returns (uint256) {
        return _charges.length - 1;
    }

    function statusOf(uint256 id) external view returns (ISlashCourt.Status) {
        return _statusOf(id);
    }

    function compensationOf(uint256 kind) external view returns (address victims, uint256 amount) {
        victims = _termsOf(kind).victims;
        amount = _compensation[victims];
    }

    function burnedBy(address source) external view returns (uint256) {
        return _burned[source];
    }

    function donatedTo(address target, uint256 index) external view returns (uint256) {
        return _donated[target][index];
    }

    function creditOf(uint256 operator, uint256 index) external view returns (uint256) {
        return _credit[operator][index];
    }

    /// @dev Whole units: of epochs that are over, with what was paid of it, and of the running one.
    function earnedBy(
        uint256 operator,
        uint256 index,
        address account
    ) external view returns (uint256 earned, uint256 paid, uint256 running) {
        uint256 current = _epoch();
        earned = _earnedBefore(operator, index, account, current) >> FRACTION;
        paid = _claimed[operator][index][account];
        running = _earned[operator][index][account][current] >> FRACTION;
    }

    /// @dev What the pool owes: all stake, all who leave, all bonds, and compensation.
    function owedByPool() external view returns (uint256 amount) {
        for (uint256 operator = 1; operator < _desks.length; ++operator) {
            amount += _active[operator].assets + _desks[operator].bond;
            uint256[] storage epochs = _bucketsOf[operator];
            for (uint256 i = 0; i < epochs.length; ++i) amount += _bucket[operator][epochs[i]].assets;
        }
        for (uint256 kind = 0; kind < 3; ++kind) amount += _compensation[_termsOf(kind).victims];
    }

    function owedByRegistry() external view returns (uint256 amount) {
        for (uint256 module = 1; module < _trades.length; ++module) amount += _trades[module].standing.bond;
    }

    /// @dev What was paid in and not out yet.
    function heldByRewards(uint256 index) external view returns (uint256) {
        return _funded[index] - _paid[index] - (index == 0 ? _burned[address(_rewards)] : 0);
    }

    function _joinAndAllocate(uint256 operator, uint256 module, uint256 magnitude) private {
        _joinQuietly(operator, module);
        _allocateQuietly(operator, module, magnitude);
    }

    /// @dev All of the first operator is slashed as far as can be, epoch after epoch, until one time more is too much.
    function _ruin(uint256 least) private {
        while (!_desks[1].closed && (_left(1) * 4) / 5 >= least) {
            uint256 id = _proposeQuietly(1, 1);
            _warpTo(_charges[id].readyAt);
            _executeQuietly(id);
            _warpTo(_startOf(_epoch() + 1));
        }
    }

    /// @dev All the money that anyone needs.
    function _endow(address account) private {
        vm.deal(account, PLENTY);
        for (uint256 i = 0; i < 2; ++i) {
            _tokens[i].mint(account, PLENTY);
            vm.prank(account);
            _tokens[i].approve(address(_rewards), ALL);
        }
    }
}
