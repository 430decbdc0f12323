// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console
import {Test} from "forge-std/Test.sol";

import {Currency} from "../../contracts/shared/Currency.sol";
import {DividendLedgerHarness} from "./DividendLedgerHarness.sol";
import {DividendLedgerWalker} from "./DividendLedgerWalker.sol";

/// @dev Stands here because Hardhat fuzzes only what a test file itself compiles to.
contract DividendLedgerActions is DividendLedgerWalker {
    constructor(uint256[] memory balances, address idle, uint256 bits) DividendLedgerWalker(balances, idle, bits) {}
}

/// @dev Four ledgers at once: seven shares that earn as much as fits, a million and three, and as many as can be that
/// earn next to nothing, each with idle shares among them; and the seven again, which all earn.
contract DividendLedgerInvariantTest is Test {
    string private constant OWN_01 = "OWN-01: the sum of all balances is the supply";
    string private constant OWN_02 = "OWN-02: what is held is what is claimable and less than a unit per holder";
    string private constant OWN_03 = "OWN-03: claimed and claimable are what a naive sum says";
    string private constant OWN_05 = "OWN-05: a buyer gets nothing of earlier deposits, a seller loses nothing";
    string private constant OWN_11 = "OWN-11: past balances are what a naive record says";
    string private constant R24 = "R24: whoever claims last is paid in full";

    /// @dev The first actor.
    address private constant IDLE = address(0xAC704000);
    uint256 private constant LEDGERS = 4;
    uint256 private constant WALKS = 12;
    uint256 private constant STEPS = 120;
    uint256 private constant LEAST_USE = 20; // per cent

    DividendLedgerActions[] private _walkers;

    function setUp() public {
        vm.warp(1_000_000);
        (bytes4[] memory selectors, ) = _actions();
        for (uint256 i = 0; i < LEDGERS; ++i) {
            _walkers.push(_newWalker(i));
            targetContract(address(_walkers[i]));
            targetSelector(FuzzSelector(address(_walkers[i]), selectors));
        }
    }

    /// @dev At the end of each walk of each campaign.
    function afterInvariant() public {
        for (uint256 i = 0; i < LEDGERS; ++i) {
            _walkers[i].drain(i);
            _assertWalker(_walkers[i]);
        }
    }

    function invariant_OWN_01_02_03_05_11_theLedgerAgreesWithTheNaiveOne() public view {
        for (uint256 i = 0; i < LEDGERS; ++i) _assertWalker(_walkers[i]);
    }

    /// @dev The walks that the campaign above takes, counted: a handler whose acts mostly do nothing would test nothing.
    function test_OWN_02_R24_everyActionIsOftenOfUseAndNobodyIsShort() public {
        (bytes4[] memory selectors, string[] memory names) = _actions();
        uint256[] memory attempts = new uint256[](selectors.length);
        uint256[] memory useful = new uint256[](selectors.length);
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            DividendLedgerActions walker = _newWalker(walk % LEDGERS);
            for (uint256 step = 0; step < STEPS; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(walk, step)));
                bytes4 selector = selectors[seed % selectors.length];
                (bool success, ) = address(walker).call(abi.encodeWithSelector(selector, seed / selectors.length));
                assertTrue(success, "the walker itself reverted");
            }
            _assertWalker(walker);
            for (uint256 i = 0; i < selectors.length; ++i) {
                (uint256 tried, uint256 used) = walker.tallyOf(selectors[i]);
                attempts[i] += tried;
                useful[i] += used;
            }
            walker.drain(walk);
            _assertWalker(walker);
        }
        for (uint256 i = 0; i < selectors.length; ++i) {
            assertGt(attempts[i], 0, names[i]);
            uint256 rate = (useful[i] * 100) / attempts[i];
            // solhint-disable-next-line no-console
            console2.log("    %d %% of %d: %s", rate, attempts[i], names[i]);
            assertGe(rate, LEAST_USE, names[i]);
        }
    }

    function _newWalker(uint256 kind) private returns (DividendLedgerActions) {
        uint256[] memory balances = new uint256[](5);
        if (kind % 3 == 0) {
            (balances[0], balances[1], balances[2], balances[3]) = (3, 2, 1, 1);
            return new DividendLedgerActions(balances, kind == 0 ? IDLE : address(0), 124);
        }
        if (kind == 1) {
            (balances[0], balances[1], balances[2], balances[3]) = (500_000, 1, 500_001, 1);
            return new DividendLedgerActions(balances, IDLE, 80);
        }
        uint256 most = type(uint88).max;
        (balances[0], balances[1], balances[2], balances[4]) = (most / 2, most - most / 2 - most / 3 - 1, most / 3, 1);
        return new DividendLedgerActions(balances, IDLE, 12);
    }

    function _assertWalker(DividendLedgerActions walker) private view {
        DividendLedgerHarness ledger = walker.ledger();
        _assertBalances(walker, ledger);
        for (uint256 i = 0; i < walker.CURRENCIES(); ++i) _assertCurrency(walker, ledger, i);
        _assertNoBreach(walker, "OWN-01", OWN_01);
        _assertNoBreach(walker, "OWN-02", OWN_02);
        _assertNoBreach(walker, "OWN-03", OWN_03);
        _assertNoBreach(walker, "OWN-05", OWN_05);
        _assertNoBreach(walker, "OWN-11", OWN_11);
        _assertNoBreach(walker, "R24", R24);
    }

    function _assertBalances(DividendLedgerActions walker, DividendLedgerHarness ledger) private view {
        uint256 sum = 0;
        uint48[] memory snapshots = walker.snapshots();
        for (uint256 i = 0; i < walker.ACTORS(); ++i) {
            address holder = walker.actor(i);
            uint256 balance = ledger.balanceOf(holder);
            assertEq(balance, walker.balanceIn(holder), OWN_01);
            assertEq(ledger.account(holder).isIdle(), holder == walker.idle(), OWN_03);
            sum += balance;
            for (uint256 j = 0; j < snapshots.length; ++j) {
                assertEq(ledger.pastBalanceOf(holder, snapshots[j]), walker.pastIn(snapshots[j], holder), OWN_11);
            }
        }
        assertEq(sum, walker.supply(), OWN_01);
        assertEq(ledger.supplyOf(), sum, OWN_01);
        assertEq(ledger.head().idle(), walker.balanceIn(walker.idle()), OWN_03);
    }

    /// @dev In parts of the supply nothing is lost at all: what nobody earned yet is in the remainder of the division
    /// among the earning shares. It is less than a unit and there only if one of the actors is idle, who has no other.
    function _assertCurrency(DividendLedgerActions walker, DividendLedgerHarness ledger, uint256 index) private view {
        uint256 parts = 0;
        uint256 claimable = 0;
        for (uint256 i = 0; i < walker.ACTORS(); ++i) {
            address holder = walker.actor(i);
            uint256 due = ledger.claimable(holder, walker.currency(index));
            assertEq(due, walker.dueIn(index, holder), OWN_03);
            claimable += due;
            parts += walker.partsIn(index, holder);
        }
        uint256 held = ledger.heldOf(walker.currency(index));
        assertEq(held, walker.heldIn(index), OWN_02);
        assertEq(_carryOf(ledger, walker.currency(index)), walker.carryIn(index), OWN_02);
        assertEq(held * walker.supply(), parts + walker.carryIn(index), OWN_02);
        assertGe(held, claimable, OWN_02);
        assertLt(held - claimable, walker.ACTORS(), OWN_02);
    }

    function _carryOf(DividendLedgerHarness ledger, Currency currency) private view returns (uint256) {
        uint256 length = ledger.pot(currency).length();
        return length == 0 ? 0 : ledger.checkpoint(currency, length - 1).carry();
    }

    function _assertNoBreach(DividendLedgerActions walker, string memory property, string memory message) private view {
        string memory breach = walker.breachOf(property);
        assertEq(breach, "", message);
    }

    function _actions() private pure returns (bytes4[] memory selectors, string[] memory names) {
        string[10] memory all = [
            "move",
            "sellAll",
            "deposit",
            "claim",
            "claimPart",
            "leaveIdle",
            "takeSnapshot",
            "pass",
            "move",
            "deposit"
        ];
        selectors = new bytes4[](all.length);
        names = new string[](all.length);
        for (uint256 i = 0; i < all.length; ++i) {
            names[i] = all[i];
            selectors[i] = bytes4(keccak256(bytes(string.concat(all[i], "(uint256)"))));
        }
    }
}
