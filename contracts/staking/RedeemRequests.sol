// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {CurrencyLibrary} from "../shared/Currency.sol";
import {IERC7540Operator, IERC7540Redeem} from "./IERC7540.sol";
import {IERC7575} from "./IERC7575.sol";
import {IStakedIotx} from "./IStakedIotx.sol";
import {IStakingPool} from "./IStakingPool.sol";
import {Pot, PotLibrary} from "./Pot.sol";
import {StakingClock} from "./StakingClock.sol";

/// @title RedeemRequests
/// @notice What of a {StakedIotx} is on its way out. All requests of an epoch wait in one exit of the pool, which is
/// claimed when the first of them is; each has its own coin besides.
abstract contract RedeemRequests is IStakedIotx, StakingClock, ReentrancyGuardTransient {
    /// @dev Epochs after which the pool pays an exit.
    uint32 private constant EXIT_EPOCHS = 2;
    /// @dev More epochs than that have no unmatured requests at once.
    uint256 private constant SLOTS = EXIT_EPOCHS;

    /// @dev What a controller requested in an epoch.
    /// @param exitShares His part of the vault's exit of that epoch, in shares of the pool's bucket.
    /// @param coin What was set aside for him, in wei.
    /// @param epoch In which he requested; 0 for an empty slot.
    /// @param shares What he gave for it.
    struct Request {
        uint128 exitShares;
        uint96 coin;
        uint32 epoch;
        uint256 shares;
    }

    /// @dev What of a controller's requests has matured, all in one.
    struct Claimable {
        uint256 shares;
        uint256 assets;
    }

    /// @inheritdoc IStakedIotx
    IStakingPool public immutable pool;

    /// @inheritdoc IStakedIotx
    uint32 public immutable stakingOperator;

    /// @inheritdoc IERC7540Operator
    mapping(address controller => mapping(address operator => bool status)) public isOperator;

    mapping(address controller => mapping(uint256 slot => Request)) private _requests;
    mapping(address controller => Claimable) private _claimables;
    /// @dev What is left of the exit of an epoch; empty before it was claimed.
    mapping(uint32 epoch => Pot) private _exits;
    /// @dev The pool owes the vault coin at this moment. Anyone may have it pay an exit or a compensation to the vault
    /// at any other, which the books would not know.
    bool private transient _claiming;

    modifier onlyFor(address controller) {
        _checkFor(controller);
        _;
    }

    /// @param pool_ With whom the vault stakes.
    /// @param operator_ With which operator; there must be one.
    constructor(IStakingPool pool_, uint32 operator_) StakingClock(pool_.genesis()) {
        pool_.operatorOf(operator_);
        pool = pool_;
        stakingOperator = operator_;
    }

    /// @inheritdoc IERC7540Operator
    function setOperator(address operator, bool approved) external returns (bool success) {
        isOperator[msg.sender][operator] = approved;
        emit OperatorSet(msg.sender, operator, approved);
        return true;
    }

    /// @inheritdoc IStakedIotx
    function redeem(
        uint256 shares,
        address receiver,
        address controller
    ) external onlyFor(controller) nonReentrant returns (uint256 assets) {
        Claimable memory its = _mature(controller);
        require(shares <= its.shares, StakedIotxExceedsClaimable(controller, shares, its.shares));
        assets = shares == its.shares ? its.assets : Math.mulDiv(its.assets, shares, its.shares);
        _pay(its, assets, shares, receiver, controller);
    }

    /// @inheritdoc IStakedIotx
    function withdraw(
        uint256 assets,
        address receiver,
        address controller
    ) external onlyFor(controller) nonReentrant returns (uint256 shares) {
        Claimable memory its = _mature(controller);
        require(assets <= its.assets, StakedIotxExceedsClaimable(controller, assets, its.assets));
        shares = assets == its.assets ? its.shares : Math.mulDiv(its.shares, assets, its.assets, Math.Rounding.Ceil);
        _pay(its, assets, shares, receiver, controller);
    }

    /// @inheritdoc IERC7540Redeem
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares) {
        for (uint256 i = 0; i < SLOTS && requestId == 0; ++i) {
            Request storage its = _requests[controller][i];
            if (!_isMature(its.epoch)) shares += its.shares;
        }
    }

    /// @inheritdoc IERC7540Redeem
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares) {
        return requestId == 0 ? _claimableOf(controller).shares : 0;
    }

    /// @inheritdoc IERC7575
    function maxRedeem(address controller) external view returns (uint256 shares) {
        return _claimableOf(controller).shares;
    }

    /// @inheritdoc IERC7575
    function maxWithdraw(address controller) external view returns (uint256 assets) {
        return _claimableOf(controller).assets;
    }

    /// @inheritdoc IStakedIotx
    function requestOf(
        address controller,
        uint32 epoch_
    ) external view returns (uint256 shares, uint256 assets, uint48 maturity) {
        maturity = startOf(epoch_ + EXIT_EPOCHS);
        Request memory its = _requests[controller][epoch_ % SLOTS];
        if (its.epoch == epoch_) (shares, assets) = (its.shares, _worth(its));
    }

    /// @inheritdoc IERC7575
    function previewRedeem(uint256) external pure returns (uint256) {
        revert StakedIotxAsynchronous();
    }

    /// @inheritdoc IERC7575
    function previewWithdraw(uint256) external pure returns (uint256) {
        revert StakedIotxAsynchronous();
    }

    /// @dev Notes a request of the running epoch. The slot's last one is of two epochs before, or older, and so it has
    /// matured; or it is of the same epoch.
    function _note(address controller, uint256 shares, uint256 exitShares, uint256 coin) internal {
        Claimable memory matured = _mature(controller);
        if (matured.shares != 0) _claimables[controller] = matured;
        uint32 current = epoch();
        Request storage its = _requests[controller][current % SLOTS];
        its.exitShares += SafeCast.toUint128(exitShares);
        its.coin += SafeCast.toUint96(coin);
        its.epoch = current;
        its.shares += shares;
    }

    /// @dev Reverts unless the caller may manage the requests of `controller`.
    function _checkFor(address controller) internal view {
        bool may = msg.sender == controller || isOperator[controller][msg.sender];
        require(may, StakedIotxUnauthorized(controller, msg.sender));
    }

    /// @dev Whether the pool pays an exit to the vault at this moment.
    function _expectsExit() internal view returns (bool) {
        return _claiming;
    }

    function _pay(Claimable memory its, uint256 assets, uint256 shares, address receiver, address controller) private {
        _claimables[controller] = Claimable(its.shares - shares, its.assets - assets);
        emit Withdraw(msg.sender, receiver, controller, assets, shares);
        CurrencyLibrary.NATIVE.pay(receiver, assets);
    }

    /// @dev Takes what has matured out of its slots.
    /// @return its All that the controller can claim, which is to be stored.
    function _mature(address controller) private returns (Claimable memory its) {
        its = _claimables[controller];
        for (uint256 i = 0; i < SLOTS; ++i) {
            Request memory request = _requests[controller][i];
            if (!_isMature(request.epoch)) continue;
            delete _requests[controller][i];
            its.shares += request.shares;
            its.assets += request.coin;
            if (request.exitShares != 0) its.assets += _takeExit(request.epoch, request.exitShares);
        }
    }

    /// @dev Whoever takes the last shares takes all that is left.
    function _takeExit(uint32 epoch_, uint256 exitShares) private returns (uint256 assets) {
        Pot pot = _exits[epoch_];
        if (pot.shares() == 0) pot = _claimExit(epoch_);
        (_exits[epoch_], assets) = pot.redeem(exitShares);
    }

    function _claimExit(uint32 epoch_) private returns (Pot) {
        (uint256 exitShares, , ) = pool.exitOf(stakingOperator, epoch_, address(this));
        _claiming = true;
        uint256 assets = pool.claimExit(stakingOperator, epoch_, payable(address(this)));
        _claiming = false;
        return PotLibrary.toPot(assets, exitShares);
    }

    function _claimableOf(address controller) private view returns (Claimable memory its) {
        its = _claimables[controller];
        for (uint256 i = 0; i < SLOTS; ++i) {
            Request memory request = _requests[controller][i];
            if (!_isMature(request.epoch)) continue;
            its.shares += request.shares;
            its.assets += _worth(request);
        }
    }

    function _worth(Request memory its) private view returns (uint256 assets) {
        Pot pot = _exits[its.epoch];
        if (pot.shares() == 0) {
            (uint256 exitShares, uint256 exit, ) = pool.exitOf(stakingOperator, its.epoch, address(this));
            pot = PotLibrary.toPot(exit, exitShares);
        }
        return its.coin + pot.worth(its.exitShares);
    }

    function _isMature(uint32 epoch_) private view returns (bool) {
        return epoch_ != 0 && epoch_ + EXIT_EPOCHS <= epoch();
    }
}
