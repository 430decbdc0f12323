// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeOnTopERC20} from "../../contracts/mocks/FeeOnTopERC20.sol";
import {FeeOnTransferERC20} from "../../contracts/mocks/FeeOnTransferERC20.sol";
import {GasBurningReceiver} from "../../contracts/mocks/GasBurningReceiver.sol";
import {RebasingERC20} from "../../contracts/mocks/RebasingERC20.sol";
import {ReentrantReceiver} from "../../contracts/mocks/ReentrantReceiver.sol";
import {RevertingReceiver} from "../../contracts/mocks/RevertingReceiver.sol";
import {ISplitHub} from "../../contracts/ownership/ISplitHub.sol";
import {SplitHub} from "../../contracts/ownership/SplitHub.sol";
import {Currency} from "../../contracts/shared/Currency.sol";
import {SplitHubFixture} from "./SplitHubFixture.sol";

/// @dev Six splits that pay five accounts and each other, in five currencies; and what ought to be where. Three of the
/// accounts and two of the currencies misbehave, as do two of the trees.
abstract contract SplitHubModel is SplitHubFixture {
    uint256 public constant SPLITS = 6;
    uint256 public constant CURRENCIES = 5;
    /// @dev The first currencies: coin, a token, and one that takes a fee of what it moves.
    uint256 public constant HONEST = 3;
    uint256 public constant ACCOUNTS = 5;
    uint256 internal constant FEE_BPS = 130;
    uint256 internal constant FEE_ON_TRANSFER = 2;
    uint256 internal constant REBASING = 4;

    RevertingReceiver internal _refusing;
    GasBurningReceiver internal _burning;
    ReentrantReceiver internal _reentrant;
    RebasingERC20 internal _rebasing;
    bool internal _accepts;

    Tree[] private _trees;
    Currency[] private _currencies;
    address[] private _accounts;
    mapping(uint256 split => mapping(uint256 currency => uint256 amount)) internal _cumulative;
    mapping(uint256 split => mapping(uint256 currency => uint256 amount)) internal _released;
    mapping(uint256 split => mapping(uint256 currency => mapping(bytes32 payee => uint256))) internal _paid;
    mapping(uint256 currency => mapping(bytes32 payee => uint256 amount)) internal _received;
    mapping(uint256 currency => uint256 amount) internal _donated;
    /// @dev One more than its index; 0 for none.
    mapping(uint256 split => uint256 successor) internal _successor;

    constructor() {
        _deployHub();
        (_refusing, _burning) = (new RevertingReceiver(), new GasBurningReceiver());
        (_reentrant, _rebasing) = (new ReentrantReceiver(), new RebasingERC20());
        _currencies.push(COIN);
        _currencies.push(_inToken);
        _currencies.push(_endow(new FeeOnTransferERC20(FEE_BPS)));
        _currencies.push(_endow(new FeeOnTopERC20(3)));
        _currencies.push(_endow(_rebasing));
        _accounts = [_someone(0), _someone(1), address(_refusing), address(_burning), address(_reentrant)];
        // What people have is not all from here.
        for (uint256 i = 0; i < 2; ++i) _received[0][_account(_someone(i))] = _someone(i).balance;
        (bytes32 anne, bytes32 ben) = (_account(_someone(0)), _account(_someone(1)));
        _plant(anne, 1, ben, 2, _account(address(_reentrant)), 4, 7);
        _plant(anne, 3, _trees[0].id, 5, _account(address(_refusing)), 2, 10);
        // Hostile: each gets all, and one is there twice.
        _plant(anne, 10, ben, 10, _trees[0].id, 10, 10);
        _plant(anne, 3, anne, 4, ben, 3, 10);
        _plant(ben, 1, _trees[1].id, 7, _account(address(_burning)), 1, 9);
        _plant(ben, 5, _trees[4].id, 4, _trees[2].id, 1, 10);
    }

    function hub() external view returns (SplitHub) {
        return _hub;
    }

    function treeAt(uint256 split) external view returns (Tree memory) {
        return _trees[split];
    }

    function currencyAt(uint256 currency) external view returns (Currency) {
        return _currencies[currency];
    }

    function accountAt(uint256 index) external view returns (address) {
        return _accounts[index];
    }

    function potIn(uint256 split, uint256 currency) external view returns (uint256 cumulative, uint256 released) {
        return (_cumulative[split][currency], _released[split][currency]);
    }

    function paidIn(uint256 split, uint256 currency, bytes32 payee) external view returns (uint256) {
        return _paid[split][currency][payee];
    }

    function receivedIn(uint256 currency, address account) external view returns (uint256) {
        return _received[currency][_account(account)];
    }

    function donatedIn(uint256 currency) external view returns (uint256) {
        return _donated[currency];
    }

    function dueIn(uint256 split, uint256 currency, uint256 index) external view returns (uint256) {
        return _due(split, currency, index);
    }

    /// @dev Whether each recipient is there once, and all shares are the total.
    function isHonest(uint256 split) public pure returns (bool) {
        return split != 2 && split != 3;
    }

    function _tree(uint256 split) internal view returns (Tree memory) {
        return _trees[split];
    }

    function _currency(uint256 index) internal view returns (Currency) {
        return _currencies[index];
    }

    function _due(uint256 split, uint256 currency, uint256 index) internal view returns (uint256 amount) {
        ISplitHub.Recipient memory its = _trees[split].recipients[index];
        uint256 paid = _paid[split][currency][its.payee];
        uint256 cumulative = _cumulative[split][currency];
        uint256 part = (cumulative * its.shares) / _trees[split].split.total;
        amount = part > paid ? part - paid : 0;
        uint256 left = cumulative - _released[split][currency];
        return amount < left ? amount : left;
    }

    /// @dev One hop, and no further.
    function _credit(uint256 split, uint256 currency, uint256 amount) internal {
        uint256 successor = _successor[split];
        _cumulative[successor == 0 ? split : successor - 1][currency] += amount;
    }

    function _noteRelease(uint256 split, uint256 currency, uint256 index) internal {
        uint256 amount = _due(split, currency, index);
        bytes32 payee = _trees[split].recipients[index].payee;
        _paid[split][currency][payee] += amount;
        _released[split][currency] += amount;
        if (uint256(payee) > type(uint160).max) _credit(_splitOf(payee), currency, amount);
        else _received[currency][payee] += _arrives(currency, amount);
    }

    /// @dev What an honest currency delivers.
    function _arrives(uint256 currency, uint256 amount) internal pure returns (uint256) {
        return currency == FEE_ON_TRANSFER ? amount - (amount * FEE_BPS) / 10_000 : amount;
    }

    /// @dev Whether a recipient can be paid in an honest currency.
    function _takes(uint256 split, uint256 currency, uint256 index) internal view returns (bool) {
        bytes32 payee = _trees[split].recipients[index].payee;
        if (currency != 0 || _due(split, currency, index) == 0) return true;
        if (payee == _account(address(_refusing))) return _accepts;
        return payee != _account(address(_burning));
    }

    function _splitOf(bytes32 id) private view returns (uint256 index) {
        while (_trees[index].id != id) ++index;
    }

    function _plant(
        bytes32 one,
        uint96 ones,
        bytes32 two,
        uint96 twos,
        bytes32 three,
        uint96 threes,
        uint96 total
    ) private {
        ISplitHub.Recipient[] memory recipients = new ISplitHub.Recipient[](3);
        recipients[0] = ISplitHub.Recipient(one, ones);
        recipients[1] = ISplitHub.Recipient(two, twos);
        recipients[2] = ISplitHub.Recipient(three, threes);
        Tree memory tree = _treeOf(recipients, total, _trees.length);
        Tree storage its = _trees.push();
        (its.id, its.split) = (tree.id, tree.split);
        for (uint256 i = 0; i < 3; ++i) its.recipients.push(tree.recipients[i]);
    }
}
