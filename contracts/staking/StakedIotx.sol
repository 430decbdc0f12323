// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Currency, CurrencyLibrary} from "../shared/Currency.sol";
import {IERC7540Operator, IERC7540Redeem} from "./IERC7540.sol";
import {IERC7575} from "./IERC7575.sol";
import {IModuleRewards} from "./IModuleRewards.sol";
import {IStakedIotx} from "./IStakedIotx.sol";
import {IStakingPool} from "./IStakingPool.sol";
import {RedeemRequests} from "./RedeemRequests.sol";

/// @title StakedIotx
/// @notice See {IStakedIotx}. Here: the receipt, its price and its rewards; how it is redeemed stands in
/// {RedeemRequests}. What the vault has is in its own books and the pool's: coin that is forced on it changes nothing.
contract StakedIotx is ERC20, RedeemRequests {
    using Strings for uint256;

    /// @dev Shares that nobody has count along in every price: to raise it by a gift costs a million times what it can
    /// take from whoever comes next.
    uint256 private constant VIRTUAL_SHARES = 1e6;
    uint8 private constant DECIMALS = 24;
    /// @dev The vault makes one step in an epoch in which it stakes or asks out, and claims before it does: two are
    /// open at most. Only while somebody is paid a claim of his own can he keep it from claiming; a year of that is
    /// walked.
    uint256 private constant CLAIM_STEPS = 52;
    /// @dev What the pool's rounding may cost when stake comes in, in wei.
    uint256 private constant ROUNDING = 1;

    /// @inheritdoc IStakedIotx
    IModuleRewards public immutable rewards;

    uint128 private _idle;
    /// @dev The last epoch in which rewards were claimed: all there was to claim in it.
    uint32 private _claimedIn;

    /// @param rewards_ The suite's {IModuleRewards}, whose pool the vault stakes with.
    /// @param operator_ With which operator.
    constructor(
        IModuleRewards rewards_,
        uint32 operator_
    )
        ERC20(
            string.concat("Staked IOTX, operator ", uint256(operator_).toString()),
            string.concat("stIOTX-", uint256(operator_).toString())
        )
        RedeemRequests(rewards_.pool(), operator_)
    {
        rewards = rewards_;
    }

    /// @dev Rewards come whenever anyone claims them for the vault; an exit only when the vault claims it.
    receive() external payable {
        if (msg.sender == address(rewards)) {
            _idle += SafeCast.toUint128(msg.value);
        } else {
            // While the pool pays it, nobody else can.
            require(_expectsExit(), StakedIotxUnexpectedCoin(msg.sender));
        }
    }

    /// @inheritdoc IStakedIotx
    function deposit(uint256 assets, address receiver) external payable returns (uint256 shares) {
        return deposit(assets, receiver, 0);
    }

    /// @inheritdoc IStakedIotx
    function mint(uint256 shares, address receiver) external payable nonReentrant returns (uint256 assets) {
        _claimRewards();
        assets = previewMint(shares);
        require(msg.value >= assets, CurrencyLibrary.CurrencyWrongValue(assets, msg.value));
        _enter(assets, shares, receiver, 0);
        if (msg.value != assets) CurrencyLibrary.NATIVE.pay(msg.sender, msg.value - assets);
    }

    /// @inheritdoc IStakedIotx
    /// @dev Whatever the pool refuses it for, the coin stays idle.
    function compound() external nonReentrant returns (uint256 assets) {
        _claimRewards();
        assets = _idle;
        try pool.stake{value: assets}(stakingOperator, 0) {
            _idle = 0;
            emit Compounded(assets);
        } catch {
            assets = 0;
        }
    }

    /// @inheritdoc IStakedIotx
    function requestRedeem(
        uint256 shares,
        address controller,
        address owner
    ) external nonReentrant returns (uint256 requestId) {
        require(shares != 0, StakedIotxMissingShares());
        if (msg.sender != owner && !isOperator[owner][msg.sender]) _spendAllowance(owner, msg.sender, shares);
        if (controller != owner) _checkFor(controller);
        _claimRewards();

        uint256 supply = totalSupply();
        _burn(owner, shares);
        uint256 coin = _part(_idle, shares, supply);
        _idle -= uint128(coin);
        uint256 leaving = _part(pool.sharesOf(stakingOperator, address(this)), shares, supply);
        // So little is worth nothing, and the pool takes no request for it.
        (uint256 stake, uint256 exitShares) = leaving == 0 ? (0, 0) : pool.requestExit(stakingOperator, leaving);
        _note(controller, shares, exitShares, coin);
        emit RedeemRequest(controller, owner, 0, msg.sender, shares);
        emit RedeemPriced(controller, epoch(), stake, exitShares, coin);
        return 0;
    }

    /// @inheritdoc IStakedIotx
    function previewRequest(uint256 shares) external view returns (uint256 stake, uint256 coin) {
        uint256 supply = totalSupply();
        IStakingPool.Operator memory its = pool.operatorOf(stakingOperator);
        uint256 leaving = _part(pool.sharesOf(stakingOperator, address(this)), shares, supply);
        if (leaving != 0) stake = Math.mulDiv(leaving, its.assets, its.shares);
        (uint256 claimable, ) = _rewards();
        coin = _part(_idle + claimable, shares, supply);
    }

    /// @inheritdoc IStakedIotx
    function idle() external view returns (uint256 assets) {
        return _idle;
    }

    /// @inheritdoc IStakedIotx
    function pendingSlash() external view returns (uint256 pending) {
        return pool.pendingOf(stakingOperator);
    }

    /// @inheritdoc IERC7575
    function maxMint(address receiver) external view returns (uint256 shares) {
        return previewDeposit(maxDeposit(receiver));
    }

    /// @inheritdoc IERC7575
    function share() external view returns (address token) {
        return address(this);
    }

    /// @inheritdoc IERC7575
    function asset() external pure returns (address currency) {
        return Currency.unwrap(CurrencyLibrary.NATIVE);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IERC165).interfaceId ||
            interfaceId == type(IERC7540Operator).interfaceId ||
            interfaceId == type(IERC7540Redeem).interfaceId ||
            interfaceId == type(IERC7575).interfaceId;
    }

    /// @inheritdoc IStakedIotx
    function deposit(
        uint256 assets,
        address receiver,
        uint256 maxPending
    ) public payable nonReentrant returns (uint256 shares) {
        CurrencyLibrary.NATIVE.take(msg.sender, assets);
        _claimRewards();
        shares = previewDeposit(assets);
        require(shares != 0, StakedIotxWorthlessDeposit(assets));
        _enter(assets, shares, receiver, maxPending);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() public pure override(ERC20, IERC20Metadata) returns (uint8) {
        return DECIMALS;
    }

    /// @inheritdoc IERC7575
    function totalAssets() public view returns (uint256 assets) {
        (uint256 claimable, uint256 running) = _rewards();
        return pool.stakeOf(stakingOperator, address(this)) + _idle + claimable + running;
    }

    /// @inheritdoc IERC7575
    function convertToShares(uint256 assets) public view returns (uint256 shares) {
        (uint256 ofAssets, uint256 ofShares) = _price();
        return Math.mulDiv(assets, ofShares, ofAssets);
    }

    /// @inheritdoc IERC7575
    function convertToAssets(uint256 shares) external view returns (uint256 assets) {
        (uint256 ofAssets, uint256 ofShares) = _price();
        return Math.mulDiv(shares, ofAssets, ofShares);
    }

    /// @inheritdoc IERC7575
    function maxDeposit(address) public view returns (uint256 assets) {
        IStakingPool.Operator memory its = pool.operatorOf(stakingOperator);
        bool open = !its.closed && pool.pendingOf(stakingOperator) == 0 && block.timestamp >= pool.intakePausedUntil();
        return open ? type(uint96).max - its.assets : 0;
    }

    /// @inheritdoc IERC7575
    function previewDeposit(uint256 assets) public view returns (uint256 shares) {
        return convertToShares(Math.saturatingSub(assets, ROUNDING));
    }

    /// @inheritdoc IERC7575
    function previewMint(uint256 shares) public view returns (uint256 assets) {
        (uint256 ofAssets, uint256 ofShares) = _price();
        return Math.mulDiv(shares, ofAssets, ofShares, Math.Rounding.Ceil) + ROUNDING;
    }

    function _enter(uint256 assets, uint256 shares, address receiver, uint256 maxPending) private {
        pool.stake{value: assets}(stakingOperator, maxPending);
        _mint(receiver, shares);
        emit Deposit(msg.sender, receiver, assets, shares);
    }

    /// @dev The first time in an epoch. Should it fail, rewards stay where they are, and what is here goes on.
    function _claimRewards() private {
        uint32 current = epoch();
        if (_claimedIn == current) return;
        try rewards.claim(stakingOperator, CurrencyLibrary.NATIVE, address(this), CLAIM_STEPS) {
            _claimedIn = current;
        } catch {}
    }

    /// @dev So many assets and so many shares are worth the same.
    function _price() private view returns (uint256 assets, uint256 shares) {
        uint256 supply = totalSupply();
        return (supply == 0 ? 1 : totalAssets() + 1, supply + VIRTUAL_SHARES);
    }

    function _rewards() private view returns (uint256 claimable, uint256 running) {
        return rewards.claimableOf(stakingOperator, CurrencyLibrary.NATIVE, address(this));
    }

    function _part(uint256 amount, uint256 shares, uint256 supply) private pure returns (uint256) {
        return Math.mulDiv(amount, shares, supply + VIRTUAL_SHARES);
    }
}
