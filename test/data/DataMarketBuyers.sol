// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IDataGrants} from "../../contracts/data/IDataGrants.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {IERC5643} from "../../contracts/data/IERC5643.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {DataMarketReadiness} from "./DataMarketReadiness.sol";

/// @dev What buyers and holders do, mostly as one may and sometimes as one may not. Of every act the model knows whether
/// it must succeed; what comes otherwise is a breach of the property that the act is about.
abstract contract DataMarketBuyers is DataMarketReadiness {
    /// @dev What {IDataOffers-listAndBuy} takes but the purchase.
    struct Draft {
        IDataOffers.Offer offer;
        bytes32[] licences;
        bytes signature;
        address payer;
        bool fresh;
        bool listable;
    }

    /// @dev Whose grant was his own once, and moved.
    mapping(bytes32 offerId => mapping(address holder => bool)) private _moved;

    function buy(uint256 seed) external creditsAsTheModel {
        _order(seed, _offer(seed, _isOpen));
    }

    function buySealed(uint256 seed) external creditsAsTheModel {
        _order(seed, _offer(seed, _openSealed));
    }

    function subscribe(uint256 seed) external creditsAsTheModel {
        _order(seed, _offer(seed, _openSubscription));
    }

    /// @dev For whoever has some of it.
    function extend(uint256 seed) external creditsAsTheModel {
        (bytes32 offerId, address holder) = _pair(seed, _mayExtend);
        if (_isRunning(offerId, holder)) ++met["extended"];
        _orderBy(seed, offerId, _someone(seed, "payer"), holder);
    }

    /// @dev A fresh offer that its owner signed, or one that is on chain.
    function listAndBuy(uint256 seed) external creditsAsTheModel {
        Draft memory draft;
        draft.offer = _someOffer(seed, (_word(seed, "asset") % _assetCount) + 1);
        draft.fresh = _word(seed, "known") % 4 != 0;
        if (!draft.fresh) draft.offer = _listed[_offer(seed, _isOpen)].offer;
        address owner = _stock[draft.offer.assetId].owner;
        uint256 signer = _indexOf(_orStranger(seed, owner));
        (draft.licences, draft.listable) = _licencesFor(draft.offer, owner);
        draft.payer = _someone(seed, "payer");
        // Of an owner who buys of his own offer no signature is read.
        bool agreed = _actor(signer) == owner || draft.payer == owner;
        draft.listable = !draft.fresh || (draft.listable && agreed);
        draft.signature = _signAs(_secretOf(signer), _offerDigest(draft.offer));
        if (draft.fresh) _listed[_offerHash(draft.offer)].offer = draft.offer;
        _listAndBuy(seed, draft);
    }

    function cancel(uint256 seed) external creditsAsTheModel {
        if (seed % 8 != 0) _readyToCancel(seed);
        (bytes32 offerId, address holder) = _pair(seed, _mayCancel);
        address sender = _orStranger(seed, holder);
        bool expected = sender == holder && _mayCancel(offerId, holder);
        bool success = _onMarket(sender, abi.encodeCall(IDataMarket.cancel, (offerId, holder)));
        _judge(success, expected, DAT_04);
        if (success) _noteCancelled(offerId, holder);
    }

    function refund(uint256 seed) external creditsAsTheModel {
        (bytes32 offerId, address holder) = _pair(seed, _isDue);
        uint256 due = _dueFor(offerId, holder);
        bool success = _onMarket(_someone(seed, "sender"), abi.encodeCall(IDataMarket.refund, (offerId, holder)));
        if (abi.decode(_answer, (uint256)) != due) _breach(DAT_10, "refunded another amount");
        _judge(success, true, DAT_10);
        if (due != 0) ++met["refunded"];
        _noteRefunded(offerId, holder);
    }

    function recordUsage(uint256 seed) external {
        if (seed % 8 != 0) _readyToUse(seed);
        (bytes32 offerId, address holder) = _pair(seed, _hasUses);
        Hold storage hold = _hold[offerId][holder];
        uint256 more = _word(seed, "uses") % (hold.left + 2);
        uint256 signer = _indexOf(_orStranger(seed, holder));
        IDataGrants.Usage memory usage = IDataGrants.Usage(offerId, holder, uint48(hold.used + more), NEVER);
        bool expected = more != 0 && more <= hold.left && _actor(signer) == holder;
        bytes memory signature = _signAs(_secretOf(signer), _usageDigest(usage));
        bool success = _act(
            address(this),
            address(_grants),
            0,
            abi.encodeCall(IDataGrants.recordUsage, (usage, signature))
        );
        _judge(success, expected, DAT_04);
        if (!success) return;
        hold.used += more;
        hold.left -= more;
        if (hold.left == 0) ++met["used up"];
    }

    function dispute(uint256 seed) external creditsAsTheModel {
        if (seed % 8 != 0) _readyToDispute(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isDelivered);
        (uint256 value, bool enough) = _coinFor(seed, offerId, _bondOf(offerId));
        bool expected = enough && _isDelivered(offerId, holder);
        bool success = _act(holder, address(_market), value, abi.encodeCall(IDataMarket.dispute, (offerId)));
        _judge(success, expected, DAT_12);
        if (success) _wait(_hold[offerId][holder], IDataMarket.DeliveryStatus.Disputed, 14 days);
    }

    function wrap(uint256 seed) external {
        (bytes32 offerId, address holder) = _pair(seed, _mayWrap);
        bool expected = _mayWrap(offerId, holder);
        bool success = _onMarket(holder, abi.encodeCall(IDataMarket.wrap, (offerId)));
        _judge(success, expected, DAT_03);
        if (success) _hold[offerId][holder].tokenId = abi.decode(_answer, (uint32));
    }

    function unwrap(uint256 seed) external {
        if (seed % 8 != 0) _readyToMove(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isWrapped);
        bool success = _onMarket(holder, abi.encodeCall(IDataMarket.unwrap, (offerId)));
        _judge(success, _isWrapped(offerId, holder), DAT_03);
        if (success) _hold[offerId][holder].tokenId = 0;
    }

    function moveToken(uint256 seed) external creditsAsTheModel {
        if (seed % 8 != 0) _readyToMove(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isWrapped);
        address sender = _orStranger(seed, holder);
        address to = _someone(seed, "to");
        Hold storage target = _hold[offerId][to];
        bool free = target.tokenId == 0 && !_isGranted(offerId, to) && target.status == IDataMarket.DeliveryStatus.None;
        bool expected = _isWrapped(offerId, holder) && sender == holder && (to == holder || free);
        bytes memory data = abi.encodeCall(IERC721.transferFrom, (holder, to, _hold[offerId][holder].tokenId));
        bool success = _act(sender, address(_grants), 0, data);
        _judge(success, expected, DAT_03);
        if (!success || to == holder) return;
        _noteMoved(offerId, holder, to);
        _moved[offerId][holder] = true;
    }

    function renew(uint256 seed) external creditsAsTheModel {
        if (seed % 8 != 0) _readyToRenew(seed);
        (bytes32 offerId, address holder) = _pair(seed, _mayRenew);
        address payer = _someone(seed, "payer");
        IDataMarket.Purchase memory purchase = _purchaseOf(offerId, uint32(seed % 2) + 1, holder);
        uint256 period = _listed[offerId].offer.sale.period;
        uint256 price = purchase.units * period * _listed[offerId].offer.sale.price;
        (uint256 value, bool enough) = _coinFor(seed, offerId, price);
        bool expected =
            _isWrapped(offerId, holder) && _isSubscription(offerId) && enough && _isValidOrder(purchase, price, payer);
        uint64 duration = uint64(purchase.units * period * _stockOf(offerId).length);
        if (seed % 16 == 0 && _stockOf(offerId).length > 1) (duration, expected) = (duration + 1, false);
        bytes memory data = abi.encodeCall(IERC5643.renewSubscription, (_hold[offerId][holder].tokenId, duration));
        uint256 balance = _currency(_indexOf(offerId)).balanceOf(payer);
        bool success = _act(payer, address(_grants), value, data);
        _judge(success, expected, DAT_04);
        if (!success) return;
        _checkPaid(offerId, payer, balance, price);
        _noteBought(offerId, holder, purchase.units, address(0));
    }

    function cancelToken(uint256 seed) external creditsAsTheModel {
        if (seed % 8 != 0) _readyToCancelToken(seed);
        (bytes32 offerId, address holder) = _pair(seed, _mayCancelToken);
        address sender = _orStranger(seed, holder);
        bool expected = sender == holder && _mayCancelToken(offerId, holder);
        bytes memory data = abi.encodeCall(IERC5643.cancelSubscription, (_hold[offerId][holder].tokenId));
        bool success = _act(sender, address(_grants), 0, data);
        _judge(success, expected, DAT_04);
        if (success) _noteCancelled(offerId, holder);
    }

    /// @dev By the account to whom it likes; by anyone else to the account alone.
    function withdraw(uint256 seed) external creditsAsTheModel {
        uint256 index = seed % CURRENCIES;
        uint256 start = _word(seed, "account");
        address account = _account(start % (ACTORS + 2));
        for (uint256 i = 0; i < ACTORS + 2 && _credit[index][account] == 0; ++i) {
            account = _account((start + i) % (ACTORS + 2));
        }
        address sender = _word(seed, "sender") % 2 == 0 ? account : _someone(seed, "sender");
        address to = _word(seed, "to") % 3 == 0 ? _someone(seed, "to") : account;
        Currency currency = _currency(index);
        uint256 before = currency.balanceOf(to);
        bool success = _onMarket(sender, abi.encodeCall(IDataMarket.withdraw, (currency, account, to)));
        _judge(success, sender == account || to == account, DAT_01);
        if (!success) return;
        uint256 amount = _credit[index][account];
        bool exact = abi.decode(_answer, (uint256)) == amount && currency.balanceOf(to) == before + amount;
        if (!exact) _breach(DAT_01, "paid out another amount");
        _credit[index][account] = 0;
    }

    function _order(uint256 seed, bytes32 offerId) private {
        address payer = _someone(seed, "payer");
        address recipient = _word(seed, "gift") % 4 == 0 ? _someone(seed, "recipient") : payer;
        _orderBy(seed, offerId, payer, recipient);
    }

    function _orderBy(uint256 seed, bytes32 offerId, address payer, address recipient) private {
        (IDataMarket.Purchase memory purchase, uint256 price, bool valid) = _orderFor(seed, offerId, payer, recipient);
        (uint256 value, bool enough) = _coinFor(seed, offerId, price);
        uint256 balance = _currency(_indexOf(offerId)).balanceOf(payer);
        bool success = _act(payer, address(_market), value, abi.encodeCall(IDataMarket.buy, (purchase)));
        _judge(success, valid && enough, DAT_07);
        if (_isKeptOut(offerId, recipient)) ++met["kept out"];
        if (success && _moved[offerId][recipient]) ++met["bought again after a move"];
        if (!success) return;
        _checkPaid(offerId, payer, balance, price);
        _noteBought(offerId, recipient, purchase.units, purchase.referrer);
    }

    function _listAndBuy(uint256 seed, Draft memory draft) private {
        bytes32 offerId = _offerHash(draft.offer);
        address payer = draft.payer;
        (IDataMarket.Purchase memory purchase, uint256 price, bool valid) = _orderFor(seed, offerId, payer, payer);
        (uint256 value, bool enough) = _coinFor(seed, offerId, price);
        bytes memory data = abi.encodeCall(
            IDataOffers.listAndBuy,
            (draft.offer, draft.licences, draft.signature, purchase)
        );
        uint256 balance = _currency(_indexOf(offerId)).balanceOf(payer);
        bool success = _act(payer, address(_offers), value, data);
        _judge(success, draft.listable && valid && enough, DAT_07);
        if (!success) return;
        _checkPaid(offerId, payer, balance, price);
        if (draft.fresh) _noteListed(draft.offer);
        _noteBought(offerId, payer, purchase.units, purchase.referrer);
    }

    function _checkPaid(bytes32 offerId, address payer, uint256 before, uint256 price) private {
        bool exact = _currency(_indexOf(offerId)).balanceOf(payer) + price == before;
        if (!exact) _breach(DAT_01, "took another amount");
    }

    function _mayExtend(bytes32 offerId, address holder) private view returns (bool) {
        return _lives(offerId, holder) && _isOpen(offerId) && _kind(offerId) != IDataOffers.Kind.OneOff;
    }

    function _indexOf(address person) internal view returns (uint256 index) {
        while (_actor(index) != person) ++index;
    }
}
