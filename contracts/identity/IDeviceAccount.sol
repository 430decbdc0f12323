// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC6551Account} from "erc6551/interfaces/IERC6551Account.sol";
import {IERC6551Executable} from "erc6551/interfaces/IERC6551Executable.sol";

import {Currency} from "../shared/Currency.sol";

/// @title IDeviceAccount
/// @notice A device's wallet: its ERC-6551 account. It obeys the device's controller (the owner, or the last owner of a
/// retired device) in everything, and the device itself within a policy that the controller set.
///
/// The device signs `Spend(uint64 policy,address target,address currency,uint128 maximum,bytes data,uint256
/// nonce,uint48 deadline)` in the domain ("DeFIoT DeviceAccount", "1", chain, this account); anyone relays it. What is
/// charged against the allowance:
///
/// - native coin: the value sent; what comes back is not credited;
/// - ERC-20: the larger of what the wallet's balance fell by and what was used of the approval given for the call.
///
/// Approvals that the controller gave a listed target himself are outside the meter: they are his, not the device's;
/// a spend through such a target ends them. Never list a target that swallows failures of what it was paid for, since a
/// relayer chooses the gas.
///
/// ERC-20 approvals outlive a sale of the device: a buyer looks at {approvals}, and has the seller {lock} the wallet,
/// so that what he sees is what he gets. A policy's number is drawn from the hash of the block before, so nothing that
/// the device signed before a sale is spent under the policy that the buyer sets in a later block.
interface IDeviceAccount is IERC6551Account, IERC6551Executable, IERC1271 {
    /// @notice A function the device may call, or an address it may pay.
    /// @param target The contract or the recipient. Never the wallet, a registry, or a currency of the policy.
    /// @param selector The function; 0 to allow plain payments to the target instead. Never one of {TokenSelectors},
    /// whatever the target.
    struct Permission {
        address target;
        bytes4 selector;
    }

    /// @notice What the device may spend of a currency in each period.
    /// @param amount In the currency's smallest unit.
    struct Allowance {
        Currency currency;
        uint128 amount;
    }

    /// @notice What a device asks its wallet to do.
    /// @param policy Number of the policy the device believes in force.
    /// @param target The contract called, or the recipient paid.
    /// @param currency What it costs.
    /// @param maximum The most it may cost, in the currency's smallest unit. Native: the value sent. ERC-20: the
    /// approval the target gets for the call, or the amount paid.
    /// @param data The call; empty for a plain payment of `maximum`.
    /// @param nonce The wallet's next keyed nonce: 192 bits of key, 64 bits of sequence.
    /// @param deadline Last second at which the signature is good.
    struct Spend {
        uint64 policy;
        address target;
        Currency currency;
        uint128 maximum;
        bytes data;
        uint256 nonce;
        uint48 deadline;
    }

    /// @notice A spending policy.
    /// @param id Number of the policy, drawn from the last block's hash; 0 if there is none.
    /// @param start When its first period began, in seconds.
    /// @param period Length of a period, in seconds.
    /// @param expiry Last second of the policy.
    /// @param version The device's version it was set under; under another it is void.
    struct Policy {
        uint64 id;
        uint48 start;
        uint48 period;
        uint48 expiry;
        uint32 version;
    }

    /// @notice An approval that the controller gave through {execute}; it may have been used or withdrawn since.
    /// @param token ERC-20, ERC-721 or ERC-1155 contract.
    /// @param spender Who was approved.
    struct Approval {
        address token;
        address spender;
    }

    /// @notice The controller had the wallet make a call.
    event Executed(address indexed target, uint256 value, bytes4 indexed selector);
    /// @notice The device spent `charged` (the currency's smallest unit) of its allowance.
    event DeviceSpent(
        uint64 indexed policy,
        address indexed target,
        Currency indexed currency,
        bytes4 selector,
        uint256 charged,
        uint256 nonce
    );
    /// @notice The controller set a policy; it takes the place of the former.
    event PolicySet(
        uint64 indexed policy,
        uint48 start,
        uint48 period,
        uint48 expiry,
        Permission[] permissions,
        Allowance[] allowances
    );
    /// @notice The controller ended the policy.
    event PolicyRevoked(uint64 indexed policy);
    /// @notice Nothing leaves the wallet, and nothing is signed by it, before `until` (seconds).
    event Locked(uint48 until);

    /// @notice Only the device's controller may do this.
    error DeviceAccountUnauthorized(address caller);
    /// @notice The wallet is locked until the given second.
    error DeviceAccountLocked(uint48 until);
    /// @notice A lock ends later than the present one and within 30 days.
    error DeviceAccountInvalidLock(uint48 until);
    /// @notice Only operation 0, a call, exists here.
    error DeviceAccountUnsupportedOperation(uint8 operation);
    /// @notice A policy has a period above 0 and ends in the future (seconds).
    error DeviceAccountInvalidPolicy(uint48 period, uint48 expiry);
    /// @notice An allowance is above 0, and there is one for each currency that is listed.
    error DeviceAccountInvalidAllowance(Currency currency);
    /// @notice This target or function can never be part of a policy.
    error DeviceAccountForbiddenPermission(address target, bytes4 selector);
    /// @notice The request names another policy, or that policy expired, was revoked, or is of a former owner.
    error DeviceAccountPolicyNotInForce(uint64 policy);
    /// @notice The policy does not list this target with this function.
    error DeviceAccountNotPermitted(address target, bytes4 selector);
    /// @notice Call data is empty or starts with a selector other than 0.
    error DeviceAccountMalformedCall(bytes data);
    /// @notice The signature could be used until `deadline` (seconds).
    error DeviceAccountExpiredSignature(uint48 deadline);
    /// @notice This is not the active device's signature over the request.
    error DeviceAccountInvalidDeviceSignature(uint256 deviceId);
    /// @notice The request asks for more than is left in this period, both in the currency's smallest unit.
    error DeviceAccountAllowanceExceeded(Currency currency, uint256 requested, uint256 remaining);
    /// @notice The call cost more than the request allowed, both in the currency's smallest unit.
    error DeviceAccountMaximumExceeded(Currency currency, uint256 charged, uint256 maximum);

    /// @notice Spends on the device's signed word, within the policy; anyone may send it. With `data` it calls the
    /// target: with `maximum` as value for the native coin, with an approval of exactly `maximum`, reset afterwards,
    /// for an ERC-20. Without `data` it pays `maximum` to the target.
    /// @param signature By the device, as its registry takes it.
    /// @return result What the call returned.
    /// Reverts with {DeviceAccountLocked}, {DeviceAccountExpiredSignature}, {DeviceAccountPolicyNotInForce},
    /// {DeviceAccountMalformedCall}, {DeviceAccountNotPermitted}, {DeviceAccountInvalidDeviceSignature},
    /// {DeviceAccountAllowanceExceeded}, {DeviceAccountMaximumExceeded}, InvalidAccountNonce, and what the call itself
    /// reverts with.
    function spend(Spend calldata request, bytes calldata signature) external returns (bytes memory result);

    /// @notice Sets what the device may spend; only the controller. It takes the place of the former policy as a whole,
    /// requests signed for that one included. Periods start now.
    /// @param period Length of a period, in seconds; above 0.
    /// @param expiry Last second of the policy; in the future.
    /// @return id The policy's number.
    /// Reverts with {DeviceAccountUnauthorized}, {DeviceAccountLocked}, {DeviceAccountInvalidPolicy},
    /// {DeviceAccountInvalidAllowance}, {DeviceAccountForbiddenPermission}.
    function setPolicy(
        uint48 period,
        uint48 expiry,
        Permission[] calldata permissions,
        Allowance[] calldata allowances
    ) external returns (uint64 id);

    /// @notice Ends the policy in force; only the controller; also while the wallet is locked, since nothing leaves by
    /// it.
    /// Reverts with {DeviceAccountUnauthorized}, {DeviceAccountPolicyNotInForce}.
    function revokePolicy() external;

    /// @notice Locks the wallet: no execution, no spending, no policy, no ERC-1271 signature until then. Survives
    /// transfers and cannot be shortened. Only the controller.
    /// @param until In seconds; after the present lock, at most 30 days ahead.
    /// Reverts with {DeviceAccountUnauthorized}, {DeviceAccountInvalidLock}.
    function lock(uint48 until) external;

    /// @notice Whom the wallet obeys: the device's controller; zero if the device is unknown or of another chain.
    function owner() external view returns (address controller);

    /// @notice The second until which the wallet is locked; 0 or a past one if it is not.
    function lockedUntil() external view returns (uint48 until);

    /// @notice The policy in force; all zero if there is none.
    function policy() external view returns (Policy memory current);

    /// @notice Whether the policy in force lists this target with this function (0: plain payment).
    function isPermitted(address target, bytes4 selector) external view returns (bool);

    /// @notice What the device may still spend in this period, in the currency's smallest unit; 0 without a policy.
    function remainingAllowance(Currency currency) external view returns (uint256 remaining);

    /// @notice What a buyer should check: every approval that was ever given through {execute} by a plain call of
    /// a function that {TokenSelectors-approves} knows. Permits signed through ERC-1271 are not seen, nor what a
    /// contract that was approved (Permit2) approves in its turn.
    /// @param start Index of the first.
    /// @param end Index after the last; may lie beyond the end.
    function approvals(uint256 start, uint256 end) external view returns (Approval[] memory list);

    /// @notice How many {approvals} there are.
    function approvalCount() external view returns (uint256 count);
}
