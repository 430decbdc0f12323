// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console
import {Test} from "forge-std/Test.sol";

import {DataAssets} from "../../contracts/data/DataAssets.sol";
import {DataMarket} from "../../contracts/data/DataMarket.sol";
import {DataOffers} from "../../contracts/data/DataOffers.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {DataMarketHandler} from "./DataMarketHandler.sol";
import {DataMarketModel} from "./DataMarketModel.sol";

/// @dev Stands here because Hardhat fuzzes only what a test file itself compiles to.
contract DataMarketActions is DataMarketHandler {}

contract DataMarketInvariants is Test {
    string private constant DAT_01 = "DAT-01: escrow is unrecognised + claimable, exactly";
    string private constant DAT_02 = "DAT-02: paid is recognised + refunded + pending";
    string private constant DAT_03 = "DAT-03: an offer never changes, and access depends on the grant alone";
    string private constant DAT_04 = "DAT-04: end and quota move by purchase, use and refund alone";
    string private constant DAT_05 = "DAT-05: a root never changes";
    string private constant DAT_07 = "DAT-07: maxUnits and exclusivity are never exceeded";
    string private constant DAT_08 = "DAT-08: fee + referrer + parents + payee is the price";
    string private constant DAT_09 = "DAT-09: nobody has access without payment or gift";
    string private constant DAT_10 = "DAT-10: a missed epoch is refunded to all";
    string private constant DAT_12 = "DAT-12: nobody's silence holds money past its deadline";

    uint256 private constant ACTORS = 6;
    uint256 private constant CURRENCIES = 2;
    uint256 private constant PARTS = 8;
    uint256 private constant WALKS = 24;
    uint256 private constant STEPS = 80;
    uint256 private constant LEAST_SUCCESS = 20; // per cent

    DataMarketActions private _handler;
    DataMarket private _market;
    DataOffers private _offers;
    DataAssets private _assets;

    function setUp() public {
        _handler = new DataMarketActions();
        _market = _handler.market();
        _offers = _handler.offers();
        _assets = _handler.assets();
        (bytes4[] memory selectors, ) = _actions();
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    /// @dev At the end of each walk of each campaign.
    function afterInvariant() public {
        for (uint256 part = 0; part < PARTS; ++part) {
            _assertOffers(part);
            _assertGrants(part);
        }
        for (uint256 assetId = 1; assetId <= _handler.assetCount(); ++assetId) _assertAsset(assetId);
        _drain(_handler);
    }

    function invariant_DAT_01_02_08_everyUnitIsSomebodys() public view {
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            Currency currency = _handler.currency(i);
            uint256 owed = _handler.waiting(i);
            for (uint256 j = 0; j < ACTORS + 2; ++j) {
                address account = _handler.account(j);
                uint256 claimable = _market.claimable(currency, account);
                assertEq(claimable, _handler.credited(i, account), DAT_02);
                owed += claimable;
            }
            assertEq(currency.balanceOf(address(_market)) - _handler.donated(i), owed, DAT_01);
        }
        _assertNoBreach("DAT-01", DAT_01);
        _assertNoBreach("DAT-02", DAT_02);
        _assertNoBreach("DAT-08", DAT_08);
    }

    /// @dev A part of the offers and one asset after each step, and all of them after the last.
    function invariant_DAT_03_05_07_offersAndRootsStayAndLimitsHold() public view {
        _assertOffers(_handler.steps() % PARTS);
        _assertAsset((_handler.steps() % _handler.assetCount()) + 1);
        _assertNoBreach("DAT-03", DAT_03);
        _assertNoBreach("DAT-05", DAT_05);
        _assertNoBreach("DAT-07", DAT_07);
    }

    /// @dev A part of the offers after each step, and all of them after the last.
    function invariant_DAT_04_09_10_12_grantsAreAsBought() public view {
        _assertGrants(_handler.steps() % PARTS);
        _assertNoBreach("DAT-04", DAT_04);
        _assertNoBreach("DAT-10", DAT_10);
        _assertNoBreach("DAT-12", DAT_12);
    }

    /// @dev The walks that the campaigns above take, counted: a handler whose acts mostly fail would test nothing.
    function test_DAT_12_everyActionSucceedsOftenAndNothingIsStuck() public {
        (bytes4[] memory selectors, string[] memory names) = _actions();
        uint256[] memory attempts = new uint256[](selectors.length);
        uint256[] memory successes = new uint256[](selectors.length);
        string[15] memory situations = _situations();
        uint256[15] memory met;
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            DataMarketActions handler = new DataMarketActions();
            for (uint256 step = 0; step < STEPS; ++step) {
                uint256 seed = uint256(keccak256(abi.encode(walk, step)));
                bytes4 selector = selectors[seed % selectors.length];
                (bool success, ) = address(handler).call(abi.encodeWithSelector(selector, seed / selectors.length));
                assertTrue(success, "the handler itself reverted");
            }
            for (uint256 i = 0; i < situations.length; ++i) met[i] += handler.met(situations[i]);
            for (uint256 i = 0; i < selectors.length; ++i) {
                (uint256 tried, uint256 succeeded) = handler.tallyOf(selectors[i]);
                attempts[i] += tried;
                successes[i] += succeeded;
            }
            _drain(handler);
            for (uint256 i = 1; i <= 12; ++i) assertEq(handler.breachOf(_property(i)), "", _property(i));
        }
        for (uint256 i = 0; i < selectors.length; ++i) {
            assertGt(attempts[i], 0, names[i]);
            uint256 rate = (successes[i] * 100) / attempts[i];
            // solhint-disable-next-line no-console
            console2.log("    %d %% of %d: %s", rate, attempts[i], names[i]);
            assertGe(rate, LEAST_SUCCESS, names[i]);
        }
        for (uint256 i = 0; i < situations.length; ++i) {
            // solhint-disable-next-line no-console
            console2.log("    met %d times: %s", met[i], situations[i]);
            assertGt(met[i], 0, situations[i]);
        }
    }

    function _assertOffers(uint256 part) private view {
        bytes32[] memory ids = _handler.offerIds();
        for (uint256 i = part; i < ids.length; i += PARTS) {
            (bytes32 hash, uint256 sold) = _handler.listedAs(ids[i]);
            IDataOffers.Offer memory offer = _handler.keptOffer(ids[i]);
            assertEq(keccak256(abi.encode(offer)), hash, DAT_03);
            assertEq(_offers.isOpen(ids[i]), _handler.isOpen(ids[i]), DAT_03);
            assertEq(_market.listingOf(ids[i]).sold, sold, DAT_07);
            assertTrue(offer.sale.maxUnits == 0 || sold <= offer.sale.maxUnits, DAT_07);
        }
    }

    function _assertGrants(uint256 part) private view {
        bytes32[] memory ids = _handler.offerIds();
        for (uint256 i = part; i < ids.length; i += PARTS) {
            for (uint256 j = 0; j < ACTORS; ++j) {
                address actor = _handler.actor(j);
                DataMarketModel.Hold memory hold = _handler.holdOf(ids[i], actor);
                _assertGrant(ids[i], actor, hold);
                assertEq(_handler.inForce(ids[i], actor), _handler.isGranted(ids[i], actor), DAT_09);
                _assertAccess(ids[i], actor, hold);
                assertEq(_market.refundable(ids[i], actor), _handler.dueTo(ids[i], actor), DAT_10);
            }
        }
    }

    function _drain(DataMarketActions handler) private {
        handler.drain();
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            uint256 left = handler.currency(i).balanceOf(address(handler.market()));
            assertEq(left, handler.donated(i), DAT_12);
        }
    }

    function _assertGrant(bytes32 offerId, address actor, DataMarketModel.Hold memory hold) private view {
        IDataMarket.Grant memory grant = _market.grantOf(offerId, actor);
        assertEq(grant.start, hold.start, DAT_04);
        assertEq(grant.end, hold.end, DAT_04);
        assertEq(grant.quota - grant.used, hold.left, DAT_04);
        assertEq(grant.used, hold.used, DAT_04);
        assertEq(grant.tokenId, hold.tokenId, DAT_03);
        if (_market.listingOf(offerId).kind == IDataOffers.Kind.OneOff) assertEq(grant.held, hold.held, DAT_04);
        IDataMarket.Delivery memory delivery = _market.deliveryOf(offerId, actor);
        assertEq(uint8(delivery.status), uint8(hold.status), DAT_12);
        assertEq(delivery.deadline, hold.deadline, DAT_12);
    }

    /// @dev Some use in each epoch that matters, and in the first all that may be asked.
    function _assertAccess(bytes32 offerId, address actor, DataMarketModel.Hold memory hold) private view {
        uint32 first = uint32(hold.start);
        _assertAccess(offerId, actor, 0, first);
        _assertAccess(offerId, actor, 16, first);
        _assertAccess(offerId, actor, 17, first);
        _assertAccess(offerId, actor, 80, first);
        if (hold.end == 0) return;
        _assertAccess(offerId, actor, 16, uint32(hold.end) - 1);
        _assertAccess(offerId, actor, 16, uint32(hold.end));
        if (first != 0) _assertAccess(offerId, actor, 16, first - 1);
    }

    function _assertAccess(bytes32 offerId, address actor, uint8 uses, uint32 epoch) private view {
        bool expected = _handler.mayAccess(offerId, actor, uses, epoch);
        assertEq(_market.canAccess(offerId, actor, uses, epoch), expected, DAT_09);
    }

    function _assertAsset(uint256 assetId) private view {
        (bool exclusive, uint256 count) = _handler.livingOn(assetId);
        assertTrue(!exclusive || count <= 1, DAT_07);
        (uint256 next, bytes32 head) = _handler.streamIn(assetId);
        assertEq(_assets.headOf(assetId), head, DAT_05);
        for (uint256 epoch = next < 8 ? 0 : next - 8; epoch < next; ++epoch) {
            (bytes32 root, bool came) = _handler.epochIn(assetId, epoch);
            assertEq(_assets.epochRootOf(assetId, uint32(epoch)), root, DAT_05);
            assertEq(_assets.isDelivered(assetId, uint32(epoch)), came, DAT_10);
        }
    }

    function _assertNoBreach(string memory property, string memory message) private view {
        string memory breach = _handler.breachOf(property);
        assertEq(bytes(breach).length, 0, string.concat(message, "; ", breach));
    }

    function _property(uint256 number) private pure returns (string memory) {
        return string.concat(number < 10 ? "DAT-0" : "DAT-", vm.toString(number));
    }

    function _situations() private pure returns (string[15] memory) {
        return
            [
                "extended",
                "refunded",
                "settled",
                "used up",
                "kept out",
                "bought again after a move",
                "derivative offered",
                "derivative refused",
                "epoch in time",
                "epoch left out",
                "late epoch",
                "ruled for the seller",
                "ruled for the holder",
                "no delivery",
                "no dispute"
            ];
    }

    function _actions() private pure returns (bytes4[] memory selectors, string[] memory names) {
        string[27] memory all = [
            "buy",
            "buySealed",
            "subscribe",
            "extend",
            "listAndBuy",
            "cancel",
            "refund",
            "recordUsage",
            "dispute",
            "wrap",
            "unwrap",
            "moveToken",
            "renew",
            "cancelToken",
            "withdraw",
            "offer",
            "withdrawOffer",
            "settle",
            "append",
            "appendLate",
            "deliver",
            "rule",
            "closeDelivery",
            "sellAsset",
            "setPayee",
            "setFee",
            "donate"
        ];
        string[4] memory more = ["warp", "setTreasury", "recordUsage", "subscribe"];
        selectors = new bytes4[](all.length + more.length);
        names = new string[](all.length + more.length);
        for (uint256 i = 0; i < names.length; ++i) {
            names[i] = i < all.length ? all[i] : more[i - all.length];
            selectors[i] = bytes4(keccak256(bytes(string.concat(names[i], "(uint256)"))));
        }
    }
}
