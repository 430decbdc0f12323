// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Currency} from "../../contracts/shared/Currency.sol";
import {IModuleRewards} from "../../contracts/staking/IModuleRewards.sol";
import {StakingReadiness} from "./StakingReadiness.sol";

/// @dev What those who pay rewards and those who earn them do. See {StakingActorsStakers}.
abstract contract StakingActorsRewards is StakingReadiness {
    /// @dev Whose rewards are claimed, in what, and how far.
    struct Demand {
        uint256 operator;
        uint256 currency;
        address account;
        uint256 most;
    }

    /// @dev What the contract says of it.
    struct Due {
        uint256 claimable;
        uint256 running;
        uint256 step;
    }

    function fund(uint256 seed) external {
        if (seed % 16 != 0) _readyToFund(seed);
        uint256 operator = _operator(seed, _isEarning);
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        uint256 amount = _someMoney(seed);
        uint256 module = _someModule(seed);
        uint256 value = currency == 0 ? amount : 0;
        bool wrong = _word(seed, "coin") % 16 == 0;
        if (wrong) ++value;
        bool expected = module < _trades.length && !wrong && amount != 0 && _isEarning(operator);
        bytes memory data = abi.encodeCall(
            IModuleRewards.fund,
            (uint32(module), uint32(operator), _currency(currency), uint128(amount))
        );
        bool success = _act(_someone(seed, "payer"), address(_rewards), value, data);
        _judge(success, expected && !_isPaused(address(_rewards)), STK_11);
        if (!success) return;
        if (_activeAt[operator][_epoch()].shares == 0) ++met["all for the operator"];
        else if (_active[operator].shares == 0) ++met["paid to those who left"];
        _noteFunded(operator, currency, amount);
    }

    function fundMany(uint256 seed) external {
        if (seed % 16 != 0) _readyToFund(seed);
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        uint256 module = _someModule(seed);
        uint256 length = 1 + (_word(seed, "length") % 3);
        IModuleRewards.Funding[] memory fundings = new IModuleRewards.Funding[](length);
        uint256 total = 0;
        bool expected = module < _trades.length && !_isPaused(address(_rewards));
        for (uint256 i = 0; i < length; ++i) {
            uint256 word = _word(seed, vm.toString(i));
            uint256 operator = _operator(word, _isEarning);
            fundings[i] = IModuleRewards.Funding(uint32(operator), uint128(_someMoney(word)));
            total += fundings[i].amount;
            expected = expected && fundings[i].amount != 0 && _isEarning(operator);
        }
        bytes memory data = abi.encodeCall(IModuleRewards.fundMany, (uint32(module), _currency(currency), fundings));
        bool success = _act(_someone(seed, "payer"), address(_rewards), currency == 0 ? total : 0, data);
        _judge(success, expected, STK_11);
        if (!success) return;
        for (uint256 i = 0; i < length; ++i) _noteFunded(fundings[i].operator, currency, fundings[i].amount);
    }

    function claim(uint256 seed) external {
        Demand memory its = _demand(seed);
        address to = _word(seed, "elsewhere") % 2 == 0 ? _someone(seed, "to") : its.account;
        bytes memory data = abi.encodeCall(
            IModuleRewards.claim,
            (uint32(its.operator), _currency(its.currency), to, its.most)
        );
        _claim(its, to, its.account, data);
    }

    function claimFor(uint256 seed) external {
        Demand memory its = _demand(seed);
        bytes memory data = abi.encodeCall(
            IModuleRewards.claimFor,
            (uint32(its.operator), _currency(its.currency), its.account, its.most)
        );
        _claim(its, its.account, _someone(seed, "sender"), data);
    }

    function payOperator(uint256 seed) external {
        uint256 currency = _word(seed, "currency") % CURRENCIES;
        uint256 operator = _operator(seed, _isTaking);
        address payout = _desks[operator].payout;
        uint256 due = _credit[operator][currency];
        uint256 balance = _currency(currency).balanceOf(payout);
        bytes memory data = abi.encodeCall(IModuleRewards.payOperator, (uint32(operator), _currency(currency)));
        bool success = _act(_someone(seed, "sender"), address(_rewards), 0, data);
        _judge(success, due == 0 || !_refuses(payout, currency), STK_11);
        if (!success) return;
        _same(abi.decode(_answer, (uint256)), due, STK_11, "an operator was paid");
        _same(_currency(currency).balanceOf(payout) - balance, due, STK_11, "an operator got");
        _credit[operator][currency] = 0;
        _paid[currency] += due;
    }

    /// @dev A bounded claim pays for as many epochs as the steps it may go reach over, and the rest stays.
    function _claim(Demand memory its, address to, address sender, bytes memory data) private {
        Due memory before = _dueTo(its);
        uint256 balance = _currency(its.currency).balanceOf(to);
        bool success = _act(sender, address(_rewards), 0, data);
        // What a bounded claim comes to is known afterwards only, and where nothing is paid nobody can refuse.
        bool refused = _refuses(to, its.currency) && (its.most == ALL ? before.claimable != 0 : !success);
        _judge(success, !refused, STK_11);
        if (!success) return;
        uint256 amount = abi.decode(_answer, (uint256));
        _same(_currency(its.currency).balanceOf(to) - balance, amount, STK_11, "a claim of rewards brought");
        _notePaid(its.operator, its.currency, its.account, amount);
        Due memory then = _dueTo(its);
        if (its.most == ALL) _same(amount, before.claimable, STK_12, "claimed");
        _same(then.claimable + amount, before.claimable, STK_12, "claimed and left");
        _same(then.running, before.running, STK_12, "the running epoch has");
        _assertReached(its, before.step);
        if (then.claimable != 0) ++met["claimed in parts"];
    }

    function _assertReached(Demand memory its, uint256 first) private {
        uint256[] storage own = _stepsOf[its.operator][its.account];
        uint256 end = _epoch();
        bool bounded = its.most < own.length && first + its.most < own.length;
        if (bounded) end = Math.min(end, own[first + its.most]);
        uint256 due = _earnedBefore(its.operator, its.currency, its.account, end) >> FRACTION;
        uint256 paid = _claimed[its.operator][its.currency][its.account];
        _atMost(paid, due + 1, STK_12, "paid");
        _atMost(due, paid + 1, STK_12, "due");
    }

    /// @dev Mostly one to whom something is due.
    function _demand(uint256 seed) private returns (Demand memory its) {
        uint256 start = _word(seed, "demand");
        uint256 count = _desks.length - 1;
        for (uint256 i = 0; i < count * CURRENCIES * ACTORS; ++i) {
            uint256 place = start / 16 + i;
            its.account = _actor(place % ACTORS);
            its.currency = (place / ACTORS) % CURRENCIES;
            its.operator = 1 + ((place / ACTORS / CURRENCIES) % count);
            if (start % 16 == 0) break;
            uint256 earned = _earnedBefore(its.operator, its.currency, its.account, _epoch()) >> FRACTION;
            if (earned > _claimed[its.operator][its.currency][its.account] + 1) break;
        }
        its.most = seed % 2 == 0 ? ALL : _word(seed, "most") % 4;
        touched = its.operator;
    }

    function _dueTo(Demand memory its) private view returns (Due memory due) {
        Currency currency = _currency(its.currency);
        (due.claimable, due.running) = _rewards.claimableOf(uint32(its.operator), currency, its.account);
        due.step = _rewards.claimOf(uint32(its.operator), currency, its.account).step;
    }

    /// @dev None, one that is, or the first that is not.
    function _someModule(uint256 seed) private view returns (uint256) {
        if (_word(seed, "none") % 2 == 0) return 0;
        return _word(seed, "module") % (_trades.length + (seed % 4 == 0 ? 1 : 0));
    }

    /// @dev None, dust, or much.
    function _someMoney(uint256 seed) private pure returns (uint256) {
        uint256 manner = _word(seed, "size") % 16;
        if (manner == 0) return 0;
        if (manner < 5) return 1 + (_word(seed, "money") % 1_000);
        return 1 + (_word(seed, "money") % (manner < 10 ? 1e9 : 1e21));
    }
}
