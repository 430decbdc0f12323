// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {stdError} from "forge-std/StdError.sol";
import {Test} from "forge-std/Test.sol";

import {PotLibrary} from "../../contracts/staking/Pot.sol";
import {Active, Bond, Pending, Position, StakingRecords} from "../../contracts/staking/StakingRecords.sol";

/// @dev Beside the records that change by themselves as epochs pass stand plain ones: a list of proposals, and a value
/// for each epoch.
contract StakingRecordsTest is Test {
    uint32 private constant FIRST = 7;
    uint256 private constant STEPS = 24;
    /// @dev More than any walk passes, and what an operator asks for last begins before.
    uint256 private constant HORIZON = FIRST + STEPS * 4 + 3;

    struct Step {
        uint8 action;
        uint8 passing;
        uint96 amount;
        uint16 commission;
    }

    struct Proposal {
        uint256 amount;
        uint32 expiry;
        bool gone;
    }

    Proposal[] private _proposals;
    mapping(uint256 epoch => uint256 bps) private _commissions;

    function testFuzz_activeStakeHoldsItsFieldsSideBySide(
        uint96 assets,
        uint120 shares,
        uint32 epoch,
        uint32 later,
        bool closed
    ) public pure {
        Active its = StakingRecords.emptyActive(epoch);
        _assertActive(its, 0, 0, epoch, false);
        if (closed) its = its.close();
        _assertActive(its, 0, 0, epoch, closed);
        its = its.withPot(later, PotLibrary.toPot(assets, shares));
        _assertActive(its, assets, shares, later, closed);
        assertEq(
            Active.unwrap(its),
            uint256(bytes32(abi.encodePacked(assets, shares, later, uint8(closed ? 1 : 0)))),
            "the word"
        );
        _assertActive(its.close(), assets, shares, later, true);
        _assertActive(its.close().withPot(epoch, PotLibrary.toPot(0, 0)), 0, 0, epoch, true);
    }

    function testFuzz_aBondHoldsItsFieldsSideBySide(
        uint96 bond,
        uint96 start,
        uint32 epoch,
        uint16 commission,
        uint16 next,
        uint8 wait
    ) public pure {
        (commission, next, wait) = (commission % 2 ** 15, next % 2 ** 15, wait % 4);
        Bond its = StakingRecords.toBond(bond, start, epoch, commission, next, wait);
        assertEq(
            Bond.unwrap(its),
            uint256(
                bytes32(abi.encodePacked(bond, start, epoch, (uint32(commission) << 17) | (uint32(next) << 2) | wait))
            ),
            "the word"
        );
        assertEq(its.bond(), bond, "the bond");
        assertEq(its.start(), start, "the start");
        assertEq(its.epoch(), epoch, "the epoch");
        assertEq(its.commission(), commission, "the commission");
        assertEq(its.next(), next, "the next commission");
        assertEq(its.wait(), wait, "the wait");
        Bond other = its.withBond(start);
        assertEq(Bond.unwrap(other), Bond.unwrap(StakingRecords.toBond(start, start, epoch, commission, next, wait)));
        assertEq(Bond.unwrap(its.asOf(epoch)), Bond.unwrap(its), "it changes within its epoch");
    }

    function testFuzz_pendingAndPositionHoldTheirFieldsSideBySide(
        uint112 current,
        uint112 next,
        uint32 epoch,
        uint128 shares,
        uint32 length
    ) public pure {
        Pending pending = StakingRecords.toPending(current, next, epoch);
        assertEq(Pending.unwrap(pending), uint256(bytes32(abi.encodePacked(current, next, epoch))), "the word");
        assertEq(pending.current(), current);
        assertEq(pending.next(), next);
        assertEq(pending.epoch(), epoch);
        Position position = StakingRecords.toPosition(shares, epoch, length);
        bytes memory packed = abi.encodePacked(uint64(0), shares, epoch, length);
        assertEq(Position.unwrap(position), uint256(bytes32(packed)), "the word");
        assertEq(position.shares(), shares);
        assertEq(position.from(), epoch);
        assertEq(position.length(), length);
    }

    function test_refusesNumbersThatDoNotFit() public {
        Bond bond = StakingRecords.toBond(0, 0, FIRST, 0, 0, 0);
        Pending full = StakingRecords.toPending(type(uint112).max, type(uint112).max, FIRST);
        _expectTooMuch(96);
        this.withPot(2 ** 96, 0);
        _expectTooMuch(120);
        this.withPot(0, 2 ** 120);
        _expectTooMuch(96);
        this.withBond(bond, 2 ** 96);
        _expectTooMuch(112);
        this.plus(full, 1, FIRST);
        _expectTooMuch(112);
        this.plus(full, 1, FIRST + 1);
        _expectTooMuch(128);
        this.toPosition(2 ** 128);
        // The greatest that fit, all of them.
        this.withPot(2 ** 96 - 1, 2 ** 120 - 1);
        this.withBond(bond, 2 ** 96 - 1);
        this.toPosition(2 ** 128 - 1);
    }

    function testFuzz_refusesToForgetMoreThanIsPending(uint112 current, uint112 next) public {
        Pending pending = StakingRecords.toPending(current, next, FIRST);
        vm.expectRevert(stdError.arithmeticError);
        this.minus(pending, uint256(current) + 1, FIRST);
        vm.expectRevert(stdError.arithmeticError);
        this.minus(pending, uint256(next) + 1, FIRST + 1);
        Pending past = pending.minus(type(uint256).max, FIRST - 1);
        assertEq(Pending.unwrap(past), Pending.unwrap(pending), "a forgotten proposal counts");
    }

    /// @dev The bond of an epoch's start is what the last epoch ended with; a cut of the commission begins now, a rise
    /// two epochs later, and what is asked for later replaces what was asked for before.
    function testFuzz_aBondAgreesWithAValueForEachEpoch(Step[24] memory steps, uint16 commission, uint96 start) public {
        uint32 epoch = FIRST;
        uint256 bond = start;
        uint256 first = 0;
        commission = commission % 3001;
        _setCommissions(FIRST, commission);
        Bond its = StakingRecords.toBond(start, 0, FIRST, commission, commission, 0);
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 passing = steps[i].passing % 8;
            if (passing > 4) passing = 0;
            if (passing != 0) first = bond;
            epoch += uint32(passing);
            // What nobody touched is worked out from where it was left, whenever that was.
            if (steps[i].action % 3 != 0) its = its.asOf(epoch);
            if (steps[i].action % 3 == 1) {
                bond = steps[i].amount;
                its = its.withBond(bond);
            } else if (steps[i].action % 3 == 2) {
                uint256 asked = steps[i].commission % 3001;
                bool higher = asked > _commissions[epoch];
                if (higher) _setCommissions(epoch, _commissions[epoch]);
                _setCommissions(higher ? epoch + 2 : epoch, asked);
                its = its.withCommission(asked);
            }
            _assertBond(its.asOf(epoch), epoch, bond, first);
            for (uint32 ahead = 1; ahead < 5; ++ahead) _assertBond(its.asOf(epoch + ahead), epoch + ahead, bond, bond);
        }
    }

    function testFuzz_pendingAgreesWithAListOfProposals(Step[24] memory steps) public {
        uint32 epoch = FIRST;
        Pending its;
        for (uint256 i = 0; i < steps.length; ++i) {
            uint256 passing = steps[i].passing % 8;
            if (passing < 3) epoch += uint32(passing);
            its = its.asOf(epoch);
            uint256 count = _proposals.length;
            if (count == 0 || steps[i].action % 3 != 0) {
                uint32 expiry = epoch + (steps[i].action % 2);
                _proposals.push(Proposal(steps[i].amount, expiry, false));
                its = its.plus(steps[i].amount, expiry);
            } else {
                Proposal storage proposal = _proposals[steps[i].commission % count];
                if (!proposal.gone) its = its.minus(proposal.amount, proposal.expiry);
                proposal.gone = true;
            }
            for (uint32 ahead = 0; ahead < 4; ++ahead) _assertPending(its.asOf(epoch + ahead), epoch + ahead);
        }
    }

    function withPot(uint256 assets, uint256 shares) external pure returns (Active) {
        return StakingRecords.emptyActive(FIRST).withPot(FIRST, PotLibrary.toPot(assets, shares));
    }

    function withBond(Bond bond, uint256 amount) external pure returns (Bond) {
        return bond.withBond(amount);
    }

    function plus(Pending pending, uint256 amount, uint32 expiry) external pure returns (Pending) {
        return pending.plus(amount, expiry);
    }

    function minus(Pending pending, uint256 amount, uint32 expiry) external pure returns (Pending) {
        return pending.minus(amount, expiry);
    }

    function toPosition(uint256 shares) external pure returns (Position) {
        return StakingRecords.toPosition(shares, FIRST, 0);
    }

    function _setCommissions(uint256 from, uint256 bps) private {
        for (uint256 epoch = from; epoch <= HORIZON; ++epoch) _commissions[epoch] = bps;
    }

    /// @dev The least value of `bits` bits and one more.
    function _expectTooMuch(uint8 bits) private {
        vm.expectRevert(
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, bits, uint256(2) ** bits)
        );
    }

    function _assertBond(Bond its, uint32 epoch, uint256 bond, uint256 start) private view {
        uint256 wait = 0;
        while (_commissions[epoch + wait] != _commissions[HORIZON]) ++wait;
        assertEq(its.epoch(), epoch, "the epoch");
        assertEq(its.bond(), bond, "the bond");
        assertEq(its.start(), start, "the bond at the epoch's start");
        assertEq(its.commission(), _commissions[epoch], "the commission");
        assertEq(its.next(), _commissions[HORIZON], "the next commission");
        assertEq(its.wait(), wait, "the epochs until the next commission");
    }

    function _assertPending(Pending its, uint32 epoch) private view {
        uint256 current = 0;
        uint256 next = 0;
        for (uint256 i = 0; i < _proposals.length; ++i) {
            if (_proposals[i].gone) continue;
            if (_proposals[i].expiry == epoch) current += _proposals[i].amount;
            if (_proposals[i].expiry == epoch + 1) next += _proposals[i].amount;
        }
        assertEq(its.epoch(), epoch, "the epoch");
        assertEq(its.current(), current, "what lapses in the epoch");
        assertEq(its.next(), next, "what lapses in the next epoch");
    }

    function _assertActive(Active its, uint256 assets, uint256 shares, uint32 epoch, bool closed) private pure {
        assertEq(its.pot().assets(), assets, "the assets");
        assertEq(its.pot().shares(), shares, "the shares");
        assertEq(its.epoch(), epoch, "the epoch");
        assertEq(its.closed(), closed, "closed or not");
    }
}
