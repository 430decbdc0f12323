// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Magnitudes
/// @notice How an operator's stake is shared out among modules. He begins with a magnitude of {START}; an allocation
/// is a part of it, and worth `stake x part / what is left of it`. A slash takes as much of the magnitude as of the
/// stake, both from the module's part, so that no other module's amount moves.
library Magnitudes {
    /// @dev What every operator begins with.
    uint256 internal constant START = 1e16;
    /// @dev An operator with less left takes no more stake: a unit of magnitude would be too much of it.
    uint256 internal constant LEAST = START / 1e4;
}
