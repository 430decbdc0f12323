// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataAssets} from "../../contracts/data/DataAssets.sol";
import {DataMarket} from "../../contracts/data/DataMarket.sol";
import {DataOffers} from "../../contracts/data/DataOffers.sol";
import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {IDataGrants} from "../../contracts/data/IDataGrants.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {OfferFlags} from "../../contracts/data/OfferFlags.sol";
import {MockCredits} from "../../contracts/mocks/MockCredits.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {RegistryFixture} from "../identity/RegistryFixture.sol";

/// @dev The suite up to the market, people with money, and hands that sign for devices, sellers and holders. The
/// digests are spelled out here anew, from the types that the interfaces name.
abstract contract DataMarketFixture is RegistryFixture {
    address internal constant TREASURY = address(0x7EA5);
    uint16 internal constant FEE = 250;
    uint256 internal constant WHOLE = 10_000;
    uint256 internal constant PLENTY = type(uint160).max;
    uint32 internal constant DAY = 1 days;

    DataAssets internal _assets;
    DataOffers internal _offers;
    DataMarket internal _market;
    IDataGrants internal _grants;
    MockERC20 internal _token;
    MockCredits internal _credits;
    uint256 private _roots;

    function _deployData() internal {
        _deploy();
        _token = new MockERC20(6);
        _credits = new MockCredits();
        _assets = new DataAssets(_devices);
        _offers = new DataOffers(address(_manager), _assets, address(_credits), FEE);
        _market = new DataMarket(address(_manager), _offers, TREASURY);
        _offers.bind(_market);
        _grants = _market.grants();
    }

    /// @dev Of the coin, the token and the credits, all that anyone needs.
    function _endow(address account) internal {
        vm.deal(account, PLENTY);
        _token.mint(account, type(uint128).max);
        _credits.mint(account, type(uint128).max);
        vm.startPrank(account);
        _token.approve(address(_market), type(uint256).max);
        _credits.allow(address(_market), type(uint128).max);
        vm.stopPrank();
    }

    function _person(uint256 index) internal pure returns (address) {
        return vm.addr(_secretOf(index));
    }

    function _secretOf(uint256 index) internal pure returns (uint256) {
        return 0xDA7A00 + index;
    }

    /// @dev Unlike a bounded one, it leaves no line in the log.
    function _deviceKey(uint256 secret) internal pure returns (Key memory) {
        return Key(SECP256K1, secret);
    }

    /// @dev A root that nobody has published.
    function _freshRoot() internal returns (bytes32) {
        return keccak256(abi.encode("root", ++_roots));
    }

    function _datasetOf(Key memory key, address creator) internal returns (IDataAssets.Publication memory value) {
        value.deviceId = _idOf(key);
        value.creator = creator;
        value.contentRoot = _freshRoot();
        value.recordCount = 1;
        value.deadline = NEVER;
    }

    function _streamOf(
        Key memory key,
        address creator,
        uint32 length,
        uint32 grace,
        uint48 first
    ) internal returns (IDataAssets.Publication memory value) {
        value = _datasetOf(key, creator);
        value.kind = IDataAssets.Kind.Stream;
        value.epochLength = length;
        value.grace = grace;
        value.firstEpochStart = first;
    }

    function _publish(Key memory key, IDataAssets.Publication memory value) internal returns (uint256 assetId) {
        return _assets.publish(value, _sign(key, _publicationDigest(value)));
    }

    /// @dev A device of its own for each asset, and the simplest asset of either kind.
    function _newDataset(uint256 seed, address owner) internal returns (uint256 assetId) {
        Key memory key = _deviceKey(seed);
        _register(key, owner);
        return _publish(key, _datasetOf(key, owner));
    }

    function _newStream(
        uint256 seed,
        address owner,
        uint32 length,
        uint32 grace,
        uint48 first
    ) internal returns (uint256 assetId) {
        Key memory key = _deviceKey(seed);
        _register(key, owner);
        return _publish(key, _streamOf(key, owner, length, grace, first));
    }

    function _append(Key memory key, uint256 assetId, uint32 epoch, bytes32 previous) internal returns (bytes32 head) {
        bytes32 root = _freshRoot();
        _assets.append(assetId, epoch, root, previous, 1, _sign(key, _appendDigest(assetId, epoch, root, previous, 1)));
        return _assets.headOf(assetId);
    }

    /// @dev For all uses, with the fee in force, until the end of time.
    function _offerOf(
        uint256 assetId,
        IDataOffers.Kind kind,
        Currency currency,
        uint128 price
    ) internal view returns (IDataOffers.Offer memory offer) {
        offer.assetId = uint48(assetId);
        offer.transfers = _assets.standingOf(assetId).transfers;
        offer.validUntil = NEVER;
        offer.terms.uses = type(uint8).max;
        offer.sale.kind = kind;
        offer.sale.currency = currency;
        offer.sale.price = price;
        offer.sale.feeBps = Currency.unwrap(currency) == address(_credits) ? 0 : _offers.fee();
        if (kind == IDataOffers.Kind.Subscription) offer.sale.period = 1;
        if (kind == IDataOffers.Kind.Metered) offer.sale.quota = 1;
    }

    function _sealedOfferOf(
        uint256 assetId,
        Currency currency,
        uint128 price,
        address arbiter
    ) internal view returns (IDataOffers.Offer memory offer) {
        offer = _offerOf(assetId, IDataOffers.Kind.OneOff, currency, price);
        offer.sale.arbiter = arbiter;
        offer.sale.deliverWithin = 2 days;
        offer.sale.challengeWindow = 1 days;
    }

    function _list(IDataOffers.Offer memory offer) internal returns (bytes32 offerId) {
        vm.prank(_assets.ownerOf(offer.assetId));
        return _offers.list(offer, new bytes32[](0), "");
    }

    function _purchaseOf(
        bytes32 offerId,
        uint32 units,
        address recipient
    ) internal pure returns (IDataMarket.Purchase memory purchase) {
        purchase.offerId = offerId;
        purchase.units = units;
        purchase.maxPay = type(uint256).max;
        purchase.recipient = recipient;
    }

    /// @dev For oneself, with as much coin as it takes.
    function _buy(bytes32 offerId, uint32 units, address payer) internal {
        _pay(_purchaseOf(offerId, units, payer), payer);
    }

    function _pay(IDataMarket.Purchase memory purchase, address payer) internal {
        (Currency currency, uint256 price) = _market.previewBuy(purchase, payer);
        vm.prank(payer);
        _market.buy{value: currency == CurrencyLibrary.NATIVE ? price : 0}(purchase);
    }

    function _inCoin() internal pure returns (Currency) {
        return CurrencyLibrary.NATIVE;
    }

    function _inToken() internal view returns (Currency) {
        return Currency.wrap(address(_token));
    }

    function _inCredits() internal view returns (Currency) {
        return Currency.wrap(address(_credits));
    }

    function _publicationDigest(IDataAssets.Publication memory value) internal view returns (bytes32) {
        bytes memory content = abi.encode(
            keccak256(
                "Publication(uint256 deviceId,address creator,uint8 kind,bytes32 contentRoot,uint64 recordCount,bytes32 metadataHash,bytes32 schemaHash,uint48 from,uint48 to,Parent[] parents,address payee,uint16 royaltyBps,uint32 epochLength,uint48 firstEpochStart,uint32 grace,string uri,uint48 deadline)Parent(uint48 assetId,uint16 bps)"
            ),
            value.deviceId,
            value.creator,
            value.kind,
            value.contentRoot,
            value.recordCount,
            value.metadataHash,
            value.schemaHash,
            value.from,
            value.to
        );
        bytes memory sale = abi.encode(
            _parentsHash(value.parents),
            value.payee,
            value.royaltyBps,
            value.epochLength,
            value.firstEpochStart,
            value.grace,
            keccak256(bytes(value.uri)),
            value.deadline
        );
        return _typedDigest("DeFIoT DataAssets", address(_assets), keccak256(bytes.concat(content, sale)));
    }

    function _appendDigest(
        uint256 assetId,
        uint32 epoch,
        bytes32 root,
        bytes32 previous,
        uint64 recordCount
    ) internal view returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Append(uint256 assetId,uint32 epoch,bytes32 root,bytes32 previous,uint64 recordCount)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, assetId, epoch, root, previous, recordCount));
        return _typedDigest("DeFIoT DataAssets", address(_assets), structHash);
    }

    function _offerHash(IDataOffers.Offer memory offer) internal pure returns (bytes32) {
        bytes memory terms =
            "Terms(uint8 uses,uint16 derivativeBps,bool exclusive,bool transferable,bool cancellable,bytes32 legalHash)";
        bytes memory sale =
            "Sale(uint8 kind,address currency,uint128 price,uint16 feeBps,uint16 referrerBps,uint16 period,uint48 quota,uint32 maxUnits,address gate,address arbiter,uint24 deliverWithin,uint24 challengeWindow)";
        bytes memory own = "Offer(uint48 assetId,uint32 transfers,uint48 validUntil,Terms terms,Sale sale)";
        return
            keccak256(
                abi.encode(
                    keccak256(bytes.concat(own, sale, terms)),
                    offer.assetId,
                    offer.transfers,
                    offer.validUntil,
                    keccak256(abi.encode(keccak256(terms), offer.terms)),
                    keccak256(abi.encode(keccak256(sale), offer.sale))
                )
            );
    }

    function _offerDigest(IDataOffers.Offer memory offer) internal view returns (bytes32) {
        return _typedDigest("DeFIoT DataOffers", address(_offers), _offerHash(offer));
    }

    function _usageDigest(IDataGrants.Usage memory usage) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Usage(bytes32 offerId,address holder,uint48 cumulative,uint48 deadline)");
        return _typedDigest("DeFIoT DataGrants", address(_grants), keccak256(abi.encode(typeHash, usage)));
    }

    /// @dev Whether a holder has a grant that is in force, for whatever the offer allows.
    function _inForce(bytes32 offerId, address holder) internal view returns (bool) {
        uint32 epoch = _market.grantOf(offerId, holder).start;
        return _market.canAccess(offerId, holder, _market.listingOf(offerId).uses, epoch);
    }

    /// @dev What the market keeps of an offer, as an offer again: without the hash of the legal text.
    function _keptOffer(bytes32 offerId) internal view returns (IDataOffers.Offer memory offer) {
        IDataMarket.Listing memory kept = _market.listingOf(offerId);
        (offer.assetId, offer.transfers, offer.validUntil) = (kept.assetId, kept.transfers, kept.validUntil);
        (offer.terms.uses, offer.terms.derivativeBps) = (kept.uses, kept.derivativeBps);
        offer.terms.exclusive = kept.flags & OfferFlags.EXCLUSIVE != 0;
        offer.terms.transferable = kept.flags & OfferFlags.TRANSFERABLE != 0;
        offer.terms.cancellable = kept.flags & OfferFlags.CANCELLABLE != 0;
        IDataOffers.Sale memory sale = offer.sale;
        (sale.kind, sale.currency, sale.price) = (kept.kind, kept.currency, kept.price);
        (sale.feeBps, sale.referrerBps, sale.period) = (kept.feeBps, kept.referrerBps, kept.period);
        (sale.quota, sale.maxUnits, sale.gate, sale.arbiter) = (kept.quota, kept.maxUnits, kept.gate, kept.arbiter);
        (sale.deliverWithin, sale.challengeWindow) = (kept.deliverWithin, kept.challengeWindow);
    }

    function _parentsHash(IDataAssets.Parent[] memory parents) private pure returns (bytes32) {
        bytes memory hashes;
        for (uint256 i = 0; i < parents.length; ++i) {
            bytes32 typeHash = keccak256("Parent(uint48 assetId,uint16 bps)");
            hashes = bytes.concat(hashes, keccak256(abi.encode(typeHash, parents[i].assetId, parents[i].bps)));
        }
        return keccak256(hashes);
    }
}
