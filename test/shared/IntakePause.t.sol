// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

import {DataAssets} from "../../contracts/data/DataAssets.sol";
import {DataMarket} from "../../contracts/data/DataMarket.sol";
import {DataOffers} from "../../contracts/data/DataOffers.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {IIntakePause} from "../../contracts/shared/IIntakePause.sol";

/// @dev A guardian who pauses as much as he can. This contract is it, and the market is what he pauses.
contract IntakePauseTest is Test {
    uint256 private constant WINDOW = 60 days;
    uint256 private constant MAX_PAUSE = 14 days;
    uint256 private constant ACTS = 24;

    struct Pause {
        uint256 from;
        uint256 to;
    }

    DataMarket private _market;
    Pause[] private _pauses;

    function setUp() public {
        _deployAt(1_800_000_000);
    }

    /// @dev Whatever he does: in no 60 days was intake paused for more than 14.
    function testFuzz_atMost14DaysInAny60(uint256[ACTS] memory acts) public {
        for (uint256 i = 0; i < ACTS; ++i) {
            _act(acts[i]);
            _wait(acts[i] >> 128);
        }
        for (uint256 i = 0; i < _pauses.length; ++i) {
            // The worst 60 days begin with a pause or end with one.
            assertLe(_pausedWithin(_pauses[i].from), MAX_PAUSE);
            assertLe(_pausedWithin(_pauses[i].to - WINDOW), MAX_PAUSE);
        }
    }

    /// @dev The longest pauses as early as possible, over years.
    function testFuzz_atMost14DaysInAny60EvenWithoutALetUp(uint256 late) public {
        late = bound(late, 0, 1 days);
        for (uint256 i = 0; i < 10; ++i) {
            uint256 start = vm.getBlockTimestamp();
            _pause(start + MAX_PAUSE);
            vm.warp(start + WINDOW - 1);
            _refusePause(start + WINDOW, start + MAX_PAUSE);
            vm.warp(start + WINDOW + late);
        }
        for (uint256 i = 0; i < _pauses.length; ++i) {
            assertEq(_pausedWithin(_pauses[i].from), MAX_PAUSE);
            assertLe(_pausedWithin(_pauses[i].to - WINDOW), MAX_PAUSE);
            assertLe(_pausedWithin(_pauses[i].from + 7 days), MAX_PAUSE);
        }
    }

    function testFuzz_intakeIsClosedBeforeTheSecondAndOpenFromItOn(uint256 length, uint256 moment) public {
        uint256 until = vm.getBlockTimestamp() + bound(length, 1, MAX_PAUSE);
        _market.pauseIntake(uint48(until));
        vm.warp(bound(moment, vm.getBlockTimestamp(), until - 1));
        _expectPaused(until);
        vm.warp(until);
        _expectOpen();
    }

    function testFuzz_aSeriesEndsAfter14DaysHoweverItIsCut(uint256 wait, uint256 until) public {
        uint256 start = vm.getBlockTimestamp();
        _market.pauseIntake(uint48(start + 1));
        vm.warp(start + bound(wait, 0, WINDOW - 1));
        until = bound(until, 0, start + 2 * WINDOW);
        uint256 latest = start + MAX_PAUSE;
        if (until > vm.getBlockTimestamp() && until <= latest) {
            _market.pauseIntake(uint48(until));
            assertEq(_market.intakePausedUntil(), until);
        } else {
            _refusePause(until, latest);
        }
    }

    /// @dev Also on a chain whose clock has not run for 60 days yet.
    function test_theFirstSeriesBeginsWithTheFirstPause() public {
        _deployAt(1 days);
        _refusePause(15 days + 1, 15 days);
        _market.pauseIntake(15 days);
        vm.warp(1 days + WINDOW - 1);
        _refusePause(1 days + WINDOW, 15 days);
        vm.warp(1 days + WINDOW);
        _market.pauseIntake(uint48(1 days + WINDOW + MAX_PAUSE));
    }

    /// @dev A refused pause begins no series.
    function test_aRefusedPauseLeavesNoTrace() public {
        uint256 start = vm.getBlockTimestamp();
        _refusePause(start, start + MAX_PAUSE);
        vm.warp(start + 10 days);
        _market.pauseIntake(uint48(start + 24 days));
        assertEq(_market.intakePausedUntil(), start + 24 days);
    }

    function _deployAt(uint256 time) private {
        vm.warp(time);
        AccessManager manager = new AccessManager(address(this));
        DataAssets assets = new DataAssets(IDeviceRegistry(address(manager)));
        DataOffers offers = new DataOffers(address(manager), assets, address(0), 0);
        _market = new DataMarket(address(manager), offers, address(this));
        offers.bind(_market);
    }

    /// @dev A third of the acts end a pause; the others make one, of whatever length is allowed.
    function _act(uint256 word) private {
        uint256 time = vm.getBlockTimestamp();
        if (word % 3 == 0) {
            _market.resumeIntake();
            _cut(time);
            return;
        }
        uint256 until = time + 1 + ((word >> 8) % MAX_PAUSE);
        try _market.pauseIntake(uint48(until)) {
            _cut(time);
            _pauses.push(Pause(time, until));
        } catch {
            assertNotEq(_pauses.length, 0, "the first pause is free");
        }
    }

    /// @dev Short waits and long ones, and those on which a rule turns.
    function _wait(uint256 word) private {
        uint256 time = vm.getBlockTimestamp();
        uint256 kind = word % 4;
        if (kind == 0) vm.warp(time + ((word >> 8) % 3 days));
        else if (kind == 1) vm.warp(time + ((word >> 8) % WINDOW));
        else if (kind == 2) vm.warp(time + MAX_PAUSE);
        else if (_pauses.length != 0 && time < _pauses[0].from + WINDOW) vm.warp(_pauses[0].from + WINDOW);
    }

    function _pause(uint256 until) private {
        _market.pauseIntake(uint48(until));
        _pauses.push(Pause(vm.getBlockTimestamp(), until));
    }

    /// @dev What was left of the last pause is over now, or is another's.
    function _cut(uint256 time) private {
        if (_pauses.length == 0) return;
        Pause storage last = _pauses[_pauses.length - 1];
        if (last.to > time) last.to = time;
    }

    function _refusePause(uint256 until, uint256 latest) private {
        vm.expectRevert(abi.encodeWithSelector(IIntakePause.IntakePauseTooLong.selector, uint48(until), latest));
        _market.pauseIntake(uint48(until));
    }

    function _expectPaused(uint256 until) private {
        vm.expectRevert(abi.encodeWithSelector(IIntakePause.IntakePauseActive.selector, uint48(until)));
        _buy();
    }

    function _expectOpen() private {
        vm.expectPartialRevert(IDataMarket.DataMarketUnknownOffer.selector);
        _buy();
    }

    function _buy() private {
        IDataMarket.Purchase memory purchase;
        _market.buy(purchase);
    }

    function _pausedWithin(uint256 from) private view returns (uint256 total) {
        uint256 to = from + WINDOW;
        for (uint256 i = 0; i < _pauses.length; ++i) {
            uint256 start = _pauses[i].from > from ? _pauses[i].from : from;
            uint256 end = _pauses[i].to < to ? _pauses[i].to : to;
            if (end > start) total += end - start;
        }
    }
}
