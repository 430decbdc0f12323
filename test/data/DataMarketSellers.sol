// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IDataAssets} from "../../contracts/data/IDataAssets.sol";
import {IDataMarket} from "../../contracts/data/IDataMarket.sol";
import {IDataOffers} from "../../contracts/data/IDataOffers.sol";
import {ForceSender} from "../../contracts/mocks/ForceSender.sol";
import {DataMarketReadiness} from "./DataMarketReadiness.sol";

/// @dev What sellers, arbiters, devices, relayers and the suite's admin do, and time.
abstract contract DataMarketSellers is DataMarketReadiness {
    function offer(uint256 seed) external {
        uint256 assetId = (_word(seed, "asset") % _assetCount) + 1;
        if (seed % 4 != 0) _readyToDerive(assetId);
        IDataOffers.Offer memory value = _someOffer(seed, assetId);
        address sender = _orStranger(seed, _stock[assetId].owner);
        (bytes32[] memory licences, bool licensed) = _licencesFor(value, _stock[assetId].owner);
        if (_assets.parentsOf(assetId).length != 0) ++met[licensed ? "derivative offered" : "derivative refused"];
        bytes memory data = abi.encodeCall(IDataOffers.list, (value, licences, ""));
        bool success = _act(sender, address(_offers), 0, data);
        _judge(success, licensed && sender == _stock[assetId].owner, DAT_03);
        if (success) _noteListed(value);
    }

    function withdrawOffer(uint256 seed) external {
        bytes32 offerId = _offer(seed, _isOpen);
        if (seed % 3 != 0) return _judge(true, true, DAT_03);
        Listed storage listed = _listed[offerId];
        address owner = _stock[listed.offer.assetId].owner;
        address sender = _orStranger(seed, owner);
        bool success = _act(sender, address(_offers), 0, abi.encodeCall(IDataOffers.withdrawOffer, (listed.offer)));
        _judge(success, sender == owner && !listed.withdrawn, DAT_03);
        if (success) listed.withdrawn = true;
    }

    function settle(uint256 seed) external creditsAsTheModel {
        bytes32 offerId = _offer(seed, _isBegun);
        uint256 max = _word(seed, "max") % 2 == 0 ? type(uint256).max : _word(seed, "few") % 4;
        bool success = _onMarket(_someone(seed, "sender"), abi.encodeCall(IDataMarket.settle, (offerId, max)));
        _judge(success, true, DAT_02);
        uint256 settled = success ? abi.decode(_answer, (uint256)) : 0;
        if (_noteSettled(offerId, max) != settled) _breach(DAT_02, "settled another number of epochs");
        if (settled != 0) ++met["settled"];
    }

    /// @dev In time: goes on to the end of the running epoch if the last one came already, or never will.
    function append(uint256 seed) external {
        uint256 assetId = _stream(seed);
        Stock storage stock = _stock[assetId];
        uint256 epoch = _epochNow(stock);
        uint256 within = _word(seed, "within");
        bool last = epoch != 0 && epoch - 1 >= stock.next && !_isOverdue(stock, epoch - 1);
        if (last) --epoch;
        else vm.warp(_endOf(stock, epoch) + (within % 5 == 0 ? stock.grace - 1 : within % stock.grace));
        _append(seed, assetId, uint32(epoch), !_isOverdue(stock, epoch));
    }

    function appendLate(uint256 seed) external {
        uint256 assetId = _stream(seed);
        Stock storage stock = _stock[assetId];
        uint256 epoch = stock.next;
        if (!_isOverdue(stock, epoch)) vm.warp(_endOf(stock, epoch) + stock.grace);
        while (seed % 2 == 0 && _isOverdue(stock, epoch + 2)) ++epoch;
        _append(seed, assetId, uint32(epoch), false);
        ++met["late epoch"];
    }

    function deliver(uint256 seed) external {
        if (seed % 8 != 0) _readyToDeliver(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isPending);
        address owner = _stockOf(offerId).owner;
        address sender = _orStranger(seed, owner);
        bytes memory key = seed % 16 == 0 ? bytes("") : bytes("sealed");
        bool expected = _isPending(offerId, holder) && sender == owner && key.length != 0;
        bool success = _onMarket(sender, abi.encodeCall(IDataMarket.deliver, (offerId, holder, key)));
        _judge(success, expected, DAT_12);
        uint256 window = _listed[offerId].offer.sale.challengeWindow;
        if (success) _wait(_hold[offerId][holder], IDataMarket.DeliveryStatus.Delivered, window);
    }

    function rule(uint256 seed) external creditsAsTheModel {
        if (seed % 8 != 0) _readyToRule(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isDisputed);
        address arbiter = _listed[offerId].offer.sale.arbiter;
        address sender = _orStranger(seed, arbiter);
        bool forSeller = seed % 2 == 0;
        bool expected = _isDisputed(offerId, holder) && sender == arbiter;
        bool success = _onMarket(sender, abi.encodeCall(IDataMarket.rule, (offerId, holder, forSeller)));
        _judge(success, expected, DAT_12);
        if (!success) return;
        ++met[forSeller ? "ruled for the seller" : "ruled for the holder"];
        _noteClosed(offerId, holder, forSeller);
    }

    function closeDelivery(uint256 seed) external creditsAsTheModel {
        if (seed % 8 != 0) _readyToClose(seed);
        (bytes32 offerId, address holder) = _pair(seed, _isDeliveryOn);
        Hold storage hold = _hold[offerId][holder];
        if (seed % 4 != 0 && hold.deadline > _now()) vm.warp(hold.deadline + (_word(seed, "late") % 2));
        bool expected = _isLate(offerId, holder);
        bool earned = hold.status == IDataMarket.DeliveryStatus.Delivered;
        if (expected && hold.status == IDataMarket.DeliveryStatus.Disputed) ++met["no ruling"];
        if (expected && hold.status == IDataMarket.DeliveryStatus.Pending) ++met["no delivery"];
        if (expected && earned) ++met["no dispute"];
        bytes memory data = abi.encodeCall(IDataMarket.closeDelivery, (offerId, holder));
        bool success = _onMarket(_someone(seed, "sender"), data);
        _judge(success, expected, DAT_12);
        if (success) _noteClosed(offerId, holder, earned);
    }

    /// @dev Ends the payee that the seller named, and all offers; what is not settled goes with the asset.
    function sellAsset(uint256 seed) external {
        if (seed % 4 != 0) return _judge(true, true, DAT_03);
        uint256 assetId = (_word(seed, "asset") % _assetCount) + 1;
        Stock storage stock = _stock[assetId];
        address sender = _orStranger(seed, stock.owner);
        address to = _someone(seed, "to");
        bool success = _act(
            sender,
            address(_assets),
            0,
            abi.encodeCall(IERC721.transferFrom, (stock.owner, to, assetId))
        );
        _judge(success, sender == stock.owner, DAT_03);
        if (!success) return;
        stock.owner = to;
        ++stock.transfers;
        if (!stock.payeeFixed) stock.payee = address(0);
    }

    function setPayee(uint256 seed) external {
        uint256 assetId = (_word(seed, "asset") % _assetCount) + 1;
        Stock storage stock = _stock[assetId];
        address sender = _orStranger(seed, stock.owner);
        address payee = seed % 3 == 0 ? address(0) : _someone(seed, "payee");
        bool success = _act(sender, address(_assets), 0, abi.encodeCall(IDataAssets.setPayee, (assetId, payee)));
        _judge(success, sender == stock.owner && !stock.payeeFixed, DAT_08);
        if (success) stock.payee = payee;
    }

    function setFee(uint256 seed) external {
        uint16 bps = uint16(_word(seed, "fee") % 540);
        address sender = seed % 4 == 0 ? _someone(seed, "sender") : address(this);
        bool success = _act(sender, address(_offers), 0, abi.encodeCall(IDataOffers.setFee, (bps)));
        _judge(success, sender == address(this) && bps <= 500, DAT_08);
    }

    function setTreasury(uint256 seed) external {
        address to = _account(_word(seed, "treasury") % (ACTORS + 1));
        address sender = seed % 4 == 0 ? _someone(seed, "sender") : address(this);
        bool success = _onMarket(sender, abi.encodeCall(IDataMarket.setTreasury, (to)));
        _judge(success, sender == address(this), DAT_08);
        if (success) _treasury = to;
    }

    /// @dev Forced coin and unasked tokens are nobody's.
    function donate(uint256 seed) external {
        uint256 amount = (seed % 1_000) + 1;
        _donated[seed % 2] += amount;
        if (seed % 2 == 1) {
            _token.mint(address(_market), amount);
        } else {
            vm.deal(address(this), amount);
            new ForceSender{value: amount}(payable(address(_market)));
        }
        _judge(true, true, DAT_01);
    }

    function warp(uint256 seed) external {
        uint256 manner = seed % 16;
        vm.warp(
            _now() +
                (_word(seed, "time") %
                    (
                        manner == 0
                            ? 16 days
                            : manner < 8
                                ? 2 hours
                                : 2 days
                    ))
        );
        _judge(true, true, DAT_01);
    }

    function _append(uint256 seed, uint256 assetId, uint32 epoch, bool inTime) private {
        Stock storage stock = _stock[assetId];
        bytes32 root = keccak256(abi.encode("epoch", seed));
        uint256 signer = seed % 16 == 0 ? stock.key + 1 : stock.key;
        bytes memory signature = _sign(_deviceKey(signer), _appendDigest(assetId, epoch, root, stock.head, 7));
        bytes memory data = abi.encodeCall(IDataAssets.append, (assetId, epoch, root, stock.head, 7, signature));
        bool success = _act(_someone(seed, "sender"), address(_assets), 0, data);
        _judge(success, signer == stock.key, DAT_05);
        if (!success) return;
        if (inTime) _came[assetId][epoch] = true;
        if (inTime) ++met["epoch in time"];
        if (epoch > stock.next) ++met["epoch left out"];
        stock.next = epoch + 1;
        stock.head = keccak256(abi.encode(stock.head, epoch, root, uint64(7)));
        _rootOf[assetId][epoch] = root;
    }

    /// @dev One that somebody subscribed to, mostly.
    function _stream(uint256 seed) private view returns (uint256 assetId) {
        bytes32 offerId = _offer(seed, _isBegun);
        if (_isBegun(offerId)) return _listed[offerId].offer.assetId;
        for (assetId = (seed % _assetCount) + 1; _stock[assetId].length == 0;) {
            assetId = (assetId % _assetCount) + 1;
        }
    }
}
