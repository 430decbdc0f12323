// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {RevertingReceiver} from "../../contracts/mocks/RevertingReceiver.sol";
import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {Membership} from "../../contracts/staking/Allocation.sol";
import {IModuleRegistry} from "../../contracts/staking/IModuleRegistry.sol";
import {ISlashCourt} from "../../contracts/staking/ISlashCourt.sol";
import {StakingFixture} from "./StakingFixture.sol";

/// @dev What staking ought to hold and owe, kept as simply as can be: every operator's stake, every staker's shares and
/// every allocation are written down for each epoch as it begins, so that nothing has to be worked out later.
abstract contract StakingModel is StakingFixture {
    /// @dev The first few own operators, and stake as all others; the last of them refuses coin.
    uint256 internal constant ACTORS = 8;
    uint256 internal constant CURRENCIES = 3;
    uint256 internal constant MOST_OPERATORS = 4;
    uint256 internal constant MOST_MODULES = 6;
    uint256 internal constant BPS = 10_000;
    uint256 internal constant PLENTY = type(uint128).max;
    /// @dev Fractional bits of what a staker has earned.
    uint256 internal constant FRACTION = 64;

    /// @dev Coin that shares divide.
    struct Jar {
        uint256 assets;
        uint256 shares;
    }

    /// @dev An operator.
    /// @param nextFrom The first epoch of the next commission; 0 if none was asked for.
    /// @param lost What slashes took of his magnitude.
    /// @param touched The last epoch in which his active stake was written.
    struct Desk {
        address owner;
        address payout;
        uint256 bond;
        uint256 commission;
        uint256 next;
        uint256 nextFrom;
        uint256 lost;
        uint256 touched;
        bool closed;
    }

    struct Trade {
        address owner;
        IModuleRegistry.Terms terms;
        IModuleRegistry.Standing standing;
    }

    /// @dev A proposal to slash.
    /// @param written What became of it by somebody's act; open as long as nothing did.
    /// @param felt Vetoed with all of its module.
    struct Charge {
        uint256 operator;
        uint256 module;
        uint256 epoch;
        uint256 amount;
        uint256 readyAt;
        uint256 magnitude;
        ISlashCourt.Status written;
        bool felt;
    }

    /// @dev An operator's stake for a module.
    /// @param later What he gives it from the epoch after the next on.
    /// @param bound What of his magnitude it binds, as of the last time that anybody touched it.
    struct Pledge {
        Membership membership;
        uint256 later;
        uint256 bound;
    }

    address[] private _actors;
    MockERC20[2] internal _tokens;
    /// @dev The last epoch whose beginning is written down.
    uint256 private _begun;

    /// @dev Numbered from 1, all three.
    Desk[] internal _desks;
    Trade[] internal _trades;
    Charge[] internal _charges;

    mapping(uint256 operator => Jar) internal _active;
    mapping(uint256 operator => mapping(uint256 epoch => Jar)) internal _activeAt;
    mapping(uint256 operator => mapping(uint256 epoch => uint256)) internal _bondAt;
    mapping(uint256 operator => mapping(uint256 epoch => Jar)) internal _bucket;
    /// @dev Of the buckets that are not empty.
    mapping(uint256 operator => uint256[] epochs) internal _bucketsOf;
    mapping(uint256 operator => mapping(address account => uint256)) internal _shares;
    mapping(uint256 operator => mapping(address account => mapping(uint256 epoch => uint256))) internal _sharesAt;
    mapping(uint256 operator => mapping(uint256 epoch => mapping(address account => uint256))) internal _exits;
    /// @dev The epochs from whose start on somebody had another number of shares.
    mapping(uint256 operator => mapping(address account => uint256[] epochs)) internal _stepsOf;
    /// @dev What of somebody's was active in an epoch, at its start or later, less what slashes took of it since.
    mapping(uint256 operator => mapping(address account => mapping(uint256 epoch => uint256))) internal _answers;
    /// @dev What somebody brought, and took out again.
    mapping(address account => uint256) internal _brought;
    mapping(address account => uint256) internal _taken;
    mapping(address account => uint256) internal _compensation;

    mapping(uint256 operator => mapping(uint256 module => Pledge)) internal _pledges;
    mapping(uint256 operator => mapping(uint256 module => mapping(uint256 epoch => uint256))) internal _given;
    mapping(uint256 operator => mapping(uint256 module => mapping(uint256 epoch => uint256))) internal _reserved;
    mapping(uint256 operator => mapping(uint256 module => mapping(uint256 epoch => uint256))) internal _executed;
    /// @dev What offences of an epoch may cost at most, as of the first proposal for any.
    mapping(uint256 operator => mapping(uint256 module => mapping(uint256 epoch => uint256))) internal _limit;

    /// @dev In 2^-64 of the currency's smallest unit.
    mapping(uint256 operator => mapping(uint256 currency => mapping(address account => mapping(uint256 epoch => uint256))))
        internal _earned;
    mapping(uint256 operator => mapping(uint256 currency => uint256[] epochs)) internal _fundedIn;
    mapping(uint256 operator => mapping(uint256 currency => mapping(address account => uint256))) internal _claimed;
    mapping(uint256 operator => mapping(uint256 currency => uint256)) internal _credit;
    mapping(uint256 currency => uint256) internal _funded;
    mapping(uint256 currency => uint256) internal _paid;
    mapping(address source => uint256) internal _burned;
    mapping(address target => mapping(uint256 currency => uint256)) internal _donated;
    mapping(address target => uint256) internal _seriesStart;
    mapping(address target => uint256) internal _pausedUntil;

    constructor() {
        for (uint256 i = 0; i < ACTORS - 1; ++i) _actors.push(address(uint160(0xAC704000 + i)));
        _actors.push(address(new RevertingReceiver()));
        _desks.push();
        _trades.push();
        _charges.push();
    }

    function _noteOperator(address owner, uint256 bond, uint256 commission) internal {
        Desk storage desk = _desks.push();
        (desk.owner, desk.payout, desk.bond) = (owner, owner, bond);
        (desk.commission, desk.next, desk.touched) = (commission, commission, _epoch());
        _brought[owner] += bond;
    }

    /// @dev He may act in an epoch that has begun long ago, in the one that runs.
    function _noteCommission(uint256 operator, uint256 commission) internal {
        Desk storage desk = _desks[operator];
        desk.next = commission;
        desk.nextFrom = commission > desk.commission ? _epoch() + 2 : 0;
        if (desk.nextFrom == 0) desk.commission = commission;
    }

    /// @param fresh What of the assets was not active yet in the running epoch.
    /// @return bought Shares.
    function _noteStaked(
        uint256 operator,
        address account,
        uint256 assets,
        uint256 fresh
    ) internal returns (uint256 bought) {
        bought = _pour(_active[operator], assets);
        _noteShares(operator, account, _shares[operator][account] + bought);
        _answers[operator][account][_epoch()] += fresh;
    }

    /// @return assets What the shares were worth.
    /// @return bought Shares of the bucket.
    function _noteLeft(
        uint256 operator,
        address account,
        uint256 sold
    ) internal returns (uint256 assets, uint256 bought) {
        assets = _draw(_active[operator], sold);
        _noteShares(operator, account, _shares[operator][account] - sold);
        bought = _noteExit(operator, account, assets);
    }

    function _noteExit(uint256 operator, address account, uint256 assets) internal returns (uint256 bought) {
        uint256 epoch = _epoch();
        bought = _pour(_bucket[operator][epoch], assets);
        _exits[operator][epoch][account] += bought;
        uint256[] storage epochs = _bucketsOf[operator];
        bool known = epochs.length != 0 && epochs[epochs.length - 1] == epoch;
        if (bought != 0 && !known) epochs.push(epoch);
    }

    /// @dev What somebody has in a bucket is paid out, or staked again.
    function _noteExitTaken(uint256 operator, uint256 epoch, address account) internal returns (uint256 assets) {
        Jar storage jar = _bucket[operator][epoch];
        assets = _draw(jar, _exits[operator][epoch][account]);
        _exits[operator][epoch][account] = 0;
        if (jar.shares != 0) return assets;
        uint256[] storage epochs = _bucketsOf[operator];
        uint256 kept = 0;
        for (uint256 i = 0; i < epochs.length; ++i) if (epochs[i] != epoch) epochs[kept++] = epochs[i];
        epochs.pop();
    }

    /// @dev Everybody who held shares as the epoch began gets his part of what the operator does not get.
    function _noteFunded(uint256 operator, uint256 currency, uint256 amount) internal {
        uint256 burned = currency == 0 ? (amount * BURN_BPS) / BPS : 0;
        uint256 toOperator = _operatorsPart(operator, amount - burned);
        uint256 toStakers = amount - burned - toOperator;
        _funded[currency] += amount;
        _burned[address(_rewards)] += burned;
        _credit[operator][currency] += toOperator;
        if (toStakers == 0) return;
        uint256 epoch = _epoch();
        uint256[] storage epochs = _fundedIn[operator][currency];
        if (epochs.length == 0 || epochs[epochs.length - 1] != epoch) epochs.push(epoch);
        uint256 whole = _activeAt[operator][epoch].shares;
        for (uint256 i = 0; i < ACTORS; ++i) {
            uint256 part = _sharesAt[operator][_actors[i]][epoch];
            _earned[operator][currency][_actors[i]][epoch] += ((toStakers * part) << FRACTION) / whole;
        }
    }

    function _notePaid(uint256 operator, uint256 currency, address account, uint256 amount) internal {
        _claimed[operator][currency][account] += amount;
        _paid[currency] += amount;
    }

    /// @dev The only way in which time passes.
    function _warpTo(uint256 time) internal {
        vm.warp(time);
        if (_begun == 0) _begun = _epoch();
        while (_begun < _epoch()) _begin(++_begun);
    }

    function _worth(Jar storage jar, uint256 part) internal view returns (uint256) {
        return part == 0 ? 0 : (part * jar.assets) / jar.shares;
    }

    function _stakeOf(uint256 operator, address account) internal view returns (uint256) {
        return _worth(_active[operator], _shares[operator][account]);
    }

    function _exitOf(uint256 operator, uint256 epoch, address account) internal view returns (uint256) {
        return _worth(_bucket[operator][epoch], _exits[operator][epoch][account]);
    }

    /// @dev What answers for an offence, without the bond.
    function _answering(uint256 operator, uint256 epoch) internal view returns (uint256) {
        return _active[operator].assets + _bucket[operator][epoch].assets + _bucket[operator][epoch + 1].assets;
    }

    /// @dev What an account earned in all epochs before one, in 2^-64 of the smallest unit.
    function _earnedBefore(
        uint256 operator,
        uint256 currency,
        address account,
        uint256 epoch
    ) internal view returns (uint256 parts) {
        uint256[] storage epochs = _fundedIn[operator][currency];
        for (uint256 i = 0; i < epochs.length && epochs[i] < epoch; ++i) {
            parts += _earned[operator][currency][account][epochs[i]];
        }
    }

    function _earningBond(uint256 operator) internal view returns (uint256) {
        return Math.min(_desks[operator].bond, _bondAt[operator][_epoch()]);
    }

    function _left(uint256 operator) internal view returns (uint256) {
        return MAGNITUDE - _desks[operator].lost;
    }

    function _isPaused(address target) internal view returns (bool) {
        return _now() < _pausedUntil[target];
    }

    function _refuses(address account, uint256 currency) internal view returns (bool) {
        return currency == 0 && account == _hostile();
    }

    function _actor(uint256 index) internal view returns (address) {
        return _actors[index];
    }

    function _hostile() internal view returns (address) {
        return _actors[ACTORS - 1];
    }

    function _currency(uint256 index) internal view returns (Currency) {
        return index == 0 ? CurrencyLibrary.NATIVE : Currency.wrap(address(_tokens[index - 1]));
    }

    function _epoch() internal view returns (uint256) {
        return (_now() - GENESIS) / EPOCH;
    }

    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _noteShares(uint256 operator, address account, uint256 shares) private {
        uint256 from = _epoch() + 1;
        _shares[operator][account] = shares;
        _desks[operator].touched = from - 1;
        uint256[] storage steps = _stepsOf[operator][account];
        if (steps.length == 0 || steps[steps.length - 1] != from) steps.push(from);
    }

    function _pour(Jar storage jar, uint256 amount) private returns (uint256 bought) {
        bought = jar.shares == 0 ? amount : (amount * jar.shares) / jar.assets;
        jar.assets += amount;
        jar.shares += bought;
    }

    function _draw(Jar storage jar, uint256 sold) private returns (uint256 amount) {
        amount = _worth(jar, sold);
        jar.assets -= amount;
        jar.shares -= sold;
    }

    function _begin(uint256 epoch) private {
        for (uint256 operator = 1; operator < _desks.length; ++operator) {
            Desk storage desk = _desks[operator];
            if (desk.nextFrom == epoch) (desk.commission, desk.nextFrom) = (desk.next, 0);
            _bondAt[operator][epoch] = desk.bond;
            _activeAt[operator][epoch] = _active[operator];
            for (uint256 i = 0; i < ACTORS && _active[operator].shares != 0; ++i) {
                uint256 shares = _shares[operator][_actors[i]];
                if (shares == 0) continue;
                _sharesAt[operator][_actors[i]][epoch] = shares;
                _answers[operator][_actors[i]][epoch] = _stakeOf(operator, _actors[i]);
            }
            for (uint256 module = 1; module < _trades.length; ++module) {
                uint256 later = _pledges[operator][module].later;
                if (later != 0) _given[operator][module][epoch + 2] = later;
            }
        }
    }

    function _operatorsPart(uint256 operator, uint256 amount) private view returns (uint256 part) {
        Jar storage start = _activeAt[operator][_epoch()];
        if (start.shares == 0) return amount;
        part = (amount * _desks[operator].commission) / BPS;
        uint256 bond = _earningBond(operator);
        if (bond + start.assets != 0) part += ((amount - part) * bond) / (bond + start.assets);
    }
}
