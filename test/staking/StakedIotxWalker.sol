// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {StakedIotx} from "../../contracts/staking/StakedIotx.sol";
import {StakedIotxFixture} from "./StakedIotxFixture.sol";

/// @dev Four holders of a vault and a staker apart do what a seed says, while rewards and slashes come. What nobody may
/// do to another is watched at every step.
abstract contract StakedIotxWalker is StakedIotxFixture {
    uint256 public constant HOLDERS = 4;
    address private constant OUTSIDER = address(0x0475);

    /// @param useful How often it did something.
    struct Tally {
        uint256 attempts;
        uint256 useful;
    }

    uint256 public steps;
    /// @dev Coin that was forced on the vault.
    uint256 public forced;
    uint32[] private _epochs;
    mapping(bytes4 action => Tally tally) private _tallies;
    mapping(string property => string what) private _breaches;

    /// @dev No step but a slash lowers the price, but for a wei of all that rounding may hide; unless there is nobody
    /// whose price it would be.
    modifier watched(bool slashes) {
        ++steps;
        ++_tallies[msg.sig].attempts;
        (uint256 assets, uint256 supply) = (_vault.totalAssets() + 1, _vault.totalSupply());
        _;
        (uint256 nowAssets, uint256 nowSupply) = (_vault.totalAssets() + 2, _vault.totalSupply());
        bool somebodys = supply != 0 && nowSupply != 0 && !slashes;
        if (somebodys && nowAssets * (supply + VIRTUAL_SHARES) < assets * (nowSupply + VIRTUAL_SHARES)) {
            _breach("STK-08", "the price fell without a slash");
        }
    }

    constructor() {
        _deployVault(50 ether);
        _stake(OUTSIDER, _operator, 100 ether);
        _deposit(holderAt(0), 100 ether);
        vm.warp(_startOf(9));
    }

    function vault() external view returns (StakedIotx) {
        return _vault;
    }

    function tallyOf(bytes4 action) external view returns (uint256 attempts, uint256 useful) {
        return (_tallies[action].attempts, _tallies[action].useful);
    }

    function breachOf(string calldata property) external view returns (string memory) {
        return _breaches[property];
    }

    function deposit(uint256 seed) external watched(false) {
        if (_pool.operatorOf(_operator).closed) return;
        _deposit(holderAt(seed % HOLDERS), 1 ether + (seed % 300 ether));
        _useful();
    }

    function mint(uint256 seed) external watched(false) {
        if (_pool.operatorOf(_operator).closed || _vault.pendingSlash() != 0) return;
        uint256 shares = _vault.convertToShares(2 ether + (seed % 300 ether));
        uint256 cost = _vault.previewMint(shares);
        hoax(holderAt(seed % HOLDERS), cost + (seed % 3));
        _vault.mint{value: cost + (seed % 3)}(shares, holderAt(seed % HOLDERS));
        _useful();
    }

    function transfer(uint256 seed) external watched(false) {
        (address holder, uint256 balance) = _holderOf(seed);
        vm.prank(holder);
        _vault.transfer(holderAt((seed >> 16) % HOLDERS), _some(seed, balance));
        if (balance != 0) _useful();
    }

    function request(uint256 seed) external watched(false) {
        (address holder, uint256 balance) = _holderOf(seed);
        if (balance == 0) return;
        _leave(holder, _some(seed, balance));
        _useful();
    }

    function redeem(uint256 seed) external watched(false) {
        address holder = _claimantOf(seed);
        uint256 shares = _some(seed, _vault.maxRedeem(holder));
        vm.prank(holder);
        try _vault.redeem(shares, holder, holder) returns (uint256 assets) {
            if (assets != 0) _useful();
        } catch {
            _breach("STK-10", "a claim reverted");
        }
    }

    function withdraw(uint256 seed) external watched(false) {
        address holder = _claimantOf(seed);
        uint256 assets = _some(seed, _vault.maxWithdraw(holder));
        vm.prank(holder);
        try _vault.withdraw(assets, holder, holder) {
            if (assets != 0) _useful();
        } catch {
            _breach("STK-10", "a claim reverted");
        }
    }

    function compound(uint256) external watched(false) {
        if (_vault.compound() != 0) _useful();
    }

    function fund(uint256 seed) external watched(false) {
        _fund(1 + (seed % 100 ether));
        _useful();
    }

    /// @dev Anyone may have the rewards pay the vault, and try to have the pool do it.
    function push(uint256 seed) external watched(false) {
        if (_rewards.claimFor(_operator, COIN, address(_vault), seed % 4) != 0) _useful();
        if (_epochs.length == 0) return;
        uint32 epoch = _epochs[seed % _epochs.length];
        try _pool.claimExitFor(_operator, epoch, payable(address(_vault))) {
            _breach("STK-01", "the pool paid the vault unasked");
        } catch {
            _useful();
        }
    }

    function force(uint256 seed) external watched(false) {
        uint256 amount = seed % 5 ether;
        vm.deal(address(this), amount);
        new ForceSender{value: amount}(payable(address(_vault)));
        forced += amount;
        _useful();
    }

    function slash(uint256 seed) external watched(true) {
        if (_slash(1000 + (seed % 4000))) _useful();
    }

    /// @dev Who stakes apart from the vault comes and goes.
    function outside(uint256 seed) external watched(false) {
        uint256 shares = _pool.sharesOf(_operator, OUTSIDER);
        if (seed % 2 == 0 && shares > 2) {
            vm.prank(OUTSIDER);
            _pool.requestExit(_operator, 1 + (seed % (shares - 1)));
        } else if (!_pool.operatorOf(_operator).closed) {
            _stake(OUTSIDER, _operator, 1 ether + (seed % 50 ether));
        }
        _useful();
    }

    function wait(uint256 seed) external watched(false) {
        vm.warp(block.timestamp + 1 days + (seed % 9 days));
        _useful();
    }

    /// @dev Everybody requests all, and claims all when it is there.
    function drain() external {
        for (uint256 i = 0; i < HOLDERS; ++i) {
            uint256 balance = _vault.balanceOf(holderAt(i));
            if (balance != 0) _leave(holderAt(i), balance);
        }
        _untilMature();
        for (uint256 i = 0; i < HOLDERS; ++i) _redeemAll(holderAt(i));
    }

    /// @dev What the vault has: coin that was not forced on it, and what the pool will pay it.
    function held() external view returns (uint256 assets) {
        assets = address(_vault).balance - forced;
        for (uint256 i = 0; i < _epochs.length; ++i) {
            (, uint256 exit, ) = _pool.exitOf(_operator, _epochs[i], address(_vault));
            assets += exit;
        }
    }

    /// @dev What it owes: idle coin to those who stay, and their part to those who asked out.
    function owed() external view returns (uint256 assets) {
        assets = _vault.idle();
        uint32 current = _pool.epoch();
        for (uint256 i = 0; i < HOLDERS; ++i) {
            assets += _vault.maxWithdraw(holderAt(i));
            for (uint32 epoch = current - 1; epoch <= current; ++epoch) {
                (, uint256 pending, ) = _vault.requestOf(holderAt(i), epoch);
                assets += pending;
            }
        }
    }

    function holderAt(uint256 index) public pure returns (address) {
        return address(uint160(0x401DE4000 + index));
    }

    function _leave(address holder, uint256 shares) private {
        uint32 epoch = _pool.epoch();
        if (_epochs.length == 0 || _epochs[_epochs.length - 1] != epoch) _epochs.push(epoch);
        vm.prank(holder);
        try _vault.requestRedeem(shares, holder, holder) {} catch {
            _breach("STK-10", "a request reverted");
        }
    }

    function _useful() private {
        ++_tallies[msg.sig].useful;
    }

    function _breach(string memory property, string memory what) private {
        _breaches[property] = what;
    }

    /// @dev The first from some one on who has shares.
    function _holderOf(uint256 seed) private view returns (address holder, uint256 balance) {
        for (uint256 i = 0; i < HOLDERS && balance == 0; ++i) {
            holder = holderAt((seed + i) % HOLDERS);
            balance = _vault.balanceOf(holder);
        }
    }

    /// @dev The first from some one on who can claim.
    function _claimantOf(uint256 seed) private view returns (address holder) {
        uint256 shares = 0;
        for (uint256 i = 0; i < HOLDERS && shares == 0; ++i) {
            holder = holderAt((seed + i) % HOLDERS);
            shares = _vault.maxRedeem(holder);
        }
    }

    /// @dev All, a little, or any part.
    function _some(uint256 seed, uint256 amount) private pure returns (uint256) {
        uint256 kind = (seed >> 8) % 4;
        if (kind == 0 || amount < 2) return amount;
        if (kind == 1) return 1 + (seed % (amount < 1e7 ? amount : 1e7));
        return 1 + (uint256(keccak256(abi.encode(seed))) % amount);
    }
}
