// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RevertingReceiver} from "../../contracts/mocks/RevertingReceiver.sol";
import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {IMachineVotes} from "../../contracts/ownership/IMachineVotes.sol";
import {MachineFixture} from "./MachineFixture.sol";

/// @dev What machines ought to hold and owe, kept as simply as can be. What an account earns is added up for every
/// account at every payment, in parts of the supply, so that nothing is ever rounded.
abstract contract MachineModel is MachineFixture {
    /// @dev The last of them refuses coin.
    uint256 internal constant ACTORS = 6;
    /// @dev And the offerings, and the shares themselves.
    uint256 internal constant ACCOUNTS = 8;
    uint256 internal constant CURRENCIES = 3;

    enum Mark {
        Draft,
        Open,
        Reclaimed,
        Final
    }

    /// @param currency See {MachineFixture-_currency}.
    /// @param failed Of what was raised, what was paid to the holders.
    /// @param reserved The operator's shares, as many as there were to vest.
    /// @param pending A snapshot was taken in this block.
    struct Ghost {
        IMachineShares shares;
        uint256 deviceId;
        address wallet;
        address receiver;
        address seller;
        address firstOperator;
        address operator;
        uint256 currency;
        Mark mark;
        bool retired;
        bool ended;
        bool pending;
        uint256 sold;
        uint256 supply;
        uint256 refunded;
        uint256 released;
        uint256 fees;
        uint256 failed;
        uint256 resolvedCount;
        uint256 reserved;
        uint256 vesting;
        uint256 forfeited;
        uint256 floor;
    }

    /// @dev One milestone.
    struct Step {
        uint256 low;
        uint256 high;
        IMachineOfferings.MilestoneStatus status;
        uint256 notBefore;
        uint256 deadline;
        uint256 claimedAt;
        uint256 round;
        uint256 vetoes;
    }

    struct Ballot {
        IMachineShares.Motion motion;
        bytes payload;
        uint256 snapshot;
        uint256 yes;
        uint256 no;
        bool executed;
    }

    struct Escrow {
        address bidder;
        uint256 price;
        uint256 expiry;
        uint256 proposalId;
        bool gone;
    }

    /// @dev A split of holders and one operator at the hub.
    struct Jar {
        uint256 cumulative;
        uint256 holders;
        uint256 operator;
    }

    /// @dev Kept, since an address costs the curve.
    address[] private _actors;
    uint256[] internal _deviceIds;
    Ghost[] internal _machines;
    mapping(uint256 machine => IMachineOfferings.Terms terms) internal _termsOf;
    mapping(uint256 machine => IMachineShares.Machine terms) internal _rulesOf;
    mapping(uint256 machine => Step[] steps) internal _stepsOf;
    mapping(uint256 machine => Ballot[] ballots) internal _ballotsOf;
    mapping(uint256 machine => Escrow[] bids) internal _bidsOf;
    mapping(uint256 machine => address[] operators) internal _operatorsOf;
    mapping(uint256 machine => mapping(address account => uint256 shares)) internal _balance;
    mapping(uint256 machine => mapping(address account => bool)) internal _hadRefund;
    mapping(uint256 machine => mapping(address account => address payout)) internal _payout;
    /// @dev What an account has earned, in parts of the supply of the currency's smallest unit.
    mapping(uint256 machine => mapping(uint256 currency => mapping(address account => uint256))) internal _earned;
    mapping(uint256 machine => mapping(uint256 currency => mapping(address account => uint256))) internal _paid;
    mapping(uint256 machine => mapping(uint256 currency => uint256)) internal _deposited;
    mapping(uint256 machine => mapping(uint256 currency => uint256)) internal _paidOut;
    /// @dev What lies at the shares, and is in no book of theirs.
    mapping(uint256 machine => mapping(uint256 currency => uint256)) internal _unbooked;
    /// @dev What lies at the receiver of the split.
    mapping(uint256 machine => mapping(uint256 currency => uint256)) internal _waiting;
    mapping(uint256 deviceId => mapping(uint256 currency => uint256)) internal _inWallet;
    /// @dev What of all dividends is not yet a whole part for each share that earns; in the parts of {_earned}.
    mapping(uint256 machine => mapping(uint256 currency => uint256 parts)) internal _carry;
    mapping(uint256 machine => mapping(address operator => mapping(uint256 currency => Jar))) internal _jarOf;
    mapping(uint256 machine => uint256[] times) internal _snapshotsOf;
    mapping(uint256 machine => mapping(uint256 time => mapping(address account => uint256))) internal _past;
    mapping(uint256 machine => mapping(uint256 proposalId => mapping(address account => bool))) internal _voted;
    /// @dev The newest proposal of a motion that was carried out.
    mapping(uint256 machine => mapping(IMachineShares.Motion motion => uint256 proposalId)) internal _newest;
    /// @dev By milestone and round.
    mapping(uint256 machine => mapping(bytes32 claim => mapping(address account => bool))) internal _vetoed;
    mapping(uint256 currency => mapping(address account => uint256 amount)) internal _credit;
    mapping(address target => mapping(uint256 currency => uint256 amount)) internal _donated;

    constructor() {
        for (uint256 i = 0; i < ACTORS - 1; ++i) _actors.push(_person(i));
        _actors.push(address(new RevertingReceiver()));
    }

    function _actor(uint256 index) internal view returns (address) {
        return _actors[index];
    }

    function _hostile() internal view returns (address) {
        return _actors[ACTORS - 1];
    }

    /// @dev Everybody who may ever hold shares of a machine.
    function _account(uint256 m, uint256 index) internal view returns (address) {
        if (index < ACTORS) return _actors[index];
        return index == ACTORS ? address(_offerings) : address(_machines[m].shares);
    }

    function _refuses(address to, uint256 currency) internal view returns (bool) {
        return currency == 0 && to == _hostile();
    }

    function _statusOf(uint256 m) internal view returns (IMachineOfferings.Status) {
        Ghost storage ghost = _machines[m];
        if (ghost.mark == Mark.Draft) return IMachineOfferings.Status.Draft;
        if (ghost.mark == Mark.Reclaimed) return IMachineOfferings.Status.Failed;
        if (ghost.mark == Mark.Final) {
            bool over = ghost.resolvedCount == _stepsOf[m].length;
            return over ? IMachineOfferings.Status.Closed : IMachineOfferings.Status.Releasing;
        }
        if (ghost.sold == _termsOf[m].hardCap) return IMachineOfferings.Status.Funded;
        if (_now() < _termsOf[m].end) return IMachineOfferings.Status.Open;
        bool enough = ghost.sold >= _termsOf[m].softCap;
        return enough ? IMachineOfferings.Status.Funded : IMachineOfferings.Status.Failed;
    }

    function _stageOf(uint256 m) internal view returns (IMachineShares.Stage) {
        Ghost storage ghost = _machines[m];
        if (ghost.mark != Mark.Final) return IMachineShares.Stage.Raising;
        if (ghost.ended) return IMachineShares.Stage.Ended;
        return ghost.retired ? IMachineShares.Stage.Retired : IMachineShares.Stage.Active;
    }

    function _isStatus(uint256 m, IMachineOfferings.Status status) internal view returns (bool) {
        return _statusOf(m) == status;
    }

    function _raisedBy(uint256 m) internal view returns (uint256) {
        return _machines[m].sold * _termsOf[m].price;
    }

    function _remainingOf(uint256 m) internal view returns (uint256) {
        Ghost storage ghost = _machines[m];
        if (ghost.mark != Mark.Final) return 0;
        return _raisedBy(m) - ghost.released - ghost.fees - ghost.failed;
    }

    function _claimableOf(uint256 m, uint256 currency, address account) internal view returns (uint256) {
        return _earned[m][currency][account] / _machines[m].supply - _paid[m][currency][account];
    }

    function _payeeOf(uint256 m, address account) internal view returns (address) {
        address payout = _payout[m][account];
        return payout == address(0) ? account : payout;
    }

    /// @dev Whether a motion has passed, once its vote is over.
    function _hasPassed(uint256 m, uint256 proposalId) internal view returns (bool) {
        Ballot storage ballot = _ballotsOf[m][proposalId - 1];
        uint256 voting = _votingAt(m, ballot.snapshot);
        if (ballot.motion == IMachineShares.Motion.AcceptBid) return 3 * ballot.yes >= 2 * voting;
        uint256 cast = ballot.yes + ballot.no;
        bool enough = cast * WHOLE >= voting * _rulesOf[m].quorumBps;
        return enough && ballot.yes * WHOLE > cast * _rulesOf[m].majorityBps;
    }

    function _votingAt(uint256 m, uint256 time) internal view returns (uint256) {
        return _machines[m].supply - _pastOf(m, time, address(_offerings));
    }

    /// @dev What an account had at the end of a block; of this one, what it has.
    function _pastOf(uint256 m, uint256 time, address account) internal view returns (uint256) {
        return time == _now() ? _balance[m][account] : _past[m][time][account];
    }

    function _votingEnd(uint256 m, uint256 proposalId) internal view returns (uint256) {
        return _ballotsOf[m][proposalId - 1].snapshot + _rulesOf[m].votingPeriod;
    }

    function _isOutcome(uint256 m, uint256 proposalId, IMachineVotes.Outcome outcome) internal view returns (bool) {
        if (_now() <= _votingEnd(m, proposalId)) return outcome == IMachineVotes.Outcome.Open;
        IMachineVotes.Outcome its =
            _hasPassed(m, proposalId) ? IMachineVotes.Outcome.Passed : IMachineVotes.Outcome.Defeated;
        return outcome == its;
    }

    /// @dev Ends the block: what snapshots were taken in it are of what everybody has now.
    function _warpTo(uint256 time) internal {
        if (time <= _now()) return;
        for (uint256 m = 0; m < _machines.length; ++m) {
            if (!_machines[m].pending) continue;
            _machines[m].pending = false;
            _snapshotsOf[m].push(_now());
            for (uint256 i = 0; i < ACCOUNTS; ++i) {
                _past[m][_now()][_account(m, i)] = _balance[m][_account(m, i)];
            }
        }
        vm.warp(time);
    }

    function _noteSealed(uint256 m) internal {
        Ghost storage ghost = _machines[m];
        ghost.mark = Mark.Final;
        ghost.reserved = (_termsOf[m].operatorShares * ghost.sold) / _termsOf[m].hardCap;
        ghost.vesting = ghost.reserved;
        ghost.supply = ghost.sold + ghost.reserved;
        _balance[m][address(_offerings)] = ghost.reserved;
        uint256 whole = ghost.supply * _termsOf[m].price;
        ghost.floor = whole > _rulesOf[m].buyoutFloor ? whole : _rulesOf[m].buyoutFloor;
        _noteOperator(m, ghost.firstOperator);
    }

    function _noteOperator(uint256 m, address operator) internal {
        _machines[m].operator = operator;
        address[] storage operators = _operatorsOf[m];
        for (uint256 i = 0; i < operators.length; ++i) if (operators[i] == operator) return;
        operators.push(operator);
    }

    function _noteMoved(uint256 m, address from, address to, uint256 amount) internal {
        _balance[m][from] -= amount;
        _balance[m][to] += amount;
    }

    /// @dev A dividend: each account but the issuer earns by what it has now, each share the same whole number of parts.
    /// What is less than one for each waits for the next dividend.
    function _noteDeposited(uint256 m, uint256 currency, uint256 amount) internal {
        if (amount == 0) return;
        uint256 earning = _machines[m].supply - _balance[m][address(_offerings)];
        uint256 parts = amount * _machines[m].supply + _carry[m][currency];
        uint256 step = parts / earning;
        _carry[m][currency] = parts - step * earning;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address account = _account(m, i);
            if (account != address(_offerings)) _earned[m][currency][account] += _balance[m][account] * step;
        }
        _deposited[m][currency] += amount;
    }

    function _noteSynced(uint256 m, uint256 currency) internal returns (uint256 amount) {
        amount = _unbooked[m][currency];
        _unbooked[m][currency] = 0;
        _noteDeposited(m, currency, amount);
    }

    function _noteClaimed(uint256 m, uint256 currency, address holder, uint256 amount) internal {
        _paid[m][currency][holder] += amount;
        _paidOut[m][currency] += amount;
        bool back = _payeeOf(m, holder) == address(_machines[m].shares);
        if (back) _unbooked[m][currency] += _arriving(currency, amount);
    }

    function _noteFlushed(uint256 m, uint256 currency) internal {
        uint256 amount = _arriving(currency, _waiting[m][currency]);
        _waiting[m][currency] = 0;
        _jarOf[m][_machines[m].operator][currency].cumulative += amount;
    }

    function _noteReleasedToHolders(uint256 m, address operator, uint256 currency) internal returns (uint256 due) {
        due = _dueToHolders(m, operator, currency);
        _jarOf[m][operator][currency].holders += due;
        _unbooked[m][currency] += _arriving(currency, due);
    }

    function _dueToHolders(uint256 m, address operator, uint256 currency) internal view returns (uint256) {
        Jar storage jar = _jarOf[m][operator][currency];
        return (jar.cumulative * (WHOLE - _rulesOf[m].operatorBps)) / WHOLE - jar.holders;
    }

    function _dueToOperator(uint256 m, address operator, uint256 currency) internal view returns (uint256) {
        Jar storage jar = _jarOf[m][operator][currency];
        return (jar.cumulative * _rulesOf[m].operatorBps) / WHOLE - jar.operator;
    }

    /// @dev A milestone's part of the money and of the operator's shares.
    function _partOf(uint256 m, uint256 step) internal view returns (uint256 amount, uint256 tranche) {
        Step storage its = _stepsOf[m][step];
        amount = (_raisedBy(m) * its.high) / WHOLE - (_raisedBy(m) * its.low) / WHOLE;
        uint256 all = _machines[m].reserved;
        tranche = (all * its.high) / WHOLE - (all * its.low) / WHOLE;
    }

    function _claimKey(uint256 m, uint256 step) internal view returns (bytes32) {
        return keccak256(abi.encode(step, _stepsOf[m][step].round));
    }

    function _vetoEnd(uint256 m, uint256 step) internal view returns (uint256) {
        return _stepsOf[m][step].claimedAt + _termsOf[m].vetoWindow;
    }
}
