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
    /// @dev An action that mostly fails tests nothing.
    uint256 private constant MIN_RATE = 20;
    uint256 private constant ENOUGH_CALLS = 10;

    DeviceAccountHandler private _handler;
    DeviceAccount private _wallet;

    function setUp() public {
        _handler = new DeviceAccountActions();
        _wallet = _handler.wallet();
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = DeviceAccountHandler.setPolicy.selector;
        selectors[1] = DeviceAccountHandler.spend.selector;
        selectors[2] = DeviceAccountHandler.spend.selector; // what this is about, more often than the rest
        selectors[3] = DeviceAccountHandler.spend.selector;
        selectors[4] = DeviceAccountHandler.cheat.selector;
        selectors[5] = DeviceAccountHandler.execute.selector;
        selectors[6] = DeviceAccountHandler.lock.selector;
        selectors[7] = DeviceAccountHandler.sell.selector;
        selectors[8] = DeviceAccountHandler.suspend.selector;
        selectors[9] = DeviceAccountHandler.revoke.selector;
        selectors[10] = DeviceAccountHandler.wait_.selector;
        targetSelector(FuzzSelector(address(_handler), selectors));
        targetContract(address(_handler));
    }

    /// @dev After each run: what was tried must have gone through often enough.
    function afterInvariant() public view {
        uint256 tried = 0;
        for (uint256 i = 0; i < _handler.actionCount(); ++i) {
            string memory action = _handler.actions(i);
            (uint256 calls, uint256 successes) = _handler.countOf(action);
            tried += calls;
            if (calls < ENOUGH_CALLS) continue;
            uint256 rate = (100 * successes) / calls;
            // solhint-disable-next-line no-console
            console2.log(action, calls, successes);
            assertGe(rate, MIN_RATE, string.concat("the handler hardly ever gets through with ", action));
        }
        assertGt(tried, 0, "nothing was tried");
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
}
