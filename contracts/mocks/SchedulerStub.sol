// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IScheduler} from "../interfaces/IScheduler.sol";
import {JobId} from "../types/Job.sol";

/// @notice What a consumer reads of a scheduler, set by hand.
contract SchedulerStub {
    mapping(address schedule => address owner) public ownerOf;
    mapping(address schedule => mapping(JobId jobId => uint64 run)) public runOf;
    mapping(address schedule => IScheduler.Schedule terms) private _terms;

    function set(address schedule, address owner, IScheduler.Schedule calldata terms) external {
        ownerOf[schedule] = owner;
        _terms[schedule] = terms;
    }

    function setRun(address schedule, JobId jobId, uint64 run) external {
        runOf[schedule][jobId] = run;
    }

    function termsOf(address schedule) external view returns (IScheduler.Schedule memory) {
        return _terms[schedule];
    }
}
