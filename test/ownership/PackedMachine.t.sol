// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {PackedMachine} from "../../contracts/ownership/PackedMachine.sol";
import {Currency} from "../../contracts/shared/Currency.sol";

/// @dev Terms come out as they went in, whatever the fields beside them hold; and they stand where the library says.
contract PackedMachineTest is Test {
    uint256 private constant MOST_MILESTONES = 16;
    uint256 private constant MOST_BALANCES = 8;

    function testFuzz_allTermsSurvive(
        IMachineShares.Machine memory machine,
        IMachineOfferings.Offering memory offering,
        uint16 feeBps,
        address issuer,
        uint256 seed
    ) public view {
        uint256 milestones = (seed % MOST_MILESTONES) + 1;
        uint256 balances = (seed / MOST_MILESTONES) % (MOST_BALANCES + 1);
        _assertSurvives(machine, offering, feeBps, issuer, [milestones, balances, seed]);
    }

    function test_anyNumberOfMilestonesAndBalancesSurvives() public view {
        IMachineShares.Machine memory machine = _machine();
        IMachineOfferings.Offering memory offering = _offering();
        for (uint256 milestones = 1; milestones <= MOST_MILESTONES; ++milestones) {
            for (uint256 balances = 0; balances <= MOST_BALANCES; ++balances) {
                _assertSurvives(machine, offering, 250, address(0x155), [milestones, balances, milestones * balances]);
            }
        }
    }

    /// @dev Every field full, and then, one after another, empty: what leaks shows.
    function test_noFieldLeaksIntoAnother() public view {
        for (uint256 empty = 0; empty < 22; ++empty) {
            IMachineShares.Machine memory machine = _fullMachine(empty);
            IMachineOfferings.Offering memory offering = _fullOffering(empty);
            uint16 feeBps = empty == 20 ? 0 : type(uint16).max;
            address issuer = empty == 21 ? address(0) : address(type(uint160).max);
            _assertSurvives(machine, offering, feeBps, issuer, [uint256(3), 2, empty]);
            _assertSurvives(machine, offering, feeBps, issuer, [uint256(16), 8, empty]);
        }
    }

    function pack(
        IMachineShares.Machine calldata machine,
        IMachineOfferings.Offering calldata offering,
        uint16 feeBps,
        address issuer
    ) external pure returns (bytes memory) {
        return PackedMachine.pack(machine, offering, feeBps, issuer);
    }

    /// @param counts How many milestones and working balances, and a seed to make them.
    function _assertSurvives(
        IMachineShares.Machine memory machine,
        IMachineOfferings.Offering memory offering,
        uint16 feeBps,
        address issuer,
        uint256[3] memory counts
    ) private view {
        _fill(machine, offering, counts);
        bytes memory packed = this.pack(machine, offering, feeBps, issuer);
        assertEq(PackedMachine.issuerOf(packed), issuer, "the issuer");
        assertEq(PackedMachine.deviceOf(packed), machine.deviceId, "the device");
        assertEq(abi.encode(PackedMachine.machineOf(packed)), abi.encode(machine), "the machine");
        bytes memory terms = abi.encode(_termsOf(machine, offering, feeBps));
        assertEq(abi.encode(PackedMachine.termsOf(packed)), terms, "the offering");
        for (uint256 i = 0; i < counts[0]; ++i) {
            bytes memory milestone = abi.encode(PackedMachine.milestoneOf(packed, i));
            assertEq(milestone, abi.encode(offering.milestones[i]), "a milestone");
        }
        assertEq(packed, _laidOut(machine, offering, feeBps, issuer), "the layout");
    }

    function _fill(
        IMachineShares.Machine memory machine,
        IMachineOfferings.Offering memory offering,
        uint256[3] memory counts
    ) private pure {
        offering.milestones = new IMachineOfferings.Milestone[](counts[0]);
        for (uint256 i = 0; i < counts[0]; ++i) {
            uint256 word = uint256(keccak256(abi.encode("milestone", i, counts[2])));
            if (i % 4 == 3) word = type(uint256).max;
            offering.milestones[i] = IMachineOfferings.Milestone(
                uint16(word),
                uint48(word >> 16),
                i % 4 == 2 ? 0 : uint48(word >> 64),
                bytes18(bytes32(word))
            );
        }
        machine.workingBalances = new IMachineShares.WorkingBalance[](counts[1]);
        for (uint256 i = 0; i < counts[1]; ++i) {
            uint256 word = uint256(keccak256(abi.encode("balance", i, counts[2])));
            if (i % 3 == 2) word = type(uint256).max;
            Currency currency = Currency.wrap(address(uint160(word)));
            machine.workingBalances[i] = IMachineShares.WorkingBalance(currency, i % 3 == 1 ? 0 : uint96(word >> 160));
        }
    }

    function _laidOut(
        IMachineShares.Machine memory machine,
        IMachineOfferings.Offering memory offering,
        uint16 feeBps,
        address issuer
    ) private pure returns (bytes memory packed) {
        packed = abi.encodePacked(machine.deviceId, machine.symbol, machine.operator, machine.operatorBps);
        packed = abi.encodePacked(packed, machine.quorumBps, machine.majorityBps, machine.votingPeriod);
        packed = abi.encodePacked(packed, Currency.unwrap(machine.currency), offering.vetoWindow, offering.vetoBps);
        uint8 milestones = uint8(offering.milestones.length);
        packed = abi.encodePacked(packed, feeBps, milestones, uint8(machine.workingBalances.length));
        packed = abi.encodePacked(packed, offering.price, machine.buyoutFloor);
        packed = abi.encodePacked(packed, uint32(0), offering.softCap, offering.hardCap, offering.start);
        packed = abi.encodePacked(packed, uint32(0), offering.walletCap, offering.operatorShares, offering.end);
        packed = abi.encodePacked(packed, uint96(0), offering.attester, offering.allowListRoot, uint96(0), issuer);
        for (uint256 i = 0; i < milestones; ++i) {
            IMachineOfferings.Milestone memory step = offering.milestones[i];
            packed = abi.encodePacked(packed, step.requirement, step.bps, step.notBefore, step.deadline);
        }
        for (uint256 i = 0; i < machine.workingBalances.length; ++i) {
            IMachineShares.WorkingBalance memory balance = machine.workingBalances[i];
            packed = abi.encodePacked(packed, Currency.unwrap(balance.currency), balance.amount);
        }
    }

    function _termsOf(
        IMachineShares.Machine memory machine,
        IMachineOfferings.Offering memory offering,
        uint16 feeBps
    ) private pure returns (IMachineOfferings.Terms memory terms) {
        terms.currency = machine.currency;
        terms.price = offering.price;
        terms.softCap = offering.softCap;
        terms.hardCap = offering.hardCap;
        terms.walletCap = offering.walletCap;
        terms.operatorShares = offering.operatorShares;
        terms.start = offering.start;
        terms.end = offering.end;
        terms.allowListRoot = offering.allowListRoot;
        terms.attester = offering.attester;
        terms.vetoBps = offering.vetoBps;
        terms.vetoWindow = offering.vetoWindow;
        terms.feeBps = feeBps;
        terms.milestoneCount = uint8(offering.milestones.length);
    }

    function _machine() private pure returns (IMachineShares.Machine memory machine) {
        machine.deviceId = 77;
        machine.symbol = "EVC-07";
        machine.operator = address(0xA11CE);
        (machine.operatorBps, machine.quorumBps, machine.majorityBps) = (2_000, 3_000, 5_001);
        machine.votingPeriod = 3 days;
        machine.currency = Currency.wrap(address(0x70CE4));
        machine.buyoutFloor = 1e21;
    }

    function _offering() private pure returns (IMachineOfferings.Offering memory offering) {
        offering.price = 1e18;
        (offering.softCap, offering.hardCap, offering.walletCap, offering.operatorShares) = (100, 1_000, 50, 500);
        (offering.start, offering.end) = (1_700_000_000, 1_702_592_000);
        (offering.attester, offering.allowListRoot) = (address(0xA77E), keccak256("list"));
        (offering.vetoBps, offering.vetoWindow) = (1_000, 7 days);
    }

    function _fullMachine(uint256 empty) private pure returns (IMachineShares.Machine memory machine) {
        if (empty != 0) machine.deviceId = type(uint256).max;
        if (empty != 1) machine.symbol = bytes32(type(uint256).max);
        if (empty != 2) machine.operator = address(type(uint160).max);
        if (empty != 3) machine.operatorBps = type(uint16).max;
        if (empty != 4) machine.quorumBps = type(uint16).max;
        if (empty != 5) machine.majorityBps = type(uint16).max;
        if (empty != 6) machine.votingPeriod = type(uint48).max;
        if (empty != 7) machine.currency = Currency.wrap(address(type(uint160).max));
        if (empty != 8) machine.buyoutFloor = type(uint128).max;
    }

    function _fullOffering(uint256 empty) private pure returns (IMachineOfferings.Offering memory offering) {
        if (empty != 9) offering.price = type(uint128).max;
        if (empty != 10) offering.softCap = type(uint88).max;
        if (empty != 11) offering.hardCap = type(uint88).max;
        if (empty != 12) offering.walletCap = type(uint88).max;
        if (empty != 13) offering.operatorShares = type(uint88).max;
        if (empty != 14) offering.start = type(uint48).max;
        if (empty != 15) offering.end = type(uint48).max;
        if (empty != 16) offering.allowListRoot = bytes32(type(uint256).max);
        if (empty != 17) offering.attester = address(type(uint160).max);
        if (empty != 18) offering.vetoBps = type(uint16).max;
        if (empty != 19) offering.vetoWindow = type(uint48).max;
    }
}
