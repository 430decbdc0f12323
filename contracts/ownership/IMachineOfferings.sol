// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Receiver} from "@openzeppelin/contracts/interfaces/IERC721Receiver.sol";

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {Currency} from "../shared/Currency.sol";
import {IIntakePause} from "../shared/IIntakePause.sol";
import {IMachineShares} from "./IMachineShares.sol";

/// @title IMachineOfferings
/// @notice Initial Device Offerings: many pay for a machine, and its builder gets their money as it comes to life. An
/// offering is named by the {IMachineShares} that it sells.
///
/// ```
///   create (owner)      NFT in (owner)            end, or sold out
///      │                    │                         ├─ soft cap missed ──▶ Failed: refunds, NFT back to the seller
///      └──▶ Draft ──────────┴──▶ Open ────────────────┤
///              ▲      cancel      │                   └─ else ─▶ Funded ──finalise──▶ Releasing ──▶ Closed
///              └──(before start)──┘                                                   all milestones over
///   each milestone, once Releasing:
///
///                claim (signed evidence)          veto window over
///      Pending ─────────────────────────▶ Claimed ────────────────▶ Released: money to the operator, his shares vest
///         │  ◀───────────────────────────────┘ vetoed by enough shares
///         └─ deadline over ──expire──▶ Expired: money to the holders, the operator's shares never vest
/// ```
interface IMachineOfferings is IIntakePause, IERC721Receiver {
    /// @notice Where an offering is.
    enum Status {
        None,
        Draft,
        Open,
        Failed,
        Funded,
        Releasing,
        Closed
    }

    /// @notice Where a milestone is.
    enum MilestoneStatus {
        Pending,
        Claimed,
        Released,
        Expired
    }

    /// @notice A step on the way to a working machine.
    /// @param bps Its part of the money and of the operator's shares; all of them sum to 10,000 bps.
    /// @param notBefore First second at which it may be claimed.
    /// @param deadline Last second at which it may be claimed; after the end of the offering, by 5 years at most.
    /// @param requirement First 18 bytes of the hash of what has to be shown.
    struct Milestone {
        uint16 bps;
        uint48 notBefore;
        uint48 deadline;
        bytes18 requirement;
    }

    /// @notice What is fixed when an offering is created. Shares are whole; prices are in the smallest unit of the
    /// machine's currency.
    /// @param price Of one share; above 0.
    /// @param softCap Fewest shares to sell; at least 1.
    /// @param hardCap Most shares to sell; times the price below 2^128.
    /// @param walletCap Most shares per wallet; 0 for no limit.
    /// @param operatorShares The operator's own if all others are sold, and as many fewer as fewer are sold; they vest
    /// with released milestones; as many as the hard cap at most, so that he alone is never the majority.
    /// @param start First second of the sale.
    /// @param end First second after it; in the future, at most 366 days after `start`.
    /// @param allowListRoot Root of a Merkle tree of (address account, uint96 cap), as npm's @openzeppelin/merkle-tree
    /// builds it; 0 if anyone may contribute.
    /// @param attester Who may sign evidence besides the device; zero for nobody.
    /// @param vetoBps Part of the shares, without the operator's and the offering's, that stops a claim: 1 to 10,000.
    /// @param vetoWindow How long, 3 to 30 days, in seconds.
    /// @param milestones 1 to 16, whose parts sum to 10,000 bps.
    struct Offering {
        uint128 price;
        uint88 softCap;
        uint88 hardCap;
        uint88 walletCap;
        uint88 operatorShares;
        uint48 start;
        uint48 end;
        bytes32 allowListRoot;
        address attester;
        uint16 vetoBps;
        uint48 vetoWindow;
        Milestone[] milestones;
    }

    /// @notice The terms of an offering as the chain keeps them.
    /// @param currency The machine's.
    /// @param feeBps The protocol's part of each release, as it was at creation.
    /// @param milestoneCount How many milestones there are. The other fields are {Offering}'s.
    struct Terms {
        Currency currency;
        uint128 price;
        uint88 softCap;
        uint88 hardCap;
        uint88 walletCap;
        uint88 operatorShares;
        uint48 start;
        uint48 end;
        bytes32 allowListRoot;
        address attester;
        uint16 vetoBps;
        uint48 vetoWindow;
        uint16 feeBps;
        uint8 milestoneCount;
    }

    /// @notice How far an offering is.
    /// @param seller Who created it, and gets the device back if it fails.
    /// @param sold Shares sold.
    /// @param resolved How many milestones are released or expired.
    /// @param vesting Shares of the operator that may yet vest.
    /// @param remaining What is left of the money raised, in the currency's smallest unit.
    struct Progress {
        address seller;
        uint88 sold;
        uint8 resolved;
        uint88 vesting;
        uint128 remaining;
    }

    /// @notice How far a milestone is.
    /// @param status Where it is.
    /// @param claimedAt When it was claimed last, in seconds: who held shares at the end of that block may veto.
    /// @param round How often it was vetoed; evidence is signed for one round.
    /// @param vetoes Shares against the claim.
    struct MilestoneState {
        MilestoneStatus status;
        uint48 claimedAt;
        uint32 round;
        uint96 vetoes;
    }

    /// @notice What a device or an attester signs. EIP-712 type: `MilestoneEvidence(address shares,uint8 milestone,
    /// uint32 round,bytes32 evidenceHash,uint48 deadline)`, in the domain of the offerings.
    /// @param shares The machine.
    /// @param milestone Index, from 0.
    /// @param round See {MilestoneState}.
    /// @param evidenceHash Hash of what is shown.
    /// @param deadline Last second at which the signature is good.
    struct MilestoneEvidence {
        IMachineShares shares;
        uint8 milestone;
        uint32 round;
        bytes32 evidenceHash;
        uint48 deadline;
    }

    /// @notice An offering was created; it opens when the device's token comes in.
    event OfferingCreated(
        IMachineShares indexed shares,
        uint256 indexed deviceId,
        address indexed seller,
        Currency currency,
        uint128 price,
        uint88 hardCap,
        uint48 start,
        uint48 end
    );
    /// @notice The device's token came in.
    event OfferingOpened(IMachineShares indexed shares);
    /// @notice The seller took the device back before the sale began.
    event OfferingCancelled(IMachineShares indexed shares);
    /// @notice Somebody paid for shares.
    event Contributed(IMachineShares indexed shares, address indexed account, uint256 amount, uint256 paid);
    /// @notice Somebody's money went back.
    event ContributionRefunded(IMachineShares indexed shares, address indexed account, uint256 paid, address to);
    /// @notice The device went back to the seller of an offering that failed.
    event DeviceReclaimed(IMachineShares indexed shares, address indexed seller);
    /// @notice The shares are sealed, and the machine is theirs.
    event OfferingFinalised(IMachineShares indexed shares, uint256 sold, uint256 raised);
    /// @notice There is signed evidence of a milestone; a veto is possible before `vetoEnd` (seconds).
    event MilestoneClaimed(
        IMachineShares indexed shares,
        uint8 indexed milestone,
        uint32 round,
        bytes32 evidenceHash,
        uint48 vetoEnd
    );
    /// @notice A holder is against it.
    event VetoCast(IMachineShares indexed shares, uint8 indexed milestone, address indexed holder, uint256 weight);
    /// @notice Enough holders were: the milestone may be claimed again.
    event MilestoneVetoed(IMachineShares indexed shares, uint8 indexed milestone, uint32 round);
    /// @notice The money was credited, `amount` to the operator and `fee` to the treasury, and his shares vested.
    event MilestoneReleased(
        IMachineShares indexed shares,
        uint8 indexed milestone,
        address indexed operator,
        uint256 amount,
        uint256 fee,
        uint256 vested
    );
    /// @notice The money went to the holders as a dividend, and these shares of the operator never vest.
    event MilestoneExpired(IMachineShares indexed shares, uint8 indexed milestone, uint256 amount, uint256 forfeited);
    /// @notice Credited money left the offerings.
    event Withdrawn(Currency indexed currency, address indexed account, address to, uint256 amount);
    /// @notice Who gets the fees from now on.
    event TreasurySet(address indexed treasury);

    /// @notice The caller is not who may do this.
    error MachineOfferingsUnauthorized(address caller);
    /// @notice The offering is elsewhere than this needs.
    error MachineOfferingsWrongStatus(IMachineShares shares, Status status);
    /// @notice This token is not the device of the offering.
    error MachineOfferingsOtherDevice(address collection, uint256 tokenId);
    /// @notice A term is out of bounds: what is written in `field` (ASCII) must be from `least` to `most`.
    error MachineOfferingsOutOfBounds(bytes32 field, uint256 value, uint256 least, uint256 most);
    /// @notice The offerings cannot run the machine.
    error MachineOfferingsInvalidOperator(address operator);
    /// @notice The sale has not begun (seconds).
    error MachineOfferingsNotStarted(uint48 start);
    /// @notice At least one share.
    error MachineOfferingsNoShares();
    /// @notice The wallet would hold more shares than it may.
    error MachineOfferingsOverCap(address account, uint256 shares, uint256 cap);
    /// @notice The caller is not on the list with this cap.
    error MachineOfferingsNotAllowed(address account, uint96 cap);
    /// @notice The account has nothing to be refunded.
    error MachineOfferingsNothingToRefund(address account);
    /// @notice There is no such milestone.
    error MachineOfferingsUnknownMilestone(uint8 milestone);
    /// @notice The milestone is elsewhere than this needs.
    error MachineOfferingsWrongMilestone(uint8 milestone, MilestoneStatus status);
    /// @notice A milestone is claimed from `notBefore` to `deadline`, and expires after it (seconds).
    error MachineOfferingsUntimely(uint8 milestone, uint48 notBefore, uint48 deadline);
    /// @notice The machine was sold, unwrapped or retired: it reaches no milestone any more.
    error MachineOfferingsMachineNotActive(IMachineShares shares);
    /// @notice The evidence is for another round.
    error MachineOfferingsWrongRound(uint32 round);
    /// @notice The signature could be used until `deadline` (seconds).
    error MachineOfferingsExpiredSignature(uint48 deadline);
    /// @notice Neither the attester nor the device, active and vouched for by a verified maker, signed this.
    error MachineOfferingsInvalidEvidence(IMachineShares shares, uint8 milestone);
    /// @notice The veto window is over, or not yet, at `vetoEnd` (seconds); it opens after the block of the claim.
    error MachineOfferingsVetoWindow(uint256 vetoEnd);
    /// @notice The holder has vetoed this claim.
    error MachineOfferingsAlreadyVetoed(address holder);
    /// @notice Who runs the machine, or had no shares at the claim, has no veto.
    error MachineOfferingsNoVeto(address holder);
    /// @notice Somebody has to get the fees.
    error MachineOfferingsMissingTreasury();
    /// @notice The fee is at most 500 bps.
    error MachineOfferingsFeeTooHigh(uint16 feeBps);
    /// @notice The shares would belong to another registry's devices.
    error MachineOfferingsOtherRegistry(address sharesImplementation);
    /// @notice A part of the suite is not where the constructor was told.
    error MachineOfferingsNoCode(address part);

    /// @notice Creates the shares of a machine and the offering that sells them; only the device's owner, who then
    /// opens it by sending the device's token here: `safeTransferFrom(owner, offerings, deviceId, abi.encode(shares))`.
    /// A plain transferFrom to here opens nothing, and the token is lost.
    /// @return shares The machine's shares, and the offering's name: a hash of seller and terms, offered once only.
    /// Reverts with {MachineOfferingsUnauthorized}, {MachineOfferingsOutOfBounds}, {MachineOfferingsInvalidOperator},
    /// FailedDeployment for the same terms again.
    function create(
        IMachineShares.Machine calldata machine,
        Offering calldata offering
    ) external returns (IMachineShares shares);

    /// @notice Takes the device out of an open offering before its start, which makes it a draft again; only its
    /// seller.
    /// Reverts with {MachineOfferingsUnauthorized}, {MachineOfferingsWrongStatus}.
    function cancel(IMachineShares shares) external;

    /// @notice Buys shares at the offering's price, fewer if fewer are left; they can be moved once the offering is
    /// finalised. The money is taken exactly; native coin beyond the cost returns at once.
    /// @param amount Shares wanted.
    /// @param cap The caller's cap in the allow-list; not read if there is none.
    /// @param proof That (caller, cap) is on the allow-list.
    /// @return bought Shares bought.
    /// Reverts with {MachineOfferingsWrongStatus}, {MachineOfferingsNotStarted}, {MachineOfferingsNoShares},
    /// {MachineOfferingsNotAllowed}, {MachineOfferingsOverCap}, {IIntakePause-IntakePauseActive}, and the errors of
    /// {CurrencyLibrary-takeWithChange}.
    function contribute(
        IMachineShares shares,
        uint88 amount,
        uint96 cap,
        bytes32[] calldata proof
    ) external payable returns (uint256 bought);

    /// @notice Refunds a contribution to a failed offering whole, for its shares; by the account to whom it likes, by
    /// anyone else to the account itself.
    /// @return paid In the currency's smallest unit.
    /// Reverts with {MachineOfferingsUnauthorized}, {MachineOfferingsWrongStatus}, {MachineOfferingsNothingToRefund},
    /// or as the currency does.
    function refund(IMachineShares shares, address account, address to) external returns (uint256 paid);

    /// @notice Gives the device of a failed offering back to the seller. Anyone.
    /// Reverts with {MachineOfferingsWrongStatus}, and as the device registry does.
    function reclaim(IMachineShares shares) external;

    /// @notice Seals a funded offering: mints the operator's shares, to vest, and hands the device to the shares. Pays
    /// nobody. Anyone.
    /// Reverts with {MachineOfferingsWrongStatus}.
    function finalise(IMachineShares shares) external;

    /// @notice Claims a milestone with signed evidence. Anyone may relay it.
    /// @param signature By the device, if a verified maker vouches for it, or by the attester (an account or ERC-1271).
    /// Reverts with {MachineOfferingsWrongStatus}, {MachineOfferingsUnknownMilestone},
    /// {MachineOfferingsWrongMilestone}, {MachineOfferingsUntimely}, {MachineOfferingsMachineNotActive},
    /// {MachineOfferingsWrongRound}, {MachineOfferingsExpiredSignature}, {MachineOfferingsInvalidEvidence},
    /// {IDeviceRegistry-DeviceRegistryInsufficientGas}.
    function claimMilestone(MilestoneEvidence calldata evidence, bytes calldata signature) external;

    /// @notice Stands against a claim with all shares that the caller held when it was made. With enough against it,
    /// the milestone is pending again.
    /// Reverts with {MachineOfferingsWrongStatus}, {MachineOfferingsUnknownMilestone},
    /// {MachineOfferingsWrongMilestone}, {MachineOfferingsVetoWindow}, {MachineOfferingsAlreadyVetoed},
    /// {MachineOfferingsNoVeto}.
    function veto(IMachineShares shares, uint8 milestone) external;

    /// @notice Credits the machine's operator of the moment with a milestone that nobody stopped, less the fee, and
    /// gives him the shares that vest with it. Anyone.
    /// Reverts with {MachineOfferingsWrongStatus}, {MachineOfferingsUnknownMilestone},
    /// {MachineOfferingsWrongMilestone}, {MachineOfferingsVetoWindow}.
    function release(IMachineShares shares, uint8 milestone) external;

    /// @notice Pays a milestone that was not reached in time to the holders, as a dividend. Anyone.
    /// Reverts with {MachineOfferingsWrongStatus}, {MachineOfferingsUnknownMilestone},
    /// {MachineOfferingsWrongMilestone}, {MachineOfferingsUntimely}, or as the currency does.
    function expire(IMachineShares shares, uint8 milestone) external;

    /// @notice Pays out all that is credited to an account; by the account to whom it likes, by anyone else to the
    /// account itself.
    /// @return amount In the currency's smallest unit; 0 if there was nothing.
    /// Reverts with {MachineOfferingsUnauthorized}, or as the currency does.
    function withdraw(Currency currency, address account, address to) external returns (uint256 amount);

    /// @notice Names who gets the fees; only ADMIN.
    /// Reverts with {MachineOfferingsMissingTreasury}, AccessManagedUnauthorized.
    function setTreasury(address treasury_) external;

    /// @notice Where an offering is; None if it is none of these.
    function statusOf(IMachineShares shares) external view returns (Status status);

    /// @notice The terms of an offering.
    function termsOf(IMachineShares shares) external view returns (Terms memory terms);

    /// @notice A milestone's terms.
    /// Reverts with {MachineOfferingsUnknownMilestone}.
    function milestoneOf(IMachineShares shares, uint8 milestone) external view returns (Milestone memory terms);

    /// @notice How far an offering is.
    function progressOf(IMachineShares shares) external view returns (Progress memory progress);

    /// @notice How far a milestone is.
    function milestoneStateOf(IMachineShares shares, uint8 milestone) external view returns (MilestoneState memory);

    /// @notice Shares of a machine that the offerings hold and will never give out; the supply without these is what
    /// {IMachineShares-unwrap} takes.
    function forfeitedOf(IMachineShares shares) external view returns (uint256 amount);

    /// @notice What is credited to an account, in the currency's smallest unit.
    function claimable(Currency currency, address account) external view returns (uint256 amount);

    /// @notice Who gets the fees.
    function treasury() external view returns (address account);

    /// @notice The protocol's part of each release of the offerings created here, in bps.
    function feeBps() external view returns (uint16 bps);

    /// @notice The devices' registry.
    function registry() external view returns (IDeviceRegistry);

    /// @notice The code of every machine's shares.
    function sharesImplementation() external view returns (address implementation);
}
