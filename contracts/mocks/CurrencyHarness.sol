// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency, CurrencyLibrary} from "../shared/Currency.sol";

/// @title CurrencyHarness
/// @notice The functions of {CurrencyLibrary}, one by one, for its tests.
contract CurrencyHarness {
    /// @notice What {takeMeasured} returned last.
    uint256 public received;

    receive() external payable {}

    /// @notice See {CurrencyLibrary}.
    function take(Currency currency, address from, uint256 amount) external payable {
        currency.take(from, amount);
    }

    /// @notice See {CurrencyLibrary}; what came of it stands in {received}.
    function takeMeasured(Currency currency, address from, uint256 amount) external payable {
        received = currency.takeMeasured(from, amount);
    }

    /// @notice See {CurrencyLibrary}.
    function pay(Currency currency, address to, uint256 amount) external {
        currency.pay(to, amount);
    }

    /// @notice See {CurrencyLibrary}.
    function balanceOf(Currency currency, address account) external view returns (uint256) {
        return currency.balanceOf(account);
    }

    /// @notice See {CurrencyLibrary}.
    function isNative(Currency currency) external pure returns (bool) {
        return currency.isNative();
    }

    /// @notice The operator `==`.
    function equal(Currency one, Currency other) external pure returns (bool) {
        return one == other;
    }

    /// @notice The native coin's address.
    function native() external pure returns (Currency) {
        return CurrencyLibrary.NATIVE;
    }
}
