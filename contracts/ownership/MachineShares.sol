// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {IDeviceAccount} from "../identity/IDeviceAccount.sol";
import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {Currency} from "../shared/Currency.sol";
import {DividendLedger} from "../shared/DividendLedger.sol";
import {IMachineOfferings} from "./IMachineOfferings.sol";
import {IMachineShares} from "./IMachineShares.sol";
import {IMachineVotes} from "./IMachineVotes.sol";
import {ISplitHub} from "./ISplitHub.sol";
import {MachineOperation} from "./MachineOperation.sol";

/// @title MachineShares
/// @notice See {IMachineShares}. Here: what holders decide, and how a machine leaves them. Shares and dividends are in
/// {MachineDividends}, the device in {MachineOperation}. It has no initialiser: what a clone is stands in the clone's
/// code, and only the issuer named there makes shares.
contract MachineShares is MachineOperation {
    using DividendLedger for DividendLedger.Ledger;

    /// @dev What the sweep before a sale may use, and what must be left for it and the rest of the sale.
    uint256 private constant SWEEP_GAS = 500_000;
    uint256 private constant SALE_GAS = 700_000;

    modifier onlyVotes() {
        require(msg.sender == address(votes), MachineSharesUnauthorized(msg.sender));
        _;
    }

    modifier whenActive() {
        Stage current = stage();
        require(current == Stage.Active, MachineSharesWrongStage(current));
        _;
    }

    /// @param registry_ The suite's {IDeviceRegistry}.
    /// @param hub_ The suite's {ISplitHub}.
    /// @param votes_ The suite's {IMachineVotes}.
    constructor(
        IDeviceRegistry registry_,
        ISplitHub hub_,
        IMachineVotes votes_
    ) MachineOperation(registry_, hub_, votes_) {}

    /// @inheritdoc IMachineShares
    function carryOut(Motion motion, bytes calldata payload) external onlyVotes whenActive nonReentrant {
        uint256 deviceId = machine().deviceId;
        if (motion == Motion.SetOperator) {
            _replaceOperator(abi.decode(payload, (address)));
        } else if (motion == Motion.RotateKey) {
            registry.announceKeyRotation(deviceId, abi.decode(payload, (bytes32)));
        } else if (motion == Motion.SetPolicy) {
            bytes memory data = bytes.concat(IDeviceAccount.setPolicy.selector, payload);
            Address.functionCall(registry.accountOf(deviceId), data);
        } else if (motion == Motion.Retire) {
            _retire(deviceId);
        }
    }

    /// @inheritdoc IMachineShares
    /// @dev The wallet is emptied into the dividend before it goes with the device. A wallet or a currency that refuses
    /// must not keep the holders from the price; and who carries this out must not have the sweep fail for want of gas,
    /// or the buyer would get what is in there.
    function sell(address buyer) external onlyVotes whenActive nonReentrant {
        Machine memory terms = machine();
        require(gasleft() >= SALE_GAS, MachineSharesInsufficientGas(SALE_GAS));
        try this.sweepBeforeSale{gas: SWEEP_GAS}(terms.deviceId, terms.currency) {} catch {
            emit FinalSweepFailed();
        }
        _sync(terms.currency);
        _ledger.freeze();
        emit MachineSold(buyer);
        registry.transferFrom(address(this), buyer, terms.deviceId);
    }

    /// @notice The sweep before a sale; only the shares themselves, which hold the lock.
    /// Reverts with {MachineSharesUnauthorized}, or as the currency or the wallet does.
    function sweepBeforeSale(uint256 deviceId, Currency currency) external {
        require(msg.sender == address(this), MachineSharesUnauthorized(msg.sender));
        _sweep(deviceId, currency, 0);
    }

    /// @inheritdoc IMachineShares
    function unwrap(address to) external whenActive nonReentrant {
        uint256 needed = totalSupply() - IMachineOfferings(issuer()).forfeitedOf(this);
        uint256 balance = balanceOf(msg.sender);
        require(balance == needed, MachineSharesNotSoleHolder(balance, needed));
        _ledger.freeze();
        emit MachineUnwrapped(msg.sender, to);
        // Safely: it is the holder's own transaction, and the shares themselves could not give it back.
        registry.safeTransferFrom(address(this), to, machine().deviceId);
    }
}
