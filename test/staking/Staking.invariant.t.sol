// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {console2} from "forge-std/console2.sol"; // solhint-disable-line no-console

import {StakingAudit} from "./StakingAudit.sol";
import {StakingHandler} from "./StakingHandler.sol";

/// @dev Stands here because Hardhat fuzzes only what a test file itself compiles to.
contract StakingActions is StakingHandler {
    constructor(uint256 ruin) StakingHandler(ruin) {}
}

contract StakingInvariants is StakingAudit {
    uint256 private constant WALKS = 24;
    uint256 private constant STEPS = 80;
    uint256 private constant LEAST_SUCCESS = 20; // per cent

    function setUp() public {
        _look(new StakingActions(1));
        (bytes4[] memory selectors, ) = _actions();
        targetContract(address(_handler));
        targetSelector(FuzzSelector(address(_handler), selectors));
    }

    /// @dev At the end of each walk of each campaign.
    function afterInvariant() public {
        _assertAll();
        _handler.drain();
        _assertDrained();
    }

    /// @dev The operator whom the last act was about after each step, and all of them after the last.
    function invariant_STK_01_02_03_04_05_06_07_08_09_13_14_stakeIsWhereItBelongs() public view {
        uint256 operator = _handler.touched();
        _assertStake(operator);
        _assertExits(operator);
        _assertAllocations(operator);
        _assertProposals();
        _assertMoney();
        _assertBreaches();
    }

    /// @dev As above; one currency after each step.
    function invariant_STK_02_10_11_12_rewardsGoToWhoEarnsThem() public view {
        uint256 operator = _handler.touched();
        _assertShares(operator);
        _assertRewards(operator, _handler.steps() % CURRENCIES);
        _assertOwed();
        _assertBreaches();
    }

    /// @dev Walks like those of the campaigns above, counted: a handler whose acts mostly fail would test nothing. When
    /// it fails, Hardhat takes all of them again with a trace in memory: look for the reason with few WALKS.
    function test_STK_10_everyActionSucceedsOftenAndEverybodyCanLeave() public {
        (bytes4[] memory selectors, string[] memory names) = _actions();
        uint256[] memory attempts = new uint256[](selectors.length);
        uint256[] memory successes = new uint256[](selectors.length);
        string[29] memory situations = _situations();
        uint256[29] memory met;
        for (uint256 walk = 0; walk < WALKS; ++walk) {
            StakingActions handler = new StakingActions(walk % 3);
            _look(handler);
            _walk(walk, selectors);
            _assertAll();
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

    function _walk(uint256 walk, bytes4[] memory selectors) private {
        for (uint256 step = 0; step < STEPS; ++step) {
            uint256 seed = uint256(keccak256(abi.encode(walk, step)));
            bytes4 selector = selectors[seed % selectors.length];
            bytes memory data = abi.encodeWithSelector(selector, seed / selectors.length);
            (bool success, ) = address(_handler).call(data);
            assertTrue(success, "the handler itself reverted");
        }
    }

    function _situations() private pure returns (string[29] memory) {
        return
            [
                "kept from what is accused",
                "staked at a low price",
                "left while paused",
                "left a closed operator",
                "left what is accused",
                "the last one left",
                "restaked what was ripe",
                "restaked what was not ripe",
                "claimed while paused",
                "compensated",
                "asked for a higher cut",
                "left a module and answers on",
                "freed by syncing",
                "asked for more than the limit",
                "accused for the epoch before",
                "accused twice for an epoch",
                "vetoed with all others",
                "lapsed",
                "released after a veto of all",
                "the bond was enough",
                "the bond was too little",
                "who left in the epoch answered",
                "who left in the epoch after answered",
                "slashed for the epoch before",
                "closed by a slash, or slashed again",
                "victims waited for other proposals",
                "all for the operator",
                "paid to those who left",
                "claimed in parts"
            ];
    }

    function _actions() private pure returns (bytes4[] memory selectors, string[] memory names) {
        string[35] memory all = [
            "stake",
            "requestExit",
            "claimExit",
            "claimExitFor",
            "restakeExit",
            "withdrawCompensation",
            "withdrawCompensationFor",
            "warp",
            "registerOperator",
            "setPayout",
            "setCommission",
            "addBond",
            "withdrawBond",
            "registerModule",
            "retireModule",
            "closeModule",
            "optIn",
            "accept",
            "optOut",
            "allocate",
            "sync",
            "propose",
            "veto",
            "vetoAsGuardian",
            "vetoAll",
            "execute",
            "release",
            "pause",
            "resume",
            "donate",
            "fund",
            "fundMany",
            "claim",
            "claimFor",
            "payOperator"
        ];
        string[12] memory more = [
            "warp",
            "warp",
            "stake",
            "stake",
            "requestExit",
            "requestExit",
            "propose",
            "propose",
            "execute",
            "fund",
            "fund",
            "allocate"
        ];
        selectors = new bytes4[](all.length + more.length);
        names = new string[](all.length + more.length);
        for (uint256 i = 0; i < names.length; ++i) {
            names[i] = i < all.length ? all[i] : more[i - all.length];
            selectors[i] = bytes4(keccak256(bytes(string.concat(names[i], "(uint256)"))));
        }
    }
}
