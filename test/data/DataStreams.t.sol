// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {AssetsFixture} from "./AssetsFixture.sol";

/// @dev A stream beside a naive model of it: a list of appends, and which of them came in time.
contract DataStreamsTest is AssetsFixture {
    uint256 private constant STEPS = 12;
    uint256 private constant HORIZON = 1100;
    address private constant ALICE = address(0xA11CE);

    Key private _key;
    uint256 private _assetId;
    bytes32 private _contentRoot;
    bytes32 private _head;
    IDataAssets.Stream private _clock;
    IDataAssets.Link[] private _links;
    mapping(uint256 epoch => bool) private _inTime;

    function setUp() public {
        _deployAssets();
        _key = Key(SECP256K1, 1);
    }

    function testFuzz_deliveredBetweenCountsWhatOneWouldCountEpochByEpoch(
        uint256 seed,
        uint256 from,
        uint256 to
    ) public {
        _run(seed);
        from = bound(from, 0, HORIZON);
        to = bound(to, 0, HORIZON);
        uint256 count = 0;
        for (uint256 epoch = from; epoch < to; ++epoch) {
            if (_inTime[epoch]) ++count;
        }
        assertEq(_assets.deliveredBetween(_assetId, from, to), count);
    }

    /// @dev The same over the words themselves.
    function testFuzz_deliveredBitsAreTheEpochsThatCameInTime(uint256 seed) public {
        _run(seed);
        for (uint256 index = 0; index * 256 < HORIZON; ++index) {
            uint256 bits = 0;
            for (uint256 i = 0; i < 256; ++i) {
                uint32 epoch = uint32(index * 256 + i);
                if (_inTime[epoch]) bits |= 1 << i;
            }
            assertEq(_assets.deliveredBits(_assetId, index), bits);
        }
        for (uint256 i = 0; i < _links.length; ++i) {
            uint32 epoch = _links[i].epoch;
            assertEq(_assets.isDelivered(_assetId, epoch), _inTime[epoch]);
        }
    }

    function testFuzz_theFirstPendingEpochIsTheFirstThatIsNotFinal(uint256 seed, uint256 later) public {
        _run(seed);
        vm.warp(vm.getBlockTimestamp() + bound(later, 0, 3 * uint256(_clock.epochLength)));
        uint256 epoch = 0;
        while (_inTime[epoch] || vm.getBlockTimestamp() >= _finalAt(epoch)) ++epoch;
        assertEq(_assets.firstPendingEpoch(_assetId), epoch);
        assertEq(_assets.finalAt(_assetId, uint32(epoch)), _finalAt(epoch));
    }

    function testFuzz_DAT05_theChainVerifiesToItsStartAndNoOtherDoes(uint256 seed, uint256 how, uint256 place) public {
        _run(seed);
        assertTrue(_assets.verifyChain(_assetId, _contentRoot, _links), "DAT-05: the chain does not verify");
        IDataAssets.Link[] memory links = _links;
        place = bound(place, 0, links.length - 1);
        how = bound(how, 0, 6);
        if (how == 0) links[place].root = bytes32(uint256(links[place].root) ^ 1);
        else if (how == 1) links[place].epoch ^= 1;
        else if (how == 2) links[place].recordCount ^= 1;
        else if (how == 3) links = _without(links, place);
        else if (how == 4) links = _with(links, place);
        else if (how == 5) links = new IDataAssets.Link[](0);
        else if (links.length > 1) {
            (links[place], links[(place + 1) % links.length]) = (links[(place + 1) % links.length], links[place]);
        } else return;
        assertFalse(_assets.verifyChain(_assetId, _contentRoot, links), "DAT-05: another chain verifies");
        bytes32 start = keccak256(abi.encode(_contentRoot));
        assertFalse(_assets.verifyChain(_assetId, start, _links), "DAT-05: the chain verifies to another start");
    }

    /// @dev Appends at random, and looks at all roots again after each step.
    function _run(uint256 seed) private {
        uint256 deviceId = _register(_key, ALICE);
        uint32 length = uint32(bound(_word(seed, 0), 1, 1 days));
        uint32 grace = uint32(bound(_word(seed, 1), 1, length));
        _contentRoot = bytes32(_word(seed, 2));
        _clock = IDataAssets.Stream(length, grace, uint48(vm.getBlockTimestamp()), 0);
        _assetId = _publish(_key, _stream(deviceId, ALICE, _contentRoot, length, grace));
        _head = _contentRoot;
        uint256 next = 0;
        for (uint256 i = 0; i < STEPS && next < HORIZON - 200; ++i) {
            uint256 word = _word(seed, 3 + i);
            // Half of the epochs follow on the last one, the others leave some out.
            uint256 epoch = word % 2 == 0 ? next : next + ((word >> 8) % 180);
            _step(uint32(epoch), word >> 16);
            next = epoch + 1;
            _refuseAgain(uint32(epoch), uint32(next));
            _checkRoots();
        }
    }

    /// @dev In time, at its last second, at the first one after it, or much later.
    function _step(uint32 epoch, uint256 word) private {
        uint256 finalAt = _finalAt(epoch);
        uint256 end = finalAt - _clock.grace;
        uint256 moment = [end, end + ((word >> 8) % _clock.grace), finalAt - 1, finalAt, finalAt + _clock.epochLength][
            word % 5
        ];
        if (moment > vm.getBlockTimestamp()) vm.warp(moment);
        bool inTime = vm.getBlockTimestamp() < finalAt;
        Append memory value = Append(_assetId, epoch, keccak256(abi.encode(word)), _head, uint64(word));
        bytes memory signature = _sign(_key, _appendDigest(value));
        bytes32 head = _chained(_head, value);
        vm.expectEmit(address(_assets));
        emit IDataAssets.EpochAppended(_assetId, epoch, value.root, head, value.recordCount, inTime);
        _submit(value, signature);
        assertEq(_assets.headOf(_assetId), head);
        _links.push(IDataAssets.Link(epoch, value.root, value.recordCount));
        _inTime[epoch] = inTime;
        _head = head;
    }

    function _refuseAgain(uint32 epoch, uint32 next) private {
        Append memory again = Append(_assetId, epoch, keccak256("again"), _head, 0);
        bytes memory signature = _sign(_key, _appendDigest(again));
        vm.expectRevert(abi.encodeWithSelector(IDataAssets.DataAssetsStaleEpoch.selector, epoch, next));
        _submit(again, signature);
    }

    function _checkRoots() private view {
        for (uint256 i = 0; i < _links.length; ++i) {
            IDataAssets.Link memory link = _links[i];
            assertEq(_assets.epochRootOf(_assetId, link.epoch), link.root, "DAT-05: a root changed");
            assertTrue(_assets.verifyRoot(_assetId, link.epoch, link.root), "DAT-05: a root does not verify");
        }
        assertEq(_assets.assetOf(_idOf(_key), _contentRoot), _assetId, "DAT-05: the content root changed");
    }

    function _finalAt(uint256 epoch) private view returns (uint256) {
        return _clock.firstEpochStart + (epoch + 1) * _clock.epochLength + _clock.grace;
    }

    function _without(
        IDataAssets.Link[] memory links,
        uint256 place
    ) private pure returns (IDataAssets.Link[] memory less) {
        less = new IDataAssets.Link[](links.length - 1);
        for (uint256 i = 0; i < less.length; ++i) less[i] = links[i < place ? i : i + 1];
    }

    function _with(
        IDataAssets.Link[] memory links,
        uint256 place
    ) private pure returns (IDataAssets.Link[] memory more) {
        more = new IDataAssets.Link[](links.length + 1);
        for (uint256 i = 0; i < more.length; ++i) more[i] = links[i <= place ? i : i - 1];
    }

    function _word(uint256 seed, uint256 n) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, n)));
    }
}
