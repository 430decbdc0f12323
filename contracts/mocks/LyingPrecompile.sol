// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title LyingPrecompile
/// @notice Answers every question in the same way: with fixed bytes, with a revert that carries them, by burning its
/// gas, or with as many bytes as its gas can make.
contract LyingPrecompile {
    enum Manner {
        Return,
        Revert,
        Burn,
        Flood
    }

    /// @dev Memory of this size costs 24,000 gas: about the most that a call with 30,000 can return.
    uint256 private constant FLOOD = 90_000;

    Manner private _manner;
    bytes private _answer;

    /// @notice Answers.
    fallback(bytes calldata) external returns (bytes memory) {
        Manner manner = _manner;
        while (manner == Manner.Burn) {}
        if (manner == Manner.Flood) _flood();
        bytes memory answer = _answer;
        if (manner == Manner.Revert) _revert(answer);
        return answer;
    }

    /// @notice Sets how to answer from now on.
    function lie(Manner manner, bytes calldata answer) external {
        _manner = manner;
        _answer = answer;
    }

    /// @dev Memory is expanded by the `RETURN` and never written: the most bytes for the gas.
    function _flood() private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            return(0, FLOOD)
        }
    }

    function _revert(bytes memory answer) private pure {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}
