// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Vm} from "forge-std/Vm.sol";

import {DeviceAccount} from "../../contracts/identity/DeviceAccount.sol";
import {IDeviceAccount} from "../../contracts/identity/IDeviceAccount.sol";
import {IDeviceRegistry} from "../../contracts/identity/IDeviceRegistry.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {WalletTarget} from "../../contracts/mocks/WalletTarget.sol";
import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {DeviceWallets} from "./DeviceWallets.sol";

/// @title DeviceAccountHandler
/// @notice A device, its wallet, three people who sell it to each other, a target that takes what it can, and its
/// helper, whom an owner approved. It does what it is told with bounded arguments, and writes down in its own books
/// what happened.
abstract contract DeviceAccountHandler is DeviceWallets {
    /// @dev What was tried, and what of it went through.
    struct Count {
        uint256 calls;
        uint256 successes;
    }

    /// @dev A policy as its owner meant it.
    struct Meant {
        uint48 start;
        uint48 period;
        uint48 expiry;
        uint32 version;
        address owner;
        bool revoked;
    }

    struct Signed {
        IDeviceAccount.Spend request;
        bytes signature;
        bool used;
    }

    uint256 private constant KEY = 0xDE71CE;
    address private constant PAYEE = address(0x9A7EE);
    uint256 private constant PLENTY = type(uint160).max;
    uint256 private constant MOST = 1_000;

    string[] public actions = [
        "setPolicy",
        "spend",
        "cheat",
        "execute",
        "lock",
        "sell",
        "suspend",
        "revoke",
        "revokeAll",
        "wait_"
    ];
    mapping(string action => Count count) private _counts;

    DeviceAccount public wallet;
    uint256 public deviceId;
    WalletTarget public charger;
    WalletTarget public helper;
    Currency[3] public currencies;

    /// @notice How often a request ran that must not have run.
    uint256 public trespasses;
    /// @notice How many requests ran.
    uint256 public spends;
    /// @notice How much the wallet's state must have risen.
    uint256 public acts;
    /// @notice The furthest that the wallet was ever locked.
    uint48 public furthestLock;
    /// @notice What left in some window beyond the allowance.
    uint256 public excess;

    mapping(uint64 policy => Meant meant) private _meant;
    mapping(uint64 policy => mapping(Currency currency => uint256 amount)) private _allowances;
    mapping(uint64 policy => mapping(Currency currency => mapping(uint256 window => uint256 sum))) private _left;
    /// @dev The policy set last, whether it is in force or not.
    uint64 private _lastPolicy;
    Signed[] private _signed;

    constructor() {
        vm.warp(1_800_000_000);
        _deploySuite();
        (deviceId, wallet) = _newDevice(_person(0), KEY);
        charger = new WalletTarget();
        helper = new WalletTarget();
        currencies[0] = CurrencyLibrary.NATIVE;
        for (uint256 i = 1; i < 3; ++i) {
            MockERC20 token = new MockERC20(18);
            token.mint(address(wallet), PLENTY);
            currencies[i] = Currency.wrap(address(token));
            vm.prank(_person(0));
            wallet.execute(address(token), 0, abi.encodeCall(IERC20.approve, (address(helper), PLENTY)), 0);
            ++acts;
        }
        vm.deal(address(wallet), PLENTY);
    }

    /// @notice The owner sets a policy.
    function setPolicy(uint256 seed) external {
        seed = _mix(seed);
        _makeReady(seed, false);
        _count("setPolicy", _trySetPolicy(seed));
    }

    /// @notice The device spends, mostly within what is left; now and then at a bad moment or too much.
    function spend(uint256 seed) external {
        seed = _mix(seed);
        _makeReady(seed, true);
        IDeviceAccount.Spend memory request = _plan(seed);
        bytes memory signature = _signSpend(wallet, KEY, request);
        bool done = _run(request, signature);
        if (_signed.length < 32) _signed.push(Signed(request, signature, done));
        _count("spend", done);
    }

    /// @notice Somebody tries what must never work: an old request, a stranger's key, an approval that is over, a
    /// request within a request. What is refused counts as done.
    function cheat(uint256 seed) external {
        seed = _mix(seed);
        _makeReady(seed, true);
        bool refused = true;
        if (seed % 4 == 0 && _signed.length != 0) {
            Signed memory old = _signed[(seed >> 8) % _signed.length];
            if (old.used) refused = !_run(old.request, old.signature);
            else _run(old.request, old.signature); // was refused then; now it may be in order, and is booked
        } else if (seed % 4 == 1) {
            IDeviceAccount.Spend memory request = _plan(seed);
            refused = !_run(request, _signSpend(wallet, KEY + 1, request));
        } else if (seed % 4 == 2) {
            Currency currency = currencies[1 + ((seed >> 8) % 2)];
            try charger.takeFrom(IERC20(Currency.unwrap(currency)), address(wallet), 1) {
                refused = false;
            } catch {}
        } else {
            IDeviceAccount.Spend memory inner = _plan(seed >> 8);
            IDeviceAccount.Spend memory outer = _plan(seed >> 8);
            ++inner.nonce;
            bytes memory data = abi.encodeCall(DeviceAccount.spend, (inner, _signSpend(wallet, KEY, inner)));
            outer.target = address(charger);
            outer.data = abi.encodeCall(WalletTarget.forward, (address(wallet), data));
            refused = !_run(outer, _signSpend(wallet, KEY, outer));
        }
        if (!refused) ++trespasses;
        _count("cheat", refused);
    }

    /// @notice The owner pays somebody himself, which is no business of the policy's.
    function execute(uint256 seed) external {
        seed = _mix(seed);
        _makeReady(seed, false);
        Currency currency = currencies[(seed >> 8) % 3];
        uint256 amount = (seed >> 16) % MOST;
        bytes memory data = abi.encodeCall(IERC20.transfer, (PAYEE, amount));
        bool done;
        vm.prank(wallet.owner());
        if (currency.isNative()) done = _try(abi.encodeCall(DeviceAccount.execute, (PAYEE, amount, "", 0)));
        else done = _try(abi.encodeCall(DeviceAccount.execute, (Currency.unwrap(currency), 0, data, 0)));
        _act("execute", done);
    }

    /// @notice The owner locks the wallet for up to two hours, or longer than is allowed, or shorter than it is.
    function lock(uint256 seed) external {
        seed = _mix(seed);
        uint48 until = furthestLock > block.timestamp ? furthestLock : uint48(block.timestamp);
        if (seed % 8 == 0) until = uint48(block.timestamp + 30 days + 1 + ((seed >> 8) % 1 days));
        else if (seed % 8 == 1) until -= uint48((seed >> 8) % 1 hours);
        else until += 1 + uint48((seed >> 8) % 2 hours);
        bool due = until > furthestLock && until > block.timestamp && until <= block.timestamp + 30 days;
        vm.prank(wallet.owner());
        bool done = _try(abi.encodeCall(DeviceAccount.lock, (until)));
        if (done != due) ++trespasses;
        if (done) furthestLock = until;
        _act("lock", done);
    }

    /// @notice The owner sells the device, perhaps to himself.
    function sell(uint256 seed) external {
        seed = _mix(seed);
        address owner = wallet.owner();
        vm.prank(owner);
        _registry.transferFrom(owner, _person(seed), deviceId);
        _count("sell", true);
    }

    /// @notice The owner suspends the device, or resumes it.
    function suspend(uint256) external {
        bool active = _registry.statusOf(deviceId) == IDeviceRegistry.Status.Active;
        vm.prank(wallet.owner());
        if (active) _registry.suspend(deviceId);
        else _registry.resume(deviceId);
        _count("suspend", true);
    }

    /// @notice The owner ends the policy, if one is in force; also while the wallet is locked.
    function revoke(uint256 seed) external {
        seed = _mix(seed);
        if (seed % 4 != 0) _makeReady(seed, true);
        bool due = _isInForce(_lastPolicy);
        vm.prank(wallet.owner());
        bool done = _try(abi.encodeCall(DeviceAccount.revokePolicy, ()));
        if (done != due) ++trespasses;
        if (done) _meant[_lastPolicy].revoked = true;
        _act("revoke", done);
    }

    /// @notice The owner ends all that he allowed anyone, the policy with it.
    function revokeAll(uint256) external {
        vm.prank(wallet.owner());
        _registry.revokeAllGrants(deviceId);
        _count("revokeAll", true);
    }

    /// @notice Time passes, and blocks: seconds, or up to the next window and over it.
    function wait_(uint256 seed) external {
        seed = _mix(seed);
        vm.roll(block.number + 1 + ((seed >> 32) % 100));
        vm.warp(block.timestamp + ((seed >> 8) % (seed % 2 == 0 ? 10 minutes : 12 hours)));
        _count("wait_", true);
    }

    /// @notice How often an action was tried, and how often it went through.
    function countOf(string calldata action) external view returns (uint256 calls, uint256 successes) {
        return (_counts[action].calls, _counts[action].successes);
    }

    /// @notice How many kinds of action there are.
    function actionCount() external view returns (uint256) {
        return actions.length;
    }

    /// @notice What the handler's books say is left to spend now.
    function leftOf(Currency currency) external view returns (uint256) {
        if (!_isInForce(_lastPolicy)) return 0;
        return _allowances[_lastPolicy][currency] - _left[_lastPolicy][currency][_windowOf(_lastPolicy)];
    }

    /// @dev Mostly, what stands in the way of an action is put aside first; a handler that is refused tests nothing.
    function _makeReady(uint256 seed, bool toSpend) private {
        if ((seed >> 248) % 8 == 0) return;
        if (block.timestamp < furthestLock) vm.warp(furthestLock);
        if (!toSpend) return;
        if (_registry.statusOf(deviceId) != IDeviceRegistry.Status.Active) {
            vm.prank(wallet.owner());
            _registry.resume(deviceId);
        }
        if (!_isInForce(_lastPolicy)) _trySetPolicy(seed);
    }

    function _trySetPolicy(uint256 seed) private returns (bool done) {
        IDeviceAccount.Allowance[] memory allowances = new IDeviceAccount.Allowance[](3);
        for (uint256 i = 0; i < 3; ++i) {
            uint256 amount = 1 + ((seed >> (16 * i)) % MOST);
            allowances[i] = IDeviceAccount.Allowance(currencies[i], uint128(amount));
        }
        bytes4[6] memory selectors = [
            WalletTarget.serve.selector,
            WalletTarget.take.selector,
            WalletTarget.takeAndGiveBack.selector,
            WalletTarget.takeWithHelp.selector,
            WalletTarget.giveBack.selector,
            WalletTarget.forward.selector
        ];
        IDeviceAccount.Permission[] memory permissions = new IDeviceAccount.Permission[](7);
        for (uint256 i = 0; i < 6; ++i) permissions[i] = IDeviceAccount.Permission(address(charger), selectors[i]);
        permissions[6] = IDeviceAccount.Permission(PAYEE, 0);
        Meant memory meant = Meant({
            start: uint48(block.timestamp),
            period: uint48(1 + ((seed >> 64) % 1 days)),
            expiry: uint48(block.timestamp + 1 + ((seed >> 96) % 7 days)),
            version: _registry.versionOf(deviceId),
            owner: wallet.owner(),
            revoked: false
        });
        vm.prank(meant.owner);
        try wallet.setPolicy(meant.period, meant.expiry, permissions, allowances) returns (uint64 policy) {
            if (policy == 0 || _meant[policy].period != 0) ++trespasses; // a number is given once
            _lastPolicy = policy;
        } catch {
            return false;
        }
        ++acts;
        _meant[_lastPolicy] = meant;
        for (uint256 i = 0; i < 3; ++i) _allowances[_lastPolicy][currencies[i]] = allowances[i].amount;
        return true;
    }

    /// @dev A request of every kind, for up to a little more than what is left.
    function _plan(uint256 seed) private view returns (IDeviceAccount.Spend memory request) {
        Currency currency = currencies[(seed >> 8) % 3];
        uint256 left = wallet.remainingAllowance(currency);
        uint128 maximum = uint128((seed >> 16) % (left + left / 8 + 1));
        uint256 taken = (seed >> 64) % (uint256(maximum) + 1);
        uint256 more = (seed >> 96) % (uint256(maximum) - taken + 2);
        uint256 behaviour = (seed >> 128) % 6;
        uint256 nonce = wallet.nonces(address(wallet));
        request = IDeviceAccount.Spend(_lastPolicy, address(charger), currency, maximum, "", nonce, type(uint48).max);
        if (behaviour == 0) request.target = PAYEE;
        else if (behaviour == 1) request.data = abi.encodeCall(WalletTarget.serve, (taken));
        else if (currency.isNative()) request.data = abi.encodeCall(WalletTarget.giveBack, (taken));
        else request.data = _takingBy(behaviour, IERC20(Currency.unwrap(currency)), taken, more);
    }

    function _takingBy(
        uint256 behaviour,
        IERC20 token,
        uint256 taken,
        uint256 more
    ) private view returns (bytes memory data) {
        if (behaviour == 2) return abi.encodeCall(WalletTarget.take, (token, taken));
        if (behaviour == 3) return abi.encodeCall(WalletTarget.takeAndGiveBack, (token, taken, taken));
        if (behaviour == 4) return abi.encodeCall(WalletTarget.takeAndGiveBack, (token, taken, taken / 2));
        return abi.encodeCall(WalletTarget.takeWithHelp, (token, taken, helper, more));
    }

    /// @dev Sends a request and books all that left the wallet with it, whatever came back.
    function _run(IDeviceAccount.Spend memory request, bytes memory signature) private returns (bool done) {
        vm.recordLogs();
        done = _try(abi.encodeCall(DeviceAccount.spend, (request, signature)));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!done) return false;
        ++spends;
        ++acts;
        bool active = _registry.statusOf(deviceId) == IDeviceRegistry.Status.Active;
        bool due = _isInForce(request.policy) && active && block.timestamp >= furthestLock;
        if (!due) ++trespasses;
        if (request.currency.isNative()) _book(request.policy, request.currency, request.maximum);
        bytes32 sender = bytes32(uint256(uint160(address(wallet))));
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IERC20.Transfer.selector || logs[i].topics[1] != sender) continue;
            _book(request.policy, Currency.wrap(logs[i].emitter), abi.decode(logs[i].data, (uint256)));
        }
    }

    function _book(uint64 policy, Currency currency, uint256 amount) private {
        uint256 window = _windowOf(policy);
        uint256 sum = _left[policy][currency][window] + amount;
        _left[policy][currency][window] = sum;
        if (sum > _allowances[policy][currency]) excess += sum - _allowances[policy][currency];
    }

    function _try(bytes memory data) private returns (bool done) {
        (done, ) = address(wallet).call(data);
    }

    function _act(string memory action, bool done) private {
        if (done) ++acts;
        _count(action, done);
    }

    function _count(string memory action, bool done) private {
        ++_counts[action].calls;
        if (done) ++_counts[action].successes;
    }

    function _isInForce(uint64 policy) private view returns (bool) {
        Meant memory meant = _meant[policy];
        return
            policy != 0 &&
            policy == _lastPolicy &&
            !meant.revoked &&
            block.timestamp <= meant.expiry &&
            meant.version == _registry.versionOf(deviceId) &&
            meant.owner == _registry.ownerOf(deviceId);
    }

    function _windowOf(uint64 policy) private view returns (uint256) {
        return (block.timestamp - _meant[policy].start) / _meant[policy].period;
    }

    /// @dev The runner likes small numbers: most of their digits are the same.
    function _mix(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    function _person(uint256 seed) private pure returns (address) {
        return address(uint160(0xA11CE + (seed % 3)));
    }
}
