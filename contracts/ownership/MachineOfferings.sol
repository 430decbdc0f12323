// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/interfaces/IERC721Receiver.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IDeviceRegistry} from "../identity/IDeviceRegistry.sol";
import {IMachineOfferings} from "./IMachineOfferings.sol";
import {IMachineShares} from "./IMachineShares.sol";
import {OfferingBook} from "./OfferingBook.sol";
import {OfferingChecks} from "./OfferingChecks.sol";
import {OfferingMilestones} from "./OfferingMilestones.sol";
import {PackedMachine} from "./PackedMachine.sol";

/// @title MachineOfferings
/// @notice See {IMachineOfferings}. Here: creation and sale. What is kept of an offering is in {OfferingBook}, its
/// milestones in {OfferingMilestones}.
contract MachineOfferings is OfferingMilestones {
    /// @inheritdoc IMachineOfferings
    address public immutable sharesImplementation;

    /// @param authority The suite's AccessManager.
    /// @param registry_ The suite's {IDeviceRegistry}.
    /// @param sharesImplementation_ The code of every machine's shares, over the same registry.
    /// @param treasury_ Who gets the fees.
    /// @param feeBps_ The protocol's part of each release, at most 500 bps.
    constructor(
        address authority,
        IDeviceRegistry registry_,
        address sharesImplementation_,
        address treasury_,
        uint16 feeBps_
    ) AccessManaged(authority) EIP712("DeFIoT MachineOfferings", "1") OfferingBook(registry_, treasury_, feeBps_) {
        require(sharesImplementation_.code.length != 0, MachineOfferingsNoCode(sharesImplementation_));
        bool same = IMachineShares(sharesImplementation_).registry() == registry_;
        require(same, MachineOfferingsOtherRegistry(sharesImplementation_));
        sharesImplementation = sharesImplementation_;
    }

    /// @inheritdoc IMachineOfferings
    function create(
        IMachineShares.Machine calldata machine,
        Offering calldata offering
    ) external returns (IMachineShares shares) {
        require(registry.ownerOf(machine.deviceId) == msg.sender, MachineOfferingsUnauthorized(msg.sender));
        require(machine.operator != address(this), MachineOfferingsInvalidOperator(machine.operator));
        OfferingChecks.checkMachine(machine);
        OfferingChecks.checkOffering(offering);
        bytes memory packed = PackedMachine.pack(machine, offering, feeBps, address(this));
        // The address is the hash of seller and terms: a contributor who signs for it signs for them.
        bytes32 salt = bytes32(uint256(uint160(msg.sender)));
        shares = IMachineShares(Clones.cloneDeterministicWithImmutableArgs(sharesImplementation, packed, salt));
        _sales[shares] = Sale(msg.sender, 0, Mark.Draft);
        emit OfferingCreated(
            shares,
            machine.deviceId,
            msg.sender,
            machine.currency,
            offering.price,
            offering.hardCap,
            offering.start,
            offering.end
        );
    }

    /// @inheritdoc IERC721Receiver
    /// @dev The device's token opens the offering it is sent with, if its seller sends it.
    function onERC721Received(
        address,
        address from,
        uint256 tokenId,
        bytes calldata data
    ) external returns (bytes4 selector) {
        require(msg.sender == address(registry), MachineOfferingsOtherDevice(msg.sender, tokenId));
        IMachineShares shares = abi.decode(data, (IMachineShares));
        Terms memory terms = _load(shares);
        Sale storage sale = _sales[shares];
        bool openable = sale.mark == Mark.Draft && block.timestamp < terms.end;
        require(openable, MachineOfferingsWrongStatus(shares, _statusOf(shares, terms)));
        require(from == sale.seller, MachineOfferingsUnauthorized(from));
        require(tokenId == _deviceOf(shares), MachineOfferingsOtherDevice(msg.sender, tokenId));
        sale.mark = Mark.Open;
        emit OfferingOpened(shares);
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @inheritdoc IMachineOfferings
    function cancel(IMachineShares shares) external {
        Terms memory terms = _load(shares);
        Sale storage sale = _sales[shares];
        require(msg.sender == sale.seller, MachineOfferingsUnauthorized(msg.sender));
        bool early = sale.mark == Mark.Open && block.timestamp < terms.start;
        require(early, MachineOfferingsWrongStatus(shares, _statusOf(shares, terms)));
        sale.mark = Mark.Draft;
        emit OfferingCancelled(shares);
        registry.transferFrom(address(this), msg.sender, _deviceOf(shares));
    }

    /// @inheritdoc IMachineOfferings
    function contribute(
        IMachineShares shares,
        uint88 amount,
        uint96 cap,
        bytes32[] calldata proof
    ) external payable nonReentrant whenIntakeOpen returns (uint256 bought) {
        Terms memory terms = _load(shares);
        Sale memory sale = _sales[shares];
        _checkStatus(shares, terms, Status.Open);
        require(block.timestamp >= terms.start, MachineOfferingsNotStarted(terms.start));
        require(amount != 0, MachineOfferingsNoShares());
        bought = Math.min(amount, terms.hardCap - sale.sold);
        uint256 most = _capOf(terms, cap, proof);
        _sales[shares].sold = sale.sold + uint88(bought);
        uint256 held = shares.mint(msg.sender, bought);
        require(held <= most, MachineOfferingsOverCap(msg.sender, held, most));
        uint256 cost = bought * terms.price;
        emit Contributed(shares, msg.sender, bought, cost);
        terms.currency.takeWithChange(msg.sender, cost);
    }

    /// @inheritdoc IMachineOfferings
    function refund(IMachineShares shares, address account, address to) external nonReentrant returns (uint256 paid) {
        _checkMayReceive(account, to);
        Terms memory terms = _load(shares);
        _checkStatus(shares, terms, Status.Failed);
        uint256 held = shares.balanceOf(account);
        require(held != 0, MachineOfferingsNothingToRefund(account));
        paid = held * terms.price;
        shares.burn(account, held);
        emit ContributionRefunded(shares, account, paid, to);
        terms.currency.pay(to, paid);
    }

    /// @inheritdoc IMachineOfferings
    function reclaim(IMachineShares shares) external {
        Terms memory terms = _load(shares);
        Sale memory sale = _sales[shares];
        // Once: the device may be here again for another offering.
        bool due = sale.mark == Mark.Open && _statusOf(shares, terms) == Status.Failed;
        require(due, MachineOfferingsWrongStatus(shares, _statusOf(shares, terms)));
        _sales[shares].mark = Mark.Reclaimed;
        emit DeviceReclaimed(shares, sale.seller);
        registry.transferFrom(address(this), sale.seller, _deviceOf(shares));
    }

    /// @inheritdoc IMachineOfferings
    function finalise(IMachineShares shares) external nonReentrant {
        Terms memory terms = _load(shares);
        Sale memory sale = _sales[shares];
        _checkStatus(shares, terms, Status.Funded);
        uint128 raised = uint128(uint256(sale.sold) * terms.price);
        _sales[shares].mark = Mark.Final;
        uint256 reserved = _operatorSharesOf(terms, sale.sold);
        _rests[shares] = Rest(raised, uint88(reserved), 0);
        emit OfferingFinalised(shares, sale.sold, raised);
        if (reserved != 0) shares.mint(address(this), reserved);
        registry.transferFrom(address(this), address(shares), _deviceOf(shares));
        shares.seal(terms.price);
    }

    /// @dev How many shares the caller may hold; what he is allowed is his own, so nobody uses up another's.
    function _capOf(Terms memory terms, uint96 cap, bytes32[] calldata proof) private view returns (uint256 most) {
        most = terms.walletCap == 0 ? type(uint256).max : terms.walletCap;
        if (terms.allowListRoot == 0) return most;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(msg.sender, cap))));
        bool listed = MerkleProof.verifyCalldata(proof, terms.allowListRoot, leaf);
        require(listed, MachineOfferingsNotAllowed(msg.sender, cap));
        return Math.min(most, cap);
    }
}
