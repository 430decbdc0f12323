// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {MachineReadiness} from "./MachineReadiness.sol";

/// @dev What sellers, contributors and attesters do at the offerings, mostly as one may and sometimes as one may not.
/// Of every act the model knows whether it must succeed; what comes otherwise is a breach of the property that the act
/// is about.
abstract contract MachineSellers is MachineReadiness {
    function create(uint256 seed) external {
        if (_machines.length == MOST_MACHINES) return;
        address seller = _seller(seed);
        address sender = _orStranger(seed, seller);
        uint256 deviceId = _deviceFor(seed, seller);
        (IMachineShares.Machine memory rules, IMachineOfferings.Offering memory offering) = _someTerms(seed, deviceId);
        bool wrong = _word(seed, "wrong") % 8 == 0;
        if (wrong) offering.softCap = offering.hardCap + 1;
        bool expected = sender == _devices.controllerOf(deviceId) && !wrong;
        bytes memory data = abi.encodeCall(IMachineOfferings.create, (rules, offering));
        if (_word(seed, "again") % 8 == 0) return _createAgain();
        bool success = _onOfferings(sender, data);
        _judge(success, expected, OWN_06);
        if (success) _noteCreated(abi.decode(_answer, (IMachineShares)), sender, rules, offering);
    }

    function open(uint256 seed) external {
        if (seed % 8 != 0) _readyToOpen(seed);
        uint256 m = _machine(seed, _isOpenable);
        Ghost storage ghost = _machines[m];
        address sender = _orStranger(seed, ghost.seller);
        bool expected = _isOpenable(m) && sender == ghost.seller;
        bytes memory data = abi.encodeWithSignature(
            "safeTransferFrom(address,address,uint256,bytes)",
            ghost.seller,
            address(_offerings),
            ghost.deviceId,
            abi.encode(ghost.shares)
        );
        bool success = _act(sender, address(_devices), 0, data);
        _judge(success, expected, OWN_06);
        if (success) ghost.mark = Mark.Open;
    }

    function cancel(uint256 seed) external {
        if (seed % 8 != 0) _readyToCancel(seed);
        uint256 m = _machine(seed, _isCancellable);
        Ghost storage ghost = _machines[m];
        address sender = _orStranger(seed, ghost.seller);
        bool expected = _isCancellable(m) && sender == ghost.seller;
        bool success = _onOfferings(sender, abi.encodeCall(IMachineOfferings.cancel, (ghost.shares)));
        _judge(success, expected, OWN_06);
        if (!success) return;
        ghost.mark = Mark.Draft;
        if (_devices.controllerOf(ghost.deviceId) != ghost.seller) _breach(OWN_06, "cancelled and not given back");
    }

    function contribute(uint256 seed) external {
        if (seed % 8 != 0) _readyToSell(seed);
        uint256 m = _machine(seed, _isSelling);
        address account = _someone(seed, "payer");
        uint256 amount = _word(seed, "amount") % 300;
        if (seed % 16 == 1) amount = _termsOf[m].hardCap + 1;
        uint256 left = _termsOf[m].hardCap - _machines[m].sold;
        uint256 bought = amount < left ? amount : left;
        uint256 cost = bought * _termsOf[m].price;
        (uint256 value, bool enough) = _coinFor(seed, m, account, cost);
        bool expected = enough && amount != 0 && _isSelling(m) && _isWithinCap(m, account, bought);
        uint256 before = _moneyOf(m, account);
        bool success = _act(account, address(_offerings), value, _contributeData(m, amount));
        _judge(success, expected, OWN_06);
        if (!success) return;
        _noteContributed(m, account, bought);
        _same(before - _moneyOf(m, account), cost, OWN_06, "shares cost another sum");
        if (_isFunded(m)) ++met["sold out"];
    }

    function refund(uint256 seed) external {
        if (seed % 8 != 0) _readyToFail(seed);
        uint256 m = _machine(seed, _isRefundable);
        address account = _holder(seed, m);
        address sender = _orStranger(seed, account);
        address to = _word(seed, "elsewhere") % 4 == 0 ? _someone(seed, "to") : account;
        bool mayAsk = sender == account || to == account;
        uint256 due = _isEarning(m) ? 0 : _balance[m][account] * _termsOf[m].price;
        bool failed = _isStatus(m, IMachineOfferings.Status.Failed);
        bool expected = failed && due != 0 && mayAsk && !_refuses(to, _machines[m].currency);
        uint256 before = _moneyOf(m, to);
        bytes memory data = abi.encodeCall(IMachineOfferings.refund, (_machines[m].shares, account, to));
        bool success = _onOfferings(sender, data);
        _judge(success, expected, OWN_06);
        if (!success) return;
        _noteRefunded(m, account, due);
        _same(_moneyOf(m, to) - before, due, OWN_06, "refunded another sum");
        ++met["refunded"];
    }

    function reclaim(uint256 seed) external {
        if (seed % 8 != 0) _readyToFail(seed);
        uint256 m = _machine(seed, _isReclaimable);
        Ghost storage ghost = _machines[m];
        bool expected = _isReclaimable(m);
        address sender = _someone(seed, "sender");
        bool success = _onOfferings(sender, abi.encodeCall(IMachineOfferings.reclaim, (ghost.shares)));
        _judge(success, expected, OWN_06);
        if (!success) return;
        ghost.mark = Mark.Reclaimed;
        if (_devices.controllerOf(ghost.deviceId) != ghost.seller) _breach(OWN_06, "reclaimed and not given back");
    }

    function finalise(uint256 seed) external {
        if (seed % 8 != 0) _readyToFinalise(seed);
        uint256 m = _machine(seed, _isFunded);
        bool expected = _isFunded(m);
        address sender = _someone(seed, "sender");
        bool success = _onOfferings(sender, abi.encodeCall(IMachineOfferings.finalise, (_machines[m].shares)));
        _judge(success, expected, OWN_06);
        if (!success) return;
        _noteSealed(m);
        if (_balance[m][_hostile()] != 0) ++met["hostile holder"];
        if (_machines[m].operator == _hostile()) ++met["hostile operator"];
    }

    function claimMilestone(uint256 seed) external {
        if (seed % 8 != 0) _readyToClaim(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isReachable);
        Step storage its = _stepsOf[m][step];
        bool expected = _isReachable(m, step) && _now() >= its.notBefore;
        uint256 round = its.round;
        uint256 signer = ATTESTER;
        uint256 manner = _word(seed, "manner") % 16;
        if (manner == 0) ++round;
        if (manner == 1) ++signer;
        expected = expected && manner > 1;
        IMachineOfferings.MilestoneEvidence memory evidence = _evidenceOf(_machines[m].shares, step, round);
        bytes memory signature = _signAs(signer, _milestoneDigest(evidence));
        address sender = _someone(seed, "sender");
        bytes memory data = abi.encodeCall(IMachineOfferings.claimMilestone, (evidence, signature));
        bool success = _onOfferings(sender, data);
        _judge(success, expected, OWN_06);
        if (success) _noteMilestoneClaimed(m, step);
    }

    function veto(uint256 seed) external {
        if (seed % 8 != 0) _readyToVeto(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isStoppable);
        if (_isStoppable(m, step) && seed % 8 != 1) _warpTo(_stepsOf[m][step].claimedAt + 1);
        address account = _holder(seed, m);
        uint256 claimedAt = _stepsOf[m][step].claimedAt;
        uint256 weight = account == _machines[m].operator ? 0 : _pastOf(m, claimedAt, account);
        bool timely = _isStoppable(m, step) && _now() > claimedAt;
        bool expected = timely && weight != 0 && !_vetoed[m][_claimKey(m, step)][account];
        bytes memory data = abi.encodeCall(IMachineOfferings.veto, (_machines[m].shares, uint8(step)));
        bool success = _onOfferings(account, data);
        _judge(success, expected, OWN_08);
        if (success) _noteVetoed(m, step, account, weight);
    }

    function release(uint256 seed) external {
        if (seed % 8 != 0) _readyToRelease(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isReleasable);
        bool expected = _isReleasable(m, step);
        bytes memory data = abi.encodeCall(IMachineOfferings.release, (_machines[m].shares, uint8(step)));
        bool success = _onOfferings(_someone(seed, "sender"), data);
        _judge(success, expected, OWN_06);
        if (!success) return;
        if (_machines[m].ended) ++met["released after the end"];
        _noteReleased(m, step);
    }

    function expire(uint256 seed) external {
        if (seed % 8 != 0) _readyToExpire(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isExpirable);
        bool expected = _isExpirable(m, step);
        bytes memory data = abi.encodeCall(IMachineOfferings.expire, (_machines[m].shares, uint8(step)));
        bool success = _onOfferings(_someone(seed, "sender"), data);
        _judge(success, expected, OWN_06);
        if (!success) return;
        if (!_isActive(m)) ++met["expired with the machine"];
        _noteExpired(m, step);
    }

    function withdraw(uint256 seed) external {
        if (seed % 8 != 0 && !_isAnyCredited()) _readyToBeCredited(seed);
        (uint256 currency, address account) = _credited(seed);
        address sender = _orStranger(seed, account);
        address to = _word(seed, "elsewhere") % 4 == 0 ? _someone(seed, "to") : account;
        uint256 amount = _credit[currency][account];
        bool expected = (sender == account || to == account) && (amount == 0 || !_refuses(to, currency));
        uint256 before = _currency(currency).balanceOf(to);
        bytes memory data = abi.encodeCall(IMachineOfferings.withdraw, (_currency(currency), account, to));
        bool success = _onOfferings(sender, data);
        _judge(success, expected, OWN_06);
        if (!success) return;
        _credit[currency][account] = 0;
        _same(_currency(currency).balanceOf(to) - before, amount, OWN_06, "withdrew another sum");
    }

    function _noteRefunded(uint256 m, address account, uint256 due) internal {
        _machines[m].refunded += due;
        _balance[m][account] = 0;
        _hadRefund[m][account] = true;
    }

    function _noteVetoed(uint256 m, uint256 step, address account, uint256 weight) internal {
        Step storage its = _stepsOf[m][step];
        _vetoed[m][_claimKey(m, step)][account] = true;
        its.vetoes += weight;
        uint256 others = _votingAt(m, its.claimedAt) - _pastOf(m, its.claimedAt, _machines[m].operator);
        // What vested and was passed on does not count.
        if (others > _machines[m].sold) others = _machines[m].sold;
        if (its.vetoes * WHOLE < others * _termsOf[m].vetoBps) return;
        (its.status, its.vetoes) = (IMachineOfferings.MilestoneStatus.Pending, 0);
        ++its.round;
        ++met["vetoed"];
    }

    function _noteReleased(uint256 m, uint256 step) internal {
        Ghost storage ghost = _machines[m];
        (uint256 amount, uint256 tranche) = _partOf(m, step);
        uint256 fee = (amount * FEE) / WHOLE;
        if ((amount * FEE) % WHOLE != 0) ++fee;
        _stepsOf[m][step].status = IMachineOfferings.MilestoneStatus.Released;
        ++ghost.resolvedCount;
        ghost.released += amount - fee;
        ghost.fees += fee;
        _credit[ghost.currency][TREASURY] += fee;
        _credit[ghost.currency][ghost.operator] += amount - fee;
        ghost.vesting -= tranche;
        if (ghost.ended) ghost.forfeited += tranche;
        else _noteMoved(m, address(_offerings), ghost.operator, tranche);
    }

    function _noteExpired(uint256 m, uint256 step) internal {
        Ghost storage ghost = _machines[m];
        (uint256 amount, uint256 tranche) = _partOf(m, step);
        _stepsOf[m][step].status = IMachineOfferings.MilestoneStatus.Expired;
        ++ghost.resolvedCount;
        ghost.failed += amount;
        ghost.vesting -= tranche;
        ghost.forfeited += tranche;
        _noteDeposited(m, ghost.currency, amount);
        _noteSynced(m, ghost.currency);
    }

    function _moneyOf(uint256 m, address account) internal view returns (uint256) {
        return _currency(_machines[m].currency).balanceOf(account);
    }

    /// @dev Coin to send along: as much as it costs, and at times more or less.
    function _coinFor(
        uint256 seed,
        uint256 m,
        address payer,
        uint256 cost
    ) internal view returns (uint256 value, bool enough) {
        uint256 manner = _word(seed, "coin") % 16;
        if (_machines[m].currency != 0) return manner == 0 ? (1, false) : (0, true);
        if (manner == 0 && cost != 0) return (cost - 1, false);
        if (manner < 4) return (cost + manner, manner == 0 || payer != _hostile());
        return (cost, true);
    }

    /// @dev What the last seller offers is offered once.
    function _createAgain() private {
        Ghost storage ghost = _machines[_machines.length - 1];
        bool success = _onOfferings(ghost.seller, _lastCreation);
        _judge(success, false, OWN_06);
        if (success || bytes4(_answer) != Errors.FailedDeployment.selector) return;
        ++met["offered twice"];
    }

    function _isWithinCap(uint256 m, address account, uint256 bought) private view returns (bool) {
        uint256 cap = _termsOf[m].walletCap;
        return cap == 0 || _balance[m][account] + bought <= cap;
    }

    function _contributeData(uint256 m, uint256 amount) private view returns (bytes memory) {
        bytes32[] memory proof = new bytes32[](0);
        return abi.encodeCall(IMachineOfferings.contribute, (_machines[m].shares, uint88(amount), 0, proof));
    }

    function _readyToBeCredited(uint256 seed) private {
        _readyToRelease(seed);
        (uint256 m, uint256 step) = _pair(seed, _stepCount, _isReleasable);
        if (!_isReleasable(m, step)) return;
        _offerings.release(_machines[m].shares, uint8(step));
        _noteReleased(m, step);
    }

    function _isAnyCredited() private view returns (bool) {
        for (uint256 i = 0; i < 2 * ACTORS; ++i) if (_credit[i % 2][_actor(i / 2)] != 0) return true;
        return false;
    }

    function _credited(uint256 seed) private view returns (uint256 currency, address account) {
        uint256 start = _word(seed, "credited");
        for (uint256 i = 0; i < 2 * ACTORS; ++i) {
            (currency, account) = ((start + i) % 2, _actor(((start + i) / 2) % ACTORS));
            if (_credit[currency][account] != 0) return (currency, account);
        }
        return (start % 2, TREASURY);
    }
}
