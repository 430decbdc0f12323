// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IMachineShares} from "./IMachineShares.sol";
import {IMachineVotes} from "./IMachineVotes.sol";

/// @title MachineBids
/// @notice The part of {IMachineVotes} that keeps what bidders pay. It owes each bidder his price and nobody anything
/// else.
abstract contract MachineBids is IMachineVotes, ReentrancyGuardTransient {
    /// @dev Least time between the end of the timelock and the end of a bid.
    uint256 private constant MIN_EXECUTION_TIME = 1 days;

    /// @dev By id - 1.
    mapping(IMachineShares shares => Bid[]) private _bids;

    /// @inheritdoc IMachineVotes
    function bid(
        IMachineShares shares,
        uint128 price,
        uint48 expiry
    ) external payable nonReentrant returns (uint256 bidId) {
        _checkActive(shares);
        uint256 floor = shares.buyoutFloor();
        require(price >= floor, MachineVotesBelowFloor(price, floor));
        require(expiry > block.timestamp, MachineVotesInvalidExpiry(expiry));
        IMachineShares.Machine memory terms = shares.machine();
        // The registry would refuse the transfer, and the holders would have voted for nothing.
        bool able = msg.sender != shares.registry().accountOf(terms.deviceId) && msg.sender != address(shares);
        require(able, MachineVotesInvalidBidder(msg.sender));
        terms.currency.take(msg.sender, price);
        _bids[shares].push(Bid(msg.sender, expiry, 0, price, terms.currency));
        bidId = _bids[shares].length;
        emit BidPlaced(shares, bidId, msg.sender, price, expiry);
    }

    /// @inheritdoc IMachineVotes
    function withdrawBid(IMachineShares shares, uint256 bidId) external nonReentrant {
        Bid memory its = _bid(shares, bidId);
        bool active = shares.stage() == IMachineShares.Stage.Active;
        bool over = !active || block.timestamp > its.expiry || _isRejected(shares, its.proposalId);
        require(over, MachineVotesBidStands(bidId));
        delete _bids[shares][bidId - 1];
        emit BidWithdrawn(shares, bidId, its.bidder, its.price);
        its.currency.pay(its.bidder, its.price);
    }

    /// @inheritdoc IMachineVotes
    function bidOf(IMachineShares shares, uint256 bidId) external view returns (Bid memory its) {
        if (bidId != 0 && bidId <= _bids[shares].length) return _bids[shares][bidId - 1];
    }

    /// @dev Binds a bid to the one vote on it, which it must outlast.
    function _putToVote(IMachineShares shares, uint256 bidId, uint256 proposalId, uint256 executableFrom) internal {
        Bid memory its = _bid(shares, bidId);
        require(its.proposalId == 0, MachineVotesBidStands(bidId));
        require(its.expiry >= executableFrom + MIN_EXECUTION_TIME, MachineVotesInvalidExpiry(its.expiry));
        _bids[shares][bidId - 1].proposalId = SafeCast.toUint48(proposalId);
    }

    /// @dev Pays the price to the shares, which make it a dividend and give the device away.
    function _accept(IMachineShares shares, uint256 bidId) internal {
        Bid memory its = _bid(shares, bidId);
        require(block.timestamp <= its.expiry, MachineVotesInvalidExpiry(its.expiry));
        delete _bids[shares][bidId - 1];
        emit BidAccepted(shares, bidId, its.bidder, its.price);
        its.currency.pay(address(shares), its.price);
        shares.sell(its.bidder);
    }

    function _isRejected(IMachineShares shares, uint256 proposalId) internal view virtual returns (bool);

    function _checkActive(IMachineShares shares) internal view {
        require(shares.stage() == IMachineShares.Stage.Active, MachineVotesNotActive(shares));
    }

    function _bid(IMachineShares shares, uint256 bidId) private view returns (Bid memory its) {
        bool known = bidId != 0 && bidId <= _bids[shares].length && _bids[shares][bidId - 1].price != 0;
        require(known, MachineVotesUnknownBid(shares, bidId));
        return _bids[shares][bidId - 1];
    }
}
