// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {Currency} from "../../contracts/shared/Currency.sol";
import {IotxBurner} from "../../contracts/shared/IotxBurner.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {ModuleRegistry} from "../../contracts/staking/ModuleRegistry.sol";
import {ModuleRewards} from "../../contracts/staking/ModuleRewards.sol";
import {SlashCourt} from "../../contracts/staking/SlashCourt.sol";
import {StakingPool} from "../../contracts/staking/StakingPool.sol";
import {StakingHandler} from "./StakingHandler.sol";
import {StakingModel} from "./StakingModel.sol";

/// @dev Compares what the contracts say with the model, and with what must be true of any of them.
abstract contract StakingAudit is Test {
    string private constant STK_01 = "STK-01: all coin is where the books say, to the wei";
    string private constant STK_02 = "STK-02: all shares are somebody's, and worth no more than there is";
    string private constant STK_03 = "STK-03: no magnitude is given twice";
    string private constant STK_04 = "STK-04: a module may take no more than its limit";
    string private constant STK_05 = "STK-05: what is ripe changes by claims only";
    string private constant STK_07 = "STK-07: nobody gains by coming and going";
    string private constant STK_08 = "STK-08: a share is worth a wei at most";
    string private constant STK_09 = "STK-09: a proposal has one end";
    string private constant STK_10 = "STK-10: everybody can leave with all that is his";
    string private constant STK_11 = "STK-11: no more is paid than was funded";
    string private constant STK_12 = "STK-12: who held shares as an epoch began earns in it, and nobody else";
    string private constant STK_14 = "STK-14: victims get what they are promised, and all the rest is burned";

    uint256 private constant ACTORS = 8;
    uint256 internal constant CURRENCIES = 3;
    uint256 private constant ALL = type(uint256).max;

    StakingHandler internal _handler;
    StakingPool private _pool;
    ModuleRegistry private _registry;
    SlashCourt private _court;
    ModuleRewards private _rewards;

    function _look(StakingHandler handler) internal {
        _handler = handler;
        (_pool, _registry, _court, _rewards) = (handler.pool(), handler.registry(), handler.court(), handler.rewards());
    }

    function _assertAll() internal view {
        _assertBreaches();
        for (uint256 operator = 1; operator <= _handler.operatorCount(); ++operator) {
            _assertStake(operator);
            _assertShares(operator);
            _assertExits(operator);
            _assertAllocations(operator);
            for (uint256 i = 0; i < CURRENCIES; ++i) _assertRewards(operator, i);
        }
        _assertProposals();
        _assertMoney();
        _assertOwed();
        _assertNobodyGained();
    }

    function _assertStake(uint256 operator) internal view {
        uint32 id = uint32(operator);
        StakingModel.Desk memory desk = _handler.deskOf(operator);
        StakingModel.Jar memory active = _handler.activeOf(operator);
        IStakingPool.Operator memory its = _pool.operatorOf(id);
        assertEq(its.assets, active.assets, STK_01);
        assertEq(its.shares, active.shares, STK_02);
        assertLe(its.assets, its.shares, STK_08);
        assertEq(its.bond, desk.bond, STK_01);
        assertEq(its.closed, desk.closed, STK_10);
        assertEq(its.payout, desk.payout, STK_11);
        assertEq(its.commissionBps, desk.commission, STK_12);
        assertEq(its.nextCommissionBps, desk.next, STK_12);
        assertEq(its.nextCommissionEpoch, desk.nextFrom, STK_12);
        assertEq(_pool.ownerOf(id), desk.owner, STK_01);
        assertEq(_pool.pendingOf(id), _handler.pendingOf(operator), STK_09);
        assertEq(_pool.votesOf(id), active.assets, STK_02);
        uint32 epoch = _pool.epoch();
        assertEq(_pool.votesAt(id, epoch), _handler.activeAt(operator, epoch).assets, STK_12);
        uint256 touched = desk.touched;
        assertEq(_pool.votesAt(id, uint32(touched)), _handler.activeAt(operator, touched).assets, STK_12);
    }

    function _assertShares(uint256 operator) internal view {
        uint32 id = uint32(operator);
        uint256 sum = 0;
        uint256 worth = 0;
        for (uint256 i = 0; i < ACTORS; ++i) {
            address account = _handler.actor(i);
            uint256 shares = _pool.sharesOf(id, account);
            assertEq(shares, _handler.sharesOf(operator, account), STK_02);
            sum += shares;
            worth += _pool.stakeOf(id, account);
        }
        assertEq(sum, _handler.activeOf(operator).shares, STK_02);
        assertLe(worth, _pool.votesOf(id), STK_02);
        address one = _handler.actor(_handler.steps() % ACTORS);
        _assertSteps(operator, one, _pool.stepsOf(id, one, 0, ALL));
    }

    function _assertSteps(uint256 operator, address account, IStakingPool.Step[] memory steps) private view {
        uint256[] memory from = _handler.stepsOf(operator, account);
        assertEq(steps.length, from.length, STK_12);
        for (uint256 i = 0; i < from.length; ++i) {
            assertEq(steps[i].from, from[i], STK_12);
            bool running = i + 1 == from.length;
            uint256 shares =
                running ? _handler.sharesOf(operator, account) : _handler.sharesAt(operator, account, from[i]);
            assertEq(steps[i].shares, shares, STK_12);
        }
    }

    function _assertExits(uint256 operator) internal view {
        uint32 id = uint32(operator);
        uint32 current = _pool.epoch();
        uint256[] memory epochs = _handler.bucketsOf(operator);
        for (uint256 i = 0; i < epochs.length; ++i) _assertBucket(id, uint32(epochs[i]));
        assertEq(_pool.answeringOf(id, current), _handler.answering(operator, current), STK_02);
        uint256 exposure = _handler.answering(operator, current - 1) + _handler.deskOf(operator).bond;
        assertEq(_pool.exposureOf(id), exposure, STK_04);
    }

    /// @dev What is in a bucket of two epochs ago or older cannot have answered since.
    function _assertBucket(uint32 id, uint32 epoch) private view {
        string memory property = epoch + 2 <= _pool.epoch() ? STK_05 : STK_02;
        assertEq(_pool.answeringOf(id, epoch), _handler.answering(id, epoch), property);
        uint256 sum = 0;
        uint256 worth = 0;
        for (uint256 i = 0; i < ACTORS; ++i) {
            address account = _handler.actor(i);
            (uint256 shares, uint256 assets, uint48 maturity) = _pool.exitOf(id, epoch, account);
            assertEq(shares, _handler.exitSharesOf(id, epoch, account), property);
            assertEq(maturity, _pool.startOf(epoch + 2), STK_05);
            sum += shares;
            worth += assets;
        }
        StakingModel.Jar memory jar = _handler.bucketOf(id, epoch);
        assertEq(sum, jar.shares, STK_02);
        assertLe(worth, jar.assets, STK_02);
        assertLe(jar.assets, jar.shares, STK_08);
    }

    function _assertAllocations(uint256 operator) internal view {
        uint32 id = uint32(operator);
        uint256 total = _registry.totalOf(id);
        assertEq(total, 1e16 - _handler.deskOf(operator).lost, STK_03);
        uint256 bound = 0;
        uint256 greatest = 0;
        for (uint32 module = 1; module <= _handler.moduleCount(); ++module) {
            _assertAllocation(operator, module, total);
            bound += _handler.pledgeOf(operator, module).bound;
            greatest += _handler.greatestOf(operator, module);
        }
        assertEq(_registry.encumberedOf(id), bound, STK_03);
        assertLe(bound, total, STK_03);
        assertLe(greatest, bound, STK_03);
    }

    function _assertAllocation(uint256 operator, uint32 module, uint256 total) private view {
        uint32 id = uint32(operator);
        uint32 epoch = _registry.epoch();
        IModuleRegistry.AllocationView memory its = _registry.allocationOf(id, module);
        assertEq(uint8(its.membership), uint8(_handler.pledgeOf(operator, module).membership), STK_03);
        assertEq(its.previous, _handler.givenOf(operator, module, epoch - 1), STK_03);
        assertEq(its.current, _handler.givenOf(operator, module, epoch), STK_03);
        assertEq(its.next, _handler.givenOf(operator, module, epoch + 1), STK_03);
        assertEq(its.later, _handler.givenOf(operator, module, epoch + 2), STK_03);
        uint256 slashable = (_handler.answering(operator, epoch) * its.current) / total;
        assertEq(_registry.slashableOf(id, module), slashable, STK_04);
        for (uint32 i = 0; i < 2; ++i) {
            uint256 proposable = _handler.proposableOf(operator, module, epoch - i);
            assertEq(_court.proposableOf(module, id, epoch - i), proposable, STK_04);
        }
    }

    function _assertProposals() internal view {
        assertEq(_court.count(), _handler.chargeCount(), STK_09);
        for (uint256 id = _handler.chargeCount(); id != 0 && id + 24 > _handler.chargeCount(); --id) {
            assertEq(uint8(_court.statusOf(id)), uint8(_handler.statusOf(id)), STK_09);
        }
    }

    function _assertRewards(uint256 operator, uint256 index) internal view {
        uint32 id = uint32(operator);
        Currency currency = _handler.currency(index);
        assertEq(_rewards.creditOf(id, currency), _handler.creditOf(operator, index), STK_11);
        for (uint256 i = 0; i < ACTORS; ++i) {
            address account = _handler.actor(i);
            (uint256 claimable, uint256 running) = _rewards.claimableOf(id, currency, account);
            (uint256 earned, uint256 paid, uint256 coming) = _handler.earnedBy(operator, index, account);
            assertApproxEqAbs(paid + claimable, earned, 1, STK_12);
            assertApproxEqAbs(running, coming, 1, STK_12);
        }
        IStakingPool.RewardBasis memory basis = _pool.rewardBasisOf(id);
        StakingModel.Jar memory start = _handler.activeAt(operator, _pool.epoch());
        assertEq(basis.assets, start.assets, STK_12);
        assertEq(basis.shares, start.shares, STK_12);
        assertEq(basis.bond, _handler.earningBondOf(operator), STK_12);
        assertEq(basis.commissionBps, _handler.deskOf(operator).commission, STK_12);
    }

    /// @dev All coin of all contracts, and what the burner got of each.
    function _assertMoney() internal view {
        uint256 held = _handler.owedByPool() + _handler.donatedTo(address(_pool), 0);
        assertEq(address(_pool).balance, held, STK_01);
        held = _handler.owedByRegistry() + _handler.donatedTo(address(_registry), 0);
        assertEq(address(_registry).balance, held, STK_01);
        assertEq(address(_court).balance, _handler.donatedTo(address(_court), 0), STK_01);
        IotxBurner burner = IotxBurner(payable(_handler.burner()));
        assertEq(burner.burnedBy(address(_pool)), _handler.burnedBy(address(_pool)), STK_14);
        assertEq(burner.burnedBy(address(_registry)), _handler.burnedBy(address(_registry)), STK_01);
        assertEq(burner.burnedBy(address(_rewards)), _handler.burnedBy(address(_rewards)), STK_11);
        for (uint256 kind = 0; kind < 3; ++kind) {
            (address victims, uint256 amount) = _handler.compensationOf(kind);
            assertEq(_pool.compensationOf(victims), amount, STK_14);
        }
    }

    /// @dev What everybody could have of one currency is there.
    function _assertOwed() internal view {
        uint256 index = _handler.steps() % CURRENCIES;
        Currency currency = _handler.currency(index);
        uint256 held = _handler.heldByRewards(index);
        assertEq(currency.balanceOf(address(_rewards)), held + _handler.donatedTo(address(_rewards), index), STK_11);
        uint256 owed = 0;
        for (uint32 id = 1; id <= _handler.operatorCount(); ++id) {
            owed += _rewards.creditOf(id, currency);
            for (uint256 i = 0; i < ACTORS; ++i) {
                (uint256 claimable, uint256 running) = _rewards.claimableOf(id, currency, _handler.actor(i));
                owed += claimable + running;
            }
        }
        assertLe(owed, held, STK_11);
    }

    /// @dev Slashes apart, everybody has what he brought, and at most a wei more for each time that somebody moved.
    function _assertNobodyGained() private view {
        for (uint256 i = 0; i < ACTORS; ++i) {
            address account = _handler.actor(i);
            (uint256 brought, uint256 taken) = _handler.flowsOf(account);
            uint256 has = taken;
            for (uint32 id = 1; id <= _handler.operatorCount(); ++id) {
                has += _pool.stakeOf(id, account);
                if (_pool.ownerOf(id) == account) has += _pool.bondOf(id);
                uint256[] memory epochs = _handler.bucketsOf(id);
                for (uint256 j = 0; j < epochs.length; ++j) {
                    (, uint256 assets, ) = _pool.exitOf(id, uint32(epochs[j]), account);
                    has += assets;
                }
            }
            assertLe(has, brought + _handler.steps(), STK_07);
        }
    }

    /// @dev Nothing is left but what nobody owns, and less than a unit for each who has a rest.
    function _assertDrained() internal view {
        assertEq(_handler.owedByPool(), 0, STK_10);
        assertEq(_handler.owedByRegistry(), 0, STK_10);
        _assertMoney();
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            uint256 held = _handler.heldByRewards(i);
            assertTrue(held == 0 || held < _handler.fractionsIn(i), STK_11);
            uint256 balance = _handler.currency(i).balanceOf(address(_rewards));
            assertEq(balance, held + _handler.donatedTo(address(_rewards), i), STK_11);
        }
        _assertAll();
    }

    function _assertBreaches() internal view {
        if (!_handler.breached()) return;
        for (uint256 i = 1; i <= 14; ++i) {
            string memory property = string.concat(i < 10 ? "STK-0" : "STK-", vm.toString(i));
            string memory breach = _handler.breachOf(property);
            assertEq(bytes(breach).length, 0, string.concat(property, ": ", breach));
        }
    }
}
