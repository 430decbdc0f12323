// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Test} from "forge-std/Test.sol";

import {IP256Verifier} from "../../contracts/identity/IP256Verifier.sol";
import {P256Verifier} from "../../contracts/identity/P256Verifier.sol";
import {IotexP256Precompile} from "../../contracts/mocks/IotexP256Precompile.sol";
import {LyingPrecompile} from "../../contracts/mocks/LyingPrecompile.sol";
import {Rip7212Precompile} from "../../contracts/mocks/Rip7212Precompile.sol";
import {TaughtPrecompile} from "../../contracts/mocks/TaughtPrecompile.sol";

/// @dev Three verifiers on one chain, each standing on another path. Where the chain has a precompile at 0x100
/// (Osaka), that is the one that is asked; elsewhere its double.
contract P256VerifierTest is Test {
    bytes4 private constant YES = IERC7913SignatureVerifier.verify.selector;
    bytes4 private constant NO = 0xffffffff;
    address private constant RIP7212 = address(0x100);
    address private constant IOTEX = address(0x8001);

    struct Claim {
        bytes32 x;
        bytes32 y;
        bytes32 hash;
        bytes32 r;
        bytes32 s;
    }

    P256Verifier private _solidity;
    P256Verifier private _rip7212;
    P256Verifier private _iotex;

    function setUp() public {
        bool real = new P256Verifier().path() == IP256Verifier.Path.Rip7212;
        if (!real) vm.etch(RIP7212, type(Rip7212Precompile).runtimeCode);
        vm.etch(IOTEX, type(IotexP256Precompile).runtimeCode);
        _teachVectors();
        _rip7212 = new P256Verifier();
        _solidity = _standOn(IP256Verifier.Path.Solidity);
        _iotex = _standOn(IP256Verifier.Path.Iotex);
    }

    function test_IDN08_standsOnAllPaths() public view {
        assertEq(uint8(_solidity.path()), uint8(IP256Verifier.Path.Solidity));
        assertEq(uint8(_rip7212.path()), uint8(IP256Verifier.Path.Rip7212));
        assertEq(uint8(_iotex.path()), uint8(IP256Verifier.Path.Iotex));
    }

    function testFuzz_IDN08_acceptsWhatAnyKeySigned(uint256 privateKey, bytes32 hash) public {
        Claim memory claim = _sign(privateKey, hash);
        assertEq(_askAll(claim), YES, "IDN-08: a good signature was refused");
    }

    /// @dev As owners, makers and operators sign: `verifier | key` is the ERC-7913 signer.
    function testFuzz_servesOpenZeppelinsSignatureChecker(uint256 privateKey, bytes32 hash, bytes32 other) public view {
        vm.assume(hash != other);
        Claim memory claim = _sign(privateKey, hash);
        bytes memory signer = abi.encodePacked(_solidity, claim.x, claim.y);
        bytes memory signature = abi.encode(claim.r, claim.s);
        assertTrue(SignatureChecker.isValidSignatureNow(signer, hash, signature));
        assertFalse(SignatureChecker.isValidSignatureNow(signer, other, signature));
    }

    /// @dev The other s is as good to a precompile, and to nobody here.
    function testFuzz_IDN08_R11_refusesTheMalleatedSignature(uint256 privateKey, bytes32 hash) public {
        Claim memory claim = _sign(privateKey, hash);
        claim.s = bytes32(P256.N - uint256(claim.s));
        assertEq(_askAll(claim), NO, "IDN-08: a malleated signature was accepted");
    }

    function testFuzz_IDN08_refusesEveryFlippedBit(uint256 privateKey, bytes32 hash, uint256 word, uint8 bit) public {
        Claim memory claim = _sign(privateKey, hash);
        bytes32 flip = bytes32(uint256(1) << bit);
        word = bound(word, 0, 4);
        if (word == 0) claim.hash ^= flip;
        else if (word == 1) claim.r ^= flip;
        else if (word == 2) claim.s ^= flip;
        else if (word == 3) claim.x ^= flip;
        else claim.y ^= flip;
        assertEq(_askAll(claim), NO, "IDN-08: a changed claim was accepted");
    }

    function testFuzz_IDN08_agreesOnRandomNumbers(Claim memory claim) public {
        assertEq(_askAll(claim), NO, "IDN-08: random numbers were accepted");
    }

    function testFuzz_IDN11_neverRevertsForMalformedInput(
        bytes calldata key,
        bytes32 hash,
        bytes calldata signature
    ) public view {
        assertEq(_rip7212.verify(key, hash, signature), NO, "IDN-11: malformed input was accepted");
    }

    function testFuzz_IDN11_refusesEveryOtherLength(uint256 privateKey, bytes32 hash, uint8 length, bool ofKey) public {
        Claim memory claim = _sign(privateKey, hash);
        bytes memory key = abi.encode(claim.x, claim.y);
        bytes memory signature = abi.encode(claim.r, claim.s);
        vm.assume(length != 64);
        if (ofKey) key = _resize(key, length);
        else signature = _resize(signature, length);
        assertEq(_solidity.verify(key, hash, signature), NO, "IDN-11: another length was accepted");
    }

    function testFuzz_IDN11_littleGasIsNeverANo(uint256 privateKey, bytes32 hash, uint256 gasGiven) public {
        Claim memory claim = _sign(privateKey, hash);
        _teach(RIP7212, claim, 28_000);
        _teach(IOTEX, claim, 28_000);
        bytes memory call_ = _call(claim);
        _expectNoFalseNo(_solidity, call_, bound(gasGiven, 0, _solidity.MAX_VERIFY_GAS()));
        _expectNoFalseNo(_rip7212, call_, bound(gasGiven, 0, 120_000));
        _expectNoFalseNo(_iotex, call_, bound(gasGiven, 0, 120_000));
    }

    /// @dev With {MAX_VERIFY_GAS} there is an answer, whatever the stored path has become.
    function testFuzz_IDN11_maxVerifyGasIsEnough(
        uint256 privateKey,
        bytes32 hash,
        uint8 manner,
        bytes32 answer
    ) public {
        Claim memory claim = _sign(privateKey, hash);
        _corrupt(RIP7212, LyingPrecompile.Manner(bound(manner, 0, 3)), abi.encode(answer, answer));
        _corrupt(IOTEX, LyingPrecompile.Manner(bound(manner, 0, 3)), abi.encode(answer, answer));
        P256Verifier[3] memory verifiers = [_solidity, _rip7212, _iotex];
        for (uint256 i = 0; i < verifiers.length; ++i) {
            uint256 cap = verifiers[i].MAX_VERIFY_GAS();
            (bool success, bytes memory result) = address(verifiers[i]).staticcall{gas: cap}(_call(claim));
            assertTrue(success, "IDN-11: MAX_VERIFY_GAS is too little");
            assertEq(abi.decode(result, (bytes4)), YES, "IDN-11: a good signature was refused");
        }
    }

    function testFuzz_IDN11_aStarvedProbeStoresNothing(uint256 gasGiven) public {
        _teachVector(RIP7212, false, 28_000);
        gasGiven = bound(gasGiven, 0, 200_000);
        (bool success, ) = address(_rip7212).call{gas: gasGiven}(abi.encodeCall(IP256Verifier.probe, ()));
        assertEq(uint8(_rip7212.path()), uint8(IP256Verifier.Path.Rip7212), "IDN-11: a probe was starved");
        assertTrue(success || gasGiven < 120_000, "IDN-11: a probe was refused gas that is enough");
    }

    /// @dev A verifier that stands on a path that {probe} would not choose while 0x100 is there.
    function _standOn(IP256Verifier.Path path) private returns (P256Verifier verifier) {
        verifier = new P256Verifier();
        vm.store(address(verifier), 0, bytes32(uint256(path)));
    }

    /// @dev Leaves a real precompile alone: it cannot be replaced.
    function _corrupt(address path, LyingPrecompile.Manner manner, bytes memory answer) private {
        if (path.code.length == 0) return;
        vm.etch(path, type(LyingPrecompile).runtimeCode);
        LyingPrecompile(path).lie(manner, answer);
    }

    function _expectNoFalseNo(P256Verifier verifier, bytes memory call_, uint256 gasGiven) private view {
        (bool success, bytes memory result) = address(verifier).staticcall{gas: gasGiven}(call_);
        if (success) assertEq(abi.decode(result, (bytes4)), YES, "IDN-11: little gas made a yes a no");
    }

    /// @dev Asserts that all paths give one answer, and gives it.
    function _askAll(Claim memory claim) private returns (bytes4 answer) {
        _teach(RIP7212, claim, 0);
        _teach(IOTEX, claim, 0);
        answer = _ask(_solidity, claim);
        assertEq(_ask(_rip7212, claim), answer, "IDN-08: 0x100 disagrees with Solidity");
        assertEq(_ask(_iotex, claim), answer, "IDN-08: 0x8001 disagrees with Solidity");
    }

    function _ask(P256Verifier verifier, Claim memory claim) private view returns (bytes4) {
        return verifier.verify(abi.encode(claim.x, claim.y), claim.hash, abi.encode(claim.r, claim.s));
    }

    function _sign(uint256 privateKey, bytes32 hash) private pure returns (Claim memory claim) {
        privateKey = bound(privateKey, 1, P256.N - 1);
        (uint256 x, uint256 y) = vm.publicKeyP256(privateKey);
        (bytes32 r, bytes32 s) = vm.signP256(privateKey, sha256(abi.encodePacked(hash)));
        if (uint256(s) > P256.N / 2) s = bytes32(P256.N - uint256(s));
        claim = Claim({x: bytes32(x), y: bytes32(y), hash: hash, r: r, s: s});
    }

    function _teachVectors() private {
        _teachVector(RIP7212, false, 0);
        _teachVector(RIP7212, true, 0);
        _teachVector(IOTEX, false, 0);
        _teachVector(IOTEX, true, 0);
    }

    /// @dev The verifier's own questions: Wycheproof's "small r and s", and the same of the flipped digest.
    function _teachVector(address path, bool bad, uint248 minGas) private {
        bytes32 digest = 0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023;
        _teachDigest(
            path,
            bad ? ~digest : digest,
            Claim({
                hash: 0,
                r: bytes32(uint256(5)),
                s: bytes32(uint256(1)),
                x: 0xa71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957,
                y: 0x5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b
            }),
            minGas
        );
    }

    function _teach(address path, Claim memory claim, uint248 minGas) private {
        _teachDigest(path, sha256(abi.encodePacked(claim.hash)), claim, minGas);
    }

    function _teachDigest(address path, bytes32 digest, Claim memory claim, uint248 minGas) private {
        if (path.code.length == 0) return;
        bytes memory input =
            path == RIP7212
                ? abi.encodePacked(digest, claim.r, claim.s, claim.x, claim.y)
                : abi.encodePacked(digest, claim.r, claim.s, bytes1(0x04), claim.x, claim.y);
        TaughtPrecompile(path).teach(input, minGas);
    }

    function _call(Claim memory claim) private pure returns (bytes memory) {
        return
            abi.encodeCall(
                IERC7913SignatureVerifier.verify,
                (abi.encode(claim.x, claim.y), claim.hash, abi.encode(claim.r, claim.s))
            );
    }

    function _resize(bytes memory data, uint256 length) private pure returns (bytes memory resized) {
        resized = new bytes(length);
        for (uint256 i = 0; i < length && i < data.length; ++i) {
            resized[i] = data[i];
        }
    }
}
