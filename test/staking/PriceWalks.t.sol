// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {StakersFixture} from "./StakersFixture.sol";

/// @dev Stakers come, go and come back in any order while several modules slash. After every move: what a share is
/// worth; in the end: everyone has left, and nothing is left.
abstract contract PriceWalkCases is StakersFixture {
    struct Move {
        uint8 action;
        uint8 who;
        uint96 amount;
    }

    /// @dev An operator's pot, and what it is about.
    struct Prices {
        uint256 assets;
        uint256 shares;
        uint256[STAKERS] worths;
    }

    uint32[3] internal _modules;
    uint256 private _forced;

    function testFuzz_STK08_STK10_R24_anyWalkKeepsThePrice(Move[20] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 action = moves[i].action % 16;
            Prices memory before = _prices();
            address account = _staker(moves[i].who % STAKERS);
            if (action < 3) _stakeIfOpen(account, moves[i].amount);
            else if (action < 6) _leaveWith(account, moves[i].amount, action);
            else if (action < 8) account = _restakeAny(moves[i]);
            else if (action < 10) account = _claimAny(moves[i]);
            else if (action == 10) _force(moves[i].amount);
            else if (action == 11) vm.warp(block.timestamp + (moves[i].amount % 15 days));
            else if (action == 12) _everyoneLeaves();
            else if (action < 15) _slashOne(_modules[moves[i].who % 3], moves[i].amount);
            else _slashAll(1 + (moves[i].amount % 4));
            if (action < 12) _assertKept(before, _prices(), account);
            assertLe(_prices().assets, _prices().shares, "STK-08: a share is worth more than a wei");
        }
        _everyoneLeaves();
        vm.warp(_startOf(_pool.epoch() + 2));
        while (_exits.length != 0) _claimAt(_exits.length - 1);
        assertEq(address(_pool).balance, _forced, "R24: something is stuck");
    }

    /// @dev Three modules of different sizes, which have all of the operator.
    function _start() internal {
        _deployStaking();
        _operator = _registerOperator(0, 0);
        _fundStakers();
        uint64[3] memory parts = [(MAGNITUDE / 100) * 85, MAGNITUDE / 10, MAGNITUDE / 20];
        for (uint256 i = 0; i < 3; ++i) {
            _modules[i] = _moduleWith(2 days, 2000);
            _allocate(_operator, _modules[i], parts[i]);
        }
        vm.warp(_startOf(7));
        _join(_staker(0), 10 ether);
    }

    /// @dev A module after another takes all that it may, in one epoch.
    function _slashAll(uint256 epochs) internal {
        for (uint256 i = 0; i < epochs; ++i) {
            vm.warp(_startOf(_pool.epoch() + 1));
            for (uint256 k = 0; k < 3; ++k) _slashOne(_modules[k], type(uint96).max);
        }
    }

    function _stakeIfOpen(address account, uint256 amount) private {
        amount = bound(amount, 1 ether, amount % 2 == 0 ? 2 ether : WEALTH / 100);
        if (!_pool.operatorOf(_operator).closed) {
            assertGe(_join(account, amount), amount, "R25: a wei buys less than a share");
            return;
        }
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.StakingPoolOperatorClosed.selector, _operator));
        vm.prank(account);
        _pool.stake{value: amount}(_operator, ALL);
    }

    /// @dev All, a part, or the least there is.
    function _leaveWith(address account, uint256 amount, uint256 action) private {
        uint256 shares = _pool.sharesOf(_operator, account);
        if (shares == 0) return;
        uint256 worth = _pool.stakeOf(_operator, account);
        if (action == 4) shares = bound(amount, 1, shares);
        if (action == 5) shares = 1;
        uint256 had = _exitWorth(account, _pool.epoch());
        uint256 assets = _leaveNoted(account, shares);
        assertLe(assets, worth, "STK-07: an exit pays more than stake was worth");
        if (action == 3) assertEq(assets, worth, "R24: an exit pays less than stake was worth");
        uint256 has = _exitWorth(account, _pool.epoch());
        assertLe(has, had + assets + 1, "STK-07: an exit gains");
        assertGe(has + 1, had + assets, "STK-07: an exit loses");
    }

    /// @return account Whose exit it was.
    function _restakeAny(Move memory move) private returns (address account) {
        if (_exits.length == 0) return address(0);
        uint256 i = move.amount % _exits.length;
        Exit memory exit = _exits[i];
        account = exit.account;
        uint256 worth = _exitWorth(exit.account, exit.epoch);
        bool closed = _pool.operatorOf(_operator).closed;
        if (closed || worth == 0) {
            vm.expectRevert(
                worth == 0
                    ? abi.encodeWithSelector(IStakingPool.StakingPoolWorthless.selector, _operator, exit.epoch)
                    : abi.encodeWithSelector(IStakingPool.StakingPoolOperatorClosed.selector, _operator)
            );
            _restake(exit.account, exit.epoch);
            return account;
        }
        uint256 before = _pool.stakeOf(_operator, exit.account);
        uint256 bought = _restake(exit.account, exit.epoch);
        assertGe(bought, worth, "R25: a wei buys less than a share");
        uint256 has = _pool.stakeOf(_operator, exit.account);
        assertLe(has, before + worth + 1, "STK-07: a restake gains");
        assertGe(has + 1, before + worth, "STK-07: a restake loses");
        _forget(i);
    }

    function _claimAny(Move memory move) private returns (address account) {
        return _exits.length == 0 ? address(0) : _claimAt(move.amount % _exits.length);
    }

    /// @return account Whose exit it was.
    function _claimAt(uint256 i) private returns (address account) {
        Exit memory exit = _exits[i];
        account = exit.account;
        uint256 worth = _exitWorth(exit.account, exit.epoch);
        if (_pool.epoch() < exit.epoch + 2) {
            _expectImmature(exit.epoch);
            _claim(exit.account, exit.epoch);
            return account;
        }
        uint256 before = exit.account.balance;
        assertEq(_claim(exit.account, exit.epoch), worth, "STK-05: an exit pays less than it was worth");
        assertEq(exit.account.balance - before, worth, "STK-05: an exit pays less than it says");
        _forget(i);
    }

    function _force(uint256 amount) private {
        vm.deal(address(this), amount);
        new ForceSender{value: amount}(payable(address(_pool)));
        _forced += amount;
    }

    /// @dev Those who come after them begin anew: a share is a wei again.
    function _everyoneLeaves() private {
        for (uint256 i = 0; i < STAKERS; ++i) _leaveWith(_staker(i), 0, 3);
        Prices memory left = _prices();
        assertEq(left.shares, 0);
        assertEq(left.assets, 0, "R24: the last leaver does not get all");
    }

    /// @dev Half the moves take all that may be taken. What nobody can propose is not slashed.
    function _slashOne(uint32 module, uint256 amount) private {
        uint256 most = _court.proposableOf(module, _operator, _pool.epoch());
        if (most == 0) return;
        amount = amount % 2 == 1 ? most : bound(amount, most / 10, most);
        vm.prank(AUTHORITY);
        try _court.propose(module, _operator, uint96(amount), uint48(block.timestamp), EVIDENCE) returns (uint256 id) {
            uint32 offence = _pool.epoch();
            vm.warp(_court.proposalOf(id).readyAt);
            _execute(id, module, offence, amount);
        } catch {
            assertLt(amount, most, "R25: what may be taken cannot be proposed");
        }
    }

    function _execute(uint256 id, uint32 module, uint32 offence, uint256 amount) private {
        Prices memory before = _prices();
        uint256 answering = _pool.answeringOf(_operator, offence);
        (uint256 magnitude, uint256 total) = _registry.magnitudeAt(_operator, module, offence);
        uint256 slashable = (answering * magnitude) / total;
        (, uint256 taken) = _court.execute(id);
        uint256 expected = amount < slashable ? amount : slashable;
        assertLe(taken, expected, "STK-04: more is taken than was proposed");
        assertLe(expected - taken, 2, "STK-06: less is taken than was proposed");
        assertEq(answering - taken, _pool.answeringOf(_operator, offence), "STK-06: what is taken is not what is gone");
        Prices memory later = _prices();
        assertEq(later.shares, before.shares, "STK-08: a slash makes shares");
        assertLe(later.assets, before.assets, "STK-08: a slash makes shares worth more");
    }

    /// @dev The others keep what they have, and all shares together gain less than a wei.
    function _assertKept(Prices memory before, Prices memory later, address account) private pure {
        for (uint256 i = 0; i < STAKERS; ++i) {
            if (_staker(i) == account) continue;
            assertGe(later.worths[i], before.worths[i], "STK-07: another's move lowers a staker's worth");
            assertLe(later.worths[i], before.worths[i] + 1, "STK-08: another's move raises a staker's worth");
        }
        if (before.shares == 0 || later.shares == 0) return;
        uint256 now_ = later.assets * before.shares;
        uint256 then_ = before.assets * later.shares;
        uint256 most = before.shares > later.shares ? before.shares : later.shares;
        assertGe(now_, then_, "STK-07: a move lowers the price");
        assertLt(now_ - then_, most, "STK-08: a move raises the price by a wei");
    }

    function _prices() private view returns (Prices memory prices) {
        IStakingPool.Operator memory details = _pool.operatorOf(_operator);
        (prices.assets, prices.shares) = (details.assets, details.shares);
        for (uint256 i = 0; i < STAKERS; ++i) prices.worths[i] = _pool.stakeOf(_operator, _staker(i));
    }
}

/// @dev Of an operator whom nothing has happened to yet.
contract PriceWalksTest is PriceWalkCases {
    function setUp() public {
        _start();
    }
}

/// @dev Of one who has lost almost all: some walks go over the edge, and beyond.
contract PriceWalksOfAWornOperatorTest is PriceWalkCases {
    function setUp() public {
        _start();
        _slashAll(40);
        assertFalse(_pool.operatorOf(_operator).closed);
        assertLt(_registry.totalOf(_operator), MAGNITUDE / 2000);
    }
}
