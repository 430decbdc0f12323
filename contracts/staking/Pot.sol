// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Coin that equal shares divide: `assets 128 | shares 128`, assets in wei.
type Pot is uint256;

using PotLibrary for Pot global;

/// @title PotLibrary
/// @notice Who comes in and who goes out of a {Pot}. The first share is worth a wei. Everything rounds down, for those
/// who stay, so nobody gains by coming and going; a share is never worth more than a wei, so whoever brings a wei gets
/// a share at least; and whoever takes the last share takes all that is left, so nothing is stuck. Only {lose} makes
/// shares worth less.
library PotLibrary {
    function toPot(uint256 assets_, uint256 shares_) internal pure returns (Pot) {
        return Pot.wrap((uint256(SafeCast.toUint128(assets_)) << 128) | SafeCast.toUint128(shares_));
    }

    function assets(Pot its) internal pure returns (uint256) {
        return Pot.unwrap(its) >> 128;
    }

    function shares(Pot its) internal pure returns (uint256) {
        return uint128(Pot.unwrap(its));
    }

    /// @dev What `amount` shares are worth, in wei; there must be as many.
    function worth(Pot its, uint256 amount) internal pure returns (uint256) {
        return amount == 0 ? 0 : (amount * its.assets()) / its.shares();
    }

    /// @dev With `amount` wei more, and the shares they buy. Shares of a pot that has no assets left cannot be bought.
    function deposit(Pot its, uint256 amount) internal pure returns (Pot fuller, uint256 bought) {
        uint256 supply = its.shares();
        bought = supply == 0 ? amount : (amount * supply) / its.assets();
        fuller = toPot(its.assets() + amount, supply + bought);
    }

    /// @dev Without `sold` shares, and the wei they are worth; there must be as many.
    function redeem(Pot its, uint256 sold) internal pure returns (Pot poorer, uint256 amount) {
        amount = its.worth(sold);
        poorer = toPot(its.assets() - amount, its.shares() - sold);
    }

    /// @dev With `amount` wei less and as many shares; there must be as much.
    function lose(Pot its, uint256 amount) internal pure returns (Pot) {
        return toPot(its.assets() - amount, its.shares());
    }
}
