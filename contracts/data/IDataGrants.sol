// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/interfaces/IERC721.sol";

import {IDataMarket} from "./IDataMarket.sol";
import {IERC5643} from "./IERC5643.sol";

/// @title IDataGrants
/// @notice Grants of the {IDataMarket} as ERC-721 tokens: wrapped by their holders, who then sell or lend them as any
/// token. The market's books stay the only truth; a transfer here moves the grant there.
///
/// ERC-5643 for subscriptions. Of ERC-4907 there are the two views, which say whose the access is; its id is not
/// claimed, since a user other than the owner cannot be set: that would be a second truth.
interface IDataGrants is IERC721, IERC5643 {
    /// @notice Only the market may do this.
    error DataGrantsUnauthorized(address caller);
    /// @notice Cancelling takes no money (wei).
    error DataGrantsUnexpectedValue(uint256 value);

    /// @notice The duration is not whole units of so many seconds; 0 for what has no duration.
    error DataGrantsInvalidDuration(uint64 duration, uint256 unit);

    /// @notice Makes a token for a grant; only the market. No callback.
    function mint(address holder, bytes32 offerId) external returns (uint32 tokenId);

    /// @notice Burns a token; only the market.
    function burn(uint32 tokenId) external;

    /// @notice Tells the token's new end (ERC-5643's event); only the market.
    function announce(uint32 tokenId, uint64 expiration) external;

    /// @notice The offer whose grant a token is.
    /// Reverts with ERC721NonexistentToken.
    function offerOf(uint256 tokenId) external view returns (bytes32 offerId);

    /// @notice ERC-4907: the token's owner while he has access, or zero.
    function userOf(uint256 tokenId) external view returns (address user);

    /// @notice ERC-4907: the last second of access; 0 for none.
    function userExpires(uint256 tokenId) external view returns (uint256 expires);

    /// @notice The market whose grants these are.
    function market() external view returns (IDataMarket);
}
