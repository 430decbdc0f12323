// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {CurrencyHarness} from "../../contracts/mocks/CurrencyHarness.sol";
import {FeeOnTransferERC20} from "../../contracts/mocks/FeeOnTransferERC20.sol";
import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {RebasingERC20} from "../../contracts/mocks/RebasingERC20.sol";
import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";

contract CurrencyTest is Test {
    address private constant PAYER = address(0xA11CE);
    address private constant RECIPIENT = address(0xB0B);
    Currency private constant NATIVE = CurrencyLibrary.NATIVE;

    CurrencyHarness private _harness;

    function setUp() public {
        _harness = new CurrencyHarness();
    }

    function testFuzz_onlyOneAddressIsNative(address other) public view {
        vm.assume(other != Currency.unwrap(NATIVE));
        assertTrue(_harness.isNative(NATIVE));
        assertFalse(_harness.isNative(Currency.wrap(other)));
    }

    function testFuzz_equalIsEqualityOfAddresses(address one, address other) public view {
        assertEq(_harness.equal(Currency.wrap(one), Currency.wrap(other)), one == other);
        assertTrue(_harness.equal(Currency.wrap(one), Currency.wrap(one)));
    }

    function testFuzz_takesCoinOnlyIfExact(uint128 amount, uint128 sent, bool exact, uint96 forced) public {
        if (exact) amount = sent;
        vm.deal(PAYER, sent);
        vm.deal(address(this), forced);
        new ForceSender{value: forced}(payable(address(_harness)));

        if (amount != sent) {
            vm.expectRevert(abi.encodeWithSelector(CurrencyLibrary.CurrencyWrongValue.selector, amount, sent));
        }
        vm.prank(PAYER);
        _harness.take{value: sent}(NATIVE, PAYER, amount);
        assertEq(_harness.balanceOf(NATIVE, address(_harness)), uint256(forced) + (amount == sent ? sent : 0));
    }

    function testFuzz_takesNoCoinBesideAToken(uint256 amount, uint256 sent) public {
        sent = bound(sent, 1, type(uint256).max);
        Currency token = _token(new MockERC20(18), amount);
        vm.deal(PAYER, sent);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(CurrencyLibrary.CurrencyWrongValue.selector, 0, sent));
        _harness.take{value: sent}(token, PAYER, amount);
    }

    function testFuzz_takesATokenExactly(uint256 amount, uint256 held, uint256 there, uint8 decimals) public {
        held = bound(held, 0, type(uint256).max);
        amount = bound(amount, 0, held);
        there = bound(there, 0, type(uint256).max - held);
        MockERC20 mock = new MockERC20(decimals);
        Currency token = _token(mock, held);
        mock.mint(address(_harness), there);
        _harness.take(token, PAYER, amount);
        assertEq(_harness.balanceOf(token, address(_harness)), there + amount);
        assertEq(_harness.balanceOf(token, PAYER), held - amount);
    }

    /// @dev Against the fee's own arithmetic: taken if and only if the fee is zero.
    function testFuzz_refusesWhateverAFeeTakes(uint128 amount, uint256 feeBps) public {
        feeBps = bound(feeBps, 0, 10_000);
        Currency token = _token(new FeeOnTransferERC20(feeBps), amount);
        uint256 fee = (uint256(amount) * feeBps) / 10_000;
        if (fee > 0) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    CurrencyLibrary.CurrencyInexactIntake.selector,
                    token,
                    amount,
                    uint256(amount) - fee
                )
            );
        }
        _harness.take(token, PAYER, amount);
    }

    /// @dev Against the fee's own arithmetic.
    function testFuzz_measuresWhatAFeeLeaves(uint128 amount, uint256 feeBps, uint96 there) public {
        feeBps = bound(feeBps, 0, 10_000);
        FeeOnTransferERC20 mock = new FeeOnTransferERC20(feeBps);
        Currency token = _token(mock, amount);
        mock.mint(address(_harness), there);
        _harness.takeMeasured(token, PAYER, amount);
        assertEq(_harness.received(), uint256(amount) - (uint256(amount) * feeBps) / 10_000);
    }

    /// @dev However a token rounds, what is taken is what has arrived, or nothing.
    function testFuzz_aRebasingTokenDeliversAllOrNothing(uint96 amount, uint256 index) public {
        RebasingERC20 mock = new RebasingERC20();
        Currency token = _token(mock, type(uint128).max);
        mock.rebase(bound(index, 1e15, 1e21));
        uint256 balance = _harness.balanceOf(token, PAYER);
        assertEq(balance, mock.totalSupply());
        vm.assume(amount < balance);
        try _harness.take(token, PAYER, amount) {
            assertEq(_harness.balanceOf(token, address(_harness)), amount);
        } catch (bytes memory reason) {
            assertEq(bytes4(reason), CurrencyLibrary.CurrencyInexactIntake.selector);
            assertEq(_harness.balanceOf(token, address(_harness)), 0);
            assertEq(_harness.balanceOf(token, PAYER), balance);
        }
    }

    function testFuzz_paysExactly(uint256 held, uint256 amount, bool native) public {
        held = bound(held, 0, type(uint256).max);
        amount = bound(amount, 0, held);
        Currency currency = NATIVE;
        if (native) {
            vm.deal(address(_harness), held);
        } else {
            MockERC20 mock = new MockERC20(18);
            mock.mint(address(_harness), held);
            currency = Currency.wrap(address(mock));
        }
        _harness.pay(currency, RECIPIENT, amount);
        assertEq(_harness.balanceOf(currency, RECIPIENT), amount);
        assertEq(_harness.balanceOf(currency, address(_harness)), held - amount);
    }

    /// @dev The payer holds `amount` and lets the harness take everything.
    function _token(MockERC20 mock, uint256 amount) private returns (Currency) {
        mock.mint(PAYER, amount);
        vm.prank(PAYER);
        mock.approve(address(_harness), type(uint256).max);
        return Currency.wrap(address(mock));
    }
}
