// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {CurrencyLibrary} from "../shared/Currency.sol";
import {IIotxBurner} from "../shared/IIotxBurner.sol";
import {IStakingPool} from "./IStakingPool.sol";
import {Magnitudes} from "./Magnitudes.sol";
import {Pot} from "./Pot.sol";
import {StakingClock} from "./StakingClock.sol";
import {StakingOperators} from "./StakingOperators.sol";
import {Active, Bond, Position, StakingRecords} from "./StakingRecords.sol";

/// @title StakingPool
/// @notice See {IStakingPool}. Here: stakers, and slashing. Nothing that pays out changes state afterwards, so it needs
/// no lock.
contract StakingPool is StakingOperators {
    uint256 private constant MIN_STAKE = 1 ether;
    /// @dev Epochs after which a bucket is its owners' alone.
    uint32 private constant EXIT_EPOCHS = 2;
    /// @dev An operator whose share is worth less than a millionth of a wei takes no more stake: shares of what is left
    /// would soon be too many to count.
    uint256 private constant MAX_SHARES_PER_WEI = 1e6;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IStakingPool
    IIotxBurner public immutable burner;

    /// @inheritdoc IStakingPool
    mapping(address account => uint256 amount) public compensationOf;

    mapping(uint32 operator => mapping(address account => Position)) private _positions;
    mapping(uint32 operator => mapping(address account => mapping(uint256 index => Step))) private _steps;

    modifier onlyCourt() {
        require(msg.sender == court, StakingPoolUnauthorized(msg.sender));
        _;
    }

    /// @param authority The suite's access manager; its guardian may pause intake.
    /// @param genesis_ When epoch 0 began, in seconds; at least an epoch back.
    /// @param burner_ Where slashed coin goes.
    constructor(
        address authority,
        uint48 genesis_,
        IIotxBurner burner_
    ) AccessManaged(authority) StakingClock(genesis_) {
        burner = burner_;
    }

    /// @inheritdoc IStakingPool
    function stake(uint32 operator, uint256 maxPending) external payable whenIntakeOpen returns (uint256 shares) {
        require(msg.value >= MIN_STAKE, StakingPoolStakeTooSmall(msg.value, MIN_STAKE));
        shares = _join(operator, msg.value, maxPending);
        emit Staked(operator, msg.sender, msg.value, shares);
    }

    /// @inheritdoc IStakingPool
    function requestExit(uint32 operator, uint256 shares) external returns (uint256 assets, uint256 exitShares) {
        Position position = _positions[operator][msg.sender];
        uint256 balance = position.shares();
        require(shares != 0 && shares <= balance, StakingPoolInvalidShares(shares, balance));
        _setShares(operator, position, balance - shares);

        Active active = _active[operator];
        Pot pot;
        (pot, assets) = active.pot().redeem(shares);
        _setActive(operator, active, pot);

        exitShares = _addExit(operator, assets);
        emit ExitRequested(operator, msg.sender, epoch(), shares, assets, exitShares);
    }

    /// @inheritdoc IStakingPool
    function claimExit(uint32 operator, uint32 epoch_, address payable to) external returns (uint256 assets) {
        return _claimExit(operator, epoch_, msg.sender, to);
    }

    /// @inheritdoc IStakingPool
    function claimExitFor(uint32 operator, uint32 epoch_, address payable account) external returns (uint256 assets) {
        return _claimExit(operator, epoch_, account, account);
    }

    /// @inheritdoc IStakingPool
    function restakeExit(
        uint32 operator,
        uint32 epoch_,
        uint256 maxPending
    ) external whenIntakeOpen returns (uint256 shares) {
        uint256 assets = _takeExit(operator, epoch_, msg.sender);
        require(assets != 0, StakingPoolWorthless(operator, epoch_));
        shares = _join(operator, assets, maxPending);
        emit ExitRestaked(operator, msg.sender, epoch_, assets, shares);
    }

    /// @inheritdoc IStakingPool
    function withdrawCompensation(address payable to) external returns (uint256 amount) {
        return _withdrawCompensation(msg.sender, to);
    }

    /// @inheritdoc IStakingPool
    function withdrawCompensationFor(address payable account) external returns (uint256 amount) {
        return _withdrawCompensation(account, account);
    }

    /// @inheritdoc IStakingPool
    function openProposal(
        uint32 operator,
        uint96 amount,
        uint32 expiry,
        uint32 offence
    ) external onlyCourt returns (uint256 answering) {
        _pending[operator] = _pending[operator].asOf(epoch()).plus(amount, expiry);
        return answeringOf(operator, offence);
    }

    /// @inheritdoc IStakingPool
    function closeProposal(uint32 operator, uint96 amount, uint32 expiry) external onlyCourt {
        _closeProposal(operator, amount, expiry);
    }

    /// @inheritdoc IStakingPool
    function slash(
        Slash calldata terms
    ) external onlyCourt returns (uint256 fromBond, uint256 fromStake, uint256 reduction) {
        _closeProposal(terms.operator, terms.amount, terms.expiry);
        fromBond = _slashBond(terms.operator, terms.amount);
        uint256 fromExits;
        (fromStake, fromExits, reduction) = _slashStake(terms, terms.amount - fromBond);

        // The bond stands for every open proposal: victims get nothing of what the others may still take of it, or an
        // accomplice's module could save half of it from an honest one.
        uint256 free = Math.saturatingSub(fromBond + _bonds[terms.operator].bond(), pendingOf(terms.operator));
        uint256 compensation = (Math.min(fromBond, free) * terms.victimBps) / BPS;
        if (compensation != 0) compensationOf[terms.victims] += compensation;
        emit Slashed(terms.operator, terms.epoch, fromBond, fromStake - fromExits, fromExits, compensation);
        burner.burn{value: fromBond + fromStake - compensation}();
    }

    /// @inheritdoc IStakingPool
    function exitOf(
        uint32 operator,
        uint32 epoch_,
        address account
    ) external view returns (uint256 exitShares, uint256 assets, uint48 maturity) {
        exitShares = _exits[operator][epoch_][account];
        assets = _buckets[operator][epoch_].worth(exitShares);
        maturity = startOf(epoch_ + EXIT_EPOCHS);
    }

    /// @inheritdoc IStakingPool
    function sharesOf(uint32 operator, address account) external view returns (uint256 shares) {
        return _positions[operator][account].shares();
    }

    /// @inheritdoc IStakingPool
    function stakeOf(uint32 operator, address account) external view returns (uint256 assets) {
        return _active[operator].pot().worth(_positions[operator][account].shares());
    }

    /// @inheritdoc IStakingPool
    function stepsOf(
        uint32 operator,
        address account,
        uint256 start,
        uint256 limit
    ) external view returns (Step[] memory steps) {
        Position position = _positions[operator][account];
        if (position.from() == 0) return steps;
        uint256 length = position.length();
        uint256 size = Math.min(limit, Math.saturatingSub(length + 1, start));
        steps = new Step[](size);
        for (uint256 i = 0; i < size; ++i) {
            steps[i] =
                start + i == length
                    ? Step(uint128(position.shares()), position.from())
                    : _steps[operator][account][start + i];
        }
    }

    function _withdrawCompensation(address account, address payable to) private returns (uint256 amount) {
        amount = compensationOf[account];
        if (amount == 0) return 0;
        delete compensationOf[account];
        emit CompensationWithdrawn(account, to, amount);
        CurrencyLibrary.NATIVE.pay(to, amount);
    }

    function _join(uint32 operator, uint256 assets, uint256 maxPending) private returns (uint256 shares) {
        uint256 pending = pendingOf(operator);
        require(pending <= maxPending, StakingPoolPendingSlash(operator, pending, maxPending));
        Active active = _existing(operator);
        require(!active.closed(), StakingPoolOperatorClosed(operator));
        Pot pot;
        (pot, shares) = active.pot().deposit(assets);
        _setActive(operator, active, pot);
        Position position = _positions[operator][msg.sender];
        _setShares(operator, position, position.shares() + shares);
    }

    /// @dev What the caller held until now is a step behind him, unless he changed it in this epoch already: only what
    /// he has at an epoch's start counts.
    function _setShares(uint32 operator, Position position, uint256 shares) private {
        uint32 from = epoch() + 1;
        uint32 length = position.length();
        if (position.from() != 0 && position.from() != from) {
            _steps[operator][msg.sender][length] = Step(uint128(position.shares()), position.from());
            ++length;
        }
        _positions[operator][msg.sender] = StakingRecords.toPosition(shares, from, length);
    }

    function _claimExit(
        uint32 operator,
        uint32 epoch_,
        address account,
        address payable to
    ) private returns (uint256 assets) {
        assets = _takeExit(operator, epoch_, account);
        require(epoch() >= epoch_ + EXIT_EPOCHS, StakingPoolImmature(epoch_, startOf(epoch_ + EXIT_EPOCHS)));
        emit ExitClaimed(operator, account, epoch_, to, assets);
        CurrencyLibrary.NATIVE.pay(to, assets);
    }

    function _takeExit(uint32 operator, uint32 epoch_, address account) private returns (uint256 assets) {
        uint256 exitShares = _exits[operator][epoch_][account];
        require(exitShares != 0, StakingPoolNoExit(operator, epoch_, account));
        delete _exits[operator][epoch_][account];
        Pot pot;
        (pot, assets) = _buckets[operator][epoch_].redeem(exitShares);
        _buckets[operator][epoch_] = pot;
    }

    function _closeProposal(uint32 operator, uint96 amount, uint32 expiry) private {
        _pending[operator] = _pending[operator].asOf(epoch()).minus(amount, expiry);
    }

    function _slashBond(uint32 operator, uint256 amount) private returns (uint256 taken) {
        Bond bond = _bonds[operator].asOf(epoch());
        taken = Math.min(amount, bond.bond());
        if (taken != 0) _bonds[operator] = bond.withBond(bond.bond() - taken);
    }

    /// @dev Buckets round down and keep a wei, so that those who leave can always be told apart from those who have
    /// left; active stake takes the rest.
    function _slashStake(
        Slash calldata terms,
        uint256 amount
    ) private returns (uint256 taken, uint256 fromExits, uint256 reduction) {
        uint256 answering = answeringOf(terms.operator, terms.epoch);
        uint256 slashable = terms.total == 0 ? 0 : (answering * terms.magnitude) / terms.total;
        amount = Math.min(amount, slashable);
        if (amount == 0) return (0, 0, 0);
        reduction = Math.ceilDiv(amount * terms.total, answering);

        fromExits =
            _slashBucket(terms.operator, terms.epoch, amount, answering) +
            _slashBucket(terms.operator, terms.epoch + 1, amount, answering);
        Active active = _active[terms.operator];
        Pot pot = active.pot();
        taken = Math.min(amount - fromExits, pot.assets());
        pot = pot.lose(taken);
        if (
            !active.closed() &&
            (pot.assets() * MAX_SHARES_PER_WEI < pot.shares() || terms.total - reduction < Magnitudes.LEAST)
        ) {
            active = active.close();
            emit OperatorClosed(terms.operator);
        }
        _setActive(terms.operator, active, pot);
        taken += fromExits;
    }

    function _slashBucket(
        uint32 operator,
        uint32 epoch_,
        uint256 amount,
        uint256 answering
    ) private returns (uint256 taken) {
        Pot pot = _buckets[operator][epoch_];
        if (pot.assets() == 0) return 0;
        taken = Math.min((amount * pot.assets()) / answering, pot.assets() - 1);
        if (taken != 0) _buckets[operator][epoch_] = pot.lose(taken);
    }
}
