// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";

import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {SplitHub} from "../../contracts/ownership/SplitHub.sol";
import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {SplitHubProofs} from "./SplitHubProofs.sol";

/// @dev A hub, two honest currencies, and splits with their trees.
abstract contract SplitHubFixture is CommonBase {
    struct Tree {
        bytes32 id;
        ISplitHub.Split split;
        ISplitHub.Recipient[] recipients;
    }

    address internal constant PAYER = address(0xFA7E4);
    address internal constant CONTROLLER = address(0xC0274);
    Currency internal constant COIN = CurrencyLibrary.NATIVE;

    SplitHub internal _hub;
    MockERC20 internal _token;
    Currency internal _inToken;

    function _deployHub() internal {
        _hub = new SplitHub();
        _token = new MockERC20(18);
        _inToken = _endow(_token);
    }

    /// @dev The payer has a lot of it, and lets the hub take it.
    function _endow(MockERC20 token) internal returns (Currency) {
        token.mint(PAYER, type(uint160).max);
        vm.prank(PAYER);
        token.approve(address(_hub), type(uint256).max);
        return Currency.wrap(address(token));
    }

    function _deposit(bytes32 id, Currency currency, uint256 amount) internal returns (uint256 credited) {
        uint256 value = currency == COIN ? amount : 0;
        vm.deal(PAYER, value);
        vm.prank(PAYER);
        return _hub.deposit{value: value}(id, currency, amount);
    }

    function _release(Tree memory tree, Currency currency, uint256 index) internal returns (uint256 amount) {
        bytes32[] memory proof = SplitHubProofs.proofOf(tree.recipients, index);
        return _hub.release(tree.split, currency, tree.recipients[index], proof);
    }

    function _releaseAll(Tree memory tree, Currency currency) internal returns (uint256 amount) {
        for (uint256 i = 0; i < tree.recipients.length; ++i) amount += _release(tree, currency, i);
    }

    function _setSuccessor(Tree memory tree, bytes32 successor) internal {
        vm.prank(CONTROLLER);
        _hub.setSuccessor(tree.split, successor);
    }

    function _leg(Tree memory tree, Currency currency, uint256 index) internal pure returns (ISplitHub.Leg memory) {
        bytes32[] memory proof = SplitHubProofs.proofOf(tree.recipients, index);
        return ISplitHub.Leg(tree.split, currency, tree.recipients[index], proof);
    }

    /// @dev What is due to a recipient by definition, if the hub has it.
    function _dueTo(Tree memory tree, uint256 index, uint256 cumulative) internal pure returns (uint256) {
        return (cumulative * tree.recipients[index].shares) / tree.split.total;
    }

    function _treeOf(
        ISplitHub.Recipient[] memory recipients,
        uint96 total,
        uint256 salt
    ) internal pure returns (Tree memory tree) {
        SplitHubProofs.sort(recipients);
        tree.recipients = recipients;
        bytes32 root = SplitHubProofs.treeOf(recipients)[0];
        tree.split = ISplitHub.Split(root, total, CONTROLLER, bytes32(salt));
        tree.id = keccak256(abi.encode(tree.split));
    }

    function _pair(bytes32 one, uint96 shares, bytes32 other, uint96 others) internal pure returns (Tree memory) {
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](2);
        recipients[0] = ISplitHub.Recipient(one, shares);
        recipients[1] = ISplitHub.Recipient(other, others);
        return _treeOf(recipients, shares + others, 0);
    }

    function _indexOf(Tree memory tree, bytes32 payee) internal pure returns (uint256 index) {
        while (tree.recipients[index].payee != payee) ++index;
    }

    function _account(address account) internal pure returns (bytes32 payee) {
        return bytes32(uint256(uint160(account)));
    }

    function _someone(uint256 index) internal pure returns (address) {
        return address(uint160(0x50ED000 + index));
    }
}
