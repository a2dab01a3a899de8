// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IFeedRegistry} from "../interfaces/IFeedRegistry.sol";
import {IFeedRequests} from "../interfaces/IFeedRequests.sol";
import {IJobRegistry} from "../interfaces/IJobRegistry.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {Median} from "../libraries/Median.sol";
import {FeedId, FeedState} from "../types/Feed.sol";
import {Availability, CallbackPhase, JobId, Terms} from "../types/Job.sol";
import {JobOptionsLib} from "../types/JobOptions.sol";
import {ScheduleAccount} from "./ScheduleAccount.sol";

/// @notice See `IScheduler`.
/// @dev INVARIANT(I21): a schedule's money leaves by its jobs' fees, by its tips, and to whom its owner says; nobody else decides.
contract Scheduler is IScheduler, ReentrancyGuardTransient {
    uint256 private constant ELEMENT_BYTES = 4;

    /// @dev What a trigger changes: one slot.
    struct LastRun {
        uint64 number;
        uint40 at;
        int128 answer;
    }

    struct Life {
        address owner;
        bool cancelled;
        LastRun last;
    }

    IJobRegistry public immutable jobRegistry;
    IFeedRequests public immutable feedRequests;
    IFeedRegistry public immutable feedRegistry;
    ISettlement public immutable settlement;
    IModelRegistry public immutable modelRegistry;
    /// @notice What schedules are clones of.
    address public immutable account;

    mapping(address schedule => Schedule) private _terms;
    mapping(address schedule => Life) private _lives;
    mapping(address schedule => mapping(JobId jobId => uint64)) public runOf;

    constructor(
        IJobRegistry jobRegistry_,
        IFeedRequests feedRequests_,
        IFeedRegistry feedRegistry_,
        ISettlement settlement_,
        IModelRegistry modelRegistry_
    ) {
        jobRegistry = jobRegistry_;
        feedRequests = feedRequests_;
        feedRegistry = feedRegistry_;
        settlement = settlement_;
        modelRegistry = modelRegistry_;
        account = address(new ScheduleAccount(jobRegistry_, feedRequests_, settlement_));
    }

    /* OWNERS */

    function create(Schedule calldata terms, bytes calldata input) external returns (address schedule) {
        _check(terms, input);
        schedule = Clones.clone(account);
        _terms[schedule] = terms;
        _lives[schedule].owner = msg.sender;
        emit ScheduleCreated(schedule, msg.sender, terms, input);
    }

    function cancel(address schedule, address to) external nonReentrant returns (uint256 refund) {
        Life storage life = _owned(schedule);
        life.cancelled = true;
        refund = settlement.balanceOf(schedule);
        emit ScheduleCancelled(schedule, refund);
        if (refund != 0) ScheduleAccount(schedule).withdraw(to, refund);
    }

    function withdraw(address schedule, address to, uint256 amount) external nonReentrant {
        _owned(schedule);
        emit ScheduleWithdrawn(schedule, to, amount);
        ScheduleAccount(schedule).withdraw(to, amount);
    }

    /* EVERYBODY */

    function trigger(address schedule, bytes calldata input) external nonReentrant returns (JobId jobId) {
        Schedule memory terms = _terms[schedule];
        Life storage life = _lives[schedule];
        (ScheduleState state, uint256 notBefore) = _stateOf(schedule, terms, life);
        if (state == ScheduleState.None) revert SchedulerUnknownSchedule(schedule);
        if (state != ScheduleState.Due) revert SchedulerNotDue(schedule, state, notBefore);
        bool fromFeed = FeedId.unwrap(terms.feedId) != 0;
        if (!fromFeed && keccak256(input) != terms.inputHash) revert SchedulerInputMismatch(terms.inputHash);
        uint64 run = life.last.number + 1;
        life.last = LastRun({
            number: run,
            at: uint40(block.timestamp),
            answer: fromFeed ? feedRegistry.latestRound(terms.feedId).answer : int128(0)
        });
        // The run is the salt: no two jobs of a schedule are the same.
        jobId =
            fromFeed
                ? ScheduleAccount(schedule).requestFromFeed(_jobTerms(terms, Availability.Feed, run), terms.feedId)
                : ScheduleAccount(schedule).request(_jobTerms(terms, Availability.Inline, run), input);
        runOf[schedule][jobId] = run;
        emit ScheduleTriggered(schedule, jobId, run, msg.sender, terms.tip);
        if (terms.tip != 0) ScheduleAccount(schedule).withdraw(msg.sender, terms.tip);
    }

    /* VIEWS */

    function ownerOf(address schedule) external view returns (address) {
        return _lives[schedule].owner;
    }

    function termsOf(address schedule) external view returns (Schedule memory) {
        return _terms[schedule];
    }

    function stateOf(address schedule) external view returns (ScheduleState state, uint256 notBefore) {
        return _stateOf(schedule, _terms[schedule], _lives[schedule]);
    }

    function lastRun(address schedule) external view returns (uint64 run, uint40 ranAt, int128 answer) {
        LastRun memory last = _lives[schedule].last;
        return (last.number, last.at, last.answer);
    }

    /* INTERNAL */

    function _owned(address schedule) private view returns (Life storage life) {
        life = _lives[schedule];
        if (life.owner == address(0)) revert SchedulerUnknownSchedule(schedule);
        if (life.owner != msg.sender) revert SchedulerUnauthorized(msg.sender);
    }

    function _stateOf(
        address schedule,
        Schedule memory terms,
        Life storage life
    ) private view returns (ScheduleState state, uint256 notBefore) {
        if (life.owner == address(0)) return (ScheduleState.None, 0);
        if (life.cancelled) return (ScheduleState.Cancelled, 0);
        LastRun memory last = life.last;
        notBefore = last.number == 0 ? 0 : uint256(last.at) + terms.interval;
        bool fromFeed = FeedId.unwrap(terms.feedId) != 0;
        bool live = !fromFeed || _isLive(terms);
        if (block.timestamp < notBefore) {
            bool moved =
                live &&
                    terms.deviationBps != 0 &&
                    block.timestamp >= uint256(last.at) + terms.gap &&
                    Median.isMoved(feedRegistry.latestRound(terms.feedId).answer, last.answer, terms.deviationBps);
            if (!moved) return (ScheduleState.Waiting, notBefore);
        }
        if (!live) return (ScheduleState.FeedNotLive, notBefore);
        if (settlement.balanceOf(schedule) < uint256(terms.fee) + terms.tip) {
            return (ScheduleState.Unfunded, notBefore);
        }
        (bool active, , ) = modelRegistry.lengthsOf(terms.modelId);
        if (!active || jobRegistry.requestsPaused()) return (ScheduleState.Refused, notBefore);
        return (ScheduleState.Due, notBefore);
    }

    /// @dev A feed that is younger than the model's input is long has no window yet.
    function _isLive(Schedule memory terms) private view returns (bool) {
        if (feedRegistry.feedState(terms.feedId) != FeedState.Live) return false;
        (, uint256 inputLength, ) = modelRegistry.lengthsOf(terms.modelId);
        return feedRegistry.latestRound(terms.feedId).number >= inputLength;
    }

    function _jobTerms(
        Schedule memory terms,
        Availability availability,
        uint64 run
    ) private view returns (Terms memory job) {
        job.modelId = terms.modelId;
        job.fee = terms.fee;
        job.stakeAtRisk = terms.stakeAtRisk;
        job.operator = terms.operator;
        job.callbackTarget = terms.callbackTarget;
        job.options = JobOptionsLib.create(
            availability,
            terms.delivery,
            terms.callbackPhase,
            terms.callbackGas,
            terms.challengeWindow,
            uint40(block.timestamp + terms.attestTime),
            run
        );
    }

    function _check(Schedule calldata terms, bytes calldata input) private view {
        (bool active, uint256 inputLength, ) = modelRegistry.lengthsOf(terms.modelId);
        _require(active, "modelId");
        bool fromFeed = FeedId.unwrap(terms.feedId) != 0;
        if (fromFeed) {
            _require(feedRegistry.feedState(terms.feedId) != FeedState.None, "feedId");
            _require(terms.inputHash == 0 && input.length == 0, "inputHash");
            _require(inputLength <= feedRegistry.ROUNDS_KEPT(), "modelId");
        } else {
            _require(terms.deviationBps == 0, "deviationBps");
            _require(input.length == inputLength * ELEMENT_BYTES && keccak256(input) == terms.inputHash, "inputHash");
        }
        // The rest of a job's terms is checked by the job registry at every request: its bounds may change.
        _require(terms.fee != 0, "fee");
        _require(terms.interval != 0 && terms.gap <= terms.interval, "interval");
        _require(terms.attestTime != 0, "attestTime");
        bool called = terms.callbackPhase != CallbackPhase.None;
        _require(called == (terms.callbackTarget != address(0)), "callbackTarget");
    }

    function _require(bool ok, bytes32 field) private pure {
        if (!ok) revert SchedulerInvalidSchedule(field);
    }
}
