// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title ContractOwner
/// @notice An owner that is a contract: it does what anyone orders and signs, by ERC-1271, with one account's key.
contract ContractOwner is IERC1271, ERC721Holder {
    address private immutable _SIGNER;

    constructor(address signer) {
        _SIGNER = signer;
    }

    receive() external payable {}

    /// @notice Calls `target` with the coin that came along.
    function execute(address target, bytes calldata data) external payable returns (bytes memory result) {
        return Address.functionCallWithValue(target, data, msg.value);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4 magicValue) {
        (address signer, , ) = ECDSA.tryRecoverCalldata(hash, signature);
        return signer == _SIGNER ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
