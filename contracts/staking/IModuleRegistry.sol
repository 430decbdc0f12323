// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIntakePause} from "../shared/IIntakePause.sol";
import {Membership} from "./Allocation.sol";
import {IOwnedIds} from "./IOwnedIds.sol";
import {IStakingClock} from "./IStakingClock.sol";
import {IStakingPool} from "./IStakingPool.sol";

/// @title IModuleRegistry
/// @notice The modules (decentralised infrastructure modules, DIMs) that stake secures, and how much of each operator's
/// stake secures which. A module's terms never change: other terms are another module.
///
/// ```
///            optIn             accept                     allocate, any number of times
///   None ───────────▶ Asked ───────────▶ Member ──────────────────────────────────────────▶ Member
///     │   (open module: at once)            │
///     ◀──────────── optOut, by either ──────┘
///
///   asked for in epoch e:      e - 1      e        e + 1             e + 2
///     more (n > v)              -         v        v                 n      nobody answers for it before e + 2
///     less (n < v)              -         v        n                 n      v stays bound until e + 2
/// ```
///
/// **Unique stake by magnitudes.** An operator has a magnitude of 1e16 at the start. An allocation is `m` of it, and
/// worth `stake x m / magnitude left`. All allocations together are never more than what is left, so no stake secures
/// two modules at once. A slash lowers the stake, the magnitude left and that module's part together, so no other
/// module's amount moves.
///
/// Modules are numbered from 1; 0 stands for staking itself. {ownerOf} says whose each is: he accepts operators and may
/// end their work, and nothing else.
interface IModuleRegistry is IIntakePause, IOwnedIds, IStakingClock {
    /// @notice Where a module is in its life.
    /// Active: operators can join. Retired: none can, and those who are there go on. Closed: it is over.
    enum ModuleStage {
        Active,
        Retired,
        Closed
    }

    /// @notice What a module is, for good.
    /// @param slashAuthority Who proposes slashes; not zero.
    /// @param window For how long a slash can be vetoed, in seconds; 2 to 4 days.
    /// @param maxSlashBps The most that all slashes for offences of one epoch may take of the operator's allocation, in
    /// basis points; 1 to 2,000. It is taken from his bond first, up to the whole bond: an operator trusts the modules
    /// he works for with it.
    /// @param minBondBps The least bond of an operator, in basis points of what his allocation is worth; at most
    /// 10,000. Asked for when an allocation rises, not when stake comes in later; one bond counts for all modules.
    /// @param victimBps What of a slashed bond goes to `victims`, in basis points; at most 5,000. Nothing of what other
    /// open proposals may still take of the bond, and nothing of what is taken from stakers: that is burned.
    /// @param open Every operator may work for it; otherwise its owner accepts each.
    /// @param resolver Who may veto slashes; neither zero nor the authority.
    /// @param minUserStake What {meetsMinStake} asks of a user, in wei.
    /// @param victims Who gets the victims' part; zero if, and only if, there is none.
    /// @param meter Who measures its users' consumption; zero for nobody. Not used by staking.
    struct Terms {
        address slashAuthority;
        uint32 window;
        uint16 maxSlashBps;
        uint16 minBondBps;
        uint16 victimBps;
        bool open;
        address resolver;
        uint96 minUserStake;
        address victims;
        address meter;
    }

    /// @notice How a module stands.
    /// @param bond What its owner gets back at the end, in wei.
    /// @param members How many operators work for it.
    /// @param lastLeft The last epoch in which one left who had an allocation that may still be slashed; 0 if none did.
    /// @param stage Where it is in its life.
    struct Standing {
        uint96 bond;
        uint32 members;
        uint32 lastLeft;
        ModuleStage stage;
    }

    /// @notice What an operator gives a module, seen from the running epoch.
    /// @param membership Whether he works for it.
    /// @param previous His magnitude for it in the epoch before, which may still be slashed.
    /// @param current In the running epoch.
    /// @param next In the next.
    /// @param later In all after that.
    struct AllocationView {
        Membership membership;
        uint64 previous;
        uint64 current;
        uint64 next;
        uint64 later;
    }

    /// @notice A module was registered; `uri` describes it to people, `burned` (wei) of what it brought is gone.
    event ModuleRegistered(uint32 indexed module, Terms terms, string uri, uint256 bond, uint256 burned);
    /// @notice No operator can join the module any more.
    event ModuleRetired(uint32 indexed module);
    /// @notice A module is over; `bond` (wei) was returned to `to`.
    event ModuleClosed(uint32 indexed module, address to, uint256 bond);
    /// @notice An operator's membership changed.
    event MembershipChanged(uint32 indexed operator, uint32 indexed module, Membership membership);
    /// @notice `magnitude` was asked for in `epoch`.
    event AllocationAsked(uint32 indexed operator, uint32 indexed module, uint256 magnitude, uint32 epoch);
    /// @notice A slash took `magnitude` from the module's part and from all that the operator has.
    event AllocationReduced(uint32 indexed operator, uint32 indexed module, uint256 magnitude);

    /// @notice `caller` may not do this.
    error ModuleRegistryUnauthorized(address caller);
    /// @notice A term's value lies outside its bounds.
    error ModuleRegistryTermOutOfBounds(string field, uint256 value, uint256 least, uint256 most);
    /// @notice A term's address is missing, or may not be that one.
    error ModuleRegistryInvalidAddress(string field, address value);
    /// @notice There is no such module.
    error ModuleRegistryUnknownModule(uint32 module);
    /// @notice The module's stage does not allow it.
    error ModuleRegistryNotActive(uint32 module, ModuleStage stage);
    /// @notice The module has operators, or the last one left too short a time ago: `earliest` is the first epoch in
    /// which it can be closed, 0 if not before all have left.
    error ModuleRegistryInUse(uint32 module, uint32 members, uint32 earliest);
    /// @notice That does not go from the operator's present membership.
    error ModuleRegistryWrongMembership(uint32 operator, uint32 module, Membership membership);
    /// @notice The operator's allocations would be more than what he has left.
    error ModuleRegistryOverAllocated(uint32 operator, uint256 used, uint256 total);
    /// @notice The operator's bond is below what the module asks for (wei).
    error ModuleRegistryInsufficientBond(uint32 operator, uint256 bond, uint256 least);
    /// @notice An allocation in `epoch` is not known any more.
    error ModuleRegistryUnknownEpoch(uint32 epoch);

    /// @notice Registers a module, owned by the caller, who brings {bondOfModules} in coin: a tenth is burned, the rest
    /// comes back with {closeModule}.
    /// @param terms For good.
    /// @param uri Describes it to people; kept in the event only.
    /// @return module Its number.
    /// Reverts with {ModuleRegistryTermOutOfBounds}, {ModuleRegistryInvalidAddress}, CurrencyWrongValue,
    /// {IIntakePause-IntakePauseActive}.
    function registerModule(Terms calldata terms, string calldata uri) external payable returns (uint32 module);

    /// @notice Lets no operator join a module any more, for good; only its owner. Those who work for it go on.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}, {ModuleRegistryNotActive}.
    function retireModule(uint32 module) external;

    /// @notice Ends a module for good and returns its bond; only its owner, from the second epoch after the one in
    /// which its last operator left. {retireModule} first, where strangers may join.
    /// @param to Who gets the bond.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}, {ModuleRegistryNotActive}, {ModuleRegistryInUse}.
    function closeModule(uint32 module, address payable to) external;

    /// @notice Asks to work for a module; only the operator's owner. An open module says yes at once.
    /// Reverts with {ModuleRegistryUnauthorized}, {ModuleRegistryUnknownModule}, {ModuleRegistryNotActive},
    /// {ModuleRegistryWrongMembership}.
    function optIn(uint32 operator, uint32 module) external;

    /// @notice Says yes to an operator who asked; only the module's owner.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}, {ModuleRegistryNotActive}, {ModuleRegistryWrongMembership}.
    function accept(uint32 operator, uint32 module) external;

    /// @notice Ends an operator's work for a module, or takes back that he asked; the operator's owner or the module's.
    /// His allocation answers through the running epoch.
    /// Reverts with {ModuleRegistryUnauthorized}, {ModuleRegistryWrongMembership}.
    function optOut(uint32 operator, uint32 module) external;

    /// @notice Asks for another allocation; only the operator's owner, while he works for the module. More begins at
    /// the start of the epoch after the next, less at the start of the next.
    /// @param magnitude Of 1e16; 0 for none.
    /// Reverts with {ModuleRegistryUnauthorized}, {ModuleRegistryWrongMembership}, {ModuleRegistryOverAllocated},
    /// {ModuleRegistryInsufficientBond}.
    function allocate(uint32 operator, uint32 module, uint64 magnitude) external;

    /// @notice Frees what of an operator's magnitude is bound no longer; anyone may call. {allocate} does the same for
    /// its own module.
    function sync(uint32 operator, uint32 module) external;

    /// @notice Takes what a slash took; only the court.
    /// Reverts with {ModuleRegistryUnauthorized}.
    function reduce(uint32 operator, uint32 module, uint256 magnitude) external;

    /// @notice The pool whose stake is shared out.
    function pool() external view returns (IStakingPool);

    /// @notice What a module brings, in wei.
    function bondOfModules() external view returns (uint96 amount);

    /// @notice A module's terms.
    function termsOf(uint32 module) external view returns (Terms memory terms);

    /// @notice How a module stands.
    function standingOf(uint32 module) external view returns (Standing memory standing);

    /// @notice What the court asks before a proposal.
    function slashingOf(
        uint32 module
    ) external view returns (address slashAuthority, uint32 window, uint16 maxSlashBps);

    /// @notice Who may veto a module's slashes.
    function resolverOf(uint32 module) external view returns (address resolver);

    /// @notice Who gets what of a slashed bond, in basis points.
    function victimsOf(uint32 module) external view returns (address victims, uint16 victimBps);

    /// @notice What an operator gives a module.
    function allocationOf(uint32 operator, uint32 module) external view returns (AllocationView memory allocation);

    /// @notice What an operator gave a module in an epoch, and all that he has left now.
    /// @param epoch The running one, the one before, or any later one.
    /// Reverts with {ModuleRegistryUnknownEpoch}.
    function magnitudeAt(
        uint32 operator,
        uint32 module,
        uint32 epoch
    ) external view returns (uint256 magnitude, uint256 total);

    /// @notice What of an operator's magnitude is bound, by allocations that answer, may still be slashed or are to
    /// come. May be too much until {sync} is called.
    function encumberedOf(uint32 operator) external view returns (uint64 magnitude);

    /// @notice What an operator has left of his magnitude.
    function totalOf(uint32 operator) external view returns (uint256 magnitude);

    /// @notice What a module could slash of an operator's stakers for an offence in the running epoch, before its own
    /// limits, in wei. His bond is taken first.
    function slashableOf(uint32 operator, uint32 module) external view returns (uint256 assets);

    /// @notice True if `account` has as much stake as the module asks of its users, with an operator who works for it.
    function meetsMinStake(uint32 module, address account, uint32 operator) external view returns (bool);
}
