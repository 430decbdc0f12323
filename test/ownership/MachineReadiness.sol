// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {MachineWalker} from "./MachineWalker.sol";

/// @dev Leads a walk to where an act makes sense, if it is not there and there is a way. What is done for that is noted
/// in the model, but counts for no action.
abstract contract MachineReadiness is MachineWalker {
    uint256 internal constant MOST_MACHINES = 9;
    uint256 private constant FIRST_KEY = 0xDE71CE;

    /// @dev The call that made the last machine.
    bytes internal _lastCreation;

    function _readyToOpen(uint256 seed) internal {
        if (!_any(_isOpenable)) _createQuietly(seed);
    }

    function _readyToCancel(uint256 seed) internal {
        if (_any(_isCancellable)) return;
        _createQuietly(seed);
        _openQuietly(seed);
    }

    function _readyToSell(uint256 seed) internal {
        if (_any(_isSelling)) return;
        if (!_any(_isOpen)) _readyToOpen(seed);
        if (!_any(_isOpen)) _openQuietly(seed);
        uint256 m = _machine(seed, _isOpen);
        if (_isOpen(m)) _warpTo(_termsOf[m].start);
    }

    /// @dev Somebody pays for too few shares, and the sale ends.
    function _readyToFail(uint256 seed) internal {
        if (_any(_isRefundable) && _any(_isReclaimable)) return;
        _readyToSell(seed);
        uint256 m = _machine(seed, _isSelling);
        if (!_isSelling(m)) return;
        if (_machines[m].sold == 0 && _termsOf[m].softCap > 1) _contributeQuietly(m, _someone(seed, "payer"), 1);
        if (_machines[m].sold < _termsOf[m].softCap) _warpTo(_termsOf[m].end);
    }

    function _readyToFinalise(uint256 seed) internal {
        if (_any(_isFunded)) return;
        _readyToSell(seed);
        uint256 m = _machine(seed, _isSelling);
        if (_isSelling(m)) _fundQuietly(seed, m);
    }

    function _readyToWork(uint256 seed) internal {
        if (_any(_isActive)) return;
        _readyToFinalise(seed);
        uint256 m = _machine(seed, _isFunded);
        if (!_isFunded(m)) return;
        _offerings.finalise(_machines[m].shares);
        _noteSealed(m);
    }

    function _readyToClaim(uint256 seed) internal {
        _readyToWork(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isReachable);
        if (_isReachable(m, step)) _warpTo(_stepsOf[m][step].notBefore);
    }

    function _readyToVeto(uint256 seed) internal {
        if (_anyPair(_stepCount, _isStoppable)) return;
        _readyToClaim(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isReachable);
        _claimQuietly(m, step);
    }

    function _readyToRelease(uint256 seed) internal {
        if (_anyPair(_stepCount, _isReleasable)) return;
        _readyToVeto(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isClaimed);
        if (_isClaimed(m, step)) _warpTo(_vetoEnd(m, step));
    }

    /// @dev The first deadline that is over soon.
    function _readyToExpire(uint256 seed) internal {
        if (_anyPair(_stepCount, _isExpirable)) return;
        _readyToWork(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isReachable);
        if (!_isReachable(m, step)) return;
        for (uint256 i = 0; i < _stepsOf[m].length; ++i) {
            if (_isReachable(m, i) && _stepsOf[m][i].deadline < _stepsOf[m][step].deadline) step = i;
        }
        _warpTo(_stepsOf[m][step].deadline + 1);
    }

    function _readyToBidFor(uint256 seed) internal {
        _readyToWork(seed);
        if (_anyPair(_bidCount, _isVotable)) return;
        uint256 m = _machine(seed, _isActive);
        if (_isActive(m)) _bidQuietly(seed, m, _now() + _rulesOf[m].votingPeriod + 4 days);
    }

    function _readyToVote(uint256 seed) internal {
        if (!_anyPair(_ballotCount, _isVoting)) _proposeQuietly(seed);
        (uint256 m, uint256 index) = _pair(seed, _ballotCount, _isVoting);
        if (index >= _ballotsOf[m].length || !_isVoting(m, index)) return;
        if (_ballotsOf[m][index].snapshot == _now()) _warpTo(_now() + 1);
    }

    /// @dev All who hold shares vote for the last motion, and its timelock ends.
    function _readyToExecute(uint256 seed) internal {
        if (_anyPair(_ballotCount, _isExecutable)) return;
        _readyToVote(seed);
        (uint256 m, uint256 index) = _pair(seed, _ballotCount, _isVoting);
        if (index >= _ballotsOf[m].length || !_isVoting(m, index)) return;
        if (_ballotsOf[m][index].snapshot == _now()) return;
        for (uint256 i = 0; i < ACTORS; ++i) _voteQuietly(m, index + 1, _actor(i));
        // It may be that the last milestone is claimed and not released when the machine goes.
        if (seed % 3 == 0) _claimQuietly(m, _stepsOf[m].length - 1);
        _warpTo(_votingEnd(m, index + 1) + 1 days + 1);
        if (seed % 2 == 0) _earnQuietly(m, seed % 1e6);
    }

    function _readyToWithdrawBid(uint256 seed) internal {
        if (seed % 4 != 2 && _anyPair(_bidCount, _isWithdrawable)) return;
        _readyToWork(seed);
        uint256 m = _machine(seed, _isActive);
        if (!_isActive(m)) return;
        if (seed % 4 == 3) {
            _bidQuietly(seed, m, _now() + 1 hours);
            return _warpTo(_now() + 1 hours + 1);
        }
        // Or it is put to the vote, and nobody cares, or all are for it and nobody carries it out.
        _bidQuietly(seed, m, _now() + _rulesOf[m].votingPeriod + 19 days);
        _proposeTo(m, IMachineShares.Motion.AcceptBid, abi.encode(_bidsOf[m].length));
        uint256 proposalId = _bidsOf[m][_bidsOf[m].length - 1].proposalId;
        if (seed % 4 == 1 || proposalId == 0) return _warpTo(_now() + _rulesOf[m].votingPeriod + 1);
        _warpTo(_now() + 1);
        for (uint256 i = 0; i < ACTORS; ++i) _voteQuietly(m, proposalId, _actor(i));
        _warpTo(_votingEnd(m, proposalId) + 15 days + 1);
    }

    /// @dev One of the holders gets all shares that there are.
    function _readyToUnwrap(uint256 seed) internal {
        _readyToWork(seed);
        uint256 m = _machine(seed, _isGatherable);
        if (!_isGatherable(m)) return;
        address to = _holder(seed, m);
        for (uint256 i = 0; i < ACTORS; ++i) {
            address from = _actor(i);
            uint256 amount = _balance[m][from];
            if (from == to || amount == 0) continue;
            vm.prank(from);
            _machines[m].shares.transfer(to, amount);
            _noteMoved(m, from, to, amount);
        }
    }

    function _noteCreated(
        IMachineShares shares,
        address seller,
        IMachineShares.Machine memory rules,
        IMachineOfferings.Offering memory offering
    ) internal {
        uint256 m = _machines.length;
        Ghost storage ghost = _machines.push();
        ghost.shares = shares;
        _lastCreation = abi.encodeCall(IMachineOfferings.create, (rules, offering));
        ghost.seller = seller;
        ghost.deviceId = rules.deviceId;
        ghost.wallet = _devices.accountOf(rules.deviceId);
        ghost.firstOperator = rules.operator;
        ghost.currency = rules.currency == _currency(0) ? 0 : 1;
        ghost.receiver = shares.revenueReceiver();
        _termsOf[m] = _offerings.termsOf(shares);
        _noteRules(m, rules);
        uint256 low = 0;
        for (uint256 i = 0; i < offering.milestones.length; ++i) {
            Step storage step = _stepsOf[m].push();
            (step.low, step.high) = (low, low + offering.milestones[i].bps);
            (step.notBefore, step.deadline) = (offering.milestones[i].notBefore, offering.milestones[i].deadline);
            low = step.high;
        }
        for (uint256 i = 0; i < ACTORS; ++i) _approve(_actor(i), address(shares));
    }

    function _noteContributed(uint256 m, address account, uint256 amount) internal {
        _machines[m].sold += amount;
        _balance[m][account] += amount;
    }

    function _noteMilestoneClaimed(uint256 m, uint256 step) internal {
        Step storage its = _stepsOf[m][step];
        its.status = IMachineOfferings.MilestoneStatus.Claimed;
        its.claimedAt = _now();
        _machines[m].pending = true;
    }

    function _noteProposed(uint256 m, IMachineShares.Motion motion, bytes memory payload) internal {
        _ballotsOf[m].push(Ballot(motion, payload, _now(), 0, 0, false));
        _machines[m].pending = true;
        if (motion != IMachineShares.Motion.AcceptBid) return;
        _bidsOf[m][abi.decode(payload, (uint256)) - 1].proposalId = _ballotsOf[m].length;
    }

    function _noteVoted(uint256 m, uint256 proposalId, address voter, bool support) internal {
        Ballot storage ballot = _ballotsOf[m][proposalId - 1];
        uint256 weight = _pastOf(m, ballot.snapshot, voter);
        _voted[m][proposalId][voter] = true;
        if (support) ballot.yes += weight;
        else ballot.no += weight;
    }

    function _createQuietly(uint256 seed) internal {
        if (_machines.length == MOST_MACHINES) return;
        address seller = _seller(seed);
        uint256 deviceId = _deviceFor(seed, seller);
        (IMachineShares.Machine memory rules, IMachineOfferings.Offering memory offering) = _someTerms(seed, deviceId);
        vm.prank(seller);
        IMachineShares shares = _offerings.create(rules, offering);
        _noteCreated(shares, seller, rules, offering);
    }

    function _openQuietly(uint256 seed) internal {
        uint256 m = _machine(seed, _isOpenable);
        if (!_isOpenable(m)) return;
        Ghost storage ghost = _machines[m];
        vm.prank(ghost.seller);
        _devices.safeTransferFrom(ghost.seller, address(_offerings), ghost.deviceId, abi.encode(ghost.shares));
        ghost.mark = Mark.Open;
    }

    function _contributeQuietly(uint256 m, address account, uint256 amount) internal {
        uint256 cap = _termsOf[m].walletCap;
        uint256 left = _termsOf[m].hardCap - _machines[m].sold;
        if (amount > left) amount = left;
        if (cap != 0 && amount > cap - _balance[m][account]) amount = cap - _balance[m][account];
        if (amount == 0) return;
        _contribute(_machines[m].shares, account, amount);
        _noteContributed(m, account, amount);
    }

    function _fundQuietly(uint256 seed, uint256 m) internal {
        uint256 part = _termsOf[m].hardCap / 3 + 1;
        for (uint256 i = 0; i < 4; ++i) _contributeQuietly(m, _actor((seed / 7 + i) % ACTORS), part);
        if (!_isFunded(m)) _warpTo(_termsOf[m].end);
    }

    /// @dev One who can be anybody's seller: he takes coin.
    function _seller(uint256 seed) internal view returns (address) {
        return _actor(_word(seed, "seller") % (ACTORS - 1));
    }

    /// @dev One that he has already, or a new one.
    function _deviceFor(uint256 seed, address seller) internal returns (uint256 deviceId) {
        for (uint256 i = 0; i < _deviceIds.length && seed % 2 == 0; ++i) {
            if (_devices.controllerOf(_deviceIds[i]) == seller) return _deviceIds[i];
        }
        deviceId = _register(_deviceKey(FIRST_KEY + _deviceIds.length), seller);
        _deviceIds.push(deviceId);
    }

    /// @dev Something that a seller could offer.
    function _someTerms(
        uint256 seed,
        uint256 deviceId
    ) internal view returns (IMachineShares.Machine memory rules, IMachineOfferings.Offering memory offering) {
        rules = _machineOf(deviceId, _someone(seed, "operator"));
        // No two machines of a walk are the same, whatever the seeds.
        rules.symbol = bytes32(abi.encodePacked("MACHINE", uint8(65 + _machines.length))) | bytes32(uint256(8));
        rules.operatorBps = uint16(seed % 3 == 0 ? 0 : _word(seed, "operatorBps") % WHOLE);
        rules.quorumBps = uint16(1 + (_word(seed, "quorum") % 6_000));
        rules.majorityBps = uint16(5_000 + (_word(seed, "majority") % 2_000));
        rules.votingPeriod = uint48(1 days + (_word(seed, "voting") % 2 days));
        rules.currency = _currency(_word(seed, "currency") % 2);
        rules.buyoutFloor = uint128(_word(seed, "floor") % 1e12);
        rules.workingBalances = new IMachineShares.WorkingBalance[](1);
        rules.workingBalances[0] = IMachineShares.WorkingBalance(_currency(seed % 3), 500);
        offering = _offeringOf(
            uint128(999_983 + (_word(seed, "price") % 1e9)),
            uint88(20 + (_word(seed, "hardCap") % 1_000))
        );
        offering.softCap = uint88(1 + (_word(seed, "softCap") % offering.hardCap));
        if (seed % 4 != 0) offering.operatorShares = uint88(_word(seed, "own") % (offering.hardCap + 1));
        offering.start += uint48(_word(seed, "start") % 3 days);
        offering.end = offering.start + 2 days + uint48(_word(seed, "end") % 18 days);
        if (_word(seed, "cap") % 4 == 0) offering.walletCap = offering.hardCap / 3 + 1;
        offering.vetoBps = uint16(1 + (_word(seed, "vetoBps") % 8_000));
        offering.vetoWindow = uint48(3 days + (_word(seed, "window") % 2 days));
        offering.milestones = _someMilestones(seed, offering.end);
    }

    function _noteRules(uint256 m, IMachineShares.Machine memory rules) private {
        IMachineShares.Machine storage its = _rulesOf[m];
        (its.operator, its.operatorBps, its.quorumBps) = (rules.operator, rules.operatorBps, rules.quorumBps);
        (its.majorityBps, its.votingPeriod) = (rules.majorityBps, rules.votingPeriod);
        (its.currency, its.buyoutFloor) = (rules.currency, rules.buyoutFloor);
        its.workingBalances.push(rules.workingBalances[0]);
    }

    function _someMilestones(
        uint256 seed,
        uint48 end
    ) private pure returns (IMachineOfferings.Milestone[] memory milestones) {
        uint256 count = 1 + (_word(seed, "milestones") % 4);
        milestones = new IMachineOfferings.Milestone[](count);
        uint256 left = WHOLE;
        for (uint256 i = 0; i < count; ++i) {
            uint256 bps = 1 + (_word(seed + i, "bps") % 4_000);
            if (i == count - 1 || bps >= left) bps = left - (count - 1 - i);
            milestones[i].bps = uint16(bps);
            left -= bps;
            milestones[i].deadline = end + 10 days + uint48(i * 120 days + (_word(seed + i, "deadline") % 90 days));
            if (i % 2 == 1) milestones[i].notBefore = end + 5 days;
        }
    }

    function _proposeQuietly(uint256 seed) private {
        _readyToBidFor(seed);
        (uint256 m, uint256 index) = _pair(seed, _bidCount, _isVotable);
        uint256 manner = _word(seed, "quiet motion") % 6;
        bool sale = manner < 2 && index < _bidsOf[m].length && _isVotable(m, index);
        if (!sale) m = _machine(seed, _isActive);
        if (!_isActive(m)) return;
        bytes memory payload = sale ? abi.encode(index + 1) : abi.encode(_someone(seed, "named"));
        IMachineShares.Motion motion = sale ? IMachineShares.Motion.AcceptBid : IMachineShares.Motion.SetOperator;
        if (manner == 2) (motion, payload) = (IMachineShares.Motion.Retire, bytes(""));
        _proposeTo(m, motion, payload);
    }

    function _proposeTo(uint256 m, IMachineShares.Motion motion, bytes memory payload) private {
        address proposer = _greatest(m);
        if (_balance[m][proposer] * 100 < _machines[m].supply - _balance[m][address(_offerings)]) return;
        vm.prank(proposer);
        _votes.propose(_machines[m].shares, motion, payload);
        _noteProposed(m, motion, payload);
    }

    function _bidQuietly(uint256 seed, uint256 m, uint256 expiry) private {
        address bidder = _someone(seed, "bidder");
        uint256 price = _machines[m].floor + (seed % 1_000) + 1;
        vm.prank(bidder);
        _votes.bid{value: _machines[m].currency == 0 ? price : 0}(_machines[m].shares, uint128(price), uint48(expiry));
        _bidsOf[m].push(Escrow(bidder, price, expiry, 0, false));
    }

    function _claimQuietly(uint256 m, uint256 step) private {
        if (!_isReachable(m, step) || _now() < _stepsOf[m][step].notBefore) return;
        _claimMilestone(_machines[m].shares, step, _stepsOf[m][step].round);
        _noteMilestoneClaimed(m, step);
    }

    /// @dev The device is paid for something.
    function _earnQuietly(uint256 m, uint256 amount) private {
        Ghost storage ghost = _machines[m];
        _inWallet[ghost.deviceId][ghost.currency] += amount;
        if (ghost.currency == 1) return _token.mint(ghost.wallet, amount);
        vm.deal(ghost.wallet, ghost.wallet.balance + amount);
    }

    function _voteQuietly(uint256 m, uint256 proposalId, address voter) private {
        uint256 weight = _pastOf(m, _ballotsOf[m][proposalId - 1].snapshot, voter);
        if (weight == 0 || _voted[m][proposalId][voter]) return;
        vm.prank(voter);
        _votes.castVote(_machines[m].shares, proposalId, true);
        _noteVoted(m, proposalId, voter, true);
    }

    function _greatest(uint256 m) internal view returns (address account) {
        account = _actor(0);
        for (uint256 i = 1; i < ACTORS; ++i) if (_balance[m][_actor(i)] > _balance[m][account]) account = _actor(i);
    }
}
