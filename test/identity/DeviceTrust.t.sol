// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {IMakerRegistry} from "../../contracts/identity/IMakerRegistry.sol";
import {RegistryFixture} from "./RegistryFixture.sol";

/// @dev Who vouches for a device, after somebody tried to change the answer. This contract is the maker.
contract DeviceTrustTest is RegistryFixture {
    uint256 private constant OWNER = 0xA11CE;
    uint256 private constant MAKER_SIGNER = 0x516;
    address private constant SELLER = address(0x5E11);
    address private constant BUYER = address(0xB0B);
    address private constant RELAYER = address(0xBEE);

    uint32 private _makerId;
    Key private _first;
    Key private _second;
    Key private _third;

    function setUp() public {
        _deploy();
        _makerId = _makers.register("maker", "", "");
        (_first, _second, _third) = (Key(SECP256K1, 1), Key(SECP256K1, 2), Key(SECP256K1, 3));
    }

    /// @dev Before, between or after its rotations, in whatever lot it was then.
    function testFuzz_IDN12_noRotationShakesARecallOff(uint256 when, bool byLot) public {
        uint24 lot = _publish(_leafOf(_first));
        uint256 deviceId = _registerIn(_first, SELLER, _makerId, abi.encodePacked(lot));
        when = bound(when, 0, 2);
        if (when == 0) _recall(deviceId, lot, byLot);
        _rotateKey(deviceId, _first, _second);
        _assertTrust(deviceId, when == 0 ? IDeviceRegistry.Trust.Recalled : IDeviceRegistry.Trust.SelfCertified);
        if (when == 1) _recall(deviceId, lot, byLot);
        _rotateKey(deviceId, _second, _third);
        if (when == 2) _recall(deviceId, lot, byLot);
        _assertTrust(deviceId, IDeviceRegistry.Trust.Recalled);
    }

    /// @dev A recall names the device; the hash of another key that it has or will have names nothing.
    function test_IDN12_aRecallIsByTheIdOnly() public {
        uint24 lot = _publish(_parent(_leafOf(_first), _leafOf(_second)));
        uint256 deviceId = _registerIn(_first, SELLER, _makerId, abi.encodePacked(lot, _leafOf(_second)));
        _rotateKey(deviceId, _first, _second);
        _attest(deviceId, _makerId, abi.encodePacked(lot, _leafOf(_first)));
        _makers.recallDevice(_makerId, _idOf(_second), "");
        _assertTrust(deviceId, IDeviceRegistry.Trust.Attested);
        _makers.recallDevice(_makerId, _devices.deviceOf(_keyHash(_second)), "");
        _assertTrust(deviceId, IDeviceRegistry.Trust.Recalled);
    }

    /// @dev The next key stands in a batch of before the recall.
    function test_IDN12_aRecallHoldsForTheNextKeyOfABatch() public {
        uint24 lot = _publish(_parent(_leafOf(_second), _leafOf(_third)));
        uint256 deviceId = _register(_first, SELLER);
        _rotateKey(deviceId, _first, _second);
        _attest(deviceId, _makerId, abi.encodePacked(lot, _leafOf(_third)));
        _makers.recallDevice(_makerId, deviceId, "cloned");
        _rotateKey(deviceId, _second, _third);
        _refuseStale(deviceId, lot, lot, abi.encodePacked(lot, _leafOf(_second)));
    }

    /// @dev Of `lots` lots, the device is in one when it or its lot is recalled: none of them helps, the next does.
    function testFuzz_IDN12_onlyALotOpenedAfterTheRecallClears(uint256 lots, uint256 place, bool byLot) public {
        lots = bound(lots, 1, 4);
        for (uint256 i = 0; i < lots; ++i) _publish(_leafOf(_first));
        uint24 lot = uint24(bound(place, 1, lots));
        uint256 deviceId = _registerIn(_first, SELLER, _makerId, abi.encodePacked(lot));
        _recall(deviceId, lot, byLot);
        uint24 next = _publish(_leafOf(_first));
        for (uint24 i = 1; i < next; ++i) _refuseStale(deviceId, i, next - 1, abi.encodePacked(i));
        _assertTrust(deviceId, IDeviceRegistry.Trust.Recalled);

        _attest(deviceId, _makerId, abi.encodePacked(next));
        _assertTrust(deviceId, IDeviceRegistry.Trust.Attested);
        if (!byLot) _refuseStale(deviceId, lot, next - 1, abi.encodePacked(lot)); // nor does it lead back
        _makers.recallDevice(_makerId, deviceId, "again");
        _assertTrust(deviceId, IDeviceRegistry.Trust.Recalled);
        _refuseStale(deviceId, next, next, abi.encodePacked(next));
    }

    /// @dev A device that is not registered yet, or is not attested yet, can be recalled as well.
    function testFuzz_IDN12_aRecallMayComeFirst(bool registered, bool attestedLater) public {
        uint24 lot = _publish(_leafOf(_first));
        uint256 deviceId = _idOf(_first);
        if (registered) _register(_first, SELLER);
        _makers.recallDevice(_makerId, deviceId, "");
        if (!registered && attestedLater) _register(_first, SELLER);
        if (registered || attestedLater) _attest(deviceId, _makerId, abi.encodePacked(lot));
        else _registerIn(_first, SELLER, _makerId, abi.encodePacked(lot));
        _assertTrust(deviceId, IDeviceRegistry.Trust.Recalled);
        _refuseStale(deviceId, lot, lot, abi.encodePacked(lot));
    }

    /// @dev Before any lot there is nothing to recall a device from; said all the same, it would mislead an indexer.
    function test_IDN12_aRecallBeforeTheFirstLotIsRefused() public {
        uint256 unknown = _idOf(_first);
        vm.expectRevert(abi.encodeWithSelector(IMakerRegistry.MakerRegistryUnknownLot.selector, _makerId, uint24(0)));
        _makers.recallDevice(_makerId, unknown, "");
        uint24 lot = _publish(_leafOf(_first));
        uint256 deviceId = _registerIn(_first, SELLER, _makerId, abi.encodePacked(lot));
        _assertTrust(deviceId, IDeviceRegistry.Trust.Attested);
    }

    function testFuzz_IDN12_noOtherMakerClearsADevice(bool recalled) public {
        uint24 lot = _publish(_leafOf(_first));
        uint256 deviceId = _registerIn(_first, SELLER, _makerId, abi.encodePacked(lot));
        if (recalled) _makers.recallDevice(_makerId, deviceId, "");
        uint32 other = _makers.register("other", "", "");
        uint24 others = _makers.publishBatch(other, _leafOf(_first), 1, "");
        _refuse(
            deviceId,
            other,
            abi.encodePacked(others),
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryOtherMaker.selector, deviceId, _makerId)
        );
    }

    /// @dev The signer is in lot 1, a batch in lot 2: the maker's word in the older lot is as good.
    function test_IDN12_theMakersPresentSignerAttestsARotatedDeviceOfABatch() public {
        uint24 signerLot = _makers.setSigner(_makerId, abi.encodePacked(vm.addr(MAKER_SIGNER)));
        uint24 batch = _publish(_leafOf(_first));
        uint256 deviceId = _registerIn(_first, SELLER, _makerId, abi.encodePacked(batch));
        _rotateKey(deviceId, _first, _second);
        Attestation memory value = Attestation(_makerId, signerLot, _keyHash(_second), MODEL, NEVER);
        bytes memory evidence = _evidence(value, MAKER_SIGNER);
        vm.expectEmit(address(_devices));
        emit IDeviceRegistry.DeviceAttested(deviceId, _makerId, signerLot, _keyHash(_second), MODEL);
        _attest(deviceId, _makerId, abi.encodePacked(signerLot, evidence));
        _assertTrust(deviceId, IDeviceRegistry.Trust.Attested);
    }

    /// @dev Two lots vouch for the device, of which one is recalled: device and owner signed which it is.
    function testFuzz_R02_aRelayerDoesNotChooseTheLot(bool consented) public {
        uint24 recalled = _publish(_leafOf(_first));
        uint24 meant = _publish(_leafOf(_first));
        _makers.recallLot(_makerId, recalled, "");
        IDeviceRegistry.Registration memory registration = _registration(_first, vm.addr(OWNER));
        registration.makerId = _makerId;
        bytes memory signature = _sign(_first, _registrationDigest(registration, meant));
        bytes memory consent = _signAs(OWNER, _registrationDigest(registration, consented ? recalled : meant));
        vm.prank(RELAYER);
        vm.expectRevert(
            consented
                ? abi.encodeWithSelector(
                    IDeviceRegistry.DeviceRegistryInvalidDeviceSignature.selector,
                    _keyHash(_first)
                )
                : abi.encodeWithSelector(
                    IDeviceRegistry.DeviceRegistryInvalidOwnerSignature.selector,
                    registration.owner
                )
        );
        _devices.register(registration, signature, consent, abi.encodePacked(recalled));
        if (consented) return;

        vm.prank(RELAYER);
        uint256 deviceId = _devices.register(registration, signature, consent, abi.encodePacked(meant));
        _assertTrust(deviceId, IDeviceRegistry.Trust.Attested);
    }

    /// @dev A limit: the first maker stays, also one that the owner of a day made up. A buyer looks at the maker.
    function test_IDN12_aMakerOfTheSellersBindsTheBuyer() public {
        uint24 lot = _publish(_leafOf(_first));
        uint256 deviceId = _register(_first, SELLER);
        vm.startPrank(SELLER);
        uint32 straw = _makers.register("straw", "", "");
        _makers.publishBatch(straw, _leafOf(_first), 1, "");
        vm.stopPrank();
        _attest(deviceId, straw, abi.encodePacked(uint24(1)));
        vm.startPrank(SELLER);
        _devices.transferFrom(SELLER, BUYER, deviceId);
        _makers.recallDevice(straw, deviceId, "pay me");
        vm.stopPrank();
        _assertTrust(deviceId, IDeviceRegistry.Trust.Recalled);
        _refuse(
            deviceId,
            _makerId,
            abi.encodePacked(lot),
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryOtherMaker.selector, deviceId, straw)
        );
    }

    /// @dev A root tells nobody what is under it: a device of the seller's batch may come after the sale, too.
    function testFuzz_IDN12_theMarkCoversOnlyThePresentOwnersLots(bool before, uint256 sales) public {
        uint24 former = _publish(_parent(_leafOf(_first), _leafOf(_second)));
        bytes memory word = abi.encodePacked(former, _leafOf(_second));
        _makers.setVerified(_makerId, address(this), true);
        if (before) _registerIn(_first, SELLER, _makerId, word);
        if (before) _assertTrust(_idOf(_first), IDeviceRegistry.Trust.AttestedByVerifiedMaker);
        address owner = address(this);
        for (uint256 i = bound(sales, 1, 3); i > 0; --i) {
            address next = i % 2 == 1 ? BUYER : SELLER;
            vm.prank(owner);
            _makers.transferFrom(owner, next, _makerId);
            owner = next;
        }
        if (!before) _registerIn(_first, SELLER, _makerId, word);
        _assertTrust(_idOf(_first), IDeviceRegistry.Trust.Attested);
        _makers.setVerified(_makerId, BUYER, true); // who the buyer is was checked
        _assertTrust(_idOf(_first), IDeviceRegistry.Trust.Attested);

        vm.prank(BUYER);
        uint24 lot = _makers.publishBatch(_makerId, _leafOf(_first), 1, "");
        _attest(_idOf(_first), _makerId, abi.encodePacked(lot));
        _assertTrust(_idOf(_first), IDeviceRegistry.Trust.AttestedByVerifiedMaker);
    }

    function _recall(uint256 deviceId, uint24 lot, bool byLot) private {
        if (byLot) _makers.recallLot(_makerId, lot, "");
        else _makers.recallDevice(_makerId, deviceId, "");
    }

    function _publish(bytes32 root) private returns (uint24 lot) {
        return _makers.publishBatch(_makerId, root, 1, "");
    }

    /// @dev The owner sends it.
    function _attest(uint256 deviceId, uint32 makerId, bytes memory attestation) private {
        vm.prank(_devices.ownerOf(deviceId));
        _devices.attest(_acceptance(deviceId, makerId), attestation, "");
    }

    function _refuse(uint256 deviceId, uint32 makerId, bytes memory attestation, bytes memory reason) private {
        IDeviceRegistry.Trust trust = _devices.trustOf(deviceId);
        vm.prank(_devices.ownerOf(deviceId));
        vm.expectRevert(reason);
        _devices.attest(_acceptance(deviceId, makerId), attestation, "");
        _assertTrust(deviceId, trust);
    }

    function _refuseStale(uint256 deviceId, uint24 lot, uint24 newest, bytes memory attestation) private {
        _refuse(
            deviceId,
            _makerId,
            attestation,
            abi.encodeWithSelector(IDeviceRegistry.DeviceRegistryStaleAttestation.selector, deviceId, lot, newest)
        );
    }

    function _assertTrust(uint256 deviceId, IDeviceRegistry.Trust expected) private view {
        assertEq(uint8(_devices.trustOf(deviceId)), uint8(expected), "IDN-12: trust is not the maker's word");
    }

    function _acceptance(
        uint256 deviceId,
        uint32 makerId
    ) private pure returns (IDeviceRegistry.AttestationAcceptance memory) {
        return IDeviceRegistry.AttestationAcceptance(deviceId, makerId, MODEL, NEVER);
    }

    function _leafOf(Key memory key) private pure returns (bytes32) {
        return _leaf(_keyHash(key), MODEL);
    }
}
