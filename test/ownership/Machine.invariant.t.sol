// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console
import {Test} from "forge-std/Test.sol";

import {IMachineOfferings} from "../../contracts/ownership/IMachineOfferings.sol";
import {IMachineShares} from "../../contracts/ownership/IMachineShares.sol";
import {IMachineVotes} from "../../contracts/ownership/IMachineVotes.sol";
import {MachineOfferings} from "../../contracts/ownership/MachineOfferings.sol";
import {MachineVotes} from "../../contracts/ownership/MachineVotes.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {MachineHandler} from "./MachineHandler.sol";
import {MachineModel} from "./MachineModel.sol";

/// @dev Stands here because Hardhat fuzzes only what a test file itself compiles to.
contract MachineActions is MachineHandler {}

contract MachineInvariants is Test {
    string private constant OWN_01 = "OWN-01: balances sum to the supply";
    string private constant OWN_02 = "OWN-02: what is owed is there, and less than a unit per holder beyond it";
    string private constant OWN_03 = "OWN-03: claimed and claimable are what was earned, exactly";
    string private constant OWN_06 = "OWN-06: every unit raised is refunded, released, a fee or a dividend";
    string private constant OWN_07 = "OWN-07: nobody has both refund and shares";
    string private constant OWN_08 = "OWN-08: a share votes once";
    string private constant OWN_09 = "OWN-09: the price of the machine is paid to its holders";
    string private constant OWN_10 = "OWN-10: who refuses harms nobody else";
    string private constant OWN_11 = "OWN-11: past balances are as they were";
    string private constant SPL_01 = "SPL-01: the hub has what the splits have";

    uint256 private constant ACCOUNTS = 8;
    uint256 private constant CURRENCIES = 3;
    uint256 private constant WALKS = 24;
    uint256 private constant STEPS = 80;
    uint256 private constant LEAST_SUCCESS = 20; // per cent

    MachineActions private _handler;
    MachineOfferings private _offerings;
    MachineVotes private _votes;

    function setUp() public {
        _handler = new MachineActions();
        _look(_handler);
        (bytes4[] memory selectors, ) = _actions();
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    /// @dev At the end of each walk of each campaign.
    function afterInvariant() public {
        for (uint256 m = 0; m < _handler.machineCount(); ++m) _assertMachine(m);
        _handler.drain();
        _assertDrained();
    }

    /// @dev One machine after each step, and all of them after the last.
    function invariant_OWN_01_02_03_05_07_09_11_sharesEarnAndRemember() public view {
        uint256 m = _handler.steps() % _handler.machineCount();
        _assertShares(m);
        _assertPast(m);
        _assertBreaches();
    }

    /// @dev One machine after each step, and all of them after the last; what several machines share, always.
    function invariant_OWN_06_08_10_moneyIsWhereItBelongs() public view {
        uint256 m = _handler.steps() % _handler.machineCount();
        _assertOffering(m);
        _assertVotes(m);
        _assertSharedMoney();
        _assertBreaches();
    }

    /// @dev The walks that the campaigns above take, counted: a handler whose acts mostly fail would test nothing. When
    /// it fails, Hardhat takes all of them again with a trace in memory: look for the reason with few WALKS.
    function test_OWN_10_everyActionSucceedsOftenAndEverybodyCanLeave() public {
        (bytes4[] memory selectors, string[] memory names) = _actions();
        uint256[] memory attempts = new uint256[](selectors.length);
        uint256[] memory successes = new uint256[](selectors.length);
        string[20] memory situations = _situations();
        uint256[20] memory met;
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            MachineActions handler = new MachineActions();
            _look(handler);
            _walk(walk, selectors);
            for (uint256 m = 0; m < handler.machineCount(); ++m) _assertMachine(m);
            handler.drain();
            _assertDrained();
            for (uint256 i = 0; i < situations.length; ++i) met[i] += handler.met(situations[i]);
            for (uint256 i = 0; i < selectors.length; ++i) {
                (uint256 tried, uint256 succeeded) = handler.tallyOf(selectors[i]);
                attempts[i] += tried;
                successes[i] += succeeded;
            }
        }
        for (uint256 i = 0; i < selectors.length; ++i) {
            assertGt(attempts[i], 0, names[i]);
            uint256 rate = (successes[i] * 100) / attempts[i];
            // solhint-disable-next-line no-console
            console2.log("    %d %% of %d: %s", rate, attempts[i], names[i]);
            assertGe(rate, LEAST_SUCCESS, names[i]);
        }
        for (uint256 i = 0; i < situations.length; ++i) {
            // solhint-disable-next-line no-console
            console2.log("    met %d times: %s", met[i], situations[i]);
            assertGt(met[i], 0, situations[i]);
        }
    }

    function _look(MachineActions handler) private {
        (_handler, _offerings, _votes) = (handler, handler.offerings(), handler.votes());
    }

    function _walk(uint256 walk, bytes4[] memory selectors) private {
        for (uint256 step = 0; step < STEPS; ++step) {
            uint256 seed = uint256(keccak256(abi.encode(walk, step)));
            bytes4 selector = selectors[seed % selectors.length];
            bytes memory data = abi.encodeWithSelector(selector, seed / selectors.length);
            (bool success, ) = address(_handler).call(data);
            assertTrue(success, "the handler itself reverted");
        }
    }

    function _assertMachine(uint256 m) private view {
        _assertShares(m);
        _assertPast(m);
        _assertOffering(m);
        _assertVotes(m);
        _assertSharedMoney();
        _assertBreaches();
    }

    function _assertShares(uint256 m) private view {
        MachineModel.Ghost memory ghost = _handler.ghostOf(m);
        uint256 sum = 0;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address account = _handler.account(m, i);
            uint256 balance = ghost.shares.balanceOf(account);
            assertEq(balance, _handler.balanceOf(m, account), OWN_01);
            assertTrue(balance == 0 || !_handler.hadRefund(m, account), OWN_07);
            sum += balance;
        }
        assertEq(ghost.shares.totalSupply(), sum, OWN_01);
        assertEq(uint8(ghost.shares.stage()), uint8(_handler.stageOf(m)), OWN_09);
        if (ghost.supply == 0) return;
        assertEq(sum, ghost.supply, OWN_01);
        for (uint256 i = 0; i < CURRENCIES; ++i) _assertDividends(m, i, ghost.shares, ghost.supply);
    }

    /// @dev What an account has earned is a whole number of parts of the supply, and all of them together are whole
    /// units, with the carry: parts of the last dividend that were too few for each earning share to get one. Each
    /// account is short of less than a unit, and so is the carry, which the next dividend may complete. So less is
    /// unclaimable than there are such rests.
    function _assertDividends(uint256 m, uint256 index, IMachineShares shares, uint256 supply) private view {
        Currency currency = _handler.currency(index);
        uint256 owed = 0;
        uint256 rests = _handler.carryOf(m, index);
        uint256 count = rests == 0 ? 0 : 1;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address account = _handler.account(m, i);
            uint256 claimable = shares.claimable(account, currency);
            uint256 earned = _handler.earnedBy(m, index, account);
            assertEq(_handler.paidTo(m, index, account) + claimable, earned / supply, OWN_03);
            owed += claimable;
            rests += earned % supply;
            if (earned % supply != 0) ++count;
        }
        assertEq(_handler.earnedBy(m, index, address(_offerings)), 0, OWN_03);
        uint256 held = shares.heldOf(currency);
        assertEq(held, _handler.heldOf(m, index), OWN_02);
        assertEq(currency.balanceOf(address(shares)), held + _handler.unbooked(m, index), OWN_02);
        assertEq((held - owed) * supply, rests, OWN_02);
        assertTrue(held == owed || held - owed < count, OWN_02);
    }

    function _assertPast(uint256 m) private view {
        IMachineShares shares = _handler.ghostOf(m).shares;
        uint256[] memory times = _handler.snapshotsOf(m);
        for (uint256 i = 0; i < times.length; ++i) {
            for (uint256 j = 0; j < ACCOUNTS; ++j) {
                address account = _handler.account(m, j);
                uint256 past = shares.pastBalanceOf(account, uint48(times[i]));
                assertEq(past, _handler.pastOf(m, times[i], account), OWN_11);
            }
        }
    }

    function _assertOffering(uint256 m) private view {
        MachineModel.Ghost memory ghost = _handler.ghostOf(m);
        assertEq(uint8(_offerings.statusOf(ghost.shares)), uint8(_handler.statusOf(m)), OWN_06);
        IMachineOfferings.Progress memory progress = _offerings.progressOf(ghost.shares);
        assertEq(progress.sold, ghost.sold, OWN_06);
        assertEq(progress.vesting, ghost.vesting, OWN_06);
        assertEq(progress.resolved, ghost.resolvedCount, OWN_06);
        assertEq(progress.remaining, _handler.remainingOf(m), OWN_06);
        if (ghost.supply == 0) return;
        assertEq(_offerings.forfeitedOf(ghost.shares), ghost.forfeited, OWN_06);
        assertEq(ghost.shares.buyoutFloor(), ghost.floor, OWN_09);
        uint256 gone = ghost.released + ghost.fees + ghost.failed;
        assertEq(progress.remaining + gone, _handler.raisedBy(m), OWN_06);
        MachineModel.Step[] memory steps = _handler.stepsOf(m);
        if (progress.resolved == steps.length) assertEq(progress.remaining, 0, OWN_06);
        for (uint8 i = 0; i < steps.length; ++i) {
            IMachineOfferings.MilestoneState memory state = _offerings.milestoneStateOf(ghost.shares, i);
            assertEq(uint8(state.status), uint8(steps[i].status), OWN_06);
            assertEq(state.round, steps[i].round, OWN_06);
            assertEq(state.vetoes, steps[i].vetoes, OWN_08);
        }
        assertEq(ghost.shares.operator(), ghost.operator, OWN_10);
    }

    function _assertVotes(uint256 m) private view {
        IMachineShares shares = _handler.ghostOf(m).shares;
        MachineModel.Ballot[] memory ballots = _handler.ballotsOf(m);
        for (uint256 i = 0; i < ballots.length; ++i) {
            IMachineVotes.Proposal memory proposal = _votes.proposalOf(shares, i + 1);
            assertEq(proposal.yes, ballots[i].yes, OWN_08);
            assertEq(proposal.no, ballots[i].no, OWN_08);
            assertEq(proposal.executed, ballots[i].executed, OWN_08);
            uint256 voting = _handler.votingAt(m, proposal.snapshot);
            assertLe(uint256(proposal.yes) + proposal.no, voting, OWN_08);
            assertTrue(_handler.isOutcome(m, i + 1, _votes.outcomeOf(shares, i + 1)), OWN_08);
        }
    }

    function _assertSharedMoney() private view {
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            Currency currency = _handler.currency(i);
            assertEq(currency.balanceOf(address(_offerings)), _handler.owedByOfferings(i), OWN_06);
            assertEq(currency.balanceOf(address(_votes)), _handler.owedByVotes(i), OWN_10);
            assertEq(currency.balanceOf(address(_handler.hub())), _handler.owedByHub(i), SPL_01);
            for (uint256 j = 0; j < ACCOUNTS - 2; ++j) {
                address account = _handler.account(0, j);
                assertEq(_offerings.claimable(currency, account), _handler.credited(i, account), OWN_06);
            }
        }
    }

    /// @dev Nothing is left but what its owner refuses, and less than a unit for each who has a rest.
    function _assertDrained() private view {
        for (uint256 i = 0; i < CURRENCIES; ++i) {
            Currency currency = _handler.currency(i);
            assertEq(currency.balanceOf(address(_offerings)), _handler.leftAtOfferings(i), OWN_06);
            assertEq(currency.balanceOf(address(_votes)), _handler.leftAtVotes(i), OWN_10);
            for (uint256 m = 0; m < _handler.machineCount(); ++m) {
                MachineModel.Ghost memory ghost = _handler.ghostOf(m);
                if (ghost.supply == 0) continue;
                uint256 dust = ghost.shares.heldOf(currency) - _handler.leftIn(m, i);
                assertTrue(dust == 0 || dust < _handler.fractionsIn(m, i), ghost.ended ? OWN_09 : OWN_10);
            }
        }
        for (uint256 m = 0; m < _handler.machineCount(); ++m) {
            _assertShares(m);
            _assertOffering(m);
        }
        _assertBreaches();
    }

    function _assertBreaches() private view {
        for (uint256 i = 1; i <= 11; ++i) {
            string memory property = string.concat(i < 10 ? "OWN-0" : "OWN-", vm.toString(i));
            string memory breach = _handler.breachOf(property);
            assertEq(bytes(breach).length, 0, string.concat(property, ": ", breach));
        }
    }

    function _situations() private pure returns (string[20] memory) {
        return
            [
                "sold out",
                "refunded",
                "hostile holder",
                "hostile operator",
                "hostile bidder",
                "operator changed",
                "vetoed",
                "released after the end",
                "expired with the machine",
                "collected",
                "carried",
                "offered to the issuer",
                "offered twice",
                "claimed in parts",
                "unwrapped",
                "retired",
                "sold",
                "swept before the sale",
                "bid rejected",
                "bid lapsed"
            ];
    }

    function _actions() private pure returns (bytes4[] memory selectors, string[] memory names) {
        string[29] memory all = [
            "create",
            "open",
            "cancel",
            "contribute",
            "refund",
            "reclaim",
            "finalise",
            "claimMilestone",
            "veto",
            "release",
            "expire",
            "withdraw",
            "transfer",
            "deposit",
            "send",
            "sync",
            "collect",
            "collectFor",
            "releaseSplit",
            "claim",
            "claimFor",
            "setPayout",
            "sweepAccount",
            "unwrap",
            "propose",
            "castVote",
            "execute",
            "bid",
            "withdrawBid"
        ];
        string[14] memory more = [
            "warp",
            "send",
            "send",
            "collect",
            "transfer",
            "transfer",
            "transfer",
            "deposit",
            "deposit",
            "claim",
            "claimFor",
            "execute",
            "castVote",
            "veto"
        ];
        selectors = new bytes4[](all.length + more.length);
        names = new string[](all.length + more.length);
        for (uint256 i = 0; i < names.length; ++i) {
            names[i] = i < all.length ? all[i] : more[i - all.length];
            selectors[i] = bytes4(keccak256(bytes(string.concat(names[i], "(uint256)"))));
        }
    }
}
