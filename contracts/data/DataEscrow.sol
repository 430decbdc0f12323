// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {Currency, CurrencyLibrary} from "../shared/Currency.sol";
import {ICreditCurrency} from "../shared/ICreditCurrency.sol";
import {IntakePause} from "../shared/IntakePause.sol";
import {IDataAssets} from "./IDataAssets.sol";
import {IDataMarket} from "./IDataMarket.sol";
import {IDataOffers} from "./IDataOffers.sol";

/// @title DataEscrow
/// @notice The part of {IDataMarket} that knows money: what comes in, who has earned it, and how it leaves. Credits of
/// {ICreditCurrency} never come in: they are reserved with their holder, then spent or released.
abstract contract DataEscrow is IDataMarket, IntakePause, ReentrancyGuardTransient {
    uint256 internal constant BPS = 10_000;

    /// @inheritdoc IDataMarket
    IDataOffers public immutable offers;
    /// @inheritdoc IDataMarket
    IDataAssets public immutable assets;
    /// @inheritdoc IDataMarket
    ICreditCurrency public immutable credits;

    /// @dev In one slot with the pause, which every purchase reads.
    /// @inheritdoc IDataMarket
    address public treasury;
    mapping(Currency currency => mapping(address account => uint256)) private _claimable;

    constructor(IDataOffers offers_, address treasury_) {
        require(address(offers_).code.length != 0, DataMarketNoCode(address(offers_)));
        offers = offers_;
        assets = offers_.assets();
        credits = ICreditCurrency(offers_.credits());
        _setTreasury(treasury_);
    }

    /// @inheritdoc IDataMarket
    function withdraw(Currency currency, address account, address to) external nonReentrant returns (uint256 amount) {
        require(msg.sender == account || to == account, DataMarketUnauthorized(msg.sender));
        amount = _claimable[currency][account];
        // Not an error: somebody else may just have withdrawn for the account.
        if (amount == 0) return 0;
        _claimable[currency][account] = 0;
        emit Withdrawn(currency, account, to, amount);
        currency.pay(to, amount);
    }

    /// @inheritdoc IDataMarket
    function setTreasury(address treasury_) external restricted {
        _setTreasury(treasury_);
    }

    /// @inheritdoc IDataMarket
    function claimable(Currency currency, address account) external view returns (uint256 amount) {
        return _claimable[currency][account];
    }

    /// @dev Takes a price or a bond. Calls the token or the payer: the books are settled, or may be after it, because
    /// every function that moves them holds the lock.
    function _collect(Currency currency, address payer, uint256 amount) internal {
        if (!_isCredits(currency)) return currency.takeWithChange(payer, amount);
        require(msg.value == 0, CurrencyLibrary.CurrencyWrongValue(0, msg.value));
        credits.reserve(payer, amount);
    }

    /// @dev Gives a price or a bond back to who paid it, or was given the grant.
    function _giveBack(bytes32 offerId, Currency currency, address holder, uint256 amount) internal {
        if (amount == 0) return;
        if (_isCredits(currency)) credits.release(holder, amount);
        else _claimable[currency][holder] += amount;
        emit Refunded(offerId, holder, amount);
    }

    /// @dev Pays a lost bond to the seller.
    function _forfeit(Listing memory listing, address payee, address holder, uint256 amount) internal {
        if (_isCredits(listing.currency)) credits.spend(holder, payee, amount);
        else _claimable[listing.currency][payee] += amount;
    }

    /// @dev Books a price as earned: the fee first, then the parents' shares of the rest, then the referrer's share of
    /// what is left, and what is left of that to the payee. Fee and parents' shares are rounded up, or a price of a few
    /// units would evade them. No product overflows: a price has 128 bits, subscribers and epochs have 32 each.
    /// @param holder Whose credits were reserved; not read otherwise.
    function _recognise(
        bytes32 offerId,
        Listing memory listing,
        IDataAssets.Standing memory standing,
        uint256 price,
        address referrer,
        address holder
    ) internal {
        if (price == 0) return;
        if (_isCredits(listing.currency)) {
            emit PriceRecognised(offerId, standing.payee, price, 0, 0, 0);
            return credits.spend(holder, standing.payee, price);
        }
        uint256 protocolFee = Math.ceilDiv(price * listing.feeBps, BPS);
        uint256 toParents = standing.derivative ? _payParents(listing, price - protocolFee) : 0;
        uint256 rest = price - protocolFee - toParents;
        uint256 toReferrer = referrer == address(0) ? 0 : (rest * listing.referrerBps) / BPS;
        if (protocolFee != 0) _claimable[listing.currency][treasury] += protocolFee;
        if (toReferrer != 0) _claimable[listing.currency][referrer] += toReferrer;
        _claimable[listing.currency][standing.payee] += rest - toReferrer;
        emit PriceRecognised(offerId, standing.payee, price, protocolFee, toParents, toReferrer);
    }

    function _isCredits(Currency currency) internal view returns (bool) {
        return address(credits) != address(0) && Currency.unwrap(currency) == address(credits);
    }

    function _setTreasury(address treasury_) private {
        require(treasury_ != address(0), DataMarketMissingTreasury());
        treasury = treasury_;
        emit TreasurySet(treasury_);
    }

    /// @dev Only direct parents, four at most. Their shares add up to the whole at most, but each is rounded up: the
    /// last may find a unit less.
    function _payParents(Listing memory listing, uint256 net) private returns (uint256 paid) {
        IDataAssets.Parent[] memory parents = assets.parentsOf(listing.assetId);
        for (uint256 i = 0; i < parents.length; ++i) {
            uint256 share = Math.ceilDiv(net * parents[i].bps, BPS);
            share = Math.min(share, net - paid);
            _claimable[listing.currency][assets.standingOf(parents[i].assetId).payee] += share;
            paid += share;
        }
    }
}
