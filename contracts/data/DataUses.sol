// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title DataUses
/// @notice What a licence allows, as bits of one map. Bits that stand here mean the same in every contract of the
/// suite; the three others are free for applications.
library DataUses {
    /// @notice Within the buyer's own organisation.
    uint8 internal constant INTERNAL = 1 << 0;
    /// @notice In products and services that are sold.
    uint8 internal constant COMMERCIAL = 1 << 1;
    /// @notice To train models.
    uint8 internal constant MODEL_TRAINING = 1 << 2;
    /// @notice To sell the data on.
    uint8 internal constant RESALE = 1 << 3;
    /// @notice To publish and offer assets made from it. The market asks for it.
    uint8 internal constant DERIVATIVES = 1 << 4;
}
