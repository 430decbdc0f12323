// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Currency} from "../shared/Currency.sol";

/// @title ISplitHub
/// @notice Divides money among recipients in fixed parts. A split is the hash of who gets what, so creating one costs
/// nothing and paying into it costs the same for two recipients and for ten thousand; each recipient releases his part
/// with a Merkle proof.
///
/// ```
///   payer ──deposit(id)──────────────────────▶ pot of the id, or of the successor that its controller named
///   payer ──plain transfer──▶ receiverOf(id) ──flush──▶ (the same)
///   pot ──release(recipient, proof)──▶ his account, or the pot of the split that he is
/// ```
///
/// What a recipient has been due since the beginning is `floor(cumulative x shares / total)`; he gets what of it he has
/// not had. So it makes no difference how often or in which order releases are called. The hub trusts no tree: shares
/// above the total take from the same split's other recipients and from nobody else, and a recipient that stands twice
/// gets the larger of his parts.
///
/// A currency must do what it says: one that takes a fee from the sender on top, or whose balances shrink by
/// themselves, leaves the hub short of that currency, and of no other.
interface ISplitHub {
    /// @notice Who gets what. Its hash, `keccak256(abi.encode(split))`, is the split's id.
    /// @param root Root of the Merkle tree of {Recipient}s, as npm's @openzeppelin/merkle-tree builds it from
    /// `["bytes32", "uint96"]`.
    /// @param total Parts that make the whole; above 0. The sum of the recipients' shares, or somebody is short.
    /// @param controller Who may name a successor; zero for nobody.
    /// @param salt Tells splits apart that are otherwise the same.
    struct Split {
        bytes32 root;
        uint96 total;
        address controller;
        bytes32 salt;
    }

    /// @notice A leaf of a split's tree.
    /// @param payee An account (its address, in the low 160 bits) or the id of another split.
    /// @param shares His parts of the total.
    struct Recipient {
        bytes32 payee;
        uint96 shares;
    }

    /// @notice One release of several.
    /// @param split The split.
    /// @param currency What to release.
    /// @param recipient To whom.
    /// @param proof That he is in the tree.
    struct Leg {
        Split split;
        Currency currency;
        Recipient recipient;
        bytes32[] proof;
    }

    /// @notice What came into a split and left it, in the currency's smallest unit.
    /// @param cumulative All that was ever credited.
    /// @param released All that was ever released; never more.
    struct Pot {
        uint128 cumulative;
        uint128 released;
    }

    /// @notice Money came in for split `id`, and was credited to `creditedTo`: the same, or its successor.
    event SplitDeposited(
        bytes32 indexed id,
        bytes32 indexed creditedTo,
        Currency indexed currency,
        address from,
        uint256 amount
    );
    /// @notice A recipient got his part; if he is a split, it was credited as {SplitDeposited} says.
    event SplitReleased(bytes32 indexed id, Currency indexed currency, bytes32 indexed payee, uint256 amount);
    /// @notice A release among several failed, and harmed nobody else.
    event SplitReleaseSkipped(bytes32 indexed id, Currency indexed currency, bytes32 indexed payee);
    /// @notice What comes in for split `id` is credited to `successor` from now on; to itself again if zero.
    event SuccessorSet(bytes32 indexed id, bytes32 indexed successor);

    /// @notice This is no hash: 0, or an address.
    error SplitHubInvalidId(bytes32 id);
    /// @notice A split has a total.
    error SplitHubMissingTotal();
    /// @notice This recipient, with these shares, is not in the split.
    error SplitHubNotRecipient(bytes32 id, bytes32 payee, uint96 shares);
    /// @notice These are not all of the split's recipients in the order of its tree, or more than 16.
    error SplitHubNotTheRecipients(bytes32 id);
    /// @notice The caller is not who may do this.
    error SplitHubUnauthorized(address caller);

    /// @notice Pays into a split. Anyone; a wrong id is money lost, so compute it with {idOf}.
    /// @param amount In the currency's smallest unit; what arrives of it counts.
    /// @return credited What arrived.
    /// Reverts with {SplitHubInvalidId}, the errors of {CurrencyLibrary-takeMeasured},
    /// SafeCastOverflowedUintDowncast when a pot has seen 2^128 units.
    function deposit(bytes32 id, Currency currency, uint256 amount) external payable returns (uint256 credited);

    /// @notice Releases a recipient's part, to himself. Anyone.
    /// @param proof The siblings on the way from his leaf to the root.
    /// @return amount In the currency's smallest unit; 0 if nothing is due.
    /// Reverts with {SplitHubMissingTotal}, {SplitHubNotRecipient}, or as the currency or the recipient does.
    function release(
        Split calldata split,
        Currency currency,
        Recipient calldata recipient,
        bytes32[] calldata proof
    ) external returns (uint256 amount);

    /// @notice Releases many parts. One that fails, or that wants more than 300,000 gas, is passed over with
    /// {SplitReleaseSkipped} and stays due. Anyone.
    function releaseMany(Leg[] calldata legs) external;

    /// @notice Releases the parts of all recipients of a small split, without proofs; passes over as {releaseMany}
    /// does. Anyone.
    /// @param recipients All, at most 16, sorted by leaf hash as the tree sorts them.
    /// Reverts with {SplitHubMissingTotal}, {SplitHubNotTheRecipients}.
    function distribute(Split calldata split, Currency currency, Recipient[] calldata recipients) external;

    /// @notice Credits a split with what was plainly sent to its receiver, which the first flush deploys. Anyone.
    /// @return credited In the currency's smallest unit.
    /// Reverts with {SplitHubInvalidId}, or as the currency does.
    function flush(bytes32 id, Currency currency) external returns (uint256 credited);

    /// @notice Names where what comes in from now on is credited, one hop far: a successor's own successor is not
    /// asked. What was credited before stays where it is; what the receiver holds and was not flushed follows. Only
    /// the split's controller, as often as he likes.
    /// @param successor Zero for the split itself.
    /// Reverts with {SplitHubUnauthorized}, {SplitHubInvalidId}.
    function setSuccessor(Split calldata split, bytes32 successor) external;

    /// @notice A split's id.
    function idOf(Split calldata split) external pure returns (bytes32 id);

    /// @notice Where a split is paid by plain transfer; the same address before and after it is deployed. Payers that
    /// forward no more than 2,300 gas do not reach it.
    function receiverOf(bytes32 id) external view returns (address receiver);

    /// @notice Where what comes in for a split is credited; zero for itself.
    function successorOf(bytes32 id) external view returns (bytes32 successor);

    /// @notice What came into a split and left it.
    function potOf(bytes32 id, Currency currency) external view returns (Pot memory pot);

    /// @notice What {release} would pay now, to somebody who is in the tree with these shares.
    /// Reverts with {SplitHubMissingTotal}.
    function releasable(
        Split calldata split,
        Currency currency,
        Recipient calldata recipient
    ) external view returns (uint256 amount);
}
