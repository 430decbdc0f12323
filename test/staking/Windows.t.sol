// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {StakersFixture} from "./StakersFixture.sol";

/// @dev Who answers for an offence, whatever stakers do before it, after it, and until it is punished. A share is worth
/// a wei until then, so the plain account beside the pool is kept in wei.
contract WindowsTest is StakersFixture {
    /// @dev The first that stakers do anything in, that of the offence, and how many may hold what was asked out.
    uint256 private constant FIRST = 7;
    uint256 private constant OFFENCE = 9;
    uint256 private constant BUCKETS = 11;
    uint256 private constant MOVES = 24;

    struct Scene {
        uint48 offence;
        uint48 proposal;
        uint48 execution;
        uint32 window;
        uint64 magnitude;
        uint16 part;
        uint96 bond;
    }

    struct Move {
        uint8 staker;
        uint8 action;
        uint8 bucket;
        uint48 time;
        uint96 amount;
    }

    uint256[STAKERS] private _activeOf;
    uint256[BUCKETS][STAKERS] private _bucketOf;
    uint32 private _module;
    uint256 private _id;

    function setUp() public {
        _deployStaking();
        _operator = _registerOperator(0, 0);
        _fundStakers();
    }

    function testFuzz_STK13_R34_whoAnsweredAtTheOffenceAnswersAtExecution(
        Scene memory scene,
        Move[24] memory moves
    ) public {
        _arrange(scene);
        _play(scene, moves);
        _warpPast(scene.proposal);
        if (_id == 0) _proposeIn(scene);
        if (_id == 0) return;
        vm.warp(scene.execution);
        (uint256 fromBond, uint256 fromStake) = _court.execute(_id);
        _assertTaken(scene, fromBond, fromStake);
        uint256[STAKERS] memory due = _assertEveryoneLost(fromStake);
        _assertEveryoneGets(due);
    }

    /// @dev One second too late, and the last that is not; one too early.
    function testFuzz_STK13_aProposalIsAcceptedAsLongAsItCanBePunished(uint32 window, uint48 offence) public {
        Scene memory scene;
        (scene.window, scene.offence, scene.magnitude) = (window, offence, MAGNITUDE);
        _arrange(scene);
        offence = scene.offence;
        uint256 latest = offence + EPOCH - scene.window - 1 days;

        vm.warp(offence - 1);
        vm.expectRevert(abi.encodeWithSelector(ISlashCourt.SlashCourtFutureOffence.selector, offence));
        _propose(_module, _operator, 2 ether, offence);
        vm.warp(offence);
        assertEq(_propose(_module, _operator, 2 ether, offence), 1);
        vm.warp(latest + 1);
        vm.expectRevert(abi.encodeWithSelector(ISlashCourt.SlashCourtTooLate.selector, offence, offence + 1));
        _propose(_module, _operator, 2 ether, offence);
        vm.warp(latest);
        assertEq(_propose(_module, _operator, 2 ether, offence), 2);
        assertEq(_court.proposalOf(2).epoch, OFFENCE);
        assertEq(_court.proposalOf(2).readyAt, latest + scene.window);
    }

    /// @dev Whatever was asked out in the offence's epoch or later cannot have been paid out by then.
    function testFuzz_STK13_R34_noAnsweringBucketMaturesBeforeTheLastSecondOfExecution(
        Scene memory scene,
        uint48[2] memory times
    ) public {
        _arrange(scene);
        uint256 last = uint256(scene.proposal) + scene.window + 1 days - 1;
        uint256 first = bound(times[0], _startOf(OFFENCE), scene.proposal);
        uint256 second = bound(times[1], scene.proposal, last);
        vm.warp(first);
        uint256 one = _pool.epoch();
        _leave(_staker(0), 10 ether);
        vm.warp(scene.proposal);
        uint256 id = _propose(
            _module,
            _operator,
            _court.proposableOf(_module, _operator, uint32(OFFENCE)),
            scene.offence
        );
        vm.warp(second);
        uint256 two = _pool.epoch();
        _leave(_staker(1), 10 ether);

        vm.warp(last);
        assertLt(last, _startOf(OFFENCE + 2), "STK-13: a bucket that answers is mature");
        _expectImmature(one);
        _claim(_staker(0), one);
        _expectImmature(two);
        _claim(_staker(1), two);
        uint256 snapshot = vm.snapshotState();
        vm.warp(last + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ISlashCourt.SlashCourtWrongStatus.selector, id, ISlashCourt.Status.Lapsed)
        );
        _court.execute(id);
        vm.revertToState(snapshot);
        (, uint256 fromStake) = _court.execute(id);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 lost = 10 ether - _exitWorth(_staker(i), i == 0 ? one : two);
            assertApproxEqAbs(lost, fromStake / STAKERS, 2, "STK-13: who left after the offence does not answer");
        }
    }

    /// @dev All have ten coins at stake, for two epochs, when the offence happens; if they do nothing.
    function _arrange(Scene memory scene) private {
        scene.window = uint32(bound(scene.window, 2 days, 4 days));
        scene.magnitude = uint64(bound(scene.magnitude, 1e12, MAGNITUDE));
        scene.bond = uint96(bound(scene.bond, 0, 2 ether));
        scene.part = uint16(bound(scene.part, 600, 10_000));
        scene.offence = uint48(bound(scene.offence, _startOf(OFFENCE), _startOf(OFFENCE + 1) - 1));
        uint256 latest = scene.offence + EPOCH - scene.window - 1 days;
        scene.proposal = uint48(bound(scene.proposal, scene.offence, latest));
        uint256 ready = scene.proposal + scene.window;
        scene.execution = uint48(bound(scene.execution, ready, ready + 1 days - 1));
        _module = _moduleWith(scene.window, 2000);
        _allocate(_operator, _module, scene.magnitude);
        vm.deal(OPERATOR_OWNER, scene.bond);
        vm.prank(OPERATOR_OWNER);
        _pool.addBond{value: scene.bond}(_operator);
        vm.warp(_startOf(FIRST));
        for (uint256 i = 0; i < STAKERS; ++i) {
            _join(_staker(i), 10 ether);
            _activeOf[i] = 10 ether;
        }
    }

    /// @dev Moves are spread over the time until execution; many fall on an epoch's first or last second.
    function _play(Scene memory scene, Move[24] memory moves) private {
        uint256 start = _startOf(FIRST);
        uint256 length = (scene.execution - start) / MOVES;
        for (uint256 i = 0; i < MOVES; ++i) {
            uint256 slot = start + i * length;
            uint256 time = slot + (moves[i].time % length);
            uint256 edge = _startOf((slot - GENESIS) / EPOCH + 1);
            if (edge > slot && edge < slot + length && moves[i].time % 3 != 0) time = edge - (moves[i].time % 2);
            if (_id == 0 && time >= scene.proposal) _proposeIn(scene);
            vm.warp(time);
            _do(moves[i]);
        }
    }

    function _proposeIn(Scene memory scene) private {
        vm.warp(scene.proposal);
        uint256 most = _court.proposableOf(_module, _operator, uint32(OFFENCE));
        uint256 amount = (most * scene.part) / 10_000;
        if (_answering() == 0) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISlashCourt.SlashCourtNothingAtStake.selector,
                    _operator,
                    _module,
                    uint32(OFFENCE)
                )
            );
            _propose(_module, _operator, amount, scene.offence);
            return;
        }
        _id = _propose(_module, _operator, amount, scene.offence);
    }

    function _do(Move memory move) private {
        uint256 i = move.staker % STAKERS;
        uint256 action = move.action % 6;
        uint256 epoch = _pool.epoch();
        uint256 bucket = FIRST + (move.bucket % (epoch - FIRST + 1));
        uint256 held = _bucketOf[i][bucket];
        if (action == 0) {
            uint256 amount = bound(move.amount, 1 ether, 20 ether);
            _join(_staker(i), amount);
            _activeOf[i] += amount;
        } else if (action < 4 && _activeOf[i] != 0) {
            uint256 amount = action == 3 ? _activeOf[i] : bound(move.amount, 1, _activeOf[i]);
            _leave(_staker(i), amount);
            _activeOf[i] -= amount;
            _bucketOf[i][epoch] += amount;
        } else if (action == 4 && held != 0) {
            assertEq(_restake(_staker(i), bucket), held, "a share is not worth a wei");
            _activeOf[i] += held;
            _bucketOf[i][bucket] = 0;
        } else if (action == 5 && held != 0 && epoch >= bucket + 2) {
            assertEq(_claim(_staker(i), bucket), held, "STK-05: a matured exit is worth less");
            _bucketOf[i][bucket] = 0;
        }
    }

    /// @dev A proposal that nobody's move came after.
    function _warpPast(uint256 time) private {
        if (block.timestamp < time) vm.warp(time);
    }

    function _assertTaken(Scene memory scene, uint256 fromBond, uint256 fromStake) private view {
        uint256 amount = _court.proposalOf(_id).amount;
        uint256 expected = amount < scene.bond ? amount : scene.bond;
        assertEq(fromBond, expected, "the bond is not first");
        uint256 slashable = (_answering() * scene.magnitude) / MAGNITUDE;
        expected = amount - fromBond < slashable ? amount - fromBond : slashable;
        assertLe(fromStake, expected, "STK-04: more is taken than was proposed");
        assertLe(expected - fromStake, 2, "STK-06: less is taken than was proposed");
        assertEq(_burner.burnedBy(address(_pool)), fromStake + fromBond - fromBond / 2, "STK-14: not all is burned");
    }

    /// @return due What each is owed after it.
    function _assertEveryoneLost(uint256 fromStake) private view returns (uint256[STAKERS] memory due) {
        uint256 answering = _answering();
        _assertActiveLost(fromStake, answering);
        for (uint256 i = 0; i < STAKERS; ++i) {
            uint256 worth = _pool.stakeOf(_operator, _staker(i));
            _assertLoss(_activeOf[i], worth, fromStake, answering);
            due[i] = worth;
            for (uint256 epoch = FIRST; epoch < BUCKETS; ++epoch) {
                worth = _exitWorth(_staker(i), epoch);
                due[i] += worth;
                if (epoch >= OFFENCE) _assertLoss(_bucketOf[i][epoch], worth, fromStake, answering);
                else assertEq(worth, _bucketOf[i][epoch], "STK-13: who left before the offence's epoch answers");
            }
        }
    }

    /// @dev At most two wei more than its part.
    function _assertActiveLost(uint256 fromStake, uint256 answering) private view {
        uint256 before = 0;
        for (uint256 i = 0; i < STAKERS; ++i) before += _activeOf[i];
        uint256 lost = before - _pool.votesOf(_operator);
        uint256 exact = (before * fromStake) / answering;
        assertApproxEqAbs(lost, exact, 2, "STK-13: active stake does not answer in proportion");
    }

    function _assertLoss(uint256 before, uint256 worth, uint256 fromStake, uint256 answering) private pure {
        assertLe(worth, before, "STK-08: a slash makes shares worth more");
        uint256 exact = (before * fromStake) / answering;
        // Two wei that both buckets leave to active stake, and one of his own.
        assertApproxEqAbs(before - worth, exact, 3, "STK-13: not everyone answers in proportion");
    }

    /// @dev What rounding takes from one stays with those who leave later.
    function _assertEveryoneGets(uint256[STAKERS] memory due) private {
        uint256 owed = address(_pool).balance - _pool.bondOf(_operator) - _pool.compensationOf(VICTIMS);
        for (uint256 i = 0; i < STAKERS; ++i) {
            uint256 shares = _pool.sharesOf(_operator, _staker(i));
            if (shares != 0) _leave(_staker(i), shares);
        }
        uint256 last = _pool.epoch();
        vm.warp(_startOf(last + 2));
        for (uint256 i = 0; i < STAKERS; ++i) {
            uint256 paid = 0;
            for (uint256 epoch = FIRST; epoch <= last; ++epoch) {
                if (_exitShares(_staker(i), epoch) != 0) paid += _claim(_staker(i), epoch);
            }
            assertApproxEqAbs(paid, due[i], 4 * STAKERS, "STK-10: a staker gets less than he had");
            owed -= paid;
        }
        assertEq(owed, 0, "R24: something is stuck");
    }

    function _answering() private view returns (uint256 assets) {
        for (uint256 i = 0; i < STAKERS; ++i) {
            assets += _activeOf[i] + _bucketOf[i][OFFENCE] + _bucketOf[i][OFFENCE + 1];
        }
    }
}
