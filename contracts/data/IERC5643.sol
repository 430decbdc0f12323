// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IERC5643
/// @notice ERC-5643: a token is a subscription with an end. The ERC-165 id is 0x8c65f84d.
interface IERC5643 {
    /// @notice A subscription has another end (seconds).
    event SubscriptionUpdate(uint256 indexed tokenId, uint64 expiration);

    /// @notice Extends a subscription by a duration (seconds).
    function renewSubscription(uint256 tokenId, uint64 duration) external payable;

    /// @notice Ends a subscription as early as it may be ended.
    function cancelSubscription(uint256 tokenId) external payable;

    /// @notice When a subscription ends, in seconds.
    function expiresAt(uint256 tokenId) external view returns (uint64 expiration);

    /// @notice Whether a subscription can be extended.
    function isRenewable(uint256 tokenId) external view returns (bool);
}
