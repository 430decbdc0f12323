// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1155} from "@openzeppelin/contracts/interfaces/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/interfaces/IERC20.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {IERC721} from "@openzeppelin/contracts/interfaces/IERC721.sol";
import {IERC777} from "@openzeppelin/contracts/interfaces/IERC777.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title TokenSelectors
/// @notice The functions of ERC-20, 721, 777, 1155, 1363, 2612 and 6909 by which a token's holder gives others power
/// over his tokens, or moves them.
library TokenSelectors {
    /// @dev Not in a standard, and in many tokens.
    bytes4 private constant INCREASE_ALLOWANCE = bytes4(keccak256("increaseAllowance(address,uint256)"));
    bytes4 private constant INCREASE_APPROVAL = bytes4(keccak256("increaseApproval(address,uint256)"));
    /// @dev DAI's, older than ERC-2612.
    bytes4 private constant DAI_PERMIT = bytes4(
        keccak256("permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)")
    );
    /// @dev Overloaded functions have no `.selector`.
    bytes4 private constant ERC721_SAFE_TRANSFER = bytes4(keccak256("safeTransferFrom(address,address,uint256)"));
    bytes4 private constant ERC721_SAFE_TRANSFER_DATA = bytes4(
        keccak256("safeTransferFrom(address,address,uint256,bytes)")
    );
    bytes4 private constant ERC1363_TRANSFER_AND_CALL = bytes4(keccak256("transferAndCall(address,uint256)"));
    bytes4 private constant ERC1363_TRANSFER_AND_CALL_DATA = bytes4(
        keccak256("transferAndCall(address,uint256,bytes)")
    );
    bytes4 private constant ERC1363_TRANSFER_FROM_AND_CALL = bytes4(
        keccak256("transferFromAndCall(address,address,uint256)")
    );
    bytes4 private constant ERC1363_TRANSFER_FROM_AND_CALL_DATA = bytes4(
        keccak256("transferFromAndCall(address,address,uint256,bytes)")
    );
    bytes4 private constant ERC1363_APPROVE_AND_CALL = bytes4(keccak256("approveAndCall(address,uint256)"));
    bytes4 private constant ERC1363_APPROVE_AND_CALL_DATA = bytes4(keccak256("approveAndCall(address,uint256,bytes)"));

    /// @notice Whether a direct call of this function leaves a standing approval to its first argument.
    function approves(bytes4 selector) internal pure returns (bool) {
        return
            selector == IERC20.approve.selector ||
            selector == INCREASE_ALLOWANCE ||
            selector == INCREASE_APPROVAL ||
            selector == IERC721.setApprovalForAll.selector ||
            selector == ERC1363_APPROVE_AND_CALL ||
            selector == ERC1363_APPROVE_AND_CALL_DATA ||
            selector == IERC777.authorizeOperator.selector ||
            selector == IERC6909.approve.selector ||
            selector == IERC6909.setOperator.selector;
    }

    /// @notice Whether this function approves or moves a holder's tokens.
    function approvesOrMoves(bytes4 selector) internal pure returns (bool) {
        return approves(selector) || _permits(selector) || _moves(selector);
    }

    function _permits(bytes4 selector) private pure returns (bool) {
        return selector == IERC20Permit.permit.selector || selector == DAI_PERMIT;
    }

    function _moves(bytes4 selector) private pure returns (bool) {
        return
            selector == IERC20.transfer.selector ||
            selector == IERC20.transferFrom.selector ||
            selector == ERC721_SAFE_TRANSFER ||
            selector == ERC721_SAFE_TRANSFER_DATA ||
            selector == IERC1155.safeTransferFrom.selector ||
            selector == IERC1155.safeBatchTransferFrom.selector ||
            selector == ERC1363_TRANSFER_AND_CALL ||
            selector == ERC1363_TRANSFER_AND_CALL_DATA ||
            selector == ERC1363_TRANSFER_FROM_AND_CALL ||
            selector == ERC1363_TRANSFER_FROM_AND_CALL_DATA ||
            // solhint-disable-next-line check-send-result
            selector == IERC777.send.selector ||
            selector == IERC777.operatorSend.selector ||
            selector == IERC6909.transfer.selector ||
            selector == IERC6909.transferFrom.selector;
    }
}
