// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title All stake of all operators
/// @notice Free stake can be locked by a job or sent into unbonding; locked stake answers for a job; unbonding stake stays
/// slashable until it is withdrawn. Knows nothing of jobs.
/// @dev The unbonding delay is fixed at deployment and at least as long as the longest life of a job, so nobody leaves
/// before his liability ends (I6). Locks and unlocks are announced by the `IJobRegistry` and
/// `IFeedRegistry` events that cause them.
interface IOperatorStaking {
    /// @notice The stake of one operator, token units.
    struct Stake {
        uint128 free;
        uint128 locked;
    }

    /// @notice Stake on its way out.
    struct Unbonding {
        uint128 amount;
        /// first second in which it may be withdrawn, Unix seconds
        uint64 releaseAt;
    }

    /// @notice A hot key. It belongs to one operator for ever.
    struct AttesterKey {
        address operator;
        /// first second in which it no longer counts, Unix seconds; zero: not revoked
        uint64 revokedAt;
    }

    event StakeDeposited(address indexed operator, uint256 amount);
    event StakeUnbonding(address indexed operator, uint256 amount, uint64 releaseAt);
    event StakeWithdrawn(address indexed operator, address indexed to, uint256 amount);
    event StakeSlashed(address indexed operator, uint256 fromLocked, uint256 fromFree, uint256 fromUnbonding);
    event AttesterAppointed(address indexed operator, address indexed attester);
    event AttesterRevoked(address indexed operator, address indexed attester, uint64 revokedAt);

    error OperatorStakingUnauthorized(address caller);
    error OperatorStakingNothingReceived();
    error OperatorStakingZeroAmount();
    error OperatorStakingInsufficientFree(address operator, uint256 free, uint256 needed);
    error OperatorStakingInsufficientLocked(address operator, uint256 locked, uint256 needed);
    error OperatorStakingNotReleased(address operator, uint256 releaseAt);
    error OperatorStakingInvalidRecipient(address to);
    error OperatorStakingAttesterTaken(address attester, address operator);
    error OperatorStakingNotAttester(address operator, address attester);
    error OperatorStakingAlreadyRevoked(address attester);
    /// @notice Thrown when the appointed key did not agree to serve this operator.
    error OperatorStakingInvalidAppointment(address operator, address attester);
    error OperatorStakingInvalidDelay(uint256 value);

    function token() external view returns (address);

    /// @notice Seconds between `unbond` and `withdraw`. Never changes.
    function unbondingDelay() external view returns (uint256);

    /// @notice Seconds between revoking a key and its end: the longest life of a signature. Never changes.
    function revocationDelay() external view returns (uint256);

    /// @notice Length of a stake epoch of the sortition ladder, seconds. Never changes.
    function epochLength() external view returns (uint256);

    function stakeOf(address operator) external view returns (Stake memory);

    function unbondingOf(address operator) external view returns (Unbonding memory);

    function attesterKey(address attester) external view returns (AttesterKey memory);

    /// @notice The operator that `attester` may attest for now; zero when there is none or the key has been revoked.
    function operatorOf(address attester) external view returns (address);

    /// @notice Stake (free and locked) of `operator` and of everybody at the last epoch boundary before `timestamp`.
    /// @dev Stake brought after that boundary does not count: nobody can stake under an address ground for one job.
    function ladderStakes(address operator, uint256 timestamp) external view returns (uint256 stake, uint256 total);

    /// @notice Brings `amount` tokens of the caller as its own free stake; what arrived counts.
    function deposit(uint256 amount) external returns (uint256 received);

    /// @notice Like `deposit`, with an EIP-2612 permit.
    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 received);

    /// @notice Sends `amount` of free stake on its way out.
    /// @dev There is one unbonding entry per operator: more stake joins it and restarts its clock.
    function unbond(uint256 amount) external;

    /// @notice Pays unbonded stake to `to`, once its delay is over.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice Gives `attester` the right to attest for the caller.
    /// @param consent EIP-712 signature of `attester` over `Appointment(operator, attester)`; may be empty when the
    /// operator appoints itself. Without it anybody could claim anybody's key.
    function appointAttester(address attester, bytes calldata consent) external;

    /// @notice Ends a key after the revocation delay. What it signed before stays binding.
    function revokeAttester(address attester) external;

    /// @notice Locks `lockAmount` of the operator that `attester` may attest for, after unlocking `unlockAmount`. Only the job
    /// registry.
    /// @return operator zero, and nothing locked, when the key has no operator or has been revoked
    function lockByKey(address attester, uint256 unlockAmount, uint256 lockAmount) external returns (address operator);

    /// @notice Returns `amount` of locked stake to free stake. Only the job registry.
    function unlock(address operator, uint256 amount) external;

    /// @notice Locks `amount` of free stake as a feed bond. Only the feed registry.
    function lockBond(address operator, uint256 amount) external;

    /// @notice Returns a feed bond to free stake. Only the feed registry.
    function unlockBond(address operator, uint256 amount) external;

    /// @notice Takes `lockedAmount` out of locked stake, then up to `extraAmount` out of free, then unbonding stake, and
    /// sends the sum to `Settlement`. Only the slasher.
    /// @return fromLocked always `lockedAmount`
    /// @return fromFree at most `extraAmount`
    /// @return fromUnbonding at most what `extraAmount` still misses
    function slash(
        address operator,
        uint256 lockedAmount,
        uint256 extraAmount
    ) external returns (uint256 fromLocked, uint256 fromFree, uint256 fromUnbonding);
}
