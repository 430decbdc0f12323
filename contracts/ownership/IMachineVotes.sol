// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";
import {IMachineShares} from "./IMachineShares.sol";

/// @title IMachineVotes
/// @notice Where the holders of {IMachineShares} decide about their machine, and where bids for it stand. One contract
/// for all machines.
///
/// ```
///   propose ──▶ voting period ──▶ timelock, 1 day ──▶ 14 days: execute (anyone)
///      │          castVote            │
///      snapshot: shares at the end    └─ Defeated: not enough votes, or not enough of them for it
///      of this block vote
/// ```
///
/// A motion passes with more than the majority of the votes cast, if a quorum of the voting shares took part; to accept
/// a bid takes two thirds of all voting shares. Voting shares are the supply without what the issuer held at the
/// snapshot. Quorum, majority and voting period are the machine's for life.
///
/// ```
///   bid (price in escrow) ──propose AcceptBid──▶ voted on, once ──execute──▶ sold
///      └──────────────────────────┴─ rejected, lapsed, expired, or the machine not active ──withdrawBid──▶ bidder
/// ```
interface IMachineVotes {
    /// @notice A motion before the holders.
    /// @param motion What it would do.
    /// @param executed It was carried out.
    /// @param snapshot Who held shares at the end of this block votes; in seconds.
    /// @param yes Shares for it.
    /// @param no Shares against it.
    /// @param payloadHash Hash of the payload.
    struct Proposal {
        IMachineShares.Motion motion;
        bool executed;
        uint48 snapshot;
        uint96 yes;
        uint96 no;
        bytes32 payloadHash;
    }

    /// @notice What a proposal's votes have come to.
    enum Outcome {
        Open,
        Defeated,
        Passed
    }

    /// @notice An offer to buy a machine, in escrow.
    /// @param bidder Who pays and gets the device.
    /// @param expiry Last second at which it can be carried out.
    /// @param proposalId The vote on it, of which there is one at most; 0 before.
    /// @param price In the currency's smallest unit; 0 when it is gone.
    /// @param currency The machine's, as it was when the bid was paid: what is given back is what was taken, whatever
    /// false shares say later.
    struct Bid {
        address bidder;
        uint48 expiry;
        uint48 proposalId;
        uint128 price;
        Currency currency;
    }

    /// @notice A holder brought a motion to the vote.
    event ProposalCreated(
        IMachineShares indexed shares,
        uint256 indexed proposalId,
        address indexed proposer,
        IMachineShares.Motion motion,
        bytes payload,
        uint48 snapshot
    );
    /// @notice A holder voted with so many shares.
    event VoteCast(
        IMachineShares indexed shares,
        uint256 indexed proposalId,
        address indexed voter,
        bool support,
        uint256 weight
    );
    /// @notice A motion was carried out.
    event ProposalExecuted(IMachineShares indexed shares, uint256 indexed proposalId);
    /// @notice Somebody offers to buy a machine.
    event BidPlaced(
        IMachineShares indexed shares,
        uint256 indexed bidId,
        address indexed bidder,
        uint256 price,
        uint48 expiry
    );
    /// @notice A bid that was rejected, beaten, expired or accepted in vain went back to its bidder.
    event BidWithdrawn(IMachineShares indexed shares, uint256 indexed bidId, address indexed bidder, uint256 price);
    /// @notice A bid was carried out.
    event BidAccepted(IMachineShares indexed shares, uint256 indexed bidId, address indexed bidder, uint256 price);

    /// @notice The machine is not active: there is nothing to decide.
    error MachineVotesNotActive(IMachineShares shares);
    /// @notice To bring a motion takes 1 % of the voting shares.
    error MachineVotesBelowThreshold(uint256 balance, uint256 needed);
    /// @notice There is no such proposal.
    error MachineVotesUnknownProposal(IMachineShares shares, uint256 proposalId);
    /// @notice Votes are cast after the block of the proposal and until `end` (seconds).
    error MachineVotesVotingClosed(uint256 proposalId, uint256 end);
    /// @notice The account has voted on this.
    error MachineVotesAlreadyVoted(uint256 proposalId, address voter);
    /// @notice The account had no voting shares at the snapshot.
    error MachineVotesNoVotes(address voter, uint48 snapshot);
    /// @notice A motion is carried out once, if it passed, from a day to 15 days after the vote, and not after a newer
    /// one of the same kind.
    error MachineVotesNotExecutable(uint256 proposalId);
    /// @notice The payload is not what was voted on.
    error MachineVotesWrongPayload(bytes32 payloadHash);
    /// @notice A bid is at least the floor, both in the currency's smallest unit.
    error MachineVotesBelowFloor(uint256 price, uint256 floor);
    /// @notice A bid lasts until later than now; one that is voted on, a day beyond vote and timelock (seconds).
    error MachineVotesInvalidExpiry(uint48 expiry);
    /// @notice The device's own wallet and the shares cannot buy the device.
    error MachineVotesInvalidBidder(address bidder);
    /// @notice There is no such bid, or it is gone.
    error MachineVotesUnknownBid(IMachineShares shares, uint256 bidId);
    /// @notice The bid may yet be accepted, or there was a vote on it already.
    error MachineVotesBidStands(uint256 bidId);

    /// @notice Brings a motion to the vote; who has 1 % of the voting shares. Votes count by the shares held at the end
    /// of this block.
    /// @param payload See {IMachineShares-Motion}.
    /// @return proposalId Of this machine, from 1.
    /// Reverts with {MachineVotesNotActive}, {MachineVotesBelowThreshold}, and for a bid with {MachineVotesUnknownBid},
    /// {MachineVotesBidStands}, {MachineVotesInvalidExpiry}.
    function propose(
        IMachineShares shares,
        IMachineShares.Motion motion,
        bytes calldata payload
    ) external returns (uint256 proposalId);

    /// @notice Votes with all shares that the caller held at the snapshot, once.
    /// Reverts with {MachineVotesUnknownProposal}, {MachineVotesVotingClosed}, {MachineVotesAlreadyVoted},
    /// {MachineVotesNoVotes}.
    function castVote(IMachineShares shares, uint256 proposalId, bool support) external;

    /// @notice Carries out a motion that passed, from a day to 15 days after its vote, unless a newer one of the same
    /// kind was carried out. Anyone.
    /// @param payload What was voted on.
    /// Reverts with {MachineVotesUnknownProposal}, {MachineVotesNotExecutable}, {MachineVotesWrongPayload}, for a bid
    /// with {MachineVotesUnknownBid} or {MachineVotesInvalidExpiry}, and as {IMachineShares-carryOut} and
    /// {IMachineShares-sell} do.
    function execute(IMachineShares shares, uint256 proposalId, bytes calldata payload) external;

    /// @notice Offers to buy a machine. The price waits here until the bid is carried out, rejected, beaten, or
    /// expired; several bids may stand.
    /// @param price In the machine's currency's smallest unit, taken exactly.
    /// @param expiry Last second of the bid; in the future.
    /// @return bidId Of this machine, from 1.
    /// Reverts with {MachineVotesNotActive}, {MachineVotesBelowFloor}, {MachineVotesInvalidExpiry},
    /// {MachineVotesInvalidBidder}, and the errors of {CurrencyLibrary-take}.
    function bid(IMachineShares shares, uint128 price, uint48 expiry) external payable returns (uint256 bidId);

    /// @notice Gives a bid back to its bidder when it cannot be accepted any more. Anyone.
    /// Reverts with {MachineVotesUnknownBid}, {MachineVotesBidStands}, or as the currency does.
    function withdrawBid(IMachineShares shares, uint256 bidId) external;

    /// @notice A proposal.
    /// Reverts with {MachineVotesUnknownProposal}.
    function proposalOf(IMachineShares shares, uint256 proposalId) external view returns (Proposal memory proposal);

    /// @notice What a proposal's votes have come to.
    /// Reverts with {MachineVotesUnknownProposal}.
    function outcomeOf(IMachineShares shares, uint256 proposalId) external view returns (Outcome outcome);

    /// @notice Whether an account has voted.
    function hasVoted(IMachineShares shares, uint256 proposalId, address account) external view returns (bool);

    /// @notice A bid; all zero if it is gone or never was.
    function bidOf(IMachineShares shares, uint256 bidId) external view returns (Bid memory its);
}
