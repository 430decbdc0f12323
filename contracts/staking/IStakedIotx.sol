// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC7540Operator, IERC7540Redeem} from "./IERC7540.sol";
import {IERC7575} from "./IERC7575.sol";
import {IModuleRewards} from "./IModuleRewards.sol";
import {IStakingClock} from "./IStakingClock.sol";
import {IStakingPool} from "./IStakingPool.sol";

/// @title IStakedIotx
/// @notice A transferable receipt for stake with one operator of an {IStakingPool}: an ERC-20 whose holders share what
/// the vault has staked, its rewards in native coin and its slashes. Nobody owns the vault, it takes no fee, and it
/// cannot be paused. The rest of the suite does not know it.
///
/// ```
///   coin ── deposit, mint ──▶ stake ──────── requestRedeem (epoch e) ────────▶ bucket of e ──┐
///                               ▲                                                            │ epoch e + 2
///             compound (anyone) │                                                            ▼
///   rewards ─────────────▶ idle coin ─────── its part of every request ────────────▶ redeem, withdraw ──▶ coin
/// ```
///
/// **Price.** A share is worth its part of {totalAssets}: stake, idle coin, and rewards, also those that the running
/// epoch holds so far; so whoever deposits after seeing the money gets none of it. A million shares that nobody has
/// count along in every price (decimals are 24), so nobody can inflate it at another's cost. When all shares are out,
/// what is left or still to come belongs to whoever deposits next, at a million shares for a wei.
///
/// **Out.** A request burns the shares and takes their part of stake and of idle coin, but leaves the vault what the
/// running epoch has earned: who comes in during an epoch has a part in what it still brings, so who goes out has none.
/// The stake waits in the pool and answers there like anybody's: a slash before it matures lowers it. The coin that was
/// set aside does not answer. At the start of the epoch after the next both can be claimed.
///
/// Requests are not told apart by a number: within an epoch the price may change, and ERC-7540 wants one price for all
/// requests of a number other than 0. Every requestId is 0; {requestOf} tells a controller's requests apart by epoch.
///
/// Rewards in other currencies, and compensation of victims, cannot be paid on: see docs/staking.md.
interface IStakedIotx is IERC7575, IERC7540Operator, IERC7540Redeem, IERC20Metadata, IERC165, IStakingClock {
    /// @notice Idle coin (wei) is stake now.
    event Compounded(uint256 assets);
    /// @notice What a request took out: `stake` (wei, when it was asked out) for `exitShares` of the pool's bucket of
    /// `epoch`, and `coin` (wei).
    event RedeemPriced(
        address indexed controller,
        uint32 indexed epoch,
        uint256 stake,
        uint256 exitShares,
        uint256 coin
    );

    /// @notice Coin comes from the suite alone, and when it is due.
    error StakedIotxUnexpectedCoin(address sender);
    /// @notice So little (wei) buys no share.
    error StakedIotxWorthlessDeposit(uint256 assets);
    /// @notice No shares were named.
    error StakedIotxMissingShares();
    /// @notice `caller` may not manage the requests of `controller`.
    error StakedIotxUnauthorized(address controller, address caller);
    /// @notice The controller can claim less than `amount`; shares for {redeem}, wei for {withdraw}.
    error StakedIotxExceedsClaimable(address controller, uint256 amount, uint256 claimable);
    /// @notice What a request will bring is not known before it matures.
    error StakedIotxAsynchronous();

    /// @notice Stakes the coin that comes along, at the present price. One wei of it is left to the vault, for what the
    /// pool's rounding may cost. Reverts while a slash of the operator is proposed.
    /// @param assets What comes along, in wei; at least 1 IOTX.
    /// @param receiver Who gets the shares.
    /// Reverts with CurrencyWrongValue, {StakedIotxWorthlessDeposit} and as {IStakingPool-stake}.
    function deposit(uint256 assets, address receiver) external payable returns (uint256 shares);

    /// @notice As {deposit}, also while a slash is proposed: the depositor bears his part of it.
    /// @param maxPending What open proposals may add up to at most, in wei; as in {IStakingPool-stake}.
    /// Reverts as {deposit}.
    function deposit(uint256 assets, address receiver, uint256 maxPending) external payable returns (uint256 shares);

    /// @notice Stakes what `shares` cost; what came along beyond that goes back to the caller. Reverts while a slash of
    /// the operator is proposed.
    /// Reverts with CurrencyWrongValue if too little came along, and as {IStakingPool-stake}.
    function mint(uint256 shares, address receiver) external payable returns (uint256 assets);

    /// @notice Claims the vault's rewards and stakes all idle coin; anyone may call. Idle coin stays where it is if the
    /// pool does not take it: below 1 IOTX, while a slash is proposed, while intake is paused, or when the operator is
    /// closed.
    /// @return assets What was staked, in wei; may be 0.
    function compound() external returns (uint256 assets);

    /// @notice Requests shares out, whatever state the operator is in. Only their owner, his operator, or who has his
    /// ERC-20 approval; and a controller other than the owner must be the caller or have made him an operator.
    /// @return requestId Always 0.
    /// Reverts with {StakedIotxUnauthorized}, {StakedIotxMissingShares}, ERC20InsufficientAllowance,
    /// ERC20InsufficientBalance.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Pays out for `shares` of the controller's matured requests; only he or his operator. All of them bring
    /// all there is; fewer, their part of it.
    /// @param receiver Who is paid.
    /// @return assets In wei; may be 0, if slashes left nothing.
    /// Reverts with {StakedIotxUnauthorized}, {StakedIotxExceedsClaimable}.
    function redeem(uint256 shares, address receiver, address controller) external returns (uint256 assets);

    /// @notice As {redeem}, but names what is paid.
    /// @return shares Of the matured requests, rounded up.
    /// Reverts with {StakedIotxUnauthorized}, {StakedIotxExceedsClaimable}.
    function withdraw(uint256 assets, address receiver, address controller) external returns (uint256 shares);

    /// @notice With whom it stakes.
    function pool() external view returns (IStakingPool);

    /// @notice Who pays it rewards.
    function rewards() external view returns (IModuleRewards);

    /// @notice The operator it stakes with, for good.
    function stakingOperator() external view returns (uint32 operator);

    /// @notice Coin that belongs to shares and is not staked, in wei.
    function idle() external view returns (uint256 assets);

    /// @notice What open proposals to slash the operator add up to, in wei; see {IStakingPool-pendingOf}. The price
    /// does not count them.
    function pendingSlash() external view returns (uint256 pending);

    /// @notice What a request of so many shares would take out now, in wei: less than {convertToAssets} by what the
    /// running epoch has earned.
    /// @param shares At most all there are.
    /// @return stake What would be asked out of the pool.
    /// @return coin What would be set aside.
    function previewRequest(uint256 shares) external view returns (uint256 stake, uint256 coin);

    /// @notice What a controller requested in an epoch, unless he has touched it since it matured; then it is with
    /// what {maxRedeem} and {maxWithdraw} count.
    /// @return shares How many.
    /// @return assets What they bring, in wei, as things are; final from `maturity` on.
    /// @return maturity When they can be claimed, in seconds.
    function requestOf(
        address controller,
        uint32 epoch
    ) external view returns (uint256 shares, uint256 assets, uint48 maturity);
}
