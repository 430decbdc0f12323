// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";
import {IIntakePause} from "../shared/IIntakePause.sol";
import {IModuleRegistry} from "./IModuleRegistry.sol";
import {IStakingClock} from "./IStakingClock.sol";
import {IStakingPool} from "./IStakingPool.sol";

/// @title IModuleRewards
/// @notice Pays stakers and operators, in any currency. Whoever funds names a module, an operator and an amount; it
/// belongs to those who held the operator's shares when the running epoch began, in proportion, and can be claimed when
/// the epoch is over. Who comes after seeing the money gets none of it; stake asked out during the epoch still earns in
/// it. Staking touches no currency, and a claim costs the same after one distribution and after a thousand.
///
/// ```
///   amount ──▶ burned part (native coin only)
///          ──▶ operator: commission, and of the rest b / (b + stake at the start); credited at once
///          ──▶ stakers, by shares at the start; claimable from the next epoch on
/// ```
///
/// b is the smaller of the operator's bond at the start and now. A currency that misbehaves harms those who are owed
/// that currency and nobody else: one whose balances shrink by themselves, or that takes a fee from the sender on top,
/// leaves less than is owed of it.
interface IModuleRewards is IIntakePause, IStakingClock {
    /// @notice One operator's part of {fundMany}.
    /// @param operator Who.
    /// @param amount How much, in the currency's smallest unit.
    struct Funding {
        uint32 operator;
        uint128 amount;
    }

    /// @notice How far a staker has claimed a currency.
    /// @param step Steps of his shares ({IStakingPool-stepsOf}) that are done.
    /// @param paidThrough The last epoch that is done; 0 for none.
    /// @param carry What of a smallest unit is his and not paid yet, in 2^-96 of it.
    struct Claim {
        uint32 step;
        uint32 paidThrough;
        uint96 carry;
    }

    /// @notice A module, or anyone for it, paid rewards; amounts in the currency's smallest unit. Stakers share
    /// `amount - burned - toOperator`.
    event Funded(
        uint32 indexed module,
        uint32 indexed operator,
        Currency indexed currency,
        uint32 epoch,
        address from,
        uint256 amount,
        uint256 burned,
        uint256 toOperator
    );
    /// @notice A staker's rewards were paid.
    event Claimed(
        uint32 indexed operator,
        address indexed account,
        Currency indexed currency,
        address to,
        uint256 amount
    );
    /// @notice An operator's rewards were paid to `payout`.
    event OperatorPaid(uint32 indexed operator, Currency indexed currency, address payout, uint256 amount);

    /// @notice The burned part would be above `most` (basis points).
    error ModuleRewardsBurnTooHigh(uint16 burnBps, uint16 most);
    /// @notice There is no such module.
    error ModuleRewardsUnknownModule(uint32 module);
    /// @notice Nothing was funded.
    error ModuleRewardsMissingAmount();
    /// @notice Nobody had stake or bond with the operator when the epoch began, and none can be paid.
    error ModuleRewardsNobodyEarns(uint32 operator, uint32 epoch);

    /// @notice Pays rewards to one operator and his stakers. A token that delivers less than `amount` reverts.
    /// @param module For which module; 0 for staking itself.
    /// @param operator To whom.
    /// @param currency In what; of the native coin exactly `amount` comes along.
    /// @param amount In the currency's smallest unit; not zero.
    /// Reverts with {ModuleRewardsUnknownModule}, {ModuleRewardsMissingAmount}, {ModuleRewardsNobodyEarns},
    /// CurrencyWrongValue, CurrencyInexactIntake, {IIntakePause-IntakePauseActive}.
    function fund(uint32 module, uint32 operator, Currency currency, uint128 amount) external payable;

    /// @notice As {fund}, for several operators at once; the amounts may follow {IStakingPool-votesAt}.
    /// All succeed or none does.
    /// Reverts as {fund}.
    function fundMany(uint32 module, Currency currency, Funding[] calldata fundings) external payable;

    /// @notice Pays the caller's rewards of epochs that are over. Cannot be paused.
    /// @param to Who gets them.
    /// @param maxSteps How many of his steps are walked at most: he makes at most one in an epoch in which he stakes or
    /// asks out. What is left comes with the next call.
    /// @return amount In the currency's smallest unit; may be 0.
    function claim(uint32 operator, Currency currency, address to, uint256 maxSteps) external returns (uint256 amount);

    /// @notice As {claim}, by anyone, for `account`, to `account`.
    function claimFor(
        uint32 operator,
        Currency currency,
        address account,
        uint256 maxSteps
    ) external returns (uint256 amount);

    /// @notice Pays an operator's credit to his payout address; anyone may call. Cannot be paused.
    /// @return amount In the currency's smallest unit; may be 0.
    function payOperator(uint32 operator, Currency currency) external returns (uint256 amount);

    /// @notice Whose shares earn.
    function pool() external view returns (IStakingPool);

    /// @notice Whose modules pay.
    function registry() external view returns (IModuleRegistry);

    /// @notice What of rewards in native coin is burned, in basis points; at most 2,000.
    function burnBps() external view returns (uint16 bps);

    /// @notice What `account` could claim now, and what the running epoch holds for him so far, in the currency's
    /// smallest unit.
    function claimableOf(
        uint32 operator,
        Currency currency,
        address account
    ) external view returns (uint256 claimable, uint256 running);

    /// @notice What is credited to an operator, in the currency's smallest unit.
    function creditOf(uint32 operator, Currency currency) external view returns (uint256 amount);

    /// @notice How far a staker has claimed a currency.
    function claimOf(uint32 operator, Currency currency, address account) external view returns (Claim memory progress);
}
