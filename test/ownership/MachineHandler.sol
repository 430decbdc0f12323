// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {IMachineVotes} from "../../contracts/ownership/IMachineVotes.sol";
import {MachineOfferings} from "../../contracts/ownership/MachineOfferings.sol";
import {MachineVotes} from "../../contracts/ownership/MachineVotes.sol";
import {SplitHub} from "../../contracts/ownership/SplitHub.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {MachineDrain} from "./MachineDrain.sol";

/// @dev Machines as a walk finds them: one at work, one on sale and one that is planned; and what the tests ask of the
/// model.
abstract contract MachineHandler is MachineDrain {
    constructor() {
        _deployOwnership();
        for (uint256 i = 0; i < ACTORS; ++i) _endow(_actor(i));
        _readyToWork(1);
        _readyToSell(5);
        _createQuietly(9);
    }

    function offerings() external view returns (MachineOfferings) {
        return _offerings;
    }

    function votes() external view returns (MachineVotes) {
        return _votes;
    }

    function hub() external view returns (SplitHub) {
        return _hub;
    }

    function currency(uint256 index) external view returns (Currency) {
        return _currency(index);
    }

    function machineCount() external view returns (uint256) {
        return _machines.length;
    }

    function ghostOf(uint256 m) external view returns (Ghost memory) {
        return _machines[m];
    }

    function account(uint256 m, uint256 index) external view returns (address) {
        return _account(m, index);
    }

    function balanceOf(uint256 m, address account_) external view returns (uint256) {
        return _balance[m][account_];
    }

    function hadRefund(uint256 m, address account_) external view returns (bool) {
        return _hadRefund[m][account_];
    }

    function earnedBy(uint256 m, uint256 index, address account_) external view returns (uint256) {
        return _earned[m][index][account_];
    }

    function paidTo(uint256 m, uint256 index, address account_) external view returns (uint256) {
        return _paid[m][index][account_];
    }

    function carryOf(uint256 m, uint256 index) external view returns (uint256) {
        return _carry[m][index];
    }

    function unbooked(uint256 m, uint256 index) external view returns (uint256) {
        return _unbooked[m][index];
    }

    function heldOf(uint256 m, uint256 index) external view returns (uint256) {
        return _deposited[m][index] - _paidOut[m][index];
    }

    function stageOf(uint256 m) external view returns (IMachineShares.Stage) {
        return _stageOf(m);
    }

    function statusOf(uint256 m) external view returns (IMachineOfferings.Status) {
        return _statusOf(m);
    }

    function remainingOf(uint256 m) external view returns (uint256) {
        return _remainingOf(m);
    }

    function raisedBy(uint256 m) external view returns (uint256) {
        return _raisedBy(m);
    }

    function stepsOf(uint256 m) external view returns (Step[] memory) {
        return _stepsOf[m];
    }

    function ballotsOf(uint256 m) external view returns (Ballot[] memory) {
        return _ballotsOf[m];
    }

    function votingAt(uint256 m, uint256 time) external view returns (uint256) {
        return _votingAt(m, time);
    }

    function isOutcome(uint256 m, uint256 proposalId, IMachineVotes.Outcome outcome) external view returns (bool) {
        return _isOutcome(m, proposalId, outcome);
    }

    function snapshotsOf(uint256 m) external view returns (uint256[] memory) {
        return _snapshotsOf[m];
    }

    function pastOf(uint256 m, uint256 time, address account_) external view returns (uint256) {
        return _past[m][time][account_];
    }

    function credited(uint256 index, address account_) external view returns (uint256) {
        return _credit[index][account_];
    }

    /// @dev What the offerings owe: credits, contributions that may go back, and what milestones have not used.
    function owedByOfferings(uint256 index) external view returns (uint256 amount) {
        amount = _credit[index][TREASURY] + _donated[address(_offerings)][index];
        for (uint256 i = 0; i < ACTORS; ++i) amount += _credit[index][_actor(i)];
        for (uint256 m = 0; m < _machines.length; ++m) {
            if (_machines[m].currency != index) continue;
            amount += _isEarning(m) ? _remainingOf(m) : _raisedBy(m) - _machines[m].refunded;
        }
    }

    /// @dev The prices of all standing bids.
    function owedByVotes(uint256 index) external view returns (uint256 amount) {
        amount = _donated[address(_votes)][index];
        for (uint256 m = 0; m < _machines.length; ++m) {
            for (uint256 i = 0; i < _bidsOf[m].length && _machines[m].currency == index; ++i) {
                if (!_bidsOf[m][i].gone) amount += _bidsOf[m][i].price;
            }
        }
    }

    /// @dev What is in the splits of all machines' operators.
    function owedByHub(uint256 index) external view returns (uint256 amount) {
        amount = _donated[address(_hub)][index];
        for (uint256 m = 0; m < _machines.length; ++m) {
            for (uint256 i = 0; i < _operatorsOf[m].length; ++i) {
                Jar storage jar = _jarOf[m][_operatorsOf[m][i]][index];
                amount += jar.cumulative - jar.holders - jar.operator;
            }
        }
    }
}
