// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title TaughtPrecompile
/// @notice Double of a P-256 precompile. It really verifies, in Solidity, which costs ten times the gas that a caller
/// gives a precompile: so it verifies when taught, and answers from memory when asked. What it was not taught, it
/// answers with nothing.
abstract contract TaughtPrecompile {
    enum Verdict {
        Unknown,
        Valid,
        Invalid,
        Malformed
    }

    struct Lesson {
        Verdict verdict;
        uint248 minGas;
    }

    mapping(bytes32 inputHash => Lesson) private _lessons;

    /// @notice Answers as the precompile does.
    fallback(bytes calldata input) external returns (bytes memory) {
        uint256 start = gasleft();
        Lesson memory lesson = _lessons[keccak256(input)];
        if (lesson.verdict == Verdict.Unknown || start < lesson.minGas) return "";
        return _answer(lesson.verdict);
    }

    /// @notice Verifies `input`, so that it can be asked later.
    /// @param minGas With less gas it will answer nothing, and at once: the worst that a starved path can do, as the
    /// caller then has the gas to go on.
    function teach(bytes calldata input, uint248 minGas) external {
        _lessons[keccak256(input)] = Lesson(_judge(input), minGas);
    }

    function _judge(bytes calldata input) internal view virtual returns (Verdict);

    function _answer(Verdict verdict) internal pure virtual returns (bytes memory);

    /// @dev As the precompiles do, and unlike P256Verifier, with no objection to a high s.
    function _verify(bytes32 digest, bytes32 r, bytes32 s, bytes32 x, bytes32 y) internal view returns (Verdict) {
        if (!P256.isValidPublicKey(x, y)) return Verdict.Malformed;
        uint256 half = P256.N / 2;
        if (uint256(s) > half && uint256(s) < P256.N) s = bytes32(P256.N - uint256(s));
        return P256.verifySolidity(digest, r, s, x, y) ? Verdict.Valid : Verdict.Invalid;
    }
}
