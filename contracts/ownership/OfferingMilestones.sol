// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {IMachineOfferings} from "./IMachineOfferings.sol";
import {IMachineShares} from "./IMachineShares.sol";
import {OfferingBook} from "./OfferingBook.sol";
import {PackedMachine} from "./PackedMachine.sol";

/// @title OfferingMilestones
/// @notice The part of {IMachineOfferings} that pays the operator as the machine comes to life, or its holders where it
/// does not.
abstract contract OfferingMilestones is OfferingBook, EIP712 {
    bytes32 private constant EVIDENCE_TYPEHASH = keccak256(
        "MilestoneEvidence(address shares,uint8 milestone,uint32 round,bytes32 evidenceHash,uint48 deadline)"
    );

    mapping(IMachineShares shares => mapping(uint8 milestone => MilestoneState)) private _states;
    /// @dev The claim a holder's last veto of a milestone was against, counted from 1.
    mapping(IMachineShares shares => mapping(uint8 milestone => mapping(address holder => uint256))) private _vetoed;

    /// @inheritdoc IMachineOfferings
    function claimMilestone(MilestoneEvidence calldata evidence, bytes calldata signature) external {
        IMachineShares shares = evidence.shares;
        Terms memory terms = _load(shares);
        MilestoneState storage state = _stateIn(shares, terms, evidence.milestone, MilestoneStatus.Pending);
        Milestone memory milestone = _termsAt(shares, evidence.milestone);
        bool timely = block.timestamp >= milestone.notBefore && block.timestamp <= milestone.deadline;
        require(timely, MachineOfferingsUntimely(evidence.milestone, milestone.notBefore, milestone.deadline));
        require(shares.stage() == IMachineShares.Stage.Active, MachineOfferingsMachineNotActive(shares));
        require(evidence.round == state.round, MachineOfferingsWrongRound(evidence.round));
        require(block.timestamp <= evidence.deadline, MachineOfferingsExpiredSignature(evidence.deadline));
        bool signed = _isEvidence(shares, terms.attester, _hashEvidence(evidence), signature);
        require(signed, MachineOfferingsInvalidEvidence(shares, evidence.milestone));

        state.status = MilestoneStatus.Claimed;
        state.claimedAt = uint48(block.timestamp);
        shares.takeSnapshot();
        uint48 vetoEnd = uint48(block.timestamp) + terms.vetoWindow;
        emit MilestoneClaimed(shares, evidence.milestone, evidence.round, evidence.evidenceHash, vetoEnd);
    }

    /// @inheritdoc IMachineOfferings
    function veto(IMachineShares shares, uint8 milestone) external {
        Terms memory terms = _load(shares);
        MilestoneState storage state = _stateIn(shares, terms, milestone, MilestoneStatus.Claimed);
        uint48 claimedAt = state.claimedAt;
        uint256 vetoEnd = uint256(claimedAt) + terms.vetoWindow;
        bool open = block.timestamp > claimedAt && block.timestamp < vetoEnd;
        require(open, MachineOfferingsVetoWindow(vetoEnd));
        uint256 claimNumber = uint256(state.round) + 1;
        require(_vetoed[shares][milestone][msg.sender] != claimNumber, MachineOfferingsAlreadyVetoed(msg.sender));
        address operator = shares.operator();
        uint256 weight = msg.sender == operator ? 0 : shares.pastBalanceOf(msg.sender, claimedAt);
        require(weight != 0, MachineOfferingsNoVeto(msg.sender));

        _vetoed[shares][milestone][msg.sender] = claimNumber;
        uint256 vetoes = state.vetoes + weight;
        emit VetoCast(shares, milestone, msg.sender, weight);
        uint256 others =
            shares.totalSupply() -
                shares.pastBalanceOf(address(this), claimedAt) -
                shares.pastBalanceOf(operator, claimedAt);
        // What vested and was passed on does not drown the veto of those who paid.
        others = Math.min(others, _sales[shares].sold);
        if (vetoes * BPS < others * terms.vetoBps) {
            state.vetoes = uint96(vetoes);
            return;
        }
        state.status = MilestoneStatus.Pending;
        state.vetoes = 0;
        emit MilestoneVetoed(shares, milestone, state.round++);
    }

    /// @inheritdoc IMachineOfferings
    function release(IMachineShares shares, uint8 milestone) external nonReentrant {
        Terms memory terms = _load(shares);
        MilestoneState storage state = _stateIn(shares, terms, milestone, MilestoneStatus.Claimed);
        uint256 vetoEnd = uint256(state.claimedAt) + terms.vetoWindow;
        require(block.timestamp >= vetoEnd, MachineOfferingsVetoWindow(vetoEnd));
        state.status = MilestoneStatus.Released;
        (uint256 amount, uint256 tranche) = _resolve(shares, terms, milestone);
        uint256 fee = _feeOn(amount, terms.feeBps);
        address operator = shares.operator();
        if (fee != 0) _claimable[terms.currency][treasury] += fee;
        _claimable[terms.currency][operator] += amount - fee;
        // Shares of a machine that was sold stand still: its operator gets his money, and they never vest.
        bool vests = shares.stage() != IMachineShares.Stage.Ended;
        emit MilestoneReleased(shares, milestone, operator, amount - fee, fee, vests ? tranche : 0);
        if (vests) shares.transfer(operator, tranche);
    }

    /// @inheritdoc IMachineOfferings
    function expire(IMachineShares shares, uint8 milestone) external nonReentrant {
        Terms memory terms = _load(shares);
        MilestoneState storage state = _stateIn(shares, terms, milestone, MilestoneStatus.Pending);
        Milestone memory its = _termsAt(shares, milestone);
        // A machine that was sold or retired reaches nothing any more.
        bool over = block.timestamp > its.deadline || shares.stage() != IMachineShares.Stage.Active;
        require(over, MachineOfferingsUntimely(milestone, its.notBefore, its.deadline));
        state.status = MilestoneStatus.Expired;
        (uint256 amount, uint256 tranche) = _resolve(shares, terms, milestone);
        emit MilestoneExpired(shares, milestone, amount, tranche);
        terms.currency.pay(address(shares), amount);
        shares.sync(terms.currency);
    }

    /// @inheritdoc IMachineOfferings
    function milestoneOf(IMachineShares shares, uint8 milestone) external view returns (Milestone memory its) {
        require(milestone < _load(shares).milestoneCount, MachineOfferingsUnknownMilestone(milestone));
        return _termsAt(shares, milestone);
    }

    /// @inheritdoc IMachineOfferings
    function milestoneStateOf(
        IMachineShares shares,
        uint8 milestone
    ) external view returns (MilestoneState memory state) {
        return _states[shares][milestone];
    }

    /// @dev Takes a milestone's part out of what is left. Parts are differences of running sums, so that they add up to
    /// the whole whatever is rounded.
    function _resolve(
        IMachineShares shares,
        Terms memory terms,
        uint8 milestone
    ) private returns (uint256 amount, uint256 tranche) {
        Rest storage rest = _rests[shares];
        uint256 low = 0;
        for (uint8 i = 0; i < milestone; ++i) low += _termsAt(shares, i).bps;
        uint256 high = low + _termsAt(shares, milestone).bps;
        uint256 sold = _sales[shares].sold;
        uint256 raised = sold * terms.price;
        uint256 reserved = _operatorSharesOf(terms, sold);
        amount = (raised * high) / BPS - (raised * low) / BPS;
        tranche = (reserved * high) / BPS - (reserved * low) / BPS;
        rest.remaining -= uint128(amount);
        rest.vesting -= uint88(tranche);
        ++rest.resolved;
    }

    function _stateIn(
        IMachineShares shares,
        Terms memory terms,
        uint8 milestone,
        MilestoneStatus needed
    ) private view returns (MilestoneState storage state) {
        _checkStatus(shares, terms, Status.Releasing);
        require(milestone < terms.milestoneCount, MachineOfferingsUnknownMilestone(milestone));
        state = _states[shares][milestone];
        require(state.status == needed, MachineOfferingsWrongMilestone(milestone, state.status));
    }

    function _termsAt(IMachineShares shares, uint8 milestone) private view returns (Milestone memory its) {
        return PackedMachine.milestoneOf(Clones.fetchCloneArgs(address(shares)), milestone);
    }

    /// @dev Anyone may call himself a maker: a device that no verified maker vouches for may be a key in the operator's
    /// drawer, and its word is not evidence.
    function _isEvidence(
        IMachineShares shares,
        address attester,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool) {
        if (attester != address(0) && SignatureChecker.isValidSignatureNowCalldata(attester, digest, signature)) {
            return true;
        }
        uint256 deviceId = _deviceOf(shares);
        bool vouched = registry.trustOf(deviceId) == IDeviceRegistry.Trust.AttestedByVerifiedMaker;
        return vouched && registry.isDeviceSignature(deviceId, digest, signature);
    }

    function _hashEvidence(MilestoneEvidence calldata evidence) private view returns (bytes32 digest) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        EVIDENCE_TYPEHASH,
                        evidence.shares,
                        evidence.milestone,
                        evidence.round,
                        evidence.evidenceHash,
                        evidence.deadline
                    )
                )
            );
    }
}
