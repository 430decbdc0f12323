// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IAccessGate
/// @notice A seller's own condition on who may hold a grant: a list, a membership, a proof of anything. It is asked at
/// each purchase and when a wrapped grant moves, by a static call with 100,000 gas; what is not a plain `true` is a no.
interface IAccessGate {
    /// @notice Whether `holder` may come to hold a grant of this offer.
    function mayHold(bytes32 offerId, address holder) external view returns (bool);
}
