// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {StakersFixture} from "./StakersFixture.sol";

/// @dev What was done to the share prices of others, done here.
contract PricesTest is StakersFixture {
    /// @dev More coin than there is.
    uint256 private constant RICHEST = 2e10 ether;

    uint32 private _module;

    function setUp() public {
        _deployStaking();
        _operator = _registerOperator(0, 0);
        _fundStakers();
        _module = _moduleWith(2 days, 2000);
        _allocate(_operator, _module, MAGNITUDE);
        vm.warp(_startOf(7));
    }

    function testFuzz_R22_forcedCoinChangesNoPrice(uint96 stake, uint96 forced, uint8 slashes, uint96 more) public {
        (stake, more) = (uint96(bound(stake, 1 ether, WEALTH)), uint96(bound(more, 1 ether, WEALTH)));
        uint256 shares = _join(_staker(0), stake);
        _wearDown(_module, slashes % 4);
        uint256 worth = _pool.stakeOf(_operator, _staker(0));
        (uint256 answering, uint256 bond) = _pool.backingOf(_operator);
        uint256 snapshot = vm.snapshotState();
        uint256 bought = _join(_staker(1), more);
        vm.revertToState(snapshot);

        _force(forced);
        assertEq(_pool.stakeOf(_operator, _staker(0)), worth, "R22: forced coin changes a price");
        (uint256 answeringNow, uint256 bondNow) = _pool.backingOf(_operator);
        assertEq(answeringNow, answering, "R22: forced coin is slashed");
        assertEq(bondNow, bond, "R22: forced coin is a bond");
        assertEq(_join(_staker(1), more), bought, "R22: forced coin changes a price");
        assertEq(_leave(_staker(0), shares), worth, "R22: forced coin is paid out");
    }

    /// @dev He leaves a few shares only, and sends coin; a share is a wei all the same.
    function testFuzz_R23_theFirstDepositorDoesNotInflateThePrice(
        uint96 first,
        uint96 left,
        uint96 forced,
        uint96 second
    ) public {
        (first, second) = (uint96(bound(first, 1 ether, WEALTH)), uint96(bound(second, 1 ether, WEALTH)));
        left = uint96(bound(left, 1, first));
        _join(_staker(0), first);
        if (left != first) _leave(_staker(0), first - left);
        _force(forced);
        assertEq(_join(_staker(1), second), second, "R23: the first depositor inflates the price");
        assertEq(_leave(_staker(1), second), second, "R23: the second depositor pays the first");
        assertEq(_leave(_staker(0), left), left, "R23: the first depositor gains");
    }

    /// @dev Slashes make shares cheap, so that there are many; whoever comes in between loses a wei at most, and what
    /// he buys can be counted, however rich he is.
    function testFuzz_R23_repeatedSlashesDoNotInflateShares(uint8 slashes, uint96 dust, uint96 second) public {
        second = uint96(bound(second, 1 ether, RICHEST));
        dust = uint96(bound(dust, 1, 1e6));
        vm.deal(_staker(1), second);
        uint256 shares = _join(_staker(0), 1 ether);
        uint256 epochs = uint256(slashes) % 45;
        _wearDown(_module, epochs);
        _leave(_staker(0), shares - uint256(dust) * 1e5);
        bool closed = _pool.operatorOf(_operator).closed;
        assertEq(closed, epochs >= 42, "an operator closes too soon or too late");
        if (closed) {
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.StakingPoolOperatorClosed.selector, _operator));
            vm.prank(_staker(1));
            _pool.stake{value: second}(_operator, ALL);
            return;
        }
        IStakingPool.Operator memory before = _pool.operatorOf(_operator);
        uint256 bought = _join(_staker(1), second);
        assertGe(bought, second, "R25: a wei buys less than a share");
        uint256 worth = _pool.stakeOf(_operator, _staker(1));
        assertLe(second - worth, 1, "R23: who stakes after slashes loses");
        IStakingPool.Operator memory later = _pool.operatorOf(_operator);
        assertGe(
            uint256(later.assets) * before.shares,
            uint256(before.assets) * later.shares,
            "STK-07: a stake lowers the price"
        );
        assertEq(_leave(_staker(1), bought), worth, "STK-10: an exit pays less than stake was worth");
        vm.warp(_startOf(_pool.epoch() + 2));
        assertApproxEqAbs(_claim(_staker(1), _pool.epoch() - 2), worth, 1, "STK-07: coming and going costs");
    }

    /// @dev What became of those who left does not matter to those who come: but for the slashes that still follow.
    function testFuzz_R23_whoComesAfterEveryoneLeftBeginsAtAWei(uint8 slashes, uint96 first, uint96 second) public {
        (first, second) = (uint96(bound(first, 1 ether, WEALTH)), uint96(bound(second, 1 ether, WEALTH)));
        uint256 shares = _join(_staker(0), first);
        _wearDown(_module, slashes % 42);
        uint256 paid = _leave(_staker(0), shares);
        assertEq(_join(_staker(1), second), second, "R23: a new generation begins above or below a wei");
        // A fifth of what it brought, and nothing of what left in this epoch's bucket is spared.
        uint256 most = _court.proposableOf(_module, _operator, _pool.epoch());
        assertApproxEqRel(most, (paid + second) / 5, 1e12, "STK-04: a new generation answers for more or less");
        _slashMost(_module);
        assertApproxEqRel(_pool.stakeOf(_operator, _staker(1)), (uint256(second) * 4) / 5, 1e12, "STK-04");
        assertApproxEqRel(_exitWorth(_staker(0), _pool.epoch()), (paid * 4) / 5, 1e12, "STK-04");
    }

    /// @dev Stake that lies here and there, in large and small pieces, and one slash of what may be slashed.
    function testFuzz_STK06_R25_aSlashIsNotEvadedByRounding(
        uint96[3] memory pieces,
        uint8[3] memory sizes,
        uint64 magnitude,
        uint16 part
    ) public {
        magnitude = uint64(bound(magnitude, 1e12, MAGNITUDE));
        _reallocate(magnitude);
        uint256 answering = _scatter(pieces, sizes);
        vm.warp(_startOf(12) - 1 days);
        uint256 most = _court.proposableOf(_module, _operator, 11);
        assertApproxEqAbs(most, (((uint256(magnitude) * 2000) / 10_000) * answering) / MAGNITUDE, 1, "R25");
        uint256 amount = (most * bound(part, 600, 10_000)) / 10_000;
        if ((amount * 100 * MAGNITUDE) / answering < magnitude) amount = most;
        if (amount == 0) return;
        uint256 id = _propose(_module, _operator, amount, block.timestamp);
        vm.warp(_startOf(12));
        uint256 last = _pool.sharesOf(_operator, _staker(2));
        if (last != 0) _leave(_staker(2), last);
        vm.warp(_court.proposalOf(id).readyAt);
        (, uint256 taken) = _court.execute(id);
        assertLe(taken, amount, "STK-04: more is taken than was proposed");
        assertLe(amount - taken, 2, "STK-06: a slash is evaded by rounding");
        assertEq(_burner.burnedBy(address(_pool)), taken, "STK-06: not all that is taken is burned");
        _assertAllIsPaid();
    }

    /// @dev More than the court would ever ask for: even then everyone who left keeps a wei and can be paid, and at
    /// most two wei stay behind.
    function testFuzz_STK06_STK10_aSlashOfAllLeavesEachBucketAWei(
        uint96[3] memory pieces,
        uint8[3] memory sizes,
        uint96 more
    ) public {
        uint256 answering = _scatter(pieces, sizes);
        vm.warp(_startOf(12));
        uint256 shares = _pool.sharesOf(_operator, _staker(2));
        if (shares != 0 && more % 3 != 0) _leave(_staker(2), 1 + (more % shares));
        uint256 active = _pool.votesOf(_operator);
        IStakingPool.Slash memory terms;
        (terms.operator, terms.epoch) = (_operator, 11);
        (terms.magnitude, terms.total, terms.amount) = (MAGNITUDE, MAGNITUDE, uint96(answering + more / 2));
        vm.prank(address(_court));
        (, uint256 taken, uint256 reduction) = _pool.slash(terms);
        assertLe(answering - taken, 2, "STK-06: less is taken than there is");
        assertEq(reduction, MAGNITUDE);
        assertEq(_pool.votesOf(_operator), 0);
        assertLe(_pool.answeringOf(_operator, 11), 2);
        assertEq(answering - taken, _pool.answeringOf(_operator, 11), "STK-06: what is taken is not what is gone");
        assertTrue(_pool.operatorOf(_operator).closed || active == 0, "it takes stake after all is lost");
        _assertAllIsPaid();
    }

    /// @dev A share that is worth a millionth of a wei, and one that is worth a little less.
    function testFuzz_R23_anOperatorClosesBelowAMillionthOfAWeiForAShare(uint32 millions) public {
        uint256 left = uint256(millions) + 1e12;
        vm.deal(_staker(0), left * 1e6);
        _join(_staker(0), left * 1e6);
        _slashAsCourt(left * 1e6 - left, type(uint64).max);
        assertFalse(_pool.operatorOf(_operator).closed);
        _join(_staker(1), 1 ether);
        _leave(_staker(1), _pool.sharesOf(_operator, _staker(1)));
        vm.expectEmit(true, true, true, true, address(_pool));
        emit IStakingPool.OperatorClosed(_operator);
        _slashAsCourt(1, type(uint64).max);
        assertTrue(_pool.operatorOf(_operator).closed);
        assertEq(_leave(_staker(0), left * 1e6), left - 1, "STK-10: a closed operator's staker cannot leave");
    }

    /// @dev A ten thousandth of the magnitude, and a little less. A share is worth enough.
    function testFuzz_R23_anOperatorClosesBelowATenThousandthOfHisMagnitude(uint96 stake, uint64 total) public {
        stake = uint96(bound(stake, 1 ether, WEALTH));
        uint256 least = MAGNITUDE / 1e4;
        total = uint64(bound(total, least + 1, MAGNITUDE));
        _join(_staker(0), stake);
        uint256 snapshot = vm.snapshotState();
        _slashAsCourt((uint256(stake) * (total - least)) / total, total);
        assertFalse(_pool.operatorOf(_operator).closed, "it closes too soon");
        vm.revertToState(snapshot);
        _slashAsCourt((uint256(stake) * (total - least)) / total + 1, total);
        assertTrue(_pool.operatorOf(_operator).closed, "it closes too late");
    }

    /// @dev Of all that the operator has left.
    function _slashAsCourt(uint256 amount, uint64 total) private {
        IStakingPool.Slash memory terms;
        (terms.operator, terms.epoch, terms.amount) = (_operator, _pool.epoch(), uint96(amount));
        (terms.magnitude, terms.total) = (total, total);
        vm.prank(address(_court));
        _pool.slash(terms);
    }

    function _force(uint256 amount) private {
        vm.deal(address(this), amount);
        new ForceSender{value: amount}(payable(address(_pool)));
    }

    /// @dev Begins in epoch 11.
    function _reallocate(uint64 magnitude) private {
        vm.warp(_startOf(9));
        vm.prank(OPERATOR_OWNER);
        _registry.allocate(_operator, _module, magnitude);
    }

    /// @dev In epoch 11: one piece asked out in it, one active, and one active that will be asked out. Another staker
    /// has left long before.
    function _scatter(uint96[3] memory pieces, uint8[3] memory sizes) private returns (uint256 answering) {
        vm.warp(_startOf(9));
        _join(_staker(3), 5 ether);
        for (uint256 i = 0; i < 3; ++i) {
            pieces[i] = uint96(bound(pieces[i], 1, sizes[i] % 2 == 0 ? 9 : WEALTH / 2));
            _join(_staker(i), pieces[i] + 1 ether);
            _leave(_staker(i), 1 ether);
            answering += pieces[i];
        }
        _leave(_staker(3), 5 ether);
        vm.warp(_startOf(11));
        _leave(_staker(0), pieces[0]);
    }

    function _assertAllIsPaid() private {
        for (uint256 i = 0; i < STAKERS; ++i) {
            uint256 shares = _pool.sharesOf(_operator, _staker(i));
            if (shares != 0) _leave(_staker(i), shares);
        }
        vm.warp(_startOf(_pool.epoch() + 2));
        for (uint256 i = 0; i < STAKERS; ++i) {
            for (uint256 epoch = 9; epoch <= 12; ++epoch) {
                if (_exitShares(_staker(i), epoch) != 0) _claim(_staker(i), epoch);
            }
        }
        assertEq(address(_pool).balance, 0, "R24: something is stuck");
        assertEq(_pool.operatorOf(_operator).shares, 0);
    }
}
