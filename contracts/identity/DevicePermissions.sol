// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title DevicePermissions
/// @notice What a device's owner may grant to others, as bits of one map. Bits that stand here mean the same in every
/// contract of the suite; the others are free for applications.
library DevicePermissions {
    /// @notice To read the device's data and publish it. The data domain asks for it.
    uint128 internal constant DATA = 1 << 0;
    /// @notice To replace the device's document.
    uint128 internal constant DOCUMENT = 1 << 1;
    /// @notice To suspend and resume the device.
    uint128 internal constant OPERATION = 1 << 2;
}
