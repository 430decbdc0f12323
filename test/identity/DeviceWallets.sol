// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ERC6551Registry} from "erc6551/ERC6551Registry.sol";
import {Test} from "forge-std/Test.sol";

import {DeviceAccount} from "../../contracts/identity/DeviceAccount.sol";
import {DeviceRegistry} from "../../contracts/identity/DeviceRegistry.sol";
import {IDeviceAccount} from "../../contracts/identity/IDeviceAccount.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {MakerRegistry} from "../../contracts/identity/MakerRegistry.sol";
import {P256Verifier} from "../../contracts/identity/P256Verifier.sol";

/// @title DeviceWallets
/// @notice The identity domain, put together for the tests in Solidity; and what a device does with its key.
abstract contract DeviceWallets is Test {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant REGISTRATION_TYPEHASH = keccak256(
        "Registration(uint256 deviceId,address owner,uint32 makerId,uint24 lot,bytes32 modelHash,"
        "bytes32 documentHash,string documentURI,uint48 deadline)"
    );
    bytes32 private constant SPEND_TYPEHASH = keccak256(
        "Spend(uint64 policy,address target,address currency,uint128 maximum,bytes data,"
        "uint256 nonce,uint48 deadline)"
    );

    DeviceRegistry internal _registry;
    ERC6551Registry internal _accounts;
    DeviceAccount internal _implementation;

    function _deploySuite() internal {
        AccessManager manager = new AccessManager(address(this));
        MakerRegistry makers = new MakerRegistry(address(manager));
        _implementation = new DeviceAccount();
        _accounts = new ERC6551Registry();
        P256Verifier verifier = new P256Verifier();
        address code = address(_implementation);
        _registry = new DeviceRegistry(address(manager), makers, code, address(_accounts), verifier);
    }

    /// @dev Registers the device of a private key and deploys its wallet.
    function _newDevice(address owner, uint256 key) internal returns (uint256 deviceId, DeviceAccount wallet) {
        IDeviceRegistry.Registration memory registration;
        registration.keyType = 1;
        registration.key = abi.encodePacked(vm.addr(key));
        registration.owner = owner;
        registration.deadline = type(uint48).max;
        bytes32 structHash = keccak256(
            abi.encode(
                REGISTRATION_TYPEHASH,
                uint256(keccak256(abi.encodePacked(registration.keyType, registration.key))),
                owner,
                0,
                0,
                0,
                0,
                keccak256(""),
                registration.deadline
            )
        );
        bytes32 separator = _separator("DeFIoT DeviceRegistry", address(_registry));
        bytes memory signature = _sign(key, MessageHashUtils.toTypedDataHash(separator, structHash));
        vm.prank(owner);
        deviceId = _registry.register(registration, signature, "", "");
        wallet = DeviceAccount(payable(_createAccount(deviceId)));
        assertEq(address(wallet), _registry.accountOf(deviceId));
    }

    function _createAccount(uint256 deviceId) internal returns (address) {
        return _accounts.createAccount(address(_implementation), 0, block.chainid, address(_registry), deviceId);
    }

    function _signSpend(
        DeviceAccount wallet,
        uint256 key,
        IDeviceAccount.Spend memory request
    ) internal view returns (bytes memory) {
        bytes32 structHash = keccak256(
            abi.encode(
                SPEND_TYPEHASH,
                request.policy,
                request.target,
                request.currency,
                request.maximum,
                keccak256(request.data),
                request.nonce,
                request.deadline
            )
        );
        bytes32 separator = _separator("DeFIoT DeviceAccount", address(wallet));
        return _sign(key, MessageHashUtils.toTypedDataHash(separator, structHash));
    }

    function _separator(string memory name, address verifyingContract) private view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), keccak256("1"), block.chainid, verifyingContract)
            );
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
