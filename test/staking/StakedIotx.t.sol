// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StakedIotxFixture} from "./StakedIotxFixture.sol";

/// @dev Whatever a vault has been through: who comes and goes takes nothing from who is there.
contract StakedIotxTest is StakedIotxFixture {
    string private constant STK_07 = "STK-07: who pays in and leaves takes out no more than he paid in";
    string private constant NO_LOSS = "STK-07: who pays in takes nothing from the others";
    string private constant R24 = "R24: the last takes all that is left";
    string private constant R25 = "R25: rounding favours the vault";

    address private constant ANNE = address(0xA22E);
    address private constant BEN = address(0xBE2);
    address private constant CLEO = address(0xC1E0);

    function setUp() public {
        _deployVault(0);
    }

    function testFuzz_STK_07_payingInAndLeavingNeverProfits(uint256 seed, uint256 assets) public {
        _live(seed);
        assets = bound(assets, 1 ether, 1e7 ether);
        uint256 before = _worthOf(ANNE);
        _deposit(BEN, assets);
        assertGe(_worthOf(ANNE) + 1, before, NO_LOSS);
        assertLe(_worthOf(BEN), assets, STK_07);
        before = _worthOf(ANNE);
        _request(BEN, _vault.balanceOf(BEN));
        assertGe(_worthOf(ANNE) + 1, before, NO_LOSS);
        _untilMature();
        assertLe(_redeemAll(BEN), assets, STK_07);
    }

    function testFuzz_STK_07_inPartsNeitherAndTwiceNeither(uint256 seed, uint256 assets, uint256 part) public {
        _live(seed);
        assets = bound(assets, 1 ether, 1e6 ether);
        uint256 shares = _deposit(BEN, assets) + _deposit(BEN, assets);
        part = bound(part, 1, shares - 1);
        _request(BEN, part);
        _request(BEN, shares - part);
        _untilMature();
        assertLe(_redeemAll(BEN), 2 * assets, STK_07);
    }

    /// @dev Both previews are kept, and each way costs as much as the other or more.
    function testFuzz_R25_previewsAreKeptAndRoundForTheVault(uint256 seed, uint256 assets) public {
        _live(seed);
        assets = bound(assets, 1 ether, 1e7 ether);
        uint256 shares = _vault.previewDeposit(assets);
        assertLe(_vault.previewMint(shares), assets, R25);
        uint256 costOfMore = _vault.previewMint(shares + 1);
        assertGt(costOfMore, assets, R25);
        assertEq(_deposit(BEN, assets), shares, R25);

        uint256 cost = _vault.previewMint(shares);
        hoax(BEN, cost);
        assertEq(_vault.mint{value: cost}(shares, BEN), cost, R25);
        assertLe(_vault.convertToAssets(shares), cost, R25);
        assertLe(_vault.convertToShares(_vault.convertToAssets(shares)), shares, R25);
    }

    function testFuzz_R24_allOfAnExitIsDivided(uint256 seed, uint256 first, uint256 second) public {
        _live(seed);
        uint256 supply = _vault.totalSupply();
        first = bound(first, 1, supply / 3);
        second = bound(second, 1, supply / 3);
        vm.startPrank(ANNE);
        _vault.transfer(BEN, first);
        _vault.transfer(CLEO, second);
        vm.stopPrank();
        _request(BEN, first);
        _request(CLEO, second);
        uint32 epoch = _pool.epoch();
        if (seed % 2 == 0) _slash(10_000);
        vm.warp(_startOf(epoch + 2));
        (, uint256 exit, ) = _pool.exitOf(_operator, epoch, address(_vault));
        uint256 held = address(_vault).balance - _vault.idle() + exit;
        uint256 due = _vault.maxWithdraw(CLEO);
        assertEq(_redeemAll(CLEO), due, "what is due is paid");
        assertEq(_redeemAll(BEN) + due, held, R24);
        assertEq(address(_vault).balance, _vault.idle(), R24);
    }

    /// @dev Claims in any parts bring no more than at once, and all of it in the end.
    function testFuzz_R24_claimsInPartsBringTheSame(uint256 seed, uint256 shares, uint256 assets) public {
        _live(seed);
        _request(ANNE, _vault.balanceOf(ANNE) / 2);
        _untilMature();
        (uint256 allShares, uint256 allAssets) = (_vault.maxRedeem(ANNE), _vault.maxWithdraw(ANNE));
        shares = bound(shares, 0, allShares);
        vm.prank(ANNE);
        uint256 paid = _vault.redeem(shares, ANNE, ANNE);
        assertLe(paid * allShares, allAssets * shares, R25);
        assertEq(_vault.maxWithdraw(ANNE), allAssets - paid, R24);
        assets = bound(assets, 0, allAssets - paid);
        vm.prank(ANNE);
        uint256 taken = _vault.withdraw(assets, ANNE, ANNE);
        assertGe(taken * (allAssets - paid), assets * (allShares - shares), R25);
        assertEq(paid + assets + _redeemAll(ANNE), allAssets, R24);
    }

    /// @dev A first depositor who gives as much as he likes gets hold of nothing of the next.
    function testFuzz_R23_nobodyGainsByInflatingThePrice(uint256 gift, uint256 assets, uint256 kept) public {
        gift = bound(gift, 1, 1e5 ether);
        assets = bound(assets, 1 ether, 1e6 ether);
        uint256 shares = _deposit(BEN, 1 ether);
        kept = bound(kept, 1, shares);
        vm.warp(_startOf(9));
        if (kept != shares) _request(BEN, shares - kept);
        _fund(gift);
        uint256 before = _worthOf(BEN);
        _deposit(ANNE, assets);
        assertLe(_worthOf(BEN), before + 1 + gift / 1e6, "R23: the gift is not got back at another's cost");
        assertGe(_worthOf(ANNE) + 2 + (gift + 1 ether) / 1e6, assets, "R23: who comes next keeps what he paid in");
    }

    /// @dev Anne has lived in the vault for some epochs, with rewards, compounding and slashes.
    function _live(uint256 seed) private {
        _deposit(ANNE, 1 ether + (seed % 1e4 ether));
        for (uint256 i = 0; i < 3; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            vm.warp(_startOf(_pool.epoch() + 1));
            if (dice % 2 == 0) _fund(1 + ((dice >> 8) % 1e3 ether));
            if (dice % 3 == 0) _slash(1000 + ((dice >> 128) % 9001));
            if (dice % 5 < 3) _vault.compound();
        }
    }
}
