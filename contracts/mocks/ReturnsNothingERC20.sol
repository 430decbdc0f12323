// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ReturnsNothingERC20
/// @notice A token from before the standard settled: it moves what it is asked to move, or reverts, and returns
/// nothing (USDT on Ethereum).
contract ReturnsNothingERC20 {
    /// @notice What an account holds.
    mapping(address account => uint256) public balanceOf;

    /// @notice What an account lets another move.
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    /// @notice Makes `amount` for `to` out of nothing.
    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    /// @notice Lets `spender` move `amount` of the caller's.
    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    /// @notice Moves `amount` from the caller to `to`.
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    /// @notice Moves `amount` from `from` to `to`, which `from` has approved.
    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}
