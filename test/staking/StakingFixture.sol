// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {IotxBurner} from "../../contracts/shared/IotxBurner.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {ModuleRegistry} from "../../contracts/staking/ModuleRegistry.sol";
import {ModuleRewards} from "../../contracts/staking/ModuleRewards.sol";
import {SlashCourt} from "../../contracts/staking/SlashCourt.sol";
import {StakingPool} from "../../contracts/staking/StakingPool.sol";

/// @dev The staking contracts as the deploy module wires them, and who does what in most tests.
abstract contract StakingFixture is Test {
    uint48 internal constant GENESIS = 1_767_571_200;
    uint48 internal constant EPOCH = 7 days;
    uint96 internal constant MODULE_BOND = 1000 ether;
    uint16 internal constant BURN_BPS = 500;
    uint64 internal constant MAGNITUDE = 1e16;
    uint256 internal constant ALL = type(uint256).max;
    bytes32 internal constant EVIDENCE = keccak256("what the oracle saw");

    address internal constant OPERATOR_OWNER = address(0x0707);
    address internal constant AUTHORITY = address(0xA07);
    address internal constant RESOLVER = address(0x4E5);
    address internal constant VICTIMS = address(0xF1C);

    AccessManager internal _manager;
    IotxBurner internal _burner;
    StakingPool internal _pool;
    ModuleRegistry internal _registry;
    SlashCourt internal _court;
    ModuleRewards internal _rewards;

    /// @dev In the fifth epoch's first second. This contract is the admin, and so the guardian too.
    function _deployStaking() internal {
        vm.warp(GENESIS + 5 * EPOCH);
        _manager = new AccessManager(address(this));
        _burner = new IotxBurner();
        _pool = new StakingPool(address(_manager), GENESIS, _burner);
        _registry = new ModuleRegistry(address(_manager), _pool, MODULE_BOND);
        _court = new SlashCourt(address(_manager), _registry);
        _rewards = new ModuleRewards(address(_manager), _registry, BURN_BPS);
        _pool.bind(address(_registry), address(_court));
    }

    function _registerOperator(uint256 bond, uint16 commissionBps) internal returns (uint32 operator) {
        hoax(OPERATOR_OWNER, bond);
        return _pool.registerOperator{value: bond}(OPERATOR_OWNER, commissionBps, "");
    }

    /// @dev Open, with the longest window and the highest limits.
    function _terms() internal pure returns (IModuleRegistry.Terms memory terms) {
        terms.slashAuthority = AUTHORITY;
        terms.window = 4 days;
        terms.maxSlashBps = 2000;
        terms.victimBps = 5000;
        terms.open = true;
        terms.resolver = RESOLVER;
        terms.victims = VICTIMS;
    }

    function _registerModule(IModuleRegistry.Terms memory terms) internal returns (uint32 module) {
        hoax(AUTHORITY, MODULE_BOND);
        return _registry.registerModule{value: MODULE_BOND}(terms, "");
    }

    /// @dev Asked for now, it begins two epochs later.
    function _allocate(uint32 operator, uint32 module, uint64 magnitude) internal {
        vm.startPrank(OPERATOR_OWNER);
        _registry.optIn(operator, module);
        _registry.allocate(operator, module, magnitude);
        vm.stopPrank();
    }

    function _stake(address account, uint32 operator, uint256 amount) internal returns (uint256 shares) {
        hoax(account, amount);
        return _pool.stake{value: amount}(operator, ALL);
    }

    function _propose(uint32 module, uint32 operator, uint256 amount, uint256 time) internal returns (uint256 id) {
        vm.prank(AUTHORITY);
        return _court.propose(module, operator, uint96(amount), uint48(time), EVIDENCE);
    }

    /// @dev The first second of an epoch.
    function _startOf(uint256 epoch) internal pure returns (uint256) {
        return GENESIS + epoch * EPOCH;
    }
}
