// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {StakersFixture} from "./StakersFixture.sol";

/// @dev From when and until when an allocation answers, and the bond with it.
contract AllocationWindowsTest is StakersFixture {
    uint256 private constant ASKED = 8;
    uint256 private constant STAKE = 100 ether;
    uint64 private constant LEAST = 1e13;

    uint32 private _module;

    function setUp() public {
        _deployStaking();
        _operator = _registerOperator(0, 0);
        _fundStakers();
        _module = _moduleWith(2 days, 2000);
    }

    /// @dev One who asks out between a rise and the epoch in which it begins, and one who stays.
    function testFuzz_STK13_whoAsksOutBeforeARiseBeginsNeverAnswersForIt(
        uint64 low,
        uint64 high,
        uint48[3] memory times
    ) public {
        (low, high) = (uint64(bound(low, 0, MAGNITUDE / 2)), uint64(bound(high, MAGNITUDE / 2 + 1, MAGNITUDE)));
        if (low < LEAST) low = 0;
        _begin(low);
        uint256 rise = bound(times[0], _startOf(ASKED), _startOf(ASKED + 1) - 1);
        uint256 exit = bound(times[1], rise, _startOf(ASKED + 2) - 1);
        vm.warp(rise);
        _allocateAgain(high);
        vm.warp(exit);
        _leave(_staker(0), STAKE);
        uint256 left = _pool.epoch();

        uint256 offence = bound(times[2], exit, _startOf(ASKED + 3));
        vm.warp(offence);
        uint256 epoch = _pool.epoch();
        uint256 answering = epoch > left ? STAKE : 2 * STAKE;
        uint256 most = _mostOf(epoch < ASKED + 2 ? low : high, answering);
        assertEq(_court.proposableOf(_module, _operator, uint32(epoch)), most, "STK-13: the rise begins too soon");
        if (most == 0) return _assertNothingAtStake(offence);
        _assertAboveLimit(offence, most);
        _slashMost(_module);
        uint256 due = epoch > left ? STAKE : STAKE - most / 2;
        assertApproxEqAbs(_exitWorth(_staker(0), left), due, 2, "STK-13: who left before a rise answers for it");
        vm.warp(_startOf(left + 2));
        assertApproxEqAbs(_claim(_staker(0), left), due, 2, "STK-13: who left before a rise answers for it");
    }

    function testFuzz_STK13_aCutAnswersThroughItsEpoch(
        uint64 high,
        uint64 low,
        uint48[2] memory times,
        bool ends
    ) public {
        (low, high) = (uint64(bound(low, 0, MAGNITUDE / 2)), uint64(bound(high, MAGNITUDE / 2 + 1, MAGNITUDE)));
        if (low < LEAST || ends) low = 0;
        _begin(high);
        vm.warp(bound(times[0], _startOf(ASKED), _startOf(ASKED + 1) - 1));
        if (ends) _optOut();
        else _allocateAgain(low);
        // Of one that happened before, in the same epoch, nothing is different.
        uint256 offence = bound(times[1], _startOf(ASKED), _startOf(ASKED + 2) - 1);
        uint256 epoch = offence < _startOf(ASKED + 1) ? ASKED : ASKED + 1;
        if (offence > block.timestamp) vm.warp(offence);
        uint256 most = _mostOf(epoch == ASKED ? high : low, 2 * STAKE);
        assertEq(_court.proposableOf(_module, _operator, uint32(epoch)), most, "STK-13: a cut does not answer");
        if (most == 0) return _assertNothingAtStake(offence);
        uint256 latest = offence + EPOCH - 3 days;
        if (block.timestamp > latest) return;
        _assertAboveLimit(offence, most);
        uint256 id = _propose(_module, _operator, most, offence);
        vm.warp(_court.proposalOf(id).readyAt + 1 days - 1);
        (, uint256 fromStake) = _court.execute(id);
        assertEq(fromStake, most, "STK-13: a cut does not answer through its epoch");
    }

    /// @dev A slash for the very last second still finds the bond, and one second later it may leave.
    function testFuzz_STK13_theBondStaysAsLongAsItCanBeSlashed(
        uint64 magnitude,
        uint96 bond,
        uint48[2] memory times,
        bool synced
    ) public {
        magnitude = uint64(bound(magnitude, LEAST, MAGNITUDE));
        bond = uint96(bound(bond, 1 ether, 10 ether));
        _begin(magnitude);
        _addBond(bond);
        vm.warp(bound(times[0], _startOf(ASKED), _startOf(ASKED + 1) - 1));
        _optOut();
        vm.warp(bound(times[1], block.timestamp, _startOf(ASKED + 2) - 1));
        if (synced) _registry.sync(_operator, _module);
        _assertBondStays(magnitude);

        if (block.timestamp < _startOf(ASKED + 1)) vm.warp(_startOf(ASKED + 1) - 1);
        uint256 offence = _startOf(ASKED + 1) - 1;
        if (block.timestamp <= offence + EPOCH - 3 days) {
            uint256 amount = _court.proposableOf(_module, _operator, uint32(ASKED));
            uint256 id = _propose(_module, _operator, amount, offence);
            vm.warp(_court.proposalOf(id).readyAt);
            (uint256 fromBond, ) = _court.execute(id);
            assertEq(fromBond, amount < bond ? amount : bond, "STK-13: the bond is gone before it is slashed");
            magnitude = uint64(_registry.encumberedOf(_operator));
            bond -= uint96(fromBond);
        }
        vm.warp(_startOf(ASKED + 2) - 1);
        _registry.sync(_operator, _module);
        _assertBondStays(magnitude);
        vm.warp(_startOf(ASKED + 2));
        _assertBondStays(magnitude);
        _registry.sync(_operator, _module);
        _assertBondLeaves(bond);
    }

    /// @dev What is asked for binds the bond at once, and what is taken back before it began has never answered.
    function testFuzz_STK13_aRiseThatNeverBeganDoesNotHoldTheBond(uint64 magnitude, uint48[2] memory times) public {
        magnitude = uint64(bound(magnitude, 1, MAGNITUDE));
        _addBond(5 ether);
        vm.warp(bound(times[0], _startOf(ASKED), _startOf(ASKED + 1) - 1));
        _allocate(_operator, _module, magnitude);
        _assertBondStays(magnitude);
        uint256 back = bound(times[1], block.timestamp, _startOf(ASKED + 2) - 1);
        vm.warp(back);
        _optOut();
        _assertBondLeaves(5 ether);
        for (uint32 epoch = uint32(ASKED); epoch < ASKED + 5; ++epoch) {
            vm.warp(_startOf(epoch));
            if (_startOf(epoch) > back) _assertNothingAtStake(block.timestamp);
        }
    }

    /// @dev Two stakers, and an allocation that began before {ASKED}.
    function _begin(uint64 magnitude) private {
        _allocate(_operator, _module, magnitude);
        vm.warp(_startOf(ASKED - 1));
        _join(_staker(0), STAKE);
        _join(_staker(1), STAKE);
        vm.warp(_startOf(ASKED));
    }

    function _allocateAgain(uint64 magnitude) private {
        vm.prank(OPERATOR_OWNER);
        _registry.allocate(_operator, _module, magnitude);
    }

    function _optOut() private {
        vm.prank(OPERATOR_OWNER);
        _registry.optOut(_operator, _module);
    }

    function _addBond(uint256 amount) private {
        vm.deal(OPERATOR_OWNER, amount);
        vm.prank(OPERATOR_OWNER);
        _pool.addBond{value: amount}(_operator);
    }

    function _assertBondStays(uint64 encumbered) private {
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.StakingPoolBondEncumbered.selector, _operator, encumbered));
        vm.prank(OPERATOR_OWNER);
        _pool.withdrawBond(_operator, 1);
    }

    /// @dev The way that stake leaves: into the bucket of the running epoch, and no slash follows it there.
    function _assertBondLeaves(uint256 amount) private {
        uint256 before = OPERATOR_OWNER.balance;
        uint256 epoch = _pool.epoch();
        vm.prank(OPERATOR_OWNER);
        _pool.withdrawBond(_operator, amount);
        assertEq(_pool.bondOf(_operator), 0);
        // A slash may have taken all of it.
        if (amount == 0) return;
        assertEq(_exitWorth(OPERATOR_OWNER, epoch), amount, "STK-10: the bond is not asked out");
        uint256 snapshot = vm.snapshotState();
        vm.warp(_startOf(epoch + 2) - 1);
        _expectImmature(epoch);
        _claim(OPERATOR_OWNER, epoch);
        vm.warp(_startOf(epoch + 2));
        assertEq(_claim(OPERATOR_OWNER, epoch), amount, "STK-10: the bond is not paid out");
        assertEq(OPERATOR_OWNER.balance - before, amount, "STK-10: the bond is not paid out");
        vm.revertToState(snapshot);
    }

    function _assertNothingAtStake(uint256 offence) private {
        uint32 epoch = uint32((offence - GENESIS) / EPOCH);
        vm.expectRevert(
            abi.encodeWithSelector(ISlashCourt.SlashCourtNothingAtStake.selector, _operator, _module, epoch)
        );
        _propose(_module, _operator, 1 ether, offence);
    }

    /// @dev With one wei more than a unit of magnitude is worth.
    function _assertAboveLimit(uint256 offence, uint256 most) private {
        uint256 snapshot = vm.snapshotState();
        uint256 unit = (2 * STAKE) / MAGNITUDE + 1;
        vm.expectPartialRevert(ISlashCourt.SlashCourtAboveLimit.selector);
        _propose(_module, _operator, most + unit, offence);
        vm.revertToState(snapshot);
    }

    /// @dev A fifth of what so much magnitude is worth, of an operator who has lost nothing yet.
    function _mostOf(uint256 magnitude, uint256 answering) private pure returns (uint256) {
        return (((magnitude * 2000) / 10_000) * answering) / MAGNITUDE;
    }
}
