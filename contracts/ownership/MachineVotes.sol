// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IMachineShares} from "./IMachineShares.sol";
import {IMachineVotes} from "./IMachineVotes.sol";
import {MachineBids} from "./MachineBids.sol";

/// @title MachineVotes
/// @notice See {IMachineVotes}. It trusts no shares: what a false machine says of itself is kept under its own address.
/// Bids are in {MachineBids}.
contract MachineVotes is MachineBids {
    uint256 private constant BPS = 10_000;
    /// @dev 1 % of the voting shares brings a motion: each snapshot makes the next transfers dearer.
    uint256 private constant THRESHOLD_PARTS = 100;
    uint256 private constant TIMELOCK = 1 days;
    uint256 private constant EXECUTION_WINDOW = 14 days;

    /// @dev By id - 1.
    mapping(IMachineShares shares => Proposal[]) private _proposals;
    mapping(IMachineShares shares => mapping(uint256 proposalId => mapping(address account => bool))) private _voted;
    /// @dev The newest proposal of each motion that was carried out.
    mapping(IMachineShares shares => mapping(IMachineShares.Motion motion => uint256)) private _newest;

    /// @inheritdoc IMachineVotes
    function propose(
        IMachineShares shares,
        IMachineShares.Motion motion,
        bytes calldata payload
    ) external returns (uint256 proposalId) {
        _checkActive(shares);
        uint256 needed = Math.ceilDiv(shares.totalSupply() - shares.balanceOf(shares.issuer()), THRESHOLD_PARTS);
        uint256 balance = shares.balanceOf(msg.sender);
        require(balance >= needed, MachineVotesBelowThreshold(balance, needed));
        uint48 snapshot = uint48(block.timestamp);
        _proposals[shares].push(Proposal(motion, false, snapshot, 0, 0, keccak256(payload)));
        proposalId = _proposals[shares].length;
        emit ProposalCreated(shares, proposalId, msg.sender, motion, payload, snapshot);
        if (motion == IMachineShares.Motion.AcceptBid) {
            uint256 executableFrom = _votingEnd(shares, snapshot) + TIMELOCK;
            _putToVote(shares, abi.decode(payload, (uint256)), proposalId, executableFrom);
        }
        shares.takeSnapshot();
    }

    /// @inheritdoc IMachineVotes
    function castVote(IMachineShares shares, uint256 proposalId, bool support) external {
        Proposal storage proposal = _proposal(shares, proposalId);
        uint48 snapshot = proposal.snapshot;
        uint256 end = _votingEnd(shares, snapshot);
        bool open = block.timestamp > snapshot && block.timestamp <= end;
        require(open, MachineVotesVotingClosed(proposalId, end));
        require(!_voted[shares][proposalId][msg.sender], MachineVotesAlreadyVoted(proposalId, msg.sender));
        uint256 weight = msg.sender == shares.issuer() ? 0 : shares.pastBalanceOf(msg.sender, snapshot);
        require(weight != 0, MachineVotesNoVotes(msg.sender, snapshot));
        _voted[shares][proposalId][msg.sender] = true;
        if (support) proposal.yes += uint96(weight);
        else proposal.no += uint96(weight);
        emit VoteCast(shares, proposalId, msg.sender, support, weight);
    }

    /// @inheritdoc IMachineVotes
    function execute(IMachineShares shares, uint256 proposalId, bytes calldata payload) external nonReentrant {
        Proposal storage proposal = _proposal(shares, proposalId);
        uint256 from = _votingEnd(shares, proposal.snapshot) + TIMELOCK;
        bool timely = block.timestamp > from && block.timestamp <= from + EXECUTION_WINDOW;
        // A later decision on the same matter stands, and one that was carried out is no longer new.
        bool newest = proposalId > _newest[shares][proposal.motion];
        bool executable = timely && newest && _outcome(shares, proposal) == Outcome.Passed;
        require(executable, MachineVotesNotExecutable(proposalId));
        bytes32 payloadHash = keccak256(payload);
        require(payloadHash == proposal.payloadHash, MachineVotesWrongPayload(payloadHash));
        _newest[shares][proposal.motion] = proposalId;
        proposal.executed = true;
        emit ProposalExecuted(shares, proposalId);
        if (proposal.motion == IMachineShares.Motion.AcceptBid) _accept(shares, abi.decode(payload, (uint256)));
        else shares.carryOut(proposal.motion, payload);
    }

    /// @inheritdoc IMachineVotes
    function proposalOf(IMachineShares shares, uint256 proposalId) external view returns (Proposal memory proposal) {
        return _proposal(shares, proposalId);
    }

    /// @inheritdoc IMachineVotes
    function outcomeOf(IMachineShares shares, uint256 proposalId) external view returns (Outcome outcome) {
        return _outcome(shares, _proposal(shares, proposalId));
    }

    /// @inheritdoc IMachineVotes
    function hasVoted(IMachineShares shares, uint256 proposalId, address account) external view returns (bool) {
        return _voted[shares][proposalId][account];
    }

    function _isRejected(IMachineShares shares, uint256 proposalId) internal view override returns (bool) {
        if (proposalId == 0) return false;
        Proposal storage proposal = _proposal(shares, proposalId);
        uint256 lapse = _votingEnd(shares, proposal.snapshot) + TIMELOCK + EXECUTION_WINDOW;
        return block.timestamp > lapse || _outcome(shares, proposal) == Outcome.Defeated;
    }

    function _outcome(IMachineShares shares, Proposal storage proposal) private view returns (Outcome outcome) {
        uint48 snapshot = proposal.snapshot;
        if (block.timestamp <= _votingEnd(shares, snapshot)) return Outcome.Open;
        uint256 voting = shares.totalSupply() - shares.pastBalanceOf(shares.issuer(), snapshot);
        uint256 yes = proposal.yes;
        uint256 cast = yes + proposal.no;
        bool passed;
        if (proposal.motion == IMachineShares.Motion.AcceptBid) {
            passed = yes * 3 >= voting * 2;
        } else {
            IMachineShares.Machine memory terms = shares.machine();
            passed = cast * BPS >= voting * terms.quorumBps && yes * BPS > cast * terms.majorityBps;
        }
        return passed ? Outcome.Passed : Outcome.Defeated;
    }

    function _votingEnd(IMachineShares shares, uint48 snapshot) private view returns (uint256 end) {
        return uint256(snapshot) + shares.machine().votingPeriod;
    }

    function _proposal(IMachineShares shares, uint256 proposalId) private view returns (Proposal storage proposal) {
        bool known = proposalId != 0 && proposalId <= _proposals[shares].length;
        require(known, MachineVotesUnknownProposal(shares, proposalId));
        return _proposals[shares][proposalId - 1];
    }
}
