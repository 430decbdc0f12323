// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";

/// @title MockItems
/// @notice An ERC-1155 token, minted by anyone.
contract MockItems is ERC1155 {
    constructor() ERC1155("") {}

    /// @notice Makes `amounts` of `ids` for `to`, one by one or as a batch.
    function mint(address to, uint256[] calldata ids, uint256[] calldata amounts) external {
        if (ids.length == 1) _mint(to, ids[0], amounts[0], "");
        else _mintBatch(to, ids, amounts, "");
    }
}
