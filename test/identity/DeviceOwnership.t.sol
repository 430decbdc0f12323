// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vm} from "forge-std/Vm.sol";

import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {IERC4907} from "../../contracts/identity/IERC4907.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @dev Devices that own devices, down to what the registry does not promise.
contract DeviceOwnershipTest is RegistryFixture {
    address private constant OWNER = address(0xA11CE);
    address private constant BUYER = address(0xB0B);

    uint256[] private _ids;

    function setUp() public {
        _deploy();
        for (uint256 i = 1; i <= 12; ++i) _ids.push(_register(Key(SECP256K1, i), OWNER));
    }

    /// @dev Each device lies in the wallet of the one before it. Eight wallets deep the registry looks.
    function testFuzz_R15_aSafeTransferSeesACycle(uint256 length) public {
        length = bound(length, 1, 8);
        for (uint256 i = 1; i < length; ++i) _moveIntoWallet(_ids[i], _ids[i - 1]);
        address wallet = _newWallet(_ids[length - 1], 0);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryOwnershipCycle.selector, _ids[0], wallet));
        _devices.safeTransferFrom(OWNER, wallet, _ids[0]);

        uint256 stranger = _ids[11];
        vm.prank(OWNER);
        _devices.safeTransferFrom(OWNER, wallet, stranger);
        assertEq(_devices.ownerOf(stranger), wallet, "R15: no cycle, and refused");
    }

    /// @dev Salt 0 is the device's wallet: whatever the way, it does not come to own the device.
    function testFuzz_R15_aDeviceNeverBelongsToItsOwnWallet(bool deployed, bool safe) public {
        address wallet = deployed ? _newWallet(_ids[0], 0) : _devices.accountOf(_ids[0]);
        vm.prank(OWNER);
        vm.expectRevert();
        if (safe) _devices.safeTransferFrom(OWNER, wallet, _ids[0]);
        else _devices.transferFrom(OWNER, wallet, _ids[0]);
        assertEq(_devices.ownerOf(_ids[0]), OWNER, "R15: the device owns itself");
    }

    /// @dev A limit: wallets of other salts are seen by a safe transfer, not by a plain one.
    function testFuzz_R15_aWalletOfAnotherSaltIsSeenBySafeTransfersOnly(bytes32 salt) public {
        vm.assume(salt != 0);
        address wallet = _newWallet(_ids[0], salt);
        vm.startPrank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryOwnershipCycle.selector, _ids[0], wallet));
        _devices.safeTransferFrom(OWNER, wallet, _ids[0]);
        _devices.transferFrom(OWNER, wallet, _ids[0]);
        assertEq(_devices.ownerOf(_ids[0]), wallet);
    }

    /// @dev A limit: what has no code yet is not seen to be a wallet.
    function test_R15_aCycleOverAWalletNotYetDeployedIsNotSeen() public {
        _moveIntoWallet(_ids[1], _ids[0]);
        address wallet = _devices.accountOf(_ids[1]);
        vm.prank(OWNER);
        _devices.safeTransferFrom(OWNER, wallet, _ids[0]);
        assertEq(_devices.ownerOf(_ids[0]), wallet);
    }

    /// @dev A limit: the user ends with the transfer, which alone tells it; the event of ERC-4907 does not come.
    function test_IDN04_aTransferEndsTheUserWithoutAnEventOfItsOwn() public {
        vm.startPrank(OWNER);
        _devices.setUser(_ids[0], BUYER, NEVER);
        vm.recordLogs();
        _devices.transferFrom(OWNER, BUYER, _ids[0]);
        vm.stopPrank();
        assertEq(_devices.userOf(_ids[0]), address(0), "IDN-04: the user survived");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) assertTrue(logs[i].topics[0] != IERC4907.UpdateUser.selector);
    }

    /// @dev A device may change to a key whose check needs more gas: then what was estimated is too little, and nothing
    /// is recorded wrongly; with the largest cap on top the others' heartbeats pass.
    function test_IDN11_aRelayerSendsTheLargestCapOnTop() public {
        IDeviceRegistry.Heartbeat[] memory beats = new IDeviceRegistry.Heartbeat[](2);
        (beats[0], beats[1]) = (_beat(1), _beat(2));
        uint256 snapshot = vm.snapshotState();
        uint256 before = gasleft();
        _devices.heartbeats(beats);
        uint256 estimated = before - gasleft();
        vm.revertToState(snapshot);

        _rotateKey(_ids[1], Key(SECP256K1, 2), Key(P256_TYPE, 1));
        uint256 cap = _devices.keyTypeOf(P256_TYPE).gasCap;
        (bool success, bytes memory reason) = address(_devices).call{gas: (estimated * 3) / 2}(
            abi.encodeCall(IDeviceRegistry.heartbeats, (beats))
        );
        assertFalse(success);
        assertEq(bytes4(reason), IDeviceRegistry.DeviceRegistryInsufficientGas.selector, "IDN-11: the wrong error");
        assertEq(_devices.heartbeats{gas: (estimated * 3) / 2 + cap}(beats), 1, "IDN-11: the batch was spoilt");
        assertEq(_devices.lastSeen(_ids[0]), block.timestamp, "IDN-11: an honest heartbeat was not recorded");
    }

    function _moveIntoWallet(uint256 deviceId, uint256 parent) private {
        address wallet = _newWallet(parent, 0);
        vm.prank(OWNER);
        _devices.safeTransferFrom(OWNER, wallet, deviceId);
    }

    function _beat(uint256 secret) private view returns (IDeviceRegistry.Heartbeat memory) {
        uint256 deviceId = _ids[secret - 1];
        uint48 now_ = uint48(block.timestamp);
        bytes memory signature = _sign(Key(SECP256K1, secret), _heartbeatDigest(deviceId, now_, 0));
        return IDeviceRegistry.Heartbeat(deviceId, now_, 0, signature);
    }
}
