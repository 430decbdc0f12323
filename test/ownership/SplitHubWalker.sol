// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {SplitHubModel} from "./SplitHubModel.sol";

/// @dev Who pays what into which split, and releases to whom, as a seed says; and a judge who compares with the model.
abstract contract SplitHubWalker is SplitHubModel {
    uint256 private constant ENOUGH_GAS = 3_000_000;
    uint256 private constant RECIPIENTS = 3;

    /// @param useful How often it did something.
    struct Tally {
        uint256 attempts;
        uint256 useful;
    }

    uint256 public steps;
    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;
    bytes private _answer;

    /// @dev Whoever is paid in coin tries to be paid again.
    modifier nobodyEntersAgain(uint256 split) {
        Tree memory tree = _tree(split);
        _reentrant.arm(address(_hub), abi.encodeCall(_hub.distribute, (tree.split, COIN, tree.recipients)));
        _;
        if (_reentrant.succeeded()) _breach("R21", "entered again");
        _reentrant.arm(address(0), "");
    }

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 useful) {
        return (_tallies[action].attempts, _tallies[action].useful);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function deposit(uint256 seed) external {
        (uint256 split, uint256 index) = (_part(seed, "split", SPLITS), _part(seed, "currency", CURRENCIES));
        uint256 amount = _amount(seed);
        Currency currency = _currency(index);
        uint256 value = index == 0 ? amount : 0;
        uint256 before = currency.balanceOf(address(_hub));
        vm.deal(PAYER, value);
        bool success = _on(PAYER, value, abi.encodeCall(_hub.deposit, (_tree(split).id, currency, amount)));
        uint256 credited = success ? abi.decode(_answer, (uint256)) : 0;
        _credit(split, index, credited);
        bool exact = index == REBASING || credited == _arrives(index, amount);
        bool measured = credited == currency.balanceOf(address(_hub)) - before;
        if (!exact || !measured) _breach("SPL-01", "credited otherwise than what arrived");
        _judge(success, true, amount != 0, "SPL-01");
    }

    /// @dev Who knows nothing of splits pays the receiver.
    function payReceiver(uint256 seed) external {
        (uint256 split, uint256 index) = (_part(seed, "split", SPLITS), _part(seed, "currency", HONEST));
        address receiver = _hub.receiverOf(_tree(split).id);
        uint256 amount = _amount(seed);
        vm.deal(PAYER, amount);
        vm.prank(PAYER);
        bool success = true;
        if (index == 0) (success, _answer) = receiver.call{value: amount}("");
        else MockERC20(Currency.unwrap(_currency(index))).transfer(receiver, amount);
        _judge(success, true, true, "SPL-01");
    }

    function flush(uint256 seed) external {
        uint256 start = _word(seed, "flush");
        (uint256 split, uint256 index, uint256 there) = (0, 0, 0);
        for (uint256 i = 0; i < SPLITS * HONEST && there == 0; ++i) {
            uint256 pair = (start + i) % (SPLITS * HONEST);
            (split, index) = (pair / HONEST, pair % HONEST);
            there = _currency(index).balanceOf(_hub.receiverOf(_tree(split).id));
        }
        bool success = _on(PAYER, 0, abi.encodeCall(_hub.flush, (_tree(split).id, _currency(index))));
        uint256 credited = success ? abi.decode(_answer, (uint256)) : 0;
        if (credited != _arrives(index, there)) _breach("SPL-01", "credited otherwise than what was flushed");
        _credit(split, index, credited);
        _judge(success, true, credited != 0, "SPL-01");
    }

    function release(uint256 seed) external {
        (uint256 split, uint256 index, uint256 recipient) = _owed(seed, CURRENCIES);
        _release(split, index, recipient);
    }

    function releaseMany(uint256 seed) external nobodyEntersAgain(seed % SPLITS) {
        ISplitHub.Leg[] memory legs = new ISplitHub.Leg[]((seed % 4) + 1);
        uint256[3][] memory good = new uint256[3][](legs.length);
        uint256 count = 0;
        for (uint256 i = 0; i < legs.length; ++i) {
            (uint256 split, uint256 index, uint256 recipient) = _owed(uint256(keccak256(abi.encode(seed, i))), HONEST);
            legs[i] = _leg(_tree(split), _currency(index), recipient);
            if (_word(seed, "wrong") % 8 == i) legs[i].proof[0] = bytes32(seed);
            else good[count++] = [split, index, recipient];
        }
        bool success = _on(PAYER, 0, abi.encodeCall(_hub.releaseMany, (legs)));
        for (uint256 i = 0; i < count && success; ++i) {
            if (_takes(good[i][0], good[i][1], good[i][2])) _noteRelease(good[i][0], good[i][1], good[i][2]);
        }
        _judge(success, true, count != 0, "R30");
    }

    function distribute(uint256 seed) external nobodyEntersAgain(seed % SPLITS) {
        (uint256 split, uint256 index, ) = _owed(seed, HONEST);
        Tree memory tree = _tree(split);
        bool wrong = seed % 16 == 0;
        if (wrong) tree.recipients[seed % RECIPIENTS].shares += 1;
        bool success = _on(PAYER, 0, abi.encodeCall(_hub.distribute, (tree.split, _currency(index), tree.recipients)));
        for (uint256 i = 0; i < RECIPIENTS && success; ++i) {
            if (_takes(split, index, i)) _noteRelease(split, index, i);
        }
        _judge(success, !wrong, success, "R30");
    }

    function setSuccessor(uint256 seed) external {
        uint256 split = _part(seed, "split", SPLITS);
        uint256 successor = _part(seed, "successor", SPLITS + 1);
        bool wrong = seed % 8 == 0;
        bytes32 id = successor == 0 ? bytes32(0) : _tree(successor - 1).id;
        bytes memory data = abi.encodeCall(_hub.setSuccessor, (_tree(split).split, id));
        bool success = _on(wrong ? PAYER : CONTROLLER, 0, data);
        if (success) _successor[split] = successor;
        _judge(success, !wrong, success, "SPL-05");
    }

    function donate(uint256 seed) external {
        uint256 index = _part(seed, "currency", HONEST);
        uint256 amount = _amount(seed);
        _donated[index] += _arrives(index, amount);
        vm.deal(address(this), amount);
        if (index == 0) {
            new ForceSender{value: amount}(payable(address(_hub)));
        } else {
            vm.prank(PAYER);
            MockERC20(Currency.unwrap(_currency(index))).transfer(address(_hub), amount);
        }
        _judge(true, true, true, "SPL-01");
    }

    function rebase(uint256 seed) external {
        _rebasing.rebase(0.5e18 + (seed % 1.5e18));
        _judge(true, true, true, "SPL-01");
    }

    function changeMind(uint256) external {
        _accepts = !_accepts;
        _refusing.accept(_accepts);
        _judge(true, true, true, "R30");
    }

    /// @dev Everybody who can be paid is, parents first; what goes round in circles stops doing so.
    function drain() external {
        uint8[6] memory order = [5, 4, 2, 3, 1, 0];
        _refusing.accept(true);
        _accepts = true;
        for (uint256 i = 0; i < SPLITS; ++i) {
            _successor[i] = 0;
            _setSuccessor(_tree(i), 0);
        }
        for (uint256 i = 0; i < SPLITS; ++i) {
            for (uint256 index = 0; index < HONEST; ++index) {
                for (uint256 recipient = 0; recipient < RECIPIENTS; ++recipient) _release(order[i], index, recipient);
            }
        }
    }

    function _release(uint256 split, uint256 index, uint256 recipient) private nobodyEntersAgain(split) {
        ISplitHub.Leg memory leg = _leg(_tree(split), _currency(index), recipient);
        uint256 due = _due(split, index, recipient);
        bytes memory data = abi.encodeCall(_hub.release, (leg.split, leg.currency, leg.recipient, leg.proof));
        bool success = _on(PAYER, 0, data);
        bool expected = _takes(split, index, recipient);
        // Of what misbehaves the hub may be short.
        if (index >= HONEST && !success) expected = false;
        if (success && abi.decode(_answer, (uint256)) != due) _breach("SPL-04", "released another amount");
        if (success) _noteRelease(split, index, recipient);
        _judge(success, expected, success && due != 0, "SPL-04");
    }

    function _on(address sender, uint256 value, bytes memory data) private returns (bool success) {
        vm.prank(sender);
        (success, _answer) = address(_hub).call{value: value, gas: ENOUGH_GAS}(data);
    }

    function _judge(bool success, bool expected, bool useful, string memory property) private {
        ++steps;
        ++_tallies[msg.sig].attempts;
        if (useful) ++_tallies[msg.sig].useful;
        if (success && !expected) _breach(property, "succeeded and must not");
        if (!success && expected) _breach(property, string.concat("failed and must not: ", vm.toString(_answer)));
    }

    function _breach(string memory property, string memory what) private {
        _breaches[property] = string.concat(what, ": ", vm.toString(abi.encodePacked(msg.sig)));
    }

    /// @dev Mostly somebody to whom something is due.
    function _owed(
        uint256 seed,
        uint256 currencies
    ) private view returns (uint256 split, uint256 index, uint256 recipient) {
        uint256 start = _word(seed, "owed");
        uint256 count = SPLITS * currencies * RECIPIENTS;
        for (uint256 i = 0; i < count && start % 16 != 0; ++i) {
            uint256 one = (start + i) % count;
            (split, index, recipient) = (one % SPLITS, (one / SPLITS) % currencies, one / SPLITS / currencies);
            if (_due(split, index, recipient) != 0) return (split, index, recipient);
        }
        start %= count;
        return (start % SPLITS, (start / SPLITS) % currencies, start / SPLITS / currencies);
    }

    function _part(uint256 seed, string memory part, uint256 count) private pure returns (uint256) {
        return _word(seed, part) % count;
    }

    /// @dev From nothing to 2^80, as often small as large.
    function _amount(uint256 seed) private pure returns (uint256) {
        return _word(seed, "amount") >> (256 - (_word(seed, "bits") % 80));
    }

    function _word(uint256 seed, string memory part) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, part)));
    }
}
