// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IIotxBurner} from "./IIotxBurner.sol";

/// @title IotxBurner
/// @notice See {IIotxBurner}.
contract IotxBurner is IIotxBurner {
    /// @inheritdoc IIotxBurner
    mapping(address source => uint256 amount) public burnedBy;

    receive() external payable {
        _burn();
    }

    /// @inheritdoc IIotxBurner
    function burn() external payable {
        _burn();
    }

    function _burn() private {
        burnedBy[msg.sender] += msg.value;
        emit Burned(msg.sender, msg.value);
    }
}
