// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {DataMarketFixture} from "./DataMarketFixture.sol";

/// @dev Where a price goes, to the unit.
contract DataMarketSplitsTest is DataMarketFixture {
    address private constant REFERRER = address(0x4EF);
    address private constant PAYEE = address(0x9A7EE);
    uint256 private constant SELLER = 1;
    uint256 private constant BUYER = 2;

    uint256[4] private _parents;

    function setUp() public {
        _deployData();
        _endow(_person(BUYER));
        for (uint256 i = 0; i < 4; ++i) {
            _parents[i] = _newDataset(i + 20, _person(SELLER));
            vm.prank(_person(SELLER));
            _assets.setPayee(_parents[i], address(uint160(i + 1_000)));
        }
    }

    function testFuzz_DAT08_everyUnitOfThePriceGoesSomewhere(
        uint128 price,
        uint16 feeBps,
        uint16 referrerBps,
        uint16[4] memory shares,
        uint8 count,
        bool referred
    ) public {
        _offers.setFee(uint16(bound(feeBps, 0, 500)));
        uint256 assetId = _derive(shares, count % 5);
        IDataOffers.Offer memory offer = _offerOf(assetId, IDataOffers.Kind.OneOff, _inToken(), price);
        offer.sale.referrerBps = uint16(bound(referrerBps, 0, WHOLE));
        IDataMarket.Purchase memory purchase = _purchaseOf(_listWith(offer, count % 5), 1, _person(BUYER));
        if (referred) purchase.referrer = REFERRER;
        _token.mint(_person(BUYER), price);
        _pay(purchase, _person(BUYER));
        _assertSplit(offer, count % 5, referred);
    }

    /// @dev A few units at a time: neither fee nor parents' shares are evaded by rounding.
    function testFuzz_DAT08_nothingIsEvadedByTinyPrices(uint8 price, uint16 feeBps, uint16 bps) public {
        feeBps = uint16(bound(feeBps, 1, 500));
        _offers.setFee(feeBps);
        bps = uint16(bound(bps, 1, WHOLE));
        uint16[4] memory shares = [bps, 0, 0, 0];
        IDataOffers.Offer memory offer = _offerOf(
            _derive(shares, 1),
            IDataOffers.Kind.OneOff,
            _inToken(),
            uint128(price) + 2
        );
        _buy(_listWith(offer, 1), 1, _person(BUYER));
        assertGe(_claimable(TREASURY) * WHOLE, (uint256(price) + 2) * feeBps, "DAT-08: the fee was evaded");
        uint256 net = uint256(price) + 2 - _claimable(TREASURY);
        assertGe(_claimable(address(1_000)) * WHOLE, net * bps, "DAT-08: a parent's share was evaded");
    }

    /// @dev A lost dispute's bond is the seller's, whole and beside the price.
    function testFuzz_DAT08_aDisputeMovesPriceAndBond(uint128 price, bool forSeller, bool silent) public {
        price = uint128(bound(price, 0, type(uint120).max));
        uint256 assetId = _derive([uint16(0), 0, 0, 0], 0);
        IDataOffers.Offer memory offer = _sealedOfferOf(assetId, _inToken(), price, address(this));
        bytes32 offerId = _listWith(offer, 0);
        IDataMarket.Purchase memory purchase = _purchaseOf(offerId, 1, _person(BUYER));
        purchase.encryptionKey = bytes32(uint256(1));
        _pay(purchase, _person(BUYER));
        vm.prank(_person(SELLER));
        _market.deliver(offerId, _person(BUYER), "key");
        vm.prank(_person(BUYER));
        _market.dispute(offerId);
        uint256 bond = (uint256(price) + 9) / 10;
        assertEq(_token.balanceOf(address(_market)), price + bond, "DAT-01: another bond");
        if (silent) {
            vm.warp(block.timestamp + 14 days + 1);
            _market.closeDelivery(offerId, _person(BUYER));
        } else {
            _market.rule(offerId, _person(BUYER), forSeller);
        }
        uint256 fee = (uint256(price) * FEE + WHOLE - 1) / WHOLE;
        bool earned = forSeller && !silent;
        assertEq(_claimable(_person(BUYER)), earned ? 0 : price + bond, "DAT-12: the holder got another sum");
        assertEq(_claimable(PAYEE), earned ? price - fee + bond : 0, "DAT-08: the payee got another sum");
        assertEq(_claimable(TREASURY), earned ? fee : 0, "DAT-08: another fee");
        assertEq(_inForce(offerId, _person(BUYER)), earned, "DAT-09: access does not follow the money");
    }

    /// @dev Credits stay with their holder until they are spent or released.
    function testFuzz_DAT02_creditsAreReservedThenSpentOrReleased(uint96 price, uint8 end) public {
        uint256 assetId = _derive([uint16(0), 0, 0, 0], 0);
        IDataOffers.Offer memory offer = _sealedOfferOf(assetId, _inCredits(), price, address(this));
        bytes32 offerId = _listWith(offer, 0);
        address buyer = _person(BUYER);
        uint256 free = _credits.free(buyer);
        IDataMarket.Purchase memory purchase = _purchaseOf(offerId, 1, buyer);
        purchase.encryptionKey = bytes32(uint256(1));
        _pay(purchase, buyer);
        assertEq(_credits.reserved(buyer, address(_market)), price, "DAT-02: another sum is reserved");
        bool earned = _finish(offerId, buyer, end % 4);
        uint256 bond = end % 4 == 2 ? (uint256(price) + 9) / 10 : 0;
        assertEq(_credits.reserved(buyer, address(_market)), 0, "DAT-02: something stays reserved");
        assertEq(_credits.earned(PAYEE), earned ? price + bond : 0, "DAT-02: another sum was spent");
        assertEq(_credits.free(buyer), earned ? free - price - bond : free, "DAT-02: another sum was released");
        assertEq(_market.claimable(_inCredits(), buyer) + _market.claimable(_inCredits(), PAYEE), 0);
    }

    /// @dev 0: nothing delivered, 1: not disputed, 2: the seller wins, 3: the holder wins.
    function _finish(bytes32 offerId, address buyer, uint256 end) private returns (bool earned) {
        if (end > 0) {
            vm.prank(_person(SELLER));
            _market.deliver(offerId, buyer, "key");
        }
        if (end > 1) {
            vm.prank(buyer);
            _market.dispute(offerId);
            _market.rule(offerId, buyer, end == 2);
            return end == 2;
        }
        vm.warp(block.timestamp + 2 days + 1);
        _market.closeDelivery(offerId, buyer);
        return end == 1;
    }

    function _assertSplit(IDataOffers.Offer memory offer, uint256 count, bool referred) private view {
        uint256 price = offer.sale.price;
        uint256 fee = _ceil(price, offer.sale.feeBps);
        uint256 net = price - fee;
        uint256 rest = net;
        IDataAssets.Parent[] memory parents = _assets.parentsOf(offer.assetId);
        assertEq(parents.length, count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 share = _ceil(net, parents[i].bps);
            if (share > rest) share = rest;
            rest -= share;
            assertEq(_claimable(address(uint160(i + 1_000))), share, "DAT-08: another share for a parent");
        }
        uint256 toReferrer = referred ? (rest * offer.sale.referrerBps) / WHOLE : 0;
        assertEq(_claimable(TREASURY), fee, "DAT-08: another fee");
        assertEq(_claimable(REFERRER), toReferrer, "DAT-08: another share for the referrer");
        assertEq(_claimable(PAYEE), rest - toReferrer, "DAT-08: the payee gets something but the rest");
        assertEq(_token.balanceOf(address(_market)), price, "DAT-08: the parts are not the price");
    }

    /// @dev An asset of the seller's with so many of his own as parents.
    function _derive(uint16[4] memory shares, uint256 count) private returns (uint256 assetId) {
        Key memory key = _deviceKey(50);
        _register(key, _person(SELLER));
        IDataAssets.Publication memory value = _datasetOf(key, _person(SELLER));
        value.parents = new IDataAssets.Parent[](count);
        value.payee = PAYEE;
        uint256 left = WHOLE;
        for (uint256 i = 0; i < count; ++i) {
            uint16 bps = uint16(shares[i] % (left + 1));
            left -= bps;
            value.parents[i] = IDataAssets.Parent(uint48(_parents[i]), bps);
        }
        return _publish(key, value);
    }

    function _listWith(IDataOffers.Offer memory offer, uint256 count) private returns (bytes32 offerId) {
        vm.prank(_person(SELLER));
        return _offers.list(offer, new bytes32[](count), "");
    }

    function _claimable(address account) private view returns (uint256) {
        return _market.claimable(_inToken(), account);
    }

    function _ceil(uint256 amount, uint256 bps) private pure returns (uint256) {
        return (amount * bps) / WHOLE + ((amount * bps) % WHOLE == 0 ? 0 : 1);
    }
}
