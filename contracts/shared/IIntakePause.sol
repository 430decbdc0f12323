// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IIntakePause
/// @notice A guardian may stop a contract from taking money in, for at most 14 days in any 60. Nothing else is ever
/// paused: what is inside can always leave.
///
/// ```
///   first pause                              first pause again
///       ├── 14 days ──┤                            ├── 14 days ──┤
///       │ pause, end it, pause again at will       │
///       ├──────────────── 60 days ────────────────▶│
/// ```
interface IIntakePause {
    /// @notice Intake is paused until a time (seconds).
    event IntakePaused(uint48 until);
    /// @notice Intake goes on.
    event IntakeResumed();

    /// @notice Nothing is taken in before `until` (seconds).
    error IntakePauseActive(uint48 until);
    /// @notice A pause ends in the future, and by `latest` (seconds) at most; if that lies in the past, there is no
    /// pause before 60 days have passed since the last series began.
    error IntakePauseTooLong(uint48 until, uint256 latest);

    /// @notice Pauses intake, or changes until when; only GUARDIAN.
    /// @param until First second of intake, later than now.
    /// Reverts with {IntakePauseTooLong}, AccessManagedUnauthorized.
    function pauseIntake(uint48 until) external;

    /// @notice Ends a pause; only GUARDIAN.
    /// Reverts with AccessManagedUnauthorized.
    function resumeIntake() external;

    /// @notice First second at which intake is open: not after now if it is.
    function intakePausedUntil() external view returns (uint48 timestamp);
}
