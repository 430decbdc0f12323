// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title WalletTarget
/// @notice What a device's wallet may be told to call. It takes what its caller approved in every way there is: less,
/// all, more, later, over another's approval; and it gives back, calls back, or refuses.
contract WalletTarget {
    /// @notice The target was asked to refuse.
    error TargetRefused(uint256 reason);

    /// @notice The last call of {serve}.
    event Served(address indexed caller, uint256 value, uint256 request);

    receive() external payable {}

    /// @notice Takes `amount` of the caller's tokens.
    function take(IERC20 token, uint256 amount) external {
        token.transferFrom(msg.sender, address(this), amount);
    }

    /// @notice Takes `amount` of the caller's tokens and sends him `back` of them.
    function takeAndGiveBack(IERC20 token, uint256 amount, uint256 back) external {
        token.transferFrom(msg.sender, address(this), amount);
        token.transfer(msg.sender, back);
    }

    /// @notice Takes `amount` of the caller's tokens, and `more` over the approval that `other` has of him.
    function takeWithHelp(IERC20 token, uint256 amount, WalletTarget other, uint256 more) external {
        if (amount != 0) token.transferFrom(msg.sender, address(this), amount);
        other.takeFrom(token, msg.sender, more);
    }

    /// @notice Takes `amount` of the tokens of `from`, at any time.
    function takeFrom(IERC20 token, address from, uint256 amount) external {
        token.transferFrom(from, address(this), amount);
    }

    /// @notice Takes nothing; tells what it was called with.
    function serve(uint256 request) external payable returns (uint256 answer) {
        emit Served(msg.sender, msg.value, request);
        return request + 1;
    }

    /// @notice Sends `amount` of coin to the caller.
    function giveBack(uint256 amount) external payable {
        Address.sendValue(payable(msg.sender), amount);
    }

    /// @notice Reverts with a reason.
    function refuse(uint256 reason) external payable {
        revert TargetRefused(reason);
    }

    /// @notice Calls whom it is told to, and reverts as the callee does.
    function forward(address to, bytes calldata data) external payable returns (bytes memory result) {
        return Address.functionCall(to, data);
    }

    /// @notice Burns `rounds` of hashing before it is done.
    function toil(uint256 rounds) external payable returns (bytes32 hash) {
        for (uint256 i = 0; i < rounds; ++i) hash = keccak256(abi.encode(hash, i));
    }
}
