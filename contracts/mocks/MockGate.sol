// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessGate} from "../data/IAccessGate.sol";

/// @title MockGate
/// @notice An {IAccessGate} that lets in whom it was told to, and can be told to answer badly: whence a fallback, which
/// answers with bare bytes.
contract MockGate {
    /// @notice It was told to revert, or asked something else.
    error MockGateReverted();

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

    fallback(bytes calldata question) external returns (bytes memory answer) {
        require(bytes4(question) == IAccessGate.mayHold.selector && _manner != Manner.Reverting, MockGateReverted());
        if (_manner == Manner.BurningAllGas) while (true) {}
        if (_manner == Manner.WithTwo) return abi.encode(uint256(2));
        if (_manner == Manner.WithAShortWord) return hex"01";
        if (_manner == Manner.WithTwoWords) return abi.encode(true, true);
        (, address holder) = abi.decode(question[4:], (bytes32, address));
        return abi.encode(_members[holder]);
    }

    /// @notice Lets a holder in, or no longer.
    function admit(address holder, bool admitted) external {
        _members[holder] = admitted;
    }

    /// @notice Answers in another manner from now on.
    function behave(Manner manner) external {
        _manner = manner;
    }
}
