// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IIntakePause} from "./IIntakePause.sol";

/// @title IntakePause
/// @notice See {IIntakePause}.
abstract contract IntakePause is IIntakePause, AccessManaged {
    /// @dev Any 60 days touch at most two series of pauses, whose parts in it add up to 14 days at most.
    uint256 private constant MAX_PAUSE = 14 days;
    uint256 private constant PAUSE_INTERVAL = 60 days;

    uint48 private _seriesStart;
    uint48 private _pausedUntil;

    modifier whenIntakeOpen() {
        require(block.timestamp >= _pausedUntil, IntakePauseActive(_pausedUntil));
        _;
    }

    /// @inheritdoc IIntakePause
    function pauseIntake(uint48 until) external restricted {
        uint256 start = _seriesStart;
        if (start == 0 || block.timestamp >= start + PAUSE_INTERVAL) start = block.timestamp;
        uint256 latest = start + MAX_PAUSE;
        require(until > block.timestamp && until <= latest, IntakePauseTooLong(until, latest));
        _seriesStart = uint48(start);
        _pausedUntil = until;
        emit IntakePaused(until);
    }

    /// @inheritdoc IIntakePause
    function resumeIntake() external restricted {
        _pausedUntil = 0;
        emit IntakeResumed();
    }

    /// @inheritdoc IIntakePause
    function intakePausedUntil() external view returns (uint48 timestamp) {
        return _pausedUntil;
    }
}
