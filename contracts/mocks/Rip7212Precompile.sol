// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaughtPrecompile} from "./TaughtPrecompile.sol";

/// @title Rip7212Precompile
/// @notice Double of 0x100, for chains older than Osaka: `digest | r | s | x | y`, a 32-byte 1 back, or nothing.
contract Rip7212Precompile is TaughtPrecompile {
    function _judge(bytes calldata input) internal view override returns (Verdict) {
        if (input.length != 160) return Verdict.Malformed;
        return
            _verify(
                bytes32(input[:32]),
                bytes32(input[32:64]),
                bytes32(input[64:96]),
                bytes32(input[96:128]),
                bytes32(input[128:])
            );
    }

    function _answer(Verdict verdict) internal pure override returns (bytes memory) {
        return verdict == Verdict.Valid ? abi.encode(uint256(1)) : bytes("");
    }
}
