// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IERC6551Executable} from "erc6551/interfaces/IERC6551Executable.sol";
import {IERC6551Registry} from "erc6551/interfaces/IERC6551Registry.sol";

import {DevicePermissions} from "../identity/DevicePermissions.sol";
import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {Currency} from "../shared/Currency.sol";
import {DividendLedger} from "../shared/DividendLedger.sol";
import {DividendPhase} from "../shared/DividendRecords.sol";
import {IMachineShares} from "./IMachineShares.sol";
import {IMachineVotes} from "./IMachineVotes.sol";
import {ISplitHub} from "./ISplitHub.sol";
import {MachineDividends} from "./MachineDividends.sol";
import {SplitTree} from "./SplitTree.sol";

/// @title MachineOperation
/// @notice The part of {IMachineShares} that owns the device: who runs it, where its revenue goes, what its wallet may
/// keep.
abstract contract MachineOperation is MachineDividends {
    using DividendLedger for DividendLedger.Ledger;

    uint96 private constant BPS = 10_000;
    uint128 private constant OPERATOR_PERMISSIONS =
        DevicePermissions.DATA | DevicePermissions.DOCUMENT | DevicePermissions.OPERATION;
    uint8 private constant OPERATION_CALL = 0;

    /// @inheritdoc IMachineShares
    IDeviceRegistry public immutable registry;
    /// @inheritdoc IMachineShares
    ISplitHub public immutable hub;

    /// @inheritdoc IMachineShares
    address public operator;
    bool private _retired;
    /// @inheritdoc IMachineShares
    uint256 public buyoutFloor;

    constructor(IDeviceRegistry registry_, ISplitHub hub_, IMachineVotes votes_) MachineDividends(votes_) {
        registry = registry_;
        hub = hub_;
    }

    /// @inheritdoc IMachineShares
    function seal(uint128 price) external onlyIssuer {
        Machine memory terms = machine();
        bool arrived = registry.ownerOf(terms.deviceId) == address(this);
        require(arrived, MachineSharesNoDevice(terms.deviceId));
        _ledger.open(msg.sender);
        // What others paid for a share, for each share: nobody is bought out below his price.
        buyoutFloor = Math.max(terms.buyoutFloor, price * totalSupply());
        _appoint(terms.deviceId, terms.operator);
        registry.setRevenuePayee(terms.deviceId, _receiverOf(terms));
        emit MachineSealed(totalSupply(), buyoutFloor);
    }

    /// @inheritdoc IMachineShares
    function collect(Currency currency) external nonReentrant returns (uint256 received) {
        Machine memory terms = machine();
        hub.flush(SplitTree.idOf(_splitOf(terms, terms.operator)), currency);
        ISplitHub.Recipient memory holders = _holders(terms);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = _operatorLeaf(terms, operator);
        hub.release(_splitOf(terms, operator), currency, holders, proof);
        return _sync(currency);
    }

    /// @inheritdoc IMachineShares
    function sweepAccount(Currency currency) external nonReentrant returns (uint256 received) {
        Stage current = stage();
        require(current == Stage.Active || current == Stage.Retired, MachineSharesWrongStage(current));
        return _sweep(machine().deviceId, currency, workingBalanceOf(currency));
    }

    /// @inheritdoc IMachineShares
    function rotateKey(
        IDeviceRegistry.KeyRotation calldata rotation,
        bytes calldata newKeySignature,
        bytes calldata oldKeySignature
    ) external {
        bytes32 newKeyHash = keccak256(abi.encodePacked(rotation.newKeyType, rotation.newKey));
        // Only a motion that was carried out puts a notice there.
        (bytes32 voted, ) = registry.pendingKeyRotationOf(rotation.deviceId);
        require(newKeyHash == voted, MachineSharesKeyNotVoted(newKeyHash));
        registry.rotateKey(rotation, newKeySignature, oldKeySignature, "");
    }

    /// @inheritdoc IMachineShares
    function attest(IDeviceRegistry.AttestationAcceptance calldata acceptance, bytes calldata attestation) external {
        require(msg.sender == operator, MachineSharesUnauthorized(msg.sender));
        registry.attest(acceptance, attestation, "");
        // The first maker stays: one of the operator's own would bar the true one for ever.
        bool verified = registry.trustOf(acceptance.deviceId) == IDeviceRegistry.Trust.AttestedByVerifiedMaker;
        require(verified, MachineSharesUnverifiedMaker(acceptance.makerId));
    }

    /// @inheritdoc IMachineShares
    function splitOf(address operator_) external view returns (ISplitHub.Split memory split) {
        return _splitOf(machine(), operator_);
    }

    /// @inheritdoc IMachineShares
    function revenueReceiver() external view returns (address receiver) {
        return _receiverOf(machine());
    }

    /// @inheritdoc IMachineShares
    function stage() public view returns (Stage current) {
        DividendPhase phase = _ledger.phaseOf();
        if (phase == DividendPhase.Issuing) return Stage.Raising;
        if (phase == DividendPhase.Frozen) return Stage.Ended;
        return _retired ? Stage.Retired : Stage.Active;
    }

    /// @inheritdoc IMachineShares
    function workingBalanceOf(Currency currency) public view returns (uint256 amount) {
        if (_retired) return 0;
        WorkingBalance[] memory balances = machine().workingBalances;
        for (uint256 i = 0; i < balances.length; ++i) {
            if (balances[i].currency == currency) return balances[i].amount;
        }
    }

    /// @dev Puts another in charge: of the device, and of the operator's part of what comes in from now on.
    function _replaceOperator(address successor) internal {
        bool able = successor != address(0) && successor != address(this) && successor != issuer();
        require(able, MachineSharesInvalidOperator(successor));
        Machine memory terms = machine();
        registry.grantPermissions(terms.deviceId, operator, 0, 0);
        _appoint(terms.deviceId, successor);
        bytes32 id = successor == terms.operator ? bytes32(0) : SplitTree.idOf(_splitOf(terms, successor));
        hub.setSuccessor(_splitOf(terms, terms.operator), id);
    }

    function _retire(uint256 deviceId) internal {
        _retired = true;
        registry.retire(deviceId);
    }

    /// @dev Sends the wallet's balance above `kept` here, and books what arrives.
    function _sweep(uint256 deviceId, Currency currency, uint256 kept) internal returns (uint256 received) {
        address account = registry.accountOf(deviceId);
        uint256 surplus = Math.saturatingSub(currency.balanceOf(account), kept);
        if (surplus == 0) return 0;
        if (account.code.length == 0) _deployAccount(deviceId);
        uint256 before = currency.balanceOf(address(this));
        bool native = currency.isNative();
        address target = native ? address(this) : Currency.unwrap(currency);
        bytes memory data = native ? bytes("") : abi.encodeCall(IERC20.transfer, (address(this), surplus));
        IERC6551Executable(account).execute(target, native ? surplus : 0, data, OPERATION_CALL);
        received = currency.balanceOf(address(this)) - before;
        _ledger.deposit(currency, received);
        emit AccountSwept(currency, received);
    }

    function _appoint(uint256 deviceId, address account) private {
        operator = account;
        registry.setUser(deviceId, account, type(uint48).max);
        registry.grantPermissions(deviceId, account, OPERATOR_PERMISSIONS, type(uint48).max);
        emit OperatorSet(account);
    }

    function _deployAccount(uint256 deviceId) private {
        IERC6551Registry accounts = IERC6551Registry(registry.erc6551Registry());
        accounts.createAccount(registry.accountImplementation(), 0, block.chainid, address(registry), deviceId);
    }

    function _receiverOf(Machine memory terms) private view returns (address receiver) {
        return hub.receiverOf(SplitTree.idOf(_splitOf(terms, terms.operator)));
    }

    function _splitOf(Machine memory terms, address operator_) private view returns (ISplitHub.Split memory split) {
        ISplitHub.Recipient memory holders = _holders(terms);
        bytes32 leaf = SplitTree.leafOf(holders.payee, holders.shares);
        bytes32 root = Hashes.commutativeKeccak256(leaf, _operatorLeaf(terms, operator_));
        return ISplitHub.Split(root, BPS, address(this), 0);
    }

    function _holders(Machine memory terms) private view returns (ISplitHub.Recipient memory recipient) {
        return ISplitHub.Recipient(bytes32(uint256(uint160(address(this)))), BPS - terms.operatorBps);
    }

    function _operatorLeaf(Machine memory terms, address operator_) private pure returns (bytes32 leaf) {
        return SplitTree.leafOf(bytes32(uint256(uint160(operator_))), terms.operatorBps);
    }
}
