// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {MachineFixture} from "./MachineFixture.sol";

/// @dev R02, R04: evidence is good for the machine, the milestone, the round, the hash and the deadline that were
/// signed, on this chain and in these offerings, and for nothing else.
contract MachineEvidenceTest is MachineFixture {
    uint256 private constant FIELDS = 5;

    IMachineShares private _shares;
    IMachineShares private _another;

    function setUp() public {
        _deployOwnership();
        vm.deal(_person(2), PLENTY);
        _shares = _working(77);
        _another = _working(78);
    }

    function testFuzz_R02_refusesEvidenceThatSaysAnythingElseThanWasSigned(
        bytes32 evidenceHash,
        uint48 deadline,
        uint256 field,
        uint256 noise
    ) public {
        IMachineOfferings.MilestoneEvidence memory evidence = _someEvidence(evidenceHash, deadline);
        IMachineOfferings.MilestoneEvidence memory signed = _someEvidence(evidenceHash, deadline);
        _mutate(signed, field % FIELDS, noise);
        bytes memory signature = _signAs(ATTESTER, _milestoneDigest(signed));
        vm.expectRevert(_invalid(evidence));
        _offerings.claimMilestone(evidence, signature);

        _offerings.claimMilestone(evidence, _signAs(ATTESTER, _milestoneDigest(evidence)));
        IMachineOfferings.MilestoneState memory state = _offerings.milestoneStateOf(_shares, 0);
        assertEq(uint8(state.status), uint8(IMachineOfferings.MilestoneStatus.Claimed), "R02: what was signed is good");
    }

    /// @dev The other way round: one signature serves no second purpose.
    function testFuzz_R02_refusesASignatureForAnythingElse(
        bytes32 evidenceHash,
        uint48 deadline,
        uint256 field,
        uint256 noise
    ) public {
        IMachineOfferings.MilestoneEvidence memory evidence = _someEvidence(evidenceHash, deadline);
        bytes memory signature = _signAs(ATTESTER, _milestoneDigest(evidence));
        _mutate(evidence, field % FIELDS, noise);
        (bool success, ) = address(_offerings).call(
            abi.encodeCall(IMachineOfferings.claimMilestone, (evidence, signature))
        );
        assertFalse(success, "R02: a signature is for what was signed");
    }

    function testFuzz_R04_refusesEvidenceOfAnotherChainOrContract(uint64 chainId, address target, bool chain) public {
        IMachineOfferings.MilestoneEvidence memory evidence = _someEvidence("shown", NEVER);
        bytes32 typeHash = keccak256(
            "MilestoneEvidence(address shares,uint8 milestone,uint32 round,bytes32 evidenceHash,uint48 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, evidence));
        vm.assume(chainId != block.chainid && chainId != 0 && target != address(_offerings));
        uint256 own = block.chainid;
        if (chain) vm.chainId(chainId);
        address contract_ = chain ? address(_offerings) : target;
        bytes32 digest = _typedDigest("DeFIoT MachineOfferings", contract_, structHash);
        vm.chainId(own);
        vm.expectRevert(_invalid(evidence));
        _offerings.claimMilestone(evidence, _signAs(ATTESTER, digest));
    }

    function testFuzz_R02_refusesEvidenceOfAnotherSigner(uint256 secret) public {
        secret = bound(secret, 1, SECP256K1_ORDER - 1);
        vm.assume(secret != ATTESTER);
        IMachineOfferings.MilestoneEvidence memory evidence = _someEvidence("shown", NEVER);
        bytes memory signature = _signAs(secret, _milestoneDigest(evidence));
        vm.expectRevert(_invalid(evidence));
        _offerings.claimMilestone(evidence, signature);
    }

    function testFuzz_R02_refusesASignatureWithABitFlipped(uint256 bit) public {
        bit = bound(bit, 0, 65 * 8 - 1);
        IMachineOfferings.MilestoneEvidence memory evidence = _someEvidence("shown", NEVER);
        bytes memory signature = _signAs(ATTESTER, _milestoneDigest(evidence));
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        vm.expectRevert(_invalid(evidence));
        _offerings.claimMilestone(evidence, signature);
    }

    /// @dev A machine at work, with two milestones.
    function _working(uint256 key) private returns (IMachineShares shares) {
        uint256 deviceId = _register(_deviceKey(key), _person(1));
        IMachineOfferings.Offering memory offering = _offeringOf(1 gwei, 10);
        IMachineOfferings.Milestone memory whole = offering.milestones[0];
        offering.milestones = new IMachineOfferings.Milestone[](2);
        for (uint256 i = 0; i < 2; ++i) {
            offering.milestones[i].bps = whole.bps / 2;
            offering.milestones[i].deadline = whole.deadline;
        }
        shares = _offer(_person(1), _machineOf(deviceId, _person(1)), offering);
        _contribute(shares, _person(2), 10);
        _offerings.finalise(shares);
    }

    function _someEvidence(
        bytes32 evidenceHash,
        uint48 deadline
    ) private view returns (IMachineOfferings.MilestoneEvidence memory evidence) {
        evidence = _evidenceOf(_shares, 0, 0);
        evidence.evidenceHash = evidenceHash;
        uint256 today = _now();
        evidence.deadline = deadline < today ? uint48(today + deadline) : deadline;
    }

    function _mutate(IMachineOfferings.MilestoneEvidence memory evidence, uint256 field, uint256 noise) private view {
        if (field == 0) evidence.shares = _another;
        if (field == 1) evidence.milestone = uint8(_changed(evidence.milestone, noise, type(uint8).max));
        if (field == 2) evidence.round = uint32(_changed(evidence.round, noise, type(uint32).max));
        if (field == 3) evidence.evidenceHash ^= bytes32(noise == 0 ? 1 : noise);
        if (field == 4) evidence.deadline = uint48(_changed(evidence.deadline, noise, type(uint48).max));
    }

    function _invalid(IMachineOfferings.MilestoneEvidence memory evidence) private pure returns (bytes memory) {
        bytes4 refusal = IMachineOfferings.MachineOfferingsInvalidEvidence.selector;
        return abi.encodeWithSelector(refusal, evidence.shares, evidence.milestone);
    }

    /// @dev As {RegistryFixture-_other}, but it leaves no line in the log.
    function _changed(uint256 value, uint256 noise, uint256 max) private pure returns (uint256 other) {
        other = noise % (max + 1);
        if (other == value) other = value == max ? 0 : value + 1;
    }
}
