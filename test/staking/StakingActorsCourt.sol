// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {IIntakePause} from "../../contracts/shared/IIntakePause.sol";
import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {StakingReadiness} from "./StakingReadiness.sol";

/// @dev What accusers, resolvers, the guardian and strangers do. See {StakingActorsStakers}.
abstract contract StakingActorsCourt is StakingReadiness {
    function propose(uint256 seed) external {
        if (seed % 16 != 0) _readyToPropose(seed);
        bool late = seed % 3 == 1 && _anyPair(_wasPunishable);
        (uint256 operator, uint256 module) = _pair(seed, late ? _wasPunishable : _isPunishable);
        uint256 time = _someOffence(seed, late);
        Charge memory charge = _chargeOf(operator, module, (time - GENESIS) / EPOCH, 0);
        charge.amount = _someAmount(seed, charge);
        charge.magnitude = _partOf(operator, charge.epoch, charge.amount);
        address authority = _trades[module].terms.slashAuthority;
        address sender = _orStranger(seed, authority);
        bool inTime = time <= _now() && time + EPOCH >= charge.readyAt + GRACE;
        // The epoch before the last is forgotten, and nothing of it can be in time.
        bool expected = inTime && sender == authority && _isFitting(operator, module, charge.epoch, charge.amount);
        uint256 rest = inTime ? _rest(operator, module, charge.epoch) : 0;
        if (inTime && charge.magnitude > rest) ++met["asked for more than the limit"];
        bytes memory data = abi.encodeCall(
            ISlashCourt.propose,
            (uint32(module), uint32(operator), uint96(charge.amount), uint48(time), EVIDENCE)
        );
        bool success = _act(sender, address(_court), 0, data);
        _judge(success, expected, STK_04);
        if (!success) return;
        _same(abi.decode(_answer, (uint256)), _charges.length, STK_09, "proposed");
        if (late) ++met["accused for the epoch before"];
        if (_reserved[operator][module][charge.epoch] != 0) ++met["accused twice for an epoch"];
        _noteProposed(charge);
    }

    function veto(uint256 seed) external {
        if (seed % 8 != 0) _readyToVeto(seed);
        uint256 id = _charge(seed, _isVetoable);
        address resolver = id == 0 ? _someone(seed, "nobody") : _trades[_charges[id].module].terms.resolver;
        address sender = _orStranger(seed, resolver);
        bool expected = id != 0 && sender == resolver && _isVetoable(id);
        bool success = _act(sender, address(_court), 0, abi.encodeCall(ISlashCourt.veto, (id)));
        _judge(success, expected, STK_09);
        if (success) _noteDropped(id, ISlashCourt.Status.Vetoed);
    }

    function vetoAsGuardian(uint256 seed) external {
        if (seed % 8 != 0) _readyToVeto(seed);
        uint256 id = _charge(seed, _isVetoable);
        address sender = _orStranger(seed, address(this));
        bool expected = id != 0 && sender == address(this) && _isVetoable(id);
        bool success = _act(sender, address(_court), 0, abi.encodeCall(ISlashCourt.vetoAsGuardian, (id)));
        _judge(success, expected, STK_09);
        if (success) _noteDropped(id, ISlashCourt.Status.Vetoed);
    }

    function vetoAll(uint256 seed) external {
        uint256 id = _charge(seed, _isVetoable);
        uint256 module = id == 0 ? 1 + (seed % (_trades.length - 1)) : _charges[id].module;
        address sender = _orStranger(seed, address(this));
        bool success = _act(sender, address(_court), 0, abi.encodeCall(ISlashCourt.vetoAll, (uint32(module))));
        _judge(success, sender == address(this), STK_09);
        if (!success) return;
        if (id != 0 && _isVetoable(id)) ++met["vetoed with all others"];
        _noteFelled(module);
    }

    function execute(uint256 seed) external {
        if (seed % 16 != 0) _readyToExecute(seed);
        uint256 id = _charge(seed, _isExecutable);
        bytes memory data = abi.encodeCall(ISlashCourt.execute, (id));
        if (id == 0 || !_isExecutable(id)) return _executeInVain(seed, data);
        Charge memory its = _charges[id];
        Blow memory blow = _blowOf(id);
        Measure memory before = _measure(its.operator);
        Exposure memory exposure = _exposure(its.operator);
        uint256 wealth = _wealthOf(its.operator, its.module);
        bool success = _act(_someone(seed, "sender"), address(_court), 0, data);
        _judge(success, true, STK_06);
        if (!success) return;
        (uint256 fromBond, uint256 fromStake) = abi.decode(_answer, (uint256, uint256));
        _assertTaken(its, blow, fromBond, fromStake);
        _assertAnswered(before, blow, its.epoch, fromStake);
        _assertUnmoved(exposure, its.operator, its.module);
        uint256 left = _wealthOf(its.operator, its.module);
        _atMost(left + Math.ceilDiv(fromBond, 2), wealth, STK_14, "operator, module and victims have");
        _noteExecuted(id, blow);
        _assertLimited(its);
        _noteMet(its, blow);
    }

    function release(uint256 seed) external {
        if (seed % 8 != 0) _readyToRelease(seed);
        uint256 id = _charge(seed, _isReleasable);
        bool expected = id != 0 && _isReleasable(id);
        bytes memory data = abi.encodeCall(ISlashCourt.release, (id));
        bool success = _act(_someone(seed, "sender"), address(_court), 0, data);
        _judge(success, expected, STK_09);
        if (!success) return;
        ISlashCourt.Status status = _statusOf(id);
        ++met[status == ISlashCourt.Status.Lapsed ? "lapsed" : "released after a veto of all"];
        _noteDropped(id, status);
    }

    /// @dev Mostly for hours. A series of pauses is over after 60 days, and lasts 14 at most.
    function pause(uint256 seed) external {
        address target = _pausable(_word(seed, "target"));
        address sender = _orStranger(seed, address(this));
        uint256 most = seed % 8 == 0 ? 15 days : 6 hours;
        uint256 until = _now() + (_word(seed, "until") % most);
        uint256 start = _seriesStart[target];
        if (start == 0 || _now() >= start + 60 days) start = _now();
        bool expected = sender == address(this) && until > _now() && until <= start + 14 days;
        bytes memory data = abi.encodeCall(IIntakePause.pauseIntake, (uint48(until)));
        bool success = _act(sender, target, 0, data);
        _judge(success, expected, STK_10);
        if (success) (_seriesStart[target], _pausedUntil[target]) = (start, until);
    }

    function resume(uint256 seed) external {
        address target = _pausable(_word(seed, "target"));
        address sender = _orStranger(seed, address(this));
        bool success = _act(sender, target, 0, abi.encodeCall(IIntakePause.resumeIntake, ()));
        _judge(success, sender == address(this), STK_10);
        if (success) _pausedUntil[target] = 0;
    }

    /// @dev Nobody's coin, or nobody's tokens.
    function donate(uint256 seed) external {
        address target = [address(_pool), address(_registry), address(_rewards), address(_court)][seed % 4];
        uint256 amount = _word(seed, "amount") % 1e20;
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        _donated[target][currency] += amount;
        if (currency == 0) {
            vm.deal(address(this), amount);
            new ForceSender{value: amount}(payable(target));
        } else {
            _tokens[currency - 1].mint(target, amount);
        }
        _judge(true, true, STK_01);
    }

    function _executeInVain(uint256 seed, bytes memory data) private {
        bool success = _act(_someone(seed, "sender"), address(_court), 0, data);
        _judge(success, false, STK_09);
    }

    /// @dev What a slash took is what it may, to within two wei, and what the model says, exactly.
    function _assertTaken(Charge memory its, Blow memory blow, uint256 fromBond, uint256 fromStake) private {
        uint256 bond = _desks[its.operator].bond;
        uint256 due = Math.min(its.amount, bond + blow.slashable);
        _atMost(due, fromBond + fromStake + 2, STK_06, "a slash was to take");
        _atMost(fromBond + fromStake, due, STK_04, "a slash took");
        _atMost(fromStake, blow.slashable, STK_04, "a slash took of the stakers");
        _same(fromBond, Math.min(its.amount, bond), STK_06, "from the bond");
        _same(fromStake, _fromStake(blow), STK_06, "from the stakers");
    }

    /// @dev All that was taken for offences of an epoch is within what the module may take for it.
    function _assertLimited(Charge memory its) private {
        uint256 taken = _executed[its.operator][its.module][its.epoch];
        if (taken == 0) return;
        _atMost(taken, _limit[its.operator][its.module][its.epoch], STK_04, "for an epoch was taken");
        _atMost(taken, _reserved[its.operator][its.module][its.epoch], STK_04, "of what is reserved was taken");
    }

    function _noteMet(Charge memory its, Blow memory blow) private {
        if (blow.fromBond != 0 && blow.reduction == 0) ++met["the bond was enough"];
        if (blow.fromBond != 0 && blow.reduction != 0) ++met["the bond was too little"];
        if (blow.fromFirst != 0) ++met["who left in the epoch answered"];
        if (blow.fromSecond != 0) ++met["who left in the epoch after answered"];
        if (its.epoch < _epoch()) ++met["slashed for the epoch before"];
        if (_desks[its.operator].closed) ++met["closed by a slash, or slashed again"];
        uint256 bps = _trades[its.module].terms.victimBps;
        if (bps != 0 && blow.compensation < (blow.fromBond * bps) / BPS) ++met["victims waited for other proposals"];
    }

    /// @dev Mostly as late as can be, or at a moment of the epoch before; at times too early or too late.
    function _someOffence(uint256 seed, bool late) private view returns (uint256) {
        uint256 manner = _word(seed, "offence") % 16;
        if (manner == 0) return _now() + 1;
        if (manner == 1) return _now() - EPOCH + (_word(seed, "long ago") % (4 days));
        if (late) return _startOf(_epoch()) - 1;
        return manner < 10 ? _now() : Math.max(_now() - (_word(seed, "time") % 2 days), _startOf(_epoch()));
    }

    /// @dev All that the module may take, a wei more, too little, or any part.
    function _someAmount(uint256 seed, Charge memory its) private view returns (uint256) {
        uint256 rest = _rest(its.operator, its.module, its.epoch);
        uint256 most = (rest * _answering(its.operator, its.epoch)) / _left(its.operator);
        uint256 manner = _word(seed, "manner") % 16;
        if (manner < 4) return most;
        if (manner == 4) return most + 1;
        if (manner == 5) return _word(seed, "amount") % (most / 20 + 1);
        return most / 4 + (_word(seed, "amount") % (most / 2 + 1));
    }
}
