// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Membership} from "../../contracts/staking/Allocation.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {StakingTrials} from "./StakingTrials.sol";

/// @dev How a walk through staking chooses who acts on what, and how it judges what came of it.
abstract contract StakingWalker is StakingTrials {
    string internal constant STK_01 = "STK-01";
    string internal constant STK_02 = "STK-02";
    string internal constant STK_03 = "STK-03";
    string internal constant STK_04 = "STK-04";
    string internal constant STK_05 = "STK-05";
    string internal constant STK_06 = "STK-06";
    string internal constant STK_07 = "STK-07";
    string internal constant STK_08 = "STK-08";
    string internal constant STK_09 = "STK-09";
    string internal constant STK_10 = "STK-10";
    string internal constant STK_11 = "STK-11";
    string internal constant STK_12 = "STK-12";
    string internal constant STK_13 = "STK-13";
    string internal constant STK_14 = "STK-14";

    struct Tally {
        uint256 attempts;
        uint256 successes;
    }

    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;
    bool public breached;
    /// @dev How often a walk came to what few acts in a row lead to.
    mapping(string situation => uint256 times) public met;
    /// @dev Acts so far.
    uint256 public steps;
    /// @dev The operator that the last act was about.
    uint256 public touched = 1;
    bytes internal _answer;
    /// @dev What became of proposals for good.
    mapping(uint256 id => ISlashCourt.Status) private _ended;

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 successes) {
        return (_tallies[action].attempts, _tallies[action].successes);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function _act(address sender, address target, uint256 value, bytes memory data) internal returns (bool success) {
        vm.prank(sender);
        (success, _answer) = target.call{value: value}(data);
    }

    function _judge(bool success, bool expected, string memory property) internal {
        ++steps;
        ++_tallies[msg.sig].attempts;
        if (success) ++_tallies[msg.sig].successes;
        if (success && !expected) _breach(property, "succeeded and must not");
        if (!success && expected) _breach(property, string.concat("failed and must not: ", vm.toString(_answer)));
        _noteEnds();
    }

    function _breach(string memory property, string memory what) internal {
        breached = true;
        _breaches[property] = string.concat(what, ": ", vm.toString(abi.encodePacked(msg.sig)));
    }

    function _same(uint256 one, uint256 other, string memory property, string memory what) internal {
        if (one == other) return;
        string memory numbers = string.concat(" ", vm.toString(one), " and not ", vm.toString(other));
        _breach(property, string.concat(what, numbers));
    }

    function _atMost(uint256 one, uint256 other, string memory property, string memory what) internal {
        if (one <= other) return;
        string memory numbers = string.concat(" ", vm.toString(one), " and not at most ", vm.toString(other));
        _breach(property, string.concat(what, numbers));
    }

    /// @dev Once a proposal is anything but open, it stays that.
    function _noteEnds() internal {
        uint256 length = _charges.length;
        for (uint256 id = length < 24 ? 1 : length - 23; id < length; ++id) {
            ISlashCourt.Status status = _court.statusOf(id);
            if (status == _ended[id]) continue;
            if (_ended[id] != ISlashCourt.Status.None) _breach(STK_09, "an end is not the end");
            if (status != ISlashCourt.Status.Open) _ended[id] = status;
        }
    }

    /// @dev An operator that is as wanted, if there is any; at times any.
    function _operator(uint256 seed, function(uint256) view returns (bool) wanted) internal returns (uint256 found) {
        uint256 start = _word(seed, "operator");
        uint256 count = _desks.length - 1;
        found = 1 + (start % count);
        for (uint256 i = 0; i < count && start % 24 != 0; ++i) {
            uint256 operator = 1 + ((start / 24 + i) % count);
            if (wanted(operator)) {
                found = operator;
                break;
            }
        }
        touched = found;
    }

    /// @dev An operator and a staker that are as wanted, if there are any; at times any.
    function _position(
        uint256 seed,
        function(uint256, address) view returns (bool) wanted
    ) internal returns (uint256 operator, address account) {
        uint256 start = _word(seed, "position");
        uint256 count = _desks.length - 1;
        for (uint256 i = 0; i < count * ACTORS && start % 24 != 0; ++i) {
            uint256 place = start / 24 + i;
            (operator, account) = (1 + ((place / ACTORS) % count), _actor(place % ACTORS));
            touched = operator;
            if (wanted(operator, account)) return (operator, account);
        }
        (operator, account) = (1 + (start % count), _actor(start % ACTORS));
        touched = operator;
    }

    /// @dev What somebody has in a bucket that is as wanted, if there is any; at times any.
    function _exit(
        uint256 seed,
        function(uint256) view returns (bool) wanted
    ) internal returns (uint256 operator, uint256 epoch, address account) {
        uint256 start = _word(seed, "exit");
        uint256 count = _desks.length - 1;
        for (uint256 i = 0; i < count && start % 24 != 0; ++i) {
            operator = 1 + ((start / 24 + i) % count);
            touched = operator;
            uint256[] storage epochs = _bucketsOf[operator];
            for (uint256 j = 0; j < epochs.length; ++j) {
                epoch = epochs[(start / 96 + j) % epochs.length];
                if (!wanted(epoch)) continue;
                for (uint256 k = 0; k < ACTORS; ++k) {
                    account = _actor((start / 384 + k) % ACTORS);
                    if (_exits[operator][epoch][account] != 0) return (operator, epoch, account);
                }
            }
        }
        (operator, epoch, account) = (1 + (start % count), _epoch() - (start % 3), _actor(start % ACTORS));
        touched = operator;
    }

    /// @dev An operator and a module that are as wanted, if there are any; at times any.
    function _pair(
        uint256 seed,
        function(uint256, uint256) view returns (bool) wanted
    ) internal returns (uint256 operator, uint256 module) {
        uint256 start = _word(seed, "pair");
        (uint256 count, uint256 others) = (_desks.length - 1, _trades.length - 1);
        for (uint256 i = 0; i < count * others && start % 24 != 0; ++i) {
            uint256 place = start / 24 + i;
            (operator, module) = (1 + ((place / others) % count), 1 + (place % others));
            touched = operator;
            if (wanted(operator, module)) return (operator, module);
        }
        (operator, module) = (1 + (start % count), 1 + (start % others));
        touched = operator;
    }

    /// @dev A module that is as wanted, if there is any; at times any.
    function _module(uint256 seed, function(uint256) view returns (bool) wanted) internal view returns (uint256) {
        uint256 start = _word(seed, "module");
        uint256 count = _trades.length - 1;
        for (uint256 i = 0; i < count && start % 24 != 0; ++i) {
            uint256 module = 1 + ((start / 24 + i) % count);
            if (wanted(module)) return module;
        }
        return 1 + (start % count);
    }

    /// @dev A proposal that is as wanted, if there is any; at times any, also none.
    function _charge(uint256 seed, function(uint256) view returns (bool) wanted) internal returns (uint256 id) {
        uint256 start = _word(seed, "charge");
        uint256 count = _charges.length;
        id = start % count;
        for (uint256 i = 0; i < count && start % 24 != 0; ++i) {
            uint256 place = (start / 24 + i) % count;
            if (place != 0 && wanted(place)) {
                id = place;
                break;
            }
        }
        if (id != 0) touched = _charges[id].operator;
    }

    function _any(function(uint256) view returns (bool) wanted, uint256 length) internal view returns (bool) {
        for (uint256 id = 1; id < length; ++id) if (wanted(id)) return true;
        return false;
    }

    function _anyPosition(function(uint256, address) view returns (bool) wanted) internal view returns (bool) {
        for (uint256 i = 1; i < _desks.length; ++i) {
            for (uint256 j = 0; j < ACTORS; ++j) if (wanted(i, _actor(j))) return true;
        }
        return false;
    }

    function _anyPair(function(uint256, uint256) view returns (bool) wanted) internal view returns (bool) {
        for (uint256 i = 1; i < _desks.length; ++i) {
            for (uint256 j = 1; j < _trades.length; ++j) if (wanted(i, j)) return true;
        }
        return false;
    }

    function _anyExit(function(uint256) view returns (bool) wanted) internal view returns (bool) {
        for (uint256 i = 1; i < _desks.length; ++i) {
            for (uint256 j = 0; j < _bucketsOf[i].length; ++j) if (wanted(_bucketsOf[i][j])) return true;
        }
        return false;
    }

    function _isTaking(uint256 operator) internal view returns (bool) {
        return !_desks[operator].closed;
    }

    function _isAccused(uint256 operator) internal view returns (bool) {
        return _isTaking(operator) && _pending(operator) != 0;
    }

    function _isFree(uint256 operator) internal view returns (bool) {
        return _boundBy(operator) == 0 && _desks[operator].bond != 0;
    }

    function _isEarning(uint256 operator) internal view returns (bool) {
        return _activeAt[operator][_epoch()].shares != 0 || _earningBond(operator) != 0;
    }

    function _isStaker(uint256 operator, address account) internal view returns (bool) {
        return _shares[operator][account] != 0;
    }

    function _isMature(uint256 epoch) internal view returns (bool) {
        return _epoch() >= epoch + 2;
    }

    function _isAnyBucket(uint256) internal pure returns (bool) {
        return true;
    }

    function _isActive(uint256 module) internal view returns (bool) {
        return _trades[module].standing.stage == IModuleRegistry.ModuleStage.Active;
    }

    /// @dev One of those that came later: the first few are needed until the end.
    function _isRetirable(uint256 module) internal view returns (bool) {
        return module > 3 && _isActive(module);
    }

    function _isClosable(uint256 module) internal view returns (bool) {
        IModuleRegistry.Standing storage standing = _trades[module].standing;
        bool unused = standing.members == 0 && _epoch() >= standing.lastLeft + 2;
        return unused && standing.stage != IModuleRegistry.ModuleStage.Closed;
    }

    function _isJoinable(uint256 operator, uint256 module) internal view returns (bool) {
        return _pledges[operator][module].membership == Membership.None && _isActive(module);
    }

    function _isAsking(uint256 operator, uint256 module) internal view returns (bool) {
        return _pledges[operator][module].membership == Membership.Asked && _isActive(module);
    }

    function _isMember(uint256 operator, uint256 module) internal view returns (bool) {
        return _pledges[operator][module].membership == Membership.Member;
    }

    function _isJoined(uint256 operator, uint256 module) internal view returns (bool) {
        return _pledges[operator][module].membership != Membership.None;
    }

    /// @dev Something is at stake now, and may still be taken.
    function _isPunishable(uint256 operator, uint256 module) internal view returns (bool) {
        return _answering(operator, _epoch()) != 0 && _rest(operator, module, _epoch()) != 0;
    }

    /// @dev Something may still be taken for the epoch before.
    function _wasPunishable(uint256 operator, uint256 module) internal view returns (bool) {
        uint256 before = _epoch() - 1;
        uint256 end = _startOf(_epoch() + 1);
        bool inTime = _now() + _trades[module].terms.window + GRACE < end;
        return inTime && _answering(operator, before) != 0 && _rest(operator, module, before) != 0;
    }

    function _someone(uint256 seed, string memory part) internal view returns (address) {
        return _actor(_word(seed, part) % ACTORS);
    }

    function _orStranger(uint256 seed, address right) internal view returns (address) {
        return _word(seed, "sender") % 12 == 0 ? _someone(seed, "stranger") : right;
    }

    function _word(uint256 seed, string memory part) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, part)));
    }
}
