// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {IP256Verifier} from "./IP256Verifier.sol";

/// @title P256Verifier
/// @notice ERC-7913 verifier of ES256 signatures: see {IP256Verifier}.
contract P256Verifier is IP256Verifier {
    /// @dev A signature, its digest and its key. Whatever reaches a path is one whose numbers are all in range, so
    /// that paths can differ only in what they compute, not in what they let through.
    struct Question {
        bytes32 digest;
        bytes32 r;
        bytes32 s;
        bytes32 x;
        bytes32 y;
    }

    /// @inheritdoc IP256Verifier
    uint256 public constant PATH_GAS = 30_000;

    /// @dev Solidity takes at most 260,000 (either compiler profile), a path that burns its gas twice {PATH_GAS} more.
    /// The worst that two answers can do is to be as long as that gas can make them, 103 kB each: 120,000 to copy.
    /// Together 450,000.
    /// @inheritdoc IP256Verifier
    uint256 public constant MAX_VERIFY_GAS = 500_000;

    address private constant RIP7212 = address(0x100);
    address private constant IOTEX = address(0x8001);

    /// @dev The least gas with which a path is asked. Between the check and the call go the encoding of the question
    /// and the price of a cold address (under 5,000 together), and of what then is left the call forwards at most
    /// 63/64: (40,000 - 5,000) * 63 / 64 = 34,453 > {PATH_GAS}, so the callee always gets the whole of it.
    uint256 private constant ASK_GAS = 40_000;

    /// @dev The highest `s` that is not malleable; n is odd, so this is (n - 1) / 2.
    uint256 private constant HALF_N = P256.N / 2;

    /// @inheritdoc IP256Verifier
    Path public path;

    constructor() {
        probe();
    }

    /// @inheritdoc IP256Verifier
    function verify(
        bytes calldata key,
        bytes32 hash,
        bytes calldata signature
    ) external view override returns (bytes4 magic) {
        if (key.length != 64 || signature.length != 64) return 0xffffffff;

        Question memory question = Question({
            digest: sha256(abi.encodePacked(hash)),
            r: bytes32(signature[:32]),
            s: bytes32(signature[32:]),
            x: bytes32(key[:32]),
            y: bytes32(key[32:])
        });
        if (!_isProper(question) || !_isSigned(question)) return 0xffffffff;
        return IERC7913SignatureVerifier.verify.selector;
    }

    /// @inheritdoc IP256Verifier
    function probe() public returns (Path current) {
        if (_tellsGoodFromBad(Path.Rip7212)) current = Path.Rip7212;
        else if (_tellsGoodFromBad(Path.Iotex)) current = Path.Iotex;
        else current = Path.Solidity;

        Path previous = path;
        if (current == previous) return current;
        path = current;
        emit PathChanged(previous, current);
    }

    /// @dev Everything a relayer can do by supplying little gas ends in a revert, not in a no: a path is asked with
    /// the whole of {PATH_GAS} or not at all ({_saysYes}); `sha256` and, in the Solidity path, `modexp` revert when
    /// their precompile fails; and the Solidity path gives the rest of its own frame to nobody.
    function _isSigned(Question memory question) private view returns (bool) {
        Path current = path;
        if (current != Path.Solidity) {
            if (_saysYes(current, question)) return true;
            // A no, or nothing: it is the path's verdict only while the path still knows a good signature.
            if (_saysYes(current, _knownGood())) return false;
        }
        return P256.verifySolidity(question.digest, question.r, question.s, question.x, question.y);
    }

    function _tellsGoodFromBad(Path candidate) private view returns (bool) {
        Question memory question = _knownGood();
        if (!_saysYes(candidate, question)) return false;
        question.digest = ~question.digest; // proper in form, and signed by nobody
        return !_saysYes(candidate, question);
    }

    /// @dev True only for the path's exact yes, in content and in length: an absent precompile succeeds too, with
    /// an empty answer. What a path may return is bounded by the gas it has to produce it.
    function _saysYes(Path asked, Question memory question) private view returns (bool) {
        uint256 left = gasleft();
        require(left >= ASK_GAS, P256VerifierInsufficientGas(ASK_GAS, left));

        (address target, bytes memory input, bytes memory yes) = asked == Path.Rip7212
            ? (RIP7212, _rip7212Input(question), abi.encode(uint256(1)))
            : (IOTEX, _iotexInput(question), bytes(hex"01"));
        (bool success, bytes memory answer) = target.staticcall{gas: PATH_GAS}(input);
        return success && Bytes.equal(answer, yes);
    }

    function _rip7212Input(Question memory question) private pure returns (bytes memory) {
        return abi.encode(question);
    }

    function _iotexInput(Question memory question) private pure returns (bytes memory) {
        return abi.encodePacked(question.digest, question.r, question.s, bytes1(0x04), question.x, question.y);
    }

    /// @dev True if `r` and `s` are in range, `s` not malleable, and the key a point on the curve.
    function _isProper(Question memory question) private pure returns (bool) {
        uint256 r = uint256(question.r);
        uint256 s = uint256(question.s);
        return r > 0 && r < P256.N && s > 0 && s <= HALF_N && P256.isValidPublicKey(question.x, question.y);
    }

    /// @dev Project Wycheproof, ecdsa_secp256r1_sha256_p1363, "small r and s": the message is "123400".
    function _knownGood() private pure returns (Question memory) {
        return
            Question({
                digest: 0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023,
                r: bytes32(uint256(5)),
                s: bytes32(uint256(1)),
                x: 0xa71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957,
                y: 0x5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b
            });
    }
}
