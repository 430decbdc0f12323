// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console
import {Test} from "forge-std/Test.sol";

import {DeviceAccount} from "../../contracts/identity/DeviceAccount.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {DeviceAccountHandler} from "./DeviceAccountHandler.sol";

/// @dev The runner calls only what has an artifact, which is what stands in a test's own file.
contract DeviceAccountActions is DeviceAccountHandler {}

contract DeviceAccountInvariant is Test {
    uint256 private constant WALKS = 24;
    uint256 private constant STEPS = 64;
    uint256 private constant LEAST_SUCCESS = 20; // per cent

    DeviceAccountHandler private _handler;
    DeviceAccount private _wallet;

    function setUp() public {
        _handler = new DeviceAccountActions();
        _wallet = _handler.wallet();
        bytes4[] memory selectors = _selectors();
        targetSelector(FuzzSelector(address(_handler), selectors));
        targetContract(address(_handler));
    }

    /// @dev In no window of any policy left more on the device's word than the owner allowed.
    function invariant_IDN_10_spendsWithinTheAllowance() public view {
        assertEq(_handler.excess(), 0, "IDN-10: more left the wallet than the window's allowance");
    }

    /// @dev The wallet's books and the handler's agree on what is left.
    function invariant_IDN_10_remainingIsWhatIsLeft() public view {
        for (uint256 i = 0; i < 3; ++i) {
            Currency currency = _handler.currencies(i);
            uint256 left = _handler.leftOf(currency);
            assertEq(_wallet.remainingAllowance(currency), left, "IDN-10: the wallet's books are wrong");
        }
    }

    function invariant_IDN_10_noApprovalStays() public view {
        for (uint256 i = 1; i < 3; ++i) {
            IERC20 token = IERC20(Currency.unwrap(_handler.currencies(i)));
            uint256 left = token.allowance(address(_wallet), address(_handler.charger()));
            assertEq(left, 0, "IDN-10: an approval stayed");
        }
    }

    /// @dev Nothing ran under a policy of a former owner, revoked, expired or replaced; nothing while the device was
    /// suspended or the wallet locked; nothing twice, nothing of a stranger's.
    function invariant_IDN_04_onlyThePolicyInForcePays() public view {
        assertEq(_handler.trespasses(), 0, "IDN-04: something ran that must not have run");
    }

    function invariant_IDN_03_everyRequestTakesItsNonce() public view {
        assertEq(_wallet.nonces(address(_wallet)), _handler.spends(), "IDN-03: requests and nonces differ");
    }

    function invariant_R15_aLockNeverShrinks() public view {
        assertEq(_wallet.lockedUntil(), _handler.furthestLock(), "R15: the lock is not the furthest");
    }

    function invariant_theStateCountsEveryAct() public view {
        assertEq(_wallet.state(), _handler.acts(), "the state does not tell what was done");
    }

    /// @dev The walks that the campaigns above take, counted: a handler whose acts mostly fail would test nothing.
    function test_everyActionSucceedsOften() public {
        bytes4[] memory selectors = _selectors();
        uint256 count = _handler.actionCount();
        uint256[] memory attempts = new uint256[](count);
        uint256[] memory successes = new uint256[](count);
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            DeviceAccountHandler handler = new DeviceAccountActions();
            for (uint256 step = 0; step < STEPS; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(walk, step)));
                bytes4 selector = selectors[seed % selectors.length];
                (bool success, ) = address(handler).call(abi.encodeWithSelector(selector, seed / selectors.length));
                assertTrue(success, "the handler itself reverted");
            }
            for (uint256 i = 0; i < count; ++i) {
                (uint256 tried, uint256 succeeded) = handler.countOf(handler.actions(i));
                attempts[i] += tried;
                successes[i] += succeeded;
            }
        }
        for (uint256 i = 0; i < count; ++i) {
            string memory action = _handler.actions(i);
            assertGt(attempts[i], 0, action);
            uint256 rate = (successes[i] * 100) / attempts[i];
            // solhint-disable-next-line no-console
            console2.log("    %d %% of %d: %s", rate, attempts[i], action);
            assertGe(rate, LEAST_SUCCESS, action);
        }
    }

    /// @dev Every action of the handler; `spend`, which this is about, more often than the rest.
    function _selectors() private view returns (bytes4[] memory selectors) {
        uint256 count = _handler.actionCount();
        selectors = new bytes4[](count + 2);
        for (uint256 i = 0; i < count; ++i) {
            selectors[i] = bytes4(keccak256(bytes(string.concat(_handler.actions(i), "(uint256)"))));
        }
        selectors[count] = DeviceAccountHandler.spend.selector;
        selectors[count + 1] = DeviceAccountHandler.spend.selector;
    }
}
