// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console
import {Test} from "forge-std/Test.sol";

import {DeviceRegistry} from "../../contracts/identity/DeviceRegistry.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {RegistryHandler} from "./RegistryHandler.sol";
import {RegistryModel} from "./RegistryModel.sol";

/// @dev Stands here because Hardhat fuzzes only what a test file itself compiles to.
contract RegistryActions is RegistryHandler {}

contract DeviceRegistryInvariants is Test {
    string private constant IDN_01 = "IDN-01: a key names at most one device, ever";
    string private constant IDN_04 = "IDN-04: what an owner allowed others does not survive a transfer";
    string private constant IDN_05 = "IDN-05: retired is final, and the wallet still obeys the controller";
    string private constant IDN_06 = "IDN-06: the sum of balances is registered - retired";
    string private constant IDN_07 = "IDN-07: lastSeen never falls";
    string private constant IDN_09 = "IDN-09: only the owner, or whom he approved, moves a device";
    string private constant IDN_12 = "IDN-12: trust never rises without the maker's act";

    uint256 private constant OWNERS = 4;
    uint256 private constant WALKS = 24;
    uint256 private constant STEPS = 64;
    uint256 private constant LEAST_SUCCESS = 20; // per cent

    RegistryActions private _handler;
    DeviceRegistry private _devices;

    function setUp() public {
        _handler = new RegistryActions();
        _devices = _handler.devices();
        (bytes4[] memory selectors, ) = _actions();
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    function invariant_IDN_01_aKeyNamesAtMostOneDevice() public view {
        bytes32[] memory hashes = _handler.keyHashes();
        for (uint256 i = 0; i < hashes.length; ++i) {
            uint256 deviceId = _handler.namedBy(hashes[i]);
            assertEq(_devices.deviceOf(hashes[i]), deviceId, IDN_01);
            IDeviceRegistry.Status status = _devices.statusOf(uint256(hashes[i]));
            bool isDevice = status != IDeviceRegistry.Status.None && status != IDeviceRegistry.Status.Reserved;
            assertEq(isDevice, deviceId == uint256(hashes[i]), IDN_01);
            assertEq(status == IDeviceRegistry.Status.None, deviceId == 0, IDN_01);
        }
        _assertNoBreach("IDN-01", IDN_01);
    }

    function invariant_IDN_04_nothingAllowedSurvivesATransfer() public view {
        uint256[] memory ids = _handler.ids();
        for (uint256 i = 0; i < ids.length; ++i) {
            RegistryModel.Device memory device = _handler.modelOf(ids[i]);
            assertEq(_devices.userOf(ids[i]), _handler.userIn(ids[i]), IDN_04);
            assertEq(_devices.revenuePayeeOf(ids[i]), device.payee, IDN_04);
            for (uint256 j = 0; j < OWNERS; ++j) {
                address actor = _handler.actor(j);
                assertEq(_devices.permissionsOf(ids[i], actor), _handler.permissionsIn(ids[i], actor), IDN_04);
            }
            (bytes32 newKeyHash, uint48 readyAt) = _devices.pendingKeyRotationOf(ids[i]);
            assertEq(readyAt, device.announced ? device.readyAt : 0, IDN_04);
            assertEq(newKeyHash != 0, device.announced, IDN_04);
        }
        _assertNoBreach("IDN-04", IDN_04);
    }

    function invariant_IDN_05_retiredIsFinal() public view {
        uint256[] memory ids = _handler.ids();
        for (uint256 i = 0; i < ids.length; ++i) {
            RegistryModel.Device memory device = _handler.modelOf(ids[i]);
            IDeviceRegistry.Status expected = IDeviceRegistry.Status.Active;
            if (device.suspended) expected = IDeviceRegistry.Status.Suspended;
            if (device.retired) expected = IDeviceRegistry.Status.Retired;
            assertEq(uint8(_devices.statusOf(ids[i])), uint8(expected), IDN_05);
            assertEq(_devices.controllerOf(ids[i]), device.owner, IDN_05);
            if (!device.retired) continue;
            bytes memory signature = _handler.signAsDevice(ids[i], bytes32(i));
            assertFalse(_devices.isDeviceSignature(ids[i], bytes32(i), signature), IDN_05);
            assertFalse(_exists(ids[i]), IDN_05);
        }
        _assertNoBreach("IDN-05", IDN_05);
    }

    function invariant_IDN_06_balancesAddUp() public view {
        uint256[] memory ids = _handler.ids();
        uint256 sum;
        for (uint256 i = 0; i < OWNERS; ++i) sum += _devices.balanceOf(_handler.actor(i));
        for (uint256 i = 0; i < ids.length; ++i) sum += _devices.balanceOf(_devices.accountOf(ids[i]));
        assertEq(sum, ids.length - _handler.retiredCount(), IDN_06);
    }

    function invariant_IDN_07_lastSeenNeverFalls() public view {
        uint256[] memory ids = _handler.ids();
        for (uint256 i = 0; i < ids.length; ++i) {
            assertEq(_devices.lastSeen(ids[i]), _handler.modelOf(ids[i]).lastSeen, IDN_07);
        }
        _assertNoBreach("IDN-07", IDN_07);
    }

    function invariant_IDN_09_onlyTheOwnerMovesADevice() public view {
        uint256[] memory ids = _handler.ids();
        for (uint256 i = 0; i < ids.length; ++i) {
            RegistryModel.Device memory device = _handler.modelOf(ids[i]);
            if (device.retired) continue;
            assertEq(_devices.ownerOf(ids[i]), device.owner, IDN_09);
            assertEq(_devices.getApproved(ids[i]), device.approved, IDN_09);
        }
        _assertNoBreach("IDN-09", IDN_09);
    }

    function invariant_IDN_12_trustIsTheMakersWord() public view {
        uint256[] memory ids = _handler.ids();
        for (uint256 i = 0; i < ids.length; ++i) {
            assertEq(uint8(_devices.trustOf(ids[i])), uint8(_handler.trustIn(ids[i])), IDN_12);
        }
        _assertNoBreach("IDN-12", IDN_12);
    }

    /// @dev The walks that the campaigns above take, counted: a handler whose acts mostly fail would test nothing.
    function test_everyActionSucceedsOften() public {
        (bytes4[] memory selectors, string[] memory names) = _actions();
        uint256[] memory attempts = new uint256[](selectors.length);
        uint256[] memory successes = new uint256[](selectors.length);
        string[7] memory situations = _situations();
        uint256[7] memory met;
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            RegistryActions handler = new RegistryActions();
            for (uint256 step = 0; step < STEPS; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(walk, step)));
                bytes4 selector = selectors[seed % selectors.length];
                (bool success, ) = address(handler).call(abi.encodeWithSelector(selector, seed / selectors.length));
                assertTrue(success, "the handler itself reverted");
            }
            for (uint256 i = 0; i < situations.length; ++i) met[i] += handler.met(situations[i]);
            for (uint256 i = 0; i < selectors.length; ++i) {
                (uint256 tried, uint256 succeeded) = handler.tallyOf(selectors[i]);
                attempts[i] += tried;
                successes[i] += succeeded;
            }
        }
        for (uint256 i = 0; i < selectors.length; ++i) {
            assertGt(attempts[i], 0, names[i]);
            uint256 rate = (successes[i] * 100) / attempts[i];
            // solhint-disable-next-line no-console
            console2.log("    %d %% of %d: %s", rate, attempts[i], names[i]);
            assertGe(rate, LEAST_SUCCESS, names[i]);
        }
        for (uint256 i = 0; i < situations.length; ++i) {
            // solhint-disable-next-line no-console
            console2.log("    met %d times: %s", met[i], situations[i]);
            assertGt(met[i], 0, situations[i]);
        }
    }

    function _exists(uint256 deviceId) private view returns (bool) {
        try _devices.ownerOf(deviceId) {
            return true;
        } catch {
            return false;
        }
    }

    function _assertNoBreach(string memory property, string memory message) private view {
        string memory breach = _handler.breachOf(property);
        assertEq(bytes(breach).length, 0, string.concat(message, "; ", breach));
    }

    function _situations() private pure returns (string[7] memory) {
        return
            [
                "rotated after a recall",
                "another maker",
                "another maker after a recall",
                "not cleared",
                "cleared",
                "an older lot",
                "a former owner's lot"
            ];
    }

    function _actions() private pure returns (bytes4[] memory selectors, string[] memory names) {
        string[27] memory all = [
            "register",
            "registerMany",
            "transfer",
            "safeTransfer",
            "approve",
            "transferByOperator",
            "suspend",
            "resume",
            "retire",
            "setUser",
            "grant",
            "setPayee",
            "revokeAll",
            "announce",
            "cancel",
            "rotate",
            "rotateByNotice",
            "attest",
            "attestAfterRecall",
            "recallLot",
            "recallDevice",
            "setSigner",
            "publishBatch",
            "setVerified",
            "sellMaker",
            "heartbeat",
            "heartbeats"
        ];
        selectors = new bytes4[](all.length + 1);
        names = new string[](all.length + 1);
        for (uint256 i = 0; i < names.length; ++i) {
            names[i] = i < all.length ? all[i] : "warp";
            selectors[i] = bytes4(keccak256(bytes(string.concat(names[i], "(uint256)"))));
        }
    }
}
