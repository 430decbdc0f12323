// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {IMachineVotes} from "../../contracts/ownership/IMachineVotes.sol";
import {MachineReadiness} from "./MachineReadiness.sol";

/// @dev What holders decide, and what bidders do.
abstract contract MachineVoters is MachineReadiness {
    function propose(uint256 seed) external {
        if (seed % 8 != 0) _readyToBidFor(seed);
        (uint256 m, uint256 index) = _pair(seed, _bidCount, _isVotable);
        IMachineShares.Motion motion = _someMotion(seed);
        bool sale = motion == IMachineShares.Motion.AcceptBid;
        if (!sale) m = _machine(seed, _isActive);
        address proposer = _holder(seed, m);
        uint256 voting = _machines[m].supply - _balance[m][address(_offerings)];
        bool expected = _isActive(m) && _balance[m][proposer] * 100 >= voting;
        if (sale) expected = expected && index < _bidsOf[m].length && _isVotable(m, index);
        bytes memory payload = sale ? abi.encode(index + 1) : bytes("");
        if (motion == IMachineShares.Motion.SetOperator) payload = abi.encode(_named(seed, m));
        bytes memory data = abi.encodeCall(IMachineVotes.propose, (_machines[m].shares, motion, payload));
        bool success = _act(proposer, address(_votes), 0, data);
        _judge(success, expected, OWN_08);
        if (success) _noteProposed(m, motion, payload);
    }

    function castVote(uint256 seed) external {
        if (seed % 8 != 0) _readyToVote(seed);
        (uint256 m, uint256 index) = _pair(seed, _ballotCount, _isVoting);
        if (index >= _ballotsOf[m].length) return;
        address voter = _voter(seed, m, index);
        uint256 snapshot = _ballotsOf[m][index].snapshot;
        bool open = _isVoting(m, index) && _now() > snapshot;
        bool expected = open && _pastOf(m, snapshot, voter) != 0 && !_voted[m][index + 1][voter];
        bool support = _word(seed, "support") % 3 != 0;
        bytes memory data = abi.encodeCall(IMachineVotes.castVote, (_machines[m].shares, index + 1, support));
        bool success = _act(voter, address(_votes), 0, data);
        _judge(success, expected, OWN_08);
        if (success) _noteVoted(m, index + 1, voter, support);
    }

    function execute(uint256 seed) external {
        if (seed % 8 != 0) _readyToExecute(seed);
        (uint256 m, uint256 index) = _pair(seed, _ballotCount, _isExecutable);
        if (index >= _ballotsOf[m].length) return;
        bytes memory payload = _ballotsOf[m][index].payload;
        bool wrong = _word(seed, "wrong") % 16 == 0;
        if (wrong) payload = abi.encode(_someone(seed, "wrong"), 1);
        bool expected = _isExecutable(m, index) && !wrong;
        bytes memory data = abi.encodeCall(IMachineVotes.execute, (_machines[m].shares, index + 1, payload));
        uint256 held = _machines[m].shares.heldOf(_currency(_machines[m].currency));
        bool success = _act(_someone(seed, "sender"), address(_votes), 0, data);
        _judge(success, expected, OWN_08);
        if (success) _noteExecuted(m, index, held);
    }

    function bid(uint256 seed) external {
        if (seed % 8 != 0) _readyToWork(seed);
        uint256 m = _machine(seed, _isActive);
        Ghost storage ghost = _machines[m];
        uint256 manner = _word(seed, "manner") % 16;
        uint256 price = ghost.floor + (manner < 4 ? 0 : _word(seed, "more") % 1e9);
        if (manner == 4 && ghost.floor != 0) price = ghost.floor - 1;
        uint256 expiry = _now() + (manner == 5 ? 0 : 1 + (_word(seed, "expiry") % 24 days));
        uint256 value = ghost.currency == 0 ? price : 0;
        if (manner == 6) ++value;
        bool expected = _isActive(m) && price >= ghost.floor && expiry > _now() && manner != 6;
        address bidder = _someone(seed, "bidder");
        bytes memory data = abi.encodeCall(IMachineVotes.bid, (ghost.shares, uint128(price), uint48(expiry)));
        bool success = _act(bidder, address(_votes), value, data);
        _judge(success, expected, OWN_10);
        if (!success) return;
        _bidsOf[m].push(Escrow(bidder, price, expiry, 0, false));
        _same(abi.decode(_answer, (uint256)), _bidsOf[m].length, OWN_10, "a bid has number");
    }

    function withdrawBid(uint256 seed) external {
        if (seed % 8 != 0) _readyToWithdrawBid(seed);
        (uint256 m, uint256 index) = _pair(seed, _bidCount, _isWithdrawable);
        if (index >= _bidsOf[m].length) return;
        Escrow storage its = _bidsOf[m][index];
        uint256 currency = _machines[m].currency;
        bool expected = _isWithdrawable(m, index) && !_refuses(its.bidder, currency);
        uint256 before = _currency(currency).balanceOf(its.bidder);
        bytes memory data = abi.encodeCall(IMachineVotes.withdrawBid, (_machines[m].shares, index + 1));
        bool success = _act(_someone(seed, "sender"), address(_votes), 0, data);
        _judge(success, expected, OWN_10);
        if (its.bidder == _hostile() && _isWithdrawable(m, index)) ++met["hostile bidder"];
        if (!success) return;
        its.gone = true;
        _same(_currency(currency).balanceOf(its.bidder) - before, its.price, OWN_10, "a bid gave back");
        if (!_isActive(m) || _now() > its.expiry) return;
        ++met[_hasPassed(m, its.proposalId) ? "bid lapsed" : "bid rejected"];
    }

    /// @dev All that lies at the machine and its wallet is the final dividend, with the price.
    function _noteSold(uint256 m, uint256 bidId, uint256 held) private {
        Ghost storage ghost = _machines[m];
        Escrow storage its = _bidsOf[m][bidId - 1];
        uint256 currency = ghost.currency;
        uint256 swept = _inWallet[ghost.deviceId][currency];
        if (swept != 0) ++met["swept before the sale"];
        _inWallet[ghost.deviceId][currency] = 0;
        uint256 sum = its.price + swept + _unbooked[m][currency];
        _unbooked[m][currency] = 0;
        _noteDeposited(m, currency, sum);
        (its.gone, ghost.ended) = (true, true);
        ++met["sold"];
        _same(ghost.shares.heldOf(_currency(currency)) - held, sum, OWN_09, "the sale brought");
        if (_devices.controllerOf(ghost.deviceId) != its.bidder) _breach(OWN_09, "sold to somebody else");
    }

    function _noteExecuted(uint256 m, uint256 index, uint256 held) private {
        Ballot storage ballot = _ballotsOf[m][index];
        Ghost storage ghost = _machines[m];
        ballot.executed = true;
        _newest[m][ballot.motion] = index + 1;
        if (ballot.motion == IMachineShares.Motion.AcceptBid) {
            return _noteSold(m, abi.decode(ballot.payload, (uint256)), held);
        }
        if (ballot.motion == IMachineShares.Motion.Retire) {
            ghost.retired = true;
            ++met["retired"];
            return;
        }
        address named = abi.decode(ballot.payload, (address));
        if (named != ghost.operator) ++met["operator changed"];
        if (named == _hostile()) ++met["hostile operator"];
        _noteOperator(m, named);
    }

    /// @dev Nobody runs a machine, at times.
    function _named(uint256 seed, uint256 m) private view returns (address) {
        uint256 manner = _word(seed, "named") % 16;
        if (manner == 0) return address(0);
        if (manner == 1) return address(_offerings);
        return manner == 2 ? address(_machines[m].shares) : _someone(seed, "named");
    }

    /// @dev Somebody who may vote and has not, if there is anybody; at times anybody.
    function _voter(uint256 seed, uint256 m, uint256 index) private view returns (address) {
        uint256 start = _word(seed, "voter");
        uint256 snapshot = _ballotsOf[m][index].snapshot;
        for (uint256 i = 0; i < ACTORS && start % 12 != 0; ++i) {
            address account = _actor((start / 12 + i) % ACTORS);
            if (_pastOf(m, snapshot, account) != 0 && !_voted[m][index + 1][account]) return account;
        }
        return _actor(start % ACTORS);
    }

    function _someMotion(uint256 seed) private pure returns (IMachineShares.Motion) {
        uint256 manner = _word(seed, "motion") % 16;
        if (manner == 0) return IMachineShares.Motion.Retire;
        return manner < 7 ? IMachineShares.Motion.AcceptBid : IMachineShares.Motion.SetOperator;
    }
}
