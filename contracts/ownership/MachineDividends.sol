// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ShortString, ShortStrings} from "@openzeppelin/contracts/utils/ShortStrings.sol";

import {Currency} from "../shared/Currency.sol";
import {DividendLedger} from "../shared/DividendLedger.sol";
import {IMachineShares} from "./IMachineShares.sol";
import {IMachineVotes} from "./IMachineVotes.sol";
import {PackedMachine} from "./PackedMachine.sol";

/// @title MachineDividends
/// @notice The part of {IMachineShares} that is an ERC-20 and pays its holders. OpenZeppelin's balances are not used:
/// they are the {DividendLedger}'s.
abstract contract MachineDividends is IMachineShares, ERC20Permit, ReentrancyGuardTransient {
    using DividendLedger for DividendLedger.Ledger;

    string private constant _NAME = "DeFIoT MachineShares";

    /// @inheritdoc IMachineShares
    IMachineVotes public immutable votes;

    DividendLedger.Ledger internal _ledger;
    mapping(address holder => address) private _payouts;

    modifier onlyIssuer() {
        require(msg.sender == issuer(), MachineSharesUnauthorized(msg.sender));
        _;
    }

    constructor(IMachineVotes votes_) ERC20("", "") ERC20Permit(_NAME) {
        votes = votes_;
    }

    /// @notice Coin that arrives plainly; {sync} books it.
    receive() external payable {}

    /// @inheritdoc IMachineShares
    function mint(address account, uint256 amount) external onlyIssuer returns (uint256 balance) {
        _mint(account, amount);
        return balanceOf(account);
    }

    /// @inheritdoc IMachineShares
    function burn(address account, uint256 amount) external onlyIssuer {
        _burn(account, amount);
    }

    /// @inheritdoc IMachineShares
    function takeSnapshot() external {
        bool counts = msg.sender == issuer() || msg.sender == address(votes);
        require(counts, MachineSharesUnauthorized(msg.sender));
        _ledger.takeSnapshot();
    }

    /// @inheritdoc IMachineShares
    function deposit(Currency currency, uint256 amount) external payable nonReentrant returns (uint256 received) {
        received = currency.takeMeasured(msg.sender, amount);
        _ledger.deposit(currency, received);
        emit DividendDeposited(currency, msg.sender, received);
    }

    /// @inheritdoc IMachineShares
    function sync(Currency currency) external nonReentrant returns (uint256 received) {
        return _sync(currency);
    }

    /// @inheritdoc IMachineShares
    function claim(Currency currency, uint256 maxEntries) external nonReentrant returns (uint256 amount) {
        return _claim(msg.sender, currency, maxEntries);
    }

    /// @inheritdoc IMachineShares
    function claimMany(Currency[] calldata currencies, uint256 maxEntries) external nonReentrant {
        for (uint256 i = 0; i < currencies.length; ++i) _claim(msg.sender, currencies[i], maxEntries);
    }

    /// @inheritdoc IMachineShares
    function claimFor(
        address holder,
        Currency currency,
        uint256 maxEntries
    ) external nonReentrant returns (uint256 amount) {
        return _claim(holder, currency, maxEntries);
    }

    /// @inheritdoc IMachineShares
    function setPayout(address payout) external {
        _payouts[msg.sender] = payout;
        emit PayoutSet(msg.sender, payout);
    }

    /// @inheritdoc IMachineShares
    function claimable(address holder, Currency currency) external view returns (uint256 amount) {
        return _ledger.claimable(holder, currency);
    }

    /// @inheritdoc IMachineShares
    function payoutOf(address holder) external view returns (address payout) {
        return _payouts[holder];
    }

    /// @inheritdoc IMachineShares
    function entriesOf(address holder) external view returns (uint256 count) {
        return _ledger.entriesOf(holder);
    }

    /// @inheritdoc IMachineShares
    function pastBalanceOf(address account, uint48 timestamp) external view returns (uint256 balance) {
        return _ledger.pastBalanceOf(account, timestamp);
    }

    /// @notice The same for all machines, and the name that permits are signed for; the symbol says which it is.
    function name() public pure override(ERC20, IERC20Metadata) returns (string memory) {
        return _NAME;
    }

    /// @notice The symbol that was given at creation.
    function symbol() public view override(ERC20, IERC20Metadata) returns (string memory) {
        return ShortStrings.toString(ShortString.wrap(machine().symbol));
    }

    /// @notice Shares are whole.
    function decimals() public pure override(ERC20, IERC20Metadata) returns (uint8) {
        return 0;
    }

    /// @inheritdoc ERC20
    function totalSupply() public view override(ERC20, IERC20) returns (uint256) {
        return _ledger.supplyOf();
    }

    /// @inheritdoc ERC20
    function balanceOf(address account) public view override(ERC20, IERC20) returns (uint256) {
        return _ledger.balanceOf(account);
    }

    /// @inheritdoc IMachineShares
    function issuer() public view returns (address account) {
        return PackedMachine.issuerOf(Clones.fetchCloneArgs(address(this)));
    }

    /// @inheritdoc IMachineShares
    function machine() public view returns (Machine memory terms) {
        return PackedMachine.machineOf(Clones.fetchCloneArgs(address(this)));
    }

    /// @inheritdoc IMachineShares
    function heldOf(Currency currency) public view returns (uint256 amount) {
        return _ledger.heldOf(currency);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0)) _ledger.mint(to, value);
        else if (to == address(0)) _ledger.burn(from, value);
        else _ledger.move(from, to, value);
        emit Transfer(from, to, value);
    }

    /// @dev What is here and not yet owed to the holders.
    function _sync(Currency currency) internal returns (uint256 received) {
        received = Math.saturatingSub(currency.balanceOf(address(this)), heldOf(currency));
        if (received == 0) return 0;
        _ledger.deposit(currency, received);
        emit DividendDeposited(currency, address(0), received);
    }

    function _claim(address holder, Currency currency, uint256 maxEntries) private returns (uint256 amount) {
        amount = _ledger.claim(holder, currency, maxEntries);
        if (amount == 0) return 0;
        address to = _payouts[holder];
        if (to == address(0)) to = holder;
        emit DividendClaimed(holder, currency, to, amount);
        currency.pay(to, amount);
    }
}
