// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";

/// @title IP256Verifier
/// @notice Verifies signatures by P-256 keys, the curve of secure elements, phones, TPMs and passkeys, on every
/// chain: by its precompile where there is one, in Solidity elsewhere, with the same answer on all of them.
/// @dev What a deployment relies on:
/// - `0x100` and `0x8001` hold nothing, or what the chain put there. A *yes* from the stored path is trusted, so
///   whoever may change what those addresses hold decides what this contract believes.
/// - A path that begins to lie is left by {probe}; one that vanishes, or changes its format, is noticed by
///   {verify} itself and costs gas, never a wrong answer.
interface IP256Verifier is IERC7913SignatureVerifier {
    /// @notice A way to verify a signature.
    /// - `Solidity`: OpenZeppelin's `P256.verifySolidity`. Always there.
    /// - `Rip7212`: RIP-7212 and EIP-7951 at 0x100. Asked `digest | r | s | x | y` (160 bytes), it says yes with a
    ///   32-byte 1; its no is the same as its absence, an empty answer.
    /// - `Iotex`: IoTeX's own at 0x8001. Asked `digest | r | s | 0x04 | x | y` (161 bytes), it answers one byte,
    ///   1 or 0, and burns the gas it got on a malformed point.
    enum Path {
        Solidity,
        Rip7212,
        Iotex
    }

    /// @notice The stored path is another one from now on.
    /// @param previous The path until now; `Solidity` before the first probe.
    /// @param current The path from now on.
    event PathChanged(Path previous, Path current);

    /// @notice Too little gas is left to ask a precompile with the whole of {PATH_GAS}. An answer could be false
    /// for want of gas, so none is given.
    /// @param required The least gas that must be left when a precompile is asked.
    /// @param left The gas that was left.
    error P256VerifierInsufficientGas(uint256 required, uint256 left);

    /// @notice For anyone: finds the path anew, after a fork of the chain added, removed or changed a precompile.
    /// Stores the first path, in the order of {Path}'s precompiles, that accepts a known-good signature and refuses
    /// a known-bad one; `Solidity` if none does.
    /// @dev Emits {PathChanged} if it is another one. Reverts with {P256VerifierInsufficientGas} rather than to
    /// take a starved precompile for an absent one.
    /// @return current The path that {verify} uses from now on.
    function probe() external returns (Path current);

    /// @notice The path that {verify} asks first.
    function path() external view returns (Path);

    /// @notice The gas that a precompile is given to answer one question: several times what any known one costs,
    /// and all that one that burns its gas can take.
    function PATH_GAS() external view returns (uint256);

    /// @notice The gas with which {verify} gives its answer in every case: the stored path has vanished, burns all
    /// it gets or returns as much data as it can, and Solidity decides. A caller that takes a revert for a no must
    /// forward this much, and must itself revert when it cannot.
    function MAX_VERIFY_GAS() external view returns (uint256);

    /// @notice For anyone: tells whether the P-256 key `key` signed `hash`, as ES256 signs: ECDSA over
    /// `sha256(hash)`. WebCrypto, Android Keystore, PKCS#11 and TPMs hash what they are given, so they are given the
    /// 32 bytes of `hash` as the message; an element that signs raw digests is given `sha256(hash)`.
    /// @dev Never reverts for malformed input, and never says no for want of gas: with too little it reverts (out of
    /// gas, or {P256VerifierInsufficientGas}). With {MAX_VERIFY_GAS} it does not revert at all.
    /// @param key `x | y`, exactly 64 bytes: a point on the curve.
    /// @param hash What was signed: 32 bytes, usually an EIP-712 digest.
    /// @param signature `r | s`, exactly 64 bytes, 0 < r < n and 0 < s <= n/2: a signer that yields a high s sends
    /// `n - s` instead.
    /// @return magic `IERC7913SignatureVerifier.verify.selector` if so; 0xffffffff for everything else.
    function verify(
        bytes calldata key,
        bytes32 hash,
        bytes calldata signature
    ) external view override returns (bytes4 magic);
}
