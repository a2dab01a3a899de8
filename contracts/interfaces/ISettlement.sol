// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The ledger of every token that is not stake
/// @notice Prepaid balances, escrow, earnings, bonds and burns of one ERC-20. Nothing is pushed: a payment is an entry,
/// and its owner withdraws it to whom it likes.
/// @dev Assumptions on the token: no rebasing, no transfer hooks that move a third party's tokens. Deposits are credited
/// by the measured balance delta, so a fee on transfer costs only the depositor. Tokens that return nothing work.
/// A request takes the fee out of the requester's balance; until the job ends that amount belongs to nobody's balance:
/// it is the job's escrow, proven by the job's terms. The jobs' entries are announced by `IJobRegistry` events, the
/// slashes by `ISlasher` events; folding those with the events here reproduces every balance (I33).
interface ISettlement {
    /// @notice `account` was credited with `amount` that `from` brought.
    event Deposited(address indexed account, address indexed from, uint256 amount);
    /// @notice `account` sent `amount` of its balance to `to`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);
    /// @notice `amount` left the balance of `account` for the bond `key`.
    event Bonded(bytes32 indexed key, address indexed account, uint256 amount);
    /// @notice `amount` of the bond `key` was credited to `account`.
    event BondReleased(bytes32 indexed key, address indexed account, uint256 amount);
    /// @notice `amount` burned by slashes left for the burn address.
    event BurnSwept(uint256 amount);

    /// @notice Thrown when a fixed caller is required and somebody else called.
    error SettlementUnauthorized(address caller);
    /// @notice Thrown when a deposit moved no tokens.
    error SettlementNothingReceived();
    error SettlementInsufficientBalance(address account, uint256 balance, uint256 needed);
    error SettlementInsufficientBond(bytes32 key, uint256 bond, uint256 needed);
    error SettlementInvalidRecipient(address to);
    /// @notice Thrown when tokens that should have arrived did not.
    error SettlementUncovered(uint256 held, uint256 balance);

    /// @notice Whose ledger entry collects what is burned.
    function BURN_ADDRESS() external view returns (address);

    /// @notice The one token of this deployment.
    function token() external view returns (address);

    /// @notice What `account` may spend on requests or withdraw, token units.
    function balanceOf(address account) external view returns (uint256);

    /// @notice What is bonded under `key`, token units.
    function bondOf(bytes32 key) external view returns (uint256);

    /// @notice Sum of all balances, bonds and escrow. Tokens beyond it were donated and belong to nobody.
    function totalHeld() external view returns (uint256);

    /// @notice Brings `amount` tokens of the caller and credits `account` with what arrived.
    /// @return received the credited amount, at most `amount`
    function deposit(address account, uint256 amount) external returns (uint256 received);

    /// @notice Like `deposit`, with an EIP-2612 permit. A permit that somebody else has already spent does no harm as long
    /// as the allowance it gave is still there.
    function depositWithPermit(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 received);

    /// @notice Sends `amount` of the caller's balance to `to`.
    function withdraw(address to, uint256 amount) external;

    /// @notice Sends what slashes have burned to 0x…dEaD. Anybody may call.
    function sweepBurned() external returns (uint256 amount);

    /// @notice Takes a fee out of the balance of `account`. Only the job registry.
    function escrow(address account, uint256 amount) external;

    /// @notice Returns escrow to `account`. Only the job registry.
    function refund(address account, uint256 amount) external;

    /// @notice Pays an escrow out to the three who share it. Only the job registry, which proves that the sum is the fee.
    function pay(
        address operator,
        uint256 operatorAmount,
        address publisher,
        uint256 publisherAmount,
        address treasury,
        uint256 treasuryAmount
    ) external;

    /// @notice Moves `amount` from the balance of `account` into the bond `key`. Only the model registry, the court or the
    /// feed registry.
    function bond(bytes32 key, address account, uint256 amount) external;

    /// @notice Moves `amount` from the bond `key` into the balance of `account`. Only the model registry, the court or the
    /// feed registry.
    function releaseBond(bytes32 key, address account, uint256 amount) external;

    /// @notice Credits tokens that a slash has just moved here. Only the slasher.
    /// @dev Reverts unless the tokens are really here. Zero amounts are skipped.
    function creditSlash(address[] calldata accounts, uint256[] calldata amounts, uint256 burned) external;
}
