// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {IMachineShares} from "../ownership/IMachineShares.sol";
import {Currency} from "../shared/Currency.sol";

/// @title FalseShares
/// @notice Passes for a machine where one is voted and bid on, and says of itself what it is told to, at any time. It
/// has one holder, whoever asks, and makes a call of its choice when it is sold.
contract FalseShares {
    /// @notice Read by bids.
    IDeviceRegistry public immutable registry;

    /// @notice Where it claims to be.
    IMachineShares.Stage public stage = IMachineShares.Stage.Active;

    /// @notice Its price, as it claims.
    uint256 public buyoutFloor = 1;

    /// @notice True if the call from within {sell} was made and went through.
    bool public succeeded;

    /// @notice What that call returned, or reverted with.
    bytes public result;

    Currency private _currency;
    address private _target;
    bytes private _data;

    constructor(IDeviceRegistry registry_, Currency currency) {
        registry = registry_;
        _currency = currency;
    }

    receive() external payable {}

    /// @notice Claims to be bought in another currency.
    function setCurrency(Currency currency) external {
        _currency = currency;
    }

    /// @notice Claims to be elsewhere in its life.
    function setStage(IMachineShares.Stage stage_) external {
        stage = stage_;
    }

    /// @notice Sets the call to make when it is sold.
    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    /// @notice Gives nothing for what it was paid.
    function sell(address) external {
        if (_target != address(0)) (succeeded, result) = _target.call(_data);
    }

    /// @notice Remembers nothing.
    function takeSnapshot() external {}

    /// @notice What it claims to be at the moment.
    function machine() external view returns (IMachineShares.Machine memory terms) {
        terms.currency = _currency;
        terms.votingPeriod = 1 days;
    }

    /// @notice Nobody.
    function issuer() external pure returns (address account) {
        return address(0);
    }

    /// @notice As many as each account has.
    function totalSupply() external pure returns (uint256 supply) {
        return 1;
    }

    /// @notice All of them, but none for the issuer.
    function balanceOf(address account) external pure returns (uint256 balance) {
        return account == address(0) ? 0 : 1;
    }

    /// @notice The same at any time.
    function pastBalanceOf(address account, uint48) external pure returns (uint256 balance) {
        return account == address(0) ? 0 : 1;
    }
}
