// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";

/// @title IDataOffers
/// @notice What the owners of {IDataAssets} offer, and on which terms. An offer is named by its hash and never changes;
/// a new price is a new offer. Here it is checked; the {IDataMarket} keeps it, and sells by it.
///
/// ```
///   signed, off chain ──list (anyone), or its first buyer──▶ Listed ──┬─ withdraw (owner) ───────▶ no buying any more;
///   written          ──list (owner)────────────────────────▶          ├─ the asset changes hands ▶ what was bought
///                                                                     └─ after validUntil ───────▶ goes on
/// ```
interface IDataOffers {
    /// @notice How an offer sells.
    enum Kind {
        OneOff,
        Subscription,
        Metered
    }

    /// @notice What a buyer may do. Immutable; its EIP-712 hash is its id. EIP-712 type: `Terms(uint8 uses,
    /// uint16 derivativeBps,bool exclusive,bool transferable,bool cancellable,bytes32 legalHash)`.
    /// @param uses Bits of {DataUses}, or an application's own; not 0.
    /// @param derivativeBps Least share that an asset made from this one must pay it, 0 to 10,000 bps.
    /// @param exclusive While such a grant lives, nobody else gets any grant of the asset, and none is sold while
    /// others live.
    /// @param transferable The grant may be wrapped into a token and move, see {IDataGrants}.
    /// @param cancellable Epochs that have not begun may be cancelled; for subscriptions without a limit only.
    /// @param legalHash Hash of the legal text; 0 for none.
    struct Terms {
        uint8 uses;
        uint16 derivativeBps;
        bool exclusive;
        bool transferable;
        bool cancellable;
        bytes32 legalHash;
    }

    /// @notice How it is sold. EIP-712 type: `Sale(uint8 kind,address currency,uint128 price,uint16 feeBps,
    /// uint16 referrerBps,uint16 period,uint48 quota,uint32 maxUnits,address gate,address arbiter,uint24 deliverWithin,
    /// uint24 challengeWindow)`.
    /// @param kind One-off, subscription or metered.
    /// @param currency The native coin, an ERC-20, or the suite's machine credits.
    /// @param price In the currency's smallest unit: of the whole, of an epoch, or of a unit of quota.
    /// @param feeBps The protocol's fee at the time of the offer, in bps; for credits 0.
    /// @param referrerBps Share of the payee's part that goes to the referrer, in bps; 0 but for one-offs, and for
    /// credits and assets with a fixed payee.
    /// @param period Epochs that a unit buys, 1 to 1,024; for subscriptions only.
    /// @param quota Uses that a unit buys; for metered offers only.
    /// @param maxUnits Units that are sold, but for refunded deliveries; 0 for no limit.
    /// @param gate An {IAccessGate}; zero for none.
    /// @param arbiter Decides disputes about the sealed key; zero if the content is not encrypted.
    /// @param deliverWithin Seconds from the purchase in which the sealed key is delivered, 1 hour to 30 days; 0 if the
    /// content is not encrypted. For one-off offers only.
    /// @param challengeWindow Seconds from the delivery in which the buyer may dispute it, 1 to 14 days; 0 if the
    /// content is not encrypted.
    struct Sale {
        Kind kind;
        Currency currency;
        uint128 price;
        uint16 feeBps;
        uint16 referrerBps;
        uint16 period;
        uint48 quota;
        uint32 maxUnits;
        address gate;
        address arbiter;
        uint24 deliverWithin;
        uint24 challengeWindow;
    }

    /// @notice What an asset's owner offers. Immutable; its EIP-712 hash is its id, so that whoever names an offer
    /// names its price and terms. EIP-712 type: `Offer(uint48 assetId,uint32 transfers,uint48 validUntil,Terms terms,
    /// Sale sale)` with the two above.
    /// @param assetId What is sold.
    /// @param transfers How often the asset had changed hands: with the next transfer nobody buys any more.
    /// @param validUntil Last second of buying; rights and duties of what was bought go on.
    struct Offer {
        uint48 assetId;
        uint32 transfers;
        uint48 validUntil;
        Terms terms;
        Sale sale;
    }

    /// @notice An offer was put on chain. {IDataMarket-listingOf} gives the rest of it.
    event OfferListed(bytes32 indexed offerId, uint256 indexed assetId, bytes32 legalHash);
    /// @notice Nobody buys under this offer any more.
    event OfferWithdrawn(bytes32 indexed offerId);
    /// @notice The fee of offers to come, in bps.
    event FeeSet(uint16 feeBps);

    /// @notice The asset changed hands since the offer was made.
    error DataOffersStaleOffer(uint32 offered, uint32 transfers);
    /// @notice The offer could be used until `validUntil` (seconds).
    error DataOffersExpiredOffer(uint48 validUntil);
    /// @notice The asset's owner neither sent the transaction nor signed.
    error DataOffersInvalidOwnerSignature(address owner);
    /// @notice The caller is not who may do this.
    error DataOffersUnauthorized(address caller);
    /// @notice Terms allow some use, and only subscriptions without a limit can be cancelled.
    error DataOffersInvalidTerms(uint8 uses, bool cancellable);
    /// @notice A share is at most 10,000 bps, a fee 500. Referrers get a share of one-offs alone, and none of credits
    /// or of what has a fixed payee.
    error DataOffersInvalidShare(uint16 bps);
    /// @notice The fee is another (bps).
    error DataOffersInvalidFee(uint16 given, uint16 expected);
    /// @notice Subscriptions have a period of 1 to 1,024 epochs, other offers none.
    error DataOffersInvalidPeriod(uint16 period);
    /// @notice Metered offers have a quota, other offers none.
    error DataOffersInvalidQuota(uint48 quota);
    /// @notice An encrypted offer is a one-off with an arbiter, a deadline of 1 hour to 30 days and a challenge window
    /// of 1 to 14 days; others have none of the three.
    error DataOffersInvalidDelivery(address arbiter, uint24 deliverWithin, uint24 challengeWindow);
    /// @notice Only streams have subscriptions.
    error DataOffersNotAStream(uint256 assetId);
    /// @notice Credits pay neither for subscriptions nor for assets with parents.
    error DataOffersNotForCredits(Kind kind, bool derivative);
    /// @notice The seller neither owns the parent nor holds a grant on it that allows derivatives for a share of
    /// `bps`, lasts as long as the offer, and cannot be given back.
    error DataOffersUnlicensedParent(uint256 parentId, uint16 bps);
    /// @notice As many offers as the asset has parents must be named.
    error DataOffersParentsMismatch(uint256 given, uint256 expected);
    /// @notice The purchase names another offer than the one that comes with it.
    error DataOffersOtherOffer(bytes32 purchased, bytes32 listed);
    /// @notice The market sells by other offers.
    error DataOffersForeignMarket(IDataMarket market);
    /// @notice The market is bound already.
    error DataOffersBound(IDataMarket market);
    /// @notice A part of the suite is not where it should be.
    error DataOffersNoCode(address part);

    /// @notice Puts an offer on chain; the asset's owner sends or signs it (an account or ERC-1271).
    /// @param parentOffers For each of the asset's parents, in order: an offer of which the owner holds a grant that
    /// allows derivatives, or 0 if he owns the parent. Empty for an original. The grant is not metered, not
    /// cancellable, not refundable any more, and lasts beyond `validUntil`.
    /// @param ownerSignature Not read if the owner is the sender.
    /// @return offerId The offer's EIP-712 hash.
    /// Reverts with {DataOffersStaleOffer}, {DataOffersExpiredOffer}, {DataOffersInvalidOwnerSignature},
    /// {DataOffersInvalidTerms}, {DataOffersInvalidShare}, {DataOffersInvalidFee}, {DataOffersInvalidPeriod},
    /// {DataOffersInvalidQuota}, {DataOffersInvalidDelivery}, {DataOffersNotAStream}, {DataOffersNotForCredits},
    /// {DataOffersUnlicensedParent}, {DataOffersParentsMismatch}, {IDataMarket-DataMarketKnownOffer},
    /// {IDataMarket-DataMarketWithdrawnOffer}, ERC721NonexistentToken.
    function list(
        Offer calldata offer,
        bytes32[] calldata parentOffers,
        bytes calldata ownerSignature
    ) external returns (bytes32 offerId);

    /// @notice Puts a signed offer on chain, unless it is there, and buys of it for the caller: what its first buyer
    /// calls. The market takes the price, and needs the caller's approval for it.
    /// @param purchase Its `offerId` is that of `offer`.
    /// Reverts as {list} and {IDataMarket-buy} do, and with {DataOffersOtherOffer} if the two differ.
    function listAndBuy(
        Offer calldata offer,
        bytes32[] calldata parentOffers,
        bytes calldata ownerSignature,
        IDataMarket.Purchase calldata purchase
    ) external payable;

    /// @notice Ends an offer for buyers, on chain or only signed; only the asset's owner. What was bought goes on.
    /// Reverts with {DataOffersUnauthorized}, {IDataMarket-DataMarketWithdrawnOffer}, ERC721NonexistentToken.
    function withdrawOffer(Offer calldata offer) external;

    /// @notice Sets the fee of offers to come; only ADMIN.
    /// @param feeBps 0 to 500 bps.
    /// Reverts with {DataOffersInvalidShare}, AccessManagedUnauthorized.
    function setFee(uint16 feeBps) external;

    /// @notice Names the market, once; only who deployed this contract.
    /// Reverts with {DataOffersUnauthorized}, {DataOffersBound}, {DataOffersNoCode}, {DataOffersForeignMarket}.
    function bind(IDataMarket market_) external;

    /// @notice Whether an offer can still be bought, as far as it goes itself.
    function isOpen(bytes32 offerId) external view returns (bool);

    /// @notice The id of an offer, on chain or not.
    function offerIdOf(Offer calldata offer) external pure returns (bytes32 offerId);

    /// @notice The id of terms.
    function termsIdOf(Terms calldata terms) external pure returns (bytes32 termsId);

    /// @notice The fee of offers made now, in bps.
    function fee() external view returns (uint16 feeBps);

    /// @notice The assets offered here.
    function assets() external view returns (IDataAssets);

    /// @notice The suite's machine credits; zero if there are none on this chain.
    function credits() external view returns (address);

    /// @notice Where the offers are bought.
    function market() external view returns (IDataMarket);
}
