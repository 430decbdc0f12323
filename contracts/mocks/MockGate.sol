// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessGate} from "../data/IAccessGate.sol";

/// @title MockGate
/// @notice Lets in whom it was told to, and can be told to answer badly.
contract MockGate is IAccessGate {
    /// @notice It was told to revert.
    error MockGateClosed();

    /// @notice How it answers.
    enum Manner {
        Properly,
        Reverting,
        BurningAllGas,
        WithTwo,
        WithAShortWord,
        WithTwoWords
    }

    mapping(address holder => bool) private _members;
    Manner private _manner;

    /// @notice Lets a holder in, or no longer.
    function admit(address holder, bool admitted) external {
        _members[holder] = admitted;
    }

    /// @notice Answers in another manner from now on.
    function behave(Manner manner) external {
        _manner = manner;
    }

    /// @inheritdoc IAccessGate
    function mayHold(bytes32, address holder) external view returns (bool) {
        Manner manner = _manner;
        require(manner != Manner.Reverting, MockGateClosed());
        if (manner == Manner.BurningAllGas) while (true) {}
        if (manner == Manner.WithTwo) _answer(abi.encode(uint256(2)));
        if (manner == Manner.WithAShortWord) _answer(hex"01");
        if (manner == Manner.WithTwoWords) _answer(abi.encode(true, true));
        return _members[holder];
    }

    function _answer(bytes memory answer) private pure {
        assembly ("memory-safe") {
            return(add(answer, 32), mload(answer))
        }
    }
}
