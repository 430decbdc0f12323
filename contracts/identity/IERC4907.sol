// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title IERC4907
/// @notice ERC-4907: an ERC-721 token has an owner, and a user until a time. The ERC-165 id is 0xad092b5c.
interface IERC4907 is IERC721 {
    /// @notice A token has another user, or the same until another time (seconds).
    event UpdateUser(uint256 indexed tokenId, address indexed user, uint64 expires);

    /// @notice Sets the user; the token's owner, or whom he approved for it.
    /// @param user Zero for none.
    /// @param expires Last second of the use; not in the past unless there is no user. A uint48 of seconds is the most.
    function setUser(uint256 tokenId, address user, uint64 expires) external;

    /// @notice The user now; zero for none.
    function userOf(uint256 tokenId) external view returns (address user);

    /// @notice The last second of the present user's use; 0 if there is none.
    function userExpires(uint256 tokenId) external view returns (uint256 expires);
}
