// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title AnyAnswerVerifier
/// @notice Double of an ERC-7913 verifier that answers whatever it was told to, in form and in length.
contract AnyAnswerVerifier {
    enum Manner {
        Return,
        Revert,
        Burn
    }

    Manner private _manner;
    bytes private _answer;
    bytes32 private _inputHash;
    uint256 private _gas;

    /// @notice Answers as told. Asked something else than it expects, or with less gas, it answers with nothing.
    // solhint-disable-next-line payable-fallback
    fallback(bytes calldata input) external returns (bytes memory) {
        if (gasleft() < _gas) return "";
        while (_manner == Manner.Burn) {}
        bytes memory answer = _answer;
        if (_manner == Manner.Revert) {
            // solhint-disable-next-line no-inline-assembly
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return _inputHash == 0 || keccak256(input) == _inputHash ? answer : bytes("");
    }

    /// @notice Sets the answer to everything.
    function answerWith(Manner manner, bytes calldata answer) external {
        (_manner, _answer, _inputHash, _gas) = (manner, answer, 0, 0);
    }

    /// @notice Makes the answer depend on the whole call, selector included.
    function expectInput(bytes calldata input) external {
        _inputHash = keccak256(input);
    }

    /// @notice Makes the answer depend on the gas that is there when the call begins.
    function expectGas(uint256 least) external {
        _gas = least;
    }
}
