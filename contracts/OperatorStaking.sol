// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IOperatorStaking} from "./interfaces/IOperatorStaking.sol";
import {APPOINTMENT_TYPEHASH} from "./types/Attestation.sol";

/// @notice See `IOperatorStaking`.
contract OperatorStaking is IOperatorStaking, EIP712, ReentrancyGuardTransient {
    using Checkpoints for Checkpoints.Trace208;
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    IERC20 private immutable _TOKEN;
    address public immutable jobRegistry;
    address public immutable slasher;
    address public immutable settlement;
    /// @notice Locks the bonds of feeds; zero in a deployment without feeds.
    address public immutable feedRegistry;
    uint256 public immutable unbondingDelay;
    uint256 public immutable revocationDelay;
    uint256 public immutable epochLength;

    mapping(address operator => Stake) private _stakes;
    mapping(address operator => Unbonding) private _unbondings;
    mapping(address attester => AttesterKey) private _keys;
    /// free and locked stake per epoch, for the sortition ladder
    mapping(address operator => Checkpoints.Trace208) private _stakeHistory;
    Checkpoints.Trace208 private _totalHistory;

    /// @dev The callers are fixed for ever: no administrator can grant anybody the right to lock or slash (I21, I31).
    constructor(
        IERC20 token_,
        address jobRegistry_,
        address slasher_,
        address settlement_,
        address feedRegistry_,
        uint256 unbondingDelay_,
        uint256 revocationDelay_,
        uint256 epochLength_
    ) EIP712("Remit OperatorStaking", "1") {
        if (epochLength_ == 0) revert OperatorStakingInvalidDelay(epochLength_);
        if (revocationDelay_ > unbondingDelay_) revert OperatorStakingInvalidDelay(revocationDelay_);
        _TOKEN = token_;
        jobRegistry = jobRegistry_;
        slasher = slasher_;
        settlement = settlement_;
        feedRegistry = feedRegistry_;
        unbondingDelay = unbondingDelay_;
        revocationDelay = revocationDelay_;
        epochLength = epochLength_;
    }

    modifier onlyJobRegistry() {
        if (msg.sender != jobRegistry) revert OperatorStakingUnauthorized(msg.sender);
        _;
    }

    /* VIEWS */

    function token() external view returns (address) {
        return address(_TOKEN);
    }

    function stakeOf(address operator) external view returns (Stake memory) {
        return _stakes[operator];
    }

    function unbondingOf(address operator) external view returns (Unbonding memory) {
        return _unbondings[operator];
    }

    function attesterKey(address attester) external view returns (AttesterKey memory) {
        return _keys[attester];
    }

    function operatorOf(address attester) public view returns (address) {
        AttesterKey memory key = _keys[attester];
        return key.revokedAt == 0 || block.timestamp < key.revokedAt ? key.operator : address(0);
    }

    function ladderStakes(address operator, uint256 timestamp) external view returns (uint256 stake, uint256 total) {
        uint48 epoch = (timestamp / epochLength).toUint48();
        if (epoch == 0) return (0, 0);
        // Changes made within the epoch carry its number; the boundary before it is the number below.
        return (_stakeHistory[operator].upperLookupRecent(epoch - 1), _totalHistory.upperLookupRecent(epoch - 1));
    }

    /* STAKE */

    function deposit(uint256 amount) external nonReentrant returns (uint256) {
        return _deposit(amount);
    }

    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256) {
        // A permit in the open can be spent by anybody first; the allowance it gave is what counts.
        try IERC20Permit(address(_TOKEN)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _deposit(amount);
    }

    function unbond(uint256 amount) external {
        if (amount == 0) revert OperatorStakingZeroAmount();
        Stake storage stake = _stakes[msg.sender];
        uint256 free = stake.free;
        // INVARIANT(I4): locked stake stays where it is.
        if (free < amount) revert OperatorStakingInsufficientFree(msg.sender, free, amount);
        stake.free = (free - amount).toUint128();
        Unbonding storage unbonding = _unbondings[msg.sender];
        unbonding.amount += amount.toUint128();
        // INVARIANT(I6): the clock starts again for all of it.
        uint64 releaseAt = (block.timestamp + unbondingDelay).toUint64();
        unbonding.releaseAt = releaseAt;
        _checkpoint(msg.sender, 0, amount);
        emit StakeUnbonding(msg.sender, amount, releaseAt);
    }

    function withdraw(address to) external nonReentrant returns (uint256 amount) {
        if (to == address(0) || to == address(this)) revert OperatorStakingInvalidRecipient(to);
        Unbonding memory unbonding = _unbondings[msg.sender];
        amount = unbonding.amount;
        if (amount == 0) revert OperatorStakingZeroAmount();
        if (block.timestamp < unbonding.releaseAt) revert OperatorStakingNotReleased(msg.sender, unbonding.releaseAt);
        delete _unbondings[msg.sender];
        emit StakeWithdrawn(msg.sender, to, amount);
        _TOKEN.safeTransfer(to, amount);
    }

    /* ATTESTER KEYS */

    function appointAttester(address attester, bytes calldata consent) external {
        address owner = _keys[attester].operator;
        // A key belongs to one operator for ever: what it signed must always point at the same stake.
        if (owner != address(0)) revert OperatorStakingAttesterTaken(attester, owner);
        if (attester != msg.sender) {
            bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(APPOINTMENT_TYPEHASH, msg.sender, attester)));
            (address signer, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, consent);
            if (failure != ECDSA.RecoverError.NoError || signer != attester) {
                revert OperatorStakingInvalidAppointment(msg.sender, attester);
            }
        }
        _keys[attester].operator = msg.sender;
        emit AttesterAppointed(msg.sender, attester);
    }

    function revokeAttester(address attester) external {
        AttesterKey storage key = _keys[attester];
        if (key.operator != msg.sender) revert OperatorStakingNotAttester(msg.sender, attester);
        if (key.revokedAt != 0) revert OperatorStakingAlreadyRevoked(attester);
        uint64 revokedAt = (block.timestamp + revocationDelay).toUint64();
        key.revokedAt = revokedAt;
        emit AttesterRevoked(msg.sender, attester, revokedAt);
    }

    /* JOBS */

    function lockByKey(
        address attester,
        uint256 unlockAmount,
        uint256 lockAmount
    ) external onlyJobRegistry returns (address operator) {
        operator = operatorOf(attester);
        if (operator != address(0)) _relock(operator, unlockAmount, lockAmount);
    }

    function unlock(address operator, uint256 amount) external onlyJobRegistry {
        _relock(operator, amount, 0);
    }

    /* FEEDS */

    function lockBond(address operator, uint256 amount) external {
        if (msg.sender != feedRegistry) revert OperatorStakingUnauthorized(msg.sender);
        _relock(operator, 0, amount);
    }

    function unlockBond(address operator, uint256 amount) external {
        if (msg.sender != feedRegistry) revert OperatorStakingUnauthorized(msg.sender);
        _relock(operator, amount, 0);
    }

    /* SLASHES */

    function slash(
        address operator,
        uint256 lockedAmount,
        uint256 extraAmount
    ) external nonReentrant returns (uint256 fromLocked, uint256 fromFree, uint256 fromUnbonding) {
        if (msg.sender != slasher) revert OperatorStakingUnauthorized(msg.sender);
        Stake memory stake = _stakes[operator];
        if (stake.locked < lockedAmount) {
            revert OperatorStakingInsufficientLocked(operator, stake.locked, lockedAmount);
        }
        Unbonding storage unbonding = _unbondings[operator];
        fromLocked = lockedAmount;
        // INVARIANT(I7): never another job's lock.
        fromFree = Math.min(extraAmount, stake.free);
        fromUnbonding = Math.min(extraAmount - fromFree, unbonding.amount);

        _stakes[operator] = Stake({
            free: (stake.free - fromFree).toUint128(),
            locked: (stake.locked - fromLocked).toUint128()
        });
        if (fromUnbonding != 0) unbonding.amount -= fromUnbonding.toUint128();
        _checkpoint(operator, 0, fromLocked + fromFree);
        emit StakeSlashed(operator, fromLocked, fromFree, fromUnbonding);
        _TOKEN.safeTransfer(settlement, fromLocked + fromFree + fromUnbonding);
    }

    /* INTERNAL */

    /// @dev INVARIANT(I3): what leaves one side arrives on the other.
    function _relock(address operator, uint256 unlockAmount, uint256 lockAmount) private {
        Stake storage stake = _stakes[operator];
        (uint256 free, uint256 locked) = (stake.free, stake.locked);
        if (locked < unlockAmount) revert OperatorStakingInsufficientLocked(operator, locked, unlockAmount);
        unchecked {
            // Both are below 2^128, and so is their sum: it is what the operator brought.
            (free, locked) = (free + unlockAmount, locked - unlockAmount);
            if (free < lockAmount) revert OperatorStakingInsufficientFree(operator, free, lockAmount);
            (free, locked) = (free - lockAmount, locked + lockAmount);
        }
        (stake.free, stake.locked) = (uint128(free), uint128(locked));
    }

    /// @dev INVARIANT(I25): the stake is the balance delta, whatever the token claims to have moved.
    function _deposit(uint256 amount) private returns (uint256 received) {
        uint256 before = _TOKEN.balanceOf(address(this));
        _TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        received = _TOKEN.balanceOf(address(this)) - before;
        if (received == 0) revert OperatorStakingNothingReceived();
        Stake storage stake = _stakes[msg.sender];
        uint256 locked = stake.locked;
        // The whole stake fits, so no later move between its parts can overflow.
        stake.free = ((stake.free + locked + received).toUint128() - locked).toUint128();
        _checkpoint(msg.sender, received, 0);
        emit StakeDeposited(msg.sender, received);
    }

    function _checkpoint(address operator, uint256 added, uint256 removed) private {
        uint48 epoch = (block.timestamp / epochLength).toUint48();
        Checkpoints.Trace208 storage history = _stakeHistory[operator];
        history.push(epoch, (history.latest() + added - removed).toUint208());
        _totalHistory.push(epoch, (_totalHistory.latest() + added - removed).toUint208());
    }
}
