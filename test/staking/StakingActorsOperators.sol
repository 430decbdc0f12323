// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Membership} from "../../contracts/staking/Allocation.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {IStakingPool} from "../../contracts/staking/IStakingPool.sol";
import {StakingReadiness} from "./StakingReadiness.sol";

/// @dev What operators and the owners of modules do. See {StakingActorsStakers}.
abstract contract StakingActorsOperators is StakingReadiness {
    function registerOperator(uint256 seed) external {
        if (_desks.length > MOST_OPERATORS) return;
        address owner = _someone(seed, "owner");
        uint256 bond = _word(seed, "bond") % 5 ether;
        uint16 commission = uint16(_word(seed, "commission") % 3100);
        bytes memory data = abi.encodeCall(IStakingPool.registerOperator, (owner, commission, ""));
        bool success = _act(owner, address(_pool), bond, data);
        _judge(success, commission <= 3000 && !_isPaused(address(_pool)), STK_01);
        if (!success) return;
        _same(abi.decode(_answer, (uint256)), _desks.length, STK_01, "registered");
        _noteOperator(owner, bond, commission);
    }

    function setPayout(uint256 seed) external {
        uint256 operator = _operator(seed, _isTaking);
        address sender = _orStranger(seed, _desks[operator].owner);
        address payout = _someone(seed, "payout");
        bytes memory data = abi.encodeCall(IStakingPool.setPayout, (uint32(operator), payout));
        bool success = _act(sender, address(_pool), 0, data);
        _judge(success, sender == _desks[operator].owner, STK_11);
        if (success) _desks[operator].payout = payout;
    }

    function setCommission(uint256 seed) external {
        uint256 operator = _operator(seed, _isTaking);
        address sender = _orStranger(seed, _desks[operator].owner);
        uint16 commission = uint16(_word(seed, "commission") % 3100);
        bool expected = sender == _desks[operator].owner && commission <= 3000;
        bytes memory data = abi.encodeCall(IStakingPool.setCommission, (uint32(operator), commission));
        bool success = _act(sender, address(_pool), 0, data);
        _judge(success, expected, STK_12);
        if (!success) return;
        if (commission > _desks[operator].commission) ++met["asked for a higher cut"];
        _noteCommission(operator, commission);
    }

    function addBond(uint256 seed) external {
        uint256 operator = _operator(seed, _isTaking);
        address sender = _orStranger(seed, _desks[operator].owner);
        uint256 amount = _word(seed, "amount") % 8 ether;
        bool expected = sender == _desks[operator].owner && !_isPaused(address(_pool));
        bytes memory data = abi.encodeCall(IStakingPool.addBond, (uint32(operator)));
        bool success = _act(sender, address(_pool), amount, data);
        _judge(success, expected, STK_01);
        if (!success) return;
        _desks[operator].bond += amount;
        _brought[sender] += amount;
    }

    function withdrawBond(uint256 seed) external {
        if (seed % 8 != 0) _readyToWithdrawBond(seed);
        uint256 operator = _operator(seed, _isFree);
        Desk storage desk = _desks[operator];
        address sender = _orStranger(seed, desk.owner);
        uint256 manner = _word(seed, "manner") % 8;
        uint256 amount = _word(seed, "amount") % (desk.bond + 1);
        if (manner < 3) amount = desk.bond;
        if (manner == 3) amount = desk.bond + 1;
        bool expected = sender == desk.owner && amount <= desk.bond && _boundBy(operator) == 0;
        Measure memory before = _measure(operator);
        bytes memory data = abi.encodeCall(IStakingPool.withdrawBond, (uint32(operator), amount));
        bool success = _act(sender, address(_pool), 0, data);
        _judge(success, expected, STK_13);
        if (!success) return;
        desk.bond -= amount;
        uint256 bought = _noteExit(operator, sender, amount);
        _same(abi.decode(_answer, (uint256)), bought, STK_02, "got of the bucket for bond");
        _assertFair(before, sender, amount, 0);
    }

    function registerModule(uint256 seed) external {
        if (_trades.length > MOST_MODULES) return;
        IModuleRegistry.Terms memory terms = _termsOf(_word(seed, "kind"));
        address owner = _moduleOwner(_trades.length);
        vm.deal(owner, PLENTY);
        uint256 value = seed % 8 == 0 ? MODULE_BOND - 1 : MODULE_BOND;
        bytes memory data = abi.encodeCall(IModuleRegistry.registerModule, (terms, ""));
        bool success = _act(owner, address(_registry), value, data);
        _judge(success, value == MODULE_BOND && !_isPaused(address(_registry)), STK_01);
        if (success) _noteModule(owner, terms);
    }

    function retireModule(uint256 seed) external {
        if (!_any(_isRetirable, _trades.length)) return;
        uint256 module = _module(seed, _isRetirable);
        if (module <= 3) return;
        address sender = _orStranger(seed, _trades[module].owner);
        bool expected = sender == _trades[module].owner && _isActive(module);
        bytes memory data = abi.encodeCall(IModuleRegistry.retireModule, (uint32(module)));
        bool success = _act(sender, address(_registry), 0, data);
        _judge(success, expected, STK_03);
        if (success) _trades[module].standing.stage = IModuleRegistry.ModuleStage.Retired;
    }

    function closeModule(uint256 seed) external {
        uint256 module = _module(seed, _isClosable);
        if (module <= 3 && _isClosable(module)) return;
        Trade storage trade = _trades[module];
        address sender = _orStranger(seed, trade.owner);
        address to = _someone(seed, "to");
        bool expected = sender == trade.owner && _isClosable(module) && !_refuses(to, 0);
        uint256 balance = to.balance;
        bytes memory data = abi.encodeCall(IModuleRegistry.closeModule, (uint32(module), payable(to)));
        bool success = _act(sender, address(_registry), 0, data);
        _judge(success, expected, STK_01);
        if (!success) return;
        _same(to.balance - balance, trade.standing.bond, STK_01, "a module's end brought");
        trade.standing.stage = IModuleRegistry.ModuleStage.Closed;
        trade.standing.bond = 0;
    }

    function optIn(uint256 seed) external {
        if (seed % 8 != 0) _readyToJoin(seed);
        (uint256 operator, uint256 module) = _pair(seed, _isJoinable);
        address sender = _orStranger(seed, _desks[operator].owner);
        bool expected = sender == _desks[operator].owner && _isJoinable(operator, module);
        bytes memory data = abi.encodeCall(IModuleRegistry.optIn, (uint32(operator), uint32(module)));
        bool success = _act(sender, address(_registry), 0, data);
        _judge(success, expected, STK_03);
        if (!success) return;
        if (_trades[module].terms.open) _noteMember(operator, module);
        else _pledges[operator][module].membership = Membership.Asked;
    }

    function accept(uint256 seed) external {
        if (seed % 8 != 0) _readyToAccept(seed);
        (uint256 operator, uint256 module) = _pair(seed, _isAsking);
        address sender = _orStranger(seed, _trades[module].owner);
        bool expected = sender == _trades[module].owner && _isAsking(operator, module);
        bytes memory data = abi.encodeCall(IModuleRegistry.accept, (uint32(operator), uint32(module)));
        bool success = _act(sender, address(_registry), 0, data);
        _judge(success, expected, STK_03);
        if (success) _noteMember(operator, module);
    }

    function optOut(uint256 seed) external {
        (uint256 operator, uint256 module) = _pair(seed, _isJoined);
        address right = seed % 2 == 0 ? _desks[operator].owner : _trades[module].owner;
        address sender = _orStranger(seed, right);
        bool either = sender == _desks[operator].owner || sender == _trades[module].owner;
        bool expected = either && _isJoined(operator, module);
        bytes memory data = abi.encodeCall(IModuleRegistry.optOut, (uint32(operator), uint32(module)));
        bool success = _act(sender, address(_registry), 0, data);
        _judge(success, expected, STK_03);
        if (!success) return;
        _noteOptedOut(operator, module);
        if (_given[operator][module][_epoch()] != 0) ++met["left a module and answers on"];
    }

    function allocate(uint256 seed) external {
        if (seed % 8 != 0) _readyToAllocate(seed);
        (uint256 operator, uint256 module) = _pair(seed, _isMember);
        uint256 magnitude = _someMagnitude(seed, operator, module);
        address sender = _orStranger(seed, _desks[operator].owner);
        bool expected = sender == _desks[operator].owner && _isMember(operator, module);
        expected = expected && _isAffordable(operator, module, magnitude);
        bytes memory data = abi.encodeCall(
            IModuleRegistry.allocate,
            (uint32(operator), uint32(module), uint64(magnitude))
        );
        bool success = _act(sender, address(_registry), 0, data);
        _judge(success, expected, STK_03);
        if (success) _noteAsked(operator, module, magnitude);
    }

    function sync(uint256 seed) external {
        (uint256 operator, uint256 module) = _pair(seed, _isJoined);
        bytes memory data = abi.encodeCall(IModuleRegistry.sync, (uint32(operator), uint32(module)));
        bool success = _act(_someone(seed, "sender"), address(_registry), 0, data);
        _judge(success, true, STK_03);
        uint256 bound = _pledges[operator][module].bound;
        _noteSynced(operator, module);
        if (_pledges[operator][module].bound < bound) ++met["freed by syncing"];
    }

    /// @dev Whether an operator may give a module so much: there is enough, and his bond is, if it is a rise.
    function _isAffordable(uint256 operator, uint256 module, uint256 magnitude) private view returns (bool) {
        uint256 epoch = _epoch();
        uint256 left = _left(operator);
        mapping(uint256 => uint256) storage given = _given[operator][module];
        if (magnitude > left) return false;
        if (magnitude <= given[epoch + 2]) return true;
        uint256 bound = Math.max(Math.max(given[epoch - 1], given[epoch]), magnitude);
        if (_boundBy(operator) - _pledges[operator][module].bound + bound > left) return false;
        uint256 stake_ = _active[operator].assets + _bucket[operator][epoch].assets;
        uint256 worth = (stake_ * magnitude) / left;
        return _desks[operator].bond >= Math.ceilDiv(worth * _trades[module].terms.minBondBps, BPS);
    }

    /// @dev None, all that is free, a bit more, or any part of it.
    function _someMagnitude(uint256 seed, uint256 operator, uint256 module) private view returns (uint256) {
        uint256 manner = _word(seed, "manner") % 16;
        uint256 free = _left(operator) - (_boundBy(operator) - _pledges[operator][module].bound);
        if (manner == 0) return 0;
        if (manner < 3) return free;
        if (manner == 3) return free + 1;
        if (manner == 4) return _left(operator) + 1;
        return _word(seed, "magnitude") % (free + 1);
    }
}
