// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title ElectricityMeter
/// @notice A prepaid electricity meter, as a utility might put it on a chain: what is paid is credited in watt-hours,
/// at one price in the native coin and one in a token.
contract ElectricityMeter {
    using SafeERC20 for IERC20;

    uint256 private constant WATT_HOURS_PER_KWH = 1_000;

    /// @notice The token that is taken beside the native coin.
    IERC20 public immutable token;
    /// @notice What a kilowatt-hour costs in the native coin, in wei.
    uint256 public immutable coinPrice;
    /// @notice What a kilowatt-hour costs in {token}, in its smallest unit.
    uint256 public immutable tokenPrice;
    /// @notice What was paid for at a meter, in watt-hours.
    mapping(bytes32 meterId => uint256) public wattHoursOf;

    /// @notice A meter was credited with `wattHours`.
    event Charged(bytes32 indexed meterId, address indexed payer, uint256 wattHours);

    constructor(IERC20 token_, uint256 coinPrice_, uint256 tokenPrice_) {
        token = token_;
        coinPrice = coinPrice_;
        tokenPrice = tokenPrice_;
    }

    /// @notice Pays for electricity with the coin that comes along.
    function charge(bytes32 meterId) external payable {
        _credit(meterId, msg.value, coinPrice);
    }

    /// @notice Pays for electricity with tokens that the caller has approved.
    /// @param amount In the token's smallest unit.
    function chargeInToken(bytes32 meterId, uint256 amount) external {
        token.safeTransferFrom(msg.sender, address(this), amount);
        _credit(meterId, amount, tokenPrice);
    }

    function _credit(bytes32 meterId, uint256 paid, uint256 price) private {
        uint256 wattHours = (paid * WATT_HOURS_PER_KWH) / price;
        wattHoursOf[meterId] += wattHours;
        emit Charged(meterId, msg.sender, wattHours);
    }
}
