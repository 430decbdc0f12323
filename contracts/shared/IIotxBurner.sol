// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IIotxBurner
/// @notice Where native coin goes to die. The contract has no way out: what is in it is out of circulation, and the
/// supply that is left is the chain's total minus this contract's balance. Anyone may burn his own.
interface IIotxBurner {
    /// @notice Coin was burned (wei) by `source`.
    event Burned(address indexed source, uint256 amount);

    /// @notice Burns the coin that comes with the call, for good. A plain transfer does the same if it
    /// carries more than the 2,300 gas of a stipend.
    function burn() external payable;

    /// @notice What `source` has burned since the beginning, in wei. Coin that was forced in, past any function, is in
    /// the balance and in nobody's sum.
    function burnedBy(address source) external view returns (uint256 amount);
}
