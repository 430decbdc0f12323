// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDataGrants} from "../../contracts/data/IDataGrants.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {DataMarketFixture} from "./DataMarketFixture.sol";

/// @dev What sellers and holders sign: one field changed, and nobody signed it.
contract OfferHashingTest is DataMarketFixture {
    uint256 private constant SELLER = 1;
    uint256 private constant BUYER = 2;
    uint256 private constant OFFER_FIELDS = 21;

    bytes32 private _metered;

    function setUp() public {
        _deployData();
        _newDataset(5, _person(SELLER));
        _newStream(6, _person(SELLER), DAY, DAY, uint48(block.timestamp));
        _endow(_person(BUYER));
        IDataOffers.Offer memory offer = _offerOf(1, IDataOffers.Kind.Metered, _inToken(), 1);
        offer.sale.quota = 100;
        _metered = _list(offer);
        _buy(_metered, 1, _person(BUYER));
    }

    function testFuzz_DAT03_anOfferIsNamedByAllOfIt(uint256 seed, uint8 field, uint256 noise) public view {
        IDataOffers.Offer memory offer = _anyOffer(seed);
        bytes32 offerId = _offers.offerIdOf(offer);
        assertEq(offerId, _offerHash(offer), "DAT-03: the hash is not EIP-712's");
        _change(offer, field % OFFER_FIELDS, noise);
        assertEq(_offers.offerIdOf(offer), _offerHash(offer), "DAT-03: the hash is not EIP-712's");
        assertNotEq(_offers.offerIdOf(offer), offerId, "DAT-03: another offer of the same name");
    }

    /// @dev The first buyer brings what the owner signed, or with one field of it changed.
    function testFuzz_DAT03_refusesAnOfferThatWasNotSignedSo(uint256 seed, uint8 field, uint256 noise) public {
        IDataOffers.Offer memory offer = _offerOf(1, IDataOffers.Kind(2 * (seed % 2)), _inToken(), uint128(seed));
        offer.terms.legalHash = bytes32(seed);
        bytes memory signature = _signAs(_secretOf(SELLER), _offerDigest(offer));
        uint256 snapshot = vm.snapshotState();
        _change(offer, field % OFFER_FIELDS, noise);
        vm.expectRevert();
        _offers.list(offer, new bytes32[](0), signature);

        vm.revertToState(snapshot);
        offer = _offerOf(1, IDataOffers.Kind(2 * (seed % 2)), _inToken(), uint128(seed));
        offer.terms.legalHash = bytes32(seed);
        assertEq(_offers.list(offer, new bytes32[](0), signature), _offerHash(offer));
    }

    /// @dev Fields that are valid either way, so that nothing but the signature is in the way.
    function testFuzz_DAT03_refusesOtherValuesThatAreAsGood(uint256 seed, uint8 field) public {
        IDataOffers.Offer memory offer = _offerOf(1, IDataOffers.Kind.Metered, _inToken(), uint128(seed >> 128));
        bytes memory signature = _signAs(_secretOf(SELLER), _offerDigest(offer));
        uint256 part = field % 12;
        if (part == 0) offer.validUntil -= uint48(seed % 1_000) + 1;
        else if (part == 1) offer.terms.uses = uint8(seed % 255) + (seed % 255 == 0 ? 1 : 0);
        else if (part == 2) offer.terms.derivativeBps = uint16(seed % WHOLE) + 1;
        else if (part == 3) offer.terms.exclusive = true;
        else if (part == 4) offer.terms.transferable = true;
        else if (part == 5) offer.terms.legalHash = keccak256(abi.encode(seed));
        else if (part == 6) offer.sale.price = uint128(_other(offer.sale.price, seed, type(uint128).max));
        else if (part == 7) offer.sale.currency = _inCoin();
        else if (part == 8) offer.sale.referrerBps = uint16(seed % WHOLE) + 1;
        else if (part == 9) offer.sale.quota += uint48(seed % 1_000) + 1;
        else if (part == 10) offer.sale.maxUnits = uint32(seed % 1_000) + 1;
        else offer.sale.gate = address(uint160(seed) | 1);
        address seller = _person(SELLER);
        vm.expectRevert(abi.encodeWithSelector(IDataOffers.DataOffersInvalidOwnerSignature.selector, seller));
        _offers.list(offer, new bytes32[](0), signature);
    }

    function testFuzz_DAT04_refusesUsageThatWasNotSignedSo(uint48 used, uint8 field, uint256 noise) public {
        IDataGrants.Usage memory usage = IDataGrants.Usage(
            _metered,
            _person(BUYER),
            uint48(bound(used, 1, 100)),
            NEVER
        );
        bytes memory signature = _signAs(_secretOf(BUYER), _usageDigest(usage));
        IDataGrants.Usage memory changed = IDataGrants.Usage(_metered, usage.holder, usage.cumulative, NEVER);
        uint256 part = field % 4;
        if (part == 0) changed.offerId = bytes32(_other(uint256(_metered), noise, type(uint256).max - 1));
        else if (part == 1) changed.holder = address(uint160(_other(uint160(usage.holder), noise, 1 << 159)));
        else if (part == 2) changed.cumulative = uint48(_other(usage.cumulative, noise, 100));
        else changed.deadline = uint48(_other(NEVER, noise, NEVER));
        vm.expectRevert();
        _grants.recordUsage(changed, signature);
        assertEq(_market.grantOf(_metered, _person(BUYER)).used, 0, "DAT-04: a quota fell without its holder's word");

        _grants.recordUsage(usage, signature);
        assertEq(_market.grantOf(_metered, _person(BUYER)).used, usage.cumulative);
        vm.expectRevert();
        _grants.recordUsage(usage, signature);
    }

    function testFuzz_DAT04_takesNobodyElsesWordForUsage(uint48 used, uint256 secret) public {
        IDataGrants.Usage memory usage = IDataGrants.Usage(
            _metered,
            _person(BUYER),
            uint48(bound(used, 1, 100)),
            NEVER
        );
        secret = bound(secret, 1, SECP256K1_ORDER - 1);
        vm.assume(secret != _secretOf(BUYER));
        bytes memory signature = _signAs(secret, _usageDigest(usage));
        vm.expectRevert(abi.encodeWithSelector(IDataGrants.DataGrantsInvalidHolderSignature.selector, _person(BUYER)));
        _grants.recordUsage(usage, signature);
    }

    /// @dev R04: what is meant for another contract or chain is worth nothing here.
    function testFuzz_DAT03_refusesAnotherDomain(address target, uint64 chainId) public {
        vm.assume(target != address(_offers) && chainId != 0 && chainId != block.chainid);
        IDataOffers.Offer memory offer = _offerOf(1, IDataOffers.Kind.OneOff, _inToken(), 1);
        bytes32 elsewhere = _typedDigest("DeFIoT DataOffers", target, _offerHash(offer));
        _refuse(offer, _signAs(_secretOf(SELLER), elsewhere));
        bytes32 namedOtherwise = _typedDigest("DeFIoT DataMarket", address(_offers), _offerHash(offer));
        _refuse(offer, _signAs(_secretOf(SELLER), namedOtherwise));
        uint256 here = block.chainid;
        vm.chainId(chainId);
        bytes memory signature = _signAs(_secretOf(SELLER), _offerDigest(offer));
        vm.chainId(here);
        _refuse(offer, signature);
    }

    function _refuse(IDataOffers.Offer memory offer, bytes memory signature) private {
        address seller = _person(SELLER);
        vm.expectRevert(abi.encodeWithSelector(IDataOffers.DataOffersInvalidOwnerSignature.selector, seller));
        _offers.list(offer, new bytes32[](0), signature);
    }

    function _anyOffer(uint256 seed) private pure returns (IDataOffers.Offer memory offer) {
        for (uint256 field = 0; field < OFFER_FIELDS; ++field) {
            _change(offer, field, uint256(keccak256(abi.encode(seed, field))));
        }
    }

    function _change(IDataOffers.Offer memory offer, uint256 field, uint256 noise) private pure {
        if (field < 9) return _changeTerms(offer, field, noise);
        IDataOffers.Sale memory sale = offer.sale;
        if (field == 9) sale.kind = IDataOffers.Kind(_other(uint256(sale.kind), noise, 2));
        else if (field == 10) sale.currency = Currency.wrap(_otherAddress(Currency.unwrap(sale.currency), noise));
        else if (field == 11) sale.price = uint128(_other(sale.price, noise, type(uint128).max));
        else if (field == 12) sale.feeBps = uint16(_other(sale.feeBps, noise, type(uint16).max));
        else if (field == 13) sale.referrerBps = uint16(_other(sale.referrerBps, noise, type(uint16).max));
        else if (field == 14) sale.period = uint16(_other(sale.period, noise, type(uint16).max));
        else if (field == 15) sale.quota = uint48(_other(sale.quota, noise, type(uint48).max));
        else _changeDelivery(sale, field, noise);
    }

    function _changeDelivery(IDataOffers.Sale memory sale, uint256 field, uint256 noise) private pure {
        if (field == 16) sale.maxUnits = uint32(_other(sale.maxUnits, noise, type(uint32).max));
        else if (field == 17) sale.gate = _otherAddress(sale.gate, noise);
        else if (field == 18) sale.arbiter = _otherAddress(sale.arbiter, noise);
        else if (field == 19) sale.deliverWithin = uint24(_other(sale.deliverWithin, noise, type(uint24).max));
        else sale.challengeWindow = uint24(_other(sale.challengeWindow, noise, type(uint24).max));
    }

    function _changeTerms(IDataOffers.Offer memory offer, uint256 field, uint256 noise) private pure {
        IDataOffers.Terms memory terms = offer.terms;
        if (field == 0) offer.assetId = uint48(_other(offer.assetId, noise, type(uint48).max));
        else if (field == 1) offer.transfers = uint32(_other(offer.transfers, noise, type(uint32).max));
        else if (field == 2) offer.validUntil = uint48(_other(offer.validUntil, noise, type(uint48).max));
        else if (field == 3) terms.uses = uint8(_other(terms.uses, noise, type(uint8).max));
        else if (field == 4) terms.derivativeBps = uint16(_other(terms.derivativeBps, noise, type(uint16).max));
        else if (field == 5) terms.exclusive = !terms.exclusive;
        else if (field == 6) terms.transferable = !terms.transferable;
        else if (field == 7) terms.cancellable = !terms.cancellable;
        else terms.legalHash = bytes32(_other(uint256(terms.legalHash), noise, type(uint256).max - 1));
    }

    function _otherAddress(address value, uint256 noise) private pure returns (address) {
        return address(uint160(_other(uint160(value), noise, type(uint160).max)));
    }
}
