// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {MachineFixture} from "./MachineFixture.sol";

/// @dev Where the money that was raised goes, to the last unit, whatever the numbers.
contract MachineMilestonesTest is MachineFixture {
    uint256 private constant MOST_SHARES = 1e9;

    address private _owner;
    address private _buyer;
    uint256 private _deviceId;

    function setUp() public {
        _deployOwnership();
        (_owner, _buyer) = (_person(1), _person(2));
        _deviceId = _register(_deviceKey(77), _owner);
        vm.deal(_buyer, type(uint192).max);
    }

    function testFuzz_OWN06_releasesFeesAndDividendsSumToWhatWasRaised(
        uint256 price,
        uint256 sold,
        uint256 unsold,
        uint256 own,
        uint256 count,
        uint256 seed
    ) public {
        sold = bound(sold, 1, MOST_SHARES);
        IMachineOfferings.Offering memory offering = _offeringOf(
            uint128(bound(price, 1, PLENTY / (4 * MOST_SHARES))),
            uint88(sold + (unsold % 2 == 0 ? 0 : bound(unsold / 2, 0, MOST_SHARES)))
        );
        offering.softCap = uint88(sold);
        offering.operatorShares = uint88(bound(own, 0, offering.hardCap));
        offering.milestones = _parts(bound(count, 1, 16), seed, offering.end);
        IMachineShares shares = _offer(_owner, _machineOf(_deviceId, _owner), offering);
        _contribute(shares, _buyer, sold);
        if (sold != offering.hardCap) vm.warp(offering.end);
        _offerings.finalise(shares);
        uint256 raised = sold * offering.price;
        assertEq(_offerings.progressOf(shares).remaining, raised, "OWN-06: all that was paid remains");

        uint256 count_ = offering.milestones.length;
        for (uint256 i = 0; i < count_; ++i) if (_isReached(seed, i)) _claimMilestone(shares, i, 0);
        vm.warp(_now() + offering.vetoWindow);
        for (uint256 i = 0; i < count_; ++i) _resolve(shares, offering, (i + (seed % 16)) % count_, seed, true);
        vm.warp(offering.milestones[0].deadline + 1);
        for (uint256 i = 0; i < count_; ++i) _resolve(shares, offering, (i + (seed % 16)) % count_, seed, false);

        uint256 credits = _offerings.claimable(_currency(0), _owner) + _offerings.claimable(_currency(0), TREASURY);
        assertEq(credits + shares.heldOf(_currency(0)), raised, "OWN-06: all that was raised is somebody's");
        assertEq(address(_offerings).balance, credits, "OWN-06: nothing else is left");
        assertEq(_offerings.progressOf(shares).remaining, 0, "OWN-06: nothing remains");
        assertEq(uint8(_offerings.statusOf(shares)), uint8(IMachineOfferings.Status.Closed), "OWN-06: it is over");
        uint256 vested = shares.balanceOf(_owner);
        uint256 forfeited = _offerings.forfeitedOf(shares);
        uint256 reserved = (offering.operatorShares * sold) / offering.hardCap;
        assertEq(vested + forfeited, reserved, "OWN-06: tranches sum to the operator's shares of those sold");
        assertEq(shares.balanceOf(address(_offerings)), forfeited, "OWN-06: what is forfeited stays");
    }

    function testFuzz_OWN06_refundsAreSharesTimesThePrice(uint256 price, uint256 soft, uint256[3] memory parts) public {
        soft = bound(soft, 4, MOST_SHARES);
        IMachineOfferings.Offering memory offering = _offeringOf(
            uint128(bound(price, 1, PLENTY / MOST_SHARES)),
            uint88(soft)
        );
        offering.softCap = offering.hardCap;
        IMachineShares shares = _offer(_owner, _machineOf(_deviceId, _owner), offering);
        for (uint256 i = 0; i < 3; ++i) {
            parts[i] = bound(parts[i], 1, (soft - 1) / 3);
            vm.deal(_person(10 + i), parts[i] * offering.price);
            _contribute(shares, _person(10 + i), parts[i]);
            assertEq(_person(10 + i).balance, 0, "OWN-06: shares cost shares times the price");
        }
        vm.warp(offering.end);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 paid = _offerings.refund(shares, _person(10 + i), _person(10 + i));
            assertEq(paid, parts[i] * offering.price, "OWN-06: a refund is what was paid");
            assertEq(_person(10 + i).balance, paid, "OWN-06: a refund arrives");
            assertEq(shares.balanceOf(_person(10 + i)), 0, "OWN-07: a refund takes the shares");
        }
        assertEq(address(_offerings).balance, 0, "OWN-06: refunds sum to the contributions");
        assertEq(shares.totalSupply(), 0, "OWN-01: no shares are left");
    }

    /// @dev One milestone's part, which is its part of the whole but for the rounding of one unit.
    function _resolve(
        IMachineShares shares,
        IMachineOfferings.Offering memory offering,
        uint256 index,
        uint256 seed,
        bool reached
    ) private {
        if (_isReached(seed, index) != reached) return;
        uint256 before = _offerings.progressOf(shares).remaining;
        uint256 tokens = shares.balanceOf(_owner) + _offerings.forfeitedOf(shares);
        uint256 fees = _offerings.claimable(_currency(0), TREASURY);
        if (reached) _offerings.release(shares, uint8(index));
        else _offerings.expire(shares, uint8(index));
        uint256 amount = before - _offerings.progressOf(shares).remaining;
        uint256 bps = offering.milestones[index].bps;
        uint256 sold = _offerings.progressOf(shares).sold;
        _assertPart(amount, sold * offering.price, bps, "OWN-06: a milestone's part of the money");
        tokens = shares.balanceOf(_owner) + _offerings.forfeitedOf(shares) - tokens;
        _assertPart(
            tokens,
            (offering.operatorShares * sold) / offering.hardCap,
            bps,
            "OWN-06: a milestone's part of the shares"
        );
        fees = _offerings.claimable(_currency(0), TREASURY) - fees;
        uint256 floor = (amount * FEE) / WHOLE;
        uint256 fee = floor * WHOLE == amount * FEE ? floor : floor + 1;
        assertEq(fees, reached ? fee : 0, "OWN-06: the fee is of releases alone, rounded up");
    }

    function _assertPart(uint256 part, uint256 whole, uint256 bps, string memory message) private pure {
        uint256 floor = (whole * bps) / WHOLE;
        assertTrue(part == floor || part == floor + 1, message);
    }

    function _parts(
        uint256 count,
        uint256 seed,
        uint48 end
    ) private pure returns (IMachineOfferings.Milestone[] memory milestones) {
        milestones = new IMachineOfferings.Milestone[](count);
        uint256 left = WHOLE;
        for (uint256 i = 0; i < count; ++i) {
            uint256 others = count - 1 - i;
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            milestones[i].bps = uint16(others == 0 ? left : 1 + (word % (left - others)) / (1 + (word % 3)));
            milestones[i].deadline = end + 90 days;
            left -= milestones[i].bps;
        }
    }

    function _isReached(uint256 seed, uint256 index) private pure returns (bool) {
        return (seed >> (index + 100)) % 2 == 0;
    }
}
