// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Test} from "forge-std/Test.sol";

import {FeeOnTopERC20} from "../../contracts/mocks/FeeOnTopERC20.sol";
import {FeeOnTransferERC20} from "../../contracts/mocks/FeeOnTransferERC20.sol";
import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {GasBurningReceiver} from "../../contracts/mocks/GasBurningReceiver.sol";
import {HookedERC20} from "../../contracts/mocks/HookedERC20.sol";
import {RebasingERC20} from "../../contracts/mocks/RebasingERC20.sol";
import {ReentrantReceiver} from "../../contracts/mocks/ReentrantReceiver.sol";
import {ReturnsFalseERC20} from "../../contracts/mocks/ReturnsFalseERC20.sol";
import {ReturnsNothingERC20} from "../../contracts/mocks/ReturnsNothingERC20.sol";
import {RevertingReceiver} from "../../contracts/mocks/RevertingReceiver.sol";
import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {SplitReceiver} from "../../contracts/ownership/SplitReceiver.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {SplitHubFixture} from "./SplitHubFixture.sol";
import {SplitHubProofs} from "./SplitHubProofs.sol";

/// @dev Recipients and currencies that misbehave, and those who must not suffer from it.
contract SplitHubHostileTest is Test, SplitHubFixture {
    string private constant SPL_01 = "SPL-01: the hub has what it owes";
    string private constant R30 = "R30: one recipient blocks another";

    function setUp() public {
        _deployHub();
    }

    function test_R30_whoRefusesCoinBlocksNobodyAndIsPaidLater() public {
        RevertingReceiver refusing = new RevertingReceiver();
        Tree memory tree = _four(address(refusing), address(new GasBurningReceiver()));
        _deposit(tree.id, COIN, 1_000);
        _expectSkipped(tree, address(refusing));
        _hub.distribute(tree.split, COIN, tree.recipients);
        assertEq(_someone(1).balance, 250, R30);
        assertEq(_someone(2).balance, 250, R30);
        assertEq(_hub.potOf(tree.id, COIN).released, 500);
        ISplitHub.Recipient memory recipient = tree.recipients[_indexOf(tree, _account(address(refusing)))];
        assertEq(_hub.releasable(tree.split, COIN, recipient), 250, "it stays due");

        bytes32[] memory proof = SplitHubProofs.proofOf(tree.recipients, _indexOf(tree, recipient.payee));
        vm.expectRevert(abi.encodeWithSelector(RevertingReceiver.ReceiverRefused.selector, 250));
        _hub.release(tree.split, COIN, recipient, proof);
        refusing.accept(true);
        assertEq(_hub.release(tree.split, COIN, recipient, proof), 250);
        assertEq(address(refusing).balance, 250);
        assertEq(address(_hub).balance, 250, SPL_01);
    }

    function test_R30_legsThatFailArePassedOverAndSaidSo() public {
        RevertingReceiver refusing = new RevertingReceiver();
        Tree memory tree = _four(address(refusing), address(new GasBurningReceiver()));
        Tree memory other = _pair(_account(_someone(3)), 1, _account(_someone(4)), 1);
        _deposit(tree.id, COIN, 1_000);
        _deposit(other.id, COIN, 100);
        ISplitHub.Leg[] memory legs = new ISplitHub.Leg[](7);
        // One with other shares than it has, and one of a split without a total.
        legs[0] = _leg(other, COIN, 0);
        legs[0].recipient = ISplitHub.Recipient(other.recipients[0].payee, 2);
        legs[1] = _leg(other, COIN, 1);
        legs[1].split = ISplitHub.Split(other.split.root, 0, CONTROLLER, 0);
        for (uint256 i = 0; i < 4; ++i) legs[i + 2] = _leg(tree, COIN, i);
        legs[6] = _leg(other, COIN, 1);
        vm.expectEmit(address(_hub));
        emit ISplitHub.SplitReleaseSkipped(other.id, COIN, legs[0].recipient.payee);
        vm.expectEmit(address(_hub));
        emit ISplitHub.SplitReleaseSkipped(keccak256(abi.encode(legs[1].split)), COIN, legs[1].recipient.payee);
        uint256 before = gasleft();
        _hub.releaseMany(legs);
        assertLt(before - gasleft(), 900_000, "R30: a recipient burns more than a leg's gas");
        assertEq(_someone(1).balance, 250, R30);
        assertEq(_someone(2).balance, 250, R30);
        assertEq(address(uint160(uint256(other.recipients[1].payee))).balance, 50, R30);
        assertEq(_hub.potOf(tree.id, COIN).released, 500);
        assertEq(_hub.potOf(other.id, COIN).released, 50);
    }

    function test_R30_gasBurnersCostACallerALegEach() public {
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](16);
        for (uint256 i = 0; i < 15; ++i) {
            recipients[i] = ISplitHub.Recipient(_account(address(new GasBurningReceiver())), 1);
        }
        recipients[15] = ISplitHub.Recipient(_account(_someone(1)), 1);
        Tree memory tree = _treeOf(recipients, 16, 0);
        _deposit(tree.id, COIN, 1_600);
        uint256 before = gasleft();
        _hub.distribute(tree.split, COIN, tree.recipients);
        assertLt(before - gasleft(), 15 * 310_000 + 200_000, "R30: a recipient burns more than a leg's gas");
        assertEq(_someone(1).balance, 100, R30);
        assertEq(address(_hub).balance, 1_500, SPL_01);
    }

    /// @dev With too little gas a caller can pass somebody over, but take nothing from him.
    function test_R30_whoIsPassedOverForWantOfGasIsPaidLater() public {
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        _deposit(tree.id, COIN, 100);
        for (uint256 gas = 20_000; gas < 200_000; gas += 5_000) {
            bytes memory data = abi.encodeCall(_hub.distribute, (tree.split, COIN, tree.recipients));
            (bool success, ) = address(_hub).call{gas: gas}(data);
            uint256 released = _hub.potOf(tree.id, COIN).released;
            assertEq(_someone(1).balance + _someone(2).balance, released, SPL_01);
            if (success && released == 100) break;
        }
        _hub.distribute(tree.split, COIN, tree.recipients);
        assertEq(_someone(1).balance, 50, R30);
        assertEq(_someone(2).balance, 50, R30);
    }

    function test_R21_nobodyIsPaidTwiceByEnteringAgain() public {
        ReentrantReceiver receiver = new ReentrantReceiver();
        Tree memory tree = _pair(_account(address(receiver)), 1, _account(_someone(1)), 1);
        uint256 index = _indexOf(tree, _account(address(receiver)));
        ISplitHub.Recipient memory its = tree.recipients[index];
        bytes32[] memory proof = SplitHubProofs.proofOf(tree.recipients, index);
        ISplitHub.Leg[] memory legs = new ISplitHub.Leg[](1);
        legs[0] = _leg(tree, COIN, index);
        bytes[] memory calls = new bytes[](8);
        calls[0] = abi.encodeCall(_hub.deposit, (tree.id, COIN, 0));
        calls[1] = abi.encodeCall(_hub.release, (tree.split, COIN, its, proof));
        calls[2] = abi.encodeCall(_hub.releaseMany, (legs));
        calls[3] = abi.encodeCall(_hub.distribute, (tree.split, COIN, tree.recipients));
        calls[4] = abi.encodeCall(_hub.flush, (tree.id, COIN));
        calls[5] = abi.encodeCall(_hub.setSuccessor, (tree.split, 0));
        calls[6] = abi.encodeCall(_hub.releaseLeg, (legs[0]));
        calls[7] = abi.encodeCall(_hub.releaseListed, (tree.id, tree.split.total, COIN, its));
        bytes memory locked = abi.encodePacked(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        bytes memory refused = abi.encodeWithSelector(ISplitHub.SplitHubUnauthorized.selector, receiver);
        for (uint256 i = 0; i < calls.length; ++i) {
            _deposit(tree.id, COIN, 100);
            receiver.arm(address(_hub), calls[i]);
            if (i % 2 == 0) assertEq(_hub.release(tree.split, COIN, its, proof), 50);
            else _hub.releaseMany(legs);
            assertFalse(receiver.succeeded(), "R21: entered again");
            assertEq(receiver.result(), i < 6 ? locked : refused, "R21: refused for another reason");
            assertEq(address(receiver).balance, 50 * (i + 1), "R21: paid twice");
        }
        assertEq(address(_hub).balance, 50 * calls.length, SPL_01);
    }

    function test_SPL01_aTokensHookCannotHaveAMovementCountedTwice() public {
        HookedERC20 token = new HookedERC20();
        Currency currency = _endow(token);
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        token.mint(_hub.receiverOf(tree.id), 100);
        bytes memory locked = abi.encodePacked(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        bytes memory again = abi.encodeCall(_hub.flush, (tree.id, currency));
        token.arm(address(_hub), again);
        assertEq(_deposit(tree.id, currency, 1_000), 1_000);
        assertEq(token.result(), locked);
        token.arm(address(_hub), abi.encodeCall(_hub.deposit, (tree.id, currency, 0)));
        assertEq(_hub.flush(tree.id, currency), 100);
        assertEq(token.result(), locked);
        token.arm(address(_hub), again);
        assertEq(_release(tree, currency, 0), 550);
        assertEq(token.result(), locked);
        assertEq(_release(tree, currency, 1), 550);
        assertEq(token.balanceOf(address(_hub)), 0, SPL_01);
    }

    function testFuzz_SPL01_ofAFeeOnTransferWhatArrivesCounts(uint96 amount, uint256 fee) public {
        fee = bound(fee, 0, 10_000);
        FeeOnTransferERC20 token = new FeeOnTransferERC20(fee);
        Currency currency = _endow(token);
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 2);
        uint256 arrived = amount - (uint256(amount) * fee) / 10_000;
        assertEq(_deposit(tree.id, currency, amount), arrived, SPL_01);
        _releaseAll(tree, currency);
        ISplitHub.Pot memory pot = _hub.potOf(tree.id, currency);
        assertEq(pot.cumulative, arrived);
        assertEq(token.balanceOf(address(_hub)), pot.cumulative - pot.released, SPL_01);
    }

    function test_SPL01_aFeeOnTopLeavesItsOwnCurrencyShortAndNoOther() public {
        FeeOnTopERC20 token = new FeeOnTopERC20(10);
        Currency currency = _endow(token);
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        _deposit(tree.id, currency, 1_000);
        _deposit(tree.id, COIN, 1_000);
        _deposit(tree.id, _inToken, 1_000);
        assertEq(_release(tree, currency, 0), 500);
        assertEq(token.balanceOf(address(_hub)), 490, "the fee was the hub's");
        bytes memory short = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientBalance.selector,
            address(_hub),
            490,
            500
        );
        ISplitHub.Leg memory leg = _leg(tree, currency, 1);
        vm.expectRevert(short);
        _hub.release(leg.split, currency, leg.recipient, leg.proof);
        vm.expectEmit(address(_hub));
        emit ISplitHub.SplitReleaseSkipped(tree.id, currency, leg.recipient.payee);
        _hub.distribute(tree.split, currency, tree.recipients);
        assertEq(_releaseAll(tree, COIN), 1_000, SPL_01);
        assertEq(_releaseAll(tree, _inToken), 1_000, SPL_01);
    }

    function test_SPL01_whatShrinksByItselfIsShortAndNothingElse() public {
        RebasingERC20 token = new RebasingERC20();
        Currency currency = _endow(token);
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        _deposit(tree.id, currency, 1_000);
        _deposit(tree.id, _inToken, 1_000);
        token.rebase(0.6e18);
        assertEq(_release(tree, currency, 0), 500);
        ISplitHub.Leg[] memory legs = new ISplitHub.Leg[](3);
        legs[0] = _leg(tree, currency, 1);
        legs[1] = _leg(tree, _inToken, 0);
        legs[2] = _leg(tree, _inToken, 1);
        vm.expectEmit(address(_hub));
        emit ISplitHub.SplitReleaseSkipped(tree.id, currency, legs[0].recipient.payee);
        _hub.releaseMany(legs);
        assertEq(_hub.potOf(tree.id, _inToken).released, 1_000, SPL_01);
        // What grows by itself is nobody's, and it makes up for the loss.
        token.rebase(3e18);
        _hub.releaseMany(legs);
        assertEq(_hub.potOf(tree.id, currency).released, 1_000);
    }

    function test_R30_aTokenThatReturnsFalsePaysNobodyAndStaysDue() public {
        ReturnsFalseERC20 token = new ReturnsFalseERC20();
        Currency currency = _endow(token);
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token);
        vm.prank(PAYER);
        vm.expectRevert(failed);
        _hub.deposit(tree.id, currency, 100);
        token.accept(true);
        _deposit(tree.id, currency, 100);
        token.accept(false);
        ISplitHub.Leg memory leg = _leg(tree, currency, 0);
        vm.expectRevert(failed);
        _hub.release(leg.split, currency, leg.recipient, leg.proof);
        _hub.distribute(tree.split, currency, tree.recipients);
        assertEq(_hub.potOf(tree.id, currency).released, 0);
        token.accept(true);
        assertEq(_releaseAll(tree, currency), 100);
    }

    function test_aTokenThatReturnsNothingIsAsGoodAsAny() public {
        ReturnsNothingERC20 token = new ReturnsNothingERC20();
        Currency currency = Currency.wrap(address(token));
        token.mint(PAYER, 1_000);
        vm.prank(PAYER);
        token.approve(address(_hub), 1_000);
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 3);
        _deposit(tree.id, currency, 1_000);
        _releaseAll(tree, currency);
        assertEq(token.balanceOf(_someone(1)), 250);
        assertEq(token.balanceOf(_someone(2)), 750);
    }

    function testFuzz_R22_whatIsForcedOnTheHubIsNobodys(uint96 amount, uint96 forced) public {
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        vm.deal(address(this), forced);
        new ForceSender{value: forced}(payable(address(_hub)));
        _token.mint(address(_hub), forced);
        assertEq(_deposit(tree.id, COIN, amount), amount, "R22");
        assertEq(_deposit(tree.id, _inToken, amount), amount, "R22");
        assertEq(_hub.flush(tree.id, COIN), 0, "R22");
        assertEq(_hub.flush(tree.id, _inToken), 0, "R22");
        assertEq(_hub.potOf(tree.id, COIN).cumulative, amount, "R22");
        assertEq(_releaseAll(tree, _inToken), (amount / 2) * 2, "R22");
    }

    function test_theHubTakesNoCoinByMistake() public {
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        vm.deal(PAYER, 3);
        vm.prank(PAYER);
        (bool success, bytes memory answer) = address(_hub).call{value: 1}("");
        assertFalse(success);
        assertEq(answer, abi.encodeWithSelector(ISplitHub.SplitHubUnauthorized.selector, PAYER));
        // Nor from a receiver, once it is flushed.
        address receiver = _hub.receiverOf(tree.id);
        vm.deal(receiver, 5);
        assertEq(_hub.flush(tree.id, COIN), 5);
        vm.deal(receiver, 7);
        vm.prank(receiver);
        (success, answer) = address(_hub).call{value: 7}("");
        assertFalse(success);
        assertEq(answer, abi.encodeWithSelector(ISplitHub.SplitHubUnauthorized.selector, receiver));
        vm.expectRevert(abi.encodeWithSelector(SplitReceiver.SplitReceiverUnauthorized.selector, address(this)));
        SplitReceiver(payable(receiver)).flush(COIN);
        assertEq(_hub.flush(tree.id, COIN), 7);
        assertEq(_hub.potOf(tree.id, COIN).cumulative, 12);
    }

    /// @dev A recipient may be another split's receiver, and even the hub: then it is his own part that is stuck.
    function test_SPL01_recipientsThatAreTheHubOrAReceiverTakeFromNobody() public {
        Tree memory child = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        Tree memory tree = _pair(_account(address(_hub)), 1, _account(_hub.receiverOf(child.id)), 1);
        Tree memory other = _pair(_account(_someone(3)), 1, _account(_someone(4)), 1);
        _deposit(tree.id, _inToken, 100);
        _deposit(tree.id, COIN, 100);
        _deposit(other.id, _inToken, 40);
        _hub.distribute(tree.split, _inToken, tree.recipients);
        _hub.distribute(tree.split, COIN, tree.recipients);
        assertEq(_hub.potOf(tree.id, _inToken).released, 100);
        assertEq(_hub.potOf(tree.id, COIN).released, 50, "the hub takes no coin");
        assertEq(_hub.flush(child.id, COIN), 50);
        assertEq(_hub.flush(child.id, _inToken), 50);
        assertEq(_releaseAll(child, COIN), 50);
        assertEq(_releaseAll(child, _inToken), 50);
        assertEq(_releaseAll(other, _inToken), 40, SPL_01);
        assertEq(_token.balanceOf(address(_hub)), 50, SPL_01);
    }

    function _expectSkipped(Tree memory tree, address account) private {
        vm.expectEmit(address(_hub));
        emit ISplitHub.SplitReleaseSkipped(tree.id, COIN, _account(account));
    }

    function _four(address one, address other) private pure returns (Tree memory) {
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](4);
        recipients[0] = ISplitHub.Recipient(_account(one), 25);
        recipients[1] = ISplitHub.Recipient(_account(_someone(1)), 25);
        recipients[2] = ISplitHub.Recipient(_account(other), 25);
        recipients[3] = ISplitHub.Recipient(_account(_someone(2)), 25);
        return _treeOf(recipients, 100, 0);
    }
}
