// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {Currency} from "../shared/Currency.sol";
import {IMachineVotes} from "./IMachineVotes.sol";
import {ISplitHub} from "./ISplitHub.sol";

/// @title IMachineShares
/// @notice A machine owned in fractions: an ERC-20 that holds the device's token, pays what the machine earns to the
/// holders in any number of currencies, exact to the wei, and acts as the device's owner only as they vote in
/// {IMachineVotes}. A clone per machine, issued by {IMachineOfferings}; what is fixed at creation stands in the clone's
/// code.
///
/// ```
///            seal (issuer, with the NFT)       vote: retire
///   Raising ────────────────────────────▶ Active ──────────▶ Retired: device burnt, its wallet swept, dividends go on
///   shares only come and go               │
///   with contributions                    ├─ vote: accept a bid, then its execution ──┐
///                                         └─ unwrap (who holds all shares) ───────────┴─▶ Ended: NFT gone, shares
///                                                                              stand still, dividends go on
/// ```
///
/// Money comes in through the machine's split {holders, operator}, whose receiver is the device's revenue payee, by
/// {deposit}, or plainly, to be booked by {sync}. Claims never close.
interface IMachineShares is IERC20Metadata {
    /// @notice Where a machine is in its life.
    enum Stage {
        Raising,
        Active,
        Retired,
        Ended
    }

    /// @notice What holders vote on. Each one's payload is ABI-encoded:
    /// `SetOperator(address operator)`; `RotateKey(bytes32 newKeyHash)`, which the device registry then takes from
    /// anyone through {rotateKey}; `SetPolicy(uint48 period, uint48 expiry, Permission[] permissions, Allowance[]
    /// allowances)`, what the device may spend of its wallet (see IDeviceAccount-setPolicy); `Retire()`, empty;
    /// `AcceptBid(uint256 bidId)`.
    enum Motion {
        SetOperator,
        RotateKey,
        SetPolicy,
        Retire,
        AcceptBid
    }

    /// @notice What of a currency the device's wallet keeps to work with.
    /// @param currency The currency.
    /// @param amount In its smallest unit.
    struct WorkingBalance {
        Currency currency;
        uint96 amount;
    }

    /// @notice What is fixed at a machine's creation.
    /// @param deviceId The device.
    /// @param symbol ERC-20 symbol, as a short string of 1 to 31 bytes (OpenZeppelin's ShortString).
    /// @param operator Who runs the machine at first.
    /// @param operatorBps His part of the revenue that comes in through the split, 0 to 9,999 bps.
    /// @param quorumBps Least part of the voting shares that must vote, 1 to 10,000 bps.
    /// @param majorityBps A motion needs more than this part of the votes cast, 5,000 to 9,999 bps.
    /// @param votingPeriod How long a vote is open, 1 to 30 days, in seconds.
    /// @param currency In which the machine was financed and may be bought.
    /// @param buyoutFloor Least price of the machine, in the currency's smallest unit; what was paid for a share times
    /// all shares if that is more.
    /// @param workingBalances What the wallet keeps, for 8 currencies at most; 0 for all others.
    struct Machine {
        uint256 deviceId;
        bytes32 symbol;
        address operator;
        uint16 operatorBps;
        uint16 quorumBps;
        uint16 majorityBps;
        uint48 votingPeriod;
        Currency currency;
        uint128 buyoutFloor;
        WorkingBalance[] workingBalances;
    }

    /// @notice The device arrived, supply and floor (the currency's smallest unit) are final, shares may move.
    event MachineSealed(uint256 supply, uint256 buyoutFloor);
    /// @notice Revenue came in, by a payer or, booked by {sync}, plainly (`from` is zero then).
    event DividendDeposited(Currency indexed currency, address indexed from, uint256 amount);
    /// @notice A holder's revenue was paid, to where he wants it.
    event DividendClaimed(address indexed holder, Currency indexed currency, address indexed to, uint256 amount);
    /// @notice A holder's revenue is paid to `payout` from now on; to himself if zero.
    event PayoutSet(address indexed holder, address indexed payout);
    /// @notice The device's wallet gave what is above its working balance.
    event AccountSwept(Currency indexed currency, uint256 amount);
    /// @notice Somebody else runs the machine.
    event OperatorSet(address indexed operator);
    /// @notice The machine was sold; its price is in the final dividend.
    event MachineSold(address indexed buyer);
    /// @notice The device's wallet could not be swept before the sale.
    event FinalSweepFailed();
    /// @notice Who held all shares took the device out.
    event MachineUnwrapped(address indexed holder, address indexed to);

    /// @notice Only {issuer}, {votes} or {operator} may do this.
    error MachineSharesUnauthorized(address caller);
    /// @notice The machine is in another stage than this needs.
    error MachineSharesWrongStage(Stage stage);
    /// @notice The device has not arrived.
    error MachineSharesNoDevice(uint256 deviceId);
    /// @notice Only a verified maker's word is taken.
    error MachineSharesUnverifiedMaker(uint32 makerId);
    /// @notice Nobody, the shares and their issuer cannot run the machine.
    error MachineSharesInvalidOperator(address operator);
    /// @notice The holders have not voted for this key.
    error MachineSharesKeyNotVoted(bytes32 newKeyHash);
    /// @notice This takes all shares but those that the issuer will never give out.
    error MachineSharesNotSoleHolder(uint256 balance, uint256 needed);
    /// @notice The call left too little gas to sweep the wallet before the sale.
    error MachineSharesInsufficientGas(uint256 needed);

    /// @notice Makes shares; only {issuer}, while raising.
    /// @return balance What the account has then.
    /// Reverts with {MachineSharesUnauthorized}, {DividendLedger-DividendLedgerWrongPhase}, ERC20InvalidReceiver,
    /// SafeCastOverflowedUintDowncast.
    function mint(address account, uint256 amount) external returns (uint256 balance);

    /// @notice Takes shares away; only {issuer}, while raising.
    /// Reverts with {MachineSharesUnauthorized}, {DividendLedger-DividendLedgerWrongPhase},
    /// ERC20InsufficientBalance.
    function burn(address account, uint256 amount) external;

    /// @notice Seals the supply for life and begins the machine's work: the operator becomes the device's user with the
    /// permissions for data, document and operation, and the split's receiver its revenue payee. Only {issuer}, after
    /// the device's token.
    /// @param price What was paid for a share, in the currency's smallest unit: nobody is bought out below it.
    /// Reverts with {MachineSharesUnauthorized}, {MachineSharesNoDevice}, {DividendLedger-DividendLedgerWrongPhase},
    /// {DividendLedger-DividendLedgerNoShares}.
    function seal(uint128 price) external;

    /// @notice Remembers the balances at the end of this block; only {issuer}, whose vetoes count by them, and {votes}.
    /// Reverts with {MachineSharesUnauthorized}, {DividendLedger-DividendLedgerWrongPhase} while raising.
    function takeSnapshot() external;

    /// @notice Pays a dividend to the holders of this moment. The issuer's shares, which have not vested, earn nothing.
    /// Anyone.
    /// @param amount In the currency's smallest unit; what arrives of it counts.
    /// @return received What arrived.
    /// Reverts with {DividendLedger-DividendLedgerWrongPhase} while raising, SafeCastOverflowedUintDowncast, and the
    /// errors of {CurrencyLibrary-takeMeasured}.
    function deposit(Currency currency, uint256 amount) external payable returns (uint256 received);

    /// @notice Books as a dividend what arrived plainly. Anyone.
    /// @return received In the currency's smallest unit; 0 if there was nothing.
    /// Reverts as {deposit} does.
    function sync(Currency currency) external returns (uint256 received);

    /// @notice Brings in what waits for the machine at the split hub: flushes the receiver, releases the holders' part,
    /// and books it. Anyone. What came in under a former operator is released from his split ({splitOf}), and then
    /// booked by {sync}.
    /// @return received In the currency's smallest unit.
    /// Reverts as {deposit}, {ISplitHub-flush} and {ISplitHub-release} do.
    function collect(Currency currency) external returns (uint256 received);

    /// @notice Sends the device's wallet above its working balance of a currency to the holders, as a dividend; all of
    /// it once the device is retired. Anyone.
    /// @return received In the currency's smallest unit; 0 if there was nothing.
    /// Reverts with {MachineSharesWrongStage}, {IDeviceAccount-DeviceAccountLocked}, or as the currency does.
    function sweepAccount(Currency currency) external returns (uint256 received);

    /// @notice Pays the caller what he has earned in a currency, to his payout.
    /// @param maxEntries The most entries of his own history to go through; call again for more.
    /// @return amount In the currency's smallest unit.
    /// Reverts as the currency or the payout does.
    function claim(Currency currency, uint256 maxEntries) external returns (uint256 amount);

    /// @notice {claim} in many currencies. One that fails reverts all: leave it out.
    function claimMany(Currency[] calldata currencies, uint256 maxEntries) external;

    /// @notice {claim} for somebody else, to his payout. Anyone.
    function claimFor(address holder, Currency currency, uint256 maxEntries) external returns (uint256 amount);

    /// @notice Says where the caller's revenue is paid; zero for the caller himself.
    function setPayout(address payout) external;

    /// @notice Does what the holders voted for; only {votes}, while active.
    /// @param payload See {Motion}; a bid is carried out by {sell}.
    /// Reverts with {MachineSharesUnauthorized}, {MachineSharesWrongStage}, {MachineSharesInvalidOperator}, and as the
    /// device registry or the device's wallet does.
    function carryOut(Motion motion, bytes calldata payload) external;

    /// @notice Sells the machine, whose price has just arrived: the wallet's balance of the machine's currency and the
    /// price are the final dividend, shares stand still, the device goes to the buyer. Only {votes}, while active.
    /// Reverts with {MachineSharesUnauthorized}, {MachineSharesWrongStage}, {MachineSharesInsufficientGas}, and as the
    /// device registry does.
    function sell(address buyer) external;

    /// @notice Gives the device the key that the holders voted for, signed by that key. Anyone. At once with the old
    /// key's signature, else 7 days after the motion was carried out.
    /// Reverts with {MachineSharesKeyNotVoted}, and as {IDeviceRegistry-rotateKey} does.
    function rotateKey(
        IDeviceRegistry.KeyRotation calldata rotation,
        bytes calldata newKeySignature,
        bytes calldata oldKeySignature
    ) external;

    /// @notice Records a verified maker's word for the device; only {operator}.
    /// Reverts with {MachineSharesUnauthorized}, {MachineSharesUnverifiedMaker}, and as {IDeviceRegistry-attest} does.
    function attest(IDeviceRegistry.AttestationAcceptance calldata acceptance, bytes calldata attestation) external;

    /// @notice Takes the device out; who has all shares but those that the issuer will never give out.
    /// @param to Who gets the device's token.
    /// Reverts with {MachineSharesWrongStage}, {MachineSharesNotSoleHolder}, and as the device registry does.
    function unwrap(address to) external;

    /// @notice What was fixed at creation.
    function machine() external view returns (Machine memory terms);

    /// @notice Where the machine is in its life.
    function stage() external view returns (Stage current);

    /// @notice Who runs the machine.
    function operator() external view returns (address account);

    /// @notice Who issues the shares and holds those that have not vested, which earn nothing: the suite's
    /// {IMachineOfferings}, or the machine is none of the suite's.
    function issuer() external view returns (address account);

    /// @notice Where the holders vote: the suite's {IMachineVotes}.
    function votes() external view returns (IMachineVotes);

    /// @notice The devices' registry.
    function registry() external view returns (IDeviceRegistry);

    /// @notice Where the machine's revenue is divided between holders and operator.
    function hub() external view returns (ISplitHub);

    /// @notice The split of holders and an operator; its id under the first operator never loses its receiver.
    /// @param operator_ The present operator, or a former one whose split has something left.
    function splitOf(address operator_) external view returns (ISplitHub.Split memory split);

    /// @notice Where the machine's revenue is paid plainly: the receiver of the first operator's split.
    function revenueReceiver() external view returns (address receiver);

    /// @notice What {claim} without a bound would pay, in the currency's smallest unit.
    function claimable(address holder, Currency currency) external view returns (uint256 amount);

    /// @notice What the machine owes its holders of a currency, claimed by nobody yet, in its smallest unit.
    function heldOf(Currency currency) external view returns (uint256 amount);

    /// @notice Where a holder's revenue is paid; zero for himself.
    function payoutOf(address holder) external view returns (address payout);

    /// @notice How many entries a holder's history has: what {claim} goes through.
    function entriesOf(address holder) external view returns (uint256 count);

    /// @notice Shares at the end of the block of a snapshot.
    /// @param timestamp Of a proposal or of {takeSnapshot}, in seconds; means nothing otherwise.
    function pastBalanceOf(address account, uint48 timestamp) external view returns (uint256 balance);

    /// @notice Least price of the machine, in its currency's smallest unit.
    function buyoutFloor() external view returns (uint256 amount);

    /// @notice What the device's wallet keeps of a currency, in its smallest unit; 0 once it is retired.
    function workingBalanceOf(Currency currency) external view returns (uint256 amount);
}
