// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {SplitHubFixture} from "./SplitHubFixture.sol";
import {SplitHubProofs} from "./SplitHubProofs.sol";

contract SplitHubTest is Test, SplitHubFixture {
    string private constant SPL_01 = "SPL-01: the hub has what it owes";
    string private constant SPL_02 = "SPL-02: no more is released than came in";
    string private constant SPL_03 = "SPL-03: dust is less than the number of recipients";
    string private constant SPL_04 = "SPL-04: often or seldom makes no difference";
    string private constant SPL_05 = "SPL-05: a successor never changes what accrued";

    function setUp() public {
        _deployHub();
    }

    function testFuzz_SPL03_allButDustIsPaidByShares(uint256 seed, uint128 amount, bool listed) public {
        Tree memory tree = _someTree(seed, 0);
        _deposit(tree.id, _inToken, amount);
        if (listed) _hub.distribute(tree.split, _inToken, tree.recipients);
        else _releaseAll(tree, _inToken);
        uint256 left = amount;
        for (uint256 i = 0; i < tree.recipients.length; ++i) {
            uint256 received = _token.balanceOf(_someone(i));
            uint256 index = _indexOf(tree, _account(_someone(i)));
            assertEq(received, _dueTo(tree, index, amount), SPL_03);
            left -= received;
        }
        assertLt(left, tree.recipients.length, SPL_03);
        assertEq(_token.balanceOf(address(_hub)), left, SPL_01);
        _assertPot(tree.id, _inToken, amount, amount - left);
    }

    function testFuzz_SPL04_anyInterleavingPaysTheSame(
        uint256 seed,
        uint64[6] memory amounts,
        uint16[6] memory released
    ) public {
        Tree memory often = _someTree(seed, 1);
        Tree memory once = _someTree(seed, 2);
        uint256 count = often.recipients.length;
        uint256 total = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            _deposit(often.id, _inToken, amounts[i]);
            total += amounts[i];
            for (uint256 j = 0; j < count; ++j) {
                if (released[i] & (1 << j) != 0) _release(often, _inToken, j);
            }
        }
        _deposit(once.id, _inToken, total);
        for (uint256 i = count; i > 0; --i) _release(often, _inToken, i - 1);
        for (uint256 i = 0; i < count; ++i) {
            uint256 before = _token.balanceOf(_someone(i));
            uint256 index = _indexOf(once, _account(_someone(i)));
            assertEq(_release(once, _inToken, index), before, SPL_04);
            assertEq(before, _dueTo(once, index, total), SPL_04);
        }
        ISplitHub.Pot memory pot = _hub.potOf(once.id, _inToken);
        _assertPot(often.id, _inToken, pot.cumulative, pot.released);
    }

    /// @dev R20, R21: whatever a tree says, its pot is all that it can empty.
    function testFuzz_SPL02_R20_aHostileTreeDrainsItsOwnPotOnly(
        uint256 seed,
        uint96 total,
        uint128 mine,
        uint128 yours,
        bool coin
    ) public {
        Tree memory tree = _hostileTree(seed, total);
        Tree memory honest = _someTree(seed, 3);
        mine = uint128(bound(mine, 0, type(uint128).max / 2));
        yours = uint128(bound(yours, 0, type(uint128).max / 2));
        _deposit(tree.id, coin ? COIN : _inToken, mine);
        _deposit(honest.id, coin ? COIN : _inToken, yours);
        uint256 released = 0;
        for (uint256 round = 0; round < 3; ++round) released += _releaseAll(tree, coin ? COIN : _inToken);
        assertLe(released, mine, SPL_02);
        ISplitHub.Pot memory pot = _hub.potOf(tree.id, coin ? COIN : _inToken);
        assertEq(pot.cumulative, mine, SPL_02);
        assertEq(pot.released, released, SPL_02);
        assertEq(_hub.potOf(honest.id, coin ? COIN : _inToken).released, 0, "R20: another id was drained");
        uint256 rest = uint256(yours) + mine - released;
        assertEq(coin ? address(_hub).balance : _token.balanceOf(address(_hub)), rest, SPL_01);
        rest = _releaseAll(honest, coin ? COIN : _inToken);
        assertLt(yours - rest, honest.recipients.length, "R20: another id's recipients are short");
    }

    function testFuzz_R21_aSecondReleasePaysNothing(uint256 seed, uint128 amount, uint8 manner) public {
        Tree memory tree = _someTree(seed, 0);
        _deposit(tree.id, COIN, amount);
        _releaseAll(tree, COIN);
        uint256 left = address(_hub).balance;
        if (manner % 3 == 0) assertEq(_releaseAll(tree, COIN), 0, "R21: released twice");
        if (manner % 3 == 1) _hub.distribute(tree.split, COIN, tree.recipients);
        if (manner % 3 == 2) {
            ISplitHub.Leg[] memory legs = new ISplitHub.Leg[](2);
            legs[0] = _leg(tree, COIN, 0);
            legs[1] = legs[0];
            _hub.releaseMany(legs);
        }
        assertEq(address(_hub).balance, left, "R21: released twice");
        _assertPot(tree.id, COIN, amount, amount - left);
    }

    function testFuzz_SPL05_aSuccessorTakesWhatComesInFromThenOn(uint256 seed, uint64[5] memory amounts) public {
        Tree memory old = _someTree(seed, 4);
        Tree memory next = _someTree(seed, 5);
        Tree memory last = _someTree(seed, 6);
        // One hop only: the successor's own successor is not asked.
        _setSuccessor(next, last.id);
        _deposit(old.id, _inToken, amounts[0]);
        _setSuccessor(old, next.id);
        _assertPot(old.id, _inToken, amounts[0], 0);
        _deposit(old.id, _inToken, amounts[1]);
        // What the receiver got before still follows, once it is flushed.
        _token.mint(_hub.receiverOf(old.id), amounts[2]);
        _hub.flush(old.id, _inToken);
        _assertPot(old.id, _inToken, amounts[0], 0);
        _assertPot(next.id, _inToken, uint256(amounts[1]) + amounts[2], 0);
        _assertPot(last.id, _inToken, 0, 0);
        _setSuccessor(old, last.id);
        _deposit(old.id, _inToken, amounts[3]);
        _assertPot(last.id, _inToken, amounts[3], 0);
        _setSuccessor(old, 0);
        _deposit(old.id, _inToken, amounts[4]);
        uint256 mine = uint256(amounts[0]) + amounts[4];
        _assertPot(old.id, _inToken, mine, 0);
        _assertPot(next.id, _inToken, uint256(amounts[1]) + amounts[2], 0);
        for (uint256 i = 0; i < old.recipients.length; ++i) {
            assertEq(_release(old, _inToken, i), _dueTo(old, i, mine), SPL_05);
        }
    }

    function test_SPL05_aReleaseToASplitFollowsItsSuccessorToo() public {
        Tree memory child = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        Tree memory parent = _pair(child.id, 3, _account(_someone(3)), 1);
        Tree memory heir = _someTree(7, 7);
        _deposit(parent.id, COIN, 100);
        uint256 index = _indexOf(parent, child.id);
        assertEq(_release(parent, COIN, index), 75);
        _assertPot(child.id, COIN, 75, 0);
        _setSuccessor(child, heir.id);
        _deposit(parent.id, COIN, 100);
        vm.expectEmit(address(_hub));
        emit ISplitHub.SplitReleased(parent.id, COIN, child.id, 75);
        vm.expectEmit(address(_hub));
        emit ISplitHub.SplitDeposited(child.id, heir.id, COIN, address(_hub), 75);
        assertEq(_release(parent, COIN, index), 75);
        assertEq(_hub.potOf(child.id, COIN).cumulative, 75, SPL_05);
        assertEq(_hub.potOf(heir.id, COIN).cumulative, 75, SPL_05);
        assertEq(address(_hub).balance, 200, "no money moved");
    }

    /// @dev A recipient that stands for the split itself, by a successor: his part comes round until it is dust.
    function testFuzz_SPL02_aSplitThatPaysItselfPaysTheOthersInTheEnd(uint128 amount) public {
        amount = uint128(bound(amount, 1, type(uint96).max));
        Tree memory mirror = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        Tree memory tree = _pair(mirror.id, 1, _account(_someone(3)), 1);
        _setSuccessor(mirror, tree.id);
        _deposit(tree.id, _inToken, amount);
        for (uint256 i = 0; i < 100; ++i) {
            _releaseAll(tree, _inToken);
            ISplitHub.Pot memory pot = _hub.potOf(tree.id, _inToken);
            assertLe(pot.released, pot.cumulative, SPL_02);
            assertEq(_token.balanceOf(address(_hub)), pot.cumulative - pot.released, SPL_01);
        }
        assertLe(amount - _token.balanceOf(_someone(3)), 2, "all but dust");
    }

    function test_SPL02_twoSplitsThatPayEachOtherTakeFromNobody() public {
        Tree memory stub = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        Tree memory one = _pair(stub.id, 1, _account(_someone(3)), 1);
        Tree memory other = _pair(one.id, 1, _account(_someone(4)), 1);
        Tree memory bystander = _pair(_account(_someone(5)), 1, _account(_someone(6)), 1);
        _setSuccessor(stub, other.id);
        _deposit(one.id, COIN, 1_000);
        _deposit(bystander.id, COIN, 500);
        for (uint256 i = 0; i < 20; ++i) {
            _releaseAll(one, COIN);
            _releaseAll(other, COIN);
        }
        assertApproxEqAbs(_someone(3).balance, 667, 2);
        assertApproxEqAbs(_someone(4).balance, 333, 2);
        assertLe(_someone(3).balance + _someone(4).balance, 1_000, SPL_01);
        assertEq(_releaseAll(bystander, COIN), 500, "R20: a bystander is short");
    }

    /// @dev All of it to itself: it goes round for ever, and nobody else notices.
    function test_SPL02_aSplitThatPaysItselfAllKeepsIt() public {
        Tree memory mirror = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](1);
        recipients[0] = ISplitHub.Recipient(mirror.id, 50);
        Tree memory tree = _treeOf(recipients, 10, 0);
        _setSuccessor(mirror, tree.id);
        _deposit(tree.id, COIN, 100);
        for (uint256 i = 1; i <= 10; ++i) {
            assertEq(_release(tree, COIN, 0), 100);
            _assertPot(tree.id, COIN, 100 * (i + 1), 100 * i);
        }
        assertEq(address(_hub).balance, 100, SPL_01);
    }

    /// @dev What he had is counted by payee: the larger of his parts is all that he gets.
    function test_SPL02_aDoubledRecipientGetsTheLargerOfHisParts() public {
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](3);
        recipients[0] = ISplitHub.Recipient(_account(_someone(1)), 30);
        recipients[1] = ISplitHub.Recipient(_account(_someone(1)), 20);
        recipients[2] = ISplitHub.Recipient(_account(_someone(2)), 50);
        Tree memory tree = _treeOf(recipients, 100, 0);
        _deposit(tree.id, COIN, 1_000);
        _releaseAll(tree, COIN);
        _releaseAll(tree, COIN);
        assertEq(_someone(1).balance, 300);
        assertEq(_someone(2).balance, 500);
        _assertPot(tree.id, COIN, 1_000, 800);
    }

    function test_SPL02_sharesAboveTheTotalAreFirstComeFirstServed() public {
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](2);
        recipients[0] = ISplitHub.Recipient(_account(_someone(1)), 70);
        recipients[1] = ISplitHub.Recipient(_account(_someone(2)), 70);
        Tree memory tree = _treeOf(recipients, 100, 0);
        _deposit(tree.id, COIN, 1_000);
        uint256 second = _indexOf(tree, _account(_someone(2)));
        assertEq(_release(tree, COIN, second), 700);
        assertEq(_hub.releasable(tree.split, COIN, tree.recipients[1 - second]), 300);
        assertEq(_release(tree, COIN, 1 - second), 300);
        _assertPot(tree.id, COIN, 1_000, 1_000);
        _deposit(tree.id, COIN, 100);
        assertEq(_release(tree, COIN, second), 70);
        assertEq(_release(tree, COIN, 1 - second), 30);
    }

    function test_aPotTakesUpTo128BitsInAll() public {
        Tree memory tree = _pair(_account(_someone(1)), 1, _account(_someone(2)), 1);
        uint256 most = type(uint128).max;
        _deposit(tree.id, _inToken, most - 1);
        _deposit(tree.id, _inToken, 1);
        _releaseAll(tree, _inToken);
        assertEq(_token.balanceOf(_someone(1)), most / 2);
        vm.prank(PAYER);
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, uint8(128), most + 1));
        _hub.deposit(tree.id, _inToken, 1);
        _deposit(tree.id, COIN, 1);
    }

    function test_aListIsAllRecipientsInOrderAndSixteenAtMost() public {
        Tree memory tree = _someTree(15, 0);
        assertEq(tree.recipients.length, 16);
        _deposit(tree.id, COIN, 1 ether);
        bytes memory refused = abi.encodeWithSelector(ISplitHub.SplitHubNotTheRecipients.selector, tree.id);
        vm.expectRevert(refused);
        _hub.distribute(tree.split, COIN, new ISplitHub.Recipient[](0));
        ISplitHub.Recipient[] memory listed = new ISplitHub.Recipient[](15);
        for (uint256 i = 0; i < 15; ++i) listed[i] = tree.recipients[i];
        vm.expectRevert(refused);
        _hub.distribute(tree.split, COIN, listed);
        // Neighbours may change places, since a pair is hashed in order; pairs may not.
        listed = new ISplitHub.Recipient[](16);
        for (uint256 i = 0; i < 16; ++i) listed[i] = tree.recipients[(i + 2) % 16];
        vm.expectRevert(refused);
        _hub.distribute(tree.split, COIN, listed);
        _hub.distribute(tree.split, COIN, tree.recipients);
        assertLt(address(_hub).balance, 16, SPL_03);

        listed = new ISplitHub.Recipient[](17);
        for (uint256 i = 0; i < 17; ++i) listed[i] = ISplitHub.Recipient(_account(_someone(i)), 1);
        tree = _treeOf(listed, 17, 0);
        vm.expectRevert(abi.encodeWithSelector(ISplitHub.SplitHubNotTheRecipients.selector, tree.id));
        _hub.distribute(tree.split, COIN, tree.recipients);
    }

    function testFuzz_refusesAProofOfAnythingElse(uint256 seed, uint256 index, uint8 manner) public {
        Tree memory tree = _someTree(seed, 0);
        ISplitHub.Leg memory leg = _leg(tree, COIN, bound(index, 0, tree.recipients.length - 1));
        _deposit(tree.id, COIN, 1 ether);
        (bytes32 payee, uint96 shares) = (leg.recipient.payee, leg.recipient.shares);
        manner %= 4;
        if (manner == 0) payee = bytes32(uint256(payee) ^ 1);
        if (manner == 1) shares ^= 1;
        if (manner == 2) leg.proof = new bytes32[](leg.proof.length + 1);
        if (manner == 3) leg.split.root = bytes32(uint256(leg.split.root) ^ 1);
        bytes32 id = keccak256(abi.encode(leg.split));
        vm.expectRevert(abi.encodeWithSelector(ISplitHub.SplitHubNotRecipient.selector, id, payee, shares));
        _hub.release(leg.split, COIN, ISplitHub.Recipient(payee, shares), leg.proof);
    }

    function testFuzz_onlyHashesArePaidInto(address account, bytes32 successor) public {
        bytes32 id = _account(account);
        bytes memory refused = abi.encodeWithSelector(ISplitHub.SplitHubInvalidId.selector, id);
        vm.expectRevert(refused);
        _hub.deposit(id, COIN, 0);
        vm.expectRevert(refused);
        _hub.flush(id, COIN);
        Tree memory tree = _someTree(1, 0);
        if (id != 0) vm.expectRevert(refused);
        _setSuccessor(tree, id);
        successor = bytes32(bound(uint256(successor), uint256(type(uint160).max) + 1, type(uint256).max));
        _setSuccessor(tree, successor);
        assertEq(_hub.successorOf(tree.id), successor);
        vm.expectRevert(abi.encodeWithSelector(ISplitHub.SplitHubUnauthorized.selector, address(this)));
        _hub.setSuccessor(tree.split, successor);
        tree.split.total = 0;
        vm.expectRevert(ISplitHub.SplitHubMissingTotal.selector);
        _hub.releasable(tree.split, COIN, tree.recipients[0]);
        vm.expectRevert(ISplitHub.SplitHubMissingTotal.selector);
        _hub.distribute(tree.split, COIN, tree.recipients);
    }

    /// @dev R32: the way up a tree of a million recipients is 20 hashes long.
    function test_R32_aReleaseFromAHugeSplitCostsLittleMore() public {
        ISplitHub.Recipient memory recipient = ISplitHub.Recipient(_account(_someone(1)), 1);
        bytes32[] memory proof = new bytes32[](20);
        bytes32 root = SplitHubProofs.leafOf(recipient);
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = keccak256(abi.encode(i));
            root = SplitHubProofs.pairOf(root, proof[i]);
        }
        ISplitHub.Split memory split = ISplitHub.Split(root, 1_000_000, address(0), 0);
        _deposit(keccak256(abi.encode(split)), COIN, 1 ether);
        uint256 before = gasleft();
        assertEq(_hub.release(split, COIN, recipient, proof), 1e12);
        assertLt(before - gasleft(), 150_000, "R32: the gas grows with the recipients");
    }

    function _assertPot(bytes32 id, Currency currency, uint256 cumulative, uint256 released) private view {
        ISplitHub.Pot memory pot = _hub.potOf(id, currency);
        assertEq(pot.cumulative, cumulative, "what came in");
        assertEq(pot.released, released, "what was released");
    }

    /// @dev One to sixteen people with shares that sum to the total.
    function _someTree(uint256 seed, uint256 salt) private pure returns (Tree memory) {
        uint256 count = (seed % 16) + 1;
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](count);
        uint96 total = 0;
        for (uint256 i = 0; i < count; ++i) {
            // From one part in all to nearly all parts.
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            uint96 shares = uint96((word >> 16) % (uint256(1) << ((word % 90) + 1))) + 1;
            recipients[i] = ISplitHub.Recipient(_account(_someone(i)), shares);
            total += shares;
        }
        return _treeOf(recipients, total, salt);
    }

    /// @dev Any shares of any total, and some recipients more than once.
    function _hostileTree(uint256 seed, uint96 total) private pure returns (Tree memory) {
        uint256 count = (seed % 6) + 1;
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = uint256(keccak256(abi.encode("hostile", seed, i)));
            address account = _someone(100 + (word % 3));
            uint96 shares = word % 4 == 0 ? type(uint96).max : uint96(word >> 16) / 4;
            recipients[i] = ISplitHub.Recipient(_account(account), shares);
        }
        return _treeOf(recipients, total == 0 ? 1 : total, 99);
    }
}
