// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IERC7575
/// @notice A vault, as ERC-7575 has it: ERC-4626 without the token, and {share} says where that is. Where the asset is
/// the native coin, as in ERC-7535, {deposit} and {mint} take it along. Assets are in wei, shares in their smallest
/// unit.
interface IERC7575 {
    /// @notice `sender` paid `assets` in, for `shares` of `owner`.
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);
    /// @notice `sender` had `assets` paid out to `receiver`, for `shares` of `owner`.
    event Withdraw(
        address indexed sender,
        address indexed receiver,
        address indexed owner,
        uint256 assets,
        uint256 shares
    );

    /// @notice Pays `assets` in for as many shares as they buy, which `receiver` gets.
    function deposit(uint256 assets, address receiver) external payable returns (uint256 shares);

    /// @notice Pays in as much as `shares` cost, which `receiver` gets.
    function mint(uint256 shares, address receiver) external payable returns (uint256 assets);

    /// @notice Pays `assets` out to `receiver`, for as many shares as they take.
    function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares);

    /// @notice Pays out to `receiver` what `shares` bring.
    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets);

    /// @notice What the vault takes and pays.
    function asset() external view returns (address currency);

    /// @notice The token of its shares.
    function share() external view returns (address token);

    /// @notice All that belongs to shares.
    function totalAssets() external view returns (uint256 assets);

    /// @notice What `assets` are in shares at the present price, rounded down.
    function convertToShares(uint256 assets) external view returns (uint256 shares);

    /// @notice What `shares` are in assets at the present price, rounded down.
    function convertToAssets(uint256 shares) external view returns (uint256 assets);

    /// @notice The most that {deposit} would take now.
    function maxDeposit(address receiver) external view returns (uint256 assets);

    /// @notice The most that {mint} would give now.
    function maxMint(address receiver) external view returns (uint256 shares);

    /// @notice The most that {withdraw} would pay now.
    function maxWithdraw(address owner) external view returns (uint256 assets);

    /// @notice The most that {redeem} would take now.
    function maxRedeem(address owner) external view returns (uint256 shares);

    /// @notice What {deposit} would give now.
    function previewDeposit(uint256 assets) external view returns (uint256 shares);

    /// @notice What {mint} would cost now.
    function previewMint(uint256 shares) external view returns (uint256 assets);

    /// @notice What {withdraw} would take now.
    function previewWithdraw(uint256 assets) external view returns (uint256 shares);

    /// @notice What {redeem} would bring now.
    function previewRedeem(uint256 shares) external view returns (uint256 assets);
}
