// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";

/// @notice See `ISettlement`.
contract Settlement is ISettlement, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @notice Where burned tokens end up; its ledger entry collects them until somebody sweeps.
    address public constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    IERC20 private immutable _TOKEN;
    address public immutable jobRegistry;
    address public immutable modelRegistry;
    address public immutable slasher;
    /// @notice The court, which holds bonds; zero in a deployment without one.
    address public immutable trialCourt;
    /// @notice Holds the funds of feeds and the fees of data requests as bonds; zero in a deployment without feeds.
    address public immutable feedRegistry;

    mapping(address account => uint256 amount) private _balances;
    mapping(bytes32 key => uint256 amount) private _bonds;
    uint256 private _totalHeld;

    /// @dev The callers are fixed for ever: no administrator can grant anybody the right to move a balance (I21, I31).
    constructor(
        IERC20 token_,
        address jobRegistry_,
        address modelRegistry_,
        address slasher_,
        address trialCourt_,
        address feedRegistry_
    ) {
        _TOKEN = token_;
        jobRegistry = jobRegistry_;
        modelRegistry = modelRegistry_;
        slasher = slasher_;
        trialCourt = trialCourt_;
        feedRegistry = feedRegistry_;
    }

    modifier onlyJobRegistry() {
        if (msg.sender != jobRegistry) revert SettlementUnauthorized(msg.sender);
        _;
    }

    modifier onlyBondKeeper() {
        if (msg.sender != modelRegistry && msg.sender != trialCourt && msg.sender != feedRegistry) {
            revert SettlementUnauthorized(msg.sender);
        }
        _;
    }

    /* VIEWS */

    function token() external view returns (address) {
        return address(_TOKEN);
    }

    function balanceOf(address account) external view returns (uint256) {
        return _balances[account];
    }

    function bondOf(bytes32 key) external view returns (uint256) {
        return _bonds[key];
    }

    function totalHeld() external view returns (uint256) {
        return _totalHeld;
    }

    /* OWNERS OF BALANCES */

    function deposit(address account, uint256 amount) external nonReentrant returns (uint256) {
        return _deposit(account, amount);
    }

    function depositWithPermit(
        address account,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256) {
        // A permit in the open can be spent by anybody first; the allowance it gave is what counts.
        try IERC20Permit(address(_TOKEN)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _deposit(account, amount);
    }

    function withdraw(address to, uint256 amount) external nonReentrant {
        if (to == address(0) || to == address(this)) revert SettlementInvalidRecipient(to);
        _debit(msg.sender, amount);
        _totalHeld -= amount;
        emit Withdrawn(msg.sender, to, amount);
        _TOKEN.safeTransfer(to, amount);
    }

    function sweepBurned() external nonReentrant returns (uint256 amount) {
        amount = _balances[BURN_ADDRESS];
        _balances[BURN_ADDRESS] = 0;
        _totalHeld -= amount;
        emit BurnSwept(amount);
        _TOKEN.safeTransfer(BURN_ADDRESS, amount);
    }

    /* JOBS */

    function escrow(address account, uint256 amount) external onlyJobRegistry {
        _debit(account, amount);
    }

    function refund(address account, uint256 amount) external onlyJobRegistry {
        _credit(account, amount);
    }

    function pay(
        address operator,
        uint256 operatorAmount,
        address publisher,
        uint256 publisherAmount,
        address treasury,
        uint256 treasuryAmount
    ) external onlyJobRegistry {
        _credit(operator, operatorAmount);
        _credit(publisher, publisherAmount);
        _credit(treasury, treasuryAmount);
    }

    /* BONDS */

    function bond(bytes32 key, address account, uint256 amount) external onlyBondKeeper {
        _debit(account, amount);
        _bonds[key] += amount;
        emit Bonded(key, account, amount);
    }

    function releaseBond(bytes32 key, address account, uint256 amount) external onlyBondKeeper {
        uint256 bonded = _bonds[key];
        if (bonded < amount) revert SettlementInsufficientBond(key, bonded, amount);
        unchecked {
            _bonds[key] = bonded - amount;
        }
        _credit(account, amount);
        emit BondReleased(key, account, amount);
    }

    /* SLASHES */

    function creditSlash(address[] calldata accounts, uint256[] calldata amounts, uint256 burned) external {
        if (msg.sender != slasher) revert SettlementUnauthorized(msg.sender);
        uint256 sum = burned;
        _credit(BURN_ADDRESS, burned);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _credit(accounts[i], amounts[i]);
            sum += amounts[i];
        }
        uint256 held = _totalHeld + sum;
        _totalHeld = held;
        // INVARIANT(I2): what is owed is here.
        uint256 balance = _TOKEN.balanceOf(address(this));
        if (balance < held) revert SettlementUncovered(held, balance);
    }

    /* INTERNAL */

    /// @dev INVARIANT(I25): the credit is the balance delta, whatever the token claims to have moved.
    function _deposit(address account, uint256 amount) private returns (uint256 received) {
        uint256 before = _TOKEN.balanceOf(address(this));
        _TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        received = _TOKEN.balanceOf(address(this)) - before;
        if (received == 0) revert SettlementNothingReceived();
        _totalHeld += received;
        _credit(account, received);
        emit Deposited(account, msg.sender, received);
    }

    function _debit(address account, uint256 amount) private {
        uint256 balance = _balances[account];
        if (balance < amount) revert SettlementInsufficientBalance(account, balance, amount);
        unchecked {
            _balances[account] = balance - amount;
        }
    }

    function _credit(address account, uint256 amount) private {
        if (amount != 0) _balances[account] += amount;
    }
}
