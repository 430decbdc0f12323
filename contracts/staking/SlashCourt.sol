// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

import {IModuleRegistry} from "./IModuleRegistry.sol";
import {ISlashCourt} from "./ISlashCourt.sol";
import {IStakingPool} from "./IStakingPool.sol";
import {StakingClock} from "./StakingClock.sol";

/// @title SlashCourt
/// @notice See {ISlashCourt}.
contract SlashCourt is ISlashCourt, StakingClock, AccessManaged {
    using Checkpoints for Checkpoints.Trace208;

    uint256 private constant BPS = 10_000;
    /// @dev For how long a proposal can be carried out.
    uint48 private constant GRACE = 1 days;
    /// @dev A proposal takes at least this of the allocation: smaller ones would crowd the limit and the pool.
    uint256 private constant LEAST_BPS = 100;

    /// @dev Magnitude that proposals for an operator, a module and an epoch take at most, and that slashes have taken.
    struct Book {
        uint64 reserved;
        uint64 executed;
    }

    /// @inheritdoc ISlashCourt
    IStakingPool public immutable pool;

    /// @inheritdoc ISlashCourt
    IModuleRegistry public immutable registry;

    /// @inheritdoc ISlashCourt
    uint256 public count;

    mapping(uint256 id => Proposal) private _proposals;
    mapping(uint32 operator => mapping(uint32 module => mapping(uint32 epoch => Book))) private _books;
    /// @dev When all of a module's proposals up to a number were vetoed: the number is the key, the time the value.
    mapping(uint32 module => Checkpoints.Trace208) private _vetoes;

    /// @param authority The suite's access manager; its guardian may veto.
    /// @param registry_ The suite's {IModuleRegistry}, whose pool is slashed.
    constructor(
        address authority,
        IModuleRegistry registry_
    ) AccessManaged(authority) StakingClock(registry_.genesis()) {
        registry = registry_;
        pool = registry_.pool();
    }

    /// @inheritdoc ISlashCourt
    function propose(
        uint32 module,
        uint32 operator,
        uint96 amount,
        uint48 offenceTime,
        bytes32 evidenceHash
    ) external returns (uint256 id) {
        (address authority, uint48 window, uint256 maxSlashBps) = registry.slashingOf(module);
        require(msg.sender == authority, SlashCourtUnauthorized(msg.sender));
        uint48 now_ = uint48(block.timestamp);
        require(offenceTime <= now_, SlashCourtFutureOffence(offenceTime));
        uint48 earliest = now_ + window + GRACE - EPOCH_LENGTH;
        require(offenceTime >= earliest, SlashCourtTooLate(offenceTime, earliest));

        id = ++count;
        Proposal memory proposal = Proposal({
            amount: amount,
            operator: operator,
            module: module,
            epoch: _epochAt(offenceTime),
            readyAt: now_ + window,
            status: Status.Open,
            magnitude: 0
        });
        proposal.magnitude = _reserve(proposal, maxSlashBps);
        _proposals[id] = proposal;
        emit SlashProposed(id, module, operator, amount, offenceTime, proposal.readyAt, evidenceHash);
    }

    /// @inheritdoc ISlashCourt
    function veto(uint256 id) external {
        address resolver = registry.resolverOf(_proposals[id].module);
        require(msg.sender == resolver, SlashCourtUnauthorized(msg.sender));
        _veto(id);
    }

    /// @inheritdoc ISlashCourt
    function vetoAsGuardian(uint256 id) external restricted {
        _veto(id);
    }

    /// @inheritdoc ISlashCourt
    /// @dev A veto without a new proposal since the last would move that one's time, and with it what became of older
    /// proposals; it says nothing new.
    function vetoAll(uint32 module) external restricted {
        (, uint48 last, ) = _vetoes[module].latestCheckpoint();
        if (last != count) _vetoes[module].push(uint48(count), uint208(block.timestamp));
        emit ModuleVetoed(module);
    }

    /// @inheritdoc ISlashCourt
    function execute(uint256 id) external returns (uint256 fromBond, uint256 fromStake) {
        Proposal memory proposal = _open(id);
        require(block.timestamp >= proposal.readyAt, SlashCourtWrongTime(id, proposal.readyAt));
        _proposals[id].status = Status.Executed;
        uint256 reduction;
        (fromBond, fromStake, reduction) = _slash(proposal);
        if (reduction != 0) {
            _books[proposal.operator][proposal.module][proposal.epoch].executed += uint64(reduction);
            registry.reduce(proposal.operator, proposal.module, reduction);
        }
        emit SlashExecuted(id, fromBond, fromStake);
    }

    /// @inheritdoc ISlashCourt
    function release(uint256 id) external {
        Proposal memory proposal = _proposals[id];
        Status status = _statusOf(id, proposal);
        bool unreleased = proposal.status == Status.Open && status != Status.Open;
        require(unreleased, SlashCourtWrongStatus(id, status));
        _close(id, proposal, status);
        emit SlashReleased(id, status);
    }

    /// @inheritdoc ISlashCourt
    function proposalOf(uint256 id) external view returns (Proposal memory proposal) {
        return _proposals[id];
    }

    /// @inheritdoc ISlashCourt
    function statusOf(uint256 id) external view returns (Status status) {
        return _statusOf(id, _proposals[id]);
    }

    /// @inheritdoc ISlashCourt
    function proposableOf(uint32 module, uint32 operator, uint32 epoch_) external view returns (uint256 amount) {
        uint32 current = epoch();
        (, uint48 window, uint256 maxSlashBps) = registry.slashingOf(module);
        bool tooLate = epoch_ < current && block.timestamp + window + GRACE >= startOf(current) + EPOCH_LENGTH;
        if (epoch_ > current || epoch_ + 1 < current || tooLate) return 0;
        (uint256 magnitude, uint256 total) = registry.magnitudeAt(operator, module, epoch_);
        uint256 rest = _rest(_books[operator][module][epoch_], magnitude, maxSlashBps);
        return rest == 0 ? 0 : (rest * pool.answeringOf(operator, epoch_)) / total;
    }

    /// @dev Reserves what the proposal may take of the limit for its operator, module and epoch. What was carried out
    /// stays reserved, and counts as if it were still there: so it makes no difference in which order slashes come.
    function _reserve(Proposal memory its, uint256 maxSlashBps) private returns (uint64 reserved) {
        (uint256 magnitude, uint256 total) = registry.magnitudeAt(its.operator, its.module, its.epoch);
        uint256 answering = pool.openProposal(its.operator, its.amount, _expiryOf(its), its.epoch);
        bool atStake = magnitude != 0 && answering != 0;
        require(atStake, SlashCourtNothingAtStake(its.operator, its.module, its.epoch));

        Book storage book = _books[its.operator][its.module][its.epoch];
        uint256 rest = _rest(book, magnitude, maxSlashBps);
        // Half of the limit if that is less: a narrow one must not ask for one exact amount.
        uint256 least = Math.ceilDiv(magnitude * Math.min(2 * LEAST_BPS, maxSlashBps), 2 * BPS);
        reserved = uint64(_checkedPart(its.amount, total, answering, least, rest));
        book.reserved += reserved;
    }

    function _slash(Proposal memory its) private returns (uint256 fromBond, uint256 fromStake, uint256 reduction) {
        (uint256 magnitude, uint256 total) = registry.magnitudeAt(its.operator, its.module, its.epoch);
        (address victims, uint16 victimBps) = registry.victimsOf(its.module);
        return
            pool.slash(
                IStakingPool.Slash({
                    operator: its.operator,
                    epoch: its.epoch,
                    amount: its.amount,
                    magnitude: uint64(magnitude),
                    total: uint64(total),
                    expiry: _expiryOf(its),
                    victims: victims,
                    victimBps: victimBps
                })
            );
    }

    function _veto(uint256 id) private {
        Proposal memory proposal = _open(id);
        require(block.timestamp < proposal.readyAt, SlashCourtWrongTime(id, proposal.readyAt));
        _close(id, proposal, Status.Vetoed);
        emit SlashVetoed(id, msg.sender);
    }

    /// @dev Ends a proposal that is not carried out.
    function _close(uint256 id, Proposal memory its, Status status) private {
        _proposals[id].status = status;
        _books[its.operator][its.module][its.epoch].reserved -= its.magnitude;
        pool.closeProposal(its.operator, its.amount, _expiryOf(its));
    }

    function _open(uint256 id) private view returns (Proposal memory proposal) {
        proposal = _proposals[id];
        Status status = _statusOf(id, proposal);
        require(status == Status.Open, SlashCourtWrongStatus(id, status));
    }

    function _statusOf(uint256 id, Proposal memory its) private view returns (Status) {
        if (its.status != Status.Open) return its.status;
        uint256 vetoedAt = _vetoes[its.module].lowerLookup(uint48(id));
        if (vetoedAt != 0 && vetoedAt < its.readyAt) return Status.Vetoed;
        return block.timestamp < its.readyAt + GRACE ? Status.Open : Status.Lapsed;
    }

    /// @dev The epoch in which a proposal lapses.
    function _expiryOf(Proposal memory its) private view returns (uint32) {
        return _epochAt(its.readyAt + GRACE);
    }

    function _rest(Book memory book, uint256 magnitude, uint256 maxSlashBps) private pure returns (uint256) {
        uint256 limit = ((magnitude + book.executed) * maxSlashBps) / BPS;
        return Math.saturatingSub(limit, book.reserved);
    }

    /// @dev The magnitude that `amount` is, rounded up.
    function _checkedPart(
        uint256 amount,
        uint256 total,
        uint256 answering,
        uint256 least,
        uint256 rest
    ) private pure returns (uint256 part) {
        part = Math.ceilDiv(amount * total, answering);
        require(part <= rest, SlashCourtAboveLimit(part, rest));
        bool takesRest = amount != 0 && (amount + 1) * total > rest * answering;
        require(part >= least || takesRest, SlashCourtTooSmall(part, least));
    }
}
