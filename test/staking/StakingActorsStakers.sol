// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {StakingReadiness} from "./StakingReadiness.sol";

/// @dev What stakers do at the pool, mostly as one may and sometimes as one may not. Of every act the model knows
/// whether it must succeed; what comes otherwise is a breach of the property that the act is about.
abstract contract StakingActorsStakers is StakingReadiness {
    function stake(uint256 seed) external {
        uint256 operator = _operator(seed, seed % 4 == 0 ? _isAccused : _isTaking);
        address account = _someone(seed, "account");
        uint256 amount = _someStake(seed);
        uint256 most = _somePending(seed, operator);
        bool open = _isTaking(operator) && !_isPaused(address(_pool));
        bool expected = open && amount >= 1 ether && most >= _pending(operator);
        if (_pending(operator) > most) ++met["kept from what is accused"];
        Measure memory before = _measure(operator);
        bytes memory data = abi.encodeCall(IStakingPool.stake, (uint32(operator), most));
        bool success = _act(account, address(_pool), amount, data);
        _judge(success, expected, STK_07);
        if (!success) return;
        if (_active[operator].assets < _active[operator].shares / 2) ++met["staked at a low price"];
        uint256 bought = _noteStaked(operator, account, amount, amount);
        _brought[account] += amount;
        _same(abi.decode(_answer, (uint256)), bought, STK_07, "bought");
        _assertFair(before, account, amount, 0);
    }

    function requestExit(uint256 seed) external {
        if (seed % 16 != 0) _readyToExit(seed);
        (uint256 operator, address account) = _position(seed, _isStaker);
        uint256 balance = _shares[operator][account];
        uint256 shares = _someShares(seed, balance);
        bool expected = shares != 0 && shares <= balance;
        Measure memory before = _measure(operator);
        bytes memory data = abi.encodeCall(IStakingPool.requestExit, (uint32(operator), shares));
        bool success = _act(account, address(_pool), 0, data);
        _judge(success, expected, STK_10);
        if (!success) return;
        if (_isPaused(address(_pool))) ++met["left while paused"];
        if (_desks[operator].closed) ++met["left a closed operator"];
        if (_pending(operator) != 0) ++met["left what is accused"];
        if (shares == _active[operator].shares) ++met["the last one left"];
        (uint256 assets, uint256 bought) = _noteLeft(operator, account, shares);
        (uint256 left, uint256 exitShares) = abi.decode(_answer, (uint256, uint256));
        _same(left, assets, STK_07, "left with");
        _same(exitShares, bought, STK_02, "got of the bucket");
        _assertFair(before, account, 0, 0);
    }

    function claimExit(uint256 seed) external {
        if (seed % 16 != 0) _readyToClaimExit(seed);
        (uint256 operator, uint256 epoch, address account) = _exit(seed, _isMature);
        address to = _word(seed, "elsewhere") % 2 == 0 ? _someone(seed, "to") : account;
        bytes memory data = abi.encodeCall(IStakingPool.claimExit, (uint32(operator), uint32(epoch), payable(to)));
        _claimExit(operator, epoch, account, to, account, data);
    }

    function claimExitFor(uint256 seed) external {
        if (seed % 16 != 0) _readyToClaimExit(seed);
        (uint256 operator, uint256 epoch, address account) = _exit(seed, _isMature);
        bytes memory data = abi.encodeCall(
            IStakingPool.claimExitFor,
            (uint32(operator), uint32(epoch), payable(account))
        );
        _claimExit(operator, epoch, account, account, _someone(seed, "sender"), data);
    }

    function restakeExit(uint256 seed) external {
        if (seed % 16 != 0) _readyToRestake(seed);
        (uint256 operator, uint256 epoch, address account) = _exit(seed, _isAnyBucket);
        uint256 assets = _exitOf(operator, epoch, account);
        uint256 most = _somePending(seed, operator);
        bool open = _isTaking(operator) && !_isPaused(address(_pool));
        bool expected = open && assets != 0 && most >= _pending(operator);
        Measure memory before = _measure(operator);
        bytes memory data = abi.encodeCall(IStakingPool.restakeExit, (uint32(operator), uint32(epoch), most));
        bool success = _act(account, address(_pool), 0, data);
        _judge(success, expected, STK_07);
        if (!success) return;
        ++met[_isMature(epoch) ? "restaked what was ripe" : "restaked what was not ripe"];
        _noteExitTaken(operator, epoch, account);
        uint256 bought = _noteStaked(operator, account, assets, epoch == _epoch() ? 0 : assets);
        _same(abi.decode(_answer, (uint256)), bought, STK_07, "bought again");
        _assertFair(before, account, 0, 0);
    }

    function withdrawCompensation(uint256 seed) external {
        address victims = _victims(seed);
        address to = _word(seed, "elsewhere") % 2 == 0 ? _someone(seed, "to") : victims;
        bytes memory data = abi.encodeCall(IStakingPool.withdrawCompensation, (payable(to)));
        _withdrawCompensation(victims, to, victims, data);
    }

    function withdrawCompensationFor(uint256 seed) external {
        address victims = _victims(seed);
        bytes memory data = abi.encodeCall(IStakingPool.withdrawCompensationFor, (payable(victims)));
        _withdrawCompensation(victims, victims, _someone(seed, "sender"), data);
    }

    /// @dev Sometimes as long as seconds, seldom as long as epochs, and often to where an epoch begins.
    function warp(uint256 seed) external {
        uint256 manner = seed % 16;
        if (manner == 0) _warpTo(_now() + (_word(seed, "time") % (3 * EPOCH)));
        else if (manner < 3) _warpTo(_startOf(_epoch() + 1) - 1 + (_word(seed, "time") % 3));
        else if (manner < 8) _warpTo(_now() + (_word(seed, "time") % 2 days));
        else _warpTo(_now() + (_word(seed, "time") % 2 hours));
        _judge(true, true, STK_05);
    }

    function _claimExit(
        uint256 operator,
        uint256 epoch,
        address account,
        address to,
        address sender,
        bytes memory data
    ) private {
        bool owned = _exits[operator][epoch][account] != 0;
        Measure memory before = _measure(operator);
        uint256 balance = to.balance;
        bool success = _act(sender, address(_pool), 0, data);
        _judge(success, owned && _isMature(epoch) && !_refuses(to, 0), STK_10);
        if (!success) return;
        if (_isPaused(address(_pool))) ++met["claimed while paused"];
        uint256 assets = _noteExitTaken(operator, epoch, account);
        _taken[account] += assets;
        _same(abi.decode(_answer, (uint256)), assets, STK_05, "claimed");
        _same(to.balance - balance, assets, STK_05, "a claim brought");
        _assertFair(before, account, 0, assets);
    }

    function _withdrawCompensation(address victims, address to, address sender, bytes memory data) private {
        uint256 due = _compensation[victims];
        uint256 balance = to.balance;
        bool success = _act(sender, address(_pool), 0, data);
        _judge(success, due == 0 || !_refuses(to, 0), STK_14);
        if (!success) return;
        if (due != 0) ++met["compensated"];
        _same(abi.decode(_answer, (uint256)), due, STK_14, "compensated");
        _same(to.balance - balance, due, STK_14, "a compensation brought");
        _compensation[victims] = 0;
    }

    /// @dev Mostly some to whom something is due.
    function _victims(uint256 seed) private view returns (address) {
        for (uint256 i = 0; i < 3 && seed % 8 != 0; ++i) {
            address victims = _termsOf(seed + i).victims;
            if (_compensation[victims] != 0) return victims;
        }
        return _termsOf(2 * (seed % 2)).victims;
    }

    /// @dev At times what is open, or a wei less.
    function _somePending(uint256 seed, uint256 operator) private view returns (uint256) {
        uint256 manner = _word(seed, "pending") % 8;
        uint256 pending = _pending(operator);
        if (manner == 0 && pending != 0) return pending - 1;
        return manner < 3 ? pending : ALL;
    }

    /// @dev The least, less than that, whole coins, or any sum.
    function _someStake(uint256 seed) private pure returns (uint256) {
        uint256 manner = _word(seed, "size") % 16;
        if (manner == 0) return 1 ether - 1;
        if (manner < 4) return 1 ether;
        if (manner < 8) return 1 ether * (1 + (_word(seed, "coins") % 1000));
        return 1 ether + (_word(seed, "wei") % 1000 ether);
    }

    /// @dev All, all but a few, a few, none, more than there are, or any part.
    function _someShares(uint256 seed, uint256 balance) private pure returns (uint256) {
        uint256 manner = _word(seed, "manner") % 16;
        if (manner < 5) return balance;
        if (manner == 5) return balance > 3 ? balance - 1 - (seed % 3) : balance;
        if (manner == 6) return 1 + (seed % 3);
        if (manner == 7) return 0;
        if (manner == 8) return balance + 1;
        return _word(seed, "amount") % (balance + 1);
    }
}
