// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IDataGrants} from "../../contracts/data/IDataGrants.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {DataMarketFixture} from "./DataMarketFixture.sol";

/// @dev An exclusive quota is its holder's alone, also after it moved.
contract DataMarketExclusivityTest is DataMarketFixture {
    address private _seller;
    address private _first;
    address private _second;
    bytes32 private _offerId;

    function setUp() public {
        _deployData();
        (_seller, _first, _second) = (_person(1), _person(2), _person(3));
        _endow(_first);
        _endow(_second);
        uint256 assetId = _newDataset(5, _seller);
        IDataOffers.Offer memory offer = _offerOf(assetId, IDataOffers.Kind.Metered, _inToken(), 10);
        offer.terms.exclusive = true;
        offer.terms.transferable = true;
        _offerId = _list(offer);
    }

    function testFuzz_DAT07_whoGaveAnExclusiveQuotaAwayBuysNoOther(uint32 bought, uint32 used) public {
        (bought, used) = _giveAway(bought, used);
        IDataMarket.Purchase memory purchase = _purchaseOf(_offerId, 1, _first);
        vm.prank(_first);
        try _market.buy(purchase) {} catch {}
        bool both = _inForce(_offerId, _first) && _inForce(_offerId, _second);
        assertFalse(both, "DAT-07: two hold an exclusive quota");
    }

    function testFuzz_DAT04_whoWasGivenAnExclusiveQuotaBuysMore(uint32 bought, uint32 used) public {
        (bought, used) = _giveAway(bought, used);
        _use(_second, _market.grantOf(_offerId, _second).quota);
        _buy(_offerId, 1, _second);
        assertEq(_market.grantOf(_offerId, _second).quota, bought - used + 1);
        assertTrue(_inForce(_offerId, _second));
    }

    function testFuzz_DAT07_aQuotaUsedUpBeforeItMovesStaysItsHolders(uint32 bought) public {
        bought = uint32(bound(bought, 1, 1_000));
        _buy(_offerId, bought, _first);
        vm.prank(_first);
        uint256 tokenId = _market.wrap(_offerId);
        _use(_first, bought);
        vm.prank(_first);
        IERC721(address(_grants)).transferFrom(_first, _second, tokenId);
        _buy(_offerId, 1, _second);
        assertTrue(_inForce(_offerId, _second), "DAT-07: the exclusive holder cannot buy more");
    }

    function _giveAway(uint32 bought, uint32 used) private returns (uint32, uint32) {
        bought = uint32(bound(bought, 1, 1_000));
        used = uint32(bound(used, 0, bought - 1));
        _buy(_offerId, bought, _first);
        if (used != 0) _use(_first, used);
        vm.startPrank(_first);
        uint256 tokenId = _market.wrap(_offerId);
        IERC721(address(_grants)).transferFrom(_first, _second, tokenId);
        vm.stopPrank();
        return (bought, used);
    }

    function _use(address holder, uint48 cumulative) private {
        IDataGrants.Usage memory usage = IDataGrants.Usage(_offerId, holder, cumulative, NEVER);
        uint256 secret = _secretOf(holder == _first ? 2 : 3);
        _grants.recordUsage(usage, _signAs(secret, _usageDigest(usage)));
    }
}
