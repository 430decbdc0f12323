// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IERC7540Operator
/// @notice Who may act on somebody's requests, as ERC-7540 has it. An operator may request with all of the account's
/// shares and send what comes of it anywhere: trust him with both.
interface IERC7540Operator {
    /// @notice `controller` gave `operator` this right, or took it back.
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    /// @notice Lets `operator` manage the caller's requests and shares, or no longer.
    /// @return success Always true.
    function setOperator(address operator, bool approved) external returns (bool success);

    /// @notice Whether `operator` may manage the requests and shares of `controller`.
    function isOperator(address controller, address operator) external view returns (bool status);
}

/// @title IERC7540Redeem
/// @notice Redeeming in two steps, as ERC-7540 has it: shares are requested out, and what they bring is claimed with
/// {IERC7575-redeem} or {IERC7575-withdraw} when it is there.
interface IERC7540Redeem {
    /// @notice `sender` requested `shares` of `owner` out, for `controller`.
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Requests shares out.
    /// @param shares How many.
    /// @param controller Who may claim what they bring.
    /// @param owner Whose they are.
    /// @return requestId Tells requests of one controller apart; 0 where they are not told apart.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// @notice Shares of a request that cannot be claimed yet.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// @notice Shares of a request that can be claimed.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
}
