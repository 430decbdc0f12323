// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";
import {IMachineShares} from "./IMachineShares.sol";
import {IRevenueCollector} from "./IRevenueCollector.sol";

/// @title RevenueCollector
/// @notice See {IRevenueCollector}.
contract RevenueCollector is IRevenueCollector {
    /// @inheritdoc IRevenueCollector
    function collectFor(address holder, Item[] calldata items) external returns (uint256[][] memory amounts) {
        amounts = new uint256[][](items.length);
        for (uint256 i = 0; i < items.length; ++i) {
            Currency[] calldata currencies = items[i].currencies;
            amounts[i] = new uint256[](currencies.length);
            for (uint256 j = 0; j < currencies.length; ++j) {
                amounts[i][j] = _collect(items[i].shares, currencies[j], holder);
            }
        }
    }

    /// @dev What waits at the hub may be stuck there, and what came before it is still the holder's.
    function _collect(IMachineShares shares, Currency currency, address holder) private returns (uint256 amount) {
        try shares.collect(currency) {} catch {
            emit CollectionSkipped(shares, currency, holder);
        }
        try shares.claimFor(holder, currency, type(uint256).max) returns (uint256 paid) {
            return paid;
        } catch {
            emit CollectionSkipped(shares, currency, holder);
        }
    }
}
