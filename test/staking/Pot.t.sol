// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {stdError} from "forge-std/StdError.sol";
import {Test} from "forge-std/Test.sol";

import {Pot, PotLibrary} from "../../contracts/staking/Pot.sol";

/// @dev Beside the pot stands a plain account of it: what is in it, and how many shares each member holds.
contract PotTest is Test {
    uint256 private constant MEMBERS = 4;
    uint256 private constant TOO_MUCH = uint256(type(uint128).max) + 1;

    struct Step {
        uint8 action;
        uint8 member;
        uint128 amount;
    }

    uint256 private _assets;
    uint256 private _supply;
    uint256[MEMBERS] private _held;

    function testFuzz_holdsBothNumbersSideBySide(uint128 assets, uint128 shares) public pure {
        Pot pot = PotLibrary.toPot(assets, shares);
        assertEq(Pot.unwrap(pot), uint256(bytes32(abi.encodePacked(assets, shares))), "the word");
        assertEq(pot.assets(), assets, "the assets");
        assertEq(pot.shares(), shares, "the shares");
    }

    function test_refusesNumbersThatDoNotFit() public {
        _expectTooMuch(TOO_MUCH);
        this.toPot(TOO_MUCH, 0);
        _expectTooMuch(TOO_MUCH);
        this.toPot(0, TOO_MUCH);
        Pot full = PotLibrary.toPot(TOO_MUCH - 1, TOO_MUCH - 1);
        _expectTooMuch(TOO_MUCH);
        this.deposit(full, 1);
        // There is room for the wei, and none for the shares that it would buy.
        Pot worn = PotLibrary.toPot(1 ether, TOO_MUCH - 1);
        _expectTooMuch(TOO_MUCH - 1 + (2 * (TOO_MUCH - 1)) / 1 ether);
        this.deposit(worn, 2);
    }

    function testFuzz_refusesToGiveWhatItDoesNotHave(uint128 assets, uint128 shares, uint64 more) public {
        shares = uint128(bound(shares, 1, type(uint128).max));
        uint256 excess = uint256(more) + 1;
        Pot pot = PotLibrary.toPot(assets, shares);
        vm.expectRevert(stdError.arithmeticError);
        this.lose(pot, assets + excess);
        vm.expectRevert(stdError.arithmeticError);
        this.redeem(pot, shares + excess);
    }

    function testFuzz_sellsNoSharesOfAPotThatHasLostEverything(uint128 shares, uint128 amount) public {
        Pot empty = PotLibrary.toPot(0, bound(shares, 1, type(uint128).max));
        vm.expectRevert(stdError.divisionError);
        this.deposit(empty, amount);
        (Pot left, uint256 paid) = empty.redeem(empty.shares());
        assertEq(paid, 0);
        assertEq(Pot.unwrap(left), 0, "it does not start again");
    }

    function testFuzz_theFirstShareIsWorthAWei(uint128 amount) public pure {
        (Pot pot, uint256 bought) = PotLibrary.toPot(0, 0).deposit(amount);
        assertEq(bought, amount);
        assertEq(pot.assets(), amount);
        assertEq(pot.shares(), amount);
        assertEq(pot.worth(bought), amount);
        assertEq(PotLibrary.toPot(0, 0).worth(0), 0, "nothing of nothing is worth something");
    }

    function testFuzz_losingTakesFromTheAssetsAlone(uint128 assets, uint128 shares, uint128 amount) public pure {
        amount = uint128(bound(amount, 0, assets));
        Pot pot = PotLibrary.toPot(assets, shares).lose(amount);
        assertEq(pot.assets(), assets - amount);
        assertEq(pot.shares(), shares);
    }

    function testFuzz_STK07_depositAndRedeemNeverGains(uint96 assets, uint120 shares, uint96 amount) public pure {
        Pot pot = _anyPot(assets, shares);
        (Pot fuller, uint256 bought) = pot.deposit(amount);
        assertGe(bought, amount, "STK-08: a share costs more than a wei");
        (Pot after_, uint256 paid) = fuller.redeem(bought);
        assertLe(paid, amount, "STK-07: whoever comes and goes gains");
        assertLe(amount - paid, 1, "STK-07: whoever comes and goes loses more than a wei");
        assertEq(after_.shares(), pot.shares());
        assertEq(after_.assets(), pot.assets() + amount - paid);
    }

    /// @dev Together the others gain less than a wei, and never lose.
    function testFuzz_STK08_aDepositLeavesTheOthersWhatTheyHad(
        uint96 assets,
        uint120 shares,
        uint96 amount
    ) public pure {
        Pot pot = _anyPot(assets, shares);
        (Pot fuller, uint256 bought) = pot.deposit(amount);
        uint256 theirs = pot.shares() * fuller.assets();
        uint256 before = pot.assets() * fuller.shares();
        assertGe(theirs, before, "STK-07: a deposit takes from the others");
        assertLt(theirs - before, fuller.shares(), "STK-08: a deposit gives the others a wei");
        assertEq(fuller.assets(), pot.assets() + amount);
        assertEq(fuller.shares(), pot.shares() + bought);
    }

    function testFuzz_STK08_aRedemptionLeavesTheOthersWhatTheyHad(
        uint128 assets,
        uint128 shares,
        uint128 sold
    ) public pure {
        Pot pot = _anyPot(assets, shares);
        sold = uint128(bound(sold, 0, pot.shares()));
        (Pot poorer, uint256 paid) = pot.redeem(sold);
        uint256 exact = sold * pot.assets();
        assertLe(paid * pot.shares(), exact, "STK-07: a redemption pays too much");
        assertLt(exact - paid * pot.shares(), pot.shares(), "STK-08: a redemption leaves the others a wei");
        assertEq(paid, pot.worth(sold), "R24: less is paid than shares are worth");
        assertEq(poorer.assets(), pot.assets() - paid);
        assertEq(poorer.shares(), pot.shares() - sold);
        if (poorer.shares() != 0) assertGt(poorer.assets(), 0, "shares that remain are worth nothing");
    }

    function testFuzz_R24_theLastShareTakesAllThatIsLeft(uint128 assets, uint128 shares, uint128 sold) public pure {
        Pot pot = _anyPot(assets, shares);
        uint256 paid;
        uint256 rest;
        (pot, paid) = pot.redeem(bound(sold, 0, pot.shares() - 1));
        uint256 left = pot.assets();
        (pot, rest) = pot.redeem(pot.shares());
        assertEq(rest, left, "R24: the last one gets less than what is left");
        assertEq(Pot.unwrap(pot), 0, "R24: something is stuck");
    }

    function testFuzz_STK08_agreesWithAPlainAccount(Step[32] memory steps) public {
        Pot pot;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 member = steps[i].member % MEMBERS;
            uint256 action = steps[i].action % 8;
            uint256[MEMBERS] memory before = _worths(pot);
            if (action < 4 && (_assets != 0 || _supply == 0)) pot = _deposit(pot, member, steps[i].amount);
            else if (action < 7) pot = _redeem(pot, member, steps[i].amount, action == 6);
            else pot = _lose(pot, steps[i].amount);

            assertEq(pot.assets(), _assets, "the assets differ");
            assertEq(pot.shares(), _supply, "the shares differ");
            assertLe(_assets, _supply, "STK-08: a share is worth more than a wei");
            if (action < 7) _assertOthersKeep(pot, before, member);
        }
        for (uint256 member = 0; member < MEMBERS; ++member) pot = _redeem(pot, member, 0, true);
        assertEq(Pot.unwrap(pot), 0, "R24: something is stuck");
    }

    function toPot(uint256 assets, uint256 shares) external pure returns (Pot) {
        return PotLibrary.toPot(assets, shares);
    }

    function deposit(Pot pot, uint256 amount) external pure returns (Pot, uint256) {
        return pot.deposit(amount);
    }

    function redeem(Pot pot, uint256 sold) external pure returns (Pot, uint256) {
        return pot.redeem(sold);
    }

    function lose(Pot pot, uint256 amount) external pure returns (Pot) {
        return pot.lose(amount);
    }

    function _deposit(Pot pot, uint256 member, uint256 amount) private returns (Pot fuller) {
        amount = bound(amount, 0, 1e27);
        uint256 expected = _supply == 0 ? amount : (amount * _supply) / _assets;
        // What a pool would refuse long before: shares of dust.
        if (_supply + expected > type(uint112).max) return pot;
        uint256 bought;
        (fuller, bought) = pot.deposit(amount);
        assertEq(bought, expected, "the shares bought differ");
        _assets += amount;
        _supply += bought;
        _held[member] += bought;
    }

    function _redeem(Pot pot, uint256 member, uint256 amount, bool all) private returns (Pot poorer) {
        uint256 sold = all ? _held[member] : bound(amount, 0, _held[member]);
        uint256 expected = _supply == 0 ? 0 : (sold * _assets) / _supply;
        uint256 paid;
        (poorer, paid) = pot.redeem(sold);
        assertEq(paid, expected, "the wei paid differ");
        _assets -= paid;
        _supply -= sold;
        _held[member] -= sold;
    }

    function _lose(Pot pot, uint256 amount) private returns (Pot poorer) {
        amount = bound(amount, 0, _assets);
        poorer = pot.lose(amount);
        _assets -= amount;
    }

    function _assertOthersKeep(Pot pot, uint256[MEMBERS] memory before, uint256 member) private view {
        for (uint256 i = 0; i < MEMBERS; ++i) {
            if (i == member) continue;
            uint256 worth = pot.worth(_held[i]);
            assertGe(worth, before[i], "STK-07: another member's worth falls");
            assertLe(worth, before[i] + 1, "STK-08: another member's worth rises");
        }
    }

    function _worths(Pot pot) private view returns (uint256[MEMBERS] memory worths) {
        for (uint256 i = 0; i < MEMBERS; ++i) worths[i] = pot.worth(_held[i]);
    }

    function _expectTooMuch(uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, uint8(128), value));
    }

    /// @dev At most a wei for a share, and at least a millionth of one.
    function _anyPot(uint256 assets, uint256 shares) private pure returns (Pot) {
        shares = bound(shares, 1, type(uint112).max);
        assets = bound(assets, (shares + 1e6 - 1) / 1e6, shares);
        return PotLibrary.toPot(assets, shares);
    }
}
