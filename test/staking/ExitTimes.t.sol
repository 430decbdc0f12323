// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIntakePause} from "../../contracts/shared/IIntakePause.sol";
import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {StakersFixture} from "./StakersFixture.sol";

/// @dev An exit that was asked for in epoch e is paid from the first second of e + 2, and not before, whatever happens
/// to the operator in between.
abstract contract ExitTimesCases is StakersFixture {
    /// @dev What happens around an exit.
    struct Trouble {
        bool proposedBefore;
        bool proposedAfter;
        bool openAtMaturity;
        bool executed;
        bool vetoed;
        bool allVetoed;
        bool paused;
        bool optedOut;
    }

    uint32 internal _module;

    function testFuzz_STK10_STK13_anExitsTimeNeverMoves(
        Trouble memory trouble,
        uint48 time,
        uint96 shares,
        bool forAll
    ) public {
        uint256 epoch = _pool.epoch() + 1;
        time = uint48(bound(time, _startOf(epoch), _startOf(epoch + 1) - 1));
        if (trouble.paused) _pause(time);
        if (trouble.proposedBefore) _proposeAt(time - 6 hours);
        vm.warp(time);
        uint256 held = _pool.sharesOf(_operator, _staker(0));
        // What is worth less than a wei leaves without a trace.
        uint256 least = held / _pool.stakeOf(_operator, _staker(0)) + 1;
        shares = uint96(forAll ? held : bound(shares, least, held));
        _leave(_staker(0), shares);
        if (trouble.proposedAfter) _proposeAt(time);
        _settle(trouble, epoch);
        if (trouble.openAtMaturity) _proposeAt(_startOf(epoch + 2) - 1 days);

        (uint256 exitShares, uint256 worth, uint48 maturity) = _pool.exitOf(_operator, uint32(epoch), _staker(0));
        assertEq(maturity, _startOf(epoch + 2), "STK-13: an exit's time moves");
        assertGt(exitShares, 0);
        vm.warp(_startOf(epoch + 2) - 1);
        _expectImmature(epoch);
        _claim(_staker(0), epoch);
        vm.warp(_startOf(epoch + 2));
        if (trouble.paused) _assertPaused();
        assertEq(_claim(_staker(0), epoch), worth, "STK-05: a matured exit is worth less");
        vm.expectRevert(
            abi.encodeWithSelector(IStakingPool.StakingPoolNoExit.selector, _operator, uint32(epoch), _staker(0))
        );
        _claim(_staker(0), epoch);
    }

    /// @dev One operator, one module that has all of him, two stakers; in the first second of an epoch.
    function _start() internal {
        _deployStaking();
        _operator = _registerOperator(1 ether, 0);
        _fundStakers();
        _module = _moduleWith(2 days, 2000);
        _allocate(_operator, _module, MAGNITUDE);
        vm.warp(_startOf(7));
        _join(_staker(0), 100 ether);
        _join(_staker(1), 10 ether);
    }

    /// @dev For the longest time there is; it reaches the exit's maturity, but for exits that wait for that long.
    function _pause(uint256 time) private {
        vm.warp(time - 6 hours);
        uint48 until = uint48(block.timestamp + 14 days);
        _pool.pauseIntake(until);
        vm.prank(_staker(2));
        vm.expectRevert(abi.encodeWithSelector(IIntakePause.IntakePauseActive.selector, until));
        _pool.stake{value: 1 ether}(_operator, ALL);
    }

    function _assertPaused() private {
        uint48 until = _pool.intakePausedUntil();
        if (until <= block.timestamp) return;
        vm.prank(_staker(2));
        vm.expectRevert(abi.encodeWithSelector(IIntakePause.IntakePauseActive.selector, until));
        _pool.stake{value: 1 ether}(_operator, ALL);
    }

    function _proposeAt(uint256 time) private {
        if (time > block.timestamp) vm.warp(time);
        uint256 amount = _court.proposableOf(_module, _operator, _pool.epoch());
        if (amount != 0) _propose(_module, _operator, amount, block.timestamp);
    }

    /// @dev What becomes of the proposals: carried out as soon as they may be, vetoed, or nothing.
    function _settle(Trouble memory trouble, uint256 epoch) private {
        uint256 count = _court.count();
        if (trouble.optedOut) {
            vm.prank(OPERATOR_OWNER);
            _registry.optOut(_operator, _module);
        }
        for (uint256 id = 1; id <= count; ++id) {
            uint256 readyAt = _court.proposalOf(id).readyAt;
            // Those of earlier epochs are history.
            if (readyAt < _startOf(epoch) || readyAt <= block.timestamp) continue;
            if (trouble.vetoed) _court.vetoAsGuardian(id);
            else if (trouble.allVetoed) _court.vetoAll(_module);
            else if (trouble.executed && readyAt < _startOf(epoch + 2) - 1) {
                vm.warp(readyAt);
                _court.execute(id);
            }
        }
    }
}

/// @dev Of an operator whom all is well with.
contract ExitTimesTest is ExitTimesCases {
    function setUp() public {
        _start();
    }
}

/// @dev Of one who has lost so much that he takes no more stake.
contract ExitTimesOfAClosedOperatorTest is ExitTimesCases {
    function setUp() public {
        _start();
        _wearDown(_module, 42);
        assertTrue(_pool.operatorOf(_operator).closed);
        vm.prank(_staker(2));
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.StakingPoolOperatorClosed.selector, _operator));
        _pool.stake{value: 1 ether}(_operator, ALL);
    }
}
