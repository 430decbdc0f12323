// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";

import {Currency} from "../shared/Currency.sol";
import {IMachineOfferings} from "./IMachineOfferings.sol";
import {IMachineShares} from "./IMachineShares.sol";

/// @title PackedMachine
/// @notice The terms of a machine and of its offering as they stand in the code of its shares: code is a third of the
/// price of storage, and the terms never change. Ten words, then the milestones, then the working balances.
///
/// ```
///   0 deviceId   1 symbol   2 operator 160 | operatorBps 16 | quorumBps 16 | majorityBps 16 | votingPeriod 48
///   3 currency 160 | vetoWindow 48 | vetoBps 16 | feeBps 16 | milestones 8 | working balances 8
///   4 price 128 | buyoutFloor 128   5 softCap 88 | hardCap 88 | start 48   6 walletCap 88 | operatorShares 88 | end 48
///   7 attester   8 allowListRoot   9 issuer
///   milestone: requirement 144 | bps 16 | notBefore 48 | deadline 48
///   working balance: currency 160 | amount 96
/// ```
library PackedMachine {
    uint256 private constant WORD = 32;
    uint256 private constant FIXED_WORDS = 10;
    uint256 private constant ISSUER_WORD = 9;

    /// @notice Packs what was checked: the counts fit 8 bits.
    /// @param issuer Who may mint, and holds what has not vested.
    function pack(
        IMachineShares.Machine calldata machine,
        IMachineOfferings.Offering calldata offering,
        uint16 feeBps,
        address issuer
    ) internal pure returns (bytes memory packed) {
        uint256 milestones = offering.milestones.length;
        uint256 balances = machine.workingBalances.length;
        uint256[] memory words = new uint256[](FIXED_WORDS + milestones + balances);
        _packMachine(words, machine);
        _packOffering(words, machine, offering, feeBps);
        words[ISSUER_WORD] = uint160(issuer);
        for (uint256 i = 0; i < milestones; ++i) {
            words[FIXED_WORDS + i] = _packMilestone(offering.milestones[i]);
        }
        for (uint256 i = 0; i < balances; ++i) {
            IMachineShares.WorkingBalance calldata balance = machine.workingBalances[i];
            words[FIXED_WORDS + milestones + i] = (_word(balance.currency) << 96) | balance.amount;
        }
        return abi.encodePacked(words);
    }

    /// @notice The machine's issuer.
    function issuerOf(bytes memory packed) internal pure returns (address issuer) {
        return address(uint160(_wordAt(packed, ISSUER_WORD)));
    }

    /// @notice The machine's device.
    function deviceOf(bytes memory packed) internal pure returns (uint256 deviceId) {
        return _wordAt(packed, 0);
    }

    /// @notice The machine's terms.
    function machineOf(bytes memory packed) internal pure returns (IMachineShares.Machine memory machine) {
        uint256[FIXED_WORDS] memory words = abi.decode(packed, (uint256[10]));
        machine.deviceId = words[0];
        machine.symbol = bytes32(words[1]);
        machine.operator = address(uint160(words[2] >> 96));
        machine.operatorBps = uint16(words[2] >> 80);
        machine.quorumBps = uint16(words[2] >> 64);
        machine.majorityBps = uint16(words[2] >> 48);
        machine.votingPeriod = uint48(words[2]);
        machine.currency = _currency(words[3] >> 96);
        machine.buyoutFloor = uint128(words[4]);
        uint256 count = uint8(words[3]);
        uint256 first = FIXED_WORDS + uint8(words[3] >> 8);
        machine.workingBalances = new IMachineShares.WorkingBalance[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = _wordAt(packed, first + i);
            machine.workingBalances[i] = IMachineShares.WorkingBalance(_currency(word >> 96), uint96(word));
        }
    }

    /// @notice The offering's terms, without the milestones.
    function termsOf(bytes memory packed) internal pure returns (IMachineOfferings.Terms memory terms) {
        uint256[FIXED_WORDS] memory words = abi.decode(packed, (uint256[10]));
        terms.currency = _currency(words[3] >> 96);
        terms.vetoWindow = uint48(words[3] >> 48);
        terms.vetoBps = uint16(words[3] >> 32);
        terms.feeBps = uint16(words[3] >> 16);
        terms.milestoneCount = uint8(words[3] >> 8);
        terms.price = uint128(words[4] >> 128);
        terms.softCap = uint88(words[5] >> 136);
        terms.hardCap = uint88(words[5] >> 48);
        terms.start = uint48(words[5]);
        terms.walletCap = uint88(words[6] >> 136);
        terms.operatorShares = uint88(words[6] >> 48);
        terms.end = uint48(words[6]);
        terms.attester = address(uint160(words[7]));
        terms.allowListRoot = bytes32(words[8]);
    }

    /// @notice One milestone's terms; `index` is below the count.
    function milestoneOf(
        bytes memory packed,
        uint256 index
    ) internal pure returns (IMachineOfferings.Milestone memory milestone) {
        uint256 word = _wordAt(packed, FIXED_WORDS + index);
        milestone.requirement = bytes18(bytes32(word));
        milestone.bps = uint16(word >> 96);
        milestone.notBefore = uint48(word >> 48);
        milestone.deadline = uint48(word);
    }

    function _packMachine(uint256[] memory words, IMachineShares.Machine calldata machine) private pure {
        words[0] = machine.deviceId;
        words[1] = uint256(machine.symbol);
        words[2] =
            (uint256(uint160(machine.operator)) << 96) |
            (uint256(machine.operatorBps) << 80) |
            (uint256(machine.quorumBps) << 64) |
            (uint256(machine.majorityBps) << 48) |
            machine.votingPeriod;
    }

    function _packOffering(
        uint256[] memory words,
        IMachineShares.Machine calldata machine,
        IMachineOfferings.Offering calldata offering,
        uint16 feeBps
    ) private pure {
        words[3] =
            (_word(machine.currency) << 96) |
            (uint256(offering.vetoWindow) << 48) |
            (uint256(offering.vetoBps) << 32) |
            (uint256(feeBps) << 16) |
            (offering.milestones.length << 8) |
            machine.workingBalances.length;
        words[4] = (uint256(offering.price) << 128) | machine.buyoutFloor;
        words[5] = (uint256(offering.softCap) << 136) | (uint256(offering.hardCap) << 48) | offering.start;
        words[6] = (uint256(offering.walletCap) << 136) | (uint256(offering.operatorShares) << 48) | offering.end;
        words[7] = uint160(offering.attester);
        words[8] = uint256(offering.allowListRoot);
    }

    function _packMilestone(IMachineOfferings.Milestone calldata milestone) private pure returns (uint256 word) {
        return
            uint256(bytes32(milestone.requirement)) |
            (uint256(milestone.bps) << 96) |
            (uint256(milestone.notBefore) << 48) |
            milestone.deadline;
    }

    function _wordAt(bytes memory packed, uint256 index) private pure returns (uint256 word) {
        return abi.decode(Bytes.slice(packed, index * WORD, (index + 1) * WORD), (uint256));
    }

    function _word(Currency currency) private pure returns (uint256 word) {
        return uint160(Currency.unwrap(currency));
    }

    function _currency(uint256 word) private pure returns (Currency currency) {
        return Currency.wrap(address(uint160(word)));
    }
}
