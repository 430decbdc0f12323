// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {StakersFixture} from "./StakersFixture.sol";

/// @dev An operator owns the modules that slash him, is their authority and their victims, and has two stakers and the
/// funder of rewards for friends. Two honest stakers are beside them. Whatever they do together, they never have more
/// than they began with (STK-14); and of the honest ones' stake no slash takes more than its limit.
contract CollusionTest is StakersFixture {
    uint256 private constant BPS = 10_000;
    uint16 private constant MAX_SLASH_BPS = 2000;
    uint256 private constant CAPITAL = 10_000 ether;
    /// @dev The operator's owner stakes too; of the others, those below it are accomplices.
    uint256 private constant PEOPLE = STAKERS + 1;
    uint256 private constant HONEST = 2;

    struct Plan {
        uint96 bond;
        uint64 first;
        uint64 second;
        uint16 commission;
        bool honestFirst;
    }

    struct Move {
        uint8 action;
        uint8 who;
        uint96 amount;
    }

    uint32[2] private _modules;
    /// @dev What stakers have at least, in hand and with the operator, in wei; and what rounding may have moved.
    uint256[STAKERS] private _least;
    uint256 private _dust;
    /// @dev What the coalition has surely lost, in wei: burned of its rewards and of its bond.
    uint256 private _burned;
    /// @dev What of a module's magnitude the slashes for an epoch took, and what they might when the last was proposed:
    /// a slash for the epoch before may have lowered the allocation since.
    mapping(uint32 module => mapping(uint32 epoch => uint256)) private _reduced;
    mapping(uint32 module => mapping(uint32 epoch => uint256)) private _limits;

    function testFuzz_STK14_aCoalitionNeverGains(Plan memory plan, Move[32] memory moves) public {
        uint256 capital = _conspire(plan);
        for (uint256 i = 0; i < moves.length; ++i) {
            _move(moves[i]);
            _assertHonestKeep();
        }
        _settle(plan.honestFirst);
        assertLe(_fortune() + _burned, capital + _dust, "STK-14: a coalition gains");
        uint256 left = address(_pool).balance;
        assertEq(left, 0, "STK-01: something is stuck");
        uint256 taken = _burner.burnedBy(address(_pool)) + _burner.burnedBy(address(_rewards));
        uint256 honest = _staker(2).balance + _staker(3).balance;
        uint256 rewards = address(_rewards).balance;
        assertEq(_fortune() + honest + taken + rewards, capital + 2 * CAPITAL, "coin is made or lost");
    }

    /// @return capital All that the coalition has.
    function _conspire(Plan memory plan) private returns (uint256 capital) {
        _deployStaking();
        plan.bond = uint96(plan.bond % 3 == 0 ? 0 : bound(plan.bond, 1, 1_000 ether));
        _operator = _registerOperator(plan.bond, plan.commission % 3001);
        IModuleRegistry.Terms memory terms = _terms();
        terms.window = 2 days;
        uint64[2] memory parts;
        parts[0] = uint64(bound(plan.first, MAGNITUDE / 10, MAGNITUDE));
        parts[1] = uint64(bound(plan.second, 0, MAGNITUDE - parts[0]));
        for (uint256 i = 0; i < 2; ++i) {
            _modules[i] = _registerModule(terms);
            _allocate(_operator, _modules[i], parts[i]);
        }
        for (uint256 i = 0; i < STAKERS; ++i) {
            vm.deal(_staker(i), CAPITAL);
            _least[i] = CAPITAL;
        }
        vm.deal(OPERATOR_OWNER, CAPITAL);
        vm.warp(_startOf(7));
        _stakeOf(2, 10 ether);
        return 3 * CAPITAL + plan.bond;
    }

    function _move(Move memory move) private {
        uint256 action = move.action % 20;
        if (action < 4) _stakeOf(move.who % PEOPLE, bound(move.amount, 1 ether, 100 ether));
        else if (action < 7) _exitOf(move.who % PEOPLE, move.amount);
        else if (action == 7) _restakeAny(move.amount);
        else if (action == 8) _claimAny(move.amount);
        else if (action < 12) _proposeAs(_modules[move.who % 2], move.amount);
        else if (action < 14) _executeAll();
        else if (action == 14) _fundRewards(move);
        else if (action == 15) _takeRewards(move.who % PEOPLE);
        else if (action == 16) _askBack(move.amount);
        else if (action == 17) _addBond(move.amount);
        else if (action == 18) _reallocate(_modules[move.who % 2], move.amount);
        else vm.warp(block.timestamp + (move.amount % 8 days));
    }

    function _stakeOf(uint256 who, uint256 amount) private {
        if (_pool.operatorOf(_operator).closed || _person(who).balance < amount) return;
        _join(_person(who), amount);
        ++_dust;
    }

    function _exitOf(uint256 who, uint256 amount) private {
        uint256 shares = _pool.sharesOf(_operator, _person(who));
        if (shares == 0) return;
        if (amount % 2 == 0) shares = bound(amount, 1, shares);
        _leaveNoted(_person(who), shares);
        _dust += 2;
    }

    function _restakeAny(uint256 seed) private {
        if (_exits.length == 0 || _pool.operatorOf(_operator).closed) return;
        uint256 i = seed % _exits.length;
        // Slashes may have left less than a wei of it.
        if (_exitWorth(_exits[i].account, _exits[i].epoch) == 0) return;
        _restake(_exits[i].account, _exits[i].epoch);
        _forget(i);
        _dust += 2;
    }

    function _claimAny(uint256 seed) private {
        if (_exits.length == 0) return;
        uint256 i = seed % _exits.length;
        if (_pool.epoch() >= _exits[i].epoch + 2) _claimAt(i);
    }

    function _claimAt(uint256 i) private {
        _claim(_exits[i].account, _exits[i].epoch);
        _forget(i);
        ++_dust;
    }

    /// @dev For something that happened now or days ago, as the authority says: all that it may take, or half and then
    /// as much as is left, however often.
    function _proposeAs(uint32 module, uint256 seed) private {
        uint256 offence = block.timestamp - (seed % 4 days);
        uint32 epoch = uint32((offence - GENESIS) / EPOCH);
        uint256 times = 1 + (seed % 3);
        for (uint256 i = 0; i < times; ++i) {
            uint256 amount = _court.proposableOf(module, _operator, epoch);
            if (i == 0 && seed % 2 == 0) amount /= 2;
            if (amount == 0) return;
            vm.prank(AUTHORITY);
            try _court.propose(module, _operator, uint96(amount), uint48(offence), EVIDENCE) {
                (uint256 magnitude, ) = _registry.magnitudeAt(_operator, module, epoch);
                _limits[module][epoch] = ((magnitude + _reduced[module][epoch]) * MAX_SLASH_BPS) / BPS;
            } catch {}
        }
    }

    function _executeAll() private {
        uint256 count = _court.count();
        for (uint256 id = 1; id <= count; ++id) {
            if (_court.statusOf(id) != ISlashCourt.Status.Open) continue;
            uint256 readyAt = _court.proposalOf(id).readyAt;
            if (readyAt > block.timestamp) vm.warp(readyAt);
            _execute(id, _court.proposalOf(id));
        }
    }

    function _execute(uint256 id, ISlashCourt.Proposal memory proposal) private {
        uint256 total = _registry.totalOf(_operator);
        uint256 credited = _pool.compensationOf(VICTIMS);
        uint256[STAKERS] memory worths;
        for (uint256 i = HONEST; i < STAKERS; ++i) worths[i] = _worthOf(_staker(i));
        (uint256 fromBond, uint256 fromStake) = _court.execute(id);
        credited = _pool.compensationOf(VICTIMS) - credited;
        assertLe(credited, fromBond / 2, "STK-14: victims get more than half of the bond, or some of stakers'");
        assertLe(fromBond + fromStake, proposal.amount, "STK-04: more is taken than was proposed");
        _burned += fromBond - credited;

        uint256 reduction = total - _registry.totalOf(_operator);
        uint256 reduced = _reduced[proposal.module][proposal.epoch] += reduction;
        uint256 limit = _limits[proposal.module][proposal.epoch];
        assertLe(reduced, limit, "STK-04: more is taken than the limit");
        for (uint256 i = HONEST; i < STAKERS; ++i) _least[i] -= (worths[i] * reduction) / total;
        _dust += 4;
    }

    function _fundRewards(Move memory move) private {
        uint256 amount = bound(move.amount, 1, 10 ether);
        address funder = _staker(move.who % HONEST);
        if (funder.balance < amount) return;
        uint256 burned = _burner.burnedBy(address(_rewards));
        vm.prank(funder);
        try _rewards.fund{value: amount}(_modules[0], _operator, CurrencyLibrary.NATIVE, uint128(amount)) {
            _burned += _burner.burnedBy(address(_rewards)) - burned;
        } catch {}
    }

    function _takeRewards(uint256 who) private {
        _rewards.claimFor(_operator, CurrencyLibrary.NATIVE, _person(who), ALL);
        _rewards.payOperator(_operator, CurrencyLibrary.NATIVE);
        _pool.withdrawCompensationFor(payable(VICTIMS));
    }

    /// @dev He tries to get his bond out, ending his work if it takes that.
    function _askBack(uint256 seed) private {
        vm.startPrank(OPERATOR_OWNER);
        for (uint256 i = 0; i < 2; ++i) {
            if (seed % 4 == i) try _registry.optOut(_operator, _modules[i]) {} catch {}
            _registry.sync(_operator, _modules[i]);
        }
        _withdrawBond();
        _pool.setCommission(_operator, uint16(seed % 3001));
        vm.stopPrank();
    }

    /// @dev The bond leaves as stake does.
    function _withdrawBond() private {
        uint256 bond = _pool.bondOf(_operator);
        if (bond == 0 || _registry.encumberedOf(_operator) != 0) return;
        uint32 epoch = _pool.epoch();
        bool first = _exitShares(OPERATOR_OWNER, epoch) == 0;
        _pool.withdrawBond(_operator, bond);
        if (first) _exits.push(Exit(OPERATOR_OWNER, epoch));
        _dust += 2;
    }

    function _addBond(uint256 amount) private {
        amount = bound(amount, 1, 100 ether);
        if (OPERATOR_OWNER.balance < amount) return;
        vm.prank(OPERATOR_OWNER);
        _pool.addBond{value: amount}(_operator);
    }

    function _reallocate(uint32 module, uint256 seed) private {
        vm.startPrank(OPERATOR_OWNER);
        try _registry.optIn(_operator, module) {} catch {}
        try _registry.allocate(_operator, module, uint64(seed % (MAGNITUDE + 1))) {} catch {}
        vm.stopPrank();
    }

    /// @dev All that is left is taken out: by honest stakers first, or by them last.
    function _settle(bool honestFirst) private {
        for (uint256 i = 0; i < PEOPLE; ++i) _exitOf((i + (honestFirst ? HONEST : 0)) % PEOPLE, 1);
        vm.startPrank(OPERATOR_OWNER);
        for (uint256 i = 0; i < 2; ++i) try _registry.optOut(_operator, _modules[i]) {} catch {}
        vm.stopPrank();
        vm.warp(_startOf(_pool.epoch() + 2));
        _assertHonestKeep();
        _askBack(3);
        assertEq(_pool.bondOf(_operator), 0, "the bond cannot leave");
        vm.warp(_startOf(_pool.epoch() + 2));
        while (_exits.length != 0) _claimAt(honestFirst ? 0 : _exits.length - 1);
        for (uint256 i = 0; i < PEOPLE; ++i) _takeRewards(i);
        _assertHonestKeep();
    }

    function _assertHonestKeep() private view {
        for (uint256 i = HONEST; i < STAKERS; ++i) {
            uint256 has = _staker(i).balance + _worthOf(_staker(i));
            assertGe(has + _dust, _least[i], "STK-04: an honest staker loses more than the limit");
        }
    }

    /// @dev With the operator.
    function _worthOf(address account) private view returns (uint256 worth) {
        worth = _pool.stakeOf(_operator, account);
        for (uint256 i = 0; i < _exits.length; ++i) {
            if (_exits[i].account == account) worth += _exitWorth(account, _exits[i].epoch);
        }
    }

    function _person(uint256 i) private pure returns (address) {
        return i < STAKERS ? _staker(i) : OPERATOR_OWNER;
    }

    function _fortune() private view returns (uint256 coin) {
        coin = OPERATOR_OWNER.balance + AUTHORITY.balance + VICTIMS.balance;
        for (uint256 i = 0; i < HONEST; ++i) coin += _staker(i).balance;
    }
}

/// @dev Beside the operator's own module works an honest one, and both have a proposal open. The own module cannot save
/// any of the bond from the other.
contract SharedBondTest is StakersFixture {
    address private constant OTHERS_VICTIMS = address(0xF1D);
    uint256 private constant STAKE = 1_000 ether;

    uint32 private _own;
    uint32 private _others;

    function setUp() public {
        _deployStaking();
        _fundStakers();
        _operator = _registerOperator(0, 0);
        IModuleRegistry.Terms memory terms = _terms();
        terms.window = 2 days;
        _own = _registerModule(terms);
        terms.victims = OTHERS_VICTIMS;
        _others = _registerModule(terms);
        _allocate(_operator, _own, MAGNITUDE / 2);
        _allocate(_operator, _others, MAGNITUDE / 2);
        vm.warp(_startOf(7));
        _join(_staker(0), STAKE);
    }

    function testFuzz_STK14_anAccomplicesModuleSavesNoBondFromAnother(
        uint96 bond,
        uint96[2] memory amounts,
        bool ownFirst
    ) public {
        bond = uint96(bound(bond, 1, 250 ether));
        _addBond(bond);
        (uint256 least, uint256 most) = (STAKE / 200, STAKE / 10);
        uint256 id = _propose(_others, _operator, bound(amounts[0], least, most), block.timestamp);
        uint256 snapshot = vm.snapshotState();
        vm.warp(block.timestamp + 2 days);
        _court.execute(id);
        uint256 lostAlone = bond - _pool.bondOf(_operator);
        vm.revertToState(snapshot);

        uint256 own = _propose(_own, _operator, bound(amounts[1], least, most), block.timestamp);
        vm.warp(block.timestamp + 2 days);
        _court.execute(ownFirst ? own : id);
        _court.execute(ownFirst ? id : own);
        uint256 has = _pool.bondOf(_operator) + _pool.compensationOf(VICTIMS);
        assertGe(bond, lostAlone + has, "STK-14: an accomplice's module saves some of the bond");
        uint256 credited = _pool.compensationOf(VICTIMS) + _pool.compensationOf(OTHERS_VICTIMS);
        assertLe(2 * credited, bond - _pool.bondOf(_operator), "STK-14: victims get more than half of the bond");
        assertEq(
            address(_pool).balance,
            _pool.votesOf(_operator) + _pool.bondOf(_operator) + credited,
            "STK-01: the books do not add up"
        );
    }

    /// @dev What no other proposal may take is shared with the victims, to the wei.
    function testFuzz_STK14_victimsGetHalfOfTheBondThatIsFree(uint96 bond, uint96[2] memory amounts) public {
        bond = uint96(bound(bond, 1, 250 ether));
        _addBond(bond);
        (uint256 least, uint256 most) = (STAKE / 200, STAKE / 10);
        uint256 first = bound(amounts[0], least, most);
        uint256 open = bound(amounts[1], least, most);
        uint256 id = _propose(_own, _operator, first, block.timestamp);
        _propose(_others, _operator, open, block.timestamp);
        vm.warp(block.timestamp + 2 days);
        (uint256 fromBond, uint256 fromStake) = _court.execute(id);
        assertEq(fromBond, first < bond ? first : bond, "the bond is not first");
        uint256 free = bond < open ? 0 : bond - open;
        uint256 shared = fromBond < free ? fromBond : free;
        assertEq(_pool.compensationOf(VICTIMS), shared / 2, "STK-14: not half of what is free");
        assertEq(_burner.burnedBy(address(_pool)), fromBond + fromStake - shared / 2, "STK-14: not all is burned");
    }

    function _addBond(uint256 amount) private {
        vm.deal(OPERATOR_OWNER, amount);
        vm.prank(OPERATOR_OWNER);
        _pool.addBond{value: amount}(_operator);
    }
}
