// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModuleRegistry} from "./IModuleRegistry.sol";
import {IStakingClock} from "./IStakingClock.sol";
import {IStakingPool} from "./IStakingPool.sol";

/// @title ISlashCourt
/// @notice Where stake is slashed. A module's slash authority proposes; for the module's window its resolver, or the
/// suite's guardian, may veto; then anyone may carry it out for a day; or it lapses.
///
/// ```
///   offence          propose                    readyAt = propose + window      + 1 day
///      │                │                              │                           │
///      ●────────────────●──────── veto ────────────────●───────── execute ─────────●── lapsed
///      │                                                                           │
///      ├──────────────────────── at most 7 days ──────────────────────────────────▶│
///
///            ┌── veto, vetoAsGuardian, vetoAll (before readyAt) ──▶ Vetoed
///   Open ────┼── execute (from readyAt, for a day) ───────────────▶ Executed
///            └── time ────────────────────────────────────────────▶ Lapsed
/// ```
///
/// Because the last moment of execution lies within seven days of the offence, it lies in the offence's epoch or the
/// next: nothing that answers for it can have matured before. Nothing here can be paused.
///
/// The limit of a proposal is that of its module, operator and offence epoch, by the allocation at the time it is made:
/// for one epoch the order of proposals makes no difference, for two epochs it makes a little.
///
/// A slash takes the operator's bond first. Of that, the victims' part is credited; everything else is burned, and all
/// that comes from stakers: so an operator, his module and their friends together always lose by it.
interface ISlashCourt is IStakingClock {
    /// @notice Where a proposal is in its life.
    enum Status {
        None,
        Open,
        Vetoed,
        Executed,
        Lapsed
    }

    /// @notice A proposal to slash.
    /// @param amount In wei.
    /// @param operator Who is to be slashed.
    /// @param module For which module.
    /// @param epoch The epoch of the offence.
    /// @param readyAt The end of the veto window, in seconds: until then it may be vetoed, from then on carried out.
    /// @param status As far as it was written down; {statusOf} knows more.
    /// @param magnitude What it reserves of the most that may be taken.
    struct Proposal {
        uint96 amount;
        uint32 operator;
        uint32 module;
        uint32 epoch;
        uint48 readyAt;
        Status status;
        uint64 magnitude;
    }

    /// @notice A slash was proposed; `evidenceHash` names what proves the offence.
    event SlashProposed(
        uint256 indexed id,
        uint32 indexed module,
        uint32 indexed operator,
        uint256 amount,
        uint48 offenceTime,
        uint48 readyAt,
        bytes32 evidenceHash
    );
    /// @notice A proposal was vetoed by `by`.
    event SlashVetoed(uint256 indexed id, address by);
    /// @notice All open proposals of a module that can still be vetoed were.
    event ModuleVetoed(uint32 indexed module);
    /// @notice A proposal was carried out: amounts in wei, from the bond and from stakers.
    event SlashExecuted(uint256 indexed id, uint256 fromBond, uint256 fromStake);
    /// @notice What a proposal reserved that was never carried out is free again.
    event SlashReleased(uint256 indexed id, Status status);

    /// @notice `caller` may not do this.
    error SlashCourtUnauthorized(address caller);
    /// @notice The offence lies in the future (seconds).
    error SlashCourtFutureOffence(uint48 offenceTime);
    /// @notice The offence lies too far back: it could not be punished any more before `earliest` (seconds).
    error SlashCourtTooLate(uint48 offenceTime, uint48 earliest);
    /// @notice The operator had nothing at stake for the module in that epoch.
    error SlashCourtNothingAtStake(uint32 operator, uint32 module, uint32 epoch);
    /// @notice More than the module may still take for that epoch, both as magnitude.
    error SlashCourtAboveLimit(uint256 magnitude, uint256 rest);
    /// @notice Less than a hundredth of the allocation and than half of the limit, and not all the rest; as magnitude.
    error SlashCourtTooSmall(uint256 magnitude, uint256 least);
    /// @notice The proposal's state does not allow it.
    error SlashCourtWrongStatus(uint256 id, Status status);
    /// @notice The veto window ends at `readyAt` (seconds): before it nothing is carried out, after it nothing vetoed.
    error SlashCourtWrongTime(uint256 id, uint48 readyAt);

    /// @notice Proposes to slash an operator; only the module's slash authority.
    /// @param amount In wei: at least a hundredth of the operator's allocation or half of the module's limit, whichever
    /// is less; or all that the module may still take.
    /// @param offenceTime When he did it, in seconds: not later than now, and so that window and a day end within seven
    /// days of it.
    /// @param evidenceHash Names what proves it; kept in the event only.
    /// @return id The proposal's number, from 1.
    /// Reverts with {SlashCourtUnauthorized}, {SlashCourtFutureOffence}, {SlashCourtTooLate},
    /// {SlashCourtNothingAtStake}, {SlashCourtAboveLimit}, {SlashCourtTooSmall}.
    function propose(
        uint32 module,
        uint32 operator,
        uint96 amount,
        uint48 offenceTime,
        bytes32 evidenceHash
    ) external returns (uint256 id);

    /// @notice Vetoes a proposal before the end of its window; only the module's resolver.
    /// Reverts with {SlashCourtUnauthorized}, {SlashCourtWrongStatus}, {SlashCourtWrongTime}.
    function veto(uint256 id) external;

    /// @notice As {veto}, by the suite's guardian.
    /// Reverts with AccessManagedUnauthorized, {SlashCourtWrongStatus}, {SlashCourtWrongTime}.
    function vetoAsGuardian(uint256 id) external;

    /// @notice Vetoes all proposals of a module that can be vetoed now; only the suite's guardian. {release} then frees
    /// each one's reservation.
    /// Reverts with AccessManagedUnauthorized.
    function vetoAll(uint32 module) external;

    /// @notice Carries a proposal out, within a day after its window; anyone may call. Takes what there is, up to its
    /// amount.
    /// @return fromBond In wei.
    /// @return fromStake In wei.
    /// Reverts with {SlashCourtWrongStatus}, {SlashCourtWrongTime}.
    function execute(uint256 id) external returns (uint256 fromBond, uint256 fromStake);

    /// @notice Frees what a proposal reserved that has lapsed, or fell to {vetoAll}; anyone may call.
    /// Reverts with {SlashCourtWrongStatus}.
    function release(uint256 id) external;

    /// @notice Whose stake is slashed.
    function pool() external view returns (IStakingPool);

    /// @notice Whose terms hold.
    function registry() external view returns (IModuleRegistry);

    /// @notice How many proposals there are: they run from 1 to this.
    function count() external view returns (uint256 proposals);

    /// @notice A proposal, as written down.
    function proposalOf(uint256 id) external view returns (Proposal memory proposal);

    /// @notice Where a proposal is in its life, now. Once it is anything but open, it stays that for good.
    function statusOf(uint256 id) external view returns (Status status);

    /// @notice The most that a module may propose now against an operator for an offence in `epoch`, in wei; 0 if it is
    /// too late for that epoch.
    function proposableOf(uint32 module, uint32 operator, uint32 epoch) external view returns (uint256 amount);
}
