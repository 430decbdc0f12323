// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Membership} from "../../contracts/staking/Allocation.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {StakingModel} from "./StakingModel.sol";

/// @dev The other half of the model: who gives which module how much, who is accused of what, and what a slash takes.
abstract contract StakingTrials is StakingModel {
    uint256 internal constant GRACE = 1 days;
    /// @dev Below this much magnitude an operator takes no more stake.
    uint256 internal constant LEAST_MAGNITUDE = 1e12;

    /// @dev What a slash is going to take.
    struct Blow {
        uint256 answering;
        uint256 slashable;
        uint256 fromBond;
        uint256 fromFirst;
        uint256 fromSecond;
        uint256 fromActive;
        uint256 reduction;
        uint256 compensation;
    }

    function _noteModule(address owner, IModuleRegistry.Terms memory terms) internal {
        Trade storage trade = _trades.push();
        (trade.owner, trade.terms) = (owner, terms);
        trade.standing.bond = (MODULE_BOND * 9) / 10;
        _burned[address(_registry)] += MODULE_BOND / 10;
    }

    function _noteMember(uint256 operator, uint256 module) internal {
        _pledges[operator][module].membership = Membership.Member;
        ++_trades[module].standing.members;
    }

    function _noteOptedOut(uint256 operator, uint256 module) internal {
        Pledge storage pledge = _pledges[operator][module];
        if (pledge.membership == Membership.Member) {
            --_trades[module].standing.members;
            _noteAsked(operator, module, 0);
            if (pledge.bound != 0) _trades[module].standing.lastLeft = uint32(_epoch());
        }
        pledge.membership = Membership.None;
    }

    function _noteAsked(uint256 operator, uint256 module, uint256 magnitude) internal {
        uint256 epoch = _epoch();
        mapping(uint256 => uint256) storage given = _given[operator][module];
        given[epoch + 1] = Math.min(given[epoch + 1], magnitude);
        given[epoch + 2] = magnitude;
        _pledges[operator][module].later = magnitude;
        _noteSynced(operator, module);
    }

    function _noteSynced(uint256 operator, uint256 module) internal {
        _pledges[operator][module].bound = _greatest(operator, module);
    }

    function _noteProposed(Charge memory charge) internal {
        _charges.push(charge);
        _noteLimit(charge);
        _reserved[charge.operator][charge.module][charge.epoch] += charge.magnitude;
    }

    function _noteFelled(uint256 module) internal {
        for (uint256 id = 1; id < _charges.length; ++id) {
            if (_charges[id].module == module && _isVetoable(id)) _charges[id].felt = true;
        }
    }

    /// @dev A proposal will never be carried out.
    function _noteDropped(uint256 id, ISlashCourt.Status status) internal {
        Charge storage its = _charges[id];
        its.written = status;
        _reserved[its.operator][its.module][its.epoch] -= its.magnitude;
    }

    function _noteExecuted(uint256 id, Blow memory blow) internal {
        Charge storage its = _charges[id];
        its.written = ISlashCourt.Status.Executed;
        Desk storage desk = _desks[its.operator];
        desk.bond -= blow.fromBond;
        address victims = _trades[its.module].terms.victims;
        if (blow.compensation != 0) _compensation[victims] += blow.compensation;
        _burned[address(_pool)] += _fromStake(blow) + blow.fromBond - blow.compensation;
        if (blow.reduction == 0) return;

        Jar storage active = _active[its.operator];
        active.assets -= blow.fromActive;
        _bucket[its.operator][its.epoch].assets -= blow.fromFirst;
        _bucket[its.operator][its.epoch + 1].assets -= blow.fromSecond;
        desk.touched = _epoch();
        desk.lost += blow.reduction;
        if (active.assets * 1e6 < active.shares || _left(its.operator) < LEAST_MAGNITUDE) desk.closed = true;
        _executed[its.operator][its.module][its.epoch] += blow.reduction;
        _noteReduced(its.operator, its.module, blow.reduction);
        _noteAnswered(its.operator, blow);
    }

    /// @dev What would come of a proposal if it were carried out now.
    function _blowOf(uint256 id) internal view returns (Blow memory blow) {
        Charge storage its = _charges[id];
        uint256 bond = _desks[its.operator].bond;
        uint256 magnitude = _given[its.operator][its.module][its.epoch];
        blow.answering = _answering(its.operator, its.epoch);
        blow.slashable = (blow.answering * magnitude) / _left(its.operator);
        blow.fromBond = Math.min(its.amount, bond);
        uint256 others = _pending(its.operator) - its.amount;
        uint256 free = Math.min(blow.fromBond, bond > others ? bond - others : 0);
        blow.compensation = (free * _trades[its.module].terms.victimBps) / BPS;
        uint256 amount = Math.min(its.amount - blow.fromBond, blow.slashable);
        if (amount == 0) return blow;
        blow.reduction = Math.ceilDiv(amount * _left(its.operator), blow.answering);
        blow.fromFirst = _fromBucket(its.operator, its.epoch, amount, blow.answering);
        blow.fromSecond = _fromBucket(its.operator, its.epoch + 1, amount, blow.answering);
        uint256 rest = amount - blow.fromFirst - blow.fromSecond;
        blow.fromActive = Math.min(rest, _active[its.operator].assets);
    }

    function _fromStake(Blow memory blow) internal pure returns (uint256) {
        return blow.fromFirst + blow.fromSecond + blow.fromActive;
    }

    function _statusOf(uint256 id) internal view returns (ISlashCourt.Status) {
        Charge storage its = _charges[id];
        if (its.written != ISlashCourt.Status.Open) return its.written;
        if (its.felt) return ISlashCourt.Status.Vetoed;
        return _now() < its.readyAt + GRACE ? ISlashCourt.Status.Open : ISlashCourt.Status.Lapsed;
    }

    function _isVetoable(uint256 id) internal view returns (bool) {
        return _statusOf(id) == ISlashCourt.Status.Open && _now() < _charges[id].readyAt;
    }

    function _isExecutable(uint256 id) internal view returns (bool) {
        return _statusOf(id) == ISlashCourt.Status.Open && _now() >= _charges[id].readyAt;
    }

    function _isReleasable(uint256 id) internal view returns (bool) {
        return _charges[id].written == ISlashCourt.Status.Open && _statusOf(id) != ISlashCourt.Status.Open;
    }

    /// @dev What proposals may still take of an operator, until their epoch is over or somebody closes them.
    function _pending(uint256 operator) internal view returns (uint256 amount) {
        for (uint256 id = 1; id < _charges.length; ++id) {
            Charge storage its = _charges[id];
            if (its.operator != operator || its.written != ISlashCourt.Status.Open) continue;
            if ((its.readyAt + GRACE - GENESIS) / EPOCH >= _epoch()) amount += its.amount;
        }
    }

    /// @dev What a module may still take for an epoch, as magnitude.
    function _rest(uint256 operator, uint256 module, uint256 epoch) internal view returns (uint256) {
        uint256 whole = _given[operator][module][epoch] + _executed[operator][module][epoch];
        uint256 limit = (whole * _trades[module].terms.maxSlashBps) / BPS;
        return Math.saturatingSub(limit, _reserved[operator][module][epoch]);
    }

    /// @dev The magnitude of an amount, rounded up.
    function _partOf(uint256 operator, uint256 epoch, uint256 amount) internal view returns (uint256) {
        uint256 answering = _answering(operator, epoch);
        return answering == 0 ? 0 : Math.ceilDiv(amount * _left(operator), answering);
    }

    /// @dev Whether a proposal is for neither too much nor too little.
    function _isFitting(uint256 operator, uint256 module, uint256 epoch, uint256 amount) internal view returns (bool) {
        uint256 magnitude = _given[operator][module][epoch];
        uint256 answering = _answering(operator, epoch);
        if (magnitude == 0 || answering == 0) return false;
        uint256 part = _partOf(operator, epoch, amount);
        uint256 rest = _rest(operator, module, epoch);
        if (part > rest) return false;
        uint256 bps = Math.min(200, _trades[module].terms.maxSlashBps);
        if (part >= Math.ceilDiv(magnitude * bps, 2 * BPS)) return true;
        return amount != 0 && (amount + 1) * _left(operator) > rest * answering;
    }

    /// @dev The greatest of what an operator gives a module in all epochs that count.
    function _greatest(uint256 operator, uint256 module) internal view returns (uint256 value) {
        uint256 epoch = _epoch();
        for (uint256 i = epoch - 1; i <= epoch + 2; ++i) value = Math.max(value, _given[operator][module][i]);
    }

    function _boundBy(uint256 operator) internal view returns (uint256 magnitude) {
        for (uint256 m = 1; m < _trades.length; ++m) magnitude += _pledges[operator][m].bound;
    }

    function _noteLimit(Charge memory its) private {
        mapping(uint256 => uint256) storage limits = _limit[its.operator][its.module];
        if (limits[its.epoch] != 0) return;
        uint256 magnitude = _given[its.operator][its.module][its.epoch];
        limits[its.epoch] = (magnitude * _trades[its.module].terms.maxSlashBps) / BPS;
    }

    function _noteReduced(uint256 operator, uint256 module, uint256 magnitude) private {
        uint256 epoch = _epoch();
        mapping(uint256 => uint256) storage given = _given[operator][module];
        for (uint256 i = epoch - 1; i <= epoch + 2; ++i) given[i] = Math.saturatingSub(given[i], magnitude);
        Pledge storage pledge = _pledges[operator][module];
        pledge.later = Math.saturatingSub(pledge.later, magnitude);
        _noteSynced(operator, module);
    }

    /// @dev All that answers loses the same part, but for a few wei.
    function _noteAnswered(uint256 operator, Blow memory blow) private {
        uint256 left = blow.answering - _fromStake(blow);
        for (uint256 i = 0; i < ACTORS; ++i) {
            mapping(uint256 => uint256) storage answers = _answers[operator][_actor(i)];
            for (uint256 epoch = _epoch() - 1; epoch <= _epoch(); ++epoch) {
                uint256 rest = (answers[epoch] * left) / blow.answering;
                answers[epoch] = Math.saturatingSub(rest, 4);
            }
        }
    }

    function _fromBucket(
        uint256 operator,
        uint256 epoch,
        uint256 amount,
        uint256 answering
    ) private view returns (uint256) {
        uint256 assets = _bucket[operator][epoch].assets;
        return assets == 0 ? 0 : Math.min((amount * assets) / answering, assets - 1);
    }
}
