// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {IMachineVotes} from "../../contracts/ownership/IMachineVotes.sol";
import {MachineFixture} from "./MachineFixture.sol";

/// @dev Quorum, majority, two thirds, the one per cent and the veto: each against the least number of shares that it
/// takes, counted here by division, with one share less, as many, and one more.
contract MachineDecisionsTest is MachineFixture {
    uint256 private constant MOST_SHARES = 1e12;
    uint8 private constant NEAR = 3;

    address private _owner;
    address private _for;
    address private _against;
    address private _silent;
    uint256 private _deviceId;

    function setUp() public {
        _deployOwnership();
        (_owner, _for, _against, _silent) = (_person(1), _person(2), _person(3), _person(4));
        _deviceId = _register(_deviceKey(77), _owner);
        vm.deal(_for, PLENTY);
        vm.deal(_against, PLENTY);
        vm.deal(_silent, PLENTY);
    }

    function testFuzz_OWN08_quorumTakesItsPartOfTheVotingShares(
        uint256 voting,
        uint256 own,
        uint256 quorumBps,
        uint256 near
    ) public {
        voting = bound(voting, 2, MOST_SHARES);
        quorumBps = bound(quorumBps, 1, WHOLE);
        uint256 least = _ceilDiv(voting * quorumBps, WHOLE);
        uint256 cast = bound(_nearTo(least, near), 1, voting);
        IMachineShares.Machine memory machine = _machineOf(_deviceId, _owner);
        machine.quorumBps = uint16(quorumBps);
        IMachineShares shares = _share(machine, bound(own, 0, voting), [cast, 0, voting - cast]);
        _assertOutcome(shares, _voteOnRetiring(shares), cast >= least, "OWN-08: a quorum of the voting shares");
    }

    function testFuzz_OWN08_majorityTakesMoreThanItsPartOfTheVotes(
        uint256 cast,
        uint256 silent,
        uint256 majorityBps,
        uint256 near
    ) public {
        cast = bound(cast, 2, MOST_SHARES);
        majorityBps = bound(majorityBps, 5_000, WHOLE - 1);
        uint256 least = (cast * majorityBps) / WHOLE + 1;
        uint256 yes = bound(_nearTo(least, near), 0, cast);
        IMachineShares.Machine memory machine = _machineOf(_deviceId, _owner);
        machine.quorumBps = 1;
        machine.majorityBps = uint16(majorityBps);
        IMachineShares shares = _share(machine, 2, [yes, cast - yes, bound(silent, 0, cast)]);
        _assertOutcome(shares, _voteOnRetiring(shares), yes >= least, "OWN-08: more than the majority of the votes");
    }

    function testFuzz_OWN08_saleTakesTwoThirdsOfTheVotingShares(uint256 voting, uint256 own, uint256 near) public {
        voting = bound(voting, 2, MOST_SHARES);
        uint256 least = _ceilDiv(2 * voting, 3);
        uint256 yes = bound(_nearTo(least, near), 1, voting);
        IMachineShares shares = _share(_machineOf(_deviceId, _owner), bound(own, 0, voting), [yes, 0, voting - yes]);
        uint128 price = uint128(shares.buyoutFloor());
        vm.prank(_against);
        uint256 bidId = _votes.bid{value: price}(shares, price, uint48(_now() + 30 days));
        address proposer = _greatest(shares);
        vm.prank(proposer);
        uint256 proposalId = _votes.propose(shares, IMachineShares.Motion.AcceptBid, abi.encode(bidId));
        _vote(shares, proposalId);
        bool passes = yes >= least;
        _assertOutcome(shares, proposalId, passes, "OWN-08: two thirds of the voting shares");
        vm.warp(_now() + 1 days);
        if (!passes) vm.expectRevert(_notExecutable(proposalId));
        _votes.execute(shares, proposalId, abi.encode(bidId));
        assertEq(price, shares.totalSupply(), "OWN-09: the floor is the price of a share for each share");
        assertEq(shares.heldOf(_currency(0)), passes ? price : 0, "OWN-09: the price is the final dividend");
        assertEq(
            _devices.ownerOf(_deviceId),
            passes ? _against : address(shares),
            "OWN-09: the bidder gets the device"
        );
    }

    function testFuzz_OWN08_aMotionTakesOnePerCent(uint256 voting, uint256 own, uint256 near) public {
        voting = bound(voting, 2, MOST_SHARES);
        uint256 least = _ceilDiv(voting, 100);
        uint256 has = bound(_nearTo(least, near), 0, voting);
        IMachineShares shares = _share(_machineOf(_deviceId, _owner), bound(own, 0, voting), [has, 0, voting - has]);
        bytes4 refusal = IMachineVotes.MachineVotesBelowThreshold.selector;
        if (has < least) vm.expectRevert(abi.encodeWithSelector(refusal, has, least));
        vm.prank(_for);
        _votes.propose(shares, IMachineShares.Motion.Retire, "");
    }

    /// @dev Neither the operator's shares nor those that wait for him count.
    function testFuzz_OWN08_aVetoTakesItsPartOfTheOthersShares(
        uint256 others,
        uint256 own,
        uint256 operators,
        uint256 vetoBps,
        uint256 near
    ) public {
        others = bound(others, 2, MOST_SHARES);
        vetoBps = bound(vetoBps, 1, WHOLE);
        uint256 least = _ceilDiv(others * vetoBps, WHOLE);
        uint256 stopping = bound(_nearTo(least, near), 1, others);
        operators = bound(operators, 0, others);
        IMachineOfferings.Offering memory offering = _offeringOf(1, uint88(others + operators));
        offering.softCap = offering.hardCap;
        offering.operatorShares = uint88(bound(own, 0, offering.hardCap));
        offering.vetoBps = uint16(vetoBps);
        uint256[3] memory parts = [stopping, operators, others - stopping];
        IMachineShares shares = _fund(_machineOf(_deviceId, _against), offering, parts);
        _claimMilestone(shares, 0, 0);
        uint48 claimedAt = uint48(_now());
        vm.warp(_now() + 1);
        bytes4 refusal = IMachineOfferings.MachineOfferingsNoVeto.selector;
        vm.expectRevert(abi.encodeWithSelector(refusal, _against));
        vm.prank(_against);
        _offerings.veto(shares, 0);
        vm.prank(_for);
        _offerings.veto(shares, 0);
        IMachineOfferings.MilestoneState memory state = _offerings.milestoneStateOf(shares, 0);
        bool stopped = stopping >= least;
        IMachineOfferings.MilestoneStatus expected =
            stopped ? IMachineOfferings.MilestoneStatus.Pending : IMachineOfferings.MilestoneStatus.Claimed;
        assertEq(uint8(state.status), uint8(expected), "OWN-08: a part of the others' shares stops a claim");
        assertEq(state.vetoes, stopped ? 0 : stopping, "OWN-08: a veto counts with its shares");
        assertEq(state.round, stopped ? 1 : 0, "OWN-08: a stopped claim ends the round");
        assertEq(state.claimedAt, claimedAt, "OWN-08: the claim is as old as before");
    }

    /// @dev Nor do those that he got for a milestone and passed on drown the others' veto.
    function testFuzz_OWN08_aVetoTakesAtMostItsPartOfTheSharesSold(
        uint256 sold,
        uint256 own,
        uint256 kept,
        uint256 vetoBps,
        uint256 near
    ) public {
        sold = bound(sold, 2, MOST_SHARES);
        vetoBps = bound(vetoBps, 1, WHOLE);
        uint256 least = _ceilDiv(sold * vetoBps, WHOLE);
        uint256 stopping = bound(_nearTo(least, near), 1, sold);
        IMachineOfferings.Offering memory offering = _offeringOf(1, uint88(sold));
        offering.softCap = offering.hardCap;
        offering.operatorShares = uint88(bound(own, 0, sold));
        offering.vetoBps = uint16(vetoBps);
        _halve(offering);
        IMachineShares shares = _fund(_machineOf(_deviceId, _against), offering, [stopping, 0, sold - stopping]);
        _claimMilestone(shares, 0, 0);
        vm.warp(_now() + offering.vetoWindow);
        _offerings.release(shares, 0);
        uint256 vested = uint256(offering.operatorShares) / 2;
        assertEq(shares.balanceOf(_against), vested, "OWN-06: half of the operator's shares vested");
        kept = bound(kept, 0, vested);
        vm.prank(_against);
        shares.transfer(_silent, vested - kept);
        _claimMilestone(shares, 1, 0);
        vm.warp(_now() + 1);
        vm.prank(_for);
        _offerings.veto(shares, 1);
        IMachineOfferings.MilestoneState memory state = _offerings.milestoneStateOf(shares, 1);
        bool stopped = stopping >= least;
        assertEq(state.round, stopped ? 1 : 0, "OWN-08: the veto is a part of the shares sold, at most");
        assertEq(state.vetoes, stopped ? 0 : stopping, "OWN-08: a veto counts with its shares");
    }

    function _voteOnRetiring(IMachineShares shares) private returns (uint256 proposalId) {
        // Somebody who has enough for it, whatever he votes.
        address proposer = _greatest(shares);
        vm.prank(proposer);
        proposalId = _votes.propose(shares, IMachineShares.Motion.Retire, "");
        _vote(shares, proposalId);
    }

    /// @dev Until the first second after the vote.
    function _vote(IMachineShares shares, uint256 proposalId) private {
        vm.warp(_now() + 1);
        if (shares.balanceOf(_for) != 0) {
            vm.prank(_for);
            _votes.castVote(shares, proposalId, true);
        }
        if (shares.balanceOf(_against) != 0) {
            vm.prank(_against);
            _votes.castVote(shares, proposalId, false);
        }
        vm.warp(_now() + shares.machine().votingPeriod);
    }

    function _assertOutcome(
        IMachineShares shares,
        uint256 proposalId,
        bool passes,
        string memory message
    ) private view {
        IMachineVotes.Outcome expected = passes ? IMachineVotes.Outcome.Passed : IMachineVotes.Outcome.Defeated;
        assertEq(uint8(_votes.outcomeOf(shares, proposalId)), uint8(expected), message);
    }

    /// @dev A machine whose shares are these people's, and some the operator's to come, at one unit each.
    function _share(
        IMachineShares.Machine memory machine,
        uint256 own,
        uint256[3] memory parts
    ) private returns (IMachineShares) {
        IMachineOfferings.Offering memory offering = _offeringOf(1, uint88(parts[0] + parts[1] + parts[2]));
        offering.softCap = offering.hardCap;
        offering.operatorShares = uint88(own);
        return _fund(machine, offering, parts);
    }

    function _fund(
        IMachineShares.Machine memory machine,
        IMachineOfferings.Offering memory offering,
        uint256[3] memory parts
    ) private returns (IMachineShares shares) {
        shares = _offer(_owner, machine, offering);
        address[3] memory people = [_for, _against, _silent];
        for (uint256 i = 0; i < 3; ++i) if (parts[i] != 0) _contribute(shares, people[i], parts[i]);
        _offerings.finalise(shares);
    }

    function _halve(IMachineOfferings.Offering memory offering) private pure {
        uint48 deadline = offering.milestones[0].deadline;
        offering.milestones = new IMachineOfferings.Milestone[](2);
        for (uint256 i = 0; i < 2; ++i) {
            (offering.milestones[i].bps, offering.milestones[i].deadline) = (uint16(WHOLE / 2), deadline);
        }
    }

    function _greatest(IMachineShares shares) private view returns (address account) {
        account = _for;
        if (shares.balanceOf(_against) > shares.balanceOf(account)) account = _against;
        if (shares.balanceOf(_silent) > shares.balanceOf(account)) account = _silent;
    }

    /// @dev One less, as many, or one more; or anything.
    function _nearTo(uint256 number, uint256 near) private pure returns (uint256) {
        return near % 8 < NEAR ? number + (near % 8) - 1 : near / 8;
    }

    function _ceilDiv(uint256 amount, uint256 divisor) private pure returns (uint256) {
        return amount / divisor + (amount % divisor == 0 ? 0 : 1);
    }

    function _notExecutable(uint256 proposalId) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMachineVotes.MachineVotesNotExecutable.selector, proposalId);
    }
}
