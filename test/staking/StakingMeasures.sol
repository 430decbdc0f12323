// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {StakingWalker} from "./StakingWalker.sol";

/// @dev What everybody has before an act and after it, as the contracts say it, and what may have become of it.
abstract contract StakingMeasures is StakingWalker {
    /// @dev More than all rounding of a walk adds up to, in wei.
    uint256 private constant DUST = 1e4;

    /// @dev What each staker has with an operator, in wei: active, and in each bucket.
    struct Measure {
        uint256 operator;
        uint256[] epochs;
        uint256[] values;
    }

    /// @dev What an operator's modules could take of his stakers.
    /// @param worths By module, for the epoch before and for the running one.
    /// @param pools What answers in either epoch.
    struct Exposure {
        uint256[2][] worths;
        uint256[2] pools;
    }

    function _measure(uint256 operator) internal view returns (Measure memory its) {
        uint256[] storage epochs = _bucketsOf[operator];
        uint256 current = _epoch();
        bool known = epochs.length != 0 && epochs[epochs.length - 1] == current;
        its.operator = operator;
        its.epochs = new uint256[](epochs.length + (known ? 0 : 1));
        for (uint256 i = 0; i < epochs.length; ++i) its.epochs[i] = epochs[i];
        if (!known) its.epochs[epochs.length] = current;
        its.values = _valuesOf(its);
    }

    function _exposure(uint256 operator) internal view returns (Exposure memory its) {
        uint32 current = uint32(_epoch());
        its.worths = new uint256[2][](_trades.length);
        for (uint32 i = 0; i < 2; ++i) {
            its.pools[i] = _pool.answeringOf(uint32(operator), current - 1 + i);
            for (uint32 module = 1; module < _trades.length; ++module) {
                (uint256 magnitude, uint256 total) = _registry.magnitudeAt(uint32(operator), module, current - 1 + i);
                its.worths[module][i] = (its.pools[i] * magnitude) / total;
            }
        }
    }

    /// @dev Somebody comes or goes: nobody else has less by it, or more than a wei, and he himself has no more than
    /// before and little less.
    /// @param brought What he brought along, in wei.
    /// @param paid What he was paid, in wei.
    function _assertFair(Measure memory before, address account, uint256 brought, uint256 paid) internal {
        uint256[] memory values = _valuesOf(before);
        (uint256 had, uint256 has) = (brought, paid);
        for (uint256 i = 0; i < values.length; ++i) {
            if (_actor(i % ACTORS) == account) {
                had += before.values[i];
                has += values[i];
                continue;
            }
            _atMost(before.values[i], values[i], STK_07, "somebody else had");
            _atMost(values[i], before.values[i] + 1, STK_08, "somebody else has");
        }
        _atMost(has, had + 1, STK_07, "who comes or goes has");
        _atMost(had, has + 3, STK_07, "who comes or goes had");
    }

    /// @dev A slash: all that answers loses the same part, and nothing else moves.
    function _assertAnswered(Measure memory before, Blow memory blow, uint256 epoch, uint256 taken) internal {
        uint256[] memory values = _valuesOf(before);
        for (uint256 i = 0; i < values.length; ++i) {
            bool active = i < ACTORS;
            uint256 bucket = active ? 0 : before.epochs[i / ACTORS - 1];
            if (active || bucket == epoch || bucket == epoch + 1) {
                uint256 rest = taken == 0 ? before.values[i] : _lessened(before.values[i], blow.answering, taken);
                _atMost(values[i], rest + 2, STK_13, "who answered has");
                _atMost(rest, values[i] + 3, STK_04, "who answered should have");
                _atMost(values[i], before.values[i], STK_14, "a slash gave");
            } else {
                _same(values[i], before.values[i], _isMature(bucket) ? STK_05 : STK_13, "who left before has");
            }
        }
        for (uint256 i = 0; i < ACTORS; ++i) _assertStillThere(before, _actor(i), i, epoch);
    }

    /// @dev Of other modules' worth a slash takes less than a unit of magnitude, and a few wei.
    function _assertUnmoved(Exposure memory before, uint256 operator, uint256 module) internal {
        Exposure memory then = _exposure(operator);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 tolerance = before.pools[i] / 1e15 + 3;
            for (uint256 other = 1; other < _trades.length; ++other) {
                uint256 worth = before.worths[other][i];
                if (other == module) continue;
                _atMost(worth, then.worths[other][i] + tolerance, STK_04, "another module's worth was");
            }
        }
    }

    /// @dev What an operator, the module's owner, its authority and its victims have together.
    function _wealthOf(uint256 operator, uint256 module) internal view returns (uint256 wealth) {
        Trade storage trade = _trades[module];
        address owner = _desks[operator].owner;
        wealth = _pool.bondOf(uint32(operator)) + _pool.stakeOf(uint32(operator), owner);
        uint256[] storage epochs = _bucketsOf[operator];
        for (uint256 i = 0; i < epochs.length; ++i) {
            (, uint256 assets, ) = _pool.exitOf(uint32(operator), uint32(epochs[i]), owner);
            wealth += assets;
        }
        wealth += owner.balance + trade.owner.balance + trade.terms.slashAuthority.balance;
        if (trade.terms.victims == address(0)) return wealth;
        wealth += trade.terms.victims.balance + _pool.compensationOf(trade.terms.victims);
    }

    function _valuesOf(Measure memory its) internal view returns (uint256[] memory values) {
        values = new uint256[](ACTORS * (its.epochs.length + 1));
        uint32 operator = uint32(its.operator);
        for (uint256 i = 0; i < values.length; ++i) {
            address account = _actor(i % ACTORS);
            if (i < ACTORS) values[i] = _pool.stakeOf(operator, account);
            else (, values[i], ) = _pool.exitOf(operator, uint32(its.epochs[i / ACTORS - 1]), account);
        }
    }

    /// @dev What somebody had at stake in the epoch of an offence has not got away.
    function _assertStillThere(Measure memory before, address account, uint256 index, uint256 epoch) private {
        uint256 there = before.values[index];
        for (uint256 i = 0; i < before.epochs.length; ++i) {
            if (before.epochs[i] >= epoch) there += before.values[(i + 1) * ACTORS + index];
        }
        uint256 owed = _answers[before.operator][account][epoch];
        _atMost(owed, there + DUST, STK_13, "who was at stake had");
    }

    function _lessened(uint256 value, uint256 whole, uint256 taken) private pure returns (uint256) {
        return Math.mulDiv(value, whole - taken, whole);
    }
}
