// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title MockCollectible
/// @notice An ERC-721 token, minted safely by anyone.
contract MockCollectible is ERC721 {
    constructor() ERC721("Mock", "MOCK") {}

    /// @notice Makes token `id` for `to`, who must know what to do with it.
    function mint(address to, uint256 id) external {
        _safeMint(to, id);
    }
}
