// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IntakePause} from "../shared/IntakePause.sol";
import {IModuleRegistry} from "./IModuleRegistry.sol";
import {ISlashCourt} from "./ISlashCourt.sol";
import {IStakingPool} from "./IStakingPool.sol";
import {OwnedIds} from "./OwnedIds.sol";
import {Pot} from "./Pot.sol";
import {StakingBook} from "./StakingBook.sol";
import {Active, Bond, StakingRecords} from "./StakingRecords.sol";

/// @title StakingOperators
/// @notice The operators of a {StakingPool}: who they are, their bonds and their cuts.
abstract contract StakingOperators is StakingBook, OwnedIds, IntakePause {
    uint16 private constant MAX_COMMISSION = 3000;

    /// @inheritdoc IStakingPool
    address public registry;

    /// @inheritdoc IStakingPool
    address public court;

    /// @inheritdoc IStakingPool
    mapping(uint32 operator => address payout) public payoutOf;

    address private immutable _deployer = msg.sender;

    /// @inheritdoc IStakingPool
    function bind(address registry_, address court_) external {
        require(msg.sender == _deployer, StakingPoolUnauthorized(msg.sender));
        require(court == address(0), StakingPoolAlreadyBound());
        bool fits =
            IModuleRegistry(registry_).pool() == this && ISlashCourt(court_).registry() == IModuleRegistry(registry_);
        require(fits, StakingPoolWrongBinding(registry_, court_));
        (registry, court) = (registry_, court_);
        emit Bound(registry_, court_);
    }

    /// @inheritdoc IStakingPool
    function registerOperator(
        address payout,
        uint16 commissionBps,
        string calldata uri
    ) external payable whenIntakeOpen returns (uint32 operator) {
        require(court != address(0), StakingPoolNotBound());
        _checkCommission(commissionBps);
        operator = _create(msg.sender);
        _active[operator] = StakingRecords.emptyActive(epoch());
        _bonds[operator] = StakingRecords.toBond(msg.value, 0, epoch(), commissionBps, commissionBps, 0);
        emit OperatorRegistered(operator, payout, commissionBps, uri);
        emit BondAdded(operator, msg.value);
        _setPayout(operator, payout);
    }

    /// @inheritdoc IStakingPool
    function describeOperator(uint32 operator, string calldata uri) external onlyOwnerOf(operator) {
        emit OperatorDescribed(operator, uri);
    }

    /// @inheritdoc IStakingPool
    function setPayout(uint32 operator, address payout) external onlyOwnerOf(operator) {
        _setPayout(operator, payout);
    }

    /// @inheritdoc IStakingPool
    function setCommission(uint32 operator, uint16 commissionBps) external onlyOwnerOf(operator) {
        _checkCommission(commissionBps);
        uint32 current = epoch();
        Bond bond = _bonds[operator].asOf(current).withCommission(commissionBps);
        _bonds[operator] = bond;
        emit CommissionSet(operator, commissionBps, current + uint32(bond.wait()));
    }

    /// @inheritdoc IStakingPool
    function addBond(uint32 operator) external payable whenIntakeOpen onlyOwnerOf(operator) {
        Bond bond = _bonds[operator].asOf(epoch());
        _bonds[operator] = bond.withBond(bond.bond() + msg.value);
        emit BondAdded(operator, msg.value);
    }

    /// @inheritdoc IStakingPool
    /// @dev By way of the exits, so that bond is no freer than stake, which earns no more. Nothing is encumbered, so no
    /// offence can be punished that this bucket answers for.
    function withdrawBond(uint32 operator, uint256 amount) external onlyOwnerOf(operator) returns (uint256 exitShares) {
        uint64 encumbered = IModuleRegistry(registry).encumberedOf(operator);
        require(encumbered == 0, StakingPoolBondEncumbered(operator, encumbered));
        Bond bond = _bonds[operator].asOf(epoch());
        require(amount <= bond.bond(), StakingPoolInsufficientBond(operator, amount, bond.bond()));
        _bonds[operator] = bond.withBond(bond.bond() - amount);
        exitShares = _addExit(operator, amount);
        emit BondWithdrawn(operator, msg.sender, epoch(), amount, exitShares);
    }

    /// @inheritdoc IStakingPool
    function operatorOf(uint32 operator) external view returns (Operator memory details) {
        Active active = _existing(operator);
        Pot pot = active.pot();
        uint32 current = epoch();
        Bond bond = _bonds[operator].asOf(current);
        details.payout = payoutOf[operator];
        details.bond = uint96(bond.bond());
        details.commissionBps = uint16(bond.commission());
        details.nextCommissionBps = uint16(bond.next());
        details.nextCommissionEpoch = bond.wait() == 0 ? 0 : current + uint32(bond.wait());
        details.closed = active.closed();
        details.assets = uint96(pot.assets());
        details.shares = uint128(pot.shares());
    }

    function _setPayout(uint32 operator, address payout) private {
        require(payout != address(0), StakingPoolMissingPayout());
        payoutOf[operator] = payout;
        emit PayoutSet(operator, payout);
    }

    function _checkCommission(uint16 commissionBps) private pure {
        require(commissionBps <= MAX_COMMISSION, StakingPoolCommissionTooHigh(commissionBps, MAX_COMMISSION));
    }
}
