// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobRegistry} from "../../../contracts/interfaces/IJobRegistry.sol";
import {IScheduler} from "../../../contracts/interfaces/IScheduler.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {FeedId} from "../../../contracts/types/Feed.sol";
import {JobId, Terms} from "../../../contracts/types/Job.sol";
import {Test} from "./Test.sol";
import {Vm} from "./Vm.sol";

/// @notice Every schedule with its runs and its money, built from nothing but logs and the time of their block: what an indexer
/// has. Where it differs from the chain, an event is missing (I33).
contract ScheduleReplica is Test {
    struct Run {
        bytes32 jobId;
        uint64 number;
        uint128 tip;
        address triggeredBy;
        Terms terms;
    }

    struct Told {
        address owner;
        IScheduler.Schedule terms;
        bool cancelled;
        uint64 run;
        uint40 ranAt;
        int128 answer;
        Run[] runs;
    }

    IScheduler private immutable _SCHEDULER;
    ISettlement private immutable _SETTLEMENT;
    /// @notice The last answer of the only feed: what its own events tell.
    int128 private _answer;
    address[] private _schedules;
    mapping(address schedule => Told) private _told;
    mapping(address account => uint256) private _balances;
    mapping(bytes32 jobId => Terms) private _jobs;

    constructor(IScheduler scheduler, ISettlement settlement) {
        (_SCHEDULER, _SETTLEMENT) = (scheduler, settlement);
    }

    /// @notice The feed has a new answer.
    function answered(int128 answer) external {
        _answer = answer;
    }

    /// @notice Logs of one block.
    function fold(Vm.Log[] calldata logs) external {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(_SCHEDULER)) _schedule(logs[i]);
            if (logs[i].emitter == address(_SETTLEMENT)) _ledger(logs[i]);
            else _job(logs[i]);
        }
    }

    /// @notice The last run of a schedule, and the terms of its job.
    function lastRunOf(address schedule) external view returns (Run memory) {
        Told storage told = _told[schedule];
        return told.runs[told.runs.length - 1];
    }

    /// @notice Everything that was told, next to what the chain says.
    function check() external view {
        for (uint256 i = 0; i < _schedules.length; ++i) {
            address schedule = _schedules[i];
            Told storage told = _told[schedule];
            assertEq(_SCHEDULER.ownerOf(schedule), told.owner, "I33: owner");
            bytes32 terms = keccak256(abi.encode(_SCHEDULER.termsOf(schedule)));
            assertEq(terms, keccak256(abi.encode(told.terms)), "I33: terms");
            (IScheduler.ScheduleState state, ) = _SCHEDULER.stateOf(schedule);
            assertEq(state == IScheduler.ScheduleState.Cancelled, told.cancelled, "I33: cancelled");
            (uint64 run, uint40 ranAt, int128 answer) = _SCHEDULER.lastRun(schedule);
            assertEq(run, told.run, "I33: runs");
            assertEq(ranAt, told.ranAt, "I33: ran at");
            assertTrue(answer == told.answer, "I33: answer");
            assertEq(_SETTLEMENT.balanceOf(schedule), _balances[schedule], "I33: balance");
            for (uint256 j = 0; j < told.runs.length; ++j) {
                uint64 number = _SCHEDULER.runOf(schedule, JobId.wrap(told.runs[j].jobId));
                assertEq(number, told.runs[j].number, "I33: a run");
                assertEq(number, j + 1, "I33: a run that no event tells");
            }
        }
    }

    function _schedule(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        address at = _addressOf(log.topics[1]);
        Told storage told = _told[at];
        if (what == IScheduler.ScheduleCreated.selector) {
            (told.terms, ) = abi.decode(log.data, (IScheduler.Schedule, bytes));
            told.owner = _addressOf(log.topics[2]);
            _schedules.push(at);
        } else if (what == IScheduler.ScheduleTriggered.selector) {
            (told.run, ) = abi.decode(log.data, (uint64, uint128));
            told.ranAt = uint40(block.timestamp);
            told.answer = FeedId.unwrap(told.terms.feedId) == 0 ? int128(0) : _answer;
            Run storage run = told.runs.push();
            (run.number, run.tip) = abi.decode(log.data, (uint64, uint128));
            (run.jobId, run.triggeredBy) = (log.topics[2], _addressOf(log.topics[3]));
            run.terms = _jobs[run.jobId];
        } else if (what == IScheduler.ScheduleCancelled.selector) {
            told.cancelled = true;
            assertEq(abi.decode(log.data, (uint256)), _balances[at], "I33: a refund");
        }
    }

    function _ledger(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        address account = _addressOf(log.topics[1]);
        if (what == ISettlement.Deposited.selector) _balances[account] += abi.decode(log.data, (uint256));
        if (what == ISettlement.Withdrawn.selector) _balances[account] -= abi.decode(log.data, (uint256));
    }

    function _job(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        if (what == IJobRegistry.JobRequested.selector) {
            (Terms memory terms, ) = abi.decode(log.data, (Terms, bytes));
            _jobs[log.topics[1]] = terms;
            _balances[terms.requester] -= terms.fee;
        } else if (what == IJobRegistry.JobExpired.selector) {
            (uint256 refund, ) = abi.decode(log.data, (uint256, uint256));
            _balances[_jobs[log.topics[1]].requester] += refund;
        }
    }

    function _addressOf(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
