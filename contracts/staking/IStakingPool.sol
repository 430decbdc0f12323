// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIntakePause} from "../shared/IIntakePause.sol";
import {IIotxBurner} from "../shared/IIotxBurner.sol";
import {IOwnedIds} from "./IOwnedIds.sol";
import {IStakingClock} from "./IStakingClock.sol";

/// @title IStakingPool
/// @notice Holds all stake of the domain, in native coin. A staker buys shares of an operator's pool; an operator
/// posts a bond of his own, which is the first to be lost. One stake secures every module its operator works for
/// ({IModuleRegistry}); what is slashed ({ISlashCourt}) leaves here and nowhere else. Rewards are paid apart
/// ({IModuleRewards}), so a share's price starts at 1 wei and never rises: nobody can inflate it.
///
/// ```
///             stake                    requestExit (epoch e)                 epoch e + 2
///   coin ───────────────▶ active ───────────────────────────▶ bucket of e ──────────────▶ claimExit ──▶ coin
///                           ▲  answers for every epoch           │  answers for offences in e and e-1,
///                           │  in which it was active            │  until it matures; untouchable then
///                           └──────────── restakeExit ───────────┘
/// ```
///
/// Whoever was active at any moment of epoch c answers for all of c: when an offence of c is punished, in c or c+1,
/// that stake lies in active, in bucket c or in bucket c+1, and bucket c-1 does not answer. A request to leave calls
/// nobody and waits for nobody: 7 to 14 days after it, at the start of e+2, the coin is there.
///
/// Operators are numbered from 1; {ownerOf} says whose each is.
interface IStakingPool is IIntakePause, IOwnedIds, IStakingClock {
    /// @notice What an operator is, now.
    /// @param payout Who gets his part of rewards.
    /// @param bond His own coin, in wei, the first to be lost.
    /// @param commissionBps His cut of stakers' rewards, in basis points, now.
    /// @param nextCommissionBps A higher cut that was asked for; as `commissionBps` if none was.
    /// @param nextCommissionEpoch First epoch of the higher cut; 0 if none was asked for.
    /// @param closed He takes no more stake, for good: slashes have left too little.
    /// @param assets All active stake, in wei.
    /// @param shares All shares of it.
    struct Operator {
        address payout;
        uint96 bond;
        uint16 commissionBps;
        uint16 nextCommissionBps;
        uint32 nextCommissionEpoch;
        bool closed;
        uint96 assets;
        uint128 shares;
    }

    /// @notice Shares a staker held, from one epoch's start until the next step.
    /// @param shares How many, at the start of each of these epochs.
    /// @param from The first of these epochs.
    struct Step {
        uint128 shares;
        uint32 from;
    }

    /// @notice What rewards of the running epoch are divided by.
    /// @param assets Active stake at the epoch's start, in wei.
    /// @param shares Shares at the epoch's start.
    /// @param bond The smaller of the bond at the epoch's start and now, in wei.
    /// @param commissionBps The operator's cut now, in basis points.
    struct RewardBasis {
        uint256 assets;
        uint256 shares;
        uint256 bond;
        uint256 commissionBps;
    }

    /// @notice A slash that the court carries out.
    /// @param operator Who is slashed.
    /// @param epoch The epoch of the offence: the running one, or the one before.
    /// @param amount What is to be taken, in wei.
    /// @param magnitude The module's magnitude in that epoch.
    /// @param total All that is left of the operator's magnitude.
    /// @param expiry The epoch in which the proposal would have lapsed.
    /// @param victims Who is credited the victims' part; zero for nobody.
    /// @param victimBps Their part, in basis points, of what comes from the bond and no other open proposal may take.
    struct Slash {
        uint32 operator;
        uint32 epoch;
        uint96 amount;
        uint64 magnitude;
        uint64 total;
        uint32 expiry;
        address victims;
        uint16 victimBps;
    }

    /// @notice The pool is wired to its registry and its court, for good.
    event Bound(address registry, address court);
    /// @notice An operator stands ready to be staked with; `uri` describes him to people.
    event OperatorRegistered(uint32 indexed operator, address payout, uint16 commissionBps, string uri);
    /// @notice An operator's description changed.
    event OperatorDescribed(uint32 indexed operator, string uri);
    /// @notice An operator's part of rewards goes to `payout` from now on.
    event PayoutSet(uint32 indexed operator, address payout);
    /// @notice An operator's cut is `commissionBps` from `epoch` on: the running one for a lower cut.
    event CommissionSet(uint32 indexed operator, uint16 commissionBps, uint32 epoch);
    /// @notice An operator posted more of his own (wei).
    event BondAdded(uint32 indexed operator, uint256 amount);
    /// @notice An operator's owner, `account`, asked bond out (`amount` in wei), for `exitShares` of the bucket of
    /// `epoch`.
    event BondWithdrawn(
        uint32 indexed operator,
        address indexed account,
        uint32 indexed epoch,
        uint256 amount,
        uint256 exitShares
    );
    /// @notice `account` staked `assets` (wei) for `shares`.
    event Staked(uint32 indexed operator, address indexed account, uint256 assets, uint256 shares);
    /// @notice `account` asked `shares` out, worth `assets` (wei), for `exitShares` of the bucket of `epoch`.
    event ExitRequested(
        uint32 indexed operator,
        address indexed account,
        uint32 indexed epoch,
        uint256 shares,
        uint256 assets,
        uint256 exitShares
    );
    /// @notice What `account` had in the bucket of `epoch` was paid out to `to`, in wei.
    event ExitClaimed(
        uint32 indexed operator,
        address indexed account,
        uint32 indexed epoch,
        address to,
        uint256 assets
    );
    /// @notice What `account` had in the bucket of `epoch` (wei) is stake again, for `shares`.
    event ExitRestaked(
        uint32 indexed operator,
        address indexed account,
        uint32 indexed epoch,
        uint256 assets,
        uint256 shares
    );
    /// @notice An operator was slashed for an offence in `epoch`; all amounts in wei. `compensation` is the part of
    /// `fromBond` that was credited to the victims; all the rest was burned.
    event Slashed(
        uint32 indexed operator,
        uint32 indexed epoch,
        uint256 fromBond,
        uint256 fromActive,
        uint256 fromExits,
        uint256 compensation
    );
    /// @notice An operator takes no more stake, for good.
    event OperatorClosed(uint32 indexed operator);
    /// @notice What was credited to `account` as a victim was paid out to `to`, in wei.
    event CompensationWithdrawn(address indexed account, address to, uint256 amount);

    /// @notice Only the deployer binds, and only once.
    error StakingPoolAlreadyBound();
    /// @notice That registry and that court do not belong to this pool and to each other.
    error StakingPoolWrongBinding(address registry, address court);
    /// @notice The pool is not bound yet, so nobody can register.
    error StakingPoolNotBound();
    /// @notice `caller` may not do this.
    error StakingPoolUnauthorized(address caller);
    /// @notice There is no such operator.
    error StakingPoolUnknownOperator(uint32 operator);
    /// @notice The operator takes no more stake.
    error StakingPoolOperatorClosed(uint32 operator);
    /// @notice The payout is zero.
    error StakingPoolMissingPayout();
    /// @notice The cut is above `most` (basis points).
    error StakingPoolCommissionTooHigh(uint16 commissionBps, uint16 most);
    /// @notice The bond still answers: magnitude of the operator is encumbered.
    error StakingPoolBondEncumbered(uint32 operator, uint64 magnitude);
    /// @notice There is less bond than that (wei).
    error StakingPoolInsufficientBond(uint32 operator, uint256 amount, uint256 bond);
    /// @notice Less than the minimum (wei).
    error StakingPoolStakeTooSmall(uint256 amount, uint256 least);
    /// @notice Open proposals against the operator add up to more than the staker accepts (wei).
    error StakingPoolPendingSlash(uint32 operator, uint256 pending, uint256 maxPending);
    /// @notice The account has fewer shares than that, or none were named.
    error StakingPoolInvalidShares(uint256 shares, uint256 balance);
    /// @notice The account has nothing in the bucket of `epoch`.
    error StakingPoolNoExit(uint32 operator, uint32 epoch, address account);
    /// @notice The bucket of `epoch` matures at `maturity` (seconds).
    error StakingPoolImmature(uint32 epoch, uint48 maturity);
    /// @notice What the account has in the bucket of `epoch` is worth no share.
    error StakingPoolWorthless(uint32 operator, uint32 epoch);
    /// @notice The start of `epoch` is forgotten, or has not come: known are those from `oldest` to the running one.
    error StakingPoolUnknownEpoch(uint32 epoch, uint32 oldest);

    /// @notice Wires the pool to its registry and its court; its deployer, once. Until then nobody can register, so
    /// nobody can stake. The deployer is who created the contract: not a factory, which could not call this.
    /// Reverts with {StakingPoolUnauthorized}, {StakingPoolAlreadyBound}, {StakingPoolWrongBinding}.
    function bind(address registry, address court) external;

    /// @notice Becomes an operator, owned by the caller; the coin that comes along is the first of the bond.
    /// @param payout Who gets the operator's part of rewards; not zero.
    /// @param commissionBps The cut of stakers' rewards, in basis points; at most 3,000.
    /// @param uri Describes the operator to people; kept in the event only.
    /// @return operator The new operator's number.
    /// Reverts with {StakingPoolNotBound}, {StakingPoolMissingPayout}, {StakingPoolCommissionTooHigh},
    /// {IIntakePause-IntakePauseActive}.
    function registerOperator(
        address payout,
        uint16 commissionBps,
        string calldata uri
    ) external payable returns (uint32 operator);

    /// @notice Describes the operator anew; only his owner.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}.
    function describeOperator(uint32 operator, string calldata uri) external;

    /// @notice Names who gets the operator's part of rewards, also of those credited before; only his owner.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}, {StakingPoolMissingPayout}.
    function setPayout(uint32 operator, address payout) external;

    /// @notice Sets the operator's cut; only his owner. A lower one takes effect at once, a higher one at the start of
    /// the epoch after the next: who dislikes it can be out before. A later call replaces an earlier one.
    /// @param commissionBps In basis points; at most 3,000.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}, {StakingPoolCommissionTooHigh}.
    function setCommission(uint32 operator, uint16 commissionBps) external;

    /// @notice Adds the coin that comes along to the bond; only the operator's owner.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}, {IIntakePause-IntakePauseActive}.
    function addBond(uint32 operator) external payable;

    /// @notice Asks bond out; only the operator's owner, and only when nothing of the operator is encumbered: from the
    /// second epoch after the last in which he had an allocation, once {IModuleRegistry-sync} was called. It goes the
    /// way of an exit, to {claimExit} or {restakeExit} by the caller: bond earns as stake does, so it is as slow.
    /// @param amount In wei.
    /// @return exitShares Shares of the bucket of the running epoch.
    /// Reverts with {IOwnedIds-OwnedIdsUnauthorized}, {StakingPoolBondEncumbered}, {StakingPoolInsufficientBond}.
    function withdrawBond(uint32 operator, uint256 amount) external returns (uint256 exitShares);

    /// @notice Stakes the coin that comes along with an operator. Nobody stakes for somebody else. It answers at once,
    /// also for offences of the running epoch and the one before that nobody has proposed yet, and earns from the next
    /// epoch on.
    /// @param operator With whom.
    /// @param maxPending What open proposals against him may add up to at most, in wei: 0 stakes only if there is none.
    /// @return shares How many shares were bought; at least as many as wei.
    /// Reverts with {StakingPoolStakeTooSmall}, {StakingPoolPendingSlash}, {StakingPoolUnknownOperator},
    /// {StakingPoolOperatorClosed}, {IIntakePause-IntakePauseActive}.
    function stake(uint32 operator, uint256 maxPending) external payable returns (uint256 shares);

    /// @notice Asks shares out. They answer for the running epoch and the one before, and earn in the running one.
    /// {claimExit} pays from the start of the epoch after the next. Cannot be paused or delayed, and calls nobody.
    /// @param shares How many; from 1 to all.
    /// @return assets What they are worth now, in wei; less if they still answer for an offence.
    /// @return exitShares Shares of the bucket of the running epoch; 0, and nothing to claim, if they are worth
    /// nothing.
    /// Reverts with {StakingPoolInvalidShares}.
    function requestExit(uint32 operator, uint256 shares) external returns (uint256 assets, uint256 exitShares);

    /// @notice Pays out what the caller has in a matured bucket. Cannot be paused.
    /// @param epoch When it was asked out.
    /// @param to Who gets it.
    /// @return assets In wei.
    /// Reverts with {StakingPoolImmature}, {StakingPoolNoExit}.
    function claimExit(uint32 operator, uint32 epoch, address payable to) external returns (uint256 assets);

    /// @notice As {claimExit}, by anyone, to whom it belongs.
    /// Reverts as {claimExit}.
    function claimExitFor(uint32 operator, uint32 epoch, address payable account) external returns (uint256 assets);

    /// @notice Makes what the caller has in a bucket stake again, matured or not, with the same operator.
    /// @param epoch When it was asked out.
    /// @param maxPending As in {stake}.
    /// @return shares How many shares were bought.
    /// Reverts with {StakingPoolNoExit}, {StakingPoolWorthless}, {StakingPoolPendingSlash},
    /// {StakingPoolOperatorClosed}, {IIntakePause-IntakePauseActive}.
    function restakeExit(uint32 operator, uint32 epoch, uint256 maxPending) external returns (uint256 shares);

    /// @notice Pays out what was credited to the caller as a victim.
    /// @param to Who gets it.
    /// @return amount In wei; 0 if there was none.
    function withdrawCompensation(address payable to) external returns (uint256 amount);

    /// @notice As {withdrawCompensation}, by anyone, to whom it belongs.
    function withdrawCompensationFor(address payable account) external returns (uint256 amount);

    /// @notice Notes an open proposal, for {stake}'s bound; only the court.
    /// @param amount In wei.
    /// @param expiry The epoch in which it would lapse: the running one or the next.
    /// @param offence The epoch of the offence.
    /// @return answering What answers for the offence, without the bond, in wei.
    /// Reverts with {StakingPoolUnauthorized}.
    function openProposal(
        uint32 operator,
        uint96 amount,
        uint32 expiry,
        uint32 offence
    ) external returns (uint256 answering);

    /// @notice Forgets a proposal; only the court.
    /// Reverts with {StakingPoolUnauthorized}.
    function closeProposal(uint32 operator, uint96 amount, uint32 expiry) external;

    /// @notice Slashes, and forgets the proposal; only the court. Takes the bond first, then active stake and answering
    /// buckets in proportion; takes what there is.
    /// @return fromBond Taken from the bond, in wei.
    /// @return fromStake Taken from stakers, in wei.
    /// @return reduction What the module's and the operator's magnitude lose.
    /// Reverts with {StakingPoolUnauthorized}.
    function slash(Slash calldata terms) external returns (uint256 fromBond, uint256 fromStake, uint256 reduction);

    /// @notice The registry that says what is encumbered.
    function registry() external view returns (address);

    /// @notice The court, the only one who may slash.
    function court() external view returns (address);

    /// @notice Where what is slashed goes.
    function burner() external view returns (IIotxBurner);

    /// @notice An operator, as he is now.
    /// Reverts with {StakingPoolUnknownOperator}.
    function operatorOf(uint32 operator) external view returns (Operator memory details);

    /// @notice Who gets an operator's part of rewards.
    function payoutOf(uint32 operator) external view returns (address payout);

    /// @notice An operator's bond now, in wei.
    function bondOf(uint32 operator) external view returns (uint256 bond);

    /// @notice What could be slashed for an offence now: active stake with what was asked out in the running epoch, and
    /// the bond, in wei.
    function backingOf(uint32 operator) external view returns (uint256 stake, uint256 bond);

    /// @notice What an operator's votes are worth now: the active stake with him, in wei. His bond gives no votes, for
    /// it can leave in a moment when nothing encumbers it.
    function votesOf(uint32 operator) external view returns (uint256 votes);

    /// @notice His votes at the start of an epoch, which nobody can change any more.
    /// @param epoch The running one, or an earlier one if nothing has happened in the operator's pool since.
    /// Reverts with {StakingPoolUnknownEpoch}.
    function votesAt(uint32 operator, uint32 epoch) external view returns (uint256 votes);

    /// @notice All that an operator could lose now: his bond, active stake and both buckets that may answer, in wei.
    function exposureOf(uint32 operator) external view returns (uint256 assets);

    /// @notice What answers for an offence in `epoch`, without the bond: active stake, and the buckets of that epoch
    /// and of the next, in wei. Meaningful for the running epoch and the one before.
    function answeringOf(uint32 operator, uint32 epoch) external view returns (uint256 assets);

    /// @notice What open proposals against an operator add up to at most, in wei. One that has lapsed counts until
    /// the epoch is over or somebody calls {ISlashCourt-release}.
    function pendingOf(uint32 operator) external view returns (uint256 pending);

    /// @notice A staker's shares with an operator, now.
    function sharesOf(uint32 operator, address account) external view returns (uint256 shares);

    /// @notice What a staker's shares with an operator are worth now, in wei, rounded down.
    function stakeOf(uint32 operator, address account) external view returns (uint256 assets);

    /// @notice What a staker has in the bucket of `epoch`.
    /// @return exitShares Shares of the bucket.
    /// @return assets What they are worth now, in wei, rounded down; from `maturity` on never less, and at most the wei
    /// more that others' rounding leaves.
    /// @return maturity When they can be claimed, in seconds.
    function exitOf(
        uint32 operator,
        uint32 epoch,
        address account
    ) external view returns (uint256 exitShares, uint256 assets, uint48 maturity);

    /// @notice How a staker's shares changed, oldest first: the last step is his shares now.
    /// @param start Index of the first step wanted.
    /// @param limit How many at most.
    /// @return steps Empty if `start` is past the last.
    function stepsOf(
        uint32 operator,
        address account,
        uint256 start,
        uint256 limit
    ) external view returns (Step[] memory steps);

    /// @notice What rewards of the running epoch are divided by.
    /// @return basis All zero for an operator that does not exist.
    function rewardBasisOf(uint32 operator) external view returns (RewardBasis memory basis);

    /// @notice Compensation that waits for `account`, in wei.
    function compensationOf(address account) external view returns (uint256 amount);
}
