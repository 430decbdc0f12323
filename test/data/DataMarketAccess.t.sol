// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {DataMarketFixture} from "./DataMarketFixture.sol";

/// @dev What a grant opens, and until when.
contract DataMarketAccessTest is DataMarketFixture {
    address private _seller;
    address private _buyer;

    function setUp() public {
        _deployData();
        (_seller, _buyer) = (_person(1), _person(2));
        _endow(_buyer);
    }

    /// @dev Open for each epoch that was bought until the second before {IDataGrants-accessUntil}, and for none from then on.
    function testFuzz_DAT09_closesWithTheSecondThatItSays(
        uint32 length,
        uint32 grace,
        uint64 age,
        uint8 units,
        uint16 period
    ) public {
        length = uint32(bound(length, 1, 366 days));
        grace = uint32(bound(grace, 1, length));
        uint256 first = block.timestamp + 10 days - bound(age, 0, 400 days);
        uint256 assetId = _newStream(5, _seller, length, grace, uint48(first));
        IDataOffers.Offer memory offer = _offerOf(assetId, IDataOffers.Kind.Subscription, _inToken(), 1);
        offer.sale.period = uint16(bound(period, 1, 100));
        bytes32 offerId = _list(offer);
        uint32 count = uint32(bound(units, 1, 10));
        _buy(offerId, count, _buyer);

        uint256 start = block.timestamp < first ? 0 : (block.timestamp - first) / length;
        uint256 end = start + count * offer.sale.period;
        uint256 until = first + (end + 1) * length;
        assertEq(_grants.accessUntil(offerId, _buyer), until, "DAT-09: closes at another time");
        assertEq(_assets.finalAt(assetId, uint32(end - 1)) <= until, true, "DAT-09: closed before all is final");
        _assertOpens(offerId, start, end, true);
        vm.warp(until - 1);
        _assertOpens(offerId, start, end, true);
        vm.warp(until);
        _assertOpens(offerId, start, end, false);
        assertEq(_grants.accessUntil(offerId, _buyer), 0, "DAT-09: closed, but for another time");
        vm.warp(until + bound(age, 0, 400 days));
        _assertOpens(offerId, start, end, false);
    }

    /// @dev All the uses that are asked for must be among those of the terms.
    function testFuzz_DAT09_opensTheUsesOfTheTermsAlone(uint8 uses, uint8 asked, uint32 epoch) public {
        uses = uint8(bound(uses, 1, type(uint8).max));
        IDataOffers.Offer memory offer = _offerOf(_newDataset(5, _seller), IDataOffers.Kind.OneOff, _inToken(), 1);
        offer.terms.uses = uses;
        bytes32 offerId = _list(offer);
        assertFalse(_market.canAccess(offerId, _buyer, asked, epoch), "DAT-09: open before it was bought");
        _buy(offerId, 1, _buyer);
        bool expected = asked != 0;
        for (uint256 bit = 0; bit < 8; ++bit) {
            if ((asked >> bit) & 1 == 1 && (uses >> bit) & 1 == 0) expected = false;
        }
        assertEq(_market.canAccess(offerId, _buyer, asked, epoch), expected, "DAT-09: other uses");
        assertFalse(_market.canAccess(offerId, _seller, asked, epoch), "DAT-09: open to who did not buy");
        assertEq(_grants.accessUntil(offerId, _buyer), type(uint48).max, "DAT-09: a one-off has an end");
    }

    /// @dev DAT-03: neither the asset's sale nor the offer's end, withdrawal or fee touches what was bought.
    function testFuzz_DAT03_nothingButTheGrantDecides(uint32 later, bool wrapped) public {
        IDataOffers.Offer memory offer = _offerOf(_newDataset(5, _seller), IDataOffers.Kind.OneOff, _inToken(), 1);
        offer.validUntil = uint48(block.timestamp);
        offer.terms.transferable = true;
        bytes32 offerId = _list(offer);
        _buy(offerId, 1, _buyer);
        address holder = _buyer;
        if (wrapped) {
            holder = _person(3);
            vm.startPrank(_buyer);
            uint256 tokenId = _market.wrap(offerId);
            IERC721(address(_grants)).transferFrom(_buyer, holder, tokenId);
            vm.stopPrank();
            assertFalse(_market.canAccess(offerId, _buyer, 1, 0), "DAT-09: open to two for one price");
        }
        vm.startPrank(_seller);
        _offers.withdrawOffer(offer);
        _assets.transferFrom(_seller, _person(4), offer.assetId);
        vm.stopPrank();
        _offers.setFee(500);
        vm.warp(block.timestamp + later);
        assertTrue(_market.canAccess(offerId, holder, 1, 0), "DAT-03: closed by something else");
    }

    function _assertOpens(bytes32 offerId, uint256 start, uint256 end, bool open) private view {
        string memory message = open ? "DAT-09: closed too early" : "DAT-09: open too long";
        assertEq(_market.canAccess(offerId, _buyer, 1, uint32(start)), open, message);
        assertEq(_market.canAccess(offerId, _buyer, 1, uint32(end) - 1), open, message);
        assertEq(_market.canAccess(offerId, _buyer, 1, uint32((start + end) / 2)), open, message);
        assertEq(_inForce(offerId, _buyer), open, message);
        assertFalse(_market.canAccess(offerId, _buyer, 1, uint32(end)), "DAT-09: one epoch too many");
        if (start != 0) assertFalse(_market.canAccess(offerId, _buyer, 1, uint32(start) - 1), "DAT-09: one too early");
    }
}
