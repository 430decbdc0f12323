// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title OfferFlags
/// @notice What is true of an offer, as bits of one map.
library OfferFlags {
    /// @notice It is on chain.
    uint8 internal constant LISTED = 1 << 0;
    /// @notice Its owner withdrew it, on chain or not.
    uint8 internal constant WITHDRAWN = 1 << 1;
    /// @notice Its grants keep all others out.
    uint8 internal constant EXCLUSIVE = 1 << 2;
    /// @notice Its grants may be wrapped and move.
    uint8 internal constant TRANSFERABLE = 1 << 3;
    /// @notice Epochs that have not begun may be cancelled.
    uint8 internal constant CANCELLABLE = 1 << 4;
    /// @notice The content is encrypted, and its key is delivered.
    uint8 internal constant ENCRYPTED = 1 << 5;
    /// @notice So many units are sold and no more.
    uint8 internal constant LIMITED = 1 << 6;
    /// @notice A gate is asked.
    uint8 internal constant GATED = 1 << 7;
}
