// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/interfaces/IERC721.sol";

import {IDataMarket} from "./IDataMarket.sol";
import {IERC5643} from "./IERC5643.sol";

/// @title IDataGrants
/// @notice What holders do with grants of the {IDataMarket}: sign what they used of them, and, wrapped into ERC-721
/// tokens, trade them as any token. The market's books stay the only truth; a transfer here moves the grant there.
///
/// ERC-5643 for subscriptions. Of ERC-4907 there are the two views, which say whose the access is; its id is not
/// claimed, since a user other than the owner cannot be set: that would be a second truth.
interface IDataGrants is IERC721, IERC5643 {
    /// @notice The holder's word for what he used so far. EIP-712 type: `Usage(bytes32 offerId,address holder,
    /// uint48 cumulative,uint48 deadline)`.
    /// @param cumulative All uses that he ever made under the offer: it only rises, so a word counts once.
    /// @param deadline Last second at which the signature is good.
    struct Usage {
        bytes32 offerId;
        address holder;
        uint48 cumulative;
        uint48 deadline;
    }

    /// @notice The signature could be used until `deadline` (seconds).
    error DataGrantsExpiredSignature(uint48 deadline);
    /// @notice The holder did not sign just this.
    error DataGrantsInvalidHolderSignature(address holder);
    /// @notice Only the market may do this.
    error DataGrantsUnauthorized(address caller);
    /// @notice Cancelling takes no money (wei).
    error DataGrantsUnexpectedValue(uint256 value);

    /// @notice The duration is not whole units of so many seconds; 0 for what has no duration.
    error DataGrantsInvalidDuration(uint64 duration, uint256 unit);

    /// @notice Records what a holder used of a quota, wrapped or not; anyone may send what he signed (an account or
    /// ERC-1271). Nobody else can use up his quota.
    /// Reverts with {DataGrantsExpiredSignature}, {DataGrantsInvalidHolderSignature},
    /// {IDataMarket-DataMarketInvalidUsage}.
    function recordUsage(Usage calldata usage, bytes calldata holderSignature) external;

    /// @notice Makes a token for a grant; only the market. No callback.
    function mint(address holder, bytes32 offerId) external returns (uint32 tokenId);

    /// @notice Burns a token; only the market.
    function burn(uint32 tokenId) external;

    /// @notice Tells the token's new end (ERC-5643's event); only the market.
    function announce(uint32 tokenId, uint64 expiration) external;

    /// @notice The first second at which a holder's access is closed for certain; the greatest uint48 for no end, 0 for
    /// no access. For grants wrapped or not.
    function accessUntil(bytes32 offerId, address holder) external view returns (uint48 timestamp);

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
