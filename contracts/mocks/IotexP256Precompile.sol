// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TaughtPrecompile} from "./TaughtPrecompile.sol";

/// @title IotexP256Precompile
/// @notice Double of IoTeX's 0x8001: `digest | r | s | 0x04 | x | y`, one byte back, a malformed key burns the gas.
contract IotexP256Precompile is TaughtPrecompile {
    function _judge(bytes calldata input) internal view override returns (Verdict) {
        if (input.length != 161 || input[96] != 0x04) return Verdict.Malformed;
        return
            _verify(
                bytes32(input[:32]),
                bytes32(input[32:64]),
                bytes32(input[64:96]),
                bytes32(input[97:129]),
                bytes32(input[129:])
            );
    }

    function _answer(Verdict verdict) internal pure override returns (bytes memory) {
        while (verdict == Verdict.Malformed) {}
        return verdict == Verdict.Valid ? bytes(hex"01") : bytes(hex"00");
    }
}
