// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataAssets} from "./IDataAssets.sol";

/// @title StreamClock
/// @notice When a stream's epochs start, end and become final. Epoch e is [first + e x length,
/// first + (e + 1) x length) in seconds. Nothing here overflows: epochs and lengths are 32 bits, times 48.
library StreamClock {
    /// @notice The epoch that runs at `timestamp`; 0 before the first one starts.
    function epochAt(IDataAssets.Stream memory stream, uint256 timestamp) internal pure returns (uint256 epoch) {
        if (timestamp < stream.firstEpochStart) return 0;
        return (timestamp - stream.firstEpochStart) / stream.epochLength;
    }

    /// @notice The first epoch that has not begun at `timestamp`. Differs from the one after {epochAt} only before the
    /// first one starts.
    function nextEpochAt(IDataAssets.Stream memory stream, uint256 timestamp) internal pure returns (uint256 epoch) {
        return timestamp < stream.firstEpochStart ? 0 : epochAt(stream, timestamp) + 1;
    }

    /// @notice When an epoch starts, in seconds: when the one before it ends.
    function startOf(IDataAssets.Stream memory stream, uint256 epoch) internal pure returns (uint256 timestamp) {
        return stream.firstEpochStart + epoch * stream.epochLength;
    }

    /// @notice The first second at which an epoch can no longer be delivered.
    function finalAt(IDataAssets.Stream memory stream, uint256 epoch) internal pure returns (uint256 timestamp) {
        return startOf(stream, epoch + 1) + stream.grace;
    }

    /// @notice How many epochs are too late to be delivered at `timestamp`: those before the first with
    /// `timestamp < finalAt`.
    function overdueAt(IDataAssets.Stream memory stream, uint256 timestamp) internal pure returns (uint256 count) {
        uint256 delay = uint256(stream.firstEpochStart) + stream.grace;
        return timestamp < delay ? 0 : (timestamp - delay) / stream.epochLength;
    }
}
