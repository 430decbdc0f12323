// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC7739} from "@openzeppelin/contracts/utils/cryptography/signers/draft-ERC7739.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IERC6551Account} from "erc6551/interfaces/IERC6551Account.sol";
import {IERC6551Executable} from "erc6551/interfaces/IERC6551Executable.sol";
import {ERC6551AccountLib} from "erc6551/lib/ERC6551AccountLib.sol";

import {Currency} from "../shared/Currency.sol";
import {IDeviceAccount} from "./IDeviceAccount.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";
import {SpendingBudget} from "./SpendingBudget.sol";
import {TokenSelectors} from "./TokenSelectors.sol";

/// @title DeviceAccount
/// @notice See {IDeviceAccount}. One implementation, behind the ERC-1167 clones that the ERC-6551 registry deploys. It
/// has no initialiser: which device a clone serves stands in the clone's code.
contract DeviceAccount is IDeviceAccount, ERC7739, NoncesKeyed, ReentrancyGuardTransient, ERC721Holder, ERC1155Holder {
    using SafeERC20 for IERC20;
    using SpendingBudget for SpendingBudget.Budget;

    bytes32 private constant SPEND_TYPEHASH = keccak256(
        "Spend(uint64 policy,address target,address currency,uint128 maximum,bytes data,"
        "uint256 nonce,uint48 deadline)"
    );

    uint48 private constant MAX_LOCK = 30 days;
    uint8 private constant OPERATION_CALL = 0;
    /// @dev Stands for a plain payment where a selector is asked.
    bytes4 private constant PAYMENT = 0;

    /// @dev The chain of the deployment, and after a chain split of both sides, see {DeviceRegistry}.
    uint256 private immutable _chainId;

    uint256 private _state;
    uint48 private _lockedUntil;
    /// @dev One slot.
    Policy private _policy;
    mapping(uint64 policyId => mapping(address target => mapping(bytes4 selector => bool))) private _permissions;
    mapping(uint64 policyId => mapping(Currency currency => SpendingBudget.Budget)) private _budgets;
    Approval[] private _approvals;
    mapping(address token => mapping(address spender => bool)) private _isListed;

    modifier onlyController() {
        require(msg.sender == owner(), DeviceAccountUnauthorized(msg.sender));
        _;
    }

    modifier whenUnlocked() {
        require(!_isLocked(), DeviceAccountLocked(_lockedUntil));
        _;
    }

    constructor() EIP712("DeFIoT DeviceAccount", "1") {
        _chainId = block.chainid;
    }

    receive() external payable {}

    /// @inheritdoc IERC6551Executable
    function execute(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation
    ) external payable onlyController whenUnlocked nonReentrant returns (bytes memory result) {
        require(operation == OPERATION_CALL, DeviceAccountUnsupportedOperation(operation));
        bytes4 selector = bytes4(data); // shorter data is padded with zeros
        ++_state;
        if (TokenSelectors.approves(selector) && data.length >= 36) {
            _listApproval(to, address(uint160(uint256(bytes32(data[4:36])))));
        }
        emit Executed(to, value, selector);
        bool success;
        (success, result) = to.call{value: value}(data);
        return Address.verifyCallResult(success, result);
    }

    /// @inheritdoc IDeviceAccount
    function spend(
        Spend calldata request,
        bytes calldata signature
    ) external whenUnlocked nonReentrant returns (bytes memory result) {
        require(block.timestamp <= request.deadline, DeviceAccountExpiredSignature(request.deadline));
        Policy memory current = policy();
        bool inForce = current.id != 0 && current.id == request.policy;
        require(inForce, DeviceAccountPolicyNotInForce(request.policy));
        bytes4 selector = _selectorOf(request.data);
        bool permitted = _permissions[current.id][request.target][selector];
        require(permitted, DeviceAccountNotPermitted(request.target, selector));
        _checkDeviceSignature(request, signature);
        _useCheckedNonce(address(this), request.nonce);
        ++_state;

        // The whole maximum is charged before the call and the rest given back after it: whatever the call does, it
        // meets books that already count it.
        SpendingBudget.Budget storage budget = _charge(current, request.currency, request.maximum);
        uint256 charged;
        (result, charged) = _pay(request);
        if (charged < request.maximum) budget.spent -= request.maximum - uint128(charged);
        emit DeviceSpent(current.id, request.target, request.currency, selector, charged, request.nonce);
    }

    /// @inheritdoc IDeviceAccount
    function setPolicy(
        uint48 period,
        uint48 expiry,
        Permission[] calldata permissions,
        Allowance[] calldata allowances
    ) external onlyController whenUnlocked returns (uint64 id) {
        require(period != 0 && expiry > block.timestamp, DeviceAccountInvalidPolicy(period, expiry));
        (, address registry, uint256 deviceId) = token();
        // Drawn, not counted: a seller who could foresee it would have the device sign under the buyer's policy.
        id = uint64(uint256(keccak256(abi.encode(blockhash(block.number - 1), address(this), ++_state))));
        uint48 start = uint48(block.timestamp);
        _policy = Policy(id, start, period, expiry, IDeviceRegistry(registry).versionOf(deviceId));
        // Allowances first: no permission may name one of their currencies.
        for (uint256 i = 0; i < allowances.length; ++i) {
            Currency currency = allowances[i].currency;
            bool valid = allowances[i].amount != 0 && _budgets[id][currency].allowance == 0;
            require(valid, DeviceAccountInvalidAllowance(currency));
            _budgets[id][currency].allowance = allowances[i].amount;
        }
        address[3] memory registries = _registriesOf(registry);
        for (uint256 i = 0; i < permissions.length; ++i) {
            _permit(id, registries, permissions[i].target, permissions[i].selector);
        }
        emit PolicySet(id, start, period, expiry, permissions, allowances);
    }

    /// @inheritdoc IDeviceAccount
    function revokePolicy() external onlyController {
        uint64 id = policy().id;
        require(id != 0, DeviceAccountPolicyNotInForce(id));
        delete _policy;
        ++_state;
        emit PolicyRevoked(id);
    }

    /// @inheritdoc IDeviceAccount
    function lock(uint48 until) external onlyController {
        bool valid = until > _lockedUntil && until > block.timestamp && until <= block.timestamp + MAX_LOCK;
        require(valid, DeviceAccountInvalidLock(until));
        _lockedUntil = until;
        ++_state;
        emit Locked(until);
    }

    /// @inheritdoc IERC6551Account
    function isValidSigner(address signer, bytes calldata) external view returns (bytes4 magicValue) {
        bool valid = signer == owner() && signer != address(0) && !_isLocked();
        return valid ? IERC6551Account.isValidSigner.selector : bytes4(0);
    }

    /// @inheritdoc IERC6551Account
    function state() external view returns (uint256) {
        return _state;
    }

    /// @inheritdoc IDeviceAccount
    function lockedUntil() external view returns (uint48 until) {
        return _lockedUntil;
    }

    /// @inheritdoc IDeviceAccount
    function isPermitted(address target, bytes4 selector) external view returns (bool) {
        return _permissions[policy().id][target][selector];
    }

    /// @inheritdoc IDeviceAccount
    function remainingAllowance(Currency currency) external view returns (uint256 remaining) {
        Policy memory current = policy();
        return current.id == 0 ? 0 : _budgets[current.id][currency].remaining(_windowOf(current));
    }

    /// @inheritdoc IDeviceAccount
    function approvals(uint256 start, uint256 end) external view returns (Approval[] memory list) {
        end = Math.min(end, _approvals.length);
        start = Math.min(start, end);
        list = new Approval[](end - start);
        for (uint256 i = start; i < end; ++i) list[i - start] = _approvals[i];
    }

    /// @inheritdoc IDeviceAccount
    function approvalCount() external view returns (uint256 count) {
        return _approvals.length;
    }

    /// @inheritdoc ERC7739
    function isValidSignature(
        bytes32 hash,
        bytes calldata signature
    ) public view override(ERC7739, IERC1271) returns (bytes4 result) {
        return super.isValidSignature(hash, signature);
    }

    /// @inheritdoc IERC6551Account
    function token() public view returns (uint256 chainId, address tokenContract, uint256 tokenId) {
        return ERC6551AccountLib.token();
    }

    /// @inheritdoc IDeviceAccount
    function owner() public view returns (address controller) {
        (uint256 chainId, address registry, uint256 deviceId) = token();
        return chainId == _chainId ? IDeviceRegistry(registry).controllerOf(deviceId) : address(0);
    }

    /// @inheritdoc IDeviceAccount
    function policy() public view returns (Policy memory current) {
        (, address registry, uint256 deviceId) = token();
        Policy memory stored = _policy;
        bool inForce =
            block.timestamp <= stored.expiry && stored.version == IDeviceRegistry(registry).versionOf(deviceId);
        if (inForce) return stored;
    }

    /// @inheritdoc ERC1155Holder
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return
            interfaceId == type(IERC6551Account).interfaceId ||
            interfaceId == type(IERC6551Executable).interfaceId ||
            interfaceId == type(IERC1271).interfaceId ||
            interfaceId == type(IDeviceAccount).interfaceId ||
            super.supportsInterface(interfaceId);
    }

    /// @dev The controller's signature, never the device's: what a device may do is in the policy and nowhere else.
    function _rawSignatureValidation(bytes32 hash, bytes calldata signature) internal view override returns (bool) {
        return !_isLocked() && SignatureChecker.isValidSignatureNowCalldata(owner(), hash, signature);
    }

    function _permit(uint64 id, address[3] memory registries, address target, bytes4 selector) private {
        bool forbidden =
            target == address(this) ||
                target == registries[0] ||
                target == registries[1] ||
                target == registries[2] ||
                _budgets[id][Currency.wrap(target)].allowance != 0 ||
                TokenSelectors.approvesOrMoves(selector);
        require(!forbidden, DeviceAccountForbiddenPermission(target, selector));
        _permissions[id][target][selector] = true;
    }

    function _charge(
        Policy memory current,
        Currency currency,
        uint128 amount
    ) private returns (SpendingBudget.Budget storage budget) {
        budget = _budgets[current.id][currency];
        uint48 window = _windowOf(current);
        uint128 left = budget.remaining(window);
        // A token that is not listed is refused even for nothing: `approve(target, 0)` may mean something to it.
        bool covered = amount <= left && (currency.isNative() || budget.allowance != 0);
        require(covered, DeviceAccountAllowanceExceeded(currency, amount, left));
        _budgets[current.id][currency] = budget.charged(window, amount);
    }

    function _pay(Spend calldata request) private returns (bytes memory result, uint256 charged) {
        if (!request.currency.isNative()) return _payToken(request);
        if (request.data.length == 0) Address.sendValue(payable(request.target), request.maximum);
        else result = Address.functionCallWithValue(request.target, request.data, request.maximum);
        charged = request.maximum;
    }

    function _payToken(Spend calldata request) private returns (bytes memory result, uint256 charged) {
        IERC20 asset = IERC20(Currency.unwrap(request.currency));
        uint256 held = asset.balanceOf(address(this));
        uint256 unused = 0;
        if (request.data.length == 0) {
            asset.safeTransfer(request.target, request.maximum);
        } else {
            asset.forceApprove(request.target, request.maximum);
            result = Address.functionCall(request.target, request.data);
            unused = asset.allowance(address(this), request.target);
            asset.forceApprove(request.target, 0);
        }
        // The approval used counts even if the tokens came back; the balance's fall counts even if no approval was
        // used.
        charged = Math.max(
            Math.saturatingSub(request.maximum, unused),
            Math.saturatingSub(held, asset.balanceOf(address(this)))
        );
        bool within = charged <= request.maximum;
        require(within, DeviceAccountMaximumExceeded(request.currency, charged, request.maximum));
    }

    function _listApproval(address asset, address spender) private {
        if (_isListed[asset][spender]) return;
        _isListed[asset][spender] = true;
        _approvals.push(Approval(asset, spender));
    }

    function _checkDeviceSignature(Spend calldata request, bytes calldata signature) private view {
        (, address registry, uint256 deviceId) = token();
        bytes32 digest = _hashTypedDataV4(_hashSpend(request));
        bool signed = IDeviceRegistry(registry).isDeviceSignature(deviceId, digest, signature);
        require(signed, DeviceAccountInvalidDeviceSignature(deviceId));
    }

    /// @dev Where the wallet may hold tokens that are devices and makers, and where wallets are made.
    function _registriesOf(address registry) private view returns (address[3] memory registries) {
        registries[0] = registry;
        registries[1] = address(IDeviceRegistry(registry).makers());
        registries[2] = IDeviceRegistry(registry).erc6551Registry();
    }

    function _windowOf(Policy memory current) private view returns (uint48) {
        return SpendingBudget.windowAt(current.start, current.period, uint48(block.timestamp));
    }

    function _isLocked() private view returns (bool) {
        return block.timestamp < _lockedUntil;
    }

    function _hashSpend(Spend calldata request) private pure returns (bytes32 structHash) {
        return
            keccak256(
                abi.encode(
                    SPEND_TYPEHASH,
                    request.policy,
                    request.target,
                    request.currency,
                    request.maximum,
                    keccak256(request.data),
                    request.nonce,
                    request.deadline
                )
            );
    }

    /// @dev Data that is neither empty nor a call with a selector of its own could pass for a plain payment.
    function _selectorOf(bytes calldata data) private pure returns (bytes4 selector) {
        if (data.length == 0) return PAYMENT;
        selector = bytes4(data);
        require(data.length >= 4 && selector != PAYMENT, DeviceAccountMalformedCall(data));
    }
}
