// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {StakingFixture} from "./StakingFixture.sol";

/// @dev Stakers who have coin of their own and keep what they are paid, one operator of many modules, and slashes as
/// large as they may be.
abstract contract StakersFixture is StakingFixture {
    uint256 internal constant STAKERS = 4;
    uint256 internal constant WEALTH = 1e9 ether;

    /// @dev Something that is in a bucket.
    struct Exit {
        address account;
        uint32 epoch;
    }

    uint32 internal _operator;
    Exit[] internal _exits;

    function _fund(address account) internal {
        vm.deal(account, WEALTH);
    }

    function _fundStakers() internal {
        for (uint256 i = 0; i < STAKERS; ++i) _fund(_staker(i));
    }

    function _moduleWith(uint32 window, uint16 maxSlashBps) internal returns (uint32 module) {
        IModuleRegistry.Terms memory terms = _terms();
        (terms.window, terms.maxSlashBps) = (window, maxSlashBps);
        return _registerModule(terms);
    }

    function _join(address account, uint256 amount) internal returns (uint256 shares) {
        vm.prank(account);
        return _pool.stake{value: amount}(_operator, ALL);
    }

    function _leave(address account, uint256 shares) internal returns (uint256 assets) {
        vm.prank(account);
        (assets, ) = _pool.requestExit(_operator, shares);
    }

    /// @dev As {_leave}, and keeps in mind what is to be claimed.
    function _leaveNoted(address account, uint256 shares) internal returns (uint256 assets) {
        uint32 epoch = _pool.epoch();
        bool first = _exitShares(account, epoch) == 0;
        assets = _leave(account, shares);
        if (first && _exitShares(account, epoch) != 0) _exits.push(Exit(account, epoch));
    }

    function _forget(uint256 i) internal {
        _exits[i] = _exits[_exits.length - 1];
        _exits.pop();
    }

    function _claim(address account, uint256 epoch) internal returns (uint256 assets) {
        vm.prank(account);
        return _pool.claimExit(_operator, uint32(epoch), payable(account));
    }

    function _restake(address account, uint256 epoch) internal returns (uint256 shares) {
        vm.prank(account);
        return _pool.restakeExit(_operator, uint32(epoch), ALL);
    }

    /// @dev Slashes all that a module may take for an offence of now, and waits until it is carried out.
    function _slashMost(uint32 module) internal returns (uint256 fromBond, uint256 fromStake) {
        uint256 amount = _court.proposableOf(module, _operator, _pool.epoch());
        uint256 id = _propose(module, _operator, amount, block.timestamp);
        vm.warp(_court.proposalOf(id).readyAt);
        return _court.execute(id);
    }

    /// @dev Takes the most in each of so many epochs.
    function _wearDown(uint32 module, uint256 epochs) internal {
        for (uint256 i = 0; i < epochs; ++i) {
            _slashMost(module);
            vm.warp(_startOf(_pool.epoch() + 1));
        }
    }

    function _expectImmature(uint256 epoch) internal {
        vm.expectRevert(
            abi.encodeWithSelector(
                IStakingPool.StakingPoolImmature.selector,
                uint32(epoch),
                uint48(_startOf(epoch + 2))
            )
        );
    }

    function _exitWorth(address account, uint256 epoch) internal view returns (uint256 assets) {
        (, assets, ) = _pool.exitOf(_operator, uint32(epoch), account);
    }

    function _exitShares(address account, uint256 epoch) internal view returns (uint256 shares) {
        (shares, , ) = _pool.exitOf(_operator, uint32(epoch), account);
    }

    function _staker(uint256 i) internal pure returns (address) {
        return address(uint160(0x57A0 + i));
    }
}
