// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console
import {Test} from "forge-std/Test.sol";

import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {SplitHub} from "../../contracts/ownership/SplitHub.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {SplitHubFixture} from "./SplitHubFixture.sol";
import {SplitHubWalker} from "./SplitHubWalker.sol";

/// @dev Stands here because Hardhat fuzzes only what a test file itself compiles to.
contract SplitHubActions is SplitHubWalker {}

contract SplitHubInvariantTest is Test {
    string private constant SPL_01 = "SPL-01: the hub has what all ids are owed";
    string private constant SPL_02 = "SPL-02: no id releases more than came in";
    string private constant SPL_03 = "SPL-03: what is left is less than a unit per recipient";
    string private constant SPL_04 = "SPL-04: what was paid and is due depends on what came in alone";
    string private constant SPL_05 = "SPL-05: a successor never changes what accrued";
    string private constant R21 = "R21: nobody is paid twice";
    string private constant R30 = "R30: nobody blocks another";

    uint256 private constant WALKS = 6;
    uint256 private constant STEPS = 120;
    uint256 private constant RECIPIENTS = 3;
    uint256 private constant LEAST_USE = 20; // per cent

    SplitHubActions private _walker;

    function setUp() public {
        _walker = new SplitHubActions();
        (bytes4[] memory selectors, ) = _actions();
        targetContract(address(_walker));
        targetSelector(FuzzSelector(address(_walker), selectors));
    }

    /// @dev At the end of each walk of each campaign.
    function afterInvariant() public {
        _drain(_walker);
    }

    /// @dev One currency after each step, and all of them after the last.
    function invariant_SPL_01_02_04_05_R30_potsAreAsInTheModel() public view {
        _assertCurrency(_walker, _walker.steps() % _walker.CURRENCIES());
        _assertNoBreaches(_walker);
    }

    /// @dev The walks that the campaign above takes, counted: a handler whose acts mostly do nothing would test nothing.
    function test_SPL_03_everyActionIsOftenOfUseAndOnlyDustIsLeft() public {
        (bytes4[] memory selectors, string[] memory names) = _actions();
        uint256[] memory attempts = new uint256[](selectors.length);
        uint256[] memory useful = new uint256[](selectors.length);
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            SplitHubActions walker = new SplitHubActions();
            for (uint256 step = 0; step < STEPS; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(walk, step)));
                bytes4 selector = selectors[seed % selectors.length];
                (bool success, ) = address(walker).call(abi.encodeWithSelector(selector, seed / selectors.length));
                assertTrue(success, names[seed % selectors.length]);
            }
            for (uint256 i = 0; i < selectors.length; ++i) {
                (uint256 tried, uint256 used) = walker.tallyOf(selectors[i]);
                attempts[i] += tried;
                useful[i] += used;
            }
            for (uint256 i = 0; i < walker.CURRENCIES(); ++i) _assertCurrency(walker, i);
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

    function _drain(SplitHubActions walker) private {
        walker.drain();
        for (uint256 i = 0; i < walker.CURRENCIES(); ++i) _assertCurrency(walker, i);
        _assertNoBreaches(walker);
        for (uint256 split = 0; split < walker.SPLITS(); ++split) {
            for (uint256 i = 0; i < walker.HONEST() && walker.isHonest(split); ++i) _assertDust(walker, split, i);
        }
    }

    /// @dev The fourth pays somebody who takes no coin.
    function _assertDust(SplitHubActions walker, uint256 split, uint256 index) private view {
        if (split == 4 && index == 0) return;
        bytes32 id = walker.treeAt(split).id;
        ISplitHub.Pot memory pot = walker.hub().potOf(id, walker.currencyAt(index));
        assertLt(pot.cumulative - pot.released, RECIPIENTS, SPL_03);
    }

    function _assertCurrency(SplitHubActions walker, uint256 index) private view {
        SplitHub hub = walker.hub();
        Currency currency = walker.currencyAt(index);
        uint256 owed = 0;
        for (uint256 split = 0; split < walker.SPLITS(); ++split) {
            SplitHubFixture.Tree memory tree = walker.treeAt(split);
            ISplitHub.Pot memory pot = hub.potOf(tree.id, currency);
            (uint256 cumulative, uint256 released) = walker.potIn(split, index);
            assertEq(pot.cumulative, cumulative, SPL_05);
            assertEq(pot.released, released, SPL_02);
            assertLe(pot.released, pot.cumulative, SPL_02);
            owed += cumulative - released;
            for (uint256 i = 0; i < RECIPIENTS; ++i) _assertRecipient(walker, tree, [split, index, i]);
        }
        if (index >= walker.HONEST()) return;
        assertEq(currency.balanceOf(address(hub)), owed + walker.donatedIn(index), SPL_01);
        for (uint256 i = 0; i < walker.ACCOUNTS(); ++i) {
            address account = walker.accountAt(i);
            assertEq(currency.balanceOf(account), walker.receivedIn(index, account), R30);
        }
    }

    /// @param where The split, the currency and the recipient.
    function _assertRecipient(
        SplitHubActions walker,
        SplitHubFixture.Tree memory tree,
        uint256[3] memory where
    ) private view {
        ISplitHub.Recipient memory recipient = tree.recipients[where[2]];
        uint256 due = walker.hub().releasable(tree.split, walker.currencyAt(where[1]), recipient);
        assertEq(due, walker.dueIn(where[0], where[1], where[2]), SPL_04);
        if (!walker.isHonest(where[0])) return;
        (uint256 cumulative, ) = walker.potIn(where[0], where[1]);
        uint256 part = (cumulative * recipient.shares) / tree.split.total;
        assertEq(walker.paidIn(where[0], where[1], recipient.payee) + due, part, SPL_04);
    }

    function _assertNoBreaches(SplitHubActions walker) private view {
        assertEq(walker.breachOf("SPL-01"), "", SPL_01);
        assertEq(walker.breachOf("SPL-04"), "", SPL_04);
        assertEq(walker.breachOf("SPL-05"), "", SPL_05);
        assertEq(walker.breachOf("R21"), "", R21);
        assertEq(walker.breachOf("R30"), "", R30);
    }

    function _actions() private pure returns (bytes4[] memory selectors, string[] memory names) {
        string[10] memory all = [
            "deposit",
            "payReceiver",
            "flush",
            "release",
            "releaseMany",
            "distribute",
            "setSuccessor",
            "donate",
            "rebase",
            "changeMind"
        ];
        selectors = new bytes4[](all.length);
        names = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            names[i] = all[i];
            selectors[i] = bytes4(keccak256(bytes(string.concat(all[i], "(uint256)"))));
        }
    }
}
