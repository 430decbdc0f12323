// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {Currency} from "../shared/Currency.sol";
import {IntakePause} from "../shared/IntakePause.sol";
import {IMachineOfferings} from "./IMachineOfferings.sol";
import {IMachineShares} from "./IMachineShares.sol";
import {PackedMachine} from "./PackedMachine.sol";

/// @title OfferingBook
/// @notice The part of {IMachineOfferings} that knows where each offering is, and whose money is here.
abstract contract OfferingBook is IMachineOfferings, IntakePause, ReentrancyGuardTransient {
    uint256 internal constant BPS = 10_000;
    uint16 private constant MAX_FEE_BPS = 500;

    /// @dev Statuses that time alone changes are not stored.
    enum Mark {
        None,
        Draft,
        Open,
        Reclaimed,
        Final
    }

    /// @dev One slot: all that a contribution reads and writes.
    struct Sale {
        address seller;
        uint88 sold;
        Mark mark;
    }

    /// @dev One slot: what is left to decide once the shares are sold.
    struct Rest {
        uint128 remaining;
        uint88 vesting;
        uint8 resolved;
    }

    /// @inheritdoc IMachineOfferings
    IDeviceRegistry public immutable registry;
    /// @inheritdoc IMachineOfferings
    uint16 public immutable feeBps;
    /// @inheritdoc IMachineOfferings
    address public treasury;
    mapping(IMachineShares shares => Sale) internal _sales;
    mapping(IMachineShares shares => Rest) internal _rests;
    mapping(Currency currency => mapping(address account => uint256)) internal _claimable;

    constructor(IDeviceRegistry registry_, address treasury_, uint16 feeBps_) {
        require(address(registry_).code.length != 0, MachineOfferingsNoCode(address(registry_)));
        require(feeBps_ <= MAX_FEE_BPS, MachineOfferingsFeeTooHigh(feeBps_));
        registry = registry_;
        feeBps = feeBps_;
        _setTreasury(treasury_);
    }

    /// @inheritdoc IMachineOfferings
    function withdraw(Currency currency, address account, address to) external nonReentrant returns (uint256 amount) {
        _checkMayReceive(account, to);
        amount = _claimable[currency][account];
        // Not an error: somebody else may just have withdrawn for the account.
        if (amount == 0) return 0;
        _claimable[currency][account] = 0;
        emit Withdrawn(currency, account, to, amount);
        currency.pay(to, amount);
    }

    /// @inheritdoc IMachineOfferings
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IMachineOfferings
    function statusOf(IMachineShares shares) external view returns (Status status) {
        return _sales[shares].mark == Mark.None ? Status.None : _statusOf(shares, _load(shares));
    }

    /// @inheritdoc IMachineOfferings
    function termsOf(IMachineShares shares) external view returns (Terms memory terms) {
        return _load(shares);
    }

    /// @inheritdoc IMachineOfferings
    function progressOf(IMachineShares shares) external view returns (Progress memory progress) {
        Sale memory sale = _sales[shares];
        Rest memory rest = _rests[shares];
        return Progress(sale.seller, sale.sold, rest.resolved, rest.vesting, rest.remaining);
    }

    /// @inheritdoc IMachineOfferings
    function forfeitedOf(IMachineShares shares) external view returns (uint256 amount) {
        if (_sales[shares].mark == Mark.None) return 0;
        return shares.balanceOf(address(this)) - _rests[shares].vesting;
    }

    /// @inheritdoc IMachineOfferings
    function claimable(Currency currency, address account) external view returns (uint256 amount) {
        return _claimable[currency][account];
    }

    /// @dev An offering's terms, read from the code of its shares.
    function _load(IMachineShares shares) internal view returns (Terms memory terms) {
        require(_sales[shares].mark != Mark.None, MachineOfferingsWrongStatus(shares, Status.None));
        return PackedMachine.termsOf(Clones.fetchCloneArgs(address(shares)));
    }

    function _deviceOf(IMachineShares shares) internal view returns (uint256 deviceId) {
        return PackedMachine.deviceOf(Clones.fetchCloneArgs(address(shares)));
    }

    function _checkStatus(IMachineShares shares, Terms memory terms, Status needed) internal view {
        Status status = _statusOf(shares, terms);
        require(status == needed, MachineOfferingsWrongStatus(shares, status));
    }

    function _statusOf(IMachineShares shares, Terms memory terms) internal view returns (Status status) {
        Mark mark = _sales[shares].mark;
        if (mark == Mark.Draft) return Status.Draft;
        if (mark == Mark.Reclaimed) return Status.Failed;
        if (mark == Mark.Final) {
            return _rests[shares].resolved == terms.milestoneCount ? Status.Closed : Status.Releasing;
        }
        uint88 sold = _sales[shares].sold;
        if (sold == terms.hardCap) return Status.Funded;
        if (block.timestamp < terms.end) return Status.Open;
        return sold >= terms.softCap ? Status.Funded : Status.Failed;
    }

    function _checkMayReceive(address account, address to) internal view {
        require(msg.sender == account || to == account, MachineOfferingsUnauthorized(msg.sender));
    }

    /// @dev The operator's part of the machine is what was announced, however many shares were sold.
    function _operatorSharesOf(Terms memory terms, uint256 sold) internal pure returns (uint256 amount) {
        return (terms.operatorShares * sold) / terms.hardCap;
    }

    /// @dev The fee is rounded up, or small releases would evade it.
    function _feeOn(uint256 amount, uint16 bps) internal pure returns (uint256 fee) {
        return Math.ceilDiv(amount * bps, BPS);
    }

    function _setTreasury(address treasury_) private {
        require(treasury_ != address(0), MachineOfferingsMissingTreasury());
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }
}
