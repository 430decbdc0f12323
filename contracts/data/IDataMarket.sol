// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";
import {ICreditCurrency} from "../shared/ICreditCurrency.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataGrants} from "./IDataGrants.sol";
import {IDataOffers} from "./IDataOffers.sol";
import {PackedListing} from "./PackedListing.sol";

/// @title IDataMarket
/// @notice Sells access to {IDataAssets} by {IDataOffers}: once and for all, by the epoch, or by use. What was bought
/// is a *grant*, one for each offer and holder, and `canAccess` is the only truth about it.
///
/// ```
///   one-off          buy ─▶ Held
///   metered          buy ─▶ quota ──usage that the holder signs──▶ used up ──buy──▶ quota
///   subscription     buy ─▶ [start, end) ──buy──▶ longer ──cancel──▶ shorter
///                    each epoch: delivered ─settle─▶ seller is paid │ missed ─refund─▶ holder is refunded
///   encrypted        buy ─▶ Pending ──deliver (owner)──▶ Delivered ──challenge window over──▶ Held, seller is paid
///                             │                             │ dispute (holder, bond of 10 %)
///                             │ deadline over               ▼
///                             │                          Disputed ──rule for the seller──▶ Held, seller is paid
///                             ▼                             │ rule for the holder, or 14 days of silence
///                           refunded ◀──────────────────────┘
/// ```
///
/// Money is credited and then withdrawn. Withdrawals, refunds, settlements, deliveries and disputes cannot be paused.
interface IDataMarket {
    /// @notice Where the delivery of a sealed key is.
    enum DeliveryStatus {
        None,
        Pending,
        Delivered,
        Disputed
    }

    /// @notice What is kept of an offer: all but the hash of the legal text. As in {IDataOffers-Offer}, and:
    /// @param flags Bits of {OfferFlags}; 0 if the offer was neither put on chain nor withdrawn.
    /// @param sold Units sold of a limited offer; 0 for others.
    struct Listing {
        Currency currency;
        uint48 assetId;
        uint48 validUntil;
        uint128 price;
        uint32 transfers;
        IDataOffers.Kind kind;
        uint8 uses;
        uint8 flags;
        uint16 derivativeBps;
        uint16 feeBps;
        uint16 referrerBps;
        uint16 period;
        address arbiter;
        uint24 deliverWithin;
        uint24 challengeWindow;
        uint48 quota;
        address gate;
        uint32 maxUnits;
        uint32 sold;
    }

    /// @notice A purchase.
    /// @param offerId The offer.
    /// @param units How many; a one-off has 1.
    /// @param maxPay The most that may be charged, in the currency's smallest unit.
    /// @param recipient Who gets the grant; with credits, the payer.
    /// @param encryptionKey The X25519 key that the content key is to be sealed to: the payer's word for himself, or
    /// what the recipient has set by {setEncryptionKey}. 0 if the content is not encrypted.
    /// @param referrer Who brought the buyer; zero for nobody.
    struct Purchase {
        bytes32 offerId;
        uint32 units;
        uint256 maxPay;
        address recipient;
        bytes32 encryptionKey;
        address referrer;
    }

    /// @notice What a holder has of an offer, in one slot.
    /// @param start First epoch of a subscription.
    /// @param end The epoch after its last; 0 for none.
    /// @param refundTo Epochs before this one are settled with the holder.
    /// @param quota Uses that he ever bought or got.
    /// @param used Uses that he ever made or gave away.
    /// @param tokenId The grant's token in {IDataGrants}; 0 if it is not wrapped.
    /// @param held A one-off: bought, and not refunded.
    struct Grant {
        uint32 start;
        uint32 end;
        uint32 refundTo;
        uint48 quota;
        uint48 used;
        uint32 tokenId;
        bool held;
    }

    /// @notice The delivery of a sealed key, in one slot.
    /// @param referrer Who brought the buyer; zero for nobody.
    /// @param deadline Last second of what the status waits for: delivery, dispute or ruling.
    /// @param status Where it is.
    struct Delivery {
        address referrer;
        uint48 deadline;
        DeliveryStatus status;
    }

    /// @notice An offer's subscribers, in one slot. See {settle}.
    /// @param settledTo Epochs before this one are settled with the seller.
    /// @param active Subscribers of the epoch before.
    /// @param begun Somebody has subscribed.
    struct Ledger {
        uint32 settledTo;
        uint32 active;
        bool begun;
    }

    /// @notice Who else may buy grants of an asset, in one slot.
    /// @param grantsUntil From this second on, no grant that ends by time, or never, lives; the greatest for never.
    /// What was cancelled before its time still counts.
    /// @param exclusiveUntil From this second on, others than the exclusive holder may buy.
    /// @param open Grants that end by what happens, not by time: encrypted one-offs that may still be refunded, and
    /// quotas that are not used up.
    struct Exclusivity {
        uint48 grantsUntil;
        uint48 exclusiveUntil;
        uint32 open;
    }

    /// @notice `payer` bought for `holder`; `price` in the currency's smallest unit, for all units.
    event GrantBought(
        bytes32 indexed offerId,
        address indexed holder,
        address indexed payer,
        uint32 units,
        uint256 price,
        bytes32 encryptionKey
    );
    /// @notice A wrapped grant has another holder.
    event GrantMoved(bytes32 indexed offerId, address indexed from, address indexed to);
    /// @notice A subscription ends earlier: with the epoch before `end`.
    event SubscriptionCancelled(bytes32 indexed offerId, address indexed holder, uint32 end);
    /// @notice An offer's epochs before `settledTo` are settled with the seller.
    event SubscriptionSettled(bytes32 indexed offerId, uint32 settledTo);
    /// @notice A price that was paid is earned: `price` = `fee` + `toParents` + `toReferrer` + what `payee` got.
    event PriceRecognised(
        bytes32 indexed offerId,
        address indexed payee,
        uint256 price,
        uint256 fee,
        uint256 toParents,
        uint256 toReferrer
    );
    /// @notice A holder gets money back: for missed or cancelled epochs, a key that did not come, or a lost dispute.
    event Refunded(bytes32 indexed offerId, address indexed holder, uint256 amount);
    /// @notice A holder has used so much of his quota so far.
    event UsageRecorded(bytes32 indexed offerId, address indexed holder, uint48 cumulative);
    /// @notice The asset's owner delivered the content key, sealed to the key of the purchase.
    event KeyDelivered(bytes32 indexed offerId, address indexed holder, bytes sealedKey);
    /// @notice A holder says that the key is not what he bought, and put up a bond.
    event DeliveryDisputed(bytes32 indexed offerId, address indexed holder, uint256 bond);
    /// @notice A delivery is over: the seller earned the price, or the holder gets it back.
    event DeliveryClosed(bytes32 indexed offerId, address indexed holder, bool earned);
    /// @notice An account named the key that content keys are sealed to when others buy for it.
    event EncryptionKeySet(address indexed account, bytes32 encryptionKey);
    /// @notice Money left the market.
    event Withdrawn(Currency indexed currency, address indexed account, address to, uint256 amount);
    /// @notice Who gets the fees from now on.
    event TreasurySet(address indexed treasury);

    /// @notice There is no such offer on chain.
    error DataMarketUnknownOffer(bytes32 offerId);
    /// @notice The offer is on chain already.
    error DataMarketKnownOffer(bytes32 offerId);
    /// @notice The offer was withdrawn.
    error DataMarketWithdrawnOffer(bytes32 offerId);
    /// @notice The offer could be used until `validUntil` (seconds).
    error DataMarketExpiredOffer(uint48 validUntil);
    /// @notice The asset changed hands since the offer was made.
    error DataMarketStaleOffer(uint32 offered, uint32 transfers);
    /// @notice A one-off is bought once, anything else in one or more units, and no more than are left.
    error DataMarketInvalidUnits(uint32 units, uint32 left);
    /// @notice The seller's gate does not let the holder in.
    error DataMarketGateClosed(address gate, address holder);
    /// @notice The caller is not who may do this.
    error DataMarketUnauthorized(address caller);
    /// @notice The price is higher than the buyer allows.
    error DataMarketPriceTooHigh(uint256 price, uint256 maxPay);
    /// @notice Nobody cannot hold a grant, and with credits everybody buys for himself.
    error DataMarketInvalidRecipient(address recipient);
    /// @notice Encrypted content needs the payer's key or the one that the recipient has set; other content none.
    error DataMarketInvalidEncryptionKey(bytes32 encryptionKey);
    /// @notice Somebody holds grants that rule this one out until a time (seconds; the greatest for no end).
    error DataMarketExclusive(uint256 assetId, uint48 until);
    /// @notice The holder has this already.
    error DataMarketAlreadyHeld(bytes32 offerId, address holder);
    /// @notice A subscription reaches at most 1,024 epochs past the first that is not settled with the holder.
    error DataMarketTooManyEpochs(uint256 epochs);
    /// @notice There is nothing to cancel: it is no subscription, not cancellable, or all of its epochs have begun.
    error DataMarketNotCancellable(bytes32 offerId, address holder);
    /// @notice Usage rises, up to the quota.
    error DataMarketInvalidUsage(uint48 cumulative, uint48 used, uint48 quota);
    /// @notice The delivery is not where this needs it, or the deadline (seconds) is over, or not yet.
    error DataMarketWrongDelivery(DeliveryStatus status, uint48 deadline);
    /// @notice A sealed key has some bytes.
    error DataMarketEmptyKey();
    /// @notice The grant is not there, may not be moved, is wrapped already, or its delivery is not over.
    error DataMarketNotWrappable(bytes32 offerId, address holder);
    /// @notice Somebody has to get the fees.
    error DataMarketMissingTreasury();
    /// @notice A part of the suite is not where the constructor was told.
    error DataMarketNoCode(address part);

    /// @notice Buys. The price is taken exactly: what comes in too much of the native coin returns at once, and a token
    /// that delivers less reverts. A one-off is held for ever; quota adds to quota; a subscription starts with the
    /// running epoch, or goes on where it would have ended.
    /// Reverts with {DataMarketUnknownOffer}, {DataMarketWithdrawnOffer}, {DataMarketExpiredOffer},
    /// {DataMarketStaleOffer}, {DataMarketInvalidUnits}, {DataMarketPriceTooHigh}, {DataMarketInvalidRecipient},
    /// {DataMarketInvalidEncryptionKey}, {DataMarketGateClosed}, {DataMarketExclusive}, {DataMarketAlreadyHeld},
    /// {DataMarketTooManyEpochs}, {IIntakePause-IntakePauseActive}, and the errors of {CurrencyLibrary-takeWithChange}.
    function buy(Purchase calldata purchase) external payable;

    /// @notice What {buy} by `payer` would charge, in the currency's smallest unit. Reverts where {buy} would, but for
    /// a pause, what the holder has already, exclusivity, and the payment itself.
    function previewBuy(
        Purchase calldata purchase,
        address payer
    ) external view returns (Currency currency, uint256 price);

    /// @notice {buy} for whoever called {offers} or {grants}; only those two, which name him as the payer.
    /// Reverts as {buy} does, and with {DataMarketUnauthorized}.
    function buyFor(Purchase calldata purchase, address payer) external payable;

    /// @notice Keeps an offer that {offers} has checked; only {offers}.
    /// Reverts with {DataMarketUnauthorized}, {DataMarketKnownOffer}, {DataMarketWithdrawnOffer}.
    function open(bytes32 offerId, PackedListing calldata packed) external;

    /// @notice Ends an offer for buyers, whether it is kept already or not; only {offers}.
    /// Reverts with {DataMarketUnauthorized}, {DataMarketWithdrawnOffer}.
    function close(bytes32 offerId) external;

    /// @notice Settles an offer's epochs with the seller, in order, as far as they are final: delivered ones are
    /// earned, missed ones are the subscribers'. Anyone may call it.
    /// @param max The most epochs to settle now.
    /// @return settled How many were settled.
    function settle(bytes32 offerId, uint256 max) external returns (uint256 settled);

    /// @notice Credits a subscriber with the price of his epochs that were missed. Anyone may call it.
    /// @return amount In the currency's smallest unit.
    function refund(bytes32 offerId, address holder) external returns (uint256 amount);

    /// @notice Cancels a subscription's epochs that have not begun, and credits their price; by the holder, or by
    /// {grants} for him.
    /// @return amount In the currency's smallest unit; with what {refund} would have credited.
    /// Reverts with {DataMarketUnauthorized}, {DataMarketNotCancellable}.
    function cancel(bytes32 offerId, address holder) external returns (uint256 amount);

    /// @notice Records what a holder used of his quota; only {grants}, which has seen his signature.
    /// @param cumulative All uses that he ever made under the offer.
    /// Reverts with {DataMarketUnauthorized}, {DataMarketInvalidUsage}.
    function recordUsage(bytes32 offerId, address holder, uint48 cumulative) external;

    /// @notice Delivers a content key, sealed to the key in {GrantBought}; the asset's owner of the moment, in time.
    /// Reverts with {DataMarketUnauthorized}, {DataMarketWrongDelivery}, {DataMarketEmptyKey}.
    function deliver(bytes32 offerId, address holder, bytes calldata sealedKey) external;

    /// @notice Disputes a delivery within its challenge window; the holder, with a bond of 10 % of the price (rounded
    /// up) in the offer's currency. The winner gets the bond.
    /// Reverts with {DataMarketWrongDelivery}, and the errors of {CurrencyLibrary-takeWithChange}.
    function dispute(bytes32 offerId) external payable;

    /// @notice Decides a dispute within 14 days; only the offer's arbiter.
    /// @param forSeller True pays the price and the bond to the seller's side, false both to the holder.
    /// Reverts with {DataMarketUnauthorized}, {DataMarketWrongDelivery}.
    function rule(bytes32 offerId, address holder, bool forSeller) external;

    /// @notice Closes a delivery whose deadline is over: nothing delivered, or no ruling, is a refund; no dispute is
    /// the seller's. Anyone may call it.
    /// Reverts with {DataMarketWrongDelivery}.
    function closeDelivery(bytes32 offerId, address holder) external;

    /// @notice Names the X25519 key that content keys are sealed to when others buy for the caller; 0 for none.
    function setEncryptionKey(bytes32 encryptionKey) external;

    /// @notice Wraps the caller's grant into a token of {grants}, whose transfer moves it.
    /// @return tokenId Sequential, from 1.
    /// Reverts with {DataMarketNotWrappable}.
    function wrap(bytes32 offerId) external returns (uint32 tokenId);

    /// @notice Burns the token of the caller's grant, and leaves him the grant.
    /// Reverts with {DataMarketNotWrappable}.
    function unwrap(bytes32 offerId) external;

    /// @notice Moves a grant with its token; only {grants}. What is due to the holder before is credited to him first.
    /// Reverts with {DataMarketUnauthorized}, {DataMarketAlreadyHeld}, {DataMarketGateClosed}.
    function moveGrant(bytes32 offerId, address from, address to) external;

    /// @notice Pays out all that is credited to an account; by the account to whom it likes, by anyone else to the
    /// account itself.
    /// @return amount In the currency's smallest unit; 0 if there was nothing.
    /// Reverts with {DataMarketUnauthorized}, or as the currency does.
    function withdraw(Currency currency, address account, address to) external returns (uint256 amount);

    /// @notice Names who gets the fees; only ADMIN.
    /// Reverts with {DataMarketMissingTreasury}, AccessManagedUnauthorized.
    function setTreasury(address treasury_) external;

    /// @notice Whether a user may use an epoch of an offer's asset (0 for a dataset) in these ways, now. One-offs and
    /// quotas open every epoch, a subscription those in [start, end), until the end of epoch `end`.
    /// @param use Bits of {DataUses}, all of which are asked for; not 0.
    function canAccess(bytes32 offerId, address user, uint8 use, uint32 epoch) external view returns (bool);

    /// @notice What is credited to an account, in the currency's smallest unit.
    function claimable(Currency currency, address account) external view returns (uint256 amount);

    /// @notice What {refund} or {closeDelivery} would credit to a holder now, in the currency's smallest unit.
    function refundable(bytes32 offerId, address holder) external view returns (uint256 amount);

    /// @notice What a holder has of an offer.
    function grantOf(bytes32 offerId, address holder) external view returns (Grant memory grant);

    /// @notice Where the delivery of a holder's key is.
    function deliveryOf(bytes32 offerId, address holder) external view returns (Delivery memory delivery);

    /// @notice An offer's subscribers.
    function ledgerOf(bytes32 offerId) external view returns (Ledger memory ledger);

    /// @notice Who else may buy grants of an asset.
    function exclusivityOf(uint256 assetId) external view returns (Exclusivity memory exclusivity);

    /// @notice The key that an account has set.
    function encryptionKeyOf(address account) external view returns (bytes32 encryptionKey);

    /// @notice What is kept of an offer; all zero, but for a withdrawal, if it is not on chain.
    function listingOf(bytes32 offerId) external view returns (Listing memory listing);

    /// @notice Who gets the fees.
    function treasury() external view returns (address account);

    /// @notice The offers that are bought here.
    function offers() external view returns (IDataOffers);

    /// @notice The assets sold here.
    function assets() external view returns (IDataAssets);

    /// @notice The tokens of wrapped grants.
    function grants() external view returns (IDataGrants);

    /// @notice The suite's machine credits; zero if there are none on this chain.
    function credits() external view returns (ICreditCurrency);
}
