// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {StakedIotx} from "../../contracts/staking/StakedIotx.sol";
import {StakingFixture} from "./StakingFixture.sol";

/// @dev A vault on an operator whose whole stake secures one module, and what may happen to it.
abstract contract StakedIotxFixture is StakingFixture {
    uint256 internal constant VIRTUAL_SHARES = 1e6;
    Currency internal constant COIN = CurrencyLibrary.NATIVE;
    address internal constant FUNDER = address(0xF0D);

    StakedIotx internal _vault;
    uint32 internal _operator;
    uint32 internal _module;

    /// @dev The module's allocation answers from the eighth epoch on: it begins there.
    function _deployVault(uint256 bond) internal {
        _deployStaking();
        _operator = _registerOperator(bond, 0);
        IModuleRegistry.Terms memory terms = _terms();
        terms.window = 2 days;
        _module = _registerModule(terms);
        _allocate(_operator, _module, MAGNITUDE);
        _vault = new StakedIotx(_rewards, _operator);
        vm.warp(_startOf(8));
    }

    function _deposit(address account, uint256 assets) internal returns (uint256 shares) {
        hoax(account, assets);
        return _vault.deposit{value: assets}(assets, account, ALL);
    }

    function _request(address account, uint256 shares) internal {
        vm.prank(account);
        _vault.requestRedeem(shares, account, account);
    }

    function _redeemAll(address account) internal returns (uint256 assets) {
        uint256 shares = _vault.maxRedeem(account);
        vm.prank(account);
        return _vault.redeem(shares, account, account);
    }

    function _fund(uint256 amount) internal {
        hoax(FUNDER, amount);
        _rewards.fund{value: amount}(0, _operator, COIN, uint128(amount));
    }

    /// @dev Slashes for an offence of this moment; it takes two days. None if the module may take nothing.
    /// @param bps What of the most that the module may take now.
    function _slash(uint256 bps) internal returns (bool slashed) {
        uint256 most = _court.proposableOf(_module, _operator, _pool.epoch());
        uint256 amount = (most * bps) / 10_000;
        if (amount == 0) return false;
        vm.prank(AUTHORITY);
        try _court.propose(_module, _operator, uint96(amount), uint48(block.timestamp), EVIDENCE) returns (uint256 id) {
            vm.warp(block.timestamp + 2 days);
            _court.execute(id);
            return true;
        } catch {
            return false;
        }
    }

    /// @dev To the start of the epoch in which what is requested now can be claimed.
    function _untilMature() internal {
        vm.warp(_startOf(_pool.epoch() + 2));
    }

    function _worthOf(address account) internal view returns (uint256) {
        return _vault.convertToAssets(_vault.balanceOf(account));
    }
}
