// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {CurrencyLibrary} from "../shared/Currency.sol";
import {IntakePause} from "../shared/IntakePause.sol";
import {Allocation, Membership} from "./Allocation.sol";
import {IModuleRegistry} from "./IModuleRegistry.sol";
import {IStakingPool} from "./IStakingPool.sol";
import {Magnitudes} from "./Magnitudes.sol";
import {OwnedIds} from "./OwnedIds.sol";
import {StakingClock} from "./StakingClock.sol";

/// @title ModuleRegistry
/// @notice See {IModuleRegistry}.
contract ModuleRegistry is IModuleRegistry, OwnedIds, StakingClock, IntakePause {
    uint256 private constant BPS = 10_000;
    /// @dev What of a module's bond is burned.
    uint256 private constant BURN_BPS = 1000;
    uint256 private constant MIN_WINDOW = 2 days;
    uint256 private constant MAX_WINDOW = 4 days;
    uint256 private constant MAX_SLASH_BPS = 2000;
    uint256 private constant MAX_VICTIM_BPS = 5000;
    /// @dev Epochs after which nothing that an operator did for a module can be slashed.
    uint32 private constant ANSWERING_EPOCHS = 2;

    /// @dev What an operator has lost of his magnitude, and what of the rest is bound.
    struct Magnitude {
        uint64 lost;
        uint64 used;
    }

    /// @inheritdoc IModuleRegistry
    IStakingPool public immutable pool;

    /// @inheritdoc IModuleRegistry
    uint96 public immutable bondOfModules;

    mapping(uint32 module => Terms) private _terms;
    mapping(uint32 module => Standing) private _standings;
    mapping(uint32 operator => Magnitude) private _magnitudes;
    mapping(uint32 operator => mapping(uint32 module => Allocation)) private _allocations;

    modifier onlyOperator(uint32 operator) {
        require(msg.sender == pool.ownerOf(operator), ModuleRegistryUnauthorized(msg.sender));
        _;
    }

    /// @param authority The suite's access manager; its guardian may pause intake.
    /// @param pool_ Whose stake is shared out; its court alone slashes.
    /// @param bondOfModules_ What a module brings, in wei.
    constructor(
        address authority,
        IStakingPool pool_,
        uint96 bondOfModules_
    ) AccessManaged(authority) StakingClock(pool_.genesis()) {
        pool = pool_;
        bondOfModules = bondOfModules_;
    }

    /// @inheritdoc IModuleRegistry
    function registerModule(
        Terms calldata terms,
        string calldata uri
    ) external payable whenIntakeOpen returns (uint32 module) {
        _checkTerms(terms);
        CurrencyLibrary.NATIVE.take(msg.sender, bondOfModules);
        module = _create(msg.sender);
        _terms[module] = terms;
        uint256 burned = (bondOfModules * BURN_BPS) / BPS;
        uint96 bond = uint96(bondOfModules - burned);
        _standings[module].bond = bond;
        emit ModuleRegistered(module, terms, uri, bond, burned);
        pool.burner().burn{value: burned}();
    }

    /// @inheritdoc IModuleRegistry
    function retireModule(uint32 module) external onlyOwnerOf(module) {
        _checkActive(module);
        _standings[module].stage = ModuleStage.Retired;
        emit ModuleRetired(module);
    }

    /// @inheritdoc IModuleRegistry
    function closeModule(uint32 module, address payable to) external onlyOwnerOf(module) {
        Standing memory standing = _standings[module];
        require(standing.stage != ModuleStage.Closed, ModuleRegistryNotActive(module, standing.stage));
        uint32 earliest = standing.members != 0 ? 0 : standing.lastLeft + ANSWERING_EPOCHS;
        bool unused = standing.members == 0 && epoch() >= earliest;
        require(unused, ModuleRegistryInUse(module, standing.members, earliest));
        _standings[module].stage = ModuleStage.Closed;
        _standings[module].bond = 0;
        emit ModuleClosed(module, to, standing.bond);
        CurrencyLibrary.NATIVE.pay(to, standing.bond);
    }

    /// @inheritdoc IModuleRegistry
    function optIn(uint32 operator, uint32 module) external onlyOperator(operator) {
        _checkMembership(operator, module, Membership.None);
        require(ownerOf[module] != address(0), ModuleRegistryUnknownModule(module));
        _checkActive(module);
        if (_terms[module].open) _admit(operator, module);
        else _setMembership(operator, module, Membership.Asked);
    }

    /// @inheritdoc IModuleRegistry
    function accept(uint32 operator, uint32 module) external onlyOwnerOf(module) {
        _checkMembership(operator, module, Membership.Asked);
        _checkActive(module);
        _admit(operator, module);
    }

    /// @inheritdoc IModuleRegistry
    function optOut(uint32 operator, uint32 module) external {
        bool either = msg.sender == ownerOf[module] || msg.sender == pool.ownerOf(operator);
        require(either, ModuleRegistryUnauthorized(msg.sender));
        Membership membership = _allocations[operator][module].membership();
        require(membership != Membership.None, ModuleRegistryWrongMembership(operator, module, membership));
        if (membership == Membership.Member) {
            --_standings[module].members;
            _ask(operator, module, 0);
            // Who bound nothing has nothing that could still be slashed, so the module does not wait for it.
            if (_allocations[operator][module].greatest() != 0) _standings[module].lastLeft = epoch();
        }
        _setMembership(operator, module, Membership.None);
    }

    /// @inheritdoc IModuleRegistry
    function allocate(uint32 operator, uint32 module, uint64 magnitude) external onlyOperator(operator) {
        _checkMembership(operator, module, Membership.Member);
        uint256 total = totalOf(operator);
        require(magnitude <= total, ModuleRegistryOverAllocated(operator, magnitude, total));
        bool rises = _ask(operator, module, magnitude);
        if (!rises) return;
        uint256 used = _magnitudes[operator].used;
        require(used <= total, ModuleRegistryOverAllocated(operator, used, total));
        (uint256 stake, uint256 bond) = pool.backingOf(operator);
        uint256 worth = (stake * magnitude) / total;
        uint256 least = Math.ceilDiv(worth * _terms[module].minBondBps, BPS);
        require(bond >= least, ModuleRegistryInsufficientBond(operator, bond, least));
    }

    /// @inheritdoc IModuleRegistry
    function sync(uint32 operator, uint32 module) external {
        Allocation before = _allocations[operator][module];
        _store(operator, module, before, before.asOf(epoch()));
    }

    /// @inheritdoc IModuleRegistry
    function reduce(uint32 operator, uint32 module, uint256 magnitude) external {
        require(msg.sender == pool.court(), ModuleRegistryUnauthorized(msg.sender));
        Allocation before = _allocations[operator][module];
        _store(operator, module, before, before.asOf(epoch()).reduce(magnitude));
        _magnitudes[operator].lost += uint64(magnitude);
        emit AllocationReduced(operator, module, magnitude);
    }

    /// @inheritdoc IModuleRegistry
    function termsOf(uint32 module) external view returns (Terms memory terms) {
        return _terms[module];
    }

    /// @inheritdoc IModuleRegistry
    function standingOf(uint32 module) external view returns (Standing memory standing) {
        return _standings[module];
    }

    /// @inheritdoc IModuleRegistry
    function slashingOf(
        uint32 module
    ) external view returns (address slashAuthority, uint32 window, uint16 maxSlashBps) {
        Terms storage terms = _terms[module];
        return (terms.slashAuthority, terms.window, terms.maxSlashBps);
    }

    /// @inheritdoc IModuleRegistry
    function resolverOf(uint32 module) external view returns (address resolver) {
        return _terms[module].resolver;
    }

    /// @inheritdoc IModuleRegistry
    function victimsOf(uint32 module) external view returns (address victims, uint16 victimBps) {
        Terms storage terms = _terms[module];
        return (terms.victims, terms.victimBps);
    }

    /// @inheritdoc IModuleRegistry
    function allocationOf(uint32 operator, uint32 module) external view returns (AllocationView memory allocation) {
        uint32 current = epoch();
        Allocation its = _allocations[operator][module];
        allocation.membership = its.membership();
        allocation.previous = uint64(its.valueAt(current - 1));
        allocation.current = uint64(its.valueAt(current));
        allocation.next = uint64(its.valueAt(current + 1));
        allocation.later = uint64(its.valueAt(current + 2));
    }

    /// @inheritdoc IModuleRegistry
    function magnitudeAt(
        uint32 operator,
        uint32 module,
        uint32 epoch_
    ) external view returns (uint256 magnitude, uint256 total) {
        Allocation its = _allocations[operator][module];
        require(epoch_ + 1 >= its.epoch(), ModuleRegistryUnknownEpoch(epoch_));
        return (its.valueAt(epoch_), totalOf(operator));
    }

    /// @inheritdoc IModuleRegistry
    function encumberedOf(uint32 operator) external view returns (uint64 magnitude) {
        return _magnitudes[operator].used;
    }

    /// @inheritdoc IModuleRegistry
    function slashableOf(uint32 operator, uint32 module) external view returns (uint256 assets) {
        uint256 total = totalOf(operator);
        if (total == 0) return 0;
        uint32 current = epoch();
        uint256 magnitude = _allocations[operator][module].valueAt(current);
        (uint256 stake, ) = pool.backingOf(operator);
        return (stake * magnitude) / total;
    }

    /// @inheritdoc IModuleRegistry
    function meetsMinStake(uint32 module, address account, uint32 operator) external view returns (bool) {
        return
            _allocations[operator][module].membership() == Membership.Member &&
            pool.stakeOf(operator, account) >= _terms[module].minUserStake;
    }

    /// @inheritdoc IModuleRegistry
    function totalOf(uint32 operator) public view returns (uint256 magnitude) {
        return Magnitudes.START - _magnitudes[operator].lost;
    }

    function _admit(uint32 operator, uint32 module) private {
        ++_standings[module].members;
        _setMembership(operator, module, Membership.Member);
    }

    function _setMembership(uint32 operator, uint32 module, Membership membership) private {
        _allocations[operator][module] = _allocations[operator][module].withMembership(membership);
        emit MembershipChanged(operator, module, membership);
    }

    /// @return rises Whether it is more than what he gave the module in the end before.
    function _ask(uint32 operator, uint32 module, uint64 magnitude) private returns (bool rises) {
        uint32 current = epoch();
        Allocation before = _allocations[operator][module];
        _store(operator, module, before, before.asOf(current).ask(magnitude));
        emit AllocationAsked(operator, module, magnitude, current);
        return magnitude > before.valueAt(current + 2);
    }

    /// @dev `used` has counted the record's greatest value since it was written.
    function _store(uint32 operator, uint32 module, Allocation before, Allocation updated) private {
        _allocations[operator][module] = updated;
        Magnitude storage its = _magnitudes[operator];
        its.used = uint64(its.used - before.greatest() + updated.greatest());
    }

    function _checkActive(uint32 module) private view {
        ModuleStage stage = _standings[module].stage;
        require(stage == ModuleStage.Active, ModuleRegistryNotActive(module, stage));
    }

    function _checkMembership(uint32 operator, uint32 module, Membership needed) private view {
        Membership membership = _allocations[operator][module].membership();
        require(membership == needed, ModuleRegistryWrongMembership(operator, module, membership));
    }

    function _checkTerms(Terms calldata terms) private pure {
        _checkAddress("slashAuthority", terms.slashAuthority, terms.slashAuthority != address(0));
        _checkAddress(
            "resolver",
            terms.resolver,
            terms.resolver != address(0) && terms.resolver != terms.slashAuthority
        );
        _checkAddress("victims", terms.victims, (terms.victims == address(0)) == (terms.victimBps == 0));
        _checkBounds("window", terms.window, MIN_WINDOW, MAX_WINDOW);
        _checkBounds("maxSlashBps", terms.maxSlashBps, 1, MAX_SLASH_BPS);
        _checkBounds("minBondBps", terms.minBondBps, 0, BPS);
        _checkBounds("victimBps", terms.victimBps, 0, MAX_VICTIM_BPS);
    }

    function _checkAddress(string memory field, address value, bool valid) private pure {
        require(valid, ModuleRegistryInvalidAddress(field, value));
    }

    function _checkBounds(string memory field, uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, ModuleRegistryTermOutOfBounds(field, value, least, most));
    }
}
