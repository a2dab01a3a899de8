// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeedId} from "../types/Feed.sol";
import {CallbackPhase, Delivery, JobId} from "../types/Job.sol";
import {ModelId} from "../types/Model.sol";

/// @title Recurring requests, paid in advance
/// @notice A schedule is a small contract of its own: it is the requester of its jobs, and its money is its balance in
/// `Settlement`, where anybody may deposit for it. Refunds come back to it. Anybody may trigger a schedule that is due, for
/// its tip.
/// @dev There is nothing to resume: a schedule without money cannot be triggered, one that was topped up can.
interface IScheduler {
    /// @notice What is requested, how often, and what for. All of it is fixed for the life of the schedule.
    struct Schedule {
        ModelId modelId;
        /// where the input comes from; zero: the input is fixed
        FeedId feedId;
        /// keccak256 of the fixed input vector; zero for a feed
        bytes32 inputHash;
        /// price of one answer, token units
        uint128 fee;
        uint128 stakeAtRisk;
        /// the only operator that may answer; zero: the ladder
        address operator;
        /// called with each answer; zero: nobody
        address callbackTarget;
        CallbackPhase callbackPhase;
        Delivery delivery;
        uint32 callbackGas;
        uint32 challengeWindow;
        /// seconds between request and attest deadline
        uint32 attestTime;
        /// due when this much time has passed since the last run, seconds
        uint32 interval;
        /// due when the feed has moved this far since the last run, in 1/10,000; zero: by interval only
        uint16 deviationBps;
        /// never sooner than this after the last run, seconds
        uint32 gap;
        /// for whoever triggers, token units
        uint128 tip;
    }

    enum ScheduleState {
        None,
        /// not due before `notBefore`
        Waiting,
        Due,
        /// the balance does not cover fee and tip
        Unfunded,
        /// the feed has no fresh answer, or fewer answers than the model takes
        FeedNotLive,
        Cancelled,
        /// requests are paused, or the model is not active
        Refused
    }

    event ScheduleCreated(address indexed schedule, address indexed owner, Schedule terms, bytes input);
    event ScheduleTriggered(
        address indexed schedule,
        JobId indexed jobId,
        uint64 run,
        address indexed triggeredBy,
        uint128 tip
    );
    event ScheduleCancelled(address indexed schedule, uint256 refund);
    event ScheduleWithdrawn(address indexed schedule, address indexed to, uint256 amount);

    error SchedulerUnauthorized(address caller);
    error SchedulerUnknownSchedule(address schedule);
    error SchedulerInvalidSchedule(bytes32 field);
    error SchedulerNotDue(address schedule, ScheduleState state, uint256 notBefore);
    /// @notice Thrown when the input is not the one the schedule was made with.
    error SchedulerInputMismatch(bytes32 inputHash);

    /// @notice Makes a schedule of the caller's. Fund it by `Settlement.deposit(schedule, amount)`.
    /// @param input the fixed input vector; empty for a feed
    function create(Schedule calldata terms, bytes calldata input) external returns (address schedule);

    /// @notice Requests the next job. Reverts unless it is due and funded, or when the job registry refuses the terms: then nothing
    /// is spent. The caller gets the tip as tokens.
    /// @param input the fixed input vector; empty for a feed
    function trigger(address schedule, bytes calldata input) external returns (JobId jobId);

    /// @notice Ends a schedule and pays its whole balance to `to`. Only its owner. Refunds of running jobs that come back later
    /// are fetched with `withdraw`, or by cancelling again.
    function cancel(address schedule, address to) external returns (uint256 refund);

    /// @notice Pays `amount` of a schedule's balance to `to`. Only its owner.
    function withdraw(address schedule, address to, uint256 amount) external;

    function ownerOf(address schedule) external view returns (address);

    function termsOf(address schedule) external view returns (Schedule memory);

    /// @notice What a schedule waits for, and the first second in which it can be due by the clock.
    function stateOf(address schedule) external view returns (ScheduleState state, uint256 notBefore);

    /// @notice Which run of the schedule requested a job; zero: none did. Consumers check their callbacks by it.
    function runOf(address schedule, JobId jobId) external view returns (uint64 run);

    /// @notice Runs so far, when the last was, and the feed's answer then.
    function lastRun(address schedule) external view returns (uint64 run, uint40 ranAt, int128 answer);
}
