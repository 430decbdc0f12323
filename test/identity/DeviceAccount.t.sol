// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {DeviceAccount} from "../../contracts/identity/DeviceAccount.sol";
import {IDeviceAccount} from "../../contracts/identity/IDeviceAccount.sol";
import {MockERC20} from "../../contracts/mocks/MockERC20.sol";
import {WalletTarget} from "../../contracts/mocks/WalletTarget.sol";
import {Currency, CurrencyLibrary} from "../../contracts/shared/Currency.sol";
import {DeviceWallets} from "./DeviceWallets.sol";

contract DeviceAccountTest is DeviceWallets {
    uint256 private constant KEY = 0xDE71CE;
    uint256 private constant OTHER_KEY = 0xDE71CF;
    address private constant ALICE = address(0xA11CE);
    address private constant BOB = address(0xB0B);
    address private constant PAYEE = address(0x9A7EE);
    uint256 private constant PLENTY = type(uint160).max;
    uint256 private constant BEHAVIOURS = 5;

    /// @dev What a device does next, and what its target does with it.
    struct Step {
        uint16 pause;
        uint8 currency;
        uint8 behaviour;
        uint128 maximum;
        uint128 taken;
        uint128 more;
    }

    DeviceAccount private _wallet;
    uint256 private _deviceId;
    WalletTarget private _target;
    WalletTarget private _helper;
    Currency[] private _currencies;
    mapping(Currency currency => uint128 amount) private _allowanceOf;
    mapping(Currency currency => mapping(uint256 window => uint256 sum)) private _spentIn;

    function setUp() public {
        vm.warp(1_800_000_000);
        _deploySuite();
        (_deviceId, _wallet) = _newDevice(ALICE, KEY);
        _target = new WalletTarget();
        _helper = new WalletTarget();
        _currencies.push(CurrencyLibrary.NATIVE);
        for (uint256 i = 0; i < 2; ++i) {
            MockERC20 token = new MockERC20(18);
            token.mint(address(_wallet), PLENTY);
            _currencies.push(Currency.wrap(address(token)));
            vm.prank(ALICE);
            _wallet.execute(address(token), 0, abi.encodeCall(IERC20.approve, (address(_helper), PLENTY)), 0);
        }
        vm.deal(address(_wallet), PLENTY);
    }

    /// @dev Against the books of a child: what a request must cost, what is left of the window, and so whether it goes.
    function testFuzz_IDN10_spendsAsTheNaiveBooksSay(
        uint128[3] memory allowances,
        uint16 period,
        Step[8] memory steps
    ) public {
        period = uint16(bound(period, 1, type(uint16).max));
        uint256 start = block.timestamp;
        uint64 policy = _setPolicy(allowances, period, type(uint48).max);
        uint256 nonce = 0;
        for (uint256 i = 0; i < steps.length; ++i) {
            vm.warp(block.timestamp + steps[i].pause);
            (IDeviceAccount.Spend memory request, uint256 cost) = _plan(steps[i], policy, nonce);
            uint256 spent = _spentIn[request.currency][(block.timestamp - start) / period];
            uint256 held = request.currency.balanceOf(address(_wallet));
            bool due = spent + request.maximum <= _allowanceOf[request.currency] && cost <= request.maximum;
            assertEq(_trySpend(request), due, "IDN-10: refused what is allowed, or allowed what is not");
            if (due) {
                ++nonce;
                spent += cost;
                _spentIn[request.currency][(block.timestamp - start) / period] = spent;
                assertLe(
                    held - request.currency.balanceOf(address(_wallet)),
                    cost,
                    "IDN-10: more left than was charged"
                );
            }
            assertLe(spent, _allowanceOf[request.currency], "IDN-10: the device spent more than its allowance");
            assertEq(_wallet.remainingAllowance(request.currency), _allowanceOf[request.currency] - spent);
            assertEq(_wallet.nonces(address(_wallet)), nonce);
            _checkNoApproval();
        }
    }

    /// @dev One word of a signed request changed: worth nothing.
    function testFuzz_IDN03_R04_everyWordIsSigned(
        uint128 maximum,
        uint48 deadline,
        bytes calldata tail,
        uint8 word,
        uint256 noise
    ) public {
        uint64 policy = _setGenerousPolicy();
        maximum = uint128(bound(maximum, 0, type(uint128).max - 1));
        IDeviceAccount.Spend memory request = IDeviceAccount.Spend({
            policy: policy,
            target: address(_target),
            currency: _currencies[0],
            maximum: maximum,
            data: abi.encodePacked(abi.encodeCall(WalletTarget.serve, (1)), tail),
            nonce: 0,
            deadline: uint48(bound(deadline, block.timestamp, type(uint48).max))
        });
        bytes memory signature = _signSpend(_wallet, KEY, request);
        IDeviceAccount.Spend memory changed = abi.decode(abi.encode(request), (IDeviceAccount.Spend));
        _change(changed, word, noise);
        vm.assume(keccak256(abi.encode(changed)) != keccak256(abi.encode(request)));
        assertFalse(_send(changed, signature), "IDN-03: a changed request was run");
        assertEq(_wallet.nonces(address(_wallet)), 0);
        assertTrue(_send(request, signature));
        assertFalse(_send(request, signature), "IDN-03: a request was run twice");
    }

    function testFuzz_IDN03_everyBitOfTheSignatureCounts(uint16 bit, uint256 stranger) public {
        uint64 policy = _setGenerousPolicy();
        IDeviceAccount.Spend memory request = _payment(policy, 1, 0);
        bytes memory signature = _signSpend(_wallet, KEY, request);
        bit = uint16(bound(bit, 0, 8 * 65 - 1));
        signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        assertFalse(_send(request, signature), "IDN-03: a broken signature was taken");
        stranger = bound(stranger, 1, type(uint128).max);
        vm.assume(stranger != KEY);
        assertFalse(_send(request, _signSpend(_wallet, stranger, request)), "IDN-03: a stranger's was taken");
    }

    /// @dev R14: after a chain split both sides keep their wallets, and their signatures apart.
    function testFuzz_IDN03_R14_aChainSplitKeepsSignaturesApart(uint64 chainId) public {
        uint256 before = block.chainid;
        chainId = uint64(bound(chainId, 1, type(uint64).max));
        vm.assume(chainId != before);
        uint64 policy = _setGenerousPolicy();
        IDeviceAccount.Spend memory request = _payment(policy, 1, 0);
        bytes memory signature = _signSpend(_wallet, KEY, request);
        vm.chainId(chainId);
        assertFalse(_send(request, signature), "IDN-03: signed for one side, run on the other");
        assertTrue(_send(request, _signSpend(_wallet, KEY, request)));
        assertEq(_wallet.owner(), ALICE);
        vm.chainId(before);
    }

    function testFuzz_IDN03_R04_twoWalletsKeepRequestsApart(uint128 maximum) public {
        (, DeviceAccount other) = _newDevice(ALICE, OTHER_KEY);
        uint64 policy = _setGenerousPolicy();
        IDeviceAccount.Spend memory request = _payment(policy, maximum, 0);
        assertFalse(_send(request, _signSpend(other, KEY, request)));
        assertFalse(_send(request, _signSpend(_wallet, OTHER_KEY, request)));
        assertTrue(_send(request, _signSpend(_wallet, KEY, request)));
    }

    /// @dev The seller had the device in hand and let it sign for whatever number he thought of: any, the present one,
    /// the next ones, and those that would be drawn if the buyer's policy were set now, in any state.
    function testFuzz_IDN04_R03_whatWasSignedBeforeASaleIsNotSpentUnderTheBuyersPolicy(
        uint64 guess,
        uint8 pause,
        uint8 acts
    ) public {
        uint64 present = _setGenerousPolicy();
        uint64[12] memory guesses = [guess, 0, 1, 2, present, present + 1, 0, 0, 0, 0, 0, 0];
        for (uint256 i = 6; i < guesses.length; ++i) guesses[i] = _draw(_wallet.state() + i - 5);
        bytes[] memory signatures = new bytes[](guesses.length);
        uint256 nonce = uint256(keccak256("the seller's own key of nonces")) << 64;
        for (uint256 i = 0; i < guesses.length; ++i) {
            signatures[i] = _signSpend(_wallet, KEY, _payment(guesses[i], 1, nonce));
        }
        for (uint256 i = 0; i < acts % 4; ++i) {
            vm.prank(ALICE);
            _wallet.execute(BOB, 0, "", 0);
        }
        vm.prank(ALICE);
        _registry.transferFrom(ALICE, BOB, _deviceId);
        vm.roll(block.number + 1 + pause);
        uint64 policy = _setGenerousPolicy();
        vm.assume(policy != guess);
        for (uint256 i = 0; i < guesses.length; ++i) {
            assertFalse(
                _send(_payment(guesses[i], 1, nonce), signatures[i]),
                "IDN-04: the seller spent under the buyer's policy"
            );
        }
        assertEq(PAYEE.balance, 0);
        assertTrue(_trySpend(_payment(policy, 1, nonce)));
    }

    /// @dev Its number is of the block before, the wallet and its state, as the owner reads it wherever he looks.
    function testFuzz_IDN04_aPolicysNumberIsDrawn(uint8 pause, uint8 acts) public {
        (uint256 otherId, DeviceAccount other) = _newDevice(ALICE, OTHER_KEY);
        assertNotEq(otherId, _deviceId);
        vm.roll(block.number + 1 + pause);
        while (other.state() < _wallet.state()) {
            vm.prank(ALICE);
            other.execute(BOB, 0, "", 0);
        }
        IDeviceAccount.Permission[] memory none = new IDeviceAccount.Permission[](0);
        uint64 drawn = _draw(_wallet.state() + 1);
        uint64 policy = _setGenerousPolicy();
        assertEq(policy, drawn, "IDN-04: another number");
        assertEq(_wallet.policy().id, policy);
        vm.prank(ALICE);
        uint64 twin = other.setPolicy(1, type(uint48).max, none, new IDeviceAccount.Allowance[](0));
        assertEq(other.state(), _wallet.state());
        assertNotEq(twin, policy, "IDN-04: two wallets drew one number");
        for (uint256 i = 0; i < acts % 4; ++i) {
            vm.prank(ALICE);
            _wallet.execute(BOB, 0, "", 0);
        }
        assertNotEq(_setGenerousPolicy(), policy, "IDN-04: a number was drawn twice");
    }

    /// @dev What is revoked is gone, and there is nothing to revoke then.
    function testFuzz_IDN04_aRevokedPolicyIsGone(uint32 pause, uint32 length) public {
        length = uint32(bound(length, 1, type(uint32).max));
        uint256 expiry = block.timestamp + length;
        uint64 policy = _setPolicy([uint128(5), 5, 5], 10, uint48(expiry));
        vm.warp(block.timestamp + pause);
        if (block.timestamp <= expiry) {
            vm.expectEmit(address(_wallet));
            emit IDeviceAccount.PolicyRevoked(policy);
            vm.prank(ALICE);
            _wallet.revokePolicy();
        }
        assertEq(abi.encode(_wallet.policy()), abi.encode(IDeviceAccount.Policy(0, 0, 0, 0, 0)));
        assertEq(_wallet.remainingAllowance(_currencies[0]), 0);
        assertFalse(_wallet.isPermitted(PAYEE, 0));
        vm.expectRevert(abi.encodeWithSelector(IDeviceAccount.DeviceAccountPolicyNotInForce.selector, 0));
        vm.prank(ALICE);
        _wallet.revokePolicy();
        assertFalse(_trySpend(_payment(policy, 0, 0)), "IDN-04: a revoked policy paid");
    }

    /// @dev One line for each currency, and something in it.
    function testFuzz_IDN10_anAllowanceIsListedOnceAndAboveZero(
        uint8 count,
        uint8[4] memory which,
        uint128[4] memory amounts
    ) public {
        IDeviceAccount.Allowance[] memory allowances = new IDeviceAccount.Allowance[](count % 5);
        bool[3] memory seen;
        uint256 bad = allowances.length;
        for (uint256 i = 0; i < allowances.length; ++i) {
            uint256 index = which[i] % 3;
            uint128 amount = amounts[i] % 8 == 0 ? 0 : amounts[i];
            allowances[i] = IDeviceAccount.Allowance(_currencies[index], amount);
            if (bad == allowances.length && (amount == 0 || seen[index])) bad = i;
            seen[index] = true;
        }
        bool due = bad == allowances.length;
        bytes4 reason = IDeviceAccount.DeviceAccountInvalidAllowance.selector;
        if (!due) vm.expectRevert(abi.encodeWithSelector(reason, allowances[bad].currency));
        vm.prank(ALICE);
        _wallet.setPolicy(1, type(uint48).max, new IDeviceAccount.Permission[](0), allowances);
        for (uint256 i = 0; i < allowances.length; ++i) {
            uint256 left = due ? allowances[i].amount : 0;
            assertEq(_wallet.remainingAllowance(allowances[i].currency), left);
        }
    }

    /// @dev However a version ends, its policy ends with it, and its requests never run under the next.
    function testFuzz_IDN04_aPolicyDiesWithItsVersion(uint8[3] memory ends) public {
        uint64 policy = _setGenerousPolicy();
        IDeviceAccount.Spend memory request = _payment(policy, 1, 0);
        bytes memory signature = _signSpend(_wallet, KEY, request);
        bool retired = false;
        for (uint256 i = 0; i < ends.length && !retired; ++i) {
            address owner = _wallet.owner();
            vm.startPrank(owner);
            if (ends[i] % 3 == 0) _registry.transferFrom(owner, owner == ALICE ? BOB : ALICE, _deviceId);
            else if (ends[i] % 3 == 1) _registry.revokeAllGrants(_deviceId);
            else _registry.retire(_deviceId);
            vm.stopPrank();
            retired = ends[i] % 3 == 2;
            assertEq(_wallet.policy().id, 0, "IDN-04: a policy outlived its version");
            assertEq(_wallet.remainingAllowance(_currencies[0]), 0);
            assertFalse(_send(request, signature), "IDN-04: a request outlived its version");
            policy = _setGenerousPolicy();
            assertFalse(_send(request, signature), "IDN-04: a request ran under another policy");
            IDeviceAccount.Spend memory next = _payment(policy, 1, _wallet.nonces(address(_wallet)));
            assertEq(_trySpend(next), !retired, "IDN-05: a retired device spent");
        }
    }

    function testFuzz_R15_nothingLeavesBeforeTheLockEnds(uint32 ahead, uint32 pause, uint48 sooner) public {
        uint64 policy = _setGenerousPolicy();
        uint48 until = uint48(block.timestamp) + uint48(bound(ahead, 1, 30 days));
        vm.prank(ALICE);
        _wallet.lock(until);
        vm.warp(block.timestamp + bound(pause, 0, 31 days));
        vm.prank(ALICE);
        _registry.transferFrom(ALICE, BOB, _deviceId);

        sooner = uint48(bound(sooner, 0, until));
        vm.expectRevert(abi.encodeWithSelector(IDeviceAccount.DeviceAccountInvalidLock.selector, sooner));
        vm.prank(BOB);
        _wallet.lock(sooner);
        bool locked = block.timestamp < until;
        bytes memory reason = abi.encodeWithSelector(IDeviceAccount.DeviceAccountLocked.selector, until);
        if (locked) vm.expectRevert(reason);
        vm.prank(BOB);
        _wallet.execute(PAYEE, 1, "", 0);
        assertEq(PAYEE.balance, locked ? 0 : 1);
        assertFalse(_trySpend(_payment(policy, 1, 0)));
        if (locked) vm.expectRevert(reason);
        vm.prank(BOB);
        _wallet.setPolicy(1, type(uint48).max, new IDeviceAccount.Permission[](0), new IDeviceAccount.Allowance[](0));
    }

    function testFuzz_aPolicyLastsToItsLastSecond(uint32 length, uint32 pause) public {
        length = uint32(bound(length, 1, type(uint32).max));
        uint256 expiry = block.timestamp + length;
        uint64 policy = _setPolicy([uint128(1), 1, 1], 1, uint48(expiry));
        vm.warp(block.timestamp + pause);
        bool inForce = block.timestamp <= expiry;
        assertEq(_wallet.policy().id, inForce ? policy : 0);
        assertEq(_trySpend(_payment(policy, 1, 0)), inForce);
    }

    /// @dev Against the list of signatures: what is on it is refused, what is not is taken.
    function testFuzz_IDN10_forbidsWhatMovesTokens(bytes4 selector, uint8 known) public {
        string[25] memory forbidden = [
            "approve(address,uint256)",
            "increaseAllowance(address,uint256)",
            "increaseApproval(address,uint256)",
            "setApprovalForAll(address,bool)",
            "approveAndCall(address,uint256)",
            "approveAndCall(address,uint256,bytes)",
            "authorizeOperator(address)",
            "approve(address,uint256,uint256)",
            "setOperator(address,bool)",
            "transfer(address,uint256)",
            "transferFrom(address,address,uint256)",
            "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
            "permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)",
            "safeTransferFrom(address,address,uint256)",
            "safeTransferFrom(address,address,uint256,bytes)",
            "safeTransferFrom(address,address,uint256,uint256,bytes)",
            "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
            "transferAndCall(address,uint256)",
            "transferAndCall(address,uint256,bytes)",
            "transferFromAndCall(address,address,uint256)",
            "transferFromAndCall(address,address,uint256,bytes)",
            "send(address,uint256,bytes)",
            "operatorSend(address,address,uint256,bytes,bytes)",
            "transfer(address,uint256,uint256)",
            "transferFrom(address,address,uint256,uint256)"
        ];
        known = uint8(bound(known, 0, 2 * forbidden.length));
        if (known < forbidden.length) selector = bytes4(keccak256(bytes(forbidden[known])));
        IDeviceAccount.Permission[] memory permissions = new IDeviceAccount.Permission[](1);
        permissions[0] = IDeviceAccount.Permission(address(_target), selector);
        if (known < forbidden.length) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IDeviceAccount.DeviceAccountForbiddenPermission.selector,
                    address(_target),
                    selector
                )
            );
        }
        vm.prank(ALICE);
        _wallet.setPolicy(1, type(uint48).max, permissions, new IDeviceAccount.Allowance[](0));
        assertEq(_wallet.isPermitted(address(_target), selector), known >= forbidden.length);
    }

    function testFuzz_approvalsAreACutOfTheList(uint8 count, uint256 start, uint256 end) public {
        count = uint8(bound(count, 0, 20));
        uint256 first = _wallet.approvalCount();
        for (uint160 i = 1; i <= count; ++i) {
            vm.prank(ALICE);
            _wallet.execute(PAYEE, 0, abi.encodeCall(IERC20.approve, (address(i), i)), 0);
        }
        start = bound(start, 0, 30);
        end = bound(end, 0, 30);
        IDeviceAccount.Approval[] memory cut = _wallet.approvals(start, end);
        uint256 total = first + count;
        assertEq(_wallet.approvalCount(), total);
        uint256 to = Math.min(end, total);
        assertEq(cut.length, start < to ? to - start : 0);
        for (uint256 i = 0; i < cut.length; ++i) {
            if (start + i < first) continue;
            assertEq(cut[i].token, PAYEE);
            assertEq(cut[i].spender, address(uint160(start + i - first + 1)));
        }
    }

    /// @dev The request of a step, and what it costs by the rules in words: the coin that is sent; of a token, what is
    /// used of the approval or what is gone from the balance, whichever is more.
    function _plan(
        Step memory step,
        uint64 policy,
        uint256 nonce
    ) private view returns (IDeviceAccount.Spend memory request, uint256 cost) {
        Currency currency = _currencies[step.currency % 3];
        // Mostly within the allowance, so that most steps do something.
        uint128 maximum = uint128(bound(step.maximum, 0, uint256(_allowanceOf[currency]) / 2 + 1));
        uint256 taken = bound(step.taken, 0, maximum);
        uint256 more = bound(step.more, 0, uint256(maximum) + 1);
        uint256 behaviour = step.behaviour % BEHAVIOURS;
        request = IDeviceAccount.Spend(policy, address(_target), currency, maximum, "", nonce, type(uint48).max);
        if (behaviour == 0) {
            request.target = PAYEE;
            return (request, maximum);
        }
        IERC20 token = IERC20(Currency.unwrap(currency));
        if (behaviour == 1) request.data = abi.encodeCall(WalletTarget.serve, (taken));
        else if (currency.isNative()) request.data = abi.encodeCall(WalletTarget.giveBack, (taken));
        else if (behaviour == 2) request.data = abi.encodeCall(WalletTarget.take, (token, taken));
        else if (behaviour == 3) request.data = abi.encodeCall(WalletTarget.takeAndGiveBack, (token, taken, taken / 2));
        else request.data = abi.encodeCall(WalletTarget.takeWithHelp, (token, taken, _helper, more));
        if (currency.isNative()) return (request, maximum);
        if (behaviour == 1) return (request, 0);
        return (request, behaviour == 4 ? taken + more : taken);
    }

    function _change(IDeviceAccount.Spend memory request, uint8 word, uint256 noise) private view {
        word = word % 8;
        if (word == 0) request.policy = uint64(noise);
        else if (word == 1) request.target = noise % 2 == 0 ? PAYEE : address(uint160(noise));
        else if (word == 2) request.currency = _currencies[1 + (noise % 2)];
        else if (word == 3) request.maximum = uint128(noise);
        else if (word == 4) request.data = "";
        else if (word == 5) request.data = abi.encodePacked(request.data, uint8(noise));
        else if (word == 6) request.nonce = noise << 64;
        else request.deadline = uint48(bound(noise, block.timestamp, type(uint48).max));
    }

    /// @dev The number of a policy that is set in this block and brings the wallet to this state.
    function _draw(uint256 state) private view returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(blockhash(block.number - 1), address(_wallet), state))));
    }

    function _setGenerousPolicy() private returns (uint64 policy) {
        uint128 most = type(uint128).max;
        return _setPolicy([most, most, most], 1 days, type(uint48).max);
    }

    /// @dev Set by whoever owns the device. An allowance is at least 1.
    function _setPolicy(uint128[3] memory amounts, uint48 period, uint48 expiry) private returns (uint64 policy) {
        IDeviceAccount.Allowance[] memory allowances = new IDeviceAccount.Allowance[](3);
        for (uint256 i = 0; i < 3; ++i) {
            _allowanceOf[_currencies[i]] = amounts[i] == 0 ? 1 : amounts[i];
            allowances[i] = IDeviceAccount.Allowance(_currencies[i], _allowanceOf[_currencies[i]]);
        }
        bytes4[5] memory selectors = [
            WalletTarget.serve.selector,
            WalletTarget.take.selector,
            WalletTarget.takeAndGiveBack.selector,
            WalletTarget.takeWithHelp.selector,
            WalletTarget.giveBack.selector
        ];
        IDeviceAccount.Permission[] memory permissions = new IDeviceAccount.Permission[](7);
        for (uint256 i = 0; i < 5; ++i) permissions[i] = IDeviceAccount.Permission(address(_target), selectors[i]);
        permissions[5] = IDeviceAccount.Permission(PAYEE, 0);
        permissions[6] = IDeviceAccount.Permission(address(_target), 0);
        vm.prank(_wallet.owner());
        return _wallet.setPolicy(period, expiry, permissions, allowances);
    }

    function _payment(
        uint64 policy,
        uint128 maximum,
        uint256 nonce
    ) private view returns (IDeviceAccount.Spend memory request) {
        return IDeviceAccount.Spend(policy, PAYEE, _currencies[0], maximum, "", nonce, type(uint48).max);
    }

    function _trySpend(IDeviceAccount.Spend memory request) private returns (bool done) {
        return _send(request, _signSpend(_wallet, KEY, request));
    }

    function _send(IDeviceAccount.Spend memory request, bytes memory signature) private returns (bool done) {
        try _wallet.spend(request, signature) {
            return true;
        } catch {
            return false;
        }
    }

    function _checkNoApproval() private view {
        for (uint256 i = 1; i < 3; ++i) {
            uint256 left = IERC20(Currency.unwrap(_currencies[i])).allowance(address(_wallet), address(_target));
            assertEq(left, 0, "IDN-10: an approval stayed");
        }
    }
}
