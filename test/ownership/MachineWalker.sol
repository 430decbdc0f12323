// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {MachineModel} from "./MachineModel.sol";

/// @dev How a walk over machines chooses who acts on what, and how it judges what came of it.
abstract contract MachineWalker is MachineModel {
    string internal constant OWN_01 = "OWN-01";
    string internal constant OWN_02 = "OWN-02";
    string internal constant OWN_03 = "OWN-03";
    string internal constant OWN_05 = "OWN-05";
    string internal constant OWN_06 = "OWN-06";
    string internal constant OWN_07 = "OWN-07";
    string internal constant OWN_08 = "OWN-08";
    string internal constant OWN_09 = "OWN-09";
    string internal constant OWN_10 = "OWN-10";
    string internal constant OWN_11 = "OWN-11";

    struct Tally {
        uint256 attempts;
        uint256 successes;
    }

    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;
    /// @dev How often a walk came to what few acts in a row lead to.
    mapping(string situation => uint256 times) public met;
    /// @dev Acts so far.
    uint256 public steps;
    bytes internal _answer;

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 successes) {
        return (_tallies[action].attempts, _tallies[action].successes);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function _act(address sender, address target, uint256 value, bytes memory data) internal returns (bool success) {
        vm.prank(sender);
        (success, _answer) = target.call{value: value}(data);
    }

    function _onOfferings(address sender, bytes memory data) internal returns (bool success) {
        return _act(sender, address(_offerings), 0, data);
    }

    function _onShares(uint256 m, address sender, bytes memory data) internal returns (bool success) {
        return _act(sender, address(_machines[m].shares), 0, data);
    }

    function _judge(bool success, bool expected, string memory property) internal {
        ++steps;
        ++_tallies[msg.sig].attempts;
        if (success) ++_tallies[msg.sig].successes;
        if (success && !expected) _breach(property, "succeeded and must not");
        if (!success && expected) _breach(property, string.concat("failed and must not: ", vm.toString(_answer)));
    }

    function _breach(string memory property, string memory what) internal {
        _breaches[property] = string.concat(what, ": ", vm.toString(abi.encodePacked(msg.sig)));
    }

    function _same(uint256 one, uint256 other, string memory property, string memory what) internal {
        if (one == other) return;
        string memory numbers = string.concat(" ", vm.toString(one), " and not ", vm.toString(other));
        _breach(property, string.concat(what, numbers));
    }

    /// @dev A machine that is as wanted, if there is any; at times any.
    function _machine(uint256 seed, function(uint256) view returns (bool) wanted) internal view returns (uint256) {
        uint256 start = _word(seed, "machine");
        uint256 count = _machines.length;
        for (uint256 i = 0; i < count && start % 24 != 0; ++i) {
            if (wanted((start / 24 + i) % count)) return (start / 24 + i) % count;
        }
        return start % count;
    }

    /// @dev A milestone, a ballot or a bid of any machine that is as wanted, if there is any; at times any.
    function _pair(
        uint256 seed,
        function(uint256) view returns (uint256) countOf,
        function(uint256, uint256) view returns (bool) wanted
    ) internal view returns (uint256 m, uint256 index) {
        uint256 start = _word(seed, "pair");
        for (uint256 i = 0; i < _machines.length && start % 24 != 0; ++i) {
            m = (start / 24 + i) % _machines.length;
            for (uint256 j = 0; j < countOf(m); ++j) if (wanted(m, j)) return (m, j);
        }
        for (m = start % _machines.length; countOf(m) == 0 && m > 0;) --m;
        return (m, 0);
    }

    function _any(function(uint256) view returns (bool) wanted) internal view returns (bool) {
        for (uint256 m = 0; m < _machines.length; ++m) if (wanted(m)) return true;
        return false;
    }

    function _anyPair(
        function(uint256) view returns (uint256) countOf,
        function(uint256, uint256) view returns (bool) wanted
    ) internal view returns (bool) {
        for (uint256 m = 0; m < _machines.length; ++m) {
            for (uint256 i = 0; i < countOf(m); ++i) if (wanted(m, i)) return true;
        }
        return false;
    }

    function _stepCount(uint256 m) internal view returns (uint256) {
        return _stepsOf[m].length;
    }

    function _ballotCount(uint256 m) internal view returns (uint256) {
        return _ballotsOf[m].length;
    }

    function _bidCount(uint256 m) internal view returns (uint256) {
        return _bidsOf[m].length;
    }

    function _isOpenable(uint256 m) internal view returns (bool) {
        Ghost storage ghost = _machines[m];
        bool owned = _devices.controllerOf(ghost.deviceId) == ghost.seller;
        return ghost.mark == Mark.Draft && _now() < _termsOf[m].end && owned;
    }

    function _isCancellable(uint256 m) internal view returns (bool) {
        return _machines[m].mark == Mark.Open && _now() < _termsOf[m].start;
    }

    function _isOpen(uint256 m) internal view returns (bool) {
        return _isStatus(m, IMachineOfferings.Status.Open);
    }

    function _isSelling(uint256 m) internal view returns (bool) {
        return _isOpen(m) && _now() >= _termsOf[m].start;
    }

    function _isFunded(uint256 m) internal view returns (bool) {
        return _isStatus(m, IMachineOfferings.Status.Funded);
    }

    function _isReclaimable(uint256 m) internal view returns (bool) {
        return _machines[m].mark == Mark.Open && _isStatus(m, IMachineOfferings.Status.Failed);
    }

    function _isRefundable(uint256 m) internal view returns (bool) {
        return _isStatus(m, IMachineOfferings.Status.Failed) && _machines[m].sold * _termsOf[m].price != _refunded(m);
    }

    function _isActive(uint256 m) internal view returns (bool) {
        return _stageOf(m) == IMachineShares.Stage.Active;
    }

    function _isMoving(uint256 m) internal view returns (bool) {
        return _isActive(m) || _stageOf(m) == IMachineShares.Stage.Retired;
    }

    function _isEarning(uint256 m) internal view returns (bool) {
        return _machines[m].mark == Mark.Final;
    }

    /// @dev Nobody's shares are where they cannot be gathered from.
    function _isGatherable(uint256 m) internal view returns (bool) {
        Ghost storage ghost = _machines[m];
        bool vested = _balance[m][address(_offerings)] == ghost.forfeited;
        return _isActive(m) && vested && _balance[m][address(ghost.shares)] == 0;
    }

    function _isStep(uint256 m, uint256 step, IMachineOfferings.MilestoneStatus status) internal view returns (bool) {
        bool releasing = _isStatus(m, IMachineOfferings.Status.Releasing);
        return releasing && step < _stepsOf[m].length && _stepsOf[m][step].status == status;
    }

    function _isReachable(uint256 m, uint256 step) internal view returns (bool) {
        bool pending = _isStep(m, step, IMachineOfferings.MilestoneStatus.Pending) && _isActive(m);
        return pending && _now() <= _stepsOf[m][step].deadline;
    }

    function _isClaimed(uint256 m, uint256 step) internal view returns (bool) {
        return _isStep(m, step, IMachineOfferings.MilestoneStatus.Claimed);
    }

    function _isStoppable(uint256 m, uint256 step) internal view returns (bool) {
        return _isClaimed(m, step) && _now() < _vetoEnd(m, step);
    }

    function _isReleasable(uint256 m, uint256 step) internal view returns (bool) {
        return _isClaimed(m, step) && _now() >= _vetoEnd(m, step);
    }

    function _isExpirable(uint256 m, uint256 step) internal view returns (bool) {
        bool pending = _isStep(m, step, IMachineOfferings.MilestoneStatus.Pending);
        return pending && (_now() > _stepsOf[m][step].deadline || !_isActive(m));
    }

    function _isVoting(uint256 m, uint256 index) internal view returns (bool) {
        return _now() <= _votingEnd(m, index + 1);
    }

    function _isExecutable(uint256 m, uint256 index) internal view returns (bool) {
        Ballot storage ballot = _ballotsOf[m][index];
        uint256 from = _votingEnd(m, index + 1) + 1 days;
        if (ballot.executed || _now() <= from || _now() > from + 14 days || !_isActive(m)) return false;
        if (!_hasPassed(m, index + 1) || index + 1 < _newest[m][ballot.motion]) return false;
        if (ballot.motion == IMachineShares.Motion.Retire) return true;
        if (ballot.motion == IMachineShares.Motion.SetOperator) {
            address named = abi.decode(ballot.payload, (address));
            return named != address(0) && named != address(_machines[m].shares) && named != address(_offerings);
        }
        Escrow storage its = _bidsOf[m][abi.decode(ballot.payload, (uint256)) - 1];
        return !its.gone && _now() <= its.expiry;
    }

    /// @dev A bid that may yet be voted on.
    function _isVotable(uint256 m, uint256 index) internal view returns (bool) {
        Escrow storage its = _bidsOf[m][index];
        bool fresh = !its.gone && its.proposalId == 0 && _isActive(m);
        return fresh && its.expiry >= _now() + _rulesOf[m].votingPeriod + 2 days;
    }

    function _isWithdrawable(uint256 m, uint256 index) internal view returns (bool) {
        Escrow storage its = _bidsOf[m][index];
        if (its.gone) return false;
        if (!_isActive(m) || _now() > its.expiry) return true;
        if (its.proposalId == 0) return false;
        uint256 end = _votingEnd(m, its.proposalId);
        return _now() > end + 15 days || (_now() > end && !_hasPassed(m, its.proposalId));
    }

    function _refunded(uint256 m) internal view returns (uint256) {
        return _machines[m].refunded;
    }

    function _someone(uint256 seed, string memory part) internal view returns (address) {
        return _actor(_word(seed, part) % ACTORS);
    }

    /// @dev Somebody who has shares, if anybody has; at times anybody.
    function _holder(uint256 seed, uint256 m) internal view returns (address) {
        uint256 start = _word(seed, "holder");
        for (uint256 i = 0; i < ACTORS && start % 16 != 0; ++i) {
            address account = _actor((start / 16 + i) % ACTORS);
            if (_balance[m][account] != 0) return account;
        }
        return _actor(start % ACTORS);
    }

    function _orStranger(uint256 seed, address right) internal view returns (address) {
        return _word(seed, "sender") % 8 == 0 ? _someone(seed, "stranger") : right;
    }

    function _word(uint256 seed, string memory part) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, part)));
    }
}
