// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IOwnedIds
/// @notice Numbered things with an owner each, who hands one on in two steps: an address that cannot accept never
/// becomes an owner.
interface IOwnedIds {
    /// @notice The owner of `id` offered it to `to`; zero takes an offer back.
    event OwnershipOffered(uint32 indexed id, address indexed owner, address indexed to);
    /// @notice `id` changed hands; `from` is zero for a new one.
    event OwnershipTransferred(uint32 indexed id, address indexed from, address indexed to);

    /// @notice `caller` may not do this with `id`.
    error OwnedIdsUnauthorized(uint32 id, address caller);

    /// @notice Offers `id` to somebody; only its owner.
    /// @param to Who may accept; zero to take an earlier offer back.
    /// Reverts with {OwnedIdsUnauthorized}.
    function offerOwnership(uint32 id, address to) external;

    /// @notice Accepts `id`; only who it was offered to.
    /// Reverts with {OwnedIdsUnauthorized}.
    function acceptOwnership(uint32 id) external;

    /// @notice The owner of `id`; zero if there is none.
    function ownerOf(uint32 id) external view returns (address owner);

    /// @notice To whom `id` is offered; zero for nobody.
    function pendingOwnerOf(uint32 id) external view returns (address to);

    /// @notice How many ids there are: they run from 1 to this.
    function count() external view returns (uint32 ids);
}
