// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IStakingPool} from "./IStakingPool.sol";
import {Pot} from "./Pot.sol";
import {StakingClock} from "./StakingClock.sol";
import {Active, Bond, Pending} from "./StakingRecords.sol";

/// @title StakingBook
/// @notice What is true of an operator's pool, by epoch: active stake, the buckets of those who leave, bond and open
/// proposals. Every record keeps the state in which it was last written; what it is by now is worked out on reading, so
/// nothing has to happen when an epoch ends.
abstract contract StakingBook is IStakingPool, StakingClock {
    mapping(uint32 operator => Active) internal _active;
    /// @dev What active stake was at the start of the epoch in which it was touched last.
    mapping(uint32 operator => Pot) private _starts;
    mapping(uint32 operator => mapping(uint32 epoch => Pot)) internal _buckets;
    mapping(uint32 operator => mapping(uint32 epoch => mapping(address account => uint256))) internal _exits;
    mapping(uint32 operator => Bond) internal _bonds;
    mapping(uint32 operator => Pending) internal _pending;

    /// @inheritdoc IStakingPool
    function votesOf(uint32 operator) external view returns (uint256 votes) {
        return _active[operator].pot().assets();
    }

    /// @inheritdoc IStakingPool
    function votesAt(uint32 operator, uint32 epoch_) external view returns (uint256 votes) {
        Active active = _existing(operator);
        uint32 oldest = active.epoch();
        require(epoch_ >= oldest && epoch_ <= epoch(), StakingPoolUnknownEpoch(epoch_, oldest));
        return _startOf(operator, active, epoch_).assets();
    }

    /// @inheritdoc IStakingPool
    function bondOf(uint32 operator) external view returns (uint256 bond) {
        return _bonds[operator].bond();
    }

    /// @inheritdoc IStakingPool
    function backingOf(uint32 operator) external view returns (uint256 stake, uint256 bond) {
        stake = _active[operator].pot().assets() + _buckets[operator][epoch()].assets();
        bond = _bonds[operator].bond();
    }

    /// @inheritdoc IStakingPool
    function exposureOf(uint32 operator) external view returns (uint256 assets) {
        return answeringOf(operator, epoch() - 1) + _bonds[operator].bond();
    }

    /// @inheritdoc IStakingPool
    function pendingOf(uint32 operator) public view returns (uint256 pending) {
        Pending record = _pending[operator].asOf(epoch());
        return record.current() + record.next();
    }

    /// @inheritdoc IStakingPool
    function rewardBasisOf(uint32 operator) external view returns (RewardBasis memory basis) {
        uint32 current = epoch();
        Pot start = _startOf(operator, _active[operator], current);
        Bond bond = _bonds[operator].asOf(current);
        return RewardBasis(start.assets(), start.shares(), Math.min(bond.bond(), bond.start()), bond.commission());
    }

    /// @inheritdoc IStakingPool
    function answeringOf(uint32 operator, uint32 epoch_) public view returns (uint256 assets) {
        mapping(uint32 => Pot) storage buckets = _buckets[operator];
        return _active[operator].pot().assets() + buckets[epoch_].assets() + buckets[epoch_ + 1].assets();
    }

    /// @dev Writes active stake; the first time in an epoch, what it was before is kept as the epoch's start.
    function _setActive(uint32 operator, Active before, Pot pot) internal {
        uint32 current = epoch();
        if (before.epoch() != current) _starts[operator] = before.pot();
        _active[operator] = before.withPot(current, pot);
    }

    /// @dev Puts `assets` (wei) of the caller's into the bucket of the running epoch.
    function _addExit(uint32 operator, uint256 assets) internal returns (uint256 exitShares) {
        uint32 current = epoch();
        Pot pot;
        (pot, exitShares) = _buckets[operator][current].deposit(assets);
        _buckets[operator][current] = pot;
        _exits[operator][current][msg.sender] += exitShares;
    }

    function _existing(uint32 operator) internal view returns (Active active) {
        active = _active[operator];
        require(active.epoch() != 0, StakingPoolUnknownOperator(operator));
    }

    function _startOf(uint32 operator, Active active, uint32 epoch_) private view returns (Pot) {
        return active.epoch() == epoch_ ? _starts[operator] : active.pot();
    }
}
