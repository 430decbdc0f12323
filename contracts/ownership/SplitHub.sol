// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Currency} from "../shared/Currency.sol";
import {ISplitHub} from "./ISplitHub.sol";
import {SplitReceiver} from "./SplitReceiver.sol";
import {SplitTree} from "./SplitTree.sol";

/// @title SplitHub
/// @notice See {ISplitHub}. One lock over all entry points: nothing that is measured can be paid twice.
contract SplitHub is ISplitHub, ReentrancyGuardTransient {
    /// @dev What one release of several may burn: a plain token transfer with much to spare.
    uint256 private constant LEG_GAS = 300_000;
    uint256 private constant MAX_LIST = 16;

    address private immutable _receiverImplementation;
    mapping(bytes32 id => bytes32) private _successors;
    mapping(bytes32 id => mapping(Currency currency => Pot)) private _pots;
    mapping(bytes32 id => mapping(Currency currency => mapping(bytes32 payee => uint256))) private _paid;
    /// @dev The receiver that may send coin now.
    address private transient _flushing;

    constructor() {
        _receiverImplementation = address(new SplitReceiver());
    }

    /// @dev Nobody's coin is taken by mistake: only what a receiver brings.
    receive() external payable {
        require(msg.sender == _flushing, SplitHubUnauthorized(msg.sender));
    }

    /// @inheritdoc ISplitHub
    function deposit(
        bytes32 id,
        Currency currency,
        uint256 amount
    ) external payable nonReentrant returns (uint256 credited) {
        _checkId(id);
        credited = currency.takeMeasured(msg.sender, amount);
        _credit(id, currency, credited, msg.sender);
    }

    /// @inheritdoc ISplitHub
    function release(
        Split calldata split,
        Currency currency,
        Recipient calldata recipient,
        bytes32[] calldata proof
    ) external nonReentrant returns (uint256 amount) {
        return _releaseProven(split, currency, recipient, proof);
    }

    /// @inheritdoc ISplitHub
    function releaseMany(Leg[] calldata legs) external nonReentrant {
        for (uint256 i = 0; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            // Nothing is returned, so nothing is copied: a hostile recipient's return data costs the caller nothing.
            try this.releaseLeg{gas: LEG_GAS}(leg) {} catch {
                emit SplitReleaseSkipped(idOf(leg.split), leg.currency, leg.recipient.payee);
            }
        }
    }

    /// @inheritdoc ISplitHub
    function distribute(
        Split calldata split,
        Currency currency,
        Recipient[] calldata recipients
    ) external nonReentrant {
        bytes32 id = _checkedIdOf(split);
        uint256 count = recipients.length;
        bool all = count != 0 && count <= MAX_LIST && SplitTree.rootOf(recipients) == split.root;
        require(all, SplitHubNotTheRecipients(id));
        for (uint256 i = 0; i < count; ++i) {
            try this.releaseListed{gas: LEG_GAS}(id, split.total, currency, recipients[i]) {} catch {
                emit SplitReleaseSkipped(id, currency, recipients[i].payee);
            }
        }
    }

    /// @notice One leg of {releaseMany}; only the hub itself, which holds the lock.
    /// Reverts with {SplitHubUnauthorized}, and as {release} does.
    function releaseLeg(Leg calldata leg) external {
        require(msg.sender == address(this), SplitHubUnauthorized(msg.sender));
        _releaseProven(leg.split, leg.currency, leg.recipient, leg.proof);
    }

    /// @notice One recipient of {distribute}; only the hub itself, which has seen the whole list and holds the lock.
    /// Reverts with {SplitHubUnauthorized}, or as the currency or the recipient does.
    function releaseListed(bytes32 id, uint96 total, Currency currency, Recipient calldata recipient) external {
        require(msg.sender == address(this), SplitHubUnauthorized(msg.sender));
        _release(id, total, currency, recipient);
    }

    /// @inheritdoc ISplitHub
    function flush(bytes32 id, Currency currency) external nonReentrant returns (uint256 credited) {
        _checkId(id);
        address receiver = receiverOf(id);
        if (receiver.code.length == 0) Clones.cloneDeterministic(_receiverImplementation, id);
        uint256 before = currency.balanceOf(address(this));
        _flushing = receiver;
        SplitReceiver(payable(receiver)).flush(currency);
        _flushing = address(0);
        credited = currency.balanceOf(address(this)) - before;
        _credit(id, currency, credited, receiver);
    }

    /// @inheritdoc ISplitHub
    function setSuccessor(Split calldata split, bytes32 successor) external nonReentrant {
        require(msg.sender == split.controller, SplitHubUnauthorized(msg.sender));
        if (successor != 0) _checkId(successor);
        bytes32 id = idOf(split);
        _successors[id] = successor;
        emit SuccessorSet(id, successor);
    }

    /// @inheritdoc ISplitHub
    function successorOf(bytes32 id) external view returns (bytes32 successor) {
        return _successors[id];
    }

    /// @inheritdoc ISplitHub
    function potOf(bytes32 id, Currency currency) external view returns (Pot memory pot) {
        return _pots[id][currency];
    }

    /// @inheritdoc ISplitHub
    function releasable(
        Split calldata split,
        Currency currency,
        Recipient calldata recipient
    ) external view returns (uint256 amount) {
        bytes32 id = _checkedIdOf(split);
        return _due(_pots[id][currency], split.total, recipient.shares, _paid[id][currency][recipient.payee]);
    }

    /// @inheritdoc ISplitHub
    function receiverOf(bytes32 id) public view returns (address receiver) {
        return Clones.predictDeterministicAddress(_receiverImplementation, id);
    }

    /// @inheritdoc ISplitHub
    function idOf(Split calldata split) public pure returns (bytes32 id) {
        return SplitTree.idOf(split);
    }

    function _credit(bytes32 id, Currency currency, uint256 amount, address from) private {
        bytes32 successor = _successors[id];
        bytes32 creditedTo = successor == 0 ? id : successor;
        Pot storage pot = _pots[creditedTo][currency];
        pot.cumulative = SafeCast.toUint128(pot.cumulative + amount);
        emit SplitDeposited(id, creditedTo, currency, from, amount);
    }

    function _releaseProven(
        Split calldata split,
        Currency currency,
        Recipient calldata recipient,
        bytes32[] calldata proof
    ) private returns (uint256 amount) {
        bytes32 id = _checkedIdOf(split);
        bytes32 leaf = SplitTree.leafOf(recipient.payee, recipient.shares);
        bool proven = MerkleProof.verifyCalldata(proof, split.root, leaf);
        require(proven, SplitHubNotRecipient(id, recipient.payee, recipient.shares));
        return _release(id, split.total, currency, recipient);
    }

    function _release(
        bytes32 id,
        uint96 total,
        Currency currency,
        Recipient calldata recipient
    ) private returns (uint256 amount) {
        bytes32 payee = recipient.payee;
        Pot storage pot = _pots[id][currency];
        uint256 paid = _paid[id][currency][payee];
        amount = _due(pot, total, recipient.shares, paid);
        // Not an error: somebody else may just have released it.
        if (amount == 0) return 0;
        _paid[id][currency][payee] = paid + amount;
        pot.released += uint128(amount);
        emit SplitReleased(id, currency, payee, amount);
        if (_isSplit(payee)) _credit(payee, currency, amount, address(this));
        else currency.pay(address(uint160(uint256(payee))), amount);
    }

    function _checkedIdOf(Split calldata split) private pure returns (bytes32 id) {
        require(split.total != 0, SplitHubMissingTotal());
        return idOf(split);
    }

    /// @dev Cumulative, so neither often nor late matters; and never more than is there, whatever the tree says.
    function _due(Pot memory pot, uint96 total, uint96 shares, uint256 paid) private pure returns (uint256 amount) {
        uint256 due = (uint256(pot.cumulative) * shares) / total;
        return Math.min(Math.saturatingSub(due, paid), pot.cumulative - pot.released);
    }

    function _checkId(bytes32 id) private pure {
        require(_isSplit(id), SplitHubInvalidId(id));
    }

    function _isSplit(bytes32 payee) private pure returns (bool) {
        return uint256(payee) > type(uint160).max;
    }
}
