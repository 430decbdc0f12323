// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Currency, CurrencyLibrary} from "../shared/Currency.sol";
import {IntakePause} from "../shared/IntakePause.sol";
import {EpochSums} from "./EpochSums.sol";
import {IModuleRegistry} from "./IModuleRegistry.sol";
import {IModuleRewards} from "./IModuleRewards.sol";
import {IStakingPool} from "./IStakingPool.sol";
import {StakingClock} from "./StakingClock.sol";

/// @title ModuleRewards
/// @notice See {IModuleRewards}. What a sum per share is at any epoch's end is in {EpochSums}; whose
/// shares were how many is the pool's.
contract ModuleRewards is IModuleRewards, StakingClock, IntakePause, ReentrancyGuardTransient {
    using EpochSums for EpochSums.Series;

    uint256 private constant BPS = 10_000;
    uint16 private constant MAX_BURN_BPS = 2000;

    /// @dev What an operator is owed, and what his stakers have earned per share.
    struct Book {
        uint256 credit;
        EpochSums.Series series;
    }

    /// @inheritdoc IModuleRewards
    IStakingPool public immutable pool;

    /// @inheritdoc IModuleRewards
    IModuleRegistry public immutable registry;

    /// @inheritdoc IModuleRewards
    uint16 public immutable burnBps;

    address private immutable _burner;

    mapping(uint32 operator => mapping(Currency currency => Book)) private _books;
    mapping(uint32 operator => mapping(Currency currency => mapping(address account => Claim))) private _claims;

    /// @param authority The suite's access manager; its guardian may pause intake.
    /// @param registry_ The suite's {IModuleRegistry}, whose pool's shares earn.
    /// @param burnBps_ What of rewards in native coin is burned, in basis points; at most 2,000.
    constructor(
        address authority,
        IModuleRegistry registry_,
        uint16 burnBps_
    ) AccessManaged(authority) StakingClock(registry_.genesis()) {
        require(burnBps_ <= MAX_BURN_BPS, ModuleRewardsBurnTooHigh(burnBps_, MAX_BURN_BPS));
        registry = registry_;
        pool = registry_.pool();
        _burner = address(pool.burner());
        burnBps = burnBps_;
    }

    /// @inheritdoc IModuleRewards
    function fund(
        uint32 module,
        uint32 operator,
        Currency currency,
        uint128 amount
    ) external payable whenIntakeOpen nonReentrant {
        _take(module, currency, amount);
        _burn(_divide(module, operator, currency, amount));
    }

    /// @inheritdoc IModuleRewards
    function fundMany(
        uint32 module,
        Currency currency,
        Funding[] calldata fundings
    ) external payable whenIntakeOpen nonReentrant {
        uint256 total = 0;
        for (uint256 i = 0; i < fundings.length; ++i) total += fundings[i].amount;
        _take(module, currency, total);
        uint256 burned = 0;
        for (uint256 i = 0; i < fundings.length; ++i) {
            burned += _divide(module, fundings[i].operator, currency, fundings[i].amount);
        }
        _burn(burned);
    }

    /// @inheritdoc IModuleRewards
    function claim(
        uint32 operator,
        Currency currency,
        address to,
        uint256 maxSteps
    ) external nonReentrant returns (uint256 amount) {
        return _claim(operator, currency, msg.sender, to, maxSteps);
    }

    /// @inheritdoc IModuleRewards
    function claimFor(
        uint32 operator,
        Currency currency,
        address account,
        uint256 maxSteps
    ) external nonReentrant returns (uint256 amount) {
        return _claim(operator, currency, account, account, maxSteps);
    }

    /// @inheritdoc IModuleRewards
    function payOperator(uint32 operator, Currency currency) external nonReentrant returns (uint256 amount) {
        amount = _books[operator][currency].credit;
        if (amount == 0) return 0;
        _books[operator][currency].credit = 0;
        address payout = pool.payoutOf(operator);
        emit OperatorPaid(operator, currency, payout, amount);
        currency.pay(payout, amount);
    }

    /// @inheritdoc IModuleRewards
    function claimableOf(
        uint32 operator,
        Currency currency,
        address account
    ) external view returns (uint256 claimable, uint256 running) {
        Claim memory its;
        (its, claimable) = _settle(operator, currency, account, type(uint256).max);
        IStakingPool.Step[] memory steps = pool.stepsOf(operator, account, its.step, 1);
        uint32 current = epoch();
        if (steps.length == 0 || steps[0].from > current) return (claimable, 0);
        running = _parts(_books[operator][currency].series, steps[0].shares, current, current) >> EpochSums.FRACTION;
    }

    /// @inheritdoc IModuleRewards
    function creditOf(uint32 operator, Currency currency) external view returns (uint256 amount) {
        return _books[operator][currency].credit;
    }

    /// @inheritdoc IModuleRewards
    function claimOf(
        uint32 operator,
        Currency currency,
        address account
    ) external view returns (Claim memory progress) {
        return _claims[operator][currency][account];
    }

    function _claim(
        uint32 operator,
        Currency currency,
        address account,
        address to,
        uint256 maxSteps
    ) private returns (uint256 amount) {
        Claim memory its;
        (its, amount) = _settle(operator, currency, account, maxSteps);
        _claims[operator][currency][account] = its;
        if (amount == 0) return 0;
        emit Claimed(operator, account, currency, to, amount);
        currency.pay(to, amount);
    }

    function _take(uint32 module, Currency currency, uint256 amount) private {
        bool known = module == 0 || registry.ownerOf(module) != address(0);
        require(known, ModuleRewardsUnknownModule(module));
        currency.take(msg.sender, amount);
    }

    function _burn(uint256 amount) private {
        if (amount != 0) CurrencyLibrary.NATIVE.pay(_burner, amount);
    }

    /// @dev What belongs to whom of `amount`, which is here already.
    /// @return burned What is to be burned of it.
    function _divide(
        uint32 module,
        uint32 operator,
        Currency currency,
        uint256 amount
    ) private returns (uint256 burned) {
        require(amount != 0, ModuleRewardsMissingAmount());
        IStakingPool.RewardBasis memory basis = pool.rewardBasisOf(operator);
        uint32 current = epoch();
        require(basis.shares != 0 || basis.bond != 0, ModuleRewardsNobodyEarns(operator, current));

        burned = currency.isNative() ? (amount * burnBps) / BPS : 0;
        uint256 rest = amount - burned;
        uint256 toOperator = _operatorsPart(rest, basis);
        Book storage book = _books[operator][currency];
        if (toOperator != 0) book.credit += toOperator;
        uint256 toStakers = rest - toOperator;
        if (toStakers != 0) book.series.add(toStakers, basis.shares, current);
        emit Funded(module, operator, currency, current, msg.sender, amount, burned, toOperator);
    }

    /// @dev Walks the account's steps, from the one where it stopped, through the epochs that are over.
    function _settle(
        uint32 operator,
        Currency currency,
        address account,
        uint256 maxSteps
    ) private view returns (Claim memory its, uint256 amount) {
        its = _claims[operator][currency][account];
        // One more than is walked tells where the last of them ends.
        uint256 limit = Math.saturatingAdd(maxSteps, 1);
        IStakingPool.Step[] memory steps = pool.stepsOf(operator, account, its.step, limit);
        EpochSums.Series storage series = _books[operator][currency].series;
        uint256 current = epoch();
        uint256 parts = its.carry;
        for (uint256 i = 0; i < steps.length && i < maxSteps; ++i) {
            uint256 next = i + 1 < steps.length ? steps[i + 1].from : type(uint256).max;
            uint256 from = Math.max(steps[i].from, its.paidThrough + 1);
            uint256 end = Math.min(next, current);
            if (from < end) {
                parts += _parts(series, steps[i].shares, from, end - 1);
                its.paidThrough = uint32(end - 1);
            }
            if (next > current) break;
            ++its.step;
        }
        amount = parts >> EpochSums.FRACTION;
        its.carry = uint96(parts);
    }

    /// @dev What `shares` earned from the start of epoch `from` to the end of epoch `through`, with
    /// {EpochSums-FRACTION} bits after the point. Never overflows: it is a part of what was funded.
    function _parts(
        EpochSums.Series storage series,
        uint256 shares,
        uint256 from,
        uint256 through
    ) private view returns (uint256 parts) {
        return shares == 0 ? 0 : shares * (series.sumAt(through) - series.sumAt(from - 1));
    }

    /// @dev His commission, and of the rest what his bond is of bond and stake: without stake all of it. With shares
    /// that are worth nothing and no bond, nothing of the rest.
    function _operatorsPart(uint256 amount, IStakingPool.RewardBasis memory basis) private pure returns (uint256 part) {
        part = (amount * basis.commissionBps) / BPS;
        uint256 whole = basis.bond + basis.assets;
        if (whole != 0) part += ((amount - part) * basis.bond) / whole;
    }
}
