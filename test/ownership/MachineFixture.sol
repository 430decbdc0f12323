// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeOnTransferERC20} from "../../contracts/mocks/FeeOnTransferERC20.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {MachineOfferings} from "../../contracts/ownership/MachineOfferings.sol";
import {MachineShares} from "../../contracts/ownership/MachineShares.sol";
import {MachineVotes} from "../../contracts/ownership/MachineVotes.sol";
import {RevenueCollector} from "../../contracts/ownership/RevenueCollector.sol";
import {SplitHub} from "../../contracts/ownership/SplitHub.sol";
import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {RegistryFixture} from "../identity/RegistryFixture.sol";

/// @dev The suite up to the offerings, people with money, and hands that sign for attesters. The digests are spelled
/// out here anew, from the types that the interfaces name.
abstract contract MachineFixture is RegistryFixture {
    address internal constant TREASURY = address(0x7EA5);
    /// @dev Odd on purpose: it seldom divides anything.
    uint16 internal constant FEE = 137;
    uint256 internal constant WHOLE = 10_000;
    uint256 internal constant PLENTY = type(uint128).max;
    uint256 internal constant ALL = type(uint256).max;
    /// @dev What the odd token burns of each transfer.
    uint256 internal constant BURNT_BPS = 100;
    uint256 internal constant ATTESTER = 0xA77E57;

    SplitHub internal _hub;
    MachineVotes internal _votes;
    MachineOfferings internal _offerings;
    RevenueCollector internal _collector;
    /// @dev With 6 decimals.
    MockERC20 internal _token;
    FeeOnTransferERC20 internal _odd;

    function _deployOwnership() internal {
        _deploy();
        _token = new MockERC20(6);
        _odd = new FeeOnTransferERC20(BURNT_BPS);
        _hub = new SplitHub();
        _votes = new MachineVotes();
        _collector = new RevenueCollector();
        MachineShares implementation = new MachineShares(_devices, _hub, _votes);
        _offerings = new MachineOfferings(address(_manager), _devices, address(implementation), TREASURY, FEE);
    }

    /// @dev All the money that anyone needs, at the disposal of all that take money.
    function _endow(address account) internal {
        vm.deal(account, PLENTY);
        _token.mint(account, PLENTY);
        _odd.mint(account, PLENTY);
        _approve(account, address(_offerings));
        _approve(account, address(_votes));
        _approve(account, address(_hub));
    }

    function _approve(address account, address spender) internal {
        vm.startPrank(account);
        _token.approve(spender, ALL);
        _odd.approve(spender, ALL);
        vm.stopPrank();
    }

    function _person(uint256 index) internal pure returns (address) {
        return vm.addr(_secretOf(index));
    }

    function _secretOf(uint256 index) internal pure returns (uint256) {
        return 0x0E4E4000 + index;
    }

    /// @dev Unlike a bounded one, it leaves no line in the log.
    function _deviceKey(uint256 secret) internal pure returns (Key memory) {
        return Key(SECP256K1, secret);
    }

    /// @dev Run for a fifth of its revenue; half of a fifth of the votes decides, within three days; in coin.
    function _machineOf(
        uint256 deviceId,
        address operator
    ) internal pure returns (IMachineShares.Machine memory machine) {
        machine.deviceId = deviceId;
        machine.symbol = bytes32("MACHINE") | bytes32(uint256(7));
        machine.operator = operator;
        machine.operatorBps = 2_000;
        machine.quorumBps = 2_000;
        machine.majorityBps = 5_000;
        machine.votingPeriod = 3 days;
        machine.currency = CurrencyLibrary.NATIVE;
    }

    /// @dev From now on for 30 days; one milestone that takes it all, which the attester vouches for.
    function _offeringOf(
        uint128 price,
        uint88 hardCap
    ) internal view returns (IMachineOfferings.Offering memory offering) {
        offering.price = price;
        offering.softCap = 1;
        offering.hardCap = hardCap;
        offering.start = uint48(_now());
        offering.end = uint48(_now() + 30 days);
        offering.attester = vm.addr(ATTESTER);
        offering.vetoBps = 2_500;
        offering.vetoWindow = 3 days;
        offering.milestones = new IMachineOfferings.Milestone[](1);
        offering.milestones[0].bps = uint16(WHOLE);
        offering.milestones[0].deadline = offering.end + 365 days;
    }

    /// @dev The owner creates and opens an offering of his device.
    function _offer(
        address owner,
        IMachineShares.Machine memory machine,
        IMachineOfferings.Offering memory offering
    ) internal returns (IMachineShares shares) {
        vm.startPrank(owner);
        shares = _offerings.create(machine, offering);
        _devices.safeTransferFrom(owner, address(_offerings), machine.deviceId, abi.encode(shares));
        vm.stopPrank();
    }

    /// @dev With as much coin as it takes.
    function _contribute(IMachineShares shares, address account, uint256 amount) internal {
        IMachineOfferings.Terms memory terms = _offerings.termsOf(shares);
        uint256 cost = amount * terms.price;
        vm.prank(account);
        _offerings.contribute{value: terms.currency == CurrencyLibrary.NATIVE ? cost : 0}(
            shares,
            uint88(amount),
            0,
            new bytes32[](0)
        );
    }

    function _evidenceOf(
        IMachineShares shares,
        uint256 milestone,
        uint256 round
    ) internal pure returns (IMachineOfferings.MilestoneEvidence memory evidence) {
        evidence.shares = shares;
        evidence.milestone = uint8(milestone);
        evidence.round = uint32(round);
        evidence.evidenceHash = keccak256("what is shown");
        evidence.deadline = NEVER;
    }

    /// @dev The attester signs, and somebody relays it.
    function _claimMilestone(IMachineShares shares, uint256 milestone, uint256 round) internal {
        IMachineOfferings.MilestoneEvidence memory evidence = _evidenceOf(shares, milestone, round);
        _offerings.claimMilestone(evidence, _signAs(ATTESTER, _milestoneDigest(evidence)));
    }

    function _milestoneDigest(IMachineOfferings.MilestoneEvidence memory value) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "MilestoneEvidence(address shares,uint8 milestone,uint32 round,bytes32 evidenceHash,uint48 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, value));
        return _typedDigest("DeFIoT MachineOfferings", address(_offerings), structHash);
    }

    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    /// @dev The coin, the token and the odd token.
    function _currency(uint256 index) internal view returns (Currency) {
        if (index == 0) return CurrencyLibrary.NATIVE;
        return Currency.wrap(index == 1 ? address(_token) : address(_odd));
    }

    /// @dev What comes of an amount that is sent.
    function _arriving(uint256 currency, uint256 amount) internal pure returns (uint256) {
        return currency == 2 ? amount - (amount * BURNT_BPS) / WHOLE : amount;
    }
}
