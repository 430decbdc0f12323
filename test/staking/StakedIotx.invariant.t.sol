// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console
import {Test} from "forge-std/Test.sol";

import {StakedIotxWalker} from "./StakedIotxWalker.sol";

/// @dev Stands here because Hardhat fuzzes only what a test file itself compiles to.
contract StakedIotxActions is StakedIotxWalker {}

contract StakedIotxInvariantTest is Test {
    string private constant STK_01 = "STK-01: the vault has what it owes";
    string private constant STK_08 = "STK-08: the price falls by slashes alone";
    string private constant STK_10 = "STK-10: requests and claims succeed in every state";
    string private constant R24 = "R24: everybody can leave, and nothing is stuck";

    uint256 private constant WALKS = 5;
    uint256 private constant STEPS = 100;
    uint256 private constant LEAST_USE = 20; // per cent
    /// @dev A wei for each request that is not claimed: two epochs of four holders, and what is claimed already.
    uint256 private constant DUST = 32;

    StakedIotxActions private _walker;

    function setUp() public {
        _walker = new StakedIotxActions();
        (bytes4[] memory selectors, ) = _actions();
        targetContract(address(_walker));
        targetSelector(FuzzSelector(address(_walker), selectors));
    }

    /// @dev At the end of each walk of each campaign.
    function afterInvariant() public {
        _drain(_walker);
    }

    function invariant_STK_01_08_10_theVaultHasWhatItOwes() public view {
        _assertSound(_walker);
    }

    /// @dev Walks as the campaign above takes, counted: a handler whose acts mostly do nothing would test nothing.
    function test_R24_everyActionIsOftenOfUseAndEverybodyLeaves() public {
        (bytes4[] memory selectors, string[] memory names) = _actions();
        uint256[] memory attempts = new uint256[](selectors.length);
        uint256[] memory useful = new uint256[](selectors.length);
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            StakedIotxActions walker = new StakedIotxActions();
            for (uint256 step = 0; step < STEPS; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(walk, step)));
                uint256 action = seed % selectors.length;
                (bool success, ) = address(walker).call(abi.encodeWithSelector(selectors[action], seed >> 8));
                assertTrue(success, names[action]);
                _assertSound(walker);
            }
            for (uint256 i = 0; i < selectors.length; ++i) {
                (uint256 tried, uint256 used) = walker.tallyOf(selectors[i]);
                attempts[i] += tried;
                useful[i] += used;
            }
            _drain(walker);
        }
        for (uint256 i = 0; i < selectors.length; ++i) {
            assertGt(attempts[i], 0, names[i]);
            uint256 rate = (useful[i] * 100) / attempts[i];
            // solhint-disable-next-line no-console
            console2.log("    %d %% of %d: %s", rate, attempts[i], names[i]);
            assertGe(rate, LEAST_USE, names[i]);
        }
    }

    /// @dev When all have left, the vault has idle coin, and nobody has a share or a claim.
    function _drain(StakedIotxActions walker) private {
        walker.drain();
        _assertSound(walker);
        assertEq(walker.vault().totalSupply(), 0, R24);
        for (uint256 i = 0; i < walker.HOLDERS(); ++i) {
            assertEq(walker.vault().maxRedeem(walker.holderAt(i)), 0, R24);
            assertEq(walker.vault().maxWithdraw(walker.holderAt(i)), 0, R24);
        }
        assertEq(walker.held(), walker.vault().idle(), R24);
    }

    function _assertSound(StakedIotxActions walker) private view {
        (uint256 held, uint256 owed) = (walker.held(), walker.owed());
        assertGe(held, owed, STK_01);
        assertLe(held, owed + DUST, R24);
        assertEq(walker.breachOf("STK-01"), "", STK_01);
        assertEq(walker.breachOf("STK-08"), "", STK_08);
        assertEq(walker.breachOf("STK-10"), "", STK_10);
    }

    function _actions() private pure returns (bytes4[] memory selectors, string[] memory names) {
        string[13] memory all = [
            "deposit",
            "mint",
            "transfer",
            "request",
            "redeem",
            "withdraw",
            "compound",
            "fund",
            "push",
            "force",
            "slash",
            "outside",
            "wait"
        ];
        selectors = new bytes4[](all.length);
        names = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            names[i] = all[i];
            selectors[i] = bytes4(keccak256(bytes(string.concat(all[i], "(uint256)"))));
        }
    }
}
