// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @notice The native coin or an ERC-20, as one type: the token's address, or ERC-7528's
/// `0xEeee…EEeE` for the native coin.
type Currency is address;

using CurrencyLibrary for Currency global;
using {equals as ==} for Currency global;

function equals(Currency a, Currency b) pure returns (bool) {
    return Currency.unwrap(a) == Currency.unwrap(b);
}

/// @title CurrencyLibrary
/// @notice Moves a {Currency}. The one place where the suite touches coin or token balances.
/// @dev A contract that takes a currency in keeps its own books: none of these functions tells what a
/// contract owes, and `balanceOf` here is for measuring a movement, never for accounting.
library CurrencyLibrary {
    using SafeERC20 for IERC20;

    /// @notice The native coin, as ERC-7528 names it.
    Currency internal constant NATIVE = Currency.wrap(0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE);

    /// @notice `msg.value` is not what the call needs: the whole price for the native coin, zero for a token.
    /// @param expected The coin the call needs, in wei.
    /// @param sent The coin that came with the call, in wei.
    error CurrencyWrongValue(uint256 expected, uint256 sent);

    /// @notice A token delivered something other than what was asked of it (a fee on transfer, or a false success).
    /// @param currency The token.
    /// @param expected What was owed, in the token's smallest unit.
    /// @param received What arrived, in the token's smallest unit.
    error CurrencyInexactIntake(Currency currency, uint256 expected, uint256 received);

    /// @notice True for the native coin, false for an ERC-20.
    function isNative(Currency currency) internal pure returns (bool) {
        return currency == NATIVE;
    }

    /// @notice What `account` holds of `currency`, in its smallest unit. To measure movements only.
    function balanceOf(Currency currency, address account) internal view returns (uint256) {
        return currency.isNative() ? account.balance : IERC20(Currency.unwrap(currency)).balanceOf(account);
    }

    /// @notice Takes exactly `amount` from `from` into this contract, or reverts: where a price is owed, a token
    /// that delivers less does not pay it.
    /// @dev At most once per external call: a second `take` of the native coin, in a loop or through a delegatecall
    /// to oneself, would count the same `msg.value` again.
    /// @param from Who pays. For the native coin it is whoever sent `msg.value`, and `from` is not read. For a
    /// token, `from` has approved this contract; the caller must have proven that `from` agrees.
    /// @param amount In the currency's smallest unit; may be zero.
    /// Reverts with {CurrencyWrongValue} or {CurrencyInexactIntake}.
    function take(Currency currency, address from, uint256 amount) internal {
        uint256 received = takeMeasured(currency, from, amount);
        require(received == amount, CurrencyInexactIntake(currency, amount, received));
    }

    /// @notice As {take}, but tells what arrived: where nothing is owed, a token with a fee brings what it brings.
    /// @return received In the currency's smallest unit.
    /// Reverts with {CurrencyWrongValue}.
    function takeMeasured(Currency currency, address from, uint256 amount) internal returns (uint256 received) {
        uint256 owedInCoin = currency.isNative() ? amount : 0;
        require(msg.value == owedInCoin, CurrencyWrongValue(owedInCoin, msg.value));
        if (currency.isNative()) return amount;

        IERC20 token = IERC20(Currency.unwrap(currency));
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        return token.balanceOf(address(this)) - before;
    }

    /// @notice As {take}, but whoever sent too much of the native coin gets the rest back at once.
    /// @dev Calls `payer` when there is a rest: hold a re-entrancy lock, or have the books settled. At most once per
    /// external call, as {take}.
    /// @param payer Who pays, and who gets the rest.
    /// @param amount In the currency's smallest unit; may be zero.
    /// Reverts with {CurrencyWrongValue} or {CurrencyInexactIntake}.
    function takeWithChange(Currency currency, address payer, uint256 amount) internal {
        if (!currency.isNative() || msg.value <= amount) return take(currency, payer, amount);
        Address.sendValue(payable(payer), msg.value - amount);
    }

    /// @notice Sends `amount` from this contract to `to`. Reverts when the coin or the token refuses.
    /// @dev Forwards all gas: the caller has settled its books before, or holds a re-entrancy lock.
    /// @param amount In the currency's smallest unit; may be zero.
    function pay(Currency currency, address to, uint256 amount) internal {
        if (currency.isNative()) Address.sendValue(payable(to), amount);
        else IERC20(Currency.unwrap(currency)).safeTransfer(to, amount);
    }
}
