// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";
import {IMachineShares} from "./IMachineShares.sol";

/// @title IRevenueCollector
/// @notice Pays a holder of many machines all that he is owed, in one transaction. It holds nothing and may do nothing
/// that not everybody may.
interface IRevenueCollector {
    /// @notice Some of a machine's currencies.
    /// @param shares A machine: an address without one reverts the whole.
    /// @param currencies What to pay.
    struct Item {
        IMachineShares shares;
        Currency[] currencies;
    }

    /// @notice A currency of a machine could not be paid, and harmed no other.
    event CollectionSkipped(IMachineShares indexed shares, Currency indexed currency, address indexed holder);

    /// @notice For each currency of each machine: brings in what waits at the split hub, and pays the holder what he
    /// has earned, to his payout. What fails is passed over. Anyone; call it statically to see what it would pay, and
    /// leave out what it would pass over, as that may have burnt gas.
    /// @return amounts By machine and currency, in the currency's smallest unit.
    function collectFor(address holder, Item[] calldata items) external returns (uint256[][] memory amounts);
}
