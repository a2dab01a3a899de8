// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobId} from "../types/Job.sol";

/// @title How much is slashed, and to whom
/// @notice The only caller of `IOperatorStaking.slash`. Every slash is split exactly, to the wei. The shares are fixed at
/// deployment, and at least half of what is left after costs is burned, so an actor who plays every side loses (I9).
interface ISlasher {
    enum Offence {
        None,
        MissedOffer,
        Equivocation,
        WrongResult,
        TrialVoid,
        DoubleReport
    }

    /// @notice Who brought a conviction about, and what it cost them. Costs are paid first, the opener's before the
    /// prover's, as far as the slashed amount reaches.
    struct Award {
        address opener;
        uint128 openerCosts;
        address prover;
        uint128 proverCosts;
    }

    /// @notice Shares of a slash after costs, in 1/10,000; the rest is burned.
    struct Shares {
        uint16 openerBps;
        uint16 proverBps;
        uint16 requesterBps;
    }

    /// @notice `amount` of stake is gone: `fromLocked + fromFree + fromUnbonding == openerAmount + proverAmount +
    /// requesterAmount + burned`. For a double report `jobId` is the id of the feed.
    event OperatorSlashed(
        JobId indexed jobId,
        address indexed operator,
        Offence indexed offence,
        uint256 amount,
        address opener,
        uint256 openerAmount,
        address prover,
        uint256 proverAmount,
        address requester,
        uint256 requesterAmount,
        uint256 burned
    );

    error SlasherUnauthorized(address caller);
    /// @notice Thrown when the shares would burn less than half.
    error SlasherInvalidShares(uint256 sumBps);

    /// @notice Shares of an equivocation. The reporter takes the prover's place; there is no opener.
    function equivocationShares() external view returns (Shares memory);

    /// @notice Shares of a conviction.
    function convictionShares() external view returns (Shares memory);

    /// @notice Gives the penalty of a missed offer to the requester, whole. Only the job registry.
    function slashMissedOffer(JobId jobId, address operator, address requester, uint256 penalty) external;

    /// @notice Slashes `locked` of the job's lock and up to `extra` of free, then unbonding stake. Only the job registry.
    function slashEquivocation(
        JobId jobId,
        address operator,
        address requester,
        address reporter,
        uint256 locked,
        uint256 extra
    ) external;

    /// @notice Slashes the whole lock of a job that was lost in court. Only the job registry, when the court rules.
    function slashConviction(
        JobId jobId,
        address operator,
        address requester,
        uint256 locked,
        Award calldata award
    ) external;

    /// @notice Slashes the feed bond of an operator that signed two values for one turn. Shares as for an equivocation, without a
    /// requester: that share is burned. Only the feed registry.
    function slashDoubleReport(bytes32 feedId, address operator, address reporter, uint256 amount) external;

    /// @notice Takes the opener's costs, and as a penalty what `award` names as the prover's, out of the stake that a trial which
    /// ended void has just set free: the job's lock at most. Only the job registry.
    function slashVoid(
        JobId jobId,
        address operator,
        address requester,
        uint256 released,
        Award calldata award
    ) external;
}
