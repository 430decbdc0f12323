// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IMachineOfferings} from "./IMachineOfferings.sol";
import {IMachineShares} from "./IMachineShares.sol";

/// @title OfferingChecks
/// @notice The bounds of what a seller may write into a machine and its offering. They are constants: who reads an
/// offering knows that no wallet waits longer, no vote is shorter and no operator owns more than this.
library OfferingChecks {
    uint256 private constant BPS = 10_000;
    uint256 private constant MIN_MAJORITY_BPS = 5_000;
    uint256 private constant MIN_VOTING_PERIOD = 1 days;
    uint256 private constant MAX_VOTING_PERIOD = 30 days;
    uint256 private constant MAX_WORKING_BALANCES = 8;
    /// @dev A short string's last byte is its length.
    uint256 private constant MAX_SYMBOL = 31;
    uint256 private constant MAX_SALE = 366 days;
    uint256 private constant MIN_VETO_WINDOW = 3 days;
    uint256 private constant MAX_VETO_WINDOW = 30 days;
    uint256 private constant MAX_MILESTONES = 16;
    uint256 private constant MAX_BUILD = 5 * 365 days;

    /// @notice Reverts with {IMachineOfferings-MachineOfferingsOutOfBounds}.
    function checkMachine(IMachineShares.Machine calldata machine) internal pure {
        _check("symbol", uint8(uint256(machine.symbol)), 1, MAX_SYMBOL);
        _check("operator", uint160(machine.operator), 1, type(uint160).max);
        _check("operatorBps", machine.operatorBps, 0, BPS - 1);
        _check("quorumBps", machine.quorumBps, 1, BPS);
        _check("majorityBps", machine.majorityBps, MIN_MAJORITY_BPS, BPS - 1);
        _check("votingPeriod", machine.votingPeriod, MIN_VOTING_PERIOD, MAX_VOTING_PERIOD);
        _check("workingBalances", machine.workingBalances.length, 0, MAX_WORKING_BALANCES);
    }

    /// @notice Reverts with {IMachineOfferings-MachineOfferingsOutOfBounds}.
    function checkOffering(IMachineOfferings.Offering calldata offering) internal view {
        uint256 end = offering.end;
        _check("price", offering.price, 1, type(uint128).max);
        _check("softCap", offering.softCap, 1, offering.hardCap);
        _check("operatorShares", offering.operatorShares, 0, offering.hardCap);
        uint256 all = uint256(offering.hardCap) + offering.operatorShares;
        _check("all shares", all, 1, Math.min(type(uint88).max, type(uint128).max / offering.price));
        _check("end", end, Math.max(offering.start, block.timestamp) + 1, offering.start + MAX_SALE);
        _check("vetoBps", offering.vetoBps, 1, BPS);
        _check("vetoWindow", offering.vetoWindow, MIN_VETO_WINDOW, MAX_VETO_WINDOW);
        _check("milestones", offering.milestones.length, 1, MAX_MILESTONES);
        uint256 sum = 0;
        for (uint256 i = 0; i < offering.milestones.length; ++i) {
            IMachineOfferings.Milestone calldata milestone = offering.milestones[i];
            _check("milestone bps", milestone.bps, 1, BPS);
            _check("milestone deadline", milestone.deadline, end + 1, end + MAX_BUILD);
            _check("milestone notBefore", milestone.notBefore, 0, milestone.deadline);
            sum += milestone.bps;
        }
        _check("milestones' sum of bps", sum, BPS, BPS);
    }

    function _check(bytes32 field, uint256 value, uint256 least, uint256 most) private pure {
        bool within = value >= least && value <= most;
        require(within, IMachineOfferings.MachineOfferingsOutOfBounds(field, value, least, most));
    }
}
